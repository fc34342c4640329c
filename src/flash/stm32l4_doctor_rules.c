/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stm32l4 doctor: causes that lie in the flash controller, its protections and its contents. The order is
 * that of the questions to ask: can anybody reach it, is it closed, is it stuck, is it protected.
 * RM0351 3.3 to 3.7 unless said otherwise.
 */
#include "flash/stm32l4_doctor.h"

#define STALE	  (SR_FAILED & ~SR_RDERR)

static uint32_t optr(const struct stm32l4_facts *f)
{
	return fact_of(f, FACT_OPTR);
}

static uint32_t sr(const struct stm32l4_facts *f)
{
	return fact_of(f, FACT_SR);
}

/* What the failed operation ended with, else what is seen now. */
static uint32_t errors(const struct stm32l4_facts *f)
{
	return f->failure.rc != OK ? f->failure.sr : sr(f);
}

static bool was_asked(const struct stm32l4_facts *f)
{
	return f->failure.rc == OK;
}

static unsigned rdp_level(const struct stm32l4_facts *f)
{
	/* Without its clock every register of the controller reads 0. */
	if (!fact_known(f, FACT_OPTR) || (fact_known(f, FACT_FLASHEN) && !fact_of(f, FACT_FLASHEN)) ||
	    (f->line != NULL && f->line->has_trustzone && OPTR_RDP(optr(f)) == RDP_LEVEL_0_5))
		return 0;
	return stm32l4_rdp_level(optr(f));
}

/* RM0351 3.4.1: what the chip takes for option bytes that fail their check. */
static bool is_mismatch(const struct stm32l4_facts *f)
{
	return (sr(f) & SR_OPTVERR) && OPTR_RDP(optr(f)) == 0xff;
}

static void evidence_sr(struct stm32l4_finding *out, uint32_t value)
{
	struct buf text = { 0 };

	stm32l4_describe_sr(value, &text);
	finding_evidence(out, "FLASH_SR = 0x%08x (%.180s)", value, (const char *)text.data);
	buf_free(&text);
}

static void harmless(const struct stm32l4_facts *f, struct stm32l4_finding *out,
		     enum err (*fix)(struct flash_bank *bank))
{
	out->is_harmless = true;
	out->fix = fix;
	finding_cure(out, "run \"stm32l4x doctor %u --fix\"", f->bank);
}

/* Read protection */

static bool rdp2(const struct stm32l4_facts *f, struct stm32l4_finding *out)
{
	if (rdp_level(f) != 2)
		return false;
	finding_why(out, "read-out protection (RDP) is at level 2: the debug port and the option bytes are "
			 "closed for ever");
	finding_evidence(out, "FLASH_OPTR = 0x%08x (RDP = 0xCC)", optr(f));
	finding_cure(out, "there is no way back from level 2: fit another chip");
	return true;
}

static bool torn_options(const struct stm32l4_facts *f, struct stm32l4_finding *out)
{
	if (!is_mismatch(f))
		return false;
	finding_why(out, "the option bytes failed their check when they were loaded (a power cut "
			 "while they "
			 "were written), so the chip closed itself: read-out protection level 1");
	finding_evidence(out, "FLASH_SR = 0x%08x (OPTVERR), FLASH_OPTR = 0x%08x (RDP = 0xFF, all user "
			 "options 1)", sr(f), optr(f));
	snprintf(out->loses, sizeof(out->loses), "the whole flash, SRAM2 and the backup registers");
	if (f->line->factory_optr == 0)
		finding_command(out, "stm32l4x unlock %u; stm32l4x option_load %u", f->bank, f->bank);
	else
		finding_command(out, "stm32l4x option_factory %u confirm; stm32l4x option_load %u", f->bank,
				f->bank);
	finding_cure(out, "run \"%s\"; \"stm32l4x option %u\" tells if the values from before are "
			  "on record",
		     out->command, f->bank);
	return true;
}

