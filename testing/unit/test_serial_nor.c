/* SPDX-License-Identifier: GPL-2.0-or-later */
/* serial_nor: SFDP tables, good and bad ones; the table of parts; status registers and protection. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "flash/serial_nor_priv.h"

/* W25Q32JV: header, table of 16 DWORDs at 0x80. */
static const uint32_t w25q32_bfpt[16] = {
	0xfff920e5, 0x01ffffff, 0x6b08eb44, 0xbb423b08, 0xfffffffe, 0x0000ffff, 0xeb40ffff, 0x520f200c,
	0x0000d810, 0x00a60236, 0xc214ea82, 0x337663e9, 0x757a757a, 0x5cd5a2f7, 0xff4df719, 0x80f830e9,
};

struct sfdp {
	uint8_t bytes[512];
};

static void put_header(struct sfdp *s, unsigned index, uint8_t minor, uint8_t dwords, uint32_t pointer)
{
	uint8_t *h = s->bytes + 8 * (index + 1);

	h[0] = 0;
	h[1] = minor;
	h[2] = 1;
	h[3] = dwords;
	h[4] = (uint8_t)pointer;
	h[5] = (uint8_t)(pointer >> 8);
	h[6] = (uint8_t)(pointer >> 16);
	h[7] = 0xff;
}

static void put_table(struct sfdp *s, uint32_t pointer, const uint32_t *dw, unsigned dwords)
{
	for (unsigned i = 0; i < dwords; i++)
		put_le32(s->bytes + pointer + 4 * i, dw[i]);
}

static void make(struct sfdp *s, uint8_t headers)
{
	memset(s->bytes, 0xff, sizeof(s->bytes));
	put_le32(s->bytes, 0x50444653);
	s->bytes[4] = 5;
	s->bytes[5] = 1;
	s->bytes[6] = (uint8_t)(headers - 1);
}

static void make_w25q32(struct sfdp *s)
{
	make(s, 1);
	put_header(s, 0, 5, 16, 0x80);
	put_table(s, 0x80, w25q32_bfpt, 16);
}

static void test_w25q32jv(void **state)
{
	struct serial_nor nor = { 0 };
	struct sfdp s;

	(void)state;
	make_w25q32(&s);
	assert_int_equal(serial_nor_parse_sfdp(s.bytes, 256, &nor), OK);
	assert_true(nor.has_sfdp);
	assert_int_equal(nor.bytes, 4 << 20);
	assert_int_equal(nor.page_bytes, 256);
	assert_int_equal(nor.page_typical_us, 704);
	assert_int_equal(nor.page_max_us, 704 * 6);
	assert_int_equal(nor.chip_typical_us, 12000000);
	assert_int_equal(nor.erase[0].bytes, 4096);
	assert_int_equal(nor.erase[0].opcode, 0x20);
	assert_int_equal(nor.erase[0].typical_us, 64000);
	assert_int_equal(nor.erase[0].max_us, 64000 * 14);
	assert_int_equal(nor.erase[1].bytes, 0x8000);
	assert_int_equal(nor.erase[1].typical_us, 128000);
	assert_int_equal(nor.erase[2].bytes, 0x10000);
	assert_int_equal(nor.erase[2].opcode, 0xd8);
	assert_int_equal(nor.erase[2].typical_us, 160000);
	assert_int_equal(nor.erase[3].bytes, 0);
	assert_int_equal(nor.read_1_4_4.opcode, 0xeb);
	assert_int_equal(nor.read_1_4_4.mode_clocks, 2);
	assert_int_equal(nor.read_1_4_4.dummy_clocks, 4);
	assert_int_equal(nor.read_1_1_4.opcode, 0x6b);
	assert_int_equal(nor.read_1_1_4.dummy_clocks, 8);
	assert_int_equal(nor.quad_enable, QER_SR2_BIT1);
	assert_true(nor.has_reset);
	assert_false(nor.has_4_byte);
}

