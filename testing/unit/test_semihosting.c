/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Semihosting calls of a program: values, the host's files and their fence, GDB as the server. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake_core.h"
#include "target/semihosting.h"

#define BLOCK	(RAM + 0x100)	/* where R1 points */
#define STRINGS (RAM + 0x200)
#define BUFFER	(RAM + 0x800)
#define CALL_AT (FLASH + 0x200)

static char folder[] = "/tmp/test-semihosting-XXXXXX";
static char console[256];

static bool on_console(void *ctx, struct target *t, const char *text, size_t n)
{
	(void)ctx;
	(void)t;
	strncat(console, text, MIN(n, sizeof(console) - 1 - strlen(console)));
	return true;
}

static struct {
	unsigned count;
	uint32_t reason, code;
} exits;

static void on_exit_call(void *ctx, struct target *t, uint32_t reason, uint32_t code)
{
	(void)ctx;
	(void)t;
	exits.count++;
	exits.reason = reason;
	exits.code = code;
}

static int setup(void **state)
{
	static const struct semihosting_ops ops = { .console = on_console, .exited = on_exit_call };

	if (bench_setup(state) != 0)
		return -1;
	struct bench *b = *state;
	char command[128];

	console[0] = '\0';
	memset(&exits, 0, sizeof(exits));
	target_set_semihosting_ops(b->t, &ops);
	snprintf(command, sizeof(command), "arm semihosting enable; arm semihosting_basedir %s", folder);
	bench_eval(b, command);
	put_op(CALL_AT, OP_SEMI);
	put_op(CALL_AT + 2, OP_LOOP);
	return 0;
}

static void put_string(uint32_t addr, const char *text)
{
	memcpy(core.ram + (addr - RAM), text, strlen(text) + 1);
}

static void put_words(uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
	uint32_t words[] = { a, b, c, d };

	for (unsigned i = 0; i < 4; i++)
		put_le32(core.ram + (BLOCK - RAM) + 4 * i, words[i]);
}

/* Makes the program call, and returns R0 as it finds it after. */
static uint32_t call_r1(struct bench *b, uint32_t op, uint32_t r1)
{
	if (b->t->state != TARGET_HALTED)
		assert_int_equal(target_halt(b->t), OK);
	assert_int_equal(target_set_reg32(b->t, "r0", op), OK);
	assert_int_equal(target_set_reg32(b->t, "r1", r1), OK);
	assert_int_equal(target_set_reg32(b->t, "pc", CALL_AT), OK);
	assert_int_equal(target_resume(b->t, NULL, false, false), OK);
	assert_int_equal(target_poll(b->t), OK);
	return core.regs[0];
}

static uint32_t call(struct bench *b, uint32_t op)
{
	return call_r1(b, op, BLOCK);
}

static uint32_t open_file(struct bench *b, const char *name, uint32_t mode)
{
	put_string(STRINGS, name);
	put_words(STRINGS, mode, (uint32_t)strlen(name), 0);
	return call(b, SYS_OPEN);
}

static uint32_t call_3(struct bench *b, uint32_t op, uint32_t x, uint32_t y, uint32_t z)
{
	put_words(x, y, z, 0);
	return call(b, op);
}

static void test_open_modes(void **state)
{
	int flags;

	(void)state;
	assert_true(semi_open_flags(0, &flags) && flags == O_RDONLY);
	assert_true(semi_open_flags(3, &flags) && flags == O_RDWR);
	assert_true(semi_open_flags(5, &flags) && flags == (O_WRONLY | O_CREAT | O_TRUNC));
	assert_true(semi_open_flags(11, &flags) && flags == (O_RDWR | O_CREAT | O_APPEND));
	assert_false(semi_open_flags(12, &flags));
}

static void test_exit_codes(void **state)
{
	(void)state;
	assert_int_equal(semi_exit_code(SYS_EXIT, 0x20026, 7), 0);
	assert_int_equal(semi_exit_code(SYS_EXIT, 0x20023, 0), 1);
	assert_int_equal(semi_exit_code(SYS_EXIT_EXTENDED, 0x20026, 7), 7);
	assert_int_equal(semi_exit_code(SYS_EXIT_EXTENDED, 0x20023, 7), 1);
	assert_non_null(semi_find(0x18));
	assert_null(semi_find(0x17));
}

