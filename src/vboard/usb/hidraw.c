/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/usb/hidraw.h"

#include <errno.h>
#include <linux/hidraw.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/bytes.h"

#define QUEUE_REPORTS 63u	/* HIDRAW_BUFFER_SIZE less the slot that tells full from empty */
#define MAX_REPORT    4096u
#define WRITE_MS      5000u	/* the kernel's patience with an interrupt OUT transfer */

/* HID 1.11, 7.2 */
enum { GET_REPORT = 0x01, SET_REPORT = 0x09 };
enum { REPORT_INPUT = 1, REPORT_OUTPUT = 2, REPORT_FEATURE = 3 };

struct report {
	struct report *next;
	uint64_t complete_ns;
	size_t length;
	uint8_t data[];
};

struct vb_hidraw_handle {
	struct vb_hidraw_handle *next;
	struct vb_hidraw *hid;
	struct vb_usb_device *device;
	struct vb_preload_client *client;
	bool is_gone, is_reading;
	uint64_t read_addr;
	size_t read_size;
	struct report *queue, **queue_end;
	size_t queued;
	struct vb_transfer writing;	/* data NULL: none */
	bool is_submitting, is_written;
	bool has_looked;	/* and was told that the next report is not there yet */
	struct loop_timer *giving_up;
	size_t write_size;
};

/* --- The device --- */

static unsigned word(const struct vb_usb_device *d, size_t at)
{
	return get_le16(d->model->descriptors + at);
}

void vb_hidraw_init(struct vb_hidraw *hid, struct vb_usb_device *d)
{
	const uint8_t *p = NULL;
	bool is_ours = false;

	*hid = (struct vb_hidraw){ .device = d };
	if (d->model->report == NULL)
		return;
	while ((p = vb_usb_next_descriptor(d->model, p, 0)) != NULL) {
		if (p[1] == 4)
			is_ours = p[2] == d->model->hid_interface;
		else if (p[1] == 5 && is_ours)
			*((p[2] & 0x80) ? &hid->in : &hid->out) = p[2];
	}
}

/* --- Reports from the device --- */

static void give_report(struct vb_hidraw_handle *h, long result, int error)
{
	h->is_reading = false;
	vb_preload_done(h->client, result, error);
}

/* Answers a read() that waits, if there is something to answer. */
static void answer_read(struct vb_hidraw_handle *h)
{
	struct report *r = h->queue;
	struct vb_transfer taken = { .type = VB_INTERRUPT, .endpoint = 0x80 };
	size_t n;

	if (!h->is_reading)
		return;
	if (h->is_gone) {
		give_report(h, -1, EIO);
		return;
	}
	if (r == NULL)
		return;
	h->has_looked = false;
	h->queue = r->next;
	if (h->queue == NULL)
		h->queue_end = &h->queue;
	h->queued--;
	n = MIN(r->length, h->read_size);
	taken.actual = n;
	taken.complete_ns = r->complete_ns;
	vb_usb_reaped(h->device, &taken, h->queue != NULL);
	vb_preload_store(h->client, h->read_addr, r->data, n);
	free(r);
	vb_preload_ready(h->client, h->queue != NULL);
	give_report(h, (long)n, 0);
}

static void queue_report(struct vb_hidraw_handle *h, const struct vb_transfer *t)
{
	struct report *r;

	if (h->queued == QUEUE_REPORTS) {
		h->hid->lost++;
		return;
	}
	r = xcalloc(1, sizeof(*r) + t->actual);
	r->complete_ns = t->complete_ns;
	r->length = t->actual;
	memcpy(r->data, t->data, t->actual);
	*h->queue_end = r;
	h->queue_end = &r->next;
	h->queued++;
	vb_preload_ready(h->client, true);
	answer_read(h);
}

static void poll_device(struct vb_hidraw *hid);

static void on_polled(struct vb_transfer *t)
{
	struct vb_hidraw *hid = t->owner;

	hid->is_polling = false;
	if (t->status == 0)
		for (struct vb_hidraw_handle *h = hid->handles; h != NULL; h = h->next)
			if (!h->is_gone)
				queue_report(h, t);
	free(t->data);
	t->data = NULL;
	/* The driver takes a stall or a bus error for something that passes. It clears the halt of this
	 * endpoint; that of the other one only a reset ends. */
	if (t->status == -EPIPE)
		vb_usb_clear_halt(hid->device, hid->in);
	if (t->status == 0 || t->status == -EPIPE || t->status == -EPROTO || t->status == -EOVERFLOW)
		poll_device(hid);
}

