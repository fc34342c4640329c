/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/usb/usbfs.h"

#include <errno.h>
#include <limits.h>
#include <linux/usbdevice_fs.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/bytes.h"

#define MAX_TRANSFER (16u << 20)	/* usbfs_memory_mb */

/* With these libusb sends a bulk transfer of any size in one piece. No MMAP: it then uses plain
 * memory, which is what we can reach. */
#define CAPABILITIES (USBDEVFS_CAP_ZERO_PACKET | USBDEVFS_CAP_BULK_CONTINUATION | \
		      USBDEVFS_CAP_NO_PACKET_SIZE_LIM | USBDEVFS_CAP_BULK_SCATTER_GATHER | \
		      USBDEVFS_CAP_REAP_AFTER_DISCONNECT)

struct urb {
	struct urb *next;	/* in the handle's list of pending or of completed ones */
	struct vb_transfer transfer;
	struct vb_usbfs_handle *handle;
	uint64_t addr;		/* of the client's struct usbdevfs_urb */
	uint64_t buffer;
};

struct vb_usbfs_handle {
	struct vb_usbfs_handle *next;
	struct vb_usbfs *usbfs;
	bool is_gone;		/* the device was unplugged; a new one needs a new handle */
	bool has_waited;	/* the last REAP brought something the host waited for */
	struct vb_usb_device *device;
	struct vb_preload_client *client;
	struct urb *pending, *completed;	/* completed: in order of time */
	uint64_t reaping;	/* argument of a REAPURB that waits; 0: none */
	size_t read_at;		/* of the descriptors */
};

/* --- Lists --- */

static void push(struct urb **list, struct urb *urb)
{
	urb->next = *list;
	*list = urb;
}

static bool take_out(struct urb **list, struct urb *urb)
{
	for (; *list != NULL; list = &(*list)->next) {
		if (*list != urb)
			continue;
		*list = urb->next;
		return true;
	}
	return false;
}

static void free_urb(struct urb *urb)
{
	free(urb->transfer.data);
	free(urb);
}

static void answer_reap(struct vb_usbfs_handle *h);

static void on_done(struct vb_transfer *transfer)
{
	struct urb *urb = transfer->owner;
	struct vb_usbfs_handle *h = urb->handle;
	struct urb **at = &h->completed;

	take_out(&h->pending, urb);
	while (*at != NULL && (*at)->transfer.complete_ns <= transfer->complete_ns)
		at = &(*at)->next;
	push(at, urb);
	vb_preload_ready(h->client, true);
	answer_reap(h);
}

/* --- Claims --- */

static bool has_interface(const struct vb_usbfs_handle *h, unsigned number)
{
	return vb_usb_has_interface(h->device->model, number, 0);
}

/* Somebody else than h; a handle that was closed owns nothing any more. */
static bool is_owned_by_other(struct vb_usbfs_handle *h, unsigned number)
{
	struct vb_usbfs_handle *owner = h->usbfs->owner[number];

	if (owner != NULL && owner != h && vb_preload_has_left(owner->client))
		owner = h->usbfs->owner[number] = NULL;
	return owner != NULL && owner != h;
}

static int claim(struct vb_usbfs_handle *h, unsigned number)
{
	if (number >= MAX_INTERFACES || !has_interface(h, number))
		return ENOENT;
	if (is_owned_by_other(h, number))
		return EBUSY;
	if (h->usbfs->owner[number] == h)
		return 0;
	if (h->usbfs->driver[number] != NULL)
		return EBUSY;
	h->usbfs->owner[number] = h;
	return 0;
}

/* Whoever uses an endpoint without having claimed its interface gets the claim, or is refused. */
static int claim_endpoint(struct vb_usbfs_handle *h, uint8_t endpoint)
{
	int number = vb_usb_interface_of(h->device->model, endpoint);

	return number < 0 ? ENOENT : claim(h, (unsigned)number);
}

/* --- URBs --- */

static bool is_in_urb(const struct urb *urb)
{
	if (urb->transfer.type == VB_CONTROL)
		return urb->transfer.length >= 8 && (urb->transfer.data[0] & 0x80);
	return urb->transfer.endpoint & 0x80;
}

