/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes of many channels become lines. */
#include <stdlib.h>
#include <string.h>

#include "trace/trace_priv.h"

struct open_line {
	char *label;
	uint64_t ns;
	struct buf text;
	struct open_line *next;
};

struct trace_lines {
	void (*line)(void *ctx, uint64_t ns, const char *label, const char *text);
	void *ctx;
	struct open_line *open;
};

struct trace_lines *lines_new(void (*line)(void *ctx, uint64_t ns, const char *label, const char *text),
			      void *ctx)
{
	struct trace_lines *lines = xcalloc(1, sizeof(*lines));

	lines->line = line;
	lines->ctx = ctx;
	return lines;
}

static void finish(struct trace_lines *lines, struct open_line *open)
{
	lines->line(lines->ctx, open->ns, open->label, open->text.len > 0 ? (char *)open->text.data : "");
	buf_clear(&open->text);
	open->ns = 0;
}

void lines_flush(struct trace_lines *lines)
{
	for (struct open_line *open = lines->open; open != NULL; open = open->next) {
		if (open->text.len > 0)
			finish(lines, open);
	}
}

void lines_free(struct trace_lines *lines)
{
	if (lines == NULL)
		return;
	while (lines->open != NULL) {
		struct open_line *open = lines->open;

		lines->open = open->next;
		buf_free(&open->text);
		free(open->label);
		free(open);
	}
	free(lines);
}

static struct open_line *find(struct trace_lines *lines, const char *label)
{
	struct open_line **end = &lines->open;

	for (; *end != NULL; end = &(*end)->next) {
		if (strcmp((*end)->label, label) == 0)
			return *end;
	}
	*end = xcalloc(1, sizeof(**end));
	(*end)->label = xstrdup(label);
	return *end;
}

/* What would end the line or move a terminal's cursor is shown, not done. Tabs and UTF-8 pass. */
static void put_byte(struct buf *text, uint8_t c)
{
	if (c == 0x7f || (c < 0x20 && c != '\t'))
		buf_printf(text, "\\x%02x", c);
	else
		buf_putc(text, (char)c);
}

void lines_put(struct trace_lines *lines, uint64_t ns, const char *label, const uint8_t *data, size_t n)
{
	struct open_line *open = find(lines, label);

	for (size_t i = 0; i < n; i++) {
		if (open->ns == 0)
			open->ns = ns;
		if (data[i] == '\r')
			continue;	/* of a CR LF */
		if (data[i] != '\n')
			put_byte(&open->text, data[i]);
		if (data[i] == '\n' || open->text.len >= TRACE_LINE_MAX)
			finish(lines, open);
	}
}
