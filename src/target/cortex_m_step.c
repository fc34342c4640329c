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
 * pending at the last halt, the core first runs with interrupts on, against a breakpoint at PC, and
 * is stepped with interrupts masked afterwards.
 */
#include "base/clock.h"
#include "base/log.h"
#include "target/cortex_m.h"

#define STEP_TIMEOUT_MS	 100u	/* WFI under mask never wakes */
#define DRAIN_TIMEOUT_MS 500u

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

enum err cortex_m_step_plain(struct cortex_m *cm)
{
	uint32_t mask = mask_for_step(cm), dhcsr;
	struct reg_batch batch;

	TRY(cortex_m_flush(cm->target));
	cortex_m_queue_sync(cm);
	mem_ap_queue_write32(cm->ap, DFSR, DFSR_ALL);
	if (cm->is_masked != (mask != 0))
		dhcsr_queue_write(cm, C_HALT | mask);
	dhcsr_queue_write(cm, C_STEP | mask);
	mem_ap_queue_read32(cm->ap, DFSR, &cm->dfsr);
	mem_ap_queue_read32(cm->ap, ICSR, &cm->icsr);
	mem_ap_queue_read32(cm->ap, DHCSR, &dhcsr);
	reg_batch_queue(cm, &batch);
	TRY(mem_ap_run(cm->ap));
	cortex_m_sync_done(cm);
	target_forget_registers(cm->target);
	dhcsr_seen(cm, dhcsr);
	if (!(dhcsr & S_HALT) || !(cm->dfsr & DFSR_ALL) || !reg_batch_finish(cm, &batch))
		return finish_slowly(cm);
	cm->target->state = TARGET_HALTED;
	return OK;
}

/* Runs handlers that are pending until the core is back at pc. *stopped_there: it is. */
static enum err drain_interrupts(struct cortex_m *cm, uint32_t pc, bool *stopped_there)
{
	int comparator = fpb_add(&cm->fpb, pc);

	*stopped_there = true;
	if (comparator < 0)
		return OK;	/* none free: the interrupt waits for the next resume */
	cm->dfsr = 0;
	enum err rc = cortex_m_resume(cm->target, false, false);

	if (rc == OK && cortex_m_wait_halted(cm, DRAIN_TIMEOUT_MS) != OK) {
		error_clear();
		log_info("[%s] an interrupt handler ran for more than %u ms during a step: halted in it",
			 cm->target->name, DRAIN_TIMEOUT_MS);
		cm->halt_asked = true;
		dhcsr_queue_write(cm, C_HALT);
		rc = mem_ap_run(cm->ap);
	}
	fpb_remove(&cm->fpb, comparator, pc);
	if (rc == OK)
		rc = cortex_m_entered_debug(cm);
	if (rc != OK)
		return rc;
	uint32_t now;

	TRY(target_get_reg32(cm->target, "pc", &now));
	*stopped_there = now == pc && !(cm->dfsr & (DFSR_DWTTRAP | DFSR_VCATCH));
	return OK;
}

/* Takes a breakpoint at pc out for one step. `b` may be NULL. */
static enum err step_without(struct cortex_m *cm, struct breakpoint *b)
{
	enum err rc;

	if (b == NULL)
		return cortex_m_step_plain(cm);
	if (b->kind == BREAK_SOFT) {
		TRY(cortex_m_clear_breakpoint(cm->target, b));
		rc = cortex_m_step_plain(cm);
		return error_first(rc, cortex_m_set_breakpoint(cm->target, b));
	}
	fpb_remove(&cm->fpb, b->comparator, b->addr);
	rc = cortex_m_step_plain(cm);
	b->comparator = fpb_add(&cm->fpb, b->addr);
	return rc;
}

enum err cortex_m_step(struct target *t, bool step_over)
{
	struct cortex_m *cm = cortex_m(t);
	bool is_there = true, wants_drain;
	uint32_t pc;

	TRY(target_get_reg32(t, "pc", &pc));
	struct breakpoint *b = breakpoint_at(t, pc);

	wants_drain = cm->maskisr == MASKISR_AUTO && ICSR_VECTPENDING(cm->icsr) != 0 && step_over;
	if (wants_drain)
		TRY(drain_interrupts(cm, pc, &is_there));
	if (!is_there)
		return OK;	/* something else stopped it: the reason is set */
	TRY(step_without(cm, step_over ? b : NULL));
	if (!(cm->dfsr & (DFSR_BKPT | DFSR_DWTTRAP | DFSR_VCATCH)))
		t->reason = HALT_SINGLE_STEP;
	else
		t->reason = cm->dfsr & DFSR_VCATCH ? HALT_VECTOR_CATCH
			    : cm->dfsr & DFSR_BKPT ? HALT_BREAKPOINT : HALT_WATCHPOINT;
	return OK;
}
