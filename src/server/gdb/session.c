/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/gdb/session.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "server/gdb/packets.h"
#include "target/patch.h"

#define QUEUE_MAX     (4u * RSP_INPUT_MAX)
/* A packet that comes so long after a monitor command began means that GDB has left it. */
#define GIVE_UP_MS    1000u

struct gdb_session *session_new(struct gdb_server *server, struct target *t,
				const struct gdb_wire *wire)
{
	struct gdb_session *s = xcalloc(1, sizeof(*s));

	s->server = server;
	s->target = t;
	s->wire = *wire;
	s->has_process = true;
	s->last_sent_ms = clock_now_ms();
	s->origin = (struct origin){ .kind = ORIGIN_GDB, .session = s, .target = t };
	s->next = server->sessions;
	server->sessions = s;
	return s;
}

static struct gdb_item *queue_pop(struct gdb_session *s)
{
	struct gdb_item *item = s->queue;

	if (item != NULL)
		s->queue = item->next;
	return item;
}

static void item_free(struct gdb_item *item)
{
	buf_free(&item->data);
	free(item);
}

static void session_free(struct gdb_session *s)
{
	for (struct gdb_session **p = &s->server->sessions; *p != NULL; p = &(*p)->next) {
		if (*p == s) {
			*p = s->next;
			break;
		}
	}
	for (struct gdb_item *item; (item = queue_pop(s)) != NULL;)
		item_free(item);
	resume_end_range(s);
	output_free(s);
	flash_forget(s);
	cache_free(s);
	live_free(s);
	buf_free(&s->input);
	buf_free(&s->packet);
	buf_free(&s->tdesc);
	buf_free(&s->memory_map);
	buf_free(&s->threads);
	buf_free(&s->note);
	buf_free(&s->last_error);
	free(s);
}

void session_hold(struct gdb_session *s)
{
	s->use_count++;
}

void session_release(struct gdb_session *s)
{
	if (--s->use_count == 0 && s->is_gone)
		session_free(s);
}

static bool is_here(const struct gdb_session *s, const struct target *t)
{
	return s->target == t && s->is_attached && !s->is_gone;
}

bool session_has_company(const struct gdb_session *s)
{
	for (const struct gdb_session *o = s->server->sessions; o != NULL; o = o->next) {
		if (o != s && is_here(o, s->target))
			return true;
	}
	return false;
}

static int count_sessions(const struct gdb_server *server, const struct target *t)
{
	int count = 0;

	for (const struct gdb_session *s = server->sessions; s != NULL; s = s->next)
		count += s->target == t && s->is_let_in && !s->is_gone;
	return count;
}

/* It has the place that another one wants. */
static void suspect(struct gdb_session *s)
{
	const char *peer = s->wire.peer != NULL ? s->wire.peer(s->wire.ctx) : NULL;

	log_info("[%s] has a GDB already%s%s: if it is dead, it is gone in a few seconds; \"gdb drop\" "
		 "ends it",
		 s->target->name, peer != NULL ? ", " : "", peer != NULL ? peer : "");
	if (s->wire.prove_alive != NULL)
		s->wire.prove_alive(s->wire.ctx);
}

static struct gdb_session *find_left(const struct gdb_server *server, const struct target *t)
{
	for (struct gdb_session *s = server->sessions; s != NULL; s = s->next) {
		if (s->target == t && s->is_let_in && !s->is_gone && s->wire.has_left != NULL &&
		    s->wire.has_left(s->wire.ctx))
			return s;
	}
	return NULL;
}

bool session_has_room(const struct gdb_server *server, const struct target *t)
{
	struct gdb_session *left;

	/* A GDB that is started again at once: its end may be in the same pass of the loop. */
	while ((left = find_left(server, t)) != NULL)
		session_hang_up(left);
	if (t->gdb_max_connections < 0 || count_sessions(server, t) < t->gdb_max_connections)
		return true;
	log_error("rejected 'gdb' connection, no more connections allowed");
	for (struct gdb_session *s = server->sessions; s != NULL; s = s->next) {
		if (s->target == t && s->is_let_in && !s->is_gone)
			suspect(s);
	}
	log_info("\"%s configure -gdb-max-connections %d\" allows one more", t->name,
		 t->gdb_max_connections + 1);
	return false;
}

