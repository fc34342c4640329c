/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vb_cpu: DHCSR, core register transfers, stepping, breakpoints, watchpoints, vector catch, IDs. */
#include "vb_cpu_bench.h"

static enum vb_result try_read(struct bench *b, uint32_t addr, unsigned size, uint32_t *v)
{
	struct vb_access a = {
		.master = VB_DAP, .addr = addr, .size = size, .is_privileged = true
	};

	return vb_bus_read(b->bus, &a, v);
}

static void test_dhcsr_key_and_sticky_bits(void **state)
{
	struct bench *b = bench_with(program_arithmetic);

	(void)state;
	assert_int_equal(rd(b, DHCSR), 0x02010000);
	assert_int_equal(rd(b, DHCSR), 0x00010000);
	wr(b, DHCSR, 0x05fa0003);		/* the wrong key */
	assert_int_equal(rd(b, DHCSR), 0x00010000);
	bench_run(b, 5);
	assert_int_equal(rd(b, DHCSR), 0x01010000);
	wr(b, DHCSR, RUN);
	assert_int_equal(rd(b, DHCSR), 0x00010001);
	bench_run(b, 5);
	assert_int_equal(rd(b, DHCSR), 0x01010001);
	bench_run(b, 5);
	wr(b, DHCSR, HALT);
	assert_int_equal(rd(b, DHCSR), 0x01030003);
	assert_int_equal(rd(b, DHCSR), 0x00030003);
	assert_int_equal(rd(b, DFSR), 1);
	wr(b, DFSR, 1);
	assert_int_equal(rd(b, DFSR), 0);
	assert_int_equal(b->halts, 1);
	wr(b, DHCSR, 0xa05f0000);		/* C_DEBUGEN off: leaves Debug state */
	assert_int_equal(rd(b, DHCSR), 0x00010000);
	bench_free(b);
}

static void test_c_halt_needs_c_debugen(void **state)
{
	struct bench *b = bench_with(program_arithmetic);

	(void)state;
	wr(b, DHCSR, 0xa05f0002);
	bench_run(b, 5);
	assert_int_equal(rd(b, DHCSR) & 0x2000f, 0);
	bench_free(b);
}

static void test_software_cannot_enable_debug(void **state)
{
	struct bench *b = bench_with(program_faults);
	struct vb_access a = {
		.master = VB_CPU_DATA, .addr = DHCSR, .size = 4, .is_privileged = true
	};
	uint32_t v;

	(void)state;
	assert_int_equal(vb_bus_write(b->bus, &a, HALT), VB_OK);
	assert_false(rd(b, DHCSR) & 1);
	wr(b, DHCSR, RUN);
	bench_run(b, 3);
	assert_int_equal(vb_bus_read(b->bus, &a, &v), VB_OK);
	assert_true(rd(b, DHCSR) & S_RETIRE_ST);	/* the core's read had not cleared it */
	assert_int_equal(vb_bus_write(b->bus, &a, 0xa05f0000), VB_OK);
	assert_true(rd(b, DHCSR) & 1);
	assert_int_equal(vb_bus_write(b->bus, &a, 0xa05f0002), VB_OK);
	assert_true(is_halted(b));			/* but it may halt itself */
	bench_free(b);
}

static void test_c_maskints_changes_with_c_halt_only(void **state)
{
	struct bench *b = bench_with(program_arithmetic);

	(void)state;
	wr(b, DHCSR, 0xa05f000b);	/* together with C_DEBUGEN 0 -> 1: not taken */
	assert_int_equal(rd(b, DHCSR) & 0xf, 0x3);
	wr(b, DHCSR, HALT_MASKED);
	assert_int_equal(rd(b, DHCSR) & 0xf, 0xb);
	wr(b, DHCSR, RUN);		/* changes C_MASKINTS without C_HALT: stays */
	assert_int_equal(rd(b, DHCSR) & 0xf, 0x9);
	wr(b, DHCSR, 0xa05f000d);	/* C_STEP while running: not taken */
	assert_int_equal(rd(b, DHCSR) & 0xf, 0x9);
	wr(b, DHCSR, HALT);
	assert_int_equal(rd(b, DHCSR) & 0xf, 0x3);
	bench_free(b);
}

