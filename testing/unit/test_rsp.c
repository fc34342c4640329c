/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The frames of the remote protocol: every cut, junk, escapes, run lengths, hostile sizes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server/gdb/rsp.h"

static const struct {
	const char *name, *in;
	enum rsp_kind kind;
	size_t used, len;
} cases[] = {
	{ "nothing",			"",		    RSP_MORE,	   0, 0 },
	{ "ack",			"+$?#3f",	    RSP_ACK,	   1, 0 },
	{ "nak",			"-",		    RSP_NAK,	   1, 0 },
	{ "ctrl-c before a packet",	"\x03$?#3f",	    RSP_INTERRUPT, 1, 0 },
	{ "ctrl-c inside is data",	"$X\x03#5b",	    RSP_PACKET,	   6, 2 },
	{ "two packets, takes one",	"$qC#b4$qC#b4",	    RSP_PACKET,	   6, 2 },
	{ "empty packet",		"$#00",		    RSP_PACKET,	   4, 0 },
	{ "escaped hash inside",	"$X}\x03#d8",	    RSP_PACKET,	   7, 3 },
	{ "upper case checksum",	"$vCont;c#A8",	    RSP_PACKET,	   11, 7 },
	{ "checksum not hex",		"$qC#zz",	    RSP_BAD_SUM,   6, 2 },
	{ "checksum wrong",		"$qC#b5",	    RSP_BAD_SUM,   6, 2 },
	{ "starts over",		"$m2000$qC#b4",	    RSP_NOISE,	   6, 0 },
	{ "starts over, not complete",	"$m2000$q",	    RSP_NOISE,	   6, 0 },
	{ "no second half yet",		"$qC#b",	    RSP_MORE,	   0, 0 },
	{ "telnet break",		"\xff\xf3",	    RSP_NOISE,	   1, 0 },
	{ "web request",		"GET / HTTP/1.1",   RSP_NOISE,	   1, 0 },
	{ "our own notification",	"%a#61",	    RSP_NOISE,	   1, 0 },
	{ "a stray end",		"#00",		    RSP_NOISE,	   1, 0 },
	{ "colon at the third place",	"$q1:#9c",	    RSP_BAD_SUM,   7, 3 },
};

static void test_items(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rsp_item item = rsp_next((const uint8_t *)cases[i].in, strlen(cases[i].in));

		if (item.kind != cases[i].kind || item.used != cases[i].used || item.len != cases[i].len)
			fail_msg("%s: kind %d used %zu len %zu", cases[i].name, item.kind, item.used,
				 item.len);
	}
}

static void test_every_prefix_asks_for_more(void **state)	/* TCP may cut anywhere */
{
	static const uint8_t packet[] = "$vCont;c#a8";

	(void)state;
	for (size_t n = 0; n < sizeof(packet) - 1; n++)
		assert_int_equal(rsp_next(packet, n).kind, RSP_MORE);
}

static void test_every_byte_makes_progress(void **state)
{
	uint8_t in[64];

	(void)state;
	for (unsigned first = 0; first < 256; first++) {
		memset(in, (int)first, sizeof(in));
		struct rsp_item item = rsp_next(in, sizeof(in));

		assert_true(item.used > 0 || item.kind == RSP_MORE);
		assert_true(item.used <= sizeof(in));
	}
}

static void test_a_packet_full_of_escapes_comes_back(void **state)
{
	uint8_t data[5 * 800];
	struct buf body = { 0 }, frame = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t) "\x7d\x23\x24\x2a\x03"[i % 5];
	rsp_escape(&body, data, sizeof(data));
	assert_int_equal(body.len, sizeof(data) * 9 / 5);	/* all but 0x03 */
	rsp_frame(&frame, body.data, body.len, false);
	struct rsp_item item = rsp_next(frame.data, frame.len);

	assert_int_equal(item.kind, RSP_PACKET);
	assert_int_equal(item.used, frame.len);
	assert_int_equal(rsp_unescape(body.data, item.body, item.len), sizeof(data));
	assert_memory_equal(body.data, data, sizeof(data));
	buf_free(&body);
	buf_free(&frame);
}

