/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flash images of the i.MX RT10xx (RM "System Boot", "Boot image"): FCB at 0, IVT at 0x1000, boot data
 * behind it, vector table at 0x2000. FCBs are those of the EVKs.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "vboard/chip/imxrt_boot.h"
#include "vboard/chip/imxrt_program_bytes.h"
#include "vboard/chip/imxrt_rom/program_params.h"

#define IVT_OFFSET   0x1000u
#define BOOT_DATA    0x1020u
#define DCD_OFFSET   0x1030u
#define TABLE_OFFSET 0x2000u
#define VECTORS	     176u
#define RAM_BASE     0x20208000u	/* of an image that does not run in place */

enum {
	RAW = 1,		/* the vector table is the first byte, no headers */
	NO_FCB = 2,
	ENTRY_OUTSIDE = 4,
	ENTRY_HANDLER = 8,	/* IVT.entry is code, not the vector table */
	IN_RAM = 16,		/* boot data say OCRAM: the ROM copies it */
	WITH_DCD = 32,
	BAD_SELF = 64,		/* linked for another address */
	SINGLE_PAD = 128,	/* read by 0Bh: the ROM leaves the flash's registers alone */
};

static const struct recipe {
	const char *name;
	const uint8_t *program;
	size_t bytes;
	uint32_t sp;
	unsigned flags;
} recipes[] = {
	{ "good", program_good, sizeof(program_good), 0x20010000, 0 },
	{ "raw-bin", program_good, sizeof(program_good), 0x20010000, RAW },
	{ "steals-swd", program_steals_swd, sizeof(program_steals_swd), 0x20010000, 0 },
	{ "watchdog-sleep", program_watchdog, sizeof(program_watchdog), 0x20010000, 0 },
	{ "flexram", program_flexram, sizeof(program_flexram), 0x20008000, 0 },
	{ "mpu-ocram", program_mpu_ocram, sizeof(program_mpu_ocram), 0x20010000, 0 },
	{ "crashed", program_crashed, sizeof(program_crashed), 0x20010000, 0 },
	{ "stuck", program_stuck, sizeof(program_stuck), 0x20010000, 0 },
	{ "continuous-read", program_continuous, sizeof(program_continuous), 0x20010000, 0 },
	{ "qpi", program_qpi, sizeof(program_qpi), 0x20010000, 0 },
	{ "wrong", program_good, sizeof(program_good), 0x20010000, ENTRY_OUTSIDE },
	{ "nocfg", program_good, sizeof(program_good), 0x20010000, NO_FCB },
	{ "misplaced", program_good, sizeof(program_good), 0x20010000, BAD_SELF },
	{ "handler", program_good, sizeof(program_good), 0x20010000, ENTRY_HANDLER },
	{ "copied", program_good, sizeof(program_good), 0x20010000, IN_RAM },
	{ "dcd", program_good, sizeof(program_good), 0x20010000, WITH_DCD },
	{ "single-pad", program_good, sizeof(program_good), 0x20010000, SINGLE_PAD },
	{ 0 }
};

/* One flash of a board: what its FCB says. */
struct fcb_facts {
	uint8_t sample_clk, column_bits, pads, freq;
	uint32_t misc, size, page, sector;
	uint32_t read[3];
	bool quad_enable;		/* SR1 bit 6 of ISSI's */
	uint16_t valid, busy_offset, busy_polarity;
};

static const struct fcb_facts fcb_rt1064 = {
	.sample_clk = 1, .pads = 4, .freq = 7, .misc = 0x10, .size = 0x400000, .page = 256,
	.sector = 4096, .read = { 0x0a1804eb, 0x26043206 },
};
static const struct fcb_facts fcb_rt1024 = {
	.sample_clk = 0, .pads = 4, .freq = 3, .size = 0x400000, .page = 256, .sector = 4096,
	.read = { 0x0a1804eb, 0x26043206 },
};
static const struct fcb_facts fcb_rt1060 = {
	.sample_clk = 1, .pads = 4, .freq = 7, .size = 0x800000, .page = 256, .sector = 4096,
	.read = { 0x0a1804eb, 0x26043206 }, .quad_enable = true,
};
static const struct fcb_facts fcb_rt1050 = {
	.sample_clk = 1, .pads = 4, .freq = 6, .size = 0x800000, .page = 256, .sector = 4096,
	.read = { 0x0a1804eb, 0x26043206 }, .quad_enable = true,
};
static const struct fcb_facts fcb_hyper = {
	.sample_clk = 3, .column_bits = 3, .pads = 8, .freq = 7, .misc = 0x59, .size = 0x4000000,
	.page = 512, .sector = 0x40000, .read = { 0x8b1887a0, 0xb3068f10, 0x0000a704 },
	.valid = 15, .busy_offset = 15, .busy_polarity = 1,
};

