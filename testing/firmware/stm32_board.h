/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The STM32 boards: where the LED and the UART of the virtual COM port are, and the clocks behind
 * them. Registers: RM0351 (L4), RM0394 (L43), RM0432 (L4+), RM0444 (G0), RM0440 (G4), RM0456 (U5),
 * RM0438 (L5), RM0434 (WB). -DSTM32=... as in the Makefile.
 */
#ifndef FIRMWARE_STM32_BOARD_H
#define FIRMWARE_STM32_BOARD_H

#define L476 1
#define L4R5 2
#define L432 3
#define G0B1 4
#define G474 5
#define U575 6
#define L552 7
#define WB55 8
#ifndef STM32
#define STM32 L476
#endif

/* What most of them have. */
#define RCC_BASE      0x40021000
#define RCC_GPIO      0x4c		/* AHB2ENR */
#define PWR_BASE      0x40007000
#define RCC_PWR	      0x58		/* APB1ENR1 */
#define GPIO_A	      0x48000000
#define HCLK_HZ	      4000000		/* MSI after reset */
#define LPMS_DEEPEST  2			/* Stop 2 */
#define UART_IS_LP    0

#if STM32 == L476
#define LED_PORT 0
#define LED_PIN	 5
#define UART_BASE 0x40004400		/* USART2 */
#define UART_ENR  0x58
#define UART_EN	  17
#define TX_PORT	 0
#define TX_PIN	 2
#define UART_AF	 7
#elif STM32 == L4R5
#define LED_PORT 1
#define LED_PIN	 7
#define UART_BASE 0x40008000		/* LPUART1, behind VDDIO2 */
#define UART_ENR  0x5c
#define UART_EN	  0
#define TX_PORT	 6
#define TX_PIN	 7
#define UART_AF	 8
#undef UART_IS_LP
#define UART_IS_LP 1
#elif STM32 == L432
#define LED_PORT 1
#define LED_PIN	 3
#define UART_BASE 0x40004400
#define UART_ENR  0x58
#define UART_EN	  17
#define TX_PORT	 0
#define TX_PIN	 2
#define UART_AF	 7
#elif STM32 == G0B1
#undef RCC_GPIO
#undef RCC_PWR
#undef GPIO_A
#undef HCLK_HZ
#undef LPMS_DEEPEST
#define RCC_GPIO 0x34			/* IOPENR */
#define RCC_PWR	 0x3c			/* APBENR1 */
#define GPIO_A	 0x50000000
#define HCLK_HZ	 16000000		/* HSI16 after reset */
#define LPMS_DEEPEST 1			/* Stop 1 */
#define LED_PORT 0
#define LED_PIN	 5
#define UART_BASE 0x40004400
#define UART_ENR  0x3c
#define UART_EN	  17
#define TX_PORT	 0
#define TX_PIN	 2
#define UART_AF	 1
#elif STM32 == G474
#undef HCLK_HZ
#undef LPMS_DEEPEST
#undef UART_IS_LP
#define HCLK_HZ	 16000000
#define LPMS_DEEPEST 1
#define UART_IS_LP 1
#define LED_PORT 0
#define LED_PIN	 5
#define UART_BASE 0x40008000
#define UART_ENR  0x5c
#define UART_EN	  0
#define TX_PORT	 0
#define TX_PIN	 2
#define UART_AF	 12
#elif STM32 == U575
#undef RCC_BASE
#undef RCC_GPIO
#undef PWR_BASE
#undef RCC_PWR
#undef GPIO_A
#define RCC_BASE 0x46020c00
#define RCC_GPIO 0x8c			/* AHB2ENR1 */
#define PWR_BASE 0x46020800
#define RCC_PWR	 0x94			/* AHB3ENR, bit 2 */
#define PWR_EN	 2
#define GPIO_A	 0x42020000
#define LED_PORT 2
#define LED_PIN	 7
#define UART_BASE 0x40013800		/* USART1 */
#define UART_ENR  0xa4
#define UART_EN	  14
#define TX_PORT	 0
#define TX_PIN	 9
#define UART_AF	 7
#elif STM32 == L552
#undef GPIO_A
#undef UART_IS_LP
#define GPIO_A	 0x42020000
#define UART_IS_LP 1
#define LED_PORT 2
#define LED_PIN	 7
#define UART_BASE 0x40008000		/* LPUART1, behind VDDIO2 */
#define UART_ENR  0x5c
#define UART_EN	  0
#define TX_PORT	 6
#define TX_PIN	 7
#define UART_AF	 8
#elif STM32 == WB55
#undef RCC_BASE
#undef PWR_BASE
#undef RCC_PWR
#define RCC_BASE 0x58000000
#define PWR_BASE 0x58000400		/* always clocked */
#define RCC_PWR	 0
#define LED_PORT 1
#define LED_PIN	 5
#define UART_BASE 0x40013800
#define UART_ENR  0x60
#define UART_EN	  14
#define TX_PORT	 1
#define TX_PIN	 6
#define UART_AF	 7
#endif

#ifndef PWR_EN
#define PWR_EN 28
#endif
#define GPIO(port, offset) REG(GPIO_A + 0x400 * (port) + (offset))
#define RCC(offset)	   REG(RCC_BASE + (offset))
#define PWR_CR1		   REG(PWR_BASE)
#define PWR_CR2		   REG(PWR_BASE + 0x04)
#define UART(offset)	   REG(UART_BASE + (offset))
#define IWDG_KR		   REG(0x40003000)
#define SCB_SCR		   REG(0xe000ed10)

#endif
