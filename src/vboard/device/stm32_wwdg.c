/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/device/stm32_watchdog.h"

#define WWDG_CR	 0x00u
#define   CR_WDGA     BIT(7)
#define WWDG_CFR 0x04u
#define   CFR_EWI     BIT(9)
#define WWDG_SR	 0x08u
#define DBG_WWDG_STOP BIT(11)	/* DBGMCU_APB1FZR1 */
#define WWDG_IRQ 0

static uint32_t *reg(struct stm32_wwdg *wwdg, uint32_t offset)
{
	return vb_regs_at(&wwdg->regs, offset);
}

static bool is_running(struct stm32_wwdg *wwdg)
{
	return *reg(wwdg, WWDG_CR) & CR_WDGA;
}

static void due(void *ctx);

static void irq(struct stm32_wwdg *wwdg)
{
	stm32_env_irq(wwdg->env, WWDG_IRQ,
		      (*reg(wwdg, WWDG_SR) & 1) && (*reg(wwdg, WWDG_CFR) & CFR_EWI));
}

/* T passes 0x40: early warning; falls to 0x3f: reset (RM0351 33.3). */
static void count_down(struct stm32_wwdg *wwdg, uint64_t periods)
{
	uint32_t *cr = reg(wwdg, WWDG_CR), t = *cr & 0x7f;
	uint32_t next = periods > t ? 0 : t - (uint32_t)periods;

	if (periods == 0)
		return;
	*cr = (*cr & ~0x7fu) | next;
	if (t > 0x40 && next <= 0x40) {
		*reg(wwdg, WWDG_SR) |= 1;
		irq(wwdg);
	}
	if (next < 0x40)
		stm32_env_request_reset(wwdg->env, VB_RESET_WWDG);
}

static void sync(void *dev)
{
	struct stm32_wwdg *wwdg = dev;
	uint64_t periods = vb_rate_take(&wwdg->rate, stm32_env_now(wwdg->env));

	if (is_running(wwdg))
		count_down(wwdg, periods);
}

static void resume(void *dev)
{
	struct stm32_wwdg *wwdg = dev;
	const struct stm32_env *env = wwdg->env;
	bool frozen = (env->core_halted && (env->dbgmcu_apb1fzr1 & DBG_WWDG_STOP)) ||
		      env->power >= STM32_STOP;
	uint32_t hz = is_running(wwdg) && !frozen ? env->clocks.pclk1 : 0;
	uint32_t cfr = *reg(wwdg, WWDG_CFR);
	uint32_t div = 4096u << (wwdg->has_wide_prescaler ? bits_get(cfr, 13, 11)
							  : bits_get(cfr, 8, 7));
	uint32_t t = *reg(wwdg, WWDG_CR) & 0x7f;
	uint64_t now = stm32_env_now(env);

	if (hz != wwdg->rate.hz || div != wwdg->rate.div)
		vb_rate_set(&wwdg->rate, now, hz, div);
	vb_clock_cancel(env->board->clock, wwdg->event);
	wwdg->event = NULL;
	if (hz != 0 && t >= 0x40)
		wwdg->event = vb_clock_after(env->board->clock,
					     vb_rate_delay(&wwdg->rate, now,
							      t > 0x40 ? t - 0x40u : 1),
					     due, wwdg, "WWDG");
}

static void due(void *ctx)
{
	struct stm32_wwdg *wwdg = ctx;

	wwdg->event = NULL;
	sync(wwdg);
	resume(wwdg);
}

static enum vb_result cr_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	struct stm32_wwdg *wwdg = regs->dev;
	uint32_t *cr = reg(wwdg, WWDG_CR);

	*cr = old;
	sync(wwdg);
	if ((old & CR_WDGA) &&
	    (!(value & 0x40) || (*cr & 0x7f) > (*reg(wwdg, WWDG_CFR) & 0x7f)))
		stm32_env_request_reset(wwdg->env, VB_RESET_WWDG);
	*cr = (value & 0xff) | (old & CR_WDGA);	/* only a reset stops it */
	if ((*cr & CR_WDGA) && !(*cr & 0x40))
		stm32_env_request_reset(wwdg->env, VB_RESET_WWDG);
	resume(wwdg);
	return VB_OK;
}

static enum vb_result cfr_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	struct stm32_wwdg *wwdg = regs->dev;

	(void)value;
	*reg(wwdg, WWDG_CFR) &= wwdg->has_wide_prescaler ? ~0x180u : ~0x3800u;
	*reg(wwdg, WWDG_CFR) |= old & CFR_EWI;	/* set-only */
	irq(wwdg);
	resume(wwdg);
	return VB_OK;
}

static enum vb_result sr_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	*reg(regs->dev, WWDG_SR) = old & value & 1;	/* written 0 clears */
	irq(regs->dev);
	return VB_OK;
}

static void cr_reading(struct vb_regs *regs, uint32_t *value)
{
	(void)value;
	sync(regs->dev);
}

static const struct vb_reg wwdg_regs[] = {
	{ "CR", WWDG_CR, 0x7f, 0xff, 0, cr_written, cr_reading },
	{ "CFR", WWDG_CFR, 0x7f, 0x3bff, 0, cfr_written, NULL },
	{ "SR", WWDG_SR, 0, 0, 0, sr_written, NULL },
	{ .name = NULL }
};

void stm32_wwdg_init(struct stm32_wwdg *wwdg, struct stm32_env *env)
{
	const struct stm32_follower follower = { sync, resume, wwdg };

	wwdg->env = env;
	wwdg->regs = (struct vb_regs){ .name = "WWDG", .table = wwdg_regs, .value = wwdg->value,
				       .dev = wwdg };
	stm32_env_follow(env, &follower);
	vb_regs_reset(&wwdg->regs);
}

void stm32_wwdg_reset(struct stm32_wwdg *wwdg, bool hardware)
{
	vb_regs_reset(&wwdg->regs);
	wwdg->rate.hz = 0;
	if (hardware)
		*reg(wwdg, WWDG_CR) |= CR_WDGA;
	irq(wwdg);
	resume(wwdg);
}
