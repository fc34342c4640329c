/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What STM32L4 flash holds and what a reader gets of it.
 *
 * `cells` is the silicon, `view` what the bus shows: the same bytes, except where the data cache
 * still has a line from before an erase (an erase does not touch the cache, a program does). The
 * cache is filled by what can be observed: every debugger access, and the core's data reads while
 * the array is guarded.
 */
#include "vboard/device/stm32l4_flash_parts.h"

#include <string.h>

#define MAIN_BASE 0x08000000u

/* ECC: 8 bits per double word, one error corrected, two detected (RM0351 3.3.2). */

static void note_ecc(struct stm32l4_flash *f, uint32_t phys, uint32_t flag)
{
	const struct stm32l4_flash_family *family = f->family;
	unsigned bank = stm32l4_array_bank_of(f, phys);
	uint32_t *eccr = bank == 1 && f->ecc2r != NULL ? f->ecc2r : f->eccr;
	uint32_t offset = phys - bank * stm32l4_array_bank_span(f);

	if (!(*eccr & (ECCR_ECCC | ECCR_ECCD))) {	/* the first one is kept */
		*eccr &= ECCR_ECCIE;
		*eccr |= (offset & ~7u) >> family->ecc_shift & family->ecc_addr;
		*eccr |= bank == 1 ? family->ecc_bank : 0;
	}
	*eccr |= flag;
	if (flag == ECCR_ECCC)
		f->stats.ecc_corrected++;
	else
		f->stats.ecc_detected++;
	stm32l4_flash_irq(f);
}

void stm32l4_cells_check_ecc(struct stm32l4_flash *f, uint32_t phys, unsigned size)
{
	for (uint32_t dw = phys / 8; dw <= (phys + size - 1) / 8; dw++) {
		if (f->state[dw] == CELL_ECC1)
			note_ecc(f, dw * 8, ECCR_ECCC);
		else if (f->state[dw] == CELL_BAD)
			note_ecc(f, dw * 8, ECCR_ECCD);
	}
}

static void set_state(struct stm32l4_flash *f, uint32_t dw, enum flash_cell state)
{
	f->bad_cells -= f->state[dw] >= CELL_ECC1;
	f->bad_cells += state >= CELL_ECC1;
	f->state[dw] = (uint8_t)state;
}

void stm32l4_array_set_state(struct stm32l4_flash *f, uint32_t phys, enum flash_cell state)
{
	set_state(f, phys / 8, state);
	stm32l4_array_guard(f);
}

/* The data cache: 8 lines of 32 bytes, replaced in turn. */

static bool dcache_is_on(struct stm32l4_flash *f)
{
	return *f->acr & f->family->acr_dcen;
}

/* Makes `view` what a reader gets now. Goes through the bus so that translated code is dropped. */
void stm32l4_array_show(struct stm32l4_flash *f, uint32_t phys, uint32_t bytes)
{
	uint8_t now[FLASH_LINE_BYTES];
	uint32_t end = phys + bytes;

	phys &= ~(FLASH_LINE_BYTES - 1);
	for (; phys < end; phys += FLASH_LINE_BYTES) {
		memcpy(now, f->cells + phys, sizeof(now));
		for (unsigned i = 0; i < FLASH_CACHE_LINES && dcache_is_on(f); i++) {
			if (f->line[i].valid && f->line[i].phys == phys)
				memcpy(now, f->line[i].data, sizeof(now));
		}
		if (memcmp(f->view + phys, now, sizeof(now)) == 0)
			continue;
		f->is_showing = true;
		if (!vb_bus_poke(f->env->board->bus, MAIN_BASE + stm32l4_array_phys(f, phys), now,
				 sizeof(now)))
			memcpy(f->view + phys, now, sizeof(now));	/* not on the bus (yet) */
		f->is_showing = false;
	}
}

void stm32l4_cells_read(struct stm32l4_flash *f, uint32_t phys)
{
	struct flash_line *line = &f->line[f->next_line];
	struct flash_line victim = *line;

	if (!dcache_is_on(f))
		return;
	phys &= ~(FLASH_LINE_BYTES - 1);
	for (unsigned i = 0; i < FLASH_CACHE_LINES; i++) {
		if (f->line[i].valid && f->line[i].phys == phys)
			return;
	}
	f->next_line = (f->next_line + 1) % FLASH_CACHE_LINES;
	line->valid = true;
	line->phys = phys;
	memcpy(line->data, f->cells + phys, FLASH_LINE_BYTES);
	if (victim.valid)
		stm32l4_array_show(f, victim.phys, FLASH_LINE_BYTES);
}

