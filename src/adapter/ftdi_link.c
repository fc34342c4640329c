/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "adapter/ftdi_link.h"

#include <ftdi.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

#define CHUNK_BYTES   16384u	/* of commands: sent when so many have gathered */
#define MAX_IN_BYTES  16384u	/* of one IN */
#define LATENCY_MS    16u
#define ANSWER_MS     2000u	/* beyond the time the clocks take */
#define SYNC_MS	      500u
#define BAD_COMMAND   0xfau	/* AN_108 3.1: followed by the opcode */
#define SYNC_CODES    { 0xaa, 0xab }	/* no commands of any chip */
#define REQUEST_IN    0xc0u
#define GET_LATENCY   0x0au

/* --- Requests of libftdi1 --- */

/* libftdi says -1 and a sentence: whether the device is gone, the next request tells. */
static enum err check(struct ftdi_link *link, int code, const char *what)
{
	uint8_t latency;
	enum err rc;

	if (code >= 0)
		return OK;
	rc = usb_control(link->usb, REQUEST_IN, GET_LATENCY, 0, (uint16_t)link->ftdi->index,
			 &latency, 1, 1000, NULL);
	if (rc == ERR_ADAPTER_LOST)
		return rc;
	error_clear();
	return error_why(ERR_ADAPTER_PROTOCOL, "the %s refused to %s (%s)", link->chip->name, what,
			 ftdi_get_error_string(link->ftdi));
}

static enum err enter_mpsse(struct ftdi_link *link, bool through_reset)
{
	if (through_reset)
		TRY(check(link, ftdi_set_bitmode(link->ftdi, 0, BITMODE_RESET),
			  "leave its mode"));
	TRY(check(link, ftdi_set_bitmode(link->ftdi, MPSSE_TCK | MPSSE_TDI | MPSSE_TMS,
					 BITMODE_MPSSE), "enter MPSSE mode"));
	return check(link, ftdi_tcioflush(link->ftdi), "empty its FIFOs");
}

/* --- Answers --- */

static enum err post_in(struct ftdi_link *link, size_t packets)
{
	unsigned at = (link->first + link->posted_count) % ARRAY_SIZE(link->posted);
	size_t payload = packets * (link->packet - 2);

	TRY(usb_post_in(link->usb, link->in, packets * link->packet));
	link->posted[at] = payload;
	link->posted_count++;
	link->promised += payload;
	return OK;
}

/* INs for what is expected and not yet promised: whole packets, at the end also the last one. */
static enum err post_ins(struct ftdi_link *link, bool is_end)
{
	size_t payload = link->packet - 2, most = MAX_IN_BYTES / link->packet;

	while (link->promised < link->mpsse.expected &&
	       link->posted_count < ARRAY_SIZE(link->posted)) {
		size_t missing = link->mpsse.expected - link->promised;
		size_t packets = (missing + (is_end ? payload - 1 : 0)) / payload;

		if (packets == 0)
			break;
		TRY(post_in(link, MIN(packets, most)));
	}
	return OK;
}

/* The oldest IN, without its status bytes. ERR_TIMEOUT leaves it posted. */
static enum err take(struct ftdi_link *link, uint8_t *data, size_t *n, int timeout_ms)
{
	size_t got = 0;

	*n = 0;
	TRY(usb_take_in(link->usb, link->in, data, MAX_IN_BYTES, &got, timeout_ms));
	link->promised -= link->posted[link->first];
	link->first = (link->first + 1) % ARRAY_SIZE(link->posted);
	link->posted_count--;
	/* A high-speed chip behind a full-speed hub: its descriptors may still say 512, its packets
	 * are of 64 bytes. Bits 0 and 1 of the first status byte tell which. */
	if (got >= 2 && (data[0] & 3) == 1)
		link->packet = 64;
	*n = mpsse_strip_status(data, got, link->packet);
	return OK;
}

