/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Resuming: c, s, C, S, vCont. One core, no signals: C and S are c and s, and of several actions the
 * one that is meant for the thread that runs counts. A continue is answered when the core halts; a step is
 * one call and is answered at once; a range is stepped in portions between which the loop runs.
 */
#include "base/clock.h"
#include "server/gdb/packets.h"

#define INTERRUPT_MS  1000u	/* GDB's user presses Ctrl-C again soon after */
#define STEP_SLICE_MS 10u	/* of a range, before others get their turn */

enum action { ACTION_NONE, ACTION_CONTINUE, ACTION_STEP, ACTION_RANGE };

struct order {
	enum action action;
	bool has_pc;
	uint32_t pc, start, end;
	uint32_t other;			/* the action names this thread, which does not run; 0: no */
	uint32_t waiting;		/* a thread that does not run shall be stepped; 0: none */
};

static void step_range(struct gdb_session *s);

/* ERR_BUSY and the like are answers; what cannot halt is told so. */
static bool is_running_already(struct gdb_session *s)
{
	struct target *t = s->target;

	if (t->state != TARGET_RUNNING && t->state != TARGET_RESET)
		return false;
	log_user("WARNING! The target is already running. All changes GDB did to registers will be "
		 "discarded! Waiting for target to halt.");
	return true;
}

/* GDB steps over its own breakpoints itself; one of its own at PC is meant to be hit now. */
static bool must_step_over(struct gdb_session *s)
{
	uint32_t pc;

	if (target_get_reg32(s->target, "pc", &pc) != OK) {
		error_clear();
		return true;
	}
	return points_at(s, pc) == NULL;
}

static enum err set_pc(struct gdb_session *s, const struct order *order)
{
	return order->has_pc ? target_set_reg32(s->target, "pc", order->pc & ~1u) : OK;
}

enum err resume_again(struct gdb_session *s)
{
	s->target->quiet_halt = true;
	s->has_hit = false;
	return target_resume(s->target, NULL, must_step_over(s), false);
}

static void after_step(struct gdb_session *s, enum err rc)
{
	if (s->run != GDB_WAITING)
		error_clear();
	else if (rc != OK)
		gdb_report_trouble(s);
	else if (s->target->state == TARGET_HALTED)
		gdb_report_stop(s, stop_signal(s));
	else
		s->is_stepping = false;		/* asleep in WFI: the halt comes as an event */
}

static bool has_breakpoint(const struct target *t, uint32_t pc)
{
	for (const struct breakpoint *b = t->breakpoints; b != NULL; b = b->next) {
		if (b->addr == pc)
			return true;
	}
	return false;
}

/*
 * GDB gets past a breakpoint of its own with all of them taken out for one step. Interrupts that have
 * become pending must wait: served now, their handlers would run past the breakpoints in them.
 */
static bool is_getting_past(struct gdb_session *s)
{
	uint32_t pc;
	bool was_hit = s->has_hit;

	s->has_hit = false;
	if (!was_hit || target_get_reg32(s->target, "pc", &pc) != OK) {
		error_clear();
		return false;
	}
	return pc == s->hit_addr && !has_breakpoint(s->target, pc);
}

static enum err step_once(struct gdb_session *s)
{
	s->is_stepping = true;
	s->target->quiet_halt = true;
	return target_step(s->target, NULL, !is_getting_past(s));
}

/* A range is left after some steps; a look ahead with each of them would cost more than it saves. */
static enum err step_and_look(struct gdb_session *s)
{
	struct read_ahead ahead = { 0 };

	if (cache_look_ahead(s, &ahead))
		s->target->ahead = &ahead;
	enum err rc = step_once(s);

	s->target->ahead = NULL;
	if (rc == OK)
		cache_take_ahead(s, &ahead);
	return rc;
}

static bool is_in_range(struct gdb_session *s)
{
	struct target *t = s->target;
	uint32_t pc;

	/* The core stands still between two steps: a `halt` of the console finds nothing to do. */
	s->is_interrupted |= target_halts_asked(t) != s->range.halts_asked;
	if (t->state != TARGET_HALTED || t->reason != HALT_SINGLE_STEP || s->is_interrupted)
		return false;
	if (target_get_reg32(t, "pc", &pc) != OK) {
		error_clear();
		return false;
	}
	if (pc < s->range.start || pc >= s->range.end)
		return false;
	return !has_breakpoint(t, pc) || conditions_all_false(s->server, t, pc);
}

