/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows become commands: stages, counts, groups, objects, errors and evaluations inside others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/log.h"
#include "script/script.h"

struct fixture {
	struct loop *loop;
	struct script *script;
	struct buf out;
};

static enum err cmd_words(struct call *c)
{
	result_printf(c, "%s", c->argv[0]);
	for (int i = 1; i < c->argc; i++)
		result_printf(c, "|%s", c->argv[i]);
	return OK;
}

static enum err cmd_fail(struct call *c)
{
	(void)c;
	error_why(ERR_PROTECTED, "page 12 is write-protected");
	error_next(ERR_PROTECTED, "run \"unprotect 0\"");
	return error_what(ERR_PROTECTED, "flash write failed");
}

static enum err cmd_mute_failure(struct call *c)
{
	(void)c;
	return ERR_BUS;
}

static enum err cmd_list(struct call *c)
{
	result_append(c, "a b");
	result_append_int(c, -7);
	result_dict(c, "key", "value");
	return OK;
}

static enum err cmd_numbers(struct call *c)
{
	uint32_t a;
	int b;
	bool flag;

	TRY(arg_u32(c, 1, &a));
	TRY(arg_int(c, 2, &b));
	TRY(arg_bool(c, 3, &flag));
	result_printf(c, "%u %d %d", a, b, flag);
	return OK;
}

/* Long work that lets another client in. */
static enum err cmd_outer(struct call *c)
{
	struct buf result = { 0 };
	struct origin rpc = { .kind = ORIGIN_RPC };

	result_printf(c, "before ");
	TRY(script_eval(c->script, &rpc, "set inner 1; proc q {} {return -code error inside}; catch q m;"
			" list $m [info level]", NULL, 0, &result));
	assert_true(script_origin(c->script)->kind == ORIGIN_STARTUP);
	result_printf(c, "%s after %s", (const char *)result.data, c->argv[1]);
	buf_free(&result);
	return OK;
}

static const struct command rows[] = {
	{ "plain", STAGE_ANY, 0, 2, "?a? ?b?", cmd_words, "A plain verb." },
	{ "flash", STAGE_ANY, 0, 0, "", cmd_words, "" },
	{ "flash bank", STAGE_CONFIG, 1, -1, "name ...", cmd_words, "Declares a bank." },
	{ "flash erase_sector", STAGE_EXEC, 3, 3, "bank first last", cmd_words, "Erases." },
	{ "adapter usb vid_pid", STAGE_ANY, 0, -1, "vid pid", cmd_words, "" },
	{ "adapter usb", STAGE_ANY, 0, -1, "", cmd_words, "" },
	{ "fail", STAGE_ANY, 0, 0, "", cmd_fail, "" },
	{ "mute_failure", STAGE_ANY, 0, 0, "", cmd_mute_failure, "" },
	{ "a_list", STAGE_ANY, 0, 0, "", cmd_list, "" },
	{ "numbers", STAGE_ANY, 3, 3, "a b flag", cmd_numbers, "" },
	{ "outer", STAGE_ANY, 1, 1, "word", cmd_outer, "" },
	{ 0 }
};

static const struct command object_rows[] = {
	{ "mdw", STAGE_ANY, 1, 2, "address ?count?", cmd_words, "Reads words." },
	{ "cortex_m", STAGE_ANY, 0, -1, "...", cmd_words, "" },
	{ "cortex_m maskisr", STAGE_ANY, 0, 1, "?mode?", cmd_words, "" },
	{ 0 }
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	log_set_level(LOG_ERROR);
	log_mute(true);
	f->loop = loop_new();
	f->script = script_new(f->loop, false);
	script_register(f->script, rows, NULL);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	script_free(f->script);
	loop_free(f->loop);
	buf_free(&f->out);
	free(f);
	log_mute(false);
	return 0;
}

static enum err eval(struct fixture *f, const char *text)
{
	buf_clear(&f->out);
	buf_append(&f->out, "", 0);
	error_clear();
	return script_eval(f->script, NULL, text, NULL, 0, &f->out);
}

static void check(struct fixture *f, const char *text, const char *result)
{
	enum err rc = eval(f, text);

	if (rc != OK)
		print_message("%s: %s\n", text, error_text(error_current()));
	assert_int_equal(rc, OK);
	assert_string_equal((const char *)f->out.data, result);
}

