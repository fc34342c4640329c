/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From rows to Tcl commands.
 *
 * "flash erase_sector" becomes a Tcl command of that whole name, so scripts can rename, redefine and
 * list it; the group word "flash" becomes a command that looks for the longest command its arguments
 * spell. A proc named "flash foo" is found the same way.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "script/internal.h"

#define WORDS_LIMIT 4	/* "adapter usb vid_pid" has three */

/* OpenOCD's numbers, which scripts read from errorCode; everything else is -4, "failed". */
static const struct {
	enum err code;
	int number;
} numbers[] = {
	{ ERR_ARGUMENT, -601 },	     { ERR_ADAPTER_CONFIG, -100 },   { ERR_ADAPTER_NOT_FOUND, -100 },
	{ ERR_ADAPTER_LOST, -104 },  { ERR_HALT_TIMEOUT, -302 },     { ERR_TIMEOUT, -302 },
	{ ERR_NOT_HALTED, -304 },    { ERR_BUS, -308 },		     { ERR_UNALIGNED, -306 },
	{ ERR_NO_BREAKPOINT, -309 }, { ERR_NO_WORK_AREA, -309 },     { ERR_NOT_EXAMINED, -311 },
	{ ERR_NO_BANK, -900 },	     { ERR_FLASH_OPERATION, -902 },  { ERR_FLASH_BUSY, -905 },
	{ ERR_PROTECTED, -906 },
};

static int number_of(enum err code)
{
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		if (numbers[i].code == code)
			return numbers[i].number;
	}
	return -4;
}

int command_fail(struct script *script)
{
	Jim_Interp *interp = script->interp;
	struct buf code = { 0 };

	error_take(&script->failure);
	buf_clear(&script->failure_line);
	buf_printf(&script->failure_line, "%s", script->failure.code == ERR_SCRIPT &&
			script->failure.what[0] == '\0' && script->failure.next[0] == '\0' ?
			script->failure.why : error_text(&script->failure));
	buf_printf(&code, "OpenOCD %d %s", number_of(script->failure.code),
		   error_id(script->failure.code));
	Jim_SetResultString(interp, (const char *)script->failure_line.data, -1);
	Jim_SetGlobalVariableStr(interp, "errorCode",
				 Jim_NewStringObj(interp, (const char *)code.data, -1));
	buf_free(&code);
	return JIM_ERR;
}

static enum err wrong_stage(const char *name, const char *side, const char *next)
{
	error_why(ERR_STAGE, "The '%s' command must be used %s 'init'.", name, side);
	return error_next(ERR_STAGE, "%s", next);
}

static enum err check_row(const struct call *c)
{
	const struct command *row = c->row;
	int n = c->argc - 1;

	if ((row->stage == STAGE_CONFIG || (row->stage == STAGE_SETTING && n > 0)) &&
	    c->script->stage != STAGE_CONFIG)
		return wrong_stage(row->name, "before", "it belongs to the configuration");
	if (row->stage == STAGE_EXEC && c->script->stage != STAGE_EXEC)
		return wrong_stage(row->name, "after", "run \"init\" first");
	if (n >= row->min_args && (row->max_args < 0 || n <= row->max_args))
		return OK;
	error_why(ERR_ARGUMENT, "wrong number of arguments: %d", n);
	return error_next(ERR_ARGUMENT, "usage: %s%s%s", row->name, row->usage[0] ? " " : "", row->usage);
}

static enum err run_call(struct call *c)
{
	error_clear();
	TRY(check_row(c));
	enum err rc = c->row->run(c);

	if (rc == ERR_ARGUMENT && error_current()->code == rc && error_current()->next[0] == '\0')
		error_next(rc, "run \"help %s\"", c->row->name);
	if (rc == OK)
		error_clear();
	else if (error_current()->code == OK)
		error_why(rc, "\"%s\" failed and left no message", c->row->name);
	return rc;
}

