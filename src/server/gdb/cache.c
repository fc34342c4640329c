/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The read cache. At a stop GDB reads a dozen times two or four bytes around PC and SP; each would be a
 * trip to the probe. So a miss reads whole lines, in flash and in the SRAM region, never where a read
 * may have side effects; and the first miss of a stop brings the lines along that the last stop needed
 * around the same PC and SP, all in one trip. Filled by reads on a halted core; emptied when the
 * target's memory epoch changes (writes, resume, step, reset). DMA goes on while the core stands: RAM
 * lines live only as long as such a burst of reads takes.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "server/gdb/packets.h"

#define LINE_BYTES  AHEAD_BYTES
#define LINES	    32u
#define SPAN_LINES  3u		/* what one request may span; longer ones go past the cache */
#define FETCH_LINES (SPAN_LINES + 3u)
#define NEAR_PC	    512u
#define NEAR_SP	    256u
#define RAM_LIFE_MS 200u

struct line {
	enum {
		LINE_EMPTY, LINE_GOOD,
		LINE_BAD,		/* could not be read */
		LINE_OLD		/* was good at an earlier stop: worth a guess, not an answer */
	} state;
	uint32_t addr;
	uint64_t read_ms;
	uint8_t data[LINE_BYTES];
};

struct read_cache {
	uint32_t epoch;		/* of the target when the lines were read */
	unsigned next;		/* the line to replace */
	bool has_guessed;	/* at this stop */
	struct line lines[LINES];
};

void cache_free(struct gdb_session *s)
{
	free(s->cache);
	s->cache = NULL;
}

/* SRAM, without the bit-band alias (DDI 0403 B3.1). */
static bool is_ram(uint32_t addr)
{
	return addr >> 29 == 1 && addr >> 25 != 0x22000000u >> 25;
}

static bool is_flash(const struct gdb_session *s, uint32_t addr)
{
	for (const struct flash_bank *b = s->server->flash->banks; b != NULL; b = b->next) {
		if (b->target == s->target && b->is_probed && b->driver->read == NULL &&
		    addr - b->base < b->size)
			return true;
	}
	return false;
}

static bool is_fresh(const struct line *line)
{
	return !is_ram(line->addr) || clock_now_ms() - line->read_ms < RAM_LIFE_MS;
}

static struct line *find_slot(struct read_cache *cache, uint32_t addr)
{
	for (unsigned i = 0; i < LINES; i++) {
		if (cache->lines[i].state != LINE_EMPTY && cache->lines[i].addr == addr)
			return &cache->lines[i];
	}
	return NULL;
}

static struct line *find(struct read_cache *cache, uint32_t addr)
{
	struct line *line = find_slot(cache, addr);

	return line != NULL && line->state != LINE_OLD && is_fresh(line) ? line : NULL;
}

static void put(struct read_cache *cache, uint32_t addr, const uint8_t *data)
{
	struct line *line = find_slot(cache, addr);

	if (line == NULL)
		line = &cache->lines[cache->next++ % LINES];
	line->state = data != NULL ? LINE_GOOD : LINE_BAD;
	line->addr = addr;
	line->read_ms = clock_now_ms();
	if (data != NULL)
		memcpy(line->data, data, LINE_BYTES);
}

bool cache_may_hold(const struct gdb_session *s, uint32_t addr)
{
	return is_ram(addr) || is_flash(s, addr);
}

/* Lines to read in one go. */
struct fetch {
	struct read_span spans[FETCH_LINES];
	size_t count;
	uint8_t data[FETCH_LINES][LINE_BYTES];
};

static void want(struct gdb_session *s, struct fetch *f, uint32_t addr)
{
	addr &= ~(LINE_BYTES - 1);
	if (!cache_may_hold(s, addr) || find(s->cache, addr) != NULL || f->count == FETCH_LINES)
		return;
	for (size_t i = 0; i < f->count; i++) {
		if (f->spans[i].addr == addr)
			return;
	}
	f->spans[f->count] = (struct read_span){ addr, LINE_BYTES, f->data[f->count] };
	f->count++;
}

static bool is_near(uint32_t addr, uint32_t place, uint32_t distance)
{
	return addr - place + distance < 2 * distance;
}

static void guess(struct gdb_session *s, struct fetch *f)
{
	struct read_cache *cache = s->cache;
	uint32_t pc, sp;

	if (cache->has_guessed || target_get_reg32(s->target, "pc", &pc) != OK ||
	    target_get_reg32(s->target, "sp", &sp) != OK) {
		error_clear();
		return;
	}
	cache->has_guessed = true;
	if (is_flash(s, pc))
		want(s, f, pc);
	for (unsigned i = 0; i < LINES; i++) {
		const struct line *line = &cache->lines[i];

		if (line->state == LINE_OLD && (is_near(line->addr, pc, NEAR_PC) ||
						is_near(line->addr, sp, NEAR_SP)))
			want(s, f, line->addr);
	}
}

