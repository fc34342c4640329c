/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `arm semihosting_redirect tcp PORT`: the program's console on a TCP port, one client at a time. */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sock.h"
#include "target/semihosting.h"

#define WRITE_TIMEOUT_MS 500	/* a client that does not read must not stop the daemon */

struct semi_redirect {
	struct semihosting *s;
	int listener, client;
	struct loop_fd *listen_watch, *client_watch;
	bool debug, stdio, had_client;
};

static void drop_client(struct semi_redirect *r)
{
	if (r->client < 0)
		return;
	loop_remove_fd(r->s->target->list->loop, r->client_watch);
	close(r->client);
	r->client = -1;
	r->client_watch = NULL;
}

static void hang_up(struct semi_redirect *r)
{
	drop_client(r);
	if (r->stdio)
		semi_input_end(r->s);
}

static void on_client(void *ctx, short revents)
{
	struct semi_redirect *r = ctx;
	uint8_t data[512];
	size_t got = 0;

	(void)revents;
	if (sock_read_some(r->client, data, sizeof(data), 0, &got) != OK) {
		bool idle = error_current()->code == ERR_TIMEOUT;

		error_clear();
		if (idle)
			return;
	}
	if (got == 0) {
		hang_up(r);
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

	semi_redirect_stop(s);
	TRY(sock_listen_tcp("127.0.0.1", &port, &fd));
	s->redirect = xcalloc(1, sizeof(*s->redirect));
	*s->redirect = (struct semi_redirect){ .s = s, .listener = fd, .client = -1, .debug = debug,
					       .stdio = stdio };
	s->redirect->listen_watch = loop_add_fd(loop, fd, POLLIN, on_connect, s->redirect);
	log_info("Listening on port %u for semihosting connections", port);
	return OK;
}

void semi_redirect_stop(struct semihosting *s)
{
	struct semi_redirect *r = s->redirect;

	if (r == NULL)
		return;
	s->redirect = NULL;
	hang_up(r);		/* nobody will type any more */
	loop_remove_fd(s->target->list->loop, r->listen_watch);
	close(r->listener);
	free(r);
}

bool semi_redirect_write(struct semihosting *s, bool is_debug, const char *text, size_t n)
{
	struct semi_redirect *r = s->redirect;

	if (r == NULL || r->client < 0 || !(is_debug ? r->debug : r->stdio))
		return false;
	if (sock_write_all(r->client, text, n, WRITE_TIMEOUT_MS) != OK) {
		error_clear();
		hang_up(r);
	}
	return true;
}

bool semi_redirect_can_type(const struct semihosting *s)
{
	const struct semi_redirect *r = s->redirect;

	return r != NULL && r->stdio && (r->client >= 0 || !r->had_client);
}
