/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/chip/stm32_chip_tool.h"

#include <string.h>

#include "vboard/device/stm32l4_flash_parts.h"

#define REGULATOR_NS 100000u
#define SETTLE_NS 20000000000ull	/* more than a regression of the largest part takes */

unsigned stm32_chip_line(const struct stm32_chip *chip)
{
	static const struct { uint32_t dev_id; unsigned line; } rows[] = {
		{ 0x415, LINE_L47 }, { 0x470, LINE_L4R }, { 0x435, LINE_L43 }, { 0x467, LINE_G0 },
		{ 0x469, LINE_G4 },  { 0x472, LINE_L5 },  { 0x482, LINE_U5 },  { 0x495, LINE_WB },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if ((chip->part->idcode & 0xfff) == rows[i].dev_id)
			return rows[i].line;
	}
	return 0;
}

const struct stm32_unit *stm32_chip_unit(const struct stm32_chip *chip, const char *name)
{
	for (const struct stm32_unit *u = chip->part->units; u->name != NULL; u++) {
		if (strcmp(u->name, name) == 0)
			return u;
	}
	return NULL;
}

uint32_t stm32_tool_flash_reg(struct stm32_chip *chip, const char *name)
{
	const struct stm32_unit *flash = stm32_chip_unit(chip, "FLASH");

	for (const struct vb_reg *r = chip->flash.regs.table; r->name != NULL; r++) {
		const char *plain = strncmp(r->name, "NS", 2) == 0 ? r->name + 2 : r->name;

		if (flash != NULL && strcmp(plain, name) == 0)
			return flash->base + r->offset;
	}
	return 0;
}

uint32_t stm32_tool_unit_bytes(const struct stm32_chip *chip)
{
	return chip->flash.family->unit_bytes;
}

static bool access_word(struct stm32_chip *chip, uint32_t addr, bool is_write, uint32_t *value)
{
	struct vb_clock *clock = chip->board->clock;
	uint64_t end = vb_clock_now(clock) + SETTLE_NS;
	enum vb_result rc = VB_STALL;

	while (rc == VB_STALL && vb_clock_now(clock) < end) {
		struct vb_access a = { .master = VB_DAP, .addr = addr, .size = 4,
				       .is_write = is_write, .is_privileged = true };

		rc = is_write ? vb_bus_write(chip->board->bus, &a, *value)
			      : vb_bus_read(chip->board->bus, &a, value);
		if (rc == VB_STALL)
			vb_clock_advance(clock, a.stall_until_ns > vb_clock_now(clock) ?
					 a.stall_until_ns - vb_clock_now(clock) : 1000);
	}
	return rc == VB_OK;
}

bool stm32_tool_read(struct stm32_chip *chip, uint32_t addr, uint32_t *value)
{
	*value = 0;
	return access_word(chip, addr, false, value);
}

bool stm32_tool_write(struct stm32_chip *chip, uint32_t addr, uint32_t value)
{
	return access_word(chip, addr, true, &value);
}

static bool set_bits(struct stm32_chip *chip, uint32_t addr, uint32_t clear, uint32_t set)
{
	uint32_t value;

	return stm32_tool_read(chip, addr, &value) &&
	       stm32_tool_write(chip, addr, (value & ~clear) | set);
}

bool stm32_tool_clock(struct stm32_chip *chip, const char *unit)
{
	const struct stm32_unit *u = stm32_chip_unit(chip, unit);
	const struct stm32_unit *rcc = stm32_chip_unit(chip, "RCC");

	if (u == NULL || rcc == NULL)
		return false;
	return u->enr == 0 || set_bits(chip, rcc->base + u->enr, 0, u->bit);
}

bool stm32_tool_settle(struct stm32_chip *chip)
{
	uint64_t end = vb_clock_now(chip->board->clock) + SETTLE_NS;

	while (stm32l4_flash_is_busy(&chip->flash) && vb_clock_now(chip->board->clock) < end)
		vb_clock_advance(chip->board->clock, 10000);
	return !stm32l4_flash_is_busy(&chip->flash);
}

