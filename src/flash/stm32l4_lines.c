/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines that share this controller: identity, sizes, registers, option bits, bank rules. */
#include "flash/stm32l4.h"

/* Revisions: DBGMCU_IDCODE[31:16]. */
static const struct stm32l4_revision rev_415[] = {
	{ 0x1000, "1" }, { 0x1001, "2" }, { 0x1003, "3" }, { 0x1007, "4" }, { 0, NULL }
};
static const struct stm32l4_revision rev_az[] = {
	{ 0x1000, "A" }, { 0x1001, "Z" }, { 0x2001, "Y" }, { 0, NULL }
};
static const struct stm32l4_revision rev_ab[] = { { 0x1000, "A" }, { 0x2000, "B" }, { 0, NULL } };
static const struct stm32l4_revision rev_470[] = {
	{ 0x1000, "A" }, { 0x1001, "Z" }, { 0x1003, "Y" }, { 0x100f, "W" }, { 0x101f, "V" }, { 0, NULL }
};
static const struct stm32l4_revision rev_z[] = { { 0x1001, "Z" }, { 0, NULL } };
static const struct stm32l4_revision rev_abz[] = {
	{ 0x1000, "A" }, { 0x2000, "B" }, { 0x2001, "Z" }, { 0, NULL }
};
static const struct stm32l4_revision rev_a[] = { { 0x1000, "A" }, { 0, NULL } };
static const struct stm32l4_revision rev_466[] = {
	{ 0x1000, "A" }, { 0x1001, "Z" }, { 0x2000, "B" }, { 0, NULL }
};
static const struct stm32l4_revision rev_460[] = { { 0x1000, "A/Z" }, { 0x2000, "B" }, { 0, NULL } };
static const struct stm32l4_revision rev_1z[] = { { 0x1000, "A" }, { 0x1001, "Z" }, { 0, NULL } };
static const struct stm32l4_revision rev_495[] = { { 0x2001, "2.1" }, { 0, NULL } };
static const struct stm32l4_revision rev_497[] = { { 0x1000, "1.0" }, { 0, NULL } };
static const struct stm32l4_revision rev_482[] = {
	{ 0x1000, "A" }, { 0x1001, "Z" }, { 0x1003, "Y" }, { 0x2000, "B" }, { 0x2001, "X" },
	{ 0x3000, "C" }, { 0x3001, "W" }, { 0x3007, "U" }, { 0, NULL }
};
static const struct stm32l4_revision rev_481[] = { { 0x3001, "X" }, { 0x3002, "W" }, { 0, NULL } };

/* Register offsets, from the FLASH base. */
static const struct stm32l4_layout layout_one = {	/* L41..L46, G431, G491: one bank */
	.acr = 0x00, .keyr = 0x08, .optkeyr = 0x0c, .sr = 0x10, .cr = 0x14, .lock_cr = 0x14, .optr = 0x20,
	.wrp = { 0x2c, 0x30 }, .pcrop = { { 0x24, 0x28 } },
};
static const struct stm32l4_layout layout_two = {	/* L47, L49, L4+, G47 */
	.acr = 0x00, .keyr = 0x08, .optkeyr = 0x0c, .sr = 0x10, .cr = 0x14, .lock_cr = 0x14, .optr = 0x20,
	.wrp = { 0x2c, 0x30, 0x4c, 0x50 },
	.pcrop = { [0] = { 0x24, 0x28 }, [2] = { 0x44, 0x48 } },
};
static const struct stm32l4_layout layout_g0 = {	/* G0, C0, U0, WB, WL: two PCROP areas */
	.acr = 0x00, .keyr = 0x08, .optkeyr = 0x0c, .sr = 0x10, .cr = 0x14, .lock_cr = 0x14, .optr = 0x20,
	.wrp = { 0x2c, 0x30 }, .pcrop = { { 0x24, 0x28 }, { 0x34, 0x38 } },
};
static const struct stm32l4_layout layout_g0b = {
	.acr = 0x00, .keyr = 0x08, .optkeyr = 0x0c, .sr = 0x10, .cr = 0x14, .lock_cr = 0x14, .optr = 0x20,
	.wrp = { 0x2c, 0x30, 0x4c, 0x50 },
	.pcrop = { { 0x24, 0x28 }, { 0x34, 0x38 }, { 0x44, 0x48 }, { 0x54, 0x58 } },
};
static const struct stm32l4_layout layout_l5 = {	/* L5, U5, U3, WBA: the non-secure registers */
	.acr = 0x00, .keyr = 0x08, .optkeyr = 0x10, .sr = 0x20, .cr = 0x28, .lock_cr = 0x28, .optr = 0x40,
	.wrp = { 0x58, 0x5c, 0x68, 0x6c },
};

