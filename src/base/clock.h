/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host's monotonic clock, counted from the first call. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

uint64_t clock_now_ns(void);
static inline uint64_t clock_now_ms(void)
{
	return clock_now_ns() / 1000000;
}

#endif
