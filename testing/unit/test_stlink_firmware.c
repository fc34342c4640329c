/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What versions, clocks, voltages and status bytes of ST-LINK firmware mean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "adapter/stlink_firmware.h"
#include "base/bytes.h"

static void test_versions(void **state)
{
	static const struct {
		uint8_t reply[6];
		const char *text;
		unsigned api;
	} cases[] = {
		{ { 0x29, 0x47, 0x83, 4, 0x48, 0x37 }, "V2J37S7", 2 },
		{ { 0x29, 0xdb, 0x83, 4, 0x4b, 0x37 }, "V2J39M27", 2 },
		{ { 0x25, 0x87, 0x83, 4, 0x4b, 0x37 }, "V2J22S7", 2 },	/* J <= 22 and 7: SWIM */
		{ { 0x25, 0x88, 0x83, 4, 0x4b, 0x37 }, "V2J22M8", 2 },
		{ { 0x26, 0x4c, 0x83, 4, 0x52, 0x37 }, "V2J25S12", 2 },
		{ { 0x26, 0x4d, 0x83, 4, 0x52, 0x37 }, "V2J25M13", 2 },
		{ { 0x12, 0x80, 0x83, 4, 0x44, 0x37 }, "V1J10", 1 },
		{ { 0x12, 0xc0, 0x83, 4, 0x44, 0x37 }, "V1J11", 2 },
	};
	static const uint8_t ex[12] = { 3, 1, 7, 3, 5, 0, 0, 0, 0x83, 4, 0x4f, 0x37 };
	struct stlink_version v;
	char text[32];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		stlink_parse_version(&v, cases[i].reply);
		stlink_version_text(&v, text, sizeof(text));
		assert_string_equal(text, cases[i].text);
		assert_int_equal(v.api, cases[i].api);
	}
	stlink_parse_version_ex(&v, ex);
	stlink_version_text(&v, text, sizeof(text));
	assert_string_equal(text, "V3J7M3B5S1");
	assert_int_equal(v.api, 3);
	assert_int_equal(v.pid, 0x374f);
}

static unsigned features_of(unsigned stlink, unsigned jtag)
{
	const struct stlink_version v = { .stlink = stlink, .jtag = jtag };

	return stlink_features(&v);
}

static void test_features_by_version(void **state)
{
	(void)state;
	assert_false(features_of(2, 23) & ST_HAS_DAP_REG);
	assert_true(features_of(2, 24) & ST_HAS_DAP_REG);
	assert_true(features_of(2, 31) & ST_LATE_DP_READ);
	assert_false(features_of(2, 32) & ST_LATE_DP_READ);
	assert_false(features_of(2, 27) & ST_HAS_INIT_AP);
	assert_true(features_of(2, 28) & ST_HAS_INIT_AP);
	assert_false(features_of(2, 31) & ST_HAS_MISC);
	assert_true(features_of(2, 32) & ST_HAS_MISC);
	assert_false(features_of(2, 63) & ST_HAS_BYTES_512);
	assert_false(features_of(3, 1) & ST_HAS_CSW);
	assert_true(features_of(3, 2) & ST_HAS_CSW);
	assert_true(features_of(3, 1) & ST_HAS_COM_FREQ);
	assert_false(features_of(3, 5) & ST_HAS_BYTES_512);
	assert_true(features_of(3, 6) & ST_HAS_BYTES_512);
	assert_true(features_of(4, 1) & ST_HAS_MISC & features_of(4, 1));
	assert_int_equal(features_of(1, 13), 0);
}

static void test_clock_tables(void **state)
{
	static const struct {
		enum transport transport;
		uint32_t asked, got;
		unsigned divisor;
	} cases[] = {
		{ TRANSPORT_SWD, 10000, 3600, 0 }, { TRANSPORT_SWD, 4000, 3600, 0 },
		{ TRANSPORT_SWD, 3600, 3600, 0 },  { TRANSPORT_SWD, 3599, 1800, 1 },
		{ TRANSPORT_SWD, 950, 900, 3 },	   { TRANSPORT_SWD, 480, 450, 7 },
		{ TRANSPORT_SWD, 100, 87, 40 },	   { TRANSPORT_SWD, 5, 4, 798 },
		{ TRANSPORT_SWD, 1, 4, 798 },	   { TRANSPORT_JTAG, 20000, 9000, 4 },
		{ TRANSPORT_JTAG, 1200, 1125, 32 }, { TRANSPORT_JTAG, 1, 140, 256 },
	};
	static const uint32_t list[] = { 24000, 8000, 3300, 1000, 200, 50, 5, 0, 0, 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct stlink_divisor *row = stlink_divisor(cases[i].transport, cases[i].asked);

		assert_int_equal(row->khz, cases[i].got);
		assert_int_equal(row->divisor, cases[i].divisor);
	}
	assert_int_equal(stlink_pick_khz(list, 10, 1800), 1000);
	assert_int_equal(stlink_pick_khz(list, 10, 30000), 24000);
	assert_int_equal(stlink_pick_khz(list, 10, 1), 5);
	assert_int_equal(stlink_pick_khz(list, 0, 1000), 0);
}

