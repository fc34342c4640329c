/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupts of four priorities that preempt each other: TIM6 over TIM2 over SysTick over PendSV.
 */
#include "nesting.h"

volatile uint32_t tim2_count, tim6_count, systick_count, pendsv_count, main_count;

void TIM2_IRQHandler(void);
void TIM6_IRQHandler(void);
void SysTick_Handler(void);
void PendSV_Handler(void);

void TIM6_IRQHandler(void)
{
	enter();
	TIM_SR(6) = 0;
	tim6_count++;
	leave();
}

void TIM2_IRQHandler(void)
{
	enter();
	TIM_SR(2) = 0;
	tim2_count++;
	check(50, 0xdf30570b);
	leave();
}

void SysTick_Handler(void)
{
	enter();
	systick_count++;
	SCB_ICSR = 1u << 28;		/* PendSV */
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

static void start_timer(unsigned n, uint32_t period, unsigned irq, uint8_t priority)
{
	RCC_APB1ENR1 |= 1u << (n - 2);
	(void)RCC_APB1ENR1;
	TIM_PSC(n) = 0;
	TIM_ARR(n) = period - 1;
	TIM_DIER(n) = 1;
	NVIC_IPR(irq) = priority;
	NVIC_ISER(irq / 32) = 1u << irq % 32;
	TIM_CR1(n) = 1;
}

int main(void)
{
	SCB_SHPR3 = 0x30u << 24 | 0xf0u << 16;	/* SysTick 3, PendSV 15 */
	start_timer(6, 701, 54, 0x10);
	start_timer(2, 1999, 28, 0x20);
	SYST_RVR = 3999;
	SYST_CVR = 0;
	SYST_CSR = 7;
	for (;;) {
		check(1000, 0x26799aa9);
		main_count++;
	}
}
