/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "adapter/jep106.h"

#include <stddef.h>

#include "base/bytes.h"

/* Those whose silicon a Cortex-M debugger meets (JEDEC JEP106). */
static const struct {
	unsigned code;
	const char *name;
} makers[] = {
	{ 0x00e, "Freescale (Motorola)" },
	{ 0x015, "NXP (Philips)" },
	{ 0x017, "Texas Instruments" },
	{ 0x01f, "Atmel" },
	{ 0x020, "STMicroelectronics" },
	{ 0x029, "Microchip Technology" },
	{ 0x034, "Cypress" },
	{ 0x041, "Infineon (Siemens)" },
	{ 0x065, "Analog Devices" },
	{ 0x144, "Nordic Semiconductor" },
	{ 0x23b, "ARM Ltd" },
	{ 0x493, "Raspberry Pi Trading Ltd" },
	{ 0x575, "Arm China" },
};

const char *jep106_name(unsigned code)
{
	for (size_t i = 0; i < ARRAY_SIZE(makers); i++)
		if (makers[i].code == code)
			return makers[i].name;
	return "<unknown>";
}
