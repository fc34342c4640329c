/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * init: the rooms' steps run in this order; those of one number in the order of registration. The
 * first error ends it, the stage falls back to config, and a later `init` runs all steps again: a
 * step that is already done returns OK. The stage is exec from INIT_LINK on. A second init does
 * nothing.
 */
#ifndef SCRIPT_INIT_H
#define SCRIPT_INIT_H

#include <stdbool.h>

#include "base/err.h"

struct script;

enum init_order {
	INIT_PROCS = 10,	/* procs init_targets, init_target_events, init_board */
	INIT_LISTEN = 20,	/* bind ports, so that clients can queue up */
	INIT_ADAPTER = 30,	/* open the probe */
	INIT_LINK = 40,		/* proc jtag_init, SWD line reset */
	INIT_DAP = 50,
	INIT_EXAMINE = 60,
	INIT_FLASH = 70,
	INIT_SERVERS = 80,	/* accept GDB, say so */
	INIT_POST = 90,		/* post_init_commands */
};
typedef enum err (*script_init_fn)(void *ctx);
void script_add_init(struct script *script, int order, script_init_fn fn, void *ctx);
enum err script_init(struct script *script);
/* False after `init`, and after `noinit`: no implicit one then. */
bool script_wants_init(const struct script *script);

#endif
