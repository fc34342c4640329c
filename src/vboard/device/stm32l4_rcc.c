/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/device/stm32l4_rcc.h"

#define MSI_RANGE_OK 11
#define SW_MASK	     3u
#define CSR_RMVF     BIT(23)
#define CSR_FLAGS    0xff000000u

/* Start-up times: DS10198 6.3.7 to 6.3.9. No HSE crystal is fitted on the NUCLEO board. */
static const struct {
	uint32_t reg;
	uint8_t on, ready;
	uint64_t start_ns;
} oscs[OSC_COUNT] = {
	[OSC_MSI] = { RCC_CR, 0, 1, 5000 },	  [OSC_HSI] = { RCC_CR, 8, 10, 1200 },
	[OSC_HSE] = { RCC_CR, 16, 17, UINT64_MAX }, [OSC_PLL] = { RCC_CR, 24, 25, 40000 },
	[OSC_SAI1] = { RCC_CR, 26, 27, 40000 },	  [OSC_SAI2] = { RCC_CR, 28, 29, 40000 },
	[OSC_LSI] = { RCC_CSR, 0, 1, 130000 },	  [OSC_LSE] = { RCC_BDCR, 0, 1, 1000000000 },
};

static const uint32_t msi_hz[] = { 100000, 200000, 400000, 800000, 1000000, 2000000,
				   4000000, 8000000, 16000000, 24000000, 32000000, 48000000 };

static uint32_t *reg(struct stm32l4_rcc *rcc, uint32_t offset)
{
	return vb_regs_at(&rcc->regs, offset);
}

static bool is_ready(const struct stm32l4_rcc *rcc, enum rcc_osc osc)
{
	return rcc->ready_at[osc] <= stm32_env_now(rcc->env);
}

static uint32_t pll_hz(struct stm32l4_rcc *rcc)
{
	static const enum rcc_osc sources[4] = { OSC_COUNT, OSC_MSI, OSC_HSI, OSC_HSE };
	uint32_t cfg = *reg(rcc, RCC_PLLCFGR);
	enum rcc_osc source = sources[cfg & 3];
	uint32_t m = bits_get(cfg, 6, 4) + 1, n = bits_get(cfg, 14, 8);

	if (source == OSC_COUNT || !(cfg & BIT(24)) || n < 8)
		return 0;
	return stm32l4_rcc_hz(rcc, source) / m * n / (2 * (bits_get(cfg, 26, 25) + 1));
}

uint32_t stm32l4_rcc_hz(struct stm32l4_rcc *rcc, enum rcc_osc osc)
{
	uint32_t cr = *reg(rcc, RCC_CR), range;

	if (!is_ready(rcc, osc))
		return 0;
	switch (osc) {
	case OSC_MSI:
		range = cr & BIT(3) ? bits_get(cr, 7, 4) : bits_get(*reg(rcc, RCC_CSR), 11, 8);
		return msi_hz[MIN(range, (uint32_t)MSI_RANGE_OK)];
	case OSC_HSI: return 16000000;
	case OSC_PLL: return pll_hz(rcc);
	case OSC_LSI: return 32000;
	case OSC_LSE: return 32768;
	default: return 0;
	}
}

static uint32_t ahb_divider(uint32_t hpre)
{
	static const uint16_t dividers[8] = { 2, 4, 8, 16, 64, 128, 256, 512 };

	return hpre & 8 ? dividers[hpre & 7] : 1;
}

static uint32_t apb_divider(uint32_t ppre)
{
	return ppre & 4 ? 2u << (ppre & 3) : 1;
}

static void tell_clocks(struct stm32l4_rcc *rcc, uint32_t sysclk)
{
	struct stm32_clocks *c = &rcc->env->clocks, was = *c;
	uint32_t cfgr = *reg(rcc, RCC_CFGR);
	uint32_t p1 = apb_divider(bits_get(cfgr, 10, 8)), p2 = apb_divider(bits_get(cfgr, 13, 11));
	struct stm32_clocks next = { .sysclk = sysclk,
				     .hclk = sysclk / ahb_divider(bits_get(cfgr, 7, 4)),
				     .hsi = stm32l4_rcc_hz(rcc, OSC_HSI),
				     .lse = stm32l4_rcc_hz(rcc, OSC_LSE),
				     .lsi = stm32l4_rcc_hz(rcc, OSC_LSI) };

	next.pclk1 = next.hclk / p1;
	next.pclk2 = next.hclk / p2;
	next.timclk1 = next.pclk1 * (p1 == 1 ? 1 : 2);
	next.timclk2 = next.pclk2 * (p2 == 1 ? 1 : 2);
	if (next.hclk == was.hclk && next.pclk1 == was.pclk1 && next.pclk2 == was.pclk2 &&
	    next.hsi == was.hsi && next.lse == was.lse && next.lsi == was.lsi)
		return;
	stm32_env_change(rcc->env);
	*c = next;
	stm32_env_changed(rcc->env);
	if (rcc->env->board->cpu != NULL && next.hclk != was.hclk)
		vb_cpu_set_hclk(rcc->env->board->cpu, next.hclk);
}

