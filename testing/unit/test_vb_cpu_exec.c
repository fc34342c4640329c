/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vb_cpu: instructions, IT blocks, memory, time. */
#include "vb_cpu_bench.h"

/* What vb_cpu_soak.c computes on a PC. */
#define SOAK_RESULT 0x93523c77u

static void test_arithmetic(void **state)
{
	struct bench *b = bench_with(program_arithmetic);
	struct vb_cpu_state s;

	(void)state;
	bench_run(b, 200);
	vb_cpu_state(b->cpu, &s);
	assert_int_equal(s.pc, arithmetic_end);
	assert_int_equal(s.instructions, 200);
	halt(b);
	assert_int_equal(reg(b, 0), 55);
	assert_int_equal(reg(b, 4), 0x12345678);
	assert_int_equal(reg(b, 2), (uint32_t)(0x12345678ull * 0x12345678ull));
	assert_int_equal(reg(b, 3), (uint32_t)(0x12345678ull * 0x12345678ull >> 32));
	assert_int_equal(reg(b, 5), 0x12345678 / 55);
	assert_int_equal(reg(b, PC), arithmetic_end);
	assert_int_equal(reg(b, SP), 0x20008000);
	assert_int_equal(reg(b, XPSR) & 0x01ffffff, 0x01000000);
	bench_free(b);
}

static void test_time_passes_with_instructions(void **state)
{
	struct bench *b = bench_with(program_arithmetic);
	struct vb_cpu_state s;

	(void)state;
	vb_clock_advance(b->clock, 3 * CYCLE_NS + 100);
	vb_cpu_state(b->cpu, &s);
	assert_int_equal(s.cycles, 3);
	vb_clock_advance(b->clock, CYCLE_NS - 100);	/* the rest of the fourth cycle */
	vb_cpu_state(b->cpu, &s);
	assert_int_equal(s.cycles, 4);
	vb_cpu_set_hclk(b->cpu, 80000000);
	vb_clock_advance(b->clock, 1000);
	vb_cpu_state(b->cpu, &s);
	assert_int_equal(s.cycles, 84);
	bench_free(b);
}

static void test_an_instruction_costs_what_its_memory_costs(void **state)
{
	struct bench *b = bench_new_core(VB_CORTEX_M4F, 0x410fc241);
	struct vb_cpu_state s;

	(void)state;
	memcpy(b->flash, program_arithmetic, sizeof(program_arithmetic));
	put_le32(b->flash + 4, get_le32(b->flash + 4) & 0xffff);	/* run from the alias at 0 */
	b->low->fetch_hz = BENCH_HCLK / 16;
	vb_cpu_reset(b->cpu, VB_CPU_POWER_ON);
	vb_clock_advance(b->clock, 48 * CYCLE_NS);
	vb_cpu_state(b->cpu, &s);
	assert_int_equal(s.cycles, 48);
	assert_int_equal(s.instructions, 3);
	bench_free(b);
}

static void check_itblocks(struct bench *b)
{
	assert_int_equal(reg(b, PC), itblocks_end);
	assert_int_equal(reg(b, 1), 1);
	assert_int_equal(reg(b, 2), 0);
	assert_int_equal(reg(b, 3), 1);
	assert_int_equal(reg(b, 4), 0);
	assert_int_equal(reg(b, 5), 2);
	assert_int_equal(rd(b, 0x20000100), 1);
	assert_int_equal(reg(b, XPSR), 0x61000000);
}

static void test_it_blocks_run(void **state)
{
	struct bench *b = bench_with(program_itblocks);

	(void)state;
	bench_run(b, 100);
	halt(b);
	check_itblocks(b);
	bench_free(b);
}

/* Every member is a step of its own, taken or not, and xPSR shows where in the block we are. */
static void test_it_blocks_step(void **state)
{
	static const struct { uint32_t pc, it; } steps[] = {
		{ itblocks_it + 2, 0x06000800 },
		{ itblocks_it + 4, 0x04001400 },
		{ itblocks_it + 6, 0x00000c00 },
		{ itblocks_it + 8, 0x00001800 },
		{ itblocks_after, 0 },
	};
	struct bench *b = bench_with(program_itblocks);

	(void)state;
	halt(b);
	while (reg(b, PC) != itblocks_it)
		step(b);
	(void)steps;
	for (unsigned i = 0; i < ARRAY_SIZE(steps); i++) {
		step(b);
		assert_int_equal(reg(b, PC), steps[i].pc);
		assert_int_equal(!!(reg(b, XPSR) & 0x0600fc00), !!steps[i].it);
	}
	for (unsigned i = 0; i < 20 && reg(b, PC) != itblocks_end; i++)
		step(b);
	check_itblocks(b);
	bench_free(b);
}

