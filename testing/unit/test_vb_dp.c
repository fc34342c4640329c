/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The board's DP and MEM-AP: posted reads, sticky flags, WAIT, FAULT, overrun, TAR, lanes, packed.
 */
#include "vb_bench.h"

#define CTRL  1
#define SELECT 2
#define RDBUFF 3
#define CSW   0
#define TAR   1
#define DRW   3
#define CSW_BYTE  0x23000010
#define CSW_HALF  0x23000011
#define CSW_WORD  0x23000012
#define CSW_FIXED 0x23000002

/* One packet through the register door, as SWD. */
static enum vb_ack dp_read(struct bench *b, unsigned a, uint32_t *data)
{
	return vb_dp_transfer(b->dp, false, false, true, a, data);
}

static enum vb_ack dp_write(struct bench *b, unsigned a, uint32_t data)
{
	return vb_dp_transfer(b->dp, false, false, false, a, &data);
}

static enum vb_ack ap_post(struct bench *b, unsigned a, uint32_t *data)
{
	return vb_dp_transfer(b->dp, false, true, true, a, data);
}

static enum vb_ack ap_write(struct bench *b, unsigned a, uint32_t data)
{
	return vb_dp_transfer(b->dp, false, true, false, a, &data);
}

static uint32_t ap_read(struct bench *b, unsigned a)
{
	uint32_t data;

	assert_int_equal(ap_post(b, a, &data), VB_ACK_OK);
	assert_int_equal(dp_read(b, RDBUFF, &data), VB_ACK_OK);
	return data;
}

static uint32_t ctrl(struct bench *b)
{
	uint32_t data;

	assert_int_equal(dp_read(b, CTRL, &data), VB_ACK_OK);
	return data;
}

static void clear(struct bench *b)
{
	assert_int_equal(dp_write(b, 0, 0x1e), VB_ACK_OK);
}

static struct bench *powered(void)
{
	struct bench *b = bench_new();

	assert_int_equal(dp_write(b, CTRL, 0x50000000), VB_ACK_OK);
	assert_int_equal(dp_write(b, SELECT, 0), VB_ACK_OK);
	assert_int_equal(ap_write(b, CSW, CSW_WORD), VB_ACK_OK);
	return b;
}

static void test_power_handshake(void **state)
{
	struct bench *b = bench_new();
	uint32_t data;

	(void)state;
	assert_int_equal(ctrl(b), 0);
	assert_int_equal(ap_post(b, CSW, &data), VB_ACK_FAULT);
	assert_int_equal(ctrl(b), 0x20);	/* STICKYERR */
	clear(b);
	dp_write(b, CTRL, 0x50000000);
	assert_int_equal(ctrl(b), 0xf0000000);
	assert_int_equal(ap_read(b, CSW), 0x23000040);
	assert_int_equal(ctrl(b), 0xf0000040);	/* READOK */
	dp_write(b, CTRL, 0x10000000);
	assert_int_equal(ctrl(b), 0x30000040);
	dp_write(b, CTRL, 0);
	assert_int_equal(ctrl(b), 0x40);
	/* A debug reset is never acknowledged. */
	dp_write(b, CTRL, 0x54000000);
	assert_int_equal(ctrl(b), 0xf4000040);
	bench_free(b);
}

static void test_power_loss_keeps_the_link(void **state)
{
	struct bench *b = powered();

	(void)state;
	ap_write(b, TAR, 0x12345678);
	vb_dp_power_loss(b->dp);
	assert_int_equal(ctrl(b), 0);
	dp_write(b, CTRL, 0x50000000);
	assert_int_equal(ap_read(b, TAR), 0);
	bench_free(b);
}

static void test_ap_identity(void **state)
{
	struct bench *b = powered();

	(void)state;
	dp_write(b, SELECT, 0xf0);
	assert_int_equal(ap_read(b, 3), 0x24770011);
	assert_int_equal(ap_read(b, 2), 0xe00ff003);
	assert_int_equal(ap_read(b, 1), 0);
	for (uint32_t apsel = 1; apsel < 256; apsel++) {
		dp_write(b, SELECT, apsel << 24 | 0xf0);
		assert_int_equal(ap_read(b, 3), 0);
	}
	/* Writes to an absent AP vanish. */
	dp_write(b, SELECT, 0x01000000);
	assert_int_equal(ap_write(b, DRW, 1), VB_ACK_OK);
	assert_int_equal(ctrl(b) & 0xb2, 0);
	bench_free(b);
}

