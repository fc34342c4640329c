/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The read cache. At a stop GDB reads a dozen times two or four bytes around PC and SP; each would be a
 * trip to the probe. So a miss reads whole lines, in flash and in the SRAM region, never where a read
 * may have side effects. Filled by reads on a halted core; emptied when the target's memory epoch
 * changes (writes, resume, step, reset). DMA goes on while the core stands: RAM lines live only as long
 * as such a burst of reads takes.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "server/gdb/packets.h"

#define LINE_BYTES  128u
#define LINES	    32u
#define SPAN_LINES  3u		/* what one request may fetch; longer ones go past the cache */
#define RAM_LIFE_MS 200u

struct line {
	enum { LINE_EMPTY, LINE_GOOD, LINE_BAD /* could not be read */ } state;
	uint32_t addr;
	uint64_t read_ms;
	uint8_t data[LINE_BYTES];
};

struct read_cache {
	uint32_t epoch;		/* of the target when the lines were read */
	unsigned next;		/* the line to replace */
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

static struct line *find(struct read_cache *cache, uint32_t addr)
{
	for (unsigned i = 0; i < LINES; i++) {
		struct line *line = &cache->lines[i];

		if (line->state != LINE_EMPTY && line->addr == addr && is_fresh(line))
			return line;
	}
	return NULL;
}

static void put(struct read_cache *cache, uint32_t addr, const uint8_t *data)
{
	struct line *line = find(cache, addr);

	if (line == NULL)
		line = &cache->lines[cache->next++ % LINES];
	line->state = data != NULL ? LINE_GOOD : LINE_BAD;
	line->addr = addr;
	line->read_ms = clock_now_ms();
	if (data != NULL)
		memcpy(line->data, data, LINE_BYTES);
}

/* Reads lines [first, first + count) in one go. */
static bool fetch(struct gdb_session *s, uint32_t first, unsigned count)
{
	uint8_t data[SPAN_LINES * LINE_BYTES];
	bool good = target_read_bytes(s->target, first, data, count * LINE_BYTES, NULL) == OK;

	error_clear();	/* the exact read that follows says what is wrong */
	for (unsigned i = 0; i < count; i++)
		put(s->cache, first + i * LINE_BYTES, good ? data + i * LINE_BYTES : NULL);
	return good;
}

static struct read_cache *cache_of(struct gdb_session *s)
{
	if (s->cache == NULL)
		s->cache = xcalloc(1, sizeof(*s->cache));
	if (s->cache->epoch != s->target->memory_epoch) {
		for (unsigned i = 0; i < LINES; i++)
			s->cache->lines[i].state = LINE_EMPTY;
		s->cache->epoch = s->target->memory_epoch;
	}
	return s->cache;
}

bool cache_read(struct gdb_session *s, uint32_t addr, uint8_t *dst, size_t n)
{
	uint32_t first = addr & ~(LINE_BYTES - 1), last = (uint32_t)(addr + n - 1) & ~(LINE_BYTES - 1);
	unsigned count = (last - first) / LINE_BYTES + 1;
	bool is_missing = false;

	if (s->target->state != TARGET_HALTED || target_claimed_by(s->target) != NULL || n == 0 ||
	    n > SPAN_LINES * LINE_BYTES || last < first || count > SPAN_LINES)
		return false;
	struct read_cache *cache = cache_of(s);

	for (uint32_t at = first;; at += LINE_BYTES) {
		const struct line *line = find(cache, at);

		if (!is_ram(at) && !is_flash(s, at))
			return false;
		if (line != NULL && line->state == LINE_BAD)
			return false;
		is_missing |= line == NULL;
		if (at == last)
			break;
	}
	if (is_missing && !fetch(s, first, count))
		return false;
	for (size_t i = 0; i < n; i++) {
		uint32_t at = addr + (uint32_t)i;

		dst[i] = find(cache, at & ~(LINE_BYTES - 1))->data[at % LINE_BYTES];
	}
	return true;
}