/* A core that cannot fetch is locked up or in HardFault; what programs the flash does not care. */
static bool intruded(const struct stm32l4_facts *f, struct stm32l4_finding *out)
{
	bool is_stuck = f->core == CORE_LOCKED_UP ||
			(fact_known(f, FACT_IPSR) && fact_of(f, FACT_IPSR) == 3);

	if (rdp_level(f) != 1 || !is_stuck || is_mismatch(f))
		return false;
	out->rank = was_asked(f) ? RANK_CAUSE : RANK_LIKELY;
	finding_why(out, "the flash has shut itself until power-on, because a debugger was "
			 "attached while RDP "
			 "is at level 1: the firmware cannot run either");
	finding_evidence(out, "FLASH_OPTR = 0x%08x (RDP = 0x%02X), the core %s", optr(f), OPTR_RDP(optr(f)),
			 f->core == CORE_LOCKED_UP ? "is locked up" : "is in HardFault (IPSR = 3)");
	finding_cure(out, "take the probe off and power-cycle the board; a reset is not enough");
	return true;
}

static bool rdp1(const struct stm32l4_facts *f, struct stm32l4_finding *out)
{
	if (rdp_level(f) != 1 || is_mismatch(f))
		return false;
	finding_why(out, "read-out protection (RDP) is at level 1: a debugger cannot read, erase "
			 "or program "
			 "this flash; the chip's identity can be read all the same");
	finding_evidence(out, "FLASH_OPTR = 0x%08x (RDP = 0x%02X)", optr(f), OPTR_RDP(optr(f)));
	snprintf(out->loses, sizeof(out->loses), "the whole flash, SRAM2 and the backup registers");
	finding_command(out, "stm32l4x unlock %u; stm32l4x option_load %u", f->bank, f->bank);
	finding_cure(out, "run \"%s\", which erases it; if the flash stays shut, power-cycle the board",
		     out->command);
	return true;
}

static bool rdp_not_loaded(const struct stm32l4_facts *f, struct stm32l4_finding *out)
{
	if (!f->flash_refused || OPTR_RDP(optr(f)) != RDP_LEVEL_0 || (fact_of(f, FACT_ACR) & ACR_RUN_PD))
		return false;
	finding_why(out, "the flash still refuses to be read, though FLASH_OPTR shows no read-out "
			 "protection: "
			 "the new level was not loaded yet, or the flash has shut itself until power-on");
	finding_evidence(out, "FLASH_OPTR = 0x%08x (RDP = 0xAA), reading 0x%08x is a bus error", optr(f),
			 f->base);
	finding_command(out, "stm32l4x option_load %u", f->bank);
	finding_cure(out, "power-cycle the board, or run \"stm32l4x option_load %u\" first", f->bank);
	return true;
}

static bool has_areas(const struct stm32l4_facts *f)
{
	for (size_t i = 0; i < f->area_count; i++)
		if (f->areas[i].is_active)
			return true;
	return false;
}

static bool option_pending(const struct stm32l4_facts *f, struct stm32l4_finding *out)
{
	bool differs = f->pending.name != NULL && !is_mismatch(f) &&
		       (!fact_known(f, FACT_FLASHEN) || fact_of(f, FACT_FLASHEN));
	bool is_refused = f->failure.rc == ERR_PROTECTED && (f->failure.sr & SR_WRPERR) && !has_areas(f);

	if (!differs && !is_refused)
		return false;
	out->rank = is_refused ? RANK_CAUSE : RANK_LIKELY;
	finding_why(out, "option bytes were written but not loaded: they act after an option load or at "
			 "power-on, not after a reset");
	if (differs)
		finding_evidence(out, "%s = 0x%08x, stored is 0x%08x", f->pending.name, f->pending.now,
				 f->pending.stored);
	else
		finding_evidence(out, "FLASH_SR = 0x%08x (WRPERR), and no WRP or PCROP area is on",
				 f->failure.sr);
	finding_command(out, "stm32l4x option_load %u", f->bank);
	return true;
}