/* Keeps the interrupt transfer going while somebody has the node open. */
static void poll_device(struct vb_hidraw *hid)
{
	struct vb_endpoint *ep = vb_usb_endpoint(hid->device, hid->in);

	if (hid->is_polling || vb_hidraw_open(hid) == 0 || ep == NULL || !hid->device->is_plugged)
		return;
	hid->is_polling = true;
	hid->polling = (struct vb_transfer){
		.endpoint = hid->in,
		.type = VB_INTERRUPT,
		.is_standing = true,
		.length = ep->size,
		.data = xcalloc(1, ep->size),
		.done = on_polled,
		.owner = hid,
	};
	vb_usb_submit(hid->device, &hid->polling);
}

static void hidraw_read(void *handle, uint64_t addr, size_t n)
{
	struct vb_hidraw_handle *h = handle;

	poll_device(h->hid);	/* a bus reset may have ended it */
	h->is_reading = true;
	h->read_addr = addr;
	h->read_size = n;
	answer_read(h);
	if (h->is_reading && vb_preload_is_nonblocking(h->client))
		give_report(h, -1, EAGAIN);
}

/* --- Reports to the device --- */

static void answer_write(struct vb_hidraw_handle *h)
{
	int status = h->writing.status;

	vb_preload_done(h->client, status ? -1 : (long)h->write_size, -status);
}

/*
 * The client goes on at our answer, and may ask at once whether there is a report. What the device
 * says to this one is on its way in the same submission: whether it is there must not depend on who of
 * the two is faster.
 */
static void on_written(struct vb_transfer *t)
{
	struct vb_hidraw_handle *h = t->owner;

	loop_remove_timer(h->device->loop, h->giving_up);
	h->giving_up = NULL;
	vb_usb_reaped(h->device, t, true);
	free(t->data);
	t->data = NULL;
	if (h->is_submitting)
		h->is_written = true;
	else
		answer_write(h);
}

static void on_give_up(void *ctx)
{
	struct vb_hidraw_handle *h = ctx;

	h->giving_up = NULL;
	vb_usb_cancel(h->device, &h->writing, -ETIMEDOUT);
}

/* Over when it returns: the answer's bytes, or a negative errno. */
static void on_control_done(struct vb_transfer *t)
{
	(void)t;
}

static int class_request(struct vb_hidraw_handle *h, uint8_t request, unsigned value, uint8_t *data,
			 size_t n)
{
	struct vb_transfer t = { .type = VB_CONTROL, .length = 8 + n, .done = on_control_done };
	bool is_get = request == GET_REPORT;

	t.data = xcalloc(1, t.length);
	t.data[0] = is_get ? 0xa1 : 0x21;
	t.data[1] = request;
	put_le16(t.data + 2, (uint16_t)value);
	put_le16(t.data + 4, (uint16_t)h->device->model->hid_interface);
	put_le16(t.data + 6, (uint16_t)n);
	if (!is_get)
		memcpy(t.data + 8, data, n);
	vb_usb_submit(h->device, &t);
	vb_usb_reaped(h->device, &t, false);
	if (is_get)
		memcpy(data, t.data + 8, t.actual);
	free(t.data);
	return t.status ? t.status : (int)t.actual;
}

static void write_report(struct vb_hidraw_handle *h, uint8_t *data, size_t n)
{
	size_t skip = data[0] == 0;	/* no report ids: the 0 is not on the wire */
	int rc;

	poll_device(h->hid);
	h->has_looked = false;
	if (h->hid->out != 0) {
		h->write_size = n;
		memmove(data, data + skip, n - skip);
		h->writing = (struct vb_transfer){
			.endpoint = h->hid->out,
			.type = VB_INTERRUPT,
			.length = n - skip,
			.data = data,
			.done = on_written,
			.owner = h,
		};
		h->giving_up = loop_add_timer(h->device->loop, WRITE_MS, 0, on_give_up, h);
		h->is_submitting = true;
		h->is_written = false;
		vb_usb_submit(h->device, &h->writing);
		h->is_submitting = false;
		if (h->is_written)
			answer_write(h);
		return;
	}
	rc = class_request(h, SET_REPORT, REPORT_OUTPUT << 8 | data[0], data + skip, n - skip);
	free(data);
	vb_preload_done(h->client, rc < 0 ? -1 : (long)n, rc < 0 ? -rc : 0);
}

