/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The board's end of Serial Wire, bit by bit: golden packets, line reset, switch codes, lock-out.
 */
#include "vb_bench.h"

/* Sends `host` ('0', '1'; 'T' and 't' are undriven clocks) and compares the answer. 'x': any. */
static void talk(struct bench *b, const char *host, const char *target)
{
	char seen[128];
	size_t n = strlen(host);

	assert_int_equal(strlen(target), n);
	for (size_t i = 0; i < n; i++) {
		bool is_driven = host[i] == '0' || host[i] == '1';
		bool level = vb_swd_clock(b->link, host[i] == '1', is_driven);

		seen[i] = target[i] == 'x' || is_driven ? target[i] : level ? '1' : '0';
	}
	seen[n] = 0;
	assert_string_equal(seen, target);
}

#define T33 "TTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTT"

static void test_golden_dpidr(void **state)
{
	struct bench *b = bench_new();

	(void)state;
	swd_select(b);
	/* One undriven clock reads 1 (pull-up), on both sides of the answer. */
	talk(b, "10100101" "T" "TTT" T33 "T",
	     "xxxxxxxx" "1" "100" "11101110001010000000010111010100" "0" "1");
	bench_free(b);
}

static void test_golden_dpidr_rt1060(void **state)
{
	struct vb_dp_config config = bench_stm32l476();
	struct bench *b;

	(void)state;
	config.dpidr = 0x0bd11477;
	b = bench_new_with(config);
	swd_select(b);
	talk(b, "10100101" "T" "TTT" T33 "T",
	     "xxxxxxxx" "1" "100" "11101110001010001000101111010000" "1" "1");
	bench_free(b);
}

static void test_golden_writes(void **state)
{
	struct bench *b = bench_new();
	uint32_t value;

	(void)state;
	swd_connect(b);
	talk(b, "10000001" "TTTTT" "01111000000000000000000000000000" "0",
	     "xxxxxxxx" "1100" "1" "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" "x");
	talk(b, "10010101" "TTTTT" "00000000000000000000000000001010" "0",
	     "xxxxxxxx" "1100" "1" "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" "x");
	talk(b, "11000101" "TTTTT" "01001000000000000000000011000100" "1",
	     "xxxxxxxx" "1100" "1" "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" "x");
	assert_int_equal(swd_read(b, true, 0, &value), 1);
	assert_int_equal(swd_read(b, false, 3, &value), 1);
	assert_int_equal(value, 0x23000052);
	talk(b, "10001101" "TTTTT" "00001111000000000000000000000000" "0",
	     "xxxxxxxx" "1100" "1" "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" "x");
	talk(b,
	     "11111001"
	     "T"
	     "TTT" T33 "T",
	     "xxxxxxxx"
	     "1"
	     "100"
	     "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	     "x"
	     "1");
	talk(b, "11111001" "T" "TTT" T33 "T",
	     "xxxxxxxx" "1" "100" "10001000000000001110111000100100" "0" "1");
	bench_free(b);
}

static void test_packets_need_no_idle_between(void **state)
{
	struct bench *b = bench_new();
	uint32_t id;

	(void)state;
	swd_select(b);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(swd_read(b, false, 0, &id), 1);
		assert_int_equal(id, 0x2ba01477);
	}
	swd_bits(b, 0, 37);
	assert_int_equal(swd_read(b, false, 0, &id), 1);
	bench_free(b);
}

static void test_packet_costs_46_clocks_and_time(void **state)
{
	struct bench *b = bench_new();
	uint64_t clocks, ns;
	uint32_t id;

	(void)state;
	vb_link_set_hz(b->link, 4000000);
	swd_select(b);
	vb_link_sync(b->link);
	clocks = b->link->clocks;
	ns = vb_clock_now(b->clock);
	swd_read(b, false, 0, &id);
	vb_link_sync(b->link);
	assert_int_equal(b->link->clocks - clocks, 46);
	assert_int_equal(vb_clock_now(b->clock) - ns, 46 * 250);
	bench_free(b);
}