/* Answers an errno, 0 if the transfer was submitted. */
static int submit(struct vb_usbfs_handle *h, uint64_t addr)
{
	struct usbdevfs_urb u;
	struct urb *urb;
	bool has_data;
	int rc = 0;

	if (!vb_preload_fetch(h->client, addr, &u, sizeof(u)))
		return EFAULT;
	if (u.buffer_length < 0 || (unsigned)u.buffer_length > MAX_TRANSFER)
		return ENOMEM;
	if (u.type > USBDEVFS_URB_TYPE_BULK || u.type == USBDEVFS_URB_TYPE_ISO)
		return EINVAL;
	if (u.type != USBDEVFS_URB_TYPE_CONTROL)
		rc = claim_endpoint(h, u.endpoint);
	if (rc != 0)
		return rc;
	urb = xcalloc(1, sizeof(*urb));
	*urb = (struct urb){
		.handle = h,
		.addr = addr,
		.buffer = (uint64_t)(uintptr_t)u.buffer,
		.transfer = {
			.endpoint = u.endpoint,
			.type = u.type,
			.wants_zero_packet = u.flags & USBDEVFS_URB_ZERO_PACKET,
			.length = (size_t)u.buffer_length,
			.data = xcalloc(1, (size_t)u.buffer_length + 1),
			.done = on_done,
		},
	};
	urb->transfer.owner = urb;
	has_data = u.type == USBDEVFS_URB_TYPE_CONTROL || !(u.endpoint & 0x80);
	if (has_data && !vb_preload_fetch(h->client, urb->buffer, urb->transfer.data,
					  urb->transfer.length)) {
		free_urb(urb);
		return EFAULT;
	}
	push(&h->pending, urb);
	vb_usb_submit(h->device, &urb->transfer);
	return 0;
}

static int reap(struct vb_usbfs_handle *h, uint64_t arg)
{
	struct urb *urb = h->completed;
	struct vb_transfer *t;
	uint64_t pointer;
	int words[2];

	if (urb == NULL) {
		h->has_waited = false;
		return h->is_gone ? ENODEV : EAGAIN;
	}
	t = &urb->transfer;
	/*
	 * libusb takes all that is there in one go. What the host would have had to wait for is not
	 * there yet: it gets a chance to submit more first, and comes back when it waits again.
	 */
	if (h->has_waited && !t->is_timeless && t->complete_ns > h->device->time.host_ns) {
		h->has_waited = false;
		return EAGAIN;
	}
	h->has_waited |= t->complete_ns > h->device->time.host_ns;
	h->completed = urb->next;
	vb_usb_reaped(h->device, t, h->completed != NULL);
	if (is_in_urb(urb))
		vb_preload_store(h->client, urb->buffer + (t->type == VB_CONTROL ? 8 : 0),
				 t->data + (t->type == VB_CONTROL ? 8 : 0), t->actual);
	words[0] = t->status;
	vb_preload_store(h->client, urb->addr + offsetof(struct usbdevfs_urb, status), words,
			 sizeof(int));
	words[0] = (int)t->actual;
	vb_preload_store(h->client, urb->addr + offsetof(struct usbdevfs_urb, actual_length), words,
			 sizeof(int));
	pointer = urb->addr;
	vb_preload_store(h->client, arg, &pointer, sizeof(void *));
	free_urb(urb);
	if (h->completed == NULL && !h->is_gone)
		vb_preload_ready(h->client, false);
	return 0;
}

static int discard(struct vb_usbfs_handle *h, uint64_t addr)
{
	for (struct urb *urb = h->pending; urb != NULL; urb = urb->next)
		if (urb->addr == addr)
			return vb_usb_cancel(h->device, &urb->transfer, -ENOENT) ? 0 : EINVAL;
	return EINVAL;
}

/* --- Interfaces --- */

static struct urb *pending_on(struct vb_usbfs_handle *h, int number)
{
	for (struct urb *urb = h->pending; urb != NULL; urb = urb->next)
		if (urb->transfer.type != VB_CONTROL &&
		    vb_usb_interface_of(h->device->model, urb->transfer.endpoint) == number)
			return urb;
	return NULL;
}

static int release(struct vb_usbfs_handle *h, unsigned number)
{
	struct urb *urb;

	if (number >= MAX_INTERFACES || h->usbfs->owner[number] != h)
		return EINVAL;
	h->usbfs->owner[number] = NULL;
	/* What is in flight there ends with the claim. */
	while ((urb = pending_on(h, (int)number)) != NULL)
		vb_usb_cancel(h->device, &urb->transfer, -ENOENT);
	return 0;
}

static void set_driver(struct vb_usbfs *usbfs, unsigned number, const char *driver)
{
	usbfs->driver[number] = driver;
	if (usbfs->on_driver != NULL)
		usbfs->on_driver(usbfs->ctx, number);
}

