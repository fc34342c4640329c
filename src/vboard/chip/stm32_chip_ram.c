/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The RAMs of an STM32: where they are seen, what read protection closes, what resets erase.
 */
#include <assert.h>
#include <stdlib.h>

#include "vboard/chip/stm32_chip.h"

static enum vb_result ram_check(void *ctx, struct vb_access *a, uint32_t offset)
{
	struct stm32_chip_ram *ram = ctx;

	(void)offset;
	if (ram->row->is_sram2 && stm32l4_array_is_shut(&ram->chip->flash, a))
		return VB_FAULT;
	return stm32_env_is_shut(&ram->chip->env, a) ? VB_FAULT : VB_OK;
}

static const struct vb_ram_ops ram_ops = { .check = ram_check };

/* `index`: 0, an alias, or after them their secure aliases, which nobody serves without TrustZone. */
static void add_region(struct stm32_chip_ram *ram, unsigned index, uint32_t base, bool is_shown)
{
	struct vb_region region = { .name = ram->row->name, .base = base,
				    .size = is_shown ? ram->row->bytes : 0, .ram = ram->bytes,
				    .writable = true, .executable = true, .dap_guarded = true,
				    .ram_ops = &ram_ops, .ctx = ram };

	ram->region[index] = vb_bus_add(ram->chip->board->bus, &region);
}

static uint32_t secure_alias(uint32_t base)
{
	return base + (base < 0x20000000 ? STM32_SECURE_CODE : STM32_SECURE_DATA);
}

static void add_one(struct stm32_chip *chip, struct stm32_chip_ram *ram, const struct stm32_ram *row)
{
	bool has_secure = chip->part->boot->tzen != 0;

	*ram = (struct stm32_chip_ram){ .chip = chip, .row = row,
					.bytes = xcalloc(1, row->bytes) };
	add_region(ram, 0, row->base, true);
	if (has_secure)
		add_region(ram, RAM_SECURE, secure_alias(row->base), false);
	for (unsigned i = 0; i < STM32_ALIASES && row->alias[i] != 0; i++) {
		add_region(ram, 1 + i, row->alias[i], true);
		if (has_secure)
			add_region(ram, RAM_SECURE + 1 + i, secure_alias(row->alias[i]), false);
	}
}

/* TZEN was loaded. */
static void show_secure_aliases(struct stm32_chip_ram *ram)
{
	bool is_shown = stm32_chip_has_trustzone(ram->chip);

	for (unsigned i = RAM_SECURE; i < RAM_REGIONS; i++) {
		if (ram->region[i] != NULL)
			vb_bus_remap(ram->chip->board->bus, ram->region[i], ram->bytes,
				     is_shown ? ram->row->bytes : 0);
	}
}

void stm32_chip_add_ram(struct stm32_chip *chip)
{
	for (unsigned i = 0; chip->part->ram[i].name != NULL; i++) {
		assert(i < RAM_COUNT);
		add_one(chip, &chip->ram[i], &chip->part->ram[i]);
	}
}

void stm32_chip_free_ram(struct stm32_chip *chip)
{
	for (unsigned i = 0; i < RAM_COUNT; i++)
		free(chip->ram[i].bytes);
}

/* Real SRAM wakes up with noise; the same noise in every run. */
void stm32_chip_forget_ram(struct stm32_chip *chip)
{
	uint32_t noise = 0x6d2b79f5;
	uint8_t bytes[1024];

	for (unsigned i = 0; i < RAM_COUNT && chip->ram[i].row != NULL; i++) {
		for (uint32_t at = 0; at < chip->ram[i].row->bytes; at += sizeof(bytes)) {
			for (unsigned j = 0; j < sizeof(bytes); j += 4) {
				noise ^= noise << 13;
				noise ^= noise >> 17;
				noise ^= noise << 5;
				put_le32(bytes + j, noise);
			}
			vb_bus_poke(chip->board->bus, chip->ram[i].row->base + at, bytes,
				    sizeof(bytes));
		}
	}
}

static void erase(struct stm32_chip *chip, const struct stm32_ram *row)
{
	static const uint8_t zeros[1024];

	for (uint32_t at = 0; at < row->bytes; at += sizeof(zeros))
		vb_bus_poke(chip->board->bus, row->base + at, zeros, sizeof(zeros));
}

void stm32_chip_erase_sram2(void *ctx)
{
	struct stm32_chip *chip = ctx;

	for (const struct stm32_ram *row = chip->part->ram; row->name != NULL; row++) {
		if (row->is_sram2)
			erase(chip, row);
	}
}

void stm32_chip_reset_ram(struct stm32_chip *chip)
{
	for (const struct stm32_ram *row = chip->part->ram; row->name != NULL; row++) {
		if (row->rst_bit != 0 && !(stm32_chip_optr(chip) & row->rst_bit))
			erase(chip, row);
	}
}

void stm32_chip_guard_ram(struct stm32_chip *chip)
{
	bool on = stm32l4_options_rdp(&chip->flash) == 1;

	for (unsigned i = 0; i < RAM_COUNT && chip->ram[i].row != NULL; i++) {
		show_secure_aliases(&chip->ram[i]);
		for (unsigned j = 0; chip->ram[i].row->is_sram2 && j < RAM_REGIONS; j++) {
			if (chip->ram[i].region[j] != NULL)
				vb_bus_guard(chip->board->bus, chip->ram[i].region[j], on);
		}
	}
}
