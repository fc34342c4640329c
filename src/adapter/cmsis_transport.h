/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How CMSIS-DAP packets get to a probe, where on a USB device they are taken, and which products
 * need something of their own.
 *
 * A transport carries whole packets, in order. One that loses its device returns ERR_ADAPTER_LOST.
 * One that gets no answer in time returns ERR_TIMEOUT; an answer that comes later would then be
 * taken for another request's, so all is thrown away by resync(), or, where the transport cannot
 * do that, the probe is given up.
 */
#ifndef ADAPTER_CMSIS_TRANSPORT_H
#define ADAPTER_CMSIS_TRANSPORT_H

#include "adapter/probe.h"
#include "adapter/usb.h"
#include "base/bytes.h"
#include "base/err.h"

struct adapter;

struct cmsis_packet {
	size_t at, size;		/* in the batch buffer */
	size_t response;		/* at most so many bytes come back; 0: not known */
};

/* Where CMSIS-DAP is on a USB device. */
struct cmsis_usb {
	const struct usb_interface *bulk, *hid;	/* NULL: none */
	uint8_t out, in, swo;			/* of `bulk`; swo 0: none */
	bool is_certain;			/* its own string says so, not only the product's */
};

struct cmsis_transport {
	const char *name;		/* of `cmsis-dap backend` */
	bool fixed_size;		/* HID: responses are padded to the packet size */
	bool likes_batches;		/* a send() costs the same for many packets as for one */
	/* *link is the transport's. Settings: the driver's struct cmsis_settings. `device` and
	 * `usb` are NULL if it is not a USB transport. */
	enum err (*open)(struct adapter *adapter, const struct usb_device *device,
			 const struct cmsis_usb *usb, void **link);
	void (*close)(void *link);
	/* Sends n packets of `batch`, in order, in one write if the medium can. */
	enum err (*send)(void *link, const uint8_t *batch, const struct cmsis_packet *packets,
			 size_t n);
	/* Waits for the next response. */
	enum err (*receive)(void *link, uint8_t *response, size_t size, size_t *got,
			    int timeout_ms);
	/* Whether receive() would return at once. */
	bool (*is_ready)(void *link);
	/* The largest command for an announced packet size: bulk keeps one byte free of ZLP
	 * questions. */
	size_t (*usable)(size_t packet_size);
	/* The rest may be NULL. */
	/* The probe announced its packet size; returns the one to use. */
	size_t (*set_packet_size)(void *link, size_t packet_size);
	/* Drops what is under way and reads late answers away, until `quiet_ms` of silence. */
	enum err (*resync)(void *link, int quiet_ms, bool is_stalled);
	struct usb *(*usb)(void *link);	/* for the SWO endpoint */
	size_t max_under_way;		/* packets the host's side buffers; 0: any */
};

extern const struct cmsis_transport cmsis_dap_tcp, cmsis_dap_usb, cmsis_dap_hid;

/* What is known of a product. `max_packets` 0: as it announces. */
struct cmsis_quirk {
	uint16_t vid, pid;		/* 0: any */
	const char *product;		/* must be in the product string; NULL: any */
	uint16_t bcd_below;		/* only older firmware (bcdDevice); 0: all */
	const char *kind;		/* what people call it */
	unsigned flags;
	uint8_t max_packets;
	uint16_t report_bytes;		/* HID: if its report descriptor cannot be read */
	const char *workaround, *hint;	/* told once, at open; NULL: nothing to tell */
};
#define QUIRK_RECONNECT	  1u /* Disconnect and Connect before a switch sequence */
#define QUIRK_HID_ONLY	  2u /* other FF/00/00 interfaces are not CMSIS-DAP */
#define QUIRK_HID_FIRST	  4u /* of several HID interfaces it is number 0 */
#define QUIRK_NO_SEQUENCE 8u /* lacks DAP_SWD_Sequence */
#define QUIRK_FORCE_REPORT 16u /* report_bytes whatever the descriptor says */

/* cmsis_match.c. enum probe_quality; MATCH_NONE: no CMSIS-DAP here. */
int cmsis_find(const struct usb_device *device, int wanted_interface, struct cmsis_usb *usb);
void cmsis_recognise(const struct usb_device *device, struct probe_match *match);
/* cmsis_quirks.c */
const struct cmsis_quirk *cmsis_find_kind(const struct usb_device *device);

/* Bytes of an output report by its descriptor; 0: it does not say. */
size_t cmsis_hid_report_bytes(const uint8_t *descriptor, size_t n);

#endif
