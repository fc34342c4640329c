/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * launch_board: starts a virtual board for this daemon alone, on free ports, and ends it with the
 * daemon. Configuration files only: whoever reaches a socket starts no programs.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "script/internal.h"

#define PROGRAM	       "probed-vboard"
#define READY_MS       10000u
#define GOODBYE_MS     500u
#define ARGUMENTS_MAX  64
#define READY_FD       3

struct children {
	struct script *script;
	struct board {
		pid_t pid;
		struct board *next;
	} *boards;
};

static void forget(struct children *c, pid_t pid)
{
	for (struct board **p = &c->boards; *p != NULL; p = &(*p)->next) {
		if ((*p)->pid == pid) {
			struct board *b = *p;

			*p = b->next;
			free(b);
			return;
		}
	}
}

static void on_end(void *ctx, pid_t pid, int status)
{
	struct children *c = ctx;

	forget(c, pid);
	if (WIFSIGNALED(status))
		log_warning("the virtual board ended by signal %d", WTERMSIG(status));
	else
		log_warning("the virtual board ended with code %d", WEXITSTATUS(status));
}

/* SIGTERM, so that it saves its state; it gets half a second. */
static void end_board(pid_t pid)
{
	uint64_t end = clock_now_ms() + GOODBYE_MS;

	kill(pid, SIGTERM);
	while (waitpid(pid, NULL, WNOHANG) == 0) {
		if (clock_now_ms() >= end) {
			kill(pid, SIGKILL);
			waitpid(pid, NULL, 0);
			return;
		}
		usleep(2000);
	}
}

static void end_all(Jim_Interp *interp, void *data)
{
	struct children *c = data;

	(void)interp;
	while (c->boards != NULL) {
		struct board *b = c->boards;

		c->boards = b->next;
		end_board(b->pid);
		free(b);
	}
	free(c);
}

/* $PROBED_VBOARD, else beside our own program, else what PATH finds. */
static char *find_program(void)
{
	const char *named = getenv("PROBED_VBOARD");
	char self[4096], *beside, *slash;
	ssize_t n;

	if (named != NULL && named[0] != '\0')
		return xstrdup(named);
	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n > 0) {
		self[n] = '\0';
		slash = strrchr(self, '/');
		beside = xasprintf("%.*s/%s", (int)(slash - self), self, PROGRAM);
		if (access(beside, X_OK) == 0)
			return beside;
		free(beside);
	}
	return xstrdup(PROGRAM);
}

