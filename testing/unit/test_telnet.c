/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The console's line editor: what is typed, what the screen shows, telnet commands in between. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "server/guard.h"
#include "server/telnet_edit.h"

/* A terminal that understands printable bytes, CR, LF, backspace and blanks. */
struct screen {
	char text[512];
	size_t cursor, end;
};

static void show(struct screen *s, const struct buf *out)
{
	for (size_t i = 0; i < out->len; i++) {
		uint8_t b = out->data[i];

		if (b == '\b') {
			assert_true(s->cursor > 0);
			s->cursor--;
		} else if (b == '\r') {
			s->cursor = 0;
		} else if (b == '\n') {
			memset(s, 0, sizeof(*s));
		} else if (b >= ' ') {
			assert_true(s->cursor < sizeof(s->text) - 1);
			s->text[s->cursor++] = (char)b;
			if (s->cursor > s->end)
				s->end = s->cursor;
		}
	}
}

static const char *shown(struct screen *s)
{
	size_t n = s->end;

	while (n > 0 && s->text[n - 1] == ' ' && n > s->cursor)
		n--;
	s->text[n] = '\0';
	s->end = n;
	return s->text;
}

struct typed {
	struct edit edit;
	struct history history;
	struct screen screen;
	struct buf lines;	/* finished lines, each with '|' behind */
	enum edit_event last;
};

static void type_n(struct typed *t, const void *data, size_t n)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < n; i++) {
		struct buf out = { 0 };

		t->last = edit_byte(&t->edit, bytes[i], &out);
		if (t->last == EDIT_LINE) {
			buf_printf(&t->lines, "%s|", (const char *)t->edit.line.data);
			history_add(&t->history, (const char *)t->edit.line.data);
		}
		if (t->last != EDIT_NONE && t->last != EDIT_TAB && t->last != EDIT_END)
			edit_next(&t->edit, &out);
		show(&t->screen, &out);
		assert_true(t->edit.cursor <= t->edit.line.len);
		buf_free(&out);
	}
}

static void type(struct typed *t, const char *text)
{
	type_n(t, text, strlen(text));
}

static void start(struct typed *t)
{
	struct buf out = { 0 };

	memset(t, 0, sizeof(*t));
	t->edit.history = &t->history;
	edit_next(&t->edit, &out);
	show(&t->screen, &out);
	buf_free(&out);
}

static void stop(struct typed *t)
{
	edit_free(&t->edit);
	history_free(&t->history);
	buf_free(&t->lines);
}

#define BACK "\x1b[D"

static const struct {
	const char *name, *keys, *screen, *lines;
} cases[] = {
	{ "typing", "mdw 0", "> mdw 0", "" },
	{ "CR LF ends one line", "a\r\nb", "> b", "a|" },
	{ "LF, CR, CR LF", "a\nb\rc\r\nd", "> d", "a|b|c|" },
	{ "insert in the middle", "ac" BACK "b", "> abc", "" },
	{ "backspace", "abx\x7f", "> ab", "" },
	{ "backspace in the middle", "axb" BACK "\b", "> ab", "" },
	{ "backspace at the start", "\x7f\x7f" "a", "> a", "" },
	{ "delete key", "abc" BACK BACK "\x1b[3~", "> ac", "" },
	{ "home and end keys", "b\x1b[Ha\x1b[Fc", "> abc", "" },
	{ "home and end as numbers", "b\x1b[1~a\x1b[4~c", "> abc", "" },
	{ "application cursor keys", "ac\x1bODb", "> abc", "" },
	{ "ctrl-a, ctrl-e", "b\x01" "a\x05" "c", "> abc", "" },
	{ "ctrl-b, ctrl-f", "ac\x02" "b\x06" "d", "> abcd", "" },
	{ "ctrl-u", "abc\x15" "d", "> d", "" },
	{ "ctrl-k", "abcd" BACK BACK "\x0b", "> ab", "" },
	{ "ctrl-w", "one two \x17", "> one ", "" },
	{ "ctrl-d in a line", "ab\x01\x04", "> b", "" },
	{ "left stops at the start", "a" BACK BACK BACK "b", "> ba", "" },
	{ "right stops at the end", "a\x1b[C\x1b[C" "b", "> ab", "" },
	{ "history up", "one\ntwo\n\x1b[A\x1b[A", "> one", "one|two|" },
	{ "history down gives the typed line back", "one\nx\x10\x0e", "> x", "one|" },
	{ "an older line can be changed", "one\n\x10s\n", "> ", "one|ones|" },
	{ "ctrl-c throws the line away", "abc\x03" "d", "> d", "" },
	{ "unknown keys do nothing", "a\x1b[24~\x1bz\x1b[5~b", "> ab", "" },
	{ "modified cursor keys", "ac\x1b[1;5Db", "> abc", "" },
	{ "options are skipped", "a\xff\xfd\x01\xff\xfb\x18" "b", "> ab", "" },
	{ "sub-negotiation is skipped", "a\xff\xfa\x18\x01xterm\n\xff\xf0" "b", "> ab", "" },
	{ "IAC IP is ctrl-c", "abc\xff\xf4" "d", "> d", "" },
};

