/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stm32l4: option fields of every line, NAME=VALUE, what a change brings, the journal. No chip. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "flash/stm32l4_option_log.h"

struct chip {
	struct flash_bank bank;
	struct stm32l4 f;
	struct stm32l4_option_plan plan;
};

static void set_value(struct stm32l4_option_values *v, uint8_t reg, uint32_t value)
{
	assert_non_null(stm32l4_option_value(v, reg));
	*stm32l4_option_value(v, reg) = value;
}

/* A chip of `kib` KiB with factory option bytes but for OPTR. */
static void make(struct chip *c, uint16_t dev_id, uint32_t kib, uint32_t optr)
{
	struct stm32l4_option_values *now = &c->plan.now;

	memset(c, 0, sizeof(*c));
	c->f.line = stm32l4_find_line(dev_id);
	c->f.layout = c->f.line->layout;
	c->f.optr = optr;
	stm32l4_geometry(c->f.line, kib, optr, &c->f.g);
	c->bank.priv = &c->f;
	c->bank.base = MAIN_BASE;
	c->bank.size = c->f.g.span;
	stm32l4_fill_sectors(&c->bank, &c->f.g);
	c->plan.bank = &c->bank;
	c->plan.uid[0] = 0x1234;
	now->count = stm32l4_option_registers(c->f.line, now->reg);
	set_value(now, c->f.layout->optr, optr);
	for (unsigned i = 0; i < MAX_AREAS; i++) {
		if (c->f.layout->wrp[i] != 0)
			set_value(now, c->f.layout->wrp[i], 0xff00ffff);
		if (c->f.layout->pcrop[i][0] != 0 && c->f.line->pcrop_unit != 0) {
			set_value(now, c->f.layout->pcrop[i][0], 0xffffffff);
			set_value(now, c->f.layout->pcrop[i][1], 0x0fff0000);
		}
	}
}

static void make_l476(struct chip *c)
{
	make(c, 0x415, 1024, 0xffeff8aa);
}

static enum err plan(struct chip *c, const char *a, const char *b)
{
	const char *argv[] = { a, b };

	c->plan.then = c->plan.now;
	c->plan.is_by_name = true;
	TRY(stm32l4_parse_options(&c->bank, b != NULL ? 2 : 1, argv, &c->plan.then));
	return stm32l4_judge_options(&c->plan);
}

static void drop(struct chip *c)
{
	free(c->bank.sectors);
	error_clear();
}

static uint32_t then(const struct chip *c, uint8_t reg)
{
	return *stm32l4_option_value(&c->plan.then, reg);
}

static bool has_note(const struct chip *c, const char *part)
{
	for (size_t i = 0; i < c->plan.note_count; i++)
		if (strstr(c->plan.notes[i], part) != NULL)
			return true;
	return false;
}

/* Tables */

static void test_every_line_has_every_field(void **state)
{
	(void)state;
	for (const struct stm32l4_line *l = stm32l4_lines; l->dev_id != 0; l++) {
		uint32_t seen[64] = { 0 };
		uint8_t last = 0;

		assert_non_null(stm32l4_find_field(l, "rdp"));
		assert_int_equal(stm32l4_find_field(l, "RDP")->reg, l->layout->optr);
		assert_non_null(stm32l4_find_field(l, "IWDG_SW"));
		for (const struct stm32l4_field *f = stm32l4_fields(l); f->name != NULL; f++) {
			assert_true(f->msb >= f->lsb && f->msb < 32 && f->reg % 4 == 0);
			assert_true(f->reg >= last);	/* in register order */
			last = f->reg;
			if (seen[f->reg / 4] & stm32l4_field_mask(f))
				fail_msg("%s: %s overlaps", l->name, f->name);
			seen[f->reg / 4] |= stm32l4_field_mask(f);
			if (stm32l4_find_field(l, f->name) != f)
				fail_msg("%s: %s twice", l->name, f->name);
			if (stm32l4_option_register_name(l, f->reg) == NULL)
				fail_msg("%s: register 0x%x has no name", l->name, f->reg);
		}
		for (unsigned i = 0; i < MAX_AREAS; i++) {
			assert_true(l->layout->wrp[i] == 0 || seen[l->layout->wrp[i] / 4] != 0 ||
				    (l->banks == ONE_BANK && i >= 2));
			assert_true(l->layout->pcrop[i][0] == 0 || l->pcrop_unit == 0 ||
				    seen[l->layout->pcrop[i][1] / 4] != 0);
		}
	}
}

