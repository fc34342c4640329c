/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * choose: from --chip, --board or nothing at all to a configuration that is loaded.
 *
 * The rows of chips.list name scripts; they are run as -f would run them, at the place the option
 * has on the command line. Without a name the one probe that is plugged in is opened, the chip
 * behind it tells what it is by its own registers, and the row for that is taken. A chip that no
 * row knows is debugged without a flash driver, which is said.
 */
#ifndef ONESHOT_CHOOSE_H
#define ONESHOT_CHOOSE_H

#include "dap/dap.h"
#include "oneshot/chips.h"

struct choice {
	struct script *script;
	struct dap_list *daps;
	struct chip_table table;
	bool is_loaded;
	const struct chip_row *chip; /* that was named, or is a named board's; NULL: nobody said */
	char *word;		     /* as it was written */
};

/* Reads chips.list of every folder of the search path. */
enum err choose_load(struct choice *c);
void choose_free(struct choice *c);
/* ERR_CHIP_NAME with the nearest names, or what the script failed with. "auto": choose_by_itself().
 */
enum err choose_chip(struct choice *c, const char *word);
enum err choose_board(struct choice *c, const char *word);
/* ERR_ADAPTER_*, ERR_DAP_*. */
enum err choose_by_itself(struct choice *c);
/* After init: ERR_CHIP if the chip calls itself something else than what was named. */
enum err choose_check(struct choice *c, struct dap *dap);

#endif
