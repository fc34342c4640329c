/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/device/serial_port.h"

#define POLL_NS 1000000u	/* how often a socket is looked at */

static bool is_wired(const struct serial_port *port, bool rx)
{
	return port->is_wired == NULL || port->is_wired(port->chip, rx);
}

static void wire_receive(void *ctx, uint8_t byte, const struct vb_uart_format *sent)
{
	struct serial_port *port = ctx;
	struct vb_uart_format own = port->format(port->uart);

	if (own.baud != 0)
		byte = vb_uart_hear(byte, sent, &own).byte;
	if (own.baud == 0 || serial_port_type(port, &byte, 1) == 0)
		port->lost++;
}

void serial_port_init(struct serial_port *port, void *uart, struct vb_uart_format (*format)(void *uart),
		      void (*arrived)(void *uart))
{
	port->wire = (struct vb_uart){ .receive = wire_receive, .chip = port };
	port->uart = uart;
	port->format = format;
	port->arrived = arrived;
}

/* The line opens late: its path is known only after the board was made. */
static void turn(void *ctx)
{
	struct serial_port *port = ctx;
	uint8_t byte;

	if (!port->is_open && port->board->uart_path != NULL) {
		port->is_open = true;
		port->line = serial_line_open(port->board->uart_path);
	}
	if (port->line == NULL || !serial_line_is_socket(port->line))
		return;
	while (port->rx_count < sizeof(port->rx) && serial_line_get(port->line, &byte))
		serial_port_type(port, &byte, 1);
	vb_clock_after(port->board->clock, POLL_NS, turn, port, "UART socket");
}

void serial_port_start(struct serial_port *port, struct vb_board *board)
{
	port->board = board;
	vb_clock_after(board->clock, 0, turn, port, "UART socket");
}

void serial_port_close(struct serial_port *port)
{
	serial_line_close(port->line);
	port->line = NULL;
}

size_t serial_port_type(struct serial_port *port, const uint8_t *data, size_t n)
{
	size_t taken = 0;

	for (; taken < n && port->rx_count < sizeof(port->rx); taken++)
		port->rx[(port->rx_head + port->rx_count++) % sizeof(port->rx)] = data[taken];
	port->arrived(port->uart);
	return taken;
}

void serial_port_sent(struct serial_port *port, uint8_t byte)
{
	struct vb_uart_format format = port->format(port->uart);

	if (!is_wired(port, false)) {
		port->lost++;
		return;
	}
	port->sent++;
	if (port->line)
		serial_line_put(port->line, byte);
	if (port->wire.heard)
		port->wire.heard(port->wire.ctx, byte, &format);
}

bool serial_port_take(struct serial_port *port, bool receiver_is_on, uint8_t *byte)
{
	*byte = port->rx[port->rx_head];
	port->rx_head = (port->rx_head + 1) % sizeof(port->rx);
	port->rx_count--;
	if (receiver_is_on && is_wired(port, true))
		return true;
	port->lost++;
	return false;
}
