/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Channels on TCP ports: up to every client, what clients send down. A channel that nobody is connected
 * to keeps its last bytes for the first client.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "trace/rtt.h"

#define QUEUE_PAUSE (64u << 10)		/* bytes for a down channel: clients are not read for now */

static const struct trace_ports_ops *ops_of(const struct rtt *r)
{
	return r->room->trace->ports;
}

static void send_to(struct rtt_port *p, const void *data, size_t n)
{
	ops_of(p->rtt)->send(p->port, data, n);
}

static void on_joined(void *ctx)
{
	struct rtt_port *p = ctx;
	struct buf *unheard;

	if (p->channel >= p->rtt->up_slots)
		return;
	unheard = &p->rtt->ups[p->channel].unheard;
	if (unheard->len > 0)
		send_to(p, unheard->data, unheard->len);
	buf_free(unheard);
	if (p->rtt->is_started && !p->rtt->is_busy)
		rtt_arm_timer(p->rtt, 0);
}

static void pause_all(struct rtt *r, unsigned channel, bool on)
{
	for (struct rtt_port *p = r->room->ports; p != NULL; p = p->next) {
		if (p->rtt == r && p->channel == channel)
			ops_of(r)->pause(p->port, on);
	}
}

static void on_input(void *ctx, const uint8_t *data, size_t n)
{
	struct rtt_port *p = ctx;
	struct rtt *r = p->rtt;
	struct buf *queue = &r->downs[p->channel].queue;

	buf_append(queue, data, n);
	if (queue->len > QUEUE_PAUSE)
		pause_all(r, p->channel, true);
	if (r->is_started && r->is_found && !r->is_busy)
		rtt_arm_timer(r, 0);
}

void rtt_resume_input(struct rtt *r, unsigned channel)
{
	if (r->downs[channel].queue.len <= QUEUE_PAUSE)
		pause_all(r, channel, false);
}

static void on_dropped(void *ctx, size_t bytes, size_t pieces, const char *peer)
{
	struct rtt_port *p = ctx;

	(void)pieces;
	p->dropped += bytes;
	trace_put_loss(p->rtt->room->trace, p->rtt->target, TRACE_RTT, p->channel, (uint32_t)bytes);
	if (!p->is_drop_told)
		log_warning("rtt: %s does not read channel %u: the oldest output is dropped for it "
			    "(trace status counts)", peer, p->channel);
	p->is_drop_told = true;
}

/* Nobody hears it: the last bytes are kept. */
static void keep(struct rtt *r, unsigned channel, const uint8_t *data, size_t n)
{
	struct buf *unheard = &r->ups[channel].unheard;

	buf_append(unheard, data, n);
	if (unheard->len > RTT_UNHEARD_MAX)
		buf_consume(unheard, unheard->len - RTT_UNHEARD_MAX);
}

void rtt_deliver(struct rtt *r, unsigned channel, const uint8_t *data, size_t n)
{
	bool is_heard = false;

	trace_put(r->room->trace, &(struct trace_record){ .source = TRACE_RTT, .channel = channel,
							  .data = data, .n = n, .target = r->target });
	rtt_log_put(r, channel, data, n);
	for (struct rtt_port *p = r->room->ports; p != NULL; p = p->next) {
		if (p->rtt != r || p->channel != channel || ops_of(r)->clients(p->port) == 0)
			continue;
		send_to(p, data, n);
		is_heard = true;
	}
	if (!is_heard)
		keep(r, channel, data, n);
}

bool rtt_is_full(struct rtt *r, unsigned channel)
{
	for (struct rtt_port *p = r->room->ports; p != NULL; p = p->next) {
		if (p->rtt == r && p->channel == channel && ops_of(r)->is_full(p->port))
			return true;
	}
	return false;
}

enum err rtt_port_start(struct rtt *r, const char *port, unsigned channel, const char *hello)
{
	struct rtt_port *p = xcalloc(1, sizeof(*p));
	struct trace_port_spec spec = { .name = "rtt", .hello = hello, .joined = on_joined,
					.input = on_input, .dropped = on_dropped, .ctx = p };

	*p = (struct rtt_port){ .rtt = r, .channel = channel };
	rtt_slots(r, 0, channel + 1);
	enum err rc = trace_port_open(r->room->trace, port, &spec, &p->port);

	if (rc != OK) {
		free(p);
		return error_what(rc, "rtt server");
	}
	p->next = r->room->ports;
	r->room->ports = p;
	return OK;
}

static void remove_port(struct rtt_room *room, struct rtt_port *p)
{
	for (struct rtt_port **at = &room->ports; *at != NULL; at = &(*at)->next) {
		if (*at == p) {
			*at = p->next;
			break;
		}
	}
	room->trace->ports->close(p->port);
	free(p);
}

enum err rtt_port_stop(struct rtt_room *room, const char *port)
{
	uint32_t number;

	TRY(parse_u32(port, "port", &number));
	for (struct rtt_port *p = room->ports; p != NULL; p = p->next) {
		if (room->trace->ports->number(p->port) == number) {
			remove_port(room, p);
			return OK;
		}
	}
	/* Scripts tidy up before they start a server, and OpenOCD lets them. */
	log_info("rtt: no channel is on port %s: nothing to stop", port);
	return OK;
}

void rtt_ports_free(struct rtt_room *room)
{
	while (room->ports != NULL)
		remove_port(room, room->ports);
}
