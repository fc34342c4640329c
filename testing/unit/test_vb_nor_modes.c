/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Serial flashes: protection, registers, QPI, continuous read, and what other vendors do. */
#include "vb_nor_bench.h"

/* Status registers */

static void test_volatile_and_non_volatile_register_writes(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, "w25q32jv-iq");
	SEND(&b, 0x50);
	SEND(&b, 0x01, 0x1c);
	assert_int_equal(reg(&b, 0x05), 0x1c);		/* at once */
	nor_power(b.nor, false);
	nor_power(b.nor, true);
	pass(&b, 6 * MS);
	assert_int_equal(reg(&b, 0x05), 0x00);
	SEND(&b, 0x06);
	SEND(&b, 0x01, 0x04);
	assert_int_equal(reg(&b, 0x05), 0x03);
	pass(&b, 10 * MS);
	assert_int_equal(reg(&b, 0x05), 0x04);
	nor_power(b.nor, false);
	nor_power(b.nor, true);
	pass(&b, 6 * MS);
	assert_int_equal(reg(&b, 0x05), 0x04);
	SEND(&b, 0x50);
	SEND(&b, 0x06);				/* a command between disarms 50h */
	SEND(&b, 0x04);
	SEND(&b, 0x01, 0x00);
	assert_int_equal(reg(&b, 0x05), 0x04);
	SEND(&b, 0x50);				/* and 66h-99h forgets volatile values */
	SEND(&b, 0x01, 0x00);
	assert_int_equal(reg(&b, 0x05), 0x00);
	SEND(&b, 0x66);
	SEND(&b, 0x99);
	pass(&b, 30 * US);
	assert_int_equal(reg(&b, 0x05), 0x04);
	bench_close(&b);
}

static void test_01h_writes_one_or_two_registers(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, "w25q32jv-im");
	DO(&b, 10 * MS, 0x01, 0x00, 0x42);
	assert_int_equal(reg(&b, 0x35), 0x42);
	DO(&b, 10 * MS, 0x01, 0x20);
	assert_int_equal(reg(&b, 0x05), 0x20);
	assert_int_equal(reg(&b, 0x35), 0x42);		/* one byte leaves SR2 */
	DO(&b, 10 * MS, 0x11, 0xff);
	assert_int_equal(reg(&b, 0x15), 0xe4);
	DO(&b, 10 * MS, 0x31, 0x00);
	assert_int_equal(reg(&b, 0x35), 0x00);
	DO(&b, 10 * MS, 0x01, 0xff);
	assert_int_equal(reg(&b, 0x05), 0xfc);
	bench_close(&b);
}

static void test_qe_of_the_iq_version_stays(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, "w25q32jv-iq");
	DO(&b, 10 * MS, 0x31, 0x00);
	assert_int_equal(reg(&b, 0x35), 0x02);
	SEND(&b, 0x38);					/* and it has no QPI */
	assert_int_equal(reg(&b, 0x35), 0x02);
	bench_close(&b);
}

static void test_srl_locks_until_power_off(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, "w25q32jv-iq");
	DO(&b, 10 * MS, 0x31, 0x03);
	assert_int_equal(reg(&b, 0x35), 0x03);
	DO(&b, 10 * MS, 0x01, 0x1c);
	assert_int_equal(reg(&b, 0x05), 0x00);
	SEND(&b, 0x66);
	SEND(&b, 0x99);
	pass(&b, 30 * US);
	assert_int_equal(reg(&b, 0x35), 0x03);
	nor_power(b.nor, false);
	nor_power(b.nor, true);
	pass(&b, 6 * MS);
	assert_int_equal(reg(&b, 0x35), 0x02);
	bench_close(&b);
}

