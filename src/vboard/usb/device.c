/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/usb/device.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

/* --- Time --- */

/* Before the host does something: what the board's clock moved since (the pace of the wall clock, the
 * control port, another door) has passed for the host as well. */
static void enter(struct vb_usb_device *d)
{
	vb_pace_catch_up(d->pace);
	vb_link_sync(d->board->link);
	d->time.host_ns += vb_clock_now(d->board->clock) - d->seen_ns;
	d->seen_ns = vb_clock_now(d->board->clock);
}

static void leave(struct vb_usb_device *d)
{
	vb_link_sync(d->board->link);
	d->seen_ns = vb_clock_now(d->board->clock);
	vb_pace_mark(d->pace);
}

/* After everything else: nothing of the device may be in use any more. */
static void leave_bus(struct vb_usb_device *d)
{
	bool comes_back = d->is_returning;

	if (!d->is_leaving)
		return;
	d->is_leaving = d->is_returning = false;
	if (d->on_leaving != NULL)
		d->on_leaving(d, comes_back);
	else
		vb_usb_detach(d);
}

static void clock_to(struct vb_usb_device *d, uint64_t ns)
{
	uint64_t now_ns;

	vb_link_sync(d->board->link);
	now_ns = vb_clock_now(d->board->clock);
	if (ns > now_ns)
		vb_clock_advance(d->board->clock, ns - now_ns);
}

/* --- Endpoints --- */

struct vb_endpoint *vb_usb_endpoint(struct vb_usb_device *d, uint8_t address)
{
	for (size_t i = 0; i < d->endpoint_count; i++)
		if (d->endpoints[i].address == address)
			return &d->endpoints[i];
	return NULL;
}

static bool is_in(uint8_t address)
{
	return address & 0x80;
}

static void drop_queue(struct vb_endpoint *ep)
{
	while (ep->queue != NULL) {
		struct vb_packet *p = ep->queue;

		ep->queue = p->next;
		free(p);
	}
	ep->queue_end = &ep->queue;
	ep->queued_bytes = 0;
}

/* Takes the transfer out of its endpoint's list and tells its owner. */
static void finish(struct vb_endpoint *ep, struct vb_transfer *t, int status, uint64_t complete_ns)
{
	for (struct vb_transfer **p = &ep->pending; *p != NULL; p = &(*p)->next) {
		if (*p != t)
			continue;
		*p = t->next;
		if (*p == NULL)
			ep->pending_end = p;
		break;
	}
	loop_remove_timer(ep->device->loop, ep->starving);
	ep->starving = NULL;
	t->next = NULL;
	t->status = status;
	t->complete_ns = complete_ns;
	if (!t->is_timeless)
		ep->device->last_complete_ns = MAX(ep->device->last_complete_ns, complete_ns);
	t->done(t);
}

static void finish_all(struct vb_endpoint *ep, int status)
{
	while (ep->pending != NULL)
		finish(ep, ep->pending, status, ep->device->time.host_ns);
}

/* Start of the next packet of `n` bytes that could go at `from_ns`; its time on the bus. */
static uint64_t place(struct vb_endpoint *ep, uint64_t from_ns, size_t n, uint64_t *length_ns)
{
	struct vb_timeline *t = &ep->device->time;

	*length_ns = vb_timeline_packet_ns(t, n);
	if (ep->type == VB_INTERRUPT) {
		from_ns = (from_ns + ep->interval_ns - 1) / ep->interval_ns * ep->interval_ns;
		from_ns = MAX(from_ns, ep->frame_ns);
	}
	return vb_timeline_gap(t, from_ns, *length_ns);
}

static uint64_t occupy(struct vb_endpoint *ep, uint64_t start_ns, uint64_t length_ns)
{
	vb_timeline_take(&ep->device->time, start_ns, length_ns);
	ep->end_ns = start_ns + length_ns;
	if (ep->type == VB_INTERRUPT)
		ep->frame_ns = (start_ns / ep->interval_ns + 1) * ep->interval_ns;
	return ep->end_ns;
}

/* --- OUT --- */

/* What a packet takes in the device's buffer; without one there is room for one packet. */
static size_t buffer_cost(const struct vb_endpoint *ep, size_t n)
{
	return ep->device->model->out_buffer ? n : ep->size;
}

