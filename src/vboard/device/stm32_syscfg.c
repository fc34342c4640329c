/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SYSCFG: RM0351 9.2 (L4), RM0432 9.2 (L4+), RM0440 10.2 (G4), RM0444 8.1 (G0), RM0434 9.2 (WB),
 * RM0438 11.2 (L5), RM0456 14.3 (U5).
 */
#include <assert.h>

#include "vboard/device/stm32_system.h"

#define MEMRMP 0x00u
#define SCSR   0x18u

static enum vb_result memrmp_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	struct stm32_syscfg *syscfg = regs->dev;
	const struct stm32_syscfg_line *line = syscfg->line;
	uint32_t memrmp = *vb_regs_at(regs, MEMRMP), map = line->mem_mode | line->fb_mode;

	(void)value;
	if ((memrmp & map) != (old & map) && syscfg->on_remap)
		syscfg->on_remap(syscfg->chip, memrmp & line->mem_mode, memrmp & line->fb_mode);
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
	*vb_regs_at(regs, SCSR) = 0;
	if ((value & BIT(0)) && syscfg->key_step == 2 && syscfg->on_erase_sram2) {
		syscfg->key_step = 0;
		syscfg->on_erase_sram2(syscfg->chip);
	}
	return VB_OK;
}

#define ROW(name, offset, reset, writable) { name, offset, reset, writable, 0, NULL, NULL }
#define REMAP(name, bits) { name, MEMRMP, 0, bits, 0, memrmp_written, NULL }
#define EXTICRS(bits) \
	ROW("EXTICR1", 0x08, 0, bits), ROW("EXTICR2", 0x0c, 0, bits), \
	ROW("EXTICR3", 0x10, 0, bits), ROW("EXTICR4", 0x14, 0, bits)
#define SRAM2_ERASE(skr) \
	{ "SCSR", SCSR, 0, 0x00000001, 0, scsr_written, NULL }, \
	{ "SKR", skr, 0, 0, 0, skr_written, NULL }
#define CFGR2(offset) { "CFGR2", offset, 0, 0x0000000f, 0x00000100, NULL, NULL }

static const struct vb_reg l4_regs[] = {
	REMAP("MEMRMP", 0x107), ROW("CFGR1", 0x04, 0x7c000001, 0xfc7f0101), EXTICRS(0x7777),
	SRAM2_ERASE(0x24), CFGR2(0x1c), ROW("SWPR", 0x20, 0, 0xffffffff),
	{ .name = NULL }
};
static const struct vb_reg l4r_regs[] = {
	REMAP("MEMRMP", 0x107), ROW("CFGR1", 0x04, 0x7c000001, 0xfcff0101), EXTICRS(0xffff),
	SRAM2_ERASE(0x24), CFGR2(0x1c), ROW("SWPR", 0x20, 0, 0xffffffff),
	ROW("SWPR2", 0x28, 0, 0xffffffff),
	{ .name = NULL }
};
static const struct vb_reg l43_regs[] = {		/* one bank: no FB_MODE (RM0394 8.2.1) */
	REMAP("MEMRMP", 0x007), ROW("CFGR1", 0x04, 0x7c000001, 0xfc7f0101), EXTICRS(0x7777),
	SRAM2_ERASE(0x24), CFGR2(0x1c), ROW("SWPR", 0x20, 0, 0xffffffff),
	{ .name = NULL }
};
static const struct vb_reg g4_regs[] = {		/* SCSR and SKR erase the CCM SRAM here */
	REMAP("MEMRMP", 0x107), ROW("CFGR1", 0x04, 0x7c000001, 0xfcff0101), EXTICRS(0x7777),
	SRAM2_ERASE(0x24), CFGR2(0x1c), ROW("SWPR", 0x20, 0, 0xffffffff),
	{ .name = NULL }
};
static const struct vb_reg g0_regs[] = {
	REMAP("CFGR1", 0x01ff07fb), { "CFGR2", 0x18, 0, 0x00ff001f, 0x00000100, NULL, NULL },
	{ .name = NULL }
};
static const struct vb_reg wb_regs[] = {
	REMAP("MEMRMP", 0x007), ROW("CFGR1", 0x04, 0x7c000001, 0xfc1f0100), EXTICRS(0x7777),
	SRAM2_ERASE(0x24), CFGR2(0x1c), ROW("SWPR1", 0x20, 0, 0xffffffff),
	ROW("SWPR2", 0x28, 0, 0xffffffff), ROW("IMR1", 0x100, 0, 0xffe0e000),
	ROW("IMR2", 0x104, 0, 0x00110000), ROW("C2IMR1", 0x108, 0, 0xffffffff),
	ROW("C2IMR2", 0x10c, 0, 0xffffffff), ROW("SIPCR", 0x110, 0, 0x0000000f),
	{ .name = NULL }
};
static const struct vb_reg l5_regs[] = {
	ROW("SECCFGR", 0x00, 0, 0x0f), ROW("CFGR1", 0x04, 0, 0x00ff0300),
	ROW("FPUIMR", 0x08, 0x1f, 0x3f), ROW("CNSLCKR", 0x0c, 0, 3), ROW("CSLCKR", 0x10, 0, 7),
	CFGR2(0x14), SRAM2_ERASE(0x1c), ROW("SWPR", 0x20, 0, 0xffffffff),
	ROW("SWPR2", 0x24, 0, 0xffffffff), ROW("RSSCMDR", 0x2c, 0, 0xffff),
	{ .name = NULL }
};
static const struct vb_reg u5_regs[] = {		/* RAMCFG erases SRAM2 on this line */
	ROW("SECCFGR", 0x00, 0, 0x0b), ROW("CFGR1", 0x04, 0, 0x000f0300),
	ROW("FPUIMR", 0x08, 0x1f, 0x3f), ROW("CNSLCKR", 0x0c, 0, 3), ROW("CSLOCKR", 0x10, 0, 7),
	{ "CFGR2", 0x14, 0, 0x0000000f, 0, NULL, NULL }, ROW("MESR", 0x18, 0, 0),
	ROW("CCCSR", 0x1c, 0x0a, 0x0f), ROW("CCVR", 0x20, 0, 0), ROW("CCCR", 0x24, 0x7878, 0xffff),
	ROW("RSSCMDR", 0x2c, 0, 0xffff),
	{ .name = NULL }
};

