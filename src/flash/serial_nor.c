/* SPDX-License-Identifier: GPL-2.0-or-later */
/* serial_nor: a flash at the other end of the controller: who it is, and its commands. */
#include "flash/serial_nor.h"

#include <string.h>

#include "base/clock.h"
#include "flash/serial_nor_priv.h"

#define OP_WRITE_ENABLE	 0x06
#define OP_READ_STATUS	 0x05
#define OP_READ_ID	 0x9f
#define OP_READ_SFDP	 0x5a
#define SFDP_BYTES	 256u
#define SFDP_MORE	 1024u
#define BUSY_AT_START_MS 60000u
#define PADS_4		 0x200u	   /* of a LUT instruction */
#define SPEED_FOR_READ	 50000000u /* 03h needs no dummy clocks up to here (W25Q32JV 9.6) */

/* LUT sequences */

static bool is_4_byte(const struct serial_nor *nor)
{
	return nor->bytes > 1u << 24;
}

/* Opcodes that take four address bytes in any mode (JESD216B 6.4.18, MX25UM51345G 10). */
static uint8_t to_4_byte(uint8_t opcode)
{
	static const uint8_t pairs[][2] = { { 0x03, 0x13 }, { 0x0b, 0x0c }, { 0x6b, 0x6c },
					    { 0xeb, 0xec }, { 0x02, 0x12 }, { 0x32, 0x34 },
					    { 0x20, 0x21 }, { 0xd7, 0x21 }, { 0x52, 0x5c },
					    { 0xd8, 0xdc } };

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
		if (pairs[i][0] == opcode)
			return pairs[i][1];
	return opcode;
}

static uint32_t opcode_and_address(const struct serial_nor *nor, uint8_t opcode)
{
	bool wide = is_4_byte(nor);

	return LUT_WORD(LUT_INSTR(LUT_CMD, 1, wide ? to_4_byte(opcode) : opcode),
			LUT_INSTR(LUT_RADDR, 1, wide ? 32 : 24));
}

void nor_lut_plain(uint32_t lut[4], uint8_t opcode)
{
	memset(lut, 0, 16);
	lut[0] = LUT_WORD(LUT_INSTR(LUT_CMD, 1, opcode), 0);
}

void nor_lut_register(uint32_t lut[4], uint8_t opcode, bool write)
{
	memset(lut, 0, 16);
	lut[0] = LUT_WORD(LUT_INSTR(LUT_CMD, 1, opcode),
			  LUT_INSTR(write ? LUT_WRITE : LUT_READ, 1, 4));
}

void nor_lut_addressed(const struct serial_nor *nor, uint32_t lut[4], uint8_t opcode)
{
	memset(lut, 0, 16);
	lut[0] = opcode_and_address(nor, opcode);
}

void nor_lut_program(const struct serial_nor *nor, uint32_t lut[4], bool quad)
{
	memset(lut, 0, 16);
	lut[0] = opcode_and_address(nor, quad ? 0x32 : 0x02);
	lut[1] = LUT_WORD(LUT_INSTR(LUT_WRITE, quad ? 4 : 1, 4), 0);
}

void nor_lut_read(const struct serial_nor *nor, uint32_t lut[4], bool fast, bool quad)
{
	memset(lut, 0, 16);
	if (quad && nor->read_1_1_4.opcode != 0) {
		unsigned dummy = nor->read_1_1_4.mode_clocks + nor->read_1_1_4.dummy_clocks;

		lut[0] = opcode_and_address(nor, nor->read_1_1_4.opcode);
		lut[1] = LUT_WORD(LUT_INSTR(LUT_DUMMY, 4, dummy), LUT_INSTR(LUT_READ, 4, 4));
	} else if (quad && nor->read_1_4_4.opcode != 0 && nor->read_1_4_4.mode_clocks == 2) {
		/* FFh as mode bits: no maker's sign for continuous read. */
		lut[0] = opcode_and_address(nor, nor->read_1_4_4.opcode) | (uint32_t)PADS_4 << 16;
		lut[1] = LUT_WORD(LUT_INSTR(LUT_MODE8, 4, 0xff),
				  LUT_INSTR(LUT_DUMMY, 4, nor->read_1_4_4.dummy_clocks));
		lut[2] = LUT_WORD(LUT_INSTR(LUT_READ, 4, 4), 0);
	} else if (fast) {
		lut[0] = opcode_and_address(nor, 0x0b);
		lut[1] = LUT_WORD(LUT_INSTR(LUT_DUMMY, 1, 8), LUT_INSTR(LUT_READ, 1, 4));
	} else {
		lut[0] = opcode_and_address(nor, 0x03);
		lut[1] = LUT_WORD(LUT_INSTR(LUT_READ, 1, 4), 0);
	}
}

