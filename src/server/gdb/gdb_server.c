/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/gdb/gdb_server.h"

#include <stdlib.h>
#include <string.h>

#include "server/gdb/core_dump.h"
#include "server/gdb/packets.h"
#include "server/server.h"

#define TICK_MS 100u

struct gdb_port {
	struct gdb_port *next;
	struct gdb_server *gdb;
	struct target *target;
	struct service *service;
	char *text;			/* the setting: a number, a path, "pipe" */
};

/* What server.h calls a session: the wire between a client and our session. */
struct gdb_client {
	struct gdb_port *port;
	struct client *client;
	struct gdb_session *session;	/* NULL: hung up */
};

static void on_tick(void *ctx)
{
	struct gdb_server *gdb = ctx;

	for (struct gdb_session *s = gdb->sessions, *next; s != NULL; s = next) {
		session_hold(s);
		session_tick(s);
		next = s->next;
		session_release(s);
	}
	if (gdb->sessions == NULL) {
		loop_remove_timer(gdb->loop, gdb->timer);
		gdb->timer = NULL;
	}
}

/* A chip is examined again after it has reset itself, for its option bytes. */
static bool moves_core(enum target_event event)
{
	return event == EVENT_RESUMED || event == EVENT_RESET_END || event == EVENT_EXAMINE_END;
}

static void end_daemon(void *ctx)
{
	struct gdb_server *gdb = ctx;

	if (script_eval(gdb->script, NULL, "shutdown", NULL, 0, NULL) != OK)
		log_failure();
}

/* --exit-on-detach: from the loop, so that the answer to GDB's last packet leaves first. */
static void last_gdb_left(struct gdb_server *gdb)
{
	for (const struct gdb_session *s = gdb->sessions; s != NULL; s = s->next) {
		if (s->is_attached && !s->is_gone)
			return;
	}
	if (server_exits_on_detach(gdb->server))
		loop_add_timer(gdb->loop, 0, 0, end_daemon, gdb);
}

static void on_target_event(void *ctx, struct target *t, enum target_event event)
{
	struct gdb_server *gdb = ctx;
	bool has_session = false;

	for (struct gdb_session *s = gdb->sessions, *next; s != NULL; s = next) {
		session_hold(s);
		if (s->target == t && !s->is_gone) {
			has_session |= s->is_attached;
			s->core_moves += moves_core(event);
			s->is_overtaken |= moves_core(event) && s->is_let_in && s->run == GDB_STOPPED &&
					   !s->is_busy;
			stop_on_event(s, event);
		}
		next = s->next;
		session_release(s);
	}
	if (event == EVENT_HALTED && has_session)
		target_call_event(t, EVENT_GDB_END);
	if (event == EVENT_GDB_DETACH)
		last_gdb_left(gdb);
}

/* ---- clients ---- */

static void wire_send(void *ctx, const void *data, size_t n)
{
	struct gdb_client *c = ctx;

	client_send(c->client, data, n);
}

static void wire_hang_up(void *ctx)
{
	struct gdb_client *c = ctx;

	c->session = NULL;
	client_close(c->client);
}

static void wire_prove_alive(void *ctx)
{
	struct gdb_client *c = ctx;

	client_prove_alive(c->client);
}

static const char *wire_peer(void *ctx)
{
	struct gdb_client *c = ctx;

	return client_peer(c->client);
}

static bool wire_has_left(void *ctx)
{
	struct gdb_client *c = ctx;

	return client_has_left(c->client);
}

static void *client_open(void *ctx, struct client *client)
{
	struct gdb_port *port = ctx;
	struct gdb_client *c;

	if (!session_has_room(port->gdb, port->target))
		return NULL;
	c = xcalloc(1, sizeof(*c));
	const struct gdb_wire wire = { wire_send, wire_hang_up,	 c, wire_prove_alive,
				       wire_peer, wire_has_left };

	*c = (struct gdb_client){ .port = port, .client = client };
	c->session = session_new(port->gdb, port->target, &wire);
	c->session->port = service_port(port->service);
	if (port->gdb->timer == NULL)
		port->gdb->timer = loop_add_timer(port->gdb->loop, TICK_MS, TICK_MS, on_tick, port->gdb);
	return c;
}

static void client_input(void *ctx, const void *data, size_t n)
{
	struct gdb_client *c = ctx;

	if (c->session != NULL)
		session_input(c->session, data, n);
}

static void client_closed(void *ctx)
{
	struct gdb_client *c = ctx;

	if (c->session != NULL)
		session_close(c->session);
	free(c);
}

static const struct service_ops gdb_service = {
	.name = "gdb",
	.open = client_open,
	.input = client_input,
	.closed = client_closed,
	.is_quiet_before_data = true,
};

/* ---- ports ---- */

static bool is_number(const char *text)
{
	return text[0] >= '0' && text[0] <= '9';
}

