/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Option bytes of STM32L4 (RM0351 3.4) and its siblings: stored as a word and its complement, loaded
 * at power-on and by OBL_LAUNCH, edited in the registers, written back all at once by OPTSTRT.
 * Protection follows what was loaded, not what the registers show.
 */
#include "vboard/device/stm32l4_flash_parts.h"

static uint64_t with_complement(uint32_t value)
{
	return (uint64_t)~value << 32 | value;
}

static bool is_sound(uint64_t stored)
{
	return (uint32_t)(stored >> 32) == (uint32_t)~stored;
}

const struct flash_option_row *stm32l4_options_row(const struct stm32l4_flash *f,
						   enum flash_option option)
{
	return f->row[option];
}

const struct flash_option_row *stm32l4_options_at(const struct stm32l4_flash *f, uint32_t offset)
{
	for (const struct flash_option_row *row = f->family->options; row->name != NULL; row++) {
		if (row->offset == offset)
			return row;
	}
	return NULL;
}

/* Levels (RM0351 3.5.1). 0x55 is level 0.5 where TrustZone is on, level 1 elsewhere. */

static bool is_tz(const struct stm32l4_flash *f, uint32_t optr)
{
	return optr & f->family->tzen;
}

static bool is_half(const struct stm32l4_flash *f, uint32_t optr)
{
	return is_tz(f, optr) && (optr & 0xff) == 0x55;
}

static unsigned level_of(const struct stm32l4_flash *f, uint32_t optr)
{
	if (is_half(f, optr))
		return 0;
	return (optr & 0xff) == 0xaa ? 0 : (optr & 0xff) == 0xcc ? 2 : 1;
}

unsigned stm32l4_options_rdp(const struct stm32l4_flash *f)
{
	return level_of(f, f->loaded[OPT_USER]);
}

bool stm32l4_options_is_half(const struct stm32l4_flash *f)
{
	return is_half(f, f->loaded[OPT_USER]);
}

bool stm32l4_options_has_tz(const struct stm32l4_flash *f)
{
	return is_tz(f, f->loaded[OPT_USER]);
}

/* Stored words */

void stm32l4_options_show(struct stm32l4_flash *f)
{
	for (const struct flash_option_row *row = f->family->options; row->name != NULL; row++) {
		uint8_t *at = row->info_addr ? stm32l4_info_at(f, row->info_addr) : NULL;

		if (at == NULL)
			continue;
		put_le32(at, (uint32_t)f->stored[row->id]);
		put_le32(at + 4, (uint32_t)(f->stored[row->id] >> 32));
	}
}

void stm32l4_options_reread(struct stm32l4_flash *f)
{
	for (const struct flash_option_row *row = f->family->options; row->name != NULL; row++) {
		const uint8_t *at = row->info_addr ? stm32l4_info_at(f, row->info_addr) : NULL;

		if (at != NULL)
			f->stored[row->id] = get_le32(at) | (uint64_t)get_le32(at + 4) << 32;
	}
}

void stm32l4_options_provision(struct stm32l4_flash *f, enum flash_option option, uint32_t value)
{
	f->stored[option] = with_complement(value);
	stm32l4_options_show(f);
}

void stm32l4_options_factory(struct stm32l4_flash *f)
{
	for (const struct flash_option_row *row = f->family->options; row->name != NULL; row++)
		f->stored[row->id] = with_complement(row->factory);
	stm32l4_options_show(f);
}

void stm32l4_options_torn(struct stm32l4_flash *f)
{
	for (const struct flash_option_row *row = f->family->options; row->name != NULL; row++)
		f->stored[row->id] = UINT64_MAX;
	stm32l4_options_show(f);
}

/* Loading */

void stm32l4_options_restore(struct stm32l4_flash *f)
{
	for (const struct flash_option_row *row = f->family->options; row->name != NULL; row++)
		*stm32l4_flash_reg(f, row->offset) = f->loaded[row->id];
}

/* A word that does not match its complement loads as its safe value and raises OPTVERR. */
void stm32l4_options_load(struct stm32l4_flash *f)
{
	f->optverr = false;
	for (const struct flash_option_row *row = f->family->options; row->name != NULL; row++) {
		uint64_t stored = f->stored[row->id];

		if (is_sound(stored)) {
			f->loaded[row->id] = ((uint32_t)stored & row->writable) | row->ones;
		} else {
			f->loaded[row->id] = row->mismatch;
			f->optverr = true;
		}
	}
	if (f->mode_changes && f->family->mode_loses_contents)
		stm32l4_cells_spoil(f);
	f->mode_changes = false;
	/* Where the swap is an option bit the array follows it; elsewhere SYSCFG says. */
	if (f->family->swap >= SWAP_IF_SET)
		f->fb_mode = stm32l4_array_is_swapped(f);
	f->is_empty = get_le32(&f->cells[stm32l4_array_phys(f, 0)]) == UINT32_MAX;
	stm32l4_options_restore(f);
	stm32l4_array_remap(f);
	if (f->on_options)
		f->on_options(f->chip);
}

/* Writing them back */

static uint32_t reg(struct stm32l4_flash *f, enum flash_option option)
{
	const struct flash_option_row *row = stm32l4_options_row(f, option);

	return row != NULL ? *stm32l4_flash_reg(f, row->offset) : 0;
}

/* Level 1 to 0, and with TrustZone level 0.5 to 0. */
static bool is_regression(struct stm32l4_flash *f)
{
	uint32_t next = reg(f, OPT_USER);

	if (level_of(f, next) != 0 || is_half(f, next))
		return false;
	return stm32l4_options_rdp(f) == 1 || stm32l4_options_is_half(f);
}

