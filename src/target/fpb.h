/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fpb: Flash Patch and Breakpoint unit (BPU on v6-M): which value stands in which comparator.
 *
 * Pure bookkeeping: `wanted` is what should be in the comparators, `actual` what was last written;
 * the caller writes the differences (fpb_next_change) when the core is about to run. So a breakpoint
 * that GDB removes and inserts again costs nothing on the wire.
 *
 * Version 1 (M3, M4, v6-M; DDI 0403 C1.11) compares a word address below 0x20000000 and has one
 * enable per halfword of it, so two breakpoints in one word share a comparator. Version 2 (M7, v8-M)
 * compares a halfword address anywhere.
 */
#ifndef TARGET_FPB_H
#define TARGET_FPB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FP_CTRL		0xe0002000u
#define   FP_CTRL_ENABLE  1u
#define   FP_CTRL_KEY	  2u
#define FP_COMP(n)	(0xe0002008u + 4 * (n))
#define FPB_MAX		32u
#define FPB_V1_LIMIT	0x20000000u

struct fpb {
	unsigned version;		/* 0: no unit found */
	unsigned count;			/* code comparators */
	unsigned literals;		/* they follow the code comparators */
	bool is_enabled;		/* FP_CTRL as last written */
	uint32_t wanted[FPB_MAX], actual[FPB_MAX];
	bool known[FPB_MAX];		/* `actual` is what the hardware holds */
};

/* Reads the counts out of FP_CTRL; keeps what was wanted. */
void fpb_decode(struct fpb *fpb, uint32_t fp_ctrl);
/* The comparator value for one breakpoint; 0 if the version cannot reach the address. */
uint32_t fpb_encode(unsigned version, uint32_t addr);
/* The comparator now covering addr, or -1: none free, or out of reach. */
int fpb_add(struct fpb *fpb, uint32_t addr);
void fpb_remove(struct fpb *fpb, int comparator, uint32_t addr);
bool fpb_is_used(const struct fpb *fpb);
unsigned fpb_free_count(const struct fpb *fpb);
/* The next comparator whose hardware differs, at or after `from`; -1: none. */
int fpb_next_change(const struct fpb *fpb, unsigned from);
/* Nothing is known about the hardware any more (reset, power loss). */
void fpb_forget(struct fpb *fpb);

#endif
