/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program under test that has crashed says nothing any more. Its end is still the daemon's, with the
 * decoded fault, and not only when the limit of time is over: while no GDB is attached, who would want to
 * look at it, the cores are looked at now and then. A fault handler gets the time to tell its story.
 */
#include <inttypes.h>

#include "base/clock.h"
#include "base/log.h"
#include "target/semihosting.h"

#define LOOK_MS	 250u
#define FAULT_MS 2000u			/* a handler that prints and exits is through by then */
#define HALT_MS	 1000u
#define ICSR	 0xe000ed04u		/* DDI 0403 B3.2.4; VECTACTIVE is bits 8..0 */
#define BKPT	 0xbe00u
#define LOCKUP_PC     0xfffffffeu	/* DDI 0403 B1.5.15 */
#define LOCKUP_PC_V8  0xeffffffeu	/* DDI 0553 */

static bool may_look(const struct target *t)
{
	const struct target_list *list = t->list;
	const struct adapter *adapter = list->adapter;

	return t->semihosting_armed && t->semihosting != NULL && t->semihosting->gdb_count == 0 &&
	       t->examined && t->own->claim == NULL && !list->own->is_resetting &&
	       adapter->is_open && !adapter->is_lost;
}

static void end_daemon(struct target *t, const char *what)
{
	t->semihosting->has_run = false;	/* told once */
	log_error("[%s] the program has crashed: %s", t->name, what);
	semi_exit_daemon(t, SEMI_CRASHED);
}

/* NULL: it stands where it was told to stand. */
static const char *crash_of(struct target *t)
{
	uint16_t opcode = 0;
	uint32_t pc;

	if (target_get_reg32(t, "pc", &pc) != OK)
		return NULL;
	if (pc == LOCKUP_PC || pc == LOCKUP_PC_V8 || t->reason == HALT_VECTOR_CATCH)
		return t->stop_note;
	if (t->reason != HALT_BREAKPOINT || breakpoint_at(t, pc) != NULL ||
	    target_read_u16(t, pc, &opcode) != OK || (opcode & 0xff00) != BKPT)
		return NULL;
	return "it stands at a BKPT of its own, as a failed assertion does";
}

static enum err look_at_halted(struct target *t)
{
	const char *what = crash_of(t);

	if (what != NULL)
		end_daemon(t, what);
	return OK;
}

static enum err look_at_running(struct target *t)
{
	struct semihosting *s = t->semihosting;
	uint32_t icsr;

	s->has_run = true;
	TRY(target_read_u32(t, ICSR, &icsr));
	if ((icsr & 0x1ff) < 3 || (icsr & 0x1ff) > 7) {	/* HardFault .. SecureFault */
		s->in_fault_since_ms = 0;
		return OK;
	}
	if (s->in_fault_since_ms == 0)
		s->in_fault_since_ms = clock_now_ms();
	if (clock_now_ms() - s->in_fault_since_ms < FAULT_MS)
		return OK;
	TRY(target_halt(t));
	TRY(target_wait_state(t, TARGET_HALTED, HALT_MS));
	if (t->stop_note == NULL)
		return target_resume(t, NULL, true, false);
	end_daemon(t, t->stop_note);
	return OK;
}

static void on_timer(void *ctx)
{
	struct target_list *list = ctx;

	list->own->crash_timer = loop_add_timer(list->loop, LOOK_MS, 0, on_timer, list);
	for (struct target *t = list->first; t != NULL; t = t->next) {
		enum err rc = OK;

		if (!may_look(t))
			continue;
		if (t->state == TARGET_RUNNING)
			rc = look_at_running(t);
		else if (t->state == TARGET_HALTED && t->semihosting->has_run)
			rc = look_at_halted(t);
		if (rc != OK)
			error_clear();		/* the poll tells what is wrong with the link */
	}
}

static void on_event(void *ctx, struct target *t, enum target_event event)
{
	struct semihosting *s = semihosting_get(t);

	(void)ctx;
	switch (event) {
	case EVENT_GDB_ATTACH: s->gdb_count++; break;
	case EVENT_GDB_DETACH: s->gdb_count -= s->gdb_count > 0; break;
	case EVENT_RESUMED: s->has_run = true; break;
	case EVENT_RESET_START:
		s->has_run = false;
		s->in_fault_since_ms = 0;
		break;
	case EVENT_RESET_END: s->has_run = t->state == TARGET_RUNNING; break;
	default: break;
	}
}

void semi_watch_crashes(struct target_list *list, bool on)
{
	if (on == (list->own->crash_timer != NULL))
		return;
	if (on) {
		target_add_listener(list, on_event, list);
		list->own->crash_timer = loop_add_timer(list->loop, LOOK_MS, 0, on_timer, list);
		return;
	}
	target_remove_listener(list, on_event, list);
	loop_remove_timer(list->loop, list->own->crash_timer);
	list->own->crash_timer = NULL;
}
