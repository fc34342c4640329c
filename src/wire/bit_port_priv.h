/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the SWD and the JTAG port share. */
#ifndef WIRE_BIT_PORT_PRIV_H
#define WIRE_BIT_PORT_PRIV_H

#include "adapter/chain.h"
#include "adapter/flight.h"
#include "wire/bit_port.h"
#include "wire/jtag.h"

#define WINDOW_STEPS 2048u	/* transfers per flush: bounds memory, costs a round trip each */

/* One packet or scan on the wire. */
struct bit_step {
	uint8_t reg;
	bool is_read;
	uint32_t value;
	uint32_t *dst; /* SWD: gets the data this packet brings. JTAG: of this scan's read */
	struct port_pos pos;		/* whom a failure here is reported for */
};

struct bit_port {
	struct adapter *adapter;
	struct dap_port *port;
	struct bit_step *steps;
	size_t step_count, step_capacity;
	uint8_t *captures;		/* CAPTURE_BYTES per step of a window */
	uint8_t unseen[8];		/* a capture that nobody looks at: it arrives with the flush */
	unsigned extra_idle;		/* grows with each WAIT: the target needs more clocks */
	bool is_out_of_step;		/* a flush failed: the target may be inside a packet or scan */
	/* JTAG: what went by, to repair an overrun, and to know when CTRL/STAT can be read. */
	uint32_t select, ctrl;
	unsigned ir;			/* of the DP's TAP; 0: unknown */
	unsigned ir_tap, ir_raw_scans;	/* `ir` holds for this TAP, after so many raw scans */
	struct jtag_chain chain;
	struct jtag_bits bits;
	struct bit_step *uncollected;	/* the last accepted scan, its result still inside the DP */
	uint32_t ctrl_stat;
};

#define CAPTURE_BYTES 8u

struct bit_step *bit_port_add(struct bit_port *bp);
struct bit_port *bit_port_new(struct adapter *adapter);
enum err bit_port_ready(struct dap_port *port);
/* A round trip. */
enum err bit_port_flush(struct bit_port *bp);
/* What a failed run leaves: a probe that lost something of the stream may be asked again. */
void bit_port_note_result(struct bit_port *bp, enum err rc);

static inline const struct bit_ops *bit_ops_of(const struct bit_port *bp)
{
	return bp->adapter->driver->bits;
}

#endif
