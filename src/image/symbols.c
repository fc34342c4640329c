/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/log.h"
#include "image/symbols_priv.h"

#define LTO_SUFFIX   ".lto_priv.0"
#define NO_SIZE_SPAN 0x1000u		/* how far a function of unknown size goes at most */
#define NESTED	     32u		/* symbols that begin inside of the one that is looked for */

struct symbols *symbols_new(void)
{
	return xcalloc(1, sizeof(struct symbols));
}

static void drop(struct symbols *s, size_t i)
{
	symbol_file_free(s->files[i]);
	for (; i + 1 < SYMBOLS_FILES_MAX; i++) {
		s->files[i] = s->files[i + 1];
		s->versions[i] = s->versions[i + 1];
	}
	s->files[SYMBOLS_FILES_MAX - 1] = NULL;
}

void symbols_clear(struct symbols *s)
{
	if (s == NULL)
		return;
	while (s->files[0] != NULL)
		drop(s, 0);
	for (struct symbol_question *q = s->questions; q != NULL; q = q->next)
		q->is_found = false;
	s->version++;
}

void symbols_free(struct symbols *s)
{
	if (s == NULL)
		return;
	symbols_clear(s);
	while (s->questions != NULL) {
		struct symbol_question *q = s->questions;

		s->questions = q->next;
		free(q);
	}
	free(s);
}

static bool overlaps(const struct symbol_file *a, const struct symbol_file *b)
{
	for (size_t i = 0; i < a->range_count; i++) {
		for (size_t k = 0; k < b->range_count; k++) {
			if (a->ranges[i].first <= b->ranges[k].last &&
			    b->ranges[k].first <= a->ranges[i].last)
				return true;
		}
	}
	return false;
}

static bool is_same(const struct symbol_file *a, const struct symbol_file *b)
{
	return strcmp(a->path, b->path) == 0 && a->stat.st_dev == b->stat.st_dev &&
	       a->stat.st_ino == b->stat.st_ino && a->stat.st_size == b->stat.st_size &&
	       a->stat.st_mtim.tv_sec == b->stat.st_mtim.tv_sec &&
	       a->stat.st_mtim.tv_nsec == b->stat.st_mtim.tv_nsec;
}

enum err symbols_add_file(struct symbols *s, const char *path)
{
	struct symbol_file *file = NULL;

	TRY(symbol_file_read(path, &file));
	/* Written and then verified: nothing new. */
	if (s->files[0] != NULL && is_same(s->files[0], file)) {
		symbol_file_free(file);
		return OK;
	}
	for (size_t i = SYMBOLS_FILES_MAX; i-- > 0;) {
		if (s->files[i] != NULL &&
		    (strcmp(s->files[i]->path, path) == 0 || overlaps(s->files[i], file)))
			drop(s, i);
	}
	drop(s, SYMBOLS_FILES_MAX - 1);
	for (size_t i = SYMBOLS_FILES_MAX - 1; i > 0; i--) {
		s->files[i] = s->files[i - 1];
		s->versions[i] = s->versions[i - 1];
	}
	s->files[0] = file;
	s->versions[0] = ++s->version;
	log_debug("%zu symbols of %s", file->count, path);
	return OK;
}

void symbols_note_file(struct symbols *s, const char *path)
{
	if (s == NULL || path == NULL)
		return;
	if (symbols_add_file(s, path) != OK) {
		log_debug("%s", error_current()->why);
		error_clear();
	}
}

const char *symbols_path(const struct symbols *s, size_t i)
{
	return s != NULL && i < SYMBOLS_FILES_MAX && s->files[i] != NULL ? s->files[i]->path : NULL;
}

uint32_t symbols_version(const struct symbols *s)
{
	return s != NULL ? s->version : 0;
}

