/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asynchronous bulk and interrupt transfers: post, take, cancel, streams. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "adapter/usb_priv.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/log.h"

#define CANCEL_PATIENCE_MS 2000u	/* for libusb to give cancelled transfers back */
#define END_PATIENCE_NS	   200000000u	/* for an answer, once the daemon is to end */

static bool is_in(uint8_t endpoint)
{
	return endpoint & LIBUSB_ENDPOINT_IN;
}

static void describe_endpoint(const struct usb *usb, struct usb_pipe *pipe)
{
	for (unsigned i = 0; i < usb->device->interface_count; i++) {
		const struct usb_interface *interface = &usb->device->interfaces[i];

		for (unsigned j = 0; j < interface->endpoint_count; j++) {
			if (interface->endpoints[j].address != pipe->endpoint)
				continue;
			pipe->type = interface->endpoints[j].type;
			pipe->max_packet = interface->endpoints[j].max_packet;
			return;
		}
	}
}

static struct usb_pipe *find_pipe(const struct usb *usb, uint8_t endpoint)
{
	for (struct usb_pipe *pipe = usb->pipes; pipe != NULL; pipe = pipe->next)
		if (pipe->endpoint == endpoint)
			return pipe;
	return NULL;
}

static struct usb_pipe *get_pipe(struct usb *usb, uint8_t endpoint)
{
	struct usb_pipe *pipe = find_pipe(usb, endpoint);

	if (pipe != NULL)
		return pipe;
	pipe = xcalloc(1, sizeof(*pipe));
	*pipe = (struct usb_pipe){ .endpoint = endpoint, .type = LIBUSB_TRANSFER_TYPE_BULK,
				   .next = usb->pipes };
	describe_endpoint(usb, pipe);
	usb->pipes = pipe;
	return pipe;
}

static void append(struct usb_pipe *pipe, struct usb_slot *slot)
{
	slot->next = NULL;
	if (pipe->last != NULL)
		pipe->last->next = slot;
	else
		pipe->first = slot;
	pipe->last = slot;
	pipe->count++;
}

static void take_out(struct usb_pipe *pipe, const struct usb_slot *slot)
{
	struct usb_slot *before = NULL;

	for (struct usb_slot *s = pipe->first; s != slot; s = s->next)
		before = s;
	if (before != NULL)
		before->next = slot->next;
	else
		pipe->first = slot->next;
	if (pipe->last == slot)
		pipe->last = before;
	pipe->count--;
}

static void recycle(struct usb_slot *slot)
{
	slot->next = slot->usb->spare;
	slot->usb->spare = slot;
}

static struct usb_slot *new_slot(struct usb *usb, size_t n)
{
	struct usb_slot *slot = usb->spare;

	if (slot != NULL) {
		usb->spare = slot->next;
	} else {
		slot = xcalloc(1, sizeof(*slot));
		slot->usb = usb;
		slot->transfer = libusb_alloc_transfer(0);
		if (slot->transfer == NULL)
			abort();	/* out of memory, as xcalloc() would end it */
	}
	if (slot->capacity < n || slot->data == NULL) {
		slot->capacity = MAX(n, (size_t)512);
		slot->data = xrealloc(slot->data, slot->capacity);
	}
	slot->is_abandoned = false;
	return slot;
}

static void free_slot(struct usb_slot *slot)
{
	libusb_free_transfer(slot->transfer);
	free(slot->data);
	free(slot);
}

/* Inside libusb's event handling: notes, no more. */
static void LIBUSB_CALL ended(struct libusb_transfer *transfer)
{
	struct usb_slot *slot = transfer->user_data;
	struct usb *usb = slot->usb;

	slot->is_done = 1;
	usb->in_flight--;
	if (usb->in_flight == 0)
		usb_events_watch_transfers(&usb->events, false);
	if (transfer->status == LIBUSB_TRANSFER_NO_DEVICE)
		usb->is_lost = true;
	if (!is_in(transfer->endpoint)) {
		usb->outs_in_flight--;
		if (transfer->status != LIBUSB_TRANSFER_COMPLETED &&
		    transfer->status != LIBUSB_TRANSFER_CANCELLED && usb->out_failed == 0) {
			usb->out_failed = transfer->status;
			usb->out_failed_endpoint = transfer->endpoint;
		}
		if (!slot->is_abandoned)
			take_out(slot->pipe, slot);
		recycle(slot);
	} else if (slot->is_abandoned) {
		recycle(slot);
	}
}

