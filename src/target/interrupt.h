/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * interrupt: serves a pending interrupt in the middle of stepping, and comes back.
 *
 * A step with interrupts on either executes the instruction, or enters the handler instead. In the
 * handler the return address on the stack is replaced by one that only this return can reach (the
 * program's reset handler), where a comparator stands, or a BKPT if it is in RAM: a breakpoint at the
 * real address would also be met by a handler that calls the same function. After the return PC is
 * put right.
 */
#ifndef TARGET_INTERRUPT_H
#define TARGET_INTERRUPT_H

#include "target/cortex_m.h"

enum interrupt_outcome {
	INTERRUPT_NONE,		/* none was taken: the instruction was executed */
	INTERRUPT_TAKEN,	/* the core stands at the handler's first instruction */
	INTERRUPT_RETURNED,	/* back where it was, the instruction still to come */
	INTERRUPT_STOPPED,	/* in the handler, by something of its own, or for too long */
};

struct interrupt {
	enum interrupt_outcome outcome;
	uint32_t pc, exception;	/* before the step */
	uint32_t vtor, trap;	/* what the stacked PC is replaced with */
	struct breakpoint soft;	/* a trap in RAM, where no comparator of FPB v1 can stand */
	uint32_t frame;		/* address of the stacked PC */
	uint32_t home_pc, home_exception;	/* what was stacked */
};

/* *possible false: nothing can stop the core at the trap, so the interrupt has to wait; true: call
 * interrupt_finish() at the end, whatever happens. */
enum err interrupt_before_step(struct cortex_m *cm, struct interrupt *in, bool *possible);
enum err interrupt_finish(struct cortex_m *cm, struct interrupt *in);
enum err interrupt_after_step(struct cortex_m *cm, struct interrupt *in);
enum err interrupt_run_to_return(struct cortex_m *cm, struct interrupt *in);

#endif
