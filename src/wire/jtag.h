/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jtag: TAP state walks and JTAG-DP scans as bit strings (IEEE 1149.1, IHI 0031 B3), pure
 * functions.
 *
 * A struct jtag_bits collects clocks: one TMS and one TDI bit each, in wire order. Every walk
 * starts and ends in Run-Test/Idle, except the one that begins with a reset. TDO, sampled before
 * each rising edge, has one bit per clock too; the functions that shift tell at which clock the
 * captured bits begin.
 */
#ifndef WIRE_JTAG_H
#define WIRE_JTAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

#define JTAG_MAX_TAPS 20u

/* Nearest TDO first. */
struct jtag_chain {
	unsigned count;
	unsigned ir_bits[JTAG_MAX_TAPS];
};

struct jtag_bits {
	struct buf tms, tdi;
	size_t count;
};

void jtag_bits_clear(struct jtag_bits *b);
void jtag_bits_free(struct jtag_bits *b);
void jtag_put(struct jtag_bits *b, bool tms, bool tdi);
/* Test-Logic-Reset from anywhere, then Run-Test/Idle. */
void jtag_put_reset(struct jtag_bits *b);
void jtag_put_idle(struct jtag_bits *b, size_t clocks);
/* Shifts n bits through the whole chain; returns the clock of the first captured bit. */
size_t jtag_put_ir(struct jtag_bits *b, const uint8_t *out, size_t n);
size_t jtag_put_dr(struct jtag_bits *b, const uint8_t *out, size_t n);
/* `value` into one TAP, all others into BYPASS. Returns the clock of this TAP's first bit. */
size_t jtag_put_tap_ir(struct jtag_bits *b, const struct jtag_chain *chain, unsigned tap,
		       uint32_t value);
size_t jtag_put_tap_dr(struct jtag_bits *b, const struct jtag_chain *chain, unsigned tap,
		       uint64_t value, unsigned n);
uint64_t jtag_get(const uint8_t *tdo, size_t at, unsigned n);

/* JTAG-DP instructions, the low 4 bits; longer registers have ones above. */
enum jtag_dp_ir {
	JTAG_IR_ABORT = 0x8,
	JTAG_IR_DPACC = 0xa,
	JTAG_IR_APACC = 0xb,
	JTAG_IR_IDCODE = 0xe
};
#define JTAG_DP_BITS 35u
/* `reg` as in adapter/port.h: A[3:2] in place. */
uint64_t jtag_dp_request(uint8_t reg, bool is_read, uint32_t value);
/* Raw ACK of a captured scan; SWD's numbers: 1 OK (or FAULT: not told apart), 2 WAIT, others as
 * read. */
unsigned jtag_dp_ack(uint64_t captured);
uint32_t jtag_dp_data(uint64_t captured);

/*
 * Takes the identities apart that a chain in Test-Logic-Reset shifts out while ones go in. ids[i]
 * is 0 for a TAP without IDCODE (a BYPASS bit). Returns how many TAPs there are, up to `max`. With
 * none, *stuck_low tells zeroes from ones.
 */
size_t jtag_parse_ids(const uint8_t *tdo, size_t bits, uint32_t *ids, size_t max, bool *stuck_low);

#endif
