/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PWR: RM0351 5.4 (L4), RM0432 (L4+), RM0440 (G4), RM0444 (G0), RM0438 (L5), RM0434 (WB). */
#include <assert.h>

#include "vboard/device/stm32_system.h"

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
#define REGULATOR_NS 20000u	/* DS10198 6.3.3, typical */

static uint32_t *reg(struct stm32_pwr *pwr, uint32_t offset)
{
	return vb_regs_at(&pwr->regs, offset);
}

static bool is_settled(const struct stm32_pwr *pwr)
{
	return stm32_env_now(pwr->env) >= pwr->settled_at;
}

static void cr1_taken(struct stm32_pwr *pwr, uint32_t old, unsigned first_vos, unsigned last_vos)
{
	uint32_t *cr1 = reg(pwr, PWR_CR1), vos = bits_get(*cr1, 10, 9);

	if (vos < first_vos || vos > last_vos)		/* the other codes are not for software */
		*cr1 = (*cr1 & ~CR1_VOS) | (old & CR1_VOS);
	if ((*cr1 ^ old) & (CR1_VOS | CR1_LPR))
		pwr->settled_at = stm32_env_now(pwr->env) + REGULATOR_NS;
	pwr->env->backup_open = *cr1 & CR1_DBP;
}

static enum vb_result cr1_written(struct vb_regs *regs, uint32_t value, uint32_t old)
{
	(void)value;
	cr1_taken(regs->dev, old, 1, 2);
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
	*reg(pwr, PWR_SR1) &= ~(value & pwr->line->kept);
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
	.sbf_reg = PWR_SR1, .sbf = BIT(8), .kept = 0x0000011f

static const struct vb_reg l4_regs[] = {
	{ "CR1", PWR_CR1, 0x00000200, 0x00004707, 0, cr1_written, NULL },
	ROW("CR2", 0x04, 0, 0x000006ff), ROW("CR3", 0x08, 0x00008000, 0x0000851f),
	ROW("CR4", 0x0c, 0, 0x0000031f), STATUS(SR2_REGLPS), PULLS_A_TO_G,
	PULLS("H", 0x58, 0x0003),
	{ .name = NULL }
};

const struct stm32_pwr_line stm32l4_pwr_line = { .name = "L4", .regs = l4_regs, L4_LOW_POWER };

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
}

enum stm32_power stm32_pwr_deep(const struct stm32_pwr *pwr)
{
	return pwr->line->deep[pwr->value[0] & CR1_LPMS];	/* CR1 is every table's first row */
}

void stm32_pwr_note_standby(struct stm32_pwr *pwr)
{
	*reg(pwr, pwr->line->sbf_reg) |= pwr->line->sbf;
}

bool stm32_pwr_can_program_flash(struct stm32_pwr *pwr)
{
	return pwr->line->can_program == NULL || pwr->line->can_program(pwr);
}
