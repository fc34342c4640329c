/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ftdi driver without a chip: bytes of the command stream, answers, divisors, signals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "adapter/ftdi.h"
#include "adapter/ftdi_mpsse.h"

static struct mpsse engine(uint16_t bcd_device)
{
	struct mpsse m = { .chip = mpsse_find_chip(bcd_device) };

	assert_non_null(m.chip);
	return m;
}

static void expect_out(struct mpsse *m, const char *hex)
{
	char seen[512] = "";

	mpsse_finish(m, false);
	for (size_t i = 0; i < m->out.len; i++)
		sprintf(seen + strlen(seen), "%s%02x", i ? " " : "", m->out.data[i]);
	assert_string_equal(seen, hex);
	buf_clear(&m->out);
}

static void test_swd_read(void **state)
{
	struct mpsse m = engine(0x0900);
	static const uint8_t header = 0xbd, answer[] = { 0xf3, 0xee, 0xdb, 0xea, 0xb4 };
	uint8_t in[8] = { 0 };
	uint32_t data = 0;

	(void)state;
	mpsse_put_out(&m, &header, 8);
	mpsse_put_in(&m, in, 38);
	assert_int_equal(m.expected, 5);
	expect_out(&m, "1b 07 bd 28 03 00 2a 05");
	assert_int_equal(mpsse_feed(&m, answer, 5), 5);
	assert_int_equal(m.expected, 0);
	/* Turnaround, ACK, data, parity. */
	assert_int_equal(in[0] >> 1 & 7, 1);
	for (unsigned i = 0; i < 32; i++)
		data |= (uint32_t)bit_get(in, 4 + i) << i;
	assert_int_equal(data, 0xdeadbeef);
	assert_int_equal(bit_get(in, 36), 0);
	mpsse_free(&m);
}

static void test_swd_write(void **state)
{
	struct mpsse m = engine(0x0900);
	static const uint8_t header = 0xa9, data[] = { 0x78, 0x56, 0x34, 0x12, 0x01 }, idle = 0;
	static const uint8_t answer = 0xa8;
	uint8_t in[1] = { 0 };

	(void)state;
	mpsse_put_out(&m, &header, 8);
	mpsse_put_in(&m, in, 5);
	mpsse_put_out(&m, data, 33);
	expect_out(&m, "1b 07 a9 2a 04 19 03 00 78 56 34 12 1b 00 01");
	/* What is driven in a row is one shift. */
	mpsse_put_out(&m, data, 33);
	mpsse_put_out(&m, &idle, 7);
	expect_out(&m, "19 04 00 78 56 34 12 01");
	mpsse_feed(&m, &answer, 1);
	assert_int_equal(in[0] >> 1 & 7, 2);		/* WAIT */
	mpsse_free(&m);
}

static void test_long_output_keeps_its_order(void **state)
{
	struct mpsse m = engine(0x0700);
	uint8_t bits[80];

	(void)state;
	memset(bits, 0x5a, sizeof(bits));
	mpsse_put_out(&m, bits, 3);
	mpsse_put_out(&m, bits, 640);
	mpsse_finish(&m, true);
	assert_memory_equal(m.out.data, "\x1b\x02\x02\x19\x4f\x00", 6);
	assert_int_equal(m.out.len, 3 + 3 + 80 + 1);
	assert_int_equal(m.out.data[m.out.len - 1], 0x87);
	mpsse_free(&m);
}

/* From Run-Test/Idle: a 32-bit DR of zeros and back. AN_108 examples have the same moves. */
static void test_jtag_scan(void **state)
{
	struct mpsse m = engine(0x0700);
	static const uint8_t tms[5] = { 0x01, 0x00, 0x00, 0x00, 0x0c }, tdi[5] = { 0 };
	/* The shift begins with the move's last bit: 32 bits in a row are cheaper than 31. */
	static const uint8_t answer[] = { 0x00, 0xf0, 0xac, 0x68, 0x24, 0x00 };
	uint8_t tdo[5] = { 0 };
	uint32_t value = 0;

	(void)state;
	mpsse_put_jtag(&m, tms, tdi, tdo, 37);
	/* 1,0,0; 31 zeros; 1 (last bit), 1, 0. */
	expect_out(&m, "6b 01 01 39 03 00 00 00 00 00 6b 02 03");
	assert_int_equal(m.expected, 1 + 4 + 1);
	mpsse_feed(&m, answer, sizeof(answer));
	for (unsigned i = 0; i < 32; i++)
		value |= (uint32_t)bit_get(tdo, 3 + i) << i;
	assert_int_equal(value, 0x12345678);
	mpsse_free(&m);
}

