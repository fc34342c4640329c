/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The emulated USB between a client and a model: the time line, the moving of packets, what usbfs and
 * hidraw answer. The client is this process itself: it speaks the preload library's protocol over
 * the node's socket.
 */
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

#define WORK_NS 40000u

struct echo {
	struct vb_usb_device *device;
	uint8_t data[4096];
	size_t length;
	size_t sizes[64], packets;	/* of the OUT packets, as they came */
	bool is_busy;			/* out() says not now */
	unsigned taken, resets;
};

static struct echo *last_echo;

static bool echo_create(struct vb_usb_device *device, void *priv)
{
	last_echo = priv;
	last_echo->device = device;
	return true;
}

static void echo_reset(void *priv)
{
	((struct echo *)priv)->resets++;
}

static bool echo_out(void *priv, uint8_t endpoint, const uint8_t *data, size_t n)
{
	struct echo *e = priv;

	if (e->is_busy)
		return false;
	e->sizes[e->packets++ % 64] = n;
	if (n > 0)
		memcpy(e->data + e->length, data, n);
	e->length += n;
	vb_clock_advance(vb_usb_board(e->device)->clock, WORK_NS);
	if (n == 64)
		return true;
	vb_usb_send(e->device, 0x80 | endpoint, e->data, e->length);
	e->length = 0;
	return true;
}

static int echo_control(void *priv, const struct vb_usb_setup *setup, uint8_t *data)
{
	(void)priv;
	if (setup->request != 0x42)
		return -1;
	if (setup->type & 0x80)
		memcpy(data, "answer", 6);
	return setup->type & 0x80 ? 6 : setup->length;
}

static void echo_taken(void *priv, uint8_t endpoint)
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

static void *open_bench(const char *options)
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
static int open_node(struct bench *b, const char *name)
{
	char *path = xasprintf("%s/ioctl/dev/%s", vb_hub_root(b->hub), name);
	int fd = -1;

	assert_int_equal(sock_connect_unix(path, &fd), OK);
	loop_once(b->loop, 0);
	free(path);
	return fd;
}

static int set_up(void **state)
{
	struct bench *b = *state = open_bench("");

	b->usb = open_node(b, "bus/usb/001/002");
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;

	close(b->usb);
	vb_hub_free(b->hub);
	vb_board_free(b->board);
	loop_free(b->loop);
	free(b);
	return 0;
}

static void receive(struct bench *b, int fd, void *data, size_t n)
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
static long call(struct bench *b, int fd, unsigned long command, unsigned long arg1, void *arg2)
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

static long usb(struct bench *b, unsigned long request, void *arg)
{
	return call(b, b->usb, 1, request, arg);
}

static struct usbdevfs_urb make_urb(unsigned char endpoint, void *data, int n)
{
	return (struct usbdevfs_urb){ .type = USBDEVFS_URB_TYPE_BULK, .endpoint = endpoint,
				      .buffer = data, .buffer_length = n };
}

/* The next finished transfer. As libusb does, asks again after "nothing more now". */
static struct usbdevfs_urb *reap(struct bench *b)
{
	struct usbdevfs_urb *urb = NULL;

	if (usb(b, USBDEVFS_REAPURBNDELAY, &urb) != 0 && usb(b, USBDEVFS_REAPURBNDELAY, &urb) != 0)
		return NULL;
	return urb;
}

static void out(struct bench *b, const void *data, int n)
{
	struct usbdevfs_urb urb = make_urb(0x01, (void *)(uintptr_t)data, n);

	assert_int_equal(usb(b, USBDEVFS_SUBMITURB, &urb), 0);
	assert_ptr_equal(reap(b), &urb);
	assert_int_equal(urb.status, 0);
	assert_int_equal(urb.actual_length, n);
}

static int in(struct bench *b, void *data, int n)
{
	struct usbdevfs_urb urb = make_urb(0x81, data, n);

	assert_int_equal(usb(b, USBDEVFS_SUBMITURB, &urb), 0);
	assert_ptr_equal(reap(b), &urb);
	return urb.status ? urb.status : urb.actual_length;
}

static uint64_t host_ns(const struct bench *b)
{
	return b->device->time.host_ns;
}

/* --- The calendar --- */

