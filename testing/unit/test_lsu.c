/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses of loads and stores; opcodes as arm-none-eabi-as assembles them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "target/lsu.h"

/* r0 = 0x20000000, r1 = 0x20000100, ... r12 = 0x20000c00, sp = 0x20001000, pc = 0x08000100 */
static struct lsu_regs registers(void)
{
	struct lsu_regs regs;

	for (uint32_t i = 0; i < 13; i++)
		regs.r[i] = 0x20000000 + 0x100 * i;
	regs.r[3] = 0x10;	/* an index */
	regs.r[13] = 0x20001000;
	regs.r[14] = 0x08000201;
	regs.r[15] = 0x08000100;
	return regs;
}

static const struct {
	const char *text;
	uint16_t lo, hi;
	bool is_before;		/* registers are those before */
	uint32_t addr, bytes;
	bool is_store;
} cases[] = {
	{ "str r2, [r1, #4]",		0x604a, 0, false, 0x20000104, 4, true },
	{ "ldr r2, [r1, #4]",		0x684a, 0, false, 0x20000104, 4, false },
	{ "strb r2, [r1, #1]",		0x704a, 0, false, 0x20000101, 1, true },
	{ "ldrh r2, [r1, #2]",		0x884a, 0, false, 0x20000102, 2, false },
	{ "str r2, [r1, r3]",		0x50ca, 0, false, 0x20000110, 4, true },
	{ "ldrsb r2, [r1, r3]",		0x56ca, 0, false, 0x20000110, 1, false },
	{ "ldrsh r2, [r1, r3]",		0x5eca, 0, false, 0x20000110, 2, false },
	{ "strh r2, [r1, r3]",		0x52ca, 0, false, 0x20000110, 2, true },
	{ "ldr r0, [sp, #8]",		0x9802, 0, false, 0x20001008, 4, false },
	{ "str r0, [sp, #8]",		0x9002, 0, false, 0x20001008, 4, true },
	{ "ldr r0, [pc, #16]",		0x4804, 0, false, 0x08000114, 4, false },
	{ "push {r4, lr}, before",	0xb510, 0, true, 0x20000ff8, 8, true },
	{ "push {r4, lr}, after",	0xb510, 0, false, 0x20001000, 8, true },
	{ "pop {r4, pc}, before",	0xbd10, 0, true, 0x20001000, 8, false },
	{ "stmia r1!, {r2, r3}, after", 0xc10c, 0, false, 0x200000f8, 8, true },
	{ "ldmia r1!, {r2, r4}, before", 0xc914, 0, true, 0x20000100, 8, false },
	{ "str.w r2, [r1, #256]",	0xf8c1, 0x2100, false, 0x20000200, 4, true },
	{ "ldrb.w r2, [r1, #256]",	0xf891, 0x2100, false, 0x20000200, 1, false },
	{ "str.w r2, [r1, #-4]",	0xf841, 0x2c04, false, 0x200000fc, 4, true },
	{ "str.w r2, [r1], #4, after",	0xf841, 0x2b04, false, 0x200000fc, 4, true },
	{ "str.w r2, [r1], #4, before", 0xf841, 0x2b04, true, 0x20000100, 4, true },
	{ "str.w r2, [r1, #4]!, after", 0xf841, 0x2f04, false, 0x20000100, 4, true },
	{ "str.w r2, [r1, #4]!, before", 0xf841, 0x2f04, true, 0x20000104, 4, true },
	{ "str.w r2, [r1, r3, lsl #2]", 0xf841, 0x2023, false, 0x20000140, 4, true },
	{ "ldr.w r2, [pc, #-8]",	0xf85f, 0x2008, false, 0x080000fc, 4, false },
	{ "strd r4, r5, [r1, #8]",	0xe9c1, 0x4502, false, 0x20000108, 8, true },
	{ "ldrd r4, r5, [r1], #8, after", 0xe8f1, 0x4502, false, 0x200000f8, 8, false },
	{ "stmdb sp!, {r4-r7}, before", 0xe92d, 0x00f0, true, 0x20000ff0, 16, true },
	{ "ldmia.w r1, {r4-r6}",	0xe891, 0x0070, false, 0x20000100, 12, false },
	{ "vstr s0, [r1, #4]",		0xed81, 0x0a01, false, 0x20000104, 4, true },
	{ "vldr d0, [r1, #8]",		0xed91, 0x0b02, false, 0x20000108, 8, false },
};

static void test_addresses(void **state)
{
	struct lsu_regs regs = registers();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct lsu_access a = { 0 };
		bool ok = cases[i].is_before ? lsu_decode_before(cases[i].lo, cases[i].hi, &regs, &a)
					     : lsu_decode(cases[i].lo, cases[i].hi, &regs, &a);

		if (!ok || a.addr != cases[i].addr || a.bytes != cases[i].bytes ||
		    a.is_store != cases[i].is_store)
			fail_msg("%s: %d 0x%08x %u %d", cases[i].text, ok, a.addr, a.bytes, a.is_store);
		assert_int_equal(a.length, cases[i].lo >= 0xe800 ? 4 : 2);
	}
}

static const struct {
	const char *text;
	uint16_t lo, hi;
} others[] = {
	{ "movs r0, #1", 0x2001, 0 },
	{ "bl", 0xf000, 0xf800 },
	{ "b.n", 0xe7fe, 0 },
	{ "nop", 0xbf00, 0 },
	{ "bkpt", 0xbe00, 0 },
	{ "adds r0, r1, r2", 0x1888, 0 },
	{ "ldr r1, [r1, #4]: its base is gone", 0x6849, 0 },
	{ "ldr r3, [r1, r3]: its index is gone", 0x58cb, 0 },
	{ "ldmia r1, {r1, r2}: its base is gone", 0xc906, 0 },
	{ "vadd.f32", 0xee30, 0x0a00 },
	{ "add.w", 0xeb00, 0x0001 },
};

static void test_what_is_no_access_or_cannot_be_told(void **state)
{
	struct lsu_regs regs = registers();
	struct lsu_access a;

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (lsu_decode(others[i].lo, others[i].hi, &regs, &a))
			fail_msg("%s was taken for an access", others[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_what_is_no_access_or_cannot_be_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
