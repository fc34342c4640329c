/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Option bytes of STM32L4 (RM0351 3.4): stored as a word and its complement, loaded at power-on and
 * by OBL_LAUNCH, edited in the registers, written back all at once by OPTSTRT. Protection follows
 * what was loaded, not what the registers show.
 */
#include "vboard/device/stm32l4_flash_parts.h"

/* Registers RM0351 3.7.8 to 3.7.16, addresses 3.4.1. `ones` are reserved bits that read 1.
 * unconfirmed: PCROP1ER bits 30:28 read 0 here. */
const struct flash_option_row stm32l4_options[OPT_COUNT] = {
	{ "OPTR", 0x20, 0x03bf77ff, 0xfc408800, 0xffeff8aa, 0xfffff8ff, 0, 0x00 },
	{ "PCROP1SR", 0x24, 0x0000ffff, 0xffff0000, 0xffffffff, 0xffff0000, 0, 0x08 },
	{ "PCROP1ER", 0x28, 0x8000ffff, 0x0fff0000, 0x0fff0000, 0x8fffffff, 0, 0x10 },
	{ "WRP1AR", 0x2c, 0x00ff00ff, 0xff00ff00, 0xff00ffff, 0xff00ffff, 0, 0x18 },
	{ "WRP1BR", 0x30, 0x00ff00ff, 0xff00ff00, 0xff00ffff, 0xff00ffff, 0, 0x20 },
	{ "PCROP2SR", 0x44, 0x0000ffff, 0xffff0000, 0xffffffff, 0xffff0000, 1, 0x08 },
	{ "PCROP2ER", 0x48, 0x0000ffff, 0xffff0000, 0xffff0000, 0xffffffff, 1, 0x10 },
	{ "WRP2AR", 0x4c, 0x00ff00ff, 0xff00ff00, 0xff00ffff, 0xff00ffff, 1, 0x18 },
	{ "WRP2BR", 0x50, 0x00ff00ff, 0xff00ff00, 0xff00ffff, 0xff00ffff, 1, 0x20 },
};

static const struct area_regs { enum flash_option start, end; } pcrop_regs[2] = {
	{ OPT_PCROP1SR, OPT_PCROP1ER }, { OPT_PCROP2SR, OPT_PCROP2ER }
};
static const enum flash_option wrp_regs[2][2] = {
	{ OPT_WRP1AR, OPT_WRP1BR }, { OPT_WRP2AR, OPT_WRP2BR }
};

static uint64_t with_complement(uint32_t value)
{
	return (uint64_t)~value << 32 | value;
}

static bool is_sound(uint64_t stored)
{
	return (uint32_t)(stored >> 32) == (uint32_t)~stored;
}

static unsigned level_of(uint32_t optr)
{
	return (optr & 0xff) == 0xaa ? 0 : (optr & 0xff) == 0xcc ? 2 : 1;
}

unsigned stm32l4_options_rdp(const struct stm32l4_flash *f)
{
	return level_of(f->loaded[OPT_USER]);
}

void stm32l4_options_show(struct stm32l4_flash *f)
{
	for (unsigned i = 0; i < OPT_COUNT; i++) {
		const struct flash_option_row *row = &stm32l4_options[i];
		uint8_t *at = f->info[row->info_bank].bytes + FLASH_OPT_OFFSET + row->info_offset;

		put_le32(at, (uint32_t)f->stored[i]);
		put_le32(at + 4, (uint32_t)(f->stored[i] >> 32));
	}
}

void stm32l4_options_reread(struct stm32l4_flash *f)
{
	for (unsigned i = 0; i < OPT_COUNT; i++) {
		const struct flash_option_row *row = &stm32l4_options[i];
		const uint8_t *at = f->info[row->info_bank].bytes + FLASH_OPT_OFFSET +
				    row->info_offset;

		f->stored[i] = get_le32(at) | (uint64_t)get_le32(at + 4) << 32;
	}
}

void stm32l4_options_provision(struct stm32l4_flash *f, enum flash_option option, uint32_t value)
{
	f->stored[option] = with_complement(value);
	stm32l4_options_show(f);
}

void stm32l4_options_factory(struct stm32l4_flash *f)
{
	for (unsigned i = 0; i < OPT_COUNT; i++)
		f->stored[i] = with_complement(stm32l4_options[i].factory);
	stm32l4_options_show(f);
}

