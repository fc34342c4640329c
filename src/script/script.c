/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The interpreter's life, and evaluations inside evaluations. */
#include "script/script.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "script/internal.h"
#include "script/quoting.h"

/* Each nested evaluation costs some 10 KiB of C stack: more clients than this may not all be in the
 * middle of a long command at once. */
#define DEPTH_LIMIT 48

struct script *script_of(Jim_Interp *interp)
{
	return Jim_GetAssocData(interp, "probed");
}

static void run_embedded(struct script *script)
{
	for (const struct embedded_script *e = embedded_scripts; e->name != NULL; e++) {
		if (script_eval(script, NULL, e->text, e->name, 1, NULL) != OK)
			script_log_failure(script);
	}
}

struct script *script_new(struct loop *loop, bool exec_allowed)
{
	struct script *script = xcalloc(1, sizeof(*script));

	script->loop = loop;
	script->exec_allowed = exec_allowed;
	script->stage = STAGE_CONFIG;
	script->interp = Jim_CreateInterp();
	Jim_RegisterCoreCommands(script->interp);
	Jim_InitStaticExtensions(script->interp);
	Jim_SetGlobalVariableStr(script->interp, "errorCode", Jim_NewStringObj(script->interp, "NONE", -1));
	Jim_SetAssocData(script->interp, "probed", NULL, script);
	host_guard(script);
	events_register(script);
	help_register(script);
	general_register(script);
	legacy_register(script);
	child_register(script);
	run_embedded(script);
	return script;
}

void script_free(struct script *script)
{
	if (script == NULL)
		return;
	events_free(script);
	Jim_FreeInterp(script->interp);
	command_free_all(script);
	help_free(script);
	legacy_free(script);
	search_free(script);
	init_free(script);
	buf_free(&script->failure_line);
	buf_free(&script->trace);
	buf_free(&script->where);
	buf_free(&script->message);
	buf_free(&script->typed_path);
	free(script);
}

struct loop *script_loop(struct script *script)
{
	return script->loop;
}

struct Jim_Interp *script_interp(struct script *script)
{
	return script->interp;
}

bool script_exec_allowed(const struct script *script)
{
	return script->exec_allowed;
}

const struct script_compat *script_compat(const struct script *script)
{
	return &script->compat;
}

enum stage script_stage(const struct script *script)
{
	return script->stage;
}

void script_set_stage(struct script *script, enum stage stage)
{
	script->stage = stage;
}

struct origin *script_origin(struct script *script)
{
	return script->frame != NULL ? script->frame->origin : &script->startup;
}

enum err script_enter(struct script *script, struct script_frame *frame, struct origin *origin)
{
	if (script->depth >= DEPTH_LIMIT) {
		error_why(ERR_BUSY, "%u commands are already being worked on", script->depth);
		return error_next(ERR_BUSY, "wait for one of them to end");
	}
	*frame = (struct script_frame){ .outer = script->frame,
					.origin = origin ? origin : &script->startup };
	script->frame = frame;
	script->depth++;
	return OK;
}

void script_leave(struct script *script, struct script_frame *frame)
{
	script->frame = frame->outer;
	script->depth--;
	if (script->depth == 0)
		script->is_exiting = false;
}

void script_cancel(struct script *script, const struct origin *origin)
{
	for (struct script_frame *f = script->frame; f != NULL; f = f->outer) {
		if (f->origin == origin) {
			f->is_cancelled = true;
			return;
		}
	}
}

bool script_cancel_requested(const struct script *script)
{
	if (script->is_exiting)
		return true;
	for (const struct script_frame *f = script->frame; f != NULL; f = f->outer) {
		if (f->is_cancelled)
			return true;
		/* An event handler is part of the command that caused it, another client's
		 * command in between is not. */
		if (f->origin->kind != ORIGIN_EVENT)
			break;
	}
	return false;
}

enum err script_sleep(struct script *script, uint64_t ms)
{
	uint64_t end = clock_now_ns() + ms * 1000000, now;

	while ((now = clock_now_ns()) < end && !loop_is_stopped(script->loop)) {
		if (script_cancel_requested(script))
			return error_why(ERR_CANCELLED, "interrupted after %llu of %llu ms",
					 (unsigned long long)(ms - (end - now) / 1000000),
					 (unsigned long long)ms);
		loop_once(script->loop, (int)MIN((end - now + 999999) / 1000000, 3600000u));
	}
	return OK;
}

bool script_is_capturing(const struct script *script)
{
	return script->capturing > 0;
}

/* What Jim keeps of an evaluation in progress and another one overwrites. */
struct jim_state {
	Jim_CallFrame *frame;
	Jim_Obj *result, *error_file, *stack_trace, *error_proc, *script, *trace;
	int error_line, error_flag, add_stack_trace, return_code, return_level, local, unknown_called;
	void *priv;
};

static Jim_Obj *hold(Jim_Obj *obj)
{
	if (obj != NULL)
		Jim_IncrRefCount(obj);
	return obj;
}