static void test_calendar_fills_gaps(void **state)
{
	struct vb_timeline t;

	(void)state;
	vb_timeline_init(&t, vb_usb_find("full"));
	vb_timeline_take(&t, 1000, 500);
	vb_timeline_take(&t, 2000, 500);
	assert_int_equal(vb_timeline_gap(&t, 0, 1000), 0);
	assert_int_equal(vb_timeline_gap(&t, 0, 1001), 2500);
	assert_int_equal(vb_timeline_gap(&t, 1200, 500), 1500);
	assert_int_equal(vb_timeline_gap(&t, 1200, 501), 2500);
	vb_timeline_take(&t, 1500, 500);	/* fills the gap: one interval less to come */
	assert_int_equal(vb_timeline_gap(&t, 1000, 1), 2500);
	vb_timeline_reap(&t, 10000);
	for (unsigned i = 0; i < 500; i++)
		vb_timeline_take(&t, 10000 + 10 * i, 1);
	assert_int_equal(vb_timeline_gap(&t, 10000, 9), 10001);
	assert_int_equal(vb_timeline_gap(&t, 10000, 10), 10000 + 4990 + 1);
	vb_timeline_free(&t);
}

/* --- Transfers --- */

static void test_packets_are_split_and_joined(void **state)
{
	struct bench *b = *state;
	uint8_t data[200], answer[256] = { 0 };

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)i;
	out(b, data, 200);
	assert_int_equal(last_echo->packets, 4);
	assert_int_equal(last_echo->sizes[0], 64);
	assert_int_equal(last_echo->sizes[3], 8);
	assert_int_equal(in(b, answer, 256), 200);
	assert_memory_equal(answer, data, 200);
	assert_int_equal(last_echo->taken, 4);
	assert_int_equal(b->device->count.out_packets, 4);
	assert_int_equal(b->device->count.in_packets, 4);
	assert_int_equal(b->device->count.in_bytes, 200);
	assert_int_equal(b->device->count.urbs, 2);
	assert_int_equal(b->device->count.round_trips, 1);
}

/* A multiple of the packet size ends only with an empty packet, if the client asks for one. */
static void test_zero_packet_on_request(void **state)
{
	struct bench *b = *state;
	uint8_t data[128] = { 1 };
	struct usbdevfs_urb urb = make_urb(0x01, data, 128);

	out(b, data, 128);
	assert_int_equal(last_echo->packets, 2);
	out(b, data, 0);
	assert_int_equal(last_echo->packets, 3);
	assert_int_equal(vb_usb_queued(b->device, 0x81), 128);
	urb.flags = USBDEVFS_URB_ZERO_PACKET;
	assert_int_equal(usb(b, USBDEVFS_SUBMITURB, &urb), 0);
	assert_int_equal(last_echo->packets, 6);
	assert_int_equal(last_echo->sizes[5], 0);
}

/* A full packet into less room is babble: the rest of it is lost. */
static void test_overflow(void **state)
{
	struct bench *b = *state;
	uint8_t data[100] = { 0 }, answer[64];

	out(b, data, 100);
	assert_int_equal(in(b, answer, 32), -EOVERFLOW);
	assert_int_equal(in(b, answer, 64), 36);
}

static void expect_reap(struct bench *b, struct usbdevfs_urb *urb, int status)
{
	assert_ptr_equal(reap(b), urb);
	assert_int_equal(urb->status, status);
}

static void test_transfers_wait_and_are_cancelled(void **state)
{
	struct bench *b = *state;
	uint8_t answer[64], data[3] = { 1, 2, 3 };
	struct usbdevfs_urb first = make_urb(0x81, answer, 64), second = make_urb(0x81, answer, 64);
	struct usbdevfs_urb command = make_urb(0x01, data, 3);

	assert_int_equal(usb(b, USBDEVFS_REAPURBNDELAY, &answer), -EAGAIN);
	assert_int_equal(usb(b, USBDEVFS_SUBMITURB, &first), 0);
	assert_int_equal(usb(b, USBDEVFS_SUBMITURB, &second), 0);
	assert_null(reap(b));
	assert_int_equal(usb(b, USBDEVFS_DISCARDURB, &first), 0);
	assert_int_equal(usb(b, USBDEVFS_DISCARDURB, &first), -EINVAL);
	expect_reap(b, &first, -ENOENT);
	assert_null(reap(b));
	assert_int_equal(usb(b, USBDEVFS_SUBMITURB, &command), 0);
	expect_reap(b, &command, 0);
	expect_reap(b, &second, 0);
	assert_int_equal(second.actual_length, 3);
}

