/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Serial flashes of the virtual boards beside their wires: states, faults, loading, the state file. */
#include "vb_nor_bench.h"

static const char *described(struct bench *b)
{
	static char text[1500];
	FILE *f = fmemopen(text, sizeof(text), "w");

	nor_describe(b->nor, f);
	fclose(f);
	return text;
}

static void test_states_to_start_from(void **state)
{
	static const struct { const char *model, *name; bool ok; const char *says; } rows[] = {
		{ "w25q32jv-im", "qpi", true, "\"protocol\": \"qpi\"" },
		{ "w25q32jv-iq", "qpi", false, "cannot be put into \"qpi\"" },
		{ "w25q32jv-iq", "continuous-read", true, "\"protocol\": \"continuous-read\"" },
		{ "w25q32jv-iq", "4-byte", false, "cannot be put into \"4-byte\"" },
		{ "w25q32jv-iq", "deep-power-down", true, "\"deep_power_down\": true" },
		{ "w25q32jv-iq", "busy", true, "\"busy\": true" },
		{ "w25q32jv-iq", "suspended", true, "\"suspended\": true" },
		{ "w25q32jv-iq", "protected", true, "\"sr1\": 28" },
		{ "w25q32jv-iq", "no-quad", false, "cannot be put into \"no-quad\"" },
		{ "w25q32jv-im", "no-quad", true, "\"quad_enabled\": false" },
		{ "w25q32jv-iq", "srl", true, "\"sr2\": 3" },
		{ "is25wp064a", "protected", true, "\"sr\": 60" },
		{ "is25wp064a", "qpi", true, "\"protocol\": \"qpi\"" },
		{ "s26ks512s", "qpi", false, "cannot be put into \"qpi\"" },
		{ "s26ks512s", "busy", true, "\"busy\": true" },
		{ "s26ks512s", "protected", false, "cannot be put into \"protected\"" },
		{ "w25q32jv-iq", "asleep", false, "no state \"asleep\"" },
	};
	char error[200];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct bench b;

		bench_open(&b, rows[i].model);
		error[0] = '\0';
		assert_int_equal(nor_put_into(b.nor, rows[i].name, error, sizeof(error)), rows[i].ok);
		pass(&b, 1 * MS);
		assert_non_null(strstr(rows[i].ok ? described(&b) : error, rows[i].says));
		if (rows[i].ok && strcmp(rows[i].name, "protected") != 0 &&
		    strcmp(rows[i].name, "srl") != 0 && strcmp(rows[i].name, "no-quad") != 0 &&
		    strcmp(rows[i].name, "suspended") != 0)
			assert_false(nor_is_plain(b.nor));
		bench_close(&b);
	}
}

static void test_faults(void **state)
{
	struct bench b;
	char error[200];

	(void)state;
	bench_open(&b, "w25q32jv-iq");
	assert_true(nor_set_fault(b.nor, "program-fails", error, sizeof(error)));
	PROGRAM(&b, 0, 0x00);
	assert_int_equal(read_byte(&b, 0), 0xff);
	assert_true(nor_set_fault(b.nor, "none", error, sizeof(error)));
	PROGRAM(&b, 0, 0x00);
	assert_int_equal(read_byte(&b, 0), 0x00);
	assert_true(nor_set_fault(b.nor, "erase-fails", error, sizeof(error)));
	ERASE(&b, 0x20, 0);
	assert_int_equal(reg(&b, 0x05), 0x00);
	assert_int_equal(read_byte(&b, 0), 0x00);
	nor_set_fault(b.nor, "none", error, sizeof(error));
	nor_set_fault(b.nor, "slow", error, sizeof(error));
	SEND(&b, 0x06);
	SEND(&b, 0x20, 0, 0, 0);
	pass(&b, 399 * MS);
	assert_int_equal(reg(&b, 0x05), 0x03);
	pass(&b, 1 * MS);
	assert_int_equal(reg(&b, 0x05), 0x00);
	nor_set_fault(b.nor, "stuck-busy", error, sizeof(error));
	SEND(&b, 0x06);
	assert_int_equal(reg(&b, 0x05), 0x01);
	nor_set_fault(b.nor, "none", error, sizeof(error));
	nor_set_fault(b.nor, "absent", error, sizeof(error));
	assert_int_equal(reg(&b, 0x9f), 0xff);
	nor_set_fault(b.nor, "none", error, sizeof(error));
	assert_int_equal(reg(&b, 0x9f), 0xef);
	assert_false(nor_set_fault(b.nor, "tired", error, sizeof(error)));
	assert_non_null(strstr(error, "stuck-busy"));
	bench_close(&b);
}

static void test_an_ignored_command_says_why(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, "w25q32jv-iq");
	SEND(&b, 0x20, 0, 0, 0);
	assert_non_null(strstr(described(&b), "\"ignored\": 1"));
	assert_non_null(strstr(described(&b), "{\"opcode\": 32, \"why\": \"WEL = 0\"}"));
	DO(&b, 10 * MS, 0x01, 0x1c);
	PROGRAM(&b, 0, 0);
	assert_non_null(strstr(described(&b), "\"why\": \"protected\""));
	bench_close(&b);
}

