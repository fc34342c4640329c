/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sock.h"

#define READ_BYTES 16384

static void on_output(void *ctx, short revents);

static void release(struct client *c)
{
	if (--c->use_count == 0 && c->is_dead) {
		buf_free(&c->out);
		free(c);
	}
}

/* Closing a socket with unread input makes the kernel throw away what the peer has not read yet. */
static void drain(struct client *c)
{
	char rest[512];

	if (shutdown(c->out_fd, SHUT_WR) < 0)
		return;
	for (int i = 0; i < 256 && recv(c->in_fd, rest, sizeof(rest), MSG_DONTWAIT) > 0; i++)
		;
}

void client_destroy(struct client *c)
{
	if (c->is_dead)
		return;
	c->is_dead = true;
	c->use_count++;
	service_client_gone(c->service, c);
	loop_remove_fd(c->loop, c->in_watch);
	loop_remove_fd(c->loop, c->out_watch);
	loop_remove_timer(c->loop, c->end_timer);
	if (c->session != NULL)
		c->ops->closed(c->session);
	if (c->is_told)
		log_info("dropped '%s' connection", c->ops->name);
	else
		log_debug("%s: %s came and went without a word", c->ops->name, c->peer);
	if (!c->is_broken)
		drain(c);
	close(c->in_fd);
	if (c->out_fd != c->in_fd)
		close(c->out_fd);
	release(c);
}

static void on_end(void *ctx)
{
	struct client *c = ctx;

	c->end_timer = NULL;
	client_destroy(c);
}

/* From the loop: the caller may be in the middle of the session. */
static void end_soon(struct client *c)
{
	if (c->end_timer == NULL && !c->is_dead)
		c->end_timer = loop_add_timer(c->loop, 0, 0, on_end, c);
}

static void broken(struct client *c)
{
	c->is_broken = true;
	c->sent = 0;
	buf_clear(&c->out);
	end_soon(c);
}

static bool is_done(const struct client *c)
{
	return c->is_dead || c->is_broken;
}

