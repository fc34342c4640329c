/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The SWO pin of the board: what ITM, DWT and TPIU put on it, when, and what a receiver hears. */
#include "vb_chip_bench.h"

#include "vboard/core/swo_priv.h"

enum { DHCSR = 0xe000edf0u, DCRSR = 0xe000edf4u, DCRDR = 0xe000edf8u, DEMCR = 0xe000edfcu,
       ICSR = 0xe000ed04u, VTOR = 0xe000ed08u, DWT = 0xe0001000u, ITM = 0xe0000000u,
       TER = 0xe0000e00u, TPR = 0xe0000e40u, TCR = 0xe0000e80u, LAR = 0xe0000fb0u,
       ACPR = 0xe0040010u, SPPR = 0xe00400f0u, FFCR = 0xe0040304u, DBGMCU_CR = 0xe0042004u };
enum { NRZ = 2, MANCHESTER = 1, BYPASS = 0x100, FORMATTER = 0x102 };

#define HCLK 4000000u		/* MSI after reset */

static struct {
	uint8_t bytes[65536];
	uint64_t ns[65536];
	size_t n;
} heard;

static void hear(void *ctx, uint64_t ns, uint8_t byte)
{
	struct chip_bench *b = ctx;

	assert_true(ns <= vb_clock_now(b->board->clock));
	heard.ns[heard.n] = ns;
	heard.bytes[heard.n++] = byte;
}

static void listen_at(struct chip_bench *b, bool is_manchester, uint32_t baud)
{
	heard.n = 0;
	vb_swo_listen(b->board->swo, is_manchester, baud, hear, b);
}

/* Everything on; the order is that of a debugger. */
static void trace_on(struct chip_bench *b, uint32_t acpr, uint32_t sppr, uint32_t ffcr, uint32_t tcr)
{
	wr(b, DEMCR, 0x01000000);
	wr(b, DBGMCU_CR, 0x20);
	wr(b, ACPR, acpr);
	wr(b, SPPR, sppr);
	wr(b, FFCR, ffcr);
	wr(b, LAR, 0xc5acce55);
	wr(b, TCR, 0);
	wr(b, TER, 0xffffffff);
	wr(b, TCR, tcr);
}

static void stim(struct chip_bench *b, unsigned port, unsigned size, uint32_t value)
{
	assert_int_equal(access_sized(b, true, ITM + 4 * port, size, &value), VB_OK);
}

static void expect_heard(const void *bytes, size_t n)
{
	assert_int_equal(heard.n, n);
	assert_memory_equal(heard.bytes, bytes, n);
}
#define EXPECT_HEARD(...)                                                                          \
	expect_heard((const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }))

static void test_packets_and_their_time(void **state)
{
	struct chip_bench *b = *state;
	uint64_t start;

	trace_on(b, 1, NRZ, BYPASS, 0x1000d);
	listen_at(b, false, 2000000);
	start = vb_clock_now(b->board->clock);
	stim(b, 0, 1, 'A');
	stim(b, 1, 2, 0x1234);
	stim(b, 31, 4, 0xdeadbeef);
	assert_int_equal(heard.n, 0);
	run_us(b, 1000);
	EXPECT_HEARD(0x01, 'A', 0x0a, 0x34, 0x12, 0xfb, 0xef, 0xbe, 0xad, 0xde);
	for (size_t i = 0; i < heard.n; i++)	/* ten bits of 500 ns each */
		assert_int_equal(heard.ns[i] - start, 5000 * (i + 1));
	start = vb_clock_now(b->board->clock);
	stim(b, 2, 1, 'x');
	run_us(b, 7);
	vb_swo_sync(b->board->swo);
	assert_int_equal(heard.n, 11);		/* the second byte is still on the wire */
	assert_int_equal(heard.ns[10] - start, 5000);
}

static void test_rate_follows_acpr_and_hclk(void **state)
{
	struct chip_bench *b = *state;
	struct vb_swo_state s;

	trace_on(b, 39, NRZ, BYPASS, 0xd);
	vb_swo_state(b->board->swo, &s);
	assert_int_equal(s.baud, HCLK / 40);
	assert_true(s.is_sending && s.is_pin_out && !s.is_manchester && !s.has_formatter);
	fast_clock(b);			/* MSI 24 MHz */
	listen_at(b, false, 600000);
	stim(b, 0, 1, 'f');
	run_us(b, 100);
	EXPECT_HEARD(0x01, 'f');
	assert_in_range(heard.ns[1] - heard.ns[0], 16666, 16667);
	wr(b, ACPR, 0xffffffff);	/* 16 bits on an M4 */
	assert_int_equal(rd(b, ACPR), 0xffff);
}

