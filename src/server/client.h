/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One connection. What server.c and client.c share; protocols use server.h. */
#ifndef SERVER_CLIENT_H
#define SERVER_CLIENT_H

#include "server/guard.h"
#include "server/server.h"

struct client {
	struct client *next;
	struct service *service;
	struct loop *loop;
	const struct service_ops *ops;
	void *session;
	int in_fd, out_fd;		/* the same for a socket */
	struct loop_fd *in_watch, *out_watch;
	struct loop_timer *end_timer;
	struct buf out;
	size_t sent;			/* of out, already gone */
	uint8_t first[GUARD_BYTES];
	size_t first_count;
	unsigned use_count;		/* callbacks on the stack */
	bool is_paused, is_eof, is_closing, is_broken, is_dead, is_told;
	char peer[80], where[80];	/* "127.0.0.1:5555", "tcp/3333" */
};

/* Takes the descriptors over, also on failure. False: the session refused. */
bool client_new(struct service *service, struct loop *loop, const struct service_ops *ops, void *ctx,
		int in_fd, int out_fd, const char *peer, const char *where);
/* At once, from the loop or from the end of the program. */
void client_destroy(struct client *client);
/* Writes what it can. */
void client_flush(struct client *client);

/* server.c: the list of a service's clients. */
void service_client_added(struct service *service, struct client *client);
void service_client_gone(struct service *service, struct client *client);

#endif
