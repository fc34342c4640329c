/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line: order of the queue, attached values, what is refused. */
#include <getopt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/log.h"
#include "options.h"

#define ARGS_MAX 12

static enum err parse(struct options *o, const char *const *words)
{
	static char *argv[ARGS_MAX + 2];
	int argc = 0;

	argv[argc++] = (char *)"probed";
	for (int i = 0; i < ARGS_MAX && words[i] != NULL; i++)
		argv[argc++] = (char *)words[i];
	argv[argc] = NULL;
	optind = 0;	/* glibc: start over */
	error_clear();
	log_set_level(LOG_INFO);
	return options_parse(o, argc, argv);
}

static void test_queue_keeps_the_order_of_files_and_commands(void **state)
{
	const char *const words[] = { "-c", "a", "-f", "b.cfg", "-c c", "--command", "d",
				      "--file=e", NULL };
	static const struct queued expected[] = {
		{ .text = "a" }, { .is_file = true, .text = "b.cfg" }, { .text = " c" }, { .text = "d" },
		{ .is_file = true, .text = "e" },
	};
	struct options o;

	(void)state;
	assert_int_equal(parse(&o, words), OK);
	assert_int_equal(o.queue_count, ARRAY_SIZE(expected));
	for (size_t i = 0; i < o.queue_count; i++) {
		assert_int_equal(o.queue[i].is_file, expected[i].is_file);
		assert_string_equal(o.queue[i].text, expected[i].text);
	}
	options_free(&o);
}

static const struct {
	const char *words[ARGS_MAX];
	int level;
} levels[] = {
	{ { "-d" }, 3 }, { { "-d2" }, 2 }, { { "-d0", "-c", "x" }, 0 }, { { "--debug" }, 3 },
	{ { "--debug=1" }, 1 }, { { "-d-3" }, -3 }, { { "-c", "x" }, 2 },
};

static void test_debug_level_is_attached(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
		struct options o;

		assert_int_equal(parse(&o, levels[i].words), OK);
		assert_int_equal(log_get_level(), levels[i].level);
		options_free(&o);
	}
}

static const struct {
	const char *words[ARGS_MAX], *reason;
} refused[] = {
	{ { "-d", "2" }, "Unexpected command line argument: 2" },
	{ { "stray" }, "Unexpected command line argument: stray" },
	{ { "-z" }, "invalid option -- 'z'" },
	{ { "--nosuch" }, "--nosuch" },
	{ { "-f" }, "needs an argument" },
	{ { "-d9" }, "no log level" },
	{ { "-dx" }, "no log level" },
	{ { "--log-format", "xml" }, "text or json" },
	{ { "--ready-fd", "x" }, "descriptor" },
	{ { "-l", "/nosuch/folder/log" }, "cannot open log file" },
};

static void test_refusals_say_why(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		struct options o;

		assert_int_not_equal(parse(&o, refused[i].words), OK);
		if (strstr(error_current()->why, refused[i].reason) == NULL)
			fail_msg("\"%s\" is not in: %s", refused[i].reason, error_current()->why);
		options_free(&o);
	}
}

static void test_switches(void **state)
{
	const char *const words[] = { "-s", "a", "-sb", "--search", "c", "--exit-on-detach", "--allow-exec",
				      "--parent-death", "--ready-fd", "7", "-p", NULL };
	struct options o;

	(void)state;
	assert_int_equal(parse(&o, words), OK);
	assert_int_equal(o.dir_count, 3);
	assert_string_equal(o.dirs[1], "b");
	assert_true(o.exit_on_detach && o.allow_exec && o.parent_death && o.pipe);
	assert_int_equal(o.ready_fd, 7);
	assert_string_equal(o.queue[0].text, "gdb_port pipe; log_output openocd.log");
	options_free(&o);
}

static void test_a_verb_stands_anywhere(void **state)
{
	static const char *const lines[][ARGS_MAX] = {
		{ "flash", "fw.elf", "--chip", "stm32l476rg", "--no-verify" },
		{ "--chip", "stm32l476rg", "flash", "--no-verify", "fw.elf" },
		{ "--no-verify", "--chip=stm32l476rg", "flash", "fw.elf" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct options o;

		assert_int_equal(parse(&o, lines[i]), OK);
		assert_ptr_equal(o.request.verb, &verbs[VERB_FLASH]);
		assert_int_equal(o.request.argc, 1);
		assert_string_equal(o.request.argv[0], "fw.elf");
		assert_true(o.request.no_verify);
		assert_int_equal(o.queue_count, 1);
		assert_int_equal(o.queue[0].kind, QUEUED_CHIP);
		assert_string_equal(o.queue[0].text, "stm32l476rg");
		options_free(&o);
	}
}

static const struct {
	const char *words[ARGS_MAX], *reason, *next;
} wrong_verbs[] = {
	{ { "flsh" }, "Unexpected command line argument: flsh", "probed flash" },
	{ { "zzzz" }, "Unexpected command line argument: zzzz", "--help" },
	{ { "flash" }, "needs more", "usage: probed flash FILE" },
	{ { "flash", "a", "b" }, "argument: b", "usage" },
	{ { "rtt", "--at", "0" }, "\"rtt\" has no option --at", "help rtt" },
	{ { "--at", "0" }, "--at goes with a verb", "-h" },
	{ { "flash", "a", "--exit-on-detach" }, "no option --exit-on-detach", "help flash" },
};

static void test_what_does_not_belong_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong_verbs); i++) {
		struct options o;

		assert_int_not_equal(parse(&o, wrong_verbs[i].words), OK);
		if (strstr(error_current()->why, wrong_verbs[i].reason) == NULL ||
		    strstr(error_current()->next, wrong_verbs[i].next) == NULL)
			fail_msg("case %zu: %s", i, error_text(error_current()));
		options_free(&o);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_queue_keeps_the_order_of_files_and_commands),
		cmocka_unit_test(test_debug_level_is_attached),
		cmocka_unit_test(test_refusals_say_why),
		cmocka_unit_test(test_switches),
		cmocka_unit_test(test_a_verb_stands_anywhere),
		cmocka_unit_test(test_what_does_not_belong_is_refused),
	};

	unsetenv("OPENOCD_DEBUG_LEVEL");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
