/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flexspi_nor: `flexspi doctor`. Each stage is looked at for itself, from the controller to the
 * boot header, so that the one that fails is named: nobody answers, somebody answers with the wrong
 * mode, protection, a write that was interrupted.
 */
#include <string.h>

#include "flash/flexspi_nor.h"
#include "flash/serial_nor_priv.h"

static void say_next(struct buf *out, unsigned *count, const char *text)
{
	buf_printf(out, "%s%s\n", (*count)++ == 0 ? "what to do next:\n  " : "  ", text);
}

/* What the flash answers before anything is done to it. */
static enum err look_untouched(struct flexspi *fs, uint8_t id[3], struct buf *out)
{
	const char *bad;

	TRY(nor_read_id(fs, id));
	bad = serial_nor_bad_id(id);
	buf_printf(out, "JEDEC id as found: %02x %02x %02x%s\n", id[0], id[1], id[2],
		   bad != NULL ? ": no flash answers before it is woken" : "");
	return OK;
}

static void describe_sfdp(const struct serial_nor *nor, struct buf *out)
{
	if (nor->has_sfdp)
		buf_printf(out, "SFDP: basic table of %u words, %u KiB, page %u bytes",
			   nor->bfpt_dwords, nor->bytes >> 10, nor->page_bytes);
	else
		buf_printf(out, "SFDP: none; known from the table of parts: %u KiB, page %u bytes",
			   nor->bytes >> 10, nor->page_bytes);
	for (size_t i = 0; i < ARRAY_SIZE(nor->erase) && nor->erase[i].bytes != 0; i++)
		buf_printf(out, ", erase %u KiB by %02xh", nor->erase[i].bytes >> 10,
			   nor->erase[i].opcode);
	if (nor->read_1_4_4.opcode != 0)
		buf_printf(out, ", quad read %02xh", nor->read_1_4_4.opcode);
	buf_printf(out, "\naddress bytes: %s\n",
		   nor->needs_4_byte ? "4"
		   : nor->has_4_byte ? "3 or 4 (now 3)"
				     : "3");
}

static void advise(const struct serial_nor *nor, const struct nor_status *st, bool was_awake,
		   struct buf *out, unsigned *count)
{
	if (!was_awake)
		say_next(out, count,
			 "the flash was asleep or in another mode (deep power-down, QPI, continuous "
			 "read, 4-byte); it is awake now: \"flash write_image\" and \"imxrt rescue\" "
			 "do that by themselves");
	if (st->is_suspended)
		say_next(out, count,
			 "an erase or program is suspended: the next \"flash write_image\" lets it end, as "
			 "\"flexspi command 0x7a\" does");
	if (st->is_locked_until_power_cycle)
		say_next(out, count,
			 "the status registers are locked (SRL): power-cycle the board");
	if (st->is_locked_by_pin)
		say_next(out, count,
			 "SRP is set: while WP# is low the status registers cannot be changed; "
			 "\"flexspi quad\" makes WP# a data line");
	if (st->protected_bytes != 0 || st->needs_block_unlock)
		say_next(out, count, "parts are write-protected: \"flexspi unprotect\"");
	if (!st->is_quad && nor->quad_enable != QER_NONE)
		say_next(out, count,
			 "quad is not enabled: an image whose FCB reads on four lines does not "
			 "boot; \"flexspi quad\" enables it");
}

static enum err examine(struct flash_bank *bank, bool was_awake, struct buf *out)
{
	struct flexspi_nor *f = bank->priv;
	bool interrupted = false;
	unsigned count = 0;

	buf_printf(out, "flash: %s (%s)\n",
		   f->nor.name != NULL ? f->nor.name : "known by SFDP only",
		   f->nor.is_hyperflash ? "HyperFlash" : serial_nor_vendor_name(f->nor.id));
	describe_sfdp(&f->nor, out);
	if (!f->nor.is_hyperflash)
		serial_nor_describe_status(&f->nor, &f->status, out);
	if (f->is_boot_flash)
		TRY(flexspi_nor_tell_interrupted(bank, &interrupted));
	if (!f->nor.is_hyperflash)
		advise(&f->nor, &f->status, was_awake, out, &count);
	if (interrupted)
		say_next(out, &count,
			 "a write was interrupted, the boot header is missing or damaged: write the "
			 "whole image again");
	if (count == 0)
		buf_printf(out, "nothing is wrong with the flash\n");
	return OK;
}

static enum err doctor_open(struct flash_bank *bank, struct buf *out)
{
	struct flexspi_nor *f = bank->priv;
	uint8_t id[3] = { 0 };
	enum err rc;

	TRY(look_untouched(&f->fs, id, out));
	rc = flexspi_nor_open_identified(bank);
	f->found_absent = rc != OK;
	if (rc != OK) {
		const struct error *e = error_current();

		buf_printf(out, "%s\nwhat to do next:\n  %s\n", e->why,
			   e->next[0] ? e->next : error_step(e->code));
		error_clear();
		return OK;
	}
	f->found_asleep = !f->nor.is_hyperflash && memcmp(id, f->nor.id, 3) != 0;
	rc = examine(bank, !f->found_asleep, out);
	return error_first(rc, flexspi_nor_close(bank));
}

enum err flexspi_nor_describe_controller(struct flash_bank *bank, struct buf *out)
{
	const struct imxrt_chip *chip;

	TRY(imxrt_chip_of(bank->target, &chip));
	TRY(flexspi_nor_place(bank, chip));
	return flexspi_describe(bank->target, chip, ((struct flexspi_nor *)bank->priv)->instance, out);
}

enum err flexspi_nor_doctor(struct flash_bank *bank, struct buf *out)
{
	const struct imxrt_chip *chip;
	enum err rc;

	TRY(imxrt_chip_of(bank->target, &chip));
	TRY(flexspi_nor_place(bank, chip));
	TRY(flexspi_nor_open(bank));
	rc = doctor_open(bank, out);
	return error_first(rc, flexspi_nor_close(bank));
}
