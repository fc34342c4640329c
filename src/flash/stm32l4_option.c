/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stm32l4: protected areas, and the smallest set of WRP registers for a wish. */
#include "flash/stm32l4_option.h"

#include <stdlib.h>
#include <string.h>

#define WRP_FIELDS	0x00ff00ffu

/* Areas */

static const char *const wrp_names[MAX_AREAS] = { "WRP1A", "WRP1B", "WRP2A", "WRP2B" };
static const char *const pcrop_names[MAX_AREAS] = { "PCROP1A", "PCROP1B", "PCROP2A", "PCROP2B" };

/* Width of the page fields: as many pages as the largest part of the line has in a bank. */
uint32_t stm32l4_page_mask(const struct stm32l4 *f)
{
	unsigned pages = f->line->max_kib * 1024u / f->g.page_bytes / (f->g.dual ? 2 : 1);

	while (pages & (pages - 1))
		pages += pages & -pages;
	return MIN(pages - 1, 0xffu);
}

/* 128 bits wide, the unit is twice as large (RM0432 3.7.9). */
uint32_t stm32l4_pcrop_unit(const struct stm32l4 *f)
{
	return f->line->banks == TWO_L4R && !f->g.dual ? 16 : f->line->pcrop_unit;
}

/* Registers of bank 2 count from the start of the chip when there is one bank. */
static unsigned area_bank(const struct stm32l4 *f, unsigned index)
{
	return f->g.dual ? index / 2 : 0;
}

/* In single-bank mode the L47 and L49 use the first two areas only (RM0351 3.5.3). */
static bool area_exists(const struct stm32l4 *f, unsigned index, const uint8_t *registers)
{
	if (registers[0] == 0)
		return false;
	return f->g.dual || index < 2 || (f->line->banks != TWO_L47 && f->line->banks != ONE_BANK);
}

static uint32_t sector_addr(const struct flash_bank *bank, unsigned sector)
{
	return bank->base + bank->sectors[sector].offset;
}

void stm32l4_decode_wrp(const struct flash_bank *bank, unsigned index, uint32_t value,
			struct stm32l4_area *a)
{
	const struct stm32l4 *f = bank->priv;
	uint32_t first = value & stm32l4_page_mask(f), last = (value >> 16) & stm32l4_page_mask(f);
	unsigned base;

	*a = (struct stm32l4_area){ .reg = f->layout->wrp[index], .value = value,
				    .physical = area_bank(f, index) };
	snprintf(a->name, sizeof(a->name), "%s", wrp_names[index]);
	if (first > last || first >= f->g.bank_pages)
		return;
	base = stm32l4_bank_first_sector(f, a->physical);
	a->is_active = true;
	a->first = base + first;
	a->last = base + MIN(last, f->g.bank_pages - 1);
	a->first_addr = sector_addr(bank, a->first);
	a->last_addr = sector_addr(bank, a->last) + f->g.page_bytes - 1;
}

void stm32l4_decode_pcrop(const struct flash_bank *bank, unsigned index, uint32_t start,
			  uint32_t end, struct stm32l4_area *a)
{
	const struct stm32l4 *f = bank->priv;
	uint32_t unit = stm32l4_pcrop_unit(f);
	uint32_t mask = f->line->max_kib * 1024u / (f->g.dual ? 2 : 1) / unit - 1;
	uint64_t first = (uint64_t)(start & mask) * unit,
		 last = (uint64_t)(end & mask) * unit + unit - 1;
	uint32_t base;

	*a = (struct stm32l4_area){ .is_pcrop = true,
				    .reg = f->layout->pcrop[index][0],
				    .value = start,
				    .physical = area_bank(f, index) };
	snprintf(a->name, sizeof(a->name), "%s", pcrop_names[index]);
	if (f->layout->pcrop[index ^ 1][0] == 0)
		a->name[6] = '\0';	/* only one in this bank: PCROP1 */
	if ((start & mask) > (end & mask) || first >= f->g.bank_bytes)
		return;
	base = bank->sectors[stm32l4_bank_first_sector(f, a->physical)].offset;
	last = MIN(last, f->g.bank_bytes - 1);
	a->is_active = true;
	a->first_addr = bank->base + base + (uint32_t)first;
	a->last_addr = bank->base + base + (uint32_t)last;
	a->first = flash_sector_at(bank, base + (uint32_t)first);
	a->last = flash_sector_at(bank, base + (uint32_t)last);
}

