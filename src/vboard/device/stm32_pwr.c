/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PWR: RM0351 5.4 (L4), RM0432 (L4+), RM0440 (G4), RM0444 (G0), RM0438 (L5), RM0434 (WB),
 * RM0456 (U5).
 */
#include <assert.h>

#include "vboard/device/stm32_system.h"

#define PWR_CR4	0x0cu
#define   CR4_C2BOOT	  BIT(15)	/* lines with two cores */
#define PWR_CR1	 0x00u
#define   CR1_LPMS	7u
#define   CR1_DBP	BIT(8)
#define   CR1_VOS	0x600u
#define   CR1_LPR	BIT(14)
#define PWR_SR1	 0x10u
#define PWR_SR2	 0x14u
#define   SR2_FLASH_RDY BIT(7)
#define   SR2_REGLPS	BIT(8)
#define   SR2_REGLPF	BIT(9)
#define   SR2_VOSF	BIT(10)
#define PWR_SCR	 0x18u
#define WB_EXTSCR 0x88u
#define U5_CR3	 0x08u
#define U5_VOSR	 0x0cu
#define   U5_BOOSTRDY	BIT(14)
#define   U5_VOSRDY	BIT(15)
#define   U5_VOS	0x30000u
#define   U5_BOOSTEN	BIT(18)
#define U5_DBPR	 0x28u
#define U5_SR	 0x38u
#define U5_SVMSR 0x3cu
#define REGULATOR_NS 20000u	/* DS10198 6.3.3, typical */

static uint32_t *reg(struct stm32_pwr *pwr, uint32_t offset)
{
	return vb_regs_at(&pwr->regs, offset);
}

static bool is_settled(const struct stm32_pwr *pwr)
{
	return stm32_env_now(pwr->env) >= pwr->settled_at;
}

static void judge_flash_voltage(struct stm32_pwr *pwr)
{
	if (!pwr->line->range_2_only_reads)
		return;
	pwr->env->flash_voltage_at = bits_get(*reg(pwr, PWR_CR1), 10, 9) == 2 ? UINT64_MAX
									      : pwr->settled_at;
}

static void cr1_taken(struct stm32_pwr *pwr, uint32_t old, unsigned first_vos, unsigned last_vos)
{
	uint32_t *cr1 = reg(pwr, PWR_CR1), vos = bits_get(*cr1, 10, 9);

	if (vos < first_vos || vos > last_vos)		/* the other codes are not for software */
		*cr1 = (*cr1 & ~CR1_VOS) | (old & CR1_VOS);
	if ((*cr1 ^ old) & (CR1_VOS | CR1_LPR))
		pwr->settled_at = stm32_env_now(pwr->env) + REGULATOR_NS;
	pwr->env->backup_open = *cr1 & CR1_DBP;
	judge_flash_voltage(pwr);
}

static enum vb_result cr1_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	(void)value;
	cr1_taken(regs->dev, old, 1, 2);
	return VB_OK;
}

static enum vb_result l5_cr1_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	(void)value;
	cr1_taken(regs->dev, old, 0, 2);
	return VB_OK;
}

/* VOSF falls when a raised voltage has been reached; going down it does not show. */
static void sr2_reading(struct vb_regs *regs, uint32_t *sr2)
{
	struct stm32_pwr *pwr = regs->dev;
	uint32_t cr1 = *reg(pwr, PWR_CR1);

	*sr2 = (*sr2 & SR2_FLASH_RDY) | SR2_REGLPS;
	if ((cr1 & CR1_LPR) || !is_settled(pwr))
		*sr2 |= SR2_REGLPF;
	if (!is_settled(pwr) && bits_get(cr1, 10, 9) <= 1)
		*sr2 |= SR2_VOSF;
}

static enum vb_result scr_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	struct stm32_pwr *pwr = regs->dev;

	(void)old;
	*reg(pwr, PWR_SR1) &= ~(value & 0x13f);	/* CWUFx, CSBF */
	return VB_OK;
}

/* WB: the flags that others have in SR1 (RM0434 6.6.25). */
static enum vb_result wb_extscr_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	(void)old;
	if (value & BIT(0))		/* C1CSSF */
		*vb_regs_at(regs, WB_EXTSCR) &= ~(BIT(8) | BIT(9));
	if (value & BIT(1))		/* C2CSSF */
		*vb_regs_at(regs, WB_EXTSCR) &= ~(BIT(10) | BIT(11));
	return VB_OK;
}

