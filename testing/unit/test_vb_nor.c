/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The serial flashes of the virtual boards: W25Q32JV first, then where the others differ. */
#include "vb_nor_bench.h"

static const char *const all[] = { "w25q32jv-iq", "w25q32jv-im", "is25wp064a", "is25lp064a",
				   "at25sf128a" };

/* Identity */

static void test_each_part_says_who_it_is(void **state)
{
	static const struct { uint8_t id[3], maker, device; uint32_t bytes; } want[] = {
		{ { 0xef, 0x40, 0x16 }, 0xef, 0x15, 0x400000 },
		{ { 0xef, 0x70, 0x16 }, 0xef, 0x15, 0x400000 },
		{ { 0x9d, 0x70, 0x17 }, 0x9d, 0x16, 0x800000 },
		{ { 0x9d, 0x60, 0x17 }, 0x9d, 0x16, 0x800000 },
		{ { 0x1f, 0x89, 0x01 }, 0x1f, 0x17, 0x1000000 },
	};
	uint8_t got[4];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		struct bench b;

		bench_open(&b, all[i]);
		assert_int_equal(nor_bytes(b.nor), want[i].bytes);
		ASK(&b, got, 4, 0x9f);
		assert_memory_equal(got, want[i].id, 3);
		assert_int_equal(got[3], want[i].id[0]);
		ASK(&b, got, 2, 0x90, 0, 0, 0);
		assert_int_equal(got[0], want[i].maker);
		assert_int_equal(got[1], want[i].device);
		ASK(&b, got, 2, 0x90, 0, 0, 1);
		assert_int_equal(got[0], want[i].device);
		assert_int_equal(got[1], want[i].maker);
		ASK(&b, got, 2, 0xab, 0, 0, 0);
		assert_int_equal(got[0], want[i].device);
		assert_int_equal(got[1], want[i].device);
		bench_close(&b);
	}
	assert_null(nor_new("w25q32jv", NULL));
}

static void test_dual_and_quad_ids(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, "w25q32jv-iq");
	cs(&b, true);
	put(&b, 1, 0x92);
	put_bits(&b, 2, 0x000000f0, 32);
	assert_int_equal(get(&b, 2), 0xef);
	assert_int_equal(get(&b, 2), 0x15);
	cs(&b, false);
	cs(&b, true);
	put(&b, 1, 0x94);
	put_bits(&b, 4, 0x000001f0, 32);
	idle(&b, 4);
	assert_int_equal(get(&b, 4), 0x15);
	assert_int_equal(get(&b, 4), 0xef);
	cs(&b, false);
	bench_close(&b);
}

static void test_unique_id_is_stable_and_differs_between_parts(void **state)
{
	struct bench a, b;
	uint8_t first[8], again[8], other[8];

	(void)state;
	bench_open(&a, "w25q32jv-iq");
	bench_open(&b, "w25q32jv-im");
	ASK(&a, first, 8, 0x4b, 0, 0, 0, 0);
	ASK(&a, again, 8, 0x4b, 0, 0, 0, 0);
	ASK(&b, other, 8, 0x4b, 0, 0, 0, 0);
	assert_memory_equal(first, again, 8);
	assert_memory_not_equal(first, other, 8);
	bench_close(&a);
	bench_close(&b);
}

