/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stm32l4: identification, session (unlock, preflight, caches), register access. */
#include "flash/stm32l4.h"

#include <stdlib.h>

#include "base/clock.h"

#define BUSY_MS		250u
#define RESERVED_IDCODE 0xfffu

/* Registers */

enum err stm32l4_read(struct flash_bank *bank, uint8_t reg, uint32_t *value)
{
	struct stm32l4 *f = bank->priv;

	return target_read_u32(bank->target, f->regs + reg, value);
}

enum err stm32l4_write(struct flash_bank *bank, uint8_t reg, uint32_t value)
{
	struct stm32l4 *f = bank->priv;

	return target_write_u32(bank->target, f->regs + reg, value);
}

/* Sets and clears bits; *old (optional) is the value before. Core halted. */
static enum err change_bits(struct target *t, uint32_t addr, uint32_t set, uint32_t clear,
			    uint32_t *old)
{
	uint32_t value;

	TRY(target_read_u32(t, addr, &value));
	if (old != NULL)
		*old = value;
	if (((value & ~clear) | set) == value)
		return OK;
	return target_write_u32(t, addr, (value & ~clear) | set);
}

enum err stm32l4_still_busy(uint32_t sr, unsigned waited_ms)
{
	error_why(ERR_FLASH_BUSY, "the flash controller was still busy after %u ms", waited_ms);
	error_evidence(ERR_FLASH_BUSY, "FLASH_SR = 0x%08x (BSY)", sr);
	return error_next(ERR_FLASH_BUSY,
			  "run \"reset halt\" and try again; if it stays, power-cycle the board");
}

enum err stm32l4_wait(struct flash_bank *bank, unsigned timeout_ms, uint32_t *sr)
{
	struct stm32l4 *f = bank->priv;
	uint64_t deadline = clock_now_ms() + timeout_ms;
	uint32_t busy = f->line->banks == TWO_G0B ? SR_BSY | SR_BSY2 : SR_BSY;

	for (;;) {
		bool late = clock_now_ms() >= deadline;

		TRY(stm32l4_read(bank, f->layout->sr, sr));
		if (!(*sr & busy))
			return OK;
		if (late)
			return stm32l4_still_busy(*sr, timeout_ms);
		loop_service(bank->target->list->loop);
	}
}

/* Locks. A key written while the lock is open, or a wrong key, is a bus error and shuts the lock
 * until the next system reset (RM0351 3.3.5): so look first. */

static enum err write_keys(struct flash_bank *bank, uint8_t reg, uint32_t first, uint32_t second)
{
	enum err rc = stm32l4_write(bank, reg, first);

	if (rc == OK)
		rc = stm32l4_write(bank, reg, second);
	/* The bus error is part of the answer: CR tells whether the lock opened. */
	if (rc == ERR_BUS || rc == ERR_DAP_FAULT)
		error_clear();
	else
		TRY(rc);
	return OK;
}

static enum err still_locked(uint32_t cr, const char *lock)
{
	error_why(ERR_FLASH_LOCKED,
		  "the flash controller did not take its key: an earlier wrong key keeps %s shut "
		  "until the next reset",
		  lock);
	error_evidence(ERR_FLASH_LOCKED, "FLASH_CR = 0x%08x (%s)", cr, lock);
	return error_next(ERR_FLASH_LOCKED, "run \"reset halt\" and try again");
}

enum err stm32l4_unlock(struct flash_bank *bank, bool options_too)
{
	struct stm32l4 *f = bank->priv;
	uint32_t cr;

	TRY(stm32l4_read(bank, f->layout->lock_cr, &cr));
	if (cr & CR_LOCK) {
		TRY(write_keys(bank, f->layout->keyr, KEY1, KEY2));
		TRY(stm32l4_read(bank, f->layout->lock_cr, &cr));
	}
	if (cr & CR_LOCK)
		return still_locked(cr, "LOCK");
	if (!options_too || !(cr & CR_OPTLOCK))
		return OK;
	TRY(write_keys(bank, f->layout->optkeyr, OPTKEY1, OPTKEY2));
	TRY(stm32l4_read(bank, f->layout->lock_cr, &cr));
	return cr & CR_OPTLOCK ? still_locked(cr, "OPTLOCK") : OK;
}

/* One write locks both and clears the mode bits. */
enum err stm32l4_lock(struct flash_bank *bank)
{
	struct stm32l4 *f = bank->priv;

