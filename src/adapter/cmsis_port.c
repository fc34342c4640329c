/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The queue is cut greedily: at each place whichever of DAP_Transfer (mixed, 5 bytes per write) and
 * DAP_TransferBlock (one register, 4 bytes per write) carries more transfers. Packets left over
 * never need more packets than what they are a part of, so greedy is the fewest packets possible.
 *
 * What the probe says after a failure (CMSIS-DAP "DAP_Transfer", and what firmware really does):
 * `count` transfers were accepted; the last of them, if an AP read, may be without its data word
 * because collecting it is what failed. Packets behind a failed one are executed all the same:
 * after FAULT the sticky flag stops them, after WAIT they may run out of order, so a batch is only
 * resumed when none of them did.
 */
#include <string.h>

#include "adapter/cmsis_dap.h"
#include "base/clock.h"
#include "base/log.h"
#include "wire/swd.h"

#define ACK_MASK	 0x0fu
#define ACK_PARITY	 0x08u
#define REQUEST_RDBUFF	 0x0eu
#define TRANSFER_HEADER	 3u
#define BLOCK_REQUEST	 5u
#define BLOCK_RESPONSE	 4u

struct sent {
	struct port_pos first;
	size_t count;
	bool is_block;
};

struct run {
	struct cmsis_dap *dap;
	struct dap_port *port;
	struct port_pos next;		/* not yet in a packet */
	struct sent ring[256];		/* packet_count is a byte */
	size_t oldest, newest;
	/* The first failure. */
	bool has_failed, can_resume, ran_past, has_pending;
	unsigned ack;
	struct port_pos at;		/* the first transfer not accepted */
	struct port_pos pending; /* accepted AP access whose data or check was not collected */
};

/* How many transfers from `pos` fit into one DAP_Transfer. */
static size_t transfer_fit(const struct run *run, struct port_pos pos)
{
	size_t request = TRANSFER_HEADER, response = TRANSFER_HEADER, n = 0;
	const struct dap_port *port = run->port;

	for (; n < 255 && !port_at_end(port, pos); n++, port_advance(port, &pos)) {
		if (port->items[pos.item].is_read) {
			request += 1;
			response += 4;
		} else {
			request += 5;
		}
		if (request > run->dap->usable || response > run->dap->packet_size)
			break;
	}
	return n;
}

static size_t block_fit(const struct run *run, struct port_pos pos)
{
	const struct dap_port *port = run->port;
	const struct port_item *first = &port->items[pos.item];
	/* Of a read only the answer is long, of a write only the command. */
	size_t limit = first->is_read ? (run->dap->packet_size - BLOCK_RESPONSE) / 4
				      : (run->dap->usable - BLOCK_REQUEST) / 4;
	size_t n = 0;

	for (size_t i = pos.item; i < port->item_count && n < limit; i++) {
		const struct port_item *item = &port->items[i];

		if (item->reg != first->reg || item->is_read != first->is_read)
			break;
		n += item->words - (i == pos.item ? pos.word : 0);
	}
	return MIN(n, limit);
}

static uint8_t request_byte(const struct port_item *item)
{
	return (uint8_t)(item->reg | (item->is_read ? 2 : 0));
}

static void encode_transfer(struct run *run, struct sent *sent)
{
	const struct dap_port *port = run->port;
	uint8_t *out = cmsis_begin_packet(run->dap);
	size_t at = TRANSFER_HEADER, response = TRANSFER_HEADER;

	out[0] = DAP_TRANSFER;
	out[1] = (uint8_t)port->tap_index;
	out[2] = (uint8_t)sent->count;
	for (size_t i = 0; i < sent->count; i++) {
		const struct port_item *item = &port->items[run->next.item];

		out[at++] = request_byte(item);
		if (!item->is_read) {
			put_le32(out + at, port_value(port, run->next));
			at += 4;
		} else {
			response += 4;
		}
		port_advance(port, &run->next);
	}
	cmsis_end_packet(run->dap, at, response);
}

