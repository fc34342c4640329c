/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What must be known about a Thumb opcode before it runs: most are plain and go to Unicorn unseen.
 * The class depends on the first halfword alone, so the hook needs one table look-up (DDI 0403 A5).
 */
#ifndef VB_CORE_CPU_OPCODE_H
#define VB_CORE_CPU_OPCODE_H

#include <stdbool.h>
#include <stdint.h>

enum op_class {
	OP_PLAIN,
	OP_IT,
	OP_HINT,	/* NOP, YIELD, WFE, WFI, SEV: 16 bit */
	OP_BKPT,
	OP_SVC,
	OP_MASKS,	/* CPS, MSR: may unmask what waits */
	OP_MULTIPLE16,	/* LDM, STM: the base must be aligned */
	OP_MULTIPLE32,	/* LDM, STM, LDRD, STRD, exclusive accesses, table branches */
	OP_COPROCESSOR,	/* the FPU, and the coprocessors that do not exist */
	OP_DIVIDE,
	OP_SYSTEM,	/* wide hints, barriers, CLREX, MRS */
};

enum op_class op_classify(uint16_t op);

static inline bool op_is_wide(uint16_t op)
{
	return op >> 11 >= 0x1d;
}

static inline unsigned op_bytes(uint16_t op)
{
	return op_is_wide(op) ? 4 : 2;
}

bool op_is_memory(uint16_t op);		/* loads and stores, push and pop, table branches */

static inline bool op_is_udf(uint16_t op)
{
	return (op & 0xff00) == 0xde00;
}

enum op_exclusive { NOT_EXCLUSIVE, OP_LDREX, OP_STREX };
/* For OP_MULTIPLE32. `size` gets 1, 2 or 4. */
enum op_exclusive op_exclusive(uint16_t op, uint16_t op2, unsigned *size);
bool op_is_table_branch(uint16_t op, uint16_t op2);

/* Condition `cond` (0..15) under these flags. */
bool op_condition(unsigned cond, uint32_t xpsr);

/* ITSTATE of an xPSR value, and the xPSR with another one. */
static inline unsigned op_itstate(uint32_t xpsr)
{
	return (xpsr >> 8 & 0xfc) | (xpsr >> 25 & 3);
}

static inline uint32_t op_with_itstate(uint32_t xpsr, unsigned it)
{
	return (xpsr & ~0x0600fc00u) | (uint32_t)(it & 0xfc) << 8 | (uint32_t)(it & 3) << 25;
}

static inline unsigned op_it_advance(unsigned it)
{
	return it & 7 ? (it & 0xe0) | (it << 1 & 0x1f) : 0;
}

static inline unsigned op_it_members(uint16_t op)
{
	return 4 - (unsigned)__builtin_ctz(op & 15);
}

#endif
