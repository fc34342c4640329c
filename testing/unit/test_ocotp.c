/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ocotp: tables without gaps, timing by the manual's examples, plans, dangers, tokens, the boot walk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

#include "flash/ocotp_priv.h"

static const struct imxrt_part *part(const char *name)
{
	for (const struct imxrt_part *p = imxrt_parts; p->name != NULL; p++)
		if (strcmp(p->name, name) == 0)
			return p;
	fail_msg("no part %s", name);
	return NULL;
}

/* No two fields of a word share a bit, and no two fields or words a name. */
static void test_tables(void **state)
{
	(void)state;
	for (const struct imxrt_part *p = imxrt_parts; p->name != NULL; p++) {
		uint32_t seen[MAX_WORDS] = { 0 };

		for (const struct fuse_field *f = ocotp_fields(p); f->name != NULL; f++) {
			unsigned word = 0;
			const struct fuse_field *found;

			assert_true(f->lsb <= f->msb && f->msb < 32 && ocotp_has_word(p, f->word));
			if (seen[f->word] & ocotp_field_mask(f))
				fail_msg("%s: %s overlaps", p->name, f->name);
			seen[f->word] |= ocotp_field_mask(f);
			assert_int_equal(ocotp_find(p, f->name, &word, &found), OK);
			if (found != f)
				fail_msg("%s: %s twice", p->name, f->name);
			assert_true((f->danger == FUSE_HARMLESS) == (f->loss == NULL));
			for (unsigned w = 0; w < p->ocotp_words; w++)
				if (strcasecmp(ocotp_word_name(p, w), f->name) == 0 &&
				    f->msb - f->lsb != 31 && strcmp(f->name, "SRK_REVOKE") != 0)
					fail_msg("%s: %s is a word, too", p->name, f->name);
		}
		/* Whatever takes debugging or the downloader away must be asked for by name. */
		for (const struct fuse_field *f = ocotp_fields(p); f->name != NULL; f++)
			if (f->word == 6 && (ocotp_field_mask(f) & 0x0cdf0012))
				assert_int_not_equal(f->danger, FUSE_HARMLESS);
	}
}

static void test_names(void **state)
{
	static const struct { const char *text; unsigned word; bool field; } cases[] = {
		{ "6", 6, false }, { "0x06", 6, false }, { "0x460", 6, false }, { "BOOT_CFG1", 6, false },
		{ "boot_cfg1", 6, false }, { "bt_fuse_sel", 6, true }, { "0x6d0", 0x2d, false },
		{ "0x8f0", 0x3f, false }, { "0x401f4460", 6, false }, { "GP4_3", 0x3f, false },
	};
	const struct fuse_field *field;
	unsigned word = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(ocotp_find(part("RT1064"), cases[i].text, &word, &field), OK);
		assert_int_equal(word, cases[i].word);
		assert_int_equal(field != NULL, cases[i].field);
	}
	assert_int_equal(ocotp_find(part("RT1024"), "0x8f0", &word, &field), ERR_ARGUMENT);
	assert_int_equal(ocotp_find(part("RT1064"), "0x700", &word, &field), ERR_ARGUMENT);
	assert_int_equal(ocotp_find(part("RT1064"), "nothing", &word, &field), ERR_ARGUMENT);
	assert_int_equal(ocotp_find(part("RT1064"), "0x465", &word, &field), ERR_ARGUMENT);
}