/* U5: RM0456 10.10. */

static enum vb_result u5_vosr_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	struct stm32_pwr *pwr = regs->dev;

	if ((value ^ old) & (U5_VOS | U5_BOOSTEN))
		pwr->settled_at = stm32_env_now(pwr->env) + REGULATOR_NS;
	return VB_OK;
}

static void u5_vosr_reading(struct vb_regs *regs, uint32_t *vosr)
{
	struct stm32_pwr *pwr = regs->dev;

	*vosr &= ~(U5_VOSRDY | U5_BOOSTRDY);
	if (is_settled(pwr))
		*vosr |= U5_VOSRDY | (*vosr & U5_BOOSTEN ? U5_BOOSTRDY : 0);
}

static void u5_svmsr_reading(struct vb_regs *regs, uint32_t *svmsr)
{
	struct stm32_pwr *pwr = regs->dev;
	uint32_t vosr = *reg(pwr, U5_VOSR);

	*svmsr = (*reg(pwr, U5_CR3) & BIT(1)) | (vosr & U5_VOS) | (is_settled(pwr) ? BIT(15) : 0);
}

static enum vb_result u5_dbpr_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	struct stm32_pwr *pwr = regs->dev;

	(void)value;
	(void)old;
	pwr->env->backup_open = *vb_regs_at(regs, U5_DBPR) & BIT(0);
	return VB_OK;
}

static enum vb_result u5_sr_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	(void)old;
	if (value & BIT(0))		/* CSSF clears STOPF and SBF */
		*vb_regs_at(regs, U5_SR) = 0;
	return VB_OK;
}

#define ROW(name, offset, reset, writable) { name, offset, reset, writable, 0, NULL, NULL }
#define PULLS(port, offset, bits) \
	ROW("PUCR" port, offset, 0, bits), ROW("PDCR" port, (offset) + 4, 0, bits)
#define STATUS(sr2) \
	ROW("SR1", PWR_SR1, 0, 0), { "SR2", PWR_SR2, sr2, 0, 0, NULL, sr2_reading }, \
	{ "SCR", PWR_SCR, 0, 0, 0, scr_written, NULL }
#define PULLS_A_TO_G \
	PULLS("A", 0x20, 0xffff), PULLS("B", 0x28, 0xffff), PULLS("C", 0x30, 0xffff), \
	PULLS("D", 0x38, 0xffff), PULLS("E", 0x40, 0xffff), PULLS("F", 0x48, 0xffff), \
	PULLS("G", 0x50, 0xffff)
#define STOPS	       STM32_STOP, STM32_STOP, STM32_STOP
#define SHUTDOWNS      STM32_SHUTDOWN, STM32_SHUTDOWN, STM32_SHUTDOWN, STM32_SHUTDOWN
#define L4_LOW_POWER   .deep = { STOPS, STM32_STANDBY, SHUTDOWNS }, \
	.sbf_reg = PWR_SR1, .sbf = BIT(8), .kept = 0x0000013f

static const struct vb_reg l4_regs[] = {
	{ "CR1", PWR_CR1, 0x00000200, 0x00004707, 0, cr1_written, NULL },
	ROW("CR2", 0x04, 0, 0x000006ff), ROW("CR3", 0x08, 0x00008000, 0x0000851f),
	ROW("CR4", 0x0c, 0, 0x0000031f), STATUS(SR2_REGLPS), PULLS_A_TO_G,
	PULLS("H", 0x58, 0x0003),
	{ .name = NULL }
};

/* The second core starts with C2BOOT and cannot be stopped by it (RM0453 6.6.4). */
static enum vb_result dual_cr4_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	struct stm32_pwr *pwr = regs->dev;

	if (value & CR4_C2BOOT)
		vb_board_start_cpu2(pwr->env->board, true);
	else
		*vb_regs_at(regs, PWR_CR4) |= old & CR4_C2BOOT;
	return VB_OK;
}

static const struct vb_reg l4_dual_regs[] = {
	{ "CR1", PWR_CR1, 0x00000200, 0x00004707, 0, cr1_written, NULL },
	ROW("CR2", 0x04, 0, 0x000006ff), ROW("CR3", 0x08, 0x00008000, 0x0000851f),
	{ "CR4", PWR_CR4, 0, 0x0000031f | CR4_C2BOOT, 0, dual_cr4_written, NULL },
	STATUS(SR2_REGLPS), PULLS_A_TO_G, PULLS("H", 0x58, 0x0003),
	{ .name = NULL }
};

