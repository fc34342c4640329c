/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vb_cpu: L1 caches of the M7, and regions whose reads are answered by a hook. */
#include "vb_cpu_bench.h"

enum { CCR = 0xe000ed14u, CCSIDR = 0xe000ed80u, CSSELR = 0xe000ed84u, MPU_CTRL = 0xe000ed94u,
       MPU_RBAR = 0xe000ed9cu, MPU_RASR = 0xe000eda0u, ICIALLU = 0xe000ef50u,
       ICIMVAU = 0xe000ef58u, DCIMVAC = 0xe000ef5cu, DCISW = 0xe000ef60u, DCCMVAU = 0xe000ef64u,
       DCCMVAC = 0xe000ef68u, DCCSW = 0xe000ef6cu, DCCIMVAC = 0xe000ef70u, DCCISW = 0xe000ef74u };

#define DC		0x10000u
#define IC		0x20000u
#define OCRAM		0x20200000u
#define FLASH		0x60000000u
#define CODE		0x20001000u	/* in the TCM: never cached */
#define CODE_STR	(CODE + 0)	/* str r1, [r0] */
#define CODE_LDR	(CODE + 2)	/* ldr r1, [r0] */
#define CODE_STRH	(CODE + 4)
#define CODE_LOOP	(CODE + 6)	/* ldr r1, [r0]; adds r1, #1; str r1, [r0]; b CODE_LOOP */
#define CODE_CALL	(CODE + 14)	/* blx r0; b . */

static const uint16_t code[] = { 0x6001, 0x6801, 0x8001, 0x6801, 0x3101, 0x6001, 0xe7fb, 0x4780,
				 0xe7fe };

struct cbench {
	struct bench *b;
	uint8_t ocram[0x10000], flash[0x10000], answer[0x10000];
	struct vb_region *window;
	enum vb_result verdict, read_verdict;
	uint64_t ready_ns;
	unsigned reads;
	bool reveals;
};

static enum vb_result window_check(void *ctx, struct vb_access *a, uint32_t offset)
{
	struct cbench *c = ctx;

	(void)a;
	(void)offset;
	return c->verdict;
}

static enum vb_result window_read(void *ctx, struct vb_access *a, uint32_t offset, uint32_t *value)
{
	struct cbench *c = ctx;

	c->reads++;
	*value = 0;
	if (c->read_verdict != VB_OK)
		return c->read_verdict;
	if (c->reveals) {	/* memory is right from now on */
		vb_bus_poke(c->b->bus, FLASH + 0x100, c->answer + 0x100, 0x20);
		vb_bus_guard(c->b->bus, c->window, false);
	}
	if (vb_clock_now(c->b->clock) < c->ready_ns) {
		a->stall_until_ns = c->ready_ns;
		return VB_STALL;
	}
	for (unsigned n = 0; n < a->size; n++)
		*value |= (uint32_t)c->answer[offset + n] << 8 * n;
	return VB_OK;
}

static const struct vb_ram_ops window_ops = { .check = window_check, .read = window_read };

static struct cbench *cbench_new(uint32_t ccr)
{
	struct cbench *c = calloc(1, sizeof(*c));
	struct vb_region r = { .name = "ocram", .base = OCRAM, .size = sizeof(c->ocram),
			       .ram = c->ocram, .writable = true, .executable = true,
			       .cacheable = true };

	c->b = bench_new_core(VB_CORTEX_M7F, 0x411fc271);
	vb_bus_add(c->b->bus, &r);
	r = (struct vb_region){ .name = "window", .base = FLASH, .size = sizeof(c->flash),
				.ram = c->flash, .executable = true, .cacheable = true,
				.ram_ops = &window_ops, .ctx = c };
	c->window = vb_bus_add(c->b->bus, &r);
	memcpy(c->b->flash, program_arithmetic, sizeof(program_arithmetic));
	memcpy(c->b->ram + (CODE & 0xffff), code, sizeof(code));
	vb_cpu_reset(c->b->cpu, VB_CPU_POWER_ON);
	halt(c->b);
	wr(c->b, CCR, ccr);
	assert_int_equal(rd(c->b, CCR), ccr | 0x40200);
	return c;
}

static void cbench_free(struct cbench *c)
{
	bench_free(c->b);
	free(c);
}