static void test_three_percent_off_is_fine_more_is_garbage(void **state)
{
	struct chip_bench *b = *state;
	static const uint32_t good[] = { 97100, 102900 }, bad[] = { 80000, 130000, 9600, 2000000 };

	trace_on(b, 39, NRZ, BYPASS, 0xd);	/* 100000 baud */
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		listen_at(b, false, good[i]);
		stim(b, 0, 4, 0x64636261);
		run_us(b, 2000);
		EXPECT_HEARD(0x03, 'a', 'b', 'c', 'd');
		assert_int_equal(vb_swo_take_errors(b->board->swo), 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		listen_at(b, false, bad[i]);
		for (unsigned w = 0; w < 3; w++) {
			stim(b, 0, 4, 0x64636261);
			run_us(b, 3000);
		}
		assert_true(heard.n > 0);
		assert_true(heard.n != 15 || memcmp(heard.bytes, "\003abcd", 5) != 0);
	}
	listen_at(b, false, 80000);	/* too slow a receiver meets stop bits that are none */
	for (unsigned w = 0; w < 8; w++) {
		stim(b, 0, 4, 0);
		run_us(b, 3000);
	}
	assert_true(vb_swo_take_errors(b->board->swo) > 0);
}

/* The receiver that samples the line hears at the right rate what the short cut hears. */
static void test_sampling_receiver(void **state)
{
	static const uint8_t text[] = "\000\377Uabcdefgh";

	(void)state;
	for (unsigned manchester = 0; manchester < 2; manchester++) {
		struct chip_bench *b = *state;
		struct swo_rate rate = { .is_manchester = manchester, .hz = 4000000, .divider = 40 };
		struct swo_line line = { .is_manchester = manchester, .baud = 100000, .fn = hear,
					 .ctx = b };
		uint64_t at = 1000000;

		heard.n = 0;
		run_us(b, 10000);
		swo_line_restart(&line, !manchester, 0);
		for (size_t i = 0; i < sizeof(text); i++) {
			bool starts = i % 8 == 0;	/* a packet of Manchester ends here */

			at += starts ? 20000000 : 0;
			swo_line_byte(&line, &rate, at, starts, text[i]);
			at += swo_cells_ps(&rate, manchester ? (starts ? 18 : 16) : 10);
		}
		swo_line_idle(&line, manchester, at + 100000000);
		expect_heard(text, sizeof(text));
		assert_int_equal(line.errors, 0);
	}
}

static void test_other_protocol_is_garbage(void **state)
{
	struct chip_bench *b = *state;

	trace_on(b, 39, MANCHESTER, BYPASS, 0xd);
	listen_at(b, true, 100000);
	stim(b, 0, 4, 0x64636261);
	run_us(b, 2000);
	EXPECT_HEARD(0x03, 'a', 'b', 'c', 'd');
	/* Start bit and eight bits of two cells of 10 us; then 16 cells a byte. */
	assert_int_equal(heard.ns[1] - heard.ns[0], 160000);
	listen_at(b, false, 100000);
	stim(b, 0, 4, 0x64636261);
	run_us(b, 3000);
	assert_true(heard.n > 0 && memcmp(heard.bytes, "\003abcd", 5) != 0);
	wr(b, SPPR, NRZ);
	listen_at(b, true, 100000);
	stim(b, 0, 4, 0x55555555);
	run_us(b, 3000);
	assert_true(heard.n != 5 || memcmp(heard.bytes, "\003UUUU", 5) != 0);
}

