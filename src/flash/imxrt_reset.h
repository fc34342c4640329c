/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * imxrt_reset: resets of a chip whose boot ROM runs before the program, and ways to stop the core
 * early. Shared by imxrt_reset.c, imxrt_rescue*.c and imxrt_ram_boot.c.
 *
 * These functions use the access port and need no examined target; where it is examined, DHCSR is read
 * in a way that keeps its clear-on-read bits for target/.
 */
#ifndef FLASH_IMXRT_RESET_H
#define FLASH_IMXRT_RESET_H

#include "flash/imxrt_regs.h"

/* A program's start. vectors 0: the IVT names the handler itself, sp is not known. */
struct imxrt_entry {
	uint32_t pc, sp, vectors;
};
struct imxrt_reader {
	enum err (*read)(void *ctx, uint32_t addr, uint8_t *dst, size_t n);
	void *ctx;
};

bool imxrt_is_ivt(const uint8_t *p);
/* x: the IVT's entry word. */
enum err imxrt_resolve_entry(const struct imxrt_reader *reader, uint32_t x, struct imxrt_entry *entry);
/* What the boot flash holds; halts the core if the flash cannot be read by address. *found false: no
 * IVT. */
enum err imxrt_find_program(struct target *t, const struct imxrt_chip *chip, struct imxrt_entry *entry,
			    bool *found);

enum err imxrt_read_dhcsr(struct target *t, uint32_t *dhcsr);
/* Of a halted core. */
enum err imxrt_read_pc(struct target *t, uint32_t *pc);
/* C_HALT, then S_HALT within 200 ms; ERR_HALT_TIMEOUT. */
enum err imxrt_halt_core(struct target *t);
/* Polls S_HALT. The link may be gone for a while: it is connected again. ERR_HALT_TIMEOUT. */
enum err imxrt_wait_halt(struct target *t, unsigned timeout_ms);

/* How the next reset is to be stopped. */
enum imxrt_catch {
	CATCH_NOTHING,
	CATCH_VECTOR,		/* DEMCR.VC_CORERESET: before the ROM's first instruction */
	CATCH_WATCHPOINT,	/* DWT: the ROM's read of SRC_SBMR1 */
	CATCH_ENTRY,		/* FPB: the program's first instruction */
};
/* Arms it, clears GPR16.FLEXRAM_BANK_CFG_SEL where the ROM would find no OCRAM, SYSRESETREQ. */
enum err imxrt_reset_core(struct target *t, enum imxrt_catch how, uint32_t entry);

/* The handlers of rows in imxrt_commands. */
enum err cmd_imxrt_reset_assert(struct call *c);
enum err cmd_imxrt_reset(struct call *c);
enum err cmd_imxrt_rescue(struct call *c);
enum err cmd_imxrt_rescue_wait(struct call *c);
enum err cmd_imxrt_ram_boot(struct call *c);
enum err arg_imxrt_target(struct call *c, struct target **t);

#endif
