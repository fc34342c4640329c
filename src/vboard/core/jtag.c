/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/core/jtag.h"

#include "base/bytes.h"

/* JTAG-DP instructions; longer registers have ones above. Other TAPs know IDCODE and BYPASS only.
 */
#define IR_ABORT	0x8u
#define IR_DPACC	0xau
#define IR_APACC	0xbu
#define IR_IDCODE	0xeu
#define IR_BYPASS	0xfu
#define BS_IDCODE	0x1u	/* boundary-scan TAPs of ST, RM0351 48.6.3 */

#define ACC_BITS	35u	/* RnW or ACK and A[3:2], then 32 data bits */
#define ACK_OK_FAULT	2u	/* on the wire, not as on SWD */
#define ACK_WAIT	1u

static const struct { uint8_t on_0, on_1; } next_state[] = {
	[TAP_RESET]	 = { TAP_IDLE,	     TAP_RESET },
	[TAP_IDLE]	 = { TAP_IDLE,	     TAP_SELECT_DR },
	[TAP_SELECT_DR]	 = { TAP_CAPTURE_DR, TAP_SELECT_IR },
	[TAP_CAPTURE_DR] = { TAP_SHIFT_DR,   TAP_EXIT1_DR },
	[TAP_SHIFT_DR]	 = { TAP_SHIFT_DR,   TAP_EXIT1_DR },
	[TAP_EXIT1_DR]	 = { TAP_PAUSE_DR,   TAP_UPDATE_DR },
	[TAP_PAUSE_DR]	 = { TAP_PAUSE_DR,   TAP_EXIT2_DR },
	[TAP_EXIT2_DR]	 = { TAP_SHIFT_DR,   TAP_UPDATE_DR },
	[TAP_UPDATE_DR]	 = { TAP_IDLE,	     TAP_SELECT_DR },
	[TAP_SELECT_IR]	 = { TAP_CAPTURE_IR, TAP_RESET },
	[TAP_CAPTURE_IR] = { TAP_SHIFT_IR,   TAP_EXIT1_IR },
	[TAP_SHIFT_IR]	 = { TAP_SHIFT_IR,   TAP_EXIT1_IR },
	[TAP_EXIT1_IR]	 = { TAP_PAUSE_IR,   TAP_UPDATE_IR },
	[TAP_PAUSE_IR]	 = { TAP_PAUSE_IR,   TAP_EXIT2_IR },
	[TAP_EXIT2_IR]	 = { TAP_SHIFT_IR,   TAP_UPDATE_IR },
	[TAP_UPDATE_IR]	 = { TAP_IDLE,	     TAP_SELECT_DR },
};

void vb_jtag_init(struct vb_jtag *jtag, struct vb_dp *dp, void (*sync)(void *ctx), void *ctx)
{
	const struct vb_dp_config *config = vb_dp_config(dp);

	*jtag = (struct vb_jtag){ .dp = dp, .sync = sync, .ctx = ctx };
	for (size_t i = 0; i < ARRAY_SIZE(config->tap) && config->tap[i].ir_bits != 0; i++) {
		jtag->tap[i].config = &config->tap[i];
		jtag->taps++;
	}
	vb_jtag_reset(jtag);
}

/* Test-Logic-Reset loads IDCODE, or BYPASS where there is none. */
static void reset_instructions(struct vb_jtag *jtag)
{
	for (size_t i = 0; i < jtag->taps; i++) {
		struct vb_tap *tap = &jtag->tap[i];
		uint32_t ones = BIT(tap->config->ir_bits) - 1;

		if (tap->config->idcode == 0)
			tap->ir = ones;
		else if (tap->config->is_dp)
			tap->ir = (ones & ~0xfu) | IR_IDCODE;
		else
			tap->ir = BS_IDCODE;
	}
}

void vb_jtag_reset(struct vb_jtag *jtag)
{
	jtag->state = TAP_RESET;
	jtag->tdo = true;
	reset_instructions(jtag);
}

/* IDCODE, an access, or BYPASS for every unused code. */
static uint32_t instruction(const struct vb_tap *tap)
{
	uint32_t upper = (BIT(tap->config->ir_bits) - 1) & ~0xfu;

	if (!tap->config->is_dp)
		return tap->ir == BS_IDCODE && tap->config->idcode != 0 ? IR_IDCODE : IR_BYPASS;
	if ((tap->ir & upper) != upper)
		return IR_BYPASS;
	return tap->ir & 0xf;
}

