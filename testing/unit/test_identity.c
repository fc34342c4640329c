/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which chip, and where its number lies. */
#include "fake_port.h"

#include "dap/identity.h"

#define CPUID	  0xe000ed00u
#define ROM_TABLE 0xe00ff000u
#define ST	  0x020u
#define ARM	  0x23bu
#define RT_DPIDR  0x0bd11477u

static void put(struct fake_board *b, uint32_t addr, uint32_t value)
{
	assert_true(b->dp.word_count < ARRAY_SIZE(b->dp.words));
	b->dp.words[b->dp.word_count].addr = addr;
	b->dp.words[b->dp.word_count++].value = value;
}

/* The identification block of a class 1 ROM table (IHI 0029 B2.2). */
static void put_rom_table(struct fake_board *b, unsigned designer, unsigned part)
{
	static const uint8_t cidr[] = { 0x0d, 0x10, 0x05, 0xb1 };

	for (uint32_t offset = 0xfbc; offset < 0xfd0; offset += 4)
		put(b, ROM_TABLE + offset, 0);
	put(b, ROM_TABLE + 0xfd0, designer >> 7);
	for (uint32_t offset = 0xfd4; offset < 0xfe0; offset += 4)
		put(b, ROM_TABLE + offset, 0);
	put(b, ROM_TABLE + 0xfe0, part & 0xff);
	put(b, ROM_TABLE + 0xfe4, part >> 8 | (designer & 0xf) << 4);
	put(b, ROM_TABLE + 0xfe8, 8 | (designer >> 4 & 7));
	put(b, ROM_TABLE + 0xfec, 0);
	for (uint32_t i = 0; i < 4; i++)
		put(b, ROM_TABLE + 0xff0 + 4 * i, cidr[i]);
}

static struct fake_board *chip(unsigned cpu, unsigned designer, unsigned part)
{
	struct fake_board *b = fake_board_new();

	put(b, CPUID, 0x410f0001 | cpu << 4);
	put_rom_table(b, designer, part);
	assert_int_equal(dap_connect(&b->dap), OK);
	return b;
}

static void expect_id(struct fake_board *b, const char *name, const char *uid)
{
	struct identity identity;

	assert_int_equal(identity_read(&b->dap, &identity), OK);
	assert_string_equal(identity.chip, name);
	assert_string_equal(identity.uid, uid);
	fake_board_free(b);
}

static void test_by_rom_table(void **state)
{
	struct fake_board *b = chip(0xc24, ST, 0x415);

	(void)state;
	put(b, 0x1fff7590, 0x00320042);
	put(b, 0x1fff7594, 0x35325014);
	put(b, 0x1fff7598, 0x20363253);
	expect_id(b, "STM32L47x/L48x", "420032001450323553323620");
}

/* The ROM table's number is the core's; DBGMCU_IDCODE is at the second of two places. */
static void test_by_idcode(void **state)
{
	struct fake_board *b = chip(0xc27, ST, 0x4c7);

	(void)state;
	put(b, 0x5c001000, 0x20036450);
	put(b, 0x1ff1e800, 1);
	put(b, 0x1ff1e804, 2);
	put(b, 0x1ff1e808, 3);
	expect_id(b, "STM32H74x/H75x", "010000000200000003000000");
}

static void test_third_word_apart(void **state)
{
	struct fake_board *b = chip(0xc23, ST, 0x436);

	(void)state;
	put(b, 0x1ff800d0, 0x11111111);
	put(b, 0x1ff800d4, 0x22222222);
	put(b, 0x1ff800d8, 0xdddddddd);		/* not part of it */
	put(b, 0x1ff800e4, 0x33333333);
	expect_id(b, "STM32L1xx category 4", "111111112222222233333333");
}

static void test_imxrt(void **state)
{
	struct fake_board *b = chip(0xc27, ARM, 0x4c7);

	(void)state;
	b->dap.dpidr = RT_DPIDR;
	put(b, 0x400d8260, 0x006c0000);
	put(b, 0x401f4410, 0x89abcdef);
	put(b, 0x401f4420, 0x01234567);
	expect_id(b, "i.MX RT106x", "efcdab8967452301");
}

static void test_unknown_chip(void **state)
{
	struct fake_board *b = chip(0xc24, 0x244, 0x006);	/* nobody of the table */
	struct identity identity;

	(void)state;
	assert_int_equal(identity_read(&b->dap, &identity), ERR_UNSUPPORTED);
	assert_non_null(strstr(error_text(error_current()), "part 0x006"));
	/* The link is as it was: nothing was left sticky. */
	assert_int_equal(mem_ap_read32(b->ap, FAKE_RAM_BASE, &(uint32_t){ 0 }), OK);
	fake_board_free(b);
}

static void test_check(void **state)
{
	struct fake_board *b = chip(0xc24, ST, 0x415);

	(void)state;
	for (uint32_t i = 0; i < 3; i++)
		put(b, 0x1fff7590 + 4 * i, 0);
	assert_int_equal(identity_check(&b->dap), OK);	/* nobody asked */
	b->adapter.target_uid = xstrdup("000000000000000000000000");
	assert_int_equal(identity_check(&b->dap), OK);
	b->adapter.target_uid[0] = '1';
	assert_int_equal(identity_check(&b->dap), ERR_ADAPTER_NOT_FOUND);
	assert_non_null(strstr(error_text(error_current()), "STM32L47x/L48x"));
	free(b->adapter.target_uid);
	fake_board_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_rom_table),
		cmocka_unit_test(test_by_idcode),
		cmocka_unit_test(test_third_word_apart),
		cmocka_unit_test(test_imxrt),
		cmocka_unit_test(test_unknown_chip),
		cmocka_unit_test(test_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
