/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The AHB window of the FlexSPI model: buffers, arbitration, errors ("FlexSPI AHB command"). */
#include "vb_flexspi_bench.h"

#define NO_PREFETCH 0x00000058u		/* AHBCR */
#define PREFETCH    0x00000078u
#define EXACT	    0x00000040u

static uint32_t word(struct flexspi_bench *b, uint32_t offset)
{
	return get_le32(b->flash.array + offset);
}

static void test_plain_reads(void **state)
{
	struct flexspi_bench *b = *state;

	bring_up(b);
	wr(b, FLEXSPI_AHBCR, NO_PREFETCH);
	for (uint32_t offset = 0; offset < 64; offset += 4)
		assert_int_equal(ahb(b, offset), word(b, offset));
	assert_int_equal(ahb(b, FLASH_BYTES - 4), word(b, FLASH_BYTES - 4));
	assert_int_equal(b->flash.clocks, 32 + 32);
	assert_int_equal(rd(b, FLEXSPI_INTR), INTR_IPTXWE);
	run_us(b, 100);
	assert_int_equal(rd(b, FLEXSPI_STS0), 3);
}

static void test_start_of_a_burst(void **state)
{
	struct flexspi_bench *b = *state;

	bring_up(b);
	wr(b, FLEXSPI_AHBCR, 0x18);			/* READADDROPT 0: in eights */
	assert_int_equal(ahb(b, 0x44), word(b, 0x44));
	assert_int_equal(b->flash.addr, 0x40);
	assert_int_equal(b->flash.clocks, 32 + 64);
	wr(b, FLEXSPI_AHBCR, NO_PREFETCH);
	assert_int_equal(ahb(b, 0x44), word(b, 0x44));
	assert_int_equal(b->flash.addr, 0x44);
}

static void test_a_read_takes_the_time_of_its_clocks(void **state)
{
	struct flexspi_bench *b = *state;
	struct vb_access a = { .master = VB_DAP, .addr = WINDOW + 8, .size = 4 };
	uint32_t value = 0;

	bring_up(b);
	wr(b, FLEXSPI_AHBCR, NO_PREFETCH);
	run_us(b, 10);
	assert_int_equal(vb_bus_read(b->board.bus, &a, &value), VB_STALL);
	assert_int_equal(a.stall_until_ns, 10000 + 5334);	/* 64 clocks of 12 MHz */
	assert_int_equal(rd(b, FLEXSPI_STS0), 0);
	assert_int_equal(vb_bus_read(b->board.bus, &a, &value), VB_STALL);
	vb_clock_advance(b->board.clock, 5334);
	assert_int_equal(vb_bus_read(b->board.bus, &a, &value), VB_OK);
	assert_int_equal(value, word(b, 8));
	assert_int_equal(b->flash.selects, 1);
}

static void test_a_prefetched_buffer_answers(void **state)
{
	struct flexspi_bench *b = *state;

	bring_up(b);
	wr(b, FLEXSPI_AHBCR, PREFETCH);
	for (uint32_t offset = 0x100; offset < 0x200; offset += 4)
		assert_int_equal(ahb(b, offset), word(b, offset));
	assert_int_equal(b->flash.selects, 1);
	assert_int_equal(b->flash.clocks, 32 + 256 * 8);
	assert_int_equal(ahb(b, 0x200), word(b, 0x200));
	assert_int_equal(b->flash.selects, 2);
	run_us(b, 1000);
	/* All for buffer 3: 1 KiB. */
	wr(b, 0x20, 0x80000000);
	wr(b, 0x24, 0x80000000);
	wr(b, 0x28, 0x80000000);
	wr(b, 0x2c, 0x80000080);
	assert_int_equal(ahb(b, 0x1000), word(b, 0x1000));
	run_us(b, 1000);
	assert_int_equal(ahb(b, 0x13fc), word(b, 0x13fc));
	assert_int_equal(b->flash.selects, 3);
	assert_int_equal(b->flash.clocks, 32 + 1024 * 8);
	/* Without its own PREFETCHEN a buffer keeps nothing. */
	wr(b, 0x2c, 0x00000080);
	ahb(b, 0x1004);
	ahb(b, 0x1004);
	assert_int_equal(b->flash.selects, 5);
}

