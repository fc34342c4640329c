/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stm32l4, erasing and programming: what its files share.
 *
 * session puts the surroundings of the controller right and back; each change is noted and taken back
 * in reverse order (clock.c). stream turns steps into what the loader reads; scan runs helper code that
 * looks at the flash; loader carries a stream out.
 *
 * Helper code runs with the vector table in its own work area: an NMI (ECC error, clock security) must
 * not be looked for in the flash that is being erased.
 */
#ifndef FLASH_STM32L4_WORK_H
#define FLASH_STM32L4_WORK_H

#include "flash/stm32l4.h"

/* stm32l4_clock.c. Changes bits and notes the old value; core halted. */
enum err stm32l4_change(struct flash_bank *bank, uint32_t addr, uint32_t set, uint32_t clear);
/* The same; when it is taken back `wait_addr` & `mask` must come to `value`. */
enum err stm32l4_change_wait(struct flash_bank *bank, uint32_t addr, uint32_t set, uint32_t clear,
			     const struct stm32l4_wait *back);
enum err stm32l4_wait_bits(struct target *t, const struct stm32l4_wait *wait);
/* Takes back what was noted since there were `mark` notes. */
enum err stm32l4_undo(struct flash_bank *bank, unsigned mark);
/* HSI16 in place of anything slower; f->hclk_known_fast tells if HCLK is 8 MHz or more. Never fails
 * but with a lost link: a clock that does not start is left alone. */
enum err stm32l4_raise_clock(struct flash_bank *bank);

/* stm32l4_scan.c. A work area for helper code: vector table, code, then `room` bytes from `data` on. */
struct stm32l4_helper {
	struct work_area *area;
	uint32_t code, data, room, stack, saved_vtor;
	bool has_vtor;
};
/* ERR_NO_WORK_AREA: less than `least` bytes of room. It takes what there is, at most `most`. */
enum err stm32l4_helper_open(struct flash_bank *bank, const uint8_t *code, uint32_t bytes, uint32_t least,
			     uint32_t most, struct stm32l4_helper *helper);
void stm32l4_helper_close(struct flash_bank *bank, struct stm32l4_helper *helper);
struct stm32l4_block {
	uint32_t value;			/* CRC, or all words ANDed */
	uint32_t bad;			/* not 0: holds a double word with two wrong bits */
};
/* (services) Reads `count` blocks from the bank's offset on. ERR_NO_WORK_AREA. */
enum err stm32l4_scan(struct flash_bank *bank, uint32_t offset, uint32_t block, unsigned count,
		      bool is_blank_check, struct stm32l4_block *blocks);
/* The driver's crcs. ERR_FLASH_OPERATION: a block is spoiled; all are filled in, that one with what
 * differs from anything. */
enum err stm32l4_crcs(struct flash_bank *bank, uint32_t offset, uint32_t block, unsigned count,
		      uint32_t *crcs);

/* stm32l4_stream.c */
#define STREAM_END	0xffffffffu
#define STREAM_FAST	0x40000000u

struct stm32l4_stream {
	struct flash_bank *bank;
	struct flash_step *steps;
	size_t count;
	struct buf bytes;
	struct stm32l4_piece {		/* where a step stands in the stream */
		size_t first, end;
		bool is_reported;
	} *pieces;
	size_t start;			/* of the first step: behind a mass erase */
	uint32_t unit;			/* 8 or 16 bytes */
	uint32_t row_bytes;		/* 0: no fast programming */
	unsigned fast_rows;
	bool mass[2];			/* physical banks erased as a whole */
	bool is_preview;		/* look by reading: no helper code, the core may run */
	size_t looked_at;		/* bytes that were looked at to choose */
	size_t taken;			/* by the loader, which fetches one unit ahead */
};
/* can_fast: there is a loader, and the clock is known. */
enum err stm32l4_stream_build(struct stm32l4_stream *s, bool can_fast);
void stm32l4_stream_free(struct stm32l4_stream *s);
unsigned stm32l4_physical_bank(const struct stm32l4 *f, uint32_t offset);
/* Progress; `taken` bytes of the stream are read. */
void stm32l4_stream_taken(struct stm32l4_stream *s, size_t taken);
/* After it ended: NO_ADDRESS or the sector that failed. So many bytes more than `taken` may have been. */
void stm32l4_stream_states(struct stm32l4_stream *s, int failed_sector, size_t ahead);

/* stm32l4_plan.c: the driver's callback. */
enum err stm32l4_plan(struct flash_bank *bank, const struct flash_step *steps, size_t count, struct buf *how,
		      struct flash_time *time);

extern const struct command stm32l4_fast_commands[];

#endif
