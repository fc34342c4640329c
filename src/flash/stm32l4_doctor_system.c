/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stm32l4 doctor: causes that lie around the flash controller: the link, resets, supply, boot selection,
 * bank swap, clocks, size. RM0351 chapters 2.6, 5, 6, 9 and 48 unless said otherwise.
 */
#include "flash/stm32l4_doctor.h"

#define CSR_OBLRSTF  BIT(25)
#define CSR_PINRSTF  BIT(26)
#define CSR_BORRSTF  BIT(27)
#define CSR_IWDGRSTF BIT(29)
#define CSR_WWDGRSTF BIT(30)
#define CSR_LPWRRSTF BIT(31)
#define OPTR_IWDG_SW BIT(16)
#define OPTR_WWDG_SW BIT(19)
#define OPTR_DUAL    BIT(21)
#define MEM_MODE_SYSTEM 1u
#define LOWEST_MV    1710u	/* DS10198 6.3.1: for erasing and programming */
#define POOR_MV	     2000u
#define NO_VREF_MV   1000u

static uint32_t optr(const struct stm32l4_facts *f)
{
	return fact_of(f, FACT_OPTR);
}

/* Option bits mean something: they were read, and are not those of an option byte that failed. */
static bool has_options(const struct stm32l4_facts *f)
{
	return fact_known(f, FACT_OPTR) && f->line != NULL &&
	       !((fact_of(f, FACT_SR) & SR_OPTVERR) && OPTR_RDP(optr(f)) == 0xff) &&
	       !(fact_known(f, FACT_FLASHEN) && !fact_of(f, FACT_FLASHEN));
}

/* The link */

static bool silent(const struct stm32l4_facts *f, struct stm32l4_finding *out)
{
	if (f->link != LINK_SILENT)
		return false;
	finding_why(out, "the debug port does not answer: no power, a wire, or the firmware has "
			 "taken the SWD pins (PA13, PA14) for itself");
	finding_evidence(out, "%s", f->link_error);
	finding_command(out, "reset_config srst_only srst_nogate connect_assert_srst; adapter reconnect; "
			     "reset halt");
	finding_cure(out, "check power and wires, then connect under reset: \"%s\"; then erase the "
			  "firmware",
		     out->command);
	return true;
}

/* Whoever writes CR or reads flash while BSY is set waits for it, and with him all that comes behind
 * (RM0351 3.3.7). A sleeping core answers the same way, but the busy flash was seen. */
static bool stuck_busy(const struct stm32l4_facts *f, struct stm32l4_finding *out)
{
	if (f->link != LINK_NO_BUS || !f->link_waits || f->busy_sr == 0)
		return false;
	finding_why(out, "the flash controller does not end its operation, and the bus waits for it");
	finding_evidence(out, "FLASH_SR = 0x%08x (BSY) when it could be read last, DPIDR = 0x%08x, %s",
			 f->busy_sr, fact_of(f, FACT_DPIDR), f->link_error);
	finding_command(out, "reset_config srst_only srst_nogate connect_assert_srst; adapter reconnect; "
			     "reset halt");
	finding_cure(out, "reset the chip: \"%s\"; if it stays, power-cycle the board and look at its "
			  "supply", out->command);
	return true;
}

static bool no_bus(const struct stm32l4_facts *f, struct stm32l4_finding *out)
{
	if (f->link != LINK_NO_BUS || (f->link_waits && f->busy_sr != 0))
		return false;
	if (!was_asked(f) && f->failure.rc != ERR_NOT_EXAMINED)
		finding_why(out, "the debug port answers and the memory behind it does not any more: the "
				 "bus hangs, or the chip was reset and its firmware sleeps");
	else if (f->link_waits)
		finding_why(out, "the debug port answers and the memory behind it keeps it waiting: the "
				 "firmware is in Stop or Standby, or the flash does not end an operation");
	else
		finding_why(out, "the debug port answers and the memory behind it does not: the firmware "
				 "is in Stop or Standby, where the core has no clock");
	finding_evidence(out, "DPIDR = 0x%08x, %s", fact_of(f, FACT_DPIDR), f->link_error);
	finding_command(out, "reset_config srst_only srst_nogate connect_assert_srst; adapter reconnect; "
			     "reset halt");
	finding_cure(out, "connect under reset: \"%s\"; then erase or replace the firmware", out->command);
	return true;
}

