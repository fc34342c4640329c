/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stm32l4 driver: device table, geometry, page selection, decoding of status and protection. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "flash/stm32l4_work.h"

#define FACTORY_OPTR 0xffeff8aau

struct chip {
	struct stm32l4 f;
	struct flash_bank bank;
};

static void make(struct chip *c, uint16_t dev_id, uint32_t kib, uint32_t optr)
{
	memset(c, 0, sizeof(*c));
	c->f.line = stm32l4_find_line(dev_id);
	assert_non_null(c->f.line);
	c->f.layout = c->f.line->layout;
	c->f.optr = optr;
	stm32l4_geometry(c->f.line, kib, optr, &c->f.g);
	c->bank.priv = &c->f;
	c->bank.base = MAIN_BASE;
	c->bank.size = c->f.g.span;
	stm32l4_fill_sectors(&c->bank, &c->f.g);
}

static void drop(struct chip *c)
{
	free(c->bank.sectors);
}

static void test_every_line_is_plausible(void **state)
{
	unsigned count = 0;

	(void)state;
	for (const struct stm32l4_line *l = stm32l4_lines; l->dev_id != 0; l++, count++) {
		assert_ptr_equal(stm32l4_find_line(l->dev_id), l);	/* no code twice */
		assert_non_null(l->name);
		assert_non_null(l->layout);
		assert_non_null(l->revisions);
		assert_true(l->unit == 8 || l->unit == 16);
		assert_int_equal(l->max_kib * 1024u % l->page_bytes, 0);
		assert_true(l->regs == 0x40022000 || l->regs == 0x58004000);
		assert_true(l->otp_bytes == 1024 || l->otp_bytes == 512);
		assert_true((l->banks == ONE_BANK) == (l->swap == NO_SWAP));
		assert_true(l->banks == ONE_BANK || l->layout->wrp[2] != 0);
		assert_int_equal(l->size_reg >= 0x1fff0000, l->otp_base >= 0x1fff0000);
	}
	assert_int_equal(count, 35);
	assert_null(stm32l4_find_line(0x484));	/* STM32H5 has another controller */
}

static void test_names_and_revisions(void **state)
{
	const struct stm32l4_line *l476 = stm32l4_find_line(0x415);

	(void)state;
	assert_string_equal(l476->name, "STM32L47/L48xx");
	assert_string_equal(stm32l4_revision_name(l476, 0x1007), "4");
	assert_string_equal(stm32l4_revision_name(stm32l4_find_line(0x435), 0x1001), "Z");
	assert_string_equal(stm32l4_revision_name(l476, 0x7777), "'unknown'");
}

static const struct {
	const char *name;
	uint16_t dev_id;
	uint32_t kib, optr;
	bool dual;
	uint32_t page, bank2_offset, span;
	unsigned pages, bank_pages;
} geometries[] = {
	{ "L476RG", 0x415, 1024, FACTORY_OPTR, true, 2048, 0x80000, 0x100000, 512, 256 },
	{ "L476RG, DUALBANK is ignored", 0x415, 1024, FACTORY_OPTR & ~BIT(21), true, 2048, 0x80000,
	  0x100000, 512, 256 },
	{ "L476RE dual", 0x415, 512, FACTORY_OPTR, true, 2048, 0x40000, 0x80000, 256, 128 },
	{ "L476RE single", 0x415, 512, 0xffcff8aa, false, 2048, 0, 0x80000, 256, 256 },
	{ "L476RC dual", 0x415, 256, FACTORY_OPTR, true, 2048, 0x20000, 0x40000, 128, 64 },
	{ "L432KC", 0x435, 256, FACTORY_OPTR, false, 2048, 0, 0x40000, 128, 128 },
	{ "L4R5ZI dual", 0x470, 2048, FACTORY_OPTR | BIT(22), true, 4096, 0x100000, 0x200000, 512,
	  256 },
	{ "L4R5ZI single", 0x470, 2048, FACTORY_OPTR & ~BIT(22), false, 8192, 0, 0x200000, 256,
	  256 },
	{ "L4R5ZG dual", 0x470, 1024, FACTORY_OPTR & ~BIT(22), true, 4096, 0x80000, 0x100000, 256,
	  128 },
	{ "G474RE dual", 0x469, 512, FACTORY_OPTR | BIT(22), true, 2048, 0x40000, 0x80000, 256,
	  128 },
	{ "G474RE single", 0x469, 512, FACTORY_OPTR & ~BIT(22), false, 4096, 0, 0x80000, 128, 128 },
	{ "G474RC dual has a hole", 0x469, 256, FACTORY_OPTR | BIT(22), true, 2048, 0x40000,
	  0x60000, 128, 64 },
	{ "G0B1RE dual", 0x467, 512, 0xfffffeaa, true, 2048, 0x40000, 0x80000, 256, 128 },
	{ "L552ZE dual", 0x472, 512, 0x7feff8aa, true, 2048, 0x40000, 0x80000, 256, 128 },
	{ "L552ZC single, small pages", 0x472, 256, 0x7fcff8aa | BIT(22), false, 2048, 0, 0x40000,
	  128, 128 },
	{ "U575ZI", 0x482, 2048, 0x1feff8aa & ~BIT(21), true, 8192, 0x100000, 0x200000, 256, 128 },
	{ "WB55RG", 0x495, 1024, 0x3d8f71aa, false, 4096, 0, 0x100000, 256, 256 },
};

