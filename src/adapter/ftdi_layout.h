/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ftdi_layout: what is wired to the pins of an FTDI chip, as its configuration file says it
 * (`ftdi layout_init`, `ftdi layout_signal`), and what setting a signal does to the pins. Pure data.
 */
#ifndef ADAPTER_FTDI_LAYOUT_H
#define ADAPTER_FTDI_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct ftdi_signal {
	char *name;
	uint16_t data, input, oe;	/* masks over the 16 pins */
	bool invert_data, invert_input, invert_oe;
	bool has_data, has_oe;		/* given, be the mask 0: a dummy that may be set */
	struct ftdi_signal *next;
};

struct ftdi_pins {
	uint16_t value, direction;	/* direction: 1 is an output */
};

struct ftdi_layout {
	struct ftdi_pins init;
	bool has_init;
	struct ftdi_signal *signals;
};

enum ftdi_level { FTDI_LOW, FTDI_HIGH, FTDI_Z };

void ftdi_layout_free(struct ftdi_layout *layout);
/* NULL: there is none. */
const struct ftdi_signal *ftdi_find_signal(const struct ftdi_layout *layout, const char *name);
/* Makes it, or forgets what was known of it. */
struct ftdi_signal *ftdi_new_signal(struct ftdi_layout *layout, const char *name);
/* Whether the wiring can do it. */
bool ftdi_can_set(const struct ftdi_signal *signal, enum ftdi_level level);
/* ERR_UNSUPPORTED if the wiring cannot. */
enum err ftdi_set_signal(const struct ftdi_signal *signal, enum ftdi_level level,
			 struct ftdi_pins *pins);

#endif