/* In the child: its own process group, so that Ctrl-C at our terminal is ours to act on first. */
static void become(char *const *argv, int ready)
{
	setpgid(0, 0);
	dup2(STDERR_FILENO, STDOUT_FILENO);	/* our stdout may carry GDB's packets */
	int null = open("/dev/null", O_RDONLY);

	if (null >= 0)
		dup2(null, STDIN_FILENO);
	if (ready != READY_FD)
		dup2(ready, READY_FD);
	else
		fcntl(ready, F_SETFD, 0);
	execvp(argv[0], argv);
	fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

/* Until the board says it is ready; the loop keeps running meanwhile. */
static enum err wait_ready(struct script *script, int fd, const char *program)
{
	uint64_t end = clock_now_ms() + READY_MS;
	char line[16];

	for (;;) {
		ssize_t n = read(fd, line, sizeof(line));

		if (n > 0)
			return OK;
		if (n == 0) {
			error_why(ERR_NOT_FOUND, "%s could not be started, or ended at once",
				  program);
			return error_next(ERR_NOT_FOUND, "see what it said above; if it was not found, set "
					  "PROBED_VBOARD to its path");
		}
		if (clock_now_ms() >= end)
			return error_why(ERR_TIMEOUT, "%s was not ready within %u ms", program,
					 READY_MS);
		TRY(script_sleep(script, 2));
	}
}

/* The file is one flat JSON object of strings and numbers: {"board":"x","control":4441}. */
static void result_from_ports(struct call *c, char *text)
{
	char *at = text, *key, *value;

	while ((key = strchr(at, '"')) != NULL) {
		at = strchr(++key, '"');
		if (at == NULL || at[1] != ':')
			return;
		*at = '\0';
		value = at + 2;
		if (*value == '"') {
			at = strchr(++value, '"');
			if (at == NULL)
				return;
			*at++ = '\0';
		} else {
			at = value + strcspn(value, ",}");
			if (*at != '\0')
				*at++ = '\0';
		}
		result_dict(c, key, value);
	}
}

static enum err read_ports(struct call *c, const char *path)
{
	char text[2048];
	FILE *f = fopen(path, "r");
	size_t n;

	if (f == NULL)
		return error_why(ERR_IO, "%s: %s", path, strerror(errno));
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = '\0';
	result_from_ports(c, text);
	return OK;
}

static enum err start(struct call *c, const char *ports, pid_t *pid, int *ready)
{
	char *program = find_program(), *argv[ARGUMENTS_MAX];
	int pipe_fd[2], n = 0;
	char descriptor[8];

	if (pipe2(pipe_fd, O_CLOEXEC) < 0) {
		free(program);
		return error_why(ERR_IO, "no pipe to the board: %s", strerror(errno));
	}
	snprintf(descriptor, sizeof(descriptor), "%d", READY_FD);
	argv[n++] = program;
	for (int i = 1; i < c->argc && n < ARGUMENTS_MAX - 6; i++)
		argv[n++] = (char *)c->argv[i];
	argv[n++] = (char *)"--parent-death";
	argv[n++] = (char *)"--ports-file";
	argv[n++] = (char *)ports;
	argv[n++] = (char *)"--ready-fd";
	argv[n++] = descriptor;
	argv[n] = NULL;
	*pid = fork();
	if (*pid == 0)
		become(argv, pipe_fd[1]);
	close(pipe_fd[1]);
	*ready = pipe_fd[0];
	fcntl(*ready, F_SETFL, O_NONBLOCK);
	free(program);
	if (*pid < 0) {
		close(*ready);
		return error_why(ERR_IO, "no new process: %s", strerror(errno));
	}
	return OK;
}

static enum err launch(struct call *c, const char *ports)
{
	struct children *children = c->user;
	struct board *b;
	pid_t pid;
	int ready;

	TRY(start(c, ports, &pid, &ready));
	enum err rc = wait_ready(c->script, ready, PROGRAM);

	close(ready);
	if (rc == OK)
		rc = read_ports(c, ports);
	if (rc != OK) {
		end_board(pid);
		return rc;
	}
	b = xcalloc(1, sizeof(*b));
	*b = (struct board){ pid, children->boards };
	children->boards = b;
	loop_on_child(c->script->loop, pid, on_end, children);
	return OK;
}

static enum err cmd_launch_board(struct call *c)
{
	const char *folder = getenv("TMPDIR");
	char *path;

	if (!host_is_open(c->script)) {
		error_why(ERR_REFUSED,
			  "\"launch_board\" starts a program and is refused to clients");
		return error_next(ERR_REFUSED, "put it into a configuration file");
	}
	path = xasprintf("%s/probed-board-XXXXXX", folder != NULL ? folder : "/tmp");
	int fd = mkstemp(path);

	if (fd < 0) {
		error_why(ERR_IO, "%s: %s", path, strerror(errno));
		free(path);
		return ERR_IO;
	}
	close(fd);
	enum err rc = launch(c, path);

	unlink(path);
	free(path);
	return rc;
}

static const struct command child_commands[] = {
	{ "launch_board", STAGE_CONFIG, 1, ARGUMENTS_MAX - 8, "board ?option ...?",
	  cmd_launch_board,
	  "Starts probed-vboard ($PROBED_VBOARD, beside probed, or on PATH) and ends it with the "
	  "daemon. "
	  "Returns a dict of its ports." },
	{ 0 }
};

void child_register(struct script *script)
{
	struct children *c = xcalloc(1, sizeof(*c));

	c->script = script;
	Jim_SetAssocData(script->interp, "probed.children", end_all, c);
	script_register(script, child_commands, c);
}
