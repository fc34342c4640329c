/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Getting an instruction executed that has a BKPT in its place. Most do the same anywhere and are stepped
 * in RAM (cortex_m_displaced.c). Those that look at PC are of three kinds: branches and literal loads,
 * whose effect is worked out here (DDI 0403 A7.7); and what is too rare to be worth it, for which a
 * breakpoint needs a comparator. Pure.
 */
#include "target/patch_priv.h"

#define XPSR_N BIT(31)
#define XPSR_Z BIT(30)
#define XPSR_C BIT(29)
#define XPSR_V BIT(28)

static uint32_t it_state(uint32_t xpsr)
{
	return (xpsr >> 8 & 0xfc) | (xpsr >> 25 & 3);
}

static uint32_t after_it(uint32_t xpsr)
{
	uint32_t it = it_state(xpsr);

	it = it & 7 ? (it & 0xe0) | (it << 1 & 0x1f) : 0;
	return (xpsr & ~0x0600fc00u) | (it & 0xfc) << 8 | (it & 3) << 25;
}

/* DDI 0403 A7.3.1. */
static bool passes(unsigned cond, uint32_t xpsr)
{
	bool n = xpsr & XPSR_N, z = xpsr & XPSR_Z, c = xpsr & XPSR_C, v = xpsr & XPSR_V, yes = true;

	switch (cond >> 1) {
	case 0: yes = z; break;
	case 1: yes = c; break;
	case 2: yes = n; break;
	case 3: yes = v; break;
	case 4: yes = c && !z; break;
	case 5: yes = n == v; break;
	case 6: yes = n == v && !z; break;
	default: return true;
	}
	return yes != (cond & 1);
}

static uint32_t sign(uint32_t value, unsigned bits)
{
	return (uint32_t)((int32_t)(value << (32 - bits)) >> (32 - bits));
}

/* What an instruction of 16 bits does with PC, that could not be done elsewhere. */
static bool is_stuck_16(uint16_t op)
{
	if ((op & 0xff00) == 0xbe00 || (op & 0xfe00) == 0xde00)	/* BKPT, UDF, SVC */
		return true;
	if ((op & 0xfc00) != 0x4400)
		return false;
	/* ADD, CMP, MOV, BX with PC as an operand; MOV and BX into PC do not look at it. */
	bool reads_rm = (op >> 3 & 15) == 15;
	bool is_pc = ((op & 7) | (op >> 4 & 8)) == 15;

	return reads_rm || (is_pc && (op & 0xfe00) == 0x4400);
}

static bool is_literal_load(uint16_t lo)
{
	return (lo & 0xff7f) == 0xf85f;
}

static bool is_stuck_32(uint16_t lo, uint16_t hi)
{
	if ((lo & 0xf800) == 0xf000 && (hi & 0xd001) == 0xc000)	/* BLX to an address: not on M */
		return true;
	if (is_literal_load(lo))
		return hi >> 12 == 15;
	/* Loads and stores, of one, of two, of coprocessors, and TBB, TBH: from PC on. */
	if ((lo & 15) != 15)
		return false;
	return (lo & 0xfe00) == 0xf800 || (lo & 0xfe40) == 0xe840 || (lo & 0xee00) == 0xec00;
}

enum err displace_check(uint32_t addr, uint16_t lo, uint16_t hi)
{
	bool is_stuck = thumb_length(lo) == 4 ? is_stuck_32(lo, hi) : is_stuck_16(lo);

	if (!is_stuck)
		return OK;
	return error_why(ERR_REFUSED,
			 "the instruction at 0x%08x (0x%04x) can be stepped over only in its place: a "
			 "breakpoint there needs a comparator",
			 addr, lo);
}

