/* SPDX-License-Identifier: GPL-2.0-or-later */
/* i.MX RT: parts, identification, FlexRAM, a quiet core; against registers in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_imxrt.h"

static int set_up(void **state)
{
	fake_reset();
	*state = fake_target();
	return 0;
}

static int tear_down(void **state)
{
	fake_target_free(*state);
	return 0;
}

static void test_every_part_is_plausible(void **state)
{
	(void)state;
	for (const struct imxrt_part *p = imxrt_parts; p->name != NULL; p++) {
		unsigned banks[4] = { 0 };

		for (unsigned i = 0; i < p->flexram_bytes / 0x8000; i++)
			banks[p->flexram_default >> 2 * i & 3]++;
		assert_int_equal(banks[0], 0);
		assert_int_equal(banks[1], banks[2] + banks[3]);	/* half of it is OCRAM */
		assert_int_equal(p->ocram2_bytes != 0, p->is_106x);
		assert_true(p->flexspi[0].window == p->boot_window ||
			    p->flexspi[1].window == p->boot_window);
		for (unsigned i = 0; i < 2; i++) {
			unsigned pads = 0;

			if (p->flexspi[i].regs == 0)
				continue;
			for (const struct imxrt_pad *pad = p->flexspi[i].pads; pad->signal != NULL; pad++) {
				assert_true(pad->mux > 0x401f8000 && pad->mux < pad->pad);
				pads++;
			}
			assert_int_equal(pads, 7);
		}
	}
}

/* IMXRT1064RM "IOMUXC": the package's flash is on pads of both banks. */
static void test_package_flash_of_rt1064(void **state)
{
	static const struct { const char *signal; uint32_t mux, pad, daisy; uint8_t value; } want[] = {
		{ "SS0", 0x401f86ac, 0x401f8704, 0, 0 },
		{ "SCLK", 0x401f867c, 0x401f86d4, 0x401f8750, 2 },
		{ "DATA0", 0x401f8664, 0x401f86bc, 0x401f8730, 2 },
		{ "DATA1", 0x401f86a0, 0x401f86f8, 0x401f8734, 0 },
		{ "DATA2", 0x401f869c, 0x401f86f4, 0x401f8738, 0 },
		{ "DATA3", 0x401f8684, 0x401f86dc, 0x401f873c, 2 },
		{ "DQS", 0x401f8694, 0x401f86ec, 0x401f872c, 0 },
	};
	const struct imxrt_part *p = imxrt_parts;

	(void)state;
	while (strcmp(p->name, "RT1064") != 0)
		p++;
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		const struct imxrt_pad *pad = &p->flexspi[1].pads[i];

		assert_string_equal(pad->signal, want[i].signal);
		assert_int_equal(pad->mux, want[i].mux);
		assert_int_equal(pad->pad, want[i].pad);
		assert_int_equal(pad->daisy, want[i].daisy);
		assert_int_equal(pad->daisy_value, want[i].value);
	}
}

static const struct {
	const char *name;
	uint32_t digprog, cfg3;
	const char *revision;
	bool is_guess;
} parts[] = {
	{ "RT1064", 0x006c0001, BIT(20), "A1", false },
	{ "RT1060", 0x006c0000, 0, "A0", false },
	{ "RT1050", 0x006a0001, 0, "A1", false },
	{ "RT1024", 0x006b0000, BIT(20), "A0", false },
	{ "RT1020", 0x006b0000, 0, "A0", true },
	{ "RT1010", 0x006d0000, 0, "A0", false },
};

static void test_identification(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		struct imxrt_chip chip;

		fake_poke(DIGPROG, parts[i].digprog);
		fake_poke(OCOTP_SHADOW(4), parts[i].cfg3);
		assert_int_equal(imxrt_identify(*state, &chip), OK);
		assert_string_equal(chip.part->name, parts[i].name);
		assert_string_equal(chip.revision, parts[i].revision);
		assert_int_equal(chip.is_guess, parts[i].is_guess);
		assert_int_equal(chip.uid, 0x5566778811223344);
	}
	assert_int_equal(fake.write_count, 0);	/* nothing is halted or changed */
}

