/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The telnet line editor on hostile bytes. `make check` links replay.c and runs the seeds; `make fuzz`
 * builds it with libFuzzer.
 */
#include <assert.h>
#include <string.h>

#include "server/guard.h"
#include "server/telnet_edit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(const struct edit *e)
{
	assert(e->cursor <= e->line.len);
	assert(e->line.len <= EDIT_LINE_MAX);
	assert(e->history->count <= HISTORY_LINES);
	assert(e->place <= e->history->count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct history history = { .count = 0 };
	struct edit e = { .history = &history };
	struct buf out = { 0 };

	guard_foreign("telnet", data, n);
	assert(edit_find_cancel(data, n) <= n);
	edit_next(&e, &out);
	for (size_t i = 0; i < n; i++) {
		enum edit_event event = edit_byte(&e, data[i], &out);

		check(&e);
		if (event == EDIT_LINE) {
			assert(e.line.data[e.line.len] == '\0');
			assert(memchr(e.line.data, '\n', e.line.len) == NULL);
			history_add(&history, (const char *)e.line.data);
		}
		if (event == EDIT_TAB)
			edit_insert(&e, "completed ", 10, &out);
		if (event == EDIT_LINE || event == EDIT_OVERLONG || event == EDIT_CANCEL)
			edit_next(&e, &out);
		buf_clear(&out);
		edit_hide(&e, &out);
		edit_show(&e, &out);
		buf_clear(&out);
	}
	edit_free(&e);
	history_free(&history);
	buf_free(&out);
	return 0;
}
