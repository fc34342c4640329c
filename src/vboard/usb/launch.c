/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/usb/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"

/* --- AddressSanitizer --- */

static char *find_program(const char *name)
{
	const char *path = getenv("PATH");
	char *words, *save = NULL, *found = NULL;

	if (strchr(name, '/') != NULL)
		return xstrdup(name);
	words = xstrdup(path ? path : "/usr/bin:/bin");
	for (char *w = strtok_r(words, ":", &save); w != NULL && found == NULL;
	     w = strtok_r(NULL, ":", &save)) {
		found = xasprintf("%s/%s", w, name);
		if (access(found, X_OK) != 0) {
			free(found);
			found = NULL;
		}
	}
	free(words);
	return found;
}

/* The name of the ASan library that the file is linked with, NULL if it is not. */
static char *asan_library(const char *file)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *name = NULL;
	const char *map, *hit;

	if (fd < 0 || fstat(fd, &st) < 0 || st.st_size == 0) {
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		return NULL;
	hit = memmem(map, (size_t)st.st_size, "libasan.so.", 11);
	if (hit != NULL)
		name = xasprintf("%.*s", (int)strnlen(hit, MIN(16, (size_t)(map + st.st_size - hit))),
				 hit);
	munmap((void *)map, (size_t)st.st_size);
	return name;
}

char *vb_launch_preload(const struct vb_usb_hub *hub, const char *program)
{
	char *file = find_program(program);
	char *asan = file ? asan_library(file) : NULL;
	char *preload = xasprintf("%s%s%s", asan ? asan : "", asan ? ":" : "", vb_hub_preload(hub));

	free(asan);
	free(file);
	return preload;
}

/* --- The child --- */

static void become(char *const *argv, const char *preload, const char *root)
{
	const char *others = getenv("LD_PRELOAD");
	char *all = others && *others ? xasprintf("%s:%s", preload, others) : xstrdup(preload);
	sigset_t none;

	setenv("LD_PRELOAD", all, 1);
	setenv("UMOCKDEV_DIR", root, 1);
	prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	execvp(argv[0], argv);
	dprintf(STDERR_FILENO, "probed-vboard: cannot run %s: %s\n", argv[0], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

enum err vb_launch(const struct vb_usb_hub *hub, char *const *argv, pid_t *pid)
{
	char *preload = vb_launch_preload(hub, argv[0]);

	*pid = fork();
	if (*pid == 0)
		become(argv, preload, vb_hub_root(hub));
	free(preload);
	if (*pid < 0)
		return error_why(ERR_IO, "cannot start %s: %s", argv[0], strerror(errno));
	return OK;
}

int vb_launch_exit_code(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
