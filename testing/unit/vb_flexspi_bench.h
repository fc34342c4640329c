/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A FlexSPI controller on a small bus, with a flash on A1 that answers a handful of opcodes and
 * writes down every clock it sees. Root clock 12 MHz, AHB 120 MHz, all wires connected; the window is
 * at 0x60000000, the registers are reached past the bus.
 */
#ifndef VB_FLEXSPI_BENCH_H
#define VB_FLEXSPI_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "vboard/device/imxrt_flexspi_priv.h"

#define WINDOW	  0x60000000u
#define TX_WINDOW 0x7f800000u
#define RX_WINDOW 0x7fc00000u
#define ALL_WIRES 0x7ffu
#define HZ	  12000000u
#define FLASH_BYTES 0x10000u
#define UP	  0xffff0010u	/* MCR0: FIFOs on the IP bus, loopback from the DQS pad */

struct fake_flash {
	uint8_t array[FLASH_BYTES];
	uint8_t written[512];		/* levels of IO3..IO0 after the address of opcode 02h */
	unsigned write_bytes;
	bool is_low, is_dead;
	unsigned selects, clocks;	/* ever; since CS# fell */
	uint32_t opcode, addr, shift;
	uint8_t out[1024], drive[1024];	/* of the clocks since CS# fell */
	bool ddr[1024], rwds, masked;
	unsigned all_clocks;
};

struct flexspi_bench {
	struct vb_board board;
	struct imxrt_env env;
	struct imxrt_flexspi *fs;
	struct fake_flash flash;
	struct vb_spi_device spi;
	struct nor *nor;		/* in place of the fake, if the test has one */
};

static inline void fake_select(void *dev, bool low)
{
	struct fake_flash *f = dev;

	assert_true(f->is_low != low);
	f->is_low = low;
	if (!low)
		return;
	f->selects++;
	f->clocks = f->opcode = f->addr = f->shift = f->write_bytes = 0;
	f->rwds = false;
}

/* The bit or bits of a read that began at clock `first`, on one or four lines. */
static inline uint8_t fake_data(const struct fake_flash *f, unsigned n, unsigned first, bool quad)
{
	static const uint8_t id[] = { 0xef, 0x40, 0x16 };
	unsigned bit = (n - first) * (quad ? 4 : 1), at = bit / 8;
	uint8_t byte = f->opcode == 0x9f ? id[at % 3] : f->array[(f->addr + at) % FLASH_BYTES];

	if (quad)
		return (uint8_t)(0xf0 | (byte >> (4 - bit % 8) & 15));
	return byte >> (7 - bit % 8) & 1 ? 0xff : 0xfd;
}

static inline void fake_take(struct fake_flash *f, unsigned n, uint8_t out)
{
	if (n < 8)
		f->opcode = f->opcode << 1 | (out & 1);
	else if (f->opcode == 0xeb && n < 14)
		f->addr = f->addr << 4 | (out & 15);
	else if (f->opcode != 0xeb && n < 32)
		f->addr = f->addr << 1 | (out & 1);
	else if (f->opcode == 0x02 && f->write_bytes < sizeof(f->written)) {
		f->shift = f->shift << 1 | (out & 1);
		if ((n - 32) % 8 == 7)
			f->written[f->write_bytes++] = (uint8_t)f->shift;
	}
}

static inline uint8_t fake_clock(void *dev, uint8_t out, uint8_t drive, bool ddr)
{
	struct fake_flash *f = dev;
	unsigned n = f->clocks++;

	assert_true(f->is_low);
	f->all_clocks++;
	if (n < sizeof(f->out)) {
		f->out[n] = out;
		f->drive[n] = drive;
		f->ddr[n] = ddr;
	}
	fake_take(f, n, out);
	if (f->is_dead)
		return out;
	if (f->opcode == 0x9f && n >= 8)
		return fake_data(f, n, 8, false);
	if (f->opcode == 0x03 && n >= 32)
		return fake_data(f, n, 32, false);
	if (f->opcode == 0xeb && n >= 20)
		return fake_data(f, n, 20, true);
	return out;
}

static const struct vb_spi_ops fake_ops = { .select = fake_select, .clock = fake_clock };

static inline uint32_t rd(struct flexspi_bench *b, uint32_t offset)
{
	struct vb_access a = { .master = VB_DAP, .size = 4 };
	uint32_t value = 0;

	assert_int_equal(imxrt_flexspi_ops.read(b->fs, &a, offset, &value), VB_OK);
	return value;
}

static inline void wr(struct flexspi_bench *b, uint32_t offset, uint32_t value)
{
	struct vb_access a = { .master = VB_DAP, .size = 4 };

	assert_int_equal(imxrt_flexspi_ops.write(b->fs, &a, offset, value), VB_OK);
}

static inline void run_us(struct flexspi_bench *b, uint64_t us)
{
	vb_clock_advance(b->board.clock, us * 1000);
}

static inline void lut(struct flexspi_bench *b, unsigned id, uint32_t w0, uint32_t w1, uint32_t w2)
{
	const uint32_t words[] = { w0, w1, w2, 0 };

	wr(b, FLEXSPI_LUTKEY, LUT_KEY);
	wr(b, FLEXSPI_LUTCR, LUTCR_UNLOCK);
	for (unsigned i = 0; i < 4; i++)
		wr(b, FLEXSPI_LUT + id * 16 + i * 4, words[i]);
	wr(b, FLEXSPI_LUTKEY, LUT_KEY);
	wr(b, FLEXSPI_LUTCR, LUTCR_LOCK);
}

