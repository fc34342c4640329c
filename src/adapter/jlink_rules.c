/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "adapter/jlink_rules.h"

#include "base/bytes.h"

#define MAX_CALL_BITS	 65528u		/* 16-bit count, whole bytes */
#define MAX_JTAG_BYTES	 2048u		/* what on-board probes are known to take */
#define CALL_OVERHEAD	 16u		/* header, status and the firmware's own */
#define MAX_COMMAND_KHZ	 0xfffeu	/* 0xffff means adaptive clocking */

/* Product ids 01xx are numbered, 10xx are a set of bits (UM08001, libjaylink). */
#define PID_NEW_FORMAT	0x1000u
#define PID_HAS_CDC	BIT(2)
#define PID_HAS_BULK	(BIT(4) | BIT(5))

static const struct {
	uint16_t pid;
	uint8_t address;
} known[] = {
	{ 0x0101, 0 }, { 0x0102, 1 }, { 0x0103, 2 }, { 0x0104, 3 }, { 0x0105, 0 }, { 0x0107, 0 },
	{ 0x0108, 0 }, { 0x1010, 0 }, { 0x1011, 0 }, { 0x1012, 0 }, { 0x1013, 0 }, { 0x1014, 0 },
	{ 0x1015, 0 }, { 0x1016, 0 }, { 0x1017, 0 }, { 0x1018, 0 }, { 0x1020, 0 }, { 0x1051, 0 },
	{ 0x1055, 0 }, { 0x1061, 0 },
};

struct jlink_identity jlink_identify(uint16_t pid)
{
	struct jlink_identity id = { .kind = "J-Link" };

	if (pid == 0x0105 || ((pid & 0xff00) == PID_NEW_FORMAT && (pid & PID_HAS_CDC)))
		id.kind = "J-Link with serial port";
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (known[i].pid == pid) {
			id.is_jlink = id.is_known = true;
			id.address = known[i].address;
		}
	}
	if ((pid & 0xff00) == PID_NEW_FORMAT && (pid & PID_HAS_BULK))
		id.is_jlink = true;
	return id;
}

/* Two strings of this many bits and some more must fit. */
static size_t bits_in(uint32_t free_memory)
{
	size_t bits;

	if (free_memory == 0)
		return JLINK_UNKNOWN_BITS;
	bits = free_memory > CALL_OVERHEAD ? (size_t)(free_memory - CALL_OVERHEAD) / 2 * 8 : 0;
	return MAX(bits, JLINK_MIN_BITS);
}

size_t jlink_swd_bits(uint32_t free_memory)
{
	return MIN(bits_in(free_memory), MAX_CALL_BITS);
}

size_t jlink_jtag_bits(uint32_t free_memory, bool is_on_board)
{
	size_t bits = jlink_swd_bits(free_memory);

	return is_on_board ? MIN(bits, MAX_JTAG_BYTES * 8) : bits;
}

uint32_t jlink_max_khz(uint32_t base_hz, uint32_t min_divider)
{
	return base_hz / MAX(min_divider, 1) / 1000;
}

uint32_t jlink_speed(uint32_t base_hz, uint32_t min_divider, uint32_t khz, uint16_t *command)
{
	uint64_t hz, divider;

	khz = MIN(MAX(khz, 1), MAX_COMMAND_KHZ);
	*command = (uint16_t)khz;
	if (base_hz == 0)
		return khz;
	hz = (uint64_t)khz * 1000;
	divider = (base_hz + hz - 1) / hz;
	if (divider < MAX(min_divider, 1)) {
		divider = MAX(min_divider, 1);
		/* Rounded up, or a maximum that is no whole kHz would be just out of reach. */
		*command = (uint16_t)MIN((base_hz / divider + 999) / 1000, MAX_COMMAND_KHZ);
	}
	return (uint32_t)(base_hz / divider / 1000);
}

uint32_t jlink_swo_baud(const struct jlink_swo_range *range, uint32_t baud)
{
	uint64_t low = MAX(range->min_divider, 1), high = MAX(range->max_divider, low), divider;

	if (range->base_hz == 0)
		return 0;
	divider = baud == 0 ? low : ((uint64_t)range->base_hz + baud / 2) / baud;
	divider = MIN(MAX(divider, low), high);
	return (uint32_t)(range->base_hz / divider);
}