static void test_ap_reads_are_posted(void **state)
{
	struct bench *b = powered();
	uint32_t data;

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		put_le32(b->ram + 4 * i, 0x1000 + i);
	ap_write(b, TAR, RAM_BASE);
	ap_post(b, DRW, &data);
	ap_post(b, DRW, &data);
	assert_int_equal(data, 0x1000);
	ap_post(b, DRW, &data);
	assert_int_equal(data, 0x1001);
	dp_read(b, RDBUFF, &data);
	assert_int_equal(data, 0x1002);
	dp_read(b, RDBUFF, &data);	/* repeats, starts nothing */
	assert_int_equal(data, 0x1002);
	ctrl(b);			/* DP reads are not posted and do not disturb */
	dp_read(b, RDBUFF, &data);
	assert_int_equal(data, 0x1002);
	assert_int_equal(ap_read(b, TAR), RAM_BASE + 12);
	bench_free(b);
}

static void test_write_fault_shows_one_packet_later(void **state)
{
	struct bench *b = powered();
	uint32_t data;

	(void)state;
	ap_write(b, TAR, NOWHERE);
	assert_int_equal(ap_write(b, DRW, 1), VB_ACK_OK);
	assert_int_equal(dp_read(b, RDBUFF, &data), VB_ACK_FAULT);
	assert_int_equal(dp_write(b, SELECT, 0), VB_ACK_FAULT);
	assert_int_equal(dp_write(b, CTRL, 0x50000000), VB_ACK_FAULT);
	assert_int_equal(ap_post(b, CSW, &data), VB_ACK_FAULT);
	assert_int_equal(dp_read(b, 0, &data), VB_ACK_OK);
	assert_int_equal(ctrl(b) & 0xb2, 0x20);
	dp_write(b, 0, 0x1a);			/* the wrong clear bits */
	assert_int_equal(dp_read(b, RDBUFF, &data), VB_ACK_FAULT);
	dp_write(b, 0, 0x04);
	assert_int_equal(dp_read(b, RDBUFF, &data), VB_ACK_OK);
	bench_free(b);
}

/* With DPBANKSEL != 0 and a sticky flag, CTRL/STAT is out of reach until ABORT has cleared it. */
static void test_banked_registers_fault_while_sticky(void **state)
{
	struct bench *b = powered();
	uint32_t data;

	(void)state;
	dp_write(b, SELECT, 1);
	assert_int_equal(dp_read(b, CTRL, &data), VB_ACK_OK);
	assert_int_equal(data, 0x40);
	ap_write(b, TAR, NOWHERE);
	ap_write(b, DRW, 1);
	assert_int_equal(dp_read(b, CTRL, &data), VB_ACK_FAULT);
	clear(b);
	assert_int_equal(dp_write(b, SELECT, 0), VB_ACK_OK);
	bench_free(b);
}

static void test_readok(void **state)
{
	struct bench *b = powered();
	uint32_t data;

	(void)state;
	assert_int_equal(ctrl(b), 0xf0000000);
	ap_write(b, TAR, NOWHERE);
	ap_post(b, DRW, &data);
	assert_int_equal(ctrl(b), 0xf0000060);	/* accepted; it failed later */
	dp_read(b, RDBUFF, &data);
	assert_int_equal(ctrl(b), 0xf0000020);
	bench_free(b);
}

