/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * States to start from: what somebody did to the board before. Each empties the boot flash, loads an
 * image, burns fuses, sets the boot switches, switches the board off and on, and lets the image come to
 * where it hurts. The boot flash is one as delivered; fuses that were burned stay so, as always.
 */
#include <stdlib.h>
#include <string.h>

#include "vboard/chip/imxrt.h"

#define FUSE_BOOT_CFG1 6u
#define MS	       1000000u
#define ROM_LIMIT      15	/* ms until the program counts at IMXRT_IMAGE_COUNTER, or never will */

static const struct recipe {
	const char *name;
	const char *image;		/* NULL: none */
	const char *kept;		/* state of the flash that survives power-off, put before it */
	const char *state;		/* state of the flash after power-on, unless the image made it */
	uint32_t fuses;			/* bits of BOOT_CFG1 (0x460) */
	unsigned ms;			/* let the image run for so long before anybody looks */
} recipes[] = {
	{ "blank", NULL, NULL, NULL, 0, 0 },
	{ "good", "good", NULL, NULL, 0, 0 },
	{ "raw-bin", "raw-bin", NULL, NULL, 0, 0 },
	{ "steals-swd", "steals-swd", NULL, NULL, 0, 7 },
	{ "watchdog-sleep", "watchdog-sleep", NULL, NULL, 0, 1 },
	{ "qpi", "qpi", NULL, "qpi", 0, 2 },
	{ "continuous-read", "continuous-read", NULL, "continuous-read", 0, 2 },
	{ "deep-power-down", "good", NULL, "deep-power-down", 0, 0 },
	{ "4-byte", "good", NULL, "4-byte", 0, 0 },
	/* an FCB that enables quad would clear BP of ISSI's flashes at each start */
	{ "protected", "single-pad", "protected", NULL, 0, 0 },
	{ "xip-running", "good", NULL, NULL, 0, 2 },
	{ "flexram", "flexram", NULL, NULL, 0, 1 },
	{ "mpu-ocram", "mpu-ocram", NULL, NULL, 0, 2 },
	{ "crashed", "crashed", NULL, NULL, 0, 1 },
	{ "story-fuses", "stuck", NULL, NULL, BIT(4) | BIT(16), 1 },
	{ 0 }
};

static bool refuse(char *error, size_t error_size, const char *what, const char *why)
{
	snprintf(error, error_size, "preset %s: %s", what, why);
	return false;
}

static bool is_hyper(const struct imxrt *chip)
{
	return strcmp(chip->row->flexspi[chip->part->boot_flexspi].flash, "s26ks512s") == 0;
}

static bool empty(struct nor *nor, char *error, size_t error_size)
{
	uint32_t bytes = nor_bytes(nor);
	uint8_t *blank = xcalloc(1, bytes);
	bool ok;

	memset(blank, 0xff, bytes);
	ok = nor_load(nor, 0, blank, bytes, error, error_size);
	free(blank);
	return ok;
}

/* As delivered, so that nothing of an earlier preset is left. Only the IM code of W25Q32JV has QPI. */
static bool fit_flash(struct imxrt *chip, const char *preset, char *error, size_t error_size)
{
	unsigned boot = chip->part->boot_flexspi;
	const char *model = chip->row->flexspi[boot].flash;

	if (is_hyper(chip))
		return true;
	if (strcmp(preset, "qpi") == 0 && strcmp(model, "w25q32jv-iq") == 0)
		model = "w25q32jv-im";
	return nor_refit(chip->nor[boot], model, error, error_size);
}

static bool load_image(struct imxrt *chip, const char *name, char *error, size_t error_size)
{
	unsigned boot = chip->part->boot_flexspi;
	char full[40];
	uint8_t *image;
	size_t bytes = 0;
	bool ok;

	snprintf(full, sizeof(full), "%s%s", is_hyper(chip) ? "hyper:" : "", name);
	image = imxrt_image(full, chip->part->flexspi[boot].window, chip->part->family, &bytes);
	if (image == NULL)
		return refuse(error, error_size, name, "there is no such image for this board");
	ok = nor_load(chip->nor[boot], 0, image, bytes, error, error_size);
	free(image);
	return ok;
}

