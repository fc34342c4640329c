/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * serial_nor: status registers as meaning. Two layouts: that of W25Q32JV 7.1 (Winbond, GigaDevice,
 * Adesto, XMC, Boya), with BP2-0, TB, SEC and CMP; and that of IS25WP064A 6.1 (ISSI, Macronix), with
 * BP3-0 and the quad bit in the first register.
 */
#include "flash/serial_nor.h"

#define SR1_BUSY	BIT(0)
#define SR1_WEL		BIT(1)
#define SR1_TB		BIT(5)
#define SR1_SEC		BIT(6)
#define SR1_SRP		BIT(7)
#define SR2_SRL		BIT(0)
#define SR2_QE		BIT(1)
#define SR2_CMP		BIT(6)
#define SR2_SUS		BIT(7)
#define SR3_WPS		BIT(2)
#define ISSI_QE		BIT(6)
#define ISSI_SRWD	BIT(7)
#define ISSI_TBS	BIT(1)
#define ISSI_SUSPENDED	(BIT(2) | BIT(3))
#define MX_CR_TB	BIT(3)
#define MX_SUSPENDED	(BIT(2) | BIT(3)) /* PSB, ESB of the security register */
#define GD_SUS2		BIT(2)		  /* of status register 2: a program */

struct bit_words {
	uint8_t mask;
	const char *name, *words;
};

static const struct bit_words winbond_bits[3][9] = {
	{
		{ BIT(0), "BUSY", "an erase or program is running" },
		{ BIT(1), "WEL", "write enabled" },
		{ 0x1c, "BP2-0", "block protection" },
		{ BIT(5), "TB", "protects from the bottom" },
		{ BIT(6), "SEC", "protects 4 KiB sectors" },
		{ BIT(7), "SRP", "the WP# pin locks the status registers" },
		{ 0 },
	},
	{
		{ BIT(0), "SRL", "status registers locked until power goes" },
		{ BIT(1), "QE", "quad enabled" },
		{ BIT(3), "LB1", "security register 1 locked for ever" },
		{ BIT(4), "LB2", "security register 2 locked for ever" },
		{ BIT(5), "LB3", "security register 3 locked for ever" },
		{ BIT(6), "CMP", "protects the complement" },
		{ BIT(7), "SUS", "an erase or program is suspended" },
		{ 0 },
	},
	{
		{ BIT(2), "WPS", "each block has a lock of its own" },
		{ 0x60, "DRV", "drive strength" },
		{ BIT(7), "HOLD/RST", "the HOLD# pin is RESET#" },
		{ 0 },
	},
};

static const struct bit_words issi_bits[3][9] = {
	{
		{ BIT(0), "WIP", "an erase or program is running" },
		{ BIT(1), "WEL", "write enabled" },
		{ 0x3c, "BP3-0", "block protection" },
		{ BIT(6), "QE", "quad enabled" },
		{ BIT(7), "SRWD", "the WP# pin locks the status register" },
		{ 0 },
	},
	{
		{ BIT(1), "TBS", "protects from the bottom (for ever)" },
		{ BIT(2), "PSUS", "a program is suspended" },
		{ BIT(3), "ESUS", "an erase is suspended" },
		{ BIT(4), "IRL0", "information row 0 locked for ever" },
		{ BIT(5), "IRL1", "information row 1 locked for ever" },
		{ BIT(6), "IRL2", "information row 2 locked for ever" },
		{ BIT(7), "IRL3", "information row 3 locked for ever" },
		{ 0 },
	},
	{ { 0 } },
};

static bool has_issi_layout(const struct serial_nor *nor)
{
	return nor->vendor == NOR_ISSI || nor->vendor == NOR_MACRONIX ||
	       nor->quad_enable == QER_SR1_BIT6;
}

