/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RCC of each STM32 line: clocks after reset and raised, reset flags, clock enables. */
#include "vb_stm32_bench.h"

static const struct line_case {
	const struct vb_chip *chip;
	uint32_t rcc, cr, cfgr, csr;	/* address and, of the registers, offsets */
	uint32_t cr_reset, cfgr_reset, csr_reset, hz;
	uint32_t enr, enr_reset;	/* the one with FLASHEN */
} lines[] = {
	{ &stm32l476_chip, 0x40021000, 0, 0x08, 0x94, 0x63, 0, 0x0c000600, 4000000, 0x48, 0x100 },
	{ &stm32l4r5_chip, 0x40021000, 0, 0x08, 0x94, 0x63, 0, 0x0c000600, 4000000, 0x48, 0x100 },
	{ &stm32l432_chip, 0x40021000, 0, 0x08, 0x94, 0x63, 0, 0x0c000600, 4000000, 0x48, 0x100 },
	{ &stm32g0b1_chip, 0x40021000, 0, 0x08, 0x60, 0x500, 0, 0x0c000000, 16000000, 0x38, 0x100 },
	{ &stm32g474_chip, 0x40021000, 0, 0x08, 0x94, 0x500, 5, 0x0c000000, 16000000, 0x48, 0x100 },
	{ &stm32l552_chip, 0x40021000, 0, 0x08, 0x94, 0x63, 0, 0x0c000600, 4000000, 0x48, 0x100 },
	{ &stm32u575_chip, 0x46020c00, 0, 0x1c, 0xf4, 0x35, 0, 0x0c004400, 4000000, 0x88,
	  0xd0000100 },
	{ &stm32wb55_chip, 0x58000000, 0, 0x08, 0x94, 0x63, 0x00070000, 0x0c000000, 4000000, 0x50,
	  0x02080000 },
};

static void test_after_reset(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		const struct line_case *l = &lines[i];
		struct chip_bench *b = bench_of(l->chip);

		assert_int_equal(base_of_unit(b, "RCC"), l->rcc);
		assert_int_equal(rd(b, l->rcc + l->cr), l->cr_reset);
		assert_int_equal(rd(b, l->rcc + l->cfgr), l->cfgr_reset);
		assert_int_equal(rd(b, l->rcc + l->csr), l->csr_reset);
		assert_int_equal(rd(b, l->rcc + l->enr), l->enr_reset);
		assert_int_equal(hclk_of(b), l->hz);
		assert_int_equal(b->chip->env.clocks.pclk1, l->hz);
		assert_int_equal(b->chip->env.clocks.pclk2, l->hz);
		bench_end(b);
	}
}

static void test_flags_of_each_reset(void **state)
{
	static const struct { enum vb_reset kind; uint32_t flag; } kinds[] = {
		{ VB_RESET_NRST, 0 }, { VB_RESET_SYSTEM, BIT(28) }, { VB_RESET_IWDG, BIT(29) },
		{ VB_RESET_WWDG, BIT(30) }, { VB_RESET_OPTION_LOAD, BIT(25) },
		{ VB_RESET_LOW_POWER, BIT(31) },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		const struct line_case *l = &lines[i];
		struct chip_bench *b = bench_of(l->chip);
		uint32_t seen = BIT(26) | BIT(27), csr = l->rcc + l->csr;

		for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {	/* they add up */
			vb_board_reset(b->board, kinds[k].kind);
			seen |= kinds[k].flag;
			assert_int_equal(rd(b, csr) & 0xff000000, seen);
		}
		for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {	/* alone: nRST is pulsed too */
			wr(b, csr, rd(b, csr) | BIT(23));
			assert_int_equal(rd(b, csr) & 0xff800000, 0);
			vb_board_reset(b->board, kinds[k].kind);
			assert_int_equal(rd(b, csr) & 0xff000000, kinds[k].flag | BIT(26));
		}
		vb_board_reset(b->board, VB_RESET_POWER_ON);
		assert_int_equal(rd(b, csr), l->csr_reset);
		bench_end(b);
	}
}

