/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * serial_nor: HyperFlash (S26KS512S). Every access is one of words of 16 bits at a word address: 48 bits of
 * command and address on eight lines, both clock edges (S26KS512S 5, HyperBus 2). Commands are words
 * written to magic addresses, as with parallel flash. The command and address bytes of those are spelt
 * out; for data the controller splits the address in row and column (three bits).
 */
#include <string.h>

#include "base/clock.h"
#include "flash/serial_nor_priv.h"

#define READ_MEMORY   0xa0u
#define WRITE_MEMORY  0x20u
#define READ_DUMMY    0x06u	/* the strobe tells when data comes: this is only the turn of the bus */
#define BUFFER_BYTES  512u
#define SECTOR_BYTES  0x40000u
#define MANUFACTURER  0x0001u
#define DEVICE	      0x007eu
#define WORD_OF_SIZE  0x27u
#define STATUS_READY  BIT(7)
#define STATUS_ERASE_SUSPENDED BIT(6)
#define STATUS_ERASE_FAILED BIT(5)
#define STATUS_PROGRAM_FAILED BIT(4)
#define STATUS_PROGRAM_SUSPENDED BIT(2)
#define STATUS_LOCKED BIT(1)
#define BUFFER_MS     100u
#define BUSY_AT_START_MS 12000u	/* a sector erase takes up to 10 s */

static uint32_t byte_pair(unsigned first, unsigned second)
{
	return LUT_WORD(LUT_INSTR(LUT_CMD | LUT_DDR, 8, first), LUT_INSTR(LUT_CMD | LUT_DDR, 8, second));
}

/* One word to a fixed word address below 0x800. */
static enum err write_word(struct flexspi *fs, const char *name, uint32_t word_address, uint16_t value)
{
	struct flexspi_command c = { .name = name };
	uint32_t row = word_address >> 3;

	c.lut[0] = byte_pair(WRITE_MEMORY, row >> 16);
	c.lut[1] = byte_pair((row >> 8) & 0xff, row & 0xff);
	c.lut[2] = byte_pair(0, word_address & 7);
	c.lut[3] = byte_pair(value >> 8, value & 0xff);
	return flexspi_exec(fs, &c);
}

static void lut_address(uint32_t lut[4], unsigned direction)
{
	memset(lut, 0, 16);
	lut[0] = LUT_WORD(LUT_INSTR(LUT_CMD | LUT_DDR, 8, direction),
			  LUT_INSTR(LUT_RADDR | LUT_DDR, 8, 24));
	lut[1] = LUT_INSTR(LUT_CADDR | LUT_DDR, 8, 16);
}

/* One word to the address `offset` (in bytes). */
static enum err write_word_at(struct flexspi *fs, const char *name, uint32_t offset, uint16_t value)
{
	struct flexspi_command c = { .name = name, .address = offset };

	lut_address(c.lut, WRITE_MEMORY);
	c.lut[1] |= (uint32_t)LUT_INSTR(LUT_CMD | LUT_DDR, 8, value >> 8) << 16;
	c.lut[2] = LUT_INSTR(LUT_CMD | LUT_DDR, 8, value & 0xff);
	return flexspi_exec(fs, &c);
}

void hyper_lut_read(uint32_t lut[4])
{
	lut_address(lut, READ_MEMORY);
	lut[1] |= (uint32_t)LUT_INSTR(LUT_DUMMY | LUT_DDR, 8, READ_DUMMY) << 16;
	lut[2] = LUT_INSTR(LUT_READ | LUT_DDR, 8, 4);
}

static enum err read_even(struct flexspi *fs, const char *name, uint32_t offset, uint8_t *dst, size_t n)
{
	struct flexspi_command c = { .name = name, .address = offset, .read = dst, .bytes = n };

	hyper_lut_read(c.lut);
	return flexspi_exec(fs, &c);
}

static enum err unlock(struct flexspi *fs)
{
	TRY(write_word(fs, "unlock AAh", 0x555, 0xaa));
	return write_word(fs, "unlock 55h", 0x2aa, 0x55);
}

enum err hyper_open(struct flexspi *fs)
{
	return flexspi_set_wide(fs, true);
}

