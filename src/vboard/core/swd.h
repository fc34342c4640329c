/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vb_swd: the target end of a Serial Wire connection, one call per rising edge of SWCLK (IHI 0031
 * B4). It finds line resets and packets in the bits, asks the DP for the ACK and drives the answer.
 *
 * Before the edge, `is_driving` and `out` say what the target puts on SWDIO; an undriven line is
 * pulled up. vb_swd_edge() takes the level of the line at the edge and sets the next output.
 */
#ifndef VB_CORE_SWD_H
#define VB_CORE_SWD_H

#include "vboard/core/dp.h"

enum vb_swd_state { VB_SWD_RESET, VB_SWD_ACTIVE, VB_SWD_LOCKED };
enum vb_swd_phase {
	VB_SWD_IDLE,		/* waits for a start bit */
	VB_SWD_HEADER,
	VB_SWD_TURN_ACK,	/* turnaround before the ACK */
	VB_SWD_ACK,
	VB_SWD_READ,		/* 32 data bits and parity, ours */
	VB_SWD_TURN_WRITE,	/* turnaround before the host's data */
	VB_SWD_WRITE,
	VB_SWD_SKIP,		/* clocks that belong to the packet but mean nothing */
};

struct vb_swd {
	struct vb_dp *dp;
	/* Called before the DP is touched: brings the board's clock to the time on the wire. */
	void (*sync)(void *ctx);
	void *ctx;

	enum vb_swd_state state;
	enum vb_swd_phase phase;
	bool is_driving, out;
	unsigned ones;		/* in a row: 50 are a line reset */
	unsigned idle_needed;	/* zeros still owed after a line reset */
	unsigned left;		/* clocks left in this phase */
	uint8_t header;
	bool apndp, rnw;
	unsigned a;
	bool is_targetsel;
	struct vb_dp_reply reply;
	uint64_t shift;		/* data phase, 33 bits */
	/* An AP write that came in whole: rising edges it still needs, and what it writes. */
	unsigned write_edges, write_a;
	uint32_t write_data;
};

void vb_swd_init(struct vb_swd *swd, struct vb_dp *dp, void (*sync)(void *ctx), void *ctx);
/* Just selected or powered up: silent until a line reset. */
void vb_swd_select(struct vb_swd *swd);
void vb_swd_edge(struct vb_swd *swd, bool line);

#endif