static void test_every_register_can_be_written_and_read(void **state)
{
	struct bench *b = bench_with(program_arithmetic);

	(void)state;
	halt(b);
	for (unsigned n = 0; n <= 12; n++)
		set_reg(b, n, 0x11111111 * n + 1);
	set_reg(b, LR, 0xabcdef01);
	set_reg(b, PC, 0x08001235);
	set_reg(b, MSP, 0x20001003);
	set_reg(b, PSP, 0x20002003);
	set_reg(b, XPSR, 0xf90f0000);
	for (unsigned n = 0; n < 32; n++)
		set_reg(b, S0 + n, 0x01010101 * n + 7);
	set_reg(b, FPSCR, 0xf7c0009f);
	for (unsigned pass = 0; pass < 2; pass++) {
		for (unsigned n = 0; n <= 12; n++)
			assert_int_equal(reg(b, n), 0x11111111 * n + 1);
		assert_int_equal(reg(b, LR), 0xabcdef01);
		assert_int_equal(reg(b, PC), 0x08001234);
		assert_int_equal(reg(b, MSP), 0x20001000);
		assert_int_equal(reg(b, PSP), 0x20002000);
		assert_int_equal(reg(b, SP), 0x20001000);
		assert_int_equal(reg(b, XPSR), 0xf90f0000);
		for (unsigned n = 0; n < 32; n++)
			assert_int_equal(reg(b, S0 + n), 0x01010101 * n + 7);
		assert_int_equal(reg(b, FPSCR), 0xf7c0009f);
		if (pass)
			break;
		/* and the same after a NOP was executed */
		set_reg(b, PC, 0x20000800);
		wr(b, 0x20000800, 0xbf00bf00);
		step(b);
		assert_int_equal(reg(b, PC), 0x20000802);
		set_reg(b, PC, 0x08001234);
	}
	bench_free(b);
}

static void test_packed_special_registers(void **state)
{
	struct bench *b = bench_with(program_arithmetic);

	(void)state;
	halt(b);
	set_reg(b, MSP, 0x20001000);
	set_reg(b, PSP, 0x20002000);
	set_reg(b, SPECIAL, 0x0301a501);
	assert_int_equal(reg(b, SPECIAL), 0x0301a001);	/* four priority bits */
	assert_int_equal(reg(b, SP), 0x20002000);
	wr(b, 0x20000800, 0xbf00bf00);
	set_reg(b, PC, 0x20000800);
	step(b);
	assert_int_equal(reg(b, SPECIAL), 0x0301a001);
	assert_int_equal(reg(b, SP), 0x20002000);
	set_reg(b, SPECIAL, 0);
	assert_int_equal(reg(b, SP), 0x20001000);
	bench_free(b);
}

static void test_register_transfers_take_time(void **state)
{
	struct bench *b = bench_with(program_arithmetic);

	(void)state;
	wr(b, DHCSR, HALT);
	set_reg(b, 3, 77);
	wr(b, DCRDR, 0);
	wr(b, DCRSR, 3);
	assert_int_equal(rd(b, DHCSR) & S_REGRDY, 0);
	assert_int_equal(rd(b, DCRDR), 0);
	bench_run(b, 10);
	assert_int_equal(rd(b, DHCSR) & S_REGRDY, S_REGRDY);
	assert_int_equal(rd(b, DCRDR), 77);
	bench_free(b);
}

static void test_a_step_is_one_instruction(void **state)
{
	struct bench *b = bench_with(program_arithmetic);
	struct vb_cpu_state s, t;

	(void)state;
	vb_cpu_reset(b->cpu, VB_CPU_SYSTEM);
	halt(b);
	assert_int_equal(reg(b, PC), arithmetic_start);
	for (uint32_t pc = arithmetic_start + 2; pc <= arithmetic_start + 8; pc += 2) {
		vb_cpu_state(b->cpu, &s);
		step(b);
		vb_cpu_state(b->cpu, &t);
		assert_int_equal(t.instructions, s.instructions + 1);
		assert_int_equal(reg(b, PC), pc);
		assert_int_equal(rd(b, DFSR), 1);
	}
	step(b);
	assert_int_equal(reg(b, PC), arithmetic_loop);
	bench_free(b);
}

static void test_a_step_into_a_pending_interrupt(void **state)
{
	struct bench *b = bench_with(program_sleep);

	(void)state;
	halt(b);
	wr(b, 0xe000e100, 1);
	vb_cpu_irq(b->cpu, 0, true);
	uint32_t pc = reg(b, PC);

	wr(b, DHCSR, HALT_MASKED);
	wr(b, DHCSR, STEP_MASKED);
	bench_run(b, 20);
	assert_int_equal(reg(b, PC), pc + 2);		/* masked: the program goes on */
	assert_int_equal(reg(b, XPSR) & 0x1ff, 0);
	wr(b, DHCSR, HALT);
	step(b);
	assert_int_equal(reg(b, PC), sleep_irq);	/* nothing of the handler has run */
	assert_int_equal(reg(b, XPSR) & 0x1ff, 16);
	assert_int_equal(reg(b, LR), 0xfffffff9);
	assert_int_equal(rd(b, reg(b, SP) + 24), pc + 2);
	bench_free(b);
}

