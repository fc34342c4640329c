/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Plans: what a write does to which sector. An image is cut at bank and sector borders; all that
 * falls into one sector becomes one step, gaps inside it filled with the bank's padding value.
 */
#include <stdlib.h>
#include <string.h>

#include "flash/room.h"

/* A sector under construction: its whole contents, and what of it the image covers. */
struct draft {
	unsigned sector;
	size_t section;			/* of the image, the last one that reached in here */
	uint32_t low, high;		/* covered, from the sector's start; gaps included */
	uint32_t covered;		/* bytes that the image gives */
	bool keeps_rest;
	uint8_t *data;
};

struct draft_list {
	struct flash_bank *bank;
	struct draft *drafts;
	size_t count;
};

struct builder {
	struct flash_room *room;
	struct target *target;
	const struct flash_write_options *options;
	struct draft_list *lists;
	size_t count;
	struct flash_range *outside;	/* what no bank covers */
	size_t outside_count;
};

bool is_filled(const uint8_t *data, size_t n, uint8_t value)
{
	return n == 0 || (data[0] == value && memcmp(data, data + 1, n - 1) == 0);
}

unsigned flash_same_size_run(const struct flash_bank *bank, unsigned first, unsigned end)
{
	unsigned i = first + 1;

	while (i < end && bank->sectors[i].size == bank->sectors[first].size &&
	       bank->sectors[i].offset == bank->sectors[i - 1].offset + bank->sectors[i - 1].size)
		i++;
	return i;
}

static struct draft_list *list_of(struct builder *b, struct flash_bank *bank)
{
	for (size_t i = 0; i < b->count; i++)
		if (b->lists[i].bank == bank)
			return &b->lists[i];
	b->lists = xrealloc(b->lists, (b->count + 1) * sizeof(*b->lists));
	b->lists[b->count] = (struct draft_list){ .bank = bank };
	return &b->lists[b->count++];
}

static enum err new_draft(struct builder *b, struct draft_list *list, unsigned sector,
			  bool fully_covered, struct draft **result)
{
	const struct flash_sector *s = &list->bank->sectors[sector];
	struct draft *d;

	list->drafts = xrealloc(list->drafts, (list->count + 1) * sizeof(*list->drafts));
	d = &list->drafts[list->count++];
	*d = (struct draft){ .sector = sector, .low = s->size, .data = xcalloc(1, s->size) };
	memset(d->data, list->bank->pad_value, s->size);
	*result = d;
	if (!b->options->erase || !b->options->keep_rest || fully_covered)
		return OK;
	d->keeps_rest = true;
	return flash_read(list->bank, s->offset, d->data, s->size);
}

/* Sections come in address order, so the sector is the last one or a new one. */
static enum err add_chunk(struct builder *b, struct draft_list *list, size_t section,
			  uint32_t offset, const uint8_t *data, uint32_t n)
{
	unsigned sector = flash_sector_at(list->bank, offset);
	uint32_t at = offset - list->bank->sectors[sector].offset;
	struct draft *d = list->count ? &list->drafts[list->count - 1] : NULL;

	if (d == NULL || d->sector != sector)
		TRY(new_draft(b, list, sector, n == list->bank->sectors[sector].size, &d));
	else if (at > d->high && !d->keeps_rest)
		log_info("Padding image section %zu at 0x%08x with %u bytes", d->section,
			 list->bank->base + offset - at + d->high, at - d->high);
	memcpy(d->data + at, data, n);
	d->section = section;
	d->low = MIN(d->low, at);
	d->high = MAX(d->high, at + n);
	d->covered += n;
	return OK;
}

/* The first byte of a bank, or of a sector behind a hole, after addr; else 0x100000000. */
static uint64_t next_flash(struct builder *b, struct flash_bank *bank, uint32_t addr)
{
	uint64_t next = 0x100000000u;

	if (bank != NULL) {
		for (unsigned i = 0; i < bank->sector_count; i++)
			if (bank->base + bank->sectors[i].offset > addr)
				return bank->base + bank->sectors[i].offset;
		return (uint64_t)bank->base + bank->size;
	}
	for (bank = b->room->banks; bank != NULL; bank = bank->next)
		if ((b->target == NULL || bank->target == b->target) && bank->base > addr &&
		    bank->base < next)
			next = bank->base;
	return next;
}