/* One byte register write with IO2 (WP#) held low. */
static void write_with_wp_low(struct bench *b, uint8_t opcode, uint8_t value)
{
	uint16_t bits = (uint16_t)(opcode << 8 | value);

	cs(b, true);
	for (unsigned i = 16; i-- > 0;)
		b->spi->ops->clock(b->spi->dev, (uint8_t)(0xfa | (bits >> i & 1)), 0x05, false);
	cs(b, false);
	pass(b, 10 * MS);
}

static void test_srp_obeys_wp_while_qe_is_0(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, "w25q32jv-im");
	DO(&b, 10 * MS, 0x01, 0x80);
	SEND(&b, 0x06);
	write_with_wp_low(&b, 0x01, 0x84);
	assert_int_equal(reg(&b, 0x05), 0x80);
	DO(&b, 10 * MS, 0x01, 0x84);			/* WP# high */
	assert_int_equal(reg(&b, 0x05), 0x84);
	DO(&b, 10 * MS, 0x31, 0x02);			/* QE = 1: the pin is data */
	SEND(&b, 0x06);
	write_with_wp_low(&b, 0x01, 0x80);
	assert_int_equal(reg(&b, 0x05), 0x80);
	bench_close(&b);
}

static void test_hold_stops_the_clock_while_qe_is_0(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, "w25q32jv-im");
	cs(&b, true);
	put_bits(&b, 1, 0x9, 4);
	for (unsigned i = 0; i < 5; i++)	/* IO3 low */
		assert_int_equal(b.spi->ops->clock(b.spi->dev, 0xf6, 0x09, false), 0xf6);
	put_bits(&b, 1, 0xf, 4);
	assert_int_equal(get(&b, 1), 0xef);
	cs(&b, false);
	bench_close(&b);
}

static void test_quad_opcodes_are_not_heard_while_qe_is_0(void **state)
{
	static const uint8_t ops[] = { 0x6b, 0xeb, 0x94 };
	struct bench b;

	(void)state;
	bench_open(&b, "w25q32jv-im");
	memset(nor_array(b.nor), 0, 64);
	for (size_t i = 0; i < ARRAY_SIZE(ops); i++) {
		cs(&b, true);
		put(&b, 1, ops[i]);
		idle(&b, 40);
		assert_int_equal(get(&b, 4), 0xff);
		cs(&b, false);
	}
	SEND(&b, 0x06);
	SEND(&b, 0x32, 0, 0, 0, 0);
	assert_int_equal(reg(&b, 0x05), 0x02);
	bench_close(&b);
}

/* Protection */

static bool can_program(struct bench *b, uint32_t at)
{
	bool ok;

	nor_array(b->nor)[at] = 0xff;
	PROGRAM(b, at, 0x00);
	ok = nor_array(b->nor)[at] == 0;
	assert_int_equal(reg(b, 0x05) & 3, 0);
	return ok;
}

