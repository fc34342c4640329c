/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Data moves in batches of one round trip: RdOff of what the last batch read, then the bytes of which the
 * last batch saw that they are there, then the offsets as they are now. So nothing is read on suspicion,
 * and while we read one half of a buffer that a fast program keeps full, it fills the other.
 *
 * While data flows a batch asks only for the offsets; the whole block is looked at every FULL_MS and
 * whenever nothing flows. What was read counts only if RdOff still stands where we left it: the program
 * sets it to 0 when it starts anew.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "trace/rtt.h"

#define VTOR	   0xe000ed08u
#define FULL_MS	   50u
#define BATCH_MAX  (16u << 10)	/* bytes of a batch: other clients wait that long */

struct piece {
	unsigned channel;
	uint32_t addr, n;		/* bytes in the target */
	size_t at;			/* of its first word in the batch's memory */
	size_t bytes;			/* whole words that hold it */
};

struct batch {
	struct piece *pieces;
	struct read_span *spans;
	size_t piece_count, span_count;
	uint8_t *memory;
	size_t used;
	bool is_full;			/* the whole block, not only the offsets */
	size_t control_at;		/* in memory: the block, or id and offsets */
	size_t vtor_at;
};

static struct rtt_channel *up_of(struct rtt *r, unsigned channel)
{
	return &r->block.channels[channel];
}

static uint32_t address_of(const struct rtt *r, unsigned index, uint32_t field)
{
	return r->block.addr + RTT_HEADER_BYTES + index * RTT_CHANNEL_BYTES + field;
}

static size_t add_span(struct batch *b, uint32_t addr, size_t bytes)
{
	size_t at = b->used;

	b->spans[b->span_count++] = (struct read_span){ addr, (uint32_t)bytes, NULL };
	b->used += bytes;
	return at;
}

static void add_piece(struct batch *b, unsigned channel, uint32_t addr, uint32_t n)
{
	uint32_t first = addr & ~3u, end = (addr + n + 3) & ~3u;

	if (n == 0)
		return;
	b->pieces[b->piece_count++] = (struct piece){ channel, addr, n, b->used, end - first };
	add_span(b, first, end - first);
}

/* How much of the channel is to be read now. */
static uint32_t portion(struct rtt *r, unsigned channel, uint32_t room)
{
	const struct rtt_channel *c = up_of(r, channel);
	uint32_t known = r->ups[channel].known;

	if (known == 0 || c->size == 0 || r->ups[channel].is_unreadable)
		return 0;
	if ((c->flags & 3) == RTT_BLOCKING && rtt_is_full(r, channel))
		return 0;
	return MIN(MIN(known, room), MAX(c->size / 2, 64u));
}

static void plan_data(struct rtt *r, struct batch *b)
{
	uint32_t room = BATCH_MAX;

	for (unsigned i = 0; i < r->block.up_count; i++) {
		const struct rtt_channel *c = up_of(r, i);
		uint32_t n = portion(r, i, room), rd = r->ups[i].rd;

		room -= n;
		if (n == 0)
			continue;
		uint32_t first = MIN(n, c->size - rd);

		add_piece(b, i, c->buffer + rd, first);
		add_piece(b, i, c->buffer, n - first);
	}
}

static void plan_control(struct rtt *r, struct batch *b)
{
	unsigned all = r->block.up_count + r->block.down_count;

	if (b->is_full) {
		b->control_at = add_span(b, r->block.addr, RTT_HEADER_BYTES + all * RTT_CHANNEL_BYTES);
		b->vtor_at = add_span(b, VTOR, 4);
		return;
	}
	b->control_at = add_span(b, r->block.addr, 4);
	for (unsigned i = 0; i < r->block.up_count; i++) {
		if (up_of(r, i)->size != 0)
			add_span(b, address_of(r, i, RTT_WR), 8);
	}
}

static bool wants_input(const struct rtt *r)
{
	for (unsigned i = 0; i < r->down_slots; i++) {
		if (r->downs[i].queue.len > 0)
			return true;
	}
	return false;
}

static void batch_new(struct rtt *r, struct batch *b)
{
	size_t pieces = 2 * (size_t)r->block.up_count;
	uint64_t now = clock_now_ms();

	*b = (struct batch){ 0 };
	b->pieces = xcalloc(pieces, sizeof(*b->pieces));
	b->spans = xcalloc(pieces + r->block.up_count + 2, sizeof(*b->spans));
	plan_data(r, b);
	b->is_full = b->piece_count == 0 || now >= r->next_full_ms || wants_input(r);
	if (b->is_full)
		r->next_full_ms = now + FULL_MS;
	plan_control(r, b);
	b->memory = xcalloc(1, b->used);
	for (size_t i = 0, at = 0; i < b->span_count; i++) {
		b->spans[i].dst = b->memory + at;
		at += b->spans[i].bytes;
	}
}

