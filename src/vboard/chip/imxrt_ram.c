/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * FlexRAM (IMXRT1064RM 11.3 GPR16, GPR17; fuse 0x6D0[19:16]): 32 KiB banks that are ITCM, DTCM, OCRAM
 * or nothing. Each bank slot of the three memories is a region; a slot without a bank has no size, so
 * an access there is a bus error. A bank keeps its bytes when it moves.
 */
#include "vboard/chip/imxrt.h"

#include <stdlib.h>
#include <string.h>

/* A rate that the emulator keeps up with, for the fast core that the ROM leaves. */
#define FETCH_HZ 50000000u

#define FUSE_MISC_CONF0 0x2du
#define BANK_OCRAM 1u
#define BANK_DTCM  2u
#define BANK_ITCM  3u

/* KiB of ITCM and DTCM by fuse code, the rest is OCRAM: parts with 512 KiB, with 256 KiB. */
static const uint16_t defaults[2][16][2] = {
	{ { 128, 128 }, { 64, 128 }, { 256, 128 }, { 32, 128 }, { 128, 64 }, { 64, 64 },
	  { 256, 64 }, { 448, 0 }, { 128, 256 }, { 64, 256 }, { 256, 192 }, { 0, 448 },
	  { 128, 0 }, { 32, 32 }, { 256, 0 }, { 0, 0 } },
	{ { 64, 64 }, { 64, 128 }, { 0, 128 }, { 32, 128 }, { 128, 64 }, { 0, 192 },
	  { 32, 64 }, { 0, 64 }, { 64, 32 }, { 128, 32 }, { 160, 32 }, { 0, 32 },
	  { 128, 0 }, { 32, 32 }, { 192, 0 }, { 0, 0 } },
};

static uint32_t put_banks(uint32_t config, unsigned *bank, unsigned count, uint32_t kind)
{
	while (count-- > 0)
		config |= kind << 2 * (*bank)++;
	return config;
}

/* The order of banks that gives 0x55AFFA55 and 0x00005FA5 for code 0. */
static uint32_t fuse_config(const struct imxrt *chip)
{
	unsigned banks = chip->part->banks, bank = 0;
	unsigned code = bits_get(imxrt_ocotp_shadow(chip->ocotp, FUSE_MISC_CONF0), 19, 16);
	const uint16_t *kib = defaults[banks == 8][code];
	unsigned itcm = kib[0] / 32u, dtcm = kib[1] / 32u, ocram = banks - itcm - dtcm;
	unsigned first_dtcm = banks == 8 ? dtcm : dtcm / 2;
	uint32_t config = 0;

	config = put_banks(config, &bank, ocram / 2, BANK_OCRAM);
	config = put_banks(config, &bank, first_dtcm, BANK_DTCM);
	config = put_banks(config, &bank, itcm, BANK_ITCM);
	config = put_banks(config, &bank, dtcm - first_dtcm, BANK_DTCM);
	return put_banks(config, &bank, ocram - ocram / 2, BANK_OCRAM);
}

static uint32_t config_now(const struct imxrt *chip)
{
	if (chip->iomuxc.gpr[GPR16] & GPR16_BANK_CFG_SEL)
		return chip->iomuxc.gpr[GPR17];
	return fuse_config(chip);
}

static unsigned give(struct imxrt *chip, struct vb_region **slots, uint32_t config, uint32_t kind)
{
	unsigned slot = 0;

	for (unsigned bank = 0; bank < chip->part->banks; bank++) {
		if ((config >> 2 * bank & 3) != kind)
			continue;
		vb_bus_remap(chip->board->bus, slots[slot++], chip->banks + bank * BANK_BYTES,
			     BANK_BYTES);
	}
	for (unsigned i = slot; i < chip->part->banks; i++)
		vb_bus_remap(chip->board->bus, slots[i], chip->banks, 0);
	return slot;
}

/* ITCMCR and DTCMCR: SZ is a power of two, 3 for 4 KiB. */
static uint32_t tcm_strap(unsigned banks, bool is_enabled)
{
	uint32_t size = 6;

	if (banks == 0)
		return 0;
	while ((1u << (size - 6)) < banks)
		size++;
	return size << 3 | is_enabled;
}

void imxrt_ram_configure(struct imxrt *chip)
{
	uint32_t config = config_now(chip), gpr16 = chip->iomuxc.gpr[GPR16];
	unsigned itcm = give(chip, chip->itcm, config, BANK_ITCM);
	unsigned dtcm = give(chip, chip->dtcm, config, BANK_DTCM);

	give(chip, chip->ocram, config, BANK_OCRAM);
	if (chip->board->cpu != NULL)
		vb_cpu_set_tcm(chip->board->cpu, tcm_strap(itcm, gpr16 & BIT(0)),
			       tcm_strap(dtcm, gpr16 & BIT(1)));
}

