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

static uint32_t range_hz(uint32_t range)
{
	static const uint32_t hz[] = { 100000, 200000, 400000, 800000, 1000000, 2000000,
				       4000000, 8000000, 16000000, 24000000, 32000000, 48000000 };

	return hz[MIN(range, MSI_RANGE_LAST)];
}

static uint32_t msi_hz(struct stm32_rcc *rcc)
{
	uint32_t cr = stm32_rcc_get(rcc, RCC_CR);

	return range_hz(cr & CR_MSIRGSEL ? bits_get(cr, 7, 4)
					 : bits_get(rcc->start_csr, 11, 8));
}

static uint32_t wb_msi_hz(struct stm32_rcc *rcc)
{
	return range_hz(bits_get(stm32_rcc_get(rcc, RCC_CR), 7, 4));
}

static uint32_t pll_source_hz(struct stm32_rcc *rcc)
{
	static const enum rcc_osc sources[4] = { OSC_NONE, OSC_MSI, OSC_HSI, OSC_HSE };

	return stm32_rcc_hz(rcc, sources[stm32_rcc_get(rcc, RCC_PLLCFGR) & 3]);
}

/* PLLR is 2, 4, 6, 8. N below 8 does not lock. */
static uint32_t pll_of(struct stm32_rcc *rcc, unsigned last_m_bit)
{
	uint32_t cfg = stm32_rcc_get(rcc, RCC_PLLCFGR);
	uint32_t m = bits_get(cfg, last_m_bit, 4) + 1, n = bits_get(cfg, 14, 8);

	if (!(cfg & BIT(24)) || n < 8)
		return 0;
	return pll_source_hz(rcc) / m * n / (2 * (bits_get(cfg, 26, 25) + 1));
}

static uint32_t l4_pll_hz(struct stm32_rcc *rcc)
{
	return pll_of(rcc, 6);
}

/* RM0432 6.4.4, RM0438 9.8.4: PLLM goes to 16. */
static uint32_t l4r_pll_hz(struct stm32_rcc *rcc)
{
	return pll_of(rcc, 7);
}

/* RM0434 8.4.4: PLLR is 2 to 8 in other bits, N is 6 at least. */
static uint32_t wb_pll_hz(struct stm32_rcc *rcc)
{
	uint32_t cfg = stm32_rcc_get(rcc, RCC_PLLCFGR);
	uint32_t n = bits_get(cfg, 14, 8), r = bits_get(cfg, 31, 29);

	if (!(cfg & BIT(28)) || n < 6 || r == 0)
		return 0;
	return pll_source_hz(rcc) / (bits_get(cfg, 6, 4) + 1) * n / (r + 1);
}

/*
 * MSISRANGE, for the next start out of Standby, takes 1 to 8 MHz and only while MSIRGSEL is set (RM0351
 * 6.4.29): a plain write of RMVF leaves it alone.
 */
static void standby_rule(struct stm32_rcc *rcc, uint32_t old)
{
	uint32_t csr = stm32_rcc_get(rcc, RCC_CSR), range = bits_get(csr, 11, 8);

	if (!(stm32_rcc_get(rcc, RCC_CR) & CR_MSIRGSEL) || range < 4 || range > 7)
		stm32_rcc_put(rcc, RCC_CSR, (csr & ~0xf00u) | (old & 0xf00u));
}