static void encode_block(struct run *run, struct sent *sent)
{
	const struct dap_port *port = run->port;
	uint8_t *out = cmsis_begin_packet(run->dap);
	bool is_read = port->items[run->next.item].is_read;
	size_t at = BLOCK_REQUEST;

	out[0] = DAP_TRANSFER_BLOCK;
	out[1] = (uint8_t)port->tap_index;
	put_le16(out + 2, (uint16_t)sent->count);
	out[4] = request_byte(&port->items[run->next.item]);
	for (size_t i = 0; i < sent->count; i++) {
		if (!is_read) {
			put_le32(out + at, port_value(port, run->next));
			at += 4;
		}
		port_advance(port, &run->next);
	}
	cmsis_end_packet(run->dap, at, BLOCK_RESPONSE + (is_read ? 4 * sent->count : 0));
}

/* Puts as many packets under way as the probe allows, in one write. */
static enum err fill(struct run *run)
{
	size_t window = run->dap->packet_count;

	while (!run->has_failed && !port_at_end(run->port, run->next) &&
	       run->newest - run->oldest < window) {
		struct sent *sent = &run->ring[run->newest++ % ARRAY_SIZE(run->ring)];
		size_t mixed = transfer_fit(run, run->next), block = block_fit(run, run->next);

		sent->first = run->next;
		sent->is_block = block >= mixed && block > 1;
		sent->count = sent->is_block ? block : mixed;
		if (sent->is_block)
			encode_block(run, sent);
		else
			encode_transfer(run, sent);
	}
	return cmsis_send(run->dap);
}

static void note(const struct run *run, struct port_pos pos, uint32_t value, unsigned ack)
{
	const struct port_item *item = &run->port->items[pos.item];

	flight_transfer(run->port->flight, item->reg, item->is_read, value, (uint8_t)ack);
}

/* Hands out the data words of `count` accepted transfers. Returns how many reads went without. */
static size_t deliver(struct run *run, const struct sent *sent, size_t count, const uint8_t *data,
		      size_t words)
{
	struct port_pos pos = sent->first;
	const struct dap_port *port = run->port;
	size_t missing = 0;

	for (size_t i = 0; i < count; i++, port_advance(port, &pos)) {
		const struct port_item *item = &port->items[pos.item];

		if (!item->is_read) {
			note(run, pos, port_value(port, pos), SWD_ACK_OK);
		} else if (words > 0) {
			uint32_t value = get_le32(data);

			data += 4;
			words--;
			if (item->dst != NULL)
				item->dst[pos.word] = value;
			note(run, pos, value, SWD_ACK_OK);
		} else {
			run->pending = pos;
			missing++;
		}
	}
	run->at = pos;
	return missing;
}

/* Data words in a failed DAP_Transfer's response whose length says nothing (HID pads it). */
static size_t words_by_rule(const struct run *run, const struct sent *sent, size_t count)
{
	struct port_pos pos = sent->first;
	const struct dap_port *port = run->port;
	size_t reads = 0;
	bool last_is_ap_read = false;

	for (size_t i = 0; i < count; i++, port_advance(port, &pos)) {
		const struct port_item *item = &port->items[pos.item];

		reads += item->is_read;
		last_is_ap_read = item->is_read && (item->reg & 1);
	}
	return reads - (last_is_ap_read ? 1 : 0);
}

static enum err garbled(const char *what)
{
	return error_why(ERR_ADAPTER_PROTOCOL, "the probe's answer to a transfer %s", what);
}

/* Takes a response apart. Sets the failure fields if the probe stopped early. */
static enum err take_transfer(struct run *run, const struct sent *sent, size_t got)
{
	const uint8_t *r = run->dap->response;
	size_t count = r[1], words = (got - TRANSFER_HEADER) / 4;
	unsigned ack = r[2] & ACK_MASK;

	if (got < TRANSFER_HEADER || count > sent->count)
		return garbled("is malformed");
	if (ack != SWD_ACK_OK && run->dap->transport->fixed_size)
		words = words_by_rule(run, sent, count);
	size_t missing = deliver(run, sent, count, r + TRANSFER_HEADER, words);

	if (ack == SWD_ACK_OK) {
		if (count != sent->count || missing > 0)
			return garbled("is shorter than its count says");
		return OK;
	}
	run->has_failed = true;
	run->ack = ack;
	run->has_pending = missing > 0;
	/* Padding hides whether the read before a different kind of transfer was collected. */
	run->can_resume = !run->dap->transport->fixed_size || missing == 0 || count == sent->count;
	return OK;
}

static enum err take_block(struct run *run, const struct sent *sent, size_t got)
{
	const uint8_t *r = run->dap->response;
	const struct port_item *item = &run->port->items[sent->first.item];
	bool is_ap_read = item->is_read && (item->reg & 1);