/* The core executes one instruction of the table above. */
static void core_does(struct cbench *c, uint32_t at, uint32_t r0, uint32_t r1)
{
	set_reg(c->b, 0, r0);
	set_reg(c->b, 1, r1);
	set_reg(c->b, PC, at);
	step(c->b);
	assert_int_equal(reg(c->b, PC), at + 2);
}

static void core_writes(struct cbench *c, uint32_t addr, uint32_t value)
{
	core_does(c, CODE_STR, addr, value);
}

static uint32_t core_reads(struct cbench *c, uint32_t addr)
{
	core_does(c, CODE_LDR, addr, 0);
	return reg(c->b, 1);
}

static uint32_t dap_cacheable(struct cbench *c, uint32_t addr, bool is_write, uint32_t value)
{
	struct vb_access a = { .master = VB_DAP, .addr = addr, .size = 4, .is_privileged = true,
			       .is_cacheable = true };

	if (is_write)
		assert_int_equal(vb_bus_write(c->b->bus, &a, value), VB_OK);
	else
		assert_int_equal(vb_bus_read(c->b->bus, &a, &value), VB_OK);
	return value;
}

static void test_caches_off_are_coherent(void **state)
{
	struct cbench *c = cbench_new(0);
	struct vb_cache_stats stats;

	(void)state;
	core_writes(c, OCRAM + 0x100, 0x11111111);
	assert_int_equal(rd(c->b, OCRAM + 0x100), 0x11111111);
	wr(c->b, OCRAM + 0x100, 0x22222222);
	assert_int_equal(core_reads(c, OCRAM + 0x100), 0x22222222);
	vb_cpu_cache_stats(c->b->cpu, &stats);
	assert_int_equal(stats.fills, 0);
	cbench_free(c);
}

static void test_a_dirty_line_hides_from_the_dap(void **state)
{
	struct cbench *c = cbench_new(DC);
	struct vb_cache_stats stats;

	(void)state;
	core_writes(c, OCRAM + 0x104, 0x12345678);
	assert_int_equal(core_reads(c, OCRAM + 0x104), 0x12345678);
	assert_int_equal(rd(c->b, OCRAM + 0x104), 0);
	vb_cpu_cache_stats(c->b->cpu, &stats);
	assert_int_equal(stats.fills, 1);
	assert_int_equal(stats.stale_dap_reads, 1);
	assert_int_equal(dap_cacheable(c, OCRAM + 0x104, false, 0), 0x12345678);
	wr(c->b, DCCMVAC, OCRAM + 0x11f);
	assert_int_equal(rd(c->b, OCRAM + 0x104), 0x12345678);
	vb_cpu_cache_stats(c->b->cpu, &stats);
	assert_int_equal(stats.writebacks, 1);
	/* TCM is never cached. */
	core_writes(c, 0x20000100, 0xcafe);
	assert_int_equal(rd(c->b, 0x20000100), 0xcafe);
	cbench_free(c);
}

static void test_a_write_of_the_dap_hides_from_the_core(void **state)
{
	struct cbench *c = cbench_new(DC);
	struct vb_cache_stats stats;

	(void)state;
	wr(c->b, OCRAM + 0x200, 1);
	assert_int_equal(core_reads(c, OCRAM + 0x200), 1);
	wr(c->b, OCRAM + 0x200, 2);
	assert_int_equal(core_reads(c, OCRAM + 0x200), 1);
	vb_cpu_cache_stats(c->b->cpu, &stats);
	assert_int_equal(stats.stale_cpu_reads, 1);
	wr(c->b, DCIMVAC, OCRAM + 0x200);
	assert_int_equal(core_reads(c, OCRAM + 0x200), 2);
	/* An invalidate throws away what was dirty. */
	core_writes(c, OCRAM + 0x200, 3);
	wr(c->b, DCIMVAC, OCRAM + 0x200);
	assert_int_equal(core_reads(c, OCRAM + 0x200), 2);
	/* Clean and invalidate does not, and overwrites what the DAP wrote meanwhile. */
	core_writes(c, OCRAM + 0x200, 4);
	wr(c->b, OCRAM + 0x204, 0x5555);
	wr(c->b, DCCIMVAC, OCRAM + 0x200);
	assert_int_equal(rd(c->b, OCRAM + 0x200), 4);
	assert_int_equal(rd(c->b, OCRAM + 0x204), 0);
	cbench_free(c);
}

