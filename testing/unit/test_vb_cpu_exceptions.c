/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vb_cpu: exceptions, priorities, stacks, floating-point frames, faults, lockup, sleep, reset. */
#include "vb_cpu_bench.h"

static void test_svc_and_back(void **state)
{
	struct bench *b = bench_with(program_svcall);

	(void)state;
	bench_run(b, 100);
	halt(b);
	assert_int_equal(reg(b, PC), svcall_end);
	assert_int_equal(reg(b, 7), 5);
	assert_int_equal(reg(b, 6), 11);	/* IPSR in the handler */
	assert_int_equal(reg(b, 0), 33);	/* from the changed frame */
	assert_int_equal(reg(b, 2), 55);
	assert_int_equal(reg(b, SP), 0x20008000);
	bench_free(b);
}

static void test_systick_interrupts_every_millisecond(void **state)
{
	struct bench *b = bench_with(program_systick);

	(void)state;
	/* 4 MHz and a reload of 999: every 250 us. The counter starts after 13 instructions or so.
	 */
	vb_clock_advance(b->clock, 10 * 250000 + 20000);
	assert_int_equal(rd(b, 0x20000000), 10);
	halt(b);
	assert_int_equal(rd(b, 0xe000e010) & BIT(16), BIT(16));
	assert_int_equal(rd(b, 0xe000e010) & BIT(16), BIT(16));	/* a debugger does not clear it */
	uint32_t cvr = rd(b, 0xe000e018);

	vb_clock_advance(b->clock, 1000000);	/* stands still in Debug state */
	assert_int_equal(rd(b, 0xe000e018), cvr);
	assert_int_equal(rd(b, 0x20000000), 10);
	assert_in_range(cvr, 1, 999);
	wr(b, DHCSR, RUN);
	vb_clock_advance(b->clock, 250000);
	assert_int_equal(rd(b, 0x20000000), 11);
	bench_free(b);
}

static void test_preemption_and_tail_chaining(void **state)
{
	struct bench *b = bench_with(program_nesting);
	char log[8] = { 0 };

	(void)state;
	bench_run(b, 400);
	halt(b);
	assert_int_equal(reg(b, PC), nesting_end);
	assert_true(vb_bus_peek(b->bus, 0x20000010, log, 6));
	/* IRQ0 starts (a), IRQ1 preempts (1), IRQ0 ends (b), PendSV (p), then the main program. */
	assert_string_equal(log, "a1bpm");
	assert_int_equal(reg(b, XPSR) & 0x1ff, 0);
	assert_int_equal(reg(b, SP), 0x20008000);
	bench_free(b);
}

static void test_stack_pointers_and_privilege(void **state)
{
	struct bench *b = bench_with(program_stacks);

	(void)state;
	bench_run(b, 200);
	halt(b);
	assert_int_equal(reg(b, PC), stacks_end);
	assert_int_equal(reg(b, 4), 0x20004000);
	assert_int_equal(reg(b, 5), 0);			/* CPSID does nothing without privilege */
	assert_int_equal(reg(b, 8), 0x20008000);	/* the handler is on MSP */
	assert_int_equal(reg(b, 9), 0x20004000 - 8 - 32);
	assert_int_equal(reg(b, 10), 0xfffffffd);
	assert_int_equal(reg(b, 6), 0x20004000 - 8);
	assert_int_equal(reg(b, 7), 2);			/* privileged now, still on PSP */
	assert_int_equal(reg(b, SP), reg(b, PSP));
	assert_int_equal(reg(b, MSP), 0x20008000);
	bench_free(b);
}

static void test_unprivileged_code_cannot_reach_the_ppb(void **state)
{
	struct bench *b = bench_with(program_faults);

	(void)state;
	wr(b, SHCSR, 0x00070000);
	halt(b);
	set_reg(b, 1, 0xe000ed08);
	set_reg(b, SPECIAL, 0x01000000);
	set_reg(b, PC, faults_read + 2);	/* ldr r2, [r1, #4] */
	wr(b, DHCSR, RUN);
	bench_run(b, 100);
	halt(b);
	assert_int_equal(reg(b, 4), 5);
	assert_int_equal(rd(b, CFSR), 0x00008200);
	assert_int_equal(rd(b, 0xe000ed38), 0xe000ed0c);
	bench_free(b);
}

