/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mpsse: the command stream of an FTDI chip's serial engine, as pure functions over bytes.
 *
 * Commands are appended to `out` in order; the owner sends and consumes them. Each command that is
 * answered leaves a note of how many bits come back and where they belong; mpsse_feed() takes the
 * answers in the same order, cut anywhere. Destinations stay valid until everything expected has
 * come or mpsse_forget() was called. Nothing here talks to a chip, so nothing can fail: a chip that
 * answers more or less than expected is its owner's matter.
 *
 * The engine remembers the levels of the pins, because shifts hold them: TMS during data, TDI
 * during TMS. Clocks idle low; outputs change on the falling edge. Source: FTDI AN_108.
 */
#ifndef ADAPTER_FTDI_MPSSE_H
#define ADAPTER_FTDI_MPSSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

/* Low byte of the pins of a channel. */
#define MPSSE_TCK BIT(0)
#define MPSSE_TDI BIT(1)
#define MPSSE_TDO BIT(2)
#define MPSSE_TMS BIT(3)

struct mpsse_chip {
	uint16_t bcd_device;
	const char *name;
	unsigned channels;		/* that have an engine */
	bool is_h;			/* 60 MHz and the commands that came with it */
	bool has_high_byte;
};
/* By bcdDevice; NULL: not a chip of FTDI's. channels is 0 if it has no engine. */
const struct mpsse_chip *mpsse_find_chip(uint16_t bcd_device);

/* TCK = base / (2 * (1 + divisor)), base 60 MHz, or 12 MHz with `by_5` (and on chips without H). */
struct mpsse_clock {
	bool by_5;
	uint16_t divisor;
	double hz;			/* what it really is */
};
/* The fastest that is not above `hz`, or the slowest there is. */
struct mpsse_clock mpsse_find_clock(bool is_h, double hz);

struct mpsse_reply {
	uint8_t *dst;			/* NULL: drop */
	size_t bit;			/* first bit in dst */
	size_t bits;
};

struct mpsse {
	const struct mpsse_chip *chip;
	struct buf out;
	struct mpsse_reply *replies;	/* expected, oldest at `first` */
	size_t first, count, capacity;
	size_t fed_bits;		/* of the oldest */
	size_t expected;		/* bytes still to come */
	uint64_t clocks;		/* put since the owner last looked: for time limits */
	bool tms, tdi;			/* levels, when all of `out` is done */
	uint16_t value, direction;	/* of the pins, as last put */
	bool are_pins_known;
	bool samples_falling;		/* TDO of JTAG */
	/* Bits that wait to be put in one command: all driven, nothing read. */
	uint8_t pending[64];
	size_t pending_bits;
};

void mpsse_free(struct mpsse *m);
/* Nothing is expected and nothing is known of the pins: after an error, before a fresh start. */
void mpsse_forget(struct mpsse *m);
void mpsse_put_clock(struct mpsse *m, const struct mpsse_clock *clock);
/* Loopback off, and on H chips no adaptive and no 3-phase clocking. */
void mpsse_put_defaults(struct mpsse *m);
/* Only the bytes that differ from what was put last. */
void mpsse_put_pins(struct mpsse *m, uint16_t value, uint16_t direction);
/* The levels of all 16 pins into dst[2]. */
void mpsse_put_read_pins(struct mpsse *m, uint8_t *dst);
/* TDI only, n bits; may wait in `pending` until something else follows. */
void mpsse_put_out(struct mpsse *m, const uint8_t *bits, size_t n);
/* n bits of TDO; TDI keeps its level. */
void mpsse_put_in(struct mpsse *m, uint8_t *dst, size_t n);
/* n clocks with a TMS and a TDI bit each (tdi NULL: ones); tdo may be NULL. */
void mpsse_put_jtag(struct mpsse *m, const uint8_t *tms, const uint8_t *tdi, uint8_t *tdo,
		    size_t n);
/* Puts what is pending; with `immediate` also the command that flushes the chip's answers. */
void mpsse_finish(struct mpsse *m, bool immediate);
/* Returns how many bytes were taken: fewer than n if more came than was expected. */
size_t mpsse_feed(struct mpsse *m, const uint8_t *data, size_t n);

/*
 * Packets of `packet` bytes begin with two status bytes each. Closes the gaps in place and returns
 * how many bytes of payload are left.
 */
size_t mpsse_strip_status(uint8_t *data, size_t n, size_t packet);

#endif