/* IMXRT1064RM's formulas at clocks one meets. */
static void test_timing(void **state)
{
	static const struct { uint32_t hz, timing; } cases[] = {
		{ 3000000, 0x0002001f }, { 24000000, 0x00c620f5 }, { 66000000, 0x025062a1 },
		{ 132000000, 0x04e1d543 },
	};
	uint32_t timing = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(ocotp_timing(cases[i].hz, 0, &timing), OK);
		assert_int_equal(timing, cases[i].timing);
	}
	assert_int_equal(ocotp_timing(24000000, 0xf0000000, &timing), OK);
	assert_int_equal(timing, 0xf0c620f5);
	assert_int_equal(ocotp_timing(400000000, 0, &timing), ERR_UNSUPPORTED);
	for (uint32_t hz = 1000000; hz <= 160000000; hz += 500000)
		if (ocotp_timing(hz, 0, &timing) == OK) {
			uint32_t cycles = (timing & 0xfff) + 1 - 2 * ((timing >> 12 & 0xf) + 1);

			assert_in_range(cycles, hz / 1000000 * 9, (hz / 1000000 + 1) * 11);
		}
}

static void test_clock(void **state)
{
	struct ocotp_clock reset = { .ccsr = 0x100, .cacrr = 1, .cbcdr = 0x000a8300, .cbcmr = 0x2dae8324,
				     .pll_arm = 0x00013063, .pll_usb1 = 0x00012000,
				     .pll_sys = 0x00013001, .pll_enet = 0x00011001,
				     .pfd_480 = 0x1311100c, .pfd_528 = 0x1018101b };
	struct ocotp_clock run = reset;
	uint32_t hz = 0;

	(void)state;
	assert_int_equal(ocotp_ipg_hz(part("RT1064"), &reset, &hz), OK);
	assert_int_equal(hz, 3000000);
	assert_int_equal(ocotp_ipg_hz(part("RT1024"), &reset, &hz), OK);
	assert_int_equal(hz, 3000000);
	run.pll_arm = 0x80002042;	/* 24 * 66 / 2 = 792 MHz, / 2, IPG / 3 */
	run.cbcdr = 0x000a8200;
	assert_int_equal(ocotp_ipg_hz(part("RT1064"), &run, &hz), OK);
	assert_int_equal(hz, 132000000);
	run.cbcdr |= BIT(25);		/* the crystal */
	run.cbcmr = (run.cbcmr & ~0x3000u) | 0x1000;
	assert_int_equal(ocotp_ipg_hz(part("RT1064"), &run, &hz), OK);
	assert_int_equal(hz, 8000000);
	run = reset;
	run.pll_enet = 0x80002001;	/* 500 MHz: divided by ARM_PODF, or not? */
	assert_false(ocotp_ipg_is_certain(part("RT1024"), &run));
	assert_true(ocotp_ipg_is_certain(part("RT1064"), &run));
	assert_true(ocotp_ipg_is_certain(part("RT1024"), &reset));
	run = reset;
	run.cbcmr &= ~(2u << 18);	/* PFD2 of PLL2, which is bypassed */
	assert_false(ocotp_ipg_is_certain(part("RT1064"), &run));
	assert_int_equal(ocotp_ipg_hz(part("RT1064"), &run, &hz), ERR_UNSUPPORTED);
	run.pll_sys = 0x80002001;	/* 528 MHz * 18 / 24, IPG / 4 */
	assert_true(ocotp_ipg_is_certain(part("RT1064"), &run));
	assert_int_equal(ocotp_ipg_hz(part("RT1064"), &run, &hz), OK);
	assert_int_equal(hz, 99000000);
	run = reset;
	run.pll_enet = 0x80002001;
	run.cbcdr = 0;			/* 500 MHz are no IPG clock */
	assert_int_equal(ocotp_ipg_hz(part("RT1024"), &run, &hz), ERR_UNSUPPORTED);
}

static void make(struct imxrt_chip *chip, struct fuse_image *image, const char *name)
{
	*chip = (struct imxrt_chip){ .part = part(name), .uid = 0x1122334455667788 };
	*image = (struct fuse_image){ .has_fuses = true };
}

