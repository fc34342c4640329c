/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When to look: at once again while data flows, less and less often down to the polling interval when it
 * does not. While no block is known a pass of the search goes on in small pieces. A reset drains what is
 * left, lets the block go and looks for the next program's.
 */
#include "target/room_verbs.h"
#include "trace/rtt.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

#define POLLING_MS	100u	/* as OpenOCD */
#define SEARCH_GAP_MS	1u	/* between two pieces of a pass */
#define SEARCH_BYTES	4096u
#define IDLE_BYTES	2048u	/* of the pass beside a block in use */
#define IDLE_MS		300u	/* a block that moved lately is the right one */
#define SUSPECT_MS	3000u
#define DRAIN_BATCHES	16u

static void on_timer(void *ctx);

void rtt_arm_timer(struct rtt *r, unsigned in_ms)
{
	struct loop *loop = r->room->trace->targets->loop;

	if (r->timer != NULL)
		loop_remove_timer(loop, r->timer);
	r->timer = loop_add_timer(loop, in_ms, 0, on_timer, r);
}

bool rtt_may_look(struct rtt *r)
{
	const struct target *t = r->target;
	const struct adapter *adapter = r->room->trace->targets->adapter;

	if (t == NULL || !t->examined || t->ap == NULL || target_claimed_by(t) != NULL)
		return false;
	if (!adapter->is_open || adapter->is_lost || script_is_capturing(r->room->trace->targets->script))
		return false;
	return !adapter->srst || (adapter->reset_config & RESET_SRST_NOGATE);
}

/* The first failure is told, the rest only at debug level. */
static void tell_failure(struct rtt *r)
{
	if (r->is_failure_told || error_current()->code == ERR_ADAPTER_LOST)
		log_debug("rtt: %s", error_text(error_current()));
	else
		log_warning("rtt: %s", error_text(error_current()));
	r->is_failure_told = true;
	error_clear();
}

static enum err search(struct rtt *r)
{
	bool done = false;

	r->gap_ms = SEARCH_GAP_MS;
	TRY(rtt_look_at_known(r));
	if (r->is_found)
		return OK;
	TRY(rtt_search_step(r, SEARCH_BYTES, &done));
	if (done)
		r->gap_ms = r->is_found ? 0 : MAX(r->room->polling_ms, SEARCH_GAP_MS);
	return OK;
}

/* It sets its block up some time after it has begun: several passes. */
void rtt_suspect(struct rtt *r)
{
	r->suspect_until_ms = clock_now_ms() + SUSPECT_MS;
	if (r->is_found)
		r->pass = (struct rtt_pass){ 0 };
}

bool rtt_is_suspect(const struct rtt *r)
{
	return clock_now_ms() < r->suspect_until_ms;
}

/* Nothing comes: maybe another program runs, with a block elsewhere. */
static enum err look_around(struct rtt *r)
{
	uint64_t now = clock_now_ms();
	bool is_quick = rtt_is_suspect(r) || r->passes == 0;
	bool done;

	if (is_quick)
		r->gap_ms = SEARCH_GAP_MS;
	else if (now - r->last_data_ms < IDLE_MS || now < r->next_look_ms)
		return OK;
	r->next_look_ms = now + POLLING_MS;
	TRY(rtt_look_at_known(r));
	return rtt_search_step(r, is_quick ? SEARCH_BYTES : IDLE_BYTES, &done);
}

static bool has_listener(const struct rtt *r)
{
	if (r->room->logs != NULL || r->room->trace->listeners != NULL)
		return true;
	for (const struct rtt_port *p = r->room->ports; p != NULL; p = p->next) {
		if (p->rtt == r && r->room->trace->ports->clients(p->port) > 0)
			return true;
	}
	return false;
}

static enum err poll(struct rtt *r)
{
	size_t moved = 0;

