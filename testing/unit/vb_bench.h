/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A debug port on a small bus, for the tests of the board's debug side: 64 KiB of RAM at
 * 0x20000000, a device at 0x40000000 that holds the bus for `stall_ns` and counts its accesses, and
 * nothing anywhere else. The DP is that of the STM32L476 unless the test changes `config`.
 */
#ifndef VB_BENCH_H
#define VB_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "vboard/core/bus.h"
#include "vboard/core/clock.h"
#include "vboard/core/dp.h"
#include "vboard/core/dp_link.h"

#define RAM_BASE   0x20000000u
#define SLOW_BASE  0x40000000u
#define NOWHERE	   0x50000000u
#define BENCH_RAM  0x10000u

struct bench {
	struct vb_dp_config config;
	struct vb_clock *clock;
	struct vb_bus *bus;
	struct vb_dp *dp;
	struct vb_link *link;
	uint8_t *ram;
	uint64_t stall_ns, stall_until_ns;	/* UINT64_MAX: for ever */
	unsigned slow_accesses;
	uint32_t slow_value;
	unsigned last_size;
};

static inline enum vb_result bench_slow(struct bench *b, struct vb_access *a)
{
	uint64_t now_ns = vb_clock_now(b->clock);

	if (b->stall_ns != 0 && b->stall_until_ns == 0)
		b->stall_until_ns = b->stall_ns == UINT64_MAX ? UINT64_MAX : now_ns + b->stall_ns;
	if (b->stall_until_ns > now_ns) {
		a->stall_until_ns = b->stall_until_ns;
		return VB_STALL;
	}
	b->stall_until_ns = 0;
	b->slow_accesses++;
	b->last_size = a->size;
	return VB_OK;
}

static inline enum vb_result bench_read(void *dev, struct vb_access *a, uint32_t offset,
					uint32_t *value)
{
	struct bench *b = dev;
	enum vb_result result = bench_slow(b, a);

	(void)offset;
	if (result == VB_OK)
		*value = b->slow_value;
	return result;
}

static inline enum vb_result bench_write(void *dev, struct vb_access *a, uint32_t offset,
					 uint32_t value)
{
	struct bench *b = dev;
	enum vb_result result = bench_slow(b, a);

	(void)offset;
	if (result == VB_OK)
		b->slow_value = value;
	return result;
}

static const struct vb_device_ops bench_ops = { bench_read, bench_write };

static inline struct vb_dp_config bench_stm32l476(void)
{
	return (struct vb_dp_config){
		.dpidr = 0x2ba01477,
		.jtag_idcode = 0x4ba00477,
		.ap = { { .idr = 0x24770011, .base = 0xe00ff003, .csw_reset = 0x23000040,
			  .tar_wrap = 0x1000, .has_packed = true, .has_byte = true } },
		.tap = { { .idcode = 0x4ba00477, .ir_bits = 4, .is_dp = true },
			 { .idcode = 0x06415041, .ir_bits = 5 } },
	};
}

static inline struct bench *bench_new_with(struct vb_dp_config config)
{
	struct bench *b = calloc(1, sizeof(*b));

	b->config = config;
	b->clock = vb_clock_new();
	b->bus = vb_bus_new();
	b->ram = calloc(1, BENCH_RAM);
	vb_bus_add(b->bus, &(struct vb_region){ .name = "ram", .base = RAM_BASE, .size = BENCH_RAM,
						.ram = b->ram, .writable = true });
	vb_bus_add(b->bus, &(struct vb_region){ .name = "slow", .base = SLOW_BASE, .size = 0x1000,
						.dev_ops = &bench_ops, .ctx = b });
	b->dp = vb_dp_new(&b->config, b->bus, b->clock);
	b->link = vb_link_new(b->dp, b->clock);
	return b;
}

static inline struct bench *bench_new(void)
{
	return bench_new_with(bench_stm32l476());
}

static inline void bench_free(struct bench *b)
{
	vb_link_free(b->link);
	vb_dp_free(b->dp);
	vb_bus_free(b->bus);
	vb_clock_free(b->clock);
	free(b->ram);
	free(b);
}

/* --- Serial Wire, bit by bit --- */

static inline void swd_bits(struct bench *b, uint64_t bits, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		vb_swd_clock(b->link, bits >> i & 1, true);
}

static inline uint64_t swd_in(struct bench *b, unsigned n)
{
	uint64_t bits = 0;

	for (unsigned i = 0; i < n; i++)
		bits |= (uint64_t)vb_swd_clock(b->link, true, false) << i;
	return bits;
}

static inline void swd_line_reset(struct bench *b)
{
	swd_bits(b, ~0ull, 51);
	swd_bits(b, 0, 2);
}

static inline void swd_select(struct bench *b)
{
	swd_bits(b, ~0ull, 51);
	swd_bits(b, 0xe79e, 16);
	swd_line_reset(b);
}

static inline uint8_t swd_header(bool ap, bool rnw, unsigned a)
{
	unsigned parity = ap ^ rnw ^ (a & 1) ^ (a >> 1);

	return (uint8_t)(0x81 | ap << 1 | rnw << 2 | a << 3 | parity << 5);
}

/* A whole packet at one clock of turnaround; the data phase follows WAIT and FAULT if `full`. */
static inline unsigned swd_packet(struct bench *b, bool full, bool ap, bool rnw, unsigned a,
				  uint32_t *data)
{
	unsigned ack;
	uint64_t word;

	swd_bits(b, swd_header(ap, rnw, a), 8);
	swd_in(b, 1);
	ack = (unsigned)swd_in(b, 3);
	if (ack != 1 && !full) {
		swd_in(b, 1);
		return ack;
	}
	if (rnw) {
		word = swd_in(b, 33);
		swd_in(b, 1);
		*data = (uint32_t)word;
		if (ack == 1 && parity_even(*data) != word >> 32)
			return 8;
	} else {
		swd_in(b, 1);
		swd_bits(b, *data | (uint64_t)parity_even(*data) << 32, 33);
	}
	return ack;
}

static inline unsigned swd_read(struct bench *b, bool ap, unsigned a, uint32_t *data)
{
	return swd_packet(b, false, ap, true, a, data);
}

static inline unsigned swd_write(struct bench *b, bool ap, unsigned a, uint32_t data)
{
	return swd_packet(b, false, ap, false, a, &data);
}

/* Switch, DPIDR, power up, SELECT 0. */
static inline void swd_connect(struct bench *b)
{
	uint32_t id;

	swd_select(b);
	assert_int_equal(swd_read(b, false, 0, &id), 1);
	assert_int_equal(id, b->config.dpidr);
	assert_int_equal(swd_write(b, false, 1, 0x50000000), 1);
	assert_int_equal(swd_write(b, false, 2, 0), 1);
}

#endif
