/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A flash on a bench: its wires driven by hand, clock by clock. */
#ifndef VB_NOR_BENCH_H
#define VB_NOR_BENCH_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "vboard/core/clock.h"
#include "vboard/device/nor.h"

#define US 1000ull
#define MS 1000000ull

struct bench {
	struct vb_clock *clock;
	struct nor *nor;
	const struct vb_spi_device *spi;
	unsigned told;			/* calls of the listener */
	uint32_t told_at, told_bytes;	/* of the last one about the array */
};

static inline void bench_told(void *ctx, uint32_t offset, uint32_t bytes)
{
	struct bench *b = ctx;

	b->told++;
	if (bytes > 0) {
		b->told_at = offset;
		b->told_bytes = bytes;
	}
}

static inline void bench_open(struct bench *b, const char *model)
{
	memset(b, 0, sizeof(*b));
	b->clock = vb_clock_new();
	b->nor = nor_new(model, b->clock);
	assert_non_null(b->nor);
	b->spi = nor_spi(b->nor);
	nor_set_listener(b->nor, bench_told, b);
}

static inline void bench_close(struct bench *b)
{
	nor_free(b->nor);
	vb_clock_free(b->clock);
}

static inline void pass(struct bench *b, uint64_t ns)
{
	vb_clock_advance(b->clock, ns);
}

static inline void cs(struct bench *b, bool low)
{
	b->spi->ops->select(b->spi->dev, low);
}

/* One SCK period; lines the host does not drive are pulled up. */
static inline uint8_t tick(struct bench *b, unsigned pads, uint8_t value)
{
	uint8_t drive = (uint8_t)((1u << pads) - 1);

	return b->spi->ops->clock(b->spi->dev, (uint8_t)(value | (uint8_t)~drive), drive, false);
}

static inline void put_bits(struct bench *b, unsigned pads, uint32_t value, unsigned bits)
{
	while (bits > 0) {
		bits -= pads;
		tick(b, pads, (uint8_t)(value >> bits & ((1u << pads) - 1)));
	}
}

static inline void put(struct bench *b, unsigned pads, uint8_t value)
{
	put_bits(b, pads, value, 8);
}

static inline void idle(struct bench *b, unsigned clocks)
{
	while (clocks-- > 0)
		b->spi->ops->clock(b->spi->dev, 0xff, 0, false);
}

static inline uint8_t get(struct bench *b, unsigned pads)
{
	unsigned value = 0;

	for (unsigned bits = 0; bits < 8; bits += pads) {
		uint8_t in = b->spi->ops->clock(b->spi->dev, 0xff, pads == 1, false);

		value = pads == 1 ? value << 1 | (in >> 1 & 1)
				  : value << pads | (in & ((1u << pads) - 1));
	}
	return (uint8_t)value;
}

/* A command of `n` bytes, all on `pads` lines. */
static inline void send_on(struct bench *b, unsigned pads, const uint8_t *bytes, size_t n)
{
	cs(b, true);
	for (size_t i = 0; i < n; i++)
		put(b, pads, bytes[i]);
	cs(b, false);
}

#define SEND(b, ...)	       send_on(b, 1, (const uint8_t[]){ __VA_ARGS__ }, \
				       sizeof((const uint8_t[]){ __VA_ARGS__ }))
#define SEND_ON(b, pads, ...) send_on(b, pads, (const uint8_t[]){ __VA_ARGS__ }, \
				       sizeof((const uint8_t[]){ __VA_ARGS__ }))

/* Sends `sent`, then reads `n` bytes, all on `pads` lines. */
static inline void ask_on(struct bench *b, unsigned pads, const uint8_t *sent, size_t sent_bytes,
			  uint8_t *got, size_t n)
{
	cs(b, true);
	for (size_t i = 0; i < sent_bytes; i++)
		put(b, pads, sent[i]);
	for (size_t i = 0; i < n; i++)
		got[i] = get(b, pads);
	cs(b, false);
}

#define ASK(b, got, n, ...) ask_on(b, 1, (const uint8_t[]){ __VA_ARGS__ }, \
				   sizeof((const uint8_t[]){ __VA_ARGS__ }), got, n)

static inline uint8_t reg(struct bench *b, uint8_t opcode)
{
	uint8_t value;

	ask_on(b, 1, &opcode, 1, &value, 1);
	return value;
}

static inline uint8_t reg_on(struct bench *b, unsigned pads, uint8_t opcode)
{
	uint8_t value;

	ask_on(b, pads, &opcode, 1, &value, 1);
	return value;
}

/* A command with WREN before it and its time behind it. */
#define DO(b, ns, ...)				\
	do {					\
		SEND(b, 0x06);			\
		SEND(b, __VA_ARGS__);		\
		pass(b, ns);			\
	} while (0)

static inline uint8_t read_byte(struct bench *b, uint32_t at)
{
	uint8_t value;

	ASK(b, &value, 1, 0x03, (uint8_t)(at >> 16), (uint8_t)(at >> 8), (uint8_t)at);
	return value;
}

/* Page program of one byte at `at`. */
#define PROGRAM(b, at, byte) \
	DO(b, 5 * MS, 0x02, (uint8_t)((at) >> 16), (uint8_t)((at) >> 8), (uint8_t)(at), byte)
#define ERASE(b, op, at) \
	DO(b, 3000 * MS, op, (uint8_t)((at) >> 16), (uint8_t)((at) >> 8), (uint8_t)(at))

#endif
