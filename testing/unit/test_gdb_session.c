/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sessions against a fake target: the conversation itself, packet by packet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gdb_fake.h"

static int setup(void **state)
{
	struct fake *f = fake_new();

	fake_no_ack(f);
	*state = f;
	return 0;
}

static int setup_acks(void **state)
{
	*state = fake_new();
	return 0;
}

static int teardown(void **state)
{
	fake_free(*state);
	return 0;
}

#define EXPECT(f, packet, answer) assert_string_equal(fake_packet(f, packet), answer)

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
	{ "Z2,20000000,0", "" },
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

/* ---- registers and memory ---- */

static void test_registers(void **state)
{
	struct fake *f = *state;

	EXPECT(f, "P0=78563412", "OK");
	EXPECT(f, "p0", "78563412");
	EXPECT(f, "P10=00000000", "OK");
	EXPECT(f, "p10", "00000001");	/* T stays set */
	EXPECT(f, "Pf=01020008", "OK");
	EXPECT(f, "pf", "00020008");	/* bit 0 is no part of pc */
	EXPECT(f, "P2a=0102030405060708", "OK");
	EXPECT(f, "p2a", "0102030405060708");
	EXPECT(f, "p14", "00");
	assert_int_equal(strlen(fake_packet(f, "g")), 17 * 8);
	assert_memory_equal(fake_packet(f, "g"), "78563412", 8);
}

static void test_G_writes_what_is_there(void **state)
{
	struct fake *f = *state;

	EXPECT(f, "G0100000002000000", "OK");
	EXPECT(f, "p1", "02000000");
	EXPECT(f, "Gxxxxxxxx05000000", "OK");
	EXPECT(f, "p0", "01000000");
	EXPECT(f, "p1", "05000000");
	EXPECT(f, "G01", "E16");
}

static void test_registers_of_a_running_core_are_unavailable(void **state)
{
	struct fake *f = *state;

	f->target.state = TARGET_RUNNING;
	EXPECT(f, "p0", "xxxxxxxx");
	assert_memory_equal(fake_packet(f, "g"), "xxxxxxxxxxxxxxxx", 16);
	f->server.options.report_register_access_error = true;
	EXPECT(f, "p0", "E01");
	EXPECT(f, "g", "E01");
}

static void test_a_lost_probe_is_an_error_everywhere(void **state)
{
	struct fake *f = *state;

	fake_packet(f, "qSupported:error-message+");
	f->adapter.is_lost = true;
	assert_memory_equal(fake_packet(f, "g"), "E.the debug probe is gone", 25);
	f->next_error = ERR_ADAPTER_LOST;
	assert_memory_equal(fake_packet(f, "mf0000000,4"), "E.", 2);
	fake_packet(f, "qSupported:");
	f->next_error = ERR_ADAPTER_LOST;
	EXPECT(f, "mf0000000,4", "E13");
	f->next_error = ERR_ADAPTER_LOST;
	EXPECT(f, "vCont;c", "O7468652074657374207761"
			     "6e747320697420736f3a20706c756720697420696e20616761696e2c207468656e207275"
			     "6e202261646170746572207265636f6e6e65637422|O0a|E13");
}

static void test_layout_without_a_target_description(void **state)
{
	struct fake *f = *state;

	f->server.options.target_description = false;
	assert_null(strstr(fake_packet(f, "qSupported"), "features:read+"));
	EXPECT(f, "qXfer:features:read:target.xml:0,ffb", "");
	assert_int_equal(strlen(fake_packet(f, "g")), 168 * 2);
	EXPECT(f, "P19=00000021", "OK");
	EXPECT(f, "p19", "00000021");
	EXPECT(f, "p10", "xxxxxxxxxxxxxxxxxxxxxxxx");
	EXPECT(f, "p18", "xxxxxxxx");
}

