/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of the J-Link driver that need no J-Link: sizes, clocks, capture, cuts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "adapter/jlink_queue.h"
#include "adapter/jlink_rules.h"
#include "adapter/swo.h"

/* --- Rules --- */

static void test_sizes(void **state)
{
	(void)state;
	assert_int_equal(jlink_swd_bits(0), 504);		/* not told: what all take */
	assert_int_equal(jlink_swd_bits(65536), 65528);		/* a 16-bit count */
	assert_int_equal(jlink_swd_bits(11288), (11288 - 16) / 2 * 8);
	assert_int_equal(jlink_swd_bits(10), JLINK_MIN_BITS);
	assert_int_equal(jlink_jtag_bits(65536, true), 16384);
	assert_int_equal(jlink_jtag_bits(65536, false), 65528);
	assert_int_equal(jlink_jtag_bits(1040, true), 4096);
}

static void test_speeds(void **state)
{
	static const struct {
		uint32_t base, min_divider, khz, real;
		uint16_t command;
	} cases[] = {
		{ 60000000, 4, 15000, 15000, 15000 },
		{ 60000000, 4, 50000, 15000, 15000 },		/* the maximum */
		{ 60000000, 4, 9000, 8571, 9000 },		/* next below */
		{ 60000000, 4, 8571, 7500, 8571 },		/* 8571.4 is above 8571 */
		{ 60000000, 4, 1, 1, 1 },
		{ 48000000, 8, 12000, 6000, 6000 },
		{ 100000000, 3, 90000, 33333, 33334 },		/* 33333.3: rounded up to be reached */
		{ 0, 0, 4000, 4000, 4000 },			/* not told */
		{ 0, 0, 90000, 65534, 65534 },			/* 65535 would be adaptive */
	};
	uint16_t command;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(jlink_speed(cases[i].base, cases[i].min_divider, cases[i].khz,
					     &command), cases[i].real);
		assert_int_equal(command, cases[i].command);
		if (cases[i].base == 0)
			continue;
		/* What the firmware makes of the command is what we say. */
		uint64_t hz = command * 1000ull, divider = (cases[i].base + hz - 1) / hz;

		divider = divider < cases[i].min_divider ? cases[i].min_divider : divider;
		assert_int_equal(cases[i].base / divider / 1000, cases[i].real);
	}
	assert_int_equal(jlink_max_khz(60000000, 4), 15000);
	assert_int_equal(jlink_max_khz(0, 0), 0);
}

static void test_swo_rates(void **state)
{
	static const struct jlink_swo_range range = { 60000000, 8, 4096 };

	(void)state;
	assert_int_equal(jlink_swo_baud(&range, 0), 7500000);
	assert_int_equal(jlink_swo_baud(&range, 2000000), 2000000);
	assert_int_equal(jlink_swo_baud(&range, 115200), 60000000 / 521);
	assert_int_equal(jlink_swo_baud(&range, 9000), 60000000 / 4096);
	assert_int_equal(jlink_swo_baud(&(struct jlink_swo_range){ 0, 0, 0 }, 1), 0);
	assert_int_equal(swo_check_baud(115200, 115163, 0), OK);
	assert_int_equal(swo_check_baud(1000, 970, 0), OK);
	assert_int_equal(swo_check_baud(1000, 969, 0), ERR_UNSUPPORTED);
	assert_int_equal(swo_check_baud(9000, 14648, 0), ERR_UNSUPPORTED);
}

static void test_product_ids(void **state)
{
	(void)state;
	assert_true(jlink_identify(0x0101).is_known);
	assert_int_equal(jlink_identify(0x0103).address, 2);
	assert_string_equal(jlink_identify(0x1055).kind, "J-Link with serial port");
	assert_true(jlink_identify(0x1050).is_jlink);		/* a bulk interface, but ... */
	assert_false(jlink_identify(0x1050).is_known);
	assert_false(jlink_identify(0x0106).is_jlink);		/* only a serial port */
}

/* --- Queue --- */

