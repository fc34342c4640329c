/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `arm semihosting...` */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "target/semihosting.h"

static enum err cmd_semihosting(struct call *c)
{
	struct target *t;

	TRY(call_target(c, &t));
	if (c->argc == 2) {
		TRY(arg_bool(c, 1, &t->semihosting_armed));
		if (t->semihosting_armed)
			semihosting_get(t);
	}
	result_printf(c, "semihosting is %s\n", t->semihosting_armed ? "enabled" : "disabled");
	return OK;
}

static enum err call_semihosting(struct call *c, struct semihosting **s)
{
	struct target *t;

	TRY(call_target(c, &t));
	if (!t->semihosting_armed) {
		error_why(ERR_ARGUMENT, "semihosting not yet enabled for current target");
		return error_next(ERR_ARGUMENT, "run \"arm semihosting enable\" first");
	}
	*s = semihosting_get(t);
	return OK;
}

static enum err cmd_fileio(struct call *c)
{
	struct semihosting *s;

	TRY(call_semihosting(c, &s));
	if (c->argc == 2)
		TRY(arg_bool(c, 1, &s->to_gdb));
	result_printf(c, "semihosting fileio is %s\n", s->to_gdb ? "enabled" : "disabled");
	return OK;
}

static enum err cmd_cmdline(struct call *c)
{
	struct buf text = { 0 };
	struct semihosting *s;
	struct target *t;

	TRY(call_target(c, &t));
	s = semihosting_get(t);
	for (int i = 1; i < c->argc; i++)
		buf_printf(&text, "%s%s", i > 1 ? " " : "", c->argv[i]);
	if (c->argc > 1) {
		free(s->cmdline);
		s->cmdline = xstrdup((const char *)text.data);
	}
	buf_free(&text);
	result_printf(c, "semihosting command line is [%s]\n",
		      s->cmdline != NULL ? s->cmdline : "");
	return OK;
}

static enum err cmd_redirect(struct call *c)
{
	static const char *const words[] = { "debug", "stdio", "all", NULL };
	struct semihosting *s;
	uint32_t port;
	int which = 2;

	TRY(call_semihosting(c, &s));
	if (strcmp(c->argv[1], "disable") == 0) {
		semi_redirect_stop(s, false);
		return OK;
	}
	if (strcmp(c->argv[1], "tcp") != 0 || c->argc < 3)
		return arg_usage(c);
	TRY(arg_u32(c, 2, &port));
	if (port > 65535)
		return error_why(ERR_ARGUMENT, "%s is not a TCP port", c->argv[2]);
	if (c->argc > 3)
		TRY(arg_word(c, 3, words, &which));
	return semi_redirect_start(s, (uint16_t)port, which != 1, which != 0);
}

static enum err cmd_basedir(struct call *c)
{
	struct semihosting *s;

	TRY(call_semihosting(c, &s));
	if (c->argc == 2) {
		if (c->argv[1][0] != '\0' && access(c->argv[1], X_OK) != 0)
			return error_why(ERR_NOT_FOUND, "there is no directory %s", c->argv[1]);
		/* Which files a program may touch is for whoever started the daemon to say. */
		if (script_origin(c->script)->kind != ORIGIN_STARTUP &&
		    !script_exec_allowed(c->script))
			return error_why(ERR_REFUSED,
					 "the directory can only be set from the command line "
					 "or a configuration file");
		free(s->basedir);
		s->basedir = c->argv[1][0] != '\0' ? xstrdup(c->argv[1]) : NULL;
	}
	result_printf(c, "semihosting base dir: %s\n", s->basedir != NULL ? s->basedir : "");
	return OK;
}

static enum err cmd_input(struct call *c)
{
	static const char *const words[] = { "on", "off", "end", "line", "text", NULL };
	struct buf text = { 0 };
	struct semihosting *s;
	int what;

