/* SPDX-License-Identifier: GPL-2.0-or-later */
/* FPB comparator values (DDI 0403 C1.11) and who gets which comparator. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "target/fpb.h"

static const struct {
	unsigned version;
	uint32_t addr, value;
} encodings[] = {
	{ 1, 0x08000100, 0x48000101 },
	{ 1, 0x08000102, 0x88000101 },
	{ 1, 0x1ffffffe, 0x9ffffffd },
	{ 1, 0x20000000, 0 },		/* out of reach of version 1 */
	{ 1, 0xe0000000, 0 },
	{ 2, 0x08000102, 0x08000103 },
	{ 2, 0x20000000, 0x20000001 },
	{ 2, 0x60002002, 0x60002003 },
	{ 0, 0x08000000, 0 },
};

static void test_encodings(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(encodings) / sizeof(encodings[0]); i++)
		assert_int_equal(fpb_encode(encodings[i].version, encodings[i].addr),
				 encodings[i].value);
}

static void test_counts_come_from_both_fields(void **state)
{
	struct fpb fpb = { 0 };

	(void)state;
	fpb_decode(&fpb, 0x00000261);	/* Cortex-M4: 6 code, 2 literal, enabled */
	assert_int_equal(fpb.version, 1);
	assert_int_equal(fpb.count, 6);
	assert_int_equal(fpb.literals, 2);
	assert_true(fpb.is_enabled);
	fpb_decode(&fpb, 0x10000080);	/* Cortex-M7 of the i.MX RT: 8 code */
	assert_int_equal(fpb.version, 2);
	assert_int_equal(fpb.count, 8);
	assert_false(fpb.is_enabled);
	fpb_decode(&fpb, 0x10001020);	/* NUM_CODE[6:4] = 1, [3:0] = 2 */
	assert_int_equal(fpb.count, 18);
}

static struct fpb m4(void)
{
	struct fpb fpb = { 0 };

	fpb_decode(&fpb, 0x260);
	for (unsigned i = 0; i < FPB_MAX; i++)
		fpb.known[i] = true;
	return fpb;
}

static void test_two_halves_of_a_word_share_a_comparator(void **state)
{
	struct fpb fpb = m4();

	(void)state;
	assert_int_equal(fpb_add(&fpb, 0x08000100), 0);
	assert_int_equal(fpb_add(&fpb, 0x08000102), 0);
	assert_int_equal(fpb.wanted[0], 0xc8000101);
	assert_int_equal(fpb_free_count(&fpb), 5);
	fpb_remove(&fpb, 0, 0x08000100);
	assert_int_equal(fpb.wanted[0], 0x88000101);
	fpb_remove(&fpb, 0, 0x08000102);
	assert_int_equal(fpb.wanted[0], 0);
	assert_false(fpb_is_used(&fpb));
}

static void test_the_seventh_does_not_fit(void **state)
{
	struct fpb fpb = m4();

	(void)state;
	for (uint32_t i = 0; i < 6; i++)
		assert_int_equal(fpb_add(&fpb, 0x08000000 + 4 * i), (int)i);
	assert_int_equal(fpb_add(&fpb, 0x08001000), -1);
	fpb_remove(&fpb, 3, 0x0800000c);
	assert_int_equal(fpb_add(&fpb, 0x08001000), 3);
}

/* GDB takes all breakpoints out at each stop and puts them back: nothing must be written for that. */
static void test_out_and_in_again_changes_nothing(void **state)
{
	struct fpb fpb = m4();

	(void)state;
	fpb_add(&fpb, 0x08000100);
	fpb_add(&fpb, 0x08000200);
	for (unsigned i = 0; i < fpb.count; i++)
		fpb.actual[i] = fpb.wanted[i];
	assert_int_equal(fpb_next_change(&fpb, 0), -1);
	fpb_remove(&fpb, 0, 0x08000100);
	fpb_remove(&fpb, 1, 0x08000200);
	assert_int_equal(fpb_next_change(&fpb, 0), 0);
	/* In the other order they still find their old places. */
	assert_int_equal(fpb_add(&fpb, 0x08000200), 1);
	assert_int_equal(fpb_add(&fpb, 0x08000100), 0);
	assert_int_equal(fpb_next_change(&fpb, 0), -1);
}

static void test_after_a_reset_all_are_written(void **state)
{
	struct fpb fpb = m4();

	(void)state;
	assert_int_equal(fpb_next_change(&fpb, 0), -1);
	fpb_forget(&fpb);
	for (unsigned i = 0; i < fpb.count; i++)
		assert_int_equal(fpb_next_change(&fpb, i), (int)i);
	assert_int_equal(fpb_next_change(&fpb, fpb.count), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_encodings),
		cmocka_unit_test(test_counts_come_from_both_fields),
		cmocka_unit_test(test_two_halves_of_a_word_share_a_comparator),
		cmocka_unit_test(test_the_seventh_does_not_fit),
		cmocka_unit_test(test_out_and_in_again_changes_nothing),
		cmocka_unit_test(test_after_a_reset_all_are_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
