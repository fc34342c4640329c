/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules that hold for every core: states, claims, run control. */
#include "target/target_priv.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "target/patch_priv.h"

#define WAIT_PAUSE_MS 3		/* between looks at a core somebody waits for */

static const char *const state_names[] = {
	[TARGET_UNKNOWN] = "unknown", [TARGET_RUNNING] = "running", [TARGET_HALTED] = "halted",
	[TARGET_RESET] = "reset", [TARGET_DEBUG_RUNNING] = "debug-running",
	[TARGET_UNAVAILABLE] = "unavailable",
};

static const char *const reason_names[] = {
	[HALT_DEBUG_REQUEST] = "debug-request", [HALT_BREAKPOINT] = "breakpoint",
	[HALT_WATCHPOINT] = "watchpoint", [HALT_WATCH_AND_BREAK] = "watchpoint-and-breakpoint",
	[HALT_SINGLE_STEP] = "single-step", [HALT_VECTOR_CATCH] = "exception-catch",
	[HALT_EXIT] = "program-exit", [HALT_SEMIHOSTING] = "semihosting",
	[HALT_UNDEFINED] = "undefined",
};

const char *target_state_name(const struct target *t)
{
	if (!t->examined && t->defer_examine)
		return "examine deferred";
	return state_names[t->state];
}

const char *target_reason_name(enum halt_reason reason)
{
	return reason_names[reason];
}

/*
 * The holder of a claim is known by the depth of the event loop: it services the loop at its own
 * depth, and everybody it lets in meanwhile is deeper.
 */
static bool is_holder(const struct target *t)
{
	return loop_depth(t->list->loop) <= t->own->claim_depth;
}

enum err target_check_free(struct target *t, const char *verb)
{
	if (t->own->claim == NULL || is_holder(t))
		return OK;
	error_why(ERR_BUSY, "%s is busy with %s", t->name, t->own->claim);
	return error_what(ERR_BUSY, "%s refused", verb);
}

enum err target_claim(struct target *t, const char *what)
{
	struct target_own *own = t->own;

	if (own->claim != NULL && !is_holder(t))
		return error_why(ERR_BUSY, "%s is busy with %s", t->name, own->claim);
	if (own->claim == NULL) {
		own->claim = what;
		own->claim_depth = loop_depth(t->list->loop);
		own->is_cancelled = false;
	}
	own->claim_count++;
	return OK;
}

void target_release(struct target *t)
{
	struct target_own *own = t->own;

	if (own->claim_count > 0 && --own->claim_count == 0) {
		own->claim = NULL;
		own->is_cancelled = false;
		poll_soon(t);
	}
}

void target_cancel(struct target *t)
{
	if (t->own->claim != NULL)
		t->own->is_cancelled = true;
}

bool target_is_cancelled(const struct target *t)
{
	if (patches_are_writing(t))
		return false;
	/* Ctrl-C of the client whose command this is, and the daemon's end, reach the work through its
	 * evaluation. */
	return t->own->is_cancelled || script_cancel_requested(t->list->script);
}

const char *target_claimed_by(const struct target *t)
{
	return t->own->claim;
}

enum err target_check_examined(struct target *t)
{
	if (t->examined)
		return OK;
	if (t->list->adapter->is_lost)
		return adapter_fail_lost(t->list->adapter);
	return error_why(ERR_NOT_EXAMINED, "%s has not been identified", t->name);
}

enum err target_check_halted(struct target *t, const char *verb)
{
	TRY(target_check_examined(t));
	if (t->state == TARGET_HALTED)
		return OK;
	error_why(ERR_NOT_HALTED, "target not halted (%s is %s)", t->name, target_state_name(t));
	return error_what(ERR_NOT_HALTED, "%s", verb);
}

void target_forget_registers(struct target *t)
{
	if (t->values != NULL)
		memset(t->values, 0, t->reg_count * sizeof(*t->values));
	t->stop_note = NULL;
}

void target_forget_chip(struct target *t)
{
	free(t->chip_notes);
	t->chip_notes = NULL;
}

enum err target_examine(struct target *t)
{
	if (t->list->adapter->is_lost)
		return adapter_fail_lost(t->list->adapter);
	target_call_event(t, EVENT_EXAMINE_START);
	if (t->dap != NULL && !t->dap->is_connected) {
		enum err rc = dap_connect(t->dap);

		if (rc != OK) {
			target_call_event(t, EVENT_EXAMINE_FAIL);
			return rc;
		}
	}
	t->examined = false;
	unsigned slowdowns = t->dap != NULL ? t->dap->slowdowns : 0;
	enum err rc = t->type->examine(t);

