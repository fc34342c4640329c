/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CMSIS-DAP v2: bulk transfers, one per packet. A transfer ends with a short packet or when the
 * other side has all it waits for, so a length that is a multiple of the endpoint's packet size
 * needs care: a command of that kind gets an empty packet behind it, none is ever as long as the
 * announced size, and an IN asks for what is expected, not for the largest packet. Some probes send
 * an empty packet that nobody needs; it takes the place of an answer and is asked for again.
 */
#include <stdlib.h>
#include <string.h>

#include "adapter/cmsis_dap.h"
#include "base/clock.h"
#include "base/log.h"

#define STALE_PACKETS 64	/* a probe may have kept so many answers since its last user */

struct usb_link {
	struct usb *usb;
	uint8_t out, in;
	size_t endpoint_size, packet_size;
};

static enum err usb_open_link(struct adapter *adapter, const struct usb_device *device,
			      const struct cmsis_usb *where, void **link)
{
	struct usb_link *l = xcalloc(1, sizeof(*l));

	enum err rc = usb_open(adapter->loop, device, &l->usb);

	if (rc == OK)
		rc = usb_claim(l->usb, where->bulk->number);
	if (rc != OK) {
		usb_close(l->usb);
		free(l);
		return rc;
	}
	l->out = where->out;
	l->in = where->in;
	l->endpoint_size = MAX(where->bulk->endpoints[1].max_packet, 1u);
	l->packet_size = MAX(l->endpoint_size, (size_t)CMSIS_MIN_PACKET);
	usb_on_lost(l->usb, adapter_unplugged, adapter);
	*link = l;
	return OK;
}

static void usb_close_link(void *link)
{
	struct usb_link *l = link;

	usb_close(l->usb);
	free(l);
}

static size_t in_size(const struct usb_link *l, size_t response)
{
	size_t n = response != 0 ? MIN(response, l->packet_size) : l->packet_size;

	return (n + l->endpoint_size - 1) / l->endpoint_size * l->endpoint_size;
}

static enum err usb_send_packets(void *link, const uint8_t *batch,
				 const struct cmsis_packet *packets, size_t n)
{
	struct usb_link *l = link;

	for (size_t i = 0; i < n; i++) {
		TRY(usb_post_in(l->usb, l->in, in_size(l, packets[i].response)));
		TRY(usb_post_out(l->usb, l->out, batch + packets[i].at, packets[i].size,
				 packets[i].size < l->packet_size));
	}
	return OK;
}

static enum err usb_receive_packet(void *link, uint8_t *response, size_t size, size_t *got,
				   int timeout_ms)
{
	struct usb_link *l = link;
	uint64_t deadline = clock_now_ms() + (uint64_t)MAX(timeout_ms, 0);

	for (;;) {
		uint64_t now = clock_now_ms();

		TRY(usb_take_in(l->usb, l->in, response, size, got,
				now < deadline ? (int)(deadline - now) : 0));
		if (*got > 0)
			return OK;
		TRY(usb_post_in(l->usb, l->in, in_size(l, 0)));
	}
}

static bool usb_has_answer(void *link)
{
	struct usb_link *l = link;

	return usb_is_ready(l->usb, l->in);
}

/* One byte less: a command of full length would leave open whether an empty packet follows. */
static size_t usb_usable(size_t packet_size)
{
	return packet_size - 1;
}

static size_t usb_set_packet_size(void *link, size_t packet_size)
{
	struct usb_link *l = link;

	l->packet_size = packet_size;
	return packet_size;
}

static enum err clear_halts(struct usb_link *l)
{
	TRY(usb_clear_halt(l->usb, l->out));
	return usb_clear_halt(l->usb, l->in);
}

static enum err usb_resync(void *link, int quiet_ms, bool is_stalled)
{
	struct usb_link *l = link;
	size_t room = MAX(in_size(l, 0), (size_t)1024), got;
	uint8_t *rubbish = xcalloc(1, room);
	enum err rc = OK;

	usb_cancel(l->usb, l->out);
	usb_cancel(l->usb, l->in);
	error_clear();
	if (is_stalled)
		rc = clear_halts(l);
	for (unsigned i = 0; i < STALE_PACKETS && rc == OK; i++) {
		rc = usb_post_in(l->usb, l->in, room / l->endpoint_size * l->endpoint_size);
		if (rc == OK)
			rc = usb_take_in(l->usb, l->in, rubbish, room, &got, quiet_ms);
		if (rc == OK)
			log_debug("CMSIS-DAP: read away a stale answer of %zu bytes", got);
		if (rc == ERR_ADAPTER_STALL) {
			error_clear();
			rc = usb_clear_halt(l->usb, l->in);
		}
	}
	free(rubbish);
	if (rc != ERR_TIMEOUT)
		return rc;
	error_clear();
	usb_cancel(l->usb, l->in);
	return OK;
}

static struct usb *usb_of(void *link)
{
	return ((struct usb_link *)link)->usb;
}

const struct cmsis_transport cmsis_dap_usb = {
	.name = "usb_bulk",
	.open = usb_open_link,
	.close = usb_close_link,
	.send = usb_send_packets,
	.receive = usb_receive_packet,
	.is_ready = usb_has_answer,
	.usable = usb_usable,
	.set_packet_size = usb_set_packet_size,
	.resync = usb_resync,
	.usb = usb_of,
};
