/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sending side of the SWO pin: queue, TPIU formatter, shift register. Nothing happens at the
 * moment a byte ends: what has left since the last look is worked out when somebody looks, and only
 * a receiver makes the clock look by itself.
 */
#include "vboard/core/swo.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "vboard/core/clock.h"
#include "vboard/core/swo_priv.h"

#define QUEUE	   128u	/* the formatter makes up to 36 bytes of a packet */
#define LATE_NS	   50000u
#define SPPR_MANCHESTER 1u
#define SPPR_NRZ   2u
#define FFCR_ENFCONT BIT(1)
#define MANCHESTER_MAX 8u	/* bytes in one packet */
#define UART_CELLS 10u

struct vb_swo {
	struct vb_clock *clock;
	bool (*pin_is_out)(void *ctx);
	void *pin_ctx;
	uint32_t hz, acpr, sppr, ffcr;

	uint8_t queue[QUEUE];		/* the one at `head` is in the shift register */
	size_t head, count;
	uint64_t start_ps;		/* of that one */
	uint64_t free_ps;		/* the line is free for the next packet */
	unsigned packet_bytes;		/* Manchester: sent of the present packet */

	struct frame {
		uint8_t data[16];
		unsigned fill;
		uint8_t id;		/* in force behind `fill`; 0: none */
		bool wants_sync;
	} frame;

	struct swo_line line;
	uint64_t listening_ps;		/* since then */
	vb_swo_fn tap;
	void *tap_ctx;
	struct vb_event *event;
	bool is_syncing;
	uint64_t sent, unseen;
};

static uint64_t now_ps(const struct vb_swo *swo)
{
	return vb_clock_now(swo->clock) * 1000;
}

static bool is_serial(const struct vb_swo *swo)
{
	return swo->sppr == SPPR_MANCHESTER || swo->sppr == SPPR_NRZ;
}

static struct swo_rate rate_of(const struct vb_swo *swo)
{
	return (struct swo_rate){ .is_manchester = swo->sppr == SPPR_MANCHESTER, .hz = swo->hz,
				  .divider = swo->acpr + 1 };
}

/* --- Shift register --- */

/* Cells of the byte that is sent now. */
static unsigned byte_cells(const struct vb_swo *swo)
{
	if (swo->sppr == SPPR_NRZ)
		return UART_CELLS;
	/* 16 half bits, the start bit before the first byte, the space behind the last. */
	return 16 + (swo->packet_bytes == 0 ? 2 : 0) +
	       (swo->packet_bytes == MANCHESTER_MAX - 1 ? 2 : 0);
}

/* 3 % is what a UART stands (the sampling point of the stop bit moves by half a bit at 5 %). */
static bool receiver_fits(const struct vb_swo *swo)
{
	uint64_t sent = swo->hz / (swo->acpr + 1), heard = swo->line.baud;

	return swo->line.is_manchester == (swo->sppr == SPPR_MANCHESTER) &&
	       (heard > sent ? heard - sent : sent - heard) * 100 <= 3 * sent;
}

static void emit(struct vb_swo *swo, uint8_t byte, uint64_t end_ps)
{
	struct swo_rate rate = rate_of(swo);

	if (!swo->pin_is_out(swo->pin_ctx)) {
		swo->unseen++;
		return;
	}
	swo->sent++;
	if (swo->tap)
		swo->tap(swo->tap_ctx, end_ps / 1000, byte);
	if (swo->line.fn == NULL || swo->start_ps < swo->listening_ps)
		return;
	if (!receiver_fits(swo)) {
		swo_line_byte(&swo->line, &rate, swo->start_ps, swo->packet_bytes == 0, byte);
		return;
	}
	swo_line_restart(&swo->line, !rate.is_manchester, end_ps);
	swo->line.fn(swo->line.ctx, end_ps / 1000, byte);
}

static void shift_one(struct vb_swo *swo, uint64_t end_ps)
{
	struct swo_rate rate = rate_of(swo);
	uint8_t byte = swo->queue[swo->head];

	swo->head = (swo->head + 1) % QUEUE;
	swo->count--;
	emit(swo, byte, end_ps);
	swo->packet_bytes = (swo->packet_bytes + 1) % MANCHESTER_MAX;
	swo->start_ps = swo->free_ps = end_ps;
	if (swo->count > 0)
		return;
	if (rate.is_manchester && swo->packet_bytes > 0)
		swo->free_ps += swo_cells_ps(&rate, 2);
	swo->packet_bytes = 0;
}

