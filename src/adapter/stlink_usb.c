/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The link over USB. The debug interface is number 0: a V3SET has a bridge of the same class
 * behind it. Endpoints differ: V2 02/81/83, the others 01/81/82, so they come from the descriptor;
 * should that be unreadable, from what is known of ST's products.
 * Interfaces above 0 (mass storage, serial ports) belong to the kernel and are left alone.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "adapter/stlink_priv.h"
#include "adapter/usb.h"
#include "base/log.h"

#define V2_PID 0x3748

struct stlink_usb {
	struct usb *usb;
	uint8_t out, in, trace;
};

static const struct usb_interface *debug_interface(const struct usb_device *device)
{
	for (unsigned i = 0; i < device->interface_count; i++)
		if (device->interfaces[i].number == 0)
			return &device->interfaces[i];
	return NULL;
}

static void find_endpoints(struct stlink_usb *link, const struct usb_device *device)
{
	const struct usb_interface *interface = debug_interface(device);

	for (unsigned i = 0; interface != NULL && i < interface->endpoint_count; i++) {
		uint8_t address = interface->endpoints[i].address;

		if (!(address & 0x80))
			link->out = link->out ? link->out : address;
		else if (link->in == 0)
			link->in = address;
		else if (link->trace == 0)
			link->trace = address;
	}
	if (link->out != 0 && link->in != 0)
		return;
	link->out = device->pid == V2_PID ? 0x02 : 0x01;
	link->in = 0x81;
	link->trace = device->pid == V2_PID ? 0x83 : 0x82;
}

/* Nothing of a failed exchange may be taken for the next one's answer. */
static void clean_up(struct stlink_usb *link, enum err rc)
{
	struct error error;

	error_take(&error);
	usb_cancel(link->usb, link->in);
	usb_cancel(link->usb, link->out);
	if (rc == ERR_ADAPTER_STALL && (usb_clear_halt(link->usb, link->in) != OK ||
					usb_clear_halt(link->usb, link->out) != OK))
		error_clear();
	error_put(&error);
}

#define AGAIN "repeat it; if it happens again, try another cable and port, then update the firmware"

static enum err failed(struct stlink_usb *link, enum err rc, const uint8_t *command)
{
	if (usb_is_lost(link->usb))
		return ERR_ADAPTER_LOST;
	clean_up(link, rc);
	if (rc == ERR_ADAPTER_STALL)
		rc = error_why(ERR_ADAPTER_PROTOCOL,
			       "the ST-LINK refused command 0x%02x 0x%02x (stall)", command[0],
			       command[1]);
	return rc == ERR_ADAPTER_PROTOCOL ? error_next(rc, AGAIN) : rc;
}

static enum err post(struct stlink_usb *link, const struct stlink_transfer *t)
{
	TRY(usb_post_out(link->usb, link->out, t->command, ST_COMMAND_SIZE, false));
	if (t->out_size > 0)
		TRY(usb_post_out(link->usb, link->out, t->out, t->out_size, false));
	if (t->in_size > 0)
		TRY(usb_post_in(link->usb, link->in, t->in_size));
	return OK;
}

static enum err usb_exchange(void *ctx, const struct stlink_transfer *transfers, size_t count,
			     int timeout_ms)
{
	struct stlink_usb *link = ctx;
	const struct stlink_transfer *last = &transfers[count - 1];
	size_t got = 0;
	enum err rc = OK;

	for (size_t i = 0; i < count && rc == OK; i++)
		rc = post(link, &transfers[i]);
	if (rc == OK && last->in_size > 0)
		rc = usb_take_in(link->usb, link->in, last->in, last->in_size, &got, timeout_ms);
	else if (rc == OK)
		rc = usb_flush_out(link->usb, timeout_ms);
	if (rc != OK)
		return failed(link, rc, last->command);
	if (last->got != NULL)
		*last->got = got;
	if (got >= (last->in_least ? last->in_least : last->in_size))
		return OK;
	error_why(ERR_ADAPTER_PROTOCOL,
		  "the ST-LINK answered command 0x%02x 0x%02x with %zu bytes instead of %zu",
		  last->command[0], last->command[1], got, last->in_size);
	return error_next(ERR_ADAPTER_PROTOCOL, AGAIN);
}

static enum err usb_read_trace(void *ctx, uint8_t *data, size_t size, size_t *got)
{
	struct stlink_usb *link = ctx;

	if (link->trace == 0)
		return error_why(ERR_UNSUPPORTED, "this ST-LINK has no trace endpoint");
	TRY(usb_post_in(link->usb, link->trace, size));
	enum err rc = usb_take_in(link->usb, link->trace, data, size, got, ST_TIMEOUT_MS);

	if (rc != OK)
		usb_cancel(link->usb, link->trace);
	return rc;
}

static void usb_reset_link(void *ctx)
{
	struct stlink_usb *link = ctx;

	usb_on_lost(link->usb, NULL, NULL);	/* it is meant to go */
	usb_reset(link->usb);
}

static void usb_close_link(void *ctx)
{
	struct stlink_usb *link = ctx;

	usb_close(link->usb);
	free(link);
}

static const struct stlink_link_ops usb_link_ops = {
	.exchange = usb_exchange,
	.read_trace = usb_read_trace,
	.reset = usb_reset_link,
	.close = usb_close_link,
};

enum err stlink_usb_open(struct adapter *adapter, const struct usb_device *device, bool watch,
			 const struct stlink_link_ops **ops, void **result)
{
	struct stlink_usb *link = xcalloc(1, sizeof(*link));

	find_endpoints(link, device);
	enum err rc = usb_open(watch ? adapter->loop : NULL, device, &link->usb);

	if (rc == OK)
		rc = usb_claim(link->usb, 0);
	if (rc != OK) {
		usb_close_link(link);
		return rc;
	}
	if (watch)
		usb_on_lost(link->usb, adapter_unplugged, adapter);
	*ops = &usb_link_ops;
	*result = link;
	return OK;
}
