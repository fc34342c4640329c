/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ftdi_link: an open FTDI chip in MPSSE mode, and the way of its command stream over USB.
 *
 * Commands are put into link->mpsse; ftdi_link_pump() may be called at any time and sends what has
 * gathered; ftdi_link_flush() sends the rest and waits until every answer is in its place. INs are
 * posted before the OUTs whose answers they take, so neither direction can block the other: the chip
 * stops reading commands while nobody fetches its answers (AN_135 5.3). INs are as long as the
 * answers, so the latency timer never decides when a transfer ends.
 *
 * The chip's own requests (reset, bit mode, latency, purge) are libftdi1's; the data goes by the
 * asynchronous transfers of usb.h on the same handle.
 *
 * Errors: those of usb.h, and ERR_ADAPTER_PROTOCOL if the chip answers more or less than the
 * commands say. After such an error the engine was synchronised again and its clock set; the pins
 * are for the caller.
 */
#ifndef ADAPTER_FTDI_LINK_H
#define ADAPTER_FTDI_LINK_H

#include "adapter/ftdi_mpsse.h"
#include "adapter/probe.h"
#include "base/loop.h"

struct ftdi_context;

struct ftdi_link {
	struct usb *usb;
	struct ftdi_context *ftdi;
	const struct mpsse_chip *chip;
	struct mpsse mpsse;
	struct mpsse_clock clock;
	uint8_t in, out;		/* endpoints */
	size_t packet;			/* on the bus: what the status bytes are counted by */
	/* Sizes of the posted INs, oldest at `first`: what they can take. */
	size_t posted[64];
	unsigned first, posted_count;
	size_t promised;		/* payload all of them can take */
	enum err rc;			/* the first failure since the last flush ... */
	struct error failure;		/* ... with its message */
};

/* channel: 0 is A. */
enum err ftdi_link_open(struct loop *loop, const struct usb_device *device, unsigned channel,
			struct ftdi_link *link);
void ftdi_link_close(struct ftdi_link *link);
void ftdi_link_pump(struct ftdi_link *link);
enum err ftdi_link_flush(struct ftdi_link *link);
/* Takes effect with the next flush. */
void ftdi_link_set_clock(struct ftdi_link *link, double hz);

#endif
