/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How ranges become DWT comparators. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "target/dwt.h"

static const struct {
	uint32_t addr, n;
	unsigned max_log2;
	size_t count;
	struct dwt_piece pieces[4];
} splits[] = {
	{ 0x20000000, 4, 15, 1, { { 0x20000000, 2 } } },
	{ 0x20000001, 1, 15, 1, { { 0x20000001, 0 } } },
	{ 0x20000002, 4, 15, 2, { { 0x20000002, 1 }, { 0x20000004, 1 } } },
	{ 0x20000004, 12, 15, 2, { { 0x20000004, 2 }, { 0x20000008, 3 } } },
	{ 0x20000001, 6, 15, 4,
	  { { 0x20000001, 0 }, { 0x20000002, 1 }, { 0x20000004, 1 }, { 0x20000006, 0 } } },
	{ 0x20000000, 0x8000, 15, 1, { { 0x20000000, 15 } } },
	{ 0x20000000, 0x10000, 15, 2, { { 0x20000000, 15 }, { 0x20008000, 15 } } },
	{ 0x20000000, 8, 2, 2, { { 0x20000000, 2 }, { 0x20000004, 2 } } },
	{ 0, 32, 15, 1, { { 0, 5 } } },
	{ 0xfffffff0, 16, 15, 1, { { 0xfffffff0, 4 } } },
	{ 0x20000001, 100, 15, 0, { { 0, 0 } } },	/* more than four */
};

static void test_splits(void **state)
{
	struct dwt_piece got[4];

	(void)state;
	for (size_t i = 0; i < sizeof(splits) / sizeof(splits[0]); i++) {
		size_t n = dwt_split(splits[i].addr, splits[i].n, splits[i].max_log2, got, 4);

		assert_int_equal(n, splits[i].count);
		for (size_t k = 0; k < n; k++) {
			assert_int_equal(got[k].addr, splits[i].pieces[k].addr);
			assert_int_equal(got[k].log2_size, splits[i].pieces[k].log2_size);
		}
	}
}

/* Every byte of the range is in exactly one piece, and no other byte is. */
static void test_pieces_cover_the_range_and_nothing_else(void **state)
{
	struct dwt_piece got[32];

	(void)state;
	for (uint32_t addr = 0x20000000; addr < 0x20000010; addr++) {
		for (uint32_t n = 1; n < 70; n++) {
			size_t count = dwt_split(addr, n, 15, got, 32);
			uint32_t at = addr;

			assert_true(count > 0);
			for (size_t k = 0; k < count; k++) {
				assert_int_equal(got[k].addr, at);
				assert_int_equal(at & ((1u << got[k].log2_size) - 1), 0);
				at += 1u << got[k].log2_size;
			}
			assert_int_equal(at, addr + n);
		}
	}
}

static void test_cover(void **state)
{
	uint32_t base;

	(void)state;
	assert_int_equal(dwt_cover(0x20000003, 2, &base), 3);
	assert_int_equal(base, 0x20000000);
	assert_int_equal(dwt_cover(0x20000010, 1, &base), 0);
	assert_int_equal(base, 0x20000010);
	assert_int_equal(dwt_cover(0x1fffffff, 2, &base), 30);
	assert_int_equal(dwt_cover(0x7fffffff, 2, &base), 32);
	assert_int_equal(dwt_cover(0xffffffff, 2, &base), 32);
	assert_int_equal(dwt_cover(0x20000000, 0, &base), 32);
}

static void test_functions(void **state)
{
	(void)state;
	assert_int_equal(dwt_function(false, DWT_READ, 4), 5);
	assert_int_equal(dwt_function(false, DWT_WRITE, 4), 6);
	assert_int_equal(dwt_function(false, DWT_ACCESS, 1), 7);
	assert_int_equal(dwt_function(true, DWT_WRITE, 4), 0x815);
	assert_int_equal(dwt_function(true, DWT_READ, 2), 0x416);
	assert_int_equal(dwt_function(true, DWT_ACCESS, 1), 0x014);
}

static struct dwt v7(void)
{
	struct dwt dwt = { .count = 4, .max_mask = 15 };

	for (unsigned i = 0; i < DWT_MAX; i++)
		dwt.known[i] = true;
	return dwt;
}