/* "Not now": the transfer stays, and goes on when the model can. */
static void test_nak(void **state)
{
	struct bench *b = *state;
	uint8_t data[3] = { 1, 2, 3 };
	struct usbdevfs_urb urb = make_urb(0x01, data, 3);

	last_echo->is_busy = true;
	assert_int_equal(usb(b, USBDEVFS_SUBMITURB, &urb), 0);
	assert_null(reap(b));
	last_echo->is_busy = false;
	vb_usb_resume(b->device, 0x01);
	loop_once(b->loop, 0);
	expect_reap(b, &urb, 0);
	assert_int_equal(urb.actual_length, 3);
}

static void test_bad_requests(void **state)
{
	struct bench *b = *state;
	uint8_t data[64];
	struct usbdevfs_urb urb = make_urb(0x07, data, 64);
	unsigned number = 5;

	assert_int_equal(usb(b, USBDEVFS_SUBMITURB, &urb), -ENOENT);
	urb = make_urb(0x81, data, -1);
	assert_int_equal(usb(b, USBDEVFS_SUBMITURB, &urb), -ENOMEM);
	assert_int_equal(usb(b, USBDEVFS_CLAIMINTERFACE, &number), -ENOENT);
	assert_int_equal(usb(b, 0x12345678, &number), -ENOTTY);
	/* A word that is no request at all. */
	assert_int_equal(call(b, b->usb, 99, 0, NULL), -ENOTTY);
}

/* --- Time --- */

/* USB 2.0, 5.8.4: 19 packets of 64 bytes fill a frame. */
#define PACKET_NS(n) (((n) + 13) * 666667ull / 1000)

static void test_a_pair_costs_its_latency(void **state)
{
	struct bench *b = *state;
	uint8_t data[3] = { 1, 2, 3 };
	uint64_t start_ns = host_ns(b);

	out(b, data, 3);
	assert_int_equal(host_ns(b) - start_ns, 500000 + PACKET_NS(3));
	assert_int_equal(in(b, data, 64), 3);
	assert_int_equal(host_ns(b) - start_ns, 1000000 + 2 * PACKET_NS(3));
}

static void submit_pairs(struct bench *b, struct usbdevfs_urb *urbs, uint8_t (*data)[64], size_t n)
{
	for (size_t i = 0; i < n; i++) {
		urbs[2 * i] = make_urb(0x81, data[2 * i], 64);
		urbs[2 * i + 1] = make_urb(0x01, data[2 * i + 1], 60);
		assert_int_equal(usb(b, USBDEVFS_SUBMITURB, &urbs[2 * i]), 0);
		assert_int_equal(usb(b, USBDEVFS_SUBMITURB, &urbs[2 * i + 1]), 0);
	}
}

/* Commands in flight hide each other's latency (10 ms): what is left is the bus, 2 packets each. */
static void test_a_pipeline_hides_latency(void **state)
{
	struct bench *b = *state;
	struct usbdevfs_urb urbs[20];
	uint8_t data[20][64] = { { 0 } };
	uint64_t start_ns = host_ns(b), last_ns = 0;

	submit_pairs(b, urbs, data, 10);
	for (unsigned i = 0; i < 20; i++) {
		assert_non_null(reap(b));
		assert_true(host_ns(b) >= last_ns);
		last_ns = host_ns(b);
	}
	assert_in_range(host_ns(b) - start_ns, 250000 + 20 * PACKET_NS(60), 1500000);
	assert_int_equal(b->device->count.round_trips, 1);
}