static bool trustzone(const struct stm32l4_facts *f, struct stm32l4_finding *out)
{
	if (f->line == NULL || !f->line->has_trustzone || !(optr(f) & BIT(31)))
		return false;
	out->rank = OPTR_RDP(optr(f)) == RDP_LEVEL_0 ? RANK_NOTE : RANK_LIKELY;
	finding_why(out, "TrustZone is on: only the secure registers erase and program secure pages%s",
		    OPTR_RDP(optr(f)) == RDP_LEVEL_0 ? ", which the flash commands use by themselves"
						     : ", and a debugger cannot use them at this level");
	finding_evidence(out, "FLASH_OPTR = 0x%08x (TZEN = 1, RDP = 0x%02X)", optr(f), OPTR_RDP(optr(f)));
	if (OPTR_RDP(optr(f)) == RDP_LEVEL_0) {
		finding_cure(out, "nothing has to be done; \"stm32l4x trustzone %u\" shows and changes it",
			     f->bank);
		return true;
	}
	snprintf(out->loses, sizeof(out->loses), "the whole flash, SRAM2 and the backup registers");
	finding_command(out, "stm32l4x trustzone %u disable confirm", f->bank);
	return true;
}

/* A stuck controller */

static bool busy(const struct stm32l4_facts *f, struct stm32l4_finding *out)
{
	uint32_t bits = SR_BSY | (f->line != NULL && f->line->banks == TWO_G0B ? SR_BSY2 : 0);

	if (!(sr(f) & bits))
		return false;
	out->rank = f->failure.rc == ERR_FLASH_BUSY || f->failure.rc == ERR_TIMEOUT ? RANK_CAUSE
										     : RANK_LIKELY;
	finding_why(out, "the flash controller is busy and does not come to an end");
	finding_evidence(out, "FLASH_SR = 0x%08x (BSY: an operation is running)", sr(f));
	finding_command(out, "reset halt");
	finding_cure(out, "run \"reset halt\"; if it stays, power-cycle the board");
	out->is_harmless = true;
	return true;
}

static bool has_cfgbsy(const struct stm32l4_facts *f)
{
	return f->line != NULL && f->line->layout->sr == 0x10 && !f->line->has_l4_rcc;
}

static bool half_dw(const struct stm32l4_facts *f, struct stm32l4_finding *out)
{
	if (!has_cfgbsy(f) || !(sr(f) & SR_CFGBSY))
		return false;
	finding_why(out, "the controller waits for the second half of a double word: until it comes, every "
			 "write to FLASH_CR is a bus error");
	finding_evidence(out, "FLASH_SR = 0x%08x (CFGBSY)", sr(f));
	finding_command(out, "reset halt");
	out->is_harmless = true;
	return true;
}

static bool suspended(const struct stm32l4_facts *f, struct stm32l4_finding *out)
{
	if (f->line == NULL || f->line->regs != 0x58004000 || !(sr(f) & SR_PESD))
		return false;
	finding_why(out, "the second core has suspended erasing and programming");
	finding_evidence(out, "FLASH_SR = 0x%08x (PESD)", sr(f));
	finding_command(out, "reset halt");
	finding_cure(out, "wait and try again, or run \"reset halt\", which stops the second core too");
	out->is_harmless = true;
	return true;
}

static bool key_lockout(const struct stm32l4_facts *f, struct stm32l4_finding *out)
{
	if (!f->keys_refused && f->failure.rc != ERR_FLASH_LOCKED)
		return false;
	finding_why(out, "the flash controller did not take its keys: an earlier wrong key keeps it locked "
			 "until the next reset");
	finding_evidence(out, "FLASH_CR = 0x%08x (LOCK stays 1 after both keys)", fact_of(f, FACT_CR));
	finding_command(out, "reset halt");
	out->is_harmless = true;
	return true;
}

