/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The insides of an open USB device, shared by usb.c, usb_transfer.c and usb_watch.c. Only these
 * see libusb.
 *
 * Every open device has a libusb context of its own, so waiting for one handles nobody else's
 * events and nothing is global. A transfer (struct slot) belongs to libusb from its submission to
 * its callback: until then it is neither freed nor refilled. Callbacks only note what happened;
 * what follows from it (streams, loss) is done after libusb's event handling has returned, where
 * every call is allowed again.
 */
#ifndef ADAPTER_USB_PRIV_H
#define ADAPTER_USB_PRIV_H

#include <libusb.h>

#include "adapter/usb.h"

/* A libusb context whose descriptors the loop watches. */
struct usb_events {
	struct libusb_context *libusb;
	struct loop *loop;		/* NULL: events are handled only inside waits */
	loop_fn on_ready;		/* after the events of one turn of the loop were handled */
	loop_fn on_device_fd_gone;	/* libusb gave up the device's descriptor: it is gone */
	void *ctx;
	bool is_opening;		/* a descriptor that comes now is the device's */
	int device_fd;			/* -1: none */
	struct usb_event_fd {
		struct usb_events *events;
		int fd;
		struct loop_fd *watch;
	} fds[8];
};

enum err usb_events_open(struct usb_events *events, struct loop *loop);
void usb_events_close(struct usb_events *events);
/* The device's descriptor reports finished transfers by POLLOUT: watched only while there are any. */
void usb_events_watch_transfers(struct usb_events *events, bool on);

struct usb_pipe;

struct usb_slot {
	struct usb *usb;
	struct usb_pipe *pipe;
	struct libusb_transfer *transfer;
	uint8_t *data;
	size_t capacity;
	int is_done;			/* its callback came; int for libusb */
	bool is_abandoned;		/* nobody waits for it any more */
	struct usb_slot *next;
};

struct usb_pipe {			/* one endpoint */
	uint8_t endpoint, type;
	uint16_t max_packet;
	struct usb_slot *first, *last;	/* in the order they were posted */
	unsigned count;
	usb_stream_fn stream;		/* NULL: usb_take_in() takes them */
	void *stream_ctx;
	bool is_streaming;		/* inside `stream` now */
	struct usb_pipe *next;
};

struct usb {
	struct usb_events events;
	struct libusb_device_handle *handle;
	struct usb_device *device;
	struct usb_pipe *pipes;
	struct usb_slot *spare;
	unsigned in_flight, outs_in_flight;
	int out_failed;			/* libusb_transfer_status of an OUT; 0: none failed */
	uint8_t out_failed_endpoint;
	bool is_lost, is_loss_told;
	uint32_t claimed;		/* one bit per interface */
	libusb_hotplug_callback_handle left;
	bool has_left;
	loop_fn on_lost;
	void *on_lost_ctx;
};

/* usb.c */
enum err usb_fail_lost(struct usb *usb);
enum err usb_fail_code(struct usb *usb, int libusb_code, const char *what);
/* After a bus error: is the device still there? The first sign of a pulled plug is often an
 * ordinary error, NO_DEVICE comes some ms later. */
bool usb_confirm_alive(struct usb *usb);
/* usb_transfer.c */
void usb_run_streams(struct usb *usb);
void usb_cancel_all(struct usb *usb);	/* and frees everything that libusb gave back */

#endif