static void test_memory(void **state)
{
	struct fake *f = *state;

	EXPECT(f, "M20000001,3:aabbcc", "OK");
	EXPECT(f, "m20000000,5", "00aabbcc00");
	EXPECT(f, "X20000010,4:}#$*", "OK");
	EXPECT(f, "m20000010,4", "7d23242a");
	assert_string_equal(fake_packet(f, "x20000010,4"), "b}]}\x03}\x04}\x0a");
	EXPECT(f, "x20000010,0", "b");
	assert_int_equal(strlen(fake_packet(f, "m20000000,ffff")), RSP_BODY_MAX / 2 * 2);
	EXPECT(f, "M30000000,1:00", "E0e");
	EXPECT(f, "Mffffffff,2:0000", "E16");
}

static void test_failed_reads_are_zeros_or_errors(void **state)
{
	struct fake *f = *state;

	EXPECT(f, "m30000000,4", "00000000");
	EXPECT(f, "m20003ffe,4", "00000000");
	f->server.options.report_data_abort = true;
	EXPECT(f, "m30000000,4", "E0e");
	EXPECT(f, "x30000000,4", "E0e");
	EXPECT(f, "m20003ffe,4", "0000");	/* the part that is there */
	EXPECT(f, "mffffffff,4", "E0e");
}

static void test_bursts_of_small_reads_cost_one(void **state)
{
	struct fake *f = *state;

	fake_packet(f, "qXfer:memory-map:read::0,ffb");	/* probes the bank */
	f->flash_data[0x104] = 0x5a;
	f->reads = 0;
	for (unsigned i = 0; i < 16; i++)
		fake_packet(f, "m8000104,2");
	EXPECT(f, "m8000104,1", "5a");
	assert_int_equal(f->reads, 1);
	EXPECT(f, "m8000170,20", "00000000000000000000000000000000"
				 "00000000000000000000000000000000");
	assert_int_equal(f->reads, 2);		/* two lines, one read */
	EXPECT(f, "M20000000,1:77", "OK");
	EXPECT(f, "m8000104,1", "5a");
	assert_int_equal(f->reads, 3);		/* a write drops everything */
	f->target.state = TARGET_RUNNING;
	fake_packet(f, "m8000104,1");
	fake_packet(f, "m8000104,1");
	assert_int_equal(f->reads, 5);		/* a running core is always looked at */
}

static void test_search(void **state)
{
	struct fake *f = *state;

	memcpy(&f->ram[0xffe], "needle", 6);	/* across two pieces */
	EXPECT(f, "qSearch:memory:20000000;2000;needle", "1,20000ffe");
	EXPECT(f, "qSearch:memory:20000fff;2000;needle", "0");
	EXPECT(f, "qSearch:memory:20000000;1000;needle", "0");
	EXPECT(f, "qSearch:memory:30000000;1000;needle", "E0e");
}

/* ---- run control ---- */

static void test_continue_is_answered_by_the_halt_once(void **state)
{
	struct fake *f = *state;

	EXPECT(f, "vCont;c", "");
	assert_int_equal(f->resumes, 1);
	fake_halt(f, HALT_BREAKPOINT, 0x08000100);
	assert_string_equal(fake_answers(f), "T05thread:1;");
	fake_halt(f, HALT_BREAKPOINT, 0x08000100);
	assert_string_equal(fake_answers(f), "");	/* nobody waits */
}

static void test_ctrl_c(void **state)
{
	struct fake *f = *state;

	assert_string_equal(fake_send(f, "\x03", 1), "");	/* halted already: it crossed the report */
	assert_string_equal(fake_send(f, "$vCont;c#a8\x03", 12), "$T02thread:1;#d4");
	assert_string_equal(fake_send(f, "\x03", 1), "");
	EXPECT(f, "c", "");
	EXPECT(f, "vCtrlC", "OK|T02thread:1;");
}

static void test_ctrl_c_that_does_not_halt_is_answered(void **state)
{
	struct fake *f = *state;

	EXPECT(f, "c", "");
	f->next_error = ERR_DAP_NO_ACK;
	assert_non_null(strstr(fake_send(f, "\x03", 1), "$E05#"));
	assert_int_equal(f->session->run, GDB_STOPPED);
}