/* A host that takes all that is there in one go gets only what can be there at its time. */
static void test_reaping_stops_where_the_host_would_wait(void **state)
{
	struct bench *b = *state;
	struct usbdevfs_urb urbs[4], *urb;
	uint8_t data[4][64] = { { 0 } };

	submit_pairs(b, urbs, data, 2);
	assert_int_equal(usb(b, USBDEVFS_REAPURBNDELAY, &urb), 0);
	assert_ptr_equal(urb, &urbs[1]);
	assert_int_equal(usb(b, USBDEVFS_REAPURBNDELAY, &urb), -EAGAIN);
	assert_int_equal(usb(b, USBDEVFS_REAPURBNDELAY, &urb), 0);
	assert_ptr_equal(urb, &urbs[3]);
}

/* The same requests cost the same, however long the client takes between them. */
static void test_time_does_not_depend_on_the_wall(void **state)
{
	struct bench *b = *state;
	uint8_t data[64] = { 0 };
	uint64_t start_ns = host_ns(b), first_ns;

	out(b, data, 10);
	in(b, data, 64);
	first_ns = host_ns(b) - start_ns;
	usleep(20000);
	loop_once(b->loop, 0);
	out(b, data, 10);
	usleep(20000);
	in(b, data, 64);
	assert_int_equal(host_ns(b) - start_ns, 2 * first_ns);
}

/* What the board lives through between two requests, the host lives through as well. */
static void test_other_time_passes_for_the_host(void **state)
{
	struct bench *b = *state;
	uint8_t data[64] = { 0 };
	uint64_t start_ns = host_ns(b), pair_ns;

	out(b, data, 10);
	in(b, data, 64);
	pair_ns = host_ns(b) - start_ns;
	vb_clock_advance(b->board->clock, 5000000);
	out(b, data, 10);
	in(b, data, 64);
	assert_int_equal(host_ns(b) - start_ns, 2 * pair_ns + 5000000);
}

/* --- Faults --- */

static void add_fault(struct bench *b, const char *text)
{
	char words[64], *argv[8], *save = NULL;
	int argc = 0;

	snprintf(words, sizeof(words), "%s", text);
	for (char *w = strtok_r(words, " ", &save); w != NULL; w = strtok_r(NULL, " ", &save))
		argv[argc++] = w;
	assert_int_equal(vb_fault_add(&b->device->faults, argc, argv), OK);
}

static void test_stall_holds_until_cleared(void **state)
{
	struct bench *b = *state;
	uint8_t data[64] = { 1, 2, 3 };
	unsigned endpoint = 0x81;

	add_fault(b, "stall 0x81");
	out(b, data, 3);
	assert_int_equal(in(b, data, 64), -EPIPE);
	assert_int_equal(in(b, data, 64), -EPIPE);
	assert_int_equal(usb(b, USBDEVFS_CLEAR_HALT, &endpoint), 0);
	assert_int_equal(in(b, data, 64), 3);
}

static void test_faults_count_and_skip(void **state)
{
	struct bench *b = *state;
	uint8_t data[64] = { 1, 2, 3 };

	add_fault(b, "error in 2 1");
	for (unsigned i = 0; i < 4; i++) {
		out(b, data, 3);
		assert_int_equal(in(b, data, 64), i == 1 || i == 2 ? -EPROTO : 3);
		if (i == 1 || i == 2)
			vb_usb_drop_queued(b->device, 0x81);
	}
	assert_null(b->device->faults);
}

static void test_spoilt_answers(void **state)
{
	struct bench *b = *state;
	uint8_t data[64] = { 1, 2, 3, 4 };

	add_fault(b, "flip 0x81 1 0 2");
	out(b, data, 4);
	assert_int_equal(in(b, data, 64), 4);
	assert_memory_equal(data, "\x01\x02\xfc\x04", 4);
	add_fault(b, "short 0x81 1 0 2");
	out(b, data, 4);
	assert_int_equal(in(b, data, 64), 2);
	assert_null(b->device->faults);
}

static void test_lost_commands_and_answers(void **state)
{
	struct bench *b = *state;
	uint8_t data[64] = { 1 }, answer[64];
	struct usbdevfs_urb urb = make_urb(0x81, answer, 64);

	add_fault(b, "drop 0x01 1 2");		/* the third */
	for (unsigned i = 0; i < 3; i++)
		out(b, data, 3);
	assert_int_equal(last_echo->packets, 2);
	vb_usb_drop_queued(b->device, 0x81);
	add_fault(b, "silent 0x81");
	out(b, data, 3);
	assert_int_equal(usb(b, USBDEVFS_SUBMITURB, &urb), 0);
	assert_null(reap(b));
	out(b, data, 5);
	expect_reap(b, &urb, 0);
	assert_int_equal(urb.actual_length, 5);
}

