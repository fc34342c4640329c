/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The instruction cache of STM32L4 flash (RM0351 3.3.4): 32 lines of 32 bytes. Neither an erase nor
 * a program reaches it: code that was fetched before runs again until ICRST, which acts only while
 * ICEN is 0, or a reset.
 *
 * What is known of the core's fetches is what the bus sees: those while the array is guarded, that is
 * from when the lock was opened. At that moment the line of the program counter is taken in as well.
 */
#include "vboard/device/stm32l4_flash_parts.h"

#include <string.h>

static bool is_on(const struct stm32l4_flash *f)
{
	return *f->acr & f->family->acr_icen;
}

static const struct flash_line *line_of(const struct stm32l4_flash *f, uint32_t phys)
{
	for (unsigned i = 0; i < FLASH_ICACHE_LINES; i++) {
		const struct flash_line *line = &f->icache[i];

		if (line->valid && line->phys == (phys & ~(FLASH_LINE_BYTES - 1)))
			return line;
	}
	return NULL;
}

void stm32l4_icache_fetch(struct stm32l4_flash *f, uint32_t phys)
{
	struct flash_line *line = &f->icache[f->next_icache];

	if (!is_on(f) || line_of(f, phys) != NULL)
		return;
	f->next_icache = (f->next_icache + 1) % FLASH_ICACHE_LINES;
	line->valid = true;
	line->phys = phys & ~(FLASH_LINE_BYTES - 1);
	memcpy(line->data, f->cells + line->phys, FLASH_LINE_BYTES);
}

const uint8_t *stm32l4_icache_at(const struct stm32l4_flash *f, uint32_t phys)
{
	const struct flash_line *line = is_on(f) ? line_of(f, phys) : NULL;

	return line != NULL ? line->data + phys % FLASH_LINE_BYTES : NULL;
}

void stm32l4_icache_forget(struct stm32l4_flash *f)
{
	memset(f->icache, 0, sizeof(f->icache));
	f->code_is_stale = false;
}

void stm32l4_icache_changed(struct stm32l4_flash *f, uint32_t phys, uint32_t bytes)
{
	for (unsigned i = 0; i < FLASH_ICACHE_LINES && !f->code_is_stale; i++) {
		const struct flash_line *line = &f->icache[i];

		f->code_is_stale = line->valid && line->phys + FLASH_LINE_BYTES > phys &&
				   line->phys < phys + bytes;
	}
}

void stm32l4_icache_acr(struct stm32l4_flash *f)
{
	if ((*f->acr & ACR_ICRST) && f->family->acr_icen != 0 && !is_on(f))
		stm32l4_icache_forget(f);
}

void stm32l4_icache_unlocked(struct stm32l4_flash *f)
{
	struct vb_cpu_state s;
	uint32_t phys;

	if (f->env->board->cpu == NULL || !is_on(f))
		return;
	vb_cpu_state(f->env->board->cpu, &s);
	if (s.pc - 0x08000000u >= stm32l4_array_end(f))
		return;
	phys = stm32l4_array_phys(f, s.pc - 0x08000000u);
	if (stm32l4_array_has(f, phys))
		stm32l4_icache_fetch(f, phys);
}
