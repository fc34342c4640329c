/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reg, get_reg, set_reg. */
#include <stdlib.h>
#include <string.h>

#include <jim.h>

#include "base/log.h"
#include "target/target_priv.h"

static void print_reg(struct call *c, struct target *t, const struct reg *reg, bool numbered)
{
	const struct reg_value *v = &t->values[reg - t->regs];

	if (numbered)
		result_printf(c, "(%u) ", reg->number);
	result_printf(c, "%s (/%u)", reg->name, reg->bits);
	if (t->state == TARGET_HALTED && v->valid)
		result_printf(c, ": 0x%0*llx%s", (int)(reg->bits + 7) / 8 * 2,
			      (unsigned long long)v->value, numbered && v->dirty ? " (dirty)" : "");
	result_printf(c, "\n");
}

static enum err dump_all(struct call *c, struct target *t)
{
	if (t->state == TARGET_HALTED)
		TRY(t->type->fetch_registers(t, false));
	result_printf(c, "===== arm v7m registers\n");
	for (size_t i = 0; i < t->reg_count; i++) {
		if (!t->regs[i].is_hidden)
			print_reg(c, t, &t->regs[i], true);
	}
	result_printf(c, "===== Cortex-M DWT registers\n");
	return OK;
}

static const struct reg *find_by_number(const struct target *t, const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 0);

	if (end == text || *end != '\0')
		return NULL;
	for (size_t i = 0; i < t->reg_count; i++) {
		if (t->regs[i].number == n)
			return &t->regs[i];
	}
	return NULL;
}

static enum err cmd_reg(struct call *c)
{
	const struct reg *reg;
	struct target *t;
	uint64_t value;

	TRY(call_examined_target(c, &t));
	if (c->argc == 1)
		return dump_all(c, t);
	reg = find_by_number(t, c->argv[1]);
	if (reg == NULL)
		reg = target_find_reg(t, c->argv[1]);
	if (reg == NULL) {
		result_printf(c, "register %s not found in current target\n", c->argv[1]);
		return OK;
	}
	if (c->argc == 3 && strcmp(c->argv[2], "force") == 0) {
		TRY(target_check_halted(t, "reg"));
		struct reg_value *v = &t->values[reg - t->regs];

		if (!v->dirty)
			v->valid = false;
	} else if (c->argc == 3) {
		TRY(arg_data(c, 2, &value));
		TRY(target_set_reg(t, reg, value));
	}
	if (t->state == TARGET_HALTED)
		TRY(target_get_reg(t, reg, &value));
	print_reg(c, t, reg, false);
	return OK;
}

static enum err cmd_get_reg(struct call *c)
{
	Jim_Interp *interp = script_interp(c->script);
	bool force = c->argc == 3;
	struct target *t;
	char text[24];

	TRY(call_halted_target(c, &t));
	if (force && strcmp(c->argv[1], "-force") != 0)
		return arg_usage(c);
	Jim_Obj *names = c->objv[c->argc - 1];
	int n = Jim_ListLength(interp, names);

	for (int i = 0; i < n; i++) {
		const char *name = Jim_String(Jim_ListGetIndex(interp, names, i));
		const struct reg *reg = target_find_reg(t, name);
		uint64_t value;

		if (reg == NULL)
			return error_why(ERR_NO_REGISTER, "unknown register '%s'", name);
		if (force && !t->values[reg - t->regs].dirty)
			t->values[reg - t->regs].valid = false;
		TRY(target_get_reg(t, reg, &value));
		snprintf(text, sizeof(text), "0x%0*llx", (int)(reg->bits + 7) / 8 * 2,
			 (unsigned long long)value);
		result_dict(c, name, text);
	}
	return OK;
}

static enum err cmd_set_reg(struct call *c)
{
	Jim_Interp *interp = script_interp(c->script);
	struct target *t;

	TRY(call_halted_target(c, &t));
	int n = Jim_ListLength(interp, c->objv[1]);

	if (n % 2 != 0)
		return error_why(ERR_ARGUMENT, "set_reg takes a dict of register names and values");
	for (int i = 0; i < n; i += 2) {
		const char *name = Jim_String(Jim_ListGetIndex(interp, c->objv[1], i));
		const char *text = Jim_String(Jim_ListGetIndex(interp, c->objv[1], i + 1));
		const struct reg *reg = target_find_reg(t, name);
		uint64_t value;

		if (reg == NULL)
			return error_why(ERR_NO_REGISTER, "unknown register '%s'", name);
		TRY(parse_data(text, name, &value));
		TRY(target_set_reg(t, reg, value));
	}
	return OK;
}

const struct command register_commands[] = {
	{ "reg", STAGE_EXEC, 0, 2, "?name|number? ?value|force?", cmd_reg,
	  "Shows all registers or one, sets one, or reads one again (force)." },
	{ "get_reg", STAGE_EXEC, 1, 2, "?-force? names", cmd_get_reg,
	  "Returns a dict of the named registers' values." },
	{ "set_reg", STAGE_EXEC, 1, 1, "dict", cmd_set_reg, "Sets the registers of a dict." },
	{ 0 }
};
