/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace: what the running program tells: RTT channels, ITM and DWT packets from SWO, semihosting
 * output, PC samples. Nothing here halts the core.
 *
 * Each source has files of its own (rtt*.c, swo*.c, itm*.c, tpiu*.c) and puts what it decoded into the
 * room's stream as records with one clock. Whoever wants the merged view (`trace stream`: a TCP port, a
 * file, the console) listens to the stream; TCP ports of single channels are the sources' own.
 *
 * Nothing is lost without a sign: a source that had to drop bytes (a slow client, an overflow packet, a
 * probe's overrun, an RTT buffer that wrapped) puts a LOSS record with a count, or an unknown one.
 */
#ifndef TRACE_TRACE_H
#define TRACE_TRACE_H

#include "target/target.h"

enum trace_source { TRACE_RTT, TRACE_ITM, TRACE_EXCEPTION, TRACE_PC_SAMPLE, TRACE_WATCH, TRACE_EVENT,
		    TRACE_SEMIHOSTING, TRACE_LOSS };

enum { TRACE_LOSS_UNKNOWN = UINT32_MAX };

struct trace_record {
	uint64_t host_ns;		/* monotonic, when the bytes came to the host */
	uint64_t ticks;			/* of the core's clock since trace start, if has_ticks */
	bool has_ticks;
	enum trace_source source;
	enum trace_source lost_from;	/* TRACE_LOSS: which source, and how many bytes or packets */
	uint32_t lost;
	unsigned channel;		/* RTT channel, stimulus port, exception number, comparator */
	uint32_t value;			/* PC, exception action, data value */
	const uint8_t *data;		/* RTT, ITM, semihosting: bytes, valid during the call */
	size_t n;
	struct target *target;
};

typedef void (*trace_listener_fn)(void *ctx, const struct trace_record *record);

struct trace_room;

/* Registers `rtt ...`, `tpiu ...`, `swo ...`, `itm ...`, `trace ...`. The lists outlive it. */
struct trace_room *trace_room_new(struct target_list *targets);
void trace_room_free(struct trace_room *room);
void trace_put(struct trace_room *room, const struct trace_record *record);
void trace_listen(struct trace_room *room, trace_listener_fn fn, void *ctx);
void trace_unlisten(struct trace_room *room, trace_listener_fn fn, void *ctx);

#endif
