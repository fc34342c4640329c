/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets of ITM and DWT out of bytes (DDI 0403 D4.2). */
#include "trace/itm.h"

#include <stdio.h>

#include "base/bytes.h"

#define OVERFLOW	0x70u
#define GLOBAL_LOW	0x94u
#define GLOBAL_HIGH	0xb4u
#define SYNC_ZEROS	5u	/* 47 zero bits and a one: five bytes of 0, then 0x80 */
#define SYNC_END	0x80u
#define GLOBAL_LOW_BITS 26u

static bool is_source(uint8_t header)
{
	return (header & 3) != 0;
}

static bool is_extension(uint8_t header)
{
	return (header & 0x0b) == 0x08;
}

static bool is_long_time(uint8_t header)
{
	return (header & 0xcf) == 0xc0;
}

static unsigned source_size(uint8_t header)
{
	return (header & 3) == 3 ? 4 : header & 3;
}

static struct itm_packet finish(struct itm_decoder *d, struct itm_packet p)
{
	p.skipped = d->skipped;
	d->skipped = 0;
	d->header = 0;
	return p;
}

static void give_up(struct itm_decoder *d)
{
	d->skipped += d->held_zeros + (d->header != 0 ? 1 + d->got : 0);
	d->held_zeros = 0;
	d->header = 0;
}

/* D4.3: what a packet of the DWT tells. */
static struct itm_packet hardware(unsigned id, unsigned size, uint32_t value)
{
	struct itm_packet p = { .kind = ITM_HARDWARE, .number = id, .size = size, .value = value };

	if (id == 0 && size == 1) {
		p.kind = ITM_EVENTS;
	} else if (id == 1 && size == 2) {
		p.kind = ITM_EXCEPTION;
		p.number = value & 0x1ff;
		p.value = value >> 12 & 3;
	} else if (id == 2 && size == 4) {
		p.kind = ITM_PC_SAMPLE;
	} else if (id == 2 && size == 1) {
		p.kind = ITM_SLEEPING;
	} else if (id >= 8 && id < 16 && size == (id & 1 ? 2u : 4u)) {
		p.kind = id & 1 ? ITM_DATA_ADDRESS : ITM_DATA_PC;
		p.number = id >> 1 & 3;
	} else if (id >= 16 && id < 24) {
		p.kind = id & 1 ? ITM_DATA_WRITE : ITM_DATA_READ;
		p.number = id >> 1 & 3;
	}
	return p;
}

static struct itm_packet source(const struct itm_decoder *d)
{
	unsigned size = source_size(d->header), number = d->header >> 3;

	if (d->header & 4)
		return hardware(number, size, (uint32_t)d->value);
	return (struct itm_packet){ .kind = ITM_SOFTWARE, .number = d->page * 32 + number,
				    .size = size, .value = d->value };
}

/* D4.2.5: the fourth byte ends the 26 bits and has two flags above them. */
static struct itm_packet global_low(const struct itm_decoder *d)
{
	struct itm_packet p = { .kind = ITM_GLOBAL_LOW, .bits = MIN(7 * d->got, GLOBAL_LOW_BITS),
				.value = d->value & (BIT(GLOBAL_LOW_BITS) - 1) };

	if (d->value & BIT(GLOBAL_LOW_BITS))
		p.flags |= ITM_CLOCK_CHANGED;
	if (d->value & BIT(GLOBAL_LOW_BITS + 1))
		p.flags |= ITM_WRAPPED;
	return p;
}

static struct itm_packet extension(struct itm_decoder *d)
{
	struct itm_packet p = { .kind = ITM_EXTENSION, .number = d->header >> 2 & 1,
				.value = d->value << 3 | (d->header >> 4 & 7) };

	if (p.number == 0)
		d->page = (unsigned)(p.value & 7);	/* 256 ports are all that can be numbered */
	return p;
}

static bool complete(struct itm_decoder *d, struct itm_packet *p)
{
	if (is_source(d->header))
		*p = finish(d, source(d));
	else if (is_extension(d->header))
		*p = finish(d, extension(d));
	else if (d->header == GLOBAL_LOW)
		*p = finish(d, global_low(d));
	else if (d->header == GLOBAL_HIGH)
		*p = finish(d, (struct itm_packet){ .kind = ITM_GLOBAL_HIGH, .value = d->value });
	else
		*p = finish(d, (struct itm_packet){ .kind = ITM_LOCAL_TIME, .value = d->value,
						    .flags = d->header >> 4 & 3 });
	return true;
}

