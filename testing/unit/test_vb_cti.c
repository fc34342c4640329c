/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cross trigger interfaces: the registers and the matrix, and what the cores do with them. */
#include "vb_cpu_bench.h"
#include "vboard/core/cti.h"

enum { CONTROL = 0x000, INTACK = 0x010, APPSET = 0x014, APPCLEAR = 0x018, APPPULSE = 0x01c, INEN0 = 0x020,
       OUTEN0 = 0x0a0, TRIGOUT = 0x134, CHIN = 0x138, CHOUT = 0x13c, GATE = 0x140, ITCTRL = 0xf00,
       LAR = 0xfb0, LSR = 0xfb4, DEVID = 0xfc8, DEVTYPE = 0xfcc, PIDR0 = 0xfe0 };

#define RESTART 7u

struct pins {
	uint8_t level;
	unsigned rises[8];
};

static void note(void *ctx, unsigned n, bool level)
{
	struct pins *p = ctx;

	p->level = (uint8_t)((p->level & ~(1u << n)) | (unsigned)level << n);
	p->rises[n] += level;
}

static struct vb_cti *new_cti(struct pins *p)
{
	return vb_cti_new(&(struct vb_cti_config){
		.self_acknowledging = 1u << RESTART, .out = note, .ctx = p });
}

static void put(struct vb_cti *cti, uint32_t offset, uint32_t value)
{
	vb_cti_write(cti, offset, value, true);
}

static uint32_t get(struct vb_cti *cti, uint32_t offset)
{
	return vb_cti_read(cti, offset, true);
}

static void test_after_power_on(void **state)
{
	struct pins p = { 0 };
	struct vb_cti *cti = new_cti(&p);

	(void)state;
	assert_int_equal(get(cti, CONTROL), 0);
	assert_int_equal(get(cti, GATE), 0xf);
	assert_int_equal(get(cti, DEVID), 0x00040800);
	put(cti, INEN0 + 8, 0xffffffff);
	assert_int_equal(get(cti, INEN0 + 8), 0xf);
	put(cti, OUTEN0, 1);
	put(cti, APPPULSE, 1);
	assert_int_equal(p.rises[0], 0);		/* GLBEN is off */
	vb_cti_free(cti);
}

static void test_an_output_waits_for_its_acknowledge(void **state)
{
	struct pins p = { 0 };
	struct vb_cti *cti = new_cti(&p);

	(void)state;
	put(cti, CONTROL, 1);
	put(cti, OUTEN0, 4);
	put(cti, APPSET, 4);
	assert_int_equal(p.level, 1);
	put(cti, INTACK, 1);
	assert_int_equal(p.level, 1);			/* the channel is still active */
	put(cti, APPCLEAR, 4);
	assert_int_equal(get(cti, TRIGOUT), 1);
	put(cti, CONTROL, 0);
	assert_int_equal(p.level, 1);
	put(cti, INTACK, 2);
	assert_int_equal(p.level, 1);
	put(cti, INTACK, 1);
	assert_int_equal(p.level, 0);
	vb_cti_free(cti);
}

static void test_the_matrix_and_its_gates(void **state)
{
	struct pins pa = { 0 }, pb = { 0 };
	struct vb_cti *a = new_cti(&pa), *b = new_cti(&pb);

	(void)state;
	vb_cti_join(a, b);
	put(a, CONTROL, 1);
	put(b, CONTROL, 1);
	put(a, INEN0 + 4, 2);
	put(a, OUTEN0, 2);
	put(b, OUTEN0 + 4 * RESTART, 2);
	vb_cti_pulse(a, 1);
	assert_int_equal(pa.level, 1);			/* its own output hears it too */
	assert_int_equal(pb.rises[RESTART], 1);
	assert_int_equal(pb.level, 0);			/* answered by hardware */
	put(a, GATE, 0xd);
	vb_cti_pulse(a, 1);
	assert_int_equal(pb.rises[RESTART], 1);
	put(b, GATE, 0);				/* gates what b sends, not what it hears */
	put(a, GATE, 0xf);
	put(a, APPSET, 2);
	assert_int_equal(get(a, CHOUT), 2);
	assert_int_equal(get(b, CHIN), 2);
	assert_int_equal(get(a, CHIN), 0);
	assert_int_equal(pb.rises[RESTART], 2);
	put(a, ITCTRL, 1);
	assert_int_equal(get(b, CHIN), 0);
	vb_cti_free(a);
	put(b, CONTROL, 1);
	vb_cti_free(b);
}

