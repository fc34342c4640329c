/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RCC of the lines that start on the HSI16 and have no MSI: G0 (RM0444 5.4), G4 (RM0440 7.4). */
#include "vboard/device/stm32_rcc.h"

#define G0_BDCR	 0x5cu
#define G0_CSR	 0x60u

/* Start-up times: DS12288 5.3.7 to 5.3.9 (G474), DS13560 5.3.8 (G0B1). */
#define HSI_NS	 1200u
#define HSE_NS	 2000000u
#define PLL_NS	 40000u
#define HSI48_NS 6000u
#define LSI_NS	 130000u
#define LSE_NS	 1000000000u

#define ROW(name, offset, reset, writable) { name, offset, reset, writable, 0, NULL, NULL }
#define BUS(bus, step, enr, reset, bits, rst_bits, sm_bits)                                        \
	ROW(bus "RSTR", (enr) - (step), 0, rst_bits), ROW(bus "ENR", enr, reset, bits),             \
		ROW(bus "SMENR", (enr) + (step), sm_bits, sm_bits)
#define G0_BUS(bus, enr, reset, bits, rst_bits, sm_bits) \
	BUS(bus, 0x10, enr, reset, bits, rst_bits, sm_bits)
#define G4_BUS(bus, enr, reset, bits, rst_bits, sm_bits) \
	BUS(bus, 0x20, enr, reset, bits, rst_bits, sm_bits)

static uint32_t pll_source_hz(struct stm32_rcc *rcc)
{
	static const enum rcc_osc sources[4] = { OSC_NONE, OSC_NONE, OSC_HSI, OSC_HSE };

	return stm32_rcc_hz(rcc, sources[stm32_rcc_get(rcc, RCC_PLLCFGR) & 3]);
}

static uint32_t g0_pll_hz(struct stm32_rcc *rcc)
{
	uint32_t cfg = stm32_rcc_get(rcc, RCC_PLLCFGR);
	uint32_t n = bits_get(cfg, 14, 8), r = bits_get(cfg, 31, 29);

	if (!(cfg & BIT(28)) || n < 8 || n > 86 || r == 0)
		return 0;
	return pll_source_hz(rcc) / (bits_get(cfg, 6, 4) + 1) * n / (r + 1);
}

static uint32_t g4_pll_hz(struct stm32_rcc *rcc)
{
	uint32_t cfg = stm32_rcc_get(rcc, RCC_PLLCFGR), n = bits_get(cfg, 14, 8);

	if (!(cfg & BIT(24)) || n < 8)
		return 0;
	return pll_source_hz(rcc) / (bits_get(cfg, 7, 4) + 1) * n /
	       (2 * (bits_get(cfg, 26, 25) + 1));
}

/* HSIDIV stands between HSI16 and the system clock, not before the PLL. */
static uint32_t g0_hsisys_hz(struct stm32_rcc *rcc)
{
	return 16000000u >> bits_get(stm32_rcc_get(rcc, RCC_CR), 13, 11);
}

static const struct vb_reg g0_regs[] = {
	ROW("CR", RCC_CR, 0x00000500, 0x014d3b00), ROW("ICSCR", RCC_ICSCR, 0x00004000, 0x00007f00),
	ROW("CFGR", RCC_CFGR, 0, 0xffff7f07), ROW("PLLCFGR", RCC_PLLCFGR, 0x00001000, 0xff3f7f73),
	ROW("CRRCR", 0x14, 0, 0), ROW("CIER", 0x18, 0, 0x0000003f), ROW("CIFR", 0x1c, 0, 0),
	ROW("CICR", 0x20, 0, 0),
	G0_BUS("IOP", RCC_G0_IOPENR, 0, 0x0000003f, 0x0000003f, 0x0000003f),
	G0_BUS("AHB", RCC_G0_AHBENR, 0x100, 0x00051103, 0x00051103, 0x00051303),
	G0_BUS("APB1", RCC_G0_APBENR1, 0, 0xffffffb7, 0xfffff3b7, 0xffffffb7),
	G0_BUS("APB2", RCC_G0_APBENR2, 0, 0x0017d801, 0x0017d801, 0x0017d801),
	ROW("CCIPR", RCC_G0_CCIPR, 0, 0xffffffff), ROW("CCIPR2", 0x58, 0, 0x0000333f),
	ROW("BDCR", G0_BDCR, 0, 0x0301833d), ROW("CSR", G0_CSR, 0x0c000000, 0x00000001),
	{ .name = NULL }
};

