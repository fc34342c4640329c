/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fault: what goes wrong on purpose. Each fault waits for matching transfers of an endpoint, lets the
 * first `skip` pass and hits the next `count`. An OUT transfer counts with its first packet, an IN
 * transfer when its first data is there to be sent; VB_FAULT_DROP counts packets.
 */
#ifndef VB_USB_FAULT_H
#define VB_USB_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"

enum vb_fault_kind {
	VB_FAULT_NONE,
	VB_FAULT_STALL,		/* -EPIPE; the endpoint stays halted until it is cleared */
	VB_FAULT_ERROR,		/* -EPROTO, as in the first moments of an unplugging */
	VB_FAULT_SHORT,		/* IN: only the first `argument` bytes of the packet */
	VB_FAULT_SILENT,	/* IN: the data is lost; OUT: never taken */
	VB_FAULT_LATE,		/* IN: `argument` ms later, of wall time and of virtual time */
	VB_FAULT_FLIP,		/* IN: byte `argument` of the packet is inverted */
	VB_FAULT_DROP,		/* OUT packet: acknowledged, but the device never sees it */
	VB_FAULT_UNPLUG,	/* the device leaves instead */
	VB_FAULT_RESET,		/* and comes back: a hub that was reset */
};

/* Endpoint masks instead of an address. */
#define VB_FAULT_ANY	 0x100u
#define VB_FAULT_ANY_IN	 0x101u
#define VB_FAULT_ANY_OUT 0x102u

struct vb_fault {
	struct vb_fault *next;
	enum vb_fault_kind kind;
	unsigned endpoint;
	unsigned skip, count, argument;
};

/* "stall 0x81 COUNT SKIP ARGUMENT", the numbers from the back optional (1, 0, the kind's own). */
enum err vb_fault_add(struct vb_fault **list, int argc, char **argv);
void vb_fault_clear(struct vb_fault **list);
/* The fault that hits this transfer (or packet), counted; kind NONE mostly. */
struct vb_fault vb_fault_next(struct vb_fault **list, uint8_t endpoint, bool is_packet);
/* JSON array of what is still to come. */
void vb_fault_show(const struct vb_fault *list, struct buf *out);

#endif
