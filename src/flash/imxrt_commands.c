/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `imxrt ...`: the verbs of the chip that need no flash. */
#include "flash/imxrt_reset.h"

#include <inttypes.h>
#include <stdio.h>

#include "flash/flexspi.h"
#include "flash/imxrt_doctor.h"

enum err arg_imxrt_target(struct call *c, struct target **t)
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

	TRY(arg_imxrt_target(c, &t));
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

	TRY(arg_imxrt_target(c, &t));
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

	TRY(arg_imxrt_target(c, &t));
	TRY(imxrt_chip_of(t, &chip));
	for (unsigned i = 0; i < 2 && rc == OK; i++)
		if (chip->part->flexspi[i].regs != 0)
			rc = flexspi_describe(t, chip, i, &text);
	if (rc == OK)
		result_printf(c, "%s", (const char *)text.data);
	buf_free(&text);
	return rc;
}

/* The largest piece of RAM that helper code may have. DTCM is never cached; the first 32 KiB of OCRAM are
 * the boot ROM's. */
static void choose_work_area(struct target *t, const struct imxrt_part *part, const struct imxrt_ram *ram)
{
	if (ram->dtcm >= 0x8000) {
		t->work_area = 0x20000000;
		t->work_area_size = ram->dtcm;
	} else if (part->ocram2_bytes != 0) {
		t->work_area = part->ocram2 + 0x8000;
		t->work_area_size = 0x20000;
	} else if (ram->ocram > 0xc000) {
		t->work_area = part->ocram + 0x8000;
		t->work_area_size = ram->ocram - 0x8000;
	} else if (ram->itcm != 0) {
		t->work_area = 0;
		t->work_area_size = ram->itcm;
	} else {
		t->work_area = part->ocram;
		t->work_area_size = ram->ocram;
	}
}

static enum err cmd_use_ram(struct call *c)
{
	const struct imxrt_chip *chip = NULL;
	struct imxrt_ram ram = { 0 };
	struct target *t = NULL;

	TRY(arg_imxrt_target(c, &t));
	TRY(imxrt_chip_of(t, &chip));
	TRY(imxrt_read_ram(t, chip, &ram));
	if (t->work_areas == NULL)	/* else helper code sits there */
		choose_work_area(t, chip->part, &ram);
	result_printf(c, "0x%08" PRIx32 " %" PRIu32, t->work_area, t->work_area_size);
	return OK;
}

const struct command imxrt_commands[] = {
	{ "imxrt doctor", STAGE_EXEC, 0, 1, "?halt?", cmd_imxrt_doctor,
	  "One report in plain words: part, core, fault, reset cause, how it boots and why, fuses, clocks, "
	  "RAM, watchdogs, FlexSPI, flash and the image in it, and what to do next. The core runs on; with "
	  "\"halt\" it is stopped for as long as the flash is looked at." },
	{ "imxrt identify", STAGE_EXEC, 0, 0, "", cmd_identify,
	  "Returns a dict: part, whether that is certain, silicon revision, DIGPROG, unique id, and the "
	  "sizes of ITCM, DTCM, OCRAM and OCRAM2 as the FlexRAM is partitioned now. The core runs on." },
	{ "imxrt watchdogs", STAGE_EXEC, 0, 0, "", cmd_watchdogs,
	  "Says for each watchdog if it is on, locked or masked. The core runs on." },
	{ "imxrt flexspi", STAGE_EXEC, 0, 0, "", cmd_flexspi,
	  "Describes the FlexSPI controllers as they are set up now: clock, pads, sampling, last errors. "
	  "The core runs on." },
	{ "imxrt use_ram", STAGE_EXEC, 0, 0, "", cmd_use_ram,
	  "Sets the work area to RAM that exists as the FlexRAM is partitioned now. Returns address and "
	  "size. The target script does this after each contact and each reset." },
	{ "imxrt rescue", STAGE_EXEC, 0, 1, "?erase_chip?", cmd_imxrt_rescue,
	  "Gets hold of a core whose program locks the debugger out, rung by rung, then erases the boot "
	  "header of the flash (or all of it), checks that it is blank and stops in the boot ROM. Works "
	  "when init found no target. Returns a dict: rung, part, flash, erased." },
	{ "imxrt rescue wait", STAGE_EXEC, 0, 2, "?seconds? ?erase_chip?", cmd_imxrt_rescue_wait,
	  "The same for boards where nothing else helps: waits, 60 seconds by default, for the debug port "
	  "to come up when the board is power-cycled." },
	{ "imxrt ram_boot", STAGE_EXEC, 1, 4, "file ?load_address ?entry ?stack???",
	  cmd_imxrt_ram_boot,
	  "Resets into the boot ROM, loads a program into RAM, reads it back and starts it: an ELF, a "
	  ".bin with its IVT in the first 8 KiB, or a plain .bin with its addresses. Returns a dict: "
	  "load, entry, sp, vectors, pc." },
	{ "imxrt reset", STAGE_EXEC, 1, 1, "program|rom", cmd_imxrt_reset,
	  "Resets and halts: before the program's first instruction, as \"reset halt\" does, or before the "
	  "boot ROM's." },
	{ "imxrt reset_assert", STAGE_EXEC, 0, 1, "?program|rom?", cmd_imxrt_reset_assert,
	  "The reset-assert event's handler of i.MX RT targets: resets the core and stops it as the reset "
	  "under way asks for." },
	{ 0 }
};