/* Where 35h reads no register it changes the mode: ISSI, Macronix and Micron enter QPI by it. */
bool serial_nor_has_sr2(const struct serial_nor *nor)
{
	if (nor->vendor == NOR_ISSI || nor->vendor == NOR_MACRONIX)
		return false;
	switch (nor->quad_enable) {
	case QER_NONE: case QER_SR1_BIT6: case QER_SR2_BIT7:
		return nor->vendor == NOR_WINBOND || nor->vendor == NOR_GIGADEVICE ||
		       nor->vendor == NOR_ADESTO;
	default:
		return true;
	}
}

/* `unit` << (code - 1), at most all. */
static uint32_t shifted(uint32_t unit, unsigned code, uint32_t all)
{
	uint64_t length = code == 0 ? 0 : (uint64_t)unit << (code - 1);

	return (uint32_t)MIN(length, all);
}

/* Macronix: 64 KiB with code 1, doubling up to all; the others: a 128th of it, all from code 8 on. */
static uint32_t issi_length(const struct serial_nor *nor, unsigned code)
{
	if (nor->vendor == NOR_MACRONIX)
		return shifted(0x10000, code, nor->bytes);
	return code >= 8 ? nor->bytes : shifted(MAX(nor->bytes / 128, 0x10000u), code, nor->bytes);
}

static void set_range(struct nor_status *s, uint32_t bytes, uint32_t length, bool bottom)
{
	s->protected_bytes = MIN(length, bytes);
	s->protected_first = bottom ? 0 : bytes - s->protected_bytes;
}

static void decode_winbond(const struct serial_nor *nor, struct nor_status *s)
{
	unsigned code = (s->sr[0] >> 2) & 7;
	bool bottom = (s->sr[0] & SR1_TB) != 0;
	uint32_t length;

	if (code == 7)
		length = nor->bytes;
	else if (s->sr[0] & SR1_SEC)	/* codes 4 to 6 are 32 KiB */
		length = MIN(shifted(4096, code, nor->bytes), 0x8000u);
	else
		length = shifted(MAX(nor->bytes / 64, 0x10000u), code, nor->bytes);
	if (s->sr[1] & SR2_CMP) {
		length = nor->bytes - length;
		bottom = !bottom;
	}
	set_range(s, nor->bytes, length, bottom);
	s->is_quad = (s->sr[1] & SR2_QE) != 0;
	s->is_suspended = (s->sr[1] & SR2_SUS) ||
			  (nor->vendor == NOR_GIGADEVICE && (s->sr[1] & GD_SUS2));
	s->is_locked_until_power_cycle = (s->sr[1] & SR2_SRL) != 0;
	/* With quad enabled the pin is a data line. */
	s->is_locked_by_pin = (s->sr[0] & SR1_SRP) && !s->is_quad && !(s->sr[1] & SR2_SRL);
	s->needs_block_unlock = nor->vendor == NOR_WINBOND && (s->sr[2] & SR3_WPS);
	if (s->needs_block_unlock)
		s->protected_first = s->protected_bytes = 0;
}

static void decode_issi(const struct serial_nor *nor, struct nor_status *s)
{
	unsigned code = (s->sr[0] >> 2) & 0xf;
	bool is_mx = nor->vendor == NOR_MACRONIX;
	bool bottom = (s->sr[1] & (is_mx ? MX_CR_TB : ISSI_TBS)) != 0;

	set_range(s, nor->bytes, issi_length(nor, code), bottom);
	s->is_quad = (s->sr[0] & ISSI_QE) != 0;
	s->is_suspended = is_mx ? (s->sr[2] & MX_SUSPENDED) != 0 : (s->sr[1] & ISSI_SUSPENDED) != 0;
	s->is_locked_by_pin = (s->sr[0] & ISSI_SRWD) && !s->is_quad;
}

void serial_nor_decode_status(const struct serial_nor *nor, struct nor_status *status)
{
	struct nor_status s = { .sr = { status->sr[0], status->sr[1], status->sr[2] } };

	s.is_busy = (s.sr[0] & SR1_BUSY) != 0;
	s.is_write_enabled = (s.sr[0] & SR1_WEL) != 0;
	if (has_issi_layout(nor))
		decode_issi(nor, &s);
	else
		decode_winbond(nor, &s);
	*status = s;
}