static void test_sfdp_of_w25q32jv_byte_for_byte(void **state)
{
	static const uint8_t head[16] = { 0x53, 0x46, 0x44, 0x50, 0x05, 0x01, 0x00, 0xff,
					  0x00, 0x05, 0x01, 0x10, 0x80, 0x00, 0x00, 0xff };
	static const uint8_t bfpt[64] = {
		0xe5, 0x20, 0xf9, 0xff, 0xff, 0xff, 0xff, 0x01, 0x44, 0xeb, 0x08, 0x6b, 0x08, 0x3b,
		0x42, 0xbb, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0xff, 0xff, 0x40, 0xeb,
		0x0c, 0x20, 0x0f, 0x52, 0x10, 0xd8, 0x00, 0x00, 0x36, 0x02, 0xa6, 0x00, 0x82, 0xea,
		0x14, 0xc2, 0xe9, 0x63, 0x76, 0x33, 0x7a, 0x75, 0x7a, 0x75, 0xf7, 0xa2, 0xd5, 0x5c,
		0x19, 0xf7, 0x4d, 0xff, 0xe9, 0x30, 0xf8, 0x80 };
	struct bench b;
	uint8_t got[256];

	(void)state;
	bench_open(&b, "w25q32jv-iq");
	ASK(&b, got, 256, 0x5a, 0, 0, 0, 0);
	assert_memory_equal(got, head, 16);
	assert_memory_equal(got + 0x80, bfpt, 64);
	for (unsigned i = 16; i < 256; i++)
		assert_true(got[i] == 0xff || (i >= 0x80 && i < 0xc0));
	bench_close(&b);
}

static void test_sfdp_of_the_others_tells_size_and_quad_enable(void **state)
{
	static const struct { const char *name; uint8_t minor, dwords; uint32_t density; } rows[] = {
		{ "is25wp064a", 5, 16, 0x03ffffff }, { "at25sf128a", 0, 9, 0x07ffffff },
	};
	uint8_t got[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct bench b;
		const uint8_t *t;

		bench_open(&b, rows[i].name);
		ASK(&b, got, 256, 0x5a, 0, 0, 0, 0);
		assert_memory_equal(got, "SFDP", 4);
		assert_int_equal(got[4], rows[i].minor);
		assert_int_equal(got[11], rows[i].dwords);
		t = got + got[12];
		assert_int_equal(get_le32(t + 4), rows[i].density);
		assert_int_equal(get_le32(t + 8), 0x6b08eb44);
		assert_int_equal(get_le32(t + 28), 0x520f200c);
		if (rows[i].dwords == 16)	/* QER 2: SR1 bit 6 */
			assert_int_equal(get_le32(t + 56) >> 20 & 7, 2);
		else
			assert_int_equal(t[36], 0xff);
		bench_close(&b);
	}
}

/* Write enable */

static void test_wel_rules(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, "w25q32jv-iq");
	assert_int_equal(reg(&b, 0x05), 0x00);
	SEND(&b, 0x06);
	assert_int_equal(reg(&b, 0x05), 0x02);
	SEND(&b, 0x04);
	assert_int_equal(reg(&b, 0x05), 0x00);
	SEND(&b, 0x50);
	assert_int_equal(reg(&b, 0x05), 0x00);
	/* Without WEL nothing begins. */
	SEND(&b, 0x02, 0, 0, 0, 0x12);
	assert_int_equal(reg(&b, 0x05), 0x00);
	SEND(&b, 0x20, 0, 0, 0);
	SEND(&b, 0xc7);
	assert_int_equal(reg(&b, 0x05), 0x00);
	assert_int_equal(read_byte(&b, 0), 0xff);
	/* Set while busy, clear with the end. */
	SEND(&b, 0x06);
	SEND(&b, 0x02, 0, 0, 0, 0x12);
	assert_int_equal(reg(&b, 0x05), 0x03);
	pass(&b, 31 * US);
	assert_int_equal(reg(&b, 0x05), 0x00);
	assert_int_equal(read_byte(&b, 0), 0x12);
	bench_close(&b);
}

static void test_a_write_must_end_on_a_byte_boundary(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, "w25q32jv-iq");
	cs(&b, true);
	put_bits(&b, 1, 0x06 << 1, 9);
	cs(&b, false);
	assert_int_equal(reg(&b, 0x05), 0x00);
	SEND(&b, 0x06);
	cs(&b, true);
	put_bits(&b, 1, 0x02000000, 32);
	put_bits(&b, 1, 0x12 << 3, 11);
	cs(&b, false);
	assert_int_equal(reg(&b, 0x05), 0x02);
	SEND(&b, 0x20, 0, 0, 0, 0);		/* one byte too many */
	assert_int_equal(reg(&b, 0x05), 0x02);
	cs(&b, true);
	put_bits(&b, 1, 0x20000000 >> 1, 31);	/* one bit too few */
	cs(&b, false);
	assert_int_equal(reg(&b, 0x05), 0x02);
	assert_int_equal(read_byte(&b, 0), 0xff);
	bench_close(&b);
}

