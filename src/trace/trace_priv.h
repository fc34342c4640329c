/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of trace/ share. Nobody else includes it. */
#ifndef TRACE_TRACE_PRIV_H
#define TRACE_TRACE_PRIV_H

#include <stdio.h>

#include "trace/trace.h"

struct rtt_room;
struct stream_room;

struct trace_listener {
	trace_listener_fn fn;
	void *ctx;
	struct trace_listener *next;
};

/* What went through since the start; `lost` counts bytes or packets, `gaps` LOSS records that do
 * not say how many. */
struct trace_count {
	uint64_t records, bytes, lost, gaps;
};

struct trace_room {
	struct target_list *targets;
	struct trace_listener *listeners;
	struct trace_count counts[TRACE_SOURCES];
	const struct trace_ports_ops *ports;	/* NULL: nobody lends any */
	void *ports_ctx;
	struct rtt_room *rtt;
	struct stream_room *streams;
};

/* ERR_UNSUPPORTED where there is no server. */
enum err trace_port_open(struct trace_room *room, const char *port, const struct trace_port_spec *spec,
			 struct trace_port **opened);

/* As fopen() for writing, but never waits: a FIFO may have no reader, now or ever. Bytes that it has
 * no room for make fwrite() fail with EAGAIN. */
FILE *trace_open_file(const char *path, const char *mode);

/* stream.c: `trace stream`, `trace stop`, `trace status`. */
struct stream_room *stream_room_new(struct trace_room *room);
void stream_room_free(struct stream_room *streams);

/* rtt.c */
struct rtt_room *rtt_room_new(struct trace_room *room);
void rtt_room_free(struct rtt_room *rtt);

/*
 * lines.c: bytes of many channels become whole lines, each with the time its first byte came. A line
 * that does not end is cut at LINE_MAX; lines_flush() ends all.
 */
#define TRACE_LINE_MAX 4096u
struct trace_lines;
struct trace_lines *lines_new(void (*line)(void *ctx, uint64_t ns, const char *label, const char *text),
			      void *ctx);
void lines_free(struct trace_lines *lines);
void lines_put(struct trace_lines *lines, uint64_t ns, const char *label, const uint8_t *data, size_t n);
void lines_flush(struct trace_lines *lines);

#endif
