/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `arm ...` but semihosting. */
#include "target/target_priv.h"

static enum err cmd_core_state(struct call *c)
{
	struct target *t;

	TRY(call_target(c, &t));
	result_printf(c, "core state: Thumb\n");
	return OK;
}

const struct command arm_commands[] = {
	{ "arm core_state", STAGE_EXEC, 0, 1, "?thumb?", cmd_core_state, "M-profile runs Thumb only." },
	{ 0 }
};
