/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * serial_port: what is beyond the two pins of a UART, whatever the UART is: a serial line of the host,
 * the wires to a probe's COM port, and the bytes that were typed in. The UART gives its settings
 * (`format`), says what has left it (serial_port_sent) and takes what arrives, a byte in a frame time;
 * `arrived` tells it that there is something to take. The chip says whether the pins are switched to it.
 */
#ifndef VB_DEVICE_SERIAL_PORT_H
#define VB_DEVICE_SERIAL_PORT_H

#include "vboard/board.h"
#include "vboard/core/uart_wire.h"

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

struct serial_port {
	struct vb_uart wire;
	struct vb_uart_format (*format)(void *uart);
	void (*arrived)(void *uart);
	void *uart;
	bool (*is_wired)(void *chip, bool rx);	/* the TX (RX) pin; NULL: both are */
	void *chip;
	struct vb_board *board;
	struct serial_line *line;
	bool is_open;
	uint8_t rx[1024];
	size_t rx_head, rx_count;
	uint64_t sent, lost;
};
void serial_port_init(struct serial_port *port, void *uart, struct vb_uart_format (*format)(void *uart),
		      void (*arrived)(void *uart));
/* Opens the board's serial line on the next turn of the clock, and looks at a socket from then on. */
void serial_port_start(struct serial_port *port, struct vb_board *board);
void serial_port_close(struct serial_port *port);
/* Types bytes in; returns how many fitted. */
size_t serial_port_type(struct serial_port *port, const uint8_t *data, size_t n);
/* A frame has left the TX pin. */
void serial_port_sent(struct serial_port *port, uint8_t byte);
/* The next frame has arrived, and there was one (rx_count). False: lost, the RX pin is not switched to
 * this UART or its receiver is off. */
bool serial_port_take(struct serial_port *port, bool receiver_is_on, uint8_t *byte);

#endif
