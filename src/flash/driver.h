/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flash_driver: the contract of the flash controllers' drivers.
 *
 * A driver is a const table, listed in drivers.c. It knows one kind of controller: how to identify
 * it, its sectors and timings, how to erase and program. What is erased and written, and in which
 * portions, is the room's business. Functions return with the error chain set: a register value
 * that reaches a person is decoded into words, with the cause and the next step.
 *
 * Order of calls: create at `flash bank`, probe as often as the room likes, then for each operation
 * begin, any number of erase/write/run, end. begin and end are called with the target halted and
 * claimed. protect, probe and info stand alone.
 */
#ifndef FLASH_DRIVER_H
#define FLASH_DRIVER_H

#include "target/target.h"

struct flash_bank;

/* What is to happen in one sector: erase it, then program one run of bytes. */
struct flash_step {
	unsigned sector;
	bool erase;
	uint32_t offset;		/* first byte to program, from the bank's base */
	size_t bytes; /* 0: erase only. A multiple of program_unit, as is offset */
	bool looked_blank;		/* not erased only because it reads as erased */
	uint8_t *data;			/* padded, kept bytes merged */
	/* How far it got; set by whoever carries it out. */
	enum { STEP_WAITS, STEP_UNKNOWN, STEP_ERASED, STEP_DONE } state;
};

/* Typical times of what run() would do. `apart`: looking and erasing while the wire cannot bring data. */
struct flash_time {
	uint64_t apart_us, total_us;
};

struct flash_driver {
	const char *name;		/* of `flash bank` */
	const char *const *aliases;
	const char *help;
	const struct command *commands;	/* registered by the flash room; user = struct flash_room */
	enum err (*create)(struct flash_bank *bank, int argc, const char *const *argv);
	void (*destroy)(struct flash_bank *bank);
	/* Identifies the chip and fills size, sectors, unit, timings. Idempotent; may run on a
	 * running core. */
	enum err (*probe)(struct flash_bank *bank);
	/* begin/end bracket all that follows: halt check, unlock, clocks; end locks, also after
	 * errors. */
	enum err (*begin)(struct flash_bank *bank);
	enum err (*end)(struct flash_bank *bank);
	enum err (*erase)(struct flash_bank *bank, unsigned first, unsigned last);
	/* offset and n are multiples of program_unit. (services) */
	enum err (*write)(struct flash_bank *bank, const uint8_t *data, uint32_t offset, size_t n);
	/* Optional: all steps in one go, at the driver's best pace; else erase() and write() are
	 * called for each. Sets every step's state and reports flash_progress(). (services) */
	enum err (*run)(struct flash_bank *bank, struct flash_step *steps, size_t count);
	/* May be NULL. For `flash plan`, outside of begin and end, the core may run: what run() would do
	 * with these steps: how it erases, in words ("2 pages one by one", "mass erase of both banks"),
	 * and its time on the flash's side. Changes nothing. */
	enum err (*plan)(struct flash_bank *bank, const struct flash_step *steps, size_t count,
			 struct buf *how, struct flash_time *time);
	/* May be NULL. The same moment: what run() would refuse or warn of, a line each; in the way of
	 * the core or the controller it gets as little as reading does. */
	enum err (*objections)(struct flash_bank *bank, const struct flash_step *steps, size_t count,
			       struct buf *lines);
	/* Breakpoints may be programmed into it (target/patch.h): read and executed through the bus,
	 * written a sector at a time without disturbing a program that stands still. */
	bool takes_breakpoints;
	/* erase() and write() always refuse (fuses): GDB's map says rom, and flash-erase leaves it out. */
	bool is_read_only;
	/* For the time in a plan: helper code's RAM is only put back by writes of up to so many bytes; 0:
	 * always. */
	uint32_t backup_worth;
	/* Not between begin and end: it may reset the chip. Leaves the target halted. */
	enum err (*protect)(struct flash_bank *bank, bool set, unsigned first, unsigned last);
	enum err (*protect_check)(struct flash_bank *bank);
	enum err (*info)(struct flash_bank *bank, struct buf *out);	/* may be NULL */
	/* May be NULL. Why the flash cannot be read, in words: protected, spoiled; OK: it can. */
	enum err (*readable)(struct flash_bank *bank);
	/* May be NULL. An operation failed with rc, and the controller is closed again: adds cause,
	 * evidence and next step to the error. twin_matches: verify found the data at twin(). Returns
	 * rc. */
	enum err (*explain)(struct flash_bank *bank, enum err rc, bool twin_matches);
	/* May be NULL. What was read differs from what should be there: drops what caches hold. *changed:
	 * it is worth reading again. */
	enum err (*refresh)(struct flash_bank *bank, bool *changed);
	/* May be NULL. Where the byte at addr would stand with the banks swapped; addr: nowhere else. */
	uint32_t (*twin)(struct flash_bank *bank, uint32_t addr);
	/* May be NULL: read through the bus. */
	enum err (*read)(struct flash_bank *bank, uint8_t *dst, uint32_t offset, size_t n);
	/* With `read`, may be NULL: CRCs of `count` blocks as block_crcs(), quicker than reading. */
	enum err (*crcs)(struct flash_bank *bank, uint32_t offset, uint32_t block, unsigned count,
			 uint32_t *crcs);
};

/* For drivers: so many more bytes of the running operation are erased or written. */
void flash_progress(struct flash_bank *bank, size_t bytes);

extern const struct flash_driver *const flash_drivers[];	/* ends with NULL */

#endif