/* When the device's buffer has room for `n` more bytes. */
static uint64_t room_ns(struct vb_endpoint *ep, size_t n)
{
	size_t cap = MAX(ep->device->model->out_buffer, (size_t)ep->size);

	n = buffer_cost(ep, n);
	for (size_t i = ep->buffered_count; i-- > 0;) {
		n += ep->buffered[i].bytes;
		if (n > cap)
			return ep->buffered[i].taken_ns;
	}
	return 0;
}

static void note_buffered(struct vb_endpoint *ep, uint64_t arrival_ns, uint64_t taken_ns, size_t n)
{
	size_t gone = 0;

	while (gone < ep->buffered_count && ep->buffered[gone].taken_ns <= arrival_ns)
		gone++;
	if (gone > 0)
		memmove(ep->buffered, ep->buffered + gone,
			(ep->buffered_count - gone) * sizeof(*ep->buffered));
	ep->buffered_count -= gone;
	if (taken_ns <= arrival_ns)
		return;
	if (ep->buffered_count == ep->buffered_cap) {
		ep->buffered_cap = ep->buffered_cap ? 2 * ep->buffered_cap : 32;
		ep->buffered = xrealloc(ep->buffered, ep->buffered_cap * sizeof(*ep->buffered));
	}
	ep->buffered[ep->buffered_count++] =
		(struct vb_buffered){ taken_ns, buffer_cost(ep, n) };
}

static size_t out_packets(const struct vb_endpoint *ep, const struct vb_transfer *t)
{
	if (t->length == 0)
		return 1;
	return (t->length + ep->size - 1) / ep->size +
	       (t->wants_zero_packet && t->length % ep->size == 0);
}

/* --- Faults --- */

static void on_late(void *ctx)
{
	struct vb_endpoint *ep = ctx;

	ep->late = NULL;
	vb_usb_poke(ep->device);
}

/* Applies what hits the transfer that is about to begin. Returns true if its step is over with that. */
static bool apply_fault(struct vb_endpoint *ep, struct vb_transfer *t)
{
	struct vb_usb_device *d = ep->device;
	struct vb_fault f = vb_fault_next(&d->faults, ep->address, false);
	struct vb_packet *p = ep->queue;

	switch (f.kind) {
	case VB_FAULT_STALL:
		ep->is_halted = true;
		return true;
	case VB_FAULT_ERROR:
		finish(ep, t, -EPROTO, vb_timeline_complete(&d->time, t->submit_ns));
		return true;
	case VB_FAULT_SILENT:
		t->is_stuck = !is_in(ep->address);
		drop_queue(ep);
		return true;
	case VB_FAULT_UNPLUG:
	case VB_FAULT_RESET:
		d->is_leaving = true;
		d->is_returning = f.kind == VB_FAULT_RESET;
		return true;
	case VB_FAULT_LATE:
		ep->late = loop_add_timer(d->loop, f.argument, 0, on_late, ep);
		for (; p != NULL; p = p->next)
			p->ready_ns += f.argument * 1000000ull;
		return true;
	case VB_FAULT_SHORT:
		if (p != NULL) {
			ep->queued_bytes -= p->length - MIN(p->length, f.argument);
			p->length = MIN(p->length, f.argument);
		}
		return false;
	case VB_FAULT_FLIP:
		if (p != NULL && f.argument < p->length)
			p->data[f.argument] ^= 0xff;
		return false;
	default:
		return false;
	}
}

static bool offer(struct vb_endpoint *ep, const uint8_t *data, size_t n)
{
	struct vb_usb_device *d = ep->device;

	if (d->faults != NULL && vb_fault_next(&d->faults, ep->address, true).kind != VB_FAULT_NONE)
		return true;
	return d->model->out != NULL && d->model->out(d->priv, ep->address, data, n);
}