static void test_busy_ap_waits(void **state)
{
	struct bench *b = powered();
	uint32_t data;

	(void)state;
	b->stall_ns = 5000;
	ap_write(b, TAR, SLOW_BASE);
	assert_int_equal(ap_write(b, DRW, 0xabcd), VB_ACK_OK);
	assert_int_equal(b->slow_accesses, 0);
	assert_int_equal(ap_write(b, TAR, 0), VB_ACK_WAIT);
	assert_int_equal(ap_post(b, CSW, &data), VB_ACK_WAIT);
	assert_int_equal(dp_read(b, RDBUFF, &data), VB_ACK_WAIT);
	assert_int_equal(dp_write(b, SELECT, 0), VB_ACK_WAIT);
	assert_int_equal(dp_write(b, CTRL, 0x50000000), VB_ACK_WAIT);
	assert_int_equal(dp_read(b, 0, &data), VB_ACK_OK);
	assert_int_equal(dp_read(b, CTRL, &data), VB_ACK_OK);
	assert_int_equal(dp_write(b, 0, 0x1e), VB_ACK_OK);
	vb_clock_advance(b->clock, 4999);
	assert_int_equal(dp_read(b, RDBUFF, &data), VB_ACK_WAIT);
	vb_clock_advance(b->clock, 1);
	assert_int_equal(dp_read(b, RDBUFF, &data), VB_ACK_OK);
	assert_int_equal(b->slow_accesses, 1);
	assert_int_equal(b->slow_value, 0xabcd);
	bench_free(b);
}

static void test_stalled_read_delivers_later(void **state)
{
	struct bench *b = powered();
	uint32_t data;

	(void)state;
	b->stall_ns = 1000;
	b->slow_value = 0x55aa;
	ap_write(b, CSW, CSW_FIXED);
	ap_write(b, TAR, SLOW_BASE);
	assert_int_equal(ap_post(b, DRW, &data), VB_ACK_OK);
	assert_int_equal(ap_post(b, DRW, &data), VB_ACK_WAIT);
	vb_clock_advance(b->clock, 1000);
	assert_int_equal(dp_read(b, RDBUFF, &data), VB_ACK_OK);
	assert_int_equal(data, 0x55aa);
	assert_int_equal(b->slow_accesses, 1);
	bench_free(b);
}

static void test_programmed_latency(void **state)
{
	struct bench *b = powered();
	uint32_t data;

	(void)state;
	vb_dp_set_ap_latency(b->dp, 700);
	put_le32(b->ram, 77);
	ap_write(b, TAR, RAM_BASE);	/* not a bus access: no wait */
	assert_int_equal(ap_post(b, DRW, &data), VB_ACK_OK);
	assert_int_equal(dp_read(b, RDBUFF, &data), VB_ACK_WAIT);
	vb_clock_advance(b->clock, 700);
	assert_int_equal(dp_read(b, RDBUFF, &data), VB_ACK_OK);
	assert_int_equal(data, 77);
	bench_free(b);
}

static void test_dapabort_leaves_the_ap_busy(void **state)
{
	struct bench *b = powered();
	uint32_t data;

	(void)state;
	b->stall_ns = 5000;
	ap_write(b, TAR, SLOW_BASE);
	ap_write(b, DRW, 1);
	assert_int_equal(dp_read(b, RDBUFF, &data), VB_ACK_WAIT);
	dp_write(b, 0, 1);
	assert_int_equal(dp_read(b, RDBUFF, &data), VB_ACK_OK);
	assert_int_equal(dp_write(b, SELECT, 0), VB_ACK_OK);
	assert_int_equal(ap_write(b, TAR, 0), VB_ACK_WAIT);
	assert_int_equal(ap_read(b, CSW) & 0x80, 0x80);		/* TrInProg */
	vb_clock_advance(b->clock, 5000);
	assert_int_equal(ap_read(b, CSW) & 0x80, 0);
	assert_int_equal(ap_write(b, TAR, 0), VB_ACK_OK);
	bench_free(b);
}

static void test_endless_stall_ends_with_a_reset(void **state)
{
	struct bench *b = powered();
	uint32_t data;

	(void)state;
	b->stall_ns = UINT64_MAX;
	ap_write(b, TAR, SLOW_BASE);
	ap_write(b, DRW, 1);
	vb_clock_advance(b->clock, 1000000000);
	assert_int_equal(dp_read(b, RDBUFF, &data), VB_ACK_WAIT);
	dp_write(b, 0, 1);
	assert_int_equal(ap_write(b, TAR, 0), VB_ACK_WAIT);
	vb_dp_system_reset(b->dp);
	assert_int_equal(ap_write(b, TAR, 0), VB_ACK_OK);
	assert_int_equal(ctrl(b) & 0xb2, 0);
	bench_free(b);
}

