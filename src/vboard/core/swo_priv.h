/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the sender of the SWO pin (swo.c) and the receiver at its other end (swo_line.c). */
#ifndef VB_CORE_SWO_PRIV_H
#define VB_CORE_SWO_PRIV_H

#include "vboard/core/swo.h"

#define PS_PER_S 1000000000000u

/* How the TPIU sends: a cell is a bit of a UART or half a bit of Manchester. */
struct swo_rate {
	bool is_manchester;
	uint32_t hz, divider;
};

/* Duration of n <= 32 cells. */
static inline uint64_t swo_cells_ps(const struct swo_rate *rate, unsigned n)
{
	return (uint64_t)n * rate->divider * PS_PER_S / rate->hz;
}

/* A receiver that samples the level of the line at its own rate. */
struct swo_line {
	bool is_manchester;		/* what the receiver expects */
	uint32_t baud;
	vb_swo_fn fn;			/* NULL: nobody listens */
	void *ctx;
	unsigned errors;		/* stop bits that were low */

	uint64_t at_ps;			/* the line is known until here */
	bool level;			/* the last known one */
	bool is_receiving;
	unsigned samples;		/* taken of the present frame */
	uint64_t start_ps;		/* of the frame */
	uint8_t byte;
	bool first_half;		/* Manchester */
};

/* Hears nothing of what came before. */
void swo_line_restart(struct swo_line *line, bool level, uint64_t ps);
/* The line rests until then. */
void swo_line_idle(struct swo_line *line, bool sender_is_manchester, uint64_t until_ps);
/* One byte leaves the TPIU, in Manchester maybe with the start bit of a packet. */
void swo_line_byte(struct swo_line *line, const struct swo_rate *rate, uint64_t start_ps,
		   bool starts_packet, uint8_t byte);

#endif