static bool ecc_double(const struct stm32l4_facts *f, struct stm32l4_finding *out)
{
	uint32_t eccr = fact_of(f, FACT_ECCR);

	if (!(eccr & ECCR_ECCD))
		return false;
	finding_why(out, "a double word of the flash has two wrong bits (power was lost while it "
			 "was written, "
			 "or it aged): reading it raises an NMI%s",
		    fact_known(f, FACT_IPSR) && fact_of(f, FACT_IPSR) == 2
			    ? ", and the firmware's NMI handler does not end" : "");
	finding_evidence(out, "FLASH_ECCR = 0x%08x (ECCD, bank %u, offset 0x%x)%s", eccr,
			 eccr & ECCR_BK ? 2 : 1, ECCR_ADDR(eccr),
			 fact_of(f, FACT_IPSR) == 2 ? ", IPSR = 2 (NMI)" : "");
	if ((eccr & ECCR_SYSF) || !f->has_geometry) {
		finding_cure(out, "run \"reset halt\"; erase the page of that offset");
		return true;
	}
	snprintf(out->loses, sizeof(out->loses), "page %u, which is spoiled anyway", f->ecc_sector);
	finding_command(out, "reset halt; flash erase_sector %u %u %u", f->bank, f->ecc_sector,
			f->ecc_sector);
	return true;
}

/* Flags and modes */

static bool stray_write(const struct stm32l4_facts *f, struct stm32l4_finding *out)
{
	bool may_be = was_asked(f) && !f->was_watched && (sr(f) & SR_PGSERR) && fact_known(f, FACT_PC) &&
		      f->core != CORE_IN_RESET && fact_of(f, FACT_PC) - f->base < f->span &&
		      fact_of(f, FACT_PC) != (fact_of(f, FACT_RESET_VECTOR) & ~1u);

	if (!may_be && !f->flags_came_back)
		return false;
	out->rank = f->flags_came_back ? RANK_CAUSE : RANK_LIKELY;
	finding_why(out, f->flags_came_back
		    ? "the firmware writes to the flash through a bad pointer: the error bits come back by "
		      "themselves after they were cleared"
		    : "the firmware may write to the flash, or to its alias at 0, through a bad "
		      "pointer: then "
		      "these error bits come back after every reset");
	evidence_sr(out, sr(f));
	out->is_harmless = true;
	finding_command(out, "reset halt");
	finding_cure(out, "run \"reset halt\" and program before the firmware runs; then mend the "
			  "stray write "
		     "in the firmware");
	return true;
}

/* One row for all old error bits: the text says what each kind comes from. */
static const struct {
	const char *id;
	uint32_t any, none;
	const char *why;
} stale_kinds[] = {
	{ "byte-write", SR_SIZERR, 0,
	  "somebody wrote bytes or half-words into the flash (a debugger's \"set var\", an 8-bit "
	  "access): the "
	  "error bit that this left makes every later operation fail" },
	{ "fast-mode", SR_MISERR | SR_FASTERR, 0,
	  "fast programming was aborted (it needs a mass-erased bank, HCLK of 8 MHz or more, no "
	  "interrupt and "
	  "no read of that bank): its error bits make every later operation fail" },
	{ "unaligned", SR_PGAERR, SR_PGSERR | SR_PROGERR | SR_WRPERR,
	  "a write did not start at, or did not fill, a double word: its error bit makes every later "
	  "operation fail" },
	{ "stale-errors", STALE, 0,
	  "error bits of an earlier operation are still set (the application wrote to the flash, "
	  "or another "
	  "tool failed): they make every later operation fail with PGSERR" },
};