static void describe_register(const char *name, uint8_t value, const struct bit_words *bits,
			      struct buf *out)
{
	const char *between = "";

	buf_printf(out, "%s 0x%02x: ", name, value);
	for (; bits->mask != 0; bits++) {
		if (!(value & bits->mask))
			continue;
		buf_printf(out, "%s%s", between, bits->name);
		if (bits->mask & (bits->mask - 1u))
			buf_printf(out, "=%u", (value & bits->mask) / (bits->mask & -bits->mask));
		buf_printf(out, " (%s)", bits->words);
		between = ", ";
	}
	buf_printf(out, "%s\n", *between == '\0' ? "nothing set" : "");
}

void serial_nor_describe_status(const struct serial_nor *nor, const struct nor_status *s,
				struct buf *out)
{
	static const char *const winbond_names[] = { "status register 1", "status register 2",
						     "status register 3" };
	static const char *const issi_names[] = { "status register", "function register", NULL };
	bool issi = has_issi_layout(nor);

	if (nor->vendor == NOR_MACRONIX) {
		describe_register("status register", s->sr[0], issi_bits[0], out);
		buf_printf(out, "configuration register 0x%02x\nsecurity register 0x%02x%s\n", s->sr[1],
			   s->sr[2], s->is_suspended ? ": an erase or program is suspended" : "");
	} else {
		unsigned registers = nor->vendor == NOR_ISSI ? 2 : nor->vendor == NOR_WINBOND ? 3 :
				     serial_nor_has_sr2(nor) ? 2 : 1;

		for (unsigned i = 0; i < registers; i++)
			describe_register((issi ? issi_names : winbond_names)[i], s->sr[i],
					  (issi ? issi_bits : winbond_bits)[i], out);
	}
	if (s->needs_block_unlock)
		buf_printf(out, "protection: each block has its own lock (WPS)\n");
	else if (s->protected_bytes == 0)
		buf_printf(out, "protection: none\n");
	else
		buf_printf(out, "protection: 0x%x..0x%x%s\n", s->protected_first,
			   s->protected_first + (s->protected_bytes - 1),
			   s->protected_bytes == nor->bytes ? ", the whole flash" : "");
}

static bool protects(const struct serial_nor *nor, struct nor_status *s, uint32_t first,
		     uint32_t bytes)
{
	serial_nor_decode_status(nor, s);
	return s->protected_bytes == bytes && (bytes == 0 || s->protected_first == first);
}

bool serial_nor_protection_for(const struct serial_nor *nor, const struct nor_status *now,
			       uint32_t first, uint32_t bytes, uint8_t sr[3])
{
	bool issi = has_issi_layout(nor);
	unsigned codes = issi ? 16 : 64;	/* BP3-0, or BP2-0, TB and SEC */
	uint8_t mask = issi ? 0x3c : 0x7c;

	for (unsigned cmp = 0; cmp < (issi ? 1u : 2u); cmp++) {
		for (unsigned code = 0; code < codes; code++) {
			struct nor_status s = { .sr = { now->sr[0], now->sr[1], now->sr[2] } };

			s.sr[0] = (uint8_t)((s.sr[0] & ~(mask | SR1_BUSY | SR1_WEL)) |
					    ((code << 2) & mask));
			if (!issi) {
				s.sr[1] = (uint8_t)(s.sr[1] & ~(SR2_CMP | SR2_SUS));
				s.sr[1] |= cmp ? SR2_CMP : 0;
				s.sr[2] = (uint8_t)(s.sr[2] & ~SR3_WPS);
			}
			if (!protects(nor, &s, first, bytes))
				continue;
			for (unsigned i = 0; i < 3; i++)
				sr[i] = s.sr[i];
			return true;
		}
	}
	return false;
}
