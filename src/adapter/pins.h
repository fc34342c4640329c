/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pins: levels on the probe's own pins, for a look at a link that does not work; and what dap/ does
 * for this room, which cannot call it: it fills struct adapter_hooks.
 */
#ifndef ADAPTER_PINS_H
#define ADAPTER_PINS_H

#include <stdbool.h>

#include "base/err.h"

#define PIN_SWCLK  0x01u		/* or TCK; the numbers are those of DAP_SWJ_Pins */
#define PIN_SWDIO  0x02u		/* or TMS */
#define PIN_TDI	   0x04u
#define PIN_TDO	   0x08u
#define PIN_NTRST  0x20u
#define PIN_NRESET 0x80u

struct pin_levels {
	unsigned known;			/* PIN_*: those this probe can read */
	unsigned high;			/* of these */
};

/* For read_pins(): what to do with SWDIO before. */
enum pin_drive { PIN_AS_IT_IS, PIN_DRIVE_LOW, PIN_DRIVE_HIGH };

struct probe;

struct adapter_hooks {
	void *ctx;
	/* Nothing sensible answers on the link, and the chain of `rc` says what was seen. OK: it was
	 * mended (a lower clock); else the error to report, with its cause. */
	enum err (*explain_link)(void *ctx, enum err rc);
	/* Several probes fit and adapter->target_uid is set: opens each with adapter->usb_location set
	 * to it, and leaves *chosen at the one whose target has this id. Called by probe_select(), from
	 * within the driver's open(): before adapter->priv is set. ERR_ADAPTER_NOT_FOUND. */
	enum err (*choose_by_target)(void *ctx, struct probe *list, struct probe **chosen);
};

#endif
