/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules of the STM32L4 flash controller, one test per rule of RM0351 3.3 and 3.5. */
#include "vb_chip_bench.h"

static void test_values_after_reset(void **state)
{
	struct chip_bench *b = *state;

	assert_int_equal(flash_rd(b, FLASH_ACR), 0x600);
	assert_int_equal(flash_rd(b, FLASH_SR), 0);
	assert_int_equal(flash_rd(b, FLASH_CR), 0xc0000000);
	assert_int_equal(flash_rd(b, FLASH_OPTR), 0xffeff8aa);
	assert_int_equal(flash_rd(b, 0x24), 0xffffffff);
	assert_int_equal(flash_rd(b, 0x2c), 0xff00ffff);
	assert_int_equal(flash_rd(b, FLASH_KEYR), 0);
	assert_int_equal(rd(b, MAIN), 0xffffffff);
	assert_int_equal(rd(b, 0x1fff75e0) & 0xffff, 1024);
}

/* Keys */

static void test_keys_open_the_lock(void **state)
{
	struct chip_bench *b = *state;

	unlock(b);
	assert_int_equal(flash_rd(b, FLASH_CR), UNLOCKED);
	flash_wr(b, FLASH_CR, 0);		/* writing 0 does not lock or unlock */
	assert_int_equal(flash_rd(b, FLASH_CR), UNLOCKED);
	flash_wr(b, FLASH_CR, CR_LOCK);		/* LOCK takes OPTLOCK along and clears the modes */
	assert_int_equal(flash_rd(b, FLASH_CR), 0xc0000000);
	unlock(b);
	assert_int_equal(flash_rd(b, FLASH_CR), UNLOCKED);
}

static void test_a_wrong_key_shuts_the_lock_until_reset(void **state)
{
	struct chip_bench *b = *state;

	assert_int_equal(try_write(b, FLASH_BASE + FLASH_KEYR, 0x12345678), VB_FAULT);
	unlock(b);				/* ignored, without a fault */
	assert_int_equal(flash_rd(b, FLASH_CR), 0xc0000000);
	assert_int_equal(try_write(b, FLASH_BASE + FLASH_KEYR, 1), VB_FAULT);
	vb_board_reset(b->board, VB_RESET_SYSTEM);
	unlock(b);
	assert_int_equal(flash_rd(b, FLASH_CR), UNLOCKED);
}

static void test_keys_in_the_wrong_order_fault(void **state)
{
	struct chip_bench *b = *state;

	assert_int_equal(try_write(b, FLASH_BASE + FLASH_KEYR, KEY2), VB_FAULT);
	vb_board_reset(b->board, VB_RESET_NRST);
	flash_wr(b, FLASH_KEYR, KEY1);
	assert_int_equal(try_write(b, FLASH_BASE + FLASH_KEYR, KEY1), VB_FAULT);
}

static void test_a_key_written_to_an_open_lock_faults_and_locks(void **state)
{
	struct chip_bench *b = *state;

	unlock(b);
	assert_int_equal(try_write(b, FLASH_BASE + FLASH_KEYR, KEY1), VB_FAULT);
	assert_int_equal(flash_rd(b, FLASH_CR), 0xc0000000);
	unlock(b);
	assert_int_equal(flash_rd(b, FLASH_CR), 0xc0000000);
}

static void test_option_keys_need_an_open_lock(void **state)
{
	struct chip_bench *b = *state;

	assert_int_equal(try_write(b, FLASH_BASE + FLASH_OPTKEYR, OPTKEY1), VB_FAULT);
	vb_board_reset(b->board, VB_RESET_SYSTEM);
	unlock_options(b);
	assert_int_equal(flash_rd(b, FLASH_CR), 0);
}

static void test_cr_is_deaf_while_locked(void **state)
{
	struct chip_bench *b = *state;

	flash_wr(b, FLASH_CR, CR_PER | CR_STRT);
	assert_int_equal(flash_rd(b, FLASH_CR), 0xc0000000);
	assert_int_equal(flash_rd(b, FLASH_SR), 0);
}