/* The bits by which the lines differ: RM0351 3.7.8, RM0394, RM0432, RM0440, RM0444, RM0434, RM0438,
 * RM0456. */
static const struct { uint16_t dev_id; const char *name; uint8_t reg, msb, lsb; } bits[] = {
	{ 0x415, "BFB2", 0x20, 20, 20 }, { 0x415, "DUALBANK", 0x20, 21, 21 },
	{ 0x415, "PCROP_RDP", 0x28, 31, 31 }, { 0x415, "WRP2B_END", 0x50, 23, 16 },
	{ 0x461, "nSWBOOT0", 0x20, 26, 26 }, { 0x435, "nBOOT0", 0x20, 27, 27 },
	{ 0x470, "DB1M", 0x20, 21, 21 }, { 0x470, "DBANK", 0x20, 22, 22 },
	{ 0x471, "DB512K", 0x20, 21, 21 },
	{ 0x469, "CCMSRAM_RST", 0x20, 25, 25 }, { 0x469, "NRST_MODE", 0x20, 29, 28 },
	{ 0x469, "BOOT_LOCK", 0x70, 16, 16 }, { 0x469, "SEC_SIZE2", 0x74, 7, 0 },
	{ 0x479, "PB4_PUPEN", 0x20, 22, 22 }, { 0x460, "nRST_STOP", 0x20, 13, 13 },
	{ 0x460, "nBOOT_SEL", 0x20, 24, 24 }, { 0x467, "nSWAP_BANK", 0x20, 20, 20 },
	{ 0x467, "PCROP2B_END", 0x58, 8, 0 }, { 0x467, "BOOT_LOCK", 0x80, 16, 16 },
	{ 0x495, "BOR_LEV", 0x20, 11, 9 }, { 0x495, "AGC_TRIM", 0x20, 31, 29 },
	{ 0x495, "SFSA", 0x80, 7, 0 }, { 0x497, "BOOT_LOCK", 0x20, 30, 30 },
	{ 0x472, "DB256K", 0x40, 21, 21 }, { 0x472, "TZEN", 0x40, 31, 31 },
	{ 0x472, "NSBOOTADD0", 0x44, 31, 7 }, { 0x482, "SRAM_RST", 0x40, 15, 15 },
	{ 0x482, "UNLOCK_1A", 0x58, 31, 31 }, { 0x482, "SECWM2_PEND", 0x60, 23, 16 },
};

static void test_bits(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bits); i++) {
		const struct stm32l4_field *f =
			stm32l4_find_field(stm32l4_find_line(bits[i].dev_id), bits[i].name);

		if (f == NULL || f->reg != bits[i].reg || f->msb != bits[i].msb || f->lsb != bits[i].lsb)
			fail_msg("%03x %s", bits[i].dev_id, bits[i].name);
	}
	assert_null(stm32l4_find_field(stm32l4_find_line(0x415), "nSWBOOT0"));
	assert_null(stm32l4_find_field(stm32l4_find_line(0x435), "BFB2"));
	assert_null(stm32l4_find_field(stm32l4_find_line(0x472), "UNLOCK_1A"));
}

/* Values */

