/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/sock.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static void no_delay(int fd)
{
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));	/* fails on unix: fine */
}

/* A client whose machine went away without a word is noticed within half a minute. */
static void keep_alive(int fd)
{
	int on = 1, idle_s = 15, interval_s = 5, count = 3;

	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof(idle_s));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof(interval_s));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count));
}

void sock_prove_alive(int fd)
{
	int soon_s = 1, count = 2;
	unsigned int unacked_ms = 3000;

	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &soon_s, sizeof(soon_s));	/* unix: fails, fine */
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &soon_s, sizeof(soon_s));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count));
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacked_ms, sizeof(unacked_ms));
}

bool sock_has_left(int fd)
{
	struct pollfd look = { .fd = fd, .events = POLLRDHUP };

	return poll(&look, 1, 0) > 0 && (look.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

static enum err resolve(const char *host, uint16_t port, int flags, struct addrinfo **list)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM,
				  .ai_flags = flags | AI_NUMERICSERV };
	char service[8];

	snprintf(service, sizeof(service), "%u", port);
	int rc = getaddrinfo(host, service, &hints, list);

	if (rc != 0) {
		error_why(ERR_NET, "cannot resolve host \"%s\": %s", host, gai_strerror(rc));
		return error_next(ERR_NET, "check the host name");
	}
	return OK;
}

enum err sock_listen_tcp(const char *host, uint16_t *port, int *fd)
{
	struct addrinfo *list;
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} bound;
	socklen_t size = sizeof(bound);
	int on = 1, saved = 0;

	TRY(resolve(host, *port, AI_PASSIVE, &list));
	*fd = -1;
	for (struct addrinfo *a = list; a != NULL && *fd < 0; a = a->ai_next) {
		*fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (*fd < 0) {
			saved = errno;
			continue;
		}
		setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
		if (bind(*fd, a->ai_addr, a->ai_addrlen) == 0 && listen(*fd, 8) == 0)
			break;
		saved = errno;
		close(*fd);
		*fd = -1;
	}
	freeaddrinfo(list);
	if (*fd < 0) {
		error_why(ERR_NET, "couldn't bind to %s port %u: %s", host, *port, strerror(saved));
		errno = saved;
		return ERR_NET;
	}
	if (getsockname(*fd, &bound.any, &size) == 0)
		*port = ntohs(bound.any.sa_family == AF_INET6 ? bound.in6.sin6_port : bound.in.sin_port);
	return OK;
}

static enum err unix_address(const char *path, struct sockaddr_un *sa)
{
	*sa = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof(sa->sun_path))
		return error_why(ERR_NET, "socket path is longer than %zu characters: %s",
				 sizeof(sa->sun_path) - 1, path);
	memcpy(sa->sun_path, path, strlen(path) + 1);
	return OK;
}

enum err sock_connect_unix(const char *path, int *fd)
{
	struct sockaddr_un sa;

	TRY(unix_address(path, &sa));
	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*fd < 0 || connect(*fd, (struct sockaddr *)&sa, sizeof(sa)) < 0) {
		error_why(ERR_NET, "cannot connect to %s: %s", path, strerror(errno));
		if (*fd >= 0)
			close(*fd);
		*fd = -1;
		return ERR_NET;
	}
	return OK;
}

enum err sock_listen_unix(const char *path, int *fd)
{
	struct sockaddr_un sa;
	struct stat st;
	int probe;

	TRY(unix_address(path, &sa));
	if (lstat(path, &st) == 0) {
		if (!S_ISSOCK(st.st_mode))
			return error_why(ERR_NET, "%s exists and is not a socket", path);
		if (sock_connect_unix(path, &probe) == OK) {
			close(probe);
			return error_why(ERR_NET, "another program listens on %s", path);
		}
		error_clear();
		unlink(path);
	}
	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*fd < 0 || bind(*fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 || listen(*fd, 8) < 0) {
		error_why(ERR_NET, "cannot listen on %s: %s", path, strerror(errno));
		if (*fd >= 0)
			close(*fd);
		*fd = -1;
		return ERR_NET;
	}
	return OK;
}

/* Connects one address within the time; returns the fd, or -1 with errno. */
static int connect_address(const struct addrinfo *a, int timeout_ms)
{
	int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int reason = 0;
	socklen_t size = sizeof(reason);

	if (fd < 0)
		return -1;
	if (connect(fd, a->ai_addr, a->ai_addrlen) == 0)
		return fd;
	if (errno == EINPROGRESS) {
		struct pollfd p = { .fd = fd, .events = POLLOUT };
		int n = poll(&p, 1, timeout_ms);

		if (n <= 0)		/* a signal ends the wait: Ctrl-C must not take seconds */
			reason = n == 0 ? ETIMEDOUT : errno;
		else
			getsockopt(fd, SOL_SOCKET, SO_ERROR, &reason, &size);
	} else {
		reason = errno;
	}
	if (reason == 0)
		return fd;
	close(fd);
	errno = reason;
	return -1;
}

enum err sock_connect_tcp(const char *host, uint16_t port, int timeout_ms, int *fd)
{
	struct addrinfo *list;

	TRY(resolve(host, port, 0, &list));
	*fd = -1;
	for (struct addrinfo *a = list; a != NULL && *fd < 0; a = a->ai_next)
		*fd = connect_address(a, timeout_ms);
	int reason = errno;

	freeaddrinfo(list);
	if (*fd < 0)
		return error_why(ERR_NET, "cannot connect to %s:%u: %s", host, port, strerror(reason));
	no_delay(*fd);
	return OK;
}

int sock_accept(int listener, char *peer, size_t peer_size)
{
	struct sockaddr_storage sa;
	socklen_t size = sizeof(sa);
	int fd = accept4(listener, (struct sockaddr *)&sa, &size, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return -1;
	no_delay(fd);
	keep_alive(fd);
	if (peer != NULL) {
		char host[64], service[16];

		if (sa.ss_family != AF_UNIX &&
		    getnameinfo((struct sockaddr *)&sa, size, host, sizeof(host), service,
				sizeof(service), NI_NUMERICHOST | NI_NUMERICSERV) == 0)
			snprintf(peer, peer_size, "%s:%s", host, service);
		else
			snprintf(peer, peer_size, "local socket");
	}
	return fd;
}

enum err sock_write_all(int fd, const void *data, size_t n, int timeout_ms)
{
	const char *p = data;

	while (n > 0) {
		ssize_t done = send(fd, p, n, MSG_NOSIGNAL);

		if (done >= 0) {
			p += done;
			n -= (size_t)done;
		} else if (errno == EAGAIN) {
			struct pollfd pfd = { .fd = fd, .events = POLLOUT };

			if (poll(&pfd, 1, timeout_ms) == 0)
				return error_why(ERR_TIMEOUT, "the peer took no data for %d ms",
						 timeout_ms);
		} else if (errno != EINTR) {
			return error_why(ERR_IO, "connection lost: %s", strerror(errno));
		}
	}
	return OK;
}

enum err sock_read_some(int fd, void *data, size_t size, int timeout_ms, size_t *got)
{
	for (;;) {
		ssize_t n = recv(fd, data, size, 0);

		if (n >= 0) {
			*got = (size_t)n;
			return OK;
		}
		if (errno == EAGAIN) {
			struct pollfd pfd = { .fd = fd, .events = POLLIN };

			if (poll(&pfd, 1, timeout_ms) == 0)
				return error_why(ERR_TIMEOUT, "no answer for %d ms", timeout_ms);
		} else if (errno != EINTR) {
			return error_why(ERR_IO, "connection lost: %s", strerror(errno));
		}
	}
}