static void test_block_protection_table(void **state)
{
	/* SR1, CMP; the protected part is [lo, hi) */
	static const struct { uint8_t sr1; bool cmp; uint32_t lo, hi; } rows[] = {
		{ 0x00, false, 0, 0 },			{ 0x40, false, 0, 0 },
		{ 0x04, false, 0x3f0000, 0x400000 },	{ 0x08, false, 0x3e0000, 0x400000 },
		{ 0x0c, false, 0x3c0000, 0x400000 },	{ 0x10, false, 0x380000, 0x400000 },
		{ 0x14, false, 0x300000, 0x400000 },	{ 0x18, false, 0x200000, 0x400000 },
		{ 0x1c, false, 0, 0x400000 },		{ 0x24, false, 0, 0x010000 },
		{ 0x28, false, 0, 0x020000 },		{ 0x2c, false, 0, 0x040000 },
		{ 0x30, false, 0, 0x080000 },		{ 0x34, false, 0, 0x100000 },
		{ 0x38, false, 0, 0x200000 },		{ 0x3c, false, 0, 0x400000 },
		{ 0x44, false, 0x3ff000, 0x400000 },	{ 0x48, false, 0x3fe000, 0x400000 },
		{ 0x4c, false, 0x3fc000, 0x400000 },	{ 0x50, false, 0x3f8000, 0x400000 },
		{ 0x54, false, 0x3f8000, 0x400000 },	{ 0x5c, false, 0, 0x400000 },
		{ 0x64, false, 0, 0x1000 },		{ 0x68, false, 0, 0x2000 },
		{ 0x6c, false, 0, 0x4000 },		{ 0x70, false, 0, 0x8000 },
		{ 0x74, false, 0, 0x8000 },		{ 0x00, true, 0, 0x400000 },
		{ 0x1c, true, 0, 0 },			{ 0x04, true, 0, 0x3f0000 },
		{ 0x24, true, 0x010000, 0x400000 },	{ 0x44, true, 0, 0x3ff000 },
		{ 0x70, true, 0x8000, 0x400000 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint32_t lo = rows[i].lo, hi = rows[i].hi;
		struct bench b;

		bench_open(&b, "w25q32jv-iq");
		DO(&b, 10 * MS, 0x01, rows[i].sr1, rows[i].cmp ? 0x42 : 0x02);
		assert_int_equal(can_program(&b, 0), !(lo == 0 && hi > 0));
		assert_int_equal(can_program(&b, 0x3fffff), hi != 0x400000);
		if (lo > 0) {
			assert_true(can_program(&b, lo - 1));
			assert_false(can_program(&b, lo));
		}
		if (hi > 0 && hi < 0x400000) {
			assert_false(can_program(&b, hi - 1));
			assert_true(can_program(&b, hi));
		}
		SEND(&b, 0x06);
		SEND(&b, 0xc7);
		assert_int_equal(reg(&b, 0x05) & 1, hi == 0);
		bench_close(&b);
	}
}

static void test_erase_that_touches_a_protected_sector_does_nothing(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, "w25q32jv-iq");
	memset(nor_array(b.nor), 0, 0x10000);
	DO(&b, 10 * MS, 0x01, 0x64);		/* bottom 4 KiB */
	SEND(&b, 0x06);
	SEND(&b, 0xd8, 0, 0, 0);
	assert_int_equal(reg(&b, 0x05) & 3, 0);
	ERASE(&b, 0x20, 0x1000);
	assert_int_equal(read_byte(&b, 0x1000), 0xff);
	assert_int_equal(read_byte(&b, 0x0fff), 0x00);
	bench_close(&b);
}

static uint8_t lock_bit(struct bench *b, uint32_t at)
{
	uint8_t value;

	ASK(b, &value, 1, 0x3d, (uint8_t)(at >> 16), (uint8_t)(at >> 8), 0);
	return value;
}

static void test_individual_locks(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, "w25q32jv-iq");
	DO(&b, 0, 0x98);			/* WPS = 0: not heard */
	SEND(&b, 0x04);
	DO(&b, 10 * MS, 0x11, 0x64);
	assert_int_equal(lock_bit(&b, 0), 1);
	assert_false(can_program(&b, 0x20000));
	DO(&b, 0, 0x39, 0x02, 0, 0);		/* one 64K block */
	assert_int_equal(lock_bit(&b, 0x2f000), 0);
	assert_int_equal(lock_bit(&b, 0x30000), 1);
	assert_true(can_program(&b, 0x2ffff));
	DO(&b, 0, 0x39, 0, 0x10, 0);		/* one sector of the first block */
	assert_true(can_program(&b, 0x1fff));
	assert_false(can_program(&b, 0x2000));
	DO(&b, 0, 0x39, 0x3f, 0xf0, 0);		/* and of the last */
	assert_true(can_program(&b, 0x3fffff));
	assert_false(can_program(&b, 0x3f0000));
	SEND(&b, 0x39, 0x04, 0, 0);		/* without WEL */
	assert_int_equal(lock_bit(&b, 0x40000), 1);
	DO(&b, 0, 0x98);
	assert_true(can_program(&b, 0x2000));
	DO(&b, 0, 0x36, 0, 0x20, 0);
	assert_false(can_program(&b, 0x2000));
	SEND(&b, 0x06);
	SEND(&b, 0xc7);
	assert_int_equal(reg(&b, 0x05) & 1, 0);
	DO(&b, 0, 0x7e);
	assert_int_equal(lock_bit(&b, 0x80000), 1);
	bench_close(&b);
}

