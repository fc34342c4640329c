/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pattern: whether the wire carries bits unharmed at a clock, and the highest clock at which it does.
 * Private to dap/.
 *
 * What is sent and read back is TAR of a MEM-AP: writing it touches nothing behind the access port.
 * Only reads go first: a clock at which they fail is not trusted with a write. The values are no
 * addresses of RAM or of peripherals on parts that follow Arm's memory map (DDI 0403 B3.1), should a
 * damaged TAR write be taken for one to DRW. Without a MEM-AP only reads are compared.
 *
 * The DAP's caches are dropped afterwards; the port's queue must be empty. Errors on the wire are
 * counted, not reported; a lost probe shows in `rc`.
 */
#ifndef DAP_PATTERN_H
#define DAP_PATTERN_H

#include "dap/dap.h"

struct pattern_test {
	struct dap *dap;
	int apsel;			/* -1: no MEM-AP */
	uint32_t idr;			/* as read at a clock that works */
	unsigned rounds;		/* patterns per run; 0: PATTERN_ROUNDS */
	/* Of the last run. */
	unsigned transfers, errors;
	uint32_t written, read;		/* the first that differed */
	enum err rc;			/* of the batch that failed, OK: all were acknowledged */
};

#define PATTERN_ROUNDS 512u

/* At a clock that works: finds what to write to. */
enum err pattern_prepare(struct dap *dap, struct pattern_test *test);
/* True: not one bit was wrong. */
bool pattern_run(struct pattern_test *test);
/* The same in one call, for a link that came up or was mended after noise: does the clock hold? A
 * probe with one clock only is not asked. */
bool dap_link_is_clean(struct dap *dap);
/* The next clock of the usual ones below / above `khz`; 0: none. */
uint32_t clock_below(uint32_t khz);
uint32_t clock_above(uint32_t khz);

/*
 * The wire does not hold the clock: goes on at the highest that passes the test and warns once with
 * both numbers and the line for the configuration. The link is up then. Otherwise the clock is what
 * it was, and the error is what a slow clock brought: it is not the clock's fault.
 */
enum err dap_slow_down(struct dap *dap);

#endif