static void test_no_way_back(void **state)
{
	struct fuse_image image;
	struct imxrt_chip chip;
	struct fuse_plan plan;
	const char *text;

	(void)state;
	make(&chip, &image, "RT1024");
	image.fuse[6] = image.shadow[6] = 0x00010010;
	assert_int_equal(fuse_plan_make(&chip, &image, 6, NULL, 0, &plan), ERR_REFUSED);
	text = error_text(error_current());
	for (size_t i = 0; i < 8; i++) {
		static const char *const says[] = { "only go from 0 to 1", "bit 4 BT_FUSE_SEL",
			"bit 16 FORCE_INTERNAL_BOOT", "0x00010010", "Lost: the serial downloader",
			"SWD still works", "erase the headers", "imxrt ram_boot" };

		if (strstr(text, says[i]) == NULL)
			fail_msg("\"%s\" is missing in: %s", says[i], text);
	}
	/* Every single bit of every word, on its way back. */
	for (unsigned word = 0x26; word < 0x29; word++)
		for (unsigned bit = 0; bit < 32; bit++) {
			image.fuse[word] = image.shadow[word] = BIT(bit);
			assert_int_equal(fuse_plan_make(&chip, &image, word, NULL, 0, &plan), ERR_REFUSED);
			assert_int_equal(fuse_plan_make(&chip, &image, word, NULL, ~BIT(bit), &plan),
					 ERR_REFUSED);
			assert_int_equal(fuse_plan_make(&chip, &image, word, NULL, BIT(bit), &plan),
					 ERR_REFUSED);
			assert_non_null(strstr(error_text(error_current()), "nothing to burn"));
		}
	error_clear();
}