static bool fetch(struct gdb_session *s, const struct fetch *f)
{
	if (target_read_spans(s->target, f->spans, f->count) != OK) {
		error_clear();
		return false;
	}
	for (size_t i = 0; i < f->count; i++)
		put(s->cache, f->spans[i].addr, f->data[i]);
	return true;
}

/* Lines first..last are wanted for an answer. */
static bool fill(struct gdb_session *s, uint32_t first, uint32_t last)
{
	struct fetch f = { .count = 0 };
	size_t needed;

	for (uint32_t at = first;; at += LINE_BYTES) {
		want(s, &f, at);
		if (at == last)
			break;
	}
	needed = f.count;
	if (needed == 0)
		return true;
	guess(s, &f);
	if (fetch(s, &f))
		return true;
	if (f.count > needed) {
		f.count = needed;
		if (fetch(s, &f))
			return true;
	}
	for (size_t i = 0; i < needed; i++)	/* the exact read that follows says what is wrong */
		put(s->cache, f.spans[i].addr, NULL);
	return false;
}

static void age(struct read_cache *cache)
{
	for (unsigned i = 0; i < LINES; i++) {
		struct line *line = &cache->lines[i];

		if (line->state == LINE_GOOD)
			line->state = LINE_OLD;
		else if (line->state == LINE_BAD)
			line->state = LINE_EMPTY;
	}
	cache->has_guessed = false;
}

static struct read_cache *cache_of(struct gdb_session *s)
{
	if (s->cache == NULL)
		s->cache = xcalloc(1, sizeof(*s->cache));
	if (s->cache->epoch != target_shared_epoch(s->target)) {
		age(s->cache);
		s->cache->epoch = target_shared_epoch(s->target);
	}
	return s->cache;
}

/* All lines of a request are of a kind that may be cached and have not failed before. */
static bool may_serve(struct gdb_session *s, uint32_t first, uint32_t last)
{
	for (uint32_t at = first;; at += LINE_BYTES) {
		const struct line *line = find(s->cache, at);

		if (!cache_may_hold(s, at) || (line != NULL && line->state == LINE_BAD))
			return false;
		if (at == last)
			return true;
	}
}

bool cache_read(struct gdb_session *s, uint32_t addr, uint8_t *dst, size_t n)
{
	uint32_t first = addr & ~(LINE_BYTES - 1), last = (uint32_t)(addr + n - 1) & ~(LINE_BYTES - 1);

	if (target_claimed_by(s->target) != NULL || !s->target->examined)
		return false;
	if (s->target->state == TARGET_RUNNING || target_has_running_peer(s->target))
		return live_read(s, addr, dst, n);
	if (s->target->state != TARGET_HALTED || n == 0 || last < first ||
	    (last - first) / LINE_BYTES >= SPAN_LINES)
		return false;
	s->cache = cache_of(s);
	if (!may_serve(s, first, last) || !fill(s, first, last))
		return false;
	for (size_t i = 0; i < n; i++) {
		uint32_t at = addr + (uint32_t)i;
		const struct line *line = find(s->cache, at & ~(LINE_BYTES - 1));

		/* The lines that came just now took its place, or its time is over. */
		if (line == NULL)
			return false;
		dst[i] = line->data[at % LINE_BYTES];
	}
	return true;
}

/* GDB looks at the instruction after each step, mostly in the line where the step began. */
bool cache_look_ahead(struct gdb_session *s, struct read_ahead *ahead)
{
	uint32_t pc;

	if (target_get_reg32(s->target, "pc", &pc) != OK) {
		error_clear();
		return false;
	}
	*ahead = (struct read_ahead){ .addr = pc & ~(LINE_BYTES - 1) };
	return cache_may_hold(s, pc);
}

/* The epoch changes once at the halt; twice if an event handler has written since. */
void cache_take_ahead(struct gdb_session *s, const struct read_ahead *ahead)
{
	struct target *t = s->target;

	if (!ahead->is_read || t->state != TARGET_HALTED || t->reason != HALT_SINGLE_STEP ||
	    target_shared_epoch(t) != ahead->epoch + 1)
		return;
	s->cache = cache_of(s);
	put(s->cache, ahead->addr, ahead->data);
}
