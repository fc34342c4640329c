/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LPUART of the i.MX RT10xx (IMXRT1064RM 49), asynchronous, without its FIFOs: one byte in DATA and one
 * in the shift register each way, with the time a frame takes, overrun and interrupts.
 */
#ifndef VB_DEVICE_IMXRT_LPUART_H
#define VB_DEVICE_IMXRT_LPUART_H

#include "vboard/device/imxrt.h"
#include "vboard/device/serial_port.h"

struct imxrt_lpuart {
	struct imxrt_env *env;
	struct vb_regs regs;
	uint32_t value[16];
	int irq;
	struct serial_port port;
	bool data_full, shifting;
	uint8_t next, shift;
	struct vb_event *tx_event, *rx_event;
};
void imxrt_lpuart_init(struct imxrt_lpuart *uart, struct imxrt_env *env, int irq);
void imxrt_lpuart_reset(struct imxrt_lpuart *uart);

#endif