const struct stm32l4_layout stm32l4_layout_secure = {
	.acr = 0x00, .keyr = 0x0c, .optkeyr = 0x10, .sr = 0x24, .cr = 0x2c, .lock_cr = 0x2c, .optr = 0x40,
	.wrp = { 0x58, 0x5c, 0x68, 0x6c },
};
const struct stm32l4_layout stm32l4_layout_wl_cpu2 = {
	.acr = 0x5c, .keyr = 0x08, .optkeyr = 0x0c, .sr = 0x60, .cr = 0x64, .lock_cr = 0x14, .optr = 0x20,
	.wrp = { 0x2c, 0x30 }, .pcrop = { { 0x24, 0x28 }, { 0x34, 0x38 } },
};

/*
 * DS10198 table 52 (L47), DS12023 (L4R), DS12288 (G4), DS13560 (G0), DS13866 (C0), DS13086 (U5): typical,
 * in us. U5 writes a burst of 8 units of 16 bytes without a mass erase (RM0456 7.3.7).
 */
static const struct stm32l4_timing timing_l4 = {
	.unit = 82, .page_erase = 22020, .mass_erase = 22130, .row = 1910, .row_units = 32,
	.fast_cr = CR_FSTPG, .fast_needs_mass_erase = true,
};
static const struct stm32l4_timing timing_l4r = {
	.unit = 82, .page_erase = 22000, .mass_erase = 22130, .row = 3800, .row_units = 64,
	.fast_cr = CR_FSTPG, .fast_needs_mass_erase = true,
};
static const struct stm32l4_timing timing_g0 = {
	.unit = 85, .page_erase = 22000, .mass_erase = 22100, .row = 1910, .row_units = 32,
	.fast_cr = CR_FSTPG, .fast_needs_mass_erase = true,
};
static const struct stm32l4_timing timing_c0 = {
	.unit = 85, .page_erase = 22000, .mass_erase = 22100, .row = 960, .row_units = 16,
	.fast_cr = CR_FSTPG, .fast_needs_mass_erase = true,
};
static const struct stm32l4_timing timing_u0 = { .unit = 85, .page_erase = 22000, .mass_erase = 22100 };
static const struct stm32l4_timing timing_l5 = { .unit = 82, .page_erase = 22020, .mass_erase = 22130 };
static const struct stm32l4_timing timing_u5 = {
	.unit = 118, .page_erase = 1500, .row = 384, .row_units = 8, .fast_cr = CR_PG | CR_BWR,
};

/* What most rows of a generation have in common. */
#define L4_INFO .size_reg = 0x1fff75e0, .otp_base = 0x1fff7000, .otp_bytes = 1024, .uid = 0x1fff7590, \
	.package = 0x1fff7500, .eccr = 0x18, .unit = 8, .bker = 11
#define L4_REGS .regs = 0x40022000, L4_INFO, .around = &stm32l4_around_l4
#define G4_REGS .regs = 0x40022000, L4_INFO, .around = &stm32l4_around_g4
#define G0_REGS .regs = 0x40022000, L4_INFO, .around = &stm32l4_around_g0, .timing = &timing_g0, \
	.factory_optr = 0xfffffeaa