static void test_keys(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct typed t;

		start(&t);
		type(&t, cases[i].keys);
		if (strcmp(shown(&t.screen), cases[i].screen) != 0)
			fail_msg("%s: the screen shows \"%s\"", cases[i].name, t.screen.text);
		if (strcmp(t.lines.data ? (const char *)t.lines.data : "", cases[i].lines) != 0)
			fail_msg("%s: the lines were \"%s\"", cases[i].name, t.lines.data);
		stop(&t);
	}
}

static void test_screen_is_what_the_line_is(void **state)
{
	static const char keys[] = "abc\x1b[D\x1b[A\x1b[Bx\x7f\x01\x0bq\x05\x1b[3~\x17yz\x02\x04\n\x10";
	uint32_t seed = 1;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		struct typed t;
		char line[600];

		start(&t);
		for (int i = 0; i < 60; i++) {
			seed = seed * 1103515245 + 12345;
			type_n(&t, keys + (seed >> 16) % (sizeof(keys) - 1), 1);
		}
		snprintf(line, sizeof(line), "> %.*s", (int)t.edit.line.len,
			 t.edit.line.data ? (const char *)t.edit.line.data : "");
		assert_string_equal(shown(&t.screen), line);
		assert_int_equal(t.screen.cursor, t.edit.cursor + 2);
		stop(&t);
	}
}

static void test_iac_iac_is_data_and_cr_nul_is_enter(void **state)
{
	struct typed t;

	(void)state;
	start(&t);
	type_n(&t, "a\xff\xff" "b\r\0c", 7);
	assert_string_equal((const char *)t.lines.data, "a\xff" "b|");
	assert_int_equal(t.edit.line.len, 1);
	stop(&t);
}

static void test_ctrl_d_ends_only_an_empty_line(void **state)
{
	struct typed t;

	(void)state;
	start(&t);
	type(&t, "\x04");
	assert_int_equal(t.last, EDIT_END);
	stop(&t);
}

static void test_overlong_line_is_dropped_and_the_next_one_works(void **state)
{
	struct edit e = { 0 };
	struct buf out = { 0 };
	enum edit_event event = EDIT_NONE;

	(void)state;
	edit_next(&e, &out);
	for (size_t i = 0; i < EDIT_LINE_MAX + 10; i++)
		edit_byte(&e, 'x', &out);
	assert_true(e.line.len <= EDIT_LINE_MAX);
	assert_int_equal(edit_byte(&e, '\n', &out), EDIT_OVERLONG);
	edit_next(&e, &out);
	edit_byte(&e, 'y', &out);
	event = edit_byte(&e, '\n', &out);
	assert_int_equal(event, EDIT_LINE);
	assert_string_equal((const char *)e.line.data, "y");
	buf_free(&out);
	edit_free(&e);
}