static void test_nothing_answers_before_the_switch(void **state)
{
	struct bench *b = bench_new();
	uint32_t id;

	(void)state;
	swd_line_reset(b);
	assert_int_equal(swd_read(b, false, 0, &id), 7);
	swd_select(b);
	assert_int_equal(swd_read(b, false, 0, &id), 1);
	bench_free(b);
}

static void test_switch_code_needs_50_ones(void **state)
{
	struct bench *b = bench_new();
	uint32_t id;

	(void)state;
	swd_bits(b, 0, 1);
	swd_bits(b, ~0ull, 49);
	swd_bits(b, 0xe79e, 16);
	swd_line_reset(b);
	assert_int_equal(swd_read(b, false, 0, &id), 7);
	bench_free(b);
}

static void test_deprecated_switch_code(void **state)
{
	struct bench *b = bench_new();
	uint32_t id;

	(void)state;
	swd_bits(b, ~0ull, 50);
	swd_bits(b, 0xedb6, 16);
	swd_line_reset(b);
	assert_int_equal(swd_read(b, false, 0, &id), 1);
	bench_free(b);
}

static void test_switch_back_to_jtag(void **state)
{
	struct bench *b = bench_new();
	uint32_t id;

	(void)state;
	swd_connect(b);
	swd_bits(b, ~0ull, 50);
	swd_bits(b, 0xe73c, 16);
	swd_bits(b, ~0ull, 5);
	assert_int_equal(b->link->mode, VB_LINK_JTAG);
	swd_line_reset(b);
	assert_int_equal(swd_read(b, false, 0, &id), 7);
	bench_free(b);
}

static void test_line_reset_needs_50_ones_and_2_zeros(void **state)
{
	struct vb_dp_config config = bench_stm32l476();
	struct bench *b;
	uint32_t id;

	(void)state;
	config.dpidr = 0x6ba02477;	/* version 1 would come back with a DPIDR read */
	b = bench_new_with(config);
	swd_connect(b);
	swd_bits(b, 0xff, 8);		/* malformed: locked out */
	swd_bits(b, 0, 8);
	assert_int_equal(swd_write(b, false, 2, 0), 7);
	swd_bits(b, 0, 48);
	swd_bits(b, ~0ull, 49);
	swd_bits(b, 0, 8);
	assert_int_equal(swd_read(b, false, 0, &id), 7);
	swd_bits(b, ~0ull, 50);
	swd_bits(b, 0, 1);
	assert_int_equal(swd_read(b, false, 0, &id), 7);
	swd_bits(b, ~0ull, 50);
	swd_bits(b, 0, 2);
	assert_int_equal(swd_read(b, false, 0, &id), 1);
	bench_free(b);
}

static void test_first_packet_after_reset_must_read_dpidr(void **state)
{
	struct bench *b = bench_new();
	uint32_t value;

	(void)state;
	swd_connect(b);
	swd_line_reset(b);
	assert_int_equal(swd_read(b, false, 1, &value), 7);
	swd_line_reset(b);
	assert_int_equal(swd_read(b, false, 0, &value), 1);
	assert_int_equal(swd_read(b, false, 1, &value), 1);
	/* Power and everything else survived. */
	assert_int_equal(value & 0xf0000000, 0xf0000000);
	bench_free(b);
}

static void test_bad_headers_lock_out(void **state)
{
	static const uint8_t bad[] = { 0xa5 ^ 0x20 /* parity */, 0xa5 | 0x40 /* stop */,
				       0xa5 & 0x7f /* park */ };
	uint32_t value;

	(void)state;
	for (size_t i = 0; i < sizeof(bad); i++) {
		struct bench *b = bench_new();

		swd_connect(b);
		swd_bits(b, bad[i], 8);
		assert_int_equal(swd_in(b, 4), 0xf);
		swd_bits(b, 0, 40);
		assert_int_equal(swd_write(b, false, 2, 0), 7);
		swd_line_reset(b);
		assert_int_equal(swd_read(b, false, 0, &value), 1);
		bench_free(b);
	}
}