	if (got < BLOCK_RESPONSE || get_le16(r + 1) > sent->count)
		return garbled("is malformed");

	size_t count = get_le16(r + 1);
	unsigned ack = r[3] & ACK_MASK;

	if (item->is_read && got < BLOCK_RESPONSE + 4 * count)
		return garbled("is shorter than its count says");
	deliver(run, sent, count, r + BLOCK_RESPONSE, count);
	if (ack == SWD_ACK_OK)
		return count == sent->count ? OK : garbled("is shorter than its count says");
	run->has_failed = true;
	run->ack = ack;
	/* The read after those that came back is the failing one. It was started for certain only
	 * if others came back: with none, starting it may be what got the WAIT. */
	run->has_pending = is_ap_read;
	run->can_resume = !is_ap_read || count > 0;
	if (run->has_pending) {
		run->pending = run->at;
		port_advance(run->port, &run->at);
	}
	return OK;
}

static enum err take_response(struct run *run)
{
	const struct sent *sent = &run->ring[run->oldest % ARRAY_SIZE(run->ring)];
	unsigned khz = MAX(run->dap->adapter->actual_khz, 1u);
	int patience = CMSIS_TIMEOUT_MS + (int)(sent->count * SWD_PACKET_BITS / khz);
	struct dap_port_stats *stats = &run->port->stats;
	size_t got;

	TRY(cmsis_receive(run->dap, sent->is_block ? DAP_TRANSFER_BLOCK : DAP_TRANSFER, &got,
			  patience));
	run->oldest++;
	stats->transfers += sent->count;
	stats->wire_bits += (sent->count + 1) * (SWD_PACKET_BITS + run->port->idle_cycles);
	if (run->has_failed) {		/* only whether it did anything */
		size_t count =
			sent->is_block ? get_le16(run->dap->response + 1) : run->dap->response[1];

		run->ran_past |= count > 0;
		return OK;
	}
	enum err rc = sent->is_block ? take_block(run, sent, got) : take_transfer(run, sent, got);

	/* It may be another packet's answer: one in front of it was lost. */
	if (rc != OK)
		return run->dap->transport->resync != NULL ? cmsis_failed(run->dap, rc) : rc;
	if (!run->has_failed)
		return OK;
	if (!port_at_end(run->port, run->at)) {
		note(run, run->at, 0, run->ack);
		return OK;
	}
	/* Only the check after the last write failed: like a read it can be asked for again. */
	flight_transfer(run->port->flight, PORT_DP(0xc), true, 0, (uint8_t)run->ack);
	if (!run->has_pending)
		run->pending = port_blame(run->port, run->at);
	run->has_pending = true;
	return OK;
}

/* From run->next on, until the queue is empty or a transfer failed and all is answered. */
static enum err stream(struct run *run)
{
	run->has_failed = run->has_pending = run->ran_past = false;
	run->port->stats.round_trips++;
	do {
		TRY(fill(run));
		TRY(take_response(run));
		/* Where a write costs more than what is in it, several packets go in one; else each
		 * place that gets free is filled at once. */
		while (run->dap->transport->likes_batches && run->newest != run->oldest &&
		       run->dap->transport->is_ready(run->dap->link))
			TRY(take_response(run));
	} while (run->newest != run->oldest ||
		 (!run->has_failed && !port_at_end(run->port, run->next)));
	return OK;
}

/* Collects the read that was under way when the probe gave up waiting. */
static enum err collect_pending(struct run *run)
{
	const uint8_t request[] = { DAP_TRANSFER, (uint8_t)run->port->tap_index, 1,
				    REQUEST_RDBUFF };
	size_t got;

	TRY(cmsis_command(run->dap, request, sizeof(request), TRANSFER_HEADER, &got));
	run->ack = run->dap->response[2] & ACK_MASK;
	if (run->ack != SWD_ACK_OK)
		return OK;
	if (got < TRANSFER_HEADER + 4)
		return garbled("is shorter than its count says");
	uint32_t value = get_le32(run->dap->response + TRANSFER_HEADER);
	struct port_item *item = &run->port->items[run->pending.item];

	if (item->is_read) {
		if (item->dst != NULL)
			item->dst[run->pending.word] = value;
		note(run, run->pending, value, SWD_ACK_OK);
	}
	run->has_pending = run->has_failed = false;
	return OK;
}

