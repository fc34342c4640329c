/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opcodes: FTDI AN_108, "Command Processor for MPSSE and MCU Host Bus Emulation Modes". */
#include "adapter/ftdi_mpsse.h"

#include <stdlib.h>
#include <string.h>

/* Bits of a shift command (AN_108 3.2). */
#define OUT_FALLING	0x01u
#define IN_BITS		0x02u
#define IN_FALLING	0x04u
#define LSB_FIRST	0x08u
#define WRITE_TDI	0x10u
#define READ_TDO	0x20u
#define WRITE_TMS	0x40u
#define SHIFT		(OUT_FALLING | LSB_FIRST)

enum {
	SET_LOW = 0x80, READ_LOW, SET_HIGH, READ_HIGH, LOOPBACK_OFF = 0x85, SET_DIVISOR,
	SEND_IMMEDIATE, BASE_60_MHZ = 0x8a, BASE_12_MHZ, THREE_PHASE_OFF = 0x8d, CLOCK_BITS,
	CLOCK_BYTES, ADAPTIVE_OFF = 0x97,
};

#define MAX_BYTES	65536u	/* of one shift command */
#define MAX_TMS		7u
#define LONG_RUN	8u	/* bits with the same TMS that are worth a data command */

/* AN_233, DS_FT2232H, DS_FT232H, DS_FT4232H, DS_FT2232D; the HP and HA parts behave as their
 * elders. */
static const struct mpsse_chip chips[] = {
	{ 0x0200, "FT232AM", 0, false, false },
	{ 0x0400, "FT232BM", 0, false, false },
	{ 0x0500, "FT2232D", 1, false, true },
	{ 0x0600, "FT232R", 0, false, false },
	{ 0x0700, "FT2232H", 2, true, true },
	{ 0x0800, "FT4232H", 2, true, false },
	{ 0x0900, "FT232H", 1, true, true },
	{ 0x1000, "FT-X", 0, false, false },
	{ 0x2800, "FT2233HP", 2, true, true },
	{ 0x2900, "FT4233HP", 2, true, false },
	{ 0x3000, "FT2232HP", 2, true, true },
	{ 0x3100, "FT4232HP", 2, true, false },
	{ 0x3200, "FT233HP", 1, true, true },
	{ 0x3300, "FT232HP", 1, true, true },
	{ 0x3600, "FT4232HA", 2, true, false },
	{ 0 }
};

const struct mpsse_chip *mpsse_find_chip(uint16_t bcd_device)
{
	for (size_t i = 0; chips[i].name != NULL; i++)
		if (chips[i].bcd_device == bcd_device)
			return &chips[i];
	return NULL;
}

static struct mpsse_clock divide(bool by_5, double hz)
{
	double top = by_5 ? 6e6 : 30e6, ratio = top / hz;
	uint32_t divider = ratio >= 65536 ? 65536 : ratio <= 1 ? 1 : (uint32_t)ratio;

	/* Never above the request; but a request that is itself rounded is met. */
	if (divider < ratio * (1 - 1e-12) && divider < 65536)
		divider++;
	return (struct mpsse_clock){ by_5, (uint16_t)(divider - 1), top / divider };
}

struct mpsse_clock mpsse_find_clock(bool is_h, double hz)
{
	struct mpsse_clock clock;

	if (!is_h)
		return divide(true, hz);
	clock = divide(false, hz);
	return clock.hz <= hz ? clock : divide(true, hz);
}

void mpsse_free(struct mpsse *m)
{
	buf_free(&m->out);
	free(m->replies);
	*m = (struct mpsse){ 0 };
}

void mpsse_forget(struct mpsse *m)
{
	buf_clear(&m->out);
	m->first = m->count = m->fed_bits = m->expected = m->pending_bits = 0;
	m->clocks = 0;
	m->are_pins_known = false;
}

static size_t reply_bytes(size_t bits)
{
	return (bits + 7) / 8;
}

static void expect(struct mpsse *m, uint8_t *dst, size_t bit, size_t bits)
{
	if (m->first > 0 && m->first == m->count)
		m->first = m->count = 0;
	if (m->count == m->capacity) {
		m->capacity = m->capacity ? 2 * m->capacity : 256;
		m->replies = xrealloc(m->replies, m->capacity * sizeof(*m->replies));
	}
	m->replies[m->count++] = (struct mpsse_reply){ dst, bit, bits };
	m->expected += reply_bytes(bits);
}

static void put(struct mpsse *m, const uint8_t *bytes, size_t n)
{
	buf_append(&m->out, bytes, n);
}

#define PUT(m, ...) put(m, (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }))

/* --- Shifts of whole runs --- */