static void test_a_step_over_svc_and_into_a_fault(void **state)
{
	struct bench *b = bench_with(program_svcall);

	(void)state;
	halt(b);
	set_reg(b, PC, svcall_back - 2);
	wr(b, DHCSR, HALT_MASKED);
	wr(b, DHCSR, STEP_MASKED);
	bench_run(b, 20);
	assert_true(is_halted(b));
	assert_int_equal(reg(b, PC), svcall_handler);
	assert_int_equal(reg(b, XPSR) & 0x1ff, 11);
	bench_free(b);

	b = bench_with(program_faults);
	halt(b);
	set_reg(b, PC, faults_undefined);
	step(b);
	assert_int_equal(reg(b, PC), faults_hard);
	assert_int_equal(reg(b, XPSR) & 0x1ff, 3);
	assert_int_equal(reg(b, LR), 0xfffffff9);
	bench_free(b);
}

static void test_a_step_out_of_a_handler(void **state)
{
	struct bench *b = bench_with(program_svcall);

	(void)state;
	halt(b);
	run_to(b, svcall_return);
	step(b);
	assert_int_equal(reg(b, PC), svcall_back);
	assert_int_equal(reg(b, XPSR) & 0x1ff, 0);
	bench_free(b);
}

static void test_a_stepped_wfi_is_a_nop(void **state)
{
	struct bench *b = bench_with(program_sleep);

	(void)state;
	halt(b);
	run_to(b, sleep_wfi);
	step(b);
	assert_int_equal(reg(b, PC), sleep_woken);
	assert_false(rd(b, DHCSR) & S_SLEEP);
	assert_int_equal(b->slept, 0);
	bench_free(b);
}

static void test_bkpt_halts_on_itself(void **state)
{
	struct bench *b = bench_with(program_bkpt);

	(void)state;
	wr(b, DHCSR, RUN);
	bench_run(b, 50);
	assert_true(is_halted(b));
	assert_int_equal(reg(b, PC), bkpt_here);
	assert_int_equal(rd(b, DFSR), 2);
	wr(b, DFSR, 2);
	step(b);				/* a BKPT is not stepped over */
	assert_int_equal(reg(b, PC), bkpt_here);
	assert_int_equal(rd(b, DFSR), 3);
	set_reg(b, PC, bkpt_after);
	wr(b, DHCSR, RUN);
	bench_run(b, 50);
	halt(b);
	assert_int_equal(reg(b, PC), bkpt_end);
	bench_free(b);
}

static void test_fpb_breaks_on_both_halves(void **state)
{
	static const uint32_t at[] = { arithmetic_start, arithmetic_start + 2, arithmetic_loop,
				       arithmetic_loop + 2, arithmetic_end - 4 };
	struct bench *b = bench_with(program_arithmetic);

	(void)state;
	assert_int_equal(rd(b, FP_CTRL), 0x260);
	wr(b, FP_CTRL, 1);			/* no KEY */
	assert_int_equal(rd(b, FP_CTRL), 0x260);
	for (unsigned i = 0; i < ARRAY_SIZE(at); i++) {
		vb_cpu_reset(b->cpu, VB_CPU_SYSTEM);
		halt(b);
		if (reg(b, PC) != at[i])
			run_to(b, at[i]);
		assert_int_equal(rd(b, DFSR) & 2, i ? 2 : 0);
		wr(b, DFSR, 2);
	}
	/* A breakpoint under the pc: nothing moves until it is taken away. */
	wr(b, FP_COMP0, (arithmetic_loop & 0x1ffffffc) | 0x40000001);
	wr(b, FP_CTRL, 3);
	assert_int_equal(rd(b, FP_CTRL), 0x261);
	set_reg(b, PC, arithmetic_loop);
	wr(b, DHCSR, RUN);
	bench_run(b, 10);
	assert_true(is_halted(b));
	assert_int_equal(reg(b, PC), arithmetic_loop);
	wr(b, FP_CTRL, 2);
	step(b);
	assert_int_equal(reg(b, PC), arithmetic_loop + 2);
	wr(b, FP_COMP0, 0xffffffff);
	assert_int_equal(rd(b, FP_COMP0), 0xdffffffd);
	wr(b, FP_COMP0 + 24, 0xffffffff);
	assert_int_equal(rd(b, FP_COMP0 + 24), 0x1ffffffd);
	wr(b, FP_COMP0 + 32, 0xffffffff);	/* there is no ninth */
	assert_int_equal(rd(b, FP_COMP0 + 32), 0);
	bench_free(b);
}