static int get_driver(struct vb_usbfs_handle *h, uint64_t arg)
{
	struct usbdevfs_getdriver g;
	const char *name = NULL;

	if (!vb_preload_fetch(h->client, arg, &g, sizeof(g)))
		return EFAULT;
	if (g.interface < MAX_INTERFACES)
		name = h->usbfs->owner[g.interface] ? "usbfs" : h->usbfs->driver[g.interface];
	if (name == NULL)
		return ENODATA;
	memset(g.driver, 0, sizeof(g.driver));
	memcpy(g.driver, name, MIN(strlen(name), sizeof(g.driver) - 1));
	vb_preload_store(h->client, arg, &g, sizeof(g));
	return 0;
}

/* The driver that binds to the interface. */
static const char *class_driver(const struct vb_usb_device *d, unsigned number)
{
	const uint8_t *p = NULL;
	bool is_ftdi = get_le16(d->model->descriptors + 8) == 0x0403;

	while ((p = vb_usb_next_descriptor(d->model, p, 4)) != NULL) {
		if (p[2] != number)
			continue;
		if (p[5] == 0x03 && d->model->report != NULL && d->model->hid_interface == number)
			return "usbhid";
		if (!d->has_drivers)
			return NULL;
		if (p[5] == 0x02 || p[5] == 0x0a)
			return "cdc_acm";
		if (p[5] == 0x08)
			return "usb-storage";
		return p[5] == 0xff && is_ftdi ? "ftdi_sio" : NULL;
	}
	return NULL;
}

void vb_usbfs_bind(struct vb_usbfs *usbfs)
{
	for (unsigned i = 0; i < MAX_INTERFACES; i++)
		usbfs->driver[i] = class_driver(usbfs->device, i);
}

static int disconnect(struct vb_usbfs_handle *h, unsigned number)
{
	if (number >= MAX_INTERFACES || !has_interface(h, number))
		return EINVAL;
	if (h->usbfs->driver[number] == NULL)
		return ENODATA;
	set_driver(h->usbfs, number, NULL);
	return 0;
}

static int interface_ioctl(struct vb_usbfs_handle *h, uint64_t arg, long *result)
{
	struct usbdevfs_ioctl request;
	unsigned number;

	if (!vb_preload_fetch(h->client, arg, &request, sizeof(request)))
		return EFAULT;
	number = (unsigned)request.ifno;
	if (request.ioctl_code == (int)USBDEVFS_DISCONNECT)
		return disconnect(h, number);
	if (request.ioctl_code != (int)USBDEVFS_CONNECT)
		return ENOTTY;
	if (number >= MAX_INTERFACES || !has_interface(h, number))
		return EINVAL;
	if (h->usbfs->owner[number] != NULL || h->usbfs->driver[number] != NULL)
		return EBUSY;
	if (class_driver(h->device, number) == NULL)
		return 0;
	set_driver(h->usbfs, number, class_driver(h->device, number));
	*result = 1;		/* as device_attach() says "bound" */
	return 0;
}

static int disconnect_claim(struct vb_usbfs_handle *h, uint64_t arg)
{
	struct usbdevfs_disconnect_claim request;
	const char *driver;

	if (!vb_preload_fetch(h->client, arg, &request, sizeof(request)))
		return EFAULT;
	if (request.interface >= MAX_INTERFACES)
		return EINVAL;
	driver = h->usbfs->driver[request.interface];
	request.driver[sizeof(request.driver) - 1] = 0;
	if (driver != NULL && (request.flags & USBDEVFS_DISCONNECT_CLAIM_EXCEPT_DRIVER) &&
	    strcmp(request.driver, driver) == 0)
		return EBUSY;
	if (is_owned_by_other(h, request.interface))
		return EBUSY;
	if (driver != NULL)
		disconnect(h, request.interface);
	return claim(h, request.interface);
}

static int get_word(struct vb_usbfs_handle *h, uint64_t arg, unsigned *value)
{
	return vb_preload_fetch(h->client, arg, value, sizeof(*value)) ? 0 : EFAULT;
}

/* --- Requests that are one control transfer on the bus --- */

static int clear_halt(struct vb_usbfs_handle *h, uint64_t arg)
{
	unsigned ep = 0;
	int rc = get_word(h, arg, &ep);

	if (rc != 0)
		return rc;
	if (vb_usb_endpoint(h->device, (uint8_t)ep) == NULL)
		return ENOENT;
	vb_usb_charge_control(h->device);
	vb_usb_clear_halt(h->device, (uint8_t)ep);
	return 0;
}