static bool in_reset(const struct stm32l4_facts *f, struct stm32l4_finding *out)
{
	if (f->core != CORE_IN_RESET)
		return false;
	finding_why(out, "the chip is held in reset: the flash cannot be reached");
	finding_evidence(out, "DHCSR = 0x%08x (S_RESET_ST stays set)", fact_of(f, FACT_DHCSR));
	finding_command(out, "reset halt");
	finding_cure(out, "run \"reset halt\"; if it stays, look what pulls nRST low (a button, a "
			  "supervisor, another probe)");
	out->is_harmless = true;
	return true;
}

static bool unknown_chip(const struct stm32l4_facts *f, struct stm32l4_finding *out)
{
	if (f->link != LINK_OK || f->line != NULL || f->core == CORE_IN_RESET)
		return false;
	finding_why(out, "this is no chip that the stm32l4x driver knows");
	finding_evidence(out, "DBGMCU_IDCODE = 0x%08x (device code 0x%03x)", fact_of(f, FACT_IDCODE),
			 fact_of(f, FACT_IDCODE) & 0xfff);
	finding_cure(out, "check that the board and the target script match");
	return true;
}

/* Resets and supply */

static bool iwdg_hw(const struct stm32l4_facts *f, struct stm32l4_finding *out)
{
	uint32_t bits = ~optr(f) & (OPTR_IWDG_SW | OPTR_WWDG_SW);
	bool was_it = f->failure.fresh_resets & (CSR_IWDGRSTF | CSR_WWDGRSTF);

	if (!has_options(f) || bits == 0)
		return false;
	out->rank = was_it ? RANK_CAUSE : RANK_LIKELY;
	finding_why(out, "an option byte starts the watchdog at every reset (%s = 0): %s",
		    bits & OPTR_IWDG_SW ? "IWDG_SW" : "WWDG_SW",
		    was_it ? "it reset the chip in the middle of the operation"
			   : "it resets the chip in the middle of a download unless it is frozen "
			     "or fed, which the flash commands do");
	finding_evidence(out, "FLASH_OPTR = 0x%08x%s%s", optr(f),
			 fact_of(f, FACT_RCC_CSR) & CSR_IWDGRSTF ? ", RCC_CSR has IWDGRSTF" : "",
			 was_it ? ", which is new" : "");
	finding_command(out, "stm32l4x option set %u%s%s", f->bank, bits & OPTR_IWDG_SW ? " IWDG_SW=1" : "",
			bits & OPTR_WWDG_SW ? " WWDG_SW=1" : "");
	return true;
}

static bool iwdg_fw(const struct stm32l4_facts *f, struct stm32l4_finding *out)
{
	uint32_t flags = CSR_IWDGRSTF | CSR_WWDGRSTF;
	bool was_it = f->failure.fresh_resets & flags;

	if (!has_options(f) || !(optr(f) & OPTR_IWDG_SW) || !(fact_of(f, FACT_RCC_CSR) & flags) ||
	    (!was_asked(f) && !was_it))
		return false;
	out->rank = was_it ? RANK_CAUSE : RANK_LIKELY;
	finding_why(out, was_it ? "the %s watchdog (%s) reset the chip in the middle of the operation"
				: "the %s watchdog (%s), which the firmware starts, has reset the chip",
		    fact_of(f, FACT_RCC_CSR) & CSR_IWDGRSTF ? "independent" : "window",
		    fact_of(f, FACT_RCC_CSR) & CSR_IWDGRSTF ? "IWDG" : "WWDG");
	finding_evidence(out, "RCC_CSR = 0x%08x (%s)", fact_of(f, FACT_RCC_CSR),
			 fact_of(f, FACT_RCC_CSR) & CSR_IWDGRSTF ? "IWDGRSTF" : "WWDGRSTF");
	finding_command(out, "reset halt");
	finding_cure(out, "run \"reset halt\" first, so that the firmware does not start it");
	out->is_harmless = true;
	return true;
}

static bool brownout(const struct stm32l4_facts *f, struct stm32l4_finding *out)
{
	if (!(f->failure.fresh_resets & CSR_BORRSTF))
		return false;
	finding_why(out, "the supply sagged (brown-out reset) in the middle of the operation");
	if (fact_known(f, FACT_VTARGET))
		finding_evidence(out, "RCC_CSR = 0x%08x (BORRSTF, which is new), VTarget = %u mV",
				 fact_of(f, FACT_RCC_CSR), fact_of(f, FACT_VTARGET));
	else
		finding_evidence(out, "RCC_CSR = 0x%08x (BORRSTF, which is new)", fact_of(f, FACT_RCC_CSR));
	finding_cure(out, "check the supply voltage, its load and the cable, then run \"reset halt\" and "
			  "repeat it");
	return true;
}

