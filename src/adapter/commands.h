/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command tables of the adapter room; private to it. user = struct adapter. */
#ifndef ADAPTER_COMMANDS_H
#define ADAPTER_COMMANDS_H

#include "adapter/adapter.h"

void adapter_register_commands(struct adapter *adapter);

extern const struct command adapter_commands[];		/* adapter ... */
extern const struct command probe_commands[];		/* adapter list, serial, use, usb ... */
extern const struct command transport_commands[];
extern const struct command link_commands[]; /* transport, reset_config, delays, old names */
extern const struct command tap_commands[];		/* jtag, swd newdap, scan_chain */
extern const struct command scan_commands[];		/* irscan, drscan, runtest ... */
extern const struct command flight_commands[];
extern const struct command swo_commands[];

/* adapter_commands.c, for the old names too. */
enum err cmd_adapter_driver(struct call *c);
enum err cmd_adapter_name(struct call *c);
enum err cmd_adapter_speed(struct call *c);
enum err cmd_adapter_srst_delay(struct call *c);
enum err cmd_adapter_srst_pulse_width(struct call *c);
enum err cmd_accept_and_ignore(struct call *c);
/* probe_commands.c. The drivers' own names of these (`NAME serial`, `NAME_serial`, `NAME vid_pid`,
 * `ftdi device_desc`) are rows with the same functions. */
enum err cmd_adapter_list(struct call *c);
enum err cmd_adapter_serial(struct call *c);		/* ?string? */
enum err cmd_adapter_usb_location(struct call *c);	/* ?location? */
enum err cmd_adapter_usb_ids(struct call *c);		/* vid pid ?vid pid ...? */
enum err cmd_adapter_usb_product(struct call *c);	/* ?name? */
/* link_commands.c */
enum transport transport_by_name(const char *name);
/* For verbs that have an answer without a driver too: the transport, if it can be told. */
enum err transport_settle(struct adapter *adapter);

#endif