/* Single commands */

enum err nor_send(struct flexspi *fs, const char *name, uint8_t opcode)
{
	struct flexspi_command c = { .name = name };

	nor_lut_plain(c.lut, opcode);
	return flexspi_exec(fs, &c);
}

static enum err read_register(struct flexspi *fs, const char *name, uint8_t opcode, uint8_t *dst,
			      size_t n)
{
	struct flexspi_command c = { .name = name, .read = dst, .bytes = n };

	nor_lut_register(c.lut, opcode, false);
	return flexspi_exec(fs, &c);
}

static enum err write_register(struct flexspi *fs, const char *name, uint8_t opcode,
			       const uint8_t *src, size_t n)
{
	struct flexspi_command c = { .name = name, .write = src, .bytes = n };

	nor_lut_register(c.lut, opcode, true);
	return flexspi_exec(fs, &c);
}

enum err nor_write_enable(struct flexspi *fs, const struct serial_nor *nor)
{
	uint8_t sr = 0;

	TRY(nor_send(fs, "write enable 06h", OP_WRITE_ENABLE));
	TRY(read_register(fs, "read status 05h", OP_READ_STATUS, &sr, 1));
	if ((sr & 3) == 2)
		return OK;
	error_why(ERR_FLASH_OPERATION, "the %s did not take write enable (06h)",
		  nor->name != NULL ? nor->name : "flash");
	error_evidence(ERR_FLASH_OPERATION, "status register 0x%02x (%s)", sr,
		       sr == 0xff ? "nobody drives the line"
		       : sr & 1	  ? "busy"
				  : "WEL is 0");
	return error_next(ERR_FLASH_OPERATION,
			  "run \"flexspi doctor\"; if it stays, power-cycle the board");
}

/* Who is there */

enum err nor_read_id(struct flexspi *fs, uint8_t id[3])
{
	uint8_t again[3] = { 0 };

	TRY(read_register(fs, "read id 9Fh", OP_READ_ID, id, 3));
	TRY(read_register(fs, "read id 9Fh", OP_READ_ID, again, 3));
	/* Two answers: the line is not stable, which is as good as none. */
	if (memcmp(id, again, 3) != 0)
		memset(id, 0xff, 3);
	return OK;
}

static enum err read_sfdp(struct flexspi *fs, uint8_t *dst, size_t n)
{
	struct flexspi_command c = {
		.name = "read SFDP 5Ah",
		.lut = { LUT_WORD(LUT_INSTR(LUT_CMD, 1, OP_READ_SFDP), LUT_INSTR(LUT_RADDR, 1, 24)),
			 LUT_WORD(LUT_INSTR(LUT_DUMMY, 1, 8), LUT_INSTR(LUT_READ, 1, 4)) },
		.read = dst,
		.bytes = n,
	};

	return flexspi_exec(fs, &c);
}

static enum err learn_sfdp(struct flexspi *fs, struct serial_nor *nor)
{
	uint8_t bytes[SFDP_MORE] = { 0 };
	enum err rc;

	TRY(read_sfdp(fs, bytes, SFDP_BYTES));
	if (memcmp(bytes, "SFDP", 4) != 0)
		return OK;
	rc = serial_nor_parse_sfdp(bytes, SFDP_BYTES, nor);
	if (rc == ERR_FORMAT) { /* a table that lies further behind? */
		error_clear();
		TRY(read_sfdp(fs, bytes, SFDP_MORE));
		rc = serial_nor_parse_sfdp(bytes, SFDP_MORE, nor);
	}
	if (rc != ERR_FORMAT)
		return rc;
	log_debug("%s", error_text(error_current()));
	error_clear();
	return OK;
}

/* An id counts if it is one of a known part, or if the flash proves itself with SFDP: a flash in
 * continuous read takes 9Fh as an address and answers with data. */
static enum err try_identify(struct flexspi *fs, struct serial_nor *nor, bool *found)
{
	uint8_t id[3] = { 0 };

	memset(nor, 0, sizeof(*nor));
	*found = false;
	TRY(nor_read_id(fs, id));
	memcpy(nor->id, id, 3);
	if (serial_nor_bad_id(id) != NULL)
		return OK;
	TRY(learn_sfdp(fs, nor));
	*found = serial_nor_apply_table(id, nor) || nor->has_sfdp;
	if (*found)
		serial_nor_fill_defaults(nor);
	return OK;
}

