/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The option bytes by the names of the manuals: RM0351 3.7.8 (L47x), RM0394 3.7.8 (L43x), RM0432
 * 3.7.8 (L4+), RM0440 3.7.8 (G4), RM0444 3.7.8 (G0), RM0434 3.10.8 (WB), RM0438 6.9.12 (L5), RM0456
 * 7.9.13 (U5). A field is what the line's registers let be written of it.
 */
#include <stdlib.h>
#include <string.h>

#include "vboard/chip/stm32_chip_tool.h"
#include "vboard/chip/stm32_chip_verbs.h"

#define OLD (LINE_L4 | LINE_G0 | LINE_G4 | LINE_WB)	/* OPTR at 0x20 */
#define NEW (LINE_L5 | LINE_U5)				/* OPTR at 0x40 */
#define BIT_OF(bit) bit, bit, 0, 0, 0
#define BITS(msb, lsb) msb, lsb, 0, 0, 0
/* An area: first index in one register, last index in the same one or in the next. */
#define AREA(last, msb, lsb) 16, 0, last, msb, lsb
#define WRP_AREA(reg) 7, 0, reg, 23, 16

static const struct field {
	const char *name;
	unsigned lines;
	uint8_t reg, msb, lsb;
	uint8_t last_reg, last_msb, last_lsb;	/* areas: where the last index is; 0: no area */
} fields[] = {
	{ "RDP", OLD, 0x20, BITS(7, 0) },
	{ "RDP", NEW, 0x40, BITS(7, 0) },
	{ "BOR_LEV", LINE_L4 | LINE_G4, 0x20, BITS(10, 8) },
	{ "BOR_LEV", NEW, 0x40, BITS(10, 8) },
	{ "BOR_LEV", LINE_WB, 0x20, BITS(11, 9) },
	{ "BOR_EN", LINE_G0, 0x20, BIT_OF(8) },
	{ "BORR_LEV", LINE_G0, 0x20, BITS(10, 9) },
	{ "BORF_LEV", LINE_G0, 0x20, BITS(12, 11) },
	{ "ESE", LINE_WB, 0x20, BIT_OF(8) },
	{ "nRST_STOP", OLD & ~LINE_G0, 0x20, BIT_OF(12) },
	{ "nRST_STDBY", OLD & ~LINE_G0, 0x20, BIT_OF(13) },
	{ "nRST_SHDW", OLD & ~LINE_G0, 0x20, BIT_OF(14) },
	{ "nRST_STOP", LINE_G0, 0x20, BIT_OF(13) },
	{ "nRST_STDBY", LINE_G0, 0x20, BIT_OF(14) },
	{ "nRST_SHDW", LINE_G0, 0x20, BIT_OF(15) },
	{ "nRST_STOP", NEW, 0x40, BIT_OF(12) },
	{ "nRST_STDBY", NEW, 0x40, BIT_OF(13) },
	{ "nRST_SHDW", NEW, 0x40, BIT_OF(14) },
	{ "SRAM_RST", LINE_U5, 0x40, BIT_OF(15) },
	{ "IWDG_SW", OLD, 0x20, BIT_OF(16) },
	{ "IWDG_STOP", OLD, 0x20, BIT_OF(17) },
	{ "IWDG_STDBY", OLD, 0x20, BIT_OF(18) },
	{ "WWDG_SW", OLD, 0x20, BIT_OF(19) },
	{ "IWDG_SW", NEW, 0x40, BIT_OF(16) },
	{ "IWDG_STOP", NEW, 0x40, BIT_OF(17) },
	{ "IWDG_STDBY", NEW, 0x40, BIT_OF(18) },
	{ "WWDG_SW", NEW, 0x40, BIT_OF(19) },
	{ "BFB2", LINE_L47 | LINE_L4R | LINE_G4, 0x20, BIT_OF(20) },
	{ "nSWAP_BANK", LINE_G0, 0x20, BIT_OF(20) },
	{ "SWAP_BANK", NEW, 0x40, BIT_OF(20) },
	{ "DUALBANK", LINE_L47, 0x20, BIT_OF(21) },
	{ "DB1M", LINE_L4R, 0x20, BIT_OF(21) },
	{ "DUAL_BANK", LINE_G0, 0x20, BIT_OF(21) },
	{ "DB256K", LINE_L5, 0x40, BIT_OF(21) },
	{ "DUALBANK", LINE_U5, 0x40, BIT_OF(21) },
	{ "DBANK", LINE_L4R | LINE_G4, 0x20, BIT_OF(22) },
	{ "DBANK", LINE_L5, 0x40, BIT_OF(22) },
	{ "RAM_PARITY_CHECK", LINE_G0, 0x20, BIT_OF(22) },
	{ "BKPRAM_ECC", LINE_U5, 0x40, BIT_OF(22) },
	{ "nBOOT1", OLD & ~LINE_G0, 0x20, BIT_OF(23) },
	{ "nBOOT1", LINE_G0, 0x20, BIT_OF(25) },
	{ "SRAM3_ECC", LINE_U5, 0x40, BIT_OF(23) },
	{ "SRAM2_PE", LINE_L4 | LINE_WB, 0x20, BIT_OF(24) },
	{ "SRAM2_PE", LINE_L5, 0x40, BIT_OF(24) },
	{ "SRAM2_ECC", LINE_U5, 0x40, BIT_OF(24) },
	{ "SRAM_PE", LINE_G4, 0x20, BIT_OF(24) },
	{ "nBOOT_SEL", LINE_G0, 0x20, BIT_OF(24) },
	{ "SRAM2_RST", LINE_L4 | LINE_WB, 0x20, BIT_OF(25) },
	{ "SRAM2_RST", NEW, 0x40, BIT_OF(25) },
	{ "CCMSRAM_RST", LINE_G4, 0x20, BIT_OF(25) },
	{ "nSWBOOT0", LINE_L4R | LINE_L43 | LINE_G4 | LINE_WB, 0x20, BIT_OF(26) },
	{ "nBOOT0", LINE_L4R | LINE_L43 | LINE_G4 | LINE_WB, 0x20, BIT_OF(27) },
	{ "nSWBOOT0", NEW, 0x40, BIT_OF(26) },
	{ "nBOOT0", NEW, 0x40, BIT_OF(27) },
	{ "nBOOT0", LINE_G0, 0x20, BIT_OF(26) },
	{ "NRST_MODE", LINE_G0, 0x20, BITS(28, 27) },
	{ "NRST_MODE", LINE_G4, 0x20, BITS(29, 28) },
	{ "PA15_PUPEN", NEW, 0x40, BIT_OF(28) },
	{ "IRHEN", LINE_G0, 0x20, BIT_OF(29) },
	{ "IRHEN", LINE_G4, 0x20, BIT_OF(30) },
	{ "IO_VDD_HSLV", LINE_U5, 0x40, BIT_OF(29) },
	{ "IO_VDDIO2_HSLV", LINE_U5, 0x40, BIT_OF(30) },
	{ "AGC_TRIM", LINE_WB, 0x20, BITS(31, 29) },
	{ "TZEN", NEW, 0x40, BIT_OF(31) },
	{ "PCROP_RDP", OLD, 0x28, BIT_OF(31) },
	{ "PCROP1", LINE_L4 | LINE_G4, 0x24, AREA(0x28, 16, 0) },
	{ "PCROP2", LINE_L47 | LINE_L4R | LINE_G4, 0x44, AREA(0x48, 16, 0) },
	{ "PCROP1A", LINE_G0 | LINE_WB, 0x24, AREA(0x28, 16, 0) },
	{ "PCROP1B", LINE_G0 | LINE_WB, 0x34, AREA(0x38, 16, 0) },
	{ "PCROP2A", LINE_G0, 0x44, AREA(0x48, 16, 0) },
	{ "PCROP2B", LINE_G0, 0x54, AREA(0x58, 16, 0) },
	{ "WRP1A", OLD, 0x2c, WRP_AREA(0x2c) },
	{ "WRP1B", OLD, 0x30, WRP_AREA(0x30) },
	{ "WRP2A", OLD & ~(LINE_L43 | LINE_WB), 0x4c, WRP_AREA(0x4c) },
	{ "WRP2B", OLD & ~(LINE_L43 | LINE_WB), 0x50, WRP_AREA(0x50) },
	{ "WRP1A", NEW, 0x58, WRP_AREA(0x58) },
	{ "WRP1B", NEW, 0x5c, WRP_AREA(0x5c) },
	{ "WRP2A", NEW, 0x68, WRP_AREA(0x68) },
	{ "WRP2B", NEW, 0x6c, WRP_AREA(0x6c) },
	{ "WRP1A_UNLOCK", LINE_U5, 0x58, BIT_OF(31) },
	{ "WRP1B_UNLOCK", LINE_U5, 0x5c, BIT_OF(31) },
	{ "WRP2A_UNLOCK", LINE_U5, 0x68, BIT_OF(31) },
	{ "WRP2B_UNLOCK", LINE_U5, 0x6c, BIT_OF(31) },
	{ "SECWM1", NEW, 0x50, WRP_AREA(0x50) },
	{ "SECWM2", NEW, 0x60, WRP_AREA(0x60) },
	{ "NSBOOTADD0", NEW, 0x44, BITS(31, 7) },
	{ "NSBOOTADD1", NEW, 0x48, BITS(31, 7) },
	{ "SECBOOTADD0", NEW, 0x4c, BITS(31, 7) },
	{ "BOOT_LOCK", NEW, 0x4c, BIT_OF(0) },
	{ "SEC_SIZE", LINE_G0, 0x80, BITS(7, 0) },
	{ "BOOT_LOCK", LINE_G0, 0x80, BIT_OF(16) },
	{ "SEC_SIZE1", LINE_G4, 0x70, BITS(8, 0) },
	{ "BOOT_LOCK", LINE_G4, 0x70, BIT_OF(16) },
	{ "SEC_SIZE2", LINE_G4, 0x74, BITS(8, 0) },
	{ "SFSA", LINE_WB, 0x80, BITS(7, 0) },
	{ "FSD", LINE_WB, 0x80, BIT_OF(8) },
	{ "DDS", LINE_WB, 0x80, BIT_OF(12) },
};

