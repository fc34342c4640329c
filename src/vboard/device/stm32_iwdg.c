/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/device/stm32_watchdog.h"

#define IWDG_KR	  0x00u
#define IWDG_PR	  0x04u
#define IWDG_RLR  0x08u
#define IWDG_SR	  0x0cu
#define IWDG_WINR 0x10u
#define IWDG_EWCR 0x14u
#define DBG_IWDG_STOP BIT(12)	/* DBGMCU_APB1FZR1 */
#define LSI_HZ	  32000u
#define UPDATE_NS (5 * 1000000000ull / LSI_HZ)

static uint32_t *reg(struct stm32_iwdg *iwdg, uint32_t offset)
{
	return vb_regs_at(&iwdg->regs, offset);
}

static bool is_frozen(const struct stm32_iwdg *iwdg)
{
	const struct stm32_env *env = iwdg->env;

	if (env->core_halted && (env->dbgmcu_apb1fzr1 & DBG_IWDG_STOP))
		return true;
	return (env->power == STM32_STOP && !iwdg->runs_in_stop) ||
	       (env->power >= STM32_STANDBY && !iwdg->runs_in_standby);
}

static void expired(void *ctx);

static void sync(void *dev)
{
	struct stm32_iwdg *iwdg = dev;
	uint64_t periods = vb_rate_take(&iwdg->rate, stm32_env_now(iwdg->env));

	iwdg->count -= (uint32_t)MIN(periods, (uint64_t)iwdg->count);
	vb_clock_cancel(iwdg->env->board->clock, iwdg->event);
	iwdg->event = NULL;
}

static void resume(void *dev)
{
	struct stm32_iwdg *iwdg = dev;
	uint64_t now = stm32_env_now(iwdg->env);
	uint32_t hz = iwdg->running && !is_frozen(iwdg) ? LSI_HZ : 0;
	uint32_t div = 4u << MIN(iwdg->pr, iwdg->max_pr);

	if (hz != iwdg->rate.hz || div != iwdg->rate.div)
		vb_rate_set(&iwdg->rate, now, hz, div);
	vb_clock_cancel(iwdg->env->board->clock, iwdg->event);
	iwdg->event = NULL;
	if (hz != 0)
		iwdg->event = vb_clock_after(iwdg->env->board->clock,
					     vb_rate_delay(&iwdg->rate, now, iwdg->count + 1u),
					     expired, iwdg, "IWDG");
}

static void expired(void *ctx)
{
	struct stm32_iwdg *iwdg = ctx;

	iwdg->event = NULL;
	iwdg->running = false;
	iwdg->rate.hz = 0;
	stm32_env_request_reset(iwdg->env, VB_RESET_IWDG);
}

/* PR, RLR, WINR and EWCR cross into the LSI domain: 5 of its cycles, shown in SR. */
static void take_over(struct stm32_iwdg *iwdg)
{
	if (stm32_env_now(iwdg->env) < iwdg->busy_until_ns || *reg(iwdg, IWDG_SR) == 0)
		return;
	*reg(iwdg, IWDG_SR) = 0;
	sync(iwdg);
	iwdg->pr = *reg(iwdg, IWDG_PR);
	iwdg->rlr = *reg(iwdg, IWDG_RLR);
	iwdg->winr = *reg(iwdg, IWDG_WINR);
	resume(iwdg);
}

static void taken_over(void *ctx)
{
	take_over(ctx);
}

static void start(struct stm32_iwdg *iwdg)
{
	if (iwdg->running)
		return;
	iwdg->running = true;
	iwdg->count = iwdg->rlr;
	if (iwdg->on_start)
		iwdg->on_start(iwdg->chip);
	resume(iwdg);
}

static void refresh(struct stm32_iwdg *iwdg)
{
	if (!iwdg->running)
		return;
	sync(iwdg);
	if (iwdg->count > iwdg->winr) {		/* too early */
		expired(iwdg);
		return;
	}
	iwdg->count = iwdg->rlr;
	vb_rate_set(&iwdg->rate, stm32_env_now(iwdg->env), iwdg->rate.hz, iwdg->rate.div);
	resume(iwdg);
}

