/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flexspi_nor: serial flash behind a FlexSPI of an i.MX RT10xx as a flash bank. The driver's table;
 * what stands around each access is in flexspi_nor_session.c, writing in flexspi_nor_run.c.
 */
#include "flash/flexspi_nor.h"

#include <stdlib.h>
#include <string.h>

#include "flash/ocotp.h"
#include "flash/serial_nor_priv.h"

#define BY_COMMAND_BYTES 4096u /* up to here the IP path is quicker than showing the window */

/* The bank */

static void fill_sectors(struct flash_bank *bank, uint32_t size)
{
	const struct flexspi_nor *f = bank->priv;
	uint32_t sector = f->nor.erase[0].bytes;

	bank->size = size;
	bank->sector_count = size / sector;
	bank->sectors =
		xrealloc(bank->sectors, MAX(bank->sector_count, 1u) * sizeof(*bank->sectors));
	for (unsigned i = 0; i < bank->sector_count; i++)
		bank->sectors[i] = (struct flash_sector){ i * sector, sector, -1, -1 };
}

static void note_protection(struct flash_bank *bank)
{
	const struct flexspi_nor *f = bank->priv;
	const struct nor_status *st = &f->status;

	for (unsigned i = 0; i < bank->sector_count; i++) {
		struct flash_sector *s = &bank->sectors[i];

		s->is_protected = st->needs_block_unlock ||
				  (s->offset + s->size > st->protected_first &&
				   s->offset < st->protected_first + st->protected_bytes);
	}
}

void flexspi_nor_fill_bank(struct flash_bank *bank)
{
	const struct flexspi_nor *f = bank->priv;
	uint32_t size = MIN(f->nor.bytes, f->fs.facts->window_bytes);
	const struct nor_erase *largest = serial_nor_erase_unit(&f->nor, 0, f->nor.bytes);

	if (bank->given_size != 0 && bank->given_size < size)
		size = bank->given_size;
	if (size != bank->size || bank->sectors == NULL ||
	    bank->sectors[0].size != f->nor.erase[0].bytes)
		fill_sectors(bank, size);
	bank->program_unit = f->nor.page_bytes;
	bank->program_unit_us = f->nor.page_typical_us;
	bank->erase_sector_us =
		(uint32_t)((uint64_t)largest->typical_us * f->nor.erase[0].bytes / largest->bytes);
	bank->mass_erase_us = f->nor.chip_typical_us;
	bank->erased_value = 0xff;
	bank->keepalive = 0;
	note_protection(bank);
}

static void log_identity(const struct flash_bank *bank)
{
	const struct flexspi_nor *f = bank->priv;

	log_info("%s: %s, %u KiB, on %s at 0x%08x", f->part,
		 f->nor.name != NULL ? f->nor.name : "a flash known by its SFDP only",
		 bank->size >> 10, f->instance == 0 ? "FlexSPI" : "FlexSPI2", bank->base);
}

/* Identified once; each write looks again. A core that runs is stopped for some milliseconds. */
static enum err probe(struct flash_bank *bank)
{
	struct flexspi_nor *f = bank->priv;

	if (bank->is_probed && f->nor.bytes != 0)
		return OK;
	TRY(ocotp_guard(bank->target));
	TRY(flexspi_nor_open_identified(bank));
	TRY(flexspi_nor_close(bank));
	log_identity(bank);
	return OK;
}

/* The contract's steps */

static enum err begin(struct flash_bank *bank)
{
	TRY(check_halted(bank->target));
	return flexspi_nor_open_identified(bank);
}

static enum err run_one(struct flash_bank *bank, struct flash_step *steps, size_t count)
{
	enum err rc = flexspi_nor_open_identified(bank);

	if (rc != OK)
		return rc;
	return error_first(rc = flexspi_nor_run(bank, steps, count), flexspi_nor_close(bank));
}

static enum err erase(struct flash_bank *bank, unsigned first, unsigned last)
{
	struct flash_step *steps = xcalloc(last - first + 1, sizeof(*steps));
	enum err rc;

	for (unsigned i = first; i <= last; i++)
		steps[i - first] = (struct flash_step){
			.sector = i,
			.erase = true,
			.offset = bank->sectors[i].offset,
		};
	rc = run_one(bank, steps, last - first + 1);
	free(steps);
	return rc;
}

