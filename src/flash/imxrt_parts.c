/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The i.MX RT10xx parts: memories, FlexSPI controllers, and the pads of the boot flash. */
#include "flash/imxrt_regs.h"

#define PAD(pad_offset)	   (0x401f8000u + (pad_offset))
#define ROW(signal, mux, pad, daisy, mux_value, daisy_value)                                       \
	{ signal, PAD(mux), PAD(pad), daisy, mux_value, daisy_value }

/* IMXRT1064RM "IOMUXC": the flash in the package hangs on pads of both banks SPI_B0 and SPI_B1. */
static const struct imxrt_pad sip_1064[] = {
	ROW("SS0", 0x6ac, 0x704, 0,		  0x10, 0),
	ROW("SCLK", 0x67c, 0x6d4, PAD(0x750), 0x10, 2),
	ROW("DATA0", 0x664, 0x6bc, PAD(0x730), 0x10, 2),
	ROW("DATA1", 0x6a0, 0x6f8, PAD(0x734), 0x10, 0),
	ROW("DATA2", 0x69c, 0x6f4, PAD(0x738), 0x10, 0),
	ROW("DATA3", 0x684, 0x6dc, PAD(0x73c), 0x10, 2),
	ROW("DQS", 0x694, 0x6ec, PAD(0x72c), 0x10, 0),
	{ 0 }
};

/* IMXRT1060RM: FlexSPI2 on the EMC pads, ALT8. */
static const struct imxrt_pad flexspi2_1060[] = {
	ROW("SS0",   0x074, 0x264, 0,		 0x18, 0),
	ROW("SCLK",  0x078, 0x268, PAD(0x750), 0x18, 1),
	ROW("DATA0", 0x07c, 0x26c, PAD(0x730), 0x18, 1),
	ROW("DATA1", 0x080, 0x270, PAD(0x734), 0x18, 1),
	ROW("DATA2", 0x084, 0x274, PAD(0x738), 0x18, 1),
	ROW("DATA3", 0x088, 0x278, PAD(0x73c), 0x18, 1),
	ROW("DQS",   0x070, 0x260, PAD(0x72c), 0x18, 1),
	{ 0 }
};

/* RT1050, RT1060, RT1064: FlexSPI port A on SD_B1, ALT1. */
static const struct imxrt_pad flexspi_105x[] = {
	ROW("SS0",   0x1ec, 0x3dc, 0,		 0x11, 0),
	ROW("SCLK",  0x1f0, 0x3e0, PAD(0x4c8), 0x11, 0),
	ROW("DATA0", 0x1f4, 0x3e4, PAD(0x4a8), 0x11, 0),
	ROW("DATA1", 0x1f8, 0x3e8, PAD(0x4ac), 0x11, 0),
	ROW("DATA2", 0x1fc, 0x3ec, PAD(0x4b0), 0x11, 0),
	ROW("DATA3", 0x200, 0x3f0, PAD(0x4b4), 0x11, 0),
	ROW("DQS",   0x1e8, 0x3d8, PAD(0x4a4), 0x11, 0),
	{ 0 }
};

/* Port B's data lines as bits 4..7 of an eight-bit flash, and the inverted clock. */
static const struct imxrt_pad wide_105x[] = {
	ROW("DATA7",  0x1d4, 0x3c4, PAD(0x4c4), 0x11, 0),
	ROW("DATA6",  0x1d8, 0x3c8, PAD(0x4c0), 0x11, 0),
	ROW("DATA5",  0x1dc, 0x3cc, PAD(0x4bc), 0x11, 0),
	ROW("DATA4",  0x1e0, 0x3d0, PAD(0x4b8), 0x11, 0),
	ROW("SCLK_B", 0x1e4, 0x3d4, 0,		  0x11, 0),
	{ 0 }
};

/* IMXRT1024RM: the data pads are not in the order of their numbers. */
static const struct imxrt_pad flexspi_102x[] = {
	ROW("SS0",   0x184, 0x2f8, 0,		 0x11, 0),
	ROW("SCLK",  0x174, 0x2e8, PAD(0x378), 0x11, 0),
	ROW("DATA0", 0x178, 0x2ec, PAD(0x368), 0x11, 0),
	ROW("DATA1", 0x180, 0x2f4, PAD(0x36c), 0x11, 0),
	ROW("DATA2", 0x17c, 0x2f0, PAD(0x370), 0x11, 0),
	ROW("DATA3", 0x170, 0x2e4, PAD(0x374), 0x11, 0),
	ROW("DQS",   0x16c, 0x2e0, 0,		 0x11, 0),
	{ 0 }
};

static const struct imxrt_pad flexspi_1010[] = {
	ROW("SS0",   0x06c, 0x11c, 0,		 0x10, 0),
	ROW("SCLK",  0x05c, 0x10c, 0,		 0x10, 0),
	ROW("DATA0", 0x060, 0x110, 0,		 0x10, 0),
	ROW("DATA1", 0x068, 0x118, 0,		 0x10, 0),
	ROW("DATA2", 0x064, 0x114, 0,		 0x10, 0),
	ROW("DATA3", 0x058, 0x108, 0,		 0x10, 0),
	ROW("DQS",   0x054, 0x104, PAD(0x194), 0x10, 1),
	{ 0 }
};

#define FLEXSPI_OF(regs_, bytes, alias_, pads_, wide, sip)                                         \
	{ .regs = (regs_), .window = 0x60000000, .window_bytes = (bytes), .alias = (alias_),        \
	  .gate_reg = 6, .gate_shift = 10, .pads = (pads_), .wide_pads = (wide),                    \
	  .is_in_package = (sip) }
