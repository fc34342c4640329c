/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "oneshot/chips.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "script/script.h"

#define NAME_SIZE   64
#define NEAR_ENOUGH 3u

/* As names are compared: lower case, without the characters that people put in or leave out. */
static void plain_name(const char *text, size_t n, char *out)
{
	size_t used = 0;

	for (size_t i = 0; i < n && used < NAME_SIZE - 1; i++) {
		if (text[i] != '-' && text[i] != '_' && text[i] != ' ')
			out[used++] = (char)tolower((unsigned char)text[i]);
	}
	out[used] = '\0';
}

/* The next of the names in a row; false after the last. */
static bool next_name(const char **at, char *plain)
{
	size_t n = strcspn(*at, ",");

	if (n == 0)
		return false;
	plain_name(*at, n, plain);
	*at += n + ((*at)[n] == ',');
	return true;
}

static char *next_column(char **at)
{
	char *start = *at + strspn(*at, " \t");
	size_t n = strcspn(start, " \t");

	if (n == 0)
		return NULL;
	*at = start + n;
	if (**at != '\0')
		*(*at)++ = '\0';
	return start;
}

static char *copy_column(const char *text)
{
	return strcmp(text, "-") == 0 ? NULL : xstrdup(text);
}

static bool parse_row(char *line, struct chip_row *row)
{
	char *kind = next_column(&line), *names = next_column(&line);
	char *script = next_column(&line), *chip = next_column(&line);

	line += strspn(line, " \t");
	if (chip == NULL || *line == '\0')
		return false;
	if (strcmp(kind, "chip") != 0 && strcmp(kind, "board") != 0)
		return false;
	*row = (struct chip_row){ .kind = kind[0] == 'b' ? ROW_BOARD : ROW_CHIP,
				  .names = xstrdup(names),
				  .script = xstrdup(script),
				  .chip = copy_column(chip),
				  .words = copy_column(line) };
	return true;
}

enum err chips_add(struct chip_table *table, const char *text, const char *file)
{
	char *copy = xstrdup(text), *rest = copy, *line;
	enum err rc = OK;

	for (unsigned number = 1; rc == OK && (line = strsep(&rest, "\n")) != NULL; number++) {
		struct chip_row row;

		line[strcspn(line, "\r")] = '\0';
		if (line[strspn(line, " \t")] == '\0' || line[0] == '#')
			continue;
		if (!parse_row(line, &row)) {
			rc = error_why(ERR_SCRIPT,
				       "%s, line %u: not the five columns of a chip or a board",
				       file, number);
			continue;
		}
		table->rows = xrealloc(table->rows, (table->count + 1) * sizeof(*table->rows));
		table->rows[table->count++] = row;
	}
	free(copy);
	return rc == OK ? OK : error_next(rc, "the head of chips.list explains them");
}

void chips_free(struct chip_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		free(table->rows[i].names);
		free(table->rows[i].script);
		free(table->rows[i].chip);
		free(table->rows[i].words);
	}
	free(table->rows);
	*table = (struct chip_table){ 0 };
}

/* How much of the word a name explains; 0: it is another one. */
static size_t match_length(enum chip_kind kind, const char *name, const char *word)
{
	size_t n = strlen(name);

	if (kind == ROW_BOARD)
		return strcmp(name, word) == 0 ? n : 0;
	if (strncmp(name, word, n) != 0)
		return 0;
	for (const char *p = word + n; *p != '\0'; p++) {
		if (!isalnum((unsigned char)*p))
			return 0;
	}
	return n;
}

const struct chip_row *chips_find(const struct chip_table *table, enum chip_kind kind,
				  const char *word)
{
	const struct chip_row *best = NULL;
	char plain[NAME_SIZE], name[NAME_SIZE];
	size_t longest = 0;

	plain_name(word, strlen(word), plain);
	for (size_t i = 0; i < table->count; i++) {
		const char *at = table->rows[i].names;

		while (table->rows[i].kind == kind && next_name(&at, name)) {
			size_t n = match_length(kind, name, plain);

			if (n > longest) {
				longest = n;
				best = &table->rows[i];
			}
		}
	}
	return best;
}

bool chips_fits(const struct chip_row *row, const char *found)
{
	return row->words == NULL || fnmatch(row->words, found, 0) == 0;
}

const struct chip_row *chips_find_found(const struct chip_table *table, const char *found)
{
	const struct chip_row *best = NULL;

	for (size_t i = 0; i < table->count; i++) {
		const struct chip_row *row = &table->rows[i];

		if (row->kind != ROW_CHIP || row->words == NULL || !chips_fits(row, found))
			continue;
		if (best == NULL || strcspn(row->names, ",") < strcspn(best->names, ","))
			best = row;
	}
	return best;
}

void chips_name(const struct chip_row *row, char *name, size_t size)
{
	snprintf(name, size, "%.*s", (int)strcspn(row->names, ","), row->names);
}

/* Mistakes in the part of the word that the row's name would explain. */
static unsigned mistakes(const struct chip_row *row, const char *word)
{
	const char *at = row->names;
	char name[NAME_SIZE], part[NAME_SIZE];
	unsigned least = NEAR_ENOUGH + 1;

	while (next_name(&at, name)) {
		unsigned d;

		snprintf(part, sizeof(part), "%s", word);
		if (row->kind == ROW_CHIP && strlen(part) > strlen(name))
			part[strlen(name)] = '\0';
		if (strncmp(name, word, strlen(word)) == 0)
			d = 0; /* the beginning of a longer name */
		else
			d = script_distance(part, name, NEAR_ENOUGH);
		least = MIN(least, d);
	}
	return least;
}

void chips_nearest(const struct chip_table *table, enum chip_kind kind, const char *word,
		   size_t max, struct buf *out)
{
	char plain[NAME_SIZE], name[NAME_SIZE];
	unsigned least = NEAR_ENOUGH + 1;
	size_t listed = 0;

	plain_name(word, strlen(word), plain);
	if (plain[0] == '\0')
		return;
	for (size_t i = 0; i < table->count; i++) {
		if (table->rows[i].kind == kind)
			least = MIN(least, mistakes(&table->rows[i], plain));
	}
	for (size_t i = 0; least <= NEAR_ENOUGH && i < table->count && listed < max; i++) {
		if (table->rows[i].kind != kind || mistakes(&table->rows[i], plain) != least)
			continue;
		chips_name(&table->rows[i], name, sizeof(name));
		buf_printf(out, "%s%s", listed++ ? ", " : "", name);
	}
}
