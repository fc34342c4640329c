/* SPDX-License-Identifier: GPL-2.0-or-later */
/* FlexSPI: bring-up, IP commands, clocks and the way back; against registers in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_imxrt.h"

#define BASE 0x402a4000u

static const uint32_t read_lut[4] = { 0x08180403, 0x00002404, 0, 0 };

static int set_up(void **state)
{
	fake_reset();
	*state = fake_target();
	return 0;
}

static int tear_down(void **state)
{
	fake_target_free(*state);
	return 0;
}

static void open_it(void **state, struct flexspi *fs)
{
	assert_int_equal(flexspi_open(fs, *state, 1, 0), OK);
}

static void test_up_from_reset_at_24_mhz(void **state)
{
	struct flexspi fs;

	open_it(state, &fs);
	assert_int_equal(fs.hz, 24000000);	/* the bypassed PLL2, no PLL touched */
	assert_int_equal(bits_get(fake_peek(CCM_CBCMR), 9, 8), 3);
	assert_int_equal(bits_get(fake_peek(CCM_CBCMR), 31, 29), 0);
	assert_int_equal(fake_peek(CCM_CCGR(7)) >> 2 & 3, 3);
	assert_int_equal(fake_peek(PLL_SYS), 0x00013001);
	/* FIFOs on the IP bus, module on. */
	assert_int_equal(fake_peek(BASE) & 0xc3, 0);
	assert_int_equal(fake_peek(BASE + FLEXSPI_AHBCR) & AHBCR_PREFETCH, 0);
	assert_int_equal(fake_peek(0x401f867c), 0x10);
	assert_int_equal(fake_peek(0x401f86d4), 0x10f1);
	assert_int_equal(fake_peek(0x401f8750), 2);
	assert_int_equal(fake_peek(0x401f8694), 0);	/* DQS is not needed below 60 MHz */
	assert_int_equal(flexspi_close(&fs), OK);
}

static void test_a_running_pll_is_divided(void **state)
{
	struct flexspi fs;

	fake_poke(PLL_SYS, 0x80002001);		/* 528 MHz */
	open_it(state, &fs);
	assert_int_equal(fs.hz, 33000000);
	assert_int_equal(bits_get(fake_peek(BASE), 10, 8), 1);	/* SERCLKDIV */
	assert_int_equal(flexspi_close(&fs), OK);
}

static void test_dead_plls_are_bypassed_and_put_back(void **state)
{
	struct flexspi fs;

	fake_poke(PLL_SYS, 0x00003001);		/* powered down, not bypassed */
	fake_poke(PLL_USB1, 0);
	open_it(state, &fs);
	assert_int_equal(fs.hz, 24000000);
	assert_int_equal(flexspi_close(&fs), OK);
	assert_int_equal(fake_peek(PLL_SYS) & ~PLL_LOCK, 0x00003001);
}

static void test_close_puts_everything_back(void **state)
{
	static const uint32_t regs[] = { 0x04, 0x08, 0x0c, 0x20, 0x2c, 0x60, 0x70, 0x80, 0xb8, 0xc0, 0x200,
					 0x2fc };
	struct flexspi fs;

	for (size_t i = 0; i < ARRAY_SIZE(regs); i++)
		fake_poke(BASE + regs[i], 0x01010100u + regs[i]);
	fake_poke(BASE, 0xffff0010);
	fake_poke(0x401f867c, 5);
	fake_poke(0x401f8750, 1);
	open_it(state, &fs);
	assert_int_equal(flexspi_set_speed(&fs, 60000000), OK);
	assert_int_equal(flexspi_close(&fs), OK);
	for (size_t i = 0; i < ARRAY_SIZE(regs); i++)
		assert_int_equal(fake_peek(BASE + regs[i]), 0x01010100u + regs[i]);
	assert_int_equal(fake_peek(BASE), 0xffff0010);
	assert_int_equal(fake_peek(0x401f867c), 5);
	assert_int_equal(fake_peek(0x401f8750), 1);
	assert_int_equal(fake_peek(CCM_CBCMR), 0x2dae8324);
	assert_int_equal(fake_peek(PLL_USB1) & ~PLL_LOCK, 0x00012000);
	assert_int_equal(flexspi_close(&fs), OK);	/* once more does nothing */
}

static void test_more_speed_starts_pll3_and_loops_over_the_pad(void **state)
{
	struct flexspi fs;

	open_it(state, &fs);
	assert_int_equal(flexspi_set_speed(&fs, 60000000), OK);
	assert_int_equal(fs.hz, 60000000);
	assert_int_equal(fake_peek(BASE) >> 4 & 3, 0);
	assert_int_equal(flexspi_set_speed(&fs, 133000000), OK);
	assert_true(fs.hz > 100000000 && fs.hz <= 133000000);
	assert_int_equal(fake_peek(BASE) >> 4 & 3, 1);
	assert_int_equal(fake_peek(0x401f8694), 0x10);
	assert_int_equal(flexspi_close(&fs), OK);
}

