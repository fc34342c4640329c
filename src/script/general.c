/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verbs that belong to no room: output, files, log, the ends of a session. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "script/internal.h"

static enum err cmd_echo(struct call *c)
{
	bool no_line_end = c->argc == 3;

	if (no_line_end && strcmp(c->argv[1], "-n") != 0) {
		error_why(ERR_ARGUMENT, "\"echo\" takes one text");
		return error_next(ERR_ARGUMENT, "put it in quotes");
	}
	if (no_line_end) {
		log_user_raw(c->argv[2]);
	} else if (c->script->echo_is_open) {
		char *text = xasprintf("%s\n", c->argv[1]);

		log_user_raw(text);	/* the rest of the line that "echo -n" began */
		free(text);
	} else {
		log_user("%s", c->argv[1]);
	}
	c->script->echo_is_open = no_line_end;
	return OK;
}

static enum err cmd_sleep(struct call *c)
{
	uint64_t ms;

	TRY(arg_u64(c, 1, &ms));
	if (c->argc == 2)
		return script_sleep(c->script, ms);
	if (strcmp(c->argv[2], "busy") != 0)
		return arg_usage(c);
	if (ms > 10000) {
		error_why(ERR_ARGUMENT, "a busy sleep of %llu ms would stop the whole daemon",
			  (unsigned long long)ms);
		return error_next(ERR_ARGUMENT, "leave \"busy\" away");
	}
	usleep((useconds_t)(ms * 1000));
	return OK;
}

static enum err cmd_ms(struct call *c)
{
	result_int(c, (int64_t)clock_now_ms());
	return OK;
}

static enum err cmd_find(struct call *c)
{
	char *path = script_find(c->script, c->argv[1]);

	if (path == NULL)
		return ERR_NOT_FOUND;
	result_printf(c, "%s", path);
	free(path);
	return OK;
}

static enum err cmd_add_search_dir(struct call *c)
{
	script_add_search_dir(c->script, c->argv[1], false);
	return OK;
}

static enum err cmd_version(struct call *c)
{
	if (c->argc == 2 && strcmp(c->argv[1], "git") != 0)
		return arg_usage(c);
	if (c->argc == 2)
		result_printf(c, "%s", PACKAGE_VERSION);
	else
		result_printf(c, "%s", script_version());
	return OK;
}

const char *script_version(void)
{
	return "Open On-Chip Debugger 0.12.0 compatible: probed " PACKAGE_VERSION;
}

static enum err cmd_debug_level(struct call *c)
{
	int level;

	if (c->argc == 2) {
		TRY(arg_int(c, 1, &level));
		if (level < -3 || level > 5) {
			error_why(ERR_ARGUMENT, "debug_level option value ('%s') is not valid", c->argv[1]);
			return error_next(ERR_ARGUMENT, "choose -3 (nothing) to 4 (everything); "
					  "3 shows every transfer");
		}
		log_set_level(level);
	}
	result_int(c, log_get_level());
	return OK;
}

static enum err cmd_log_output(struct call *c)
{
	const char *path = c->argc == 2 && strcmp(c->argv[1], "default") != 0 ? c->argv[1] : NULL;

	TRY(log_open_file(path));
	result_printf(c, "set log_output to \"%s\"", path ? path : "default");
	return OK;
}

struct capture {
	struct log_sink sink;
	struct buf text;
};

static void capture_line(struct log_sink *sink, enum log_level level, const char *text, bool is_line)
{
	struct capture *capture = sink->ctx;

	if (level <= LOG_INFO)
		buf_printf(&capture->text, "%s%s", text, is_line ? "\n" : "");
}

static enum err cmd_capture(struct call *c)
{
	struct script *script = c->script;
	struct capture capture = { .sink = { .write = capture_line, .ctx = &capture } };
	enum err rc = OK;

	log_add_sink(&capture.sink);
	script->capturing++;
	int code = Jim_EvalObj(script->interp, c->objv[1]);

