/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The boot ROM stand-ins, one per mask. */
#include "vboard/chip/imxrt_boot.h"

#include "vboard/chip/imxrt_rom_bytes.h"

/* Words that tell the families' ROMs apart; our code is shorter than their addresses. */
static const struct imxrt_rom roms[] = {
	[ROM_RT1020] = { rom_rt1020, sizeof(rom_rt1020),
			 { { 0x00208000, 0x4038f88d }, { 0x0020a000, 0xe9dd9a03 },
			   { 0x0020c000, 0x7831688a } } },
	[ROM_RT1050] = { rom_rt1050, sizeof(rom_rt1050),
			 { { 0x00208000, 0x9e016037 }, { 0x0020a000, 0x2101eb10 },
			   { 0x0020c000, 0xf04fd502 } } },
	[ROM_RT1060] = { rom_rt1060, sizeof(rom_rt1060),
			 { { 0x00208000, 0xb0893000 }, { 0x0020a000, 0x80dbf000 },
			   { 0x0020c000, 0xf2c44100 } } },
};

const struct imxrt_rom *imxrt_rom(enum imxrt_rom_family family)
{
	return &roms[family];
}