static void test_unescape_survives_a_cut_escape(void **state)
{
	uint8_t data[] = { 'a', 0x7d };

	(void)state;
	assert_int_equal(rsp_unescape(data, data, 2), 1);
	assert_int_equal(rsp_unescape(data, data, 0), 0);
}

static void test_escape_fits(void **state)
{
	static const uint8_t data[] = "a#b";

	(void)state;
	assert_int_equal(rsp_escape_fits(data, 3, 4), 3);
	assert_int_equal(rsp_escape_fits(data, 3, 3), 2);
	assert_int_equal(rsp_escape_fits(data, 3, 2), 1);
	assert_int_equal(rsp_escape_fits(data, 3, 0), 0);
}

static void check_runs(size_t copies, const char *expect)
{
	char body[256];
	struct buf out = { 0 };

	memset(body, '0', sizeof(body));
	rsp_frame(&out, body, copies, true);
	assert_true(out.len > 4);
	assert_int_equal(rsp_next(out.data, out.len).kind, RSP_PACKET);
	out.data[out.len - 3] = '\0';
	assert_string_equal((char *)out.data + 1, expect);
	buf_free(&out);
}

static void test_run_lengths(void **state)
{
	(void)state;
	check_runs(1, "0");
	check_runs(3, "000");
	check_runs(4, "0* ");		/* 3 extra: 29 + 3 = ' ' */
	check_runs(6, "0*\"");
	check_runs(7, "0*\"0");		/* 6 extra would be '#' */
	check_runs(8, "0*\"00");	/* 7 extra would be '$' */
	check_runs(9, "0*%");
	check_runs(98, "0*~");		/* 97 extra, the longest */
	check_runs(99, "0*~0");
}

static void test_frames(void **state)
{
	struct buf out = { 0 };

	(void)state;
	rsp_frame(&out, "OK", 2, false);
	rsp_frame(&out, "", 0, true);
	rsp_notify(&out, "alive:1");
	assert_string_equal((char *)out.data, "$OK#9a$#00%alive:1#7c");
	buf_free(&out);
}

static void test_arguments(void **state)
{
	static const char text[] = "8000104,4:ab";
	struct rsp_args args = { text, text + strlen(text) };
	uint32_t addr, length;

	(void)state;
	assert_false(rsp_take_pair(&args, &addr, ';', &length));
	assert_ptr_equal(args.at, text);
	assert_true(rsp_take_pair(&args, &addr, ',', &length));
	assert_int_equal(addr, 0x8000104);
	assert_int_equal(length, 4);
	assert_true(rsp_take_char(&args, ':'));
	assert_false(rsp_take_word(&args, "abc"));
	assert_true(rsp_take_word(&args, "ab"));
	assert_true(rsp_at_end(&args));
	assert_false(rsp_take_hex(&args, &addr));
}

static void test_numbers(void **state)
{
	static const struct {
		const char *text;
		bool good;
		uint32_t value;
	} numbers[] = {
		{ "0", true, 0 },	   { "FFFFffff", true, 0xffffffff },
		{ "00000000012", true, 0x12 }, { "100000000", false, 0 },
		{ "", false, 0 },	   { "x", false, 0 }, { "-1", false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		const char *text = numbers[i].text;
		struct rsp_args args = { text, text + strlen(text) };
		uint32_t value = 0;

		assert_int_equal(rsp_take_hex(&args, &value), numbers[i].good);
		assert_int_equal(value, numbers[i].value);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_items),
		cmocka_unit_test(test_every_prefix_asks_for_more),
		cmocka_unit_test(test_every_byte_makes_progress),
		cmocka_unit_test(test_a_packet_full_of_escapes_comes_back),
		cmocka_unit_test(test_unescape_survives_a_cut_escape),
		cmocka_unit_test(test_escape_fits),
		cmocka_unit_test(test_run_lengths),
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