static bool low_power_reset(const struct stm32l4_facts *f, struct stm32l4_finding *out)
{
	bool was_it = f->failure.fresh_resets & CSR_LPWRRSTF;

	if (!has_options(f) || !(fact_of(f, FACT_RCC_CSR) & CSR_LPWRRSTF) || (!was_asked(f) && !was_it))
		return false;
	out->rank = was_it ? RANK_CAUSE : RANK_LIKELY;
	finding_why(out, "an option byte turns entering a low-power mode into a reset (nRST_STOP, "
			 "nRST_STDBY or nRST_SHDW = 0), and that has happened");
	finding_evidence(out, "RCC_CSR = 0x%08x (LPWRRSTF), FLASH_OPTR = 0x%08x", fact_of(f, FACT_RCC_CSR),
			 optr(f));
	finding_command(out, "reset halt");
	out->is_harmless = true;
	return true;
}

static bool pin_reset(const struct stm32l4_facts *f, struct stm32l4_finding *out)
{
	/* Every reset of the chip pulls the pin too. */
	if ((f->failure.fresh_resets & (CSR_PINRSTF | CSR_OBLRSTF | CSR_BORRSTF | CSR_IWDGRSTF |
					CSR_WWDGRSTF | CSR_LPWRRSTF | BIT(28))) != CSR_PINRSTF)
		return false;
	finding_why(out, "the reset pin was pulled in the middle of the operation");
	finding_evidence(out, "RCC_CSR = 0x%08x (PINRSTF, which is new)", fact_of(f, FACT_RCC_CSR));
	finding_cure(out, "check what drives nRST, then run \"reset halt\" and repeat it");
	return true;
}

static bool low_voltage(const struct stm32l4_facts *f, struct stm32l4_finding *out)
{
	uint32_t mv = fact_of(f, FACT_VTARGET);

	if (!fact_known(f, FACT_VTARGET) || mv >= POOR_MV)
		return false;
	out->rank = mv < NO_VREF_MV ? RANK_NOTE : mv < LOWEST_MV ? RANK_CAUSE : RANK_LIKELY;
	if (mv < NO_VREF_MV)
		finding_why(out, "the probe measures no supply: its VTref wire is not connected");
	else
		finding_why(out, "the supply is low: erasing and programming need 1.71 V, and draw "
				 "up to 7 mA");
	finding_evidence(out, "VTarget = %u mV", mv);
	finding_cure(out, "check the supply voltage, its load and the cable");
	return true;
}

/* Boot and banks */

static bool is_in_boot_loader(const struct stm32l4_facts *f)
{
	uint32_t pc = fact_of(f, FACT_PC);

	return (fact_known(f, FACT_PC) && pc - 0x1fff0000u < 0xf000u) ||
	       (fact_known(f, FACT_MEMRMP) && (fact_of(f, FACT_MEMRMP) & 7) == MEM_MODE_SYSTEM);
}

static bool has_bfb2(const struct stm32l4_facts *f)
{
	return has_options(f) && f->line->swap == SWAP_FB_MODE && (optr(f) & OPTR_BFB2);
}

static bool bank_swap(const struct stm32l4_facts *f, struct stm32l4_finding *out)
{
	bool by_option = f->line != NULL && f->line->swap != SWAP_FB_MODE;

	if (!f->failure.twin_matches && (!f->is_swapped || !was_asked(f)))
		return false;
	out->rank = f->failure.twin_matches ? RANK_CAUSE : by_option ? RANK_NOTE : RANK_LIKELY;
	if (f->failure.twin_matches)
		finding_why(out, "the image is in the other bank: the banks were swapped between "
				 "writing and "
				 "now (%s)", by_option ? "swap option"
						       : "BFB2, or SYSCFG_MEMRMP.FB_MODE by the firmware");
	else
		finding_why(out, "the banks are swapped: bank 2 stands at 0x%08x%s", f->base,
			    by_option ? "" : " until the next reset, and tools that do not look "
					     "erase the other bank than they program");
	if (fact_known(f, FACT_MEMRMP))
		finding_evidence(out, "SYSCFG_MEMRMP = 0x%08x (FB_MODE = %u), FLASH_OPTR = 0x%08x "
				      "(BFB2 = %u)",
				 fact_of(f, FACT_MEMRMP), fact_of(f, FACT_MEMRMP) >> 8 & 1, optr(f),
				 optr(f) >> 20 & 1);
	else
		finding_evidence(out, "FLASH_OPTR = 0x%08x (bit 20 = %u)", optr(f), optr(f) >> 20 & 1);
	if (has_bfb2(f))
		finding_command(out, "stm32l4x option set %u BFB2=0", f->bank);
	else if (!by_option)
		finding_command(out, "reset halt");
	else
		finding_cure(out, "nothing has to be done: the flash commands select the bank that "
				  "stands there");
	out->is_harmless = !has_bfb2(f) && !by_option;
	return true;
}

