/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of this room share. Nobody else includes it. */
#ifndef FLASH_ROOM_H
#define FLASH_ROOM_H

#include "base/bytes.h"
#include "base/log.h"
#include "flash/flash.h"

extern const struct command flash_bank_commands[], flash_write_commands[], flash_read_commands[];
/* Stands for a driver we do not have: the configuration loads, use fails. */
extern const struct flash_driver absent_driver;
extern const struct flash_driver virtual_driver, stm32l4_driver;

/* Further tables of verbs, registered with user = struct flash_room; ends with NULL. */
extern const struct command *const flash_chip_commands[];

/* NULL if there is none of this name. */
const struct flash_driver *flash_find_driver(const char *name);

/* The operation in progress. `total` is what flash_progress() will add up to. */
struct flash_progress {
	const char *what;
	size_t done, total;
	uint64_t start_ms, next_ms;
	struct flash_progress *outer;	/* of another target, while this one runs inside it */
};
void flash_progress_start(struct flash_room *room, struct flash_progress *progress,
			  const char *what, size_t total);
void flash_progress_end(struct flash_room *room);

/* Between two steps of long work: services the loop. ERR_CANCELLED. */
enum err check_cancelled(struct target *t);
enum err operation_step(struct flash_bank *bank);

/* Before helper code reads the flash: a refused read would crash the core. */
enum err flash_check_readable(struct flash_bank *bank);
enum err flash_explain_read(struct flash_bank *bank, enum err rc);
/* The driver's last word on an operation that failed; returns rc. */
enum err flash_explain(struct flash_bank *bank, enum err rc);

bool is_filled(const uint8_t *data, size_t n, uint8_t value);
/* One past the last sector of the run from `first` that has its size and no hole; at most `end`. */
unsigned flash_same_size_run(const struct flash_bank *bank, unsigned first, unsigned end);

/* CRC-32 as target_crc32(). */
uint32_t crc_bytes(uint32_t crc, const uint8_t *data, size_t n);
uint32_t crc_of_fill(uint8_t value, size_t n);
/*
 * CRCs of `count` blocks of `block` bytes (a multiple of 4) from addr (a multiple of 4) on, in one
 * run on the target; ERR_NO_WORK_AREA and ERR_NOT_HALTED if it cannot. `keepalive`: a word to write
 * 0xaaaa to now and then (a watchdog), 0: none. (services)
 */
enum err block_crcs(struct target *t, uint32_t keepalive, uint32_t addr, uint32_t block,
		    unsigned count, uint32_t *crcs);
/* The same; without the means to do so it reads the memory back. */
enum err block_crcs_anyhow(struct target *t, uint32_t keepalive, uint32_t addr, uint32_t block,
			   unsigned count, uint32_t *crcs);
/* Of a bank's bytes: by the driver where it has a way of its own, else by helper code on the bus. */
enum err bank_crcs(struct flash_bank *bank, uint32_t offset, uint32_t block, unsigned count,
		   uint32_t *crcs);
/* Fills is_erased of sectors first..first+count-1, which are of one size. */
enum err check_blank(struct flash_bank *bank, unsigned first, unsigned count);

/* plan.c */
enum err plan_erase(struct flash_bank *bank, unsigned first, unsigned last,
		    struct flash_plan *plan);
/* Takes out what the flash already holds. */
enum err plan_skip_same(struct flash_plan *plan);
void plan_total(struct flash_plan *plan);
void plan_warn_extra_erase(const struct flash_plan *plan, const struct flash_write_options *options);
/* Marks a step that has nothing left to do; takes the marked ones out. */
void plan_drop_step(struct flash_plan *plan, struct flash_step *step);
void plan_remove_dropped(struct flash_plan *plan);

/* preview.c: to open a controller and get helper code going, at this adapter speed. */
uint64_t plan_setup_us(const struct flash_bank *bank);
/* preview.c: a warning of a plan, to where its options say. */
void preview_warn(const struct flash_write_options *options, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void preview_plans(struct flash_plan *plans, size_t count, const struct flash_write_options *options,
		   enum preview_format format, struct buf *out);

/* A verb that knows --dry-run (-dict and -json imply it), in any place: `run` gets the other arguments,
 * at least as many as the row's minimum. */
struct dry_run {
	bool is_set;
	enum preview_format format;
};
enum err with_dry_run(struct call *c, enum err (*run)(struct call *c, const struct dry_run *dry));

/* write.c: the sectors of an address range inside a bank; not aligned and no `pad`: an error. */
enum err flash_erase_sectors_of(struct flash_bank *bank, uint32_t addr, uint32_t length, bool pad,
				unsigned *first, unsigned *last);
/* write.c: one plan, bracketed by begin and end. The target is claimed. */
enum err plan_run(struct flash_plan *plan, const char *what);
/* "flash write" can only go on if the core is halted. */
enum err check_halted(struct target *t);

/* Arguments of the verbs: FILE ?OFFSET ?TYPE??, two sectors. */
struct image_args {
	const char *path;
	uint32_t offset;
	bool has_offset;
	enum image_type type;
};
enum err arg_image(struct call *c, int index, struct image_args *a);
/* Opens it; a binary file without an offset goes to the start of the target's first bank. */
enum err open_image(struct flash_room *room, struct target *t, const struct image_args *a,
		    struct image **image);
enum err arg_sector_range(struct call *c, int index, struct flash_bank *bank, unsigned *first,
			  unsigned *last);

/* Timing of an operation and who held it back. */
struct flash_timer {
	struct flash_room *room;
	uint64_t start_ns, start_bits;
};
void timer_start(struct flash_room *room, struct flash_timer *timer);
void timer_report(const struct flash_timer *timer, uint64_t flash_us, struct flash_report *report);
/* "wrote N bytes ... in 1.234567s (12.345 KiB/s)": the part from "in" on. */
void format_rate(char *text, size_t size, uint64_t wall_us, size_t bytes);

#endif
