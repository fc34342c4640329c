/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stm32l4 doctor, first step: what can be read of a chip without changing it. What cannot be read is
 * noted with the reason; nothing here fails but the probe.
 */
#include "flash/stm32l4_doctor.h"

#include "dap/mem_ap.h"

#define SCB_VTOR   0xe000ed08u
#define SCB_DHCSR  0xe000edf0u
#define   S_SLEEP    BIT(18)
#define   S_LOCKUP   BIT(19)
#define   S_HALT     BIT(17)
#define   S_RESET_ST BIT(25)
#define DWT_PCSR   0xe000101cu
#define   PCSR_NONE  0xffffffffu
#define SCB_ICSR_ADDR 0xe000ed04u
#define ABSENT	   0xffffu

/*
 * What stands around the flash, where it differs: offsets from the RCC base, PWR, SYSCFG. ABSENT: the line
 * has none. RM0351, RM0394, RM0432, RM0440: L4, L4+, G4; RM0444 5.4, RM0490: G0, C0; RM0503: U0; RM0434,
 * RM0453: WB, WL; RM0438 9.8: L5; RM0456 11.8: U5; RM0487: U3; RM0493: WBA.
 */
static const struct surroundings {
	uint16_t dev_ids[12];
	uint32_t rcc, pwr, memrmp;
	uint16_t csr, flashen_reg, syscfg_reg, pwren_reg;
	uint8_t flashen_bit, syscfg_bit, pwren_bit;	/* 0xff: its clock is always on */
	uint16_t cr1, sr2;		/* of PWR: where VOS and LPR are, and their state */
	uint32_t option_word;		/* the stored OPTR in system memory; 0: none to compare with */
	bool has_l4_clocks;		/* CR, CFGR, PLLCFGR as RM0351 6.4 */
} surroundings[] = {
	{ { 0x415, 0x461, 0x435, 0x462, 0x464 }, 0x40021000, 0x40007000, 0x40010000, 0x94, 0x48, 0x60, 0x58,
	  8, 0, 28, 0x00, 0x14, 0x1fff7800, true },
	{ { 0x470, 0x471 }, 0x40021000, 0x40007000, 0x40010000, 0x94, 0x48, 0x60, 0x58, 8, 0, 28, 0x00,
	  0x14, 0x1ff00000, true },
	{ { 0x468, 0x469, 0x479 }, 0x40021000, 0x40007000, 0x40010000, 0x94, 0x48, 0x60, 0x58, 8, 0, 28,
	  0x00, 0x14, 0x1fff7800, false },
	{ { 0x466, 0x456, 0x460, 0x467 }, 0x40021000, 0x40007000, 0x40010000, 0x60, 0x38, 0x40, 0x3c, 8, 0,
	  28, 0x00, 0x14, 0x1fff7800, false },
	{ { 0x443, 0x453, 0x44c, 0x493, 0x44d }, 0x40021000, 0x40007000, 0x40010000, 0x60, 0x38, 0x40,
	  0x3c, 8, 0, 28, ABSENT, ABSENT, 0, false },
	{ { 0x459, 0x489 }, 0x40021000, 0x40007000, 0x40010000, 0x94, 0x48, 0x60, 0x58, 8, 0, 28, 0x00,
	  0x14, 0, false },
	{ { 0x495, 0x496, 0x494, 0x497 }, 0x58000000, 0x58000400, 0x40010000, 0x94, 0x50, ABSENT, ABSENT,
	  25, 0xff, 0xff, 0x00, 0x14, 0x1fff8000, false },
	{ { 0x472 }, 0x40021000, 0x40007000, 0, 0x94, 0x48, ABSENT, 0x58, 8, 0xff, 28, 0x00, 0x14, 0,
	  false },
	{ { 0x455, 0x482, 0x481, 0x476 }, 0x46020c00, 0x46020800, 0, 0xf4, 0x88, ABSENT, 0x94, 8, 0xff, 2,
	  ABSENT, ABSENT, 0, false },
	{ { 0x454, 0x42a }, 0x40030c00, 0x40030800, 0, 0xf4, ABSENT, ABSENT, ABSENT, 0xff, 0xff, 0xff,
	  ABSENT, ABSENT, 0, false },
	{ { 0x492, 0x4b0, 0x4b2 }, 0x46020c00, 0x46020800, 0, 0xf4, 0x88, ABSENT, ABSENT, 8, 0xff, 0xff,
	  ABSENT, ABSENT, 0, false },
};