	/* The wire was too slow, which was found out and told: now it should do. */
	if (rc != OK && t->dap != NULL && t->dap->slowdowns != slowdowns)
		rc = t->type->examine(t);
	if (rc != OK) {
		struct error kept;

		error_take(&kept);
		target_call_event(t, EVENT_EXAMINE_FAIL);
		error_put(&kept);
		return rc;
	}
	t->examined = t->was_examined = true;
	group_examined(t);
	t->state = TARGET_UNKNOWN;
	t->memory_epoch++;
	target_forget_chip(t);
	target_call_event(t, EVENT_EXAMINE_END);
	poll_soon(t);
	return OK;
}

static void set_stop_note(struct target *t)
{
	struct buf text = { 0 };

	t->stop_note = NULL;
	if (t->type->explain != NULL && t->type->explain(t, &text) != OK)
		error_clear();
	if (text.len == 0 && t->type->describe_watch != NULL &&
	    (t->reason == HALT_WATCHPOINT || t->reason == HALT_WATCH_AND_BREAK))
		t->type->describe_watch(t, &text);
	if (text.len > 0) {
		snprintf(t->own->stop_text, sizeof(t->own->stop_text), "%s", (const char *)text.data);
		t->stop_note = t->own->stop_text;
	}
	t->own->is_note_told = t->stop_note != NULL && strcmp(t->stop_note, t->own->told_text) == 0;
	buf_free(&text);
}

void target_set_stop_filter(struct target_list *list, target_stop_filter_fn fn, void *ctx)
{
	list->own->stop_filter = fn;
	list->own->stop_filter_ctx = ctx;
}

/* A BKPT that was left in flash: patch.h. */
static bool is_at_removed_patch(struct target *t)
{
	const struct patch *p;
	uint32_t pc;

	if (t->reason != HALT_BREAKPOINT || t->own->patches == NULL)
		return false;
	if (target_get_reg32(t, "pc", &pc) != OK) {
		error_clear();
		return false;
	}
	p = patch_in_flash(t, pc);
	return p != NULL && !p->is_wanted && breakpoint_at(t, pc) == NULL;
}

static bool is_unwanted(struct target *t)
{
	const struct target_list_own *own = t->list->own;

	if (is_at_removed_patch(t))
		return true;
	if (t->type->is_false_stop != NULL && t->type->is_false_stop(t))
		return true;
	return own->stop_filter != NULL && own->stop_filter(own->stop_filter_ctx, t);
}

enum err target_stopped(struct target *t, enum target_state old)
{
	bool handled = false;

	t->memory_epoch++;
	debug_words_halted(t);
	if (t->semihosting_armed && t->reason == HALT_BREAKPOINT)
		TRY(semihosting_service(t, &handled));
	if (handled)
		return OK;
	if (old == TARGET_RUNNING && is_unwanted(t)) {
		if (!t->own->is_halting) {
			TRY(t->type->resume(t, true, false));
			poll_soon(t);
			return OK;
		}
		t->reason = HALT_DEBUG_REQUEST;
	}
	set_stop_note(t);
	target_call_event(t, old == TARGET_DEBUG_RUNNING ? EVENT_DEBUG_HALTED : EVENT_HALTED);
	if (old != TARGET_DEBUG_RUNNING)
		group_halt(t);
	return OK;
}

enum err target_state_changed(struct target *t, enum target_state old)
{
	if (t->state == old)
		return OK;
	if (t->state == TARGET_HALTED && old == TARGET_RUNNING && t->own->cross.is_linked)
		return group_stopped(t);
	if (t->state == TARGET_HALTED)
		return target_stopped(t, old);
	if (t->state == TARGET_RUNNING && old == TARGET_HALTED) {
		t->memory_epoch++;
		target_call_event(t, EVENT_RESUMED);
	}
	return OK;
}

enum err target_poll(struct target *t)
{
	enum target_state old = t->state;

	TRY(target_check_examined(t));
	if (t->own->claim != NULL && !is_holder(t))
		return OK;	/* whoever holds it looks himself, and acts on what he sees */
	if (t->own->cross.is_held)
		return OK;
	TRY(t->type->poll(t));
	if (t->state == TARGET_RUNNING)
		debug_words_running(t);
	TRY(target_state_changed(t, old));
	if (t->state == TARGET_RUNNING)
		group_link(t);
	return OK;
}

enum err target_halt(struct target *t)
{
	enum target_state old = t->state;

	TRY(target_check_examined(t));
	TRY(target_check_free(t, "halt"));
	t->own->halts_asked++;
	if (target_gives_up_waiting(t) || t->state == TARGET_HALTED)
		return OK;
	t->own->is_halting = true;
	enum err rc = t->type->halt(t);

	if (rc == OK)
		rc = target_state_changed(t, old);
	t->own->is_halting = false;
	return rc;
}

unsigned target_halts_asked(const struct target *t)
{
	return t->own->halts_asked;
}

enum err target_wait_state(struct target *t, enum target_state state, unsigned timeout_ms)
{
	uint64_t end = clock_now_ms() + timeout_ms;
	int pause_ms = 0;

