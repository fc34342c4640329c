/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Agent expressions: each opcode, what cannot be evaluated, and code that never ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "server/gdb/agent.h"

static const uint8_t memory[8] = { 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff };

static bool read_memory(void *ctx, uint32_t addr, uint8_t *dst, size_t n)
{
	(void)ctx;
	if (addr < 0x20000000 || addr + n > 0x20000008)
		return false;
	memcpy(dst, memory + (addr - 0x20000000), n);
	return true;
}

static bool read_reg(void *ctx, unsigned number, uint64_t *value)
{
	(void)ctx;
	*value = 0x100 + number;
	return number <= 16;
}

static const struct agent_world world = { read_memory, read_reg, NULL };

/* Code in hex; `why` NULL: it has this value. */
static const struct {
	const char *code;
	int64_t value;
	const char *why;
} cases[] = {
	{ "2205 2203 02 27", 8, NULL },
	{ "2205 2203 03 27", 2, NULL },
	{ "2203 2205 03 27", -2, NULL },
	{ "2205 2203 04 27", 15, NULL },
	{ "22f9 1608 2202 05 27", -3, NULL },		/* -7 / 2 */
	{ "22f9 1608 2202 07 27", -1, NULL },
	{ "22f9 2202 06 27", 124, NULL },
	{ "22f9 220a 08 27", 9, NULL },
	{ "2201 2200 05 27", 0, "it divides by zero" },
	{ "2201 2200 06 27", 0, "it divides by zero" },
	{ "2201 2200 07 27", 0, "it divides by zero" },
	{ "2201 2200 08 27", 0, "it divides by zero" },
	{ "258000000000000000 22ff 1608 05 27", INT64_MIN, NULL },	/* wraps, does not trap */
	{ "258000000000000000 22ff 1608 07 27", 0, NULL },
	{ "2201 2204 09 27", 16, NULL },
	{ "2201 2240 09 27", 0, NULL },
	{ "2280 1608 2203 0a 27", -16, NULL },
	{ "2280 1608 22ff 0a 27", -1, NULL },
	{ "2280 2203 0b 27", 16, NULL },
	{ "2280 2240 0b 27", 0, NULL },
	{ "2200 0e 27", 1, NULL },
	{ "2207 0e 27", 0, NULL },
	{ "220c 220a 0f 27", 8, NULL },
	{ "220c 220a 10 27", 14, NULL },
	{ "220c 220a 11 27", 6, NULL },
	{ "2200 12 27", -1, NULL },
	{ "2207 2207 13 27", 1, NULL },
	{ "22ff 1608 2201 14 27", 1, NULL },
	{ "22ff 1608 2201 15 27", 0, NULL },
	{ "23ffff 1610 27", -1, NULL },
	{ "23ffff 1640 27", 0xffff, NULL },
	{ "22ff 1600 27", 0, "it extends a value of no bits" },
	{ "2420000000 17 27", 0x88, NULL },
	{ "2420000001 18 27", 0xaa99, NULL },
	{ "2420000000 19 27", 0xbbaa9988, NULL },
	{ "2420000000 1a 27", (int64_t)0xffeeddccbbaa9988, NULL },
	{ "2420000006 19 27", 0, "memory cannot be read" },
	{ "24ffffffff 19 27", 0, "memory cannot be read" },
	{ "2420000000 1620 17 27", 0x88, NULL },
	{ "2201 200008 2207 27 2209 27", 9, NULL },
	{ "2200 200008 2207 27 2209 27", 7, NULL },
	{ "210006 2207 27 2209 27", 9, NULL },
	{ "231234 27", 0x1234, NULL },
	{ "2412345678 27", 0x12345678, NULL },
	{ "251122334455667788 27", 0x1122334455667788, NULL },
	{ "26000d 27", 0x10d, NULL },
	{ "260063 27", 0, "a register cannot be read" },
	{ "2207 28 02 27", 14, NULL },
	{ "2207 2208 29 27", 7, NULL },
	{ "24ffffffff 2a08 27", 0xff, NULL },
	{ "2207 2208 2b 03 27", 1, NULL },
	{ "2207 2208 3201 03 27", 1, NULL },
	{ "2207 3201 27", 0, "the stack is empty" },
	{ "2201 2202 2203 33 27", 2, NULL },
	{ "2201 2202 2203 33 29 27", 1, NULL },
	{ "2201 2202 2203 33 29 29 27", 3, NULL },
	{ "27", 0, "the stack is empty" },
	{ "02 27", 0, "the stack is empty" },
	{ "2201", 0, "it runs past its end" },
	{ "24112233", 0, "it is cut off" },
	{ "21ffff", 0, "it runs past its end" },
	{ "210000", 0, "it does not end" },
	{ "2201 210000", 0, "the stack is full" },
	{ "2c0001 27", 0, "it traces, or uses floating point" },
	{ "2201 0c 27", 0, "it traces, or uses floating point" },
	{ "2201 01 27", 0, "it traces, or uses floating point" },
	{ "", 0, "it runs past its end" },
};

static size_t decode(const char *hex, uint8_t *code)
{
	size_t n = 0;

	for (; *hex != '\0'; hex++) {
		if (*hex == ' ')
			continue;
		assert_true(hex_decode(&code[n++], hex, 2));
		hex++;
	}
	return n;
}

static void test_opcodes(void **state)
{
	uint8_t code[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct agent_result r = agent_run(code, decode(cases[i].code, code), &world);
		bool failed = r.verdict == AGENT_FAILED;

		if (failed != (cases[i].why != NULL) ||
		    (failed ? strcmp(r.why, cases[i].why) != 0 : r.value != cases[i].value))
			fail_msg("%s: %lld %s", cases[i].code, (long long)r.value,
				 failed ? r.why : "");
	}
}

/* What GDB 13 sends for `counter == 5` and `n == 1 && counter > 2`. */
static void test_code_that_gdb_makes(void **state)
{
	uint8_t code[64];
	size_t n = decode("2420000000 19 1620 24bbaa9988 1620 13 27", code);

	(void)state;
	assert_int_equal(agent_run(code, n, &world).value, 1);
	n = decode("260000 220f 0f 0e 20000f 2201 210011 2200 27", code);
	assert_int_equal(agent_run(code, n, &world).verdict, AGENT_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_opcodes),
		cmocka_unit_test(test_code_that_gdb_makes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
