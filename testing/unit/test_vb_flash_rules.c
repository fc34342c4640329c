/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Corners of RM0351 3.3 that a debugger meets seldom: instruction cache, fast mode's ends, option
 * writes that are refused, words that were never completed. */
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

static uint32_t fetch(struct line_bench *l, uint32_t addr)
{
	uint32_t value;

	l->b.master = VB_CPU_CODE;
	value = get(l, addr);
	l->b.master = VB_DAP;
	return value;
}

static void test_code_comes_from_the_instruction_cache(void **state)
{
	OPEN(L476);
	set_reg(&l, FLASH_ACR, ACR_ICEN);
	write_unit(&l, MAIN + 0x40, 0x1000);
	assert_int_equal(fetch(&l, MAIN + 0x40), 0x1000);
	erase_one(&l, 0, false);
	write_unit(&l, MAIN + 0x40, 0x2000);
	assert_int_equal(get(&l, MAIN + 0x40), 0x2000);
	assert_int_equal(fetch(&l, MAIN + 0x40), 0x1000);	/* neither erase nor program */
	assert_int_equal(fetch(&l, MAIN + 0x60), 0xffffffff);	/* another line */
	control(&l, CR_LOCK);
	assert_int_equal(fetch(&l, MAIN + 0x40), 0x1000);
	set_reg(&l, FLASH_ACR, ACR_ICEN | ACR_ICRST);		/* no effect while ICEN = 1 */
	assert_int_equal(fetch(&l, MAIN + 0x40), 0x1000);
	set_reg(&l, FLASH_ACR, ACR_ICRST);
	set_reg(&l, FLASH_ACR, ACR_ICEN);
	assert_int_equal(fetch(&l, MAIN + 0x40), 0x2000);
	line_close(&l);
}

static void test_a_reset_empties_the_instruction_cache(void **state)
{
	OPEN(L476);
	fetch(&l, MAIN);
	write_unit(&l, MAIN, 5);
	assert_int_equal(fetch(&l, MAIN), 0xffffffff);
	vb_board_reset(l.b.board, VB_RESET_NRST);
	assert_int_equal(fetch(&l, MAIN), 5);
	line_close(&l);
}

/* The core itself, one step of MOVS r0, #imm at `addr`. */

#define DHCSR 0xe000edf0u
#define DCRSR 0xe000edf4u
#define DCRDR 0xe000edf8u

static void set_core(struct line_bench *l, unsigned sel, uint32_t value)
{
	put(l, DCRDR, value);
	put(l, DCRSR, BIT(16) | sel);
	run_us(&l->b, 5);
}

static uint32_t step_at(struct line_bench *l, uint32_t addr)
{
	put(l, DHCSR, 0xa05f0003);
	run_us(&l->b, 5);
	set_core(l, 0, 0);
	set_core(l, 16, BIT(24));
	set_core(l, 15, addr);
	put(l, DHCSR, 0xa05f0005);
	run_us(&l->b, 10);
	put(l, DCRSR, 0);
	run_us(&l->b, 5);
	return get(l, DCRDR);
}

static void test_the_core_runs_stale_code(void **state)
{
	static const uint32_t before[2] = { 0xe7fe2001, 0xffffffff };	/* movs r0, #1; b . */
	OPEN(L476);

	stm32l4_array_load(l.b.f, 0x100, (const uint8_t *)before, sizeof(before));
	assert_int_equal(step_at(&l, MAIN + 0x100), 1);
	erase_one(&l, 0, false);
	control(&l, CR_PG);
	put(&l, MAIN + 0x100, 0xe7fe2002);
	put(&l, MAIN + 0x104, 0xffffffff);
	settle(&l);
	control(&l, CR_LOCK);
	assert_int_equal(get(&l, MAIN + 0x100), 0xe7fe2002);
	assert_int_equal(step_at(&l, MAIN + 0x100), 1);
	set_reg(&l, FLASH_ACR, ACR_ICRST);
	set_reg(&l, FLASH_ACR, ACR_ICEN);
	assert_int_equal(step_at(&l, MAIN + 0x100), 2);
	line_close(&l);
}

