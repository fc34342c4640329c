/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The board's scan chain and JTAG-DP, clock by clock: golden scans, chain discovery, sticky rules.
 */
#include "vb_bench.h"

#define DPACC 0xa
#define APACC 0xb
#define ABORT 0x8

static uint64_t clocks(struct bench *b, uint64_t tms, uint64_t tdi, unsigned n)
{
	uint64_t tdo = 0;

	for (unsigned i = 0; i < n; i++)
		tdo |= (uint64_t)vb_jtag_clock(b->link, tms >> i & 1, tdi >> i & 1) << i;
	return tdo;
}

static void idle_from_reset(struct bench *b)
{
	clocks(b, 0x1f, 0, 6);
}

/* From Run-Test/Idle and back; `n` bits at most 64. */
static uint64_t scan(struct bench *b, bool ir, uint64_t out, unsigned n)
{
	uint64_t in;

	clocks(b, ir ? 3 : 1, 0, ir ? 4 : 3);
	in = clocks(b, 1ull << (n - 1), out, n);
	clocks(b, 1, 0, 2);
	return in;
}

/* The DP is nearest TDO, the boundary-scan TAP behind it holds BYPASS. */
static void set_ir(struct bench *b, unsigned ir)
{
	scan(b, true, ir | 0x1f << 4, 9);
}

/* 35 bits and one of the bypassed TAP. Returns what comes out. */
static uint64_t access(struct bench *b, bool rnw, unsigned a, uint32_t data)
{
	return scan(b, false, (uint64_t)data << 3 | a << 1 | rnw, 36) & 0x7ffffffffull;
}

static void connect(struct bench *b)
{
	idle_from_reset(b);
	set_ir(b, DPACC);
	access(b, false, 1, 0x50000000);
	access(b, false, 2, 0);
}

static uint32_t dp_read(struct bench *b, unsigned a)
{
	uint64_t out;

	set_ir(b, DPACC);
	access(b, true, a, 0);
	out = access(b, true, 3, 0);
	assert_int_equal(out & 7, 2);
	return (uint32_t)(out >> 3);
}

static void ap_write(struct bench *b, unsigned a, uint32_t data)
{
	set_ir(b, APACC);
	assert_int_equal(access(b, false, a, data) & 7, 2);
}

static uint32_t ap_read(struct bench *b, unsigned a)
{
	uint64_t out;

	set_ir(b, APACC);
	access(b, true, a, 0);
	set_ir(b, DPACC);
	out = access(b, true, 3, 0);
	assert_int_equal(out & 7, 2);
	return (uint32_t)(out >> 3);
}

static void test_idcodes_after_reset(void **state)
{
	struct bench *b = bench_new();
	uint64_t ids;

	(void)state;
	idle_from_reset(b);
	ids = scan(b, false, ~0ull, 64);
	assert_int_equal((uint32_t)ids, 0x4ba00477);
	assert_int_equal(ids >> 32, 0x06415041);
	bench_free(b);
}

static void test_end_of_chain_is_the_echo_of_tdi(void **state)
{
	struct bench *b = bench_new();

	(void)state;
	idle_from_reset(b);
	clocks(b, 1, 0, 3);
	clocks(b, 0, 0x123456789abcdef0ull, 64);
	assert_true(clocks(b, 0, 0, 64) == 0x123456789abcdef0ull);
	bench_free(b);
}

static void test_ir_capture_shows_both_devices(void **state)
{
	struct bench *b = bench_new();

	(void)state;
	idle_from_reset(b);
	/* 0001 of the DP first, then 00001 of the boundary-scan TAP. */
	assert_int_equal(scan(b, true, ~0ull, 9), 0x011);
	bench_free(b);
}

static void test_bypass_is_one_zero_bit_each(void **state)
{
	struct bench *b = bench_new();

	(void)state;
	idle_from_reset(b);
	scan(b, true, ~0ull, 9);
	assert_int_equal(scan(b, false, 0xa5, 10), 0xa5 << 2);
	/* Unused codes are BYPASS too. */
	set_ir(b, 0x3);
	assert_int_equal(scan(b, false, 0xa5, 10), 0xa5 << 2);
	bench_free(b);
}

static void test_golden_scans(void **state)
{
	struct bench *b = bench_new();

	(void)state;
	idle_from_reset(b);
	set_ir(b, DPACC);
	/* write CTRL/STAT 0x50000000; read CTRL/STAT; read RDBUFF */
	scan(b, false, 0x280000002ull, 36);
	assert_int_equal(scan(b, false, 0x3, 36) & 7, 2);
	assert_true((scan(b, false, 0x7, 36) & 0x7ffffffffull) == (0xf0000000ull << 3 | 2));
	/* SELECT 0xF0, then the AP's identity */
	scan(b, false, 0x784, 36);
	set_ir(b, APACC);
	scan(b, false, 0x7, 36);
	set_ir(b, DPACC);
	assert_true((scan(b, false, 0x7, 36) & 0x7ffffffffull) == (0x24770011ull << 3 | 2));
	/* RDBUFF itself reads as zero. */
	assert_true((scan(b, false, 0x7, 36) & 0x7ffffffffull) == 2);
	bench_free(b);
}

