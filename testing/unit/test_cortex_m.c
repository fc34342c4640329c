/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Run control of a Cortex-M on a core made of debug registers: order, cost, and what is kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fake_core.h"

static uint32_t reg(struct target *t, const char *name)
{
	uint32_t value;

	assert_int_equal(target_get_reg32(t, name, &value), OK);
	return value;
}

static void halt_at(struct bench *b, uint32_t pc)
{
	assert_int_equal(target_halt(b->t), OK);
	assert_int_equal(target_set_reg32(b->t, "pc", pc), OK);
	core.runs = 0;
}

static void test_identified(void **state)
{
	struct bench *b = bench_of(state);

	assert_true(b->t->examined);
	assert_int_equal(b->t->state, TARGET_RUNNING);
	assert_int_equal(core.dhcsr & 3, 1);	/* C_DEBUGEN, not halted */
	assert_non_null(target_find_reg(b->t, "XPSR"));
	assert_int_equal(target_find_reg(b->t, "d0")->number, 42);
	assert_int_equal(target_find_reg(b->t, "fpscr")->number, 58);
	assert_null(target_find_reg(b->t, "msp_ns"));
	assert_int_equal(b->t->ap->tar_wrap, 0x1000);
	/* What a former session left in the comparators is gone. */
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(core.fp_comp[i], 0);
}

static const struct {
	const char *name;
	uint32_t cpuid, mvfr0, id_pfr1, fp_ctrl;
	const char *has[4], *lacks[4];
	uint32_t tar_wrap;
	unsigned fpb_version;
} cores[] = {
	{ "Cortex-M0", 0x410cc200, 0, 0, 0x41, { "primask", "control", "psp" },
	  { "basepri", "faultmask", "d0", "msplim" }, 0x400, 1 },
	{ "Cortex-M3", 0x412fc231, 0, 0, 0x260, { "basepri", "faultmask" }, { "d0", "msp_s" }, 0x1000, 1 },
	{ "Cortex-M7", 0x411fc271, 0x10110221, 0, 0x10000080, { "d15", "fpscr", "basepri" },
	  { "vpr", "msp_ns" }, 0x400, 2 },
	{ "Cortex-M23", 0x411cd200, 0, 0x10, 0x10000040, { "msp_ns", "msplim_s", "primask_ns" },
	  { "basepri", "basepri_s", "msplim_ns", "d0" }, 0x400, 2 },
	{ "Cortex-M33", 0x410fd213, 0x10110021, 0x10, 0x10000080,
	  { "msplim_ns", "basepri_ns", "control_s", "d0" }, { "msplim", "vpr" }, 0x400, 2 },
	{ "Cortex-M33 without the Security Extension", 0x410fd213, 0, 0, 0x10000080,
	  { "msplim", "psplim", "basepri" }, { "msp_s", "d0" }, 0x400, 2 },
};

static void test_each_core_has_its_registers(void **state)
{
	struct bench *b = bench_of(state);

	for (size_t i = 0; i < ARRAY_SIZE(cores); i++) {
		core.cpuid = cores[i].cpuid;
		core.mvfr0 = cores[i].mvfr0;
		core.id_pfr1 = cores[i].id_pfr1;
		core.fp_ctrl = cores[i].fp_ctrl;
		b->t->ap->tar_wrap = 0x400;
		assert_int_equal(target_examine(b->t), OK);
		for (unsigned k = 0; k < 4; k++) {
			const char *has = cores[i].has[k], *lacks = cores[i].lacks[k];

			if (has != NULL && target_find_reg(b->t, has) == NULL)
				fail_msg("%s has no %s", cores[i].name, has);
			if (lacks != NULL && target_find_reg(b->t, lacks) != NULL)
				fail_msg("%s has %s", cores[i].name, lacks);
		}
		assert_int_equal(b->t->ap->tar_wrap, cores[i].tar_wrap);
		/* All that there are can be read, lazy ones too, and each number is there once. */
		assert_int_equal(target_halt(b->t), OK);
		for (size_t k = 0; k < b->t->reg_count; k++) {
			uint64_t value;

			assert_int_equal(target_get_reg(b->t, &b->t->regs[k], &value), OK);
			for (size_t m = 0; m < k; m++)
				assert_int_not_equal(b->t->regs[k].number, b->t->regs[m].number);
		}
		assert_int_equal(target_add_breakpoint(b->t, FLASH + 0x402, 2, BREAK_HARD), OK);
		assert_int_equal(target_resume(b->t, NULL, true, false), OK);
		assert_int_equal(core.fp_comp[0], cores[i].fpb_version == 1 ? 0x88000401 : 0x08000403);
		assert_int_equal(target_remove_all_breakpoints(b->t), OK);
	}
	core.cpuid = 0x410fc050;	/* a Cortex-A5 */
	assert_int_equal(target_examine(b->t), ERR_UNSUPPORTED);
	assert_non_null(strstr(error_current()->evidence, "CPUID = 0x410fc050"));
	error_clear();
}

