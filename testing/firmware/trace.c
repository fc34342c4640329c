/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Something to trace: a line on stimulus port 0 in every round, a SysTick handler, a variable that is
 * written, and one place where nearly all of the time goes.
 */
#include "board.h"

#define ITM_TER	 REG(0xe0000e00)
#define ITM_TCR	 REG(0xe0000e80)
#define ITM_STIM REG(0xe0000000)
#define ITM_STIM8 (*(volatile uint8_t *)0xe0000000)
#define SYST_CSR REG(0xe000e010)
#define SYST_RVR REG(0xe000e014)
#define TICK_CYCLES 100000

volatile uint32_t rounds, systick_count, traced;

void SysTick_Handler(void);
void hot(void);
int main(void);

void SysTick_Handler(void)
{
	systick_count++;
}

/* A line of 64 bytes, so that a profile shows these addresses and no others. */
__attribute__((noinline, aligned(64))) void hot(void)
{
	for (uint32_t i = 0; i < 20000; i++)
		__asm volatile("nop");
}

static void print(const char *text)
{
	for (; *text; text++) {
		if (!(ITM_TCR & 1) || !(ITM_TER & 1))
			return;
		while (!(ITM_STIM & 1))
			;
		ITM_STIM8 = (uint8_t)*text;
	}
}

int main(void)
{
	SYST_RVR = TICK_CYCLES - 1;
	SYST_CSR = 7;
	for (;;) {
		char line[] = "line 00 of the program\n";
		uint32_t n = rounds % 100;

		line[5] = (char)('0' + n / 10);
		line[6] = (char)('0' + n % 10);
		print(line);
		traced = 0xa5000000 + rounds;
		rounds++;
		hot();
	}
}
