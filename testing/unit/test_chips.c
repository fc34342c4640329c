/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of --chip and --board: which row a part number means, and what is offered for a wrong
 * one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "oneshot/chips.h"

static const char list[] = "# a comment\n"
			   "\n"
			   "chip\tstm32l476\ttarget/l4.cfg\t-\tSTM32L47x/L48x\n"
			   "chip stm32l432 target/l4.cfg - STM32L43x/L44x\r\n"
			   "chip stm32l4 target/l4.cfg - STM32L4*\n"
			   "chip mimxrt1064,imxrt1064,rt1064 target/rt.cfg imxrt1064 i.MX RT106x\n"
			   "chip imxrt10 target/rt.cfg - i.MX RT10*\n"
			   "chip cortex-m target/any.cfg - -\n"
			   "board nucleo-l476rg board/l4.cfg stm32l476 ST NUCLEO-L476RG\n"
			   "board nucleo-l476rg board/second.cfg stm32l476 shadowed\n";

static struct chip_table table;

static const struct {
	enum chip_kind kind;
	const char *word, *script, *chip; /* script NULL: no such row */
} names[] = {
	{ ROW_CHIP, "stm32l476rg", "target/l4.cfg", NULL },
	{ ROW_CHIP, "STM32L476RGT6", "target/l4.cfg", NULL },
	{ ROW_CHIP, "stm32l4x", "target/l4.cfg", NULL },
	{ ROW_CHIP, "STM32L4", "target/l4.cfg", NULL },
	{ ROW_CHIP, "MIMXRT1064DVL6A", "target/rt.cfg", "imxrt1064" },
	{ ROW_CHIP, "imxrt1064", "target/rt.cfg", "imxrt1064" },
	{ ROW_CHIP, "RT1064", "target/rt.cfg", "imxrt1064" },
	{ ROW_CHIP, "imxrt1062", "target/rt.cfg", NULL },
	{ ROW_CHIP, "Cortex_M", "target/any.cfg", NULL },
	{ ROW_CHIP, "stm32f407", NULL, NULL },
	{ ROW_CHIP, "stm32", NULL, NULL },
	{ ROW_CHIP, "", NULL, NULL },
	{ ROW_CHIP, "stm32l476; halt", NULL, NULL },
	{ ROW_CHIP, "nucleo-l476rg", NULL, NULL },
	{ ROW_BOARD, "nucleo-l476rg", "board/l4.cfg", "stm32l476" },
	{ ROW_BOARD, "NUCLEO_L476RG", "board/l4.cfg", "stm32l476" },
	{ ROW_BOARD, "nucleo", NULL, NULL },
	{ ROW_BOARD, "nucleo-l476rg-x", NULL, NULL },
};

static void test_a_part_number_finds_its_script(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const struct chip_row *row = chips_find(&table, names[i].kind, names[i].word);

		if ((row == NULL) != (names[i].script == NULL))
			fail_msg("\"%s\": %s", names[i].word, row ? row->script : "no row");
		if (row == NULL)
			continue;
		assert_string_equal(row->script, names[i].script);
		if (names[i].chip != NULL)
			assert_string_equal(row->chip, names[i].chip);
		else
			assert_null(row->chip);
	}
}

static void test_the_longest_name_wins(void **state)
{
	(void)state;
	assert_string_equal(chips_find(&table, ROW_CHIP, "stm32l476rg")->words, "STM32L47x/L48x");
	assert_string_equal(chips_find(&table, ROW_CHIP, "stm32l496")->words, "STM32L4*");
}

static void test_a_chip_that_was_found_gets_the_most_general_row(void **state)
{
	(void)state;
	assert_string_equal(chips_find_found(&table, "STM32L47x/L48x")->names, "stm32l4");
	assert_string_equal(chips_find_found(&table, "i.MX RT106x")->names, "imxrt10");
	assert_null(chips_find_found(&table, "STM32F405/F407"));
}

static void test_the_wrong_chip_does_not_fit(void **state)
{
	(void)state;
	assert_true(chips_fits(chips_find(&table, ROW_CHIP, "stm32l476"), "STM32L47x/L48x"));
	assert_false(chips_fits(chips_find(&table, ROW_CHIP, "stm32l476"), "STM32L43x/L44x"));
	assert_true(chips_fits(chips_find(&table, ROW_CHIP, "stm32l4"), "STM32L43x/L44x"));
	assert_true(chips_fits(chips_find(&table, ROW_CHIP, "cortex-m"), "anything"));
}

static const struct {
	enum chip_kind kind;
	const char *word, *near;
} mistakes[] = {
	{ ROW_CHIP, "stm23l476rg", "stm32l476" }, /* neighbours swapped */
	{ ROW_CHIP, "smt32l476", "stm32l476" },
	{ ROW_CHIP, "stm32", "stm32l476, stm32l432, stm32l4" },
	{ ROW_CHIP, "msp430", "" },
	{ ROW_CHIP, "", "" },
	{ ROW_BOARD, "nucleo-l467rg", "nucleo-l476rg" },
};

static void test_the_nearest_names_are_offered(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(mistakes); i++) {
		struct buf out = { 0 };

		chips_nearest(&table, mistakes[i].kind, mistakes[i].word, 6, &out);
		if (strncmp(out.len ? (const char *)out.data : "", mistakes[i].near,
			    strlen(mistakes[i].near)) != 0 ||
		    (mistakes[i].near[0] == '\0' && out.len > 0))
			fail_msg("\"%s\": offered \"%s\"", mistakes[i].word,
				 out.len ? (char *)out.data : "");
		buf_free(&out);
	}
}

static const char *const broken[] = {
	"chip\n",
	"chip a b c\n",
	"core a b - words\n",
	"chip a b - \n",
};

static void test_a_broken_row_names_file_and_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(broken); i++) {
		struct chip_table t = { 0 };
		struct buf text = { 0 };

		buf_printf(&text, "# one\n%s", broken[i]);
		error_clear();
		assert_int_equal(chips_add(&t, (const char *)text.data, "my.list"), ERR_SCRIPT);
		assert_non_null(strstr(error_current()->why, "my.list, line 2"));
		buf_free(&text);
		chips_free(&t);
	}
	error_clear();
}

static int setup(void **state)
{
	(void)state;
	return chips_add(&table, list, "list") == OK ? 0 : 1;
}

static int teardown(void **state)
{
	(void)state;
	chips_free(&table);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_part_number_finds_its_script),
		cmocka_unit_test(test_the_longest_name_wins),
		cmocka_unit_test(test_a_chip_that_was_found_gets_the_most_general_row),
		cmocka_unit_test(test_the_wrong_chip_does_not_fit),
		cmocka_unit_test(test_the_nearest_names_are_offered),
		cmocka_unit_test(test_a_broken_row_names_file_and_line),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