static int end_call(struct call *c, enum err rc)
{
	Jim_Interp *interp = c->script->interp;

	if (c->script->is_exiting || c->script->frame->is_done) {
		error_clear();
		return JIM_EXIT;
	}
	if (rc == ERR_CANCELLED)
		c->script->frame->is_cancelled = false;	/* it has been heard */
	if (rc != OK)
		return command_fail(c->script);
	if (c->result != NULL)
		Jim_SetResult(interp, c->result);
	else
		Jim_SetResultString(interp, (const char *)c->out->data, (int)c->out->len);
	log_debug("%s: %s", c->row->name, Jim_String(interp->result));
	return JIM_OK;
}

static int run_row(const struct verb *verb, int argc, Jim_Obj *const *argv)
{
	struct script *script = verb->script;
	struct buf out = { 0 };
	const char **words;
	int code;

	if (script->is_exiting)
		return JIM_EXIT;
	words = xcalloc((size_t)argc + 1, sizeof(*words));
	words[0] = verb->row->name;
	for (int i = 1; i < argc; i++)
		words[i] = Jim_String(argv[i]);
	buf_append(&out, "", 0);

	struct call call = { .script = script, .row = verb->row, .user = verb->user, .argc = argc,
			     .argv = words, .objv = argv, .out = &out };

	legacy_note(script, verb->row->name);
	log_debug("command: %s, %d arguments", verb->row->name, argc - 1);
	code = end_call(&call, run_call(&call));
	if (call.result != NULL)
		Jim_DecrRefCount(script->interp, call.result);
	buf_free(&out);
	free(words);
	return code;
}

int command_longest(Jim_Interp *interp, int argc, Jim_Obj *const *argv, Jim_Obj **name)
{
	struct buf joined = { 0 };
	int best = 0;

	*name = NULL;
	for (int n = 1; n <= argc && n <= WORDS_LIMIT; n++) {
		if (n > 1)
			buf_putc(&joined, ' ');
		buf_printf(&joined, "%s", Jim_String(argv[n - 1]));
		Jim_Obj *word = Jim_NewStringObj(interp, (const char *)joined.data, (int)joined.len);

		Jim_IncrRefCount(word);
		if (Jim_GetCommand(interp, word, JIM_NONE) == NULL) {
			Jim_DecrRefCount(interp, word);
			continue;
		}
		if (*name != NULL)
			Jim_DecrRefCount(interp, *name);
		*name = word;
		best = n;
	}
	buf_free(&joined);
	return best;
}

int command_call(Jim_Interp *interp, Jim_Obj *name, int used, int argc, Jim_Obj *const *argv)
{
	int n = argc - used + 1;
	Jim_Obj **words = xcalloc((size_t)n, sizeof(*words));
	int code;

	words[0] = name;
	memcpy(words + 1, argv + used, (size_t)(n - 1) * sizeof(*words));
	code = Jim_EvalObjVector(interp, n, words);
	Jim_DecrRefCount(interp, name);
	free(words);
	return code;
}

/* -1: argv spells no longer command than argv[0] itself. */
static int try_longer(Jim_Interp *interp, int argc, Jim_Obj *const *argv)
{
	Jim_Obj *name;
	int used = argc > 1 ? command_longest(interp, argc, argv, &name) : 0;

	if (used == 0)
		return -1;
	if (used == 1) {
		Jim_DecrRefCount(interp, name);
		return -1;
	}
	return command_call(interp, name, used, argc, argv);
}

static int verb_proc(Jim_Interp *interp, int argc, Jim_Obj *const *argv)
{
	const struct verb *verb = Jim_CmdPrivData(interp);

	if (verb->has_longer) {
		int code = try_longer(interp, argc, argv);

		if (code >= 0)
			return code;
	}
	return run_row(verb, argc, argv);
}

static void verb_deleted(Jim_Interp *interp, void *priv)
{
	(void)interp;
	free(priv);
}

struct children {
	const char *group;
	struct buf names;
	unsigned count;
};

