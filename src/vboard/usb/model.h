/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vb_usb_model: the firmware side of an emulated USB probe. The host side (URBs, sysfs, libusb's
 * view) is in usb/ around it; the board it is wired to is vb_usb_board().
 *
 * A model is a const table of descriptors and a few functions. It sees what a device sees: control
 * requests that are not standard ones, and OUT packets, one call per packet on the bus (an empty
 * one too). When out() is called the board's clock stands at the packet's arrival, or later if the
 * model was still busy; work the model does on the board's pins or with vb_clock_advance() is what
 * the command costs. Answers are queued per endpoint by vb_usb_send() and leave at the clock's time
 * of that call, when the host asks. Nothing in a model knows of the host's wall clock but
 * starved().
 *
 * What a writer should know:
 *  - out() gets packets, not transfers or commands: a command may come in several, and two may come
 *    in one transfer. It may answer at once, later (from an event of the board's clock) or never.
 *  - All calls come from one thread, one at a time. out(), control() and starved() may advance the board's
 *    clock; create(), reset(), taken() and callbacks of clock events must not.
 *  - Time that the wire collected (core/dp_link.h) is brought into the clock before an answer is
 *    dated and after each call: there is no need for vb_link_sync().
 *  - The host's transfer length, its cancelling and timeouts are not seen. What was queued stays queued
 *    when a host goes away: reset() comes with a bus reset and a new plug, not with an open.
 *  - Unplugging drops what is queued and lets go of the board's pins. Faults of the control port are made
 *    around the model.
 *  - vb_usb_queued() in out() and "not now" is how a full IN side stops the OUT side.
 */
#ifndef VB_USB_MODEL_H
#define VB_USB_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "vboard/board.h"

struct vb_usb_device;		/* one plugged-in device; belongs to usb/ */

struct vb_usb_setup {
	uint8_t type, request;	/* bmRequestType, bRequest */
	uint16_t value, index, length;
};

struct vb_usb_model {
	const char *name;	/* of --usb: "st-link-v2-1" */
	const char *help;
	/* Device descriptor and the configuration behind it, as `descriptors` in sysfs has them. */
	const uint8_t *descriptors;
	size_t descriptors_size;
	bool is_high_speed;
	const uint8_t *qualifier;	/* high speed: NULL: at full speed it is the same device */
	const char *const *strings;	/* [0] is string 1; NULL-terminated; "%s" = the serial */
	const char *default_serial;	/* NULL: the device has none */
	/* The string descriptor of this index where an option changed it; else returns NULL. May be
	 * NULL. Asked when the device is plugged in. */
	const char *(*string)(void *priv, unsigned index);
	/* Binary object store (bcdUSB 2.01 and above), NULL: none. */
	const uint8_t *bos;
	size_t bos_size;
	/* Microsoft OS 1.0: string 0xEE says "MSFT100" and this vendor code; 0: no such string. */
	uint8_t ms_vendor_code;
	/* HID (CMSIS-DAP v1): the report descriptor of this interface; a hidraw node comes with it. */
	const uint8_t *report;
	size_t report_size;
	unsigned hid_interface;

	size_t priv_size;
	/* Options of --usb NAME,key=value: ends with NULL. set_option() returns false if it is wrong. */
	const char *const *options;
	bool (*set_option)(void *priv, const char *key, const char *value);
	/* After the options. priv starts as zeros before them. */
	bool (*create)(struct vb_usb_device *device, void *priv);
	void (*destroy)(void *priv);	/* also without create(): an option was wrong */
	/* Plugged in, USB reset: as after power-up of the probe. */
	void (*reset)(void *priv);
	/* Class and vendor requests (standard ones never come here). IN: fills up to setup->length
	 * bytes of data; OUT: data holds them. Returns the bytes, -1 to stall. NULL: always stall. */
	int (*control)(void *priv, const struct vb_usb_setup *setup, uint8_t *data);
	/* One OUT packet. false: not now (NAK); it is offered again after the host took an IN packet
	 * or after vb_usb_resume(). */
	bool (*out)(void *priv, uint8_t endpoint, const uint8_t *data, size_t n);
	/* OUT bytes the device buffers while it works, per endpoint: what the bus may run ahead. 0: one
	 * packet. */
	size_t out_buffer;
	/* An IN transfer has waited starve_ms (priv's answer, 0: never) of wall time with nothing queued:
	 * a latency timer. */
	unsigned (*starve_ms)(void *priv, uint8_t endpoint);
	void (*starved)(void *priv, uint8_t endpoint);
	/* An IN packet was taken by the host. May be NULL. */
	void (*taken)(void *priv, uint8_t endpoint);
	const struct vb_control_verb *verbs;	/* control port; ctx = priv; ends with a NULL name */
	void (*stats)(void *priv, FILE *out);	/* `,"key":value` pairs; may be NULL */
};

extern const struct vb_usb_model *const vb_usb_models[];	/* models.c; ends with NULL */

/* For models. */
struct vb_board *vb_usb_board(struct vb_usb_device *device);
const char *vb_usb_serial(const struct vb_usb_device *device);
/*
 * Queues one device-side transfer: packets of the endpoint's size, the last one short. A transfer
 * that is a multiple of the size has no end of its own: n = 0 sends the empty packet that says so.
 */
void vb_usb_send(struct vb_usb_device *device, uint8_t endpoint, const uint8_t *data, size_t n);
/* The same for a packet that says nothing and that the host did not wait for (status bytes when a
 * latency timer ran out with no data): it costs no time. */
void vb_usb_send_idle(struct vb_usb_device *device, uint8_t endpoint, const uint8_t *data, size_t n);
/* In out(): when that packet had arrived, before the model was ready for it. In taken(): when that
 * packet had left. */
uint64_t vb_usb_arrival_ns(const struct vb_usb_device *device);
uint64_t vb_usb_taken_ns(const struct vb_usb_device *device);
/* Bytes queued and not yet taken by the host. */
size_t vb_usb_queued(const struct vb_usb_device *device, uint8_t endpoint);
void vb_usb_drop_queued(struct vb_usb_device *device, uint8_t endpoint);
/* Stalls the endpoint until the host clears it. */
void vb_usb_halt(struct vb_usb_device *device, uint8_t endpoint);
/* out() said "not now" and could take more: offer it again. */
void vb_usb_resume(struct vb_usb_device *device, uint8_t endpoint);
/* A new firmware (DFU exit and the like): the device leaves the bus and comes back. */
void vb_usb_reenumerate(struct vb_usb_device *device);

#endif
