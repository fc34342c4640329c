/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The independent watchdog, fed for as long as `keep_feeding` says so. */
#include "board.h"

volatile uint32_t keep_feeding = 1, fed;

int main(void)
{
	led_init();
	IWDG_KR = 0xcccc;		/* 512 ms of LSI / 4 */
	for (;;) {
		if (keep_feeding) {
			IWDG_KR = 0xaaaa;
			fed++;
		}
		led_set(fed & 1);
		for (volatile uint32_t i = 0; i < 1000; i++)
			;
	}
}