/* Security registers */

static void test_security_registers_and_their_locks(void **state)
{
	struct bench b;
	uint8_t got[2];

	(void)state;
	bench_open(&b, "w25q32jv-iq");
	DO(&b, 5 * MS, 0x42, 0, 0x10, 0xff, 0xa5, 0x5a);
	ASK(&b, got, 2, 0x48, 0, 0x10, 0xff, 0);
	assert_int_equal(got[0], 0xa5);
	assert_int_equal(got[1], 0x5a);		/* wraps in its 256 bytes */
	DO(&b, 5 * MS, 0x42, 0, 0x00, 0, 0x00);
	DO(&b, 5 * MS, 0x42, 0, 0x40, 0, 0x00);
	DO(&b, 5 * MS, 0x42, 0, 0x11, 0xff, 0x00);
	DO(&b, 5 * MS, 0x42, 1, 0x10, 0xff, 0x00);
	ASK(&b, got, 1, 0x48, 0, 0x10, 0xff, 0);
	assert_int_equal(got[0], 0xa5);
	assert_int_equal(read_byte(&b, 0x10ff), 0xff);
	DO(&b, 10 * MS, 0x31, 0x0a);		/* LB1 */
	assert_int_equal(reg(&b, 0x35), 0x0a);
	DO(&b, 10 * MS, 0x31, 0x02);
	assert_int_equal(reg(&b, 0x35), 0x0a);	/* for good */
	DO(&b, 400 * MS, 0x44, 0, 0x10, 0);
	ASK(&b, got, 1, 0x48, 0, 0x10, 0xff, 0);
	assert_int_equal(got[0], 0xa5);
	DO(&b, 5 * MS, 0x42, 0, 0x20, 0, 0x11);
	DO(&b, 400 * MS, 0x44, 0, 0x20, 0);
	ASK(&b, got, 1, 0x48, 0, 0x20, 0, 0);
	assert_int_equal(got[0], 0xff);
	SEND(&b, 0x50);				/* and not by a volatile write */
	SEND(&b, 0x31, 0x32);
	assert_int_equal(reg(&b, 0x35), 0x0a);
	bench_close(&b);
}

/* Continuous read */

static uint8_t quad_read(struct bench *b, bool opcode, uint32_t at, uint8_t mode)
{
	uint8_t value;

	cs(b, true);
	if (opcode)
		put(b, 1, 0xeb);
	put_bits(b, 4, at, 24);
	put(b, 4, mode);
	idle(b, 4);
	value = get(b, 4);
	cs(b, false);
	return value;
}

static void test_continuous_read_takes_addresses_for_opcodes(void **state)
{
	struct bench b;
	uint8_t got[3];

	(void)state;
	bench_open(&b, "w25q32jv-iq");
	nor_array(b.nor)[0x123456] = 0x99;
	assert_int_equal(quad_read(&b, true, 0x123456, 0x00), 0x99);
	ASK(&b, got, 3, 0x9f);
	assert_int_equal(got[0], 0xef);
	assert_int_equal(quad_read(&b, true, 0x123456, 0xa0), 0x99);
	assert_false(nor_is_plain(b.nor));
	assert_int_equal(quad_read(&b, false, 0x123456, 0x20), 0x99);
	/* 05h on one line is an address; its bit over M4 is 0, so the mode stays. */
	assert_int_not_equal(reg(&b, 0x05), 0x00);
	assert_int_equal(quad_read(&b, false, 0x123456, 0xa0), 0x99);
	SEND(&b, 0xff);
	assert_true(nor_is_plain(b.nor));
	ASK(&b, got, 3, 0x9f);
	assert_int_equal(got[0], 0xef);
	bench_close(&b);
}