static void test_voltage(void **state)
{
	(void)state;
	assert_int_equal(stlink_millivolts(1500, 2062), 3299);
	assert_int_equal(stlink_millivolts(0, 2062), 0);
	assert_int_equal(stlink_millivolts(1500, 0), 0);
	assert_int_equal(stlink_millivolts(1, 0xffffffff), 100000);
}

static void test_every_status_has_an_error_and_words(void **state)
{
	static const struct {
		unsigned code;
		enum err err;
	} cases[] = {
		{ 0x80, OK }, { 0x40, OK }, { 0x0d, OK }, { 0x10, ERR_DAP_WAIT }, { 0x14, ERR_DAP_WAIT },
		{ 0x07, ERR_DAP_WAIT }, { 0x11, ERR_DAP_FAULT }, { 0x15, ERR_DAP_FAULT },
		{ 0x81, ERR_DAP_FAULT }, { 0x19, ERR_DAP_FAULT }, { 0x18, ERR_DAP_FAULT },
		{ 0x16, ERR_DAP_NO_ACK }, { 0x09, ERR_DAP_NO_ACK }, { 0x05, ERR_DAP_NO_ACK },
		{ 0x13, ERR_DAP_PARITY }, { 0x17, ERR_DAP_PARITY }, { 0x04, ERR_DAP_JTAG_CHAIN },
		{ 0x1d, ERR_UNSUPPORTED }, { 0x41, ERR_ADAPTER_SPEED }, { 0x42, ERR_ADAPTER_FIRMWARE },
		{ 0x77, ERR_ADAPTER_PROTOCOL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(stlink_status(cases[i].code)->err, cases[i].err);
		assert_true(strlen(stlink_status(cases[i].code)->words) > 1);
	}
}

static void test_serials(void **state)
{
	static const struct {
		const char *text, *serial;
	} cases[] = {
		{ "066DFF485550755187154221", "066DFF485550755187154221" },
		{ "I\xc3\xbfh\x06" "f\xc2\x84UPu\x18\x06!", "49FF68066684555075180621" },
		{ "0000001", "0000001" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *serial = stlink_serial(cases[i].text);

		assert_string_equal(serial, cases[i].serial);
		free(serial);
	}
}

static void test_who_is_refused_and_why(void **state)
{
	const struct stlink_version v1 = { .stlink = 1, .jtag = 13, .pid = 0x3744 };
	const struct stlink_version old = { .stlink = 2, .jtag = 23, .swim = 4, .pid = 0x3748 };
	const struct stlink_version good = { .stlink = 2, .jtag = 24, .pid = 0x3748 };

	(void)state;
	assert_int_equal(stlink_check_version(&v1, TRANSPORT_SWD), ERR_ADAPTER_FIRMWARE);
	assert_non_null(strstr(error_text(error_current()), "ST-LINK/V1"));
	assert_int_equal(stlink_check_version(&old, TRANSPORT_JTAG), ERR_ADAPTER_FIRMWARE);
	assert_non_null(strstr(error_text(error_current()), "V2J23S4"));
	assert_non_null(strstr(error_text(error_current()), "JTAG_SET_FREQ"));
	error_clear();
	assert_int_equal(stlink_check_version(&good, TRANSPORT_JTAG), OK);
}

static void test_kinds(void **state)
{
	(void)state;
	assert_string_equal(stlink_kind(0x0483, 0x3748), "ST-LINK/V2");
	assert_string_equal(stlink_kind(0x0483, 0x374b), "ST-LINK/V2-1");
	assert_string_equal(stlink_kind(0x0483, 0x3757), "STLINK-V3PWR");
	assert_null(stlink_kind(0x0483, 0x5740));	/* a serial port with ST's vendor id */
	assert_null(stlink_kind(0x1366, 0x374b));
	assert_true(stlink_is_v1(0x3744));
	assert_false(stlink_is_v1(0x3748));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_features_by_version),
		cmocka_unit_test(test_clock_tables),
		cmocka_unit_test(test_voltage),
		cmocka_unit_test(test_every_status_has_an_error_and_words),
		cmocka_unit_test(test_serials),
		cmocka_unit_test(test_who_is_refused_and_why),
		cmocka_unit_test(test_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