/* The option word behind a register, NULL if this part has none. */
static const struct flash_option_row *option_at(const struct stm32l4_flash *f, unsigned offset)
{
	return stm32l4_options_at(f, offset);
}

static bool has_field(const struct stm32_chip *chip, const struct field *d)
{
	return (d->lines & stm32_chip_line(chip)) && option_at(&chip->flash, d->reg) != NULL &&
	       (d->last_reg == 0 || option_at(&chip->flash, d->last_reg) != NULL);
}

static uint32_t part_of(const struct stm32l4_flash *f, const uint32_t *words, unsigned reg,
			unsigned msb, unsigned lsb)
{
	const struct flash_option_row *row = option_at(f, reg);

	return bits_get(words[row->id] & row->writable, msb, lsb);
}

static void show_fields(const struct stm32_chip *chip, const uint32_t *words, FILE *out)
{
	const struct stm32l4_flash *f = &chip->flash;
	const char *comma = "";

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		const struct field *d = &fields[i];
		uint32_t first;

		if (!has_field(chip, d))
			continue;
		first = part_of(f, words, d->reg, d->msb, d->lsb);
		fprintf(out, "%s\"%s\":", comma, d->name);
		if (d->last_reg == 0)
			fprintf(out, "%u", first);
		else
			fprintf(out, "[%u,%u]", first,
				part_of(f, words, d->last_reg, d->last_msb, d->last_lsb));
		comma = ",";
	}
}

