/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/telnet_edit.h"

#include <stdlib.h>
#include <string.h>

/* RFC 854, and RFC 1184 for EOF. */
#define IAC 0xff
#define DONT 0xfe
#define WILL 0xfb
#define SB 0xfa
#define IP 0xf4
#define BRK 0xf3
#define SE 0xf0

#define CTRL(letter) ((letter) & 0x1f)

void history_add(struct history *h, const char *line)
{
	if (*line == '\0' || (h->count > 0 && strcmp(h->lines[h->count - 1], line) == 0))
		return;
	if (h->count == HISTORY_LINES) {
		free(h->lines[0]);
		memmove(h->lines, h->lines + 1, (HISTORY_LINES - 1) * sizeof(h->lines[0]));
		h->count--;
	}
	h->lines[h->count++] = xstrdup(line);
}

void history_free(struct history *h)
{
	while (h->count > 0)
		free(h->lines[--h->count]);
}

/* ---- screen ---- */

static void repeat(struct buf *out, const char *what, size_t times)
{
	while (times-- > 0)
		buf_printf(out, "%s", what);
}

static void move_to(struct edit *e, size_t cursor, struct buf *out)
{
	if (cursor < e->cursor)
		repeat(out, "\b", e->cursor - cursor);
	else
		buf_append(out, e->line.data + e->cursor, cursor - e->cursor);
	e->cursor = cursor;
}

/* Replaces n bytes after the cursor by `text`; the cursor ends behind it. */
static void splice(struct edit *e, size_t n, const char *text, size_t text_n, struct buf *out)
{
	struct buf line = { 0 };
	size_t tail = e->line.len - e->cursor - n;

	if (n == 0 && tail == 0) {	/* typing: the usual case must not copy the line */
		buf_append(&e->line, text, text_n);
		buf_append(out, text, text_n);
		e->cursor += text_n;
		return;
	}
	buf_append(&line, e->line.data, e->cursor);
	buf_append(&line, text, text_n);
	if (tail > 0)
		buf_append(&line, e->line.data + e->cursor + n, tail);
	buf_free(&e->line);
	e->line = line;
	buf_append(out, e->line.data + e->cursor, text_n + tail);
	if (n > text_n) {
		repeat(out, " ", n - text_n);
		repeat(out, "\b", n - text_n);
	}
	repeat(out, "\b", tail);
	e->cursor += text_n;
}

void edit_insert(struct edit *e, const char *text, size_t n, struct buf *out)
{
	if (e->line.len + n > EDIT_LINE_MAX)
		e->is_overlong = true;
	else
		splice(e, 0, text, n, out);
}

void edit_hide(const struct edit *e, struct buf *out)
{
	buf_putc(out, '\r');
	repeat(out, " ", strlen(EDIT_PROMPT) + e->line.len);
	buf_putc(out, '\r');
}

void edit_show(const struct edit *e, struct buf *out)
{
	buf_printf(out, "\r" EDIT_PROMPT);
	if (e->line.len > 0)
		buf_append(out, e->line.data, e->line.len);
	repeat(out, "\b", e->line.len - e->cursor);
}

void edit_next(struct edit *e, struct buf *out)
{
	buf_clear(&e->line);
	buf_append(&e->line, "", 0);	/* from here on there is always a text */
	e->cursor = 0;
	e->is_overlong = false;
	e->place = e->history ? e->history->count : 0;
	free(e->typed);
	e->typed = NULL;
	edit_show(e, out);
}

void edit_free(struct edit *e)
{
	buf_free(&e->line);
	free(e->typed);
	e->typed = NULL;
}

/* ---- keys ---- */

static void replace_line(struct edit *e, const char *text, struct buf *out)
{
	move_to(e, 0, out);
	splice(e, e->line.len, text, strlen(text), out);
}

static void older(struct edit *e, struct buf *out)
{
	struct history *h = e->history;

	if (h == NULL || h->count == 0 || e->place == 0)
		return;
	e->place = MIN(e->place, h->count);
	if (e->place == h->count) {
		free(e->typed);
		e->typed = xstrdup(e->line.data ? (const char *)e->line.data : "");
	}
	replace_line(e, h->lines[--e->place], out);
}

static void newer(struct edit *e, struct buf *out)
{
	struct history *h = e->history;

	if (h == NULL || e->place >= h->count)
		return;
	e->place++;
	if (e->place < h->count)
		replace_line(e, h->lines[e->place], out);
	else
		replace_line(e, e->typed ? e->typed : "", out);
}

static void left(struct edit *e, struct buf *out)
{
	if (e->cursor > 0)
		move_to(e, e->cursor - 1, out);
}

static void right(struct edit *e, struct buf *out)
{
	if (e->cursor < e->line.len)
		move_to(e, e->cursor + 1, out);
}

static void home(struct edit *e, struct buf *out)
{
	move_to(e, 0, out);
}

static void end(struct edit *e, struct buf *out)
{
	move_to(e, e->line.len, out);
}

static void delete_here(struct edit *e, struct buf *out)
{
	if (e->cursor < e->line.len)
		splice(e, 1, "", 0, out);
}

static void delete_before(struct edit *e, struct buf *out)
{
	if (e->cursor == 0)
		return;
	left(e, out);
	delete_here(e, out);
}

static void delete_line(struct edit *e, struct buf *out)
{
	replace_line(e, "", out);
}

static void delete_to_end(struct edit *e, struct buf *out)
{
	splice(e, e->line.len - e->cursor, "", 0, out);
}