static void test_a_breakpoint_on_m7_keeps_the_caches_honest(void **state)
{
	struct bench *b = bench_of(state);

	core.cpuid = 0x411fc271;
	core.clidr = 0x09000003;
	core.fp_ctrl = 0x10000080;
	assert_int_equal(target_examine(b->t), OK);
	halt_at(b, FLASH + 0x200);
	assert_int_equal(target_add_breakpoint(b->t, RAM + 0x2000, 2, BREAK_SOFT), OK);
	assert_int_equal(core.cache_ops, 0);	/* they are off */
	assert_int_equal(target_remove_all_breakpoints(b->t), OK);
	core.ccr = 3u << 16;
	assert_int_equal(target_resume(b->t, NULL, true, false), OK);
	halt_at(b, FLASH + 0x200);
	assert_int_equal(target_add_breakpoint(b->t, RAM + 0x2000, 2, BREAK_SOFT), OK);
	assert_true(core.cache_ops >= 3);
	core.cache_ops = 0;
	assert_int_equal(target_write_u32(b->t, RAM + 0x1000, 0x2000bf00), OK);
	assert_true(core.cache_ops >= 2);	/* what was written may be code */
	core.cache_ops = 0;
	assert_int_equal(target_write_u32(b->t, 0xe000edf8, 1), OK);
	assert_int_equal(core.cache_ops, 0);	/* but not a device's register */
	/* Above 0x20000000 version 2 can also compare. */
	assert_int_equal(target_add_breakpoint(b->t, RAM + 0x3000, 2, BREAK_HARD), OK);
}

static void test_halt_with_all_registers_is_one_batch(void **state)
{
	struct bench *b = bench_of(state);

	core.regs[3] = 0x12345678;
	core.runs = 0;
	assert_int_equal(target_halt(b->t), OK);
	assert_int_equal(b->t->state, TARGET_HALTED);
	assert_int_equal(b->t->reason, HALT_DEBUG_REQUEST);
	assert_int_equal(reg(b->t, "r3"), 0x12345678);
	assert_int_equal(reg(b->t, "control"), 0);
	assert_int_equal(core.runs, 1);
}

static void test_step_with_all_registers_is_one_batch(void **state)
{
	struct bench *b = bench_of(state);

	halt_at(b, FLASH + 0x200);
	assert_int_equal(target_step(b->t, NULL, true), OK);
	core.runs = 0;
	assert_int_equal(target_step(b->t, NULL, true), OK);
	assert_int_equal(reg(b->t, "pc"), FLASH + 0x204);
	assert_int_equal(b->t->reason, HALT_SINGLE_STEP);
	assert_int_equal(core.runs, 1);
}

static void test_a_slow_register_is_read_again(void **state)
{
	struct bench *b = bench_of(state);

	core.regs[0] = 0x55;
	core.regrdy_late = 3;
	assert_int_equal(target_halt(b->t), OK);
	assert_int_equal(reg(b->t, "r0"), 0x55);
	assert_int_equal(reg(b->t, "r12"), 0);
}

static void test_wfi_under_step_ends(void **state)
{
	struct bench *b = bench_of(state);

	put_op(FLASH + 0x200, OP_WFI);
	halt_at(b, FLASH + 0x200);
	assert_int_equal(target_step(b->t, NULL, true), OK);
	assert_int_equal(b->t->state, TARGET_HALTED);
}

static void test_breakpoint_is_written_with_the_resume_that_needs_it(void **state)
{
	struct bench *b = bench_of(state);

	put_op(FLASH + 0x300, OP_LOOP);
	halt_at(b, FLASH + 0x200);
	core.fp_writes = 0;
	assert_int_equal(target_add_breakpoint(b->t, FLASH + 0x210, 2, BREAK_AUTO), OK);
	assert_int_equal(core.fp_writes, 0);
	assert_int_equal(target_resume(b->t, NULL, true, false), OK);
	assert_int_equal(core.fp_writes, 2);	/* FP_CTRL and one comparator */
	assert_int_equal(target_poll(b->t), OK);
	assert_int_equal(b->t->state, TARGET_HALTED);
	assert_int_equal(b->t->reason, HALT_BREAKPOINT);
	assert_int_equal(reg(b->t, "pc"), FLASH + 0x210);
	/* As GDB does at each stop: out, and in again. */
	core.fp_writes = 0;
	assert_int_equal(target_remove_breakpoint(b->t, FLASH + 0x210), OK);
	assert_int_equal(target_add_breakpoint(b->t, FLASH + 0x210, 2, BREAK_HARD), OK);
	assert_int_equal(target_set_reg32(b->t, "pc", FLASH + 0x200), OK);
	assert_int_equal(target_resume(b->t, NULL, true, false), OK);
	assert_int_equal(core.fp_writes, 0);
	assert_int_equal(target_poll(b->t), OK);
	assert_int_equal(reg(b->t, "pc"), FLASH + 0x210);
}