static void check_fails(struct fixture *f, const char *text, enum err code, const char *part)
{
	assert_int_equal(eval(f, text), code);
	assert_int_equal(error_current()->code, code);
	if (strstr(error_text(error_current()), part) == NULL)
		fail_msg("%s: \"%s\" is not in: %s", text, part, error_text(error_current()));
}

static void test_longest_command_wins(void **state)
{
	struct fixture *f = *state;

	check(f, "plain", "plain");
	check(f, "plain a {b c}", "plain|a|b c");
	check(f, "flash", "flash");
	check(f, "flash bank x 1", "flash bank|x|1");
	check(f, "adapter usb vid_pid 1 2", "adapter usb vid_pid|1|2");
	check(f, "adapter usb location", "adapter usb|location");
	check(f, "{flash bank} x", "flash bank|x");
	check(f, "lsort [info commands flash*]", "flash {flash bank} {flash erase_sector}");
}

static void test_groups_say_what_they_hold(void **state)
{
	struct fixture *f = *state;

	check_fails(f, "adapter", ERR_ARGUMENT, "usb vid_pid");
	check_fails(f, "adapter ubs", ERR_ARGUMENT, "did you mean \"adapter usb\"?");
	check_fails(f, "plian", ERR_SCRIPT, "invalid command name \"plian\": did you mean \"plain\"?");
	check_fails(f, "zzzzzzzz", ERR_SCRIPT, "invalid command name \"zzzzzzzz\"");
}

static void test_wrong_stage_and_count_are_refused(void **state)
{
	struct fixture *f = *state;

	check_fails(f, "flash erase_sector 0 1 2", ERR_STAGE,
		    "The 'flash erase_sector' command must be used after 'init'.");
	check_fails(f, "plain 1 2 3", ERR_ARGUMENT, "usage: plain ?a? ?b?");
	script_set_stage(f->script, STAGE_EXEC);
	check_fails(f, "flash bank x", ERR_STAGE,
		    "The 'flash bank' command must be used before 'init'.");
	check_fails(f, "flash erase_sector 0 1", ERR_ARGUMENT, "usage: flash erase_sector bank first last");
	check(f, "flash erase_sector 0 1 2", "flash erase_sector|0|1|2");
}

static void test_scripts_rename_and_redefine_verbs(void **state)
{
	struct fixture *f = *state;

	check(f, "rename {flash bank} _fb; proc {flash bank} args {return \"mine [_fb {*}$args]\"};"
		 "flash bank x", "mine flash bank|x");
	check(f, "proc \"hla newtap\" {a} {return <$a>}; hla newtap z", "<z>");
	check(f, "ocd_plain x", "plain|x");
}

static void test_error_comes_back_whole_when_nobody_caught_it(void **state)
{
	struct fixture *f = *state;

	check_fails(f, "proc p {} {fail}; p", ERR_PROTECTED, "flash write failed: page 12");
	assert_string_equal(error_current()->next, "run \"unprotect 0\"");
	check(f, "catch {fail} m; set m",
	      "flash write failed: page 12 is write-protected: run \"unprotect 0\"");
	check(f, "catch {fail}", "1");
	check(f, "catch {fail}; set errorCode", "OpenOCD -906 flash.write_protected");
	check(f, "catch {fail} m opts; dict get $opts -errorcode", "OpenOCD -906 flash.write_protected");
	check_fails(f, "catch {fail} m; error $m", ERR_PROTECTED, "page 12");
	check_fails(f, "catch {fail}; error mine", ERR_SCRIPT, "mine");
	check_fails(f, "mute_failure", ERR_BUS, "left no message");
}

static void test_trace_names_file_and_line(void **state)
{
	struct fixture *f = *state;
	struct buf text = { 0 };

	assert_int_equal(script_eval(f->script, NULL, "\nproc p {} {\n error boo\n}\np\n", "board.cfg", 1,
				     NULL), ERR_SCRIPT);
	script_failure_text(f->script, &text);
	assert_non_null(strstr((const char *)text.data, "board.cfg:3: Error: boo"));
	assert_non_null(strstr((const char *)text.data, "at file \"board.cfg\", line 5"));
	buf_free(&text);
}

