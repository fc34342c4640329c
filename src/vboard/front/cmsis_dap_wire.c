/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CMSIS-DAP firmware, wire level: SWD packets and JTAG scans made of clocks on the board's pins. */
#include "base/bytes.h"
#include "vboard/core/dp_link.h"
#include "vboard/front/cmsis_dap_priv.h"

#define JTAG_ABORT  0x8u
#define JTAG_DPACC  0xau
#define JTAG_APACC  0xbu
#define JTAG_IDCODE 0xeu

static void send(struct vb_cmsis_dap *dap, uint64_t bits, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		vb_swd_clock(dap->link, bits >> i & 1, true);
}

static void idle(struct vb_cmsis_dap *dap)
{
	for (unsigned i = 0; i < dap->idle_cycles; i++)
		vb_swd_clock(dap->link, false, true);
}

static uint64_t receive(struct vb_cmsis_dap *dap, unsigned n)
{
	uint64_t bits = 0;

	for (unsigned i = 0; i < n; i++)
		bits |= (uint64_t)vb_swd_clock(dap->link, true, false) << i;
	return bits;
}

/* The host owns the line again and leaves it high. */
static void park(struct vb_cmsis_dap *dap)
{
	vb_link_pins(dap->link, true, true, dap->link->tdi);
	vb_link_drive(dap->link, true);
}

uint32_t dap_timer(const struct vb_cmsis_dap *dap, uint64_t ps)
{
	return (uint32_t)((unsigned __int128)ps * dap->timer_hz / 1000000000000u);
}

static void note_timestamp(struct vb_cmsis_dap *dap, uint8_t request)
{
	if (request & REQ_TIMESTAMP)
		dap->timestamp = dap_timer(dap, vb_link_now_ps(dap->link));
}

static uint8_t swd_data_phase(struct vb_cmsis_dap *dap, uint8_t request, uint32_t *data)
{
	uint64_t bits;

	if (request & REQ_RNW) {
		bits = receive(dap, 33);
		receive(dap, dap->turnaround);
		*data = (uint32_t)bits;
		return parity_even(*data) == (bits >> 32) ? ACK_OK : ACK_PROTOCOL;
	}
	receive(dap, dap->turnaround);
	send(dap, *data | (uint64_t)parity_even(*data) << 32, 33);
	return ACK_OK;
}

uint8_t wire_swd_transfer(struct vb_cmsis_dap *dap, uint8_t request, uint32_t *data)
{
	unsigned fields = request & 0xf;	/* APnDP, RnW, A2, A3 as on the wire */
	uint8_t ack;

	send(dap, 0x81u | fields << 1 | (unsigned)parity_even(fields) << 5, 8);
	receive(dap, dap->turnaround);
	ack = (uint8_t)receive(dap, 3);
	if (ack == ACK_OK) {
		ack = swd_data_phase(dap, request, data);
		note_timestamp(dap, request);
		idle(dap);
	} else if (ack == ACK_WAIT || ack == ACK_FAULT) {
		if (dap->data_phase && (request & REQ_RNW))
			receive(dap, 33);
		receive(dap, dap->turnaround);
		if (dap->data_phase && !(request & REQ_RNW))
			send(dap, 0, 33);
	} else {	/* nobody there or out of step: let its data phase pass */
		receive(dap, dap->turnaround + 33);
	}
	park(dap);
	return ack;
}

/* --- JTAG: every scan starts and ends in Run-Test/Idle --- */

static bool tms(struct vb_cmsis_dap *dap, bool level)
{
	return vb_jtag_clock(dap->link, level, true);
}

/* Shifts `n` bits; the last one leaves the Shift state if `is_last`. */
static uint64_t shift(struct vb_cmsis_dap *dap, uint64_t out, unsigned n, bool is_last)
{
	uint64_t in = 0;

	for (unsigned i = 0; i < n; i++) {
		bool exits = is_last && i + 1 == n;

		in |= (uint64_t)vb_jtag_clock(dap->link, exits, out >> i & 1) << i;
	}
	return in;
}

