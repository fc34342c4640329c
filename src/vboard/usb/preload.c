/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/usb/preload.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/log.h"
#include "base/sock.h"

/* The protocol of libumockdev-preload 0.17: three native longs both ways. */
enum {
	REQUEST_IOCTL = 1,	/* request, pointer */
	RESULT_DONE = 3,	/* return value, errno */
	RESULT_READ_MEMORY = 5, /* address, size: the client sends the bytes */
	RESULT_WRITE_MEMORY = 6,/* address, size, then the bytes */
	REQUEST_READ = 7,	/* pointer, size */
	REQUEST_WRITE = 8,	/* pointer, size */
};

struct message {
	unsigned long command, arg1, arg2;
};

#define SLOW_CLIENT_MS 5000

struct vb_preload_node {
	struct vb_preload_place place;
	char *node_path, *socket_path;
	const struct vb_preload_ops *ops;
	void *ctx;
	int listener, fifo;
	struct loop_fd *watch;
};

struct vb_preload_client {
	struct loop *loop;
	const struct vb_preload_ops *ops;
	void *handle;
	int fd, fifo;
	pid_t pid;
	bool is_ready, can_peek;
	struct loop_fd *watch;
	struct message request;
	size_t request_bytes;
	struct buf answer;
};

/* --- What poll() sees --- */

/* A FIFO of one page has one slot: POLLOUT goes with the byte in it, POLLIN comes with it. */
static bool has_token(const struct vb_preload_ops *ops, bool is_ready)
{
	return ops->ready_event == POLLOUT ? !is_ready : is_ready;
}

static bool set_token(int fifo, bool on)
{
	char c = 'x';

	return on ? write(fifo, &c, 1) == 1 : read(fifo, &c, 1) == 1;
}

void vb_preload_ready(struct vb_preload_client *client, bool is_ready)
{
	if (client->is_ready == is_ready)
		return;
	client->is_ready = is_ready;
	set_token(client->fifo, has_token(client->ops, is_ready));
}

/* The FIFO that the next client to open the node will get. */
static enum err next_fifo(struct vb_preload_node *node)
{
	char *temporary = xasprintf("%s.new", node->node_path);
	bool ok;

	unlink(temporary);
	ok = mkfifo(temporary, 0600) == 0 && chmod(temporary, node->place.mode) == 0;
	node->fifo = ok ? open(temporary, O_RDWR | O_NONBLOCK | O_CLOEXEC) : -1;
	ok = node->fifo >= 0 && fcntl(node->fifo, F_SETPIPE_SZ, 4096) == 4096;
	if (ok && has_token(node->ops, false))
		ok = set_token(node->fifo, true);
	if (ok)
		ok = rename(temporary, node->node_path) == 0;
	if (!ok)
		error_why(ERR_IO, "cannot make the device node %s: %s", node->node_path,
			  strerror(errno));
	free(temporary);
	return ok ? OK : ERR_IO;
}

/* --- The client's memory --- */

/* Without the round trip, where the system lets us (same user and no ptrace scope, or root). */
static bool peek(struct vb_preload_client *client, uint64_t addr, void *dst, size_t n)
{
	struct iovec local = { dst, n };
	struct iovec remote = { (void *)(uintptr_t)addr, n };

	if (!client->can_peek)
		return false;
	client->can_peek = process_vm_readv(client->pid, &local, 1, &remote, 1, 0) == (ssize_t)n;
	return client->can_peek;
}

/* The client answers at once: it is waiting for us. */
bool vb_preload_ask(struct vb_preload_client *client, uint64_t addr, void *dst, size_t n)
{
	struct message ask = { RESULT_READ_MEMORY, addr, n };
	size_t got = 0;

	if (sock_write_all(client->fd, &ask, sizeof(ask), SLOW_CLIENT_MS) != OK) {
		error_clear();
		return false;
	}
	while (got < n) {
		size_t step = 0;

		if (sock_read_some(client->fd, (uint8_t *)dst + got, n - got, SLOW_CLIENT_MS,
				   &step) != OK ||
		    step == 0) {
			error_clear();
			return false;
		}
		got += step;
	}
	return true;
}

