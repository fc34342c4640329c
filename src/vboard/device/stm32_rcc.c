/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <assert.h>

#include "vboard/device/stm32_rcc.h"

#define CSR_RMVF  BIT(23)
#define BDCR_BDRST BIT(16)
#define WWDGEN	  BIT(11)

static uint32_t *reg(struct stm32_rcc *rcc, uint32_t offset)
{
	return vb_regs_at(&rcc->regs, offset);
}

uint32_t stm32_rcc_get(struct stm32_rcc *rcc, uint32_t offset)
{
	const uint32_t *word = reg(rcc, offset);

	return word ? *word : 0;
}

void stm32_rcc_put(struct stm32_rcc *rcc, uint32_t offset, uint32_t value)
{
	uint32_t *word = reg(rcc, offset);

	if (word != NULL)
		*word = value;
}

static uint32_t field_get(struct stm32_rcc *rcc, const struct stm32_rcc_field *f)
{
	return f->reg == RCC_NONE ? 0 : stm32_rcc_get(rcc, f->reg) >> f->shift & (BIT(f->bits) - 1);
}

static void field_put(struct stm32_rcc *rcc, const struct stm32_rcc_field *f, uint32_t value)
{
	uint32_t mask = (BIT(f->bits) - 1) << f->shift;

	stm32_rcc_put(rcc, f->reg, (stm32_rcc_get(rcc, f->reg) & ~mask) | (value << f->shift & mask));
}

static bool has_osc(const struct stm32_rcc *rcc, unsigned osc)
{
	return rcc->line->osc[osc].start_ns != 0;
}

static bool is_ready(const struct stm32_rcc *rcc, enum rcc_osc osc)
{
	return has_osc(rcc, osc) && rcc->ready_at[osc] <= stm32_env_now(rcc->env);
}

uint32_t stm32_rcc_hz(struct stm32_rcc *rcc, enum rcc_osc osc)
{
	if (!is_ready(rcc, osc))
		return 0;
	switch (osc) {
	case OSC_MSI: return rcc->line->msi_hz(rcc);
	case OSC_HSI: return 16000000;
	case OSC_HSE: return rcc->hse_hz;
	case OSC_PLL: return rcc->line->pll_hz(rcc);
	case OSC_HSI48: return 48000000;
	case OSC_LSI:
	case OSC_LSI2: return 32000;
	case OSC_LSE: return 32768;
	default: return 0;		/* nobody asks: PLL2, PLL3, MSIK */
	}
}

/* HSI16 reaches the system clock through a divider on some lines. */
static uint32_t source_hz(struct stm32_rcc *rcc, enum rcc_osc osc)
{
	if (osc == OSC_HSI && rcc->line->hsisys_hz != NULL && is_ready(rcc, osc))
		return rcc->line->hsisys_hz(rcc);
	return stm32_rcc_hz(rcc, osc);
}

