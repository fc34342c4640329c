/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every line's flash controller does alike, and where the lines differ by a number. */
#include "vb_flash_bench.h"

#define EACH_LINE(l) \
	for (unsigned which = 0; which < ARRAY_SIZE(lines); which++) \
		for (bool once = (line_open(&(l), which), true); once; once = (line_close(&(l)), false))

#define CHECK(l, have, want) \
	do { \
		uint64_t have_ = (have), want_ = (want); \
		if (have_ != want_) \
			fail_msg("%s: %s is 0x%llx, not 0x%llx", (l).family->name, #have, \
				 (unsigned long long)have_, (unsigned long long)want_); \
	} while (0)

static void test_registers_after_reset(void **state)
{
	static const struct { uint32_t acr, sr, cr, optr; } want[] = {
		[L476] = { 0x600, 0, 0xc0000000, 0xffeff8aa },
		[L4R5] = { 0x600, SR_PEMPTY, 0xc0000000, 0xffeff8aa },
		[L432] = { 0x600, SR_PEMPTY, 0xc0000000, 0xffeff8aa },
		[G0B1] = { 0x50600, 0, 0xc0000000, 0xfffffeaa },
		[G474] = { 0x40600, 0, 0xc0000000, 0xffeff8aa },
		[L552] = { 0, 0, 0xc0000000, 0x7feff8aa },
		[U575] = { 1, 0, 0xc0000000, 0x1feff8aa },
		[WB55] = { 0x10600, SR_OPTVERR, 0xc0000000, 0x2d8f71aa },
	};
	struct line_bench l;

	(void)state;
	EACH_LINE(l) {
		CHECK(l, reg(&l, l.family->acr), want[which].acr);
		CHECK(l, status(&l), want[which].sr);
		CHECK(l, reg(&l, l.family->cr), want[which].cr);
		CHECK(l, reg(&l, option_offset(&l, OPT_USER)), want[which].optr);
		CHECK(l, get(&l, l.family->size_addr) & 0xffff, l.family->max_kb);
	}
}

/* 1.3, 6 of the data sheets: pages, banks, times. */
static void test_geometry_and_times(void **state)
{
	static const struct { uint32_t page, bank, bank2, unit, ns, erase_ns; } want[] = {
		[L476] = { 2048, 0x80000, 0x80000, 8, 81690, 22020000 },
		[L4R5] = { 4096, 0x100000, 0x100000, 8, 81700, 22000000 },
		[L432] = { 2048, 0x40000, 0, 8, 81690, 22020000 },
		[G0B1] = { 2048, 0x40000, 0x40000, 8, 85000, 22000000 },
		[G474] = { 2048, 0x40000, 0x40000, 8, 81690, 22020000 },
		[L552] = { 2048, 0x40000, 0x40000, 8, 81700, 22020000 },
		[U575] = { 8192, 0x100000, 0x100000, 16, 118000, 1500000 },
		[WB55] = { 4096, 0x100000, 0, 8, 81690, 22020000 },
	};
	struct line_bench l;
	uint64_t start;

	(void)state;
	EACH_LINE(l) {
		CHECK(l, stm32l4_array_page_bytes(l.b.f), want[which].page);
		CHECK(l, stm32l4_array_bank_bytes(l.b.f), want[which].bank);
		CHECK(l, stm32l4_array_is_dual(l.b.f), want[which].bank2 != 0);
		if (want[which].bank2 != 0)
			CHECK(l, stm32l4_array_bank_span(l.b.f), want[which].bank2);
		open_lock(&l);
		control(&l, CR_PG);
		start = vb_clock_now(l.b.board->clock);
		for (unsigned i = 0; i < want[which].unit; i += 4)
			put(&l, MAIN + 0x1000 + i, i);
		CHECK(l, status(&l) & SR_BSY, SR_BSY);
		get(&l, MAIN + 0x1000);		/* waits for BSY */
		CHECK(l, vb_clock_now(l.b.board->clock) - start, want[which].ns);
		control(&l, CR_PER | CR_STRT);
		start = vb_clock_now(l.b.board->clock);
		control(&l, 0);
		CHECK(l, vb_clock_now(l.b.board->clock) - start, want[which].erase_ns);
		CHECK(l, errors(&l), 0);
	}
}