static void test_load_is_no_program(void **state)
{
	struct bench b;
	char error[200];

	(void)state;
	bench_open(&b, "w25q32jv-iq");
	assert_true(nor_load(b.nor, 0x3ffffe, (const uint8_t *)"\x00\x01", 2, error, sizeof(error)));
	assert_true(nor_load(b.nor, 0x3ffffe, (const uint8_t *)"\xa5", 1, error, sizeof(error)));
	assert_int_equal(read_byte(&b, 0x3ffffe), 0xa5);
	assert_int_equal(b.told_at, 0x3ffffe);
	assert_false(nor_load(b.nor, 0x3fffff, (const uint8_t *)"ab", 2, error, sizeof(error)));
	assert_non_null(strstr(error, "do not fit"));
	bench_close(&b);
}

static void test_state_file_keeps_what_needs_no_supply(void **state)
{
	struct bench b, c;
	FILE *f = tmpfile();
	uint8_t got;
	long size;

	(void)state;
	bench_open(&b, "w25q32jv-im");
	PROGRAM(&b, 0x1234, 0x42);
	PROGRAM(&b, 0x3fff00, 0x43);
	DO(&b, 5 * MS, 0x42, 0, 0x20, 0x05, 0x44);
	DO(&b, 10 * MS, 0x01, 0x04, 0x02);
	SEND(&b, 0x50);
	SEND(&b, 0x01, 0x00);
	assert_true(nor_save(b.nor, f));
	size = ftell(f);
	assert_true(size < 4096);
	rewind(f);
	bench_open(&c, "w25q32jv-im");
	nor_array(c.nor)[7] = 0;
	assert_true(nor_restore(c.nor, f));
	assert_int_equal(read_byte(&c, 0x1234), 0x42);
	assert_int_equal(read_byte(&c, 0x3fff00), 0x43);
	assert_int_equal(read_byte(&c, 7), 0xff);
	assert_int_equal(reg(&c, 0x05), 0x04);
	assert_int_equal(reg(&c, 0x35), 0x02);
	ASK(&c, &got, 1, 0x48, 0, 0x20, 0x05, 0);
	assert_int_equal(got, 0x44);
	/* Damaged: nothing changes. */
	fseek(f, size - 100, SEEK_SET);
	fputc(0x55, f);
	rewind(f);
	nor_array(c.nor)[7] = 0x77;
	assert_false(nor_restore(c.nor, f));
	assert_int_equal(read_byte(&c, 7), 0x77);
	fclose(f);
	bench_close(&b);
	bench_close(&c);
}

static void test_another_order_code_can_be_fitted(void **state)
{
	struct bench b, c;
	FILE *f = tmpfile();
	uint8_t got[3];
	char error[200];

	(void)state;
	bench_open(&b, "w25q32jv-iq");
	PROGRAM(&b, 0x1234, 0x42);
	assert_false(nor_refit(b.nor, "is25wp064a", error, sizeof(error)));
	assert_non_null(strstr(error, "cannot stand in the place of w25q32jv-iq"));
	assert_false(nor_refit(b.nor, "s26ks512s", error, sizeof(error)));
	assert_false(nor_refit(b.nor, "w25q99", error, sizeof(error)));
	assert_true(nor_refit(b.nor, "w25q32jv-im", error, sizeof(error)));
	ASK(&b, got, 3, 0x9f);
	assert_int_equal(got[1], 0x70);
	assert_int_equal(reg(&b, 0x35), 0x00);		/* as delivered: QE = 0 */
	assert_int_equal(read_byte(&b, 0x1234), 0x42);
	assert_true(nor_put_into(b.nor, "qpi", error, sizeof(error)));
	assert_true(nor_save(b.nor, f));
	rewind(f);
	bench_open(&c, "w25q32jv-iq");
	assert_true(nor_restore(c.nor, f));
	assert_string_equal(nor_model(c.nor), "w25q32jv-im");
	assert_int_equal(read_byte(&c, 0x1234), 0x42);
	rewind(f);
	bench_close(&c);
	bench_open(&c, "at25sf128a");
	assert_false(nor_restore(c.nor, f));
	fclose(f);
	bench_close(&b);
	bench_close(&c);
}

static void test_saving_in_the_middle_saves_it_half_done(void **state)
{
	struct bench b, c;
	FILE *f = tmpfile();
	unsigned blank = 0;

	(void)state;
	bench_open(&b, "w25q32jv-iq");
	memset(nor_array(b.nor), 0x55, 0x2000);
	SEND(&b, 0x06);
	SEND(&b, 0x20, 0, 0, 0);
	pass(&b, 30 * MS);
	assert_true(nor_save(b.nor, f));
	pass(&b, 30 * MS);
	assert_int_equal(read_byte(&b, 0), 0xff);
	rewind(f);
	bench_open(&c, "w25q32jv-iq");
	assert_true(nor_restore(c.nor, f));
	for (unsigned i = 0; i < 0x1000; i++)
		blank += nor_array(c.nor)[i] == 0xff;
	assert_true(blank > 500 && blank < 3600);
	assert_int_equal(read_byte(&c, 0x1000), 0x55);
	fclose(f);
	bench_close(&b);
	bench_close(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_states_to_start_from),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_an_ignored_command_says_why),
		cmocka_unit_test(test_load_is_no_program),
		cmocka_unit_test(test_state_file_keeps_what_needs_no_supply),
		cmocka_unit_test(test_another_order_code_can_be_fitted),
		cmocka_unit_test(test_saving_in_the_middle_saves_it_half_done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