static uint8_t get_byte(const uint8_t *bits, size_t at, size_t n)
{
	uint8_t byte = 0;

	if (bits == NULL)
		return 0xff;
	if (at % 8 == 0 && n == 8)
		return bits[at / 8];
	for (size_t i = 0; i < n; i++)
		byte |= (uint8_t)(bit_get(bits, at + i) << i);
	return byte;
}

static void put_bytes(struct mpsse *m, uint8_t opcode, const uint8_t *tdi, size_t at, size_t bytes)
{
	while (bytes > 0) {
		size_t n = bytes < MAX_BYTES ? bytes : MAX_BYTES;
		uint8_t *to;

		PUT(m, opcode, (uint8_t)(n - 1), (uint8_t)((n - 1) >> 8));
		if (opcode & WRITE_TDI) {
			to = buf_reserve(&m->out, n);
			for (size_t i = 0; i < n; i++)
				to[i] = get_byte(tdi, at + 8 * i, 8);
			m->out.len += n;
		}
		at += 8 * n;
		bytes -= n;
	}
}

static void put_rest(struct mpsse *m, uint8_t opcode, const uint8_t *tdi, size_t at, size_t bits)
{
	PUT(m, (uint8_t)(opcode | IN_BITS), (uint8_t)(bits - 1));
	if (opcode & WRITE_TDI)
		buf_append(&m->out, (const uint8_t[]){ get_byte(tdi, at, bits) }, 1);
}

/* n bits by `opcode`: whole bytes, then the rest. A single byte is shorter as eight bits. */
static void put_shift(struct mpsse *m, uint8_t opcode, const uint8_t *tdi, size_t at, size_t n)
{
	size_t bytes = n / 8;

	if (bytes == 1)
		put_rest(m, opcode, tdi, at, 8);
	else
		put_bytes(m, opcode, tdi, at, bytes);
	if (n % 8 > 0)
		put_rest(m, opcode, tdi, at + 8 * bytes, n % 8);
	if (opcode & WRITE_TDI)
		m->tdi = tdi == NULL || bit_get(tdi, at + n - 1);
	m->clocks += n;
}

static void put_pending(struct mpsse *m)
{
	size_t n = m->pending_bits;

	m->pending_bits = 0;
	if (n > 0)
		put_shift(m, SHIFT | WRITE_TDI, m->pending, 0, n);
}

void mpsse_put_out(struct mpsse *m, const uint8_t *bits, size_t n)
{
	if (m->pending_bits + n > 8 * sizeof(m->pending))
		put_pending(m);
	if (n > 8 * sizeof(m->pending)) {
		put_shift(m, SHIFT | WRITE_TDI, bits, 0, n);
		return;
	}
	for (size_t i = 0; i < n; i++)
		bit_set(m->pending, m->pending_bits++, bit_get(bits, i));
}

void mpsse_put_in(struct mpsse *m, uint8_t *dst, size_t n)
{
	put_pending(m);
	if (n == 0)
		return;
	put_shift(m, LSB_FIRST | READ_TDO, NULL, 0, n);
	expect(m, dst, 0, n);
}

/* --- JTAG --- */

/* How many bits from `at` on have the same TMS as `level`. */
static size_t run_of(const uint8_t *tms, size_t at, size_t n, bool level)
{
	size_t i = at;

	while (i < n && bit_get(tms, i) == level)
		i++;
	return i - at;
}

static bool tdi_at(const uint8_t *tdi, size_t i)
{
	return tdi == NULL || bit_get(tdi, i);
}

/* Up to 7 bits whose TDI is the same; ends where a long run of data begins. Returns how many. */
static size_t put_tms(struct mpsse *m, const uint8_t *tms, const uint8_t *tdi, uint8_t *tdo,
		      size_t at, size_t n)
{
	bool level = tdi_at(tdi, at);
	uint8_t bits = 0;
	size_t count = 0;

	while (count < MAX_TMS && at + count < n && tdi_at(tdi, at + count) == level) {
		size_t i = at + count;

		if (count > 0 && run_of(tms, i, i + LONG_RUN < n ? i + LONG_RUN : n, m->tms) >= LONG_RUN)
			break;
		m->tms = bit_get(tms, i);
		bits |= (uint8_t)(m->tms << count++);
	}
	PUT(m, (uint8_t)(SHIFT | IN_BITS | WRITE_TMS | (tdo ? READ_TDO : 0) |
			 (tdo && m->samples_falling ? IN_FALLING : 0)),
	    (uint8_t)(count - 1), (uint8_t)(bits | level << 7));
	m->tdi = level;
	m->clocks += count;
	if (tdo != NULL)
		expect(m, tdo, at, count);
	return count;
}