static enum err fail_status(struct usb *usb, int status, uint8_t endpoint)
{
	static const int codes[] = {	/* by enum libusb_transfer_status */
		0, LIBUSB_ERROR_IO, LIBUSB_ERROR_TIMEOUT, LIBUSB_ERROR_INTERRUPTED,
		LIBUSB_ERROR_PIPE, LIBUSB_ERROR_NO_DEVICE, LIBUSB_ERROR_OVERFLOW,
	};
	char what[48];

	snprintf(what, sizeof(what), "%s endpoint 0x%02x", is_in(endpoint) ? "reading" : "writing",
		 endpoint);
	return usb_fail_code(usb, codes[status], what);
}

/* What a call meets before it does anything of its own. */
static enum err earlier_failure(struct usb *usb)
{
	int status = usb->out_failed;

	usb->out_failed = 0;
	if (usb->is_lost)
		return usb_fail_lost(usb);
	return status == 0 ? OK : fail_status(usb, status, usb->out_failed_endpoint);
}

static enum err submit(struct usb *usb, struct usb_pipe *pipe, struct usb_slot *slot, size_t n,
		       bool zlp)
{
	struct libusb_transfer *t = slot->transfer;
	int code;

	/* No time limit of libusb's: who waits has one, and a late answer must not be cut in two. */
	libusb_fill_bulk_transfer(t, usb->handle, pipe->endpoint, slot->data, (int)n, ended, slot, 0);
	t->type = pipe->type == LIBUSB_TRANSFER_TYPE_INTERRUPT ? LIBUSB_TRANSFER_TYPE_INTERRUPT
							       : LIBUSB_TRANSFER_TYPE_BULK;
	t->flags = zlp ? LIBUSB_TRANSFER_ADD_ZERO_PACKET : 0;
	slot->pipe = pipe;
	slot->is_done = 0;
	code = libusb_submit_transfer(t);
	if (code != 0) {
		recycle(slot);
		return usb_fail_code(usb, code, is_in(pipe->endpoint) ? "asking for data"
								      : "sending data");
	}
	append(pipe, slot);
	usb->in_flight++;
	usb->outs_in_flight += !is_in(pipe->endpoint);
	if (usb->in_flight == 1)
		usb_events_watch_transfers(&usb->events, true);
	return OK;
}

enum err usb_post_out(struct usb *usb, uint8_t endpoint, const uint8_t *data, size_t n, bool zlp)
{
	struct usb_pipe *pipe = get_pipe(usb, endpoint);
	struct usb_slot *slot;

	TRY(earlier_failure(usb));
	slot = new_slot(usb, n);
	if (n > 0)
		memcpy(slot->data, data, n);
	zlp = zlp && pipe->max_packet > 0 && n > 0 && n % pipe->max_packet == 0;
	return submit(usb, pipe, slot, n, zlp);
}

enum err usb_post_in(struct usb *usb, uint8_t endpoint, size_t n)
{
	TRY(earlier_failure(usb));
	return submit(usb, get_pipe(usb, endpoint), new_slot(usb, n), n, false);
}

/* One turn of libusb's event handling, up to `us`; then what the callbacks noted. */
static void handle_events(struct usb *usb, uint64_t us, int *completed)
{
	struct timeval limit = { .tv_sec = (time_t)(us / 1000000),
				 .tv_usec = (suseconds_t)(us % 1000000) };

	libusb_handle_events_timeout_completed(usb->events.libusb, &limit, completed);
	usb_run_streams(usb);
}

/* A hung probe must not hold up the end of the daemon: its timeout may be long, and there are several
 * until it is given up. The signal that asks for the end interrupts the wait. */
static uint64_t patience_ns(const struct usb *usb, uint64_t limit_ns)
{
	return loop_is_ending(usb->events.loop) ? MIN(limit_ns, (uint64_t)END_PATIENCE_NS) : limit_ns;
}

static enum err wait_done(struct usb *usb, struct usb_slot *slot, int timeout_ms)
{
	uint64_t limit_ns = timeout_ms < 0 ? UINT64_MAX / 2 : (uint64_t)timeout_ms * 1000000;
	uint64_t start = clock_now_ns(), age = 0;

	for (;;) {
		if (slot->is_done)
			return OK;
		TRY(earlier_failure(usb));
		age = clock_now_ns() - start;
		limit_ns = patience_ns(usb, limit_ns);
		if (age >= limit_ns)
			return error_why(ERR_TIMEOUT, "no answer from %s within %d ms",
					 usb->device->product ? usb->device->product : "the probe",
					 timeout_ms);
		handle_events(usb, MIN((limit_ns - age) / 1000 + 1, (uint64_t)1000000),
			      &slot->is_done);
	}
}