static int set_interface(struct vb_usbfs_handle *h, uint64_t arg)
{
	struct usbdevfs_setinterface s;

	if (!vb_preload_fetch(h->client, arg, &s, sizeof(s)))
		return EFAULT;
	if (s.interface >= MAX_INTERFACES || !has_interface(h, s.interface))
		return EINVAL;
	if (h->usbfs->owner[s.interface] != h)
		return EINVAL;
	if (!vb_usb_set_interface(h->device, s.interface, s.altsetting))
		return EINVAL;
	vb_usb_charge_control(h->device);
	return 0;
}

static int set_configuration(struct vb_usbfs_handle *h, uint64_t arg)
{
	unsigned value = 0;
	int rc = get_word(h, arg, &value);

	if (rc != 0)
		return rc;
	for (size_t i = 0; i < MAX_INTERFACES; i++)
		if (is_owned_by_other(h, (unsigned)i) || h->usbfs->owner[i] != NULL)
			return EBUSY;
	if (!vb_usb_set_configuration(h->device, value == UINT_MAX ? 0 : value))
		return EINVAL;
	vb_usb_charge_control(h->device);
	return 0;
}

static int reset(struct vb_usbfs_handle *h)
{
	vb_usb_bus_reset(h->device);
	return 0;
}

/* Control transfers are over when vb_usb_submit() returns. */
static void on_control_done(struct vb_transfer *transfer)
{
	(void)transfer;
}

/* The synchronous call. libusb does not use it, scripts do. */
static int control(struct vb_usbfs_handle *h, uint64_t arg, long *result)
{
	struct usbdevfs_ctrltransfer c;
	struct vb_transfer t = { .type = VB_CONTROL, .done = on_control_done };
	uint64_t data;
	bool ok = true;

	if (!vb_preload_fetch(h->client, arg, &c, sizeof(c)))
		return EFAULT;
	data = (uint64_t)(uintptr_t)c.data;
	t.length = 8u + c.wLength;
	t.data = xcalloc(1, t.length);
	t.data[0] = c.bRequestType;
	t.data[1] = c.bRequest;
	put_le16(t.data + 2, c.wValue);
	put_le16(t.data + 4, c.wIndex);
	put_le16(t.data + 6, c.wLength);
	if (!(c.bRequestType & 0x80))
		ok = vb_preload_fetch(h->client, data, t.data + 8, c.wLength);
	if (ok) {
		vb_usb_submit(h->device, &t);
		vb_usb_reaped(h->device, &t, false);
		if (c.bRequestType & 0x80)
			vb_preload_store(h->client, data, t.data + 8, t.actual);
		*result = (long)t.actual;
	}
	free(t.data);
	return ok ? -t.status : EFAULT;
}

/* --- ioctl() --- */

static int put_word(struct vb_usbfs_handle *h, uint64_t arg, uint32_t value)
{
	vb_preload_store(h->client, arg, &value, sizeof(value));
	return 0;
}

static int number_ioctl(struct vb_usbfs_handle *h, uint32_t request, uint64_t arg)
{
	unsigned number = 0;
	int rc = get_word(h, arg, &number);

	if (rc != 0)
		return rc;
	return request == USBDEVFS_CLAIMINTERFACE ? claim(h, number) : release(h, number);
}

static int connect_info(struct vb_usbfs_handle *h, uint64_t arg)
{
	struct usbdevfs_connectinfo info = { .devnum = h->usbfs->devnum, .slow = 0 };

	vb_preload_store(h->client, arg, &info, sizeof(info));
	return 0;
}

static int run_ioctl(struct vb_usbfs_handle *h, uint32_t request, uint64_t arg, long *result)
{
	switch (request) {
	case USBDEVFS_SUBMITURB:	 return submit(h, arg);
	case USBDEVFS_REAPURBNDELAY:	 return reap(h, arg);
	case USBDEVFS_DISCARDURB:	 return discard(h, arg);
	case USBDEVFS_GET_CAPABILITIES:	 return put_word(h, arg, CAPABILITIES);
	case USBDEVFS_CLAIMINTERFACE:
	case USBDEVFS_RELEASEINTERFACE:	 return number_ioctl(h, request, arg);
	case USBDEVFS_GETDRIVER:	 return get_driver(h, arg);
	case USBDEVFS_IOCTL:		 return interface_ioctl(h, arg, result);
	case USBDEVFS_DISCONNECT_CLAIM:	 return disconnect_claim(h, arg);
	case USBDEVFS_CLEAR_HALT:
	case USBDEVFS_RESETEP:		 return clear_halt(h, arg);
	case USBDEVFS_SETINTERFACE:	 return set_interface(h, arg);
	case USBDEVFS_SETCONFIGURATION:	 return set_configuration(h, arg);
	case USBDEVFS_CONNECTINFO:	 return connect_info(h, arg);
	case USBDEVFS_CONTROL:		 return control(h, arg, result);
	case USBDEVFS_RESET:		 return reset(h);
	case USBDEVFS_GET_SPEED:
		*result = h->device->model->is_high_speed ? 3 : 2;	/* enum usb_device_speed */
		return 0;
	}
	return ENOTTY;
}

