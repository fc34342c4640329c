/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/usb/timeline.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

void vb_timeline_init(struct vb_timeline *t, const struct vb_usb *cost)
{
	*t = (struct vb_timeline){ .cost = cost };
}

void vb_timeline_free(struct vb_timeline *t)
{
	free(t->busy);
	t->busy = NULL;
	t->count = t->cap = 0;
}

uint64_t vb_timeline_submit(const struct vb_timeline *t, bool is_running)
{
	return t->host_ns + t->cost->latency_ns / (is_running ? 16 : 4);
}

uint64_t vb_timeline_complete(const struct vb_timeline *t, uint64_t ns)
{
	return ns + t->cost->latency_ns / 4;
}

uint64_t vb_timeline_packet_ns(const struct vb_timeline *t, size_t bytes)
{
	return (bytes + t->cost->overhead_bytes) * (uint64_t)t->cost->byte_ps / 1000;
}

/* Index of the first interval that ends after `ns`. */
static size_t first_after(const struct vb_timeline *t, uint64_t ns)
{
	size_t i = t->count;

	/* Nearly always something at the end is wanted. */
	while (i > 0 && t->busy[i - 1].end_ns > ns)
		i--;
	return i;
}

uint64_t vb_timeline_gap(const struct vb_timeline *t, uint64_t from_ns, uint64_t length_ns)
{
	for (size_t i = first_after(t, from_ns); i < t->count; i++) {
		if (t->busy[i].start_ns >= from_ns + length_ns)
			break;
		from_ns = t->busy[i].end_ns;
	}
	return from_ns;
}

/* What ended before the host's time can never be asked for again. */
static void forget_past(struct vb_timeline *t)
{
	size_t past = 0;

	while (past < t->count && t->busy[past].end_ns <= t->host_ns)
		past++;
	if (past == 0)
		return;
	memmove(t->busy, t->busy + past, (t->count - past) * sizeof(*t->busy));
	t->count -= past;
}

void vb_timeline_take(struct vb_timeline *t, uint64_t start_ns, uint64_t length_ns)
{
	uint64_t end_ns = start_ns + length_ns;
	size_t i;

	if (length_ns == 0)
		return;
	if (t->count == t->cap) {
		forget_past(t);
		if (t->count * 2 >= t->cap) {
			t->cap = t->cap ? 2 * t->cap : 64;
			t->busy = xrealloc(t->busy, t->cap * sizeof(*t->busy));
		}
	}
	i = first_after(t, start_ns);
	if (i > 0 && t->busy[i - 1].end_ns == start_ns) {
		t->busy[i - 1].end_ns = end_ns;
		return;
	}
	memmove(t->busy + i + 1, t->busy + i, (t->count - i) * sizeof(*t->busy));
	t->busy[i] = (struct vb_busy){ start_ns, end_ns };
	t->count++;
}

/* The first free time from *from_ns on; how much of it there is, up to `length_ns`. */
static uint64_t first_piece(const struct vb_timeline *t, uint64_t *from_ns, uint64_t length_ns)
{
	size_t i;

	*from_ns = vb_timeline_gap(t, *from_ns, 1);
	i = first_after(t, *from_ns);
	return i < t->count ? MIN(length_ns, t->busy[i].start_ns - *from_ns) : length_ns;
}

uint64_t vb_timeline_end(const struct vb_timeline *t, uint64_t from_ns, uint64_t length_ns)
{
	while (length_ns > 0) {
		uint64_t piece_ns = first_piece(t, &from_ns, length_ns);

		from_ns += piece_ns;
		length_ns -= piece_ns;
	}
	return from_ns;
}

void vb_timeline_spread(struct vb_timeline *t, uint64_t from_ns, uint64_t length_ns)
{
	while (length_ns > 0) {
		uint64_t piece_ns = first_piece(t, &from_ns, length_ns);

		vb_timeline_take(t, from_ns, piece_ns);
		from_ns += piece_ns;
		length_ns -= piece_ns;
	}
}

void vb_timeline_reap(struct vb_timeline *t, uint64_t ns)
{
	t->host_ns = MAX(t->host_ns, ns);
}
