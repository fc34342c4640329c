/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rsp: the frames of the GDB remote serial protocol (GDB manual, "Remote Protocol: Overview").
 *
 * Pure functions over bytes: no socket, no state, no log. A packet is "$body#cs", cs the sum of the
 * body's bytes as sent. Binary data is escaped inside the body (0x7d, byte ^ 0x20); what is escaped
 * never holds a bare '#' or '$', so the framing needs no knowledge of the packet's kind.
 */
#ifndef SERVER_GDB_RSP_H
#define SERVER_GDB_RSP_H

#include "base/bytes.h"

/* PacketSize of qSupported: "$", body, "#cs". GDB never sends more. */
#define RSP_PACKET_SIZE	0x4000u
#define RSP_BODY_MAX	(RSP_PACKET_SIZE - 4u)
/* A client's packet may be longer than announced, up to here. */
#define RSP_INPUT_MAX	(4u * RSP_PACKET_SIZE)

enum rsp_kind {
	RSP_MORE,		/* incomplete: keep the bytes, come back with more */
	RSP_PACKET,
	RSP_BAD_SUM,		/* a packet whose checksum does not fit; body is valid */
	RSP_ACK, RSP_NAK,
	RSP_INTERRUPT,		/* Ctrl-C: a bare 0x03 */
	RSP_NOISE		/* anything else between packets */
};

struct rsp_item {
	enum rsp_kind kind;
	size_t used;		/* drop so many bytes; 0 only with RSP_MORE */
	const uint8_t *body;	/* points into the input, still escaped */
	size_t len;
};

/* Reads one item from the front of `in`. Input may be cut anywhere. With RSP_MORE and more than
 * RSP_INPUT_MAX bytes at hand: hang up. */
struct rsp_item rsp_next(const uint8_t *in, size_t n);

/* Undoes the escapes; dst may be src. Returns the new length. A trailing lone 0x7d is dropped. */
size_t rsp_unescape(uint8_t *dst, const uint8_t *src, size_t n);
/* Appends binary data escaped for an answer ('*' too: it would read as a run length). */
void rsp_escape(struct buf *out, const void *data, size_t n);
/* How many bytes of `data` fit into `room` when escaped. */
size_t rsp_escape_fits(const uint8_t *data, size_t n, size_t room);

/* Appends "$body#cs"; `runs` shortens repeated bytes as "c*n". */
void rsp_frame(struct buf *out, const void *body, size_t n, bool runs);
/* Appends "%body#cs", a notification. GDB drops those with unknown names and waits on. */
void rsp_notify(struct buf *out, const char *body);

/* A walk through a packet's arguments. Takers leave `at` alone when they return false. */
struct rsp_args {
	const char *at, *end;
};
/* 1 or more hex digits; false if there is none or the number has more than 32 bits. */
bool rsp_take_hex(struct rsp_args *args, uint32_t *value);
bool rsp_take_char(struct rsp_args *args, char c);
bool rsp_take_word(struct rsp_args *args, const char *word);
/* Two numbers with `between` in the middle: "addr,length". */
bool rsp_take_pair(struct rsp_args *args, uint32_t *first, char between, uint32_t *second);
bool rsp_at_end(const struct rsp_args *args);
size_t rsp_left(const struct rsp_args *args);

#endif