static void test_memory_access(void **state)
{
	struct bench *b = bench_new();
	uint64_t out;

	(void)state;
	connect(b);
	ap_write(b, 0, 0x23000012);
	scan(b, false, 0x100000002ull, 36);		/* TAR 0x20000000 */
	access(b, false, 3, 0x11111111);
	access(b, false, 3, 0x22222222);
	assert_int_equal(dp_read(b, 1), 0xf0000000);	/* no READOK on JTAG */
	assert_int_equal(get_le32(b->ram), 0x11111111);
	assert_int_equal(get_le32(b->ram + 4), 0x22222222);
	ap_write(b, 1, RAM_BASE);
	access(b, true, 3, 0);
	out = access(b, true, 3, 0);
	assert_int_equal((uint32_t)(out >> 3), 0x11111111);
	assert_int_equal(dp_read(b, 2), 0); /* SELECT can be read; the posted word is gone */
	bench_free(b);
}

static void test_select_reads_back(void **state)
{
	struct bench *b = bench_new();

	(void)state;
	connect(b);
	set_ir(b, DPACC);
	access(b, false, 2, 0x010000f0);
	assert_int_equal(dp_read(b, 2), 0x010000f0);
	assert_int_equal(dp_read(b, 0), 0x2ba01477);
	bench_free(b);
}

static void test_wait_discards_the_scan(void **state)
{
	struct bench *b = bench_new();

	(void)state;
	connect(b);
	ap_write(b, 0, 0x23000002);
	ap_write(b, 1, SLOW_BASE);
	b->stall_ns = 1000000;
	ap_write(b, 3, 0x1234);
	assert_int_equal(access(b, false, 3, 0x5678) & 7, 1);
	assert_int_equal(access(b, false, 3, 0x5678) & 7, 1);
	vb_link_delay(b->link, 1000000);
	b->stall_ns = 0;
	assert_int_equal(b->slow_value, 0x1234);
	assert_int_equal(access(b, false, 3, 0x9abc) & 7, 2);
	assert_int_equal(access(b, true, 0, 0) & 7, 2);
	assert_int_equal(b->slow_accesses, 2);
	assert_int_equal(b->slow_value, 0x9abc);
	bench_free(b);
}

static void test_wait_discards_dp_writes_too(void **state)
{
	struct bench *b = bench_new();

	(void)state;
	connect(b);
	ap_write(b, 1, SLOW_BASE);
	b->stall_ns = 1000000;
	ap_write(b, 3, 1);
	set_ir(b, DPACC);
	assert_int_equal(access(b, false, 2, 0xf0) & 7, 1);
	vb_link_delay(b->link, 1000000);
	assert_int_equal(dp_read(b, 2), 0);
	bench_free(b);
}

static void test_fault_is_silent_and_discards(void **state)
{
	struct bench *b = bench_new();

	(void)state;
	connect(b);
	ap_write(b, 0, 0x23000012);
	ap_write(b, 1, NOWHERE);
	ap_write(b, 3, 1);
	ap_write(b, 1, RAM_BASE);		/* acknowledged, not done */
	ap_write(b, 3, 0x77);
	assert_int_equal(dp_read(b, 1), 0xf0000020);
	assert_int_equal(get_le32(b->ram), 0);
	/* Write 1 clears here; a 0 leaves the flag. */
	set_ir(b, DPACC);
	access(b, false, 1, 0x50000000);
	assert_int_equal(dp_read(b, 1), 0xf0000020);
	set_ir(b, DPACC);
	access(b, false, 1, 0x50000032);
	assert_int_equal(dp_read(b, 1), 0xf0000000);
	assert_int_equal(ap_read(b, 1), NOWHERE + 4);
	bench_free(b);
}

static void test_overrun(void **state)
{
	struct bench *b = bench_new();

	(void)state;
	connect(b);
	access(b, false, 1, 0x50000001);
	ap_write(b, 0, 0x23000002);
	ap_write(b, 1, SLOW_BASE);
	b->stall_ns = 1000000;
	ap_write(b, 3, 1);
	assert_int_equal(access(b, false, 3, 2) & 7, 1);
	vb_link_delay(b->link, 1000000);
	b->stall_ns = 0;
	assert_int_equal(access(b, false, 3, 3) & 7, 2);	/* discarded all the same */
	assert_int_equal(dp_read(b, 1), 0xf0000003);
	assert_int_equal(b->slow_value, 1);
	set_ir(b, DPACC);
	access(b, false, 1, 0x50000003);
	assert_int_equal(dp_read(b, 1), 0xf0000001);
	bench_free(b);
}

