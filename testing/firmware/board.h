/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the test firmware needs of a board. Registers: RM0351 and the others' manuals in the board's own
 * header; core: DDI 0403. */
#ifndef FIRMWARE_BOARD_H
#define FIRMWARE_BOARD_H

#include <stdint.h>

#define REG(addr) (*(volatile uint32_t *)(addr))

#ifdef IMXRT
#include "imxrt_board.h"
#else
#include "stm32_board.h"
#define NO_MEMORY 0x60000000
#endif

#define RCC_AHB2ENR  REG(0x4002104c)
#define RCC_APB1ENR1 REG(0x40021058)
#define GPIOA_MODER  REG(0x48000000)
#define GPIOA_BSRR   REG(0x48000018)
#define GPIOA_AFRL   REG(0x48000020)
#define USART2_CR1   REG(0x40004400)
#define USART2_BRR   REG(0x4000440c)
#define USART2_ISR   REG(0x4000441c)
#define USART2_TDR   REG(0x40004428)
#define TIM_CR1(n)   REG(0x40000000 + 0x400 * ((n) - 2))
#define TIM_DIER(n)  REG(0x4000000c + 0x400 * ((n) - 2))
#define TIM_SR(n)    REG(0x40000010 + 0x400 * ((n) - 2))
#define TIM_PSC(n)   REG(0x40000028 + 0x400 * ((n) - 2))
#define TIM_ARR(n)   REG(0x4000002c + 0x400 * ((n) - 2))
#define SYST_CSR     REG(0xe000e010)
#define SYST_RVR     REG(0xe000e014)
#define SYST_CVR     REG(0xe000e018)
#define NVIC_ISER(n) REG(0xe000e100 + 4 * (n))
#define NVIC_IPR(n)  (*(volatile uint8_t *)(0xe000e400 + (n)))
#define SCB_ICSR     REG(0xe000ed04)
#define SCB_VTOR     REG(0xe000ed08)
#define SCB_CCR      REG(0xe000ed14)
#define SCB_SHPR3    REG(0xe000ed20)
#define SCB_CPACR    REG(0xe000ed88)

/* startup.c */
int main(void);
void led_init(void);
void led_set(int on);
void power_init(void);		/* gives PWR its clock */
void uart_init(void);
void uart_print(const char *text);

#endif