static void test_jtag_falling_edge_and_write_only(void **state)
{
	struct mpsse m = engine(0x0700);
	static const uint8_t tms[2] = { 0 }, tdi[2] = { 0xa5, 0x01 };
	uint8_t tdo[2];

	(void)state;
	mpsse_put_jtag(&m, tms, tdi, NULL, 9);
	expect_out(&m, "1b 07 a5 1b 00 01");
	m.samples_falling = true;
	mpsse_put_jtag(&m, tms, tdi, tdo, 16);
	expect_out(&m, "3d 01 00 a5 01");
	mpsse_put_jtag(&m, (const uint8_t[]){ 0x1f }, NULL, tdo, 5);
	expect_out(&m, "6f 04 9f");
	mpsse_free(&m);
}

/* TDI changes inside a walk: a new command, for TDI is held during one. */
static void test_jtag_tms_with_changing_tdi(void **state)
{
	struct mpsse m = engine(0x0700);

	(void)state;
	mpsse_put_jtag(&m, (const uint8_t[]){ 0x0d }, (const uint8_t[]){ 0x03 }, NULL, 4);
	expect_out(&m, "4b 01 81 4b 01 03");
	mpsse_free(&m);
}

static void test_idle_clocks_need_no_data_on_h_chips(void **state)
{
	struct mpsse h = engine(0x0900), d = engine(0x0500);
	static const uint8_t zeros[3];

	(void)state;
	h.tdi = true;
	mpsse_put_jtag(&h, zeros, NULL, NULL, 20);
	expect_out(&h, "8f 01 00 8e 03");
	mpsse_put_jtag(&d, zeros, NULL, NULL, 20);
	expect_out(&d, "19 01 00 ff ff 1b 03 ff");
	mpsse_free(&h);
	mpsse_free(&d);
}

static void test_pins_are_sent_when_they_change(void **state)
{
	struct mpsse m = engine(0x0700), quad = engine(0x0800);

	(void)state;
	mpsse_put_pins(&m, 0x0908, 0x0b1b);
	expect_out(&m, "80 08 1b 82 09 0b");
	assert_true(m.tms);
	mpsse_put_pins(&m, 0x0908, 0x0b1b);
	expect_out(&m, "");
	mpsse_put_pins(&m, 0x0808, 0x0b1b);
	expect_out(&m, "82 08 0b");
	mpsse_put_pins(&m, 0x0808, 0x0b19);
	expect_out(&m, "80 08 19");
	mpsse_forget(&m);
	mpsse_put_pins(&m, 0x0808, 0x0b19);
	expect_out(&m, "80 08 19 82 08 0b");
	mpsse_put_pins(&quad, 0x0938, 0x003b);
	expect_out(&quad, "80 38 3b");
	mpsse_free(&m);
	mpsse_free(&quad);
}

static void test_read_pins(void **state)
{
	struct mpsse m = engine(0x0700);
	uint8_t pins[2] = { 0 };

	(void)state;
	mpsse_put_read_pins(&m, pins);
	mpsse_finish(&m, true);
	assert_memory_equal(m.out.data, "\x81\x83\x87", 3);
	assert_int_equal(mpsse_feed(&m, (const uint8_t[]){ 0x12, 0x34, 0x56 }, 3), 2);
	assert_memory_equal(pins, "\x12\x34", 2);
	mpsse_free(&m);
}