static void test_step_forms(void **state)
{
	static const char *const forms[] = {
		"s", "S05", "S05;8000100", "s8000100", "vCont;s", "vCont;s:1", "vCont;s:1;c",
		"vCont;S05:1;c", "vCont;c:2;s", "vCont;s:-1", "vCont;r8000000,8000000:1;c",
	};
	struct fake *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		f->steps = 0;
		if (strcmp(fake_packet(f, forms[i]), "T05thread:1;") != 0 || f->steps != 1)
			fail_msg("%s: %u steps", forms[i], f->steps);
	}
}

static void test_continue_forms(void **state)
{
	static const char *const forms[] = {
		"c", "c8000100", "C0b", "C0b;8000100", "vCont;c", "vCont;C0b:1;c", "vCont;s:7;c",
	};
	struct fake *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		f->resumes = 0;
		if (fake_packet(f, forms[i])[0] != '\0' || f->resumes != 1)
			fail_msg("%s: %u resumes", forms[i], f->resumes);
		fake_halt(f, HALT_BREAKPOINT, 0);
		fake_answers(f);
	}
}

static void test_range_step_ends_outside_or_at_a_breakpoint(void **state)
{
	struct fake *f = *state;

	EXPECT(f, "Pf=00010008", "OK");
	EXPECT(f, "vCont;r8000100,800010a:1;c", "T05thread:1;");
	assert_int_equal(f->steps, 5);
	EXPECT(f, "Pf=00010008", "OK");
	EXPECT(f, "Z1,8000104,2", "OK");
	f->steps = 0;
	EXPECT(f, "vCont;r8000100,800010a:1;c", "T05thread:1;");
	assert_int_equal(f->steps, 2);
}

static void test_ctrl_c_ends_a_long_range(void **state)
{
	struct fake *f = *state;

	EXPECT(f, "vCont;r0,fffffffe:1;c", "");
	unsigned steps = f->steps;

	loop_once(f->server.loop, 100);
	assert_true(f->steps > steps);
	assert_string_equal(fake_answers(f), "");
	assert_string_equal(fake_send(f, "\x03", 1), "$T02thread:1;#d4");
	loop_once(f->server.loop, 0);
	assert_string_equal(fake_answers(f), "");
}

static void test_gdb_sync_makes_the_next_step_a_report(void **state)
{
	struct fake *f = *state;

	f->session->wants_sync = true;
	EXPECT(f, "vCont;s:1;c", "T02thread:1;");
	assert_int_equal(f->steps, 0);
	EXPECT(f, "vCont;s:1;c", "T05thread:1;");
	assert_int_equal(f->steps, 1);
}

static void test_continue_while_running_waits(void **state)
{
	struct fake *f = *state;

	f->target.state = TARGET_RUNNING;
	assert_non_null(strstr(fake_packet(f, "c"), "O5741524e494e47"));
	assert_int_equal(f->resumes, 0);
	fake_halt(f, HALT_DEBUG_REQUEST, 0);
	assert_string_equal(fake_answers(f), "T02thread:1;");
}

static void test_resume_that_fails_still_ends_the_wait(void **state)
{
	struct fake *f = *state;

	f->next_error = ERR_BUSY;
	assert_non_null(strstr(fake_packet(f, "c"), "E10"));
	EXPECT(f, "c", "");
}

/* ---- breakpoints ---- */

static void test_reasons_only_if_gdb_knows_them(void **state)
{
	struct fake *f = *state;

	EXPECT(f, "Z1,8000100,3", "OK");
	EXPECT(f, "Z0,20000100,2", "OK");
	EXPECT(f, "c", "");
	fake_halt(f, HALT_BREAKPOINT, 0x08000100);
	assert_string_equal(fake_answers(f), "T05thread:1;");
	fake_packet(f, "qSupported:swbreak+;hwbreak+");
	EXPECT(f, "c", "");
	fake_halt(f, HALT_BREAKPOINT, 0x08000100);
	assert_string_equal(fake_answers(f), "T05hwbreak:;thread:1;");
	EXPECT(f, "c", "");
	fake_halt(f, HALT_BREAKPOINT, 0x20000100);
	assert_string_equal(fake_answers(f), "T05swbreak:;thread:1;");
	EXPECT(f, "c", "");
	fake_halt(f, HALT_BREAKPOINT, 0x20000200);	/* a BKPT of the program */
	assert_string_equal(fake_answers(f), "T05thread:1;");
}