static void test_a_buffer_goes_stale(void **state)
{
	struct flexspi_bench *b = *state;
	uint32_t old, next;

	bring_up(b);
	wr(b, FLEXSPI_AHBCR, PREFETCH);
	old = ahb(b, 0x40);
	next = word(b, 0x44);
	run_us(b, 1000);
	memset(b->flash.array, 0x5a, 0x1000);		/* programmed meanwhile */
	run_ip(b, 3, 0, 0);
	assert_int_equal(ahb(b, 0x40), old);
	assert_int_equal(ahb(b, 0x44), next);
	wr(b, FLEXSPI_AHBCR, PREFETCH | AHBCR_CLRAHBRXBUF);
	wr(b, FLEXSPI_AHBCR, PREFETCH);
	assert_int_equal(ahb(b, 0x40), 0x5a5a5a5a);
	run_us(b, 1000);
	memset(b->flash.array, 0x33, 0x1000);
	assert_int_equal(ahb(b, 0x40), 0x5a5a5a5a);
	wr(b, FLEXSPI_MCR0, UP | MCR0_SWRESET);
	assert_int_equal(ahb(b, 0x40), 0x33333333);
	run_us(b, 1000);
	memset(b->flash.array, 0x44, 0x1000);
	ahb(b, 0x2000);					/* the buffer is loaded anew */
	run_us(b, 1000);
	assert_int_equal(ahb(b, 0x40), 0x44444444);
}

static void test_rt1050_cannot_clear_its_buffers(void **state)
{
	struct flexspi_bench *b = *state;
	uint32_t old;

	b->fs->config.has_clrahbbuf = false;
	bring_up(b);
	wr(b, FLEXSPI_AHBCR, PREFETCH);
	old = ahb(b, 0x40);
	run_us(b, 1000);
	memset(b->flash.array, 0x5a, 0x1000);
	wr(b, FLEXSPI_AHBCR, PREFETCH | AHBCR_CLRAHBRXBUF | AHBCR_CLRAHBTXBUF);
	assert_int_equal(rd(b, FLEXSPI_AHBCR), PREFETCH);
	assert_int_equal(ahb(b, 0x40), old);
}

/* Errors */

static void test_window_beyond_the_flashes(void **state)
{
	struct flexspi_bench *b = *state;
	uint32_t value;

	bring_up(b);
	assert_int_equal(try_read(b, WINDOW + FLASH_BYTES, &value), VB_FAULT);
	assert_true(rd(b, FLEXSPI_INTR) & INTR_AHBCMDERR);
	assert_int_equal(rd(b, FLEXSPI_STS1), 0);
	assert_int_equal(b->flash.selects, 0);
	wr(b, FLEXSPI_INTR, INTR_AHBCMDERR);
	assert_int_equal(rd(b, FLEXSPI_INTR), INTR_IPTXWE);
	assert_int_equal(try_write(b, WINDOW + 0x1f7ffffc, 0), VB_FAULT);
}

static void test_ahb_sequences_that_cannot_be_run(void **state)
{
	static const struct { uint32_t w0, w1, sts1; } rows[] = {
		{ 0x00000000, 0, 0x0307 },		/* STOP first */
		{ 0x00000406, 0, 0x0307 },		/* no READ */
		{ 0x38000403, 0, 0x0307 },		/* unknown */
		{ 0x8a188701, 0x24043008, 0x0407 },
		{ 0x08180403, 0x2404b008, 0x0507 },
	};
	struct flexspi_bench *b = *state;
	uint32_t value;

	bring_up(b);
	wr(b, 0x80, 7);					/* ARDSEQID */
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		lut(b, 7, rows[i].w0, rows[i].w1, 0);
		assert_int_equal(try_read(b, WINDOW, &value), VB_FAULT);
		assert_int_equal(rd(b, FLEXSPI_STS1), rows[i].sts1);
		assert_int_equal(rd(b, FLEXSPI_INTR), INTR_AHBCMDERR | INTR_IPTXWE);
		wr(b, FLEXSPI_INTR, INTR_AHBCMDERR);
		assert_int_equal(rd(b, FLEXSPI_STS1), 0);
	}
}

