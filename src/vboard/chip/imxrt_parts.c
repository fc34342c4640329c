/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts and the boards: tables. IMXRT1064RM, IMXRT1060RM, IMXRT1050RM, IMXRT1024RM; EVK schematics. */
#include "vboard/chip/imxrt.h"

/* Pads: SWD, JTAG_MOD, TDI, TDO, TRSTB and the boot mode start in their function (IOMUXC chapter). */
static const struct imxrt_pad_reset resets_105x[] = {
	{ 0x0cc, 0, 0x10b0 }, { 0x0d0, 0, 0x10b0 }, { 0x0d4, 0, 0x70a0 }, { 0x0d8, 0, 0x70a0 },
	{ 0x0dc, 0, 0xb0a0 }, { 0x0e0, 0, 0x70a0 }, { 0x0e4, 0, 0x90b1 }, { 0x0e8, 0, 0x70a0 },
	{ 0 }
};

static const struct imxrt_pad_reset resets_106x[] = {
	{ 0x0cc, 0, 0x30b0 }, { 0x0d0, 0, 0x30b0 }, { 0x0d4, 0, 0x70a0 }, { 0x0d8, 0, 0x70a0 },
	{ 0x0dc, 0, 0xb0a0 }, { 0x0e0, 0, 0x70a0 }, { 0x0e4, 0, 0x90b1 }, { 0x0e8, 0, 0x70a0 },
	{ 0x080, 5, 0x30b0 },		/* EMC_27 */
	{ 0 }
};

static const struct imxrt_pad_reset resets_102x[] = {
	{ 0x0bc, 0, 0x70a0 }, { 0x0c0, 0, 0x30a0 }, { 0x0c4, 0, 0x30a0 }, { 0x0c8, 0, 0x70a0 },
	{ 0x0cc, 0, 0x90b1 }, { 0x0d0, 0, 0x70a0 },
	{ 0x054, 6, 0x30b0 }, { 0x058, 6, 0x30b0 },	/* EMC_16, EMC_17: BOOT_MODE */
	{ 0x088, 5, 0x30b0 },		/* EMC_29 */
	{ 0 }
};

static const struct imxrt_iomuxc_layout pads_105x = {
	.pads = { { 0x014, 0x204, 124, false } },
	.select = { 0x3f4 }, .select_end = { 0x65c },
	.resets = resets_105x, .swdio = 0x0d4, .swclk = 0x0d8,
};

static const struct imxrt_iomuxc_layout pads_106x = {
	.pads = { { 0x014, 0x204, 124, false }, { 0x65c, 0x6b4, 22, true } },
	.select = { 0x3f4, 0x70c }, .select_end = { 0x65c, 0x800 },
	.resets = resets_106x, .swdio = 0x0d4, .swclk = 0x0d8,
};

static const struct imxrt_iomuxc_layout pads_102x = {
	.pads = { { 0x014, 0x188, 93, false } },
	.select = { 0x2fc }, .select_end = { 0x500 },
	.resets = resets_102x, .swdio = 0x0bc, .swclk = 0x0c0,
};

/* RT1064: from FLEXSPI2 to the die in the package, over pads of both SPI banks. */
static const struct imxrt_route sip_1064[] = {
	{ WIRE_SS0, 0x6ac, 0, 0, 0 },
	{ WIRE_SCLK, 0x67c, 0, 0x750, 2 },
	{ WIRE_D0, 0x664, 0, 0x730, 2 },
	{ WIRE_D1, 0x6a0, 0, 0x734, 0 },
	{ WIRE_D2, 0x69c, 0, 0x738, 0 },
	{ WIRE_D3, 0x684, 0, 0x73c, 2 },
	{ WIRE_DQS, 0x694, 0, 0x72c, 0 },
	{ 0 }
};

/* RT105x and RT106x: FLEXSPI on SD_B1_05..11, port B's data on SD_B1_03..00. */
static const struct imxrt_route sd_b1_10xx[] = {
	{ WIRE_DQS, 0x1e8, 1, 0x4a4, 0 },
	{ WIRE_SS0, 0x1ec, 1, 0, 0 },
	{ WIRE_SCLK, 0x1f0, 1, 0x4c8, 0 },
	{ WIRE_D0, 0x1f4, 1, 0x4a8, 0 },
	{ WIRE_D1, 0x1f8, 1, 0x4ac, 0 },
	{ WIRE_D2, 0x1fc, 1, 0x4b0, 0 },
	{ WIRE_D3, 0x200, 1, 0x4b4, 0 },
	{ WIRE_D4, 0x1e0, 1, 0x4b8, 0 },
	{ WIRE_D5, 0x1dc, 1, 0x4bc, 0 },
	{ WIRE_D6, 0x1d8, 1, 0x4c0, 0 },
	{ WIRE_D7, 0x1d4, 1, 0x4c4, 0 },
	{ 0 }
};

