/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/front/server.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sock.h"

#define CHUNK 65536u

struct client {
	struct vb_server *server;
	struct client *next;
	int fd;
	struct loop_fd *watch;
	struct buf in, out;
	bool is_closing;	/* hang up as soon as `out` is sent */
};

struct vb_server {
	struct loop *loop;
	const struct vb_server_ops *ops;
	void *ctx;
	char *address;
	bool is_tcp;
	int fd;
	struct loop_fd *watch;
	struct client *clients;
};

static bool is_number(const char *s)
{
	return *s != 0 && strspn(s, "0123456789") == strlen(s);
}

static void drop_client(struct client *c)
{
	for (struct client **p = &c->server->clients; *p != NULL; p = &(*p)->next) {
		if (*p == c) {
			*p = c->next;
			break;
		}
	}
	loop_remove_fd(c->server->loop, c->watch);
	close(c->fd);
	buf_free(&c->in);
	buf_free(&c->out);
	free(c);
}

/* Returns false if the client is gone. */
static bool flush(struct client *c)
{
	while (c->out.len > 0) {
		ssize_t n = send(c->fd, c->out.data, c->out.len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n > 0) {
			buf_consume(&c->out, (size_t)n);
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			loop_set_events(c->watch, POLLOUT);
			return true;
		}
		drop_client(c);
		return false;
	}
	if (c->is_closing) {
		drop_client(c);
		return false;
	}
	loop_set_events(c->watch, POLLIN);
	return true;
}

/* Reads what is there; false if the peer is gone and nothing is left to process. */
static bool fill(struct client *c)
{
	while (c->in.len < c->server->ops->max_input) {
		size_t room = MIN(CHUNK, c->server->ops->max_input - c->in.len);
		ssize_t n = recv(c->fd, buf_reserve(&c->in, room), room, MSG_DONTWAIT);

		if (n > 0) {
			c->in.len += (size_t)n;
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return true;
		/* Closed or reset. A batch that came with the FIN is still executed. */
		c->is_closing = true;
		return c->in.len > 0;
	}
	return true;
}

static void on_client(void *ctx, short revents)
{
	struct client *c = ctx;
	const struct vb_server_ops *ops = c->server->ops;

	if (revents & POLLOUT) {
		if (!flush(c) || c->out.len > 0)
			return;
	}
	if (!fill(c)) {
		drop_client(c);
		return;
	}
	if (c->in.len > 0) {
		size_t used = ops->input(c->server->ctx, c->in.data, c->in.len, &c->out);

		if (used == SERVER_HANG_UP) {
			c->is_closing = true;
			used = c->in.len;
		}
		if (used == 0 && c->in.len >= ops->max_input) {
			log_warning("%s: a client sent %zu bytes without a complete request: "
				    "disconnected",
				    ops->name, c->in.len);
			c->is_closing = true;
		}
		buf_consume(&c->in, used);
	}
	flush(c);
}

/* The old connection may have ended a moment before the new one came. */
static void drop_dead_clients(struct vb_server *server)
{
	struct client *next;

	for (struct client *c = server->clients; c != NULL; c = next) {
		char byte;

		next = c->next;
		if (recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
			drop_client(c);
	}
}

static void on_listener(void *ctx, short revents)
{
	struct vb_server *server = ctx;
	int fd;

	(void)revents;
	while ((fd = sock_accept(server->fd, NULL, 0)) >= 0) {
		struct client *c;

		if (vb_server_clients(server) >= server->ops->max_clients)
			drop_dead_clients(server);
		if (vb_server_clients(server) >= server->ops->max_clients) {
			close(fd);
			continue;
		}
		c = xcalloc(1, sizeof(*c));
		c->server = server;
		c->fd = fd;
		c->next = server->clients;
		server->clients = c;
		c->watch = loop_add_fd(server->loop, fd, POLLIN, on_client, c);
	}
}

static enum err listen_on(struct vb_server *server)
{
	if (server->is_tcp) {
		uint16_t port = (uint16_t)strtoul(server->address, NULL, 10);

		TRY(sock_listen_tcp("127.0.0.1", &port, &server->fd));
		free(server->address);
		server->address = xasprintf("%u", port);
	} else {
		TRY(sock_listen_unix(server->address, &server->fd));
	}
	server->watch = loop_add_fd(server->loop, server->fd, POLLIN, on_listener, server);
	return OK;
}

static void stop_listening(struct vb_server *server)
{
	if (server->watch == NULL)
		return;
	loop_remove_fd(server->loop, server->watch);
	server->watch = NULL;
	close(server->fd);
	if (!server->is_tcp)
		unlink(server->address);
}

enum err vb_server_open(struct loop *loop, const struct vb_server_ops *ops, void *ctx,
			const char *address, struct vb_server **out)
{
	struct vb_server *server = xcalloc(1, sizeof(*server));
	enum err rc;

	server->loop = loop;
	server->ops = ops;
	server->ctx = ctx;
	server->address = xstrdup(address);
	server->is_tcp = is_number(address);
	if (server->is_tcp && strtoul(address, NULL, 10) > 65535)
		rc = error_why(ERR_ARGUMENT, "%s is no port number", address);
	else
		rc = listen_on(server);
	if (rc != OK) {
		vb_server_close(server);
		return error_what(rc, "--%s %s", ops->name, address);
	}
	*out = server;
	return OK;
}

void vb_server_unplug(struct vb_server *server)
{
	while (server->clients != NULL)
		drop_client(server->clients);
	stop_listening(server);
}

enum err vb_server_replug(struct vb_server *server)
{
	return server->watch != NULL ? OK : listen_on(server);
}

void vb_server_close(struct vb_server *server)
{
	if (server == NULL)
		return;
	vb_server_unplug(server);
	free(server->address);
	free(server);
}

const char *vb_server_name(const struct vb_server *server)
{
	return server->ops->name;
}

const char *vb_server_address(const struct vb_server *server)
{
	return server->address;
}

bool vb_server_is_tcp(const struct vb_server *server)
{
	return server->is_tcp;
}

unsigned vb_server_clients(const struct vb_server *server)
{
	unsigned n = 0;

	for (const struct client *c = server->clients; c != NULL; c = c->next)
		n++;
	return n;
}
