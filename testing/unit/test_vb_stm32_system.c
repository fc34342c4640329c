/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stands around the flash of each STM32 line: PWR, SYSCFG, EXTI, DBGMCU, pins, IWDG. */
#include "vb_stm32_bench.h"

static const struct vb_chip *const boards[] = {
	&stm32l476_chip, &stm32l4r5_chip, &stm32l432_chip, &stm32g0b1_chip,
	&stm32g474_chip, &stm32l552_chip, &stm32u575_chip, &stm32wb55_chip,
};

/* DBGMCU */

static const struct dbgmcu_case {
	const struct vb_chip *chip;
	uint32_t base, idcode, fz1, cr_bits, fz1_bits;
} dbgmcus[] = {
	{ &stm32l476_chip, 0xe0042000, 0x415, 0x08, 0xe7, 0x82e01c3f },
	{ &stm32l4r5_chip, 0xe0042000, 0x470, 0x08, 0xe7, 0x82e01c3f },
	{ &stm32l432_chip, 0xe0042000, 0x435, 0x08, 0xe7, 0x82e01c3f },
	{ &stm32g474_chip, 0xe0042000, 0x469, 0x08, 0xe7, 0xc0601c3f },
	{ &stm32wb55_chip, 0xe0042000, 0x495, 0x3c, 0x10000027, 0x80a01c01 },
	{ &stm32l552_chip, 0xe0044000, 0x472, 0x08, 0xf6, 0x80e01c3f },
	{ &stm32u575_chip, 0xe0044000, 0x482, 0x08, 0xf6, 0x0060183f },
	{ &stm32g0b1_chip, 0x40015800, 0x467, 0x08, 0x06, 0xc0601c37 },
};

static void test_dbgmcu_lives_until_power_on(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(dbgmcus); i++) {
		const struct dbgmcu_case *d = &dbgmcus[i];
		struct chip_bench *b = bench_of(d->chip);

		assert_int_equal(rd(b, d->base) & 0xfff, d->idcode);
		assert_int_equal(rd(b, d->base + 4), 0);
		if (d->base == 0x40015800)
			wr(b, RCC_BASE + RCC_G0_APBENR1, BIT(27));
		wr(b, d->base + 4, 0xffffffff);
		wr(b, d->base + d->fz1, 0xffffffff);
		vb_board_reset(b->board, VB_RESET_SYSTEM);
		vb_board_reset(b->board, VB_RESET_OPTION_LOAD);
		assert_int_equal(rd(b, d->base + 4), d->cr_bits);
		assert_int_equal(rd(b, d->base + d->fz1), d->fz1_bits);
		vb_board_reset(b->board, VB_RESET_POWER_ON);
		assert_int_equal(rd(b, d->base + 4), 0);
		assert_int_equal(rd(b, d->base + d->fz1), 0);
		bench_end(b);
	}
}

static void test_g0_dbgmcu_drops_writes_without_dbgen(void **state)
{
	struct chip_bench *b = bench_of(&stm32g0b1_chip);

	(void)state;
	wr(b, 0x40015808, 0x1800);
	assert_int_equal(rd(b, 0x40015808), 0);
	assert_int_equal(rd(b, 0x40015800) & 0xfff, 0x467);
	wr(b, RCC_BASE + RCC_G0_APBENR1, BIT(27));
	wr(b, 0x40015808, 0x1800);
	assert_int_equal(rd(b, 0x40015808), 0x1800);
	vb_board_reset(b->board, VB_RESET_SYSTEM);		/* DBGEN is gone, the bits are not */
	wr(b, 0x40015808, 0);
	assert_int_equal(rd(b, 0x40015808), 0x1800);
	bench_end(b);
}

/* It is on the bus, not on the PPB: while nRST is low nobody answers there. */
static void test_dbgmcu_under_reset(void **state)
{
	struct chip_bench *b = bench_of(&stm32g0b1_chip);
	uint32_t value;

	(void)state;
	vb_board_set_nrst(b->board, true);
	assert_int_equal(try_read(b, 0x40015800, &value), VB_FAULT);
	bench_end(b);
	b = bench_of(&stm32l552_chip);
	vb_board_set_nrst(b->board, true);
	assert_int_equal(rd(b, 0xe0044000) & 0xfff, 0x472);
	wr(b, 0xe0044008, 0x1000);
	vb_board_set_nrst(b->board, false);
	assert_int_equal(rd(b, 0xe0044008), 0x1000);
	bench_end(b);
}

