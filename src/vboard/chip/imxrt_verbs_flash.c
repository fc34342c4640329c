/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Control port: the flashes of an i.MX RT board and their controllers. Where a verb can mean either of
 * two flashes, an address in its window or the word flexspi or flexspi2 says which; else the one that
 * the ROM boots from is meant.
 */
#include <stdlib.h>
#include <string.h>

#include "vboard/chip/imxrt_verbs.h"

const char *const imxrt_flexspi_names[FLEXSPIS] = { "flexspi", "flexspi2" };

/* The flash that `name` means; NULL: the boot flash. */
static struct nor *flash_named(struct imxrt *chip, const char *name, char *error, size_t error_size)
{
	if (name == NULL)
		return chip->nor[chip->part->boot_flexspi];
	for (size_t i = 0; i < FLEXSPIS; i++) {
		if (strcmp(name, imxrt_flexspi_names[i]) == 0 && chip->nor[i] != NULL)
			return chip->nor[i];
	}
	snprintf(error, error_size, "there is no flash at \"%s\" of this board", name);
	return NULL;
}

/* An address in a window, or an offset into the boot flash. */
static struct nor *flash_at(struct imxrt *chip, const char *text, uint32_t *offset, char *error,
			    size_t error_size)
{
	struct nor *nor = chip->nor[chip->part->boot_flexspi];

	if (!vb_number(text, offset, error, error_size))
		return NULL;
	for (size_t i = 0; i < FLEXSPIS; i++) {
		const struct imxrt_flexspi_config *c = &chip->part->flexspi[i];

		if (c->window == 0 || *offset - c->window >= c->window_bytes || chip->nor[i] == NULL)
			continue;
		nor = chip->nor[i];
		*offset -= c->window;
	}
	if (*offset < nor_bytes(nor))
		return nor;
	snprintf(error, error_size, "%s is in no flash of this board", text);
	return NULL;
}

bool imxrt_verb_flash_info(VERB_ARGS)
{
	struct imxrt *chip = board->priv;
	const char *sep = "{";

	(void)ctx, (void)argc, (void)argv, (void)error, (void)error_size;
	for (size_t i = 0; i < FLEXSPIS; i++) {
		if (chip->nor[i] == NULL)
			continue;
		fprintf(out, "%s\"%s\":", sep, imxrt_flexspi_names[i]);
		nor_describe(chip->nor[i], out);
		sep = ",";
	}
	fprintf(out, "}");
	return true;
}

bool imxrt_verb_flexspi(VERB_ARGS)
{
	struct imxrt *chip = board->priv;
	const char *sep = "{";

	(void)ctx, (void)argc, (void)argv, (void)error, (void)error_size;
	for (size_t i = 0; i < FLEXSPIS; i++) {
		if (chip->flexspi[i] == NULL)
			continue;
		fprintf(out, "%s\"%s\":", sep, imxrt_flexspi_names[i]);
		imxrt_flexspi_describe(chip->flexspi[i], out);
		sep = ",";
	}
	fprintf(out, "}");
	return true;
}

bool imxrt_verb_flash_read(VERB_ARGS)
{
	struct nor *nor;
	uint32_t offset, n;

	(void)ctx;
	if (argc != 3)
		return vb_refuse(error, error_size, "usage: flash-read ADDR BYTES");
	nor = flash_at(board->priv, argv[1], &offset, error, error_size);
	if (nor == NULL || !vb_number(argv[2], &n, error, error_size))
		return false;
	if (n > nor_bytes(nor) - offset)
		return vb_refuse(error, error_size, "that is more than there is");
	fprintf(out, "\"");
	for (uint32_t i = 0; i < n; i++)
		fprintf(out, "%02x", nor_array(nor)[offset + i]);
	fprintf(out, "\"");
	return true;
}

bool imxrt_verb_flash_dump(VERB_ARGS)
{
	struct nor *nor;
	FILE *f;
	bool ok;

	(void)ctx;
	if (argc != 2 && argc != 3)
		return vb_refuse(error, error_size, "usage: flash-dump FILE [flexspi|flexspi2]");
	nor = flash_named(board->priv, argc == 3 ? argv[2] : NULL, error, error_size);
	if (nor == NULL)
		return false;
	f = fopen(argv[1], "wb");
	ok = f != NULL && fwrite(nor_array(nor), 1, nor_bytes(nor), f) == nor_bytes(nor);
	if (f != NULL)
		ok = fclose(f) == 0 && ok;
	if (!ok)
		return vb_refuse(error, error_size, "cannot write that file");
	fprintf(out, "{\"bytes\":%u}", nor_bytes(nor));
	return true;
}

