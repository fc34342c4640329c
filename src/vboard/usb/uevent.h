/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uevent: tells the udev monitors of a root that a device came or went, as udevd would. */
#ifndef VB_USB_UEVENT_H
#define VB_USB_UEVENT_H

#include "base/bytes.h"

struct vb_uevent {
	const char *action;		/* "add", "remove" */
	const char *path;		/* below /sys */
	const char *subsystem, *devtype;	/* devtype NULL: none */
	const char *node;		/* below /dev */
	const struct buf *properties;	/* lines of the uevent file */
};

void vb_uevent_send(const char *root, const struct vb_uevent *event);

#endif