static void test_half_the_ram_is_an_rt1015(void **state)
{
	struct imxrt_chip chip;

	fake_poke(DIGPROG, 0x006b0000);
	fake_poke(OCOTP_SHADOW(4), 0);
	fake.dead_from = 0x20210000;
	fake.dead_to = 0x20220000;
	assert_int_equal(imxrt_identify(*state, &chip), OK);
	assert_string_equal(chip.part->name, "RT1015");
	assert_true(chip.is_guess);
}

static void test_other_chips_are_named(void **state)
{
	struct imxrt_chip chip;

	fake_poke(0xe000ed00, 0x410fc241);	/* Cortex-M4 */
	assert_int_equal(imxrt_identify(*state, &chip), ERR_UNSUPPORTED);
	error_clear();
	fake_poke(0xe000ed00, 0x411fc271);
	fake_poke(DIGPROG, 0x00770000);
	assert_int_equal(imxrt_identify(*state, &chip), ERR_UNSUPPORTED);
	assert_non_null(strstr(error_text(error_current()), "0x00770000"));
	error_clear();
	fake.dead_from = 0xe0000000;
	fake.dead_to = 0xe0100000;
	assert_int_equal(imxrt_identify(*state, &chip), ERR_BUS);
	assert_non_null(strstr(error_text(error_current()), "imxrt rescue"));
}

static void test_an_rt1170_is_told_by_its_rom(void **state)
{
	struct imxrt_chip chip;

	fake_poke(DIGPROG, 0);
	fake_poke(0x00218000, 0xf24a0110);
	fake_poke(0x0021a000, 0x9909a810);
	fake_poke(0x0021c000, 0xf44f6030);
	assert_int_equal(imxrt_identify(*state, &chip), ERR_UNSUPPORTED);
	assert_non_null(strstr(error_text(error_current()), "RT1170"));
	error_clear();
	fake.dead_from = DIGPROG;
	fake.dead_to = DIGPROG + 4;
	assert_int_equal(imxrt_identify(*state, &chip), ERR_UNSUPPORTED);
	assert_non_null(strstr(error_text(error_current()), "RT1170"));
	assert_int_equal(fake.write_count, 0);
}

static void test_a_shut_gate_is_opened_and_shut_again(void **state)
{
	struct imxrt_chip chip;
	uint32_t value = 0;

	fake_poke(CCM_CCGR(2), 0xffffcfff);
	assert_int_equal(imxrt_identify(*state, &chip), OK);
	assert_true(fake_written(CCM_CCGR(2), &value));
	assert_int_equal(value, 0xffffcfff);
	assert_string_equal(chip.part->name, "RT1064");
}

static void test_flexram(void **state)
{
	struct imxrt_chip chip;
	struct imxrt_ram ram;

	assert_int_equal(imxrt_identify(*state, &chip), OK);
	assert_int_equal(imxrt_read_ram(*state, &chip, &ram), OK);
	assert_int_equal(ram.itcm, 128 * 1024);
	assert_int_equal(ram.dtcm, 128 * 1024);
	assert_int_equal(ram.ocram, 256 * 1024);
	assert_false(ram.from_gpr);
	fake_poke(OCOTP_SHADOW(0x2d), 0xbu << 16);
	assert_int_equal(imxrt_read_ram(*state, &chip, &ram), OK);
	assert_int_equal(ram.itcm, 0);
	assert_int_equal(ram.dtcm, 448 * 1024);
	fake_poke(GPR16, 0x00200007);
	fake_poke(GPR17, 0xfffffffe);	/* fifteen ITCM, one DTCM */
	assert_int_equal(imxrt_read_ram(*state, &chip, &ram), OK);
	assert_true(ram.from_gpr);
	assert_int_equal(ram.itcm, 15 * 32 * 1024);
	assert_int_equal(ram.dtcm, 32 * 1024);
	assert_int_equal(ram.ocram, 0);
}