static void test_what_fails_before_the_core_goes_is_told(void **state)
{
	struct bench *b = bench_of(state);
	struct read_ahead ahead = { .addr = FLASH + 0x200 };

	halt_at(b, FLASH + 0x200);
	assert_int_equal(target_add_breakpoint(b->t, FLASH + 0x300, 2, BREAK_HARD), OK);
	core.refused = 0xe0002008;	/* FP_COMP0 */
	assert_int_equal(target_resume(b->t, NULL, true, false), ERR_BUS);
	assert_int_equal(b->t->state, TARGET_HALTED);
	b->t->ahead = &ahead;
	assert_int_equal(target_step(b->t, NULL, true), ERR_BUS);
	assert_false(ahead.is_read);
	assert_int_equal(reg(b->t, "pc"), FLASH + 0x200);
	error_clear();
	/* What GDB may ask for next does no harm if it is not there. */
	core.refused = FLASH + 0x204;
	assert_int_equal(target_step(b->t, NULL, true), OK);
	b->t->ahead = NULL;
	assert_false(ahead.is_read);
	assert_int_equal(reg(b->t, "pc"), FLASH + 0x202);
	core.refused = 0;
}

static void test_resume_and_step_get_past_a_breakpoint(void **state)
{
	struct bench *b = bench_of(state);

	put_op(FLASH + 0x220, OP_LOOP);
	put_op(RAM + 0x2020, OP_LOOP);
	for (unsigned k = 0; k < 2; k++) {
		uint32_t base = k == 0 ? FLASH + 0x200 : RAM + 0x2000;

		halt_at(b, base);
		assert_int_equal(target_add_breakpoint(b->t, base, 2, BREAK_AUTO), OK);
		assert_int_equal(b->t->breakpoints->kind, k == 0 ? BREAK_HARD : BREAK_SOFT);
		assert_int_equal(target_step(b->t, NULL, true), OK);
		assert_int_equal(reg(b->t, "pc"), base + 2);
		assert_int_equal(b->t->reason, HALT_SINGLE_STEP);
		assert_int_equal(target_set_reg32(b->t, "pc", base), OK);
		assert_int_equal(target_resume(b->t, NULL, true, false), OK);
		assert_int_equal(target_poll(b->t), OK);
		assert_int_equal(b->t->state, TARGET_RUNNING);
		assert_int_equal(target_halt(b->t), OK);
		assert_int_equal(reg(b->t, "pc"), base + 0x20);
		/* It is still there. */
		assert_int_equal(target_set_reg32(b->t, "pc", base - 2), OK);
		assert_int_equal(target_resume(b->t, NULL, true, false), OK);
		assert_int_equal(target_poll(b->t), OK);
		assert_int_equal(reg(b->t, "pc"), base);
		assert_int_equal(target_remove_all_breakpoints(b->t), OK);
	}
}

static void test_bkpt_in_the_program_is_passed_by_the_next_resume(void **state)
{
	struct bench *b = bench_of(state);

	put_op(FLASH + 0x204, OP_BKPT);
	put_op(FLASH + 0x210, OP_LOOP);
	halt_at(b, FLASH + 0x200);
	assert_int_equal(target_resume(b->t, NULL, true, false), OK);
	assert_int_equal(target_poll(b->t), OK);
	assert_int_equal(reg(b->t, "pc"), FLASH + 0x204);
	assert_int_equal(b->t->reason, HALT_BREAKPOINT);
	assert_int_equal(target_resume(b->t, NULL, true, false), OK);
	assert_int_equal(target_poll(b->t), OK);
	assert_int_equal(b->t->state, TARGET_RUNNING);
}

static void test_a_step_gets_past_a_bkpt_of_the_program(void **state)
{
	struct bench *b = bench_of(state);

	put_op(FLASH + 0x204, OP_BKPT);
	halt_at(b, FLASH + 0x204);
	assert_int_equal(target_step(b->t, NULL, true), OK);
	assert_int_equal(reg(b->t, "pc"), FLASH + 0x206);
	assert_int_equal(b->t->reason, HALT_SINGLE_STEP);
	assert_int_equal(target_step(b->t, NULL, true), OK);
	assert_int_equal(reg(b->t, "pc"), FLASH + 0x208);
}