/* RM0438 9.4.3: L5 starts in range 2 and programs flash in ranges 0 and 1 only. */
bool stm32_tool_range(struct stm32_chip *chip, unsigned vos)
{
	const struct stm32_unit *pwr = stm32_chip_unit(chip, "PWR");

	return pwr != NULL && stm32_tool_clock(chip, "PWR") &&
	       set_bits(chip, pwr->base, 0x600, vos << 9);
}

bool stm32_tool_unlock(struct stm32_chip *chip, bool options)
{
	static const uint32_t keys[2][2] = { { 0x45670123, 0xcdef89ab }, { 0x08192a3b, 0x4c5d6e7f } };
	uint32_t cr = stm32_tool_flash_reg(chip, "CR"), value;

	if (stm32_chip_line(chip) == LINE_L5) {
		if (!stm32_tool_range(chip, 1))
			return false;
		vb_clock_advance(chip->board->clock, REGULATOR_NS);
	}
	for (unsigned i = 0; i <= options; i++) {
		uint32_t keyr = stm32_tool_flash_reg(chip, i ? "OPTKEYR" : "KEYR");

		if (!stm32_tool_read(chip, cr, &value))
			return false;
		if (!(value & (i ? CR_OPTLOCK : CR_LOCK)))
			continue;
		if (!stm32_tool_write(chip, keyr, keys[i][0]) ||
		    !stm32_tool_write(chip, keyr, keys[i][1]))
			return false;
	}
	return stm32_tool_read(chip, cr, &value) && !(value & (options ? CR_OPTLOCK : CR_LOCK));
}

bool stm32_tool_lock(struct stm32_chip *chip)
{
	return stm32_tool_write(chip, stm32_tool_flash_reg(chip, "CR"), CR_LOCK);
}

bool stm32_tool_program(struct stm32_chip *chip, uint32_t addr, uint32_t word, unsigned words)
{
	uint32_t cr = stm32_tool_flash_reg(chip, "CR");

	if (!stm32_tool_write(chip, cr, CR_PG))
		return false;
	for (unsigned i = 0; i < words; i++) {
		if (!stm32_tool_write(chip, addr + 4 * i, word))
			return false;
	}
	return true;
}

/* RM0351 3.3.5; PNB starts at bit 3 on every line. */
bool stm32_tool_erase_page(struct stm32_chip *chip, uint32_t phys)
{
	uint32_t span = stm32l4_array_bank_span(&chip->flash);
	uint32_t page = phys % span / stm32l4_array_page_bytes(&chip->flash);
	uint32_t value = CR_PER | page << 3 |
			 (phys >= span ? chip->flash.family->cr_bker : 0);
	uint32_t cr = stm32_tool_flash_reg(chip, "CR");

	return stm32_tool_write(chip, cr, value) && stm32_tool_write(chip, cr, value | CR_STRT) &&
	       stm32_tool_settle(chip) && stm32_tool_write(chip, cr, 0);
}

bool stm32_tool_divide_hclk(struct stm32_chip *chip, unsigned divider)
{
	static const uint16_t dividers[16] = { 1, 1, 1, 1, 1, 1, 1, 1, 2, 4, 8, 16, 64, 128, 256, 512 };
	const struct stm32_unit *rcc = stm32_chip_unit(chip, "RCC");
	unsigned line = stm32_chip_line(chip), code = divider == 1 ? 0 : 8;
	uint32_t offset = line == LINE_U5 ? 0x20 : 0x08;	/* CFGR2, CFGR */
	unsigned shift = line == LINE_U5 ? 0 : line == LINE_G0 ? 8 : 4;

	while (code < 16 && dividers[code] != divider)
		code++;
	return rcc != NULL && code < 16 &&
	       set_bits(chip, rcc->base + offset, 15u << shift, code << shift);
}