void stm32l4_options_restore(struct stm32l4_flash *f)
{
	for (unsigned i = 0; i < OPT_COUNT; i++)
		*stm32l4_flash_reg(f, stm32l4_options[i].offset) = f->loaded[i];
}

/* A word that does not match its complement loads as its safe value and raises OPTVERR. */
void stm32l4_options_load(struct stm32l4_flash *f)
{
	f->optverr = false;
	for (unsigned i = 0; i < OPT_COUNT; i++) {
		const struct flash_option_row *row = &stm32l4_options[i];

		if (is_sound(f->stored[i])) {
			f->loaded[i] = ((uint32_t)f->stored[i] & row->writable) | row->ones;
		} else {
			f->loaded[i] = row->mismatch;
			f->optverr = true;
		}
	}
	stm32l4_options_restore(f);
	stm32l4_array_remap(f);
	if (f->on_options)
		f->on_options(f->chip);
}

/* Areas. PCROP counts double words from the start of the physical bank, both ends included. */

static bool pcrop_area(const struct stm32l4_flash *f, unsigned bank, uint32_t *first, uint32_t *end)
{
	uint32_t start = f->loaded[pcrop_regs[bank].start] & 0xffff;
	uint32_t last = f->loaded[pcrop_regs[bank].end] & 0xffff;
	uint32_t bank_bytes = stm32l4_array_bank_bytes(f);

	if (start > last || start * 8 >= bank_bytes || (bank == 1 && !stm32l4_array_is_dual(f)))
		return false;
	*first = bank * bank_bytes + start * 8;
	*end = bank * bank_bytes + MIN(last * 8 + 8, bank_bytes);
	return true;
}

bool stm32l4_options_has_pcrop(const struct stm32l4_flash *f)
{
	uint32_t first, end;

	return pcrop_area(f, 0, &first, &end) || pcrop_area(f, 1, &first, &end);
}

bool stm32l4_options_in_pcrop(const struct stm32l4_flash *f, uint32_t phys, unsigned bytes)
{
	uint32_t first, end;

	return pcrop_area(f, stm32l4_array_bank_of(f, phys), &first, &end) && phys < end &&
	       phys + bytes > first;
}

bool stm32l4_options_page_locked(const struct stm32l4_flash *f, uint32_t phys)
{
	uint32_t page_bytes = f->family->page_bytes, bank_bytes = stm32l4_array_bank_bytes(f);
	unsigned bank = stm32l4_array_bank_of(f, phys);
	uint32_t page = (phys - bank * bank_bytes) / page_bytes;

	for (unsigned i = 0; i < 2; i++) {
		uint32_t wrp = f->loaded[wrp_regs[bank][i]];

		if ((wrp & 0xff) <= page && page <= bits_get(wrp, 23, 16))
			return true;
	}
	return stm32l4_options_in_pcrop(f, phys & ~(page_bytes - 1), page_bytes);
}

bool stm32l4_options_bank_locked(const struct stm32l4_flash *f, unsigned bank)
{
	uint32_t bank_bytes = stm32l4_array_bank_bytes(f);

	for (uint32_t at = 0; at < bank_bytes; at += f->family->page_bytes) {
		if (stm32l4_options_page_locked(f, bank * bank_bytes + at))
			return true;
	}
	return false;
}

/* Writing them back */

static uint32_t reg(struct stm32l4_flash *f, enum flash_option option)
{
	return *stm32l4_flash_reg(f, stm32l4_options[option].offset);
}

static bool is_regression(struct stm32l4_flash *f)
{
	return stm32l4_options_rdp(f) == 1 && level_of(reg(f, OPT_USER)) == 0;
}

/* With PCROP_RDP clear the bank that holds a PCROP area is erased page by page around it. */
static unsigned kept_pages(struct stm32l4_flash *f, unsigned bank)
{
	uint32_t first, end, page = f->family->page_bytes;

	if ((reg(f, OPT_PCROP1ER) & PCROP_RDP) || !pcrop_area(f, bank, &first, &end))
		return 0;
	return (end - 1) / page - first / page + 1;
}

