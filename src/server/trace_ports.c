/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/trace_ports.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

#define SOCKET_MAX  (64u << 10)		/* handed to the socket's own buffer at once */
#define QUEUE_MAX   (1u << 20)
#define QUEUE_FULL  (512u << 10)
#define RETRY_MS    10u
/* A client that took nothing for so long has stalled: nobody waits for it any more. */
#define STALLED_MS  2000u

struct piece {
	struct piece *next;
	size_t n;
	uint8_t data[];
};

struct listener {
	struct listener *next;
	struct trace_port *port;
	struct client *client;
	struct piece *first, **end;
	size_t waiting;
	size_t last_backlog;
	uint64_t last_progress_ms;
};

struct trace_port {
	struct server *server;
	struct trace_port_spec spec;
	struct service_ops ops;
	struct service *service;
	struct listener *listeners;
	struct loop_timer *timer;
	char *hello;
};

static void drop_first(struct listener *l)
{
	struct piece *p = l->first;

	l->first = p->next;
	if (l->first == NULL)
		l->end = &l->first;
	l->waiting -= p->n;
	free(p);
}

/* Hands the socket what it takes. */
static void push(struct listener *l)
{
	size_t backlog = client_backlog(l->client);

	if (backlog < l->last_backlog || backlog == 0)
		l->last_progress_ms = clock_now_ms();
	while (l->first != NULL && client_backlog(l->client) < SOCKET_MAX) {
		client_send(l->client, l->first->data, l->first->n);
		drop_first(l);
	}
	l->last_backlog = client_backlog(l->client);
}

static bool is_stalled(const struct listener *l)
{
	return clock_now_ms() - l->last_progress_ms > STALLED_MS;
}

static void on_timer(void *ctx)
{
	struct trace_port *port = ctx;
	bool is_waiting = false;

	port->timer = NULL;
	for (struct listener *l = port->listeners; l != NULL; l = l->next) {
		push(l);
		is_waiting |= l->first != NULL;
	}
	if (is_waiting && port->timer == NULL)
		port->timer = loop_add_timer(server_loop(port->server), RETRY_MS, 0, on_timer, port);
}

static void enqueue(struct listener *l, const void *data, size_t n)
{
	struct piece *p = xcalloc(1, sizeof(*p) + n);
	size_t bytes = 0, pieces = 0;

	p->n = n;
	memcpy(p->data, data, n);
	*l->end = p;
	l->end = &p->next;
	l->waiting += n;
	push(l);
	while (l->waiting > QUEUE_MAX && l->first != NULL) {
		bytes += l->first->n;
		pieces++;
		drop_first(l);
	}
	if (pieces > 0 && l->port->spec.dropped != NULL)
		l->port->spec.dropped(l->port->spec.ctx, bytes, pieces, client_peer(l->client));
}

static void *on_open(void *ctx, struct client *client)
{
	struct trace_port *port = ctx;
	struct listener *l = xcalloc(1, sizeof(*l));

	*l = (struct listener){ .next = port->listeners, .port = port, .client = client,
				.last_progress_ms = clock_now_ms() };
	l->end = &l->first;
	port->listeners = l;
	if (port->hello != NULL)
		client_send(client, port->hello, strlen(port->hello));
	if (port->spec.joined != NULL)
		port->spec.joined(port->spec.ctx);
	return l;
}

static void on_input(void *session, const void *data, size_t n)
{
	struct listener *l = session;

	if (l->port->spec.input != NULL)
		l->port->spec.input(l->port->spec.ctx, data, n);
}

static void on_closed(void *session)
{
	struct listener *l = session;

	for (struct listener **p = &l->port->listeners; *p != NULL; p = &(*p)->next) {
		if (*p == l) {
			*p = l->next;
			break;
		}
	}
	while (l->first != NULL)
		drop_first(l);
	free(l);
}

static enum err port_open(void *ports, const char *number, const struct trace_port_spec *spec,
			  struct trace_port **opened)
{
	struct trace_port *port = xcalloc(1, sizeof(*port));

	port->server = ports;
	port->spec = *spec;
	port->ops = (struct service_ops){ .name = spec->name, .open = on_open, .input = on_input,
					  .closed = on_closed, .is_raw = true };
	enum err rc = service_open(ports, &port->ops, port, number, &port->service);

	if (rc == OK && port->service == NULL)
		rc = error_why(ERR_ARGUMENT, "a %s port is a number", spec->name);
	if (rc != OK) {
		free(port);
		return rc;
	}
	port->hello = spec->hello != NULL ? xstrdup(spec->hello) : NULL;
	service_start(port->service);
	service_announce(port->service);
	*opened = port;
	return OK;
}

static void port_close(struct trace_port *port)
{
	for (struct listener *l = port->listeners; l != NULL; l = l->next)
		push(l);
	if (port->timer != NULL)
		loop_remove_timer(server_loop(port->server), port->timer);
	service_close(port->service);
	free(port->hello);
	free(port);
}

static void port_send(struct trace_port *port, const void *data, size_t n)
{
	bool is_waiting = false;

	for (struct listener *l = port->listeners; l != NULL; l = l->next) {
		enqueue(l, data, n);
		is_waiting |= l->first != NULL;
	}
	if (is_waiting && port->timer == NULL)
		port->timer = loop_add_timer(server_loop(port->server), RETRY_MS, 0, on_timer, port);
}

static unsigned port_clients(const struct trace_port *port)
{
	unsigned n = 0;

	for (const struct listener *l = port->listeners; l != NULL; l = l->next)
		n++;
	return n;
}

static bool port_is_full(const struct trace_port *port)
{
	for (const struct listener *l = port->listeners; l != NULL; l = l->next) {
		if (l->waiting > QUEUE_FULL && !is_stalled(l))
			return true;
	}
	return false;
}

static void port_pause(struct trace_port *port, bool on)
{
	for (struct listener *l = port->listeners; l != NULL; l = l->next)
		client_pause(l->client, on);
}

static uint16_t port_number(const struct trace_port *port)
{
	return service_port(port->service);
}

static const struct trace_ports_ops ports_ops = {
	.open = port_open, .close = port_close, .send = port_send, .clients = port_clients,
	.is_full = port_is_full, .pause = port_pause, .number = port_number,
};

void server_lend_ports(struct server *server, struct trace_room *trace)
{
	trace_set_ports(trace, &ports_ops, server);
}
