/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stm32l4: what stands around every operation. The controller is found as an application or another
 * tool left it: asleep, with old error bits, with a mode still on, with caches and watchdogs running.
 * begin puts that right and end puts back what was somebody else's.
 */
#include "flash/stm32l4_work.h"

#include "base/clock.h"

#define BUSY_MS	 250u
#define PESD_MS	 1000u		/* the second core's radio events are tens of ms apart */
#define ICACHE_CR 0x40030400u	/* L5, U3, U5, WBA: a peripheral of its own */
#define   ICACHE_EN	  BIT(0)
#define ICACHE_SR 0x40030404u
#define   ICACHE_BUSYF	  BIT(0)
#define DBGEN_ENR 0x4002103cu	/* G0, C0: DBGMCU has a clock (RM0444 5.4.15) */
#define   DBGEN		  BIT(27)

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
			  "\"stm32l4x %s %u%s; stm32l4x option_load %u\" lowers it to 0 and erases the "
			  "whole flash",
			  fell_back ? "option_factory" : "unlock", bank->number,
			  fell_back ? " confirm" : "", bank->number);
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
	const struct stm32l4_around *a = f->line->around;
	struct target *t = bank->target;
	unsigned mark = f->note_count;
	uint32_t memrmp = 0;
	enum err rc;

	f->is_swapped = false;
	if (!f->g.dual || f->line->swap == NO_SWAP)
		return OK;
	if (f->line->swap != SWAP_FB_MODE) {
		f->is_swapped = !!(f->optr & BIT(20)) == (f->line->swap == SWAP_OPT_SET);
		return OK;
	}
	/* SYSCFG reads as 0 without its clock, which would hide a swap. */
	TRY(stm32l4_change(bank, a->syscfg_enr, a->syscfg_en, 0));
	rc = target_read_u32(t, a->memrmp, &memrmp);
	TRY(error_first(rc, stm32l4_undo(bank, mark)));
	f->is_swapped = memrmp & MEMRMP_FB_MODE;
	if (f->is_swapped)
		log_info("the banks are swapped (SYSCFG_MEMRMP.FB_MODE): bank 2 stands at 0x%08x",
			 bank->base);
	return OK;
}

/* ACR.RUN_PD answers to a key of its own (RM0351 3.7.2). It is not put back: what was written is going
 * to be verified, and a flash that sleeps answers a read with a bus error. */
static enum err wake_up(struct flash_bank *bank)
{
	struct stm32l4 *f = bank->priv;
	uint32_t acr;

	if (!f->line->has_l4_rcc && !f->line->starts_in_range_2)
		return OK;
	TRY(stm32l4_read(bank, f->layout->acr, &acr));
	if (!(acr & ACR_RUN_PD))
		return OK;
	log_info("the flash was powered down (FLASH_ACR.RUN_PD): waking it");
	TRY(stm32l4_write(bank, PDKEYR, PDKEY1));
	TRY(stm32l4_write(bank, PDKEYR, PDKEY2));
	return stm32l4_write(bank, f->layout->acr, acr & ~ACR_RUN_PD);
}

static enum err leave_low_power_run(struct flash_bank *bank)
{
	struct stm32l4 *f = bank->priv;
	const struct stm32l4_around *a = f->line->around;
	const struct stm32l4_wait ready = { a->pwr_sr2, PWR_SR2_REGLPF, 0 };
	uint32_t cr1;

	/* Without its clock PWR reads 0, and hides the mode it was left in. */
	if (a->pwr_enr != 0)
		TRY(stm32l4_change(bank, a->pwr_enr, a->pwr_en, 0));
	if (a->pwr_cr1 == 0)
		return OK;
	TRY(target_read_u32(bank->target, a->pwr_cr1, &cr1));
	if (!(cr1 & PWR_CR1_LPR))
		return OK;
	log_info("the core was in low-power run: leaving it for the flash");
	TRY(stm32l4_change(bank, a->pwr_cr1, 0, PWR_CR1_LPR));
	return stm32l4_wait_bits(bank->target, &ready);
}