static void test_dual_continuous_read_needs_sixteen_clocks_of_ones(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, "w25q32jv-iq");
	cs(&b, true);
	put(&b, 1, 0xbb);
	put_bits(&b, 2, 0, 24);
	put(&b, 2, 0xa0);
	assert_int_equal(get(&b, 2), 0xff);
	cs(&b, false);
	SEND(&b, 0xff);			/* 8 clocks: half an address */
	assert_false(nor_is_plain(b.nor));
	SEND(&b, 0xff, 0xff);
	assert_true(nor_is_plain(b.nor));
	bench_close(&b);
}

/* QPI */

static void test_qpi_of_the_im_version(void **state)
{
	struct bench b;
	uint8_t got[3];

	(void)state;
	bench_open(&b, "w25q32jv-im");
	SEND(&b, 0x38);
	assert_int_equal(reg(&b, 0x05), 0x00);		/* QE = 0: stays in SPI */
	DO(&b, 10 * MS, 0x31, 0x02);
	SEND(&b, 0x38);
	assert_false(nor_is_plain(b.nor));
	assert_int_equal(reg(&b, 0x05), 0xff);
	ask_on(&b, 4, (const uint8_t[]){ 0x9f }, 1, got, 3);
	assert_memory_equal(got, "\xef\x70\x16", 3);
	SEND_ON(&b, 4, 0x06);
	SEND_ON(&b, 4, 0x02, 0x00, 0x01, 0x00, 0x12, 0x34);
	pass(&b, 1 * MS);
	cs(&b, true);
	put(&b, 4, 0x0b);
	put_bits(&b, 4, 0x100, 24);
	idle(&b, 2);					/* default of C0h */
	assert_int_equal(get(&b, 4), 0x12);
	cs(&b, false);
	SEND_ON(&b, 4, 0xc0, 0x20);			/* 6 clocks */
	cs(&b, true);
	put(&b, 4, 0xeb);
	put_bits(&b, 4, 0x100ff, 32);
	idle(&b, 4);
	assert_int_equal(get(&b, 4), 0x12);
	cs(&b, false);
	ask_on(&b, 4, (const uint8_t[]){ 0x03, 0, 1, 0 }, 4, got, 1);
	assert_int_equal(got[0], 0xff);			/* no 03h in QPI */
	SEND_ON(&b, 4, 0xff);
	assert_int_equal(read_byte(&b, 0x101), 0x34);
	bench_close(&b);
}

static void test_reset_on_four_lines_leaves_qpi(void **state)
{
	struct bench b;
	char error[100];

	(void)state;
	bench_open(&b, "w25q32jv-im");
	assert_true(nor_put_into(b.nor, "qpi", error, sizeof(error)));
	SEND(&b, 0x66);					/* one line: garbage */
	SEND(&b, 0x99);
	assert_false(nor_is_plain(b.nor));
	SEND_ON(&b, 4, 0x66);
	SEND_ON(&b, 4, 0x99);
	pass(&b, 30 * US);
	assert_true(nor_is_plain(b.nor));
	assert_int_equal(reg(&b, 0x35), 0x02);
	bench_close(&b);
}

static void test_dtr_read_uses_both_edges(void **state)
{
	struct bench b;
	unsigned value = 0;

	(void)state;
	bench_open(&b, "w25q32jv-im");
	nor_array(b.nor)[0x10203] = 0xc5;
	cs(&b, true);
	put(&b, 1, 0x0d);
	for (unsigned i = 24; i-- > 0;)
		b.spi->ops->clock(b.spi->dev, (uint8_t)(0xfe | (0x10203 >> i & 1)), 1, true);
	for (unsigned i = 0; i < 12; i++)
		b.spi->ops->clock(b.spi->dev, 0xff, 0, true);
	for (unsigned i = 0; i < 8; i++)
		value = value << 1 | (b.spi->ops->clock(b.spi->dev, 0xff, 0, true) >> 1 & 1);
	assert_int_equal(value, 0xc5);
	cs(&b, false);
	bench_close(&b);
}

