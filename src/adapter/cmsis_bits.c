/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Raw bits through a CMSIS-DAP probe: rare next to transfers, so each call is sent at once. */
#include <string.h>

#include "adapter/cmsis_dap.h"
#include "wire/swd.h"

static void queue_sequence(struct cmsis_dap *dap, const uint8_t *bits, size_t count)
{
	while (count > 0) {
		size_t n = MIN(count, 256u);	/* also below the smallest packet */
		uint8_t request[2 + 32] = { DAP_SWJ_SEQUENCE, (uint8_t)n };	/* 0 means 256 */

		memcpy(request + 2, bits, (n + 7) / 8);
		cmsis_queue(dap, request, 2 + (n + 7) / 8);
		bits += n / 8;
		count -= n;
	}
}

/* The probe addresses a TAP by index and bypasses the others: it must know the chain. */
static enum err configure_chain(struct cmsis_dap *dap)
{
	struct jtag_chain chain;
	uint8_t request[2 + JTAG_MAX_TAPS] = { DAP_JTAG_CONFIGURE };

	jtag_get_chain(dap->adapter, &chain);
	if (chain.count == 0)
		return OK;
	request[1] = (uint8_t)chain.count;
	for (unsigned i = 0; i < chain.count; i++)
		request[2 + i] = (uint8_t)chain.ir_bits[i];
	return cmsis_status_command(dap, request, 2 + chain.count, "take in the JTAG chain");
}

/* Some firmware notices a change of protocol only while it connects its pins. */
static enum err reconnect_pins(struct cmsis_dap *dap)
{
	const struct cmsis_settings *settings = adapter_settings(dap->adapter, &cmsis_dap_driver);
	const uint8_t disconnect[] = { DAP_DISCONNECT };
	const uint8_t connect[] = { DAP_CONNECT,
				    dap->adapter->transport == TRANSPORT_JTAG ? 2 : 1 };

	bool is_needed = (settings != NULL && settings->quirk) ||
			 (dap->quirk != NULL && (dap->quirk->flags & QUIRK_RECONNECT));

	if (!is_needed || dap->adapter->srst || dap->adapter->trst)
		return OK;
	TRY(cmsis_command(dap, disconnect, sizeof(disconnect), 1, NULL));
	return cmsis_command(dap, connect, sizeof(connect), 2, NULL);
}

enum err cmsis_connect_link(struct dap_port *port, enum link_connect how)
{
	static const enum swd_sequence sequences[] = {
		[LINK_JTAG_TO_SWD] = SWD_SEQ_JTAG_TO_SWD,
		[LINK_DORMANT_TO_SWD] = SWD_SEQ_DORMANT_TO_SWD,
		[LINK_LINE_RESET] = SWD_SEQ_LINE_RESET,
		[LINK_SWD_TO_JTAG] = SWD_SEQ_SWD_TO_JTAG,
	};
	struct cmsis_dap *dap = port->priv;
	uint8_t bits[SWD_SEQ_MAX_BYTES], clock[5] = { DAP_SWJ_CLOCK };

	if (dap == NULL)
		return closed_port_ops.connect(port, how);
	if (dap->adapter->is_lost)
		return adapter_fail_lost(dap->adapter);
	flight_note(port->flight, FLIGHT_LINK, how);
	if (how != LINK_LINE_RESET)
		TRY(reconnect_pins(dap));
	queue_sequence(dap, bits, swd_put_sequence(sequences[how], bits));
	port->stats.wire_bits += 140;
	dap->dp_bank = 0;
	/* Some probes forget the clock when the protocol is switched. */
	if (how != LINK_LINE_RESET && dap->adapter->actual_khz != 0) {
		put_le32(clock + 1, dap->adapter->actual_khz * 1000);
		cmsis_queue(dap, clock, sizeof(clock));
	}
	TRY(cmsis_run_queued(dap, "send a line sequence"));
	if (how != LINK_SWD_TO_JTAG)
		return OK;
	TRY(jtag_check_chain(dap->adapter));
	return configure_chain(dap);
}

/* Nobody drives the ACK of a TARGETSEL write, so DAP_Transfer cannot do it (IHI 0031 B4.2.3). */
enum err cmsis_select_target(struct dap_port *port, uint32_t targetsel)
{
	struct cmsis_dap *dap = port->priv;
	uint8_t request[2 + 2 + 1 + 6] = { DAP_SWD_SEQUENCE, 3 };

	if (dap->quirk != NULL && (dap->quirk->flags & QUIRK_NO_SEQUENCE))
		return error_why(ERR_UNSUPPORTED,
				 "a %s cannot select one of several targets (no DAP_SWD_Sequence)",
				 dap->quirk->kind);
	flight_note(port->flight, FLIGHT_SELECT_TARGET, targetsel);
	request[2] = SWD_REQUEST_BITS;
	request[3] = swd_request(PORT_DP(0xc), false);
	request[4] = 0x80 | SWD_WRITE_IN;
	request[5] = SWD_DATA_BITS;
	swd_put_data(request + 6, targetsel);
	return cmsis_status_command(dap, request, sizeof(request), "select a multidrop target");
}