static enum rcc_osc in_use(struct stm32_rcc *rcc)
{
	return rcc->line->sources[field_get(rcc, &rcc->line->sws) & 7];
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

static void tell_clocks(struct stm32_rcc *rcc, uint32_t sysclk)
{
	struct stm32_clocks *c = &rcc->env->clocks, was = *c;
	uint32_t p1 = apb_divider(field_get(rcc, &rcc->line->ppre1));
	uint32_t p2 = apb_divider(field_get(rcc, &rcc->line->ppre2));
	struct stm32_clocks next = { .sysclk = sysclk,
				     .hclk = sysclk / ahb_divider(field_get(rcc, &rcc->line->hpre)),
				     .hsi = stm32_rcc_hz(rcc, OSC_HSI),
				     .lse = stm32_rcc_hz(rcc, OSC_LSE),
				     .lsi = stm32_rcc_hz(rcc, OSC_LSI) };

	next.pclk1 = next.hclk / p1;
	next.pclk2 = next.hclk / p2;
	next.timclk1 = next.pclk1 * (p1 == 1 ? 1 : 2);
	next.timclk2 = next.pclk2 * (p2 == 1 ? 1 : 2);
	if (next.sysclk == was.sysclk && next.hclk == was.hclk && next.pclk1 == was.pclk1 &&
	    next.pclk2 == was.pclk2 && next.hsi == was.hsi && next.lse == was.lse &&
	    next.lsi == was.lsi)
		return;
	stm32_env_change(rcc->env);
	*c = next;
	stm32_env_changed(rcc->env);
	if (rcc->env->board->cpu != NULL && next.hclk != was.hclk)
		vb_cpu_set_hclk(rcc->env->board->cpu, next.hclk);
	if (rcc->env->board->cpu2 != NULL && next.hclk != was.hclk)
		vb_cpu_set_hclk(rcc->env->board->cpu2, next.hclk);
}

static void update(void *ctx);

static void schedule(struct stm32_rcc *rcc)
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

static void show_ready(struct stm32_rcc *rcc)
{
	for (unsigned i = 0; i < OSC_COUNT; i++) {
		uint32_t ready = BIT(rcc->line->osc[i].ready), word;

		if (!has_osc(rcc, i))
			continue;
		word = stm32_rcc_get(rcc, rcc->line->osc[i].reg);
		stm32_rcc_put(rcc, rcc->line->osc[i].reg,
			      is_ready(rcc, i) ? word | ready : word & ~ready);
	}
}

/* The switch follows SW only to a source that runs (RM0351 6.2.10). */
static void update(void *ctx)
{
	struct stm32_rcc *rcc = ctx;
	uint32_t sw = field_get(rcc, &rcc->line->sw) & 7, hz;

	show_ready(rcc);
	if (source_hz(rcc, rcc->line->sources[sw]) > 0)
		field_put(rcc, &rcc->line->sws, sw);
	hz = source_hz(rcc, in_use(rcc));
	if (hz > 0)
		tell_clocks(rcc, hz);
	schedule(rcc);
}

static void osc_switch(struct stm32_rcc *rcc, enum rcc_osc osc)
{
	bool on = stm32_rcc_get(rcc, rcc->line->osc[osc].reg) & BIT(rcc->line->osc[osc].on);

	if (!has_osc(rcc, osc))
		return;
	if (!on)
		rcc->ready_at[osc] = UINT64_MAX;
	else if (rcc->ready_at[osc] == UINT64_MAX && (osc != OSC_HSE || rcc->hse_hz != 0))
		rcc->ready_at[osc] = stm32_env_now(rcc->env) + rcc->line->osc[osc].start_ns;
}

static void follow_switches(struct stm32_rcc *rcc)
{
	for (unsigned i = 0; i < OSC_COUNT; i++)
		osc_switch(rcc, i);
	update(rcc);
}

/* What the chip runs on cannot be stopped. */
static void keep_running(struct stm32_rcc *rcc)
{
	enum rcc_osc osc = in_use(rcc);
	uint32_t offset = rcc->line->osc[osc].reg;

	if (has_osc(rcc, osc))
		stm32_rcc_put(rcc, offset, stm32_rcc_get(rcc, offset) | BIT(rcc->line->osc[osc].on));
}

static void bdcr_written(struct stm32_rcc *rcc, uint32_t old)
{
	uint32_t *bdcr = reg(rcc, rcc->line->bdcr);

	if (!rcc->env->backup_open)
		*bdcr = old;
	else if (*bdcr & BDCR_BDRST)
		*bdcr = BDCR_BDRST;
}

static void pllcfgr_written(struct stm32_rcc *rcc, uint32_t old)
{
	uint32_t locked = rcc->line->pll_locked, *cfg = reg(rcc, rcc->line->pllcfgr);

	if (stm32_rcc_get(rcc, rcc->line->osc[OSC_PLL].reg) & BIT(rcc->line->osc[OSC_PLL].on))
		*cfg = (old & locked) | (*cfg & ~locked);
}

static void written(struct stm32_rcc *rcc, uint32_t offset, uint32_t value, uint32_t old)
{
	const struct stm32_rcc_line *line = rcc->line;
	uint32_t *word = reg(rcc, offset);

	if (line->rule)
		line->rule(rcc, offset, old);
	if (offset == line->bdcr)
		bdcr_written(rcc, old);
	if (offset == line->pllcfgr)
		pllcfgr_written(rcc, old);
	if (offset == line->csr && (value & CSR_RMVF))
		*word &= ~line->csr_flags;
	if (offset == line->wwdg_enr)
		*word |= old & WWDGEN;
	if (offset >= line->rstr_first && offset <= line->rstr_last) {
		if ((*word & ~old) && rcc->on_peripheral_reset)
			rcc->on_peripheral_reset(rcc->chip, offset + line->rstr_to_enr, *word & ~old);
		return;
	}
	keep_running(rcc);
	follow_switches(rcc);
}

static enum vb_result rcc_read(void *dev, struct vb_access *a, uint32_t offset, uint32_t *value)
{
	struct stm32_rcc *rcc = dev;

	update(rcc);
	return vb_regs_ops.read(&rcc->regs, a, offset, value);
}

static enum vb_result rcc_write(void *dev, struct vb_access *a, uint32_t offset, uint32_t value)
{
	struct stm32_rcc *rcc = dev;
	uint32_t old = stm32_rcc_get(rcc, offset & ~3u);
	enum vb_result rc = vb_regs_ops.write(&rcc->regs, a, offset, value);

