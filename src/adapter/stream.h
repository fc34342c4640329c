/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stream: both directions of one socket, for probes that answer while we still send.
 *
 * Writing takes in whatever arrives meanwhile, so full socket buffers on both sides never lock
 * up. Time limits count from the last progress. Errors: ERR_TIMEOUT, or ERR_ADAPTER_LOST when the
 * peer is gone (for good: every later call fails the same way).
 */
#ifndef ADAPTER_STREAM_H
#define ADAPTER_STREAM_H

#include "base/bytes.h"
#include "base/err.h"

struct stream {
	int fd;			/* -1: closed */
	struct buf in;		/* arrived, not yet consumed */
	size_t in_used;		/* consumed at the front of `in` */
};

enum err stream_write(struct stream *stream, const void *data, size_t n, int timeout_ms);
/* Waits until n bytes stand at *data (valid until the next call). */
enum err stream_peek(struct stream *stream, size_t n, const uint8_t **data, int timeout_ms);
void stream_consume(struct stream *stream, size_t n);
/* Takes in what is there without waiting; returns how many bytes stand ready. */
size_t stream_ready(struct stream *stream);
void stream_close(struct stream *stream);

#endif
