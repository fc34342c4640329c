/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What USB costs, in virtual time. A bulk transfer of n bytes takes its packets with their overhead
 * at the bus rate: 13 packets of 512 bytes fill a microframe of 125 us on high speed, 19 of 64 a
 * frame of 1 ms on full speed (USB 2.0, 5.8.4). On top, each window of pipelined packets pays the
 * latency once: the host controller's schedule and the wake-ups on both ends.
 */
#ifndef VB_FRONT_USB_H
#define VB_FRONT_USB_H

#include <stddef.h>
#include <stdint.h>

struct vb_usb {
	const char *name;
	uint64_t latency_ns;
	unsigned packet_bytes, overhead_bytes;
	unsigned byte_ps;	/* 0: USB costs nothing */
	/* What a probe on this bus announces. */
	uint16_t dap_packet_size;
	uint8_t dap_packet_count;
	uint32_t max_hz;
};

const struct vb_usb *vb_usb_find(const char *name); /* "high", "full", "none"; NULL if neither */
uint64_t vb_usb_transfer_ns(const struct vb_usb *usb, size_t bytes);

#endif
