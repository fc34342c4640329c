/* SPDX-License-Identifier: GPL-2.0-or-later */
/* i.MX RT: vector table, reset handler, and the board support of board.h. */
#include "core.h"

void Reset_Handler(void)
{
	/* RTWDOG off, as SystemInit does it: here is also where a debugger starts us without the ROM. */
	RTWDOG_CNT = 0xd928c520;
	RTWDOG_TOVAL = 0xffff;
	RTWDOG_CS = 0x2120;
	WDOG1_WMCR = 0;
	run_main();
}

WEAK(Low_IRQHandler);
WEAK(High_IRQHandler);

const void *const vectors[16 + 160] __attribute__((section(".vectors"), used)) = {
	CORE_VECTORS,
	[16 ... 85] = Default_Handler,
	[16 + 70] = Low_IRQHandler,		/* reserved lines: only software pends them */
	[16 + 71] = High_IRQHandler,
	[88 ... 175] = Default_Handler,
};

void led_init(void)
{
	IOMUXC(LED_MUX) = 5;
	GPIO1_GDIR |= 1u << LED_BIT;
}

void led_set(int on)
{
	if (on)
		GPIO1_DR |= 1u << LED_BIT;
	else
		GPIO1_DR &= ~(1u << LED_BIT);
}

void uart_init(void)
{
	CSCDR1 |= 1u << 6;			/* UART_CLK_SEL: 24 MHz */
	CSCDR1 &= ~0x3fu;
	IOMUXC(TX_MUX) = 2;
	IOMUXC(RX_MUX) = 2;
	LPUART1_CTRL = 0;
	LPUART1_BAUD = 15u << 24 | 13;		/* 24 MHz / 16 / 13 = 115385 */
	LPUART1_CTRL = 3u << 18;		/* TE, RE */
}

void uart_print(const char *text)
{
	for (; *text; text++) {
		/* TDRE; a character takes 87 us, nobody waits for a UART that does not work. */
		for (uint32_t n = 0; n < 20000 && !(LPUART1_STAT & 1u << 23); n++)
			;
		LPUART1_DATA = (uint8_t)*text;
	}
}
