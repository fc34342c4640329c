/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * telnet_edit: the line editor of the telnet console, and the telnet commands between the bytes
 * (RFC 854). Bytes in, screen bytes out; no socket, no log. Input may be cut anywhere.
 *
 * Only backspaces and blanks move the cursor, so that every terminal and every script that plays one
 * can follow.
 */
#ifndef SERVER_TELNET_EDIT_H
#define SERVER_TELNET_EDIT_H

#include <stdbool.h>

#include "base/bytes.h"

#define EDIT_LINE_MAX (64u << 10)
#define HISTORY_LINES 128
#define EDIT_PROMPT   "> "

/* Lines of all consoles, oldest first. */
struct history {
	char *lines[HISTORY_LINES];
	size_t count;
};
void history_add(struct history *history, const char *line);	/* not empty ones, not the last again */
void history_free(struct history *history);

enum edit_event {
	EDIT_NONE,
	EDIT_LINE,		/* edit->line is complete: take it, then edit_next() */
	EDIT_OVERLONG,		/* a line of more than EDIT_LINE_MAX bytes ended: dropped */
	EDIT_TAB,
	EDIT_CANCEL,		/* Ctrl-C or IAC IP; the line was thrown away */
	EDIT_END		/* Ctrl-D on an empty line */
};

struct edit {
	struct buf line;
	size_t cursor;
	struct history *history;
	size_t place;		/* in history; count: the line being typed */
	char *typed;		/* that line while an older one is shown */
	enum { TELNET_DATA, TELNET_IAC, TELNET_OPTION, TELNET_SUB, TELNET_SUB_IAC } telnet;
	enum { KEY_PLAIN, KEY_ESCAPE, KEY_BRACKET } key;
	unsigned key_number;
	bool is_after_cr, is_overlong;
};

/* A zeroed struct edit is a new one; edit_next() comes first. Takes one byte; what the terminal must
 * show is appended to `out`. */
enum edit_event edit_byte(struct edit *edit, uint8_t byte, struct buf *out);
/* After EDIT_LINE and the like: an empty line, and the prompt. */
void edit_next(struct edit *edit, struct buf *out);
/* Around text that comes in between: takes prompt and line off the screen, puts them back. */
void edit_hide(const struct edit *edit, struct buf *out);
void edit_show(const struct edit *edit, struct buf *out);
/* Types text at the cursor. */
void edit_insert(struct edit *edit, const char *text, size_t n, struct buf *out);
void edit_free(struct edit *edit);

/* Ctrl-C or IAC IP among bytes that wait for their turn: how many bytes up to and with the last one,
 * 0 if there is none. `telnet` pairs cut by the end of `in` are not seen. */
size_t edit_find_cancel(const uint8_t *in, size_t n);

#endif
