/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/sock.h"
#include "vboard/device/serial_port.h"

struct serial_line {
	int fd;			/* file, or the connected peer; -1: nobody */
	int listener;		/* -1: a file */
	char *unlink_path;
};

static bool listen_on(struct serial_line *line, const char *where)
{
	uint16_t port;
	enum err rc;

	if (strncmp(where, "unix:", 5) == 0) {
		rc = sock_listen_unix(where + 5, &line->listener);
		if (rc == OK)
			line->unlink_path = xstrdup(where + 5);
	} else {
		port = (uint16_t)strtoul(where + 4, NULL, 10);
		rc = sock_listen_tcp("127.0.0.1", &port, &line->listener);
		if (rc == OK)
			fprintf(stderr, "uart: listening on 127.0.0.1:%u\n", port);
	}
	if (rc == OK)
		return true;
	fprintf(stderr, "uart: %s\n", error_text(error_current()));
	error_clear();
	return false;
}

struct serial_line *serial_line_open(const char *where)
{
	struct serial_line *line = xcalloc(1, sizeof(*line));
	bool ok = true;

	line->fd = line->listener = -1;
	if (strncmp(where, "unix:", 5) == 0 || strncmp(where, "tcp:", 4) == 0) {
		ok = listen_on(line, where);
	} else {
		line->fd = strcmp(where, "-") == 0
				   ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
				   : open(where, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
		ok = line->fd >= 0;
		if (!ok)
			fprintf(stderr, "uart: cannot write to %s: %s\n", where, strerror(errno));
	}
	if (ok)
		return line;
	serial_line_close(line);
	return NULL;
}

void serial_line_close(struct serial_line *line)
{
	if (line == NULL)
		return;
	if (line->fd >= 0)
		close(line->fd);
	if (line->listener >= 0)
		close(line->listener);
	if (line->unlink_path)
		unlink(line->unlink_path);
	free(line->unlink_path);
	free(line);
}

bool serial_line_is_socket(const struct serial_line *line)
{
	return line->listener >= 0;
}

static void accept_peer(struct serial_line *line)
{
	if (line->fd < 0 && line->listener >= 0)
		line->fd = sock_accept(line->listener, NULL, 0);
}

static void hang_up(struct serial_line *line)
{
	if (line->listener < 0)
		return;
	close(line->fd);
	line->fd = -1;
}

void serial_line_put(struct serial_line *line, uint8_t byte)
{
	ssize_t n;

	accept_peer(line);
	if (line->fd < 0)
		return;
	n = line->listener >= 0 ? send(line->fd, &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT)
				: write(line->fd, &byte, 1);
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		hang_up(line);
}

bool serial_line_get(struct serial_line *line, uint8_t *byte)
{
	ssize_t n;

	accept_peer(line);
	if (line->fd < 0 || line->listener < 0)
		return false;
	n = recv(line->fd, byte, 1, MSG_DONTWAIT);
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		hang_up(line);
	return n == 1;
}