static void test_fpb_replaces_an_instruction(void **state)
{
	struct bench *b = bench_with(program_arithmetic);

	(void)state;
	assert_int_equal(rd(b, FP_CTRL + 4), 0x20000000);
	wr(b, FP_CTRL + 4, 0x20000700);
	wr(b, 0x20000704, 0x21042005);		/* movs r0, #5; movs r1, #4 */
	wr(b, FP_COMP0 + 4, arithmetic_start | 1);
	wr(b, FP_CTRL, 3);
	bench_run(b, 200);
	wr(b, DHCSR, RUN);
	halt(b);
	assert_int_equal(reg(b, 0), 5 + 4 + 3 + 2 + 1);
	assert_int_equal(rd(b, arithmetic_start), 0x210a2000);
	bench_free(b);
}

static void test_fpb_v2(void **state)
{
	struct bench *b = bench_new_core(VB_CORTEX_M7F, 0x411fc271);

	(void)state;
	memcpy(b->flash, program_watch, sizeof(program_watch));
	memcpy(b->ram, program_arithmetic, sizeof(program_arithmetic));
	vb_cpu_reset(b->cpu, VB_CPU_POWER_ON);
	assert_int_equal(rd(b, FP_CTRL), 0x10000080);
	halt(b);
	wr(b, FP_CTRL, 3);
	wr(b, FP_COMP0, 0x20000000 + (arithmetic_loop & 0xff) + 3);
	set_reg(b, PC, 0x20000000 + (arithmetic_start & 0xff));
	wr(b, DHCSR, RUN);
	bench_run(b, 100);
	assert_true(is_halted(b));
	assert_int_equal(reg(b, PC), 0x20000000 + (arithmetic_loop & 0xff) + 2);
	assert_int_equal(rd(b, DFSR) & 2, 2);
	bench_free(b);
}

static void test_v8m_watchpoints_and_status(void **state)
{
	struct bench *b = bench_new_core(VB_CORTEX_M33, 0x410fd213);

	(void)state;
	memcpy(b->flash, program_watch, sizeof(program_watch));
	vb_cpu_reset(b->cpu, VB_CPU_POWER_ON);
	halt(b);
	assert_int_equal(rd(b, DHCSR), 0x00130003);		/* S_SDE */
	wr(b, DEMCR, 0x01000000);
	assert_int_equal(rd(b, DWT_FUNCTION0) >> 27, 0x0b);
	wr(b, DWT_COMP0, 0x20000300);
	wr(b, DWT_FUNCTION0, 5 | 1 << 4 | 2 << 10);		/* a store, a word */
	wr(b, DHCSR, RUN);
	assert_true(rd(b, DHCSR) & BIT(26));			/* S_RESTART_ST */
	assert_false(rd(b, DHCSR) & BIT(26));
	bench_run(b, 100);
	assert_true(is_halted(b));
	assert_int_equal(reg(b, PC), watch_load);
	assert_true(rd(b, DWT_FUNCTION0) & BIT(24));
	wr(b, DWT_FUNCTION0, 0);
	wr(b, DWT_COMP0, 0x20000304);				/* a range of two comparators */
	wr(b, DWT_COMP0 + 16, 0x20000309);
	wr(b, DWT_FUNCTION0, 4 | 1 << 4);
	wr(b, DWT_FUNCTION0 + 16, 7);
	wr(b, DHCSR, RUN);
	bench_run(b, 100);
	assert_int_equal(reg(b, PC), watch_half);
	wr(b, DHCSR, RUN);
	bench_run(b, 100);
	assert_int_equal(reg(b, PC), watch_half + 2);
	bench_free(b);
}

static void watch(struct bench *b, unsigned n, uint32_t addr, unsigned mask, uint32_t function)
{
	wr(b, DEMCR, 0x01000000);
	wr(b, DWT_COMP0 + 16 * n, addr);
	wr(b, DWT_MASK0 + 16 * n, mask);
	wr(b, DWT_FUNCTION0 + 16 * n, function);
}

