/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Registers, LUT and IP commands of the FlexSPI model, by IMXRT1064RM "FlexSPI Controller". */
#include "vb_flexspi_bench.h"

static const struct { uint32_t offset, value; } resets[] = {
	{ 0x00, 0xffff80c2 }, { 0x04, 0xffffffff }, { 0x08, 0x200081f7 }, { 0x0c, 0x00000018 },
	{ 0x10, 0 },	      { 0x14, 0x00000040 }, { 0x18, 0x5af05af0 }, { 0x1c, 0x00000002 },
	{ 0x20, 0x80000020 }, { 0x24, 0x80010020 }, { 0x28, 0x80020020 }, { 0x2c, 0x80030020 },
	{ 0x60, 0x00010000 }, { 0x64, 0x00010000 }, { 0x68, 0x00010000 }, { 0x6c, 0x00010000 },
	{ 0x70, 0x00000063 }, { 0x74, 0x00000063 }, { 0x78, 0x00000063 }, { 0x7c, 0x00000063 },
	{ 0x80, 0 },	      { 0x84, 0 },	    { 0x88, 0 },	  { 0x8c, 0 },
	{ 0x94, 0 },	      { 0xa0, 0 },	    { 0xa4, 0 },	  { 0xb0, 0 },
	{ 0xb4, 0 },	      { 0xb8, 0 },	    { 0xbc, 0 },	  { 0xc0, 0x00000100 },
	{ 0xc4, 0x00000100 }, { 0xe0, 3 },	    { 0xe4, 0 },	  { 0xe8, 0x01000100 },
	{ 0xec, 0 },	      { 0xf0, 0 },	    { 0xf4, 0 },
};

static void test_values_after_reset(void **state)
{
	struct flexspi_bench *b = *state;

	for (unsigned round = 0; round < 2; round++) {
		for (size_t i = 0; i < ARRAY_SIZE(resets); i++) {
			if (rd(b, resets[i].offset) != resets[i].value)
				fail_msg("0x%02x is 0x%08x", resets[i].offset,
					 rd(b, resets[i].offset));
		}
		for (uint32_t offset = 0; offset < 0xe0; offset += 4) {
			if (offset != FLEXSPI_IPCMD)
				wr(b, offset, 0xffffffff);
		}
		imxrt_flexspi_reset(b->fs);
	}
}

static void test_fields_take_what_is_written(void **state)
{
	static const struct { uint32_t offset, write, reads; } rows[] = {
		{ FLEXSPI_MCR0, 0xffff0012, 0xffff0012 },
		{ FLEXSPI_MCR2, 0x00000000, 0x000001f7 },
		{ FLEXSPI_AHBCR, 0x00000078, 0x00000078 },
		{ FLEXSPI_INTEN, 0xffffffff, 0x00000f7f },
		{ 0x2c, 0x80000080, 0x80000080 },
		{ 0x60, 0xffffffff, 0x007fffff },
		{ 0x80, 0xffffffff, 0x7fffefef },
		{ FLEXSPI_IPCR1, 0xffffffff, 0x870fffff },
		{ FLEXSPI_IPRXFCR, 0x0000003f, 0x0000003e },
		{ FLEXSPI_STS0, 0, 3 },
	};
	struct flexspi_bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		wr(b, rows[i].offset, rows[i].write);
		assert_int_equal(rd(b, rows[i].offset), rows[i].reads);
	}
}

static void test_narrow_accesses(void **state)
{
	struct flexspi_bench *b = *state;
	struct vb_access a = { .master = VB_DAP, .size = 1 };
	uint32_t value = 0;

	assert_int_equal(imxrt_flexspi_ops.write(b->fs, &a, 0x71, 0x12), VB_OK);
	assert_int_equal(rd(b, 0x70), 0x1263);
	a.size = 2;
	assert_int_equal(imxrt_flexspi_ops.read(b->fs, &a, 0x02, &value), VB_OK);
	assert_int_equal(value, 0xffff);
}