static void capture_access(struct vb_jtag *jtag, struct vb_tap *tap, bool apndp)
{
	uint32_t data;
	unsigned code;

	jtag->sync(jtag->ctx);
	tap->captured = vb_dp_jtag_capture(jtag->dp, apndp, &data);
	if (tap->captured == VB_ACK_NONE)
		code = 7, data = ~0u;
	else
		code = tap->captured == VB_ACK_WAIT ? ACK_WAIT : ACK_OK_FAULT;
	tap->shift = (uint64_t)data << 3 | code;
	tap->bits = ACC_BITS;
}

static void capture_dr(struct vb_jtag *jtag)
{
	for (size_t i = 0; i < jtag->taps; i++) {
		struct vb_tap *tap = &jtag->tap[i];

		switch (instruction(tap)) {
		case IR_DPACC:
		case IR_APACC:
			capture_access(jtag, tap, instruction(tap) == IR_APACC);
			break;
		case IR_ABORT:
			tap->shift = ACK_OK_FAULT;
			tap->bits = ACC_BITS;
			break;
		case IR_IDCODE:
			tap->shift = tap->config->idcode;
			tap->bits = 32;
			break;
		default:
			tap->shift = 0;
			tap->bits = 1;
			break;
		}
	}
}

static void capture_ir(struct vb_jtag *jtag)
{
	for (size_t i = 0; i < jtag->taps; i++) {
		jtag->tap[i].shift = 1;		/* the standard wants ..01 */
		jtag->tap[i].bits = jtag->tap[i].config->ir_bits;
	}
}

static void shift(struct vb_jtag *jtag, bool tdi)
{
	for (size_t i = jtag->taps; i-- > 0;) {
		struct vb_tap *tap = &jtag->tap[i];
		bool out = tap->shift & 1;

		tap->shift = tap->shift >> 1 | (uint64_t)tdi << (tap->bits - 1);
		tdi = out;
	}
}

static void update_dr(struct vb_jtag *jtag)
{
	for (size_t i = 0; i < jtag->taps; i++) {
		struct vb_tap *tap = &jtag->tap[i];
		uint32_t ir = instruction(tap), data = (uint32_t)(tap->shift >> 3);
		bool rnw = tap->shift & 1;
		unsigned a = (tap->shift >> 1) & 3;

		if (ir == IR_ABORT && !rnw && a == 0) {
			jtag->sync(jtag->ctx);
			vb_dp_abort(jtag->dp, data);
		} else if ((ir == IR_DPACC || ir == IR_APACC) && tap->captured == VB_ACK_OK) {
			jtag->sync(jtag->ctx);
			vb_dp_jtag_update(jtag->dp, ir == IR_APACC, rnw, a, data);
		}
	}
}

static void update_ir(struct vb_jtag *jtag)
{
	for (size_t i = 0; i < jtag->taps; i++)
		jtag->tap[i].ir = (uint32_t)jtag->tap[i].shift;
}

void vb_jtag_rise(struct vb_jtag *jtag, bool tms, bool tdi)
{
	switch (jtag->state) {
	case TAP_CAPTURE_DR: capture_dr(jtag); break;
	case TAP_CAPTURE_IR: capture_ir(jtag); break;
	case TAP_SHIFT_DR:
	case TAP_SHIFT_IR:   shift(jtag, tdi); break;
	default:	     break;
	}
	jtag->state = tms ? next_state[jtag->state].on_1 : next_state[jtag->state].on_0;
	if (jtag->state == TAP_RESET)
		reset_instructions(jtag);
}

bool vb_jtag_is_shifting(const struct vb_jtag *jtag)
{
	return jtag->state == TAP_SHIFT_DR || jtag->state == TAP_SHIFT_IR;
}

void vb_jtag_fall(struct vb_jtag *jtag)
{
	jtag->tdo = vb_jtag_is_shifting(jtag) && jtag->taps > 0 ? jtag->tap[0].shift & 1 : true;
	if (jtag->state == TAP_UPDATE_DR)
		update_dr(jtag);
	else if (jtag->state == TAP_UPDATE_IR)
		update_ir(jtag);
}
