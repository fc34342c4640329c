/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every STM32 board: who it says it is, what is where, what it starts from, what resets leave. */
#include "vb_chip_bench.h"

#include "vboard/device/crc32.h"

static const struct board_facts {
	const struct vb_chip *chip;
	uint32_t dpidr, ap_idr, ap_base;
	uint32_t idcode_at, idcode;
	uint32_t part;			/* of the ROM table: DEV_ID */
	uint32_t size_at, uid_at;
	uint16_t kb;
	unsigned taps;
	struct { uint32_t base, bytes, alias; } ram[5];
	uint32_t nobody[6];		/* addresses that fault */
	uint32_t rcc, flash, gpio, gpio_enr, gpio_bit;
} boards[] = {
	{ &stm32l476_chip, 0x2ba01477, 0x24770011, 0xe00ff003, 0xe0042000, 0x10076415, 0x415,
	  0x1fff75e0, 0x1fff7590, 1024, 2,
	  { { 0x20000000, 0x18000, 0 }, { 0x10000000, 0x8000, 0 } },
	  { 0x20018000, 0x10008000, 0x08100000, 0x40025000, 0x60000000 },
	  0x40021000, 0x40022000, 0x48000000, 0x4c, BIT(0) },
	{ &stm32l4r5_chip, 0x2ba01477, 0x24770011, 0xe00ff003, 0xe0042000, 0x100f6470, 0x470,
	  0x1fff75e0, 0x1fff7590, 2048, 2,
	  { { 0x20000000, 0x30000, 0 }, { 0x10000000, 0x10000, 0x20030000 },
	    { 0x20040000, 0x60000, 0 } },
	  { 0x200a0000, 0x10010000, 0x08200000, 0x40025000, 0x60000000 },
	  0x40021000, 0x40022000, 0x48000000, 0x4c, BIT(0) },
	{ &stm32l432_chip, 0x2ba01477, 0x24770011, 0xe00ff003, 0xe0042000, 0x10016435, 0x435,
	  0x1fff75e0, 0x1fff7590, 256, 2,
	  { { 0x20000000, 0xc000, 0 }, { 0x10000000, 0x4000, 0x2000c000 } },
	  { 0x20010000, 0x10004000, 0x08040000, 0x48000c00, 0x60000000 },
	  0x40021000, 0x40022000, 0x48000000, 0x4c, BIT(0) },
	{ &stm32g474_chip, 0x2ba01477, 0x24770011, 0xe00ff003, 0xe0042000, 0x20016469, 0x469,
	  0x1fff75e0, 0x1fff7590, 512, 2,
	  { { 0x20000000, 0x14000, 0 }, { 0x20014000, 0x4000, 0 },
	    { 0x10000000, 0x8000, 0x20018000 } },
	  { 0x20020000, 0x10008000, 0x08080000, 0x48001c00, 0x60000000 },
	  0x40021000, 0x40022000, 0x48000000, 0x4c, BIT(0) },
	{ &stm32g0b1_chip, 0x0bc11477, 0x04770031, 0xf0000003, 0x40015800, 0x10006467, 0x467,
	  0x1fff75e0, 0x1fff7590, 512, 0,
	  { { 0x20000000, 0x24000, 0 } },
	  { 0x20024000, 0x10000000, 0x08080000, 0x48000000, 0xe0042000, 0xe0044000 },
	  0x40021000, 0x40022000, 0x50000000, 0x34, BIT(0) },
	{ &stm32u575_chip, 0x0be12477, 0x14770015, 0xe00fe003, 0xe0044000, 0x20016482, 0x482,
	  0x0bfa07a0, 0x0bfa0700, 2048, 2,
	  { { 0x20000000, 0x30000, 0x0a000000 }, { 0x20030000, 0x10000, 0x0a030000 },
	    { 0x20040000, 0x80000, 0x0a040000 }, { 0x28000000, 0x4000, 0 } },
	  { 0x200c0000, 0x28004000, 0x08200000, 0x48000000, 0xe0042000, 0x10000000 },
	  0x46020c00, 0x40022000, 0x42020000, 0x8c, BIT(0) },
	{ &stm32l552_chip, 0x0be12477, 0x14770015, 0xe00fe003, 0xe0044000, 0x20016472, 0x472,
	  0x0bfa05e0, 0x0bfa0590, 512, 2,
	  { { 0x20000000, 0x30000, 0x0a000000 }, { 0x20030000, 0x10000, 0x0a030000 } },
	  { 0x20040000, 0x0a040000, 0x08080000, 0x48000000, 0xe0042000, 0x10000000 },
	  0x40021000, 0x40022000, 0x42020000, 0x4c, BIT(0) },
	{ &stm32wb55_chip, 0x6ba02477, 0x24770011, 0xe00ff003, 0xe0042000, 0x20016495, 0x495,
	  0x1fff75e0, 0x1fff7590, 1024, 2,
	  { { 0x20000000, 0x30000, 0 }, { 0x20030000, 0x8000, 0x10000000 },
	    { 0x20038000, 0x8000, 0x10008000 } },
	  { 0x20040000, 0x10010000, 0x08100000, 0x40021000, 0x40022000, 0x48001400 },
	  0x58000000, 0x58004000, 0x48000000, 0x4c, BIT(0) },
};