static void hidraw_write(void *handle, uint64_t addr, size_t n)
{
	struct vb_hidraw_handle *h = handle;
	uint8_t *data;

	if (h->is_gone || n < 2 || n > MAX_REPORT) {
		vb_preload_done(h->client, -1, h->is_gone ? ENODEV : EINVAL);
		return;
	}
	data = xcalloc(1, n);
	if (!vb_preload_fetch(h->client, addr, data, n)) {
		free(data);
		vb_preload_done(h->client, -1, EFAULT);
		return;
	}
	write_report(h, data, n);
}

/* --- ioctl() --- */

static long put_text(struct vb_hidraw_handle *h, uint64_t arg, size_t size, const char *text)
{
	size_t n = MIN(strlen(text) + 1, size);

	vb_preload_store(h->client, arg, text, n);
	return (long)n;
}

static long raw_name(struct vb_hidraw_handle *h, uint64_t arg, size_t size)
{
	const uint8_t *d = h->device->model->descriptors;
	char *maker = vb_usb_string(h->device, d[14]), *product = vb_usb_string(h->device, d[15]);
	char *name = xasprintf("%s %s", maker ? maker : "", product ? product : "");
	long n = put_text(h, arg, size, name);

	free(name);
	free(product);
	free(maker);
	return n;
}

static long report_request(struct vb_hidraw_handle *h, uint32_t request, uint64_t arg, size_t size)
{
	static const struct { uint8_t number, request, type; } rows[] = {
		{ 0x06, SET_REPORT, REPORT_FEATURE }, { 0x07, GET_REPORT, REPORT_FEATURE },
		{ 0x09, SET_REPORT, REPORT_INPUT },   { 0x0a, GET_REPORT, REPORT_INPUT },
		{ 0x0b, SET_REPORT, REPORT_OUTPUT },  { 0x0c, GET_REPORT, REPORT_OUTPUT },
	};
	uint8_t *data = xcalloc(1, size + 1);
	long n = -ENOTTY;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t skip;

		if (rows[i].number != _IOC_NR(request))
			continue;
		if (size < 2 || size > MAX_REPORT || !vb_preload_fetch(h->client, arg, data, size)) {
			n = -EINVAL;
			continue;
		}
		skip = data[0] == 0;
		n = class_request(h, rows[i].request, (unsigned)rows[i].type << 8 | data[0],
				  data + skip, size - skip);
		if (n < 0)
			continue;
		n += (long)skip;
		if (rows[i].request == GET_REPORT)
			vb_preload_store(h->client, arg, data, (size_t)n);
	}
	free(data);
	return n;
}

static long describe(struct vb_hidraw_handle *h, uint32_t request, uint64_t arg)
{
	const struct vb_usb_model *m = h->device->model;
	struct hidraw_devinfo info = { 3, (int16_t)word(h->device, 8), (int16_t)word(h->device, 10) };
	uint32_t size = (uint32_t)m->report_size;

	if (request == HIDIOCGRDESCSIZE) {
		vb_preload_store(h->client, arg, &size, sizeof(size));
		return 0;
	}
	if (request == HIDIOCGRAWINFO) {
		vb_preload_store(h->client, arg, &info, sizeof(info));
		return 0;
	}
	/* HIDIOCGRDESC: the caller says how much it wants. */
	if (!vb_preload_fetch(h->client, arg, &size, sizeof(size)) || size > MAX_REPORT)
		return -EINVAL;
	vb_preload_store(h->client, arg + sizeof(size), m->report, MIN(size, m->report_size));
	return 0;
}

/*
 * A poll() that does not wait sees what is there by the host's time. Only once, though: who looks again
 * without having written or read since would look for ever, for nothing else lets time pass.
 */