static void leave_core(struct gdb_session *s)
{
	struct target *t = s->target;
	enum err rc = OK;

	if (s->server->options.end_state == GDB_END_RUN && t->state == TARGET_HALTED)
		rc = target_resume(t, NULL, true, false);
	else if (s->server->options.end_state == GDB_END_HALT && t->state == TARGET_RUNNING)
		rc = target_halt(t);
	if (rc != OK) {
		error_what(rc, "[%s] cannot leave the core as gdb_end_state says", t->name);
		log_failure();
	}
}

void session_attach(struct gdb_session *s)
{
	bool is_first = !session_has_company(s);

	if (s->is_attached)
		return;
	s->is_attached = true;
	if (is_first)
		target_call_event(s->target, EVENT_GDB_ATTACH);
}

/* Breakpoints that stand in flash go with the last GDB, unless the console has some of its own. */
void session_remove_breakpoints(struct gdb_session *s)
{
	struct target *t = s->target;

	points_remove_all(s);
	if (session_has_company(s) || t->breakpoints != NULL || !t->examined)
		return;
	if (patches_restore(t) != OK)
		gdb_log_failure(s);
}

void session_detach(struct gdb_session *s)
{
	bool was_attached = s->is_attached, was_serving = s->run == GDB_FILEIO;

	s->is_attached = false;
	if (s->run != GDB_STOPPED)
		s->target->quiet_halt = false;	/* nobody shows it now */
	s->run = GDB_STOPPED;
	resume_end_range(s);
	console_close(s);
	flash_forget(s);
	session_remove_breakpoints(s);
	if (was_serving)
		semihosting_fileio_abandon(s->target);
	if (!was_attached || session_has_company(s))
		return;		/* the core is the others' */
	target_call_event(s->target, EVENT_GDB_END);
	target_call_event(s->target, EVENT_GDB_DETACH);
	leave_core(s);
}

/* Breakpoints cannot be taken out while another client's work has the target: session_tick tries on. */
static void leave(struct gdb_session *s)
{
	if (target_claimed_by(s->target) == NULL) {
		session_detach(s);
	} else if (!s->is_leaving) {
		s->is_leaving = true;
		session_hold(s);
	}
}

void session_finish_leaving(struct gdb_session *s)
{
	if (!s->is_leaving)
		return;
	s->is_leaving = false;
	session_detach(s);
	session_release(s);
}

void session_close(struct gdb_session *s)
{
	if (s->is_gone)
		return;
	session_hold(s);
	s->is_gone = true;
	if (s->is_busy)
		script_cancel(s->server->script, &s->origin);	/* session_work leaves */
	else
		leave(s);
	session_release(s);
}

void session_hang_up(struct gdb_session *s)
{
	if (s->is_gone)
		return;
	s->wire.hang_up(s->wire.ctx);
	session_close(s);
}

/* Who configures connect_assert_srst wants a chip that sleeps, or has its debug pins off, to be reset by
 * whoever connects; `init` does so for the first one. */
static bool stop_under_reset(struct target *t)
{
	const unsigned wanted = RESET_HAS_SRST | RESET_SRST_NOGATE | RESET_CONNECT_UNDER_SRST;
	const struct adapter *adapter = t->list->adapter;
	struct error kept;

	if ((adapter->reset_config & wanted) != wanted || adapter->is_lost)
		return false;
	error_take(&kept);
	log_warning("%s does not answer: GDB connects under reset (connect_assert_srst)", t->name);
	if (target_reset(t->list, RESET_HALT) == OK && t->examined)
		return true;
	error_put(&kept);
	return false;
}