static void save_state(Jim_Interp *interp, struct jim_state *s)
{
	*s = (struct jim_state){
		.frame = interp->framePtr, .result = hold(interp->result),
		.error_file = hold(interp->errorFileNameObj), .stack_trace = hold(interp->stackTrace),
		.error_proc = hold(interp->errorProc), .script = interp->currentScriptObj,
		.trace = interp->traceCmdObj, .error_line = interp->errorLine,
		.error_flag = interp->errorFlag, .add_stack_trace = interp->addStackTrace,
		.return_code = interp->returnCode, .return_level = interp->returnLevel,
		.local = interp->local, .unknown_called = interp->unknown_called,
		.priv = interp->cmdPrivData,
	};
	interp->framePtr = interp->topFramePtr;
	interp->local = 0;
	interp->unknown_called = 0;
	interp->addStackTrace = 0;
	interp->errorFlag = 0;
	interp->returnCode = JIM_OK;
	interp->returnLevel = 0;
}

static void put_back(Jim_Interp *interp, Jim_Obj **slot, Jim_Obj *saved)
{
	Jim_DecrRefCount(interp, *slot);
	*slot = saved;	/* with the reference save_state took */
}

static void restore_state(Jim_Interp *interp, const struct jim_state *s)
{
	interp->framePtr = s->frame;
	put_back(interp, &interp->result, s->result);
	put_back(interp, &interp->errorFileNameObj, s->error_file);
	put_back(interp, &interp->stackTrace, s->stack_trace);
	put_back(interp, &interp->errorProc, s->error_proc);
	interp->currentScriptObj = s->script;
	interp->errorLine = s->error_line;
	interp->errorFlag = s->error_flag;
	interp->addStackTrace = s->add_stack_trace;
	interp->returnCode = s->return_code;
	interp->returnLevel = s->return_level;
	interp->local = s->local;
	interp->unknown_called = s->unknown_called;
	interp->cmdPrivData = s->priv;
}

/* The hook's word is Jim's while it stands in traceCmdObj: one reference. */
static void disarm(struct script *script, const struct jim_state *s)
{
	Jim_Interp *interp = script->interp;

	if (s->trace == NULL && interp->traceCmdObj != NULL) {
		Jim_DecrRefCount(interp, interp->traceCmdObj);
		interp->traceCmdObj = NULL;
	} else if (s->trace != NULL && interp->traceCmdObj == NULL) {
		events_arm(script);	/* it fired and unwound this evaluation */
	}
}

/* Jim's trace is a list of procedure, file, line, innermost first. OpenOCD prints the outermost first. */
static void note_trace(struct script *script)
{
	Jim_Interp *interp = script->interp;
	int n = Jim_ListLength(interp, interp->stackTrace);

	buf_clear(&script->trace);
	for (int i = n / 3 * 3 - 3; i >= 0; i -= 3) {
		const char *proc = Jim_String(Jim_ListGetIndex(interp, interp->stackTrace, i));
		const char *file = Jim_String(Jim_ListGetIndex(interp, interp->stackTrace, i + 1));
		const char *line = Jim_String(Jim_ListGetIndex(interp, interp->stackTrace, i + 2));

		if (*proc == '\0' && *file == '\0')
			continue;
		if (*proc != '\0')
			buf_printf(&script->trace, "in procedure '%s' %s", proc, *file ? "called " : "");
		if (*file != '\0')
			buf_printf(&script->trace, "at file \"%s\", line %s", file, line);
		buf_putc(&script->trace, '\n');
	}
	buf_clear(&script->where);
	if (n >= 3 && Jim_Length(Jim_ListGetIndex(interp, interp->stackTrace, 1)) > 0)
		buf_printf(&script->where, "%s:%s: Error: ",
			   Jim_String(Jim_ListGetIndex(interp, interp->stackTrace, 1)),
			   Jim_String(Jim_ListGetIndex(interp, interp->stackTrace, 2)));
	buf_clear(&script->message);
	buf_printf(&script->message, "%s", Jim_String(interp->result));
}

enum err script_take_error(struct script *script)
{
	const char *text = Jim_String(script->interp->result);

	/* Nobody changed the words on the way up: it is still that verb's error. */
	if (script->failure.code != OK && strcmp(text, (const char *)script->failure_line.data) == 0) {
		error_put(&script->failure);
		return script->failure.code;
	}
	return error_why(ERR_SCRIPT, "%s", text);
}

static enum err take_failure(struct script *script, int code)
{
	if (code == JIM_BREAK || code == JIM_CONTINUE) {
		buf_clear(&script->trace);
		buf_clear(&script->where);
		buf_clear(&script->message);
		buf_printf(&script->message, "invoked \"%s\" outside of a loop",
			   code == JIM_BREAK ? "break" : "continue");
		return error_why(ERR_SCRIPT, "%s", (const char *)script->message.data);
	}
	note_trace(script);
	return script_take_error(script);
}

static enum err finish(struct script *script, int code, struct buf *result)
{
	bool was_cancelled = script->frame->is_cancelled;
	int n;

