/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vb_wire: the cable between probe and board, and what can be wrong with it. vb_link applies it to
 * every level that goes by, so a broken wire is broken for every kind of probe.
 *
 * A good cable is all zeros. What is at an open end is what a resistor makes of it: SWDIO, TDI and
 * the probe's TDO are pulled up, SWCLK is pulled down (IHI 0031 B4.1, and the pins of ST and NXP
 * parts).
 *
 * Above max_khz bits flip, at a rate that grows with the excess: by 1/64 of a bit per 100 % for what
 * the probe reads, which has the way there and back in one clock period; a quarter of that for what
 * the target reads, which comes with its clock. Which bits is a function of the number of the clock
 * alone: the same run fails the same way.
 */
#ifndef VB_CORE_WIRE_H
#define VB_CORE_WIRE_H

#include <stdbool.h>
#include <stdint.h>

enum vb_wire_short { VB_SHORT_NONE, VB_SHORT_LOW, VB_SHORT_HIGH };

struct vb_wire {
	bool is_swapped;		/* SWDIO on SWCLK's pin and the other way round */
	unsigned open;			/* LINK_* of dp_link.h: not connected */
	enum vb_wire_short dio_short;	/* SWDIO lies on ground or on the supply */
	uint32_t max_khz;		/* 0: as fast as you like */
	bool target_clk;		/* the level on the target's SWCLK pin */
};

bool vb_wire_is_good(const struct vb_wire *wire);
/* Whether the bit of this clock arrives as its opposite. */
bool vb_wire_flips(const struct vb_wire *wire, uint64_t clock, uint64_t period_ps, bool to_target);

#endif