static enum err read_overlay(struct flexspi *fs, uint16_t id[2], uint8_t cfi[3], uint8_t *size)
{
	uint8_t bytes[8] = { 0 };

	TRY(write_word(fs, "reset F0h", 0, 0xf0));
	TRY(unlock(fs));
	TRY(write_word(fs, "read id 90h", 0x555, 0x90));
	TRY(read_even(fs, "id", 0, bytes, 4));
	id[0] = (uint16_t)(bytes[0] << 8 | bytes[1]);
	id[1] = (uint16_t)(bytes[2] << 8 | bytes[3]);
	TRY(write_word(fs, "reset F0h", 0, 0xf0));
	TRY(write_word(fs, "read CFI 98h", 0x55, 0x98));
	TRY(read_even(fs, "CFI", 2 * 0x10, bytes, 6));
	for (unsigned i = 0; i < 3; i++)
		cfi[i] = bytes[2 * i + 1];
	TRY(read_even(fs, "CFI", 2 * WORD_OF_SIZE, bytes, 2));
	*size = bytes[1];
	return write_word(fs, "reset F0h", 0, 0xf0);
}

/* A flash at work shows its status register only: bit 7 is 0, and so are most others. */
static enum err wait_if_busy(struct flexspi *fs)
{
	uint16_t status = 0xffff;

	TRY(hyper_read_status(fs, &status));
	if ((status & 0xff80) != 0)
		return OK;
	log_info("the flash is busy with an erase or program that somebody started: waiting");
	return hyper_wait(fs, BUSY_AT_START_MS);
}

enum err hyper_probe(struct flexspi *fs, struct serial_nor *nor)
{
	uint16_t id[2] = { 0 };
	uint8_t cfi[3] = { 0 }, size = 0;

	TRY(hyper_open(fs));
	TRY(read_overlay(fs, id, cfi, &size));
	if (id[0] != MANUFACTURER || id[1] != DEVICE) {
		TRY(wait_if_busy(fs));
		TRY(read_overlay(fs, id, cfi, &size));
	}
	if (id[0] != MANUFACTURER || id[1] != DEVICE)
		return error_why(ERR_FLASH_PROBE, "no HyperFlash either: it says %04x %04x", id[0], id[1]);
	*nor = (struct serial_nor){
		.id = { (uint8_t)id[0], (uint8_t)(id[1] >> 8), (uint8_t)id[1] },
		.name = "S26KS512S", .vendor = NOR_OTHER, .bytes = 64u << 20,
		.page_bytes = BUFFER_BYTES, .erase = { { SECTOR_BYTES, 0x30, 930000, 10000000 } },
		.chip_erase = 0x10, .chip_typical_us = 220000000, .chip_max_us = 600000000,
		.page_typical_us = 475, .page_max_us = 10000, .is_hyperflash = true,
		.max_hz = 100000000,
	};
	if (memcmp(cfi, "QRY", 3) == 0 && size >= 20 && size <= 28)
		nor->bytes = BIT(size);
	if (nor->bytes != 64u << 20)
		nor->name = "HyperFlash";
	return OK;
}

enum err hyper_read_status(struct flexspi *fs, uint16_t *status)
{
	uint8_t bytes[2] = { 0 };

	TRY(write_word(fs, "read status 70h", 0x555, 0x70));
	TRY(read_even(fs, "status", 0, bytes, 2));
	*status = (uint16_t)(bytes[0] << 8 | bytes[1]);
	return OK;
}

static enum err failed(struct flexspi *fs, uint16_t status)
{
	error_why(ERR_FLASH_OPERATION, "the flash reports a failed %s%s",
		  status & STATUS_ERASE_FAILED ? "erase" : "program",
		  status & STATUS_LOCKED ? ": the sector is locked" : "");
	error_evidence(ERR_FLASH_OPERATION, "status 0x%04x", status);
	return error_first(ERR_FLASH_OPERATION, write_word(fs, "clear status 71h", 0x555, 0x71));
}

enum err hyper_wait(struct flexspi *fs, unsigned timeout_ms)
{
	uint64_t deadline = clock_now_ms() + timeout_ms;
	uint16_t status = 0;

