/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Notes: System V ABI, "Note Section"; struct elf_prstatus of 32-bit Arm as in Linux' elfcore.h. */
#include "image/core_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"

#define PRSTATUS_BYTES	148u
#define PR_CURSIG	12u
#define PR_PID		24u
#define PR_REG		72u
#define VFP_BYTES	(32u * 8u + 4u)
#define NT_ARM_VFP_NOTE 0x400u
#define NT_GDB_TDESC	0xff000000u
#define FILE_ALIGN	4u
#define EF_ARM_EABI5	0x05000000u

static void pad(struct buf *out)
{
	while (out->len % 4 != 0)
		buf_putc(out, '\0');
}

static void add_note(struct buf *out, const char *name, uint32_t type, const void *desc, size_t n)
{
	uint8_t head[12];

	put_le32(head, (uint32_t)strlen(name) + 1);
	put_le32(head + 4, (uint32_t)n);
	put_le32(head + 8, type);
	buf_append(out, head, sizeof(head));
	buf_append(out, name, strlen(name) + 1);
	pad(out);
	buf_append(out, desc, n);
	pad(out);
}

static void add_thread(struct buf *out, const struct core_thread *thread)
{
	uint8_t status[PRSTATUS_BYTES] = { 0 }, vfp[VFP_BYTES] = { 0 };

	put_le16(status + PR_CURSIG, (uint16_t)thread->signal);
	put_le32(status + PR_PID, thread->id);
	for (unsigned i = 0; i < CORE_REGISTERS; i++)
		put_le32(status + PR_REG + 4 * i, thread->regs[i]);
	add_note(out, "CORE", NT_PRSTATUS, status, sizeof(status));
	if (!thread->has_fpu)
		return;
	for (unsigned i = 0; i < CORE_DOUBLES; i++) {
		put_le32(vfp + 8 * i, (uint32_t)thread->d[i]);
		put_le32(vfp + 8 * i + 4, (uint32_t)(thread->d[i] >> 32));
	}
	put_le32(vfp + 32 * 8, thread->fpscr);
	add_note(out, "LINUX", NT_ARM_VFP_NOTE, vfp, sizeof(vfp));
}

static void build_notes(const struct core_file *core, struct buf *out)
{
	for (size_t i = 0; i < core->thread_count; i++)
		add_thread(out, &core->threads[i]);
	if (core->description != NULL)
		add_note(out, "GDB", NT_GDB_TDESC, core->description, strlen(core->description) + 1);
	if (core->text != NULL)
		add_note(out, "probed", 1, core->text, strlen(core->text) + 1);
}

static enum err elf_failed(void)
{
	return error_why(ERR_IO, "libelf: %s", elf_errmsg(-1));
}

/* libelf writes bytes of sections only: each segment gets a section of the same place. */
static enum err add_bytes(Elf *elf, const void *bytes, size_t n, Elf32_Word type, size_t at)
{
	Elf_Scn *section = elf_newscn(elf);
	Elf_Data *data = section != NULL ? elf_newdata(section) : NULL;
	Elf32_Shdr *header = section != NULL ? elf32_getshdr(section) : NULL;

	if (data == NULL || header == NULL)
		return elf_failed();
	*data = (Elf_Data){ .d_buf = (void *)(uintptr_t)bytes, .d_type = ELF_T_BYTE, .d_size = n,
			    .d_align = 1, .d_version = EV_CURRENT };
	header->sh_type = type;
	header->sh_offset = (Elf32_Off)at;
	header->sh_size = (Elf32_Word)n;
	header->sh_addralign = 1;
	return OK;
}

static void segment(Elf32_Phdr *ph, const struct core_region *region, size_t at)
{
	*ph = (Elf32_Phdr){ .p_type = PT_LOAD, .p_offset = (Elf32_Off)at, .p_vaddr = region->addr,
			    .p_paddr = region->addr, .p_filesz = (Elf32_Word)region->bytes,
			    .p_memsz = (Elf32_Word)region->bytes, .p_align = 1,
			    .p_flags = PF_R | (region->is_code ? PF_X : PF_W) };
}

static size_t aligned(size_t at)
{
	return (at + FILE_ALIGN - 1) / FILE_ALIGN * FILE_ALIGN;
}

static enum err lay_out(Elf *elf, const struct core_file *core, const struct buf *notes)
{
	size_t count = 1 + core->region_count;
	Elf32_Ehdr *eh = elf32_newehdr(elf);
	Elf32_Phdr *ph = eh != NULL ? elf32_newphdr(elf, count) : NULL;
	size_t at = sizeof(*eh) + count * sizeof(*ph);

	if (ph == NULL)
		return elf_failed();
	eh->e_ident[EI_DATA] = ELFDATA2LSB;
	eh->e_type = ET_CORE;
	eh->e_machine = EM_ARM;
	eh->e_version = EV_CURRENT;
	eh->e_flags = EF_ARM_EABI5;
	eh->e_phoff = sizeof(*eh);
	ph[0] = (Elf32_Phdr){ .p_type = PT_NOTE, .p_offset = (Elf32_Off)at, .p_flags = PF_R,
			      .p_filesz = (Elf32_Word)notes->len, .p_align = 4 };
	TRY(add_bytes(elf, notes->data, notes->len, SHT_NOTE, at));
	at = aligned(at + notes->len);
	for (size_t i = 0; i < core->region_count; i++) {
		segment(&ph[1 + i], &core->regions[i], at);
		TRY(add_bytes(elf, core->regions[i].data, core->regions[i].bytes, SHT_PROGBITS, at));
		at = aligned(at + core->regions[i].bytes);
	}
	eh->e_shoff = (Elf32_Off)at;
	return OK;
}

static enum err write_fd(int fd, const struct core_file *core)
{
	struct buf notes = { 0 };
	enum err rc;

	if (elf_version(EV_CURRENT) == EV_NONE)
		return error_why(ERR_INTERNAL, "libelf is older than its header");
	Elf *elf = elf_begin(fd, ELF_C_WRITE, NULL);

	if (elf == NULL)
		return elf_failed();
	elf_flagelf(elf, ELF_C_SET, ELF_F_LAYOUT);
	build_notes(core, &notes);
	rc = lay_out(elf, core, &notes);
	if (rc == OK && elf_update(elf, ELF_C_WRITE) < 0)
		rc = elf_failed();
	elf_end(elf);
	buf_free(&notes);
	return rc;
}

enum err core_file_write(const struct core_file *core, const char *path)
{
	struct stat st;

	/* The rename below would take a device or FIFO away. */
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		error_why(ERR_IO, "%s is no regular file", path);
		return error_next(ERR_IO, "name a file in a folder you can write to");
	}
	char *temporary = xasprintf("%s.XXXXXX", path);
	int fd = mkostemp(temporary, O_CLOEXEC);
	enum err rc = OK;

	if (fd < 0) {
		rc = error_why(ERR_IO, "cannot write %s: %s", path, strerror(errno));
		free(temporary);
		return rc;
	}
	rc = write_fd(fd, core);
	if (rc == OK && (fchmod(fd, 0644) != 0 || fsync(fd) != 0))
		rc = error_why(ERR_IO, "%s", strerror(errno));
	if (close(fd) != 0 && rc == OK)
		rc = error_why(ERR_IO, "%s", strerror(errno));
	if (rc == OK && rename(temporary, path) != 0)
		rc = error_why(ERR_IO, "%s", strerror(errno));
	if (rc != OK)
		unlink(temporary);
	free(temporary);
	return rc == OK ? OK : error_what(rc, "cannot write %s", path);
}