static void update(void *ctx);

static void schedule(struct stm32l4_rcc *rcc)
{
	struct vb_clock *clock = rcc->env->board->clock;
	uint64_t now = vb_clock_now(clock), next = UINT64_MAX;

	for (unsigned i = 0; i < OSC_COUNT; i++) {
		if (rcc->ready_at[i] > now)
			next = MIN(next, rcc->ready_at[i]);
	}
	vb_clock_cancel(clock, rcc->event);
	rcc->event = next == UINT64_MAX ? NULL
					: vb_clock_after(clock, next - now, update, rcc, "RCC ready");
}

/* The switch follows SW only to a source that runs (RM0351 6.2.10). */
static void update(void *ctx)
{
	static const enum rcc_osc sources[4] = { OSC_MSI, OSC_HSI, OSC_HSE, OSC_PLL };
	struct stm32l4_rcc *rcc = ctx;
	uint32_t *cfgr = reg(rcc, RCC_CFGR), hz;

	for (unsigned i = 0; i < OSC_COUNT; i++) {
		uint32_t *r = reg(rcc, oscs[i].reg);

		*r &= ~BIT(oscs[i].ready);
		if (is_ready(rcc, i))
			*r |= BIT(oscs[i].ready);
	}
	if (stm32l4_rcc_hz(rcc, sources[*cfgr & SW_MASK]) > 0)
		*cfgr = (*cfgr & ~(SW_MASK << 2)) | (*cfgr & SW_MASK) << 2;
	hz = stm32l4_rcc_hz(rcc, sources[*cfgr >> 2 & SW_MASK]);
	if (hz > 0)
		tell_clocks(rcc, hz);
	schedule(rcc);
}

static void osc_switch(struct stm32l4_rcc *rcc, enum rcc_osc osc)
{
	bool on = *reg(rcc, oscs[osc].reg) & BIT(oscs[osc].on);

	if (!on)
		rcc->ready_at[osc] = UINT64_MAX;
	else if (rcc->ready_at[osc] == UINT64_MAX && oscs[osc].start_ns != UINT64_MAX)
		rcc->ready_at[osc] = stm32_env_now(rcc->env) + oscs[osc].start_ns;
}

static enum vb_result osc_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	static const uint32_t used_by[4] = { BIT(0), BIT(8), BIT(16), BIT(24) };
	struct stm32l4_rcc *rcc = regs->dev;
	uint32_t *cr = reg(rcc, RCC_CR);

	(void)value;
	(void)old;
	*cr |= used_by[*reg(rcc, RCC_CFGR) >> 2 & SW_MASK];	/* cannot stop what it runs on */
	for (unsigned i = 0; i < OSC_COUNT; i++)
		osc_switch(rcc, i);
	update(rcc);
	return VB_OK;
}

static enum vb_result cr_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	struct stm32l4_rcc *rcc = regs->dev;
	uint32_t *cr = reg(rcc, RCC_CR);

	*cr |= old & BIT(3);		/* MSIRGSEL is set-only */
	if (bits_get(value, 7, 4) > MSI_RANGE_OK || ((old & BIT(0)) && !(old & BIT(1))))
		*cr = (*cr & ~0xf0u) | (old & 0xf0u);
	return osc_written(regs, value, old);
}

static enum vb_result cfgr_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	(void)value;
	(void)old;
	update(regs->dev);
	return VB_OK;
}

/* The PLL factors are locked while it is on (RM0351 6.4.4). */
static enum vb_result pllcfgr_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	struct stm32l4_rcc *rcc = regs->dev;
	const uint32_t outputs = BIT(16) | BIT(20) | BIT(24);
	uint32_t *cfg = reg(rcc, RCC_PLLCFGR);

	(void)value;
	if (*reg(rcc, RCC_CR) & BIT(24))
		*cfg = (old & ~outputs) | (*cfg & outputs);
	update(rcc);
	return VB_OK;
}

static enum vb_result bdcr_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	struct stm32l4_rcc *rcc = regs->dev;

	if (!rcc->env->backup_open)
		*reg(rcc, RCC_BDCR) = old;
	else if (*reg(rcc, RCC_BDCR) & BIT(16))		/* BDRST */
		*reg(rcc, RCC_BDCR) = BIT(16);
	return osc_written(regs, value, old);
}

static enum vb_result csr_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	struct stm32l4_rcc *rcc = regs->dev;

	if (value & CSR_RMVF)
		*reg(rcc, RCC_CSR) &= ~CSR_FLAGS;
	return osc_written(regs, value, old);
}