static void test_ahb_timeouts(void **state)
{
	struct flexspi_bench *b = *state;
	uint32_t value;

	bring_up(b);
	wr(b, FLEXSPI_AHBCR, PREFETCH);
	wr(b, FLEXSPI_MCR1, 0x0001ffff);		/* SEQWAIT: 1024 clocks */
	assert_int_equal(try_read(b, WINDOW, &value), VB_FAULT);
	assert_int_equal(rd(b, FLEXSPI_STS1), 0x0e00);
	assert_int_equal(rd(b, FLEXSPI_INTR), INTR_AHBCMDERR | INTR_SEQTIMEOUT | INTR_IPTXWE);
	wr(b, FLEXSPI_INTR, 0xf1f);
	b->env.clocks.ahb = 240000000;			/* AHBBUSWAIT 1: 4.3 us; the word takes 5.3 */
	wr(b, FLEXSPI_MCR1, 0xffff0001);
	assert_int_equal(try_read(b, WINDOW, &value), VB_FAULT);
	assert_int_equal(rd(b, FLEXSPI_INTR), INTR_AHBBUSTIMEOUT | INTR_IPTXWE);
	b->env.clocks.flexspi[0] = 0;
	wr(b, FLEXSPI_INTR, 0xf1f);
	assert_int_equal(try_read(b, WINDOW, &value), VB_FAULT);
	assert_int_equal(rd(b, FLEXSPI_INTR), INTR_AHBBUSTIMEOUT | INTR_IPTXWE);
}

/* Arbitration */

static void test_a_read_waits_for_the_grant(void **state)
{
	struct flexspi_bench *b = *state;
	uint64_t before_ns;
	uint32_t value;

	bring_up(b);
	start_ip(b, 1, 0, 3);				/* 2.7 us */
	assert_int_equal(ahb(b, 0x10), word(b, 0x10));
	assert_true(rd(b, FLEXSPI_INTR) & INTR_IPCMDDONE);
	start_ip(b, 2, 0, 4);				/* waits for its FIFO */
	before_ns = vb_clock_now(b->board.clock);
	assert_int_equal(try_read(b, WINDOW + 0x1000, &value), VB_FAULT);
	/* AHBGRANTWAIT FFh of 120 MHz: 2.176 ms */
	assert_int_equal(vb_clock_now(b->board.clock) - before_ns, 2176000);
	assert_true(rd(b, FLEXSPI_INTR) & INTR_AHBCMDGE);
	assert_true(b->flash.is_low);
}

static void test_ip_command_waits_for_the_grant(void **state)
{
	struct flexspi_bench *b = *state;
	struct vb_access a = { .master = VB_DAP, .addr = WINDOW, .size = 4 };
	uint32_t value;

	bring_up(b);
	wr(b, FLEXSPI_AHBCR, NO_PREFETCH);
	assert_int_equal(vb_bus_read(b->board.bus, &a, &value), VB_STALL);	/* 5.3 us */
	start_ip(b, 1, 0, 3);
	assert_int_equal(b->flash.selects, 1);
	run_us(b, 100);
	assert_int_equal(b->flash.selects, 2);
	assert_int_equal(rd(b, FLEXSPI_INTR), INTR_IPCMDDONE | INTR_IPRXWA | INTR_IPTXWE);
	/* IPGRANTWAIT 1: 1024 clocks of 1 GHz are 1 us */
	b->env.clocks.ahb = 1000000000;
	wr(b, FLEXSPI_MCR0, 0xff010010);
	a.addr += 64;
	assert_int_equal(vb_bus_read(b->board.bus, &a, &value), VB_STALL);
	start_ip(b, 1, 0, 3);
	run_us(b, 100);
	assert_int_equal(rd(b, FLEXSPI_INTR) & 0x1f, INTR_IPCMDDONE | INTR_IPCMDGE);
	assert_int_equal(b->flash.selects, 3);
}

static void test_a_prefetch_is_suspended_and_resumed(void **state)
{
	struct flexspi_bench *b = *state;
	uint32_t status;

	bring_up(b);
	wr(b, FLEXSPI_AHBCR, PREFETCH);
	ahb(b, 0);					/* 256 bytes: 173 us in all */
	assert_int_equal(rd(b, FLEXSPI_STS0), 0);
	run_us(b, 50);
	start_ip(b, 1, 0, 3);
	status = rd(b, FLEXSPI_AHBSPNDSTS);
	assert_int_equal(status & 0xffff, 1);
	assert_in_range(status >> 16, 170, 180);	/* bytes that are owed */
	assert_int_equal(ahb(b, 0x20), word(b, 0x20));	/* has arrived */
	run_us(b, 1000);
	assert_int_equal(rd(b, FLEXSPI_AHBSPNDSTS), 0);
	assert_int_equal(b->flash.selects, 3);
	assert_int_equal(ahb(b, 0xfc), word(b, 0xfc));
	assert_int_equal(b->flash.selects, 3);
}

