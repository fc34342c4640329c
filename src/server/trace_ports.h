/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_ports: lends TCP ports to the room of traces, which is below (trace.h says what they do). Raw
 * bytes both ways. What the socket does not take at once waits in pieces, each of one send(); a client
 * with more than QUEUE_MAX waiting loses its oldest pieces.
 */
#ifndef SERVER_TRACE_PORTS_H
#define SERVER_TRACE_PORTS_H

#include "server/server.h"
#include "trace/trace.h"

/* The server outlives the use of the ports; trace_set_ports() is called with it. */
void server_lend_ports(struct server *server, struct trace_room *trace);

#endif
