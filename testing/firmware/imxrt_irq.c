/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupts that preempt each other: High over Low over SysTick over PendSV; SysTick pends the others.
 * `nesting` counts the handlers that run at once, `deepest` the record, `errors` must stay 0.
 */
#include "board.h"

volatile uint32_t low_count, high_count, systick_count, pendsv_count, main_count;
volatile uint32_t nesting, deepest, errors;

void Low_IRQHandler(void);
void High_IRQHandler(void);
void SysTick_Handler(void);
void PendSV_Handler(void);

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

void High_IRQHandler(void)
{
	enter();
	high_count++;
	leave();
}

void Low_IRQHandler(void)
{
	enter();
	low_count++;
	NVIC_ISPR(71 / 32) = 1u << 71 % 32;
	check(50, 0xdf30570b);
	leave();
}

void SysTick_Handler(void)
{
	enter();
	systick_count++;
	SCB_ICSR = 1u << 28;		/* PendSV */
	NVIC_ISPR(70 / 32) = 1u << 70 % 32;
	check(100, 0x7febb025);
	leave();
}

void PendSV_Handler(void)
{
	enter();
	pendsv_count++;
	check(300, 0x0185872d);
	leave();
}

int main(void)
{
	SCB_SHPR3 = 0x30u << 24 | 0xf0u << 16;	/* SysTick 3, PendSV 15 */
	NVIC_IPR(70) = 0x20;
	NVIC_IPR(71) = 0x10;
	NVIC_ISER(70 / 32) = 3u << 70 % 32;
	SYST_RVR = 39999;
	SYST_CVR = 0;
	SYST_CSR = 7;
	for (;;) {
		check(1000, 0x26799aa9);
		main_count++;
	}
}
