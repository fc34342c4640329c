/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LPUART of the i.MX RT10xx (IMXRT1064RM 49), asynchronous, without its FIFOs: one byte in DATA and one
 * in the shift register each way, with the time a frame takes, overrun and interrupts.
 */
#ifndef VB_DEVICE_IMXRT_LPUART_H
#define VB_DEVICE_IMXRT_LPUART_H

#include "vboard/core/uart_wire.h"
#include "vboard/device/imxrt.h"
#include "vboard/device/stm32_usart.h"		/* serial_line */

struct imxrt_lpuart {
	struct imxrt_env *env;
	struct vb_regs regs;
	uint32_t value[16];
	int irq;
	struct serial_line *line;
	struct vb_uart wire;		/* both pins, to a probe's COM port */
	bool (*is_wired)(void *chip, bool rx);	/* is the TX (RX) pad switched to this UART? */
	void *chip;
	bool data_full, shifting;
	uint8_t next, shift;
	struct vb_event *tx_event, *rx_event;
	uint8_t rx[1024];
	size_t rx_head, rx_count;
	uint64_t sent, lost;
};
void imxrt_lpuart_init(struct imxrt_lpuart *uart, struct imxrt_env *env, int irq);
void imxrt_lpuart_reset(struct imxrt_lpuart *uart);
/* Types bytes in, one frame time apart; returns how many fitted. */
size_t imxrt_lpuart_receive(struct imxrt_lpuart *uart, const uint8_t *data, size_t n);
/* Looks for bytes that arrived on a socket. */
void imxrt_lpuart_poll(struct imxrt_lpuart *uart);

#endif