static bool stale(const struct stm32l4_facts *f, struct stm32l4_finding *out, size_t kind)
{
	if (!was_asked(f) || f->flags_came_back || !(sr(f) & stale_kinds[kind].any) ||
	    (sr(f) & stale_kinds[kind].none))
		return false;
	for (size_t i = 0; i < kind; i++)	/* told already */
		if ((sr(f) & stale_kinds[i].any) && !(sr(f) & stale_kinds[i].none))
			return false;
	finding_why(out, "%s", stale_kinds[kind].why);
	evidence_sr(out, sr(f));
	harmless(f, out, stm32l4_fix_flags);
	finding_cure(out, "run \"stm32l4x doctor %u --fix\"; the flash commands clear them too", f->bank);
	return true;
}

static bool byte_write(const struct stm32l4_facts *f, struct stm32l4_finding *out)
{
	return stale(f, out, 0);
}

static bool fast_mode(const struct stm32l4_facts *f, struct stm32l4_finding *out)
{
	if (f->failure.rc == ERR_FLASH_OPERATION && (f->failure.sr & (SR_MISERR | SR_FASTERR))) {
		finding_why(out, "fast programming was aborted: it needs a mass-erased bank, HCLK "
				 "of 8 MHz or "
				 "more, no interrupt and no read of that bank");
		evidence_sr(out, f->failure.sr);
		finding_cure(out, "repeat it with \"flash write_image erase\", which programs "
				  "double words");
		return true;
	}
	return stale(f, out, 1);
}

static bool unaligned(const struct stm32l4_facts *f, struct stm32l4_finding *out)
{
	return stale(f, out, 2);
}

static bool stale_errors(const struct stm32l4_facts *f, struct stm32l4_finding *out)
{
	return stale(f, out, 3);
}

static bool modes_left(const struct stm32l4_facts *f, struct stm32l4_finding *out)
{
	uint32_t cr = fact_of(f, FACT_CR);

	if (!was_asked(f) || (cr & CR_LOCK) || !(cr & (CR_PG | CR_PER | CR_MER1 | CR_MER2 | CR_FSTPG)))
		return false;
	finding_why(out, "the application or another tool left a mode switched on: the next erase "
			 "fails with "
			 "PGSERR");
	finding_evidence(out, "FLASH_CR = 0x%08x (unlocked%s%s%s%s)", cr, cr & CR_PG ? ", PG" : "",
			 cr & CR_PER ? ", PER" : "", cr & (CR_MER1 | CR_MER2) ? ", MER" : "",
			 cr & CR_FSTPG ? ", FSTPG" : "");
	harmless(f, out, stm32l4_fix_flags);
	finding_cure(out, "run \"stm32l4x doctor %u --fix\"; the flash commands clear it too", f->bank);
	return true;
}

static bool optverr(const struct stm32l4_facts *f, struct stm32l4_finding *out)
{
	if (!(sr(f) & SR_OPTVERR) || is_mismatch(f) || !was_asked(f))
		return false;
	out->rank = RANK_NOTE;
	finding_why(out, "OPTVERR is set, and the option bytes make sense: so it is on a new chip%s; some "
			 "tools take it for a failure of their own operation",
		    f->line->regs == 0x58004000 ? " and, by an erratum, on every STM32WB after reset" : "");
	finding_evidence(out, "FLASH_SR = 0x%08x (OPTVERR), FLASH_OPTR = 0x%08x", sr(f), optr(f));
	harmless(f, out, stm32l4_fix_flags);
	return true;
}

/* Write protection */

static const struct stm32l4_area *find_area(const struct stm32l4_facts *f, bool pcrop, bool whole)
{
	const struct stm32l4_area *first = NULL;

	for (size_t i = 0; i < f->area_count; i++) {
		const struct stm32l4_area *a = &f->areas[i];

		if (!a->is_active || a->is_pcrop != pcrop)
			continue;
		if (!pcrop && whole != (a->last - a->first + 1 >= f->g.bank_pages))
			continue;
		/* The one that the failed operation met. */
		if (f->failure.sector >= 0 && ((unsigned)f->failure.sector < a->first ||
					       (unsigned)f->failure.sector > a->last))
			continue;
		if (first == NULL)
			first = a;
	}
	return first;
}