static const struct { const char *text; uint8_t reg; uint32_t value; } settings[] = {
	{ "BFB2=1", 0x20, 0xfffff8aa },
	{ "bfb2=0x1", 0x20, 0xfffff8aa },
	{ "BFB2=normal boot", 0x20, 0xffeff8aa },
	{ "BOR_LEV=4", 0x20, 0xffeffcaa },
	{ "BOR_LEV=2.8V", 0x20, 0xffeffcaa },
	{ "IWDG_SW=hardware", 0x20, 0xffeef8aa },
	{ "SRAM2_PE=on", 0x20, 0xfeeff8aa },		/* a check that is on is a 0 */
	{ "RDP=0xbb", 0x20, 0xffeff8bb },
	{ "RDP=1", 0x20, 0xffeff8bb },
	{ "RDP=level2", 0x20, 0xffeff8cc },
	{ "RDP=0x00", 0x20, 0xffeff800 },
	{ "WRP1A=0..31", 0x2c, 0xff1fff00 },
	{ "WRP1A=0x08000000..0x0800ffff", 0x2c, 0xff1fff00 },
	{ "WRP1B=5", 0x30, 0xff05ff05 },
	{ "WRP1A=all", 0x2c, 0xffffff00 },
	{ "WRP1A=off", 0x2c, 0xff00ffff },
	{ "WRP2A=0x08080000..0x080807ff", 0x4c, 0xff00ff00 },
	{ "WRP1A_END=0x20", 0x2c, 0xff20ffff },
	{ "PCROP1=0x08000000..0x080007ff", 0x28, 0x0fff00ff },
	{ "PCROP2=0..255", 0x48, 0x0fff00ff },
};

static void test_names_and_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		struct chip c;

		make_l476(&c);
		if (plan(&c, settings[i].text, NULL) != OK)
			fail_msg("%s: %s", settings[i].text, error_text(error_current()));
		if (then(&c, settings[i].reg) != settings[i].value)
			fail_msg("%s: 0x%08x", settings[i].text, then(&c, settings[i].reg));
		drop(&c);
	}
}

static const struct { const char *text; enum err rc; const char *part; } wrong[] = {
	{ "BFB=1", ERR_ARGUMENT, "the nearest name is BFB2" },
	{ "WRP1=1", ERR_ARGUMENT, "the nearest name is WRP1A" },
	{ "nSWBOOT0=0", ERR_ARGUMENT, "no option field 'nSWBOOT0'" },
	{ "BFB2=2", ERR_ARGUMENT, "too large" },
	{ "BOR_LEV=7", ERR_ARGUMENT, "about 2.8 V" },
	{ "BFB2=maybe", ERR_ARGUMENT, "boot from bank 2" },
	{ "nRST_STOP=reset", ERR_ARGUMENT, "no reset on entering Stop" },	/* both say it */
	{ "BFB2", ERR_ARGUMENT, "NAME=VALUE" },
	{ "BFB2=", ERR_ARGUMENT, "NAME=VALUE" },
	{ "WRP1A=0..256", ERR_ARGUMENT, "too large" },
	{ "WRP1A=9..3", ERR_ARGUMENT, "comes after" },
	{ "WRP1A=0x08080000..0x08080fff", ERR_ARGUMENT, "not in its bank" },
	{ "WRP1A=0..", ERR_ARGUMENT, "no number" },
};

static void test_what_makes_no_sense(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct chip c;

		make_l476(&c);
		assert_int_equal(plan(&c, wrong[i].text, NULL), wrong[i].rc);
		if (strstr(error_text(error_current()), wrong[i].part) == NULL)
			fail_msg("%s: %s", wrong[i].text, error_text(error_current()));
		drop(&c);
	}
}

static void test_areas_follow_the_physical_bank(void **state)
{
	struct chip c;

	(void)state;
	make_l476(&c);
	c.f.is_swapped = true;
	assert_int_equal(plan(&c, "WRP1A=0x08080000..0x080807ff", "WRP2A=0x08000800..0x08000fff"), OK);
	assert_int_equal(then(&c, 0x2c), 0xff00ff00);
	assert_int_equal(then(&c, 0x4c), 0xff01ff01);
	drop(&c);
	make(&c, 0x469, 256, 0xffeff8aa);	/* G474 of 256 KiB: bank 2 stays at 0x08040000 */
	assert_int_equal(plan(&c, "WRP2A=0x08040000..0x08040fff", NULL), OK);
	assert_int_equal(then(&c, 0x4c), 0xff01ff80 & ~0x7fu);
	drop(&c);
}