static void test_fp_context_across_an_interrupt(void **state)
{
	struct bench *b = bench_with(program_floating);
	uint32_t sp;

	(void)state;
	wr(b, SHCSR, 0x00070000);
	halt(b);
	run_to(b, floating_use);
	/* Lazy: room is reserved, S0..S15 still live in the registers. */
	assert_int_equal(reg(b, LR), 0xffffffe9);
	sp = reg(b, SP);
	assert_int_equal(sp, 0x20008000 - 0x68);
	assert_int_equal(rd(b, 0xe000ef38), sp + 0x20);
	assert_int_equal(rd(b, 0xe000ef34) & 0xc0000001, 0xc0000001);
	assert_int_equal(rd(b, 0xe000ef34) & 0x9, 0x9);		/* THREAD */
	assert_int_equal(reg(b, S0), 0x3fc00000);
	assert_int_equal(reg(b, S0 + 15), 0x40200000);
	wr(b, sp + 0x20, 0xdeadbeef);
	step(b); /* the handler's first FP instruction */
	assert_int_equal(rd(b, 0xe000ef34) & 1, 0);
	assert_int_equal(rd(b, sp + 0x20), 0x3fc00000);
	assert_int_equal(rd(b, sp + 0x20 + 60), 0x40200000);
	assert_int_equal(reg(b, S0), 0x41000000);
	wr(b, DHCSR, RUN);
	bench_run(b, 300);
	halt(b);
	assert_int_equal(reg(b, PC), floating_end);
	assert_int_equal(reg(b, 4), 0x40800000);		/* 1.5 + 2.5 */
	assert_int_equal(reg(b, S0 + 16), 0x40400000);
	assert_int_equal(reg(b, 7), 4);				/* MRS CONTROL: FPCA */
	assert_int_equal(reg(b, 8), 0xffffffe9);
	assert_int_equal(reg(b, 9), 0);
	assert_int_equal(rd(b, 0x20000200), 4);			/* FPCA in the handler after use */
	assert_int_equal(rd(b, 0x20000204), 1 << 19);		/* NOCP came first */
	assert_int_equal(reg(b, SP), 0x20008000);
	bench_free(b);
}

/* Faults: which handler, which status, which return address. */

enum { NO_ADDR = 0xffffffff };
static const struct fault_case {
	const char *name;
	unsigned pick;
	uint32_t cfsr, pc, addr, ccr;
	unsigned handler;
} faults[] = {
	{ "load",	0, 0x00008200, faults_read + 2, 0x60000014, 0, 5 },
	{ "store",	1, 0x00008200, faults_write + 2, 0x60000020, 0, 5 },
	{ "undefined",	2, 0x00010000, faults_undefined, NO_ADDR, 0, 6 },
	{ "even",	3, 0x00020000, 0x08000100, NO_ADDR, 0, 6 },
	{ "divide",	4, 0x02000000, faults_divide + 2, NO_ADDR, 0x10, 6 },
	{ "unaligned",	5, 0x01000000, faults_unaligned + 2, NO_ADDR, 0x08, 6 },
	{ "xn",		6, 0x00000001, 0x40000000, NO_ADDR, 0, 4 },
	{ "no memory",	7, 0x00000100, 0x10000000, NO_ADDR, 0, 5 },
	{ "ldm",	8, 0x01000000, faults_ldm + 2, NO_ADDR, 0, 6 },
	{ "in IT",	10, 0x00008200, faults_itload + 6, 0x60000010, 0, 5 },
	{ "excret",	11, 0x00000001, 0xfffffff8, NO_ADDR, 0, 4 },
	{ "device",	12, 0x00008200, faults_device + 2, 0x40000100, 0, 5 },
	{ "rom",	13, 0x00008200, faults_rom + 4, 0x08000000, 0, 5 },
};

static struct bench *run_fault(unsigned pick, uint32_t shcsr, uint32_t ccr)
{
	struct bench *b = bench_with(program_faults);

	b->device_faults = true;
	halt(b);
	set_reg(b, 0, pick);
	wr(b, SHCSR, shcsr);
	wr(b, 0xe000ed14, 0x200 | ccr);
	wr(b, DHCSR, RUN);
	bench_run(b, 200);
	halt(b);
	return b;
}