#define WB_REGS .regs = 0x58004000, L4_INFO, .around = &stm32l4_around_wb, .timing = &timing_l4, \
	.layout = &layout_g0
#define C0_REGS .regs = 0x40022000, .size_reg = 0x1fff75a0, .otp_base = 0x1fff7000, .otp_bytes = 1024, \
	.uid = 0x1fff7550, .package = 0x1fff7500, .eccr = 0x18, .unit = 8, .bker = 11, \
	.around = &stm32l4_around_c0, .timing = &timing_c0, .layout = &layout_g0, .pcrop_unit = 512, \
	.factory_optr = 0x3fffffaa
#define U5_REGS .regs = 0x40022000, .size_reg = 0x0bfa07a0, .otp_base = 0x0bfa0000, .otp_bytes = 512, \
	.uid = 0x0bfa0700, .package = 0x0bfa0500, .eccr = 0x30, .bker = 11, \
	.layout = &layout_l5, .has_wrp_unlock = true, .has_trustzone = true

const struct stm32l4_line stm32l4_lines[] = {
	{ .dev_id = 0x415, .name = "STM32L47/L48xx", .revisions = rev_415, L4_REGS, .timing = &timing_l4,
	  .layout = &layout_two, .max_kib = 1024, .page_bytes = 2048,
	  .banks = TWO_L47, .swap = SWAP_FB_MODE, .pcrop_unit = 8, .has_l4_rcc = true,
	  .factory_optr = 0xffeff8aa },
	{ .dev_id = 0x461, .name = "STM32L49/L4Axx", .revisions = rev_ab, L4_REGS, .timing = &timing_l4,
	  .layout = &layout_two, .max_kib = 1024, .page_bytes = 2048,
	  .banks = TWO_L47, .swap = SWAP_FB_MODE, .pcrop_unit = 8, .has_l4_rcc = true,
	  .factory_optr = 0xffeff8aa },
	{ .dev_id = 0x435, .name = "STM32L43/L44xx", .revisions = rev_az, L4_REGS, .timing = &timing_l4,
	  .layout = &layout_one, .max_kib = 256, .page_bytes = 2048,
	  .pcrop_unit = 8, .has_l4_rcc = true,
	  .has_pempty = true, .factory_optr = 0xffeff8aa },
	{ .dev_id = 0x462, .name = "STM32L45/L46xx", .revisions = rev_az, L4_REGS, .timing = &timing_l4,
	  .layout = &layout_one, .max_kib = 512, .page_bytes = 2048,
	  .pcrop_unit = 8, .has_l4_rcc = true,
	  .has_pempty = true, .factory_optr = 0xffeff8aa },
	{ .dev_id = 0x464, .name = "STM32L41/L42xx", .revisions = rev_az, L4_REGS, .timing = &timing_l4,
	  .layout = &layout_one, .max_kib = 128, .page_bytes = 2048,
	  .pcrop_unit = 8, .has_l4_rcc = true,
	  .has_pempty = true, .factory_optr = 0xffeff8aa },
	{ .dev_id = 0x470, .name = "STM32L4R/L4Sxx", .revisions = rev_470, L4_REGS, .timing = &timing_l4r,
	  .layout = &layout_two, .max_kib = 2048, .page_bytes = 4096,
	  .single_page_bytes = 8192, .banks = TWO_L4R, .swap = SWAP_FB_MODE, .pcrop_unit = 8,
	  .has_l4_rcc = true,
	  .has_pempty = true, .factory_optr = 0xffeff8aa },
	{ .dev_id = 0x471, .name = "STM32L4P5/L4Q5x", .revisions = rev_z, L4_REGS, .timing = &timing_l4r,
	  .layout = &layout_two, .max_kib = 1024, .page_bytes = 4096,
	  .single_page_bytes = 8192, .banks = TWO_L4R, .swap = SWAP_FB_MODE, .pcrop_unit = 8,
	  .has_l4_rcc = true,
	  .has_pempty = true, .factory_optr = 0xffeff8aa },
	{ .dev_id = 0x468, .name = "STM32G43/G44xx", .revisions = rev_abz, G4_REGS, .timing = &timing_l4,
	  .layout = &layout_one, .max_kib = 128, .page_bytes = 2048,
	  .pcrop_unit = 8, .has_l4_rcc = true,
	  .factory_optr = 0xffeff8aa },
	{ .dev_id = 0x469, .name = "STM32G47/G48xx", .revisions = rev_abz, G4_REGS, .timing = &timing_l4,
	  .layout = &layout_two, .max_kib = 512, .page_bytes = 2048,
	  .single_page_bytes = 4096, .banks = TWO_G47, .swap = SWAP_FB_MODE, .pcrop_unit = 8,
	  .has_l4_rcc = true,
	  .factory_optr = 0xffeff8aa },
	{ .dev_id = 0x479, .name = "STM32G49/G4Axx", .revisions = rev_a, G4_REGS, .timing = &timing_l4,
	  .layout = &layout_one, .max_kib = 512, .page_bytes = 2048,
	  .pcrop_unit = 8, .has_l4_rcc = true,
	  .factory_optr = 0xffeff8aa },
	{ .dev_id = 0x466, .name = "STM32G03/G04xx", .revisions = rev_466, G0_REGS,
	  .layout = &layout_g0, .max_kib = 64, .page_bytes = 2048,
	  .pcrop_unit = 512 },
	{ .dev_id = 0x456, .name = "STM32G05/G06xx", .revisions = rev_a, G0_REGS,
	  .layout = &layout_g0, .max_kib = 64, .page_bytes = 2048,
	  .pcrop_unit = 512 },
	{ .dev_id = 0x460, .name = "STM32G07/G08xx", .revisions = rev_460, G0_REGS,
	  .layout = &layout_g0, .max_kib = 128, .page_bytes = 2048,
	  .pcrop_unit = 512 },
	{ .dev_id = 0x467, .name = "STM32G0B/G0Cx", .revisions = rev_a, .regs = 0x40022000,
	  .size_reg = 0x1fff75e0, .otp_base = 0x1fff7000, .otp_bytes = 1024, .uid = 0x1fff7590,
	  .package = 0x1fff7500, .eccr = 0x18, .eccr2 = 0x1c, .around = &stm32l4_around_g0,
	  .timing = &timing_g0, .unit = 8, .bker = 13,
	  .layout = &layout_g0b, .max_kib = 512, .page_bytes = 2048,
	  .banks = TWO_G0B, .swap = SWAP_OPT_CLEAR, .pcrop_unit = 512,
	  .factory_optr = 0xfffffeaa },
	{ .dev_id = 0x443, .name = "STM32C01xx", .revisions = rev_1z, C0_REGS, .max_kib = 32,
	  .page_bytes = 2048 },
	{ .dev_id = 0x453, .name = "STM32C03xx", .revisions = rev_1z, C0_REGS, .max_kib = 32,
	  .page_bytes = 2048 },
	{ .dev_id = 0x44c, .name = "STM32C05xx", .revisions = rev_a, C0_REGS, .max_kib = 64,
	  .page_bytes = 2048 },
	{ .dev_id = 0x493, .name = "STM32C07xx", .revisions = rev_z, C0_REGS, .max_kib = 128,
	  .page_bytes = 2048 },
	{ .dev_id = 0x44d, .name = "STM32C09xx", .revisions = rev_a, C0_REGS, .max_kib = 256,
	  .page_bytes = 2048 },
	{ .dev_id = 0x459, .name = "STM32U03xx", .revisions = rev_a, .regs = 0x40022000,
	  .size_reg = 0x1fff3ea0, .otp_base = 0x1fff6800, .otp_bytes = 1024, .unit = 8, .bker = 11,
	  .eccr = 0x18, .timing = &timing_u0,
	  .layout = &layout_g0, .max_kib = 64, .page_bytes = 2048 },
	{ .dev_id = 0x489, .name = "STM32U07/U08xx", .revisions = rev_a, .regs = 0x40022000,
	  .size_reg = 0x1fff6ea0, .otp_base = 0x1fff6800, .otp_bytes = 1024, .unit = 8, .bker = 11,
	  .eccr = 0x18, .timing = &timing_u0,
	  .layout = &layout_g0, .max_kib = 256, .page_bytes = 2048 },
	{ .dev_id = 0x495, .name = "STM32WB5x", .revisions = rev_495, WB_REGS,
	  .max_kib = 1024, .page_bytes = 4096, .pcrop_unit = 2048,
	  .factory_optr = 0x2d8f71aa },
	{ .dev_id = 0x496, .name = "STM32WB3x", .revisions = rev_a, WB_REGS,
	  .max_kib = 512, .page_bytes = 4096, .pcrop_unit = 2048,
	  .factory_optr = 0x2d8f71aa },
	{ .dev_id = 0x494, .name = "STM32WB1x", .revisions = rev_ab, WB_REGS,
	  .max_kib = 320, .page_bytes = 2048, .pcrop_unit = 2048,
	  .factory_optr = 0x2d8f71aa },
	{ .dev_id = 0x497, .name = "STM32WLEx/WL5x", .revisions = rev_497, WB_REGS,
	  .max_kib = 256, .page_bytes = 2048, .pcrop_unit = 1024,
	  .factory_optr = 0x3feff0aa },
	{ .dev_id = 0x472, .name = "STM32L55/L56xx", .revisions = rev_abz, .regs = 0x40022000,
	  .size_reg = 0x0bfa05e0, .otp_base = 0x0bfa0000, .otp_bytes = 512, .uid = 0x0bfa0590,
	  .package = 0x0bfa0500, .eccr = 0x30, .around = &stm32l4_around_l5, .timing = &timing_l5,
	  .unit = 8, .bker = 11,
	  .layout = &layout_l5, .max_kib = 512, .page_bytes = 2048,
	  .single_page_bytes = 4096, .banks = TWO_L5, .swap = SWAP_OPT_SET,
	  .has_trustzone = true,
	  .starts_in_range_2 = true,
	  .factory_optr = 0x7feff8aa },
	{ .dev_id = 0x455, .name = "STM32U53/U54xx", .revisions = rev_1z, U5_REGS, .timing = &timing_u5,
	  .around = &stm32l4_around_u5, .unit = 16,
	  .max_kib = 512, .page_bytes = 8192, .banks = TWO_U5, .swap = SWAP_OPT_SET,
	  .factory_optr = 0x1feff8aa },
	{ .dev_id = 0x482, .name = "STM32U57/U58xx", .revisions = rev_482, U5_REGS, .timing = &timing_u5,
	  .around = &stm32l4_around_u5, .unit = 16,
	  .max_kib = 2048, .page_bytes = 8192, .banks = TWO_U5, .swap = SWAP_OPT_SET,
	  .factory_optr = 0x1feff8aa },
	{ .dev_id = 0x481, .name = "STM32U59/U5Axx", .revisions = rev_481, U5_REGS, .timing = &timing_u5,
	  .around = &stm32l4_around_u5, .unit = 16,
	  .max_kib = 4096, .page_bytes = 8192, .banks = TWO_U5, .swap = SWAP_OPT_SET,
	  .factory_optr = 0x1feff8aa },
	{ .dev_id = 0x476, .name = "STM32U5F/U5Gxx", .revisions = rev_1z, U5_REGS, .timing = &timing_u5,
	  .around = &stm32l4_around_u5, .unit = 16,
	  .max_kib = 4096, .page_bytes = 8192, .banks = TWO_U5, .swap = SWAP_OPT_SET,
	  .factory_optr = 0x1feff8aa },
	{ .dev_id = 0x454, .name = "STM32U37/U38xx", .revisions = rev_1z, U5_REGS, .timing = &timing_l5,
	  .unit = 8,
	  .max_kib = 1024, .page_bytes = 4096, .banks = TWO_U5, .swap = SWAP_OPT_SET },
	{ .dev_id = 0x42a, .name = "STM32U3B/U3Cxx", .revisions = rev_1z, U5_REGS, .timing = &timing_l5,
	  .unit = 8,
	  .max_kib = 2048, .page_bytes = 4096, .banks = TWO_U5, .swap = SWAP_OPT_SET },
	{ .dev_id = 0x492, .name = "STM32WBA5x", .revisions = rev_a, .regs = 0x40022000,
	  .size_reg = 0x0bf907a0, .otp_base = 0x0bf90000, .otp_bytes = 512, .timing = &timing_u5,
	  .eccr = 0x30, .unit = 16, .bker = 11,
	  .layout = &layout_l5, .max_kib = 1024, .page_bytes = 8192,
	  .has_wrp_unlock = true, .has_trustzone = true },
	{ .dev_id = 0x4b0, .name = "STM32WBA6x", .revisions = rev_1z, U5_REGS, .timing = &timing_u5,
	  .unit = 16,
	  .max_kib = 2048, .page_bytes = 8192, .banks = TWO_WBA6, .swap = SWAP_OPT_SET },
	{ .dev_id = 0x4b2, .name = "STM32WBA2x", .revisions = rev_a, .regs = 0x40022000,
	  .size_reg = 0x0bf8d7a0, .otp_base = 0x0bf8d000, .otp_bytes = 512, .timing = &timing_l5,
	  .eccr = 0x30, .unit = 8, .bker = 11,
	  .layout = &layout_l5, .max_kib = 512, .page_bytes = 4096,
	  .has_wrp_unlock = true, .has_trustzone = true },
	{ .dev_id = 0 }
};