/* Each test runs on each board; the name is on the failing line's console. */
#define FOR_EACH_BOARD(facts, bench)                                                               \
	for (const struct board_facts *facts = boards; facts < boards + ARRAY_SIZE(boards); facts++) \
		for (struct chip_bench bench = open_board(facts); bench.board != NULL;             \
		     close_board(&bench))

static struct chip_bench open_board(const struct board_facts *facts)
{
	struct chip_bench b = { 0 };

	print_message("           %s\n", facts->chip->board_name);
	bench_open(&b, facts->chip);
	return b;
}

static void close_board(struct chip_bench *b)
{
	vb_board_free(b->board);
	b->board = NULL;
}

static void load_word(struct chip_bench *b, uint32_t offset, uint32_t value)
{
	uint8_t bytes[4];

	put_le32(bytes, value);
	assert_true(stm32l4_array_load(b->f, offset, bytes, sizeof(bytes)));
}

/* A program for any core: writes 0x5a to the start of RAM plus 0x100 and stays. */
static void load_program(struct chip_bench *b, uint32_t offset)
{
	load_word(b, offset, 0x20001000);
	load_word(b, offset + 4, MAIN + offset + 9);
	load_word(b, offset + 8, 0x06092120);	/* movs r1, #32; lsls r1, r1, #24 */
	load_word(b, offset + 12, 0x00422080);	/* movs r0, #128; lsls r2, r0, #1 */
	load_word(b, offset + 16, 0x205a1889);	/* adds r1, r1, r2; movs r0, #0x5a */
	load_word(b, offset + 20, 0xe7fe6008);	/* str r0, [r1]; b . */
}

static void set_optr(struct chip_bench *b, uint32_t clear, uint32_t set)
{
	uint32_t optr = b->f->loaded[OPT_USER];

	stm32l4_options_provision(b->f, OPT_USER, (optr & ~clear) | set);
	vb_board_reset(b->board, VB_RESET_POWER_ON);
}

static uint32_t pc(struct chip_bench *b)
{
	struct vb_cpu_state s;

	vb_cpu_state(b->board->cpu, &s);
	return s.pc;
}

/* Identity */

static void test_who_it_is(void **state)
{
	(void)state;
	FOR_EACH_BOARD(facts, b) {
		const struct vb_dp_config *dp = vb_dp_config(b.board->dp);
		uint32_t table = dp->ap[0].base & ~0xfffu;
		unsigned taps = 0;

		assert_int_equal(dp->dpidr, facts->dpidr);
		assert_int_equal(dp->ap[0].idr, facts->ap_idr);
		assert_int_equal(dp->ap[0].base, facts->ap_base);
		while (taps < ARRAY_SIZE(dp->tap) && dp->tap[taps].ir_bits != 0)
			taps++;
		assert_int_equal(taps, facts->taps);
		assert_int_equal(rd(&b, facts->idcode_at), facts->idcode);
		assert_int_equal(rd(&b, facts->idcode_at) & 0xfff, facts->part);
		assert_int_equal(rd(&b, table + 0xfe0) | (rd(&b, table + 0xfe4) & 15) << 8,
				 facts->part);
		assert_int_equal(rd(&b, table + 0xfe8), 0x0a);
	}
}

static void test_size_register_in_any_width(void **state)
{
	(void)state;
	FOR_EACH_BOARD(facts, b) {
		uint32_t value;

		assert_int_equal(rd(&b, facts->size_at) & 0xffff, facts->kb);
		assert_int_equal(access_sized(&b, false, facts->size_at, 2, &value), VB_OK);
		assert_int_equal(value, facts->kb);
		assert_int_equal(access_sized(&b, false, facts->size_at + 1, 1, &value), VB_OK);
		assert_int_equal(value, facts->kb >> 8);
	}
}

static void test_units_differ_by_their_uid(void **state)
{
	(void)state;
	FOR_EACH_BOARD(facts, b) {
		uint32_t uid = rd(&b, facts->uid_at);

		facts->chip->set_unit(b.board, b.chip, 3);
		assert_int_equal(rd(&b, facts->uid_at), uid + 3);
	}
}