static enum err too_much(struct ftdi_link *link, const uint8_t *data, size_t n)
{
	error_why(ERR_ADAPTER_PROTOCOL, "the %s sent %zu bytes more than the commands ask for "
		  "(the first is 0x%02x)", link->chip->name, n, data[0]);
	return error_next(ERR_ADAPTER_PROTOCOL,
			  "check that no other program uses this chip and that the cable is good");
}

static enum err too_late(struct ftdi_link *link, uint64_t ms)
{
	error_why(ERR_ADAPTER_PROTOCOL,
		  "%zu of the %s's answer bytes did not come within %u ms", link->mpsse.expected,
		  link->chip->name, (unsigned)ms);
	return error_next(ERR_ADAPTER_PROTOCOL, "plug the probe in again, then run "
						"\"adapter reconnect\"");
}

static enum err collect(struct ftdi_link *link)
{
	struct mpsse *m = &link->mpsse;
	uint64_t limit_ms = ANSWER_MS + (uint64_t)(2000.0 * (double)m->clocks / link->clock.hz);
	uint64_t last_ms = clock_now_ms(), age;
	uint8_t data[MAX_IN_BYTES];
	size_t n, used;

	while (m->expected > 0) {
		TRY(post_ins(link, true));
		age = clock_now_ms() - last_ms;
		if (age >= limit_ms)
			return too_late(link, limit_ms);
		enum err rc = take(link, data, &n, (int)(limit_ms - age));

		if (rc == ERR_TIMEOUT)
			return too_late(link, limit_ms);
		TRY(rc);
		used = mpsse_feed(m, data, n);
		if (used < n)
			return too_much(link, data + used, n - used);
		if (n > 0)
			last_ms = clock_now_ms();
	}
	m->clocks = 0;
	return OK;
}

/* --- Synchronisation --- */

static void drop_transfers(struct ftdi_link *link)
{
	usb_cancel(link->usb, link->in);
	usb_cancel(link->usb, link->out);
	link->posted_count = 0;
	link->promised = 0;
}

/* Sends what has gathered and an opcode that no chip knows, and reads up to its echo. `seen` gets all
 * that came. */
static enum err await_echo(struct ftdi_link *link, uint8_t code, struct buf *seen)
{
	uint64_t start = clock_now_ms(), age;
	uint8_t data[MAX_IN_BYTES];
	size_t n;

	buf_append(&link->mpsse.out, (const uint8_t[]){ code }, 1);
	mpsse_finish(&link->mpsse, true);
	TRY(post_in(link, 1));
	TRY(usb_post_out(link->usb, link->out, link->mpsse.out.data, link->mpsse.out.len, false));
	buf_clear(&link->mpsse.out);
	while ((age = clock_now_ms() - start) < SYNC_MS) {
		if (link->posted_count == 0)
			TRY(post_in(link, 1));
		enum err rc = take(link, data, &n, (int)(SYNC_MS - age));

		if (rc == ERR_TIMEOUT)
			break;
		TRY(rc);
		buf_append(seen, data, n);
		if (seen->len >= 2 && seen->data[seen->len - 2] == BAD_COMMAND &&
		    seen->data[seen->len - 1] == code)
			return OK;
	}
	return error_why(ERR_TIMEOUT, "no echo of 0x%02x", code);
}

/* Two different codes: an old echo cannot pass for a new one. */
static enum err synchronise(struct ftdi_link *link)
{
	static const uint8_t codes[] = SYNC_CODES;
	struct buf seen = { 0 };
	enum err rc = OK;

	mpsse_forget(&link->mpsse);
	for (size_t i = 0; i < ARRAY_SIZE(codes) && rc == OK; i++) {
		buf_clear(&seen);
		rc = await_echo(link, codes[i], &seen);
	}
	buf_free(&seen);
	if (rc != OK)
		drop_transfers(link);
	return rc;
}

