/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files of the host for the program under test. It sees one directory (`arm semihosting_basedir`, else
 * where the daemon was started) and nothing outside: no absolute names elsewhere, no "..", and no
 * symbolic link is followed on the way.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "target/semihosting.h"

/* "SHFB", then SH_EXT_EXIT_EXTENDED | SH_EXT_STDOUT_STDERR. */
const uint8_t semi_features[5] = { 'S', 'H', 'F', 'B', 0x03 };

static int fail(struct semihosting *s, int why)
{
	s->last_errno = why;
	return -1;
}

/* Nothing is opened; whoever watches the daemon learns why. */
static int refuse(struct semihosting *s, const char *name, const char *why)
{
	log_warning("%s: semihosting: the program may not touch \"%.200s\": %s; its files are those "
		    "below %s (arm semihosting_basedir)", s->target->name, name, why,
		    s->basedir != NULL ? s->basedir : "the directory where probed was started");
	return fail(s, EACCES);
}

static bool is_link(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode);
}

/* The name below the base directory; NULL if it is not below. */
static const char *below_base(const struct semihosting *s, const char *name)
{
	const char *base = s->basedir;
	size_t n;

	if (name[0] != '/')
		return name;
	if (base == NULL)
		return NULL;
	n = strlen(base);
	while (n > 0 && base[n - 1] == '/')
		n--;
	return strncmp(name, base, n) == 0 && name[n] == '/' ? name + n + 1 : NULL;
}

/* Opens the directory that holds the last component, step by step; *last points to that component. */
static int open_parent(struct semihosting *s, const char *name, const char **last)
{
	const char *rest = below_base(s, name);
	int dir;

	if (rest == NULL)
		return refuse(s, name, "it is outside of the directory");
	dir = open(s->basedir != NULL ? s->basedir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (;;) {
		char part[256];
		size_t n;

		while (*rest == '/')
			rest++;
		n = strcspn(rest, "/");
		if (dir < 0)
			return fail(s, errno);
		if (n == 2 && strncmp(rest, "..", 2) == 0) {
			close(dir);
			return refuse(s, name, "\"..\" leaves the directory");
		}
		if (n == 0 || n >= sizeof(part)) {
			close(dir);
			return fail(s, n == 0 ? ENOENT : ENAMETOOLONG);
		}
		if (rest[n] == '\0') {
			*last = rest;
			return dir;
		}
		snprintf(part, sizeof(part), "%.*s", (int)n, rest);
		if (is_link(dir, part)) {
			close(dir);
			return refuse(s, name, "a symbolic link is on the way");
		}
		int next = openat(dir, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		int why = errno;

		close(dir);
		errno = why;
		dir = next;
		rest += n;
	}
}

static int free_handle(const struct semihosting *s)
{
	for (unsigned i = SEMI_FIRST_FILE; i < SEMI_HANDLES; i++) {
		if (!s->handles[i].is_used)
			return (int)i;
	}
	return -1;
}

int semi_file_open(struct semihosting *s, const char *name, uint32_t mode)
{
	int handle = free_handle(s), flags, dir, fd;
	int local = s->to_gdb ? (int)SEMI_LOCAL : 0;
	const char *last;

	if (handle < 0)
		return fail(s, EMFILE);
	if (!semi_open_flags(mode, &flags))
		return fail(s, EINVAL);
	if (strcmp(name, SEMI_FEATURES_NAME) == 0) {
		if (mode > 1)
			return fail(s, EACCES);
		s->handles[handle] =
			(struct semi_handle){ .is_used = true, .is_features = true, .fd = -1 };
		return handle | local;
	}
	dir = open_parent(s, name, &last);
	if (dir < 0)
		return -1;
	if (is_link(dir, last)) {
		close(dir);
		return refuse(s, name, "it is a symbolic link");
	}
	/* O_NONBLOCK: a fifo in the directory must not stop the daemon. */
	fd = openat(dir, last, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0644);
	if (fd < 0)
		fail(s, errno);
	close(dir);
	if (fd < 0)
		return -1;
	s->handles[handle] = (struct semi_handle){ .is_used = true, .fd = fd };
	return handle | local;
}

struct semi_handle *semi_file(struct semihosting *s, uint32_t handle)
{
	handle &= ~SEMI_LOCAL;
	if (handle >= SEMI_FIRST_FILE && handle < SEMI_HANDLES && s->handles[handle].is_used)
		return &s->handles[handle];
	fail(s, EBADF);
	return NULL;
}

int semi_file_close(struct semihosting *s, uint32_t handle)
{
	struct semi_handle *h = semi_file(s, handle);

	if (h == NULL)
		return -1;
	if (!h->is_features)
		close(h->fd);
	*h = (struct semi_handle){ 0 };
	return 0;
}

void semi_files_close(struct semihosting *s)
{
	for (unsigned i = SEMI_FIRST_FILE; i < SEMI_HANDLES; i++) {
		if (s->handles[i].is_used)
			semi_file_close(s, i);
	}
}

int semi_file_remove(struct semihosting *s, const char *name)
{
	const char *last;
	int dir = open_parent(s, name, &last), rc;

	if (dir < 0)
		return -1;
	rc = unlinkat(dir, last, 0) < 0 ? fail(s, errno) : 0;
	close(dir);
	return rc;
}

int semi_file_rename(struct semihosting *s, const char *from, const char *to)
{
	const char *from_last, *to_last;
	int from_dir = open_parent(s, from, &from_last), to_dir, rc;

	if (from_dir < 0)
		return -1;
	to_dir = open_parent(s, to, &to_last);
	if (to_dir < 0) {
		close(from_dir);
		return -1;
	}
	rc = renameat(from_dir, from_last, to_dir, to_last) < 0 ? fail(s, errno) : 0;
	close(from_dir);
	close(to_dir);
	return rc;
}