static const struct {
	const char *text, *shown;
} unclosed[] = {
	{ "flash bank {", "  flash bank {\n             ^ opened here\n" },
	{ "echo \"a b; reset", "  echo \"a b; reset\n       ^ opened here\n" },
	{ "echo [expr 1+", "  echo [expr 1+\n       ^ opened here\n" },
	{ "set a {x}\nset b {y {z}", "  set b {y {z}\n        ^ opened here\n" },
	{ "echo {a\\}; set c \"d\"", "  echo {a\\}; set c \"d\"\n       ^ opened here\n" },
};

static void test_unclosed_quoting_is_pointed_at(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(unclosed); i++) {
		struct buf text = { 0 };

		assert_int_equal(eval(f, unclosed[i].text), ERR_SCRIPT);
		script_failure_text(f->script, &text);
		buf_putc(&text, '\n');
		const char *second = strchr((const char *)text.data, '\n') + 1;

		assert_string_equal(second, unclosed[i].shown);
		buf_free(&text);
	}
	assert_int_equal(eval(f, "nosuch {"), ERR_SCRIPT);
	error_clear();
}

static void test_results(void **state)
{
	struct fixture *f = *state;

	check(f, "a_list", "{a b} -7 key value");
	check(f, "lindex [a_list] 0", "a b");
	check(f, "numbers 0x10 -3 on", "16 -3 1");
	check(f, "numbers 020 020 disable", "16 16 0");
	check(f, "numbers 0x0000000020000000 0 yes", "536870912 0 1");
	check_fails(f, "numbers x 0 on", ERR_ARGUMENT, "numbers option value ('x') is not valid");
	check_fails(f, "numbers 4294967296 0 on", ERR_ARGUMENT, "32 bits");
	check_fails(f, "numbers -1 0 on", ERR_ARGUMENT, "not valid");
	check_fails(f, "numbers {} 0 on", ERR_ARGUMENT, "not valid");
	check_fails(f, "numbers 1 0 maybe", ERR_ARGUMENT, "on or off");
}

static void test_objects(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(script_register_object(f->script, "chip.cpu", "target", object_rows, f), OK);
	check(f, "chip.cpu mdw 0x10", "mdw|0x10");
	check(f, "chip.cpu cortex_m x", "cortex_m|x");
	check(f, "chip.cpu cortex_m maskisr on", "cortex_m maskisr|on");
	check_fails(f, "chip.cpu", ERR_ARGUMENT, "needs a subcommand");
	check_fails(f, "chip.cpu mdq 0", ERR_ARGUMENT, "did you mean \"chip.cpu mdw\"?");
	check_fails(f, "chip.cpu mdw", ERR_ARGUMENT, "usage: mdw address ?count?");
	assert_int_equal(script_register_object(f->script, "plain", "target", object_rows, f),
			 ERR_ARGUMENT);
	script_unregister_object(f->script, "chip.cpu");
	check_fails(f, "chip.cpu mdw 0", ERR_SCRIPT, "invalid command name");
}

static void test_evaluation_inside_another_leaves_it_alone(void **state)
{
	struct fixture *f = *state;

	check(f, "proc p {x} {set r [outer $x]; return \"$x: $r\"}; p w", "w: before inside 0 after w");
	check(f, "info exists inner", "1");
}

static void test_clients_cannot_reach_the_host(void **state)
{
	static const char *const attempts[] = {
		"exec true", "open |true", "socket stream localhost:1", "load x.so", "interp",
		"os.fork", "kill 0", "file delete x", "file mkdir x", "proc p {} {exec true}; p",
		"popen true", "package require nosuch", "fi\\le delete x", "rename exec e; e true",
	};
	struct fixture *f = *state;
	struct origin rpc = { .kind = ORIGIN_RPC };

	struct origin event = { .kind = ORIGIN_EVENT };

	check(f, "exec echo hello", "hello");
	assert_int_equal(script_eval(f->script, &event, "exec true", NULL, 0, NULL), OK);
	for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
		if (script_eval(f->script, &rpc, attempts[i], NULL, 0, NULL) != ERR_REFUSED)
			fail_msg("%s: %s", attempts[i], error_text(error_current()));
		error_clear();
	}
	/* What a client left behind must not run in trusted hands either. */
	script_eval(f->script, &rpc, "proc init_board {} {e true}", NULL, 0, NULL);
	check_fails(f, "init_board", ERR_REFUSED, "--allow-exec");
}

static void cancel_now(void *ctx)
{
	void **args = ctx;

	script_cancel(args[0], args[1]);
}

