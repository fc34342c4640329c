/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The FlexSPI model with the flashes of the boards on its wires, and what the core may see directly. */
#include "vb_flexspi_bench.h"

#define SHOW_US 2000u

static int w25_setup(void **state)
{
	*state = bench_new("w25q32jv-iq");
	return 0;
}

static int hyper_setup(void **state)
{
	*state = bench_new("s26ks512s");
	return 0;
}

/* Beside bring_up(): 4: RDSR1, 5: 4K erase, 6: EBh with 2 mode and 4 dummy clocks. */
static void bring_up_w25(struct flexspi_bench *b)
{
	bring_up(b);
	wr(b, FLEXSPI_FLSHA1CR0, 4096);
	lut(b, 4, 0x24040405, 0, 0);
	lut(b, 5, 0x08180420, 0, 0);
	lut(b, 6, 0x0a1804eb, 0x32041e00, 0x00002604);
}

static uint8_t status_register(struct flexspi_bench *b)
{
	wr(b, FLEXSPI_IPRXFCR, FCR_CLR);
	run_ip(b, 4, 0, 1);
	return rd(b, FLEXSPI_RFDR0) & 0xff;
}

static void wait_ready(struct flexspi_bench *b)
{
	for (unsigned i = 0; status_register(b) & 1; i++)
		assert_true(i < 1000);
}

static void program_page(struct flexspi_bench *b, uint32_t offset, uint8_t seed)
{
	run_ip(b, 3, 0, 0);
	assert_int_equal(status_register(b), 2);
	wr(b, FLEXSPI_IPTXFCR, 15 << 2 | FCR_CLR);
	start_ip(b, 2, offset, 256);
	for (unsigned half = 0; half < 2; half++) {
		for (unsigned i = 0; !(rd(b, FLEXSPI_INTR) & INTR_IPTXWE); i++) {
			assert_true(i < 100);
			run_us(b, 10);
		}
		for (unsigned i = 0; i < 128; i += 4)
			wr(b, FLEXSPI_TFDR0 + i, 0x01010101u * (uint8_t)(seed + half * 128 + i));
		wr(b, FLEXSPI_INTR, INTR_IPTXWE);
	}
	run_us(b, 300);
	assert_true(rd(b, FLEXSPI_INTR) & INTR_IPCMDDONE);
	wait_ready(b);
}

static void test_erase_program_read(void **state)
{
	struct flexspi_bench *b = *state;

	bring_up_w25(b);
	run_ip(b, 1, 0, 3);
	assert_int_equal(rd(b, FLEXSPI_RFDR0) & 0xffffff, 0x1640ef);
	wr(b, FLEXSPI_IPRXFCR, FCR_CLR);
	memset(nor_array(b->nor), 0, 0x3000);
	run_ip(b, 3, 0, 0);
	run_ip(b, 5, 0x1000, 0);
	assert_int_equal(status_register(b), 3);
	wait_ready(b);
	assert_int_equal(nor_array(b->nor)[0xfff], 0);
	assert_int_equal(nor_array(b->nor)[0x1000], 0xff);
	assert_int_equal(nor_array(b->nor)[0x2000], 0);
	program_page(b, 0x1100, 3);
	wr(b, FLEXSPI_IPRXFCR, FCR_CLR);
	run_ip(b, 0, 0x1104, 4);
	assert_int_equal(rd(b, FLEXSPI_RFDR0), 0x07070707);
	assert_int_equal(ahb(b, 0x11fc), 0xffffffff);		/* seed 3 + FCh */
	assert_int_equal(ahb(b, 0x1108), 0x0b0b0b0b);
	wr(b, 0x80, 6);						/* quad reads by AHB */
	assert_int_equal(ahb(b, 0x110c), 0x0f0f0f0f);
	run_ip(b, 6, 0x1110, 4);
}

static void test_stale_buffer_after_program(void **state)
{
	struct flexspi_bench *b = *state;

	bring_up_w25(b);
	wr(b, FLEXSPI_AHBCR, 0x78);
	assert_int_equal(ahb(b, 0x1108), 0xffffffff);
	program_page(b, 0x1100, 3);
	assert_int_equal(ahb(b, 0x1108), 0xffffffff);
	assert_int_equal(b->fs->count.stale_reads, 1);
	wr(b, FLEXSPI_MCR0, UP | MCR0_SWRESET);
	assert_int_equal(ahb(b, 0x1108), 0x0b0b0b0b);
}

static void test_window_behind_a_flash_that_is_smaller(void **state)
{
	struct flexspi_bench *b = *state;
	uint32_t value;

	bring_up_w25(b);
	nor_array(b->nor)[0x10] = 0x77;
	assert_int_equal(try_read(b, WINDOW + 0x400000, &value), VB_FAULT);
	wr(b, FLEXSPI_FLSHA1CR0, 8192);			/* twice what is there: address bits are lost */
	assert_int_equal(try_read(b, WINDOW + 0x400010, &value), VB_OK);
	assert_int_equal(value & 0xff, 0x77);
	wr(b, FLEXSPI_FLSHA1CR0, 2048);
	assert_int_equal(try_read(b, WINDOW + 0x200000, &value), VB_FAULT);
}