	if (f->layout->cr != f->layout->lock_cr)
		TRY(stm32l4_write(bank, f->layout->cr, 0));
	return stm32l4_write(bank, f->layout->lock_cr, CR_LOCK);
}

/* Identification */

static enum err read_idcode(struct target *t, uint32_t *idcode, uint32_t *dbgmcu)
{
	static const uint32_t places[] = { DBGMCU_L4, DBGMCU_L5, DBGMCU_G0 };
	enum err rc = OK;

	*idcode = 0;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		rc = target_read_u32(t, places[i], idcode);
		if (rc != OK && rc != ERR_BUS && rc != ERR_DAP_FAULT)
			return rc;
		*dbgmcu = places[i];
		if (rc == OK && (*idcode & 0xfff) != 0 && (*idcode & 0xfff) != RESERVED_IDCODE) {
			error_clear();
			return OK;
		}
	}
	error_clear();
	error_why(ERR_FLASH_PROBE, "no STM32 answers: no device code at 0x%08x, 0x%08x or 0x%08x",
		  DBGMCU_L4, DBGMCU_L5, DBGMCU_G0);
	return error_next(ERR_FLASH_PROBE, "check that the board and the target script match");
}

static enum err identify(struct flash_bank *bank, struct stm32l4 *f)
{
	TRY(read_idcode(bank->target, &f->idcode, &f->dbgmcu));
	f->line = stm32l4_find_line(f->idcode & 0xfff);
	if (f->line == NULL)
		return error_why(ERR_FLASH_PROBE,
				 "device code 0x%03x is no STM32 that the stm32l4x driver knows "
				 "(DBGMCU_IDCODE = 0x%08x)",
				 f->idcode & 0xfff, f->idcode);
	f->layout = f->line->layout;
	f->regs = f->line->regs;
	return OK;
}

static enum err read_size(struct flash_bank *bank, const struct stm32l4 *f, uint32_t *kib)
{
	uint16_t size;

	if (bank->given_size != 0) {
		*kib = bank->given_size >> 10;
		log_info("flash size = %u KiB, as configured", *kib);
		if (*kib <= f->line->max_kib && *kib > 0)
			return OK;
		log_warning("a %s has at most %u KiB", f->line->name, f->line->max_kib);
		*kib = f->line->max_kib;
		return OK;
	}
	TRY(target_read_u16(bank->target, f->line->size_reg, &size));
	*kib = size;
	if (size == 0 || size > f->line->max_kib) {
		*kib = f->line->max_kib;
		log_warning("the flash size register holds 0x%04x, which a %s cannot have: taking "
			    "its maximum",
			    size, f->line->name);
	}
	log_info("flash size = %u KiB", *kib);
	return OK;
}

void stm32l4_fill_sectors(struct flash_bank *bank, const struct stm32l4_geometry *g)
{
	unsigned lower = g->dual ? g->bank_pages : g->pages;

	bank->sectors = xrealloc(bank->sectors, MAX(g->pages, 1u) * sizeof(*bank->sectors));
	bank->sector_count = g->pages;
	for (unsigned i = 0; i < g->pages; i++)
		bank->sectors[i] = (struct flash_sector){
			.offset = i < lower ? i * g->page_bytes
					    : g->bank2_offset + (i - lower) * g->page_bytes,
			.size = g->page_bytes,
			.is_erased = -1,
			.is_protected = -1,
		};
}

/* DS10198 table 52 (L47), DS12288 (G4), DS13560 (G0), DS13086 (U5): typical. */
static void fill_timings(struct flash_bank *bank, const struct stm32l4_line *line)
{
	bank->program_unit = line->unit;
	bank->program_unit_us = line->unit == 16				? 118
				: line->layout->sr == 0x10 && !line->has_l4_rcc ? 85
										: 82;
	bank->erase_sector_us = line->unit == 16 ? 1500 : 22020;
	bank->mass_erase_us = line->unit == 16 ? 0 : 22130;
	bank->erased_value = 0xff;
	bank->keepalive = 0;
}

static enum err probe_otp(struct flash_bank *bank, struct stm32l4 *f)
{
	f->is_otp = true;
	bank->size = f->line->otp_bytes;
	bank->sector_count = 1;
	bank->sectors = xrealloc(bank->sectors, sizeof(*bank->sectors));
	bank->sectors[0] = (struct flash_sector){ 0, bank->size, -1, !f->otp_enabled };
	log_info("OTP size is %u bytes, base address is 0x%08x", f->line->otp_bytes,
		 f->line->otp_base);
	return OK;
}