/* Memory */

static void test_ram_and_its_aliases(void **state)
{
	(void)state;
	FOR_EACH_BOARD(facts, b) {
		for (unsigned i = 0; facts->ram[i].bytes != 0; i++) {
			uint32_t last = facts->ram[i].bytes - 4, alias = facts->ram[i].alias;

			wr(&b, facts->ram[i].base + last, 0x600d0000 + i);
			wr(&b, facts->ram[i].base, 0x600d1000 + i);
			assert_int_equal(rd(&b, facts->ram[i].base + last), 0x600d0000 + i);
			if (alias != 0) {
				assert_int_equal(rd(&b, alias + last), 0x600d0000 + i);
				wr(&b, alias, 0x600d2000 + i);
				assert_int_equal(rd(&b, facts->ram[i].base), 0x600d2000 + i);
			}
		}
	}
}

static void test_addresses_nobody_serves_fault(void **state)
{
	(void)state;
	FOR_EACH_BOARD(facts, b) {
		for (unsigned i = 0; i < ARRAY_SIZE(facts->nobody) && facts->nobody[i]; i++) {
			uint32_t value;

			if (try_read(&b, facts->nobody[i], &value) != VB_FAULT)
				fail_msg("0x%08x answers", facts->nobody[i]);
		}
	}
}

static void test_units_are_behind_their_clock(void **state)
{
	(void)state;
	FOR_EACH_BOARD(facts, b) {
		assert_int_equal(rd(&b, facts->gpio), 0);
		wr(&b, facts->rcc + facts->gpio_enr,
		   rd(&b, facts->rcc + facts->gpio_enr) | facts->gpio_bit);
		assert_int_equal(rd(&b, facts->gpio) >> 28 & 2, 2);	/* PA15, PA14: not input */
		/* CR, NSCR: locked */
		assert_int_equal((rd(&b, facts->flash + 0x14) | rd(&b, facts->flash + 0x28)) >> 30,
				 3);
	}
}

/* NUCLEO-G0B1RE: TIM3 and TIM4 are one interrupt; a quiet one does not silence the other. */
static void test_a_shared_interrupt_is_high_while_one_of_them_is(void **state)
{
	struct chip_bench b = { 0 };

	(void)state;
	bench_open(&b, &stm32g0b1_chip);
	wr(&b, 0x4002103c, BIT(1) | BIT(2));
	wr(&b, 0x4000040c, 1);			/* TIM3 DIER.UIE */
	wr(&b, 0x40000414, 1);			/* EGR.UG */
	assert_int_equal(rd(&b, 0xe000e200) & BIT(16), BIT(16));
	wr(&b, 0x4000080c, 1);			/* TIM4: nothing pending */
	wr(&b, 0xe000e280, BIT(16));
	assert_int_equal(rd(&b, 0xe000e200) & BIT(16), BIT(16));	/* the line is still high */
	wr(&b, 0x40000410, 0);			/* TIM3 SR.UIF */
	wr(&b, 0xe000e280, BIT(16));
	assert_int_equal(rd(&b, 0xe000e200) & BIT(16), 0);
	vb_board_free(b.board);
}

/* Starting */

static void test_it_starts_from_flash(void **state)
{
	(void)state;
	FOR_EACH_BOARD(facts, b) {
		load_program(&b, 0);
		vb_board_reset(b.board, VB_RESET_POWER_ON);
		assert_int_equal(pc(&b), MAIN + 8);
		run_us(&b, 100);
		assert_int_equal(rd(&b, 0x20000100), 0x5a);
	}
}