static void test_fault_comes_before_wait(void **state)
{
	struct bench *b = powered();
	uint32_t data;

	(void)state;
	b->stall_ns = 1000;
	ap_write(b, TAR, SLOW_BASE);
	ap_write(b, DRW, 1);
	vb_dp_write_parity_error(b->dp);
	assert_int_equal(dp_read(b, RDBUFF, &data), VB_ACK_FAULT);
	clear(b);
	assert_int_equal(dp_read(b, RDBUFF, &data), VB_ACK_WAIT);
	bench_free(b);
}

static void test_first_wait_sets_stickyorun(void **state)
{
	struct bench *b = powered();
	uint32_t data;

	(void)state;
	dp_write(b, CTRL, 0x50000001);
	b->stall_ns = 1000;
	ap_write(b, TAR, SLOW_BASE);
	assert_int_equal(ap_write(b, DRW, 1), VB_ACK_OK);
	assert_int_equal(ap_write(b, DRW, 2), VB_ACK_WAIT);
	vb_clock_advance(b->clock, 2000);
	/* The first refused one is where to go on: everything behind it faults. */
	assert_int_equal(ap_write(b, DRW, 3), VB_ACK_FAULT);
	assert_int_equal(ctrl(b), 0xf0000003);
	dp_write(b, 0, 0x10);
	assert_int_equal(dp_read(b, RDBUFF, &data), VB_ACK_OK);
	/* Turning detection off with the flag set clears the flag. */
	b->stall_ns = 1000;
	ap_write(b, DRW, 1);
	ap_write(b, DRW, 2);
	dp_write(b, 0, 0x10);
	vb_clock_advance(b->clock, 2000);
	dp_write(b, CTRL, 0x50000000);
	assert_int_equal(ctrl(b) & 3, 0);
	bench_free(b);
}

static void test_csw_read_back(void **state)
{
	struct bench *b = powered();
	static const struct { uint32_t written, read; } cases[] = {
		{ 0x23000012, 0x23000052 },
		{ 0xa2000022, 0x22000062 },	/* DbgSwEnable is not there; packed is */
		{ 0x23000011, 0x23000051 },
		{ 0x23000010, 0x23000050 },
		{ 0x23000013, 0x23000052 },	/* 64 bits: no */
		{ 0x23000032, 0x23000042 },	/* reserved AddrInc */
		{ 0x63000fd2, 0x23000052 },	/* SProt, Mode, TrInProg, DeviceEn */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		ap_write(b, CSW, cases[i].written);
		assert_int_equal(ap_read(b, CSW), cases[i].read);
	}
	bench_free(b);
}

static void test_csw_of_a_word_only_ap(void **state)
{
	struct vb_dp_config config = bench_stm32l476();
	struct bench *b;

	(void)state;
	config.ap[0].has_packed = config.ap[0].has_byte = false;
	config.ap[0].csw_reset = 0x43000042;
	b = bench_new_with(config);
	dp_write(b, CTRL, 0x50000000);
	ap_write(b, CSW, 0x43000010);
	assert_int_equal(ap_read(b, CSW), 0x43000052);
	ap_write(b, CSW, 0x03000022);
	assert_int_equal(ap_read(b, CSW), 0x03000042);
	bench_free(b);
}

static void test_tar_wraps_in_its_page(void **state)
{
	static const uint32_t pages[] = { 0x400, 0x1000 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pages); i++) {
		struct vb_dp_config config = bench_stm32l476();
		struct bench *b;

		config.ap[0].tar_wrap = pages[i];
		b = bench_new_with(config);
		dp_write(b, CTRL, 0x50000000);
		ap_write(b, CSW, CSW_WORD);
		ap_write(b, TAR, RAM_BASE + pages[i] - 4);
		ap_write(b, DRW, 0x11);
		ap_write(b, DRW, 0x22);
		assert_int_equal(get_le32(b->ram + pages[i] - 4), 0x11);
		assert_int_equal(get_le32(b->ram + pages[i]), 0);
		assert_int_equal(get_le32(b->ram), 0x22);
		assert_int_equal(ap_read(b, TAR), RAM_BASE + 4);
		bench_free(b);
	}
}

