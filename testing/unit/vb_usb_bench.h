/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A device on the emulated USB and a client of it, for tests. The device echoes what it gets. The client
 * is this process itself: it speaks the preload library's protocol over the node's socket.
 */
#ifndef VB_USB_BENCH_H
#define VB_USB_BENCH_H

#include <errno.h>
#include <linux/hidraw.h>
#include <linux/usbdevice_fs.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/sock.h"
#include "vboard/usb/hub.h"

/* --- A model: what comes in on endpoint 1 goes out on endpoint 0x81 --- */

#define WORK_NS 40000u	/* per packet */

struct echo {
	struct vb_usb_device *device;
	uint8_t data[4096];
	size_t length;
	size_t sizes[64], packets;	/* of the OUT packets, as they came */
	bool is_busy;			/* out() says not now */
	uint64_t more_work_ns;
	unsigned taken, resets;
};

static struct echo *last_echo;

static inline bool echo_create(struct vb_usb_device *device, void *priv)
{
	last_echo = priv;
	last_echo->device = device;
	return true;
}

static inline void echo_reset(void *priv)
{
	((struct echo *)priv)->resets++;
}

static inline bool echo_out(void *priv, uint8_t endpoint, const uint8_t *data, size_t n)
{
	struct echo *e = priv;

	if (e->is_busy)
		return false;
	e->sizes[e->packets++ % 64] = n;
	if (n > 0)
		memcpy(e->data + e->length, data, n);
	e->length += n;
	vb_clock_advance(vb_usb_board(e->device)->clock, WORK_NS + e->more_work_ns);
	if (n == 64)
		return true;
	vb_usb_send(e->device, 0x80 | endpoint, e->data, e->length);
	e->length = 0;
	return true;
}

static inline int echo_control(void *priv, const struct vb_usb_setup *setup, uint8_t *data)
{
	(void)priv;
	if (setup->request != 0x42)
		return -1;
	if (setup->type & 0x80)
		memcpy(data, "answer", 6);
	return setup->type & 0x80 ? 6 : setup->length;
}

static inline void echo_taken(void *priv, uint8_t endpoint)
{
	(void)endpoint;
	((struct echo *)priv)->taken++;
}

static const uint8_t echo_descriptors[] = {
	18, 1, 0x00, 0x02, 0, 0, 0, 64, 0x34, 0x12, 0x78, 0x56, 0x00, 0x01, 1, 2, 3, 1,
	9, 2, 9 + 9 + 14 + 9 + 9 + 14, 0, 2, 1, 0, 0x80, 50,
	9, 4, 0, 0, 2, 0xff, 0, 0, 0,
	7, 5, 0x01, 2, 64, 0, 0, 7, 5, 0x81, 2, 64, 0, 0,
	9, 4, 1, 0, 2, 3, 0, 0, 0,
	9, 0x21, 0, 1, 0, 1, 0x22, 4, 0,
	7, 5, 0x02, 3, 64, 0, 1, 7, 5, 0x82, 3, 64, 0, 1,
};
static const uint8_t echo_report[] = { 0x06, 0x00, 0xff, 0xc0 };
static const char *const echo_strings[] = { "maker", "caf\xe9", "%s", NULL };
static const char *const echo_options[] = { NULL };

static const struct vb_usb_model echo_model = {
	.name = "echo",
	.help = "echo",
	.descriptors = echo_descriptors,
	.descriptors_size = sizeof(echo_descriptors),
	.strings = echo_strings,
	.default_serial = "S1",
	.report = echo_report,
	.report_size = sizeof(echo_report),
	.hid_interface = 1,
	.priv_size = sizeof(struct echo),
	.options = echo_options,
	.create = echo_create,
	.reset = echo_reset,
	.control = echo_control,
	.out = echo_out,
	.taken = echo_taken,
};

/* --- The bench --- */

struct bench {
	struct loop *loop;
	struct vb_board *board;
	struct vb_usb_hub *hub;
	struct vb_usb_device *device;
	int usb;		/* an open handle of the device's node */
};

