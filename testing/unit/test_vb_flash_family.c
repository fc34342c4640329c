/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What only some lines' flash controllers do: bank modes, holes, half units, TrustZone, a second core. */
#include "vb_flash_bench.h"

#define OPEN(which) \
	struct line_bench l; \
	(void)state; \
	line_open(&l, which); \
	open_lock(&l)

static void expect_errors(struct line_bench *l, uint32_t want)
{
	assert_int_equal(errors(l), want);
	clear(l);
}

static enum vb_result try_get(struct line_bench *l, uint32_t addr)
{
	uint32_t value;

	return line_access(l, false, addr, &value);
}

static enum vb_result try_put(struct line_bench *l, uint32_t addr, uint32_t value)
{
	return line_access(l, true, addr, &value);
}

/* STM32L4R5: DBANK changes page, width and ECC (RM0432 3.3.1). */

static void set_optr(struct line_bench *l, uint32_t set, uint32_t clr)
{
	uint32_t offset = option_offset(l, OPT_USER);

	open_options(l);
	set_reg(l, offset, (reg(l, offset) & ~clr) | set);
	commit_options(l);
	launch_options(l);
}

static void test_l4plus_loses_its_contents_with_the_bank_mode(void **state)
{
	OPEN(L4R5);
	write_unit(&l, MAIN + 0x3000, 1);
	set_optr(&l, 0, BIT(22));
	assert_false(stm32l4_array_is_dual(l.b.f));
	assert_int_equal(stm32l4_array_page_bytes(l.b.f), 8192);
	assert_int_equal(stm32l4_array_bank_bytes(l.b.f), 0x200000);
	get(&l, MAIN + 0x3000);
	assert_int_equal(reg(&l, l.family->eccr) & ECCR_ECCD, ECCR_ECCD);
	open_lock(&l);
	control(&l, CR_MER1 | CR_MER2 | CR_STRT);
	settle(&l);
	set_reg(&l, l.family->eccr, ECCR_ECCD);
	get(&l, MAIN + 0x3000);
	assert_int_equal(reg(&l, l.family->eccr) & (ECCR_ECCC | ECCR_ECCD), 0);
	write_unit(&l, MAIN + 0x2000, 1);	/* page 1 of 8 KiB ones */
	write_unit(&l, MAIN + 0x3ff8, 1);
	write_unit(&l, MAIN + 0x4000, 1);
	erase_one(&l, 1, false);
	assert_int_equal(l.b.f->state[0x2000 / 8], CELL_ERASED);
	assert_int_equal(l.b.f->state[0x3ff8 / 8], CELL_ERASED);
	assert_int_equal(l.b.f->state[0x4000 / 8], CELL_PROGRAMMED);
	line_close(&l);
}

static void test_l4plus_single_bank_mass_erase_takes_both_bits(void **state)
{
	OPEN(L4R5);
	set_optr(&l, 0, BIT(22));
	open_lock(&l);
	write_unit(&l, MAIN + 0x100, 1);
	control(&l, CR_MER1 | CR_STRT);
	settle(&l);
	assert_int_equal(l.b.f->state[0x100 / 8], CELL_PROGRAMMED);
	control(&l, CR_MER1 | CR_MER2 | CR_STRT);
	settle(&l);
	assert_int_equal(l.b.f->state[0x100 / 8], CELL_ERASED);
	expect_errors(&l, 0);
	line_close(&l);
}

static void test_l4plus_single_bank_counts_pcrop_in_16_bytes_and_all_wrp(void **state)
{
	OPEN(L4R5);
	stm32l4_options_provision(l.b.f, OPT_PCROP1SR, 0xffff0100);
	stm32l4_options_provision(l.b.f, OPT_PCROP1ER, 0x0fff0100);
	stm32l4_options_provision(l.b.f, OPT_WRP2AR, 0xff07ff07);
	store_option(&l, OPT_USER, 0xffaff8aa);
	assert_int_equal(try_get(&l, MAIN + 0x1000), VB_FAULT);
	assert_int_equal(try_get(&l, MAIN + 0x100c), VB_FAULT);
	get(&l, MAIN + 0x1010);
	get(&l, MAIN + 0xffc);
	clear(&l);
	open_lock(&l);
	erase_one(&l, 7, false);
	expect_errors(&l, SR_WRPERR);
	line_close(&l);
}

