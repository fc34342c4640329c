/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The XML documents GDB reads by qXfer: target description and memory map, made from tables. */
#ifndef SERVER_GDB_DOCUMENTS_H
#define SERVER_GDB_DOCUMENTS_H

#include "flash/flash.h"

/* tdesc.c: registers grouped by feature, in GDB's numbers. */
void tdesc_build(const struct target *t, struct buf *xml);
/* The same of the registers that a core file holds. */
void tdesc_build_core(const struct target *t, struct buf *xml);
/* NULL: no register of this number that GDB knows. */
const struct reg *tdesc_find(const struct target *t, uint32_t number);
/* The i-th register of a `g` packet: r0..r12, sp, lr, pc, xpsr. NULL past the end. */
const struct reg *tdesc_general(const struct target *t, size_t i);

/* memory_map.c */
struct map_region {
	uint64_t addr, length;
	uint32_t blocksize;		/* flash: the erase unit; 0: ram or rom */
	bool is_rom;
};
/* The probed banks of `t`, and ram in all gaps, from 0 to 4 GiB. *regions is malloc'ed. */
size_t memory_map_regions(const struct flash_bank *banks, const struct target *t,
			  struct map_region **regions);
void memory_map_build(const struct flash_bank *banks, const struct target *t, struct buf *xml);

#endif
