/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Structures in DWARF (DWARF 5, 5.7): the top level of each compilation unit is searched for a definition
 * with the name. The debug information is read as it is needed, not mapped: a file that a linker cuts
 * while it is open costs an answer, not the process.
 */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef HAVE_LIBDW
#include <dwarf.h>
#include <elfutils/libdw.h>
#endif

#include "base/bytes.h"
#include "image/debug_info.h"
#include "image/symbols_priv.h"

struct debug_info {
	const struct symbols *symbols;
	bool is_opened;
	char why[300];
	const char *path;
#ifdef HAVE_LIBDW
	struct {
		int fd;
		Elf *elf;
		Dwarf *dwarf;
		const char *path;
	} files[SYMBOLS_FILES_MAX];
	size_t count;
	char last_type[64];		/* members are asked in a row */
	Dwarf_Die last;
	size_t last_file;
#endif
};

struct debug_info *debug_info_open(const struct symbols *s)
{
	struct debug_info *d = xcalloc(1, sizeof(*d));

	d->symbols = s;
	snprintf(d->why, sizeof(d->why), "no ELF file is known");
	return d;
}

const char *debug_info_path(const struct debug_info *d)
{
	return d->path;
}

const char *debug_info_why(const struct debug_info *d)
{
	return d->why;
}

#ifdef HAVE_LIBDW

#define UNITS_MAX   20000u
#define ENTRIES_MAX 2000000u		/* of one search, in all units */
#define MEMBERS_MAX 4096u
#define TYPEDEFS_MAX 16u
#define PATH_MAX_DEPTH 8u

void debug_info_close(struct debug_info *d)
{
	if (d == NULL)
		return;
	for (size_t i = 0; i < d->count; i++) {
		dwarf_end(d->files[i].dwarf);
		elf_end(d->files[i].elf);
		close(d->files[i].fd);
	}
	free(d);
}

static bool is_changed(int fd, const struct stat *before)
{
	struct stat now;

	return fstat(fd, &now) != 0 || now.st_size != before->st_size ||
	       now.st_mtim.tv_sec != before->st_mtim.tv_sec ||
	       now.st_mtim.tv_nsec != before->st_mtim.tv_nsec;
}

/* False: d->why says why not. */
static bool open_file(struct debug_info *d, const struct symbol_file *file)
{
	int fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0) {
		snprintf(d->why, sizeof(d->why), "%s cannot be opened any more", file->path);
		return false;
	}
	if (is_changed(fd, &file->stat)) {
		snprintf(d->why, sizeof(d->why), "%s has changed since it was given", file->path);
		close(fd);
		return false;
	}
	elf_version(EV_CURRENT);
	Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
	Dwarf *dwarf = elf != NULL ? dwarf_begin_elf(elf, DWARF_C_READ, NULL) : NULL;

	if (dwarf == NULL) {
		snprintf(d->why, sizeof(d->why), "%s has no debug information (-g)", file->path);
		elf_end(elf);
		close(fd);
		return false;
	}
	d->files[d->count].fd = fd;
	d->files[d->count].elf = elf;
	d->files[d->count].dwarf = dwarf;
	d->files[d->count].path = file->path;
	d->count++;
	return true;
}

static void open_files(struct debug_info *d)
{
	d->is_opened = true;
	for (size_t i = 0; d->symbols != NULL && i < SYMBOLS_FILES_MAX && d->symbols->files[i] != NULL; i++)
		open_file(d, d->symbols->files[i]);
}

/* A struct or union that has its members here; a typedef leads to one, maybe without a tag. */
static bool is_definition(Dwarf_Die *die, const char *name, Dwarf_Die *found)
{
	const char *here = dwarf_diename(die);
	Dwarf_Attribute attribute;
	Dwarf_Die at = *die;

	if (here == NULL || strcmp(here, name) != 0)
		return false;
	for (unsigned i = 0; dwarf_tag(&at) == DW_TAG_typedef; i++) {
		if (i == TYPEDEFS_MAX || dwarf_attr(&at, DW_AT_type, &attribute) == NULL ||
		    dwarf_formref_die(&attribute, &at) == NULL)
			return false;
	}
	if ((dwarf_tag(&at) != DW_TAG_structure_type && dwarf_tag(&at) != DW_TAG_union_type) ||
	    dwarf_hasattr(&at, DW_AT_declaration))
		return false;
	*found = at;
	return true;
}

static bool search_unit(Dwarf_Die *unit, const char *name, size_t *entries, Dwarf_Die *found)
{
	Dwarf_Die die;

	if (dwarf_child(unit, &die) != 0)
		return false;
	do {
		if (is_definition(&die, name, found))
			return true;
	} while (++*entries < ENTRIES_MAX && dwarf_siblingof(&die, &die) == 0);
	return false;
}