static void test_locks(void **state)
{
	static const struct { const char *part; unsigned word, lock_lsb; } cases[] = {
		{ "RT1064", 0x05, 2 }, { "RT1064", 0x07, 2 }, { "RT1064", 0x20, 6 }, { "RT1064", 0x22, 8 },
		{ "RT1064", 0x24, 8 }, { "RT1064", 0x26, 10 }, { "RT1064", 0x27, 12 },
		{ "RT1064", 0x28, 16 }, { "RT1064", 0x29, 21 }, { "RT1064", 0x2d, 22 },
		{ "RT1064", 0x3c, 24 }, { "RT1064", 0x38, 26 }, { "RT1024", 0x24, 26 },
		{ "RT1024", 0x18, 14 }, { "RT1050", 0x06, 2 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fuse_image image;
		struct imxrt_chip chip;
		struct fuse_plan plan;

		make(&chip, &image, cases[i].part);
		assert_int_equal(fuse_plan_make(&chip, &image, cases[i].word, NULL, 1, &plan), OK);
		image.fuse[0] = BIT(cases[i].lock_lsb);
		assert_int_not_equal(fuse_plan_make(&chip, &image, cases[i].word, NULL, 1, &plan), OK);
	}
	error_clear();
}

static void test_dangers(void **state)
{
	static const struct { const char *field; uint32_t value; const char *names; } cases[] = {
		{ "BOOT_FREQ", 1, "" },
		{ "BT_FUSE_SEL", 1, "BT_FUSE_SEL" },
		{ "FORCE_INTERNAL_BOOT", 1, "FORCE_INTERNAL_BOOT" },
		{ "SDP_DISABLE", 1, "SDP_DISABLE" },
		{ "SEC_CONFIG1", 1, "SEC_CONFIG1 NO_SRK" },
		{ "JTAG_SMODE", 3, "JTAG_SMODE" },
		{ "SJC_DISABLE", 1, "SJC_DISABLE" },
		{ "DAP_SJC_SWD_SEL", 1, "DAP_SJC_SWD_SEL" },
		{ "KTE", 1, "KTE" },
		{ "LOCK_BOOT_CFG", 1, "LOCK_BOOT_CFG" },
		{ "MEM0", 1, "MEM0" },
		{ "0x460", 0x00030000, "FORCE_INTERNAL_BOOT SDP_DISABLE NO_DOWNLOADER" },
		{ "GP1", 5, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct fuse_field *field = NULL;
		char names[256] = "", text[256];
		const char *list[16];
		struct fuse_image image;
		struct imxrt_chip chip;
		struct fuse_plan plan;
		unsigned word = 0;
		size_t count = 0;

		make(&chip, &image, "RT1064");
		assert_int_equal(ocotp_find(chip.part, cases[i].field, &word, &field), OK);
		assert_int_equal(fuse_plan_make(&chip, &image, word, field, cases[i].value, &plan), OK);
		for (size_t j = 0; j < plan.danger_count; j++) {
			strcat(names, j > 0 ? " " : "");
			strcat(names, plan.dangers[j].name);
		}
		assert_string_equal(names, cases[i].names);
		assert_int_equal(fuse_plan_check_allowed(&plan, NULL, 0),
				 names[0] != '\0' ? ERR_REFUSED : OK);
		strcpy(text, cases[i].names);
		for (char *p = strtok(text, " "); p != NULL; p = strtok(NULL, " "))
			list[count++] = p;
		assert_int_equal(fuse_plan_check_allowed(&plan, list, count), OK);
		if (count > 0)		/* each, not all but one */
			assert_int_equal(fuse_plan_check_allowed(&plan, list, count - 1), ERR_REFUSED);
	}
	error_clear();
}

static void test_a_boot_device_that_is_not_there(void **state)
{
	struct fuse_image image;
	struct imxrt_chip chip;
	struct fuse_plan plan;

	(void)state;
	make(&chip, &image, "RT1064");
	image.fuse[5] = 0x10;		/* SEMC NOR */
	assert_int_equal(fuse_plan_make(&chip, &image, 6, NULL, CFG1_BT_FUSE_SEL, &plan), OK);
	assert_string_equal(plan.dangers[plan.danger_count - 1].name, "NO_BOOT_DEVICE");
	make(&chip, &image, "RT1060");
	image.fuse[5] = 0x10;
	assert_int_equal(fuse_plan_make(&chip, &image, 6, NULL, CFG1_BT_FUSE_SEL, &plan), OK);
	assert_string_equal(plan.dangers[plan.danger_count - 1].name, "BT_FUSE_SEL");
}

static void test_the_token_is_for_one_thing(void **state)
{
	struct fuse_image image;
	struct imxrt_chip chip;
	struct fuse_plan plan, other;

	(void)state;
	make(&chip, &image, "RT1064");
	assert_int_equal(fuse_plan_make(&chip, &image, 0x26, NULL, 1, &plan), OK);
	assert_int_equal(fuse_plan_make(&chip, &image, 0x26, NULL, 1, &other), OK);
	assert_string_equal(plan.token, other.token);
	assert_int_equal(fuse_plan_make(&chip, &image, 0x26, NULL, 2, &other), OK);
	assert_string_not_equal(plan.token, other.token);
	assert_int_equal(fuse_plan_make(&chip, &image, 0x27, NULL, 1, &other), OK);
	assert_string_not_equal(plan.token, other.token);
	chip.uid++;
	assert_int_equal(fuse_plan_make(&chip, &image, 0x26, NULL, 1, &other), OK);
	assert_string_not_equal(plan.token, other.token);
	chip.uid--;
	image.fuse[0x26] = 4;
	assert_int_equal(fuse_plan_make(&chip, &image, 0x26, NULL, 5, &other), OK);
	assert_string_not_equal(plan.token, other.token);
}

/* The decision table, row by row. */
static void test_boot_source(void **state)
{
	static const struct {
		const char *part;
		uint32_t sbmr1, sbmr2, cfg0, cfg1;
		const char *source;
	} cases[] = {
		{ "RT1064", 0, 0x00000001, 0, 0, "serial downloader" },
		{ "RT1064", 0, 0x00000011, 0, 0x10, "internal boot from FlexSPI NOR (fuses)" },
		{ "RT1064", 0, 0x01000001, 0, 0, "serial downloader" },
		{ "RT1064", 0, 0x01000011, 0, 0x10, "serial downloader" },
		{ "RT1064", 0, 0x01000001, 0, 0x20000, "serial downloader, which a fuse has disabled" },
		{ "RT1064", 0, 0x02000001, 0, 0, "internal boot from FlexSPI NOR (pins)" },
		{ "RT1064", 0x40, 0x02000001, 0, 0, "internal boot from SD card (pins)" },
		{ "RT1064", 0x40, 0x02000011, 0x80, 0x10, "internal boot from eMMC (fuses)" },
		{ "RT1064", 0x10, 0x02000001, 0, 0,
		  "internal boot from a device this part does not have (pins)" },
		{ "RT1060", 0x10, 0x02000001, 0, 0, "internal boot from SEMC NOR (pins)" },
		{ "RT1060", 0xc0, 0x02000001, 0, 0, "internal boot from FlexSPI NAND (pins)" },
		{ "RT1024", 0x20, 0x02000001, 0, 0, "internal boot from SD card (pins)" },
		{ "RT1024", 0, 0x03000001, 0, 0, "the reserved boot mode 11" },
		{ "RT1024", 0, 0x01000001, 0, 0x10000, "internal boot from FlexSPI NOR (pins)" },
		{ "RT1024", 0, 0x01000011, 0, 0x10010, "internal boot from FlexSPI NOR (fuses)" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct imxrt_chip chip = { .part = part(cases[i].part) };
		struct imxrt_boot_facts f = { .sbmr1 = cases[i].sbmr1, .sbmr2 = cases[i].sbmr2 };

		f.fuse[5] = cases[i].cfg0;
		f.fuse[6] = cases[i].cfg1;
		assert_string_equal(imxrt_boot_source(&chip, &f), cases[i].source);
	}
}

static void test_explain_the_burnt_board(void **state)
{
	static const char *const says[] = {
		"BOOT_MODE pins 01", "FORCE_INTERNAL_BOOT is burnt", "taken as 10",
		"internal boot from FlexSPI NOR (fuses), headers at 0x60000000",
		"SD/MMC manufacture mode", "the serial downloader: USB 1fc9:0130",
		"choosing the serial downloader by the BOOT_MODE pins", "only go from 0 to 1",
		"SWD: the debug fuses are untouched", "imxrt rescue", "imxrt ram_boot",
	};
	struct imxrt_chip chip = { .part = part("RT1024") };
	struct imxrt_boot_facts f = { .sbmr2 = 0x01000011 };
	struct buf text = { 0 };

	(void)state;
	f.fuse[6] = 0x00010010;
	imxrt_explain_boot(&chip, &f, &text);
	for (size_t i = 0; i < ARRAY_SIZE(says); i++)
		if (strstr((const char *)text.data, says[i]) == NULL)
			fail_msg("\"%s\" is missing in:\n%s", says[i], (const char *)text.data);
	buf_clear(&text);
	f.fuse[6] = 0x00030010;
	imxrt_explain_boot(&chip, &f, &text);
	assert_non_null(strstr((const char *)text.data, "no serial downloader: SDP_DISABLE"));
	buf_clear(&text);
	f = (struct imxrt_boot_facts){ .sbmr2 = 0x02000001 };
	imxrt_explain_boot(&chip, &f, &text);
	assert_non_null(strstr((const char *)text.data, "Nothing is lost"));
	buf_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_timing),
		cmocka_unit_test(test_clock),
		cmocka_unit_test(test_no_way_back),
		cmocka_unit_test(test_locks),
		cmocka_unit_test(test_dangers),
		cmocka_unit_test(test_a_boot_device_that_is_not_there),
		cmocka_unit_test(test_the_token_is_for_one_thing),
		cmocka_unit_test(test_boot_source),
		cmocka_unit_test(test_explain_the_burnt_board),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
