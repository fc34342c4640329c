/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verbs of the GDB server. Each is known by OpenOCD's old name and by its new one, "gdb NAME". */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/gdb/documents.h"
#include "flash/flash_patch.h"
#include "server/gdb/packets.h"
#include "server/server.h"

static enum err cmd_port(struct call *c)
{
	struct gdb_server *gdb = c->user;

	return arg_port(c, gdb->server, &gdb->port_setting);
}

/* Options that are on or off, by the verb's name without "gdb_" or "gdb ". */
static bool *find_flag(struct gdb_options *o, const char *name)
{
	const struct {
		const char *name;
		bool *flag;
	} flags[] = {
		{ "memory_map", &o->memory_map },
		{ "flash_program", &o->flash_program },
		{ "target_description", &o->target_description },
		{ "report_data_abort", &o->report_data_abort },
		{ "report_register_access_error", &o->report_register_access_error },
		{ "run_lengths", &o->run_lengths },
	};

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		if (strcmp(flags[i].name, name) == 0)
			return flags[i].flag;
	}
	return NULL;
}

static enum err cmd_flag(struct call *c)
{
	struct gdb_server *gdb = c->user;
	bool *flag = find_flag(&gdb->options, c->row->name + strlen("gdb_"));

	if (c->argc > 1)
		return arg_bool(c, 1, flag);
	result_printf(c, "%s", *flag ? "enable" : "disable");
	return OK;
}

static enum err cmd_breakpoint_override(struct call *c)
{
	static const char *const words[] = { "disable", "hard", "soft", NULL };
	struct gdb_server *gdb = c->user;
	int which;

	if (c->argc > 1) {
		TRY(arg_word(c, 1, words, &which));
		gdb->options.breakpoint_override = (enum gdb_override)which;
	}
	which = (int)gdb->options.breakpoint_override;
	if (which == OVERRIDE_NONE)
		log_user("breakpoint type is not overridden");
	else
		log_user("force %s breakpoints", words[which]);
	return OK;
}

static enum err cmd_end_state(struct call *c)
{
	static const char *const words[] = { "keep", "run", "halt", NULL };
	struct gdb_server *gdb = c->user;
	int which;

	if (c->argc > 1) {
		TRY(arg_word(c, 1, words, &which));
		gdb->options.end_state = (enum gdb_end_state)which;
	}
	result_printf(c, "%s", words[gdb->options.end_state]);
	return OK;
}

static enum err write_file(const char *path, const struct buf *text)
{
	FILE *f = fopen(path, "we");
	bool good = f != NULL && fwrite(text->data, 1, text->len, f) == text->len;

	if (f != NULL && fclose(f) != 0)
		good = false;
	return good ? OK : error_why(ERR_IO, "cannot write %s: %s", path, strerror(errno));
}

static enum err cmd_save_tdesc(struct call *c)
{
	struct gdb_server *gdb = c->user;
	struct buf xml = { 0 };
	struct target *t;

	TRY(target_current(gdb->targets, &t));
	if (!t->examined)
		return error_why(ERR_NOT_EXAMINED, "the registers of %s are not known yet", t->name);
	char *path = xasprintf("%s.xml", t->type->name);

	tdesc_build(t, &xml);
	enum err rc = write_file(path, &xml);

	buf_free(&xml);
	if (rc == OK)
		result_printf(c, "%s", path);
	free(path);
	return rc;
}

/* Breakpoints in flash: whether the sixth of five may go there. */
static enum err cmd_breakpoint_flash(struct call *c)
{
	static const char *const words[] = { "disable", "enable", "restore", NULL };
	struct gdb_server *gdb = c->user;
	struct target *t;
	int which;

	if (c->argc == 1) {
		result_printf(c, "%s", patches_are_enabled(gdb->targets) ? "enable" : "disable");
		return OK;
	}
	TRY(arg_word(c, 1, words, &which));
	if (which != 2)
		patches_enable(gdb->targets, which == 1);
	if (which == 1 || gdb->targets->first == NULL)
		return OK;
	TRY(target_current(gdb->targets, &t));
	return t->examined ? flash_patch_restore(gdb->flash, t) : OK;
}

/* Who has which breakpoint, where it stands, and what it has cost. */
static enum err cmd_breakpoints(struct call *c)
{
	struct gdb_server *gdb = c->user;
	const struct gdb_condition_counts *n = &gdb->conditions;
	struct target *t;

	TRY(target_current(gdb->targets, &t));
	breakpoints_describe(t, c->out);
	for (const struct gdb_session *s = gdb->sessions; s != NULL; s = s->next)
		points_describe(s, t, c->out);
	patches_describe(t, c->out);
	result_printf(c, "conditions: %lu evaluated, %lu stops passed over, %lu could not be evaluated\n",
		      n->evaluated, n->passed, n->failed);
	return OK;
}

/* The next step of the GDB that speaks does nothing but report, so that GDB reads the registers. */
static enum err cmd_sync(struct call *c)
{
	struct origin *origin = script_origin(c->script);
	struct gdb_session *s = origin->session;

