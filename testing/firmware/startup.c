/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Vector table, reset handler, and the little board support all test programs share. */
#include "core.h"

void Reset_Handler(void)
{
	run_main();
}

WEAK(TIM2_IRQHandler);
WEAK(USART2_IRQHandler);
WEAK(EXTI15_10_IRQHandler);
WEAK(TIM6_IRQHandler);

const void *const vectors[16 + 82] __attribute__((section(".vectors"), used)) = {
	CORE_VECTORS,
	[16 ... 43] = Default_Handler,
	[16 + 28] = TIM2_IRQHandler,
	[45 ... 53] = Default_Handler,
	[16 + 38] = USART2_IRQHandler,
	[55] = Default_Handler,
	[16 + 40] = EXTI15_10_IRQHandler,
	[57 ... 69] = Default_Handler,
	[16 + 54] = TIM6_IRQHandler,
	[71 ... 97] = Default_Handler,
};

void led_init(void)
{
	RCC_AHB2ENR |= 1;
	(void)RCC_AHB2ENR;
	GPIOA_MODER = (GPIOA_MODER & ~(3u << 10)) | 1u << 10;	/* LD2 on PA5 */
}

void led_set(int on)
{
	GPIOA_BSRR = on ? 1u << 5 : 1u << 21;
}

void uart_init(void)
{
	RCC_AHB2ENR |= 1;
	RCC_APB1ENR1 |= 1u << 17;
	(void)RCC_APB1ENR1;
	GPIOA_MODER = (GPIOA_MODER & ~0xf0u) | 0xa0;		/* PA2, PA3: alternate */
	GPIOA_AFRL = (GPIOA_AFRL & ~0xff00u) | 0x7700;		/* AF7: USART2 */
	USART2_BRR = (HCLK_HZ + 115200 / 2) / 115200;
	USART2_CR1 = 1 | 1 << 2 | 1 << 3;
}

void uart_print(const char *text)
{
	for (; *text; text++) {
		while (!(USART2_ISR & 1 << 7))
			;
		USART2_TDR = (uint8_t)*text;
	}
}
