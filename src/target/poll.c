/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Background polling: each core is looked at every 100 ms (`poll_interval`), and soon and often right
 * after it was let go, so that a breakpoint a few instructions away is reported at once. A core that
 * does not answer is said so once, then tried again with growing pauses.
 */
#include "base/clock.h"
#include "base/log.h"
#include "target/target_priv.h"

#define BACKOFF_FIRST_MS 100u
#define BACKOFF_MAX_MS	 5000u
#define IDLE_MS		 100u

static void on_timer(void *ctx);

static void arm(struct target_list *list, uint64_t in_ms)
{
	struct target_list_own *own = list->own;

	if (own->timer != NULL)
		loop_remove_timer(list->loop, own->timer);
	own->timer = loop_add_timer(list->loop, in_ms, 0, on_timer, list);
}

static bool is_allowed(const struct target *t)
{
	const struct target_list *list = t->list;
	const struct adapter *adapter = list->adapter;

	if (!list->is_polling || list->own->is_resetting || script_is_capturing(list->script) ||
	    t->own->claim != NULL)
		return false;
	if (!adapter->is_open || adapter->is_lost)
		return false;
	return !adapter->srst || (adapter->reset_config & RESET_SRST_NOGATE);
}

static void back_off(struct target *t)
{
	struct target_own *own = t->own;

	own->backoff_ms = own->backoff_ms == 0 ? BACKOFF_FIRST_MS
					       : MIN(own->backoff_ms * 2 + 1, BACKOFF_MAX_MS);
	own->next_poll_ms = clock_now_ms() + own->backoff_ms;
}

/* The first failure is told with its reason, the rest only at debug level. */
static void tell_failure(struct target *t, const char *what)
{
	if (t->own->is_failure_told) {
		log_debug("%s: still %s: %s", t->name, what, error_text(error_current()));
		error_clear();
		return;
	}
	t->own->is_failure_told = true;
	log_warning("%s: %s", what, error_text(error_current()));
	error_clear();
}

static void try_examine(struct target *t)
{
	char what[128];

	if (t->defer_examine && !t->was_examined)
		return;
	if (target_examine(t) == OK) {
		t->own->backoff_ms = 0;
		t->own->is_failure_told = false;
		return;
	}
	snprintf(what, sizeof(what), "target %s examination failed", t->name);
	tell_failure(t, what);
	back_off(t);
}

static void poll_one(struct target *t)
{
	struct target_own *own = t->own;

	if (!t->examined) {
		try_examine(t);
		return;
	}
	if (target_poll(t) == OK) {
		own->backoff_ms = 0;
		own->poll_gap_ms = MIN(own->poll_gap_ms * 2 + 1, t->list->own->poll_interval_ms);
		if (t->state != TARGET_RUNNING)
			own->poll_gap_ms = t->list->own->poll_interval_ms;
		own->next_poll_ms = clock_now_ms() + own->poll_gap_ms;
		return;
	}
	bool is_bus_fault = error_current()->code == ERR_BUS || error_current()->code == ERR_DAP_FAULT;

	if (error_current()->code == ERR_ADAPTER_LOST) {
		error_clear();	/* the adapter says so itself */
		t->state = TARGET_UNKNOWN;
	} else {
		char what[128];

		snprintf(what, sizeof(what), "Polling target %s failed, trying to reexamine",
			 t->name);
		if (t->state == TARGET_RUNNING && debug_words_tell_silence(t))
			own->is_failure_told = true;
		else
			tell_failure(t, what);
	}
	t->examined = false;
	t->state = TARGET_UNKNOWN;
	mem_ap_invalidate(t->ap);
	/* One core of several may have lost its clock alone; the others keep their link. */
	if (!is_bus_fault || target_next_peer(t, NULL) == NULL)
		t->dap->is_connected = false;
	back_off(t);
}

static void on_timer(void *ctx)
{
	struct target_list *list = ctx;
	uint64_t next = IDLE_MS;

	list->own->timer = NULL;
	for (struct target *t = list->first; t != NULL; t = t->next) {
		uint64_t now = clock_now_ms();

		if (!is_allowed(t))
			continue;
		if (now >= t->own->next_poll_ms)
			poll_one(t);
		now = clock_now_ms();
		next = MIN(next, t->own->next_poll_ms > now ? t->own->next_poll_ms - now : 1);
	}
	if (list->own->timer == NULL)
		arm(list, next);
}

void poll_start(struct target_list *list)
{
	list->is_polling = true;
	if (list->own->timer == NULL)
		arm(list, IDLE_MS);
}

void poll_stop(struct target_list *list)
{
	list->is_polling = false;
	loop_remove_timer(list->loop, list->own->timer);
	list->own->timer = NULL;
}

void poll_soon(struct target *t)
{
	t->own->poll_gap_ms = 0;
	t->own->next_poll_ms = clock_now_ms();
	if (t->list->own->timer != NULL)
		arm(t->list, 0);
}
