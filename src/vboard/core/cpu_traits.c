/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What differs between the cores. Identification values: DDI 0439 (M4), DDI 0489 (M7), DDI 0337
 * (M3), DDI 0432 (M0), DDI 0484 (M0+), 100230 (M33), and the ROM tables of parts that use them.
 */
#include <assert.h>

#include "vboard/core/cpu_priv.h"

/* ID_PFR0, PFR1, DFR0, AFR0, MMFR0..3, ISAR0..5 */
static const uint32_t m3_features[14] = {
	0x00000030, 0x00000200, 0x00100000, 0, 0x00000030, 0, 0, 0,
	0x01141110, 0x02111000, 0x21112231, 0x01111110, 0x01310102, 0,
};
static const uint32_t m4_features[14] = {
	0x00000030, 0x00000200, 0x00100000, 0, 0x00100030, 0, 0x01000000, 0,
	0x01101110, 0x02112000, 0x21232231, 0x01111131, 0x01310132, 0,
};
static const uint32_t m7_features[14] = {
	0x00000030, 0x00000200, 0x00100000, 0, 0x00100030, 0, 0x01000000, 0,
	0x01101110, 0x02112000, 0x20232231, 0x01111131, 0x01310132, 0,
};
static const uint32_t m33_features[14] = {
	0x00000030, 0x00000200, 0x00200000, 0, 0x00101f40, 0, 0x01000000, 0,
	0x01101110, 0x02212000, 0x20232232, 0x01111131, 0x01310132, 0,
};

#define GENERIC 0xe	/* component class of M-profile blocks before v8-M */

static const struct ppb_id v6m_ids[] = {
	{ 0xe000e000, 0x000bb008, GENERIC, 0, 0 }, { 0xe0001000, 0x000bb00a, GENERIC, 0, 0 },
	{ 0xe0002000, 0x000bb00b, GENERIC, 0, 0 }, { 0 }
};
static const struct ppb_id m3_ids[] = {
	{ 0xe000e000, 0x000bb000, GENERIC, 0, 0 }, { 0xe0001000, 0x003bb002, GENERIC, 0, 0 },
	{ 0xe0002000, 0x002bb003, GENERIC, 0, 0 }, { 0xe0000000, 0x003bb001, GENERIC, 0, 0 },
	{ 0xe0040000, 0x003bb923, 9, 0x11, 0 }, { 0xe0041000, 0x003bb924, 9, 0x13, 0 }, { 0 }
};
static const struct ppb_id m4_ids[] = {
	{ 0xe000e000, 0x000bb00c, GENERIC, 0, 0 }, { 0xe0001000, 0x003bb002, GENERIC, 0, 0 },
	{ 0xe0002000, 0x002bb003, GENERIC, 0, 0 }, { 0xe0000000, 0x003bb001, GENERIC, 0, 0 },
	{ 0xe0040000, 0x000bb9a1, 9, 0x11, 0 }, { 0xe0041000, 0x000bb925, 9, 0x13, 0 }, { 0 }
};
static const struct ppb_id m7_ids[] = {
	{ 0xe000e000, 0x000bb00c, GENERIC, 0, 0 }, { 0xe0001000, 0x000bb002, GENERIC, 0, 0 },
	{ 0xe0002000, 0x000bb00e, GENERIC, 0, 0 }, { 0xe0000000, 0x000bb001, GENERIC, 0, 0 },
	{ 0xe0040000, 0x000bb9a9, 9, 0x11, 0 }, { 0xe0041000, 0x001bb975, 9, 0x13, 0 },
	{ 0xe0042000, 0x004bb906, 9, 0x14, 0 }, { 0xe0043000, 0x001bb101, 0xf, 0, 0 }, { 0 }
};
static const struct ppb_id m33_ids[] = {
	{ 0xe000e000, 0x000bbd21, 9, 0x00, 0x2a04 }, { 0xe0001000, 0x000bbd21, 9, 0x00, 0x1a02 },
	{ 0xe0002000, 0x000bbd21, 9, 0x00, 0x1a03 }, { 0xe0000000, 0x000bbd21, 9, 0x43, 0x1a01 },
	{ 0xe0040000, 0x000bbd21, 9, 0x11, 0 }, { 0 }
};

