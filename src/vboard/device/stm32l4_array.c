/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * STM32L4 flash as the bus sees it.
 *
 * `cells` is what the silicon holds, `view` what a reader gets: the same bytes, except where the
 * data cache still has a line from before an erase (an erase does not touch the cache, a program
 * does). The cache is filled by what can be observed: every debugger access, and the core's data
 * reads while the array is guarded. unconfirmed: the instruction cache is not modelled.
 *
 * Four regions make the main window so that every size of the line, 256 KiB to 1 MiB, has its two
 * banks on region boundaries and a bank swap only re-points regions.
 */
#include "vboard/device/stm32l4_flash_parts.h"

#include <string.h>

#define MAIN_BASE  0x08000000u
#define INFO_BASE  0x1fff0000u
#define SRAM1_BASE 0x20000000u

static const struct { uint32_t start, bytes; } windows[FLASH_WINDOWS] = {
	{ 0x00000, 0x20000 }, { 0x20000, 0x20000 }, { 0x40000, 0x40000 }, { 0x80000, 0x80000 }
};

bool stm32l4_array_is_dual(const struct stm32l4_flash *f)
{
	return f->size_kb == f->family->max_kb || (f->loaded[OPT_USER] & OPTR_DUALBANK);
}

uint32_t stm32l4_array_bank_bytes(const struct stm32l4_flash *f)
{
	return f->size_kb * 1024u / (stm32l4_array_is_dual(f) ? 2 : 1);
}

unsigned stm32l4_array_bank_of(const struct stm32l4_flash *f, uint32_t phys)
{
	return phys >= stm32l4_array_bank_bytes(f);
}

uint32_t stm32l4_array_phys(const struct stm32l4_flash *f, uint32_t bus_offset)
{
	bool swapped = f->fb_mode && stm32l4_array_is_dual(f);

	return swapped ? bus_offset ^ stm32l4_array_bank_bytes(f) : bus_offset;
}

/* Who may look */

/* Code in RAM counts as the debugger's at level 1; so does everything after a foreign boot. */
static bool runs_in_ram(const struct stm32l4_flash *f)
{
	struct vb_cpu_state s;

	vb_cpu_state(f->env->board->cpu, &s);
	return s.pc >= 0x10000000u && s.pc < 0x40000000u && (s.pc & 0xffff0000u) != INFO_BASE;
}

bool stm32l4_array_is_shut(struct stm32l4_flash *f, const struct vb_access *a)
{
	if (stm32l4_options_rdp(f) != 1)
		return false;
	if (a->master == VB_DAP)
		f->intruded = true;	/* stays shut for the core as well, until power-on */
	if (f->intruded || f->booted_elsewhere)
		return true;
	return a->master == VB_CPU_DATA && f->env->board->cpu != NULL && runs_in_ram(f);
}

/* ECC: 8 bits per double word, one error corrected, two detected (RM0351 3.3.2). */

static void note_ecc(struct stm32l4_flash *f, uint32_t phys, uint32_t flag)
{
	uint32_t *eccr = stm32l4_flash_reg(f, FLASH_ECCR);
	uint32_t bank_bytes = stm32l4_array_bank_bytes(f);

	if (!(*eccr & (ECCR_ECCC | ECCR_ECCD))) {	/* the first one is kept */
		*eccr &= ECCR_ECCIE;
		*eccr |= (phys % bank_bytes & ~7u) & ECCR_ADDR;
		*eccr |= stm32l4_array_bank_of(f, phys) ? ECCR_BK : 0;
	}
	*eccr |= flag;
	if (flag == ECCR_ECCC)
		f->stats.ecc_corrected++;
	else
		f->stats.ecc_detected++;
	stm32l4_flash_irq(f);
}

static void check_ecc(struct stm32l4_flash *f, uint32_t phys, unsigned size)
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
	return *stm32l4_flash_reg(f, FLASH_ACR) & ACR_DCEN;
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

