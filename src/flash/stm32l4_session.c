/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stm32l4: what stands around every operation. The controller is found as an application or another
 * tool left it: asleep, with old error bits, with a mode still on, with caches and watchdogs running.
 * begin puts that right and end puts back what was somebody else's.
 */
#include "flash/stm32l4.h"

#include "base/clock.h"

#define BUSY_MS	 250u
#define READY_MS 100u

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

static enum err wait_clear(struct target *t, uint32_t addr, uint32_t bits, const char *what)
{
	uint64_t deadline = clock_now_ms() + READY_MS;
	uint32_t value;

	do {
		TRY(target_read_u32(t, addr, &value));
		if (!(value & bits))
			return OK;
	} while (clock_now_ms() < deadline);
	return error_why(ERR_TIMEOUT, "%s was not ready after %u ms: 0x%08x = 0x%08x", what, READY_MS,
			 addr, value);
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

/* Option bytes that fail their check at load count as read protection (RM0351 3.4.1). */
static bool fell_back_to_rdp(struct flash_bank *bank)
{
	struct stm32l4 *f = bank->priv;
	uint32_t sr = 0;

	if (f->line->factory_optr == 0 || OPTR_RDP(f->optr) != 0xff)
		return false;
	if (stm32l4_read(bank, f->layout->sr, &sr) != OK)
		error_clear();
	return sr & SR_OPTVERR;
}

static enum err refuse_read_protected(struct flash_bank *bank)
{
	const struct stm32l4 *f = bank->priv;
	bool fell_back = fell_back_to_rdp(bank);

	error_why(ERR_READ_PROTECTED,
		  "%sread-out protection (RDP) is at level %u: a debugger cannot read, erase or "
		  "program this flash",
		  fell_back ? "the option bytes failed their check (OPTVERR), so " : "",
		  stm32l4_rdp_level(f->optr));
	error_evidence(ERR_READ_PROTECTED, "FLASH_OPTR = 0x%08x (RDP = 0x%02X)", f->optr,
		       OPTR_RDP(f->optr));
	if (stm32l4_rdp_level(f->optr) == 2)
		return error_next(ERR_READ_PROTECTED, "there is no way back from level 2");
	return error_next(ERR_READ_PROTECTED,
			  "\"stm32l4x %s %u%s\" lowers it to 0 and erases the whole flash",
			  fell_back ? "option_factory" : "unlock", bank->number,
			  fell_back ? " confirm" : "");
}

static bool is_closed(const struct stm32l4 *f)
{
	return stm32l4_rdp_level(f->optr) != 0 && !(f->is_tz && OPTR_RDP(f->optr) == RDP_LEVEL_0_5);
}

enum err stm32l4_readable(struct flash_bank *bank)
{
	TRY(flash_probe(bank));
	return is_closed(bank->priv) ? refuse_read_protected(bank) : stm32l4_check_ecc(bank);
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
	if (!(cr1 & PWR_CR1_LPR))
		return OK;
	log_info("the core was in low-power run: leaving it for the flash");
	TRY(target_write_u32(t, PWR_CR1, cr1 & ~PWR_CR1_LPR));
	return wait_clear(t, PWR_SR2, PWR_SR2_REGLPF, "the main regulator (PWR_SR2.REGLPF)");
}

/* L5 starts in voltage range 2, where the flash cannot be written (RM0438 6.3.3). */
static enum err raise_voltage(struct flash_bank *bank)
{
	struct stm32l4 *f = bank->priv;
	struct target *t = bank->target;
	uint32_t cr1;

	if (!f->line->starts_in_range_2)
		return OK;
	TRY(change_bits(t, RCC_APB1ENR1, APB1ENR1_PWREN, 0, NULL));
	TRY(target_read_u32(t, PWR_CR1, &cr1));
	if ((cr1 & PWR_CR1_VOS) != PWR_CR1_VOS_2)
		return OK;
	TRY(target_write_u32(t, PWR_CR1, (cr1 & ~PWR_CR1_VOS) | PWR_CR1_VOS_1));
	return wait_clear(t, PWR_SR2, PWR_SR2_VOSF, "the voltage scaling (PWR_SR2.VOSF)");
}

/* With TrustZone on, everything goes through the secure registers, and only secure pages take it
 * (RM0438 6.3.6): all are secure for the session. */
static enum err set_page_security(struct flash_bank *bank, uint32_t value)
{
	struct stm32l4 *f = bank->priv;

