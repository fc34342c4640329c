/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RCC of the lines that start on the MSI with L4's register map: RM0351 6.4. */
#include "vboard/device/stm32_rcc.h"

#define CR_MSION	BIT(0)
#define CR_MSIRDY	BIT(1)
#define CR_MSIRGSEL	BIT(3)
#define MSI_RANGE_LAST 11u

/* Start-up times: DS10198 6.3.7 to 6.3.9. */
#define MSI_NS	5000u
#define HSI_NS	1200u
#define HSE_NS	2000000u
#define PLL_NS	40000u
#define HSI48_NS 2500u
#define LSI_NS	130000u
#define LSE_NS	1000000000u

#define ROW(name, offset, reset, writable) { name, offset, reset, writable, 0, NULL, NULL }
/* A reset register, the enable register and the sleep enable register of one bus. */
#define BUS(bus, enr, reset, bits, rst_bits, sm_bits)                                              \
	ROW(bus "RSTR", (enr) - 0x20, 0, rst_bits), ROW(bus "ENR", enr, reset, bits),               \
		ROW(bus "SMENR", (enr) + 0x20, sm_bits, sm_bits)

static uint32_t msi_hz(struct stm32_rcc *rcc)
{
	static const uint32_t hz[] = { 100000, 200000, 400000, 800000, 1000000, 2000000,
				       4000000, 8000000, 16000000, 24000000, 32000000, 48000000 };
	uint32_t cr = stm32_rcc_get(rcc, RCC_CR);
	uint32_t range = cr & CR_MSIRGSEL ? bits_get(cr, 7, 4)
					  : bits_get(stm32_rcc_get(rcc, RCC_CSR), 11, 8);

	return hz[MIN(range, MSI_RANGE_LAST)];
}

static uint32_t pll_source_hz(struct stm32_rcc *rcc)
{
	static const enum rcc_osc sources[4] = { OSC_NONE, OSC_MSI, OSC_HSI, OSC_HSE };

	return stm32_rcc_hz(rcc, sources[stm32_rcc_get(rcc, RCC_PLLCFGR) & 3]);
}

static uint32_t pll_hz(struct stm32_rcc *rcc)
{
	uint32_t cfg = stm32_rcc_get(rcc, RCC_PLLCFGR);
	uint32_t m = bits_get(cfg, 6, 4) + 1, n = bits_get(cfg, 14, 8);

	if (!(cfg & BIT(24)) || n < 8)
		return 0;
	return pll_source_hz(rcc) / m * n / (2 * (bits_get(cfg, 26, 25) + 1));
}

/* MSIRGSEL is set-only; a range moves only while the MSI is off or ready, and only to one that is. */
static void msi_rule(struct stm32_rcc *rcc, uint32_t offset, uint32_t old)
{
	uint32_t cr = stm32_rcc_get(rcc, RCC_CR);

	if (offset != RCC_CR)
		return;
	cr |= old & CR_MSIRGSEL;
	if (bits_get(cr, 7, 4) > MSI_RANGE_LAST || ((old & CR_MSION) && !(old & CR_MSIRDY)))
		cr = (cr & ~0xf0u) | (old & 0xf0u);
	stm32_rcc_put(rcc, RCC_CR, cr);
}

static const struct vb_reg l4_regs[] = {
	ROW("CR", RCC_CR, 0x00000063, 0x150d0bfd), ROW("ICSCR", 0x04, 0x10000000, 0x1f00ff00),
	ROW("CFGR", RCC_CFGR, 0, 0x7700bff3), ROW("PLLCFGR", RCC_PLLCFGR, 0x00001000, 0x07737f73),
	ROW("PLLSAI1CFGR", 0x10, 0x00001000, 0x07737f00),
	ROW("PLLSAI2CFGR", 0x14, 0x00001000, 0x07037f00),
	ROW("CIER", 0x18, 0, 0x000003ff), ROW("CIFR", 0x1c, 0, 0), ROW("CICR", 0x20, 0, 0),
	BUS("AHB1", RCC_AHB1ENR, 0x100, 0x00011103, 0x00011103, 0x00011303),
	BUS("AHB2", RCC_AHB2ENR, 0, 0x000530ff, 0x000530ff, 0x000532ff),
	BUS("AHB3", RCC_AHB3ENR, 0, 0x00000101, 0x00000101, 0x00000101),
	BUS("APB1-1", RCC_APB1ENR1, 0, 0xf2feca3f, 0xf2fec23f, 0xf2feca3f),
	BUS("APB1-2", RCC_APB1ENR2, 0, 0x00000025, 0x00000025, 0x00000025),
	BUS("APB2", RCC_APB2ENR, 0, 0x01677c81, 0x01677c01, 0x01677c01),
	ROW("CCIPR", RCC_CCIPR, 0, 0xffffffff), ROW("BDCR", RCC_BDCR, 0, 0x0301837d),
	ROW("CSR", RCC_CSR, 0x0c000600, 0x00000f01),
	{ .name = NULL }
};

#define MSI_LINE                                                                                   \
	.boot = OSC_MSI, .sw = { RCC_CFGR, 0, 2 }, .sws = { RCC_CFGR, 2, 2 }, .hpre = { RCC_CFGR, 4, 4 },        \
	.ppre1 = { RCC_CFGR, 8, 3 }, .ppre2 = { RCC_CFGR, 11, 3 }, .stopwuck = { RCC_CFGR, 15, 1 },              \
	.sources = { OSC_MSI, OSC_HSI, OSC_HSE, OSC_PLL }, .pllcfgr = RCC_PLLCFGR, .bdcr = RCC_BDCR,         \
	.csr = RCC_CSR, .ccipr = RCC_CCIPR, .csr_flags = 0xff000000, .rstr_first = 0x28,                 \
	.rstr_last = 0x40, .rstr_to_enr = 0x20, .wwdg_enr = RCC_APB1ENR1, .msi_hz = msi_hz,          \
	.rule = msi_rule
#define MSI_OSCS                                                                                   \
	[OSC_MSI] = { RCC_CR, 0, 1, MSI_NS }, [OSC_HSI] = { RCC_CR, 8, 10, HSI_NS },                        \
	[OSC_HSE] = { RCC_CR, 16, 17, HSE_NS }, [OSC_PLL] = { RCC_CR, 24, 25, PLL_NS },                     \
	[OSC_PLL2] = { RCC_CR, 26, 27, PLL_NS }, [OSC_LSI] = { RCC_CSR, 0, 1, LSI_NS },                     \
	[OSC_LSE] = { RCC_BDCR, 0, 1, LSE_NS }

const struct stm32_rcc_line stm32l4_rcc_line = {
	.name = "L4",
	.regs = l4_regs,
	.osc = { MSI_OSCS, [OSC_PLL3] = { RCC_CR, 28, 29, PLL_NS } },
	.pll_hz = pll_hz,
	.pll_locked = ~(BIT(16) | BIT(20) | BIT(24)),	/* RM0351 6.4.4 */
	MSI_LINE
};