struct reader {
	struct stm32l4_facts *facts;
	struct target *target;
	struct mem_ap *ap;
	const struct surroundings *around;
	bool is_halted;			/* others' registers may be changed for a moment */
	bool is_lost;
};

static void note(struct stm32l4_facts *facts, enum stm32l4_fact fact, uint32_t value)
{
	facts->reg[fact] = value;
	facts->has |= 1ull << fact;
}

static void note_unread(struct stm32l4_facts *facts, enum stm32l4_fact fact, enum stm32l4_unread why)
{
	facts->unread[fact] = (uint8_t)why;
}

/* Through the target where that is possible: it keeps bits that a read clears. */
static enum err read_word(struct reader *r, uint32_t addr, uint32_t *value)
{
	enum err rc = r->target->examined ? target_read_u32(r->target, addr, value)
					  : mem_ap_read32(r->ap, addr, value);

	r->is_lost |= rc == ERR_ADAPTER_LOST;
	return rc;
}

static bool get(struct reader *r, enum stm32l4_fact fact, uint32_t addr)
{
	uint32_t value;

	if (!r->is_lost && read_word(r, addr, &value) == OK) {
		note(r->facts, fact, value);
		return true;
	}
	if (!r->is_lost)
		error_clear();
	note_unread(r->facts, fact, UNREAD_BUS);
	return false;
}

struct place {
	enum stm32l4_fact fact;
	uint32_t addr;
};

/* A register of a peripheral that reads as 0 without its clock: the clock is lent to it if the core is
 * halted, and taken back. */
static void get_clocked(struct reader *r, uint16_t enable, uint8_t bit,
			const struct place *places, size_t count)
{
	uint32_t clocks = 0;
	bool is_always_on = bit == 0xff || enable == ABSENT, lend = false;

	if (!is_always_on) {
		if (read_word(r, r->around->rcc + enable, &clocks) != OK)
			error_clear();
		lend = !(clocks & BIT(bit));
	}
	if (lend && !r->is_halted) {
		for (size_t i = 0; i < count; i++)
			note_unread(r->facts, places[i].fact, UNREAD_CLOCK);
		return;
	}
	if (lend && target_write_u32(r->target, r->around->rcc + enable, clocks | BIT(bit)) != OK)
		error_clear();
	for (size_t i = 0; i < count; i++)
		get(r, places[i].fact, places[i].addr);
	if (lend && target_write_u32(r->target, r->around->rcc + enable, clocks) != OK)
		error_clear();
}

/* The link and the core */

static void read_voltage(struct reader *r)
{
	struct adapter *adapter = r->target->list->adapter;
	int mv = -1;

	if (adapter->driver == NULL || adapter->driver->read_voltage == NULL)
		return;
	if (adapter->driver->read_voltage(adapter, &mv) != OK)
		error_clear();
	else if (mv >= 0)
		note(r->facts, FACT_VTARGET, (uint32_t)mv);
}

static bool link_failed(struct reader *r, enum stm32l4_link link)
{
	r->is_lost |= error_current()->code == ERR_ADAPTER_LOST;
	if (r->is_lost)
		return false;
	r->facts->link = link;
	snprintf(r->facts->link_error, sizeof(r->facts->link_error), "%.190s", error_current()->why);
	error_clear();
	for (unsigned i = FACT_DHCSR; i < FACT_COUNT; i++)
		note_unread(r->facts, i, UNREAD_LINK);
	return false;
}