/* Program, erase, read */

static void test_program_only_clears_bits_and_wraps_in_its_page(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, "w25q32jv-iq");
	PROGRAM(&b, 0x1234, 0xf0);
	PROGRAM(&b, 0x1234, 0x3c);
	assert_int_equal(read_byte(&b, 0x1234), 0x30);
	SEND(&b, 0x06);
	SEND(&b, 0x02, 0, 0x20, 0xfe, 1, 2, 3, 4);
	pass(&b, 1 * MS);
	assert_int_equal(read_byte(&b, 0x20fe), 1);
	assert_int_equal(read_byte(&b, 0x20ff), 2);
	assert_int_equal(read_byte(&b, 0x2000), 3);
	assert_int_equal(read_byte(&b, 0x2001), 4);
	assert_int_equal(read_byte(&b, 0x2100), 0xff);
	bench_close(&b);
}

static void test_of_more_than_256_bytes_the_last_256_count(void **state)
{
	struct bench b;
	uint8_t got[256];

	(void)state;
	bench_open(&b, "w25q32jv-iq");
	SEND(&b, 0x06);
	cs(&b, true);
	put_bits(&b, 1, 0x02000310, 32);
	for (unsigned i = 0; i < 260; i++)
		put(&b, 1, i < 4 ? 0x00 : (uint8_t)i);
	cs(&b, false);
	pass(&b, 1 * MS);
	ASK(&b, got, 256, 0x03, 0, 3, 0);
	for (unsigned i = 0; i < 256; i++)	/* byte i of the page came as number i - 0x10 */
		assert_int_equal(got[(0x10 + i) & 0xff], i < 4 ? (uint8_t)(256 + i) : (uint8_t)i);
	bench_close(&b);
}

static void test_erase_units_and_their_times(void **state)
{
	static const struct { uint8_t op; uint32_t bytes; uint64_t ms; } rows[] = {
		{ 0x20, 0x1000, 45 }, { 0x52, 0x8000, 120 }, { 0xd8, 0x10000, 150 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct bench b;
		uint32_t at = 0x50000, n = rows[i].bytes;

		bench_open(&b, "w25q32jv-iq");
		memset(nor_array(b.nor), 0, nor_bytes(b.nor));
		SEND(&b, 0x06);
		SEND(&b, rows[i].op, 0x05, 0x00, 0x77);		/* low bits do not matter */
		pass(&b, rows[i].ms * MS - 1);
		assert_int_equal(reg(&b, 0x05), 0x03);
		pass(&b, 1);
		assert_int_equal(reg(&b, 0x05), 0x00);
		assert_int_equal(nor_array(b.nor)[at - 1], 0);
		assert_int_equal(nor_array(b.nor)[at], 0xff);
		assert_int_equal(nor_array(b.nor)[at + n - 1], 0xff);
		assert_int_equal(nor_array(b.nor)[at + n], 0);
		assert_int_equal(b.told_at, at);
		assert_int_equal(b.told_bytes, n);
		bench_close(&b);
	}
}

static void test_chip_erase_takes_ten_seconds(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, "w25q32jv-iq");
	memset(nor_array(b.nor), 0, nor_bytes(b.nor));
	SEND(&b, 0x06);
	SEND(&b, 0x60);
	pass(&b, 9999 * MS);
	assert_int_equal(reg(&b, 0x05), 0x03);
	pass(&b, 1 * MS);
	assert_int_equal(reg(&b, 0x05), 0x00);
	assert_int_equal(read_byte(&b, 0x3fffff), 0xff);
	bench_close(&b);
}

