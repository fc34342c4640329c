/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * USART of STM32 in asynchronous mode (RM0351 chapter 40): TDR and shift register with the time a
 * frame takes, receiver with overrun, interrupts. The pins are its
 * serial_port.
 */
#ifndef VB_DEVICE_STM32_USART_H
#define VB_DEVICE_STM32_USART_H

#include "vboard/device/serial_port.h"
#include "vboard/device/stm32.h"

struct stm32_usart {
	struct stm32_env *env;
	struct vb_regs regs;
	uint32_t value[12];
	int irq;
	struct serial_port port;
	uint32_t (*clock_hz)(void *chip);	/* chip: of the port */
	bool is_lpuart;				/* BRR counts 1/256 of a period */
	bool tdr_full, shifting;
	uint8_t shift;
	struct vb_event *tx_event, *rx_event;
};
void stm32_usart_init(struct stm32_usart *usart, struct stm32_env *env, int irq);
/* The newer IP, with FIFO bits and PRESC: L4+, G0, G4, L5, U5, WB. After init. */
void stm32_usart_set_fifo(struct stm32_usart *usart);
void stm32_usart_reset(struct stm32_usart *usart);

#endif