#define PIN 1
static const struct {
	const struct vb_chip *chip;
	uint32_t clear, set;		/* of OPTR */
	unsigned boot0;
	uint32_t from;			/* where the first instruction is; 0: RAM, at 0 */
} starts[] = {
	{ &stm32l476_chip, 0, 0, 0, MAIN },
	{ &stm32l476_chip, 0, 0, PIN, 0x1fff0000 },
	{ &stm32l476_chip, BIT(23), 0, PIN, 0 },
	{ &stm32l476_chip, 0, BIT(20), 0, 0x1fff0000 },
	{ &stm32l476_chip, BIT(26) | BIT(27), 0, 0, MAIN },	/* reserved here */
	{ &stm32l4r5_chip, 0, 0, PIN, 0x1fff0000 },
	{ &stm32l4r5_chip, BIT(26), 0, PIN, MAIN },		/* nSWBOOT0 = 0: nBOOT0 = 1 says so */
	{ &stm32l4r5_chip, BIT(26) | BIT(27), 0, 0, 0x1fff0000 },
	{ &stm32l4r5_chip, BIT(26) | BIT(27) | BIT(23), 0, 0, 0 },
	{ &stm32l4r5_chip, 0, BIT(20), 0, 0x1fff0000 },
	{ &stm32l432_chip, 0, 0, 0, MAIN },
	{ &stm32l432_chip, BIT(27), 0, 0, MAIN },		/* the pin decides */
	{ &stm32l432_chip, BIT(26) | BIT(27), 0, 0, 0x1fff0000 },
	{ &stm32g474_chip, 0, 0, PIN, 0x1fff0000 },
	{ &stm32g474_chip, BIT(26) | BIT(27), 0, 0, 0x1fff0000 },
	{ &stm32g474_chip, 0, BIT(20), 0, 0x1fff0000 },
	{ &stm32g0b1_chip, 0, 0, 0, MAIN },
	{ &stm32g0b1_chip, 0, 0, PIN, MAIN },			/* nBOOT_SEL = 1: nBOOT0 = 1 says so */
	{ &stm32g0b1_chip, BIT(26), 0, 0, 0x1fff0000 },
	{ &stm32g0b1_chip, BIT(24), 0, PIN, 0x1fff0000 },
	{ &stm32g0b1_chip, BIT(24) | BIT(25), 0, PIN, 0 },
	{ &stm32wb55_chip, 0, 0, PIN, 0x1fff0000 },
	{ &stm32wb55_chip, BIT(26) | BIT(27), 0, 0, 0x1fff0000 },
	{ &stm32l552_chip, 0, 0, 0, MAIN },
	{ &stm32l552_chip, 0, 0, PIN, 0x0bf90000 },
	{ &stm32l552_chip, BIT(26) | BIT(27), 0, 0, 0x0bf90000 },
	{ &stm32u575_chip, 0, 0, PIN, 0x0bf90000 },
	{ &stm32u575_chip, BIT(26), BIT(27), PIN, MAIN },
};

static void test_boot_selection(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(starts); i++) {
		struct chip_bench b = { 0 };

		bench_open(&b, starts[i].chip);
		load_program(&b, 0);
		b.chip->boot0 = starts[i].boot0;
		wr(&b, 0x20000000, 0x20000800);
		wr(&b, 0x20000004, 0x20000101);
		set_optr(&b, starts[i].clear, starts[i].set);
		wr(&b, 0x20000004, 0x20000101);		/* power-on forgot it */
		vb_board_reset(b.board, VB_RESET_SYSTEM);
		if ((starts[i].from == 0 && pc(&b) != 0x20000100) ||
		    (starts[i].from != 0 && (pc(&b) & 0xffff0000) != starts[i].from))
			fail_msg("%s, row %zu: starts at 0x%08x", starts[i].chip->board_name, i,
				 pc(&b));
		vb_board_free(b.board);
	}
}

static void test_an_empty_part_starts_the_boot_loader_until_options_are_loaded(void **state)
{
	static const struct { const struct vb_chip *chip; bool looks; } lines[] = {
		{ &stm32l476_chip, false }, { &stm32l4r5_chip, true }, { &stm32l432_chip, true },
		{ &stm32g474_chip, false }, { &stm32g0b1_chip, true }, { &stm32wb55_chip, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct chip_bench b = { 0 };
		uint32_t in_system = lines[i].looks ? 0x1fff0000 : 0xffff0000;

		bench_open(&b, lines[i].chip);
		assert_int_equal(pc(&b) & 0xffff0000, in_system);
		load_program(&b, 0);
		vb_board_reset(b.board, VB_RESET_SYSTEM);
		assert_int_equal(pc(&b) & 0xffff0000, lines[i].looks ? 0x1fff0000 : MAIN);
		vb_board_reset(b.board, VB_RESET_OPTION_LOAD);
		assert_int_equal(pc(&b), MAIN + 8);
		vb_board_free(b.board);
	}
}

static void test_level_2_boots_from_flash_only(void **state)
{
	(void)state;
	FOR_EACH_BOARD(facts, b) {
		load_program(&b, 0);
		b.chip->boot0 = true;
		set_optr(&b, 0xff | BIT(23) | BIT(26), 0xcc);
		assert_int_equal(pc(&b), MAIN + 8);
		assert_true(vb_dp_is_dead(b.board->dp));
	}
}

/* NSBOOTADD0R, NSBOOTADD1R: any multiple of 128. */
static void test_boot_address_by_option(void **state)
{
	static const struct vb_chip *const chips[] = { &stm32l552_chip, &stm32u575_chip };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(chips); i++) {
		struct chip_bench b = { 0 };

		bench_open(&b, chips[i]);
		load_program(&b, 0);
		load_program(&b, 0x4000);
		stm32l4_options_provision(b.f, OPT_NSBOOTADD0R, MAIN + 0x4000);
		stm32l4_options_provision(b.f, OPT_NSBOOTADD1R, MAIN);
		vb_board_reset(b.board, VB_RESET_POWER_ON);
		assert_int_equal(pc(&b), MAIN + 0x4008);
		assert_int_equal(rd(&b, 0xe000ed08), MAIN + 0x4000);		/* VTOR */
		b.chip->boot0 = true;
		vb_board_reset(b.board, VB_RESET_SYSTEM);
		assert_int_equal(pc(&b), MAIN + 8);
		vb_board_free(b.board);
	}
}

