/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/core/cpu_opcode.h"

#include <stddef.h>

#include "base/bytes.h"

/* First match wins. */
static const struct {
	uint16_t mask, match;
	enum op_class is;
} rows[] = {
	{ 0xff0f, 0xbf00, OP_HINT },
	{ 0xff00, 0xbf00, OP_IT },
	{ 0xff00, 0xbe00, OP_BKPT },
	{ 0xff00, 0xdf00, OP_SVC },
	{ 0xffe0, 0xb660, OP_MASKS },		/* CPS */
	{ 0xffe0, 0xf380, OP_MASKS },		/* MSR */
	{ 0xf000, 0xc000, OP_MULTIPLE16 },
	{ 0xfe00, 0xe800, OP_MULTIPLE32 },
	{ 0xec00, 0xec00, OP_COPROCESSOR },	/* ec..ef and fc..ff */
	{ 0xfff0, 0xfb90, OP_DIVIDE },		/* SDIV */
	{ 0xfff0, 0xfbb0, OP_DIVIDE },		/* UDIV */
	{ 0xffff, 0xf3af, OP_SYSTEM },		/* NOP.W, WFE.W, WFI.W, SEV.W, DBG */
	{ 0xffff, 0xf3bf, OP_SYSTEM },		/* CLREX, DSB, DMB, ISB */
	{ 0xffff, 0xf3ef, OP_SYSTEM },		/* MRS */
};

enum op_class op_classify(uint16_t op)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if ((op & rows[i].mask) == rows[i].match)
			return rows[i].is;
	}
	return OP_PLAIN;
}

bool op_is_memory(uint16_t op)
{
	static const struct {
		uint16_t mask, match;
	} memory[] = {
		{ 0xf800, 0x4800 },	/* LDR literal */
		{ 0xf000, 0x5000 },	/* LDR, STR register */
		{ 0xe000, 0x6000 },	/* word and byte, immediate */
		{ 0xe000, 0x8000 },	/* halfword; SP relative */
		{ 0xf600, 0xb400 },	/* PUSH, POP */
		{ 0xf000, 0xc000 },	/* LDM, STM */
		{ 0xfe00, 0xe800 },	/* wide LDM, STM, LDRD, STRD, exclusive, TBB */
		{ 0xee00, 0xec00 },	/* VLDR, VSTR, VLDM, VSTM */
		{ 0xfe00, 0xf800 },	/* wide single loads and stores */
	};

	for (size_t i = 0; i < ARRAY_SIZE(memory); i++) {
		if ((op & memory[i].mask) == memory[i].match)
			return true;
	}
	return false;
}

enum op_exclusive op_exclusive(uint16_t op, uint16_t op2, unsigned *size)
{
	*size = 4;
	switch (op & 0xfff0) {
	case 0xe840:
		return OP_STREX;
	case 0xe850:
		return OP_LDREX;
	case 0xe8c0:
	case 0xe8d0:
		if ((op2 & 0xe0) != 0x40)	/* 4: byte, 5: halfword */
			return NOT_EXCLUSIVE;
		*size = op2 & 0x10 ? 2 : 1;
		return op & 0x10 ? OP_LDREX : OP_STREX;
	}
	return NOT_EXCLUSIVE;
}

bool op_is_table_branch(uint16_t op, uint16_t op2)
{
	return (op & 0xfff0) == 0xe8d0 && (op2 & 0xe0) == 0;
}

bool op_condition(unsigned cond, uint32_t xpsr)
{
	bool n = xpsr >> 31 & 1, z = xpsr >> 30 & 1, c = xpsr >> 29 & 1, v = xpsr >> 28 & 1;
	bool holds;

	switch (cond >> 1) {
	case 0: holds = z; break;
	case 1: holds = c; break;
	case 2: holds = n; break;
	case 3: holds = v; break;
	case 4: holds = c && !z; break;
	case 5: holds = n == v; break;
	case 6: holds = n == v && !z; break;
	default: return true;
	}
	return holds != (cond & 1);
}