static inline void *open_bench(const char *options)
{
	struct bench *b = calloc(1, sizeof(*b));

	b->loop = loop_new();
	b->board = vb_board_new(vb_chips[0]);
	assert_int_equal(vb_hub_new(&(struct vb_hub_config){ b->loop, NULL }, &b->hub), OK);
	assert_int_equal(vb_hub_plug(b->hub, &echo_model, options, b->board, NULL), OK);
	b->device = vb_hub_device(b->hub, 0);
	return b;
}

/* Opens a node as the preload library does. */
static inline int open_node(struct bench *b, const char *name)
{
	char *path = xasprintf("%s/ioctl/dev/%s", vb_hub_root(b->hub), name);
	int fd = -1;

	assert_int_equal(sock_connect_unix(path, &fd), OK);
	loop_once(b->loop, 0);
	free(path);
	return fd;
}

static inline int set_up(void **state)
{
	struct bench *b = *state = open_bench("");

	b->usb = open_node(b, "bus/usb/001/002");
	return 0;
}

static inline int tear_down(void **state)
{
	struct bench *b = *state;

	close(b->usb);
	vb_hub_free(b->hub);
	vb_board_free(b->board);
	loop_free(b->loop);
	free(b);
	return 0;
}

static inline void receive(struct bench *b, int fd, void *data, size_t n)
{
	for (size_t got = 0; got < n;) {
		ssize_t step = recv(fd, (uint8_t *)data + got, n - got, MSG_DONTWAIT);

		if (step > 0)
			got += (size_t)step;
		else
			loop_once(b->loop, 10);
	}
}

/* One request; returns what the call would, -errno on failure. */
static inline long call(struct bench *b, int fd, unsigned long command, unsigned long arg1, void *arg2)
{
	unsigned long message[3] = { command, arg1, (unsigned long)(uintptr_t)arg2 };

	assert_int_equal(send(fd, message, sizeof(message), 0), sizeof(message));
	for (;;) {
		receive(b, fd, message, sizeof(message));
		if (message[0] == 6)
			receive(b, fd, (void *)(uintptr_t)message[1], message[2]);
		else if (message[0] == 5)
			send(fd, (void *)(uintptr_t)message[1], message[2], 0);
		else
			break;
	}
	assert_int_equal(message[0], 3);
	return (long)message[1] < 0 ? -(long)message[2] : (long)message[1];
}

static inline long usb(struct bench *b, unsigned long request, void *arg)
{
	return call(b, b->usb, 1, request, arg);
}

static inline struct usbdevfs_urb make_urb(unsigned char endpoint, void *data, int n)
{
	return (struct usbdevfs_urb){ .type = USBDEVFS_URB_TYPE_BULK, .endpoint = endpoint,
				      .buffer = data, .buffer_length = n };
}

/* The next finished transfer. As libusb does, asks again after "nothing more now". */
static inline struct usbdevfs_urb *reap(struct bench *b)
{
	struct usbdevfs_urb *urb = NULL;

	if (usb(b, USBDEVFS_REAPURBNDELAY, &urb) != 0 && usb(b, USBDEVFS_REAPURBNDELAY, &urb) != 0)
		return NULL;
	return urb;
}

static inline void expect_reap(struct bench *b, struct usbdevfs_urb *urb, int status)
{
	assert_ptr_equal(reap(b), urb);
	assert_int_equal(urb->status, status);
}

static inline void out(struct bench *b, const void *data, int n)
{
	struct usbdevfs_urb urb = make_urb(0x01, (void *)(uintptr_t)data, n);

	assert_int_equal(usb(b, USBDEVFS_SUBMITURB, &urb), 0);
	assert_ptr_equal(reap(b), &urb);
	assert_int_equal(urb.status, 0);
	assert_int_equal(urb.actual_length, n);
}

static inline int in(struct bench *b, void *data, int n)
{
	struct usbdevfs_urb urb = make_urb(0x81, data, n);

	assert_int_equal(usb(b, USBDEVFS_SUBMITURB, &urb), 0);
	assert_ptr_equal(reap(b), &urb);
	return urb.status ? urb.status : urb.actual_length;
}

static inline uint64_t host_ns(const struct bench *b)
{
	return b->device->time.host_ns;
}

#define BENCH(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
