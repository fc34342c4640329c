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

static void clock_port(unsigned port)
{
	RCC(RCC_GPIO) |= 1u << port;
	(void)RCC(RCC_GPIO);
}

void power_init(void)
{
	if (RCC_PWR != 0) {
		RCC(RCC_PWR) |= 1u << PWR_EN;
		(void)RCC(RCC_PWR);
	}
}

void led_init(void)
{
	clock_port(LED_PORT);
	GPIO(LED_PORT, 0) = (GPIO(LED_PORT, 0) & ~(3u << 2 * LED_PIN)) | 1u << 2 * LED_PIN;
}

void led_set(int on)
{
	GPIO(LED_PORT, 0x18) = 1u << (on ? LED_PIN : LED_PIN + 16);
}

static void to_uart(unsigned pin)
{
	volatile uint32_t *afr = &GPIO(TX_PORT, 0x20 + pin / 8 * 4);

	GPIO(TX_PORT, 0) = (GPIO(TX_PORT, 0) & ~(3u << 2 * pin)) | 2u << 2 * pin;
	*afr = (*afr & ~(15u << pin % 8 * 4)) | (uint32_t)UART_AF << pin % 8 * 4;
}

void uart_init(void)
{
	clock_port(TX_PORT);
	if (TX_PORT == 6) {			/* port G has a supply of its own */
		power_init();
		PWR_CR2 |= 1u << 9;		/* IOSV */
	}
	RCC(UART_ENR) |= 1u << UART_EN;
	(void)RCC(UART_ENR);
	to_uart(TX_PIN);
	if (STM32 != L432)			/* its RX is elsewhere */
		to_uart(TX_PIN + 1);
	UART(0x0c) = ((UART_IS_LP ? 256ull : 1) * HCLK_HZ + 115200 / 2) / 115200;
	UART(0x00) = 1 | 1 << 2 | 1 << 3;
}

void uart_print(const char *text)
{
	for (; *text; text++) {
		while (!(UART(0x1c) & 1 << 7))
			;
		UART(0x28) = (uint8_t)*text;
	}
}
