/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A serial flash taken out of whatever mode a program left it in (JESD216 6.4.19 "Soft reset and rescue
 * sequence", W25Q32JV 8.2, IS25WP064A 8). Every step is harmless to a flash that is not in the mode it
 * ends, and the order matters: a flash in continuous read takes an opcode for an address.
 */
#include "flash/flexspi_regs.h"

#include <string.h>

#include "dap/link.h"

#define RESET_PAUSE_MS 1u	/* 30 us are needed after 99h, 5 us after ABh */

struct wake_step {
	const char *name;
	uint32_t lut[2];
	bool is_reset;			/* aborts an erase under way */
	bool pause;
};

/* One command each; 66h and 99h must follow each other directly. */
static const struct wake_step steps[] = {
	{ "leave quad continuous read (FFh on four lines)", { 0x06ff06ff, 0x06ff06ff }, false, false },
	{ "leave dual continuous read (FFh)",		    { 0x04ff04ff, 0 },		false, false },
	{ "leave QPI, ISSI (F5h)",			    { 0x000006f5, 0 },		false, false },
	{ "leave QPI, Winbond (FFh)",			    { 0x000006ff, 0 },		false, false },
	{ "enable reset on four lines (66h)",		    { 0x00000666, 0 },		true,  false },
	{ "reset on four lines (99h)",			    { 0x00000699, 0 },		true,  true },
	{ "enable reset (66h)",				    { 0x00000466, 0 },		true,  false },
	{ "reset (99h)",				    { 0x00000499, 0 },		true,  true },
	{ "leave deep power-down on four lines (ABh)",	    { 0x000006ab, 0 },		false, false },
	{ "leave deep power-down (ABh)",		    { 0x000004ab, 0 },		false, true },
	{ 0 }
};

static const struct wake_step octal_steps[] = {
	{ "enable reset, octal DDR", { 0x87998766, 0 }, true, false },
	{ "reset, octal DDR",	     { 0x87668799, 0 }, true, true },
	{ "enable reset, octal",     { 0x07990766, 0 }, true, false },
	{ "reset, octal",	     { 0x07660799, 0 }, true, true },
	{ 0 }
};

static enum err take_steps(struct flexspi *fs, const struct wake_step *step, bool reset)
{
	for (; step->name != NULL; step++) {
		struct flexspi_command c = { .name = step->name, .lut = { step->lut[0], step->lut[1] } };

		if (step->is_reset && !reset)
			continue;
		TRY(flexspi_exec(fs, &c));
		if (step->pause)
			dap_pause_ms(RESET_PAUSE_MS);
	}
	return OK;
}

static enum err send(struct flexspi *fs, const char *name, uint32_t word)
{
	const struct flexspi_command c = { .name = name, .lut = { word } };

	return flexspi_exec(fs, &c);
}

static enum err answers(struct flexspi *fs, bool *yes)
{
	uint8_t id[3] = { 0 };
	const struct flexspi_command c = { .name = "read JEDEC id (9Fh)", .lut = { 0x2404049f },
					   .read = id, .bytes = sizeof(id) };

	TRY(flexspi_exec(fs, &c));
	*yes = !(id[0] == id[1] && id[1] == id[2] && (id[0] == 0xff || id[0] == 0x00));
	return OK;
}

enum err flexspi_wake_flash(struct flexspi *fs, bool reset)
{
	bool is_small = fs->facts->is_in_package, yes = false;

	TRY(take_steps(fs, steps, reset));
	if (!reset)	/* nothing else ends a suspended erase */
		TRY(send(fs, "resume (7Ah)", 0x0000047a));
	if (!is_small)
		TRY(send(fs, "leave 4-byte addresses (E9h)", 0x000004e9));
	TRY(answers(fs, &yes));
	if (yes)
		return OK;
	/* It slept in another mode than the default: awake now, it takes the first steps. */
	TRY(take_steps(fs, steps, reset));
	TRY(answers(fs, &yes));
	if (yes || !reset || fs->facts->wide_pads == NULL)
		return OK;
	TRY(flexspi_set_wide(fs, false));
	return take_steps(fs, octal_steps, reset);
}