static ssize_t write_some(struct client *c, const void *data, size_t n)
{
	ssize_t done = send(c->out_fd, data, n, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (done < 0 && errno == ENOTSOCK)
		done = write(c->out_fd, data, n);
	return done;
}

void client_flush(struct client *c)
{
	while (!is_done(c) && c->sent < c->out.len) {
		ssize_t n = write_some(c, c->out.data + c->sent, c->out.len - c->sent);

		if (n > 0)
			c->sent += (size_t)n;
		else if (n < 0 && errno == EAGAIN)
			break;
		else if (n == 0 || errno != EINTR)
			broken(c);
	}
	if (is_done(c))
		return;
	bool is_empty = c->sent == c->out.len;

	if (is_empty) {
		c->sent = 0;
		buf_clear(&c->out);
		if (c->is_closing)
			end_soon(c);
	} else if (c->sent > c->out.len / 2) {
		buf_consume(&c->out, c->sent);
		c->sent = 0;
	}
	if (is_empty && c->out_watch != NULL) {
		loop_remove_fd(c->loop, c->out_watch);
		c->out_watch = NULL;
	} else if (!is_empty && c->out_watch == NULL) {
		c->out_watch = loop_add_fd(c->loop, c->out_fd, POLLOUT, on_output, c);
	}
}

static void on_output(void *ctx, short revents)
{
	struct client *c = ctx;

	(void)revents;
	client_flush(c);
}

void client_send(struct client *c, const void *data, size_t n)
{
	if (is_done(c) || n == 0)
		return;
	if (client_backlog(c) + n > CLIENT_BACKLOG_MAX) {
		log_warning("%s: %s does not read: %zu bytes wait for it: connection closed", c->ops->name,
			    c->peer, client_backlog(c));
		broken(c);
		return;
	}
	buf_append(&c->out, data, n);
	client_flush(c);
}

size_t client_backlog(const struct client *c)
{
	return c->out.len - c->sent;
}

void client_close(struct client *c)
{
	if (c->is_closing || is_done(c))
		return;
	c->is_closing = true;
	loop_set_events(c->in_watch, 0);
	client_flush(c);
}

const char *client_peer(const struct client *c)
{
	return c->peer;
}

void client_prove_alive(struct client *c)
{
	sock_prove_alive(c->in_fd);	/* a pipe takes no notice */
}

bool client_has_left(const struct client *c)
{
	return is_done(c) || sock_has_left(c->in_fd);
}

static void listen_to(struct client *c)
{
	bool wants = !c->is_paused && !c->is_eof && !c->is_closing;

	loop_set_events(c->in_watch, wants ? POLLIN : 0);
}

void client_pause(struct client *c, bool on)
{
	if (is_done(c) || c->is_paused == on)
		return;
	c->is_paused = on;
	listen_to(c);
}

static void tell(struct client *c)
{
	if (!c->is_told)
		log_info("accepting '%s' connection on %s", c->ops->name, c->where);
	c->is_told = true;
}

/* True if the client turned out to speak another protocol. */
static bool is_foreign(struct client *c, const uint8_t *data, size_t n)
{
	const char *name;

	if (c->ops->is_raw || c->first_count == GUARD_BYTES)
		return false;
	n = MIN(n, GUARD_BYTES - c->first_count);
	memcpy(c->first + c->first_count, data, n);
	c->first_count += n;
	name = guard_foreign(c->ops->name, c->first, c->first_count);
	if (name == NULL)
		return false;
	log_warning("%s: %s speaks %s: connection refused (%s)", c->ops->name, c->peer, name,
		    error_step(ERR_PROTOCOL));
	return true;
}

static void take_input(struct client *c, const uint8_t *data, size_t n)
{
	if (is_foreign(c, data, n)) {
		broken(c);
		return;
	}
	tell(c);
	c->ops->input(c->session, data, n);
}

static void take_eof(struct client *c)
{
	c->is_eof = true;
	if (c->ops->eof != NULL && c->ops->eof(c->session)) {
		if (!is_done(c) && !c->is_closing) {
			/* Without POLLIN a hang-up of the other half still wakes the loop: forget
			 * the descriptor, a write will show it. */
			loop_remove_fd(c->loop, c->in_watch);
			c->in_watch = loop_add_fd(c->loop, -1, 0, on_output, c);
		}
		return;
	}
	broken(c);
}

static void on_input(void *ctx, short revents)
{
	struct client *c = ctx;
	uint8_t *data;
	ssize_t n;

	if (is_done(c) || c->is_closing) {
		if (revents & (POLLERR | POLLHUP))
			broken(c);
		return;
	}
	if (c->session == NULL)
		return;			/* a hang-up while open() lets the loop run: seen again after it */
	if (c->is_paused && !(revents & (POLLERR | POLLHUP)))
		return;
	data = xcalloc(1, READ_BYTES);	/* not on the stack: callbacks nest */
	n = read(c->in_fd, data, READ_BYTES);
	c->use_count++;
	if (n > 0)
		take_input(c, data, (size_t)n);
	else if (n == 0)
		take_eof(c);
	else if (errno != EAGAIN && errno != EINTR)
		broken(c);
	free(data);
	release(c);
}

/* open() may let the loop run, and in it this client may already end. */
static bool open_session(struct client *c, void *ctx)
{
	void *session;

	c->use_count++;
	session = c->ops->open(ctx, c);
	if (session == NULL) {
		broken(c);
	} else if (c->is_dead) {
		c->ops->closed(session);
	} else {
		c->session = session;
		listen_to(c);
	}
	release(c);
	return session != NULL;
}

bool client_new(struct service *service, struct loop *loop, const struct service_ops *ops, void *ctx,
		int in_fd, int out_fd, const char *peer, const char *where)
{
	struct client *c = xcalloc(1, sizeof(*c));

	*c = (struct client){ .service = service, .loop = loop, .ops = ops, .in_fd = in_fd,
			      .out_fd = out_fd };
	snprintf(c->peer, sizeof(c->peer), "%s", peer);
	snprintf(c->where, sizeof(c->where), "%s", where);
	c->in_watch = loop_add_fd(loop, in_fd, 0, on_input, c);
	loop_allow_reentry(c->in_watch);
	service_client_added(service, c);
	if (!ops->is_quiet_before_data)
		tell(c);
	return open_session(c, ctx);
}
