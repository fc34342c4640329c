/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Goes to sleep as deep as it can, as soon as it can: who wants to debug it connects under reset. */
#include "board.h"

volatile uint32_t sleeps;

int main(void)
{
	power_init();
	PWR_CR1 = (PWR_CR1 & ~7u) | LPMS_DEEPEST;
	SCB_SCR = 1 << 2;		/* SLEEPDEEP */
	for (;;) {
		sleeps++;
		__asm volatile("dsb\n\twfi");
	}
}