	switch (code) {
	case JIM_ERR:
	case JIM_BREAK:
	case JIM_CONTINUE:
		return take_failure(script, code);
	case JIM_EXIT:
		buf_clear(&script->trace);
		if (was_cancelled && !script->is_exiting)
			return error_why(ERR_CANCELLED, "the script was interrupted");
		return OK;
	default:
		if (result != NULL) {
			const char *text = Jim_GetString(script->interp->result, &n);

			buf_append(result, text, (size_t)n);
		}
		return OK;
	}
}

struct source {
	const char *text, *file;
	int line;
	Jim_Obj *obj;		/* instead of text */
};

static enum err evaluate(struct script *script, struct origin *origin, const struct source *source,
			 struct buf *result)
{
	Jim_Interp *interp = script->interp;
	struct script_frame frame;
	struct jim_state saved;
	struct error pending;
	enum err rc;

	TRY(script_enter(script, &frame, origin));
	frame.text = source->text;
	error_take(&pending);
	if (frame.origin->kind != ORIGIN_STARTUP && frame.origin->kind != ORIGIN_EVENT)
		script->has_heard_sockets = true;
	save_state(interp, &saved);
	if (script->depth == 1)
		script->serviced_ns = clock_now_ns();
	events_arm(script);
	rc = finish(script, source->obj ? Jim_EvalObj(interp, source->obj)
					: Jim_EvalSource(interp, source->file, source->line, source->text),
		    result);
	if (rc == ERR_SCRIPT && source->text != NULL && source->file == NULL)
		quoting_show(source->text, (const char *)script->message.data, &script->trace);
	disarm(script, &saved);
	restore_state(interp, &saved);
	script_leave(script, &frame);
	events_check_files(script);
	if (rc == OK)
		error_put(&pending);
	return rc;
}

enum err script_eval(struct script *script, struct origin *origin, const char *text, const char *file,
		     int line, struct buf *result)
{
	struct source source = { .text = text, .file = file, .line = line };

	return evaluate(script, origin, &source, result);
}

enum err script_eval_obj(struct script *script, struct origin *origin, Jim_Obj *text)
{
	struct source source = { .obj = text };

	return evaluate(script, origin, &source, NULL);
}

enum err script_run_file(struct script *script, struct origin *origin, const char *name,
			 struct buf *result)
{
	Jim_Obj *words[2] = { Jim_NewStringObj(script->interp, "script", -1),
			      Jim_NewStringObj(script->interp, name, -1) };
	Jim_Obj *list = Jim_NewListObj(script->interp, words, 2);
	Jim_Obj *line = Jim_NewStringObj(script->interp, Jim_String(list), -1);
	enum err rc;

	/* As text: Jim leaves the procedure of a list's first word out of the trace. */
	Jim_FreeNewObj(script->interp, list);
	Jim_IncrRefCount(line);
	rc = evaluate(script, origin, &(struct source){ .obj = line }, result);
	Jim_DecrRefCount(script->interp, line);
	return rc;
}

static bool is_plain(const struct script *script, const struct error *error)
{
	return error->code == ERR_SCRIPT && error->what[0] == '\0' && script->message.len > 0;
}

void script_failure_message(struct script *script, struct buf *text)
{
	struct error error;

	error_take(&error);
	if (is_plain(script, &error))
		buf_append(text, script->message.data, script->message.len);
	else if (error.code != OK)
		buf_printf(text, "%s", error_text(&error));
	buf_clear(&script->trace);
}

void script_failure_text(struct script *script, struct buf *text)
{
	struct error error;

	error_take(&error);
	if (error.code == OK)
		return;
	if (is_plain(script, &error))
		buf_printf(text, "%s%s", script->where.len ? (const char *)script->where.data : "",
			   (const char *)script->message.data);
	else
		buf_printf(text, "%s", error_text(&error));
	if (error.evidence[0] != '\0')
		buf_printf(text, "\n        %s [%s]", error.evidence, error_id(error.code));
	if (script->trace.len > 0) {
		buf_putc(text, '\n');
		buf_append(text, script->trace.data, script->trace.len - 1);
	}
	buf_clear(&script->trace);
}

void script_log_failure(struct script *script)
{
	struct buf text = { 0 };

	/* For people a script's error is a user line; a program wants its id. */
	if (error_current()->code == ERR_SCRIPT && log_get_format() == LOG_TEXT) {
		script_failure_text(script, &text);
		log_user("%s", (const char *)text.data);
		buf_free(&text);
		return;
	}
	log_failure();
	if (script->trace.len > 0)
		log_user("%.*s", (int)script->trace.len - 1, (const char *)script->trace.data);
	buf_clear(&script->trace);
}

void script_log_result(const struct buf *result, bool for_all)
{
	size_t n = result->len;

	if (n > 0 && result->data[n - 1] == '\n')
		n--;
	if (n == 0)
		return;
	if (for_all)
		log_user("%.*s", (int)n, (const char *)result->data);
	else
		log_private("%.*s", (int)n, (const char *)result->data);
}

void script_request_exit(struct script *script, int code)
{
	script->exit_code = code;
	script->is_exiting = script->depth > 0;
	loop_stop(script->loop);
}

int script_exit_code(const struct script *script)
{
	return script->exit_code;
}
