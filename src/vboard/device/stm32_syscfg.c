/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SYSCFG (RM0351 9.2) and EXTI (14.5). */
#include "vboard/device/stm32_system.h"

#define SYSCFG_MEMRMP  0x00u
#define SYSCFG_EXTICR1 0x08u
#define SYSCFG_SCSR    0x18u
#define SYSCFG_SKR     0x24u

static enum vb_result memrmp_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	struct stm32_syscfg *syscfg = regs->dev;
	uint32_t memrmp = *vb_regs_at(regs, SYSCFG_MEMRMP);

	(void)value;
	if (memrmp != old && syscfg->on_remap)
		syscfg->on_remap(syscfg->chip, memrmp & 7, memrmp & BIT(8));
	return VB_OK;
}

/* SKR takes 0xCA, then 0x53: opens SRAM2ER. */
static enum vb_result skr_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	struct stm32_syscfg *syscfg = regs->dev;

	(void)old;
	if ((value & 0xff) == 0xca)
		syscfg->key_step = 1;
	else
		syscfg->key_step = (value & 0xff) == 0x53 && syscfg->key_step == 1 ? 2 : 0;
	return VB_OK;
}

static enum vb_result scsr_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	struct stm32_syscfg *syscfg = regs->dev;

	(void)old;
	*vb_regs_at(regs, SYSCFG_SCSR) = 0;
	if ((value & BIT(0)) && syscfg->key_step == 2 && syscfg->on_erase_sram2) {
		syscfg->key_step = 0;
		syscfg->on_erase_sram2(syscfg->chip);
	}
	return VB_OK;
}

static const struct vb_reg syscfg_regs[] = {
	{ "MEMRMP", SYSCFG_MEMRMP, 0, 0x00000107, 0, memrmp_written, NULL },
	{ "CFGR1", 0x04, 0x7c000001, 0xfc7f0101, 0, NULL, NULL },
	{ "EXTICR1", SYSCFG_EXTICR1, 0, 0x7777, 0, NULL, NULL },
	{ "EXTICR2", 0x0c, 0, 0x7777, 0, NULL, NULL },
	{ "EXTICR3", 0x10, 0, 0x7777, 0, NULL, NULL },
	{ "EXTICR4", 0x14, 0, 0x7777, 0, NULL, NULL },
	{ "SCSR", SYSCFG_SCSR, 0, 0x00000001, 0, scsr_written, NULL },
	{ "CFGR2", 0x1c, 0, 0x0000000f, 0x00000100, NULL, NULL },
	{ "SWPR", 0x20, 0, 0xffffffff, 0, NULL, NULL },
	{ "SKR", SYSCFG_SKR, 0, 0, 0, skr_written, NULL },
	{ .name = NULL }
};

void stm32_syscfg_init(struct stm32_syscfg *syscfg, struct stm32_env *env)
{
	syscfg->env = env;
	syscfg->regs = (struct vb_regs){ .name = "SYSCFG", .table = syscfg_regs,
					 .value = syscfg->value, .dev = syscfg };
	vb_regs_reset(&syscfg->regs);
}

void stm32_syscfg_reset(struct stm32_syscfg *syscfg, unsigned mem_mode)
{
	vb_regs_reset(&syscfg->regs);
	syscfg->key_step = 0;
	*vb_regs_at(&syscfg->regs, SYSCFG_MEMRMP) = mem_mode;
	if (syscfg->on_remap)
		syscfg->on_remap(syscfg->chip, mem_mode, false);
}

unsigned stm32_syscfg_exti_port(struct stm32_syscfg *syscfg, unsigned line)
{
	return *vb_regs_at(&syscfg->regs, SYSCFG_EXTICR1 + (line & 12)) >> 4 * (line & 3) & 7;
}

#define EXTI_IMR1   0x00u
#define EXTI_RTSR1  0x08u
#define EXTI_FTSR1  0x0cu
#define EXTI_SWIER1 0x10u
#define EXTI_PR1    0x14u
#define EXTI_LINES  0x007dffffu	/* configurable lines of the first group */