static void batch_free(struct batch *b)
{
	free(b->pieces);
	free(b->spans);
	free(b->memory);
}

/* Goes out in front of the reads, in the same round trip. */
static void queue_read_offsets(struct rtt *r)
{
	for (unsigned i = 0; i < r->block.up_count; i++) {
		if (!r->ups[i].is_moved)
			continue;
		mem_ap_queue_write32(r->target->ap, address_of(r, i, RTT_RD), r->ups[i].rd);
		r->target->memory_epoch++;
	}
}

/* What the batch saw of channel i. False: nothing (not in use). */
static bool offsets_seen(const struct rtt *r, const struct batch *b, unsigned channel, uint32_t *wr,
			 uint32_t *rd)
{
	size_t at = b->control_at + 4;

	if (b->is_full) {
		at = b->control_at + RTT_HEADER_BYTES + channel * RTT_CHANNEL_BYTES + RTT_WR;
	} else {
		for (unsigned i = 0; i < channel; i++)
			at += r->block.channels[i].size != 0 ? 8 : 0;
	}
	*wr = get_le32(b->memory + at);
	*rd = get_le32(b->memory + at + 4);
	return r->block.channels[channel].size != 0;
}

static bool same_buffer(const struct rtt_channel *a, const struct rtt_channel *b)
{
	return a->buffer == b->buffer && a->size == b->size;
}

/* A program may set up a channel late, or give one another buffer. */
static enum err take_changes(struct rtt *r, const struct batch *b, bool *is_gone)
{
	size_t n = b->vtor_at - b->control_at;
	const uint8_t *bytes = b->memory + b->control_at;
	struct rtt_block fresh;
	const char *why;
	bool same;

	*is_gone = rtt_find_id(bytes, RTT_ID_BYTES, r->block.addr, 0, r->id) != 0 ||
		   rtt_block_bytes(bytes) != n;
	if (*is_gone)
		return OK;
	if (!rtt_block_parse(&fresh, r->block.addr, bytes, n, &why)) {
		log_debug("rtt: the control block at 0x%08" PRIx32 " is spoilt: %s", r->block.addr, why);
		*is_gone = true;
		return OK;
	}
	same = fresh.up_count == r->block.up_count;
	if (!same) {
		rtt_block_free(&fresh);
		*is_gone = true;
		return OK;
	}
	for (unsigned i = 0; i < fresh.up_count; i++) {
		if (same_buffer(&fresh.channels[i], &r->block.channels[i]))
			continue;
		r->ups[i].rd = fresh.channels[i].rd;
		r->ups[i].known = 0;
		r->ups[i].is_moved = r->ups[i].is_unreadable = false;
	}
	rtt_block_free(&r->block);
	r->block = fresh;
	return OK;
}

static size_t deliver(struct rtt *r, const struct batch *b, unsigned channel)
{
	size_t total = 0;

	for (size_t i = 0; i < b->piece_count; i++) {
		const struct piece *p = &b->pieces[i];

		if (p->channel != channel)
			continue;
		rtt_deliver(r, channel, b->memory + p->at + (p->addr & 3), p->n);
		total += p->n;
	}
	return total;
}

/* In the modes that do not wait, a buffer without a free byte means that something was thrown away. */
static void note_overflow(struct rtt *r, unsigned channel, const struct rtt_channel *c)
{
	if ((c->flags & 3) != RTT_BLOCKING && rtt_free(c) == 0)
		trace_put_loss(r->room->trace, r->target, TRACE_RTT, channel, TRACE_LOSS_UNKNOWN);
}

static size_t take_channel(struct rtt *r, const struct batch *b, unsigned channel)
{
	struct rtt_channel *c = up_of(r, channel);
	struct rtt_up *up = &r->ups[channel];
	uint32_t wr, rd;
	size_t n = 0;

	if (!offsets_seen(r, b, channel, &wr, &rd))
		return 0;
	if (wr >= c->size || rd >= c->size) {
		r->next_full_ms = 0;	/* the next batch says what became of the block */
		up->known = 0;
		return 0;
	}
	if (rd != up->rd) {
		log_debug("rtt: channel %u was set up anew", channel);
		up->rd = rd;
		up->is_moved = false;
	} else {
		n = deliver(r, b, channel);
		up->rd = (uint32_t)((up->rd + n) % c->size);
		up->is_moved = n > 0;
	}
	c->wr = wr;
	c->rd = rd;
	note_overflow(r, channel, c);
	c->rd = up->rd;
	up->known = rtt_used(c);
	return n;
}

