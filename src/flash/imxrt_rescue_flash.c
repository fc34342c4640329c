/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a rescue does once the core is halted. The ROM starts a program only if it finds the flash's
 * configuration block (FCB) and the image vector table (IVT): without these 8 KiB it goes on to the
 * serial downloader, and the rest of the flash may stay as it is.
 */
#include "flash/imxrt_rescue.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "flash/flexspi.h"
#include "flash/serial_nor.h"

#define HEADER_BYTES 0x2000u		/* FCB (0 or 0x400) and IVT (0x1000) */
#define CHECK_PIECE  0x1000u

#define say(...) log_user("imxrt rescue: " __VA_ARGS__)

static enum err examine_again(struct rescue *r)
{
	struct target *t = r->t;

	t->examined = false;
	TRY(target_examine(t));
	TRY(target_poll(t));
	if (t->state == TARGET_HALTED)
		return OK;
	TRY(target_halt(t));
	return target_wait_state(t, TARGET_HALTED, 500);
}

static void tell_quiet(const struct imxrt_quiet *q)
{
	struct buf text = { 0 };

	buf_printf(&text, "%s%s%s%s%s", q->wdog1_on ? ", WDOG1 was on" : "",
		   q->wdog2_on ? ", WDOG2 was on" : "", q->rtwdog_on ? ", RTWDOG was on" : "",
		   q->mpu_ctrl & 1 ? ", the MPU was on" : "",
		   q->d_cache_was_on ? ", the data cache was on" : "");
	say("the core is quiet: watchdogs, interrupts, MPU and caches are off%s",
	    text.data != NULL ? (const char *)text.data : "");
	buf_free(&text);
}

static enum err unprotect(struct flexspi *fs, const struct serial_nor *nor)
{
	struct nor_status status = { 0 };

	TRY(serial_nor_read_status(fs, nor, &status));
	TRY(serial_nor_end_suspend(fs, nor, &status));
	if (nor->is_hyperflash)
		return OK;
	if (status.protected_bytes == 0 && !status.needs_block_unlock) {
		say("the flash is not write-protected");
		return OK;
	}
	say("the flash protects 0x%x bytes from 0x%x on: unprotecting", status.protected_bytes,
	    status.protected_first);
	return serial_nor_unprotect(fs, nor);
}

static const struct nor_erase *erase_unit(const struct serial_nor *nor, bool biggest)
{
	const struct nor_erase *unit = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(nor->erase); i++)
		if (nor->erase[i].bytes != 0 && (unit == NULL || biggest))
			unit = &nor->erase[i];
	return unit;
}

static enum err erase(struct rescue *r, struct flexspi *fs, const struct serial_nor *nor, uint32_t *erased)
{
	const struct nor_erase *unit = erase_unit(nor, r->erase_chip);
	uint32_t bytes = r->erase_chip ? nor->bytes : HEADER_BYTES;

	if (unit == NULL)
		return error_why(ERR_FLASH_PROBE, "the flash names no erase command");
	say("erasing %s, 0x%x bytes", r->erase_chip ? "the whole flash" : "the boot header (FCB, IVT)",
	    bytes);
	for (*erased = 0; *erased < bytes; *erased += unit->bytes) {
		TRY(serial_nor_erase(fs, nor, *erased, unit));
		TRY(check_cancelled(r->t));
	}
	return OK;
}

/* By commands, not by address: nothing stands between us and the flash. */
static enum err check_blank_by_commands(struct rescue *r, struct flexspi *fs, const struct serial_nor *nor,
					uint32_t bytes)
{
	uint8_t *data = xcalloc(1, CHECK_PIECE);
	enum err rc = OK;

	for (uint32_t at = 0; at < bytes && rc == OK; at += CHECK_PIECE) {
		rc = serial_nor_read(fs, nor, at, data, CHECK_PIECE);
		for (size_t i = 0; i < CHECK_PIECE && rc == OK; i++) {
			if (data[i] == 0xff)
				continue;
			error_why(ERR_VERIFY, "the flash holds 0x%02x at 0x%zx after the erase", data[i],
				  at + i);
			rc = error_next(ERR_VERIFY, "run \"flexspi doctor\": the flash may be protected");
		}
		if (rc == OK)
			rc = check_cancelled(r->t);
	}
	free(data);
	return rc;
}

static enum err mend(struct rescue *r, struct flexspi *fs, struct serial_nor *nor, uint32_t *erased)
{
	enum err rc;

	say("taking the flash out of any mode it is in");
	rc = flexspi_wake_flash(fs, true);
	if (rc == OK)
		rc = serial_nor_probe(fs, nor);
	if (rc != OK)
		return error_what(rc, "the flash does not answer");
	say("the flash is %s (JEDEC %02x %02x %02x), %" PRIu32 " KiB",
	    nor->name != NULL ? nor->name : "known by its SFDP only", nor->id[0], nor->id[1], nor->id[2],
	    nor->bytes / 1024);
	TRY(flexspi_set_size(fs, nor->bytes));
	rc = unprotect(fs, nor);
	if (rc != OK)
		return error_what(rc, "the write protection cannot be removed");
	rc = erase(r, fs, nor, erased);
	if (rc != OK)
		return error_what(rc, "the erase failed");
	rc = check_blank_by_commands(r, fs, nor, MIN(*erased, nor->bytes));
	if (rc != OK)
		return error_what(rc, "the blank check failed");
	say("read back: 0x%x bytes are blank", *erased);
	return OK;
}

enum err rescue_flash(struct rescue *r, struct call *c)
{
	const struct imxrt_chip *chip = NULL;
	struct imxrt_quiet quiet = { 0 };
	struct serial_nor nor = { 0 };
	struct flexspi fs = { 0 };
	uint32_t erased = 0;

	TRY(examine_again(r));
	TRY(imxrt_chip_of(r->t, &chip));
	TRY(imxrt_make_quiet(r->t, chip, &quiet));
	tell_quiet(&quiet);
	TRY(flexspi_open(&fs, r->t, chip->part->flexspi[1].window == chip->part->boot_window, 0));
	enum err rc = mend(r, &fs, &nor, &erased);

	rc = error_first(rc, flexspi_abandon(&fs));
	if (rc != OK)
		return rc;
	result_dict(c, "rung", r->worked);
	result_dict(c, "part", chip->part->name);
	result_dict(c, "flash", nor.name != NULL ? nor.name : "");
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu32, erased);
	result_dict(c, "erased", text);
	return OK;
}
