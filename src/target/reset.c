/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reset procedure. `reset` runs proc ocd_process_reset, which a script may replace; its inner
 * part is target_reset_steps(): all targets go through each step together, so that one pin can serve
 * several cores.
 */
#include "base/clock.h"
#include "base/log.h"
#include "target/target_priv.h"

#define HALT_TIMEOUT_MS 1000u

static const char *const mode_words[] = { [RESET_RUN] = "run", [RESET_HALT] = "halt",
					  [RESET_INIT] = "init" };

static void call_all(struct target_list *list, enum target_event event)
{
	for (struct target *t = list->first; t != NULL; t = t->next)
		target_call_event(t, event);
}

/* The link may have died since (deep sleep, power): then the core is identified again. */
static void examine_again(struct target *t)
{
	if (t->defer_examine && !t->was_examined)
		return;
	if (t->examined && t->type->poll(t) == OK) {
		target_call_event(t, EVENT_EXAMINE_START);
		target_call_event(t, EVENT_EXAMINE_END);
		return;
	}
	error_clear();
	if (t->dap != NULL && t->examined)
		t->dap->is_connected = false;
	t->examined = false;
	if (target_examine(t) != OK) {
		log_debug("%s: %s", t->name, error_text(error_current()));
		error_clear();	/* under reset it may answer; if not, it is said at the end */
	}
}

/*
 * A second core may wait without a clock until the first one starts it, after every reset again. That
 * it does not answer is told, and is no failure of the reset; of the core that commands mean it is.
 */
static bool may_stay_away(struct target *t)
{
	struct target *current = NULL, *o = NULL;

	if (target_current(t->list, &current) != OK)
		error_clear();
	if (current == t)
		return false;
	while ((o = target_next_peer(t, o)) != NULL && !o->examined)
		;
	return o != NULL;
}

static enum err forgive(struct target *t, enum err rc)
{
	if (rc == OK || !may_stay_away(t))
		return rc;
	log_warning("[%s] does not answer after the reset: it may wait for another core to start it",
		    t->name);
	error_clear();
	t->examined = false;
	t->state = TARGET_UNKNOWN;
	t->own->is_failure_told = true;
	return OK;
}

static enum err assert_all(struct target_list *list, enum reset_mode mode)
{
	call_all(list, EVENT_RESET_ASSERT_PRE);
	for (struct target *t = list->first; t != NULL; t = t->next) {
		t->memory_epoch++;
		target_forget_chip(t);
		semihosting_forget_program(t);
		if (t->own->handlers[EVENT_RESET_ASSERT] != NULL) {
			target_call_event(t, EVENT_RESET_ASSERT);
			target_forget_registers(t);
			t->state = TARGET_RESET;
		} else {
			TRY(forgive(t, t->type->assert_reset(t, mode)));
		}
	}
	call_all(list, EVENT_RESET_ASSERT_POST);
	return OK;
}

static enum err deassert_all(struct target_list *list, enum reset_mode mode)
{
	enum err rc = OK;

	call_all(list, EVENT_RESET_DEASSERT_PRE);
	for (struct target *t = list->first; t != NULL; t = t->next) {
		enum err one = t->type->deassert_reset(t, mode);

		if (one == OK && !t->examined && !t->defer_examine)
			one = target_examine(t);
		one = forgive(t, one);
		if (one != OK)
			one = error_what(one, "TARGET: %s - %s", t->name,
					 !t->examined ? "Not examined"
					 : mode != RESET_RUN ? "Not halted" : "Not reset");
		rc = error_first(rc, one);
	}
	TRY(rc);
	call_all(list, EVENT_RESET_DEASSERT_POST);
	return OK;
}

/* Each must stand at its reset vector; a core that was only found under reset is halted now. */
static enum err halt_all(struct target_list *list)
{
	for (struct target *t = list->first; t != NULL; t = t->next) {
		uint64_t end = clock_now_ms() + HALT_TIMEOUT_MS;

		if (!t->examined || t->type == &mem_ap_type)
			continue;
		while (t->state != TARGET_HALTED) {
			enum err rc = forgive(t, t->type->poll(t));

			if (!t->examined)
				break;
			if (rc == OK && t->state != TARGET_HALTED && clock_now_ms() >= end)
				rc = error_why(ERR_HALT_TIMEOUT,
					       "the core is %s, not halted, %u ms after "
					       "the reset",
					       target_state_name(t), HALT_TIMEOUT_MS);
			if (rc != OK)
				return error_what(rc, "TARGET: %s - Not halted", t->name);
			loop_service(list->loop);
		}
		if (t->examined)
			TRY(target_state_changed(t, TARGET_RESET));
	}
	return OK;
}

static enum err run_steps(struct target_list *list, enum reset_mode mode)
{
	char command[32];

	call_all(list, EVENT_RESET_START);
	snprintf(command, sizeof(command), "init_reset %s", mode_words[mode]);
	TRY(script_eval(list->script, script_origin(list->script), command, NULL, 0, NULL));
	for (struct target *t = list->first; t != NULL; t = t->next)
		examine_again(t);
	TRY(assert_all(list, mode));
	TRY(deassert_all(list, mode));
	if (mode != RESET_RUN)
		TRY(halt_all(list));
	if (mode == RESET_INIT)
		call_all(list, EVENT_RESET_INIT);
	call_all(list, EVENT_RESET_END);
	return OK;
}

/* A failure on the way must not leave the chip in reset. */
static void release_pin(struct target_list *list)
{
	struct error kept;

	if (!list->adapter->srst)
		return;
	error_take(&kept);
	if (adapter_set_reset(list->adapter, false, list->adapter->trst) != OK)
		error_clear();
	error_put(&kept);
}

enum err target_reset_steps(struct target_list *list, enum reset_mode mode)
{
	struct target *t, *stop = NULL;
	enum err rc = OK;

	if (list->own->is_resetting)
		return error_why(ERR_BUSY, "'reset' can not be invoked recursively");
	group_unlink_all(list);
	for (t = list->first; t != NULL && rc == OK; t = t->next) {
		rc = target_claim(t, "a reset");
		stop = rc == OK ? t->next : t;
	}
	if (rc == OK) {
		list->own->is_resetting = true;
		list->reset_mode = mode;
		rc = run_steps(list, mode);
		list->own->is_resetting = false;
		if (rc != OK)
			release_pin(list);
	}
	for (t = list->first; t != stop; t = t->next)
		target_release(t);
	return rc;
}

/* They do not stop a reset, as in OpenOCD, and their lines scroll away. */
static void tell_failed_handlers(struct target_list *list)
{
	struct buf *failed = &list->own->failed_handlers;

	if (failed->len > 0)
		log_warning("the reset is done, but not what the handlers were to do that failed: %s",
			    (const char *)failed->data);
	buf_free(failed);
}

enum err target_reset(struct target_list *list, enum reset_mode mode)
{
	char command[40];

	if (list->first == NULL)
		return error_why(ERR_NOT_EXAMINED, "no target is configured");
	snprintf(command, sizeof(command), "ocd_process_reset %s", mode_words[mode]);
	enum err rc = script_eval(list->script, script_origin(list->script), command, NULL, 0, NULL);

	tell_failed_handlers(list);
	return rc;
}
