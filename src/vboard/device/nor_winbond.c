/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Winbond W25Q32JV (data sheet chapters 6 to 8): three status registers, block protection, individual
 * locks, the commands, and what the IM/JM version has beside them: QPI and DTR. AT25SF128A follows
 * the same register layout.
 */
#include "vboard/device/nor_parts.h"

#include <string.h>

/* Register 0: SR1. WEL and BUSY are not in it. */
#define SR1_BP	 0x1cu
#define SR1_TB	 0x20u
#define SR1_SEC	 0x40u
#define SR1_SRP	 0x80u
/* Register 1: SR2 */
#define SR2_SRL	 0x01u
#define SR2_QE	 0x02u
#define SR2_LB	 0x38u
#define SR2_CMP	 0x40u
#define SR2_SUS	 0x80u
/* Register 2: SR3 */
#define SR3_WPS	 0x04u
#define SR3_HOLD 0x80u

static const uint8_t writable[3] = { 0xfc, SR2_SRL | SR2_QE | SR2_LB | SR2_CMP, 0xe4 };

static uint8_t status(const struct nor *nor, unsigned index)
{
	switch (index) {
	case 0:
		return (uint8_t)(nor->reg[0] | (nor->wel ? 2 : 0) | nor_is_busy(nor));
	case 1:
		return nor->reg[1] | (nor->suspended ? SR2_SUS : 0);
	default:
		return nor->reg[index];
	}
}

static bool has_qe(const struct nor *nor)
{
	return nor->reg[1] & SR2_QE;
}

static bool has_hold(const struct nor *nor)
{
	return !(nor->reg[2] & SR3_HOLD);
}

/* Protection */

/* Bytes that BP2-0 and SEC name, before TB and CMP (7.1.14). */
static uint32_t bp_bytes(const struct nor *nor)
{
	unsigned bp = (nor->reg[0] & SR1_BP) >> 2;

	if (bp == 0)
		return 0;
	if (bp == 7 || ((nor->reg[0] & SR1_SEC) && bp == 6))
		return nor->model->bytes;
	if (nor->reg[0] & SR1_SEC)
		return MIN(NOR_SECTOR << (bp - 1), NOR_BLOCK / 2);
	return nor->model->bytes >> (7 - bp);
}

static bool overlaps(uint32_t at, uint32_t bytes, uint32_t lo, uint32_t hi)
{
	return at < hi && lo < at + bytes;
}

static bool bp_protects(const struct nor *nor, uint32_t at, uint32_t bytes)
{
	uint32_t part = bp_bytes(nor), size = nor->model->bytes;
	uint32_t lo = nor->reg[0] & SR1_TB ? 0 : size - part;

	if (nor->reg[1] & SR2_CMP)
		return overlaps(at, bytes, 0, lo) || overlaps(at, bytes, lo + part, size);
	return overlaps(at, bytes, lo, lo + part);
}

/* Locks stand for the sectors of the first and of the last block, and for the blocks between. */
static unsigned lock_of(const struct nor *nor, uint32_t at)
{
	uint32_t block = at / NOR_BLOCK, last = nor->model->bytes / NOR_BLOCK - 1;
	uint32_t sector = at % NOR_BLOCK / NOR_SECTOR;

	if (block == 0)
		return sector;
	return block == last ? 16 + sector : 32 + block - 1;
}

static bool locks_protect(const struct nor *nor, uint32_t at, uint32_t bytes)
{
	for (uint32_t a = at; a < at + bytes; a += NOR_SECTOR) {
		if (bit_get(nor->locks, lock_of(nor, a)))
			return true;
	}
	return false;
}

static bool is_protected(const struct nor *nor, uint32_t at, uint32_t bytes)
{
	return nor->reg[2] & SR3_WPS ? locks_protect(nor, at, bytes) : bp_protects(nor, at, bytes);
}

static bool is_chip_protected(const struct nor *nor)
{
	return is_protected(nor, 0, nor->model->bytes);
}

static bool is_security_locked(const struct nor *nor, unsigned index)
{
	return nor->reg[1] & BIT(2 + index);	/* LB1..3: bits 3..5 */
}

static bool wps_is_on(struct nor *nor)
{
	if (!(nor->reg[2] & SR3_WPS))
		nor_ignore(nor, "WPS = 0");
	return nor->reg[2] & SR3_WPS;
}

static void set_lock(struct nor *nor, bool locked)
{
	if (wps_is_on(nor))
		bit_set(nor->locks, lock_of(nor, nor->addr & (nor->model->bytes - 1)), locked);
}

static void lock(struct nor *nor)
{
	set_lock(nor, true);
}

static void unlock(struct nor *nor)
{
	set_lock(nor, false);
}

static void lock_all(struct nor *nor)
{
	if (wps_is_on(nor))
		memset(nor->locks, 0xff, sizeof(nor->locks));
}

