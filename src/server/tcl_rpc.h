/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tcl_rpc: the port for programs. A request is a script and 0x1a, a reply is its result, or the
 * error's message, and 0x1a. Replies come in the order of the requests. With notifications on, the
 * connection also gets messages of its own between replies, each ended by CR LF 0x1a.
 */
#ifndef SERVER_TCL_RPC_H
#define SERVER_TCL_RPC_H

#include "server/server.h"

#define RPC_END		 0x1a
#define RPC_REQUEST_MAX	 (4u << 20)

struct tcl_rpc;

struct tcl_rpc *tcl_rpc_new(struct server *server);
void tcl_rpc_free(struct tcl_rpc *rpc);
enum err tcl_rpc_start(struct tcl_rpc *rpc, const char *port);
/* Of the connection that speaks; ERR_UNSUPPORTED elsewhere. */
enum err tcl_rpc_set_notifications(struct origin *origin, bool on);
enum err tcl_rpc_set_trace(struct origin *origin, bool on);
/* "type target_event event NAME" to everybody who asked, then "type target_state state STATE" if the
 * connection's last state was another; `state` NULL: do not look. */
void tcl_rpc_event(struct tcl_rpc *rpc, const char *name, const char *state);
/* Any other message. */
void tcl_rpc_notify(struct tcl_rpc *rpc, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Trace bytes to everybody who asked. */
void tcl_rpc_trace(struct tcl_rpc *rpc, const uint8_t *data, size_t n);

/* One request at the front of `in`: its length, -1 if the end has not come yet. */
long rpc_request_length(const uint8_t *in, size_t n);

#endif
