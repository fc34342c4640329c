/* SPDX-License-Identifier: GPL-2.0-or-later */
/* EXTI: RM0351 14.5 (L4, L4+, G4), RM0434 (WB), RM0444 13.5 (G0), RM0438, RM0456 (L5, U5). */
#include <assert.h>

#include "vboard/device/stm32_system.h"

static uint32_t *reg(struct stm32_exti *exti, uint32_t offset)
{
	return vb_regs_at(&exti->regs, offset);
}

static void tell_lines(struct stm32_exti *exti)
{
	const struct stm32_exti_line *line = exti->line;
	uint32_t pending = (*reg(exti, line->rpr) | *reg(exti, line->fpr)) & *reg(exti, line->imr);

	if (pending != 0 && exti->on_wake)
		exti->on_wake(exti->chip);
	for (const struct stm32_exti_irq *i = line->irqs; i->lines != 0; i++)
		stm32_env_irq(exti->env, i->irq, pending & i->lines);
}

static enum vb_result mask_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	(void)value;
	(void)old;
	tell_lines(regs->dev);
	return VB_OK;
}

static enum vb_result swier_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	struct stm32_exti *exti = regs->dev;
	const struct stm32_exti_line *line = exti->line;

	*reg(exti, line->swier) |= old;		/* cleared through the pending register */
	*reg(exti, line->rpr) |= value & ~old & *reg(exti, line->imr) & line->lines;
	tell_lines(exti);
	return VB_OK;
}

static enum vb_result pending_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	struct stm32_exti *exti = regs->dev;

	(void)old;
	*reg(exti, exti->line->swier) &= ~value;
	tell_lines(exti);
	return VB_OK;
}

#define ROW(name, offset, reset, writable) { name, offset, reset, writable, 0, NULL, NULL }
#define IMR(offset, reset)    { "IMR1", offset, reset, 0xffffffff, 0, mask_written, NULL }
#define SWIER(offset, lines)  { "SWIER1", offset, 0, lines, 0, swier_written, NULL }
#define PENDING(name, offset, lines) { name, offset, 0, 0, lines, pending_written, NULL }

#define L4_LINES 0x007dffffu
/* Lines 0..4 have their own interrupt, 5..9 and 10..15 share one (RM0351 table 46). */
static const struct stm32_exti_irq l4_irqs[] = {
	{ BIT(0), 6 }, { BIT(1), 7 }, { BIT(2), 8 }, { BIT(3), 9 }, { BIT(4), 10 },
	{ 0x3e0, 23 }, { 0xfc00, 40 }, { BIT(16), 1 }, { BIT(18), 41 }, { BIT(19), 2 },
	{ BIT(20), 3 }, { 0 }
};
static const struct vb_reg l4_regs[] = {
	IMR(0x00, 0xff820000), ROW("EMR1", 0x04, 0, 0xffffffff), ROW("RTSR1", 0x08, 0, L4_LINES),
	ROW("FTSR1", 0x0c, 0, L4_LINES), SWIER(0x10, L4_LINES), PENDING("PR1", 0x14, L4_LINES),
	ROW("IMR2", 0x20, 0x00000087, 0xff), ROW("EMR2", 0x24, 0, 0xff),
	ROW("RTSR2", 0x28, 0, 0x78), ROW("FTSR2", 0x2c, 0, 0x78), ROW("SWIER2", 0x30, 0, 0x78),
	{ "PR2", 0x34, 0, 0, 0x78, NULL, NULL },
	{ .name = NULL }
};
const struct stm32_exti_line stm32l4_exti_line = {
	.name = "L4", .regs = l4_regs, .imr = 0x00, .rtsr = 0x08, .ftsr = 0x0c, .swier = 0x10,
	.rpr = 0x14, .fpr = 0x14, .exticr = RCC_NONE, .lines = L4_LINES, .irqs = l4_irqs,
};

void stm32_exti_init(struct stm32_exti *exti, struct stm32_env *env,
		     const struct stm32_exti_line *line)
{
	size_t rows = 0;

	while (line->regs[rows].name != NULL)
		rows++;
	assert(rows <= ARRAY_SIZE(exti->value));
	exti->env = env;
	exti->line = line;
	exti->regs = (struct vb_regs){ .name = "EXTI", .table = line->regs, .value = exti->value,
				       .dev = exti };
	vb_regs_reset(&exti->regs);
}

void stm32_exti_reset(struct stm32_exti *exti)
{
	vb_regs_reset(&exti->regs);
	tell_lines(exti);
}

void stm32_exti_edge(struct stm32_exti *exti, unsigned line, bool rising)
{
	const struct stm32_exti_line *l = exti->line;

	if (!(*reg(exti, rising ? l->rtsr : l->ftsr) & BIT(line)))
		return;
	*reg(exti, rising ? l->rpr : l->fpr) |= BIT(line);
	tell_lines(exti);
}

unsigned stm32_exti_port(struct stm32_exti *exti, struct stm32_syscfg *syscfg, unsigned line)
{
	if (exti->line->exticr != RCC_NONE)	/* 8 bits for each line here, 4 there */
		return *reg(exti, exti->line->exticr + (line & 12)) >> 8 * (line & 3) & 0xff;
	return *vb_regs_at(&syscfg->regs, syscfg->line->exticr + (line & 12)) >> 4 * (line & 3) & 0xf;
}