static void test_a_read_is_one_round_trip(void **state)
{
	uint8_t data[300];
	const struct flexspi_command c = { .name = "read", .lut = { read_lut[0], read_lut[1] },
					   .address = 0x1234, .read = data, .bytes = sizeof(data) };
	struct flexspi fs;

	for (size_t i = 0; i < sizeof(fake.answer); i++)
		fake.answer[i] = (uint8_t)(i * 7 + 1);
	open_it(state, &fs);
	unsigned before = fake.runs;

	assert_int_equal(flexspi_exec(&fs, &c), OK);
	assert_int_equal(fake.runs, before + 1);
	assert_memory_equal(data, fake.answer, sizeof(data));
	assert_int_equal(fake.address, 0x1234);
	assert_int_equal(fake.command_bytes, 300);
	assert_memory_equal(fake.lut, c.lut, sizeof(c.lut));
	assert_int_equal(flexspi_close(&fs), OK);
}

/* Data that come later than the first look must not be taken for what was read. */
static void test_a_slow_flash_is_waited_for(void **state)
{
	uint8_t data[200];
	const struct flexspi_command c = { .name = "read", .lut = { read_lut[0], read_lut[1] },
					   .read = data, .bytes = sizeof(data) };

	for (size_t i = 0; i < sizeof(fake.answer); i++)
		fake.answer[i] = (uint8_t)(i + 3);
	for (fake.looks_until_ready = 0; fake.looks_until_ready < 120; fake.looks_until_ready += 13) {
		struct flexspi fs;

		open_it(state, &fs);
		memset(data, 0, sizeof(data));
		assert_int_equal(flexspi_exec(&fs, &c), OK);
		assert_memory_equal(data, fake.answer, sizeof(data));
		assert_int_equal(flexspi_close(&fs), OK);
	}
}

static void test_long_reads_are_split(void **state)
{
	static uint8_t data[10000];
	const struct flexspi_command c = { .name = "read", .lut = { read_lut[0], read_lut[1] },
					   .address = 0x100, .read = data, .bytes = sizeof(data) };
	const struct flexspi_command no_address = { .name = "status", .lut = { 0x24040405 },
						    .read = data, .bytes = sizeof(data) };
	struct flexspi fs;

	open_it(state, &fs);
	assert_int_equal(flexspi_exec(&fs, &c), OK);
	assert_int_equal(fake.commands, 3);
	assert_int_equal(fake.address, 0x100 + 8192);
	assert_int_equal(flexspi_exec(&fs, &no_address), ERR_ARGUMENT);
	error_clear();
	assert_int_equal(flexspi_close(&fs), OK);
}

static void test_a_page_is_sent_whole(void **state)
{
	uint8_t page[256];
	const struct flexspi_command c = { .name = "page program 02h", .lut = { 0x08180402, 0x00002004 },
					   .address = 0x3000, .write = page, .bytes = sizeof(page) };
	struct flexspi fs;

	for (size_t i = 0; i < sizeof(page); i++)
		page[i] = (uint8_t)(255 - i);
	open_it(state, &fs);
	unsigned before = fake.runs;

	assert_int_equal(flexspi_exec(&fs, &c), OK);
	assert_memory_equal(fake.sent, page, sizeof(page));
	assert_true(fake.runs - before <= 2);
	assert_int_equal(flexspi_close(&fs), OK);
}

static void test_sequences_stay_in_the_lut(void **state)
{
	const struct flexspi_command wren = { .name = "write enable", .lut = { 0x00000406 } };
	const struct flexspi_command erase = { .name = "erase", .lut = { 0x08180420 } };
	struct flexspi fs;

	open_it(state, &fs);
	assert_int_equal(flexspi_exec(&fs, &wren), OK);
	assert_int_equal(flexspi_exec(&fs, &erase), OK);
	size_t before = fake.write_count;

	assert_int_equal(flexspi_exec(&fs, &wren), OK);
	for (size_t i = before; i < fake.write_count; i++)
		assert_false(fake.writes[i].addr >= BASE + FLEXSPI_LUT(0));
	assert_int_equal(fake.lut[0], 0x00000406);
	assert_int_equal(flexspi_close(&fs), OK);
}

