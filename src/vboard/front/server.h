/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vb_server: a stream socket of the board (probe protocol or control port), TCP on a port number or
 * a unix socket on a path. It owns listener, clients and their buffers; a protocol gets the bytes
 * and appends its answers.
 *
 * input() is called with everything that has arrived and returns how much of it is done; the rest
 * comes again with more behind it. After it returns, `out` is sent in one write. While an answer
 * does not go out, nothing more is read from that client. SIZE_MAX hangs up after sending `out`.
 * With max_clients reached, further connections are closed at once.
 */
#ifndef VB_FRONT_SERVER_H
#define VB_FRONT_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/loop.h"

#define SERVER_HANG_UP SIZE_MAX

struct vb_server;

struct vb_server_ops {
	const char *name;		/* "cmsis-dap-tcp": also the option's name */
	unsigned max_clients;
	size_t max_input;		/* bytes that may wait; more is left in the socket */
	size_t (*input)(void *ctx, const uint8_t *data, size_t n, struct buf *out);
};

/* `address`: a number is a TCP port (0: any free one), everything else a path. */
enum err vb_server_open(struct loop *loop, const struct vb_server_ops *ops, void *ctx,
			const char *address, struct vb_server **server);
void vb_server_close(struct vb_server *server);
const char *vb_server_name(const struct vb_server *server);
/* The real port number or the path. */
const char *vb_server_address(const struct vb_server *server);
bool vb_server_is_tcp(const struct vb_server *server);
unsigned vb_server_clients(const struct vb_server *server);
/* Drops all clients and refuses new ones until vb_server_replug(), which takes the same address. */
void vb_server_unplug(struct vb_server *server);
enum err vb_server_replug(struct vb_server *server);

#endif
