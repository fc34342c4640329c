/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * adapter: the contract between the debug port code above and the probe drivers below.
 *
 * A driver is a const struct adapter_driver. A native DAP probe (CMSIS-DAP, ST-LINK) fills `dap`;
 * a bit-level probe (FTDI, J-Link, remote_bitbang) fills `bits` and wire/ makes a dap_port of it.
 * Either way adapter_open() leaves adapter->port ready.
 *
 * dap_port: carries DP and AP register transfers to one Debug Port.
 *
 * Queue, then run. read(), write() and the block forms only note a transfer and cannot fail. run()
 * sends what was noted, in order, and stops at the first error: failed_at is then the index of that
 * transfer (blocks count as one; failed_word is the word inside) and no later one has happened.
 * `dst` and `src` stay valid until run() returns; `dst` is written only if its transfer succeeded. The
 * queue is empty after run(), whatever it returned. AP reads come back as if they were not posted;
 * WAIT is retried until wait_budget_ms is spent. An AP write's bus error belongs to the batch: run()
 * reports it (ERR_DAP_FAULT) even when it shows only after the last transfer, and then failed_at is
 * the last index that may be to blame. The port never touches SELECT, CTRL/STAT or ABORT on its own,
 * except ABORT to recover from WAIT and overrun; after any error the caller drops its caches, reads
 * CTRL/STAT and clears the sticky flags. It never services the event loop.
 *
 * Errors of run(): ERR_DAP_FAULT, ERR_DAP_WAIT, ERR_DAP_NO_ACK, ERR_DAP_PARITY, ERR_ADAPTER_LOST,
 * ERR_ADAPTER_PROTOCOL.
 * Cost: one run() is one round trip to the probe, or as few as the probe's packets allow.
 */
#ifndef ADAPTER_ADAPTER_H
#define ADAPTER_ADAPTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/loop.h"
#include "script/script.h"

/* Register number of a transfer: A[3:2] as it stands in the offset, bit 0 = APnDP. */
#define PORT_DP(a) ((uint8_t)((a) & 0xc))
#define PORT_AP(a) ((uint8_t)(((a) & 0xc) | 1))

struct dap_port;

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
	uint64_t round_trips;		/* waits for the probe's answer */
	uint64_t transfers, waits;
	uint64_t wire_bits;		/* estimate, retries included */
};

struct dap_port {
	const struct dap_port_ops *ops;
	void *priv;
	enum transport transport;
	unsigned wait_budget_ms;	/* default 500 */
	bool overrun_detect;		/* CTRL/STAT.ORUNDETECT as dap/ set it: packet length differs */
	unsigned idle_cycles;		/* after each AP access: memaccess */
	unsigned tap_index;		/* JTAG: which TAP of the chain this port talks to */
	size_t failed_at, failed_word;
	struct dap_port_stats stats;
	struct flight *flight;		/* flight recorder, see adapter/flight.h; never NULL */
};

/*
 * Bit-level probes. Bit strings are LSB first (base/bytes.h bit_get). A call may be buffered by the
 * driver until flush(); the `in` bits are valid after flush(). Calls keep their order.
 */
struct bit_ops {
	/* SWD: `out` is driven when not NULL, else the line is released and, if `in` is not NULL,
	 * sampled before each rising edge. */
	void (*swd)(void *priv, const uint8_t *out, uint8_t *in, size_t bits);
	/* JTAG: `tdi` NULL: ones... `tdo` NULL: not sampled. */
	void (*jtag)(void *priv, const uint8_t *tms, const uint8_t *tdi, uint8_t *tdo, size_t bits);
	enum err (*flush)(void *priv);
};

struct adapter;

struct adapter_driver {
	const char *name;		/* of `adapter driver` */
	const char *const *aliases;	/* legacy names, NULL-terminated, may be NULL */
	const char *help;
	const enum transport *transports;	/* the default first; ends with TRANSPORT_NONE */
	const struct command *commands;	/* registered from the start; user = struct adapter */
	enum err (*open)(struct adapter *adapter);
	void (*close)(struct adapter *adapter);
	/* *actual is what the probe really does. May be NULL: the driver has no clock. */
	enum err (*set_speed)(struct adapter *adapter, uint32_t khz, uint32_t *actual);
	/* Logical values: true = asserted (line low). */
	enum err (*set_reset)(struct adapter *adapter, bool srst, bool trst);
	const struct dap_port_ops *dap;	/* native probes */
	const struct bit_ops *bits;	/* bit-level probes */
};

/* One TAP of the JTAG chain, or the debug port on SWD. Declared by jtag newtap / swd newdap. */
struct tap {
	char *name;			/* "stm32l4x.cpu" */
	char *chip, *tap;		/* its two halves */
	unsigned ir_bits;
	uint32_t ir_capture, ir_mask;
	uint32_t expected_ids[8];
	unsigned expected_id_count;
	uint32_t idcode;		/* as read, 0 if it has none */
	bool is_enabled, ignore_version;
	struct tap *next;		/* in declaration order: first is nearest TDO */
};

enum reset_flags {
	RESET_HAS_TRST = 1, RESET_HAS_SRST = 2, RESET_TRST_PULLS_SRST = 4, RESET_SRST_PULLS_TRST = 8,
	RESET_SRST_NOGATE = 16, RESET_CONNECT_UNDER_SRST = 32, RESET_TRST_OPEN_DRAIN = 64,
	RESET_SRST_PUSH_PULL = 128,
};

struct adapter {
	struct loop *loop;
	struct script *script;
	const struct adapter_driver *driver;	/* NULL until `adapter driver` */
	void *priv;			/* the driver's */
	enum transport transport;
	bool is_open, is_lost;
	char *serial;			/* asked for; NULL: any */
	char *usb_location;
	uint32_t speed_khz, actual_khz;	/* 0: not asked for */
	unsigned reset_config;		/* enum reset_flags */
	unsigned srst_delay_ms, srst_pulse_ms, trst_delay_ms, trst_pulse_ms;
	bool srst, trst;		/* asserted now */
	struct tap *taps;
	struct dap_port port;
	void (*on_lost)(void *ctx);	/* the probe went away: called from the loop, not from run() */
	void *on_lost_ctx;
};

/* Registers the verbs `adapter ...`, `transport ...`, `reset_config`, `jtag ...`, the drivers' own. */
struct adapter *adapter_new(struct loop *loop, struct script *script);
void adapter_free(struct adapter *adapter);
/* Opens the probe, applies transport and speed. ERR_ADAPTER_*. */
enum err adapter_open(struct adapter *adapter);
void adapter_close(struct adapter *adapter);
enum err adapter_set_speed(struct adapter *adapter, uint32_t khz);
/* Honours delays and pulse widths. ERR_UNSUPPORTED if reset_config has no such line. */
enum err adapter_set_reset(struct adapter *adapter, bool srst, bool trst);
struct tap *adapter_find_tap(struct adapter *adapter, const char *name);
const char *transport_name(enum transport transport);
extern const struct adapter_driver *const adapter_drivers[];	/* ends with NULL */

/* A driver that finds the connection gone calls this; run() then fails with ERR_ADAPTER_LOST. */
void adapter_lost(struct adapter *adapter);

#endif
