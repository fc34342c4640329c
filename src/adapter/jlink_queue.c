/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "adapter/jlink_queue.h"

#include <stdlib.h>
#include <string.h>

#define ACK_PHASE_BITS 5u	/* turnaround, ACK, turnaround: a write's data follows */

/* --- Bit strings --- */

static unsigned get_bits(const uint8_t *src, size_t at, unsigned n)
{
	unsigned value = src[at / 8] >> (at % 8);

	if (at % 8 + n > 8)
		value |= (unsigned)src[at / 8 + 1] << (8 - at % 8);
	return value & ((1u << n) - 1);
}

static void put_bits(uint8_t *dst, size_t at, unsigned n, unsigned value)
{
	unsigned shift = at % 8, mask = ((1u << n) - 1) << shift;

	value <<= shift;
	dst[at / 8] = (uint8_t)((dst[at / 8] & ~mask) | value);
	if (shift + n > 8)
		dst[at / 8 + 1] = (uint8_t)((dst[at / 8 + 1] & ~(mask >> 8)) | value >> 8);
}

static void copy_bits(uint8_t *dst, size_t to, const uint8_t *src, size_t from, size_t n)
{
	for (size_t i = 0; i < n; i += 8) {
		unsigned step = (unsigned)MIN(n - i, 8);

		put_bits(dst, to + i, step, get_bits(src, from + i, step));
	}
}

static void fill_bits(uint8_t *dst, size_t to, size_t n, bool level)
{
	for (size_t i = 0; i < n; i += 8) {
		unsigned step = (unsigned)MIN(n - i, 8);

		put_bits(dst, to + i, step, level ? (1u << step) - 1 : 0);
	}
}

/* Room for `bits` bits, zeros where it is new. */
static void make_room(struct buf *b, size_t bits)
{
	size_t bytes = (bits + 7) / 8;

	if (bytes <= b->len)
		return;
	memset(buf_reserve(b, bytes - b->len), 0, bytes - b->len);
	b->len = bytes;
}

/* --- Filling --- */

void jlink_queue_free(struct jlink_queue *q)
{
	buf_free(&q->first);
	buf_free(&q->second);
	buf_free(&q->captured);
	free(q->wants);
	free(q->cuts);
	*q = (struct jlink_queue){ 0 };
}

static void want(struct jlink_queue *q, uint8_t *dst, size_t bits)
{
	if (q->want_count == q->want_capacity) {
		q->want_capacity = q->want_capacity ? 2 * q->want_capacity : 256;
		q->wants = xrealloc(q->wants, q->want_capacity * sizeof(*q->wants));
	}
	q->wants[q->want_count++] = (struct jlink_want){ dst, q->bits, bits };
}

static void cut_here(struct jlink_queue *q)
{
	if (q->cut_count == q->cut_capacity) {
		q->cut_capacity = q->cut_capacity ? 2 * q->cut_capacity : 256;
		q->cuts = xrealloc(q->cuts, q->cut_capacity * sizeof(*q->cuts));
	}
	q->cuts[q->cut_count++] = q->bits;
}

void jlink_queue_swd(struct jlink_queue *q, const uint8_t *out, uint8_t *in, size_t bits)
{
	q->is_swd = true;
	make_room(&q->first, q->bits + bits);
	make_room(&q->second, q->bits + bits);
	fill_bits(q->first.data, q->bits, bits, out != NULL);
	if (out != NULL) {
		copy_bits(q->second.data, q->bits, out, 0, bits);
		if (q->last_in != ACK_PHASE_BITS)
			cut_here(q);
	}
	q->last_in = out != NULL ? 0 : q->last_in + bits;
	if (out == NULL && in != NULL)
		want(q, in, bits);
	q->bits += bits;
}

void jlink_queue_jtag(struct jlink_queue *q, const uint8_t *tms, const uint8_t *tdi, uint8_t *tdo,
		      size_t bits)
{
	q->is_swd = false;
	make_room(&q->first, q->bits + bits);
	make_room(&q->second, q->bits + bits);
	copy_bits(q->first.data, q->bits, tms, 0, bits);
	if (tdi != NULL)
		copy_bits(q->second.data, q->bits, tdi, 0, bits);
	else
		fill_bits(q->second.data, q->bits, bits, true);
	if (tdo != NULL)
		want(q, tdo, bits);
	q->bits += bits;
}

/* --- Calls --- */

/* The last cut in (at, end]; 0 if there is none. */
static size_t last_cut(const struct jlink_queue *q, size_t at, size_t end)
{
	size_t low = 0, high = q->cut_count;	/* cuts[low - 1] <= end < cuts[high] */

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (q->cuts[middle] <= end)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 && q->cuts[low - 1] > at ? q->cuts[low - 1] : 0;
}

size_t jlink_queue_next(const struct jlink_queue *q, size_t at, size_t max_bits)
{
	size_t left = q->bits - at, cut;

	if (left <= max_bits)
		return left;
	if (!q->is_swd)		/* whole bytes: old firmware likes those */
		return max_bits / 8 * 8;
	cut = last_cut(q, at, at + max_bits);
	return cut != 0 ? cut - at : max_bits;
}

void jlink_queue_get(const struct jlink_queue *q, size_t at, size_t bits, uint8_t *first,
		     uint8_t *second)
{
	memset(first, 0, (bits + 7) / 8);
	memset(second, 0, (bits + 7) / 8);
	copy_bits(first, 0, q->first.data, at, bits);
	copy_bits(second, 0, q->second.data, at, bits);
}

void jlink_queue_put(struct jlink_queue *q, size_t at, size_t bits, const uint8_t *captured)
{
	make_room(&q->captured, q->bits + 1);
	/* On SWD place 0 is for the level that the flush before ended with. */
	copy_bits(q->captured.data, at + q->is_swd, captured, 0, bits);
}

static bool host_drove(const struct jlink_queue *q, size_t bit)
{
	return bit_get(q->first.data, bit);
}

void jlink_queue_finish(struct jlink_queue *q)
{
	if (q->bits == 0)
		return;
	make_room(&q->captured, q->bits + 1);
	if (q->is_swd)
		bit_set(q->captured.data, 0, q->level);
	for (size_t i = 0; i < q->want_count; i++) {
		const struct jlink_want *w = &q->wants[i];

		copy_bits(w->dst, 0, q->captured.data, w->at, w->bits);
		if (q->is_swd && w->at > 0 && w->bits > 0 && host_drove(q, w->at - 1))
			bit_set(w->dst, 0, true);
	}
	q->level = !q->is_swd || host_drove(q, q->bits - 1) || bit_get(q->captured.data, q->bits);
	jlink_queue_drop(q);
}

void jlink_queue_drop(struct jlink_queue *q)
{
	q->bits = 0;
	q->first.len = q->second.len = q->captured.len = 0;
	q->want_count = q->cut_count = 0;
	q->last_in = 0;
}
