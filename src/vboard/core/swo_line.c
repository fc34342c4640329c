/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The receiver of a probe whose rate or protocol is not the sender's: the line as a row of levels,
 * sampled as the receiver's own clock says (DDI 0314 SWO: UART frames of 8 data bits, LSB first; Manchester
 * packets of a start bit, bytes LSB first, and a space).
 */
#include "base/bytes.h"
#include "vboard/core/swo_priv.h"

static uint64_t sample_ps(const struct swo_line *line)
{
	/* A UART looks into the middle of each bit; Manchester into each half of each bit. */
	return line->start_ps + (2 * line->samples + 1) * (PS_PER_S / 2) / line->baud;
}

static void deliver(struct swo_line *line, uint64_t ps)
{
	line->fn(line->ctx, ps / 1000, line->byte);
	line->byte = 0;
}

/* Start bit, eight data bits, stop bit. */
static void sample_uart(struct swo_line *line, bool level, uint64_t ps)
{
	unsigned n = line->samples++;

	if (n == 0 && level) {
		line->is_receiving = false;	/* a glitch, no start bit */
	} else if (n >= 1 && n <= 8) {
		line->byte |= (uint8_t)(level << (n - 1));
	} else if (n == 9) {
		line->errors += !level;
		line->is_receiving = false;
		deliver(line, ps);
	}
}

/* Halves of the start bit, then of data bits until one has no edge in its middle. */
static void sample_manchester(struct swo_line *line, bool level, uint64_t ps)
{
	unsigned n = line->samples++, bit = n / 2 - 1;

	if (n % 2 == 0) {
		line->first_half = level;
		return;
	}
	if (n == 1) {
		line->is_receiving = line->first_half && !level;
		return;
	}
	if (line->first_half == level) {
		line->errors += level || bit % 8 != 0;	/* a space comes between bytes, and is low */
		line->is_receiving = false;
		return;
	}
	line->byte |= (uint8_t)(line->first_half << bit % 8);
	if (bit % 8 == 7)
		deliver(line, ps);
	if (bit == 63) {	/* a packet has eight bytes at most */
		line->is_receiving = false;
	}
}

static void level_until(struct swo_line *line, bool level, uint64_t until_ps)
{
	bool starts = line->is_manchester ? level && !line->level : !level && line->level;

	if (until_ps <= line->at_ps)
		return;
	if (!line->is_receiving && starts) {
		line->is_receiving = true;
		line->samples = 0;
		line->byte = 0;
		line->start_ps = line->at_ps;
	}
	while (line->is_receiving && sample_ps(line) < until_ps) {
		uint64_t ps = sample_ps(line);

		if (line->is_manchester)
			sample_manchester(line, level, ps);
		else
			sample_uart(line, level, ps);
	}
	line->level = level;
	line->at_ps = until_ps;
}

void swo_line_restart(struct swo_line *line, bool level, uint64_t ps)
{
	line->is_receiving = false;
	line->level = level;
	line->at_ps = ps;
}

void swo_line_idle(struct swo_line *line, bool sender_is_manchester, uint64_t until_ps)
{
	/* A UART rests high. unconfirmed: that Manchester rests low and sends a 1 as high, low. */
	level_until(line, !sender_is_manchester, until_ps);
}

static void uart_byte(struct swo_line *line, const struct swo_rate *rate, uint64_t start_ps,
		      uint8_t byte)
{
	unsigned bits = (unsigned)byte << 1 | 0x200;

	for (unsigned i = 0; i < 10; i++)
		level_until(line, bits >> i & 1, start_ps + swo_cells_ps(rate, i + 1));
}

void swo_line_byte(struct swo_line *line, const struct swo_rate *rate, uint64_t start_ps,
		   bool starts_packet, uint8_t byte)
{
	unsigned bits = starts_packet ? (unsigned)byte << 1 | 1 : byte;
	unsigned count = starts_packet ? 9 : 8;

	swo_line_idle(line, rate->is_manchester, start_ps);
	if (!rate->is_manchester) {
		uart_byte(line, rate, start_ps, byte);
		return;
	}
	for (unsigned i = 0; i < count; i++) {
		bool bit = bits >> i & 1;

		level_until(line, bit, start_ps + swo_cells_ps(rate, 2 * i + 1));
		level_until(line, !bit, start_ps + swo_cells_ps(rate, 2 * i + 2));
	}
}