static const struct fcb_facts *facts_of(uint32_t base, enum imxrt_rom_family family, bool hyper)
{
	if (hyper)
		return &fcb_hyper;
	if (family == ROM_RT1020)
		return &fcb_rt1024;
	if (family == ROM_RT1050)
		return &fcb_rt1050;
	return base >= 0x70000000 ? &fcb_rt1064 : &fcb_rt1060;
}

static void put_lut(uint8_t *fcb, unsigned seq, uint32_t w0, uint32_t w1)
{
	put_le32(fcb + 0x80 + 16 * seq, w0);
	put_le32(fcb + 0x84 + 16 * seq, w1);
}

static void put_fcb(uint8_t *fcb, const struct fcb_facts *f)
{
	memset(fcb, 0, 512);
	put_le32(fcb, 0x42464346);
	put_le32(fcb + 0x04, 0x56010400);
	fcb[0x0c] = f->sample_clk;
	fcb[0x0d] = fcb[0x0e] = 3;
	fcb[0x0f] = f->column_bits;
	put_le32(fcb + 0x40, f->misc);
	fcb[0x44] = 1;
	fcb[0x45] = f->pads;
	fcb[0x46] = f->freq;
	put_le32(fcb + 0x50, f->size);
	put_le16(fcb + 0x78, f->valid);
	put_le16(fcb + 0x7a, f->valid);
	put_le16(fcb + 0x7c, f->busy_offset);
	put_le16(fcb + 0x7e, f->busy_polarity);
	put_lut(fcb, 0, f->read[0], f->read[1]);
	put_le32(fcb + 0x88, f->read[2]);
	if (f->pads == 4) {
		put_lut(fcb, 1, 0x24040405, 0);
		put_lut(fcb, 3, 0x00000406, 0);
		put_lut(fcb, 5, 0x08180420, 0);
		put_lut(fcb, 8, 0x081804d8, 0);
		put_lut(fcb, 9, 0x08180402, 0x00002004);
		put_lut(fcb, 11, 0x00000460, 0);
	}
	if (f->quad_enable) {
		fcb[0x10] = 1;		/* deviceModeCfgEnable, quad enable: 01h 40h by sequence 6 */
		fcb[0x11] = 1;
		fcb[0x14] = 1;
		fcb[0x15] = 6;
		put_le32(fcb + 0x18, 0x40);
		put_lut(fcb, 6, 0x20010401, 0);
	}
	put_le32(fcb + 0x1c0, f->page);
	put_le32(fcb + 0x1c4, f->sector);
	fcb[0x1c9] = f->pads == 8;
	put_le32(fcb + 0x1d0, f->pads == 8 ? f->sector : 0x10000);
}

static void use_single_pad(uint8_t *fcb)
{
	fcb[0x10] = 0;
	fcb[0x45] = 1;
	put_lut(fcb, 0, 0x0818040b, 0x24043008);
}

/* CCM_CCOSR (0x400fc060), which nobody looks at, becomes 0x000a0001. */
static const uint8_t dcd_bytes[] = {
	0xd2, 0x00, 0x1c, 0x41,
	0xcc, 0x00, 0x0c, 0x04, 0x40, 0x0f, 0xc0, 0x60, 0x00, 0x0a, 0x00, 0x01,
	0xcf, 0x00, 0x0c, 0x14, 0x40, 0x0f, 0xc0, 0x60, 0x00, 0x00, 0x00, 0x01,
};