static enum err probe_main(struct flash_bank *bank, struct stm32l4 *f)
{
	uint32_t kib;

	if (bank->base == 0)
		bank->base = MAIN_BASE;
	if (bank->base != MAIN_BASE && !(bank->base == SECURE_BASE && f->line->has_trustzone))
		return error_next(error_why(ERR_FLASH_PROBE, "a %s has no flash at 0x%08x",
					    f->line->name, bank->base),
				  "use 0x%08x, or 0x%08x for the OTP area", MAIN_BASE,
				  f->line->otp_base);
	TRY(read_size(bank, f, &kib));
	stm32l4_geometry(f->line, kib, f->optr, &f->g);
	bank->size = f->g.span;
	stm32l4_fill_sectors(bank, &f->g);
	if (f->line->banks != ONE_BANK || f->line->max_kib != 0)
		log_info("flash mode : %s-bank", f->g.dual ? "dual" : "single");
	return OK;
}

unsigned stm32l4_rdp_level(uint32_t optr)
{
	return OPTR_RDP(optr) == RDP_LEVEL_0 ? 0 : OPTR_RDP(optr) == RDP_LEVEL_2 ? 2 : 1;
}

static void log_identity(const struct stm32l4 *f)
{
	uint16_t rev = (uint16_t)(f->idcode >> 16);

	log_info("device idcode = 0x%08x (%s - Rev %s : 0x%04x)", f->idcode, f->line->name,
		 stm32l4_revision_name(f->line, rev), rev);
	if (f->line->has_trustzone && OPTR_RDP(f->optr) == RDP_LEVEL_0_5)
		log_info("RDP level 0.5 (0x%02X)", OPTR_RDP(f->optr));
	else
		log_info("RDP level %u (0x%02X)", stm32l4_rdp_level(f->optr), OPTR_RDP(f->optr));
}

static enum err probe(struct flash_bank *bank)
{
	struct stm32l4 *f = bank->priv;
	struct stm32l4 now = { .otp_enabled = f->otp_enabled };

	TRY(identify(bank, &now));
	TRY(target_read_u32(bank->target, now.regs + now.layout->optr, &now.optr));
	/* The option bytes decide the geometry: look again only when they changed. */
	if (bank->is_probed && f->idcode == now.idcode && f->optr == now.optr)
		return OK;
	now.is_tz = now.line->has_trustzone && (now.optr & BIT(31));
	*f = now;
	log_identity(f);
	fill_timings(bank, f->line);
	return bank->base == f->line->otp_base ? probe_otp(bank, f) : probe_main(bank, f);
}

/* The session between begin and end */

static enum err refuse_read_protected(const struct flash_bank *bank)
{
	const struct stm32l4 *f = bank->priv;

	error_why(ERR_READ_PROTECTED,
		  "read-out protection (RDP) is at level %u: a debugger cannot read, erase or "
		  "program this flash",
		  stm32l4_rdp_level(f->optr));
	error_evidence(ERR_READ_PROTECTED, "FLASH_OPTR = 0x%08x (RDP = 0x%02X)", f->optr,
		       OPTR_RDP(f->optr));
	if (stm32l4_rdp_level(f->optr) == 2)
		return error_next(ERR_READ_PROTECTED, "there is no way back from level 2");
	return error_next(ERR_READ_PROTECTED,
			  "\"stm32l4x unlock %u confirm\" lowers it to 0 and erases the whole flash",
			  bank->number);
}

enum err stm32l4_check_swap(struct flash_bank *bank)
{
	struct stm32l4 *f = bank->priv;
	struct target *t = bank->target;
	uint32_t apb2enr, memrmp;

	f->is_swapped = false;
	if (!f->g.dual || f->line->swap == NO_SWAP)
		return OK;
	if (f->line->swap != SWAP_FB_MODE) {
		f->is_swapped = !!(f->optr & BIT(20)) == (f->line->swap == SWAP_OPT_SET);
		return OK;
	}
	/* SYSCFG reads as 0 without its clock, which would hide a swap. */
	TRY(change_bits(t, RCC_APB2ENR, APB2ENR_SYSCFGEN, 0, &apb2enr));
	TRY(target_read_u32(t, SYSCFG_MEMRMP, &memrmp));
	if (!(apb2enr & APB2ENR_SYSCFGEN))
		TRY(target_write_u32(t, RCC_APB2ENR, apb2enr));
	f->is_swapped = memrmp & MEMRMP_FB_MODE;
	if (f->is_swapped)
		log_info("the banks are swapped (SYSCFG_MEMRMP.FB_MODE): bank 2 stands at 0x%08x",
			 bank->base);
	return OK;
}