static void test_lut_lock(void **state)
{
	struct flexspi_bench *b = *state;

	wr(b, FLEXSPI_LUT, 0x11111111);			/* open after reset */
	wr(b, FLEXSPI_LUTCR, LUTCR_LOCK);		/* without the key */
	assert_int_equal(rd(b, FLEXSPI_LUTCR), LUTCR_UNLOCK);
	wr(b, FLEXSPI_LUTKEY, 0x12345678);
	wr(b, FLEXSPI_LUTCR, LUTCR_LOCK);
	assert_int_equal(rd(b, FLEXSPI_LUTCR), LUTCR_UNLOCK);
	wr(b, FLEXSPI_LUTKEY, LUT_KEY);
	wr(b, FLEXSPI_LUTCR, LUTCR_LOCK);
	assert_int_equal(rd(b, FLEXSPI_LUTCR), LUTCR_LOCK);
	wr(b, FLEXSPI_LUT, 0x22222222);
	assert_int_equal(rd(b, FLEXSPI_LUT), 0x11111111);
	wr(b, FLEXSPI_LUTCR, LUTCR_UNLOCK);		/* the key counts once */
	assert_int_equal(rd(b, FLEXSPI_LUTCR), LUTCR_LOCK);
	wr(b, FLEXSPI_LUTKEY, LUT_KEY);
	wr(b, FLEXSPI_LUTCR, LUTCR_UNLOCK);
	wr(b, FLEXSPI_LUT, 0x33333333);
	assert_int_equal(rd(b, FLEXSPI_LUT), 0x33333333);
}

static void test_soft_reset_keeps_settings(void **state)
{
	struct flexspi_bench *b = *state;

	bring_up(b);
	run_ip(b, 1, 0, 3);
	start_ip(b, 0, 0, 1000);
	run_us(b, 10000);
	assert_true(b->flash.is_low);			/* the FIFO is full */
	wr(b, FLEXSPI_MCR0, UP | MCR0_SWRESET);
	assert_false(b->flash.is_low);
	assert_int_equal(rd(b, FLEXSPI_MCR0), UP | MCR0_SWRESET);
	assert_int_equal(rd(b, FLEXSPI_MCR0), UP | MCR0_SWRESET);
	assert_int_equal(rd(b, FLEXSPI_MCR0), UP);
	assert_int_equal(rd(b, FLEXSPI_STS0), 3);
	assert_int_equal(rd(b, FLEXSPI_IPRXFSTS), 0);
	assert_int_equal(rd(b, FLEXSPI_FLSHA1CR0), FLASH_BYTES / 1024);
	assert_int_equal(rd(b, FLEXSPI_LUT), 0x08180403);
}

static void test_a_module_that_is_off(void **state)
{
	struct flexspi_bench *b = *state;
	uint32_t value;

	bring_up(b);
	wr(b, FLEXSPI_MCR0, UP | MCR0_MDIS);
	start_ip(b, 1, 0, 3);
	run_us(b, 1000);
	assert_int_equal(rd(b, FLEXSPI_INTR), INTR_IPTXWE);
	assert_int_equal(b->flash.selects, 0);
	assert_int_equal(try_read(b, WINDOW, &value), VB_FAULT);
	wr(b, FLEXSPI_MCR0, UP);
	assert_int_equal(try_read(b, WINDOW, &value), VB_OK);
	b->env.ccgr[6] = 0;
	assert_int_equal(try_read(b, WINDOW + 0x1000, &value), VB_FAULT);
}

/* Errors that are found before anything moves */

