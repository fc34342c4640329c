/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads of memory that a running core changes. A watch list is a hundred small reads, one after the
 * other, and then the same again: each would be a trip to the probe. So the lines of RAM and flash that
 * such a list has read lately come along with the first of them, in one trip, and serve for as long as
 * the burst takes. No byte of them is served twice: who reads a place again gets a new value. A lone
 * variable is read as it is, and what may have side effects always.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "server/gdb/packets.h"

#define LINE_BYTES 128u
#define LINES	   24u
#define FETCH_MAX  8u
#define SERVE_MS   20u
#define LATELY_MS  2500u	/* slower lists are not worth it */

struct live_line {
	uint32_t addr;
	uint64_t asked_ms, read_ms;	/* asked_ms 0: empty */
	bool asked[LINE_BYTES];		/* lately, by somebody */
	bool is_new[LINE_BYTES];	/* read, and not yet served */
	uint8_t data[LINE_BYTES];
};

struct live_cache {
	uint32_t epoch;
	struct live_line lines[LINES];
};

void live_free(struct gdb_session *s)
{
	free(s->live);
	s->live = NULL;
}

static bool is_lately(const struct live_line *line, uint64_t now)
{
	return line->asked_ms != 0 && now - line->asked_ms < LATELY_MS;
}

/* The line of `addr`; for a new one the place of the one that was not asked for the longest. */
static struct live_line *line_of(struct live_cache *live, uint32_t addr)
{
	struct live_line *oldest = &live->lines[0];

	for (unsigned i = 0; i < LINES; i++) {
		struct live_line *line = &live->lines[i];

		if (line->asked_ms != 0 && line->addr == addr)
			return line;
		if (line->asked_ms < oldest->asked_ms)
			oldest = line;
	}
	*oldest = (struct live_line){ .addr = addr };
	return oldest;
}

static bool serve(struct live_line *line, uint32_t offset, uint8_t *dst, size_t n, uint64_t now)
{
	if (now - line->read_ms >= SERVE_MS)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!line->is_new[offset + i])
			return false;
	}
	memcpy(dst, line->data + offset, n);
	memset(line->is_new + offset, 0, n);
	return true;
}

/* Notes the request. Returns whether anything else was asked for lately, here or in another line. */
static bool is_part_of_list(struct live_cache *live, struct live_line *line, uint32_t offset, size_t n,
			    uint64_t now)
{
	bool is_part = false;

	if (!is_lately(line, now))
		memset(line->asked, 0, sizeof(line->asked));
	for (uint32_t i = 0; i < LINE_BYTES; i++)
		is_part |= line->asked[i] && (i < offset || i >= offset + n);
	memset(line->asked + offset, 1, n);
	line->asked_ms = now;
	for (unsigned i = 0; i < LINES; i++)
		is_part |= &live->lines[i] != line && is_lately(&live->lines[i], now);
	return is_part;
}

static bool fetch(struct gdb_session *s, struct live_line *line, uint64_t now)
{
	struct live_line *wanted[FETCH_MAX] = { line };
	struct read_span spans[FETCH_MAX];
	size_t count = 1;

	for (unsigned i = 0; i < LINES && count < FETCH_MAX; i++) {
		struct live_line *other = &s->live->lines[i];

		if (other != line && is_lately(other, now) && now - other->read_ms >= SERVE_MS)
			wanted[count++] = other;
	}
	for (size_t i = 0; i < count; i++)
		spans[i] = (struct read_span){ wanted[i]->addr, LINE_BYTES, wanted[i]->data };
	if (target_read_spans(s->target, spans, count) != OK) {
		error_clear();
		for (size_t i = 0; i < count; i++)	/* one of them cannot be read as a whole */
			wanted[i]->asked_ms = 0;
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		wanted[i]->read_ms = clock_now_ms();
		memset(wanted[i]->is_new, 1, sizeof(wanted[i]->is_new));
	}
	return true;
}

/* Something was written, or the core was stopped and let go. */
static void check_epoch(struct gdb_session *s)
{
	uint32_t epoch = target_shared_epoch(s->target);

	if (s->live->epoch == epoch)
		return;
	s->live->epoch = epoch;
	for (unsigned i = 0; i < LINES; i++)
		memset(s->live->lines[i].is_new, 0, sizeof(s->live->lines[i].is_new));
}

bool live_read(struct gdb_session *s, uint32_t addr, uint8_t *dst, size_t n)
{
	uint32_t offset = addr % LINE_BYTES;
	uint64_t now = clock_now_ms();

	if (n == 0 || n > LINE_BYTES - offset || !cache_may_hold(s, addr - offset))
		return false;
	if (s->live == NULL)
		s->live = xcalloc(1, sizeof(*s->live));
	check_epoch(s);

	struct live_line *line = line_of(s->live, addr - offset);

	if (serve(line, offset, dst, n, now)) {
		line->asked_ms = now;
		return true;
	}
	if (!is_part_of_list(s->live, line, offset, n, now) || !fetch(s, line, now))
		return false;
	return serve(line, offset, dst, n, clock_now_ms());
}