	if (rc == VB_OK && reg(rcc, offset & ~3u) != NULL)
		written(rcc, offset & ~3u, value << 8 * (offset & 3), old);
	return rc;
}

const struct vb_device_ops stm32_rcc_ops = { .read = rcc_read, .write = rcc_write };

const uint32_t *stm32_rcc_enable(struct stm32_rcc *rcc, uint32_t enr)
{
	return reg(rcc, enr);
}

uint32_t stm32_rcc_csr(struct stm32_rcc *rcc)
{
	return stm32_rcc_get(rcc, rcc->line->csr);
}

void stm32_rcc_init(struct stm32_rcc *rcc, struct stm32_env *env, const struct stm32_rcc_line *line)
{
	size_t rows = 0;

	while (line->regs[rows].name != NULL)
		rows++;
	assert(rows <= RCC_REGS);
	rcc->env = env;
	rcc->line = line;
	rcc->regs = (struct vb_regs){ .name = "RCC", .table = line->regs, .value = rcc->value,
				      .dev = rcc };
	vb_regs_reset(&rcc->regs);
	rcc->start_csr = stm32_rcc_csr(rcc);
	for (unsigned i = 0; i < OSC_COUNT; i++)
		rcc->ready_at[i] = UINT64_MAX;
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

/* The backup domain, with the LSE in it, and the flags live through all but a power-on. */
void stm32_rcc_reset(struct stm32_rcc *rcc, enum vb_reset kind)
{
	const struct stm32_rcc_line *line = rcc->line;
	bool power_on = kind == VB_RESET_POWER_ON;
	uint32_t flags = power_on ? 0 : stm32_rcc_csr(rcc) & line->csr_flags;
	uint32_t bdcr = stm32_rcc_get(rcc, line->bdcr);

	vb_regs_reset(&rcc->regs);
	rcc->start_csr = *reg(rcc, line->csr);
	*reg(rcc, line->csr) = (*reg(rcc, line->csr) & ~line->csr_flags) | flags | reset_flags(kind);
	if (!power_on)
		*reg(rcc, line->bdcr) = bdcr;
	for (unsigned i = 0; i < OSC_COUNT; i++) {
		bool kept = !power_on && line->osc[i].reg == line->bdcr;

		if (has_osc(rcc, i) && !kept)	/* the reset values show which are running */
			rcc->ready_at[i] = stm32_rcc_get(rcc, line->osc[i].reg) &
					   BIT(line->osc[i].ready) ? 0 : UINT64_MAX;
	}
	follow_switches(rcc);
}

void stm32_rcc_end_standby(struct stm32_rcc *rcc, uint32_t csr)
{
	stm32_rcc_put(rcc, rcc->line->csr, csr);
	rcc->start_csr = csr;
	update(rcc);
}

void stm32_rcc_wake(struct stm32_rcc *rcc)
{
	static const enum rcc_osc off[] = { OSC_HSE, OSC_PLL, OSC_PLL2, OSC_PLL3 };
	const struct stm32_rcc_line *line = rcc->line;
	enum rcc_osc on = field_get(rcc, &line->stopwuck) ? OSC_HSI : line->boot;

	for (size_t i = 0; i < ARRAY_SIZE(off); i++) {
		if (has_osc(rcc, off[i]))
			stm32_rcc_put(rcc, line->osc[off[i]].reg,
				      stm32_rcc_get(rcc, line->osc[off[i]].reg) &
					      ~BIT(line->osc[off[i]].on));
	}
	stm32_rcc_put(rcc, line->osc[on].reg,
		      stm32_rcc_get(rcc, line->osc[on].reg) | BIT(line->osc[on].on));
	for (unsigned code = 0; code < ARRAY_SIZE(line->sources); code++) {
		if (line->sources[code] == on) {
			field_put(rcc, &line->sw, code);
			break;
		}
	}
	for (unsigned i = 0; i < OSC_COUNT; i++)
		osc_switch(rcc, i);
	rcc->ready_at[on] = stm32_env_now(rcc->env);
	update(rcc);
}

void stm32_rcc_force_lsi(struct stm32_rcc *rcc)
{
	const struct stm32_rcc_line *line = rcc->line;

	stm32_rcc_put(rcc, line->osc[OSC_LSI].reg,
		      stm32_rcc_get(rcc, line->osc[OSC_LSI].reg) | BIT(line->osc[OSC_LSI].on));
	osc_switch(rcc, OSC_LSI);
	update(rcc);
}