static void test_l4plus_1_mib_part_follows_db1m(void **state)
{
	OPEN(L4R5);
	l.b.f->size_kb = 1024;
	store_option(&l, OPT_USER, 0xffaff8aa);		/* DBANK = 0 does not matter, DB1M = 1 */
	assert_true(stm32l4_array_is_dual(l.b.f));
	assert_int_equal(stm32l4_array_bank_span(l.b.f), 0x80000);
	assert_int_equal(try_get(&l, MAIN + 0x100000), VB_FAULT);
	store_option(&l, OPT_USER, 0xffcff8aa);
	assert_false(stm32l4_array_is_dual(l.b.f));
	line_close(&l);
}

static void test_l4plus_fast_row_has_64_double_words(void **state)
{
	OPEN(L4R5);
	l.b.chip->env.clocks.hclk = 24000000;
	control(&l, CR_MER1 | CR_MER2 | CR_STRT);
	settle(&l);
	control(&l, CR_FSTPG);
	for (unsigned i = 0; i < 128; i++)
		put(&l, MAIN + 0x200 + 4 * i, i);
	settle(&l);
	expect_errors(&l, 0);
	assert_int_equal(l.b.f->stats.fast_rows, 1);
	put(&l, MAIN + 0x500, 1);		/* the middle of a row */
	expect_errors(&l, SR_PGAERR | SR_FASTERR);
	line_close(&l);
}

/* PEMPTY and EMPTY: sampled when options load (RM0394 3.7.5, RM0444 3.7.1). */

static void check_empty(unsigned which, uint32_t (*flag)(struct line_bench *l))
{
	struct line_bench l;

	line_open(&l, which);
	assert_true(flag(&l));
	open_lock(&l);
	write_unit(&l, MAIN, 0x20001000);
	vb_board_reset(l.b.board, VB_RESET_NRST);
	assert_true(flag(&l));			/* a reset does not look again */
	open_options(&l);
	launch_options(&l);
	assert_false(flag(&l));
	line_close(&l);
}

static uint32_t pempty(struct line_bench *l)
{
	return status(l) & SR_PEMPTY;
}

static uint32_t acr_empty(struct line_bench *l)
{
	return reg(l, l->family->acr) & ACR_EMPTY;
}

static void test_empty_is_sampled_with_the_options(void **state)
{
	OPEN(L432);
	assert_true(pempty(&l));
	set_reg(&l, l.family->sr, SR_PEMPTY);	/* software turns it over */
	assert_false(pempty(&l));
	line_close(&l);
	line_open(&l, G0B1);
	set_reg(&l, l.family->acr, 0x600);
	assert_false(acr_empty(&l));
	line_close(&l);
	check_empty(L4R5, pempty);
	check_empty(L432, pempty);
	check_empty(G0B1, acr_empty);
	check_empty(WB55, acr_empty);
}

/* STM32L432: one bank of 128 pages. */

static void test_l432_has_one_bank(void **state)
{
	OPEN(L432);
	control(&l, CR_BKER | CR_MER2);		/* no such bits */
	assert_int_equal(reg(&l, l.family->cr), CR_OPTLOCK);
	write_unit(&l, MAIN + 0x800, 1);
	write_unit(&l, MAIN + 0x3f800, 1);
	erase_one(&l, 127, false);
	assert_int_equal(l.b.f->state[0x3f800 / 8], CELL_ERASED);
	erase_one(&l, 128 + 1, false);		/* PNB has 7 bits */
	assert_int_equal(l.b.f->state[0x800 / 8], CELL_ERASED);
	assert_int_equal(try_get(&l, MAIN + 0x40000), VB_FAULT);
	control(&l, CR_MER2 | CR_STRT);
	assert_int_equal(status(&l) & SR_BSY, 0);
	line_close(&l);
}