static void test_geometry(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(geometries); i++) {
		struct chip c;

		make(&c, geometries[i].dev_id, geometries[i].kib, geometries[i].optr);
		if (c.f.g.dual != geometries[i].dual || c.f.g.page_bytes != geometries[i].page ||
		    c.f.g.bank2_offset != geometries[i].bank2_offset ||
		    c.f.g.span != geometries[i].span || c.f.g.pages != geometries[i].pages ||
		    c.f.g.bank_pages != geometries[i].bank_pages)
			fail_msg("%s: dual %d, page %u, bank 2 at 0x%x, span 0x%x, %u pages, %u in "
				 "a bank",
				 geometries[i].name, c.f.g.dual, c.f.g.page_bytes,
				 c.f.g.bank2_offset, c.f.g.span, c.f.g.pages, c.f.g.bank_pages);
		assert_int_equal(c.bank.sectors[c.bank.sector_count - 1].offset + c.f.g.page_bytes,
				 c.f.g.span);
		drop(&c);
	}
}

/* RM0351 3.3.5: one bit picks the bank, the page number starts again in bank 2. */
static void test_erase_selects_the_page_of_the_physical_bank(void **state)
{
	static const struct { unsigned sector; uint32_t plain, swapped;
	} pages[] = {
		{ 0, 0x002, 0x802 },
		{ 255, 0x7fa, 0xffa },
		{ 256, 0x802, 0x002 },
		{ 511, 0xffa, 0x7fa },
	};
	struct chip c;

	(void)state;
	make(&c, 0x415, 1024, FACTORY_OPTR);
	for (size_t i = 0; i < ARRAY_SIZE(pages); i++) {
		c.f.is_swapped = false;
		assert_int_equal(stm32l4_erase_value(&c.f, &c.bank.sectors[pages[i].sector]),
				 pages[i].plain);
		c.f.is_swapped = true;
		assert_int_equal(stm32l4_erase_value(&c.f, &c.bank.sectors[pages[i].sector]),
				 pages[i].swapped);
	}
	assert_int_equal(stm32l4_bank_first_sector(&c.f, 0), 256);
	assert_int_equal(stm32l4_bank_first_sector(&c.f, 1), 0);
	drop(&c);

	make(&c, 0x415, 512, FACTORY_OPTR);	/* page 128 is page 0 of bank 2 */
	assert_int_equal(stm32l4_erase_value(&c.f, &c.bank.sectors[128]), 0x802);
	drop(&c);
	make(&c, 0x415, 512, 0xffcff8aa);	/* single bank: never BKER */
	assert_int_equal(stm32l4_erase_value(&c.f, &c.bank.sectors[255]), 0x7fa);
	drop(&c);
	make(&c, 0x467, 512, 0xfffffeaa);	/* G0B has BKER elsewhere */
	assert_int_equal(stm32l4_erase_value(&c.f, &c.bank.sectors[128]), 0x2002);
	drop(&c);
}