/* Writes in order, then the clock. `sws`: what CFGR shows to be in use. */
static const struct sequence {
	const struct vb_chip *chip;
	const char *name;
	struct { uint32_t offset, value; } steps[5];
	uint32_t sws, hz;
} sequences[] = {
	{ &stm32l476_chip, "MSI 24 MHz", { { 0x00, 0x9b } }, 0, 24000000 },
	{ &stm32l476_chip, "MSI 48 MHz", { { 0x00, 0xbb } }, 0, 48000000 },
	{ &stm32l476_chip, "PLL from MSI",
	  { { 0x0c, 0x01002801 }, { 0x00, 0x01000063 }, { 0x08, 3 } }, 3, 80000000 },
	{ &stm32l476_chip, "HSI16", { { 0x00, 0x163 }, { 0x08, 1 } }, 1, 16000000 },
	{ &stm32l4r5_chip, "MSI 48 MHz", { { 0x00, 0xbb } }, 0, 48000000 },
	{ &stm32l4r5_chip, "PLL from MSI",
	  { { 0x0c, 0x01003c01 }, { 0x00, 0x01000063 }, { 0x08, 3 } }, 3, 120000000 },
	{ &stm32l4r5_chip, "PLL from HSI16, PLLM 16",
	  { { 0x0c, 0x010028f2 }, { 0x00, 0x01000163 }, { 0x08, 3 } }, 3, 20000000 },
	{ &stm32l432_chip, "MSI 24 MHz", { { 0x00, 0x9b } }, 0, 24000000 },
	{ &stm32l432_chip, "PLL from MSI",
	  { { 0x0c, 0x01002801 }, { 0x00, 0x01000063 }, { 0x08, 3 } }, 3, 80000000 },
	{ &stm32l552_chip, "MSI 48 MHz", { { 0x00, 0xbb } }, 0, 48000000 },
	{ &stm32l552_chip, "PLL from MSI",
	  { { 0x0c, 0x01003701 }, { 0x00, 0x01000063 }, { 0x08, 3 } }, 3, 110000000 },
	{ &stm32wb55_chip, "MSI 24 MHz, which needs no MSIRGSEL", { { 0x00, 0x93 } }, 0, 24000000 },
	{ &stm32wb55_chip, "PLL from MSI",
	  { { 0x0c, 0x30002001 }, { 0x00, 0x01000063 }, { 0x08, 3 } }, 3, 64000000 },
	{ &stm32wb55_chip, "HSE", { { 0x00, 0x00010063 }, { 0x08, 2 } }, 2, 32000000 },
	{ &stm32g474_chip, "PLL from HSI16",
	  { { 0x0c, 0x01005532 }, { 0x00, 0x01000500 }, { 0x08, 3 } }, 3, 170000000 },
	{ &stm32g474_chip, "PLL from HSE",
	  { { 0x0c, 0x01005553 }, { 0x00, 0x01010500 }, { 0x08, 3 } }, 3, 170000000 },
	{ &stm32g474_chip, "AHB / 2", { { 0x08, 0x81 } }, 1, 8000000 },
	{ &stm32g0b1_chip, "PLL from HSI16",
	  { { 0x0c, 0x30000802 }, { 0x00, 0x01000500 }, { 0x08, 2 } }, 2, 64000000 },
	{ &stm32g0b1_chip, "HSIDIV 4", { { 0x00, 0x1500 } }, 0, 4000000 },
	{ &stm32g0b1_chip, "LSI", { { 0x60, 1 }, { 0x08, 3 } }, 3, 32000 },
	{ &stm32g0b1_chip, "AHB / 4", { { 0x08, 0x900 } }, 0, 4000000 },
	{ &stm32u575_chip, "MSIS 48 MHz", { { 0x08, 0x04800000 } }, 0, 48000000 },
	{ &stm32u575_chip, "HSI16", { { 0x00, 0x135 }, { 0x1c, 1 } }, 1, 16000000 },
	{ &stm32u575_chip, "PLL1 from MSIS",
	  { { 0x28, 0x00040001 }, { 0x34, 0x0100004f }, { 0x00, 0x01000035 }, { 0x1c, 3 } }, 3,
	  160000000 },
	{ &stm32u575_chip, "AHB / 2", { { 0x20, 0x6008 } }, 0, 2000000 },
};

static uint32_t used_source(struct chip_bench *b)
{
	const struct stm32_rcc_line *line = b->chip->rcc.line;

	return rd(b, base_of_unit(b, "RCC") + line->sws.reg) >> line->sws.shift &
	       (BIT(line->sws.bits) - 1);
}

static void test_raising_the_clock(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sequences); i++) {
		const struct sequence *s = &sequences[i];
		struct chip_bench *b = bench_of(s->chip);
		uint32_t rcc = base_of_unit(b, "RCC"), before = hclk_of(b);

		for (size_t k = 0; k < ARRAY_SIZE(s->steps); k++) {
			if (s->steps[k].offset != 0 || s->steps[k].value != 0)
				wr(b, rcc + s->steps[k].offset, s->steps[k].value);
		}
		run_us(b, 5000);
		if (used_source(b) != s->sws || hclk_of(b) != s->hz)
			fail_msg("%s, %s: source %u, %u Hz", b->chip->part->name, s->name,
				 used_source(b), hclk_of(b));
		vb_board_reset(b->board, VB_RESET_SYSTEM);
		assert_int_equal(hclk_of(b), before);
		bench_end(b);
	}
}