static void test_program_and_erase_both_banks(void **state)
{
	struct line_bench l;
	uint32_t page, bank2;

	(void)state;
	EACH_LINE(l) {
		page = stm32l4_array_page_bytes(l.b.f);
		bank2 = stm32l4_array_is_dual(l.b.f) ? stm32l4_array_bank_span(l.b.f) : 4 * page;
		open_lock(&l);
		set_reg(&l, l.family->acr, reg(&l, l.family->acr) & ~l.family->acr_dcen);
		write_unit(&l, MAIN + 3 * page, 0x100);
		write_unit(&l, MAIN + bank2 + 3 * page, 0x200);
		CHECK(l, errors(&l), 0);
		CHECK(l, get(&l, MAIN + 3 * page), 0x100);
		CHECK(l, get(&l, MAIN + bank2 + 3 * page + 4), 0x201);
		erase_one(&l, 3, false);
		CHECK(l, get(&l, MAIN + 3 * page), 0xffffffff);
		CHECK(l, get(&l, MAIN + bank2 + 3 * page), 0x200);
		if (stm32l4_array_is_dual(l.b.f))
			erase_one(&l, 3, true);
		else
			erase_one(&l, 7, false);
		CHECK(l, get(&l, MAIN + bank2 + 3 * page), 0xffffffff);
		CHECK(l, errors(&l), 0);
	}
}

/* The combinations of RM0351 3.3.7 on every line: a unit of two or four words. */
static void test_misuse(void **state)
{
	struct line_bench l;

	(void)state;
	EACH_LINE(l) {
		put(&l, MAIN + 0x1000, 1);		/* locked */
		CHECK(l, errors(&l), SR_PGSERR);
		put(&l, MAIN + 0x1004, 1);
		CHECK(l, errors(&l), SR_PGSERR | SR_PGAERR);
		clear(&l);
		open_lock(&l);
		write_unit(&l, MAIN + 0x1000, 1);
		write_unit(&l, MAIN + 0x1000, 9);	/* not erased */
		CHECK(l, errors(&l), SR_PROGERR | SR_PGSERR | SR_PGAERR);
		clear(&l);
		CHECK(l, get(&l, MAIN + 0x1000), 1);
		control(&l, CR_PG);
		put(&l, MAIN + 0x2000 + l.family->unit_bytes - 4, 1);
		CHECK(l, errors(&l), SR_PGAERR);
		clear(&l);
		control(&l, CR_PG);
		control(&l, CR_MER1 | CR_PG | CR_STRT);
		CHECK(l, errors(&l), SR_PGSERR);
		clear(&l);
		CHECK(l, get(&l, MAIN + 0x1000), 1);
	}
}

static void test_zeros_and_ones(void **state)
{
	struct line_bench l;

	(void)state;
	EACH_LINE(l) {
		open_lock(&l);
		write_unit(&l, MAIN + 0x1000, 7);
		control(&l, CR_PG);
		for (unsigned i = 0; i < l.family->unit_bytes; i += 4)
			put(&l, MAIN + 0x1000 + i, 0);
		settle(&l);
		CHECK(l, errors(&l), 0);
		CHECK(l, get(&l, MAIN + 0x1000), 0);
		for (unsigned i = 0; i < l.family->unit_bytes; i += 4)
			put(&l, MAIN + 0x1100 + i, 0xffffffff);
		settle(&l);
		CHECK(l, errors(&l), 0);
		CHECK(l, get(&l, MAIN + 0x1100), 0xffffffff);
		put(&l, MAIN + 0x1100, 5);		/* blank to the eye, not to the ECC */
		CHECK(l, errors(&l), SR_PROGERR);
	}
}

static void test_keys(void **state)
{
	struct line_bench l;
	uint32_t key = KEY2;

	(void)state;
	EACH_LINE(l) {
		CHECK(l, line_access(&l, true, l.line->base + l.family->keyr, &key), VB_FAULT);
		set_reg(&l, l.family->keyr, KEY1);	/* ignored until reset */
		set_reg(&l, l.family->keyr, KEY2);
		CHECK(l, reg(&l, l.family->cr), 0xc0000000);
		vb_board_reset(l.b.board, VB_RESET_SYSTEM);
		open_options(&l);
		CHECK(l, reg(&l, l.family->cr), 0);
		control(&l, CR_LOCK);
		CHECK(l, reg(&l, l.family->cr), 0xc0000000);
	}
}

