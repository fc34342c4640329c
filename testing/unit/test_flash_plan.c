/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flash plans: cutting at sectors and banks, padding, gaps, keeping, skipping. No target, a fake
 * bank. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "adapter/adapter.h"
#include "flash/room.h"

#define BASE	0x08000000u
#define SECTOR	256u
#define SECTORS	8u

static uint8_t contents[2][SECTORS * SECTOR];

static enum err fake_probe(struct flash_bank *bank)
{
	(void)bank;
	return OK;
}

static enum err fake_read(struct flash_bank *bank, uint8_t *dst, uint32_t offset, size_t n)
{
	memcpy(dst, contents[bank->number] + offset, n);
	return OK;
}

static const struct flash_driver fake_driver = { .name = "fake",
						 .probe = fake_probe,
						 .read = fake_read };

struct world {
	struct target target;
	struct target_list targets;
	struct adapter adapter;
	struct flash_room room;
	struct flash_bank banks[2];
	struct flash_sector sectors[2][SECTORS];
	struct image *image;
	struct flash_write_options options;
	struct flash_plan *plans;
	size_t count;
};

/* Two banks of eight sectors, the second right behind the first. */
static void setup(struct world *w)
{
	static char names[2][8] = { "one", "two" };

	memset(w, 0, sizeof(*w));
	memset(contents, 0xff, sizeof(contents));
	w->target.examined = true;
	w->options.erase = true;
	w->image = image_new();
	for (unsigned b = 0; b < 2; b++) {
		w->banks[b] = (struct flash_bank){
			.name = names[b],
			.number = b,
			.driver = &fake_driver,
			.target = &w->target,
			.room = &w->room,
			.base = BASE + b * SECTORS * SECTOR,
			.size = SECTORS * SECTOR,
			.program_unit = 8,
			.erased_value = 0xff,
			.pad_value = 0xff,
			.is_probed = true,
			.sectors = w->sectors[b],
			.sector_count = SECTORS,
			.erase_sector_us = 1000,
			.program_unit_us = 10,
			.mass_erase_us = 1500,
		};
		for (unsigned i = 0; i < SECTORS; i++)
			w->sectors[b][i] = (struct flash_sector){ i * SECTOR, SECTOR, -1, -1 };
	}
	w->banks[0].next = &w->banks[1];
	w->room.banks = &w->banks[0];
	w->targets.loop = loop_new();
	w->targets.script = script_new(w->targets.loop, false);
	w->targets.adapter = &w->adapter;
	w->room.targets = &w->targets;
}

static enum err build(struct world *w)
{
	error_clear();
	return flash_plan_build(&w->room, &w->target, w->image, &w->options, &w->plans, &w->count);
}

static void teardown(struct world *w)
{
	flash_plan_free(w->plans, w->count);
	image_close(w->image);
	script_free(w->targets.script);
	loop_free(w->targets.loop);
	error_clear();
}

static void add(struct world *w, uint32_t offset, size_t n, uint8_t value)
{
	uint8_t data[4 * SECTORS * SECTOR];

	memset(data, value, n);
	image_add(w->image, BASE + offset, data, n);
}

/* Each case: sections in, steps out. */
static const struct {
	const char *name;
	struct { uint32_t offset; size_t n; } in[3];
	struct { unsigned sector; uint32_t offset; size_t bytes; } out[4];
} cases[] = {
	{ "one whole sector", { { 0, SECTOR } }, { { 0, 0, SECTOR } } },
	{ "two whole sectors",
	  { { SECTOR, 2 * SECTOR } },
	  { { 1, SECTOR, SECTOR }, { 2, 2 * SECTOR, SECTOR } } },
	{ "aligned, shorter than a sector", { { 0, 64 } }, { { 0, 0, 64 } } },
	{ "one byte is padded to the unit", { { 3, 1 } }, { { 0, 0, 8 } } },
	{ "last byte of a sector", { { SECTOR - 1, 1 } }, { { 0, SECTOR - 8, 8 } } },
	{ "last byte and first byte",
	  { { SECTOR - 1, 2 } },
	  { { 0, SECTOR - 8, 8 }, { 1, SECTOR, 8 } } },
	{ "two pieces in one unit", { { 1, 2 }, { 5, 1 } }, { { 0, 0, 8 } } },
	{ "gap inside a sector", { { 0, 8 }, { 64, 9 } }, { { 0, 0, 80 } } },
	{ "gap of whole sectors",
	  { { 0, 8 }, { 3 * SECTOR, 8 } },
	  { { 0, 0, 8 }, { 3, 3 * SECTOR, 8 } } },
};

