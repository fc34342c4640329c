/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * preload: device nodes that other processes open, through umockdev's preload library (no GLib, no
 * libumockdev). The only file that knows the private protocol between that library and its server.
 *
 * A client runs with LD_PRELOAD=libumockdev-preload.so.0 and UMOCKDEV_DIR=ROOT. When it opens
 * /dev/X and ROOT/dev/X exists, the library opens that file and connects to the socket
 * ROOT/ioctl/dev/X; ioctl(), read() and write() on the descriptor come over that connection, one at a
 * time, and the client blocks until it is answered. poll() is not seen, so the node is a FIFO, one for each
 * open handle, whose state we switch: that is vb_preload_ready().
 *
 * Each request handed to an op is answered with vb_preload_done() exactly once, at once or later.
 * A live connection is never closed by us but at the program's end: the library ends the client when
 * it is.
 */
#ifndef VB_USB_PRELOAD_H
#define VB_USB_PRELOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/loop.h"

#define VB_PRELOAD_LIBRARY "libumockdev-preload.so.0"

struct vb_preload_node;		/* a device node in one root */
struct vb_preload_client;	/* one open handle of a node; outlives the node */

struct vb_preload_ops {
	/* Which of poll()'s events says "ready": POLLOUT (usbfs) or POLLIN (hidraw). */
	short ready_event;
	/* A client opened the node: returns the handle given to the others. */
	void *(*opened)(void *ctx, struct vb_preload_client *client);
	void (*closed)(void *handle);		/* the client is gone: no more calls for it */
	void (*ioctl)(void *handle, uint32_t request, uint64_t arg);
	void (*read)(void *handle, uint64_t addr, size_t n);
	void (*write)(void *handle, uint64_t addr, size_t n);
};

struct vb_preload_place {
	struct loop *loop;
	const char *root;	/* absolute and short: a socket's path has room for 107 bytes */
	const char *name;	/* "bus/usb/001/002", below /dev */
	mode_t mode;		/* of the node */
};

/* Keeps this process on one core, and each client beside it: three times the requests per second. */
void vb_preload_take_core(void);
/* Makes the node and its socket; the folders exist. */
enum err vb_preload_node_new(const struct vb_preload_place *place, const struct vb_preload_ops *ops,
			     void *ctx, struct vb_preload_node **node);
/* Takes the node out of the root. Its clients stay and keep calling the ops. */
void vb_preload_node_free(struct vb_preload_node *node);
enum err vb_preload_node_chmod(struct vb_preload_node *node, mode_t mode);
/* Hangs up on a client without calling closed(): for the program's end only. */
/* The client closed its handle and the loop has not seen it yet: close() is at once for a kernel. */
bool vb_preload_has_left(const struct vb_preload_client *client);
void vb_preload_client_free(struct vb_preload_client *client);
/* Whether the client opened the node with O_NONBLOCK, as far as /proc tells. */
bool vb_preload_is_nonblocking(const struct vb_preload_client *client);

/* While a request is open: the client's memory. Storing only notes; done() sends it. */
bool vb_preload_fetch(struct vb_preload_client *client, uint64_t addr, void *dst, size_t n);
/* The same, always by the protocol: a round trip. */
bool vb_preload_ask(struct vb_preload_client *client, uint64_t addr, void *dst, size_t n);
void vb_preload_store(struct vb_preload_client *client, uint64_t addr, const void *src, size_t n);
void vb_preload_done(struct vb_preload_client *client, long result, int error);
/* Any time: what poll() of this handle sees. */
void vb_preload_ready(struct vb_preload_client *client, bool is_ready);

#endif