static size_t count_writes(uint32_t addr)
{
	size_t n = 0;

	for (size_t i = 0; i < fake.write_count; i++)
		n += fake.writes[i].addr == addr;
	return n;
}

static size_t first_write(uint32_t addr)
{
	for (size_t i = 0; i < fake.write_count; i++)
		if (fake.writes[i].addr == addr)
			return i;
	return SIZE_MAX;
}

static void test_quiet_masks_watchdogs_before_it_touches_them(void **state)
{
	struct imxrt_quiet quiet;
	struct imxrt_chip chip;

	assert_int_equal(imxrt_identify(*state, &chip), OK);
	fake_poke(WDOG1, 0x0034);		/* on */
	assert_int_equal(imxrt_make_quiet(*state, &chip, &quiet), OK);
	assert_true(quiet.wdog1_on && quiet.rtwdog_on && quiet.wdog_masked && !quiet.wdog2_on);
	assert_true(first_write(SRC_SCR) < first_write(RTWDOG_CNT));
	assert_int_equal(fake_peek(SRC_SCR) & (SCR_MASK_WDOG | SCR_MASK_WDOG3),
			 SCR_WDOG_MASKED | SCR_WDOG3_MASKED);
	/* Key, time-out and settings follow each other directly. */
	assert_int_equal(first_write(RTWDOG_TOVAL), first_write(RTWDOG_CNT) + 1);
	assert_int_equal(first_write(RTWDOG_CS), first_write(RTWDOG_CNT) + 2);
	assert_int_equal(fake_peek(RTWDOG_CS) & (CS_EN | CS_UPDATE), CS_UPDATE);
	assert_int_equal(fake_peek(CCM_CLPCR) & 3, 0);
	assert_int_equal(imxrt_restore(*state, &chip, &quiet), OK);
	assert_int_equal(fake_peek(CCM_CLPCR), 0x79);
	/* WDOG1 cannot be stopped: it stays masked. */
	assert_int_equal(fake_peek(SRC_SCR) & SCR_MASK_WDOG, SCR_WDOG_MASKED);
}

static void test_quiet_cleans_the_data_cache_before_it_is_off(void **state)
{
	struct imxrt_quiet quiet;
	struct imxrt_chip chip;

	assert_int_equal(imxrt_identify(*state, &chip), OK);
	fake_poke(SCB_CCR, 0x00030200);
	fake_poke(MPU_CTRL, 5);
	fake_poke(SYST_CSR, 7);
	fake_poke(RTWDOG_CS, 0x2920);
	assert_int_equal(imxrt_make_quiet(*state, &chip, &quiet), OK);
	assert_int_equal(count_writes(SCB_DCCISW), 256 * 4);
	assert_true(first_write(SCB_DCCISW) < first_write(SCB_CCR));
	assert_int_equal(fake_peek(SCB_CCR), 0x200);
	assert_int_equal(fake_peek(MPU_CTRL), 0);
	assert_int_equal(imxrt_restore(*state, &chip, &quiet), OK);
	assert_int_equal(fake_peek(SCB_CCR), 0x00030200);
	assert_int_equal(fake_peek(MPU_CTRL), 5);
	assert_int_equal(fake_peek(SYST_CSR), 7);
	assert_int_equal(fake_peek(SRC_SCR), 0xa0480520);
}

