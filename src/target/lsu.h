/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lsu: which memory a Thumb load or store touches, from its opcode and register values. Pure. Used to
 * name the address behind a watchpoint hit or a fault, which the core itself does not record.
 */
#ifndef TARGET_LSU_H
#define TARGET_LSU_H

#include <stdbool.h>
#include <stdint.h>

struct lsu_regs {
	uint32_t r[16];		/* r[15]: address of the instruction itself */
};

struct lsu_access {
	uint32_t addr, bytes;
	bool is_store;
	unsigned length;	/* of the instruction: 2 or 4 */
};

/*
 * `lo` and `hi`: the instruction's halfwords in memory order. Registers are those after the
 * instruction, so a base with writeback is taken back; a load that overwrote its own base or index
 * cannot be told (false). False too if it is no load or store.
 */
bool lsu_decode(uint16_t lo, uint16_t hi, const struct lsu_regs *regs, struct lsu_access *access);
/* The same with the registers before the instruction (a stacked fault frame). */
bool lsu_decode_before(uint16_t lo, uint16_t hi, const struct lsu_regs *regs,
		       struct lsu_access *access);

#endif