static void test_cacheable_writes_of_the_dap(void **state)
{
	struct cbench *c = cbench_new(DC);

	(void)state;
	assert_int_equal(core_reads(c, OCRAM + 0x300), 0);
	dap_cacheable(c, OCRAM + 0x300, true, 7);
	assert_int_equal(core_reads(c, OCRAM + 0x300), 7);
	assert_int_equal(rd(c->b, OCRAM + 0x300), 0);		/* dirty now */
	dap_cacheable(c, OCRAM + 0x400, true, 8);		/* a miss goes to memory */
	assert_int_equal(rd(c->b, OCRAM + 0x400), 8);
	wr(c->b, CCR, 0);					/* off: no look-up */
	assert_int_equal(dap_cacheable(c, OCRAM + 0x300, false, 0), 0);
	cbench_free(c);
}

static void clean_all(struct cbench *c, uint32_t op)
{
	uint32_t ccsidr = rd(c->b, CCSIDR);

	for (uint32_t set = 0; set <= (ccsidr >> 13 & 0x7fff); set++)
		for (uint32_t way = 0; way <= (ccsidr >> 3 & 0x3ff); way++)
			wr(c->b, op, way << 30 | set << 5);
}

static void test_maintenance_by_set_and_way(void **state)
{
	struct cbench *c = cbench_new(DC);

	(void)state;
	for (uint32_t n = 0; n < 4; n++)		/* all four ways of set 0 */
		core_writes(c, OCRAM + n * 0x2000, 0x100 + n);
	clean_all(c, DCCSW);
	for (uint32_t n = 0; n < 4; n++)
		assert_int_equal(rd(c->b, OCRAM + n * 0x2000), 0x100 + n);
	wr(c->b, OCRAM, 0x99);
	assert_int_equal(core_reads(c, OCRAM), 0x100);	/* cleaned, not invalidated */
	core_writes(c, OCRAM + 0x2000, 0x55);
	clean_all(c, DCCISW);
	assert_int_equal(rd(c->b, OCRAM + 0x2000), 0x55);
	assert_int_equal(core_reads(c, OCRAM), 0x99);
	core_writes(c, OCRAM, 0x66);
	clean_all(c, DCISW);
	assert_int_equal(core_reads(c, OCRAM), 0x99);
	cbench_free(c);
}

static void test_a_fifth_line_evicts_the_first(void **state)
{
	struct cbench *c = cbench_new(DC);

	(void)state;
	for (uint32_t n = 0; n < 5; n++)
		core_writes(c, OCRAM + 0x40 + n * 0x2000, 0x100 + n);
	assert_int_equal(rd(c->b, OCRAM + 0x40), 0x100);
	for (uint32_t n = 1; n < 5; n++)
		assert_int_equal(rd(c->b, OCRAM + 0x40 + n * 0x2000), 0);
	cbench_free(c);
}

static void test_off_without_clean_loses_the_view(void **state)
{
	struct cbench *c = cbench_new(DC);

	(void)state;
	core_writes(c, OCRAM + 0x500, 0x77);
	wr(c->b, CCR, 0);
	assert_int_equal(core_reads(c, OCRAM + 0x500), 0);
	core_writes(c, OCRAM + 0x500, 0x88);
	wr(c->b, CCR, DC);
	assert_int_equal(core_reads(c, OCRAM + 0x500), 0x77);
	wr(c->b, CCR, 0);
	wr(c->b, DCCMVAC, OCRAM + 0x500);		/* works with the cache off, too */
	assert_int_equal(rd(c->b, OCRAM + 0x500), 0x77);
	wr(c->b, CCR, DC);
	core_writes(c, OCRAM + 0x500, 0x99);
	vb_cpu_reset(c->b->cpu, VB_CPU_SYSTEM);
	halt(c->b);
	assert_int_equal(rd(c->b, CCR), 0x40200);
	wr(c->b, CCR, DC);
	assert_int_equal(core_reads(c, OCRAM + 0x500), 0x77);
	cbench_free(c);
}