enum err usb_take_in(struct usb *usb, uint8_t endpoint, uint8_t *data, size_t size, size_t *got,
		     int timeout_ms)
{
	struct usb_pipe *pipe = find_pipe(usb, endpoint);
	struct usb_slot *slot = pipe != NULL ? pipe->first : NULL;
	size_t n;
	int status;

	*got = 0;
	if (slot == NULL || pipe->stream != NULL) {
		TRY(earlier_failure(usb));
		return error_why(ERR_INTERNAL, "nothing was asked for on endpoint 0x%02x", endpoint);
	}
	TRY(wait_done(usb, slot, timeout_ms));
	n = (size_t)slot->transfer->actual_length;
	status = slot->transfer->status;
	if (n > 0 && data != NULL)
		memcpy(data, slot->data, MIN(n, size));
	take_out(pipe, slot);
	recycle(slot);
	if (status != LIBUSB_TRANSFER_COMPLETED)
		return fail_status(usb, status, endpoint);
	if (n > size)
		return error_why(ERR_ADAPTER_PROTOCOL, "%zu bytes came where at most %zu can be", n,
				 size);
	*got = n;
	return OK;
}

bool usb_is_ready(struct usb *usb, uint8_t endpoint)
{
	const struct usb_pipe *pipe = find_pipe(usb, endpoint);

	if (pipe == NULL || pipe->first == NULL)
		return false;
	if (!pipe->first->is_done)
		handle_events(usb, 0, &pipe->first->is_done);
	return usb->is_lost || pipe->first == NULL || pipe->first->is_done;
}

unsigned usb_posted(const struct usb *usb, uint8_t endpoint)
{
	const struct usb_pipe *pipe = find_pipe(usb, endpoint);

	return pipe != NULL ? pipe->count : 0;
}

enum err usb_flush_out(struct usb *usb, int timeout_ms)
{
	uint64_t start = clock_now_ns(), limit_ns = (uint64_t)MAX(timeout_ms, 0) * 1000000, age;

	while (usb->outs_in_flight > 0 && !usb->is_lost) {
		age = clock_now_ns() - start;
		limit_ns = patience_ns(usb, limit_ns);
		if (age >= limit_ns)
			return error_why(ERR_TIMEOUT, "%s did not accept data within %d ms",
					 usb->device->product ? usb->device->product : "the probe",
					 timeout_ms);
		handle_events(usb, (limit_ns - age) / 1000 + 1, NULL);
	}
	return earlier_failure(usb);
}

static bool has_unfinished(const struct usb_pipe *pipe)
{
	for (const struct usb_slot *slot = pipe->first; slot != NULL; slot = slot->next)
		if (!slot->is_done)
			return true;
	return false;
}

/* Cancelling is a request: each transfer still ends by its callback. */
static void ask_to_cancel(struct usb_pipe *pipe)
{
	pipe->stream = NULL;
	for (struct usb_slot *slot = pipe->first; slot != NULL; slot = slot->next)
		if (!slot->is_done)
			libusb_cancel_transfer(slot->transfer);
}

/* Forgets what is on the list: libusb has given it back, or will, to nobody. */
static void abandon(struct usb_pipe *pipe)
{
	while (pipe->first != NULL) {
		struct usb_slot *slot = pipe->first;

		take_out(pipe, slot);
		if (slot->is_done)
			recycle(slot);
		else
			slot->is_abandoned = true;
	}
}

static void cancel_pipe(struct usb *usb, struct usb_pipe *pipe)
{
	uint64_t deadline = clock_now_ms() + CANCEL_PATIENCE_MS;
	struct timeval pause;

	ask_to_cancel(pipe);
	while (has_unfinished(pipe) && clock_now_ms() < deadline) {
		pause = (struct timeval){ .tv_usec = 100000 };
		libusb_handle_events_timeout_completed(usb->events.libusb, &pause, NULL);
	}
	abandon(pipe);
}

void usb_cancel(struct usb *usb, uint8_t endpoint)
{
	struct usb_pipe *pipe = find_pipe(usb, endpoint);

	if (pipe != NULL)
		cancel_pipe(usb, pipe);
	if (!is_in(endpoint) && usb->out_failed_endpoint == endpoint)
		usb->out_failed = 0;
	usb_run_streams(usb);
}

