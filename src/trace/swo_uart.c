/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `swo capture`: trace that does not come through the probe: a serial adapter on the SWO pin, or what
 * somebody else has recorded. A file is read to its end, a tty or a FIFO until told to stop.
 */
#include <asm/termbits.h>	/* any baud rate, which <termios.h> cannot */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "trace/swo_priv.h"

#define CHUNK 4096u

struct swo_uart {
	struct swo_room *room;
	struct tpiu *tpiu;
	char *path;
	int fd;
	bool is_file;
	struct loop_fd *watch;
	struct loop_timer *timer;	/* files are always readable: a piece per pass of the loop */
	uint64_t bytes;
};

static void end(struct swo_room *room)
{
	struct swo_uart *u = room->uart;

	room->uart = NULL;
	loop_remove_fd(room->loop, u->watch);
	if (u->timer != NULL)
		loop_remove_timer(room->loop, u->timer);
	close(u->fd);
	swo_stream_end(&u->tpiu->stream);
	free(u->path);
	free(u);
}

void swo_uart_stop(struct swo_room *room)
{
	if (room->uart != NULL)
		end(room);
}

static void take(struct swo_uart *u)
{
	uint8_t data[CHUNK];
	ssize_t n = read(u->fd, data, sizeof(data));

	if (n > 0) {
		u->bytes += (size_t)n;
		swo_arrived(u->tpiu, data, (size_t)n, false);
		return;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0 && errno != EIO)
		log_error("trace: %s cannot be read: %s", u->path, strerror(errno));
	log_info("trace: %s has ended after %" PRIu64 " bytes", u->path, u->bytes);
	end(u->room);
}

static void on_ready(void *ctx, short revents)
{
	(void)revents;
	take(ctx);
}

static void on_timer(void *ctx)
{
	take(ctx);
}

/* 8N1, raw, at any rate. */
static enum err set_line(int fd, const char *path, uint32_t baud)
{
	struct termios2 line;

	if (ioctl(fd, TCGETS2, &line) != 0)
		return OK;	/* no tty: a FIFO, a file */
	line.c_iflag = 0;
	line.c_oflag = 0;
	line.c_lflag = 0;
	line.c_cflag = CS8 | CREAD | CLOCAL | BOTHER;
	line.c_ispeed = line.c_ospeed = baud;
	line.c_cc[VMIN] = 1;
	line.c_cc[VTIME] = 0;
	if (ioctl(fd, TCSETS2, &line) != 0 || ioctl(fd, TCGETS2, &line) != 0)
		return error_why(ERR_IO, "%s cannot be set to %" PRIu32 " baud: %s", path, baud,
				 strerror(errno));
	uint32_t off = line.c_ispeed > baud ? line.c_ispeed - baud : baud - line.c_ispeed;

	if ((uint64_t)off * 100 > (uint64_t)baud * 3)
		log_warning("trace: %s runs at %u baud, %" PRIu32 " were asked for", path,
			    line.c_ispeed,
			    baud);
	return OK;
}

static enum err open_source(const char *path, uint32_t baud, int *fd, bool *is_file)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return error_why(ERR_IO, "%s cannot be read: %s", path, strerror(errno));
	*is_file = S_ISREG(st.st_mode);
	/* A FIFO that we hold open for writing, too, does not end with its first writer. */
	*fd = open(path, (S_ISFIFO(st.st_mode) ? O_RDWR : O_RDONLY) | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (*fd < 0)
		return error_why(ERR_IO, "%s cannot be read: %s", path, strerror(errno));
	enum err rc = set_line(*fd, path, baud);

	if (rc != OK)
		close(*fd);
	return rc;
}

static enum err cmd_uart(struct call *c)
{
	struct swo_room *room = c->user;
	struct tpiu *tpiu = NULL;
	bool is_file = false;
	uint32_t baud;
	int fd = -1;

	TRY(arg_u32(c, 2, &baud));
	if (baud == 0)
		return error_why(ERR_ARGUMENT, "a serial line at 0 baud does not run");
	TRY(tpiu_default(room, &tpiu));
	if (room->uart != NULL || tpiu->is_captured) {
		error_why(ERR_BUSY, "SWO is captured already, from %s",
			  room->uart != NULL ? room->uart->path : "the probe");
		return error_next(ERR_BUSY, room->uart != NULL ? "run \"swo capture stop\" first"
				  : "run \"%s configure -output external\" and \"%s enable\" first",
				  tpiu->name, tpiu->name);
	}
	TRY(open_source(c->argv[1], baud, &fd, &is_file));
	struct swo_uart *u = xcalloc(1, sizeof(*u));

	*u = (struct swo_uart){ .room = room, .tpiu = tpiu, .path = xstrdup(c->argv[1]), .fd = fd,
				.is_file = is_file };
	if (tpiu->stream.target == NULL)
		tpiu->stream.target = tpiu_target(tpiu);
	room->uart = u;
	if (is_file)
		u->timer = loop_add_timer(room->loop, 0, 1, on_timer, u);
	else
		u->watch = loop_add_fd(room->loop, fd, POLLIN, on_ready, u);
	return OK;
}

static enum err cmd_stop(struct call *c)
{
	swo_uart_stop(c->user);
	return OK;
}

const struct command swo_uart_commands[] = {
	{ "swo capture uart", STAGE_ANY, 2, 2, "device baud", cmd_uart,
	  "Read the trace from a serial port on the SWO pin (\"-output external\"), from a FIFO, "
	  "or from a recorded file, and decode it." },
	{ "swo capture stop", STAGE_ANY, 0, 0, "", cmd_stop, "End \"swo capture uart\"." },
	{ 0 }
};