static enum vb_result apb1enr1_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	(void)value;
	*reg(regs->dev, RCC_APB1ENR1) |= old & BIT(11);	/* WWDGEN ends with a reset only */
	return VB_OK;
}

static void rstr_changed(struct vb_regs *regs, uint32_t offset, uint32_t rose)
{
	struct stm32l4_rcc *rcc = regs->dev;

	if (rose != 0 && rcc->on_peripheral_reset)
		rcc->on_peripheral_reset(rcc->chip, offset + RCC_ENR_TO_RSTR, rose);
}

#define RSTR_HOOK(name, offset)                                                                    \
	static enum vb_result name(struct vb_regs *regs, uint32_t value, uint32_t old)             \
	{                                                                                          \
		rstr_changed(regs, offset, value & ~old);                                          \
		return VB_OK;                                                                      \
	}
RSTR_HOOK(ahb1rstr_written, RCC_AHB1ENR - RCC_ENR_TO_RSTR)
RSTR_HOOK(ahb2rstr_written, RCC_AHB2ENR - RCC_ENR_TO_RSTR)
RSTR_HOOK(ahb3rstr_written, RCC_AHB3ENR - RCC_ENR_TO_RSTR)
RSTR_HOOK(apb1rstr1_written, RCC_APB1ENR1 - RCC_ENR_TO_RSTR)
RSTR_HOOK(apb1rstr2_written, RCC_APB1ENR2 - RCC_ENR_TO_RSTR)
RSTR_HOOK(apb2rstr_written, RCC_APB2ENR - RCC_ENR_TO_RSTR)

static void refresh(struct vb_regs *regs, uint32_t *value)
{
	(void)value;
	update(regs->dev);
}

/* RM0351 6.4. Not modelled: the ready interrupts (CIER, CIFR). */
static const struct vb_reg rcc_regs[] = {
	{ "CR", RCC_CR, 0x00000063, 0x150d0bfd, 0, cr_written, refresh },
	{ "ICSCR", RCC_ICSCR, 0x10000000, 0x1f00ff00, 0, NULL, NULL },
	{ "CFGR", RCC_CFGR, 0, 0x7700bff3, 0, cfgr_written, refresh },
	{ "PLLCFGR", RCC_PLLCFGR, 0x00001000, 0x07737f73, 0, pllcfgr_written, NULL },
	{ "PLLSAI1CFGR", 0x10, 0x00001000, 0x07737f00, 0, NULL, NULL },
	{ "PLLSAI2CFGR", 0x14, 0x00001000, 0x07037f00, 0, NULL, NULL },
	{ "CIER", 0x18, 0, 0x000003ff, 0, NULL, NULL },
	{ "CIFR", 0x1c, 0, 0, 0, NULL, NULL },
	{ "CICR", 0x20, 0, 0, 0, NULL, NULL },
	{ "AHB1RSTR", RCC_AHB1RSTR, 0, 0x00011103, 0, ahb1rstr_written, NULL },
	{ "AHB2RSTR", 0x2c, 0, 0x000530ff, 0, ahb2rstr_written, NULL },
	{ "AHB3RSTR", 0x30, 0, 0x00000101, 0, ahb3rstr_written, NULL },
	{ "APB1RSTR1", 0x38, 0, 0xf2fec23f, 0, apb1rstr1_written, NULL },
	{ "APB1RSTR2", 0x3c, 0, 0x00000025, 0, apb1rstr2_written, NULL },
	{ "APB2RSTR", 0x40, 0, 0x01677c01, 0, apb2rstr_written, NULL },
	{ "AHB1ENR", RCC_AHB1ENR, 0x00000100, 0x00011103, 0, NULL, NULL },
	{ "AHB2ENR", RCC_AHB2ENR, 0, 0x000530ff, 0, NULL, NULL },
	{ "AHB3ENR", RCC_AHB3ENR, 0, 0x00000101, 0, NULL, NULL },
	{ "APB1ENR1", RCC_APB1ENR1, 0, 0xf2feca3f, 0, apb1enr1_written, NULL },
	{ "APB1ENR2", RCC_APB1ENR2, 0, 0x00000025, 0, NULL, NULL },
	{ "APB2ENR", RCC_APB2ENR, 0, 0x01677c81, 0, NULL, NULL },
	{ "AHB1SMENR", 0x68, 0x00011303, 0x00011303, 0, NULL, NULL },
	{ "AHB2SMENR", 0x6c, 0x000532ff, 0x000532ff, 0, NULL, NULL },
	{ "AHB3SMENR", 0x70, 0x00000101, 0x00000101, 0, NULL, NULL },
	{ "APB1SMENR1", 0x78, 0xf2feca3f, 0xf2feca3f, 0, NULL, NULL },
	{ "APB1SMENR2", 0x7c, 0x00000025, 0x00000025, 0, NULL, NULL },
	{ "APB2SMENR", 0x80, 0x01677c01, 0x01677c01, 0, NULL, NULL },
	{ "CCIPR", RCC_CCIPR, 0, 0xffffffff, 0, NULL, NULL },
	{ "BDCR", RCC_BDCR, 0, 0x0301837d, 0, bdcr_written, refresh },
	{ "CSR", RCC_CSR, 0x0c000600, 0x00000f01, 0, csr_written, refresh },
	{ .name = NULL }
};