static bool emulate_16(uint16_t op, struct displaced_core *c)
{
	uint32_t pc = c->r[15] + 4, offset;

	if ((op & 0xf000) == 0xd000) {		/* B<c> */
		c->r[15] = passes(op >> 8 & 15, c->xpsr) ? pc + sign((op & 0xffu) << 1, 9) : pc - 2;
	} else if ((op & 0xf800) == 0xe000) {	/* B */
		c->r[15] = pc + sign((op & 0x7ffu) << 1, 12);
	} else if ((op & 0xf500) == 0xb100) {	/* CBZ, CBNZ */
		offset = (op >> 2 & 0x3eu) | (op >> 9 & 1u) << 6;
		c->r[15] = (c->r[op & 7] == 0) == !(op & 0x0800) ? pc + offset : pc - 2;
	} else if ((op & 0xf800) == 0x4800) {	/* LDR literal */
		c->has_load = true;
		c->load_reg = op >> 8 & 7;
		c->load_addr = (pc & ~3u) + 4 * (op & 0xffu);
		c->r[15] = pc - 2;
	} else if ((op & 0xf800) == 0xa000) {	/* ADR */
		c->r[op >> 8 & 7] = (pc & ~3u) + 4 * (op & 0xffu);
		c->r[15] = pc - 2;
	} else {
		return false;
	}
	return true;
}

/* Offset of B and BL: I1 and I2 are J1 and J2, turned over where S is 0. */
static uint32_t long_offset(uint16_t lo, uint16_t hi)
{
	uint32_t s = lo >> 10 & 1, i1 = !((hi >> 13 & 1u) ^ s), i2 = !((hi >> 11 & 1u) ^ s);

	return sign(s << 24 | i1 << 23 | i2 << 22 | (lo & 0x3ffu) << 12 | (hi & 0x7ffu) << 1, 25);
}

static uint32_t conditional_offset(uint16_t lo, uint16_t hi)
{
	return sign((lo >> 10 & 1u) << 20 | (hi >> 11 & 1u) << 19 | (hi >> 13 & 1u) << 18 |
			    (lo & 0x3fu) << 12 | (hi & 0x7ffu) << 1,
		    21);
}

static bool emulate_32(uint16_t lo, uint16_t hi, struct displaced_core *c)
{
	uint32_t pc = c->r[15] + 4;

	if ((lo & 0xf800) == 0xf000 && (hi & 0xd000) == 0xd000) {	/* BL */
		c->r[14] = pc | 1;
		c->r[15] = pc + long_offset(lo, hi);
	} else if ((lo & 0xf800) == 0xf000 && (hi & 0xd000) == 0x9000) {	/* B.W */
		c->r[15] = pc + long_offset(lo, hi);
	} else if ((lo & 0xf800) == 0xf000 && (hi & 0xd000) == 0x8000 && (lo & 0x380) != 0x380) {
		c->r[15] = passes(lo >> 6 & 15, c->xpsr) ? pc + conditional_offset(lo, hi) : pc;
	} else if (is_literal_load(lo)) {
		uint32_t offset = hi & 0xfffu;

		c->has_load = true;
		c->load_reg = hi >> 12;
		c->load_addr = (pc & ~3u) + (lo & 0x80 ? offset : 0 - offset);
		c->r[15] = pc;
	} else if ((lo & 0xfb5f) == 0xf20f && !(hi & 0x8000)) {	/* ADR.W, forward and back */
		uint32_t offset = (lo >> 10 & 1u) << 11 | (hi >> 12 & 7u) << 8 | (hi & 0xffu);

		c->r[hi >> 8 & 15] = (pc & ~3u) + (lo & 0xa0 ? 0 - offset : offset);
		c->r[15] = pc;
	} else {
		return false;
	}
	return true;
}

bool displace_emulate(uint16_t lo, uint16_t hi, struct displaced_core *c)
{
	struct displaced_core before = *c;
	bool is_long = thumb_length(lo) == 4;
	uint32_t it = it_state(c->xpsr);

	c->has_load = false;
	if (!(is_long ? emulate_32(lo, hi, c) : emulate_16(lo, c)))
		return false;
	/* In an IT block it may not be its turn. */
	if ((it & 15) != 0 && !passes(it >> 4, before.xpsr)) {
		*c = before;
		c->has_load = false;
		c->r[15] += is_long ? 4 : 2;
	}
	if ((it & 15) != 0)
		c->xpsr = after_it(before.xpsr);
	return true;
}