static bool bfb2(const struct stm32l4_facts *f, struct stm32l4_finding *out)
{
	if (!has_bfb2(f) || f->is_swapped || f->failure.twin_matches)
		return false;
	out->rank = was_asked(f) && is_in_boot_loader(f) ? RANK_CAUSE : RANK_LIKELY;
	finding_why(out, is_in_boot_loader(f)
		    ? "the chip is told to boot from bank 2 (BFB2 = 1) and stands in the boot "
		      "loader: bank 2 "
		      "holds no valid application, or it was reset a moment ago"
		    : "the chip is told to boot from bank 2 (BFB2 = 1): the running application "
		      "sees the banks swapped, a halted chip after reset does not");
	finding_evidence(out, "FLASH_OPTR = 0x%08x (BFB2 = 1)%s", optr(f),
			 is_in_boot_loader(f) ? ", PC or MEM_MODE is in system memory" : "");
	finding_command(out, "stm32l4x option set %u BFB2=0", f->bank);
	return true;
}

static bool is_marked_empty(const struct stm32l4_facts *f)
{
	return stm32l4_counts_as_empty(f->line, fact_of(f, FACT_SR), fact_of(f, FACT_ACR));
}

static bool pempty(const struct stm32l4_facts *f, struct stm32l4_finding *out)
{
	if (!has_options(f) || !was_asked(f) || !is_marked_empty(f) || !fact_known(f, FACT_SP) ||
	    fact_of(f, FACT_SP) == 0xffffffff)
		return false;
	out->rank = RANK_LIKELY;
	finding_why(out, "the flash was blank when the option bytes were loaded: until they are "
			 "loaded again every reset enters the boot loader, although it is "
			 "programmed now");
	finding_evidence(out, f->line->has_pempty ? "FLASH_SR = 0x%08x (PEMPTY)"
						  : "FLASH_ACR = 0x%08x (EMPTY)",
			 fact_of(f, f->line->has_pempty ? FACT_SR : FACT_ACR));
	finding_command(out, "stm32l4x option_load %u", f->bank);
	return true;
}

static bool boot0(const struct stm32l4_facts *f, struct stm32l4_finding *out)
{
	if (!has_options(f) || !was_asked(f) || has_bfb2(f) || is_marked_empty(f) ||
	    !is_in_boot_loader(f) || f->line->has_trustzone)
		return false;
	out->rank = RANK_LIKELY;
	finding_why(out, "the chip has started the boot loader in system memory: the BOOT0 pin is "
			 "high, or the boot option bits ask for it");
	if (fact_known(f, FACT_PC))
		finding_evidence(out, "PC = 0x%08x, FLASH_OPTR = 0x%08x", fact_of(f, FACT_PC), optr(f));
	else
		finding_evidence(out, "SYSCFG_MEMRMP = 0x%08x, FLASH_OPTR = "
				      "0x%08x", fact_of(f, FACT_MEMRMP),
				 optr(f));
	finding_cure(out, "pull BOOT0 low and reset; it does not hinder programming");
	return true;
}

/* Size and geometry */

static bool size_unknown(const struct stm32l4_facts *f, struct stm32l4_finding *out)
{
	uint32_t kib = fact_of(f, FACT_SIZE);

	if (f->line == NULL || !fact_known(f, FACT_SIZE) || (kib != 0 && kib <= f->line->max_kib))
		return false;
	out->rank = RANK_LIKELY;
	finding_why(out, "the flash size register holds nonsense (it was read in reset, or the part is a "
			 "sample): the largest size of the line, %u KiB, is taken", f->line->max_kib);
	finding_evidence(out, "flash size register 0x%08x = 0x%04x", f->line->size_reg, kib);
	finding_cure(out, "if the part is smaller, say so in the configuration: \"flash bank NAME stm32l4x "
			  "0x%08x SIZE 0 0 TARGET\"", f->base);
	return true;
}

