/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupts that preempt each other: High over Low over SysTick over PendSV; SysTick pends the others.
 */
#include "nesting.h"

volatile uint32_t low_count, high_count, systick_count, pendsv_count, main_count;

void Low_IRQHandler(void);
void High_IRQHandler(void);
void SysTick_Handler(void);
void PendSV_Handler(void);

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
