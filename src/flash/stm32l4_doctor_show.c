/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stm32l4 doctor: what was read, in words; and what could not be read, with the reason. */
#include "flash/stm32l4_doctor.h"

/* Words for a value; appended behind "NAME = 0x...". */
typedef void (*words_fn)(const struct stm32l4_facts *f, uint32_t value, struct buf *out);

static void sr_words(const struct stm32l4_facts *f, uint32_t sr, struct buf *out)
{
	(void)f;
	buf_printf(out, ": ");
	stm32l4_describe_sr(sr, out);
}

static void cr_words(const struct stm32l4_facts *f, uint32_t cr, struct buf *out)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} modes[] = { { CR_PG, "PG" }, { CR_PER, "PER" }, { CR_MER1, "MER1" }, { CR_MER2, "MER2" },
		      { CR_FSTPG, "FSTPG" }, { CR_STRT, "STRT" }, { CR_OPTSTRT, "OPTSTRT" } };

	(void)f;
	buf_printf(out, ": %s%s", cr & CR_LOCK ? "locked" : "unlocked",
		   cr & CR_OPTLOCK ? "" : ", options unlocked");
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++)
		if (cr & modes[i].bit)
			buf_printf(out, ", %s is set", modes[i].name);
}

static void acr_words(const struct stm32l4_facts *f, uint32_t acr, struct buf *out)
{
	buf_printf(out, ": %u wait states", acr & 15);
	if (f->line == NULL || f->line->layout->sr != 0x10)
		return;
	buf_printf(out, "%s%s%s", acr & ACR_ICEN ? ", instruction cache" : "",
		   acr & ACR_DCEN ? ", data cache" : "",
		   acr & ACR_RUN_PD ? ", flash powered down (RUN_PD)" : "");
	if (!f->line->has_l4_rcc && acr & ACR_EMPTY)
		buf_printf(out, ", EMPTY: it was blank when the options were loaded");
}

static void optr_words(const struct stm32l4_facts *f, uint32_t optr, struct buf *out)
{
	unsigned level = stm32l4_rdp_level(optr);

	if (f->line != NULL && f->line->has_trustzone && OPTR_RDP(optr) == RDP_LEVEL_0_5)
		buf_printf(out, ": RDP level 0.5");
	else
		buf_printf(out, ": RDP level %u (0x%02X)", level, OPTR_RDP(optr));
	if (f->line != NULL && f->line->has_trustzone)
		buf_printf(out, ", TrustZone %s", optr & BIT(31) ? "on" : "off");
}

static void eccr_words(const struct stm32l4_facts *f, uint32_t eccr, struct buf *out)
{
	(void)f;
	if (eccr & (ECCR_ECCC | ECCR_ECCD))
		buf_printf(out, ": %s at offset 0x%x%s",
			   eccr & ECCR_ECCD ? "two wrong bits" : "one wrong bit, corrected,",
			   ECCR_ADDR(eccr), eccr & ECCR_SYSF ? " of system memory" : "");
}

static void csr_words(const struct stm32l4_facts *f, uint32_t csr, struct buf *out)
{
	static const char *const names[8] = { "firewall", "option load", "reset pin", "brown-out or power",
					      "software", "IWDG", "WWDG", "low-power mode" };
	const char *comma = ": resets seen: ";

	(void)f;
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
		if (!(csr & BIT(24 + i)))
			continue;
		buf_printf(out, "%s%s", comma, names[i]);
		comma = ", ";
	}
}

static void memrmp_words(const struct stm32l4_facts *f, uint32_t memrmp, struct buf *out)
{
	static const char *const modes[8] = { "main flash", "system memory", "FMC", "SRAM1", "mode 4",
					      "mode 5", "QUADSPI", "mode 7" };

	buf_printf(out, ": %s at address 0", modes[memrmp & 7]);
	if (f->line != NULL && f->line->swap == SWAP_FB_MODE)
		buf_printf(out, memrmp & MEMRMP_FB_MODE ? ", banks swapped" : ", banks not swapped");
}

static void pwr_words(const struct stm32l4_facts *f, uint32_t cr1, struct buf *out)
{
	(void)f;
	buf_printf(out, ": voltage range %u%s", bits_get(cr1, 10, 9),
		   cr1 & PWR_CR1_LPR ? ", low-power run" : "");
}