static bool search_file(Dwarf *dwarf, const char *name, Dwarf_Die *found)
{
	Dwarf_Off at = 0, next;
	size_t header, entries = 0;

	for (unsigned i = 0; i < UNITS_MAX && entries < ENTRIES_MAX; i++) {
		Dwarf_Die unit;

		if (dwarf_nextcu(dwarf, at, &next, &header, NULL, NULL, NULL) != 0 || next <= at)
			return false;
		if (dwarf_offdie(dwarf, at + header, &unit) != NULL &&
		    search_unit(&unit, name, &entries, found))
			return true;
		at = next;
	}
	return false;
}

static bool find_type(struct debug_info *d, const char *name, Dwarf_Die *found)
{
	if (!d->is_opened)
		open_files(d);
	if (strcmp(d->last_type, name) == 0) {
		*found = d->last;
		return true;
	}
	for (size_t i = 0; i < d->count; i++) {
		if (!search_file(d->files[i].dwarf, name, found))
			continue;
		snprintf(d->last_type, sizeof(d->last_type), "%s", name);
		d->last = *found;
		d->path = d->files[i].path;
		return true;
	}
	if (d->count > 0)
		snprintf(d->why, sizeof(d->why), "%s does not describe struct %s", d->files[0].path, name);
	return false;
}

static bool byte_size(Dwarf_Die *die, uint32_t *bytes)
{
	Dwarf_Word size;

	if (dwarf_aggregate_size(die, &size) != 0 || size > UINT32_MAX)
		return false;
	*bytes = (uint32_t)size;
	return true;
}

bool debug_info_size(struct debug_info *d, const char *type, uint32_t *bytes)
{
	Dwarf_Die die;

	return find_type(d, type, &die) && byte_size(&die, bytes);
}

/* A constant; DWARF 2 writes the expression DW_OP_plus_uconst instead. Of a union: absent, 0. */
static bool member_offset(Dwarf_Die *member, uint32_t *offset)
{
	Dwarf_Attribute attribute;
	Dwarf_Word value;
	Dwarf_Op *ops;
	size_t count;

	*offset = 0;
	if (dwarf_attr(member, DW_AT_data_member_location, &attribute) == NULL)
		return !dwarf_hasattr(member, DW_AT_data_bit_offset);
	if (dwarf_formudata(&attribute, &value) != 0) {
		if (dwarf_getlocation(&attribute, &ops, &count) != 0 || count != 1 ||
		    ops[0].atom != DW_OP_plus_uconst)
			return false;
		value = ops[0].number;
	}
	*offset = (uint32_t)value;
	return value <= UINT32_MAX;
}

/* The member of this name; *at becomes its type, typedefs and qualifiers peeled off. */
static bool step_down(Dwarf_Die *at, const char *name, size_t n, struct debug_member *m)
{
	Dwarf_Attribute attribute;
	Dwarf_Die member, type;
	uint32_t offset;

	if (dwarf_child(at, &member) != 0)
		return false;
	for (unsigned i = 0; i < MEMBERS_MAX; i++) {
		const char *here = dwarf_diename(&member);

		if (dwarf_tag(&member) == DW_TAG_member && here != NULL && strlen(here) == n &&
		    memcmp(here, name, n) == 0)
			break;
		if (i + 1 == MEMBERS_MAX || dwarf_siblingof(&member, &member) != 0)
			return false;
	}
	if (!member_offset(&member, &offset) || dwarf_attr(&member, DW_AT_type, &attribute) == NULL ||
	    dwarf_formref_die(&attribute, &type) == NULL || !byte_size(&type, &m->bytes) ||
	    dwarf_peel_type(&type, at) != 0)
		return false;
	m->offset += offset;
	return true;
}

bool debug_info_member(struct debug_info *d, const char *type, const char *path,
		       struct debug_member *member)
{
	Dwarf_Die at;

	*member = (struct debug_member){ 0 };
	if (!find_type(d, type, &at))
		return false;
	for (unsigned depth = 0; depth < PATH_MAX_DEPTH; depth++) {
		size_t n = strcspn(path, ".");

		if (!step_down(&at, path, n, member))
			return false;
		if (path[n] == '\0')
			return true;
		path += n + 1;
	}
	return false;
}

#else

void debug_info_close(struct debug_info *d)
{
	free(d);
}

static bool unknown(struct debug_info *d)
{
	if (symbols_path(d->symbols, 0) != NULL)
		snprintf(d->why, sizeof(d->why), "this server is built without libdw");
	return false;
}

bool debug_info_size(struct debug_info *d, const char *type, uint32_t *bytes)
{
	(void)type;
	*bytes = 0;
	return unknown(d);
}

bool debug_info_member(struct debug_info *d, const char *type, const char *path,
		       struct debug_member *member)
{
	(void)type;
	(void)path;
	*member = (struct debug_member){ 0 };
	return unknown(d);
}

#endif