static void test_errors_come_in_words(void **state)
{
	const struct flexspi_command c = { .name = "sector erase 20h", .lut = { 0x08180420 },
					   .address = 0x800000 };
	struct flexspi fs;

	open_it(state, &fs);
	fake.error_code = 6;
	assert_int_equal(flexspi_exec(&fs, &c), ERR_FLASH_OPERATION);
	assert_non_null(strstr(error_text(error_current()), "sector erase 20h"));
	assert_non_null(strstr(error_text(error_current()), "beyond the flashes' sizes"));
	error_clear();
	fake.error_code = 0;
	fake_poke(BASE + FLEXSPI_INTR, 0);
	assert_int_equal(flexspi_exec(&fs, &c), OK);
	fake.never_done = true;
	const struct flexspi_command hasty = { .name = "erase", .lut = { 0x08180420 }, .timeout_ms = 1 };

	assert_int_equal(flexspi_exec(&fs, &hasty), ERR_FLASH_OPERATION);
	assert_non_null(strstr(error_text(error_current()), "has not finished \"erase\" after 1 ms"));
	error_clear();
	assert_int_equal(flexspi_close(&fs), OK);
}

/* Bit 31 is LOCK in a PLL's register and a divider's bit in CBCMR; a gate in PFD_480. */
static void test_close_puts_the_highest_bits_back(void **state)
{
	struct flexspi fs;

	fake_poke(CCM_CBCMR, 0xedae8324);	/* FLEXSPI2_PODF 7 */
	fake_poke(PFD_480, 0x9311100c);
	fake_poke(PLL_SYS, 0x80002001);
	open_it(state, &fs);
	assert_int_equal(flexspi_close(&fs), OK);
	assert_int_equal(fake_peek(CCM_CBCMR), 0xedae8324);
	assert_int_equal(fake_peek(PFD_480), 0x9311100c);
}

static size_t last_write(uint32_t addr)
{
	size_t at = SIZE_MAX;

	for (size_t i = 0; i < fake.write_count; i++)
		if (fake.writes[i].addr == addr)
			at = i;
	return at;
}

/* A delay line locks on to the clock it finds when the module goes on: that must be the program's. */
static void test_the_module_goes_on_again_after_its_clock_is_back(void **state)
{
	struct flexspi fs;

	fake_poke(BASE, 0xffff0010);
	fake_poke(BASE + FLEXSPI_DLLCR(0), 0x79);
	fake_poke(BASE + FLEXSPI_STS2, 3);
	fake_poke(CCM_CCGR(7), 0xfffffff7);
	open_it(state, &fs);
	size_t before = fake.write_count;

	assert_int_equal(flexspi_close(&fs), OK);
	assert_int_equal(fake_peek(BASE), 0xffff0010);
	for (size_t i = before; i < last_write(CCM_CBCMR); i++)
		assert_false(fake.writes[i].addr == BASE && fake.writes[i].value == 0xffff0010);
	assert_true(last_write(BASE) < last_write(CCM_CCGR(7)));
	assert_int_equal(fake_peek(CCM_CCGR(7)), 0xfffffff7);
}

/* IMXRT1064RM "MCR0": clock fields change while MDIS is set and stays so. */
static void test_clock_fields_change_while_the_module_is_off(void **state)
{
	uint32_t fields = 7u << MCR0_SERCLKDIV_SHIFT | 3u << MCR0_RXCLKSRC_SHIFT | MCR0_COMBINATION;
	struct flexspi fs;

	fake_poke(BASE, 0xffff0510);
	fake_poke(PLL_SYS, 0x80002001);
	open_it(state, &fs);
	assert_int_equal(flexspi_set_speed(&fs, 60000000), OK);
	assert_int_equal(flexspi_close(&fs), OK);
	for (size_t i = 0, was = 0xffff0510; i < fake.write_count; i++) {
		uint32_t value = fake.writes[i].value;

		if (fake.writes[i].addr != BASE)
			continue;
		if ((value ^ was) & fields)
			assert_true(value & was & MCR0_MDIS);
		was = value;
	}
}

/* IMXRT1010RM "CCM": FLEXSPI_CLK_SRC leads past FLEXSPI_CLK_SEL. */
static void test_the_source_of_an_rt1010(void **state)
{
	struct flexspi fs;

	fake_poke(DIGPROG, 0x006d0000);
	fake_poke(OCOTP_SHADOW(4), 0);
	fake.flexspi = 0x400a0000;
	fake_poke(CCM_CSCMR1, 0x84900000);
	assert_int_equal(flexspi_open(&fs, *state, 0, 0), OK);
	assert_int_equal(fake_peek(CCM_CSCMR1) >> 31, 0);
	assert_int_equal(fs.hz, 24000000);
	assert_int_equal(flexspi_close(&fs), OK);
	assert_int_equal(fake_peek(CCM_CSCMR1), 0x84900000);
}