static void expect_watch(struct bench *b, unsigned n, uint32_t pc)
{
	wr(b, DFSR, 0x1f);
	wr(b, DHCSR, RUN);
	bench_run(b, 100);
	assert_true(is_halted(b));
	assert_int_equal(reg(b, PC), pc);
	assert_int_equal(rd(b, DFSR), 4);
	assert_true(rd(b, DWT_FUNCTION0 + 16 * n) & BIT(24));
	assert_false(rd(b, DWT_FUNCTION0 + 16 * n) & BIT(24));	/* cleared by reading */
	wr(b, DWT_FUNCTION0 + 16 * n, 0);
}

static void test_watchpoints_stop_behind_the_access(void **state)
{
	struct bench *b = bench_with(program_watch);

	(void)state;
	halt(b);
	assert_int_equal(rd(b, DWT_CTRL), 0);		/* dark without TRCENA */
	watch(b, 0, 0x20000300, 2, 6);
	assert_int_equal(rd(b, DWT_CTRL), 0x40000000);
	expect_watch(b, 0, watch_load);
	assert_int_equal(rd(b, 0x20000300), 1);
	watch(b, 1, 0x20000300, 2, 5);
	expect_watch(b, 1, watch_byte);
	watch(b, 2, 0x20000305, 0, 7);
	expect_watch(b, 2, watch_half);
	watch(b, 3, 0x20000308, 1, 7);
	expect_watch(b, 3, watch_half + 2);
	watch(b, 0, 0x20000306, 1, 6);			/* nobody writes there */
	wr(b, DHCSR, RUN);
	bench_run(b, 100);
	assert_false(is_halted(b));
	halt(b);
	watch(b, 0, watch_byte, 0, 4);			/* the PC */
	expect_watch(b, 0, watch_half);
	bench_free(b);
}

static void test_watching_a_device(void **state)
{
	struct bench *b = bench_with(program_device);

	(void)state;
	halt(b);
	watch(b, 0, 0x40000000, 2, 5);
	wr(b, DFSR, 0x1f);
	wr(b, DHCSR, RUN);
	bench_run(b, 100);
	assert_true(is_halted(b));
	assert_int_equal(rd(b, DFSR), 4);
	assert_int_equal(reg(b, 2), 0x5a);
	assert_int_equal(b->device[1], 0);	/* the next store did not happen yet */
	bench_free(b);
}

/* A halt, a watchpoint or a step leaves the rest of the IT block for later. */
static void test_a_watchpoint_inside_an_it_block(void **state)
{
	struct bench *b = bench_with(program_itblocks);

	(void)state;
	halt(b);
	watch(b, 0, 0x20000100, 2, 6);
	expect_watch(b, 0, itblocks_after + 4);
	assert_int_equal(reg(b, 5), 0);
	assert_int_not_equal(reg(b, XPSR) & 0x0600fc00, 0);
	wr(b, DHCSR, RUN);
	bench_run(b, 50);
	halt(b);
	assert_int_equal(reg(b, 5), 2);
	bench_free(b);
}

static void test_watching_a_value(void **state)
{
	struct bench *b = bench_with(program_watch);

	(void)state;
	halt(b);
	watch(b, 2, 0x20000300, 0, 0);
	watch(b, 1, 9, 0, 6 | BIT(8) | 2 << 10 | 2 << 12 | 2 << 16);
	wr(b, DHCSR, RUN);
	bench_run(b, 400);
	assert_true(is_halted(b));
	assert_int_equal(reg(b, 1), 9);
	assert_int_equal(reg(b, PC), watch_load);
	bench_free(b);
}

static void test_the_debugger_does_not_trip_watchpoints(void **state)
{
	struct bench *b = bench_with(program_arithmetic);

	(void)state;
	watch(b, 0, 0x20000300, 2, 7);
	wr(b, DHCSR, RUN);
	wr(b, 0x20000300, 1);
	bench_run(b, 100);
	assert_false(is_halted(b));
	assert_false(rd(b, DWT_FUNCTION0) & BIT(24));
	bench_free(b);
}

