/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/tcl_rpc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "server/service.h"

struct rpc_session {
	struct rpc_session *next;
	struct tcl_rpc *rpc;
	struct client *client;		/* NULL: gone */
	struct buf pending;
	struct origin origin;
	bool is_busy, is_eof, is_skipping;	/* skipping: inside a request that is too long */
	bool wants_notifications, wants_trace;
	char last_state[24];		/* followed from the start, told only on demand */
};

struct tcl_rpc {
	struct server *server;
	struct service *service;
	struct rpc_session *sessions;
};

static void reply(struct rpc_session *s, const struct buf *text)
{
	static const uint8_t end = RPC_END;
	struct buf out = { 0 };

	if (s->client == NULL)
		return;
	if (text->len > 0)
		buf_append(&out, text->data, text->len);
	buf_append(&out, &end, 1);
	client_send(s->client, out.data, out.len);
	buf_free(&out);
}

static void run_request(struct rpc_session *s, const char *request)
{
	struct script *script = s->rpc->server->script;
	struct buf text = { 0 };

	s->is_busy = true;
	if (script_eval(script, &s->origin, request, NULL, 0, &text) != OK) {
		buf_clear(&text);
		script_failure_message(script, &text);
	}
	s->is_busy = false;
	script_log_result(&text, false);
	reply(s, &text);
	buf_free(&text);
}

static void refuse_long(struct rpc_session *s)
{
	struct buf text = { 0 };

	log_warning("tcl: a request of more than %u bytes was dropped", RPC_REQUEST_MAX);
	buf_printf(&text, "line too long\n");
	reply(s, &text);
	buf_free(&text);
}

/* Runs one request if a whole one is there. */
static bool take_request(struct rpc_session *s)
{
	long length = rpc_request_length(s->pending.data, s->pending.len);

	if (length < 0) {
		if (s->pending.len > RPC_REQUEST_MAX) {
			s->is_skipping = true;
			buf_clear(&s->pending);
		}
		return false;
	}
	char *request = xcalloc((size_t)length + 1, 1);

	memcpy(request, s->pending.data, (size_t)length);
	buf_consume(&s->pending, (size_t)length + 1);
	if (s->is_skipping || (size_t)length > RPC_REQUEST_MAX)
		refuse_long(s);
	else
		run_request(s, request);
	s->is_skipping = false;
	free(request);
	return true;
}

static void session_free(struct rpc_session *s)
{
	buf_free(&s->pending);
	free(s);
}

static bool is_ending(const struct rpc_session *s)
{
	return s->origin.close_session || loop_is_stopped(s->rpc->server->loop);
}

static void work(struct rpc_session *s)
{
	if (s->is_busy)
		return;
	while (s->client != NULL && !is_ending(s) && take_request(s))
		;
	if (s->client == NULL) {
		session_free(s);	/* it went while its request was running */
		return;
	}
	client_pause(s->client, false);
	if (is_ending(s) || s->is_eof)
		client_close(s->client);
}

static void on_input(void *session, const void *data, size_t n)
{
	struct rpc_session *s = session;

	buf_append(&s->pending, data, n);
	if (s->is_busy && s->pending.len > RPC_REQUEST_MAX)
		client_pause(s->client, true);
	work(s);
}

static bool on_eof(void *session)
{
	struct rpc_session *s = session;

	s->is_eof = true;
	return s->is_busy;
}

static void on_closed(void *session)
{
	struct rpc_session *s = session;

	for (struct rpc_session **p = &s->rpc->sessions; *p != NULL; p = &(*p)->next) {
		if (*p == s) {
			*p = s->next;
			break;
		}
	}
	s->client = NULL;
	if (!s->is_busy)
		session_free(s);
}

static void *on_open(void *ctx, struct client *client)
{
	struct rpc_session *s = xcalloc(1, sizeof(*s));

	s->rpc = ctx;
	s->client = client;
	s->origin = (struct origin){ .kind = ORIGIN_RPC, .session = s };
	snprintf(s->last_state, sizeof(s->last_state), "unknown");
	s->next = s->rpc->sessions;
	s->rpc->sessions = s;
	return s;
}

static const struct service_ops rpc_ops = {
	.name = "tcl", .open = on_open, .input = on_input, .eof = on_eof, .closed = on_closed,
	.is_quiet_before_data = true,
};

/* ---- notifications ---- */

static enum err rpc_only(const struct origin *origin)
{
	if (origin->kind == ORIGIN_RPC)
		return OK;
	error_why(ERR_UNSUPPORTED, "notifications go to Tcl connections only");
	return error_next(ERR_UNSUPPORTED, "connect to the Tcl port and ask there");
}

enum err tcl_rpc_set_notifications(struct origin *origin, bool on)
{
	TRY(rpc_only(origin));
	((struct rpc_session *)origin->session)->wants_notifications = on;
	return OK;
}

enum err tcl_rpc_set_trace(struct origin *origin, bool on)
{
	TRY(rpc_only(origin));
	((struct rpc_session *)origin->session)->wants_trace = on;
	return OK;
}

static void notify_one(struct rpc_session *s, const char *kind, const char *value)
{
	struct buf message = { 0 };

	if (!s->wants_notifications)
		return;
	buf_printf(&message, "type %s %s\r\n", kind, value);
	reply(s, &message);
	buf_free(&message);
}

void tcl_rpc_event(struct tcl_rpc *rpc, const char *name, const char *state)
{
	for (struct rpc_session *s = rpc->sessions; s != NULL; s = s->next) {
		if (name != NULL)
			notify_one(s, "target_event event", name);
		if (state == NULL || strcmp(s->last_state, state) == 0)
			continue;
		snprintf(s->last_state, sizeof(s->last_state), "%s", state);
		notify_one(s, "target_state state", state);
	}
}

void tcl_rpc_notify(struct tcl_rpc *rpc, const char *fmt, ...)
{
	char text[256];
	struct buf message = { 0 };
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	buf_printf(&message, "%s\r\n", text);
	for (struct rpc_session *s = rpc->sessions; s != NULL; s = s->next) {
		if (s->wants_notifications)
			reply(s, &message);
	}
	buf_free(&message);
}

void tcl_rpc_trace(struct tcl_rpc *rpc, const uint8_t *data, size_t n)
{
	struct buf message = { 0 };
	char *hex = xcalloc(2 * n + 1, 1);

	hex_encode(hex, data, n);
	buf_printf(&message, "type target_trace data %s\r\n", hex);
	for (struct rpc_session *s = rpc->sessions; s != NULL; s = s->next) {
		if (s->wants_trace)
			reply(s, &message);
	}
	free(hex);
	buf_free(&message);
}

struct tcl_rpc *tcl_rpc_new(struct server *server)
{
	struct tcl_rpc *rpc = xcalloc(1, sizeof(*rpc));

	rpc->server = server;
	return rpc;
}

void tcl_rpc_free(struct tcl_rpc *rpc)
{
	free(rpc);
}

enum err tcl_rpc_start(struct tcl_rpc *rpc, const char *port)
{
	TRY(service_open(rpc->server, &rpc_ops, rpc, port, &rpc->service));
	service_start(rpc->service);
	service_announce(rpc->service);
	return OK;
}
