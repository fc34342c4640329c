/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/core/swd.h"

#include "base/bytes.h"

#define LINE_RESET_ONES	 50u
#define IDLE_AFTER_RESET 2u
#define DATA_BITS	 33u	/* 32 and the parity */
/* The AP does a write on the clocks behind it: 8 idle ones, or the next header (IHI 0031 B4.1.1). */
#define WRITE_EDGES	 8u

void vb_swd_init(struct vb_swd *swd, struct vb_dp *dp, void (*sync)(void *ctx), void *ctx)
{
	*swd = (struct vb_swd){ .dp = dp, .sync = sync, .ctx = ctx };
	vb_swd_select(swd);
}

static void release(struct vb_swd *swd)
{
	swd->is_driving = false;
	swd->out = true;
}

static void enter(struct vb_swd *swd, enum vb_swd_phase phase, unsigned clocks)
{
	swd->phase = phase;
	swd->left = clocks;
}

void vb_swd_select(struct vb_swd *swd)
{
	release(swd);
	enter(swd, VB_SWD_IDLE, 0);
	swd->state = VB_SWD_LOCKED;
	swd->ones = swd->idle_needed = swd->write_edges = 0;
}

static void lock_out(struct vb_swd *swd)
{
	if (swd->state != VB_SWD_LOCKED)
		vb_dp_protocol_error(swd->dp);
	swd->state = VB_SWD_LOCKED;
	enter(swd, VB_SWD_IDLE, 0);
}

static void line_reset(struct vb_swd *swd)
{
	release(swd);
	enter(swd, VB_SWD_IDLE, 0);
	swd->state = VB_SWD_RESET;
	swd->idle_needed = IDLE_AFTER_RESET;
	vb_dp_line_reset(swd->dp);
}

static bool is_dpidr_read(const struct vb_swd *swd)
{
	return !swd->apndp && swd->rnw && swd->a == 0;
}

/* Whether the link state lets this packet through; if not, the link is locked out. */
static bool is_admitted(struct vb_swd *swd)
{
	bool has_v2 = vb_dp_version(swd->dp) >= 2;

	swd->is_targetsel = has_v2 && !swd->apndp && !swd->rnw && swd->a == 3;
	switch (swd->state) {
	case VB_SWD_RESET:	/* the first packet must be one of these two */
		return is_dpidr_read(swd) || swd->is_targetsel;
	case VB_SWD_LOCKED:	/* unconfirmed: SWD version 1 is freed by a DPIDR read as well */
		return !has_v2 && is_dpidr_read(swd);
	default:
		return !swd->is_targetsel;
	}
}

static void start_answer(struct vb_swd *swd)
{
	unsigned turn = vb_dp_turnaround(swd->dp);

	if (swd->is_targetsel) { /* nobody answers: 3 undriven clocks, then the host's data */
		swd->reply = (struct vb_dp_reply){ .ack = VB_ACK_NONE };
		enter(swd, VB_SWD_TURN_WRITE, turn + 3 + turn);
		return;
	}
	/* A write is decided now but done later; only a busy AP makes the moment matter for it. */
	if (swd->rnw || vb_dp_is_busy(swd->dp))
		swd->sync(swd->ctx);
	vb_dp_swd_request(swd->dp, swd->apndp, swd->rnw, swd->a, &swd->reply);
	if (swd->reply.is_protocol_error) {
		lock_out(swd);
		return;
	}
	if (swd->reply.ack == VB_ACK_NONE) {	/* injected silence */
		enter(swd, VB_SWD_SKIP, turn + 3 + turn + DATA_BITS);
		return;
	}
	if (is_dpidr_read(swd))
		swd->state = VB_SWD_ACTIVE;
	enter(swd, VB_SWD_TURN_ACK, turn);
}

static void header_complete(struct vb_swd *swd)
{
	unsigned h = swd->header;
	bool is_malformed = parity_even(bits_get(h, 4, 1)) != bits_get(h, 5, 5) ||
			    bits_get(h, 6, 6) != 0 || bits_get(h, 7, 7) != 1;

	swd->apndp = bits_get(h, 1, 1);
	swd->rnw = bits_get(h, 2, 2);
	swd->a = bits_get(h, 4, 3);
	if (is_malformed || !is_admitted(swd))
		lock_out(swd);
	else
		start_answer(swd);
}

static void ack_complete(struct vb_swd *swd)
{
	bool is_ok = swd->reply.ack == VB_ACK_OK;
	/* With overrun detection every refused packet keeps its full length. */
	bool has_data = is_ok || vb_dp_orundetect(swd->dp);
	unsigned turn = vb_dp_turnaround(swd->dp);

	if (is_ok && swd->rnw) {
		swd->shift = swd->reply.data | (uint64_t)parity_even(swd->reply.data) << 32;
		if (swd->reply.has_bad_parity)
			swd->shift ^= 1ull << 32;
		enter(swd, VB_SWD_READ, DATA_BITS);
		swd->out = swd->shift & 1;
		return;
	}
	release(swd);
	if (is_ok) {
		enter(swd, VB_SWD_TURN_WRITE, turn);
		return;
	}
	enter(swd, VB_SWD_SKIP, turn + (has_data ? DATA_BITS : 0));
}

