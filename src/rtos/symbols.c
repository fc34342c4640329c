/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Symbols: which a GDB is asked for, and what is known of them. A kernel's first symbol decides whether
 * the others are worth a question. Link-time optimisation renames a static variable to NAME.lto_priv.0;
 * that name is tried second. What GDB does not know, or a newer ELF file knows, comes from the target's
 * symbols.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "rtos/rtos_priv.h"

#define LTO_SUFFIX ".lto_priv.0"

struct rtos_symbol_value {
	char name[48];			/* as the kernel's source has it */
	enum { SYMBOL_ASKED, SYMBOL_LTO_ASKED, SYMBOL_FOUND, SYMBOL_MISSING } state;
	uint32_t addr, version;		/* and of the target's symbols when GDB gave it */
	char asked[64];
	struct rtos_symbol_value *next;
};

static const struct rtos_type *const types[] = { &freertos_type, &zephyr_type, &threadx_type,
						 &nuttx_type };

const struct rtos_type *rtos_candidate(const struct rtos *os, size_t i)
{
	if (strcasecmp(os->asked, "auto") == 0)
		return i < ARRAY_SIZE(types) ? types[i] : NULL;
	for (size_t k = 0; k < ARRAY_SIZE(types); k++) {
		if (strcasecmp(types[k]->name, os->asked) == 0)
			return i == 0 ? types[k] : NULL;
	}
	return NULL;
}

static struct rtos_symbol_value *find(const struct rtos *os, const char *name)
{
	for (struct rtos_symbol_value *v = os->symbols; v != NULL; v = v->next) {
		if (strcmp(v->name, name) == 0)
			return v;
	}
	return NULL;
}

static struct rtos_symbol_value *add(struct rtos *os, const char *name)
{
	struct rtos_symbol_value *v = xcalloc(1, sizeof(*v));

	snprintf(v->name, sizeof(v->name), "%s", name);
	v->next = os->symbols;
	os->symbols = v;
	return v;
}

void rtos_symbols_free(struct rtos *os)
{
	while (os->symbols != NULL) {
		struct rtos_symbol_value *v = os->symbols;

		os->symbols = v->next;
		free(v);
	}
}

bool rtos_symbol(const struct rtos *os, const char *name, uint32_t *addr)
{
	const struct rtos_symbol_value *v = find(os, name);
	bool is_given = v != NULL && v->state == SYMBOL_FOUND;
	struct symbol found;

	if (symbols_find_newer(os->target->symbols, name, is_given ? v->version : 0, &found))
		*addr = found.addr;
	else if (is_given)
		*addr = v->addr;
	else
		return false;
	return true;
}

bool rtos_symbol_size(const struct rtos *os, const char *name, uint32_t *bytes)
{
	struct symbol found;
	uint32_t addr;

	/* Elsewhere than where it is used: a file of another program. */
	if (!symbols_find_newer(os->target->symbols, name, 0, &found) || found.size == 0 ||
	    !rtos_symbol(os, name, &addr) || addr != found.addr)
		return false;
	*bytes = found.size;
	return true;
}

bool rtos_has_symbols(const struct rtos *os, const struct rtos_type *type, const char **missing)
{
	uint32_t addr;

	for (const struct rtos_symbol *s = type->symbols; s->name != NULL; s++) {
		*missing = s->name;
		if (!s->is_optional && !rtos_symbol(os, s->name, &addr))
			return false;
	}
	return true;
}

/* What one kernel still needs; the answer "missing" to its first symbol ends the questions. */
static const char *next_of(struct rtos *os, const struct rtos_type *type)
{
	for (const struct rtos_symbol *s = type->symbols; s->name != NULL; s++) {
		struct rtos_symbol_value *v = find(os, s->name);

		if (v == NULL) {
			v = add(os, s->name);
			snprintf(v->asked, sizeof(v->asked), "%s", s->name);
			return v->asked;
		}
		if (v->state == SYMBOL_ASKED || v->state == SYMBOL_LTO_ASKED)
			return v->asked;
		if (v->state == SYMBOL_MISSING && s == type->symbols)
			return NULL;
	}
	return NULL;
}

const char *rtos_next_symbol(struct rtos *os, bool again)
{
	const char *name = NULL;
	const struct rtos_type *type;

	if (again) {
		rtos_symbols_free(os);
		rtos_forget_program(os);
	}
	for (size_t i = 0; name == NULL && (type = rtos_candidate(os, i)) != NULL; i++)
		name = next_of(os, type);
	os->is_fresh = false;
	os->is_asked = name == NULL;
	return name;
}

void rtos_give_symbol(struct rtos *os, const char *name, size_t n, bool is_found, uint32_t addr)
{
	for (struct rtos_symbol_value *v = os->symbols; v != NULL; v = v->next) {
		if (strlen(v->asked) != n || memcmp(v->asked, name, n) != 0)
			continue;
		if (is_found) {
			v->state = SYMBOL_FOUND;
			v->addr = addr;
			v->version = symbols_version(os->target->symbols);
		} else if (v->state == SYMBOL_ASKED) {
			v->state = SYMBOL_LTO_ASKED;
			snprintf(v->asked, sizeof(v->asked), "%s" LTO_SUFFIX, v->name);
		} else if (v->state == SYMBOL_LTO_ASKED) {
			v->state = SYMBOL_MISSING;
		}
		return;
	}
}

enum err rtos_read_symbols(struct rtos *os, const char *path, size_t *found)
{
	const struct rtos_type *type;
	uint32_t addr;

	*found = 0;
	TRY(symbols_add_file(os->target->symbols, path));
	rtos_symbols_free(os);		/* what a GDB said of another program */
	for (size_t i = 0; (type = rtos_candidate(os, i)) != NULL; i++) {
		for (const struct rtos_symbol *s = type->symbols; s->name != NULL; s++)
			*found += rtos_symbol(os, s->name, &addr);
	}
	os->is_fresh = false;
	return OK;
}