	script->capturing--;
	log_remove_sink(&capture.sink);
	if (code == JIM_ERR)
		rc = script_take_error(script);
	else if (code == JIM_OK || code == JIM_RETURN)
		result_printf(c, "%s%s", capture.text.len ? (const char *)capture.text.data : "",
			      Jim_String(script->interp->result));
	buf_free(&capture.text);
	return rc;
}

static enum err cmd_compat_log(struct call *c)
{
	static const char *const versions[] = { "0.12", "0.11", NULL };
	int which = c->script->compat.log_011;

	if (c->argc == 2)
		TRY(arg_word(c, 1, versions, &which));
	c->script->compat.log_011 = which;
	result_printf(c, "%s", versions[which]);
	return OK;
}

static enum err cmd_compat_silent_errors(struct call *c)
{
	if (c->argc == 2)
		TRY(arg_bool(c, 1, &c->script->compat.silent_errors));
	result_printf(c, "%s", c->script->compat.silent_errors ? "on" : "off");
	return OK;
}

const char *script_stage_name(enum stage stage)
{
	static const char *const names[] = { [STAGE_ANY] = "any", [STAGE_CONFIG] = "config",
					     [STAGE_EXEC] = "exec", [STAGE_SETTING] = "config" };

	return names[stage];
}

/* "mdw" of the table of commands, "stm32l4x.cpu mdw" of an object's. */
static const struct command *row_named(const struct script *script, const char *name)
{
	const struct command *found = NULL;

	for (const struct table *t = script->tables; t != NULL; t = t->next) {
		size_t n = t->object ? strlen(t->object) : 0;
		const char *rest = t->object ? name + n + 1 : name;

		if (t->object && (strncmp(name, t->object, n) != 0 || name[n] != ' '))
			continue;
		for (const struct command *row = t->rows; row->name != NULL; row++) {
			if (strcmp(row->name, rest) == 0)
				found = row;
		}
	}
	return found;
}

static enum err cmd_command_mode(struct call *c)
{
	struct buf name = { 0 };
	const char *mode = script_stage_name(c->script->stage);

	for (int i = 1; i < c->argc; i++)
		buf_printf(&name, "%s%s", i > 1 ? " " : "", c->argv[i]);
	if (c->argc > 1) {
		Jim_Obj *word = Jim_NewStringObj(c->script->interp, (const char *)name.data, -1);

		Jim_IncrRefCount(word);
		mode = Jim_GetCommand(c->script->interp, word, JIM_NONE) ? "any" : "unknown";
		Jim_DecrRefCount(c->script->interp, word);
		const struct command *row = row_named(c->script, (const char *)name.data);

		if (row != NULL)
			mode = script_stage_name(row->stage);
	}
	result_printf(c, "%s", mode);
	buf_free(&name);
	return OK;
}

static void list_row(void *ctx, const char *kind, const struct command *row)
{
	struct call *c = ctx;
	const char *pairs[] = { "name", row->name, "object", kind ? kind : "", "stage",
				script_stage_name(row->stage), "usage", row->usage, "help", row->help };
	Jim_Obj *dict = Jim_NewListObj(c->script->interp, NULL, 0);

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
		Jim_ListAppendElement(c->script->interp, dict,
				      Jim_NewStringObj(c->script->interp, pairs[i], -1));
	result_append_obj(c, dict);
}

static enum err cmd_command_list(struct call *c)
{
	script_each_command(c->script, list_row, c);
	return OK;
}

static void run_list(struct script *script, const char *variable)
{
	Jim_Obj *list = Jim_GetGlobalVariableStr(script->interp, variable, JIM_NONE);

	if (list == NULL)
		return;
	Jim_IncrRefCount(list);
	for (int i = 0; i < Jim_ListLength(script->interp, list); i++) {
		if (script_eval_obj(script, script_origin(script),
				    Jim_ListGetIndex(script->interp, list, i)) != OK)
			script_log_failure(script);
	}
	Jim_DecrRefCount(script->interp, list);
}