/* What an application may have left in the way: flash clock off, powered down, low-power run. */
static enum err wake_flash(struct flash_bank *bank)
{
	struct stm32l4 *f = bank->priv;
	const struct stm32l4_around *a = f->line->around;

	if (a == NULL)
		return OK;
	TRY(stm32l4_change(bank, a->flash_enr, a->flash_en, 0));
	TRY(wake_up(bank));
	return leave_low_power_run(bank);
}

/* L5 starts in voltage range 2, where the flash cannot be written (RM0438 6.3.3). */
static enum err raise_voltage(struct flash_bank *bank)
{
	struct stm32l4 *f = bank->priv;
	const struct stm32l4_around *a = f->line->around;
	uint32_t cr1;

	if (!f->line->starts_in_range_2)
		return OK;
	TRY(target_read_u32(bank->target, a->pwr_cr1, &cr1));
	if ((cr1 & PWR_CR1_VOS) != PWR_CR1_VOS_2)
		return OK;
	TRY(stm32l4_change(bank, a->pwr_cr1, PWR_CR1_VOS_1, PWR_CR1_VOS));
	return stm32l4_wait_bits(bank->target,
				 &(struct stm32l4_wait){ a->pwr_sr2, PWR_SR2_VOSF, 0 });
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
	uint32_t cr;

	if (f->layout->acr == 0 && f->line->has_trustzone) {
		if (target_read_u32(bank->target, ICACHE_CR, &cr) != OK) {
			error_clear();
			return OK;
		}
		if (!(cr & ICACHE_EN))
			return OK;
		/* Turning it off empties it. */
		TRY(stm32l4_change(bank, ICACHE_CR, 0, ICACHE_EN));
		return stm32l4_wait_bits(bank->target,
					 &(struct stm32l4_wait){ ICACHE_SR, ICACHE_BUSYF, 0 });
	}
	TRY(stm32l4_read(bank, f->layout->acr, &f->saved_acr));
	f->has_saved_acr = true;
	return stm32l4_write(bank, f->layout->acr, f->saved_acr & ~(ACR_ICEN | ACR_DCEN));
}

enum err stm32l4_reset_caches(struct flash_bank *bank, uint32_t acr)
{
	struct stm32l4 *f = bank->priv;
	uint32_t off = acr & ~(ACR_ICEN | ACR_DCEN | ACR_ICRST | ACR_DCRST);

	TRY(stm32l4_write(bank, f->layout->acr, off));
	TRY(stm32l4_write(bank, f->layout->acr, off | ACR_ICRST | ACR_DCRST));
	TRY(stm32l4_write(bank, f->layout->acr, off));
	return stm32l4_write(bank, f->layout->acr, acr);
}

static enum err caches_restore(struct flash_bank *bank)
{
	struct stm32l4 *f = bank->priv;

	if (!f->has_saved_acr)
		return OK;
	f->has_saved_acr = false;
	TRY(clear_empty_flag(bank));
	return stm32l4_reset_caches(bank, f->saved_acr);
}

/* Watchdogs: frozen while the core is halted; helper code refreshes IWDG while it runs. */

static uint32_t freeze_reg(const struct stm32l4 *f)
{
	return f->dbgmcu + stm32l4_freeze_reg(f->line);
}

/*
 * Inside its window an early refresh is itself a reset: so the window is opened, which refreshes by the
 * way (RM0351 36.3.2). A window that was set shows that the watchdog runs.
 */
static enum err open_window(struct flash_bank *bank)
{
	struct stm32l4 *f = bank->priv;
	struct target *t = bank->target;
	const struct stm32l4_wait updated = { IWDG_SR, IWDG_SR_WVU, 0 };

	bank->keepalive = 0;
	TRY(target_read_u32(t, IWDG_WINR, &f->saved_winr));
	if (f->saved_winr != IWDG_WINR_NONE && (f->saved_winr & ~IWDG_WINR_NONE) == 0 &&
	    f->saved_winr != 0) {
		log_info("the watchdog has a window (IWDG_WINR = 0x%03x): open while the flash is "
			 "worked on", f->saved_winr);
		f->has_saved_winr = true;
		TRY(target_write_u32(t, IWDG_KR, IWDG_KEY_ACCESS));
		TRY(target_write_u32(t, IWDG_WINR, IWDG_WINR_NONE));
		if (stm32l4_wait_bits(t, &updated) == ERR_TIMEOUT) {
			error_clear();
			return OK;	/* it does not run after all, or its clock is off */
		}
	}
	bank->keepalive = IWDG_KR;
	return OK;
}

