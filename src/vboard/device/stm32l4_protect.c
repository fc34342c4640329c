/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the loaded option bytes protect: WRP and PCROP areas (RM0351 3.5.2, 3.5.3), secure pages of
 * the lines with TrustZone (RM0438 6.5), the second core's pages of STM32WB (RM0434 3.7).
 *
 * Areas are bound to the physical bank, both ends included, off if the start is behind the end.
 */
#include "vboard/device/stm32l4_flash_parts.h"

const struct flash_pcrop stm32l4_pcrops[] = {
	{ OPT_PCROP1SR, OPT_PCROP1ER, 0 }, { OPT_PCROP1BSR, OPT_PCROP1BER, 0 },
	{ OPT_PCROP2SR, OPT_PCROP2ER, 1 }, { OPT_PCROP2BSR, OPT_PCROP2BER, 1 },
	{ OPT_USER, OPT_USER, 0 }
};

static const struct { enum flash_option option; unsigned bank; } wrps[] = {
	{ OPT_WRP1AR, 0 }, { OPT_WRP1BR, 0 }, { OPT_WRP2AR, 1 }, { OPT_WRP2BR, 1 },
};

/* PCROP counts from the start of the bank. */
bool stm32l4_protect_pcrop(const struct stm32l4_flash *f, const struct flash_pcrop *area,
			   uint32_t *first, uint32_t *end)
{
	const struct flash_option_row *row = stm32l4_options_row(f, area->start);
	bool dual = stm32l4_array_is_dual(f);
	uint32_t unit = dual || !f->family->two_banks ? f->family->pcrop_bytes :
			f->family->pcrop_bytes_single;
	uint32_t bank_bytes = stm32l4_array_bank_bytes(f), start, last, base;

	if (row == NULL || (area->bank == 1 && !dual))
		return false;
	start = f->loaded[area->start] & row->writable & 0xffff;
	last = f->loaded[area->end] & row->writable & 0xffff;
	if (start > last || start * unit >= bank_bytes)
		return false;
	base = area->bank * stm32l4_array_bank_span(f);
	*first = base + start * unit;
	*end = base + MIN((last + 1) * unit, bank_bytes);
	return true;
}

bool stm32l4_protect_has_pcrop(const struct stm32l4_flash *f)
{
	uint32_t first, end;

	for (const struct flash_pcrop *area = stm32l4_pcrops; area->start != OPT_USER; area++) {
		if (stm32l4_protect_pcrop(f, area, &first, &end))
			return true;
	}
	return false;
}

bool stm32l4_protect_in_pcrop(const struct stm32l4_flash *f, uint32_t phys, unsigned bytes)
{
	uint32_t first, end;

	for (const struct flash_pcrop *area = stm32l4_pcrops; area->start != OPT_USER; area++) {
		if (stm32l4_protect_pcrop(f, area, &first, &end) && phys < end &&
		    phys + bytes > first)
			return true;
	}
	return false;
}

static bool in_wrp(const struct stm32l4_flash *f, unsigned bank, uint32_t page)
{
	bool all = f->family->wrp_all_when_single && !stm32l4_array_is_dual(f);

	for (size_t i = 0; i < ARRAY_SIZE(wrps); i++) {
		const struct flash_option_row *row = stm32l4_options_row(f, wrps[i].option);
		uint32_t wrp;

		if (row == NULL || (wrps[i].bank != bank && !all))
			continue;
		wrp = f->loaded[wrps[i].option] & row->writable;
		if (bits_get(wrp, 7, 0) <= page && page <= bits_get(wrp, 23, 16))
			return true;
	}
	return false;
}

/* The watermark, or the page's bit in SECBBxRy. Pages count from the start of the bank. */
bool stm32l4_protect_is_secure(const struct stm32l4_flash *f, uint32_t phys)
{
	unsigned bank = stm32l4_array_bank_of(f, phys);
	uint32_t page = (phys - bank * stm32l4_array_bank_span(f)) / stm32l4_array_page_bytes(f);
	uint32_t wm = f->loaded[bank ? OPT_SECWM2R1 : OPT_SECWM1R1];
	const uint32_t *block;

	if (!stm32l4_options_has_tz(f))
		return false;
	if (bits_get(wm, 6, 0) <= page && page <= bits_get(wm, 22, 16))
		return true;
	block = vb_regs_at((struct vb_regs *)&f->regs,
			   (bank ? SECBB2R1 : SECBB1R1) + page / 32 * 4);
	return block != NULL && (*block & BIT(page % 32));
}

/* Securable memory (RM0440 3.5.5, RM0444 3.5.5): SEC_SIZE pages from the start of the bank. */
bool stm32l4_protect_is_sealed(const struct stm32l4_flash *f, uint32_t phys)
{
	unsigned bank = stm32l4_array_bank_of(f, phys);
	uint32_t page = (phys - bank * stm32l4_array_bank_span(f)) / stm32l4_array_page_bytes(f);
	uint32_t size = f->loaded[OPT_SEC1R] & 0xff;

	if (!(*f->cr & f->family->cr_sec_prot[bank]))
		return false;
	if (bank == 1)	/* G4 has SEC2R, G0 SECR bits 27:20 */
		size = f->row[OPT_SEC2R] ? f->loaded[OPT_SEC2R] & 0xff :
		       bits_get(f->loaded[OPT_SEC1R], 27, 20);
	return page < size;
}

bool stm32l4_protect_is_cpu2(const struct stm32l4_flash *f, uint32_t phys)
{
	uint32_t sfr = f->loaded[OPT_SFR];

	if (f->family->ese == 0 || !(f->loaded[OPT_USER] & f->family->ese) || (sfr & BIT(8)))
		return false;		/* no second core, no security, or FSD: its flash is open */
	return phys / stm32l4_array_page_bytes(f) >= (sfr & 0xff);
}

bool stm32l4_protect_page(const struct stm32l4_flash *f, uint32_t phys, unsigned side)
{
	uint32_t page_bytes = stm32l4_array_page_bytes(f);
	unsigned bank = stm32l4_array_bank_of(f, phys);
	uint32_t page = (phys - bank * stm32l4_array_bank_span(f)) / page_bytes;

	if (in_wrp(f, bank, page) || stm32l4_protect_is_cpu2(f, phys) ||
	    stm32l4_protect_is_sealed(f, phys))
		return true;
	if (stm32l4_options_has_tz(f) && stm32l4_protect_is_secure(f, phys) != (side == 1))
		return true;
	return stm32l4_protect_in_pcrop(f, phys & ~(page_bytes - 1), page_bytes);
}

bool stm32l4_protect_bank(const struct stm32l4_flash *f, unsigned bank, unsigned side)
{
	uint32_t start = bank * stm32l4_array_bank_span(f);

	for (uint32_t at = 0; at < stm32l4_array_bank_bytes(f); at += stm32l4_array_page_bytes(f)) {
		if (stm32l4_protect_page(f, start + at, side))
			return true;
	}
	return false;
}
