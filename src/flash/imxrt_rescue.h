/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * imxrt_rescue: getting hold of a core that a program in the flash keeps from us, and taking that
 * program's header out of the flash. imxrt_rescue.c is the ladder, imxrt_rescue_flash.c what comes after.
 */
#ifndef FLASH_IMXRT_RESCUE_H
#define FLASH_IMXRT_RESCUE_H

#include "flash/imxrt_reset.h"

struct rescue {
	struct target *t;
	struct dap *dap;
	struct adapter *adapter;
	bool dp_answered;		/* on some rung so far */
	bool erase_chip;
	unsigned wait_s;
	const char *worked;		/* the rung */
};

/* The core is halted. Quiet, wake, unprotect, erase, blank check, reset into the ROM; says what it does. */
enum err rescue_flash(struct rescue *r, struct call *c);

#endif