/* STM32G0B1 */

static void test_g0_half_a_double_word_is_cfgbsy(void **state)
{
	OPEN(G0B1);
	control(&l, CR_PG);
	assert_int_equal(status(&l), 0);
	put(&l, MAIN, 0x12345678);
	assert_int_equal(status(&l), BIT(18));
	assert_int_equal(try_put(&l, l.line->base + l.family->cr, 0), VB_FAULT);
	assert_int_equal(reg(&l, l.family->cr) & CR_PG, CR_PG);
	put(&l, MAIN + 4, 0xffffffff);		/* the way out */
	settle(&l);
	assert_int_equal(status(&l), 0);
	control(&l, 0);
	assert_int_equal(get(&l, MAIN), 0x12345678);
	line_close(&l);
}

static void test_g0_each_bank_has_its_busy_flag(void **state)
{
	static const struct { uint32_t cr, sr; } cases[] = {
		{ CR_PER | CR_STRT, SR_BSY | BIT(18) },
		{ CR_PER | BIT(13) | CR_STRT, BIT(17) | BIT(18) },
		{ CR_MER1 | CR_MER2 | CR_STRT, SR_BSY | BIT(17) | BIT(18) },
	};
	OPEN(G0B1);

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		control(&l, cases[i].cr);
		assert_int_equal(status(&l), cases[i].sr);
		settle(&l);
		control(&l, 0);
	}
	line_close(&l);
}

static void test_g0_counts_bank_2_from_0_or_from_256(void **state)
{
	OPEN(G0B1);
	write_unit(&l, MAIN + 0x40000 + 3 * 2048, 1);
	write_unit(&l, MAIN + 0x40000 + 4 * 2048, 1);
	write_unit(&l, MAIN + 3 * 2048, 1);
	erase_one(&l, 3, true);
	erase_one(&l, 256 + 4, true);
	assert_int_equal(l.b.f->state[(0x40000 + 3 * 2048) / 8], CELL_ERASED);
	assert_int_equal(l.b.f->state[(0x40000 + 4 * 2048) / 8], CELL_ERASED);
	assert_int_equal(l.b.f->state[3 * 2048 / 8], CELL_PROGRAMMED);
	erase_one(&l, 256 + 3, false);		/* without BKER it is bank 1 all the same */
	assert_int_equal(l.b.f->state[3 * 2048 / 8], CELL_ERASED);
	line_close(&l);
}

static void test_g0_swaps_by_option(void **state)
{
	OPEN(G0B1);
	write_unit(&l, MAIN, 1);
	write_unit(&l, MAIN + 0x40000, 2);
	set_optr(&l, 0, BIT(20));
	assert_int_equal(get(&l, MAIN), 2);
	assert_int_equal(get(&l, MAIN + 0x40000), 1);
	assert_int_equal(get(&l, 0), 2);
	open_lock(&l);
	erase_one(&l, 0, false);		/* BKER is physical */
	assert_int_equal(get(&l, MAIN), 2);
	assert_int_equal(l.b.f->state[0], CELL_ERASED);
	line_close(&l);
}

static void test_g0_single_bank_has_256_pages(void **state)
{
	OPEN(G0B1);
	set_optr(&l, 0, BIT(21));
	open_lock(&l);
	write_unit(&l, MAIN + 200 * 2048, 1);
	erase_one(&l, 200, false);
	assert_int_equal(l.b.f->state[200 * 2048 / 8], CELL_ERASED);
	line_close(&l);
}

static void test_g0_pcrop_has_two_areas_a_bank(void **state)
{
	OPEN(G0B1);
	stm32l4_options_provision(l.b.f, OPT_PCROP1BSR, 2);
	stm32l4_options_provision(l.b.f, OPT_PCROP1BER, 2);
	stm32l4_options_provision(l.b.f, OPT_PCROP2SR, 4);
	store_option(&l, OPT_PCROP2ER, 5);
	assert_int_equal(try_get(&l, MAIN + 0x400), VB_FAULT);
	assert_int_equal(try_get(&l, MAIN + 0x5fc), VB_FAULT);
	get(&l, MAIN + 0x600);
	get(&l, MAIN + 0x3fc);
	assert_int_equal(try_get(&l, MAIN + 0x40bfc), VB_FAULT);
	get(&l, MAIN + 0x40c00);
	line_close(&l);
}