bool imxrt_verb_flash_load(VERB_ARGS)
{
	struct nor *nor;
	uint32_t offset = 0;
	uint8_t *data;
	size_t n;
	FILE *f;
	bool ok;

	(void)ctx;
	if (argc != 2 && argc != 3)
		return vb_refuse(error, error_size, "usage: flash-load FILE [ADDR]");
	nor = flash_at(board->priv, argc == 3 ? argv[2] : "0", &offset, error, error_size);
	if (nor == NULL)
		return false;
	f = fopen(argv[1], "rb");
	if (f == NULL)
		return vb_refuse(error, error_size, "cannot read that file");
	data = xcalloc(1, nor_bytes(nor) + 1);
	n = fread(data, 1, nor_bytes(nor) + 1, f);
	fclose(f);
	ok = nor_load(nor, offset, data, n, error, error_size);
	free(data);
	if (ok)
		fprintf(out, "{\"bytes\":%zu}", n);
	return ok;
}

bool imxrt_verb_flash_erase(VERB_ARGS)
{
	struct nor *nor = flash_named(board->priv, argc == 2 ? argv[1] : NULL, error, error_size);
	uint8_t *blank;
	bool ok;

	(void)ctx;
	if (nor == NULL)
		return false;
	blank = xcalloc(1, nor_bytes(nor));
	memset(blank, 0xff, nor_bytes(nor));
	ok = nor_load(nor, 0, blank, nor_bytes(nor), error, error_size);
	free(blank);
	if (ok)
		fprintf(out, "{\"bytes\":%u}", nor_bytes(nor));
	return ok;
}

static bool put(VERB_ARGS, const char *usage,
		bool (*how)(struct nor *nor, const char *what, char *error, size_t error_size))
{
	struct nor *nor;

	(void)ctx;
	if (argc != 2 && argc != 3)
		return vb_refuse(error, error_size, usage);
	nor = flash_named(board->priv, argc == 3 ? argv[2] : NULL, error, error_size);
	if (nor == NULL || !how(nor, argv[1], error, error_size))
		return false;
	nor_describe(nor, out);
	return true;
}

bool imxrt_verb_flash_state(VERB_ARGS)
{
	return put(board, ctx, argc, argv, out, error, error_size,
		   "usage: flash-state NAME [flexspi|flexspi2]", nor_put_into);
}

bool imxrt_verb_flash_fault(VERB_ARGS)
{
	return put(board, ctx, argc, argv, out, error, error_size,
		   "usage: flash-fault NAME [flexspi|flexspi2]", nor_set_fault);
}

bool imxrt_verb_flash_part(VERB_ARGS)
{
	return put(board, ctx, argc, argv, out, error, error_size,
		   "usage: flash-part MODEL [flexspi|flexspi2]", nor_refit);
}

bool imxrt_verb_power_off_at(VERB_ARGS)
{
	struct imxrt *chip = board->priv;
	uint32_t n = 0;

	(void)ctx;
	chip->cut.left = 0;
	imxrt_ocotp_faults(chip->ocotp)->cut_after = 0;
	if (argc == 2 && strcmp(argv[1], "never") == 0) {
		fprintf(out, "{\"left\":0}");
		return true;
	}
	if (argc != 3)
		return vb_refuse(error, error_size,
				    "usage: power-off-at N program|erase|burn, or never");
	if (!vb_number(argv[1], &n, error, error_size))
		return false;
	if (n == 0)
		return vb_refuse(error, error_size, "the first is number 1");
	if (strcmp(argv[2], "burn") == 0)
		imxrt_ocotp_faults(chip->ocotp)->cut_after = n;
	else if (strcmp(argv[2], "program") == 0 || strcmp(argv[2], "erase") == 0)
		chip->cut = (struct imxrt_cut){ n, argv[2][0] == 'e', chip->cut.event };
	else
		return vb_refuse(error, error_size, "it is program, erase or burn");
	fprintf(out, "{\"left\":%u}", n);
	return true;
}
