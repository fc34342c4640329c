/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sessions against a fake target: the conversation itself, packet by packet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gdb_fake.h"

static const struct {
	const char *packet, *answer;
} fixed[] = {
	{ "vMustReplyEmpty", "" },
	{ "qTStatus", "" },
	{ "qP0000001f0000000000000001", "" },
	{ "qL1160000000000000000", "" },
	{ "QThreadEvents:1", "" },
	{ "vFile:setfs:0", "" },
	{ "b", "" },
	{ "", "" },
	{ "qXfer:auxv:read::0,100", "" },
	{ "qXfer:features:write:target.xml:0,100", "" },
	{ "qXfer:features:read:other.xml:0,100", "E00" },
	{ "qXfer:memory-map:read:x:0,100", "E00" },
	{ "qXfer:features:read:target.xml:zz", "E16" },
	{ "qAttached", "1" },
	{ "qAttached:1", "1" },
	{ "qC", "QC1" },
	{ "qOffsets", "Text=0;Data=0;Bss=0" },
	{ "qSymbol::", "OK" },
	{ "qSymbol:0:6d61696e", "OK" },
	{ "qfThreadInfo", "m1" },
	{ "qsThreadInfo", "l" },
	{ "qThreadExtraInfo,1", "612e637075" },
	{ "Hg0", "OK" },
	{ "Hg1", "OK" },
	{ "Hc-1", "OK" },
	{ "Hg2", "E01" },
	{ "Hx0", "E16" },
	{ "T1", "OK" },
	{ "T2", "E01" },
	{ "vCont?", "vCont;c;C;s;S;r" },
	{ "!", "OK" },
	{ "?", "T05thread:1;" },
	{ "vFlashDone", "OK" },
	{ "X20000000,0:", "OK" },
	{ "Xffffffff,0:", "OK" },
	{ "m20000000,0", "E16" },
	{ "m", "E16" },
	{ "mzz,1", "E16" },
	{ "m100000000,4", "E16" },
	{ "M20000000,2:12", "E16" },
	{ "X20000000,2:a", "E16" },
	{ "p7f", "E01" },
	{ "p4d", "E01" },
	{ "p", "E16" },
	{ "P0", "E16" },
	{ "P0=12", "E16" },
	{ "Z5,20000000,4", "" },
	{ "Z2,20000000,0", "E16" },
	{ "Z0,20000000", "E16" },
	{ "Z0,20000000,2;X1,0", "E16" },
	{ "z0,20000000,2", "OK" },
	{ "vCont", "E16" },
	{ "vCont;x", "E16" },
	{ "vCont;r1,2x", "E16" },
	{ "cxyz", "E16" },
	{ "qCRC:20000000,10", "C20000010" },
	{ "qCRC:20000000,0", "Cffffffff" },
	{ "qSearch:memory:20000000;100;", "E16" },
	{ "F0", "E16" },
	{ "qRcmd,0", "E16" },
};

static void test_fixed_answers(void **state)
{
	struct fake *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++) {
		const char *answer = fake_packet(f, fixed[i].packet);

		if (strcmp(answer, fixed[i].answer) != 0)
			fail_msg("%s: got \"%s\", not \"%s\"", fixed[i].packet, answer, fixed[i].answer);
	}
}

static void test_supported_items_have_valid_endings(void **state)
{
	const char *item = fake_packet(*state, "qSupported:multiprocess+;swbreak+;hwbreak+");

	assert_non_null(strstr(item, "PacketSize=4000;"));
	assert_non_null(strstr(item, "vContSupported+"));
	while (*item != '\0') {
		size_t n = strcspn(item, ";");

		assert_true(n > 0);
		assert_true(strchr("+-?", item[n - 1]) != NULL || memchr(item, '=', n) != NULL);
		item += n + (item[n] == ';');
	}
}

/* ---- acks ---- */

static void test_ack_comes_first_and_nak_repeats_the_answer(void **state)
{
	struct fake *f = *state;

	assert_string_equal(fake_send(f, "+", 1), "");
	assert_string_equal(fake_send(f, "$qC#b4", 6), "+$QC1#c5");
	assert_string_equal(fake_send(f, "-", 1), "$QC1#c5");
	assert_string_equal(fake_send(f, "+", 1), "");
	assert_string_equal(fake_send(f, "-", 1), "");	/* nothing is on its way */
}

static void test_bad_checksum_is_refused_and_not_run(void **state)
{
	struct fake *f = *state;

	assert_string_equal(fake_send(f, "$qC#b5", 6), "-");
	assert_string_equal(fake_send(f, "$qC#b4", 6), "+$QC1#c5");
}

static void test_a_packet_instead_of_an_ack_counts_as_one(void **state)
{
	struct fake *f = *state;

	fake_send(f, "$qC#b4", 6);
	assert_string_equal(fake_send(f, "$T1#85", 6), "+$OK#9a");
	assert_string_equal(fake_send(f, "-", 1), "$OK#9a");
}