static void test_the_lock_binds_software(void **state)
{
	struct pins p = { 0 };
	struct vb_cti *cti = new_cti(&p);

	(void)state;
	vb_cti_write(cti, GATE, 5, false);
	assert_int_equal(get(cti, GATE), 0xf);
	assert_int_equal(get(cti, LSR), 0);
	assert_int_equal(vb_cti_read(cti, LSR, false), 3);
	vb_cti_write(cti, LAR, 0xc5acce55, false);
	vb_cti_write(cti, GATE, 5, false);
	assert_int_equal(get(cti, GATE), 5);
	assert_int_equal(vb_cti_read(cti, LSR, false), 1);
	vb_cti_free(cti);
}

/* A Cortex-M7 alone: its CTI is at 0xE0042000. */

#define M7 0xe0042000u

static struct bench *m7_with(const uint8_t *program, size_t size)
{
	struct bench *b = bench_new_core(VB_CORTEX_M7F, 0x411fc271);

	memset(b->flash, 0xff, sizeof(b->flash));
	memcpy(b->flash, program, size);
	vb_cpu_reset(b->cpu, VB_CPU_POWER_ON);
	assert_int_equal(rd(b, M7 + PIDR0), 0x06);
	assert_int_equal(rd(b, M7 + PIDR0 + 4), 0xb9);
	assert_int_equal(rd(b, M7 + DEVTYPE), 0x14);
	assert_int_equal(rd(b, M7 + DEVID), 0x00040800);
	wr(b, M7 + CONTROL, 1);
	return b;
}

static void test_a_debug_request_halts_again_until_acknowledged(void **state)
{
	struct bench *b = m7_with(program_arithmetic, sizeof(program_arithmetic));
	uint32_t pc;

	(void)state;
	wr(b, M7 + OUTEN0, 1);
	wr(b, M7 + APPPULSE, 1);
	bench_run(b, 5);
	assert_false(is_halted(b));			/* without C_DEBUGEN nobody listens */
	wr(b, DHCSR, RUN);
	assert_true(is_halted(b));			/* but the request stands */
	assert_int_equal(rd(b, DFSR), 1 << 4);
	wr(b, DFSR, 0x1f);
	pc = reg(b, PC);
	wr(b, DHCSR, RUN);
	bench_run(b, 10);
	assert_true(is_halted(b));
	assert_int_equal(rd(b, DFSR), 1 << 4);
	assert_int_equal(reg(b, PC), pc);
	wr(b, M7 + INTACK, 1);
	wr(b, DHCSR, RUN);
	bench_run(b, 10);
	assert_false(is_halted(b));
	bench_free(b);
}

static void test_restart_by_a_channel(void **state)
{
	struct bench *b = m7_with(program_arithmetic, sizeof(program_arithmetic));

	(void)state;
	halt(b);
	wr(b, M7 + OUTEN0, 1);
	wr(b, M7 + OUTEN0 + 4 * RESTART, 2);
	wr(b, M7 + APPPULSE, 1);
	wr(b, M7 + APPPULSE, 2);
	assert_true(is_halted(b));			/* the request wins */
	wr(b, M7 + INTACK, 1);
	wr(b, M7 + APPPULSE, 2);
	assert_false(is_halted(b));
	assert_int_equal(rd(b, DHCSR) & 3, 1);
	bench_free(b);
}

static void test_a_comparator_halts_through_the_cti(void **state)
{
	struct bench *b = m7_with(program_watch, sizeof(program_watch));

	(void)state;
	wr(b, DHCSR, RUN);
	wr(b, DEMCR, 1 << 24);
	wr(b, M7 + INEN0 + 4 * 2, 8);			/* comparator 1 */
	wr(b, M7 + OUTEN0, 8);
	wr(b, DWT_COMP0 + 16, 0x20000000);
	wr(b, DWT_MASK0 + 16, 15);
	wr(b, DWT_FUNCTION0 + 16, 10);			/* CMPMATCH on a write */
	bench_run(b, 500);
	assert_true(is_halted(b));
	assert_int_equal(rd(b, DFSR), 1 << 4);
	bench_free(b);
}

/* Two Cortex-M4 with joined interfaces, as on the board dual-m4. */

#define M4 0xe0043000u

struct two {
	struct vb_clock *clock;
	struct bench core[2];		/* only bus, clock and cpu */
	struct vb_bus *bus[2];
	uint8_t flash[0x1000], ram[0x1000];
};