static enum vb_result rcc_read(void *dev, struct vb_access *a, uint32_t offset, uint32_t *value)
{
	struct stm32l4_rcc *rcc = dev;

	return vb_regs_ops.read(&rcc->regs, a, offset, value);
}

static enum vb_result rcc_write(void *dev, struct vb_access *a, uint32_t offset, uint32_t value)
{
	struct stm32l4_rcc *rcc = dev;

	return vb_regs_ops.write(&rcc->regs, a, offset, value);
}

const struct vb_device_ops stm32l4_rcc_ops = { .read = rcc_read, .write = rcc_write };

const uint32_t *stm32l4_rcc_enable(struct stm32l4_rcc *rcc, uint32_t enr)
{
	return reg(rcc, enr);
}

void stm32l4_rcc_init(struct stm32l4_rcc *rcc, struct stm32_env *env)
{
	_Static_assert(ARRAY_SIZE(rcc_regs) - 1 <= RCC_REGS, "value[] is too small");
	rcc->env = env;
	rcc->regs = (struct vb_regs){ .name = "RCC", .table = rcc_regs, .value = rcc->value,
				      .dev = rcc };
	vb_regs_reset(&rcc->regs);
}

/* Every internal reset also pulls NRST low, so PINRSTF comes with it (RM0351 6.1.2). */
static uint32_t reset_flags(enum vb_reset kind)
{
	switch (kind) {
	case VB_RESET_POWER_ON: return BIT(27) | BIT(26);
	case VB_RESET_NRST: return BIT(26);
	case VB_RESET_SYSTEM: return BIT(28) | BIT(26);
	case VB_RESET_IWDG: return BIT(29) | BIT(26);
	case VB_RESET_WWDG: return BIT(30) | BIT(26);
	case VB_RESET_OPTION_LOAD: return BIT(25) | BIT(26);
	case VB_RESET_LOW_POWER: return BIT(31) | BIT(26);
	default: return 0;		/* other families' */
	}
}

void stm32l4_rcc_reset(struct stm32l4_rcc *rcc, enum vb_reset kind)
{
	uint32_t flags = kind == VB_RESET_POWER_ON ? 0 : *reg(rcc, RCC_CSR) & CSR_FLAGS;
	uint32_t bdcr = kind == VB_RESET_POWER_ON ? 0 : *reg(rcc, RCC_BDCR);
	uint64_t lse = kind == VB_RESET_POWER_ON ? UINT64_MAX : rcc->ready_at[OSC_LSE];

	vb_regs_reset(&rcc->regs);
	*reg(rcc, RCC_CSR) = 0x600 | flags | reset_flags(kind);
	*reg(rcc, RCC_BDCR) = bdcr;
	for (unsigned i = 0; i < OSC_COUNT; i++)
		rcc->ready_at[i] = UINT64_MAX;
	rcc->ready_at[OSC_MSI] = 0;
	rcc->ready_at[OSC_LSE] = lse;
	update(rcc);
}

void stm32l4_rcc_wake(struct stm32l4_rcc *rcc)
{
	uint32_t *cr = reg(rcc, RCC_CR), *cfgr = reg(rcc, RCC_CFGR);
	bool hsi = *cfgr & BIT(15);

	*cr &= ~(BIT(16) | BIT(24) | BIT(26) | BIT(28));	/* HSE and PLLs are off */
	*cr |= hsi ? BIT(8) : BIT(0);
	*cfgr = (*cfgr & ~SW_MASK) | (hsi ? 1 : 0);
	for (unsigned i = 0; i < OSC_COUNT; i++)
		osc_switch(rcc, i);
	rcc->ready_at[hsi ? OSC_HSI : OSC_MSI] = stm32_env_now(rcc->env);
	update(rcc);
}

void stm32l4_rcc_force_lsi(struct stm32l4_rcc *rcc)
{
	*reg(rcc, RCC_CSR) |= BIT(0);
	if (rcc->ready_at[OSC_LSI] == UINT64_MAX)
		rcc->ready_at[OSC_LSI] = stm32_env_now(rcc->env) + oscs[OSC_LSI].start_ns;
	update(rcc);
}