static void test_cuts_at_sectors_and_pads(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct world w;
		size_t steps = 0;

		setup(&w);
		for (size_t k = 0; k < 3 && cases[i].in[k].n > 0; k++)
			add(&w, cases[i].in[k].offset, cases[i].in[k].n, 0x5a);
		if (build(&w) != OK || w.count != 1)
			fail_msg("%s: %s", cases[i].name, error_text(error_current()));
		while (steps < 4 && cases[i].out[steps].bytes > 0)
			steps++;
		if (w.plans[0].count != steps)
			fail_msg("%s: %zu steps", cases[i].name, w.plans[0].count);
		for (size_t k = 0; k < steps; k++) {
			const struct flash_step *s = &w.plans[0].steps[k];

			if (s->sector != cases[i].out[k].sector ||
			    s->offset != cases[i].out[k].offset ||
			    s->bytes != cases[i].out[k].bytes || !s->erase)
				fail_msg("%s: step %zu: sector %u, offset 0x%x, %zu bytes",
					 cases[i].name, k, s->sector, s->offset, s->bytes);
		}
		assert_int_equal(w.plans[0].image_bytes, image_bytes(w.image));
		teardown(&w);
	}
}

static void test_padding_takes_the_banks_value(void **state)
{
	struct world w;

	(void)state;
	setup(&w);
	w.banks[0].pad_value = 0x00;
	w.banks[0].has_pad_value = true;
	add(&w, 2, 1, 0x5a);
	add(&w, 9, 1, 0x5b);
	assert_int_equal(build(&w), OK);
	assert_memory_equal(w.plans[0].steps[0].data, "\0\0\x5a\0\0\0\0\0\0\x5b\0\0\0\0\0\0", 16);
	teardown(&w);
}

static void test_an_image_over_two_banks_makes_two_plans(void **state)
{
	struct world w;

	(void)state;
	setup(&w);
	add(&w, (SECTORS - 1) * SECTOR, 2 * SECTOR, 0x11);
	assert_int_equal(build(&w), OK);
	assert_int_equal(w.count, 2);
	assert_ptr_equal(w.plans[0].bank, &w.banks[0]);
	assert_int_equal(w.plans[0].steps[0].sector, SECTORS - 1);
	assert_ptr_equal(w.plans[1].bank, &w.banks[1]);
	assert_int_equal(w.plans[1].steps[0].sector, 0);
	assert_int_equal(w.plans[1].steps[0].offset, 0);
	teardown(&w);
}

static void test_outside_all_banks(void **state)
{
	struct world w;

	(void)state;
	setup(&w);
	image_add(w.image, 0x20000000, (const uint8_t *)"ram", 3);
	assert_int_equal(build(&w), ERR_NO_BANK);
	assert_non_null(strstr(error_text(error_current()), "0x20000000"));
	add(&w, 0, 8, 1);		/* now a part of it can be written */
	assert_int_equal(build(&w), OK);
	assert_int_equal(w.count, 1);
	assert_int_equal(w.plans[0].image_bytes, 8);
	teardown(&w);

	setup(&w);			/* hanging over both ends */
	add(&w, 0u - 16, 32, 1);
	add(&w, 2 * SECTORS * SECTOR - 8, 16, 1);
	assert_int_equal(build(&w), OK);
	assert_int_equal(w.plans[0].image_bytes + w.plans[1].image_bytes, 24);
	teardown(&w);
}

static void test_a_hole_between_sectors_is_outside(void **state)
{
	struct world w;

	(void)state;
	setup(&w);
	for (unsigned i = 4; i < SECTORS; i++)
		w.sectors[0][i].offset += 4 * SECTOR;
	w.banks[0].size += 4 * SECTOR;
	w.banks[1].base += 4 * SECTOR;
	assert_int_equal(flash_sector_at(&w.banks[0], 4 * SECTOR), SECTORS);
	assert_int_equal(flash_sector_at(&w.banks[0], 8 * SECTOR), 4);
	add(&w, 3 * SECTOR, 6 * SECTOR, 1);
	assert_int_equal(build(&w), OK);
	assert_int_equal(w.plans[0].count, 2);
	assert_int_equal(w.plans[0].steps[1].sector, 4);
	assert_int_equal(w.plans[0].steps[1].offset, 8 * SECTOR);
	assert_int_equal(flash_same_size_run(&w.banks[0], 0, SECTORS), 4);
	teardown(&w);
}

