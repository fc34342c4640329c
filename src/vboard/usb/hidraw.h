/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hidraw: the kernel's nodes /dev/hidrawN for the HID interface of one device, with the usbhid
 * driver below them: it polls the interrupt IN endpoint as long as a handle is open, and each
 * handle has a queue of reports of its own, which loses new ones when it is full.
 *
 * write() returns when the report is on the bus. poll() sees POLLIN as on a real node, but no POLLERR
 * or POLLHUP when the device is gone: the node becomes readable and read() fails.
 */
#ifndef VB_USB_HIDRAW_H
#define VB_USB_HIDRAW_H

#include <sys/ioctl.h>

#include "vboard/usb/device.h"
#include "vboard/usb/preload.h"

/* Asked by our library in the client (usleep.c) in the place of a poll() that does not wait: 1 if a
 * report is there. */
#define VB_HIDRAW_IS_THERE _IO('H', 0x7f)

struct vb_hidraw_handle;

struct vb_hidraw {
	struct vb_usb_device *device;
	uint8_t in, out;		/* endpoints; out 0: reports go with SET_REPORT */
	struct vb_hidraw_handle *handles;
	struct vb_transfer polling;	/* the interrupt IN transfer that is always there */
	bool is_polling;
	uint64_t lost;			/* reports that found a queue full */
};

extern const struct vb_preload_ops vb_hidraw_ops;	/* ctx: struct vb_hidraw */

/* Finds the endpoints of the model's HID interface. */
void vb_hidraw_init(struct vb_hidraw *hid, struct vb_usb_device *device);
/* The driver left the interface, or the device the bus: handles fail from now on, for ever. */
void vb_hidraw_gone(struct vb_hidraw *hid);
void vb_hidraw_free(struct vb_hidraw *hid);
unsigned vb_hidraw_open(const struct vb_hidraw *hid);

#endif
