/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Time in scripts: after, vwait and update on the daemon's loop instead of Jim's own, which would
 * not know our sockets; and the hook that lets the daemon live while a script runs on and on.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jim.h>
#include <jim-eventloop.h>

#include "base/clock.h"
#include "base/log.h"
#include "script/internal.h"

#define SERVICE_AFTER_NS 250000000u	/* GDB waits 2 s for an answer by default */
#define FILE_POLL_MS 20

struct timed_script {
	struct timed_script *next;
	struct script *script;
	unsigned id;
	struct loop_timer *timer;
	Jim_Obj *text;
	struct origin origin;
};

static void free_timed(struct timed_script *t)
{
	for (struct timed_script **p = &t->script->timed; *p != NULL; p = &(*p)->next) {
		if (*p == t) {
			*p = t->next;
			break;
		}
	}
	Jim_DecrRefCount(t->script->interp, t->text);
	free(t);
}

static void on_due(void *ctx)
{
	struct timed_script *t = ctx;
	struct script *script = t->script;
	struct origin origin = t->origin;
	Jim_Obj *text = t->text;

	Jim_IncrRefCount(text);
	free_timed(t);	/* the script may look at `after info`, or cancel itself */
	if (script_eval_obj(script, &origin, text) != OK)
		script_log_failure(script);
	Jim_DecrRefCount(script->interp, text);
}

static enum err after_schedule(struct call *c, uint64_t ms)
{
	struct script *script = c->script;
	struct timed_script *t = xcalloc(1, sizeof(*t));

	t->script = script;
	t->id = script->next_timed++;
	t->text = Jim_ConcatObj(script->interp, c->argc - 2, c->objv + 2);
	Jim_IncrRefCount(t->text);
	t->origin = (struct origin){ .kind = ORIGIN_EVENT, .target = script_origin(script)->target };
	t->timer = loop_add_timer(script->loop, ms, 0, on_due, t);
	t->next = script->timed;
	script->timed = t;
	result_printf(c, "after#%u", t->id);
	return OK;
}

static struct timed_script *find_timed(struct script *script, const char *word)
{
	unsigned id;
	char rest;

	for (struct timed_script *t = script->timed; t != NULL; t = t->next) {
		if (sscanf(word, "after#%u%c", &id, &rest) == 1 ? t->id == id
								: strcmp(Jim_String(t->text), word) == 0)
			return t;
	}
	return NULL;
}

static enum err after_cancel(struct call *c)
{
	Jim_Obj *word = Jim_ConcatObj(c->script->interp, c->argc - 2, c->objv + 2);
	struct timed_script *t;

	Jim_IncrRefCount(word);
	t = find_timed(c->script, Jim_String(word));
	Jim_DecrRefCount(c->script->interp, word);
	if (t != NULL) {
		loop_remove_timer(c->script->loop, t->timer);
		free_timed(t);
	}
	return OK;
}

static enum err after_info(struct call *c)
{
	struct timed_script *t;

	if (c->argc == 2) {
		for (t = c->script->timed; t != NULL; t = t->next) {
			char id[32];

			snprintf(id, sizeof(id), "after#%u", t->id);
			result_append(c, id);
		}
		return OK;
	}
	t = find_timed(c->script, c->argv[2]);
	if (t == NULL)
		return error_why(ERR_ARGUMENT, "event \"%s\" doesn't exist", c->argv[2]);
	result_append(c, Jim_String(t->text));
	result_append(c, "timer");
	return OK;
}

static enum err cmd_after(struct call *c)
{
	uint64_t ms;

	if (strcmp(c->argv[1], "cancel") == 0 && c->argc > 2)
		return after_cancel(c);
	if (strcmp(c->argv[1], "info") == 0)
		return after_info(c);
	if (strcmp(c->argv[1], "idle") == 0 && c->argc > 2)
		return after_schedule(c, 0);
	TRY(arg_u64(c, 1, &ms));
	return c->argc > 2 ? after_schedule(c, ms) : script_sleep(c->script, ms);
}

