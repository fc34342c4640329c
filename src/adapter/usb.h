/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * usb: what every USB driver needs of libusb: which devices are there, opening, claiming, control
 * transfers, and asynchronous bulk and interrupt transfers in the daemon's own poll loop.
 *
 * struct usb_device is a snapshot of one device (usb_scan()); it stays valid until its list is
 * freed, whether the device is still plugged in or not. struct usb is one open device; its
 * descriptors are watched by the loop, so streams (usb_stream_in) and unplugging are noticed while
 * nothing waits.
 *
 * Transfers are queued: usb_post_out() and usb_post_in() start one at once and return; those of one
 * endpoint end in the order they were posted. usb_take_in() waits for the oldest posted IN of an
 * endpoint, inside libusb's own event handling: it neither polls nor services the loop. An OUT that
 * fails is reported by the next call for this device. ERR_TIMEOUT of usb_take_in() leaves the
 * transfer posted: a late answer can still be taken, usb_cancel() drops it.
 *
 * Errors: ERR_ADAPTER_LOST (unplugged; usb_is_lost() from then on), ERR_TIMEOUT, ERR_ADAPTER_STALL
 * (the endpoint is halted: usb_clear_halt()), ERR_ADAPTER_PROTOCOL (overflow and other bus errors),
 * ERR_ADAPTER_PERMISSION and ERR_ADAPTER_BUSY from usb_open() and usb_claim(), which say which udev
 * rule is missing and who has the device.
 *
 * usb_scan() and everything from usb_open() on exist only with libusb (HAVE_LIBUSB); the rest is
 * always there.
 *
 * Source: libusb 1.0.26 API documentation, "Asynchronous device I/O".
 */
#ifndef ADAPTER_USB_H
#define ADAPTER_USB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/loop.h"

enum usb_speed { USB_SPEED_UNKNOWN, USB_SPEED_LOW, USB_SPEED_FULL, USB_SPEED_HIGH, USB_SPEED_SUPER };

struct usb_endpoint {
	uint8_t address;		/* bit 7: IN */
	uint8_t type;			/* bmAttributes[1:0]: 2 bulk, 3 interrupt */
	uint16_t max_packet;
};

struct usb_interface {			/* alternate setting 0 */
	uint8_t number, class, subclass, protocol;
	char *name;			/* NULL: none, or not readable */
	struct usb_endpoint endpoints[8];
	unsigned endpoint_count;
};

struct usb_device {
	uint16_t vid, pid, bcd_device;
	uint8_t bus, address;
	char location[32];		/* "1-2.3": as `adapter usb location` takes it */
	enum usb_speed speed;
	/* NULL: none, or not readable. From sysfs; what it lacks is asked of the device, if it may be
	 * opened. A serial that is no text (old ST-LINKs) is shown as hex digits: usb_text.h. */
	char *manufacturer, *product, *serial;
	struct usb_interface interfaces[16];
	unsigned interface_count;
	enum err access;		/* OK, ERR_ADAPTER_PERMISSION, ERR_ADAPTER_LOST */
	struct usb_device *next;
};

/* All devices, in the order of bus and location. Hubs are left out. */
enum err usb_scan(struct usb_device **list);
void usb_free_list(struct usb_device *list);
/* A deep copy without `next`; free with usb_free_list(). */
struct usb_device *usb_copy_device(const struct usb_device *device);
#define USB_NODE_SIZE 40
/* Writes the path of its usbfs node, "/dev/bus/usb/001/004", and returns it. */
const char *usb_node(const struct usb_device *device, char node[USB_NODE_SIZE]);
bool usb_has_hid(const struct usb_device *device);	/* an interface of class HID */
/* "pid 1234 (openocd)" of another process that has the device (its usbfs node, or `node` if not
 * NULL, e.g. a hidraw node) open; NULL if none is found. The caller frees it. */
char *usb_who_has(const struct usb_device *device, const char *node);
/* The udev rule that lets the user in, as one line; the caller frees it. */
char *usb_udev_rule(const struct usb_device *device);
/* The words for a device (or its `node`, e.g. a hidraw node, if not NULL) that this user may not
 * open, with the rule and what to do; and for one that another program has, with its name. They
 * return ERR_ADAPTER_PERMISSION and ERR_ADAPTER_BUSY. For drivers whose library opens by itself. */
