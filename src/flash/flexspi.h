/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flexspi: the FlexSPI controller of the i.MX RT10xx as a way to send commands to a serial flash
 * (IMXRT1064RM "FlexSPI Controller"). Everything by AP accesses; the core is halted and quiet.
 *
 * flexspi_open() saves the controller's, CCM's and IOMUXC's registers it is about to change, brings
 * clock, pads and controller up from nothing at a slow one-bit speed, and leaves FIFOs on the IP bus.
 * flexspi_close() puts the registers back (LUT, MCR, FLSHxCR, clocks, pads), with the AHB buffers
 * empty, so that an application in the flash can go on.
 */
#ifndef FLASH_FLEXSPI_H
#define FLASH_FLEXSPI_H

#include "flash/imxrt.h"

/* Instructions of a LUT sequence (IMXRT1064RM "Look Up Table"). */
enum flexspi_opcode {
	LUT_STOP = 0x00, LUT_CMD = 0x01, LUT_RADDR = 0x02, LUT_CADDR = 0x03, LUT_MODE4 = 0x06,
	LUT_MODE8 = 0x07, LUT_WRITE = 0x08, LUT_READ = 0x09, LUT_DUMMY = 0x0c, LUT_DUMMY_RWDS = 0x0d,
	LUT_JMP_ON_CS = 0x1f, LUT_DDR = 0x20,
};
/* pads: 1, 2, 4, 8. */
#define LUT_INSTR(opcode, pads, operand)                                                           \
	((uint32_t)(opcode) << 10 |                                                                \
	 ((pads) == 8 ? 3u : (pads) == 4 ? 2u : (pads) == 2 ? 1u : 0u) << 8 | (uint32_t)(operand))
#define LUT_WORD(first, second) ((first) | (uint32_t)(second) << 16)

struct flexspi_command {
	const char *name;		/* for messages: "sector erase 20h" */
	uint32_t lut[4];
	uint32_t address;		/* offset in the flash */
	uint8_t *read;			/* one of read, write, or none */
	const uint8_t *write;
	size_t bytes;			/* any number; split at the controller's 64 KiB and `piece` */
	unsigned timeout_ms;		/* 0: 5000 */
};

struct flexspi {
	struct target *target;
	const struct imxrt_chip *chip;
	unsigned instance, port;	/* 0, 1; 0..3: A1, A2, B1, B2 */
	const struct imxrt_flexspi_facts *facts;
	uint32_t hz;			/* of the serial clock now */
	uint32_t flash_bytes;		/* FLSHxCR0, set by flexspi_set_size() */
	struct flexspi_saved *saved;	/* NULL: not open */
	bool was_reset;			/* once seen it stays: see flexspi_was_reset() */
};

/* ERR_UNSUPPORTED: no such controller; ERR_FLASH_OPERATION: the controller does not come up. */
enum err flexspi_open(struct flexspi *fs, struct target *t, unsigned instance, unsigned port);
/* Idempotent; keeps the first error. ERR_FLASH_OPERATION: the chip was reset meanwhile, nothing was put
 * back. */
enum err flexspi_close(struct flexspi *fs);
/* False also if the controller cannot be asked. */
bool flexspi_was_reset(struct flexspi *fs);
/* For an application that will be reset anyway, or for flash that now holds another program: leaves
 * clock and pads as they are now, registers at their reset values. */
enum err flexspi_abandon(struct flexspi *fs);
/* Serial clock up to `max_hz`; fs->hz is what it became. Sample source to match. */
enum err flexspi_set_speed(struct flexspi *fs, uint32_t max_hz);
/* A flash of eight data lines: port B's pads join in (MCR0.COMBINATIONEN). is_hyperbus: data strobe,
 * inverted clock, word addresses with 3 column bits. ERR_UNSUPPORTED where the part has no such pads. */
enum err flexspi_set_wide(struct flexspi *fs, bool is_hyperbus);
enum err flexspi_set_size(struct flexspi *fs, uint32_t bytes);
/* Controller errors in words (IPCMDERR code, time-out), with the sequence's name. (services for long
 * transfers) */
enum err flexspi_exec(struct flexspi *fs, const struct flexspi_command *command);
/* A LUT sequence for the AHB window, so that the flash can be read by address. */
enum err flexspi_set_ahb_read(struct flexspi *fs, const uint32_t lut[4]);
/* Drops AHB buffers and the core's cached copy of [offset, offset + bytes). */
enum err flexspi_forget(struct flexspi *fs, uint32_t offset, uint32_t bytes);
/*
 * Takes the flash out of any mode: continuous read, QPI, 4-byte addresses, suspended, deep
 * power-down, octal; 66h/99h only when `reset` allows it, for it aborts an erase under way.
 */
enum err flexspi_wake_flash(struct flexspi *fs, bool reset);
/* Registers in words: clock, root, pads, MCR0, AHB, last errors. Works while not open, too. */
enum err flexspi_describe(struct target *t, const struct imxrt_chip *chip, unsigned instance,
			  struct buf *out);

#endif
