/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/telnet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "server/complete.h"
#include "server/service.h"
#include "server/telnet_edit.h"

#define PENDING_MAX (1u << 20)
#define SLOW_BYTES  (1u << 20)	/* a console that reads no more loses log lines, not the daemon's time */

/* WILL SGA, WILL ECHO, DO SGA, DONT ECHO: the server echoes, character by character. */
static const char negotiation[] = "\xff\xfb\x03\xff\xfb\x01\xff\xfd\x03\xff\xfe\x01";
static const char banner[] = "Open On-Chip Debugger\r\n";

struct telnet {
	struct server *server;
	struct service *service;
	struct history history;
	size_t saved_count;
	bool is_history_changed;
};

struct telnet_session {
	struct telnet *telnet;
	struct client *client;		/* NULL: gone */
	struct edit edit;
	struct buf pending;		/* bytes that wait until the command is done */
	struct origin origin;
	struct log_sink sink;
	bool is_busy, is_prompting, is_eof, is_mid_line;
};

/* ---- history file ---- */

static FILE *open_history(const char *name, const char *mode)
{
	const char *home = getenv("HOME");
	char *path = home ? xasprintf("%s/%s", home, name) : NULL;
	FILE *file = path ? fopen(path, mode) : NULL;

	free(path);
	return file;
}

static void load_history(struct telnet *telnet)
{
	FILE *file = open_history(".probed_history", "re");
	char *line = NULL;
	size_t size = 0;
	ssize_t n;

	if (file == NULL)
		file = open_history(".openocd_history", "re");
	while (file != NULL && (n = getline(&line, &size, file)) > 0) {
		line[strcspn(line, "\r\n")] = '\0';
		history_add(&telnet->history, line);
	}
	free(line);
	if (file != NULL)
		fclose(file);
}

static void save_history(struct telnet *telnet)
{
	FILE *file = telnet->is_history_changed ? open_history(".probed_history", "we") : NULL;

	telnet->is_history_changed = false;
	if (file == NULL)
		return;		/* no home to keep it in: this session's lines are all there is */
	for (size_t i = 0; i < telnet->history.count; i++)
		fprintf(file, "%s\n", telnet->history.lines[i]);
	fclose(file);
}

/* ---- output ---- */

/* Line ends become CR LF, IAC is doubled. */
static void send_text(struct telnet_session *s, const char *text, size_t n)
{
	struct buf out = { 0 };

	for (size_t i = 0; i < n; i++) {
		if (text[i] == '\n')
			buf_putc(&out, '\r');
		if ((uint8_t)text[i] == 0xff)
			buf_putc(&out, text[i]);
		buf_putc(&out, text[i]);
	}
	client_send(s->client, out.data, out.len);
	buf_free(&out);
}

/* What ends in a line end gets another: `expect` scripts know the empty line behind a dump. */
static void send_line(struct telnet_session *s, const struct buf *text)
{
	if (text->len == 0)
		return;
	send_text(s, (const char *)text->data, text->len);
	client_send(s->client, "\r\n", 2);
}

/* A log line: between prompt and typing if the user is typing, as it comes during a command. */
static void on_log(struct log_sink *sink, enum log_level level, const char *text, bool is_line)
{
	struct telnet_session *s = sink->ctx;
	struct buf out = { 0 };

	if (level > LOG_INFO || s->client == NULL || client_backlog(s->client) > SLOW_BYTES)
		return;
	if (s->is_prompting && !s->is_mid_line) {
		edit_hide(&s->edit, &out);
		client_send(s->client, out.data, out.len);
	}
	send_text(s, text, strlen(text));
	s->is_mid_line = !is_line;
	if (is_line)
		client_send(s->client, "\r\n", 2);
	if (s->is_prompting && is_line) {
		buf_clear(&out);
		edit_show(&s->edit, &out);
		client_send(s->client, out.data, out.len);
	}
	buf_free(&out);
}

static void prompt(struct telnet_session *s)
{
	struct buf out = { 0 };

	if (s->client == NULL)
		return;
	s->is_prompting = true;
	edit_next(&s->edit, &out);
	client_send(s->client, out.data, out.len);
	buf_free(&out);
}

/* ---- commands ---- */

static void run_line(struct telnet_session *s, const char *line)
{
	struct script *script = s->telnet->server->script;
	struct buf text = { 0 };

	if (script_eval(script, &s->origin, line, NULL, 0, &text) != OK) {
		buf_clear(&text);
		script_failure_text(script, &text);
	}
	script_log_result(&text, false);
	if (s->client != NULL)
		send_line(s, &text);
	buf_free(&text);
}

static void take_line(struct telnet_session *s)
{
	struct telnet *telnet = s->telnet;
	char *line = xstrdup((const char *)s->edit.line.data);
	size_t blank = strspn(line, " \t");

	s->is_prompting = false;
	s->is_mid_line = false;
	buf_clear(&s->edit.line);
	s->edit.cursor = 0;
	if (line[blank] != '\0') {
		history_add(&telnet->history, line);
		telnet->is_history_changed = true;
		s->is_busy = true;
		run_line(s, line);
		s->is_busy = false;
	}
	free(line);
}