static void test_no_ack_mode_swallows_the_last_ack(void **state)
{
	struct fake *f = *state;

	assert_string_equal(fake_send(f, "$QStartNoAckMode#b0", 19), "+$OK#9a");
	assert_string_equal(fake_send(f, "+", 1), "");
	assert_string_equal(fake_send(f, "$qC#b4", 6), "$QC1#c5");
	assert_string_equal(fake_send(f, "-", 1), "");
	assert_string_equal(fake_send(f, "$qC#00", 6), "$QC1#c5");	/* checksums do not count now */
}

static void test_one_byte_at_a_time_and_three_at_once(void **state)
{
	struct fake *f = *state;
	static const char packet[] = "+$qC#b4";

	for (size_t i = 0; i + 1 < sizeof(packet) - 1; i++)
		assert_string_equal(fake_send(f, packet + i, 1), "");
	assert_string_equal(fake_send(f, "4", 1), "+$QC1#c5");
	fake_no_ack(f);
	assert_string_equal(fake_send(f, "$qC#b4$T1#85$!#21", 17), "$QC1#c5$OK#9a$OK#9a");
}

static void test_a_console_command_sends_one_packet_per_ack(void **state)
{
	struct fake *f = *state;
	/* qRcmd of: puts -nonewline {} ; echo a ; echo b */
	static const char command[] = "qRcmd,6563686f20613b206563686f2062";
	struct buf frame = { 0 };

	rsp_frame(&frame, command, strlen(command), false);
	assert_string_equal(fake_send(f, (char *)frame.data, frame.len), "+$O610a#47");
	assert_string_equal(fake_send(f, "-", 1), "$O610a#47");
	assert_string_equal(fake_send(f, "+", 1), "$O620a#48");
	assert_string_equal(fake_send(f, "+", 1), "$OK#9a");
	assert_string_equal(fake_send(f, "+", 1), "");
	buf_free(&frame);
}

static void test_overlong_packet_ends_the_connection(void **state)
{
	struct fake *f = *state;
	static char junk[RSP_INPUT_MAX + 2];

	memset(junk, 'a', sizeof(junk));
	junk[0] = '$';
	fake_send(f, junk, sizeof(junk));
	assert_true(f->is_hung_up);
}

static void test_waits_for_init_and_then_answers_all(void **state)
{
	struct fake *f = *state;

	f->server.is_ready = false;
	assert_string_equal(fake_send(f, "$qC#b4$T1#85", 12), "++");
	f->server.is_ready = true;
	session_work(f->session);
	assert_string_equal(fake_answers(f), "QC1");
	fake_send(f, "+", 1);
}

static void test_a_third_gdb_is_refused(void **state)
{
	struct fake *f = *state;
	struct gdb_session *first = f->session, *second;

	EXPECT(f, "qC", "QC1");
	second = fake_connect(f);
	EXPECT(f, "qC", "QC1");
	assert_int_equal(f->events[EVENT_GDB_ATTACH], 1);	/* the second one must not halt */
	fake_connect(f);
	EXPECT(f, "qC", "");
	assert_true(f->is_hung_up);
	session_close(second);
	assert_int_equal(f->events[EVENT_GDB_DETACH], 0);
	session_close(first);
	assert_int_equal(f->events[EVENT_GDB_DETACH], 1);
}

/* ---- documents ---- */

static void read_document(struct fake *f, const char *object, unsigned step, struct buf *whole)
{
	char packet[80];

	for (;;) {
		snprintf(packet, sizeof(packet), "qXfer:%s:%zx,%x", object, whole->len, step);
		const char *answer = fake_packet(f, packet);
		struct buf part = { 0 };

		assert_true(answer[0] == 'm' || answer[0] == 'l');
		assert_true(answer[0] == 'l' || answer[1] != '\0');
		buf_append(&part, answer + 1, strlen(answer + 1));
		part.len = rsp_unescape(part.data, part.data, part.len);
		buf_append(whole, part.data, part.len);
		buf_free(&part);
		if (answer[0] == 'l')
			return;
	}
}

static void test_documents_in_any_portion(void **state)
{
	static const char *const objects[] = { "features:read:target.xml", "memory-map:read:",
					       "threads:read:" };
	struct fake *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(objects); i++) {
		struct buf big = { 0 }, small = { 0 };
		char packet[80];

		read_document(f, objects[i], 0xffb, &big);
		read_document(f, objects[i], 1, &small);
		assert_int_equal(big.len, small.len);
		assert_memory_equal(big.data, small.data, big.len);
		snprintf(packet, sizeof(packet), "qXfer:%s:%zx,10", objects[i], big.len);
		EXPECT(f, packet, "l");
		snprintf(packet, sizeof(packet), "qXfer:%s:%zx,10", objects[i], big.len + 1);
		EXPECT(f, packet, "E16");
		buf_free(&big);
		buf_free(&small);
	}
}

