/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stm32l4x fast: whether writes may use fast row programming. */
#include "flash/stm32l4_work.h"

static enum err cmd_fast(struct call *c)
{
	static const char *const words[] = { "auto", "off", NULL };
	struct flash_room *room = c->user;
	int word = -1;
	bool is_off = false;

	if (c->argc > 1)
		TRY(arg_word(c, 1, words, &word));
	for (struct flash_bank *bank = room->banks; bank != NULL; bank = bank->next) {
		struct stm32l4 *f = bank->priv;

		if (bank->driver != &stm32l4_driver)
			continue;
		if (word >= 0) {
			f->fast_off = word == 1;
			f->fast_failed = false;
		}
		is_off |= f->fast_off;
	}
	result_printf(c, "%s\n", words[is_off]);
	return OK;
}

const struct command stm32l4_fast_commands[] = {
	{ "stm32l4x fast", STAGE_ANY, 0, 1, "?auto|off?", cmd_fast,
	  "Fast row programming of STM32 flash: auto uses it in banks that a write erases as a whole, with a "
	  "clock of 8 MHz or more, and verifies; off programs double word by double word. Without an "
	  "argument: which of the two." },
	{ .name = NULL }
};