static void test_sleep_is_cancelled_for_its_own_client_only(void **state)
{
	struct fixture *f = *state;
	struct origin a = { .kind = ORIGIN_TELNET }, b = { .kind = ORIGIN_TELNET };
	void *right[] = { f->script, &a }, *wrong[] = { f->script, &b };

	loop_add_timer(f->loop, 10, 0, cancel_now, right);
	uint64_t start = clock_now_ms();

	assert_int_equal(script_eval(f->script, &a, "sleep 5000", NULL, 0, NULL), ERR_CANCELLED);
	assert_in_range(clock_now_ms() - start, 5, 2000);
	loop_add_timer(f->loop, 1, 0, cancel_now, wrong);
	assert_int_equal(script_eval(f->script, &a, "sleep 20", NULL, 0, NULL), OK);
}

static void test_endless_loop_can_be_cancelled(void **state)
{
	struct fixture *f = *state;
	struct origin a = { .kind = ORIGIN_TELNET };
	void *args[] = { f->script, &a };

	loop_add_timer(f->loop, 10, 0, cancel_now, args);
	assert_int_equal(script_eval(f->script, &a, "while 1 {catch {set x 1}}", NULL, 0, NULL),
			 ERR_CANCELLED);
	check(f, "set y 1", "1");
}

static void test_after_and_vwait_use_the_loop(void **state)
{
	struct fixture *f = *state;

	check(f, "after 5 {set done yes}; vwait done; set done", "yes");
	check(f, "set id [after 5 {set late 1}]; after cancel $id; after info", "");
	check(f, "after 10; info exists late", "0");
	check(f, "after idle {set soon 1}; update; set soon", "1");
}

static void test_capture_returns_log_and_result(void **state)
{
	struct fixture *f = *state;

	check(f, "capture {echo one; echo -n two; set x three}", "one\ntwothree");
	check(f, "capture {set x three}", "three");
	check_fails(f, "capture {fail}", ERR_PROTECTED, "page 12");
}

static int init_calls, init_order_seen[8];

static enum err note_init(void *ctx)
{
	init_order_seen[init_calls++] = *(int *)ctx;
	return OK;
}

static enum err refuse_init(void *ctx)
{
	bool *refuse = ctx;

	return *refuse ? error_why(ERR_ADAPTER_CONFIG, "no probe") : OK;
}

static void test_init_runs_its_steps_once_and_in_order(void **state)
{
	static int first = INIT_LISTEN, last = INIT_SERVERS;
	struct fixture *f = *state;
	bool refuse = true;

	init_calls = 0;
	script_add_init(f->script, last, note_init, &last);
	script_add_init(f->script, first, note_init, &first);
	script_add_init(f->script, INIT_ADAPTER, refuse_init, &refuse);
	/* Other rooms' procs want their verbs, which are not here. */
	check(f, "proc init_targets {} {}; proc init_target_events {} {}", "init_target_events");
	check(f, "proc init_board {} {set ::board 1}", "init_board");
	check_fails(f, "init", ERR_ADAPTER_CONFIG, "no probe");
	assert_int_equal(script_stage(f->script), STAGE_CONFIG);
	assert_true(script_wants_init(f->script));
	refuse = false;
	init_calls = 0;
	check(f, "lappend post_init_commands {set ::post 1}; init", "");
	check(f, "init; set post; set board", "1");
	assert_int_equal(init_calls, 2);
	assert_int_equal(init_order_seen[0], first);
	assert_int_equal(init_order_seen[1], last);
	assert_int_equal(script_stage(f->script), STAGE_EXEC);
	check_fails(f, "noinit", ERR_STAGE, "before 'init'");
}

static void test_shutdown_unwinds_everything(void **state)
{
	struct fixture *f = *state;

	check(f, "lappend pre_shutdown_commands {set ::bye 1};"
		 "proc p {} {catch {shutdown 5}; set ::went_on 1}; p; set ::went_on 2", "");
	assert_true(loop_is_stopped(f->loop));
	assert_int_equal(script_exit_code(f->script), 5);
	check(f, "list $bye [info exists went_on]", "1 0");
}

