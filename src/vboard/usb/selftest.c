/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/usb/selftest.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "vboard/usb/preload.h"

#define NODE	   "probed-check"
#define PATIENCE_NS 10000000000ull

struct check {
	struct vb_preload_client *client;
	char data[4];
};

static void *check_opened(void *ctx, struct vb_preload_client *client)
{
	struct check *c = ctx;

	c->client = client;
	return c;
}

static void check_closed(void *handle)
{
	((struct check *)handle)->client = NULL;
}

static void check_ioctl(void *handle, uint32_t request, uint64_t arg)
{
	struct check *c = handle;
	char data[5] = "";

	if (request != CHECK_IOCTL) {
		vb_preload_done(c->client, -1, ENODATA);
		return;
	}
	/* Once by the protocol: where the client's memory can be read directly it is not used again. */
	if (vb_preload_ask(c->client, arg, data, 4) && strcmp(data, "ping") == 0)
		vb_preload_store(c->client, arg, "pong", 5);
	vb_preload_done(c->client, CHECK_RESULT, 0);
}

static void check_write(void *handle, uint64_t addr, size_t n)
{
	struct check *c = handle;
	bool ok = n == sizeof(c->data) && vb_preload_fetch(c->client, addr, c->data, n);

	vb_preload_done(c->client, ok ? (long)n : -1, EINVAL);
}

static void check_read(void *handle, uint64_t addr, size_t n)
{
	struct check *c = handle;
	char answer[4] = { c->data[3], c->data[2], c->data[1], c->data[0] };

	vb_preload_store(c->client, addr, answer, MIN(n, sizeof(answer)));
	vb_preload_done(c->client, (long)MIN(n, sizeof(answer)), 0);
}

static const struct vb_preload_ops check_ops = {
	.ready_event = POLLIN,
	.opened = check_opened,
	.closed = check_closed,
	.ioctl = check_ioctl,
	.read = check_read,
	.write = check_write,
};

/* Serves the child until it ends. Returns its exit code, -1 if it did not end by itself. */
static int serve(struct loop *loop, pid_t pid)
{
	uint64_t end_ns = clock_now_ns() + PATIENCE_NS;
	int status = 0;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (clock_now_ns() > end_ns) {
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			return -1;
		}
		loop_once(loop, 1);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Our environment with these two variables in it. */
static char **client_environment(const char *preload, const char *root)
{
	size_t n = 0, kept = 2;
	char **env;

	while (environ[n] != NULL)
		n++;
	env = xcalloc(n + 3, sizeof(*env));
	env[0] = xasprintf("LD_PRELOAD=%s", preload);
	env[1] = xasprintf("UMOCKDEV_DIR=%s", root);
	for (size_t i = 0; i < n; i++)
		if (strncmp(environ[i], "LD_PRELOAD=", 11) != 0 &&
		    strncmp(environ[i], "UMOCKDEV_DIR=", 13) != 0)
			env[kept++] = environ[i];
	return env;
}

static enum err run_check(struct loop *loop, const char *root, const char *preload,
			  const char *program)
{
	char *argv[] = { (char *)(uintptr_t)program, (char *)(uintptr_t)"/dev/" NODE, NULL };
	char **env = client_environment(preload, root);
	pid_t pid = -1;
	int rc = posix_spawn(&pid, program, NULL, NULL, argv, env);
	int code = rc == 0 ? serve(loop, pid) : -1;

	free(env[0]);
	free(env[1]);
	free(env);
	if (rc != 0)
		return error_why(ERR_IO, "cannot run %s: %s", program, strerror(rc));
	if (code == 1)
		return error_next(error_why(ERR_IO, "emulated USB needs umockdev's "
					    VB_PRELOAD_LIBRARY ", which is not there"),
				  "install it (Debian: libumockdev0)");
	if (code != 0)
		return error_next(error_why(ERR_IO, "umockdev's " VB_PRELOAD_LIBRARY " speaks another "
					    "protocol than that of version 0.17 (step %d)", code),
				  "install umockdev 0.17, or adapt preload.c");
	return OK;
}

enum err vb_usb_self_test(struct loop *loop, const char *root, const char *preload,
			  const char *program)
{
	struct check check = { .client = NULL };
	struct vb_preload_place place = { loop, root, NODE, 0600 };
	struct vb_preload_node *node = NULL;
	enum err rc;

	TRY(vb_preload_node_new(&place, &check_ops, &check, &node));
	rc = run_check(loop, root, preload, program);
	vb_preload_node_free(node);
	/* Its end of the connection is closed, which we may not have seen yet. */
	if (check.client != NULL)
		vb_preload_client_free(check.client);
	return rc;
}