/* One packet from the host to the model. Returns whether something happened. */
static bool step_out(struct vb_endpoint *ep)
{
	struct vb_usb_device *d = ep->device;
	struct vb_transfer *t = ep->pending;
	uint64_t from_ns, start_ns, length_ns, taken_ns;
	size_t n;

	if (t == NULL || t->is_stuck || ep->is_refused || ep->late != NULL)
		return false;
	if (!t->is_begun) {
		t->is_begun = true;
		if (d->faults != NULL && apply_fault(ep, t))
			return true;
	}
	if (ep->is_halted) {
		finish(ep, t, -EPIPE, vb_timeline_complete(&d->time, t->submit_ns));
		return true;
	}
	n = MIN(t->length - t->actual, ep->size);
	from_ns = MAX(MAX(t->submit_ns, ep->end_ns), MAX(ep->retry_ns, room_ns(ep, n)));
	start_ns = place(ep, from_ns, n, &length_ns);
	if (ep->type == VB_BULK)
		start_ns = vb_timeline_end(&d->time, from_ns, length_ns) - length_ns;
	d->arrival_ns = start_ns + length_ns;
	clock_to(d, d->arrival_ns);
	taken_ns = vb_clock_now(d->board->clock);
	if (!offer(ep, t->data + t->actual, n)) {
		ep->is_refused = true;
		return false;
	}
	vb_link_sync(d->board->link);
	if (ep->type == VB_BULK) {
		vb_timeline_spread(&d->time, from_ns, length_ns);
		ep->end_ns = d->arrival_ns;
	} else {
		occupy(ep, start_ns, length_ns);
	}
	note_buffered(ep, ep->end_ns, taken_ns, n);
	d->count.out_packets++;
	d->count.out_bytes += n;
	t->actual += n;
	if (++t->packets == out_packets(ep, t))
		finish(ep, t, 0, vb_timeline_complete(&d->time, ep->end_ns));
	return true;
}

void vb_usb_resume(struct vb_usb_device *d, uint8_t endpoint)
{
	struct vb_endpoint *ep = vb_usb_endpoint(d, endpoint);

	if (ep == NULL || !ep->is_refused)
		return;
	ep->is_refused = false;
	ep->retry_ns = vb_clock_now(d->board->clock);
	if (!d->is_pumping)
		vb_usb_poke(d);
}

/* --- IN --- */

static void model_took(struct vb_endpoint *ep, uint64_t end_ns)
{
	struct vb_usb_device *d = ep->device;

	d->taken_ns = end_ns;
	if (d->model->taken != NULL)
		d->model->taken(d->priv, ep->address);
	for (size_t i = 0; i < d->endpoint_count; i++) {
		struct vb_endpoint *out = &d->endpoints[i];

		if (!out->is_refused)
			continue;
		out->is_refused = false;
		out->retry_ns = end_ns;
	}
}

/* The packet goes into the transfer; a packet that does not fit is babble, and is lost. */
static void deliver(struct vb_endpoint *ep, struct vb_transfer *t, const struct vb_packet *p)
{
	struct vb_usb_device *d = ep->device;
	size_t n = MIN(p->length, t->length - t->actual);
	uint64_t complete_ns = vb_timeline_complete(&d->time, ep->end_ns);

	if (n > 0)
		memcpy(t->data + t->actual, p->data, n);
	t->actual += n;
	t->packets++;
	t->is_timeless = p->is_idle && t->packets == 1;
	d->count.in_packets++;
	d->count.in_bytes += n;
	if (n < p->length)
		finish(ep, t, -EOVERFLOW, complete_ns);
	else if (p->length < ep->size || t->actual == t->length)
		finish(ep, t, 0, complete_ns);
}

static void arm_starving(struct vb_endpoint *ep);

/* One packet from the model to the host. */
static bool step_in(struct vb_endpoint *ep)
{
	struct vb_usb_device *d = ep->device;
	struct vb_transfer *t = ep->pending;
	struct vb_packet *p = ep->queue;
	uint64_t start_ns, length_ns;

	if (t == NULL || ep->late != NULL)
		return false;
	if (ep->is_halted) {
		finish(ep, t, -EPIPE, vb_timeline_complete(&d->time, t->submit_ns));
		return true;
	}
	if (p == NULL) {
		arm_starving(ep);
		return false;
	}
	if (!t->is_begun) {
		t->is_begun = true;
		if (d->faults != NULL && apply_fault(ep, t))
			return true;
	}
	start_ns = MAX(MAX(t->submit_ns, ep->end_ns), p->ready_ns);
	start_ns = place(ep, start_ns, p->length, &length_ns);
	ep->queue = p->next;
	if (ep->queue == NULL)
		ep->queue_end = &ep->queue;
	ep->queued_bytes -= p->length;
	if (!p->is_idle)
		occupy(ep, start_ns, length_ns);
	deliver(ep, t, p);
	free(p);
	model_took(ep, ep->end_ns);
	return true;
}

