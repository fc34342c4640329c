/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `arm ...` but semihosting. */
#include <string.h>

#include "target/target_priv.h"
#include "target/thumb.h"

#define DISASSEMBLE_MAX 10000u

static enum err cmd_core_state(struct call *c)
{
	struct target *t;

	TRY(call_target(c, &t));
	result_printf(c, "core state: Thumb\n");
	return OK;
}

/* The second halfword is read only where there is one: the first may be the last of the memory. */
static enum err disassemble_one(struct call *c, struct target *t, uint32_t *addr)
{
	struct buf text = { 0 };
	uint16_t lo, hi = 0;

	TRY(target_read_u16(t, *addr, &lo));
	if (lo >= 0xe800)
		TRY(target_read_u16(t, *addr + 2, &hi));
	unsigned length = thumb_disassemble(*addr, lo, hi, &text);

	if (length == 2)
		result_printf(c, "0x%08x  %04x\t%s\n", *addr, lo, (const char *)text.data);
	else
		result_printf(c, "0x%08x  %04x %04x\t%s\n", *addr, lo, hi, (const char *)text.data);
	buf_free(&text);
	*addr += length;
	return OK;
}

static enum err cmd_disassemble(struct call *c)
{
	uint32_t addr, count = 1;
	struct target *t;

	TRY(call_target(c, &t));
	TRY(arg_u32(c, 1, &addr));
	if (c->argc > 2)
		TRY(arg_u32(c, 2, &count));
	if (c->argc > 3 && strcmp(c->argv[3], "thumb") != 0)
		return arg_usage(c);
	if (count > DISASSEMBLE_MAX)
		return error_why(ERR_ARGUMENT, "%u instructions are too many for a console", count);
	addr &= ~1u;
	for (uint32_t i = 0; i < count; i++)
		TRY(disassemble_one(c, t, &addr));
	return OK;
}

const struct command arm_commands[] = {
	{ "arm core_state", STAGE_EXEC, 0, 1, "?thumb?", cmd_core_state,
	  "M-profile runs Thumb only." },
	{ "arm disassemble", STAGE_EXEC, 1, 3, "address ?count ?thumb??", cmd_disassemble,
	  "Shows instructions." },
	{ "disassemble", STAGE_EXEC, 1, 3, "address ?count ?thumb??", cmd_disassemble,
	  "Same as \"arm disassemble\"." },
	{ .name = NULL }
};