static const struct rom_table m0_tables[] = {
	{ 0xe00ff000, 0x000bb471, { 0xfff0f003, 0xfff02003, 0xfff03003 } }, { 0 }
};
static const struct rom_table m0plus_tables[] = {
	{ 0xe00ff000, 0x000bb4c0, { 0xfff0f003, 0xfff02003, 0xfff03003 } }, { 0 }
};
static const struct rom_table m3_tables[] = {
	{ 0xe00ff000, 0x000bb4c3,
	  { 0xfff0f003, 0xfff02003, 0xfff03003, 0xfff01003, 0xfff41003, 0xfff42003 } }, { 0 }
};
static const struct rom_table m4_tables[] = {
	{ 0xe00ff000, 0x000bb4c4,
	  { 0xfff0f003, 0xfff02003, 0xfff03003, 0xfff01003, 0xfff41003, 0xfff42003 } }, { 0 }
};
static const struct rom_table m7_tables[] = {
	{ 0xe00fd000, 0x0008e88c, { 0x00001003, 0xfff43003, 0xfff46003 } },	/* as on RT10xx */
	{ 0xe00fe000, 0x000bb4c8, { 0x00001003, 0xfff43003, 0xfff44003, 0x1ff02002 } },
	{ 0xe00ff000, 0x000bb4c7,
	  { 0xfff0f003, 0xfff02003, 0xfff03003, 0xfff01003, 0xfff41002, 0xfff42002 } }, { 0 }
};
static const struct rom_table m33_tables[] = {
	{ 0xe00ff000, 0x000bb4c9, { 0xfff0f003, 0xfff02003, 0xfff03003, 0xfff01003, 0xfff41003 } },
	{ 0 }
};

static const struct core_traits traits[] = {
	{ .core = VB_CORTEX_M0, .uc_model = UC_CPU_ARM_CORTEX_M0, .is_v6m = true,
	  .fpb_code = 4, .dwt_comparators = 2, .ids = v6m_ids, .tables = m0_tables },
	{ .core = VB_CORTEX_M0PLUS, .uc_model = UC_CPU_ARM_CORTEX_M0, .is_v6m = true,
	  .fpb_code = 4, .dwt_comparators = 2, .mpu_regions = 8, .ids = v6m_ids,
	  .tables = m0plus_tables },
	{ .core = VB_CORTEX_M3, .uc_model = UC_CPU_ARM_CORTEX_M3,
	  .fpb_code = 6, .fpb_literal = 2, .dwt_comparators = 4, .mpu_regions = 8,
	  .feature_ids = m3_features, .ids = m3_ids, .tables = m3_tables },
	{ .core = VB_CORTEX_M4F, .uc_model = UC_CPU_ARM_CORTEX_M4, .has_fpu = true,
	  .fpb_code = 6, .fpb_literal = 2, .dwt_comparators = 4, .mpu_regions = 8,
	  .mvfr0 = 0x10110021, .mvfr1 = 0x11000011,
	  .feature_ids = m4_features, .ids = m4_ids, .tables = m4_tables },
	{ .core = VB_CORTEX_M7F, .uc_model = UC_CPU_ARM_CORTEX_M7, .has_fpu = true,
	  .fpb_rev = 1, .fpb_code = 8, .dwt_comparators = 4, .mpu_regions = 16,
	  .mvfr0 = 0x10110221, .mvfr1 = 0x12000011, .mvfr2 = 0x00000040,
	  .feature_ids = m7_features, .clidr = 0x09000003, .ctr = 0x8303c003,
	  .ccsidr_d = 0xf01fe019, .ccsidr_i = 0xf03fe009, .ids = m7_ids, .tables = m7_tables },
	{ .core = VB_CORTEX_M33, .uc_model = UC_CPU_ARM_CORTEX_M33, .is_v8m = true, .has_fpu = true,
	  .fpb_rev = 1, .fpb_code = 8, .dwt_comparators = 4, .mpu_regions = 8,
	  .mvfr0 = 0x10110021, .mvfr1 = 0x11000011, .mvfr2 = 0x00000040,
	  .feature_ids = m33_features, .ids = m33_ids, .tables = m33_tables },
};

const struct core_traits *core_traits(enum vb_core core)
{
	for (size_t i = 0; i < ARRAY_SIZE(traits); i++) {
		if (traits[i].core == core)
			return &traits[i];
	}
	assert(!"no such core");
	return NULL;
}
