/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * STM32L4 flash as the bus sees it: windows over main flash, at 0 and where the line has a secure
 * alias, and over the information block; who may read what, and when.
 *
 * The windows are cut so that every size of every line has its two banks on their borders and a bank
 * swap only re-points them. A part with a hole between its banks leaves windows empty.
 */
#include "vboard/device/stm32l4_flash_parts.h"

#include <string.h>

#define MAIN_BASE  0x08000000u
#define INFO_BASE  0x1fff0000u
#define SRAM1_BASE 0x20000000u

static const struct { uint32_t start, bytes; } windows[FLASH_WINDOWS] = {
	{ 0x00000, 0x10000 }, { 0x10000, 0x10000 }, { 0x20000, 0x20000 }, { 0x40000, 0x10000 },
	{ 0x50000, 0x10000 }, { 0x60000, 0x20000 }, { 0x80000, 0x80000 }, { 0x100000, 0x100000 },
};

/* Geometry, RM0351 3.3.1 and the same place of the other manuals */

static bool dual_by(const struct stm32l4_flash *f, uint32_t optr)
{
	const struct stm32l4_flash_family *family = f->family;
	uint32_t bit = f->size_kb == family->max_kb ? family->dual_bit : family->dual_bit_small;

	return family->two_banks && (bit == 0 || (optr & bit));
}

bool stm32l4_array_is_dual(const struct stm32l4_flash *f)
{
	return dual_by(f, f->loaded[OPT_USER]);
}

static uint32_t page_by(const struct stm32l4_flash *f, uint32_t optr)
{
	bool small = f->family->page_bit ? (optr & f->family->page_bit) != 0 : dual_by(f, optr);

	return small ? f->family->page_bytes : f->family->page_bytes_single;
}

uint32_t stm32l4_array_page_bytes(const struct stm32l4_flash *f)
{
	return page_by(f, f->loaded[OPT_USER]);
}

bool stm32l4_array_mode_differs(const struct stm32l4_flash *f, uint32_t optr)
{
	return dual_by(f, optr) != stm32l4_array_is_dual(f) ||
	       page_by(f, optr) != stm32l4_array_page_bytes(f);
}

uint32_t stm32l4_array_bank_bytes(const struct stm32l4_flash *f)
{
	return f->size_kb * 1024u / (stm32l4_array_is_dual(f) ? 2 : 1);
}

uint32_t stm32l4_array_bank_span(const struct stm32l4_flash *f)
{
	if (f->family->bank2_start != 0 && stm32l4_array_is_dual(f))
		return f->family->bank2_start;
	return stm32l4_array_bank_bytes(f);
}

uint32_t stm32l4_array_end(const struct stm32l4_flash *f)
{
	return (stm32l4_array_is_dual(f) ? stm32l4_array_bank_span(f) : 0) +
	       stm32l4_array_bank_bytes(f);
}

unsigned stm32l4_array_bank_of(const struct stm32l4_flash *f, uint32_t phys)
{
	return phys >= stm32l4_array_bank_span(f);
}

bool stm32l4_array_has(const struct stm32l4_flash *f, uint32_t phys)
{
	return phys < stm32l4_array_end(f) &&
	       phys % stm32l4_array_bank_span(f) < stm32l4_array_bank_bytes(f);
}

bool stm32l4_array_is_swapped(const struct stm32l4_flash *f)
{
	bool bit = f->loaded[OPT_USER] & BIT(20);
	bool swapped = f->family->swap == SWAP_BY_SYSCFG ? f->fb_mode :
		       f->family->swap == SWAP_IF_SET ? bit :
		       f->family->swap == SWAP_IF_CLEAR ? !bit : false;

	return swapped && stm32l4_array_is_dual(f);
}

uint32_t stm32l4_array_phys(const struct stm32l4_flash *f, uint32_t bus_offset)
{
	return stm32l4_array_is_swapped(f) ? bus_offset ^ stm32l4_array_bank_span(f) : bus_offset;
}

/* Who may look */