static void test_console(void **state)
{
	struct bench *b = bench_of(state);

	/* The string crosses the pieces it is read in. */
	put_string(RAM + 0x2fa, "hello from the target");
	call_r1(b, SYS_WRITE0, RAM + 0x2fa);
	put_string(STRINGS, "!");
	call_r1(b, SYS_WRITEC, STRINGS);
	put_string(BUFFER, " and more");
	assert_int_equal(open_file(b, ":tt", 4), SEMI_STDOUT);
	assert_int_equal(open_file(b, ":tt", 8), SEMI_STDERR);
	assert_int_equal(call_3(b, SYS_WRITE, SEMI_STDOUT, BUFFER, 9), 0);
	assert_string_equal(console, "hello from the target! and more");
	assert_int_equal(call_3(b, SYS_ISTTY, SEMI_STDOUT, 0, 0), 1);
	/* Nobody types: end of file. */
	assert_int_equal(open_file(b, ":tt", 0), SEMI_STDIN);
	assert_int_equal(call_3(b, SYS_READ, SEMI_STDIN, BUFFER, 4), 4);
	assert_int_equal(b->t->state, TARGET_RUNNING);
}

static void test_files(void **state)
{
	struct bench *b = bench_of(state);
	uint32_t handle = open_file(b, "out.txt", 5);

	assert_true(handle >= SEMI_FIRST_FILE && handle < SEMI_HANDLES);
	put_string(BUFFER, "0123456789");
	assert_int_equal(call_3(b, SYS_WRITE, handle, BUFFER, 10), 0);
	assert_int_equal(call_3(b, SYS_FLEN, handle, 0, 0), 10);
	assert_int_equal(call_3(b, SYS_ISTTY, handle, 0, 0), 0);
	assert_int_equal(call_3(b, SYS_CLOSE, handle, 0, 0), 0);
	assert_int_equal(call_3(b, SYS_CLOSE, handle, 0, 0), SEMI_FAILED);
	assert_int_equal(call_r1(b, SYS_ERRNO, 0), EBADF);

	handle = open_file(b, "out.txt", 0);
	assert_int_equal(call_3(b, SYS_SEEK, handle, 7, 0), 0);
	memset(core.ram + (BUFFER - RAM), '-', 8);
	assert_int_equal(call_3(b, SYS_READ, handle, BUFFER, 8), 5);	/* bytes not read */
	assert_memory_equal(core.ram + (BUFFER - RAM), "789-----", 8);
	assert_int_equal(call_3(b, SYS_READ, handle, BUFFER, 8), 8);	/* end of file */
	assert_int_equal(call_3(b, SYS_CLOSE, handle, 0, 0), 0);

	put_string(STRINGS, "out.txt");
	put_string(STRINGS + 32, "new.txt");
	put_words(STRINGS, 7, STRINGS + 32, 7);
	assert_int_equal(call(b, SYS_RENAME), 0);
	put_words(STRINGS + 32, 7, 0, 0);
	assert_int_equal(call(b, SYS_REMOVE), 0);
	assert_int_equal(call(b, SYS_REMOVE), SEMI_FAILED);
	assert_int_equal(call_r1(b, SYS_ERRNO, 0), ENOENT);
}

