/* SPDX-License-Identifier: GPL-2.0-or-later */
/* i.MX RT: vector table, reset handler, and the board support of board.h. */
#include "board.h"

extern uint32_t _sidata[], _sdata[], _edata[], _sbss[], _ebss[], _estack[];
extern const void *const vectors[];

void Reset_Handler(void);
void Default_Handler(void);

void Reset_Handler(void)
{
	const uint32_t *from = _sidata;

	/* RTWDOG off, as SystemInit does it: here is also where a debugger starts us without the ROM. */
	RTWDOG_CNT = 0xd928c520;
	RTWDOG_TOVAL = 0xffff;
	RTWDOG_CS = 0x2120;
	WDOG1_WMCR = 0;
	SCB_VTOR = (uint32_t)vectors;
	for (uint32_t *to = _sdata; to < _edata;)
		*to++ = *from++;
	for (uint32_t *to = _sbss; to < _ebss;)
		*to++ = 0;
#ifdef __ARM_FP
	SCB_CPACR |= 0xfu << 20;
	__asm volatile("dsb\n\tisb");
#endif
	main();
	for (;;)
		;
}

void Default_Handler(void)
{
	for (;;)
		;
}

#define WEAK(name) void name(void) __attribute__((weak, alias("Default_Handler")))
WEAK(NMI_Handler);
WEAK(HardFault_Handler);
WEAK(MemManage_Handler);
WEAK(BusFault_Handler);
WEAK(UsageFault_Handler);
WEAK(SVC_Handler);
WEAK(DebugMon_Handler);
WEAK(PendSV_Handler);
WEAK(SysTick_Handler);
WEAK(Low_IRQHandler);
WEAK(High_IRQHandler);

const void *const vectors[16 + 160] __attribute__((section(".vectors"), used)) = {
	[0] = _estack,
	[1] = Reset_Handler,
	[2] = NMI_Handler,
	[3] = HardFault_Handler,
	[4] = MemManage_Handler,
	[5] = BusFault_Handler,
	[6] = UsageFault_Handler,
	[11] = SVC_Handler,
	[12] = DebugMon_Handler,
	[14] = PendSV_Handler,
	[15] = SysTick_Handler,
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