static bool half_size(const struct stm32l4_facts *f, struct stm32l4_finding *out)
{
	uint32_t kib = fact_of(f, FACT_SIZE);

	if (!f->has_geometry || f->line->banks != TWO_L47 || kib == 0 || kib >= f->line->max_kib)
		return false;
	out->rank = f->failure.rc == ERR_VERIFY || f->failure.rc == ERR_FLASH_OPERATION ? RANK_LIKELY
											 : RANK_NOTE;
	if (f->g.dual)
		finding_why(out, "this part has %u KiB in two banks: bank 2 begins at 0x%08x; "
				 "tools that take 0x08080000 for it do not erase the upper half",
				 kib,
			    f->base + f->g.bank2_offset);
	else
		finding_why(out, "this part has %u KiB in one bank (DUALBANK = 0): tools that take "
				 "it for two do not erase the upper half", kib);
	finding_evidence(out, "flash size register = %u KiB, FLASH_OPTR = 0x%08x (DUALBANK = "
			      "%u)", kib, optr(f),
			 optr(f) >> 21 & 1);
	finding_command(out, "flash erase_sector %u 0 last", f->bank);
	finding_cure(out, "if another tool left it half erased: \"%s\" erases all of it", out->command);
	snprintf(out->loses, sizeof(out->loses), "the whole flash");
	return true;
}

static bool dualbank_ignored(const struct stm32l4_facts *f, struct stm32l4_finding *out)
{
	if (!has_options(f) || !was_asked(f) || f->line->banks != TWO_L47 ||
	    fact_of(f, FACT_SIZE) != f->line->max_kib || (optr(f) & OPTR_DUAL))
		return false;
	out->rank = RANK_NOTE;
	finding_why(out, "DUALBANK = 0 has no effect on a part of this size: it has two banks all "
			 "the same");
	finding_evidence(out, "FLASH_OPTR = 0x%08x, flash size register = %u KiB", optr(f),
			 fact_of(f, FACT_SIZE));
	finding_cure(out, "nothing has to be done");
	return true;
}

/* Clocks and power */

static void wake_up(const struct stm32l4_facts *f, struct stm32l4_finding *out)
{
	out->is_harmless = true;
	out->fix = stm32l4_fix_power;
	finding_cure(out, "run \"stm32l4x doctor %u --fix\"; the flash commands do it too", f->bank);
}

static bool flash_clock_off(const struct stm32l4_facts *f, struct stm32l4_finding *out)
{
	if (!fact_known(f, FACT_FLASHEN) || fact_of(f, FACT_FLASHEN))
		return false;
	finding_why(out, "the firmware has switched off the clock of the flash controller: its "
			 "registers read 0 and take nothing");
	finding_evidence(out, "FLASHEN = 0 in the AHB clock enable register of RCC");
	wake_up(f, out);
	return true;
}

static bool run_pd(const struct stm32l4_facts *f, struct stm32l4_finding *out)
{
	if (f->line == NULL || f->line->has_trustzone || !(fact_of(f, FACT_ACR) & ACR_RUN_PD) ||
	    !was_asked(f))
		return false;
	finding_why(out, "the firmware runs from RAM and has powered the flash down: it cannot be read or "
			 "written");
	finding_evidence(out, "FLASH_ACR = 0x%08x (RUN_PD)", fact_of(f, FACT_ACR));
	wake_up(f, out);
	return true;
}

static bool low_power_run(const struct stm32l4_facts *f, struct stm32l4_finding *out)
{
	if (!(fact_of(f, FACT_PWR_CR1) & PWR_CR1_LPR) || !was_asked(f))
		return false;
	out->rank = RANK_LIKELY;
	finding_why(out, "the application left the chip in low-power run: whoever attaches without a reset "
			 "cannot program");
	finding_evidence(out, "PWR_CR1 = 0x%08x (LPR)", fact_of(f, FACT_PWR_CR1));
	wake_up(f, out);
	return true;
}