/* IT state of another place must not make the instruction at the new PC conditional. */
static void test_a_written_pc_leaves_the_it_block(void **state)
{
	struct bench *b = bench_of(state);

	put_op(FLASH + 0x206, OP_BKPT);
	halt_at(b, FLASH + 0x200);
	assert_int_equal(target_set_reg32(b->t, "xPSR", 0x05000400), OK);
	assert_int_equal(reg(b->t, "xPSR"), 0x05000400);
	assert_int_equal(target_set_reg32(b->t, "pc", FLASH + 0x300), OK);
	assert_int_equal(reg(b->t, "xPSR"), 0x01000000);
	/* Past a BKPT inside a block the next condition counts: ITTE EQ, second of three. */
	assert_int_equal(target_set_reg32(b->t, "xPSR", 0x05000400), OK);
	assert_int_equal(target_pass_bkpt(b->t, FLASH + 0x206), OK);
	assert_int_equal(reg(b->t, "pc"), FLASH + 0x208);
	assert_int_equal(reg(b->t, "xPSR"), 0x01000c00);
}

static void test_software_breakpoint_is_invisible(void **state)
{
	struct bench *b = bench_of(state);
	uint8_t bytes[8], other[4] = { 0x11, 0x22, 0x33, 0x44 };
	uint16_t half;

	put_le32(core.ram + 0x2000, 0x1234bf00);
	halt_at(b, FLASH + 0x200);
	assert_int_equal(target_add_breakpoint(b->t, RAM + 0x2002, 2, BREAK_SOFT), OK);
	assert_int_equal(get_le16(core.ram + 0x2002), OP_BKPT);
	assert_int_equal(target_read_bytes(b->t, RAM + 0x1ffe, bytes, 8, NULL), OK);
	assert_int_equal(get_le16(bytes + 4), 0x1234);
	assert_int_equal(target_read_u16(b->t, RAM + 0x2002, &half), OK);
	assert_int_equal(half, 0x1234);
	/* Written underneath, one byte of it. */
	assert_int_equal(target_write_bytes(b->t, RAM + 0x2003, other, 4), OK);
	assert_int_equal(get_le16(core.ram + 0x2002), OP_BKPT);
	assert_int_equal(core.ram[0x2004], 0x22);
	assert_int_equal(target_remove_breakpoint(b->t, RAM + 0x2002), OK);
	assert_int_equal(get_le16(core.ram + 0x2002), 0x1134);
}

static void test_flash_takes_no_software_breakpoint_and_says_so(void **state)
{
	struct bench *b = bench_of(state);

	halt_at(b, FLASH + 0x200);
	assert_int_equal(target_add_breakpoint(b->t, FLASH + 0x400, 2, BREAK_SOFT), ERR_BUS);
	assert_non_null(strstr(error_text(error_current()), "did not take a BKPT"));
	assert_null(b->t->breakpoints);
	for (uint32_t i = 0; i < 6; i++)
		assert_int_equal(target_add_breakpoint(b->t, FLASH + 0x400 + 4 * i, 2, BREAK_AUTO), OK);
	assert_int_equal(target_add_breakpoint(b->t, FLASH + 0x500, 2, BREAK_AUTO), ERR_NO_BREAKPOINT);
	assert_non_null(strstr(error_text(error_current()), "all 6"));
	assert_int_equal(target_add_breakpoint(b->t, RAM + 0x500, 2, BREAK_HARD), ERR_NO_BREAKPOINT);
	assert_non_null(strstr(error_text(error_current()), "below 0x20000000"));
	assert_int_equal(target_add_breakpoint(b->t, FLASH + 0x400, 2, BREAK_AUTO),
			 ERR_BREAKPOINT_EXISTS);
}

/* SysTick pending on a core that is halted at 0x08000200; its handler calls what is stepped there. */
static void pend_systick(struct bench *b)
{
	put_le32(core.flash + 4 * 15, FLASH + 0x501);
	put_op(FLASH + 0x500, OP_NOP);
	put_op(FLASH + 0x502, 0x4770);	/* BX LR */
	core.regs[0x11] = RAM + 0x8000;
	core.irq_at = FLASH + 0x500;
	core.icsr = 1u << 26;
	core.dhcsr |= 0x20003;		/* halted before it could be taken */
	assert_int_equal(target_poll(b->t), OK);
	assert_int_equal(target_set_reg32(b->t, "pc", FLASH + 0x200), OK);
}

static void test_pending_interrupt_is_served_but_not_stepped_into(void **state)
{
	struct bench *b = bench_of(state);

	pend_systick(b);
	assert_int_equal(target_step(b->t, NULL, true), OK);
	assert_int_equal(core.exceptions, 1);
	assert_int_equal(reg(b->t, "pc"), FLASH + 0x202);
	assert_int_equal(reg(b->t, "sp"), RAM + 0x8000);
	assert_int_equal(reg(b->t, "xPSR"), 0x01000000);
	assert_int_equal(b->t->reason, HALT_SINGLE_STEP);
	/* The comparator that caught the return is free again. */
	assert_int_equal(target_resume(b->t, NULL, true, false), OK);
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(core.fp_comp[i], 0);
}