static const struct {
	const char *name;
	uint32_t w0, w1, w2;
	unsigned code;
} bad_sequences[] = {
	{ "JMP_ON_CS in an IP command", 0x7c000403, 0, 0, 2 },
	{ "opcode 0Eh", 0x38000403, 0, 0, 3 },
	{ "LEARN", 0x28000403, 0, 0, 3 },
	{ "opcode 30h", 0xc0000403, 0, 0, 3 },
	{ "opcode 3Fh", 0x0000fc00, 0, 0, 3 },
	{ "DUMMY_SDR in a DDR sequence", 0x8a188701, 0x24043008, 0, 4 },
	{ "DUMMY_RWDS_SDR in a DDR sequence", 0x8a188701, 0xa4043408, 0, 4 },
	{ "DUMMY_DDR in an SDR sequence", 0x08180403, 0x2404b008, 0, 5 },
	{ "DUMMY_RWDS_DDR in an SDR sequence", 0x08180403, 0x2404b408, 0, 5 },
};

static void test_a_bad_sequence_never_reaches_the_wires(void **state)
{
	struct flexspi_bench *b = *state;

	bring_up(b);
	for (size_t i = 0; i < ARRAY_SIZE(bad_sequences); i++) {
		lut(b, 5, bad_sequences[i].w0, bad_sequences[i].w1, bad_sequences[i].w2);
		start_ip(b, 5, 0, 4);
		if (rd(b, FLEXSPI_STS1) != (5u << 16 | bad_sequences[i].code << 24))
			fail_msg("%s: STS1 0x%08x", bad_sequences[i].name, rd(b, FLEXSPI_STS1));
		assert_int_equal(rd(b, FLEXSPI_INTR),
				 INTR_IPCMDDONE | INTR_IPCMDERR | INTR_IPTXWE);
		assert_int_equal(rd(b, FLEXSPI_STS0), 3);
		wr(b, FLEXSPI_INTR, INTR_IPCMDERR);
		assert_int_equal(rd(b, FLEXSPI_STS1), 0);
	}
	run_us(b, 1000);
	assert_int_equal(b->flash.selects, 0);
}

static void test_the_failing_one_of_several_sequences_is_named(void **state)
{
	struct flexspi_bench *b = *state;

	bring_up(b);
	lut(b, 4, 0x38000403, 0, 0);
	wr(b, FLEXSPI_IPCR1, 2 << 16 | 2 << 24);	/* sequences 2, 3, 4 */
	wr(b, FLEXSPI_IPCMD, IPCMD_TRG);
	assert_int_equal(rd(b, FLEXSPI_STS1), 4u << 16 | 3u << 24);
	assert_int_equal(b->flash.selects, 0);
}

static void test_addresses_beyond_the_flashes(void **state)
{
	static const struct { uint32_t offset, bytes, sts1; } rows[] = {
		{ 0x0fffc, 4, 0 },			/* the end of A1 */
		{ 0x0fffd, 4, 0x0f000000 },		/* into A2 */
		{ 0x10000, 4, 0 },			/* A2 */
		{ 0x117ff, 1, 0 },
		{ 0x117ff, 2, 0x0f000000 },		/* past the end of A2 */
		{ 0x11800, 0, 0x06000000 },		/* past all of them */
		{ 0xffffffff, 1, 0x06000000 },
	};
	struct flexspi_bench *b = *state;

	bring_up(b);
	wr(b, FLEXSPI_FLSHA1CR0 + 4, 6);		/* A2: 6 KB */
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		run_ip(b, 0, rows[i].offset, rows[i].bytes);
		wr(b, FLEXSPI_IPRXFCR, FCR_CLR);
		if (rd(b, FLEXSPI_STS1) != rows[i].sts1)
			fail_msg("row %zu: STS1 0x%08x", i, rd(b, FLEXSPI_STS1));
	}
}

/* IP reads */