enum err stm32l4_read_areas(struct flash_bank *bank, struct stm32l4_area *areas, size_t *count)
{
	struct stm32l4 *f = bank->priv;
	uint32_t value, end;

	*count = 0;
	for (unsigned i = 0; i < MAX_AREAS; i++) {
		if (!area_exists(f, i, &f->layout->wrp[i]))
			continue;
		TRY(stm32l4_read(bank, f->layout->wrp[i], &value));
		stm32l4_decode_wrp(bank, i, value, &areas[(*count)++]);
	}
	for (unsigned i = 0; i < MAX_AREAS && f->line->pcrop_unit != 0; i++) {
		if (!area_exists(f, i, f->layout->pcrop[i]))
			continue;
		TRY(stm32l4_read(bank, f->layout->pcrop[i][0], &value));
		TRY(stm32l4_read(bank, f->layout->pcrop[i][1], &end));
		stm32l4_decode_pcrop(bank, i, value, end, &areas[(*count)++]);
	}
	return OK;
}

static enum err protected_error(const struct flash_bank *bank, unsigned sector,
				const struct stm32l4_area *a)
{
	if (a->is_pcrop) {
		error_why(ERR_PROTECTED,
			  "page %u is protected against reading and writing (%s covers "
			  "0x%08x..0x%08x)",
			  sector, a->name, a->first_addr, a->last_addr);
		error_next(ERR_PROTECTED, "only a change of RDP from level 1 to 0 removes PCROP; "
					  "it erases the flash");
	} else {
		error_why(ERR_PROTECTED, "page %u is write-protected (%s covers pages %u..%u)",
			  sector, a->name, a->first, a->last);
		error_next(ERR_PROTECTED, "run \"flash protect %u %u %u off\"", bank->number,
			   a->first, a->last);
	}
	return ERR_PROTECTED;
}

enum err stm32l4_check_protection(struct flash_bank *bank, const struct flash_step *steps,
				  size_t count)
{
	struct stm32l4_area areas[2 * MAX_AREAS];
	size_t area_count;

	TRY(stm32l4_read_areas(bank, areas, &area_count));
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < area_count; k++)
			if (areas[k].is_active && steps[i].state != STEP_DONE &&
			    steps[i].sector >= areas[k].first && steps[i].sector <= areas[k].last)
				return protected_error(bank, steps[i].sector, &areas[k]);
	return OK;
}

enum err stm32l4_protect_check(struct flash_bank *bank)
{
	struct stm32l4 *f = bank->priv;
	struct stm32l4_area areas[2 * MAX_AREAS];
	size_t count;

	TRY(flash_probe(bank));
	if (f->is_otp) {
		bank->sectors[0].is_protected = !f->otp_enabled;
		return OK;
	}
	TRY(stm32l4_check_swap(bank));
	TRY(stm32l4_read_areas(bank, areas, &count));
	for (unsigned i = 0; i < bank->sector_count; i++)
		bank->sectors[i].is_protected = 0;
	for (size_t k = 0; k < count; k++)
		for (unsigned i = areas[k].first; areas[k].is_active && i <= areas[k].last; i++)
			bank->sectors[i].is_protected = 1;
	return OK;
}

/* Protection */

bool stm32l4_collect_ranges(const bool *is_protected, unsigned pages, struct stm32l4_range *ranges,
			    size_t max, size_t *count)
{
	*count = 0;
	for (unsigned i = 0; i < pages; i++) {
		if (!is_protected[i])
			continue;
		if (i > 0 && is_protected[i - 1]) {
			ranges[*count - 1].last = i;
			continue;
		}
		if (*count == max)
			return false;
		ranges[(*count)++] = (struct stm32l4_range){ i, i };
	}
	return true;
}

struct protect_plan {
	struct stm32l4_option options[MAX_AREAS];
	size_t count;			/* registers that change */
};

/* Which ranges it would take, by the page numbers the user knows. */
static enum err too_many_ranges(const struct stm32l4 *f, const bool *is_protected, unsigned physical,
				size_t most)
{
	unsigned first = stm32l4_bank_first_sector(f, physical);
	struct buf text = { 0 };

	for (unsigned i = 0; i < f->g.bank_pages; i++) {
		unsigned start = i;

		if (!is_protected[i])
			continue;
		while (i + 1 < f->g.bank_pages && is_protected[i + 1])
			i++;
		buf_printf(&text, "%s%u..%u", text.len > 0 ? ", " : "", first + start, first + i);
	}
	error_why(ERR_UNSUPPORTED, "bank %u would need more than its %zu protected ranges: %.200s",
		  physical + 1, most, (const char *)text.data);
	buf_free(&text);
	return error_next(ERR_UNSUPPORTED, "protect pages that adjoin");
}