	if (origin->kind != ORIGIN_GDB) {
		error_why(ERR_STAGE, "gdb_sync command can only be run from within gdb using "
				     "\"monitor gdb_sync\"");
		return error_next(ERR_STAGE, "type it at GDB's prompt");
	}
	s->wants_sync = true;
	return OK;
}

/* For a client that is dead, or was forgotten somewhere. */
static enum err cmd_drop(struct call *c)
{
	struct gdb_server *gdb = c->user;
	struct origin *origin = script_origin(c->script);
	struct target *t;
	unsigned count = 0;

	TRY(target_current(gdb->targets, &t));
	for (struct gdb_session *s = gdb->sessions, *next; s != NULL; s = next) {
		session_hold(s);
		bool is_self = origin->kind == ORIGIN_GDB && origin->session == s;

		if (s->target == t && !s->is_gone && !is_self) {
			session_hang_up(s);
			count++;
		}
		next = s->next;
		session_release(s);
	}
	result_printf(c, "%u", count);
	return OK;
}

#define FLAG "enable|disable"
#define HELP_PORT "Sets or returns the base port: the first target has it, the next one the next. A " \
		  "number, 0 for any free one, disabled, pipe (GDB on stdin and stdout), or a path."
#define HELP_MEMORY_MAP "Whether GDB is told where flash is; without it `load` writes plain memory."
#define HELP_FLASH_PROGRAM "Whether GDB may program flash; disable also hides the memory map."
#define HELP_TARGET_DESCRIPTION "Whether GDB is told the core's registers by target.xml."
#define HELP_DATA_ABORT "Whether a memory read that fails is an error for GDB; by default it reads zeros."
#define HELP_REGISTER "Whether a register that cannot be read is an error; by default it is unavailable."
#define HELP_RUN_LENGTHS "Whether answers to GDB shorten repeated characters, for slow networks."
#define HELP_OVERRIDE "Makes all breakpoints that GDB sets hardware or software ones."
#define HELP_FLASH "Whether breakpoints that find no free comparator are programmed into flash, " \
		   "which wears it; restore takes them out. They leave at detach and at the daemon's end."
#define HELP_BREAKPOINTS "Shows which breakpoints stand in comparators, RAM and flash, which GDB has " \
			 "set them, and how often conditions were evaluated."
#define HELP_END_STATE "What the core does when the last GDB has gone: keep its state, run, or halt."
#define HELP_SAVE_TDESC "Writes the target description of the current target to a file TYPE.xml."
#define HELP_SYNC "In a GDB: the next stepi does nothing but make GDB read the registers again."

/* Both names of a verb. */
#define VERB(stage, name, min, max, usage, run, help)                                              \
	{ "gdb_" name, stage, min, max, usage, run, help },                                        \
	{ "gdb " name, stage, min, max, usage, run, help }

const struct command gdb_commands[] = {
	VERB(STAGE_SETTING, "port", 0, 1, "?number|disabled|pipe|path?", cmd_port, HELP_PORT),
	VERB(STAGE_ANY, "memory_map", 0, 1, FLAG, cmd_flag, HELP_MEMORY_MAP),
	VERB(STAGE_ANY, "flash_program", 0, 1, FLAG, cmd_flag, HELP_FLASH_PROGRAM),
	VERB(STAGE_ANY, "target_description", 0, 1, FLAG, cmd_flag, HELP_TARGET_DESCRIPTION),
	VERB(STAGE_ANY, "report_data_abort", 0, 1, FLAG, cmd_flag, HELP_DATA_ABORT),
	VERB(STAGE_ANY, "report_register_access_error", 0, 1, FLAG, cmd_flag, HELP_REGISTER),
	VERB(STAGE_ANY, "run_lengths", 0, 1, FLAG, cmd_flag, HELP_RUN_LENGTHS),
	VERB(STAGE_ANY, "breakpoint_override", 0, 1, "?hard|soft|disable?", cmd_breakpoint_override,
	     HELP_OVERRIDE),
	VERB(STAGE_ANY, "breakpoint_flash", 0, 1, "?enable|disable|restore?",
	     cmd_breakpoint_flash, HELP_FLASH),
	VERB(STAGE_EXEC, "breakpoints", 0, 0, "", cmd_breakpoints, HELP_BREAKPOINTS),
	VERB(STAGE_ANY, "end_state", 0, 1, "?keep|run|halt?", cmd_end_state, HELP_END_STATE),
	VERB(STAGE_EXEC, "save_tdesc", 0, 0, "", cmd_save_tdesc, HELP_SAVE_TDESC),
	{ "gdb drop", STAGE_EXEC, 0, 0, "", cmd_drop,
	  "Ends the connections of all GDBs on the current target but the one that says so; "
	  "their number." },
	VERB(STAGE_ANY, "sync", 0, 0, "", cmd_sync, HELP_SYNC),
	{ .name = NULL }
};
