/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which i.MX RT this is, and how its FlexRAM is partitioned. Nothing here halts or resets. */
#include "flash/imxrt_regs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CPUID_M7 0x410fc270u

/* Words of the ROM that differ from family to family: at 0x208000, 0x20a000 and 0x20c000. */
static const struct rom_print {
	uint8_t digprog;
	uint32_t words[3];
} rom_prints[] = {
	{ 0x6d, { 0x2805eb03, 0xf88d10c9, 0xf810f000 } },
	{ 0x6b, { 0x4038f88d, 0xe9dd9a03, 0x7831688a } },
	{ 0x6a, { 0x9e016037, 0x2101eb10, 0xf04fd502 } },
	{ 0x6c, { 0xb0893000, 0x80dbf000, 0xf2c44100 } },
};

enum err imxrt_ap(struct target *t, struct mem_ap **ap)
{
	if (t->ap == NULL)
		return error_next(error_why(ERR_NOT_EXAMINED, "%s has not been identified yet", t->name),
				  "if its program locks the debugger out, run \"imxrt rescue\"");
	*ap = t->ap;
	return OK;
}

static uint8_t family_of_rom(const uint32_t words[3])
{
	for (size_t i = 0; i < ARRAY_SIZE(rom_prints); i++)
		if (memcmp(words, rom_prints[i].words, sizeof(rom_prints[i].words)) == 0)
			return rom_prints[i].digprog;
	return 0;
}

static bool is_known(uint8_t digprog)
{
	for (const struct imxrt_part *p = imxrt_parts; p->name != NULL; p++)
		if (p->digprog == digprog)
			return true;
	return false;
}

static enum err read_core(struct mem_ap *ap, uint32_t *cpuid)
{
	enum err rc = mem_ap_read32(ap, SCB_CPUID, cpuid);

	if (rc == OK)
		return OK;
	rc = error_what(rc, "the chip cannot be identified");
	return error_next(rc, "if the program waits with the core's clock off (WFI with CLPCR.LPM = 1), "
			      "run \"imxrt rescue\"");
}

/* The ROM of the RT1160 and RT1170 in its revisions: at 0x218000, 0x21a000 and 0x21c000. */
static const uint32_t rom_prints_117x[][3] = {
	{ 0xe00714d0, 0xdc012904, 0x9100010e },
	{ 0xf24a0110, 0x9909a810, 0xf44f6030 },
	{ 0xf6c87012, 0x430861e0, 0x6830b1cc },
};

/* Nothing but reads: whose registers stand at the addresses of the RT10xx is not known. */
static bool is_imxrt_117x(struct mem_ap *ap)
{
	uint32_t words[3] = { 0 };

	for (unsigned i = 0; i < 3; i++)
		mem_ap_queue_read32(ap, 0x00218000u + 0x2000u * i, &words[i]);
	if (mem_ap_run(ap) != OK)
		error_clear();
	for (size_t i = 0; i < ARRAY_SIZE(rom_prints_117x); i++)
		if (memcmp(words, rom_prints_117x[i], sizeof(words)) == 0)
			return true;
	return false;
}

static enum err not_imxrt(struct mem_ap *ap, uint32_t cpuid, uint32_t digprog, bool has_digprog)
{
	bool is_m7 = (cpuid & 0xff0ffff0) == CPUID_M7;

	if (is_m7 && is_imxrt_117x(ap)) {
		error_why(ERR_UNSUPPORTED, "this is an i.MX RT1160 or RT1170 by its boot ROM: its "
			  "registers, fuses and flash controllers are not those of the RT10xx");
		return error_next(ERR_UNSUPPORTED, "debug its core with target/cortex_m.cfg; the verbs and "
				  "the flash of the RT10xx are not for it");
	}
	if (!is_m7)
		error_why(ERR_UNSUPPORTED, "this is no i.MX RT10xx: those have a Cortex-M7, CPUID is "
			  "0x%08x", cpuid);
	else if (!has_digprog)
		error_why(ERR_UNSUPPORTED, "this is no i.MX RT10xx: there is nothing at 0x400d8260 "
			  "(DIGPROG), CPUID is 0x%08x", cpuid);
	else
		error_why(ERR_UNSUPPORTED, "this is no i.MX RT10xx that is known: DIGPROG is 0x%08x, CPUID "
			  "0x%08x", digprog, cpuid);
	return error_next(ERR_UNSUPPORTED, "use the target script of the chip that is on the board");
}