static bool is_there(struct vb_hidraw_handle *h)
{
	const struct report *r = h->queue;

	if (h->is_gone || r == NULL)
		return h->is_gone;
	if (h->has_looked || r->complete_ns <= h->device->time.host_ns)
		return true;
	h->has_looked = true;
	return false;
}

static long run_ioctl(struct vb_hidraw_handle *h, uint32_t request, uint64_t arg)
{
	size_t size = _IOC_SIZE(request);

	if (request == VB_HIDRAW_IS_THERE)
		return is_there(h);
	if (h->is_gone)
		return -ENODEV;
	if (_IOC_TYPE(request) != 'H')
		return -EINVAL;
	if (request == HIDIOCGRDESCSIZE || request == HIDIOCGRDESC || request == HIDIOCGRAWINFO)
		return describe(h, request, arg);
	switch (_IOC_NR(request)) {
	case 0x04: return raw_name(h, arg, size);
	case 0x05: return put_text(h, arg, size, "usb-0000:00:14.0-1/input0");
	case 0x08: return put_text(h, arg, size, h->device->serial ? h->device->serial : "");
	}
	return report_request(h, request, arg, size);
}

static void hidraw_ioctl(void *handle, uint32_t request, uint64_t arg)
{
	struct vb_hidraw_handle *h = handle;
	long n = run_ioctl(h, request, arg);

	vb_preload_done(h->client, n < 0 ? -1 : n, n < 0 ? (int)-n : 0);
}

/* --- Handles --- */

static void *hidraw_opened(void *ctx, struct vb_preload_client *client)
{
	struct vb_hidraw *hid = ctx;
	struct vb_hidraw_handle *h = xcalloc(1, sizeof(*h));

	*h = (struct vb_hidraw_handle){ .next = hid->handles, .hid = hid, .device = hid->device,
					.client = client };
	h->queue_end = &h->queue;
	hid->handles = h;
	poll_device(hid);
	return h;
}

static void drop_handle(struct vb_hidraw_handle *h)
{
	struct vb_hidraw *hid = h->hid;
	struct vb_hidraw_handle **p = &hid->handles;

	while (*p != h)
		p = &(*p)->next;
	*p = h->next;
	loop_remove_timer(h->device->loop, h->giving_up);
	if (h->writing.data != NULL) {
		h->writing.done = on_control_done;	/* nobody waits for it any more */
		vb_usb_cancel(h->device, &h->writing, -ENOENT);
		free(h->writing.data);
	}
	while (h->queue != NULL) {
		struct report *r = h->queue;

		h->queue = r->next;
		free(r);
	}
	free(h);
	if (vb_hidraw_open(hid) == 0 && hid->is_polling)
		vb_usb_cancel(hid->device, &hid->polling, -ENOENT);
}

static void hidraw_closed(void *handle)
{
	drop_handle(handle);
}

const struct vb_preload_ops vb_hidraw_ops = {
	.ready_event = POLLIN,
	.opened = hidraw_opened,
	.closed = hidraw_closed,
	.ioctl = hidraw_ioctl,
	.read = hidraw_read,
	.write = hidraw_write,
};

unsigned vb_hidraw_open(const struct vb_hidraw *hid)
{
	unsigned n = 0;

	for (const struct vb_hidraw_handle *h = hid->handles; h != NULL; h = h->next)
		n += !h->is_gone;
	return n;
}

void vb_hidraw_gone(struct vb_hidraw *hid)
{
	for (struct vb_hidraw_handle *h = hid->handles; h != NULL; h = h->next) {
		h->is_gone = true;
		if (h->writing.data != NULL)
			vb_usb_cancel(h->device, &h->writing, -ENODEV);
		vb_preload_ready(h->client, true);
		answer_read(h);
	}
	if (hid->is_polling)
		vb_usb_cancel(hid->device, &hid->polling, -ENOENT);
}

void vb_hidraw_free(struct vb_hidraw *hid)
{
	while (hid->handles != NULL) {
		struct vb_preload_client *client = hid->handles->client;

		drop_handle(hid->handles);
		vb_preload_client_free(client);
	}
}