static enum err close_window(struct flash_bank *bank)
{
	struct stm32l4 *f = bank->priv;

	if (!f->has_saved_winr)
		return OK;
	f->has_saved_winr = false;
	TRY(target_write_u32(bank->target, IWDG_KR, IWDG_KEY_ACCESS));
	return target_write_u32(bank->target, IWDG_WINR, f->saved_winr);
}

bool stm32l4_wwdg_runs(struct flash_bank *bank)
{
	uint32_t cr = 0;

	if (target_read_u32(bank->target, WWDG_CR, &cr) != OK)
		error_clear();
	return cr & WWDG_WDGA;
}

static enum err watchdogs_freeze(struct flash_bank *bank)
{
	struct stm32l4 *f = bank->priv;
	uint32_t addr = freeze_reg(f);

	if (f->dbgmcu == 0)
		return OK;
	if (f->dbgmcu == DBGMCU_G0 && f->line->around != NULL)
		TRY(stm32l4_change(bank, DBGEN_ENR, DBGEN, 0));
	TRY(target_read_u32(bank->target, addr, &f->saved_freeze));
	f->has_saved_freeze = true;
	if ((f->saved_freeze & (FREEZE_IWDG | FREEZE_WWDG)) != (FREEZE_IWDG | FREEZE_WWDG))
		TRY(target_write_u32(bank->target, addr,
				     f->saved_freeze | FREEZE_IWDG | FREEZE_WWDG));
	f->has_wwdg = stm32l4_wwdg_runs(bank);
	return open_window(bank);
}

static enum err watchdogs_restore(struct flash_bank *bank)
{
	struct stm32l4 *f = bank->priv;

	if (!f->has_saved_freeze)
		return OK;
	f->has_saved_freeze = false;
	return target_write_u32(bank->target, freeze_reg(f), f->saved_freeze);
}

/* Half a double word waits for its second one: until it comes a write of CR is a bus error (RM0444
 * 3.7.5). Ones change nothing but the half that was meant. */
static enum err finish_half(struct flash_bank *bank)
{
	struct stm32l4 *f = bank->priv;
	uint32_t sr;
	enum err rc;

	if (!stm32l4_is_like_g0(f->line))
		return OK;
	TRY(stm32l4_read(bank, f->layout->sr, &sr));
	if (!(sr & SR_CFGBSY))
		return OK;
	log_info("half a double word was pending (FLASH_SR.CFGBSY): finishing it with ones");
	rc = target_write_u32(bank->target, bank->base + 4, 0xffffffff);
	if (rc != OK && rc != ERR_BUS && rc != ERR_DAP_FAULT)
		return rc;
	error_clear();
	TRY(stm32l4_wait(bank, BUSY_MS, &sr));
	if (!(sr & SR_CFGBSY))
		return OK;
	error_why(ERR_FLASH_LOCKED, "the flash controller waits for the second half of a double word");
	return error_evidence(ERR_FLASH_LOCKED, "FLASH_SR = 0x%08x (CFGBSY)", sr);
}

/* The second core of WB and WL holds flash operations back while its radio is busy. */
static enum err wait_second_core(struct flash_bank *bank)
{
	struct stm32l4 *f = bank->priv;
	uint64_t deadline = clock_now_ms() + PESD_MS;
	uint32_t sr;

	if (!stm32l4_has_second_core(f->line))
		return OK;
	do {
		TRY(stm32l4_read(bank, f->layout->sr, &sr));
		if (!(sr & SR_PESD))
			return OK;
		loop_service(bank->target->list->loop);
	} while (clock_now_ms() < deadline);
	error_why(ERR_FLASH_BUSY, "the second core (CPU2) keeps erase and program suspended");
	error_evidence(ERR_FLASH_BUSY, "FLASH_SR = 0x%08x (PESD)", sr);
	return error_next(ERR_FLASH_BUSY, "stop the radio, or run \"reset halt\" so that CPU2 "
			  "is not started");
}