static const struct vb_reg l4r_regs[] = {
	{ "CR1", PWR_CR1, 0x00000200, 0x00004717, 0, cr1_written, NULL },
	ROW("CR2", 0x04, 0, 0x000006ff), ROW("CR3", 0x08, 0x00008000, 0x00009d1f),
	ROW("CR4", 0x0c, 0, 0x0000031f), STATUS(SR2_REGLPS), PULLS_A_TO_G,
	PULLS("H", 0x58, 0xffff), PULLS("I", 0x60, 0x0fff), ROW("CR5", 0x80, 0x100, 0x100),
	{ .name = NULL }
};

static const struct vb_reg g4_regs[] = {
	{ "CR1", PWR_CR1, 0x00000200, 0x00004707, 0, cr1_written, NULL },
	ROW("CR2", 0x04, 0, 0x000000ff), ROW("CR3", 0x08, 0x00008000, 0x0000e51f),
	ROW("CR4", 0x0c, 0, 0x0000031f), STATUS(SR2_REGLPS), PULLS_A_TO_G,
	ROW("CR5", 0x80, 0x100, 0x100),
	{ .name = NULL }
};

static const struct vb_reg g0_regs[] = {
	{ "CR1", PWR_CR1, 0x00000208, 0x0000473f, 0, cr1_written, NULL },
	ROW("CR2", 0x04, 0, 0x0000077f), ROW("CR3", 0x08, 0x00008000, 0x0000873f),
	ROW("CR4", 0x0c, 0, 0x0000033f), STATUS(SR2_REGLPS | SR2_FLASH_RDY),
	PULLS("A", 0x20, 0xffff), PULLS("B", 0x28, 0xffff), PULLS("C", 0x30, 0xffff),
	PULLS("D", 0x38, 0xffff), PULLS("E", 0x40, 0xffff), PULLS("F", 0x48, 0x3fff),
	{ .name = NULL }
};

static const struct vb_reg l5_regs[] = {
	{ "CR1", PWR_CR1, 0x00000400, 0x00004707, 0, l5_cr1_written, NULL },
	ROW("CR2", 0x04, 0, 0x000006ff), ROW("CR3", 0x08, 0x00008000, 0x0000ef1f),
	ROW("CR4", 0x0c, 0, 0x0000f31f), STATUS(SR2_REGLPS), PULLS_A_TO_G,
	PULLS("H", 0x58, 0x000b), ROW("SECCFGR", 0x78, 0, 0xf1f), ROW("PRIVCFGR", 0x80, 0, 1),
	{ .name = NULL }
};

static const struct vb_reg wb_regs[] = {
	{ "CR1", PWR_CR1, 0x00000200, 0x00004737, 0, cr1_written, NULL },
	ROW("CR2", 0x04, 0, 0x0000045f), ROW("CR3", 0x08, 0x00008000, 0x0000ff1f),
	ROW("CR4", 0x0c, 0, 0x0000831f), STATUS(SR2_REGLPS), ROW("CR5", 0x1c, 0x4270, 0x8fff),
	PULLS("A", 0x20, 0xffff), PULLS("B", 0x28, 0xffff), PULLS("C", 0x30, 0xffff),
	PULLS("D", 0x38, 0xffff), PULLS("E", 0x40, 0x001f), PULLS("H", 0x58, 0x000f),
	ROW("C2CR1", 0x80, 0, 0x0000c037), ROW("C2CR3", 0x84, 0x00008000, 0x0000961f),
	{ "EXTSCR", WB_EXTSCR, 0, 0, 0, wb_extscr_written, NULL },
	{ .name = NULL }
};