static enum vb_result ram_check(void *ctx, struct vb_access *a, uint32_t offset)
{
	struct imxrt *chip = ctx;

	(void)offset;
	return imxrt_env_is_shut(&chip->env, a) ? VB_FAULT : VB_OK;
}

static enum vb_result rom_check(void *ctx, struct vb_access *a, uint32_t offset)
{
	struct imxrt *chip = ctx;

	if (!imxrt_env_is_on(&chip->env, IMXRT_GATE(5, 0)))
		return VB_FAULT;
	return ram_check(ctx, a, offset);
}

static const struct vb_ram_ops ram_ops = { .check = ram_check };
static const struct vb_ram_ops rom_ops = { .check = rom_check };

static void add_slots(struct imxrt *chip, const char *name, uint32_t base, bool cacheable,
		      struct vb_region **slots)
{
	struct vb_region region = { .name = name, .ram = chip->banks, .writable = true,
				    .executable = true, .cacheable = cacheable,
				    .dap_guarded = true, .ram_ops = &ram_ops, .ctx = chip,
				    .fetch_hz = FETCH_HZ };

	for (unsigned i = 0; i < chip->part->banks; i++) {
		region.base = base + i * BANK_BYTES;
		slots[i] = vb_bus_add(chip->board->bus, &region);
	}
}

/* The words by which debuggers tell the ROM families apart go over whatever is there. */
static void fill_rom(struct imxrt *chip)
{
	const struct imxrt_rom *rom = imxrt_rom(chip->part->family);

	memcpy(chip->rom, rom->bytes, MIN(rom->size, (size_t)chip->part->rom_bytes));
	for (size_t i = 0; i < ARRAY_SIZE(rom->marks); i++) {
		uint32_t offset = rom->marks[i].addr - ROM_BASE;

		if (rom->marks[i].addr != 0 && offset + 4 <= chip->part->rom_bytes)
			put_le32(chip->rom + offset, rom->marks[i].value);
	}
}

void imxrt_ram_add(struct imxrt *chip)
{
	uint32_t flex_base = OCRAM_BASE + chip->part->ocram2_bytes;
	struct vb_region rom = { .name = "ROM", .base = ROM_BASE, .size = chip->part->rom_bytes,
				 .executable = true, .cacheable = true, .dap_guarded = true,
				 .fetch_hz = FETCH_HZ, .ram_ops = &rom_ops,
				 .ctx = chip };
	struct vb_region ocram2 = { .name = "OCRAM2", .base = OCRAM_BASE,
				    .size = chip->part->ocram2_bytes, .writable = true,
				    .executable = true, .cacheable = true, .dap_guarded = true,
				    .fetch_hz = FETCH_HZ, .ram_ops = &ram_ops,
				    .ctx = chip };

	chip->rom = rom.ram = xcalloc(1, chip->part->rom_bytes);
	chip->banks = xcalloc(chip->part->banks, BANK_BYTES);
	fill_rom(chip);
	chip->rom_region = vb_bus_add(chip->board->bus, &rom);
	add_slots(chip, "ITCM", 0x00000000, false, chip->itcm);
	add_slots(chip, "DTCM", 0x20000000, false, chip->dtcm);
	add_slots(chip, "OCRAM", flex_base, true, chip->ocram);
	if (chip->part->ocram2_bytes == 0)
		return;
	chip->ocram2 = ocram2.ram = xcalloc(1, chip->part->ocram2_bytes);
	vb_bus_add(chip->board->bus, &ocram2);
}

void imxrt_ram_free(struct imxrt *chip)
{
	free(chip->rom);
	free(chip->banks);
	free(chip->ocram2);
}

/* Real RAM wakes up with noise; the same noise in every run. After power-on no bank is unused. */
void imxrt_ram_forget(struct imxrt *chip)
{
	const struct vb_region *r;
	uint32_t noise = 0x6d2b79f5;
	uint8_t bytes[1024];

	for (size_t i = 0; (r = vb_bus_region(chip->board->bus, i)) != NULL; i++) {
		if (r->ram_ops != &ram_ops)
			continue;
		for (uint32_t at = 0; at < r->size; at += sizeof(bytes)) {
			for (size_t n = 0; n < sizeof(bytes); n += 4) {
				noise ^= noise << 13;
				noise ^= noise >> 17;
				noise ^= noise << 5;
				put_le32(bytes + n, noise);
			}
			vb_bus_poke(chip->board->bus, r->base + at, bytes, sizeof(bytes));
		}
	}
}
