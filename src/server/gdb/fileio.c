/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Semihosting through GDB: console text of the program, its exit, and with `arm semihosting_fileio
 * enable` its file calls (GDB manual, "File-I/O Remote Protocol Extension"). GDB serves an F request
 * with m and X packets while it believes that the program runs; then F comes back and the program
 * goes on, or stops if the user pressed Ctrl-C.
 */
#include "server/gdb/packets.h"

static struct gdb_session *find_waiting(struct gdb_server *server, const struct target *t)
{
	for (struct gdb_session *s = server->sessions; s != NULL; s = s->next) {
		if (s->target == t && s->run == GDB_WAITING && !s->is_gone)
			return s;
	}
	return NULL;
}

static bool on_console(void *ctx, struct target *t, const char *text, size_t n)
{
	struct gdb_session *s = find_waiting(ctx, t);

	if (s == NULL)
		return false;
	output_console(s, text, n);
	return true;
}

/* W ends the program in GDB's eyes: also for a client that attached with plain `target remote`. */
static void on_exit_call(void *ctx, struct target *t, uint32_t reason, uint32_t code)
{
	struct gdb_server *server = ctx;

	(void)reason;
	for (struct gdb_session *s = server->sessions; s != NULL; s = s->next) {
		if (s->target == t && s->run == GDB_WAITING)
			gdb_report_exit(s, code);
	}
}

static bool on_fileio(void *ctx, struct target *t, const struct fileio_call *call)
{
	struct gdb_session *s = find_waiting(ctx, t);
	struct buf body = { 0 };

	if (s == NULL)
		return false;
	buf_printf(&body, "F%s", call->name);
	for (unsigned i = 0; i < call->count; i++) {
		const struct fileio_arg *arg = &call->args[i];

		buf_printf(&body, ",%x", arg->value);
		if (arg->is_string)
			buf_printf(&body, "/%x", arg->length);
	}
	s->run = GDB_FILEIO;
	output_packet(s, body.data, body.len);
	buf_free(&body);
	return true;
}

void fileio_attach(struct gdb_server *server, struct target *t)
{
	server->semihosting = (struct semihosting_ops){
		.fileio = on_fileio, .console = on_console, .exited = on_exit_call, .ctx = server,
	};
	target_set_semihosting_ops(t, &server->semihosting);
}

/* "result", "result,errno" or "result,errno,C": the numbers in hex, the result may have a sign. What
 * follows a ';' is of no use here. */
static bool take_answer(struct rsp_args *args, int32_t *result, uint32_t *number, bool *interrupted)
{
	bool negative = rsp_take_char(args, '-');
	uint32_t value;

	*number = 0;
	*interrupted = false;
	if (!rsp_take_hex(args, &value))
		return false;
	*result = negative ? -(int32_t)(value & 0x7fffffff) : (int32_t)value;
	if (rsp_take_char(args, ',') && !rsp_take_hex(args, number))
		return false;
	if (rsp_take_char(args, ',')) {
		*interrupted = true;
		return rsp_take_char(args, 'C');
	}
	return true;
}

static enum err packet_F(struct gdb_session *s, struct rsp_args *args)
{
	uint32_t number;
	int32_t result;
	bool interrupted;

	if (s->run != GDB_FILEIO)
		return error_why(ERR_PROTOCOL, "GDB answers a file call that nobody made");
	if (!take_answer(args, &result, &number, &interrupted))
		return gdb_malformed("F");
	gdb_no_answer(s);	/* the answer is the stop reply, later */
	s->run = GDB_WAITING;
	if (!semihosting_fileio_is_open(s->target)) {
		/* Another client has reset the chip meanwhile. */
		if (s->target->state == TARGET_HALTED)
			gdb_report_stop(s, GDB_SIGNAL_INT);
		return OK;
	}
	enum err rc = semihosting_fileio_finish(s->target, result, (int32_t)number);

	if (rc == OK && interrupted)
		gdb_report_stop(s, GDB_SIGNAL_INT);
	else if (rc == OK && s->was_step)
		gdb_report_stop(s, GDB_SIGNAL_TRAP);
	else if (rc == OK)
		rc = resume_again(s);
	if (rc != OK)
		gdb_report_trouble(s);
	return OK;
}

const struct gdb_packet fileio_packets[] = {
	{ "F", MATCH_PREFIX, packet_F },
	{ NULL, MATCH_WHOLE, NULL }
};