static void unlock_all(struct nor *nor)
{
	if (wps_is_on(nor))
		memset(nor->locks, 0, sizeof(nor->locks));
}

static uint8_t give_lock(struct nor *nor)
{
	if (!wps_is_on(nor))
		return 0xff;
	return bit_get(nor->locks, lock_of(nor, nor->addr & (nor->model->bytes - 1)));
}

/* Writing the status registers (7.1, 8.2.5) */

static bool registers_are_locked(struct nor *nor)
{
	if (nor->reg[1] & SR2_SRL)
		nor_ignore(nor, "SRL: locked until the next power cycle");
	else if ((nor->reg[0] & SR1_SRP) && !has_qe(nor) && nor->wp_low)
		nor_ignore(nor, "SRP with WP# low");
	else if (nor->suspended)
		nor_ignore(nor, "something is suspended");
	else
		return false;
	nor->wel = nor->volatile_armed = false;
	return true;
}

/* LB bits only ever go to 1, and not by a volatile write; QE of the IQ version is wired to 1. */
static uint8_t new_value(const struct nor *nor, unsigned index, uint8_t value, bool is_volatile)
{
	uint8_t old = nor->reg[index];

	value &= writable[index];
	if (index == 1) {
		value |= old & SR2_LB;
		if (is_volatile)
			value = (uint8_t)((value & ~SR2_LB) | (old & SR2_LB));
		if (nor->model->qe_is_fixed)
			value |= SR2_QE;
	}
	return value;
}

static void write_registers(struct nor *nor, unsigned first)
{
	uint8_t nv[4], reg[4];
	bool is_volatile = nor->volatile_armed && !nor->wel;

	if (registers_are_locked(nor))
		return;
	memcpy(nv, nor->nv, sizeof(nv));
	memcpy(reg, nor->reg, sizeof(reg));
	for (unsigned i = 0; i < nor->count; i++) {
		reg[first + i] = new_value(nor, first + i, nor->page[i], is_volatile);
		nv[first + i] = reg[first + i];
	}
	nv[1] &= (uint8_t)~SR2_SRL;	/* a lock-down until power-off, not for ever */
	nor->volatile_armed = false;
	if (is_volatile) {
		memcpy(nor->reg, reg, sizeof(reg));
		nor_tell(nor, 0, 0);
		return;
	}
	memcpy(nor->page, nv, sizeof(nv));
	memcpy(nor->page + sizeof(nv), reg, sizeof(reg));
	nor_begin(nor, WORK_REGISTER, 0, 0, &nor->model->times->reg);
}

static void write_sr1(struct nor *nor)
{
	if (nor->count == 1 || nor->count == 2)
		write_registers(nor, 0);
	else
		nor_ignore(nor, "01h takes one or two bytes");
}

static void write_sr2(struct nor *nor)
{
	if (nor->count == 1)
		write_registers(nor, 1);
	else
		nor_ignore(nor, "31h takes one byte");
}

static void write_sr3(struct nor *nor)
{
	if (nor->count == 1)
		write_registers(nor, 2);
	else
		nor_ignore(nor, "11h takes one byte");
}

/* Burst wrap, QPI */

static void set_wrap(struct nor *nor)
{
	uint8_t w = nor->page[0];

	if (nor->count == 0)
		return;
	nor->wrap = w & BIT(4) ? 0 : 8u << (w >> 5 & 3);
	nor_tell(nor, 0, 0);
}

static uint8_t give_quad_io(struct nor *nor)
{
	return nor->qpi ? nor_give_array(nor) : nor_give_wrapped(nor);
}

static uint8_t give_qpi_burst(struct nor *nor)
{
	return nor_give_burst(nor, 8u << nor->qpi_wrap);
}

static void set_read_parameters(struct nor *nor)
{
	if (nor->count == 0)
		return;
	nor->qpi_dummy = 2 * (nor->page[0] >> 4 & 3) + 2;
	nor->qpi_wrap = nor->page[0] & 3;
	nor_tell(nor, 0, 0);
}

static void enter_qpi(struct nor *nor)
{
	if (has_qe(nor))
		nor_enter_qpi(nor);
	else
		nor_ignore(nor, "QE = 0");
}

static unsigned dummy(const struct nor *nor, const struct nor_op *op)
{
	if (!nor->qpi)
		return op->dummy;
	switch (op->opcode) {
	case 0x0b:
	case 0x0c:
		return nor->qpi_dummy;
	case 0xeb:
		return nor->qpi_dummy - 2u;	/* M7-0 are the first two of them */
	default:
		return 0;
	}
}

static bool mode_continues(uint8_t mode)
{
	return (mode & 0x30) == 0x20;	/* M5-4 = 10 */
}

static void reset(struct nor *nor)
{
	nor->qpi_dummy = 2;
	nor->qpi_wrap = 0;
	memset(nor->locks, 0xff, sizeof(nor->locks));
	if (nor->model->qe_is_fixed)
		nor->reg[1] |= SR2_QE;
}

