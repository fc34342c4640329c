/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a J-Link can do, in numbers. Nothing here talks to one. */
#ifndef ADAPTER_JLINK_RULES_H
#define ADAPTER_JLINK_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JLINK_VID	    0x1366u
#define JLINK_MIN_BITS	    64u		/* a transfer and its idle clocks must fit in a call */
#define JLINK_UNKNOWN_BITS  504u	/* every firmware takes that much */

/* What a product id says. */
struct jlink_identity {
	bool is_jlink;		/* else it is only a serial port or the like */
	bool is_known;		/* to libjaylink 0.3.1 */
	unsigned address;	/* the obsolete USB address, 0..3 */
	const char *kind;
};
struct jlink_identity jlink_identify(uint16_t pid);

/* Bits per call. free_memory 0: the firmware does not tell. */
size_t jlink_swd_bits(uint32_t free_memory);
size_t jlink_jtag_bits(uint32_t free_memory, bool is_on_board);

/*
 * The clock: base / divider, divider >= min_divider. *command is the number of kHz to ask for: the
 * firmware takes the next divider that is not faster than it. Returns the true kHz, rounded down.
 * base 0: the firmware does not tell its clocks; it is asked as it is.
 */
uint32_t jlink_speed(uint32_t base_hz, uint32_t min_divider, uint32_t khz, uint16_t *command);
uint32_t jlink_max_khz(uint32_t base_hz, uint32_t min_divider);

struct jlink_swo_range {
	uint32_t base_hz, min_divider, max_divider;
};
/* The rate nearest to `baud` (0: the fastest). 0: the range makes no sense. */
uint32_t jlink_swo_baud(const struct jlink_swo_range *range, uint32_t baud);

#endif
