/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * usbfs: the kernel's device nodes /dev/bus/usb/BBB/DDD for one device: transfers and claims of each
 * open handle. ctx of the ops is the struct vb_usbfs of the device.
 */
#ifndef VB_USB_USBFS_H
#define VB_USB_USBFS_H

#include "vboard/usb/device.h"
#include "vboard/usb/preload.h"

struct vb_usbfs_handle;

struct vb_usbfs {
	struct vb_usb_device *device;
	unsigned devnum;
	struct vb_usbfs_handle *handles;
	struct vb_usbfs_handle *owner[MAX_INTERFACES];	/* who claimed it */
	/* The kernel's driver of the interface, NULL: none. on_driver() tells of a change. */
	const char *driver[MAX_INTERFACES];
	void (*on_driver)(void *ctx, unsigned interface);
	void *ctx;
};

extern const struct vb_preload_ops vb_usbfs_ops;

/* The kernel's drivers take their interfaces: usbhid, and if the device has_drivers those of serial
 * ports, FTDI chips and disks. */
void vb_usbfs_bind(struct vb_usbfs *usbfs);
/* The device left the bus: handles answer ENODEV from now on, for ever. */
void vb_usbfs_gone(struct vb_usbfs *usbfs);
/* Handles that are open and not gone. */
unsigned vb_usbfs_open(const struct vb_usbfs *usbfs);
/* Hangs up on all clients, gone or not: the program's end. */
void vb_usbfs_free(struct vb_usbfs *usbfs);

#endif
