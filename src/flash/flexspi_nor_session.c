/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flexspi_nor: what stands around everything that talks to the flash. */
#include "flash/flexspi_nor.h"

#include <stdlib.h>
#include <string.h>

#include "flash/flexspi_regs.h"
#include "flash/serial_nor_priv.h"

#define SAFE_HZ		30000000u
#define FAST_HZ		50000000u /* up to here 03h does: no dummy clocks that a program may have changed */
#define VECTORS		0x2000u	  /* where programs begin */
#define PROBES		8u	  /* ids that must come back right at a new clock */
#define SAMPLE_BYTES	64u
#define WHOLE_BUFFER	0x80u /* AHBRXBUF3: all 1024 bytes */
#define BUFFER_PREFETCH BIT(31)

/* The core. A claim keeps the background poll and other clients away while it is stopped, so nobody
 * sees the stop unless the program itself stopped in that moment. */

static enum err hold_core(struct flash_bank *bank)
{
	struct flexspi_nor *f = bank->priv;
	struct target *t = bank->target;

	TRY(target_check_examined(t));
	TRY(target_claim(t, "flash access"));
	f->is_held = true;
	f->was_running = false;
	if (t->state == TARGET_HALTED)
		return OK;
	TRY(t->type->halt(t));
	if (t->state != TARGET_HALTED)
		return error_next(error_why(ERR_NOT_HALTED,
					    "%s does not halt, so its flash cannot be "
					    "reached",
					    t->name),
				  "run \"imxrt rescue\"");
	t->memory_epoch++;
	f->was_running = true;
	return OK;
}

static enum err let_core_go(struct flash_bank *bank)
{
	struct flexspi_nor *f = bank->priv;
	struct target *t = bank->target;
	enum err rc = OK;

	if (!f->is_held)
		return OK;
	f->is_held = false;
	if (f->was_running && t->state == TARGET_HALTED) {
		t->memory_epoch++;
		if (t->reason == HALT_DEBUG_REQUEST)
			rc = t->type->resume(t, false, false);
		else
			target_call_event(t, EVENT_HALTED); /* its own stop */
	}
	f->was_running = false;
	target_release(t);
	return rc;
}

/* Which controller: by the bank's base address, else the one the ROM boots from. */

enum err flexspi_nor_place(struct flash_bank *bank, const struct imxrt_chip *chip)
{
	struct flexspi_nor *f = bank->priv;
	uint32_t base = bank->base != 0 ? bank->base : chip->part->boot_window;

	snprintf(f->part, sizeof(f->part), "%s", chip->part->name);
	for (unsigned i = 0; i < 2; i++) {
		const struct imxrt_flexspi_facts *facts = &chip->part->flexspi[i];

		if (facts->regs == 0 ||
		    (base != facts->window && (facts->alias == 0 || base != facts->alias)))
			continue;
		f->instance = i;
		f->is_boot_flash = facts->window == chip->part->boot_window;
		f->is_placed = true;
		bank->base = base;
		return OK;
	}
	error_why(ERR_FLASH_PROBE, "the %s has no FlexSPI window at 0x%08x", chip->part->name,
		  base);
	return error_next(ERR_FLASH_PROBE, "use 0x%08x, where it boots from",
			  chip->part->boot_window);
}

static uint32_t saved_register(const struct flexspi_nor *f, uint32_t offset)
{
	const struct flexspi_saved *s = f->fs.saved;

	for (size_t i = 0; i < s->reg_count; i++)
		if (s->regs[i].addr == f->fs.facts->regs + offset)
			return s->regs[i].value;
	return 0;
}

/* Does somebody rely on the controller as it is? The ROM does not: it sets it up anew. */
static bool controller_was_used(const struct flash_bank *bank)
{
	const struct flexspi_nor *f = bank->priv;
	const struct flexspi_saved *s = f->fs.saved;
	uint32_t gate = f->quiet.ccgr[f->fs.facts->gate_reg], pc = 0;

	if (target_get_reg32(bank->target, "pc", &pc) != OK)
		error_clear();
	else if (pc - IMXRT_ROM < f->fs.chip->part->rom_bytes)
		return false;
	if (((gate >> f->fs.facts->gate_shift) & 3) == 0 || s->reg_count == 0)
		return false;
	return !(s->found_mcr0 & MCR0_MDIS);
}

/* The sequence by which the program reads its own code tells the mode it has put the flash in. */
static void note_modes(struct flexspi_nor *f)
{
	unsigned sequence = saved_register(f, FLEXSPI_FLSHCR2(f->port)) & 0xf;
	uint32_t first = f->fs.saved->luts[4 * sequence].value;
	uint32_t opcode = first & 0xff, address = first >> 16;
	bool is_command = ((first >> 10) & 0x1f) == LUT_CMD;

	f->was_qpi = f->was_usable && is_command && ((first >> 8) & 3) == 2;
	f->was_4_byte = f->was_usable && is_command && ((address >> 10) & 0x1f) == LUT_RADDR &&
			(address & 0xff) == 32 &&
			(opcode == 0x03 || opcode == 0x0b || opcode == 0x6b || opcode == 0xeb);
}