static void test_nobody_hears_a_pin_that_is_not_swo(void **state)
{
	struct chip_bench *b = *state;
	struct vb_swo_state s;

	trace_on(b, 1, NRZ, BYPASS, 0xd);
	listen_at(b, false, 2000000);
	wr(b, DBGMCU_CR, 0);
	stim(b, 0, 1, '1');
	run_us(b, 100);
	wr(b, DBGMCU_CR, 0xe0);			/* synchronous trace */
	stim(b, 0, 1, '2');
	run_us(b, 100);
	wr(b, DBGMCU_CR, 0x20);
	wr(b, DEMCR, 0);
	stim(b, 0, 1, '3');
	wr(b, DEMCR, 0x01000000);
	run_us(b, 100);
	wr(b, SPPR, 0);				/* the parallel port */
	stim(b, 0, 1, '4');
	run_us(b, 100);
	wr(b, SPPR, NRZ);
	wr(b, RCC_BASE + 0x4c, 2);		/* GPIOB: PB3 becomes an output */
	wr(b, 0x48000400, 0x00000240);
	stim(b, 0, 1, '5');
	run_us(b, 100);
	wr(b, 0x48000400, 0x00000280);
	assert_int_equal(heard.n, 0);
	vb_swo_state(b->board->swo, &s);
	assert_int_equal(s.sent, 0);
	assert_int_equal(s.unseen, 6);
	stim(b, 0, 1, '6');
	run_us(b, 100);
	EXPECT_HEARD(0x01, '6');
	vb_jtag_clock(b->board->link, true, true);	/* somebody uses the pin as TDO */
	stim(b, 0, 1, '7');
	run_us(b, 100);
	assert_int_equal(heard.n, 2);
}

static void test_ports_that_are_off_say_nothing(void **state)
{
	struct chip_bench *b = *state;

	trace_on(b, 1, NRZ, BYPASS, 0xd);
	listen_at(b, false, 2000000);
	wr(b, TER, 0x5);
	stim(b, 1, 1, 'x');
	assert_int_equal(rd(b, ITM + 4), 0);
	assert_int_equal(rd(b, ITM), 1);
	stim(b, 2, 1, 'y');
	wr(b, TCR, 0xc);
	stim(b, 2, 1, 'z');
	assert_int_equal(rd(b, ITM + 8), 0);
	run_us(b, 100);
	EXPECT_HEARD(0x11, 'y');
}

static void test_fifo_ready_tells_the_truth(void **state)
{
	struct chip_bench *b = *state;
	unsigned taken = 0;

	trace_on(b, 399, NRZ, BYPASS, 0xd);	/* 10 kbaud: a byte takes 1 ms */
	listen_at(b, false, 10000);
	while (rd(b, ITM) & 1) {
		stim(b, 0, 4, 0x30303030 + taken);
		taken++;
		assert_true(taken < 10);
	}
	assert_int_equal(taken, 3);
	assert_int_equal(rd(b, TCR) >> 23 & 1, 1);
	run_us(b, 5000);
	assert_int_equal(rd(b, ITM), 1);
	run_us(b, 20000);
	assert_int_equal(heard.n, 15);		/* nothing was lost, nothing added */
	assert_int_equal(rd(b, TCR) >> 23 & 1, 0);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(heard.bytes[5 * i + 1], '0' + i);
}

static void test_overflow_packet_stands_where_packets_are_missing(void **state)
{
	struct chip_bench *b = *state;
	uint64_t packets, lost;

	trace_on(b, 399, NRZ, BYPASS, 0xd);
	listen_at(b, false, 10000);
	for (unsigned i = 0; i < 6; i++)
		stim(b, 0, 4, 0x30303030 + i);
	run_us(b, 30000);
	assert_int_equal(heard.n, 16);
	assert_int_equal(heard.bytes[15], 0x70);
	vb_cpu_trace_stats(b->board->cpu, &packets, &lost);
	assert_int_equal(packets, 3);
	assert_int_equal(lost, 3);
	stim(b, 0, 1, 'k');
	run_us(b, 5000);
	assert_int_equal(heard.n, 18);
	assert_memory_equal(heard.bytes + 16, "\001k", 2);
}

static void test_timestamps(void **state)
{
	struct chip_bench *b = *state;

	trace_on(b, 1, NRZ, BYPASS, 0xf);
	listen_at(b, false, 2000000);
	run_us(b, 100);
	stim(b, 0, 1, 'a');			/* 400 cycles of 4 MHz: 0x190 */
	run_us(b, 1);
	stim(b, 0, 1, 'b');			/* 4 cycles: the short form */
	run_us(b, 100);
	EXPECT_HEARD(0x01, 'a', 0xc0, 0x90, 0x03, 0x01, 'b', 0x40);
	wr(b, TCR, 0);
	wr(b, TCR, 0x20f);			/* prescaler 16 */
	heard.n = 0;
	run_us(b, 100);
	stim(b, 0, 1, 'c');
	run_us(b, 100);
	EXPECT_HEARD(0x01, 'c', 0xc0, 0x19);
	wr(b, TCR, 0);
	wr(b, ACPR, 3);
	wr(b, TCR, 0x1f);			/* the TPIU's clock: 1 MHz */
	listen_at(b, false, 1000000);
	run_us(b, 50);
	stim(b, 0, 1, 'd');
	run_us(b, 100);
	EXPECT_HEARD(0x01, 'd', 0xc0, 50);
}

