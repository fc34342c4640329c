/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flexspi: verbs. */
#include <stdlib.h>
#include <string.h>

#include "flash/flexspi_nor.h"
#include "flash/serial_nor_priv.h"

#define RAW_MAX 4096u

/* The bank of argument `index`, or the first flexspi bank of all. */
static enum err arg_bank(struct call *c, int index, struct flash_bank **bank)
{
	struct flash_room *room = c->user;

	if (c->argc > index)
		return arg_flash_bank(c, index, &flexspi_nor_driver, bank);
	for (*bank = room->banks; *bank != NULL; *bank = (*bank)->next)
		if ((*bank)->driver == &flexspi_nor_driver)
			return OK;
	return error_next(error_why(ERR_NO_BANK, "there is no flexspi bank"),
			  "declare one with \"flash bank NAME flexspi 0 0 0 0 TARGET\"");
}

/* A verb's work on an open, identified flash. */
typedef enum err (*bank_fn)(struct call *c, struct flash_bank *bank);

static enum err on_bank(struct call *c, struct flash_bank *bank, bank_fn fn)
{
	enum err rc;

	TRY(flash_probe(bank));
	TRY(flexspi_nor_open_identified(bank));
	rc = fn(c, bank);
	return error_first(rc, flexspi_nor_close(bank));
}

static enum err tell_identity(struct call *c, struct flash_bank *bank)
{
	const struct flexspi_nor *f = bank->priv;
	char id[16];

	snprintf(id, sizeof(id), "%02x%02x%02x", f->nor.id[0], f->nor.id[1], f->nor.id[2]);
	result_dict(c, "id", id);
	result_dict(c, "name", f->nor.name != NULL ? f->nor.name : "");
	result_dict(c, "vendor", serial_nor_vendor_name(f->nor.id));
	snprintf(id, sizeof(id), "%u", f->nor.bytes);
	result_dict(c, "bytes", id);
	result_dict(c, "sfdp", f->nor.has_sfdp ? "1" : "0");
	snprintf(id, sizeof(id), "%u", f->instance + 1);
	result_dict(c, "controller", id);
	return OK;
}

static enum err cmd_probe(struct call *c)
{
	struct flash_bank *bank;

	TRY(arg_bank(c, 1, &bank));
	return on_bank(c, bank, tell_identity);
}

static enum err cmd_info(struct call *c)
{
	struct flash_bank *bank;
	struct buf text = { 0 };
	enum err rc;

	TRY(arg_bank(c, 1, &bank));
	TRY(flash_probe(bank));
	rc = flexspi_nor_driver.info(bank, &text);
	if (rc == OK)
		result_printf(c, "%s", (const char *)text.data);
	buf_free(&text);
	return rc;
}

static enum err tell_status(struct call *c, struct flash_bank *bank)
{
	struct flexspi_nor *f = bank->priv;
	struct buf text = { 0 };

	if (f->nor.is_hyperflash) {
		uint16_t status = 0;

		TRY(hyper_read_status(&f->fs, &status));
		result_printf(c, "status 0x%04x\n", status);
		return OK;
	}
	serial_nor_describe_status(&f->nor, &f->status, &text);
	result_printf(c, "%s", (const char *)text.data);
	buf_free(&text);
	return OK;
}

static enum err cmd_status(struct call *c)
{
	struct flash_bank *bank;

	TRY(arg_bank(c, 1, &bank));
	return on_bank(c, bank, tell_status);
}

static enum err cmd_unprotect(struct call *c)
{
	struct flash_bank *bank;

	TRY(arg_bank(c, 1, &bank));
	TRY(flash_probe(bank));
	return flash_protect(bank, false, 0, bank->sector_count - 1);
}

static enum err set_quad(struct call *c, struct flash_bank *bank)
{
	struct flexspi_nor *f = bank->priv;

	(void)c;
	TRY(serial_nor_enable_quad(&f->fs, &f->nor));
	return serial_nor_read_status(&f->fs, &f->nor, &f->status);
}

static enum err cmd_quad(struct call *c)
{
	struct flash_bank *bank;

	TRY(arg_bank(c, 1, &bank));
	return on_bank(c, bank, set_quad);
}

/* 4Bh, four dummy bytes, eight bytes (W25Q32JV 8.2.40). */
static enum err tell_uid(struct call *c, struct flash_bank *bank)
{
	struct flexspi_nor *f = bank->priv;
	uint8_t uid[8] = { 0 };
	char text[17];
	struct flexspi_command cmd = {
		.name = "read unique id 4Bh",
		.lut = { LUT_WORD(LUT_INSTR(LUT_CMD, 1, 0x4b), LUT_INSTR(LUT_DUMMY, 1, 32)),
			 LUT_INSTR(LUT_READ, 1, 8) },
		.read = uid,
		.bytes = sizeof(uid),
	};

