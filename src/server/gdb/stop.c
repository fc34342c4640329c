/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stop replies (GDB manual, "Stop Reply Packets"). One is owed after each resume and is sent when the
 * target says that the core halted, whoever halted it. It names one reason at most: the watchpoint or
 * breakpoint that GDB itself inserted here. What GDB did not insert it would not understand.
 */
#include <string.h>

#include "base/clock.h"
#include "server/gdb/packets.h"

/* A core that cannot be examined may be in a long reset; a lost probe is known at once. */
#define LOST_AFTER_MS 2000u

void gdb_wait_for_stop(struct gdb_session *s)
{
	s->owes_answer = false;
	s->run = GDB_WAITING;
	s->is_interrupted = false;
	s->interrupt_due_ms = 0;
	s->lost_since_ms = 0;
	console_open(s);
	console_flush_note(s);
}

static void wait_is_over(struct gdb_session *s)
{
	s->run = GDB_STOPPED;
	s->is_overtaken = s->is_told_lost = false;	/* it reads everything anew */
	resume_end_range(s);
	s->is_interrupted = false;
	s->interrupt_due_ms = 0;
	s->target->quiet_halt = false;
	console_close(s);
	buf_clear(&s->last_error);
}

/* A lock-up is ended by a halt that no person asked for. The PC of one: DDI 0403 B1.5.15, DDI 0553. */
static bool is_locked_up(struct target *t)
{
	uint32_t pc, xpsr;

	if (t->state == TARGET_HALTED && target_get_reg32(t, "pc", &pc) == OK &&
	    target_get_reg32(t, "xPSR", &xpsr) == OK)
		return (pc == 0xfffffffe || pc == 0xeffffffe) && (xpsr & 0x1ff) >= 2;
	error_clear();
	return false;
}

unsigned stop_signal(const struct gdb_session *s)
{
	switch (s->target->reason) {
	case HALT_DEBUG_REQUEST:
		return is_locked_up(s->target) && !s->is_interrupted ? GDB_SIGNAL_SEGV : GDB_SIGNAL_INT;
	case HALT_UNDEFINED:
		return GDB_SIGNAL_INT;
	case HALT_SINGLE_STEP:
		return s->is_interrupted ? GDB_SIGNAL_INT : GDB_SIGNAL_TRAP;
	default:
		return GDB_SIGNAL_TRAP;
	}
}

/* The address must lie inside the object GDB watches, or it drops the report. */
static bool format_watch(struct gdb_session *s, struct buf *out)
{
	static const char *const names[] = { [2] = "watch", [3] = "rwatch", [4] = "awatch" };
	struct target *t = s->target;
	uint32_t addr = 0;

	if (t->reason != HALT_WATCHPOINT && t->reason != HALT_WATCH_AND_BREAK)
		return false;
	const struct watchpoint *w = t->type->hit_watchpoint(t, &addr);
	const struct gdb_point *p = w != NULL ? points_watching(s, w) : NULL;

	if (p == NULL)
		return false;
	if (addr - p->addr >= p->kind)
		addr = p->addr;
	buf_printf(out, "%s:%x;", names[p->type], addr);
	return true;
}

/* A BKPT of the program gets no reason: GDB would take it for a stale breakpoint and go on. */
static void format_break(struct gdb_session *s, struct buf *out)
{
	struct target *t = s->target;
	uint32_t pc;

	if (t->reason != HALT_BREAKPOINT && t->reason != HALT_WATCH_AND_BREAK)
		return;
	if (target_get_reg32(t, "pc", &pc) != OK) {
		error_clear();
		return;
	}
	const struct gdb_point *p = points_at(s, pc);

	s->has_hit = p != NULL;
	s->hit_addr = pc;
	if (p != NULL && p->type == 0 && s->knows_swbreak)
		buf_printf(out, "swbreak:;");
	else if (p != NULL && p->type == 1 && s->knows_hwbreak)
		buf_printf(out, "hwbreak:;");
}

void stop_format(struct gdb_session *s, unsigned signal, struct buf *out)
{
	buf_printf(out, "T%02x", signal);
	if (signal == GDB_SIGNAL_TRAP && s->target->state == TARGET_HALTED && !format_watch(s, out))
		format_break(s, out);
	buf_printf(out, "thread:%x;", threads_stopped(s));
}