void stm32_chip_show_options(struct stm32_chip *chip, FILE *out)
{
	struct stm32l4_flash *f = &chip->flash;
	uint32_t stored[OPT_COUNT];
	const char *comma = "";

	for (unsigned i = 0; i < OPT_COUNT; i++)
		stored[i] = (uint32_t)f->stored[i];
	fprintf(out, "{\"level\":%u,\"optverr\":%s,\"active\":{", stm32l4_options_rdp(f),
		vb_truth(f->optverr));
	show_fields(chip, f->loaded, out);
	fprintf(out, "},\"stored\":{");
	show_fields(chip, stored, out);
	fprintf(out, "},\"registers\":{");
	for (const struct flash_option_row *row = f->family->options; row->name != NULL; row++) {
		fprintf(out, "%s\"%s\":%u", comma, row->name, *stm32l4_flash_reg(f, row->offset));
		comma = ",";
	}
	fprintf(out, "}}");
}

static void put_bits(struct stm32l4_flash *f, unsigned reg, unsigned msb, unsigned lsb,
		     uint32_t value)
{
	const struct flash_option_row *row = option_at(f, reg);
	uint32_t mask = (0xffffffffu >> (31 - (msb - lsb))) << lsb & row->writable;
	uint32_t word = (uint32_t)f->stored[row->id];

	if ((uint32_t)(f->stored[row->id] >> 32) != ~word)
		word = f->loaded[row->id];	/* it was corrupted: start from what is active */
	stm32l4_options_provision(f, row->id, (word & ~mask) | (value << lsb & mask));
}

static bool fits(const struct stm32l4_flash *f, unsigned reg, unsigned msb, unsigned lsb,
		 uint32_t value)
{
	uint32_t mask = option_at(f, reg)->writable;

	return value <= bits_get(mask, msb, lsb);
}

static bool put_field(struct stm32_chip *chip, const struct field *d, const uint32_t *first,
		      const uint32_t *last, char *error, size_t error_size)
{
	struct stm32l4_flash *f = &chip->flash;

	if ((last != NULL) != (d->last_reg != 0)) {
		snprintf(error, error_size, last ? "%s takes one value" :
			 "%s takes its first and last index, as in %s=0..15", d->name, d->name);
		return false;
	}
	if (!fits(f, d->reg, d->msb, d->lsb, *first) ||
	    (last != NULL && !fits(f, d->last_reg, d->last_msb, d->last_lsb, *last))) {
		snprintf(error, error_size, "%u is more than %s can hold", last ? *last : *first, d->name);
		return false;
	}
	put_bits(f, d->reg, d->msb, d->lsb, *first);
	if (last != NULL)
		put_bits(f, d->last_reg, d->last_msb, d->last_lsb, *last);
	return true;
}

bool stm32_chip_set_option(struct stm32_chip *chip, const char *name, const uint32_t *first,
			   const uint32_t *last, char *error, size_t error_size)
{
	int used;

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (strcmp(name, fields[i].name) == 0 && has_field(chip, &fields[i]))
			return put_field(chip, &fields[i], first, last, error, error_size);
	}
	used = snprintf(error, error_size, "%s has no option %s; it has", chip->part->name, name);
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (has_field(chip, &fields[i]) && used >= 0 && (size_t)used < error_size)
			used += snprintf(error + used, error_size - (size_t)used, " %s", fields[i].name);
	}
	return false;
}