static void test_a_breakpoint_inside_an_it_block(void **state)
{
	struct bench *b = bench_with(program_itblocks);

	(void)state;
	halt(b);
	run_to(b, itblocks_it + 4);	/* on a member that is not executed */
	assert_int_equal(reg(b, 1), 1);
	run_to(b, itblocks_after + 4);
	assert_int_equal(rd(b, 0x20000100), 1);
	assert_int_equal(reg(b, 5), 0);
	wr(b, DHCSR, RUN);
	bench_run(b, 100);
	halt(b);
	check_itblocks(b);
	bench_free(b);
}

static void test_code_that_changes(void **state)
{
	struct bench *b = bench_with(program_selfcopy);

	(void)state;
	bench_run(b, 100);
	halt(b);
	assert_int_equal(reg(b, PC), selfcopy_end);
	assert_int_equal(reg(b, 4), 0xaa);
	assert_int_equal(reg(b, 5), 0x55);
	/* and when the debugger changes it */
	set_reg(b, PC, 0x20001000);
	set_reg(b, LR, selfcopy_end | 1);
	wr(b, 0x20001000, 0x47702077);
	wr(b, DHCSR, RUN);
	bench_run(b, 10);
	halt(b);
	assert_int_equal(reg(b, 0), 0x77);
	assert_int_equal(reg(b, PC), selfcopy_end);
	bench_free(b);
}

static void test_an_alias_can_be_pointed_elsewhere(void **state)
{
	static const uint8_t other[] = { 0x42, 0x20, 0xfe, 0xe7 };	/* movs r0, #0x42; b . */
	struct bench *b = bench_with(program_arithmetic);

	(void)state;
	memcpy(&b->ram[0x4c], other, sizeof(other));
	halt(b);
	set_reg(b, PC, 0x4c);
	wr(b, DHCSR, RUN);
	bench_run(b, 200);
	halt(b);
	assert_int_equal(reg(b, 0), 55);
	vb_bus_remap(b->bus, b->low, b->ram, sizeof(b->ram));
	set_reg(b, PC, 0x4c);
	wr(b, DHCSR, RUN);
	bench_run(b, 200);
	halt(b);
	assert_int_equal(reg(b, 0), 0x42);
	vb_bus_remap(b->bus, b->low, b->flash, sizeof(b->flash));
	set_reg(b, PC, 0x4c);
	wr(b, DHCSR, RUN);
	bench_run(b, 200);
	halt(b);
	assert_int_equal(reg(b, 0), 55);
	bench_free(b);
}

static void test_exclusive_monitor(void **state)
{
	struct bench *b = bench_with(program_exclusive);

	(void)state;
	bench_run(b, 200);
	halt(b);
	assert_int_equal(reg(b, PC), exclusive_end);
	assert_int_equal(reg(b, 2), 0);
	assert_int_equal(reg(b, 3), 1);		/* the SVC in between cleared the monitor */
	assert_int_equal(reg(b, 4), 1);
	assert_int_equal(reg(b, 5), 0);
	assert_int_equal(reg(b, 6), 1);		/* no LDREX before */
	assert_int_equal(rd(b, 0x20000400), 2);
	bench_free(b);
}

static void test_a_device_interrupts_at_once(void **state)
{
	struct bench *b = bench_with(program_device);

	(void)state;
	bench_run(b, 200);
	halt(b);
	assert_int_equal(reg(b, 2), 0x5a);
	assert_int_equal(b->device[1], 0);	/* the handler quenched it */
	/* It came right behind the store: r3 was not loaded yet when the handler copied it. */
	assert_int_equal(reg(b, 3), 1);
	assert_int_equal(reg(b, 5), 0);
	assert_int_equal(b->device[0], 0x5a);
	bench_free(b);
}