static void test_jedec_id_and_its_time(void **state)
{
	struct flexspi_bench *b = *state;

	bring_up(b);
	wr(b, FLEXSPI_FLSHA1CR1, 3 | 3 << 5 | 2u << 16);
	start_ip(b, 1, 0, 3);
	assert_int_equal(rd(b, FLEXSPI_STS0), 2 << 2);	/* IP command */
	wr(b, FLEXSPI_IPCMD, IPCMD_TRG);		/* nothing happens */
	/* TCSS 3, opcode 8, data 24, TCSH 3 clocks of 12 MHz: 3.167 us */
	vb_clock_advance(b->board.clock, 3160);
	assert_false(rd(b, FLEXSPI_INTR) & INTR_IPCMDDONE);
	vb_clock_advance(b->board.clock, 10);
	assert_int_equal(rd(b, FLEXSPI_INTR), INTR_IPCMDDONE | INTR_IPRXWA | INTR_IPTXWE);
	assert_int_equal(rd(b, FLEXSPI_STS0), 3);
	assert_int_equal(rd(b, FLEXSPI_IPRXFSTS), 1);
	assert_int_equal(rd(b, FLEXSPI_RFDR0) & 0xffffff, 0x1640ef);
	assert_int_equal(rd(b, FLEXSPI_RFDR0) & 0xffffff, 0x1640ef);	/* no pop */
	wr(b, FLEXSPI_INTR, INTR_IPRXWA);
	assert_int_equal(rd(b, FLEXSPI_IPRXFSTS), 1 << 16);
	assert_int_equal(rd(b, FLEXSPI_INTR) & INTR_IPRXWA, 0);
	assert_int_equal(b->flash.selects, 1);
	assert_int_equal(b->flash.clocks, 32);
}

static void test_size_from_the_operand(void **state)
{
	struct flexspi_bench *b = *state;

	bring_up(b);
	run_ip(b, 1, 0, 0);				/* READ_SDR 4 */
	assert_int_equal(b->flash.clocks, 8 + 32);
	assert_int_equal(rd(b, FLEXSPI_RFDR0), 0xef1640ef);
	run_ip(b, 3, 0, 0);
	assert_int_equal(b->flash.clocks, 8);
	assert_int_equal(b->flash.opcode, 0x06);
}

static void test_each_command_begins_a_fifo_entry(void **state)
{
	struct flexspi_bench *b = *state;

	bring_up(b);
	run_ip(b, 1, 0, 3);
	run_ip(b, 1, 0, 3);
	assert_int_equal(rd(b, FLEXSPI_IPRXFSTS), 2);
	assert_int_equal(rd(b, FLEXSPI_RFDR0) & 0xffffff, 0x1640ef);
	assert_int_equal(rd(b, FLEXSPI_RFDR0 + 8) & 0xffffff, 0x1640ef);
	wr(b, FLEXSPI_INTR, INTR_IPRXWA);
	assert_int_equal(rd(b, FLEXSPI_IPRXFSTS), 1 | 1 << 16);
}

static void test_long_operands(void **state)
{
	struct flexspi_bench *b = *state;

	bring_up(b);
	lut(b, 4, 0x08ff0403, 0x00002cff, 0);		/* 255 bits of address, then of DATSZ */
	run_ip(b, 4, 0x8000, 3);
	assert_int_equal(b->flash.clocks, 8 + 255 + 255);
	assert_int_equal(b->flash.out[8 + 255 - 17] & 1, 0);
	assert_int_equal(b->flash.out[8 + 255 - 16] & 1, 1);
	assert_int_equal(b->flash.out[8 + 255 - 15] & 1, 0);
	assert_int_equal(b->flash.out[8 + 255 + 252] & 1, 0);
	assert_int_equal(b->flash.out[8 + 255 + 253] & 1, 1);
}

