/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Halt, resume and poll of an M-profile core (DDI 0403 C1.5, C1.6). */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "target/cortex_m.h"
#include "target/patch_priv.h"

#define HALT_TIMEOUT_MS 1000u

/*
 * S_RETIRE_ST, S_RESET_ST and S_RESTART_ST vanish with any read, so every DHCSR value that anybody
 * reads comes through here and the bits are kept until poll has acted on them.
 */
void dhcsr_seen(struct cortex_m *cm, uint32_t value)
{
	cm->dhcsr = value;
	cm->is_halt_seen = false;
	cm->sticky |= value & (S_RETIRE_ST | S_RESET_ST | S_RESTART_ST);
}

void dhcsr_queue_write(struct cortex_m *cm, uint32_t bits)
{
	mem_ap_queue_write32(cm->ap, DHCSR, DHCSR_KEY | C_DEBUGEN | bits);
	cm->is_masked = bits & C_MASKINTS;
	cm->is_halt_seen = false;
}

enum err dhcsr_read(struct cortex_m *cm, uint32_t *value)
{
	TRY(mem_ap_read32(cm->ap, DHCSR, value));
	dhcsr_seen(cm, *value);
	return OK;
}

enum err cortex_m_wait_halted(struct cortex_m *cm, unsigned timeout_ms)
{
	uint64_t end = clock_now_ms() + timeout_ms;
	uint32_t dhcsr = 0;

	do {
		TRY(dhcsr_read(cm, &dhcsr));
		if (dhcsr & S_HALT)
			return OK;
	} while (clock_now_ms() < end);
	error_why(ERR_HALT_TIMEOUT, "the core did not halt within %u ms%s", timeout_ms,
		  dhcsr & S_SLEEP ? ": it sleeps with its clock off"
				  : dhcsr & S_RESET_ST ? ": it is held in reset" : "");
	if ((dhcsr & S_RESET_ST) && !cm->target->list->adapter->srst)
		error_next(ERR_HALT_TIMEOUT, "this probe does not hold it: look who pulls nRST low (a "
					     "button, a supervisor, another probe)");
	return error_evidence(ERR_HALT_TIMEOUT, "DHCSR = 0x%08x", dhcsr);
}

static enum halt_reason reason_of(const struct cortex_m *cm, uint32_t dfsr)
{
	if (dfsr & DFSR_VCATCH)
		return cm->is_reset_armed ? HALT_DEBUG_REQUEST : HALT_VECTOR_CATCH;
	if ((dfsr & (DFSR_BKPT | DFSR_DWTTRAP)) == (DFSR_BKPT | DFSR_DWTTRAP))
		return HALT_WATCH_AND_BREAK;
	if (dfsr & DFSR_BKPT)
		return HALT_BREAKPOINT;
	if (dfsr & DFSR_DWTTRAP)
		return HALT_WATCHPOINT;
	/* None at all: a debugger before us halted it and cleared DFSR when it left. */
	if (dfsr & (DFSR_EXTERNAL | DFSR_HALTED) || cm->halt_asked || !(dfsr & DFSR_ALL))
		return HALT_DEBUG_REQUEST;
	return HALT_UNDEFINED;
}

static void now_halted(struct cortex_m *cm)
{
	struct target *t = cm->target;

	t->state = TARGET_HALTED;
	t->reason = reason_of(cm, cm->dfsr);
	cm->halt_asked = false;
	cm->sticky &= ~S_RESTART_ST;
}

/* One batch: what a halt leaves to be read, and with `dhcsr` a look whether it is one. */
static void queue_halt_state(struct cortex_m *cm, struct reg_batch *batch, uint32_t *dhcsr)
{
	if (cm->masks_in_halt && !cm->is_masked)
		dhcsr_queue_write(cm, C_HALT | C_MASKINTS);
	mem_ap_queue_read32(cm->ap, DFSR, &cm->dfsr);
	mem_ap_queue_read32(cm->ap, ICSR, &cm->icsr);
	if (dhcsr != NULL)
		mem_ap_queue_read32(cm->ap, DHCSR, dhcsr);
	reg_batch_queue(cm, batch);
}