static void test_the_fence(void **state)
{
	static const char *const outside[] = { "../x", "/etc/passwd", "sub/../../x", "link/x", "secret",
					       "..", "sub/..", "" };
	struct bench *b = bench_of(state);
	char path[128];

	snprintf(path, sizeof(path), "%s/sub", folder);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/link", folder);
	assert_int_equal(symlink("/tmp", path), 0);
	snprintf(path, sizeof(path), "%s/secret", folder);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	for (size_t i = 0; i < ARRAY_SIZE(outside); i++) {
		if (open_file(b, outside[i], 0) != SEMI_FAILED)
			fail_msg("%s could be opened", outside[i]);
		if (open_file(b, outside[i], 4) != SEMI_FAILED)
			fail_msg("%s could be written", outside[i]);
	}
	/* Inside, also by its full name. */
	uint32_t handle = open_file(b, "sub/inside.txt", 4);

	assert_int_not_equal(handle, SEMI_FAILED);
	call_3(b, SYS_CLOSE, handle, 0, 0);
	snprintf(path, sizeof(path), "%s/sub/inside.txt", folder);
	assert_int_not_equal(open_file(b, path, 0), SEMI_FAILED);
	/* All files are closed when the program ends. */
	call_r1(b, SYS_EXIT, 0x20026);
	unlink(path);
	snprintf(path, sizeof(path), "%s/link", folder);
	unlink(path);
	snprintf(path, sizeof(path), "%s/secret", folder);
	unlink(path);
	snprintf(path, sizeof(path), "%s/sub", folder);
	assert_int_equal(rmdir(path), 0);
}

static void test_features_file(void **state)
{
	struct bench *b = bench_of(state);
	uint32_t handle = open_file(b, ":semihosting-features", 0);

	assert_int_equal(call_3(b, SYS_FLEN, handle, 0, 0), 5);
	assert_int_equal(call_3(b, SYS_READ, handle, BUFFER, 8), 3);
	assert_memory_equal(core.ram + (BUFFER - RAM), "SHFB\x03", 5);
	assert_int_equal(call_3(b, SYS_SEEK, handle, 4, 0), 0);
	assert_int_equal(call_3(b, SYS_READ, handle, BUFFER, 1), 0);
	assert_int_equal(open_file(b, ":semihosting-features", 4), SEMI_FAILED);
}

static void test_command_line_and_memory(void **state)
{
	struct bench *b = bench_of(state);

	bench_eval(b, "arm semihosting_cmdline prog -v file");
	put_words(BUFFER, 80, 0, 0);
	assert_int_equal(call(b, SYS_GET_CMDLINE), 0);
	assert_string_equal((char *)core.ram + (BUFFER - RAM), "prog -v file");
	assert_int_equal(get_le32(core.ram + (BLOCK - RAM) + 4), 12);
	put_words(BUFFER, 12, 0, 0);	/* no room for the NUL */
	assert_int_equal(call(b, SYS_GET_CMDLINE), SEMI_FAILED);
	memset(core.ram + (BUFFER - RAM), 0xff, 16);
	put_words(BUFFER, 0, 0, 0);
	call(b, SYS_HEAPINFO);
	assert_int_equal(get_le32(core.ram + (BUFFER - RAM) + 12), 0);
	put_words(BUFFER, 5, 40, 0);
	assert_int_equal(call(b, SYS_TMPNAM), 0);
	assert_string_equal((char *)core.ram + (BUFFER - RAM), "semihosting-05.tmp");
	assert_int_equal(call_3(b, SYS_ISERROR, 0xffffffff, 0, 0), 1);
	assert_int_equal(call_3(b, SYS_ISERROR, 5, 0, 0), 0);
}

static void test_a_bad_pointer_is_the_programs_problem(void **state)
{
	struct bench *b = bench_of(state);

	assert_int_equal(call_r1(b, SYS_OPEN, 0x50000000), SEMI_FAILED);
	assert_int_equal(b->t->state, TARGET_RUNNING);
	assert_int_equal(call_r1(b, SYS_ERRNO, 0), 14);
	assert_int_equal(call_r1(b, 0x7f, 0), SEMI_FAILED);	/* no such call */
	assert_int_equal(b->t->state, TARGET_RUNNING);
}

static void test_the_host_runs_nothing(void **state)
{
	struct bench *b = bench_of(state);
	char path[128];

	snprintf(path, sizeof(path), "touch %s/touched", folder);
	put_string(STRINGS, path);
	put_words(STRINGS, (uint32_t)strlen(path), 0, 0);
	assert_int_equal(call(b, SYS_SYSTEM), SEMI_FAILED);
	snprintf(path, sizeof(path), "%s/touched", folder);
	assert_int_not_equal(access(path, F_OK), 0);
}

