/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opening, claiming, control requests, and libusb's descriptors in the loop. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "adapter/usb_priv.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/log.h"

#define LOST_PATIENCE_MS 300u	/* from the first bus error to NO_DEVICE, with a margin */

static void on_fd(void *ctx, short revents)
{
	struct usb_event_fd *f = ctx;
	struct usb_events *events = f->events;
	struct timeval now = { 0 };

	(void)revents;
	libusb_handle_events_timeout_completed(events->libusb, &now, NULL);
	if (events->on_ready != NULL)
		events->on_ready(events->ctx);
}

static void LIBUSB_CALL fd_added(int fd, short poll_events, void *ctx)
{
	struct usb_events *events = ctx;

	if (events->is_opening)
		events->device_fd = fd;
	for (size_t i = 0; i < ARRAY_SIZE(events->fds); i++) {
		struct usb_event_fd *f = &events->fds[i];

		if (f->events != NULL)
			continue;
		*f = (struct usb_event_fd){ .events = events, .fd = fd };
		if (events->loop != NULL)
			f->watch = loop_add_fd(events->loop, fd,
					       fd == events->device_fd ? 0 : poll_events, on_fd, f);
		return;
	}
}

static void LIBUSB_CALL fd_removed(int fd, void *ctx)
{
	struct usb_events *events = ctx;

	for (size_t i = 0; i < ARRAY_SIZE(events->fds); i++) {
		struct usb_event_fd *f = &events->fds[i];

		if (f->events == NULL || f->fd != fd)
			continue;
		if (events->loop != NULL)
			loop_remove_fd(events->loop, f->watch);
		*f = (struct usb_event_fd){ 0 };
	}
	if (fd != events->device_fd)
		return;
	events->device_fd = -1;
	if (events->on_device_fd_gone != NULL)
		events->on_device_fd_gone(events->ctx);
}

enum err usb_events_open(struct usb_events *events, struct loop *loop)
{
	const struct libusb_pollfd **fds;
	int code = libusb_init(&events->libusb);

	if (code != 0) {
		events->libusb = NULL;
		return error_why(ERR_IO, "libusb cannot start: %s", libusb_strerror(code));
	}
	events->loop = loop;
	events->device_fd = -1;
	/* The notifiers tell only of changes: what is there already comes by the list. */
	fds = libusb_get_pollfds(events->libusb);
	for (size_t i = 0; fds != NULL && fds[i] != NULL; i++)
		fd_added(fds[i]->fd, fds[i]->events, events);
	libusb_free_pollfds(fds);
	libusb_set_pollfd_notifiers(events->libusb, fd_added, fd_removed, events);
	return OK;
}

void usb_events_close(struct usb_events *events)
{
	if (events->libusb == NULL)
		return;
	events->on_device_fd_gone = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(events->fds); i++) {
		if (events->fds[i].events != NULL)
			fd_removed(events->fds[i].fd, events);
	}
	libusb_set_pollfd_notifiers(events->libusb, NULL, NULL, NULL);
	libusb_exit(events->libusb);
	events->libusb = NULL;
}

void usb_events_watch_transfers(struct usb_events *events, bool on)
{
	if (events->loop == NULL || events->device_fd < 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(events->fds); i++) {
		if (events->fds[i].events != NULL && events->fds[i].fd == events->device_fd)
			loop_set_events(events->fds[i].watch, on ? POLLOUT : 0);
	}
}

static const char *name_of(const struct usb *usb)
{
	return usb->device->product != NULL ? usb->device->product : "the USB probe";
}

enum err usb_fail_lost(struct usb *usb)
{
	usb->is_lost = true;
	usb->is_loss_told = true;
	return error_why(ERR_ADAPTER_LOST, "%s at USB %s was unplugged", name_of(usb),
			 usb->device->location);
}

bool usb_confirm_alive(struct usb *usb)
{
	uint64_t deadline = clock_now_ms() + LOST_PATIENCE_MS;
	uint8_t status[2];

	while (!usb->is_lost && clock_now_ms() < deadline) {
		struct timeval pause = { .tv_usec = 20000 };
		int code = libusb_control_transfer(usb->handle, LIBUSB_ENDPOINT_IN,
						   LIBUSB_REQUEST_GET_STATUS, 0, 0, status,
						   sizeof(status), 100);

		if (code >= 0 || code == LIBUSB_ERROR_PIPE)
			return true;
		if (code == LIBUSB_ERROR_NO_DEVICE)
			usb->is_lost = true;
		else
			libusb_handle_events_timeout_completed(usb->events.libusb, &pause, NULL);
	}
	return !usb->is_lost;
}