/* What the reads of a batch that failed have seen, and cleared. */
static void keep_sticky(struct cortex_m *cm, const struct reg_batch *batch, uint32_t dhcsr)
{
	dhcsr_seen(cm, dhcsr);
	for (size_t k = 0; k < batch->count; k++) {
		for (unsigned i = 0; i < cm->ready_reads; i++)
			dhcsr_seen(cm, batch->t[k].dhcsr[i]);
	}
}

/*
 * The guarded debug bits are looked at in the same round trip. That fails where their register has no
 * clock, and takes the batch along: then once more without, and the guard looks by itself from then on.
 */
static enum err read_halt_state(struct cortex_m *cm, struct reg_batch *batch, uint32_t *dhcsr, bool asks)
{
	uint32_t seen = 0;

	*batch = (struct reg_batch){ .count = 0 };
	for (bool looks = true;;) {
		if (asks)
			dhcsr_queue_write(cm, C_HALT | (cm->is_masked ? C_MASKINTS : 0));
		queue_halt_state(cm, batch, dhcsr != NULL ? &seen : NULL);
		looks = looks && cm->target->state != TARGET_HALTED && debug_words_queue(cm->target);
		enum err rc = mem_ap_run(cm->ap);

		debug_words_queued(cm->target, looks, rc == OK);
		if (dhcsr != NULL)
			*dhcsr = seen;
		if (rc == OK || !looks || rc == ERR_ADAPTER_LOST)
			return rc;
		error_clear();
		keep_sticky(cm, batch, seen);
		looks = false;
	}
}

enum err cortex_m_entered_debug(struct cortex_m *cm)
{
	struct reg_batch batch;

	target_forget_registers(cm->target);
	TRY(read_halt_state(cm, &batch, NULL, false));
	if (!reg_batch_finish(cm, &batch))
		TRY(cortex_m_fetch(cm->target, false));
	now_halted(cm);
	return OK;
}

/* A reset that came just before the halt is told now: seen later it would be taken for one that came
 * while helper code ran. */
static enum err seen_before_halt(struct cortex_m *cm)
{
	if (!(cm->sticky & S_RESET_ST) || cm->target->list->adapter->srst)
		return OK;
	cm->sticky &= ~S_RESET_ST;
	log_info("[%s] external reset detected", cm->target->name);
	semihosting_forget_program(cm->target);
	return cortex_m_rearm(cm);
}

/* Asks, looks and fetches everything in one batch; the core halts long before the wire asks. */
enum err cortex_m_halt(struct target *t)
{
	struct cortex_m *cm = cortex_m(t);
	struct reg_batch batch;
	uint32_t dhcsr = 0;

	cm->halt_asked = true;
	target_forget_registers(t);
	TRY(read_halt_state(cm, &batch, &dhcsr, true));
	dhcsr_seen(cm, dhcsr);
	if ((dhcsr & S_HALT) && (cm->dfsr & DFSR_ALL) && reg_batch_finish(cm, &batch)) {
		now_halted(cm);
		return seen_before_halt(cm);
	}
	TRY(cortex_m_wait_halted(cm, HALT_TIMEOUT_MS));
	TRY(cortex_m_entered_debug(cm));
	return seen_before_halt(cm);
}

/* A BKPT compiled into the program would stop the core again at once: go on behind it. A semihosting
 * call is made, or made again. */
static enum err skip_own_bkpt(struct cortex_m *cm)
{
	struct target *t = cm->target;
	uint32_t pc;
	uint16_t opcode;

	/* DFSR may still be that of a semihosting call, which is over: the next BKPT is to stop at. */
	if (!(cm->dfsr & DFSR_BKPT) || t->reason == HALT_SEMIHOSTING || t->reason == HALT_DEBUG_REQUEST)
		return OK;
	TRY(target_get_reg32(t, "pc", &pc));
	if (breakpoint_at(t, pc) != NULL || patch_in_flash(t, pc) != NULL ||
	    target_read_u16(t, pc, &opcode) != OK) {
		error_clear();
		return OK;
	}
	if ((opcode & 0xff00) != 0xbe00 || (opcode == 0xbeab && t->semihosting_armed))
		return OK;
	return target_pass_bkpt(t, pc);
}