static void test_page_time_grows_with_the_bytes(void **state)
{
	static const struct { unsigned bytes; uint64_t ns; } rows[] = {
		{ 1, 30 * US }, { 3, 35 * US }, { 256, 400 * US },
	};
	struct bench b;

	(void)state;
	bench_open(&b, "w25q32jv-iq");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		SEND(&b, 0x06);
		cs(&b, true);
		put_bits(&b, 1, 0x02000000, 32);
		for (unsigned n = 0; n < rows[i].bytes; n++)
			put(&b, 1, 0);
		cs(&b, false);
		pass(&b, rows[i].ns - 1);
		assert_int_equal(reg(&b, 0x05) & 1, 1);
		pass(&b, 1);
		assert_int_equal(reg(&b, 0x05) & 1, 0);
	}
	bench_close(&b);
}

static void test_reads_on_one_two_and_four_lines(void **state)
{
	static const struct { uint8_t op, addr, mode, dummy, data; } rows[] = {
		{ 0x03, 1, 0, 0, 1 }, { 0x0b, 1, 0, 8, 1 }, { 0x3b, 1, 0, 8, 2 },
		{ 0x6b, 1, 0, 8, 4 }, { 0xbb, 2, 2, 0, 2 }, { 0xeb, 4, 4, 4, 4 },
	};

	(void)state;
	for (size_t m = 0; m < ARRAY_SIZE(all); m++) {
		struct bench b;
		uint8_t *array;

		bench_open(&b, all[m]);
		array = nor_array(b.nor);
		array[nor_bytes(b.nor) - 1] = 0xa5;
		array[0] = 0x3c;
		if (m == 2 || m == 3)
			DO(&b, 20 * MS, 0x01, 0x40);
		else
			DO(&b, 20 * MS, 0x31, 0x02);
		for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
			cs(&b, true);
			put(&b, 1, rows[i].op);
			put_bits(&b, rows[i].addr, 0xffffff, 24);	/* high bits: dropped */
			if (rows[i].mode)
				put(&b, rows[i].mode, 0x00);
			idle(&b, rows[i].dummy);
			assert_int_equal(get(&b, rows[i].data), 0xa5);
			assert_int_equal(get(&b, rows[i].data), 0x3c);	/* wraps */
			cs(&b, false);
		}
		bench_close(&b);
	}
}

static void test_quad_program(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, "w25q32jv-iq");
	SEND(&b, 0x06);
	cs(&b, true);
	put_bits(&b, 1, 0x32000100, 32);
	put(&b, 4, 0x12);
	put(&b, 4, 0x34);
	cs(&b, false);
	pass(&b, 1 * MS);
	assert_int_equal(read_byte(&b, 0x100), 0x12);
	assert_int_equal(read_byte(&b, 0x101), 0x34);
	bench_close(&b);
}

static void test_burst_wrap_goes_round_in_eb_only(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, "w25q32jv-iq");
	for (unsigned i = 0; i < 32; i++)
		nor_array(b.nor)[i] = (uint8_t)i;
	assert_true(nor_is_plain(b.nor));
	cs(&b, true);
	put(&b, 1, 0x77);
	put_bits(&b, 4, 0, 24);
	put(&b, 4, 0x00);		/* 8 bytes */
	cs(&b, false);
	assert_false(nor_is_plain(b.nor));
	cs(&b, true);
	put(&b, 1, 0xeb);
	put_bits(&b, 4, 0x00000e00, 32);
	idle(&b, 4);
	assert_int_equal(get(&b, 4), 14);
	assert_int_equal(get(&b, 4), 15);
	assert_int_equal(get(&b, 4), 8);
	cs(&b, false);
	assert_int_equal(read_byte(&b, 14), 14);
	cs(&b, true);
	put(&b, 1, 0x77);
	put_bits(&b, 4, 0, 24);
	put(&b, 4, 0x10);
	cs(&b, false);
	assert_true(nor_is_plain(b.nor));
	bench_close(&b);
}

/* Busy */

