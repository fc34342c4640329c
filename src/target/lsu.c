/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Encodings: DDI 0403 A5.2 (16 bit) and A5.3 (32 bit). */
#include "target/lsu.h"

#include "base/bytes.h"

/* No register: neither the destination nor an index. */
#define NO_RT 16u
#define NO_RM 17u

struct decoder {
	const uint32_t *r;
	bool is_before;		/* registers are those before the instruction */
	struct lsu_access *a;
};

/* base + offset, and whether a load into `rt` has destroyed what we compute from. */
static bool simple(struct decoder *d, unsigned rn, uint32_t offset, unsigned bytes, bool load,
		   unsigned rt, unsigned rm)
{
	if (load && !d->is_before && (rt == rn || rt == rm))
		return false;
	d->a->addr = d->r[rn] + offset;
	d->a->bytes = bytes;
	d->a->is_store = !load;
	return true;
}

/* LDM/STM/PUSH/POP: `lowest` is the first address touched, in terms of the base after writeback. */
static bool multiple(struct decoder *d, unsigned rn, unsigned count, bool load, bool writeback,
		     bool decrement)
{
	uint32_t bytes = 4 * count, base = d->r[rn];

	if (!d->is_before && writeback)
		base -= decrement ? 0u - bytes : bytes;
	d->a->addr = decrement ? base - bytes : base;
	d->a->bytes = bytes;
	d->a->is_store = !load;
	return true;
}

/* Thumb-16 0101xxx: register offset. opB: STR STRH STRB LDRSB LDR LDRH LDRB LDRSH. */
static bool decode_register_offset(struct decoder *d, uint16_t op)
{
	static const uint8_t sizes[] = { 4, 2, 1, 1, 4, 2, 1, 2 };
	unsigned what = bits_get(op, 11, 9), rm = bits_get(op, 8, 6), rn = bits_get(op, 5, 3);

	return simple(d, rn, d->r[rm], sizes[what], what >= 3, op & 7, rm);
}

static bool decode16(struct decoder *d, uint16_t op)
{
	unsigned rn = bits_get(op, 5, 3), rt = op & 7, imm5 = bits_get(op, 10, 6);
	bool load = op & 0x0800;

	d->a->length = 2;
	switch (op >> 12) {
	case 4:
		if (!load)
			return false;
		d->a->addr = ((d->r[15] + 4) & ~3u) + 4 * (op & 0xffu);
		d->a->bytes = 4;
		d->a->is_store = false;
		return true;
	case 5:
		return decode_register_offset(d, op);
	case 6:
		return simple(d, rn, 4 * imm5, 4, load, rt, NO_RM);
	case 7:
		return simple(d, rn, imm5, 1, load, rt, NO_RM);
	case 8:
		return simple(d, rn, 2 * imm5, 2, load, rt, NO_RM);
	case 9:
		return simple(d, 13, 4 * (op & 0xffu), 4, load, NO_RT, NO_RM);
	case 11: {
		unsigned count = (unsigned)__builtin_popcount(op & 0x1ffu);

		if ((op & 0x0600) != 0x0400)
			return false;
		return multiple(d, 13, count, load, true, !load);
	}
	case 12: {
		unsigned base = bits_get(op, 10, 8);
		bool in_list = load && (op & BIT(base));

		if (in_list && !d->is_before)
			return false;
		return multiple(d, base, (unsigned)__builtin_popcount(op & 0xffu), load, !in_list,
				false);
	}
	default:
		return false;
	}
}

