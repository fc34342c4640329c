/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory map (GDB manual, "Memory Map Format"). GDB sends no packet for an address outside of all
 * regions, so what is not flash is declared ram, up to the last byte: peripherals and the System
 * Control Space, which GDB reads to unwind exceptions, included.
 */
#include <stdlib.h>

#include "server/gdb/documents.h"

#define TOP 0x100000000ull

static void add(struct map_region **regions, size_t *count, const struct map_region *region)
{
	if (region->length == 0)
		return;
	*regions = xrealloc(*regions, (*count + 1) * sizeof(**regions));
	(*regions)[(*count)++] = *region;
}

/* One region per run of equal neighbours: GDB counts blocks from a region's start. */
static void add_bank(struct map_region **regions, size_t *count, const struct flash_bank *bank)
{
	bool is_rom = bank->driver->write == NULL || bank->driver->is_read_only;
	struct map_region run = { 0 };

	for (unsigned i = 0; i < bank->sector_count; i++) {
		const struct flash_sector *sector = &bank->sectors[i];
		uint64_t addr = (uint64_t)bank->base + sector->offset;

		if (sector->size != run.blocksize || addr != run.addr + run.length) {
			add(regions, count, &run);
			run = (struct map_region){ .addr = addr, .blocksize = sector->size,
						    .is_rom = is_rom };
		}
		run.length += sector->size;
	}
	add(regions, count, &run);
}

static int by_address(const void *a, const void *b)
{
	const struct map_region *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

size_t memory_map_regions(const struct flash_bank *banks, const struct target *t,
			  struct map_region **regions)
{
	struct map_region *flash = NULL;
	size_t flash_count = 0, count = 0;
	uint64_t at = 0;

	*regions = NULL;
	for (const struct flash_bank *b = banks; b != NULL; b = b->next) {
		if (b->target == t && b->is_probed)
			add_bank(&flash, &flash_count, b);
	}
	if (flash_count > 0)
		qsort(flash, flash_count, sizeof(*flash), by_address);
	for (size_t i = 0; i < flash_count; i++) {
		/* Two banks may claim one address; GDB would reject the whole map. */
		if (flash[i].addr < at || flash[i].addr + flash[i].length > TOP)
			continue;
		add(regions, &count, &(struct map_region){ .addr = at, .length = flash[i].addr - at });
		add(regions, &count, &flash[i]);
		at = flash[i].addr + flash[i].length;
	}
	add(regions, &count, &(struct map_region){ .addr = at, .length = TOP - at });
	free(flash);
	return count;
}

void memory_map_build(const struct flash_bank *banks, const struct target *t, struct buf *xml)
{
	struct map_region *regions;
	size_t count = memory_map_regions(banks, t, &regions);

	buf_printf(xml, "<?xml version=\"1.0\"?>\n"
			"<!DOCTYPE memory-map PUBLIC \"+//IDN gnu.org//DTD GDB Memory Map V1.0//EN\" "
			"\"http://sourceware.org/gdb/gdb-memory-map.dtd\">\n<memory-map>\n");
	for (size_t i = 0; i < count; i++) {
		const struct map_region *r = &regions[i];
		const char *type = r->is_rom ? "rom" : r->blocksize != 0 ? "flash" : "ram";

		buf_printf(xml, "<memory type=\"%s\" start=\"0x%llx\" length=\"0x%llx\"", type,
			   (unsigned long long)r->addr, (unsigned long long)r->length);
		if (r->blocksize != 0 && !r->is_rom)
			buf_printf(xml, "><property name=\"blocksize\">0x%x</property></memory>\n",
				   r->blocksize);
		else
			buf_printf(xml, "/>\n");
	}
	buf_printf(xml, "</memory-map>\n");
	free(regions);
}