static enum err write_part(struct rtt *r, struct rtt_channel *c, struct buf *queue, uint32_t n)
{
	TRY(target_write_bytes(r->target, c->buffer + c->wr, queue->data, n));
	c->wr = (c->wr + n) % c->size;
	buf_consume(queue, n);
	return OK;
}

/* Data first, in at most two parts, then WrOff; never more than is free. */
static enum err feed_channel(struct rtt *r, unsigned channel, size_t *moved)
{
	unsigned index = r->block.up_count + channel;
	struct rtt_channel *c = &r->block.channels[index];
	struct buf *queue = &r->downs[channel].queue;
	uint32_t n = MIN(rtt_free(c), (uint32_t)MIN(queue->len, BATCH_MAX));
	uint32_t first = MIN(n, c->size - c->wr);

	if (n == 0)
		return OK;
	TRY(write_part(r, c, queue, first));
	if (n > first)
		TRY(write_part(r, c, queue, n - first));
	TRY(target_write_u32(r->target, address_of(r, index, RTT_WR), c->wr));
	*moved += n;
	rtt_resume_input(r, channel);
	return OK;
}

static enum err feed_all(struct rtt *r, size_t *moved)
{
	for (unsigned i = 0; i < r->down_slots; i++) {
		struct rtt_down *down = &r->downs[i];

		if (down->queue.len == 0)
			continue;
		if (i < r->block.down_count && r->block.channels[r->block.up_count + i].size != 0) {
			TRY(feed_channel(r, i, moved));
			continue;
		}
		if (!down->is_refused_told)
			log_warning("rtt: the program has no down channel %u: what is sent to it is "
				    "dropped", i);
		down->is_refused_told = true;
		buf_clear(&down->queue);
		rtt_resume_input(r, i);
	}
	return OK;
}

static enum err try_word(struct rtt *r, uint32_t addr)
{
	uint8_t word[4];

	return target_read(r->target, addr & ~3u, 4, 1, word);
}

/* A batch has met a bus error: what a spoilt descriptor points to must not hold the other channels up. */
static enum err leave_out_unreadable(struct rtt *r, const struct batch *b)
{
	bool is_found = false;
	struct error kept;

	error_take(&kept);
	for (size_t i = 0; i < b->piece_count; i++) {
		const struct piece *p = &b->pieces[i];
		struct rtt_up *up = &r->ups[p->channel];

		if (up->is_unreadable)
			continue;
		enum err rc = try_word(r, p->addr);

		if (rc == OK)
			rc = try_word(r, p->addr + p->n - 1);
		if (rc == OK)
			continue;
		if (rc != ERR_BUS)
			return rc;
		error_clear();
		is_found = up->is_unreadable = true;
		log_warning("rtt: the buffer of channel %u at 0x%08" PRIx32 " cannot be read: the "
			    "channel is left out until the program sets it up anew", p->channel,
			    up_of(r, p->channel)->buffer);
	}
	if (is_found)
		return OK;
	error_put(&kept);
	return kept.code;
}

enum err rtt_poll(struct rtt *r, size_t *moved)
{
	struct batch b;
	bool is_gone;
	enum err rc;

	*moved = 0;
	batch_new(r, &b);
	queue_read_offsets(r);
	rc = target_read_spans(r->target, b.spans, b.span_count);
	if (rc != OK) {
		if (rc == ERR_BUS)
			rc = leave_out_unreadable(r, &b);
		batch_free(&b);
		return rc;
	}
	is_gone = get_le32(b.memory + b.control_at) != r->id_word;
	if (!is_gone && b.is_full)
		rc = take_changes(r, &b, &is_gone);
	for (unsigned i = 0; i < r->block.up_count && !is_gone; i++)
		*moved += take_channel(r, &b, i);
	if (b.is_full && !is_gone && get_le32(b.memory + b.vtor_at) != r->vtor) {
		/* A bootloader has handed over, or a program has moved its vectors. */
		r->vtor = get_le32(b.memory + b.vtor_at);
		rtt_suspect(r);
		rtt_forget_rivals(&r->stale);
	}
	if (is_gone) {
		log_debug("rtt: the control block at 0x%08" PRIx32 " is gone", r->block.addr);
		rtt_lose_block(r, false);
	} else if (b.is_full) {
		rc = feed_all(r, moved);
	}
	batch_free(&b);
	return rc;
}