static void test_keep_puts_back_what_the_image_leaves_out(void **state)
{
	struct world w;

	(void)state;
	setup(&w);
	memset(contents[0], 0x77, SECTOR);
	w.options.keep_rest = true;
	add(&w, 16, 16, 0x5a);
	assert_int_equal(build(&w), OK);
	assert_int_equal(w.plans[0].kept_bytes, SECTOR - 16);
	assert_int_equal(w.plans[0].steps[0].offset, 0);
	assert_int_equal(w.plans[0].steps[0].bytes, SECTOR);
	assert_int_equal(w.plans[0].steps[0].data[15], 0x77);
	assert_int_equal(w.plans[0].steps[0].data[16], 0x5a);
	assert_int_equal(w.plans[0].steps[0].data[32], 0x77);
	teardown(&w);
}

static void test_skip_leaves_equal_sectors_alone(void **state)
{
	struct world w;

	(void)state;
	setup(&w);
	memset(contents[0] + SECTOR, 0x5a, 2 * SECTOR);
	contents[0][2 * SECTOR + 7] = 0;	/* sector 2 differs in one byte */
	w.options.skip_same = true;
	add(&w, SECTOR, 2 * SECTOR + 10, 0x5a);
	assert_int_equal(build(&w), OK);
	assert_int_equal(w.plans[0].sectors_skipped, 1);
	assert_int_equal(w.plans[0].skipped_bytes, SECTOR);
	assert_int_equal(w.plans[0].count, 2);
	assert_int_equal(w.plans[0].steps[0].sector, 2);
	assert_int_equal(w.plans[0].steps[1].sector, 3);
	teardown(&w);

	setup(&w);				/* nothing left to do */
	memset(contents[0], 0x5a, 8);
	w.options.skip_same = true;
	add(&w, 0, 8, 0x5a);
	assert_int_equal(build(&w), OK);
	assert_int_equal(w.count, 1);
	assert_int_equal(w.plans[0].count, 0);
	assert_int_equal(w.plans[0].estimate_us, 0);
	teardown(&w);
}

static void test_also_erase_adds_sectors_in_order(void **state)
{
	const struct flash_range range = { BASE + SECTOR, 3 * SECTOR - 1 };
	struct world w;

	(void)state;
	setup(&w);
	w.options.also_erase = &range;
	w.options.also_erase_count = 1;
	add(&w, 2 * SECTOR, 8, 0x5a);
	assert_int_equal(build(&w), OK);
	assert_int_equal(w.plans[0].count, 3);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(w.plans[0].steps[i].sector, i + 1);
		assert_true(w.plans[0].steps[i].erase);
		assert_int_equal(w.plans[0].steps[i].bytes, i == 1 ? 8 : 0);
	}
	teardown(&w);
}

static void test_estimate_counts_only_what_is_not_erased(void **state)
{
	struct world w;
	uint8_t data[64];

	(void)state;
	setup(&w);
	memset(data, 0xff, sizeof(data));
	data[0] = data[63] = 0;
	image_add(w.image, BASE, data, sizeof(data));
	assert_int_equal(build(&w), OK);
	assert_int_equal(w.plans[0].estimate_us, 1000 + 2 * 10);
	teardown(&w);

	setup(&w);				/* all sectors: one mass erase */
	add(&w, 0, SECTORS * SECTOR, 0xff);
	assert_int_equal(build(&w), OK);
	assert_int_equal(w.plans[0].estimate_us, 1500);
	teardown(&w);
}

static void test_without_erase_nothing_is_erased(void **state)
{
	struct world w;

	(void)state;
	setup(&w);
	w.options.erase = false;
	add(&w, 0, SECTOR, 0x5a);
	assert_int_equal(build(&w), OK);
	assert_false(w.plans[0].steps[0].erase);
	assert_int_equal(w.plans[0].erase_bytes, 0);
	teardown(&w);
}

static void test_describes_runs(void **state)
{
	struct buf text = { 0 };
	struct world w;

	(void)state;
	setup(&w);
	add(&w, 0, 3 * SECTOR + 8, 0x5a);
	add(&w, 6 * SECTOR, 8, 0x5a);
	assert_int_equal(build(&w), OK);
	preview_plans(w.plans, w.count, &w.options, PREVIEW_TEXT, &text);
	assert_non_null(
		strstr((char *)text.data, "sectors 0..3 at 0x08000000: erase, program 776 bytes"));
	assert_non_null(
		strstr((char *)text.data, "sector 6 at 0x08000600: erase, program 8 bytes"));
	buf_free(&text);
	teardown(&w);
}

