/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/systemd.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/bytes.h"

#define FIRST_FD 3
#define FDS_MAX	 16

static const char *const order[] = { "gdb", "telnet", "tcl" };

void systemd_notify(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	size_t n = path ? strlen(path) : 0;

	if (n < 2 || n >= sizeof(sa.sun_path) || (path[0] != '/' && path[0] != '@'))
		return;
	memcpy(sa.sun_path, path, n);
	if (path[0] == '@')
		sa.sun_path[0] = '\0';	/* the abstract name space */
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	/* A manager that is gone must not end the daemon: the result does not matter. */
	(void)!sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&sa,
		      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n));
	close(fd);
}

void systemd_sockets_init(struct systemd_sockets *s)
{
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
	const char *names = getenv("LISTEN_FDNAMES");

	memset(s, 0, sizeof(*s));
	if (pid != NULL && count != NULL && atol(pid) == (long)getpid()) {
		s->count = atoi(count);
		s->count = s->count < 0 ? 0 : MIN(s->count, FDS_MAX);
		s->names = names ? xstrdup(names) : NULL;
	}
	for (int i = 0; i < s->count; i++) {
		fcntl(FIRST_FD + i, F_SETFD, FD_CLOEXEC);
		fcntl(FIRST_FD + i, F_SETFL, fcntl(FIRST_FD + i, F_GETFL) | O_NONBLOCK);
	}
	unsetenv("LISTEN_PID");	/* children must not take them for theirs */
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
}

void systemd_sockets_free(struct systemd_sockets *s)
{
	for (int i = 0; i < s->count; i++) {
		if (!(s->taken & BIT(i)))
			close(FIRST_FD + i);
	}
	free(s->names);
	memset(s, 0, sizeof(*s));
}

/* Copies name i of "a:b:c". */
static void name_of(const struct systemd_sockets *s, int i, char *name, size_t size)
{
	const char *p = s->names ? s->names : "";

	for (; i > 0 && *p != '\0'; i--) {
		p += strcspn(p, ":");
		p += *p == ':';
	}
	size_t n = MIN(strcspn(p, ":"), size - 1);

	memcpy(name, p, n);
	name[n] = '\0';
}

static bool is_known(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		if (strcmp(name, order[i]) == 0)
			return true;
	}
	return false;
}

int systemd_take_socket(struct systemd_sockets *s, const char *service)
{
	unsigned place = 0;
	char name[64];

	for (int i = 0; i < s->count; i++) {
		name_of(s, i, name, sizeof(name));
		if (!is_known(name))
			snprintf(name, sizeof(name), "%s",
				 place < ARRAY_SIZE(order) ? order[place] : "");
		place++;
		if (!(s->taken & BIT(i)) && strcmp(name, service) == 0) {
			s->taken |= BIT(i);
			return FIRST_FD + i;
		}
	}
	return -1;
}