static void test_a_bypass_to_a_pin_is_no_clock(void **state)
{
	struct flexspi fs;

	fake_poke(PLL_SYS, 0x00017001);		/* bypassed to CLK1_N/P */
	fake_poke(PLL_USB1, 0x80003042);	/* PLL3 at 528 MHz, 1311100c: PFD0 at 792, PFD1 594 */
	open_it(state, &fs);
	assert_int_equal(fs.hz, 33000000);
	assert_int_not_equal(bits_get(fake_peek(CCM_CBCMR), 9, 8), 3);
	assert_int_equal(flexspi_close(&fs), OK);
}

/* Wherever the bus fails on the way up, what was changed before is put back as soon as it answers. */
static void test_a_fault_on_the_way_up_leaves_nothing_behind(void **state)
{
	static const struct { uint32_t from, to; } dead[] = {
		{ BASE, BASE + 4 }, { BASE + 0x60, BASE + 0x64 }, { BASE + 0xe0, BASE + 0xe4 },
		{ 0x401f8000, 0x401f9000 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(dead); i++) {
		struct flexspi fs;

		fake_reset();
		fake_poke(0x401f867c, 5);
		fake_poke(CCM_CCGR(7), 0xfffffff3);
		fake.dead_from = dead[i].from;
		fake.dead_to = dead[i].to;
		assert_int_equal(flexspi_open(&fs, *state, 1, 0), ERR_BUS);
		assert_non_null(strstr(error_text(error_current()), "FlexSPI2 does not come up"));
		assert_null(fs.saved);
		assert_int_equal(fake_peek(CCM_CBCMR), 0x2dae8324);
		assert_int_equal(fake_peek(CCM_CCGR(7)), 0xfffffff3);
		assert_int_equal(fake_peek(0x401f867c), 5);
		error_clear();
	}
}

/* What belongs to the program before the reset is nothing for the chip after it. */
static void test_a_reset_meanwhile_is_told_and_nothing_put_back(void **state)
{
	struct flexspi fs;

	open_it(state, &fs);
	fake_poke(BASE, 0xffff80c2);
	fake_poke(BASE + FLEXSPI_AHBRXBUF(0), 0x80000020);
	fake_poke(SRC_SRSR, SRSR_WDOG3);
	size_t before = fake.write_count;

	assert_int_equal(flexspi_close(&fs), ERR_FLASH_OPERATION);
	assert_non_null(strstr(error_text(error_current()), "a watchdog"));
	assert_int_equal(fake.write_count, before);
	assert_true(fs.was_reset);
}

static void test_no_second_controller_on_rt1050(void **state)
{
	struct flexspi fs;

	fake_poke(DIGPROG, 0x006a0001);
	fake_poke(OCOTP_SHADOW(4), 0);
	assert_int_equal(flexspi_open(&fs, *state, 1, 0), ERR_UNSUPPORTED);
	assert_int_equal(flexspi_close(&fs), OK);
}

/* 66h is directly followed by 99h, and neither is sent unless a reset is allowed. */
static void test_waking_sends_resets_only_if_allowed(void **state)
{
	struct flexspi fs;
	unsigned resets[2] = { 0 };

	fake.answer[0] = 0xef;
	for (unsigned allowed = 0; allowed < 2; allowed++) {
		open_it(state, &fs);
		size_t before = fake.write_count;

		assert_int_equal(flexspi_wake_flash(&fs, allowed), OK);
		for (size_t i = before; i < fake.write_count; i++)
			resets[allowed] += fake.writes[i].addr >= BASE + FLEXSPI_LUT(4) &&
					   (fake.writes[i].value == 0x499 || fake.writes[i].value == 0x699);
		assert_int_equal(flexspi_close(&fs), OK);
	}
	assert_int_equal(resets[0], 0);
	assert_int_equal(resets[1], 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_up_from_reset_at_24_mhz),
		TEST(test_a_running_pll_is_divided),
		TEST(test_dead_plls_are_bypassed_and_put_back),
		TEST(test_close_puts_everything_back),
		TEST(test_more_speed_starts_pll3_and_loops_over_the_pad),
		TEST(test_a_read_is_one_round_trip),
		TEST(test_a_slow_flash_is_waited_for),
		TEST(test_long_reads_are_split),
		TEST(test_a_page_is_sent_whole),
		TEST(test_sequences_stay_in_the_lut),
		TEST(test_errors_come_in_words),
		TEST(test_no_second_controller_on_rt1050),
		TEST(test_waking_sends_resets_only_if_allowed),
		TEST(test_close_puts_the_highest_bits_back),
		TEST(test_the_module_goes_on_again_after_its_clock_is_back),
		TEST(test_clock_fields_change_while_the_module_is_off),
		TEST(test_the_source_of_an_rt1010),
		TEST(test_a_bypass_to_a_pin_is_no_clock),
		TEST(test_a_fault_on_the_way_up_leaves_nothing_behind),
		TEST(test_a_reset_meanwhile_is_told_and_nothing_put_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