static void note_outside(struct builder *b, uint32_t addr, size_t n)
{
	b->outside = xrealloc(b->outside, (b->outside_count + 1) * sizeof(*b->outside));
	b->outside[b->outside_count++] = (struct flash_range){ addr, (uint32_t)n };
}

/* As much of data[0..n) as follows from addr on in sectors of the bank without a hole. */
static enum err add_to_bank(struct builder *b, struct flash_bank *bank, size_t section, uint32_t addr,
			    const uint8_t *data, size_t n, size_t *taken)
{
	struct draft_list *list = list_of(b, bank);

	*taken = 0;
	while (*taken < n) {
		uint32_t offset = (uint32_t)(addr + *taken - bank->base);
		unsigned sector = flash_sector_at(bank, offset);
		const struct flash_sector *s = &bank->sectors[sector];
		size_t part;

		if (sector == bank->sector_count)
			return OK;
		part = MIN(n - *taken, s->size - (offset - s->offset));
		TRY(add_chunk(b, list, section, offset, data + *taken, (uint32_t)part));
		*taken += part;
	}
	return OK;
}

static enum err add_section(struct builder *b, const struct image *image, size_t index)
{
	const struct image_section *s = &image->sections[index];
	size_t done = 0, n;

	while (done < s->bytes) {
		uint32_t addr = (uint32_t)(s->addr + done);
		struct flash_bank *bank;
		enum err rc = flash_bank_at(b->room, b->target, addr, &bank);

		if (rc != OK && rc != ERR_NO_BANK)
			return rc;
		error_clear();
		if (bank != NULL && flash_sector_at(bank, addr - bank->base) < bank->sector_count) {
			TRY(add_to_bank(b, bank, index, addr, s->data + done, s->bytes - done, &n));
		} else {
			n = (size_t)MIN(s->bytes - done, next_flash(b, bank, addr) - addr);
			note_outside(b, addr, n);
		}
		done += n;
	}
	return OK;
}

/* A warning for what an erase takes along on either side of the image. */
static void warn_extra_erase(const struct flash_write_options *options, const struct flash_bank *bank,
			     const struct flash_step *step)
{
	const struct flash_sector *s = &bank->sectors[step->sector];
	uint32_t base = bank->base + s->offset, end = base + s->size;
	uint32_t first = bank->base + step->offset, behind = first + (uint32_t)step->bytes;

	if (!step->erase || step->bytes == 0)
		return;
	if (first > base)
		preview_warn(options, "Adding extra erase range, 0x%08x .. 0x%08x", base, first - 1);
	if (behind < end)
		preview_warn(options, "Adding extra erase range, 0x%08x .. 0x%08x", behind, end - 1);
}

void plan_warn_extra_erase(const struct flash_plan *plan, const struct flash_write_options *options)
{
	for (size_t k = 0; k < plan->count; k++)
		warn_extra_erase(options, plan->bank, &plan->steps[k]);
}

static void draft_to_step(const struct builder *b, const struct flash_bank *bank, struct draft *d,
			  struct flash_plan *plan)
{
	const struct flash_sector *s = &bank->sectors[d->sector];
	uint32_t unit = MAX(bank->program_unit, 1u), end;
	struct flash_step *step = &plan->steps[plan->count++];

	plan->image_bytes += d->covered;
	if (d->keeps_rest) {
		plan->kept_bytes += s->size - d->covered;
		d->low = 0;
		d->high = s->size;
	}
	d->low -= d->low % unit;
	end = (d->high + unit - 1) / unit * unit;
	if (end != d->high)
		log_info("Padding image section %zu at 0x%08x with %u bytes (bank write end "
			 "alignment)",
			 d->section, bank->base + s->offset + d->high, end - d->high);
	if (d->low > 0)
		memmove(d->data, d->data + d->low, end - d->low);
	*step = (struct flash_step){
		.sector = d->sector, .erase = b->options->erase, .offset = s->offset + d->low,
		.bytes = end - d->low, .data = d->data,
	};
	d->data = NULL;
}