/* STM32G474: a trimmed part has a hole behind bank 1. */

static void test_g4_trimmed_part_has_a_hole(void **state)
{
	OPEN(G474);
	l.b.f->size_kb = 256;
	stm32l4_array_remap(l.b.f);
	get(&l, MAIN + 0x1fffc);
	assert_int_equal(try_get(&l, MAIN + 0x20000), VB_FAULT);
	assert_int_equal(try_get(&l, MAIN + 0x3fffc), VB_FAULT);
	assert_int_equal(try_get(&l, MAIN + 0x60000), VB_FAULT);
	write_unit(&l, MAIN + 0x40800, 7);
	assert_int_equal(get(&l, MAIN + 0x40800), 7);
	erase_one(&l, 1, true);
	assert_int_equal(l.b.f->state[0x40800 / 8], CELL_ERASED);
	write_unit(&l, MAIN, 1);
	write_unit(&l, MAIN + 0x40000, 2);
	l.b.f->fb_mode = true;
	stm32l4_array_remap(l.b.f);
	assert_int_equal(get(&l, MAIN), 2);
	assert_int_equal(get(&l, MAIN + 0x40000), 1);
	control(&l, CR_MER1 | CR_MER2 | CR_STRT);
	settle(&l);
	assert_int_equal(l.b.f->state[0], CELL_ERASED);
	assert_int_equal(l.b.f->state[0x40000 / 8], CELL_ERASED);
	line_close(&l);
}

static void test_g4_single_bank_part_is_contiguous(void **state)
{
	OPEN(G474);
	l.b.f->size_kb = 256;
	store_option(&l, OPT_USER, 0xffaff8aa);
	assert_int_equal(stm32l4_array_page_bytes(l.b.f), 4096);
	get(&l, MAIN + 0x3fffc);
	assert_int_equal(try_get(&l, MAIN + 0x40000), VB_FAULT);
	line_close(&l);
}

/* STM32L552 */

static bool refuse(void *chip)
{
	(void)chip;
	return false;
}

static void test_l5_programs_in_a_high_voltage_range_only(void **state)
{
	OPEN(L552);
	l.b.f->voltage_ok = refuse;
	control(&l, CR_PG);
	put(&l, MAIN, 1);
	expect_errors(&l, SR_PGSERR);
	control(&l, CR_PER | CR_STRT);
	expect_errors(&l, SR_PGSERR);
	l.b.f->voltage_ok = yes;
	write_unit(&l, MAIN, 1);
	expect_errors(&l, 0);
	line_close(&l);
}

static void test_l5_reset_range_is_too_low(void **state)
{
	struct line_bench l;

	(void)state;
	line_open(&l, L552);
	vb_board_reset(l.b.board, VB_RESET_POWER_ON);
	open_lock(&l);
	control(&l, CR_PER | CR_STRT);
	expect_errors(&l, SR_PGSERR);
	line_close(&l);
}

static void test_l5_page_follows_dbank(void **state)
{
	OPEN(L552);
	l.b.f->size_kb = 256;
	store_option(&l, OPT_USER, 0x7faff8aa);		/* DB256K = 1, DBANK = 0 */
	assert_true(stm32l4_array_is_dual(l.b.f));
	assert_int_equal(stm32l4_array_page_bytes(l.b.f), 4096);
	assert_int_equal(stm32l4_array_bank_span(l.b.f), 0x20000);
	line_close(&l);
}