/* Lines that could not be cleaned hold the program's data: they are not dropped. */
static void test_a_fault_in_between_loses_nothing(void **state)
{
	static const struct { uint32_t from, to; } dead[] = {
		{ SCB_DCCISW, SCB_DCCISW + 4 }, { WDOG1, WDOG1 + 0x10 }, { RTWDOG_CS, RTWDOG_CS + 16 },
		{ GPR16, GPR16 + 4 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(dead); i++) {
		struct imxrt_quiet quiet;
		struct imxrt_chip chip;

		fake_reset();
		assert_int_equal(imxrt_identify(*state, &chip), OK);
		fake_poke(SCB_CCR, 0x00030200);
		fake_poke(MPU_CTRL, 5);
		fake_poke(SYST_CSR, 7);
		fake_poke(CCM_CCGR(3), 0x12345678);
		fake.dead_from = dead[i].from;
		fake.dead_to = dead[i].to;
		assert_int_equal(imxrt_make_quiet(*state, &chip, &quiet), ERR_BUS);
		assert_non_null(strstr(error_text(error_current()), "cannot be made quiet"));
		if (i == 0)
			assert_int_equal(count_writes(SCB_DCISW), 0);
		assert_int_equal(fake_peek(SCB_CCR), 0x00030200);
		assert_int_equal(fake_peek(MPU_CTRL), 5);
		assert_int_equal(fake_peek(SYST_CSR), 7);
		assert_int_equal(fake_peek(CCM_CCGR(3)), 0x12345678);
		assert_int_equal(fake_peek(CCM_CLPCR), 0x79);
		error_clear();
	}
}

static void test_remapping_and_decryption_are_noted(void **state)
{
	struct imxrt_quiet quiet;
	struct imxrt_chip chip;

	assert_int_equal(imxrt_identify(*state, &chip), OK);
	assert_int_equal(imxrt_make_quiet(*state, &chip, &quiet), OK);
	assert_false(quiet.is_remapped);
	assert_int_equal(imxrt_restore(*state, &chip, &quiet), OK);
	fake_poke(GPR30, 0x70000000);
	fake_poke(GPR30 + 4, 0x70100000);
	fake_poke(GPR32, 0x00100000);
	assert_int_equal(imxrt_make_quiet(*state, &chip, &quiet), OK);
	assert_true(quiet.is_remapped);
	assert_int_equal(imxrt_restore(*state, &chip, &quiet), OK);
	fake_poke(GPR32, 0);
	fake_poke(BEE_CTRL, 1);
	assert_int_equal(imxrt_make_quiet(*state, &chip, &quiet), OK);
	assert_true(quiet.is_remapped);
	assert_int_equal(imxrt_restore(*state, &chip, &quiet), OK);
}

static void test_nothing_is_put_back_after_a_reset(void **state)
{
	struct imxrt_quiet quiet;
	struct imxrt_chip chip;

	assert_int_equal(imxrt_identify(*state, &chip), OK);
	fake_poke(MPU_CTRL, 5);
	fake_poke(SYST_CSR, 7);
	assert_int_equal(imxrt_make_quiet(*state, &chip, &quiet), OK);
	fake_poke(SRC_SCR, 0xa0480520);
	fake_poke(SYST_CSR, 0);
	assert_int_equal(imxrt_restore(*state, &chip, &quiet), OK);
	assert_int_equal(fake_peek(MPU_CTRL), 0);
	assert_int_equal(fake_peek(SYST_CSR), 0);
}

static void test_places_have_names(void **state)
{
	struct imxrt_chip chip;

	assert_int_equal(imxrt_identify(*state, &chip), OK);
	assert_non_null(strstr(imxrt_where(&chip, 0x0020a000), "boot ROM"));
	assert_non_null(strstr(imxrt_where(&chip, 0x70002000), "FlexSPI2"));
	assert_non_null(strstr(imxrt_where(&chip, 0x60002000), "FlexSPI flash"));
	assert_non_null(strstr(imxrt_where(&chip, 0x20000100), "DTCM"));
	assert_non_null(strstr(imxrt_where(&chip, 0xfffffffe), "locked up"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_every_part_is_plausible),
		TEST(test_package_flash_of_rt1064),
		TEST(test_identification),
		TEST(test_half_the_ram_is_an_rt1015),
		TEST(test_other_chips_are_named),
		TEST(test_a_shut_gate_is_opened_and_shut_again),
		TEST(test_flexram),
		TEST(test_quiet_masks_watchdogs_before_it_touches_them),
		TEST(test_quiet_cleans_the_data_cache_before_it_is_off),
		TEST(test_an_rt1170_is_told_by_its_rom),
		TEST(test_a_fault_in_between_loses_nothing),
		TEST(test_nothing_is_put_back_after_a_reset),
		TEST(test_remapping_and_decryption_are_noted),
		TEST(test_places_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
