/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/clock.h"
#include "wire/bit_port_priv.h"
#include "wire/swd.h"

#define END_IDLE 8u		/* lets the AP finish the last write (IHI 0031 B4.1.1) */
#define MAX_IDLE 64u
#define RETRY_STEPS 2u		/* a busy target is asked with little behind the question */
#define ORUNERRCLR 0x10u
#define STICKY_CLEAR 0x1eu	/* STKCMPCLR, STKERRCLR, WDERRCLR, ORUNERRCLR */

static void swd_out(struct bit_port *bp, const uint8_t *out, size_t bits)
{
	bit_ops_of(bp)->swd(bp->adapter->bits_priv, out, NULL, bits);
}

static void swd_in(struct bit_port *bp, uint8_t *in, size_t bits)
{
	bit_ops_of(bp)->swd(bp->adapter->bits_priv, NULL, in, bits);
}

static void idle(struct bit_port *bp, size_t clocks)
{
	static const uint8_t zeros[32];

	if (clocks > 0)
		swd_out(bp, zeros, MIN(clocks, 8 * sizeof(zeros)));
	bp->port->stats.wire_bits += clocks;
}

/* One packet of fixed length, whatever the target answers. */
static void put_packet(struct bit_port *bp, uint8_t reg, bool is_read, uint32_t value,
		       uint8_t *capture)
{
	uint8_t request = swd_request(reg, is_read), data[5];

	swd_out(bp, &request, SWD_REQUEST_BITS);
	if (is_read) {
		swd_in(bp, capture, SWD_READ_IN);
	} else {
		swd_in(bp, capture, SWD_WRITE_IN);
		swd_put_data(data, value);
		swd_out(bp, data, SWD_DATA_BITS);
	}
	bp->port->stats.wire_bits += SWD_PACKET_BITS;
}

/* Clocks after an AP access, so that the next finds the AP ready. */
static void idle_after(struct bit_port *bp, uint8_t reg)
{
	if (reg & 1)
		idle(bp, MAX(bp->port->idle_cycles, bp->extra_idle));
}

/*
 * The queue as packets. An AP read's data comes with the next AP read, or with RDBUFF if something
 * else follows; a batch with AP accesses ends in RDBUFF, so that errors of its last writes show.
 */
static void plan(struct bit_port *bp)
{
	struct dap_port *port = bp->port;
	uint32_t *collect = NULL;
	bool has_posted = false, touched_ap = false;
	struct port_pos pos = { 0 }, last = { 0 };

	bp->step_count = 0;
	for (; !port_at_end(port, pos); port_advance(port, &pos)) {
		const struct port_item *item = &port->items[pos.item];
		bool is_ap_read = item->is_read && (item->reg & 1);
		struct bit_step *step;

		if (has_posted && !is_ap_read) {
			*bit_port_add(bp) =
				(struct bit_step){ PORT_DP(0xc), true, 0, collect, last };
			has_posted = false;
		}
		step = bit_port_add(bp);
		step->reg = item->reg;
		step->is_read = item->is_read;
		step->pos = pos;
		if (!item->is_read)
			step->value = port_value(port, pos);
		else if (!is_ap_read)
			step->dst = item->dst ? item->dst + pos.word : NULL;
		else if (has_posted)
			step->dst = collect;
		if (is_ap_read) {
			collect = item->dst ? item->dst + pos.word : NULL;
			has_posted = true;
		}
		if (item->reg & 1) {
			touched_ap = true;
			last = pos;
		}
	}
	if (touched_ap)
		*bit_port_add(bp) = (struct bit_step){ PORT_DP(0xc), true, 0,
						       has_posted ? collect : NULL, last };
}

static void note(struct bit_port *bp, const struct bit_step *step, uint32_t value, unsigned ack)
{
	flight_transfer(bp->port->flight, step->reg, step->is_read,
			step->is_read ? value : step->value, (uint8_t)ack);
	bp->port->stats.transfers++;
}

/* What the capture of step i says. OK delivers its data; else *ack has the reason. */
static enum err examine(struct bit_port *bp, const struct bit_step *step, const uint8_t *capture,
			unsigned *ack)
{
	uint32_t value = 0;
	bool is_good = true;

	*ack = swd_get_ack(capture);
	if (*ack == SWD_ACK_OK && step->is_read)
		is_good = swd_get_data(capture, &value);
	if (!is_good)
		*ack = 8;
	note(bp, step, value, *ack);
	switch (*ack) {
	case SWD_ACK_OK:
		if (step->dst != NULL)
			*step->dst = value;
		return OK;
	case SWD_ACK_WAIT:
		return ERR_DAP_WAIT;
	case SWD_ACK_FAULT:
		return ERR_DAP_FAULT;
	case 8:
		return ERR_DAP_PARITY;
	default:
		return ERR_DAP_NO_ACK;
	}
}

/* After an overrun: the flag goes away, and the AP gets more time from now on. */
static enum err clear_overrun(struct bit_port *bp)
{
	uint8_t capture[CAPTURE_BYTES] = { 0 };