static void test_each_fault_says_what_and_where(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		const struct fault_case *f = &faults[i];
		struct bench *b = run_fault(f->pick, 0x00070000, f->ccr);

		print_message("  %s\n", f->name);
		assert_int_equal(rd(b, CFSR), f->cfsr);
		assert_int_equal(rd(b, HFSR), 0);
		assert_int_equal(reg(b, PC), faults_stop);
		assert_int_equal(reg(b, 4), f->handler);
		assert_int_equal(reg(b, XPSR) & 0x1ff, f->handler);
		assert_int_equal(reg(b, 5), f->pc);
		if (f->addr != NO_ADDR)
			assert_int_equal(rd(b, 0xe000ed38), f->addr);
		if (f->pick == 10)
			assert_int_not_equal(reg(b, 6) & 0x0600fc00, 0);
		bench_free(b);
	}
}

static void test_without_traps_division_and_alignment_are_quiet(void **state)
{
	(void)state;
	for (unsigned pick = 4; pick < 6; pick++) {
		struct bench *b = run_fault(pick, 0x00070000, 0);

		assert_int_equal(rd(b, CFSR), 0);
		assert_int_equal(reg(b, PC), faults_out);
		bench_free(b);
	}
}

static void test_disabled_faults_escalate(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		struct bench *b = run_fault(faults[i].pick, 0, faults[i].ccr);

		assert_int_equal(rd(b, CFSR), faults[i].cfsr);
		assert_int_equal(rd(b, HFSR), 0x40000000);
		assert_int_equal(reg(b, 4), 3);
		assert_int_equal(reg(b, 5), faults[i].pc);
		wr(b, CFSR, 0xffffffff);
		wr(b, HFSR, 0xffffffff);
		assert_int_equal(rd(b, CFSR), 0);
		assert_int_equal(rd(b, HFSR), 0);
		bench_free(b);
	}
}

/* SP points nowhere: UsageFault cannot stack; BusFault takes over, with no usable frame. */
static void test_a_bad_stack_pointer(void **state)
{
	struct bench *b = run_fault(9, 0x00070000, 0);

	(void)state;
	assert_int_equal(rd(b, CFSR) & 0x00011000, 0x00011000);		/* UNDEFINSTR, STKERR */
	bench_free(b);
	b = run_fault(9, 0, 0);
	assert_int_equal(rd(b, CFSR), 0x00011000);
	assert_int_equal(reg(b, PC), 0xfffffffe);
	assert_int_equal(reg(b, XPSR) & 0x1ff, 3);
	bench_free(b);
}

static void test_lockup_shows_and_ends(void **state)
{
	struct bench *b = bench_with(program_lockup);
	struct vb_cpu_state s;

	(void)state;
	bench_run(b, 100);
	vb_cpu_state(b->cpu, &s);
	assert_true(s.locked_up);
	wr(b, DHCSR, RUN);
	assert_true(rd(b, DHCSR) & S_LOCKUP);
	assert_false(rd(b, DHCSR) & S_HALT);
	halt(b);
	assert_false(rd(b, DHCSR) & S_LOCKUP);
	assert_int_equal(reg(b, PC), 0xfffffffe);
	assert_int_equal(reg(b, XPSR) & 0x1ff, 3);
	assert_int_equal(rd(b, HFSR), 0x40000000);
	assert_int_equal(rd(b, CFSR), 0x00010000);
	wr(b, DHCSR, RUN);			/* nothing was mended: again */
	bench_run(b, 10);
	assert_true(rd(b, DHCSR) & S_LOCKUP);
	halt(b);
	wr(b, AIRCR, 0x05fa0002);		/* VECTCLRACTIVE */
	assert_int_equal(reg(b, XPSR) & 0x1ff, 0);
	set_reg(b, PC, lockup_end);
	wr(b, DHCSR, RUN);
	bench_run(b, 10);
	assert_false(rd(b, DHCSR) & S_LOCKUP);
	halt(b);
	assert_int_equal(reg(b, PC), lockup_end);
	bench_free(b);
}

static void test_nmi_breaks_a_lockup_in_hardfault(void **state)
{
	struct bench *b = bench_with(program_lockup);

	(void)state;
	bench_run(b, 100);
	wr(b, 0xe000ed04, 0x80000000);
	bench_run(b, 100);
	halt(b);
	assert_int_equal(reg(b, XPSR) & 0x1ff, 2);
	assert_int_equal(reg(b, 5), 1);
	bench_free(b);
}

