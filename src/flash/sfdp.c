/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sfdp: the basic flash parameter table of JESD216. Whatever stands in it was written by somebody
 * else: lengths and pointers are checked, and what a short table does not say stays 0.
 */
#include <string.h>

#include "flash/serial_nor.h"

#define SIGNATURE	0x50444653u	/* "SFDP" */
#define HEADER_BYTES	8u
#define BFPT_ID		0xff00u
#define BFPT_MIN	9u		/* JESD216 before revision A */
#define BFPT_MAX	23u		/* JESD216F */
#define MIN_BYTES	4096u

struct table {
	uint32_t dw[BFPT_MAX + 1];	/* from 1, as JESD216 counts */
	unsigned dwords;
};

static uint16_t header_id(const uint8_t *header)
{
	return (uint16_t)(header[0] | header[7] << 8);
}

/* The newest basic table that lies within what was read. */
static const uint8_t *find_table(const uint8_t *sfdp, size_t n, unsigned *dwords)
{
	const uint8_t *best = NULL;
	unsigned best_revision = 0;

	for (unsigned i = 0; i <= sfdp[6]; i++) {
		const uint8_t *h = sfdp + HEADER_BYTES * (i + 1);
		uint32_t pointer, length;
		unsigned revision;

		if (n < HEADER_BYTES * (i + 2))
			break;
		pointer = h[4] | (uint32_t)h[5] << 8 | (uint32_t)h[6] << 16;
		length = h[3];
		revision = (unsigned)h[2] << 8 | h[1];
		if (header_id(h) != BFPT_ID || h[2] != 1 || length < BFPT_MIN || pointer > n)
			continue;
		/* A table that goes on behind what was read still has its first words. */
		length = (uint32_t)MIN(length, (n - pointer) / 4);
		if (length < BFPT_MIN || (best != NULL && revision <= best_revision))
			continue;
		best = sfdp + pointer;
		best_revision = revision;
		*dwords = MIN(length, BFPT_MAX);
	}
	return best;
}

static enum err decode_density(const struct table *t, struct serial_nor *nor)
{
	uint32_t v = t->dw[2];
	uint64_t bits = (uint64_t)v + 1;

	if (v & BIT(31)) {
		v &= ~BIT(31);
		if (v > 34)
			return error_why(ERR_FORMAT, "SFDP names a size of 2^%u bits", v);
		bits = 1ull << v;
	}
	if (bits % 8 != 0 || bits / 8 < MIN_BYTES || bits / 8 > 0x80000000u)
		return error_why(ERR_FORMAT, "SFDP names a size of %llu bits",
				 (unsigned long long)bits);
	nor->bytes = (uint32_t)(bits / 8);
	return OK;
}

/* DWORD 10: five bits count, two bits unit, for each erase type. */
static void decode_erase_time(const struct table *t, unsigned type, struct nor_erase *erase)
{
	static const uint32_t units_us[] = { 1000, 16000, 128000, 1000000 };
	uint32_t field = t->dw[10] >> (4 + 7 * type);

	if (t->dwords < 10)
		return;
	erase->typical_us = ((field & 0x1f) + 1) * units_us[(field >> 5) & 3];
	erase->max_us = erase->typical_us * 2 * ((t->dw[10] & 0xf) + 1);
}

static void add_erase(struct serial_nor *nor, const struct nor_erase *erase)
{
	unsigned i = 0, k;

	while (i < ARRAY_SIZE(nor->erase) && nor->erase[i].bytes != 0 &&
	       nor->erase[i].bytes < erase->bytes)
		i++;
	if (i == ARRAY_SIZE(nor->erase) || nor->erase[i].bytes == erase->bytes)
		return;
	for (k = ARRAY_SIZE(nor->erase) - 1; k > i; k--)
		nor->erase[k] = nor->erase[k - 1];
	nor->erase[i] = *erase;
}

static void decode_erases(const struct table *t, struct serial_nor *nor)
{
	memset(nor->erase, 0, sizeof(nor->erase));
	for (unsigned type = 0; type < 4; type++) {
		uint32_t half = t->dw[8 + type / 2] >> (type % 2 * 16);
		unsigned power = half & 0xff;
		struct nor_erase erase = { .opcode = (uint8_t)(half >> 8) };

		if (power < 8 || power > 31 || erase.opcode == 0 || erase.opcode == 0xff ||
		    BIT(power) > nor->bytes)
			continue;
		erase.bytes = BIT(power);
		decode_erase_time(t, type, &erase);
		add_erase(nor, &erase);
	}
	if (nor->erase[0].bytes == 0 && (t->dw[1] & 3) == 1) {
		nor->erase[0].bytes = 4096;
		nor->erase[0].opcode = (uint8_t)(t->dw[1] >> 8);
	}
}

