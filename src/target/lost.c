/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The probe went away and came back. While it is away nothing is known of any core: caches are
 * dropped, states are unknown, and each is examined again before anything else is done with it.
 * Examination writes the comparators of breakpoints and watchpoints again, since the target may
 * have lost its power meanwhile.
 */
#include "base/log.h"
#include "target/target_priv.h"

static void forget(struct target *t)
{
	t->examined = false;
	t->state = TARGET_UNKNOWN;
	t->own->is_failure_told = false;
	t->own->backoff_ms = 0;
	target_forget_registers(t);
	if (t->ap != NULL)
		mem_ap_invalidate(t->ap);
	if (t->dap != NULL)
		t->dap->is_connected = false;
}

static void on_lost(void *ctx)
{
	struct target_list *list = ctx;

	for (struct target *t = list->first; t != NULL; t = t->next)
		forget(t);
}

static bool is_claimed(void *ctx)
{
	const struct target_list *list = ctx;

	for (const struct target *t = list->first; t != NULL; t = t->next)
		if (t->own->claim != NULL)
			return true;
	return false;
}

static enum err look_again(struct target *t)
{
	TRY(target_examine(t));
	TRY(target_poll(t));
	log_info("%s is examined again, it is %s", t->name, target_state_name(t));
	return OK;
}

static enum err on_restored(void *ctx)
{
	struct target_list *list = ctx;
	enum err rc = OK;

	for (struct target *t = list->first; t != NULL; t = t->next) {
		if (!t->was_examined || t->own->claim != NULL)
			continue;
		t->examined = false;
		t->own->is_failure_told = true;		/* this caller hears of it */
		rc = error_first(rc, look_again(t));
	}
	return rc == OK ? OK : error_what(rc, "the probe is open, but not every target answers");
}

void lost_watch(struct target_list *list)
{
	list->adapter->on_lost = on_lost;
	list->adapter->on_lost_ctx = list;
	list->adapter->is_claimed = is_claimed;
	list->adapter->on_restored = on_restored;
	list->adapter->targets_ctx = list;
}

void lost_unwatch(struct target_list *list)
{
	list->adapter->on_lost = NULL;
	list->adapter->is_claimed = NULL;
	list->adapter->on_restored = NULL;
}
