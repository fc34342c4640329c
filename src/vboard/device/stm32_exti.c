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

#define G4_LINES 0xe07bffffu
static const struct stm32_exti_irq g4_irqs[] = {
	{ BIT(0), 6 }, { BIT(1), 7 }, { BIT(2), 8 }, { BIT(3), 9 }, { BIT(4), 10 },
	{ 0x3e0, 23 }, { 0xfc00, 40 }, { BIT(16), 1 }, { BIT(17), 41 }, { BIT(19), 2 },
	{ BIT(20), 3 }, { 0 }
};
static const struct vb_reg g4_regs[] = {
	IMR(0x00, 0xff840000), ROW("EMR1", 0x04, 0, 0xffffffff), ROW("RTSR1", 0x08, 0, G4_LINES),
	ROW("FTSR1", 0x0c, 0, G4_LINES), SWIER(0x10, G4_LINES), PENDING("PR1", 0x14, G4_LINES),
	ROW("IMR2", 0x20, 0xffffff34, 0xffffffff), ROW("EMR2", 0x24, 0, 0x0fff),
	ROW("RTSR2", 0x28, 0, 0x30f), ROW("FTSR2", 0x2c, 0, 0x30f), ROW("SWIER2", 0x30, 0, 0x30f),
	{ "PR2", 0x34, 0, 0, 0x30f, NULL, NULL },
	{ .name = NULL }
};
const struct stm32_exti_line stm32g4_exti_line = {
	.name = "G4", .regs = g4_regs, .imr = 0x00, .rtsr = 0x08, .ftsr = 0x0c, .swier = 0x10,
	.rpr = 0x14, .fpr = 0x14, .exticr = RCC_NONE, .lines = G4_LINES, .irqs = g4_irqs,
};

/* The masks moved to 0x80, one set for each core. */
#define WB_LINES 0x803fffffu
static const struct stm32_exti_irq wb_irqs[] = {
	{ BIT(0), 6 }, { BIT(1), 7 }, { BIT(2), 8 }, { BIT(3), 9 }, { BIT(4), 10 },
	{ 0x3e0, 23 }, { 0xfc00, 40 }, { BIT(16), 1 }, { BIT(17), 41 }, { BIT(18), 2 },
	{ BIT(19), 3 }, { 0 }
};
static const struct vb_reg wb_regs[] = {
	ROW("RTSR1", 0x00, 0, WB_LINES), ROW("FTSR1", 0x04, 0, WB_LINES), SWIER(0x08, WB_LINES),
	PENDING("PR1", 0x0c, WB_LINES), ROW("RTSR2", 0x20, 0, 0x302), ROW("FTSR2", 0x24, 0, 0x302),
	ROW("SWIER2", 0x28, 0, 0x302), { "PR2", 0x2c, 0, 0, 0x302, NULL, NULL },
	IMR(0x80, 0x7fc00000), ROW("EMR1", 0x84, 0, 0x003effff),
	ROW("IMR2", 0x90, 0x0001fcfd, 0x0001ffff), ROW("EMR2", 0x94, 0, 0x00000300),
	ROW("C2IMR1", 0xc0, 0x7fc00000, 0xffffffff), ROW("C2EMR1", 0xc4, 0, 0x003effff),
	ROW("C2IMR2", 0xd0, 0x0001fcfd, 0x0001ffff), ROW("C2EMR2", 0xd4, 0, 0x00000300),
	{ .name = NULL }
};
const struct stm32_exti_line stm32wb_exti_line = {
	.name = "WB", .regs = wb_regs, .imr = 0x80, .rtsr = 0x00, .ftsr = 0x04, .swier = 0x08,
	.rpr = 0x0c, .fpr = 0x0c, .exticr = RCC_NONE, .lines = WB_LINES, .irqs = wb_irqs,
};

#define BOTH_EDGES(lines) \
	ROW("RTSR1", 0x00, 0, lines), ROW("FTSR1", 0x04, 0, lines), SWIER(0x08, lines), \
	PENDING("RPR1", 0x0c, lines), PENDING("FPR1", 0x10, lines)
#define EXTICRS \
	ROW("EXTICR1", 0x60, 0, 0x0f0f0f0f), ROW("EXTICR2", 0x64, 0, 0x0f0f0f0f), \
	ROW("EXTICR3", 0x68, 0, 0x0f0f0f0f), ROW("EXTICR4", 0x6c, 0, 0x0f0f0f0f)