static void test_fifo_on_the_ahb_bus_is_not_on_the_ip_bus(void **state)
{
	struct flexspi_bench *b = *state;
	uint32_t value;

	bring_up(b);
	run_ip(b, 1, 0, 3);
	assert_int_equal(try_read(b, RX_WINDOW, &value), VB_FAULT);
	assert_int_equal(try_write(b, TX_WINDOW, 1), VB_FAULT);
	wr(b, FLEXSPI_MCR0, UP | MCR0_ARDFEN | MCR0_ATDFEN);
	assert_int_equal(rd(b, FLEXSPI_RFDR0), 0);
	assert_int_equal(try_read(b, RX_WINDOW, &value), VB_OK);
	assert_int_equal(value & 0xffffff, 0x1640ef);
	wr(b, FLEXSPI_TFDR0, 0x11111111);		/* silently lost */
	assert_int_equal(b->fs->tfdr[0], 0);
	assert_int_equal(try_write(b, TX_WINDOW, 0x22222222), VB_OK);
	assert_int_equal(b->fs->tfdr[0], 0x22222222);
}

static void read_by_watermarks(struct flexspi_bench *b, unsigned field)
{
	unsigned mark = (field + 1) * 8, at = 0;
	uint32_t bytes = 1003;

	wr(b, FLEXSPI_IPRXFCR, field << 2 | FCR_CLR);
	start_ip(b, 0, 0x123, bytes);
	while (at < bytes) {
		unsigned n = MIN(mark, bytes - at);

		for (unsigned i = 0; (rd(b, FLEXSPI_IPRXFSTS) & 0xff) * 8 < n; i++) {
			assert_true(i < 1000);
			run_us(b, 5);
		}
		assert_int_equal(!!(rd(b, FLEXSPI_INTR) & INTR_IPRXWA),
				 (rd(b, FLEXSPI_IPRXFSTS) & 0xff) * 8 >= mark);
		for (unsigned i = 0; i < n; i++)
			assert_int_equal(rd(b, FLEXSPI_RFDR0 + i / 4 * 4) >> 8 * (i % 4) & 0xff,
					 b->flash.array[0x123 + at + i]);
		wr(b, FLEXSPI_INTR, INTR_IPRXWA);
		at += n;
	}
	run_us(b, 10);
	assert_true(rd(b, FLEXSPI_INTR) & INTR_IPCMDDONE);
	assert_int_equal(rd(b, FLEXSPI_IPRXFSTS), 126u << 16);
	assert_int_equal(b->flash.clocks, 32 + 8 * bytes);
}

static void test_reads_longer_than_the_fifo(void **state)
{
	struct flexspi_bench *b = *state;

	bring_up(b);
	for (unsigned field = 0; field < 16; field += 5)
		read_by_watermarks(b, field);
}

static void test_sck_stops_when_the_rx_fifo_is_full(void **state)
{
	struct flexspi_bench *b = *state;

	bring_up(b);
	start_ip(b, 0, 0, 200);
	run_us(b, 1000);
	assert_int_equal(b->flash.clocks, 32 + 128 * 8);
	assert_true(b->flash.is_low);
	assert_int_equal(rd(b, FLEXSPI_IPRXFSTS), 16);
	assert_int_equal(rd(b, FLEXSPI_INTR), INTR_SCKSTOPBYRD | INTR_IPRXWA | INTR_IPTXWE);
	wr(b, FLEXSPI_INTR, INTR_IPRXWA);		/* room for 8 more */
	run_us(b, 1000);
	assert_int_equal(b->flash.clocks, 32 + 136 * 8);
}

/* IP writes */

static void push(struct flexspi_bench *b, unsigned words, uint8_t first)
{
	for (unsigned i = 0; i < words; i++)
		wr(b, FLEXSPI_TFDR0 + 4 * i, (first + 4 * i) | (first + 4 * i + 1) << 8 |
		   (first + 4 * i + 2) << 16 | (uint32_t)(first + 4 * i + 3) << 24);
	wr(b, FLEXSPI_INTR, INTR_IPTXWE);
}