static void delete_word(struct edit *e, struct buf *out)
{
	size_t to = e->cursor, n;

	while (to > 0 && e->line.data[to - 1] == ' ')
		to--;
	while (to > 0 && e->line.data[to - 1] != ' ')
		to--;
	n = e->cursor - to;
	move_to(e, to, out);
	splice(e, n, "", 0, out);
}

static void redraw(struct edit *e, struct buf *out)
{
	edit_hide(e, out);
	edit_show(e, out);
}

typedef void (*key_fn)(struct edit *e, struct buf *out);

static const struct {
	uint8_t byte;
	key_fn run;
} keys[] = {
	{ CTRL('a'), home },	   { CTRL('e'), end },		{ CTRL('b'), left },
	{ CTRL('f'), right },	   { CTRL('p'), older },	{ CTRL('n'), newer },
	{ CTRL('u'), delete_line }, { CTRL('k'), delete_to_end }, { CTRL('w'), delete_word },
	{ CTRL('l'), redraw },	   { '\b', delete_before },	{ 0x7f, delete_before },
};

/* What terminals send after ESC [ or ESC O: a letter, or a number and '~'. */
static const struct {
	char letter;
	unsigned number;
	key_fn run;
} escapes[] = {
	{ 'A', 0, older }, { 'B', 0, newer },	    { 'C', 0, right }, { 'D', 0, left },
	{ 'H', 0, home },  { 'F', 0, end },	    { '~', 1, home },  { '~', 7, home },
	{ '~', 4, end },   { '~', 8, end },	    { '~', 3, delete_here },
};

static void escape_byte(struct edit *e, uint8_t byte, struct buf *out)
{
	if (e->key == KEY_ESCAPE) {
		e->key = byte == '[' || byte == 'O' ? KEY_BRACKET : KEY_PLAIN;
		e->key_number = 0;
		return;
	}
	if ((byte >= '0' && byte <= '9') || byte == ';') {
		e->key_number = byte == ';' ? 0 : (e->key_number * 10 + byte - '0') % 1000;
		return;
	}
	e->key = KEY_PLAIN;
	for (size_t i = 0; i < ARRAY_SIZE(escapes); i++) {
		if (escapes[i].letter == byte && (byte != '~' || escapes[i].number == e->key_number)) {
			escapes[i].run(e, out);
			return;
		}
	}
}

static enum edit_event cancel(struct edit *e, struct buf *out)
{
	buf_clear(&e->line);
	e->cursor = 0;
	buf_printf(out, "^C\r\n");
	return EDIT_CANCEL;
}

static enum edit_event line_end(struct edit *e, struct buf *out)
{
	/* Enter is shown as CR LF NUL: clients of other consoles of this kind expect it. */
	buf_append(out, "\r\n\0", 3);
	buf_append(&e->line, "", 0);
	return e->is_overlong ? EDIT_OVERLONG : EDIT_LINE;
}

static enum edit_event control_byte(struct edit *e, uint8_t byte, struct buf *out)
{
	switch (byte) {
	case '\r':
		e->is_after_cr = true;
		return line_end(e, out);
	case '\n':
		return line_end(e, out);
	case '\t':
		return EDIT_TAB;
	case CTRL('c'):
		return cancel(e, out);
	case CTRL('['):
		e->key = KEY_ESCAPE;
		return EDIT_NONE;
	case CTRL('d'):
		if (e->line.len == 0)
			return EDIT_END;
		delete_here(e, out);
		return EDIT_NONE;
	}
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (keys[i].byte == byte)
			keys[i].run(e, out);
	}
	return EDIT_NONE;
}

static enum edit_event data_byte(struct edit *e, uint8_t byte, struct buf *out)
{
	bool was_after_cr = e->is_after_cr;

	e->is_after_cr = false;
	if (was_after_cr && (byte == '\n' || byte == '\0'))
		return EDIT_NONE;
	if (e->key != KEY_PLAIN && byte >= ' ') {
		escape_byte(e, byte, out);
		return EDIT_NONE;
	}
	e->key = KEY_PLAIN;
	if (byte < ' ' || byte == 0x7f)
		return control_byte(e, byte, out);
	edit_insert(e, (const char *)&byte, 1, out);
	return EDIT_NONE;
}

enum edit_event edit_byte(struct edit *e, uint8_t byte, struct buf *out)
{
	switch (e->telnet) {
	case TELNET_DATA:
		if (byte != IAC)
			return data_byte(e, byte, out);
		e->telnet = TELNET_IAC;
		return EDIT_NONE;
	case TELNET_IAC:
		e->telnet = TELNET_DATA;
		if (byte == IAC)
			return data_byte(e, byte, out);
		if (byte == SB)
			e->telnet = TELNET_SUB;
		else if (byte >= WILL && byte <= DONT)
			e->telnet = TELNET_OPTION;
		else if (byte == IP || byte == BRK)
			return cancel(e, out);
		return EDIT_NONE;
	case TELNET_OPTION:
		e->telnet = TELNET_DATA;
		return EDIT_NONE;
	case TELNET_SUB:
		e->telnet = byte == IAC ? TELNET_SUB_IAC : TELNET_SUB;
		return EDIT_NONE;
	case TELNET_SUB_IAC:
		e->telnet = byte == SE ? TELNET_DATA : TELNET_SUB;
		return EDIT_NONE;
	}
	return EDIT_NONE;
}

size_t edit_find_cancel(const uint8_t *in, size_t n)
{
	for (size_t i = n; i-- > 0;) {
		if (in[i] == CTRL('c') || (i > 0 && in[i - 1] == IAC && (in[i] == IP || in[i] == BRK)))
			return i + 1;
	}
	return 0;
}