static int by_sector(const void *va, const void *vb)
{
	const struct flash_step *a = va, *b = vb;

	return a->sector < b->sector ? -1 : a->sector > b->sector;
}

static bool has_step(const struct flash_plan *plan, size_t sorted, unsigned sector)
{
	for (size_t i = 0; i < sorted; i++)
		if (plan->steps[i].sector == sector)
			return true;
	return false;
}

static void add_erase_steps(struct flash_plan *plan, unsigned first, unsigned last)
{
	size_t before = plan->count;

	plan->steps =
		xrealloc(plan->steps, (plan->count + last - first + 1) * sizeof(*plan->steps));
	for (unsigned i = first; i <= last; i++) {
		if (has_step(plan, before, i))
			continue;
		plan->steps[plan->count++] = (struct flash_step){
			.sector = i, .erase = true, .offset = plan->bank->sectors[i].offset,
		};
	}
	qsort(plan->steps, plan->count, sizeof(*plan->steps), by_sector);
}

static struct flash_plan *plan_of(struct flash_bank *bank, struct flash_plan **plans, size_t *count)
{
	for (size_t i = 0; i < *count; i++)
		if ((*plans)[i].bank == bank)
			return &(*plans)[i];
	*plans = xrealloc(*plans, (*count + 1) * sizeof(**plans));
	(*plans)[*count] = (struct flash_plan){ .bank = bank };
	return &(*plans)[(*count)++];
}

static enum err add_erase_range(struct builder *b, const struct flash_range *range,
				struct flash_plan **plans, size_t *count)
{
	struct flash_bank *bank;
	unsigned first, last;

	if (range->bytes == 0)
		return OK;
	TRY(flash_bank_at(b->room, b->target, range->addr, &bank));
	first = flash_sector_at(bank, range->addr - bank->base);
	last = flash_sector_at(bank, range->addr - bank->base + range->bytes - 1);
	if (first == bank->sector_count || last == bank->sector_count || last < first)
		return error_why(ERR_NO_BANK, "no flash sectors at 0x%08x, length 0x%x",
				 range->addr, range->bytes);
	add_erase_steps(plan_of(bank, plans, count), first, last);
	return OK;
}

void plan_total(struct flash_plan *plan)
{
	const struct flash_bank *bank = plan->bank;
	uint64_t units = 0;
	uint32_t unit = MAX(bank->program_unit, 1u);

	plan->program_bytes = plan->erase_bytes = plan->sectors_erased = 0;
	for (size_t i = 0; i < plan->count; i++) {
		const struct flash_step *s = &plan->steps[i];

		plan->program_bytes += s->bytes;
		if (s->erase) {
			plan->erase_bytes += bank->sectors[s->sector].size;
			plan->sectors_erased++;
		}
		for (size_t at = 0; at < s->bytes; at += unit)
			units += !is_filled(s->data + at, unit, bank->erased_value);
	}
	plan->program_us = units * bank->program_unit_us;
	plan->estimate_us = plan->program_us;
	if (plan->sectors_erased == bank->sector_count && bank->mass_erase_us != 0)
		plan->estimate_us += bank->mass_erase_us;
	else
		plan->estimate_us += (uint64_t)plan->sectors_erased * bank->erase_sector_us;
}

static void finish_lists(struct builder *b, struct flash_plan **plans, size_t *count)
{
	for (size_t i = 0; i < b->count; i++) {
		struct draft_list *list = &b->lists[i];
		struct flash_plan *plan = plan_of(list->bank, plans, count);

		plan->steps = xcalloc(list->count, sizeof(*plan->steps));
		for (size_t k = 0; k < list->count; k++)
			draft_to_step(b, list->bank, &list->drafts[k], plan);
	}
}

