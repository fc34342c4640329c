/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Single step (DDI 0403 C1.5.1, C1.6.2).
 *
 * One stepi is one batch: dirty registers, comparators, the two DHCSR writes, then DHCSR, DFSR, ICSR
 * and all registers, read on the assumption that the instruction is over by then. If it is not (WFI,
 * a long LDM from a slow bus), the slow path waits and reads again.
 *
 * `cortex_m maskisr auto`: an interrupt that is pending must be served some time, or a program that
 * waits for its tick never gets on; but a step must not end in the handler. So when ICSR showed one
 * pending at the last halt, the step is made with interrupts on; if that enters a handler, the handler
 * runs to its return (interrupt.c), and the instruction is stepped with interrupts masked after that.
 * What is pending but disabled stays pending; then the next try comes some steps later.
 */
#include "target/cortex_m.h"
#include "target/interrupt.h"
#include "target/patch_priv.h"

#define STEP_TIMEOUT_MS 100u	/* WFI under mask never wakes */
#define DRAIN_PAUSE	16u

static uint32_t mask_for_step(const struct cortex_m *cm)
{
	return cm->maskisr == MASKISR_OFF ? 0 : C_MASKINTS;
}

/* C_HALT after a step that did not end: the core waits in WFI or WFE. */
static enum err finish_slowly(struct cortex_m *cm)
{
	if (cortex_m_wait_halted(cm, STEP_TIMEOUT_MS) != OK) {
		if (error_current()->code != ERR_HALT_TIMEOUT)
			return error_current()->code;
		error_clear();
		dhcsr_queue_write(cm, C_HALT | (cm->is_masked ? C_MASKINTS : 0));
		TRY(mem_ap_run(cm->ap));
		TRY(cortex_m_wait_halted(cm, STEP_TIMEOUT_MS));
	}
	return cortex_m_entered_debug(cm);
}

enum err cortex_m_step_plain(struct cortex_m *cm, uint32_t mask)
{
	struct target *t = cm->target;
	uint32_t dhcsr = 0;
	struct reg_batch batch;
	bool was_masked = cm->is_masked;

	TRY(cortex_m_flush(t));
	cortex_m_queue_sync(cm);
	mem_ap_queue_write32(cm->ap, DFSR, DFSR_ALL);
	if (cm->is_masked != (mask != 0))
		dhcsr_queue_write(cm, C_HALT | mask);
	dhcsr_queue_write(cm, C_STEP | mask);
	mem_ap_queue_read32(cm->ap, DFSR, &cm->dfsr);
	mem_ap_queue_read32(cm->ap, ICSR, &cm->icsr);
	mem_ap_queue_read32(cm->ap, DHCSR, &dhcsr);
	reg_batch_queue(cm, &batch);
	bool looks_ahead = ahead_queue(t);
	enum err rc = mem_ap_run(cm->ap);

	/* Last in the batch, so a look ahead that fails leaves the step done: DHCSR has been read then. */
	if (rc != OK && (!looks_ahead || rc == ERR_ADAPTER_LOST || dhcsr == 0)) {
		cm->is_masked = was_masked;
		return rc;
	}
	cortex_m_sync_done(cm);
	cm->hit_known = false;
	target_forget_registers(t);
	dhcsr_seen(cm, dhcsr);
	error_clear();
	if (rc != OK || !(dhcsr & S_HALT) || !(cm->dfsr & DFSR_ALL) || !reg_batch_finish(cm, &batch))
		return finish_slowly(cm);
	if (looks_ahead)
		ahead_done(t);
	t->state = TARGET_HALTED;
	return OK;
}

/* Takes a breakpoint at pc out for one step. `b` may be NULL. */
static enum err step_without(struct cortex_m *cm, struct breakpoint *b, uint32_t mask)
{
	enum err rc;
	uint32_t pc;