#define FLEXSPI2_OF(pads_, sip)                                                                    \
	{ .regs = 0x402a4000, .window = 0x70000000, .window_bytes = 0x0f000000, .gate_reg = 7,      \
	  .gate_shift = 2, .pads = (pads_), .is_in_package = (sip) }

#define KIB(n) ((n) * 1024u)

/* Sisters that DIGPROG cannot tell apart: the likelier guess stands first. */
const struct imxrt_part imxrt_parts[] = {
	{ .name = "RT1010", .digprog = 0x6d, .flexram_bytes = KIB(128), .flexram_default = 0xe5,
	  .ocram = 0x20200000, .rom_bytes = KIB(64), .ocotp_words = 0x38,
	  .flexspi = { FLEXSPI_OF(0x400a0000, 0x1f800000, 0x08000000, flexspi_1010, NULL, false) },
	  .boot_window = 0x60000000 },
	{ .name = "RT1020", .digprog = 0x6b, .flexram_bytes = KIB(256), .flexram_default = 0x5fa5,
	  .ocram = 0x20200000, .rom_bytes = KIB(96), .ocotp_words = 0x38,
	  .flexspi = { FLEXSPI_OF(0x402a8000, 0x1f800000, 0x08000000, flexspi_102x, NULL, false) },
	  .boot_window = 0x60000000 },
	{ .name = "RT1024", .digprog = 0x6b, .has_sip = true, .flexram_bytes = KIB(256),
	  .flexram_default = 0x5fa5, .ocram = 0x20200000, .rom_bytes = KIB(96),
	  .ocotp_words = 0x38,
	  .flexspi = { FLEXSPI_OF(0x402a8000, 0x1f800000, 0x08000000, flexspi_102x, NULL, true) },
	  .boot_window = 0x60000000 },
	{ .name = "RT1015", .digprog = 0x6b, .flexram_bytes = KIB(128), .flexram_default = 0xe5,
	  .ocram = 0x20200000, .rom_bytes = KIB(96), .ocotp_words = 0x38,
	  .flexspi = { FLEXSPI_OF(0x402a8000, 0x1f800000, 0x08000000, flexspi_102x, NULL, false) },
	  .boot_window = 0x60000000 },
	{ .name = "RT1050", .digprog = 0x6a, .flexram_bytes = KIB(512),
	  .flexram_default = 0x55affa55, .ocram = 0x20200000, .rom_bytes = KIB(96),
	  .ocotp_words = 0x38,
	  .flexspi = { FLEXSPI_OF(0x402a8000, 0x1f800000, 0x08000000, flexspi_105x, wide_105x,
				  false) },
	  .boot_window = 0x60000000 },
	{ .name = "RT1060", .digprog = 0x6c, .flexram_bytes = KIB(512),
	  .flexram_default = 0x55affa55, .ocram2 = 0x20200000, .ocram2_bytes = KIB(512),
	  .ocram = 0x20280000, .rom_bytes = KIB(128), .ocotp_words = 0x40, .is_106x = true,
	  .flexspi = { FLEXSPI_OF(0x402a8000, 0x10000000, 0, flexspi_105x, wide_105x, false),
		       FLEXSPI2_OF(flexspi2_1060, false) },
	  .boot_window = 0x60000000 },
	{ .name = "RT1064", .digprog = 0x6c, .has_sip = true, .flexram_bytes = KIB(512),
	  .flexram_default = 0x55affa55, .ocram2 = 0x20200000, .ocram2_bytes = KIB(512),
	  .ocram = 0x20280000, .rom_bytes = KIB(128), .ocotp_words = 0x40, .is_106x = true,
	  .flexspi = { FLEXSPI_OF(0x402a8000, 0x10000000, 0, flexspi_105x, wide_105x, false),
		       FLEXSPI2_OF(sip_1064, true) },
	  .boot_window = 0x70000000 },
	{ 0 }
};

const char *imxrt_where(const struct imxrt_chip *chip, uint32_t addr)
{
	const struct imxrt_part *p = chip->part;
	const struct imxrt_flexspi_facts *one = &p->flexspi[0], *two = &p->flexspi[1];

	if (addr - IMXRT_ROM < p->rom_bytes)
		return "in the boot ROM (serial downloader, or it has not started a program yet)";
	if (addr < p->flexram_bytes)
		return "in ITCM";
	if (addr - 0x20000000 < p->flexram_bytes)
		return "in DTCM";
	if (p->ocram2_bytes != 0 && addr - p->ocram2 < p->ocram2_bytes)
		return "in OCRAM2";
	if (addr - p->ocram < p->flexram_bytes)
		return "in OCRAM";
	if (two->regs != 0 && addr - two->window < two->window_bytes)
		return two->is_in_package ? "in FlexSPI2 flash (the one in the package)"
					  : "in FlexSPI2 flash";
	if (addr - one->window < one->window_bytes)
		return one->is_in_package ? "in FlexSPI flash (the one in the package)"
					  : "in FlexSPI flash";
	if (one->alias != 0 && addr - one->alias < 0x08000000)
		return "in FlexSPI flash (by its alias)";
	if (addr - 0x80000000 < 0x60000000)
		return "in external memory on the SEMC";
	if (addr >= 0xfffffff0)
		return "nowhere: it is locked up or was never started";
	return "outside of every memory";
}
