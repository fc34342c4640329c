/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nor_parts: what the files nor*.c share. Not for anybody else.
 *
 *   nor.c         life, supply, reset, listener, the plain question
 *   nor_wire.c    opcode, address, mode, dummy and data phases out of levels and clocks
 *   nor_work.c    what takes time: program, erase, register write, suspend, abort
 *   nor_common.c  commands every vendor has the same
 *   nor_winbond.c, nor_issi.c   status registers, protection, tables of commands
 *   nor_sfdp.c    JESD216 tables
 *   nor_world.c   loading, states to start from, faults, description
 *   nor_state.c   the state file
 *   hyperflash.c, hyperflash_cfi.c   the HyperBus part, which has another protocol altogether
 */
#ifndef VB_DEVICE_NOR_PARTS_H
#define VB_DEVICE_NOR_PARTS_H

#include "base/bytes.h"
#include "vboard/device/nor.h"
#include "vboard/device/nor_ops.h"

#define NOR_PAGE     256u
#define NOR_BUFFER   512u		/* the longest page of all parts */
#define NOR_SECTOR   0x1000u
#define NOR_BLOCK    0x10000u
#define NOR_SECURITY 4		/* security registers or information rows, at most */
#define NOR_US(n)    ((uint64_t)(n) * 1000u)
#define NOR_MS(n)    ((uint64_t)(n) * 1000000u)

enum nor_kind { WORK_NONE, WORK_PROGRAM, WORK_ERASE, WORK_CHIP, WORK_REGISTER, WORK_SEC_PROGRAM,
		WORK_SEC_ERASE };

/* Typical and maximum times in nanoseconds. */
struct nor_span { uint64_t typ, max; };
struct nor_times {
	struct nor_span page, first_byte, next_byte, sector, half_block, block, chip, reg;
	uint64_t suspend, reset, release, release_id, down;
};

struct nor_model {
	const char *name;
	uint8_t id[3];		/* 9Fh */
	uint8_t device_id;	/* 90h, ABh */
	uint8_t unique_bytes;	/* 4Bh */
	uint32_t bytes;
	uint8_t factory[4];	/* non-volatile registers as delivered */
	const struct nor_op *ops[3];	/* beside nor_common_ops */
	const uint8_t *sfdp;	/* 256 bytes */
	const struct nor_times *times;
	uint16_t security;	/* mask of the registers at 000000, 001000, 002000, 003000 */
	const struct nor_family *family;
	bool is_hyper, qe_is_fixed, has_qpi;
};

struct nor_family {
	bool (*has_qe)(const struct nor *nor);
	bool (*has_hold)(const struct nor *nor);	/* IO3 is HOLD# (and not RESET#) */
	bool (*is_protected)(const struct nor *nor, uint32_t at, uint32_t bytes);
	bool (*is_chip_protected)(const struct nor *nor);
	bool (*is_security_locked)(const struct nor *nor, unsigned index);
	bool (*mode_continues)(uint8_t mode);
	unsigned (*dummy)(const struct nor *nor, const struct nor_op *op);
	uint8_t (*status)(const struct nor *nor, unsigned index);
	/* Power-on values of what only this family has; the registers are loaded already. */
	void (*reset)(struct nor *nor);
	uint8_t bp[2], qe[2], lock[2];	/* register and bits: every BP, QE, lock until power-off */
	const char *registers[4];
};

struct nor_work {
	enum nor_kind kind;
	uint32_t at, bytes;
	uint64_t started, span, done;	/* ns; done: before it was suspended */
	uint8_t page[NOR_BUFFER];	/* or, of WORK_REGISTER, the new values: nv, then reg */
};

enum nor_phase { PHASE_OPCODE, PHASE_ADDRESS, PHASE_MODE, PHASE_DUMMY, PHASE_IN, PHASE_OUT,
		 PHASE_DONE, PHASE_DEAD };

struct hyperflash;

struct nor {
	const struct nor_model *model;
	struct vb_clock *clock;
	const struct nor_op *by_opcode[256];
	struct vb_spi_device spi;
	struct hyperflash *hyper;
	void (*changed)(void *ctx, uint32_t offset, uint32_t bytes);
	void *changed_ctx;
	void (*begun)(void *ctx, bool is_erase, uint64_t ns);
	void *begun_ctx;

	/* Kept without supply */
	uint8_t *array;
	uint8_t nv[4];
	uint8_t security[NOR_SECURITY][NOR_PAGE];
	uint8_t unique[16];

	/* Lost with it */
	uint8_t reg[4];			/* registers in force */
	bool powered, wel, volatile_armed, reset_armed, suspended;
	bool qpi, down, suspending;
	const struct nor_op *continuous;
	uint32_t wrap;			/* bytes; 0: linear */
	uint8_t qpi_dummy, qpi_wrap;	/* C0h */
	uint32_t unlocked;		/* sector exempt from BP, UINT32_MAX: none */
	uint8_t locks[512 / 8];		/* individual block locks, WPS = 1 */
	uint64_t ready_at, writable_at;	/* deaf, or refusing writes, until then */
	struct nor_work work, parked;
	struct vb_event *event;
	uint64_t deadline;		/* of `event` */

	/* The command on the wires */
	bool selected, falling, wp_low;
	bool has_pins;			/* IO2 is WP#, IO3 HOLD# or RESET# */
	enum nor_phase phase;
	const struct nor_op *op;
	uint8_t opcode, mode, pads, out, out_bits, levels;
	bool dtr;
	uint32_t shift, bits, addr, tail, count;
	uint8_t page[NOR_BUFFER];

	struct { bool stuck, no_program, no_erase, slow, absent; } fault;
	struct { uint64_t programs, erases, register_writes, resets, aborted, ignored; } counts;
	const char *why;		/* the last command was ignored because ... */
	uint8_t why_opcode;
};

extern const struct nor_family nor_winbond, nor_issi;
extern const struct nor_op nor_common_ops[], nor_winbond_ops[], nor_winbond_lock_ops[],
	nor_winbond_im_ops[], nor_issi_ops[];
extern const uint8_t nor_sfdp_w25q32jv[256], nor_sfdp_is25p064a[256], nor_sfdp_at25sf128a[256];

/* nor.c */
void nor_reset(struct nor *nor);		/* 66h-99h: back to the power-on protocol */
void nor_tell(struct nor *nor, uint32_t offset, uint32_t bytes);
void nor_ignore(struct nor *nor, const char *why);
/* nor_wire.c */
extern const struct vb_spi_ops nor_spi_ops;
/* nor_work.c */
void nor_begin(struct nor *nor, enum nor_kind kind, uint32_t at, uint32_t bytes,
	       const struct nor_span *span);
void nor_catch_up(struct nor *nor);
void nor_abort(struct nor *nor);
bool nor_is_busy(const struct nor *nor);
/* What byte `offset` of the array would hold if the work under way ended now. */
uint8_t nor_half_done(const struct nor *nor, uint32_t offset);

#endif