	TRY(rtt_poll(r, &moved));
	if (moved > 0)
		r->last_data_ms = clock_now_ms();
	if (moved > 0 && has_listener(r))
		r->gap_ms = 0;
	else
		r->gap_ms = MIN(r->gap_ms * 2 + 1, r->room->polling_ms);
	if (!r->is_found)
		return OK;
	return moved == 0 ? look_around(r) : OK;
}

static void on_timer(void *ctx)
{
	struct rtt *r = ctx;
	enum err rc;

	r->timer = NULL;
	if (!r->is_started)
		return;
	if (r->is_busy || !rtt_may_look(r)) {
		rtt_arm_timer(r, MIN(r->room->polling_ms, POLLING_MS));
		return;
	}
	r->is_busy = true;
	rc = r->is_found ? poll(r) : search(r);
	r->is_busy = false;
	if (rc != OK) {
		tell_failure(r);
		r->gap_ms = POLLING_MS;
	} else if (r->is_found) {
		r->is_failure_told = false;
	}
	rtt_arm_timer(r, r->gap_ms);
}

/* What was read is marked as read, and what is there is read. */
static void drain(struct rtt *r)
{
	size_t moved = 1;

	for (unsigned i = 0; i < DRAIN_BATCHES && r->is_found && moved > 0; i++) {
		if (rtt_poll(r, &moved) == OK)
			continue;
		error_clear();
		return;
	}
}

/* (services) One whole pass, so that the answer is there when the command returns. */
static enum err first_pass(struct rtt *r)
{
	bool done = false;

	while (!done && !r->is_found) {
		TRY(rtt_search_step(r, SEARCH_BYTES, &done));
		if (!loop_service(r->room->trace->targets->loop) ||
		    script_cancel_requested(r->room->trace->targets->script))
			return error_why(ERR_CANCELLED, "the search for the control block was interrupted");
		if (!r->target->examined)
			return OK;	/* lost meanwhile */
	}
	if (r->core_is_fresh)
		rtt_mark_all_stale(r);
	return OK;
}

enum err rtt_start(struct rtt *r)
{
	enum err rc = OK;

	if (r->is_found) {
		log_info("rtt: Control block found at 0x%" PRIx32, r->block.addr);
		return OK;
	}
	if (!r->is_set_up)
		rtt_default_ranges(r);
	log_info("rtt: Searching for control block '%s'", r->id);
	if (!r->is_busy && r->target->examined && target_claimed_by(r->target) == NULL) {
		r->is_busy = true;
		r->pass = (struct rtt_pass){ 0 };
		rc = first_pass(r);
		r->is_busy = false;
	}
	if (rc == ERR_CANCELLED)
		return rc;
	if (rc != OK)
		tell_failure(r);
	if (!r->is_found)
		log_info("rtt: No control block found, will retry");
	r->is_started = true;
	rtt_arm_timer(r, r->is_found ? 0 : SEARCH_GAP_MS);
	return OK;
}

void rtt_stop(struct rtt *r)
{
	if (!r->is_started)
		return;
	r->is_started = false;
	if (r->timer != NULL)
		loop_remove_timer(r->room->trace->targets->loop, r->timer);
	r->timer = NULL;
	if (r->is_found && !r->is_busy && rtt_may_look(r))
		drain(r);
	rtt_block_free(&r->block);
	r->is_found = false;
	rtt_forget(&r->stale, UINT32_MAX);
	r->knows_past = false;
}

static struct rtt *rtt_get(struct rtt_room *room, struct target *t)
{
	struct rtt **end = &room->first, *r;

	for (; *end != NULL; end = &(*end)->next) {
		if ((*end)->target == t)
			return *end;
	}
	/* What was configured before there was a target is the first one's. */
	for (r = room->first; r != NULL && t != NULL; r = r->next) {
		if (r->target == NULL) {
			r->target = t;
			return r;
		}
	}
	r = *end = xcalloc(1, sizeof(*r));
	r->room = room;
	r->target = t;
	strcpy(r->id, RTT_DEFAULT_ID);
	return r;
}