/* What fills a unit up stays for ever: that is for the person to decide. */
static enum err check_once_only(const struct flash_plan *plan)
{
	const struct flash_bank *bank = plan->bank;
	size_t bytes = 0;

	for (size_t i = 0; i < plan->count; i++)
		bytes += plan->steps[i].bytes;
	if (!bank->is_once_only || bytes == plan->image_bytes)
		return OK;
	error_why(ERR_REFUSED,
		  "the file gives %zu of the %zu bytes of the %u-byte units that it touches in "
		  "bank %s: the rest of a unit could never be written later",
		  plan->image_bytes, bytes, bank->program_unit, bank->name);
	return error_next(ERR_REFUSED, "fill the units up in the file, with 0xff where nothing is wanted");
}

static void builder_free(struct builder *b)
{
	for (size_t i = 0; i < b->count; i++) {
		for (size_t k = 0; k < b->lists[i].count; k++)
			free(b->lists[i].drafts[k].data);
		free(b->lists[i].drafts);
	}
	free(b->lists);
	free(b->outside);
}

static enum err all_outside(const struct builder *b)
{
	const struct flash_bank *bank = b->room->banks;

	error_why(ERR_NO_BANK, "no flash bank found for address 0x%08x: the whole image lies outside",
		  b->outside[0].addr);
	while (bank != NULL && bank->target != b->target)
		bank = bank->next;
	if (bank == NULL)
		return ERR_NO_BANK;
	return error_next(ERR_NO_BANK, "is it linked for this part? %s begins at 0x%08x; \"flash banks\" "
			  "lists all", bank->name, bank->base);
}

static enum err build(struct builder *b, const struct image *image, struct flash_plan **plans,
		      size_t *count)
{
	for (size_t i = 0; i < image->count; i++)
		TRY(add_section(b, image, i));
	finish_lists(b, plans, count);
	for (size_t i = 0; i < b->options->also_erase_count; i++)
		TRY(add_erase_range(b, &b->options->also_erase[i], plans, count));
	if (*count == 0 && b->outside_count > 0 && !b->options->allow_outside)
		return all_outside(b);
	for (size_t i = 0; i < b->outside_count; i++)
		preview_warn(b->options, "no flash bank found for address 0x%08x: %u bytes are not written",
			     b->outside[i].addr, b->outside[i].bytes);
	for (size_t i = 0; i < *count; i++) {
		struct flash_plan *plan = &(*plans)[i];

		TRY(check_once_only(plan));
		if (b->options->skip_same && !b->options->is_preview)
			TRY(flash_explain_read(plan->bank, plan_skip_same(plan)));
		if (!b->options->is_preview)	/* which looks at the flash first */
			plan_warn_extra_erase(plan, b->options);
		plan_total(plan);
	}
	return OK;
}

enum err flash_plan_build(struct flash_room *room, struct target *target, const struct image *image,
			  const struct flash_write_options *options, struct flash_plan **plans,
			  size_t *count)
{
	struct builder b = { .room = room, .target = target, .options = options };
	enum err rc;

	*plans = NULL;
	*count = 0;
	rc = build(&b, image, plans, count);
	builder_free(&b);
	if (rc == OK)
		return OK;
	flash_plan_free(*plans, *count);
	*plans = NULL;
	*count = 0;
	return rc;
}

enum err plan_erase(struct flash_bank *bank, unsigned first, unsigned last, struct flash_plan *plan)
{
	*plan = (struct flash_plan){ .bank = bank };
	if (first > last || last >= bank->sector_count)
		return error_why(ERR_ARGUMENT, "sectors %u..%u: bank %s has sectors 0..%d", first,
				 last, bank->name, (int)bank->sector_count - 1);
	add_erase_steps(plan, first, last);
	plan_total(plan);
	return OK;
}

void flash_plan_free(struct flash_plan *plans, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < plans[i].count; k++)
			free(plans[i].steps[k].data);
		free(plans[i].steps);
	}
	free(plans);
}
