/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Instructions under a breakpoint in flash: worked out, executed elsewhere, or refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "target/patch_priv.h"

#define PC 0x08000102u	/* no multiple of 4: literals count from the word */
#define T  0x01000000u
#define Z  0x40000000u

static const struct {
	uint16_t lo, hi;
	uint32_t xpsr, pc;		/* pc: expected behind it */
	uint32_t load_addr;		/* 0: no load */
} cases[] = {
	{ 0xd0fe, 0, T | Z, PC, 0 },			/* beq . */
	{ 0xd0fe, 0, T, PC + 2, 0 },
	{ 0xd1fe, 0, T, PC, 0 },			/* bne . */
	{ 0xe7fa, 0, T, PC - 8, 0 },			/* b.n */
	{ 0xb108, 0, T, PC + 6, 0 },			/* cbz r0, +2 */
	{ 0xb908, 0, T, PC + 2, 0 },			/* cbnz r0 */
	{ 0xb309, 0, T, PC + 2, 0 },			/* cbz r1: not zero */
	{ 0xb300, 0, T, PC + 4 + 64, 0 },		/* cbz r0, the bit in front */
	{ 0x4a02, 0, T, PC + 2, 0x0800010c },		/* ldr r2, [pc, #8] */
	{ 0xf7ff, 0xfff0, T, PC + 4 - 32, 0 },		/* bl */
	{ 0xf000, 0xb802, T, PC + 4 + 4, 0 },		/* b.w */
	{ 0xf43f, 0xaffe, T | Z, PC, 0 },		/* beq.w . */
	{ 0xf43f, 0xaffe, T, PC + 4, 0 },
	{ 0xf8df, 0x2008, T, PC + 4, 0x0800010c },	/* ldr.w r2, [pc, #8] */
	{ 0xf85f, 0x2008, T, PC + 4, 0x080000fc },	/* the same backwards */
	/* ITSTATE 0x08, "eq", the last of its block: passed if Z, else nothing happens. */
	{ 0xe7fa, 0, T | Z | 0x0800, PC - 8, 0 },
	{ 0xe7fa, 0, T | 0x0800, PC + 2, 0 },
};

static void test_branches_and_literals(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct displaced_core c = { .r = { [1] = 1, [15] = PC }, .xpsr = cases[i].xpsr };

		assert_true(displace_emulate(cases[i].lo, cases[i].hi, &c));
		if (c.r[15] != cases[i].pc ||
		    (c.has_load ? c.load_addr : 0) != cases[i].load_addr || (c.xpsr & 0xfc00) != 0)
			fail_msg("%04x %04x: pc 0x%08x load 0x%08x", cases[i].lo, cases[i].hi, c.r[15],
				 c.load_addr);
	}
}

static void test_a_call_and_an_address(void **state)
{
	struct displaced_core c = { .r = { [15] = PC }, .xpsr = T };

	(void)state;
	assert_true(displace_emulate(0xf000, 0xf802, &c));	/* bl +4 */
	assert_int_equal(c.r[14], (PC + 4) | 1);
	assert_int_equal(c.r[15], PC + 8);
	c.r[15] = PC;
	assert_true(displace_emulate(0xa101, 0, &c));		/* adr r1, pc + 4 */
	assert_int_equal(c.r[1], 0x08000108);
	c.r[15] = PC;
	assert_true(displace_emulate(0xf2af, 0x0304, &c));	/* adr.w r3, pc - 4 */
	assert_int_equal(c.r[3], 0x08000100);
}

static void test_what_goes_where(void **state)
{
	static const uint16_t anywhere[][2] = {
		{ 0x4603, 0 }, { 0xbd38, 0 }, { 0x4770, 0 }, { 0x46f7, 0 }, { 0xbf30, 0 }, { 0xbf08, 0 },
		{ 0xfb00, 0xf000 }, { 0xe8bd, 0x8010 }, { 0xf842, 0x0023 }, { 0xf3bf, 0x8f4f },
	};
	static const uint16_t stuck[][2] = {
		{ 0xbe00, 0 }, { 0xdf00, 0 }, { 0xde00, 0 }, { 0x4478, 0 }, { 0x4678, 0 }, { 0x4487, 0 },
		{ 0xe8df, 0xf000 }, { 0xe9df, 0x0102 }, { 0xed9f, 0x0b02 }, { 0xf89f, 0x0004 },
		{ 0xf8df, 0xf004 },
	};
	struct displaced_core c = { .r = { [15] = PC }, .xpsr = T };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(anywhere); i++) {
		assert_int_equal(displace_check(PC, anywhere[i][0], anywhere[i][1]), OK);
		assert_false(displace_emulate(anywhere[i][0], anywhere[i][1], &c));
	}
	for (size_t i = 0; i < ARRAY_SIZE(stuck); i++) {
		if (displace_check(PC, stuck[i][0], stuck[i][1]) == OK)
			fail_msg("%04x is not refused", stuck[i][0]);
		error_clear();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_branches_and_literals),
		cmocka_unit_test(test_a_call_and_an_address),
		cmocka_unit_test(test_what_goes_where),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