static enum err write(struct flash_bank *bank, const uint8_t *data, uint32_t offset, size_t n)
{
	while (n > 0) {
		const struct flash_sector *s = &bank->sectors[flash_sector_at(bank, offset)];
		struct flash_step step = {
			.sector = flash_sector_at(bank, offset),
			.offset = offset,
			.bytes = MIN(n, s->size - (offset - s->offset)),
			.data = (uint8_t *)data,
		};

		TRY(run_one(bank, &step, 1));
		offset += (uint32_t)step.bytes;
		data += step.bytes;
		n -= step.bytes;
	}
	return OK;
}

/* Reading */

static enum err read_open(struct flash_bank *bank, uint8_t *dst, uint32_t offset, size_t n)
{
	struct flexspi_nor *f = bank->priv;
	enum err rc;

	if (n <= BY_COMMAND_BYTES)
		return serial_nor_read(&f->fs, &f->nor, offset, dst, n);
	rc = flexspi_nor_show_window(bank, offset);
	if (rc == OK)
		rc = target_read_bytes(bank->target, bank->base + offset, dst, n, NULL);
	rc = error_first(rc, flexspi_nor_hide_window(bank));
	if (rc == OK)
		return OK;
	if (rc != ERR_VERIFY && rc != ERR_BUS && rc != ERR_DAP_FAULT)
		return rc;
	error_clear();
	return serial_nor_read(&f->fs, &f->nor, offset, dst, n);
}

static enum err read(struct flash_bank *bank, uint8_t *dst, uint32_t offset, size_t n)
{
	enum err rc;

	TRY(flexspi_nor_open_identified(bank));
	rc = read_open(bank, dst, offset, n);
	return error_first(rc, flexspi_nor_close(bank));
}

static enum err crcs_by_command(struct flash_bank *bank, uint32_t offset, uint32_t block,
				unsigned count, uint32_t *crcs)
{
	struct flexspi_nor *f = bank->priv;
	uint8_t *data = xcalloc(1, block);
	enum err rc = OK;

	for (unsigned i = 0; rc == OK && i < count; i++) {
		rc = serial_nor_read(&f->fs, &f->nor, offset + i * block, data, block);
		crcs[i] = rc == OK ? crc_bytes(0xffffffff, data, block) : 0;
		if (rc == OK)
			rc = operation_step(bank);
	}
	free(data);
	return rc;
}

static enum err crcs_open(struct flash_bank *bank, uint32_t offset, uint32_t block, unsigned count,
			  uint32_t *crcs)
{
	enum err rc = flexspi_nor_show_window(bank, offset);

	if (rc == OK)
		rc = block_crcs_anyhow(bank->target, 0, bank->base + offset, block, count, crcs);
	rc = error_first(rc, flexspi_nor_hide_window(bank));
	if (rc != ERR_VERIFY && rc != ERR_BUS && rc != ERR_DAP_FAULT && rc != ERR_ALGORITHM)
		return rc;
	error_clear();
	return crcs_by_command(bank, offset, block, count, crcs);
}

static enum err crcs(struct flash_bank *bank, uint32_t offset, uint32_t block, unsigned count,
		     uint32_t *result)
{
	enum err rc;

	TRY(flexspi_nor_open_identified(bank));
	rc = crcs_open(bank, offset, block, count, result);
	return error_first(rc, flexspi_nor_close(bank));
}

/* Protection */

static enum err set_protection(struct flash_bank *bank, uint32_t first, uint32_t bytes)
{
	struct flexspi_nor *f = bank->priv;
	uint8_t sr[3];

	if (f->nor.is_hyperflash)
		return error_why(ERR_UNSUPPORTED, "protection of a HyperFlash is not supported");
	if (!serial_nor_protection_for(&f->nor, &f->status, first, bytes, sr)) {
		error_why(ERR_UNSUPPORTED, "the flash cannot protect just 0x%x..0x%x", first,
			  first + bytes - 1);
		return error_next(ERR_UNSUPPORTED,
				  "protect a power of two of it (from 64 KiB on) at the "
				  "start or the end, or all");
	}
	if (f->status.is_locked_until_power_cycle)
		return error_why(ERR_PROTECTED,
				 "the status registers are locked until the next power cycle");
	TRY(nor_write_status(&f->fs, &f->nor, sr, &f->status));
	if (f->status.protected_bytes != bytes)
		return error_why(ERR_FLASH_OPERATION,
				 "the flash did not take the protection bits "
				 "(0x%02x 0x%02x)",
				 f->status.sr[0], f->status.sr[1]);
	return OK;
}