void resume_end_range(struct gdb_session *s)
{
	s->range.is_active = false;
	s->is_stepping = false;
	loop_remove_timer(s->server->loop, s->range_timer);
	s->range_timer = NULL;
}

static void on_range_timer(void *ctx)
{
	struct gdb_session *s = ctx;

	s->range_timer = NULL;
	session_hold(s);
	if (s->range.is_active && s->run == GDB_WAITING)
		step_range(s);
	session_release(s);
}

static void step_range(struct gdb_session *s)
{
	uint64_t end = clock_now_ms() + STEP_SLICE_MS;
	enum err rc;

	do {
		rc = step_once(s);
	} while (rc == OK && !s->is_gone && is_in_range(s) && clock_now_ms() < end);
	if (rc != OK || s->is_gone || !is_in_range(s)) {
		s->range.is_active = false;
		after_step(s, rc);
	} else {
		s->range_timer = loop_add_timer(s->server->loop, 0, 0, on_range_timer, s);
	}
}

static enum err carry_out(struct gdb_session *s, const struct order *order)
{
	TRY(set_pc(s, order));
	target_call_event(s->target, EVENT_GDB_START);
	switch (order->action) {
	case ACTION_CONTINUE:
		return resume_again(s);
	case ACTION_RANGE:
		s->range = (struct gdb_stepping){ true, order->start, order->end,
						  target_halts_asked(s->target) };
		step_range(s);
		return OK;
	default:
		after_step(s, step_and_look(s));
		return OK;
	}
}

/* `monitor gdb_sync`: a step that only makes GDB look at the registers again. */
static bool is_sync(struct gdb_session *s, const struct order *order)
{
	bool wanted = s->wants_sync;

	s->wants_sync = false;
	return wanted && order->action != ACTION_CONTINUE && s->target->state == TARGET_HALTED;
}

static enum err follow(struct gdb_session *s, const struct order *order)
{
	if (s->run != GDB_STOPPED) {
		gdb_no_answer(s);	/* sent again, or by no GDB: one stop reply answers all */
		return OK;
	}
	s->was_step = order->action != ACTION_CONTINUE;
	gdb_wait_for_stop(s);
	if (order->waiting != 0) {
		threads_refuse(s, order->waiting, order->other != 0);
		return OK;
	}
	if (is_sync(s, order)) {
		gdb_report_stop(s, GDB_SIGNAL_INT);
		return OK;
	}
	if (is_running_already(s))
		return OK;
	console_tell_overtaken(s);
	enum err rc = carry_out(s, order);

	if (s->run != GDB_WAITING) {
		error_clear();
		return OK;
	}
	if (rc != OK)
		gdb_report_trouble(s);
	return OK;
}

static enum err packet_run(struct gdb_session *s, struct rsp_args *args, enum action action)
{
	struct order order = { .action = action };

	if (!rsp_at_end(args)) {
		if (!rsp_take_hex(args, &order.pc) || !rsp_at_end(args))
			return gdb_malformed("resume");
		order.has_pc = true;
	}
	if (action != ACTION_CONTINUE && s->resume_thread != 0 && threads_is_waiting(s, s->resume_thread))
		order.waiting = s->resume_thread;
	return follow(s, &order);
}

static enum err packet_c(struct gdb_session *s, struct rsp_args *args)
{
	return packet_run(s, args, ACTION_CONTINUE);
}

static enum err packet_s(struct gdb_session *s, struct rsp_args *args)
{
	return packet_run(s, args, ACTION_STEP);
}

/* "sig" or "sig;addr" */
static enum err skip_signal(struct rsp_args *args)
{
	uint32_t signal;

	if (!rsp_take_hex(args, &signal))
		return gdb_malformed("resume");
	if (rsp_take_char(args, ';') && rsp_at_end(args))
		return gdb_malformed("resume");
	return OK;
}

static enum err packet_C(struct gdb_session *s, struct rsp_args *args)
{
	TRY(skip_signal(args));
	return packet_run(s, args, ACTION_CONTINUE);
}

static enum err packet_S(struct gdb_session *s, struct rsp_args *args)
{
	TRY(skip_signal(args));
	return packet_run(s, args, ACTION_STEP);
}