static void test_cyccnt_counts_cycles(void **state)
{
	struct bench *b = bench_with(program_arithmetic);

	(void)state;
	wr(b, DEMCR, 0x01000000);
	wr(b, DWT_CTRL, 1);
	assert_int_equal(rd(b, DWT_CYCCNT), 0);
	bench_run(b, 1000);
	assert_int_equal(rd(b, DWT_CYCCNT), 1000);
	assert_int_equal(rd(b, 0xe000101c), arithmetic_end);	/* PCSR */
	halt(b);
	bench_run(b, 1000);
	assert_int_equal(rd(b, DWT_CYCCNT), 1000);
	assert_int_equal(rd(b, 0xe000101c), 0xffffffff);
	wr(b, DWT_CYCCNT, 5);
	wr(b, DHCSR, RUN);
	bench_run(b, 10);
	assert_int_equal(rd(b, DWT_CYCCNT), 15);
	wr(b, DEMCR, 0);
	assert_int_equal(rd(b, DWT_CYCCNT), 0);
	bench_run(b, 10);
	wr(b, DEMCR, 0x01000000);
	assert_int_equal(rd(b, DWT_CYCCNT), 15);
	bench_free(b);
}

static void test_vector_catch(void **state)
{
	static const struct { unsigned pick, demcr, shcsr, pc; } cases[] = {
		{ 2, BIT(7), 0x70000, faults_usage },
		{ 2, BIT(10), 0, faults_hard },
		{ 0, BIT(8), 0x70000, faults_bus },
		{ 6, BIT(4), 0x70000, faults_mm },
		{ 8, BIT(6), 0x70000, faults_usage },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bench *b = bench_with(program_faults);

		halt(b);
		set_reg(b, 0, cases[i].pick);
		wr(b, SHCSR, cases[i].shcsr);
		wr(b, DEMCR, cases[i].demcr);
		wr(b, DFSR, 0x1f);
		wr(b, DHCSR, RUN);
		bench_run(b, 100);
		assert_true(is_halted(b));
		assert_int_equal(reg(b, PC), cases[i].pc);
		assert_int_equal(rd(b, DFSR), 8);
		assert_int_equal(reg(b, LR), 0xfffffff9);
		bench_free(b);
	}
}

static void test_the_gated_core_refuses_the_debugger(void **state)
{
	struct bench *b = bench_with(program_arithmetic);
	struct vb_cpu_state s;
	uint32_t v;

	(void)state;
	vb_cpu_gate(b->cpu, true);
	assert_int_equal(try_read(b, DHCSR, 4, &v), VB_FAULT);
	bench_run(b, 100);
	vb_cpu_state(b->cpu, &s);
	assert_int_equal(s.cycles, 0);
	vb_cpu_gate(b->cpu, false);
	bench_run(b, 100);
	vb_cpu_state(b->cpu, &s);
	assert_int_equal(s.cycles, 100);
	bench_free(b);
}

static uint64_t pid(struct bench *b, uint32_t base)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < 4; i++)
		v |= (uint64_t)(rd(b, base + 0xfe0 + 4 * i) & 0xff) << 8 * i;
	return v | (uint64_t)(rd(b, base + 0xfd0) & 0xff) << 32;
}

static uint32_t cid(struct bench *b, uint32_t base)
{
	uint32_t v = 0;

	for (unsigned i = 0; i < 4; i++)
		v |= (rd(b, base + 0xff0 + 4 * i) & 0xff) << 8 * i;
	return v;
}

static void test_identification(void **state)
{
	static const struct { uint32_t base; uint64_t pid; uint32_t cid; } parts[] = {
		{ 0xe00ff000, 0x00000a0415, 0xb105100d }, { 0xe000e000, 0x04000bb00c, 0xb105e00d },
		{ 0xe0001000, 0x04003bb002, 0xb105e00d }, { 0xe0002000, 0x04002bb003, 0xb105e00d },
		{ 0xe0000000, 0x04003bb001, 0xb105e00d }, { 0xe0040000, 0x04000bb9a1, 0xb105900d },
		{ 0xe0041000, 0x04000bb925, 0xb105900d },
	};
	static const uint32_t table[] = { 0xfff0f003, 0xfff02003, 0xfff03003, 0xfff01003,
					  0xfff41003, 0xfff42003, 0,	      0 };
	struct bench *b = bench_with(program_arithmetic);
	uint32_t v;

	(void)state;
	assert_int_equal(cid(b, 0xe0001000), 0);
	wr(b, DEMCR, 0x01000000);
	for (unsigned i = 0; i < ARRAY_SIZE(parts); i++) {
		assert_true(pid(b, parts[i].base) == parts[i].pid);
		assert_int_equal(cid(b, parts[i].base), parts[i].cid);
	}
	for (unsigned i = 0; i < ARRAY_SIZE(table); i++)
		assert_int_equal(rd(b, 0xe00ff000 + 4 * i), table[i]);
	assert_int_equal(rd(b, 0xe00fffcc), 1);
	assert_int_equal(rd(b, 0xe000ed00), 0x410fc241);
	assert_int_equal(rd(b, 0xe000ef40), 0x10110021);
	assert_int_equal(rd(b, 0xe000ef44), 0x11000011);
	assert_int_equal(rd(b, 0xe000ed78), 0);
	assert_int_equal(rd(b, 0xe000e004), 2);
	assert_int_equal(try_read(b, 0xe0003000, 4, &v), VB_FAULT);
	bench_free(b);
}

