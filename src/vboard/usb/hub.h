/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hub: the emulated USB devices of this program, where they are plugged in, and the roots (private
 * sysfs and dev trees) in which clients see them.
 *
 * A client is any process with LD_PRELOAD and UMOCKDEV_DIR set as vb_hub_preload() and
 * vb_hub_root() say. Two clients that want to hear of hot-plug need a root each (umockdev names its
 * event sockets after descriptors in the client): vb_hub_add_root().
 */
#ifndef VB_USB_HUB_H
#define VB_USB_HUB_H

#include <stdbool.h>

#include "base/bytes.h"
#include "base/loop.h"
#include "vboard/usb/device.h"

#define MAX_ROOTS   32
#define MAX_DEVICES 8

struct vb_usb_hub;

struct vb_hub_config {
	struct loop *loop;
	const char *root;	/* folder to make, NULL: a new one in /tmp */
};

enum err vb_hub_new(const struct vb_hub_config *config, struct vb_usb_hub **hub);
/* Ends every client that still has a device open. */
void vb_hub_free(struct vb_usb_hub *hub);
const char *vb_hub_root(const struct vb_usb_hub *hub);
/* The libraries for LD_PRELOAD. */
const char *vb_hub_preload(const struct vb_usb_hub *hub);
/* One more root with the same devices; its path is valid as long as the hub. */
enum err vb_hub_add_root(struct vb_usb_hub *hub, const char **path);

/* The device takes the next location (1-1, 1-2, ...). */
enum err vb_hub_plug(struct vb_usb_hub *hub, const struct vb_usb_model *model, const char *options,
		     struct vb_board *board, struct vb_pace *pace);
size_t vb_hub_count(const struct vb_usb_hub *hub);
struct vb_usb_device *vb_hub_device(const struct vb_usb_hub *hub, size_t i);
/* Nothing happens if it is so already. */
enum err vb_hub_unplug(struct vb_usb_hub *hub, size_t i);
enum err vb_hub_replug(struct vb_usb_hub *hub, size_t i);
/* Of the node, from now on. */
enum err vb_hub_set_mode(struct vb_usb_hub *hub, size_t i, unsigned mode);
unsigned vb_hub_devnum(const struct vb_usb_hub *hub, size_t i);
/* How many handles are open on it. */
unsigned vb_hub_open(const struct vb_usb_hub *hub, size_t i);
const char *vb_hub_location(const struct vb_usb_hub *hub, size_t i);

#endif