/* MSIRGSEL is set-only; a range moves only while the MSI is off or ready, and only to one that is. */
static void msi_rule(struct stm32_rcc *rcc, uint32_t offset, uint32_t old)
{
	uint32_t cr = stm32_rcc_get(rcc, RCC_CR);

	if (offset == RCC_CSR && rcc->line != &stm32wb_rcc_line)
		standby_rule(rcc, old);
	if (offset != RCC_CR)
		return;
	if (rcc->line != &stm32wb_rcc_line)	/* it has no such bit */
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

/* RM0432 6.4 (L4R/L4S). */
static const struct vb_reg l4r_regs[] = {
	ROW("CR", RCC_CR, 0x00000063, 0x150d0bfd), ROW("ICSCR", RCC_ICSCR, 0x40000000, 0x7f00ff00),
	ROW("CFGR", RCC_CFGR, 0, 0x7f00bff3), ROW("PLLCFGR", RCC_PLLCFGR, 0x00001000, 0xff737ff3),
	ROW("PLLSAI1CFGR", 0x10, 0x00001000, 0xff737ff0),
	ROW("PLLSAI2CFGR", 0x14, 0x00001000, 0xff737ff0),
	ROW("CIER", 0x18, 0, 0x000007ff), ROW("CIFR", 0x1c, 0, 0), ROW("CICR", 0x20, 0, 0),
	BUS("AHB1", RCC_AHB1ENR, 0x100, 0x00071107, 0x00071107, 0x00071307),
	BUS("AHB2", RCC_AHB2ENR, 0, 0x005771ff, 0x005771ff, 0x005777ff),
	BUS("AHB3", RCC_AHB3ENR, 0, 0x00000301, 0x00000301, 0x00000301),
	BUS("APB1-1", RCC_APB1ENR1, 0x400, 0xf3fecc3f, 0xf3fec03f, 0xf3fecc3f),
	BUS("APB1-2", RCC_APB1ENR2, 0, 0x00000023, 0x00000023, 0x00000023),
	BUS("APB2", RCC_APB2ENR, 0, 0x0d677881, 0x0d677801, 0x0d677801),
	ROW("CCIPR", RCC_CCIPR, 0, 0x3fffffff), ROW("BDCR", RCC_BDCR, 0, 0x0301833d),
	ROW("CSR", RCC_CSR, 0x0c000600, 0x00000f11), ROW("CRRCR", RCC_CRRCR, 0, 0x00000001),
	ROW("CCIPR2", 0x9c, 0, 0x0037f7ff), ROW("DLYCFGR", 0xa4, 0, 0x000000ff),
	{ .name = NULL }
};

/* RM0394 6.4 (L41 to L46). */
static const struct vb_reg l43_regs[] = {
	ROW("CR", RCC_CR, 0x00000063, 0x050d0bfd), ROW("ICSCR", RCC_ICSCR, 0x10000000, 0x1f00ff00),
	ROW("CFGR", RCC_CFGR, 0, 0x7f00bff3), ROW("PLLCFGR", RCC_PLLCFGR, 0x00001000, 0xff737f73),
	ROW("PLLSAI1CFGR", 0x10, 0x00001000, 0xff737f00),
	ROW("CIER", 0x18, 0, 0x000007ff), ROW("CIFR", 0x1c, 0, 0), ROW("CICR", 0x20, 0, 0),
	BUS("AHB1", RCC_AHB1ENR, 0x100, 0x00011103, 0x00011103, 0x00011303),
	BUS("AHB2", RCC_AHB2ENR, 0, 0x0005209f, 0x0005209f, 0x0005229f),
	BUS("AHB3", RCC_AHB3ENR, 0, 0x00000100, 0x00000100, 0x00000100),
	BUS("APB1-1", RCC_APB1ENR1, 0x400, 0xf7e6ce31, 0xf7e6c231, 0xf7e6ce31),
	BUS("APB1-2", RCC_APB1ENR2, 0, 0x00000025, 0x00000025, 0x00000025),
	BUS("APB2", RCC_APB2ENR, 0, 0x00235c81, 0x00235c01, 0x00235c01),
	ROW("CCIPR", RCC_CCIPR, 0, 0xffffffff), ROW("BDCR", RCC_BDCR, 0, 0x0301833d),
	ROW("CSR", RCC_CSR, 0x0c000600, 0x00000f01), ROW("CRRCR", RCC_CRRCR, 0, 0x00000001),
	{ .name = NULL }
};

/* RM0438 9.8. The security and privilege registers hold their bits without effect. */
static const struct vb_reg l5_regs[] = {
	ROW("CR", RCC_CR, 0x00000063, 0x950d0bfd), ROW("ICSCR", RCC_ICSCR, 0x40000000, 0x7f00ff00),
	ROW("CFGR", RCC_CFGR, 0, 0x7f00bff3), ROW("PLLCFGR", RCC_PLLCFGR, 0x00001000, 0xff737ff3),
	ROW("PLLSAI1CFGR", 0x10, 0x00001000, 0xff737ff3),
	ROW("PLLSAI2CFGR", 0x14, 0x00001000, 0xf8037ff3),
	ROW("CIER", 0x18, 0, 0x000006ff), ROW("CIFR", 0x1c, 0, 0), ROW("CICR", 0x20, 0, 0),
	BUS("AHB1", RCC_AHB1ENR, 0x100, 0x00411107, 0x00411107, 0x00c11307),
	BUS("AHB2", RCC_AHB2ENR, 0, 0x006f20ff, 0x006f20ff, 0x006f22ff),
	BUS("AHB3", RCC_AHB3ENR, 0, 0x00000101, 0x00000101, 0x00000101),
	BUS("APB1-1", RCC_APB1ENR1, 0x400, 0xf1fecc3f, 0xf1fec03f, 0xf1fecc3f),
	BUS("APB1-2", RCC_APB1ENR2, 0, 0x00a00263, 0x00a00263, 0x00a00263),
	BUS("APB2", RCC_APB2ENR, 0, 0x01677801, 0x01677801, 0x01677801),
	ROW("CCIPR1", RCC_CCIPR, 0, 0x3fffffff), ROW("BDCR", RCC_BDCR, 0, 0x030183bd),
	ROW("CSR", RCC_CSR, 0x0c000600, 0x00000f11), ROW("CRRCR", RCC_CRRCR, 0, 0x00000001),
	ROW("CCIPR2", 0x9c, 0, 0x00307fff), ROW("SECCFGR", 0xb8, 0, 0x00001fff),
	{ .name = NULL }
};

/* RM0434 8.4. CPU2's enables hold their bits: the units are clocked by CPU1's here. */
static const struct vb_reg wb_regs[] = {
	ROW("CR", RCC_CR, 0x00000063, 0x051d0bf5), ROW("ICSCR", RCC_ICSCR, 0x40000000, 0x7f00ff00),
	ROW("CFGR", RCC_CFGR, 0x00070000, 0x7f00bff3),
	ROW("PLLCFGR", RCC_PLLCFGR, 0x22040100, 0xff3f7f73),
	ROW("PLLSAI1CFGR", 0x10, 0x22040100, 0xff3f7f00),
	ROW("CIER", 0x18, 0, 0x00000fff), ROW("CIFR", 0x1c, 0, 0), ROW("CICR", 0x20, 0, 0),
	ROW("SMPSCR", 0x24, 0x00000301, 0x00000033),
	BUS("AHB1", RCC_AHB1ENR, 0, 0x00011007, 0x00011007, 0x00011207),
	BUS("AHB2", RCC_AHB2ENR, 0, 0x0001209f, 0x0001209f, 0x0001209f),
	BUS("AHB3", RCC_AHB3ENR, 0x02080000, 0x021f0100, 0x021f0100, 0x03070100),
	BUS("APB1-1", RCC_APB1ENR1, 0x400, 0x85a04e01, 0x85a04201, 0x85a04e01),
	BUS("APB1-2", RCC_APB1ENR2, 0, 0x00000021, 0x00000021, 0x00000021),
	BUS("APB2", RCC_APB2ENR, 0, 0x00265800, 0x00265800, 0x00265800),
	ROW("CCIPR", RCC_CCIPR, 0, 0xffffffff), ROW("BDCR", RCC_BDCR, 0, 0x0301833d),
	ROW("CSR", RCC_CSR, 0x0c000000, 0x0000cf05), ROW("CRRCR", RCC_CRRCR, 0, 0x00000001),
	ROW("HSECR", 0x9c, 0x00000030, 0x00003f79), ROW("EXTCFGR", 0x108, 0x00030000, 0x000000ff),
	ROW("C2AHB1ENR", 0x148, 0, 0x00011207), ROW("C2AHB2ENR", 0x14c, 0, 0x0001209f),
	ROW("C2AHB3ENR", 0x150, 0x02080000, 0x021f0000), ROW("C2APB1ENR1", 0x158, 0x400, 0x85a04601),
	ROW("C2APB1ENR2", 0x15c, 0, 0x00000021), ROW("C2APB2ENR", 0x160, 0, 0x00265800),
	ROW("C2APB3ENR", 0x164, 0, 0x00000003),
	{ .name = NULL }
};

#define MSI_LINE                                                                                   \
	.boot = OSC_MSI, .sw = { RCC_CFGR, 0, 2 }, .sws = { RCC_CFGR, 2, 2 },                       \
	.hpre = { RCC_CFGR, 4, 4 }, .ppre1 = { RCC_CFGR, 8, 3 }, .ppre2 = { RCC_CFGR, 11, 3 },      \
	.stopwuck = { RCC_CFGR, 15, 1 }, .sources = { OSC_MSI, OSC_HSI, OSC_HSE, OSC_PLL },         \
	.pllcfgr = RCC_PLLCFGR, .bdcr = RCC_BDCR, .csr = RCC_CSR,               \
	.rstr_first = 0x28, .rstr_last = 0x40, .rstr_to_enr = 0x20, .wwdg_enr = RCC_APB1ENR1,       \
	.rule = msi_rule
#define MSI_OSCS                                                                                   \
	[OSC_MSI] = { RCC_CR, 0, 1, MSI_NS }, [OSC_HSI] = { RCC_CR, 8, 10, HSI_NS },                \
	[OSC_HSE] = { RCC_CR, 16, 17, HSE_NS }, [OSC_PLL] = { RCC_CR, 24, 25, PLL_NS },             \
	[OSC_PLL2] = { RCC_CR, 26, 27, PLL_NS }, [OSC_LSI] = { RCC_CSR, 0, 1, LSI_NS },             \
	[OSC_LSE] = { RCC_BDCR, 0, 1, LSE_NS }
#define OSC_PLLSAI2 [OSC_PLL3] = { RCC_CR, 28, 29, PLL_NS }
#define OSC_RC48    [OSC_HSI48] = { RCC_CRRCR, 0, 1, HSI48_NS }
/* While the PLL is on only its outputs can be switched (RM0351 6.4.4). */
#define PLL_LOCKED    ~(BIT(16) | BIT(20) | BIT(24))
#define WB_PLL_LOCKED ~(BIT(16) | BIT(24) | BIT(28))

const struct stm32_rcc_line stm32l4_rcc_line = {
	.name = "L4", .regs = l4_regs, .osc = { MSI_OSCS, OSC_PLLSAI2 }, .csr_flags = 0xff000000,
	.msi_hz = msi_hz, .pll_hz = l4_pll_hz, .pll_locked = PLL_LOCKED, MSI_LINE
};

const struct stm32_rcc_line stm32l4r_rcc_line = {
	.name = "L4+", .regs = l4r_regs, .osc = { MSI_OSCS, OSC_PLLSAI2, OSC_RC48 },
	.csr_flags = 0xff000000, .msi_hz = msi_hz, .pll_hz = l4r_pll_hz, .pll_locked = PLL_LOCKED,
	MSI_LINE
};

const struct stm32_rcc_line stm32l43_rcc_line = {
	.name = "L43", .regs = l43_regs, .osc = { MSI_OSCS, OSC_RC48 }, .csr_flags = 0xff000000,
	.msi_hz = msi_hz, .pll_hz = l4_pll_hz, .pll_locked = PLL_LOCKED, MSI_LINE
};

const struct stm32_rcc_line stm32l5_rcc_line = {
	.name = "L5", .regs = l5_regs, .osc = { MSI_OSCS, OSC_PLLSAI2, OSC_RC48 },
	.csr_flags = 0xfe000000, .msi_hz = msi_hz, .pll_hz = l4r_pll_hz, .pll_locked = PLL_LOCKED,
	MSI_LINE
};

const struct stm32_rcc_line stm32wb_rcc_line = {
	.name = "WB", .regs = wb_regs,
	.osc = { MSI_OSCS, OSC_RC48, [OSC_LSI2] = { RCC_CSR, 2, 3, LSI_NS } },
	.csr_flags = 0xfe000000, .msi_hz = wb_msi_hz, .pll_hz = wb_pll_hz,
	.pll_locked = WB_PLL_LOCKED, MSI_LINE
};
