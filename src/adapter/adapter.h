/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * adapter: the contract between the debug port code above and the probe drivers below.
 *
 * A driver is a const struct adapter_driver. A native DAP probe (CMSIS-DAP, ST-LINK) fills `dap`;
 * a bit-level probe (FTDI, J-Link, remote_bitbang) fills `bits` and wire/ makes a dap_port of it.
 * Either way adapter_open() leaves adapter->port ready (port.h).
 */
#ifndef ADAPTER_ADAPTER_H
#define ADAPTER_ADAPTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "adapter/pins.h"
#include "adapter/port.h"
#include "adapter/probe.h"
#include "adapter/swo.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/loop.h"
#include "script/script.h"

/*
 * Bit-level probes. Bit strings are LSB first (base/bytes.h bit_get). A call may be buffered by the
 * driver until flush(); the `in` bits are valid after flush(), the `out` bits are consumed at once.
 * Calls keep their order. A native DAP probe may offer them too, for `jtag`'s raw scans.
 */
struct bit_ops {
	/* SWD: `out` is driven when not NULL, else the line is released and, if `in` is not NULL,
	 * sampled before each rising edge. */
	void (*swd)(void *priv, const uint8_t *out, uint8_t *in, size_t bits);
	/* JTAG: `tdi` NULL: ones. `tdo` NULL: not sampled. */
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
	/* What the commands set: one per driver and adapter, found through adapter_settings(). */
	void *(*new_settings)(void);
	void (*free_settings)(void *settings);
	enum err (*open)(struct adapter *adapter);
	/* NULL: the library is not in this build. Such a driver recognises its probes and open() says what
	 * is missing. */
	void (*close)(struct adapter *adapter);
	/* *actual is what the probe really does. May be NULL: the driver has no clock. */
	enum err (*set_speed)(struct adapter *adapter, uint32_t khz, uint32_t *actual);
	/* Logical values: true = asserted (line low). */
	enum err (*set_reset)(struct adapter *adapter, bool srst, bool trst);
	/* JTAG probes whose firmware walks the chain: the IDCODEs, nearest TDO first. May be NULL. */
	enum err (*read_tap_ids)(struct adapter *adapter, uint32_t *ids, size_t max, size_t *found);
	/* USB drivers: what this device is to the driver (probe.h); opens nothing. NULL: not on USB. */
	void (*recognise)(const struct usb_device *device, struct probe_match *match);
	/* Opens the probe for a moment to fill firmware and voltage, or its problem. May be NULL. */
	void (*inspect)(struct adapter *adapter, struct probe *probe);
	/* Target voltage in mV; *mv = -1: the probe cannot measure it. May be NULL. */
	enum err (*read_voltage)(struct adapter *adapter, int *mv);
	/* Levels of the pins now. May be NULL: it cannot tell. */
	enum err (*read_pins)(struct adapter *adapter, enum pin_drive swdio,
			      struct pin_levels *levels);
	bool any_transport;		/* bits->swd and bits->jtag work whatever was selected */
	/* What the open probe and the configuration of this driver should tell `probe doctor`: appends
	 * `name: value` lines (packet size and count, firmware, workarounds in force, upgrade hint). */
	void (*describe)(struct adapter *adapter, struct buf *out);
	const struct swo_ops *swo;	/* NULL: no SWO */
	const struct dap_port_ops *dap;	/* native probes */
	const struct bit_ops *bits;	/* bit-level probes */
	uint32_t default_khz;		/* when nobody said "adapter speed"; 0: 4000 */
	/* The folder of scripts that say how such a probe is wired, without which it cannot be used;
	 * probe->config is then run when probed chose the probe by itself. NULL: nothing to say. */
	const char *wiring_scripts;
};

/* One TAP of the JTAG chain, or the debug port on SWD. Declared by jtag newtap / swd newdap. */
struct tap {
	char *name;			/* "stm32l4x.cpu" */
	char *chip, *tap;		/* its two halves */
	unsigned ir_bits;
	uint32_t ir_capture, ir_mask;
	uint32_t expected_ids[32];
	unsigned expected_id_count;
	uint32_t idcode;		/* as read, 0 if it has none */
	bool is_enabled, ignore_version;
	char *events[4];		/* bodies, by place in tap_event_names */
	struct tap *next;		/* in declaration order: first is nearest TDO */
};

enum reset_flags {
	RESET_HAS_TRST = 1,
	RESET_HAS_SRST = 2,
	RESET_TRST_PULLS_SRST = 4,
	RESET_SRST_PULLS_TRST = 8,
	RESET_SRST_NOGATE = 16,
	RESET_CONNECT_UNDER_SRST = 32,
	RESET_TRST_OPEN_DRAIN = 64,
	RESET_SRST_PUSH_PULL = 128,
};

