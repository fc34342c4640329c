/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jlink_queue: bits that wait for a flush.
 *
 * A call of the probe takes two strings of the same length: direction and SWDIO, or TMS and TDI. On
 * JTAG it returns TDO as it was before each rising edge. On SWD it samples after the edge, so what
 * it returns is one bit ahead of what bit_ops wants: the level before an edge is what was captured
 * at the edge before, or the pull-up if the host drove until then.
 *
 * A flush that does not fit in one call is cut where a transfer begins. The last level is kept over
 * flushes: a read may go on in the next.
 */
#ifndef ADAPTER_JLINK_QUEUE_H
#define ADAPTER_JLINK_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct jlink_want {
	uint8_t *dst;
	size_t at, bits;
};

struct jlink_queue {
	bool is_swd;		/* of what is in it */
	size_t bits;
	struct buf first, second;	/* direction and SWDIO, or TMS and TDI */
	struct buf captured;
	struct jlink_want *wants;
	size_t want_count, want_capacity;
	size_t *cuts;		/* where transfers begin, ascending */
	size_t cut_count, cut_capacity;
	size_t last_in;		/* bits of the input before this call, 0: it was an output */
	bool level;		/* after the last edge of the flush before */
};

void jlink_queue_free(struct jlink_queue *q);
void jlink_queue_swd(struct jlink_queue *q, const uint8_t *out, uint8_t *in, size_t bits);
void jlink_queue_jtag(struct jlink_queue *q, const uint8_t *tms, const uint8_t *tdi, uint8_t *tdo,
		      size_t bits);
/* How many bits the call has that starts with bit `at`. */
size_t jlink_queue_next(const struct jlink_queue *q, size_t at, size_t max_bits);
/* The two strings of that call. */
void jlink_queue_get(const struct jlink_queue *q, size_t at, size_t bits, uint8_t *first,
		     uint8_t *second);
void jlink_queue_put(struct jlink_queue *q, size_t at, size_t bits, const uint8_t *captured);
/* All calls are done: gives everybody his bits and empties the queue. */
void jlink_queue_finish(struct jlink_queue *q);
void jlink_queue_drop(struct jlink_queue *q);

#endif
