/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ELF: what a loader puts into memory, that is the PT_LOAD segments with file contents, at their
 * physical (load) address. Some linkers leave every physical address 0: then the virtual one
 * counts.
 */
#include <libelf.h>
#include <stdlib.h>
#include <string.h>

#include "image/reader.h"

static bool is_loaded(const Elf32_Phdr *ph)
{
	return ph->p_type == PT_LOAD && ph->p_filesz > 0;
}

static bool has_physical(const Elf32_Phdr *ph, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (is_loaded(&ph[i]) && ph[i].p_paddr != 0)
			return true;
	return false;
}

static enum err add_segments(struct reader *r, const Elf32_Phdr *ph, size_t count,
			     const uint8_t *data, size_t n)
{
	bool physical = has_physical(ph, count);

	for (size_t i = 0; i < count; i++) {
		if (!is_loaded(&ph[i]))
			continue;
		if (ph[i].p_offset > n || ph[i].p_filesz > n - ph[i].p_offset)
			return error_why(
				ERR_IMAGE_FORMAT,
				"segment %zu ends at byte %llu of a file of %zu: the file is cut",
				i, (unsigned long long)ph[i].p_offset + ph[i].p_filesz, n);
		TRY(reader_add(r, (unsigned)i, physical ? ph[i].p_paddr : ph[i].p_vaddr,
			       data + ph[i].p_offset, ph[i].p_filesz));
	}
	return OK;
}

static enum err read_elf(struct reader *r, Elf *elf, const uint8_t *data, size_t n)
{
	const Elf32_Ehdr *eh;
	const Elf32_Phdr *ph;
	size_t count;

	if (elf == NULL || elf_kind(elf) != ELF_K_ELF)
		return error_why(ERR_IMAGE_FORMAT, "this is not an ELF file");
	eh = elf32_getehdr(elf);
	if (eh == NULL)
		return error_why(ERR_IMAGE_FORMAT, "not a 32-bit ELF file: %s", elf_errmsg(-1));
	if (eh->e_machine != EM_ARM)
		return error_next(error_why(ERR_IMAGE_FORMAT,
					    "the ELF file is for machine %u, not Arm (%u)",
					    eh->e_machine, EM_ARM),
				  "check which program was built");
	if (elf_getphdrnum(elf, &count) != 0)
		return error_why(ERR_IMAGE_FORMAT, "the program headers cannot be read: %s",
				 elf_errmsg(-1));
	if (count == 0)
		return error_next(error_why(ERR_IMAGE_EMPTY, "the ELF file has no program headers"),
				  "link it: an object file cannot be loaded");
	if (eh->e_phoff > n || count > (n - eh->e_phoff) / sizeof(*ph))
		return error_why(ERR_IMAGE_FORMAT,
				 "the program headers lie outside the file: it is cut");
	/* libelf hands out pointers into the file. */
	if (eh->e_phoff % _Alignof(Elf32_Phdr) != 0)
		return error_why(ERR_IMAGE_FORMAT, "the program headers start at the odd offset %u",
				 eh->e_phoff);
	ph = elf32_getphdr(elf);
	if (ph == NULL)
		return error_why(ERR_IMAGE_FORMAT, "the program headers cannot be read: %s",
				 elf_errmsg(-1));
	r->has_entry = eh->e_entry != 0;
	r->entry = eh->e_entry;
	return add_segments(r, ph, count, data, n);
}

enum err elf_read(struct reader *r, const uint8_t *data, size_t n)
{
	char *copy;
	Elf *elf;
	enum err rc;

	r->place_word = "segment";
	if (elf_version(EV_CURRENT) == EV_NONE)
		return error_why(ERR_INTERNAL, "libelf is older than its header");
	/* libelf wants memory it may write to. */
	copy = xcalloc(1, n + 1);
	memcpy(copy, data, n);
	elf = elf_memory(copy, n);
	rc = read_elf(r, elf, data, n);
	elf_end(elf);
	free(copy);
	return rc;
}
