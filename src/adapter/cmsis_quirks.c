/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Products that are known by their ids, and what some of them need. A row applies as narrowly as it
 * is known: by firmware version where one cured it. What is done is told once, with what would make
 * it unnecessary.
 */
#include <string.h>

#include "adapter/cmsis_dap.h"

#define EDBG                                                                                       \
	.flags = QUIRK_RECONNECT, .max_packets = 1, .report_bytes = 512,                           \
	.workaround = "one packet at a time, pins connected again before each switch of protocol"

/* The first row that fits counts: those for old firmware stand before the others. */
static const struct cmsis_quirk rows[] = {
	/* NXP: LPC-Link2 has several HID interfaces with one product string; only 0 is meant. */
	{ 0x1fc9, 0x0090, .kind = "LPC-Link2", .flags = QUIRK_HID_FIRST,
	  .report_bytes = 64 },
	{ 0x1fc9, 0x0143, .kind = "MCU-Link", .flags = QUIRK_HID_FIRST, .report_bytes = 64 },
	{ 0x1fc9, 0x0132, .kind = "LPC11U3x CMSIS-DAP", .flags = QUIRK_FORCE_REPORT,
	  .report_bytes = 64, .max_packets = 1,
	  .workaround = "reports of 64 bytes, one at a time" },
	{ 0xc251, 0xf00a, .kind = "LPC-Link2 with Arm's firmware" },
	{ 0xc251, 0xf00b, .kind = "MCU-Link with Arm's firmware" },
	/* Arm */
	{ 0x0d28, 0x0204, .kind = "DAPLink" },
	{ 0xc251, 0xf001, .kind = "CMSIS-DAP v1", .report_bytes = 64 },
	{ 0xc251, 0xf002, .kind = "CMSIS-DAP v1", .report_bytes = 64 },
	{ 0xc251, 0x2722, .kind = "Keil ULINK2", .report_bytes = 64 },
	{ 0xc251, 0x2723, .kind = "Keil ULINK-ME", .flags = QUIRK_RECONNECT, .report_bytes = 64,
	  .workaround = "pins connected again before each switch of protocol" },
	{ 0xc251, 0x2750, .kind = "Keil ULINKplus" },
	/* Raspberry Pi: before 2.20 several commands in its FIFO were taken for one. */
	{ 0x2e8a, 0x0004, .kind = "picoprobe", .max_packets = 1,
	  .workaround = "one packet at a time",
	  .hint = "picoprobe became debugprobe: version 2.2.0 and later hold several packets" },
	{ 0x2e8a, 0x000c, .bcd_below = 0x0220, .kind = "debugprobe", .max_packets = 1,
	  .workaround = "one packet at a time (this firmware loses packets when it holds more)",
	  .hint = "debugprobe 2.2.0 and later hold several packets" },
	{ 0x2e8a, 0x000c, .kind = "debugprobe", .max_packets = 4 },
	/* Atmel, Microchip. The small ones have reports of 64 bytes. */
	{ 0x03eb, 0x2111, .kind = "EDBG", EDBG },
	{ 0x03eb, 0x2140, .kind = "JTAGICE3", EDBG },
	{ 0x03eb, 0x2141, .kind = "Atmel-ICE", EDBG },
	{ 0x03eb, 0x2144, .kind = "Power Debugger", EDBG },
	{ 0x03eb, 0x2145, .kind = "mEDBG", .flags = QUIRK_RECONNECT, .max_packets = 1,
	  .report_bytes = 64,
	  .workaround = "one packet at a time, pins connected again before each switch" },
	{ 0x03eb, 0x2157, .kind = "EDBG", EDBG },
	{ 0x03eb, 0x2169, .kind = "EDBG", EDBG },
	{ 0x03eb, 0x216a, .kind = "EDBG", EDBG },
	{ 0x03eb, 0x216c, .kind = "EDBGC", EDBG },
	{ 0x03eb, 0x2170, .kind = "EDBG", EDBG },
	{ 0x03eb, 0x2175, .kind = "nEDBG", .flags = QUIRK_RECONNECT, .max_packets = 1,
	  .report_bytes = 64,
	  .workaround = "one packet at a time, pins connected again before each switch" },
	/* Cypress, Infineon */
	{ 0x04b4, 0xf148, .kind = "KitProg2", .report_bytes = 64 },
	{ 0x04b4, 0xf151, .kind = "MiniProg4" },
	{ 0x04b4, 0xf152, .kind = "MiniProg4", .report_bytes = 64 },
	{ 0x04b4, 0xf154, .kind = "KitProg3", .report_bytes = 64 },
	{ 0x04b4, 0xf155, .kind = "KitProg3" },
	{ 0x04b4, 0xf166, .kind = "KitProg3" },
	/* TI: the vendor interfaces speak another protocol. */
	{ 0x0451, 0xbef3, .kind = "XDS110", .flags = QUIRK_HID_ONLY, .report_bytes = 64 },
	{ 0x0451, 0xbef4, .kind = "XDS110", .flags = QUIRK_HID_ONLY, .report_bytes = 64 },
	{ 0x1cbe, 0x02a5, .kind = "XDS110", .flags = QUIRK_HID_ONLY, .report_bytes = 64 },
	/* Others */
	{ 0x1a86, 0x8011, .kind = "WCH-Link" },
	{ 0x1a86, 0x8012, .kind = "WCH-LinkE" },
	{ 0x2a86, 0x8011, .kind = "WCH-Link" },
	{ 0x1209, 0x3443, .kind = "Orbtrace" },
	{ 0x1209, 0xda42, .kind = "dap42", .flags = QUIRK_NO_SEQUENCE },
	{ 0x1a6a, 0x2000, .kind = "FM4 CMSIS-DAP", .report_bytes = 64 },
	{ 0x30cc, 0x9527, .kind = "Vega CMSIS-DAP", .report_bytes = 64 },
	/* By name */
	{ 0, 0, "PWLINK2", .kind = "PWLINK2", .max_packets = 1,
	  .workaround = "one packet at a time (it answers slowly)",
	  .hint = "PWLINK2's maker has newer firmware" },
	{ 0 }
};

static bool fits(const struct cmsis_quirk *q, const struct usb_device *device)
{
	if (q->vid != 0 && (q->vid != device->vid || q->pid != device->pid))
		return false;
	if (q->product != NULL &&
	    (device->product == NULL || strstr(device->product, q->product) == NULL))
		return false;
	return q->bcd_below == 0 || device->bcd_device < q->bcd_below;
}

const struct cmsis_quirk *cmsis_find_kind(const struct usb_device *device)
{
	for (const struct cmsis_quirk *q = rows; q->kind != NULL; q++)
		if (fits(q, device))
			return q;
	return NULL;
}
