/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Feeding helper code through a ring buffer.
 *
 * The write pointer for chunk n goes out in the run that carries chunk n + 1, and the same run reads
 * the read pointer back, so a chunk costs one round trip and the wire does not wait for the answer
 * of a poll.
 */
#include "base/clock.h"
#include "base/log.h"
#include "target/patch.h"
#include "target/target_priv.h"

#define CHUNK_MAX  4096u	/* some 12 ms at 4 MHz: then the event loop has its turn */
#define LOOKS_MAX  32u		/* some 0.7 ms at 4 MHz */
#define STALL_MS   20u		/* nothing taken for so long: look whether the code still runs */

struct feeder {
	struct target *t;
	struct algorithm *a;
	const struct ring_feed *feed;
	uint32_t first, end;		/* data part */
	uint32_t wp, rp;		/* ours as written, theirs as last read */
	uint32_t told_wp;		/* what the target knows */
	unsigned looks;			/* reads of the pointer in the last poll */
	size_t sent;
	uint64_t moved_ms, looked_ms;
	bool has_stopped;
};

enum err ring_feed_init(struct target *t, const struct ring_feed *feed)
{
	mem_ap_queue_write32(t->ap, feed->base, feed->base + 8);
	mem_ap_queue_write32(t->ap, feed->base + 4, feed->base + 8);
	t->memory_epoch++;
	return mem_ap_run(t->ap);
}

/* Contiguous free bytes from wp on, one unit always left. */
static uint32_t room(const struct feeder *f)
{
	uint32_t unit = f->feed->unit;

	if (f->rp > f->wp)
		return f->rp - f->wp - unit;
	if (f->rp == f->first)
		return f->end - f->wp - unit;
	return f->end - f->wp;
}

static uint32_t fill(const struct feeder *f)
{
	return f->wp >= f->rp ? f->wp - f->rp : f->wp + f->feed->size - f->rp;
}

/* Tells the target how far we are and asks how far it is. */
static void queue_pointers(struct feeder *f, uint32_t *rp)
{
	if (f->told_wp != f->wp) {
		mem_ap_queue_write32(f->t->ap, f->feed->base, f->wp);
		f->told_wp = f->wp;
	}
	mem_ap_queue_read32(f->t->ap, f->feed->base + 4, rp);
}

static enum err check_pointer(struct feeder *f, uint32_t rp)
{
	if (rp == 0) {
		f->has_stopped = true;
		return OK;
	}
	if (rp < f->first || rp >= f->end || rp % 4 != f->first % 4) {
		error_why(ERR_ALGORITHM, "helper code left the ring buffer in a bad state");
		return error_evidence(ERR_ALGORITHM, "read pointer = 0x%08x, data 0x%08x to 0x%08x",
				      rp, f->first, f->end - 1);
	}
	rp -= (rp - f->first) % f->feed->unit;	/* it may take a unit in pieces */
	if (rp != f->rp) {
		f->rp = rp;
		f->moved_ms = clock_now_ms();
		if (f->feed->progress != NULL)
			f->feed->progress(f->feed->ctx, f->sent - fill(f));
	}
	return OK;
}

static enum err send_chunk(struct feeder *f, uint32_t n)
{
	uint32_t rp = f->rp;

	f->looks = 0;
	queue_pointers(f, &rp);
	TRY(mem_ap_write(f->t->ap, f->wp, 4, n / 4, f->feed->data + f->sent, NULL));
	f->sent += n;
	f->wp += n;
	if (f->wp == f->end)
		f->wp = f->first;
	return check_pointer(f, rp);
}

/* A full ring takes its time to drain: ask more often in one round trip, then there are fewer. */
static enum err look(struct feeder *f)
{
	uint32_t rp[LOOKS_MAX];

	f->looks = MIN(f->looks * 2 + 1, LOOKS_MAX);
	for (unsigned i = 0; i < f->looks; i++)
		queue_pointers(f, &rp[i]);
	TRY(mem_ap_run(f->t->ap));
	return check_pointer(f, rp[f->looks - 1]);
}

/* Nothing was taken for a while: has the code ended, or does it hang? */
static enum err check_stall(struct feeder *f)
{
	uint64_t now = clock_now_ms();
	bool running;

	if (now - f->moved_ms < STALL_MS || now - f->looked_ms < STALL_MS)
		return OK;
	f->looked_ms = now;
	TRY(algorithm_poll(f->t, f->a, &running));
	if (!running) {
		f->has_stopped = true;
		return OK;
	}
	if (now - f->moved_ms < f->a->timeout_ms)
		return OK;
	error_why(ERR_TIMEOUT, "helper code took no data for %u ms, %zu of %zu bytes are done",
		  f->a->timeout_ms, f->sent - fill(f), f->feed->bytes);
	error_next(ERR_TIMEOUT, "the flash may be slow or worn out, its supply weak: power-cycle the "
		   "board, then try again");
	return error_evidence(ERR_TIMEOUT, "write pointer = 0x%08x, read pointer = 0x%08x", f->wp,
			      f->rp);
}

/* Small chunks cost as many round trips as large ones: wait until a good part of the ring is free. */
static uint32_t next_chunk(const struct feeder *f)
{
	size_t left = f->feed->bytes - f->sent;
	uint32_t n = (uint32_t)MIN(MIN(left, CHUNK_MAX), room(f));
	uint32_t worth = (uint32_t)MIN(left, MIN(CHUNK_MAX, f->feed->size / 4));

	n -= n % f->feed->unit;
	/* The piece before the end of the ring is taken whatever its size. */
	if (n < worth - worth % f->feed->unit && f->wp + n != f->end)
		return 0;
	return n;
}

static enum err step(struct feeder *f, uint64_t *full_ns)
{
	uint64_t start = clock_now_ns();
	uint32_t n = next_chunk(f);

	if (n > 0)
		return send_chunk(f, n);
	TRY(look(f));
	if (f->sent < f->feed->bytes)
		*full_ns += clock_now_ns() - start;
	return check_stall(f);
}

enum err algorithm_feed(struct target *t, struct algorithm *a, const struct ring_feed *feed)
{
	struct feeder f = { .t = t, .a = a, .feed = feed, .first = feed->base + 8,
			    .end = feed->base + 8 + feed->size };
	uint64_t start = clock_now_ns(), full_ns = 0;
	enum err rc = OK;

	f.wp = f.rp = f.told_wp = f.first;
	f.moved_ms = f.looked_ms = clock_now_ms();
	while (rc == OK && !f.has_stopped && (f.sent < feed->bytes || fill(&f) > 0)) {
		rc = step(&f, &full_ns);
		if (rc == OK && target_is_cancelled(t))
			rc = error_why(ERR_CANCELLED, "interrupted with %zu of %zu bytes done",
				       f.sent - fill(&f), feed->bytes);
		if (!loop_service(t->list->loop) && rc == OK && !patches_are_writing(t))
			rc = error_why(ERR_CANCELLED, "the daemon is shutting down");
	}
	if (feed->stats != NULL)
		*feed->stats = (struct ring_stats){ (clock_now_ns() - start) / 1000, full_ns / 1000 };
	t->memory_epoch++;
	return rc;
}