/* Clocks alone, with TDI as it stands. */
static void put_clocks(struct mpsse *m, size_t n)
{
	for (size_t bytes = n / 8; bytes > 0;) {
		size_t part = bytes < MAX_BYTES ? bytes : MAX_BYTES;

		PUT(m, CLOCK_BYTES, (uint8_t)(part - 1), (uint8_t)((part - 1) >> 8));
		bytes -= part;
	}
	if (n % 8 > 0)
		PUT(m, CLOCK_BITS, (uint8_t)(n % 8 - 1));
	m->clocks += n;
}

/* n bits with TMS as it stands. */
static void put_data(struct mpsse *m, const uint8_t *tdi, uint8_t *tdo, size_t at, size_t n)
{
	uint8_t opcode = SHIFT | WRITE_TDI;

	if (tdi == NULL && tdo == NULL && m->chip->is_h && m->tdi && n > 8) {
		put_clocks(m, n);
		return;
	}
	if (tdo != NULL)
		opcode |= READ_TDO | (m->samples_falling ? IN_FALLING : 0);
	put_shift(m, opcode, tdi, at, n);
	if (tdo != NULL)
		expect(m, tdo, at, n);
}

void mpsse_put_jtag(struct mpsse *m, const uint8_t *tms, const uint8_t *tdi, uint8_t *tdo, size_t n)
{
	size_t run;

	put_pending(m);
	for (size_t at = 0; at < n; at += run) {
		run = run_of(tms, at, n, m->tms);
		if (run >= 2)
			put_data(m, tdi, tdo, at, run);
		else
			run = put_tms(m, tms, tdi, tdo, at, n);
	}
}

/* --- Pins and clock --- */

void mpsse_put_defaults(struct mpsse *m)
{
	if (m->chip->is_h)
		PUT(m, ADAPTIVE_OFF, THREE_PHASE_OFF);
	PUT(m, LOOPBACK_OFF);
}

void mpsse_put_clock(struct mpsse *m, const struct mpsse_clock *clock)
{
	put_pending(m);
	if (m->chip->is_h)
		PUT(m, clock->by_5 ? BASE_12_MHZ : BASE_60_MHZ);
	PUT(m, SET_DIVISOR, (uint8_t)clock->divisor, (uint8_t)(clock->divisor >> 8));
}

void mpsse_put_pins(struct mpsse *m, uint16_t value, uint16_t direction)
{
	uint16_t changed = (uint16_t)((value ^ m->value) | (direction ^ m->direction));

	put_pending(m);
	if (!m->are_pins_known || changed & 0xff) {
		PUT(m, SET_LOW, (uint8_t)value, (uint8_t)direction);
		m->tms = value & MPSSE_TMS;
		m->tdi = value & MPSSE_TDI;
	}
	if (m->chip->has_high_byte && (!m->are_pins_known || changed >> 8))
		PUT(m, SET_HIGH, (uint8_t)(value >> 8), (uint8_t)(direction >> 8));
	m->value = value;
	m->direction = direction;
	m->are_pins_known = true;
}

void mpsse_put_read_pins(struct mpsse *m, uint8_t *dst)
{
	put_pending(m);
	PUT(m, READ_LOW);
	expect(m, dst, 0, 8);
	if (m->chip->has_high_byte) {
		PUT(m, READ_HIGH);
		expect(m, dst, 8, 8);
	}
}

void mpsse_finish(struct mpsse *m, bool immediate)
{
	put_pending(m);
	if (immediate)
		PUT(m, SEND_IMMEDIATE);
}

/* --- Answers --- */

/* One byte of the oldest answer: whole bytes first; the bits of the last come left-aligned. */
static void feed_byte(const struct mpsse_reply *reply, size_t at, uint8_t byte)
{
	size_t n = reply->bits - at, to = reply->bit + at;

	if (reply->dst == NULL)
		return;
	if (n >= 8 && to % 8 == 0) {
		reply->dst[to / 8] = byte;
		return;
	}
	if (n < 8)
		byte = (uint8_t)(byte >> (8 - n));
	for (size_t i = 0; i < n && i < 8; i++)
		bit_set(reply->dst, to + i, byte >> i & 1);
}

size_t mpsse_feed(struct mpsse *m, const uint8_t *data, size_t n)
{
	size_t used = 0;

	while (used < n && m->first < m->count) {
		const struct mpsse_reply *reply = &m->replies[m->first];

		feed_byte(reply, m->fed_bits, data[used++]);
		m->expected--;
		m->fed_bits += 8;
		if (m->fed_bits >= reply->bits) {
			m->fed_bits = 0;
			m->first++;
		}
	}
	return used;
}

size_t mpsse_strip_status(uint8_t *data, size_t n, size_t packet)
{
	size_t left = 0;

	for (size_t at = 0; at + 2 < n; at += packet) {
		size_t size = (n - at < packet ? n - at : packet) - 2;

		memmove(data + left, data + at + 2, size);
		left += size;
	}
	return left;
}
