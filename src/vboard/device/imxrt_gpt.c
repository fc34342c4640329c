/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/device/imxrt_gpt.h"

#define GPT_CR	 0x00u
#define	  CR_EN	      BIT(0)
#define	  CR_ENMOD    BIT(1)	/* enabling starts from 0 */
#define	  CR_DBGEN    BIT(2)
#define	  CR_WAITEN   BIT(3)
#define	  CR_FRR      BIT(9)	/* free run: compare 1 does not restart */
#define	  CR_EN_24M   BIT(10)
#define	  CR_SWR      BIT(15)
#define GPT_PR	 0x04u
#define GPT_SR	 0x08u
#define	  SR_ROV      BIT(5)
#define GPT_IR	 0x0cu
#define GPT_OCR1 0x10u
#define GPT_CNT	 0x24u

static uint32_t *reg(struct imxrt_gpt *g, uint32_t offset)
{
	return vb_regs_at(&g->regs, offset);
}

static uint32_t source_hz(struct imxrt_gpt *g, uint32_t *div)
{
	const struct imxrt_clocks *c = &g->env->clocks;
	uint32_t cr = *reg(g, GPT_CR), pr = *reg(g, GPT_PR);

	*div = (pr & 0xfff) + 1;
	if (!(cr & CR_EN) || (g->env->core_halted && !(cr & CR_DBGEN)) ||
	    (g->env->core_waits && !(cr & CR_WAITEN)))
		return 0;
	switch (bits_get(cr, 8, 6)) {
	case 1:	 return c->ipg;
	case 2:	 return c->perclk;
	case 4:	 return c->lpo;
	case 5:	 return cr & CR_EN_24M ? c->osc / (bits_get(pr, 15, 12) + 1) : 0;
	default: return 0;
	}
}

static void irq(struct imxrt_gpt *g)
{
	imxrt_env_irq(g->env, g->irq, *reg(g, GPT_SR) & *reg(g, GPT_IR));
}

/* The period of the counter: in restart mode it returns to 0 after OCR1. */
static uint64_t period(struct imxrt_gpt *g)
{
	bool restarts = !(*reg(g, GPT_CR) & CR_FRR);

	return (restarts ? (uint64_t)*reg(g, GPT_OCR1) : 0xffffffffu) + 1;
}

static void sync(void *dev)
{
	struct imxrt_gpt *g = dev;
	uint64_t ticks = vb_rate_take(&g->rate, imxrt_env_now(g->env)), before = g->count, after;
	uint64_t top = period(g);

	if (ticks == 0)
		return;
	after = before + ticks;
	for (unsigned i = 0; i < 3; i++) {
		uint64_t compare = *reg(g, GPT_OCR1 + 4 * i);

		if ((before < compare && after >= compare) ||
		    (after >= top && compare <= after - top && compare < top))
			*reg(g, GPT_SR) |= BIT(i);
	}
	if (after > 0xffffffffu)
		*reg(g, GPT_SR) |= SR_ROV;
	g->count = (uint32_t)(after >= top ? (after - top) % top : after);
	irq(g);
}

static void due(void *ctx);

static void resume(void *dev)
{
	struct imxrt_gpt *g = dev;
	uint64_t now = imxrt_env_now(g->env), next = period(g) - g->count;
	uint32_t div, hz = source_hz(g, &div);

	if (hz != g->rate.hz || div != g->rate.div)
		vb_rate_set(&g->rate, now, hz, div);
	vb_clock_cancel(g->env->board->clock, g->event);
	g->event = NULL;
	if (hz == 0 || *reg(g, GPT_IR) == 0)
		return;		/* nobody is told: the counter is worked out when it is read */
	for (unsigned i = 0; i < 3; i++) {
		uint32_t compare = *reg(g, GPT_OCR1 + 4 * i);

		if (compare > g->count)
			next = MIN(next, (uint64_t)compare - g->count);
	}
	g->event = vb_clock_after(g->env->board->clock, vb_rate_delay(&g->rate, now, next), due, g,
				  "GPT");
}

static void due(void *ctx)
{
	struct imxrt_gpt *g = ctx;

	g->event = NULL;
	sync(g);
	resume(g);
}

static enum vb_result written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	(void)value, (void)old;
	resume(regs->dev);
	irq(regs->dev);
	return VB_OK;
}

static enum vb_result cr_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	struct imxrt_gpt *g = regs->dev;

	if (value & CR_SWR) {
		imxrt_gpt_reset(g);
		return VB_OK;
	}
	if ((value & CR_EN) && !(old & CR_EN) && (value & CR_ENMOD))
		g->count = 0;
	return written(regs, value, old);
}

/* Writing OCR1 restarts a counter in restart mode. */
static enum vb_result ocr1_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	struct imxrt_gpt *g = regs->dev;

	if (!(*reg(g, GPT_CR) & CR_FRR))
		g->count = 0;
	return written(regs, value, old);
}

static void reading(struct vb_regs *regs, uint32_t *value)
{
	struct imxrt_gpt *g = regs->dev;

	(void)value;
	sync(g);
	*reg(g, GPT_CNT) = g->count;
}

#define ALL 0xffffffffu
static const struct vb_reg gpt_regs[] = {
	{ "CR", GPT_CR, 0, 0x1fff07ff, 0, cr_written, reading },
	{ "PR", GPT_PR, 0, 0x0000ffff, 0, written, NULL },
	{ "SR", GPT_SR, 0, 0, 0x0000003f, written, reading },
	{ "IR", GPT_IR, 0, 0x0000003f, 0, written, NULL },
	{ "OCR1", GPT_OCR1, ALL, ALL, 0, ocr1_written, NULL },
	{ "OCR2", 0x14, ALL, ALL, 0, written, NULL },
	{ "OCR3", 0x18, ALL, ALL, 0, written, NULL },
	{ "ICR1", 0x1c, 0, 0, 0, NULL, NULL },
	{ "ICR2", 0x20, 0, 0, 0, NULL, NULL },
	{ "CNT", GPT_CNT, 0, 0, 0, NULL, reading },
	{ .name = NULL }
};

void imxrt_gpt_init(struct imxrt_gpt *g, struct imxrt_env *env, int irq_line)
{
	g->env = env;
	g->irq = irq_line;
	g->regs = (struct vb_regs){ .name = "GPT", .table = gpt_regs, .value = g->value, .dev = g };
	imxrt_env_follow(env, &(struct imxrt_follower){ sync, resume, g });
	imxrt_gpt_reset(g);
}

void imxrt_gpt_reset(struct imxrt_gpt *g)
{
	vb_regs_reset(&g->regs);
	g->count = 0;
	vb_rate_set(&g->rate, imxrt_env_now(g->env), 0, 1);
	resume(g);
	irq(g);
}