static void two_start(struct two *t, const uint8_t *program, size_t size)
{
	struct vb_cpu_config config = {
		.core = VB_CORTEX_M4F, .cpuid = 0x410fc241, .irqs = 8, .nvic_prio_bits = 4,
		.rom_table_base = 0xe00ff000, .has_peer = true, .is_second = true, .cti_base = M4,
	};
	struct vb_region r = { .name = "flash", .base = 0, .size = sizeof(t->flash), .ram = t->flash,
			       .executable = true };

	memset(t, 0, sizeof(*t));
	memcpy(t->flash, program, size);
	t->clock = vb_clock_new();
	t->bus[0] = vb_bus_new();
	vb_bus_add(t->bus[0], &r);
	r.base = 0x08000000;
	vb_bus_add(t->bus[0], &r);
	r = (struct vb_region){ .name = "ram", .base = 0x20007000, .size = sizeof(t->ram), .ram = t->ram,
				.writable = true };
	vb_bus_add(t->bus[0], &r);
	t->bus[1] = vb_bus_branch(t->bus[0]);
	t->core[1].cpu = vb_cpu_new(&config, t->bus[1], t->clock);
	config.is_second = false;
	t->core[0].cpu = vb_cpu_new(&config, t->bus[0], t->clock);
	vb_cpu_join_triggers(t->core[0].cpu, t->core[1].cpu);
	for (unsigned k = 0; k < 2; k++) {
		t->core[k].bus = t->bus[k];
		t->core[k].clock = t->clock;
		vb_cpu_set_hclk(t->core[k].cpu, BENCH_HCLK);
		vb_cpu_reset(t->core[k].cpu, VB_CPU_POWER_ON);
		wr(&t->core[k], DHCSR, RUN);
		wr(&t->core[k], M4 + CONTROL, 1);
	}
}

static void two_end(struct two *t)
{
	for (unsigned k = 0; k < 2; k++)
		vb_cpu_free(t->core[k].cpu);
	vb_bus_free(t->bus[1]);
	vb_bus_free(t->bus[0]);
	vb_clock_free(t->clock);
}

static uint64_t cycles(struct two *t, unsigned k)
{
	struct vb_cpu_state s;

	vb_cpu_state(t->core[k].cpu, &s);
	return s.cycles;
}

static void test_the_rom_table_leads_to_it(void **state)
{
	struct two t;

	(void)state;
	two_start(&t, program_arithmetic, sizeof(program_arithmetic));
	for (unsigned k = 0; k < 2; k++) {
		assert_int_equal(rd(&t.core[k], 0xe00ff018), 0xfff44003);
		assert_int_equal(rd(&t.core[k], 0xe00ff01c), 0);
		assert_int_equal(rd(&t.core[k], M4 + PIDR0), 0x06);
	}
	two_end(&t);
}

static void test_one_core_halts_and_releases_the_other(void **state)
{
	struct two t;

	(void)state;
	for (unsigned k = 0; k < 2; k++) {
		struct bench *me, *other;
		uint64_t spent;

		two_start(&t, program_arithmetic, sizeof(program_arithmetic));
		me = &t.core[k];
		other = &t.core[!k];
		wr(me, M4 + INEN0, 1);
		wr(other, M4 + OUTEN0, 1);
		wr(me, M4 + OUTEN0 + 4 * RESTART, 2);
		wr(other, M4 + OUTEN0 + 4 * RESTART, 2);
		spent = cycles(&t, 0) - cycles(&t, 1);
		wr(me, FP_COMP0, (arithmetic_end & 0x1ffffffc) | 0x80000001);
		wr(me, FP_CTRL, 3);
		bench_run(me, 200);
		assert_true(is_halted(me) && is_halted(other));
		assert_int_equal(rd(me, DFSR), 1 << 1);
		assert_int_equal(rd(other, DFSR), 1 << 4);
		spent = cycles(&t, !k) - cycles(&t, k) - spent;
		/* A slice is 20 cycles; the one that runs second never stops before its reason. */
		assert_in_range(spent, 0, k == 0 ? 1 : 20);

		wr(me, FP_CTRL, 2);
		wr(other, M4 + INTACK, 1);
		wr(me, M4 + APPPULSE, 2);
		assert_false(is_halted(me) || is_halted(other));
		spent = cycles(&t, 0) - cycles(&t, 1);
		bench_run(me, 100);
		assert_int_equal(cycles(&t, 0) - cycles(&t, 1), spent);
		two_end(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_after_power_on),
		cmocka_unit_test(test_an_output_waits_for_its_acknowledge),
		cmocka_unit_test(test_the_matrix_and_its_gates),
		cmocka_unit_test(test_the_lock_binds_software),
		cmocka_unit_test(test_a_debug_request_halts_again_until_acknowledged),
		cmocka_unit_test(test_restart_by_a_channel),
		cmocka_unit_test(test_a_comparator_halts_through_the_cti),
		cmocka_unit_test(test_the_rom_table_leads_to_it),
		cmocka_unit_test(test_one_core_halts_and_releases_the_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