static void test_accesses_across_lines_and_narrow_ones(void **state)
{
	struct cbench *c = cbench_new(DC);

	(void)state;
	wr(c->b, OCRAM + 0x1c, 0x44332211);
	wr(c->b, OCRAM + 0x20, 0x88776655);
	assert_int_equal(core_reads(c, OCRAM + 0x1e), 0x66554433);
	core_writes(c, OCRAM + 0x1e, 0xa4a3a2a1);
	assert_int_equal(core_reads(c, OCRAM + 0x1c), 0xa2a12211);
	assert_int_equal(core_reads(c, OCRAM + 0x20), 0x8877a4a3);
	assert_int_equal(rd(c->b, OCRAM + 0x1c), 0x44332211);
	assert_int_equal(rd(c->b, OCRAM + 0x20), 0x88776655);
	core_does(c, CODE_STRH, OCRAM + 0x22, 0xbeef);
	assert_int_equal(core_reads(c, OCRAM + 0x20), 0xbeefa4a3);
	core_writes(c, OCRAM + 0xffe, 0x0badf00d);		/* and across a page */
	assert_int_equal(core_reads(c, OCRAM + 0xffe), 0x0badf00d);
	assert_int_equal(core_reads(c, OCRAM + 0x1000), 0x00000bad);
	assert_int_equal(rd(c->b, OCRAM + 0x1000), 0);
	cbench_free(c);
}

