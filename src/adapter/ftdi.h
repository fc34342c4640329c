/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ftdi driver: chips with an MPSSE engine, and what is wired to them (ftdi_layout.h). */
#ifndef ADAPTER_FTDI_H
#define ADAPTER_FTDI_H

#include "adapter/adapter.h"
#include "adapter/ftdi_layout.h"

struct ftdi_settings {
	struct ftdi_layout layout;
	unsigned channel;		/* 0: A */
	bool samples_falling;		/* TDO on the falling edge */
};

extern const struct adapter_driver ftdi_driver;

/* ftdi_commands.c */
extern const struct command ftdi_commands[];
/* ftdi_known.c */
void ftdi_recognise(const struct usb_device *device, struct probe_match *match);
/* ftdi.c, for `ftdi set_signal` and `ftdi get_signal`: the probe must be open. */
enum err ftdi_drive_signal(struct adapter *adapter, const struct ftdi_signal *signal,
			   enum ftdi_level level);
enum err ftdi_sample_signal(struct adapter *adapter, const struct ftdi_signal *signal,
			    uint16_t *pins);

#endif