void stm32l4_cells_forget(struct stm32l4_flash *f)
{
	memset(f->line, 0, sizeof(f->line));
	stm32l4_icache_forget(f);
	stm32l4_array_show(f, 0, f->family->max_kb * 1024u);
}

void stm32l4_cells_acr(struct stm32l4_flash *f, uint32_t old)
{
	struct flash_line was[FLASH_CACHE_LINES];

	stm32l4_icache_acr(f);
	if (f->family->acr_dcen == 0)
		return;
	memcpy(was, f->line, sizeof(was));
	if ((*f->acr & ACR_DCRST) && !dcache_is_on(f))	/* DCRST acts on a cache that is off */
		memset(f->line, 0, sizeof(f->line));
	if (!((*f->acr ^ old) & f->family->acr_dcen))
		return;
	for (unsigned i = 0; i < FLASH_CACHE_LINES; i++) {
		if (was[i].valid)
			stm32l4_array_show(f, was[i].phys, FLASH_LINE_BYTES);
	}
}

/* Changing the cells */

void stm32l4_array_store(struct stm32l4_flash *f, uint32_t phys, const uint32_t data[2],
			 enum flash_cell state)
{
	put_le32(&f->cells[phys], data[0]);
	put_le32(&f->cells[phys + 4], data[1]);
	set_state(f, phys / 8, state);
	for (unsigned i = 0; i < FLASH_CACHE_LINES; i++) {
		struct flash_line *line = &f->line[i];

		if (line->valid && line->phys == (phys & ~(FLASH_LINE_BYTES - 1)))
			memcpy(line->data + phys % FLASH_LINE_BYTES, &f->cells[phys], 8);
	}
	stm32l4_icache_changed(f, phys, 8);
	stm32l4_array_show(f, phys, 8);
}

void stm32l4_array_erase(struct stm32l4_flash *f, uint32_t phys, uint32_t bytes)
{
	memset(f->cells + phys, 0xff, bytes);
	for (uint32_t dw = phys / 8; dw < (phys + bytes) / 8; dw++)
		set_state(f, dw, CELL_ERASED);
	stm32l4_icache_changed(f, phys, bytes);
	stm32l4_array_show(f, phys, bytes);
}

/* Another bank mode computes the ECC over another width: what was written no longer matches it
 * until it is erased (RM0432 3.3.1). */
void stm32l4_cells_spoil(struct stm32l4_flash *f)
{
	for (uint32_t dw = 0; dw < f->family->max_kb * 128u; dw++) {
		if (f->state[dw] != CELL_ERASED)
			set_state(f, dw, CELL_BAD);
	}
}

static bool holds(const struct stm32l4_flash *f, uint32_t phys, size_t bytes)
{
	uint32_t last = phys + (uint32_t)bytes - 1;

	return bytes <= f->family->max_kb * 1024u && stm32l4_array_has(f, phys) &&
	       stm32l4_array_has(f, last) &&
	       (stm32l4_array_bank_span(f) == stm32l4_array_bank_bytes(f) ||
		stm32l4_array_bank_of(f, phys) == stm32l4_array_bank_of(f, last));
}

bool stm32l4_array_load(struct stm32l4_flash *f, uint32_t phys, const uint8_t *data, size_t bytes)
{
	if (bytes == 0)
		return phys <= f->family->max_kb * 1024u;
	if (!holds(f, phys, bytes))
		return false;
	memmove(f->cells + phys, data, bytes);
	for (uint32_t dw = phys / 8; dw < (phys + bytes + 7) / 8; dw++) {
		const uint8_t *p = f->cells + dw * 8;
		bool blank = get_le32(p) == UINT32_MAX && get_le32(p + 4) == UINT32_MAX;

		set_state(f, dw, blank ? CELL_ERASED : CELL_PROGRAMMED);
	}
	memset(f->line, 0, sizeof(f->line));
	stm32l4_icache_forget(f);
	stm32l4_array_show(f, phys, (uint32_t)bytes);
	stm32l4_array_guard(f);
	return true;
}