/* Every line, figure by figure, from the reference manuals. */
static const struct {
	uint16_t dev_id, max_kib, page, single_page;
	uint8_t unit;
	uint32_t regs, size_reg, otp_base;
	uint16_t otp_bytes;
	const char *revisions;
} figures[] = {
	{ 0x415, 1024, 2048, 0, 8, 0x40022000, 0x1fff75e0, 0x1fff7000, 1024,
	  "1000=1 1001=2 1003=3 1007=4" },
	{ 0x461, 1024, 2048, 0, 8, 0x40022000, 0x1fff75e0, 0x1fff7000, 1024,
	  "1000=A 2000=B" },
	{ 0x435, 256, 2048, 0, 8, 0x40022000, 0x1fff75e0, 0x1fff7000, 1024,
	  "1000=A 1001=Z 2001=Y" },
	{ 0x462, 512, 2048, 0, 8, 0x40022000, 0x1fff75e0, 0x1fff7000, 1024,
	  "1000=A 1001=Z 2001=Y" },
	{ 0x464, 128, 2048, 0, 8, 0x40022000, 0x1fff75e0, 0x1fff7000, 1024,
	  "1000=A 1001=Z 2001=Y" },
	{ 0x470, 2048, 4096, 8192, 8, 0x40022000, 0x1fff75e0, 0x1fff7000, 1024,
	  "1000=A 1001=Z 1003=Y 100f=W 101f=V" },
	{ 0x471, 1024, 4096, 8192, 8, 0x40022000, 0x1fff75e0, 0x1fff7000, 1024,
	  "1001=Z" },
	{ 0x468, 128, 2048, 0, 8, 0x40022000, 0x1fff75e0, 0x1fff7000, 1024,
	  "1000=A 2000=B 2001=Z" },
	{ 0x469, 512, 2048, 4096, 8, 0x40022000, 0x1fff75e0, 0x1fff7000, 1024,
	  "1000=A 2000=B 2001=Z" },
	{ 0x479, 512, 2048, 0, 8, 0x40022000, 0x1fff75e0, 0x1fff7000, 1024,
	  "1000=A" },
	{ 0x466, 64, 2048, 0, 8, 0x40022000, 0x1fff75e0, 0x1fff7000, 1024,
	  "1000=A 1001=Z 2000=B" },
	{ 0x456, 64, 2048, 0, 8, 0x40022000, 0x1fff75e0, 0x1fff7000, 1024,
	  "1000=A" },
	{ 0x460, 128, 2048, 0, 8, 0x40022000, 0x1fff75e0, 0x1fff7000, 1024,
	  "1000=A/Z 2000=B" },
	{ 0x467, 512, 2048, 0, 8, 0x40022000, 0x1fff75e0, 0x1fff7000, 1024,
	  "1000=A" },
	{ 0x443, 32, 2048, 0, 8, 0x40022000, 0x1fff75a0, 0x1fff7000, 1024,
	  "1000=A 1001=Z" },
	{ 0x453, 32, 2048, 0, 8, 0x40022000, 0x1fff75a0, 0x1fff7000, 1024,
	  "1000=A 1001=Z" },
	{ 0x44c, 64, 2048, 0, 8, 0x40022000, 0x1fff75a0, 0x1fff7000, 1024,
	  "1000=A" },
	{ 0x493, 128, 2048, 0, 8, 0x40022000, 0x1fff75a0, 0x1fff7000, 1024,
	  "1001=Z" },
	{ 0x44d, 256, 2048, 0, 8, 0x40022000, 0x1fff75a0, 0x1fff7000, 1024,
	  "1000=A" },
	{ 0x459, 64, 2048, 0, 8, 0x40022000, 0x1fff3ea0, 0x1fff6800, 1024,
	  "1000=A" },
	{ 0x489, 256, 2048, 0, 8, 0x40022000, 0x1fff6ea0, 0x1fff6800, 1024,
	  "1000=A" },
	{ 0x495, 1024, 4096, 0, 8, 0x58004000, 0x1fff75e0, 0x1fff7000, 1024,
	  "2001=2.1" },
	{ 0x496, 512, 4096, 0, 8, 0x58004000, 0x1fff75e0, 0x1fff7000, 1024,
	  "1000=A" },
	{ 0x494, 320, 2048, 0, 8, 0x58004000, 0x1fff75e0, 0x1fff7000, 1024,
	  "1000=A 2000=B" },
	{ 0x497, 256, 2048, 0, 8, 0x58004000, 0x1fff75e0, 0x1fff7000, 1024,
	  "1000=1.0" },
	{ 0x472, 512, 2048, 4096, 8, 0x40022000, 0x0bfa05e0, 0x0bfa0000, 512,
	  "1000=A 2000=B 2001=Z" },
	{ 0x455, 512, 8192, 0, 16, 0x40022000, 0x0bfa07a0, 0x0bfa0000, 512,
	  "1000=A 1001=Z" },
	{ 0x482, 2048, 8192, 0, 16, 0x40022000, 0x0bfa07a0, 0x0bfa0000, 512,
	  "1000=A 1001=Z 1003=Y 2000=B 2001=X 3000=C 3001=W 3007=U" },
	{ 0x481, 4096, 8192, 0, 16, 0x40022000, 0x0bfa07a0, 0x0bfa0000, 512,
	  "3001=X 3002=W" },
	{ 0x476, 4096, 8192, 0, 16, 0x40022000, 0x0bfa07a0, 0x0bfa0000, 512,
	  "1000=A 1001=Z" },
	{ 0x454, 1024, 4096, 0, 8, 0x40022000, 0x0bfa07a0, 0x0bfa0000, 512,
	  "1000=A 1001=Z" },
	{ 0x42a, 2048, 4096, 0, 8, 0x40022000, 0x0bfa07a0, 0x0bfa0000, 512,
	  "1000=A 1001=Z" },
	{ 0x492, 1024, 8192, 0, 16, 0x40022000, 0x0bf907a0, 0x0bf90000, 512,
	  "1000=A" },
	{ 0x4b0, 2048, 8192, 0, 16, 0x40022000, 0x0bfa07a0, 0x0bfa0000, 512,
	  "1000=A 1001=Z" },
	{ 0x4b2, 512, 4096, 0, 8, 0x40022000, 0x0bf8d7a0, 0x0bf8d000, 512,
	  "1000=A" },
};