static void test_narrow_data_travels_on_its_lane(void **state)
{
	struct bench *b = powered();

	(void)state;
	ap_write(b, CSW, CSW_BYTE);
	ap_write(b, TAR, RAM_BASE + 1);
	ap_write(b, DRW, 0xddccbbaa);		/* lane 1 */
	ap_write(b, DRW, 0xddccbbaa);		/* lane 2 */
	assert_memory_equal(b->ram, "\x00\xbb\xcc\x00", 4);
	ap_write(b, CSW, CSW_HALF);
	ap_write(b, TAR, RAM_BASE + 6);
	ap_write(b, DRW, 0x12345678);
	assert_memory_equal(b->ram + 4, "\x00\x00\x34\x12", 4);
	assert_int_equal(ap_read(b, TAR), RAM_BASE + 8);
	ap_write(b, TAR, RAM_BASE + 6);
	assert_int_equal(ap_read(b, DRW) & 0xffff0000, 0x12340000);
	ap_write(b, CSW, CSW_BYTE);
	ap_write(b, TAR, RAM_BASE + 2);
	assert_int_equal(ap_read(b, DRW) & 0x00ff0000, 0x00cc0000);
	assert_int_equal(ap_read(b, TAR), RAM_BASE + 3);
	/* A device sees the value right-aligned and the size. */
	ap_write(b, TAR, SLOW_BASE + 3);
	ap_write(b, DRW, 0xee000000);
	assert_int_equal(b->slow_value, 0xee);
	assert_int_equal(b->last_size, 1);
	bench_free(b);
}

static void test_packed_transfers(void **state)
{
	struct bench *b = powered();

	(void)state;
	ap_write(b, CSW, 0x23000020);		/* packed bytes */
	ap_write(b, TAR, RAM_BASE);
	ap_write(b, DRW, 0x44332211);
	assert_memory_equal(b->ram, "\x11\x22\x33\x44", 4);
	assert_int_equal(ap_read(b, TAR), RAM_BASE + 4);
	ap_write(b, TAR, SLOW_BASE);
	ap_write(b, DRW, 0x44332211);
	assert_int_equal(b->slow_accesses, 4);
	assert_int_equal(b->slow_value, 0x44);
	ap_write(b, CSW, 0x23000021);		/* packed halfwords */
	ap_write(b, TAR, RAM_BASE);
	assert_int_equal(ap_read(b, DRW), 0x44332211);
	assert_int_equal(ap_read(b, TAR), RAM_BASE + 4);
	ap_write(b, CSW, 0x23000022);		/* packed words are single ones */
	ap_write(b, TAR, RAM_BASE);
	assert_int_equal(ap_read(b, DRW), 0x44332211);
	bench_free(b);
}

static void test_packed_transfer_survives_a_stall(void **state)
{
	struct bench *b = powered();
	uint32_t data;

	(void)state;
	b->stall_ns = 100;
	ap_write(b, CSW, 0x23000020);
	ap_write(b, TAR, SLOW_BASE);
	ap_write(b, DRW, 0x44332211);
	assert_int_equal(dp_read(b, RDBUFF, &data), VB_ACK_WAIT);
	vb_clock_advance(b->clock, 400);
	assert_int_equal(dp_read(b, RDBUFF, &data), VB_ACK_OK);
	assert_int_equal(b->slow_accesses, 4);
	assert_int_equal(ap_read(b, TAR), SLOW_BASE + 4);
	bench_free(b);
}

