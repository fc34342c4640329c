/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Emulated ST-LINK, wire level: SWD packets and JTAG scans made of clocks on the board's pins. */
#include "base/bytes.h"
#include "vboard/core/dp_link.h"
#include "vboard/usb/model_stlink.h"

#define WAIT_RETRIES 4u		/* by the firmware, before the host hears of it */
#define RESET_ONES   56u

#define JTAG_DPACC 0xau
#define JTAG_APACC 0xbu
#define MAX_TAPS   8u
#define ARM_DP_IR_BITS 4u

enum { ACK_OK = 1, ACK_WAIT = 2, ACK_FAULT = 4 };

static void send(struct stl *s, uint64_t bits, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		vb_swd_clock(s->link, bits >> i & 1, true);
}

static uint64_t receive(struct stl *s, unsigned n)
{
	uint64_t bits = 0;

	for (unsigned i = 0; i < n; i++)
		bits |= (uint64_t)vb_swd_clock(s->link, true, false) << i;
	return bits;
}

void stl_idle(struct stl *s)
{
	if (s->is_jtag)
		for (unsigned i = 0; i < 8; i++)
			vb_jtag_clock(s->link, false, true);
	else
		send(s, 0, 8);
	vb_link_sync(s->link);
}

void stl_word_gap(struct stl *s)
{
	vb_link_delay(s->link, s->kind->word_gap_ns);
}

/* One Serial Wire packet (IHI 0031 B4.2). */
static enum stl_status swd_packet(struct stl *s, unsigned fields, uint32_t *data)
{
	bool is_read = fields & 2;
	unsigned ack;
	uint64_t bits;

	send(s, 0x81u | fields << 1 | (unsigned)parity_even(fields) << 5, 8);
	receive(s, 1);
	ack = (unsigned)receive(s, 3);
	if (ack == ACK_WAIT || ack == ACK_FAULT) {
		receive(s, 1);
		return ack == ACK_WAIT ? STL_AP_WAIT : STL_AP_FAULT;
	}
	if (ack != ACK_OK) {	/* silence: let a data phase pass */
		receive(s, 34);
		return STL_AP_ERROR;
	}
	if (!is_read) {
		receive(s, 1);
		send(s, *data | (uint64_t)parity_even(*data) << 32, 33);
		return STL_OK;
	}
	bits = receive(s, 33);
	receive(s, 1);
	*data = (uint32_t)bits;
	return parity_even(*data) == (bits >> 32) ? STL_OK : STL_AP_PARITY;
}

/* --- JTAG: every scan starts and ends in Run-Test/Idle --- */

static void tms(struct stl *s, unsigned bits, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		vb_jtag_clock(s->link, bits >> i & 1, true);
}

static uint64_t scan(struct stl *s, uint64_t out, unsigned n, unsigned before, unsigned after)
{
	uint64_t in = 0;

	for (unsigned i = 0; i < before; i++)
		vb_jtag_clock(s->link, false, true);
	for (unsigned i = 0; i < n; i++)
		in |= (uint64_t)vb_jtag_clock(s->link, after == 0 && i + 1 == n, out >> i & 1) << i;
	for (unsigned i = 0; i < after; i++)
		vb_jtag_clock(s->link, i + 1 == after, true);
	tms(s, 1, 2);		/* Update, Run-Test/Idle */
	return in;
}

static void set_ir(struct stl *s, uint32_t ir)
{
	if (s->chain.ir == ir)
		return;
	s->chain.ir = ir;
	tms(s, 3, 4);		/* Shift-IR */
	scan(s, ir, ARM_DP_IR_BITS, s->chain.before, s->chain.after);
}

static enum stl_status jtag_access(struct stl *s, unsigned fields, uint32_t *data)
{
	uint64_t in, out = (fields >> 1 & 1) | (fields >> 2 & 3u) << 1;
	unsigned code;

