/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Symbols: which are asked for, and what is known of them. A kernel's first symbol decides whether the
 * others are worth a question. Link-time optimisation renames a static variable to NAME.lto_priv.0;
 * that name is tried second.
 */
#include <libelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rtos/rtos_priv.h"

#define LTO_SUFFIX ".lto_priv.0"

struct rtos_symbol_value {
	char name[48];			/* as the kernel's source has it */
	enum { SYMBOL_ASKED, SYMBOL_LTO_ASKED, SYMBOL_FOUND, SYMBOL_MISSING } state;
	bool is_from_file;		/* holds unless a GDB knows better */
	uint32_t addr;
	char asked[64];
	struct rtos_symbol_value *next;
};

static const struct rtos_type *const types[] = { &freertos_type, &zephyr_type, &threadx_type,
						 &nuttx_type };

const struct rtos_type *rtos_candidate(const struct rtos *os, size_t i)
{
	if (strcmp(os->asked, "auto") == 0)
		return i < ARRAY_SIZE(types) ? types[i] : NULL;
	for (size_t k = 0; k < ARRAY_SIZE(types); k++) {
		if (strcmp(types[k]->name, os->asked) == 0)
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

	if (v == NULL || v->state != SYMBOL_FOUND)
		return false;
	*addr = v->addr;
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

static void forget(struct rtos *os)
{
	struct rtos_symbol_value **p = &os->symbols;

	while (*p != NULL) {
		struct rtos_symbol_value *v = *p;

		if (v->is_from_file) {
			v->state = SYMBOL_ASKED;
			snprintf(v->asked, sizeof(v->asked), "%s", v->name);
			p = &v->next;
			continue;
		}
		*p = v->next;
		free(v);
	}
}

const char *rtos_next_symbol(struct rtos *os, bool again)
{
	const char *name = NULL;
	const struct rtos_type *type;

	if (again)
		forget(os);
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
		} else if (v->state == SYMBOL_ASKED) {
			v->state = SYMBOL_LTO_ASKED;
			snprintf(v->asked, sizeof(v->asked), "%s" LTO_SUFFIX, v->name);
		} else if (v->state == SYMBOL_LTO_ASKED) {
			v->state = v->is_from_file ? SYMBOL_FOUND : SYMBOL_MISSING;
		}
		return;
	}
}

/* Some kernel's, maybe under its name after link-time optimisation. */
static const char *wanted_name(const struct rtos *os, const char *name)
{
	const struct rtos_type *type;

	for (size_t i = 0; (type = rtos_candidate(os, i)) != NULL; i++) {
		for (const struct rtos_symbol *s = type->symbols; s->name != NULL; s++) {
			size_t n = strlen(s->name);

			if (strncmp(name, s->name, n) == 0 &&
			    (name[n] == '\0' || strcmp(name + n, LTO_SUFFIX) == 0))
				return s->name;
		}
	}
	return NULL;
}

static size_t take_table(struct rtos *os, Elf *elf, Elf_Scn *section, const Elf32_Shdr *header)
{
	const Elf_Data *data = elf_getdata(section, NULL);
	size_t found = 0;

	if (data == NULL || data->d_buf == NULL || header->sh_entsize != sizeof(Elf32_Sym))
		return 0;
	const Elf32_Sym *symbols = data->d_buf;

	for (size_t i = 0; i < data->d_size / sizeof(*symbols); i++) {
		const char *text = elf_strptr(elf, header->sh_link, symbols[i].st_name);
		const char *name = text != NULL && symbols[i].st_shndx != SHN_UNDEF &&
				   ELF32_ST_TYPE(symbols[i].st_info) != STT_FILE ?
				   wanted_name(os, text) : NULL;

		if (name == NULL)
			continue;
		struct rtos_symbol_value *v = find(os, name);

		if (v == NULL)
			v = add(os, name);
		found += v->state != SYMBOL_FOUND || !v->is_from_file;
		v->state = SYMBOL_FOUND;
		v->is_from_file = true;
		v->addr = symbols[i].st_value;
	}
	return found;
}

static enum err read_elf(struct rtos *os, Elf *elf, const char *path, size_t *found)
{
	Elf_Scn *section = NULL;
	bool has_table = false;

	if (elf == NULL || elf_kind(elf) != ELF_K_ELF || elf32_getehdr(elf) == NULL)
		return error_why(ERR_IMAGE_FORMAT, "%s is no 32-bit ELF file", path);
	while ((section = elf_nextscn(elf, section)) != NULL) {
		const Elf32_Shdr *header = elf32_getshdr(section);

		if (header == NULL || header->sh_type != SHT_SYMTAB)
			continue;
		has_table = true;
		*found += take_table(os, elf, section, header);
	}
	if (!has_table)
		return error_next(error_why(ERR_IMAGE_FORMAT, "%s has no symbol table", path),
				  "give the file as it was linked, not stripped");
	return OK;
}

static enum err read_file(const char *path, char **data, size_t *n)
{
	FILE *f = fopen(path, "rb");
	long size;

	if (f == NULL)
		return error_why(ERR_NOT_FOUND, "%s cannot be opened", path);
	if (fseek(f, 0, SEEK_END) != 0 || (size = ftell(f)) < 0) {
		fclose(f);
		return error_why(ERR_IO, "%s cannot be read", path);
	}
	rewind(f);
	*data = xcalloc(1, (size_t)size + 1);
	*n = fread(*data, 1, (size_t)size, f);
	fclose(f);
	return OK;
}

enum err rtos_read_symbols(struct rtos *os, const char *path, size_t *found)
{
	char *data = NULL;
	size_t n = 0;

	*found = 0;
	TRY(read_file(path, &data, &n));
	elf_version(EV_CURRENT);
	rtos_symbols_free(os);		/* another program */
	Elf *elf = elf_memory(data, n);
	enum err rc = read_elf(os, elf, path, found);

	elf_end(elf);
	free(data);
	os->is_fresh = false;
	os->is_told = false;
	os->is_asked = true;
	return rc;
}