static bool read_link(struct reader *r)
{
	struct dap *dap = r->target->dap;
	uint32_t idr = 0, csw = 0;

	if (!dap->is_connected && dap_connect(dap) != OK)
		return link_failed(r, LINK_SILENT);
	note(r->facts, FACT_DPIDR, dap->dpidr);
	r->ap = r->target->ap;
	if (r->ap == NULL && r->target->ap_num >= 0)
		r->ap = mem_ap_get(dap, (uint8_t)r->target->ap_num);
	if (r->ap == NULL && mem_ap_find_core(dap, &r->ap) != OK)
		return link_failed(r, LINK_NO_BUS);
	dap_read_ap(dap, r->ap->apsel, AP_IDR, &idr);
	dap_read_ap(dap, r->ap->apsel, AP_CSW, &csw);
	if (dap_run(dap) != OK)
		return link_failed(r, LINK_NO_BUS);
	note(r->facts, FACT_AP_IDR, idr);
	note(r->facts, FACT_AP_CSW, csw);
	return true;
}

static bool read_core_state(struct reader *r)
{
	struct target *t = r->target;
	uint32_t dhcsr;

	if (mem_ap_probe(r->ap) != OK || read_word(r, SCB_DHCSR, &dhcsr) != OK)
		return link_failed(r, LINK_NO_BUS);
	/* The reset flag clears on read, unless the reset goes on: only a second look tells. */
	if (dhcsr & S_RESET_ST && read_word(r, SCB_DHCSR, &dhcsr) != OK)
		return link_failed(r, LINK_NO_BUS);
	note(r->facts, FACT_DHCSR, dhcsr);
	r->facts->core = dhcsr & S_RESET_ST ? CORE_IN_RESET
			 : dhcsr & S_LOCKUP ? CORE_LOCKED_UP
			 : dhcsr & S_HALT   ? CORE_HALTED
			 : dhcsr & S_SLEEP  ? CORE_SLEEPS
					    : CORE_RUNS;
	r->is_halted = r->facts->core == CORE_HALTED && t->examined && t->state == TARGET_HALTED;
	return true;
}

static void read_core(struct reader *r)
{
	struct stm32l4_facts *facts = r->facts;
	uint32_t pc = PCSR_NONE, xpsr, icsr;

	get(r, FACT_VTOR, SCB_VTOR);
	if (r->is_halted) {
		if (target_get_reg32(r->target, "pc", &pc) == OK)
			note(facts, FACT_PC, pc);
		if (target_get_reg32(r->target, "xpsr", &xpsr) == OK)
			note(facts, FACT_IPSR, xpsr & 0x1ff);
		error_clear();
		return;
	}
	/* ICSR.VECTACTIVE is IPSR as the debugger sees it on a running core. */
	if (read_word(r, SCB_ICSR_ADDR, &icsr) == OK)
		note(facts, FACT_IPSR, icsr & 0x1ff);
	error_clear();
	if (read_word(r, DWT_PCSR, &pc) != OK)
		error_clear();
	if (pc != PCSR_NONE && pc != 0)
		note(facts, FACT_PC, pc);
	else
		note_unread(facts, FACT_PC, UNREAD_CORE);
}

static void read_identity(struct reader *r, struct flash_bank *bank)
{
	static const uint32_t places[] = { DBGMCU_L4, DBGMCU_L5, DBGMCU_G0 };
	struct stm32l4_facts *facts = r->facts;
	const struct stm32l4 *s = bank->priv;
	uint32_t dbgmcu = 0, dev_id;

	if (s->line != NULL && s->dbgmcu == 0) {	/* WL5x from its second core */
		facts->line = s->line;
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(places) && facts->line == NULL; i++) {
		/* On G0 it is a peripheral: out of reach in reset. */
		if (places[i] == DBGMCU_G0 && facts->core == CORE_IN_RESET)
			continue;
		if (!get(r, FACT_IDCODE, places[i]))
			continue;
		dbgmcu = places[i];
		dev_id = facts->reg[FACT_IDCODE] & 0xfff;
		facts->line = stm32l4_find_line((uint16_t)dev_id);
		if (dev_id != 0 && dev_id != 0xfff)
			break;
	}
	if (facts->line == NULL && facts->core == CORE_IN_RESET)
		facts->line = s->line;
	if (facts->line == NULL || dbgmcu == 0)
		return;
	get(r, FACT_DBGMCU_CR, dbgmcu + 4);
	get(r, FACT_APB1FZR1, dbgmcu + (facts->line->regs == 0x58004000 ? 0x3cu : DBGMCU_APB1FZR1));
}

