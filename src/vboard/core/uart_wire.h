/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vb_uart: the two wires of the board's first UART, to whoever is at their other end: a probe's COM
 * port. board->uart; NULL: the chip has none. A byte is handed over with the rate and the format it
 * was sent in; vb_uart_hear() says what a receiver with its own settings makes of it.
 *
 * One listener: who takes `heard` gives it back (NULL) when it stops.
 */
#ifndef VB_CORE_UART_WIRE_H
#define VB_CORE_UART_WIRE_H

#include <stdbool.h>
#include <stdint.h>

enum vb_parity { VB_PARITY_NONE, VB_PARITY_EVEN, VB_PARITY_ODD };

struct vb_uart_format {
	uint32_t baud;		/* 0: off */
	uint8_t data_bits;	/* 5..8 */
	enum vb_parity parity;
	uint8_t stop_bits;	/* 1 or 2 */
};

struct vb_uart {
	/* Of the chip: a byte begins to arrive at its RX pin. */
	void (*receive)(void *chip, uint8_t byte, const struct vb_uart_format *sent);
	void *chip;
	/* Of the probe: a byte has left the chip's TX pin. */
	void (*heard)(void *ctx, uint8_t byte, const struct vb_uart_format *sent);
	void *ctx;
};

struct vb_uart_byte {
	uint8_t byte;
	bool has_framing_error, has_parity_error;
};
struct vb_uart_byte vb_uart_hear(uint8_t byte, const struct vb_uart_format *sent,
				 const struct vb_uart_format *heard);
/* Bits of a frame, start and stop bits included. */
unsigned vb_uart_bits(const struct vb_uart_format *format);

#endif