static void test_otp(void **state)
{
	struct line_bench l;
	uint32_t otp;

	(void)state;
	EACH_LINE(l) {
		otp = l.family->otp_base;
		open_lock(&l);
		write_unit(&l, otp, 0x55);
		CHECK(l, errors(&l), 0);
		CHECK(l, get(&l, otp + 4), 0x56);
		control(&l, CR_PG);
		put(&l, otp, 0);			/* once, not even with zeros */
		CHECK(l, errors(&l), SR_PROGERR);
		clear(&l);
		write_unit(&l, otp + 8 * l.family->otp_dwords - l.family->unit_bytes, 1);
		CHECK(l, errors(&l), 0);
	}
}

static void test_option_words_come_back(void **state)
{
	struct line_bench l;

	(void)state;
	EACH_LINE(l) {
		for (const struct flash_option_row *row = l.family->options; row->name; row++) {
			uint32_t want = ((row->factory ^ 0x00030003) & row->writable) | row->ones;

			if (row->id == OPT_USER || row->kind != OPTION_PLAIN)
				continue;
			open_options(&l);
			set_reg(&l, row->offset, want);
			CHECK(l, reg(&l, row->offset),
			      l.family->reads_loaded ? row->factory : want | row->set_only * 0);
			commit_options(&l);
			vb_board_reset(l.b.board, VB_RESET_NRST);
			l.b.chip->env.flash_voltage_at = 0;
			CHECK(l, reg(&l, row->offset), row->factory);	/* not loaded */
			open_options(&l);
			launch_options(&l);
			CHECK(l, reg(&l, row->offset), want);
			store_option(&l, row->id, row->factory);
		}
	}
}

static void test_wrp(void **state)
{
	struct line_bench l;
	uint32_t page;

	(void)state;
	EACH_LINE(l) {
		const struct flash_option_row *row = stm32l4_options_row(l.b.f, OPT_WRP1AR);

		page = stm32l4_array_page_bytes(l.b.f);
		store_option(&l, OPT_WRP1AR, (row->factory & 0xff00ff00) | 3 | 4 << 16);
		open_lock(&l);
		erase_one(&l, 4, false);
		CHECK(l, errors(&l), SR_WRPERR);
		clear(&l);
		control(&l, CR_PG);
		put(&l, MAIN + 3 * page, 1);
		CHECK(l, errors(&l), SR_WRPERR);
		put(&l, MAIN + 3 * page + 4, 1);
		CHECK(l, errors(&l), 0xb0);
		clear(&l);
		control(&l, CR_MER1 | (l.family->cr_plain & CR_MER2) | CR_STRT);
		CHECK(l, errors(&l), SR_WRPERR);
		clear(&l);
		erase_one(&l, 2, false);
		erase_one(&l, 5, false);
		CHECK(l, errors(&l), 0);
	}
}

static void test_level_1_and_back(void **state)
{
	struct line_bench l;
	uint32_t optr, value;

	(void)state;
	EACH_LINE(l) {
		open_lock(&l);
		write_unit(&l, MAIN, 1);
		optr = reg(&l, option_offset(&l, OPT_USER));
		store_option(&l, OPT_USER, (optr & ~0xffu) | 0xbb);
		CHECK(l, line_access(&l, false, MAIN, &value), VB_FAULT);
		CHECK(l, get(&l, l.family->size_addr) & 0xffff, l.family->max_kb);
		open_options(&l);
		control(&l, CR_PER | CR_STRT);
		CHECK(l, errors(&l), SR_WRPERR);
		clear(&l);
		if (stm32l4_options_row(l.b.f, OPT_PCROP1ER) != NULL)
			set_reg(&l, option_offset(&l, OPT_PCROP1ER), PCROP_RDP);
		set_reg(&l, option_offset(&l, OPT_USER), optr);
		commit_options(&l);
		CHECK(l, errors(&l), 0);
		launch_options(&l);
		vb_board_reset(l.b.board, VB_RESET_POWER_ON);
		CHECK(l, get(&l, MAIN), 0xffffffff);
		CHECK(l, reg(&l, option_offset(&l, OPT_USER)), optr);
	}
}