static void test_nine_dwords_leave_the_rest_open(void **state)
{
	static const uint8_t gd25q32[3] = { 0xc8, 0x40, 0x16 }, unknown[3] = { 0x9d, 0x55, 0x16 };
	struct serial_nor nor = { 0 };
	struct sfdp s;

	(void)state;
	make(&s, 1);
	put_header(&s, 0, 0, 9, 0x30);
	put_table(&s, 0x30, w25q32_bfpt, 9);
	assert_int_equal(serial_nor_parse_sfdp(s.bytes, 256, &nor), OK);
	assert_int_equal(nor.page_bytes, 0);
	assert_int_equal(nor.bfpt_dwords, 9);
	assert_int_equal(nor.erase[0].typical_us, 0);
	assert_false(serial_nor_apply_table(unknown, &nor));
	serial_nor_fill_defaults(&nor);
	assert_int_equal(nor.page_bytes, 256);
	assert_int_equal(nor.quad_enable, QER_SR1_BIT6);	/* ISSI's custom */
	assert_true(nor.erase[0].max_us >= 1000000);
	assert_true(serial_nor_apply_table(gd25q32, &nor));
	assert_string_equal(nor.name, "GD25Q32");
	assert_int_equal(nor.quad_enable, QER_SR2_BIT1);
}

static void test_the_newest_table_that_can_be_read(void **state)
{
	uint32_t small[16];
	struct serial_nor nor = { 0 };
	struct sfdp s;

	(void)state;
	memcpy(small, w25q32_bfpt, sizeof(small));
	small[1] = 0x007fffff;		/* 1 MiB */
	make(&s, 4);
	put_header(&s, 0, 0, 9, 0x60);
	put_header(&s, 1, 6, 16, 0x80);
	put_header(&s, 2, 7, 16, 0xfff000);	/* points nowhere */
	put_header(&s, 3, 5, 16, 0xc0);
	put_table(&s, 0x60, small, 8);
	put_table(&s, 0xc0, small, 16);
	put_table(&s, 0x80, w25q32_bfpt, 16);
	assert_int_equal(serial_nor_parse_sfdp(s.bytes, 512, &nor), OK);
	assert_int_equal(nor.bytes, 4 << 20);
	assert_int_equal(nor.bfpt_dwords, 16);
}

static void test_garbage_is_refused_and_changes_nothing(void **state)
{
	static const struct { const char *name; unsigned at; uint8_t value; } spoils[] = {
		{ "signature", 0, 0x00 },     { "major revision", 5, 2 }, { "table's id", 15, 0x00 },
		{ "table's length", 11, 4 },  { "table's major", 10, 9 }, { "pointer", 14, 0x80 },
		{ "size not in bytes", 0x84, 0xfe }, { "size of 2^n too large", 0x87, 0xff },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(spoils); i++) {
		struct serial_nor nor = { .bytes = 77 };
		struct sfdp s;

		make_w25q32(&s);
		s.bytes[spoils[i].at] = spoils[i].value;
		if (serial_nor_parse_sfdp(s.bytes, 256, &nor) != ERR_FORMAT)
			fail_msg("%s was taken", spoils[i].name);
		assert_int_equal(nor.bytes, 77);
		assert_false(nor.has_sfdp);
		error_clear();
	}
}

static void test_no_bytes_crash_it(void **state)
{
	uint32_t seed = 12345;

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		struct serial_nor nor = { 0 };
		struct sfdp s;
		size_t n;
		uint8_t *exact;

		make_w25q32(&s);
		for (unsigned k = 0; k < 6; k++) {
			seed = seed * 1664525u + 1013904223u;
			s.bytes[4 + (seed >> 8) % (k < 3 ? 16 : 256)] = (uint8_t)(seed >> 24);
		}
		n = (seed >> 16) % 257;
		exact = malloc(n + 1);
		memcpy(exact, s.bytes, n);
		if (serial_nor_parse_sfdp(exact, n, &nor) == OK) {
			assert_true(nor.bytes >= 4096);
			assert_true(nor.erase[0].bytes != 0);
			serial_nor_fill_defaults(&nor);
		}
		error_clear();
		free(exact);
	}
}

static void test_large_sizes(void **state)
{
	struct serial_nor nor = { 0 };
	struct sfdp s;

	(void)state;
	make_w25q32(&s);
	put_le32(s.bytes + 0x80, 0xfffb20e5);		/* three or four address bytes */
	put_le32(s.bytes + 0x84, 0x80000000u | 32);	/* 2^32 bits */
	assert_int_equal(serial_nor_parse_sfdp(s.bytes, 256, &nor), OK);
	assert_int_equal(nor.bytes, 512u << 20);
	assert_true(nor.has_4_byte);
}

static void test_ids_of_nobody(void **state)
{
	(void)state;
	assert_non_null(strstr(serial_nor_bad_id((const uint8_t[]){ 0xff, 0xff, 0xff }),
			       "deep power-down"));
	assert_non_null(strstr(serial_nor_bad_id((const uint8_t[]){ 0, 0, 0 }), "zeros"));
	assert_non_null(serial_nor_bad_id((const uint8_t[]){ 0xef, 0xef, 0xef }));
	assert_null(serial_nor_bad_id((const uint8_t[]){ 0xef, 0x40, 0x16 }));
}