static void test_erased_flash_locks_up(void **state)
{
	struct bench *b = bench_with(program_lockup);

	(void)state;
	memset(b->flash, 0xff, sizeof(b->flash));
	vb_cpu_reset(b->cpu, VB_CPU_POWER_ON);
	bench_run(b, 10);
	wr(b, DHCSR, RUN);
	assert_true(rd(b, DHCSR) & S_LOCKUP);
	halt(b);
	assert_int_equal(reg(b, PC), 0xfffffffe);
	assert_int_equal(reg(b, XPSR) & 0x1ff, 3);
	bench_free(b);
}

static void test_a_wrong_exc_return(void **state)
{
	struct bench *b = bench_with(program_svcall);

	(void)state;
	wr(b, SHCSR, 0x00070000);
	halt(b);
	run_to(b, svcall_return);
	set_reg(b, LR, 0xfffffff1);	/* to Handler mode, but nothing else is active */
	wr(b, DHCSR, RUN);
	bench_run(b, 50);
	halt(b);
	assert_int_equal(rd(b, CFSR), 0x00040000);
	assert_int_equal(reg(b, XPSR) & 0x1ff, 6);
	assert_int_equal(reg(b, SP), 0x20008000 - 32);	/* no second frame */
	bench_free(b);
}

static void test_a_frame_that_cannot_be_popped(void **state)
{
	struct bench *b = bench_with(program_svcall);

	(void)state;
	wr(b, SHCSR, 0x00070000);
	halt(b);
	run_to(b, svcall_return);
	set_reg(b, MSP, 0x60000000);
	wr(b, DEMCR, BIT(9));			/* VC_INTERR */
	wr(b, DFSR, 0x1f);
	wr(b, DHCSR, RUN);
	bench_run(b, 100);
	assert_true(is_halted(b));
	assert_int_equal(rd(b, DFSR), 8);
	assert_int_equal(rd(b, CFSR), 0x00000800);	/* UNSTKERR */
	assert_int_equal(reg(b, XPSR) & 0x1ff, 5);
	assert_int_equal(reg(b, LR), 0xfffffff9);
	assert_int_equal(reg(b, MSP), 0x60000000);
	bench_free(b);
}

static void test_frames_are_aligned_to_eight(void **state)
{
	struct bench *b = bench_with(program_svcall);

	(void)state;
	halt(b);
	set_reg(b, MSP, 0x20007ffc);
	run_to(b, svcall_handler);
	assert_int_equal(reg(b, MSP), 0x20007ffc - 4 - 32);
	assert_int_equal(rd(b, 0x20007ffc - 4 - 4), 0x01000200);	/* xPSR, bit 9: padded */
	wr(b, DHCSR, RUN);
	bench_run(b, 100);
	halt(b);
	assert_int_equal(reg(b, PC), svcall_end);
	assert_int_equal(reg(b, MSP), 0x20007ffc);
	assert_int_equal(reg(b, XPSR) & 0x200, 0);
	bench_free(b);
}

static void test_vtor_moves_the_table(void **state)
{
	struct bench *b = bench_with(program_svcall);

	(void)state;
	halt(b);
	for (unsigned i = 0; i < 16; i++)
		wr(b, 0x20001000 + 4 * i, svcall_end | 1);
	wr(b, 0xe000ed08, 0x20001001);
	assert_int_equal(rd(b, 0xe000ed08), 0x20001000);
	wr(b, DHCSR, RUN);
	bench_run(b, 50);
	halt(b);
	assert_int_equal(reg(b, PC), svcall_end);
	assert_int_equal(reg(b, XPSR) & 0x1ff, 11);
	bench_free(b);
}