/* The next word of each row that starts with the group's name. */
static void note_child(void *ctx, const char *kind, const struct command *row)
{
	struct children *c = ctx;
	size_t n = strlen(c->group);

	if (kind != NULL || strncmp(row->name, c->group, n) != 0 || row->name[n] != ' ')
		return;
	if (c->names.len < 160)
		buf_printf(&c->names, "%s%s", c->names.len ? ", " : "", row->name + n + 1);
	else if (memcmp(c->names.data + c->names.len - 3, "...", 3) != 0)
		buf_printf(&c->names, ", ...");
}

static int unknown_subcommand(struct script *script, const char *group, const char *word)
{
	char *whole = xasprintf("%s %s", group, word);
	const char *hint = legacy_hint(whole), *near = hint ? NULL : script_nearest(script, whole);

	error_why(ERR_ARGUMENT, "invalid subcommand \"%s\"", whole);
	if (hint != NULL)
		error_next(ERR_ARGUMENT, "%s", hint);
	else if (near != NULL)
		error_next(ERR_ARGUMENT, "did you mean \"%s\"?", near);
	else
		error_next(ERR_ARGUMENT, "run \"help %s\"", group);
	free(whole);
	return command_fail(script);
}

static int group_proc(Jim_Interp *interp, int argc, Jim_Obj *const *argv)
{
	struct script *script = Jim_CmdPrivData(interp);
	int code = try_longer(interp, argc, argv);

	if (code >= 0)
		return code;
	const char *group = Jim_String(argv[0]);

	if (argc == 1) {
		struct children c = { .group = group };

		buf_append(&c.names, "", 0);
		script_each_command(script, note_child, &c);
		error_why(ERR_ARGUMENT, "\"%s\" is a group of commands", group);
		error_next(ERR_ARGUMENT, "add one of: %s", (const char *)c.names.data);
		buf_free(&c.names);
		return command_fail(script);
	}
	return unknown_subcommand(script, group, Jim_String(argv[1]));
}

static Jim_Cmd *find_native(struct script *script, const char *name, size_t n)
{
	Jim_Obj *word = Jim_NewStringObj(script->interp, name, (int)n);

	Jim_IncrRefCount(word);
	Jim_Cmd *cmd = Jim_GetCommand(script->interp, word, JIM_NONE);

	Jim_DecrRefCount(script->interp, word);
	return cmd;
}

/* Every shorter prefix of a row's name is a command too: a group, or a verb with longer ones. */
static void make_groups(struct script *script, const char *name)
{
	for (const char *blank = strchr(name, ' '); blank != NULL; blank = strchr(blank + 1, ' ')) {
		size_t n = (size_t)(blank - name);
		Jim_Cmd *cmd = find_native(script, name, n);

		if (cmd != NULL && !cmd->isproc && cmd->u.native.cmdProc == verb_proc) {
			((struct verb *)cmd->u.native.privData)->has_longer = true;
		} else if (cmd == NULL || cmd->isproc) {	/* a placeholder gives way */
			char *group = xasprintf("%.*s", (int)n, name);

			Jim_CreateCommand(script->interp, group, group_proc, script, NULL);
			free(group);
		}
	}
}

static struct table *add_table(struct script *script, const struct command *rows, void *user)
{
	struct table *table = xcalloc(1, sizeof(*table)), **end = &script->tables;

	table->rows = rows;
	table->user = user;
	while (*end != NULL)
		end = &(*end)->next;
	*end = table;
	return table;
}

void script_register(struct script *script, const struct command *rows, void *user)
{
	add_table(script, rows, user);
	for (const struct command *row = rows; row->name != NULL; row++) {
		struct verb *verb = xcalloc(1, sizeof(*verb));
		Jim_Cmd *old = find_native(script, row->name, strlen(row->name));

		*verb = (struct verb){ script, row, user, false };
		verb->has_longer = old != NULL && !old->isproc && old->u.native.cmdProc == group_proc;
		Jim_CreateCommand(script->interp, row->name, verb_proc, verb, verb_deleted);
		make_groups(script, row->name);
	}
}