static void test_a_stalled_read_takes_its_time(void **state)
{
	struct bench *b = bench_with(program_device);
	struct vb_cpu_state s;

	(void)state;
	b->stall_until_ns = 100000;
	bench_run(b, 200);
	vb_cpu_state(b->cpu, &s);
	assert_in_range(s.cycles, 6, 8);
	wr(b, DHCSR, HALT);
	assert_false(is_halted(b));		/* the bus holds the core */
	bench_run(b, 300);
	assert_true(is_halted(b));
	assert_int_equal(vb_clock_now(b->clock), 125000);
	wr(b, DHCSR, RUN);
	bench_run(b, 100);
	halt(b);
	assert_int_equal(reg(b, 2), 0x5a);
	bench_free(b);
}

static void test_bit_band(void **state)
{
	struct bench *b = bench_with(program_arithmetic);

	(void)state;
	wr(b, 0x20000010, 0x00000100);
	assert_int_equal(rd(b, 0x22000000 + 0x10 * 32 + 8 * 4), 1);
	assert_int_equal(rd(b, 0x22000000 + 0x10 * 32 + 9 * 4), 0);
	wr(b, 0x22000000 + 0x10 * 32 + 31 * 4, 1);
	wr(b, 0x22000000 + 0x10 * 32 + 8 * 4, 0xfffffffe);
	assert_int_equal(rd(b, 0x20000010), 0x80000000);
	wr(b, 0x42000000 + 0x8 * 32 + 5 * 4, 1);
	assert_int_equal(b->device[2], 0x20);
	bench_free(b);
}

static enum vb_result refuse_cpu(void *ctx, struct vb_access *a, uint32_t offset)
{
	struct bench *b = ctx;

	(void)offset;
	if (a->master == VB_DAP)
		return VB_OK;
	if (vb_clock_now(b->clock) >= b->stall_until_ns)
		return VB_OK;
	a->stall_until_ns = b->stall_until_ns;
	return VB_STALL;
}

/* Flash that is busy: code that runs from it waits. */
static void test_a_guarded_region_stalls_the_fetch(void **state)
{
	static const struct vb_ram_ops ops = { .check = refuse_cpu };
	struct bench *b = bench_with(program_arithmetic);
	struct vb_region *flash = (struct vb_region *)vb_bus_find(b->bus, 0x08000000);
	struct vb_cpu_state s;

	(void)state;
	flash->ram_ops = &ops;
	flash->ctx = b;
	bench_run(b, 10);
	b->stall_until_ns = vb_clock_now(b->clock) + 100 * CYCLE_NS;
	vb_bus_guard(b->bus, flash, true);
	bench_run(b, 90);
	vb_cpu_state(b->cpu, &s);
	assert_int_equal(s.cycles, 10);
	bench_run(b, 20);
	vb_cpu_state(b->cpu, &s);
	assert_int_equal(s.cycles, 20);
	vb_bus_guard(b->bus, flash, false);
	bench_run(b, 100);
	halt(b);
	assert_int_equal(reg(b, 0), 55);
	bench_free(b);
}

/* Interrupts with FPU use, breakpoints, watchpoints, the MPU and single steps: none changes a result. */
static uint32_t soak(unsigned how, uint32_t *ticks)
{
	struct bench *b = bench_with(program_soak);
	uint32_t result;

	wr(b, DHCSR, RUN);
	if (how & 1) {
		wr(b, 0xe000ed20, 0x00f00000);
		wr(b, 0xe000e014, 400);
		wr(b, 0xe000e018, 0);
		wr(b, 0xe000e010, 7);
	}
	if (how & 2) {
		wr(b, FP_COMP0, 0x4800f001);
		wr(b, FP_CTRL, 3);
	}
	if (how & 4) {
		wr(b, DEMCR, 0x01000000);
		wr(b, DWT_COMP0, 0x2000f000);
		wr(b, DWT_MASK0, 2);
		wr(b, DWT_FUNCTION0, 7);
	}
	if (how & 8) {
		wr(b, 0xe000ed9c, 0x10);
		wr(b, 0xe000eda0, 0x0300003f);
		wr(b, 0xe000ed94, 7);
	}
	for (unsigned n = 0; n < 3000 && rd(b, soak_rounds) < 4; n++) {
		bench_run(b, 100 + n * 13 % 1009);
		if (!(how & 16) || n % 8)
			continue;
		halt(b);
		for (unsigned i = 0; i < 50; i++)
			step(b);
		wr(b, DHCSR, RUN);
	}
	assert_int_equal(rd(b, soak_rounds), 4);
	result = rd(b, soak_result);
	*ticks = rd(b, soak_ticks);
	bench_free(b);
	return result;
}

