/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/device/stm32_tim.h"

#define TIM_CR1	 0x00u
#define   CR1_CEN    BIT(0)
#define   CR1_UDIS   BIT(1)
#define   CR1_URS    BIT(2)
#define   CR1_OPM    BIT(3)
#define   CR1_ARPE   BIT(7)
#define TIM_DIER 0x0cu
#define TIM_SR	 0x10u
#define TIM_EGR	 0x14u
#define TIM_CNT	 0x24u
#define TIM_PSC	 0x28u
#define TIM_ARR	 0x2cu

static uint32_t *reg(struct stm32_tim *tim, uint32_t offset)
{
	return vb_regs_at(&tim->regs, offset);
}

static uint32_t mask_of(const struct stm32_tim *tim)
{
	return 0xffffffffu >> (32 - tim->width);
}

static void irq(struct stm32_tim *tim)
{
	stm32_env_irq_shared(tim->env, tim, tim->irq, *reg(tim, TIM_SR) & *reg(tim, TIM_DIER) & 1);
}

static void take_preload(struct stm32_tim *tim)
{
	tim->psc = *reg(tim, TIM_PSC) & 0xffff;
	tim->arr = *reg(tim, TIM_ARR) & mask_of(tim);
}

static void overflow(struct stm32_tim *tim)
{
	uint32_t *cr1 = reg(tim, TIM_CR1);

	if (*cr1 & CR1_UDIS)
		return;
	take_preload(tim);
	*reg(tim, TIM_SR) |= 1;
	if (*cr1 & CR1_OPM)
		*cr1 &= ~CR1_CEN;
	irq(tim);
}

static bool is_frozen(const struct stm32_tim *tim)
{
	const struct stm32_env *env = tim->env;
	uint32_t fz = tim->on_apb2 ? env->dbgmcu_apb2fz : env->dbgmcu_apb1fzr1;

	return (env->core_halted && (fz & tim->freeze_bit)) || env->power >= STM32_STOP;
}

/* Brings CNT up to now; periods beyond several overflows count as one, as the flag does. */
static void sync(void *dev)
{
	struct stm32_tim *tim = dev;
	uint32_t *cnt = reg(tim, TIM_CNT);
	uint64_t ticks = vb_rate_take(&tim->rate, stm32_env_now(tim->env)), at;

	if (ticks == 0)
		return;
	at = *cnt + ticks;
	if (at <= tim->arr && *cnt <= tim->arr) {
		*cnt = (uint32_t)at;
		return;
	}
	*cnt = (uint32_t)(at % ((uint64_t)tim->arr + 1));
	overflow(tim);
	if (!(*reg(tim, TIM_CR1) & CR1_CEN))
		*cnt = 0;
}

static void due(void *ctx);

static void resume(void *dev)
{
	struct stm32_tim *tim = dev;
	const struct stm32_env *env = tim->env;
	uint64_t now = stm32_env_now(env), left;
	uint32_t cnt = *reg(tim, TIM_CNT), hz = 0;

	/* ARR 0 stops the counter. */
	if ((*reg(tim, TIM_CR1) & CR1_CEN) && !is_frozen(tim) && tim->arr != 0)
		hz = tim->on_apb2 ? env->clocks.timclk2 : env->clocks.timclk1;
	if (hz != tim->rate.hz || tim->psc + 1 != tim->rate.div)
		vb_rate_set(&tim->rate, now, hz, tim->psc + 1);
	vb_clock_cancel(env->board->clock, tim->event);
	tim->event = NULL;
	left = cnt <= tim->arr ? (uint64_t)tim->arr - cnt + 1 : (uint64_t)mask_of(tim) - cnt + 1;
	if (hz != 0)
		tim->event = vb_clock_after(env->board->clock,
					    vb_rate_delay(&tim->rate, now, left), due, tim,
					    "TIM update");
}

static void due(void *ctx)
{
	struct stm32_tim *tim = ctx;

	tim->event = NULL;
	sync(tim);
	resume(tim);
}

static enum vb_result cr1_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	struct stm32_tim *tim = regs->dev;
	uint32_t *cr1 = reg(tim, TIM_CR1), now = *cr1;

	(void)value;
	*cr1 = old;
	sync(tim);
	*cr1 = now;
	resume(tim);
	return VB_OK;
}

