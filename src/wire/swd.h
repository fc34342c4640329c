/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * swd: the bits of Serial Wire Debug (IHI 0031 B4), as pure functions. Bit strings are LSB first
 * and in wire order, as base/bytes.h bit_get() reads them. Nothing here talks to a probe.
 *
 * A packet is: 8 bits out (request), then the host lets go of SWDIO. A read goes on with
 * SWD_READ_IN bits in (turnaround, ACK, data, parity, turnaround), a write with SWD_WRITE_IN bits
 * in (turnaround, ACK, turnaround) and 33 bits out. Either way 46 clocks with a turnaround of 1.
 * Without ORUNDETECT a WAIT or FAULT ends the packet after SWD_WRITE_IN bits.
 */
#ifndef WIRE_SWD_H
#define WIRE_SWD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum swd_ack { SWD_ACK_OK = 1, SWD_ACK_WAIT = 2, SWD_ACK_FAULT = 4, SWD_ACK_NONE = 7 };

#define SWD_REQUEST_BITS 8u
#define SWD_READ_IN	 38u	/* T + 3 + 32 + 1 + T */
#define SWD_WRITE_IN	 5u	/* T + 3 + T */
#define SWD_DATA_BITS	 33u
#define SWD_PACKET_BITS	 46u
#define SWD_SHORT_BITS	 13u	/* WAIT or FAULT without ORUNDETECT */

/* `reg`: A[3:2] as in the offset, bit 0 = APnDP. */
uint8_t swd_request(uint8_t reg, bool is_read);
/* 32 data bits and even parity: 33 bits. */
void swd_put_data(uint8_t out[5], uint32_t value);
/* `in` as captured right after the request: bit 0 is the turnaround. */
unsigned swd_get_ack(const uint8_t *in);
/* Data of a read's capture; false if the parity is wrong. */
bool swd_get_data(const uint8_t *in, uint32_t *value);

/* Line sequences, driven by the host on SWDIO (TMS). */
enum swd_sequence {
	SWD_SEQ_LINE_RESET,	/* 60 ones, 4 zeros */
	SWD_SEQ_JTAG_TO_SWD,	/* line reset, 0xE79E, line reset */
	SWD_SEQ_SWD_TO_JTAG,	/* line reset, 0xE73C, Test-Logic-Reset */
	SWD_SEQ_DORMANT_TO_SWD, /* from SWD or JTAG to dormant; alert, activation, line reset */
	SWD_SEQ_DORMANT_TO_JTAG,
};
#define SWD_SEQ_MAX_BYTES 64u
/* Returns the number of bits. */
size_t swd_put_sequence(enum swd_sequence which, uint8_t out[SWD_SEQ_MAX_BYTES]);

#endif