enum err usb_fail_code(struct usb *usb, int code, const char *what)
{
	switch (code) {
	case LIBUSB_ERROR_NO_DEVICE:
		return usb_fail_lost(usb);
	case LIBUSB_ERROR_TIMEOUT:
		return error_why(ERR_TIMEOUT, "%s: no answer from %s", what, name_of(usb));
	case LIBUSB_ERROR_PIPE:
		return error_why(ERR_ADAPTER_STALL, "%s: %s refused it (stall)", what, name_of(usb));
	default:
		break;
	}
	if (!usb_confirm_alive(usb))
		return usb_fail_lost(usb);
	return error_why(ERR_ADAPTER_PROTOCOL, "%s: %s on the way to %s", what,
			 libusb_strerror(code), name_of(usb));
}

static void settle(void *ctx)
{
	struct usb *usb = ctx;

	usb_run_streams(usb);
	if (!usb->is_lost || usb->is_loss_told)
		return;
	usb->is_loss_told = true;
	if (usb->on_lost != NULL)
		usb->on_lost(usb->on_lost_ctx);
}

static void note_lost(void *ctx)
{
	struct usb *usb = ctx;

	usb->is_lost = true;
}

static int LIBUSB_CALL device_left(struct libusb_context *libusb, struct libusb_device *device,
				   libusb_hotplug_event event, void *ctx)
{
	struct usb *usb = ctx;

	(void)libusb;
	(void)event;
	if (device == libusb_get_device(usb->handle))
		usb->is_lost = true;
	return 0;
}

static struct libusb_device *find_device(struct libusb_context *libusb,
					 const struct usb_device *device)
{
	struct libusb_device **all = NULL, *found = NULL;
	ssize_t n = libusb_get_device_list(libusb, &all);

	for (ssize_t i = 0; i < n && found == NULL; i++) {
		if (libusb_get_bus_number(all[i]) == device->bus &&
		    libusb_get_device_address(all[i]) == device->address)
			found = libusb_ref_device(all[i]);
	}
	if (n >= 0)
		libusb_free_device_list(all, 1);
	return found;
}

static enum err open_handle(struct usb *usb)
{
	struct libusb_device *found = find_device(usb->events.libusb, usb->device);
	int code;

	if (found == NULL)
		return usb_fail_lost(usb);
	usb->events.is_opening = true;
	code = libusb_open(found, &usb->handle);
	usb->events.is_opening = false;
	libusb_unref_device(found);
	if (code == LIBUSB_ERROR_ACCESS)
		return usb_fail_permission(usb->device, NULL);
	if (code == LIBUSB_ERROR_NO_DEVICE)
		return usb_fail_lost(usb);
	if (code != 0)
		return error_why(ERR_IO, "%s at USB %s cannot be opened: %s", name_of(usb),
				 usb->device->location, libusb_strerror(code));
	return OK;
}

enum err usb_open(struct loop *loop, const struct usb_device *device, struct usb **result)
{
	struct usb *usb = xcalloc(1, sizeof(*usb));
	enum err rc;

	*result = NULL;
	usb->device = usb_copy_device(device);
	rc = usb_events_open(&usb->events, loop);
	if (rc == OK)
		rc = open_handle(usb);
	if (rc != OK) {
		usb_events_close(&usb->events);
		usb_free_list(usb->device);
		free(usb);
		return rc;
	}
	usb->events.on_ready = settle;
	usb->events.on_device_fd_gone = note_lost;
	usb->events.ctx = usb;
	/* Unplugging shows by the descriptor only if the kernel says so at once: udev tells too. */
	if (libusb_has_capability(LIBUSB_CAP_HAS_HOTPLUG))
		usb->has_left = libusb_hotplug_register_callback(
					usb->events.libusb, LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT, 0,
					device->vid, device->pid, LIBUSB_HOTPLUG_MATCH_ANY,
					device_left, usb, &usb->left) == 0;
	*result = usb;
	return OK;
}