/* The ROM says it too; its clock may be off. */
static uint8_t read_rom_family(struct mem_ap *ap)
{
	uint32_t words[3] = { 0 };

	for (unsigned i = 0; i < 3; i++)
		mem_ap_queue_read32(ap, 0x00208000u + 0x2000u * i, &words[i]);
	if (mem_ap_run(ap) != OK) {
		error_clear();
		return 0;
	}
	return family_of_rom(words);
}

/* Fuse words 1..4 by their shadow registers. The gate of OCOTP is opened for the moment if it is shut. */
static enum err read_fuses(struct mem_ap *ap, uint32_t fuse[5])
{
	uint32_t ccgr2 = 0;

	TRY(mem_ap_read32(ap, CCM_CCGR(2), &ccgr2));
	bool is_shut = bits_get(ccgr2, 13, 12) == 0;

	if (is_shut)
		mem_ap_queue_write32(ap, CCM_CCGR(2), ccgr2 | 3u << 12);
	for (unsigned i = 1; i < 5; i++)
		mem_ap_queue_read32(ap, OCOTP_SHADOW(i), &fuse[i]);
	enum err rc = mem_ap_run(ap);

	if (is_shut)
		rc = error_first(rc, mem_ap_write32(ap, CCM_CCGR(2), ccgr2));
	return rc;
}

/* RT1015 has half the RAM of its sisters: four banks, and none above 0x20210000 by default. */
static bool has_more_ocram(struct mem_ap *ap)
{
	uint32_t gpr16 = 0, gpr17 = 0, word = 0;

	mem_ap_queue_read32(ap, GPR16, &gpr16);
	mem_ap_queue_read32(ap, GPR17, &gpr17);
	if (mem_ap_run(ap) == OK && (gpr16 & GPR16_BANK_CFG_SEL))
		return gpr17 >> 8 != 0;
	error_clear();
	if (mem_ap_read32(ap, 0x2021fffc, &word) == OK)
		return true;
	error_clear();
	return false;
}

static const struct imxrt_part *choose(struct mem_ap *ap, const struct imxrt_chip *chip, uint8_t family)
{
	const struct imxrt_part *best = NULL;
	bool is_small = family == 0x6b && !chip->has_sip && !has_more_ocram(ap);

	for (const struct imxrt_part *p = imxrt_parts; p->name != NULL; p++) {
		if (p->digprog != family || p->has_sip != chip->has_sip)
			continue;
		if (best == NULL || (is_small && p->flexram_bytes < best->flexram_bytes))
			best = p;
	}
	return best;
}

static enum err read_family(struct mem_ap *ap, struct imxrt_chip *chip, uint8_t *family)
{
	uint32_t cpuid = 0;

	TRY(read_core(ap, &cpuid));
	if ((cpuid & 0xff0ffff0) != CPUID_M7)
		return not_imxrt(ap, cpuid, 0, false);
	enum err rc = mem_ap_read32(ap, DIGPROG, &chip->digprog);

	if (rc == ERR_BUS) {
		error_clear();
		return not_imxrt(ap, cpuid, 0, false);
	}
	TRY(rc);
	uint8_t rom = read_rom_family(ap);

	*family = (uint8_t)bits_get(chip->digprog, 23, 16);
	if (!is_known(*family) && rom == 0)
		return not_imxrt(ap, cpuid, chip->digprog, true);
	if (!is_known(*family)) {
		log_warning("DIGPROG 0x%08x is not known: the boot ROM is that of family 0x%02x",
			    chip->digprog, rom);
		*family = rom;
	} else if (rom != *family) {
		log_debug("the boot ROM's fingerprint is %s", rom != 0 ? "another family's" : "not known");
	}
	return OK;
}

enum err imxrt_identify(struct target *t, struct imxrt_chip *chip)
{
	struct mem_ap *ap = NULL;
	uint32_t fuse[5] = { 0 };
	uint8_t family = 0;

	*chip = (struct imxrt_chip){ 0 };
	TRY(imxrt_ap(t, &ap));
	TRY(read_family(ap, chip, &family));
	enum err rc = read_fuses(ap, fuse);

