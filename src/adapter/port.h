/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dap_port: carries DP and AP register transfers to one Debug Port.
 *
 * Queue, then run. read(), write() and the block forms only note a transfer and cannot fail. run()
 * sends what was noted, in order, and stops at the first error: failed_at is then the index of that
 * transfer (blocks count as one; failed_word is the word inside) and no later one has happened.
 * `dst` and `src` stay valid until run() returns; `dst` is written only if its transfer succeeded.
 * The queue is empty after run(), whatever it returned. AP reads come back as if they were not
 * posted; WAIT is retried until wait_budget_ms is spent. An AP write's bus error belongs to the
 * batch: run() reports it (ERR_DAP_FAULT) even when it shows only after the last transfer, and then
 * failed_at is the last index that may be to blame. The port never touches SELECT, CTRL/STAT or
 * ABORT on its own, except ABORT (on JTAG: CTRL/STAT) to recover from WAIT and overrun, and from a
 * probe that lost part of the stream; after any error the caller drops its caches, reads CTRL/STAT
 * and clears the sticky flags. It never services the event loop.
 *
 * A JTAG-DP's ACK does not tell FAULT: such a port reads CTRL/STAT at the end of a batch with AP
 * accesses. It then knows that the batch failed, not where (failed_at is the last AP access), and
 * writes no `dst` of that batch.
 *
 * Errors of run(): ERR_DAP_FAULT, ERR_DAP_WAIT, ERR_DAP_NO_ACK, ERR_DAP_PARITY, ERR_ADAPTER_LOST,
 * ERR_ADAPTER_PROTOCOL.
 * Cost: one run() is one round trip to the probe, or as few as the probe's packets allow.
 */
#ifndef ADAPTER_PORT_H
#define ADAPTER_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Register number of a transfer: A[3:2] as it stands in the offset, bit 0 = APnDP. */
#define PORT_DP(a) ((uint8_t)((a) & 0xc))
#define PORT_AP(a) ((uint8_t)(((a) & 0xc) | 1))

struct dap_port;
struct flight;

enum transport { TRANSPORT_NONE, TRANSPORT_SWD, TRANSPORT_JTAG };

/* How to bring the link up. On JTAG: reset the TAPs and check the chain. */
enum link_connect {
	LINK_JTAG_TO_SWD,	/* line reset, 0xE79E, line reset, idle */
	LINK_DORMANT_TO_SWD,	/* via dormant: alert, activation code, line reset */
	LINK_LINE_RESET,	/* SWD line reset only */
	LINK_SWD_TO_JTAG,
};

struct dap_port_ops {
	void (*read)(struct dap_port *port, uint8_t reg, uint32_t *dst);
	void (*write)(struct dap_port *port, uint8_t reg, uint32_t value);
	/* n times the same register (AP DRW): the probe streams. */
	void (*read_block)(struct dap_port *port, uint8_t reg, uint32_t *dst, size_t words);
	void (*write_block)(struct dap_port *port, uint8_t reg, const uint32_t *src, size_t words);
	enum err (*run)(struct dap_port *port);
	/* These run at once; the queue must be empty. */
	enum err (*connect)(struct dap_port *port, enum link_connect how);
	/* SWD multidrop: TARGETSEL write whose ACK is not driven. Follow with a DPIDR read. */
	enum err (*select_target)(struct dap_port *port, uint32_t targetsel);
	/* JTAG-DP ABORT scan; on SWD an ABORT write that ignores the ACK. */
	enum err (*abort)(struct dap_port *port, uint32_t value);
};

struct dap_port_stats {
	uint64_t runs;			/* batches */
	uint64_t round_trips; /* waits for the probe's answer with nothing else under way */
	uint64_t transfers, waits;
	uint64_t wire_bits;		/* estimate, retries included */
};

/* One queued transfer. */
struct port_item {
	uint8_t reg;			/* PORT_DP() or PORT_AP() */
	bool is_read;
	uint32_t value;			/* of a single write */
	uint32_t *dst;
	const uint32_t *src;		/* of a block write, else NULL */
	size_t words;			/* 1 for the single forms */
};

struct dap_port {
	const struct dap_port_ops *ops;
	void *priv;
	enum transport transport;
	unsigned wait_budget_ms;	/* default 500 */
	bool overrun_detect; /* CTRL/STAT.ORUNDETECT as dap/ set it: packet length differs */
	bool wants_overrun_detect;	/* bit-level ports stream only with ORUNDETECT set */
	unsigned idle_cycles;		/* after each AP access: memaccess */
	unsigned tap_index;		/* JTAG: which TAP of the chain this port talks to */
	struct port_item *items;	/* the queue */
	size_t item_count, item_capacity;
	size_t failed_at, failed_word;
	unsigned failed_ack;		/* as in flight.h */
	/* After a run that failed: an answer was lost on the way to the probe, which is in step again.
	 * Parts of the batch may have happened, in any order; a batch that begins with its own TAR
	 * and touches plain memory can simply be repeated. */
	bool may_repeat;
	const void *owner;		/* dap/: whose Debug Port the link talks to now */
	struct dap_port_stats stats;
	struct flight *flight;		/* flight recorder, see adapter/flight.h; never NULL */
};

/* The queueing half of every port's ops. */
void port_read(struct dap_port *port, uint8_t reg, uint32_t *dst);
void port_write(struct dap_port *port, uint8_t reg, uint32_t value);
void port_read_block(struct dap_port *port, uint8_t reg, uint32_t *dst, size_t words);
void port_write_block(struct dap_port *port, uint8_t reg, const uint32_t *src, size_t words);

/* The port of an adapter that is not open: run() fails with ERR_ADAPTER_LOST. */
extern const struct dap_port_ops closed_port_ops;

/* A place in the queue: one word of one item. */
struct port_pos {
	size_t item, word;
};
bool port_at_end(const struct dap_port *port, struct port_pos pos);
void port_advance(const struct dap_port *port, struct port_pos *pos);
uint32_t port_value(const struct dap_port *port, struct port_pos pos);	/* of a write */
/* The last AP access before `pos`; `pos` itself if there is none. What a FAULT at `pos` blames. */
struct port_pos port_blame(const struct dap_port *port, struct port_pos pos);
/* Notes where the run failed and starts the error chain. `ack` is the raw 3-bit SWD ACK. */
enum err port_fail(struct dap_port *port, struct port_pos pos, enum err code, unsigned ack);
void port_reset_queue(struct dap_port *port);
/* JTAG: reads land in a shadow until the batch is known to be good. */
struct port_shadow {
	uint32_t *words, **places;
};
void port_shadow_begin(struct dap_port *port, struct port_shadow *shadow);
void port_shadow_end(struct dap_port *port, struct port_shadow *shadow, bool is_good);
bool port_has_ap_access(const struct dap_port *port);
/* The DPBANKSEL in force after the queued SELECT writes, `bank` being the one before. */
unsigned port_final_bank(const struct dap_port *port, unsigned bank);

#endif