	bp->extra_idle = MIN(bp->extra_idle ? 2 * bp->extra_idle : 1, MAX_IDLE);
	put_packet(bp, PORT_DP(0x0), false, ORUNERRCLR, capture);
	idle(bp, bp->extra_idle);
	TRY(bit_port_flush(bp));
	flight_transfer(bp->port->flight, PORT_DP(0x0), false, ORUNERRCLR,
			(uint8_t)swd_get_ack(capture));
	return OK;
}

/* Streams the steps [first, end); *done is the first that was not accepted. */
static enum err stream_window(struct bit_port *bp, size_t first, size_t end, size_t *done,
			      unsigned *ack)
{
	memset(bp->captures, 0xff, (end - first) * CAPTURE_BYTES);
	for (size_t i = first; i < end; i++) {
		const struct bit_step *step = &bp->steps[i];

		put_packet(bp, step->reg, step->is_read, step->value,
			   bp->captures + (i - first) * CAPTURE_BYTES);
		idle_after(bp, step->reg);
	}
	idle(bp, end == bp->step_count ? END_IDLE : 0);
	*done = first;
	TRY(bit_port_flush(bp));
	for (; *done < end; (*done)++)
		TRY(examine(bp, &bp->steps[*done], bp->captures + (*done - first) * CAPTURE_BYTES,
			    ack));
	return OK;
}

/*
 * Without ORUNDETECT the target ends a packet after WAIT or FAULT: the data phase may only be
 * clocked once the ACK is known. Each step is one flush: its request with the data phase of the one
 * before.
 */
static enum err step_by_step(struct bit_port *bp, size_t *done, unsigned *ack)
{
	const struct bit_step *step = &bp->steps[*done];
	uint8_t request = swd_request(step->reg, step->is_read), data[5],
		capture[CAPTURE_BYTES] = { 0 };
	uint8_t rest[CAPTURE_BYTES] = { 0 };

	swd_out(bp, &request, SWD_REQUEST_BITS);
	swd_in(bp, capture, 4);			/* turnaround and ACK */
	TRY(bit_port_flush(bp));
	*ack = swd_get_ack(capture);
	if (*ack == SWD_ACK_WAIT || *ack == SWD_ACK_FAULT) {
		swd_in(bp, NULL, 1);
		bp->port->stats.wire_bits += SWD_SHORT_BITS;
		TRY(bit_port_flush(bp));
	} else if (step->is_read) {
		swd_in(bp, rest, SWD_READ_IN - 4);
		bp->port->stats.wire_bits += SWD_PACKET_BITS;
		idle_after(bp, step->reg);
		idle(bp, END_IDLE);
		TRY(bit_port_flush(bp));
		for (size_t i = 0; i < SWD_READ_IN - 4; i++)
			bit_set(capture, 4 + i, bit_get(rest, i));
	} else {
		swd_in(bp, NULL, 1);
		swd_put_data(data, step->value);
		swd_out(bp, data, SWD_DATA_BITS);
		bp->port->stats.wire_bits += SWD_PACKET_BITS;
		idle_after(bp, step->reg);
		idle(bp, END_IDLE);
		TRY(bit_port_flush(bp));
	}
	TRY(examine(bp, step, capture, ack));
	(*done)++;
	return OK;
}

/* A line reset gets the target out of any packet, and must be followed by a read of DPIDR (IHI 0031
 * B4.3.3). Whether the target answers, what comes next will show. */
static void put_line_reset(struct bit_port *bp)
{
	uint8_t bits[SWD_SEQ_MAX_BYTES];
	size_t count = swd_put_sequence(SWD_SEQ_LINE_RESET, bits);

	flight_note(bp->port->flight, FLIGHT_LINK, LINK_LINE_RESET);
	swd_out(bp, bits, count);
	bp->port->stats.wire_bits += count;
	put_packet(bp, PORT_DP(0x0), true, 0, bp->unseen);
}

/* The target may be in the middle of a packet that was cut off. Flags that the cut left behind
 * would refuse what comes. */
static enum err get_in_step(struct bit_port *bp)
{
	uint8_t capture[CAPTURE_BYTES];

	if (!bp->is_out_of_step)
		return OK;
	put_line_reset(bp);
	put_packet(bp, PORT_DP(0x0), false, STICKY_CLEAR, capture);
	idle(bp, END_IDLE);
	TRY(bit_port_flush(bp));
	bp->is_out_of_step = false;
	return OK;
}

/* Whether the batch stays inside the DP: it is not kept waiting by an AP, so packets of the full length
 * are safe without ORUNDETECT too. */
static bool is_dp_only(const struct bit_port *bp)
{
	for (size_t i = 0; i < bp->step_count; i++)
		if (bp->steps[i].reg & 1)
			return false;
	return true;
}

/*
 * Such a batch in one flush. Should the target answer WAIT or FAULT all the same (an AP that never
 * got ready, a flag from before), it took the data phase for other packets: a line reset ends that,
 * and the flags stay for the caller to see.
 */
static enum err stream_dp(struct bit_port *bp, size_t *done, unsigned *ack)
{
	enum err rc = stream_window(bp, *done, bp->step_count, done, ack);