static void test_dpv1_comes_back_with_dpidr(void **state)
{
	struct bench *b = bench_new();
	uint32_t value;

	(void)state;
	swd_connect(b);
	swd_bits(b, 0x85, 8);
	swd_bits(b, 0, 60);
	assert_int_equal(swd_read(b, false, 0, &value), 1);
	assert_int_equal(swd_read(b, false, 1, &value), 1);
	bench_free(b);
}

static void test_dpv2_stays_locked_until_line_reset(void **state)
{
	struct vb_dp_config config = bench_stm32l476();
	struct bench *b;
	uint32_t value;

	(void)state;
	config.dpidr = 0x6ba02477;
	b = bench_new_with(config);
	swd_connect(b);
	swd_bits(b, 0x85, 8);
	swd_bits(b, 0, 60);
	assert_int_equal(swd_read(b, false, 0, &value), 7);
	swd_line_reset(b);
	assert_int_equal(swd_read(b, false, 0, &value), 1);
	bench_free(b);
}

static void test_write_parity_error_drops_the_data(void **state)
{
	struct bench *b = bench_new();
	uint32_t value;

	(void)state;
	swd_connect(b);
	swd_bits(b, swd_header(false, false, 1), 8);
	assert_int_equal(swd_in(b, 5), 0x13);
	swd_bits(b, 0x10000000ull, 33);		/* parity should be 1 */
	assert_int_equal(swd_write(b, false, 2, 0), 4);
	assert_int_equal(swd_read(b, false, 1, &value), 1);
	assert_int_equal(value, 0xf0000080);
	assert_int_equal(swd_write(b, false, 0, 0x08), 1);
	assert_int_equal(swd_read(b, false, 1, &value), 1);
	assert_int_equal(value, 0xf0000000);
	bench_free(b);
}

static void test_orundetect_keeps_the_data_phase(void **state)
{
	struct bench *b = bench_new();
	uint32_t value = 0;

	(void)state;
	swd_connect(b);
	swd_write(b, false, 1, 0x50000001);
	swd_write(b, true, 1, NOWHERE);
	swd_write(b, true, 3, 1);
	/* Streamed without looking: every refused packet has 46 clocks, all get FAULT. */
	assert_int_equal(swd_packet(b, true, true, false, 1, &value), 4);
	assert_int_equal(swd_packet(b, true, true, true, 3, &value), 4);
	assert_int_equal(value, 0xffffffff);	/* nobody drives */
	assert_int_equal(swd_read(b, false, 1, &value), 1);
	assert_int_equal(value, 0xf0000023);	/* STICKYERR, STICKYORUN, ORUNDETECT */
	bench_free(b);
}

static void test_line_reset_leaves_stickyorun(void **state)
{
	struct bench *b = bench_new();
	uint32_t value;

	(void)state;
	swd_connect(b);
	swd_write(b, false, 1, 0x50000001);
	swd_line_reset(b);
	assert_int_equal(swd_read(b, false, 0, &value), 1);
	assert_int_equal(swd_read(b, false, 1, &value), 1);
	assert_int_equal(value, 0xf0000003);
	swd_write(b, false, 0, 0x10);
	swd_read(b, false, 1, &value);
	assert_int_equal(value, 0xf0000001);
	bench_free(b);
}

static void test_turnround(void **state)
{
	struct bench *b = bench_new();
	uint32_t value;

	(void)state;
	swd_connect(b);
	assert_int_equal(swd_write(b, false, 2, 1), 1);		/* DPBANKSEL 1: WCR */
	assert_int_equal(swd_write(b, false, 1, 0x100), 1);
	/* From the next packet on: two clocks. */
	swd_bits(b, swd_header(false, true, 1), 8);
	swd_in(b, 2);
	assert_int_equal(swd_in(b, 3), 1);
	assert_int_equal((uint32_t)swd_in(b, 33), 0x140);
	swd_in(b, 2);
	swd_line_reset(b);		/* back to one */
	assert_int_equal(swd_read(b, false, 0, &value), 1);
	assert_int_equal(value, 0x2ba01477);
	bench_free(b);
}