static void test_abort_scan(void **state)
{
	struct bench *b = bench_new();

	(void)state;
	connect(b);
	ap_write(b, 1, SLOW_BASE);
	b->stall_ns = UINT64_MAX;
	ap_write(b, 3, 1);
	assert_int_equal(access(b, true, 0, 0) & 7, 1);
	set_ir(b, ABORT);
	access(b, false, 0, 1);
	set_ir(b, DPACC);
	assert_int_equal(access(b, true, 1, 0) & 7, 2);
	bench_free(b);
}

static void test_no_power_sets_stickyerr(void **state)
{
	struct bench *b = bench_new();

	(void)state;
	idle_from_reset(b);
	ap_write(b, 1, RAM_BASE);
	assert_int_equal(dp_read(b, 1), 0x20);
	bench_free(b);
}

static void test_pause_does_not_disturb_a_scan(void **state)
{
	struct bench *b = bench_new();
	uint64_t low, high;

	(void)state;
	idle_from_reset(b);
	clocks(b, 1, 0, 3);
	low = clocks(b, 1 << 15, 0, 16);	/* Exit1 */
	clocks(b, 0x0, 0, 3);			/* Pause */
	clocks(b, 0x1, 0, 2);			/* Exit2, Shift */
	high = clocks(b, 1 << 15, 0, 16);
	clocks(b, 1, 0, 2);
	assert_int_equal(low | high << 16, 0x4ba00477);
	bench_free(b);
}

static void test_trst_and_five_ones_reset(void **state)
{
	struct bench *b = bench_new();

	(void)state;
	connect(b);
	vb_link_trst(b->link, true);
	vb_link_trst(b->link, false);
	assert_int_equal(b->link->jtag.state, TAP_RESET);
	clocks(b, 0, 0, 1);
	assert_int_equal((uint32_t)scan(b, false, 0, 32), 0x4ba00477);
	clocks(b, 1, 0, 3);			/* Shift-DR */
	clocks(b, 0x1f, 0, 5);
	assert_int_equal(b->link->jtag.state, TAP_RESET);
	bench_free(b);
}

static void test_swd_holds_the_taps(void **state)
{
	struct bench *b = bench_new();

	(void)state;
	swd_connect(b);
	assert_int_equal(clocks(b, 1, 0, 20), 0xfffff);
	bench_free(b);
}

static void test_scan_costs(void **state)
{
	struct bench *b = bench_new();
	uint64_t before;

	(void)state;
	connect(b);
	before = b->link->clocks;
	access(b, true, 1, 0);
	assert_int_equal(b->link->clocks - before, 41);
	before = b->link->clocks;
	set_ir(b, APACC);
	assert_int_equal(b->link->clocks - before, 15);
	bench_free(b);
}

static void test_injected_faults(void **state)
{
	struct bench *b = bench_new();

	(void)state;
	connect(b);
	vb_dp_inject(b->dp, VB_DP_FAULT_WAIT, 0, 1);
	set_ir(b, DPACC);
	assert_int_equal(access(b, true, 1, 0) & 7, 1);
	assert_int_equal(access(b, true, 1, 0) & 7, 2);
	vb_dp_inject(b->dp, VB_DP_FAULT_NO_ACK, 0, 1);
	assert_int_equal(access(b, true, 1, 0) & 7, 7);
	vb_dp_inject(b->dp, VB_DP_FAULT_FAULT, 0, 1);
	ap_write(b, 1, 0);
	assert_int_equal(dp_read(b, 1), 0xf0000020);
	bench_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_idcodes_after_reset),
		cmocka_unit_test(test_end_of_chain_is_the_echo_of_tdi),
		cmocka_unit_test(test_ir_capture_shows_both_devices),
		cmocka_unit_test(test_bypass_is_one_zero_bit_each),
		cmocka_unit_test(test_golden_scans),
		cmocka_unit_test(test_memory_access),
		cmocka_unit_test(test_select_reads_back),
		cmocka_unit_test(test_wait_discards_the_scan),
		cmocka_unit_test(test_wait_discards_dp_writes_too),
		cmocka_unit_test(test_fault_is_silent_and_discards),
		cmocka_unit_test(test_overrun),
		cmocka_unit_test(test_abort_scan),
		cmocka_unit_test(test_no_power_sets_stickyerr),
		cmocka_unit_test(test_pause_does_not_disturb_a_scan),
		cmocka_unit_test(test_trst_and_five_ones_reset),
		cmocka_unit_test(test_swd_holds_the_taps),
		cmocka_unit_test(test_scan_costs),
		cmocka_unit_test(test_injected_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