/* Programming */

static void test_a_double_word_takes_81_us(void **state)
{
	struct chip_bench *b = *state;
	uint64_t start_ns;

	unlock(b);
	flash_wr(b, FLASH_CR, CR_PG);
	wr(b, MAIN, 0x11223344);
	assert_int_equal(flash_rd(b, FLASH_SR), 0);	/* the first word is only latched */
	start_ns = vb_clock_now(b->board->clock);
	wr(b, MAIN + 4, 0x55667788);
	assert_int_equal(flash_rd(b, FLASH_SR), SR_BSY);
	assert_int_equal(rd(b, MAIN), 0x11223344);	/* waits for BSY */
	assert_int_equal(vb_clock_now(b->board->clock) - start_ns, 81690);
	assert_int_equal(flash_rd(b, FLASH_SR), 0);	/* EOP only with EOPIE */
	assert_int_equal(rd(b, MAIN + 4), 0x55667788);
}

static void test_eop_comes_with_eopie_only(void **state)
{
	struct chip_bench *b = *state;

	unlock(b);
	flash_wr(b, FLASH_CR, CR_PG | CR_EOPIE);
	wr(b, MAIN, 1);
	wr(b, MAIN + 4, 2);
	wait_flash(b);
	assert_int_equal(flash_rd(b, FLASH_SR), SR_EOP);
	flash_wr(b, FLASH_SR, SR_EOP);
	assert_int_equal(flash_rd(b, FLASH_SR), 0);
}

static void test_the_bus_paces_a_stream_of_words(void **state)
{
	struct chip_bench *b = *state;

	unlock(b);
	flash_wr(b, FLASH_CR, CR_PG);
	for (uint32_t at = 0; at < 2048; at += 4)
		wr(b, MAIN + at, at);
	wait_flash(b);
	assert_int_equal(flash_rd(b, FLASH_SR), 0);
	for (uint32_t at = 0; at < 2048; at += 4)
		assert_int_equal(rd(b, MAIN + at), at);
	assert_int_equal(b->f->stats.programs, 256);
}

/* What each kind of misuse leaves in SR, first with errors off, then once with ERRIE. */
static const struct misuse {
	const char *name;
	uint32_t cr, stale;
	unsigned size;
	uint32_t addr[3];
	uint32_t sr;
} misuses[] = {
	{ "locked: PGSERR, the orphan half adds PGAERR", CR_LOCK, 0, 4, { 0, 4 }, 0xa0 },
	{ "PG = 0", 0, 0, 4, { 0, 4 }, 0xa0 },
	{ "PG with PER", CR_PG | CR_PER, 0, 4, { 0, 4 }, 0xa0 },
	{ "PG with MER1", CR_PG | CR_MER1, 0, 4, { 0 }, 0x80 },
	{ "an old error blocks", CR_PG, SR_PROGERR, 4, { 0, 4 }, 0xa8 },
	{ "not on a double word", CR_PG, 0, 4, { 4 }, 0x20 },
	{ "second word elsewhere", CR_PG, 0, 4, { 0, 12 }, 0x20 },
	{ "second word in front of the first", CR_PG, 0, 4, { 8, 4 }, 0x20 },
	{ "half-word", CR_PG, 0, 2, { 0 }, 0x40 },
	{ "byte", CR_PG, 0, 1, { 0 }, 0x40 },
	{ "byte off the double word", CR_PG, 0, 1, { 1 }, 0x60 },
	{ "byte, PG = 0", 0, 0, 1, { 3 }, 0xe0 },
	{ "aligned byte, locked", CR_LOCK, 0, 1, { 0 }, 0xc0 },
	{ "OPTVERR blocks nothing", CR_PG, SR_OPTVERR, 4, { 0, 4 }, SR_OPTVERR },
};

