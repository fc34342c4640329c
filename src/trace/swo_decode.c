/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From captured bytes to records. A local timestamp comes behind the packets it belongs to, so in a
 * stream that has them packets wait for theirs, up to a limit and not for long.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "trace/swo_priv.h"

#define FLUSH_MS 50u

static void emit(struct swo_stream *s, const struct itm_packet *p)
{
	struct trace_record r = { .target = s->target, .ticks = s->ticks, .has_ticks = s->has_time,
				  .channel = p->number, .value = (uint32_t)p->value,
				  .has_global = s->global.is_known && !s->global.is_stale,
				  .global = s->global.ticks };
	uint8_t bytes[4];

	swo_text_packet(s->room, s, p);
	switch (p->kind) {
	case ITM_SOFTWARE:
		put_le32(bytes, (uint32_t)p->value);
		r.source = TRACE_ITM;
		r.data = bytes;
		r.n = p->size;
		break;
	case ITM_EXCEPTION:
		r.source = TRACE_EXCEPTION;
		break;
	case ITM_PC_SAMPLE:
		swo_profile_sample(s->room->profile, r.value);
		r.source = TRACE_PC_SAMPLE;
		r.channel = 0;
		break;
	case ITM_SLEEPING:
		swo_profile_asleep(s->room->profile);
		return;
	case ITM_DATA_PC: case ITM_DATA_ADDRESS: case ITM_DATA_READ: case ITM_DATA_WRITE:
		r.source = TRACE_WATCH;
		break;
	case ITM_EVENTS:
		r.source = TRACE_EVENT;
		r.channel = 0;
		break;
	default:
		return;
	}
	trace_put(s->room->trace, &r);
}

static void emit_held(struct swo_stream *s)
{
	unsigned count = s->held_count;

	s->held_count = 0;
	for (unsigned i = 0; i < count; i++)
		emit(s, &s->held[i]);
}

static void on_flush(void *ctx)
{
	struct swo_stream *s = ctx;

	s->flush_timer = NULL;
	emit_held(s);
}

static void hold(struct swo_stream *s, const struct itm_packet *p)
{
	if (s->held_count == SWO_HELD_MAX)
		emit_held(s);
	s->held[s->held_count++] = *p;
	if (s->flush_timer == NULL)
		s->flush_timer = loop_add_timer(s->room->loop, FLUSH_MS, 0, on_flush, s);
}

static void count(struct swo_counts *n, const struct itm_packet *p)
{
	n->packets++;
	n->skipped += p->skipped;
	n->syncs += p->kind == ITM_SYNC;
	n->overflows += p->kind == ITM_OVERFLOW;
	n->exceptions += p->kind == ITM_EXCEPTION;
	n->samples += p->kind == ITM_PC_SAMPLE || p->kind == ITM_SLEEPING;
	n->strange += p->kind == ITM_HARDWARE;
	if (p->kind == ITM_SOFTWARE)
		n->ports[p->number % ARRAY_SIZE(n->ports)]++;
}

static void on_packet(struct swo_stream *s, const struct itm_packet *p)
{
	count(&s->counts, p);
	switch (p->kind) {
	case ITM_LOCAL_TIME:
		s->has_time = true;
		s->ticks += p->value * s->tick_scale;
		emit_held(s);
		break;
	case ITM_OVERFLOW:
		emit_held(s);
		swo_text_packet(s->room, s, p);
		trace_put_loss(s->room->trace, s->target, TRACE_ITM, 0, TRACE_LOSS_UNKNOWN);
		break;
	case ITM_GLOBAL_LOW: case ITM_GLOBAL_HIGH:
		itm_global_put(&s->global, p);
		swo_text_packet(s->room, s, p);
		break;
	case ITM_SYNC: case ITM_EXTENSION:
		break;
	default:
		if (s->has_time)
			hold(s, p);
		else
			emit(s, p);
	}
}

static void byte(struct swo_stream *s, uint8_t value)
{
	struct itm_packet p;

	if (itm_byte(&s->itm, value, &p))
		on_packet(s, &p);
}

void swo_stream_put(struct swo_stream *s, const uint8_t *data, size_t n, bool lost)
{
	struct tpiu_data out[TPIU_FRAME_DATA];

	if (lost) {
		s->counts.gaps++;
		itm_gap(&s->itm);
		tpiu_frame_gap(&s->frames);
		emit_held(s);
		trace_put_loss(s->room->trace, s->target, TRACE_ITM, 0, TRACE_LOSS_UNKNOWN);
	}
	s->counts.bytes += n;
	for (size_t i = 0; i < n; i++) {
		unsigned count;

		if (!s->is_framed) {
			byte(s, data[i]);
			continue;
		}
		count = tpiu_frame_byte(&s->frames, data[i], out);
		/* The ITM's ATB ID is ours or the program's; an ETM's would be another. */
		for (unsigned k = 0; k < count; k++) {
			if (s->atb_id == 0 || out[k].id == s->atb_id)
				byte(s, out[k].byte);
		}
	}
}

void swo_stream_end(struct swo_stream *s)
{
	if (s->flush_timer != NULL)
		loop_remove_timer(s->room->loop, s->flush_timer);
	s->flush_timer = NULL;
	emit_held(s);
}

void swo_arrived(struct tpiu *tpiu, const uint8_t *data, size_t n, bool lost)
{
	struct swo_room *room = tpiu->room;

	if (lost)
		log_debug("%s: the probe dropped trace bytes", tpiu->name);
	swo_out_put(&tpiu->out, data, n);
	if (room->raw != NULL && n > 0)
		room->raw(room->raw_ctx, data, n);
	swo_stream_put(&tpiu->stream, data, n, lost);
}
