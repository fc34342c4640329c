/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests that hold for each STM32 board: CASES names them, each runs on a fresh board. */
#ifndef VB_STM32_BENCH_H
#define VB_STM32_BENCH_H

#include "vb_chip_bench.h"

static inline struct chip_bench *bench_of(const struct vb_chip *chip)
{
	struct chip_bench *b = xcalloc(1, sizeof(*b));

	b->board = vb_board_new(chip);
	assert_non_null(b->board);
	b->chip = b->board->priv;
	b->f = &b->chip->flash;
	b->master = VB_DAP;
	return b;
}

static inline void bench_end(struct chip_bench *b)
{
	vb_board_free(b->board);
	free(b);
}

/* Where a unit of the part sits on the bus. */
static inline uint32_t base_of_unit(struct chip_bench *b, const char *name)
{
	const struct stm32_unit *unit = b->chip->part->units;

	while (unit->name != NULL && strcmp(unit->name, name) != 0)
		unit++;
	if (unit->name == NULL)
		fail_msg("%s has no %s", b->chip->part->name, name);
	return unit->base;
}

/* Turns on the clock of a unit, if it has an enable. */
static inline void clock_unit(struct chip_bench *b, const char *name)
{
	const struct stm32_unit *unit = b->chip->part->units;
	uint32_t at = base_of_unit(b, "RCC");

	while (strcmp(unit->name, name) != 0)
		unit++;
	if (unit->enr != 0)
		wr(b, at + unit->enr, rd(b, at + unit->enr) | unit->bit);
}

static inline uint32_t hclk_of(struct chip_bench *b)
{
	return b->chip->env.clocks.hclk;
}

#endif
