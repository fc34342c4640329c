/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rom_table: CoreSight component identification (IHI 0029 B2, IHI 0031 D). The first half is pure:
 * words in, facts out. rom_table_walk() reads them through a MEM-AP, in order of the tables, deep
 * ones included, and goes on past components that cannot be read.
 */
#ifndef DAP_ROM_TABLE_H
#define DAP_ROM_TABLE_H

#include "dap/mem_ap.h"

/* The identification registers from ROM_ID_OFFSET to the end of the 4 KiB block, as read. */
#define ROM_ID_OFFSET 0xfbcu
#define ROM_ID_WORDS  17u

enum component_class { CLASS_ROM_TABLE = 0x1, CLASS_CORESIGHT = 0x9, CLASS_GENERIC_IP = 0xe,
		       CLASS_SYSTEM = 0xf };

struct component {
	uint32_t base;			/* of the 4 KiB block with the identification */
	bool is_valid;			/* CIDR has its fixed pattern */
	uint64_t pidr;
	unsigned class, designer, part, revision;
	uint32_t devtype, devarch;	/* class 9 only; MEMTYPE is in devtype for class 1 */
	unsigned pages;			/* 4 KiB pages it occupies */
};

void rom_parse_id(uint32_t base, const uint32_t words[ROM_ID_WORDS], struct component *component);
bool rom_is_table(const struct component *component);
/* "Cortex-M4 SCS"; NULL if the table does not know the part. */
const char *rom_part_name(const struct component *component);
const char *rom_class_name(unsigned class);
/* "MEM-AP AHB3", by the IDR of an access port. */
const char *rom_ap_type_name(uint32_t idr);

/* One step of the walk. entry_offset ~0: the top table itself. */
struct rom_visit {
	unsigned depth;
	uint32_t entry_offset, entry;
	enum { ROM_COMPONENT, ROM_NOT_PRESENT, ROM_UNREADABLE, ROM_END, ROM_SEEN_BEFORE } what;
	const struct component *component;	/* of ROM_COMPONENT */
};
typedef void (*rom_visit_fn)(void *ctx, const struct rom_visit *visit);
/* Only a lost adapter or link is an error; what a component does is told to `fn`. */
enum err rom_table_walk(struct mem_ap *ap, uint32_t base, rom_visit_fn fn, void *ctx);

#endif