/* What an application may have left in the way: flash clock off, powered down, low-power run. */
static enum err wake_flash(struct flash_bank *bank)
{
	struct stm32l4 *f = bank->priv;
	struct target *t = bank->target;
	uint32_t acr, cr1;

	if (!f->line->has_l4_rcc)
		return OK;
	TRY(change_bits(t, RCC_AHB1ENR, AHB1ENR_FLASHEN, 0, NULL));
	TRY(stm32l4_read(bank, f->layout->acr, &acr));
	if (acr & ACR_RUN_PD) {
		log_info("the flash was powered down (FLASH_ACR.RUN_PD): waking it");
		TRY(stm32l4_write(bank, PDKEYR, PDKEY1));
		TRY(stm32l4_write(bank, PDKEYR, PDKEY2));
		TRY(stm32l4_write(bank, f->layout->acr, acr & ~ACR_RUN_PD));
	}
	/* Reads 0 while PWR has no clock; then nobody entered low-power run. */
	TRY(target_read_u32(t, PWR_CR1, &cr1));
	if (cr1 & PWR_CR1_LPR) {
		log_info("the core was in low-power run: leaving it for the flash");
		TRY(target_write_u32(t, PWR_CR1, cr1 & ~PWR_CR1_LPR));
	}
	return OK;
}

/* Erasing leaves stale lines in the caches, and reading one bank while the other is written may
 * spoil the data cache (ES0250 2.2.3): both are off for the session. */
static enum err caches_off(struct flash_bank *bank)
{
	struct stm32l4 *f = bank->priv;

	if (f->layout->sr != 0x10)	/* L5, U5: ICACHE is a peripheral of its own */
		return OK;
	TRY(stm32l4_read(bank, f->layout->acr, &f->saved_acr));
	f->has_saved_acr = true;
	return stm32l4_write(bank, f->layout->acr, f->saved_acr & ~(ACR_ICEN | ACR_DCEN));
}

static enum err caches_restore(struct flash_bank *bank)
{
	struct stm32l4 *f = bank->priv;
	uint32_t off = f->saved_acr & ~(ACR_ICEN | ACR_DCEN | ACR_ICRST | ACR_DCRST);

	if (!f->has_saved_acr)
		return OK;
	f->has_saved_acr = false;
	TRY(stm32l4_write(bank, f->layout->acr, off | ACR_ICRST | ACR_DCRST));
	TRY(stm32l4_write(bank, f->layout->acr, off));
	return stm32l4_write(bank, f->layout->acr, f->saved_acr);
}

/* Watchdogs: frozen while the core is halted; helper code refreshes IWDG while it runs. */

static uint32_t freeze_reg(const struct stm32l4 *f)
{
	/* WB and WL have one set for each core, RM0434 41.8. */
	return f->dbgmcu + (f->line->regs == 0x58004000 ? 0x3c : DBGMCU_APB1FZR1);
}

static enum err watchdogs_freeze(struct flash_bank *bank)
{
	struct stm32l4 *f = bank->priv;
	uint32_t winr;

	TRY(change_bits(bank->target, freeze_reg(f), FREEZE_IWDG | FREEZE_WWDG, 0,
			&f->saved_freeze));
	f->has_saved_freeze = true;
	/* With a window set, an early refresh would itself be a reset. */
	TRY(target_read_u32(bank->target, IWDG_WINR, &winr));
	bank->keepalive = winr == IWDG_WINR_NONE ? IWDG_KR : 0;
	return OK;
}

static enum err watchdogs_restore(struct flash_bank *bank)
{
	struct stm32l4 *f = bank->priv;

	if (!f->has_saved_freeze)
		return OK;
	f->has_saved_freeze = false;
	return target_write_u32(bank->target, freeze_reg(f), f->saved_freeze);
}

static enum err clear_errors(struct flash_bank *bank)
{
	struct stm32l4 *f = bank->priv;
	uint32_t sr;