static void write_complete(struct vb_swd *swd)
{
	uint32_t data = (uint32_t)swd->shift;
	bool is_intact = parity_even(data) == (swd->shift >> 32) && !swd->reply.has_bad_parity;

	enter(swd, VB_SWD_IDLE, 0);
	if (swd->is_targetsel) {
		/* A mismatch deselects: silent, without any flag, until the next line reset. */
		if (!is_intact || !vb_dp_targetsel(swd->dp, data))
			swd->state = VB_SWD_LOCKED;
		return;
	}
	swd->sync(swd->ctx);
	if (!is_intact) {
		vb_dp_write_parity_error(swd->dp);
	} else if (swd->apndp) {
		swd->write_edges = WRITE_EDGES;
		swd->write_a = swd->a;
		swd->write_data = data;
	} else {
		vb_dp_swd_write(swd->dp, false, swd->a, data);
	}
}

/* May reset the chip and with it this link. */
static void clock_ap_write(struct vb_swd *swd)
{
	if (swd->write_edges == 0 || --swd->write_edges > 0)
		return;
	swd->sync(swd->ctx);
	vb_dp_swd_write(swd->dp, true, swd->write_a, swd->write_data);
}

/* Returns true if the bit was used up by the search for a line reset. */
static bool watch_line_reset(struct vb_swd *swd, bool line)
{
	if (swd->is_driving) {
		swd->ones = 0;
		return false;
	}
	if (line) {
		if (swd->ones < LINE_RESET_ONES && ++swd->ones == LINE_RESET_ONES)
			line_reset(swd);
		if (swd->ones == LINE_RESET_ONES)
			return true;
		if (swd->idle_needed > 0)	/* a start bit too early */
			lock_out(swd);
		swd->idle_needed = 0;
		return false;
	}
	swd->ones = 0;
	if (swd->idle_needed > 0)
		swd->idle_needed--;
	return false;
}

static void idle_bit(struct vb_swd *swd, bool line)
{
	/* Version 2 in lock-out listens for nothing but the line reset. */
	if (!line || (swd->state == VB_SWD_LOCKED && vb_dp_version(swd->dp) >= 2))
		return;
	swd->header = 1;
	enter(swd, VB_SWD_HEADER, 7);
}

static void drive_ack(struct vb_swd *swd)
{
	swd->is_driving = true;
	swd->out = swd->reply.ack & 1;
	enter(swd, VB_SWD_ACK, 3);
}

static void driven_bit(struct vb_swd *swd)
{
	unsigned sent = (swd->phase == VB_SWD_ACK ? 3 : DATA_BITS) - swd->left;
	uint64_t bits = swd->phase == VB_SWD_ACK ? (uint64_t)swd->reply.ack : swd->shift;

	swd->out = bits >> sent & 1;
}

/* The phase's last clock has passed. */
static void phase_complete(struct vb_swd *swd)
{
	switch (swd->phase) {
	case VB_SWD_HEADER:
		header_complete(swd);
		break;
	case VB_SWD_TURN_ACK:
		drive_ack(swd);
		break;
	case VB_SWD_ACK:
		ack_complete(swd);
		break;
	case VB_SWD_READ:
		release(swd);
		enter(swd, VB_SWD_SKIP, vb_dp_turnaround(swd->dp));
		break;
	case VB_SWD_TURN_WRITE:
		swd->shift = 0;
		enter(swd, VB_SWD_WRITE, DATA_BITS);
		break;
	case VB_SWD_WRITE:
		write_complete(swd);
		break;
	default:
		enter(swd, VB_SWD_IDLE, 0);
		break;
	}
}

void vb_swd_edge(struct vb_swd *swd, bool line)
{
	clock_ap_write(swd);
	if (watch_line_reset(swd, line))
		return;
	if (swd->phase == VB_SWD_IDLE) {
		idle_bit(swd, line);
		return;
	}
	swd->left--;
	if (swd->phase == VB_SWD_HEADER)
		swd->header |= (uint8_t)(line << (7 - swd->left));
	else if (swd->phase == VB_SWD_WRITE)
		swd->shift |= (uint64_t)line << (DATA_BITS - 1 - swd->left);
	else if ((swd->phase == VB_SWD_ACK || swd->phase == VB_SWD_READ) && swd->left > 0)
		driven_bit(swd);
	if (swd->left == 0)
		phase_complete(swd);
}
