/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stm32l4: the chip and its option bytes in words. */
#include "flash/stm32l4_option.h"

static void describe_field(const struct stm32l4_field *o, uint32_t optr, struct buf *out)
{
	uint32_t value = bits_get(optr, o->msb, o->lsb);

	if (o->msb != o->lsb)
		buf_printf(out, "  OPTR[%u:%u] %s = ", o->msb, o->lsb, o->name);
	else
		buf_printf(out, "  OPTR[%u] %s = ", o->lsb, o->name);
	stm32l4_describe_value(o, value, out);
	buf_putc(out, '\n');
}

enum err stm32l4_describe_options(struct flash_bank *bank, struct buf *out)
{
	struct stm32l4 *f = bank->priv;
	struct stm32l4_area areas[2 * MAX_AREAS];
	uint32_t optr;
	size_t count;

	TRY(stm32l4_read(bank, f->layout->optr, &optr));
	buf_printf(out, "  FLASH_OPTR = 0x%08x\n", optr);
	for (const struct stm32l4_field *o = stm32l4_fields(f->line); o->name != NULL; o++)
		if (o->reg == f->line->layout->optr)
			describe_field(o, optr, out);
	if (f->is_otp)
		return OK;
	TRY(stm32l4_check_swap(bank));
	TRY(stm32l4_read_areas(bank, areas, &count));
	for (size_t i = 0; i < count; i++)
		stm32l4_describe_area(&areas[i], out);
	return OK;
}

enum err stm32l4_info(struct flash_bank *bank, struct buf *out)
{
	struct stm32l4 *f = bank->priv;
	uint16_t rev = (uint16_t)(f->idcode >> 16);

	buf_printf(out, "%s - Rev %s : 0x%04x - %s-bank\n", f->line->name,
		   stm32l4_revision_name(f->line, rev), rev,
		   f->is_otp ? "OTP" : f->g.dual ? "Flash dual" : "Flash single");
	return stm32l4_describe_options(bank, out);
}

/* The chip in words */

/* RM0351 49.3, PKG; the other lines number their packages in their own ways. */
static enum err describe_package(const struct stm32l4_line *line, uint32_t code, struct buf *out)
{
	static const struct { uint32_t code; const char *name; } packages[] = {
		{ 0, "LQFP64" }, { 2, "LQFP100" }, { 3, "UFBGA132" },
		{ 4, "LQFP144, WLCSP81 or WLCSP72" }, { 16, "UFBGA169" }, { 17, "WLCSP100" },
	};

	buf_printf(out, "package: code %u", code);
	for (size_t i = 0; i < ARRAY_SIZE(packages); i++)
		if (packages[i].code == code && (line->dev_id == 0x415 || line->dev_id == 0x461))
			buf_printf(out, ", %s", packages[i].name);
	buf_putc(out, '\n');
	return OK;
}

/* A bit of OPTR by name; false, and *value as it was, if the line has none. */
static bool get_bit(const struct stm32l4 *f, uint32_t optr, const char *name, uint32_t *value)
{
	const struct stm32l4_field *field = stm32l4_find_field(f->line, name);

	if (field != NULL)
		*value = bits_get(optr, field->msb, field->lsb);
	return field != NULL;
}

static enum err describe_identity(struct flash_bank *bank, struct buf *out)
{
	struct stm32l4 *f = bank->priv;
	uint16_t rev = (uint16_t)(f->idcode >> 16);
	uint32_t uid[3], package = 0;

	buf_printf(out, "chip: %s, revision %s (DBGMCU_IDCODE = 0x%08x)\n", f->line->name,
		   stm32l4_revision_name(f->line, rev), f->idcode);
	TRY(stm32l4_read_uid(bank, uid));
	buf_printf(out, "unique id: 0x%08x 0x%08x 0x%08x", uid[0], uid[1], uid[2]);
	/* RM0351 49.1: coordinates, wafer number, lot in ASCII. */
	buf_printf(out, ": wafer %u at X %u, Y %u, lot \"", uid[1] & 0xff, uid[0] & 0xffff, uid[0] >> 16);
	for (unsigned i = 0; i < 7; i++) {
		unsigned c = i < 3 ? uid[1] >> (8 + 8 * i) : uid[2] >> (8 * (i - 3));

		buf_putc(out, (c & 0xff) >= 0x20 && (c & 0xff) < 0x7f ? (char)(c & 0xff) : '?');
	}
	buf_printf(out, "\"\n");
	if (f->line->package == 0 || target_read_u32(bank->target, f->line->package, &package) != OK) {
		error_clear();
		return OK;
	}
	return describe_package(f->line, package & 0x1f, out);
}

static enum err describe_geometry(struct flash_bank *bank, struct buf *out)
{
	struct stm32l4 *f = bank->priv;
	const struct stm32l4_geometry *g = &f->g;