static void test_while_busy_only_status_suspend_and_reset_are_heard(void **state)
{
	struct bench b;
	uint8_t got[3];

	(void)state;
	bench_open(&b, "w25q32jv-iq");
	SEND(&b, 0x06);
	SEND(&b, 0x20, 0, 0, 0);
	assert_int_equal(reg(&b, 0x05), 0x03);
	assert_int_equal(reg(&b, 0x35), 0x02);
	assert_int_equal(reg(&b, 0x15), 0x60);
	ASK(&b, got, 3, 0x9f);
	assert_int_equal(got[0], 0xff);
	assert_int_equal(read_byte(&b, 0x10000), 0xff);
	SEND(&b, 0x04);
	assert_int_equal(reg(&b, 0x05), 0x03);
	SEND(&b, 0x20, 0, 0x10, 0);
	SEND(&b, 0xb9);
	assert_false(nor_is_plain(b.nor));
	pass(&b, 45 * MS);
	assert_int_equal(reg(&b, 0x05), 0x00);
	assert_true(nor_is_plain(b.nor));
	bench_close(&b);
}

static void test_status_can_be_polled_with_cs_low(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, "w25q32jv-iq");
	SEND(&b, 0x06);
	SEND(&b, 0x20, 0, 0, 0);
	cs(&b, true);
	put(&b, 1, 0x05);
	assert_int_equal(get(&b, 1), 0x03);
	pass(&b, 46 * MS);
	assert_int_equal(get(&b, 1), 0x00);
	cs(&b, false);
	bench_close(&b);
}

/* Suspend and resume */

static void test_suspended_erase_lets_others_be_read_and_programmed(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, "w25q32jv-iq");
	memset(nor_array(b.nor), 0x55, 0x1000);
	nor_array(b.nor)[0x2000] = 0x77;
	SEND(&b, 0x06);
	SEND(&b, 0x20, 0, 0, 0);
	pass(&b, 20 * MS);
	SEND(&b, 0x75);
	assert_int_equal(reg(&b, 0x05) & 1, 1);
	pass(&b, 20 * US);
	assert_int_equal(reg(&b, 0x05) & 1, 0);
	assert_int_equal(reg(&b, 0x35), 0x82);
	assert_int_equal(read_byte(&b, 0x2000), 0x77);
	PROGRAM(&b, 0x2000, 0x70);
	assert_int_equal(read_byte(&b, 0x2000), 0x70);
	SEND(&b, 0x06);
	SEND(&b, 0x02, 0, 0x0f, 0xff, 0x00);	/* inside the erase */
	assert_int_equal(reg(&b, 0x05), 0);
	SEND(&b, 0x06);
	SEND(&b, 0x20, 0, 0x30, 0);		/* a second erase */
	assert_int_equal(reg(&b, 0x05), 0);
	assert_int_equal(reg(&b, 0x35), 0x82);
	SEND(&b, 0x7a);
	assert_int_equal(reg(&b, 0x35), 0x02);
	assert_int_equal(reg(&b, 0x05) & 1, 1);
	pass(&b, 24 * MS);
	assert_int_equal(reg(&b, 0x05) & 1, 1);
	pass(&b, 1 * MS);
	assert_int_equal(reg(&b, 0x05), 0);
	for (unsigned i = 0; i < 0x1000; i++)
		assert_int_equal(nor_array(b.nor)[i], 0xff);
	bench_close(&b);
}

static void test_work_that_is_nearly_done_is_not_suspended(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, "w25q32jv-iq");
	SEND(&b, 0x06);
	SEND(&b, 0x20, 0, 0, 0);
	pass(&b, 45 * MS - 10 * US);
	SEND(&b, 0x75);
	pass(&b, 10 * US);
	assert_int_equal(reg(&b, 0x05), 0x00);
	assert_int_equal(reg(&b, 0x35), 0x02);
	bench_close(&b);
}

