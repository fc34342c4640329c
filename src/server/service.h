/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of server/ share; protocols use server.h. */
#ifndef SERVER_SERVICE_H
#define SERVER_SERVICE_H

#include "server/client.h"
#include "server/systemd.h"

struct telnet;
struct tcl_rpc;

struct server {
	struct loop *loop;
	struct script *script;
	char *bindto, *telnet_port, *tcl_port;
	bool exit_on_detach, is_piped, is_stopping;
	int pipe_out;			/* what stdout was before scripts lost it; -1 */
	struct systemd_sockets inherited;
	struct service *services;
	struct telnet *telnet;
	struct tcl_rpc *rpc;
	struct target_list *targets;	/* server_watch_targets */
	bool is_stepping, is_resetting;	/* what the events in between belong to */
};

enum service_kind { SERVICE_TCP, SERVICE_UNIX, SERVICE_PIPE, SERVICE_FIFO };

struct service {
	struct service *next;
	struct server *server;
	const struct service_ops *ops;
	void *ctx;
	enum service_kind kind;
	int fd, out_fd;			/* out_fd: pipe and FIFO only */
	struct loop_fd *watch;
	struct loop_timer *pause;	/* no descriptors left: look again later */
	uint16_t port;
	char *path;
	char where[80];			/* of log lines: "tcp/3333" */
	struct client *clients;
};

/* commands.c; user data is the server */
extern const struct command server_commands[];
/* stdout becomes GDB's alone: what scripts print goes to stderr from now on. */
void server_take_stdout(struct server *server);

/* notify.c */
void notify_stop(struct server *server);

#endif