enum err stm32l4_check_second_core(struct flash_bank *bank, const struct flash_step *steps, size_t count)
{
	const struct stm32l4 *f = bank->priv;
	uint32_t sfr, first;

	if (!stm32l4_has_second_core(f->line))
		return OK;
	TRY(stm32l4_read(bank, FLASH_SFR, &sfr));
	if (!stm32l4_second_core_page(f->line, sfr, &first))
		return OK;
	for (size_t i = 0; i < count; i++) {
		if (steps[i].sector < first)
			continue;
		error_why(ERR_PROTECTED, "page %u belongs to the second core: its secure flash begins "
			  "with page %u, at 0x%08x", steps[i].sector, first,
			  bank->base + first * f->g.page_bytes);
		error_evidence(ERR_PROTECTED, "FLASH_SFR = 0x%08x (SFSA = 0x%02x)", sfr, first);
		return error_next(ERR_PROTECTED, "leave out what lies above: only CPU2's firmware "
				  "upgrade services (FUS) change SFSA");
	}
	return OK;
}

static enum err clear_errors(struct flash_bank *bank)
{
	struct stm32l4 *f = bank->priv;
	uint32_t sr;

	TRY(stm32l4_wait(bank, BUSY_MS, &sr));
	if (sr & (SR_FAILED | SR_OPTVERR)) {
		struct buf text = { 0 };

		stm32l4_describe_sr(sr, &text);
		log_info("an earlier operation, whoever began it, left FLASH_SR = 0x%08x (%s): cleared", sr,
			 (const char *)text.data);
		buf_free(&text);
	}
	return stm32l4_write(bank, f->layout->sr,
			     f->line->has_trustzone ? SR_CLEAR | SR_OPTWERR : SR_CLEAR);
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
		log_info("the application or another tool left a mode on in FLASH_CR = 0x%08x: "
			 "cleared", cr);
	return stm32l4_lock(bank);
}

/* An old double ECC error: what is erased or written now may be its cure. Helper code does not stumble
 * over the NMI that it left, but the first one met keeps later ones from being seen. */
static enum err clear_ecc(struct flash_bank *bank)
{
	struct stm32l4 *f = bank->priv;
	uint32_t eccr;

	if (f->line->eccr == 0 || f->is_otp)
		return OK;
	TRY(stm32l4_read(bank, f->line->eccr, &eccr));
	if (!(eccr & ECCR_ECCD))
		return OK;
	log_warning("the flash holds a double word that lost power while it was written or erased "
		    "(FLASH_ECCR = 0x%08x): its page wants to be erased", eccr);
	return stm32l4_write(bank, f->line->eccr, eccr);
}

static enum err restore_surroundings(struct flash_bank *bank)
{
	struct stm32l4 *f = bank->priv;
	enum err rc = close_secure(bank);

	rc = error_first(rc, stm32l4_undo(bank, f->clock_mark));
	rc = error_first(rc, caches_restore(bank));
	rc = error_first(rc, close_window(bank));
	rc = error_first(rc, watchdogs_restore(bank));
	return error_first(rc, stm32l4_undo(bank, 0));
}

static void drop_session(struct stm32l4 *f)
{
	f->note_count = 0;
	f->has_saved_acr = f->has_saved_winr = f->is_opened = false;
	f->regs = f->line->regs;
	f->layout = f->dbgmcu == 0 ? &stm32l4_layout_wl_cpu2 : f->line->layout;
}

/* A reset has put everything back by itself, but DBGMCU (RM0351 48.16.2). */
static enum err forget_surroundings(struct flash_bank *bank)
{
	drop_session(bank->priv);
	return watchdogs_restore(bank);
}

enum err stm32l4_prepare_options(struct flash_bank *bank)
{
	struct stm32l4 *f = bank->priv;
	enum err rc;

