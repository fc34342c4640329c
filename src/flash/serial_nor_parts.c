/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * serial_nor: parts by JEDEC id, for what SFDP does not say or says too roughly, and what an id that
 * is none looks like. Times are those of the makers' data sheets.
 */
#include <string.h>

#include "flash/serial_nor.h"

#define MIB(n) ((uint32_t)(n) << 20)
#define PAGE_MAX 512u	/* less than a page at a time is always right */
#define MICRON	 0x20

struct times {
	uint32_t page, page_max, sector, sector_max, half, half_max, block, block_max, chip, chip_max;
};

/* W25Q32JV 9.6; IS25WP064A 8.7; AT25SF128A 7.5; MX25UM51345G 16. In us. */
static const struct times winbond = { 400, 3000, 45000, 400000, 120000, 1600000, 150000, 2000000,
				      10000000, 50000000 };
static const struct times issi = { 200, 800, 70000, 300000, 100000, 500000, 150000, 1000000,
				   16000000, 45000000 };
static const struct times adesto = { 400, 2500, 60000, 400000, 120000, 1600000, 200000, 2000000,
				     40000000, 200000000 };
static const struct times macronix = { 150, 750, 25000, 400000, 0, 0, 220000, 2000000, 150000000,
				       600000000 };

static const struct part {
	uint8_t id[3];
	const char *name;
	enum nor_vendor vendor;
	uint32_t bytes;
	enum nor_quad_enable quad_enable;
	const struct times *times;
	uint32_t max_hz;
} parts[] = {
	{ { 0xef, 0x40, 0x15 }, "W25Q16JV", NOR_WINBOND, MIB(2), QER_SR2_BIT1, &winbond, 133000000 },
	{ { 0xef, 0x40, 0x16 }, "W25Q32JV", NOR_WINBOND, MIB(4), QER_SR2_BIT1, &winbond, 133000000 },
	{ { 0xef, 0x70, 0x16 }, "W25Q32JV-M", NOR_WINBOND, MIB(4), QER_SR2_BIT1, &winbond, 133000000 },
	{ { 0xef, 0x60, 0x16 }, "W25Q32JW", NOR_WINBOND, MIB(4), QER_SR2_BIT1, &winbond, 133000000 },
	{ { 0xef, 0x80, 0x16 }, "W25Q32JW-M", NOR_WINBOND, MIB(4), QER_SR2_BIT1, &winbond, 133000000 },
	{ { 0xef, 0x40, 0x17 }, "W25Q64JV", NOR_WINBOND, MIB(8), QER_SR2_BIT1, &winbond, 133000000 },
	{ { 0xef, 0x40, 0x18 }, "W25Q128JV", NOR_WINBOND, MIB(16), QER_SR2_BIT1, &winbond, 133000000 },
	{ { 0x9d, 0x60, 0x17 }, "IS25LP064A", NOR_ISSI, MIB(8), QER_SR1_BIT6, &issi, 133000000 },
	{ { 0x9d, 0x70, 0x17 }, "IS25WP064A", NOR_ISSI, MIB(8), QER_SR1_BIT6, &issi, 133000000 },
	{ { 0x9d, 0x60, 0x18 }, "IS25LP128", NOR_ISSI, MIB(16), QER_SR1_BIT6, &issi, 133000000 },
	{ { 0x9d, 0x70, 0x18 }, "IS25WP128", NOR_ISSI, MIB(16), QER_SR1_BIT6, &issi, 133000000 },
	{ { 0x9d, 0x60, 0x19 }, "IS25LP256", NOR_ISSI, MIB(32), QER_SR1_BIT6, &issi, 133000000 },
	{ { 0x9d, 0x70, 0x19 }, "IS25WP256", NOR_ISSI, MIB(32), QER_SR1_BIT6, &issi, 133000000 },
	{ { 0x1f, 0x89, 0x01 }, "AT25SF128A", NOR_ADESTO, MIB(16), QER_SR2_BIT1_31H, &adesto, 133000000 },
	{ { 0xc2, 0x81, 0x3a }, "MX25UM51345G", NOR_MACRONIX, MIB(64), QER_NONE, &macronix, 133000000 },
	{ { 0xc2, 0x80, 0x3a }, "MX25UM51245G", NOR_MACRONIX, MIB(64), QER_NONE, &macronix, 133000000 },
	{ { 0xc2, 0x85, 0x3a }, "MX25LM51245G", NOR_MACRONIX, MIB(64), QER_NONE, &macronix, 133000000 },
	{ { 0xc8, 0x40, 0x16 }, "GD25Q32", NOR_GIGADEVICE, MIB(4), QER_SR2_BIT1, &winbond, 104000000 },
	{ { 0x46, 0x40, 0x16 }, "XM25QH32D", NOR_OTHER, MIB(4), QER_SR2_BIT1, &winbond, 104000000 },
	{ { 0x68, 0x40, 0x16 }, "BY25Q32", NOR_OTHER, MIB(4), QER_SR2_BIT1, &winbond, 104000000 },
	{ .name = NULL }
};