static void test_divisors(void **state)
{
	/* AN_108 3.8.2 and 6.1. */
	static const struct {
		bool is_h;
		double wanted;
		bool by_5;
		unsigned divisor;
		unsigned hz;
	} cases[] = {
		{ true, 100e6, false, 0, 30000000 },  { true, 30e6, false, 0, 30000000 },
		{ true, 29e6, false, 1, 15000000 },   { true, 15e6, false, 1, 15000000 },
		{ true, 10e6, false, 2, 10000000 },   { true, 6e6, false, 4, 6000000 },
		{ true, 4e6, false, 7, 3750000 },     { true, 2e6, false, 14, 2000000 },
		{ true, 1e6, false, 29, 1000000 },    { true, 500e3, false, 59, 500000 },
		{ true, 400e3, false, 74, 400000 },   { true, 100e3, false, 299, 100000 },
		{ true, 10e3, false, 2999, 10000 },   { true, 1e3, false, 29999, 1000 },
		{ true, 458, false, 65502, 457 },     { true, 457, true, 13129, 456 },
		{ true, 1, true, 65535, 91 },	      { false, 30e6, true, 0, 6000000 },
		{ false, 4e6, true, 1, 3000000 },     { false, 1e6, true, 5, 1000000 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct mpsse_clock clock = mpsse_find_clock(cases[i].is_h, cases[i].wanted);

		assert_int_equal(clock.by_5, cases[i].by_5);
		assert_int_equal(clock.divisor, cases[i].divisor);
		assert_int_equal((unsigned)clock.hz, cases[i].hz);
		assert_true(clock.hz <= cases[i].wanted || cases[i].wanted == 1);
	}
}

static void test_every_frequency_is_reached_by_its_own_number(void **state)
{
	(void)state;
	for (unsigned div = 0; div < 65536; div++) {
		double hz = 30e6 / (1 + div);
		struct mpsse_clock clock = mpsse_find_clock(true, hz);

		assert_int_equal(clock.divisor, div);
		assert_true(clock.hz == hz);
	}
}

static void test_clock_commands(void **state)
{
	struct mpsse h = engine(0x0900), d = engine(0x0500);
	struct mpsse_clock clock = mpsse_find_clock(true, 100e3);

	(void)state;
	mpsse_put_clock(&h, &clock);
	mpsse_put_defaults(&h);
	expect_out(&h, "8a 86 2b 01 97 8d 85");
	clock = mpsse_find_clock(true, 200);
	mpsse_put_clock(&h, &clock);
	expect_out(&h, "8b 86 2f 75");
	mpsse_put_clock(&d, &clock);
	mpsse_put_defaults(&d);
	expect_out(&d, "86 2f 75 85");
	mpsse_free(&h);
	mpsse_free(&d);
}

static void test_status_bytes_are_in_every_packet(void **state)
{
	uint8_t data[130];

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)i;
	assert_int_equal(mpsse_strip_status(data, 130, 64), 62 + 62);
	assert_int_equal(data[0], 2);
	assert_int_equal(data[61], 63);
	assert_int_equal(data[62], 66);
	assert_int_equal(data[123], 127);
	assert_int_equal(mpsse_strip_status(data, 2, 512), 0);
	assert_int_equal(mpsse_strip_status(data, 0, 512), 0);
	assert_int_equal(mpsse_strip_status(data, 1, 512), 0);
	assert_int_equal(mpsse_strip_status(data, 67, 64), 63);
}

static void test_answers_may_be_cut_anywhere(void **state)
{
	struct mpsse m = engine(0x0700);
	static const uint8_t answer[] = { 0x34, 0x12, 0xf0, 0x81, 0xc0 };
	uint8_t whole[8], pieces[8];

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		uint8_t *dst = i ? pieces : whole;

		memset(dst, 0, 8);
		mpsse_put_in(&m, dst, 20);
		mpsse_put_in(&m, NULL, 8);
		mpsse_put_in(&m, dst + 4, 2);
		for (size_t at = 0; at < 5; at += i ? 1 : 5)
			mpsse_feed(&m, answer + at, i ? 1 : 5);
		assert_int_equal(m.expected, 0);
	}
	assert_memory_equal(whole, "\x34\x12\x0f\x00\x03", 5);
	assert_memory_equal(pieces, whole, 8);
	mpsse_free(&m);
}

/* --- Signals --- */

static struct ftdi_pins set(const struct ftdi_signal *signal, enum ftdi_level level)
{
	struct ftdi_pins pins = { 0x5555, 0xaaaa };

	assert_int_equal(ftdi_set_signal(signal, level, &pins), OK);
	return pins;
}