	buf_printf(out, "flash: %u KiB, %u pages of %u KiB", g->pages * (g->page_bytes / 1024), g->pages,
		   g->page_bytes / 1024);
	if (!g->dual) {
		buf_printf(out, " in one bank, 0x%08x..0x%08x\n", bank->base, bank->base + g->span - 1);
	} else {
		unsigned first = stm32l4_bank_first_sector(f, 0), second = stm32l4_bank_first_sector(f, 1);
		uint32_t one = bank->base + bank->sectors[first].offset;
		uint32_t two = bank->base + bank->sectors[second].offset;

		buf_printf(out, " in two banks: bank 1 at 0x%08x..0x%08x, bank 2 at 0x%08x..0x%08x%s\n",
			   one, one + g->bank_bytes - 1, two, two + g->bank_bytes - 1,
			   f->is_swapped ? " (swapped)" : "");
	}
	if (g->dual && g->bank2_offset > g->bank_bytes)
		buf_printf(out, "  hole: 0x%08x..0x%08x between the banks\n", bank->base + g->bank_bytes,
			   bank->base + g->bank2_offset - 1);
	buf_printf(out, "programming unit: %u bytes, at an address that is a multiple of it\n",
		   f->line->unit);
	return OK;
}

static void describe_boot(struct stm32l4 *f, uint32_t optr, struct buf *out)
{
	uint32_t sw = 1, n0 = 1, n1 = 1, bfb2 = 0;
	bool has_sel = false;

	buf_printf(out, "boot: ");
	if (f->line->has_trustzone) {
		get_bit(f, optr, "nSWBOOT0", &sw);
		get_bit(f, optr, "nBOOT0", &n0);
		if (f->is_tz)
			buf_printf(out, "TrustZone is on: secure, from SECBOOTADD0 or the root of trust");
		else if (sw)
			buf_printf(out, "by the BOOT0 pin (nSWBOOT0 = 1): low NSBOOTADD0, high NSBOOTADD1");
		else
			buf_printf(out, "from NSBOOTADD%u, by option byte (nSWBOOT0 = 0, nBOOT0 = %u)",
				   n0 ? 0 : 1, n0);
		buf_putc(out, '\n');
		return;
	}
	has_sel = get_bit(f, optr, "nBOOT_SEL", &sw);
	if (has_sel)
		sw = !sw;
	else
		get_bit(f, optr, "nSWBOOT0", &sw);
	get_bit(f, optr, "nBOOT0", &n0);
	get_bit(f, optr, "nBOOT1", &n1);
	get_bit(f, optr, "BFB2", &bfb2);
	const char *low = bfb2 ? "system memory, which starts bank 2 if it holds an image (BFB2 = 1)"
			       : "main flash";
	const char *high = n1 ? "system memory (nBOOT1 = 1)" : "SRAM1 (nBOOT1 = 0)";

	if (sw)
		buf_printf(out, "by the %s pin: low %s, high %s\n", has_sel ? "PA14-BOOT0" : "BOOT0", low,
			   high);
	else
		buf_printf(out, "from %s, by option byte (%s, nBOOT0 = %u)\n", n0 ? low : high,
			   has_sel ? "nBOOT_SEL = 1" : "nSWBOOT0 = 0", n0);
}

/* What stands at address 0 now, and a flash that counts as blank (RM0394 2.6.1). */
static enum err describe_booted(struct flash_bank *bank, struct buf *out)
{
	static const char *const places[8] = { "main flash", "system memory", "external memory (FMC)",
					       "SRAM1", "reserved", "reserved", "QUADSPI", "reserved" };
	struct stm32l4 *f = bank->priv;
	uint32_t enr = 0, memrmp = 0, sr = 0, acr = 0;
	bool is_empty;

	if (f->line->around != NULL && f->line->around->memrmp != 0) {
		TRY(target_read_u32(bank->target, f->line->around->syscfg_enr, &enr));
		TRY(target_write_u32(bank->target, f->line->around->syscfg_enr,
				     enr | f->line->around->syscfg_en));
		TRY(target_read_u32(bank->target, f->line->around->memrmp, &memrmp));
		TRY(target_write_u32(bank->target, f->line->around->syscfg_enr, enr));
		buf_printf(out, "  at address 0 now: %s%s\n", places[memrmp & 7],
			   memrmp & MEMRMP_FB_MODE ? ", banks swapped (FB_MODE = 1)" : "");
	}
	TRY(stm32l4_read(bank, f->layout->sr, &sr));
	TRY(stm32l4_read(bank, f->layout->acr, &acr));
	is_empty = f->line->has_pempty ? sr & SR_PEMPTY
				       : !f->line->has_l4_rcc && f->layout->sr == 0x10 && (acr & ACR_EMPTY);
	if (is_empty)
		buf_printf(out, "  the flash was blank when the option bytes were loaded: the boot loader "
				"starts until a power cycle or \"stm32l4x option_load\"\n");
	return OK;
}

