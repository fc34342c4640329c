/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CMSIS-DAP firmware: a UART that hosts use through commands (DAP_UART_*), wired to the board's
 * first one. Without UART_Transport 2 the other commands fail or answer with zeros.
 */
#include "base/bytes.h"
#include "vboard/front/cmsis_dap_priv.h"

enum { TRANSPORT_NONE, TRANSPORT_USB, TRANSPORT_COMMANDS };

/* DAP_UART_Control; the same places in the status for the enables. */
#define RX_ENABLE  BIT(0)
#define RX_DISABLE BIT(1)
#define RX_FLUSH   BIT(2)
#define TX_ENABLE  BIT(4)
#define TX_DISABLE BIT(5)
#define TX_FLUSH   BIT(6)
#define STATUS_LOST	BIT(1)
#define STATUS_FRAMING	BIT(2)
#define STATUS_PARITY	BIT(3)
/* DAP_UART_Configure */
#define BAD_DATA_BITS BIT(0)
#define BAD_PARITY    BIT(1)
#define BAD_STOP_BITS BIT(2)

static void ring_put(struct dap_ring *ring, uint32_t size, uint8_t byte)
{
	ring->data[(ring->head + ring->count++) % size] = byte;
}

static uint8_t ring_take(struct dap_ring *ring, uint32_t size)
{
	uint8_t byte = ring->data[ring->head];

	ring->head = (ring->head + 1) % size;
	ring->count--;
	return byte;
}

/* --- The wires --- */

static void heard(void *ctx, uint8_t byte, const struct vb_uart_format *sent)
{
	struct vb_cmsis_dap *dap = ctx;
	struct dap_uart *u = &dap->uart;
	struct vb_uart_byte in;

	if (!u->rx_on || sent->baud == 0)
		return;
	in = vb_uart_hear(byte, sent, &u->format);
	u->has_framing_error |= in.has_framing_error;
	u->has_parity_error |= in.has_parity_error;
	if (u->rx.count == u->size)
		u->has_lost = true;
	else
		ring_put(&u->rx, u->size, in.byte);
}

static void send_next(void *ctx)
{
	struct vb_cmsis_dap *dap = ctx;
	struct dap_uart *u = &dap->uart;
	uint8_t byte;

	u->sending = NULL;
	if (!u->tx_on || u->tx.count == 0)
		return;
	byte = ring_take(&u->tx, u->size);
	u->sending = vb_clock_after(dap->board->clock,
				    vb_uart_bits(&u->format) * 1000000000ull / u->format.baud,
				    send_next, dap, "probe's UART");
	if (dap->board->uart != NULL)
		dap->board->uart->receive(dap->board->uart->chip, byte, &u->format);
}

static void set_transport(struct vb_cmsis_dap *dap, uint8_t transport)
{
	struct vb_uart *wire = dap->board->uart;

	if (wire != NULL && transport == TRANSPORT_COMMANDS) {
		wire->heard = heard;
		wire->ctx = dap;
	} else if (wire != NULL && wire->heard == heard && wire->ctx == dap) {
		wire->heard = NULL;
	}
	dap->uart.transport = transport;
}

void dap_uart_power_on(struct vb_cmsis_dap *dap)
{
	struct dap_uart *u = &dap->uart;

	vb_clock_cancel(dap->board->clock, u->sending);
	u->sending = NULL;
	u->is_configured = u->rx_on = u->tx_on = false;
	u->has_lost = u->has_framing_error = u->has_parity_error = false;
	u->rx.head = u->rx.count = u->tx.head = u->tx.count = 0;
	set_transport(dap, TRANSPORT_NONE);
}

/* --- Commands --- */

void dap_uart_transport(struct vb_cmsis_dap *dap, const uint8_t *request, struct response *out)
{
	bool has_usb = dap->capabilities & DAP_CAP_UART_USB;
	bool ok = request[1] <= TRANSPORT_COMMANDS && (request[1] != TRANSPORT_USB || has_usb);

	dap_uart_power_on(dap);
	set_transport(dap, ok ? request[1] : TRANSPORT_NONE);
	response_u8(out, ok ? DAP_OK : DAP_ERROR);
}

