/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stm32l4: the protected pages of each physical bank, drawn as a map. */
#include "flash/stm32l4_option.h"

#include <stdlib.h>
#include <string.h>

#define ROW 64u

/* '.' free, '#' WRP, 'P' PCROP, '*' both. */
static void mark(char *map, const struct stm32l4_area *a)
{
	for (unsigned i = a->first; a->is_active && i <= a->last; i++) {
		char own = a->is_pcrop ? 'P' : '#';

		map[i] = map[i] == '.' || map[i] == own ? own : '*';
	}
}

static void draw_bank(const struct flash_bank *bank, unsigned physical, const char *map, struct buf *out)
{
	const struct stm32l4 *f = bank->priv;
	unsigned first = stm32l4_bank_first_sector(f, physical);
	uint32_t start = bank->base + bank->sectors[first].offset;

	buf_printf(out, "bank %u: pages 0..%u of %u KiB, 0x%08x..0x%08x%s\n", physical + 1,
		   f->g.bank_pages - 1, f->g.page_bytes / 1024, start, start + f->g.bank_bytes - 1,
		   f->is_swapped ? " (the banks are swapped)" : "");
	for (unsigned i = 0; i < f->g.bank_pages; i += ROW)
		buf_printf(out, "  0x%08x %4u  %.*s\n", bank->base + bank->sectors[first + i].offset, i,
			   (int)MIN(ROW, f->g.bank_pages - i), map + first + i);
}

enum err stm32l4_show_wrp(struct flash_bank *bank, struct buf *out)
{
	struct stm32l4 *f = bank->priv;
	struct stm32l4_area areas[2 * MAX_AREAS];
	size_t count, shown = 0;
	char *map;

	TRY(flash_probe(bank));
	TRY(stm32l4_check_swap(bank));
	TRY(stm32l4_read_areas(bank, areas, &count));
	map = xcalloc(bank->sector_count + 1, 1);
	memset(map, '.', bank->sector_count);
	for (size_t i = 0; i < count; i++)
		mark(map, &areas[i]);
	draw_bank(bank, 0, map, out);
	if (f->g.dual)
		draw_bank(bank, 1, map, out);
	free(map);
	buf_printf(out, ". free  # write-protected (WRP)  P PCROP  * both; a row is %u pages\n", ROW);
	for (size_t i = 0; i < count; i++)
		if (areas[i].is_active) {
			stm32l4_describe_area(&areas[i], out);
			shown++;
		}
	if (shown == 0)
		buf_printf(out, "  no area is protected\n");
	return OK;
}