static void test_a_late_timestamp_says_so(void **state)
{
	struct chip_bench *b = *state;

	trace_on(b, 399, NRZ, BYPASS, 0xd);
	listen_at(b, false, 10000);
	stim(b, 0, 4, 0x31313131);
	stim(b, 0, 4, 0x32323232);
	wr(b, TCR, 0xf);
	stim(b, 0, 4, 0x33333333);
	run_us(b, 40000);
	assert_int_equal(heard.bytes[10], 0x03);
	assert_int_equal(heard.bytes[15], 0xd0);	/* TC = 1 */
	assert_true(heard.n > 16 && heard.n <= 20);
	assert_false(heard.bytes[heard.n - 1] & 0x80);
}

/* Takes TPIU frames apart (DDI 0314): the bytes of one source. */
static size_t unframe(const uint8_t *in, size_t n, uint8_t wanted, uint8_t *out)
{
	size_t used = 0;
	uint8_t id = 0;

	for (; n >= 16; in += 16, n -= 16) {
		while (n >= 20 && memcmp(in, "\xff\xff\xff\x7f", 4) == 0) {
			in += 4;
			n -= 4;
		}
		for (unsigned i = 0; i < 15; i++) {
			bool flag = in[15] >> i / 2 & 1;

			if (i % 2 == 0 && (in[i] & 1)) {
				uint8_t next = in[i] >> 1;

				if (!flag) {
					id = next;
					continue;
				}
				if (++i < 15 && id == wanted)
					out[used++] = in[i];
				id = next;
				continue;
			}
			if (id == wanted)
				out[used++] = i % 2 ? in[i] : (uint8_t)(in[i] | flag);
		}
	}
	assert_int_equal(n, 0);
	return used;
}

static void test_formatter(void **state)
{
	struct chip_bench *b = *state;
	uint8_t wanted[256], seen[512];
	size_t n = 0, got;

	trace_on(b, 1, NRZ, FORMATTER, 0x23000d);	/* ATB id 0x23 */
	listen_at(b, false, 2000000);
	for (unsigned i = 0; i < 50; i++) {
		stim(b, 0, 2, 0x8100 + 3 * i);
		wanted[n++] = 0x02;
		wanted[n++] = (uint8_t)(3 * i);
		wanted[n++] = 0x81;
		run_us(b, 200);
	}
	assert_memory_equal(heard.bytes, "\xff\xff\xff\x7f\x47", 5);
	got = unframe(heard.bytes, heard.n, 0x23, seen);
	assert_in_range(got, n - 15, n);
	assert_memory_equal(seen, wanted, got);
	wr(b, FFCR, FORMATTER | 0x40);		/* FOnMan sends the rest */
	assert_int_equal(rd(b, FFCR), FORMATTER);
	run_us(b, 1000);
	assert_int_equal(unframe(heard.bytes, heard.n, 0x23, seen), n);
	assert_memory_equal(seen, wanted, n);
	for (unsigned i = 1; i < 8; i++) {	/* a flush at an odd and at an even place */
		heard.n = 0;
		for (unsigned k = 0; k < i; k++)
			stim(b, 1, 1, 0x41 + k);
		wr(b, FFCR, FORMATTER | 0x40);
		run_us(b, 1000);
		assert_int_equal(unframe(heard.bytes, heard.n, 0x23, seen), 2 * i);
		for (unsigned k = 0; k < i; k++)
			assert_int_equal(seen[2 * k + 1], 0x41 + k);
	}
}

/* --- Hardware sources: a small program in SRAM, set going by the debugger --- */

static void set_register(struct chip_bench *b, unsigned n, uint32_t value)
{
	wr(b, DCRDR, value);
	wr(b, DCRSR, 0x10000 | n);
	run_us(b, 10);
}

static void run_code(struct chip_bench *b, const uint16_t *code, size_t n)
{
	wr(b, DHCSR, 0xa05f0003);
	run_us(b, 10);
	for (size_t i = 0; i < n; i++) {
		uint32_t op = code[i];

		assert_int_equal(access_sized(b, true, SRAM1_BASE + 0x400 + 2 * (uint32_t)i, 2,
					      &op), VB_OK);
	}
	wr(b, VTOR, SRAM1_BASE);
	set_register(b, 13, SRAM1_BASE + 0x1000);
	set_register(b, 16, 0x01000000);
	set_register(b, 15, SRAM1_BASE + 0x400);
	wr(b, DHCSR, 0xa05f0001);
}

