/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Instructions as text; what is expected is what GNU objdump prints for the same bits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "target/thumb.h"

#define AT 0x08000200u

static const struct {
	uint16_t lo, hi;
	const char *text;
} cases[] = {
	{ 0xbf00, 0, "nop" },
	{ 0xbeab, 0, "bkpt\t0x00ab" },
	{ 0xbf30, 0, "wfi" },
	{ 0xbf08, 0, "it\teq" },
	{ 0xbf1e, 0, "ittt\tne" },
	{ 0xbf0c, 0, "ite\teq" },
	{ 0xe7fe, 0, "b.n\t0x08000200" },
	{ 0xd1fc, 0, "bne.n\t0x080001fc" },
	{ 0xb10b, 0, "cbz\tr3, 0x08000206" },
	{ 0x4770, 0, "bx\tlr" },
	{ 0x4798, 0, "blx\tr3" },
	{ 0x4604, 0, "mov\tr4, r0" },
	{ 0x2001, 0, "movs\tr0, #1" },
	{ 0x0840, 0, "lsrs\tr0, r0, #1" },
	{ 0x0800, 0, "lsrs\tr0, r0, #32" },
	{ 0x4a02, 0, "ldr\tr2, [pc, #8] ; 0x0800020c" },
	{ 0x604a, 0, "str\tr2, [r1, #4]" },
	{ 0x9802, 0, "ldr\tr0, [sp, #8]" },
	{ 0xb082, 0, "sub\tsp, #8" },
	{ 0xb510, 0, "push\t{r4, lr}" },
	{ 0xbd70, 0, "pop\t{r4, r5, r6, pc}" },
	{ 0xc10c, 0, "stmia\tr1!, {r2, r3}" },
	{ 0xc902, 0, "ldmia\tr1, {r1}" },
	{ 0xb672, 0, "cpsid\ti" },
	{ 0xdf05, 0, "svc\t5" },
	{ 0xde00, 0, "udf\t#0" },
	{ 0xb800, 0, ".short\t0xb800" },
	{ 0xf7ff, 0xfffe, "bl\t0x08000200" },
	{ 0xf000, 0xf84c, "bl\t0x0800029c" },
	{ 0xf000, 0x8002, "beq.w\t0x08000208" },
	{ 0xf04f, 0x0301, "mov.w\tr3, #1" },
	{ 0xf04f, 0x23aa, "mov.w\tr3, #2852170240" },
	{ 0xf44f, 0x6380, "mov.w\tr3, #1024" },
	{ 0xf64e, 0x5342, "movw\tr3, #60738" },
	{ 0xf2c0, 0x0300, "movt\tr3, #0" },
	{ 0xf103, 0x0301, "add.w\tr3, r3, #1" },
	{ 0xf3c3, 0x1304, "ubfx\tr3, r3, #4, #5" },
	{ 0xf362, 0x1307, "bfi\tr3, r2, #4, #4" },
	{ 0xeb03, 0x0383, "add.w\tr3, r3, r3, lsl #2" },
	{ 0xea4f, 0x2c8c, "lsl.w\tr12, r12, #10" },
	{ 0xf853, 0x2022, "ldr.w\tr2, [r3, r2, lsl #2]" },
	{ 0xf8d3, 0x2100, "ldr.w\tr2, [r3, #256]" },
	{ 0xf843, 0x2b04, "str.w\tr2, [r3], #4" },
	{ 0xf843, 0x2d04, "str.w\tr2, [r3, #-4]!" },
	{ 0xe9d3, 0x2304, "ldrd\tr2, r3, [r3, #16]" },
	{ 0xe92d, 0x41f0, "stmdb\tsp!, {r4, r5, r6, r7, r8, lr}" },
	{ 0xe8bd, 0x81f0, "ldmia.w\tsp!, {r4, r5, r6, r7, r8, pc}" },
	{ 0xfb90, 0xf0f1, "sdiv\tr0, r0, r1" },
	{ 0xfb02, 0x1303, "mla\tr3, r2, r3, r1" },
	{ 0xf3bf, 0x8f4f, "dsb\tsy" },
	{ 0xf3ef, 0x8010, "mrs\tr0, primask" },
	{ 0xf380, 0x8808, "msr\tmsp, r0" },
	{ 0xed9f, 0x7a02, "vldr\ts14, [pc, #8]" },
	{ 0xee30, 0x0a00, ".inst.w\t0xee300a00" },
};

static void test_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf text = { 0 };
		unsigned length = thumb_disassemble(AT, cases[i].lo, cases[i].hi, &text);

		if (strcmp((const char *)text.data, cases[i].text) != 0)
			fail_msg("0x%04x 0x%04x: \"%s\", not \"%s\"", cases[i].lo, cases[i].hi, text.data,
				 cases[i].text);
		assert_int_equal(length, cases[i].lo >= 0xe800 ? 4 : 2);
		buf_free(&text);
	}
}

/* Any bits give some text, and no more than a line. */
static void test_every_first_halfword_has_a_text(void **state)
{
	(void)state;
	for (uint32_t lo = 0; lo <= 0xffff; lo++) {
		struct buf text = { 0 };

		thumb_disassemble(AT, (uint16_t)lo, (uint16_t)(lo * 40503u), &text);
		assert_true(text.len > 0 && text.len < 120);
		assert_null(strchr((const char *)text.data, '%'));
		buf_free(&text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_every_first_halfword_has_a_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