void vb_swo_sync(struct vb_swo *swo)
{
	uint64_t now = now_ps(swo);
	struct swo_rate rate = rate_of(swo);

	if (swo->is_syncing)
		return;
	if (swo->hz == 0) {
		swo->start_ps = swo->free_ps = now;
		return;
	}
	if (!is_serial(swo)) {
		swo->count = 0;		/* the parallel port is fast and not wired up */
		return;
	}
	swo->is_syncing = true;
	while (swo->count > 0) {
		uint64_t end = swo->start_ps + swo_cells_ps(&rate, byte_cells(swo));

		if (end > now)
			break;
		shift_one(swo, end);
	}
	if (swo->count == 0 && swo->line.fn && swo->line.is_receiving)
		swo_line_idle(&swo->line, rate.is_manchester, now);
	swo->is_syncing = false;
}

static void schedule(struct vb_swo *swo);

static void on_event(void *ctx)
{
	struct vb_swo *swo = ctx;

	swo->event = NULL;
	vb_swo_sync(swo);
	schedule(swo);
}

/* Looks again when all that is queued has gone, or when the first of it gets old. */
static void schedule(struct vb_swo *swo)
{
	struct swo_rate rate = rate_of(swo);
	uint64_t now = now_ps(swo), cell, end;

	if (swo->event || swo->line.fn == NULL || swo->hz == 0 || !is_serial(swo))
		return;
	if (swo->count == 0) {
		if (swo->line.is_receiving)
			swo->event = vb_clock_after(swo->clock, 12 * 1000000000ull / swo->line.baud + 1,
						    on_event, swo, "SWO line");
		return;
	}
	cell = swo_cells_ps(&rate, byte_cells(swo));
	end = MIN(swo->start_ps + swo->count * cell, swo->start_ps + cell + LATE_NS * 1000);
	swo->event = vb_clock_after(swo->clock, end > now ? (end - now + 999) / 1000 : 0, on_event,
				    swo, "SWO");
}

static void push(struct vb_swo *swo, uint8_t byte)
{
	if (swo->count == QUEUE || !is_serial(swo))
		return;
	if (swo->count == 0)
		swo->start_ps = MAX(now_ps(swo), swo->free_ps);
	swo->queue[(swo->head + swo->count++) % QUEUE] = byte;
}

/* --- Formatter (DDI 0314 TPIU): frames of 15 bytes and the spare bits of the even ones --- */

static void frame_end_if_full(struct vb_swo *swo)
{
	if (swo->frame.fill < 15)
		return;
	for (unsigned i = 0; i < 16; i++)
		push(swo, swo->frame.data[i]);
	memset(swo->frame.data, 0, sizeof(swo->frame.data));
	swo->frame.fill = 0;
}

static void frame_data(struct vb_swo *swo, uint8_t byte)
{
	struct frame *f = &swo->frame;

	if (f->fill % 2 == 0) {
		f->data[f->fill] = byte & 0xfe;
		f->data[15] |= (uint8_t)((byte & 1) << f->fill / 2);
	} else {
		f->data[f->fill] = byte;
	}
	f->fill++;
	frame_end_if_full(swo);
}

static void frame_id(struct vb_swo *swo, uint8_t id)
{
	struct frame *f = &swo->frame;
	uint8_t code = (uint8_t)(id << 1 | 1);

	if (f->id == id)
		return;
	f->id = id;
	if (f->fill % 2 == 0) {
		f->data[f->fill] = code;
	} else {
		/* Only an even place takes an id: the byte there moves on, the id holds after it. */
		uint8_t flag = (uint8_t)BIT(f->fill / 2), *even = &f->data[f->fill - 1];

		f->data[f->fill] = *even | (f->data[15] & flag ? 1 : 0);
		f->data[15] |= flag;
		*even = code;
	}
	f->fill++;
	frame_end_if_full(swo);
}

static void frame_put(struct vb_swo *swo, uint8_t id, uint8_t byte)
{
	static const uint8_t full_sync[4] = { 0xff, 0xff, 0xff, 0x7f };
	struct frame *f = &swo->frame;

	if (f->wants_sync && f->fill == 0) {
		for (unsigned i = 0; i < sizeof(full_sync); i++)
			push(swo, full_sync[i]);
		f->wants_sync = false;
		f->id = 0;	/* who starts to listen here must be told */
	}
	frame_id(swo, id);
	frame_data(swo, byte);
}

void vb_swo_frame_sync(struct vb_swo *swo)
{
	swo->frame.wants_sync = true;
}

void vb_swo_flush(struct vb_swo *swo)
{
	vb_swo_sync(swo);
	if (swo->frame.fill > 0)
		frame_id(swo, 0);
	while (swo->frame.fill > 0)
		frame_data(swo, 0);
	schedule(swo);
}

/* --- The ITM's side --- */

