/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupts that preempt each other, whatever raises them: `nesting` counts the handlers that run at
 * once, `deepest` the record, `errors` must stay 0.
 */
#ifndef FIRMWARE_NESTING_H
#define FIRMWARE_NESTING_H

#include "board.h"

volatile uint32_t nesting, deepest, errors;

static void enter(void)
{
	nesting++;
	if (nesting > deepest)
		deepest = nesting;
}

static void leave(void)
{
	nesting--;
}

/* Something to be interrupted in the middle of. */
static __attribute__((noinline)) uint32_t work(uint32_t n)
{
	uint32_t x = 1;

	for (uint32_t i = 0; i < n; i++)
		x = x * 1664525u + 1013904223u;
	return x;
}

static void check(uint32_t n, uint32_t expected)
{
	if (work(n) != expected)
		errors++;
}

#endif