static void test_a_page_fed_slowly(void **state)
{
	struct flexspi_bench *b = *state;

	bring_up(b);
	start_ip(b, 2, 0x1234, 61);
	for (unsigned at = 0; at < 61; at += 8) {
		run_us(b, 2000);
		assert_true(b->flash.is_low);
		assert_true(rd(b, FLEXSPI_INTR) & INTR_SCKSTOPBYWR);
		assert_false(rd(b, FLEXSPI_INTR) & INTR_IPCMDDONE);
		push(b, 2, (uint8_t)at);
	}
	run_us(b, 100);
	assert_true(rd(b, FLEXSPI_INTR) & INTR_IPCMDDONE);
	assert_false(b->flash.is_low);
	assert_int_equal(b->flash.addr, 0x1234);
	assert_int_equal(b->flash.write_bytes, 61);
	for (unsigned i = 0; i < 61; i++)
		assert_int_equal(b->flash.written[i], i);
	/* the last entry was used in part: the rest of it is gone */
	assert_int_equal(rd(b, FLEXSPI_IPTXFSTS), 8u << 16);
}

static void test_the_tx_fifo_can_be_filled_before_the_command(void **state)
{
	struct flexspi_bench *b = *state;

	bring_up(b);
	wr(b, FLEXSPI_IPTXFCR, 15 << 2 | FCR_CLR);
	assert_true(rd(b, FLEXSPI_INTR) & INTR_IPTXWE);
	push(b, 32, 0);
	assert_int_equal(rd(b, FLEXSPI_IPTXFSTS), 16 | 16u << 16);
	assert_false(rd(b, FLEXSPI_INTR) & INTR_IPTXWE);
	push(b, 32, 99);				/* no room: lost */
	run_ip(b, 2, 0, 128);
	assert_int_equal(b->flash.write_bytes, 128);
	assert_int_equal(b->flash.written[127], 127);
	wr(b, FLEXSPI_IPTXFCR, FCR_CLR);
	assert_int_equal(rd(b, FLEXSPI_IPTXFSTS), 0);
}

static void test_too_few_bytes_end_in_a_sequence_timeout(void **state)
{
	struct flexspi_bench *b = *state;

	bring_up(b);
	wr(b, FLEXSPI_MCR1, 100u << 16 | 0xffff);	/* 102400 clocks: 8.53 ms */
	start_ip(b, 2, 0, 16);
	push(b, 2, 0);
	run_us(b, 8500);
	assert_true(b->flash.is_low);
	run_us(b, 40);
	assert_false(b->flash.is_low);
	assert_int_equal(rd(b, FLEXSPI_INTR), INTR_IPCMDDONE | INTR_IPCMDERR | INTR_SEQTIMEOUT |
			 INTR_SCKSTOPBYWR | INTR_IPTXWE);
	assert_int_equal(rd(b, FLEXSPI_STS1), 0x0e020000);
	assert_int_equal(rd(b, FLEXSPI_STS0), 3);
}

static void test_several_sequences_in_one_command(void **state)
{
	struct flexspi_bench *b = *state;

	bring_up(b);
	lut(b, 4, 0x00000406, 0, 0);
	lut(b, 5, 0x2404049f, 0, 0);
	wr(b, FLEXSPI_IPCR1, 3 | 4 << 16 | 1 << 24);
	wr(b, FLEXSPI_IPCMD, IPCMD_TRG);
	run_us(b, 100);
	assert_int_equal(b->flash.selects, 2);
	assert_int_equal(b->flash.all_clocks, 8 + 8 + 24);
	assert_int_equal(rd(b, FLEXSPI_RFDR0) & 0xffffff, 0x1640ef);
}

/* Instructions on the wires */