	for (;;) {
		TRY(target_poll(t));
		if (t->state == state && !semihosting_waits(t))
			return OK;
		if (clock_now_ms() >= end)
			break;
		if (script_cancel_requested(t->list->script) || loop_is_stopped(t->list->loop))
			return error_why(ERR_CANCELLED, "interrupted while waiting for target %s",
					 state_names[state]);
		loop_once(t->list->loop, pause_ms);
		pause_ms = MIN(pause_ms + 1, WAIT_PAUSE_MS);
	}
	return error_why(ERR_TIMEOUT, "timed out while waiting for target %s (%s is %s)",
			 state_names[state], t->name, target_state_name(t));
}

static void note_passing(struct target *t, bool step_over)
{
	t->own->is_passing = step_over && target_get_reg32(t, "pc", &t->own->passed_pc) == OK &&
			     breakpoint_at(t, t->own->passed_pc) != NULL;
	error_clear();
}

enum err target_resume(struct target *t, const uint32_t *pc, bool step_over, bool debug_execution)
{
	TRY(target_check_free(t, "resume"));
	TRY(target_check_halted(t, "resume"));
	if (pc != NULL)
		TRY(target_set_reg32(t, "pc", *pc));
	t->memory_epoch++;
	if (debug_execution) {
		TRY(t->type->resume(t, step_over, true));
		target_call_event(t, EVENT_DEBUG_RESUMED);
		return OK;
	}
	target_call_event(t, EVENT_RESUME_START);
	t->own->told_text[0] = '\0';
	note_passing(t, step_over);
	bool is_holding = group_hold(t);
	enum err rc = t->type->resume(t, step_over, false);

	if (rc == OK) {
		poll_soon(t);
		target_call_event(t, EVENT_RESUMED);
		target_call_event(t, EVENT_RESUME_END);
		group_resume(t);
	}
	if (is_holding)
		group_release(t, rc == OK);
	return rc;
}

enum err target_step(struct target *t, const uint32_t *pc, bool step_over)
{
	bool handled = false;

	TRY(target_check_free(t, "step"));
	TRY(target_check_halted(t, "step"));
	if (pc != NULL)
		TRY(target_set_reg32(t, "pc", *pc));
	t->memory_epoch++;
	target_call_event(t, EVENT_STEP_START);
	note_passing(t, step_over);
	TRY(t->type->step(t, step_over));
	target_call_event(t, EVENT_RESUMED);
	/* A stepped BKPT 0xab is a call into the host: it is served and counts as the step. */
	t->own->is_stepping = true;
	enum err rc = OK;

	if (t->semihosting_armed && t->reason == HALT_BREAKPOINT)
		rc = semihosting_service(t, &handled);
	t->own->is_stepping = false;
	TRY(rc);
	if (t->reason == HALT_WATCHPOINT && t->type->is_false_stop != NULL &&
	    t->type->is_false_stop(t))
		t->reason = HALT_SINGLE_STEP;
	if (t->state == TARGET_HALTED && !handled) {
		t->memory_epoch++;
		set_stop_note(t);
		target_call_event(t, EVENT_HALTED);
	}
	target_call_event(t, EVENT_STEP_END);
	return OK;
}

/* At each step through a handler it is the same: told again only after the core has run. */
void target_tell_stop_note(struct target *t)
{
	struct target_own *own = t->own;

	if (t->stop_note == NULL || own->is_note_told)
		return;
	own->is_note_told = true;
	snprintf(own->told_text, sizeof(own->told_text), "%s", t->stop_note);
	log_user("%s", t->stop_note);
}

/* The two lines OpenOCD prints at a halt, then why the core stands in a fault, if it does. */
void target_report_halt(struct target *t)
{
	char mode[64] = "Thread ";
	const char *sp_name = "msp";
	uint32_t xpsr = 0, pc = 0, sp = 0;

	if (t->type->describe_mode == NULL)
		return;
	if (t->type->describe_mode(t, mode, sizeof(mode), &sp_name) != OK ||
	    target_get_reg32(t, "xPSR", &xpsr) != OK || target_get_reg32(t, "pc", &pc) != OK ||
	    target_get_reg32(t, sp_name, &sp) != OK) {
		log_failure();
		return;
	}
	if (script_compat(t->list->script)->log_011)
		log_user("target halted due to %s, current mode: %s", target_reason_name(t->reason), mode);
	else
		log_user("[%s] halted due to %s, current mode: %s", t->name,
			 target_reason_name(t->reason), mode);
	log_user("xPSR: 0x%08x pc: 0x%08x %s: 0x%08x%s%s", xpsr, pc, sp_name, sp,
		 t->semihosting_armed ? ", semihosting" : "",
		 t->semihosting_armed && semihosting_is_gdbs(t) ? " fileio" : "");
	t->own->is_note_told = false;
	target_tell_stop_note(t);
}