static void shut_down(struct script *script, int code)
{
	log_user("shutdown command invoked");
	if (!script->in_pre_shutdown) {
		script->in_pre_shutdown = true;
		run_list(script, "pre_shutdown_commands");
		script->in_pre_shutdown = false;
	}
	script_request_exit(script, code);
}

static enum err cmd_shutdown(struct call *c)
{
	int code = 0;

	if (c->argc == 2 && strcmp(c->argv[1], "error") == 0)
		code = 1;
	else if (c->argc == 2)
		TRY(arg_int(c, 1, &code));
	shut_down(c->script, code & 0xff);
	return OK;
}

static enum err cmd_exit(struct call *c)
{
	struct origin *origin = script_origin(c->script);
	int code = 0;

	if (c->argc == 2)
		TRY(arg_int(c, 1, &code));
	c->script->frame->is_done = true;
	if (origin->kind == ORIGIN_TELNET || origin->kind == ORIGIN_RPC)
		origin->close_session = true;
	else if (origin->kind != ORIGIN_GDB)
		shut_down(c->script, code & 0xff);
	return OK;
}

/* ---- init ---- */

void script_add_init(struct script *script, int order, script_init_fn fn, void *ctx)
{
	struct init_step *step = xcalloc(1, sizeof(*step)), **p = &script->init_steps;

	*step = (struct init_step){ .order = order, .fn = fn, .ctx = ctx };
	while (*p != NULL && (*p)->order <= order)
		p = &(*p)->next;
	step->next = *p;
	*p = step;
}

void init_free(struct script *script)
{
	while (script->init_steps != NULL) {
		struct init_step *step = script->init_steps;

		script->init_steps = step->next;
		free(step);
	}
}

static enum err run_init_steps(struct script *script)
{
	for (struct init_step *step = script->init_steps; step != NULL; step = step->next) {
		if (step->order >= INIT_LINK)
			script->stage = STAGE_EXEC;
		TRY(step->fn(step->ctx));
		if (loop_is_stopped(script->loop))
			break;	/* a step ran into `shutdown` */
	}
	return OK;
}

enum err script_init(struct script *script)
{
	if (script->init_state == INIT_DONE || script->init_state == INIT_RUNNING)
		return OK;
	script->init_state = INIT_RUNNING;
	enum err rc = run_init_steps(script);

	if (rc != OK) {
		script->init_state = INIT_WANTED;
		script->stage = STAGE_CONFIG;
		return rc;
	}
	script->init_state = INIT_DONE;
	script->stage = STAGE_EXEC;
	return OK;
}

bool script_wants_init(const struct script *script)
{
	return script->init_state == INIT_WANTED;
}

static enum err init_procs(void *ctx)
{
	static const char *const procs[] = { "init_targets", "init_target_events", "init_board" };
	struct script *script = ctx;

	for (size_t i = 0; i < ARRAY_SIZE(procs); i++)
		TRY(script_eval(script, script_origin(script), procs[i], NULL, 0, NULL));
	return OK;
}

static enum err init_post(void *ctx)
{
	run_list(ctx, "post_init_commands");
	return OK;
}

static enum err cmd_init(struct call *c)
{
	return script_init(c->script);
}

static enum err cmd_noinit(struct call *c)
{
	c->script->init_state = INIT_NOT_WANTED;
	return OK;
}

/* ---- unknown words ---- */

/* Jim calls it for a word that is no command: maybe the first of several, maybe an old spelling. */
static int unknown_proc(Jim_Interp *interp, int argc, Jim_Obj *const *argv)
{
	struct script *script = script_of(interp);
	const char *word = argc > 1 ? Jim_String(argv[1]) : "";
	Jim_Obj *name;
	int used = command_longest(interp, argc - 1, argv + 1, &name);

	if (used > 1)
		return command_call(interp, name, used, argc - 1, argv + 1);
	if (used == 1)
		Jim_DecrRefCount(interp, name);
	/* 0.10's ocd_mdw returned the text that mdw printed; all of ours return theirs. */
	if (strncmp(word, "ocd_", 4) == 0 && word[4] != '\0') {
		name = Jim_NewStringObj(interp, word + 4, -1);
		Jim_IncrRefCount(name);
		if (Jim_GetCommand(interp, name, JIM_NONE) != NULL)
			return command_call(interp, name, 1, argc - 1, argv + 1);
		Jim_DecrRefCount(interp, name);
	}
	const char *hint = legacy_hint(word), *near = hint ? NULL : script_nearest(script, word);

	if (near != NULL && strcmp(near, word) == 0)
		near = NULL;	/* a script renamed it */
	error_why(ERR_SCRIPT, "invalid command name \"%s\"%s%s%s", word,
		  hint ? ": " : near ? ": did you mean \"" : "", hint ? hint : near ? near : "",
		  near ? "\"?" : "");
	return command_fail(script);
}