static void test_resend(void **state)
{
	struct bench *b = bench_new();
	uint32_t value;

	(void)state;
	put_le32(b->ram, 0xcafef00d);
	swd_connect(b);
	swd_write(b, true, 0, 0x23000002);
	swd_write(b, true, 1, RAM_BASE);
	swd_read(b, true, 3, &value);
	assert_int_equal(swd_read(b, false, 3, &value), 1);
	assert_int_equal(value, 0xcafef00d);
	assert_int_equal(swd_read(b, false, 2, &value), 1);
	assert_int_equal(value, 0xcafef00d);
	assert_int_equal(swd_read(b, false, 2, &value), 1);
	assert_int_equal(value, 0xcafef00d);
	swd_write(b, false, 2, 0);
	assert_int_equal(swd_read(b, false, 2, &value), 7);	/* something came in between */
	bench_free(b);
}

/* WAIT and FAULT come before the question whether there is anything to send again. */
static void test_resend_waits_and_faults_like_others(void **state)
{
	struct bench *b = bench_new();
	uint32_t value;

	(void)state;
	swd_connect(b);
	swd_write(b, true, 0, 0x23000002);
	swd_write(b, true, 1, SLOW_BASE);
	b->stall_ns = 1000000000;
	swd_read(b, true, 3, &value);
	assert_int_equal(swd_read(b, false, 3, &value), 2);
	assert_int_equal(swd_read(b, false, 2, &value), 2);
	vb_clock_advance(b->clock, 1000000000);
	b->stall_ns = 0;
	swd_write(b, true, 1, NOWHERE);
	swd_read(b, true, 3, &value);
	assert_int_equal(swd_read(b, false, 3, &value), 4);
	assert_int_equal(swd_read(b, false, 2, &value), 4);
	assert_int_equal(swd_read(b, false, 0, &value), 1);
	bench_free(b);
}

/* An AP write needs clocks behind it: idle ones or those of the next packet. */
static void test_ap_write_stops_with_the_clock(void **state)
{
	struct bench *b = bench_new();
	uint32_t value;

	(void)state;
	swd_connect(b);
	swd_write(b, true, 0, 0x23000012);
	swd_write(b, true, 1, RAM_BASE);
	put_le32(b->ram, 0);
	assert_int_equal(swd_write(b, true, 3, 0xcafef00d), 1);
	assert_int_equal(get_le32(b->ram), 0);
	swd_bits(b, 0, 7);
	assert_int_equal(get_le32(b->ram), 0);
	swd_bits(b, 0, 1);
	assert_int_equal(get_le32(b->ram), 0xcafef00d);

	assert_int_equal(swd_write(b, true, 3, 0x12345678), 1);
	assert_int_equal(swd_read(b, false, 0, &value), 1);
	assert_int_equal(get_le32(b->ram + 4), 0x12345678);

	/* Power that goes in between takes the write with it. */
	assert_int_equal(swd_write(b, true, 3, 0x55555555), 1);
	vb_dp_power_loss(b->dp);
	swd_bits(b, 0, 8);
	assert_int_not_equal(get_le32(b->ram + 8), 0x55555555);
	bench_free(b);
}

struct seen {
	uint64_t dio_ps, clk_ps;	/* last time they changed */
	unsigned pins;
};

static void see(void *ctx, uint64_t ps, unsigned pins, enum vb_link_mode mode)
{
	struct seen *s = ctx;

	(void)mode;
	if ((pins ^ s->pins) & LINK_DIO)
		s->dio_ps = ps;
	if ((pins ^ s->pins) & LINK_CLK)
		s->clk_ps = ps;
	s->pins = pins;
}