static void test_watch_reports_an_address_inside_the_object(void **state)
{
	struct fake *f = *state;

	EXPECT(f, "Z2,20000100,4", "OK");
	EXPECT(f, "c", "");
	fake_halt(f, HALT_WATCHPOINT, 0x08000100);
	assert_string_equal(fake_answers(f), "T05watch:20000102;thread:1;");
	EXPECT(f, "z2,20000100,4", "OK");
	EXPECT(f, "Z4,20000100,1", "OK");
	EXPECT(f, "c", "");
	fake_halt(f, HALT_WATCHPOINT, 0x08000100);
	assert_string_equal(fake_answers(f), "T05awatch:20000100;thread:1;");
	EXPECT(f, "z4,20000100,1", "OK");
	assert_null(f->target.watchpoints);
}

static void test_points_are_idempotent(void **state)
{
	struct fake *f = *state;

	EXPECT(f, "Z1,8000100,2", "OK");
	EXPECT(f, "Z1,8000100,2", "OK");
	EXPECT(f, "Z1,8000200,2", "OK");
	EXPECT(f, "Z1,8000300,2", "E01");
	EXPECT(f, "z1,8000300,2", "OK");
	EXPECT(f, "z1,8000100,2", "OK");
	assert_null(f->target.breakpoints->next);
	EXPECT(f, "Z1,8000300,2", "OK");
	EXPECT(f, "Z2,20000000,4", "OK");
	EXPECT(f, "Z3,20000000,4", "OK");
	EXPECT(f, "z3,20000000,4", "OK");
	assert_int_equal(f->target.watchpoints->kind, WATCH_WRITE);
	assert_null(f->target.watchpoints->next);
}

static void test_soft_and_hard_at_one_place_share(void **state)
{
	struct fake *f = *state;

	EXPECT(f, "Z0,20000100,2", "OK");
	EXPECT(f, "Z1,20000100,2", "OK");
	EXPECT(f, "z0,20000100,2", "OK");
	assert_non_null(f->target.breakpoints);
	EXPECT(f, "z1,20000100,2", "OK");
	assert_null(f->target.breakpoints);
}

static void test_a_breakpoint_of_the_console_stays(void **state)
{
	struct fake *f = *state;

	assert_int_equal(target_add_breakpoint(&f->target, 0x08000100, 2, BREAK_HARD), OK);
	EXPECT(f, "Z1,8000100,2", "OK");
	EXPECT(f, "z1,8000100,2", "OK");
	assert_non_null(f->target.breakpoints);
}

static void test_two_gdbs_share_a_breakpoint(void **state)
{
	struct fake *f = *state;
	struct gdb_session *first = f->session;

	EXPECT(f, "Z1,8000100,2", "OK");
	fake_connect(f);
	fake_no_ack(f);
	EXPECT(f, "Z1,8000100,2", "OK");
	session_close(first);
	assert_non_null(f->target.breakpoints);
	EXPECT(f, "z1,8000100,2", "OK");
	assert_null(f->target.breakpoints);
}

static void test_breakpoints_are_gone_with_their_gdb(void **state)
{
	struct fake *f = *state;

	EXPECT(f, "Z1,8000100,2", "OK");
	EXPECT(f, "Z2,20000000,4", "OK");
	EXPECT(f, "D", "OK");
	assert_null(f->target.breakpoints);
	assert_null(f->target.watchpoints);
	assert_int_equal(f->events[EVENT_GDB_DETACH], 1);
}

/* ---- flash ---- */