static enum err cmd_vwait(struct call *c)
{
	Jim_Interp *interp = c->script->interp;
	Jim_Obj *old = Jim_GetGlobalVariable(interp, c->objv[1], JIM_NONE), *now;
	enum err rc = OK;

	if (old != NULL)
		Jim_IncrRefCount(old);
	for (;;) {
		now = Jim_GetGlobalVariable(interp, c->objv[1], JIM_NONE);
		if (old != now && (old == NULL || now == NULL || !Jim_StringEqObj(old, now)))
			break;
		if (script_cancel_requested(c->script)) {
			rc = error_why(ERR_CANCELLED, "interrupted while waiting for \"%s\"", c->argv[1]);
			break;
		}
		if (loop_is_stopped(c->script->loop))
			break;
		loop_once(c->script->loop, -1);
	}
	if (old != NULL)
		Jim_DecrRefCount(interp, old);
	return rc;
}

static enum err cmd_update(struct call *c)
{
	if (c->argc > 1 && strcmp(c->argv[1], "idletasks") != 0)
		return arg_usage(c);
	loop_once(c->script->loop, 0);
	return OK;
}

/* Jim calls it before each command of a script. */
static int service_proc(Jim_Interp *interp, int argc, Jim_Obj *const *argv)
{
	struct script *script = Jim_CmdPrivData(interp);

	(void)argc;
	(void)argv;
	if (clock_now_ns() - script->serviced_ns >= SERVICE_AFTER_NS) {
		loop_service(script->loop);
		script->serviced_ns = clock_now_ns();
	}
	return script->is_exiting || script->frame->is_cancelled ? JIM_EXIT : JIM_OK;
}

static int file_events_proc(Jim_Interp *interp, int argc, Jim_Obj *const *argv)
{
	(void)argc;
	(void)argv;
	Jim_SetResultInt(interp, Jim_ProcessEvents(interp, JIM_FILE_EVENTS | JIM_DONT_WAIT));
	return JIM_OK;
}

static void on_file_poll(void *ctx)
{
	struct script *script = ctx;
	struct origin origin = { .kind = ORIGIN_EVENT };
	struct buf result = { 0 };

	if (script_eval(script, &origin, "_file_events", NULL, 0, &result) != OK)
		script_log_failure(script);
	if (result.len > 0 && result.data[0] == '-') {	/* -1: there is no handler */
		loop_remove_timer(script->loop, script->jim_timer);
		script->jim_timer = NULL;
	}
	buf_free(&result);
}

void events_check_files(struct script *script)
{
	if (script->depth == 0 && script->has_files && script->jim_timer == NULL)
		script->jim_timer = loop_add_timer(script->loop, FILE_POLL_MS, FILE_POLL_MS, on_file_poll,
						   script);
}

void events_arm(struct script *script)
{
	if (script->interp->traceCmdObj == NULL) {
		script->interp->traceCmdObj = script->service_word;
		Jim_IncrRefCount(script->service_word);
	}
}

static const struct command event_commands[] = {
	{ "after", STAGE_ANY, 1, -1, "ms ?script ...? | cancel id | info ?id? | idle script", cmd_after,
	  "Runs a script later, once; without a script waits. Returns an id for cancel." },
	{ "vwait", STAGE_ANY, 1, 1, "name", cmd_vwait,
	  "Waits until the global variable changes; everything else goes on meanwhile." },
	{ "update", STAGE_ANY, 0, 1, "?idletasks?", cmd_update, "Runs what is due, once." },
	{ 0 }
};

void events_register(struct script *script)
{
	script->service_word = Jim_NewStringObj(script->interp, "_service", -1);
	Jim_IncrRefCount(script->service_word);
	Jim_CreateCommand(script->interp, "_service", service_proc, script, NULL);
	Jim_CreateCommand(script->interp, "_file_events", file_events_proc, script, NULL);
	script_register(script, event_commands, NULL);
}

void events_free(struct script *script)
{
	while (script->timed != NULL) {
		loop_remove_timer(script->loop, script->timed->timer);
		free_timed(script->timed);
	}
	loop_remove_timer(script->loop, script->jim_timer);
	Jim_DecrRefCount(script->interp, script->service_word);
}