static bool wrp(const struct stm32l4_facts *f, struct stm32l4_finding *out, bool whole)
{
	const struct stm32l4_area *a = find_area(f, false, whole);

	if (a == NULL)
		return false;
	out->rank = f->failure.rc == OK || f->failure.rc == ERR_PROTECTED ? RANK_CAUSE : RANK_LIKELY;
	if (whole)
		finding_why(out, "all of bank %u is write-protected (%s covers pages %u..%u)",
			    a->physical + 1, a->name, a->first, a->last);
	else
		finding_why(out, "page%s %u..%u %s write-protected (%s): a mass erase fails for a "
				 "single one, "
				 "the other pages take page erases",
			    a->first == a->last ? "" : "s", a->first, a->last,
			    a->first == a->last ? "is" : "are", a->name);
	finding_evidence(out, "%s = 0x%08x (pages %u..%u)", a->name, a->value, a->first, a->last);
	finding_command(out, "flash protect %u %u %u off", f->bank, a->first, a->last);
	return true;
}

static bool wrp_bank(const struct stm32l4_facts *f, struct stm32l4_finding *out)
{
	return wrp(f, out, true);
}

static bool wrp_page(const struct stm32l4_facts *f, struct stm32l4_finding *out)
{
	return wrp(f, out, false);
}

static bool pcrop(const struct stm32l4_facts *f, struct stm32l4_finding *out)
{
	const struct stm32l4_area *a = find_area(f, true, false);

	/* Spoiled option bytes show all of it as PCROP: that is their cause. */
	if (a == NULL || is_mismatch(f))
		return false;
	finding_why(out, "0x%08x..0x%08x can be executed only (PCROP, %s): reading, erasing and "
			 "programming "
			 "pages %u..%u is refused, and so is a mass erase",
		    a->first_addr, a->last_addr, a->name, a->first, a->last);
	finding_evidence(out, "%s = 0x%08x (pages %u..%u)%s", a->name, a->value, a->first, a->last,
			 errors(f) & SR_RDERR ? ", FLASH_SR has RDERR" : "");
	snprintf(out->loses, sizeof(out->loses), "the whole flash, SRAM2 and the backup registers");
	finding_command(out, "stm32l4x lock %u; stm32l4x option_load %u; stm32l4x unlock %u; "
			"stm32l4x option_load %u", f->bank, f->bank, f->bank, f->bank);
	finding_cure(out, "only RDP 0 to 1 and back to 0 removes it, which erases the flash: \"%s\"",
		     out->command);
	return true;
}

static bool cpu2_area(const struct stm32l4_facts *f, struct stm32l4_finding *out)
{
	uint32_t sfr = fact_of(f, FACT_SFR), first = sfr & 0xff, shift = 1;

	/* SFSA counts pages; FSD (bit 8) set: no secure area. RM0434 3.10.19, RM0453 3.10.19. */
	if (f->line == NULL || f->line->regs != 0x58004000 || !fact_known(f, FACT_SFR) || (sfr & BIT(8)) ||
	    !f->has_geometry || first * shift >= f->g.pages)
		return false;
	out->rank = f->failure.rc == OK ? RANK_NOTE
		    : f->failure.sector >= (int)first ? RANK_CAUSE : RANK_NOTE;
	if (first == 0)
		finding_why(out, "the whole flash belongs to the second core (SFSA)");
	else
		finding_why(out, "pages %u..%u (from 0x%08x) belong to the second core (SFSA): erasing and "
				 "programming them is refused", first, f->g.pages - 1,
			    f->base + first * f->g.page_bytes);
	finding_evidence(out, "FLASH_SFR = 0x%08x (SFSA = %u)", sfr, first);
	finding_cure(out, "keep below 0x%08x: \"flash erase_sector %u 0 %u\" erases what is yours",
		     f->base + first * f->g.page_bytes, f->bank, first > 0 ? first - 1 : 0);
	return true;
}

