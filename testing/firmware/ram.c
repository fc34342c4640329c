/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Linked to SRAM1: loaded without flash, so breakpoints in it can be of the software kind. */
#include "board.h"

volatile uint32_t counter;
uint32_t table[4] = { 1, 2, 3, 5 };

static __attribute__((noinline)) uint32_t add(uint32_t a, uint32_t b)
{
	return a + b;
}

int main(void)
{
	for (;;)
		counter = add(counter, table[counter & 3]);
}