/* Instruction pointer, writes, remap */

static void test_jmp_on_cs_and_the_instruction_pointer(void **state)
{
	struct flexspi_bench *b = *state;

	bring_up(b);
	wr(b, FLEXSPI_AHBCR, NO_PREFETCH);
	lut(b, 7, 0x08180403, 0x7c012404, 0);		/* 03h, address, READ, JMP_ON_CS 1 */
	wr(b, 0x80, 7);
	assert_int_equal(ahb(b, 0x10), word(b, 0x10));
	assert_int_equal(b->flash.clocks, 64);
	ahb(b, 0x20);					/* goes on without an opcode */
	assert_int_equal(b->flash.clocks, 56);
	wr(b, 0x80, 7 | CR2_CLRINSTRPTR);
	assert_int_equal(rd(b, 0x80), 7);
	assert_int_equal(ahb(b, 0x30), word(b, 0x30));
	assert_int_equal(b->flash.clocks, 64);
	run_ip(b, 1, 0, 3);				/* begins behind its opcode: 24 clocks */
	assert_int_equal(b->flash.clocks, 24);
}

static void test_writes_through_the_window(void **state)
{
	struct flexspi_bench *b = *state;

	bring_up(b);
	assert_int_equal(try_write(b, WINDOW + 0x100, 0x44332211), VB_FAULT);	/* AWRSEQID 0: READ */
	wr(b, 0x80, 2 << 8);
	assert_int_equal(try_write(b, WINDOW + 0x1234, 0x44332211), VB_OK);
	assert_int_equal(b->flash.addr, 0x1234);
	assert_int_equal(b->flash.write_bytes, 4);
	assert_memory_equal(b->flash.written, "\x11\x22\x33\x44", 4);
	assert_int_equal(rd(b, FLEXSPI_STS0), 1 << 2);
	lut(b, 2, 0x7c000402, 0, 0);
	assert_int_equal(try_write(b, WINDOW, 0), VB_FAULT);
	assert_int_equal(rd(b, FLEXSPI_STS1), 0x0202);
}

static void test_remap_moves_the_window(void **state)
{
	struct flexspi_bench *b = *state;

	bring_up(b);
	wr(b, FLEXSPI_AHBCR, NO_PREFETCH);
	imxrt_flexspi_remap(b->fs, WINDOW, WINDOW + 0x1000, 0x8000);
	assert_int_equal(ahb(b, 0x10), word(b, 0x8010));
	assert_int_equal(ahb(b, 0x1010), word(b, 0x1010));
	imxrt_flexspi_remap(b->fs, WINDOW, WINDOW + 0x1000, 0);
	assert_int_equal(ahb(b, 0x10), word(b, 0x10));
}

static void test_quad_reads(void **state)
{
	struct flexspi_bench *b = *state;

	bring_up(b);
	wr(b, FLEXSPI_AHBCR, PREFETCH);
	lut(b, 0, 0x0a1804eb, 0x26043206, 0);
	for (uint32_t offset = 0; offset < 1024; offset += 4)
		assert_int_equal(ahb(b, offset), word(b, offset));
	lut(b, 0, 0x0a1804eb, 0x26043204, 0);		/* two dummies too few */
	wr(b, FLEXSPI_MCR0, UP | MCR0_SWRESET);
	assert_int_not_equal(ahb(b, 0), word(b, 0));
}

#define ROW(test) cmocka_unit_test_setup_teardown(test, bench_setup, bench_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(test_plain_reads),
		ROW(test_start_of_a_burst),
		ROW(test_a_read_takes_the_time_of_its_clocks),
		ROW(test_a_prefetched_buffer_answers),
		ROW(test_a_buffer_goes_stale),
		ROW(test_rt1050_cannot_clear_its_buffers),
		ROW(test_window_beyond_the_flashes),
		ROW(test_ahb_sequences_that_cannot_be_run),
		ROW(test_ahb_timeouts),
		ROW(test_a_read_waits_for_the_grant),
		ROW(test_ip_command_waits_for_the_grant),
		ROW(test_a_prefetch_is_suspended_and_resumed),
		ROW(test_jmp_on_cs_and_the_instruction_pointer),
		ROW(test_writes_through_the_window),
		ROW(test_remap_moves_the_window),
		ROW(test_quad_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