/* The k-th target without a port of its own: base + k; a pipe or a path is for the first one. */
static char *port_of(const struct gdb_server *gdb, const struct target *t, unsigned k)
{
	unsigned long base;

	if (t->gdb_port != NULL)
		return xstrdup(t->gdb_port);
	if (!is_number(gdb->port_setting))
		return xstrdup(k == 0 || strcmp(gdb->port_setting, "disabled") == 0 ? gdb->port_setting
										    : "disabled");
	base = strtoul(gdb->port_setting, NULL, 0);
	return xasprintf("%lu", base == 0 ? 0 : base + k);
}

static void announce(const struct gdb_port *port)
{
	if (service_port(port->service) != 0)
		log_info("starting gdb server for %s on %u", port->target->name,
			 service_port(port->service));
	else
		log_info("starting gdb server for %s on %s", port->target->name, port->text);
	service_announce(port->service);
}

static enum err open_port(struct gdb_server *gdb, struct target *t, const char *text)
{
	struct gdb_port *port = xcalloc(1, sizeof(*port));
	enum err rc;

	*port = (struct gdb_port){ .gdb = gdb, .target = t };
	rc = service_open(gdb->server, &gdb_service, port, text, &port->service);
	if (rc != OK || port->service == NULL) {
		free(port);
		return rc;
	}
	port->next = gdb->ports;
	gdb->ports = port;
	port->text = xstrdup(text);
	service_start(port->service);
	if (gdb->is_ready)
		announce(port);
	return OK;
}

static bool has_gdb_port(const struct target *t)
{
	return t->type->set_breakpoint != NULL;		/* a core, not a bare MEM-AP */
}

enum err gdb_server_listen(struct gdb_server *gdb)
{
	unsigned k = 0;

	if (gdb->is_listening)
		return OK;
	for (struct target *t = gdb->targets->first; t != NULL; t = t->next) {
		char *text = has_gdb_port(t) ? port_of(gdb, t, k) : NULL;

		if (text == NULL)
			continue;
		k += t->gdb_port == NULL;
		enum err rc = open_port(gdb, t, text);

		free(text);
		if (rc != OK) {
			gdb_server_close(gdb);
			return rc;
		}
	}
	gdb->is_listening = true;
	return OK;
}

void gdb_server_close(struct gdb_server *gdb)
{
	while (gdb->ports != NULL) {
		struct gdb_port *port = gdb->ports;

		gdb->ports = port->next;
		service_close(port->service);
		free(port->text);
		free(port);
	}
	for (struct gdb_session *s = gdb->sessions, *next; s != NULL; s = next) {
		next = s->next;
		session_finish_leaving(s);
	}
	gdb->is_listening = false;
}

/* ---- life ---- */

/* Ports are kept newest first. */
static void announce_all(struct gdb_server *gdb)
{
	struct gdb_port *last = NULL;

	while (last != gdb->ports) {
		struct gdb_port *port = gdb->ports;

		while (port->next != last)
			port = port->next;
		announce(port);
		last = port;
	}
}

/* Init is through: IDEs wait for the line that says so, and would take it before an error of the probe
 * for a server that they can use. What clients have asked meanwhile is answered now. */
static enum err on_init_ready(void *ctx)
{
	struct gdb_server *gdb = ctx;

	if (!gdb->is_ready)
		announce_all(gdb);
	gdb->is_ready = true;
	for (struct gdb_session *s = gdb->sessions, *next; s != NULL; s = next) {
		session_hold(s);
		session_work(s);
		next = s->next;
		session_release(s);
	}
	return OK;
}

struct gdb_server *gdb_server_new(struct server *server, struct target_list *targets,
				  struct flash_room *flash)
{
	struct gdb_server *gdb = xcalloc(1, sizeof(*gdb));

	*gdb = (struct gdb_server){ .server = server, .loop = server_loop(server),
				    .script = server_script(server), .targets = targets,
				    .flash = flash, .port_setting = xstrdup("3333") };
	gdb->options = gdb_default_options();
	script_register(gdb->script, gdb_commands, gdb);
	script_register(gdb->script, core_dump_commands, gdb);
	target_add_listener(targets, on_target_event, gdb);
	target_set_stop_filter(targets, conditions_let_pass, gdb);
	script_add_init(gdb->script, INIT_SERVERS, on_init_ready, gdb);
	return gdb;
}

void gdb_server_free(struct gdb_server *gdb)
{
	if (gdb == NULL)
		return;
	gdb_server_close(gdb);
	target_remove_listener(gdb->targets, on_target_event, gdb);
	target_set_stop_filter(gdb->targets, NULL, NULL);
	for (struct target *t = gdb->targets->first; t != NULL; t = t->next)
		target_set_semihosting_ops(t, NULL);
	loop_remove_timer(gdb->loop, gdb->timer);
	free(gdb->port_setting);
	free(gdb);
}