static bool has_state(struct nor *nor, const char *state)
{
	char text[64], *json = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&json, &size);
	bool has = false;

	if (f == NULL)
		return false;
	nor_describe(nor, f);
	fclose(f);
	snprintf(text, sizeof(text), "\"%s\"", state);
	has = strstr(json, text) != NULL;
	free(json);
	return has;
}

static uint32_t counter(struct vb_board *board)
{
	uint8_t bytes[4] = { 0 };

	vb_bus_peek(board->bus, IMXRT_IMAGE_COUNTER, bytes, sizeof(bytes));
	return get_le32(bytes);
}

/* The ROM needs its time to find the image, or to give up. */
static void let_run(struct vb_board *board, unsigned ms)
{
	uint32_t before = counter(board);

	for (unsigned i = 0; i < ROM_LIMIT && counter(board) == before; i++)
		vb_clock_advance(board->clock, MS);
	vb_clock_advance(board->clock, (uint64_t)ms * MS);
}

static bool set(struct vb_board *board, void *priv, const char *name, char *error,
		size_t error_size)
{
	struct imxrt *chip = priv;
	struct nor *nor = chip->nor[chip->part->boot_flexspi];
	const struct recipe *r = recipes;

	while (r->name != NULL && strcmp(r->name, name) != 0)
		r++;
	if (!board->powered)
		return refuse(error, error_size, name, "the board has no power");
	if (!fit_flash(chip, name, error, error_size) || !empty(nor, error, error_size) ||
	    (r->image != NULL && !load_image(chip, r->image, error, error_size)) ||
	    (r->kept != NULL && !nor_put_into(nor, r->kept, error, error_size)))
		return false;
	/* Whoever burned the fuses set the switches to the serial downloader and wonders. */
	chip->boot_mode = r->fuses != 0 ? BOOT_SERIAL : BOOT_INTERNAL;
	chip->boot_cfg = chip->row->boot_cfg;
	if (r->fuses != 0)
		imxrt_ocotp_burn(chip->ocotp, FUSE_BOOT_CFG1, r->fuses);
	vb_board_reset(board, VB_RESET_POWER_ON);
	if (r->ms != 0)
		let_run(board, r->ms);
	if (r->state == NULL || has_state(nor, r->state))
		return true;
	return nor_put_into(nor, r->state, error, error_size);
}

#define PRESET(name, help) { name, help, set, NULL }
const struct vb_preset imxrt_presets[] = {
	PRESET("blank", "Empty flash: the ROM ends in the serial downloader."),
	PRESET("good", "A valid image that blinks."),
	PRESET("raw-bin", "A program without boot header at offset 0 of the flash."),
	PRESET("steals-swd", "A valid image that takes the SWD pads 5 ms after its start."),
	PRESET("watchdog-sleep", "A valid image: two watchdogs that nobody serves, and WFI in WAIT mode."),
	PRESET("qpi", "The flash was left in QPI (for W25Q32JV-IQ, which has none, a -IM is fitted)."),
	PRESET("continuous-read", "The flash was left in continuous read."),
	PRESET("deep-power-down", "The flash sleeps."),
	PRESET("4-byte", "The flash wants 4-byte addresses (flashes that can)."),
	PRESET("protected", "Every block protect bit of the flash is set."),
	PRESET("xip-running", "A valid image that has been running for a while."),
	PRESET("flexram", "A valid image that left no OCRAM to the ROM: only power-off helps."),
	PRESET("mpu-ocram", "A valid image whose MPU forbids OCRAM, with dirty lines in the D-cache."),
	PRESET("crashed", "A valid image that faults at once."),
	PRESET("story-fuses", "BT_FUSE_SEL and FORCE_INTERNAL_BOOT are burned, the image is wrong."),
	{ .name = NULL }
};