static void put_ivt(uint8_t *image, uint32_t base, const struct recipe *r, uint32_t length)
{
	uint8_t *ivt = image + IVT_OFFSET;
	uint32_t entry = base + TABLE_OFFSET;

	if (r->flags & ENTRY_HANDLER)
		entry += PROGRAM_CODE + 1;
	if (r->flags & ENTRY_OUTSIDE)
		entry = 0x30002000;
	memset(ivt, 0, 0x30);
	put_le32(ivt, 0x412000d1);
	put_le32(ivt + 4, entry);
	put_le32(ivt + 0x10, base + BOOT_DATA);
	put_le32(ivt + 0x14, base + IVT_OFFSET);
	put_le32(ivt + 0x20, base);
	put_le32(ivt + 0x24, length);
	if (r->flags & WITH_DCD) {
		put_le32(ivt + 0x0c, base + DCD_OFFSET);
		memcpy(image + DCD_OFFSET, dcd_bytes, sizeof(dcd_bytes));
	}
}

static void put_params(uint8_t *at, uint32_t window, enum imxrt_rom_family family)
{
	bool rt1020 = family == ROM_RT1020;
	const uint32_t words[] = {
		/* LED: GPIO_AD_B0_05 or _09; SWDIO and SWCLK: AD_B0_00/01 or 06/07 */
		rt1020 ? 0x401f80d0 : 0x401f80e0, rt1020 ? 5 : 9,
		rt1020 ? 0x401f80bc : 0x401f80d4, rt1020 ? 0x401f80c0 : 0x401f80d8,
		/* DTCM 32K and ITCM 128K or 256K: sizes, banks */
		rt1020 ? 0x00680000 : 0x00690000, rt1020 ? 0x000003fe : 0x0003fffe,
		window >= 0x70000000 ? 0x402a4000 : 0x402a8000, window,
		/* 38h Winbond, 35h ISSI; EBh with 2 dummy clocks, or 6 */
		window >= 0x70000000 || rt1020 ? 0x00000438 : 0x00000435,
		window >= 0x70000000 || rt1020 ? 0x26043202 : 0x26043206,
	};

	for (size_t n = 0; n < ARRAY_SIZE(words); n++)
		put_le32(at + 4 * n, words[n]);
}

/* Vector table, parameters, code. `table` is where the table will be seen. */
static void put_application(uint8_t *at, uint32_t table, uint32_t window, const struct recipe *r,
			    enum imxrt_rom_family family)
{
	uint32_t code = table + PROGRAM_CODE + 1;
	bool crashes = r->program == program_crashed;

	put_le32(at, r->sp);
	for (size_t n = 1; n < VECTORS; n++)
		put_le32(at + 4 * n, n == 1 || !crashes ? code : 0);
	put_params(at + PROGRAM_PARAMS, window, family);
	memcpy(at + PROGRAM_CODE, r->program, r->bytes);
}

uint8_t *imxrt_image(const char *name, uint32_t flash_base, enum imxrt_rom_family family,
		     size_t *bytes)
{
	const struct recipe *r = recipes;
	bool hyper = strncmp(name, "hyper:", 6) == 0;
	const char *plain = hyper ? name + 6 : name;

	while (r->name != NULL && strcmp(r->name, plain) != 0)
		r++;
	if (r->name == NULL)
		return NULL;

	uint32_t offset = r->flags & RAW ? 0 : TABLE_OFFSET;
	uint32_t base = r->flags & IN_RAM ? RAM_BASE : flash_base;
	size_t size = (offset + PROGRAM_CODE + r->bytes + 15) & ~(size_t)15;
	const struct fcb_facts *facts = facts_of(flash_base, family, hyper);
	uint8_t *image = malloc(size);

	if (image == NULL)
		return NULL;
	memset(image, 0xff, size);
	if (r->flags & BAD_SELF)
		base += 0x10000;
	if (!(r->flags & (RAW | NO_FCB)))
		put_fcb(image, facts);
	if ((r->flags & SINGLE_PAD) && facts->pads == 4)
		use_single_pad(image);
	if (!(r->flags & RAW))
		put_ivt(image, base, r, r->flags & IN_RAM ? (uint32_t)size : facts->size);
	put_application(image + offset, base + offset, flash_base, r, family);
	*bytes = size;
	return image;
}