static void test_lines_of_each_instruction(void **state)
{
	struct flexspi_bench *b = *state;

	bring_up(b);
	run_ip(b, 3, 0, 0);
	for (unsigned i = 0; i < 8; i++) {
		assert_int_equal(b->flash.drive[i], 0x01);
		assert_int_equal(b->flash.out[i] | 1, 0xff);	/* what is not driven is pulled up */
	}
	lut(b, 4, 0x0a1804eb, 0x32041e5a, 0x00002604);	/* EBh, MODE8 5Ah, 4 dummies */
	run_ip(b, 4, 0x4321, 8);
	assert_int_equal(b->flash.clocks, 8 + 6 + 2 + 4 + 16);
	assert_int_equal(b->flash.addr, 0x4321);
	assert_int_equal(b->flash.drive[8], 0x0f);
	assert_int_equal(b->flash.out[14] & 15, 5);
	assert_int_equal(b->flash.out[15] & 15, 10);
	assert_int_equal(b->flash.drive[16], 0);
	assert_int_equal(rd(b, FLEXSPI_RFDR0), get_le32(b->flash.array + 0x4321));
}

/* CA of HyperBus: 8 bits of command, row and column, an edge for each byte. */
static void test_hyperbus_address(void **state)
{
	struct flexspi_bench *b = *state;
	static const uint8_t ca[] = { 0x20, 0x00, 0x02, 0x46, 0x00, 0x04, 0x12, 0x34 };

	bring_up(b);
	wr(b, FLEXSPI_MCR0, UP | MCR0_COMBINATIONEN);
	wr(b, FLEXSPI_FLSHA1CR1, 1 << 10 | 3 << 11);	/* words, 3 column bits */
	wr(b, FLEXSPI_FLSHCR4, FLSHCR4_WMENA);
	lut(b, 4, 0x8b188720, 0xa3028f10, 0);
	wr(b, FLEXSPI_TFDR0, 0x3412);
	wr(b, FLEXSPI_INTR, INTR_IPTXWE);
	run_ip(b, 4, 0x2468, 2);
	assert_int_equal(b->flash.clocks, 8);
	for (unsigned i = 0; i < 8; i++) {
		assert_int_equal(b->flash.out[i], ca[i]);
		assert_int_equal(b->flash.drive[i], 0xff);
		assert_true(b->flash.ddr[i]);
	}
}

static void test_wires_that_are_not_connected(void **state)
{
	static const struct { uint32_t missing; unsigned selects, clocks; uint32_t id; } rows[] = {
		{ 0, 1, 32, 0x1640ef },
		{ WIRE_SS0, 0, 0, 0xffffff },
		{ WIRE_SCLK, 1, 0, 0xffffff },
		{ WIRE_D0, 1, 32, 0xffffff },		/* opcode FFh */
		{ WIRE_D1, 1, 32, 0xffffff },
		{ WIRE_DQS, 1, 32, 0xffffff },		/* no strobe comes back */
		{ WIRE_D3, 1, 32, 0x1640ef },
	};
	struct flexspi_bench *b = *state;

	bring_up(b);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		b->flash.selects = b->flash.clocks = 0;
		b->env.wires[0] = ALL_WIRES & ~rows[i].missing;
		imxrt_env_changed(&b->env);
		wr(b, FLEXSPI_IPRXFCR, FCR_CLR);
		run_ip(b, 1, 0, 3);
		assert_int_equal(b->flash.selects, rows[i].selects);
		assert_int_equal(b->flash.clocks, rows[i].clocks);
		assert_int_equal(rd(b, FLEXSPI_RFDR0) & 0xffffff, rows[i].id);
	}
}

static uint32_t id_at(struct flexspi_bench *b, uint32_t hz, unsigned rxclksrc)
{
	b->env.clocks.flexspi[0] = hz;
	imxrt_env_changed(&b->env);
	wr(b, FLEXSPI_MCR0, 0xffff0000 | rxclksrc << 4);
	wr(b, FLEXSPI_IPRXFCR, FCR_CLR);
	run_ip(b, 1, 0, 3);
	return rd(b, FLEXSPI_RFDR0) & 0xffffff;
}