/* A flash that is still erasing answers nothing but its status. */
static enum err wait_if_busy(struct flexspi *fs)
{
	static const struct serial_nor anyone = { .bytes = 1 << 20 };
	uint8_t sr = 0xff, again = 0xff;

	TRY(read_register(fs, "read status 05h", OP_READ_STATUS, &sr, 1));
	TRY(read_register(fs, "read status 05h", OP_READ_STATUS, &again, 1));
	/* BUSY is 1 during an erase, with WEL; anything else is noise. */
	if (sr != again || sr == 0xff || (sr & 3) != 3)
		return OK;
	log_info("the flash is busy with an erase or program that somebody started: waiting");
	return serial_nor_wait(fs, &anyone, BUSY_AT_START_MS);
}

/* A flash that is busy for ever answers nothing but its status. */
static bool is_stuck(struct flexspi *fs, uint8_t *sr)
{
	uint8_t again = 0;

	if (read_register(fs, "read status 05h", OP_READ_STATUS, sr, 1) == OK &&
	    read_register(fs, "read status 05h", OP_READ_STATUS, &again, 1) == OK)
		return *sr == again && *sr != 0xff && (*sr & 1);
	error_clear();
	return false;
}

static enum err nobody_there(struct flexspi *fs, const struct serial_nor *nor)
{
	const char *bad = serial_nor_bad_id(nor->id);
	uint8_t sr = 0;

	if (bad != NULL && is_stuck(fs, &sr)) {
		error_why(ERR_FLASH_PROBE, "the flash on %s of the %s is busy without end (status "
			  "0x%02x) and answers nothing else", fs->instance == 0 ? "FlexSPI" : "FlexSPI2",
			  fs->chip->part->name, sr);
		return error_next(ERR_FLASH_PROBE, "power-cycle the board; if it stays like that the "
				  "flash is defective");
	}
	if (bad != NULL)
		error_why(ERR_FLASH_PROBE, "no flash answers on %s of the %s: %s",
			  fs->instance == 0 ? "FlexSPI" : "FlexSPI2", fs->chip->part->name, bad);
	else
		error_why(ERR_FLASH_PROBE,
			  "what answers on %s of the %s is not a known flash and has no SFDP (%s)",
			  fs->instance == 0 ? "FlexSPI" : "FlexSPI2", fs->chip->part->name,
			  serial_nor_vendor_name(nor->id));
	error_evidence(ERR_FLASH_PROBE, "JEDEC id %02x %02x %02x, also after reset commands",
		       nor->id[0], nor->id[1], nor->id[2]);
	return error_next(
		ERR_FLASH_PROBE,
		"check which controller the flash hangs on, then power-cycle the board: a flash in "
		"an octal mode or in deep power-down may need it");
}

enum err serial_nor_probe(struct flexspi *fs, struct serial_nor *nor)
{
	bool found = false;

	TRY(try_identify(fs, nor, &found));
	if (!found) {
		TRY(wait_if_busy(fs));
		TRY(flexspi_wake_flash(fs, false));
		TRY(try_identify(fs, nor, &found));
	}
	if (!found) {
		TRY(wait_if_busy(fs));
		TRY(flexspi_wake_flash(fs, true));
		TRY(try_identify(fs, nor, &found));
	}
	if (!found) {
		struct serial_nor hyper = { 0 };

		if (hyper_probe(fs, &hyper) == OK) {
			*nor = hyper;
			return OK;
		}
		error_clear();
		return nobody_there(fs, nor);
	}
	return OK;
}

/* Status */

enum err serial_nor_read_status(struct flexspi *fs, const struct serial_nor *nor,
				struct nor_status *status)
{
	memset(status, 0, sizeof(*status));
	if (nor->is_hyperflash)
		return hyper_is_suspended(fs, &status->is_suspended);
	TRY(read_register(fs, "read status 05h", OP_READ_STATUS, &status->sr[0], 1));
	if (nor->vendor == NOR_ISSI) {
		TRY(read_register(fs, "read function register 48h", 0x48, &status->sr[1], 1));
	} else if (nor->vendor == NOR_MACRONIX) {
		TRY(read_register(fs, "read configuration 15h", 0x15, &status->sr[1], 1));
		TRY(read_register(fs, "read security 2Bh", 0x2b, &status->sr[2], 1));
	} else if (serial_nor_has_sr2(nor)) {
		TRY(read_register(fs, "read status 35h", 0x35, &status->sr[1], 1));
		if (nor->vendor == NOR_WINBOND)
			TRY(read_register(fs, "read status 15h", 0x15, &status->sr[2], 1));
	}
	serial_nor_decode_status(nor, status);
	return OK;
}