/* The direct view */

static bool is_direct(struct flexspi_bench *b)
{
	run_us(b, SHOW_US);
	return !vb_bus_find(b->board.bus, WINDOW)->guarded;
}

/* The core runs along: instructions of `bytes`. */
static void fetch(struct flexspi_bench *b, uint32_t offset, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i += 4) {
		struct vb_access a = { .master = VB_CPU_CODE, .addr = WINDOW + offset + i, .size = 4 };
		uint32_t value;

		ahb_access(b, &a, &value);
	}
}

static void fill(struct flexspi_bench *b)
{
	for (uint32_t i = 0; i < nor_bytes(b->nor); i++)
		nor_array(b->nor)[i] = (uint8_t)(i * 5 + i / 256);
}

static void show(struct flexspi_bench *b)
{
	bring_up_w25(b);
	fill(b);
	fetch(b, 0x2000, 64);
	assert_true(is_direct(b));
}

static void test_a_core_that_runs_from_flash_is_shown_it(void **state)
{
	struct flexspi_bench *b = *state;

	bring_up_w25(b);
	assert_false(is_direct(b));
	fetch(b, 0x2000, 64);				/* blank: proves nothing */
	assert_false(is_direct(b));
	fill(b);
	for (unsigned i = 0; i < 64; i += 4)
		ahb(b, 0x2000 + i);			/* the debugger: no reason */
	assert_false(is_direct(b));
	fetch(b, 0x2000, 64);
	assert_true(is_direct(b));
	ahb(b, 0x3000);					/* through the buffers, all the same */
	assert_true(b->fs->count.ahb_reads > 16 + 8);
	assert_true(is_direct(b));
}

/*
 * An instruction fetched from one place that loads two words from others: each of the three takes the
 * wires, and the core starts again from the fetch whenever it was held.
 */
static void run_instruction(struct flexspi_bench *b, unsigned *turns)
{
	static const struct { enum vb_master master; uint32_t offset; unsigned size; } parts[] = {
		{ VB_CPU_CODE, 0x2006, 2 }, { VB_CPU_CODE, 0x2008, 2 },
		{ VB_CPU_DATA, 0x9000, 4 }, { VB_CPU_DATA, 0x9004, 4 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(parts); ) {
		struct vb_access a = { .master = parts[i].master, .addr = WINDOW + parts[i].offset,
				       .size = parts[i].size };
		uint32_t value = 0;
		enum vb_result rc = vb_bus_read(b->board.bus, &a, &value);

		assert_true(++*turns < 50);
		if (rc == VB_STALL) {
			vb_clock_advance(b->board.clock,
					 a.stall_until_ns - vb_clock_now(b->board.clock) + 40);
			i = 0;
			continue;
		}
		assert_int_equal(rc, VB_OK);
		assert_int_equal(value, get_le32(nor_array(b->nor) + parts[i].offset) &
				 (parts[i].size == 2 ? 0xffff : 0xffffffff));
		i++;
	}
}

static void test_a_held_core_gets_on(void **state)
{
	struct flexspi_bench *b = *state;
	unsigned turns = 0;

	bring_up_w25(b);
	wr(b, FLEXSPI_FLSHA1CR0, 2048);			/* half of it: never shown directly */
	fill(b);
	for (uint32_t ahbcr = 0x18; ahbcr <= 0x78; ahbcr += 0x20) {
		wr(b, FLEXSPI_AHBCR, ahbcr);
		turns = 0;
		run_instruction(b, &turns);
		run_us(b, 1000);
	}
}

static void hide_by_lut(struct flexspi_bench *b) { lut(b, 0, 0x08180403, 0x00002404, 0); }
static void hide_by_ip(struct flexspi_bench *b) { start_ip(b, 3, 0, 0); }
static void hide_by_off(struct flexspi_bench *b) { wr(b, FLEXSPI_MCR0, UP | MCR0_MDIS); }
static void hide_by_remap(struct flexspi_bench *b)
{
	imxrt_flexspi_remap(b->fs, WINDOW, WINDOW + 0x1000, 0x1000);
}
static void hide_by_wires(struct flexspi_bench *b)
{
	b->env.wires[0] = 0;
	imxrt_env_changed(&b->env);
}
static void hide_by_clock(struct flexspi_bench *b)
{
	b->env.clocks.flexspi[0] = 66000000;
	imxrt_env_changed(&b->env);
}
static void hide_by_sleep(struct flexspi_bench *b)
{
	char error[100];

	assert_true(nor_put_into(b->nor, "deep-power-down", error, sizeof(error)));
}
static void hide_by_load(struct flexspi_bench *b)
{
	char error[100];

	assert_true(nor_load(b->nor, 0x2000, (const uint8_t *)"hello", 5, error, sizeof(error)));
}

static void test_what_ends_the_direct_view(void **state)
{
	void (*const ends[])(struct flexspi_bench *) = {
		hide_by_lut, hide_by_ip, hide_by_off, hide_by_remap, hide_by_wires, hide_by_clock,
		hide_by_sleep, hide_by_load,
	};
	struct flexspi_bench *b;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		void *one;

		w25_setup(&one);
		b = one;
		show(b);
		ends[i](b);
		if (!vb_bus_find(b->board.bus, WINDOW)->guarded)
			fail_msg("row %zu", i);
		bench_teardown(&one);
	}
}