/* A waveform shows data stable when the clock rises, however the host moved the pins. */
static void test_traced_data_moves_before_the_clock_rises(void **state)
{
	struct bench *b = bench_new();
	struct seen seen = { .pins = LINK_DIO };

	(void)state;
	swd_select(b);
	b->link->trace = (struct vb_link_trace){ .levels = see, .ctx = &seen };
	for (unsigned i = 0; i < 4; i++) {
		vb_link_pins(b->link, false, i & 1, false);	/* with the falling edge */
		vb_link_pins(b->link, true, i & 1, false);
		assert_true(seen.pins & LINK_CLK);
		assert_true(seen.dio_ps < seen.clk_ps);
	}
	for (unsigned i = 0; i < 4; i++) {
		vb_link_pins(b->link, false, !(i & 1), false);
		vb_link_pins(b->link, false, i & 1, false);	/* after it */
		vb_link_pins(b->link, true, i & 1, false);
		assert_true(seen.dio_ps < seen.clk_ps);
	}
	bench_free(b);
}

static struct vb_dp_config multidrop(unsigned instance)
{
	struct vb_dp_config config = bench_stm32l476();

	config.dpidr = 0x0be12477;
	config.targetid = 0x01002927;
	config.instance = instance;
	config.has_dormant = true;
	memset(config.tap, 0, sizeof(config.tap));
	return config;
}

static void alert(struct bench *b)
{
	static const uint8_t bytes[] = { 0x92, 0xf3, 0x09, 0x62, 0x95, 0x2d, 0x85, 0x86,
					 0xe9, 0xaf, 0xdd, 0xe3, 0xa2, 0x0e, 0xbc, 0x19 };

	swd_bits(b, 0xff, 8);
	for (size_t i = 0; i < sizeof(bytes); i++)
		swd_bits(b, bytes[i], 8);
	swd_bits(b, 0, 4);
}

static void targetsel(struct bench *b, uint32_t value)
{
	swd_bits(b, 0x99, 8);
	assert_int_equal(swd_in(b, 5), 0x1f);
	swd_bits(b, value | (uint64_t)parity_even(value) << 32, 33);
}

static void test_dormant_to_swd_and_targetsel(void **state)
{
	struct bench *b = bench_new_with(multidrop(2));
	uint32_t value;

	(void)state;
	swd_select(b);		/* switch codes mean nothing in dormant state */
	assert_int_equal(swd_read(b, false, 0, &value), 7);
	alert(b);
	swd_bits(b, 0x1a, 8);
	swd_line_reset(b);
	targetsel(b, 0x21002927);
	assert_int_equal(swd_read(b, false, 0, &value), 1);
	swd_write(b, false, 2, 2);
	swd_read(b, false, 1, &value);
	assert_int_equal(value, 0x01002927);
	swd_write(b, false, 2, 3);
	swd_read(b, false, 1, &value);
	assert_int_equal(value, 0x20000001);
	/* Another instance is selected: silence until the next line reset. */
	swd_line_reset(b);
	targetsel(b, 0x11002927);
	assert_int_equal(swd_read(b, false, 0, &value), 7);
	swd_line_reset(b);
	assert_int_equal(swd_read(b, false, 0, &value), 1);
	/* TARGETSEL outside the reset state locks out. */
	targetsel(b, 0x21002927);
	assert_int_equal(swd_read(b, false, 0, &value), 7);
	bench_free(b);
}

static void test_swd_to_dormant_and_back(void **state)
{
	struct bench *b = bench_new_with(multidrop(0));
	uint32_t value;

	(void)state;
	alert(b);
	swd_bits(b, 0x0a, 8);		/* JTAG: this part has none */
	assert_int_equal(b->link->mode, VB_LINK_DORMANT);
	alert(b);
	swd_bits(b, 0x1a, 8);
	swd_line_reset(b);
	assert_int_equal(swd_read(b, false, 0, &value), 1);
	swd_bits(b, ~0ull, 50);
	swd_bits(b, 0xe3bc, 16);
	swd_line_reset(b);
	assert_int_equal(swd_read(b, false, 0, &value), 7);
	alert(b);
	swd_bits(b, 0x1a, 8);
	swd_line_reset(b);
	assert_int_equal(swd_read(b, false, 0, &value), 1);
	bench_free(b);
}