static void test_late_answer(void **state)
{
	struct bench *b = *state;
	uint8_t data[64] = { 1 };
	uint64_t start_ns = host_ns(b);
	struct usbdevfs_urb urb = make_urb(0x81, data, 64);

	add_fault(b, "late 0x81 1 0 30");
	out(b, data, 3);
	assert_int_equal(usb(b, USBDEVFS_SUBMITURB, &urb), 0);
	assert_null(reap(b));
	while ((reap(b)) == NULL)
		loop_once(b->loop, 50);
	assert_int_equal(urb.actual_length, 3);
	assert_true(host_ns(b) - start_ns > 30000000);
}

static void test_unplug_by_fault(void **state)
{
	struct bench *b = *state;
	uint8_t data[64] = { 1 };
	struct usbdevfs_urb urb = make_urb(0x01, data, 3);

	add_fault(b, "unplug 0x01 1 1");
	out(b, data, 3);
	assert_int_equal(usb(b, USBDEVFS_SUBMITURB, &urb), 0);
	expect_reap(b, &urb, -ESHUTDOWN);
	assert_int_equal(usb(b, USBDEVFS_SUBMITURB, &urb), -ENODEV);
	assert_false(b->device->is_plugged);
}

/* --- Plugging --- */

static void test_unplug_and_replug(void **state)
{
	struct bench *b = *state;
	uint8_t data[64];
	struct usbdevfs_urb urb = make_urb(0x81, data, 64);
	char *node = xasprintf("%s/dev/bus/usb/001/002", vb_hub_root(b->hub));
	unsigned resets = last_echo->resets;
	int old;

	assert_int_equal(usb(b, USBDEVFS_SUBMITURB, &urb), 0);
	assert_int_equal(access(node, F_OK), 0);
	assert_int_equal(vb_hub_unplug(b->hub, 0), OK);
	assert_int_equal(access(node, F_OK), -1);
	expect_reap(b, &urb, -ESHUTDOWN);
	assert_int_equal(usb(b, USBDEVFS_REAPURBNDELAY, data), -ENODEV);
	assert_int_equal(vb_hub_replug(b->hub, 0), OK);
	assert_int_equal(access(node, F_OK), -1);
	assert_int_equal(last_echo->resets, resets + 1);
	/* The old handle stays dead; a new one on the new node works. */
	assert_int_equal(usb(b, USBDEVFS_SUBMITURB, &urb), -ENODEV);
	old = b->usb;
	b->usb = open_node(b, "bus/usb/001/003");
	out(b, data, 3);
	assert_int_equal(in(b, data, 64), 3);
	close(old);
	loop_once(b->loop, 0);
	free(node);
}

static void test_claim_is_exclusive(void **state)
{
	struct bench *b = *state;
	unsigned vendor = 0, hid = 1;
	int first = b->usb, second = open_node(b, "bus/usb/001/002");
	struct usbdevfs_getdriver g = { .interface = 1 };
	struct usbdevfs_ioctl detach = { .ifno = 1, .ioctl_code = USBDEVFS_DISCONNECT };

	assert_int_equal(usb(b, USBDEVFS_CLAIMINTERFACE, &vendor), 0);
	assert_int_equal(usb(b, USBDEVFS_CLAIMINTERFACE, &vendor), 0);
	b->usb = second;
	assert_int_equal(usb(b, USBDEVFS_CLAIMINTERFACE, &vendor), -EBUSY);
	/* usbhid has the other one until it is taken off. */
	assert_int_equal(usb(b, USBDEVFS_CLAIMINTERFACE, &hid), -EBUSY);
	assert_int_equal(usb(b, USBDEVFS_GETDRIVER, &g), 0);
	assert_string_equal(g.driver, "usbhid");
	assert_int_equal(usb(b, USBDEVFS_IOCTL, &detach), 0);
	assert_int_equal(usb(b, USBDEVFS_CLAIMINTERFACE, &hid), 0);
	g.interface = 0;
	assert_int_equal(usb(b, USBDEVFS_GETDRIVER, &g), 0);
	assert_string_equal(g.driver, "usbfs");
	/* A handle that is closed lets go. */
	close(first);
	loop_once(b->loop, 0);
	assert_int_equal(usb(b, USBDEVFS_CLAIMINTERFACE, &vendor), 0);
}