static enum err describe_protection(struct flash_bank *bank, uint32_t optr, struct buf *out)
{
	struct stm32l4 *f = bank->priv;
	struct stm32l4_area areas[2 * MAX_AREAS];
	size_t count, shown = 0;

	buf_printf(out, "read protection: RDP = 0x%02X, %s\n", OPTR_RDP(optr),
		   stm32l4_value_words(stm32l4_find_field(f->line, "RDP"), OPTR_RDP(optr)));
	TRY(stm32l4_read_areas(bank, areas, &count));
	buf_printf(out, "protected areas:");
	for (size_t i = 0; i < count; i++) {
		if (!areas[i].is_active)
			continue;
		buf_printf(out, "%s", shown++ == 0 ? "\n" : "");
		stm32l4_describe_area(&areas[i], out);
	}
	if (shown == 0)
		buf_printf(out, " none\n");
	return OK;
}

/* A unit with any 0 bit can never be written again (RM0461 3.3). */
static enum err describe_otp(struct flash_bank *bank, struct buf *out)
{
	struct stm32l4 *f = bank->priv;
	uint8_t bytes[1024];
	size_t n = MIN(f->line->otp_bytes, sizeof(bytes)), used = 0;
	enum err rc = target_read(bank->target, f->line->otp_base, 4, n / 4, bytes);

	if (rc == ERR_ADAPTER_LOST)
		return rc;
	if (rc != OK) {
		error_clear();
		buf_printf(out, "OTP: 0x%08x, %u bytes; it cannot be read now\n", f->line->otp_base,
			   f->line->otp_bytes);
		return OK;
	}
	for (size_t i = 0; i < n; i += f->line->unit)
		used += !is_filled(bytes + i, f->line->unit, 0xff);
	buf_printf(out, "OTP: 0x%08x, %u bytes: %zu of %zu units of %u bytes used\n", f->line->otp_base,
		   f->line->otp_bytes, used, n / f->line->unit, f->line->unit);
	return OK;
}

/* RM0456 7.6.2: with a key provisioned, RDP goes down only after the debugger has shown it. */
static enum err describe_oem_locks(struct flash_bank *bank, struct buf *out)
{
	struct stm32l4 *f = bank->priv;
	uint32_t sr = 0;

	TRY(stm32l4_read(bank, f->layout->sr, &sr));
	if (sr & BIT(18))
		buf_printf(out, "OEM1 key: set (OEM1LOCK = 1), RDP level 1 to 0 needs it\n");
	if (sr & BIT(19))
		buf_printf(out, "OEM2 key: set (OEM2LOCK = 1), RDP level 2 to 1 and 1 to 0.5 need it\n");
	return OK;
}

static enum err describe_second_core(struct flash_bank *bank, struct buf *out)
{
	struct stm32l4 *f = bank->priv;
	const struct stm32l4_field *sfsa = stm32l4_find_field(f->line, "SFSA");
	const struct stm32l4_field *fsd = stm32l4_find_field(f->line, "FSD");
	uint32_t sfr = 0, page;

	if (f->line->has_trustzone)
		buf_printf(out, "TrustZone: %s\n", f->is_tz ? "on (TZEN = 1)" : "off (TZEN = 0)");
	if (f->line->has_wrp_unlock)
		TRY(describe_oem_locks(bank, out));
	if (sfsa == NULL)
		return OK;
	TRY(stm32l4_read(bank, sfsa->reg, &sfr));
	page = bits_get(sfr, sfsa->msb, sfsa->lsb);
	if ((sfr & stm32l4_field_mask(fsd)) || page >= f->g.pages)
		buf_printf(out, "second core: no secure flash area (FLASH_SFR = 0x%08x)\n", sfr);
	else
		buf_printf(out, "second core: pages %u..%u, 0x%08x and above, are its secure area (SFSA = "
				"%u): they cannot be read, erased or programmed from here\n", page,
			   f->g.pages - 1, bank->base + page * f->g.page_bytes, page);
	return OK;
}

enum err stm32l4_describe_chip(struct flash_bank *bank, struct buf *out)
{
	struct stm32l4 *f = bank->priv;
	uint32_t optr;

	TRY(stm32l4_check_swap(bank));
	TRY(stm32l4_read(bank, f->layout->optr, &optr));
	TRY(describe_identity(bank, out));
	TRY(describe_geometry(bank, out));
	describe_boot(f, optr, out);
	TRY(describe_booted(bank, out));
	TRY(describe_protection(bank, optr, out));
	TRY(describe_otp(bank, out));
	return describe_second_core(bank, out);
}
