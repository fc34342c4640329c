/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dwt: watchpoints on the DWT comparators: which value stands in which comparator.
 *
 * v7-M (and v6-M): one comparator watches 2^n bytes aligned to their size, n up to what MASK takes
 * (DDI 0403 C1.8). v8-M: one watches 1, 2 or 4 bytes, an even and the following odd one together
 * watch any range of addresses (DDI 0553 B12). A range that fits neither is split; one watchpoint
 * may so own several comparators.
 *
 * A value is compared by a second comparator, linked to the one with the address. v7-M: comparator 1
 * holds the value (FUNCTION.DATAVMATCH) and names the other one, whose FUNCTION stays 0. v8-M: an
 * odd one holds it and is linked to the even one before it. Only an access of just that size matches.
 *
 * Pure bookkeeping as in fpb.h: `wanted` against `actual`.
 */
#ifndef TARGET_DWT_H
#define TARGET_DWT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DWT_CTRL	0xe0001000u
#define DWT_COMP(n)	(0xe0001020u + 16 * (n))
#define DWT_MASK(n)	(0xe0001024u + 16 * (n))
#define DWT_FUNCTION(n)	(0xe0001028u + 16 * (n))
#define   DWT_DATAVMATCH  (1u << 8)	/* v7 */
#define   DWT_MATCHED	  (1u << 24)
#define DWT_MAX		15u
#define DWT_OWNER_TRACE	255u		/* data_trace.c's comparators */

struct dwt_comparator {
	uint32_t comp, mask, function;
};

struct dwt {
	bool is_v8;
	bool has_ranges;		/* v8: odd comparators can be limits */
	bool has_values;		/* comparators can be linked to compare a value */
	unsigned count;			/* 0: no unit */
	unsigned max_mask;		/* v7: largest value MASK takes */
	struct dwt_comparator wanted[DWT_MAX], actual[DWT_MAX];
	bool known[DWT_MAX];
	uint8_t owner[DWT_MAX];		/* of a watchpoint 1..254, DWT_OWNER_TRACE; 0: free */
};

/* One aligned power-of-two piece of a range. */
struct dwt_piece {
	uint32_t addr;
	unsigned log2_size;
};

enum dwt_access { DWT_READ, DWT_WRITE, DWT_ACCESS };

/* An access of `bytes` (1, 2 or 4) to `addr`, a multiple of them, that carries `value`. */
struct dwt_value {
	uint32_t addr, bytes, value;
	enum dwt_access access;
};

/* Cuts [addr, addr + n) into as few aligned pieces of at most 2^max_log2 bytes as possible. Returns
 * their number, or 0 if `max` do not suffice. */
size_t dwt_split(uint32_t addr, uint32_t n, unsigned max_log2, struct dwt_piece *pieces,
		 size_t max);
/* The smallest aligned power of two that covers the range; its log2, 32 if there is none. */
unsigned dwt_cover(uint32_t addr, uint32_t n, uint32_t *base);
/* FUNCTION's value. v8: size 0 stands for a range's lower bound. */
uint32_t dwt_function(bool is_v8, enum dwt_access access, uint32_t size);

/*
 * Takes comparators for the range and marks them with `owner` (1..254). Returns how many it took, 0
 * if they do not suffice; then *needed tells how many it would have taken (0: impossible).
 * *is_rounded: one larger comparator was used, hits outside the range must be sorted out.
 */
unsigned dwt_add(struct dwt *dwt, uint8_t owner, uint32_t addr, uint32_t n, enum dwt_access access,
		 unsigned *needed, bool *is_rounded);
/* Takes the two comparators for a value; false if it cannot have them. On v7-M a watchpoint without a
 * value may move away from comparator 1 for it. */
bool dwt_add_value(struct dwt *dwt, uint8_t owner, const struct dwt_value *v);
void dwt_remove(struct dwt *dwt, uint8_t owner);
/* A match of comparator i halts the core; one that only holds an address for another does not. */
bool dwt_halts(const struct dwt *dwt, unsigned i);
unsigned dwt_free_count(const struct dwt *dwt);
/* The next comparator from `from` on whose registers are not what is wanted; -1: there is none. */
int dwt_next_change(const struct dwt *dwt, unsigned from);
/* What the hardware holds is not known any more. */
void dwt_forget(struct dwt *dwt);

#endif