static void test_what_is_suspended_reads_half_done(void **state)
{
	struct bench b;
	unsigned blank = 0;
	uint8_t got[64];

	(void)state;
	bench_open(&b, "w25q32jv-iq");
	memset(nor_array(b.nor), 0x55, 0x1000);
	SEND(&b, 0x06);
	SEND(&b, 0x20, 0, 0, 0);
	pass(&b, 30 * MS);
	SEND(&b, 0x75);
	pass(&b, 20 * US);
	ASK(&b, got, 64, 0x03, 0, 0, 0);
	for (unsigned i = 0; i < 64; i++)
		blank += got[i] == 0xff;
	assert_true(blank > 5 && blank < 60);
	SEND(&b, 0x66);			/* a reset leaves it so */
	SEND(&b, 0x99);
	pass(&b, 30 * US);
	assert_int_equal(reg(&b, 0x35), 0x02);
	assert_memory_equal(nor_array(b.nor), got, 64);
	bench_close(&b);
}

static void test_chip_erase_cannot_be_suspended(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, "w25q32jv-iq");
	SEND(&b, 0x06);
	SEND(&b, 0xc7);
	SEND(&b, 0x75);
	pass(&b, 1 * MS);
	assert_int_equal(reg(&b, 0x35), 0x02);
	assert_int_equal(reg(&b, 0x05) & 1, 1);
	bench_close(&b);
}

/* Reset, power */

static void test_reset_needs_66_right_before_99(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, "w25q32jv-iq");
	SEND(&b, 0x06);
	SEND(&b, 0x99);
	assert_int_equal(reg(&b, 0x05), 0x02);
	SEND(&b, 0x66);
	assert_int_equal(reg(&b, 0x05), 0x02);	/* anything between disarms */
	SEND(&b, 0x99);
	assert_int_equal(reg(&b, 0x05), 0x02);
	SEND(&b, 0x66);
	SEND(&b, 0x99);
	assert_int_equal(reg(&b, 0x05), 0xff);	/* tRST: deaf */
	pass(&b, 30 * US);
	assert_int_equal(reg(&b, 0x05), 0x00);
	bench_close(&b);
}

static void count_cells(const struct bench *b, uint32_t at, uint32_t n, uint8_t value,
			unsigned *same, unsigned *blank)
{
	*same = *blank = 0;
	for (uint32_t i = at; i < at + n; i++) {
		*same += nor_array(b->nor)[i] == value;
		*blank += nor_array(b->nor)[i] == 0xff;
	}
}

static void test_reset_and_power_cut_leave_work_half_done(void **state)
{
	(void)state;
	for (unsigned power = 0; power < 2; power++) {
		struct bench b;
		unsigned same, blank;

		bench_open(&b, "w25q32jv-iq");
		memset(nor_array(b.nor), 0x55, 0x3000);
		SEND(&b, 0x06);
		SEND(&b, 0x20, 0, 0x10, 0);
		pass(&b, 30 * MS);
		if (power) {
			nor_power(b.nor, false);
			nor_power(b.nor, true);
			pass(&b, 6 * MS);
		} else {
			SEND(&b, 0x66);
			SEND(&b, 0x99);
			pass(&b, 30 * US);
		}
		assert_int_equal(reg(&b, 0x05), 0);
		count_cells(&b, 0x1000, 0x1000, 0x00, &same, &blank);
		assert_true(blank > 500 && blank < 3600);
		assert_true(same > 500);
		count_cells(&b, 0, 0x1000, 0x55, &same, &blank);
		assert_int_equal(same, 0x1000);
		count_cells(&b, 0x2000, 0x1000, 0x55, &same, &blank);
		assert_int_equal(same, 0x1000);
		bench_close(&b);
	}
}