static void test_split_watch_takes_and_gives_back_its_comparators(void **state)
{
	struct dwt dwt = v7();
	unsigned needed;
	bool rounded;

	(void)state;
	assert_int_equal(dwt_add(&dwt, 1, 0x20000004, 12, DWT_WRITE, &needed, &rounded), 2);
	assert_false(rounded);
	assert_int_equal(dwt.wanted[0].comp, 0x20000004);
	assert_int_equal(dwt.wanted[0].mask, 2);
	assert_int_equal(dwt.wanted[1].comp, 0x20000008);
	assert_int_equal(dwt.wanted[1].mask, 3);
	assert_int_equal(dwt_add(&dwt, 2, 0x20000100, 4, DWT_READ, &needed, &rounded), 1);
	assert_int_equal(dwt_free_count(&dwt), 1);
	dwt_remove(&dwt, 1);
	assert_int_equal(dwt_free_count(&dwt), 3);
	assert_int_equal(dwt.owner[2], 2);
}

static void test_too_many_pieces_become_one_larger_comparator(void **state)
{
	struct dwt dwt = v7();
	unsigned needed;
	bool rounded;

	(void)state;
	assert_int_equal(dwt_add(&dwt, 1, 0x20000001, 100, DWT_WRITE, &needed, &rounded), 1);
	assert_true(rounded);
	assert_int_equal(dwt.wanted[0].comp, 0x20000000);
	assert_int_equal(dwt.wanted[0].mask, 7);
}

static void test_no_comparator_left(void **state)
{
	struct dwt dwt = v7();
	unsigned needed;
	bool rounded;

	(void)state;
	for (uint8_t i = 1; i <= 4; i++)
		assert_int_equal(dwt_add(&dwt, i, 0x20000000 + 4u * i, 4, DWT_ACCESS, &needed,
					 &rounded), 1);
	assert_int_equal(dwt_add(&dwt, 5, 0x20000100, 4, DWT_ACCESS, &needed, &rounded), 0);
	assert_int_equal(needed, 1);
	dwt.max_mask = 3;
	dwt_remove(&dwt, 1);
	assert_int_equal(dwt_add(&dwt, 5, 0x20000101, 62, DWT_ACCESS, &needed, &rounded), 0);
}

static void test_v8_takes_a_pair_for_a_range(void **state)
{
	struct dwt dwt = { .count = 4, .is_v8 = true, .has_ranges = true };
	unsigned needed;
	bool rounded;

	(void)state;
	assert_int_equal(dwt_add(&dwt, 1, 0x20000000, 4, DWT_WRITE, &needed, &rounded), 1);
	assert_int_equal(dwt_add(&dwt, 2, 0x20000010, 12, DWT_WRITE, &needed, &rounded), 2);
	assert_int_equal(dwt.wanted[2].comp, 0x20000010);
	assert_int_equal(dwt.wanted[2].function, 0x15);
	assert_int_equal(dwt.wanted[3].comp, 0x2000001b);
	assert_int_equal(dwt.wanted[3].function & 0xf, 7);
	assert_int_equal(dwt_add(&dwt, 3, 0x20000100, 12, DWT_WRITE, &needed, &rounded), 0);
	assert_int_equal(needed, 2);
}

static void test_v8_without_ranges_splits_into_words(void **state)
{
	struct dwt dwt = { .count = 4, .is_v8 = true };
	unsigned needed;
	bool rounded;

	(void)state;
	assert_int_equal(dwt_add(&dwt, 1, 0x20000000, 12, DWT_WRITE, &needed, &rounded), 3);
	assert_int_equal(dwt.wanted[2].comp, 0x20000008);
	assert_int_equal(dwt.wanted[2].function, 0x815);
}

static const struct dwt_value nine = { 0x20000300, 2, 9, DWT_WRITE };

static void test_v7_value_names_the_comparator_with_the_address(void **state)
{
	struct dwt dwt = v7();
	unsigned needed;
	bool rounded;

	(void)state;
	assert_false(dwt_add_value(&dwt, 1, &nine));
	dwt.has_values = true;
	dwt_add(&dwt, 1, 0x20000000, 4, DWT_WRITE, &needed, &rounded);
	assert_true(dwt_add_value(&dwt, 2, &nine));
	assert_int_equal(dwt.wanted[1].comp, 0x00090009);
	assert_int_equal(dwt.wanted[1].function, 6 | 1 << 8 | 1 << 10 | 2 << 12 | 2 << 16);
	assert_int_equal(dwt.wanted[2].comp, 0x20000300);
	assert_int_equal(dwt.wanted[2].mask, 1);
	assert_int_equal(dwt.wanted[2].function, 0);
	assert_true(dwt_halts(&dwt, 1));
	assert_false(dwt_halts(&dwt, 2));
	assert_int_equal(dwt_free_count(&dwt), 1);
	assert_false(dwt_add_value(&dwt, 3, &nine));
	/* The one with the address is written though its FUNCTION is 0. */
	for (unsigned i = 0; i < dwt.count; i++)
		dwt.actual[i] = dwt.wanted[i];
	assert_int_equal(dwt_next_change(&dwt, 0), -1);
	dwt.actual[2].comp = 0;
	assert_int_equal(dwt_next_change(&dwt, 0), 2);
	dwt_remove(&dwt, 2);
	assert_int_equal(dwt_free_count(&dwt), 3);
}