/* A configuration that is set again is a light reset: the serial port and the drive of a composite
 * probe would vanish for a moment. */
static enum err configure(struct usb *usb)
{
	int active = 0, code = libusb_get_configuration(usb->handle, &active);

	if (code != 0)
		return usb_fail_code(usb, code, "reading the USB configuration");
	if (active > 0)
		return OK;
	code = libusb_set_configuration(usb->handle, 1);
	return code == 0 ? OK : usb_fail_code(usb, code, "choosing the USB configuration");
}

enum err usb_claim(struct usb *usb, unsigned interface)
{
	int code;

	if (usb->is_lost)
		return usb_fail_lost(usb);
	if (interface < 32 && (usb->claimed & BIT(interface)))
		return OK;
	TRY(configure(usb));
	libusb_set_auto_detach_kernel_driver(usb->handle, 1);
	code = libusb_claim_interface(usb->handle, (int)interface);
	switch (code) {
	case 0:
		usb->claimed |= interface < 32 ? BIT(interface) : 0;
		return OK;
	case LIBUSB_ERROR_BUSY:
		return usb_fail_busy(usb->device, NULL);
	case LIBUSB_ERROR_ACCESS:
		return usb_fail_permission(usb->device, NULL);
	default:
		return usb_fail_code(usb, code, "claiming the USB interface");
	}
}

static void release_all(struct usb *usb)
{
	for (int i = 0; i < 32; i++) {
		if (usb->claimed & BIT(i))
			libusb_release_interface(usb->handle, i);
	}
	usb->claimed = 0;
}

void usb_reset(struct usb *usb)
{
	usb_cancel_all(usb);
	release_all(usb);
	int code = libusb_reset_device(usb->handle);

	/* LIBUSB_ERROR_NOT_FOUND: it is another device now. */
	log_debug("usb: reset of %s: %s", name_of(usb), libusb_error_name(code));
}

void usb_close(struct usb *usb)
{
	if (usb == NULL)
		return;
	usb->on_lost = NULL;
	usb->events.on_ready = NULL;
	usb->events.on_device_fd_gone = NULL;
	usb_cancel_all(usb);
	release_all(usb);
	if (usb->has_left)
		libusb_hotplug_deregister_callback(usb->events.libusb, usb->left);
	libusb_close(usb->handle);
	usb_events_close(&usb->events);
	usb_free_list(usb->device);
	if (usb->in_flight > 0) {
		/* libusb kept them: memory that the kernel may still write to is not given back. */
		log_debug("usb: %u transfers never came back", usb->in_flight);
		return;
	}
	free(usb);
}

bool usb_is_lost(const struct usb *usb)
{
	return usb->is_lost;
}

void usb_on_lost(struct usb *usb, loop_fn fn, void *ctx)
{
	usb->on_lost = fn;
	usb->on_lost_ctx = ctx;
}

const struct usb_device *usb_device_of(const struct usb *usb)
{
	return usb->device;
}

struct libusb_device_handle *usb_handle(struct usb *usb)
{
	return usb->handle;
}

enum err usb_control(struct usb *usb, uint8_t type, uint8_t request, uint16_t value, uint16_t index,
		     uint8_t *data, size_t size, unsigned timeout_ms, size_t *got)
{
	char what[48];
	int code;

	if (got != NULL)
		*got = 0;
	if (usb->is_lost)
		return usb_fail_lost(usb);
	code = libusb_control_transfer(usb->handle, type, request, value, index, data,
				       (uint16_t)size, timeout_ms);
	if (code >= 0) {
		if (got != NULL)
			*got = (size_t)code;
		usb_run_streams(usb);
		return OK;
	}
	snprintf(what, sizeof(what), "control request 0x%02x/0x%02x", type, request);
	return usb_fail_code(usb, code, what);
}

enum err usb_string_raw(struct usb *usb, uint8_t index, uint8_t *data, size_t size, size_t *got)
{
	return usb_control(usb, LIBUSB_ENDPOINT_IN, LIBUSB_REQUEST_GET_DESCRIPTOR,
			   (uint16_t)(LIBUSB_DT_STRING << 8 | index), 0x0409, data, size, 1000, got);
}