static void complete_line(struct telnet_session *s)
{
	struct buf insert = { 0 }, list = { 0 }, out = { 0 };
	char *head = xasprintf("%.*s", (int)s->edit.cursor,
			       s->edit.line.data ? (const char *)s->edit.line.data : "");

	s->is_busy = true;
	complete(s->telnet->server->script, head, &insert, &list);
	s->is_busy = false;
	if (s->client != NULL && insert.len > 0)
		edit_insert(&s->edit, (const char *)insert.data, insert.len, &out);
	if (s->client != NULL && list.len > 0) {
		buf_printf(&out, "\r\n");
		client_send(s->client, out.data, out.len);
		buf_clear(&out);
		send_text(s, (const char *)list.data, list.len);
		edit_show(&s->edit, &out);
	}
	if (insert.len == 0 && list.len == 0)
		buf_putc(&out, '\a');
	if (s->client != NULL)
		client_send(s->client, out.data, out.len);
	buf_free(&out);
	buf_free(&insert);
	buf_free(&list);
	free(head);
}

/* True: go on with the next byte. */
static bool act(struct telnet_session *s, enum edit_event event)
{
	struct buf note = { 0 };

	switch (event) {
	case EDIT_NONE:
		return true;
	case EDIT_TAB:
		complete_line(s);
		return true;
	case EDIT_END:
		s->origin.close_session = true;
		return false;
	case EDIT_LINE:
		take_line(s);
		break;
	case EDIT_OVERLONG:
		log_warning("telnet: a line of more than %u characters was dropped", EDIT_LINE_MAX);
		buf_printf(&note, "line too long\n");
		send_line(s, &note);
		buf_free(&note);
		break;
	case EDIT_CANCEL:
		break;
	}
	if (s->client == NULL || s->origin.close_session || loop_is_stopped(s->telnet->server->loop))
		return false;
	prompt(s);
	return true;
}

static void session_free(struct telnet_session *s)
{
	edit_free(&s->edit);
	buf_free(&s->pending);
	free(s);
}

static bool take_bytes(struct telnet_session *s)
{
	bool goes_on = true;

	while (goes_on && s->client != NULL && s->pending.len > 0) {
		struct buf out = { 0 };
		enum edit_event event = EDIT_NONE;
		size_t used = 0;

		while (used < s->pending.len && event == EDIT_NONE)
			event = edit_byte(&s->edit, s->pending.data[used++], &out);
		buf_consume(&s->pending, used);
		client_send(s->client, out.data, out.len);
		buf_free(&out);
		goes_on = act(s, event);
	}
	return goes_on;
}

static void work(struct telnet_session *s)
{
	if (s->is_busy)
		return;
	bool goes_on = take_bytes(s);

	if (s->client == NULL) {
		session_free(s);	/* it went while its command was running */
		return;
	}
	client_pause(s->client, false);
	if (!goes_on || (s->is_eof && s->pending.len == 0))
		client_close(s->client);
}

static void on_input(void *session, const void *data, size_t n)
{
	struct telnet_session *s = session;

	buf_append(&s->pending, data, n);
	if (s->is_busy) {
		size_t cut = edit_find_cancel(s->pending.data, s->pending.len);

		if (cut > 0) {
			buf_consume(&s->pending, cut);
			client_send(s->client, "^C\r\n", 4);
			script_cancel(s->telnet->server->script, &s->origin);
		}
		if (s->pending.len > PENDING_MAX)
			client_pause(s->client, true);
		return;
	}
	work(s);
}

/* A script that was piped in ends with its connection's end: what it sent is still run. */
static bool on_eof(void *session)
{
	struct telnet_session *s = session;

	s->is_eof = true;
	return s->is_busy || s->pending.len > 0;
}

static void on_closed(void *session)
{
	struct telnet_session *s = session;

	log_remove_sink(&s->sink);
	save_history(s->telnet);
	s->client = NULL;
	if (!s->is_busy)
		session_free(s);
}

static void *on_open(void *ctx, struct client *client)
{
	struct telnet_session *s = xcalloc(1, sizeof(*s));

	s->telnet = ctx;
	s->client = client;
	s->edit.history = &s->telnet->history;
	s->origin = (struct origin){ .kind = ORIGIN_TELNET, .session = s };
	s->sink = (struct log_sink){ .write = on_log, .ctx = s };
	client_send(client, negotiation, sizeof(negotiation) - 1);
	client_send(client, banner, sizeof(banner) - 1);
	prompt(s);
	log_add_sink(&s->sink);
	return s;
}

static const struct service_ops telnet_ops = {
	.name = "telnet", .open = on_open, .input = on_input, .eof = on_eof, .closed = on_closed,
};

static enum err cmd_history(struct call *c)
{
	const struct telnet *telnet = c->user;

	for (size_t i = 0; i < telnet->history.count; i++)
		result_printf(c, "%s\n", telnet->history.lines[i]);
	return OK;
}

static const struct command telnet_commands[] = {
	{ "history", STAGE_ANY, 0, 0, "", cmd_history, "The lines typed on telnet consoles." },
	{ 0 }
};

struct telnet *telnet_new(struct server *server)
{
	struct telnet *telnet = xcalloc(1, sizeof(*telnet));

	telnet->server = server;
	script_register(server->script, telnet_commands, telnet);
	return telnet;
}

void telnet_free(struct telnet *telnet)
{
	if (telnet == NULL)
		return;
	save_history(telnet);
	history_free(&telnet->history);
	free(telnet);
}

enum err telnet_start(struct telnet *telnet, const char *port)
{
	TRY(service_open(telnet->server, &telnet_ops, telnet, port, &telnet->service));
	load_history(telnet);
	service_start(telnet->service);
	service_announce(telnet->service);
	return OK;
}
