/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * USART of STM32L4 in asynchronous mode (RM0351 chapter 40): TDR and shift register with the time a
 * frame takes, receiver with overrun, interrupts. What leaves the TX pin goes to a serial_line; what
 * the board types in comes from stm32_usart_receive().
 */
#ifndef VB_DEVICE_STM32_USART_H
#define VB_DEVICE_STM32_USART_H

#include "vboard/core/uart_wire.h"
#include "vboard/device/stm32.h"

/*
 * The far end of a serial line: a file ("PATH"), standard output ("-"), a listening unix socket
 * ("unix:PATH") or TCP port on the loopback ("tcp:PORT"). Nothing here waits: bytes that nobody
 * takes are dropped, as on a wire.
 */
struct serial_line;
struct serial_line *serial_line_open(const char *where);	/* NULL with a message on stderr */
void serial_line_close(struct serial_line *line);
void serial_line_put(struct serial_line *line, uint8_t byte);
bool serial_line_get(struct serial_line *line, uint8_t *byte);
bool serial_line_is_socket(const struct serial_line *line);

struct stm32_usart {
	struct stm32_env *env;
	struct vb_regs regs;
	uint32_t value[12];
	int irq;
	struct serial_line *line;
	struct vb_uart wire;		/* both pins, to a probe's COM port */
	uint32_t (*clock_hz)(void *chip);
	/* Is the TX (RX) pin switched to this USART? */
	bool (*is_wired)(void *chip, bool rx);
	void *chip;
	bool tdr_full, shifting;
	uint8_t shift;
	struct vb_event *tx_event, *rx_event;
	uint8_t rx[1024];
	size_t rx_head, rx_count;
	uint64_t sent, lost;
};
void stm32_usart_init(struct stm32_usart *usart, struct stm32_env *env, int irq);
void stm32_usart_reset(struct stm32_usart *usart);
/* Types bytes in, one frame time apart; returns how many fitted. */
size_t stm32_usart_receive(struct stm32_usart *usart, const uint8_t *data, size_t n);
/* Looks for bytes that arrived on a socket. */
void stm32_usart_poll(struct stm32_usart *usart);

#endif
