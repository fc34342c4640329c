/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * probe: which probes are on this machine, and which one is meant.
 *
 * A USB driver says by adapter_driver.recognise() what a device is to it; nothing is opened for
 * that. probes_find() is the list of all drivers' probes (`adapter list`, `probed --list`);
 * probe_select() is the one the configuration means: the driver's probes that fit `adapter serial`
 * (case-insensitive, aliases resolved), `adapter usb location`, `adapter usb vid_pid` and
 * `adapter usb product_name`. None: ERR_ADAPTER_NOT_FOUND, with what was seen instead. Several:
 * ERR_ADAPTER_AMBIGUOUS, with the list and the line to add. Never a guess. Without an `adapter
 * driver` the same choice is made over all drivers, and the probe's driver is taken with it; a
 * generic chip (MATCH_GENERIC) is then left out, because nobody but the user knows how it is wired.
 *
 * A probe in its boot loader is shown and explained, but never chosen.
 */
#ifndef ADAPTER_PROBE_H
#define ADAPTER_PROBE_H

#include "adapter/usb.h"
#include "base/bytes.h"

struct adapter;
struct adapter_driver;

struct probe {
	const struct adapter_driver *driver; /* NULL: a boot loader that no driver knows */
	const char *kind;		/* "ST-LINK/V2-1": what people call it; static text */
	const char *config;		/* interface script that opens it: "interface/stlink.cfg" */
	struct usb_device *usb;		/* own copy; NULL: not a USB probe */
	char *serial;			/* as `adapter serial` takes it; NULL: it has none */
	/* By inspect(), if it was asked for. */
	char *firmware;			/* "V2J37M26"; NULL: not known */
	int millivolts;			/* target voltage; -1: not known */
	enum err problem;		/* OK: ready. ERR_ADAPTER_PERMISSION, _BUSY, _FIRMWARE, ... */
	char *why, *cure;		/* sentences for it */
	int quality;			/* enum probe_quality; NONE: only the configured vid_pid says so */
	bool is_loader;			/* it waits for firmware and cannot debug */
	bool is_ours;			/* this daemon has it open */
	struct probe *next;
};

/* How sure a driver is of a device: the highest of all drivers wins. */
enum probe_quality {
	MATCH_NONE,			/* no probe of mine */
	MATCH_GENERIC,			/* a chip that may be anything */
	MATCH_STRINGS,			/* it says so by its strings */
	MATCH_IDS,			/* vendor and product id */
};

/* What recognise() fills. */
struct probe_match {
	int quality;			/* enum probe_quality */
	const char *kind, *config;
};

/* inspect: open each probe that is free, for its firmware and voltage. */
enum err probes_find(struct adapter *adapter, bool inspect, struct probe **list);
void probes_free(struct probe *list);
/* The one the configuration means; the caller frees it with probes_free(). It is noted as the one
 * that `adapter auto_reconnect` waits for. ERR_ADAPTER_PERMISSION if its node may not be opened
 * (except a probe with a HID interface, which may be reached by its hidraw node). */
enum err probe_select(struct adapter *adapter, struct probe **probe);
/* Puts OpenOCD's words, which programs look for, before why a probe is not there or cannot be had. */
enum err probe_fail_open(enum err rc, const char *words);
/* All that the configuration lets in; an empty list is no error. */
enum err probes_fitting(struct adapter *adapter, struct probe **list);
/* No `adapter driver` yet: takes the driver of the one probe that fits. OK if there is a driver. */
enum err probe_select_driver(struct adapter *adapter);
/* What the same choice says to a serial number: case does not matter, and the forms that vendors'
 * tools show of it are all known. */
bool probe_serial_is(const struct probe *probe, const char *serial);
/* "ST-LINK/V2-1 (serial 066E, at USB 1-2)", appended. */
void probe_describe(const struct probe *probe, struct buf *out);
/* Takes the error chain into probe->problem, why and cure. For inspect(). */
void probe_set_problem(struct probe *probe, enum err problem);

#endif