static void test_the_sample_clock_must_fit_the_speed(void **state)
{
	struct flexspi_bench *b = *state;

	bring_up(b);
	assert_int_equal(id_at(b, 60000000, 0), 0x1640ef);
	assert_int_equal(id_at(b, 66000000, 0), 0x0ba0f7);	/* each bit one clock late */
	assert_int_equal(id_at(b, 133000000, 1), 0x1640ef);
	assert_int_equal(id_at(b, 166000000, 1), 0x0ba0f7);
	assert_int_equal(id_at(b, 12000000, 3), 0xffffff);	/* this flash has no DQS */
	wr(b, FLEXSPI_DLLACR, 0x79);
	run_us(b, 100);
	assert_int_equal(rd(b, FLEXSPI_STS2) & 3, 3);
	wr(b, FLEXSPI_DLLACR, 0x100);
	assert_int_equal(rd(b, FLEXSPI_STS2), 0x01000100);
}

static void test_serial_clock_divider_and_stop(void **state)
{
	struct flexspi_bench *b = *state;

	bring_up(b);
	wr(b, FLEXSPI_MCR0, UP | 2 << 8);		/* 4 MHz: 32 clocks take 8 us */
	start_ip(b, 1, 0, 3);
	vb_clock_advance(b->board.clock, 7990);
	assert_false(rd(b, FLEXSPI_INTR) & INTR_IPCMDDONE);
	vb_clock_advance(b->board.clock, 20);
	assert_true(rd(b, FLEXSPI_INTR) & INTR_IPCMDDONE);
	b->env.clocks.flexspi[0] = 0;
	imxrt_env_changed(&b->env);
	start_ip(b, 1, 0, 3);
	run_us(b, 1000000);
	assert_int_equal(rd(b, FLEXSPI_STS0) & 3, 0);	/* hangs until the root runs again */
	b->env.clocks.flexspi[0] = HZ;
	imxrt_env_changed(&b->env);
	run_us(b, 100);
	assert_true(rd(b, FLEXSPI_INTR) & INTR_IPCMDDONE);
}

static void test_interrupt_line(void **state)
{
	struct flexspi_bench *b = *state;

	bring_up(b);
	assert_false(b->fs->irq);
	wr(b, FLEXSPI_INTEN, INTR_IPCMDDONE);
	start_ip(b, 3, 0, 0);
	assert_false(b->fs->irq);
	run_us(b, 10);
	assert_true(b->fs->irq);
	wr(b, FLEXSPI_INTR, INTR_IPCMDDONE);
	assert_false(b->fs->irq);
	wr(b, FLEXSPI_INTEN, INTR_IPTXWE);
	assert_true(b->fs->irq);
}

#define ROW(test) cmocka_unit_test_setup_teardown(test, bench_setup, bench_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(test_values_after_reset),
		ROW(test_fields_take_what_is_written),
		ROW(test_narrow_accesses),
		ROW(test_lut_lock),
		ROW(test_soft_reset_keeps_settings),
		ROW(test_a_module_that_is_off),
		ROW(test_a_bad_sequence_never_reaches_the_wires),
		ROW(test_the_failing_one_of_several_sequences_is_named),
		ROW(test_addresses_beyond_the_flashes),
		ROW(test_jedec_id_and_its_time),
		ROW(test_size_from_the_operand),
		ROW(test_each_command_begins_a_fifo_entry),
		ROW(test_long_operands),
		ROW(test_fifo_on_the_ahb_bus_is_not_on_the_ip_bus),
		ROW(test_reads_longer_than_the_fifo),
		ROW(test_sck_stops_when_the_rx_fifo_is_full),
		ROW(test_a_page_fed_slowly),
		ROW(test_the_tx_fifo_can_be_filled_before_the_command),
		ROW(test_too_few_bytes_end_in_a_sequence_timeout),
		ROW(test_several_sequences_in_one_command),
		ROW(test_lines_of_each_instruction),
		ROW(test_hyperbus_address),
		ROW(test_wires_that_are_not_connected),
		ROW(test_the_sample_clock_must_fit_the_speed),
		ROW(test_serial_clock_divider_and_stop),
		ROW(test_interrupt_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