/* IWDG at 32 kHz / 4: 512 ms; the freeze bit counts while the core is halted only. */
static void test_iwdg_freezes_while_halted(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(dbgmcus); i++) {
		const struct dbgmcu_case *d = &dbgmcus[i];
		struct chip_bench *b = bench_of(d->chip);

		assert_int_equal(base_of_unit(b, "IWDG"), 0x40003000);
		assert_int_equal(base_of_unit(b, "WWDG"), 0x40002c00);
		if (d->base == 0x40015800)
			wr(b, RCC_BASE + RCC_G0_APBENR1, BIT(27));
		wr(b, d->base + d->fz1, BIT(12));
		wr(b, 0x40003000, 0xcccc);
		stm32_chip_halt(b->chip, true);
		run_us(b, 2000000);
		assert_int_equal(b->chip->resets[VB_RESET_IWDG], 0);
		stm32_chip_halt(b->chip, false);
		run_us(b, 511000);
		assert_int_equal(b->chip->resets[VB_RESET_IWDG], 0);
		run_us(b, 2000);
		assert_int_equal(b->chip->resets[VB_RESET_IWDG], 1);
		bench_end(b);
	}
}

static void test_iwdg_ewcr_is_u5s(void **state)
{
	struct chip_bench *b = bench_of(&stm32u575_chip);

	(void)state;
	wr(b, 0x40003000, 0x5555);
	wr(b, 0x40003014, 0x8100);
	assert_int_equal(rd(b, 0x4000300c), BIT(3));
	run_us(b, 1000);
	assert_int_equal(rd(b, 0x4000300c), 0);
	assert_int_equal(rd(b, 0x40003014), 0x8100);
	bench_end(b);
	b = bench_of(&stm32g474_chip);
	wr(b, 0x40003000, 0x5555);
	wr(b, 0x40003014, 0x8100);
	assert_int_equal(rd(b, 0x40003014), 0);
	bench_end(b);
}

/* WDGTB in CFR 13:11 on newer lines; the older field is not there. */
static void test_wwdg_prescaler(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(boards); i++) {
		struct chip_bench *b = bench_of(boards[i]);
		bool wide = i > 2;			/* all but the three L4 */
		uint64_t us = 4096ull * 64 * 128 * 1000000 / b->chip->env.clocks.pclk1;

		clock_unit(b, "WWDG");
		wr(b, 0x40002c04, 0x39ff);
		assert_int_equal(rd(b, 0x40002c04), wide ? 0x387f : 0x01ff);
		wr(b, 0x40002c00, 0xff);
		run_us(b, us / (wide ? 1 : 16) - 100);
		assert_int_equal(b->chip->resets[VB_RESET_WWDG], 0);
		run_us(b, 200);
		assert_int_equal(b->chip->resets[VB_RESET_WWDG], 1);
		bench_end(b);
	}
}

/* PWR */