/* A J-Link whose target puts out `line`: bit i is the level after rising edge i. */
struct fake {
	uint64_t line[64];
	size_t calls, sizes[64];
};

static void run(struct jlink_queue *q, struct fake *f, size_t max_bits)
{
	uint8_t first[64], second[64], captured[64];
	size_t at = 0;

	f->calls = 0;
	while (at < q->bits) {
		size_t n = jlink_queue_next(q, at, max_bits);

		assert_in_range(n, 1, max_bits);
		jlink_queue_get(q, at, n, first, second);
		memset(captured, 0, sizeof(captured));
		for (size_t i = 0; i < n; i++)
			if (!q->is_swd || !bit_get(first, i))	/* its own output it does not read */
				bit_set(captured, i, f->line[(at + i) / 64] >> ((at + i) % 64) & 1);
		jlink_queue_put(q, at, n, captured);
		f->sizes[f->calls++] = n;
		at += n;
	}
	jlink_queue_finish(q);
}

/* ACK OK and data as the probe captures them: the ACK right after the request. */
static void answer(struct fake *f, size_t at, uint32_t data)
{
	uint64_t bits = 1 | (uint64_t)data << 3 | (uint64_t)parity_even(data) << 35;

	for (unsigned i = 0; i < 38; i++) {
		f->line[(at + i) / 64] &= ~(1ull << ((at + i) % 64));
		f->line[(at + i) / 64] |= (bits >> i & 1) << ((at + i) % 64);
	}
}

static uint64_t read_result(const uint8_t *in)
{
	uint64_t bits = 0;

	for (unsigned i = 0; i < 38; i++)
		bits |= (uint64_t)bit_get(in, i) << i;
	return bits;
}

/* bit_ops: turnaround first, the ACK at 1..3, data at 4..35. */
static void expect_read(const uint8_t *in, uint32_t data)
{
	uint64_t bits = read_result(in);

	assert_int_equal(bits & 1, 1);
	assert_int_equal(bits >> 1 & 7, 1);
	assert_int_equal((uint32_t)(bits >> 4), data);
	assert_int_equal(bits >> 36 & 1, parity_even(data));
}

static void test_capture_leads_by_one_bit(void **state)
{
	static const uint8_t request = 0xa5;
	struct jlink_queue q = { .level = true };
	struct fake f = { 0 };
	uint8_t in[8] = { 0 };

	(void)state;
	answer(&f, 8, 0xdeadbeef);
	jlink_queue_swd(&q, &request, NULL, 8);
	jlink_queue_swd(&q, NULL, in, 38);
	run(&q, &f, 1000);
	assert_int_equal(f.calls, 1);
	expect_read(in, 0xdeadbeef);
	jlink_queue_free(&q);
}

/* The ACK in one flush, the data in the next: the first data bit was captured before. */
static void test_a_read_goes_on_in_the_next_flush(void **state)
{
	static const uint8_t request = 0xa5;
	struct jlink_queue q = { .level = true };
	struct fake all = { 0 }, rest = { 0 };
	uint8_t head[8] = { 0 }, tail[8] = { 0 }, in[8] = { 0 };

	(void)state;
	answer(&all, 8, 0x80000001);
	jlink_queue_swd(&q, &request, NULL, 8);
	jlink_queue_swd(&q, NULL, head, 4);
	run(&q, &all, 1000);
	for (unsigned i = 0; i < 34; i++)
		rest.line[0] |= (uint64_t)(all.line[(12 + i) / 64] >> ((12 + i) % 64) & 1) << i;
	jlink_queue_swd(&q, NULL, tail, 34);
	run(&q, &rest, 1000);
	for (unsigned i = 0; i < 38; i++)
		bit_set(in, i, i < 4 ? bit_get(head, i) : bit_get(tail, i - 4));
	expect_read(in, 0x80000001);
	jlink_queue_free(&q);
}