/* A program in RAM: no comparator can stand at its reset handler. */
static void test_pending_interrupt_is_served_in_a_program_in_ram(void **state)
{
	struct bench *b = bench_of(state);
	uint32_t reset = get_le32(core.flash + 4);

	pend_systick(b);
	put_le32(core.flash + 4, RAM + 0x3001);
	put_le32(core.ram + 0x3000, 0x12345678);
	assert_int_equal(target_step(b->t, NULL, true), OK);
	assert_int_equal(core.exceptions, 1);
	assert_int_equal(reg(b->t, "pc"), FLASH + 0x202);
	assert_int_equal(b->t->reason, HALT_SINGLE_STEP);
	assert_int_equal(get_le32(core.ram + 0x3000), 0x12345678);
	put_le32(core.flash + 4, reset);
}

static void test_a_breakpoint_in_the_handler_wins_and_the_frame_is_whole(void **state)
{
	struct bench *b = bench_of(state);

	pend_systick(b);
	assert_int_equal(target_add_breakpoint(b->t, FLASH + 0x502, 2, BREAK_HARD), OK);
	assert_int_equal(target_add_breakpoint(b->t, FLASH + 0x200, 2, BREAK_HARD), OK);
	assert_int_equal(target_step(b->t, NULL, true), OK);
	assert_int_equal(reg(b->t, "pc"), FLASH + 0x502);
	assert_int_equal(b->t->reason, HALT_BREAKPOINT);
	assert_int_equal(get_le32(core.ram + 0x8000 - 8), FLASH + 0x200);
	/* On it goes, and meets the one where it was stepped. */
	assert_int_equal(target_resume(b->t, NULL, true, false), OK);
	assert_int_equal(target_poll(b->t), OK);
	assert_int_equal(reg(b->t, "pc"), FLASH + 0x200);
}

static void test_steponly_masks_and_serves_nothing(void **state)
{
	struct bench *b = bench_of(state);

	bench_eval(b, "cortex_m maskisr steponly");
	core.irq_at = FLASH + 0x500;
	core.icsr = 1u << 26;
	halt_at(b, FLASH + 0x200);
	core.irq_at = FLASH + 0x500;
	core.exceptions = 0;
	assert_int_equal(target_step(b->t, NULL, true), OK);
	assert_int_equal(core.exceptions, 0);
	assert_int_equal(reg(b->t, "pc"), FLASH + 0x202);
}

static void test_stack_pointer_is_an_alias(void **state)
{
	struct bench *b = bench_of(state);

	core.regs[0x11] = 0x20008000;
	core.regs[0x12] = 0x20004000;
	halt_at(b, FLASH + 0x200);
	assert_int_equal(reg(b->t, "sp"), 0x20008000);
	assert_int_equal(target_set_reg32(b->t, "sp", 0x20007003), OK);
	assert_int_equal(reg(b->t, "msp"), 0x20007000);
	assert_int_equal(target_set_reg32(b->t, "control", 2), OK);
	assert_int_equal(reg(b->t, "sp"), 0x20004000);
	assert_int_equal(target_set_reg32(b->t, "psp", 0x20003ff0), OK);
	assert_int_equal(reg(b->t, "sp"), 0x20003ff0);
	put_op(FLASH + 0x200, OP_LOOP);
	assert_int_equal(target_resume(b->t, NULL, true, false), OK);
	assert_int_equal(core.regs[0x11], 0x20007000);
	assert_int_equal(core.regs[0x12], 0x20003ff0);
	assert_int_equal(core.regs[0x14], 0x02000000);
}

static void test_t_bit_and_fields_cannot_be_lost(void **state)
{
	struct bench *b = bench_of(state);

	core.regs[0x14] = 0x00002000;	/* BASEPRI = 0x20 */
	halt_at(b, FLASH + 0x200);
	assert_int_equal(target_set_reg32(b->t, "xpsr", 0x60000000), OK);
	assert_int_equal(target_set_reg32(b->t, "primask", 1), OK);
	assert_int_equal(reg(b->t, "basepri"), 0x20);
	assert_int_equal(target_set_reg32(b->t, "pc", FLASH + 0x301), OK);
	put_op(FLASH + 0x300, OP_LOOP);
	assert_int_equal(target_resume(b->t, NULL, true, false), OK);
	assert_int_equal(core.regs[16], 0x61000000);
	assert_int_equal(core.regs[0x14], 0x00002001);
	assert_int_equal(core.regs[15], FLASH + 0x300);
}