/* --- Endpoint 0 --- */

static int control(struct bench *b, uint8_t type, uint8_t request, uint16_t value, uint16_t index,
		   uint8_t *data, uint16_t n)
{
	uint8_t buffer[8 + 512] = { type, request };
	struct usbdevfs_urb urb = make_urb(0, buffer, 8 + n);

	put_le16(buffer + 2, value);
	put_le16(buffer + 4, index);
	put_le16(buffer + 6, n);
	urb.type = USBDEVFS_URB_TYPE_CONTROL;
	assert_int_equal(usb(b, USBDEVFS_SUBMITURB, &urb), 0);
	assert_ptr_equal(reap(b), &urb);
	memcpy(data, buffer + 8, n);
	return urb.status ? urb.status : urb.actual_length;
}

static void test_standard_requests(void **state)
{
	struct bench *b = *state;
	uint8_t data[512];

	assert_int_equal(control(b, 0x80, 6, 0x0100, 0, data, 18), 18);
	assert_memory_equal(data, echo_descriptors, 18);
	assert_int_equal(control(b, 0x80, 6, 0x0200, 0, data, 9), 9);
	assert_int_equal(control(b, 0x80, 6, 0x0200, 0, data, 500), sizeof(echo_descriptors) - 18);
	assert_int_equal(control(b, 0x80, 6, 0x0300, 0, data, 255), 4);
	assert_memory_equal(data, "\x04\x03\x09\x04", 4);
	assert_int_equal(control(b, 0x80, 6, 0x0302, 0x0409, data, 255), 10);
	assert_memory_equal(data, "\x0a\x03" "c\0a\0f\0\xe9\0", 10);
	assert_int_equal(control(b, 0x80, 6, 0x0303, 0x0409, data, 255), 6);
	assert_int_equal(control(b, 0x80, 6, 0x0304, 0x0409, data, 255), -EPIPE);
	/* Full speed only: no qualifier, no binary object store. */
	assert_int_equal(control(b, 0x80, 6, 0x0600, 0, data, 10), -EPIPE);
	assert_int_equal(control(b, 0x80, 6, 0x0f00, 0, data, 5), -EPIPE);
	assert_int_equal(control(b, 0x81, 6, 0x2200, 1, data, 255), 4);
	assert_int_equal(control(b, 0x80, 8, 0, 0, data, 1), 1);
	assert_int_equal(data[0], 1);
	assert_int_equal(control(b, 0x80, 0, 0, 0, data, 2), 2);
	vb_usb_halt(b->device, 0x81);
	assert_int_equal(control(b, 0x82, 0, 0, 0x81, data, 2), 2);
	assert_int_equal(data[0], 1);
	assert_int_equal(control(b, 0xc0, 0x42, 0, 0, data, 64), 6);
	assert_memory_equal(data, "answer", 6);
	assert_int_equal(control(b, 0xc0, 0x43, 0, 0, data, 64), -EPIPE);
}

static char *attribute(struct bench *b, const char *name)
{
	char *path = xasprintf("%s/sys/bus/usb/devices/1-1/%s", vb_hub_root(b->hub), name);
	FILE *f = fopen(path, "r");
	static char text[64];

	text[0] = 0;
	if (f != NULL) {
		if (fgets(text, sizeof(text), f) == NULL)
			text[0] = 0;
		fclose(f);
	}
	free(path);
	return text;
}

static void test_sysfs(void **state)
{
	struct bench *b = *state;

	assert_string_equal(attribute(b, "idVendor"), "1234\n");
	assert_string_equal(attribute(b, "speed"), "12\n");
	assert_string_equal(attribute(b, "serial"), "S1\n");
	assert_string_equal(attribute(b, "product"), "caf\xc3\xa9\n");
	assert_string_equal(attribute(b, "devnum"), "2\n");
	assert_string_equal(attribute(b, "1-1:1.1/bInterfaceClass"), "03\n");
	assert_string_equal(attribute(b, "../../../class/hidraw/hidraw0/uevent"), "MAJOR=240\n");
}