static enum vb_result flags_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	(void)value;
	(void)old;
	irq(regs->dev);
	return VB_OK;
}

/* SR: written 0 clears. */
static enum vb_result sr_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	struct stm32_tim *tim = regs->dev;

	*reg(tim, TIM_SR) = old;
	sync(tim);
	*reg(tim, TIM_SR) &= value;
	irq(tim);
	return VB_OK;
}

static enum vb_result egr_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	struct stm32_tim *tim = regs->dev;

	(void)old;
	if (!(value & 1))
		return VB_OK;
	sync(tim);
	*reg(tim, TIM_CNT) = 0;
	take_preload(tim);
	tim->rate.since_ns = stm32_env_now(tim->env);
	if (!(*reg(tim, TIM_CR1) & (CR1_URS | CR1_UDIS)))
		*reg(tim, TIM_SR) |= 1;
	irq(tim);
	resume(tim);
	return VB_OK;
}

static enum vb_result cnt_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	struct stm32_tim *tim = regs->dev;

	(void)old;
	vb_rate_take(&tim->rate, stm32_env_now(tim->env));
	*reg(tim, TIM_CNT) = value & mask_of(tim);
	resume(tim);
	return VB_OK;
}

static enum vb_result arr_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	struct stm32_tim *tim = regs->dev;

	(void)old;
	*reg(tim, TIM_ARR) = value & mask_of(tim);
	if (*reg(tim, TIM_CR1) & CR1_ARPE)
		return VB_OK;
	sync(tim);
	tim->arr = value & mask_of(tim);
	resume(tim);
	return VB_OK;
}

static void cnt_reading(struct vb_regs *regs, uint32_t *value)
{
	struct stm32_tim *tim = regs->dev;

	(void)value;
	sync(tim);
	resume(tim);
}

static const struct vb_reg tim_regs[] = {
	{ "CR1", TIM_CR1, 0, 0x00000bff, 0, cr1_written, NULL },
	{ "CR2", 0x04, 0, 0x000000f8, 0, NULL, NULL },
	{ "SMCR", 0x08, 0, 0x0001fff7, 0, NULL, NULL },
	{ "DIER", TIM_DIER, 0, 0x00005f5f, 0, flags_written, NULL },
	{ "SR", TIM_SR, 0, 0x00001e5f, 0, sr_written, cnt_reading },
	{ "EGR", TIM_EGR, 0, 0, 0, egr_written, NULL },
	{ "CCMR1", 0x18, 0, 0x0101ffff, 0, NULL, NULL },
	{ "CCMR2", 0x1c, 0, 0x0101ffff, 0, NULL, NULL },
	{ "CCER", 0x20, 0, 0x0000bbbb, 0, NULL, NULL },
	{ "CNT", TIM_CNT, 0, 0xffffffff, 0, cnt_written, cnt_reading },
	{ "PSC", TIM_PSC, 0, 0x0000ffff, 0, NULL, NULL },
	{ "ARR", TIM_ARR, 0xffffffff, 0xffffffff, 0, arr_written, NULL },
	{ "CCR1", 0x34, 0, 0xffffffff, 0, NULL, NULL },
	{ "CCR2", 0x38, 0, 0xffffffff, 0, NULL, NULL },
	{ "CCR3", 0x3c, 0, 0xffffffff, 0, NULL, NULL },
	{ "CCR4", 0x40, 0, 0xffffffff, 0, NULL, NULL },
	{ .name = NULL }
};

void stm32_tim_init(struct stm32_tim *tim, struct stm32_env *env, unsigned width, int irq_line,
		    uint32_t freeze_bit)
{
	const struct stm32_follower follower = { sync, resume, tim };

	tim->env = env;
	tim->width = width;
	tim->irq = irq_line;
	tim->freeze_bit = freeze_bit;
	tim->regs = (struct vb_regs){ .name = "TIM", .table = tim_regs, .value = tim->value,
				      .dev = tim };
	stm32_env_follow(env, &follower);
	vb_regs_reset(&tim->regs);
	*reg(tim, TIM_ARR) = mask_of(tim);
	take_preload(tim);
}

void stm32_tim_reset(struct stm32_tim *tim)
{
	vb_regs_reset(&tim->regs);
	*reg(tim, TIM_ARR) = mask_of(tim);
	take_preload(tim);
	tim->rate.hz = 0;
	irq(tim);
	resume(tim);
}