static void test_the_mpu_decides(void **state)
{
	static const struct { uint32_t rasr; bool cached, dirty; } rows[] = {
		{ 0x03000000, false, false },		/* strongly ordered */
		{ 0x03010000, false, false },		/* device */
		{ 0x03020000, true, false },		/* write-through */
		{ 0x03030000, true, true },		/* write-back */
		{ 0x03080000, false, false },		/* normal, not cacheable */
		{ 0x030b0000, true, true },		/* write-back, write-allocate */
		{ 0x030f0000, false, false },		/* the same, shareable */
		{ 0x03200000, false, false },		/* inner: not cacheable, write-back, ... */
		{ 0x03210000, true, true },
		{ 0x03220000, true, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct cbench *c = cbench_new(DC);

		wr(c->b, MPU_RBAR, OCRAM | 0x10);
		wr(c->b, MPU_RASR, rows[i].rasr | 15 << 1 | 1);	/* 64 KiB */
		wr(c->b, MPU_CTRL, 5);
		assert_int_equal(core_reads(c, OCRAM), 0);	/* allocates, if anything does */
		wr(c->b, OCRAM + 4, 0x11);
		assert_int_equal(core_reads(c, OCRAM + 4), rows[i].cached ? 0 : 0x11);
		core_writes(c, OCRAM, 0x22);
		assert_int_equal(rd(c->b, OCRAM), rows[i].dirty ? 0 : 0x22);
		assert_int_equal(core_reads(c, OCRAM), 0x22);
		cbench_free(c);
	}
}

/* movs r2, #n; bx lr */
static void poke_function(struct cbench *c, uint32_t addr, unsigned n)
{
	wr(c->b, addr, 0x47702200 | n);
}

/* Calls the function at `addr`, in one go or step by step. */
static uint32_t call(struct cbench *c, uint32_t addr, bool stepwise)
{
	set_reg(c->b, 2, 0);
	set_reg(c->b, 0, addr | 1);
	set_reg(c->b, PC, CODE_CALL);
	if (stepwise) {
		for (unsigned n = 0; n < 3; n++)
			step(c->b);
	} else {
		wr(c->b, DHCSR, RUN);
		bench_run(c->b, 100);
		halt(c->b);
	}
	assert_int_equal(reg(c->b, PC), CODE_CALL + 2);
	return reg(c->b, 2);
}

static void test_the_icache_is_stale_until_invalidated(void **state)
{
	(void)state;
	for (unsigned stepwise = 0; stepwise < 2; stepwise++) {
		struct cbench *c = cbench_new(IC);

		poke_function(c, OCRAM + 0x100, 1);
		assert_int_equal(call(c, OCRAM + 0x100, stepwise), 1);
		poke_function(c, OCRAM + 0x100, 2);
		assert_int_equal(call(c, OCRAM + 0x100, stepwise), 1);
		assert_int_equal(call(c, OCRAM + 0x100, !stepwise), 1);
		assert_int_equal(rd(c->b, OCRAM + 0x100), 0x47702202);	/* untouched */
		wr(c->b, ICIMVAU, OCRAM + 0x100);
		assert_int_equal(call(c, OCRAM + 0x100, stepwise), 2);
		poke_function(c, OCRAM + 0x100, 3);
		assert_int_equal(call(c, OCRAM + 0x100, stepwise), 2);
		wr(c->b, ICIALLU, 0);
		assert_int_equal(call(c, OCRAM + 0x100, stepwise), 3);
		wr(c->b, CCR, 0);
		poke_function(c, OCRAM + 0x100, 4);
		assert_int_equal(call(c, OCRAM + 0x100, stepwise), 4);
		cbench_free(c);
	}
}

static void test_code_that_the_core_wrote_needs_both(void **state)
{
	struct cbench *c = cbench_new(IC | DC);

	(void)state;
	poke_function(c, OCRAM + 0x100, 1);
	assert_int_equal(call(c, OCRAM + 0x100, false), 1);
	core_writes(c, OCRAM + 0x100, 0x47702202);
	assert_int_equal(call(c, OCRAM + 0x100, false), 1);
	wr(c->b, ICIALLU, 0);
	assert_int_equal(call(c, OCRAM + 0x100, false), 1);	/* still only in the D-cache */
	wr(c->b, DCCMVAU, OCRAM + 0x100);
	assert_int_equal(call(c, OCRAM + 0x100, false), 1);	/* in memory; the I-cache is old */
	wr(c->b, ICIMVAU, OCRAM + 0x100);
	assert_int_equal(call(c, OCRAM + 0x100, false), 2);
	cbench_free(c);
}

/* A store as the last instruction of a page, to the first ones of the next, which Unicorn translates
 * right after it: they must not be executed as written, for the store is in the D-cache only. */
static void test_a_store_in_front_of_itself(void **state)
{
	struct cbench *c = cbench_new(DC);

	(void)state;
	wr(c->b, OCRAM + 0xffc, 0x6001bf00);	/* nop; str r1, [r0] */
	wr(c->b, OCRAM + 0x1000, 0x22022201);	/* movs r2, #1; movs r2, #2 */
	wr(c->b, OCRAM + 0x1004, 0xe7fee7fe);
	set_reg(c->b, 0, OCRAM + 0x1000);
	set_reg(c->b, 1, 0x22092208);
	set_reg(c->b, PC, OCRAM + 0xffc);
	wr(c->b, DHCSR, RUN);
	bench_run(c->b, 50);
	halt(c->b);
	assert_int_equal(reg(c->b, PC), OCRAM + 0x1004);
	assert_int_equal(reg(c->b, 2), 2);
	assert_int_equal(rd(c->b, OCRAM + 0x1000), 0x22022201);
	assert_int_equal(core_reads(c, OCRAM + 0x1000), 0x22092208);
	cbench_free(c);
}

static void test_a_loop_counts_in_the_cache(void **state)
{
	struct cbench *c = cbench_new(DC);

	(void)state;
	set_reg(c->b, 0, OCRAM + 0x80);
	set_reg(c->b, PC, CODE_LOOP);
	wr(c->b, DHCSR, RUN);
	bench_run(c->b, 4000);
	halt(c->b);
	assert_int_equal(rd(c->b, OCRAM + 0x80), 0);
	wr(c->b, DCCMVAC, OCRAM + 0x80);
	assert_int_equal(rd(c->b, OCRAM + 0x80), 1000);
	cbench_free(c);
}

static void test_exception_frames_are_cached(void **state)
{
	struct cbench *c = cbench_new(DC);

	(void)state;
	wr(c->b, OCRAM + 0x600, 0xe7fedf00);		/* svc #0; b . */
	set_reg(c->b, SP, OCRAM + 0x1000);
	set_reg(c->b, 0, 0xabcd);
	set_reg(c->b, PC, OCRAM + 0x600);
	step(c->b);
	assert_int_equal(reg(c->b, XPSR) & 0x1ff, 11);
	assert_int_equal(reg(c->b, SP), OCRAM + 0xfe0);
	assert_int_equal(rd(c->b, OCRAM + 0xfe0), 0);
	assert_int_equal(dap_cacheable(c, OCRAM + 0xfe0, false, 0), 0xabcd);
	assert_int_equal(dap_cacheable(c, OCRAM + 0xff8, false, 0), OCRAM + 0x602);
	cbench_free(c);
}

static void test_a_hooked_window_answers_and_executes(void **state)
{
	struct cbench *c = cbench_new(0);

	(void)state;
	put_le32(c->flash + 0x100, 0x47702201);
	put_le32(c->answer + 0x100, 0x47702202);
	for (unsigned stepwise = 0; stepwise < 2; stepwise++) {
		assert_int_equal(call(c, FLASH + 0x100, stepwise), 1);
		assert_int_equal(rd(c->b, FLASH + 0x100), 0x47702201);
		vb_bus_guard(c->b->bus, c->window, true);
		assert_int_equal(call(c, FLASH + 0x100, stepwise), 2);
		assert_int_equal(core_reads(c, FLASH + 0x100), 0x47702202);
		assert_int_equal(core_reads(c, FLASH + 0x102), 0x00004770);
		assert_int_equal(rd(c->b, FLASH + 0x100), 0x47702202);
		assert_int_equal(get_le32(c->flash + 0x100), 0x47702201);
		vb_bus_guard(c->b->bus, c->window, false);
	}
	assert_int_equal(call(c, FLASH + 0x100, false), 1);
	cbench_free(c);
}

/* The fetch itself brings memory up to date: what was translated before is void at once. */
static void test_a_hook_changes_memory_under_the_fetch(void **state)
{
	struct cbench *c = cbench_new(0);

	(void)state;
	c->reveals = true;
	for (uint32_t n = 1; n < 6; n++) {
		bool stepwise = n & 1;

		if (n > 1)
			assert_int_equal(call(c, FLASH + 0x100, n & 2), n - 1);
		put_le32(c->answer + 0x100, 0x47702200 | n);
		vb_bus_guard(c->b->bus, c->window, true);
		assert_int_equal(call(c, FLASH + 0x100, stepwise), n);
	}
	cbench_free(c);
}

static void test_a_hooked_window_may_refuse(void **state)
{
	struct cbench *c = cbench_new(0);

	(void)state;
	vb_bus_guard(c->b->bus, c->window, true);
	c->verdict = VB_FAULT;
	wr(c->b, 0xe000ed24, 1 << 17);			/* BusFault on its own */
	set_reg(c->b, 0, FLASH + 0x100);
	set_reg(c->b, PC, CODE_LDR);
	step(c->b);
	assert_int_equal(reg(c->b, XPSR) & 0x1ff, 5);
	assert_int_equal(rd(c->b, CFSR), 0x8200);	/* precise, BFAR valid */
	assert_int_equal(rd(c->b, 0xe000ed38), FLASH + 0x100);
	assert_int_equal(c->reads, 0);
	cbench_free(c);
}

/* The `read` hook alone refuses or holds: data and fetches, with and without caches. */
static void test_a_hook_refuses_and_holds(void **state)
{
	static const struct vb_ram_ops ops = { .read = window_read };

	(void)state;
	for (unsigned ccr = 0; ccr < 2; ccr++) {
		struct cbench *c = cbench_new(ccr ? IC | DC : 0);
		struct vb_cpu_state s;

		c->window->ram_ops = &ops;
		vb_bus_guard(c->b->bus, c->window, true);
		put_le32(c->flash + 0x100, 0x47702201);
		put_le32(c->answer + 0x100, 0x47702202);
		wr(c->b, 0xe000ed24, 1 << 17);
		c->read_verdict = VB_FAULT;
		set_reg(c->b, 0, FLASH + 0x100);
		set_reg(c->b, PC, CODE_LDR);
		step(c->b);
		assert_int_equal(reg(c->b, XPSR) & 0x1ff, 5);
		assert_int_equal(rd(c->b, CFSR), 0x8200);
		wr(c->b, CFSR, 0xffff);
		vb_cpu_reset(c->b->cpu, VB_CPU_SYSTEM);
		halt(c->b);
		wr(c->b, CCR, ccr ? IC | DC : 0);
		wr(c->b, 0xe000ed24, 1 << 17);
		set_reg(c->b, PC, FLASH + 0x100);
		wr(c->b, DEMCR, 0x100);			/* VC_BUSERR */
		wr(c->b, DHCSR, RUN);
		bench_run(c->b, 50);
		assert_true(is_halted(c->b));
		assert_int_equal(rd(c->b, CFSR), 0x100);	/* IBUSERR */
		wr(c->b, CFSR, 0xffff);
		wr(c->b, DEMCR, 0);
		vb_cpu_reset(c->b->cpu, VB_CPU_SYSTEM);
		halt(c->b);
		wr(c->b, CCR, ccr ? IC | DC : 0);
		c->read_verdict = VB_OK;
		set_reg(c->b, 2, 0);
		set_reg(c->b, 0, FLASH + 0x101);
		set_reg(c->b, PC, CODE_CALL);
		c->ready_ns = vb_clock_now(c->b->clock) + 20000;
		wr(c->b, DHCSR, RUN);
		bench_run(c->b, 40);
		wr(c->b, DHCSR, HALT);
		assert_false(is_halted(c->b));			/* the bus holds it */
		wr(c->b, DHCSR, RUN);
		vb_cpu_state(c->b->cpu, &s);
		assert_int_equal(s.pc, FLASH + 0x100);
		bench_run(c->b, 100);
		halt(c->b);
		assert_int_equal(reg(c->b, PC), CODE_CALL + 2);
		assert_int_equal(reg(c->b, 2), 2);
		cbench_free(c);
	}
}

/* With the caches on, the hook is asked once a line, and the answer stays. */
static void test_a_hooked_window_is_cached(void **state)
{
	struct cbench *c = cbench_new(IC | DC);

	(void)state;
	put_le32(c->answer + 0x100, 0x47702202);
	vb_bus_guard(c->b->bus, c->window, true);
	assert_int_equal(call(c, FLASH + 0x100, false), 2);
	assert_int_equal(core_reads(c, FLASH + 0x100), 0x47702202);
	assert_int_equal(c->reads, 16);
	put_le32(c->answer + 0x100, 0x47702203);
	assert_int_equal(call(c, FLASH + 0x100, false), 2);
	assert_int_equal(core_reads(c, FLASH + 0x100), 0x47702202);
	vb_bus_guard(c->b->bus, c->window, false);
	assert_int_equal(call(c, FLASH + 0x100, true), 2);
	wr(c->b, ICIALLU, 0);
	wr(c->b, DCIMVAC, FLASH + 0x100);
	put_le32(c->flash + 0x100, 0x47702205);
	assert_int_equal(core_reads(c, FLASH + 0x100), 0x47702205);
	cbench_free(c);
}

/* cmp r0, r0; ite eq; moveq r2, #1; movne r2, #2; bx lr: what the hook says, in a block as well. */
static void test_it_blocks_in_a_hooked_window(void **state)
{
	static const uint16_t block[] = { 0x4280, 0xbf0c, 0x2201, 0x2202, 0x4770 };

	(void)state;
	for (unsigned ccr = 0; ccr < 2; ccr++) {
		struct cbench *c = cbench_new(ccr ? IC : 0);

		memcpy(c->flash + 0x100, block, sizeof(block));
		memcpy(c->answer + 0x100, block, sizeof(block));
		c->answer[0x104] = 7;
		vb_bus_guard(c->b->bus, c->window, true);
		assert_int_equal(call(c, FLASH + 0x100, false), 7);
		memcpy(c->answer, c->flash, sizeof(c->flash));
		wr(c->b, ICIALLU, 0);
		assert_int_equal(call(c, FLASH + 0x100, false), 1);
		cbench_free(c);
	}
}

static void test_the_reset_table_is_strapped(void **state)
{
	struct cbench *c = cbench_new(0);

	(void)state;
	put_le32(c->ocram + 0x800, OCRAM + 0x4000);
	put_le32(c->ocram + 0x804, OCRAM + 0x901);
	vb_cpu_set_init_vtor(c->b->cpu, OCRAM + 0x800);
	vb_cpu_set_tcm(c->b->cpu, 0x41, 0x40);
	assert_int_equal(rd(c->b, 0xe000ed08), 0);
	wr(c->b, DEMCR, 1);
	wr(c->b, 0xe000ed08, 0x20000000);
	vb_cpu_reset(c->b->cpu, VB_CPU_SYSTEM);
	assert_true(is_halted(c->b));
	assert_int_equal(reg(c->b, PC), OCRAM + 0x900);
	assert_int_equal(reg(c->b, SP), OCRAM + 0x4000);
	assert_int_equal(rd(c->b, 0xe000ed08), OCRAM + 0x800);
	assert_int_equal(rd(c->b, 0xe000ef90), 0x41);
	assert_int_equal(rd(c->b, 0xe000ef94), 0x40);
	cbench_free(c);
}

/* The debug port of an M7 leads through the core: while that is in reset, little answers. */
static void test_nothing_behind_a_core_in_reset(void **state)
{
	struct cbench *c = cbench_new(0);
	struct vb_access a = { .master = VB_DAP, .addr = OCRAM, .size = 4, .is_privileged = true };
	uint32_t v;

	(void)state;
	vb_cpu_hold(c->b->cpu, true);
	assert_int_equal(vb_bus_read(c->b->bus, &a, &v), VB_FAULT);
	a.addr = 0xe000ed00;
	assert_int_equal(vb_bus_read(c->b->bus, &a, &v), VB_OK);
	assert_int_equal(v, 0x411fc271);
	vb_cpu_hold(c->b->cpu, false);
	a.addr = OCRAM;
	assert_int_equal(vb_bus_read(c->b->bus, &a, &v), VB_OK);
	cbench_free(c);
}

/* A watchpoint of word size, as it is known from v8-M (0x807): the ROM reads SRC_SBMR1. */
static void test_a_watchpoint_on_a_register(void **state)
{
	struct cbench *c = cbench_new(0);

	(void)state;
	wr(c->b, DEMCR, 0x01000000);
	wr(c->b, DWT_COMP0, 0x40000004);
	wr(c->b, DWT_MASK0, 0);
	wr(c->b, DWT_FUNCTION0, 0x807);
	set_reg(c->b, 0, 0x40000004);
	set_reg(c->b, PC, CODE_LOOP);
	wr(c->b, DHCSR, RUN);
	bench_run(c->b, 50);
	assert_true(is_halted(c->b));
	assert_int_equal(rd(c->b, DFSR) & 4, 4);
	assert_int_equal(rd(c->b, DWT_FUNCTION0) & 0x0100000f, 0x01000007);
	assert_int_equal(reg(c->b, PC), CODE_LOOP + 2);
	cbench_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_caches_off_are_coherent),
		cmocka_unit_test(test_a_dirty_line_hides_from_the_dap),
		cmocka_unit_test(test_a_write_of_the_dap_hides_from_the_core),
		cmocka_unit_test(test_cacheable_writes_of_the_dap),
		cmocka_unit_test(test_maintenance_by_set_and_way),
		cmocka_unit_test(test_a_fifth_line_evicts_the_first),
		cmocka_unit_test(test_off_without_clean_loses_the_view),
		cmocka_unit_test(test_accesses_across_lines_and_narrow_ones),
		cmocka_unit_test(test_the_mpu_decides),
		cmocka_unit_test(test_the_icache_is_stale_until_invalidated),
		cmocka_unit_test(test_code_that_the_core_wrote_needs_both),
		cmocka_unit_test(test_a_store_in_front_of_itself),
		cmocka_unit_test(test_a_loop_counts_in_the_cache),
		cmocka_unit_test(test_exception_frames_are_cached),
		cmocka_unit_test(test_a_hooked_window_answers_and_executes),
		cmocka_unit_test(test_a_hook_changes_memory_under_the_fetch),
		cmocka_unit_test(test_a_hooked_window_may_refuse),
		cmocka_unit_test(test_a_hook_refuses_and_holds),
		cmocka_unit_test(test_a_hooked_window_is_cached),
		cmocka_unit_test(test_it_blocks_in_a_hooked_window),
		cmocka_unit_test(test_the_reset_table_is_strapped),
		cmocka_unit_test(test_nothing_behind_a_core_in_reset),
		cmocka_unit_test(test_a_watchpoint_on_a_register),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
