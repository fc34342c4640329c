/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hears of devices that are plugged in. */
#include <stdlib.h>

#include "adapter/usb_priv.h"
#include "base/bytes.h"
#include "base/log.h"

struct usb_watch {
	struct usb_events events;
	loop_fn fn;
	void *ctx;
	bool has_arrived;
};

static int LIBUSB_CALL arrived(struct libusb_context *libusb, struct libusb_device *device,
			       libusb_hotplug_event event, void *ctx)
{
	struct usb_watch *watch = ctx;

	(void)libusb;
	(void)device;
	(void)event;
	watch->has_arrived = true;	/* nothing may be opened in here */
	return 0;
}

static void tell(void *ctx)
{
	struct usb_watch *watch = ctx;

	if (!watch->has_arrived)
		return;
	watch->has_arrived = false;
	watch->fn(watch->ctx);		/* may free the watch */
}

struct usb_watch *usb_watch_new(struct loop *loop, loop_fn fn, void *ctx)
{
	struct usb_watch *watch = xcalloc(1, sizeof(*watch));

	watch->fn = fn;
	watch->ctx = ctx;
	if (usb_events_open(&watch->events, loop) != OK) {
		log_debug("no word of plugged in probes: %s", error_text(error_current()));
		error_clear();
		return watch;
	}
	watch->events.on_ready = tell;
	watch->events.ctx = watch;
	if (!libusb_has_capability(LIBUSB_CAP_HAS_HOTPLUG) ||
	    libusb_hotplug_register_callback(watch->events.libusb,
					     LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED, 0,
					     LIBUSB_HOTPLUG_MATCH_ANY, LIBUSB_HOTPLUG_MATCH_ANY,
					     LIBUSB_HOTPLUG_MATCH_ANY, arrived, watch, NULL) != 0)
		log_debug("libusb does not tell of plugged in probes");
	return watch;
}

void usb_watch_free(struct usb_watch *watch)
{
	if (watch == NULL)
		return;
	usb_events_close(&watch->events);
	free(watch);
}