const struct stm32_rcc_line stm32g0_rcc_line = {
	.name = "G0", .regs = g0_regs, .boot = OSC_HSI,
	.osc = { [OSC_HSI] = { RCC_CR, 8, 10, HSI_NS }, [OSC_HSE] = { RCC_CR, 16, 17, HSE_NS },
		 [OSC_HSI48] = { RCC_CR, 22, 23, HSI48_NS }, [OSC_PLL] = { RCC_CR, 24, 25, PLL_NS },
		 [OSC_LSI] = { G0_CSR, 0, 1, LSI_NS }, [OSC_LSE] = { G0_BDCR, 0, 1, LSE_NS } },
	/* One APB: what the devices know as APB1 and APB2 is the same clock. */
	.sw = { RCC_CFGR, 0, 3 }, .sws = { RCC_CFGR, 3, 3 }, .hpre = { RCC_CFGR, 8, 4 },
	.ppre1 = { RCC_CFGR, 12, 3 }, .ppre2 = { RCC_CFGR, 12, 3 }, .stopwuck = { RCC_NONE, 0, 0 },
	.sources = { OSC_HSI, OSC_HSE, OSC_PLL, OSC_LSI, OSC_LSE },
	.pllcfgr = RCC_PLLCFGR, .bdcr = G0_BDCR, .csr = G0_CSR,
	.csr_flags = 0xfe000000, .pll_locked = ~(BIT(16) | BIT(24) | BIT(28)),
	.rstr_first = 0x24, .rstr_last = 0x30, .rstr_to_enr = 0x10, .wwdg_enr = RCC_G0_APBENR1,
	.pll_hz = g0_pll_hz, .hsisys_hz = g0_hsisys_hz,
};

static const struct vb_reg g4_regs[] = {
	ROW("CR", RCC_CR, 0x00000500, 0x010d0300), ROW("ICSCR", RCC_ICSCR, 0x40000000, 0x7f000000),
	ROW("CFGR", RCC_CFGR, 0x00000005, 0x7f003ff3),
	ROW("PLLCFGR", RCC_PLLCFGR, 0x00001000, 0xff737ff3), ROW("CIER", 0x18, 0, 0x000007bb),
	ROW("CIFR", 0x1c, 0, 0), ROW("CICR", 0x20, 0, 0),
	G4_BUS("AHB1", RCC_AHB1ENR, 0x100, 0x0000111f, 0x0000111f, 0x0000131f),
	G4_BUS("AHB2", RCC_AHB2ENR, 0, 0x050f607f, 0x050f607f, 0x050f667f),
	G4_BUS("AHB3", RCC_AHB3ENR, 0, 0x00000101, 0x00000101, 0x00000101),
	G4_BUS("APB1-1", RCC_APB1ENR1, 0x400, 0xd2fecd3f, 0xd2fec13f, 0xd2fecd3f),
	G4_BUS("APB1-2", RCC_APB1ENR2, 0, 0x00000103, 0x00000103, 0x00000103),
	G4_BUS("APB2", RCC_APB2ENR, 0, 0x0437f801, 0x0437f801, 0x0437f801),
	ROW("CCIPR", RCC_CCIPR, 0, 0xffffffff), ROW("BDCR", RCC_BDCR, 0, 0x0301833d),
	ROW("CSR", RCC_CSR, 0x0c000000, 0x00000001), ROW("CRRCR", RCC_CRRCR, 0, 0x00000001),
	ROW("CCIPR2", 0x9c, 0, 0x00300003),
	{ .name = NULL }
};

const struct stm32_rcc_line stm32g4_rcc_line = {
	.name = "G4", .regs = g4_regs, .boot = OSC_HSI,
	.osc = { [OSC_HSI] = { RCC_CR, 8, 10, HSI_NS }, [OSC_HSE] = { RCC_CR, 16, 17, HSE_NS },
		 [OSC_PLL] = { RCC_CR, 24, 25, PLL_NS },
		 [OSC_HSI48] = { RCC_CRRCR, 0, 1, HSI48_NS },
		 [OSC_LSI] = { RCC_CSR, 0, 1, LSI_NS }, [OSC_LSE] = { RCC_BDCR, 0, 1, LSE_NS } },
	.sw = { RCC_CFGR, 0, 2 }, .sws = { RCC_CFGR, 2, 2 }, .hpre = { RCC_CFGR, 4, 4 },
	.ppre1 = { RCC_CFGR, 8, 3 }, .ppre2 = { RCC_CFGR, 11, 3 }, .stopwuck = { RCC_NONE, 0, 0 },
	.sources = { OSC_NONE, OSC_HSI, OSC_HSE, OSC_PLL },
	.pllcfgr = RCC_PLLCFGR, .bdcr = RCC_BDCR, .csr = RCC_CSR,
	.csr_flags = 0xfe000000, .pll_locked = ~(BIT(16) | BIT(20) | BIT(24)),
	.rstr_first = 0x28, .rstr_last = 0x40, .rstr_to_enr = 0x20, .wwdg_enr = RCC_APB1ENR1,
	.pll_hz = g4_pll_hz,
};
