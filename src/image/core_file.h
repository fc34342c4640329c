/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * core_file: writes an ELF core file that GDB opens beside the program ("gdb -c FILE program.elf").
 *
 * The layout is what GDB's reader for bare-metal Arm knows (tried with GDB 13.1): ELFCLASS32, little
 * endian, EM_ARM; one NT_PRSTATUS of 148 bytes per thread, the first being the one GDB selects, with 18
 * words of registers from offset 72 on; NT_ARM_VFP behind it if there is an FPU; one note "GDB" with the
 * target description, without which GDB takes the core for an A-profile one; PT_LOAD per region.
 * GDB reads no other register from a core file, and a description that names msp and psp makes it
 * refuse to unwind: they belong into `text`, a note that people read with "readelf -n" or "strings".
 *
 * The file appears whole or not at all: it is written beside its place and renamed.
 */
#ifndef IMAGE_CORE_FILE_H
#define IMAGE_CORE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { CORE_REGISTERS = 17 /* r0..r12, sp, lr, pc, xpsr */, CORE_DOUBLES = 16 };

struct core_thread {
	uint32_t id;
	unsigned signal;		/* Linux numbers: 5 SIGTRAP, 11 SIGSEGV; 0 none */
	uint32_t regs[CORE_REGISTERS];
	bool has_fpu;
	uint64_t d[CORE_DOUBLES];
	uint32_t fpscr;
};

struct core_region {
	uint32_t addr;
	size_t bytes;
	uint8_t *data;
	bool is_code;
};

struct core_file {
	const struct core_thread *threads;
	size_t thread_count;
	const struct core_region *regions;
	size_t region_count;
	const char *description;	/* target.xml */
	const char *text;		/* for people; may be NULL */
};

/* Over a regular file or none. ERR_IO with the path and the system's reason. */
enum err core_file_write(const struct core_file *core, const char *path);

#endif
