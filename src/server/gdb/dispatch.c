/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a packet to its handler, and from what the handler returns to an answer. */
#include <assert.h>
#include <stdarg.h>
#include <string.h>

#include "server/gdb/packets.h"

static const struct gdb_packet *const families[] = {
	query_packets, thread_packets, register_packets, memory_packets, search_packets, point_packets,
	resume_packets, flash_packets, console_packets, fileio_packets, extended_packets,
};

static bool matches(const struct gdb_packet *row, const uint8_t *body, size_t n)
{
	size_t len = strlen(row->name);

	if (n < len || memcmp(body, row->name, len) != 0)
		return false;
	if (row->match == MATCH_PREFIX || n == len)
		return true;
	return row->match == MATCH_WORD && strchr(":;,", body[len]) != NULL && body[len] != '\0';
}

const struct gdb_packet *gdb_find_packet(const uint8_t *body, size_t n, size_t *used)
{
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		for (const struct gdb_packet *row = families[i]; row->name != NULL; row++) {
			if (matches(row, body, n)) {
				*used = strlen(row->name);
				return row;
			}
		}
	}
	return NULL;
}

/* GDB prints the number and nothing more: errno-like ones, so that a person can guess. */
unsigned gdb_errno(enum err rc)
{
	switch (rc) {
	case ERR_BUS:
	case ERR_DAP_FAULT:
	case ERR_UNALIGNED:	return 0x0e;	/* EFAULT */
	case ERR_PROTOCOL:
	case ERR_ARGUMENT:	return 0x16;	/* EINVAL */
	case ERR_CANCELLED:	return 0x04;	/* EINTR */
	case ERR_BUSY:		return 0x10;	/* EBUSY */
	case ERR_PROTECTED:	return 0x0d;	/* EACCES */
	case ERR_ADAPTER_LOST:	return 0x13;	/* ENODEV */
	case ERR_NO_REGISTER:
	case ERR_NO_BREAKPOINT:
	case ERR_REFUSED:
	case ERR_NOT_HALTED:	return 0x01;	/* EPERM */
	default:		return 0x05;	/* EIO */
	}
}

void gdb_reply(struct gdb_session *s, const void *body, size_t n)
{
	assert(s->owes_answer);
	s->owes_answer = false;
	output_packet(s, body, n);
}

void gdb_reply_text(struct gdb_session *s, const char *fmt, ...)
{
	char body[512];
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(body, sizeof(body), fmt, ap);

	va_end(ap);
	assert(n >= 0 && (size_t)n < sizeof(body));
	gdb_reply(s, body, (size_t)n);
}

void gdb_reply_ok(struct gdb_session *s)
{
	gdb_reply(s, "OK", 2);
}

void gdb_no_answer(struct gdb_session *s)
{
	s->owes_answer = false;
}

void gdb_format_failure(const struct gdb_session *s, enum err rc, struct buf *out)
{
	const struct error *error = error_current();

	if (s->wants_error_text && error->code != OK) {
		buf_printf(out, "E.");
		rsp_escape(out, error_text(error), strlen(error_text(error)));
	} else {
		buf_printf(out, "E%02x", gdb_errno(rc));
	}
}

void gdb_log_failure(struct gdb_session *s)
{
	const struct error *error = error_current();

	/* The adapter says once that it is gone; GDB asks for so much more. */
	if (error->code != ERR_ADAPTER_LOST || !s->target->list->adapter->is_lost) {
		log_failure();
		return;
	}
	log_debug("gdb: %s", error_text(error));
	error_clear();
}

void gdb_reply_failure(struct gdb_session *s, enum err rc)
{
	struct buf body = { 0 };

	gdb_format_failure(s, rc, &body);
	gdb_reply(s, body.data, body.len);
	buf_free(&body);
	gdb_log_failure(s);
}

enum err gdb_malformed(const char *packet)
{
	return error_why(ERR_PROTOCOL, "GDB's %s packet is malformed", packet);
}

/* In a frame of its own, so that Ctrl-C and a lost client can stop what takes long. */
static enum err run_row(struct gdb_session *s, const struct gdb_packet *row, struct rsp_args *args)
{
	struct script_frame frame;

	TRY(script_enter(s->server->script, &frame, &s->origin));
	enum err rc = row->run(s, args);

	script_leave(s->server->script, &frame);
	return rc;
}

void gdb_dispatch(struct gdb_session *s)
{
	size_t used = 0;
	const struct gdb_packet *row = gdb_find_packet(s->packet.data, s->packet.len, &used);
	const char *body = (const char *)s->packet.data;
	struct rsp_args args = { body + used, body + s->packet.len };

	log_debug("gdb: received \"%.*s\"%s", (int)MIN(s->packet.len, 80u), body,
		  s->packet.len > 80 ? "..." : "");
	s->owes_answer = true;
	enum err rc = row != NULL ? run_row(s, row, &args) : (gdb_reply(s, "", 0), OK);

	if (rc != OK && s->owes_answer)
		gdb_reply_failure(s, rc);
	else if (rc != OK)
		log_failure();
	assert(!s->owes_answer || s->is_gone);
}