static void test_swap_bank_option(void **state)
{
	static const unsigned with_swap[] = { L552, U575 };

	for (size_t i = 0; i < ARRAY_SIZE(with_swap); i++) {
		uint32_t half;
		OPEN(with_swap[i]);

		half = stm32l4_array_bank_span(l.b.f);
		write_unit(&l, MAIN, 1);
		set_optr(&l, BIT(20), 0);
		assert_int_equal(get(&l, MAIN + half), 1);
		assert_int_equal(try_get(&l, 0x0c000000), VB_FAULT);	/* without TrustZone */
		line_close(&l);
	}
}

/* TrustZone (RM0438 6.5, 6.6): TZEN = 1, the watermark covers both banks out of the box. */

static void open_secure_lock(struct line_bench *l)
{
	set_reg(l, l->family->seckeyr, KEY1);
	set_reg(l, l->family->seckeyr, KEY2);
}

static void enable_trustzone(struct line_bench *l)
{
	set_optr(l, BIT(31), 0);
	assert_true(stm32l4_options_has_tz(l->b.f));
}

static void test_tz_secure_pages_want_the_secure_registers(void **state)
{
	for (unsigned which = L552; which <= U575; which++) {
		unsigned words;
		OPEN(which);

		words = l.family->unit_bytes / 4;
		enable_trustzone(&l);
		open_lock(&l);
		control(&l, CR_PG);
		put(&l, MAIN, 1);		/* NSCR.PG does not count for it */
		assert_int_equal(reg(&l, l.family->secsr), SR_PGSERR);
		assert_int_equal(errors(&l), 0);
		set_reg(&l, l.family->secsr, 0xfb);
		control(&l, CR_PER | CR_STRT);
		expect_errors(&l, SR_WRPERR);
		control(&l, 0);
		open_secure_lock(&l);
		assert_int_equal(reg(&l, l.family->seccr), 0);
		set_reg(&l, l.family->seccr, CR_PG);
		for (unsigned i = 0; i < words; i++)
			put(&l, MAIN + 4 * i, 5 + i);
		settle(&l);
		assert_int_equal(reg(&l, l.family->secsr), 0);
		assert_int_equal(get(&l, MAIN), 5);
		assert_int_equal(get(&l, 0x0c000000), 5);
		set_reg(&l, l.family->seccr, CR_PER | CR_STRT);
		settle(&l);
		assert_int_equal(get(&l, MAIN), 0xffffffff);
		set_reg(&l, l.family->seccr, CR_LOCK);
		assert_int_equal(reg(&l, l.family->seccr), CR_LOCK);
		line_close(&l);
	}
}

static void test_tz_the_non_secure_world_sees_zeros(void **state)
{
	OPEN(U575);
	write_unit(&l, MAIN, 1);
	enable_trustzone(&l);
	assert_int_equal(get(&l, MAIN), 1);
	l.is_nonsecure = true;
	assert_int_equal(get(&l, MAIN), 0);
	assert_int_equal(reg(&l, l.family->seccr), 0);
	assert_int_equal(reg(&l, 0x50), 0);
	open_lock(&l);
	control(&l, CR_PG);
	put(&l, MAIN + 0x10000, 1);
	expect_errors(&l, SR_WRPERR);
	line_close(&l);
}

static void test_tz_block_bits_and_watermark(void **state)
{
	OPEN(L552);
	stm32l4_options_provision(l.b.f, OPT_SECWM1R1, 0xff80ffff);	/* none */
	stm32l4_options_provision(l.b.f, OPT_SECWM2R1, 0xff82ff81);	/* pages 1 and 2 */
	store_option(&l, OPT_USER, 0xffeff8aa);
	assert_false(stm32l4_protect_is_secure(l.b.f, 0x800));
	set_reg(&l, 0x80, BIT(1));
	assert_true(stm32l4_protect_is_secure(l.b.f, 0x800));
	assert_false(stm32l4_protect_is_secure(l.b.f, 0x1000));
	set_reg(&l, 0x80, 0);
	assert_false(stm32l4_protect_is_secure(l.b.f, 0x40000));
	assert_true(stm32l4_protect_is_secure(l.b.f, 0x40800));
	assert_true(stm32l4_protect_is_secure(l.b.f, 0x41000));
	assert_false(stm32l4_protect_is_secure(l.b.f, 0x41800));
	open_secure_lock(&l);
	set_reg(&l, l.family->seccr, CR_PER | 3 << 3 | CR_STRT);	/* a page of the others */
	assert_int_equal(reg(&l, l.family->secsr), SR_WRPERR);
	open_lock(&l);
	control(&l, CR_PER | 3 << 3 | CR_STRT);
	settle(&l);
	expect_errors(&l, 0);
	line_close(&l);
}