enum err usb_fail_permission(const struct usb_device *device, const char *node);
enum err usb_fail_busy(const struct usb_device *device, const char *node);

struct usb;
/* `loop` may be NULL (unit tests, short inspections). Does not claim anything. */
enum err usb_open(struct loop *loop, const struct usb_device *device, struct usb **usb);
/* Sets configuration 1 only if none is active; detaches a kernel driver from this interface. */
enum err usb_claim(struct usb *usb, unsigned interface);
/* A reset on the bus, the last resort: every interface of the device, the kernel's too, starts
 * afresh. The device may come back at another address: close it and scan again. */
void usb_reset(struct usb *usb);
void usb_close(struct usb *usb);	/* cancels what is under way; NULL is ignored */
bool usb_is_lost(const struct usb *usb);
/* Called from the loop, once, when the device is gone while nobody waited. */
void usb_on_lost(struct usb *usb, loop_fn fn, void *ctx);
const struct usb_device *usb_device_of(const struct usb *usb);
/* For a library that has requests of its own (libftdi1); it stays usb.c's to close. */
struct libusb_device_handle *usb_handle(struct usb *usb);

/* setup: bmRequestType, bRequest, wValue, wIndex; the direction is bit 7 of bmRequestType.
 * `got` may be NULL. A stalled control request is ERR_ADAPTER_STALL and needs no clearing. */
enum err usb_control(struct usb *usb, uint8_t type, uint8_t request, uint16_t value, uint16_t index,
		     uint8_t *data, size_t size, unsigned timeout_ms, size_t *got);
/* The raw string descriptor (language 0x0409), for serial numbers that are not text. */
enum err usb_string_raw(struct usb *usb, uint8_t index, uint8_t *data, size_t size, size_t *got);

/* `data` is copied. zlp: end with an empty packet if n is a multiple of the packet size. */
enum err usb_post_out(struct usb *usb, uint8_t endpoint, const uint8_t *data, size_t n, bool zlp);
/* `n` should be a multiple of the packet size unless the device sends exactly n. */
enum err usb_post_in(struct usb *usb, uint8_t endpoint, size_t n);
/* Waits until the oldest posted IN has ended and takes its bytes: *got may be less than posted. */
enum err usb_take_in(struct usb *usb, uint8_t endpoint, uint8_t *data, size_t size, size_t *got,
		     int timeout_ms);
/* Whether usb_take_in() would return at once. Handles what has arrived, does not wait. */
bool usb_is_ready(struct usb *usb, uint8_t endpoint);
/* INs posted and not yet taken. */
unsigned usb_posted(const struct usb *usb, uint8_t endpoint);
/* Waits until all OUTs are on the wire. */
enum err usb_flush_out(struct usb *usb, int timeout_ms);
/* Drops everything under way on this endpoint and waits for libusb to give it back. */
void usb_cancel(struct usb *usb, uint8_t endpoint);
enum err usb_clear_halt(struct usb *usb, uint8_t endpoint);
/* One posted OUT and one taken IN: the common case of a command. After an error nothing of it is
 * left posted; a late answer of the device may still come with the next IN. */
enum err usb_transact(struct usb *usb, uint8_t out, const uint8_t *request, size_t n, uint8_t in,
		      uint8_t *data, size_t size, size_t *got, int timeout_ms);

/* Keeps `depth` INs of n bytes posted and hands over what arrives, from the loop or from any wait
 * in this file. fn(ctx, NULL, 0) once when the stream ends by an error. usb_cancel() stops it. */
typedef void (*usb_stream_fn)(void *ctx, const uint8_t *data, size_t n);
enum err usb_stream_in(struct usb *usb, uint8_t endpoint, size_t n, unsigned depth,
		       usb_stream_fn fn, void *ctx);

/* Calls fn (from the loop) whenever a device is plugged in. One watch per loop. */
struct usb_watch;
struct usb_watch *usb_watch_new(struct loop *loop, loop_fn fn, void *ctx);
void usb_watch_free(struct usb_watch *watch);

#endif