/* Back into the mode the program reads in: it goes on where it stood. */
static enum err restore_modes(struct flexspi_nor *f)
{
	bool by_35h = f->nor.vendor == NOR_ISSI || f->nor.vendor == NOR_MACRONIX;

	if (!f->is_fresh || f->nor.is_hyperflash)
		return OK;
	if (f->was_4_byte && f->nor.has_4_byte) {
		TRY(nor_send(&f->fs, "write enable 06h", 0x06));
		TRY(nor_send(&f->fs, "enter 4-byte addresses B7h", 0xb7));
	}
	if (f->was_qpi)
		TRY(nor_send(&f->fs, "enter QPI", by_35h ? 0x35 : 0x38));
	return OK;
}

static enum err open_held(struct flash_bank *bank)
{
	struct flexspi_nor *f = bank->priv;
	const struct imxrt_chip *chip;

	TRY(imxrt_chip_of(bank->target, &chip));
	TRY(flexspi_nor_place(bank, chip));
	TRY(imxrt_make_quiet(bank->target, chip, &f->quiet));
	TRY(flexspi_open(&f->fs, bank->target, f->instance, f->port));
	f->was_usable = controller_was_used(bank);
	note_modes(f);
	f->safe_hz = f->fs.hz;
	f->fast_hz = 0;
	f->is_fresh = false;
	return OK;
}

enum err flexspi_nor_open(struct flash_bank *bank)
{
	struct flexspi_nor *f = bank->priv;
	enum err rc;

	if (f->depth > 0) {
		f->depth++;
		return OK;
	}
	memset(&f->fs, 0, sizeof(f->fs));
	memset(&f->quiet, 0, sizeof(f->quiet));
	f->was_usable = true;
	f->depth = 1;
	rc = hold_core(bank);
	if (rc == OK)
		rc = open_held(bank);
	return rc == OK ? OK : error_first(rc, flexspi_nor_close(bank));
}

/* The controller stays up, slow and on one line: whoever reads the window sees the flash. */
static enum err leave_readable(struct flash_bank *bank)
{
	struct flexspi_nor *f = bank->priv;
	uint32_t lut[4];
	enum err rc;

	rc = flexspi_nor_slow_down(bank);
	if (f->nor.is_hyperflash)
		hyper_lut_read(lut);
	else
		nor_lut_read(&f->nor, lut, false, false);
	if (rc == OK)
		rc = flexspi_set_ahb_read(&f->fs, lut);
	if (rc == OK)
		rc = flexspi_forget(&f->fs, 0, bank->size);
	if (rc != OK)
		return rc;
	free(f->fs.saved);
	f->fs.saved = NULL;
	bank->target->memory_epoch++;
	return OK;
}

static enum err close_controller(struct flash_bank *bank)
{
	struct flexspi_nor *f = bank->priv;
	enum err rc = OK;

	if (f->fs.saved == NULL)
		return OK;
	if (flexspi_was_reset(&f->fs))
		return flexspi_close(&f->fs);
	if (!f->was_usable && !f->was_running && f->is_fresh)
		rc = leave_readable(bank);
	if (f->fs.saved == NULL)
		return rc;
	if (rc == OK && (f->was_usable || f->was_running))
		rc = restore_modes(f);
	return error_first(rc, flexspi_close(&f->fs));
}

enum err flexspi_nor_close(struct flash_bank *bank)
{
	struct flexspi_nor *f = bank->priv;
	enum err rc;

	if (f->depth == 0 || --f->depth > 0)
		return OK;
	rc = close_controller(bank);
	if (f->fs.was_reset)	/* what the program had set up went with the reset */
		f->quiet.valid = false;
	if (f->quiet.valid)
		rc = error_first(rc, imxrt_restore(bank->target, f->fs.chip, &f->quiet));
	return error_first(rc, let_core_go(bank));
}

/* Who is there */

static bool same_flash(const struct serial_nor *a, const struct serial_nor *b)
{
	return memcmp(a->id, b->id, sizeof(a->id)) == 0 && a->bytes == b->bytes &&
	       a->is_hyperflash == b->is_hyperflash;
}

/* A HyperFlash that was there before is asked first: it does not hear what wakes others. */
static enum err ask(struct flexspi_nor *f, struct serial_nor *nor)
{
	if (f->nor.is_hyperflash && hyper_probe(&f->fs, nor) == OK)
		return OK;
	error_clear();
	return serial_nor_probe(&f->fs, nor);
}

static enum err identify(struct flash_bank *bank)
{
	struct flexspi_nor *f = bank->priv;
	struct serial_nor nor = { 0 };