static void test_jtag_to_dormant(void **state)
{
	struct vb_dp_config config = bench_stm32l476();
	struct bench *b;
	uint32_t value;

	(void)state;
	config.dpidr = 0x6ba02477;
	config.has_dormant = true;
	b = bench_new_with(config);
	swd_bits(b, ~0ull, 8);
	swd_bits(b, 0x33bbbbba, 31);
	assert_int_equal(b->link->mode, VB_LINK_DORMANT);
	alert(b);
	swd_bits(b, 0x1a, 8);
	swd_line_reset(b);
	assert_int_equal(swd_read(b, false, 0, &value), 1);
	bench_free(b);
}

static void test_dead_port_leaves_the_line_alone(void **state)
{
	struct bench *b = bench_new();
	uint32_t value;

	(void)state;
	vb_dp_set_dead(b->dp, true);
	swd_select(b);
	assert_int_equal(swd_read(b, false, 0, &value), 7);
	vb_dp_set_dead(b->dp, false);
	swd_select(b);
	assert_int_equal(swd_read(b, false, 0, &value), 1);
	bench_free(b);
}

static void test_injected_parity_and_silence(void **state)
{
	struct bench *b = bench_new();
	uint32_t value;

	(void)state;
	swd_connect(b);
	vb_dp_inject(b->dp, VB_DP_FAULT_PARITY, 1, 1);
	assert_int_equal(swd_read(b, false, 0, &value), 1);
	assert_int_equal(swd_read(b, false, 0, &value), 8);
	assert_int_equal(swd_read(b, false, 0, &value), 1);
	vb_dp_inject(b->dp, VB_DP_FAULT_PARITY, 0, 1);
	assert_int_equal(swd_write(b, false, 2, 0), 1);
	assert_int_equal(swd_write(b, false, 2, 0), 4);		/* WDATAERR */
	assert_int_equal(swd_write(b, false, 0, 0x1e), 1);
	vb_dp_inject(b->dp, VB_DP_FAULT_NO_ACK, 0, 2);
	assert_int_equal(swd_packet(b, true, false, true, 0, &value), 7);
	assert_int_equal(swd_packet(b, true, false, true, 0, &value), 7);
	assert_int_equal(swd_read(b, false, 0, &value), 1);
	bench_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden_dpidr),
		cmocka_unit_test(test_golden_dpidr_rt1060),
		cmocka_unit_test(test_golden_writes),
		cmocka_unit_test(test_packets_need_no_idle_between),
		cmocka_unit_test(test_packet_costs_46_clocks_and_time),
		cmocka_unit_test(test_nothing_answers_before_the_switch),
		cmocka_unit_test(test_switch_code_needs_50_ones),
		cmocka_unit_test(test_deprecated_switch_code),
		cmocka_unit_test(test_switch_back_to_jtag),
		cmocka_unit_test(test_line_reset_needs_50_ones_and_2_zeros),
		cmocka_unit_test(test_first_packet_after_reset_must_read_dpidr),
		cmocka_unit_test(test_bad_headers_lock_out),
		cmocka_unit_test(test_dpv1_comes_back_with_dpidr),
		cmocka_unit_test(test_dpv2_stays_locked_until_line_reset),
		cmocka_unit_test(test_write_parity_error_drops_the_data),
		cmocka_unit_test(test_orundetect_keeps_the_data_phase),
		cmocka_unit_test(test_line_reset_leaves_stickyorun),
		cmocka_unit_test(test_turnround),
		cmocka_unit_test(test_resend),
		cmocka_unit_test(test_resend_waits_and_faults_like_others),
		cmocka_unit_test(test_ap_write_stops_with_the_clock),
		cmocka_unit_test(test_traced_data_moves_before_the_clock_rises),
		cmocka_unit_test(test_dormant_to_swd_and_targetsel),
		cmocka_unit_test(test_swd_to_dormant_and_back),
		cmocka_unit_test(test_jtag_to_dormant),
		cmocka_unit_test(test_dead_port_leaves_the_line_alone),
		cmocka_unit_test(test_injected_parity_and_silence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
