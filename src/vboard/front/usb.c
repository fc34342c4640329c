/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/front/usb.h"

#include <string.h>

#include "base/bytes.h"

/* A synchronous OUT and IN pair measures 0.25 ms on high speed and one to two frames on full speed.
 */
static const struct vb_usb models[] = {
	{ "high", 250000,  512, 55, 16667,  512, 8, 50000000 },
	{ "full", 1000000, 64,	13, 666667, 64,	 8, 24000000 },
	{ "none", 0,	   512, 0,  0,	    512, 8, 50000000 },
};

const struct vb_usb *vb_usb_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(models); i++)
		if (strcmp(models[i].name, name) == 0)
			return &models[i];
	return NULL;
}

uint64_t vb_usb_transfer_ns(const struct vb_usb *usb, size_t bytes)
{
	size_t packets = bytes == 0 ? 1 : (bytes + usb->packet_bytes - 1) / usb->packet_bytes;

	return (bytes + packets * usb->overhead_bytes) * usb->byte_ps / 1000;
}
