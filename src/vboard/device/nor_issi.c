/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ISSI IS25LP064A and IS25WP064A: one status register with QE in bit 6, a function register of OTP
 * bits, read parameters that change the dummy clocks, and a QPI mode entered by 35h and left by F5h.
 */
#include "vboard/device/nor_parts.h"

#include <string.h>

/* Register 0: status. WIP and WEL are not in it. */
#define SR_BP	0x3cu
#define SR_QE	0x40u
#define SR_SRWD 0x80u
/* Register 1: function register */
#define FR_TBS	0x02u
#define FR_PSUS 0x04u
#define FR_ESUS 0x08u
#define FR_IRL	0xf0u
#define FR_OTP	(FR_TBS | FR_IRL)
/* Register 2: read parameters, register 3: extended read parameters */
#define RP_WRAP 0x04u

enum { SR, FR, RP, ERP };

static uint8_t status(const struct nor *nor, unsigned index)
{
	enum nor_kind parked = nor->suspended ? nor->parked.kind : WORK_NONE;

	switch (index) {
	case SR:
		return (uint8_t)(nor->reg[SR] | (nor->wel ? 2 : 0) | nor_is_busy(nor));
	case FR:
		return nor->reg[FR] | (parked == WORK_PROGRAM ? FR_PSUS : 0) |
		       (parked == WORK_ERASE ? FR_ESUS : 0);
	default:
		return nor->reg[index];
	}
}

static bool has_qe(const struct nor *nor)
{
	return nor->reg[SR] & SR_QE;
}

static bool has_hold(const struct nor *nor)
{
	(void)nor;
	return true;
}

/* BP3-0 = n: 2^(n-1) blocks of 64 KiB from the top, or with TBS from the bottom; 8 and more: all. */
static uint32_t bp_bytes(const struct nor *nor)
{
	unsigned bp = (nor->reg[SR] & SR_BP) >> 2;

	if (bp == 0)
		return 0;
	return bp >= 8 ? nor->model->bytes : NOR_BLOCK << (bp - 1);
}

static bool is_protected(const struct nor *nor, uint32_t at, uint32_t bytes)
{
	uint32_t part = bp_bytes(nor), size = nor->model->bytes;
	uint32_t lo = nor->reg[FR] & FR_TBS ? 0 : size - part;

	if (at >= nor->unlocked && at + bytes <= nor->unlocked + NOR_SECTOR)
		return false;		/* 26h */
	return at < lo + part && lo < at + bytes;
}

static bool is_chip_protected(const struct nor *nor)
{
	return bp_bytes(nor) != 0;
}

static bool is_security_locked(const struct nor *nor, unsigned index)
{
	return nor->reg[FR] & BIT(4 + index);	/* IRL0..3 */
}

static void lock_sector(struct nor *nor)
{
	nor->unlocked = UINT32_MAX;
}

static void unlock_sector(struct nor *nor)
{
	nor->unlocked = nor->addr & (nor->model->bytes - 1) & ~(NOR_SECTOR - 1);
}

/* Registers */

static void write_register(struct nor *nor, unsigned index, uint8_t nv, uint8_t value)
{
	uint8_t image[8];

	memcpy(image, nor->nv, 4);
	memcpy(image + 4, nor->reg, 4);
	image[index] = nv;
	image[4 + index] = value;
	memcpy(nor->page, image, sizeof(image));
	nor_begin(nor, WORK_REGISTER, 0, 0, &nor->model->times->reg);
}

static bool has_one_byte(struct nor *nor)
{
	if (nor->count != 1)
		nor_ignore(nor, "this command takes one byte");
	else if (nor->suspended)
		nor_ignore(nor, "something is suspended");
	else
		return true;
	return false;
}

static void write_status(struct nor *nor)
{
	uint8_t value = nor->page[0] & (SR_BP | SR_QE | SR_SRWD);

	if (!has_one_byte(nor))
		return;
	if ((nor->reg[SR] & SR_SRWD) && !has_qe(nor) && nor->wp_low) {
		nor->wel = false;
		nor_ignore(nor, "SRWD with WP# low");
	} else if (nor->volatile_armed && !nor->wel) {
		nor->reg[SR] = value;
		nor->volatile_armed = false;
		nor_tell(nor, 0, 0);
	} else {
		write_register(nor, SR, value, value);
	}
}

static void write_function(struct nor *nor)
{
	uint8_t value = nor->reg[FR] | (nor->page[0] & FR_OTP);		/* OTP: only to 1 */

	if (has_one_byte(nor))
		write_register(nor, FR, value, value);
}

static void set_volatile(struct nor *nor, unsigned index)
{
	if (!has_one_byte(nor))
		return;
	nor->reg[index] = nor->page[0];
	nor->wel = false;
	nor_tell(nor, 0, 0);
}

static void set_read_parameters(struct nor *nor)
{
	set_volatile(nor, RP);
}

static void set_extended_parameters(struct nor *nor)
{
	set_volatile(nor, ERP);
}

static void keep_read_parameters(struct nor *nor)
{
	if (has_one_byte(nor))
		write_register(nor, RP, nor->page[0], nor->page[0]);
}

static void keep_extended_parameters(struct nor *nor)
{
	if (has_one_byte(nor))
		write_register(nor, ERP, nor->page[0], nor->page[0]);
}

