/* SPDX-License-Identifier: GPL-2.0-or-later */
/* target.xml and the memory map: well-formed, complete, and in the numbers GDB is promised. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "server/gdb/documents.h"

/* Checks that elements nest; attributes are quoted and hold no markup. */
static void check_well_formed(const char *xml)
{
	char open[8][32];
	unsigned depth = 0;

	for (const char *p = strchr(xml, '<'); p != NULL; p = strchr(p, '<')) {
		const char *end = strchr(p, '>');
		size_t name = strcspn(p + 1, " >/");

		assert_non_null(end);
		if (p[1] == '/') {
			size_t n = (size_t)(end - p) - 2;

			assert_true(depth > 0 && strlen(open[depth - 1]) == n);
			assert_memory_equal(open[depth - 1], p + 2, n);
			depth--;
		} else if (p[1] != '?' && p[1] != '!' && end[-1] != '/') {
			assert_true(depth < ARRAY_SIZE(open) && name < sizeof(open[0]));
			memcpy(open[depth], p + 1, name);
			open[depth++][name] = '\0';
		}
		p = end;
	}
	assert_int_equal(depth, 0);
}

#define M_PROFILE "org.gnu.gdb.arm.m-profile"
#define M_SYSTEM  "org.gnu.gdb.arm.m-system"

/* Features in turns, a hidden register, numbers with a hole. */
static const struct reg regs[] = {
	{ "r0", 0, 32, M_PROFILE, "int", "general", false, false },
	{ "msp", 17, 32, M_SYSTEM, "data_ptr", "system", false, false },
	{ "r1", 1, 32, M_PROFILE, NULL, NULL, false, false },
	{ "inner", 19, 32, NULL, NULL, NULL, false, true },
	{ "primask", 20, 1, M_SYSTEM, "int8", "system", false, false },
	{ "d0", 42, 64, "org.gnu.gdb.arm.vfp", "ieee_double", "float", true, false },
};

static struct target a_target(void)
{
	return (struct target){ .name = (char *)"a.cpu", .regs = regs, .reg_count = ARRAY_SIZE(regs) };
}

static unsigned count(const char *text, const char *word)
{
	unsigned n = 0;

	for (const char *p = strstr(text, word); p != NULL; p = strstr(p + 1, word))
		n++;
	return n;
}

static void test_description(void **state)
{
	struct target t = a_target();
	struct buf xml = { 0 };

	(void)state;
	tdesc_build(&t, &xml);
	const char *text = (const char *)xml.data;

	check_well_formed(text);
	assert_non_null(strstr(text, "<architecture>arm</architecture>\n<osabi>none</osabi>"));
	assert_int_equal(count(text, "<feature name=\"" M_PROFILE "\">"), 1);
	assert_int_equal(count(text, "<feature "), 3);
	assert_int_equal(count(text, "<reg "), 5);
	assert_null(strstr(text, "inner"));
	assert_non_null(strstr(text, "<reg name=\"primask\" bitsize=\"1\" regnum=\"20\" type=\"int8\" "
				     "group=\"system\" save-restore=\"no\"/>"));
	assert_non_null(strstr(text, "<reg name=\"r1\" bitsize=\"32\" regnum=\"1\" type=\"int\"/>"));
	assert_non_null(strstr(text, "<reg name=\"d0\" bitsize=\"64\" regnum=\"42\" type=\"ieee_double\""));
	buf_free(&xml);
}

static void test_numbers(void **state)
{
	struct target t = a_target();

	(void)state;
	assert_string_equal(tdesc_find(&t, 42)->name, "d0");
	assert_null(tdesc_find(&t, 19));	/* hidden */
	assert_null(tdesc_find(&t, 99));
	assert_string_equal(tdesc_general(&t, 1)->name, "r1");
	assert_null(tdesc_general(&t, 2));
	assert_null(tdesc_general(&t, 17));	/* not of the general ones */
}

static enum err some_write(struct flash_bank *bank, const uint8_t *data, uint32_t offset, size_t n)
{
	(void)bank;
	(void)data;
	(void)offset;
	(void)n;
	return OK;
}

static const struct flash_driver driver = { .name = "some", .write = some_write };
static const struct flash_driver readonly = { .name = "otp" };