static void test_banked_data_window(void **state)
{
	struct bench *b = powered();

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		put_le32(b->ram + 0x10 + 4 * i, 0xb0 + i);
	ap_write(b, CSW, CSW_BYTE);		/* always words */
	ap_write(b, TAR, RAM_BASE + 0x17);
	dp_write(b, SELECT, 0x10);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(ap_read(b, i), 0xb0 + i);
	ap_write(b, 2, 0x12345678);
	assert_int_equal(get_le32(b->ram + 0x18), 0x12345678);
	dp_write(b, SELECT, 0);
	assert_int_equal(ap_read(b, TAR), RAM_BASE + 0x17);
	bench_free(b);
}

static void test_bus_error_stops_the_ap(void **state)
{
	struct bench *b = powered();
	uint32_t data;

	(void)state;
	ap_write(b, TAR, NOWHERE);
	ap_post(b, DRW, &data);
	assert_int_equal(ap_post(b, DRW, &data), VB_ACK_FAULT);
	assert_int_equal(ap_write(b, TAR, RAM_BASE), VB_ACK_FAULT);
	clear(b);
	/* The AHB-AP of the Cortex-M4 has counted up all the same. */
	assert_int_equal(ap_read(b, TAR), NOWHERE + 4);
	bench_free(b);
}

static void test_disabled_ap(void **state)
{
	struct bench *b = powered();
	uint32_t data;

	(void)state;
	vb_dp_disable_ap(b->dp, 0, true);
	assert_int_equal(ap_read(b, CSW) & 0x40, 0);
	ap_write(b, TAR, RAM_BASE);
	ap_post(b, DRW, &data);
	assert_int_equal(dp_read(b, RDBUFF, &data), VB_ACK_FAULT);
	clear(b);
	dp_write(b, SELECT, 0xf0);
	assert_int_equal(ap_read(b, 3), 0x24770011);
	bench_free(b);
}

static void test_pushed_compare(void **state)
{
	struct bench *b = powered();

	(void)state;
	put_le32(b->ram, 0x11223344);
	put_le32(b->ram + 4, 0x11223399);
	dp_write(b, CTRL, 0x50000f08);		/* compare, all lanes */
	ap_write(b, TAR, RAM_BASE);
	ap_write(b, DRW, 0x11223344);
	assert_int_equal(ctrl(b) & 0x10, 0);
	ap_write(b, DRW, 0x11223344);
	assert_int_equal(ctrl(b) & 0x10, 0x10);
	dp_write(b, 0, 2);
	dp_write(b, CTRL, 0x50000e08);		/* not the lowest lane */
	ap_write(b, TAR, RAM_BASE + 4);
	ap_write(b, DRW, 0x11223344);
	assert_int_equal(ctrl(b) & 0x10, 0);
	assert_int_equal(get_le32(b->ram + 4), 0x11223399);
	bench_free(b);
}

static void test_transaction_counter(void **state)
{
	struct bench *b = powered();

	(void)state;
	dp_write(b, CTRL, 0x50003000);		/* three more */
	ap_write(b, TAR, RAM_BASE);
	ap_write(b, DRW, 0x5a5a5a5a);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(get_le32(b->ram + 4 * i), 0x5a5a5a5a);
	assert_int_equal(get_le32(b->ram + 16), 0);
	assert_int_equal(ctrl(b) & 0xfff000, 0);
	bench_free(b);
}

static void test_minimal_dp_has_neither(void **state)
{
	struct vb_dp_config config = bench_stm32l476();
	struct bench *b;

	(void)state;
	config.dpidr = 0x0bd11477;
	b = bench_new_with(config);
	dp_write(b, CTRL, 0x50fffffc);
	assert_int_equal(ctrl(b), 0xf0000000);
	bench_free(b);
}

static void test_v2_registers(void **state)
{
	struct vb_dp_config config = bench_stm32l476();
	struct bench *b;
	uint32_t data;

	(void)state;
	config.dpidr = 0x6ba02477;
	config.targetid = 0x00450041;
	config.instance = 3;
	b = bench_new_with(config);
	dp_write(b, SELECT, 2);
	dp_read(b, CTRL, &data);
	assert_int_equal(data, 0x00450041);
	dp_write(b, SELECT, 3);
	dp_read(b, CTRL, &data);
	assert_int_equal(data, 0x30000001);
	dp_write(b, SELECT, 4);
	dp_read(b, CTRL, &data);
	assert_int_equal(data, 1);
	dp_write(b, SELECT, 9);
	dp_read(b, CTRL, &data);
	assert_int_equal(data, 0);
	bench_free(b);
}