	if (rc != ERR_DAP_WAIT && rc != ERR_DAP_FAULT)
		return rc;
	put_line_reset(bp);
	idle(bp, END_IDLE);
	TRY(bit_port_flush(bp));
	return rc;
}

static enum err fail(struct bit_port *bp, enum err rc, size_t step, unsigned ack)
{
	struct port_pos pos = bp->steps[step].pos;

	if (rc == ERR_ADAPTER_LOST || rc == ERR_ADAPTER_PROTOCOL || rc == ERR_TIMEOUT)
		return rc;
	/* RDBUFF stands for the access it collects; others were refused for an earlier one. */
	if (rc == ERR_DAP_FAULT && bp->steps[step].reg != PORT_DP(0xc))
		pos = port_blame(bp->port, pos);
	/* A read's data is in the next packet. */
	if (rc == ERR_DAP_PARITY && (bp->steps[step].reg & 1))
		pos = port_blame(bp->port, pos);
	return port_fail(bp->port, pos, rc, ack);
}

static enum err run_steps(struct bit_port *bp)
{
	uint64_t waiting_since = 0;
	size_t done = 0, waited_at = (size_t)-1, window = WINDOW_STEPS;
	bool streams_dp = bp->step_count <= WINDOW_STEPS && is_dp_only(bp);
	unsigned ack = 0;

	while (done < bp->step_count) {
		size_t end = MIN(done + window, bp->step_count), start = done;
		enum err rc = bp->port->overrun_detect ? stream_window(bp, start, end, &done, &ack)
			      : streams_dp	       ? stream_dp(bp, &done, &ack)
						       : step_by_step(bp, &done, &ack);

		streams_dp = false;
		window = MIN(4 * window, WINDOW_STEPS);
		if (rc == OK)
			continue;
		if (rc != ERR_DAP_WAIT)
			return fail(bp, rc, done, ack);
		bp->port->stats.waits++;
		window = RETRY_STEPS;
		if (waited_at != done) {
			waited_at = done;
			waiting_since = clock_now_ms();
		} else if (clock_now_ms() - waiting_since > bp->port->wait_budget_ms) {
			return fail(bp, rc, done, ack);
		}
		if (bp->port->overrun_detect)
			TRY(clear_overrun(bp));
	}
	return OK;
}

static enum err swd_run(struct dap_port *port)
{
	enum err rc = bit_port_ready(port);

	if (rc == OK && port->item_count > 0) {
		port->stats.runs++;
		rc = get_in_step(port->priv);
		if (rc == OK) {
			plan(port->priv);
			rc = run_steps(port->priv);
		}
		bit_port_note_result(port->priv, rc);
	}
	port_reset_queue(port);
	return rc;
}

static enum err swd_connect(struct dap_port *port, enum link_connect how)
{
	static const enum swd_sequence sequences[] = {
		[LINK_JTAG_TO_SWD] = SWD_SEQ_JTAG_TO_SWD,
		[LINK_DORMANT_TO_SWD] = SWD_SEQ_DORMANT_TO_SWD,
		[LINK_LINE_RESET] = SWD_SEQ_LINE_RESET,
		[LINK_SWD_TO_JTAG] = SWD_SEQ_SWD_TO_JTAG,
	};
	struct bit_port *bp = port->priv;
	uint8_t bits[SWD_SEQ_MAX_BYTES];

	TRY(bit_port_ready(port));
	size_t count = swd_put_sequence(sequences[how], bits);

	flight_note(port->flight, FLIGHT_LINK, how);
	swd_out(bp, bits, count);
	port->stats.wire_bits += count;
	TRY(bit_port_flush(bp));
	bp->is_out_of_step = false;
	return OK;
}

static enum err swd_select_target(struct dap_port *port, uint32_t targetsel)
{
	struct bit_port *bp = port->priv;
	uint8_t capture[CAPTURE_BYTES];

	TRY(bit_port_ready(port));
	flight_note(port->flight, FLIGHT_SELECT_TARGET, targetsel);
	put_packet(bp, PORT_DP(0xc), false, targetsel, capture);
	return bit_port_flush(bp);
}

static enum err swd_abort(struct dap_port *port, uint32_t value)
{
	struct bit_port *bp = port->priv;
	uint8_t capture[CAPTURE_BYTES] = { 0 };

	TRY(bit_port_ready(port));
	put_packet(bp, PORT_DP(0x0), false, value, capture);
	idle(bp, END_IDLE);
	TRY(bit_port_flush(bp));
	flight_transfer(port->flight, PORT_DP(0x0), false, value, (uint8_t)swd_get_ack(capture));
	return OK;
}

static const struct dap_port_ops swd_port_ops = {
	.read = port_read,
	.write = port_write,
	.read_block = port_read_block,
	.write_block = port_write_block,
	.run = swd_run,
	.connect = swd_connect,
	.select_target = swd_select_target,
	.abort = swd_abort,
};

void swd_port_attach(struct adapter *adapter)
{
	bit_port_new(adapter);
	adapter->port.ops = &swd_port_ops;
}
