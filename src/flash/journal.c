/* SPDX-License-Identifier: GPL-2.0-or-later */
/* journal: lines on disk, with the time. */
#include "flash/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

void journal_put_time(FILE *file)
{
	time_t now = time(NULL);
	struct tm tm = { 0 };
	char stamp[32];

	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &tm);
	fputs(stamp, file);
}

static bool is_own(int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return false;
	errno = EPERM;
	return S_ISREG(st.st_mode) && st.st_uid == geteuid() && st.st_nlink == 1 &&
	       (st.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

FILE *journal_open_own(const char *path, bool append)
{
	/* A FIFO that somebody has put there would block without O_NONBLOCK; a file does not care. */
	int flags = append ? O_WRONLY | O_APPEND | O_CREAT : O_RDONLY;
	int fd = open(path, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
	FILE *file;

	if (fd < 0)
		return NULL;
	file = is_own(fd) ? fdopen(fd, append ? "a" : "r") : NULL;
	if (file == NULL) {
		int why = errno;

		close(fd);
		errno = why;
	}
	return file;
}

bool journal_close(FILE *file)
{
	bool ok = fflush(file) == 0 && fsync(fileno(file)) == 0;

	return fclose(file) == 0 && ok;
}

enum err journal_choose(struct call *c, char **path, const char *default_path)
{
	if (c->argc > 1) {
		free(*path);
		*path = xstrdup(c->argv[1]);
	}
	result_printf(c, "%s", *path != NULL ? *path : default_path);
	return OK;
}