static void test_exit_ends_only_the_session(void **state)
{
	struct fixture *f = *state;
	struct origin telnet = { .kind = ORIGIN_TELNET };

	assert_int_equal(script_eval(f->script, &telnet, "exit; set x 1", NULL, 0, NULL), OK);
	assert_true(telnet.close_session);
	assert_false(loop_is_stopped(f->loop));
	check(f, "info exists x", "0");
	check(f, "exit", "");
	assert_true(loop_is_stopped(f->loop));
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void test_search_order(void **state)
{
	struct fixture *f = *state;
	char dir[] = "/tmp/probed-test-XXXXXX", *old = getcwd(NULL, 0);

	assert_non_null(mkdtemp(dir));
	assert_int_equal(chdir(dir), 0);
	mkdir("a", 0700);
	mkdir("b", 0700);
	mkdir("b/board", 0700);
	mkdir("env", 0700);
	write_file("a/x.cfg", "return from_a");
	write_file("b/x.cfg", "return from_b");
	write_file("b/board/st_nucleo_q.cfg", "set nucleo 1");
	write_file("env/y.cfg", "set y env");
	setenv("OPENOCD_SCRIPTS", "env", 1);
	script_add_search_dir(f->script, "a", false);
	check(f, "add_script_search_dir b; script x.cfg", "from_a");
	check(f, "script y.cfg", "env");
	check(f, "find board\\\\st_nucleo_q.cfg", "b/board/st_nucleo_q.cfg");
	check(f, "find board/st/nucleo-q.cfg", "b/board/st_nucleo_q.cfg");
	write_file("x.cfg", "proc t {} {global v; set v local}; t");
	check(f, "script x.cfg; set v", "local");
	check_fails(f, "script board/st_nucleo_z.cfg", ERR_NOT_FOUND, "Can't find board/st_nucleo_z.cfg");
	assert_non_null(strstr(error_current()->next, "board/st_nucleo_q.cfg"));
	check_fails(f, "find b", ERR_NOT_FOUND, "Can't find b");
	unsetenv("OPENOCD_SCRIPTS");
	check(f, "exec rm -r a b env x.cfg", "");
	assert_int_equal(chdir(old), 0);
	rmdir(dir);
	free(old);
}

static void note_word(void *ctx, const char *word)
{
	buf_printf(ctx, "%s;", word);
}

static void test_help_and_completion(void **state)
{
	struct fixture *f = *state;
	struct buf words = { 0 };

	check(f, "usage flash bank", "  flash bank name ...\n");
	check(f, "help flash bank", "  flash bank name ...\n        Declares a bank.\n");
	/* Whole words first: an object whose name only begins with the word is not meant. */
	check(f, "add_help_text {chip go} A; add_help_text {chip1.cpu go} B; help chip",
	      "  chip go\n        A\n");
	check(f, "help hip1", "  chip1.cpu go\n        B\n");
	check(f, "add_help_text {my proc} Mine; add_usage_text {my proc} x; help my proc",
	      "  my proc x\n        Mine\n");
	check_fails(f, "help plian", ERR_ARGUMENT, "did you mean \"plain\"?");
	check(f, "command mode flash bank", "config");
	check(f, "command mode {flash erase_sector}", "exec");
	check(f, "command mode", "config");
	check(f, "command mode set", "any");
	check(f, "command mode nosuch", "unknown");
	script_complete(f->script, "flash b", note_word, &words);
	assert_string_equal((const char *)words.data, "flash bank;");
	buf_free(&words);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_longest_command_wins),
		TEST(test_groups_say_what_they_hold),
		TEST(test_wrong_stage_and_count_are_refused),
		TEST(test_scripts_rename_and_redefine_verbs),
		TEST(test_error_comes_back_whole_when_nobody_caught_it),
		TEST(test_trace_names_file_and_line),
		TEST(test_unclosed_quoting_is_pointed_at),
		TEST(test_results),
		TEST(test_objects),
		TEST(test_evaluation_inside_another_leaves_it_alone),
		TEST(test_clients_cannot_reach_the_host),
		TEST(test_sleep_is_cancelled_for_its_own_client_only),
		TEST(test_endless_loop_can_be_cancelled),
		TEST(test_after_and_vwait_use_the_loop),
		TEST(test_capture_returns_log_and_result),
		TEST(test_init_runs_its_steps_once_and_in_order),
		TEST(test_shutdown_unwinds_everything),
		TEST(test_exit_ends_only_the_session),
		TEST(test_search_order),
		TEST(test_help_and_completion),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