static void test_tz_goes_off_with_a_regression_only(void **state)
{
	uint32_t optr;
	OPEN(L552);

	enable_trustzone(&l);
	open_options(&l);
	set_reg(&l, 0x40, reg(&l, 0x40) & ~BIT(31));
	commit_options(&l);
	assert_int_equal(errors(&l), SR_OPTWERR);
	clear(&l);
	optr = l.b.f->loaded[OPT_USER];
	store_option(&l, OPT_USER, (optr & ~0xffu) | 0x55);
	assert_true(stm32l4_options_is_half(l.b.f));
	assert_int_equal(get(&l, MAIN), 0);		/* level 0.5: non-secure debugging only */
	store_option(&l, OPT_USER, (optr & ~0xffu) | 0xbb);
	open_options(&l);
	set_reg(&l, 0x40, 0x7feff8aa);
	commit_options(&l);
	expect_errors(&l, 0);
	launch_options(&l);
	assert_false(stm32l4_options_has_tz(l.b.f));
	assert_int_equal(stm32l4_options_rdp(l.b.f), 0);
	line_close(&l);
}

static void test_secure_registers_are_not_there_without_trustzone(void **state)
{
	OPEN(U575);
	open_secure_lock(&l);
	set_reg(&l, l.family->seccr, CR_PG);
	assert_int_equal(reg(&l, l.family->seccr), 0);
	assert_int_equal(*l.b.f->side[1].cr, CR_LOCK);
	set_reg(&l, 0x80, 0xffffffff);
	assert_int_equal(reg(&l, 0x80), 0);
	write_unit(&l, MAIN, 1);
	expect_errors(&l, 0);
	line_close(&l);
}

/* STM32U575 */

static void test_u5_quad_word(void **state)
{
	OPEN(U575);
	control(&l, CR_PG);
	put(&l, MAIN + 8, 1);			/* not on 16 bytes */
	expect_errors(&l, SR_PGAERR);
	control(&l, CR_PG);
	put(&l, MAIN, 1);
	put(&l, MAIN + 4, 2);
	assert_int_equal(status(&l), BIT(17));	/* WDW */
	put(&l, MAIN + 12, 4);			/* one left out */
	expect_errors(&l, SR_PGAERR);
	control(&l, CR_PG);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(status(&l) & SR_BSY, 0);
		put(&l, MAIN + 4 * i, i);
	}
	assert_int_equal(status(&l) & SR_BSY, SR_BSY);
	settle(&l);
	expect_errors(&l, 0);
	assert_int_equal(l.b.f->stats.programs, 1);
	assert_int_equal(l.b.f->state[1], CELL_PROGRAMMED);
	assert_int_equal(get(&l, MAIN + 12), 3);
	line_close(&l);
}

static void test_u5_burst(void **state)
{
	uint64_t start;
	OPEN(U575);

	control(&l, CR_PG | CR_BWR);
	put(&l, MAIN + 0x10, 1);		/* not on 128 bytes */
	expect_errors(&l, SR_PGAERR);
	for (unsigned i = 0; i < 32; i++)
		put(&l, MAIN + 0x80 + 4 * i, i);
	start = vb_clock_now(l.b.board->clock);
	assert_int_equal(get(&l, MAIN + 0xfc), 31);
	assert_int_equal(vb_clock_now(l.b.board->clock) - start, 8 * 48000);
	expect_errors(&l, 0);
	line_close(&l);
}