static void queue_packet(struct vb_endpoint *ep, const uint8_t *data, size_t n, uint64_t ready_ns)
{
	struct vb_packet *p = xcalloc(1, sizeof(*p) + n);

	p->ready_ns = ready_ns;
	p->is_idle = ep->device->is_idle_packet;
	p->length = n;
	if (n > 0)
		memcpy(p->data, data, n);
	*ep->queue_end = p;
	ep->queue_end = &p->next;
	ep->queued_bytes += n;
}

void vb_usb_send(struct vb_usb_device *d, uint8_t endpoint, const uint8_t *data, size_t n)
{
	struct vb_endpoint *ep = vb_usb_endpoint(d, endpoint);
	uint64_t ready_ns;

	if (ep == NULL || !d->is_plugged)
		return;
	/* Outside of our own calls the clock may be running: it must not be moved from in here. */
	if (d->is_pumping)
		vb_link_sync(d->board->link);
	ready_ns = MAX(vb_clock_now(d->board->clock), d->starved_ns);
	do {
		size_t step = MIN(n, ep->size);

		queue_packet(ep, data, step, ready_ns);
		data += step;
		n -= step;
	} while (n > 0);
	if (!d->is_pumping)
		vb_usb_poke(d);
}

void vb_usb_send_idle(struct vb_usb_device *d, uint8_t endpoint, const uint8_t *data, size_t n)
{
	d->is_idle_packet = true;
	vb_usb_send(d, endpoint, data, n);
	d->is_idle_packet = false;
}

size_t vb_usb_queued(const struct vb_usb_device *d, uint8_t endpoint)
{
	const struct vb_endpoint *ep = vb_usb_endpoint((struct vb_usb_device *)d, endpoint);

	return ep ? ep->queued_bytes : 0;
}

void vb_usb_drop_queued(struct vb_usb_device *d, uint8_t endpoint)
{
	struct vb_endpoint *ep = vb_usb_endpoint(d, endpoint);

	if (ep != NULL)
		drop_queue(ep);
}

void vb_usb_halt(struct vb_usb_device *d, uint8_t endpoint)
{
	struct vb_endpoint *ep = vb_usb_endpoint(d, endpoint);

	if (ep == NULL)
		return;
	ep->is_halted = true;
	ep->is_refused = false;
	if (!d->is_pumping)
		vb_usb_poke(d);
}

/* --- Moving packets --- */

static void pump(struct vb_usb_device *d)
{
	bool moved = true;

	if (d->is_pumping)
		return;
	d->is_pumping = true;
	while (moved && d->is_plugged && !d->is_leaving) {
		moved = false;
		for (size_t i = 0; i < d->endpoint_count; i++) {
			struct vb_endpoint *ep = &d->endpoints[i];

			moved |= is_in(ep->address) ? step_in(ep) : step_out(ep);
		}
	}
	d->is_pumping = false;
}

static void on_poke(void *ctx)
{
	struct vb_usb_device *d = ctx;

	d->poke = NULL;
	enter(d);
	pump(d);
	leave(d);
	leave_bus(d);
}

void vb_usb_poke(struct vb_usb_device *d)
{
	if (d->poke == NULL)
		d->poke = loop_add_timer(d->loop, 0, 0, on_poke, d);
}

static void on_starved(void *ctx)
{
	struct vb_endpoint *ep = ctx;
	struct vb_usb_device *d = ep->device;

	ep->starving = NULL;
	enter(d);
	d->starved_ns = ep->starve_from_ns;
	d->is_pumping = true;
	d->model->starved(d->priv, ep->address);
	d->is_pumping = false;
	d->starved_ns = 0;
	pump(d);
	leave(d);
	leave_bus(d);
}

static void arm_starving(struct vb_endpoint *ep)
{
	struct vb_usb_device *d = ep->device;
	unsigned ms;

	if (ep->starving != NULL || d->model->starve_ms == NULL)
		return;
	ms = d->model->starve_ms(d->priv, ep->address);
	if (ms == 0)
		return;
	ep->starve_from_ns = MAX(ep->pending->submit_ns, ep->end_ns) + ms * 1000000ull;
	ep->starving = loop_add_timer(d->loop, ms, 0, on_starved, ep);
}