/* Why the core is in a fault: through the log, which all GDBs that wait read along. */
/* GDB shows old and new values itself: the note is for the log and the other consoles. */
static bool is_at_watchpoint(const struct target *t)
{
	return t->reason == HALT_WATCHPOINT || t->reason == HALT_WATCH_AND_BREAK;
}

static void tell_stop_note(struct gdb_session *s)
{
	if (s->target->state == TARGET_HALTED && !is_at_watchpoint(s->target))
		target_tell_stop_note(s->target);
}

void gdb_report_stop(struct gdb_session *s, unsigned signal)
{
	struct buf body = { 0 };

	tell_stop_note(s);
	stop_format(s, signal, &body);
	wait_is_over(s);
	output_packet(s, body.data, body.len);
	if (s->target->state == TARGET_HALTED && is_at_watchpoint(s->target))
		target_tell_stop_note(s->target);
	buf_free(&body);
}

void gdb_report_thread(struct gdb_session *s, unsigned signal, uint32_t thread)
{
	char body[32];

	snprintf(body, sizeof(body), "T%02xthread:%x;", signal, thread);
	wait_is_over(s);
	s->thread = s->shown_thread = thread;
	output_packet(s, body, strlen(body));
}

void gdb_report_exit(struct gdb_session *s, uint32_t code)
{
	char body[4];

	snprintf(body, sizeof(body), "W%02x", code & 0xff);
	wait_is_over(s);
	s->has_process = false;
	points_remove_all(s);
	output_packet(s, body, 3);
}

/*
 * Not an error as stop reply: GDB takes it for a stop by signal 0, and if it had resumed from a breakpoint
 * it resumes at once again, gets the same error, and so on for ever.
 */
void gdb_report_trouble(struct gdb_session *s)
{
	struct buf text = { 0 };

	buf_printf(&text, "%s\n", error_text(error_current()));
	/* What the log has just said is not said again. */
	if (s->last_error.len != text.len || memcmp(s->last_error.data, text.data, text.len) != 0)
		output_console(s, (const char *)text.data, text.len);
	buf_free(&text);
	gdb_report_thread(s, GDB_SIGNAL_LOST, s->shown_thread != 0 ? s->shown_thread : GDB_THREAD);
	s->is_told_lost = true;
	gdb_log_failure(s);
}

void stop_on_event(struct gdb_session *s, enum target_event event)
{
	if (event == EVENT_HALTED && s->run == GDB_WAITING && !s->is_stepping &&
	    s->target->state == TARGET_HALTED)
		gdb_report_stop(s, stop_signal(s));
}

/* True once the core has been out of reach for too long. */
static bool is_lost(struct gdb_session *s)
{
	struct target *t = s->target;

	if (t->list->adapter->is_lost) {
		adapter_fail_lost(t->list->adapter);
		return true;
	}
	if (t->examined) {
		s->lost_since_ms = 0;
		return false;
	}
	if (s->lost_since_ms == 0)
		s->lost_since_ms = clock_now_ms();
	if (clock_now_ms() - s->lost_since_ms < LOST_AFTER_MS)
		return false;
	error_why(ERR_NOT_EXAMINED, "%s has not answered for %u ms", t->name, LOST_AFTER_MS);
	return true;
}

static bool halt_is_overdue(struct gdb_session *s)
{
	if (s->interrupt_due_ms == 0 || clock_now_ms() < s->interrupt_due_ms)
		return false;
	error_why(ERR_HALT_TIMEOUT, "%s did not halt, it is %s", s->target->name,
		  target_state_name(s->target));
	return true;
}

void stop_tick(struct gdb_session *s)
{
	if (s->run != GDB_WAITING)
		return;
	if (is_lost(s) || halt_is_overdue(s))
		gdb_report_trouble(s);
	else if (s->target->state == TARGET_HALTED && !s->is_stepping &&
		 target_claimed_by(s->target) == NULL)
		gdb_report_stop(s, stop_signal(s));	/* halted in a way no event told */
}