const struct nor_family nor_winbond = {
	.has_qe = has_qe,
	.has_hold = has_hold,
	.is_protected = is_protected,
	.is_chip_protected = is_chip_protected,
	.is_security_locked = is_security_locked,
	.mode_continues = mode_continues,
	.dummy = dummy,
	.status = status,
	.reset = reset,
	.bp = { 0, SR1_BP },
	.qe = { 1, SR2_QE },
	.lock = { 1, SR2_SRL },
	.registers = { "sr1", "sr2", "sr3" },
};

#define WR   (OP_NEEDS_WEL | OP_QPI)
#define WRSR (OP_NEEDS_WEL | OP_QPI | OP_VOLATILE)
#define ST   (OP_WHILE_BUSY | OP_QPI)

/* W25Q32JV 8.1.2, what is not in nor_common_ops: opcode, pads of address, mode; dummy clocks; pads of
 * data. */
const struct nor_op nor_winbond_ops[] = {
	{ 0x35, 0, 0, 0, 1, ST, nor_give_reg1, NULL, NULL },
	{ 0x15, 0, 0, 0, 1, ST, nor_give_reg2, NULL, NULL },
	{ 0x01, 0, 0, 0, 1, WRSR, NULL, nor_take_few, write_sr1 },
	{ 0x31, 0, 0, 0, 1, WRSR, NULL, nor_take_few, write_sr2 },
	{ 0x11, 0, 0, 0, 1, WRSR, NULL, nor_take_few, write_sr3 },
	{ 0x0b, 1, 0, 8, 1, OP_QPI, nor_give_array, NULL, NULL },
	{ 0x3b, 1, 0, 8, 2, 0, nor_give_array, NULL, NULL },
	{ 0x6b, 1, 0, 8, 4, OP_NEEDS_QE, nor_give_array, NULL, NULL },
	{ 0xbb, 2, 2, 0, 2, OP_CONTINUOUS, nor_give_array, NULL, NULL },
	{ 0xeb, 4, 4, 4, 4, OP_CONTINUOUS | OP_NEEDS_QE | OP_QPI, give_quad_io, NULL, NULL },
	{ 0x77, 4, 0, 0, 4, OP_NEEDS_QE, NULL, nor_take_few, set_wrap },
	{ 0x90, 1, 0, 0, 1, OP_QPI, nor_give_both_ids, NULL, NULL },
	{ 0x92, 2, 2, 0, 2, 0, nor_give_both_ids, NULL, NULL },
	{ 0x94, 4, 4, 4, 4, OP_NEEDS_QE, nor_give_both_ids, NULL, NULL },
	{ 0x42, 1, 0, 0, 1, OP_NEEDS_WEL, NULL, nor_take_page, nor_program_security },
	{ 0x44, 1, 0, 0, 0, OP_NEEDS_WEL | OP_EXACT, NULL, NULL, nor_erase_security },
	{ 0x48, 1, 0, 8, 1, 0, nor_give_security, NULL, NULL },
	{ 0 }
};

const struct nor_op nor_winbond_lock_ops[] = {
	{ 0x36, 1, 0, 0, 0, WR | OP_EXACT, NULL, NULL, lock },
	{ 0x39, 1, 0, 0, 0, WR | OP_EXACT, NULL, NULL, unlock },
	{ 0x3d, 1, 0, 0, 1, OP_QPI, give_lock, NULL, NULL },
	{ 0x7e, 0, 0, 0, 0, WR | OP_EXACT, NULL, NULL, lock_all },
	{ 0x98, 0, 0, 0, 0, WR | OP_EXACT, NULL, NULL, unlock_all },
	{ 0 }
};

/* The IM/JM version: QPI and DTR reads. */
const struct nor_op nor_winbond_im_ops[] = {
	{ 0x38, 0, 0, 0, 0, 0, NULL, NULL, enter_qpi },
	{ 0xff, 0, 0, 0, 0, OP_QPI | OP_NOT_SPI, NULL, NULL, nor_leave_qpi },
	{ 0xc0, 0, 0, 0, 1, OP_QPI | OP_NOT_SPI, NULL, nor_take_few, set_read_parameters },
	{ 0x0c, 1, 0, 0, 1, OP_QPI | OP_NOT_SPI, give_qpi_burst, NULL, NULL },
	{ 0x0d, 1, 0, 6, 1, OP_DTR, nor_give_array, NULL, NULL },
	{ 0xbd, 2, 2, 4, 2, OP_DTR | OP_CONTINUOUS, nor_give_array, NULL, NULL },
	{ 0xed, 4, 4, 7, 4, OP_DTR | OP_CONTINUOUS | OP_NEEDS_QE, give_quad_io, NULL, NULL },
	{ 0 }
};
