/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which USB devices are FTDI probes. A product with ids of its own is certain; among those with FTDI's
 * default ids the product string decides; a chip with the default strings may be anything.
 */
#include <string.h>
#include <strings.h>

#include "adapter/ftdi.h"
#include "adapter/ftdi_mpsse.h"

enum { BY_NAME = MATCH_STRINGS, OWN_ID = MATCH_IDS };

#define FTDI_VID 0x0403u
#define SCRIPT(name) "interface/ftdi/" name ".cfg"

/* The first that fits: of two strings that begin alike, the longer one comes first. */
static const struct known {
	uint16_t vid, pid;
	const char *product;		/* how the string begins; NULL: any */
	int quality;
	const char *kind, *config;
} known[] = {
	{ 0x15ba, 0x0003, NULL, OWN_ID, "Olimex ARM-USB-OCD", SCRIPT("olimex-arm-usb-ocd") },
	{ 0x15ba, 0x002b, NULL, OWN_ID, "Olimex ARM-USB-OCD-H", SCRIPT("olimex-arm-usb-ocd-h") },
	{ 0x15ba, 0x0004, NULL, OWN_ID, "Olimex ARM-USB-TINY", SCRIPT("olimex-jtag-tiny") },
	{ 0x15ba, 0x002a, NULL, OWN_ID, "Olimex ARM-USB-TINY-H", SCRIPT("olimex-arm-usb-tiny-h") },
	{ 0x0403, 0xbbe2, NULL, OWN_ID, "KT-Link", SCRIPT("kt-link") },
	{ 0x0403, 0x8220, NULL, OWN_ID, "JTAG-lock-pick Tiny 2", SCRIPT("jtag-lock-pick_tiny_2") },
	{ 0x0403, 0xbdc8, NULL, OWN_ID, "Turtelizer 2", SCRIPT("turtelizer2-revC") },
	{ 0x0403, 0x8a98, NULL, OWN_ID, "TIAO TUMPA", SCRIPT("tumpa") },
	{ 0x0403, 0x8a99, NULL, OWN_ID, "TIAO TUMPA Lite", SCRIPT("tumpa-lite") },
	{ 0x0403, 0xbca0, NULL, OWN_ID, "Signalyzer", SCRIPT("signalyzer") },
	{ 0x0403, 0xbca1, NULL, OWN_ID, "Signalyzer LITE", SCRIPT("signalyzer-lite") },
	{ 0x0403, 0xcff8, "Amontec JTAGkey-2P", OWN_ID, "Amontec JTAGkey-2P", SCRIPT("jtagkey2p") },
	{ 0x0403, 0xcff8, "Amontec JTAGkey-2", OWN_ID, "Amontec JTAGkey-2", SCRIPT("jtagkey2") },
	{ 0x0403, 0xcff8, NULL, OWN_ID, "Amontec JTAGkey", SCRIPT("jtagkey") },
	{ 0x0403, 0xbaf8, NULL, OWN_ID, "OOCDLink", SCRIPT("oocdlink") },
	{ 0x0403, 0xbcda, NULL, OWN_ID, "TI Luminary ICDI", SCRIPT("luminary-icdi") },
	{ 0x0403, 0xbcd9, "LM3S811", OWN_ID, "TI LM3S811 board", SCRIPT("luminary-lm3s811") },
	{ 0x0403, 0xbcd9, NULL, OWN_ID, "TI Stellaris board", SCRIPT("luminary") },
	{ 0x0451, 0xc32a, NULL, OWN_ID, "TI ICDI", SCRIPT("ti-icdi") },
	{ 0x0403, 0xa6d0, NULL, OWN_ID, "TI XDS100v2", SCRIPT("xds100v2") },
	{ 0x0403, 0xa6d1, NULL, OWN_ID, "TI XDS100v3", SCRIPT("xds100v3") },
	{ 0x058b, 0x0043, NULL, OWN_ID, "Infineon miniWiggler V3", SCRIPT("miniwiggler") },
	{ 0x0b6b, 0x0040, NULL, OWN_ID, "Ashling Opella-LD", SCRIPT("ashling-opella-ld-swd") },
	{ 0x22b7, 0x150d, NULL, OWN_ID, "isodebug", SCRIPT("isodebug") },
	{ 0x0640, 0x002c, NULL, OWN_ID, "Hitex STR9-comStick", SCRIPT("hitex_str9-comstick") },
	{ 0x0640, 0x0032, NULL, OWN_ID, "Hitex Cortino", SCRIPT("cortino") },
	{ 0x0640, 0x0026, NULL, OWN_ID, "Hitex LPC1768-Stick", SCRIPT("hitex_lpc1768stick") },
	{ 0x0640, 0x002d, NULL, OWN_ID, "Hitex STM32-Stick", SCRIPT("stm32-stick") },
	{ 0x9e88, 0x9e8f, NULL, OWN_ID, "SheevaPlug", SCRIPT("sheevaplug") },
	{ 0x0403, 0x9e90, NULL, OWN_ID, "OpenRD", SCRIPT("openrd") },
	{ 0x263d, 0x4001, NULL, OWN_ID, "PLS SPC5 adapter", SCRIPT("pls_spc5") },
	{ 0x1514, 0x2008, NULL, OWN_ID, "Microchip FlashPro5", SCRIPT("microchip-embedded-flashpro5") },
	{ 0x1514, 0x200a, NULL, OWN_ID, "Microchip FlashPro5", SCRIPT("microchip-embedded-flashpro5") },
	{ 0x0403, 0x6010, "Tigard", BY_NAME, "Tigard", SCRIPT("tigard") },
	{ 0x0403, 0x6010, "FT2232H MiniModule", BY_NAME, "FT2232H MiniModule", SCRIPT("minimodule") },
	{ 0x0403, 0x6010, "Flyswatter2", BY_NAME, "Flyswatter2", SCRIPT("flyswatter2") },
	{ 0x0403, 0x6010, "Flyswatter", BY_NAME, "Flyswatter", SCRIPT("flyswatter") },
	{ 0x0403, 0x6010, "NGX JTAG", BY_NAME, "NGX ARM USB JTAG", SCRIPT("ngxtech") },
	{ 0x0403, 0x6010, "VPACLink", BY_NAME, "VPACLink", SCRIPT("vpaclink") },
	{ 0x0403, 0x6010, "JTAG Debugger", BY_NAME, "Sipeed RV debugger",
	  SCRIPT("sipeed-rv-debugger") },
	{ 0x0403, 0x6010, "Digilent Adept", BY_NAME, "Digilent JTAG-HS1", SCRIPT("digilent-hs1") },
	{ 0x0403, 0x6010, "Digilent USB", BY_NAME, "Digilent board", SCRIPT("digilent-onboard") },
	{ 0x0403, 0x6014, "Digilent Adept", BY_NAME, "Digilent JTAG-HS2", SCRIPT("digilent-hs2") },
	{ 0x0403, 0x6014, "Digilent USB", BY_NAME, "Digilent JTAG-HS3", SCRIPT("digilent_jtag_hs3") },
	{ 0 }
};

/* FTDI's default ids of the chips with an engine. */
static const uint16_t generic_pids[] = { 0x6010, 0x6011, 0x6014, 0x6040, 0x6041, 0x6042,
					 0x6043, 0x6044, 0x6045, 0x6048 };

static bool begins_with(const char *text, const char *start)
{
	return text != NULL && strncasecmp(text, start, strlen(start)) == 0;
}

void ftdi_recognise(const struct usb_device *device, struct probe_match *match)
{
	const struct mpsse_chip *chip = mpsse_find_chip(device->bcd_device);

	for (const struct known *k = known; k->kind != NULL; k++) {
		if (k->vid != device->vid || k->pid != device->pid ||
		    (k->product != NULL && !begins_with(device->product, k->product)))
			continue;
		*match = (struct probe_match){ k->quality, k->kind, k->config };
		return;
	}
	if (device->vid != FTDI_VID || chip == NULL || chip->channels == 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(generic_pids); i++)
		if (generic_pids[i] == device->pid)
			*match = (struct probe_match){ MATCH_GENERIC, chip->name, NULL };
}
