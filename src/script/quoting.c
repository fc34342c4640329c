/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "script/quoting.h"

#include <string.h>

#define NESTING_MAX 64
#define SHOWN_MAX   70

static const struct {
	const char *message;
	char opener;
} complaints[] = {
	{ "missing close-brace", '{' },
	{ "missing quote", '"' },
	{ "unmatched \"[\"", '[' },
};

struct nesting {
	struct {
		char opener;
		size_t at;
	} open[NESTING_MAX];
	size_t depth;
};

static char inside(const struct nesting *n)
{
	return n->depth > 0 ? n->open[n->depth - 1].opener : '\0';
}

static void push(struct nesting *n, char opener, size_t at)
{
	if (n->depth == NESTING_MAX)
		return;
	n->open[n->depth].opener = opener;
	n->open[n->depth++].at = at;
}

/* Braces and quotes open a word only at its start. */
static bool starts_word(const char *text, size_t at)
{
	return at == 0 || strchr(" \t\n;[{", text[at - 1]) != NULL;
}

static void take(struct nesting *n, const char *text, size_t at)
{
	char c = text[at], in = inside(n);

	if (in == '{') {
		if (c == '{')
			push(n, c, at);
		else if (c == '}')
			n->depth--;
	} else if (c == '"' && in == '"') {
		n->depth--;
	} else if (c == ']' && in == '[') {
		n->depth--;
	} else if (c == '[' || ((c == '"' || c == '{') && in != '"' && starts_word(text, at))) {
		push(n, c, at);
	}
}

/* The outermost `opener` that nothing closes; false if there is none. */
static bool find_unclosed(const char *text, char opener, size_t *at)
{
	struct nesting n = { .depth = 0 };

	for (size_t i = 0; text[i] != '\0'; i++) {
		if (text[i] == '\\' && text[i + 1] != '\0')
			i++;
		else
			take(&n, text, i);
	}
	for (size_t k = 0; k < n.depth; k++) {
		if (n.open[k].opener == opener) {
			*at = n.open[k].at;
			return true;
		}
	}
	return false;
}

void quoting_show(const char *text, const char *message, struct buf *out)
{
	char opener = '\0';
	size_t at;

	for (size_t i = 0; i < ARRAY_SIZE(complaints); i++) {
		if (strcmp(message, complaints[i].message) == 0)
			opener = complaints[i].opener;
	}
	if (opener == '\0' || !find_unclosed(text, opener, &at))
		return;
	size_t start = at;

	while (start > 0 && text[start - 1] != '\n' && at - start < SHOWN_MAX / 2)
		start--;
	size_t n = MIN(strcspn(text + start, "\n"), SHOWN_MAX);

	buf_printf(out, "  %.*s\n  ", (int)n, text + start);
	for (size_t i = start; i < at; i++)
		buf_putc(out, text[i] == '\t' ? '\t' : ' ');
	buf_printf(out, "^ opened here\n");
}
