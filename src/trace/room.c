/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The room: records come in, listeners hear them, losses are counted. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "trace/trace_priv.h"

static const char *const source_names[TRACE_SOURCES] = {
	[TRACE_RTT] = "rtt", [TRACE_ITM] = "itm", [TRACE_EXCEPTION] = "exception",
	[TRACE_PC_SAMPLE] = "pc", [TRACE_WATCH] = "watch", [TRACE_EVENT] = "event",
	[TRACE_SEMIHOSTING] = "semihosting", [TRACE_LOSS] = "loss",
};

const char *trace_source_name(enum trace_source source)
{
	return source_names[source];
}

struct target_list *trace_targets(struct trace_room *room)
{
	return room->targets;
}

static void count(struct trace_room *room, const struct trace_record *r)
{
	struct trace_count *c = &room->counts[r->source == TRACE_LOSS ? r->lost_from : r->source];

	if (r->source != TRACE_LOSS) {
		c->records++;
		c->bytes += r->n;
	} else if (r->lost == TRACE_LOSS_UNKNOWN) {
		c->gaps++;
	} else {
		c->lost += r->lost;
	}
}

void trace_put(struct trace_room *room, const struct trace_record *record)
{
	struct trace_record r = *record;

	if (r.host_ns == 0)
		r.host_ns = clock_now_ns();
	count(room, &r);
	for (struct trace_listener *l = room->listeners, *next; l != NULL; l = next) {
		next = l->next;
		l->fn(l->ctx, &r);
	}
}

void trace_put_loss(struct trace_room *room, struct target *t, enum trace_source from,
		    unsigned channel, uint32_t lost)
{
	trace_put(room, &(struct trace_record){ .source = TRACE_LOSS, .lost_from = from, .lost = lost,
						.channel = channel, .target = t });
}

FILE *trace_open_file(const char *path, const char *mode)
{
	struct stat st;

	if (stat(path, &st) != 0 || !S_ISFIFO(st.st_mode))
		return fopen(path, mode);
	int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);	/* we are a reader, too: open never waits */
	FILE *file = fd >= 0 ? fdopen(fd, mode) : NULL;

	if (file != NULL)
		setvbuf(file, NULL, _IONBF, 0);
	else if (fd >= 0)
		close(fd);
	return file;
}

void trace_listen(struct trace_room *room, trace_listener_fn fn, void *ctx)
{
	struct trace_listener *l = xcalloc(1, sizeof(*l));

	*l = (struct trace_listener){ fn, ctx, room->listeners };
	room->listeners = l;
}

void trace_unlisten(struct trace_room *room, trace_listener_fn fn, void *ctx)
{
	for (struct trace_listener **p = &room->listeners; *p != NULL; p = &(*p)->next) {
		struct trace_listener *l = *p;

		if (l->fn != fn || l->ctx != ctx)
			continue;
		*p = l->next;
		free(l);
		return;
	}
}

void trace_set_ports(struct trace_room *room, const struct trace_ports_ops *ops, void *ports)
{
	room->ports = ops;
	room->ports_ctx = ports;
}

enum err trace_port_open(struct trace_room *room, const char *port, const struct trace_port_spec *spec,
			 struct trace_port **opened)
{
	if (room->ports == NULL)
		return error_why(ERR_UNSUPPORTED, "there is no server for %s ports here", spec->name);
	return room->ports->open(room->ports_ctx, port, spec, opened);
}

/* Console text of the program, wherever else it goes. */
static void on_semihosting(void *ctx, struct target *t, const char *text, size_t n)
{
	trace_put(ctx, &(struct trace_record){ .source = TRACE_SEMIHOSTING, .target = t,
					       .data = (const uint8_t *)text, .n = n });
}

struct trace_room *trace_room_new(struct target_list *targets)
{
	struct trace_room *room = xcalloc(1, sizeof(*room));

	room->targets = targets;
	room->streams = stream_room_new(room);
	room->rtt = rtt_room_new(room);
	target_listen_semihosting(targets, on_semihosting, room);
	return room;
}

void trace_room_free(struct trace_room *room)
{
	if (room == NULL)
		return;
	target_listen_semihosting(room->targets, NULL, NULL);
	rtt_room_free(room->rtt);
	stream_room_free(room->streams);
	free(room);
}
