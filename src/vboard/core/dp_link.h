/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vb_link: the debug pins of the board (SWCLK/TCK, SWDIO/TMS, TDI, TDO) and the SWJ unit behind
 * them that gives them to the JTAG chain or to Serial Wire (IHI 0031 B5). Every front end,
 * bit-level or not, comes through here, so switch sequences, line resets and lock-out count for all
 * of them.
 *
 * Two ways in: vb_link_pins() sets levels as a bit-banging probe does, the others clock one whole
 * cycle (low, sample, high). Each edge costs half a period of wire time. The time is collected and
 * the board's clock is brought up to it before the debug port is touched and by vb_link_sync():
 * call that before waiting for the next request.
 */
#ifndef VB_CORE_DP_LINK_H
#define VB_CORE_DP_LINK_H

#include "vboard/core/dp.h"
#include "vboard/core/jtag.h"
#include "vboard/core/swd.h"
#include "vboard/core/wire.h"

enum vb_link_mode { VB_LINK_JTAG, VB_LINK_SWD, VB_LINK_DORMANT };

/* Levels of the pins; LINK_NRESET is the board's nRST line (1: released). */
#define LINK_CLK	0x01u
#define LINK_DIO	0x02u	/* SWDIO or TMS */
#define LINK_TDI	0x04u
#define LINK_TDO	0x08u
#define LINK_NRESET	0x10u

struct vb_link_trace {
	void (*levels)(void *ctx, uint64_t ps, unsigned pins, enum vb_link_mode mode);
	void *ctx;
};

struct vb_link {
	struct vb_dp *dp;
	struct vb_clock *clock;
	enum vb_link_mode mode;
	struct vb_swd swd;
	struct vb_jtag jtag;
	bool clk, dio, tdi;		/* what the host puts out */
	bool is_host_driving;		/* SWDIO/TMS */
	bool is_trst_low, is_nrst_low;
	bool has_no_swd;		/* the chip was fused to JTAG alone */
	uint64_t period_ps;
	uint64_t pending_ps;		/* wire time the clock does not know of yet */
	uint64_t clocks;		/* rising edges since the start */
	/* Search for switch codes, alert and activation in the bits on SWDIO/TMS. */
	struct vb_link_monitor {
		unsigned ones;
		unsigned left;		/* bits still missing of the code being collected */
		uint32_t code;
		uint64_t history[2];	/* last 128 bits, newest on top of [1] */
		unsigned activation;	/* bits since a selection alert, 0: none seen */
	} monitor;
	struct vb_link_trace trace;
	struct vb_wire wire;		/* between the probe's pins and the target's */
};

struct vb_link *vb_link_new(struct vb_dp *dp, struct vb_clock *clock);
void vb_link_free(struct vb_link *link);
void vb_link_power_on(struct vb_link *link);
/* 0 is ignored; the period is rounded up to a picosecond. */
void vb_link_set_hz(struct vb_link *link, uint32_t hz);
void vb_link_sync(struct vb_link *link);
/* Time passes on the wire without a clock. */
void vb_link_delay(struct vb_link *link, uint64_t ns);
uint64_t vb_link_now_ps(const struct vb_link *link);
/* Another cable: takes the knobs of `wire`, keeps the levels. */
void vb_link_set_wire(struct vb_link *link, const struct vb_wire *wire);

/* Levels on the probe's pins as they are now; an undriven SWDIO is pulled up. */
bool vb_link_dio(const struct vb_link *link);
bool vb_link_tdo(const struct vb_link *link);
void vb_link_pins(struct vb_link *link, bool clk, bool dio, bool tdi);
void vb_link_drive(struct vb_link *link, bool host_drives);
void vb_link_trst(struct vb_link *link, bool low);
void vb_link_nrst(struct vb_link *link, bool low);	/* for the trace only */

/* One cycle of SWCLK. Returns the level that was on SWDIO just before the rising edge. */
bool vb_swd_clock(struct vb_link *link, bool in, bool host_drives);
/* One cycle of TCK. Returns TDO just before the rising edge. */
bool vb_jtag_clock(struct vb_link *link, bool tms, bool tdi);

#endif
