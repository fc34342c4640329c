/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `imxrt ...`: the verbs of the chip that need no flash. */
#include "flash/imxrt_regs.h"

#include <inttypes.h>
#include <stdio.h>

#include "flash/flexspi.h"

static enum err arg_target(struct call *c, struct target **t)
{
	struct flash_room *room = c->user;

	return target_current(room->targets, t);
}

static enum err cmd_identify(struct call *c)
{
	const struct imxrt_chip *chip = NULL;
	struct imxrt_ram ram = { 0 };
	struct target *t = NULL;
	char text[32];

	TRY(arg_target(c, &t));
	TRY(imxrt_chip_of(t, &chip));
	TRY(imxrt_read_ram(t, chip, &ram));
	result_dict(c, "part", chip->part->name);
	result_dict(c, "certain", chip->is_guess ? "0" : "1");
	result_dict(c, "revision", chip->revision);
	snprintf(text, sizeof(text), "0x%08" PRIx32, chip->digprog);
	result_dict(c, "digprog", text);
	snprintf(text, sizeof(text), "0x%016" PRIx64, chip->uid);
	result_dict(c, "uid", text);
	snprintf(text, sizeof(text), "%" PRIu32, ram.itcm);
	result_dict(c, "itcm", text);
	snprintf(text, sizeof(text), "%" PRIu32, ram.dtcm);
	result_dict(c, "dtcm", text);
	snprintf(text, sizeof(text), "%" PRIu32, ram.ocram);
	result_dict(c, "ocram", text);
	snprintf(text, sizeof(text), "%" PRIu32, chip->part->ocram2_bytes);
	result_dict(c, "ocram2", text);
	return OK;
}

static enum err cmd_watchdogs(struct call *c)
{
	struct buf text = { 0 };
	struct target *t = NULL;

	TRY(arg_target(c, &t));
	enum err rc = imxrt_describe_watchdogs(t, &text);

	if (rc == OK)
		result_printf(c, "%s", (const char *)text.data);
	buf_free(&text);
	return rc;
}

static enum err cmd_flexspi(struct call *c)
{
	const struct imxrt_chip *chip = NULL;
	struct buf text = { 0 };
	struct target *t = NULL;
	enum err rc = OK;

	TRY(arg_target(c, &t));
	TRY(imxrt_chip_of(t, &chip));
	for (unsigned i = 0; i < 2 && rc == OK; i++)
		if (chip->part->flexspi[i].regs != 0)
			rc = flexspi_describe(t, chip, i, &text);
	if (rc == OK)
		result_printf(c, "%s", (const char *)text.data);
	buf_free(&text);
	return rc;
}

const struct command imxrt_commands[] = {
	{ "imxrt identify", STAGE_EXEC, 0, 0, "", cmd_identify,
	  "Returns a dict: part, whether that is certain, silicon revision, DIGPROG, unique id, and the "
	  "sizes of ITCM, DTCM, OCRAM and OCRAM2 as the FlexRAM is partitioned now. The core runs on." },
	{ "imxrt watchdogs", STAGE_EXEC, 0, 0, "", cmd_watchdogs,
	  "Says for each watchdog if it is on, locked or masked. The core runs on." },
	{ "imxrt flexspi", STAGE_EXEC, 0, 0, "", cmd_flexspi,
	  "Describes the FlexSPI controllers as they are set up now: clock, pads, sampling, last errors. "
	  "The core runs on." },
	{ 0 }
};