static enum err write_one_status(struct flexspi *fs, const struct serial_nor *nor, const char *name,
				 uint8_t opcode, const uint8_t *src, size_t n)
{
	TRY(nor_write_enable(fs, nor));
	TRY(write_register(fs, name, opcode, src, n));
	return serial_nor_wait(fs, nor, nor->status_max_us / 1000 + 1);
}

enum err nor_write_status(struct flexspi *fs, const struct serial_nor *nor, const uint8_t sr[3],
			  struct nor_status *now)
{
	/* Adesto: 01h with one byte may clear the second register. */
	bool has_sr2 = serial_nor_has_sr2(nor);
	bool two_bytes = has_sr2 && (nor->quad_enable != QER_SR2_BIT1_31H || nor->vendor == NOR_ADESTO);
	uint8_t both[2] = { sr[0], sr[1] };

	if (two_bytes && (((sr[0] ^ now->sr[0]) & 0xfc) || sr[1] != now->sr[1]))
		TRY(write_one_status(fs, nor, "write status 01h", 0x01, both, 2));
	if (!two_bytes && ((sr[0] ^ now->sr[0]) & 0xfc))
		TRY(write_one_status(fs, nor, "write status 01h", 0x01, both, 1));
	if (!two_bytes && has_sr2 && sr[1] != now->sr[1])
		TRY(write_one_status(fs, nor, "write status 31h", 0x31, both + 1, 1));
	if (nor->vendor == NOR_WINBOND && sr[2] != now->sr[2])
		TRY(write_one_status(fs, nor, "write status 11h", 0x11, sr + 2, 1));
	return serial_nor_read_status(fs, nor, now);
}

/* A lock on the status registers, in words. */
static enum err check_status_locks(const struct nor_status *now)
{
	if (!now->is_locked_until_power_cycle)
		return OK;
	error_why(ERR_PROTECTED,
		  "the status registers of the flash are locked until its supply goes (SRL)");
	error_evidence(ERR_PROTECTED, "status registers 0x%02x 0x%02x 0x%02x", now->sr[0],
		       now->sr[1], now->sr[2]);
	return error_next(ERR_PROTECTED,
			  "power-cycle the board, then try again before the program runs");
}

static unsigned longest_erase_ms(const struct serial_nor *nor)
{
	uint32_t us = nor->page_max_us;

	for (size_t i = 0; i < ARRAY_SIZE(nor->erase); i++)
		us = MAX(us, nor->erase[i].max_us);
	return us / 1000 + 1;
}

enum err serial_nor_end_suspend(struct flexspi *fs, const struct serial_nor *nor,
				struct nor_status *now)
{
	if (!now->is_suspended)
		return OK;
	log_info("an erase or program of the flash was suspended: letting it end");
	if (nor->is_hyperflash)
		TRY(hyper_resume(fs));
	else
		TRY(nor_send(fs, "resume 7Ah", 0x7a));
	TRY(serial_nor_wait(fs, nor, longest_erase_ms(nor)));
	TRY(serial_nor_read_status(fs, nor, now));
	if (!now->is_suspended)
		return OK;
	log_info("the flash does not resume it: resetting the flash");
	TRY(flexspi_wake_flash(fs, true));
	TRY(serial_nor_read_status(fs, nor, now));
	if (!now->is_suspended)
		return OK;
	error_why(ERR_FLASH_OPERATION, "a suspended erase or program of the flash does not end");
	return error_next(ERR_FLASH_OPERATION, "power-cycle the board and try again");
}

enum err serial_nor_unprotect(struct flexspi *fs, const struct serial_nor *nor)
{
	struct nor_status now;
	uint8_t sr[3] = { 0 };

	if (nor->is_hyperflash)
		return OK;
	TRY(serial_nor_read_status(fs, nor, &now));
	TRY(serial_nor_end_suspend(fs, nor, &now));
	if (now.protected_bytes == 0 && !now.needs_block_unlock)
		return OK;
	TRY(check_status_locks(&now));
	/* With quad enabled WP# is a data line and locks nothing. */
	if (now.is_locked_by_pin)
		TRY(serial_nor_enable_quad(fs, nor));
	TRY(serial_nor_read_status(fs, nor, &now));
	if (!serial_nor_protection_for(nor, &now, 0, 0, sr))
		return error_why(ERR_UNSUPPORTED,
				 "no setting of the status registers protects nothing");
	TRY(nor_write_status(fs, nor, sr, &now));
	if (now.protected_bytes == 0 && !now.needs_block_unlock)
		return OK;
	error_why(ERR_PROTECTED, "the flash kept its protection%s",
		  now.is_locked_by_pin ? ": the WP# pin is low and locks the status registers (SRP)"
				       : "");
	error_evidence(ERR_PROTECTED, "status registers 0x%02x 0x%02x 0x%02x", now.sr[0], now.sr[1],
		       now.sr[2]);
	return error_next(ERR_PROTECTED,
			  "see \"flexspi doctor\"; power-cycle the board and try again");
}

