/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The i.MX RT boards: identification, clocks, FlexRAM, pads, fuses, boot pins, resets. */
#include "vb_imxrt_bench.h"

static void test_every_board_says_what_it_is(void **state)
{
	static const struct {
		const struct vb_chip *chip;
		uint32_t digprog, sip, mark, ram_beyond;
	} boards[] = {
		{ &mimxrt1064_evk_chip, 0x6c, BIT(20), 0xb0893000, 0x202c0000 },
		{ &mimxrt1060_evk_chip, 0x6c, 0, 0xb0893000, 0x202c0000 },
		{ &mimxrt1024_evk_chip, 0x6b, BIT(20), 0x4038f88d, 0x20220000 },
		{ &imxrt1050_evkb_chip, 0x6a, 0, 0x9e016037, 0x20240000 },
		{ &imxrt1050_evkb_hyper_chip, 0x6a, 0, 0x9e016037, 0x20240000 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(boards); i++) {
		struct imxrt_bench b;

		open_board(&b, boards[i].chip);
		assert_int_equal(rd(&b, 0xe000ed00), 0x411fc271);
		assert_int_equal(rd(&b, 0x400d8260) >> 16, boards[i].digprog);
		assert_int_equal(rd(&b, 0x401f4440) & BIT(20), boards[i].sip);
		assert_int_equal(rd(&b, 0x00208000), boards[i].mark);
		assert_int_equal(rd(&b, 0x0020001c), 0);
		assert_int_equal(try_rd(&b, boards[i].ram_beyond - 4), VB_OK);
		assert_int_equal(try_rd(&b, boards[i].ram_beyond), VB_FAULT);
		/* GPIO10 is there where the flash is on FLEXSPI2's own pads */
		assert_int_equal(try_rd(&b, 0x401c8000), i == 0 ? VB_OK : VB_FAULT);
		vb_board_free(b.board);
	}
}

static void test_units_have_their_own_id(void **state)
{
	struct imxrt_bench *b = *state, other;

	open_board(&other, &mimxrt1064_evk_chip);
	other.board->chip->set_unit(other.board, other.chip, 1);
	assert_int_not_equal(rd(b, 0x401f4410), rd(&other, 0x401f4410));
	vb_board_free(other.board);
}

/* --- Clocks --- */

static void test_a_waiting_chip_shows_the_debugger_no_window(void **state)
{
	static const uint32_t windows[] = { 0x402a4000, 0x7f400000, 0x70000000, 0x20200000, CCM };
	struct imxrt_bench *b = *state;

	wr(b, 0x402a4000, 0xffff00c0);		/* on, FIFOs on the AHB bus */
	assert_int_equal(try_rd(b, 0x7f400000), VB_OK);
	b->chip->env.core_waits = true;
	for (size_t i = 0; i < ARRAY_SIZE(windows); i++)
		assert_int_equal(try_rd(b, windows[i]), VB_FAULT);
	b->chip->env.core_waits = false;
}

static void test_clocks_after_reset_come_from_the_bypassed_plls(void **state)
{
	struct imxrt_bench *b = *state;
	const struct imxrt_clocks *c = &b->chip->env.clocks;

	assert_int_equal(rd(b, CCM + 0x14), 0x000a8300);
	assert_int_equal(rd(b, CCM + 0x18), 0x2dae8324);
	assert_int_equal(rd(b, CCM + 0x54), 0x79);
	assert_int_equal(rd(b, ANALOG), 0x00013063);
	assert_int_equal(rd(b, ANALOG + 0x10), 0x00012000);
	assert_int_equal(rd(b, ANALOG + 0x30), 0x00013001);
	assert_int_equal(c->core, 12000000);
	assert_int_equal(c->ahb, 12000000);
	assert_int_equal(c->ipg, 3000000);
	assert_int_equal(c->flexspi[0], 6000000);
	assert_int_equal(c->flexspi[1], 12000000);
}

static void test_flexspi2_runs_from_the_crystal_through_the_bypass(void **state)
{
	struct imxrt_bench *b = *state;

	wr(b, CCM + 0x18, (0x2dae8324 & ~0xe0000300u) | 3 << 8);
	assert_int_equal(b->chip->env.clocks.flexspi[1], 24000000);
}

static void test_a_pll_needs_time_to_lock(void **state)
{
	struct imxrt_bench *b = *state;

	wr(b, ANALOG + 0x14, 0x3040);		/* SET: ENABLE, POWER, EN_USB_CLKS */
	assert_int_equal(rd(b, ANALOG + 0x10) & BIT(31), 0);
	run_us(b, 500);
	assert_int_not_equal(rd(b, ANALOG + 0x10) & BIT(31), 0);
	assert_int_equal(imxrt_ccm_pll(&b->chip->ccm, PLL_USB1), 24000000);
	wr(b, ANALOG + 0x18, 0x10000);		/* CLR: BYPASS */
	assert_int_equal(imxrt_ccm_pll(&b->chip->ccm, PLL_USB1), 480000000);
}

static void test_pfd0_by_eight_feeds_both_flexspis(void **state)
{
	struct imxrt_bench *b = *state;
	const struct imxrt_clocks *c = &b->chip->env.clocks;

	wr(b, ANALOG + 0x14, 0x10000);
	wr(b, ANALOG + 0x14, 0x3040);
	run_us(b, 500);
	wr(b, ANALOG + 0x18, 0x10000);
	wr(b, ANALOG + 0xf4, 0x80);		/* SET: CLKGATE of PFD0 */
	assert_int_equal(imxrt_ccm_pfd(&b->chip->ccm, PLL_USB1, 0), 0);
	wr(b, ANALOG + 0xf0, (rd(b, ANALOG + 0xf0) & ~0x3fu) | 35);
	wr(b, ANALOG + 0xf8, 0x80);
	assert_int_equal(imxrt_ccm_pfd(&b->chip->ccm, PLL_USB1, 0), 246857142);
	assert_int_not_equal(rd(b, ANALOG + 0xf0) & 0x40, 0);
	wr(b, CCM + 0x18, (0x2dae8324 & ~0xe0000300u) | 1 << 8 | 7u << 29);
	wr(b, CCM + 0x1c, (0x04900000 & ~0x63800000u) | 3 << 29 | 7 << 23);
	assert_int_equal(c->flexspi[0], 30857142);
	assert_int_equal(c->flexspi[1], 30857142);
}

static void test_the_pll2_pfd2_is_396_mhz(void **state)
{
	struct imxrt_bench *b = *state;

	wr(b, ANALOG + 0x38, BIT(12));		/* CLR: POWERDOWN */
	run_us(b, 1000);
	wr(b, ANALOG + 0x38, BIT(16));
	wr(b, ANALOG + 0x100, 0x18181818);
	assert_int_equal(imxrt_ccm_pll(&b->chip->ccm, PLL_SYS), 528000000);
	assert_int_equal(imxrt_ccm_pfd(&b->chip->ccm, PLL_SYS, 2), 396000000);
}

static void test_a_changed_divider_is_busy_for_a_moment(void **state)
{
	struct imxrt_bench *b = *state;

	wr(b, CCM + 0x10, 0);
	assert_int_equal(rd(b, CCM + 0x48), BIT(16));
	run_us(b, 10);
	assert_int_equal(rd(b, CCM + 0x48), 0);
	assert_int_equal(b->chip->env.clocks.core, 24000000);
}

static void test_a_block_without_its_clock_is_a_bus_error(void **state)
{
	struct imxrt_bench *b = *state;

	assert_int_equal(try_rd(b, 0x402a4000), VB_OK);
	wr(b, CCM + 0x84, ~0xcu);
	assert_int_equal(try_rd(b, 0x402a4000), VB_FAULT);
	assert_int_equal(try_rd(b, 0x402a8000), VB_OK);
	wr(b, CCM + 0x70, rd(b, CCM + 0x70) & ~0x3000u);
	assert_int_equal(try_rd(b, 0x401f4400), VB_FAULT);
	wr(b, CCM + 0x7c, ~3u);
	assert_int_equal(try_rd(b, 0x00200000), VB_FAULT);
}

/* WFI with CLPCR.LPM = WAIT, its value after reset, takes the AHB-AP's clock away. */
static void test_wait_mode_shuts_the_debugger_out_until_a_reset(void **state)
{
	struct imxrt_bench *b = *state;

	wr(b, 0x20208000, 0xe7fdbf30);		/* wfi; b .-2 */
	wr(b, 0xe000edf8, 0x20208000);
	wr(b, 0xe000edf4, 0x1000f);		/* PC */
	wr(b, DHCSR, 0xa05f0001);
	run_us(b, 10);
	assert_true(b->chip->env.core_waits);
	assert_int_equal(try_rd(b, 0x20208000), VB_FAULT);
	assert_int_equal(try_rd(b, CCM), VB_FAULT);
	assert_int_equal(try_rd(b, DHCSR), VB_FAULT);
	assert_int_equal(try_rd(b, 0x70000000), VB_FAULT);
	vb_board_reset(b->board, VB_RESET_NRST);
	assert_int_equal(try_rd(b, DHCSR), VB_OK);
	assert_int_equal(try_rd(b, 0x20208000), VB_OK);
}

static void test_run_mode_leaves_the_debugger_in(void **state)
{
	struct imxrt_bench *b = *state;

	wr(b, CCM + 0x54, 0x78);
	wr(b, 0x20208000, 0xe7fdbf30);
	wr(b, 0xe000edf8, 0x20208000);
	wr(b, 0xe000edf4, 0x1000f);
	wr(b, DHCSR, 0xa05f0001);
	run_us(b, 10);
	assert_int_equal(try_rd(b, 0x20208000), VB_OK);
	assert_int_equal(rd(b, DHCSR) & BIT(18), BIT(18));	/* S_SLEEP */
}

static void test_an_interrupt_ends_wait_mode(void **state)
{
	struct imxrt_bench *b = *state;
	const uint32_t gpt = 0x401ec000;

	wr(b, 0x20208000, 0xbf30b672);		/* cpsid i; wfi */
	wr(b, 0x20208004, 0xe7fee7fe);
	wr(b, 0xe000e10c, BIT(4));		/* NVIC: GPT1 is interrupt 100 */
	wr(b, gpt + 0x10, 1000);
	wr(b, gpt + 4, 23);
	wr(b, gpt + 0xc, 1);
	wr(b, gpt, 0x54b);			/* 24 MHz / 24, runs in WAIT */
	wr(b, 0xe000edf8, 0x20208000);
	wr(b, 0xe000edf4, 0x1000f);
	wr(b, DHCSR, 0xa05f0001);
	run_us(b, 500);
	assert_int_equal(try_rd(b, DHCSR), VB_FAULT);
	run_us(b, 600);
	assert_int_equal(try_rd(b, DHCSR), VB_OK);
	assert_false(b->chip->env.core_waits);
	assert_int_equal(rd(b, DHCSR) & BIT(18), 0);
}

/* --- FlexRAM --- */

static void sizes(struct imxrt_bench *b, unsigned kib[3])
{
	struct vb_region **slots[3] = { b->chip->itcm, b->chip->dtcm, b->chip->ocram };

	for (unsigned m = 0; m < 3; m++) {
		kib[m] = 0;
		for (unsigned i = 0; i < b->chip->part->banks; i++)
			kib[m] += slots[m][i]->size / 1024;
	}
}

static void test_fuses_divide_flexram(void **state)
{
	struct imxrt_bench *b = *state;
	unsigned kib[3];

	sizes(b, kib);
	assert_true(kib[0] == 128 && kib[1] == 128 && kib[2] == 256);
	imxrt_ocotp_burn(b->chip->ocotp, 0x2d, 0xb << 16);
	reset_halted(b, VB_RESET_POWER_ON);
	sizes(b, kib);
	assert_true(kib[0] == 0 && kib[1] == 448 && kib[2] == 64);
	assert_int_equal(try_rd(b, 0x2006fffc), VB_OK);
	assert_int_equal(try_rd(b, 0x00000000), VB_FAULT);
}

static void test_gpr17_divides_flexram_until_power_on_or_the_pin(void **state)
{
	struct imxrt_bench *b = *state;
	unsigned kib[3];

	wr(b, 0x20000000, 0x12345678);
	wr(b, GPR + 0x44, 0x0003fffe);		/* 1 DTCM, 8 ITCM, the rest unused */
	assert_int_equal(try_rd(b, 0x20008000), VB_OK);
	wr(b, GPR + 0x40, rd(b, GPR + 0x40) | 4);
	assert_int_equal(try_rd(b, 0x20007ffc), VB_OK);
	assert_int_equal(try_rd(b, 0x20008000), VB_FAULT);
	assert_int_equal(try_rd(b, 0x20280000), VB_FAULT);
	assert_int_equal(try_rd(b, 0x20200000), VB_OK);		/* OCRAM2 is not FlexRAM */
	reset_halted(b, VB_RESET_SYSTEM);
	sizes(b, kib);
	assert_true(kib[0] == 256 && kib[1] == 32 && kib[2] == 0);
	reset_halted(b, VB_RESET_WDOG);
	assert_int_equal(rd(b, GPR + 0x44), 0x0003fffe);
	reset_halted(b, VB_RESET_NRST);
	sizes(b, kib);
	assert_true(kib[0] == 128 && kib[1] == 128 && kib[2] == 256);
	assert_int_equal(rd(b, GPR + 0x40), 0x00200003);
}

static void test_the_default_order_of_banks_is_55affa55(void **state)
{
	struct imxrt_bench *b = *state;

	for (uint32_t at = 0; at < 0x20000; at += 0x8000)
		wr(b, 0x20000000 + at, 0xd7c00000 + at);
	wr(b, GPR + 0x44, 0x55affa55);
	wr(b, GPR + 0x40, 0x00200007);
	for (uint32_t at = 0; at < 0x20000; at += 0x8000)
		assert_int_equal(rd(b, 0x20000000 + at), 0xd7c00000 + at);
}

static void test_gpr16_says_where_the_vectors_are(void **state)
{
	struct imxrt_bench *b = *state;

	wr(b, GPR + 0x40, 0x20280003);
	reset_halted(b, VB_RESET_SYSTEM);
	assert_int_equal(rd(b, 0xe000ed08), 0x20280000);
	reset_halted(b, VB_RESET_NRST);
	assert_int_equal(rd(b, 0xe000ed08), 0x00200000);
}

/* --- Pads --- */

static void test_pads_make_the_wires_of_the_internal_flash(void **state)
{
	struct imxrt_bench *b = *state;
	static const struct { uint16_t mux, daisy; uint8_t value; uint32_t wire; } pads[] = {
		{ 0x6ac, 0, 0, WIRE_SS0 }, { 0x67c, 0x750, 2, WIRE_SCLK },
		{ 0x664, 0x730, 2, WIRE_D0 }, { 0x6a0, 0x734, 0, WIRE_D1 },
		{ 0x69c, 0x738, 0, WIRE_D2 }, { 0x684, 0x73c, 2, WIRE_D3 },
		{ 0x694, 0x72c, 0, WIRE_DQS },
	};

	assert_int_equal(b->chip->env.wires[1], 0);
	for (size_t i = 0; i < ARRAY_SIZE(pads); i++) {
		if (pads[i].daisy)
			wr(b, IOMUXC + pads[i].daisy, pads[i].value);
		wr(b, IOMUXC + pads[i].mux, 0x10);
		assert_int_not_equal(b->chip->env.wires[1] & pads[i].wire, 0);
	}
	assert_int_equal(b->chip->env.wires[1], 0x7f);
	wr(b, IOMUXC + 0x730, 0);		/* listens to another pad */
	assert_int_equal(b->chip->env.wires[1], 0x7f & ~WIRE_D0);
	wr(b, IOMUXC + 0x6d4, 0x10f1 & ~0x38u);	/* SCLK without a driver */
	assert_int_equal(b->chip->env.wires[1], 0x7f & ~(WIRE_D0 | WIRE_SCLK));
}

static void test_rt1024_has_its_data_pads_in_another_order(void **state)
{
	static const uint16_t mux[] = { 0x178, 0x180, 0x17c, 0x170 };
	struct imxrt_bench b;

	(void)state;
	open_board(&b, &mimxrt1024_evk_chip);
	assert_int_equal(rd(&b, IOMUXC + 0x54), 6);
	assert_int_equal(rd(&b, IOMUXC + 0x234), 0x30a0);
	for (unsigned i = 0; i < 4; i++) {
		wr(&b, IOMUXC + mux[i], 0x11);
		assert_int_equal(b.chip->env.wires[0], (WIRE_D0 << (i + 1)) - WIRE_D0);
	}
	vb_board_free(b.board);
}

static void test_reset_values_of_pads(void **state)
{
	struct imxrt_bench *b = *state;

	assert_int_equal(rd(b, IOMUXC + 0xd4), 0);
	assert_int_equal(rd(b, IOMUXC + 0x2c4), 0x70a0);
	assert_int_equal(rd(b, IOMUXC + 0x2cc), 0xb0a0);
	assert_int_equal(rd(b, IOMUXC + 0x2d4), 0x90b1);
	assert_int_equal(rd(b, IOMUXC + 0x2bc), 0x30b0);
	assert_int_equal(rd(b, IOMUXC + 0x14), 5);
	assert_int_equal(rd(b, IOMUXC + 0x204), 0x10b0);
	assert_int_equal(rd(b, IOMUXC + 0x270), 0x30b0);	/* EMC_27 */
}

static void test_swd_is_dead_while_its_pads_are_gpio(void **state)
{
	struct imxrt_bench *b = *state;

	wr(b, IOMUXC + 0xd8, 5);
	assert_true(vb_dp_is_dead(b->board->dp));
	vb_board_reset(b->board, VB_RESET_SYSTEM);
	assert_false(vb_dp_is_dead(b->board->dp));
}

/* --- Fuses and boot pins --- */

static void test_sbmr_is_sampled_at_reset(void **state)
{
	struct imxrt_bench *b = *state;

	assert_int_equal(rd(b, SRC + 0x1c), 0x02000001);
	b->chip->boot_mode = BOOT_SERIAL;
	b->chip->boot_cfg = 0x123;
	assert_int_equal(rd(b, SRC + 0x1c), 0x02000001);
	reset_halted(b, VB_RESET_SYSTEM);
	assert_int_equal(rd(b, SRC + 0x1c), 0x01000001);
	assert_int_equal(rd(b, SRC + 0x04), 0x123);
	imxrt_ocotp_burn(b->chip->ocotp, 6, BIT(4) | BIT(16));
	reset_halted(b, VB_RESET_SYSTEM);
	assert_int_equal(rd(b, SRC + 0x1c), 0x01000011);
	assert_int_equal(rd(b, SRC + 0x04), 0);
	imxrt_ocotp_burn(b->chip->ocotp, 5, 0x00000240);
	reset_halted(b, VB_RESET_SYSTEM);
	assert_int_equal(rd(b, SRC + 0x04), 0x240);
}

static void test_pins_changed_while_reset_is_low_count(void **state)
{
	struct imxrt_bench *b = *state;

	vb_board_set_nrst(b->board, true);
	b->chip->boot_mode = BOOT_SERIAL;
	vb_board_set_nrst(b->board, false);
	halt(b);
	assert_int_equal(rd(b, SRC + 0x1c), 0x01000001);
}

static void test_debug_fuses(void **state)
{
	struct imxrt_bench *b = *state;

	imxrt_ocotp_burn(b->chip->ocotp, 6, BIT(19));
	vb_board_reset(b->board, VB_RESET_POWER_ON);
	assert_true(b->board->link->has_no_swd);
	assert_false(vb_dp_is_dead(b->board->dp));
	imxrt_ocotp_burn(b->chip->ocotp, 6, BIT(20));
	vb_board_reset(b->board, VB_RESET_POWER_ON);
	assert_true(vb_dp_is_dead(b->board->dp));
}

/* --- Resets --- */

static void test_srsr_collects_causes(void **state)
{
	struct imxrt_bench *b = *state;

	assert_int_equal(rd(b, SRC + 8), 1);
	wr(b, SRC + 8, 1);
	assert_int_equal(rd(b, SRC + 8), 0);
	reset_halted(b, VB_RESET_SYSTEM);
	assert_int_equal(rd(b, SRC + 8), BIT(1));
	reset_halted(b, VB_RESET_WDOG);
	reset_halted(b, VB_RESET_RTWDOG);
	assert_int_equal(rd(b, SRC + 8), BIT(1) | BIT(4) | BIT(7));
	reset_halted(b, VB_RESET_NRST);
	assert_int_equal(rd(b, SRC + 8), 1);
}

static void test_what_a_warm_reset_spares(void **state)
{
	struct imxrt_bench *b = *state;

	wr(b, SRC + 0x20, 0x1111);
	wr(b, SRC + 0x44, BIT(30));
	wr(b, CCM + 0x10, 0);
	reset_halted(b, VB_RESET_SYSTEM);
	assert_int_equal(rd(b, SRC + 0x20), 0x1111);
	assert_int_equal(rd(b, SRC + 0x44), BIT(30));
	assert_int_equal(rd(b, CCM + 0x10), 1);
	reset_halted(b, VB_RESET_NRST);
	assert_int_equal(rd(b, SRC + 0x20), 0);
}

static void test_vectreset_leaves_the_peripherals_alone(void **state)
{
	struct imxrt_bench *b = *state;

	wr(b, CCM + 0x10, 3);
	wr(b, 0xe000ed08, 0x20200000);
	wr(b, 0xe000ed0c, 0x05fa0001);
	run_us(b, 1);
	assert_int_equal(rd(b, CCM + 0x10), 3);
	assert_int_equal(rd(b, 0xe000ed08), 0x00200000);
	assert_int_equal(b->chip->resets[VB_RESET_CORE], 1);
	halt(b);
	wr(b, SRC, rd(b, SRC) | BIT(13));	/* CORE0_RST */
	run_us(b, 1);
	assert_int_equal(b->chip->resets[VB_RESET_CORE], 2);
	assert_int_equal(rd(b, SRC) & BIT(13), 0);
	assert_int_equal(rd(b, CCM + 0x10), 3);
}

static void test_lockup_resets_rt1024_if_asked_to(void **state)
{
	struct imxrt_bench b;

	(void)state;
	open_board(&b, &mimxrt1024_evk_chip);
	for (unsigned asked = 0; asked < 2; asked++) {
		wr(&b, 0x20208000, 0);		/* SP and handlers that cannot run */
		wr(&b, 0x2020800c, 0);
		wr(&b, 0x20208100, 0xde00de00);	/* udf */
		wr(&b, 0xe000ed08, 0x20208000);
		wr(&b, 0xe000edf8, 0x20208100);
		wr(&b, 0xe000edf4, 0x1000f);
		wr(&b, SRC, rd(&b, SRC) | (asked ? BIT(4) : 0));
		wr(&b, DHCSR, 0xa05f0001);
		run_us(&b, 1000);
		assert_int_equal(b.chip->resets[VB_RESET_LOCKUP], asked);
		halt(&b);
	}
	assert_int_equal(rd(&b, SRC + 8) & BIT(1), BIT(1));
	vb_board_free(b.board);
}

static void test_state_file_keeps_flash_fuses_and_switches(void **state)
{
	struct imxrt_bench *b = *state, other;
	uint8_t bytes[3] = { 1, 2, 3 };
	char error[80];
	FILE *f = tmpfile();

	assert_true(nor_load(b->chip->nor[1], 0x1000, bytes, 3, error, sizeof(error)));
	assert_true(nor_load(b->chip->nor[0], 0x2000, bytes, 3, error, sizeof(error)));
	imxrt_ocotp_burn(b->chip->ocotp, 0x26, 0xabc);
	b->chip->boot_mode = BOOT_SERIAL;
	assert_true(b->board->chip->save(b->board, b->chip, f));
	open_board(&other, &mimxrt1064_evk_chip);
	rewind(f);
	assert_true(other.board->chip->load(other.board, other.chip, f));
	halt(&other);
	assert_memory_equal(nor_array(other.chip->nor[1]) + 0x1000, bytes, 3);
	assert_memory_equal(nor_array(other.chip->nor[0]) + 0x2000, bytes, 3);
	assert_int_equal(rd(&other, 0x401f4660), 0xabc);
	assert_int_equal(rd(&other, SRC + 0x1c) >> 24, 1);
	rewind(f);
	vb_board_free(other.board);
	open_board(&other, &mimxrt1060_evk_chip);
	assert_false(other.board->chip->load(other.board, other.chip, f));
	vb_board_free(other.board);
	fclose(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(test_a_waiting_chip_shows_the_debugger_no_window),
		cmocka_unit_test(test_every_board_says_what_it_is),
		BENCH_TEST(test_units_have_their_own_id),
		BENCH_TEST(test_clocks_after_reset_come_from_the_bypassed_plls),
		BENCH_TEST(test_flexspi2_runs_from_the_crystal_through_the_bypass),
		BENCH_TEST(test_a_pll_needs_time_to_lock),
		BENCH_TEST(test_pfd0_by_eight_feeds_both_flexspis),
		BENCH_TEST(test_the_pll2_pfd2_is_396_mhz),
		BENCH_TEST(test_a_changed_divider_is_busy_for_a_moment),
		BENCH_TEST(test_a_block_without_its_clock_is_a_bus_error),
		BENCH_TEST(test_wait_mode_shuts_the_debugger_out_until_a_reset),
		BENCH_TEST(test_run_mode_leaves_the_debugger_in),
		BENCH_TEST(test_an_interrupt_ends_wait_mode),
		BENCH_TEST(test_fuses_divide_flexram),
		BENCH_TEST(test_gpr17_divides_flexram_until_power_on_or_the_pin),
		BENCH_TEST(test_the_default_order_of_banks_is_55affa55),
		BENCH_TEST(test_gpr16_says_where_the_vectors_are),
		BENCH_TEST(test_pads_make_the_wires_of_the_internal_flash),
		cmocka_unit_test(test_rt1024_has_its_data_pads_in_another_order),
		BENCH_TEST(test_reset_values_of_pads),
		BENCH_TEST(test_swd_is_dead_while_its_pads_are_gpio),
		BENCH_TEST(test_sbmr_is_sampled_at_reset),
		BENCH_TEST(test_pins_changed_while_reset_is_low_count),
		BENCH_TEST(test_debug_fuses),
		BENCH_TEST(test_srsr_collects_causes),
		BENCH_TEST(test_what_a_warm_reset_spares),
		BENCH_TEST(test_vectreset_leaves_the_peripherals_alone),
		cmocka_unit_test(test_lockup_resets_rt1024_if_asked_to),
		BENCH_TEST(test_state_file_keeps_flash_fuses_and_switches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