	TRY(call_semihosting(c, &s));
	TRY(arg_word(c, 1, words, &what));
	if ((what >= 3) != (c->argc > 2))
		return arg_usage(c);
	s->waits_for_verb = what != 1 && what != 2;
	if (what == 1 || what == 2) {
		semi_input_end(s);
		return OK;
	}
	for (int i = 2; i < c->argc; i++)
		buf_printf(&text, "%s%s", i > 2 ? " " : "", c->argv[i]);
	if (what == 3)
		buf_putc(&text, '\n');
	if (text.len > 0)
		semi_input_put(s, text.data, text.len);
	buf_free(&text);
	return OK;
}

static enum err cmd_exit_daemon(struct call *c)
{
	struct target *t;
	uint32_t seconds = 0;
	bool on;

	TRY(call_target(c, &t));
	if (c->argc > 1) {
		TRY(arg_bool(c, 1, &on));
		if (c->argc > 2)
			TRY(arg_u32(c, 2, &seconds));
		target_end_at_exit(t->list, on);
		target_set_exit_timeout(t->list, on ? seconds : 0);
	}
	result_printf(c, "semihosting exit of the daemon is %s\n",
		      t->list->own->ends_at_exit ? "enabled" : "disabled");
	return OK;
}

static enum err cmd_resexit(struct call *c)
{
	struct semihosting *s;

	TRY(call_semihosting(c, &s));
	if (c->argc == 2)
		TRY(arg_bool(c, 1, &s->resumes_at_exit));
	result_printf(c, "semihosting resumable exit is %s\n", s->resumes_at_exit ? "enabled" : "disabled");
	return OK;
}

/* The text a user call passed: R1 points to {address, length}. */
static enum err cmd_read_user_param(struct call *c)
{
	char text[SEMI_STRING_MAX];
	struct semihosting *s;
	uint8_t block[8];

	TRY(call_semihosting(c, &s));
	if (!s->had_user_call)
		return error_why(ERR_ARGUMENT, "the program has made no user call (0x100 to 0x107) since "
				 "its reset");
	TRY(target_read_bytes(s->target, s->user_param, block, sizeof(block), NULL));
	TRY(semi_read_string(s->target, get_le32(block), get_le32(block + 4), text, sizeof(text)));
	result_printf(c, "%s", text);
	return OK;
}

const struct command semihosting_commands[] = {
	{ "arm semihosting", STAGE_ANY, 0, 1, "?enable|disable?", cmd_semihosting,
	  "Serves the program's BKPT 0xAB calls: console, files, time, exit." },
	{ "arm semihosting_fileio", STAGE_ANY, 0, 1, "?enable|disable?", cmd_fileio,
	  "Hands files and console to GDB (File-I/O)." },
	{ "arm semihosting_cmdline", STAGE_ANY, 0, -1, "?argument ...?", cmd_cmdline,
	  "The command line the program gets." },
	{ "arm semihosting_redirect", STAGE_ANY, 1, 3, "disable | tcp port ?debug|stdio|all?",
	  cmd_redirect, "Puts the program's console on a TCP port." },
	{ "arm semihosting_basedir", STAGE_ANY, 0, 1, "?directory?", cmd_basedir,
	  "The only directory whose files the program can reach; without one, where the daemon "
	  "started." },
	{ "arm semihosting_resexit", STAGE_ANY, 0, 1, "?enable|disable?", cmd_resexit,
	  "Resumes the core after the program exited." },
	{ "arm semihosting_input", STAGE_ANY, 1, -1, "on | off | end | line text | text text", cmd_input,
	  "What the program reads from its console: a line, or text without a line end; \"on\" lets it "
	  "wait for that. \"end\": the end of its input." },
	{ "arm semihosting_exit_daemon", STAGE_ANY, 0, 2, "?enable|disable? ?seconds?", cmd_exit_daemon,
	  "The program's exit ends the daemon with the program's exit code, as --exit-on-semihosting; "
	  "after so many seconds it ends with 124." },
	{ "arm semihosting_read_user_param", STAGE_EXEC, 0, 0, "", cmd_read_user_param,
	  "The text a user-defined call (0x100..0x107) passed." },
	{ 0 }
};
