/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fault: from fault status registers to a sentence. Pure: what was read goes in, text comes out.
 */
#ifndef TARGET_FAULT_H
#define TARGET_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

/* The exception frame the core pushed (DDI 0403 B1.5.6). */
struct fault_frame {
	uint32_t r0, r1, r2, r3, r12, lr, pc, xpsr;
};

struct fault_state {
	unsigned exception;		/* IPSR: 3 HardFault .. 7 SecureFault */
	bool is_lockup;
	bool has_status;		/* v7-M and v8-M Mainline: the words below exist */
	uint32_t cfsr, hfsr, mmfar, bfar, dfsr;
	bool has_security;
	uint32_t sfsr, sfar;
	bool has_frame;			/* the stacked registers could be read */
	uint32_t frame_addr;
	struct fault_frame frame;
	uint16_t opcode[2];		/* at frame.pc */
	bool has_opcode;
	char instruction[48];		/* as text; "" not known */
	uint32_t access_addr;		/* of the load or store at frame.pc, from its registers */
	bool has_access, access_is_store;
};

/*
 * "HardFault (escalated BusFault) at 0x080001f4: a bus error on a data access (PRECISERR): a store to
 * 0x30000000; instruction: str r3, [r2]; lr 0x08000210, sp 0x20017fd8 [CFSR 0x00008200, ...]: look at
 * the pointer". Empty if nothing is recorded. One line.
 */
void fault_describe(const struct fault_state *f, struct buf *out);
/* True if any status bit says that a fault happened. */
bool fault_is_recorded(const struct fault_state *f);

#endif
