/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ocotp: the audit log read back: an attempt that was cut off, and lines nobody of us wrote. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "flash/ocotp_priv.h"

#define LINE(state)                                                                                \
	"2026-01-02T03:04:05Z part=RT1024 uid=0x5566778811223344 word=6 name=BOOT_CFG1 "            \
	"before=0x00000000 burn=0x00010010 wanted=0x00010010 state=" state "\n"

static char path[] = "/tmp/fuse-log-XXXXXX";

static int set_up(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	return 0;
}

/* What is said of word 6, of which bit 4 is burnt. */
static void explain(const void *log, size_t n, struct buf *out)
{
	const struct imxrt_chip chip = { .part = imxrt_parts, .uid = 0x5566778811223344 };
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(log, 1, n, f), n);
	fclose(f);
	buf_clear(out);
	fuse_log_explain(path, &chip, 6, 0x10, out);
}

static bool is_told(const char *log)
{
	struct buf out = { 0 };

	explain(log, strlen(log), &out);
	bool told = out.len > 0 && strstr((const char *)out.data, "was cut off") != NULL;

	if (told) {
		assert_non_null(strstr((const char *)out.data, "0x00000010 are burnt"));
		assert_non_null(strstr((const char *)out.data, "0x00010000 are not"));
	}
	buf_free(&out);
	return told;
}

static void test_the_last_attempt_counts(void **state)
{
	(void)state;
	assert_true(is_told(LINE("started")));
	assert_true(is_told(LINE("done") LINE("started")));
	assert_true(is_told(LINE("started") LINE("timeout")));
	assert_false(is_told(LINE("started") LINE("done")));
	assert_false(is_told(""));
	assert_false(is_told("2026-01-02T03:04:05Z part=RT1024 uid=0x1 word=6 name=BOOT_CFG1 "
			     "before=0x0 burn=0x10010 wanted=0x00010010 state=started\n"));
}

/* Cut anywhere, with any byte spoiled, without an end, or far too long: no harm. */
static void test_lines_that_are_none(void **state)
{
	static const uint8_t spoil[] = { 0x00, 0x0a, 0x20, 0x3d, 0x7f, 0xff };
	static const char line[] = LINE("started");
	struct buf out = { 0 };
	char copy[sizeof(line)], *lengthy = malloc(5000);

	(void)state;
	for (size_t n = 0; n < sizeof(line); n++) {
		explain(line, n, &out);
		for (size_t i = 0; i < sizeof(spoil); i++) {
			memcpy(copy, line, sizeof(line));
			copy[n] = (char)spoil[i];
			explain(copy, sizeof(copy), &out);
		}
	}
	memset(lengthy, 'x', 5000);
	memcpy(lengthy + 4000, line, sizeof(line) - 1);
	explain(lengthy, 5000, &out);
	free(lengthy);
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_last_attempt_counts),
		cmocka_unit_test(test_lines_that_are_none),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
