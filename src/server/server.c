/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ports and the clients behind them. */
#include "server/server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/sock.h"
#include "server/holder.h"
#include "server/service.h"
#include "server/tcl_rpc.h"
#include "server/telnet.h"

/* A port is reachable from the network only if the configuration says so. */
#define DEFAULT_HOST	"127.0.0.1"
#define ACCEPT_PAUSE_MS 1000

struct server *server_new(struct loop *loop, struct script *script)
{
	struct server *server = xcalloc(1, sizeof(*server));

	server->loop = loop;
	server->script = script;
	server->bindto = xstrdup(DEFAULT_HOST);
	server->telnet_port = xstrdup("4444");
	server->tcl_port = xstrdup("6666");
	server->pipe_out = -1;
	systemd_sockets_init(&server->inherited);
	script_register(script, server_commands, server);
	server->telnet = telnet_new(server);
	server->rpc = tcl_rpc_new(server);
	return server;
}

void server_free(struct server *server)
{
	if (server == NULL)
		return;
	notify_stop(server);
	server_stop(server, 0);
	telnet_free(server->telnet);
	tcl_rpc_free(server->rpc);
	systemd_sockets_free(&server->inherited);
	if (server->pipe_out >= 0)
		close(server->pipe_out);
	free(server->bindto);
	free(server->telnet_port);
	free(server->tcl_port);
	free(server);
}

struct loop *server_loop(struct server *server)
{
	return server->loop;
}

struct script *server_script(struct server *server)
{
	return server->script;
}

void server_set_exit_on_detach(struct server *server, bool on)
{
	server->exit_on_detach = on;
}

bool server_exits_on_detach(const struct server *server)
{
	return server->exit_on_detach;
}

bool server_is_piped(const struct server *server)
{
	return server->is_piped;
}

void server_take_stdout(struct server *server)
{
	if (server->is_piped)
		return;
	server->is_piped = true;
	loop_leave_keyboard(server->loop);
	fflush(stdout);
	server->pipe_out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	dup2(STDERR_FILENO, STDOUT_FILENO);
}

/* In pipe mode GDB is the one that matters: a second session must not fail for a console's port. */
static enum err start_console(struct server *server, enum err rc)
{
	if (rc != ERR_NET || !server->is_piped)
		return rc;
	log_warning("%s", error_text(error_current()));
	error_clear();
	return OK;
}

enum err server_start_consoles(struct server *server)
{
	TRY(start_console(server, tcl_rpc_start(server->rpc, server->tcl_port)));
	return start_console(server, telnet_start(server->telnet, server->telnet_port));
}

static bool has_backlog(const struct server *server)
{
	for (const struct service *s = server->services; s != NULL; s = s->next) {
		for (const struct client *c = s->clients; c != NULL; c = c->next) {
			if (client_backlog(c) > 0)
				return true;
		}
	}
	return false;
}

static void flush_all(struct server *server)
{
	for (struct service *s = server->services; s != NULL; s = s->next) {
		for (struct client *c = s->clients; c != NULL; c = c->next)
			client_flush(c);
	}
}

void server_stop(struct server *server, unsigned timeout_ms)
{
	uint64_t end = clock_now_ms() + timeout_ms;

	server->is_stopping = true;
	for (flush_all(server); has_backlog(server) && clock_now_ms() < end; flush_all(server))
		poll(NULL, 0, 5);
	while (server->services != NULL)
		service_close(server->services);
}

/* ---- services ---- */

void service_client_added(struct service *service, struct client *client)
{
	client->next = service->clients;
	service->clients = client;
}

static void end_with_pipe(void *ctx)
{
	struct server *server = ctx;

	if (script_eval(server->script, NULL, "shutdown", NULL, 0, NULL) != OK)
		log_failure();
}

void service_client_gone(struct service *service, struct client *client)
{
	struct server *server = service->server;

	for (struct client **p = &service->clients; *p != NULL; p = &(*p)->next) {
		if (*p == client) {
			*p = client->next;
			break;
		}
	}
	/* From the loop, after the session's own end. */
	if (service->kind == SERVICE_PIPE && !server->is_stopping)
		loop_add_timer(server->loop, 0, 0, end_with_pipe, server);
}