static void test_load(void **state)
{
	struct fake *f = *state;

	EXPECT(f, "vFlashErase:08000800,00000800", "OK");
	EXPECT(f, "vFlashErase:08003000,00000000", "OK");	/* GDB's slip */
	EXPECT(f, "vFlashWrite:8000800:ab:c}#", "OK");
	EXPECT(f, "vFlashWrite:8000806:next", "OK");
	EXPECT(f, "vFlashWrite:8000804:XX", "OK");		/* overlap: the later one */
	EXPECT(f, "vFlashWrite:8001000:!", "OK");		/* past what was erased */
	assert_int_equal(f->flash_writes, 0);
	EXPECT(f, "vFlashDone", "OK");
	assert_int_equal(f->flash_writes, 1);
	assert_memory_equal(&f->flash_data[0x800], "ab:cXXnext", 10);
	assert_int_equal(f->flash_data[0x1000], '!');
	assert_int_equal(f->erase_ranges, 1);
	assert_int_equal(f->first_erase, 0x08000800);
	assert_int_equal(f->first_erase_bytes, 0x800);
	assert_int_equal(f->events[EVENT_GDB_FLASH_ERASE_START], 1);
	assert_int_equal(f->events[EVENT_GDB_FLASH_WRITE_END], 1);
	EXPECT(f, "vFlashDone", "OK");
	assert_int_equal(f->flash_writes, 1);
}

static void test_erase_without_writes(void **state)
{
	struct fake *f = *state;

	EXPECT(f, "vFlashErase:08000000,00010000", "OK");
	EXPECT(f, "vFlashDone", "OK");
	assert_int_equal(f->erase_ranges, 1);
}

static void test_load_errors(void **state)
{
	struct fake *f = *state;

	EXPECT(f, "vFlashWrite:20000000:data", "E.memtype");
	EXPECT(f, "vFlashErase:20000000,00001000", "E05");
	EXPECT(f, "vFlashErase:08000000,00000800", "OK");
	EXPECT(f, "vFlashWrite:8000000:data", "OK");
	f->next_error = ERR_PROTECTED;
	EXPECT(f, "vFlashDone", "E0d");
	EXPECT(f, "vFlashDone", "OK");		/* the failed load is forgotten */
	assert_int_equal(f->flash_writes, 1);
	EXPECT(f, "vFlashErase", "E16");
	EXPECT(f, "vFlashErase:x", "E16");
	EXPECT(f, "vFlashWrite:8000000", "E16");
	/* GDB 13 shows no text with the error: the next command's output begins with it. */
	assert_non_null(strstr(fake_packet(f, "qRcmd,6563686f2061"), "O746865207465737420"));
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

#define TEST(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TEST_ACKS(name) cmocka_unit_test_setup_teardown(name, setup_acks, teardown)

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
		TEST(test_registers),
		TEST(test_G_writes_what_is_there),
		TEST(test_registers_of_a_running_core_are_unavailable),
		TEST(test_a_lost_probe_is_an_error_everywhere),
		TEST(test_layout_without_a_target_description),
		TEST(test_memory),
		TEST(test_failed_reads_are_zeros_or_errors),
		TEST(test_bursts_of_small_reads_cost_one),
		TEST(test_search),
		TEST(test_continue_is_answered_by_the_halt_once),
		TEST(test_ctrl_c),
		TEST(test_ctrl_c_that_does_not_halt_is_answered),
		TEST(test_step_forms),
		TEST(test_continue_forms),
		TEST(test_range_step_ends_outside_or_at_a_breakpoint),
		TEST(test_ctrl_c_ends_a_long_range),
		TEST(test_gdb_sync_makes_the_next_step_a_report),
		TEST(test_continue_while_running_waits),
		TEST(test_resume_that_fails_still_ends_the_wait),
		TEST(test_reasons_only_if_gdb_knows_them),
		TEST(test_watch_reports_an_address_inside_the_object),
		TEST(test_points_are_idempotent),
		TEST(test_soft_and_hard_at_one_place_share),
		TEST(test_a_breakpoint_of_the_console_stays),
		TEST(test_two_gdbs_share_a_breakpoint),
		TEST(test_breakpoints_are_gone_with_their_gdb),
		TEST(test_load),
		TEST(test_erase_without_writes),
		TEST(test_load_errors),
		TEST(test_documents_in_any_portion),
		TEST(test_a_bank_that_cannot_be_probed_is_left_out),
		TEST(test_console),
		TEST(test_kill_and_run),
		TEST(test_kill_without_extended_mode_hangs_up),
		TEST(test_detach_as_configured),
		TEST(test_file_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
