/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/device/stm32_system.h"

#define PWR_CR1	 0x00u
#define   CR1_DBP	BIT(8)
#define   CR1_LPR	BIT(14)
#define PWR_SR1	 0x10u
#define PWR_SR2	 0x14u
#define   SR2_REGLPS	BIT(8)
#define   SR2_REGLPF	BIT(9)
#define   SR2_VOSF	BIT(10)
#define PWR_SCR	 0x18u
#define REGULATOR_NS 20000u	/* DS10198 6.3.3, typical */

static uint32_t *reg(struct stm32l4_pwr *pwr, uint32_t offset)
{
	return vb_regs_at(&pwr->regs, offset);
}

static enum vb_result cr1_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	struct stm32l4_pwr *pwr = regs->dev;
	uint32_t *cr1 = reg(pwr, PWR_CR1), vos = bits_get(value, 10, 9);

	if (vos != 1 && vos != 2)	/* 00 and 11 are not for software */
		*cr1 = (*cr1 & ~0x600u) | (old & 0x600u);
	if ((*cr1 ^ old) & (0x600u | CR1_LPR))
		pwr->settled_at = stm32_env_now(pwr->env) + REGULATOR_NS;
	pwr->env->backup_open = *cr1 & CR1_DBP;
	return VB_OK;
}

static void sr2_reading(struct vb_regs *regs, uint32_t *sr2)
{
	struct stm32l4_pwr *pwr = regs->dev;
	bool settled = stm32_env_now(pwr->env) >= pwr->settled_at;
	uint32_t cr1 = *reg(pwr, PWR_CR1);

	*sr2 = SR2_REGLPS;
	if (cr1 & CR1_LPR || !settled)
		*sr2 |= SR2_REGLPF;
	if (!settled && bits_get(cr1, 10, 9) == 1)
		*sr2 |= SR2_VOSF;
}

static enum vb_result scr_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	(void)old;
	*reg(regs->dev, PWR_SR1) &= ~(value & 0x11fu);
	return VB_OK;
}

static const struct vb_reg pwr_regs[] = {
	{ "CR1", PWR_CR1, 0x00000200, 0x00004707, 0, cr1_written, NULL },
	{ "CR2", 0x04, 0, 0x000006ff, 0, NULL, NULL },
	{ "CR3", 0x08, 0x00008000, 0x0000851f, 0, NULL, NULL },
	{ "CR4", 0x0c, 0, 0x0000031f, 0, NULL, NULL },
	{ "SR1", PWR_SR1, 0, 0, 0, NULL, NULL },
	{ "SR2", PWR_SR2, SR2_REGLPS, 0, 0, NULL, sr2_reading },
	{ "SCR", PWR_SCR, 0, 0, 0, scr_written, NULL },
	{ "PUCRA", 0x20, 0, 0xffff, 0, NULL, NULL }, { "PDCRA", 0x24, 0, 0xffff, 0, NULL, NULL },
	{ "PUCRB", 0x28, 0, 0xffff, 0, NULL, NULL }, { "PDCRB", 0x2c, 0, 0xffff, 0, NULL, NULL },
	{ "PUCRC", 0x30, 0, 0xffff, 0, NULL, NULL }, { "PDCRC", 0x34, 0, 0xffff, 0, NULL, NULL },
	{ "PUCRD", 0x38, 0, 0xffff, 0, NULL, NULL }, { "PDCRD", 0x3c, 0, 0xffff, 0, NULL, NULL },
	{ "PUCRE", 0x40, 0, 0xffff, 0, NULL, NULL }, { "PDCRE", 0x44, 0, 0xffff, 0, NULL, NULL },
	{ "PUCRF", 0x48, 0, 0xffff, 0, NULL, NULL }, { "PDCRF", 0x4c, 0, 0xffff, 0, NULL, NULL },
	{ "PUCRG", 0x50, 0, 0xffff, 0, NULL, NULL }, { "PDCRG", 0x54, 0, 0xffff, 0, NULL, NULL },
	{ "PUCRH", 0x58, 0, 0x0003, 0, NULL, NULL }, { "PDCRH", 0x5c, 0, 0x0003, 0, NULL, NULL },
	{ .name = NULL }
};

void stm32l4_pwr_init(struct stm32l4_pwr *pwr, struct stm32_env *env)
{
	_Static_assert(ARRAY_SIZE(pwr_regs) - 1 <= ARRAY_SIZE(pwr->value), "value[] is too small");
	pwr->env = env;
	pwr->regs = (struct vb_regs){ .name = "PWR", .table = pwr_regs, .value = pwr->value,
				      .dev = pwr };
	vb_regs_reset(&pwr->regs);
}

void stm32l4_pwr_reset(struct stm32l4_pwr *pwr, enum vb_reset kind)
{
	uint32_t sr1 = kind == VB_RESET_POWER_ON ? 0 : *reg(pwr, PWR_SR1);

	vb_regs_reset(&pwr->regs);
	*reg(pwr, PWR_SR1) = sr1;
	pwr->settled_at = 0;
	pwr->env->backup_open = false;
}

enum stm32_power stm32l4_pwr_deep(const struct stm32l4_pwr *pwr)
{
	uint32_t lpms = pwr->value[0] & 7;	/* CR1 is the table's first row */

	return lpms < 3 ? STM32_STOP : lpms == 3 ? STM32_STANDBY : STM32_SHUTDOWN;
}

void stm32l4_pwr_note_standby(struct stm32l4_pwr *pwr)
{
	*reg(pwr, PWR_SR1) |= BIT(8);
}