/* The switch waits for the PLL, and nothing stops the oscillator that is in use. */
static void test_switch_follows_ready_only(void **state)
{
	struct chip_bench *b = bench_of(&stm32g0b1_chip);

	(void)state;
	wr(b, RCC_BASE + 0x0c, 0x30000802);
	wr(b, RCC_BASE, 0x01000500);
	wr(b, RCC_BASE + 0x08, 2);
	assert_int_equal(rd(b, RCC_BASE + 0x08), 2);		/* SWS is still HSISYS */
	assert_int_equal(rd(b, RCC_BASE) & BIT(25), 0);
	wr(b, RCC_BASE, 0x01000400);
	assert_int_equal(rd(b, RCC_BASE) & BIT(8), BIT(8));
	run_us(b, 100);
	assert_int_equal(rd(b, RCC_BASE + 0x08), 0x12);
	wr(b, RCC_BASE, 0x00000500);				/* the PLL drives the system */
	assert_int_equal(rd(b, RCC_BASE) & BIT(24), BIT(24));
	assert_int_equal(hclk_of(b), 64000000);
	wr(b, RCC_BASE + 0x0c, 0x30001002);			/* and its factors hold */
	assert_int_equal(hclk_of(b), 64000000);
	bench_end(b);
}

/* An APB divider of G0 goes to both names of its one bus. */
static void test_g0_has_one_apb(void **state)
{
	struct chip_bench *b = bench_of(&stm32g0b1_chip);

	(void)state;
	wr(b, RCC_BASE + 0x08, 0x4000);
	assert_int_equal(b->chip->env.clocks.pclk1, 8000000);
	assert_int_equal(b->chip->env.clocks.pclk2, 8000000);
	assert_int_equal(b->chip->env.clocks.timclk1, 16000000);
	bench_end(b);
}

static void test_hse_only_where_it_is_fitted(void **state)
{
	struct chip_bench *b = bench_of(&stm32l552_chip);

	(void)state;
	wr(b, RCC_BASE, 0x00010063);
	run_us(b, 100000);
	assert_int_equal(rd(b, RCC_BASE) & BIT(17), 0);
	bench_end(b);
}

/* 12 is CRCEN's bit on every line; what is written to an unclocked CRC unit is lost. */
static void test_unclocked_peripheral_reads_0(void **state)
{
	static const uint32_t enr[] = { 0x48, 0x48, 0x48, 0x38, 0x48, 0x48, 0x88, 0x48 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct chip_bench *b = bench_of(lines[i].chip);
		uint32_t at = lines[i].rcc + enr[i], crc = base_of_unit(b, "CRC");

		assert_int_equal(crc, 0x40023000);
		assert_int_equal(rd(b, crc), 0);
		wr(b, crc + 4, 0x55);
		wr(b, at, rd(b, at) | BIT(12));
		assert_int_equal(rd(b, crc), 0xffffffff);
		assert_int_equal(rd(b, crc + 4), 0);
		wr(b, crc + 4, 0x55);
		at -= b->chip->rcc.line->rstr_to_enr;		/* its reset line */
		wr(b, at, BIT(12));
		assert_int_equal(rd(b, crc + 4), 0);
		bench_end(b);
	}
}

static void test_wwdgen_ends_with_a_reset(void **state)
{
	static const uint32_t enr[] = { 0x58, 0x58, 0x58, 0x3c, 0x58, 0x58, 0x9c, 0x58 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct chip_bench *b = bench_of(lines[i].chip);
		uint32_t at = lines[i].rcc + enr[i];

		wr(b, at, BIT(11));
		wr(b, at, 0);
		assert_int_equal(rd(b, at) & BIT(11), BIT(11));
		vb_board_reset(b->board, VB_RESET_SYSTEM);
		assert_int_equal(rd(b, at) & BIT(11), 0);
		bench_end(b);
	}
}

