/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `rtt symbols`: where the linker has put the control block, _SEGGER_RTT by its usual name. */
#include <errno.h>
#include <fcntl.h>
#include <libelf.h>
#include <string.h>
#include <unistd.h>

#include "trace/rtt.h"

#define BLOCK_SYMBOL "_SEGGER_RTT"

static bool find_in(Elf *elf, Elf_Scn *section, const Elf32_Shdr *header, uint32_t *addr)
{
	Elf_Data *data = elf_getdata(section, NULL);
	size_t count = data == NULL ? 0 : data->d_size / sizeof(Elf32_Sym);

	for (size_t i = 0; i < count; i++) {
		const Elf32_Sym *symbol = (const Elf32_Sym *)data->d_buf + i;
		const char *name = elf_strptr(elf, header->sh_link, symbol->st_name);

		if (name == NULL || strcmp(name, BLOCK_SYMBOL) != 0 || symbol->st_shndx == SHN_UNDEF)
			continue;
		*addr = symbol->st_value;
		return true;
	}
	return false;
}

static enum err find_symbol(Elf *elf, const char *path, uint32_t *addr)
{
	if (elf == NULL || elf_kind(elf) != ELF_K_ELF || elf32_getehdr(elf) == NULL)
		return error_why(ERR_IMAGE_FORMAT, "%s is no 32-bit ELF file", path);
	for (Elf_Scn *s = elf_nextscn(elf, NULL); s != NULL; s = elf_nextscn(elf, s)) {
		const Elf32_Shdr *header = elf32_getshdr(s);

		if (header != NULL && header->sh_type == SHT_SYMTAB && find_in(elf, s, header, addr))
			return OK;
	}
	error_why(ERR_RTT, "%s has no symbol " BLOCK_SYMBOL, path);
	return error_next(ERR_RTT, "run \"rtt start\" alone: it searches the RAM");
}

enum err rtt_read_symbol(struct rtt *r, const char *path)
{
	uint32_t addr = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return error_why(ERR_NOT_FOUND, "%s: %s", path, strerror(errno));
	elf_version(EV_CURRENT);
	Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
	enum err rc = find_symbol(elf, path, &addr);

	elf_end(elf);
	close(fd);
	if (rc != OK)
		return rc;
	r->symbol = addr;
	r->has_symbol = true;
	return OK;
}
