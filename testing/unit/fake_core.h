/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake_core: a Cortex-M4 made of its debug registers, standing in for dap/ below target/. It
 * defines the functions of mem_ap.h and dap.h that target/ calls, so a test that links it has no
 * wire.
 *
 * The program is a line of halfwords: NOP, B . and BKPT, at 0x08000000 or in RAM. A running core
 * executes 50 of them per batch. Rules that the manual makes the debugger's duty are checked: a
 * breach ends the test.
 */
#ifndef FAKE_CORE_H
#define FAKE_CORE_H

#include "target/target.h"

#define FLASH	   0x08000000u
#define RAM	   0x20000000u
#define MEM_BYTES  0x10000u
#define OP_NOP	   0xbf00u
#define OP_LOOP	   0xe7feu
#define OP_BKPT	   0xbe00u
#define OP_SEMI	   0xbeabu
#define OP_WFI	   0xbf30u

struct fake_core {
	uint8_t flash[MEM_BYTES], ram[MEM_BYTES];
	uint32_t regs[0x60];		/* by REGSEL; 13 is an alias */
	uint32_t dhcsr, demcr, dfsr, dcrdr, icsr, fp_ctrl, cpuid, mpu_ctrl, cfsr, hfsr;
	uint32_t mvfr0, id_pfr1, clidr, ccr, cache_ops;
	uint32_t fp_comp[8];
	uint32_t dwt_comp[4], dwt_mask[4], dwt_function[4];
	bool held_in_reset, never_ready, is_dead, ignores_reset;
	uint32_t refused;		/* an access to this address fails; 0: none does */
	unsigned regrdy_late;		/* so many transfers are not ready at once */
	uint32_t irq_at; /* SysTick is pending: its handler's address; 0: it is not */
	/* what a test asks afterwards */
	unsigned runs, accesses, dcrsr_writes, fp_writes, dwt_writes, resets, exceptions;
};

struct bench {
	struct loop *loop;
	struct script *script;
	struct adapter adapter;
	struct dap_list daps;
	struct dap dap;
	struct target_list *list;
	struct target *t;
};

extern struct fake_core core;

/* A fresh core with NOPs everywhere, halted or running, examined. cmocka set-up and tear-down. */
int bench_setup(void **state);
int bench_teardown(void **state);
struct bench *bench_of(void **state);
void put_op(uint32_t addr, uint16_t opcode);
/* Evaluates; the test fails if the script does. Returns its result, valid until the next call. */
const char *bench_eval(struct bench *b, const char *text);
void power_cycle(void);
void reset_from_outside(void);

#endif
