/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Vector table, reset handler, and the little board support all test programs share. */
#include "board.h"

extern uint32_t _sidata[], _sdata[], _edata[], _sbss[], _ebss[], _estack[];
extern const void *const vectors[];

void Reset_Handler(void);
void Default_Handler(void);

void Reset_Handler(void)
{
	const uint32_t *from = _sidata;

	SCB_VTOR = (uint32_t)vectors;
	for (uint32_t *to = _sdata; to < _edata;)
		*to++ = *from++;
	for (uint32_t *to = _sbss; to < _ebss;)
		*to++ = 0;
#ifdef __ARM_FP
	SCB_CPACR |= 0xfu << 20;	/* CP10 and CP11: full access */
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
WEAK(TIM2_IRQHandler);
WEAK(USART2_IRQHandler);
WEAK(EXTI15_10_IRQHandler);
WEAK(TIM6_IRQHandler);

const void *const vectors[16 + 82] __attribute__((section(".vectors"), used)) = {
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
