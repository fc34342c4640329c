/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One row per verb: the command line, `probed help`, completion and the man page's check are made
 * from it. */
#include "oneshot/verbs.h"

#include <stdio.h>
#include <string.h>

const struct verb verbs[VERB_COUNT + 1] = {
	[VERB_FLASH] = { "flash", "FILE", "program a file into the flash, verify it, start it",
			 "FILE is ELF, Intel HEX, S-record or raw binary, whichever its contents "
			 "show. A raw binary "
			 "goes to --at ADDRESS, without it to the start of the main flash.",
			 NEED_TARGET, 1, 1, verb_flash, TAKES_IMAGE | CHANGES_FLASH },
	[VERB_ERASE] = { "erase", "[ADDRESS LENGTH]",
			 "erase all of the flash, some sectors, or a range",
			 "Say what: --all (asks, or needs --yes), --sector N or N-M, or an address "
			 "and a length of "
			 "whole sectors. The core is left halted.",
			 NEED_TARGET, 0, 2, verb_erase, CHANGES_FLASH },
	[VERB_VERIFY] = { "verify", "FILE", "compare a file with what is in the chip", NULL,
			  NEED_TARGET, 1, 1, verb_verify, TAKES_IMAGE | ONLY_LOOKS },
	[VERB_READ] = { "read", "ADDRESS LENGTH [FILE]", "read memory into a file, or show it",
			"The core runs on. FILE - is stdout.", NEED_TARGET, 2, 3, verb_read, ONLY_LOOKS },
	[VERB_RESET] = { "reset", "", "reset the chip and let it run, or halt it at its start",
			 NULL, NEED_TARGET, 0, 0, verb_reset, 0 },
	[VERB_INFO] = { "info", "[FILE.elf]",
			"show probe, voltage, debug port, core, chip, flash, protection, program",
			"The core runs on. The ELF file gives the function that it is in, and the RTOS.",
			NEED_TARGET, 0, 1, verb_info, ONLY_LOOKS },
	[VERB_RUN] = { "run", "FILE",
		       "load a program, run it, show its output, exit with its exit code",
		       "For tests: output by RTT or semihosting goes to stdout, exit() by "
		       "semihosting ends it. A crash "
		       "is explained (exit code 7), --timeout ends a program that does not end "
		       "(124). FILE is written "
		       "to flash, or to RAM if it was linked for RAM.",
		       NEED_TARGET, 1, 1, verb_run, TAKES_IMAGE | CHANGES_FLASH },
	[VERB_RTT] = { "rtt", "[FILE.elf]",
		       "show what the running program says over RTT, until Ctrl-C",
		       "The ELF file tells where the control block is; without it RAM is searched. "
		       "What is typed goes "
		       "to the down channel of the same number.",
		       NEED_TARGET, 0, 1, verb_rtt, 0 },
	[VERB_DOCTOR] = { "doctor", "",
			  "examine probe, wires and chip, and say what is wrong and what to do",
			  "--fix repairs what loses nothing, --fix --yes also what erases, or changes "
			  "option bytes or write protection. Exit code 8: something is wrong. A "
			  "chip that does not answer is examined further if --board or --chip names it.",
			  NEED_CONFIG, 0, 0, verb_doctor, ONLY_LOOKS },
	[VERB_LIST] = { "list", "", "list the probes that are plugged in", NULL, NEED_SCRIPTS, 0, 0,
			verb_list, 0 },
	[VERB_CHIPS] = { "chips", "", "list the chips and boards that --chip and --board know",
			 NULL, NEED_SCRIPTS, 0, 0, verb_chips, 0 },
	[VERB_HELP] = { "help", "[VERB]", "explain a verb and its options", NULL, NEED_NOTHING, 0,
			1, verb_help, 0 },
};

const struct verb *verb_find(const char *word)
{
	for (const struct verb *v = verbs; v->name != NULL; v++) {
		if (strcmp(v->name, word) == 0)
			return v;
	}
	return NULL;
}

const struct verb *verb_nearest(const char *word)
{
	const struct verb *best = NULL;
	unsigned least = strlen(word) > 3 ? 3 : 2; /* mistakes that are too many */

	for (const struct verb *v = verbs; v->name != NULL; v++) {
		unsigned d = script_distance(word, v->name, 3);

		if (d < least) {
			least = d;
			best = v;
		}
	}
	return best;
}

enum verb_id verb_id(const struct verb *verb)
{
	return (enum verb_id)(verb - verbs);
}
