/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stm32l4: steps become one stream for contrib/loaders/stm32l4.S.
 *
 * First comes the quickest way to erase. A bank whose other pages are blank takes as long to erase as
 * one page; that they are blank is looked up on the chip. Then, in a bank erased like that, the rows
 * that are full of data go fast: all of them before anything else is programmed there, because
 * a standard double word ends what the mass erase has allowed. Then the rest, page by page.
 *
 * All-ones units are left out: written, they read blank and yet refuse the next write. A row with one
 * in it is therefore not for the fast way, which programs whatever stands in a row.
 */
#include "flash/stm32l4_work.h"

#include <stdlib.h>
#include <string.h>

/* On the chip: 16 bytes in some 17 cycles at 16 MHz, and the round trips around it. */
#define SCAN_US(bytes) ((bytes) / 15 + 5000)

enum pick { FAST_ROWS, THE_REST, ALL_IN_ORDER };

/* Data under construction: as long as it goes on it shares a header. */
struct run {
	uint32_t addr;
	const uint8_t *data;
	size_t bytes;
	bool is_fast;
};

static void put_header(struct stm32l4_stream *s, uint32_t first, uint32_t second)
{
	uint8_t unit[16] = { 0 };

	put_le32(unit + 8, first);
	put_le32(unit + 12, second);
	buf_append(&s->bytes, unit + 16 - s->unit, s->unit);
}

static void flush(struct stm32l4_stream *s, struct run *run)
{
	if (run->bytes == 0)
		return;
	put_header(s, run->addr, run->is_fast ? STREAM_FAST | (uint32_t)(run->bytes / s->row_bytes)
					      : (uint32_t)(run->bytes / 8));
	buf_append(&s->bytes, run->data, run->bytes);
	if (run->is_fast)
		s->fast_rows += (unsigned)(run->bytes / s->row_bytes);
	run->bytes = 0;
}

static void add(struct stm32l4_stream *s, struct run *run, const struct flash_step *step, size_t at,
		size_t n, bool is_fast)
{
	if (run->bytes > 0 && (run->is_fast != is_fast || run->data + run->bytes != step->data + at))
		flush(s, run);
	if (run->bytes == 0)
		*run = (struct run){
			.addr = s->bank->base + step->offset + (uint32_t)at,
			.data = step->data + at, .is_fast = is_fast,
		};
	run->bytes += n;
}

/* A whole row from `at` on, without a unit that is all ones. */
static bool is_row(const struct stm32l4_stream *s, const struct flash_step *step, size_t at)
{
	if (s->row_bytes == 0 || (step->offset + at) % s->row_bytes != 0 ||
	    step->bytes - at < s->row_bytes)
		return false;
	for (uint32_t i = 0; i < s->row_bytes; i += s->unit)
		if (is_filled(step->data + at + i, s->unit, s->bank->erased_value))
			return false;
	return true;
}

static void put_data(struct stm32l4_stream *s, const struct flash_step *step, enum pick pick)
{
	struct run run = { 0 };
	size_t n;

	for (size_t at = 0; at < step->bytes; at += n) {
		bool fast = pick != THE_REST || s->mass[stm32l4_physical_bank(s->bank->priv,
									      step->offset)];

		fast = fast && is_row(s, step, at);
		n = fast ? s->row_bytes : s->unit;
		if (fast ? pick == THE_REST
			 : pick == FAST_ROWS ||
				   is_filled(step->data + at, n, s->bank->erased_value))
			continue;
		add(s, &run, step, at, n, fast);
	}
	flush(s, &run);
}

/* How to erase */

unsigned stm32l4_physical_bank(const struct stm32l4 *f, uint32_t offset)
{
	return f->g.dual ? (offset >= f->g.bank2_offset) != f->is_swapped : 0;
}

/* Page numbers start again in bank 2; one that is too large erases a wrong page without a sign. */
uint32_t stm32l4_erase_value(const struct stm32l4 *f, const struct flash_sector *sector)
{
	bool upper = f->g.dual && sector->offset >= f->g.bank2_offset;
	uint32_t page = (sector->offset - (upper ? f->g.bank2_offset : 0)) / f->g.page_bytes;

	return CR_PER | CR_PNB(page) |
	       (stm32l4_physical_bank(f, sector->offset) ? BIT(f->line->bker) : 0);
}

unsigned stm32l4_bank_first_sector(const struct stm32l4 *f, unsigned physical)
{
	return f->g.dual && (physical != 0) != f->is_swapped ? f->g.bank_pages : 0;
}

static uint32_t mass_value(const struct stm32l4 *f, const bool mass[2])
{
	/* A two-bank chip in single-bank mode wants both bits. */
	if (!f->g.dual)
		return CR_MER1 | (f->line->banks != ONE_BANK ? CR_MER2 : 0);
	return (mass[0] ? CR_MER1 : 0) | (mass[1] ? CR_MER2 : 0);
}