/* RT102x: the same pads in another order, to the die in the package of RT1024. */
static const struct imxrt_route sd_b1_102x[] = {
	{ WIRE_DQS, 0x16c, 1, 0, 0 },
	{ WIRE_SS0, 0x184, 1, 0, 0 },
	{ WIRE_SCLK, 0x174, 1, 0x378, 0 },
	{ WIRE_D0, 0x178, 1, 0x368, 0 },
	{ WIRE_D1, 0x180, 1, 0x36c, 0 },
	{ WIRE_D2, 0x17c, 1, 0x370, 0 },
	{ WIRE_D3, 0x170, 1, 0x374, 0 },
	{ 0 }
};

#define FLEXSPI_ALONE(clears)                                                                      \
	{ .instance = 0, .window = 0x60000000, .window_bytes = 0x1f800000, .alias = 0x08000000,    \
	  .tx_window = 0x7f800000, .rx_window = 0x7fc00000, .irq = 108, .has_clrahbbuf = clears }
#define FLEXSPI_OF_TWO                                                                             \
	{ .instance = 0, .window = 0x60000000, .window_bytes = 0x10000000,                         \
	  .tx_window = 0x7f800000, .rx_window = 0x7fc00000, .irq = 108, .has_clrahbbuf = true }
#define FLEXSPI2_OF_TWO                                                                            \
	{ .instance = 1, .window = 0x70000000, .window_bytes = 0x0f000000,                         \
	  .tx_window = 0x7f000000, .rx_window = 0x7f400000, .irq = 107, .has_clrahbbuf = true }

/*
 * JTAG IDCODEs: that of RT1052 is documented, the others follow NXP's pattern 0x?88Cx01D
 * (unconfirmed).
 */
static const struct imxrt_part rt1064 = {
	.name = "MIMXRT1064", .family = ROM_RT1060, .banks = 16, .ocram2_bytes = 0x80000,
	.rom_bytes = 0x20000, .digprog = 0x006c0000, .jtag_idcode = 0x088cf01d,
	.cache_bytes = 0x8000, .pads = &pads_106x,
	.flexspi = { FLEXSPI_OF_TWO, FLEXSPI2_OF_TWO }, .boot_flexspi = 1,
	.fuse_words = 64, .has_gp4 = true, .has_sip = true, .has_remap = true,
};

static const struct imxrt_part rt1062 = {
	.name = "MIMXRT1062", .family = ROM_RT1060, .banks = 16, .ocram2_bytes = 0x80000,
	.rom_bytes = 0x20000, .digprog = 0x006c0000, .jtag_idcode = 0x088cb01d,
	.cache_bytes = 0x8000, .pads = &pads_106x,
	.flexspi = { FLEXSPI_OF_TWO, FLEXSPI2_OF_TWO }, .boot_flexspi = 0,
	.fuse_words = 64, .has_gp4 = true, .has_remap = true,
};

static const struct imxrt_part rt1024 = {
	.name = "MIMXRT1024", .family = ROM_RT1020, .banks = 8,
	.rom_bytes = 0x18000, .digprog = 0x006b0000, .jtag_idcode = 0x088c501d,
	.cache_bytes = 0x4000, .pads = &pads_102x,
	.flexspi = { FLEXSPI_ALONE(true) }, .boot_flexspi = 0,
	.fuse_words = 48, .has_sip = true, .has_lockup_rst = true,
};

static const struct imxrt_part rt1052 = {
	.name = "MIMXRT1052", .family = ROM_RT1050, .banks = 16,
	.rom_bytes = 0x18000, .digprog = 0x006a0001, .jtag_idcode = 0x188c301d,
	.cache_bytes = 0x8000, .pads = &pads_105x,
	.flexspi = { FLEXSPI_ALONE(false) }, .boot_flexspi = 0,
	.fuse_words = 48,
};

static const struct imxrt_board boards[] = {
	{ &mimxrt1064_evk_chip, &rt1064,
	  { { "is25wp064a", sd_b1_10xx }, { "w25q32jv-iq", sip_1064 } }, 0, 0x0e0, 9, 0x0ec },
	{ &mimxrt1060_evk_chip, &rt1062, { { "is25wp064a", sd_b1_10xx } }, 0, 0x0e0, 9, 0x0ec },
	{ &mimxrt1024_evk_chip, &rt1024, { { "w25q32jv-iq", sd_b1_102x } }, 0, 0x0d0, 5, 0x0d4 },
	{ &imxrt1050_evkb_chip, &rt1052, { { "is25wp064a", sd_b1_10xx } }, 0, 0x0e0, 9, 0x0ec },
	{ &imxrt1050_evkb_hyper_chip, &rt1052, { { "s26ks512s", sd_b1_10xx } }, 0x200, 0x0e0,
	  9, 0x0ec },
};

const struct imxrt_board *imxrt_board_of(const struct vb_chip *chip)
{
	for (size_t i = 0; i < ARRAY_SIZE(boards); i++) {
		if (boards[i].chip == chip)
			return &boards[i];
	}
	return NULL;
}