static void test_other_lines(void **state)
{
	struct chip c;

	(void)state;
	make(&c, 0x482, 2048, 0x1feff8aa);
	set_value(&c.plan.now, 0x44, 0x0800007f);
	assert_int_equal(plan(&c, "NSBOOTADD0=0x08040000", "WRP1A=0..3"), OK);
	assert_int_equal(then(&c, 0x44), 0x0804007f);
	assert_int_equal(then(&c, 0x58), 0xff03ff00);	/* UNLOCK stays */
	assert_false(c.plan.is_for_ever);
	drop(&c);
	make(&c, 0x495, 1024, 0x3feff1aa);
	assert_int_equal(plan(&c, "SFSA=0x80", NULL), ERR_REFUSED);
	assert_int_equal(plan(&c, "AGC_TRIM=0", NULL), ERR_REFUSED);
	drop(&c);
}

/* Judgement */

static void test_what_is_for_ever_has_a_token(void **state)
{
	struct chip c;
	char token[12];

	(void)state;
	make_l476(&c);
	assert_int_equal(plan(&c, "RDP=0xcc", NULL), OK);
	assert_true(c.plan.is_for_ever);
	assert_non_null(strstr(c.plan.danger, "for ever"));
	snprintf(token, sizeof(token), "%s", c.plan.token);
	assert_int_equal(strlen(token), 8);
	c.plan.uid[0]++;
	assert_int_equal(plan(&c, "RDP=0xcc", NULL), OK);
	assert_string_not_equal(c.plan.token, token);	/* another chip */
	c.plan.uid[0]--;
	assert_int_equal(plan(&c, "RDP=0xcc", "BFB2=1"), OK);
	assert_string_not_equal(c.plan.token, token);	/* another plan */
	assert_int_equal(plan(&c, "RDP=0xcc", NULL), OK);
	assert_string_equal(c.plan.token, token);
	drop(&c);
	make(&c, 0x482, 2048, 0x1feff8aa);
	set_value(&c.plan.now, 0x58, 0xff00ffff);
	assert_int_equal(plan(&c, "UNLOCK_1A=0", "WRP1A=0..1"), OK);
	assert_true(c.plan.is_for_ever);
	drop(&c);
	make(&c, 0x469, 512, 0xffeff8aa);
	assert_int_equal(plan(&c, "BOOT_LOCK=1", NULL), OK);
	assert_false(c.plan.is_for_ever);		/* level 0: it can be cleared */
	assert_int_equal(plan(&c, "BOOT_LOCK=1", "RDP=1"), OK);
	assert_true(c.plan.is_for_ever);
	drop(&c);
}

static void test_rdp(void **state)
{
	struct chip c;

	(void)state;
	make_l476(&c);
	assert_int_equal(plan(&c, "RDP=1", NULL), OK);
	assert_false(c.plan.erases_flash || c.plan.is_for_ever);
	assert_true(has_note(&c, "going back to level 0 erases"));
	drop(&c);
	make(&c, 0x415, 1024, 0xffeff8bb);
	assert_int_equal(plan(&c, "RDP=0", NULL), OK);
	assert_true(c.plan.erases_flash);
	assert_string_equal(c.plan.token, "");
	assert_int_equal(then(&c, 0x20), 0xffeff8aa);
	assert_int_equal(then(&c, 0x28), 0x8fff0000);	/* no area to spare: PCROP_RDP goes along */
	assert_int_equal(plan(&c, "RDP=1", NULL), OK);
	assert_int_equal(c.plan.count, 0);		/* it is at level 1 */
	drop(&c);
	make(&c, 0x415, 1024, 0xffeff8cc);
	assert_int_equal(plan(&c, "BFB2=1", NULL), ERR_READ_PROTECTED);
	drop(&c);
}

