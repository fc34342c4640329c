/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The register cache: valid while halted, written back before the core runs. */
#include <string.h>
#include <strings.h>

#include "target/target_priv.h"

const struct reg *target_find_reg(const struct target *t, const char *name)
{
	for (size_t i = 0; i < t->reg_count; i++) {
		if (strcasecmp(t->regs[i].name, name) == 0)
			return &t->regs[i];
	}
	return NULL;
}

static struct reg_value *value_of(struct target *t, const struct reg *reg)
{
	return &t->values[reg - t->regs];
}

enum err target_get_reg(struct target *t, const struct reg *reg, uint64_t *value)
{
	TRY(target_check_halted(t, "register read"));
	struct reg_value *v = value_of(t, reg);

	if (!v->valid)
		TRY(t->type->fetch_registers(t, reg->is_lazy));
	if (!v->valid)
		return error_why(ERR_NO_REGISTER, "register %s could not be read", reg->name);
	*value = v->value;
	return OK;
}

enum err target_set_reg(struct target *t, const struct reg *reg, uint64_t value)
{
	uint64_t mask = reg->bits < 64 ? ((uint64_t)1 << reg->bits) - 1 : UINT64_MAX;

	TRY(target_check_halted(t, "register write"));
	TRY(target_check_free(t, "register write"));
	struct reg_value *v = value_of(t, reg);

	/* Aliases and bit fields need their neighbours' values. */
	TRY(t->type->fetch_registers(t, reg->is_lazy));
	*v = (struct reg_value){ .value = value & mask, .valid = true, .dirty = true };
	if (t->type->register_changed != NULL)
		t->type->register_changed(t, reg);
	return OK;
}

static enum err find(struct target *t, const char *name, const struct reg **reg)
{
	*reg = target_find_reg(t, name);
	return *reg != NULL ? OK : error_why(ERR_NO_REGISTER, "unknown register '%s'", name);
}

enum err target_get_reg32(struct target *t, const char *name, uint32_t *value)
{
	const struct reg *reg;
	uint64_t v;

	TRY(target_check_examined(t));
	TRY(find(t, name, &reg));
	TRY(target_get_reg(t, reg, &v));
	*value = (uint32_t)v;
	return OK;
}

enum err target_set_reg32(struct target *t, const char *name, uint32_t value)
{
	const struct reg *reg;

	TRY(target_check_examined(t));
	TRY(find(t, name, &reg));
	return target_set_reg(t, reg, value);
}

/* ITSTATE is spread over xPSR[15:10] and [26:25] (DDI 0403 A7.3.3, B1.4.2). */
static uint32_t advance_it(uint32_t xpsr)
{
	uint32_t it = (xpsr >> 8 & 0xfc) | (xpsr >> 25 & 3);

	it = it & 7 ? (it & 0xe0) | (it << 1 & 0x1f) : 0;
	return (xpsr & ~0x0600fc00u) | (it & 0xfc) << 8 | (it & 3) << 25;
}

enum err target_pass_bkpt(struct target *t, uint32_t pc)
{
	uint32_t xpsr;

	TRY(target_get_reg32(t, "xPSR", &xpsr));
	TRY(target_set_reg32(t, "pc", pc + 2));
	return target_set_reg32(t, "xPSR", advance_it(xpsr));
}

enum err target_fetch_regs(struct target *t)
{
	TRY(target_check_halted(t, "register read"));
	return t->type->fetch_registers(t, false);
}
