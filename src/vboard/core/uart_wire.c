/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/core/uart_wire.h"

#include "base/bytes.h"

unsigned vb_uart_bits(const struct vb_uart_format *format)
{
	return 1u + format->data_bits + (format->parity != VB_PARITY_NONE) + format->stop_bits;
}

/* The levels of a frame, first bit lowest, and the resting line behind it. */
static uint32_t frame(uint8_t byte, const struct vb_uart_format *f)
{
	uint32_t data = byte & (BIT(f->data_bits) - 1), levels = ~0u << (1 + f->data_bits);

	levels |= data << 1;
	if (f->parity != VB_PARITY_NONE &&
	    parity_even(data) == (f->parity == VB_PARITY_ODD))
		levels &= ~BIT(1 + f->data_bits);
	return levels;
}

/* The level in the middle of the receiver's bit n. */
static bool sample(uint32_t levels, unsigned n, uint32_t sent_baud, uint32_t heard_baud)
{
	uint64_t at = (2 * (uint64_t)n + 1) * sent_baud / (2 * (uint64_t)heard_baud);

	return at >= 32 || (levels >> at & 1);
}

struct vb_uart_byte vb_uart_hear(uint8_t byte, const struct vb_uart_format *sent,
				 const struct vb_uart_format *heard)
{
	uint32_t levels = frame(byte, sent);
	struct vb_uart_byte out = { 0 };
	unsigned n = 1;

	for (; n <= heard->data_bits; n++)
		out.byte |= (uint8_t)(sample(levels, n, sent->baud, heard->baud) << (n - 1));
	if (heard->parity != VB_PARITY_NONE) {
		bool bit = sample(levels, n++, sent->baud, heard->baud);

		out.has_parity_error = (parity_even(out.byte) != bit) ==
				       (heard->parity == VB_PARITY_EVEN);
	}
	out.has_framing_error = !sample(levels, n, sent->baud, heard->baud);
	return out;
}