static enum err bad_commands(struct ftdi_link *link, const struct buf *seen)
{
	if (seen->len >= 4 && seen->data[0] == BAD_COMMAND) {
		error_why(ERR_ADAPTER_PROTOCOL,
			  "the chip says that it does not know MPSSE command 0x%02x, which every %s "
			  "knows", seen->data[1], link->chip->name);
		return error_next(ERR_ADAPTER_PROTOCOL,
				  "it may be a clone, or its USB descriptors may be wrong");
	}
	error_why(ERR_ADAPTER_PROTOCOL, "the %s sent %zu bytes that nobody asked for",
		  link->chip->name, seen->len - 2);
	return error_next(ERR_ADAPTER_PROTOCOL, "plug the probe in again");
}

/* The state of the engine that pins do not show. A command that is echoed as bad is found here. */
static enum err set_up(struct ftdi_link *link)
{
	static const uint8_t codes[] = SYNC_CODES;
	struct buf seen = { 0 };
	enum err rc;

	mpsse_forget(&link->mpsse);
	mpsse_put_clock(&link->mpsse, &link->clock);
	mpsse_put_defaults(&link->mpsse);
	rc = await_echo(link, codes[0], &seen);
	if (rc == OK && seen.len > 2)
		rc = bad_commands(link, &seen);
	buf_free(&seen);
	return rc;
}

static enum err try_engine(struct ftdi_link *link, bool through_reset)
{
	TRY(enter_mpsse(link, through_reset));
	TRY(synchronise(link));
	return set_up(link);
}

/* Gets in step with an engine in any state: in the middle of a command, or waiting for a pin. */
static enum err start_engine(struct ftdi_link *link)
{
	enum err rc = try_engine(link, false);

	if (rc == ERR_TIMEOUT) {
		log_debug("%s: no answer to the synchronisation, trying again through a reset of its "
			  "mode", link->chip->name);
		drop_transfers(link);
		rc = try_engine(link, true);
	}
	if (rc == ERR_TIMEOUT) {
		drop_transfers(link);
		error_why(ERR_ADAPTER_PROTOCOL,
			  "the MPSSE engine of the %s does not answer on channel %c",
			  link->chip->name, 'A' + link->ftdi->index - 1);
		return error_next(ERR_ADAPTER_PROTOCOL,
				  "check \"ftdi channel\", plug the probe in again");
	}
	return rc;
}

static enum err clear_halts(struct ftdi_link *link)
{
	TRY(usb_clear_halt(link->usb, link->in));
	return usb_clear_halt(link->usb, link->out);
}

/* After a failure: the next flush finds the engine in step, or the device gone. */
static enum err recover(struct ftdi_link *link, enum err rc)
{
	struct error first;

	error_take(&first);
	drop_transfers(link);
	mpsse_forget(&link->mpsse);
	if (!usb_is_lost(link->usb) && rc != ERR_ADAPTER_LOST) {
		enum err again = clear_halts(link);

		if (again == OK)
			again = start_engine(link);
		if (again == ERR_ADAPTER_LOST)
			return again;
		if (again != OK)
			log_warning("%s: not in step again: %s", link->chip->name,
				    error_text(error_current()));
		error_clear();
	}
	/* The caller's caller knows three things that can happen to a probe: this is the one. */
	if (rc == ERR_ADAPTER_STALL || rc == ERR_TIMEOUT)
		first.code = rc = ERR_ADAPTER_PROTOCOL;
	error_put(&first);
	if (first.next[0] == '\0')
		error_next(rc, "check the cable and the hub, plug the probe in again");
	return rc;
}

/* --- The way of the commands --- */

static enum err send(struct ftdi_link *link, bool is_end)
{
	struct buf *out = &link->mpsse.out;

	TRY(post_ins(link, is_end));
	if (out->len == 0)
		return OK;
	TRY(usb_post_out(link->usb, link->out, out->data, out->len, false));
	buf_clear(out);
	return OK;
}

void ftdi_link_pump(struct ftdi_link *link)
{
	if (link->mpsse.out.len < CHUNK_BYTES)
		return;
	if (link->rc == OK) {
		link->rc = send(link, false);
		if (link->rc != OK)
			error_take(&link->failure);
	}
	buf_clear(&link->mpsse.out);
}

enum err ftdi_link_flush(struct ftdi_link *link)
{
	enum err rc = link->rc;