/* The flash controller and what stands around it */

static void read_controller(struct reader *r, const struct stm32l4 *s)
{
	struct stm32l4_facts *facts = r->facts;
	const struct stm32l4_line *line = facts->line;
	bool has_secure_regs = line->layout->sr != 0x10;
	const struct stm32l4_layout *at = s->line == line && s->layout != NULL ? s->layout : line->layout;
	uint32_t regs = s->line == line && s->regs != 0 ? s->regs : line->regs;

	get(r, FACT_OPTR, line->regs + line->layout->optr);
	get(r, FACT_SR, regs + at->sr);
	get(r, FACT_CR, regs + at->lock_cr);
	get(r, FACT_ACR, regs + at->acr);
	get(r, FACT_ECCR, line->regs + (has_secure_regs ? 0x30u : ECCR));
	if (line->banks == TWO_G0B)
		get(r, FACT_ECC2R, line->regs + 0x1cu);
	if (line->regs == 0x58004000)
		get(r, FACT_SFR, line->regs + 0x80u);
	/* Within an operation: as the application had it. */
	if (s->has_saved_acr)
		note(facts, FACT_ACR, s->saved_acr);
}

static void read_size(struct reader *r)
{
	uint32_t word, addr = r->facts->line->size_reg;

	if (read_word(r, addr & ~3u, &word) == OK)
		note(r->facts, FACT_SIZE, (word >> (addr & 2) * 8) & 0xffff);
	else
		note_unread(r->facts, FACT_SIZE, UNREAD_BUS);
	error_clear();
}

static const struct surroundings *find_surroundings(uint16_t dev_id)
{
	for (size_t i = 0; i < ARRAY_SIZE(surroundings); i++)
		for (size_t k = 0; k < ARRAY_SIZE(surroundings[i].dev_ids); k++)
			if (surroundings[i].dev_ids[k] == dev_id)
				return &surroundings[i];
	return NULL;
}

/* An option byte as the flash holds it: a value, and its complement that proves it is one. */
static bool read_option_word(struct reader *r, uint32_t addr, uint32_t *value)
{
	uint32_t complement;
	bool is_one = read_word(r, addr, value) == OK && read_word(r, addr + 4, &complement) == OK &&
		      *value == ~complement;

	error_clear();
	return is_one;
}

/* RM0351 3.4.1: the words stand 8 bytes apart in the order of the registers; those of bank 2 on a page of
 * their own. Bits that mean nothing are left out. */
static const struct {
	const char *name;
	uint8_t reg;
	uint16_t at;			/* from the stored OPTR on */
	uint32_t mask;
} option_words[] = {
	{ "FLASH_OPTR", 0x20, 0x00, 0x1fffffff },   { "PCROP1SR", 0x24, 0x08, 0x0000ffff },
	{ "PCROP1ER", 0x28, 0x10, 0x0000ffff },	    { "WRP1AR", 0x2c, 0x18, 0x00ff00ff },
	{ "WRP1BR", 0x30, 0x20, 0x00ff00ff },	    { "PCROP2SR", 0x44, 0x8008, 0x0000ffff },
	{ "PCROP2ER", 0x48, 0x8010, 0x0000ffff },   { "WRP2AR", 0x4c, 0x8018, 0x00ff00ff },
	{ "WRP2BR", 0x50, 0x8020, 0x00ff00ff },
};

static bool has_option_word(const struct stm32l4_line *line, size_t index)
{
	return option_words[index].at < 0x8000 || (line->has_l4_rcc && line->layout->wrp[2] != 0);
}

