/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Target events: names, Tcl handlers, listeners. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "target/target_priv.h"

static const char *const event_names[EVENT_COUNT] = {
	[EVENT_HALTED] = "halted", [EVENT_RESUMED] = "resumed", [EVENT_RESUME_START] = "resume-start",
	[EVENT_RESUME_END] = "resume-end", [EVENT_STEP_START] = "step-start",
	[EVENT_STEP_END] = "step-end", [EVENT_DEBUG_HALTED] = "debug-halted",
	[EVENT_DEBUG_RESUMED] = "debug-resumed", [EVENT_RESET_START] = "reset-start",
	[EVENT_RESET_ASSERT_PRE] = "reset-assert-pre", [EVENT_RESET_ASSERT] = "reset-assert",
	[EVENT_RESET_ASSERT_POST] = "reset-assert-post",
	[EVENT_RESET_DEASSERT_PRE] = "reset-deassert-pre",
	[EVENT_RESET_DEASSERT_POST] = "reset-deassert-post", [EVENT_RESET_INIT] = "reset-init",
	[EVENT_RESET_END] = "reset-end", [EVENT_EXAMINE_START] = "examine-start",
	[EVENT_EXAMINE_FAIL] = "examine-fail", [EVENT_EXAMINE_END] = "examine-end",
	[EVENT_GDB_START] = "gdb-start", [EVENT_GDB_END] = "gdb-end", [EVENT_GDB_ATTACH] = "gdb-attach",
	[EVENT_GDB_DETACH] = "gdb-detach", [EVENT_GDB_HALT] = "gdb-halt",
	[EVENT_GDB_FLASH_ERASE_START] = "gdb-flash-erase-start",
	[EVENT_GDB_FLASH_ERASE_END] = "gdb-flash-erase-end",
	[EVENT_GDB_FLASH_WRITE_START] = "gdb-flash-write-start",
	[EVENT_GDB_FLASH_WRITE_END] = "gdb-flash-write-end", [EVENT_TRACE_CONFIG] = "trace-config",
};

const char *target_event_name(enum target_event event)
{
	return event_names[event];
}

bool target_event_parse(const char *name, enum target_event *event)
{
	for (unsigned i = 0; i < EVENT_COUNT; i++) {
		if (strcmp(event_names[i], name) == 0) {
			*event = (enum target_event)i;
			return true;
		}
	}
	return false;
}

void target_add_listener(struct target_list *list, target_listener_fn fn, void *ctx)
{
	struct listener **end = &list->own->listeners, *l = xcalloc(1, sizeof(*l));

	while (*end != NULL)
		end = &(*end)->next;
	*l = (struct listener){ .fn = fn, .ctx = ctx };
	*end = l;
}

/* Only marked: the list may be walked right now, and is swept when it is freed. */
void target_remove_listener(struct target_list *list, target_listener_fn fn, void *ctx)
{
	for (struct listener *l = list->own->listeners; l != NULL; l = l->next) {
		if (l->fn == fn && l->ctx == ctx)
			l->dead = true;
	}
}

/* A handler's failure is told and does not stop what caused the event. */
static void run_handler(struct target *t, const char *body, const char *event)
{
	struct origin origin = { .kind = ORIGIN_EVENT, .target = t };
	char *kept = xstrdup(body);	/* the handler may replace itself */
	struct error outer;

	error_take(&outer);
	log_debug("%s: running handler of %s", t->name, event);
	if (script_eval(t->list->script, &origin, kept, NULL, 0, NULL) != OK) {
		log_user("Error executing event %s on target %s:", event, t->name);
		log_failure();
		if (t->list->own->is_resetting)
			buf_printf(&t->list->own->failed_handlers, "%s%s of %s",
				   t->list->own->failed_handlers.len ? ", " : "", event, t->name);
	}
	error_put(&outer);
	free(kept);
}

void target_call_event(struct target *t, enum target_event event)
{
	struct target_own *own = t->own;
	bool kept = own->debug_guard.in_handler;

	if (event == EVENT_HALTED)
		target_call_event(t, EVENT_GDB_HALT);
	if (own->handlers[event] != NULL) {
		own->debug_guard.in_handler = event == EVENT_EXAMINE_END;
		run_handler(t, own->handlers[event], event_names[event]);
		own->debug_guard.in_handler = kept;
	}
	debug_words_event(t, event);
	if (event == EVENT_HALTED && t->state == TARGET_HALTED) {
		if (!t->quiet_halt)
			target_report_halt(t);
		t->quiet_halt = false;
	}
	for (struct listener *l = t->list->own->listeners; l != NULL; l = l->next) {
		if (!l->dead)
			l->fn(l->ctx, t, event);
	}
}

void target_run_user_cmd(struct target *t, unsigned index, bool *handled)
{
	*handled = index < USER_CMD_COUNT && t->own->user_cmd_handlers[index] != NULL;
	if (*handled)
		run_handler(t, t->own->user_cmd_handlers[index], "semihosting-user-cmd");
}
