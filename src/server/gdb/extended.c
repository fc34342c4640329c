/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The extended protocol and the ends of a debug session: ! ? R vRun vAttach vKill k D. "Running" a
 * program is a reset that halts. Killing leaves the core alone; the next "?" then says W00, so that
 * GDB holds no program and `run` or `attach` start anew.
 */
#include <stdlib.h>
#include <string.h>

#include "server/gdb/packets.h"

#define HALT_WAIT_MS 1000u

static enum err packet_extended(struct gdb_session *s, struct rsp_args *args)
{
	(void)args;
	s->is_extended = true;
	gdb_reply_ok(s);
	return OK;
}

static void reply_stop(struct gdb_session *s)
{
	struct buf body = { 0 };

	stop_format(s, GDB_SIGNAL_TRAP, &body);
	gdb_reply(s, body.data, body.len);
	buf_free(&body);
}

/* Never halts: gdb-attach has done so if it should, and another GDB may be running the core. */
static enum err packet_status(struct gdb_session *s, struct rsp_args *args)
{
	(void)args;
	if (!s->is_extended && !s->server->is_remote_told && s->port != 0) {	/* 0: a pipe */
		s->server->is_remote_told = true;
		log_warning("Prefer GDB command \"target extended-remote :%u\" instead of "
			    "\"target remote :%u\"",
			    s->port, s->port);
	}
	if (s->has_process)
		reply_stop(s);
	else
		gdb_reply_text(s, "W00");
	return OK;
}

static enum err restart(struct gdb_session *s)
{
	struct buf command = { 0 };

	buf_printf(&command, "ocd_gdb_restart {%s}", s->target->name);
	enum err rc = script_eval(s->server->script, &s->origin, (const char *)command.data, NULL, 0,
				  NULL);

	buf_free(&command);
	if (rc != OK)
		return error_what(rc, "restart failed");
	TRY(session_find_core(s));
	s->has_process = true;
	return OK;
}

/* R has no answer, also not when it fails. */
static enum err packet_R(struct gdb_session *s, struct rsp_args *args)
{
	(void)args;
	gdb_no_answer(s);
	return restart(s);
}

/* "file;arg;arg", each in hex: the command line that semihosting tells the program. */
static void set_arguments(struct gdb_session *s, struct rsp_args *args)
{
	struct buf command = { 0 };
	size_t words = 0;

	buf_printf(&command, "arm semihosting_cmdline");
	while (rsp_take_char(args, ';')) {
		const char *next = memchr(args->at, ';', rsp_left(args));
		size_t digits = (size_t)((next != NULL ? next : args->end) - args->at);
		char *word = xcalloc(1, digits / 2 + 1);

		if (hex_decode((uint8_t *)word, args->at, digits) && strpbrk(word, "{}\\") == NULL) {
			buf_printf(&command, " {%s}", word);
			words++;
		}
		free(word);
		args->at += digits;
	}
	if (words > 1 && script_eval(s->server->script, &s->origin, (const char *)command.data, NULL, 0,
				     NULL) != OK) {
		log_debug("gdb: the arguments of run are not used: %s", error_text(error_current()));
		error_clear();
	}
	buf_free(&command);
}

static enum err packet_vRun(struct gdb_session *s, struct rsp_args *args)
{
	set_arguments(s, args);
	TRY(restart(s));
	reply_stop(s);
	return OK;
}

static enum err packet_vAttach(struct gdb_session *s, struct rsp_args *args)
{
	(void)args;
	TRY(session_find_core(s));
	if (s->target->state == TARGET_RUNNING) {
		TRY(target_halt(s->target));
		TRY(target_wait_state(s->target, TARGET_HALTED, HALT_WAIT_MS));
	}
	s->has_process = true;
	reply_stop(s);
	return OK;
}

static void forget_process(struct gdb_session *s)
{
	points_remove_all(s);
	flash_forget(s);
	s->has_process = false;
}

static enum err packet_vKill(struct gdb_session *s, struct rsp_args *args)
{
	(void)args;
	forget_process(s);
	gdb_reply_ok(s);
	return OK;
}

static enum err packet_k(struct gdb_session *s, struct rsp_args *args)
{
	(void)args;
	gdb_no_answer(s);
	forget_process(s);
	if (!s->is_extended)
		session_hang_up(s);
	return OK;
}

static enum err packet_D(struct gdb_session *s, struct rsp_args *args)
{
	const char *claim = target_claimed_by(s->target);

	(void)args;
	if (claim != NULL)
		return error_why(ERR_BUSY, "cannot detach: %s is busy with %s", s->target->name, claim);
	session_remove_breakpoints(s);	/* before the answer: after it the board may be unplugged */
	gdb_reply_ok(s);
	session_detach(s);
	s->has_process = false;
	return OK;
}

const struct gdb_packet extended_packets[] = {
	{ "!", MATCH_WHOLE, packet_extended },
	{ "?", MATCH_WHOLE, packet_status },
	{ "R", MATCH_PREFIX, packet_R },
	{ "vRun", MATCH_WORD, packet_vRun },
	{ "vAttach", MATCH_WORD, packet_vAttach },
	{ "vKill", MATCH_WORD, packet_vKill },
	{ "k", MATCH_WHOLE, packet_k },
	{ "D", MATCH_WORD, packet_D },
	{ NULL, MATCH_WHOLE, NULL }
};