/* Fast programming */

static void fast_row(struct line_bench *l, uint32_t addr)
{
	control(l, CR_FSTPG);
	for (unsigned i = 0; i < 2 * l->family->row_dwords; i++)
		put(l, addr + 4 * i, i);
	settle(l);
}

static void test_fast_mode_on_every_line_that_has_it(void **state)
{
	for (unsigned which = 0; which < ARRAY_SIZE(lines); which++) {
		uint32_t start, row;
		OPEN(which);

		row = 8 * l.family->row_dwords;
		l.b.chip->env.clocks.hclk = 16000000;
		if (row == 0 || which == WB55) {	/* WB: the radio's pages forbid a mass erase */
			line_close(&l);
			continue;
		}
		control(&l, CR_MER1 | (l.family->cr_plain & CR_MER2) | CR_STRT);
		settle(&l);
		start = (uint32_t)vb_clock_now(l.b.board->clock);
		fast_row(&l, MAIN + row);
		assert_in_range((uint32_t)vb_clock_now(l.b.board->clock) - start,
				l.family->fast_ns * l.family->row_dwords,
				l.family->fast_ns * l.family->row_dwords + 20000);
		expect_errors(&l, 0);
		put(&l, MAIN + row / 2, 1);
		expect_errors(&l, SR_PGAERR | SR_FASTERR);
		vb_board_reset(l.b.board, VB_RESET_SYSTEM);
		l.b.chip->env.clocks.hclk = 16000000;
		open_lock(&l);
		control(&l, CR_FSTPG);
		put(&l, MAIN + 4 * row, 1);		/* no longer mass-erased right before */
		expect_errors(&l, SR_PGSERR);
		line_close(&l);
	}
}

static void test_the_pump_gives_up_after_7_ms(void **state)
{
	struct stm32l4_flash_family slow;
	OPEN(L476);

	slow = *l.family;
	slow.fast_ns = 300000;
	l.b.f->family = &slow;
	l.b.chip->env.clocks.hclk = 16000000;
	control(&l, CR_MER1 | CR_MER2 | CR_STRT);
	settle(&l);
	control(&l, CR_FSTPG);
	for (unsigned i = 0; i < 64 && !(status(&l) & SR_FASTERR); i++)
		put(&l, MAIN + 4 * i, i);
	settle(&l);
	assert_int_equal(status(&l) & SR_FASTERR, SR_FASTERR);
	assert_int_equal(status(&l) & SR_MISERR, 0);
	line_close(&l);
}

static void test_fast_mode_misuse(void **state)
{
	static const struct { uint32_t addr, cr; unsigned size; uint32_t sr; } cases[] = {
		{ MAIN, CR_FSTPG, 1, SR_SIZERR | SR_FASTERR },
		{ MAIN, CR_FSTPG | CR_PER, 4, SR_PGSERR },
		{ MAIN, CR_FSTPG | CR_MER1, 4, SR_PGSERR },
		{ 0x1fff7000, CR_FSTPG, 4, SR_PGSERR },
		{ MAIN + 0x1800, CR_FSTPG, 4, SR_WRPERR | SR_FASTERR },
	};
	OPEN(L476);

	l.b.chip->env.clocks.hclk = 16000000;
	control(&l, CR_MER1 | CR_MER2 | CR_STRT);
	settle(&l);
	l.b.f->loaded[OPT_WRP1AR] = 0xff03ff03;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint32_t value = 1;

		control(&l, cases[i].cr);
		access_sized(&l.b, true, cases[i].addr, cases[i].size, &value);
		assert_int_equal(errors(&l), cases[i].sr);
		clear(&l);
		control(&l, 0);
	}
	line_close(&l);
}

/* Locks, power, halves */

static void test_a_locked_register_with_pg_programs_nothing(void **state)
{
	OPEN(L476);
	*l.b.f->cr = CR_LOCK | CR_OPTLOCK | CR_PG;	/* no sequence of writes leads here */
	put(&l, MAIN, 1);
	expect_errors(&l, SR_PGSERR);
	line_close(&l);
}

