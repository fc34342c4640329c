/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The everyday program: nested calls, globals of each kind, a LED toggled by SysTick, a greeting. */
#include "board.h"

struct point {
	int x, y;
	const char *name;
};

volatile uint32_t counter;
volatile uint32_t ticks;
struct point origin = { 3, -4, "origin" };
int squares[8];
uint8_t initialised[4] = { 0xde, 0xad, 0xbe, 0xef };

void SysTick_Handler(void);

void SysTick_Handler(void)
{
	ticks++;
	led_set((ticks / 100) & 1);
}

static __attribute__((noinline)) int square(int n)
{
	int result = n * n;

	squares[n & 7] = result;
	return result;
}

static __attribute__((noinline)) int sum_of_squares(int a, int b)
{
	int first = square(a);
	int second = square(b);

	return first + second;
}

static __attribute__((noinline)) void step(uint32_t n)
{
	counter += 1;
	origin.x = sum_of_squares((int)(n & 3), 2);
}

int main(void)
{
	led_init();
	uart_init();
	uart_print("hello\r\n");
	SYST_RVR = HCLK_HZ / 1000 - 1;
	SYST_CVR = 0;
	SYST_CSR = 7;
	for (uint32_t n = 0;; n++)
		step(n);
}
