/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flight: the flight recorder, a bounded ring of the last wire transactions of one probe.
 *
 * Every port notes each transfer when its ACK is known (so after the fact: entries of one batch
 * have about the same time, their order is that of the wire). Noting is cheap and always on; at
 * debug level each entry is also a log line. The ring is dumped on request, as text or as a VCD
 * that logic-analyser decoders read, and at debug level after a failure nobody could repair.
 */
#ifndef ADAPTER_FLIGHT_H
#define ADAPTER_FLIGHT_H

#include <stdio.h>

#include "adapter/port.h"
#include "base/bytes.h"

#define FLIGHT_ENTRIES 4096u

enum flight_kind {
	FLIGHT_TRANSFER,
	FLIGHT_SELECT_TARGET,	/* TARGETSEL, nobody acknowledges */
	FLIGHT_ABORT,		/* out of line: the JTAG ABORT scan, DAP_WriteABORT */
	FLIGHT_LINK,		/* value: enum link_connect */
	FLIGHT_RESET,		/* value: bit 0 SRST, bit 1 TRST asserted */
};

struct flight_entry {
	uint64_t time_ns;
	uint32_t value;
	uint32_t select;	/* of the DP when the transfer happened, as far as seen */
	uint8_t kind, reg, is_read, ack;
};

struct flight {
	struct flight_entry ring[FLIGHT_ENTRIES];
	uint64_t count;		/* ever noted; the newest is ring[(count - 1) % FLIGHT_ENTRIES] */
	uint32_t select;
};

struct flight *flight_new(void);
void flight_free(struct flight *flight);
/* `ack`: SWD's numbers also for JTAG (1 OK, 2 WAIT, 4 FAULT); 0 or 7: nobody; 8: parity error. */
void flight_transfer(struct flight *flight, uint8_t reg, bool is_read, uint32_t value, uint8_t ack);
void flight_note(struct flight *flight, enum flight_kind kind, uint32_t value);
/* The last `limit` entries as lines of text, oldest first. */
void flight_text(const struct flight *flight, size_t limit, struct buf *out);
/* The whole ring as a VCD: SWCLK, SWDIO and nRESET, or TCK, TMS, TDI, TDO and nRESET. */
enum err flight_write_vcd(const struct flight *flight, enum transport transport, uint32_t khz,
			  const char *path);
/* At debug level: what led to a failure, into the log. */
void flight_log(const struct flight *flight, size_t limit);

#endif