static void test_pwr_after_reset(void **state)
{
	static const struct { uint32_t base, offset, value; } resets[] = {
		{ 0x40007000, 0x00, 0x200 }, { 0x40007000, 0x80, 0x100 }, { 0x40007000, 0x08, 0x8000 },
		{ 0x40007000, 0x00, 0x208 }, { 0x40007000, 0x80, 0x100 }, { 0x40007000, 0x00, 0x400 },
		{ 0x46020800, 0x0c, 0x8000 }, { 0x58000400, 0x00, 0x200 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(boards); i++) {
		struct chip_bench *b = bench_of(boards[i]);

		assert_int_equal(base_of_unit(b, "PWR"), resets[i].base);
		if (resets[i].base != 0x58000400)
			assert_int_equal(rd(b, resets[i].base + resets[i].offset), 0);
		clock_unit(b, "PWR");
		assert_int_equal(rd(b, resets[i].base + resets[i].offset), resets[i].value);
		bench_end(b);
	}
}

static void test_l5_voltage_range_gates_the_flash(void **state)
{
	struct chip_bench *b = bench_of(&stm32l552_chip);

	(void)state;
	clock_unit(b, "PWR");
	assert_false(stm32_pwr_can_program_flash(&b->chip->pwr));
	wr(b, 0x40007000, 0x600);				/* no such range */
	assert_int_equal(rd(b, 0x40007000), 0x400);
	wr(b, 0x40007000, 0x200);
	assert_int_equal(rd(b, 0x40007014) & BIT(10), BIT(10));	/* VOSF: on its way */
	assert_false(stm32_pwr_can_program_flash(&b->chip->pwr));
	run_us(b, 30);
	assert_int_equal(rd(b, 0x40007014) & BIT(10), 0);
	assert_true(stm32_pwr_can_program_flash(&b->chip->pwr));
	wr(b, 0x40007000, 0x000);				/* range 0 */
	run_us(b, 30);
	assert_true(stm32_pwr_can_program_flash(&b->chip->pwr));
	vb_board_reset(b->board, VB_RESET_SYSTEM);
	assert_false(stm32_pwr_can_program_flash(&b->chip->pwr));
	bench_end(b);
	b = bench_of(&stm32l476_chip);				/* others program in range 2 */
	clock_unit(b, "PWR");
	wr(b, 0x40007000, 0x400);
	assert_true(stm32_pwr_can_program_flash(&b->chip->pwr));
	bench_end(b);
}

static void test_voltage_ranges(void **state)
{
	struct chip_bench *b = bench_of(&stm32g474_chip);

	(void)state;
	clock_unit(b, "PWR");
	wr(b, 0x40007080, 0);					/* R1MODE 0: boost, for 170 MHz */
	assert_int_equal(rd(b, 0x40007080), 0);
	wr(b, 0x40007000, 0);					/* VOS 00 is refused */
	assert_int_equal(rd(b, 0x40007000), 0x200);
	bench_end(b);
	b = bench_of(&stm32u575_chip);
	clock_unit(b, "PWR");
	wr(b, 0x4602080c, 0x00070000);				/* range 1 and its booster */
	assert_int_equal(rd(b, 0x4602080c), 0x00070000);
	run_us(b, 30);
	assert_int_equal(rd(b, 0x4602080c), 0x0007c000);
	assert_int_equal(rd(b, 0x4602083c), 0x00038000);
	bench_end(b);
}

static void test_what_deep_sleep_enters(void **state)
{
	static const enum stm32_power l4[8] = {
		STM32_STOP, STM32_STOP, STM32_STOP, STM32_STANDBY,
		STM32_SHUTDOWN, STM32_SHUTDOWN, STM32_SHUTDOWN, STM32_SHUTDOWN,
	};
	static const enum stm32_power u5[8] = {
		STM32_STOP, STM32_STOP, STM32_STOP, STM32_STOP,
		STM32_STANDBY, STM32_STANDBY, STM32_SHUTDOWN, STM32_SHUTDOWN,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(boards); i++) {
		struct chip_bench *b = bench_of(boards[i]);
		uint32_t cr1 = base_of_unit(b, "PWR");

		clock_unit(b, "PWR");
		for (unsigned lpms = 0; lpms < 8; lpms++) {
			wr(b, cr1, (rd(b, cr1) & ~7u) | lpms);
			assert_int_equal(stm32_pwr_deep(&b->chip->pwr),
					 (boards[i] == &stm32u575_chip ? u5 : l4)[lpms]);
		}
		bench_end(b);
	}
}

/* The flag of Standby: where it is, and that software clears it. */
static void test_standby_flag(void **state)
{
	static const struct { uint32_t sr, bit, clear_at, clear; } flags[] = {
		{ 0x10, BIT(8), 0x18, BIT(8) }, { 0x10, BIT(8), 0x18, BIT(8) },
		{ 0x10, BIT(8), 0x18, BIT(8) }, { 0x10, BIT(8), 0x18, BIT(8) },
		{ 0x10, BIT(8), 0x18, BIT(8) }, { 0x10, BIT(8), 0x18, BIT(8) },
		{ 0x38, BIT(2), 0x38, BIT(0) }, { 0x88, BIT(8), 0x88, BIT(0) },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(boards); i++) {
		struct chip_bench *b = bench_of(boards[i]);
		uint32_t pwr = base_of_unit(b, "PWR");

		stm32_pwr_note_standby(&b->chip->pwr);
		vb_board_reset(b->board, VB_RESET_SYSTEM);
		clock_unit(b, "PWR");
		assert_int_equal(rd(b, pwr + flags[i].sr), flags[i].bit);
		wr(b, pwr + flags[i].clear_at, flags[i].clear);
		assert_int_equal(rd(b, pwr + flags[i].sr), 0);
		bench_end(b);
	}
}

/* SYSCFG and EXTI */

static void test_remap(void **state)
{
	/* What a write of FB_MODE and MEM_MODE 3 leaves in the register at 0x00. */
	static const uint32_t kept[] = { 0x103, 0x103, 0x003, 0x103, 0x103, 0, 0, 0x003 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(boards); i++) {
		struct chip_bench *b = bench_of(boards[i]);
		uint32_t syscfg = base_of_unit(b, "SYSCFG");
		bool remaps = b->chip->syscfg.line->has_memrmp;
		unsigned boot = b->f->mem_mode;		/* some lines find their flash empty */

		clock_unit(b, "SYSCFG");
		wr(b, syscfg, 0x103);
		if (remaps)
			assert_int_equal(rd(b, syscfg) & 0x107, kept[i]);
		assert_int_equal(b->f->mem_mode, remaps ? 3 : boot);
		/* Bit 8 of G0's CFGR1 is BOOSTEN, not FB_MODE. */
		assert_int_equal(b->f->fb_mode, (kept[i] & 0x100) && i != 3);
		vb_board_reset(b->board, VB_RESET_SYSTEM);
		assert_int_equal(b->f->mem_mode, boot);
		assert_false(b->f->fb_mode);
		bench_end(b);
	}
}

static void test_exti_port_and_pending(void **state)
{
	static const struct { uint32_t select_at, select, imr, rtsr, ftsr, rpr, fpr; } at[] = {
		{ 0, 0x14, 0x00, 0x08, 0x0c, 0x14, 0x14 }, { 0, 0x14, 0x00, 0x08, 0x0c, 0x14, 0x14 },
		{ 0, 0x14, 0x00, 0x08, 0x0c, 0x14, 0x14 },
		{ 1, 0x6c, 0x80, 0x00, 0x04, 0x0c, 0x10 }, { 0, 0x14, 0x00, 0x08, 0x0c, 0x14, 0x14 },
		{ 1, 0x6c, 0x80, 0x00, 0x04, 0x0c, 0x10 }, { 1, 0x6c, 0x80, 0x00, 0x04, 0x0c, 0x10 },
		{ 0, 0x14, 0x80, 0x00, 0x04, 0x0c, 0x0c },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(boards); i++) {
		struct chip_bench *b = bench_of(boards[i]);
		struct stm32_chip *c = b->chip;
		uint32_t exti = base_of_unit(b, "EXTI"), syscfg = base_of_unit(b, "SYSCFG");
		bool own = at[i].select_at;

		clock_unit(b, "SYSCFG");
		wr(b, (own ? exti : syscfg) + at[i].select, own ? 0x0200 : 0x0020);	/* line 13: C */
		assert_int_equal(stm32_exti_port(&c->exti, &c->syscfg, 13), 2);
		assert_int_equal(stm32_exti_port(&c->exti, &c->syscfg, 12), 0);
		stm32_exti_edge(&c->exti, 13, true);		/* neither edge is chosen */
		assert_int_equal(rd(b, exti + at[i].rpr), 0);
		wr(b, exti + at[i].rtsr, BIT(13));
		wr(b, exti + at[i].ftsr, BIT(13));
		stm32_exti_edge(&c->exti, 13, false);
		assert_int_equal(rd(b, exti + at[i].fpr), BIT(13));
		wr(b, exti + at[i].fpr, BIT(13));
		stm32_exti_edge(&c->exti, 13, true);
		assert_int_equal(rd(b, exti + at[i].rpr), BIT(13));
		if (at[i].rpr != at[i].fpr)
			assert_int_equal(rd(b, exti + at[i].fpr), 0);
		wr(b, exti + at[i].rpr, BIT(13));
		assert_int_equal(rd(b, exti + at[i].rpr), 0);
		bench_end(b);
	}
}

/* Pins */

static void test_pins_after_reset(void **state)
{
	static const struct { uint32_t base, moder_a, pupdr_a, moder_b; } ports[] = {
		{ 0x48000000, 0xabffffff, 0x64000000, 0xfffffebf },
		{ 0x48000000, 0xabffffff, 0x64000000, 0xfffffebf },
		{ 0x48000000, 0xabffffff, 0x64000000, 0xfffffebf },
		{ 0x50000000, 0xebffffff, 0x24000000, 0xffffffff },
		{ 0x48000000, 0xabffffff, 0x64000000, 0xfffffebf },
		{ 0x42020000, 0xabffffff, 0x64000000, 0xfffffebf },
		{ 0x42020000, 0xabffffff, 0x64000000, 0xfffffebf },
		{ 0x48000000, 0xabffffff, 0x64000000, 0xfffffebf },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(boards); i++) {
		struct chip_bench *b = bench_of(boards[i]);

		assert_int_equal(rd(b, ports[i].base), 0);
		clock_unit(b, "GPIOA");
		clock_unit(b, "GPIOB");
		assert_int_equal(rd(b, ports[i].base), ports[i].moder_a);
		assert_int_equal(rd(b, ports[i].base + 0x0c), ports[i].pupdr_a);
		assert_int_equal(rd(b, ports[i].base + 0x400), ports[i].moder_b);
		assert_int_equal(rd(b, ports[i].base + 0x24), 0);	/* AF0: SWDIO, SWCLK */
		bench_end(b);
	}
}

/* Backup registers: in the RTC, or in TAMP on newer lines. */
static void test_backup_registers(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(boards); i++) {
		struct chip_bench *b = bench_of(boards[i]);
		bool tamp = b->chip->part->line->has_tamp;
		uint32_t bkp = base_of_unit(b, tamp ? "TAMP" : "RTC") + (tamp ? 0x100 : 0x50);

		clock_unit(b, tamp ? "TAMP" : "RTC");
		wr(b, bkp, 0x12345678);				/* DBP is 0 */
		assert_int_equal(rd(b, bkp), 0);
		b->chip->env.backup_open = true;
		wr(b, bkp, 0x12345678);
		vb_board_reset(b->board, VB_RESET_SYSTEM);
		clock_unit(b, tamp ? "TAMP" : "RTC");
		assert_int_equal(rd(b, bkp), 0x12345678);
		vb_board_reset(b->board, VB_RESET_POWER_ON);
		clock_unit(b, tamp ? "TAMP" : "RTC");
		assert_int_equal(rd(b, bkp), 0);
		bench_end(b);
	}
}

