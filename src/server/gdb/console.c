/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GDB's console: qRcmd (`monitor`), and the log lines a GDB sees that runs a monitor command or waits
 * for the core. O packets are legal at these two times only; what has to be said at others is kept as
 * a note for the next of them.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "server/gdb/packets.h"

/* A longer result goes out in O packets; GDB takes answers of any length, its users' tools may not. */
#define RESULT_MAX 4096u

static void on_log(struct log_sink *sink, enum log_level level, const char *text, bool is_line)
{
	struct gdb_session *s = sink->ctx;

	if (level > LOG_INFO || (!s->is_console && s->run != GDB_WAITING))
		return;
	session_hold(s);
	if (level == LOG_ERROR) {
		buf_clear(&s->last_error);
		buf_printf(&s->last_error, "%s\n", text);
	}
	if (is_line) {
		char *line = xasprintf("%s\n", text);

		output_console(s, line, strlen(line));
		free(line);
	} else {
		output_console(s, text, strlen(text));
	}
	session_release(s);
}

void console_open(struct gdb_session *s)
{
	if (s->sink.write != NULL)
		return;
	s->sink = (struct log_sink){ .write = on_log, .ctx = s };
	log_add_sink(&s->sink);
}

void console_close(struct gdb_session *s)
{
	if (s->sink.write == NULL)
		return;
	log_remove_sink(&s->sink);
	s->sink.write = NULL;
}

void console_note(struct gdb_session *s, const char *fmt, ...)
{
	va_list ap;
	char line[1024];

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	buf_clear(&s->note);
	buf_printf(&s->note, "%s\n", line);
}

void console_flush_note(struct gdb_session *s)
{
	if (s->note.len == 0)
		return;
	output_console(s, (const char *)s->note.data, s->note.len);
	buf_clear(&s->note);
}

/* GDB does not ask for registers again after a monitor command. Once per session is enough. */
static void hint_at_stale_registers(struct gdb_session *s, unsigned moves_before)
{
	static const char hint[] = "(GDB still shows the registers from before: \"maintenance flush "
				   "register-cache\" makes it look again)\n";

	if (s->is_hinted || s->core_moves == moves_before)
		return;
	s->is_hinted = true;
	output_console(s, hint, strlen(hint));
}

void console_tell_overtaken(struct gdb_session *s)
{
	static const char hint[] = "(another client has moved the core; GDB shows the registers from "
				   "before until it stops again, or \"maintenance flush "
				   "register-cache\")\n";

	if (s->is_overtaken)
		output_console(s, hint, strlen(hint));
	s->is_overtaken = false;
}

/* The text of the result as GDB prints it, or OK if there is none. */
static void reply_result(struct gdb_session *s, struct buf *result)
{
	while (result->len > 0 && result->data[result->len - 1] == '\n')
		result->data[--result->len] = '\0';
	if (result->len == 0) {
		gdb_reply_ok(s);
		return;
	}
	buf_putc(result, '\n');
	if (result->len > RESULT_MAX) {
		output_console(s, (const char *)result->data, result->len);
		gdb_reply_ok(s);
		return;
	}
	char *hex = xcalloc(1, 2 * result->len + 1);

	hex_encode(hex, result->data, result->len);
	gdb_reply(s, hex, 2 * result->len);
	free(hex);
}

/* s->owes_answer is false when GDB has left the command: its answer must not be sent any more. */
static void run(struct gdb_session *s, const char *command)
{
	struct script *script = s->server->script;
	unsigned moves = s->core_moves;
	struct buf result = { 0 };

	console_open(s);
	s->is_console = true;
	s->console_packets = 0;
	console_flush_note(s);
	console_tell_overtaken(s);
	enum err rc = script_eval(script, &s->origin, command, NULL, 0, &result);

	if (rc != OK)
		script_log_failure(script);	/* GDB gets the text through the log */
	s->origin.close_session = false;	/* `exit` is for consoles */
	if (s->is_console && rc == OK)
		hint_at_stale_registers(s, moves);
	s->is_console = false;
	console_close(s);
	if (s->owes_answer && rc == OK)
		reply_result(s, &result);
	else if (s->owes_answer)
		gdb_reply_text(s, "E01");
	error_clear();
	buf_free(&result);
}

static enum err packet_qRcmd(struct gdb_session *s, struct rsp_args *args)
{
	size_t digits = rsp_left(args);
	char *command = xcalloc(1, digits / 2 + 1);
	bool good = hex_decode((uint8_t *)command, args->at, digits);

	if (good)
		run(s, command);
	free(command);
	return good ? OK : gdb_malformed("qRcmd");
}

const struct gdb_packet console_packets[] = {
	{ "qRcmd,", MATCH_PREFIX, packet_qRcmd },
	{ NULL, MATCH_WHOLE, NULL }
};
