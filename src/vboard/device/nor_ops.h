/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nor_ops: the commands of serial flashes. Not for anybody but nor*.c.
 *
 * A command is a row: phases and three hooks. give() makes the next byte of a read, take() gets the
 * next byte of a write, finish() runs with the rising edge of CS#, and only if every phase was
 * complete on a byte boundary. A vendor's table names its commands; the functions below are those
 * that several vendors have the same.
 */
#ifndef VB_DEVICE_NOR_OPS_H
#define VB_DEVICE_NOR_OPS_H

#include <stdbool.h>
#include <stdint.h>

struct nor;

enum nor_op_flags {
	OP_WHILE_BUSY = 0x001,	/* works during program and erase */
	OP_NEEDS_QE   = 0x002,	/* in SPI mode; in QPI the pins are data anyway */
	OP_NEEDS_WEL  = 0x004,
	OP_QPI	      = 0x008,	/* exists in QPI mode */
	OP_NOT_SPI    = 0x010,	/* exists only there */
	OP_CONTINUOUS = 0x020,	/* its mode bits choose whether the next access has an opcode */
	OP_EXACT      = 0x040,	/* any clock after the last byte undoes it */
	OP_ANY_END    = 0x080,	/* finish() runs wherever CS# rises */
	OP_DTR	      = 0x100,	/* address, mode and data on both edges */
	OP_IN_DPD     = 0x200,	/* heard in deep power-down */
	OP_VOLATILE   = 0x400,	/* 50h does instead of WEL */
};

struct nor_op {
	uint8_t opcode;
	uint8_t addr;		/* pads of the address; 0: none */
	uint8_t mode;		/* pads of the 8 mode bits; 0: none */
	uint8_t dummy;		/* clocks after them */
	uint8_t data;		/* pads of the data */
	uint16_t flags;
	uint8_t (*give)(struct nor *nor);
	void (*take)(struct nor *nor, uint8_t byte);
	void (*finish)(struct nor *nor);
};

/* nor_common.c: reads */
uint8_t nor_give_array(struct nor *nor);
uint8_t nor_give_burst(struct nor *nor, uint32_t wrap);	/* 0: to the chip's end */
uint8_t nor_give_wrapped(struct nor *nor);	/* inside the burst of 77h / C0h */
uint8_t nor_give_jedec(struct nor *nor);
uint8_t nor_give_both_ids(struct nor *nor);
uint8_t nor_give_security(struct nor *nor);
uint8_t nor_give_reg1(struct nor *nor);
uint8_t nor_give_reg2(struct nor *nor);
uint8_t nor_give_reg3(struct nor *nor);
/* nor_common.c: writes */
void nor_take_page(struct nor *nor, uint8_t byte);
void nor_take_few(struct nor *nor, uint8_t byte);	/* the first bytes, in order */
void nor_write_enable(struct nor *nor);
void nor_program(struct nor *nor);
void nor_erase_sector(struct nor *nor);
void nor_program_security(struct nor *nor);
void nor_erase_security(struct nor *nor);
void nor_enter_qpi(struct nor *nor);
void nor_leave_qpi(struct nor *nor);
void nor_suspend(struct nor *nor);
void nor_resume(struct nor *nor);

#endif