static enum err protect_open(struct flash_bank *bank, bool set, unsigned first, unsigned last)
{
	struct flexspi_nor *f = bank->priv;
	uint32_t low = bank->sectors[first].offset;
	uint32_t high = bank->sectors[last].offset + bank->sectors[last].size;

	TRY(serial_nor_end_suspend(&f->fs, &f->nor, &f->status));
	if (set)
		return set_protection(bank, low, high - low);
	if (low > f->status.protected_first ||
	    high < f->status.protected_first + f->status.protected_bytes)
		log_info("flash bank %s: block protection goes as a whole", bank->name);
	TRY(serial_nor_unprotect(&f->fs, &f->nor));
	return serial_nor_read_status(&f->fs, &f->nor, &f->status);
}

static enum err protect(struct flash_bank *bank, bool set, unsigned first, unsigned last)
{
	enum err rc;

	TRY(flexspi_nor_open_identified(bank));
	rc = protect_open(bank, set, first, last);
	note_protection(bank);
	return error_first(rc, flexspi_nor_close(bank));
}

static enum err protect_check(struct flash_bank *bank)
{
	struct flexspi_nor *f = bank->priv;
	enum err rc;

	TRY(flexspi_nor_open_identified(bank));
	rc = serial_nor_read_status(&f->fs, &f->nor, &f->status);
	if (rc == OK)
		note_protection(bank);
	return error_first(rc, flexspi_nor_close(bank));
}

/* Description */

static enum err info(struct flash_bank *bank, struct buf *out)
{
	struct flexspi_nor *f = bank->priv;

	TRY(protect_check(bank));
	buf_printf(out, "%s %s: %s (%s, id %02x %02x %02x), %u KiB%s\n", f->part,
		   f->instance == 0 ? "FlexSPI" : "FlexSPI2",
		   f->nor.name != NULL ? f->nor.name : "serial flash",
		   serial_nor_vendor_name(f->nor.id), f->nor.id[0], f->nor.id[1], f->nor.id[2],
		   f->nor.bytes >> 10, f->nor.has_sfdp ? ", SFDP" : "");
	buf_printf(out, "pages of %u bytes, erases", f->nor.page_bytes);
	for (size_t i = 0; i < ARRAY_SIZE(f->nor.erase) && f->nor.erase[i].bytes != 0; i++)
		buf_printf(out, "%s %u KiB (%02xh)", i > 0 ? "," : "", f->nor.erase[i].bytes >> 10,
			   f->nor.erase[i].opcode);
	buf_printf(out, "; %u MHz on one line to be sure\n", f->safe_hz / 1000000);
	if (!f->nor.is_hyperflash)
		serial_nor_describe_status(&f->nor, &f->status, out);
	return OK;
}

/* Options of `flash bank`: -port a1|a2|b1|b2. */
static enum err create(struct flash_bank *bank, int argc, const char *const *argv)
{
	static const char *const ports[] = { "a1", "a2", "b1", "b2" };
	struct flexspi_nor *f = xcalloc(1, sizeof(*f));

	bank->priv = f;
	bank->size = 0; /* the flash says */
	for (int i = 0; i + 1 < argc; i += 2)
		for (unsigned k = 0; strcmp(argv[i], "-port") == 0 && k < ARRAY_SIZE(ports); k++)
			if (strcmp(argv[i + 1], ports[k]) == 0) {
				f->port = k;
				f->port_given = true;
			}
	if (argc == 0 || (argc == 2 && f->port_given))
		return OK;
	free(f);
	bank->priv = NULL;
	return error_next(error_why(ERR_ARGUMENT, "a flexspi bank takes no option but -port"),
			  "-port a1, a2, b1 or b2");
}

static void destroy(struct flash_bank *bank)
{
	free(bank->priv);
}

static const char *const aliases[] = { "flexspi_nor", NULL };

const struct flash_driver flexspi_nor_driver = {
	.name = "flexspi",
	.aliases = aliases,
	.help = "i.MX RT10xx: serial NOR or HyperFlash behind a FlexSPI; base 0: where the chip "
		"boots from",
	.commands = flexspi_commands,
	.create = create,
	.destroy = destroy,
	.probe = probe,
	.begin = begin,
	.end = flexspi_nor_close,
	.erase = erase,
	.write = write,
	.run = flexspi_nor_run,
	.plan = flexspi_nor_plan,
	.objections = flexspi_nor_objections,
	.protect = protect,
	.protect_check = protect_check,
	.info = info,
	.read = read,
	.crcs = crcs,
};