	if (f->nor.is_hyperflash)
		return error_why(ERR_UNSUPPORTED, "a HyperFlash has no unique id");
	TRY(flexspi_exec(&f->fs, &cmd));
	hex_encode(text, uid, sizeof(uid));
	result_printf(c, "%s", text);
	return OK;
}

static enum err cmd_uid(struct call *c)
{
	struct flash_bank *bank;

	TRY(arg_bank(c, 1, &bank));
	return on_bank(c, bank, tell_uid);
}

static enum err cmd_erase_chip(struct call *c)
{
	struct flash_bank *bank;

	TRY(arg_bank(c, 1, &bank));
	TRY(flash_probe(bank));
	return flash_erase_sectors(bank, 0, bank->sector_count - 1);
}

static enum err cmd_doctor(struct call *c)
{
	struct flash_bank *bank;
	struct buf text = { 0 };
	enum err rc;

	TRY(arg_bank(c, 1, &bank));
	rc = flexspi_nor_describe_controller(bank, &text);
	if (rc == OK)
		rc = flexspi_nor_doctor(bank, &text);
	if (rc == OK)
		result_printf(c, "%s", (const char *)text.data);
	buf_free(&text);
	return rc;
}

static enum err cmd_force(struct call *c)
{
	struct flash_bank *bank;
	struct flexspi_nor *f;
	bool on;

	TRY(arg_flash_bank(c, 1, &flexspi_nor_driver, &bank));
	f = bank->priv;
	if (c->argc < 3) {
		result_bool(c, f->is_forced);
		return OK;
	}
	TRY(arg_bool(c, 2, &on));
	f->is_forced = on;
	return OK;
}

/* Raw commands */

struct raw {
	uint8_t opcode, data[RAW_MAX];
	bool has_address, is_read, confirmed;
	uint32_t address, dummy, bytes;
};

/* Opcodes that change what can never be changed back. */
static const struct forbidden {
	uint8_t opcode;
	const char *words;
} forbidden[] = {
	{ 0x42,
	  "programs security registers, or ISSI's function register, whose bits only go to 1" },
	{ 0x62, "programs ISSI's information row, or erases a chip of old parts" },
	{ 0x44, "erases a security register" },
	{ 0x9b, "programs AT25's one-time security register" },
	{ 0x2f, "locks Macronix's security register for ever" },
	{ 0xb1, "enters Macronix's one-time area" },
	{ 0x11, "writes status register 3" },
	{ 0x31, "writes status register 2, whose LB bits lock for ever" },
	{ 0x01, "writes the status registers, whose LB bits lock for ever" },
	{ 0 }
};

static enum err check_confirmed(const struct raw *raw)
{
	if (raw->confirmed)
		return OK;
	for (const struct forbidden *f = forbidden; f->opcode != 0; f++)
		if (f->opcode == raw->opcode)
			return error_next(
				error_why(ERR_REFUSED, "opcode 0x%02x %s", f->opcode, f->words),
				"add \"confirm\" if that is what you want");
	return OK;
}

/* Bytes up to the end or to `confirm`. */
static enum err parse_raw_bytes(struct call *c, int *i, struct raw *raw)
{
	uint32_t value;

	for (; *i < c->argc && strcmp(c->argv[*i], "confirm") != 0; ++*i) {
		TRY(arg_u32(c, *i, &value));
		if (value > 0xff || raw->bytes == RAW_MAX)
			return error_why(ERR_ARGUMENT, "\"%s\" is not a byte, or one too many",
					 c->argv[*i]);
		raw->data[raw->bytes++] = (uint8_t)value;
	}
	--*i; /* the caller goes on behind it */
	return OK;
}

static enum err parse_raw_word(struct call *c, int *i, struct raw *raw)
{
	const char *word = c->argv[*i];
	uint32_t value;

	if (strcmp(word, "confirm") == 0) {
		raw->confirmed = true;
		return OK;
	}
	if (*i + 1 >= c->argc)
		return arg_usage(c);
	TRY(arg_u32(c, ++*i, &value));
	if (strcmp(word, "address") == 0) {
		raw->has_address = true;
		raw->address = value;
	} else if (strcmp(word, "dummy") == 0 && value <= 255) {
		raw->dummy = value;
	} else if (strcmp(word, "read") == 0 && value <= RAW_MAX && raw->bytes == 0) {
		raw->is_read = true;
		raw->bytes = value;
	} else if (strcmp(word, "write") == 0 && !raw->is_read) {
		return parse_raw_bytes(c, i, raw);
	} else {
		return arg_usage(c);
	}
	return OK;
}