static void dhcsr_words(const struct stm32l4_facts *f, uint32_t dhcsr, struct buf *out)
{
	static const char *const words[] = { "the core runs", "the core sleeps", "the core is halted",
					     "the chip is held in reset", "the core is locked up" };

	(void)dhcsr;
	buf_printf(out, ": %s", words[f->core]);
}

static void pc_words(const struct stm32l4_facts *f, uint32_t pc, struct buf *out)
{
	if (pc - 0x1fff0000u < 0x10000u || pc - 0x0bf80000u < 0x40000u)
		buf_printf(out, ": in system memory, the boot loader");
	else if (pc - f->base < f->span)
		buf_printf(out, ": in the flash");
	else if (pc - 0x20000000u < 0x10000000u)
		buf_printf(out, ": in RAM");
}

static void ipsr_words(const struct stm32l4_facts *f, uint32_t ipsr, struct buf *out)
{
	(void)f;
	buf_printf(out, ": %s", ipsr == 0 ? "no exception is active" : ipsr == 2 ? "NMI" :
		   ipsr == 3 ? "HardFault" : "an exception is active");
}

static void freeze_words(const struct stm32l4_facts *f, uint32_t fz, struct buf *out)
{
	(void)f;
	buf_printf(out, ": watchdogs %s while the core is halted",
		   (fz & (FREEZE_IWDG | FREEZE_WWDG)) == (FREEZE_IWDG | FREEZE_WWDG) ? "stand still"
										      : "go on");
}

static void dbgmcu_words(const struct stm32l4_facts *f, uint32_t cr, struct buf *out)
{
	(void)f;
	buf_printf(out, ": debug in Stop %s, in Standby %s", cr & BIT(1) ? "on" : "off",
		   cr & BIT(2) ? "on" : "off");
}

static void size_words(const struct stm32l4_facts *f, uint32_t kib, struct buf *out)
{
	if (kib == 0 || (f->line != NULL && kib > f->line->max_kib))
		buf_printf(out, ": no size that this line has");
	else
		buf_printf(out, ": %u KiB", kib);
	if (f->has_geometry)
		buf_printf(out, "; used as %u pages of %u bytes in %s", f->g.pages, f->g.page_bytes,
			   f->g.dual ? "two banks" : "one bank");
	if (f->has_geometry && f->g.dual)
		buf_printf(out, ", bank 2 at 0x%08x", f->base + f->g.bank2_offset);
}

/* What is worth a line even if all is well comes first. */
static const struct {
	const char *name;
	words_fn words;
	bool is_decimal, is_quiet;	/* quiet: no line if it was not read */
} names[FACT_COUNT] = {
	[FACT_DPIDR] = { "DPIDR", NULL, false, false },
	[FACT_AP_IDR] = { "AP IDR", NULL, false, true },
	[FACT_AP_CSW] = { "AP CSW", NULL, false, true },
	[FACT_VTARGET] = { "VTarget (mV)", NULL, true, false },
	[FACT_DHCSR] = { "DHCSR", dhcsr_words, false, false },
	[FACT_PC] = { "PC", pc_words, false, false },
	[FACT_IPSR] = { "IPSR", ipsr_words, true, false },
	[FACT_VTOR] = { "VTOR", NULL, false, false },
	[FACT_IDCODE] = { "DBGMCU_IDCODE", NULL, false, false },
	[FACT_DBGMCU_CR] = { "DBGMCU_CR", dbgmcu_words, false, false },
	[FACT_APB1FZR1] = { "DBGMCU_APB1FZR1", freeze_words, false, false },
	[FACT_OPTR] = { "FLASH_OPTR", optr_words, false, false },
	[FACT_SR] = { "FLASH_SR", sr_words, false, false },
	[FACT_CR] = { "FLASH_CR", cr_words, false, false },
	[FACT_ACR] = { "FLASH_ACR", acr_words, false, false },
	[FACT_ECCR] = { "FLASH_ECCR", eccr_words, false, false },
	[FACT_ECC2R] = { "FLASH_ECC2R", eccr_words, false, true },
	[FACT_SFR] = { "FLASH_SFR", NULL, false, true },
	[FACT_SIZE] = { "flash size register", size_words, false, false },
	[FACT_STORED_OPTR] = { "stored option byte", NULL, false, true },
	[FACT_RCC_CSR] = { "RCC_CSR", csr_words, false, false },
	[FACT_RCC_CR] = { "RCC_CR", NULL, false, true },
	[FACT_RCC_CFGR] = { "RCC_CFGR", NULL, false, true },
	[FACT_RCC_PLLCFGR] = { "RCC_PLLCFGR", NULL, false, true },
	[FACT_FLASHEN] = { "flash interface clock", NULL, true, true },
	[FACT_HCLK] = { "HCLK (Hz)", NULL, true, true },
	[FACT_MEMRMP] = { "SYSCFG_MEMRMP", memrmp_words, false, false },
	[FACT_PWR_CR1] = { "PWR_CR1", pwr_words, false, false },
	[FACT_PWR_SR2] = { "PWR_SR2", NULL, false, true },
	[FACT_IWDG_WINR] = { "IWDG_WINR", NULL, false, true },
	[FACT_SP] = { "first word (SP)", NULL, false, false },
	[FACT_RESET_VECTOR] = { "reset vector", NULL, false, false },
	[FACT_BANK2_SP] = { "first word of the upper bank", NULL, false, true },
};