static const uint16_t forever[] = { 0xe7fe };

static void test_exception_trace(void **state)
{
	static const uint16_t bx_lr[] = { 0xe7fe, 0x4770 };
	struct chip_bench *b = *state;

	run_code(b, bx_lr, 2);
	wr(b, SRAM1_BASE + 14 * 4, (SRAM1_BASE + 0x402) | 1);	/* PendSV */
	trace_on(b, 1, NRZ, BYPASS, 0xd);
	wr(b, DWT, 1u << 16);
	listen_at(b, false, 2000000);
	run_us(b, 10);
	wr(b, ICSR, 1u << 28);
	run_us(b, 100);
	EXPECT_HEARD(0x0e, 14, 0x10, 0x0e, 14, 0x20, 0x0e, 0, 0x30);
	heard.n = 0;
	wr(b, TCR, 0x5);			/* TXENA off: not forwarded */
	wr(b, ICSR, 1u << 28);
	run_us(b, 100);
	assert_int_equal(heard.n, 0);
}

static void test_pc_samples(void **state)
{
	static const uint16_t wfi[] = { 0xbf30, 0xe7fd };
	struct chip_bench *b = *state;

	run_code(b, forever, 1);
	trace_on(b, 1, NRZ, BYPASS, 0xd);
	listen_at(b, false, 2000000);
	wr(b, DWT, 1u | 1u << 12 | 1u << 9 | 1u << 1);	/* every 2048 cycles: 512 us */
	run_us(b, 5120);
	assert_in_range(heard.n, 9 * 5, 10 * 5);
	for (size_t i = 0; i + 5 <= heard.n; i += 5) {
		assert_int_equal(heard.bytes[i], 0x17);
		assert_int_equal(get_le32(heard.bytes + i + 1), SRAM1_BASE + 0x400);
	}
	wr(b, DHCSR, 0xa05f0003);
	heard.n = 0;
	run_us(b, 5120);
	assert_int_equal(heard.n, 0);		/* a halted core is not sampled */
	run_code(b, wfi, 2);
	heard.n = 0;
	run_us(b, 1100);
	assert_true(heard.n >= 2);
	assert_memory_equal(heard.bytes, "\x15\x00", 2);
	wr(b, DWT, 1u | 1u << 22 | 1u << 9 | 1u << 1);	/* the counter's event instead */
	run_us(b, 100);
	heard.n = 0;
	run_us(b, 600);
	EXPECT_HEARD(0x05, 0x20);
}

static void test_data_trace(void **state)
{
	/* str r1, [r0]; ldrb r2, [r0]; b . */
	static const uint16_t code[] = { 0x6001, 0x7802, 0xe7fe };
	static const struct { uint32_t function; uint8_t n, bytes[16]; } rows[] = {
		{ 0x1, 10, { 0x47, 0, 4, 0, 0x20, 0x47, 2, 4, 0, 0x20 } },
		{ 0x21, 6, { 0x4e, 0x00, 0x08, 0x4e, 0x00, 0x08 } },
		{ 0x2, 7, { 0x8f, 0x44, 0x33, 0x22, 0x11, 0x85, 0x44 } },
		{ 0x22, 13, { 0x4e, 0, 8, 0x8f, 0x44, 0x33, 0x22, 0x11, 0x4e, 0, 8, 0x85, 0x44 } },
		{ 0xc, 2, { 0x85, 0x44 } },
		{ 0xd, 5, { 0x8f, 0x44, 0x33, 0x22, 0x11 } },
		{ 0x2c, 3, { 0x4e, 0, 8 } },
		{ 0xe, 7, { 0x47, 2, 4, 0, 0x20, 0x85, 0x44 } },
		{ 0x2f, 8, { 0x4e, 0, 8, 0x8f, 0x44, 0x33, 0x22, 0x11 } },
	};
	struct chip_bench *b = *state;

	trace_on(b, 1, NRZ, BYPASS, 0xd);
	listen_at(b, false, 2000000);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		run_code(b, forever, 1);
		wr(b, DHCSR, 0xa05f0003);
		wr(b, DWT + 0x20, SRAM1_BASE + 0x800);
		wr(b, DWT + 0x28, rows[i].function);
		heard.n = 0;
		set_register(b, 0, SRAM1_BASE + 0x800);
		set_register(b, 1, 0x11223344);
		run_code(b, code, 3);
		run_us(b, 200);
		expect_heard(rows[i].bytes, rows[i].n);
		wr(b, DWT + 0x28, 0);
	}
	/* The comparator's number is in the header. */
	wr(b, DWT + 0x20 + 0x30, SRAM1_BASE + 0x800);
	wr(b, DWT + 0x28 + 0x30, 0xd);
	heard.n = 0;
	run_code(b, code, 3);
	run_us(b, 200);
	assert_int_equal(heard.bytes[0], 0xbf);	/* type 2, comparator 3, write, word */
}