const struct stm32l4_line *stm32l4_find_line(uint16_t dev_id)
{
	for (const struct stm32l4_line *line = stm32l4_lines; line->dev_id != 0; line++)
		if (line->dev_id == dev_id)
			return line;
	return NULL;
}

const char *stm32l4_revision_name(const struct stm32l4_line *line, uint16_t rev_id)
{
	for (const struct stm32l4_revision *r = line->revisions; r->name != NULL; r++)
		if (r->id == rev_id)
			return r->name;
	return "'unknown'";
}

static bool is_dual(const struct stm32l4_line *line, uint32_t kib, uint32_t optr)
{
	bool is_max = kib == line->max_kib;

	switch (line->banks) {
	case ONE_BANK:
		return false;
	case TWO_L47:		/* the largest size has two whatever DUALBANK says */
	case TWO_U5:
		return is_max || (optr & BIT(21));
	case TWO_L4R:		/* DBANK on the largest, DB1M or DB512K below */
	case TWO_L5:		/* DBANK, DB256K */
		return optr & (is_max ? BIT(22) : BIT(21));
	case TWO_G47:
		return optr & BIT(22);
	case TWO_G0B:
	case TWO_WBA6:
		return optr & BIT(21);
	}
	return false;
}

void stm32l4_geometry(const struct stm32l4_line *line, uint32_t kib, uint32_t optr,
		      struct stm32l4_geometry *g)
{
	uint32_t bytes = kib << 10;
	bool wide = line->single_page_bytes != 0;

	*g = (struct stm32l4_geometry){ .dual = is_dual(line, kib, optr), .page_bytes = line->page_bytes };
	/* On L5 the page follows DBANK alone. */
	if (wide && (line->banks == TWO_L5 ? !(optr & BIT(22)) : !g->dual))
		g->page_bytes = line->single_page_bytes;
	g->bank_bytes = g->dual ? bytes / 2 : bytes;
	g->span = bytes;
	if (g->dual) {
		/* G47: bank 2 keeps its place on smaller parts, so there is a hole before it. */
		g->bank2_offset = line->banks == TWO_G47 ? line->max_kib * 1024u / 2 : g->bank_bytes;
		g->span = g->bank2_offset + g->bank_bytes;
	}
	g->bank_pages = g->bank_bytes / g->page_bytes;
	g->pages = bytes / g->page_bytes;
}