static void test_basepri_masks_by_group(void **state)
{
	struct bench *b = bench_with(program_systick);

	(void)state;
	halt(b);
	wr(b, 0xe000ed20, 0x40000000);		/* SysTick at 0x40 */
	wr(b, 0xe000ed04, BIT(26));
	set_reg(b, SPECIAL, 0x4000);
	step(b);
	assert_int_equal(reg(b, XPSR) & 0x1ff, 0);
	assert_int_equal(rd(b, 0xe000ed04) >> 12 & 0x1ff, 15);
	wr(b, AIRCR, 0x05fa0600);		/* one group bit: 0x50 and 0x40 are one group */
	set_reg(b, SPECIAL, 0x5000);
	step(b);
	assert_int_equal(reg(b, XPSR) & 0x1ff, 0);
	wr(b, AIRCR, 0x05fa0000);
	step(b);
	assert_int_equal(reg(b, XPSR) & 0x1ff, 15);
	assert_int_equal(reg(b, PC), systick_handler);
	bench_free(b);
}

static void test_the_vector_table_is_gone(void **state)
{
	struct bench *b = bench_with(program_svcall);

	(void)state;
	halt(b);
	wr(b, 0xe000ed08, 0x60000000);
	wr(b, DHCSR, RUN);
	bench_run(b, 100);
	assert_true(rd(b, DHCSR) & S_LOCKUP);
	assert_int_equal(rd(b, HFSR), 2);		/* VECTTBL */
	bench_free(b);
}

static void test_sleep_and_wake(void **state)
{
	struct bench *b = bench_with(program_sleep);
	struct vb_cpu_state s;

	(void)state;
	wr(b, DHCSR, RUN);
	bench_run(b, 100000);
	vb_cpu_state(b->cpu, &s);
	assert_true(s.sleeping);
	assert_int_equal(s.pc, sleep_wfi + 2);
	assert_in_range(s.cycles, 4, 7);
	assert_int_equal(b->slept, 1);
	assert_true(rd(b, DHCSR) & S_SLEEP);
	vb_cpu_irq(b->cpu, 0, true);
	vb_cpu_irq(b->cpu, 0, false);
	bench_run(b, 1000);
	assert_true(rd(b, DHCSR) & S_SLEEP);		/* in the second WFE now */
	assert_int_equal(b->slept, 2);
	wr(b, DHCSR, HALT);				/* a halt request wakes it */
	assert_int_equal(rd(b, DHCSR) & (S_SLEEP | S_HALT), S_HALT);
	assert_int_equal(reg(b, PC), sleep_wfe + 2);
	assert_int_equal(reg(b, 5), 1);
	assert_int_equal(reg(b, 4), 3);
	assert_int_equal(b->woken, 2);
	bench_free(b);
}

static void test_primask_keeps_the_handler_away_but_wfi_wakes(void **state)
{
	struct bench *b = bench_with(program_sleep);

	(void)state;
	wr(b, DHCSR, RUN);
	bench_run(b, 100);
	vb_cpu_irq(b->cpu, 0, true);
	vb_cpu_irq(b->cpu, 0, false);
	bench_run(b, 1);
	halt(b);
	assert_in_range(reg(b, PC), sleep_woken, sleep_woken + 2);
	assert_int_equal(reg(b, 5), 0);
	wr(b, DHCSR, RUN);
	bench_run(b, 40);
	halt(b);
	assert_int_equal(reg(b, 5), 1);
	assert_int_equal(reg(b, 6), 1);		/* right behind CPSIE */
	bench_free(b);
}

static void test_a_line_that_stays_high_interrupts_again(void **state)
{
	struct bench *b = bench_with(program_sleep);

	(void)state;
	wr(b, DHCSR, RUN);
	bench_run(b, 100);
	vb_cpu_irq(b->cpu, 0, true);
	bench_run(b, 200);
	halt(b);
	assert_in_range(reg(b, 5), 10, 30);
	wr(b, 0xe000e200, 1);
	wr(b, 0xe000e280, 1);			/* clearing the pending bit does not help */
	assert_int_equal(rd(b, 0xe000e200), 1);
	vb_cpu_irq(b->cpu, 0, false);
	wr(b, 0xe000e280, 1);
	assert_int_equal(rd(b, 0xe000e200), 0);
	bench_free(b);
}

