/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/jtag.h"

#include <string.h>

void jtag_bits_clear(struct jtag_bits *b)
{
	buf_clear(&b->tms);
	buf_clear(&b->tdi);
	b->count = 0;
}

void jtag_bits_free(struct jtag_bits *b)
{
	buf_free(&b->tms);
	buf_free(&b->tdi);
	b->count = 0;
}

void jtag_put(struct jtag_bits *b, bool tms, bool tdi)
{
	if (b->count % 8 == 0) {
		buf_putc(&b->tms, 0);
		buf_putc(&b->tdi, 0);
	}
	bit_set(b->tms.data, b->count, tms);
	bit_set(b->tdi.data, b->count, tdi);
	b->count++;
}

void jtag_put_reset(struct jtag_bits *b)
{
	for (int i = 0; i < 6; i++)
		jtag_put(b, 1, 1);
	jtag_put(b, 0, 1);
}

void jtag_put_idle(struct jtag_bits *b, size_t clocks)
{
	while (clocks-- > 0)
		jtag_put(b, 0, 1);
}

/* From Run-Test/Idle into Shift-DR or Shift-IR. */
static void enter_shift(struct jtag_bits *b, bool ir)
{
	jtag_put(b, 1, 1);
	if (ir)
		jtag_put(b, 1, 1);
	jtag_put(b, 0, 1);
	jtag_put(b, 0, 1);
}

/* From Exit1 through Update into Run-Test/Idle. */
static void leave_shift(struct jtag_bits *b)
{
	jtag_put(b, 1, 1);
	jtag_put(b, 0, 1);
}

static size_t put_scan(struct jtag_bits *b, bool ir, const uint8_t *out, size_t n)
{
	enter_shift(b, ir);
	size_t at = b->count;

	for (size_t i = 0; i < n; i++)
		jtag_put(b, i == n - 1, out == NULL || bit_get(out, i));
	leave_shift(b);
	return at;
}

size_t jtag_put_ir(struct jtag_bits *b, const uint8_t *out, size_t n)
{
	return put_scan(b, true, out, n);
}

size_t jtag_put_dr(struct jtag_bits *b, const uint8_t *out, size_t n)
{
	return put_scan(b, false, out, n);
}

/* `before` ones, the value, `after` ones: the first bit ends up nearest TDO. */
static size_t put_among(struct jtag_bits *b, bool ir, size_t before, uint64_t value, unsigned n,
			size_t after)
{
	size_t total = before + n + after;

	enter_shift(b, ir);
	size_t at = b->count;

	for (size_t i = 0; i < total; i++) {
		bool bit = i < before || i >= before + n || (value >> (i - before) & 1);

		jtag_put(b, i == total - 1, bit);
	}
	leave_shift(b);
	return at + before;
}

size_t jtag_put_tap_ir(struct jtag_bits *b, const struct jtag_chain *chain, unsigned tap,
		       uint32_t value)
{
	size_t before = 0, after = 0;
	unsigned n = chain->ir_bits[tap];

	for (unsigned i = 0; i < chain->count; i++) {
		before += i < tap ? chain->ir_bits[i] : 0;
		after += i > tap ? chain->ir_bits[i] : 0;
	}
	return put_among(b, true, before, value, n, after);
}

size_t jtag_put_tap_dr(struct jtag_bits *b, const struct jtag_chain *chain, unsigned tap,
		       uint64_t value, unsigned n)
{
	return put_among(b, false, tap, value, n, chain->count - 1 - tap);
}

uint64_t jtag_get(const uint8_t *tdo, size_t at, unsigned n)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < n; i++)
		value |= (uint64_t)bit_get(tdo, at + i) << i;
	return value;
}

uint64_t jtag_dp_request(uint8_t reg, bool is_read, uint32_t value)
{
	return (uint64_t)value << 3 | (reg >> 1 & 6u) | is_read;
}

unsigned jtag_dp_ack(uint64_t captured)
{
	static const uint8_t swd_numbers[8] = { 0, 2, 1, 3, 1, 5, 6, 7 }; /* 0b100: OK of DPv3 */

	return swd_numbers[captured & 7];
}

uint32_t jtag_dp_data(uint64_t captured)
{
	return (uint32_t)(captured >> 3);
}

size_t jtag_parse_ids(const uint8_t *tdo, size_t bits, uint32_t *ids, size_t max, bool *stuck_low)
{
	size_t at = 0, n = 0;

	*stuck_low = true;
	for (size_t i = 0; i < bits; i++)
		*stuck_low &= !bit_get(tdo, i);
	if (*stuck_low)
		return 0;
	while (n < max && at + 32 <= bits) {
		if (!bit_get(tdo, at)) {
			ids[n++] = 0;
			at++;
			continue;
		}
		uint32_t id = (uint32_t)jtag_get(tdo, at, 32);

		if (id == 0xffffffff)		/* our own ones come back: the end */
			break;
		ids[n++] = id;
		at += 32;
	}
	return n;
}