	TRY(stm32l4_wait(bank, BUSY_MS, &sr));
	if (sr & (SR_FAILED | SR_OPTVERR)) {
		struct buf text = { 0 };

		stm32l4_describe_sr(sr, &text);
		log_debug("old flags in FLASH_SR, cleared: 0x%08x (%s)", sr,
			  (const char *)text.data);
		buf_free(&text);
	}
	return stm32l4_write(bank, f->layout->sr, SR_CLEAR);
}

/* Mode bits that an interrupted tool or application left set make the next operation fail: locking
 * clears them. */
static enum err clear_modes(struct flash_bank *bank)
{
	struct stm32l4 *f = bank->priv;
	uint32_t cr;

	TRY(stm32l4_read(bank, f->layout->lock_cr, &cr));
	if (cr & CR_LOCK)
		return OK;
	if (cr & (CR_PG | CR_PER | CR_MER1 | CR_MER2 | CR_FSTPG))
		log_debug("mode bits left in FLASH_CR, cleared: 0x%08x", cr);
	return stm32l4_lock(bank);
}

static enum err restore_surroundings(struct flash_bank *bank)
{
	enum err rc = caches_restore(bank);

	return error_first(rc, watchdogs_restore(bank));
}

static enum err prepare(struct flash_bank *bank)
{
	struct stm32l4 *f = bank->priv;

	if (f->line->has_l4_rcc)
		TRY(target_read_u32(bank->target, RCC_CSR, &f->reset_flags));
	TRY(wake_flash(bank));
	TRY(clear_errors(bank));
	TRY(clear_modes(bank));
	TRY(stm32l4_check_swap(bank));
	TRY(caches_off(bank));
	TRY(watchdogs_freeze(bank));
	return stm32l4_unlock(bank, false);
}

static enum err begin(struct flash_bank *bank)
{
	struct stm32l4 *f = bank->priv;
	enum err rc;

	if (bank->target->state != TARGET_HALTED)
		return error_why(ERR_NOT_HALTED, "Target not halted");
	TRY(flash_probe(bank));
	f->has_saved_acr = f->has_saved_freeze = false;
	if (stm32l4_rdp_level(f->optr) != 0 && !(f->is_tz && OPTR_RDP(f->optr) == RDP_LEVEL_0_5))
		return refuse_read_protected(bank);
	rc = prepare(bank);
	return rc == OK ? OK : error_first(rc, restore_surroundings(bank));
}

static enum err end(struct flash_bank *bank)
{
	enum err rc = stm32l4_lock(bank);

	return error_first(rc, restore_surroundings(bank));
}

/* The contract's steps */

static enum err erase(struct flash_bank *bank, unsigned first, unsigned last)
{
	struct flash_step *steps = xcalloc(last - first + 1, sizeof(*steps));
	enum err rc;

	for (unsigned i = first; i <= last; i++)
		steps[i - first] = (struct flash_step){
			.sector = i, .erase = true, .offset = bank->sectors[i].offset,
		};
	rc = stm32l4_run(bank, steps, last - first + 1);
	free(steps);
	return rc;
}

static enum err write(struct flash_bank *bank, const uint8_t *data, uint32_t offset, size_t n)
{
	struct flash_step step = {
		.sector = flash_sector_at(bank, offset),
		.offset = offset,
		.bytes = n,
		.data = (uint8_t *)data,
	};

	return stm32l4_run(bank, &step, 1);
}

static enum err create(struct flash_bank *bank, int argc, const char *const *argv)
{
	(void)argc;
	(void)argv;
	bank->priv = xcalloc(1, sizeof(struct stm32l4));
	return OK;
}

static void destroy(struct flash_bank *bank)
{
	free(bank->priv);
}

static const char *const aliases[] = { "stm32l4",  "stm32l4plus", "stm32c0x",  "stm32g0x",
				       "stm32g4x", "stm32l5x",	  "stm32u0x",  "stm32u3x",
				       "stm32u5x", "stm32wbx",	  "stm32wbax", "stm32wlx",
				       NULL };

const struct flash_driver stm32l4_driver = {
	.name = "stm32l4x",
	.aliases = aliases,
	.help = "STM32 L4, L4+, L5, G0, G4, C0, U0, U3, U5, WB, WBA, WL: internal flash, OTP and "
		"option bytes",
	.commands = stm32l4_commands,
	.create = create,
	.destroy = destroy,
	.probe = probe,
	.begin = begin,
	.end = end,
	.erase = erase,
	.write = write,
	.run = stm32l4_run,
	.protect = stm32l4_protect,
	.protect_check = stm32l4_protect_check,
	.info = stm32l4_info,
};
