/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A whole i.MX RT board for tests of its devices: the core is halted at its first instruction, accesses
 * are the debugger's.
 */
#ifndef VB_IMXRT_BENCH_H
#define VB_IMXRT_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "vboard/chip/imxrt.h"

#define DHCSR 0xe000edf0u
#define CCM   0x400fc000u
#define ANALOG 0x400d8000u
#define IOMUXC 0x401f8000u
#define GPR   0x400ac000u
#define SRC   0x400f8000u
#define WDOG1 0x400b8000u
#define RTWDOG 0x400bc000u

struct imxrt_bench {
	struct vb_board *board;
	struct imxrt *chip;
};

static inline enum vb_result sized(struct imxrt_bench *b, bool is_write, uint32_t addr,
				   unsigned size, uint32_t *value)
{
	struct vb_access a = { .master = VB_DAP, .addr = addr, .size = size,
			       .is_privileged = true };

	return is_write ? vb_bus_write(b->board->bus, &a, *value)
			: vb_bus_read(b->board->bus, &a, value);
}

static inline enum vb_result try_rd(struct imxrt_bench *b, uint32_t addr)
{
	uint32_t value;

	return sized(b, false, addr, 4, &value);
}

static inline uint32_t rd(struct imxrt_bench *b, uint32_t addr)
{
	uint32_t value = 0;

	assert_int_equal(sized(b, false, addr, 4, &value), VB_OK);
	return value;
}

static inline void wr(struct imxrt_bench *b, uint32_t addr, uint32_t value)
{
	assert_int_equal(sized(b, true, addr, 4, &value), VB_OK);
}

static inline uint32_t rd16(struct imxrt_bench *b, uint32_t addr)
{
	uint32_t value = 0;

	assert_int_equal(sized(b, false, addr, 2, &value), VB_OK);
	return value;
}

static inline void wr16(struct imxrt_bench *b, uint32_t addr, uint32_t value)
{
	assert_int_equal(sized(b, true, addr, 2, &value), VB_OK);
}

static inline void run_us(struct imxrt_bench *b, uint64_t us)
{
	vb_clock_advance(b->board->clock, us * 1000);
}

/* As a reset under vector catch leaves it. */
static inline void halt(struct imxrt_bench *b)
{
	wr(b, DHCSR, 0xa05f0003);
	vb_clock_advance(b->board->clock, 100);
}

static inline void reset_halted(struct imxrt_bench *b, enum vb_reset kind)
{
	vb_board_reset(b->board, kind);
	halt(b);
}

static inline void open_board(struct imxrt_bench *b, const struct vb_chip *chip)
{
	b->board = vb_board_new(chip);
	assert_non_null(b->board);
	b->chip = b->board->priv;
	halt(b);
}

static inline int bench_setup(void **state)
{
	struct imxrt_bench *b = xcalloc(1, sizeof(*b));

	open_board(b, &mimxrt1064_evk_chip);
	*state = b;
	return 0;
}

static inline int bench_teardown(void **state)
{
	struct imxrt_bench *b = *state;

	vb_board_free(b->board);
	free(b);
	return 0;
}

#define BENCH_TEST(f) cmocka_unit_test_setup_teardown(f, bench_setup, bench_teardown)

#endif