static enum err get_past_breakpoint(struct cortex_m *cm, bool *stepped)
{
	uint32_t pc;

	TRY(skip_own_bkpt(cm));
	TRY(target_get_reg32(cm->target, "pc", &pc));
	if (breakpoint_at(cm->target, pc) == NULL && patch_in_flash(cm->target, pc) == NULL)
		return OK;
	*stepped = true;
	return cortex_m_step(cm->target, true);
}

static uint32_t mask_for_run(const struct cortex_m *cm, bool debug_execution)
{
	return debug_execution || cm->maskisr == MASKISR_ON ? C_MASKINTS : 0;
}

/* The user's watchpoints are not for helper code; the next sync puts them back. */
static void queue_watch_off(struct cortex_m *cm)
{
	for (unsigned i = 0; i < cm->dwt.count; i++) {
		if (cm->dwt.known[i] && cm->dwt.actual[i].function == 0)
			continue;
		mem_ap_queue_write32(cm->ap, DWT_FUNCTION(i), 0);
		cm->dwt.actual[i].function = 0;
	}
}

/* A program that sleeps with its debug bits cleared is out of reach before the look: the resume has not
 * failed, and the next poll tells what it meets. *dhcsr is 0 then. A core that answers, and stands, has not
 * been let go. */
static enum err run_and_look(struct cortex_m *cm, uint32_t *dhcsr)
{
	enum err rc = mem_ap_run(cm->ap);
	struct error kept;

	if (rc == ERR_ADAPTER_LOST)
		return rc;
	if (rc == OK) {
		dhcsr_seen(cm, *dhcsr);
		return OK;
	}
	error_take(&kept);
	if (dhcsr_read(cm, dhcsr) == OK && (*dhcsr & S_HALT)) {
		cm->is_masked = *dhcsr & C_MASKINTS;
		target_forget_registers(cm->target);
		error_put(&kept);
		return rc;
	}
	log_debug("%s: out of reach after it was let go: %s", cm->target->name, error_text(&kept));
	error_clear();
	*dhcsr = 0;
	return OK;
}

/*
 * A breakpoint a few instructions away has stopped the core before the wire is through: a look behind the
 * write that lets it go saves the first poll its trip. S_HALT alone could still be the old halt of a core
 * slower than the wire; DFSR, just cleared, proves a new one. A core that is held is only made ready.
 */
enum err cortex_m_resume(struct target *t, bool step_over, bool debug_execution)
{
	struct cortex_m *cm = cortex_m(t);
	uint32_t mask = mask_for_run(cm, debug_execution), dfsr = 0, dhcsr = 0;

	if (step_over && !debug_execution) {
		bool stepped = false;

		TRY(get_past_breakpoint(cm, &stepped));
		/* The instruction under the breakpoint hit something itself (a watchpoint, a fault): the
		 * next poll finds the core halted and DFSR as it is, and tells. */
		if (stepped && t->reason != HALT_SINGLE_STEP) {
			target_forget_registers(t);
			t->state = TARGET_RUNNING;
			return OK;
		}
	}
	if (!debug_execution)
		TRY(patches_prepare(t));
	TRY(cortex_m_flush(t));
	if (debug_execution)
		queue_watch_off(cm);
	else
		cortex_m_queue_sync(cm);
	mem_ap_queue_write32(cm->ap, DFSR, DFSR_ALL);
	/* C_MASKINTS changes only while C_HALT stays 1 (DDI 0403 C1.6.2; M3 r0 erratum 377497). */
	bool is_held = t->own->cross.is_held && !debug_execution;