/* DPv1 looks at bit 0 of SELECT only. */
static void test_v1_banks(void **state)
{
	struct bench *b = powered();
	uint32_t data;

	(void)state;
	dp_write(b, SELECT, 2);
	assert_int_equal(dp_read(b, CTRL, &data), VB_ACK_OK);
	assert_int_equal(data, 0xf0000000);
	dp_write(b, SELECT, 3);
	dp_read(b, CTRL, &data);
	assert_int_equal(data, 0x40);
	bench_free(b);
}

static void test_injected_wait_and_fault(void **state)
{
	struct bench *b = powered();
	uint32_t data;

	(void)state;
	vb_dp_inject(b->dp, VB_DP_FAULT_WAIT, 1, 2);
	assert_int_equal(ap_write(b, TAR, 1), VB_ACK_OK);
	assert_int_equal(ap_write(b, TAR, 2), VB_ACK_WAIT);
	assert_int_equal(dp_read(b, 0, &data), VB_ACK_OK);
	assert_int_equal(ap_write(b, TAR, 2), VB_ACK_WAIT);
	assert_int_equal(ap_write(b, TAR, 3), VB_ACK_OK);
	vb_dp_inject(b->dp, VB_DP_FAULT_FAULT, 0, 1);
	assert_int_equal(ap_write(b, TAR, 4), VB_ACK_FAULT);
	assert_int_equal(ctrl(b) & 0x20, 0x20);
	clear(b);
	assert_int_equal(ap_read(b, TAR), 3);
	bench_free(b);
}

static void test_statistics(void **state)
{
	struct bench *b = powered();
	struct vb_dp_stats before, after;
	uint32_t data;

	(void)state;
	vb_dp_stats(b->dp, &before);
	ap_write(b, TAR, NOWHERE);
	ap_write(b, DRW, 0);
	dp_read(b, RDBUFF, &data);
	clear(b);
	vb_dp_stats(b->dp, &after);
	assert_int_equal(after.transfers - before.transfers, 4);
	assert_int_equal(after.ap_transfers - before.ap_transfers, 2);
	assert_int_equal(after.faults - before.faults, 1);
	bench_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_power_handshake),
		cmocka_unit_test(test_power_loss_keeps_the_link),
		cmocka_unit_test(test_ap_identity),
		cmocka_unit_test(test_ap_reads_are_posted),
		cmocka_unit_test(test_write_fault_shows_one_packet_later),
		cmocka_unit_test(test_banked_registers_fault_while_sticky),
		cmocka_unit_test(test_readok),
		cmocka_unit_test(test_busy_ap_waits),
		cmocka_unit_test(test_stalled_read_delivers_later),
		cmocka_unit_test(test_programmed_latency),
		cmocka_unit_test(test_dapabort_leaves_the_ap_busy),
		cmocka_unit_test(test_endless_stall_ends_with_a_reset),
		cmocka_unit_test(test_fault_comes_before_wait),
		cmocka_unit_test(test_first_wait_sets_stickyorun),
		cmocka_unit_test(test_csw_read_back),
		cmocka_unit_test(test_csw_of_a_word_only_ap),
		cmocka_unit_test(test_tar_wraps_in_its_page),
		cmocka_unit_test(test_narrow_data_travels_on_its_lane),
		cmocka_unit_test(test_packed_transfers),
		cmocka_unit_test(test_packed_transfer_survives_a_stall),
		cmocka_unit_test(test_banked_data_window),
		cmocka_unit_test(test_bus_error_stops_the_ap),
		cmocka_unit_test(test_disabled_ap),
		cmocka_unit_test(test_pushed_compare),
		cmocka_unit_test(test_transaction_counter),
		cmocka_unit_test(test_minimal_dp_has_neither),
		cmocka_unit_test(test_v2_registers),
		cmocka_unit_test(test_v1_banks),
		cmocka_unit_test(test_injected_wait_and_fault),
		cmocka_unit_test(test_statistics),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