/* The second core of a chip may have no clock before the first one has started it. */
static void tell_first_core(const struct target *t)
{
	for (struct target *o = target_next_peer(t, NULL); o != NULL; o = target_next_peer(t, o)) {
		if (!o->examined)
			continue;
		log_info("%s answers behind the same debug port (it is %s): %s may have no clock before "
			 "that starts it; then connect again, or \"%s arp_examine\"",
			 o->name, target_state_name(o), t->name, t->name);
		return;
	}
}

/* The target is looked at once more; a GDB without a core would only stumble. */
static enum err check_examined(struct target *t, int number)
{
	if (t->examined || target_examine(t) == OK || stop_under_reset(t))
		return OK;
	tell_first_core(t);
	return error_what(error_current()->code,
			  "Target %s not examined yet, refuse gdb connection %d!", t->name, number);
}

/* In extended mode a GDB may have no program yet: the console works, `attach` and `run` try again. */
static void park(struct gdb_session *s)
{
	s->is_let_in = true;
	s->has_process = false;
	console_note(s, "%s (\"monitor\" commands work; \"attach 1\" or \"run\" when the target is back)",
		     error_text(error_current()));
	log_failure();
}

enum err session_find_core(struct gdb_session *s)
{
	int number = count_sessions(s->server, s->target) + !s->is_let_in;

	TRY(check_examined(s->target, number));
	s->is_let_in = true;
	if (!s->has_process)		/* GDB reads it again, and there may have been no registers */
		buf_clear(&s->tdesc);
	session_attach(s);
	if (s->is_gone)
		return error_why(ERR_CANCELLED, "the client is gone");
	if (s->target->state != TARGET_HALTED)
		log_warning("GDB connection %d on target %s not halted", number, s->target->name);
	fileio_attach(s->server, s->target);
	return OK;
}

/* The first packet of a client: until then it may have been somebody who only tries the port. */
static bool let_in(struct gdb_session *s)
{
	if (!session_has_room(s->server, s->target)) {
		session_hang_up(s);
		return false;
	}
	if (session_find_core(s) == OK)
		return true;
	if (s->is_gone) {
		error_clear();
		return false;
	}
	if (s->is_extended) {
		park(s);
		return true;
	}
	log_failure();
	session_hang_up(s);
	return false;
}

/* What GDB says before it has said if it speaks the extended protocol. A core that is not there is
 * looked for after that. */
static bool is_greeting(const struct gdb_session *s)
{
	static const char *const names[] = { "qSupported", "vMustReplyEmpty", "QStartNoAckMode", "vCont?",
					     "!" };
	const struct buf *packet = &s->queue->data;

	for (size_t i = 0; i < ARRAY_SIZE(names) && !s->target->examined; i++) {
		if (packet->len >= strlen(names[i]) &&
		    memcmp(packet->data, names[i], strlen(names[i])) == 0)
			return true;
	}
	return false;
}

static void handle(struct gdb_session *s, struct gdb_item *item)
{
	buf_clear(&s->packet);
	buf_append(&s->packet, item->data.data, item->data.len);
	s->packet.len = rsp_unescape(s->packet.data, s->packet.data, s->packet.len);
	s->packet.data[s->packet.len] = '\0';
	item_free(item);
	s->busy_since_ms = clock_now_ms();
	s->last_sent_ms = s->busy_since_ms;
	gdb_dispatch(s);
}

void session_work(struct gdb_session *s)
{
	if (s->is_busy || !s->server->is_ready || s->queue == NULL)
		return;
	session_hold(s);
	s->is_busy = true;
	while (!s->is_gone && s->queue != NULL && (s->is_let_in || is_greeting(s) || let_in(s)))
		handle(s, queue_pop(s));
	s->is_busy = false;
	if (s->is_gone)
		leave(s);
	else if (s->is_interrupted)
		resume_interrupt(s);
	session_release(s);
}

static void interrupted(struct gdb_session *s)
{
	if (!s->is_busy)
		resume_interrupt(s);
	else if (s->run == GDB_WAITING)
		s->is_interrupted = true;	/* session_work halts the core */
	else
		script_cancel(s->server->script, &s->origin);
}