/* Sectors of a physical bank: which of them the steps erase. */
static unsigned mark_erased(const struct stm32l4_stream *s, unsigned physical, bool *is_erased)
{
	const struct stm32l4 *f = s->bank->priv;
	unsigned n = 0;

	for (size_t i = 0; i < s->count; i++) {
		const struct flash_step *step = &s->steps[i];

		if (!step->erase || step->state != STEP_WAITS ||
		    stm32l4_physical_bank(f, s->bank->sectors[step->sector].offset) != physical)
			continue;
		is_erased[step->sector] = true;
		n++;
	}
	return n;
}

/* The same by reading, until something is found. */
static enum err reads_blank(struct stm32l4_stream *s, unsigned first, unsigned count, bool *blank)
{
	struct flash_bank *bank = s->bank;
	uint8_t *data = xcalloc(1, bank->sectors[first].size);
	enum err rc = OK;

	for (unsigned i = first; rc == OK && *blank && i < first + count; i++) {
		rc = flash_read(bank, bank->sectors[i].offset, data, bank->sectors[i].size);
		*blank &= rc == OK && is_filled(data, bank->sectors[i].size, bank->erased_value);
		if (rc == OK)
			rc = operation_step(bank);
	}
	free(data);
	return rc;
}

/* Sectors first..first+count-1 that no step erases: all blank? */
static enum err rest_is_blank(struct stm32l4_stream *s, const bool *is_erased, unsigned first,
			      unsigned count, bool *blank)
{
	struct flash_bank *bank = s->bank;
	unsigned end = first + count, next;
	struct stm32l4_block *blocks = xcalloc(count, sizeof(*blocks));
	enum err rc = OK;

	*blank = true;
	for (unsigned i = first; rc == OK && *blank && i < end; i = next) {
		for (next = i + 1; next < end && is_erased[next] == is_erased[i];)
			next++;
		if (is_erased[i])
			continue;
		s->looked_at += (size_t)(next - i) * bank->sectors[i].size;
		if (s->is_preview) {
			rc = reads_blank(s, i, next - i, blank);
			continue;
		}
		rc = stm32l4_scan(bank, bank->sectors[i].offset, bank->sectors[i].size, next - i, true,
				  blocks);
		for (unsigned k = 0; rc == OK && k < next - i; k++)
			*blank &= blocks[k].value == 0xffffffff && !blocks[k].bad;
	}
	free(blocks);
	return rc;
}

static enum err bank_has_protection(struct stm32l4_stream *s, unsigned physical, bool *result)
{
	struct stm32l4_area areas[2 * MAX_AREAS];
	size_t count;

	*result = false;
	TRY(stm32l4_read_areas(s->bank, areas, &count));
	for (size_t i = 0; i < count; i++)
		*result |= areas[i].is_active && areas[i].physical == physical;
	return OK;
}

/* The second core's pages at the end (SFSA) are nobody else's, nor is a mass erase there ours. */
static bool is_shared(struct flash_bank *bank)
{
	struct flash_step last = { .sector = bank->sector_count - 1 };

	if (stm32l4_check_second_core(bank, &last, 1) == OK)
		return false;
	error_clear();
	return true;
}

static enum err choose_erase(struct stm32l4_stream *s, unsigned physical)
{
	const struct stm32l4 *f = s->bank->priv;
	const struct stm32l4_timing *timing = f->line->timing;
	unsigned first = stm32l4_bank_first_sector(f, physical), pages = f->g.bank_pages, n;
	bool *is_erased = xcalloc(s->bank->sector_count, sizeof(*is_erased));
	uint64_t mass = timing->mass_erase != 0 ? timing->mass_erase
						: (uint64_t)pages * timing->page_erase;
	bool is_protected = false, blank = false;
	enum err rc = OK;

	n = mark_erased(s, physical, is_erased);
	s->mass[physical] = n == pages;
	if (n < pages && !is_shared(s->bank) &&
	    (uint64_t)n * timing->page_erase > mass + SCAN_US((pages - n) * f->g.page_bytes)) {
		rc = bank_has_protection(s, physical, &is_protected);
		if (rc == OK && !is_protected)
			rc = rest_is_blank(s, is_erased, first, pages, &blank);
		if (rc == ERR_NO_WORK_AREA) {
			error_clear();
			rc = OK;
		}
		s->mass[physical] = blank;
	}
	free(is_erased);
	return rc;
}

static enum err choose(struct stm32l4_stream *s, bool can_fast)
{
	const struct stm32l4 *f = s->bank->priv;
	const struct stm32l4_timing *timing = f->line->timing;

	if (f->is_otp)
		return OK;
	TRY(choose_erase(s, 0));
	if (f->g.dual)
		TRY(choose_erase(s, 1));
	if (can_fast && timing->row_units != 0 &&
	    (!timing->fast_needs_mass_erase || s->mass[0] || s->mass[1]))
		s->row_bytes = timing->row_units * f->line->unit;
	return OK;
}