/* Only as many as the line has; where TAMP is, the RTC has none. */
static void test_number_of_backup_registers(void **state)
{
	static const unsigned words[] = { 32, 32, 32, 5, 32, 32, 32, 20 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(boards); i++) {
		struct chip_bench *b = bench_of(boards[i]);
		bool tamp = b->chip->part->line->has_tamp;
		uint32_t bkp = base_of_unit(b, tamp ? "TAMP" : "RTC") + (tamp ? 0x100 : 0x50);

		clock_unit(b, tamp ? "TAMP" : "RTC");
		clock_unit(b, "RTC");
		b->chip->env.backup_open = true;
		for (unsigned k = 0; k < 40; k++)
			wr(b, bkp + 4 * k, 0xa5);
		for (unsigned k = 0; k < 40; k++)
			assert_int_equal(rd(b, bkp + 4 * k), k < words[i] ? 0xa5 : 0);
		if (tamp)
			assert_int_equal(rd(b, base_of_unit(b, "RTC") + 0x50), 0);
		bench_end(b);
	}
}

/* A frame of 10 bits at 16 clocks a bit; PRESC 2 divides by 4 where there is one. */
static void test_usart_prescaler(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(boards); i++) {
		struct chip_bench *b = bench_of(boards[i]);
		bool has_usart1_only = boards[i] == &stm32wb55_chip, l4 = i == 0 || i == 2;
		uint32_t u = base_of_unit(b, has_usart1_only ? "USART1" : "USART2");
		uint64_t us = 10 * 1600ull * 1000000 / b->chip->env.clocks.pclk1 * (l4 ? 1 : 4);

		clock_unit(b, has_usart1_only ? "USART1" : "USART2");
		wr(b, u + 0x2c, 2);
		assert_int_equal(rd(b, u + 0x2c), l4 ? 0 : 2);
		wr(b, u + 0x0c, 1600);
		wr(b, u, 0x0d);
		wr(b, u + 0x28, 'x');
		run_us(b, us - 10);
		assert_int_equal(rd(b, u + 0x1c) & BIT(6), 0);
		run_us(b, 20);
		assert_int_equal(rd(b, u + 0x1c) & BIT(6), BIT(6));
		bench_end(b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dbgmcu_lives_until_power_on),
		cmocka_unit_test(test_g0_dbgmcu_drops_writes_without_dbgen),
		cmocka_unit_test(test_dbgmcu_under_reset),
		cmocka_unit_test(test_iwdg_freezes_while_halted),
		cmocka_unit_test(test_iwdg_ewcr_is_u5s),
		cmocka_unit_test(test_wwdg_prescaler),
		cmocka_unit_test(test_pwr_after_reset),
		cmocka_unit_test(test_l5_voltage_range_gates_the_flash),
		cmocka_unit_test(test_voltage_ranges),
		cmocka_unit_test(test_what_deep_sleep_enters),
		cmocka_unit_test(test_standby_flag),
		cmocka_unit_test(test_remap),
		cmocka_unit_test(test_exti_port_and_pending),
		cmocka_unit_test(test_pins_after_reset),
		cmocka_unit_test(test_backup_registers),
		cmocka_unit_test(test_number_of_backup_registers),
		cmocka_unit_test(test_usart_prescaler),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