/* LDR/STR (imm12, imm8 with P U W, register, literal) of byte, halfword and word. */
static bool decode_single32(struct decoder *d, uint16_t lo, uint16_t hi)
{
	static const uint8_t sizes[] = { 1, 2, 4, 0 };
	unsigned rn = lo & 15u, rt = hi >> 12, bytes = sizes[bits_get(lo, 6, 5)];
	bool load = lo & 0x10;
	uint32_t imm8 = hi & 0xffu;

	if (bytes == 0)
		return false;
	if (rn == 15) {
		uint32_t base = (d->r[15] + 4) & ~3u, imm12 = hi & 0xfffu;

		d->a->addr = lo & 0x80 ? base + imm12 : base - imm12;
		d->a->bytes = bytes;
		d->a->is_store = !load;
		return load;
	}
	if (lo & 0x80)
		return simple(d, rn, hi & 0xfffu, bytes, load, rt, NO_RM);
	if (!(hi & 0x800)) {
		unsigned rm = hi & 15u;

		return simple(d, rn, d->r[rm] << bits_get(hi, 5, 4), bytes, load, rt, rm);
	}
	bool index = hi & 0x400, add = hi & 0x200, writeback = hi & 0x100;
	uint32_t offset = add ? imm8 : 0u - imm8;

	if (writeback && !d->is_before)
		return simple(d, rn, index ? 0 : 0u - offset, bytes, load, NO_RT, NO_RM);
	return simple(d, rn, index ? offset : 0, bytes, load, rt, NO_RM);
}

/* LDRD, STRD (immediate). */
static bool decode_dual(struct decoder *d, uint16_t lo, uint16_t hi)
{
	bool index = lo & 0x100, add = lo & 0x80, writeback = lo & 0x20, load = lo & 0x10;
	unsigned rn = lo & 15u, rt = hi >> 12, rt2 = bits_get(hi, 11, 8);
	uint32_t imm = 4 * (hi & 0xffu), offset = add ? imm : 0u - imm;

	if (!index && !writeback)
		return false;	/* exclusive and table branch live here */
	if (writeback && !d->is_before)
		return simple(d, rn, index ? 0 : 0u - offset, 8, load, NO_RT, NO_RM);
	return simple(d, rn, index ? offset : 0, 8, load, rt, rt2);
}

/* VLDR, VSTR (DDI 0403 A6.5). */
static bool decode_vldr(struct decoder *d, uint16_t lo, uint16_t hi)
{
	uint32_t imm = 4 * (hi & 0xffu), offset = lo & 0x80 ? imm : 0u - imm;
	bool load = lo & 0x10;
	unsigned bytes = hi & 0x100 ? 8 : 4;

	if ((lo & 0x120) != 0x100)
		return false;
	if ((lo & 15) == 15) {
		d->a->addr = ((d->r[15] + 4) & ~3u) + offset;
		d->a->bytes = bytes;
		d->a->is_store = !load;
		return true;
	}
	return simple(d, lo & 15u, offset, bytes, load, NO_RT, NO_RM);
}

static bool decode32(struct decoder *d, uint16_t lo, uint16_t hi)
{
	d->a->length = 4;
	if ((lo & 0xfe00) == 0xf800)
		return decode_single32(d, lo, hi);
	if ((lo & 0xfe40) == 0xe840)
		return decode_dual(d, lo, hi);
	if ((lo & 0xfe40) == 0xe800) {
		bool load = lo & 0x10, decrement = (lo & 0x180) == 0x100;

		if ((lo & 0x180) != 0x080 && !decrement)
			return false;
		if (load && !d->is_before && (hi & BIT(lo & 15u)))
			return false;
		return multiple(d, lo & 15u, (unsigned)__builtin_popcount(hi), load, lo & 0x20,
				decrement);
	}
	if ((lo & 0xfe00) == 0xec00 && (hi & 0x0e00) == 0x0a00)
		return decode_vldr(d, lo, hi);
	return false;
}

static bool decode(uint16_t lo, uint16_t hi, const struct lsu_regs *regs, bool is_before,
		   struct lsu_access *access)
{
	struct decoder d = { regs->r, is_before, access };

	if (lo >= 0xe800)
		return decode32(&d, lo, hi);
	return decode16(&d, lo);
}

bool lsu_decode(uint16_t lo, uint16_t hi, const struct lsu_regs *regs, struct lsu_access *access)
{
	return decode(lo, hi, regs, false, access);
}

bool lsu_decode_before(uint16_t lo, uint16_t hi, const struct lsu_regs *regs,
		       struct lsu_access *access)
{
	return decode(lo, hi, regs, true, access);
}
