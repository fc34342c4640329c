/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "adapter/stream.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_BYTES 65536u

static enum err gone(struct stream *stream, const char *why)
{
	close(stream->fd);
	stream->fd = -1;
	return error_why(ERR_ADAPTER_LOST, "the connection to the probe broke: %s", why);
}

/* One read without waiting. */
static enum err take_in(struct stream *stream)
{
	if (stream->in_used > 0) {
		buf_consume(&stream->in, stream->in_used);
		stream->in_used = 0;
	}
	ssize_t n = read(stream->fd, buf_reserve(&stream->in, READ_BYTES), READ_BYTES);

	if (n > 0)
		stream->in.len += (size_t)n;
	else if (n == 0)
		return gone(stream, "the other side closed it");
	else if (errno != EAGAIN && errno != EINTR)
		return gone(stream, strerror(errno));
	return OK;
}

static enum err wait_for(struct stream *stream, short events, short *got, int timeout_ms)
{
	struct pollfd p = { .fd = stream->fd, .events = events };
	int n = poll(&p, 1, timeout_ms);

	*got = 0;
	if (n < 0 && errno != EINTR)
		return gone(stream, strerror(errno));
	if (n == 0)
		return error_why(ERR_TIMEOUT, "the probe did not answer within %d ms", timeout_ms);
	if (n > 0)
		*got = p.revents;
	return OK;
}

static enum err is_open(const struct stream *stream)
{
	if (stream->fd < 0)
		return error_why(ERR_ADAPTER_LOST, "the connection to the probe is closed");
	return OK;
}

enum err stream_write(struct stream *stream, const void *data, size_t n, int timeout_ms)
{
	const uint8_t *p = data;

	TRY(is_open(stream));
	while (n > 0) {
		ssize_t sent = send(stream->fd, p, n, MSG_NOSIGNAL);
		short got;

		if (sent > 0) {
			p += sent;
			n -= (size_t)sent;
			continue;
		}
		if (errno != EAGAIN && errno != EINTR)
			return gone(stream, strerror(errno));
		TRY(wait_for(stream, POLLIN | POLLOUT, &got, timeout_ms));
		if (got & (POLLIN | POLLHUP | POLLERR))
			TRY(take_in(stream));
	}
	return OK;
}

enum err stream_peek(struct stream *stream, size_t n, const uint8_t **data, int timeout_ms)
{
	while (stream->in.len - stream->in_used < n) {
		short got;

		TRY(is_open(stream));
		TRY(wait_for(stream, POLLIN, &got, timeout_ms));
		if (got != 0)
			TRY(take_in(stream));
	}
	*data = stream->in.data + stream->in_used;
	return OK;
}

void stream_consume(struct stream *stream, size_t n)
{
	stream->in_used += n;
}

size_t stream_ready(struct stream *stream)
{
	struct pollfd p = { .fd = stream->fd, .events = POLLIN };

	/* A closed peer shows again, with its error, when someone waits for more. */
	if (stream->fd >= 0 && poll(&p, 1, 0) > 0 && take_in(stream) != OK)
		error_clear();
	return stream->in.len - stream->in_used;
}

void stream_close(struct stream *stream)
{
	if (stream->fd >= 0)
		close(stream->fd);
	stream->fd = -1;
	stream->in_used = 0;
	buf_free(&stream->in);
}
