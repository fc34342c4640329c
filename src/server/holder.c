/* SPDX-License-Identifier: GPL-2.0-or-later */
/* proc(5): /proc/net/tcp names a listening port's inode, /proc/PID/fd the process that has it. */
#include "server/holder.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STATE_LISTEN 0x0a

static unsigned long listening_inode(const char *table, uint16_t port)
{
	FILE *file = fopen(table, "re");
	unsigned long inode, found = 0;
	unsigned local, state;
	char line[512];

	while (file != NULL && found == 0 && fgets(line, sizeof(line), file) != NULL) {
		if (sscanf(line, " %*d: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*s %*s %*s %*s %*s %lu",
			   &local, &state, &inode) == 3 && state == STATE_LISTEN && local == port)
			found = inode;
	}
	if (file != NULL)
		fclose(file);
	return found;
}

static bool has_socket(const char *pid, const char *wanted)
{
	char path[300], target[64];
	bool found = false;
	struct dirent *e;

	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	DIR *d = opendir(path);

	while (d != NULL && !found && (e = readdir(d)) != NULL) {
		ssize_t n = readlinkat(dirfd(d), e->d_name, target, sizeof(target) - 1);

		if (n > 0) {
			target[n] = '\0';
			found = strcmp(target, wanted) == 0;
		}
	}
	if (d != NULL)
		closedir(d);
	return found;
}

static void describe(const char *pid, char *text, size_t size)
{
	char path[300], name[64] = "";

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	FILE *file = fopen(path, "re");

	if (file != NULL && fgets(name, sizeof(name), file) != NULL)
		name[strcspn(name, "\n")] = '\0';
	if (file != NULL)
		fclose(file);
	snprintf(text, size, "%s (pid %s)", name[0] ? name : "a program", pid);
}

bool holder_of_port(uint16_t port, char *text, size_t size)
{
	unsigned long inode = listening_inode("/proc/net/tcp", port);
	char wanted[48];
	bool found = false;
	struct dirent *e;

	if (inode == 0)
		inode = listening_inode("/proc/net/tcp6", port);
	snprintf(wanted, sizeof(wanted), "socket:[%lu]", inode);
	DIR *d = inode != 0 ? opendir("/proc") : NULL;

	while (d != NULL && !found && (e = readdir(d)) != NULL) {
		if (e->d_name[0] < '1' || e->d_name[0] > '9' || !has_socket(e->d_name, wanted))
			continue;
		describe(e->d_name, text, size);
		found = true;
	}
	if (d != NULL)
		closedir(d);
	return found;
}
