/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fuses as a flash bank: shadow registers at their addresses, one sector a word. Reading works,
 * erasing and writing are refused with the way that is meant for it.
 */
#include <stdlib.h>
#include <string.h>

#include "flash/ocotp_priv.h"

#define SHADOW_BASE (OCOTP_BASE + 0x400u)
#define WORD_STRIDE 0x10u

static enum err create(struct flash_bank *bank, int argc, const char *const *argv)
{
	(void)argc;
	(void)argv;
	if (bank->base == 0)
		bank->base = SHADOW_BASE;
	if (bank->base != SHADOW_BASE)
		return error_next(
			error_why(ERR_ARGUMENT, "an ocotp bank lies at 0x%08x", SHADOW_BASE),
			"give that address, or 0");
	return ocotp_guard(bank->target);
}

static unsigned word_at(uint32_t offset)
{
	return offset < 0x300 ? offset / WORD_STRIDE : 0x30 + (offset - 0x400) / WORD_STRIDE;
}

static enum err probe(struct flash_bank *bank)
{
	const struct imxrt_chip *chip;
	unsigned words;

	TRY(imxrt_chip_of(bank->target, &chip));
	words = chip->part->ocotp_words;
	bank->sectors = xrealloc(bank->sectors, words * sizeof(*bank->sectors));
	bank->sector_count = words;
	for (unsigned i = 0; i < words; i++)
		bank->sectors[i] = (struct flash_sector){
			.offset = ocotp_fuse_address(i) - 0x400,
			.size = WORD_STRIDE,
			.is_erased = -1,
			.is_protected = 1,
		};
	bank->size = bank->sectors[words - 1].offset + WORD_STRIDE;
	bank->program_unit = 4;
	bank->erased_value = 0;
	bank->is_probed = true;
	return ocotp_guard(bank->target);
}

static enum err refuse(void)
{
	error_why(ERR_REFUSED,
		  "fuses are not flash: they cannot be erased, and they are not burnt by a flash "
		  "command");
	return error_next(ERR_REFUSED,
			  "use \"ocotp program NAME VALUE\": it says first what it would do");
}

static enum err erase(struct flash_bank *bank, unsigned first, unsigned last)
{
	(void)bank;
	(void)first;
	(void)last;
	return refuse();
}

static enum err write(struct flash_bank *bank, const uint8_t *data, uint32_t offset, size_t n)
{
	(void)bank;
	(void)data;
	(void)offset;
	(void)n;
	return refuse();
}

static enum err run(struct flash_bank *bank, struct flash_step *steps, size_t count)
{
	(void)bank;
	(void)steps;
	(void)count;
	return refuse();
}

static enum err protect(struct flash_bank *bank, bool set, unsigned first, unsigned last)
{
	(void)bank;
	(void)set;
	(void)first;
	(void)last;
	error_why(ERR_REFUSED, "the protection of fuses is a fuse, too (word 0, LOCK)");
	return error_next(ERR_REFUSED, "see \"ocotp list LOCK\"");
}

/* Between the words nothing answers for certain: it reads as 0. */
static enum err read(struct flash_bank *bank, uint8_t *dst, uint32_t offset, size_t n)
{
	const struct imxrt_chip *chip;
	struct fuse_image image = { 0 };

	TRY(imxrt_chip_of(bank->target, &chip));
	TRY(ocotp_read_shadows(bank->target, chip, &image));
	for (size_t i = 0; i < n; i++) {
		uint32_t at = offset + (uint32_t)i;
		bool is_word = at % WORD_STRIDE < 4 && (at < 0x300 || at >= 0x400);

		dst[i] = is_word ? (uint8_t)(image.shadow[word_at(at)] >> 8 * (at % 4)) : 0;
	}
	return OK;
}

static enum err info(struct flash_bank *bank, struct buf *out)
{
	const struct imxrt_chip *chip;

	TRY(imxrt_chip_of(bank->target, &chip));
	buf_printf(out,
		   "fuses of the %s: %u words, read as shadow registers; burnt by \"ocotp "
		   "program\" only",
		   chip->part->name, chip->part->ocotp_words);
	return OK;
}

const struct flash_driver ocotp_driver = {
	.name = "ocotp",
	.help = "fuses of the i.MX RT10xx: readable; burnt by \"ocotp program\" only",
	.commands = ocotp_commands,
	.create = create,
	.probe = probe,
	.erase = erase,
	.write = write,
	.run = run,
	.protect = protect,
	.info = info,
	.read = read,
	.is_read_only = true,
};
