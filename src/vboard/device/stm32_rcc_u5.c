/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RCC of U5: RM0456 11.8. */
#include "vboard/device/stm32_rcc.h"

#define ICSCR1	  0x08u
#define   MSIRGSEL	BIT(23)
#define CFGR1	  0x1cu
#define CFGR2	  0x20u
#define PLL1CFGR  0x28u
#define   PLL1REN	BIT(18)
#define PLL1DIVR  0x34u
#define PLL1FRACR 0x38u
#define BDCR	  0xf0u
#define CSR	  0xf4u

/* Start-up times: DS13737 5.3.9 to 5.3.11. */
#define MSI_NS	 4000u
#define HSI_NS	 1200u
#define HSE_NS	 2000000u
#define PLL_NS	 50000u
#define HSI48_NS 2500u
#define LSI_NS	 130000u
#define LSE_NS	 1000000000u

#define ROW(name, offset, reset, writable) { name, offset, reset, writable, 0, NULL, NULL }
#define BUS(bus, enr, reset, bits, rst_bits)                                                       \
	ROW(bus "RSTR", (enr) - 0x28, 0, rst_bits), ROW(bus "ENR", enr, reset, bits),               \
		ROW(bus "SMENR", (enr) + 0x28, 0xffffffff, 0xffffffff)

static uint32_t msis_hz(struct stm32_rcc *rcc)
{
	static const uint32_t hz[16] = { 48000000, 24000000, 16000000, 12000000, 4000000, 2000000,
					 1330000, 1000000, 3072000, 1536000, 1024000, 768000, 400000,
					 200000, 133000, 100000 };
	uint32_t icscr1 = stm32_rcc_get(rcc, ICSCR1);

	return hz[icscr1 & MSIRGSEL ? bits_get(icscr1, 31, 28)
				    : bits_get(rcc->start_csr, 15, 12)];
}

/* PLL1R: the source divided by M, times N and the fraction, divided by R. */
static uint32_t pll1_hz(struct stm32_rcc *rcc)
{
	static const enum rcc_osc sources[4] = { OSC_NONE, OSC_MSI, OSC_HSI, OSC_HSE };
	uint32_t cfg = stm32_rcc_get(rcc, PLL1CFGR), div = stm32_rcc_get(rcc, PLL1DIVR);
	uint64_t n = bits_get(div, 8, 0) + 1, reference;

	if (!(cfg & PLL1REN) || n < 4)
		return 0;
	reference = stm32_rcc_hz(rcc, sources[cfg & 3]) / (bits_get(cfg, 11, 8) + 1);
	n = n << 13 | (cfg & BIT(4) ? bits_get(stm32_rcc_get(rcc, PLL1FRACR), 15, 3) : 0);
	return (uint32_t)((reference * n >> 13) / (bits_get(div, 30, 24) + 1));
}

/* The dividers are locked with the PLL on, like its configuration; the fraction is not. The ranges after
 * Standby are taken while MSIRGSEL is set. */
static void line_rule(struct stm32_rcc *rcc, uint32_t offset, uint32_t old)
{
	uint32_t csr = stm32_rcc_get(rcc, CSR);

	if (offset == CSR && !(stm32_rcc_get(rcc, ICSCR1) & MSIRGSEL))
		stm32_rcc_put(rcc, CSR, (csr & ~0xff00u) | (old & 0xff00u));
	if (offset == PLL1DIVR && (stm32_rcc_get(rcc, RCC_CR) & BIT(24)))
		stm32_rcc_put(rcc, PLL1DIVR, old);
}