static void test_v7_a_plain_watch_makes_room_for_a_value_but_a_trace_does_not(void **state)
{
	struct dwt dwt = v7();
	unsigned needed;
	bool rounded;

	(void)state;
	dwt.has_values = true;
	dwt_add(&dwt, 1, 0x20000000, 4, DWT_WRITE, &needed, &rounded);
	dwt_add(&dwt, 2, 0x20000010, 4, DWT_READ, &needed, &rounded);
	assert_true(dwt_add_value(&dwt, 3, &nine));
	assert_int_equal(dwt.owner[2], 2);
	assert_int_equal(dwt.wanted[2].comp, 0x20000010);
	assert_int_equal(dwt.owner[1], 3);
	assert_int_equal(dwt.owner[3], 3);
	dwt_remove(&dwt, 3);
	dwt.owner[1] = DWT_OWNER_TRACE;
	dwt.wanted[1].function = 0xd;
	assert_false(dwt_add_value(&dwt, 3, &nine));
	assert_int_equal(dwt.wanted[1].function, 0xd);
}

static void test_v8_value_follows_its_address(void **state)
{
	struct dwt dwt = { .count = 4, .is_v8 = true, .has_values = true };
	unsigned needed;
	bool rounded;

	(void)state;
	dwt_add(&dwt, 1, 0x20000000, 4, DWT_WRITE, &needed, &rounded);
	assert_true(dwt_add_value(&dwt, 2, &nine));
	assert_int_equal(dwt.wanted[2].comp, 0x20000300);
	assert_int_equal(dwt.wanted[2].function, 0x405);
	assert_int_equal(dwt.wanted[3].comp, 0x00090009);
	assert_int_equal(dwt.wanted[3].function, 0x41b);
	assert_false(dwt_halts(&dwt, 2));
	assert_true(dwt_halts(&dwt, 3));
	assert_false(dwt_add_value(&dwt, 3, &nine));
}

static void test_out_and_in_again_changes_nothing(void **state)
{
	struct dwt dwt = v7();
	unsigned needed;
	bool rounded;

	(void)state;
	dwt_add(&dwt, 1, 0x20000004, 4, DWT_WRITE, &needed, &rounded);
	dwt_add(&dwt, 2, 0x20000008, 4, DWT_WRITE, &needed, &rounded);
	for (unsigned i = 0; i < dwt.count; i++)
		dwt.actual[i] = dwt.wanted[i];
	dwt_remove(&dwt, 1);
	dwt_remove(&dwt, 2);
	assert_int_equal(dwt_next_change(&dwt, 0), 0);
	dwt_add(&dwt, 4, 0x20000008, 4, DWT_WRITE, &needed, &rounded);
	dwt_add(&dwt, 3, 0x20000004, 4, DWT_WRITE, &needed, &rounded);
	assert_int_equal(dwt_next_change(&dwt, 0), -1);
	assert_int_equal(dwt.owner[0], 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_splits),
		cmocka_unit_test(test_pieces_cover_the_range_and_nothing_else),
		cmocka_unit_test(test_cover),
		cmocka_unit_test(test_functions),
		cmocka_unit_test(test_split_watch_takes_and_gives_back_its_comparators),
		cmocka_unit_test(test_too_many_pieces_become_one_larger_comparator),
		cmocka_unit_test(test_no_comparator_left),
		cmocka_unit_test(test_v8_takes_a_pair_for_a_range),
		cmocka_unit_test(test_v8_without_ranges_splits_into_words),
		cmocka_unit_test(test_v7_value_names_the_comparator_with_the_address),
		cmocka_unit_test(test_v7_a_plain_watch_makes_room_for_a_value_but_a_trace_does_not),
		cmocka_unit_test(test_v8_value_follows_its_address),
		cmocka_unit_test(test_out_and_in_again_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
