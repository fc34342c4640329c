/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The watchdogs and small devices of the i.MX RT boards. */
#include "vb_imxrt_bench.h"

#define UNLOCK	0xd928c520u
#define REFRESH 0xb480a602u

static uint64_t resets(struct imxrt_bench *b, enum vb_reset kind)
{
	return b->chip->resets[kind];
}

/* Runs `b .` in OCRAM: nothing of the ROM's. */
static void spin(struct imxrt_bench *b)
{
	wr(b, CCM + 0x54, 0x78);
	wr(b, 0x20208000, 0xe7fee7fe);
	wr(b, 0xe000edf8, 0x20208000);
	wr(b, 0xe000edf4, 0x1000f);
	wr(b, DHCSR, 0xa05f0001);
	run_us(b, 1);
}

static void stop_rtwdog(struct imxrt_bench *b)
{
	wr(b, RTWDOG + 4, UNLOCK);
	wr(b, RTWDOG + 8, 0xffff);
	wr(b, RTWDOG, 0x2120);
}

static void test_wdog_is_sixteen_bits_wide(void **state)
{
	struct imxrt_bench *b = *state;

	assert_int_equal(rd16(b, WDOG1), 0x30);
	assert_int_equal(rd16(b, WDOG1 + 6), 4);
	assert_int_equal(rd16(b, WDOG1 + 8), 1);
	assert_int_equal(try_rd(b, WDOG1), VB_FAULT);
}

static void test_wdog_cannot_be_stopped_and_bites(void **state)
{
	struct imxrt_bench *b = *state;

	stop_rtwdog(b);
	wr16(b, WDOG1, 0x0334);		/* 2 s */
	wr16(b, WDOG1, 0x0330);
	assert_int_equal(rd16(b, WDOG1) & 4, 4);
	spin(b);
	run_us(b, 1900000);
	wr16(b, WDOG1 + 2, 0x5555);
	wr16(b, WDOG1 + 2, 0xaaaa);
	run_us(b, 1900000);
	assert_int_equal(resets(b, VB_RESET_WDOG), 0);
	wr16(b, WDOG1 + 2, 0xaaaa);	/* alone it is nothing */
	run_us(b, 200000);
	assert_int_equal(resets(b, VB_RESET_WDOG), 1);
	halt(b);
	assert_int_equal(rd(b, SRC + 8) & BIT(4), BIT(4));
	assert_int_equal(rd16(b, WDOG1 + 4), 2);
}

static void test_wdog_stops_in_debug_only_with_wdbg(void **state)
{
	struct imxrt_bench *b = *state;

	wr16(b, WDOG1, 0x0036);		/* 0.5 s, WDBG */
	run_us(b, 1000000);
	assert_int_equal(resets(b, VB_RESET_WDOG), 0);
	reset_halted(b, VB_RESET_NRST);
	wr16(b, WDOG1, 0x0034);
	run_us(b, 600000);
	assert_int_equal(resets(b, VB_RESET_WDOG), 1);
}

static void test_src_masks_the_watchdogs(void **state)
{
	struct imxrt_bench *b = *state;

	wr(b, SRC, (rd(b, SRC) & ~0xf0000780u) | 5u << 28 | 5 << 7);
	assert_int_equal(b->chip->env.wdog_mask, 3);
	wr16(b, WDOG1, 0x0034);
	spin(b);
	run_us(b, 1000000);
	assert_int_equal(resets(b, VB_RESET_WDOG) + resets(b, VB_RESET_RTWDOG), 0);
}

static void test_power_down_counter_pulls_wdog_b_unless_stopped(void **state)
{
	struct imxrt_bench *b = *state;

	wr16(b, WDOG1 + 8, 0);
	run_us(b, 17000000);
	assert_false(b->chip->wdog[0].wdog_b);
	assert_true(b->chip->wdog[1].wdog_b);
}

static void test_rtwdog_is_on_after_reset(void **state)
{
	struct imxrt_bench *b = *state;

	assert_int_equal(rd(b, RTWDOG), 0x2980);
	assert_int_equal(rd(b, RTWDOG + 8), 0x400);
	run_us(b, 100000);		/* DBG = 0: halted, it stands */
	assert_int_equal(resets(b, VB_RESET_RTWDOG), 0);
	spin(b);
	run_us(b, 30000);
	assert_int_equal(resets(b, VB_RESET_RTWDOG), 0);
	run_us(b, 2000);
	assert_int_equal(resets(b, VB_RESET_RTWDOG), 1);
	halt(b);
	assert_int_equal(rd(b, SRC + 8) & BIT(7), BIT(7));
}

static void test_rtwdog_is_open_for_128_bus_clocks(void **state)
{
	struct imxrt_bench *b = *state;

	stop_rtwdog(b);
	run_us(b, 100);
	assert_int_equal(rd(b, RTWDOG) & BIT(11), 0);
	wr(b, RTWDOG + 8, 0x1234);
	assert_int_equal(rd(b, RTWDOG + 8), 0xffff);
	wr(b, RTWDOG + 4, UNLOCK);
	run_us(b, 40);			/* 120 clocks of 3 MHz */
	wr(b, RTWDOG + 8, 0x1234);
	assert_int_equal(rd(b, RTWDOG + 8), 0x1234);
	run_us(b, 10);
	wr(b, RTWDOG + 8, 0x4321);
	assert_int_equal(rd(b, RTWDOG + 8), 0x1234);
}