static enum err failure(struct run *run)
{
	switch (run->ack) {
	case SWD_ACK_FAULT:
		/* Sticky flags tell of an access before the one they stopped. */
		return port_fail(run->port,
				 run->has_pending ? run->pending : port_blame(run->port, run->at),
				 ERR_DAP_FAULT, run->ack);
	case SWD_ACK_WAIT:
		port_fail(run->port, run->has_pending ? run->pending : run->at, ERR_DAP_WAIT,
			  run->ack);
		if (run->ran_past)
			error_next(
				ERR_DAP_WAIT,
				"halt or reset the target, then repeat the whole access: what was "
				"behind the failed transfer did happen");
		return ERR_DAP_WAIT;
	case ACK_PARITY:
		return port_fail(run->port, run->has_pending ? run->pending : run->at,
				 ERR_DAP_PARITY, run->ack);
	default:
		return port_fail(run->port, run->at, ERR_DAP_NO_ACK, run->ack);
	}
}

static enum err run_queue(struct run *run)
{
	uint64_t started = clock_now_ms();

	TRY(cmsis_transfer_configure(run->dap));
	do {
		TRY(stream(run));
		while (run->has_failed && run->ack == SWD_ACK_WAIT && run->can_resume &&
		       !run->ran_past && clock_now_ms() - started < run->port->wait_budget_ms) {
			run->port->stats.waits++;
			run->next = run->at;
			if (!run->has_pending)
				run->has_failed = false;
			else
				TRY(collect_pending(run));
		}
		if (run->has_failed)
			return failure(run);
	} while (!port_at_end(run->port, run->next));
	return OK;
}

/* CTRL/STAT flags a JTAG-DP does not report in its ACK: STICKYORUN, STICKYCMP, STICKYERR. */
#define STICKY_FLAGS 0x32u

static enum err run_jtag(struct run *run)
{
	struct dap_port *port = run->port;
	struct port_shadow shadow;
	size_t count = port->item_count;
	bool checks = port_has_ap_access(port) && port_final_bank(port, run->dap->dp_bank) == 0;
	uint32_t ctrl_stat = 0;

	if (checks)
		port_read(port, PORT_DP(0x4), &ctrl_stat);
	port_shadow_begin(port, &shadow);
	enum err rc = run_queue(run);

	if (rc == OK && checks)
		ctrl_stat = port->items[count].dst[0];
	if (rc == OK && (ctrl_stat & STICKY_FLAGS))
		rc = port_fail(port, port_blame(port, (struct port_pos){ count, 0 }), ERR_DAP_FAULT,
			       0);
	port->item_count = count;
	port_shadow_end(port, &shadow, rc == OK);
	return rc;
}

static enum err cmsis_run(struct dap_port *port)
{
	struct cmsis_dap *dap = port->priv;
	struct run run = { .dap = dap, .port = port };
	enum err rc = OK;

	if (port->item_count == 0)
		return OK;
	if (dap == NULL)
		return closed_port_ops.run(port);
	port->stats.runs++;
	port->may_repeat = false;
	dap->was_resynced = false;
	rc = dap->adapter->is_lost ? adapter_fail_lost(dap->adapter) : cmsis_drain(dap);
	if (rc == OK)
		rc = port->transport == TRANSPORT_JTAG ? run_jtag(&run) : run_queue(&run);
	if (rc == OK)
		dap->dp_bank = port_final_bank(port, dap->dp_bank);
	else
		port->may_repeat = dap->was_resynced && rc != ERR_ADAPTER_LOST;
	port_reset_queue(port);
	return rc;
}

static enum err cmsis_abort(struct dap_port *port, uint32_t value)
{
	struct cmsis_dap *dap = port->priv;
	uint8_t request[6] = { DAP_WRITE_ABORT, (uint8_t)port->tap_index };

	put_le32(request + 2, value);
	flight_note(port->flight, FLIGHT_ABORT, value);
	return cmsis_status_command(dap, request, sizeof(request), "write ABORT");
}

const struct dap_port_ops cmsis_port_ops = {
	.read = port_read,
	.write = port_write,
	.read_block = port_read_block,
	.write_block = port_write_block,
	.run = cmsis_run,
	.connect = cmsis_connect_link,
	.select_target = cmsis_select_target,
	.abort = cmsis_abort,
};