static void raw_lut(const struct raw *raw, uint32_t bits, uint32_t lut[4])
{
	uint32_t instructions[8] = { 0 };
	unsigned n = 0;

	instructions[n++] = LUT_INSTR(LUT_CMD, 1, raw->opcode);
	if (raw->has_address)
		instructions[n++] = LUT_INSTR(LUT_RADDR, 1, bits);
	if (raw->dummy > 0)
		instructions[n++] = LUT_INSTR(LUT_DUMMY, 1, raw->dummy);
	if (raw->bytes > 0)
		instructions[n++] = LUT_INSTR(raw->is_read ? LUT_READ : LUT_WRITE, 1, 4);
	for (unsigned i = 0; i < 4; i++)
		lut[i] = LUT_WORD(instructions[2 * i], instructions[2 * i + 1]);
}

static enum err run_raw(struct call *c, struct flash_bank *bank, struct raw *raw)
{
	struct flexspi_nor *f = bank->priv;
	struct flexspi_command cmd = { .name = "raw command",
				       .address = raw->address,
				       .bytes = raw->bytes };

	raw_lut(raw, f->nor.needs_4_byte ? 32 : 24, cmd.lut);
	if (raw->bytes > 0 && raw->is_read)
		cmd.read = raw->data;
	else if (raw->bytes > 0)
		cmd.write = raw->data;
	TRY(flexspi_exec(&f->fs, &cmd));
	for (uint32_t i = 0; raw->is_read && i < raw->bytes; i++)
		result_printf(c, "%s%02x", i > 0 ? " " : "", raw->data[i]);
	return OK;
}

/* The flash is not asked who it is: the expert may want to talk to one that does not answer. */
static enum err cmd_command(struct call *c)
{
	struct raw *raw = xcalloc(1, sizeof(*raw));
	struct flash_bank *bank = NULL;
	uint32_t opcode = 0;
	enum err rc = arg_u32(c, 1, &opcode);

	if (rc == OK && opcode > 0xff)
		rc = error_why(ERR_ARGUMENT, "an opcode is one byte");
	raw->opcode = (uint8_t)opcode;
	for (int i = 2; rc == OK && i < c->argc; i++)
		rc = parse_raw_word(c, &i, raw);
	if (rc == OK)
		rc = check_confirmed(raw);
	if (rc == OK)
		rc = arg_bank(c, c->argc, &bank);
	if (rc == OK)
		rc = flexspi_nor_open(bank);
	if (rc == OK) {
		rc = run_raw(c, bank, raw);
		rc = error_first(rc, flexspi_nor_close(bank));
	}
	free(raw);
	return rc;
}

const struct command flexspi_commands[] = {
	{ "flexspi probe", STAGE_EXEC, 0, 1, "?bank?", cmd_probe,
	  "Identify the flash again. Returns a dict: id, name, vendor, bytes, sfdp, controller. A "
	  "core that "
	  "runs is stopped meanwhile and goes on." },
	{ "flexspi info", STAGE_EXEC, 0, 1, "?bank?", cmd_info,
	  "What the flash is: id, size, erase units, clock, status registers, protection." },
	{ "flexspi status", STAGE_EXEC, 0, 1, "?bank?", cmd_status,
	  "The status registers of the flash in words, and what is write-protected." },
	{ "flexspi unprotect", STAGE_EXEC, 0, 1, "?bank?", cmd_unprotect,
	  "Clear the block protection of the flash (it stays cleared); quad enable is kept." },
	{ "flexspi quad", STAGE_EXEC, 0, 1, "?bank?", cmd_quad,
	  "Set the flash's quad enable bit by the rule of its SFDP (it stays set)." },
	{ "flexspi uid", STAGE_EXEC, 0, 1, "?bank?", cmd_uid,
	  "The unique id of the flash (4Bh), 16 hex digits." },
	{ "flexspi erase_chip", STAGE_EXEC, 0, 1, "?bank?", cmd_erase_chip,
	  "Erase the whole flash, by the chip erase command where that is not slower than block by "
	  "block." },
	{ "flexspi doctor", STAGE_EXEC, 0, 1, "?bank?", cmd_doctor,
	  "Examine controller and flash step by step: what answers, in which mode, SFDP, status "
	  "registers, "
	  "protection, the boot header; what is wrong and the command that mends it." },
	{ "flexspi force", STAGE_ANY, 1, 2, "bank ?on|off?", cmd_force,
	  "Write images to this bank although the boot ROM cannot start them, or they would lock "
	  "out the "
	  "debugger. Without a value: how it is set." },
	{ "flexspi command", STAGE_EXEC, 1, -1,
	  "opcode ?address n? ?dummy clocks? ?read n | write byte ...? ?confirm?", cmd_command,
	  "Send one command to the flash on one line, as it stands. `read n` returns n bytes in "
	  "hex. Opcodes "
	  "that may burn one-time bits want `confirm`." },
	{ 0 }
};