static void add_client(struct service *s, int in_fd, int out_fd, const char *peer)
{
	if (!client_new(s, s->server->loop, s->ops, s->ctx, in_fd, out_fd, peer, s->where))
		log_debug("%s: %s was refused", s->ops->name, peer);
}

static void on_pause_over(void *ctx)
{
	struct service *s = ctx;

	s->pause = NULL;
	loop_set_events(s->watch, POLLIN);
}

/* Who waits keeps the listener ready: looking at it again at once would be a busy loop. */
static void pause_accepting(struct service *s, int reason)
{
	log_warning("%s: a client cannot be let in: %s", s->ops->name, strerror(reason));
	loop_set_events(s->watch, 0);
	s->pause = loop_add_timer(s->server->loop, ACCEPT_PAUSE_MS, 0, on_pause_over, s);
}

static void on_accept(void *ctx, short revents)
{
	struct service *s = ctx;
	char peer[80];
	int fd = sock_accept(s->fd, peer, sizeof(peer));

	(void)revents;
	if (fd >= 0)
		add_client(s, fd, fd, peer);
	else if (errno == EMFILE || errno == ENFILE)
		pause_accepting(s, errno);
}

static enum err bind_error(const struct service_ops *ops, uint16_t port, int reason)
{
	char holder[128], with[40] = "";

	error_why(ERR_NET, "couldn't bind %s to socket on port %u: %s", ops->name, port, strerror(reason));
	/* The port of a raw service stands in the command that opens it. */
	if (!ops->is_raw)
		snprintf(with, sizeof(with), " with \"%s_port\"", ops->name);
	if (reason == EADDRINUSE && holder_of_port(port, holder, sizeof(holder)))
		return error_next(ERR_NET, "it belongs to %s: end that, or choose another%s", holder, with);
	if (reason == EACCES)
		return error_next(ERR_NET, "ports below 1024 belong to the system: choose another");
	return error_next(ERR_NET, "choose another%s, 0 for any", with);
}

static enum err open_tcp(struct service *s, const char *text)
{
	uint32_t number;

	TRY(parse_u32(text, s->ops->name, &number));
	if (number > 65535) {
		error_why(ERR_ARGUMENT, "%u is no port number", number);
		return error_next(ERR_ARGUMENT, "choose 1 to 65535, or 0 for any free port");
	}
	s->port = (uint16_t)number;
	if (sock_listen_tcp(s->server->bindto, &s->port, &s->fd) != OK)
		return errno == 0 ? error_current()->code : bind_error(s->ops, s->port, errno);
	snprintf(s->where, sizeof(s->where), "tcp/%u", s->port);
	return OK;
}

static enum err open_fifo(struct service *s, const char *path)
{
	char *out_path = xasprintf("%so", path);
	int reason = 0;

	s->kind = SERVICE_FIFO;
	/* Read and write, so that it does not end when the other side closes it for a while. */
	s->fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	s->out_fd = s->fd < 0 ? -1 : open(out_path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (s->out_fd < 0)
		reason = errno;
	if (reason != 0)
		error_why(ERR_NET, "cannot open FIFO %s: %s", s->fd < 0 ? path : out_path,
			  strerror(reason));
	free(out_path);
	return reason ? error_next(ERR_NET, "make both with mkfifo: PATH and PATHo") : OK;
}

static enum err open_path(struct service *s, const char *path)
{
	struct stat st;