/* --- hidraw --- */

static void test_hidraw(void **state)
{
	struct bench *b = *state;
	int fd = open_node(b, "hidraw0");
	uint8_t report[65] = { 0, 'a', 'b' }, answer[64];
	struct hidraw_devinfo info;
	unsigned size = 0;

	assert_int_equal(call(b, fd, 1, HIDIOCGRDESCSIZE, &size), 0);
	assert_int_equal(size, 4);
	assert_int_equal(call(b, fd, 1, HIDIOCGRAWINFO, &info), 0);
	assert_int_equal(info.vendor, 0x1234);
	assert_int_equal(call(b, fd, 8, (unsigned long)(uintptr_t)report, (void *)3), 3);
	assert_int_equal(last_echo->packets, 1);
	assert_int_equal(last_echo->sizes[0], 2);
	assert_int_equal(call(b, fd, 7, (unsigned long)(uintptr_t)answer, (void *)64), 2);
	assert_memory_equal(answer, "ab", 2);
	assert_int_equal(call(b, fd, 8, (unsigned long)(uintptr_t)report, (void *)1), -EINVAL);
	assert_int_equal(vb_hub_unplug(b->hub, 0), OK);
	assert_int_equal(call(b, fd, 7, (unsigned long)(uintptr_t)answer, (void *)64), -EIO);
	assert_int_equal(call(b, fd, 8, (unsigned long)(uintptr_t)report, (void *)3), -ENODEV);
	close(fd);
}

/* A report each way in every frame of 1 ms, no more, however many are waiting. */
static void test_hid_moves_one_report_per_frame(void **state)
{
	struct bench *b = *state;
	int fd = open_node(b, "hidraw0");
	uint8_t report[65] = { 0, 'a' }, answer[64];
	uint64_t start_ns = host_ns(b);

	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(call(b, fd, 8, (unsigned long)(uintptr_t)report, (void *)2), 2);
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(call(b, fd, 7, (unsigned long)(uintptr_t)answer, (void *)64), 1);
	assert_in_range(host_ns(b) - start_ns, 8000000, 10000000);
	assert_int_equal(b->device->count.round_trips, 1);
	close(fd);
}

/* One command at a time: a frame out, a frame back. */
static void test_hid_command_takes_two_frames(void **state)
{
	struct bench *b = *state;
	int fd = open_node(b, "hidraw0");
	uint8_t report[65] = { 0, 'a' }, answer[64];
	uint64_t start_ns = 0;

	for (unsigned i = 0; i < 11; i++) {
		if (i == 1)
			start_ns = host_ns(b);
		call(b, fd, 8, (unsigned long)(uintptr_t)report, (void *)2);
		call(b, fd, 7, (unsigned long)(uintptr_t)answer, (void *)64);
	}
	assert_int_equal(host_ns(b) - start_ns, 20000000);
	assert_int_equal(b->device->count.round_trips, 11);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calendar_fills_gaps),
#define BENCH(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		BENCH(test_packets_are_split_and_joined),
		BENCH(test_zero_packet_on_request),
		BENCH(test_overflow),
		BENCH(test_transfers_wait_and_are_cancelled),
		BENCH(test_nak),
		BENCH(test_bad_requests),
		BENCH(test_a_pair_costs_its_latency),
		BENCH(test_a_pipeline_hides_latency),
		BENCH(test_reaping_stops_where_the_host_would_wait),
		BENCH(test_time_does_not_depend_on_the_wall),
		BENCH(test_other_time_passes_for_the_host),
		BENCH(test_stall_holds_until_cleared),
		BENCH(test_faults_count_and_skip),
		BENCH(test_spoilt_answers),
		BENCH(test_lost_commands_and_answers),
		BENCH(test_late_answer),
		BENCH(test_unplug_by_fault),
		BENCH(test_unplug_and_replug),
		BENCH(test_claim_is_exclusive),
		BENCH(test_standard_requests),
		BENCH(test_sysfs),
		BENCH(test_hidraw),
		BENCH(test_hid_moves_one_report_per_frame),
		BENCH(test_hid_command_takes_two_frames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
