/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CMSIS-DAP firmware: DAP_Transfer and DAP_TransferBlock. AP reads are posted on the wire (on JTAG
 * every read is); the host must not notice, so a read leaves its data with the next one of its kind
 * or is collected through RDBUFF. What that does to the counts after an error is part of the
 * protocol: see the comments at collect().
 */
#include "base/bytes.h"
#include "vboard/core/dp_link.h"
#include "vboard/front/cmsis_dap_priv.h"

struct batch {
	struct vb_cmsis_dap *dap;
	struct response *out;
	uint8_t ack;
	unsigned count;
	uint8_t posted;		/* request whose data is still in the target, 0: none */
	bool check_write;	/* the last access was a write: its outcome is unknown yet */
};

static bool has_data(uint8_t request)
{
	return !(request & REQ_RNW) || (request & REQ_MATCH_VALUE);
}

static bool is_aborted(const struct vb_cmsis_dap *dap)
{
	return vb_link_now_ps(dap->link) / 1000 >= dap->abort_at_ns;
}

/* One access; the same one again on WAIT. */
static uint8_t transfer(struct vb_cmsis_dap *dap, uint8_t request, uint32_t *data)
{
	unsigned retry = dap->wait_retry;
	uint8_t ack;

	do {
		ack = dap->port == PORT_JTAG ? wire_jtag_transfer(dap, request, data)
					     : wire_swd_transfer(dap, request, data);
	} while (ack == ACK_WAIT && retry-- > 0 && !is_aborted(dap));
	return ack;
}

static bool is_posted(const struct vb_cmsis_dap *dap, uint8_t request)
{
	return (request & REQ_RNW) && (dap->port == PORT_JTAG || (request & REQ_APNDP));
}

/*
 * Fetches the posted read's word through RDBUFF. If that fails the read has been counted already
 * but its word never comes: a host must not take the count for the number of words.
 */
static bool collect(struct batch *b)
{
	uint32_t data;

	if (!b->posted)
		return true;
	b->posted = 0;
	b->ack = transfer(b->dap, REQ_RDBUFF, &data);
	if (b->ack != ACK_OK)
		return false;
	response_u32(b->out, data);
	return true;
}

static void put_timestamp(struct batch *b, uint8_t request)
{
	if ((request & REQ_TIMESTAMP) && (b->dap->capabilities & DAP_CAP_TIMER))
		response_u32(b->out, b->dap->timestamp);
}

static bool read_plain(struct batch *b, uint8_t request)
{
	uint32_t data;
	/* On SWD a posted AP read can only be followed up by an AP read, on JTAG by the same IR. */
	bool chains = b->posted && is_posted(b->dap, request) &&
		      (b->posted & REQ_APNDP) == (request & REQ_APNDP);

	if (!chains && !collect(b))
		return false;
	b->ack = transfer(b->dap, request, &data);
	if (b->ack != ACK_OK) {
		b->posted = 0;
		return false;
	}
	if (chains)
		response_u32(b->out, data);
	put_timestamp(b, request);
	if (is_posted(b->dap, request))
		b->posted = request;
	else
		response_u32(b->out, data);
	return true;
}

static bool read_match(struct batch *b, uint8_t request, uint32_t wanted)
{
	unsigned retry = b->dap->match_retry;
	uint32_t data = 0;

	if (!collect(b))
		return false;
	if (is_posted(b->dap, request)) {
		b->ack = transfer(b->dap, request, &data);
		if (b->ack != ACK_OK)
			return false;
	}
	do {
		b->ack = transfer(b->dap, request, &data);
		if (b->ack != ACK_OK)
			return false;
		if ((data & b->dap->match_mask) == wanted)
			return true;
	} while (retry-- > 0 && !is_aborted(b->dap));
	b->ack |= ACK_MISMATCH;
	return false;
}

static bool write_one(struct batch *b, uint8_t request, uint32_t data)
{
	if (!collect(b))
		return false;
	if (request & REQ_MATCH_MASK) {
		b->dap->match_mask = data;
		b->ack = ACK_OK;
		return true;
	}
	b->ack = transfer(b->dap, request, &data);
	if (b->ack != ACK_OK)
		return false;
	put_timestamp(b, request);
	b->check_write = true;
	return true;
}