static void test_states_that_never_look_plain(void **state)
{
	static const char *const states[] = { "deep-power-down", "busy" };
	struct flexspi_bench *b = *state;
	char error[100];

	bring_up_w25(b);
	fill(b);
	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		assert_true(nor_put_into(b->nor, states[i], error, sizeof(error)));
		fetch(b, 0x2000, 64);
		assert_false(is_direct(b));
		nor_power(b->nor, false);
		nor_power(b->nor, true);
		run_us(b, 10000);
	}
	lut(b, 0, 0x0a1804eb, 0x26043206, 0);		/* FFFFFFh as mode bits is all right */
	fetch(b, 0x2000, 64);
	assert_true(is_direct(b));
	lut(b, 0, 0x0a1804eb, 0x26043205, 0);		/* a dummy clock is missing */
	fetch(b, 0x2000, 64);
	assert_false(is_direct(b));
	lut(b, 0, 0x0a1804eb, 0x32041ea0, 0x00002604);	/* goes on reading without an opcode */
	fetch(b, 0x2000, 64);
	assert_false(is_direct(b));
	lut(b, 0, 0x08180403, 0x00002404, 0);		/* ends that: the bits are no A0h */
	assert_true(nor_put_into(b->nor, "continuous-read", error, sizeof(error)));
	assert_int_not_equal(ahb(b, 0x2000), get_le32(nor_array(b->nor) + 0x2000));
	assert_int_equal(ahb(b, 0x2000), get_le32(nor_array(b->nor) + 0x2000));
}

static void test_a_stale_buffer_keeps_the_core_out(void **state)
{
	struct flexspi_bench *b = *state;

	bring_up_w25(b);
	wr(b, FLEXSPI_AHBCR, 0x78);
	ahb(b, 0x1100);
	run_us(b, 1000);
	program_page(b, 0x1100, 3);
	fill(b);
	wr(b, 0x20, 0x80050020);			/* the core reads through another buffer */
	fetch(b, 0x2000, 256);
	assert_false(is_direct(b));
	wr(b, FLEXSPI_MCR0, UP | MCR0_SWRESET);
	fetch(b, 0x2000, 256);
	assert_true(is_direct(b));
}

/* HyperFlash: strobes of the flash say when its data are there. */
static void test_hyperflash(void **state)
{
	struct flexspi_bench *b = *state;

	bring_up(b);
	wr(b, FLEXSPI_MCR0, 0xffff0030 | MCR0_COMBINATIONEN);
	wr(b, FLEXSPI_FLSHA1CR0, 65536);
	wr(b, FLEXSPI_FLSHA1CR1, 0x00021c63);
	lut(b, 0, 0x8b1887a0, 0xb3068f10, 0x0000a704);
	wr(b, FLEXSPI_AHBCR, 0x78);
	fill(b);
	assert_int_equal(ahb(b, 0x123450), get_le32(nor_array(b->nor) + 0x123450));
	assert_int_equal(ahb(b, 0x3fffff8), get_le32(nor_array(b->nor) + 0x3fffff8));
	wr(b, FLEXSPI_MCR0, 0xffff0000 | MCR0_COMBINATIONEN);	/* without them: too early */
	wr(b, FLEXSPI_MCR0, 0xffff0001 | MCR0_COMBINATIONEN);
	assert_int_not_equal(ahb(b, 0x123450), get_le32(nor_array(b->nor) + 0x123450));
}

#define ROW(test, setup) cmocka_unit_test_setup_teardown(test, setup, bench_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(test_erase_program_read, w25_setup),
		ROW(test_stale_buffer_after_program, w25_setup),
		ROW(test_window_behind_a_flash_that_is_smaller, w25_setup),
		ROW(test_a_core_that_runs_from_flash_is_shown_it, w25_setup),
		ROW(test_a_held_core_gets_on, w25_setup),
		cmocka_unit_test(test_what_ends_the_direct_view),
		ROW(test_states_that_never_look_plain, w25_setup),
		ROW(test_a_stale_buffer_keeps_the_core_out, w25_setup),
		ROW(test_hyperflash, hyper_setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
