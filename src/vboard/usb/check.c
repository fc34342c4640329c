/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A client of one node, run by selftest.c under umockdev's preload library at each start: does the
 * library still speak as preload.c thinks? The exit code tells the step that failed.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "vboard/usb/selftest.h"

int main(int argc, char **argv)
{
	char data[8] = "ping";
	int fd = argc == 2 ? open(argv[1], O_RDWR | O_CLOEXEC) : -1;

	if (fd < 0)
		return 1;	/* not preloaded: there is no such node */
	if (ioctl(fd, CHECK_IOCTL, data) != CHECK_RESULT || strcmp(data, "pong") != 0)
		return 2;
	errno = 0;
	if (ioctl(fd, CHECK_IOCTL + 1, data) != -1 || errno != ENODATA)
		return 3;
	if (write(fd, "data", 4) != 4)
		return 4;
	if (read(fd, data, 4) != 4 || memcmp(data, "atad", 4) != 0)
		return 5;
	return close(fd);
}
