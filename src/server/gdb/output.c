/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a session sends. In no-ack mode packets leave at once. In ack mode a packet leaves when the one
 * before it was acknowledged: a '-' can then only mean the packet that is on its way, also when a
 * monitor command prints many (GDB manual, "Packet Acknowledgment").
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "server/gdb/session.h"
#include "server/server.h"

#define ALIVE_AFTER_MS	 500u
/* A client that does not acknowledge is taken at its word after this; GDB itself waits 2 s. */
#define ACK_WAIT_MS	 1000u
/* A monitor command may print much before the loop can read the first '+'. */
#define UNACKED_MAX	 CLIENT_BACKLOG_MAX
#define CONSOLE_CHUNK	 1024u

static void send_now(struct gdb_session *s, const struct buf *frame)
{
	s->last_sent_ms = clock_now_ms();
	if (!s->is_gone)
		s->wire.send(s->wire.ctx, frame->data, frame->len);
}

static void send_first(struct gdb_session *s)
{
	s->ack_due_ms = clock_now_ms() + ACK_WAIT_MS;
	send_now(s, &s->unacked->data);
}

static void drop_first(struct gdb_session *s)
{
	struct gdb_item *item = s->unacked;

	s->unacked = item->next;
	s->unacked_bytes -= item->data.len;
	buf_free(&item->data);
	free(item);
}

static void append(struct gdb_session *s, struct buf frame)
{
	struct gdb_item *item = xcalloc(1, sizeof(*item)), **last = &s->unacked;

	while (*last != NULL)
		last = &(*last)->next;
	item->data = frame;
	*last = item;
	s->unacked_bytes += frame.len;
}

void output_packet(struct gdb_session *s, const void *body, size_t n)
{
	struct buf frame = { 0 };

	if (s->is_gone)
		return;
	rsp_frame(&frame, body, n, s->server->options.run_lengths);
	if (s->no_ack) {
		send_now(s, &frame);
		buf_free(&frame);
		return;
	}
	append(s, frame);
	if (s->unacked->next == NULL)
		send_first(s);
	if (s->unacked_bytes > UNACKED_MAX) {
		log_warning("gdb: the client acknowledges nothing, %zu bytes wait: connection closed",
			    s->unacked_bytes);
		session_hang_up(s);
	}
}

void output_acked(struct gdb_session *s)
{
	if (s->unacked == NULL)
		return;		/* GDB's greeting, or the '+' for the OK of QStartNoAckMode */
	drop_first(s);
	if (s->unacked != NULL)
		send_first(s);
}

void output_nacked(struct gdb_session *s)
{
	/* With nothing on its way it says that GDB's patience ended: the answer comes when ready. */
	if (s->unacked != NULL)
		send_first(s);
}

void output_flush(struct gdb_session *s)
{
	while (s->unacked != NULL) {
		drop_first(s);
		if (s->unacked != NULL)
			send_first(s);
	}
}

void output_tick(struct gdb_session *s)
{
	if (s->unacked != NULL && clock_now_ms() >= s->ack_due_ms)
		output_acked(s);
}

void output_free(struct gdb_session *s)
{
	while (s->unacked != NULL)
		drop_first(s);
}

static void console_chunk(struct gdb_session *s, const char *text, size_t n)
{
	char body[1 + 2 * CONSOLE_CHUNK + 1];

	body[0] = 'O';
	hex_encode(body + 1, (const uint8_t *)text, n);
	output_packet(s, body, 1 + 2 * n);
	s->console_packets++;
}

/* Where to cut: after a line if there is one, never inside a UTF-8 character. */
static size_t chunk_length(const char *text, size_t n)
{
	if (n <= CONSOLE_CHUNK)
		return n;
	const char *line = memrchr(text, '\n', CONSOLE_CHUNK);

	if (line != NULL)
		return (size_t)(line - text) + 1;
	size_t cut = CONSOLE_CHUNK;

	while (cut > CONSOLE_CHUNK - 4 && ((unsigned char)text[cut] & 0xc0) == 0x80)
		cut--;
	return cut;
}

void output_console(struct gdb_session *s, const char *text, size_t n)
{
	while (n > 0 && !s->is_gone) {
		size_t cut = chunk_length(text, n);

		console_chunk(s, text, cut);
		text += cut;
		n -= cut;
	}
}

void output_keep_alive(struct gdb_session *s)
{
	struct buf frame = { 0 };
	char body[32];

	if (s->is_gone || clock_now_ms() - s->last_sent_ms < ALIVE_AFTER_MS)
		return;
	snprintf(body, sizeof(body), "probed_alive:%02x", s->alive_count++ & 0xff);
	rsp_notify(&frame, body);
	send_now(s, &frame);
	buf_free(&frame);
}