bool vb_preload_fetch(struct vb_preload_client *client, uint64_t addr, void *dst, size_t n)
{
	return n == 0 || peek(client, addr, dst, n) || vb_preload_ask(client, addr, dst, n);
}

void vb_preload_store(struct vb_preload_client *client, uint64_t addr, const void *src, size_t n)
{
	struct message head = { RESULT_WRITE_MEMORY, addr, n };

	if (n == 0)
		return;
	buf_append(&client->answer, &head, sizeof(head));
	buf_append(&client->answer, src, n);
}

void vb_preload_done(struct vb_preload_client *client, long result, int error)
{
	struct message done = { RESULT_DONE, (unsigned long)result, (unsigned long)error };
	ssize_t n;

	buf_append(&client->answer, &done, sizeof(done));
	n = send(client->fd, client->answer.data, client->answer.len, MSG_DONTWAIT | MSG_NOSIGNAL);
	/* A client that is gone shows on its descriptor. */
	if (n < 0)
		n = 0;
	if ((size_t)n < client->answer.len &&
	    sock_write_all(client->fd, client->answer.data + n, client->answer.len - (size_t)n,
			   SLOW_CLIENT_MS) != OK)
		error_clear();
	buf_clear(&client->answer);
}

/* --- Connections --- */

/* Our FIFO among the client's descriptors, and the flags it was opened with. */
static bool look_at_descriptor(const char *folder, const char *number, const struct stat *fifo,
			       unsigned *flags)
{
	char *path = xasprintf("%s/fd/%s", folder, number);
	char *info = xasprintf("%s/fdinfo/%s", folder, number);
	struct stat st;
	bool is_it = stat(path, &st) == 0 && st.st_ino == fifo->st_ino && st.st_dev == fifo->st_dev;
	FILE *f = is_it ? fopen(info, "r") : NULL;

	if (f != NULL) {
		is_it = fscanf(f, "pos: %*u flags: %o", flags) == 1;
		fclose(f);
	}
	free(info);
	free(path);
	return is_it;
}

bool vb_preload_is_nonblocking(const struct vb_preload_client *client)
{
	char *folder = xasprintf("/proc/%d", (int)client->pid);
	char *path = xasprintf("%s/fd", folder);
	DIR *dir = opendir(path);
	struct dirent *e;
	struct stat fifo;
	unsigned flags = 0;

	if (dir != NULL && fstat(client->fifo, &fifo) == 0)
		while ((e = readdir(dir)) != NULL)
			if (e->d_name[0] != '.' &&
			    look_at_descriptor(folder, e->d_name, &fifo, &flags))
				break;
	if (dir != NULL)
		closedir(dir);
	free(path);
	free(folder);
	return flags & O_NONBLOCK;
}

void vb_preload_client_free(struct vb_preload_client *client)
{
	loop_remove_fd(client->loop, client->watch);
	close(client->fd);
	close(client->fifo);
	buf_free(&client->answer);
	free(client);
}