static void test_a_memory_view_does_not_swallow_the_reset(void **state)
{
	struct bench *b = bench_of(state);
	uint32_t dhcsr;

	target_poll(b->t);
	target_add_breakpoint(b->t, FLASH + 0x600, 2, BREAK_HARD);
	put_op(FLASH + 0x100, OP_LOOP);
	reset_from_outside();
	memset(core.fp_comp, 0, sizeof(core.fp_comp));	/* a chip that loses them */
	assert_int_equal(target_read_u32(b->t, 0xe000edf0, &dhcsr), OK);
	assert_int_equal(target_poll(b->t), OK);
	assert_int_equal(core.fp_comp[0], 0x48000601);
}

static void test_power_cycle_is_noticed(void **state)
{
	struct bench *b = bench_of(state);

	target_add_breakpoint(b->t, FLASH + 0x600, 2, BREAK_HARD);
	put_op(FLASH + 0x100, OP_LOOP);
	power_cycle();
	core.dhcsr &= ~(1u << 25);	/* S_RESET_ST was read by somebody */
	assert_int_equal(target_poll(b->t), OK);
	assert_int_equal(core.dhcsr & 1, 1);
	assert_int_equal(core.fp_comp[0], 0x48000601);
	assert_int_equal(core.demcr, 0x01000000);
}

static void test_lockup_is_ended_and_reported(void **state)
{
	struct bench *b = bench_of(state);

	core.dhcsr |= 1u << 19;
	core.regs[15] = 0xfffffffe;
	core.regs[16] = 0x01000003;
	core.cfsr = 0x8200;
	assert_int_equal(target_poll(b->t), OK);
	assert_int_equal(b->t->state, TARGET_HALTED);
	assert_non_null(b->t->stop_note);
	assert_non_null(strstr(b->t->stop_note, "Lockup"));
}

static void test_reset_halt_stops_before_the_first_instruction(void **state)
{
	struct bench *b = bench_of(state);

	bench_eval(b, "reset halt");
	assert_int_equal(core.resets, 1);
	assert_int_equal(b->t->state, TARGET_HALTED);
	assert_int_equal(reg(b->t, "pc"), FLASH + 0x100);
	assert_int_equal(reg(b->t, "msp"), RAM + 0x8000);
	assert_int_equal(b->t->reason, HALT_DEBUG_REQUEST);
	assert_int_equal(core.demcr, 0x01000000);	/* the catch bits are gone again */
	bench_eval(b, "reset run");
	assert_int_equal(core.resets, 2);
	assert_int_equal(b->t->state, TARGET_RUNNING);
	assert_false(core.dhcsr & 1u << 17);
}

static void test_reset_by_pin_and_a_core_that_does_not_reset(void **state)
{
	struct bench *b = bench_of(state);
	struct error error;

	b->adapter.reset_config = RESET_HAS_SRST;
	bench_eval(b, "reset halt");
	assert_int_equal(core.resets, 1);
	assert_int_equal(reg(b->t, "pc"), FLASH + 0x100);
	assert_false(b->adapter.srst);
	b->adapter.reset_config |= RESET_SRST_NOGATE;
	bench_eval(b, "reset init");
	assert_int_equal(b->t->state, TARGET_HALTED);
	b->adapter.reset_config = 0;
	core.ignores_reset = true;
	assert_int_equal(script_eval(b->script, NULL, "reset halt", NULL, 0, NULL), ERR_RESET_TIMEOUT);
	error_take(&error);
	assert_non_null(strstr(error_text(&error), "Not halted"));
	assert_int_equal(target_claimed_by(b->t), NULL);
}

static void test_reset_events_come_in_order(void **state)
{
	struct bench *b = bench_of(state);

	bench_eval(b, "set seen {}; foreach e {reset-start reset-assert-pre reset-assert-post "
		      "reset-deassert-pre reset-deassert-post gdb-halt halted reset-init reset-end "
		      "examine-start examine-end} { chip.cpu configure -event $e \"lappend seen $e\" }");
	bench_eval(b, "reset init");
	assert_string_equal(bench_eval(b, "set seen"),
			    "reset-start examine-start examine-end reset-assert-pre reset-assert-post "
			    "reset-deassert-pre reset-deassert-post gdb-halt halted reset-init reset-end");
	bench_eval(b, "set seen {}; foreach e {resume-start resumed resume-end step-start step-end} "
		      "{ chip.cpu configure -event $e \"lappend seen $e\" }");
	bench_eval(b, "step");
	assert_string_equal(bench_eval(b, "set seen"), "step-start resumed gdb-halt halted step-end");
	bench_eval(b, "set seen {}; resume");
	assert_string_equal(bench_eval(b, "set seen"), "resume-start resumed resume-end");
}