static const struct vb_reg u5_regs[] = {
	ROW("CR1", PWR_CR1, 0, 0x00000fe7), ROW("CR2", 0x04, 0, 0x80ff7f77),
	ROW("CR3", U5_CR3, 0, 0x00000006),
	{ "VOSR", U5_VOSR, U5_VOSRDY, U5_VOS | U5_BOOSTEN, 0, u5_vosr_written, u5_vosr_reading },
	ROW("SVMCR", 0x10, 0, 0x7f0000f0), ROW("WUCR1", 0x14, 0, 0xff), ROW("WUCR2", 0x18, 0, 0xff),
	ROW("WUCR3", 0x1c, 0, 0xffff), ROW("BDCR1", 0x20, 0, 0x11), ROW("BDCR2", 0x24, 0, 0x03),
	{ "DBPR", U5_DBPR, 0, BIT(0), 0, u5_dbpr_written, NULL }, ROW("UCPDR", 0x2c, 0, 0x03),
	ROW("SECCFGR", 0x30, 0, 0xf0ff), ROW("PRIVCFGR", 0x34, 0, 0x03),
	{ "SR", U5_SR, 0, 0, 0, u5_sr_written, NULL },
	{ "SVMSR", U5_SVMSR, 0x8000, 0, 0, NULL, u5_svmsr_reading }, ROW("BDSR", 0x40, 0, 0),
	ROW("WUSR", 0x44, 0, 0), ROW("WUSCR", 0x48, 0, 0), ROW("APCR", 0x4c, 0, 1),
	PULLS("A", 0x50, 0xffff), PULLS("B", 0x58, 0xffff), PULLS("C", 0x60, 0xffff),
	PULLS("D", 0x68, 0xffff), PULLS("E", 0x70, 0xffff), PULLS("F", 0x78, 0xffff),
	PULLS("G", 0x80, 0xffff), PULLS("H", 0x88, 0xffff), PULLS("I", 0x90, 0x00ff),
	{ .name = NULL }
};

const struct stm32_pwr_line stm32l4_pwr_line = { .name = "L4", .regs = l4_regs, L4_LOW_POWER };
const struct stm32_pwr_line stm32l4_dual_pwr_line = {
	.name = "L4 with a second core", .regs = l4_dual_regs, L4_LOW_POWER,
};
const struct stm32_pwr_line stm32l4r_pwr_line = { .name = "L4+", .regs = l4r_regs, L4_LOW_POWER };
const struct stm32_pwr_line stm32g4_pwr_line = { .name = "G4", .regs = g4_regs, L4_LOW_POWER };
const struct stm32_pwr_line stm32g0_pwr_line = { .name = "G0", .regs = g0_regs, L4_LOW_POWER };
const struct stm32_pwr_line stm32l5_pwr_line = {
	.name = "L5", .regs = l5_regs, L4_LOW_POWER, .range_2_only_reads = true,
};
const struct stm32_pwr_line stm32wb_pwr_line = {
	.name = "WB", .regs = wb_regs, .deep = { STOPS, STM32_STANDBY, SHUTDOWNS },
	.sbf_reg = WB_EXTSCR, .sbf = BIT(8), .kept = 0x00000f00,
};
const struct stm32_pwr_line stm32u5_pwr_line = {
	.name = "U5", .regs = u5_regs,
	.deep = { STOPS, STM32_STOP, STM32_STANDBY, STM32_STANDBY, STM32_SHUTDOWN, STM32_SHUTDOWN },
	.sbf_reg = U5_SR, .sbf = BIT(2), .kept = BIT(2) | BIT(1),
};

void stm32_pwr_init(struct stm32_pwr *pwr, struct stm32_env *env, const struct stm32_pwr_line *line)
{
	size_t rows = 0;

	while (line->regs[rows].name != NULL)
		rows++;
	assert(rows <= ARRAY_SIZE(pwr->value));
	pwr->env = env;
	pwr->line = line;
	pwr->regs = (struct vb_regs){ .name = "PWR", .table = line->regs, .value = pwr->value,
				      .dev = pwr };
	vb_regs_reset(&pwr->regs);
}

void stm32_pwr_reset(struct stm32_pwr *pwr, enum vb_reset kind)
{
	uint32_t flags = *reg(pwr, pwr->line->sbf_reg) & pwr->line->kept;

	vb_regs_reset(&pwr->regs);
	if (kind != VB_RESET_POWER_ON)
		*reg(pwr, pwr->line->sbf_reg) |= flags;
	pwr->settled_at = 0;
	pwr->env->backup_open = false;
	judge_flash_voltage(pwr);
}

enum stm32_power stm32_pwr_deep(const struct stm32_pwr *pwr)
{
	return pwr->line->deep[pwr->value[0] & CR1_LPMS];	/* CR1 is every table's first row */
}

void stm32_pwr_note_standby(struct stm32_pwr *pwr)
{
	*reg(pwr, pwr->line->sbf_reg) |= pwr->line->sbf;
}