/* Reads: P4-3 choose the dummy clocks, P2 wraps in bursts of 8 << P1-0. */

static uint8_t give_burst(struct nor *nor)
{
	return nor_give_burst(nor, nor->reg[RP] & RP_WRAP ? 8u << (nor->reg[RP] & 3) : 0);
}

static unsigned dummy(const struct nor *nor, const struct nor_op *op)
{
	static const uint8_t chosen[4] = { 0, 4, 8, 10 };	/* 0: the command's own number */
	unsigned clocks = chosen[nor->reg[RP] >> 3 & 3];
	unsigned mode = op->mode == 0 ? 0 : nor->qpi ? 2 : 8u / op->mode;

	switch (op->opcode) {
	case 0x0b:
		return clocks ? clocks : nor->qpi ? 6 : 8;
	case 0xbb:
		return (clocks ? clocks : 4) - mode;	/* the mode bits are among them */
	case 0xeb:
		return (clocks ? clocks : 6) - mode;
	default:
		return op->dummy;
	}
}

static bool mode_continues(uint8_t mode)
{
	return (mode & 0xf0) == 0xa0;
}

static void reset(struct nor *nor)
{
	(void)nor;
}

const struct nor_family nor_issi = {
	.has_qe = has_qe,
	.has_hold = has_hold,
	.is_protected = is_protected,
	.is_chip_protected = is_chip_protected,
	.is_security_locked = is_security_locked,
	.mode_continues = mode_continues,
	.dummy = dummy,
	.status = status,
	.reset = reset,
	.bp = { SR, SR_BP },
	.qe = { SR, SR_QE },
	.lock = { SR, SR_SRWD },
	.registers = { "sr", "function", "read_parameters", "extended_read_parameters" },
};

#define WR (OP_NEEDS_WEL | OP_QPI)
#define ST (OP_WHILE_BUSY | OP_QPI)

/* IS25LP064A/IS25WP064A, table of instructions, what is not in nor_common_ops: opcode, pads of
 * address, mode; dummy clocks; pads of data. */
const struct nor_op nor_issi_ops[] = {
	{ 0x01, 0, 0, 0, 1, WR | OP_VOLATILE, NULL, nor_take_few, write_status },
	{ 0x48, 0, 0, 0, 1, ST, nor_give_reg1, NULL, NULL },
	{ 0x42, 0, 0, 0, 1, WR, NULL, nor_take_few, write_function },
	{ 0x61, 0, 0, 0, 1, OP_QPI, nor_give_reg2, NULL, NULL },
	{ 0xc0, 0, 0, 0, 1, OP_QPI, NULL, nor_take_few, set_read_parameters },
	{ 0x63, 0, 0, 0, 1, OP_QPI, NULL, nor_take_few, set_read_parameters },
	{ 0x65, 0, 0, 0, 1, WR, NULL, nor_take_few, keep_read_parameters },
	{ 0x81, 0, 0, 0, 1, OP_QPI, nor_give_reg3, NULL, NULL },
	{ 0x83, 0, 0, 0, 1, OP_QPI, NULL, nor_take_few, set_extended_parameters },
	{ 0x85, 0, 0, 0, 1, WR, NULL, nor_take_few, keep_extended_parameters },
	{ 0x0b, 1, 0, 8, 1, OP_QPI, give_burst, NULL, NULL },
	{ 0x3b, 1, 0, 8, 2, 0, give_burst, NULL, NULL },
	{ 0x6b, 1, 0, 8, 4, OP_NEEDS_QE, give_burst, NULL, NULL },
	{ 0xbb, 2, 2, 0, 2, OP_CONTINUOUS, give_burst, NULL, NULL },
	{ 0xeb, 4, 4, 4, 4, OP_CONTINUOUS | OP_NEEDS_QE | OP_QPI, give_burst, NULL, NULL },
	{ 0x38, 1, 0, 0, 4, OP_NEEDS_WEL | OP_NEEDS_QE, NULL, nor_take_page, nor_program },
	{ 0xd7, 1, 0, 0, 0, WR | OP_EXACT, NULL, NULL, nor_erase_sector },
	{ 0xb0, 0, 0, 0, 0, ST, NULL, NULL, nor_suspend },
	{ 0x30, 0, 0, 0, 0, OP_QPI, NULL, NULL, nor_resume },
	{ 0x90, 1, 0, 0, 1, 0, nor_give_both_ids, NULL, NULL },
	{ 0xaf, 0, 0, 0, 1, OP_QPI | OP_NOT_SPI, nor_give_jedec, NULL, NULL },
	{ 0x62, 1, 0, 0, 1, WR, NULL, nor_take_page, nor_program_security },
	{ 0x64, 1, 0, 0, 0, WR | OP_EXACT, NULL, NULL, nor_erase_security },
	{ 0x68, 1, 0, 8, 1, 0, nor_give_security, NULL, NULL },
	{ 0x26, 1, 0, 0, 0, WR | OP_EXACT, NULL, NULL, unlock_sector },
	{ 0x24, 0, 0, 0, 0, WR, NULL, NULL, lock_sector },
	{ 0x35, 0, 0, 0, 0, 0, NULL, NULL, nor_enter_qpi },
	{ 0xf5, 0, 0, 0, 0, OP_QPI | OP_NOT_SPI, NULL, NULL, nor_leave_qpi },
	{ 0 }
};
