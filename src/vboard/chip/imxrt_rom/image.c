/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IVT, boot data, DCD: is this an image, and how does it want to be started? */
#include "rom.h"

struct ivt {
	uint32_t header, entry, reserved, dcd, boot_data, self, csf, reserved2;
};
struct boot_data {
	uint32_t start, length, plugin, pad;
};

#define IVT_OFFSET  0x1000u
#define APPLICATION 0x2000u
#define DCD_MAX	    1768u

static bool in(uint32_t addr, uint32_t base, uint32_t bytes)
{
	return addr >= base && addr - base < bytes;
}

/* D1, length 0020 (big-endian), version 4x. */
static bool is_ivt(const struct ivt *ivt)
{
	return (ivt->header & 0xf0ffffff) == 0x402000d1;
}

/* ITCM, DTCM, OCRAM past the ROM's own, SDRAM. */
static bool is_ram(uint32_t addr, uint32_t bytes)
{
	return in(addr, 0x00000000, 0x80000) || in(addr, 0x20000000, 0x80000) ||
	       (in(addr, 0x20208000, 0xf8000) && bytes <= 0x20300000 - addr) ||
	       in(addr, 0x80000000, 0x60000000);
}

static bool is_stack(uint32_t addr)
{
	return in(addr, 0x20000000, 0x400001) || in(addr, 0x80000000, 0x60000000);
}

static uint32_t big(const uint8_t *p, unsigned bytes)
{
	uint32_t value = 0;

	while (bytes--)
		value = value << 8 | *p++;
	return value;
}

/* Where a DCD may write and look: IOMUXC, its GPRs, CCM, analog, SEMC, FlexRAM's OCRAM. */
static bool dcd_may(uint32_t addr)
{
	static const uint32_t ranges[][2] = {
		{ 0x401f8000, 0x4000 }, { 0x400ac000, 0x4000 }, { 0x400fc000, 0x4000 },
		{ 0x400d8000, 0x4000 }, { 0x402f0000, 0x4000 }, { 0x400a4000, 0x8000 },
		{ 0x20208000, 0xf8000 }, { 0x80000000, 0x60000000 },
	};

	for (unsigned n = 0; n < sizeof(ranges) / sizeof(ranges[0]); n++)
		if (in(addr, ranges[n][0], ranges[n][1]))
			return true;
	return false;
}

static uint32_t dcd_load(uint32_t addr, unsigned width)
{
	return width == 1 ? *(volatile uint8_t *)addr : width == 2 ? REG16(addr) : REG(addr);
}

static void dcd_store(uint32_t addr, unsigned width, uint32_t value)
{
	if (width == 1)
		*(volatile uint8_t *)addr = (uint8_t)value;
	else if (width == 2)
		REG16(addr) = (uint16_t)value;
	else
		REG(addr) = value;
}

static bool dcd_write(const uint8_t *cmd, size_t bytes)
{
	unsigned width = cmd[3] & 7, how = cmd[3] >> 3 & 3;

	for (size_t n = 4; n + 8 <= bytes; n += 8) {
		uint32_t addr = big(cmd + n, 4), value = big(cmd + n + 4, 4);

		if (!dcd_may(addr))
			return false;
		if (how == 1 || how == 2)
			value = dcd_load(addr, width) & ~value;
		else if (how == 3)
			value |= dcd_load(addr, width);
		dcd_store(addr, width, value);
	}
	return true;
}

/* Polls until the bits of the mask are: 0 all clear, 1 not all set, 2 all set, 3 not all clear. */
static bool dcd_check(const uint8_t *cmd, size_t bytes)
{
	uint32_t addr = big(cmd + 4, 4), mask = big(cmd + 8, 4);
	uint32_t count = bytes >= 16 ? big(cmd + 12, 4) : 0;

	if (!dcd_may(addr))
		return false;
	for (uint32_t round = 0; !count || round < count; round++) {
		uint32_t value = dcd_load(addr, cmd[3] & 7) & mask;
		bool met[4] = { value == 0, value != mask, value == mask, value != 0 };

		if (met[cmd[3] >> 3 & 3])
			break;
	}
	return true;
}

bool dcd_run(const uint8_t *dcd, size_t room)
{
	uint32_t bytes = big(dcd + 1, 2);

	if (dcd[0] != 0xd2 || (dcd[3] & 0xf0) != 0x40 || bytes < 4 || bytes > DCD_MAX || bytes > room)
		return false;
	for (uint32_t n = 4; n + 4 <= bytes;) {
		const uint8_t *cmd = dcd + n;
		uint32_t length = big(cmd + 1, 2);
		bool ok = true;

		if (length < 4 || length > bytes - n)
			return false;
		switch (cmd[0]) {
		case 0xcc: ok = dcd_write(cmd, length); break;
		case 0xcf: ok = length >= 12 && dcd_check(cmd, length); break;
		case 0xc0: case 0xb2: break;		/* NOP, unlock: nothing is locked here */
		default: return false;
		}
		if (!ok)
			return false;
		n += length;
	}
	return true;
}

/* Entry is a vector table (as the SDK's images have it) or the address of the reset handler. */
static void start(uint32_t entry, uint32_t base, uint32_t length)
{
	uint32_t table = base + APPLICATION;

	if (!(entry & 3) && is_stack(REG(entry)) && REG(entry + 4) & 1)
		jump(REG(entry + 4), REG(entry), entry);
	if (length > APPLICATION && is_stack(REG(table)))
		jump(entry, REG(table), table);
	jump(entry, 0x20208000, 0x00200000);
}

void image_start(const struct rom *rom, uint32_t offset)
{
	uint32_t flash = rom->window + offset;
	const struct ivt *ivt = (const struct ivt *)(flash + IVT_OFFSET);
	struct ivt copy = *ivt;
	uint32_t base = copy.self - IVT_OFFSET;
	bool xip = copy.self == (uint32_t)ivt;

	if (!is_ivt(&copy) || (!xip && !is_ram(base, IVT_OFFSET)))
		return;
	/* All pointers are addresses of the image as it will run. */
	if (!in(copy.boot_data, copy.self, 0x1000))
		return;

	struct boot_data data = *(const struct boot_data *)(copy.boot_data - base + flash);

	if (data.start != base || data.length <= IVT_OFFSET || data.length > 0x10000000 ||
	    data.plugin)
		return;
	if (!xip && !is_ram(base, data.length))
		return;
	if (!in(copy.entry, base, data.length))
		return;
	if (rom->sbmr2 & SBMR2_CLOSED)
		return;			/* HAB wants a signature, and no key of ours is in the fuses */
	if (copy.dcd && (!in(copy.dcd, base, data.length) ||
			 !dcd_run((const uint8_t *)(copy.dcd - base + flash), DCD_MAX)))
		return;
	for (uint32_t n = 0; !xip && n < data.length; n += 4)
		REG(base + n) = REG(flash + n);
	start(copy.entry, base, data.length);
}

bool image_jump(uint32_t at)
{
	const struct ivt *ivt = (const struct ivt *)at;

	if (!is_ivt(ivt) || ivt->self != at)
		return false;
	start(ivt->entry, at - IVT_OFFSET, 0);
	return true;
}
