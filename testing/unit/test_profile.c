/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `profile` on a core without DWT_PCSR: it is halted for each sample. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake_core.h"
#include "target/profile.h"

#define PROGRAM (FLASH + 0x200)

static char path[] = "/tmp/test-profile-XXXXXX";
static unsigned halts;

static void on_event(void *ctx, struct target *t, enum target_event event)
{
	(void)ctx;
	(void)t;
	halts += event == EVENT_HALTED;
}

static const char *profile(struct bench *b)
{
	char command[64];

	target_add_listener(b->list, on_event, NULL);
	halts = 0;
	snprintf(command, sizeof(command), "profile 1 %s", path);
	const char *result = bench_eval(b, command);

	target_remove_listener(b->list, on_event, NULL);
	return result;
}

static uint32_t start_at(struct bench *b, uint32_t pc)
{
	assert_int_equal(target_halt(b->t), OK);
	assert_int_equal(target_resume(b->t, &pc, false, false), OK);
	return pc;
}

/* gmon_out.h: 20 bytes, a tag, then low and high address, buckets, rate. */
static uint32_t low_address(void)
{
	uint8_t bytes[64] = { 0 };
	FILE *f = fopen(path, "rb");

	assert_non_null(f);
	assert_true(fread(bytes, 1, sizeof(bytes), f) >= 37);
	fclose(f);
	assert_memory_equal(bytes, "gmon", 4);
	return get_le32(bytes + 21);
}

static void test_nobody_sees_the_halts(void **state)
{
	struct bench *b = bench_of(state);

	put_op(PROGRAM, OP_LOOP);
	start_at(b, PROGRAM);
	assert_non_null(strstr(profile(b), "Wrote "));
	assert_int_equal(low_address(), PROGRAM);
	assert_int_equal(b->t->state, TARGET_RUNNING);
	assert_int_equal(halts, 0);
}

static void test_a_breakpoint_ends_it(void **state)
{
	struct bench *b = bench_of(state);

	put_op(PROGRAM + 200, OP_BKPT);
	start_at(b, PROGRAM);
	profile(b);
	assert_int_equal(b->t->state, TARGET_HALTED);
	assert_int_equal(b->t->reason, HALT_BREAKPOINT);
	assert_int_equal(halts, 1);
}

/* The file counts to 65535: proportions survive, and so does the time. */
static void test_more_samples_than_a_counter_holds(void **state)
{
	struct profile_data data = { .count = 300000, .sampled_ns = 1000000000 };
	uint8_t bytes[64] = { 0 };

	(void)state;
	data.pcs = xcalloc(data.count, sizeof(*data.pcs));
	for (size_t i = 0; i < data.count; i++)
		data.pcs[i] = i % 3 == 0 ? PROGRAM : PROGRAM + 2;
	profile_find_range(&data);
	assert_int_equal(profile_save(path, &data), OK);
	free(data.pcs);
	FILE *f = fopen(path, "rb");

	assert_non_null(f);
	assert_int_equal(fread(bytes, 1, sizeof(bytes), f), 57);
	fclose(f);
	assert_int_equal(get_le32(bytes + 33), 75000);	/* a second */
	assert_int_equal(get_le16(bytes + 53), 25000);
	assert_int_equal(get_le16(bytes + 55), 50000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_nobody_sees_the_halts, bench_setup, bench_teardown),
		cmocka_unit_test_setup_teardown(test_a_breakpoint_ends_it, bench_setup, bench_teardown),
		cmocka_unit_test(test_more_samples_than_a_counter_holds),
	};
	int fd = mkstemp(path);

	if (fd < 0)
		return 1;
	close(fd);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	unlink(path);
	return failed;
}