static void test_exit_halts_and_is_told(void **state)
{
	struct bench *b = bench_of(state);

	put_words(0x20026, 42, 0, 0);
	call(b, SYS_EXIT_EXTENDED);
	assert_int_equal(b->t->state, TARGET_HALTED);
	assert_int_equal(b->t->reason, HALT_EXIT);
	assert_int_equal(exits.count, 1);
	assert_int_equal(exits.reason, 0x20026);
	assert_int_equal(exits.code, 42);
	bench_eval(b, "arm semihosting_resexit enable");
	call_r1(b, SYS_EXIT, 0x20023);
	assert_int_equal(b->t->state, TARGET_RUNNING);
	assert_int_equal(exits.code, 1);
}

static void test_user_calls_run_their_handlers(void **state)
{
	struct bench *b = bench_of(state);

	bench_eval(b, "chip.cpu configure -event semihosting-user-cmd-0x103 "
		      "{set seen [arm semihosting_read_user_param]}");
	put_string(STRINGS, "to the handler");
	put_words(STRINGS, 14, 0, 0);
	assert_int_equal(call(b, 0x103), 0);
	assert_string_equal(bench_eval(b, "set seen"), "to the handler");
	assert_int_equal(call(b, 0x104), SEMI_FAILED);
}

static struct fileio_call asked;

static bool take_call(void *ctx, struct target *t, const struct fileio_call *call_)
{
	(void)ctx;
	(void)t;
	asked = *call_;
	return true;
}

static void test_gdb_serves_files(void **state)
{
	static const struct semihosting_ops ops = { .fileio = take_call };
	struct bench *b = bench_of(state);
	uint32_t r0;

	target_set_semihosting_ops(b->t, &ops);
	bench_eval(b, "arm semihosting_fileio enable");
	open_file(b, "a.txt", 4);
	assert_string_equal(asked.name, "open");
	assert_int_equal(asked.count, 3);
	assert_true(asked.args[0].is_string);
	assert_int_equal(asked.args[0].length, 6);	/* with its NUL */
	assert_int_equal(asked.args[1].value, 0x601);
	assert_int_equal(b->t->state, TARGET_HALTED);
	assert_int_equal(b->t->reason, HALT_SEMIHOSTING);
	assert_int_equal(semihosting_fileio_finish(b->t, 5, 0), OK);
	assert_int_equal(target_get_reg32(b->t, "r0", &r0), OK);
	assert_int_equal(r0, 6);
	assert_int_equal(semihosting_fileio_finish(b->t, 5, 0), ERR_PROTOCOL);
	error_clear();

	call_3(b, SYS_WRITE, 6, BUFFER, 10);
	assert_string_equal(asked.name, "write");
	assert_int_equal(asked.args[0].value, 5);
	assert_int_equal(semihosting_fileio_finish(b->t, 4, 0), OK);
	assert_int_equal(target_get_reg32(b->t, "r0", &r0), OK);
	assert_int_equal(r0, 6);	/* not written */

	call_3(b, SYS_READ, 6, BUFFER, 10);
	assert_int_equal(semihosting_fileio_finish(b->t, -1, 9), OK);
	assert_int_equal(target_get_reg32(b->t, "r0", &r0), OK);
	assert_int_equal(r0, 10);
	put_string(STRINGS, "text");
	call_r1(b, SYS_WRITE0, STRINGS);
	assert_int_equal(asked.args[0].value, 1);
	assert_int_equal(asked.args[2].value, 4);
	assert_int_equal(semihosting_fileio_finish(b->t, 4, 0), OK);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, bench_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open_modes),
		cmocka_unit_test(test_exit_codes),
		CASE(test_console),
		CASE(test_files),
		CASE(test_the_fence),
		CASE(test_features_file),
		CASE(test_command_line_and_memory),
		CASE(test_a_bad_pointer_is_the_programs_problem),
		CASE(test_the_host_runs_nothing),
		CASE(test_exit_halts_and_is_told),
		CASE(test_user_calls_run_their_handlers),
		CASE(test_gdb_serves_files),
	};

	if (mkdtemp(folder) == NULL)
		return 1;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	rmdir(folder);
	return failed;
}