	TRY(ask(f, &nor));
	if (nor.bytes > f->fs.facts->window_bytes)
		log_warning("the flash has %u MiB, the window only shows %u", nor.bytes >> 20,
			    f->fs.facts->window_bytes >> 20);
	TRY(flexspi_set_size(&f->fs, nor.bytes));
	TRY(serial_nor_read_status(&f->fs, &nor, &f->status));
	if (bank->is_probed && !same_flash(&nor, &f->nor))
		log_warning("flash bank %s: another flash than before: %s", bank->name,
			    nor.name != NULL ? nor.name : "known by its SFDP only");
	f->nor = nor;
	f->is_fresh = true;
	flexspi_nor_fill_bank(bank);
	return OK;
}

enum err flexspi_nor_open_identified(struct flash_bank *bank)
{
	struct flexspi_nor *f = bank->priv;
	enum err rc;

	TRY(flexspi_nor_open(bank));
	rc = f->is_fresh ? OK : identify(bank);
	return rc == OK ? OK : error_first(rc, flexspi_nor_close(bank));
}

/* Speed */

static enum err id_is_right(struct flexspi_nor *f, bool *right)
{
	uint8_t id[3];

	*right = true;
	for (unsigned i = 0; i < PROBES && *right; i++) {
		TRY(nor_read_id(&f->fs, id));
		*right = memcmp(id, f->nor.id, 3) == 0;
	}
	return OK;
}

enum err flexspi_nor_speed_up(struct flash_bank *bank)
{
	struct flexspi_nor *f = bank->priv;
	bool right = true;

	if (f->fast_hz != 0 || f->nor.is_hyperflash)
		return OK;
	TRY(flexspi_set_speed(&f->fs, MIN(FAST_HZ, f->nor.max_hz)));
	TRY(id_is_right(f, &right));
	if (!right) {
		log_info("the flash cannot be read at %u MHz here: going on at %u MHz",
			 f->fs.hz / 1000000, SAFE_HZ / 1000000);
		TRY(flexspi_set_speed(&f->fs, SAFE_HZ));
	}
	f->fast_hz = f->fs.hz;
	return OK;
}

enum err flexspi_nor_slow_down(struct flash_bank *bank)
{
	struct flexspi_nor *f = bank->priv;

	if (f->fast_hz == 0)
		return OK;
	f->fast_hz = 0;
	return flexspi_set_speed(&f->fs, SAFE_HZ);
}

/* The window */

static enum err set_prefetch(struct flexspi *fs, bool on)
{
	TRY(flexspi_wait_idle(fs));
	queue_write(fs, FLEXSPI_AHBCR, AHBCR_READADDROPT | (on ? AHBCR_PREFETCH : 0));
	queue_write(fs, FLEXSPI_AHBRXBUF(3), on ? WHOLE_BUFFER | BUFFER_PREFETCH : WHOLE_BUFFER);
	return run_queue(fs);
}

/* An erased place looks the same however it is read: then the boot header is compared, too. */
static enum err compare_place(struct flash_bank *bank, uint32_t offset, bool *blank)
{
	struct flexspi_nor *f = bank->priv;
	uint8_t by_command[SAMPLE_BYTES], by_address[SAMPLE_BYTES];
	size_t n = MIN(SAMPLE_BYTES, bank->size - offset);

	TRY(serial_nor_read(&f->fs, &f->nor, offset, by_command, n));
	TRY(target_read_bytes(bank->target, bank->base + offset, by_address, n, NULL));
	*blank = is_filled(by_command, n, 0xff);
	if (memcmp(by_command, by_address, n) == 0)
		return OK;
	log_debug("flash bank %s: the window shows other bytes than the flash holds", bank->name);
	return error_why(ERR_VERIFY, "the window at 0x%08x does not show what the flash holds",
			 bank->base);
}

static enum err compare_window(struct flash_bank *bank, uint32_t offset)
{
	bool blank = false;

	TRY(compare_place(bank, offset, &blank));
	if (blank && offset != 0)
		TRY(compare_place(bank, 0, &blank));
	if (blank && bank->size > 2 * VECTORS)
		TRY(compare_place(bank, VECTORS, &blank));
	return OK;
}

enum err flexspi_nor_show_window(struct flash_bank *bank, uint32_t offset)
{
	struct flexspi_nor *f = bank->priv;
	uint32_t lut[4];

	TRY(flexspi_nor_speed_up(bank));
	if (f->quiet.is_remapped)	/* callers read by commands then */
		return error_why(ERR_VERIFY, "the window at 0x%08x is remapped or decrypted", bank->base);
	if (f->nor.is_hyperflash)
		hyper_lut_read(lut);
	else
		nor_lut_read(&f->nor, lut, true, f->status.is_quad);
	TRY(flexspi_set_ahb_read(&f->fs, lut));
	TRY(flexspi_forget(&f->fs, 0, bank->size));
	TRY(compare_window(bank, offset));
	/* Helper code reads word by word: without prefetch each would be a command of its own. */
	return set_prefetch(&f->fs, true);
}

enum err flexspi_nor_hide_window(struct flash_bank *bank)
{
	struct flexspi_nor *f = bank->priv;

	TRY(flexspi_forget(&f->fs, 0, bank->size));
	return set_prefetch(&f->fs, false);
}