static void test_m7_identification_and_reset_window(void **state)
{
	struct bench *b = bench_new_core(VB_CORTEX_M7F, 0x411fc271);
	uint32_t v;

	(void)state;
	vb_cpu_reset(b->cpu, VB_CPU_POWER_ON);
	assert_int_equal(rd(b, 0xe00fd000), 0x00001003);
	assert_int_equal(rd(b, 0xe00fe000), 0x00001003);
	assert_true(pid(b, 0xe00fe000) == 0x04000bb4c8);
	assert_true(pid(b, 0xe00ff000) == 0x04000bb4c7);
	assert_int_equal(rd(b, 0xe00ff010), 0xfff41002);
	assert_int_equal(rd(b, 0xe00fd004), 0xfff43003);
	assert_int_equal(rd(b, 0xe00fd008), 0xfff46003);
	assert_true(pid(b, 0xe0043000) == 0x04001bb101);
	assert_int_equal(rd(b, 0xe00fd00c), 0);
	assert_int_equal(rd(b, 0xe000ed90), 0x1000);
	assert_int_equal(rd(b, 0xe000ed78), 0x09000003);
	assert_int_equal(rd(b, 0xe000ed80), 0xf01fe019);
	wr(b, 0xe000ed84, 1);
	assert_int_equal(rd(b, 0xe000ed80), 0xf03fe009);
	vb_cpu_hold(b->cpu, true);
	assert_int_equal(try_read(b, 0xe000ed00, 4, &v), VB_OK);
	assert_int_equal(try_read(b, 0xe000ef44, 4, &v), VB_OK);
	assert_int_equal(try_read(b, 0xe000ed08, 4, &v), VB_FAULT);
	assert_int_equal(try_read(b, 0xe0002000, 4, &v), VB_FAULT);
	bench_free(b);
}

static void test_itm_packets(void **state)
{
	static const uint8_t expected[] = { 0x01, 'h', 0x0b, 0x78, 0x56, 0x34, 0x12 };
	struct bench *b = bench_with(program_arithmetic);
	struct vb_access a = { .master = VB_CPU_DATA, .addr = 0xe0000000, .size = 1,
			       .is_privileged = false };
	uint32_t v;

	(void)state;
	wr(b, DEMCR, 0x01000000);
	assert_int_equal(vb_bus_write(b->bus, &a, 'x'), VB_OK);
	assert_int_equal(b->traced, 0);
	wr(b, 0xe0000fb0, 0xc5acce55);
	wr(b, 0xe0000e80, 0x0001000d);
	wr(b, 0xe0000e00, 3);
	assert_int_equal(rd(b, 0xe0000e80), 0x0001000d);
	assert_int_equal(vb_bus_read(b->bus, &a, &v), VB_OK);
	assert_int_equal(v, 1);
	assert_int_equal(vb_bus_write(b->bus, &a, 'h'), VB_OK);
	a.addr += 4;
	a.size = 4;
	assert_int_equal(vb_bus_write(b->bus, &a, 0x12345678), VB_OK);
	a.addr += 4;
	assert_int_equal(vb_bus_write(b->bus, &a, 0x55), VB_OK);	/* port 2 is off */
	assert_int_equal(b->traced, sizeof(expected));
	assert_memory_equal(b->trace, expected, sizeof(expected));
	bench_free(b);
}