static bool execute_one(struct batch *b, uint8_t request, uint32_t data)
{
	if (!(request & REQ_RNW))
		return write_one(b, request, data);
	b->check_write = false;
	if (request & REQ_MATCH_VALUE)
		return read_match(b, request, data);
	return read_plain(b, request);
}

/* What is still under way must be known before the answer goes out. */
static void finish(struct batch *b)
{
	uint32_t data;

	if (b->ack != ACK_OK)
		return;
	if (b->posted)
		collect(b);
	else if (b->check_write || b->dap->port == PORT_JTAG)
		b->ack = transfer(b->dap, REQ_RDBUFF, &data);
}

static bool can_transfer(struct vb_cmsis_dap *dap, unsigned index)
{
	if (is_aborted(dap))	/* meant an earlier command */
		dap->abort_at_ns = UINT64_MAX;
	if (dap->port != PORT_JTAG)
		return dap->port == PORT_SWD;
	if (index >= dap->jtag.count)
		return false;
	dap->jtag.index = index;
	dap->jtag.ir = ~0u;	/* somebody may have scanned in between */
	return true;
}

/* DAP_Transfer: id, index, count, { request, [data] } */
size_t dap_transfer_measure(const uint8_t *request, size_t n, size_t cap)
{
	size_t used = 3, answer = 3;

	if (n < used)
		return 0;
	for (unsigned i = 0; i < request[2]; i++) {
		if (used >= n)
			return 0;
		if ((request[used] & REQ_RNW) && !(request[used] & REQ_MATCH_VALUE))
			answer += 4;
		if (request[used] & REQ_TIMESTAMP)
			answer += 4;
		used += has_data(request[used]) ? 5 : 1;
	}
	return used <= n && answer <= cap ? used : 0;
}

void dap_transfer(struct vb_cmsis_dap *dap, const uint8_t *request, struct response *out)
{
	struct batch b = { .dap = dap, .out = out };
	unsigned wanted = request[2];
	size_t head = out->len;

	response_u16(out, 0);	/* count and ack, known later */
	request += 3;
	if (can_transfer(dap, request[-2])) {
		while (b.count < wanted) {
			uint8_t code = *request++;
			uint32_t data = has_data(code) ? get_le32(request) : 0;

			if (!execute_one(&b, code, data))
				break;
			request += has_data(code) ? 4 : 0;
			b.count++;
			if (is_aborted(dap))
				break;
		}
		finish(&b);
	} else {
		dap->lost_count = dap->port == PORT_JTAG;
	}
	out->data[head] = (uint8_t)b.count;
	out->data[head + 1] = b.ack;
}

/* DAP_TransferBlock: id, index, count (16 bits), request, [data] * count */
size_t dap_transfer_block_measure(const uint8_t *request, size_t n, size_t cap)
{
	size_t used = 5, words;

	if (n < used)
		return 0;
	words = get_le16(request + 2);
	if (request[4] & REQ_RNW)
		return 4 + 4 * words <= cap ? used : 0;
	used += 4 * words;
	return used <= n ? used : 0;
}

void dap_transfer_block(struct vb_cmsis_dap *dap, const uint8_t *request, struct response *out)
{
	struct batch b = { .dap = dap, .out = out };
	unsigned wanted = get_le16(request + 2);
	uint8_t code = request[4] & (REQ_APNDP | REQ_RNW | 0x0c);
	size_t head = out->len;

	response_u16(out, 0);
	response_u8(out, 0);
	if (can_transfer(dap, request[1])) {
		while (b.count < wanted) {
			uint32_t data = code & REQ_RNW ? 0 : get_le32(request + 5 + 4 * b.count);

			if (!execute_one(&b, code, data))
				break;
			b.count++;
			if (is_aborted(dap))
				break;
		}
		finish(&b);
	}
	if (code & REQ_RNW)	/* here the count is that of the words which are there */
		b.count = (unsigned)(out->len - head - 3) / 4;
	put_le16(out->data + head, (uint16_t)b.count);
	out->data[head + 2] = b.ack;
}
