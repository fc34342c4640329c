/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flash: banks, plans, and the contract of the flash controllers' drivers.
 *
 * The flash room owns the plan: which sectors must be erased, what is already right and can be
 * skipped, padding to the program unit, what of a partly covered sector is kept, verify, progress,
 * and one error message. A driver owns the facts: sector map, unit, timings, how to erase and
 * program.
 *
 * Every operation claims the target, leaves it halted, and leaves the controller locked, also after
 * an error. A write either completes (and verifies, if asked) or says which sectors it had erased
 * and written when it stopped.
 */
#ifndef FLASH_FLASH_H
#define FLASH_FLASH_H

#include "flash/driver.h"
#include "image/image.h"

/* Sectors are in address order; between two banks of one chip there may be a hole. */
struct flash_sector {
	uint32_t offset, size;		/* bytes from the bank's base */
	int is_erased;			/* -1 unknown */
	int is_protected;		/* -1 unknown */
};

struct flash_bank {
	char *name;
	unsigned number;
	const struct flash_driver *driver;
	char *driver_name;		/* as configured: an alias, or a driver we do not have */
	void *priv;
	struct target *target;
	struct flash_room *room;
	uint32_t base, size;		/* size 0 until probed */
	uint32_t given_size;		/* of `flash bank`; 0: what the chip says */
	unsigned chip_width, bus_width;
	uint32_t program_unit;		/* bytes: 8 on STM32L4 */
	uint8_t erased_value, pad_value;
	bool has_pad_value;		/* `flash padded_value` was given */
	bool is_probed;
	bool is_once_only;		/* OTP: what is padded could never be written */
	struct flash_sector *sectors;
	unsigned sector_count;
	/* A word that helper code writes 0xaaaa to now and then, for a watchdog; 0: none. */
	uint32_t keepalive;
	/* Typical times, for plans and reports: 0 unknown. */
	uint32_t erase_sector_us, program_unit_us, mass_erase_us;
	struct flash_bank *next;
};

/* What a chip's doctor (`stm32l4x doctor`, `imxrt doctor`) found; strings live as long as the call. */
struct flash_finding {
	const char *id;			/* "rdp1"; NULL: it has none */
	bool is_note;			/* nothing is wrong, but it is worth knowing */
	const char *why, *evidence;	/* evidence "": none */
	const char *cure;		/* for people */
	const char *command;		/* Tcl that does it; "": none */
};

struct flash_room {
	struct target_list *targets;
	struct flash_bank *banks;
	/* Progress of the running operation: done and total bytes; NULL: nobody looks. */
	void (*progress)(void *ctx, const char *what, size_t done, size_t total);
	void *progress_ctx;
	struct flash_progress *running;	/* of the operation in progress */
	/* What a doctor tells as text, once more as data; finding NULL: a report begins, forget the one
	 * before. NULL: nobody wants it. */
	void (*finding)(void *ctx, const struct flash_finding *finding);
	void *finding_ctx;
	char *fuse_log;			/* audit file of `ocotp program`; NULL: its default */
	struct flash_patch_room *patches;	/* breakpoints in flash */
	char *option_log;		/* journal of STM32 option writes; NULL: its default */
	bool skip_same;			/* `flash skip_same`: default of write_image and program */
};

/* Registers `flash ...`, `program`'s helpers and the drivers' verbs. */
struct flash_room *flash_room_new(struct target_list *targets);
void flash_room_free(struct flash_room *room);

/* By number, name, or "name" prefix; says which exist. */
enum err flash_find_bank(struct flash_room *room, const char *word, struct flash_bank **bank);
/* ERR_NO_BANK. Probes the bank. target NULL: any. */
enum err flash_bank_at(struct flash_room *room, struct target *target, uint32_t addr,
		       struct flash_bank **bank);
enum err flash_probe(struct flash_bank *bank);
/* Argument helper for verbs: bank by argument; driver NULL: any. */
enum err arg_flash_bank(struct call *c, int index, const struct flash_driver *driver,
			struct flash_bank **bank);