static void test_helper_code_leaves_no_trace(void **state)
{
	struct bench *b = bench_of(state);
	struct algorithm a = { .entry = RAM + 0x100, .exit_pc = RAM + 0x110, .stack = RAM + 0x800,
			       .r = { 1, 2, 3, 4, 5, 6, 7, 8 }, .timeout_ms = 1000 };

	put_op(RAM + 0x110, OP_BKPT);
	put_op(FLASH + 0x200, OP_LOOP);
	core.mpu_ctrl = 5;
	core.regs[0] = 0xaa;
	core.regs[0x14] = 0x03000001;
	core.regs[0x12] = RAM + 0x4000;
	halt_at(b, FLASH + 0x200);
	target_add_watchpoint(b->t, RAM + 0x20, 4, WATCH_WRITE, 0, 0xffffffff);
	assert_int_equal(algorithm_run(b->t, &a), OK);
	assert_int_equal(a.result[0], 1);
	assert_int_equal(a.result[7], 8);
	assert_int_equal(core.mpu_ctrl, 5);
	assert_int_equal(reg(b->t, "r0"), 0xaa);
	assert_int_equal(reg(b->t, "pc"), FLASH + 0x200);
	assert_int_equal(reg(b->t, "sp"), RAM + 0x4000);
	assert_int_equal(reg(b->t, "control"), 3);
	assert_int_equal(reg(b->t, "primask"), 1);
	assert_int_equal(core.dwt_function[0], 0);	/* not for helper code */
	assert_int_equal(target_resume(b->t, NULL, true, false), OK);
	assert_int_equal(core.regs[0], 0xaa);
	assert_int_equal(core.regs[0x14], 0x03000001);
	assert_int_equal(core.regs[15], FLASH + 0x200);
	assert_int_equal(core.dwt_function[0], 6);
	assert_false(core.dhcsr & 8);
}

static void test_helper_code_that_hangs_or_strays(void **state)
{
	struct bench *b = bench_of(state);
	struct algorithm a = { .entry = RAM + 0x100, .exit_pc = RAM + 0x110, .timeout_ms = 30 };

	put_op(RAM + 0x104, OP_LOOP);
	halt_at(b, FLASH + 0x200);
	assert_int_equal(algorithm_run(b->t, &a), ERR_TIMEOUT);
	error_clear();
	assert_int_equal(b->t->state, TARGET_HALTED);
	assert_int_equal(reg(b->t, "pc"), FLASH + 0x200);
	put_op(RAM + 0x104, OP_BKPT);
	assert_int_equal(algorithm_run(b->t, &a), ERR_ALGORITHM);
	assert_non_null(strstr(error_text(error_current()), "0x20000104"));
	assert_null(target_claimed_by(b->t));
	assert_int_equal(reg(b->t, "pc"), FLASH + 0x200);
}

/* Somebody else, let in while the holder services the loop. */
static void other_client(void *ctx)
{
	struct bench *b = ctx;
	uint8_t byte;

	assert_int_equal(target_resume(b->t, NULL, true, false), ERR_BUSY);
	assert_non_null(strstr(error_text(error_current()), "busy with a test"));
	assert_int_equal(target_add_breakpoint(b->t, FLASH + 0x700, 2, BREAK_HARD), ERR_BUSY);
	assert_int_equal(target_set_reg32(b->t, "r0", 1), ERR_BUSY);
	assert_int_equal(target_claim(b->t, "something else"), ERR_BUSY);
	assert_int_equal(target_read_u8(b->t, RAM, &byte), OK);
	core.runs = 0;
	assert_int_equal(target_poll(b->t), OK);
	assert_int_equal(core.runs, 0);	/* the holder's business */
	error_clear();
	target_cancel(b->t);
}

static void test_a_claim_holds_others_off(void **state)
{
	struct bench *b = bench_of(state);

	halt_at(b, FLASH + 0x200);
	assert_int_equal(target_claim(b->t, "a test"), OK);
	loop_add_timer(b->loop, 0, 0, other_client, b);
	loop_once(b->loop, 0);
	assert_true(target_is_cancelled(b->t));
	assert_int_equal(target_claim(b->t, "nested"), OK);
	assert_int_equal(target_step(b->t, NULL, true), OK);
	target_release(b->t);
	assert_non_null(target_claimed_by(b->t));
	target_release(b->t);
	assert_null(target_claimed_by(b->t));
	assert_false(target_is_cancelled(b->t));
}

static void test_leaving_puts_everything_back(void **state)
{
	struct bench *b = bench_of(state);

	put_op(RAM + 0x2000, 0x1234);
	put_op(FLASH + 0x200, OP_LOOP);
	halt_at(b, FLASH + 0x200);
	target_add_breakpoint(b->t, FLASH + 0x600, 2, BREAK_HARD);
	target_add_breakpoint(b->t, RAM + 0x2000, 2, BREAK_SOFT);
	target_add_watchpoint(b->t, RAM + 0x20, 4, WATCH_WRITE, 0, 0xffffffff);
	bench_eval(b, "cortex_m vector_catch all; chip.cpu configure -on-exit run");
	target_leave_all(b->list);
	assert_int_equal(core.fp_ctrl & 1, 0);
	assert_int_equal(core.fp_comp[0], 0);
	assert_int_equal(core.dwt_function[0], 0);
	assert_int_equal(core.demcr, 0);
	assert_int_equal(get_le16(core.ram + 0x2000), 0x1234);
	assert_int_equal(core.dhcsr & 1, 0);
}