/* A sequence whose answer carries captured bits behind the status byte. */
static enum err exchange(struct cmsis_dap *dap, const uint8_t *request, size_t n, size_t least)
{
	size_t got;

	TRY(cmsis_command(dap, request, n, 2, &got));
	if (dap->response[1] != 0)
		return error_why(ERR_ADAPTER_PROTOCOL,
				 "the probe refused to send raw bits (status 0x%02x)",
				 dap->response[1]);
	if (got < least)
		return error_why(ERR_ADAPTER_PROTOCOL,
				 "the answer to command 0x%02x has %zu bytes, needs %zu",
				 request[0], got, least);
	return OK;
}

static void bits_swd(void *priv, const uint8_t *out, uint8_t *in, size_t bits)
{
	struct cmsis_dap *dap = priv;

	for (size_t at = 0; at < bits && dap->bits_rc == OK; at += 64) {
		size_t n = MIN(bits - at, 64u), bytes = (n + 7) / 8;
		uint8_t request[3 + 8] = { DAP_SWD_SEQUENCE, 1,
					   (uint8_t)((n & 63) | (out ? 0 : 0x80)) };

		if (out != NULL)
			memcpy(request + 3, out + at / 8, bytes);
		dap->bits_rc =
			exchange(dap, request, out ? 3 + bytes : 3, out ? 2 : 2 + bytes);
		if (dap->bits_rc == OK && in != NULL && out == NULL)
			memcpy(in + at / 8, dap->response + 2, bytes);
	}
}

/* One packet of JTAG sequences: TMS is constant within a sequence of at most 64 clocks. */
struct jtag_packet {
	uint8_t request[CMSIS_MIN_PACKET];	/* what the smallest probe takes */
	size_t used, captured;
	size_t start, end;			/* bits of the caller's strings */
	uint8_t lengths[CMSIS_MIN_PACKET];
};

static size_t same_tms(const uint8_t *tms, size_t at, size_t bits)
{
	size_t n = 1;

	while (n < 64 && at + n < bits && bit_get(tms, at + n) == bit_get(tms, at))
		n++;
	return n;
}

static void pack_jtag(struct jtag_packet *p, const uint8_t *tms, const uint8_t *tdi, bool capture,
		      size_t bits)
{
	p->request[0] = DAP_JTAG_SEQUENCE;
	p->request[1] = 0;
	p->used = 2;
	p->captured = 2;
	p->end = p->start;
	while (p->end < bits) {
		size_t n = same_tms(tms, p->end, bits), bytes = (n + 7) / 8;
		uint8_t *out = p->request + p->used + 1;

		if (p->used + 1 + bytes > sizeof(p->request) - 1 ||
		    p->captured + bytes > CMSIS_MIN_PACKET - 1)
			return;
		out[-1] = (uint8_t)((n & 63) | (bit_get(tms, p->end) ? 0x40 : 0) |
				    (capture ? 0x80 : 0));
		memset(out, 0, bytes);
		for (size_t i = 0; i < n; i++)
			bit_set(out, i, tdi == NULL || bit_get(tdi, p->end + i));
		p->lengths[p->request[1]++] = (uint8_t)n;
		p->used += 1 + bytes;
		p->captured += capture ? bytes : 0;
		p->end += n;
	}
}

static void bits_jtag(void *priv, const uint8_t *tms, const uint8_t *tdi, uint8_t *tdo, size_t bits)
{
	struct cmsis_dap *dap = priv;
	struct jtag_packet p = { .start = 0 };

	while (p.start < bits && dap->bits_rc == OK) {
		const uint8_t *in = dap->response + 2;
		size_t at;

		pack_jtag(&p, tms, tdi, tdo != NULL, bits);
		dap->bits_rc = exchange(dap, p.request, p.used, p.captured);
		if (dap->bits_rc != OK || tdo == NULL) {
			p.start = p.end;
			continue;
		}
		at = p.start;
		for (unsigned s = 0; s < p.request[1]; s++) {
			for (unsigned i = 0; i < p.lengths[s]; i++)
				bit_set(tdo, at++, bit_get(in, i));
			in += (p.lengths[s] + 7) / 8;
		}
		p.start = p.end;
	}
}

static enum err bits_flush(void *priv)
{
	struct cmsis_dap *dap = priv;
	enum err rc = dap->bits_rc;

	dap->bits_rc = OK;
	return rc;
}

const struct bit_ops cmsis_bit_ops = {
	.swd = bits_swd,
	.jtag = bits_jtag,
	.flush = bits_flush,
};