/*
 * GDB leaves a monitor command on Ctrl-C, right after an O packet and without a word; its next command
 * is the word. What the old one would still answer would be taken for the answer to the new one, and so
 * would O packets that left after the one GDB read last. Nobody can tell how many those are: then only
 * a new connection is in step again.
 */
static void gave_up(struct gdb_session *s)
{
	if (!s->is_console || clock_now_ms() - s->busy_since_ms < GIVE_UP_MS)
		return;
	s->is_console = false;		/* from here on no text of it goes out either */
	s->owes_answer = false;
	if (s->console_packets > 1) {
		log_warning("gdb: the client has left a monitor command in the middle of its output and is "
			    "out of step: connection closed, connect again");
		session_hang_up(s);
		return;
	}
	log_info("gdb: the client has left its monitor command: cancelled");
	script_cancel(s->server->script, &s->origin);
}

static void enqueue(struct gdb_session *s, const uint8_t *body, size_t n)
{
	struct gdb_item *item = xcalloc(1, sizeof(*item)), **last = &s->queue;
	size_t waiting = n;

	if (s->is_busy)
		gave_up(s);
	if (s->is_gone) {
		item_free(item);
		return;
	}
	for (; *last != NULL; last = &(*last)->next)
		waiting += (*last)->data.len;
	buf_append(&item->data, body, n);
	*last = item;
	if (waiting > QUEUE_MAX) {
		log_warning("gdb: the client sends without waiting for answers: connection closed");
		session_hang_up(s);
	}
}

/* GDB waits two seconds for the '+' of its first packet, then sends it again: a server that was still
 * starting finds both. Two answers would put all later ones out of step. */
static bool is_greeting_again(const struct gdb_session *s, const struct rsp_item *item)
{
	static const char name[] = "qSupported";
	const struct buf *before = s->unacked != NULL ? &s->packet : NULL;

	if (s->queue != NULL)
		before = &s->queue->data;
	return before != NULL && item->kind == RSP_PACKET && item->len > strlen(name) &&
	       memcmp(item->body, name, strlen(name)) == 0 && before->len == item->len &&
	       memcmp(before->data, item->body, item->len) == 0;
}

static void packet_came(struct gdb_session *s, const struct rsp_item *item)
{
	if (!s->no_ack) {
		bool good = item->kind == RSP_PACKET;

		/* At once: GDB's limit for the '+' is as short as the one for the answer. */
		s->wire.send(s->wire.ctx, good ? "+" : "-", 1);
		if (!good || is_greeting_again(s, item))
			return;
		output_flush(s);
	}
	enqueue(s, item->body, item->len);
}

void session_input(struct gdb_session *s, const void *data, size_t n)
{
	if (s->is_gone)
		return;
	session_hold(s);
	buf_append(&s->input, data, n);
	while (!s->is_gone) {
		struct rsp_item item = rsp_next(s->input.data, s->input.len);

		if (item.kind == RSP_PACKET || item.kind == RSP_BAD_SUM)
			packet_came(s, &item);
		if (item.kind == RSP_MORE)
			break;
		buf_consume(&s->input, item.used);
		switch (item.kind) {
		case RSP_ACK:	    output_acked(s);  break;
		case RSP_NAK:	    output_nacked(s); break;
		case RSP_INTERRUPT: interrupted(s);   break;
		default:	    session_work(s);  break;	/* may come back in here */
		}
	}
	if (s->input.len > RSP_INPUT_MAX) {
		log_warning("gdb: a packet of more than %u bytes: connection closed", RSP_INPUT_MAX);
		session_hang_up(s);
	}
	session_release(s);
}

void session_tick(struct gdb_session *s)
{
	session_hold(s);
	output_tick(s);
	if (target_claimed_by(s->target) == NULL)
		session_finish_leaving(s);
	if (s->is_busy || (s->queue != NULL && !s->server->is_ready))
		output_keep_alive(s);
	if (!s->is_busy)
		stop_tick(s);
	session_release(s);
}