	TRY(target_get_reg32(cm->target, "pc", &pc));
	if (patch_in_flash(cm->target, pc) != NULL)
		return cortex_m_step_displaced(cm, pc);
	if (b == NULL || b->kind == BREAK_FLASH)
		return cortex_m_step_plain(cm, mask);
	if (b->kind == BREAK_SOFT) {
		TRY(cortex_m_clear_breakpoint(cm->target, b));
		rc = cortex_m_step_plain(cm, mask);
		return error_first(rc, cortex_m_set_breakpoint(cm->target, b));
	}
	fpb_remove(&cm->fpb, b->comparator, b->addr);
	rc = cortex_m_step_plain(cm, mask);
	b->comparator = fpb_add(&cm->fpb, b->addr);
	return rc;
}

static bool should_drain(struct cortex_m *cm)
{
	uint32_t pending = cm->icsr & ICSR_PENDING;

	if (cm->maskisr != MASKISR_AUTO || pending == 0)
		return false;
	if (cm->drain_pause > 0 && pending == cm->undrained) {
		cm->drain_pause--;
		return false;
	}
	return true;
}

static enum err enter_and_return(struct cortex_m *cm, struct breakpoint *b, struct interrupt *in)
{
	TRY(step_without(cm, b, 0));
	TRY(interrupt_after_step(cm, in));
	return in->outcome == INTERRUPT_TAKEN ? interrupt_run_to_return(cm, in) : OK;
}

/* Serves what is pending first. *done: the step is over. */
static enum err serve_interrupts(struct cortex_m *cm, struct breakpoint *b, bool *done)
{
	struct interrupt in;
	bool possible;

	TRY(interrupt_before_step(cm, &in, &possible));
	if (!possible)
		return OK;
	enum err rc = enter_and_return(cm, b, &in);

	TRY(error_first(rc, interrupt_finish(cm, &in)));
	cm->undrained = cm->icsr & ICSR_PENDING;
	cm->drain_pause = cm->undrained && in.outcome == INTERRUPT_NONE ? DRAIN_PAUSE : 0;
	*done = in.outcome != INTERRUPT_RETURNED;
	return OK;
}

/* The BKPT of a program never gets past itself; a step on it does. Semihosting has its own. */
static enum err pass_own_bkpt(struct cortex_m *cm, uint32_t before)
{
	struct target *t = cm->target;
	uint32_t pc;
	uint16_t opcode;

	if (!(cm->dfsr & DFSR_BKPT))
		return OK;
	TRY(target_get_reg32(t, "pc", &pc));
	if (pc != before)
		return OK;
	if (target_read_u16(t, pc, &opcode) != OK) {
		error_clear();
		return OK;
	}
	if ((opcode & 0xff00) != 0xbe00 || (opcode == 0xbeab && t->semihosting_armed))
		return OK;
	cm->dfsr &= ~DFSR_BKPT;
	return target_pass_bkpt(t, pc);
}

enum err cortex_m_step(struct target *t, bool step_over)
{
	struct cortex_m *cm = cortex_m(t);
	struct breakpoint *b = NULL;
	bool done = false;
	uint32_t pc;

	TRY(target_get_reg32(t, "pc", &pc));
	if (step_over)
		b = breakpoint_at(t, pc);
	if (step_over && should_drain(cm))
		TRY(serve_interrupts(cm, b, &done));
	if (!done)
		TRY(step_without(cm, b, mask_for_step(cm)));
	TRY(pass_own_bkpt(cm, pc));
	if (!(cm->dfsr & (DFSR_BKPT | DFSR_DWTTRAP | DFSR_VCATCH)))
		t->reason = HALT_SINGLE_STEP;
	else
		t->reason = cm->dfsr & DFSR_VCATCH ? HALT_VECTOR_CATCH
			    : cm->dfsr & DFSR_BKPT ? HALT_BREAKPOINT : HALT_WATCHPOINT;
	return OK;
}