static const struct command general_commands[] = {
	{ "echo", STAGE_ANY, 1, 2, "?-n? text", cmd_echo, "Prints one text; -n: without a line end." },
	{ "sleep", STAGE_ANY, 1, 2, "ms ?busy?", cmd_sleep,
	  "Waits; timers, polling and other clients go on unless \"busy\" is given." },
	{ "ms", STAGE_ANY, 0, 0, "", cmd_ms, "Milliseconds since the daemon started." },
	{ "find", STAGE_ANY, 1, 1, "file", cmd_find, "The full path of a file on the search path." },
	{ "ocd_find", STAGE_ANY, 1, 1, "file", cmd_find, "Old name of find." },
	{ "add_script_search_dir", STAGE_ANY, 1, 1, "dir", cmd_add_search_dir,
	  "Adds a folder to the end of the search path." },
	{ "version", STAGE_ANY, 0, 1, "?git?", cmd_version, "The version; git: the bare number." },
	{ "debug_level", STAGE_ANY, 0, 1, "?number?", cmd_debug_level,
	  "Sets or returns the log level: 0 errors, 1 warnings, 2 information (default), 3 decisions "
	  "and every transfer, 4 everything." },
	{ "log_output", STAGE_ANY, 0, 1, "?file|default?", cmd_log_output,
	  "Sends the log to a file; default: to stderr." },
	{ "capture", STAGE_ANY, 1, 1, "script", cmd_capture,
	  "Runs the script and returns what was logged meanwhile, then its result." },
	{ "compat log", STAGE_ANY, 0, 1, "?0.11|0.12?", cmd_compat_log,
	  "Words of the halt report and of the breakpoint units, for launch configurations that wait for "
	  "those of 0.11." },
	{ "compat silent_errors", STAGE_ANY, 0, 1, "?on|off?", cmd_compat_silent_errors,
	  "on: a write that hits no flash bank is only a warning, as in OpenOCD." },
	{ "command mode", STAGE_ANY, 0, -1, "?name ...?", cmd_command_mode,
	  "When a command may be used: any, config (before init), exec (after init) or unknown; "
	  "without a name, the present stage." },
	{ "command list", STAGE_ANY, 0, 0, "", cmd_command_list,
	  "All commands, each a dict: name, object (what kind of object has it, or empty), stage, usage, "
	  "help." },
	{ "shutdown", STAGE_ANY, 0, 1, "?error|number?", cmd_shutdown,
	  "Ends the daemon; error: with exit code 1." },
	{ "exit", STAGE_ANY, 0, 1, "?number?", cmd_exit,
	  "On a telnet or Tcl connection ends the connection, elsewhere the daemon." },
	{ "init", STAGE_ANY, 0, 0, "", cmd_init,
	  "Opens the probe, finds the targets, starts the GDB server. A second time it does nothing." },
	{ "noinit", STAGE_CONFIG, 0, 0, "", cmd_noinit,
	  "Do not run init by itself at the end of the configuration." },
	{ 0 }
};

void general_register(struct script *script)
{
	script_register(script, general_commands, NULL);
	Jim_CreateCommand(script->interp, "unknown", unknown_proc, NULL, NULL);
	script_add_init(script, INIT_PROCS, init_procs, script);
	script_add_init(script, INIT_POST, init_post, script);
}