static void test_pcrop_only_grows(void **state)
{
	struct chip c;

	(void)state;
	make_l476(&c);
	set_value(&c.plan.now, 0x24, 0xffff0010);
	set_value(&c.plan.now, 0x28, 0x0fff0020);
	assert_int_equal(plan(&c, "PCROP1=off", NULL), ERR_REFUSED);
	assert_int_equal(plan(&c, "PCROP1=0x10..0x1f", NULL), ERR_REFUSED);
	assert_non_null(strstr(error_text(error_current()), "not shrink"));
	assert_int_equal(plan(&c, "PCROP1=0..0x20", NULL), OK);
	assert_int_equal(plan(&c, "BFB2=1", NULL), OK);
	set_value(&c.plan.now, 0x20, 0xffeff8bb);
	assert_int_equal(plan(&c, "RDP=0", NULL), OK);
	assert_int_equal(then(&c, 0x28), 0x0fff0020);	/* the area survives, as asked for */
	assert_true(has_note(&c, "survive"));
	assert_int_equal(plan(&c, "PCROP1=off", "RDP=0"), ERR_REFUSED);
	set_value(&c.plan.now, 0x28, 0x8fff0020);
	assert_int_equal(plan(&c, "PCROP1=off", "RDP=0"), OK);
	assert_int_equal(plan(&c, "PCROP_RDP=0", NULL), ERR_REFUSED);
	drop(&c);
}

static void test_bank_mode(void **state)
{
	struct chip c;

	(void)state;
	make_l476(&c);
	assert_int_equal(plan(&c, "DUALBANK=0", NULL), OK);
	assert_false(c.plan.changes_geometry);		/* 1 MiB: two banks whatever it says */
	assert_true(has_note(&c, "has no effect"));
	drop(&c);
	make(&c, 0x415, 512, 0xffeff8aa);
	assert_int_equal(plan(&c, "DUALBANK=0", NULL), OK);
	assert_true(c.plan.changes_geometry);
	assert_non_null(strstr(c.plan.danger, "considered lost"));
	drop(&c);
	make(&c, 0x470, 2048, 0xffeff8aa);
	assert_int_equal(plan(&c, "DBANK=0", NULL), OK);
	assert_true(c.plan.changes_geometry && has_note(&c, "8 KiB"));
	drop(&c);
}

static void test_boot_bits_that_do_not_act(void **state)
{
	struct chip c;

	(void)state;
	make(&c, 0x435, 256, 0xffeff8aa);
	assert_int_equal(plan(&c, "nBOOT0=0", NULL), OK);
	assert_true(has_note(&c, "has no effect while nSWBOOT0 = 1"));
	assert_int_equal(plan(&c, "nSWBOOT0=0", "nBOOT0=0"), OK);
	assert_true(has_note(&c, "not started any more"));
	drop(&c);
}

static void test_trustzone(void **state)
{
	struct chip c;

	(void)state;
	make(&c, 0x472, 512, 0x7feff8aa);
	assert_int_equal(plan(&c, "RDP=0x55", NULL), ERR_REFUSED);	/* 0.5 needs TZEN */
	assert_int_equal(plan(&c, "SECWM1=0..3", NULL), ERR_REFUSED);	/* so does this */
	assert_int_equal(plan(&c, "TZEN=1", NULL), OK);
	assert_true(c.plan.danger[0] != '\0');
	set_value(&c.plan.now, 0x40, 0xffeff8aa);
	assert_int_equal(plan(&c, "TZEN=0", NULL), ERR_REFUSED);
	set_value(&c.plan.now, 0x40, 0xffeff855);
	assert_int_equal(plan(&c, "TZEN=0", "RDP=0"), OK);
	assert_true(c.plan.erases_flash);
	drop(&c);
}

static void test_comparison(void **state)
{
	struct chip c;
	struct buf text = { 0 };

	(void)state;
	make_l476(&c);
	c.plan.then = c.plan.now;
	set_value(&c.plan.then, 0x2c, 0xff00ff80);	/* off by other values */
	assert_int_equal(stm32l4_compare_options(&c.bank, &c.plan.now, &c.plan.then, false, &text), 0);
	set_value(&c.plan.then, 0x2c, 0xff80ff80);
	assert_int_not_equal(stm32l4_compare_options(&c.bank, &c.plan.now, &c.plan.then, false, &text), 0);
	assert_non_null(strstr((const char *)text.data, "WRP1A"));
	set_value(&c.plan.then, 0x2c, 0xff00ffff);
	set_value(&c.plan.then, 0x28, 0x8fff0000);
	assert_int_equal(stm32l4_compare_options(&c.bank, &c.plan.now, &c.plan.then, true, NULL), 0);
	assert_int_equal(stm32l4_compare_options(&c.bank, &c.plan.now, &c.plan.then, false, NULL), 1);
	buf_free(&text);
	drop(&c);
}

