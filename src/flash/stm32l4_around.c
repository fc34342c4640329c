/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stm32l4: where RCC, PWR and SYSCFG of each generation keep what flash work must touch.
 * RM0351 6.4, 5.4, 9.2.1 (L4, L4+: RM0432); RM0440 7.4, 6.4 (G4); RM0444 5.4, 4.4 (G0); RM0490 6.4 (C0);
 * RM0434 8.4, 6.6 (WB; WL: RM0453 7.4, 6.6); RM0438 9.8, 8.6 (L5); RM0456 11.8, 10.10 (U5).
 */
#include "flash/stm32l4.h"

#define RCC	 0x40021000u
#define RCC_WB	 0x58000000u
#define RCC_U5	 0x46020c00u
#define PWR	 0x40007000u
#define PWR_WB	 0x58000400u
#define PWR_CR4_C2BOOT BIT(15)

/* SW selects MSI, HSI16, HSE, PLL by 0..3 on all of these. */
#define MSI_CLOCK(rcc)                                                                             \
	.rcc_cr = (rcc), .cfgr = (rcc) + 0x08, .sw_mask = 3, .sws_shift = 2, .sw_msi = 0, .sw_hsi = 1, \
	.sw_pll = 3, .hpre_reg = (rcc) + 0x08, .hpre_mask = 0xf0, .hsi_mhz = 16,                    \
	.msi_csr = (rcc) + 0x94
#define HSISYS_CLOCK                                                                               \
	.rcc_cr = RCC, .cfgr = RCC + 0x08, .sw_mask = 7, .sws_shift = 3, .sw_msi = 8, .sw_hsi = 0,  \
	.sw_pll = 2, .hpre_reg = RCC + 0x08, .hpre_mask = 0xf00, .hsi_div = 0x3800
#define LOW_POWER(pwr) .pwr_cr1 = (pwr), .pwr_sr2 = (pwr) + 0x14

const struct stm32l4_around stm32l4_around_l4 = {	/* L4, L4+, G4 */
	.flash_enr = RCC + 0x48, .flash_en = BIT(8), .pwr_enr = RCC + 0x58, .pwr_en = BIT(28),
	.syscfg_enr = RCC + 0x60, .syscfg_en = BIT(0), .reset_csr = RCC + 0x94,
	.memrmp = SYSCFG_MEMRMP, LOW_POWER(PWR), MSI_CLOCK(RCC),
};

const struct stm32l4_around stm32l4_around_g4 = {	/* no MSI; starts from HSI16 */
	.flash_enr = RCC + 0x48, .flash_en = BIT(8), .pwr_enr = RCC + 0x58, .pwr_en = BIT(28),
	.syscfg_enr = RCC + 0x60, .syscfg_en = BIT(0), .reset_csr = RCC + 0x94,
	.memrmp = SYSCFG_MEMRMP, LOW_POWER(PWR),
	.rcc_cr = RCC, .cfgr = RCC + 0x08, .sw_mask = 3, .sws_shift = 2, .sw_msi = 4, .sw_hsi = 1,
	.sw_pll = 3, .hpre_reg = RCC + 0x08, .hpre_mask = 0xf0, .hsi_mhz = 16,
};

const struct stm32l4_around stm32l4_around_g0 = {
	.flash_enr = RCC + 0x38, .flash_en = BIT(8), .pwr_enr = RCC + 0x3c, .pwr_en = BIT(28),
	.reset_csr = RCC + 0x60, LOW_POWER(PWR), HSISYS_CLOCK, .hsi_mhz = 16,
};

/* HSI48, divided by 4 after reset. */
const struct stm32l4_around stm32l4_around_c0 = {
	.flash_enr = RCC + 0x38, .flash_en = BIT(8), .reset_csr = RCC + 0x60,
	HSISYS_CLOCK, .hsi_mhz = 48,
};

const struct stm32l4_around stm32l4_around_wb = {	/* WB, WL */
	.flash_enr = RCC_WB + 0x50, .flash_en = BIT(25), .reset_csr = RCC_WB + 0x94,
	LOW_POWER(PWR_WB), .c2boot_reg = PWR_WB + 0x0c, .c2boot = PWR_CR4_C2BOOT, MSI_CLOCK(RCC_WB),
};

const struct stm32l4_around stm32l4_around_l5 = {
	.flash_enr = RCC + 0x48, .flash_en = BIT(8), .pwr_enr = RCC + 0x58, .pwr_en = BIT(28),
	.reset_csr = RCC + 0x94, LOW_POWER(PWR), MSI_CLOCK(RCC),
};

/* The prescaler stands in CFGR2, the MSI range in ICSCR1, where it counts the other way round: it is
 * not looked at, and the clock is raised whenever MSI drives it. */
const struct stm32l4_around stm32l4_around_u5 = {
	.flash_enr = RCC_U5 + 0x88, .flash_en = BIT(8), .pwr_enr = RCC_U5 + 0x94, .pwr_en = BIT(2),
	.reset_csr = RCC_U5 + 0xf4,
	.rcc_cr = RCC_U5, .cfgr = RCC_U5 + 0x1c, .sw_mask = 3, .sws_shift = 2, .sw_msi = 0, .sw_hsi = 1,
	.sw_pll = 3, .hpre_reg = RCC_U5 + 0x20, .hpre_mask = 0x0f, .hsi_mhz = 16,
};