static void test_misuse_leaves_its_flags(void **state)
{
	struct chip_bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(misuses); i++) {
		const struct misuse *m = &misuses[i];

		vb_board_reset(b->board, VB_RESET_SYSTEM);
		if (!(m->cr & CR_LOCK)) {
			unlock(b);
			flash_wr(b, FLASH_CR, m->cr);
		}
		*stm32l4_flash_reg(b->f, FLASH_SR) |= m->stale;
		for (size_t w = 0; w < ARRAY_SIZE(m->addr) && (w == 0 || m->addr[w]); w++) {
			uint32_t value = 0x5a5a5a5a;

			assert_int_equal(access_sized(b, true, MAIN + 0x800 * (uint32_t)i + m->addr[w],
						      m->size, &value), VB_OK);
		}
		wait_flash(b);
		if (flash_rd(b, FLASH_SR) != m->sr)
			fail_msg("%s: SR = 0x%x, not 0x%x", m->name, flash_rd(b, FLASH_SR), m->sr);
	}
}

static void test_errie_adds_operr(void **state)
{
	struct chip_bench *b = *state;

	unlock(b);
	flash_wr(b, FLASH_CR, CR_ERRIE);
	wr(b, MAIN, 0);
	assert_int_equal(flash_rd(b, FLASH_SR), SR_PGSERR | SR_OPERR);
	flash_wr(b, FLASH_SR, 0xc3fb);
	assert_int_equal(flash_rd(b, FLASH_SR), 0);
}

static void test_a_written_double_word_gives_a8_and_stays(void **state)
{
	struct chip_bench *b = *state;

	unlock(b);
	program(b, MAIN, 1, 2);
	program(b, MAIN, 3, 4);
	assert_int_equal(flash_rd(b, FLASH_SR), 0xa8);
	assert_int_equal(rd(b, MAIN), 1);
	assert_int_equal(rd(b, MAIN + 4), 2);
}

static void test_zeros_go_over_anything(void **state)
{
	struct chip_bench *b = *state;

	unlock(b);
	program(b, MAIN, 1, 2);
	program(b, MAIN, 0, 0);
	assert_int_equal(flash_rd(b, FLASH_SR), 0);
	assert_int_equal(rd(b, MAIN), 0);
	assert_int_equal(b->f->stats.double_writes, 1);
	program(b, MAIN + 8, 1, 2);
	program(b, MAIN + 8, 0, 7);		/* only the second word tells */
	assert_int_equal(flash_rd(b, FLASH_SR), SR_PROGERR);
	assert_int_equal(rd(b, MAIN + 8), 1);
}

static void test_programmed_ones_are_not_erased(void **state)
{
	struct chip_bench *b = *state;

	unlock(b);
	program(b, MAIN, 0xffffffff, 0xffffffff);
	assert_int_equal(flash_rd(b, FLASH_SR), 0);
	assert_int_equal(rd(b, MAIN), 0xffffffff);
	program(b, MAIN, 1, 2);
	assert_int_equal(flash_rd(b, FLASH_SR), 0xa8);
	flash_wr(b, FLASH_SR, 0xc3fb);
	erase_page(b, 0, false);
	program(b, MAIN, 1, 2);
	assert_int_equal(flash_rd(b, FLASH_SR), 0);
}

static void test_a_lone_first_word_waits_for_its_second(void **state)
{
	struct chip_bench *b = *state;

	unlock(b);
	flash_wr(b, FLASH_CR, CR_PG);
	wr(b, MAIN, 1);
	wr(b, MAIN + 16, 3);			/* not the second word of that one */
	assert_int_equal(flash_rd(b, FLASH_SR), SR_PGAERR);
	flash_wr(b, FLASH_SR, 0xc3fb);
	program(b, MAIN, 1, 2);			/* the rejection emptied the latch */
	assert_int_equal(flash_rd(b, FLASH_SR), 0);
}

