/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DBGMCU: RM0351 48.6 (L4, L4+), RM0440 (G4), RM0434 (WB), RM0444 (G0), RM0438, RM0456 (L5, U5). */
#include "vboard/device/stm32_system.h"

static uint32_t *field_at(struct stm32_dbgmcu *dbg, uint32_t offset, uint32_t *writable)
{
	*writable = 0;
	if ((offset & ~3u) == 0)
		return &dbg->idcode;
	for (const struct stm32_dbgmcu_reg *r = dbg->line->regs; r->offset != 0; r++) {
		if (r->offset != (offset & ~3u))
			continue;
		*writable = r->writable;
		return (uint32_t *)((char *)dbg->env + r->field);
	}
	return NULL;
}

/*
 * On the PPB it answers while the system is held in reset, but not in Stop. On the APB the slave in
 * front of it has decided that already.
 */
static bool is_gated(const struct stm32_dbgmcu *dbg, const struct vb_access *a)
{
	if (dbg->line->is_on_apb)
		return stm32_env_is_shut(dbg->env, a);
	return a->master == VB_DAP && !stm32_env_has_hclk(dbg->env, dbg->env->power);
}

static enum vb_result dbgmcu_read(void *dev, struct vb_access *a, uint32_t offset, uint32_t *value)
{
	struct stm32_dbgmcu *dbg = dev;
	uint32_t writable, *field = field_at(dbg, offset, &writable);

	*value = field ? *field >> 8 * (offset & 3) : 0;
	return is_gated(dbg, a) ? VB_FAULT : VB_OK;
}

static enum vb_result dbgmcu_write(void *dev, struct vb_access *a, uint32_t offset, uint32_t value)
{
	struct stm32_dbgmcu *dbg = dev;
	uint32_t writable, *field = field_at(dbg, offset, &writable);

	if (is_gated(dbg, a))
		return VB_FAULT;
	if (field == NULL || (dbg->enable != NULL && !(*dbg->enable & dbg->line->enr_bit)))
		return VB_OK;
	writable &= (0xffffffffu >> (32 - 8 * a->size)) << 8 * (offset & 3);
	stm32_env_change(dbg->env);
	*field = (*field & ~writable) | (value << 8 * (offset & 3) & writable);
	stm32_env_changed(dbg->env);
	if (dbg->on_change)
		dbg->on_change(dbg->chip);
	return VB_OK;
}

const struct vb_device_ops stm32_dbgmcu_ops = { .read = dbgmcu_read, .write = dbgmcu_write };

#define REG(offset, writable, name) { offset, writable, offsetof(struct stm32_env, dbgmcu_##name) }

static const struct stm32_dbgmcu_reg l4_regs[] = {
	REG(0x04, 0x000000e7, cr), REG(0x08, 0x82e01c3f, apb1fzr1), REG(0x0c, 0x00000020, apb1fzr2),
	REG(0x10, 0x00072800, apb2fz), { 0 }
};
const struct stm32_dbgmcu_line stm32l4_dbgmcu_line = { .name = "L4", .regs = l4_regs };

static const struct stm32_dbgmcu_reg g4_regs[] = {
	REG(0x04, 0x000000e7, cr), REG(0x08, 0xc0601c3f, apb1fzr1), REG(0x0c, 0x00000002, apb1fzr2),
	REG(0x10, 0x3c172800, apb2fz), { 0 }
};
const struct stm32_dbgmcu_line stm32g4_dbgmcu_line = { .name = "G4", .regs = g4_regs };

/* The freeze registers of the two cores side by side (RM0434 41.8). */
static const struct stm32_dbgmcu_reg wb_regs[] = {
	REG(0x04, 0x10000027, cr), REG(0x3c, 0x80a01c01, apb1fzr1),
	REG(0x40, 0x80a01401, c2apb1fzr1), REG(0x44, 0x00000020, apb1fzr2),
	REG(0x48, 0x00000020, c2apb1fzr2), REG(0x4c, 0x00060800, apb2fz),
	REG(0x50, 0x00060800, c2apb2fz), { 0 }
};
const struct stm32_dbgmcu_line stm32wb_dbgmcu_line = { .name = "WB", .regs = wb_regs };

/* On the APB, its clock DBGEN; no DBG_SLEEP and no trace (RM0444 40.9). */
static const struct stm32_dbgmcu_reg g0_regs[] = {
	REG(0x04, 0x00000006, cr), REG(0x08, 0xc0601c37, apb1fzr1), REG(0x0c, 0x00078800, apb2fz),
	{ 0 }
};
const struct stm32_dbgmcu_line stm32g0_dbgmcu_line = {
	.name = "G0", .is_on_apb = true, .enr = RCC_G0_APBENR1, .enr_bit = BIT(27), .regs = g0_regs,
};

/* At 0xe0044000. TRACE_IOEN is one bit lower, TRACE_EN is where it was. */
static const struct stm32_dbgmcu_reg l5_regs[] = {
	REG(0x04, 0x000000f6, cr), REG(0x08, 0x80e01c3f, apb1fzr1), REG(0x0c, 0x00000062, apb1fzr2),
	REG(0x10, 0x00072800, apb2fz), { 0 }
};
const struct stm32_dbgmcu_line stm32l5_dbgmcu_line = { .name = "L5", .regs = l5_regs };

static const struct stm32_dbgmcu_reg u5_regs[] = {
	REG(0x04, 0x000000f6, cr), REG(0x08, 0x0060183f, apb1fzr1), REG(0x0c, 0x00000022, apb1fzr2),
	REG(0x10, 0x00072800, apb2fz), REG(0x14, 0x400e0400, apb3fz), REG(0x20, 0x0000ffff, ahb1fz),
	REG(0x28, 0x0000000f, ahb3fz), { 0 }
};
const struct stm32_dbgmcu_line stm32u5_dbgmcu_line = { .name = "U5", .regs = u5_regs };

void stm32_dbgmcu_init(struct stm32_dbgmcu *dbg, struct stm32_env *env,
		       const struct stm32_dbgmcu_line *line, struct stm32_rcc *rcc, uint32_t idcode)
{
	dbg->env = env;
	dbg->line = line;
	dbg->idcode = idcode;
	dbg->enable = line->enr != 0 ? stm32_rcc_enable(rcc, line->enr) : NULL;
}

void stm32_dbgmcu_power_on(struct stm32_dbgmcu *dbg)
{
	for (const struct stm32_dbgmcu_reg *r = dbg->line->regs; r->offset != 0; r++)
		*(uint32_t *)((char *)dbg->env + r->field) = 0;
}