	snprintf(s->where, sizeof(s->where), "%s", path);
	s->path = xstrdup(path);
	if (stat(path, &st) == 0 && S_ISFIFO(st.st_mode))
		return open_fifo(s, path);
	if (strchr(path, '/') == NULL) {
		error_why(ERR_ARGUMENT, "\"%s\" is no port", path);
		return error_next(ERR_ARGUMENT,
				  "give a number, 0 for any, disabled, or a path with a slash");
	}
	s->kind = SERVICE_UNIX;
	return sock_listen_unix(path, &s->fd);
}

static void open_pipe(struct service *s)
{
	server_take_stdout(s->server);
	s->kind = SERVICE_PIPE;
	s->fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	s->out_fd = s->server->pipe_out;
	s->server->pipe_out = -1;
	fcntl(s->fd, F_SETFL, fcntl(s->fd, F_GETFL) | O_NONBLOCK);
	fcntl(s->out_fd, F_SETFL, fcntl(s->out_fd, F_GETFL) | O_NONBLOCK);
	snprintf(s->where, sizeof(s->where), "pipe");
}

static void adopt(struct service *s, int fd)
{
	struct sockaddr_storage sa;
	socklen_t size = sizeof(sa);

	s->fd = fd;
	snprintf(s->where, sizeof(s->where), "an inherited socket");
	if (getsockname(fd, (struct sockaddr *)&sa, &size) == 0 && sa.ss_family != AF_UNIX) {
		/* The port is at the same place in both families' addresses. */
		const uint8_t *raw = (const uint8_t *)&sa;

		s->port = (uint16_t)(raw[2] << 8 | raw[3]);
		snprintf(s->where, sizeof(s->where), "tcp/%u", s->port);
	}
}

static bool is_number(const char *text)
{
	return text[0] >= '0' && text[0] <= '9';
}

enum err service_open(struct server *server, const struct service_ops *ops, void *ctx, const char *port,
		      struct service **service)
{
	struct service *s;
	enum err rc = OK;
	int fd;

	*service = NULL;
	if (strcmp(port, "disabled") == 0) {
		log_info("%s %s disabled", ops->name, strcmp(ops->name, "gdb") == 0 ? "port" : "server");
		return OK;
	}
	s = xcalloc(1, sizeof(*s));
	*s = (struct service){ .server = server, .ops = ops, .ctx = ctx, .fd = -1, .out_fd = -1 };
	errno = 0;
	fd = systemd_take_socket(&server->inherited, ops->name);
	if (fd >= 0)
		adopt(s, fd);
	else if (strcmp(port, "pipe") == 0)
		open_pipe(s);
	else if (is_number(port))
		rc = open_tcp(s, port);
	else
		rc = open_path(s, port);
	s->next = server->services;
	server->services = s;
	if (rc != OK)
		service_close(s);
	else
		*service = s;
	return rc;
}

void service_start(struct service *s)
{
	if (s == NULL || s->watch != NULL)
		return;
	if (s->kind == SERVICE_TCP || s->kind == SERVICE_UNIX) {
		s->watch = loop_add_fd(s->server->loop, s->fd, POLLIN, on_accept, s);
		loop_allow_reentry(s->watch);
	} else if (s->fd >= 0) {
		int in = s->fd, out = s->out_fd;

		s->fd = s->out_fd = -1;		/* the client's now */
		add_client(s, in, out, s->where);
	}
}

void service_announce(struct service *s)
{
	if (s == NULL)
		return;
	if (s->port != 0)
		log_info("Listening on port %u for %s connections", s->port, s->ops->name);
	else
		log_info("Listening on %s for %s connections", s->where, s->ops->name);
}

uint16_t service_port(const struct service *s)
{
	return s->port;
}

void service_close(struct service *s)
{
	if (s == NULL)
		return;
	for (struct service **p = &s->server->services; *p != NULL; p = &(*p)->next) {
		if (*p == s) {
			*p = s->next;
			break;
		}
	}
	while (s->clients != NULL)
		client_destroy(s->clients);
	loop_remove_fd(s->server->loop, s->watch);
	loop_remove_timer(s->server->loop, s->pause);
	if (s->fd >= 0)
		close(s->fd);
	if (s->out_fd >= 0)
		close(s->out_fd);
	if (s->kind == SERVICE_UNIX && s->fd >= 0)
		unlink(s->path);
	free(s->path);
	free(s);
}
