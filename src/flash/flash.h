/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flash: banks, plans, and the contract of the flash controllers' drivers.
 *
 * flash.c owns the plan: which sectors must be erased, what is already right and can be skipped,
 * padding to the program unit, what of a partly covered sector is kept, verify, progress, and one
 * error message. A driver owns the facts: sector map, unit, timings, how to erase and program.
 *
 * Every operation claims the target, leaves it halted, and leaves the controller locked, also after
 * an error. A write either completes and verifies or says exactly what was and was not done.
 */
#ifndef FLASH_FLASH_H
#define FLASH_FLASH_H

#include "image/image.h"
#include "target/target.h"

struct flash_bank;

struct flash_sector {
	uint32_t offset, size;		/* bytes from the bank's base */
	int is_erased;			/* -1 unknown */
	int is_protected;		/* -1 unknown */
};

struct flash_driver {
	const char *name;		/* of `flash bank` */
	const char *const *aliases;
	const char *help;
	const struct command *commands;	/* registered by the flash room; user = struct flash_room */
	enum err (*create)(struct flash_bank *bank, int argc, const char *const *argv);
	void (*destroy)(struct flash_bank *bank);
	/* Identifies the chip and fills size, sectors, unit, timings. Idempotent; may run on a running core. */
	enum err (*probe)(struct flash_bank *bank);
	/* begin/end bracket all that follows: halt check, unlock, clocks; end locks, also after errors. */
	enum err (*begin)(struct flash_bank *bank);
	enum err (*end)(struct flash_bank *bank);
	enum err (*erase)(struct flash_bank *bank, unsigned first, unsigned last);
	/* offset and n are multiples of program_unit. (services) */
	enum err (*write)(struct flash_bank *bank, const uint8_t *data, uint32_t offset, size_t n);
	enum err (*protect)(struct flash_bank *bank, bool set, unsigned first, unsigned last);
	enum err (*protect_check)(struct flash_bank *bank);
	enum err (*info)(struct flash_bank *bank, struct buf *out);	/* may be NULL */
	/* May be NULL: read through the bus. */
	enum err (*read)(struct flash_bank *bank, uint8_t *dst, uint32_t offset, size_t n);
};

struct flash_bank {
	char *name;
	unsigned number;
	const struct flash_driver *driver;
	void *priv;
	struct target *target;
	struct flash_room *room;
	uint32_t base, size;		/* size 0 until probed */
	uint32_t program_unit;		/* bytes: 8 on STM32L4 */
	uint8_t erased_value;
	bool is_probed;
	struct flash_sector *sectors;
	unsigned sector_count;
	/* Typical times, for plans and reports: 0 unknown. */
	uint32_t erase_sector_us, program_unit_us, mass_erase_us;
	struct flash_bank *next;
};

struct flash_room {
	struct target_list *targets;
	struct flash_bank *banks;
	/* Progress of the running operation: done and total bytes; NULL: nobody looks. */
	void (*progress)(void *ctx, const char *what, size_t done, size_t total);
	void *progress_ctx;
};

/* Registers `flash ...`, `program`'s helpers and the drivers' verbs. */
struct flash_room *flash_room_new(struct target_list *targets);
void flash_room_free(struct flash_room *room);
extern const struct flash_driver *const flash_drivers[];	/* ends with NULL */

/* By number, name, or "name" prefix; says which exist. */
enum err flash_find_bank(struct flash_room *room, const char *word, struct flash_bank **bank);
/* ERR_NO_BANK. Probes the bank. target NULL: any. */
enum err flash_bank_at(struct flash_room *room, struct target *target, uint32_t addr, struct flash_bank **bank);
enum err flash_probe(struct flash_bank *bank);
/* Argument helper for verbs: bank by argument; driver NULL: any. */
enum err arg_flash_bank(struct call *c, int index, const struct flash_driver *driver,
			struct flash_bank **bank);

/* What a write will do. Made without touching the flash, except reads for `skip`. */
struct flash_plan {
	struct flash_bank *bank;
	struct flash_step {
		unsigned sector;
		bool erase;
		uint32_t offset;	/* first byte to program in the sector */
		size_t bytes;		/* 0: erase only */
		uint8_t *data;		/* padded, kept bytes merged */
	} *steps;
	size_t count;
	size_t image_bytes, program_bytes, erase_bytes, kept_bytes, skipped_bytes;
	uint64_t estimate_us;
};

struct flash_write_options {
	bool erase;		/* erase what must be */
	bool unlock;		/* remove write protection first */
	bool skip_same;		/* leave sectors alone that already hold the data */
	bool keep_rest;		/* preserve bytes of a sector that the image does not cover */
	bool verify;
};

/* One plan per bank the image touches, in address order. */
enum err flash_plan_build(struct flash_room *room, struct target *target, const struct image *image,
			  const struct flash_write_options *options, struct flash_plan **plans,
			  size_t *count);
void flash_plan_free(struct flash_plan *plans, size_t count);

struct flash_report {
	size_t bytes_written, bytes_skipped, sectors_erased;
	uint64_t wall_us, erase_us, program_us, verify_us;
	const char *held_back_by;	/* "flash", "wire" or "USB" */
};
/* (services) Claims the target; runs the plans; verifies if asked. */
enum err flash_write_image(struct flash_room *room, struct target *target, const struct image *image,
			   const struct flash_write_options *options, struct flash_report *report);
enum err flash_erase_range(struct flash_room *room, struct target *target, uint32_t addr, uint32_t length,
			   bool pad);
enum err flash_erase_sectors(struct flash_bank *bank, unsigned first, unsigned last);
/* (services) Compares image and memory by checksum, then byte by byte to name the first difference. */
enum err flash_verify_image(struct target *target, const struct image *image, unsigned *differences);

#endif
