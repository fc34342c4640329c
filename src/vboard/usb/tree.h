/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tree: what the kernel would show of a USB device in /sys and /dev, as files in a root: enough for
 * libudev, libusb and hidapi. The nodes in dev/ are preload.c's.
 */
#ifndef VB_USB_TREE_H
#define VB_USB_TREE_H

#include "base/bytes.h"
#include "vboard/usb/device.h"

/* A device at its place: bus 1, port `port`. */
struct vb_seat {
	const char *root;
	const struct vb_usb_device *device;
	unsigned port, devnum;
	unsigned hidraw;		/* number of the hidraw node, if there is one */
};

enum err vb_tree_new(const char *root);
void vb_tree_delete(const char *root);
enum err vb_tree_add(const struct vb_seat *seat);
void vb_tree_remove(const struct vb_seat *seat);
/* The hidraw node's class device; it comes and goes with the usbhid driver. */
enum err vb_tree_add_hidraw(const struct vb_seat *seat);
void vb_tree_remove_hidraw(const struct vb_seat *seat);
/* Properties of the uevent file of the USB device, of the hidraw device. */
void vb_tree_usb_uevent(const struct vb_seat *seat, struct buf *out);
void vb_tree_hidraw_uevent(const struct vb_seat *seat, struct buf *out);
/* Paths below /sys ("/devices/usb1/1-1"). Freed by the caller. */
char *vb_tree_usb_path(const struct vb_seat *seat);
char *vb_tree_hidraw_path(const struct vb_seat *seat);
/* Names below /dev. */
char *vb_tree_usb_node(const struct vb_seat *seat);
char *vb_tree_hidraw_node(const struct vb_seat *seat);

#endif