	for (;;) {
		bool late = clock_now_ms() >= deadline;

		TRY(hyper_read_status(fs, &status));
		if (status & STATUS_READY)
			break;
		if (late)
			return error_why(ERR_FLASH_BUSY, "the flash was still busy after %u ms (status "
					 "0x%04x)", timeout_ms, status);
		TRY(check_cancelled(fs->target));
	}
	return status & (STATUS_ERASE_FAILED | STATUS_PROGRAM_FAILED) ? failed(fs, status) : OK;
}

enum err hyper_is_suspended(struct flexspi *fs, bool *yes)
{
	uint16_t status = 0;

	TRY(hyper_read_status(fs, &status));
	*yes = (status & (STATUS_ERASE_SUSPENDED | STATUS_PROGRAM_SUSPENDED)) != 0;
	return OK;
}

/* A program can be suspended within a suspended erase: it goes on first. */
enum err hyper_resume(struct flexspi *fs)
{
	uint16_t status = 0;

	TRY(hyper_read_status(fs, &status));
	if (status & STATUS_PROGRAM_SUSPENDED) {
		TRY(write_word(fs, "program resume 50h", 0, 0x50));
		TRY(hyper_wait(fs, BUFFER_MS));
	}
	return status & STATUS_ERASE_SUSPENDED ? write_word(fs, "erase resume 30h", 0, 0x30) : OK;
}

enum err hyper_erase(struct flexspi *fs, uint32_t offset, const struct nor_erase *unit)
{
	TRY(unlock(fs));
	TRY(write_word(fs, "erase 80h", 0x555, 0x80));
	TRY(unlock(fs));
	TRY(write_word_at(fs, "sector erase 30h", offset, 0x30));
	return hyper_wait(fs, unit->max_us / 1000 + 1);
}

enum err hyper_erase_chip(struct flexspi *fs)
{
	TRY(unlock(fs));
	TRY(write_word(fs, "erase 80h", 0x555, 0x80));
	TRY(unlock(fs));
	return write_word(fs, "chip erase 10h", 0x555, 0x10);
}

/* Words only: an odd end is read with its neighbour. */
enum err hyper_read(struct flexspi *fs, uint32_t offset, uint8_t *dst, size_t n)
{
	uint8_t pair[2] = { 0 };

	if (n > 0 && offset % 2 != 0) {
		TRY(read_even(fs, "read", offset - 1, pair, 2));
		*dst++ = pair[1];
		offset++;
		n--;
	}
	if (n / 2 > 0)
		TRY(read_even(fs, "read", offset, dst, n / 2 * 2));
	if (n % 2 != 0) {
		TRY(read_even(fs, "read", offset + (uint32_t)n - 1, pair, 2));
		dst[n - 1] = pair[0];
	}
	return OK;
}

static enum err program_buffer(struct flexspi *fs, uint32_t offset, const uint8_t *src, size_t n)
{
	struct flexspi_command c = { .name = "write buffer", .address = offset, .write = src, .bytes = n };
	uint32_t sector = offset & ~(SECTOR_BYTES - 1);

	TRY(unlock(fs));
	TRY(write_word_at(fs, "write to buffer 25h", sector, 0x25));
	TRY(write_word_at(fs, "word count", sector, (uint16_t)(n / 2 - 1)));
	lut_address(c.lut, WRITE_MEMORY);
	c.lut[1] |= (uint32_t)LUT_INSTR(LUT_WRITE | LUT_DDR, 8, 4) << 16;
	TRY(flexspi_exec(fs, &c));
	TRY(write_word_at(fs, "program buffer 29h", sector, 0x29));
	return hyper_wait(fs, BUFFER_MS);
}

enum err hyper_program(struct flexspi *fs, uint32_t offset, const uint8_t *src, size_t n)
{
	if (offset % 2 != 0 || n % 2 != 0)
		return error_why(ERR_ARGUMENT, "HyperFlash is programmed in words of two bytes");
	while (n > 0) {
		size_t part = MIN(n, BUFFER_BYTES - offset % BUFFER_BYTES);

		if (!is_filled(src, part, 0xff))
			TRY(program_buffer(fs, offset, src, part));
		offset += (uint32_t)part;
		src += part;
		n -= part;
	}
	return OK;
}