static void test_nvic_registers(void **state)
{
	struct bench *b = bench_with(program_arithmetic);
	struct vb_access a = {
		.master = VB_DAP, .addr = 0xe000e405, .size = 1, .is_privileged = true
	};

	(void)state;
	halt(b);
	wr(b, 0xe000e104, 0xffffffff);
	wr(b, 0xe000e108, 0xffffffff);
	assert_int_equal(rd(b, 0xe000e104), 0xffffffff);
	assert_int_equal(rd(b, 0xe000e188), 0x0003ffff);	/* 82 interrupts */
	wr(b, 0xe000e184, 0x0000ffff);
	assert_int_equal(rd(b, 0xe000e104), 0xffff0000);
	assert_int_equal(vb_bus_write(b->bus, &a, 0xff), VB_OK);
	assert_int_equal(rd(b, 0xe000e404), 0x0000f000);
	wr(b, 0xe000ed18, 0xffffffff);
	assert_int_equal(rd(b, 0xe000ed18), 0x00f0f0f0);
	wr(b, 0xe000e204, 1 << 17);
	assert_int_equal(rd(b, 0xe000e284), 1 << 17);
	assert_int_equal(rd(b, 0xe000ed04), (16 + 32 + 17) << 12 | BIT(22) | BIT(23) | BIT(11));
	wr(b, 0xe000e284, 1 << 17);
	assert_int_equal(rd(b, 0xe000e204), 0);
	wr(b, AIRCR, 0x05fa0300);
	assert_int_equal(rd(b, AIRCR), 0xfa050300);
	bench_free(b);
}

static void test_v6m_lacks_what_it_lacks(void **state)
{
	struct bench *b = bench_new_core(VB_CORTEX_M0PLUS, 0x410cc601);
	uint32_t v;

	(void)state;
	memcpy(b->flash, program_svcall, sizeof(program_svcall));
	vb_cpu_reset(b->cpu, VB_CPU_POWER_ON);
	bench_run(b, 2);
	halt(b);
	wr(b, CFSR, 0xffffffff);
	assert_int_equal(rd(b, CFSR), 0);
	assert_int_equal(rd(b, FP_CTRL), 0x40);
	wr(b, DEMCR, 0xffffffff);
	assert_int_equal(rd(b, DEMCR), 0x01000401);
	assert_int_equal(try_read(b, DHCSR, 1, &v), VB_FAULT);
	set_reg(b, SPECIAL, 0xffffffff);
	assert_int_equal(reg(b, SPECIAL), 0x03000001);
	set_reg(b, SPECIAL, 0);
	assert_true(pid(b, 0xe00ff000) == 0x0a0415);
	assert_true(pid(b, 0xe0002000) == 0x04000bb00b);
	set_reg(b, 1, 0x20000101);
	wr(b, 0x20000600, 0x0000680a);		/* ldr r2, [r1]: unaligned */
	set_reg(b, PC, 0x20000600);
	wr(b, DEMCR, BIT(10));
	step(b);
	assert_int_equal(reg(b, XPSR) & 0x1ff, 3);
	bench_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dhcsr_key_and_sticky_bits),
		cmocka_unit_test(test_c_halt_needs_c_debugen),
		cmocka_unit_test(test_software_cannot_enable_debug),
		cmocka_unit_test(test_c_maskints_changes_with_c_halt_only),
		cmocka_unit_test(test_every_register_can_be_written_and_read),
		cmocka_unit_test(test_packed_special_registers),
		cmocka_unit_test(test_register_transfers_take_time),
		cmocka_unit_test(test_a_step_is_one_instruction),
		cmocka_unit_test(test_a_step_into_a_pending_interrupt),
		cmocka_unit_test(test_a_step_over_svc_and_into_a_fault),
		cmocka_unit_test(test_a_step_out_of_a_handler),
		cmocka_unit_test(test_a_stepped_wfi_is_a_nop),
		cmocka_unit_test(test_bkpt_halts_on_itself),
		cmocka_unit_test(test_fpb_breaks_on_both_halves),
		cmocka_unit_test(test_fpb_replaces_an_instruction),
		cmocka_unit_test(test_fpb_v2),
		cmocka_unit_test(test_v8m_watchpoints_and_status),
		cmocka_unit_test(test_watchpoints_stop_behind_the_access),
		cmocka_unit_test(test_watching_a_device),
		cmocka_unit_test(test_a_watchpoint_inside_an_it_block),
		cmocka_unit_test(test_watching_a_value),
		cmocka_unit_test(test_the_debugger_does_not_trip_watchpoints),
		cmocka_unit_test(test_cyccnt_counts_cycles),
		cmocka_unit_test(test_vector_catch),
		cmocka_unit_test(test_the_gated_core_refuses_the_debugger),
		cmocka_unit_test(test_identification),
		cmocka_unit_test(test_m7_identification_and_reset_window),
		cmocka_unit_test(test_itm_packets),
		cmocka_unit_test(test_nvic_registers),
		cmocka_unit_test(test_v6m_lacks_what_it_lacks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