static const struct symbol *find_name(const struct symbol_file *f, const char *name)
{
	size_t low = 0, high = f->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(f->by_name[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < f->count && strcmp(f->by_name[low].name, name) == 0 ? &f->by_name[low] : NULL;
}

static const struct symbol *find_in_file(const struct symbol_file *f, const char *name)
{
	char lto[160];
	const struct symbol *found = find_name(f, name);

	if (found != NULL || (size_t)snprintf(lto, sizeof(lto), "%s" LTO_SUFFIX, name) >= sizeof(lto))
		return found;
	return find_name(f, lto);
}

static const struct symbol_question *answered(const struct symbols *s, const char *name)
{
	for (const struct symbol_question *q = s->questions; q != NULL; q = q->next) {
		if (q->is_found && strcmp(q->name, name) == 0)
			return q;
	}
	return NULL;
}

bool symbols_find_newer(const struct symbols *s, const char *name, uint32_t since, struct symbol *found)
{
	for (size_t i = 0; s != NULL && i < SYMBOLS_FILES_MAX && s->files[i] != NULL; i++) {
		const struct symbol *symbol = NULL;

		if (s->versions[i] > since)
			symbol = find_in_file(s->files[i], name);
		if (symbol == NULL)
			continue;
		*found = *symbol;
		return true;
	}
	return false;
}

bool symbols_find(const struct symbols *s, const char *name, struct symbol *found)
{
	const struct symbol_question *q = s != NULL ? answered(s, name) : NULL;

	for (size_t i = 0; s != NULL && i < SYMBOLS_FILES_MAX && s->files[i] != NULL; i++) {
		const struct symbol *symbol = find_in_file(s->files[i], name);

		if (symbol == NULL)
			continue;
		*found = *symbol;
		if (q != NULL && q->version > s->versions[i])
			found->addr = q->addr;
		return true;
	}
	if (q == NULL)
		return false;
	*found = (struct symbol){ .name = q->name, .addr = q->addr };
	return true;
}

static uint32_t end_of(const struct symbol_file *f, size_t i)
{
	const struct symbol *s = &f->by_addr[i];

	if (s->size > 0)
		return s->addr + (s->size - 1);
	for (size_t k = i + 1; k < f->placed; k++) {
		if (f->by_addr[k].addr != s->addr)
			return MIN(f->by_addr[k].addr - 1, s->addr + NO_SIZE_SPAN - 1);
	}
	return s->addr + NO_SIZE_SPAN - 1;
}

static const struct symbol *find_addr(const struct symbol_file *f, uint32_t addr)
{
	const struct symbol *variable = NULL;
	size_t low = 0, high = f->placed;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (f->by_addr[middle].addr <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	for (size_t n = 0; n < NESTED && low-- > 0; n++) {
		const struct symbol *s = &f->by_addr[low];

		if (end_of(f, low) < addr)
			continue;
		if (s->is_function)
			return s;
		if (variable == NULL)
			variable = s;
	}
	return variable;
}

bool symbols_at(const struct symbols *s, uint32_t addr, struct symbol *found)
{
	for (size_t i = 0; s != NULL && i < SYMBOLS_FILES_MAX && s->files[i] != NULL; i++) {
		const struct symbol *symbol = find_addr(s->files[i], addr);

		if (symbol == NULL)
			continue;
		*found = *symbol;
		return true;
	}
	return false;
}

bool symbols_describe(const struct symbols *s, uint32_t addr, char *text, size_t size)
{
	struct symbol found;

	text[0] = '\0';
	if (!symbols_at(s, addr, &found))
		return false;
	if (addr == found.addr)
		snprintf(text, size, "%s", found.name);
	else
		snprintf(text, size, "%s+0x%x", found.name, addr - found.addr);
	return true;
}

/* Questions for a GDB */

void symbols_want(struct symbols *s, const char *name)
{
	struct symbol_question **p;

	if (s == NULL)
		return;
	for (p = &s->questions; *p != NULL; p = &(*p)->next) {
		if (strcmp((*p)->name, name) == 0)
			return;
	}
	*p = xcalloc(1, sizeof(**p));
	(*p)->name = name;
}

void symbols_ask_again(struct symbols *s)
{
	for (struct symbol_question *q = s != NULL ? s->questions : NULL; q != NULL; q = q->next)
		q->is_asked = false;
}

const char *symbols_next_wanted(struct symbols *s)
{
	for (struct symbol_question *q = s != NULL ? s->questions : NULL; q != NULL; q = q->next) {
		if (q->is_asked)
			continue;
		q->is_asked = true;
		return q->name;
	}
	return NULL;
}

void symbols_give(struct symbols *s, const char *name, size_t n, bool is_found, uint32_t addr)
{
	for (struct symbol_question *q = s != NULL ? s->questions : NULL; q != NULL; q = q->next) {
		if (strlen(q->name) != n || memcmp(q->name, name, n) != 0)
			continue;
		q->is_found = is_found;
		q->addr = addr;
		q->version = ++s->version;
	}
}