/* ISSI */

static void test_issi_quad_enable_and_protection(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, "is25wp064a");
	assert_int_equal(reg(&b, 0x05), 0x00);
	DO(&b, 2 * MS, 0x01, 0x44);
	assert_int_equal(reg(&b, 0x05), 0x44);
	PROGRAM(&b, 0x7f0000, 0x00);
	assert_int_equal(read_byte(&b, 0x7f0000), 0xff);
	PROGRAM(&b, 0x7effff, 0x00);
	assert_int_equal(read_byte(&b, 0x7effff), 0x00);
	DO(&b, 0, 0x26, 0x7f, 0x00, 0x00);		/* this sector, for now */
	PROGRAM(&b, 0x7f0000, 0x00);
	assert_int_equal(read_byte(&b, 0x7f0000), 0x00);
	PROGRAM(&b, 0x7f1000, 0x00);
	assert_int_equal(read_byte(&b, 0x7f1000), 0xff);
	DO(&b, 0, 0x24);
	PROGRAM(&b, 0x7f0001, 0x00);
	assert_int_equal(read_byte(&b, 0x7f0001), 0xff);
	DO(&b, 15 * MS, 0x42, 0x02);			/* TBS: OTP */
	DO(&b, 15 * MS, 0x42, 0x00);
	assert_int_equal(reg(&b, 0x48), 0x02);
	PROGRAM(&b, 0x7f0002, 0x00);
	assert_int_equal(read_byte(&b, 0x7f0002), 0x00);
	PROGRAM(&b, 0xffff, 0x00);
	assert_int_equal(read_byte(&b, 0xffff), 0xff);
	bench_close(&b);
}

static void test_issi_read_parameters_change_the_dummies_of_eb(void **state)
{
	static const struct { uint8_t parameters; unsigned clocks; } rows[] = {
		{ 0xe0, 6 }, { 0xe8, 4 }, { 0xf0, 8 }, { 0xf8, 10 },
	};
	struct bench b;

	(void)state;
	bench_open(&b, "is25lp064a");
	nor_array(b.nor)[0x10] = 0x5a;
	DO(&b, 15 * MS, 0x01, 0x40);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		SEND(&b, i & 1 ? 0x63 : 0xc0, rows[i].parameters);
		assert_int_equal(reg(&b, 0x61), rows[i].parameters);
		cs(&b, true);
		put(&b, 1, 0xeb);
		put_bits(&b, 4, 0x10, 24);
		put(&b, 4, 0x00);
		idle(&b, rows[i].clocks - 2);
		assert_int_equal(get(&b, 4), 0x5a);
		cs(&b, false);
	}
	DO(&b, 15 * MS, 0x65, 0xf0);			/* kept */
	nor_power(b.nor, false);
	nor_power(b.nor, true);
	pass(&b, 6 * MS);
	assert_int_equal(reg(&b, 0x61), 0xf0);
	SEND(&b, 0x83, 0xc0);
	assert_int_equal(reg(&b, 0x81), 0xc0);
	bench_close(&b);
}

static void test_issi_continuous_read_and_qpi(void **state)
{
	struct bench b;
	uint8_t got[3];

	(void)state;
	bench_open(&b, "is25wp064a");
	DO(&b, 15 * MS, 0x01, 0x40);
	quad_read(&b, true, 0, 0x20);			/* Winbond's pattern is not ISSI's */
	assert_true(nor_is_plain(b.nor));
	quad_read(&b, true, 0, 0xa5);
	assert_false(nor_is_plain(b.nor));
	SEND_ON(&b, 4, 0xff, 0xff, 0xff, 0xff);
	assert_true(nor_is_plain(b.nor));
	SEND(&b, 0x35);
	ask_on(&b, 4, (const uint8_t[]){ 0xaf }, 1, got, 3);
	assert_memory_equal(got, "\x9d\x70\x17", 3);
	SEND_ON(&b, 4, 0xff);				/* not the exit here */
	assert_false(nor_is_plain(b.nor));
	SEND_ON(&b, 4, 0xf5);
	assert_true(nor_is_plain(b.nor));
	bench_close(&b);
}