static void test_a_bank_that_cannot_be_probed_is_left_out(void **state)
{
	struct fake *f = *state;
	struct buf map = { 0 };

	f->next_error = ERR_FLASH_PROBE;
	read_document(f, "memory-map:read:", 0xffb, &map);
	assert_null(strstr((char *)map.data, "flash\""));
	assert_non_null(strstr((char *)map.data, "start=\"0x0\" length=\"0x100000000\""));
	buf_free(&map);
}

/* ---- console and ends ---- */

static void test_console(void **state)
{
	struct fake *f = *state;

	EXPECT(f, "qRcmd,", "OK");
	EXPECT(f, "qRcmd,6563686f206869", "O68690a|OK");		/* echo hi */
	EXPECT(f, "qRcmd,666f6f", "O696e76616c696420636f6d6d616e64206e616d652022666f6f220a|E01");
	EXPECT(f, "qRcmd,73657420782035", "350a");		/* set x 5 */
}

static void test_kill_and_run(void **state)
{
	struct fake *f = *state;

	EXPECT(f, "!", "OK");
	EXPECT(f, "vKill;a410", "OK");
	EXPECT(f, "?", "W00");
	EXPECT(f, "qfThreadInfo", "l");
	assert_null(strstr(fake_packet(f, "qXfer:threads:read::0,ffb"), "<thread "));
	EXPECT(f, "vAttach;1", "T05thread:1;");
	EXPECT(f, "k", "");
	assert_false(f->is_hung_up);
	EXPECT(f, "?", "W00");
}

static void test_kill_without_extended_mode_hangs_up(void **state)
{
	struct fake *f = *state;

	EXPECT(f, "k", "");
	assert_true(f->is_hung_up);
}

static void test_detach_as_configured(void **state)
{
	struct fake *f = *state;

	f->server.options.end_state = GDB_END_RUN;
	EXPECT(f, "D;1", "OK");
	assert_int_equal(f->target.state, TARGET_RUNNING);
	EXPECT(f, "vAttach;1", "T05thread:1;");
	assert_int_equal(f->events[EVENT_GDB_ATTACH], 2);
	f->server.options.end_state = GDB_END_KEEP;
	session_close(f->session);
	assert_int_equal(f->target.state, TARGET_HALTED);
	assert_int_equal(f->events[EVENT_GDB_DETACH], 2);
}

static void test_file_calls(void **state)
{
	struct fake *f = *state;

	EXPECT(f, "c", "");
	f->target.state = TARGET_HALTED;
	f->session->run = GDB_FILEIO;
	EXPECT(f, "m20000000,2", "0000");	/* GDB reads the buffer meanwhile */
	EXPECT(f, "F-1,2", "");
	assert_int_equal(f->target.values[0].value, 0xffffffff);
	assert_int_equal(f->target.values[1].value, 2);
	assert_int_equal(f->target.state, TARGET_RUNNING);
	f->target.state = TARGET_HALTED;
	f->session->run = GDB_FILEIO;
	EXPECT(f, "F5,0,C", "T02thread:1;");
}

/* Somebody else lets the core go, or steps it: said once, at the next chance. */
static void test_a_gdb_that_was_overtaken_is_told_once(void **state)
{
	static const char word[] = "6d61696e74656e616e636520666c757368";	/* maintenance flush */
	struct fake *f = *state;

	f->session->is_overtaken = true;
	assert_non_null(strstr(fake_packet(f, "qRcmd,6563686f206869"), word));
	assert_null(strstr(fake_packet(f, "qRcmd,6563686f206869"), word));
	f->session->is_overtaken = true;
	fake_packet(f, "g");			/* now it has seen them */
	assert_null(strstr(fake_packet(f, "qRcmd,6563686f206869"), word));
	f->session->is_overtaken = true;
	assert_non_null(strstr(fake_packet(f, "s"), word));
	assert_null(strstr(fake_packet(f, "s"), word));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_fixed_answers),
		TEST(test_supported_items_have_valid_endings),
		TEST_ACKS(test_ack_comes_first_and_nak_repeats_the_answer),
		TEST_ACKS(test_bad_checksum_is_refused_and_not_run),
		TEST_ACKS(test_a_packet_instead_of_an_ack_counts_as_one),
		TEST_ACKS(test_no_ack_mode_swallows_the_last_ack),
		TEST_ACKS(test_one_byte_at_a_time_and_three_at_once),
		TEST_ACKS(test_a_console_command_sends_one_packet_per_ack),
		TEST_ACKS(test_overlong_packet_ends_the_connection),
		TEST_ACKS(test_waits_for_init_and_then_answers_all),
		TEST(test_a_third_gdb_is_refused),
		TEST(test_documents_in_any_portion),
		TEST(test_a_bank_that_cannot_be_probed_is_left_out),
		TEST(test_console),
		TEST(test_kill_and_run),
		TEST(test_kill_without_extended_mode_hangs_up),
		TEST(test_detach_as_configured),
		TEST(test_file_calls),
		TEST(test_a_gdb_that_was_overtaken_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
