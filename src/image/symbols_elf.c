/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The symbol table of an ELF file, copied. Mapping symbols ($a, $t, $d; AAELF32 5.5.5), file and section
 * names and what other files define are left out.
 */
#include <errno.h>
#include <fcntl.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "image/symbols_priv.h"

#define SYMBOLS_MAX 2000000u
#define NAMES_MAX   (256u << 20)

void symbol_file_free(struct symbol_file *file)
{
	if (file == NULL)
		return;
	free(file->path);
	free(file->names);
	free(file->by_addr);
	free(file->by_name);
	free(file);
}

/* Of two static ones of the same name the larger counts. */
static int by_name(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	if (order != 0)
		return order;
	if (x->size != y->size)
		return x->size > y->size ? -1 : 1;
	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

static int by_addr(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	return strcmp(x->name, y->name);
}

struct table {
	Elf *elf;
	const Elf32_Sym *symbols;
	size_t count;
	Elf32_Word strings;
};

static const char *wanted_name(const struct table *t, const Elf32_Sym *s)
{
	unsigned type = ELF32_ST_TYPE(s->st_info);
	const char *name;

	if (s->st_shndx == SHN_UNDEF || s->st_shndx == SHN_COMMON || s->st_name == 0 ||
	    (type != STT_NOTYPE && type != STT_OBJECT && type != STT_FUNC))
		return NULL;
	name = elf_strptr(t->elf, t->strings, s->st_name);
	return name != NULL && name[0] != '\0' && name[0] != '$' ? name : NULL;
}

static bool has_place(const Elf32_Sym *s)
{
	return s->st_shndx != SHN_ABS && (s->st_size > 0 || ELF32_ST_TYPE(s->st_info) == STT_FUNC);
}

static enum err copy_table(struct symbol_file *file, const struct table *t)
{
	size_t bytes = 0, at = 0;
	const char *name;

	for (size_t i = 0; i < t->count; i++) {
		name = wanted_name(t, &t->symbols[i]);
		file->count += name != NULL;
		bytes += name != NULL ? strlen(name) + 1 : 0;
		if (bytes > NAMES_MAX)
			return error_why(ERR_IMAGE_FORMAT, "the names of its symbols have no end");
	}
	file->names = xcalloc(1, MAX(bytes, (size_t)1));
	file->by_name = xcalloc(MAX(file->count, (size_t)1), sizeof(*file->by_name));
	file->by_addr = xcalloc(MAX(file->count, (size_t)1), sizeof(*file->by_addr));
	file->count = 0;
	for (size_t i = 0; i < t->count; i++) {
		const Elf32_Sym *from = &t->symbols[i];
		bool is_function = ELF32_ST_TYPE(from->st_info) == STT_FUNC;

		name = wanted_name(t, from);
		if (name == NULL)
			continue;
		struct symbol *to = &file->by_name[file->count++];

		*to = (struct symbol){ .name = file->names + at, .size = from->st_size,
				       .addr = from->st_value & (is_function ? ~1u : ~0u),
				       .is_function = is_function };
		memcpy(file->names + at, name, strlen(name) + 1);
		at += strlen(name) + 1;
		if (has_place(from))
			file->by_addr[file->placed++] = *to;
	}
	qsort(file->by_name, file->count, sizeof(*file->by_name), by_name);
	qsort(file->by_addr, file->placed, sizeof(*file->by_addr), by_addr);
	return OK;
}

static enum err read_table(struct symbol_file *file, Elf *elf)
{
	for (Elf_Scn *section = elf_nextscn(elf, NULL); section != NULL;
	     section = elf_nextscn(elf, section)) {
		const Elf32_Shdr *header = elf32_getshdr(section);

		if (header == NULL || header->sh_type != SHT_SYMTAB)
			continue;
		const Elf_Data *data = elf_getdata(section, NULL);

		if (data == NULL || data->d_buf == NULL || data->d_type != ELF_T_SYM)
			return error_why(ERR_IMAGE_FORMAT, "its symbol table cannot be read: %s",
					 elf_errmsg(-1));
		struct table t = { elf, data->d_buf, data->d_size / sizeof(Elf32_Sym), header->sh_link };

		if (t.count > SYMBOLS_MAX)
			return error_why(ERR_IMAGE_FORMAT, "it has %zu symbols", t.count);
		return copy_table(file, &t);
	}
	return error_next(error_why(ERR_IMAGE_FORMAT, "it has no symbol table"),
			  "give the file as it was linked, not stripped");
}

/* Where a loader puts it: like elf.c, by physical address unless all of them are 0. */
static void read_ranges(struct symbol_file *file, Elf *elf)
{
	const Elf32_Phdr *ph = elf32_getphdr(elf);
	size_t count = 0;
	bool is_physical = false;

	if (ph == NULL || elf_getphdrnum(elf, &count) != 0)
		return;
	for (size_t i = 0; i < count; i++)
		is_physical |= ph[i].p_type == PT_LOAD && ph[i].p_filesz > 0 && ph[i].p_paddr != 0;
	for (size_t i = 0; i < count && file->range_count < SYMBOL_RANGES_MAX; i++) {
		uint32_t first = is_physical ? ph[i].p_paddr : ph[i].p_vaddr;

		if (ph[i].p_type != PT_LOAD || ph[i].p_filesz == 0 ||
		    ph[i].p_filesz - 1 > UINT32_MAX - first)
			continue;
		file->ranges[file->range_count++] =
			(struct symbol_range){ first, first + (ph[i].p_filesz - 1) };
	}
}

static enum err read_elf(struct symbol_file *file, Elf *elf)
{
	const Elf32_Ehdr *header;

	if (elf == NULL || elf_kind(elf) != ELF_K_ELF || (header = elf32_getehdr(elf)) == NULL)
		return error_why(ERR_IMAGE_FORMAT, "it is no 32-bit ELF file");
	if (header->e_machine != EM_ARM)
		return error_why(ERR_IMAGE_FORMAT, "it is for machine %u, not Arm (%u)",
				 header->e_machine, EM_ARM);
	if (header->e_type == ET_REL)
		return error_next(error_why(ERR_IMAGE_FORMAT, "it is an object file"), "link it");
	TRY(read_table(file, elf));
	read_ranges(file, elf);
	return OK;
}

enum err symbol_file_read(const char *path, struct symbol_file **file)
{
	struct symbol_file *f;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return error_why(ERR_NOT_FOUND, "%s: %s", path, strerror(errno));
	f = xcalloc(1, sizeof(*f));
	f->path = xstrdup(path);
	enum err rc = OK;

	if (fstat(fd, &f->stat) != 0 || !S_ISREG(f->stat.st_mode)) {
		rc = error_why(ERR_IMAGE_FORMAT, "it is no regular file");
	} else {
		elf_version(EV_CURRENT);
		Elf *elf = elf_begin(fd, ELF_C_READ, NULL);

		rc = read_elf(f, elf);
		elf_end(elf);
	}
	close(fd);
	if (rc != OK) {
		symbol_file_free(f);
		return error_what(rc, "no symbols of %s", path);
	}
	*file = f;
	return OK;
}