static void test_half_a_double_word_stays_until_it_is_whole(void **state)
{
	OPEN(L476);
	control(&l, CR_PG);
	put(&l, MAIN, 1);
	assert_int_equal(status(&l), 0);	/* no CFGBSY here */
	control(&l, 0);
	control(&l, CR_PG);
	put(&l, MAIN + 4, 2);
	settle(&l);
	expect_errors(&l, 0);
	assert_int_equal(get(&l, MAIN), 1);
	put(&l, MAIN + 8, 1);
	vb_board_reset(l.b.board, VB_RESET_NRST);
	open_lock(&l);
	write_unit(&l, MAIN + 0x20, 1);		/* a reset forgets it */
	expect_errors(&l, 0);
	line_close(&l);
}

static void test_option_writes_are_refused(void **state)
{
	OPEN(L476);
	open_options(&l);
	*l.b.f->sr = SR_PROGERR;
	control(&l, CR_OPTSTRT);
	assert_int_equal(status(&l), SR_PROGERR | SR_PGSERR);
	clear(&l);
	l.b.f->loaded[OPT_USER] = 0xffeff8cc;
	control(&l, CR_OPTSTRT);
	expect_errors(&l, SR_WRPERR);
	assert_int_equal(l.b.f->stats.option_writes, 0);
	line_close(&l);
}

static void test_pcrop_grows(void **state)
{
	static const struct { uint32_t start, end, want_start, want_end; } cases[] = {
		{ 0x100, 0x1ff, 0x100, 0x1ff },
		{ 0x180, 0x300, 0x100, 0x300 },		/* one end shrinks, the other grows */
		{ 0x080, 0x100, 0x080, 0x300 },
		{ 0xffff, 0x0, 0x080, 0x300 },		/* removal */
	};
	OPEN(L476);

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		open_options(&l);
		set_reg(&l, 0x24, cases[i].start);
		set_reg(&l, 0x28, cases[i].end);
		commit_options(&l);
		launch_options(&l);
		assert_int_equal(reg(&l, 0x24) & 0xffff, cases[i].want_start);
		assert_int_equal(reg(&l, 0x28) & 0xffff, cases[i].want_end);
	}
	line_close(&l);
}

static void test_eop_and_operr_of_an_erase(void **state)
{
	OPEN(L476);
	control(&l, CR_EOPIE | CR_ERRIE | CR_PER | CR_STRT);
	settle(&l);
	assert_int_equal(status(&l), SR_EOP);
	clear(&l);
	control(&l, CR_ERRIE | CR_PG | CR_PER | CR_STRT);
	assert_int_equal(status(&l), SR_PGSERR | SR_OPERR);
	line_close(&l);
}

/* A PNB beyond the part wraps into it: page "256" is page 0 of bank 1. */
static void test_pnb_wraps(void **state)
{
	OPEN(L432);
	write_unit(&l, MAIN + 8, 1);
	erase_one(&l, 128, false);
	assert_int_equal(l.b.f->state[1], CELL_ERASED);
	line_close(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_code_comes_from_the_instruction_cache),
		cmocka_unit_test(test_a_reset_empties_the_instruction_cache),
		cmocka_unit_test(test_the_core_runs_stale_code),
		cmocka_unit_test(test_fast_mode_on_every_line_that_has_it),
		cmocka_unit_test(test_the_pump_gives_up_after_7_ms),
		cmocka_unit_test(test_fast_mode_misuse),
		cmocka_unit_test(test_a_locked_register_with_pg_programs_nothing),
		cmocka_unit_test(test_half_a_double_word_stays_until_it_is_whole),
		cmocka_unit_test(test_option_writes_are_refused),
		cmocka_unit_test(test_pcrop_grows),
		cmocka_unit_test(test_eop_and_operr_of_an_erase),
		cmocka_unit_test(test_pnb_wraps),
	};

	return cmocka_run_group_tests_name("vb_flash_rules", tests, NULL, NULL);
}