static void begin(struct itm_decoder *d, uint8_t header, unsigned want, unsigned most)
{
	d->header = header;
	d->got = 0;
	d->want = want;
	d->most = most;
	d->value = 0;
}

static bool on_header(struct itm_decoder *d, uint8_t h, struct itm_packet *p)
{
	if (h == 0) {
		d->held_zeros++;
		return false;
	}
	give_up(d);	/* zeros that became no synchronisation */
	if (h == OVERFLOW) {
		*p = finish(d, (struct itm_packet){ .kind = ITM_OVERFLOW });
		return true;
	}
	if (is_source(h)) {
		begin(d, h, source_size(h), 4);
	} else if (is_extension(h)) {
		begin(d, h, 0, 4);
		return h & 0x80 ? false : complete(d, p);
	} else if (is_long_time(h)) {
		begin(d, h, 0, 4);
	} else if (h == GLOBAL_LOW) {
		begin(d, h, 0, 4);
	} else if (h == GLOBAL_HIGH) {
		begin(d, h, 0, 6);
	} else if ((h & 0x8f) == 0) {
		*p = finish(d, (struct itm_packet){ .kind = ITM_LOCAL_TIME, .value = h >> 4 });
		return true;
	} else {
		d->skipped++;
	}
	return false;
}

static bool on_payload(struct itm_decoder *d, uint8_t byte, struct itm_packet *p)
{
	if (d->want != 0) {
		d->value |= (uint64_t)byte << 8 * d->got++;
		return d->got == d->want && complete(d, p);
	}
	d->value |= (uint64_t)(byte & 0x7f) << 7 * d->got++;
	if (!(byte & 0x80))
		return complete(d, p);
	if (d->got == d->most)
		give_up(d);	/* no packet is that long */
	return false;
}

bool itm_byte(struct itm_decoder *d, uint8_t byte, struct itm_packet *packet)
{
	if (byte == SYNC_END && d->zeros >= SYNC_ZEROS) {
		/* Zeros inside a packet that was begun by mistake are the synchronisation's. */
		if (d->header != 0)
			d->skipped += 1 + (d->got > d->zeros ? d->got - d->zeros : 0);
		d->held_zeros = d->zeros = d->page = 0;
		*packet = finish(d, (struct itm_packet){ .kind = ITM_SYNC });
		return true;
	}
	d->zeros = byte == 0 ? d->zeros + 1 : 0;
	return d->header != 0 ? on_payload(d, byte, packet) : on_header(d, byte, packet);
}

void itm_gap(struct itm_decoder *d)
{
	give_up(d);
	d->zeros = 0;
}

const char *itm_exception_name(unsigned number, char *text, unsigned size)
{
	static const char *const names[16] = {
		"thread", "Reset", "NMI", "HardFault", "MemManage", "BusFault", "UsageFault",
		"SecureFault", NULL, NULL, NULL, "SVCall", "DebugMonitor", NULL, "PendSV", "SysTick",
	};

	if (number < 16 && names[number] != NULL)
		return names[number];
	if (number < 16)
		snprintf(text, size, "exception %u", number);
	else
		snprintf(text, size, "IRQ %u", number - 16);
	return text;
}

void itm_global_put(struct itm_global *g, const struct itm_packet *p)
{
	uint64_t low = BIT(GLOBAL_LOW_BITS) - 1, mask = BIT(p->bits) - 1;

	if (p->kind == ITM_GLOBAL_HIGH) {
		g->ticks = p->value << GLOBAL_LOW_BITS | (g->ticks & low);
		g->is_stale = false;
		return;
	}
	g->ticks = (g->ticks & ~mask) | (p->value & mask);
	g->is_known |= p->bits == GLOBAL_LOW_BITS;
	g->is_stale |= (p->flags & ITM_WRAPPED) != 0;
	g->clock_changes += (p->flags & ITM_CLOCK_CHANGED) != 0;
}

const char *itm_exception_action(unsigned action)
{
	static const char *const words[4] = { "?", "entered", "exited", "returned to" };

	return words[action & 3];
}