static void test_torn_options_load_safe_values(void **state)
{
	static const uint32_t optr[] = {
		[L476] = 0xfffff8ff, [L4R5] = 0xfffff8ff, [L432] = 0xfffff8ff, [G0B1] = 0xfffffeff,
		[G474] = 0xfffff8ff, [L552] = 0x7feff8ff, [U575] = 0x1feff8ff, [WB55] = 0xef8f71ff,
	};
	struct line_bench l;

	(void)state;
	EACH_LINE(l) {
		open_options(&l);
		l.b.f->fail_after = 1;
		l.b.f->fail_kind = FAIL_BROWNOUT;
		control(&l, CR_OPTSTRT);
		run_us(&l.b, 200000);
		CHECK(l, reg(&l, option_offset(&l, OPT_USER)), optr[which]);
		CHECK(l, status(&l) & SR_OPTVERR, l.family->sr_optverr);
		CHECK(l, stm32l4_options_rdp(l.b.f), 1);
		CHECK(l, stm32l4_protect_has_pcrop(l.b.f),
		      stm32l4_options_row(l.b.f, OPT_PCROP1SR) != NULL);
	}
}

/* ADDR_ECC, BK_ECC: bytes from the bank's start, or double words; a register each on G0B1. */
static void test_ecc_registers(void **state)
{
	static const struct { uint32_t bank1, bank2; } want[] = {
		[L476] = { 0x1240, BIT(19) | 0x1240 }, [L4R5] = { 0x1240, BIT(21) | 0x1240 },
		[L432] = { 0x1240, 0 }, [G0B1] = { 0x248, 0x248 }, [G474] = { 0x1240, BIT(21) | 0x1240 },
		[L552] = { 0x1240, BIT(21) | 0x1240 }, [U575] = { 0x1240, BIT(21) | 0x1240 },
		[WB55] = { 0x248, 0 },
	};
	struct line_bench l;
	uint32_t offset, span;

	(void)state;
	EACH_LINE(l) {
		span = stm32l4_array_bank_span(l.b.f);
		stm32l4_array_set_state(l.b.f, 0x1240, CELL_ECC1);
		get(&l, MAIN + 0x1244);
		CHECK(l, reg(&l, l.family->eccr), ECCR_ECCC | want[which].bank1);
		set_reg(&l, l.family->eccr, ECCR_ECCC);
		if (want[which].bank2 == 0)
			continue;
		stm32l4_array_set_state(l.b.f, span + 0x1240, CELL_BAD);
		get(&l, MAIN + span + 0x1240);
		offset = l.family->ecc2r ? l.family->ecc2r : l.family->eccr;
		CHECK(l, reg(&l, offset), ECCR_ECCD | want[which].bank2);
	}
}

static void test_power_down(void **state)
{
	struct line_bench l;
	uint32_t value, pdkeyr;

	(void)state;
	EACH_LINE(l) {
		if (l.family->acr_run_pd == 0)
			continue;
		pdkeyr = which == U575 ? 0x18 : 0x04;
		set_reg(&l, l.family->acr, l.family->acr_run_pd);
		CHECK(l, reg(&l, l.family->acr) & l.family->acr_run_pd, 0);
		set_reg(&l, pdkeyr, 0x04152637);
		set_reg(&l, pdkeyr, 0xfafbfcfd);
		set_reg(&l, l.family->acr, l.family->acr_run_pd);
		CHECK(l, line_access(&l, false, MAIN, &value), VB_FAULT);
		open_lock(&l);
		control(&l, CR_PER | CR_STRT);
		CHECK(l, errors(&l), SR_PGSERR);
	}
}

static void test_a_unit_survives_no_reset(void **state)
{
	struct line_bench l;

	(void)state;
	EACH_LINE(l) {
		open_lock(&l);
		control(&l, CR_PG);
		for (unsigned i = 0; i < l.family->unit_bytes; i += 4)
			put(&l, MAIN + i, 0);
		vb_board_reset(l.b.board, VB_RESET_NRST);
		for (unsigned i = 0; i < l.family->unit_bytes; i += 8)
			CHECK(l, l.b.f->state[i / 8], CELL_BAD);
		CHECK(l, l.b.f->state[l.family->unit_bytes / 8], CELL_ERASED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_registers_after_reset),
		cmocka_unit_test(test_geometry_and_times),
		cmocka_unit_test(test_program_and_erase_both_banks),
		cmocka_unit_test(test_misuse),
		cmocka_unit_test(test_zeros_and_ones),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_otp),
		cmocka_unit_test(test_option_words_come_back),
		cmocka_unit_test(test_wrp),
		cmocka_unit_test(test_level_1_and_back),
		cmocka_unit_test(test_torn_options_load_safe_values),
		cmocka_unit_test(test_ecc_registers),
		cmocka_unit_test(test_power_down),
		cmocka_unit_test(test_a_unit_survives_no_reset),
	};

	return cmocka_run_group_tests_name("vb_flash_lines", tests, NULL, NULL);
}