static enum vb_result kr_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	struct stm32_iwdg *iwdg = regs->dev;

	(void)old;
	iwdg->open = (value & 0xffff) == 0x5555;
	if ((value & 0xffff) == 0xaaaa)
		refresh(iwdg);
	else if ((value & 0xffff) == 0xcccc)
		start(iwdg);
	return VB_OK;
}

static enum vb_result update_written(struct stm32_iwdg *iwdg, uint32_t offset, uint32_t old,
				     uint32_t flag)
{
	if (!iwdg->open || (*reg(iwdg, IWDG_SR) & flag)) {
		*reg(iwdg, offset) = old;
		return VB_OK;
	}
	*reg(iwdg, IWDG_SR) |= flag;
	iwdg->busy_until_ns = stm32_env_now(iwdg->env) + UPDATE_NS;
	vb_clock_after(iwdg->env->board->clock, UPDATE_NS, taken_over, iwdg, "IWDG update");
	return VB_OK;
}

static enum vb_result pr_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	(void)value;
	return update_written(regs->dev, IWDG_PR, old, BIT(0));
}

static enum vb_result rlr_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	(void)value;
	return update_written(regs->dev, IWDG_RLR, old, BIT(1));
}

/* A write to WINR also reloads the counter (RM0351 32.3.2). */
static enum vb_result winr_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	struct stm32_iwdg *iwdg = regs->dev;
	enum vb_result rc = update_written(iwdg, IWDG_WINR, old, BIT(2));

	(void)value;
	if (iwdg->open && iwdg->running) {
		sync(iwdg);
		iwdg->count = *reg(iwdg, IWDG_RLR);
		resume(iwdg);
	}
	return rc;
}

/* The comparator of the early wake-up; the interrupt itself is not modelled. */
static enum vb_result ewcr_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	(void)value;
	return update_written(regs->dev, IWDG_EWCR, old, BIT(3));
}

#define PR_BITS(bits) { "PR", IWDG_PR, 0, bits, 0, pr_written, NULL }
#define COMMON_REGS                                                                                \
	{ "KR", IWDG_KR, 0, 0, 0, kr_written, NULL },                                              \
	{ "RLR", IWDG_RLR, 0x00000fff, 0x00000fff, 0, rlr_written, NULL },                         \
	{ "SR", IWDG_SR, 0, 0, 0, NULL, NULL },                                                    \
	{ "WINR", IWDG_WINR, 0x00000fff, 0x00000fff, 0, winr_written, NULL }

static const struct vb_reg iwdg_regs[] = { COMMON_REGS, PR_BITS(0x7), { .name = NULL } };
/* U5: RM0456 62.7. PR goes to 8 (divide by 1024). */
static const struct vb_reg ewcr_regs[] = {
	COMMON_REGS, PR_BITS(0xf), { "EWCR", IWDG_EWCR, 0, 0x00008fff, 0, ewcr_written, NULL },
	{ .name = NULL }
};

void stm32_iwdg_init(struct stm32_iwdg *iwdg, struct stm32_env *env, bool has_ewcr)
{
	const struct stm32_follower follower = { sync, resume, iwdg };

	iwdg->env = env;
	iwdg->max_pr = has_ewcr ? 8 : 6;
	iwdg->regs = (struct vb_regs){ .name = "IWDG", .table = has_ewcr ? ewcr_regs : iwdg_regs,
				       .value = iwdg->value, .dev = iwdg };
	stm32_env_follow(env, &follower);
	vb_regs_reset(&iwdg->regs);
}

void stm32_iwdg_reset(struct stm32_iwdg *iwdg, bool hardware)
{
	vb_regs_reset(&iwdg->regs);
	iwdg->running = iwdg->open = false;
	iwdg->pr = 0;
	iwdg->rlr = iwdg->winr = 0xfff;
	iwdg->rate.hz = 0;
	resume(iwdg);
	if (hardware)
		start(iwdg);
}