/* MSIKON and MSIKRDY are up after reset with MSIS. */
static const struct vb_reg u5_regs[] = {
	ROW("CR", RCC_CR, 0x00000035, 0x151f53db), ROW("ICSCR1", ICSCR1, 0x44000000, 0xff8fffff),
	ROW("ICSCR2", 0x0c, 0x00084210, 0x000fffff), ROW("ICSCR3", 0x10, 0x00100000, 0x001f0000),
	ROW("CRRCR", 0x14, 0, 0), ROW("CFGR1", CFGR1, 0, 0x7f000033),
	ROW("CFGR2", CFGR2, 0x00006000, 0x001f777f), ROW("CFGR3", 0x24, 0, 0x00030070),
	ROW("PLL1CFGR", PLL1CFGR, 0, 0x0007ff1f), ROW("PLL2CFGR", 0x2c, 0, 0x00070f1f),
	ROW("PLL3CFGR", 0x30, 0, 0x00070f1f), ROW("PLL1DIVR", PLL1DIVR, 0x01010280, 0x7f7fffff),
	ROW("PLL1FRACR", PLL1FRACR, 0, 0x0000fff8), ROW("PLL2DIVR", 0x3c, 0x01010280, 0x7f7fffff),
	ROW("PLL2FRACR", 0x40, 0, 0x0000fff8), ROW("PLL3DIVR", 0x44, 0x01010280, 0x7f7fffff),
	ROW("PLL3FRACR", 0x48, 0, 0x0000fff8), ROW("CIER", 0x50, 0, 0x00001bff),
	ROW("CIFR", 0x54, 0, 0), ROW("CICR", 0x58, 0, 0),
	BUS("AHB1", RCC_U5_AHB1ENR, 0xd0000100, 0xd107110f, 0x0107100f),
	BUS("AHB2-1", RCC_U5_AHB2ENR1, 0xc0000000, 0xd9bf55ff, 0x19bf55ff),
	BUS("AHB2-2", RCC_U5_AHB2ENR2, 0, 0x00000111, 0x00000111),
	BUS("AHB3", RCC_U5_AHB3ENR, 0x80000000, 0x80001665, 0x00000661),
	BUS("APB1-1", RCC_U5_APB1ENR1, 0, 0x017e483f, 0x017e403f),
	BUS("APB1-2", RCC_U5_APB1ENR2, 0, 0x00800222, 0x00800222),
	BUS("APB2", RCC_U5_APB2ENR, 0, 0x00677800, 0x00677800),
	BUS("APB3", RCC_U5_APB3ENR, 0, 0x0030f8e2, 0x0010f8e2),
	ROW("SRDAMR", 0xd8, 0, 0x9d21f8a0), ROW("CCIPR1", RCC_U5_CCIPR1, 0, 0xffffffff),
	ROW("CCIPR2", 0xe4, 0, 0xffffffff), ROW("CCIPR3", 0xe8, 0, 0x0000f7ff),
	ROW("BDCR", BDCR, 0, 0x170193bd), ROW("CSR", CSR, 0x0c004400, 0x0000ff00),
	ROW("SECCFGR", 0x110, 0, 0x00001fff), ROW("PRIVCFGR", 0x114, 0, 0x00000003),
	{ .name = NULL }
};

const struct stm32_rcc_line stm32u5_rcc_line = {
	.name = "U5", .regs = u5_regs, .boot = OSC_MSI,
	.osc = { [OSC_MSI] = { RCC_CR, 0, 2, MSI_NS }, [OSC_MSIK] = { RCC_CR, 4, 5, MSI_NS },
		 [OSC_HSI] = { RCC_CR, 8, 10, HSI_NS }, [OSC_HSI48] = { RCC_CR, 12, 13, HSI48_NS },
		 [OSC_HSE] = { RCC_CR, 16, 17, HSE_NS }, [OSC_PLL] = { RCC_CR, 24, 25, PLL_NS },
		 [OSC_PLL2] = { RCC_CR, 26, 27, PLL_NS }, [OSC_PLL3] = { RCC_CR, 28, 29, PLL_NS },
		 [OSC_LSI] = { BDCR, 26, 27, LSI_NS }, [OSC_LSE] = { BDCR, 0, 1, LSE_NS } },
	.sw = { CFGR1, 0, 2 }, .sws = { CFGR1, 2, 2 }, .hpre = { CFGR2, 0, 4 },
	.ppre1 = { CFGR2, 4, 3 }, .ppre2 = { CFGR2, 8, 3 }, .stopwuck = { CFGR1, 4, 1 },
	.sources = { OSC_MSI, OSC_HSI, OSC_HSE, OSC_PLL },
	.pllcfgr = PLL1CFGR, .bdcr = BDCR, .csr = CSR,
	.csr_flags = 0xfe000000, .pll_locked = ~(BIT(16) | BIT(17) | BIT(18)),
	.rstr_first = 0x60, .rstr_last = 0x80, .rstr_to_enr = 0x28, .wwdg_enr = RCC_U5_APB1ENR1,
	.msi_hz = msis_hz, .pll_hz = pll1_hz, .rule = line_rule,
};
