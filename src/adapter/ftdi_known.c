/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which USB devices are FTDI probes. Products with ids of their own are certain; among those with
 * FTDI's default ids the product string decides; a chip with the default strings may be anything.
 */
#include <string.h>
#include <strings.h>

#include "adapter/ftdi.h"

#define ANY_PID 0xffffu
#define OWN_ID	3
#define BY_NAME 2
#define GENERIC 1

/* What opens it, below tcl/interface/ftdi. */
static const struct known {
	uint16_t vid, pid;
	const char *product;		/* the string must begin so; NULL: any */
	int quality;
	const char *kind, *config;
} known[] = {
	{ 0x15ba, 0x0003, NULL, OWN_ID, "Olimex ARM-USB-OCD", "olimex-arm-usb-ocd" },
	{ 0x15ba, 0x002b, NULL, OWN_ID, "Olimex ARM-USB-OCD-H", "olimex-arm-usb-ocd-h" },
	{ 0x15ba, 0x0004, NULL, OWN_ID, "Olimex ARM-USB-TINY", "olimex-jtag-tiny" },
	{ 0x15ba, 0x002a, NULL, OWN_ID, "Olimex ARM-USB-TINY-H", "olimex-arm-usb-tiny-h" },
};

static bool begins_with(const char *text, const char *start)
{
	return text != NULL && strncasecmp(text, start, strlen(start)) == 0;
}

void ftdi_recognise(const struct usb_device *device, struct probe_match *match)
{
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		const struct known *k = &known[i];

		if (k->vid != device->vid || (k->pid != ANY_PID && k->pid != device->pid) ||
		    (k->product != NULL && !begins_with(device->product, k->product)))
			continue;
		*match = (struct probe_match){ k->quality, k->kind, k->config };
		return;
	}
}