/* Who halts a program that calls all the time finds it in a call, and it must stay halted. */
static void test_a_halt_in_a_semihosting_call_holds(void **state)
{
	struct bench *b = bench_of(state);

	put_op(FLASH + 0x204, OP_SEMI);
	put_op(FLASH + 0x206, OP_LOOP);
	core.regs[0] = 0x31;	/* SYS_TICKFREQ */
	halt_at(b, FLASH + 0x200);
	bench_eval(b, "arm semihosting enable");
	assert_int_equal(target_resume(b->t, NULL, true, false), OK);
	assert_int_equal(target_halt(b->t), OK);
	assert_int_equal(b->t->state, TARGET_HALTED);
	assert_int_equal(b->t->reason, HALT_DEBUG_REQUEST);
	assert_int_equal(reg(b->t, "r0"), 1000000);
	assert_int_equal(reg(b->t, "pc"), FLASH + 0x206);
}

static void test_semihosting_answers_and_goes_on(void **state)
{
	struct bench *b = bench_of(state);

	put_op(FLASH + 0x204, OP_SEMI);
	put_op(FLASH + 0x206, OP_LOOP);
	core.regs[0] = 0x31;	/* SYS_TICKFREQ */
	halt_at(b, FLASH + 0x200);
	bench_eval(b, "arm semihosting enable");
	assert_int_equal(target_resume(b->t, NULL, true, false), OK);
	assert_int_equal(target_poll(b->t), OK);
	assert_int_equal(b->t->state, TARGET_RUNNING);
	assert_int_equal(core.regs[0], 1000000);
	assert_int_equal(core.regs[15], FLASH + 0x206);
	/* The same without semihosting is a breakpoint. */
	assert_int_equal(target_halt(b->t), OK);
	bench_eval(b, "arm semihosting disable");
	assert_int_equal(target_set_reg32(b->t, "pc", FLASH + 0x200), OK);
	assert_int_equal(target_resume(b->t, NULL, true, false), OK);
	assert_int_equal(target_poll(b->t), OK);
	assert_int_equal(b->t->state, TARGET_HALTED);
	assert_int_equal(reg(b->t, "pc"), FLASH + 0x204);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, bench_setup, bench_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_identified),
		CASE(test_each_core_has_its_registers),
		CASE(test_a_breakpoint_on_m7_keeps_the_caches_honest),
		CASE(test_halt_with_all_registers_is_one_batch),
		CASE(test_step_with_all_registers_is_one_batch),
		CASE(test_a_slow_register_is_read_again),
		CASE(test_wfi_under_step_ends),
		CASE(test_breakpoint_is_written_with_the_resume_that_needs_it),
		CASE(test_what_fails_before_the_core_goes_is_told),
		CASE(test_resume_and_step_get_past_a_breakpoint),
		CASE(test_bkpt_in_the_program_is_passed_by_the_next_resume),
		CASE(test_a_step_gets_past_a_bkpt_of_the_program),
		CASE(test_a_written_pc_leaves_the_it_block),
		CASE(test_software_breakpoint_is_invisible),
		CASE(test_flash_takes_no_software_breakpoint_and_says_so),
		CASE(test_pending_interrupt_is_served_but_not_stepped_into),
		CASE(test_pending_interrupt_is_served_in_a_program_in_ram),
		CASE(test_a_breakpoint_in_the_handler_wins_and_the_frame_is_whole),
		CASE(test_steponly_masks_and_serves_nothing),
		CASE(test_stack_pointer_is_an_alias),
		CASE(test_t_bit_and_fields_cannot_be_lost),
		CASE(test_a_memory_view_does_not_swallow_the_reset),
		CASE(test_power_cycle_is_noticed),
		CASE(test_lockup_is_ended_and_reported),
		CASE(test_reset_halt_stops_before_the_first_instruction),
		CASE(test_reset_by_pin_and_a_core_that_does_not_reset),
		CASE(test_reset_events_come_in_order),
		CASE(test_helper_code_leaves_no_trace),
		CASE(test_helper_code_that_hangs_or_strays),
		CASE(test_a_claim_holds_others_off),
		CASE(test_leaving_puts_everything_back),
		CASE(test_a_halt_in_a_semihosting_call_holds),
		CASE(test_semihosting_answers_and_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