static void test_rtwdog_without_update_is_locked_until_reset(void **state)
{
	struct imxrt_bench *b = *state;

	wr(b, RTWDOG + 4, UNLOCK);
	wr(b, RTWDOG, 0x2100);		/* off, UPDATE = 0 */
	run_us(b, 100);
	wr(b, RTWDOG + 4, UNLOCK);
	wr(b, RTWDOG, 0x2180);
	assert_int_equal(rd(b, RTWDOG) & 0x80, 0);
	reset_halted(b, VB_RESET_SYSTEM);
	assert_int_equal(rd(b, RTWDOG), 0x2980);
}

static void test_rtwdog_is_refreshed(void **state)
{
	struct imxrt_bench *b = *state;

	spin(b);
	for (unsigned i = 0; i < 5; i++) {
		run_us(b, 25000);
		wr(b, RTWDOG + 4, REFRESH);
	}
	assert_int_equal(resets(b, VB_RESET_RTWDOG), 0);
	run_us(b, 32000);
	assert_int_equal(resets(b, VB_RESET_RTWDOG), 1);
}

static void test_rtwdog_in_sixteen_bit_steps(void **state)
{
	struct imxrt_bench *b = *state;

	wr(b, RTWDOG + 4, UNLOCK);
	wr(b, RTWDOG, 0x01a0);		/* EN, UPDATE, CMD32EN = 0 */
	run_us(b, 100);
	wr16(b, RTWDOG + 4, 0xc520);
	wr16(b, RTWDOG + 4, 0xd928);
	assert_int_equal(rd(b, RTWDOG) & BIT(11), BIT(11));
}

static void test_gpio_drives_the_led(void **state)
{
	struct imxrt_bench *b = *state;
	const uint32_t gpio1 = 0x401b8000;

	wr(b, IOMUXC + 0xe0, 5);
	wr(b, gpio1 + 4, BIT(9));
	wr(b, gpio1 + 0x84, BIT(9));
	wr(b, gpio1 + 0x88, BIT(9));
	wr(b, gpio1 + 0x8c, BIT(9));
	assert_int_equal(rd(b, gpio1), BIT(9));
	assert_int_equal(rd(b, gpio1 + 8), BIT(9));
	assert_int_equal(b->chip->led_toggles, 3);
}

static void test_lpuart_sends_in_its_time(void **state)
{
	struct imxrt_bench *b = *state;
	const uint32_t uart = 0x40184000;

	wr(b, IOMUXC + 0xec, 2);
	wr(b, CCM + 0x24, (rd(b, CCM + 0x24) & ~0x3fu) | 0x40);
	wr(b, uart + 0x10, 15u << 24 | 13);		/* 24 MHz / 16 / 13: 115385 baud */
	wr(b, uart + 0x18, BIT(19));
	wr(b, uart + 0x1c, 'A');
	wr(b, uart + 0x1c, 'B');
	assert_int_equal(rd(b, uart + 0x14) & (BIT(23) | BIT(22)), 0);
	run_us(b, 100);
	assert_int_equal(b->chip->lpuart1.port.sent, 1);
	run_us(b, 100);
	assert_int_equal(b->chip->lpuart1.port.sent, 2);
	assert_int_equal(rd(b, uart + 0x14) & (BIT(23) | BIT(22)), BIT(23) | BIT(22));
	wr(b, IOMUXC + 0xec, 5);
	wr(b, uart + 0x1c, 'C');
	run_us(b, 100);
	assert_int_equal(b->chip->lpuart1.port.lost, 1);
}

static void test_gpt_compares(void **state)
{
	struct imxrt_bench *b = *state;
	const uint32_t gpt = 0x401ec000;

	wr(b, gpt + 4, 23 | 0);
	wr(b, gpt + 0x10, 1000);
	wr(b, gpt, BIT(0) | BIT(1) | BIT(2) | 5 << 6 | BIT(10));	/* 24 MHz / 24 */
	run_us(b, 900);
	assert_in_range(rd(b, gpt + 0x24), 899, 901);
	assert_int_equal(rd(b, gpt + 8), 0);
	run_us(b, 110);
	assert_int_equal(rd(b, gpt + 8), 1);
	assert_in_range(rd(b, gpt + 0x24), 5, 12);		/* restarted */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(test_wdog_is_sixteen_bits_wide),
		BENCH_TEST(test_wdog_cannot_be_stopped_and_bites),
		BENCH_TEST(test_wdog_stops_in_debug_only_with_wdbg),
		BENCH_TEST(test_src_masks_the_watchdogs),
		BENCH_TEST(test_power_down_counter_pulls_wdog_b_unless_stopped),
		BENCH_TEST(test_rtwdog_is_on_after_reset),
		BENCH_TEST(test_rtwdog_is_open_for_128_bus_clocks),
		BENCH_TEST(test_rtwdog_without_update_is_locked_until_reset),
		BENCH_TEST(test_rtwdog_is_refreshed),
		BENCH_TEST(test_rtwdog_in_sixteen_bit_steps),
		BENCH_TEST(test_gpio_drives_the_led),
		BENCH_TEST(test_lpuart_sends_in_its_time),
		BENCH_TEST(test_gpt_compares),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