const struct stm32_syscfg_line stm32l4_syscfg_line = {
	.name = "L4", .regs = l4_regs, .has_memrmp = true, .mem_mode = 7, .fb_mode = BIT(8),
	.exticr = 0x08,
};
const struct stm32_syscfg_line stm32l4r_syscfg_line = {
	.name = "L4+", .regs = l4r_regs, .has_memrmp = true, .mem_mode = 7, .fb_mode = BIT(8),
	.exticr = 0x08,
};
const struct stm32_syscfg_line stm32l43_syscfg_line = {
	.name = "L43", .regs = l43_regs, .has_memrmp = true, .mem_mode = 7, .exticr = 0x08,
};
const struct stm32_syscfg_line stm32g4_syscfg_line = {
	.name = "G4", .regs = g4_regs, .has_memrmp = true, .mem_mode = 7, .fb_mode = BIT(8),
	.exticr = 0x08,
};
const struct stm32_syscfg_line stm32g0_syscfg_line = {
	.name = "G0", .regs = g0_regs, .has_memrmp = true, .mem_mode = 3, .exticr = RCC_NONE,
};
const struct stm32_syscfg_line stm32wb_syscfg_line = {
	.name = "WB", .regs = wb_regs, .has_memrmp = true, .mem_mode = 7, .exticr = 0x08,
};
const struct stm32_syscfg_line stm32l5_syscfg_line = {
	.name = "L5", .regs = l5_regs, .exticr = RCC_NONE,
};
const struct stm32_syscfg_line stm32u5_syscfg_line = {
	.name = "U5", .regs = u5_regs, .exticr = RCC_NONE,
};

void stm32_syscfg_init(struct stm32_syscfg *syscfg, struct stm32_env *env,
		       const struct stm32_syscfg_line *line)
{
	size_t rows = 0;

	while (line->regs[rows].name != NULL)
		rows++;
	assert(rows <= ARRAY_SIZE(syscfg->value));
	syscfg->env = env;
	syscfg->line = line;
	syscfg->regs = (struct vb_regs){ .name = "SYSCFG", .table = line->regs,
					 .value = syscfg->value, .dev = syscfg };
	vb_regs_reset(&syscfg->regs);
}

void stm32_syscfg_reset(struct stm32_syscfg *syscfg, unsigned mem_mode)
{
	vb_regs_reset(&syscfg->regs);
	syscfg->key_step = 0;
	if (syscfg->line->has_memrmp)
		*vb_regs_at(&syscfg->regs, MEMRMP) |= mem_mode & syscfg->line->mem_mode;
	if (syscfg->on_remap)
		syscfg->on_remap(syscfg->chip, mem_mode, false);
}