static void test_log_line_in_between_leaves_the_line_as_it_was(void **state)
{
	struct typed t;
	struct buf out = { 0 };

	(void)state;
	start(&t);
	type(&t, "mdw 0" BACK);
	edit_hide(&t.edit, &out);
	show(&t.screen, &out);
	assert_string_equal(shown(&t.screen), "");
	buf_clear(&out);
	edit_show(&t.edit, &out);
	show(&t.screen, &out);
	assert_string_equal(shown(&t.screen), "> mdw 0");
	assert_int_equal(t.screen.cursor, 6);
	buf_free(&out);
	stop(&t);
}

static void test_cancel_among_waiting_bytes(void **state)
{
	(void)state;
	assert_int_equal(edit_find_cancel((const uint8_t *)"mdw 0\n", 6), 0);
	assert_int_equal(edit_find_cancel((const uint8_t *)"a\x03" "b", 3), 2);
	assert_int_equal(edit_find_cancel((const uint8_t *)"a\x03\xff\xf4" "b", 5), 4);
	assert_int_equal(edit_find_cancel((const uint8_t *)"\xff", 1), 0);
}

static void test_history_is_bounded(void **state)
{
	struct history h = { .count = 0 };
	char line[16];

	(void)state;
	for (int i = 0; i < 3 * HISTORY_LINES; i++) {
		snprintf(line, sizeof(line), "%d", i / 2);
		history_add(&h, line);
	}
	history_add(&h, "");
	assert_int_equal(h.count, HISTORY_LINES);
	assert_string_equal(h.lines[HISTORY_LINES - 1], "191");
	assert_string_equal(h.lines[HISTORY_LINES - 2], "190");
	history_free(&h);
}

static const struct {
	const char *service, *bytes, *name;
} guards[] = {
	{ "telnet", "GET / HTTP/1.1\r\n", "HTTP" },
	{ "tcl", "POST /x HTTP/1.1\r\n", "HTTP" },
	{ "gdb", "OPTIONS * HTTP/1.1", "HTTP" },
	{ "gdb", "\x16\x03\x01\x02", "TLS" },
	{ "tcl", "SSH-2.0-OpenSSH", "SSH" },
	{ "telnet", "+$qSupported:", "GDB" },
	{ "gdb", "+$qSupported:", NULL },
	{ "gdb", "$?#3f", NULL },
	{ "tcl", "get_reg pc", NULL },
	{ "tcl", "GETTER x", NULL },
	{ "telnet", "$_TARGETNAME mdw 0", NULL },
	{ "telnet", "mdw 0", NULL },
};

static void test_guard(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(guards); i++) {
		const uint8_t *bytes = (const uint8_t *)guards[i].bytes;
		size_t n = strlen(guards[i].bytes);
		const char *name = NULL;

		/* Cut anywhere, it must be known before a line could end. */
		for (size_t k = 0; k <= n && k <= GUARD_BYTES && name == NULL; k++)
			name = guard_foreign(guards[i].service, bytes, k);
		if (guards[i].name == NULL)
			assert_null(name);
		else
			assert_string_equal(name, guards[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_screen_is_what_the_line_is),
		cmocka_unit_test(test_iac_iac_is_data_and_cr_nul_is_enter),
		cmocka_unit_test(test_ctrl_d_ends_only_an_empty_line),
		cmocka_unit_test(test_overlong_line_is_dropped_and_the_next_one_works),
		cmocka_unit_test(test_log_line_in_between_leaves_the_line_as_it_was),
		cmocka_unit_test(test_cancel_among_waiting_bytes),
		cmocka_unit_test(test_history_is_bounded),
		cmocka_unit_test(test_guard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