/* TZEN is set at level 0 only, and cleared only together with a regression (RM0438 6.6.2). */
static bool breaks_trustzone(struct stm32l4_flash *f)
{
	bool was = stm32l4_options_has_tz(f), is = is_tz(f, reg(f, OPT_USER));

	if (was == is)
		return false;
	return is ? stm32l4_options_rdp(f) != 0 : !is_regression(f);
}

/* With PCROP_RDP clear the bank that holds a PCROP area is erased page by page around it. */
static unsigned kept_pages(struct stm32l4_flash *f, unsigned bank)
{
	uint32_t start = bank * stm32l4_array_bank_span(f), page = stm32l4_array_page_bytes(f);
	unsigned kept = 0;

	if (reg(f, OPT_PCROP1ER) & PCROP_RDP)
		return 0;
	for (uint32_t at = 0; at < stm32l4_array_bank_bytes(f); at += page)
		kept += stm32l4_protect_in_pcrop(f, start + at, page);
	return kept;
}

static uint64_t regression_ns(struct stm32l4_flash *f)
{
	unsigned banks = stm32l4_array_is_dual(f) ? 2 : 1;
	uint32_t pages = stm32l4_array_bank_bytes(f) / stm32l4_array_page_bytes(f);
	uint64_t ns = f->family->mass_erase_ns;

	for (unsigned bank = 0; bank < banks; bank++) {
		unsigned kept = kept_pages(f, bank);

		if (kept > 0)
			ns += (uint64_t)(pages - kept) * f->family->page_erase_ns;
	}
	return ns;
}

static unsigned count(const struct stm32l4_flash *f)
{
	unsigned n = 0;

	while (f->family->options[n].name != NULL)
		n++;
	return n;
}

/* RM0351 3.4.2: both option pages are erased, every word is programmed again. */
void stm32l4_options_start(struct stm32l4_flash *f)
{
	uint64_t ns = 2ull * f->family->page_erase_ns + count(f) * (uint64_t)f->family->program_ns;

	if ((*f->sr & SR_BLOCKING) || !stm32l4_flash_may_write(f)) {
		stm32l4_flash_flag(f, SR_PGSERR);
		return;
	}
	if (stm32l4_options_rdp(f) == 2) {
		stm32l4_flash_flag(f, f->family->sr_optwerr | SR_WRPERR);
		return;
	}
	if (breaks_trustzone(f)) {
		stm32l4_flash_flag(f, f->family->sr_optwerr);
		return;
	}
	if (is_regression(f))
		ns += regression_ns(f);
	*f->cr |= CR_OPTSTRT;
	f->op_side = 0;
	stm32l4_flash_begin(f, FLASH_OPTIONS, stm32l4_array_is_dual(f) ? 3 : 1, ns);
}

static void erase_for_regression(struct stm32l4_flash *f)
{
	unsigned banks = stm32l4_array_is_dual(f) ? 2 : 1;
	uint32_t page_bytes = stm32l4_array_page_bytes(f);
	uint32_t bank_bytes = stm32l4_array_bank_bytes(f), span = stm32l4_array_bank_span(f);

	for (unsigned bank = 0; bank < banks; bank++) {
		bool keeps = kept_pages(f, bank) > 0;

		for (uint32_t at = 0; at < bank_bytes; at += page_bytes) {
			uint32_t phys = bank * span + at;

			if (!keeps || !stm32l4_protect_in_pcrop(f, phys, page_bytes))
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
	for (const struct flash_pcrop *area = stm32l4_pcrops; area->start != OPT_USER; area++) {
		uint32_t mask, first, end, was[2], now[2];

		if (!stm32l4_protect_pcrop(f, area, &first, &end))
			continue;
		mask = stm32l4_options_row(f, area->start)->writable & 0xffff;
		was[0] = f->loaded[area->start] & mask;
		was[1] = f->loaded[area->end] & mask;
		now[0] = next[area->start] & mask;
		now[1] = next[area->end] & mask;
		if (now[0] > now[1]) {		/* removal */
			now[0] = was[0];
			now[1] = was[1];
		}
		next[area->start] = (next[area->start] & ~mask) | MIN(now[0], was[0]);
		next[area->end] = (next[area->end] & ~mask) | MAX(now[1], was[1]);
	}
}

static void drop_pcrop(struct stm32l4_flash *f, uint32_t next[OPT_COUNT])
{
	for (const struct flash_pcrop *area = stm32l4_pcrops; area->start != OPT_USER; area++) {
		const struct flash_option_row *start = stm32l4_options_row(f, area->start);
		const struct flash_option_row *end = stm32l4_options_row(f, area->end);

		if (start == NULL || end == NULL)
			continue;
		next[area->start] = start->factory;
		next[area->end] = end->factory;
	}
}

void stm32l4_options_done(struct stm32l4_flash *f)
{
	uint32_t next[OPT_COUNT] = { 0 };
	bool regression = is_regression(f);

	for (const struct flash_option_row *row = f->family->options; row->name != NULL; row++)
		next[row->id] = reg(f, row->id);
	if (regression)
		erase_for_regression(f);
	if (regression && (next[OPT_PCROP1ER] & PCROP_RDP))
		drop_pcrop(f, next);
	else
		keep_pcrop(f, next);
	for (const struct flash_option_row *row = f->family->options; row->name != NULL; row++)
		f->stored[row->id] = with_complement(next[row->id]);
	f->mode_changes = stm32l4_array_mode_differs(f, next[OPT_USER]);
	stm32l4_options_show(f);
	f->stats.option_writes++;
}
