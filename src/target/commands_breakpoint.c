/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bp, rbp, wp, rwp. */
#include <string.h>

#include "base/log.h"
#include "target/target_priv.h"

static void list_breakpoints(struct call *c, const struct target *t)
{
	for (const struct breakpoint *b = t->breakpoints; b != NULL; b = b->next) {
		if (b->kind == BREAK_SOFT || b->kind == BREAK_FLASH)
			result_printf(c, "IVA breakpoint: 0x%08x, 0x%x, 0x%04x\n", b->addr,
				      b->length, get_le16(b->saved));
		else
			result_printf(c, "Breakpoint(IVA): 0x%08x, 0x%x, %d\n", b->addr, b->length,
				      b->comparator);
	}
}

static enum err cmd_bp(struct call *c)
{
	enum breakpoint_kind kind = BREAK_SOFT;
	uint32_t addr, length;
	struct target *t;

	TRY(call_examined_target(c, &t));
	if (c->argc == 1) {
		list_breakpoints(c, t);
		return OK;
	}
	if (c->argc < 3)
		return arg_usage(c);
	if (c->argc == 5 || (c->argc == 4 && strcmp(c->argv[3], "hw") != 0)) {
		error_why(ERR_UNSUPPORTED, "breakpoints of a context (ASID) do not exist on Cortex-M");
		return error_next(ERR_UNSUPPORTED, "use \"bp ADDRESS 2 hw\"");
	}
	TRY(arg_u32(c, 1, &addr));
	TRY(arg_u32(c, 2, &length));
	if (length != 2 && length != 3)
		return error_why(ERR_ARGUMENT, "a Thumb breakpoint has length 2 or 3, not %u",
				 length);
	if (c->argc == 4)
		kind = BREAK_HARD;
	/* Asked for in flash, "software" can only mean a comparator. */
	TRY(target_add_breakpoint(t, addr, 2, kind == BREAK_HARD ? BREAK_HARD : BREAK_AUTO));
	result_printf(c, "breakpoint set at 0x%08x\n", addr & ~1u);
	return OK;
}

static enum err cmd_rbp(struct call *c)
{
	struct target *t;
	uint32_t addr;

	TRY(call_examined_target(c, &t));
	if (strcmp(c->argv[1], "all") == 0) {
		while (t->breakpoints != NULL)
			TRY(target_remove_breakpoint(t, t->breakpoints->addr));
		return OK;
	}
	TRY(arg_u32(c, 1, &addr));
	enum err rc = target_remove_breakpoint(t, addr);

	if (rc == ERR_NOT_FOUND) {	/* told, but no failure: scripts remove what may be gone */
		log_error("%s", error_text(error_current()));
		error_clear();
		return OK;
	}
	return rc;
}

static void list_watchpoints(struct call *c, const struct target *t)
{
	for (const struct watchpoint *w = t->watchpoints; w != NULL; w = w->next)
		result_printf(
			c, "address: 0x%08x, len: 0x%08x, r/w/a: %d, value: 0x%08x, mask: 0x%08x\n",
			w->addr, w->length, (int)w->kind, w->value, w->mask);
}

static enum err cmd_wp(struct call *c)
{
	static const char *const words[] = { [WATCH_READ] = "r", [WATCH_WRITE] = "w",
					     [WATCH_ACCESS] = "a", NULL };
	uint32_t addr, length, value = 0, mask = 0xffffffff;
	int kind = WATCH_ACCESS;
	struct target *t;

	TRY(call_examined_target(c, &t));
	if (c->argc == 1) {
		list_watchpoints(c, t);
		return OK;
	}
	if (c->argc < 3)
		return arg_usage(c);
	TRY(arg_u32(c, 1, &addr));
	TRY(arg_u32(c, 2, &length));
	if (c->argc > 3)
		TRY(arg_word(c, 3, words, &kind));
	if (c->argc > 4) {
		TRY(arg_u32(c, 4, &value));
		mask = 0;	/* a value given alone is compared whole */
	}
	if (c->argc > 5)
		TRY(arg_u32(c, 5, &mask));
	return target_add_watchpoint(t, addr, length, (enum watch_kind)kind, value, mask);
}

static enum err cmd_rwp(struct call *c)
{
	struct target *t;
	uint32_t addr;

	TRY(call_examined_target(c, &t));
	if (strcmp(c->argv[1], "all") == 0) {
		while (t->watchpoints != NULL)
			TRY(target_remove_watchpoint(t, t->watchpoints->addr));
		return OK;
	}
	TRY(arg_u32(c, 1, &addr));
	enum err rc = target_remove_watchpoint(t, addr);

	if (rc == ERR_NOT_FOUND) {
		log_error("%s", error_text(error_current()));
		error_clear();
		return OK;
	}
	return rc;
}

const struct command breakpoint_commands[] = {
	{ "bp", STAGE_EXEC, 0, 4, "?address ?asid? length ?hw|hw_ctx??", cmd_bp,
	  "Shows breakpoints or sets one: a BKPT instruction in RAM, a comparator elsewhere or "
	  "with hw." },
	{ "rbp", STAGE_EXEC, 1, 1, "all|address", cmd_rbp, "Removes breakpoints." },
	{ "wp", STAGE_EXEC, 0, 5, "?address length ?r|w|a? ?value? ?mask??", cmd_wp,
	  "Shows watchpoints or sets one on reads, writes, or any access (the default)." },
	{ "rwp", STAGE_EXEC, 1, 1, "all|address", cmd_rwp, "Removes watchpoints." },
	{ 0 }
};