struct adapter {
	struct loop *loop;
	struct script *script;
	const struct adapter_driver *driver;	/* NULL until `adapter driver` */
	void *priv;			/* the driver's, from open to close */
	enum transport transport;
	char *transport_place;		/* file and line that chose it; NULL: nobody did */
	bool is_open, is_lost;
	char *serial;			/* asked for; NULL: any */
	char *usb_location;
	char *usb_product;		/* `adapter usb product_name`, `ftdi device_desc` */
	struct usb_id { uint16_t vid, pid; } usb_ids[16];	/* asked for; 0 in either: any */
	unsigned usb_id_count;
	char *target_uid;		/* `adapter target_uid`: hex digits; NULL: any target */
	uint32_t speed_khz, actual_khz;	/* 0: not asked for */
	bool is_speed_guessed;		/* nobody chose one: dap/ tests the wire at it */
	uint32_t proven_khz;		/* the wire holds no more: dap/ found out. 0: not known */
	unsigned reset_config;		/* enum reset_flags */
	unsigned srst_delay_ms, srst_pulse_ms, trst_delay_ms, trst_pulse_ms;
	bool srst, trst;		/* asserted now */
	uint64_t asserted_ms;		/* when the last one was */
	struct tap *taps;
	bool adopts_taps;		/* TAPs nobody declared are taken as they are found */
	struct dap_port port;
	void *bits_priv;		/* of driver->bits; the driver's open() sets it */
	void (*on_lost)(void *ctx); /* the probe went away: called from the loop, not from run() */
	void *on_lost_ctx;
	/* dap/: the probe was opened again (`adapter reconnect`): connect the debug ports. */
	enum err (*on_reopened)(void *ctx);
	void *on_reopened_ctx;
	struct adapter_hooks hooks;	/* pins.h */
	struct loop_timer *lost_timer;
	unsigned raw_scans;		/* scans past the port: its idea of the IR is stale */
	void *settings[16];		/* by place in adapter_drivers */
	char *use;			/* `adapter use`: serial, location, alias or kind; NULL: any */
	struct probe_alias *aliases;	/* `adapter alias` */
	bool is_auto_driver;		/* nobody said `adapter driver`: the one probe there is */
	bool is_auto_use;		/* then `use` is that probe */
	bool is_auto_tried;		/* it was tried: the link verbs do not look again */
	/* The probe that was opened last; only_last: no other will do (auto_reconnect). */
	char *last_serial, *last_location;
	bool only_last;
	bool keeps_target;		/* opened again after a loss: no connecting under reset */
	struct reconnect *reconnect;	/* reconnect.h */
	/* target/: work is under way that must not go on over another link; and, once the debug
	 * ports are connected again: examine the targets and restore what was set in them. */
	bool (*is_claimed)(void *ctx);
	enum err (*on_restored)(void *ctx);
	void *targets_ctx;
	struct swo *swo;		/* swo.c */
};

/* Registers the verbs of this room and of every driver. */
struct adapter *adapter_new(struct loop *loop, struct script *script);
void adapter_free(struct adapter *adapter);
/* Opens the probe, applies transport and speed. ERR_ADAPTER_*. */
enum err adapter_open(struct adapter *adapter);
void adapter_close(struct adapter *adapter);
/* Close and open: `adapter reconnect`, after a probe was lost. */
enum err adapter_reopen(struct adapter *adapter);
/* For a look at the other protocol: the open probe changes over; the link must be connected again. */
enum err adapter_switch_transport(struct adapter *adapter, enum transport transport);
/* The driver's first transport if none was selected; an error if the driver lacks the chosen one. */
enum err adapter_select_transport(struct adapter *adapter);
enum err adapter_set_speed(struct adapter *adapter, uint32_t khz);
/* Honours delays and pulse widths. ERR_UNSUPPORTED if reset_config has no such line. */
enum err adapter_set_reset(struct adapter *adapter, bool srst, bool trst);
struct tap *adapter_find_tap(struct adapter *adapter, const char *name);
bool adapter_has_transport(const struct adapter *adapter, enum transport transport);
const char *transport_name(enum transport transport);
extern const struct adapter_driver *const adapter_drivers[];	/* ends with NULL */
/* The settings of this driver, whether it is the selected one or not. */
void *adapter_settings(struct adapter *adapter, const struct adapter_driver *driver);

/* A driver that finds the connection gone calls this; run() then fails with ERR_ADAPTER_LOST. */
void adapter_lost(struct adapter *adapter);
void adapter_unplugged(void *adapter);	/* the same, for usb_on_lost() */
/* The words for whoever meets a lost probe: ERR_ADAPTER_LOST, with what is to be done. */
enum err adapter_fail_lost(const struct adapter *adapter);
/* Warns of a target whose voltage is below what this probe needs to be reliable. */
void adapter_check_voltage(int millivolts, int lowest);
/* For what only this driver's open probe can do: ERR_ADAPTER_CONFIG, ERR_ADAPTER_LOST. */
enum err adapter_need_open(const struct adapter *adapter, const struct adapter_driver *driver);

#endif