static void test_writes_through_the_alias_are_flash_writes(void **state)
{
	struct chip_bench *b = *state;

	wr(b, 0, 0xdeadbeef);			/* a NULL pointer of the application */
	assert_int_equal(flash_rd(b, FLASH_SR), SR_PGSERR);
	flash_wr(b, FLASH_SR, SR_PGSERR);
	unlock(b);
	program(b, 0x100, 5, 6);
	assert_int_equal(rd(b, MAIN + 0x100), 5);
}

static void test_otp_is_written_once(void **state)
{
	struct chip_bench *b = *state;

	unlock(b);
	program(b, 0x1fff7000, 0x12345678, 0xffffffff);
	assert_int_equal(flash_rd(b, FLASH_SR), 0);
	assert_int_equal(rd(b, 0x1fff7000), 0x12345678);
	program(b, 0x1fff7000, 0, 0);		/* not even with zeros */
	assert_int_equal(flash_rd(b, FLASH_SR), 0xa8);
	assert_int_equal(rd(b, 0x1fff7000), 0x12345678);
}

/* Erasing */

static void test_page_erase(void **state)
{
	struct chip_bench *b = *state;
	uint64_t start_ns;

	unlock(b);
	program(b, MAIN + 0x7ff8, 1, 2);
	program(b, MAIN + 0x8000, 3, 4);
	flash_wr(b, FLASH_CR, CR_PER | 15 << 3);
	start_ns = vb_clock_now(b->board->clock);
	flash_wr(b, FLASH_CR, CR_PER | 15 << 3 | CR_STRT);
	assert_int_equal(flash_rd(b, FLASH_CR), UNLOCKED | CR_PER | 15 << 3 | CR_STRT);
	flash_wr(b, FLASH_CR, 0);		/* waits for BSY */
	assert_int_equal(vb_clock_now(b->board->clock) - start_ns, 22020000);
	flash_wr(b, FLASH_ACR, 0);		/* past the data cache */
	assert_int_equal(rd(b, MAIN + 0x7ff8), 0xffffffff);
	assert_int_equal(rd(b, MAIN + 0x8000), 3);
}

static void test_bker_selects_the_physical_bank(void **state)
{
	struct chip_bench *b = *state;

	unlock(b);
	flash_wr(b, FLASH_ACR, 0);
	program(b, MAIN, 1, 1);
	program(b, BANK2, 2, 2);
	erase_page(b, 0, true);
	assert_int_equal(rd(b, MAIN), 1);
	assert_int_equal(rd(b, BANK2), 0xffffffff);
	erase_page(b, 256, false);		/* PNB has 8 bits: 256 sets BKER */
	assert_int_equal(rd(b, MAIN), 1);
}

static void test_mass_erase(void **state)
{
	struct chip_bench *b = *state;

	unlock(b);
	flash_wr(b, FLASH_ACR, 0);
	program(b, MAIN + 0x1000, 1, 1);
	program(b, BANK2 + 0x1000, 2, 2);
	flash_wr(b, FLASH_CR, CR_MER1);
	flash_wr(b, FLASH_CR, CR_MER1 | CR_STRT);
	wait_flash(b);
	assert_int_equal(rd(b, MAIN + 0x1000), 0xffffffff);
	assert_int_equal(rd(b, BANK2 + 0x1000), 2);
	flash_wr(b, FLASH_CR, CR_MER2 | CR_STRT);
	wait_flash(b);
	assert_int_equal(rd(b, BANK2 + 0x1000), 0xffffffff);
	assert_int_equal(b->f->stats.mass_erases, 2);
}

