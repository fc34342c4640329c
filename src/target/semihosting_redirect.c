/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `arm semihosting_redirect tcp PORT`: the program's console on a TCP port, one client at a time. What
 * the socket does not take waits for the client; of a client that has stalled the oldest is dropped, as
 * neither the daemon nor the program may wait for it.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sock.h"
#include "target/semihosting.h"

#define WAITING_MAX (1u << 20)
#define KEEP_BYTES  (WAITING_MAX / 2)	/* dropping moves memory: not at every write */
#define GOODBYE_MS  500			/* at the end of the daemon, for a client that reads */

struct semi_redirect {
	struct semihosting *s;
	int listener, client;
	struct loop_fd *listen_watch, *client_watch;
	bool debug, stdio, had_client;
	bool has_ended;			/* the client types no more, and reads or has gone */
	struct buf waiting;		/* for the client */
	uint64_t dropped;		/* of it, since it last had everything */
};

static void drop_client(struct semi_redirect *r)
{
	if (r->client < 0)
		return;
	loop_remove_fd(r->s->target->list->loop, r->client_watch);
	close(r->client);
	r->client = -1;
	r->client_watch = NULL;
	buf_clear(&r->waiting);
	r->dropped = 0;
	r->has_ended = false;
}

static void hang_up(struct semi_redirect *r)
{
	bool is_news = r->stdio && !r->has_ended;

	drop_client(r);
	if (is_news)
		semi_input_end(r->s);
}

static void tell_dropped(struct semi_redirect *r)
{
	if (r->dropped > 0)
		log_info("%s: semihosting: the client of the console reads again; %" PRIu64 " bytes were "
			 "dropped for it", r->s->target->name, r->dropped);
	r->dropped = 0;
}

static void watch(struct semi_redirect *r)
{
	loop_set_events(r->client_watch, (short)((r->has_ended ? 0 : POLLIN) |
						 (r->waiting.len > 0 ? POLLOUT : 0)));
}

/* What the socket takes at once. False: the client has gone, and who heard of it may have freed r. */
static bool push(struct semi_redirect *r)
{
	while (r->waiting.len > 0) {
		ssize_t n = send(r->client, r->waiting.data, r->waiting.len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n > 0) {
			buf_consume(&r->waiting, (size_t)n);
		} else if (n < 0 && errno == EAGAIN) {
			break;
		} else if (n == 0 || errno != EINTR) {
			hang_up(r);
			return false;
		}
	}
	if (r->waiting.len == 0)
		tell_dropped(r);
	watch(r);
	return true;
}

static void on_client(void *ctx, short revents)
{
	struct semi_redirect *r = ctx;
	uint8_t data[512];
	size_t got = 0;

	if ((revents & POLLOUT) && !push(r))
		return;
	if (!(revents & ~POLLOUT))
		return;
	if (r->has_ended) {
		hang_up(r);
		return;
	}
	if (sock_read_some(r->client, data, sizeof(data), 0, &got) != OK) {
		bool idle = error_current()->code == ERR_TIMEOUT;

		error_clear();
		if (idle)
			return;
	}
	if (got == 0) {
		r->has_ended = true;
		watch(r);
		if (r->stdio)
			semi_input_end(r->s);
		return;
	}
	if (r->stdio)
		semi_input_put(r->s, data, got);
}

static void on_connect(void *ctx, short revents)
{
	struct semi_redirect *r = ctx;
	int fd = sock_accept(r->listener, NULL, 0);

	(void)revents;
	if (fd < 0)
		return;
	drop_client(r);		/* the new one goes on typing */
	r->s->has_input_ended = false;
	r->had_client = true;
	r->client = fd;
	r->client_watch = loop_add_fd(r->s->target->list->loop, fd, POLLIN, on_client, r);
}

enum err semi_redirect_start(struct semihosting *s, uint16_t port, bool debug, bool stdio)
{
	struct loop *loop = s->target->list->loop;
	int fd;

	semi_redirect_stop(s, false);
	TRY(sock_listen_tcp("127.0.0.1", &port, &fd));
	s->redirect = xcalloc(1, sizeof(*s->redirect));
	*s->redirect = (struct semi_redirect){ .s = s, .listener = fd, .client = -1, .debug = debug,
					       .stdio = stdio };
	s->redirect->listen_watch = loop_add_fd(loop, fd, POLLIN, on_connect, s->redirect);
	log_info("Listening on port %u for semihosting connections", port);
	return OK;
}

void semi_redirect_stop(struct semihosting *s, bool is_last)
{
	struct semi_redirect *r = s->redirect;

	if (r == NULL)
		return;
	s->redirect = NULL;
	if (is_last && r->waiting.len > 0 &&
	    sock_write_all(r->client, r->waiting.data, r->waiting.len, GOODBYE_MS) != OK)
		error_clear();
	hang_up(r);		/* nobody will type any more */
	loop_remove_fd(s->target->list->loop, r->listen_watch);
	close(r->listener);
	buf_free(&r->waiting);
	free(r);
}

static void drop_oldest(struct semi_redirect *r)
{
	size_t n = r->waiting.len - KEEP_BYTES;

	if (r->dropped == 0)
		log_warning("%s: semihosting: the client of the console does not read: the oldest output "
			    "is dropped for it", r->s->target->name);
	buf_consume(&r->waiting, n);
	r->dropped += n;
}

bool semi_redirect_write(struct semihosting *s, bool is_debug, const char *text, size_t n)
{
	struct semi_redirect *r = s->redirect;

	if (r == NULL || r->client < 0 || !(is_debug ? r->debug : r->stdio))
		return false;
	buf_append(&r->waiting, text, n);
	if (!push(r))
		return false;
	if (r->waiting.len > WAITING_MAX)
		drop_oldest(r);
	return !r->has_ended;	/* it may have gone: the log gets it as well */
}

bool semi_redirect_can_type(const struct semihosting *s)
{
	const struct semi_redirect *r = s->redirect;

	return r != NULL && r->stdio && !r->has_ended && (r->client >= 0 || !r->had_client);
}