static void test_u5_wrp_without_unlock_is_for_ever(void **state)
{
	OPEN(U575);
	open_options(&l);
	set_reg(&l, 0x58, 0x00010000);		/* pages 0 and 1, UNLOCK = 0 */
	commit_options(&l);
	launch_options(&l);
	assert_int_equal(reg(&l, 0x58), 0x7f81ff80);
	open_options(&l);
	set_reg(&l, 0x58, 0xff80ffff);
	assert_int_equal(reg(&l, 0x58), 0x7f81ff80);
	commit_options(&l);
	launch_options(&l);
	open_lock(&l);
	erase_one(&l, 1, false);
	expect_errors(&l, SR_WRPERR);
	erase_one(&l, 2, false);
	expect_errors(&l, 0);
	line_close(&l);
}

static void test_u5_1_mib_part_may_be_single_bank(void **state)
{
	OPEN(U575);
	l.b.f->size_kb = 1024;
	store_option(&l, OPT_USER, 0x1fcff8aa);
	assert_false(stm32l4_array_is_dual(l.b.f));
	store_option(&l, OPT_USER, 0x1feff8aa);
	assert_int_equal(stm32l4_array_bank_span(l.b.f), 0x80000);
	line_close(&l);
}

/* STM32WB55: the radio's pages. */

static void test_wb_pages_of_the_second_core(void **state)
{
	OPEN(WB55);
	assert_int_equal(reg(&l, 0x80) & 0xff, 0xf4);
	write_unit(&l, MAIN + 0xf3000, 1);
	erase_one(&l, 0xf3, false);
	expect_errors(&l, 0);
	erase_one(&l, 0xf4, false);
	expect_errors(&l, SR_WRPERR);
	control(&l, CR_PG);
	put(&l, MAIN + 0xff000, 1);
	expect_errors(&l, SR_WRPERR);
	assert_int_equal(try_get(&l, MAIN + 0xf4000), VB_FAULT);
	control(&l, CR_MER1 | CR_STRT);
	expect_errors(&l, SR_WRPERR);
	control(&l, CR_LOCK);
	assert_true(l.b.f->window[6].region->guarded);	/* so that the core is refused as well */
	assert_false(l.b.f->window[0].region->guarded);
	open_options(&l);
	set_reg(&l, 0x80, 0x1ff);		/* not the first core's to say */
	assert_int_equal(reg(&l, 0x80) & 0xff, 0xf4);
	line_close(&l);
}

static void test_wb_optverr_is_always_there_after_reset(void **state)
{
	OPEN(WB55);
	set_reg(&l, l.family->sr, SR_OPTVERR);
	assert_int_equal(status(&l) & SR_OPTVERR, 0);
	vb_board_reset(l.b.board, VB_RESET_SYSTEM);
	assert_int_equal(status(&l) & SR_OPTVERR, SR_OPTVERR);
	line_close(&l);
}

static void test_wb_suspended_flash_starts_nothing(void **state)
{
	OPEN(WB55);
	stm32l4_flash_suspend(l.b.f, true);
	assert_int_equal(status(&l) & ~SR_OPTVERR & ~SR_PEMPTY, BIT(19));
	control(&l, CR_PER | CR_STRT);
	run_us(&l.b, 100000);
	assert_int_equal(status(&l) & 0xf0000, BIT(19) | BIT(18));	/* taken, not begun */
	assert_int_equal(l.b.f->stats.page_erases, 0);
	get(&l, MAIN);				/* readable meanwhile */
	assert_int_equal(l.b.f->stats.page_erases, 0);
	stm32l4_flash_suspend(l.b.f, false);
	assert_int_equal(status(&l) & 0xf0000, SR_BSY | BIT(18));
	settle(&l);
	assert_int_equal(l.b.f->stats.page_erases, 1);
	control(&l, 0);
	set_reg(&l, l.family->acr, BIT(15));	/* the first core's own PES */
	control(&l, CR_PG);
	put(&l, MAIN, 1);
	put(&l, MAIN + 4, 2);
	run_us(&l.b, 1000);
	assert_int_equal(l.b.f->stats.programs, 0);
	set_reg(&l, l.family->acr, 0);
	settle(&l);
	assert_int_equal(get(&l, MAIN), 1);
	line_close(&l);
}