static void test_erase_is_refused(void **state)
{
	static const struct { uint32_t stale, cr, sr; } cases[] = {
		{ SR_PGSERR, CR_PER | CR_STRT, SR_PGSERR },
		{ SR_PROGERR, CR_MER1 | CR_STRT, SR_PGSERR | SR_PROGERR },
		{ 0, CR_PG | CR_PER | CR_STRT, SR_PGSERR },
		{ 0, CR_FSTPG | CR_MER1 | CR_STRT, SR_PGSERR },
		{ 0, CR_PER | CR_MER1 | CR_STRT, SR_PGSERR },
		{ 0, CR_STRT, 0 },		/* neither PER nor MER: nothing at all */
	};
	struct chip_bench *b = *state;

	unlock(b);
	program(b, MAIN, 1, 1);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		*stm32l4_flash_reg(b->f, FLASH_SR) = cases[i].stale;
		flash_wr(b, FLASH_CR, cases[i].cr);
		assert_int_equal(flash_rd(b, FLASH_SR), cases[i].sr);
		assert_int_equal(flash_rd(b, FLASH_CR) & CR_STRT, 0);
	}
	flash_wr(b, FLASH_CR, 0);
	assert_int_equal(rd(b, MAIN), 1);
}

/* Busy */

static void test_the_other_bank_is_readable_while_busy(void **state)
{
	struct chip_bench *b = *state;
	uint64_t stall_ns;
	uint32_t value;

	unlock(b);
	flash_wr(b, FLASH_CR, CR_PER | CR_STRT);
	assert_int_equal(access_once(b, false, BANK2, 4, &value, &stall_ns), VB_OK);
	assert_int_equal(access_once(b, false, MAIN, 4, &value, &stall_ns), VB_STALL);
	assert_int_equal(stall_ns, 22020000);
	value = 0;
	assert_int_equal(access_once(b, true, BANK2, 4, &value, &stall_ns), VB_STALL);
	assert_int_equal(access_once(b, true, FLASH_BASE + FLASH_CR, 4, &value, &stall_ns),
			 VB_STALL);
	assert_int_equal(access_once(b, false, FLASH_BASE + FLASH_SR, 4, &value, &stall_ns), VB_OK);
	assert_int_equal(value, SR_BSY);
}

/* Fast programming */

static void write_row(struct chip_bench *b, uint32_t addr, unsigned words)
{
	for (unsigned i = 0; i < words; i++)
		wr(b, addr + 4 * i, 0x1000 + i);
}

static void mass_erase(struct chip_bench *b)
{
	flash_wr(b, FLASH_CR, CR_MER1 | CR_MER2 | CR_STRT);
	wait_flash(b);
}

static void test_fast_row(void **state)
{
	struct chip_bench *b = *state;
	uint64_t start_ns;

	fast_clock(b);
	unlock(b);
	mass_erase(b);
	flash_wr(b, FLASH_CR, CR_FSTPG);
	start_ns = vb_clock_now(b->board->clock);
	write_row(b, MAIN + 0x100, 64);
	assert_int_equal(flash_rd(b, FLASH_SR), SR_BSY);
	wait_flash(b);
	assert_in_range(vb_clock_now(b->board->clock) - start_ns, 1900000, 1925000);
	write_row(b, MAIN + 0x200, 64);		/* FSTPG may stay set */
	wait_flash(b);
	flash_wr(b, FLASH_CR, 0);
	assert_int_equal(flash_rd(b, FLASH_SR), 0);
	assert_int_equal(rd(b, MAIN + 0x100), 0x1000);
	assert_int_equal(rd(b, MAIN + 0x1fc), 0x103f);
	assert_int_equal(rd(b, MAIN + 0x2fc), 0x103f);
	assert_int_equal(b->f->stats.fast_rows, 2);
}

static void test_fast_mode_needs_a_mass_erase(void **state)
{
	struct chip_bench *b = *state;

	fast_clock(b);
	unlock(b);
	flash_wr(b, FLASH_CR, CR_FSTPG);
	write_row(b, MAIN, 64);
	assert_int_equal(flash_rd(b, FLASH_SR), SR_PGSERR);
	flash_wr(b, FLASH_SR, 0xc3fb);
	flash_wr(b, FLASH_CR, 0);
	erase_page(b, 0, false);		/* a page erase does not count */
	flash_wr(b, FLASH_CR, CR_FSTPG | CR_ERRIE);
	write_row(b, MAIN, 64);
	assert_int_equal(flash_rd(b, FLASH_SR), SR_PGSERR | SR_OPERR);
}