static struct flash_bank make_bank(struct target *t, uint32_t base, unsigned count_,
				   const uint32_t *sizes)
{
	struct flash_bank b = { .driver = &driver, .target = t, .base = base, .is_probed = true,
				.sector_count = count_ };

	b.sectors = xcalloc(count_, sizeof(*b.sectors));
	for (unsigned i = 0; i < count_; i++) {
		b.sectors[i] = (struct flash_sector){ .offset = b.size, .size = sizes[i] };
		b.size += sizes[i];
	}
	return b;
}

/* Regions touch each other and reach from 0 to 4 GiB; blocks start on multiples of their size. */
static void check_coverage(const struct map_region *regions, size_t n)
{
	uint64_t at = 0;

	for (size_t i = 0; i < n; i++) {
		assert_true(regions[i].addr == at);
		assert_true(regions[i].length > 0);
		if (regions[i].blocksize != 0)
			assert_true(regions[i].length % regions[i].blocksize == 0);
		at += regions[i].length;
	}
	assert_true(at == 0x100000000ull);
}

static void test_map_without_flash_is_one_region(void **state)
{
	struct target t = a_target();
	struct map_region *regions;

	(void)state;
	assert_int_equal(memory_map_regions(NULL, &t, &regions), 1);
	check_coverage(regions, 1);
	free(regions);
}

static void test_map_of_mixed_sectors(void **state)
{
	static const uint32_t sizes[] = { 0x4000, 0x4000, 0x4000, 0x4000, 0x10000, 0x20000, 0x20000 };
	struct target t = a_target();
	struct flash_bank bank = make_bank(&t, 0x08000000, ARRAY_SIZE(sizes), sizes);
	struct map_region *regions;
	struct buf xml = { 0 };

	(void)state;
	size_t n = memory_map_regions(&bank, &t, &regions);

	assert_int_equal(n, 5);
	check_coverage(regions, n);
	assert_int_equal(regions[1].blocksize, 0x4000);
	assert_int_equal(regions[1].length, 0x10000);
	assert_int_equal(regions[3].addr, 0x08020000);
	free(regions);
	memory_map_build(&bank, &t, &xml);
	check_well_formed((char *)xml.data);
	assert_non_null(strstr((char *)xml.data,
			       "<memory type=\"flash\" start=\"0x8000000\" length=\"0x10000\">"
			       "<property name=\"blocksize\">0x4000</property></memory>"));
	buf_free(&xml);
	free(bank.sectors);
}

static void test_map_of_awkward_banks(void **state)
{
	static const uint32_t one[] = { 0x800 }, two[] = { 0x800, 0x800 };
	struct target t = a_target(), other = a_target();
	struct flash_bank banks[] = {
		make_bank(&t, 0xfffff800, 1, one),	/* up to the last byte */
		make_bank(&t, 0x00000000, 2, two),	/* from the first */
		make_bank(&t, 0x00000800, 2, two),	/* overlaps: left out */
		make_bank(&t, 0x1fff7000, 1, one),
		make_bank(&other, 0x08000000, 1, one),	/* another core's */
		make_bank(&t, 0x40000000, 1, one),	/* not probed */
	};
	struct map_region *regions;

	(void)state;
	for (size_t i = 0; i + 1 < ARRAY_SIZE(banks); i++)
		banks[i].next = &banks[i + 1];
	banks[3].driver = &readonly;
	banks[5].is_probed = false;
	size_t n = memory_map_regions(banks, &t, &regions);

	check_coverage(regions, n);
	assert_int_equal(n, 5);
	assert_int_equal(regions[0].blocksize, 0x800);
	assert_true(regions[2].is_rom);
	assert_true(regions[4].addr == 0xfffff800);
	free(regions);
	for (size_t i = 0; i < ARRAY_SIZE(banks); i++)
		free(banks[i].sectors);
}

static void test_map_with_a_hole_in_a_bank(void **state)
{
	static const uint32_t sizes[] = { 0x800, 0x800 };
	struct target t = a_target();
	struct flash_bank bank = make_bank(&t, 0x08000000, 2, sizes);
	struct map_region *regions;

	(void)state;
	bank.sectors[1].offset = 0x40000;	/* two banks of one chip */
	bank.size = 0x40800;
	size_t n = memory_map_regions(&bank, &t, &regions);

	check_coverage(regions, n);
	assert_int_equal(n, 5);
	assert_int_equal(regions[2].blocksize, 0);
	free(regions);
	free(bank.sectors);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_description),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_map_without_flash_is_one_region),
		cmocka_unit_test(test_map_of_mixed_sectors),
		cmocka_unit_test(test_map_of_awkward_banks),
		cmocka_unit_test(test_map_with_a_hole_in_a_bank),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