/* Building */

static bool is_mass_erased(const struct stm32l4_stream *s, const struct flash_step *step)
{
	const struct stm32l4 *f = s->bank->priv;

	return !f->is_otp &&
	       s->mass[stm32l4_physical_bank(f, s->bank->sectors[step->sector].offset)];
}

static void put_fast_rows(struct stm32l4_stream *s, size_t i)
{
	struct stm32l4_piece *piece = &s->pieces[i];

	piece->first = s->bytes.len;
	put_data(s, &s->steps[i], FAST_ROWS);
	piece->end = s->bytes.len;
}

static void put_step(struct stm32l4_stream *s, size_t i, bool fast_is_free)
{
	const struct stm32l4 *f = s->bank->priv;
	const struct flash_step *step = &s->steps[i];
	struct stm32l4_piece *piece = &s->pieces[i];
	size_t at = s->bytes.len;
	bool mass = is_mass_erased(s, step);

	if (step->erase && !mass)
		put_header(s, stm32l4_erase_value(f, &s->bank->sectors[step->sector]), 0);
	put_data(s, step, fast_is_free && step->erase && !mass ? ALL_IN_ORDER : THE_REST);
	if (piece->end == piece->first)
		piece->first = at;
	if (s->bytes.len > at || piece->end <= piece->first)
		piece->end = s->bytes.len;
}

enum err stm32l4_stream_build(struct stm32l4_stream *s, bool can_fast)
{
	const struct stm32l4 *f = s->bank->priv;
	bool fast_is_free = !f->line->timing->fast_needs_mass_erase;

	s->unit = f->line->unit == 16 ? 16 : 8;
	TRY(choose(s, can_fast));
	if (s->mass[0] || s->mass[1])
		put_header(s, mass_value(f, s->mass), 0);
	s->start = s->bytes.len;
	s->pieces = xcalloc(MAX(s->count, 1u), sizeof(*s->pieces));
	for (size_t i = 0; i < s->count; i++) {
		s->pieces[i].first = s->pieces[i].end = s->start;
		s->pieces[i].is_reported = s->steps[i].state == STEP_DONE;
		if (s->steps[i].state != STEP_WAITS || !is_mass_erased(s, &s->steps[i]))
			continue;
		s->steps[i].erase = true;
		if (s->row_bytes != 0)
			put_fast_rows(s, i);
	}
	for (size_t i = 0; i < s->count; i++)
		if (s->steps[i].state == STEP_WAITS)
			put_step(s, i, fast_is_free);
	put_header(s, 0, STREAM_END);
	return OK;
}

void stm32l4_stream_free(struct stm32l4_stream *s)
{
	buf_free(&s->bytes);
	free(s->pieces);
	s->pieces = NULL;
}

/* How far it got */

static size_t step_bytes(const struct stm32l4_stream *s, size_t i)
{
	const struct flash_step *step = &s->steps[i];

	return step->bytes + (step->erase ? s->bank->sectors[step->sector].size : 0);
}

/* A step is over when two units behind it are taken. */
static bool is_over(const struct stm32l4_stream *s, size_t i)
{
	return s->pieces[i].end + s->unit < s->taken;
}

void stm32l4_stream_taken(struct stm32l4_stream *s, size_t taken)
{
	s->taken = taken;
	for (size_t i = 0; i < s->count; i++) {
		if (s->pieces[i].is_reported || !is_over(s, i))
			continue;
		s->pieces[i].is_reported = true;
		flash_progress(s->bank, step_bytes(s, i));
	}
}

void stm32l4_stream_states(struct stm32l4_stream *s, int failed_sector, size_t ahead)
{
	bool erased_all;

	/* The loader said where it stopped: what stands before is done. */
	for (size_t i = 0; i < s->count; i++)
		if ((int)s->steps[i].sector == failed_sector)
			s->taken = MAX(s->taken, s->pieces[i].first + s->unit + 1);
	erased_all = s->start > 0 && s->taken > s->start + s->unit;

	for (size_t i = 0; i < s->count; i++) {
		struct flash_step *step = &s->steps[i];

		if (step->state == STEP_DONE)
			continue;
		if ((int)step->sector == failed_sector)
			step->state = STEP_UNKNOWN;
		else if (is_over(s, i))
			step->state = STEP_DONE;
		else if (s->taken + ahead > s->pieces[i].first + s->unit)
			step->state = STEP_UNKNOWN;
		else if (erased_all && is_mass_erased(s, step))
			step->state = step->bytes > 0 ? STEP_ERASED : STEP_DONE;
		else if (s->taken > 0 && is_mass_erased(s, step))
			step->state = STEP_UNKNOWN;
	}
}