static void test_standard_programming_ends_the_right_to_fast_mode(void **state)
{
	struct chip_bench *b = *state;

	fast_clock(b);
	unlock(b);
	mass_erase(b);
	program(b, MAIN + 0x1000, 1, 2);
	flash_wr(b, FLASH_CR, CR_FSTPG);
	write_row(b, MAIN, 64);
	assert_int_equal(flash_rd(b, FLASH_SR), SR_PGSERR);
	flash_wr(b, FLASH_SR, 0xc3fb);
	write_row(b, BANK2, 64);		/* the other bank is as fresh as before */
	wait_flash(b);
	assert_int_equal(flash_rd(b, FLASH_SR), 0);
}

static void test_fast_row_must_start_on_a_row_and_stay_in_it(void **state)
{
	struct chip_bench *b = *state;

	fast_clock(b);
	unlock(b);
	mass_erase(b);
	flash_wr(b, FLASH_CR, CR_FSTPG);
	write_row(b, MAIN + 0x80, 4);
	assert_int_equal(flash_rd(b, FLASH_SR), 0x2a0);
	flash_wr(b, FLASH_SR, 0xc3fb);
	flash_wr(b, FLASH_CR, CR_FSTPG);
	wr(b, MAIN, 1);
	wr(b, MAIN + 8, 2);
	assert_int_equal(flash_rd(b, FLASH_SR), SR_PGAERR | SR_FASTERR);
}

static void test_fast_row_late_data(void **state)
{
	struct chip_bench *b = *state;

	fast_clock(b);
	unlock(b);
	mass_erase(b);
	flash_wr(b, FLASH_CR, CR_FSTPG);
	write_row(b, MAIN, 4);
	run_us(b, 500);
	assert_int_equal(flash_rd(b, FLASH_SR), SR_MISERR | SR_FASTERR);
	flash_wr(b, FLASH_CR, 0);
	assert_int_equal(rd(b, MAIN + 8), 0x1002);	/* what was burnt stays good */
	assert_int_equal(rd(b, MAIN + 16), 0xffffffff);
}

static void test_fast_row_at_4_mhz_is_too_slow(void **state)
{
	struct chip_bench *b = *state;

	unlock(b);
	mass_erase(b);
	flash_wr(b, FLASH_CR, CR_FSTPG);
	write_row(b, MAIN, 64);
	wait_flash(b);
	assert_int_equal(flash_rd(b, FLASH_SR) & (SR_MISERR | SR_FASTERR), SR_MISERR | SR_FASTERR);
}

static void test_a_read_breaks_a_fast_row_without_a_flag(void **state)
{
	struct chip_bench *b = *state;

	fast_clock(b);
	unlock(b);
	mass_erase(b);
	flash_wr(b, FLASH_CR, CR_FSTPG);
	write_row(b, MAIN, 8);
	rd(b, MAIN + 0x8000);
	for (unsigned i = 8; i < 64; i++)
		wr(b, MAIN + 4 * i, i);
	wait_flash(b);
	assert_int_equal(flash_rd(b, FLASH_SR), 0);
	flash_wr(b, FLASH_CR, 0);
	assert_int_equal(rd(b, MAIN + 252), 0xffffffff);
}

/* ECC and caches */

static void test_ecc_errors(void **state)
{
	struct chip_bench *b = *state;

	unlock(b);
	program(b, BANK2 + 0x40, 0x12345678, 0);
	stm32l4_array_set_state(b->f, 0x80040, CELL_ECC1);
	assert_int_equal(rd(b, BANK2 + 0x40), 0x12345678);
	assert_int_equal(flash_rd(b, FLASH_ECCR), ECCR_ECCC | ECCR_BK | 0x40);
	stm32l4_array_set_state(b->f, 0x80, CELL_BAD);
	rd(b, MAIN + 0x84);
	assert_int_equal(flash_rd(b, FLASH_ECCR), ECCR_ECCD | ECCR_ECCC | ECCR_BK | 0x40);
	flash_wr(b, FLASH_ECCR, ECCR_ECCD | ECCR_ECCC);
	rd(b, MAIN + 0x84);
	assert_int_equal(flash_rd(b, FLASH_ECCR), ECCR_ECCD | 0x80);
}