static void read_stored_options(struct reader *r, uint32_t base)
{
	struct stm32l4_facts *facts = r->facts;
	uint32_t stored, now;

	for (size_t i = 0; i < ARRAY_SIZE(option_words); i++) {
		if (!has_option_word(facts->line, i) ||
		    !read_option_word(r, base + option_words[i].at, &stored))
			continue;
		if (i == 0)
			note(facts, FACT_STORED_OPTR, stored);
		if (facts->pending.name == NULL &&
		    read_word(r, facts->line->regs + option_words[i].reg, &now) == OK &&
		    ((now ^ stored) & option_words[i].mask))
			facts->pending = (struct stm32l4_pending){ option_words[i].name, now, stored };
		error_clear();
	}
}

uint32_t stm32l4_reset_csr(const struct stm32l4_line *line)
{
	const struct surroundings *a = find_surroundings(line->dev_id);

	return a == NULL ? 0 : a->rcc + a->csr;
}

static void read_surroundings(struct reader *r)
{
	const struct surroundings *a = r->around;
	uint32_t clocks;

	get(r, FACT_RCC_CSR, a->rcc + a->csr);
	if (a->flashen_reg != ABSENT && read_word(r, a->rcc + a->flashen_reg, &clocks) == OK)
		note(r->facts, FACT_FLASHEN, clocks >> a->flashen_bit & 1);
	error_clear();
	if (a->memrmp != 0)
		get_clocked(r, a->syscfg_reg, a->syscfg_bit,
			    &(struct place){ FACT_MEMRMP, a->memrmp }, 1);
	if (a->cr1 != ABSENT) {
		const struct place places[] = { { FACT_PWR_CR1, a->pwr + a->cr1 },
							{ FACT_PWR_SR2, a->pwr + a->sr2 } };

		get_clocked(r, a->pwren_reg, a->pwren_bit, places, 2);
	}
	get(r, FACT_IWDG_WINR, IWDG_WINR);
	if (a->option_word != 0)
		read_stored_options(r, r->facts->line->dev_id == 0x494 ? 0x1fff7800u : a->option_word);
}

/* RM0351 6.2: what drives HCLK. 0: not to be told (HSE). */
static uint32_t l4_hclk(const struct stm32l4_facts *facts)
{
	static const uint32_t msi[16] = { 100, 200, 400, 800, 1000, 2000, 4000, 8000, 16000, 24000, 32000,
					  48000 };
	static const uint8_t shifts[8] = { 1, 2, 3, 4, 6, 7, 8, 9 };
	uint32_t cr = facts->reg[FACT_RCC_CR], cfgr = facts->reg[FACT_RCC_CFGR];
	uint32_t pll = facts->reg[FACT_RCC_PLLCFGR];
	uint32_t m_bits = facts->line->banks == TWO_L4R ? 0xf : 7;
	/* The range after Standby stands in RCC_CSR until RCC_CR takes over. */
	uint32_t range = cr & BIT(3) ? bits_get(cr, 7, 4) : bits_get(facts->reg[FACT_RCC_CSR], 11, 8);
	uint32_t khz[4] = { msi[range], 16000, 0, 0 };
	uint32_t hpre = bits_get(cfgr, 7, 4);

	if ((pll & 3) != 0)
		khz[3] = khz[(pll & 3) - 1] / ((pll >> 4 & m_bits) + 1) * bits_get(pll, 14, 8) /
			 (2 * (bits_get(pll, 26, 25) + 1));
	return khz[cfgr >> 2 & 3] * 1000 >> (hpre & 8 ? shifts[hpre & 7] : 0);
}

static void read_clocks(struct reader *r)
{
	uint32_t hz;

	if (!r->around->has_l4_clocks || !get(r, FACT_RCC_CR, r->around->rcc) ||
	    !get(r, FACT_RCC_CFGR, r->around->rcc + 8) || !get(r, FACT_RCC_PLLCFGR, r->around->rcc + 0xc))
		return;
	hz = l4_hclk(r->facts);
	if (hz != 0)
		note(r->facts, FACT_HCLK, hz);
}