size_t vb_swo_room(struct vb_swo *swo)
{
	size_t waiting;

	vb_swo_sync(swo);
	waiting = swo->count > 0 ? swo->count - 1 : 0;
	return waiting < VB_SWO_DEPTH ? VB_SWO_DEPTH - waiting : 0;
}

uint64_t vb_swo_room_in_ns(struct vb_swo *swo, size_t n)
{
	struct swo_rate rate = rate_of(swo);
	uint64_t now = now_ps(swo), end;
	size_t must_go;

	if (vb_swo_room(swo) >= n)
		return 0;
	if (swo->hz == 0)
		return UINT64_MAX;
	must_go = swo->count - 1 - (VB_SWO_DEPTH - n);
	end = swo->start_ps + must_go * swo_cells_ps(&rate, byte_cells(swo));
	return end > now ? (end - now + 999) / 1000 : 1;
}

void vb_swo_put(struct vb_swo *swo, uint8_t atb_id, const uint8_t *packet, size_t n)
{
	vb_swo_sync(swo);
	for (size_t i = 0; i < n; i++) {
		if (swo->ffcr & FFCR_ENFCONT)
			frame_put(swo, atb_id, packet[i]);
		else
			push(swo, packet[i]);
	}
	schedule(swo);
}

void vb_swo_set_tpiu(struct vb_swo *swo, uint32_t acpr, uint32_t sppr, uint32_t ffcr)
{
	bool had_formatter = swo->ffcr & FFCR_ENFCONT;

	vb_swo_sync(swo);
	if (had_formatter && !(ffcr & FFCR_ENFCONT))
		vb_swo_flush(swo);
	if (!had_formatter && (ffcr & FFCR_ENFCONT))
		vb_swo_frame_sync(swo);
	swo->acpr = acpr;
	swo->sppr = sppr;
	swo->ffcr = ffcr;
	vb_clock_cancel(swo->clock, swo->event);
	swo->event = NULL;
	schedule(swo);
}

void vb_swo_drop(struct vb_swo *swo)
{
	vb_swo_sync(swo);
	swo->count = 0;
	swo->packet_bytes = 0;
	swo->frame = (struct frame){ .wants_sync = true };
}

/* --- The other sides --- */

void vb_swo_set_clock(struct vb_swo *swo, uint32_t hz)
{
	vb_swo_sync(swo);
	swo->hz = hz;
	vb_clock_cancel(swo->clock, swo->event);
	swo->event = NULL;
	schedule(swo);
}

void vb_swo_listen(struct vb_swo *swo, bool is_manchester, uint32_t baud, vb_swo_fn fn, void *ctx)
{
	vb_swo_sync(swo);
	vb_clock_cancel(swo->clock, swo->event);
	swo->event = NULL;
	swo->line = (struct swo_line){ .is_manchester = is_manchester, .baud = baud,
				       .fn = baud > 0 ? fn : NULL, .ctx = ctx };
	swo->listening_ps = now_ps(swo);
	swo_line_restart(&swo->line, swo->sppr != SPPR_MANCHESTER, swo->listening_ps);
	schedule(swo);
}

unsigned vb_swo_take_errors(struct vb_swo *swo)
{
	unsigned errors;

	vb_swo_sync(swo);
	errors = swo->line.errors;
	swo->line.errors = 0;
	return errors;
}

void vb_swo_tap(struct vb_swo *swo, vb_swo_fn fn, void *ctx)
{
	vb_swo_sync(swo);
	swo->tap = fn;
	swo->tap_ctx = ctx;
}

void vb_swo_state(const struct vb_swo *swo, struct vb_swo_state *state)
{
	*state = (struct vb_swo_state){
		.is_sending = swo->hz != 0 && is_serial(swo),
		.is_pin_out = swo->pin_is_out(swo->pin_ctx),
		.is_manchester = swo->sppr == SPPR_MANCHESTER,
		.has_formatter = swo->ffcr & FFCR_ENFCONT,
		.baud = swo->hz / (swo->acpr + 1),
		.sent = swo->sent,
		.unseen = swo->unseen,
	};
}

struct vb_swo *vb_swo_new(struct vb_clock *clock, bool (*pin_is_out)(void *ctx), void *ctx)
{
	struct vb_swo *swo = xcalloc(1, sizeof(*swo));

	swo->clock = clock;
	swo->pin_is_out = pin_is_out;
	swo->pin_ctx = ctx;
	vb_swo_drop(swo);
	return swo;
}

void vb_swo_free(struct vb_swo *swo)
{
	if (swo == NULL)
		return;
	vb_clock_cancel(swo->clock, swo->event);
	free(swo);
}