/* --- Endpoint 0 --- */

static uint64_t stage(struct vb_usb_device *d, uint64_t from_ns, size_t n)
{
	uint64_t length_ns = vb_timeline_packet_ns(&d->time, n);
	uint64_t start_ns = vb_timeline_gap(&d->time, from_ns, length_ns);

	vb_timeline_take(&d->time, start_ns, length_ns);
	return start_ns + length_ns;
}

static uint64_t data_stage(struct vb_usb_device *d, uint64_t from_ns, size_t n)
{
	for (; n > 0; n -= MIN(n, CONTROL_PACKET))
		from_ns = stage(d, from_ns, MIN(n, CONTROL_PACKET));
	return from_ns;
}

/* Endpoint 0: a transfer is over within its submission, so it can fail or not be there, no more. */
static bool control_fault(struct vb_usb_device *d, struct vb_transfer *t)
{
	struct vb_fault f = vb_fault_next(&d->faults, t->data[0] & 0x80, false);

	if (f.kind == VB_FAULT_NONE)
		return false;
	d->is_leaving = f.kind == VB_FAULT_UNPLUG || f.kind == VB_FAULT_RESET;
	d->is_returning = f.kind == VB_FAULT_RESET;
	t->status = f.kind == VB_FAULT_STALL ? -EPIPE : d->is_leaving ? -ESHUTDOWN : -EPROTO;
	t->complete_ns = vb_timeline_complete(&d->time, t->submit_ns);
	t->done(t);
	return true;
}

static void run_control(struct vb_usb_device *d, struct vb_transfer *t)
{
	struct vb_usb_setup setup = { 0 };
	uint64_t end_ns;
	int n = -1;

	if (t->length >= 8)
		setup = (struct vb_usb_setup){ t->data[0], t->data[1], get_le16(t->data + 2),
					       get_le16(t->data + 4), get_le16(t->data + 6) };
	if (d->faults != NULL && control_fault(d, t))
		return;
	end_ns = stage(d, t->submit_ns, 8);
	if (!is_in(setup.type))
		end_ns = data_stage(d, end_ns, setup.length);
	clock_to(d, end_ns);
	d->is_pumping = true;
	if (t->length >= 8 && t->length - 8 >= setup.length)
		n = vb_usb_control_request(d, &setup, t->data + 8);
	d->is_pumping = false;
	vb_link_sync(d->board->link);
	end_ns = MAX(end_ns, vb_clock_now(d->board->clock));
	if (is_in(setup.type) && n > 0)
		end_ns = data_stage(d, end_ns, (size_t)n);
	end_ns = stage(d, end_ns, 0);
	t->actual = n < 0 ? 0 : is_in(setup.type) ? MIN((size_t)n, setup.length) : setup.length;
	t->status = n < 0 ? -EPIPE : 0;
	t->complete_ns = vb_timeline_complete(&d->time, end_ns);
	t->done(t);
}

void vb_usb_charge_control(struct vb_usb_device *d)
{
	uint64_t end_ns;

	enter(d);
	end_ns = stage(d, stage(d, vb_timeline_submit(&d->time, false), 8), 0);
	vb_timeline_reap(&d->time, vb_timeline_complete(&d->time, end_ns));
	leave(d);
}

/* --- The host's side --- */

/* Does the host still wait for something of the device? */
static bool is_in_flight(const struct vb_usb_device *d)
{
	if (d->last_complete_ns > d->time.host_ns)
		return true;
	for (size_t i = 0; i < d->endpoint_count; i++)
		if (d->endpoints[i].pending != NULL && !d->endpoints[i].pending->is_standing)
			return true;
	return false;
}