/* Securable memory: shut by SEC_PROT until the next reset. */
static void test_sealed_pages(void **state)
{
	static const struct { unsigned which; enum flash_option option; uint32_t word; } cases[] = {
		{ G474, OPT_SEC1R, 0xff00ff02 }, { G0B1, OPT_SEC1R, 2 },
		{ G474, OPT_SEC2R, 0xff00ff02 }, { G0B1, OPT_SEC1R, 2 << 20 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint32_t start = i < 2 ? MAIN : MAIN + 0x40000;
		OPEN(cases[i].which);

		store_option(&l, cases[i].option, cases[i].word);
		open_lock(&l);
		get(&l, start);
		control(&l, BIT(i < 2 ? 28 : 29));
		control(&l, 0);			/* set-only */
		assert_int_equal(try_get(&l, start + 0xffc), VB_FAULT);
		assert_int_equal(try_put(&l, start, 1), VB_FAULT);
		get(&l, start + 0x1000);
		erase_one(&l, 1, i >= 2);
		expect_errors(&l, SR_WRPERR);
		erase_one(&l, 2, i >= 2);
		expect_errors(&l, 0);
		vb_board_reset(l.b.board, VB_RESET_SYSTEM);
		get(&l, start);
		line_close(&l);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_l4plus_loses_its_contents_with_the_bank_mode),
		cmocka_unit_test(test_l4plus_single_bank_mass_erase_takes_both_bits),
		cmocka_unit_test(test_l4plus_single_bank_counts_pcrop_in_16_bytes_and_all_wrp),
		cmocka_unit_test(test_l4plus_1_mib_part_follows_db1m),
		cmocka_unit_test(test_l4plus_fast_row_has_64_double_words),
		cmocka_unit_test(test_empty_is_sampled_with_the_options),
		cmocka_unit_test(test_l432_has_one_bank),
		cmocka_unit_test(test_g0_half_a_double_word_is_cfgbsy),
		cmocka_unit_test(test_g0_each_bank_has_its_busy_flag),
		cmocka_unit_test(test_g0_counts_bank_2_from_0_or_from_256),
		cmocka_unit_test(test_g0_swaps_by_option),
		cmocka_unit_test(test_g0_single_bank_has_256_pages),
		cmocka_unit_test(test_g0_pcrop_has_two_areas_a_bank),
		cmocka_unit_test(test_g4_trimmed_part_has_a_hole),
		cmocka_unit_test(test_g4_single_bank_part_is_contiguous),
		cmocka_unit_test(test_l5_programs_in_a_high_voltage_range_only),
		cmocka_unit_test(test_l5_reset_range_is_too_low),
		cmocka_unit_test(test_l5_page_follows_dbank),
		cmocka_unit_test(test_swap_bank_option),
		cmocka_unit_test(test_tz_secure_pages_want_the_secure_registers),
		cmocka_unit_test(test_tz_the_non_secure_world_sees_zeros),
		cmocka_unit_test(test_tz_block_bits_and_watermark),
		cmocka_unit_test(test_tz_goes_off_with_a_regression_only),
		cmocka_unit_test(test_secure_registers_are_not_there_without_trustzone),
		cmocka_unit_test(test_u5_quad_word),
		cmocka_unit_test(test_u5_burst),
		cmocka_unit_test(test_u5_wrp_without_unlock_is_for_ever),
		cmocka_unit_test(test_u5_1_mib_part_may_be_single_bank),
		cmocka_unit_test(test_wb_pages_of_the_second_core),
		cmocka_unit_test(test_wb_optverr_is_always_there_after_reset),
		cmocka_unit_test(test_wb_suspended_flash_starts_nothing),
		cmocka_unit_test(test_sealed_pages),
	};

	return cmocka_run_group_tests_name("vb_flash_family", tests, NULL, NULL);
}