/* JEP106 codes of makers of serial flashes. */
static const struct vendor {
	uint8_t code;
	enum nor_vendor vendor;
	const char *name;
} vendors[] = {
	{ 0xef, NOR_WINBOND, "Winbond" },   { 0x9d, NOR_ISSI, "ISSI" },
	{ 0x1f, NOR_ADESTO, "Adesto" },	    { 0xc2, NOR_MACRONIX, "Macronix" },
	{ 0xc8, NOR_GIGADEVICE, "GigaDevice" }, { 0x46, NOR_OTHER, "XMC" },
	{ 0x20, NOR_OTHER, "Micron or XMC" }, { 0x68, NOR_OTHER, "Boya" },
	{ 0x01, NOR_OTHER, "Infineon" },    { 0xbf, NOR_OTHER, "Microchip SST" },
	{ 0x0b, NOR_OTHER, "XTX" },	    { 0x85, NOR_OTHER, "Puya" },
	{ 0x1c, NOR_OTHER, "EON" },	    { 0, NOR_OTHER, NULL }
};

static const struct vendor *find_vendor(uint8_t code)
{
	const struct vendor *v = vendors;

	while (v->name != NULL && v->code != code)
		v++;
	return v;
}

const char *serial_nor_vendor_name(const uint8_t id[3])
{
	const char *name = find_vendor(id[0])->name;

	return name != NULL ? name : "a maker that is not known";
}

static void set_erase(struct serial_nor *nor, uint32_t bytes, uint8_t opcode, uint32_t typical,
		      uint32_t max)
{
	for (size_t i = 0; i < ARRAY_SIZE(nor->erase) && typical != 0; i++) {
		struct nor_erase *e = &nor->erase[i];

		if (e->bytes != 0 && e->bytes != bytes)
			continue;
		*e = (struct nor_erase){ bytes, e->bytes != 0 ? e->opcode : opcode, typical, max };
		return;
	}
}

static void apply_times(struct serial_nor *nor, const struct times *t)
{
	/* Chip times grow with the chip; the tables are for the size of their part. */
	nor->page_typical_us = t->page;
	nor->page_max_us = t->page_max;
	nor->chip_typical_us = t->chip;
	nor->chip_max_us = t->chip_max;
	set_erase(nor, 4096, 0x20, t->sector, t->sector_max);
	set_erase(nor, 0x8000, 0x52, t->half, t->half_max);
	set_erase(nor, 0x10000, 0xd8, t->block, t->block_max);
}

