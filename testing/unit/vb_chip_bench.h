/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A whole NUCLEO-L476RG for tests of its devices. Accesses are the debugger's; one that meets a
 * busy flash waits in virtual time, as the host would by repeating the transfer.
 */
#ifndef VB_CHIP_BENCH_H
#define VB_CHIP_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "vboard/chip/stm32_chip.h"
#include "vboard/device/stm32l4_flash_parts.h"

#define MAIN	   0x08000000u
#define BANK2	   0x08080000u
#define SRAM1_BASE 0x20000000u
#define SRAM2_BASE 0x10000000u
#define FLASH_BASE 0x40022000u
#define RCC_BASE   0x40021000u
#define UNLOCKED   0x40000000u	/* CR with only OPTLOCK set */

#define KEY1 0x45670123u
#define KEY2 0xcdef89abu
#define OPTKEY1 0x08192a3bu
#define OPTKEY2 0x4c5d6e7fu

struct chip_bench {
	struct vb_board *board;
	struct stm32_chip *chip;
	struct stm32l4_flash *f;
	enum vb_master master;
};

static inline void bench_open(struct chip_bench *b, const struct vb_chip *chip)
{
	b->board = vb_board_new(chip);
	b->chip = b->board->priv;
	b->f = &b->chip->flash;
	b->master = VB_DAP;
}

static inline int bench_setup(void **state)
{
	struct chip_bench *b = xcalloc(1, sizeof(*b));

	bench_open(b, &stm32l476_chip);
	*state = b;
	return 0;
}

static inline int bench_teardown(void **state)
{
	struct chip_bench *b = *state;

	vb_board_free(b->board);
	free(b);
	return 0;
}

static inline void run_us(struct chip_bench *b, uint64_t us)
{
	vb_clock_advance(b->board->clock, us * 1000);
}

static inline enum vb_result access_once(struct chip_bench *b, bool is_write, uint32_t addr,
					 unsigned size, uint32_t *value, uint64_t *stall_ns)
{
	struct vb_access a = { .master = b->master, .addr = addr, .size = size,
			       .is_privileged = true };
	enum vb_result rc = is_write ? vb_bus_write(b->board->bus, &a, *value)
				     : vb_bus_read(b->board->bus, &a, value);

	*stall_ns = rc == VB_STALL ? a.stall_until_ns - vb_clock_now(b->board->clock) : 0;
	return rc;
}

static inline enum vb_result access_sized(struct chip_bench *b, bool is_write, uint32_t addr,
					  unsigned size, uint32_t *value)
{
	uint64_t stall_ns;
	enum vb_result rc;

	for (;;) {
		rc = access_once(b, is_write, addr, size, value, &stall_ns);
		if (rc != VB_STALL)
			return rc;
		vb_clock_advance(b->board->clock, stall_ns);
	}
}

static inline enum vb_result try_read(struct chip_bench *b, uint32_t addr, uint32_t *value)
{
	return access_sized(b, false, addr, 4, value);
}

static inline enum vb_result try_write(struct chip_bench *b, uint32_t addr, uint32_t value)
{
	return access_sized(b, true, addr, 4, &value);
}

static inline uint32_t rd(struct chip_bench *b, uint32_t addr)
{
	uint32_t value;

	assert_int_equal(try_read(b, addr, &value), VB_OK);
	return value;
}

static inline void wr(struct chip_bench *b, uint32_t addr, uint32_t value)
{
	assert_int_equal(try_write(b, addr, value), VB_OK);
}

static inline uint32_t flash_rd(struct chip_bench *b, uint32_t offset)
{
	return rd(b, FLASH_BASE + offset);
}

static inline void flash_wr(struct chip_bench *b, uint32_t offset, uint32_t value)
{
	wr(b, FLASH_BASE + offset, value);
}

static inline void unlock(struct chip_bench *b)
{
	flash_wr(b, FLASH_KEYR, KEY1);
	flash_wr(b, FLASH_KEYR, KEY2);
}

static inline void unlock_options(struct chip_bench *b)
{
	unlock(b);
	flash_wr(b, FLASH_OPTKEYR, OPTKEY1);
	flash_wr(b, FLASH_OPTKEYR, OPTKEY2);
}

static inline void wait_flash(struct chip_bench *b)
{
	for (unsigned i = 0; flash_rd(b, FLASH_SR) & SR_BSY; i++) {
		assert_true(i < 2000000);
		run_us(b, 10);
	}
}

static inline void program(struct chip_bench *b, uint32_t addr, uint32_t low, uint32_t high)
{
	flash_wr(b, FLASH_CR, CR_PG);
	wr(b, addr, low);
	wr(b, addr + 4, high);
	wait_flash(b);
	flash_wr(b, FLASH_CR, 0);
}

static inline void erase_page(struct chip_bench *b, unsigned page, bool bank2)
{
	flash_wr(b, FLASH_CR, CR_PER | page << 3 | (bank2 ? CR_BKER : 0) | CR_STRT);
	wait_flash(b);
	flash_wr(b, FLASH_CR, 0);
}

/* Raises HCLK to MSI 24 MHz, as a debugger's reset-init does. */
static inline void fast_clock(struct chip_bench *b)
{
	flash_wr(b, FLASH_ACR, 0x103);
	wr(b, RCC_BASE, 0x99);
	run_us(b, 100);
}

#define BENCH_TEST(f) cmocka_unit_test_setup_teardown(f, bench_setup, bench_teardown)

#endif