	if (cm->is_masked != (mask != 0) || is_held)
		dhcsr_queue_write(cm, C_HALT | mask);
	if (!is_held)
		dhcsr_queue_write(cm, mask);
	t->own->cross.is_prepared = is_held;
	mem_ap_queue_read32(cm->ap, DFSR, &dfsr);
	mem_ap_queue_read32(cm->ap, DHCSR, &dhcsr);
	TRY(run_and_look(cm, &dhcsr));
	if (!debug_execution && dhcsr != 0)
		cortex_m_sync_done(cm);
	cm->is_halt_seen = (dhcsr & S_HALT) && (dfsr & DFSR_ALL);
	cm->dfsr = 0;
	cm->hit_known = cm->halt_asked = false;
	target_forget_registers(t);
	if (t->ahead != NULL)		/* a handler that runs within a step may write there */
		t->ahead->is_read = false;
	t->state = debug_execution ? TARGET_DEBUG_RUNNING : TARGET_RUNNING;
	return OK;
}

/* C_DEBUGEN, DEMCR and comparators are written anew: after a reset or a power cycle. */
enum err cortex_m_rearm(struct cortex_m *cm)
{
	fpb_forget(&cm->fpb);
	dwt_forget(&cm->dwt);
	if (!(cm->dhcsr & C_DEBUGEN))
		dhcsr_queue_write(cm, 0);
	mem_ap_queue_write32(cm->ap, DEMCR, cm->demcr | cm->vector_catch);
	TRY(mem_ap_run(cm->ap));
	return cortex_m_sync(cm->target);
}

static enum err seen_in_reset(struct cortex_m *cm)
{
	struct target *t = cm->target;
	uint32_t dhcsr = 0;

	cm->sticky &= ~S_RESET_ST;
	TRY(dhcsr_read(cm, &dhcsr));	/* reads 1 again as long as reset is held */
	if (t->state != TARGET_RESET)
		log_info("[%s] external reset detected", t->name);
	target_forget_registers(t);
	semihosting_forget_program(t);
	if (cm->sticky & S_RESET_ST) {
		cm->sticky &= ~S_RESET_ST;
		t->state = TARGET_RESET;
		return OK;
	}
	t->state = TARGET_RUNNING;
	return cortex_m_rearm(cm);
}

static enum err clear_lockup(struct cortex_m *cm)
{
	/* At first contact it is how the chip was left, an empty flash for example. Nothing that was
	 * asked for has failed, and IDEs take an Error line for a failed upload. */
	if (cm->target->state == TARGET_UNKNOWN)
		log_warning("[%s] clearing lockup after double fault", cm->target->name);
	else
		log_error("[%s] clearing lockup after double fault", cm->target->name);
	cm->halt_asked = true;
	dhcsr_queue_write(cm, C_HALT);
	TRY(mem_ap_run(cm->ap));
	return cortex_m_wait_halted(cm, HALT_TIMEOUT_MS);
}

/* A core that lost power comes back without C_DEBUGEN: debug bits and comparators are gone. */
static enum err came_back(struct cortex_m *cm)
{
	log_info("[%s] debug was switched off in the core (power cycle?): set up again",
		 cm->target->name);
	cm->is_masked = false;
	return cortex_m_rearm(cm);
}

enum err cortex_m_poll(struct target *t)
{
	struct cortex_m *cm = cortex_m(t);
	uint32_t dhcsr = cm->dhcsr;

	if (!cm->is_halt_seen)
		TRY(dhcsr_read(cm, &dhcsr));
	cm->is_halt_seen = false;
	if (cm->sticky & S_RESET_ST) {
		TRY(seen_in_reset(cm));
		if (t->state == TARGET_RESET)
			return OK;
		dhcsr = cm->dhcsr;
	} else if (t->state == TARGET_RESET) {
		t->state = TARGET_RUNNING;
		TRY(cortex_m_rearm(cm));
	}
	if (!(dhcsr & C_DEBUGEN))
		TRY(came_back(cm));
	if ((dhcsr & S_LOCKUP) && !(dhcsr & S_HALT) && !t->list->is_leaving) {
		TRY(clear_lockup(cm));
		dhcsr = cm->dhcsr;
	}
	if (dhcsr & S_HALT)
		return t->state == TARGET_HALTED ? OK : cortex_m_entered_debug(cm);
	if (t->state == TARGET_HALTED) {
		log_warning("[%s] external resume detected", t->name);
		target_forget_registers(t);
	}
	if (t->state != TARGET_DEBUG_RUNNING)
		t->state = TARGET_RUNNING;
	return OK;
}