/* The LSE sits in the backup domain: behind DBP, and it outlives a system reset. */
static void test_backup_domain(void **state)
{
	static const struct { uint16_t pwr, dbp, bdcr; } at[] = {
		{ 0, BIT(8), 0x90 }, { 0, BIT(8), 0x90 }, { 0, BIT(8), 0x90 }, { 0, BIT(8), 0x5c },
		{ 0, BIT(8), 0x90 }, { 0, BIT(8), 0x90 }, { 0x28, BIT(0), 0xf0 },
		{ 0, BIT(8), 0x90 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct chip_bench *b = bench_of(lines[i].chip);
		uint32_t bdcr = lines[i].rcc + at[i].bdcr;
		uint32_t pwr = base_of_unit(b, "PWR") + at[i].pwr;

		wr(b, bdcr, 1);
		assert_int_equal(rd(b, bdcr), 0);
		clock_unit(b, "PWR");
		wr(b, pwr, rd(b, pwr) | at[i].dbp);
		wr(b, bdcr, 1);
		run_us(b, 1100000);
		assert_int_equal(rd(b, bdcr), 3);
		vb_board_reset(b->board, VB_RESET_SYSTEM);
		assert_int_equal(rd(b, bdcr), 3);
		vb_board_reset(b->board, VB_RESET_POWER_ON);
		assert_int_equal(rd(b, bdcr), 0);
		bench_end(b);
	}
}

/* Out of Stop on HSI16 if STOPWUCK says so, else on what the line boots with; PLLs are off. */
static void test_clock_after_stop(void **state)
{
	static const struct { const struct vb_chip *chip; uint32_t at, value, hz; } wakes[] = {
		{ &stm32l476_chip, 0x08, 3, 4000000 }, { &stm32l476_chip, 0x08, 0x8003, 16000000 },
		{ &stm32g0b1_chip, 0x08, 2, 16000000 }, { &stm32g474_chip, 0x08, 3, 16000000 },
		{ &stm32u575_chip, 0x1c, 0x00, 4000000 }, { &stm32u575_chip, 0x1c, 0x10, 16000000 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wakes); i++) {
		struct chip_bench *b = bench_of(wakes[i].chip);
		uint32_t rcc = base_of_unit(b, "RCC");

		wr(b, rcc, rd(b, rcc) | BIT(24));
		wr(b, rcc + wakes[i].at, wakes[i].value);
		run_us(b, 100);
		stm32_rcc_wake(&b->chip->rcc);
		assert_int_equal(rd(b, rcc) & (BIT(24) | BIT(25)), 0);
		assert_int_equal(hclk_of(b), wakes[i].hz);
		bench_end(b);
	}
}

/* A plain write of RMVF must not slow the chip down. */
static void test_msisrange_counts_after_standby(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		const struct line_case *l = &lines[i];
		struct chip_bench *b = bench_of(l->chip);

		wr(b, l->rcc + l->csr, BIT(23));
		assert_int_equal(rd(b, l->rcc + l->csr), l->csr_reset & ~0xff000000);
		assert_int_equal(hclk_of(b), l->hz);
		if (l->chip == &stm32l476_chip) {
			wr(b, l->rcc, 0x9b);			/* MSIRGSEL */
			wr(b, l->rcc + l->csr, 0x300);		/* 800 kHz is none of them */
			assert_int_equal(rd(b, l->rcc + l->csr), 0x600);
			wr(b, l->rcc + l->csr, 0x700);
			assert_int_equal(hclk_of(b), 24000000);
			stm32_chip_enter(b->chip, STM32_STANDBY);
			stm32_chip_wake(b->chip);
			run_us(b, 10);
			assert_int_equal(rd(b, l->rcc + l->csr), 0x700);
			assert_int_equal(hclk_of(b), 8000000);
			vb_board_reset(b->board, VB_RESET_SYSTEM);
			assert_int_equal(hclk_of(b), 4000000);
		}
		bench_end(b);
	}
}

/* What a table says must be there: every unit's enable is a register of its line, and writable. */
static void test_every_unit_can_be_clocked(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct chip_bench *b = bench_of(lines[i].chip);

		for (const struct stm32_unit *u = b->chip->part->units; u->name != NULL; u++) {
			if (u->enr == 0)
				continue;
			if (stm32_rcc_enable(&b->chip->rcc, u->enr) == NULL)
				fail_msg("%s: no enable register for %s", b->chip->part->name, u->name);
			clock_unit(b, u->name);
			if (!(rd(b, lines[i].rcc + u->enr) & u->bit))
				fail_msg("%s: %s has no clock enable there", b->chip->part->name,
					 u->name);
		}
		bench_end(b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_after_reset),
		cmocka_unit_test(test_flags_of_each_reset),
		cmocka_unit_test(test_raising_the_clock),
		cmocka_unit_test(test_switch_follows_ready_only),
		cmocka_unit_test(test_g0_has_one_apb),
		cmocka_unit_test(test_hse_only_where_it_is_fitted),
		cmocka_unit_test(test_unclocked_peripheral_reads_0),
		cmocka_unit_test(test_wwdgen_ends_with_a_reset),
		cmocka_unit_test(test_backup_domain),
		cmocka_unit_test(test_clock_after_stop),
		cmocka_unit_test(test_msisrange_counts_after_standby),
		cmocka_unit_test(test_every_unit_can_be_clocked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