static void test_sysresetreq_and_vectreset(void **state)
{
	struct bench *b = bench_with(program_arithmetic);

	(void)state;
	wr(b, DHCSR, RUN);
	rd(b, DHCSR);
	bench_run(b, 100);
	wr(b, DEMCR, 0x01000001);
	wr(b, FP_COMP0, 0x48000051);
	wr(b, 0xe000ed08, 0x08000000);
	wr(b, AIRCR, 0x12340004);		/* no key: nothing */
	bench_run(b, 1);
	assert_int_equal(b->requests, 0);
	wr(b, AIRCR, 0x05fa0004);
	bench_run(b, 1);
	assert_int_equal(b->requests, 1);
	assert_int_equal(rd(b, DHCSR) & (S_HALT | S_RESET_ST | 1), S_HALT | S_RESET_ST | 1);
	assert_int_equal(rd(b, DHCSR) & S_RESET_ST, 0);
	assert_int_equal(rd(b, DFSR) & 8, 8);
	assert_int_equal(reg(b, PC), arithmetic_start);
	assert_int_equal(reg(b, SP), 0x20008000);
	assert_int_equal(reg(b, LR), 0xffffffff);
	assert_int_equal(reg(b, XPSR), 0x01000000);
	assert_int_equal(reg(b, 0), 0);
	assert_int_equal(rd(b, 0xe000ed08), 0);
	assert_int_equal(rd(b, DEMCR), 0x01000001);
	assert_int_equal(rd(b, FP_COMP0), 0x48000051);
	wr(b, AIRCR, 0x05fa0001);
	bench_run(b, 1);
	assert_int_equal(b->core_requests, 1);
	assert_true(is_halted(b));

	vb_cpu_reset(b->cpu, VB_CPU_POWER_ON);
	assert_int_equal(rd(b, DHCSR) & 0x0202000f, S_RESET_ST);
	assert_int_equal(rd(b, DEMCR), 0);
	assert_int_equal(rd(b, FP_COMP0), 0);
	assert_int_equal(rd(b, DFSR), 0);
	bench_free(b);
}

static void test_reset_is_held(void **state)
{
	struct bench *b = bench_with(program_arithmetic);
	struct vb_cpu_state s;

	(void)state;
	vb_cpu_hold(b->cpu, true);
	wr(b, DHCSR, RUN);
	wr(b, DEMCR, 1);
	bench_run(b, 100);
	vb_cpu_state(b->cpu, &s);
	assert_true(s.in_reset);
	assert_int_equal(s.cycles, 0);
	assert_true(rd(b, DHCSR) & S_RESET_ST);
	assert_true(rd(b, DHCSR) & S_RESET_ST);		/* again and again */
	vb_cpu_hold(b->cpu, false);
	assert_true(rd(b, DHCSR) & S_RESET_ST);
	assert_false(rd(b, DHCSR) & S_RESET_ST);
	assert_true(is_halted(b));
	assert_int_equal(reg(b, PC), arithmetic_start);
	vb_cpu_state(b->cpu, &s);
	assert_int_equal(s.instructions, 0);
	bench_free(b);
}

static void test_the_core_asks_for_its_own_reset(void **state)
{
	struct bench *b = bench_with(program_faults);

	(void)state;
	halt(b);
	set_reg(b, 1, AIRCR);
	set_reg(b, 2, 0x05fa0004);
	set_reg(b, PC, faults_write + 2);	/* str r2, [r1] */
	wr(b, DHCSR, RUN);
	bench_run(b, 2);
	assert_int_equal(b->requests, 1);
	halt(b);
	assert_int_equal(reg(b, 2), 0);
	bench_free(b);
}

static void test_mpu(void **state)
{
	struct bench *b = bench_with(program_mpu);

	(void)state;
	wr(b, 0x20000504, 0x1234);
	bench_run(b, 200);
	halt(b);
	assert_int_equal(reg(b, PC), mpu_end);
	assert_int_equal(reg(b, 5), 0x1234);
	assert_int_equal(reg(b, 6), 1);
	assert_int_equal(reg(b, 8), mpu_store);
	assert_int_equal(rd(b, 0x20000504), 0x1234);	/* the store did not happen */
	assert_int_equal(rd(b, CFSR), 0x82);
	assert_int_equal(rd(b, 0xe000ed34), 0x20000504);
	assert_int_equal(rd(b, 0xe000ed90), 0x800);
	bench_free(b);
}