static enum err plan_bank(struct flash_bank *bank, const bool *is_protected, unsigned physical,
			  const struct stm32l4_area *areas, size_t area_count,
			  struct protect_plan *plan)
{
	struct stm32l4 *f = bank->priv;
	struct stm32l4_range ranges[MAX_AREAS];
	size_t mine = 0, count, used = 0;

	for (size_t i = 0; i < area_count; i++)
		mine += !areas[i].is_pcrop && areas[i].physical == physical;
	is_protected += stm32l4_bank_first_sector(f, physical);
	if (!stm32l4_collect_ranges(is_protected, f->g.bank_pages, ranges, mine, &count))
		return too_many_ranges(f, is_protected, physical, mine);
	for (size_t i = 0; i < area_count; i++) {
		uint32_t first = stm32l4_page_mask(f), last = 0, value;

		if (areas[i].is_pcrop || areas[i].physical != physical)
			continue;
		if (used < count) {
			first = ranges[used].first;
			last = ranges[used++].last;
		} else if (!areas[i].is_active) {
			continue;
		}
		value = (areas[i].value & ~WRP_FIELDS) | first | last << 16;
		if (f->line->has_wrp_unlock)
			value |= WRP_UNLOCK;
		if (f->line->has_wrp_unlock && !(areas[i].value & WRP_UNLOCK) &&
		    (value ^ areas[i].value) & WRP_FIELDS)
			return error_next(error_why(ERR_PROTECTED, "%s is locked for ever (UNLOCK = 0)",
						    areas[i].name),
					  "only lowering RDP from level 1 to 0 unlocks it");
		if ((value ^ areas[i].value) & WRP_FIELDS)
			plan->options[plan->count++] =
				(struct stm32l4_option){ areas[i].reg, value };
	}
	return OK;
}

static enum err plan_protection(struct flash_bank *bank, bool set, unsigned first, unsigned last,
				struct protect_plan *plan)
{
	struct stm32l4 *f = bank->priv;
	struct stm32l4_area areas[2 * MAX_AREAS];
	bool *is_protected;
	size_t count;
	enum err rc;

	TRY(stm32l4_read_areas(bank, areas, &count));
	is_protected = xcalloc(bank->sector_count, sizeof(*is_protected));
	for (size_t k = 0; k < count; k++)
		for (unsigned i = areas[k].first;
		     !areas[k].is_pcrop && areas[k].is_active && i <= areas[k].last; i++)
			is_protected[i] = true;
	for (unsigned i = first; i <= last; i++)
		is_protected[i] = set;
	rc = plan_bank(bank, is_protected, 0, areas, count, plan);
	if (rc == OK && f->g.dual)
		rc = plan_bank(bank, is_protected, 1, areas, count, plan);
	free(is_protected);
	return rc;
}

enum err stm32l4_protect(struct flash_bank *bank, bool set, unsigned first, unsigned last)
{
	struct stm32l4 *f = bank->priv;
	struct protect_plan plan = { 0 };

	TRY(check_halted(bank->target));
	TRY(flash_probe(bank));
	if (f->is_otp) {
		f->otp_enabled = !set;
		return OK;
	}
	TRY(stm32l4_check_swap(bank));
	TRY(plan_protection(bank, set, first, last, &plan));
	/* Scripts clear protection before each download: nothing to change, nothing to reset. */
	if (plan.count == 0)
		return stm32l4_protect_check(bank);
	TRY(stm32l4_write_options(bank, plan.options, plan.count));
	log_info("write protection changed: loading the option bytes, which resets the chip");
	TRY(stm32l4_load_options(bank));
	TRY(stm32l4_protect_check(bank));
	for (unsigned i = first; i <= last; i++)
		if (bank->sectors[i].is_protected != (int)set)
			return error_why(ERR_FLASH_OPERATION,
					 "page %u is %s after the option bytes were loaded", i,
					 set ? "still writable" : "still protected");
	return OK;
}
