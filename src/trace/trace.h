/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace: what the running program tells: RTT channels, ITM and DWT packets from SWO, semihosting
 * output, PC samples. Nothing here halts the core.
 *
 * Each source has files of its own (rtt*.c, swo*.c, itm*.c, tpiu*.c) and puts what it decoded into the
 * room's stream as records with one clock. Whoever wants the merged view (`trace stream`: a TCP port, a
 * file, the console) listens to the stream; TCP ports of single channels are the sources' own.
 *
 * Nothing is lost without a sign: a source that had to drop bytes (a slow client, an overflow packet, a
 * probe's overrun, an RTT buffer that wrapped) puts a LOSS record with a count, or an unknown one.
 * Listeners are called in the middle of trace_put(); they may not put records themselves.
 *
 * Sockets belong to the room above, which lends them: trace_set_ports(). A port sends the same bytes to
 * all of its clients and never blocks: what a client does not take waits, up to a limit; beyond it whole
 * pieces of send() are dropped, the oldest first, and spec.dropped is told.
 */
#ifndef TRACE_TRACE_H
#define TRACE_TRACE_H

#include "target/target.h"

enum trace_source { TRACE_RTT, TRACE_ITM, TRACE_EXCEPTION, TRACE_PC_SAMPLE, TRACE_WATCH, TRACE_EVENT,
		    TRACE_SEMIHOSTING, TRACE_LOSS, TRACE_SOURCES };

enum { TRACE_LOSS_UNKNOWN = UINT32_MAX };

struct trace_record {
	uint64_t host_ns;		/* monotonic, when the bytes came to the host; 0: now */
	uint64_t ticks;			/* of the core's clock since trace start, if has_ticks */
	bool has_ticks;
	uint64_t global;		/* of the clock that all cores of the chip share, if has_global */
	bool has_global;
	enum trace_source source;
	enum trace_source lost_from;	/* TRACE_LOSS: which source, and how many bytes or packets */
	uint32_t lost;
	unsigned channel;		/* RTT channel, stimulus port, exception number, comparator */
	uint32_t value;			/* PC, exception action, data value */
	const uint8_t *data;		/* RTT, ITM, semihosting: bytes, valid during the call */
	size_t n;
	struct target *target;
};

typedef void (*trace_listener_fn)(void *ctx, const struct trace_record *record);

struct trace_room;

/* Registers `rtt ...` and `trace ...`. The list outlives it. */
struct trace_room *trace_room_new(struct target_list *targets);
void trace_room_free(struct trace_room *room);
struct target_list *trace_targets(struct trace_room *room);
void trace_put(struct trace_room *room, const struct trace_record *record);
/* A LOSS record. */
void trace_put_loss(struct trace_room *room, struct target *t, enum trace_source from,
		    unsigned channel, uint32_t lost);
void trace_listen(struct trace_room *room, trace_listener_fn fn, void *ctx);
void trace_unlisten(struct trace_room *room, trace_listener_fn fn, void *ctx);
/* "rtt", "itm", "pc", ... */
const char *trace_source_name(enum trace_source source);

/* For the program's RTT down channel: waits in a queue until it is taken. Returns how much waits. */
size_t trace_rtt_write(struct trace_room *room, struct target *t, unsigned channel, const uint8_t *data,
		       size_t n);

struct trace_port;			/* of the room above */

struct trace_port_spec {
	const char *name;		/* of the log lines: "rtt"; outlives the port */
	const char *hello;		/* sent to each client first; NULL: nothing. Copied */
	void (*joined)(void *ctx);	/* a client came and gets what is sent from now on. May be NULL */
	void (*input)(void *ctx, const uint8_t *data, size_t n);	/* may be NULL */
	void (*dropped)(void *ctx, size_t bytes, size_t pieces, const char *peer);	/* may be NULL */
	void *ctx;
};

struct trace_ports_ops {
	/* Accepts clients and says "Listening on port N for NAME connections". ERR_NET. */
	enum err (*open)(void *ports, const char *port, const struct trace_port_spec *spec,
			 struct trace_port **opened);
	/* And its clients, after what waits for them had its chance. No callback follows. */
	void (*close)(struct trace_port *port);
	void (*send)(struct trace_port *port, const void *data, size_t n);
	unsigned (*clients)(const struct trace_port *port);
	/* A client that still takes data has so much waiting that more would soon be dropped. */
	bool (*is_full)(const struct trace_port *port);
	/* Input is not read from now on, or again. */
	void (*pause)(struct trace_port *port, bool on);
	uint16_t (*number)(const struct trace_port *port);
};
void trace_set_ports(struct trace_room *room, const struct trace_ports_ops *ops, void *ports);

#endif