bool vb_preload_has_left(const struct vb_preload_client *client)
{
	char byte;

	return recv(client->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static void dispatch(struct vb_preload_client *client)
{
	const struct message *m = &client->request;

	client->request_bytes = 0;
	if (m->command == REQUEST_IOCTL) {
		client->ops->ioctl(client->handle, (uint32_t)m->arg1, m->arg2);
	} else if (m->command == REQUEST_READ) {
		client->ops->read(client->handle, m->arg1, m->arg2);
	} else if (m->command == REQUEST_WRITE) {
		client->ops->write(client->handle, m->arg1, m->arg2);
	} else {
		log_error("usb: process %d speaks another protocol (message %lu): this board is "
			  "made for %s of umockdev 0.17",
			  (int)client->pid, m->command, VB_PRELOAD_LIBRARY);
		vb_preload_done(client, -1, ENOTTY);
	}
}

static void on_client(void *ctx, short revents)
{
	struct vb_preload_client *client = ctx;
	ssize_t n = recv(client->fd, (uint8_t *)&client->request + client->request_bytes,
			 sizeof(client->request) - client->request_bytes, MSG_DONTWAIT);

	(void)revents;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		client->ops->closed(client->handle);
		vb_preload_client_free(client);
		return;
	}
	client->request_bytes += (size_t)n;
	if (client->request_bytes == sizeof(client->request))
		dispatch(client);
}

/* Wake-ups across cores are what a request costs most: a client shares ours. */
static void share_core(pid_t pid)
{
	cpu_set_t cores;

	if (sched_getaffinity(0, sizeof(cores), &cores) == 0 && CPU_COUNT(&cores) == 1 &&
	    sched_setaffinity(pid, sizeof(cores), &cores) < 0)
		log_debug("usb: process %d stays on its core: %s", (int)pid, strerror(errno));
}

void vb_preload_take_core(void)
{
	cpu_set_t cores, one;
	int wanted, core = 0;

	if (sched_getaffinity(0, sizeof(cores), &cores) < 0)
		return;
	/* Boards that run side by side spread over the cores. */
	for (wanted = getpid() % CPU_COUNT(&cores); core < CPU_SETSIZE; core++)
		if (CPU_ISSET(core, &cores) && wanted-- == 0)
			break;
	CPU_ZERO(&one);
	CPU_SET(core, &one);
	sched_setaffinity(0, sizeof(one), &one);
}

static void on_connection(void *ctx, short revents)
{
	struct vb_preload_node *node = ctx;
	struct ucred peer = { 0 };
	socklen_t size = sizeof(peer);
	struct vb_preload_client *client;
	int fd = sock_accept(node->listener, NULL, 0);

	(void)revents;
	if (fd < 0)
		return;
	getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size);
	share_core(peer.pid);
	client = xcalloc(1, sizeof(*client));
	*client = (struct vb_preload_client){
		.loop = node->place.loop,
		.ops = node->ops,
		.fd = fd,
		.fifo = node->fifo,
		.pid = peer.pid,
		.can_peek = true,
	};
	if (next_fifo(node) != OK)
		log_failure();
	client->handle = node->ops->opened(node->ctx, client);
	client->watch = loop_add_fd(node->place.loop, fd, POLLIN, on_client, client);
}

/* --- Nodes --- */

static enum err open_node(struct vb_preload_node *node)
{
	TRY(next_fifo(node));
	if (strlen(node->socket_path) > 107)
		return error_next(error_why(ERR_IO, "the path %s is too long for a socket",
					    node->socket_path),
				  "choose a shorter folder with --usb-root");
	TRY(sock_listen_unix(node->socket_path, &node->listener));
	/* Who may open the node may talk to its device. */
	chmod(node->socket_path, 0666);
	node->watch = loop_add_fd(node->place.loop, node->listener, POLLIN, on_connection, node);
	return OK;
}

enum err vb_preload_node_new(const struct vb_preload_place *place, const struct vb_preload_ops *ops,
			     void *ctx, struct vb_preload_node **out)
{
	struct vb_preload_node *node = xcalloc(1, sizeof(*node));
	enum err rc;

	*node = (struct vb_preload_node){
		.place = *place,
		.node_path = xasprintf("%s/dev/%s", place->root, place->name),
		.socket_path = xasprintf("%s/ioctl/dev/%s", place->root, place->name),
		.ops = ops,
		.ctx = ctx,
		.listener = -1,
		.fifo = -1,
	};
	node->place.root = node->place.name = NULL;
	rc = open_node(node);
	if (rc != OK) {
		error_hold(rc);
		vb_preload_node_free(node);
		error_settle(rc, OK);
		return rc;
	}
	*out = node;
	return OK;
}

enum err vb_preload_node_chmod(struct vb_preload_node *node, mode_t mode)
{
	node->place.mode = mode;
	if (chmod(node->node_path, mode) < 0)
		return error_why(ERR_IO, "cannot change the mode of %s: %s", node->node_path,
				 strerror(errno));
	return OK;
}

void vb_preload_node_free(struct vb_preload_node *node)
{
	if (node == NULL)
		return;
	/* Who has just opened the node must not see its connection end. */
	if (node->listener >= 0)
		on_connection(node, 0);
	loop_remove_fd(node->place.loop, node->watch);
	unlink(node->node_path);
	unlink(node->socket_path);
	if (node->listener >= 0)
		close(node->listener);
	if (node->fifo >= 0)
		close(node->fifo);
	free(node->node_path);
	free(node->socket_path);
	free(node);
}