static void cache_line(struct stm32l4_flash *f, uint32_t phys)
{
	struct flash_line *line = &f->line[f->next_line];
	struct flash_line victim = *line;

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

void stm32l4_array_acr(struct stm32l4_flash *f, uint32_t old)
{
	uint32_t acr = *stm32l4_flash_reg(f, FLASH_ACR);
	struct flash_line was[FLASH_CACHE_LINES];

	memcpy(was, f->line, sizeof(was));
	if ((acr & ACR_DCRST) && !(acr & ACR_DCEN))	/* DCRST acts on a cache that is off */
		memset(f->line, 0, sizeof(f->line));
	if (!((acr ^ old) & ACR_DCEN))
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
	stm32l4_array_show(f, phys, 8);
}

void stm32l4_array_erase(struct stm32l4_flash *f, uint32_t phys, uint32_t bytes)
{
	memset(f->cells + phys, 0xff, bytes);
	for (uint32_t dw = phys / 8; dw < (phys + bytes) / 8; dw++)
		set_state(f, dw, CELL_ERASED);
	stm32l4_array_show(f, phys, bytes);
}

bool stm32l4_array_load(struct stm32l4_flash *f, uint32_t phys, const uint8_t *data, size_t bytes)
{
	if (phys > f->size_kb * 1024u || bytes > f->size_kb * 1024u - phys)
		return false;
	memmove(f->cells + phys, data, bytes);
	for (uint32_t dw = phys / 8; dw < (phys + bytes + 7) / 8; dw++) {
		const uint8_t *p = f->cells + dw * 8;
		bool blank = get_le32(p) == UINT32_MAX && get_le32(p + 4) == UINT32_MAX;

		set_state(f, dw, blank ? CELL_ERASED : CELL_PROGRAMMED);
	}
	memset(f->line, 0, sizeof(f->line));
	stm32l4_array_show(f, phys, (uint32_t)bytes);
	stm32l4_array_guard(f);
	return true;
}

/* The windows */

static enum vb_result check_main(struct stm32l4_flash *f, struct vb_access *a, uint32_t phys)
{
	uint32_t acr = *stm32l4_flash_reg(f, FLASH_ACR);
	unsigned bank = stm32l4_array_bank_of(f, phys);

	if (a->is_write)
		return VB_OK;		/* judged by the write hook */
	if (stm32l4_array_is_shut(f, a) || (acr & ACR_RUN_PD))
		return VB_FAULT;
	if (f->stuck_bsy || (f->op != FLASH_IDLE && (f->op_banks & BIT(bank)))) {
		stm32l4_program_row_read(f);
		a->stall_until_ns = stm32l4_flash_busy_until(f);
		return VB_STALL;
	}
	if (a->master != VB_CPU_CODE && stm32l4_options_in_pcrop(f, phys, a->size)) {
		stm32l4_flash_flag(f, SR_RDERR);
		return VB_FAULT;
	}
	if (f->bad_cells > 0)
		check_ecc(f, phys, a->size);
	if (a->master != VB_CPU_CODE && dcache_is_on(f))
		cache_line(f, phys);
	return VB_OK;
}

static enum vb_result window_check(void *ctx, struct vb_access *a, uint32_t offset)
{
	struct flash_window *w = ctx;

	if (stm32_env_is_shut(w->f->env, a))
		return VB_FAULT;
	if (w->is_alias && w->f->mem_mode != 0)
		return VB_OK;
	return check_main(w->f, a, stm32l4_array_phys(w->f, w->start + offset));
}

static enum vb_result window_write(void *ctx, struct vb_access *a, uint32_t offset, uint32_t value)
{
	struct flash_window *w = ctx;
	uint8_t bytes[4];

	if (w->is_alias && w->f->mem_mode == 3) {
		put_le32(bytes, value);
		return vb_bus_poke(w->f->env->board->bus, SRAM1_BASE + w->start + offset, bytes,
				   a->size) ? VB_OK : VB_FAULT;
	}
	if (w->is_alias && w->f->mem_mode != 0)
		return VB_FAULT;
	return stm32l4_program_write(w->f, a, stm32l4_array_phys(w->f, w->start + offset), false,
				     value);
}

static enum vb_result info_check(void *ctx, struct vb_access *a, uint32_t offset)
{
	struct flash_info *info = ctx;

	(void)offset;
	return stm32_env_is_shut(info->f->env, a) ? VB_FAULT : VB_OK;
}

/* System memory and the option pages cannot be written by address; OTP can, once. */
static enum vb_result info_write(void *ctx, struct vb_access *a, uint32_t offset, uint32_t value)
{
	struct flash_info *info = ctx;
	bool otp = info->bank == 0 && offset >= FLASH_OTP_OFFSET &&
		   offset < FLASH_OTP_OFFSET + 8 * FLASH_OTP_DWORDS;

	if (otp)
		return stm32l4_program_write(info->f, a, offset, true, value);
	stm32l4_flash_flag(info->f, SR_WRPERR);
	return VB_OK;
}

/* The control port put bytes there: they count as programmed. */
static void window_poked(void *ctx, uint32_t offset, size_t bytes)
{
	struct flash_window *w = ctx;
	uint32_t phys = stm32l4_array_phys(w->f, w->start + offset);

	if (!w->f->is_showing && (!w->is_alias || w->f->mem_mode == 0))
		stm32l4_array_load(w->f, phys, w->f->view + phys, bytes);
}

static void info_poked(void *ctx, uint32_t offset, size_t bytes)
{
	struct flash_info *info = ctx;

	(void)offset;
	(void)bytes;
	for (unsigned i = 0; i < FLASH_OTP_DWORDS && info->bank == 0; i++) {
		const uint8_t *dw = info->bytes + FLASH_OTP_OFFSET + 8 * i;
		bool blank = get_le32(dw) == UINT32_MAX && get_le32(dw + 4) == UINT32_MAX;

		if (!blank)
			info->f->otp_state[i] = CELL_PROGRAMMED;
	}
	stm32l4_options_reread(info->f);
}

static const struct vb_ram_ops window_ops = { .write = window_write, .check = window_check,
					      .poked = window_poked };
static const struct vb_ram_ops info_ops = { .write = info_write, .check = info_check,
					    .poked = info_poked };

static void add_window(struct stm32l4_flash *f, struct flash_window *w, unsigned i, bool is_alias)
{
	struct vb_region region = {
		.name = is_alias ? "boot alias" : "flash",
		.base = (is_alias ? 0 : MAIN_BASE) + windows[i].start,
		.size = windows[i].bytes,
		.ram = f->view + windows[i].start,
		.executable = true,
		.dap_guarded = true,
		.ram_ops = &window_ops,
		.ctx = w,
	};

	*w = (struct flash_window){ .f = f, .start = windows[i].start, .bytes = windows[i].bytes,
				    .is_alias = is_alias };
	w->region = vb_bus_add(f->env->board->bus, &region);
}

void stm32l4_array_map(struct stm32l4_flash *f, uint8_t *sram1, uint32_t sram1_bytes)
{
	f->sram1 = sram1;
	f->sram1_bytes = sram1_bytes;
	for (unsigned i = 0; i < FLASH_WINDOWS; i++) {
		add_window(f, &f->window[i], i, false);
		add_window(f, &f->alias[i], i, true);
	}
	for (unsigned bank = 0; bank < 2; bank++) {
		struct vb_region region = {
			.name = bank ? "system memory 2" : "system memory",
			.base = INFO_BASE + bank * FLASH_INFO_BYTES,
			.size = FLASH_INFO_BYTES,
			.ram = f->info[bank].bytes,
			.executable = true,
			.dap_guarded = true,
			.ram_ops = &info_ops,
			.ctx = &f->info[bank],
		};

		f->info[bank].region = vb_bus_add(f->env->board->bus, &region);
	}
}

static void point(struct stm32l4_flash *f, struct flash_window *w)
{
	struct vb_bus *bus = f->env->board->bus;
	bool is_first = w->start == 0;

	if (w->is_alias && f->mem_mode == 1)
		vb_bus_remap(bus, w->region, is_first ? f->info[0].bytes : NULL,
			     is_first ? FLASH_INFO_BYTES : 0);
	else if (w->is_alias && f->mem_mode == 3)
		vb_bus_remap(bus, w->region, is_first ? f->sram1 : NULL,
			     is_first ? f->sram1_bytes : 0);
	else if (w->start >= f->size_kb * 1024u || (w->is_alias && f->mem_mode != 0))
		vb_bus_remap(bus, w->region, NULL, 0);
	else
		vb_bus_remap(bus, w->region, f->view + stm32l4_array_phys(f, w->start), w->bytes);
}

void stm32l4_array_remap(struct stm32l4_flash *f)
{
	for (unsigned i = 0; i < FLASH_WINDOWS; i++) {
		if (f->window[i].region == NULL)
			return;
		point(f, &f->window[i]);
		point(f, &f->alias[i]);
	}
}

/*
 * The core reads flash at full speed unless something could refuse, stall or taint a read. An open
 * lock announces operations: switching at every double word would cost more than it saves.
 */
void stm32l4_array_guard(struct stm32l4_flash *f)
{
	bool on = !(*stm32l4_flash_reg(f, FLASH_CR) & CR_LOCK) || stm32l4_flash_is_busy(f) ||
		  stm32l4_options_rdp(f) == 1 || f->bad_cells > 0 ||
		  (*stm32l4_flash_reg(f, FLASH_ACR) & ACR_RUN_PD) || stm32l4_options_has_pcrop(f);

	for (unsigned i = 0; i < FLASH_WINDOWS; i++) {
		if (f->window[i].region == NULL)
			return;
		vb_bus_guard(f->env->board->bus, f->window[i].region, on);
		vb_bus_guard(f->env->board->bus, f->alias[i].region, on);
	}
}