	if (!(fields & 2))
		out |= (uint64_t)*data << 3;
	set_ir(s, fields & 1 ? JTAG_APACC : JTAG_DPACC);
	tms(s, 1, 3);		/* Shift-DR */
	in = scan(s, out, 35, s->chain.taps_before, s->chain.taps_after);
	code = in & 7;
	if (code == 1)
		return STL_AP_WAIT;
	if (code != 2)
		return STL_AP_ERROR;
	if (fields & 2)
		*data = (uint32_t)(in >> 3);
	return STL_OK;
}

enum stl_status stl_transfer(struct stl *s, bool is_ap, bool is_read, unsigned a, uint32_t *data)
{
	/* APnDP, RnW, A2, A3 as on the wire. */
	unsigned fields = (unsigned)is_ap | (unsigned)is_read << 1 | (a >> 2 & 3) << 2;
	unsigned tries = WAIT_RETRIES + 1;
	enum stl_status rc;

	do {
		rc = s->is_jtag ? jtag_access(s, fields, data) : swd_packet(s, fields, data);
	} while (rc == STL_AP_WAIT && --tries > 0);
	return rc == STL_OK || is_ap ? rc : (enum stl_status)(rc + (STL_DP_WAIT - STL_AP_WAIT));
}

/* --- Entering a protocol --- */

enum stl_status stl_connect_swd(struct stl *s)
{
	uint32_t dpidr = 0;

	s->is_jtag = false;
	vb_link_set_hz(s->link, s->swd_hz);
	send(s, ~0ull, RESET_ONES);
	send(s, 0xe79e, 16);
	send(s, ~0ull, RESET_ONES);
	send(s, 0, 8);
	if (stl_transfer(s, false, true, 0, &dpidr) != STL_OK)
		return STL_IDCODE_ERROR;
	s->idcode = dpidr;
	s->chain.idcodes[0] = dpidr;
	s->chain.idcodes[1] = 0;
	return STL_OK;
}

/* After Test-Logic-Reset each TAP shows its IDCODE, or a single 0 if it has none. */
static unsigned read_chain(struct stl *s, uint32_t *ids)
{
	unsigned n = 0;

	tms(s, 1, 3);
	for (; n < MAX_TAPS; n++) {
		if (!vb_jtag_clock(s->link, false, true)) {
			ids[n] = 0;
			continue;
		}
		ids[n] = 1;
		for (unsigned i = 1; i < 32; i++)
			ids[n] |= (uint32_t)vb_jtag_clock(s->link, false, true) << i;
		if (ids[n] == 0xffffffff)	/* our own ones came through */
			break;
	}
	tms(s, 3, 3);		/* Exit1, Update, Run-Test/Idle */
	return n;
}

static bool is_arm_dp(uint32_t idcode)
{
	return (idcode & 0x0fff0fff) == 0x0ba00477;
}

/* STMicroelectronics' boundary-scan TAP: manufacturer 0x020, instruction register of 5 bits. */
static bool is_st_tap(uint32_t idcode)
{
	return (idcode & 0xfff) == 0x041;
}

enum stl_status stl_connect_jtag(struct stl *s)
{
	uint32_t ids[MAX_TAPS] = { 0 };
	unsigned n;

	s->is_jtag = true;
	vb_link_set_hz(s->link, s->jtag_hz);
	send(s, ~0ull, RESET_ONES);
	send(s, 0xe73c, 16);
	tms(s, 0x3f, 7);	/* Test-Logic-Reset, Run-Test/Idle */
	s->chain.ir = ~0u;
	n = read_chain(s, ids);
	if (n == 0 || n == MAX_TAPS)
		return STL_NO_DEVICE;
	if (!is_arm_dp(ids[0]) || n > 2 || (n == 2 && !is_st_tap(ids[1])))
		return STL_UNKNOWN_CHAIN;
	s->chain.before = s->chain.taps_before = 0;
	s->chain.taps_after = n - 1;
	s->chain.after = n == 2 ? 5 : 0;
	s->chain.idcodes[0] = s->idcode = ids[0];
	s->chain.idcodes[1] = n == 2 ? ids[1] : 0;
	return STL_OK;
}