static const char *const unread_words[] = {
	[UNREAD_NOT_THERE] = "not there",
	[UNREAD_LINK] = "not read: nothing answers",
	[UNREAD_RESET] = "not read: out of reach while the chip is held in reset",
	[UNREAD_BUS] = "not read: the bus refused it",
	[UNREAD_CLOCK] = "not read: its clock is off and the core runs (\"halt\" first)",
	[UNREAD_CORE] = "not read: the core does not show it while it runs or sleeps (\"halt\" first)",
	[UNREAD_HARM] = "not read: that would be refused, or change something",
};

static void describe_fact(const struct stm32l4_facts *f, enum stm32l4_fact fact, struct buf *out)
{
	uint32_t value = f->reg[fact];

	if (!fact_known(f, fact)) {
		if (fact == FACT_VTARGET && f->unread[fact] == UNREAD_NOT_THERE)
			buf_printf(out, "  %s: the probe does not measure it\n", names[fact].name);
		else if (!names[fact].is_quiet && f->unread[fact] != UNREAD_NOT_THERE)
			buf_printf(out, "  %s: %s\n", names[fact].name, unread_words[f->unread[fact]]);
		return;
	}
	buf_printf(out, names[fact].is_decimal ? "  %s = %u" : "  %s = 0x%08x", names[fact].name, value);
	if (names[fact].words != NULL)
		names[fact].words(f, value, out);
	buf_putc(out, '\n');
}

static void describe_areas(const struct stm32l4_facts *f, struct buf *out)
{
	for (size_t i = 0; i < f->area_count; i++) {
		const struct stm32l4_area *a = &f->areas[i];

		if (!a->is_active)
			buf_printf(out, "  %s = 0x%08x: off\n", a->name, a->value);
		else if (a->is_pcrop)
			buf_printf(out, "  %s = 0x%08x: 0x%08x..0x%08x (pages %u..%u)\n", a->name, a->value,
				   a->first_addr, a->last_addr, a->first, a->last);
		else
			buf_printf(out, "  %s = 0x%08x: pages %u..%u\n", a->name, a->value, a->first,
				   a->last);
	}
}

void stm32l4_describe_facts(const struct stm32l4_facts *f, struct buf *out)
{
	if (f->line != NULL)
		buf_printf(out, "  %s, flash bank #%u at 0x%08x\n", f->line->name, f->bank, f->base);
	if (f->link_error[0] != '\0')
		buf_printf(out, "  no access: %s\n", f->link_error);
	for (unsigned i = 0; i < FACT_COUNT; i++)
		describe_fact(f, i, out);
	describe_areas(f, out);
	if (!f->has_geometry && f->link == LINK_OK && !f->is_otp)
		buf_printf(out, "  WRP and PCROP areas: not read\n");
}
