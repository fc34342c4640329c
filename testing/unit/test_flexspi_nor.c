/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flexspi_nor: units and order in which a flash is erased and programmed; what an end half way means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "flash/flexspi_nor.h"

#define SECTOR	4096u
#define SECTORS 64u

struct rig {
	struct flash_room room;
	struct flexspi_nor f;
	struct flash_bank bank;
	struct flash_sector sectors[SECTORS];
	struct flash_step steps[SECTORS];
	uint8_t data[SECTOR];
	struct nor_stream s;
};

/* A flash of 256 KiB with the erase units of a W25Q32JV; steps erase and fill sectors first..last. */
static void make(struct rig *r, unsigned first, unsigned last)
{
	memset(r, 0, sizeof(*r));
	serial_nor_apply_table((const uint8_t[]){ 0xef, 0x40, 0x16 }, &r->f.nor);
	serial_nor_fill_defaults(&r->f.nor);
	r->f.is_boot_flash = true;
	r->f.nor.bytes = SECTORS * SECTOR;
	memset(r->data, 0x55, sizeof(r->data));
	r->bank = (struct flash_bank){ .priv = &r->f, .room = &r->room, .size = SECTORS * SECTOR,
				       .sectors = r->sectors, .sector_count = SECTORS,
				       .erased_value = 0xff };
	for (unsigned i = 0; i < SECTORS; i++)
		r->sectors[i] = (struct flash_sector){ i * SECTOR, SECTOR, -1, 0 };
	for (unsigned i = first; i <= last; i++)
		r->steps[i - first] = (struct flash_step){ .sector = i, .erase = true,
							   .offset = i * SECTOR, .bytes = SECTOR,
							   .data = r->data };
}

static void build(struct rig *r, size_t count)
{
	nor_stream_build(&r->s, &r->bank, r->steps, count);
}

static size_t position(const struct rig *r, bool erase, uint32_t offset)
{
	for (size_t i = 0; i < r->s.operation_count; i++)
		if ((r->s.operations[i].unit != NULL) == erase && r->s.operations[i].offset == offset)
			return i;
	return SIZE_MAX;
}

static void test_largest_units(void **state)
{
	static const struct { uint32_t offset, bytes; } wanted[] = {
		{ 0x7000, 0x1000 }, { 0x8000, 0x8000 }, { 0x10000, 0x10000 }, { 0x20000, 0x8000 },
		{ 0x28000, 0x1000 },
	};
	size_t found = 0;
	struct rig r;

	(void)state;
	make(&r, 7, 40);
	build(&r, 34);
	for (size_t i = 0; i < r.s.operation_count; i++) {
		if (r.s.operations[i].unit == NULL)
			continue;
		assert_int_equal(r.s.operations[i].offset, wanted[found].offset);
		assert_int_equal(r.s.operations[i].unit->bytes, wanted[found].bytes);
		found++;
	}
	assert_int_equal(found, ARRAY_SIZE(wanted));
	nor_stream_free(&r.s);
}

static void test_the_boot_header_goes_first_and_comes_last(void **state)
{
	struct rig r;
	size_t fcb, ivt, app;

	(void)state;
	make(&r, 0, 17);
	build(&r, 18);
	fcb = position(&r, false, 0);
	ivt = position(&r, false, 0x1000);
	app = position(&r, false, 0x11000);
	assert_int_equal(position(&r, true, 0), 0);
	assert_true(app < ivt);
	assert_true(ivt < fcb);
	assert_int_equal(fcb + 1, r.s.operation_count);
	nor_stream_free(&r.s);
}

