/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/swd.h"

#include <string.h>

#include "base/bytes.h"

uint8_t swd_request(uint8_t reg, bool is_read)
{
	unsigned fields = (reg & 1u) | (unsigned)is_read << 1 | (reg & 0xcu); /* APnDP RnW A2 A3 */

	/* Start = 1, fields, parity, stop = 0, park = 1. */
	return (uint8_t)(0x81u | fields << 1 | (unsigned)parity_even(fields) << 5);
}

void swd_put_data(uint8_t out[5], uint32_t value)
{
	put_le32(out, value);
	out[4] = parity_even(value);
}

unsigned swd_get_ack(const uint8_t *in)
{
	return in[0] >> 1 & 7u;
}

bool swd_get_data(const uint8_t *in, uint32_t *value)
{
	uint32_t v = 0;

	/* Data starts at bit 4: after turnaround and ACK. */
	v = get_le32(in) >> 4 | (uint32_t)in[4] << 28;
	*value = v;
	return bit_get(in, 36) == parity_even(v);
}

struct writer {
	uint8_t *out;
	size_t bits;
};

static void put(struct writer *w, uint32_t value, unsigned bits)
{
	for (unsigned i = 0; i < bits; i++)
		bit_set(w->out, w->bits++, value >> i & 1);
}

static void put_repeated(struct writer *w, bool value, unsigned bits)
{
	while (bits-- > 0)
		bit_set(w->out, w->bits++, value);
}

static void put_line_reset(struct writer *w)
{
	/* IHI 0031 asks for 50 ones and 2 idle clocks; some STM32 want a few more of both. */
	put_repeated(w, 1, 60);
	put_repeated(w, 0, 4);
}

/* Leaves the DP dormant whichever protocol it spoke (IHI 0031 B5.3.2, B5.3.3). */
static void put_to_dormant(struct writer *w)
{
	put_repeated(w, 1, 56);
	put(w, 0xe3bc, 16);
	put_repeated(w, 1, 8);
	put(w, 0x33bbbbba, 31);
}

/* Selection alert and activation code (IHI 0031 B5.3.4). */
static void put_alert(struct writer *w, uint8_t activation)
{
	static const uint8_t alert[16] = { 0x92, 0xf3, 0x09, 0x62, 0x95, 0x2d, 0x85, 0x86,
					   0xe9, 0xaf, 0xdd, 0xe3, 0xa2, 0x0e, 0xbc, 0x19 };

	put_repeated(w, 1, 8);
	for (size_t i = 0; i < sizeof(alert); i++)
		put(w, alert[i], 8);
	put(w, 0, 4);
	put(w, activation, 8);
}

size_t swd_put_sequence(enum swd_sequence which, uint8_t out[SWD_SEQ_MAX_BYTES])
{
	struct writer w = { out, 0 };

	memset(out, 0, SWD_SEQ_MAX_BYTES);
	switch (which) {
	case SWD_SEQ_LINE_RESET:
		put_line_reset(&w);
		break;
	case SWD_SEQ_JTAG_TO_SWD:
		put_repeated(&w, 1, 56);
		put(&w, 0xe79e, 16);
		put_line_reset(&w);
		break;
	case SWD_SEQ_SWD_TO_JTAG:
		put_repeated(&w, 1, 56);
		put(&w, 0xe73c, 16);
		put_repeated(&w, 1, 8);
		break;
	case SWD_SEQ_DORMANT_TO_SWD:
		put_to_dormant(&w);
		put_alert(&w, 0x1a);
		put_line_reset(&w);
		break;
	case SWD_SEQ_DORMANT_TO_JTAG:
		put_to_dormant(&w);
		put_alert(&w, 0x0a);
		put_repeated(&w, 1, 8);
		break;
	}
	return w.bits;
}