static void test_erase_leaves_the_data_cache_stale(void **state)
{
	struct chip_bench *b = *state;

	unlock(b);
	program(b, MAIN, 1, 2);
	assert_int_equal(rd(b, MAIN), 1);	/* fills a line */
	erase_page(b, 0, false);
	assert_int_equal(rd(b, MAIN), 1);	/* stale */
	flash_wr(b, FLASH_ACR, 0x600 | ACR_DCRST);	/* no effect while DCEN = 1 */
	assert_int_equal(rd(b, MAIN), 1);
	flash_wr(b, FLASH_ACR, 0x200);
	assert_int_equal(rd(b, MAIN), 0xffffffff);
	flash_wr(b, FLASH_ACR, 0x600);		/* the line is still there */
	assert_int_equal(rd(b, MAIN), 1);
	flash_wr(b, FLASH_ACR, 0x200);
	flash_wr(b, FLASH_ACR, 0x200 | ACR_DCRST);
	flash_wr(b, FLASH_ACR, 0x600);
	assert_int_equal(rd(b, MAIN), 0xffffffff);
}

static void test_programming_updates_the_data_cache(void **state)
{
	struct chip_bench *b = *state;

	unlock(b);
	assert_int_equal(rd(b, MAIN), 0xffffffff);
	program(b, MAIN, 7, 8);
	assert_int_equal(rd(b, MAIN), 7);
}

static void test_a_line_leaves_after_eight_others(void **state)
{
	struct chip_bench *b = *state;

	unlock(b);
	program(b, MAIN, 1, 2);
	rd(b, MAIN);
	erase_page(b, 0, false);
	for (uint32_t i = 1; i <= 8; i++)
		rd(b, BANK2 + 32 * i);
	assert_int_equal(rd(b, MAIN), 0xffffffff);
}

static void test_run_pd_needs_its_keys(void **state)
{
	struct chip_bench *b = *state;
	uint32_t value;

	flash_wr(b, FLASH_ACR, 0x600 | ACR_RUN_PD);
	assert_int_equal(flash_rd(b, FLASH_ACR), 0x600);
	flash_wr(b, FLASH_PDKEYR, 0x04152637);
	flash_wr(b, FLASH_PDKEYR, 0xfafbfcfd);
	flash_wr(b, FLASH_ACR, 0x600 | ACR_RUN_PD);
	assert_int_equal(flash_rd(b, FLASH_ACR), 0x600 | ACR_RUN_PD);
	assert_int_equal(try_read(b, MAIN, &value), VB_FAULT);
	flash_wr(b, FLASH_ACR, 0x600);		/* one write per unlock */
	assert_int_equal(flash_rd(b, FLASH_ACR), 0x600 | ACR_RUN_PD);
}

/* Resets in the middle */

static void test_a_reset_leaves_a_torn_double_word(void **state)
{
	struct chip_bench *b = *state;

	unlock(b);
	flash_wr(b, FLASH_CR, CR_PG);
	wr(b, MAIN, 0x11111111);
	wr(b, MAIN + 4, 0x22222222);
	vb_board_reset(b->board, VB_RESET_NRST);
	assert_int_equal(flash_rd(b, FLASH_SR), 0);
	assert_int_equal(flash_rd(b, FLASH_CR), 0xc0000000);
	rd(b, MAIN);
	assert_int_equal(flash_rd(b, FLASH_ECCR) & ECCR_ECCD, ECCR_ECCD);
	flash_wr(b, FLASH_ECCR, ECCR_ECCD);
	unlock(b);
	program(b, MAIN, 1, 2);
	assert_int_equal(flash_rd(b, FLASH_SR), 0xa8);
	flash_wr(b, FLASH_SR, 0xc3fb);
	erase_page(b, 0, false);
	program(b, MAIN, 1, 2);
	assert_int_equal(flash_rd(b, FLASH_SR), 0);
}