static void test_every_line_to_the_figure(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(figures); i++) {
		const struct stm32l4_line *l = stm32l4_find_line(figures[i].dev_id);
		char text[128] = "";

		assert_non_null(l);
		for (const struct stm32l4_revision *r = l->revisions; r->name != NULL; r++)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%x=%s",
				 text[0] ? " " : "", r->id, r->name);
		assert_string_equal(text, figures[i].revisions);
		if (l->max_kib != figures[i].max_kib || l->page_bytes != figures[i].page ||
		    l->single_page_bytes != figures[i].single_page || l->unit != figures[i].unit ||
		    l->regs != figures[i].regs || l->size_reg != figures[i].size_reg ||
		    l->otp_base != figures[i].otp_base || l->otp_bytes != figures[i].otp_bytes)
			fail_msg("%s differs", l->name);
	}
	assert_int_equal(ARRAY_SIZE(figures), 35);
}

/* RM0351 3.3.8: rows; the places of UID and package data; which lines know their clock. */
static void test_rows_and_surroundings(void **state)
{
	static const struct { uint16_t dev_id; uint32_t row; uint32_t uid, package; uint8_t eccr; } lines[] = {
		{ 0x415, 256, 0x1fff7590, 0x1fff7500, 0x18 }, { 0x470, 512, 0x1fff7590, 0x1fff7500, 0x18 },
		{ 0x467, 256, 0x1fff7590, 0x1fff7500, 0x18 }, { 0x469, 256, 0x1fff7590, 0x1fff7500, 0x18 },
		{ 0x443, 128, 0x1fff7550, 0x1fff7500, 0x18 }, { 0x495, 256, 0x1fff7590, 0x1fff7500, 0x18 },
		{ 0x472, 0, 0x0bfa0590, 0x0bfa0500, 0x30 }, { 0x482, 128, 0x0bfa0700, 0x0bfa0500, 0x30 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		const struct stm32l4_line *l = stm32l4_find_line(lines[i].dev_id);

		assert_int_equal(l->timing->row_units * l->unit, lines[i].row);
		assert_int_equal(l->uid, lines[i].uid);
		assert_int_equal(l->package, lines[i].package);
		assert_int_equal(l->eccr, lines[i].eccr);
		assert_non_null(l->around);
	}
	assert_int_equal(stm32l4_find_line(0x467)->eccr2, 0x1c);
	for (const struct stm32l4_line *l = stm32l4_lines; l->dev_id != 0; l++) {
		assert_non_null(l->timing);
		assert_true(l->timing->unit > 0 && l->timing->page_erase > 0);
		assert_true(l->swap != SWAP_FB_MODE || (l->around != NULL && l->around->memrmp != 0));
	}
}

/* The stream: how it erases, what goes fast, what is left out. */
static uint32_t unit_at(const struct stm32l4_stream *s, size_t at, unsigned word)
{
	return get_le32(s->bytes.data + at + 4 * word);
}

static struct flash_step *whole_bank(struct chip *c, uint8_t *data, unsigned count)
{
	struct flash_step *steps = xcalloc(count, sizeof(*steps));

	for (unsigned i = 0; i < count; i++)
		steps[i] = (struct flash_step){
			.sector = i, .erase = true, .offset = c->bank.sectors[i].offset,
			.bytes = c->bank.sectors[i].size, .data = data,
		};
	return steps;
}

static void test_a_whole_bank_goes_fast_but_for_rows_with_holes(void **state)
{
	struct stm32l4_stream s = { 0 };
	uint8_t data[2048];
	struct chip c;

	(void)state;
	memset(data, 0x5a, sizeof(data));
	memset(data + 256 + 8, 0xff, 8);	/* row 1: one double word is all ones */
	make(&c, 0x415, 1024, FACTORY_OPTR);
	s.bank = &c.bank;
	s.count = 256;
	s.steps = whole_bank(&c, data, 256);
	c.bank.erased_value = 0xff;
	assert_int_equal(stm32l4_stream_build(&s, true), OK);
	assert_true(s.mass[0] && !s.mass[1]);
	assert_int_equal(unit_at(&s, 0, 0), CR_MER1);
	assert_int_equal(unit_at(&s, 0, 1), 0);
	assert_int_equal(s.fast_rows, 256 * 7);
	assert_int_equal(unit_at(&s, 8, 0), 0x08000000);
	assert_int_equal(unit_at(&s, 8, 1), STREAM_FAST | 1);
	assert_int_equal(unit_at(&s, 8 + 8 + 256, 0), 0x08000200);
	assert_int_equal(unit_at(&s, 8 + 8 + 256, 1), STREAM_FAST | 6);
	/* The rest comes when all rows are done: 1 and 30 double words of row 1. */
	size_t rest = 8 + 256 * (8 + 256 + 8 + 6 * 256);

	assert_int_equal(unit_at(&s, rest, 0), 0x08000100);
	assert_int_equal(unit_at(&s, rest, 1), 1);
	assert_int_equal(unit_at(&s, rest + 16, 0), 0x08000110);
	assert_int_equal(unit_at(&s, rest + 16, 1), 30);
	assert_int_equal(unit_at(&s, s.bytes.len - 8, 1), STREAM_END);
	stm32l4_stream_free(&s);
	free(s.steps);
	drop(&c);
}

static void test_single_bank_mode_erases_with_both_bits(void **state)
{
	struct stm32l4_stream s = { 0 };
	uint8_t data[8192];
	struct chip c;

	(void)state;
	memset(data, 0x5a, sizeof(data));
	make(&c, 0x470, 2048, FACTORY_OPTR & ~BIT(22));
	s.bank = &c.bank;
	s.count = 256;
	s.steps = whole_bank(&c, data, 256);
	c.bank.erased_value = 0xff;
	assert_int_equal(stm32l4_stream_build(&s, false), OK);
	assert_int_equal(unit_at(&s, 0, 0), CR_MER1 | CR_MER2);
	assert_int_equal(s.fast_rows, 0);
	assert_int_equal(unit_at(&s, 8, 1), 1024);
	stm32l4_stream_free(&s);
	free(s.steps);
	drop(&c);
}

/* U5: 16 bytes, of which the header is the second half; bursts need no mass erase. */
static void test_units_of_16_bytes_and_bursts(void **state)
{
	struct stm32l4_stream s = { 0 };
	uint8_t data[8192];
	struct chip c;

	(void)state;
	memset(data, 0x5a, sizeof(data));
	memset(data + 128 + 16, 0xff, 24);	/* one unit and half of the next */
	make(&c, 0x482, 2048, 0x1feff8aa);
	s.bank = &c.bank;
	s.count = 1;
	s.steps = whole_bank(&c, data, 1);
	c.bank.erased_value = 0xff;
	assert_int_equal(stm32l4_stream_build(&s, true), OK);
	assert_false(s.mass[0]);
	assert_int_equal(unit_at(&s, 8, 0), CR_PER);
	assert_int_equal(unit_at(&s, 16 + 8, 0), 0x08000000);
	assert_int_equal(unit_at(&s, 16 + 8, 1), STREAM_FAST | 1);
	assert_int_equal(unit_at(&s, 32 + 128 + 8, 0), 0x08000080);
	assert_int_equal(unit_at(&s, 32 + 128 + 8, 1), 2);
	assert_int_equal(unit_at(&s, 48 + 128 + 16 + 8, 0), 0x080000a0);
	assert_int_equal(s.fast_rows, 63);
	assert_int_equal(s.bytes.len % 16, 0);
	stm32l4_stream_free(&s);
	free(s.steps);
	drop(&c);
}

static const struct {
	unsigned index;
	uint32_t value;
	bool swapped, active;
	unsigned first, last;
} wrps[] = {
	{ 0, 0xff00ffff, false, false, 0, 0 },		/* off */
	{ 0, 0xffffff00, false, true, 0, 255 },		/* the whole bank */
	{ 0, 0xff1fff00, false, true, 0, 31 },
	{ 1, 0xff05ff05, false, true, 5, 5 },
	{ 2, 0xff1fff00, false, true, 256, 287 },	/* bank 2 */
	{ 2, 0xff1fff00, true, true, 0, 31 },		/* bank 2 stands below */
	{ 0, 0xff1fff00, true, true, 256, 287 },
};

static void test_wrp_areas(void **state)
{
	struct chip c;

	(void)state;
	make(&c, 0x415, 1024, FACTORY_OPTR);
	for (size_t i = 0; i < ARRAY_SIZE(wrps); i++) {
		struct stm32l4_area a;

		c.f.is_swapped = wrps[i].swapped;
		stm32l4_decode_wrp(&c.bank, wrps[i].index, wrps[i].value, &a);
		if (a.is_active != wrps[i].active || (a.is_active && (a.first != wrps[i].first ||
								      a.last != wrps[i].last)))
			fail_msg("WRP %u = 0x%08x: %d, %u..%u", wrps[i].index, wrps[i].value,
				 a.is_active, a.first, a.last);
	}
	drop(&c);
}

static void test_pcrop_areas(void **state)
{
	struct stm32l4_area a;
	struct chip c;

	(void)state;
	make(&c, 0x415, 1024, FACTORY_OPTR);
	stm32l4_decode_pcrop(&c.bank, 0, 0xffffffff, 0x0fff0000, &a);
	assert_false(a.is_active);
	assert_string_equal(a.name, "PCROP1");
	stm32l4_decode_pcrop(&c.bank, 0, 0xffff0100, 0x8fff01ff, &a);	/* 0x800..0xfff */
	assert_true(a.is_active);
	assert_int_equal(a.first_addr, 0x08000800);
	assert_int_equal(a.last_addr, 0x08000fff);
	assert_int_equal(a.first, 1);
	assert_int_equal(a.last, 1);
	stm32l4_decode_pcrop(&c.bank, 2, 0xffff0000, 0xffffffff, &a);
	assert_string_equal(a.name, "PCROP2");
	assert_int_equal(a.first, 256);
	assert_int_equal(a.last, 511);
	drop(&c);
	make(&c, 0x460, 128, 0xfffffeaa);	/* G0: units of 512 bytes, two areas */
	stm32l4_decode_pcrop(&c.bank, 1, 0x04, 0x07, &a);
	assert_string_equal(a.name, "PCROP1B");
	assert_int_equal(a.first_addr, 0x08000800);
	assert_int_equal(a.last_addr, 0x08000fff);
	drop(&c);
}

static void test_protected_ranges_fit_into_the_areas(void **state)
{
	struct stm32l4_range ranges[4];
	bool pages[16] = { false };
	size_t count;

	(void)state;
	assert_true(stm32l4_collect_ranges(pages, 16, ranges, 2, &count));
	assert_int_equal(count, 0);
	pages[0] = pages[1] = pages[15] = true;
	assert_true(stm32l4_collect_ranges(pages, 16, ranges, 2, &count));
	assert_int_equal(count, 2);
	assert_int_equal(ranges[0].first, 0);
	assert_int_equal(ranges[0].last, 1);
	assert_int_equal(ranges[1].first, 15);
	assert_int_equal(ranges[1].last, 15);
	pages[7] = true;
	assert_false(stm32l4_collect_ranges(pages, 16, ranges, 2, &count));
}

static void test_status_words(void **state)
{
	static const struct { uint32_t sr; const char *words; } cases[] = {
		{ 0x00000, "no error" },
		{ 0x10000, "BSY: an operation is running" },
		{ 0x00008, "PROGERR: the double word to program was not erased" },
		{ 0x000a0, "PGSERR: an operation was started in the wrong mode" },
		{ 0x08000, "OPTVERR: the option bytes failed their check" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf text = { 0 };

		stm32l4_describe_sr(cases[i].sr, &text);
		if (strncmp((char *)text.data, cases[i].words, strlen(cases[i].words)) != 0)
			fail_msg("0x%05x: %s", cases[i].sr, (char *)text.data);
		buf_free(&text);
	}
}

/* Several flags at once: the one that names the cause leads. */
static void test_failures_name_the_cause(void **state)
{
	static const struct { uint32_t sr; int sector; const char *says; } cases[] = {
		{ 0xa8, 3, "page 3 at 0x08001800: the double word to program was not erased" },
		{ 0xe0, 0, "page 0 at 0x08000000: the flash was written with bytes or half-words" },
		{ 0xa0, NO_ADDRESS, "an operation was started in the wrong mode" },
		{ 0x2a0, NO_ADDRESS, "a fast-programmed row was aborted" },
		{ 0x8000, NO_ADDRESS, "without an error flag" },
	};
	struct chip c;

	(void)state;
	make(&c, 0x415, 1024, FACTORY_OPTR);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		error_clear();
		assert_int_equal(stm32l4_failed(&c.bank, cases[i].sr, cases[i].sector),
				 ERR_FLASH_OPERATION);
		if (strstr(error_current()->why, cases[i].says) == NULL)
			fail_msg("0x%x: %s", cases[i].sr, error_current()->why);
		assert_non_null(strstr(error_current()->evidence, "FLASH_SR = 0x"));
	}
	error_clear();
	drop(&c);
}

static void test_rdp_levels(void **state)
{
	(void)state;
	assert_int_equal(stm32l4_rdp_level(0xffeff8aa), 0);
	assert_int_equal(stm32l4_rdp_level(0xffeff8bb), 1);
	assert_int_equal(stm32l4_rdp_level(0xffeff800), 1);
	assert_int_equal(stm32l4_rdp_level(0xfffff8ff), 1);
	assert_int_equal(stm32l4_rdp_level(0xffeff8cc), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_line_is_plausible),
		cmocka_unit_test(test_names_and_revisions),
		cmocka_unit_test(test_geometry),
		cmocka_unit_test(test_erase_selects_the_page_of_the_physical_bank),
		cmocka_unit_test(test_every_line_to_the_figure),
		cmocka_unit_test(test_rows_and_surroundings),
		cmocka_unit_test(test_a_whole_bank_goes_fast_but_for_rows_with_holes),
		cmocka_unit_test(test_single_bank_mode_erases_with_both_bits),
		cmocka_unit_test(test_units_of_16_bytes_and_bursts),
		cmocka_unit_test(test_wrp_areas),
		cmocka_unit_test(test_pcrop_areas),
		cmocka_unit_test(test_protected_ranges_fit_into_the_areas),
		cmocka_unit_test(test_status_words),
		cmocka_unit_test(test_failures_name_the_cause),
		cmocka_unit_test(test_rdp_levels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