	if (rc == ERR_BUS)
		error_clear();
	else
		TRY(rc);
	chip->sip_known = rc == OK;
	chip->has_sip = fuse[4] & BIT(20);
	chip->uid = (uint64_t)fuse[2] << 32 | fuse[1];
	chip->part = choose(ap, chip, family);
	if (chip->part == NULL) {	/* a package flash that no part of this family has */
		log_warning("fuse 0x440 says there is a flash in the package, but no known part of this "
			    "family has one");
		chip->has_sip = false;
		chip->part = choose(ap, chip, family);
	}
	chip->is_guess = !chip->sip_known || (family == 0x6b && !chip->has_sip);
	snprintf(chip->revision, sizeof(chip->revision), "%c%u",
		 (int)('A' + bits_get(chip->digprog, 11, 8)), bits_get(chip->digprog, 3, 0));
	return OK;
}

enum err imxrt_chip_of(struct target *t, const struct imxrt_chip **chip)
{
	if (t->chip_notes == NULL) {
		struct imxrt_chip *found = xcalloc(1, sizeof(*found));
		enum err rc = imxrt_identify(t, found);

		if (rc != OK) {
			free(found);
			return rc;
		}
		t->chip_notes = found;
	}
	*chip = t->chip_notes;
	return OK;
}

/* Fuse 0x6d0[19:16], default partition: ITCM, DTCM, OCRAM in KiB (Fusemap, "Default_FlexRAM_Part"). */
static const uint16_t partitions_512k[16][3] = {
	{ 128, 128, 256 }, { 64, 128, 320 }, { 256, 128, 128 }, { 32, 128, 352 },
	{ 128, 64, 320 },  { 64, 64, 384 },  { 256, 64, 192 },	{ 448, 0, 64 },
	{ 128, 256, 128 }, { 64, 256, 192 }, { 256, 192, 64 },	{ 0, 448, 64 },
	{ 128, 0, 384 },   { 32, 32, 448 },  { 256, 0, 256 },	{ 0, 0, 512 },
};
static const uint16_t partitions_256k[16][3] = {
	{ 64, 64, 128 }, { 64, 128, 64 }, { 0, 128, 128 }, { 32, 128, 96 },
	{ 128, 64, 64 }, { 0, 192, 64 },  { 32, 64, 160 }, { 0, 64, 192 },
	{ 64, 32, 160 }, { 128, 32, 96 }, { 160, 32, 64 }, { 0, 32, 224 },
	{ 128, 0, 128 }, { 32, 32, 192 }, { 192, 0, 64 },  { 0, 0, 256 },
};

static void ram_by_fuse(const struct imxrt_part *part, unsigned code, struct imxrt_ram *ram)
{
	const uint16_t *row = part->flexram_bytes == 512 * 1024 ? partitions_512k[code]
								: partitions_256k[code];
	uint32_t unit = part->flexram_bytes == 128 * 1024 ? 512 : 1024; /* half of the 256 KiB parts */

	ram->itcm = row[0] * unit;
	ram->dtcm = row[1] * unit;
	ram->ocram = row[2] * unit;
}

static void ram_by_gpr17(const struct imxrt_part *part, uint32_t gpr17, struct imxrt_ram *ram)
{
	uint32_t *sizes[4] = { NULL, &ram->ocram, &ram->dtcm, &ram->itcm };

	for (unsigned bank = 0; bank < part->flexram_bytes / 0x8000; bank++) {
		uint32_t *size = sizes[gpr17 >> 2 * bank & 3];

		if (size != NULL)
			*size += 0x8000;
	}
}

enum err imxrt_read_ram(struct target *t, const struct imxrt_chip *chip, struct imxrt_ram *ram)
{
	uint32_t gpr16 = 0, gpr17 = 0, fuse = 0;
	struct mem_ap *ap = NULL;

	*ram = (struct imxrt_ram){ 0 };
	TRY(imxrt_ap(t, &ap));
	mem_ap_queue_read32(ap, GPR16, &gpr16);
	mem_ap_queue_read32(ap, GPR17, &gpr17);
	TRY(mem_ap_run(ap));
	ram->from_gpr = gpr16 & GPR16_BANK_CFG_SEL;
	if (ram->from_gpr) {
		ram_by_gpr17(chip->part, gpr17, ram);
		return OK;
	}
	/* OCOTP's gate is shut in some programs: an unburnt fuse is by far the likeliest then. */
	if (mem_ap_read32(ap, OCOTP_SHADOW(0x2d), &fuse) != OK)
		error_clear();
	ram_by_fuse(chip->part, bits_get(fuse, 19, 16), ram);
	return OK;
}