/* The row whose words argv[1..] starts with, the longest one. */
static const struct command *object_row(const struct table *table, int argc, Jim_Obj *const *argv,
					int *used)
{
	const struct command *best = NULL;

	for (const struct command *row = table->rows; row->name != NULL; row++) {
		const char *rest = row->name;
		int n = 0;

		while (rest != NULL && n + 1 < argc) {
			const char *word = Jim_String(argv[n + 1]);
			size_t length = strcspn(rest, " ");

			if (strlen(word) != length || strncmp(word, rest, length) != 0)
				break;
			n++;
			rest = rest[length] ? rest + length + 1 : NULL;
		}
		if (rest == NULL && n > *used) {
			*used = n;
			best = row;
		}
	}
	return best;
}

static int object_unknown(struct script *script, const char *object, int argc, Jim_Obj *const *argv)
{
	if (argc < 2) {
		error_why(ERR_ARGUMENT, "\"%s\" needs a subcommand", object);
		error_next(ERR_ARGUMENT, "run \"help %s\"", object);
		return command_fail(script);
	}
	return unknown_subcommand(script, object, Jim_String(argv[1]));
}

static int object_proc(Jim_Interp *interp, int argc, Jim_Obj *const *argv)
{
	const char *object = Jim_CmdPrivData(interp);
	struct script *script = script_of(interp);
	const struct command *row = NULL;
	const struct table *found = NULL;
	int used = 0;

	for (const struct table *t = script->tables; t != NULL; t = t->next) {
		if (t->object == NULL || strcmp(t->object, object) != 0)
			continue;
		const struct command *r = object_row(t, argc, argv, &used);

		if (r != NULL) {
			row = r;
			found = t;
		}
	}
	if (row == NULL)
		return object_unknown(script, object, argc, argv);
	struct verb verb = { script, row, found->user, false };

	return run_row(&verb, argc - used, argv + used);
}

static void object_deleted(Jim_Interp *interp, void *priv)
{
	(void)interp;
	free(priv);
}

enum err script_register_object(struct script *script, const char *name, const char *kind,
				const struct command *rows, void *user)
{
	Jim_Cmd *cmd = find_native(script, name, strlen(name));
	bool is_object = cmd != NULL && !cmd->isproc && cmd->u.native.cmdProc == object_proc;
	bool is_known = false;

	for (const struct table *t = script->tables; t != NULL; t = t->next)
		is_known |= t->object != NULL && strcmp(t->object, name) == 0 && strcmp(t->kind, kind) == 0;
	if (cmd != NULL && !(is_object && is_known)) {
		error_why(ERR_ARGUMENT, "\"%s\" is already the name of a command", name);
		return error_next(ERR_ARGUMENT, "choose another name for the %s", kind);
	}
	struct table *table = add_table(script, rows, user);

	table->object = xstrdup(name);
	table->kind = kind;
	if (cmd == NULL)
		Jim_CreateCommand(script->interp, name, object_proc, xstrdup(name), object_deleted);
	return OK;
}

void script_unregister_object(struct script *script, const char *name)
{
	bool is_known = false;

	for (struct table **p = &script->tables; *p != NULL;) {
		struct table *table = *p;

		if (table->object == NULL || strcmp(table->object, name) != 0) {
			p = &table->next;
			continue;
		}
		*p = table->next;
		free(table->object);
		free(table);
		is_known = true;
	}
	if (is_known) {
		Jim_Obj *word = Jim_NewStringObj(script->interp, name, -1);

		Jim_IncrRefCount(word);
		Jim_DeleteCommand(script->interp, word);
		Jim_DecrRefCount(script->interp, word);
		Jim_SetEmptyResult(script->interp);
	}
}

void command_free_all(struct script *script)
{
	while (script->tables != NULL) {
		struct table *table = script->tables;

		script->tables = table->next;
		free(table->object);
		free(table);
	}
}

void script_each_command(struct script *script, void (*fn)(void *ctx, const char *object_kind,
			 const struct command *row), void *ctx)
{
	for (const struct table *t = script->tables; t != NULL; t = t->next) {
		for (const struct command *row = t->rows; row->name != NULL; row++)
			fn(ctx, t->kind, row);
	}
}