void usb_cancel_all(struct usb *usb)
{
	uint64_t deadline = clock_now_ms() + CANCEL_PATIENCE_MS;

	for (struct usb_pipe *pipe = usb->pipes; pipe != NULL; pipe = pipe->next)
		ask_to_cancel(pipe);
	for (struct usb_pipe *pipe = usb->pipes; pipe != NULL; pipe = pipe->next)
		cancel_pipe(usb, pipe);
	/* What was abandoned earlier is on no list any more. */
	while (usb->in_flight > 0 && clock_now_ms() < deadline) {
		struct timeval pause = { .tv_usec = 100000 };

		libusb_handle_events_timeout_completed(usb->events.libusb, &pause, NULL);
	}
	while (usb->spare != NULL) {
		struct usb_slot *slot = usb->spare;

		usb->spare = slot->next;
		free_slot(slot);
	}
	while (usb->in_flight == 0 && usb->pipes != NULL) {
		struct usb_pipe *pipe = usb->pipes;

		usb->pipes = pipe->next;
		free(pipe);
	}
}

enum err usb_clear_halt(struct usb *usb, uint8_t endpoint)
{
	int code;

	usb_cancel(usb, endpoint);
	TRY(earlier_failure(usb));
	code = libusb_clear_halt(usb->handle, endpoint);
	return code == 0 ? OK : usb_fail_code(usb, code, "clearing the halted endpoint");
}

enum err usb_transact(struct usb *usb, uint8_t out, const uint8_t *request, size_t n, uint8_t in,
		      uint8_t *data, size_t size, size_t *got, int timeout_ms)
{
	const struct usb_pipe *pipe = get_pipe(usb, in);
	size_t packet = MAX(pipe->max_packet, 1), room = (size + packet - 1) / packet * packet;
	enum err rc;

	*got = 0;
	TRY(usb_post_out(usb, out, request, n, false));
	rc = usb_post_in(usb, in, room);
	if (rc == OK)
		rc = usb_take_in(usb, in, data, size, got, timeout_ms);
	if (rc == OK)
		return OK;
	/* What is left would answer the next request. */
	struct error error;

	error_take(&error);
	usb_cancel(usb, in);
	usb_cancel(usb, out);
	error_put(&error);
	return rc;
}

static void end_stream(struct usb_pipe *pipe)
{
	usb_stream_fn fn = pipe->stream;

	if (fn == NULL)
		return;
	ask_to_cancel(pipe);
	abandon(pipe);
	fn(pipe->stream_ctx, NULL, 0);
}

static void run_stream(struct usb *usb, struct usb_pipe *pipe)
{
	while (pipe->stream != NULL && pipe->first != NULL && pipe->first->is_done) {
		struct usb_slot *slot = pipe->first;
		struct libusb_transfer *t = slot->transfer;
		size_t size = (size_t)t->length;

		take_out(pipe, slot);
		if (t->status != LIBUSB_TRANSFER_COMPLETED) {
			recycle(slot);
			end_stream(pipe);
			return;
		}
		if (t->actual_length > 0)
			pipe->stream(pipe->stream_ctx, slot->data, (size_t)t->actual_length);
		if (pipe->stream == NULL || usb->is_lost) {
			recycle(slot);
		} else if (submit(usb, pipe, slot, size, false) != OK) {
			error_clear();
			end_stream(pipe);
		}
	}
	if (usb->is_lost)
		end_stream(pipe);
}

void usb_run_streams(struct usb *usb)
{
	for (struct usb_pipe *pipe = usb->pipes; pipe != NULL; pipe = pipe->next) {
		if (pipe->stream == NULL || pipe->is_streaming)
			continue;
		pipe->is_streaming = true;
		run_stream(usb, pipe);
		pipe->is_streaming = false;
	}
}

enum err usb_stream_in(struct usb *usb, uint8_t endpoint, size_t n, unsigned depth,
		       usb_stream_fn fn, void *ctx)
{
	struct usb_pipe *pipe = get_pipe(usb, endpoint);

	TRY(earlier_failure(usb));
	usb_cancel(usb, endpoint);
	for (unsigned i = 0; i < depth; i++) {
		enum err rc = submit(usb, pipe, new_slot(usb, n), n, false);

		if (rc != OK) {
			usb_cancel(usb, endpoint);
			return rc;
		}
	}
	pipe->stream = fn;
	pipe->stream_ctx = ctx;
	return OK;
}