/* Bits of the devices nearer to TDO, then of this one, then of those nearer to TDI. */
static uint64_t chain_shift(struct vb_cmsis_dap *dap, uint64_t out, unsigned n, unsigned before,
			    unsigned after)
{
	uint64_t in;

	for (unsigned i = 0; i < before; i++)
		vb_jtag_clock(dap->link, false, true);
	in = shift(dap, out, n, after == 0);
	for (unsigned i = 0; i < after; i++)
		vb_jtag_clock(dap->link, i + 1 == after, true);
	return in;
}

void wire_jtag_ir(struct vb_cmsis_dap *dap, uint32_t ir)
{
	unsigned before = 0, after = 0, bits = dap->jtag.ir_bits[dap->jtag.index];

	if (dap->jtag.ir == ir)
		return;
	dap->jtag.ir = ir;
	for (unsigned i = 0; i < dap->jtag.index; i++)
		before += dap->jtag.ir_bits[i];
	for (unsigned i = dap->jtag.index + 1; i < dap->jtag.count; i++)
		after += dap->jtag.ir_bits[i];
	tms(dap, true);
	tms(dap, true);
	tms(dap, false);
	tms(dap, false);
	/* Everybody else gets ones: BYPASS. Longer registers have ones above our code. */
	chain_shift(dap, ir | ~0xfull, bits, before, after);
	tms(dap, true);
	tms(dap, false);
}

static uint64_t dr_scan(struct vb_cmsis_dap *dap, uint64_t out, unsigned n)
{
	uint64_t in;

	tms(dap, true);
	tms(dap, false);
	tms(dap, false);
	in = chain_shift(dap, out, n, dap->jtag.index, dap->jtag.count - dap->jtag.index - 1);
	tms(dap, true);
	tms(dap, false);
	return in;
}

uint8_t wire_jtag_transfer(struct vb_cmsis_dap *dap, uint8_t request, uint32_t *data)
{
	bool rnw = request & REQ_RNW;
	uint64_t in, out = (unsigned)rnw | (request >> 2 & 3u) << 1;
	unsigned code;

	wire_jtag_ir(dap, request & REQ_APNDP ? JTAG_APACC : JTAG_DPACC);
	if (!rnw)
		out |= (uint64_t)*data << 3;
	in = dr_scan(dap, out, 35);
	/* The wire's OK/FAULT is 010 and WAIT 001: the answer has them as on SWD. */
	code = in & 7;
	code = (code & 4) | (code & 1) << 1 | (code >> 1 & 1);
	if (code == ACK_OK && rnw)
		*data = (uint32_t)(in >> 3);
	note_timestamp(dap, request);
	for (unsigned i = 0; i < dap->idle_cycles; i++)
		tms(dap, false);
	return (uint8_t)code;
}

uint32_t wire_jtag_idcode(struct vb_cmsis_dap *dap)
{
	wire_jtag_ir(dap, JTAG_IDCODE);
	return (uint32_t)dr_scan(dap, 0, 32);
}

void wire_jtag_abort(struct vb_cmsis_dap *dap, uint32_t value)
{
	wire_jtag_ir(dap, JTAG_ABORT);
	dr_scan(dap, (uint64_t)value << 3, 35);
}

/* --- Raw sequences --- */

void wire_swj_sequence(struct vb_cmsis_dap *dap, const uint8_t *data, unsigned bits)
{
	for (unsigned i = 0; i < bits; i++)
		vb_swd_clock(dap->link, bit_get(data, i), true);
}

void wire_swd_sequence(struct vb_cmsis_dap *dap, const uint8_t *out, uint8_t *in, unsigned bits)
{
	for (unsigned i = 0; i < bits; i++) {
		bool level = vb_swd_clock(dap->link, out != NULL && bit_get(out, i), out != NULL);

		if (in != NULL)
			bit_set(in, i, level);
	}
}

void wire_jtag_sequence(struct vb_cmsis_dap *dap, bool level, const uint8_t *tdi, uint8_t *tdo,
			unsigned bits)
{
	for (unsigned i = 0; i < bits; i++) {
		bool out = vb_jtag_clock(dap->link, level, bit_get(tdi, i));

		if (tdo != NULL)
			bit_set(tdo, i, out);
	}
}
