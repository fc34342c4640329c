/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A board of any STM32 line for tests of its flash controller: registers by their role, so that one
 * test serves all lines. Accesses are the debugger's; one that meets a busy flash waits.
 */
#ifndef VB_FLASH_BENCH_H
#define VB_FLASH_BENCH_H

#include "vb_chip_bench.h"

struct line {
	const struct vb_chip *chip;
	uint32_t base;		/* of the FLASH registers */
};

static const struct line lines[] = {
	{ &stm32l476_chip, 0x40022000 }, { &stm32l4r5_chip, 0x40022000 },
	{ &stm32l432_chip, 0x40022000 }, { &stm32g0b1_chip, 0x40022000 },
	{ &stm32g474_chip, 0x40022000 }, { &stm32l552_chip, 0x40022000 },
	{ &stm32u575_chip, 0x40022000 }, { &stm32wb55_chip, 0x58004000 },
};
enum { L476, L4R5, L432, G0B1, G474, L552, U575, WB55 };

struct line_bench {
	struct chip_bench b;
	const struct line *line;
	const struct stm32l4_flash_family *family;
	bool is_nonsecure;
};

static inline bool yes(void *chip)
{
	(void)chip;
	return true;
}

static inline void line_open(struct line_bench *l, unsigned which)
{
	*l = (struct line_bench){ .line = &lines[which] };
	l->b.board = vb_board_new(lines[which].chip);
	l->b.chip = l->b.board->priv;
	l->b.f = &l->b.chip->flash;
	l->b.master = VB_DAP;
	l->family = l->b.f->family;
	l->b.chip->env.flash_voltage_at = 0;	/* L5: as if VOS had been raised */
}

static inline void line_close(struct line_bench *l)
{
	vb_board_free(l->b.board);
}

static inline enum vb_result line_access(struct line_bench *l, bool is_write, uint32_t addr,
					 uint32_t *value)
{
	for (;;) {
		struct vb_access a = { .master = l->b.master, .addr = addr, .size = 4,
				       .is_privileged = true, .is_nonsecure = l->is_nonsecure };
		enum vb_result rc = is_write ? vb_bus_write(l->b.board->bus, &a, *value)
					     : vb_bus_read(l->b.board->bus, &a, value);

		if (rc != VB_STALL)
			return rc;
		vb_clock_advance(l->b.board->clock,
				 a.stall_until_ns - vb_clock_now(l->b.board->clock));
	}
}

static inline uint32_t get(struct line_bench *l, uint32_t addr)
{
	uint32_t value;

	assert_int_equal(line_access(l, false, addr, &value), VB_OK);
	return value;
}

static inline void put(struct line_bench *l, uint32_t addr, uint32_t value)
{
	assert_int_equal(line_access(l, true, addr, &value), VB_OK);
}

static inline uint32_t reg(struct line_bench *l, uint32_t offset)
{
	return get(l, l->line->base + offset);
}

static inline void set_reg(struct line_bench *l, uint32_t offset, uint32_t value)
{
	put(l, l->line->base + offset, value);
}

static inline uint32_t status(struct line_bench *l)
{
	return reg(l, l->family->sr);
}

/* SR without what only tells the state of the moment. */
static inline uint32_t errors(struct line_bench *l)
{
	return status(l) & 0xe3fb & ~l->family->sr_optverr;
}

static inline void clear(struct line_bench *l)
{
	set_reg(l, l->family->sr, 0xe3fb);
}

static inline void control(struct line_bench *l, uint32_t value)
{
	set_reg(l, l->family->cr, value);
}

static inline void settle(struct line_bench *l)
{
	for (unsigned i = 0; status(l) & (SR_BSY | l->family->sr_bsy2); i++) {
		assert_true(i < 2000000);
		vb_clock_advance(l->b.board->clock, 10000);
	}
}

static inline void open_lock(struct line_bench *l)
{
	if (!(reg(l, l->family->cr) & CR_LOCK))
		return;
	set_reg(l, l->family->keyr, KEY1);
	set_reg(l, l->family->keyr, KEY2);
}

static inline void open_options(struct line_bench *l)
{
	open_lock(l);
	if (!(reg(l, l->family->cr) & CR_OPTLOCK))
		return;
	set_reg(l, l->family->optkeyr, OPTKEY1);
	set_reg(l, l->family->optkeyr, OPTKEY2);
}

/* One programming unit whose words are value, value + 1, ... */
static inline void write_unit(struct line_bench *l, uint32_t addr, uint32_t value)
{
	control(l, CR_PG);
	for (unsigned i = 0; i < l->family->unit_bytes; i += 4)
		put(l, addr + i, value + i / 4);
	settle(l);
	control(l, 0);
}

static inline void erase_one(struct line_bench *l, unsigned pnb, bool bank2)
{
	control(l, CR_PER | pnb << 3 | (bank2 ? l->family->cr_bker : 0) | CR_STRT);
	settle(l);
	control(l, 0);
}

static inline void commit_options(struct line_bench *l)
{
	control(l, CR_OPTSTRT);
	settle(l);
}

static inline void launch_options(struct line_bench *l)
{
	control(l, CR_OBL_LAUNCH);
	run_us(&l->b, 10);
	l->b.chip->env.flash_voltage_at = 0;
}

static inline uint32_t option_offset(struct line_bench *l, enum flash_option option)
{
	const struct flash_option_row *row = stm32l4_options_row(l->b.f, option);

	assert_non_null(row);
	return row->offset;
}

static inline void store_option(struct line_bench *l, enum flash_option option, uint32_t value)
{
	stm32l4_options_provision(l->b.f, option, value);
	vb_board_reset(l->b.board, VB_RESET_POWER_ON);
	l->b.chip->env.flash_voltage_at = 0;
}

#endif