void dap_uart_configure(struct vb_cmsis_dap *dap, const uint8_t *request, struct response *out)
{
	static const uint8_t data_bits[16] = { [0] = 8, [5] = 5, [6] = 6, [7] = 7 };
	struct dap_uart *u = &dap->uart;
	unsigned parity = request[1] >> 4 & 3, stop = request[1] >> 6, bad = 0;
	uint32_t baud = get_le32(request + 2);

	if (u->transport != TRANSPORT_COMMANDS)
		bad = BAD_DATA_BITS | BAD_PARITY | BAD_STOP_BITS;
	else
		bad = (data_bits[request[1] & 15] == 0 ? BAD_DATA_BITS : 0) |
		      (parity > VB_PARITY_ODD ? BAD_PARITY : 0) | (stop > 1 ? BAD_STOP_BITS : 0);
	if (bad != 0 || baud > u->max_baud)
		baud = 0;
	u->is_configured = baud != 0;
	if (u->is_configured)
		u->format = (struct vb_uart_format){ .baud = baud,
						     .data_bits = data_bits[request[1] & 15],
						     .parity = (enum vb_parity)parity,
						     .stop_bits = (uint8_t)(stop + 1) };
	response_u8(out, (uint8_t)bad);
	response_u32(out, baud);
}

/* The error bits are cleared by the look at them. */
static uint8_t take_status(struct dap_uart *u)
{
	unsigned status = (u->rx_on ? RX_ENABLE : 0) | (u->tx_on ? TX_ENABLE : 0) |
			  (u->has_lost ? STATUS_LOST : 0) |
			  (u->has_framing_error ? STATUS_FRAMING : 0) |
			  (u->has_parity_error ? STATUS_PARITY : 0);

	u->has_lost = u->has_framing_error = u->has_parity_error = false;
	return (uint8_t)status;
}

/* id, longest RX (16 bits), TX length (16 bits), TX data */
size_t dap_uart_transfer_measure(const uint8_t *request, size_t n, size_t cap)
{
	size_t used = 5;

	if (n < used || cap < 6)
		return 0;
	used += get_le16(request + 3);
	return used <= n ? used : 0;
}

void dap_uart_transfer(struct vb_cmsis_dap *dap, const uint8_t *request, struct response *out)
{
	struct dap_uart *u = &dap->uart;
	unsigned rx = get_le16(request + 1), tx = get_le16(request + 3);

	if (u->transport != TRANSPORT_COMMANDS || !u->is_configured)
		rx = tx = 0;
	rx = (unsigned)MIN(MIN(rx, u->rx.count), out->cap - 6);
	tx = MIN(tx, u->size - u->tx.count);
	for (unsigned i = 0; i < tx; i++)
		ring_put(&u->tx, u->size, request[5 + i]);
	response_u8(out, take_status(u));
	response_u16(out, (uint16_t)tx);
	response_u16(out, (uint16_t)rx);
	for (unsigned i = 0; i < rx; i++)
		response_u8(out, ring_take(&u->rx, u->size));
	if (u->sending == NULL)
		send_next(dap);
}

void dap_uart_control(struct vb_cmsis_dap *dap, const uint8_t *request, struct response *out)
{
	struct dap_uart *u = &dap->uart;
	bool ok = u->transport == TRANSPORT_COMMANDS &&
		  (u->is_configured || !(request[1] & (RX_ENABLE | TX_ENABLE)));

	if (ok) {
		u->rx_on = !(request[1] & RX_DISABLE) && (u->rx_on || (request[1] & RX_ENABLE));
		u->tx_on = !(request[1] & TX_DISABLE) && (u->tx_on || (request[1] & TX_ENABLE));
		if (request[1] & RX_FLUSH)
			u->rx.count = 0;
		if (request[1] & TX_FLUSH)
			u->tx.count = 0;
		if (u->sending == NULL)
			send_next(dap);
	}
	response_u8(out, ok ? DAP_OK : DAP_ERROR);
}

void dap_uart_status(struct vb_cmsis_dap *dap, const uint8_t *request, struct response *out)
{
	(void)request;
	response_u8(out, take_status(&dap->uart));
	response_u32(out, dap->uart.rx.count);
	response_u32(out, dap->uart.tx.count);
}