/* HyperFlash: FCB, IVT and program share one sector. */
static void test_the_header_of_a_large_sector_comes_last_too(void **state)
{
	struct rig r;
	uint8_t *data = malloc(SECTORS * SECTOR);

	(void)state;
	make(&r, 0, 0);
	memset(data, 0x55, SECTORS * SECTOR);
	r.bank.sector_count = 1;
	r.sectors[0].size = SECTORS * SECTOR;
	r.steps[0].bytes = SECTORS * SECTOR;
	r.steps[0].data = data;
	r.f.nor.page_bytes = 512;
	r.f.nor.erase[0] = (struct nor_erase){ SECTORS * SECTOR, 0x30, 930000, 10000000 };
	r.f.nor.erase[1] = r.f.nor.erase[2] = (struct nor_erase){ 0 };
	build(&r, 1);
	assert_int_equal(position(&r, false, 0) + 1, r.s.operation_count);
	assert_int_equal(position(&r, false, 0x2000), 1);
	assert_true(position(&r, false, 0x1000) > position(&r, false, 0x3fe00));
	nor_stream_free(&r.s);
	free(data);
}

static void test_a_flash_that_is_not_booted_from_has_no_header(void **state)
{
	struct rig r;

	(void)state;
	make(&r, 0, 17);
	r.f.is_boot_flash = false;
	build(&r, 18);
	assert_true(position(&r, false, 0) < position(&r, false, 0x11000));
	nor_stream_free(&r.s);
}

static void test_blank_pages_are_left_out(void **state)
{
	struct rig r;

	(void)state;
	make(&r, 4, 4);
	memset(r.data + 256, 0xff, SECTOR - 512);
	build(&r, 1);
	assert_int_equal(r.s.operation_count, 3);	/* erase, first and last page */
	assert_int_equal(position(&r, false, 4 * SECTOR + SECTOR - 256), 2);
	nor_stream_free(&r.s);
}

static void test_the_whole_chip_is_erased_at_once(void **state)
{
	struct rig r;

	(void)state;
	make(&r, 0, SECTORS - 1);
	r.f.nor.chip_typical_us = 500000;
	build(&r, SECTORS);
	assert_true(r.s.erase_chip);
	assert_int_equal(position(&r, true, 0), SIZE_MAX);
	nor_stream_free(&r.s);
	r.f.nor.chip_typical_us = 10000000;		/* slower than four blocks */
	build(&r, SECTORS);
	assert_false(r.s.erase_chip);
	nor_stream_free(&r.s);
}

static void test_states_after_an_end_half_way(void **state)
{
	struct rig r;
	size_t pages;

	(void)state;
	make(&r, 0, 19);	/* one block and four sectors */
	build(&r, 20);
	pages = position(&r, false, 5 * SECTOR);
	nor_stream_set_states(&r.s, pages + 3, true);
	assert_int_equal(r.steps[0].state, STEP_ERASED);	/* header: erased, not yet written */
	assert_int_equal(r.steps[1].state, STEP_ERASED);
	assert_int_equal(r.steps[2].state, STEP_DONE);
	assert_int_equal(r.steps[5].state, STEP_UNKNOWN);
	assert_int_equal(r.steps[6].state, STEP_ERASED);
	assert_int_equal(r.steps[16].state, STEP_WAITS);
	nor_stream_free(&r.s);
}

static void test_an_erase_that_did_not_end_leaves_its_sectors_unknown(void **state)
{
	struct rig r;

	(void)state;
	make(&r, 0, 19);
	build(&r, 20);
	nor_stream_set_states(&r.s, 0, true);
	assert_int_equal(r.steps[0].state, STEP_UNKNOWN);
	assert_int_equal(r.steps[15].state, STEP_UNKNOWN);
	assert_int_equal(r.steps[16].state, STEP_WAITS);
	nor_stream_free(&r.s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_largest_units),
		cmocka_unit_test(test_the_boot_header_goes_first_and_comes_last),
		cmocka_unit_test(test_the_header_of_a_large_sector_comes_last_too),
		cmocka_unit_test(test_a_flash_that_is_not_booted_from_has_no_header),
		cmocka_unit_test(test_blank_pages_are_left_out),
		cmocka_unit_test(test_the_whole_chip_is_erased_at_once),
		cmocka_unit_test(test_states_after_an_end_half_way),
		cmocka_unit_test(test_an_erase_that_did_not_end_leaves_its_sectors_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