static struct nor_read decode_read(uint32_t half)
{
	return (struct nor_read){
		.opcode = (uint8_t)(half >> 8),
		.mode_clocks = (uint8_t)((half >> 5) & 7),
		.dummy_clocks = (uint8_t)(half & 0x1f),
	};
}

/* DWORD 11: page size, page and chip erase times. */
static void decode_program(const struct table *t, struct serial_nor *nor)
{
	static const uint32_t chip_units_us[] = { 16000, 256000, 4000000, 64000000 };
	uint32_t v = t->dw[11], multiplier = 2 * ((v & 0xf) + 1);

	nor->page_bytes = BIT((v >> 4) & 0xf);
	if (nor->page_bytes < 8)
		nor->page_bytes = 0;
	nor->page_typical_us = (((v >> 8) & 0x1f) + 1) * (v & BIT(13) ? 64 : 8);
	nor->page_max_us = nor->page_typical_us * multiplier;
	nor->chip_typical_us = (((v >> 24) & 0x1f) + 1) * chip_units_us[(v >> 29) & 3];
	nor->chip_max_us = (uint32_t)MIN((uint64_t)nor->chip_typical_us * multiplier, 0xffffffffu);
}

/* DWORDs 15 and 16: quad enable, reset, four address bytes. */
static void decode_modes(const struct table *t, struct serial_nor *nor)
{
	unsigned code = (t->dw[15] >> 20) & 7;

	if (t->dwords >= 15)
		nor->quad_enable = code <= QER_SR2_BIT1_31H ? (enum nor_quad_enable)code : QER_NONE;
	if (t->dwords >= 16) {
		nor->has_reset = (t->dw[16] & BIT(12)) != 0;
		if ((t->dw[16] >> 24) & 0x3f)
			nor->has_4_byte = true;
		if (t->dw[16] & BIT(30))
			nor->has_4_byte = nor->needs_4_byte = true;
	}
}

static enum err decode(const struct table *t, struct serial_nor *nor)
{
	unsigned address = (t->dw[1] >> 17) & 3;

	TRY(decode_density(t, nor));
	nor->has_4_byte = address == 1 || address == 2;
	nor->needs_4_byte = address == 2;
	decode_erases(t, nor);
	if (nor->erase[0].bytes == 0)
		return error_why(ERR_FORMAT, "SFDP names no way to erase");
	nor->read_1_4_4 = nor->read_1_1_4 = (struct nor_read){ 0 };
	if (t->dw[1] & BIT(21))
		nor->read_1_4_4 = decode_read(t->dw[3]);
	if (t->dw[1] & BIT(22))
		nor->read_1_1_4 = decode_read(t->dw[3] >> 16);
	if (t->dwords >= 11)
		decode_program(t, nor);
	decode_modes(t, nor);
	return OK;
}

enum err serial_nor_parse_sfdp(const uint8_t *sfdp, size_t n, struct serial_nor *nor)
{
	struct serial_nor found = *nor;
	struct table t = { 0 };
	const uint8_t *bytes;

	if (n < 2 * HEADER_BYTES)
		return error_why(ERR_FORMAT, "SFDP: only %zu bytes", n);
	if (get_le32(sfdp) != SIGNATURE)
		return error_why(ERR_FORMAT, "no SFDP: %02x %02x %02x %02x where \"SFDP\" should be",
				 sfdp[0], sfdp[1], sfdp[2], sfdp[3]);
	if (sfdp[5] != 1)
		return error_why(ERR_FORMAT, "SFDP of revision %u.%u is not known", sfdp[5], sfdp[4]);
	bytes = find_table(sfdp, n, &t.dwords);
	if (bytes == NULL)
		return error_why(ERR_FORMAT, "SFDP has no basic flash parameter table");
	for (unsigned i = 0; i < t.dwords; i++)
		t.dw[i + 1] = get_le32(bytes + 4 * (size_t)i);
	TRY(decode(&t, &found));
	found.has_sfdp = true;
	found.bfpt_dwords = (uint8_t)t.dwords;
	*nor = found;
	return OK;
}
