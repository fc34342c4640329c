/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * device: one emulated USB device between the host side (usbfs.c, hidraw.c) and its model.
 *
 * The host side submits transfers; each is finished exactly once through its done(), maybe inside
 * vb_usb_submit(). The device moves packets between transfers and the model whenever something
 * changed, and keeps the time line (timeline.h).
 */
#ifndef VB_USB_DEVICE_H
#define VB_USB_DEVICE_H

#include "base/err.h"
#include "base/loop.h"
#include "vboard/front/pace.h"
#include "vboard/usb/fault.h"
#include "vboard/usb/model.h"
#include "vboard/usb/timeline.h"

#define MAX_ENDPOINTS	16	/* a device's, without endpoint 0 */
#define MAX_INTERFACES	8
#define CONTROL_PACKET	64u	/* bMaxPacketSize0 */

enum vb_transfer_type { VB_ISO, VB_INTERRUPT, VB_CONTROL, VB_BULK };	/* as usbfs numbers them */

struct vb_transfer {
	struct vb_transfer *next;
	uint8_t endpoint, type;
	bool is_standing;		/* the kernel's own: always there, so it waits for no call */
	bool wants_zero_packet;		/* OUT: an empty packet after a multiple of the size */
	uint8_t *data;			/* control: setup packet first */
	size_t length, actual;		/* actual without the setup packet */
	size_t packets;			/* moved so far */
	int status;			/* 0 or a negative errno */
	uint64_t submit_ns;		/* its first packet may go then */
	uint64_t complete_ns;		/* it is the host's */
	bool is_begun;
	bool is_stuck;			/* a fault: it will not go on */
	bool is_timeless;		/* says nothing, so it costs the host no time */
	void (*done)(struct vb_transfer *transfer);
	void *owner;
};

struct vb_packet {
	struct vb_packet *next;
	uint64_t ready_ns;
	bool is_idle;
	size_t length;
	uint8_t data[];
};

struct vb_buffered {		/* in the device's OUT buffer until taken_ns */
	uint64_t taken_ns;
	size_t bytes;
};

struct vb_endpoint {
	uint8_t address;
	enum vb_transfer_type type;
	uint16_t size;
	uint64_t interval_ns;		/* interrupt: 125 us or 1 ms times bInterval */
	uint64_t frame_ns;		/* interrupt: no packet before */
	uint64_t end_ns;		/* of its last packet */
	bool is_halted;
	struct loop_timer *late;	/* a fault: nothing moves until it fires */
	struct vb_transfer *pending, **pending_end;
	/* OUT */
	bool is_refused;		/* the model said "not now" */
	uint64_t retry_ns;
	struct vb_buffered *buffered;
	size_t buffered_count, buffered_cap;
	/* IN */
	struct vb_packet *queue, **queue_end;
	size_t queued_bytes;
	struct loop_timer *starving;
	uint64_t starve_from_ns;
	struct vb_usb_device *device;
};

struct vb_port;

struct vb_usb_counters {
	uint64_t urbs, out_packets, in_packets, out_bytes, in_bytes, round_trips;
};

struct vb_usb_device {
	const struct vb_usb_model *model;
	void *priv;
	struct vb_board *board;
	struct loop *loop;
	struct vb_pace *pace;		/* NULL: deterministic */
	char *serial;			/* NULL: none */
	struct vb_timeline time;
	uint64_t seen_ns;		/* the board's clock when we last looked: what it moved since is
					 * time that passed for the host as well */
	uint64_t last_complete_ns;	/* of all transfers so far */
	uint64_t arrival_ns, taken_ns;	/* of the packet in out(), taken() */
	struct vb_endpoint endpoints[MAX_ENDPOINTS];
	size_t endpoint_count;
	uint8_t configuration;
	uint8_t alternate[MAX_INTERFACES];
	bool is_plugged, is_pumping;
	bool has_drivers;		/* option: the kernel's drivers hold their interfaces */
	bool is_idle_packet;		/* what is sent now says nothing: vb_usb_send_idle() */
	uint64_t starved_ns;		/* in starved(): the packet leaves then; else 0 */
	struct loop_timer *poke;	/* something was sent outside of a transfer */
	struct vb_usb_counters count;
	struct vb_fault *faults;
	/* A fault or the model wants the device off the bus, and maybe back: done by on_leaving(), once
	 * nothing moves. */
	bool is_leaving, is_returning;
	void (*on_leaving)(struct vb_usb_device *device, bool comes_back);
	struct vb_port *port;		/* hub.c's */
};

/* The model of --usb's "MODEL,key=value,..." and where its options begin. */
enum err vb_usb_find_model(const char *spec, const struct vb_usb_model **model,
			   const char **options);
/* `*mode` gets the option of the node. */
enum err vb_usb_device_new(const struct vb_usb_model *model, const char *options,
			   struct vb_board *board, struct loop *loop, struct vb_usb_device **device,
			   unsigned *mode);
void vb_usb_device_free(struct vb_usb_device *device);
/* Plug and unplug. Unplugging finishes every transfer with -ESHUTDOWN. */
void vb_usb_attach(struct vb_usb_device *device);
void vb_usb_detach(struct vb_usb_device *device);

/* The transfer belongs to the device until done(). */
void vb_usb_submit(struct vb_usb_device *device, struct vb_transfer *transfer);
/* Finishes a pending transfer with that status; false if it is not pending any more. */
bool vb_usb_cancel(struct vb_usb_device *device, struct vb_transfer *transfer, int status);
/* The host saw that a transfer is finished. */
void vb_usb_reaped(struct vb_usb_device *device, const struct vb_transfer *transfer,
		   bool is_more_to_come);
void vb_usb_clear_halt(struct vb_usb_device *device, uint8_t endpoint);
/* The cost of a control transfer that the kernel makes for the host. */
void vb_usb_charge_control(struct vb_usb_device *device);
/* Moves packets at the next turn of the loop. */
void vb_usb_poke(struct vb_usb_device *device);
/* Bus reset: endpoints as after enumeration, the model starts afresh. */
void vb_usb_bus_reset(struct vb_usb_device *device);
struct vb_endpoint *vb_usb_endpoint(struct vb_usb_device *device, uint8_t address);
/* descriptors.c: walks the configuration. `type` 0: every descriptor. NULL at the end. */
const uint8_t *vb_usb_next_descriptor(const struct vb_usb_model *model, const uint8_t *after,
				      uint8_t type);
bool vb_usb_has_interface(const struct vb_usb_model *model, unsigned number, unsigned alternate);
/* -1: none has this endpoint. */
int vb_usb_interface_of(const struct vb_usb_model *model, uint8_t endpoint);
/* What chapter 9 does at SET_CONFIGURATION and SET_INTERFACE; false: there is no such one. */
bool vb_usb_set_configuration(struct vb_usb_device *device, unsigned value);
bool vb_usb_set_interface(struct vb_usb_device *device, unsigned number, unsigned alternate);
/* Text of string `index` with the serial in place, NULL if there is none. Freed by the caller. */
char *vb_usb_string(const struct vb_usb_device *device, unsigned index);
/* A request on endpoint 0; `data` holds the OUT data, gets the IN data. -1: stall. */
int vb_usb_control_request(struct vb_usb_device *device, const struct vb_usb_setup *setup,
			   uint8_t *data);

#endif