static bool take_action(struct rsp_args *args, struct order *order)
{
	static const struct {
		char letter;
		enum action action;
		bool has_signal;
	} letters[] = {
		{ 'c', ACTION_CONTINUE, false }, { 'C', ACTION_CONTINUE, true },
		{ 's', ACTION_STEP, false },	 { 'S', ACTION_STEP, true },
	};
	uint32_t signal;

	if (rsp_take_char(args, 'r')) {
		order->action = ACTION_RANGE;
		return rsp_take_pair(args, &order->start, ',', &order->end);
	}
	for (size_t i = 0; i < ARRAY_SIZE(letters); i++) {
		if (rsp_take_char(args, letters[i].letter)) {
			order->action = letters[i].action;
			return !letters[i].has_signal || rsp_take_hex(args, &signal);
		}
	}
	return false;
}

/* ":tid" names a thread; none, -1 and 0 mean every thread. */
static bool take_thread(struct rsp_args *args, uint32_t *thread)
{
	*thread = 0;
	if (!rsp_take_char(args, ':') || rsp_take_word(args, "-1"))
		return true;
	return rsp_take_hex(args, thread);
}

/*
 * The leftmost action that is meant for the thread that runs counts. A step of another cannot be done.
 * A thread that is not there is not meant.
 */
static void choose(struct gdb_session *s, const struct order *order, uint32_t thread, struct order *chosen)
{
	bool is_waiting = thread != 0 && threads_is_waiting(s, thread);
	bool is_ours = thread == 0 || threads_is_running(s, thread);

	if (is_waiting && order->action != ACTION_CONTINUE) {
		if (chosen->waiting == 0 && chosen->action == ACTION_NONE)
			chosen->waiting = thread;
	} else if ((is_ours && (chosen->action == ACTION_NONE || chosen->other != 0)) ||
		   (is_waiting && chosen->action == ACTION_NONE)) {
		uint32_t waiting = chosen->waiting;

		*chosen = *order;
		chosen->waiting = waiting;
		chosen->other = is_ours ? 0 : thread;
	}
}

static enum err packet_vCont(struct gdb_session *s, struct rsp_args *args)
{
	struct order chosen = { 0 };

	while (rsp_take_char(args, ';')) {
		struct order order = { 0 };
		uint32_t thread;

		if (!take_action(args, &order) || !take_thread(args, &thread))
			return gdb_malformed("vCont");
		choose(s, &order, thread, &chosen);
	}
	if (!rsp_at_end(args) || (chosen.action == ACTION_NONE && chosen.waiting == 0))
		return gdb_malformed("vCont");
	/* Alone, as with `set scheduler-locking on`: GDB 13 does not survive a stop of another one then. */
	if (chosen.other != 0)
		chosen.waiting = chosen.other;
	return follow(s, &chosen);
}

/* c and C, s and S: GDB trusts neither pair if one of it is missing. */
static enum err packet_vCont_query(struct gdb_session *s, struct rsp_args *args)
{
	(void)args;
	gdb_reply_text(s, "vCont;c;C;s;S;r");
	return OK;
}

void resume_interrupt(struct gdb_session *s)
{
	struct target *t = s->target;
	enum err rc = OK;

	if (s->run != GDB_WAITING)
		return;		/* it crossed the stop reply on the wire, or GDB serves a file call */
	session_hold(s);
	s->is_interrupted = true;
	s->interrupt_due_ms = clock_now_ms() + INTERRUPT_MS;
	if (target_gives_up_waiting(t)) {
		;		/* a semihosting call: halted like any other, and told */
	} else if (s->range.is_active || t->state == TARGET_HALTED) {
		gdb_report_stop(s, GDB_SIGNAL_INT);
	} else {
		t->quiet_halt = true;
		rc = target_halt(t);
	}
	if (rc != OK && s->run == GDB_WAITING)
		gdb_report_trouble(s);
	error_clear();
	session_release(s);
}

static enum err packet_vCtrlC(struct gdb_session *s, struct rsp_args *args)
{
	(void)args;
	gdb_reply_ok(s);
	resume_interrupt(s);
	return OK;
}

const struct gdb_packet resume_packets[] = {
	{ "vCont?", MATCH_WHOLE, packet_vCont_query },
	{ "vCont", MATCH_WORD, packet_vCont },
	{ "vCtrlC", MATCH_WHOLE, packet_vCtrlC },
	{ "c", MATCH_PREFIX, packet_c },
	{ "s", MATCH_PREFIX, packet_s },
	{ "C", MATCH_PREFIX, packet_C },
	{ "S", MATCH_PREFIX, packet_S },
	{ NULL, MATCH_WHOLE, NULL }
};