#define BOTH_EDGES_LINE \
	.imr = 0x80, .rtsr = 0x00, .ftsr = 0x04, .swier = 0x08, .rpr = 0x0c, .fpr = 0x10, \
	.exticr = 0x60

#define G0_LINES 0x0017ffffu
static const struct stm32_exti_irq g0_irqs[] = {
	{ 0x0003, 5 }, { 0x000c, 6 }, { 0xfff0, 7 }, { BIT(16), 1 }, { 0 }
};
static const struct vb_reg g0_regs[] = {
	BOTH_EDGES(G0_LINES), ROW("RTSR2", 0x28, 0, 0x4), ROW("FTSR2", 0x2c, 0, 0x4),
	ROW("SWIER2", 0x30, 0, 0x4), { "RPR2", 0x34, 0, 0, 0x4, NULL, NULL },
	{ "FPR2", 0x38, 0, 0, 0x4, NULL, NULL }, EXTICRS, IMR(0x80, 0xfff80000),
	ROW("EMR1", 0x84, 0, 0xffffffff), ROW("IMR2", 0x90, 0xffffffff, 0xffffffff),
	ROW("EMR2", 0x94, 0, 0xffffffff),
	{ .name = NULL }
};
const struct stm32_exti_line stm32g0_exti_line = {
	.name = "G0", .regs = g0_regs, BOTH_EDGES_LINE, .lines = G0_LINES, .irqs = g0_irqs,
};

/* L5, U5: an interrupt for each pin. */
static const struct stm32_exti_irq v8m_irqs[] = {
	{ BIT(0), 11 }, { BIT(1), 12 }, { BIT(2), 13 }, { BIT(3), 14 }, { BIT(4), 15 },
	{ BIT(5), 16 }, { BIT(6), 17 }, { BIT(7), 18 }, { BIT(8), 19 }, { BIT(9), 20 },
	{ BIT(10), 21 }, { BIT(11), 22 }, { BIT(12), 23 }, { BIT(13), 24 }, { BIT(14), 25 },
	{ BIT(15), 26 }, { BIT(16), 1 }, { 0 }
};

#define L5_LINES 0x0061ffffu
static const struct vb_reg l5_regs[] = {
	BOTH_EDGES(L5_LINES), ROW("SECCFGR1", 0x14, 0, 0xffffffff),
	ROW("PRIVCFGR1", 0x18, 0, 0xffffffff), ROW("RTSR2", 0x20, 0, 0x78),
	ROW("FTSR2", 0x24, 0, 0x78), ROW("SWIER2", 0x28, 0, 0x78),
	{ "RPR2", 0x2c, 0, 0, 0x78, NULL, NULL }, { "FPR2", 0x30, 0, 0, 0x78, NULL, NULL },
	ROW("SECCFGR2", 0x34, 0, 0x7ff), ROW("PRIVCFGR2", 0x38, 0, 0x7ff), EXTICRS,
	ROW("LOCKR", 0x70, 0, 1), IMR(0x80, 0xff9e0000), ROW("EMR1", 0x84, 0, 0xffffffff),
	ROW("IMR2", 0x90, 0x00000787, 0x7ff), ROW("EMR2", 0x94, 0, 0x7ff),
	{ .name = NULL }
};
const struct stm32_exti_line stm32l5_exti_line = {
	.name = "L5", .regs = l5_regs, BOTH_EDGES_LINE, .lines = L5_LINES, .irqs = v8m_irqs,
};

#define U5_LINES 0x03ffffffu
static const struct vb_reg u5_regs[] = {
	BOTH_EDGES(U5_LINES), ROW("SECCFGR1", 0x14, 0, U5_LINES), ROW("PRIVCFGR1", 0x18, 0, U5_LINES),
	EXTICRS, ROW("LOCKR", 0x70, 0, 1), IMR(0x80, 0), ROW("EMR1", 0x84, 0, U5_LINES),
	{ .name = NULL }
};
const struct stm32_exti_line stm32u5_exti_line = {
	.name = "U5", .regs = u5_regs, BOTH_EDGES_LINE, .lines = U5_LINES, .irqs = v8m_irqs,
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
