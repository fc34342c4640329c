/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verbs of ports and consoles. GDB's own are in server/gdb. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "server/service.h"
#include "server/tcl_rpc.h"

enum err arg_port(struct call *c, struct server *server, char **setting)
{
	if (c->argc == 1) {
		result_printf(c, "%s", *setting);
		return OK;
	}
	if (c->argv[1][0] == '\0') {
		error_why(ERR_ARGUMENT, "a port cannot be empty");
		return error_next(ERR_ARGUMENT, "give a number, 0 for any, disabled, or a path");
	}
	if (c->argv[1][0] >= '0' && c->argv[1][0] <= '9') {
		uint32_t number;

		TRY(arg_u32(c, 1, &number));
		if (number > 65535)
			return error_why(ERR_ARGUMENT, "%u is no port number", number);
	}
	if (strcmp(c->argv[1], "pipe") == 0)
		server_take_stdout(server);
	free(*setting);
	*setting = xstrdup(c->argv[1]);
	return OK;
}

/* Consoles have no pipe: stdin and stdout are GDB's. */
static enum err console_port(struct call *c, char **setting)
{
	if (c->argc == 2 && strcmp(c->argv[1], "pipe") == 0) {
		error_why(ERR_ARGUMENT, "only GDB can use stdin and stdout");
		return error_next(ERR_ARGUMENT, "give a number, 0 for any, disabled, or a path");
	}
	return arg_port(c, c->user, setting);
}

static enum err cmd_telnet_port(struct call *c)
{
	struct server *server = c->user;

	return console_port(c, &server->telnet_port);
}

static enum err cmd_tcl_port(struct call *c)
{
	struct server *server = c->user;

	return console_port(c, &server->tcl_port);
}

static enum err cmd_bindto(struct call *c)
{
	struct server *server = c->user;

	if (c->argc == 1) {
		result_printf(c, "bindto name: %s", server->bindto);
		return OK;
	}
	free(server->bindto);
	server->bindto = xstrdup(c->argv[1]);
	return OK;
}

static enum err cmd_services(struct call *c)
{
	struct server *server = c->user;

	for (const struct service *s = server->services; s != NULL; s = s->next) {
		struct buf row = { 0 };
		unsigned clients = 0;

		for (const struct client *client = s->clients; client != NULL; client = client->next)
			clients++;
		buf_printf(&row, "name %s port %u where {%s} connections %u", s->ops->name, s->port,
			   s->where, clients);
		result_append(c, (const char *)row.data);
		buf_free(&row);
	}
	return OK;
}

static enum err cmd_poll_period(struct call *c)
{
	uint32_t ms;

	TRY(arg_u32(c, 1, &ms));
	/* Upstream's sockets are looked at in this rhythm; ours wake the loop. */
	log_info("set servers polling period to %ums", ms);
	return OK;
}

static enum err cmd_notifications(struct call *c)
{
	bool on;

	if (c->argc == 1)		/* said without an argument by old clients, to no effect */
		return OK;
	TRY(arg_bool(c, 1, &on));
	return tcl_rpc_set_notifications(script_origin(c->script), on);
}

static enum err cmd_trace(struct call *c)
{
	bool on;

	if (c->argc == 1)
		return OK;
	TRY(arg_bool(c, 1, &on));
	return tcl_rpc_set_trace(script_origin(c->script), on);
}

#define PORT_HELP "Sets or returns the port: a number, 0 for any free one, disabled, or a path."
#define NOTIFICATIONS_HELP "This connection is told of target events and states between its replies."
#define TRACE_HELP "This connection is told of trace data, as hex, between its replies."

const struct command server_commands[] = {
	{ "telnet_port", STAGE_SETTING, 0, 1, "?number|disabled|path?", cmd_telnet_port, PORT_HELP },
	{ "telnet port", STAGE_SETTING, 0, 1, "?number|disabled|path?", cmd_telnet_port, PORT_HELP },
	{ "tcl_port", STAGE_SETTING, 0, 1, "?number|disabled|path?", cmd_tcl_port, PORT_HELP },
	{ "tcl port", STAGE_SETTING, 0, 1, "?number|disabled|path?", cmd_tcl_port, PORT_HELP },
	{ "tcl_notifications", STAGE_ANY, 0, 1, "on|off", cmd_notifications, NOTIFICATIONS_HELP },
	{ "tcl notifications", STAGE_ANY, 0, 1, "on|off", cmd_notifications, NOTIFICATIONS_HELP },
	{ "tcl_trace", STAGE_ANY, 0, 1, "on|off", cmd_trace, TRACE_HELP },
	{ "tcl trace", STAGE_ANY, 0, 1, "on|off", cmd_trace, TRACE_HELP },
	{ "bindto", STAGE_SETTING, 0, 1, "?address?", cmd_bindto,
	  "The address the ports are bound to; by default only this machine can reach them." },
	{ "services", STAGE_ANY, 0, 0, "", cmd_services,
	  "The open ports, each a dict: name, port (the real one), where, connections." },
	{ "poll_period", STAGE_ANY, 1, 1, "ms", cmd_poll_period,
	  "Accepted for old scripts; sockets are served at once." },
	{ 0 }
};