	link->rc = OK;
	if (rc != OK) {
		error_put(&link->failure);
	} else {
		mpsse_finish(&link->mpsse, link->mpsse.expected > 0);
		rc = send(link, true);
		if (rc == OK)
			rc = collect(link);
	}
	return rc == OK ? OK : recover(link, rc);
}

void ftdi_link_set_clock(struct ftdi_link *link, double hz)
{
	link->clock = mpsse_find_clock(link->chip->is_h, hz);
	mpsse_put_clock(&link->mpsse, &link->clock);
}

/* --- Opening --- */

static enum err check_chip(const struct usb_device *device, unsigned channel,
			   const struct mpsse_chip **chip)
{
	*chip = mpsse_find_chip(device->bcd_device);
	if (*chip == NULL)
		return error_why(ERR_UNSUPPORTED, "%04x:%04x (release %x.%02x) is no FTDI chip with "
				 "an MPSSE engine", device->vid, device->pid,
				 device->bcd_device >> 8, device->bcd_device & 0xff);
	if ((*chip)->channels == 0)
		return error_why(ERR_UNSUPPORTED, "the %s has no MPSSE engine: it cannot debug",
				 (*chip)->name);
	if (channel < (*chip)->channels)
		return OK;
	error_why(ERR_UNSUPPORTED, "channel %c of the %s has no MPSSE engine", 'A' + (int)channel,
		  (*chip)->name);
	return error_next(ERR_UNSUPPORTED, "choose another with \"ftdi channel\" (0 is A)");
}

static void find_endpoints(struct ftdi_link *link, const struct usb_device *device, unsigned channel)
{
	link->in = (uint8_t)(0x81 + 2 * channel);
	link->out = (uint8_t)(0x02 + 2 * channel);
	link->packet = device->speed == USB_SPEED_FULL ? 64 : 512;
	for (unsigned i = 0; i < device->interface_count; i++)
		for (unsigned j = 0; j < device->interfaces[i].endpoint_count; j++)
			if (device->interfaces[i].endpoints[j].address == link->in)
				link->packet = MIN(link->packet,
						   device->interfaces[i].endpoints[j].max_packet);
	if (link->packet < 8)
		link->packet = 64;
}

static enum err open_engine(struct ftdi_link *link, unsigned channel)
{
	TRY(usb_claim(link->usb, channel));
	link->ftdi = ftdi_new();
	if (link->ftdi == NULL)
		return error_why(ERR_NO_MEMORY, "libftdi1 could not be started");
	if (ftdi_set_interface(link->ftdi, (enum ftdi_interface)(INTERFACE_A + channel)) != 0)
		return error_why(ERR_INTERNAL, "libftdi1 knows no channel %u", channel);
	ftdi_set_usbdev(link->ftdi, usb_handle(link->usb));
	TRY(check(link, ftdi_usb_reset(link->ftdi), "reset"));
	TRY(check(link, ftdi_set_latency_timer(link->ftdi, LATENCY_MS), "set its latency timer"));
	return start_engine(link);
}

enum err ftdi_link_open(struct loop *loop, const struct usb_device *device, unsigned channel,
			struct ftdi_link *link)
{
	enum err rc;

	*link = (struct ftdi_link){ 0 };
	TRY(check_chip(device, channel, &link->chip));
	link->mpsse.chip = link->chip;
	link->clock = mpsse_find_clock(link->chip->is_h, 1e6);
	find_endpoints(link, device, channel);
	TRY(usb_open(loop, device, &link->usb));
	rc = open_engine(link, channel);
	if (rc != OK) {
		struct error error;

		error_take(&error);
		ftdi_link_close(link);
		error_put(&error);
	}
	return rc;
}

void ftdi_link_close(struct ftdi_link *link)
{
	if (link->ftdi != NULL) {
		ftdi_set_usbdev(link->ftdi, NULL);	/* the handle is usb.c's to close */
		ftdi_free(link->ftdi);
	}
	usb_close(link->usb);
	mpsse_free(&link->mpsse);
	*link = (struct ftdi_link){ 0 };
}