static void test_calls_are_cut_between_transfers(void **state)
{
	static const uint8_t request = 0xa5, data[5] = { 1, 2, 3, 4, 0 };
	struct jlink_queue q = { .level = true };
	struct fake f = { 0 };
	uint8_t in[6][8] = { { 0 } };

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		jlink_queue_swd(&q, &request, NULL, 8);
		if (i % 2 == 0) {
			answer(&f, 46 * i + 8, 0x1000u + i);
			jlink_queue_swd(&q, NULL, in[i], 38);
		} else {	/* a write: its data is no place to stop */
			jlink_queue_swd(&q, NULL, in[i], 5);
			jlink_queue_swd(&q, data, NULL, 33);
		}
	}
	run(&q, &f, 100);
	assert_int_equal(f.calls, 3);
	for (size_t i = 0; i < f.calls; i++)
		assert_int_equal(f.sizes[i], 92);
	for (unsigned i = 0; i < 6; i += 2)
		expect_read(in[i], 0x1000u + i);
	assert_int_equal(q.bits, 0);
	jlink_queue_free(&q);
}

/* A memory too small for a transfer: it is cut anywhere, and still comes back whole. */
static void test_a_transfer_may_be_cut_if_it_must(void **state)
{
	static const uint8_t request = 0xa5;

	(void)state;
	for (size_t max_bits = 1; max_bits < 46; max_bits++) {
		struct jlink_queue q = { .level = true };
		struct fake f = { 0 };
		uint8_t in[8] = { 0 };

		answer(&f, 8, 0x5a5a0ff0);
		jlink_queue_swd(&q, &request, NULL, 8);
		jlink_queue_swd(&q, NULL, in, 38);
		run(&q, &f, max_bits);
		expect_read(in, 0x5a5a0ff0);
		jlink_queue_free(&q);
	}
}

static void test_jtag_has_no_lead(void **state)
{
	static const uint8_t tms[] = { 0x01, 0x80 }, tdi[] = { 0xc3, 0x5a };
	struct jlink_queue q = { .is_swd = true };
	struct fake f = { .line = { 0x5a3c5a3cull } };
	uint8_t tdo[8] = { 0 }, first[8], second[8];

	(void)state;
	jlink_queue_jtag(&q, tms, NULL, NULL, 5);	/* TDI: ones */
	jlink_queue_jtag(&q, tms, tdi, tdo, 16);
	jlink_queue_get(&q, 0, 21, first, second);
	assert_int_equal(first[0], 0x21);
	assert_int_equal(second[0], 0x7f);
	run(&q, &f, 16);
	assert_int_equal(f.calls, 2);
	assert_int_equal(f.sizes[0], 16);
	assert_int_equal(tdo[0] | tdo[1] << 8, 0x5a3c5a3cu >> 5 & 0xffff);
	jlink_queue_free(&q);
}

static void test_many_bits_arrive_as_they_were(void **state)
{
	struct jlink_queue q = { .level = true };
	uint8_t out[40], first[64], second[64];

	(void)state;
	for (size_t i = 0; i < sizeof(out); i++)
		out[i] = (uint8_t)(i * 37 + 11);
	for (size_t i = 1; i < 20; i++)
		jlink_queue_swd(&q, out, NULL, i);	/* lengths that fit no byte */
	for (size_t at = 0, i = 1; i < 20; at += i, i++) {
		jlink_queue_get(&q, at, i, first, second);
		for (size_t bit = 0; bit < i; bit++) {
			assert_true(bit_get(first, bit));
			assert_int_equal(bit_get(second, bit), bit_get(out, bit));
		}
	}
	jlink_queue_free(&q);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_speeds),
		cmocka_unit_test(test_swo_rates),
		cmocka_unit_test(test_product_ids),
		cmocka_unit_test(test_capture_leads_by_one_bit),
		cmocka_unit_test(test_a_read_goes_on_in_the_next_flush),
		cmocka_unit_test(test_calls_are_cut_between_transfers),
		cmocka_unit_test(test_a_transfer_may_be_cut_if_it_must),
		cmocka_unit_test(test_jtag_has_no_lead),
		cmocka_unit_test(test_many_bits_arrive_as_they_were),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