static uint64_t regression_ns(struct stm32l4_flash *f)
{
	unsigned banks = stm32l4_array_is_dual(f) ? 2 : 1;
	uint32_t pages = stm32l4_array_bank_bytes(f) / f->family->page_bytes;
	uint64_t ns = f->family->mass_erase_ns;

	for (unsigned bank = 0; bank < banks; bank++) {
		unsigned kept = kept_pages(f, bank);

		if (kept > 0)
			ns += (uint64_t)(pages - kept) * f->family->page_erase_ns;
	}
	return ns;
}

/* RM0351 3.4.2: both option pages are erased, every word is programmed again. */
void stm32l4_options_start(struct stm32l4_flash *f)
{
	uint64_t ns = 2ull * f->family->page_erase_ns + OPT_COUNT * (uint64_t)f->family->program_ns;

	if (*stm32l4_flash_reg(f, FLASH_SR) & SR_BLOCKING) {
		stm32l4_flash_flag(f, SR_PGSERR);
		return;
	}
	if (stm32l4_options_rdp(f) == 2) {
		stm32l4_flash_flag(f, SR_WRPERR);
		return;
	}
	if (is_regression(f))
		ns += regression_ns(f);
	*stm32l4_flash_reg(f, FLASH_CR) |= CR_OPTSTRT;
	stm32l4_flash_begin(f, FLASH_OPTIONS, 3, ns);
}

static void erase_for_regression(struct stm32l4_flash *f)
{
	unsigned banks = stm32l4_array_is_dual(f) ? 2 : 1;
	uint32_t page_bytes = f->family->page_bytes, bank_bytes = stm32l4_array_bank_bytes(f);

	for (unsigned bank = 0; bank < banks; bank++) {
		bool keeps = kept_pages(f, bank) > 0;

		for (uint32_t at = 0; at < bank_bytes; at += page_bytes) {
			uint32_t phys = bank * bank_bytes + at;

			if (!keeps || !stm32l4_options_in_pcrop(f, phys, page_bytes))
				stm32l4_array_erase(f, phys, page_bytes);
		}
		f->bank_is_fresh[bank] = !keeps;
	}
	if (f->on_regression)
		f->on_regression(f->chip);
}

/* An area that is active can grow; a request to shrink it is written but leaves it as it was. */
static void keep_pcrop(struct stm32l4_flash *f, uint32_t next[OPT_COUNT])
{
	for (unsigned bank = 0; bank < 2; bank++) {
		const struct area_regs *r = &pcrop_regs[bank];
		uint32_t first, end, start, last;

		if (!pcrop_area(f, bank, &first, &end))
			continue;
		start = MIN(next[r->start] & 0xffff, f->loaded[r->start] & 0xffff);
		last = MAX(next[r->end] & 0xffff, f->loaded[r->end] & 0xffff);
		if ((next[r->start] & 0xffff) > (next[r->end] & 0xffff)) {	/* removal */
			start = f->loaded[r->start] & 0xffff;
			last = f->loaded[r->end] & 0xffff;
		}
		next[r->start] = (next[r->start] & ~0xffffu) | start;
		next[r->end] = (next[r->end] & ~0xffffu) | last;
	}
}

static void drop_pcrop(uint32_t next[OPT_COUNT])
{
	for (unsigned bank = 0; bank < 2; bank++) {
		next[pcrop_regs[bank].start] = stm32l4_options[pcrop_regs[bank].start].factory;
		next[pcrop_regs[bank].end] = stm32l4_options[pcrop_regs[bank].end].factory;
	}
}

void stm32l4_options_done(struct stm32l4_flash *f)
{
	uint32_t next[OPT_COUNT];

	for (unsigned i = 0; i < OPT_COUNT; i++)
		next[i] = reg(f, i);
	if (is_regression(f))
		erase_for_regression(f);
	if (is_regression(f) && (next[OPT_PCROP1ER] & PCROP_RDP))
		drop_pcrop(next);
	else
		keep_pcrop(f, next);
	for (unsigned i = 0; i < OPT_COUNT; i++)
		f->stored[i] = with_complement(next[i]);
	stm32l4_options_show(f);
	f->stats.option_writes++;
}

/* The pages were erased and not all words are back: none of them matches its complement. */
void stm32l4_options_torn(struct stm32l4_flash *f)
{
	for (unsigned i = 0; i < OPT_COUNT; i++)
		f->stored[i] = UINT64_MAX;
	stm32l4_options_show(f);
}