static void test_factory(void **state)
{
	struct stm32l4_option_values factory;
	struct chip c;

	(void)state;
	make(&c, 0x415, 1024, 0xfffff8ff);
	set_value(&c.plan.now, 0x24, 0xffff0000);
	set_value(&c.plan.now, 0x28, 0xffffffff);
	assert_int_equal(stm32l4_factory_options(&c.bank, &c.plan.now, &factory), OK);
	assert_int_equal(*stm32l4_option_value(&factory, 0x20) & 0x03ff77ff, 0xffeff8aa & 0x03ff77ff);
	assert_int_equal(*stm32l4_option_value(&factory, 0x24), 0xffffffff);
	assert_int_equal(*stm32l4_option_value(&factory, 0x28) & 0xffff, 0);
	assert_int_equal(*stm32l4_option_value(&factory, 0x2c), 0xff00ffff);
	drop(&c);
}

/* The journal */

static void test_journal(void **state)
{
	static const uint32_t uid[3] = { 1, 2, 3 }, other[3] = { 1, 2, 4 };
	char path[] = "/tmp/test_stm32l4_option.XXXXXX";
	struct stm32l4_option_record record;
	struct chip c;
	FILE *f;

	(void)state;
	close(mkstemp(path));
	make_l476(&c);
	assert_int_equal(plan(&c, "BFB2=1", "WRP1A=0..3"), OK);
	assert_false(stm32l4_option_log_find(path, uid, &record));
	assert_int_equal(stm32l4_option_log_add(path, uid, 0x415, OPTIONS_STARTED, &c.plan.now,
						&c.plan.then), OK);
	assert_true(stm32l4_option_log_find(path, uid, &record));
	assert_int_equal(record.stage, OPTIONS_STARTED);
	assert_int_equal(record.before.count, c.plan.now.count);
	assert_int_equal(*stm32l4_option_value(&record.before, 0x20), 0xffeff8aa);
	assert_int_equal(*stm32l4_option_value(&record.meant, 0x20), 0xfffff8aa);
	assert_int_equal(*stm32l4_option_value(&record.meant, 0x2c), 0xff03ff00);
	assert_false(stm32l4_option_log_find(path, other, &record));
	assert_int_equal(stm32l4_option_log_add(path, uid, 0x415, OPTIONS_WRITTEN, &c.plan.now,
						&c.plan.then), OK);
	assert_int_equal(stm32l4_option_log_add(path, other, 0x415, OPTIONS_STARTED, &c.plan.now,
						&c.plan.then), OK);
	assert_true(stm32l4_option_log_find(path, uid, &record));
	assert_int_equal(record.stage, OPTIONS_WRITTEN);
	f = fopen(path, "a");		/* a full disk cut the next line off */
	fprintf(f, "2026-01-01T00:00:00Z uid=000000010000000200000003 dev=0x415 before=20:ffe");
	fclose(f);
	assert_true(stm32l4_option_log_find(path, uid, &record));
	assert_int_equal(record.stage, OPTIONS_WRITTEN);
	unlink(path);
	assert_int_equal(stm32l4_option_log_add("/nowhere/x", uid, 0x415, OPTIONS_STARTED, &c.plan.now,
						&c.plan.then), ERR_IO);
	drop(&c);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_line_has_every_field),
		cmocka_unit_test(test_bits),
		cmocka_unit_test(test_names_and_values),
		cmocka_unit_test(test_what_makes_no_sense),
		cmocka_unit_test(test_areas_follow_the_physical_bank),
		cmocka_unit_test(test_other_lines),
		cmocka_unit_test(test_what_is_for_ever_has_a_token),
		cmocka_unit_test(test_rdp),
		cmocka_unit_test(test_pcrop_only_grows),
		cmocka_unit_test(test_bank_mode),
		cmocka_unit_test(test_boot_bits_that_do_not_act),
		cmocka_unit_test(test_trustzone),
		cmocka_unit_test(test_comparison),
		cmocka_unit_test(test_factory),
		cmocka_unit_test(test_journal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
