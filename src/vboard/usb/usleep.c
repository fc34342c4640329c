/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A library preloaded into clients of the emulated USB, in front of umockdev's, which calls usleep(0)
 * after each request (50 us of timer slack each time) and leaves fstat() alone: a device node would
 * show as the FIFO that it is, and hidapi would not find the device of an open node. And poll() that
 * does not wait must not see a report that arrives later in virtual time: the FIFO cannot tell.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

/* As sysfs tells them: see tree.c. */
#define USB_MAJOR    189u
#define HIDRAW_MAJOR 240u
#define IS_THERE     _IO('H', 0x7f)	/* VB_HIDRAW_IS_THERE of hidraw.h */

int usleep(useconds_t us)
{
	struct timespec t = { us / 1000000, (long)(us % 1000000) * 1000 };

	return us == 0 ? 0 : nanosleep(&t, NULL);
}

/* A system call: readlink() would go through umockdev's. */
static void show_as_device(int fd, struct stat *st)
{
	char where[64], path[4096];
	const char *name = NULL, *p;
	unsigned bus, number;
	long n;

	snprintf(where, sizeof(where), "/proc/self/fd/%d", fd);
	n = syscall(SYS_readlinkat, AT_FDCWD, where, path, sizeof(path) - 1);
	path[n > 0 ? n : 0] = 0;
	for (p = path; (p = strstr(p, "/dev/")) != NULL; p++)
		name = p;
	if (name == NULL)
		return;
	if (sscanf(name, "/dev/hidraw%u", &number) == 1)
		st->st_rdev = makedev(HIDRAW_MAJOR, number);
	else if (sscanf(name, "/dev/bus/usb/%u/%u", &bus, &number) == 2)
		st->st_rdev = makedev(USB_MAJOR, number - 1);
	else
		return;
	st->st_mode = (st->st_mode & ~(mode_t)S_IFMT) | S_IFCHR;
}

int fstat(int fd, struct stat *st)
{
	static int (*next)(int fd, struct stat *st);
	int saved = errno, rc;

	if (next == NULL)
		*(void **)&next = dlsym(RTLD_NEXT, "fstat");
	rc = next != NULL ? next(fd, st) : (int)syscall(SYS_newfstatat, fd, "", st, AT_EMPTY_PATH);
	if (rc == 0 && S_ISFIFO(st->st_mode)) {
		show_as_device(fd, st);
		errno = saved;
	}
	return rc;
}

static int is_hidraw(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && major(st.st_rdev) == HIDRAW_MAJOR;
}

int poll(struct pollfd *fds, nfds_t n, int timeout)
{
	static int (*next)(struct pollfd *fds, nfds_t n, int timeout);

	if (next == NULL)
		*(void **)&next = dlsym(RTLD_NEXT, "poll");
	if (n == 1 && timeout == 0 && (fds[0].events & POLLIN) && is_hidraw(fds[0].fd) &&
	    ioctl(fds[0].fd, IS_THERE, NULL) == 0) {
		fds[0].revents = 0;
		return 0;
	}
	return next(fds, n, timeout);
}