enum err rtt_of_call(struct call *c, struct rtt **r)
{
	struct rtt_room *room = ((struct trace_room *)room_verb_user(c))->rtt;
	struct target *t = NULL;

	if (room->trace->targets->first != NULL)
		TRY(room_verb_target(c, &t));
	*r = rtt_get(room, t);
	return OK;
}

size_t trace_rtt_write(struct trace_room *room, struct target *t, unsigned channel, const uint8_t *data,
		       size_t n)
{
	struct rtt *r = rtt_get(room->rtt, t);

	rtt_slots(r, 0, channel + 1);
	buf_append(&r->downs[channel].queue, data, n);
	if (r->is_started && r->is_found && !r->is_busy)
		rtt_arm_timer(r, 0);
	return r->downs[channel].queue.len;
}

static void before_reset(struct rtt *r)
{
	if (!r->is_started || !r->is_found || r->is_busy || !r->target->examined)
		return;
	r->is_busy = true;
	drain(r);
	rtt_lose_block(r, true);
	r->is_busy = false;
}

static void after_reset(struct rtt *r)
{
	r->core_is_fresh = r->target->state == TARGET_HALTED;
	r->pass = (struct rtt_pass){ 0 };
	if (!r->is_started || r->is_busy)
		return;
	r->is_busy = true;
	if (r->is_found)
		rtt_lose_block(r, true);
	if (r->core_is_fresh)
		rtt_mark_all_stale(r);
	r->is_busy = false;
	rtt_arm_timer(r, SEARCH_GAP_MS);
}

static void on_event(void *ctx, struct target *t, enum target_event event)
{
	struct rtt *r = rtt_get(ctx, t);

	switch (event) {
	case EVENT_EXAMINE_END:
		rtt_want_symbol(t);
		break;
	case EVENT_RESET_START:
		before_reset(r);
		break;
	case EVENT_RESET_END:
		after_reset(r);
		break;
	case EVENT_GDB_FLASH_WRITE_END:
		/* A program that has not run yet has no block; but the one in use may go on. */
		if (!r->is_found && t->state == TARGET_HALTED)
			r->core_is_fresh = true;
		rtt_suspect(r);
		break;
	case EVENT_RESUME_START:
	case EVENT_RESUMED:
	case EVENT_STEP_START:
		if (r->core_is_fresh && r->is_started) {
			if (!r->is_busy)
				r->pass = (struct rtt_pass){ 0 };	/* from the beginning */
			rtt_arm_timer(r, SEARCH_GAP_MS);
		}
		r->core_is_fresh = false;
		break;
	default:
		break;
	}
}

struct rtt_room *rtt_room_new(struct trace_room *trace)
{
	struct rtt_room *room = xcalloc(1, sizeof(*room));

	room->trace = trace;
	room->polling_ms = POLLING_MS;
	target_add_listener(trace->targets, on_event, room);
	target_add_room_verbs(trace->targets, rtt_commands, trace);
	return room;
}

static void rtt_free_one(struct rtt *r)
{
	for (unsigned i = 0; i < r->up_slots; i++)
		buf_free(&r->ups[i].unheard);
	for (unsigned i = 0; i < r->down_slots; i++)
		buf_free(&r->downs[i].queue);
	free(r->ups);
	free(r->downs);
	rtt_block_free(&r->block);
	rtt_forget(&r->stale, UINT32_MAX);
	free(r);
}

void rtt_room_free(struct rtt_room *room)
{
	target_remove_listener(room->trace->targets, on_event, room);
	for (struct rtt *r = room->first; r != NULL; r = r->next)
		rtt_stop(r);
	rtt_ports_free(room);
	if (rtt_log_stop(room, NULL) != OK)
		error_clear();
	while (room->first != NULL) {
		struct rtt *r = room->first;

		room->first = r->next;
		rtt_free_one(r);
	}
	free(room);
}
