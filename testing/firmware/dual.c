/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One program for each core of the board dual-m4: dual0 starts the second core and counts, dual1 counts
 * beside it (compiled with SECOND). The counters are at a place that both know.
 */
#include "board.h"

#define PWR_CR4	   (*(volatile uint32_t *)0x4000700cu)
#define C2BOOT	   0x8000u
#define RCC_PWREN  (*(volatile uint32_t *)0x40021058u)
#define shared	   ((volatile uint32_t *)0x10000000u)

volatile uint32_t own;		/* at a different address in each program */

#ifdef SECOND
#define ME 1
#else
#define ME 0
#endif

static __attribute__((noinline)) void count_round(void)
{
	own++;
	shared[ME] = own;
}

int main(void)
{
	shared[ME] = 0;
#ifndef SECOND
	RCC_PWREN |= 1u << 28;
	PWR_CR4 |= C2BOOT;
#endif
	for (;;)
		count_round();
}