	/* The load that follows is a reset: nothing is put back. */
	f->note_count = 0;
	rc = wake_flash(bank);
	if (rc == OK)
		rc = raise_voltage(bank);
	f->note_count = 0;
	return rc;
}

static enum err prepare(struct flash_bank *bank)
{
	struct stm32l4 *f = bank->priv;

	f->has_new_start = false;
	f->note_count = f->clock_mark = 0;
	f->failed_sr = f->fresh_resets = 0;
	f->has_reset_flags = f->has_wwdg = false;
	f->has_saved_acr = f->has_saved_freeze = f->has_saved_winr = f->is_opened = false;
	if (f->line->around != NULL && f->line->around->reset_csr != 0)
		TRY(target_read_u32(bank->target, f->line->around->reset_csr, &f->reset_flags));
	f->has_reset_flags = f->line->around != NULL && f->line->around->reset_csr != 0;
	TRY(wake_flash(bank));
	TRY(raise_voltage(bank));
	TRY(watchdogs_freeze(bank));
	TRY(open_secure(bank));
	TRY(clear_ecc(bank));
	TRY(finish_half(bank));
	TRY(wait_second_core(bank));
	TRY(clear_errors(bank));
	TRY(clear_modes(bank));
	TRY(stm32l4_check_swap(bank));
	TRY(caches_off(bank));
	TRY(stm32l4_unlock(bank, false));
	f->clock_mark = f->note_count;
	return stm32l4_raise_clock(bank);
}

/* A lock that a wrong key has shut, and half a double word that does not go away: a reset cures both,
 * and what is about to be written wants one anyway. */
static enum err reset_and_prepare(struct flash_bank *bank)
{
	log_warning("%s: resetting the chip to go on", error_current()->why);
	error_clear();
	TRY(target_reset(bank->target->list, RESET_HALT));
	TRY(flash_probe(bank));
	return prepare(bank);
}

enum err stm32l4_begin(struct flash_bank *bank)
{
	struct stm32l4 *f = bank->priv;
	enum err rc;

	if (bank->target->state != TARGET_HALTED)
		return error_why(ERR_NOT_HALTED, "Target not halted");
	TRY(flash_probe(bank));
	if (is_closed(f))
		return refuse_read_protected(bank);
	rc = prepare(bank);
	if (rc == ERR_FLASH_LOCKED) {
		rc = error_first(rc, restore_surroundings(bank));
		rc = reset_and_prepare(bank);
	}
	return rc == OK ? OK : error_first(rc, restore_surroundings(bank));
}

/* Bank 1 was programmed, and the boot loader is going to start bank 2: its first word is an address in
 * RAM (AN2606). The old program would run, without a word from anybody. */
static enum err tell_boot_bank(struct flash_bank *bank)
{
	const struct stm32l4 *f = bank->priv;
	uint32_t sp;

	if (!f->has_new_start || !f->g.dual || f->is_swapped || f->line->swap != SWAP_FB_MODE ||
	    !(f->optr & OPTR_BFB2))
		return OK;
	TRY(target_read_u32(bank->target, bank->base + f->g.bank2_offset, &sp));
	if (sp >> 20 == 0x200)
		log_warning("bank 1 was programmed, but BFB2 = 1 and bank 2 holds a program: a reset "
			    "starts that one, at 0x%08x: \"stm32l4x option set %u BFB2=0\" makes "
			    "bank 1 start",
			    bank->base, bank->number);
	return OK;
}

enum err stm32l4_end(struct flash_bank *bank)
{
	struct stm32l4 *f = bank->priv;
	uint32_t cr;
	enum err rc;

	/* The lock was opened by begin: if it is shut, the chip was reset in between. */
	rc = stm32l4_read(bank, f->layout->lock_cr, &cr);
	if (rc != OK) {
		drop_session(f);	/* the link is gone: with it what could be put back */
		return rc;
	}
	if (cr & CR_LOCK)
		return forget_surroundings(bank);
	rc = tell_boot_bank(bank);
	rc = error_first(rc, stm32l4_lock(bank));
	return error_first(rc, restore_surroundings(bank));
}
