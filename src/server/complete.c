/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/complete.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS 76

struct matches {
	const char *prefix;
	size_t prefix_length;
	char **words;
	size_t count, room;
};

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Only up to the next blank: "fl" is completed to "flash", not to all that "flash" can do. */
static void add(void *ctx, const char *word)
{
	struct matches *m = ctx;
	size_t n = m->prefix_length + strcspn(word + m->prefix_length, " ");

	if (m->count == m->room) {
		m->room = m->room * 2 + 32;
		m->words = xrealloc(m->words, m->room * sizeof(*m->words));
	}
	m->words[m->count++] = xasprintf("%.*s", (int)n, word);
}

static void sort_unique(struct matches *m)
{
	size_t kept = 0;

	if (m->count == 0)
		return;
	qsort(m->words, m->count, sizeof(*m->words), by_text);
	for (size_t i = 0; i < m->count; i++) {
		if (kept > 0 && strcmp(m->words[kept - 1], m->words[i]) == 0)
			free(m->words[i]);
		else
			m->words[kept++] = m->words[i];
	}
	m->count = kept;
}

static void add_variables(struct script *script, struct matches *m)
{
	struct buf names = { 0 };

	if (script_eval(script, script_origin(script), "join [info globals] \\n", NULL, 0, &names) != OK) {
		error_clear();
		return;
	}
	for (char *name = strtok((char *)names.data, "\n"); name != NULL; name = strtok(NULL, "\n")) {
		if (strncmp(name, m->prefix, m->prefix_length) == 0)
			add(m, name);
	}
	buf_free(&names);
}

static size_t common_length(const struct matches *m)
{
	size_t n = strlen(m->words[0]);

	for (size_t i = 1; i < m->count; i++) {
		size_t same = 0;

		while (same < n && m->words[i][same] == m->words[0][same])
			same++;
		n = same;
	}
	return n;
}

static void list_words(const struct matches *m, struct buf *list)
{
	size_t column = 0;

	for (size_t i = 0; i < m->count; i++) {
		size_t n = strlen(m->words[i]);

		if (column > 0 && column + 2 + n > COLUMNS) {
			buf_putc(list, '\n');
			column = 0;
		}
		buf_printf(list, "%s%s", column ? "  " : "", m->words[i]);
		column += n + (column ? 2 : 0);
	}
	buf_putc(list, '\n');
}

void complete(struct script *script, const char *head, struct buf *insert, struct buf *list)
{
	const char *start = head, *dollar = strrchr(head, '$');
	struct matches m = { 0 };

	/* A command begins where the line does, after ';' and after '['. */
	for (const char *p = head; *p != '\0'; p++) {
		if (strchr(";[{", *p) != NULL)
			start = p + 1;
	}
	start += strspn(start, " \t");
	bool is_variable = dollar != NULL && dollar >= start && strpbrk(dollar, " \t\"") == NULL;

	m.prefix = is_variable ? dollar + 1 : start;
	m.prefix_length = strlen(m.prefix);
	if (is_variable)
		add_variables(script, &m);
	else
		script_complete(script, m.prefix, add, &m);
	sort_unique(&m);
	if (m.count > 0)
		buf_printf(insert, "%.*s", (int)(common_length(&m) - m.prefix_length),
			   m.words[0] + m.prefix_length);
	if (m.count == 1)
		buf_putc(insert, ' ');
	else if (m.count > 1)
		list_words(&m, list);
	for (size_t i = 0; i < m.count; i++)
		free(m.words[i]);
	free(m.words);
}