/* What a write will do. Building it only reads the flash, and only for skip_same and keep_rest. */
struct flash_plan {
	struct flash_bank *bank;
	struct flash_step *steps;	/* in address order */
	size_t count;
	size_t image_bytes, program_bytes, erase_bytes, kept_bytes, skipped_bytes;
	unsigned sectors_erased, sectors_skipped;
	uint64_t estimate_us;		/* the flash's own time, typical; 0 unknown */
	uint64_t program_us;		/* its part that programs */
	/* Of a preview that has read the flash: steps that hold their data, or nothing, already. */
	bool is_inspected;
	size_t same_bytes;
	unsigned same_sectors, blank_sectors;
};

struct flash_range {
	uint32_t addr, bytes;
};

struct flash_write_options {
	bool erase;		/* erase what must be */
	bool unlock;		/* remove write protection first */
	bool skip_same;		/* leave sectors alone that already hold the data */
	bool keep_rest;		/* preserve bytes of a sector that the image does not cover */
	bool verify;
	bool allow_outside;	/* an image that hits no bank at all is only a warning */
	/* Sectors of these ranges are erased too, whether the image touches them or not. */
	const struct flash_range *also_erase;
	size_t also_erase_count;
	/* The plan is only shown: nothing is done to find out, not even helper code on the target. */
	bool is_preview;
	struct buf *warnings;		/* lines go here; NULL: into the log */
};

/* One plan per bank the image touches, in address order. Parts outside all banks: a warning each,
 * or ERR_NO_BANK if there is nothing else. */
enum err flash_plan_build(struct flash_room *room, struct target *target, const struct image *image,
			  const struct flash_write_options *options, struct flash_plan **plans,
			  size_t *count);
void flash_plan_free(struct flash_plan *plans, size_t count);

/*
 * `flash plan` and --dry-run: what flash_write_image() would do with this image, what stands in its way,
 * and how long it takes at the present adapter speed. The flash is read over the debug port; the core
 * is not halted and nothing is written. (services)
 */
enum preview_format { PREVIEW_TEXT, PREVIEW_DICT, PREVIEW_JSON };
enum err flash_preview(struct flash_room *room, struct target *target, const struct image *image,
		       const struct flash_write_options *options, enum preview_format format,
		       struct buf *out);
/* The same for erasing sectors. `unlock`: protection would be taken off first. */
enum err flash_preview_erase(struct flash_bank *bank, unsigned first, unsigned last, bool unlock,
			     enum preview_format format, struct buf *out);

struct flash_report {
	size_t bytes_written, bytes_skipped, sectors_erased;
	uint64_t wall_us, verify_us;
	uint64_t flash_us, wire_us, usb_us;	/* of wall_us: what each needs by itself */
	const char *held_back_by;	/* "flash", "wire" or "USB" */
};
/* (services) Claims the target; runs the plans; verifies if asked. */
enum err flash_write_image(struct flash_room *room, struct target *target,
			   const struct image *image, const struct flash_write_options *options,
			   struct flash_report *report);
enum err flash_erase_range(struct flash_room *room, struct target *target, uint32_t addr,
			   uint32_t length, bool pad);
enum err flash_erase_sectors(struct flash_bank *bank, unsigned first, unsigned last);
/* (services) Compares by checksum, then byte by byte to name the first difference. */
enum err flash_verify_image(struct flash_room *room, struct target *target,
			    const struct image *image, unsigned *differences);

/* Any alignment. Through the driver if it reads in its own way. */
enum err flash_read(struct flash_bank *bank, uint32_t offset, uint8_t *dst, size_t n);
/* Fills sectors[].is_erased, by value. (services) */
enum err flash_erase_check(struct flash_bank *bank);
/* (services) The chip may be reset; the target is halted afterwards. */
enum err flash_protect(struct flash_bank *bank, bool set, unsigned first, unsigned last);
/* The sector that holds this byte; sector_count if none does. */
unsigned flash_sector_at(const struct flash_bank *bank, uint32_t offset);

#endif