static void test_finds_banks_by_number_name_and_prefix(void **state)
{
	struct flash_bank *bank;
	struct world w;

	(void)state;
	setup(&w);
	assert_int_equal(flash_find_bank(&w.room, "1", &bank), OK);
	assert_ptr_equal(bank, &w.banks[1]);
	assert_int_equal(flash_find_bank(&w.room, "one", &bank), OK);
	assert_ptr_equal(bank, &w.banks[0]);
	assert_int_equal(flash_find_bank(&w.room, "tw", &bank), OK);
	assert_ptr_equal(bank, &w.banks[1]);
	assert_int_equal(flash_find_bank(&w.room, "7", &bank), ERR_NO_BANK);
	assert_non_null(strstr(error_text(error_current()), "flash bank '#7' is out of bounds"));
	assert_int_equal(flash_find_bank(&w.room, "", &bank), ERR_NO_BANK);
	teardown(&w);
}

static void note_what(void *ctx, const char *what, size_t done, size_t total)
{
	(void)done;
	(void)total;
	*(const char **)ctx = what;
}

/* One target's write services the loop, and another target's erase runs inside it. */
static void test_progress_goes_on_after_an_operation_inside(void **state)
{
	struct flash_progress write, erase;
	const char *told = NULL;
	struct world w;

	(void)state;
	setup(&w);
	w.room.progress = note_what;
	w.room.progress_ctx = &told;
	flash_progress_start(&w.room, &write, "write", 10);
	flash_progress_start(&w.room, &erase, "erase", 10);
	flash_progress(&w.banks[1], 1);
	assert_string_equal(told, "erase");
	flash_progress_end(&w.room);
	flash_progress(&w.banks[0], 1);
	assert_string_equal(told, "write");
	flash_progress_end(&w.room);
	assert_null(w.room.running);
	teardown(&w);
}

static enum err refuse_reading(struct flash_bank *bank)
{
	(void)bank;
	return error_why(ERR_READ_PROTECTED, "closed");
}

/* Helper code that reads protected flash crashes the core: the master's word counts. */
static void test_a_virtual_bank_is_as_readable_as_its_master(void **state)
{
	struct flash_driver closed = fake_driver;
	struct flash_bank alias = { .driver = &virtual_driver };
	struct world w;

	(void)state;
	setup(&w);
	closed.readable = refuse_reading;
	w.banks[0].driver = &closed;
	alias.priv = &w.banks[0];
	assert_int_equal(flash_check_readable(&alias), ERR_READ_PROTECTED);
	w.banks[0].driver = &fake_driver;
	assert_int_equal(flash_check_readable(&alias), OK);
	teardown(&w);
}

static void test_crc_is_gdbs(void **state)
{
	(void)state;
	/* RM0351 14: CRC unit with its reset polynomial, most significant byte first. */
	assert_int_equal(crc_bytes(0xffffffff, (const uint8_t *)"\x00\x00\x00\x00", 4), 0xc704dd7b);
	assert_int_equal(crc_bytes(0xffffffff, (const uint8_t *)"\x12\x34\x56\x78", 4), 0xdf8a8a2b);
	assert_int_equal(crc_bytes(0xffffffff, (const uint8_t *)"\xff\xff\xff\xff", 4), 0);
	assert_int_equal(crc_of_fill(0xff, 4), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cuts_at_sectors_and_pads),
		cmocka_unit_test(test_padding_takes_the_banks_value),
		cmocka_unit_test(test_an_image_over_two_banks_makes_two_plans),
		cmocka_unit_test(test_outside_all_banks),
		cmocka_unit_test(test_a_hole_between_sectors_is_outside),
		cmocka_unit_test(test_keep_puts_back_what_the_image_leaves_out),
		cmocka_unit_test(test_skip_leaves_equal_sectors_alone),
		cmocka_unit_test(test_also_erase_adds_sectors_in_order),
		cmocka_unit_test(test_estimate_counts_only_what_is_not_erased),
		cmocka_unit_test(test_without_erase_nothing_is_erased),
		cmocka_unit_test(test_describes_runs),
		cmocka_unit_test(test_finds_banks_by_number_name_and_prefix),
		cmocka_unit_test(test_progress_goes_on_after_an_operation_inside),
		cmocka_unit_test(test_a_virtual_bank_is_as_readable_as_its_master),
		cmocka_unit_test(test_crc_is_gdbs),
	};

	log_set_level(LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
