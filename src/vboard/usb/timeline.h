/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * timeline: when what happens on the bus of one emulated device, in virtual time.
 *
 * The host's time moves only by what the host takes: a transfer is submitted at the completion time
 * of what the host reaped last, so how fast the host's computer is does not count. Work is done at once
 * inside the submission; what it would have cost is noted in times.
 *
 * The bus is a calendar of busy intervals, one direction at a time. A packet takes the first gap
 * that fits it after the moment it could go; a bulk packet costs its bytes and overhead at the bus
 * rate (13 packets of 512 bytes in 125 us, 19 of 64 in 1 ms), a packet of an interrupt endpoint waits
 * for the next frame of its bInterval and only one goes in each. Since gaps are filled, transfers
 * that a host keeps in flight hide what they hide on real USB.
 *
 * Each transfer also pays latency, front/usb.h's in parts. Before its first packet a quarter of it if
 * nothing else of the device is in flight (the system call, and a host controller that has to begin), a
 * sixteenth if something is (it joins a schedule that is running). After its last packet a quarter (the
 * interrupt and the wake-up). So a synchronous OUT and IN pair costs 0.25 ms on high speed and 1 ms
 * on full speed on top of its packets, and a command in a pipeline is answered after 0.08 and 0.31 ms:
 * four in flight on full speed give about 500 KiB/s, eight fill the bus.
 */
#ifndef VB_USB_TIMELINE_H
#define VB_USB_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vboard/front/usb.h"

struct vb_busy {
	uint64_t start_ns, end_ns;
};

struct vb_timeline {
	const struct vb_usb *cost;
	uint64_t host_ns;	/* the host's time */
	struct vb_busy *busy;	/* sorted, not touching */
	size_t count, cap;
};

void vb_timeline_init(struct vb_timeline *t, const struct vb_usb *cost);
void vb_timeline_free(struct vb_timeline *t);
/* When a transfer submitted now may have its first packet on the bus, and when one whose last packet
 * ended at `ns` is the host's. */
uint64_t vb_timeline_submit(const struct vb_timeline *t, bool is_running);
uint64_t vb_timeline_complete(const struct vb_timeline *t, uint64_t ns);
uint64_t vb_timeline_packet_ns(const struct vb_timeline *t, size_t bytes);
/* Start of the first gap of `length_ns` not before `from_ns`; take() then makes it busy. */
uint64_t vb_timeline_gap(const struct vb_timeline *t, uint64_t from_ns, uint64_t length_ns);
void vb_timeline_take(struct vb_timeline *t, uint64_t start_ns, uint64_t length_ns);
/*
 * The same for a packet that may be cut where a shorter one, placed before it, already is: the host
 * controller would have sent the two in the other order. Returns the end. spread() takes the time.
 */
uint64_t vb_timeline_end(const struct vb_timeline *t, uint64_t from_ns, uint64_t length_ns);
void vb_timeline_spread(struct vb_timeline *t, uint64_t from_ns, uint64_t length_ns);
/* The host took something that was ready at `ns`. */
void vb_timeline_reap(struct vb_timeline *t, uint64_t ns);

#endif
