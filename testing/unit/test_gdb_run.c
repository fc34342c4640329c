/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Resume, stop replies, breakpoints and watchpoints, on a fake target. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gdb_fake.h"

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
	assert_non_null(strstr(fake_send(f, "\x03", 1), "$T1dthread:1;#"));
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

static void test_getting_past_a_breakpoint_lets_no_handler_run(void **state)
{
	struct fake *f = *state;

	EXPECT(f, "Z1,8000100,2", "OK");
	EXPECT(f, "c", "");
	fake_halt(f, HALT_BREAKPOINT, 0x08000100);
	fake_answers(f);
	EXPECT(f, "z1,8000100,2", "OK");
	EXPECT(f, "vCont;s:1", "T05thread:1;");
	assert_false(f->stepped_over);
	EXPECT(f, "vCont;s:1", "T05thread:1;");
	assert_true(f->stepped_over);		/* a step as any other */
}

static void test_a_resume_that_comes_twice_has_one_answer(void **state)
{
	struct fake *f = *state;

	EXPECT(f, "vCont;c", "");
	EXPECT(f, "vCont;c", "");
	EXPECT(f, "vCont;s:1", "");
	assert_int_equal(f->resumes + f->steps, 1);
	fake_halt(f, HALT_BREAKPOINT, 0x08000100);
	assert_string_equal(fake_answers(f), "T05thread:1;");
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
	assert_non_null(strstr(fake_packet(f, "c"), "T1dthread:1;"));
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

static void test_a_breakpoint_goes_by_its_place(void **state)
{
	struct fake *f = *state;

	EXPECT(f, "Z0,20000100,2", "OK");
	EXPECT(f, "Z0,20000100,4", "OK");
	EXPECT(f, "z0,20000100,4", "OK");		/* LLDB */
	assert_null(f->target.breakpoints);
	assert_null(f->session->points);
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

static void test_breakpoints_go_when_the_target_is_free(void **state)
{
	struct fake *f = *state;

	EXPECT(f, "Z1,8000100,2", "OK");
	f->claim = "a flash write";
	EXPECT(f, "D", "E10");
	session_close(f->session);
	f->session = NULL;
	assert_non_null(f->target.breakpoints);
	session_tick(f->server.sessions);
	assert_non_null(f->target.breakpoints);
	f->claim = NULL;
	session_tick(f->server.sessions);
	assert_null(f->target.breakpoints);
	assert_null(f->server.sessions);
	assert_int_equal(f->events[EVENT_GDB_DETACH], 1);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_continue_is_answered_by_the_halt_once),
		TEST(test_ctrl_c),
		TEST(test_ctrl_c_that_does_not_halt_is_answered),
		TEST(test_step_forms),
		TEST(test_continue_forms),
		TEST(test_range_step_ends_outside_or_at_a_breakpoint),
		TEST(test_ctrl_c_ends_a_long_range),
		TEST(test_getting_past_a_breakpoint_lets_no_handler_run),
		TEST(test_a_resume_that_comes_twice_has_one_answer),
		TEST(test_gdb_sync_makes_the_next_step_a_report),
		TEST(test_continue_while_running_waits),
		TEST(test_resume_that_fails_still_ends_the_wait),
		TEST(test_reasons_only_if_gdb_knows_them),
		TEST(test_watch_reports_an_address_inside_the_object),
		TEST(test_points_are_idempotent),
		TEST(test_soft_and_hard_at_one_place_share),
		TEST(test_a_breakpoint_goes_by_its_place),
		TEST(test_a_breakpoint_of_the_console_stays),
		TEST(test_two_gdbs_share_a_breakpoint),
		TEST(test_breakpoints_go_when_the_target_is_free),
		TEST(test_breakpoints_are_gone_with_their_gdb),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
