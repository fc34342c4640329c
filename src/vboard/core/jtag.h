/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vb_jtag: a scan chain of TAPs (IEEE 1149.1), one of them the JTAG-DP (IHI 0031 B3). All TAPs
 * share the state machine. TMS and TDI count at the rising edge of TCK; TDO and the Update states
 * act at the falling edge.
 */
#ifndef VB_CORE_JTAG_H
#define VB_CORE_JTAG_H

#include "vboard/core/dp.h"

enum vb_tap_state {
	TAP_RESET, TAP_IDLE,
	TAP_SELECT_DR, TAP_CAPTURE_DR, TAP_SHIFT_DR, TAP_EXIT1_DR, TAP_PAUSE_DR, TAP_EXIT2_DR,
	TAP_UPDATE_DR,
	TAP_SELECT_IR, TAP_CAPTURE_IR, TAP_SHIFT_IR, TAP_EXIT1_IR, TAP_PAUSE_IR, TAP_EXIT2_IR,
	TAP_UPDATE_IR,
};

struct vb_tap {
	const struct vb_tap_config *config;
	uint32_t ir;
	uint64_t shift;		/* whichever register is between TDI and TDO */
	unsigned bits;
	enum vb_ack captured;	/* DPACC and APACC: WAIT discards the request of this scan */
};

struct vb_jtag {
	struct vb_dp *dp;
	void (*sync)(void *ctx);	/* as in swd.h */
	void *ctx;
	enum vb_tap_state state;
	struct vb_tap tap[4];		/* nearest TDO first */
	size_t taps;
	bool tdo;			/* 1 (pulled up) outside the Shift states */
};

void vb_jtag_init(struct vb_jtag *jtag, struct vb_dp *dp, void (*sync)(void *ctx), void *ctx);
void vb_jtag_reset(struct vb_jtag *jtag);	/* nTRST, or another protocol was selected */
void vb_jtag_rise(struct vb_jtag *jtag, bool tms, bool tdi);
void vb_jtag_fall(struct vb_jtag *jtag);
/* In Shift-DR or Shift-IR: TDO is driven. */
bool vb_jtag_is_shifting(const struct vb_jtag *jtag);

#endif