/* What an operation met */

static bool wrong_bank(const struct stm32l4_facts *f, struct stm32l4_finding *out)
{
	unsigned upper = f->g.bank_pages;

	if (!f->has_geometry || !f->g.dual || !(errors(f) & SR_PROGERR) || f->is_swapped ||
	    !fact_known(f, FACT_SP) || fact_of(f, FACT_SP) != 0xffffffff ||
	    !fact_known(f, FACT_BANK2_SP) || fact_of(f, FACT_BANK2_SP) == 0xffffffff)
		return false;
	out->rank = RANK_LIKELY;
	finding_why(out, "a tool that does not select the bank (BKER) erased the start of bank 1 "
			 "instead of "
			 "0x%08x: bank 1 is blank there, bank 2 is not", f->base + f->g.bank2_offset);
	finding_evidence(out, "FLASH_SR = 0x%08x (PROGERR), 0x%08x holds 0x%08x, 0x%08x holds 0x%08x",
			 errors(f), f->base, fact_of(f, FACT_SP), f->base + f->g.bank2_offset,
			 fact_of(f, FACT_BANK2_SP));
	snprintf(out->loses, sizeof(out->loses), "what bank 2 holds");
	finding_command(out, "flash erase_sector %u %u %u", f->bank, upper, f->g.pages - 1);
	finding_cure(out, "run \"%s\", then write both images", out->command);
	return true;
}

static bool ones_programmed(const struct stm32l4_facts *f, struct stm32l4_finding *out)
{
	if (f->failure.rc != ERR_FLASH_OPERATION || !(f->failure.sr & SR_PROGERR) ||
	    f->failure.sector < 0 || !f->failure.reads_blank)
		return false;
	finding_why(out, "page %d reads as erased and is not: a double word in it was programmed with all "
			 "ones, or a power cut left it half-programmed", f->failure.sector);
	evidence_sr(out, f->failure.sr);
	finding_command(out, "flash erase_sector %u %d %d", f->bank, f->failure.sector, f->failure.sector);
	return true;
}

static bool not_erased(const struct stm32l4_facts *f, struct stm32l4_finding *out)
{
	if (f->failure.rc != ERR_FLASH_OPERATION || !(f->failure.sr & SR_PROGERR) ||
	    f->failure.reads_blank)
		return false;
	finding_why(out, "the double word to program was not erased");
	evidence_sr(out, f->failure.sr);
	finding_cure(out, "erase the sector first: use \"flash write_image erase\"");
	return true;
}

const struct stm32l4_rule stm32l4_flash_rules[] = {
	{ "rdp2", rdp2 },
	{ "torn-options", torn_options },
	{ "intruded", intruded },
	{ "rdp1", rdp1 },
	{ "rdp-not-loaded", rdp_not_loaded },
	{ "key-lockout", key_lockout },
	{ "busy", busy },
	{ "half-dw", half_dw },
	{ "suspended", suspended },
	{ "ecc-double", ecc_double },
	{ "stray-write", stray_write },
	{ "wrong-bank", wrong_bank },
	{ "byte-write", byte_write },
	{ "fast-mode", fast_mode },
	{ "unaligned", unaligned },
	{ "stale-errors", stale_errors },
	{ "modes-left", modes_left },
	{ "wrp-bank", wrp_bank },
	{ "wrp-page", wrp_page },
	{ "pcrop", pcrop },
	{ "trustzone", trustzone },
	{ "cpu2-area", cpu2_area },
	{ "option-pending", option_pending },
	{ "ones-programmed", ones_programmed },
	{ "not-erased", not_erased },
	{ "optverr", optverr },
	{ NULL, NULL }
};
