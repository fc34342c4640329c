/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flexspi_nor: the driver of serial flashes behind a FlexSPI controller: what its files share.
 *
 * Whatever talks to the flash does so between flexspi_nor_open() and flexspi_nor_close(), which nest.
 * The outermost pair stops a core that runs (and lets it go again), makes it quiet, brings the
 * controller up and puts everything back. Where the controller was not in use before, it is left so that
 * the flash can be read at its address.
 */
#ifndef FLASH_FLEXSPI_NOR_H
#define FLASH_FLEXSPI_NOR_H

#include "flash/serial_nor.h"

#define FLEXSPI_HEADER_BYTES 0x2000u	/* FCB, IVT, boot data, DCD: what the ROM looks at first */

struct flexspi_nor {
	unsigned instance, port;
	bool port_given, is_placed;
	bool is_forced;			/* images that the ROM cannot start are written all the same */
	struct serial_nor nor;		/* of the last probe */
	struct nor_status status;	/* as last read */
	/* At the last doctor: nobody answered before it was woken, or afterwards either. */
	bool found_asleep, found_absent;
	char part[16];			/* "RT1064" */
	bool is_boot_flash;
	uint32_t fast_hz;		/* proven since the controller was opened; 0: not yet */
	uint32_t safe_hz;
	/* while open */
	unsigned depth;
	bool is_held, is_fresh;		/* is_fresh: identified in this session */
	bool was_running, was_usable, was_qpi, was_4_byte;
	struct flexspi fs;
	struct imxrt_quiet quiet;
};

extern const struct flash_driver flexspi_nor_driver;

/* Which controller the bank's base address means; base 0 becomes the boot window. */
enum err flexspi_nor_place(struct flash_bank *bank, const struct imxrt_chip *chip);
/* Opens without asking the flash who it is. ERR_FLASH_PROBE, ERR_NOT_EXAMINED, ERR_BUSY. */
enum err flexspi_nor_open(struct flash_bank *bank);
/* The same, then id, size and status; the bank's geometry follows if it was another flash before. */
enum err flexspi_nor_open_identified(struct flash_bank *bank);
enum err flexspi_nor_close(struct flash_bank *bank);
/* Raises the clock as far as the id still comes back right, at most to 60 MHz. */
enum err flexspi_nor_speed_up(struct flash_bank *bank);
enum err flexspi_nor_slow_down(struct flash_bank *bank);
/* Makes the window show the flash, by the fastest safe read. ERR_VERIFY: it shows something else (a
 * remap, the encryption engine): read by the IP path then. */
enum err flexspi_nor_show_window(struct flash_bank *bank, uint32_t offset);
/* Afterwards, before any other command: nothing is read ahead any more. */
enum err flexspi_nor_hide_window(struct flash_bank *bank);
void flexspi_nor_fill_bank(struct flash_bank *bank);

/* flexspi_nor_run.c */
enum err flexspi_nor_run(struct flash_bank *bank, struct flash_step *steps, size_t count);

/* flexspi_nor_stream.c: the steps as a list of erase units and pages. The boot header (FCB, IVT) is
 * erased first and programmed last: until then the ROM does not start what is half written. */
struct nor_operation {
	const struct nor_erase *unit;	/* of an erase; NULL: a page */
	uint32_t offset;
	size_t bytes;			/* to program */
	const uint8_t *data;
	size_t end;			/* of its header and data, in bytes of the loader's stream */
};
struct nor_stream {
	struct flash_bank *bank;
	struct flash_step *steps;
	size_t count;
	bool erase_chip;		/* before the operations */
	bool chip_is_erased;		/* that is over */
	struct nor_operation *operations;
	size_t operation_count;
	/* Of each step: the operation that erases it, its first page, the last of all; SIZE_MAX: none. */
	struct nor_span {
		size_t erase, program, last;
		bool is_told;
	} *spans;
};
/* For `flash plan`: the driver's callback. */
enum err flexspi_nor_plan(struct flash_bank *bank, const struct flash_step *steps, size_t count,
			  struct buf *how, struct flash_time *time);
void nor_stream_build(struct nor_stream *s, struct flash_bank *bank, struct flash_step *steps,
		      size_t count);
/* The first `done` operations are over, the next one may have begun. */
void nor_stream_progress(struct nor_stream *s, size_t done);
void nor_stream_set_states(struct nor_stream *s, size_t done, bool next_began);
void nor_stream_free(struct nor_stream *s);

/* flexspi_nor_boot.c: warns of, or refuses, what the ROM will make of the flash after these steps; says
 * so if an earlier write was cut short. */
enum err flexspi_nor_check_boot(struct flash_bank *bank, const struct flash_step *steps, size_t count);
/* For `flash plan`: the same findings as lines; opens and closes the controller itself. */
enum err flexspi_nor_objections(struct flash_bank *bank, const struct flash_step *steps, size_t count,
				struct buf *lines);
enum err flexspi_nor_tell_interrupted(struct flash_bank *bank, bool *interrupted);

/* flexspi_nor_doctor.c: the controller as the program left it (before the flash is looked at), the flash */
enum err flexspi_nor_describe_controller(struct flash_bank *bank, struct buf *out);
enum err flexspi_nor_doctor(struct flash_bank *bank, struct buf *out);

#endif