/* Code in RAM counts as the debugger's at level 1; so does everything after a foreign boot. */
static bool runs_in_ram(const struct stm32l4_flash *f)
{
	struct vb_cpu_state s;

	vb_cpu_state(f->env->board->cpu, &s);
	if ((s.pc & 0xfb000000u) == 0x0a000000u)	/* L5, U5: RAM on the code bus */
		return true;
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

static enum vb_result check_main(struct stm32l4_flash *f, struct vb_access *a, uint32_t phys)
{
	unsigned bank = stm32l4_array_bank_of(f, phys);

	if (a->is_write)
		return VB_OK;		/* judged by the write hook */
	if (stm32l4_array_is_shut(f, a) || stm32l4_flash_is_down(f, bank) ||
	    stm32l4_protect_is_cpu2(f, phys) || stm32l4_protect_is_sealed(f, phys))
		return VB_FAULT;
	if (f->stuck_bsy ||
	    (f->op != FLASH_IDLE && f->op_waits_ns == 0 && (f->op_banks & BIT(bank)))) {
		stm32l4_fast_row_read(f);
		a->stall_until_ns = stm32l4_flash_busy_until(f);
		return VB_STALL;
	}
	if (a->master != VB_CPU_CODE && stm32l4_protect_in_pcrop(f, phys, a->size)) {
		stm32l4_flash_flag(f, SR_RDERR);
		return VB_FAULT;
	}
	if (f->bad_cells > 0)
		stm32l4_cells_check_ecc(f, phys, a->size);
	if (a->master == VB_CPU_CODE)
		stm32l4_icache_fetch(f, phys);
	else
		stm32l4_cells_read(f, phys);
	return VB_OK;
}

static bool shows_flash(const struct flash_window *w)
{
	return !w->is_alias || w->f->mem_mode == 0;
}

static enum vb_result window_check(void *ctx, struct vb_access *a, uint32_t offset)
{
	struct flash_window *w = ctx;

	if (stm32_env_is_shut(w->f->env, a))
		return VB_FAULT;
	if (!shows_flash(w))
		return VB_OK;
	return check_main(w->f, a, stm32l4_array_phys(w->f, w->start + offset));
}

static bool is_hidden(const struct flash_window *w, const struct vb_access *a, uint32_t phys)
{
	return stm32l4_options_has_tz(w->f) && stm32l4_flash_side(w->f, a) == 0 &&
	       stm32l4_protect_is_secure(w->f, phys);
}

/* A secure page reads as zero from the non-secure world, without a bus error; code may come from a
 * cache that is older than the cells. */
static enum vb_result window_read(void *ctx, struct vb_access *a, uint32_t offset, uint32_t *value)
{
	struct flash_window *w = ctx;
	uint32_t phys = stm32l4_array_phys(w->f, w->start + offset);
	const uint8_t *p = w->region->ram + offset, *cached = NULL;

	if (shows_flash(w) && a->master == VB_CPU_CODE && (phys & 3) + a->size <= 4)
		cached = stm32l4_icache_at(w->f, phys);
	p = cached != NULL ? cached : p;
	if (shows_flash(w) && is_hidden(w, a, phys))
		*value = 0;
	else
		*value = a->size == 4 ? get_le32(p) : a->size == 2 ? get_le16(p) : *p;
	return VB_OK;
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
	if (!shows_flash(w))
		return VB_FAULT;
	return stm32l4_program_write(w->f, a, stm32l4_array_phys(w->f, w->start + offset), false,
				     value);
}

/* The information block */

static unsigned area_of(const struct flash_info *info)
{
	return (unsigned)(info - info->f->info);
}

uint8_t *stm32l4_info_at(struct stm32l4_flash *f, uint32_t addr)
{
	for (unsigned i = 0; i < FLASH_INFO_AREAS && f->info[i].bytes != NULL; i++) {
		const struct flash_area *area = &f->family->info[i];

		if (addr - area->base < area->bytes)
			return f->info[i].bytes + (addr - area->base);
	}
	return NULL;
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
	const struct stm32l4_flash_family *family = info->f->family;
	uint32_t addr = family->info[area_of(info)].base + offset;

	if (addr - family->otp_base < 8 * family->otp_dwords)
		return stm32l4_program_write(info->f, a, addr - family->otp_base, true, value);
	stm32l4_flash_flag_on(info->f, stm32l4_flash_side(info->f, a), SR_WRPERR);
	return VB_OK;
}

/* The control port put bytes there: they count as programmed. */
static void window_poked(void *ctx, uint32_t offset, size_t bytes)
{
	struct flash_window *w = ctx;
	uint32_t phys = stm32l4_array_phys(w->f, w->start + offset);

	if (!w->f->is_showing && shows_flash(w))
		stm32l4_array_load(w->f, phys, w->f->view + phys, bytes);
}

static void info_poked(void *ctx, uint32_t offset, size_t bytes)
{
	struct flash_info *info = ctx;
	struct stm32l4_flash *f = info->f;
	const uint8_t *otp = stm32l4_info_at(f, f->family->otp_base);

	(void)offset;
	(void)bytes;
	for (unsigned i = 0; i < f->family->otp_dwords; i++) {
		const uint8_t *dw = otp + 8 * i;
		bool blank = get_le32(dw) == UINT32_MAX && get_le32(dw + 4) == UINT32_MAX;

		if (!blank)
			f->otp_state[i] = CELL_PROGRAMMED;
	}
	stm32l4_options_reread(f);
}

static const struct vb_ram_ops window_ops = { .write = window_write, .check = window_check,
					      .read = window_read, .poked = window_poked };
static const struct vb_ram_ops info_ops = { .write = info_write, .check = info_check,
					    .poked = info_poked };

static void add_window(struct stm32l4_flash *f, struct flash_window *w, unsigned i, uint32_t base)
{
	struct vb_region region = {
		.name = base == 0 ? "boot alias" : base == MAIN_BASE ? "flash" : "flash, secure",
		.base = base + windows[i].start,
		.size = windows[i].bytes,
		.ram = f->view + windows[i].start,
		.executable = true,
		.dap_guarded = true,
		.ram_ops = &window_ops,
		.ctx = w,
	};

	*w = (struct flash_window){ .f = f, .start = windows[i].start, .bytes = windows[i].bytes,
				    .is_alias = base == 0,
				    .is_secure = base != 0 && base != MAIN_BASE };
	w->region = vb_bus_add(f->env->board->bus, &region);
}

static void add_info(struct stm32l4_flash *f, unsigned i)
{
	const struct flash_area *area = &f->family->info[i];
	struct vb_region region = {
		.name = area->name,
		.base = area->base,
		.size = area->bytes,
		.ram = f->info[i].bytes,
		.executable = true,
		.dap_guarded = true,
		.ram_ops = &info_ops,
		.ctx = &f->info[i],
	};

	f->info[i].region = vb_bus_add(f->env->board->bus, &region);
}

void stm32l4_array_map(struct stm32l4_flash *f, uint8_t *sram1, uint32_t sram1_bytes)
{
	f->sram1 = sram1;
	f->sram1_bytes = sram1_bytes;
	for (unsigned i = 0; i < FLASH_WINDOWS; i++) {
		if (windows[i].start >= f->family->max_kb * 1024u)
			break;
		add_window(f, &f->window[i], i, MAIN_BASE);
		if (f->family->has_alias)
			add_window(f, &f->alias[i], i, 0);
		if (f->family->secure_base != 0)
			add_window(f, &f->secure[i], i, f->family->secure_base);
	}
	for (unsigned i = 0; i < FLASH_INFO_AREAS && f->info[i].bytes != NULL; i++)
		add_info(f, i);
	stm32l4_array_remap(f);
}

static void point(struct stm32l4_flash *f, struct flash_window *w)
{
	struct vb_bus *bus = f->env->board->bus;
	uint32_t phys = stm32l4_array_phys(f, w->start), left;
	bool is_first = w->start == 0;

	if (w->region == NULL)
		return;
	if (w->is_alias && f->mem_mode == 1) {
		vb_bus_remap(bus, w->region, is_first ? f->info[0].bytes : NULL,
			     is_first ? f->family->info[0].bytes : 0);
	} else if (w->is_alias && f->mem_mode == 3 && w->start < f->sram1_bytes) {
		vb_bus_remap(bus, w->region, f->sram1 + w->start,
			     MIN(w->bytes, f->sram1_bytes - w->start));
	} else if (!stm32l4_array_has(f, phys) || !shows_flash(w) ||
		   (w->is_secure && !stm32l4_options_has_tz(f))) {
		vb_bus_remap(bus, w->region, NULL, 0);
	} else {
		left = stm32l4_array_bank_bytes(f) - phys % stm32l4_array_bank_span(f);
		vb_bus_remap(bus, w->region, f->view + phys, MIN(w->bytes, left));
	}
}

void stm32l4_array_remap(struct stm32l4_flash *f)
{
	for (unsigned i = 0; i < FLASH_WINDOWS; i++) {
		point(f, &f->window[i]);
		point(f, &f->alias[i]);
		point(f, &f->secure[i]);
	}
}

static void guard(struct stm32l4_flash *f, const struct flash_window *w, bool on)
{
	if (w->region != NULL)
		vb_bus_guard(f->env->board->bus, w->region,
			     on || stm32l4_protect_is_cpu2(f, w->start + w->bytes - 1));
}

/*
 * The core reads flash at full speed unless something could refuse, stall or taint a read. An open
 * lock announces operations: switching at every double word would cost more than it saves.
 */
void stm32l4_array_guard(struct stm32l4_flash *f)
{
	bool on = !(*f->cr & CR_LOCK) || !(*f->side[1].cr & CR_LOCK) || stm32l4_flash_is_busy(f) ||
		  stm32l4_options_rdp(f) == 1 || f->bad_cells > 0 || stm32l4_flash_is_down(f, 0) ||
		  stm32l4_flash_is_down(f, 1) || stm32l4_protect_has_pcrop(f) || f->code_is_stale ||
		  (*f->cr & (f->family->cr_sec_prot[0] | f->family->cr_sec_prot[1]));

	for (unsigned i = 0; i < FLASH_WINDOWS; i++) {
		guard(f, &f->window[i], on);
		guard(f, &f->alias[i], on);
		guard(f, &f->secure[i], on);
	}
}