static void test_cut_program_has_only_some_of_its_bytes(void **state)
{
	struct bench b;
	unsigned done, blank;

	(void)state;
	bench_open(&b, "w25q32jv-iq");
	SEND(&b, 0x06);
	cs(&b, true);
	put_bits(&b, 1, 0x02000000, 32);
	for (unsigned i = 0; i < 256; i++)
		put(&b, 1, 0x33);
	cs(&b, false);
	pass(&b, 200 * US);
	nor_power(b.nor, false);
	assert_int_equal(reg(&b, 0x05), 0xff);
	nor_power(b.nor, true);
	assert_int_equal(reg(&b, 0x05), 0xff);	/* tVSL */
	count_cells(&b, 0, 256, 0x33, &done, &blank);
	assert_true(done > 60 && done < 200);
	assert_int_equal(done + blank, 256);
	bench_close(&b);
}

static void test_no_write_for_5_ms_after_power_up(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, "w25q32jv-iq");
	nor_power(b.nor, false);
	nor_power(b.nor, true);
	pass(&b, 4 * MS);
	PROGRAM(&b, 0, 0x00);
	assert_int_equal(read_byte(&b, 0), 0xff);
	PROGRAM(&b, 0, 0x00);
	assert_int_equal(read_byte(&b, 0), 0x00);
	bench_close(&b);
}

static void test_deep_power_down_hears_only_ab(void **state)
{
	struct bench b;
	uint8_t got[2];

	(void)state;
	bench_open(&b, "w25q32jv-iq");
	SEND(&b, 0xb9);
	pass(&b, 3 * US);
	assert_int_equal(reg(&b, 0x05), 0xff);
	SEND(&b, 0x66);
	SEND(&b, 0x99);
	pass(&b, 100 * US);
	assert_int_equal(reg(&b, 0x05), 0xff);
	assert_false(nor_is_plain(b.nor));
	SEND(&b, 0xab);
	assert_int_equal(reg(&b, 0x05), 0xff);
	pass(&b, 3 * US);
	assert_int_equal(reg(&b, 0x05), 0x00);
	SEND(&b, 0xb9);
	pass(&b, 3 * US);
	ASK(&b, got, 2, 0xab, 0, 0, 0);
	assert_int_equal(got[0], 0x15);
	pass(&b, 1800);
	assert_int_equal(reg(&b, 0x05), 0x00);
	bench_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_part_says_who_it_is),
		cmocka_unit_test(test_dual_and_quad_ids),
		cmocka_unit_test(test_unique_id_is_stable_and_differs_between_parts),
		cmocka_unit_test(test_sfdp_of_w25q32jv_byte_for_byte),
		cmocka_unit_test(test_sfdp_of_the_others_tells_size_and_quad_enable),
		cmocka_unit_test(test_wel_rules),
		cmocka_unit_test(test_a_write_must_end_on_a_byte_boundary),
		cmocka_unit_test(test_program_only_clears_bits_and_wraps_in_its_page),
		cmocka_unit_test(test_of_more_than_256_bytes_the_last_256_count),
		cmocka_unit_test(test_erase_units_and_their_times),
		cmocka_unit_test(test_chip_erase_takes_ten_seconds),
		cmocka_unit_test(test_page_time_grows_with_the_bytes),
		cmocka_unit_test(test_reads_on_one_two_and_four_lines),
		cmocka_unit_test(test_quad_program),
		cmocka_unit_test(test_burst_wrap_goes_round_in_eb_only),
		cmocka_unit_test(test_while_busy_only_status_suspend_and_reset_are_heard),
		cmocka_unit_test(test_status_can_be_polled_with_cs_low),
		cmocka_unit_test(test_suspended_erase_lets_others_be_read_and_programmed),
		cmocka_unit_test(test_work_that_is_nearly_done_is_not_suspended),
		cmocka_unit_test(test_what_is_suspended_reads_half_done),
		cmocka_unit_test(test_chip_erase_cannot_be_suspended),
		cmocka_unit_test(test_reset_needs_66_right_before_99),
		cmocka_unit_test(test_reset_and_power_cut_leave_work_half_done),
		cmocka_unit_test(test_cut_program_has_only_some_of_its_bytes),
		cmocka_unit_test(test_no_write_for_5_ms_after_power_up),
		cmocka_unit_test(test_deep_power_down_hears_only_ab),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