/* REAPURB waits for a transfer; the client asks nothing else meanwhile. */
static void answer_reap(struct vb_usbfs_handle *h)
{
	uint64_t arg = h->reaping;
	int error;

	if (arg == 0 || (h->completed == NULL && !h->is_gone))
		return;
	h->reaping = 0;
	h->has_waited = false;
	error = reap(h, arg);
	vb_preload_done(h->client, error ? -1 : 0, error);
}

static void usbfs_ioctl(void *handle, uint32_t request, uint64_t arg)
{
	struct vb_usbfs_handle *h = handle;
	long result = 0;
	int error = ENODEV;

	if (request == USBDEVFS_REAPURB) {
		h->reaping = arg;
		answer_reap(h);
		return;
	}
	if (!h->is_gone)
		error = run_ioctl(h, request, arg, &result);
	else if (request == USBDEVFS_REAPURBNDELAY)
		error = reap(h, arg);
	vb_preload_done(h->client, error ? -1 : result, error);
}

/* --- Handles --- */

static void *usbfs_opened(void *ctx, struct vb_preload_client *client)
{
	struct vb_usbfs *usbfs = ctx;
	struct vb_usbfs_handle *h = xcalloc(1, sizeof(*h));

	*h = (struct vb_usbfs_handle){ .next = usbfs->handles, .usbfs = usbfs,
				       .device = usbfs->device, .client = client };
	usbfs->handles = h;
	return h;
}

static void drop_handle(struct vb_usbfs_handle *h)
{
	struct vb_usbfs_handle **p = &h->usbfs->handles;

	h->reaping = 0;
	while (h->pending != NULL)
		vb_usb_cancel(h->device, &h->pending->transfer, -ENOENT);
	while (h->completed != NULL) {
		struct urb *urb = h->completed;

		h->completed = urb->next;
		free_urb(urb);
	}
	for (size_t i = 0; i < MAX_INTERFACES; i++)
		if (h->usbfs->owner[i] == h)
			h->usbfs->owner[i] = NULL;
	while (*p != h)
		p = &(*p)->next;
	*p = h->next;
	free(h);
}

static void usbfs_closed(void *handle)
{
	drop_handle(handle);
}

/* Device and configuration descriptor, one behind the other. */
static void usbfs_read(void *handle, uint64_t addr, size_t n)
{
	struct vb_usbfs_handle *h = handle;
	const struct vb_usb_model *m = h->device->model;

	if (h->is_gone) {
		vb_preload_done(h->client, -1, ENODEV);
		return;
	}
	n = MIN(n, m->descriptors_size - h->read_at);
	vb_preload_store(h->client, addr, m->descriptors + h->read_at, n);
	h->read_at += n;
	vb_preload_done(h->client, (long)n, 0);
}

static void usbfs_write(void *handle, uint64_t addr, size_t n)
{
	struct vb_usbfs_handle *h = handle;

	(void)addr;
	(void)n;
	vb_preload_done(h->client, -1, h->is_gone ? ENODEV : EINVAL);
}

const struct vb_preload_ops vb_usbfs_ops = {
	.ready_event = POLLOUT,
	.opened = usbfs_opened,
	.closed = usbfs_closed,
	.ioctl = usbfs_ioctl,
	.read = usbfs_read,
	.write = usbfs_write,
};

void vb_usbfs_gone(struct vb_usbfs *usbfs)
{
	for (struct vb_usbfs_handle *h = usbfs->handles; h != NULL; h = h->next) {
		h->is_gone = true;
		vb_preload_ready(h->client, true);
		answer_reap(h);
	}
	memset(usbfs->owner, 0, sizeof(usbfs->owner));
}

void vb_usbfs_free(struct vb_usbfs *usbfs)
{
	while (usbfs->handles != NULL) {
		struct vb_preload_client *client = usbfs->handles->client;

		drop_handle(usbfs->handles);
		vb_preload_client_free(client);
	}
}

unsigned vb_usbfs_open(const struct vb_usbfs *usbfs)
{
	unsigned n = 0;

	for (const struct vb_usbfs_handle *h = usbfs->handles; h != NULL; h = h->next)
		n += !h->is_gone;
	return n;
}