static void test_debug_monitor(void **state)
{
	struct bench *b = bench_with(program_bkpt);

	(void)state;
	wr(b, DEMCR, 0x00010000);		/* MON_EN, no halting debug */
	bench_run(b, 100);
	wr(b, DHCSR, RUN);
	halt(b);
	assert_int_equal(reg(b, PC), bkpt_end);
	assert_int_equal(reg(b, 4), 1);
	assert_int_equal(reg(b, 0), 2);
	assert_true(rd(b, DFSR) & 2);
	bench_free(b);
}

static void test_bkpt_without_a_debugger_is_a_hardfault(void **state)
{
	struct bench *b = bench_with(program_bkpt);

	(void)state;
	bench_run(b, 100);
	halt(b);
	assert_int_equal(reg(b, 4), 3);
	assert_int_equal(rd(b, HFSR), 0x80000000);
	bench_free(b);
}

static void test_the_same_on_every_core(void **state)
{
	static const struct { enum vb_core core; uint32_t cpuid, lr;
	} cores[] = {
		{ VB_CORTEX_M0, 0x410cc200, 0xfffffffd },
		{ VB_CORTEX_M0PLUS, 0x410cc601, 0xfffffffd },
		{ VB_CORTEX_M3, 0x412fc231, 0xfffffffd },
		{ VB_CORTEX_M4F, 0x410fc241, 0xfffffffd },
		{ VB_CORTEX_M7F, 0x411fc271, 0xfffffffd },
		{ VB_CORTEX_M33, 0x410fd213, 0xffffffbc },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(cores); i++) {
		struct bench *b = bench_new_core(cores[i].core, cores[i].cpuid);

		memcpy(b->flash, program_common, sizeof(program_common));
		vb_cpu_reset(b->cpu, VB_CPU_POWER_ON);
		bench_run(b, 300);
		wr(b, DHCSR, RUN);
		halt(b);
		assert_int_equal(rd(b, 0xe000ed00), cores[i].cpuid);
		assert_int_equal(reg(b, PC), common_end);
		assert_int_equal(reg(b, 4), 0x11);
		assert_int_equal(reg(b, 5), 9);
		assert_int_equal(reg(b, 6), 0x20004000);
		assert_int_equal(reg(b, 7), cores[i].lr);
		assert_int_equal(reg(b, MSP), 0x20008000);
		assert_int_equal(reg(b, SPECIAL), 0x02000000);
		step(b);
		assert_int_equal(reg(b, PC), common_end);
		bench_free(b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_svc_and_back),
		cmocka_unit_test(test_systick_interrupts_every_millisecond),
		cmocka_unit_test(test_preemption_and_tail_chaining),
		cmocka_unit_test(test_stack_pointers_and_privilege),
		cmocka_unit_test(test_unprivileged_code_cannot_reach_the_ppb),
		cmocka_unit_test(test_fp_context_across_an_interrupt),
		cmocka_unit_test(test_each_fault_says_what_and_where),
		cmocka_unit_test(test_without_traps_division_and_alignment_are_quiet),
		cmocka_unit_test(test_disabled_faults_escalate),
		cmocka_unit_test(test_a_bad_stack_pointer),
		cmocka_unit_test(test_lockup_shows_and_ends),
		cmocka_unit_test(test_nmi_breaks_a_lockup_in_hardfault),
		cmocka_unit_test(test_erased_flash_locks_up),
		cmocka_unit_test(test_a_wrong_exc_return),
		cmocka_unit_test(test_a_frame_that_cannot_be_popped),
		cmocka_unit_test(test_frames_are_aligned_to_eight),
		cmocka_unit_test(test_vtor_moves_the_table),
		cmocka_unit_test(test_basepri_masks_by_group),
		cmocka_unit_test(test_the_vector_table_is_gone),
		cmocka_unit_test(test_sleep_and_wake),
		cmocka_unit_test(test_primask_keeps_the_handler_away_but_wfi_wakes),
		cmocka_unit_test(test_a_line_that_stays_high_interrupts_again),
		cmocka_unit_test(test_sysresetreq_and_vectreset),
		cmocka_unit_test(test_reset_is_held),
		cmocka_unit_test(test_the_core_asks_for_its_own_reset),
		cmocka_unit_test(test_mpu),
		cmocka_unit_test(test_debug_monitor),
		cmocka_unit_test(test_bkpt_without_a_debugger_is_a_hardfault),
		cmocka_unit_test(test_the_same_on_every_core),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