bool serial_nor_apply_table(const uint8_t id[3], struct serial_nor *nor)
{
	const struct part *p = parts;

	memcpy(nor->id, id, 3);
	nor->vendor = find_vendor(id[0])->vendor;
	while (p->name != NULL && memcmp(p->id, id, 3) != 0)
		p++;
	if (p->name == NULL)
		return false;
	nor->name = p->name;
	nor->vendor = p->vendor;
	nor->bytes = p->bytes;
	nor->page_bytes = 256;
	nor->max_hz = p->max_hz;
	nor->quad_enable = p->quad_enable;
	nor->has_4_byte |= p->bytes > MIB(16);
	/* AT25SF128A: older silicon has no 66h/99h; unknown opcodes are ignored there. */
	nor->has_reset = true;
	apply_times(nor, p->times);
	/* An SFDP that names 1-4-4 alone means it. */
	if (nor->read_1_1_4.opcode == 0 && nor->read_1_4_4.opcode == 0 &&
	    nor->quad_enable != QER_NONE)
		nor->read_1_1_4 = (struct nor_read){ 0x6b, 0, 8 };
	if (nor->read_1_4_4.opcode == 0 && nor->quad_enable != QER_NONE)
		nor->read_1_4_4 = (struct nor_read){ 0xeb, 2, 4 };
	return true;
}

/* Time-outs that no part of this size exceeds: too long only costs patience, too short a chip. */
static uint32_t patience_us(uint32_t bytes, uint32_t unit)
{
	if (unit == 0)
		return bytes <= MIB(4) ? 60000000 : bytes <= MIB(16) ? 200000000 : 600000000;
	return unit <= 4096 ? 1000000 : unit <= 0x8000 ? 2000000 : 3000000;
}

static enum nor_quad_enable quad_custom(const struct serial_nor *nor)
{
	if (nor->id[0] == MICRON)
		return QER_NONE;
	return nor->vendor == NOR_ISSI || nor->vendor == NOR_MACRONIX ? QER_SR1_BIT6 : QER_SR2_BIT1;
}

void serial_nor_fill_defaults(struct serial_nor *nor)
{
	if (nor->page_bytes == 0)
		nor->page_bytes = 256;
	nor->page_bytes = MIN(nor->page_bytes, PAGE_MAX);
	if (nor->max_hz == 0)
		nor->max_hz = 50000000;
	if (nor->chip_erase == 0)
		nor->chip_erase = 0xc7;
	/* Short tables say nothing of quad enable: what is the custom of the maker. */
	if (nor->name == NULL && nor->bfpt_dwords < 15)
		nor->quad_enable = quad_custom(nor);
	if (nor->page_typical_us == 0)
		nor->page_typical_us = 400;
	nor->page_max_us = MAX(nor->page_max_us, 10000u);
	nor->status_max_us = MAX(nor->status_max_us, 30000u);
	for (size_t i = 0; i < ARRAY_SIZE(nor->erase) && nor->erase[i].bytes != 0; i++) {
		struct nor_erase *e = &nor->erase[i];

		if (e->typical_us == 0)
			e->typical_us = e->bytes <= 4096 ? 60000 : 200000;
		e->max_us = MAX(e->max_us, patience_us(nor->bytes, e->bytes));
	}
	if (nor->chip_typical_us == 0)
		nor->chip_typical_us = nor->bytes / 0x10000 * 200000;
	nor->chip_max_us = MAX(nor->chip_max_us, patience_us(nor->bytes, 0));
}

const char *serial_nor_bad_id(const uint8_t id[3])
{
	if (id[0] != id[1] || id[1] != id[2])
		return NULL;
	if (id[0] == 0xff)
		return "only ones come back: nobody drives the data line (pads or chip select not "
		       "connected, no supply, or a flash in deep power-down, QPI or octal mode)";
	if (id[0] == 0x00)
		return "only zeros come back: the data line is held low (pads not connected, no "
		       "supply, or the flash is held in reset)";
	return "the same byte comes back three times: clock, sample point or chip select is wrong";
}

const struct nor_erase *serial_nor_erase_unit(const struct serial_nor *nor, uint32_t offset,
					      uint32_t bytes)
{
	const struct nor_erase *best = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(nor->erase); i++) {
		const struct nor_erase *e = &nor->erase[i];

		if (e->bytes != 0 && e->bytes <= bytes && offset % e->bytes == 0 &&
		    (best == NULL || e->bytes > best->bytes))
			best = e;
	}
	return best;
}