enum err serial_nor_enable_quad(struct flexspi *fs, const struct serial_nor *nor)
{
	struct nor_status now;
	uint8_t sr[3];

	if (nor->quad_enable == QER_NONE || nor->is_hyperflash)
		return OK;
	if (nor->quad_enable == QER_SR2_BIT7)
		return error_why(ERR_UNSUPPORTED, "quad enable by 3Eh is not supported");
	TRY(serial_nor_read_status(fs, nor, &now));
	TRY(serial_nor_end_suspend(fs, nor, &now));
	if (now.is_quad)
		return OK;
	TRY(check_status_locks(&now));
	memcpy(sr, now.sr, 3);
	sr[0] &= 0xfc;
	if (nor->quad_enable == QER_SR1_BIT6)
		sr[0] |= BIT(6);
	else
		sr[1] |= BIT(1);
	TRY(nor_write_status(fs, nor, sr, &now));
	if (now.is_quad)
		return OK;
	error_why(ERR_FLASH_OPERATION, "the flash did not take quad enable");
	return error_evidence(ERR_FLASH_OPERATION, "status registers 0x%02x 0x%02x 0x%02x",
			      now.sr[0], now.sr[1], now.sr[2]);
}

/* Erase, read, program */

enum err serial_nor_wait(struct flexspi *fs, const struct serial_nor *nor, unsigned timeout_ms)
{
	uint64_t deadline = clock_now_ms() + timeout_ms;

	if (nor->is_hyperflash)
		return hyper_wait(fs, timeout_ms);
	for (;;) {
		bool late = clock_now_ms() >= deadline;
		uint8_t sr = 0xff;

		TRY(read_register(fs, "read status 05h", OP_READ_STATUS, &sr, 1));
		if (!(sr & 1))
			return OK;
		if (late) {
			error_why(ERR_FLASH_BUSY, "the flash was still busy after %u ms",
				  timeout_ms);
			error_evidence(ERR_FLASH_BUSY, "status register 0x%02x%s", sr,
				       sr == 0xff ? " (nobody drives the line)" : " (BUSY)");
			return error_next(ERR_FLASH_BUSY,
					  "wait and try again; if it stays, power-cycle the "
					  "board");
		}
		TRY(check_cancelled(fs->target));
	}
}

enum err serial_nor_erase(struct flexspi *fs, const struct serial_nor *nor, uint32_t offset,
			  const struct nor_erase *unit)
{
	struct flexspi_command c = { .name = "erase", .address = offset };

	if (nor->is_hyperflash)
		return hyper_erase(fs, offset, unit);
	TRY(nor_write_enable(fs, nor));
	nor_lut_addressed(nor, c.lut, unit->opcode);
	TRY(flexspi_exec(fs, &c));
	return serial_nor_wait(fs, nor, unit->max_us / 1000 + 1);
}

enum err serial_nor_read(struct flexspi *fs, const struct serial_nor *nor, uint32_t offset,
			 uint8_t *dst, size_t n)
{
	struct flexspi_command c = { .name = "read", .address = offset, .read = dst, .bytes = n };

	if (nor->is_hyperflash)
		return hyper_read(fs, offset, dst, n);
	nor_lut_read(nor, c.lut, fs->hz > SPEED_FOR_READ, false);
	return flexspi_exec(fs, &c);
}

static enum err program_page(struct flexspi *fs, const struct serial_nor *nor, uint32_t offset,
			     const uint8_t *src, size_t n)
{
	struct flexspi_command c = {
		.name = "page program", .address = offset, .write = src, .bytes = n
	};

	TRY(nor_write_enable(fs, nor));
	nor_lut_program(nor, c.lut, false);
	TRY(flexspi_exec(fs, &c));
	return serial_nor_wait(fs, nor, nor->page_max_us / 1000 + 1);
}

enum err serial_nor_program(struct flexspi *fs, const struct serial_nor *nor, uint32_t offset,
			    const uint8_t *src, size_t n)
{
	if (nor->is_hyperflash)
		return hyper_program(fs, offset, src, n);
	while (n > 0) {
		size_t part = MIN(n, nor->page_bytes - offset % nor->page_bytes);

		if (!is_filled(src, part, 0xff))
			TRY(program_page(fs, nor, offset, src, part));
		offset += (uint32_t)part;
		src += part;
		n -= part;
	}
	return OK;
}