/* Up, one flash of 64 KiB at A1, sequences 0: READ 03h, 1: RDID 9Fh, 2: page program 02h, 3: WREN. */
static inline void bring_up(struct flexspi_bench *b)
{
	wr(b, FLEXSPI_MCR0, UP | MCR0_MDIS);
	wr(b, FLEXSPI_FLSHA1CR0, FLASH_BYTES / 1024);
	for (unsigned i = 1; i < 4; i++)
		wr(b, FLEXSPI_FLSHA1CR0 + 4 * i, 0);
	wr(b, FLEXSPI_FLSHA1CR1, 0);
	wr(b, FLEXSPI_MCR0, UP);
	for (unsigned i = 0; i < 16; i++)
		lut(b, i, 0, 0, 0);
	lut(b, 0, 0x08180403, 0x00002404, 0);
	lut(b, 1, 0x2404049f, 0, 0);
	lut(b, 2, 0x08180402, 0x00002004, 0);
	lut(b, 3, 0x00000406, 0, 0);
}

static inline void start_ip(struct flexspi_bench *b, unsigned id, uint32_t offset, uint32_t bytes)
{
	wr(b, FLEXSPI_INTR, 0x0f1f);
	wr(b, FLEXSPI_IPCR0, offset);
	wr(b, FLEXSPI_IPCR1, bytes | id << 16);
	wr(b, FLEXSPI_IPCMD, IPCMD_TRG);
}

static inline void run_ip(struct flexspi_bench *b, unsigned id, uint32_t offset, uint32_t bytes)
{
	start_ip(b, id, offset, bytes);
	run_us(b, 1000);
	assert_true(rd(b, FLEXSPI_INTR) & INTR_IPCMDDONE);
}

/* An access of the debugger that waits as long as it is told to. */
static inline enum vb_result ahb_access(struct flexspi_bench *b, struct vb_access *a, uint32_t *value)
{
	for (unsigned i = 0; i < 1000000; i++) {
		enum vb_result rc = a->is_write ? vb_bus_write(b->board.bus, a, *value)
						: vb_bus_read(b->board.bus, a, value);
		uint64_t now_ns = vb_clock_now(b->board.clock);

		if (rc != VB_STALL)
			return rc;
		assert_true(a->stall_until_ns > now_ns && a->stall_until_ns != UINT64_MAX);
		vb_clock_advance(b->board.clock, a->stall_until_ns - now_ns);
	}
	fail_msg("held for ever");
	return VB_FAULT;
}

static inline enum vb_result try_read(struct flexspi_bench *b, uint32_t addr, uint32_t *value)
{
	struct vb_access a = { .master = VB_DAP, .addr = addr, .size = 4 };

	return ahb_access(b, &a, value);
}

static inline uint32_t ahb(struct flexspi_bench *b, uint32_t offset)
{
	uint32_t value = 0;

	assert_int_equal(try_read(b, WINDOW + offset, &value), VB_OK);
	return value;
}

static inline enum vb_result try_write(struct flexspi_bench *b, uint32_t addr, uint32_t value)
{
	struct vb_access a = { .master = VB_DAP, .addr = addr, .size = 4, .is_write = true };

	return ahb_access(b, &a, &value);
}

static inline struct flexspi_bench *bench_new(const char *model)
{
	struct flexspi_bench *b = xcalloc(1, sizeof(*b));
	const struct imxrt_flexspi_config config = {
		.window = WINDOW, .window_bytes = 0x1f800000, .tx_window = TX_WINDOW,
		.rx_window = RX_WINDOW, .irq = 108, .has_clrahbbuf = true,
	};

	b->board.clock = vb_clock_new();
	b->board.bus = vb_bus_new();
	b->env.board = &b->board;
	b->env.clocks.ahb = 120000000;
	b->env.clocks.flexspi[0] = HZ;
	b->env.wires[0] = ALL_WIRES;
	memset(b->env.ccgr, 0xff, sizeof(b->env.ccgr));
	for (unsigned i = 0; i < FLASH_BYTES; i++)
		b->flash.array[i] = (uint8_t)(i * 7 + i / 256);
	b->spi = (struct vb_spi_device){ &fake_ops, &b->flash };
	b->fs = imxrt_flexspi_new(&b->env, &config);
	b->fs->port[0].spi = &b->spi;
	if (model) {
		b->nor = nor_new(model, b->board.clock);
		nor_power(b->nor, true);
		vb_clock_advance(b->board.clock, 10000000);
		imxrt_flexspi_attach(b->fs, 0, b->nor);
	}
	imxrt_flexspi_map(b->fs);
	return b;
}

static inline int bench_setup(void **state)
{
	*state = bench_new(NULL);
	return 0;
}

static inline int bench_teardown(void **state)
{
	struct flexspi_bench *b = *state;

	imxrt_flexspi_free(b->fs);
	nor_free(b->nor);
	vb_bus_free(b->board.bus);
	vb_clock_free(b->board.clock);
	free(b);
	return 0;
}

#endif