	for (unsigned i = 0; i < (f->g.bank_pages + 31) / 32; i++) {
		TRY(stm32l4_write(bank, (uint8_t)(SECBB1R1 + 4 * i), value));
		if (f->g.dual)
			TRY(stm32l4_write(bank, (uint8_t)(SECBB2R1 + 4 * i), value));
	}
	return OK;
}

static enum err open_secure(struct flash_bank *bank)
{
	struct stm32l4 *f = bank->priv;

	if (!f->is_tz || OPTR_RDP(f->optr) != RDP_LEVEL_0)
		return OK;
	f->regs = f->line->regs + SECURE_ALIAS;
	f->layout = &stm32l4_layout_secure;
	f->is_opened = true;
	return set_page_security(bank, 0xffffffff);
}

static enum err close_secure(struct flash_bank *bank)
{
	struct stm32l4 *f = bank->priv;
	enum err rc;

	if (!f->is_opened)
		return OK;
	rc = set_page_security(bank, 0);
	f->is_opened = false;
	f->regs = f->line->regs;
	f->layout = f->line->layout;
	return rc;
}

/*
 * A part that was blank when its options were loaded keeps booting the boot loader, also after it
 * was programmed, until power-on: unless the flag is taken back (RM0394 2.6.1, RM0444 3.3.1).
 */
static enum err clear_empty_flag(struct flash_bank *bank)
{
	struct stm32l4 *f = bank->priv;
	uint32_t word, sr;

	if (f->is_otp || (!f->line->has_pempty && !(f->saved_acr & ACR_EMPTY)))
		return OK;
	TRY(target_read_u32(bank->target, bank->base, &word));
	if (word == 0xffffffff)
		return OK;
	if (!f->line->has_l4_rcc)
		f->saved_acr &= ~ACR_EMPTY;
	if (!f->line->has_pempty)
		return OK;
	TRY(stm32l4_read(bank, f->layout->sr, &sr));
	return sr & SR_PEMPTY ? stm32l4_write(bank, f->layout->sr, SR_PEMPTY) : OK;
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
	TRY(clear_empty_flag(bank));
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

	if (f->dbgmcu == 0)
		return OK;
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
		log_info("the application or another tool left FLASH_SR = 0x%08x (%s): cleared", sr,
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
		log_info("the application or another tool left a mode on in FLASH_CR = 0x%08x: cleared", cr);
	return stm32l4_lock(bank);
}

/* An NMI that waits would be taken by the loader, at a vector in the flash that is being erased. The
 * flag itself may be old: an application may have dealt with it. */
static enum err check_nmi(struct flash_bank *bank)
{
	uint32_t icsr;

	TRY(target_read_u32(bank->target, ICSR_ADDR, &icsr));
	return icsr & ICSR_NMIPENDSET ? stm32l4_check_ecc(bank) : OK;
}

static enum err restore_surroundings(struct flash_bank *bank)
{
	enum err rc = caches_restore(bank);

	rc = error_first(rc, close_secure(bank));
	return error_first(rc, watchdogs_restore(bank));
}

enum err stm32l4_prepare_options(struct flash_bank *bank)
{
	TRY(wake_flash(bank));
	return raise_voltage(bank);
}

static enum err prepare(struct flash_bank *bank)
{
	struct stm32l4 *f = bank->priv;

	if (f->line->has_l4_rcc)
		TRY(target_read_u32(bank->target, RCC_CSR, &f->reset_flags));
	f->has_reset_flags = f->line->has_l4_rcc;
	TRY(wake_flash(bank));
	TRY(raise_voltage(bank));
	TRY(open_secure(bank));
	TRY(check_nmi(bank));
	TRY(clear_errors(bank));
	TRY(clear_modes(bank));
	TRY(stm32l4_check_swap(bank));
	TRY(caches_off(bank));
	TRY(watchdogs_freeze(bank));
	return stm32l4_unlock(bank, false);
}

enum err stm32l4_begin(struct flash_bank *bank)
{
	struct stm32l4 *f = bank->priv;
	enum err rc;

	if (bank->target->state != TARGET_HALTED)
		return error_why(ERR_NOT_HALTED, "Target not halted");
	TRY(flash_probe(bank));
	f->has_saved_acr = f->has_saved_freeze = f->is_opened = f->has_reset_flags = false;
	f->failed_sr = 0;
	if (is_closed(f))
		return refuse_read_protected(bank);
	rc = prepare(bank);
	return rc == OK ? OK : error_first(rc, restore_surroundings(bank));
}

enum err stm32l4_end(struct flash_bank *bank)
{
	enum err rc = stm32l4_lock(bank);

	return error_first(rc, restore_surroundings(bank));
}