static void test_parts(void **state)
{
	static const struct {
		uint8_t id[3];
		const char *name;
		uint32_t mib;
		enum nor_quad_enable quad;
	} rows[] = {
		{ { 0xef, 0x40, 0x16 }, "W25Q32JV", 4, QER_SR2_BIT1 },
		{ { 0xef, 0x70, 0x16 }, "W25Q32JV-M", 4, QER_SR2_BIT1 },
		{ { 0x9d, 0x70, 0x17 }, "IS25WP064A", 8, QER_SR1_BIT6 },
		{ { 0x1f, 0x89, 0x01 }, "AT25SF128A", 16, QER_SR2_BIT1_31H },
		{ { 0xc2, 0x81, 0x3a }, "MX25UM51345G", 64, QER_NONE },
		{ { 0x46, 0x40, 0x16 }, "XM25QH32D", 4, QER_SR2_BIT1 },
		{ { 0x68, 0x40, 0x16 }, "BY25Q32", 4, QER_SR2_BIT1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct serial_nor nor = { 0 };

		assert_true(serial_nor_apply_table(rows[i].id, &nor));
		serial_nor_fill_defaults(&nor);
		assert_string_equal(nor.name, rows[i].name);
		assert_int_equal(nor.bytes, rows[i].mib << 20);
		assert_int_equal(nor.quad_enable, rows[i].quad);
		assert_int_equal(nor.erase[0].bytes, 4096);
		assert_true(nor.chip_max_us >= 60000000);
		assert_int_equal(nor.has_4_byte, rows[i].mib > 16);
	}
}

static void test_largest_erase_unit_that_fits(void **state)
{
	struct serial_nor nor = { 0 };

	(void)state;
	serial_nor_apply_table((const uint8_t[]){ 0xef, 0x40, 0x16 }, &nor);
	assert_int_equal(serial_nor_erase_unit(&nor, 0, 0x20000)->bytes, 0x10000);
	assert_int_equal(serial_nor_erase_unit(&nor, 0, 0xffff)->bytes, 0x8000);
	assert_int_equal(serial_nor_erase_unit(&nor, 0x8000, 0x10000)->bytes, 0x8000);
	assert_int_equal(serial_nor_erase_unit(&nor, 0x1000, 0x10000)->bytes, 0x1000);
	assert_null(serial_nor_erase_unit(&nor, 0, 0xfff));
}

/* 35h reads a status register on some, and puts others into QPI. */
static void test_who_has_a_second_status_register(void **state)
{
	static const struct { uint8_t id[3]; int quad; bool has; } rows[] = {
		{ { 0xef, 0x40, 0x16 }, -1, true },  { { 0x1f, 0x89, 0x01 }, -1, true },
		{ { 0xc8, 0x40, 0x16 }, -1, true },  { { 0x68, 0x40, 0x16 }, -1, true },
		{ { 0x9d, 0x70, 0x17 }, -1, false }, { { 0xc2, 0x81, 0x3a }, -1, false },
		{ { 0x20, 0xba, 0x18 }, -1, false }, { { 0x1c, 0x70, 0x16 }, QER_SR1_BIT6, false },
		{ { 0x0b, 0x40, 0x16 }, QER_SR2_BIT1_35H, true },
		{ { 0x20, 0xba, 0x19 }, QER_NONE, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct serial_nor nor = { .bytes = 1 << 24 };

		serial_nor_apply_table(rows[i].id, &nor);
		if (rows[i].quad >= 0) {
			nor.bfpt_dwords = 16;
			nor.quad_enable = (enum nor_quad_enable)rows[i].quad;
		}
		serial_nor_fill_defaults(&nor);
		if (serial_nor_has_sr2(&nor) != rows[i].has)
			fail_msg("%02x %02x %02x", rows[i].id[0], rows[i].id[1], rows[i].id[2]);
	}
}

/* Quad enable as bit 6 of the first register is not SEC, whoever made it. */
static void test_quad_in_the_first_register(void **state)
{
	struct serial_nor nor = { .vendor = NOR_OTHER, .bytes = 4 << 20, .quad_enable = QER_SR1_BIT6 };
	struct nor_status s = { .sr = { 0x40 } };

	(void)state;
	serial_nor_decode_status(&nor, &s);
	assert_true(s.is_quad);
	assert_int_equal(s.protected_bytes, 0);
}

static void test_pages_that_no_flash_has(void **state)
{
	struct serial_nor nor = { .bytes = 4 << 20, .page_bytes = 0x8000, .bfpt_dwords = 16 };

	(void)state;
	serial_nor_fill_defaults(&nor);
	assert_in_range(nor.page_bytes, 256, 512);
}

static const struct {
	const char *name;
	uint8_t id[3], sr[3];
	uint32_t first, bytes;
} ranges[] = {
	{ "nothing", { 0xef, 0x40, 0x16 }, { 0x00, 0x02 }, 0, 0 },
	{ "BP=1 top 64K", { 0xef, 0x40, 0x16 }, { 0x04, 0x02 }, 0x3f0000, 0x10000 },
	{ "BP=5 top 1M", { 0xef, 0x40, 0x16 }, { 0x14, 0x02 }, 0x300000, 0x100000 },
	{ "BP=6 bottom 2M", { 0xef, 0x40, 0x16 }, { 0x38, 0x02 }, 0, 0x200000 },
	{ "BP=7 all", { 0xef, 0x40, 0x16 }, { 0x1c, 0x02 }, 0, 0x400000 },
	{ "SEC BP=1 top 4K", { 0xef, 0x40, 0x16 }, { 0x44, 0x02 }, 0x3ff000, 0x1000 },
	{ "SEC BP=3 bottom 16K", { 0xef, 0x40, 0x16 }, { 0x6c, 0x02 }, 0, 0x4000 },
	{ "SEC BP=4 bottom 32K", { 0xef, 0x40, 0x16 }, { 0x70, 0x02 }, 0, 0x8000 },
	{ "SEC BP=5 top 32K", { 0xef, 0x40, 0x16 }, { 0x54, 0x02 }, 0x3f8000, 0x8000 },
	{ "SEC alone is nothing", { 0xef, 0x40, 0x16 }, { 0x40, 0x02 }, 0, 0 },
	{ "SEC BP=7 all", { 0xef, 0x40, 0x16 }, { 0x5c, 0x02 }, 0, 0x400000 },
	{ "CMP BP=0 all", { 0xef, 0x40, 0x16 }, { 0x00, 0x42 }, 0, 0x400000 },
	{ "CMP BP=7 nothing", { 0xef, 0x40, 0x16 }, { 0x1c, 0x42 }, 0, 0 },
	{ "CMP of top 64K", { 0xef, 0x40, 0x16 }, { 0x04, 0x42 }, 0, 0x3f0000 },
	{ "CMP of bottom 64K", { 0xef, 0x40, 0x16 }, { 0x24, 0x42 }, 0x10000, 0x3f0000 },
	{ "ISSI BP=1 top", { 0x9d, 0x70, 0x17 }, { 0x44, 0x00 }, 0x7f0000, 0x10000 },
	{ "ISSI BP=7 bottom half", { 0x9d, 0x70, 0x17 }, { 0x5c, 0x02 }, 0, 0x400000 },
	{ "ISSI BP=8 all", { 0x9d, 0x70, 0x17 }, { 0x60, 0x00 }, 0, 0x800000 },
	{ "Macronix BP=1 top 64K", { 0xc2, 0x81, 0x3a }, { 0x04, 0x07 }, 0x3ff0000, 0x10000 },
	{ "Macronix BP=10 bottom half", { 0xc2, 0x81, 0x3a }, { 0x28, 0x0f }, 0, 0x2000000 },
	{ "Macronix BP=15 all", { 0xc2, 0x81, 0x3a }, { 0x3c, 0x07 }, 0, 0x4000000 },
	{ "16 MB BP=1", { 0x1f, 0x89, 0x01 }, { 0x04, 0x02 }, 0xfc0000, 0x40000 },
};

static void test_protected_ranges(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
		struct serial_nor nor = { 0 };
		struct nor_status s = { 0 };

		assert_true(serial_nor_apply_table(ranges[i].id, &nor));
		memcpy(s.sr, ranges[i].sr, 3);
		serial_nor_decode_status(&nor, &s);
		if (s.protected_bytes != ranges[i].bytes ||
		    (s.protected_bytes != 0 && s.protected_first != ranges[i].first))
			fail_msg("%s: 0x%x bytes from 0x%x", ranges[i].name, s.protected_bytes,
				 s.protected_first);
	}
}

static void test_locks_and_modes(void **state)
{
	struct serial_nor nor = { 0 };
	struct nor_status s = { .sr = { 0x83, 0x81, 0x64 } };

	(void)state;
	serial_nor_apply_table((const uint8_t[]){ 0xef, 0x40, 0x16 }, &nor);
	serial_nor_decode_status(&nor, &s);
	assert_true(s.is_busy && s.is_write_enabled && s.is_suspended && s.is_locked_until_power_cycle);
	assert_true(s.needs_block_unlock);
	assert_false(s.is_quad || s.is_locked_by_pin);
	s.sr[1] = 0;
	serial_nor_decode_status(&nor, &s);
	assert_true(s.is_locked_by_pin);
	s.sr[1] = 2;
	serial_nor_decode_status(&nor, &s);
	assert_false(s.is_locked_by_pin);	/* WP# is a data line now */
	assert_true(s.is_quad);
}

static void test_protection_bits_for_a_range(void **state)
{
	struct nor_status now = { .sr = { 0x9c, 0x0a, 0x64 } }, s;
	struct serial_nor nor = { 0 };
	uint8_t sr[3];

	(void)state;
	serial_nor_apply_table((const uint8_t[]){ 0xef, 0x40, 0x16 }, &nor);
	assert_true(serial_nor_protection_for(&nor, &now, 0, 0, sr));
	assert_int_equal(sr[0], 0x80);		/* SRP stays, protection goes */
	assert_int_equal(sr[1], 0x0a);		/* QE and a burnt LB bit stay */
	assert_int_equal(sr[2], 0x60);
	assert_true(serial_nor_protection_for(&nor, &now, 0, 0x3f0000, sr));
	memcpy(s.sr, sr, 3);
	serial_nor_decode_status(&nor, &s);
	assert_int_equal(s.protected_bytes, 0x3f0000);
	assert_false(serial_nor_protection_for(&nor, &now, 0x1000, 0x1000, sr));
}

static void test_status_in_words(void **state)
{
	struct serial_nor nor = { 0 };
	struct nor_status s = { .sr = { 0x1c, 0x02, 0x60 } };
	struct buf out = { 0 };

	(void)state;
	serial_nor_apply_table((const uint8_t[]){ 0xef, 0x40, 0x16 }, &nor);
	serial_nor_decode_status(&nor, &s);
	serial_nor_describe_status(&nor, &s, &out);
	assert_non_null(strstr((char *)out.data, "status register 1 0x1c: BP2-0=7 (block protection)"));
	assert_non_null(strstr((char *)out.data, "QE (quad enabled)"));
	assert_non_null(strstr((char *)out.data, "protection: 0x0..0x3fffff"));
	buf_free(&out);
}

/* LUT words as IMXRT1064RM "Look Up Table" spells them. */
static void test_reads_by_what_the_flash_can(void **state)
{
	struct serial_nor nor = { .bytes = 4 << 20,
				  .read_1_1_4 = { 0x6b, 0, 8 },
				  .read_1_4_4 = { 0xeb, 2, 4 } };
	uint32_t lut[4];

	(void)state;
	nor_lut_read(&nor, lut, true, true);
	assert_int_equal(lut[0], 0x0818046b);
	assert_int_equal(lut[1], 0x26043208);
	nor.read_1_1_4.opcode = 0;
	nor_lut_read(&nor, lut, true, true);
	assert_int_equal(lut[0], 0x0a1804eb);
	assert_int_equal(lut[1], 0x32041eff);
	assert_int_equal(lut[2], 0x2604);
	nor_lut_read(&nor, lut, true, false);
	assert_int_equal(lut[0], 0x0818040b);
	nor_lut_read(&nor, lut, false, false);
	assert_int_equal(lut[0], 0x08180403);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_w25q32jv),
		cmocka_unit_test(test_nine_dwords_leave_the_rest_open),
		cmocka_unit_test(test_the_newest_table_that_can_be_read),
		cmocka_unit_test(test_garbage_is_refused_and_changes_nothing),
		cmocka_unit_test(test_no_bytes_crash_it),
		cmocka_unit_test(test_large_sizes),
		cmocka_unit_test(test_ids_of_nobody),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_largest_erase_unit_that_fits),
		cmocka_unit_test(test_protected_ranges),
		cmocka_unit_test(test_locks_and_modes),
		cmocka_unit_test(test_protection_bits_for_a_range),
		cmocka_unit_test(test_status_in_words),
		cmocka_unit_test(test_reads_by_what_the_flash_can),
		cmocka_unit_test(test_who_has_a_second_status_register),
		cmocka_unit_test(test_quad_in_the_first_register),
		cmocka_unit_test(test_pages_that_no_flash_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