static void test_boot_lock_starts_flash_and_shuts_debug_at_level_1(void **state)
{
	static const struct { const struct vb_chip *chip; uint32_t to_system; } lines[] = {
		{ &stm32g0b1_chip, BIT(26) }, { &stm32g474_chip, BIT(26) | BIT(27) },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct chip_bench b = { 0 };
		uint32_t word;

		bench_open(&b, lines[i].chip);
		load_program(&b, 0);
		word = b.f->loaded[OPT_SEC1R];
		set_optr(&b, lines[i].to_system, 0);
		assert_int_equal(pc(&b) & 0xffff0000, 0x1fff0000);
		stm32l4_options_provision(b.f, OPT_SEC1R, word | BIT(16));
		vb_board_reset(b.board, VB_RESET_POWER_ON);
		assert_int_equal(pc(&b), MAIN + 8);
		assert_false(vb_dp_is_dead(b.board->dp));
		set_optr(&b, 0xff, 0xbb);
		assert_true(vb_dp_is_dead(b.board->dp));
		vb_board_free(b.board);
	}
}

/* Bank 2 by way of the stand-in for the boot loader. */
static void test_bfb2_starts_bank_2(void **state)
{
	static const struct { const struct vb_chip *chip; uint32_t bank; } lines[] = {
		{ &stm32l476_chip, 0x80000 }, { &stm32l4r5_chip, 0x100000 }, { &stm32g474_chip, 0x40000 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct chip_bench b = { 0 };

		bench_open(&b, lines[i].chip);
		load_program(&b, 0);
		load_word(&b, lines[i].bank, 0x20001000);
		load_word(&b, lines[i].bank + 4, MAIN + 0x101);
		load_word(&b, lines[i].bank + 0x100, 0xe7fee7fe);	/* b . */
		set_optr(&b, 0, BIT(20));
		run_us(&b, 2000);
		assert_int_equal(pc(&b), MAIN + 0x100);
		assert_true(b.f->fb_mode);
		vb_board_free(b.board);
	}
}

/* TrustZone */

static void test_secure_aliases_answer_with_tzen_only(void **state)
{
	static const struct { const struct vb_chip *chip; uint32_t rcc; } lines[] = {
		{ &stm32l552_chip, 0x40021000 }, { &stm32u575_chip, 0x46020c00 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct chip_bench b = { 0 };
		uint32_t value;

		bench_open(&b, lines[i].chip);
		load_program(&b, 0);
		assert_int_equal(try_read(&b, 0x30000000, &value), VB_FAULT);
		assert_int_equal(try_read(&b, 0x0e030000, &value), VB_FAULT);
		assert_int_equal(try_read(&b, lines[i].rcc + 0x10000000, &value), VB_FAULT);
		assert_int_equal(rd(&b, 0xe000ee08), 0);		/* DSCSR */
		set_optr(&b, 0, BIT(31));
		wr(&b, 0x30000100, 0x7a);
		assert_int_equal(rd(&b, 0x20000100), 0x7a);
		rd(&b, 0x0e030000);
		assert_int_equal(rd(&b, lines[i].rcc + 0x10000000), rd(&b, lines[i].rcc));
		assert_int_equal(rd(&b, 0xe000ee08), BIT(16));		/* CDS */
		assert_int_equal(rd(&b, 0xe000efb8), 0xff);		/* DAUTHSTATUS */
		assert_int_equal(pc(&b) & 0xfbffffff, MAIN + 8);
		set_optr(&b, 0xff, 0x55);				/* level 0.5 */
		assert_int_equal(rd(&b, 0xe000edf0) & BIT(20), 0);	/* S_SDE */
		set_optr(&b, BIT(31) | 0xff, 0xaa);
		assert_int_equal(try_read(&b, 0x30000100, &value), VB_FAULT);
		vb_board_free(b.board);
	}
}

/* Resets and low power */

static void test_debug_bits_survive_all_but_power_on(void **state)
{
	(void)state;
	FOR_EACH_BOARD(facts, b) {
		bool is_g0 = facts->chip == &stm32g0b1_chip;

		if (is_g0) {
			wr(&b, facts->idcode_at + 4, 6);
			assert_int_equal(rd(&b, facts->idcode_at + 4), 0);	/* DBGEN = 0 */
			wr(&b, facts->rcc + 0x3c, rd(&b, facts->rcc + 0x3c) | BIT(27));
		}
		wr(&b, facts->idcode_at + 4, 6);
		assert_int_equal(rd(&b, facts->idcode_at + 4), 6);
		vb_board_reset(b.board, VB_RESET_SYSTEM);
		assert_int_equal(rd(&b, facts->idcode_at + 4), 6);
		vb_board_reset(b.board, VB_RESET_OPTION_LOAD);
		assert_int_equal(rd(&b, facts->idcode_at + 4), 6);
		vb_board_reset(b.board, VB_RESET_POWER_ON);
		assert_int_equal(rd(&b, facts->idcode_at + 4), 0);
	}
}

/* While nRST is low the PPB answers and the system bus does not; G0's DBGMCU is on the latter. */
static void test_what_answers_while_nrst_is_low(void **state)
{
	(void)state;
	FOR_EACH_BOARD(facts, b) {
		bool is_on_ppb = facts->chip != &stm32g0b1_chip;
		uint32_t value;

		vb_board_set_nrst(b.board, true);
		assert_int_equal(try_read(&b, 0x20000000, &value), VB_FAULT);
		assert_int_equal(try_read(&b, facts->flash, &value), VB_FAULT);
		assert_int_equal(try_read(&b, facts->size_at, &value), VB_FAULT);
		assert_int_equal(try_read(&b, facts->idcode_at, &value),
				 is_on_ppb ? VB_OK : VB_FAULT);
		rd(&b, 0xe000edf0);
		vb_board_set_nrst(b.board, false);
		rd(&b, 0x20000000);
		assert_int_equal(rd(&b, facts->idcode_at), facts->idcode);
	}
}

/* Code in RAM, by any of its addresses, is as shut out of a level 1 flash as a debugger. */
static void test_level_1_is_shut_to_code_in_ram(void **state)
{
	(void)state;
	FOR_EACH_BOARD(facts, b) {
		struct vb_access a = { .master = VB_CPU_DATA, .addr = MAIN, .size = 4 };
		uint32_t value, at = facts->ram[0].alias ? facts->ram[0].alias : facts->ram[0].base;

		load_word(&b, 0, 0x20001000);
		load_word(&b, 4, (at + 0x101));
		set_optr(&b, 0xff, 0xbb);
		assert_int_equal(pc(&b), at + 0x100);
		assert_int_equal(vb_bus_read(b.board->bus, &a, &value), VB_FAULT);
	}
}

static void test_stop_shuts_the_debugger_out_without_its_bits(void **state)
{
	(void)state;
	FOR_EACH_BOARD(facts, b) {
		uint32_t value;

		stm32_chip_enter(b.chip, STM32_STOP);
		assert_int_equal(try_read(&b, 0x20000000, &value), VB_FAULT);
		assert_int_equal(try_read(&b, 0xe000edf0, &value), VB_FAULT);
		assert_int_equal(try_read(&b, facts->idcode_at, &value), VB_FAULT);
		stm32_chip_wake(b.chip);
		rd(&b, 0x20000000);
		b.chip->env.dbgmcu_cr = 6;
		stm32_chip_enter(b.chip, STM32_STOP);
		rd(&b, 0x20000000);
		rd(&b, facts->idcode_at);
	}
}

static void test_low_power_entry_may_be_a_reset(void **state)
{
	(void)state;
	FOR_EACH_BOARD(facts, b) {
		uint32_t stop = facts->chip == &stm32g0b1_chip ? BIT(13) : BIT(12);

		load_program(&b, 0);
		set_optr(&b, stop, 0);
		stm32_chip_enter(b.chip, STM32_STANDBY);
		assert_int_equal(b.chip->env.power, STM32_STANDBY);
		vb_board_reset(b.board, VB_RESET_POWER_ON);
		stm32_chip_enter(b.chip, STM32_STOP);
		run_us(&b, 10);
		assert_int_equal(b.chip->resets[VB_RESET_LOW_POWER], 1);
		assert_int_equal(stm32_rcc_csr(&b.chip->rcc) >> 31, 1);		/* LPWRRSTF */
	}
}

static void test_standby_ends_in_a_start_that_sbf_tells(void **state)
{
	(void)state;
	FOR_EACH_BOARD(facts, b) {
		uint32_t flags;

		load_program(&b, 0);
		vb_board_reset(b.board, VB_RESET_OPTION_LOAD);
		flags = stm32_rcc_csr(&b.chip->rcc);
		b.chip->rtc.backup[3] = 0x1234;
		wr(&b, 0x20000200, 0x600d);
		stm32_chip_enter(b.chip, STM32_STANDBY);
		stm32_chip_wake(b.chip);
		run_us(&b, 10);
		assert_int_equal(pc(&b) & ~0xffu, MAIN);
		assert_int_equal(stm32_rcc_csr(&b.chip->rcc), flags);
		assert_int_equal(b.chip->rtc.backup[3], 0x1234);
		assert_int_not_equal(rd(&b, 0x20000200), 0x600d);
		assert_int_not_equal(*vb_regs_at(&b.chip->pwr.regs, b.chip->pwr.line->sbf_reg) &
				     b.chip->pwr.line->sbf, 0);
	}
}

static void test_hardware_watchdog_by_option(void **state)
{
	(void)state;
	FOR_EACH_BOARD(facts, b) {
		load_program(&b, 0);
		assert_false(b.chip->iwdg.running);
		set_optr(&b, BIT(16), 0);
		assert_true(b.chip->iwdg.running);
		run_us(&b, 600000);
		assert_int_equal(b.chip->resets[VB_RESET_IWDG], 1);
		assert_int_equal(stm32_rcc_csr(&b.chip->rcc) >> 29 & 1, 1);	/* IWDGRSTF */
	}
}

/* Read protection and RAM */

static void test_level_1_closes_flash_and_sram2(void **state)
{
	(void)state;
	FOR_EACH_BOARD(facts, b) {
		uint32_t value;

		load_program(&b, 0);
		set_optr(&b, 0xff, 0xbb);
		rd(&b, 0x20000000);
		rd(&b, facts->idcode_at);
		assert_int_equal(rd(&b, facts->size_at) & 0xffff, facts->kb);
		assert_int_equal(try_read(&b, MAIN, &value), VB_FAULT);
		for (unsigned i = 0; facts->ram[i].bytes != 0; i++) {
			bool is_shut = b.chip->part->ram[i].is_sram2;

			assert_int_equal(try_read(&b, facts->ram[i].base, &value),
					 is_shut ? VB_FAULT : VB_OK);
			if (facts->ram[i].alias != 0)
				assert_int_equal(try_read(&b, facts->ram[i].alias, &value),
						 is_shut ? VB_FAULT : VB_OK);
		}
	}
}

static void test_ram_erased_at_reset_by_option(void **state)
{
	(void)state;
	FOR_EACH_BOARD(facts, b) {
		for (unsigned i = 0; facts->ram[i].bytes != 0; i++) {
			uint32_t bit = b.chip->part->ram[i].rst_bit;

			if (bit == 0)
				continue;
			set_optr(&b, bit, 0);
			wr(&b, facts->ram[i].base + 8, 0x1234);
			vb_board_reset(b.board, VB_RESET_SYSTEM);
			assert_int_equal(rd(&b, facts->ram[i].base + 8), 0);
			set_optr(&b, 0, bit);
			wr(&b, facts->ram[i].base + 8, 0x1234);
			vb_board_reset(b.board, VB_RESET_SYSTEM);
			assert_int_equal(rd(&b, facts->ram[i].base + 8), 0x1234);
		}
	}
}

/* State files */

static void test_state_file_of_each_board(void **state)
{
	(void)state;
	FOR_EACH_BOARD(facts, b) {
		const struct board_facts *other_facts = facts == boards ? facts + 1 : facts - 1;
		struct chip_bench same = open_board(facts), other = open_board(other_facts);
		FILE *file = tmpfile();

		load_program(&b, 0x2000);
		stm32l4_options_provision(b.f, OPT_USER, b.f->loaded[OPT_USER] & ~BIT(16));
		assert_true(facts->chip->save(b.board, b.chip, file));
		rewind(file);
		assert_true(facts->chip->load(same.board, same.chip, file));
		assert_int_equal(rd(&same, MAIN + 0x2000), 0x20001000);
		assert_int_equal(same.f->loaded[OPT_USER] & BIT(16), 0);
		rewind(file);
		assert_false(other_facts->chip->load(other.board, other.chip, file));
		fclose(file);
		close_board(&same);
		close_board(&other);
	}
}

/* As written before there was more than one STM32 board. */
static FILE *state_of_version_1(void)
{
	static const uint32_t words[9] = { 0xffefebaa, 0xffffffff, 0x0fff0000, 0xff03ff00, 0xff00ffff,
					   0xffffffff, 0xffff0000, 0xff00ffff, 0xff00ffff };
	size_t otp_at = 4 + sizeof(words) * 2, main_at = otp_at + 1024 + 128;
	size_t states_at = main_at + 0x100000, bytes = states_at + 0x20000;
	uint8_t *body = xcalloc(1, bytes + 4);
	FILE *file = tmpfile();

	put_le16(body, 1024);
	put_le16(body + 2, 1024);
	for (unsigned i = 0; i < 9; i++) {
		put_le32(body + 4 + 8 * i, words[i]);
		put_le32(body + 8 + 8 * i, ~words[i]);
	}
	memset(body + otp_at, 0xff, 1024);
	memset(body + main_at, 0xff, 0x100000);
	put_le32(body + main_at + 0x80008, 0x12345678);
	body[states_at + 0x80008 / 8] = CELL_PROGRAMMED;
	put_le32(body + bytes, vb_crc32(body, bytes));
	fputs("probed-vboard nucleo-l476rg state 1\n", file);
	assert_int_equal(fwrite(body, 1, bytes + 4, file), bytes + 4);
	rewind(file);
	free(body);
	return file;
}

static void test_state_files_of_version_1_load(void **state)
{
	struct chip_bench *b = *state, other = { 0 };
	FILE *file = state_of_version_1();

	assert_true(stm32l476_chip.load(b->board, b->chip, file));
	assert_int_equal(rd(b, MAIN + 0x80008), 0x12345678);
	assert_int_equal(b->f->state[0x80008 / 8], CELL_PROGRAMMED);
	assert_int_equal(flash_rd(b, FLASH_OPTR), 0xffefebaa);
	assert_int_equal(flash_rd(b, 0x2c), 0xff03ff00);
	rewind(file);
	bench_open(&other, &stm32l4r5_chip);
	assert_false(stm32l4r5_chip.load(other.board, other.chip, file));
	vb_board_free(other.board);
	fclose(file);
}

static void test_stats_of_each_board(void **state)
{
	(void)state;
	FOR_EACH_BOARD(facts, b) {
		char text[4096] = "";
		FILE *f = fmemopen(text, sizeof(text), "w");

		facts->chip->stats(b.board, b.chip, f);
		fclose(f);
		assert_non_null(strstr(text, "\"flash_programs\":0"));
		assert_non_null(strstr(text, "\"resets\":1"));
		assert_true((b.board->swo == NULL) == (facts->chip == &stm32g0b1_chip));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_it_is),
		cmocka_unit_test(test_size_register_in_any_width),
		cmocka_unit_test(test_units_differ_by_their_uid),
		cmocka_unit_test(test_ram_and_its_aliases),
		cmocka_unit_test(test_addresses_nobody_serves_fault),
		cmocka_unit_test(test_units_are_behind_their_clock),
		cmocka_unit_test(test_a_shared_interrupt_is_high_while_one_of_them_is),
		cmocka_unit_test(test_it_starts_from_flash),
		cmocka_unit_test(test_boot_selection),
		cmocka_unit_test(test_an_empty_part_starts_the_boot_loader_until_options_are_loaded),
		cmocka_unit_test(test_level_2_boots_from_flash_only),
		cmocka_unit_test(test_boot_address_by_option),
		cmocka_unit_test(test_boot_lock_starts_flash_and_shuts_debug_at_level_1),
		cmocka_unit_test(test_bfb2_starts_bank_2),
		cmocka_unit_test(test_secure_aliases_answer_with_tzen_only),
		cmocka_unit_test(test_debug_bits_survive_all_but_power_on),
		cmocka_unit_test(test_what_answers_while_nrst_is_low),
		cmocka_unit_test(test_level_1_is_shut_to_code_in_ram),
		cmocka_unit_test(test_stop_shuts_the_debugger_out_without_its_bits),
		cmocka_unit_test(test_low_power_entry_may_be_a_reset),
		cmocka_unit_test(test_standby_ends_in_a_start_that_sbf_tells),
		cmocka_unit_test(test_hardware_watchdog_by_option),
		cmocka_unit_test(test_level_1_closes_flash_and_sram2),
		cmocka_unit_test(test_ram_erased_at_reset_by_option),
		cmocka_unit_test(test_state_file_of_each_board),
		BENCH_TEST(test_state_files_of_version_1_load),
		cmocka_unit_test(test_stats_of_each_board),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