static void test_issi_erase_suspend_and_information_rows(void **state)
{
	struct bench b;
	uint8_t got;

	(void)state;
	bench_open(&b, "is25wp064a");
	memset(nor_array(b.nor), 0, 0x1000);
	SEND(&b, 0x06);
	SEND(&b, 0xd7, 0, 0, 0);
	pass(&b, 10 * MS);
	SEND(&b, 0xb0);
	pass(&b, 1 * MS);
	assert_int_equal(reg(&b, 0x48), 0x08);
	SEND(&b, 0x30);
	pass(&b, 70 * MS);
	assert_int_equal(reg(&b, 0x48), 0x00);
	assert_int_equal(read_byte(&b, 0xfff), 0xff);
	DO(&b, 5 * MS, 0x62, 0, 0x30, 0x07, 0x42);
	ASK(&b, &got, 1, 0x68, 0, 0x30, 0x07, 0);
	assert_int_equal(got, 0x42);
	bench_close(&b);
}

static void test_at25sf128a_quad_enable_is_in_sr2(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, "at25sf128a");
	assert_int_equal(reg(&b, 0x35), 0x00);
	DO(&b, 15 * MS, 0x01, 0x00, 0x02);
	assert_int_equal(reg(&b, 0x35), 0x02);
	PROGRAM(&b, 0xfff000, 0x12);
	assert_int_equal(read_byte(&b, 0xfff000), 0x12);
	DO(&b, 15 * MS, 0x01, 0x04);			/* top 256 KiB */
	PROGRAM(&b, 0xfc0000, 0x12);
	assert_int_equal(read_byte(&b, 0xfc0000), 0xff);
	PROGRAM(&b, 0xfbffff, 0x12);
	assert_int_equal(read_byte(&b, 0xfbffff), 0x12);
	bench_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_volatile_and_non_volatile_register_writes),
		cmocka_unit_test(test_01h_writes_one_or_two_registers),
		cmocka_unit_test(test_qe_of_the_iq_version_stays),
		cmocka_unit_test(test_srl_locks_until_power_off),
		cmocka_unit_test(test_srp_obeys_wp_while_qe_is_0),
		cmocka_unit_test(test_hold_stops_the_clock_while_qe_is_0),
		cmocka_unit_test(test_quad_opcodes_are_not_heard_while_qe_is_0),
		cmocka_unit_test(test_block_protection_table),
		cmocka_unit_test(test_erase_that_touches_a_protected_sector_does_nothing),
		cmocka_unit_test(test_individual_locks),
		cmocka_unit_test(test_security_registers_and_their_locks),
		cmocka_unit_test(test_continuous_read_takes_addresses_for_opcodes),
		cmocka_unit_test(test_dual_continuous_read_needs_sixteen_clocks_of_ones),
		cmocka_unit_test(test_qpi_of_the_im_version),
		cmocka_unit_test(test_reset_on_four_lines_leaves_qpi),
		cmocka_unit_test(test_dtr_read_uses_both_edges),
		cmocka_unit_test(test_issi_quad_enable_and_protection),
		cmocka_unit_test(test_issi_read_parameters_change_the_dummies_of_eb),
		cmocka_unit_test(test_issi_continuous_read_and_qpi),
		cmocka_unit_test(test_issi_erase_suspend_and_information_rows),
		cmocka_unit_test(test_at25sf128a_quad_enable_is_in_sr2),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
