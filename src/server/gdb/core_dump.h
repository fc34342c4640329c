/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * core_dump: what of a target goes into a core file: registers of the core, of what its exceptions have
 * interrupted and of all threads; RAM; the parts of the System Control Space that GDB and people read.
 *
 * core_dump_collect() claims the target, which is halted, and services the loop. What cannot be read is
 * left out and listed in `text`; only a lost probe, a lost target or Ctrl-C is an error.
 */
#ifndef SERVER_GDB_CORE_DUMP_H
#define SERVER_GDB_CORE_DUMP_H

#include "image/core_file.h"
#include "server/gdb/room.h"

/* Part of the address space to save. */
struct core_span {
	uint32_t addr;
	size_t bytes;
	bool is_code, may_be_missing;
};

struct core_dump {
	struct gdb_server *gdb;
	struct target *target;
	bool without_ram, with_flash;
	struct core_span *spans;	/* added before: what the user named */
	size_t span_count;

	struct core_thread *threads;
	size_t thread_count;
	struct core_region *regions;
	size_t region_count;
	struct buf description, text;
	size_t done, total, missing;	/* bytes */
	uint64_t told_ms;		/* progress */
};

void core_dump_add_span(struct core_dump *dump, uint32_t addr, size_t bytes, bool is_code);
enum err core_dump_collect(struct core_dump *dump);
void core_dump_free(struct core_dump *dump);

/* core_dump_threads.c, for core_dump.c */
enum err core_dump_threads(struct core_dump *dump);

extern const struct command core_dump_commands[];	/* user data: struct gdb_server */

#endif