/* One row: name, masks, then value and direction of pins 4 and 8 for 0, 1, z; -1: refused. */
static void test_signal_table(void **state)
{
	enum { D = 0x0010, E = 0x0100, NO = -1 };
	static const struct {
		const char *name;
		struct ftdi_signal signal;
		int value[3], drives_data[3];
	} rows[] = {
		{ "-data", { .data = D, .has_data = true }, { 0, D, NO }, { NO, NO, NO } },
		{ "-ndata", { .data = D, .has_data = true, .invert_data = true },
		  { D, 0, NO }, { NO, NO, NO } },
		{ "-oe", { .oe = E, .has_oe = true }, { E, NO, 0 }, { NO, NO, NO } },
		{ "-noe", { .oe = E, .has_oe = true, .invert_oe = true }, { 0, NO, E },
		  { NO, NO, NO } },
		{ "-data -oe", { .data = D, .oe = E, .has_data = true, .has_oe = true },
		  { E, D | E, 0 }, { NO, NO, NO } },
		{ "-data -noe",
		  { .data = D, .oe = E, .has_data = true, .has_oe = true, .invert_oe = true },
		  { 0, D, E }, { NO, NO, NO } },
		{ "the pin itself", { .data = D, .oe = D, .has_data = true, .has_oe = true },
		  { 0, D, 0 }, { D, D, 0 } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		for (int level = 0; level < 3; level++) {
			const struct ftdi_signal *s = &rows[i].signal;
			struct ftdi_pins pins;

			assert_int_equal(ftdi_can_set(s, level), rows[i].value[level] != NO);
			if (rows[i].value[level] == NO) {
				struct ftdi_signal named = *s;
				char name[] = "nSRST";

				named.name = name;
				assert_int_equal(ftdi_set_signal(&named, level, &pins),
						 ERR_UNSUPPORTED);
				error_clear();
				continue;
			}
			pins = set(s, level);
			assert_int_equal(pins.value & (s->data | s->oe), rows[i].value[level]);
			assert_int_equal(pins.value & ~(s->data | s->oe), 0x5555 & ~(s->data | s->oe));
			if (rows[i].drives_data[level] == NO)
				assert_int_equal(pins.direction, 0xaaaa);
			else
				assert_int_equal(pins.direction & D, rows[i].drives_data[level]);
		}
	}
}

static void test_a_dummy_signal_changes_nothing(void **state)
{
	const struct ftdi_signal dummy = { .has_data = true };
	struct ftdi_pins pins = set(&dummy, FTDI_HIGH);

	(void)state;
	assert_int_equal(pins.value, 0x5555);
	assert_int_equal(pins.direction, 0xaaaa);
}

static void test_chips(void **state)
{
	(void)state;
	assert_string_equal(mpsse_find_chip(0x0700)->name, "FT2232H");
	assert_int_equal(mpsse_find_chip(0x0700)->channels, 2);
	assert_string_equal(mpsse_find_chip(0x3600)->name, "FT4232HA");
	assert_int_equal(mpsse_find_chip(0x0600)->channels, 0);
	assert_false(mpsse_find_chip(0x0500)->is_h);
	assert_null(mpsse_find_chip(0x1234));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_swd_read),
		cmocka_unit_test(test_swd_write),
		cmocka_unit_test(test_long_output_keeps_its_order),
		cmocka_unit_test(test_jtag_scan),
		cmocka_unit_test(test_jtag_falling_edge_and_write_only),
		cmocka_unit_test(test_jtag_tms_with_changing_tdi),
		cmocka_unit_test(test_idle_clocks_need_no_data_on_h_chips),
		cmocka_unit_test(test_pins_are_sent_when_they_change),
		cmocka_unit_test(test_read_pins),
		cmocka_unit_test(test_divisors),
		cmocka_unit_test(test_every_frequency_is_reached_by_its_own_number),
		cmocka_unit_test(test_clock_commands),
		cmocka_unit_test(test_status_bytes_are_in_every_packet),
		cmocka_unit_test(test_answers_may_be_cut_anywhere),
		cmocka_unit_test(test_signal_table),
		cmocka_unit_test(test_a_dummy_signal_changes_nothing),
		cmocka_unit_test(test_chips),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