/* Control transfers are over when this returns. */
static void begin(struct vb_usb_device *d, struct vb_transfer *t)
{
	struct vb_endpoint *ep = vb_usb_endpoint(d, t->endpoint);

	t->next = NULL;
	t->actual = t->packets = 0;
	t->is_timeless = t->is_stuck = t->is_begun = false;
	t->submit_ns = t->is_standing ? 0 : vb_timeline_submit(&d->time, is_in_flight(d));
	d->count.urbs++;
	if (!d->is_plugged) {
		t->status = -ESHUTDOWN;
		t->complete_ns = d->time.host_ns;
		t->done(t);
	} else if (t->type == VB_CONTROL) {
		run_control(d, t);
	} else if (ep == NULL) {
		t->status = -ENOENT;
		t->complete_ns = d->time.host_ns;
		t->done(t);
	} else {
		*ep->pending_end = t;
		ep->pending_end = &t->next;
	}
}

void vb_usb_submit(struct vb_usb_device *d, struct vb_transfer *t)
{
	/* From done(), while packets move. */
	if (d->is_pumping) {
		begin(d, t);
		return;
	}
	enter(d);
	begin(d, t);
	pump(d);
	leave(d);
	leave_bus(d);
}

bool vb_usb_cancel(struct vb_usb_device *d, struct vb_transfer *t, int status)
{
	struct vb_endpoint *ep = vb_usb_endpoint(d, t->endpoint);

	if (ep == NULL || t->type == VB_CONTROL)
		return false;
	for (struct vb_transfer *p = ep->pending; p != NULL; p = p->next) {
		if (p != t)
			continue;
		if (d->is_pumping) {
			finish(ep, t, status, d->time.host_ns);
			return true;
		}
		enter(d);
		finish(ep, t, status, d->time.host_ns);
		pump(d);
		leave(d);
		if (d->is_leaving)
			vb_usb_poke(d);
		return true;
	}
	return false;
}

void vb_usb_reaped(struct vb_usb_device *d, const struct vb_transfer *t, bool is_more_to_come)
{
	bool is_wait = t->type == VB_CONTROL ? is_in(t->data[0]) : is_in(t->endpoint);

	if (!t->is_timeless)
		vb_timeline_reap(&d->time, t->complete_ns);
	if (is_wait && t->actual > 0 && !is_more_to_come)
		d->count.round_trips++;
}

void vb_usb_clear_halt(struct vb_usb_device *d, uint8_t endpoint)
{
	struct vb_endpoint *ep = vb_usb_endpoint(d, endpoint);

	if (ep == NULL)
		return;
	ep->is_halted = false;
	ep->is_refused = false;
	enter(d);
	pump(d);
	leave(d);
	leave_bus(d);
}

/* --- Life --- */

static void reset_endpoints(struct vb_usb_device *d)
{
	for (size_t i = 0; i < d->endpoint_count; i++) {
		struct vb_endpoint *ep = &d->endpoints[i];

		drop_queue(ep);
		ep->is_halted = ep->is_refused = false;
		loop_remove_timer(d->loop, ep->late);
		ep->late = NULL;
		ep->buffered_count = 0;
		ep->retry_ns = 0;
	}
}

void vb_usb_bus_reset(struct vb_usb_device *d)
{
	for (size_t i = 0; i < d->endpoint_count; i++)
		finish_all(&d->endpoints[i], -ESHUTDOWN);
	reset_endpoints(d);
	d->configuration = d->model->descriptors[18 + 5];
	memset(d->alternate, 0, sizeof(d->alternate));
	if (d->model->reset != NULL)
		d->model->reset(d->priv);
}

void vb_usb_attach(struct vb_usb_device *d)
{
	d->is_plugged = true;
	enter(d);
	vb_usb_bus_reset(d);
	leave(d);
}

void vb_usb_detach(struct vb_usb_device *d)
{
	d->is_plugged = false;
	for (size_t i = 0; i < d->endpoint_count; i++)
		finish_all(&d->endpoints[i], -ESHUTDOWN);
	reset_endpoints(d);
	/* A probe without power lets go of all its pins. */
	vb_link_drive(d->board->link, false);
	vb_link_trst(d->board->link, false);
	vb_board_set_nrst(d->board, false);
}

struct vb_board *vb_usb_board(struct vb_usb_device *d)
{
	return d->board;
}

const char *vb_usb_serial(const struct vb_usb_device *d)
{
	return d->serial;
}

uint64_t vb_usb_arrival_ns(const struct vb_usb_device *d)
{
	return d->arrival_ns;
}

uint64_t vb_usb_taken_ns(const struct vb_usb_device *d)
{
	return d->taken_ns;
}