static uint32_t *exti_reg(struct stm32_exti *exti, uint32_t offset)
{
	return vb_regs_at(&exti->regs, offset);
}

static void exti_lines(struct stm32_exti *exti)
{
	/* Lines 0..4 have their own interrupt, 5..9 and 10..15 share one (RM0351 table 46). */
	static const struct { uint32_t lines; int irq; } irqs[] = {
		{ BIT(0), 6 }, { BIT(1), 7 }, { BIT(2), 8 }, { BIT(3), 9 }, { BIT(4), 10 },
		{ 0x3e0, 23 }, { 0xfc00, 40 }, { BIT(16), 1 }, { BIT(18), 41 }, { BIT(19), 2 },
		{ BIT(20), 3 },
	};
	uint32_t pending = *exti_reg(exti, EXTI_PR1) & *exti_reg(exti, EXTI_IMR1);

	if (pending != 0 && exti->on_wake)
		exti->on_wake(exti->chip);
	for (size_t i = 0; i < ARRAY_SIZE(irqs); i++)
		stm32_env_irq(exti->env, irqs[i].irq, pending & irqs[i].lines);
}

static enum vb_result exti_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	(void)value;
	(void)old;
	exti_lines(regs->dev);
	return VB_OK;
}

static enum vb_result swier_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	struct stm32_exti *exti = regs->dev;

	*exti_reg(exti, EXTI_SWIER1) |= old;	/* cleared through PR1 */
	*exti_reg(exti, EXTI_PR1) |= value & ~old & *exti_reg(exti, EXTI_IMR1) & EXTI_LINES;
	exti_lines(exti);
	return VB_OK;
}

static enum vb_result pr_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	struct stm32_exti *exti = regs->dev;

	(void)old;
	*exti_reg(exti, EXTI_SWIER1) &= ~value;
	exti_lines(exti);
	return VB_OK;
}

static const struct vb_reg exti_regs[] = {
	{ "IMR1", EXTI_IMR1, 0xff820000, 0xffffffff, 0, exti_written, NULL },
	{ "EMR1", 0x04, 0, 0xffffffff, 0, NULL, NULL },
	{ "RTSR1", EXTI_RTSR1, 0, EXTI_LINES, 0, NULL, NULL },
	{ "FTSR1", EXTI_FTSR1, 0, EXTI_LINES, 0, NULL, NULL },
	{ "SWIER1", EXTI_SWIER1, 0, EXTI_LINES, 0, swier_written, NULL },
	{ "PR1", EXTI_PR1, 0, 0, EXTI_LINES, pr_written, NULL },
	{ "IMR2", 0x20, 0x00000087, 0x000000ff, 0, NULL, NULL },
	{ "EMR2", 0x24, 0, 0x000000ff, 0, NULL, NULL },
	{ "RTSR2", 0x28, 0, 0x00000078, 0, NULL, NULL },
	{ "FTSR2", 0x2c, 0, 0x00000078, 0, NULL, NULL },
	{ "SWIER2", 0x30, 0, 0x00000078, 0, NULL, NULL },
	{ "PR2", 0x34, 0, 0, 0x00000078, NULL, NULL },
	{ .name = NULL }
};

void stm32_exti_init(struct stm32_exti *exti, struct stm32_env *env)
{
	exti->env = env;
	exti->regs = (struct vb_regs){ .name = "EXTI", .table = exti_regs, .value = exti->value,
				       .dev = exti };
	vb_regs_reset(&exti->regs);
}

void stm32_exti_reset(struct stm32_exti *exti)
{
	vb_regs_reset(&exti->regs);
	exti_lines(exti);
}

void stm32_exti_edge(struct stm32_exti *exti, unsigned line, bool rising)
{
	if (!(*exti_reg(exti, rising ? EXTI_RTSR1 : EXTI_FTSR1) & BIT(line)))
		return;
	*exti_reg(exti, EXTI_PR1) |= BIT(line);
	exti_lines(exti);
}