/* Reading flash is harmless only where nothing forbids it. */
static bool may_read_flash(const struct stm32l4_facts *f)
{
	if (f->is_otp || stm32l4_rdp_level(fact_of(f, FACT_OPTR)) != 0 || fact_of(f, FACT_SR) & SR_BSY ||
	    fact_of(f, FACT_ACR) & ACR_RUN_PD)
		return false;
	for (size_t i = 0; i < f->area_count; i++)
		if (f->areas[i].is_active && f->areas[i].is_pcrop && f->areas[i].first_addr < f->base + 8)
			return false;
	return true;
}

static void read_vectors(struct reader *r)
{
	struct stm32l4_facts *facts = r->facts;

	if (!may_read_flash(facts)) {
		note_unread(facts, FACT_SP, UNREAD_HARM);
		note_unread(facts, FACT_RESET_VECTOR, UNREAD_HARM);
		note_unread(facts, FACT_BANK2_SP, UNREAD_HARM);
		return;
	}
	facts->flash_reads = get(r, FACT_SP, facts->base);
	facts->flash_refused = !facts->flash_reads;
	if (!facts->flash_reads)
		return;
	get(r, FACT_RESET_VECTOR, facts->base + 4);
	if (facts->has_geometry && facts->g.dual)
		get(r, FACT_BANK2_SP, facts->base + facts->g.bank2_offset);
}

static void read_areas(struct reader *r, struct flash_bank *bank)
{
	struct stm32l4_facts *facts = r->facts;
	struct stm32l4 *s = bank->priv;

	if (!r->target->examined)
		return;
	if (flash_probe(bank) != OK) {
		error_clear();
		return;
	}
	facts->is_otp = s->is_otp;
	facts->base = bank->base;
	facts->span = bank->size;
	if (s->is_otp)
		return;
	facts->g = s->g;
	facts->has_geometry = true;
	/* RCC is somebody else's while the core runs: without SYSCFG's clock the swap stays unknown. */
	if (s->line->swap == SWAP_FB_MODE)
		s->is_swapped = s->g.dual && (fact_of(facts, FACT_MEMRMP) & MEMRMP_FB_MODE);
	else if (s->line->swap != NO_SWAP)
		s->is_swapped = s->g.dual &&
				!!(s->optr & BIT(20)) == (s->line->swap == SWAP_OPT_SET);
	facts->is_swapped = s->is_swapped;
	if (stm32l4_read_areas(bank, facts->areas, &facts->area_count) != OK) {
		facts->area_count = 0;
		error_clear();
	}
	if (fact_of(facts, FACT_ECCR) & ECCR_ECCD)
		facts->ecc_sector = flash_sector_at(
			bank, bank->sectors[stm32l4_bank_first_sector(
				      s, fact_of(facts, FACT_ECCR) & ECCR_BK ? 1 : 0)].offset +
				      ECCR_ADDR(fact_of(facts, FACT_ECCR)));
}

static void all_in_reset(struct stm32l4_facts *facts)
{
	for (unsigned i = FACT_OPTR; i < FACT_COUNT; i++)
		note_unread(facts, i, UNREAD_RESET);
}

enum err stm32l4_read_facts(struct flash_bank *bank, struct stm32l4_facts *facts)
{
	struct reader r = { .facts = facts, .target = bank->target };

	*facts = (struct stm32l4_facts){ .bank = bank->number, .base = bank->base ? bank->base : MAIN_BASE,
					 .failure = { .sector = NO_ADDRESS } };
	read_voltage(&r);
	if (!read_link(&r) || !read_core_state(&r))
		return r.is_lost ? ERR_ADAPTER_LOST : OK;
	read_core(&r);
	read_identity(&r, bank);
	if (facts->core == CORE_IN_RESET)
		all_in_reset(facts);
	else if (facts->line != NULL) {
		r.around = find_surroundings(facts->line->dev_id);
		read_controller(&r, bank->priv);
		read_size(&r);
		if (r.around != NULL) {
			read_surroundings(&r);
			read_clocks(&r);
		}
		read_areas(&r, bank);
		read_vectors(&r);
	}
	return r.is_lost ? ERR_ADAPTER_LOST : OK;
}