static bool voltage_range(const struct stm32l4_facts *f, struct stm32l4_finding *out)
{
	bool is_l5 = f->line != NULL && f->line->starts_in_range_2;

	if (!fact_known(f, FACT_PWR_CR1) || (fact_of(f, FACT_PWR_CR1) & PWR_CR1_VOS) != PWR_CR1_VOS_2 ||
	    !was_asked(f))
		return false;
	out->rank = RANK_LIKELY;
	if (!is_l5) {
		finding_why(out, "the application left the core voltage in range 2: whoever "
				 "attaches without a reset inherits its clocks and voltage");
		finding_evidence(out, "PWR_CR1 = 0x%08x (VOS = range 2)", fact_of(f, FACT_PWR_CR1));
		finding_command(out, "reset halt");
		out->is_harmless = true;
		return true;
	}
	finding_why(out, "the core voltage is in range 2, as after every reset of this line: the "
			 "flash takes erasing and programming in range 0 and 1 only");
	finding_evidence(out, "PWR_CR1 = 0x%08x (VOS = range 2)", fact_of(f, FACT_PWR_CR1));
	wake_up(f, out);
	out->rank = RANK_NOTE;		/* the flash commands do it by themselves */
	return true;
}

/* DS10198 table 42, RM0432 3.3.3: MHz a wait state more is good for. */
static bool latency(const struct stm32l4_facts *f, struct stm32l4_finding *out)
{
	static const uint8_t limits[2][2][6] = {
		{ { 16, 32, 48, 64, 80, 80 }, { 6, 12, 18, 26, 26, 26 } },	/* L4 */
		{ { 20, 40, 60, 80, 100, 120 }, { 8, 16, 26, 26, 26, 26 } },	/* L4+ */
	};
	uint32_t states = fact_of(f, FACT_ACR) & 7, mhz = fact_of(f, FACT_HCLK) / 1000000;
	bool is_range_2 = (fact_of(f, FACT_PWR_CR1) & PWR_CR1_VOS) == PWR_CR1_VOS_2;

	if (!fact_known(f, FACT_HCLK) || !fact_known(f, FACT_ACR) || f->line == NULL ||
	    mhz <= limits[f->line->banks == TWO_L4R][is_range_2][MIN(states, 5u)])
		return false;
	out->rank = RANK_LIKELY;
	finding_why(out, "the core's clock is too fast for the wait states of the flash: it reads wrong");
	finding_evidence(out, "HCLK = %u MHz, FLASH_ACR = 0x%08x (%u wait states), voltage range %u", mhz,
			 fact_of(f, FACT_ACR), states, is_range_2 ? 2 : 1);
	finding_command(out, "reset halt");
	out->is_harmless = true;
	return true;
}

static bool slow_clock(const struct stm32l4_facts *f, struct stm32l4_finding *out)
{
	if (!fact_known(f, FACT_HCLK) || fact_of(f, FACT_HCLK) >= 2000000 || !was_asked(f))
		return false;
	out->rank = RANK_NOTE;
	finding_why(out, "the application left a slow clock: programming works, but is slow, and fast "
			 "programming needs 8 MHz");
	finding_evidence(out, "HCLK = %u kHz", fact_of(f, FACT_HCLK) / 1000);
	finding_command(out, "reset halt");
	out->is_harmless = true;
	return true;
}

const struct stm32l4_rule stm32l4_system_rules[] = {
	{ "silent", silent },
	{ "flash-busy", stuck_busy },
	{ "no-bus", no_bus },
	{ "held-in-reset", in_reset },
	{ "unknown-chip", unknown_chip },
	{ "flash-clock-off", flash_clock_off },
	{ "run-pd", run_pd },
	{ "low-voltage", low_voltage },
	{ "brownout", brownout },
	{ "iwdg-hw", iwdg_hw },
	{ "iwdg-fw", iwdg_fw },
	{ "low-power-reset", low_power_reset },
	{ "pin-reset", pin_reset },
	{ "bank-swap", bank_swap },
	{ "bfb2", bfb2 },
	{ "pempty", pempty },
	{ "boot0", boot0 },
	{ "low-power-run", low_power_run },
	{ "voltage-range", voltage_range },
	{ "latency", latency },
	{ "size-unknown", size_unknown },
	{ "half-size", half_size },
	{ "dualbank-ignored", dualbank_ignored },
	{ "slow-clock", slow_clock },
	{ NULL, NULL }
};