static void test_nothing_disturbs_a_program(void **state)
{
	uint32_t ticks, undisturbed = soak(0, &ticks);

	(void)state;
	assert_int_equal(undisturbed, SOAK_RESULT);
	assert_int_equal(ticks, 0);
	for (unsigned how = 1; how < 32; how = how * 2 + 1) {
		assert_int_equal(soak(how, &ticks), undisturbed);
		assert_true(ticks > 100);
	}
}

/* MEMRMP written by code that runs from the alias: the next instruction is the new memory's. */
static void test_code_unmaps_itself(void **state)
{
	struct bench *b = bench_with(program_faults);

	(void)state;
	b->remap_on_write = true;
	halt(b);
	set_reg(b, 1, 0x40000008);
	set_reg(b, PC, (faults_write + 2) & 0xffff);	/* str r2, [r1] */
	wr(b, DHCSR, RUN);
	bench_run(b, 50);
	halt(b);
	assert_int_equal(reg(b, XPSR) & 0x1ff, 3);
	assert_int_equal(reg(b, PC), 0xfffffffe);	/* the vectors are gone as well */
	bench_free(b);
}

static void assert_same_state(const struct vb_cpu_state *a, const struct vb_cpu_state *b)
{
	assert_int_equal(a->halted, b->halted);
	assert_int_equal(a->sleeping, b->sleeping);
	assert_int_equal(a->locked_up, b->locked_up);
	assert_int_equal(a->in_reset, b->in_reset);
	assert_int_equal(a->pc, b->pc);
	assert_int_equal(a->xpsr, b->xpsr);
	assert_int_equal(a->instructions, b->instructions);
	assert_int_equal(a->cycles, b->cycles);
}

static void test_two_runs_are_the_same(void **state)
{
	struct vb_cpu_state s[2];
	uint32_t count[2];

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct bench *b = bench_with(program_systick);

		for (unsigned n = 0; n < 1000; n++)
			vb_clock_advance(b->clock, 1 + n * 7919 % 30011);
		vb_cpu_state(b->cpu, &s[i]);
		count[i] = get_le32(b->ram);
		bench_free(b);
	}
	assert_same_state(&s[0], &s[1]);
	assert_int_equal(count[0], count[1]);
	assert_in_range(count[0], 14000 * 1000 / 4000 / 1000, 100000);
}

/* How the time is cut must not matter to the program. */
static void test_slices_do_not_matter(void **state)
{
	struct vb_cpu_state s[2];
	uint32_t count[2];

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct bench *b = bench_with(program_systick);

		for (unsigned n = 0; n < (i ? 1 : 3000); n++)
			vb_clock_advance(b->clock, i ? 3000 * 1111 : 1111);
		vb_cpu_state(b->cpu, &s[i]);
		count[i] = get_le32(b->ram);
		bench_free(b);
	}
	assert_same_state(&s[0], &s[1]);
	assert_int_equal(count[0], count[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arithmetic),
		cmocka_unit_test(test_time_passes_with_instructions),
		cmocka_unit_test(test_an_instruction_costs_what_its_memory_costs),
		cmocka_unit_test(test_it_blocks_run),
		cmocka_unit_test(test_it_blocks_step),
		cmocka_unit_test(test_a_breakpoint_inside_an_it_block),
		cmocka_unit_test(test_code_that_changes),
		cmocka_unit_test(test_an_alias_can_be_pointed_elsewhere),
		cmocka_unit_test(test_exclusive_monitor),
		cmocka_unit_test(test_a_device_interrupts_at_once),
		cmocka_unit_test(test_a_stalled_read_takes_its_time),
		cmocka_unit_test(test_bit_band),
		cmocka_unit_test(test_a_guarded_region_stalls_the_fetch),
		cmocka_unit_test(test_nothing_disturbs_a_program),
		cmocka_unit_test(test_code_unmaps_itself),
		cmocka_unit_test(test_two_runs_are_the_same),
		cmocka_unit_test(test_slices_do_not_matter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