static void test_a_power_cut_tears_an_erase(void **state)
{
	struct chip_bench *b = *state;

	unlock(b);
	program(b, MAIN, 0, 0);
	b->f->fail_after = 1;
	b->f->fail_kind = FAIL_BROWNOUT;
	flash_wr(b, FLASH_CR, CR_PER | CR_STRT);
	run_us(b, 12000);
	assert_int_equal(b->f->stats.aborted, 1);
	assert_int_equal(flash_rd(b, FLASH_CR), 0xc0000000);
	rd(b, MAIN);
	assert_int_equal(flash_rd(b, FLASH_ECCR), ECCR_ECCD);
	assert_int_equal(b->f->state[0], CELL_BAD);
}

static void test_stuck_bsy(void **state)
{
	struct chip_bench *b = *state;
	uint64_t stall_ns;
	uint32_t value;

	b->f->stuck_bsy = true;
	stm32l4_array_guard(b->f);
	run_us(b, 1000000);
	assert_int_equal(flash_rd(b, FLASH_SR), SR_BSY);
	assert_int_equal(access_once(b, false, MAIN, 4, &value, &stall_ns), VB_STALL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(test_values_after_reset),
		BENCH_TEST(test_keys_open_the_lock),
		BENCH_TEST(test_a_wrong_key_shuts_the_lock_until_reset),
		BENCH_TEST(test_keys_in_the_wrong_order_fault),
		BENCH_TEST(test_a_key_written_to_an_open_lock_faults_and_locks),
		BENCH_TEST(test_option_keys_need_an_open_lock),
		BENCH_TEST(test_cr_is_deaf_while_locked),
		BENCH_TEST(test_a_double_word_takes_81_us),
		BENCH_TEST(test_eop_comes_with_eopie_only),
		BENCH_TEST(test_the_bus_paces_a_stream_of_words),
		BENCH_TEST(test_misuse_leaves_its_flags),
		BENCH_TEST(test_errie_adds_operr),
		BENCH_TEST(test_a_written_double_word_gives_a8_and_stays),
		BENCH_TEST(test_zeros_go_over_anything),
		BENCH_TEST(test_programmed_ones_are_not_erased),
		BENCH_TEST(test_a_lone_first_word_waits_for_its_second),
		BENCH_TEST(test_writes_through_the_alias_are_flash_writes),
		BENCH_TEST(test_otp_is_written_once),
		BENCH_TEST(test_page_erase),
		BENCH_TEST(test_bker_selects_the_physical_bank),
		BENCH_TEST(test_mass_erase),
		BENCH_TEST(test_erase_is_refused),
		BENCH_TEST(test_the_other_bank_is_readable_while_busy),
		BENCH_TEST(test_fast_row),
		BENCH_TEST(test_fast_mode_needs_a_mass_erase),
		BENCH_TEST(test_standard_programming_ends_the_right_to_fast_mode),
		BENCH_TEST(test_fast_row_must_start_on_a_row_and_stay_in_it),
		BENCH_TEST(test_fast_row_late_data),
		BENCH_TEST(test_fast_row_at_4_mhz_is_too_slow),
		BENCH_TEST(test_a_read_breaks_a_fast_row_without_a_flag),
		BENCH_TEST(test_ecc_errors),
		BENCH_TEST(test_erase_leaves_the_data_cache_stale),
		BENCH_TEST(test_programming_updates_the_data_cache),
		BENCH_TEST(test_a_line_leaves_after_eight_others),
		BENCH_TEST(test_run_pd_needs_its_keys),
		BENCH_TEST(test_a_reset_leaves_a_torn_double_word),
		BENCH_TEST(test_a_power_cut_tears_an_erase),
		BENCH_TEST(test_stuck_bsy),
	};

	return cmocka_run_group_tests_name("vb_flash", tests, NULL, NULL);
}