static void test_synchronisation(void **state)
{
	struct chip_bench *b = *state;

	wr(b, DHCSR, 0xa05f0003);
	run_us(b, 10);
	static const uint16_t wfi[] = { 0xbf30, 0xe7fd };

	run_code(b, wfi, 2);
	trace_on(b, 1, NRZ, BYPASS, 0xd);
	listen_at(b, false, 2000000);
	wr(b, DWT, 1u | 1u << 10);		/* SYNCTAP: CYCCNT bit 24 */
	run_us(b, 4000000);
	assert_int_equal(heard.n, 0);
	run_us(b, 300000);			/* 2^24 cycles of 4 MHz are 4.19 s */
	EXPECT_HEARD(0, 0, 0, 0, 0, 0x80);
}

static void test_system_reset_keeps_the_trace(void **state)
{
	struct chip_bench *b = *state;

	trace_on(b, 1, NRZ, BYPASS, 0xd);
	listen_at(b, false, 2000000);
	vb_board_reset(b->board, VB_RESET_SYSTEM);
	stim(b, 0, 1, 's');
	run_us(b, 100);
	EXPECT_HEARD(0x01, 's');
	vb_board_set_power(b->board, false);
	vb_board_set_power(b->board, true);
	wr(b, DEMCR, 0x01000000);
	assert_int_equal(rd(b, TCR), 0);
	assert_int_equal(rd(b, FFCR), 0x102);
}

static void test_capture_verb(void **state)
{
	char path[] = "/tmp/vb_swo_XXXXXX", error[128], text[256], bytes[8];
	struct chip_bench *b = *state;
	const struct vb_control_verb *v = b->board->chip->verbs;
	char *start[] = { "swo", path }, *off[] = { "swo", "off" };
	FILE *f = fmemopen(text, sizeof(text), "w");

	close(mkstemp(path));
	while (strcmp(v->name, "swo") != 0)
		v++;
	trace_on(b, 1, NRZ, BYPASS, 0xd);
	assert_true(v->run(b->board, NULL, 2, start, f, error, sizeof(error)));
	stim(b, 0, 4, 0x64636261);
	run_us(b, 100);
	rewind(f);
	assert_true(v->run(b->board, NULL, 2, off, f, error, sizeof(error)));
	fclose(f);
	assert_non_null(strstr(text, "\"baud\":2000000,\"captured\":5}"));
	f = fopen(path, "rb");
	assert_int_equal(fread(bytes, 1, sizeof(bytes), f), 5);
	assert_memory_equal(bytes, "\003abcd", 5);
	fclose(f);
	unlink(path);
	start[1] = "/nowhere/at/all";
	assert_false(v->run(b->board, NULL, 2, start, stderr, error, sizeof(error)));
	assert_string_equal(error, "cannot write /nowhere/at/all: No such file or directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(test_packets_and_their_time),
		BENCH_TEST(test_rate_follows_acpr_and_hclk),
		BENCH_TEST(test_three_percent_off_is_fine_more_is_garbage),
		BENCH_TEST(test_sampling_receiver),
		BENCH_TEST(test_other_protocol_is_garbage),
		BENCH_TEST(test_nobody_hears_a_pin_that_is_not_swo),
		BENCH_TEST(test_ports_that_are_off_say_nothing),
		BENCH_TEST(test_fifo_ready_tells_the_truth),
		BENCH_TEST(test_overflow_packet_stands_where_packets_are_missing),
		BENCH_TEST(test_timestamps),
		BENCH_TEST(test_a_late_timestamp_says_so),
		BENCH_TEST(test_formatter),
		BENCH_TEST(test_exception_trace),
		BENCH_TEST(test_pc_samples),
		BENCH_TEST(test_data_trace),
		BENCH_TEST(test_synchronisation),
		BENCH_TEST(test_system_reset_keeps_the_trace),
		BENCH_TEST(test_capture_verb),
	};

	return cmocka_run_group_tests_name("vb_swo", tests, NULL, NULL);
}
