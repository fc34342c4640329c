/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flexspi_nor: in which units and in which order the flash is erased and programmed. */
#include "flash/flexspi_nor.h"

#include <stdlib.h>
#include <string.h>

#define NONE		SIZE_MAX
#define HEADER_UNIT	8u		/* of the loader's stream */

static const struct flash_sector *sector_of(const struct nor_stream *s, size_t i)
{
	return &s->bank->sectors[s->steps[i].sector];
}

static bool waits(const struct nor_stream *s, size_t i)
{
	return s->steps[i].state == STEP_WAITS;
}

static bool is_header(const struct nor_stream *s, uint32_t offset)
{
	const struct flexspi_nor *f = s->bank->priv;

	return f->is_boot_flash && offset < FLEXSPI_HEADER_BYTES;
}

static void add(struct nor_stream *s, const struct nor_operation *op)
{
	size_t end = s->operation_count > 0 ? s->operations[s->operation_count - 1].end : 0;

	if (s->operation_count % 256 == 0)
		s->operations = xrealloc(s->operations,
					 (s->operation_count + 256) * sizeof(*s->operations));
	s->operations[s->operation_count] = *op;
	s->operations[s->operation_count++].end = end + HEADER_UNIT + op->bytes;
}

/* A page that stays blank needs nothing. */
static void add_page(struct nor_stream *s, size_t i, uint32_t offset, size_t bytes)
{
	const struct flash_step *step = &s->steps[i];
	struct nor_operation op = { .offset = offset, .bytes = bytes,
				    .data = step->data + (offset - step->offset) };

	if (is_filled(op.data, bytes, s->bank->erased_value))
		return;
	s->spans[i].program = MIN(s->spans[i].program, s->operation_count);
	s->spans[i].last = s->operation_count;
	add(s, &op);
}

/* The pages of a step but for those of the boot header. */
static void add_pages(struct nor_stream *s, size_t i)
{
	const struct flexspi_nor *f = s->bank->priv;
	const struct flash_step *step = &s->steps[i];
	uint32_t page = f->nor.page_bytes;

	for (size_t at = 0; at < step->bytes;) {
		uint32_t offset = step->offset + (uint32_t)at;
		size_t n = MIN(step->bytes - at, page - offset % page);

		if (!is_header(s, offset))
			add_page(s, i, offset, n);
		at += n;
	}
}

/* One past the last step of the erased run that starts with step i. */
static size_t erased_run(const struct nor_stream *s, size_t i)
{
	size_t end = i + 1;

	while (end < s->count && waits(s, end) && s->steps[end].erase &&
	       sector_of(s, end)->offset == sector_of(s, end - 1)->offset + sector_of(s, end - 1)->size)
		end++;
	return end;
}

/* Erases as much as the largest unit takes from step i on, and returns the step behind it. */
static size_t add_erase(struct nor_stream *s, size_t i)
{
	const struct flexspi_nor *f = s->bank->priv;
	const struct flash_sector *last = sector_of(s, erased_run(s, i) - 1);
	uint32_t offset = sector_of(s, i)->offset, end;
	struct nor_operation op = { .offset = offset };

	op.unit = serial_nor_erase_unit(&f->nor, offset, last->offset + last->size - offset);
	end = offset + op.unit->bytes;
	for (; i < s->count && sector_of(s, i)->offset < end; i++)
		s->spans[i].erase = s->spans[i].last = s->operation_count;
	add(s, &op);
	return i;
}

static void add_body(struct nor_stream *s)
{
	size_t next;

	for (size_t i = 0; i < s->count; i = next) {
		next = i + 1;
		if (!waits(s, i))
			continue;
		if (s->steps[i].erase && !s->erase_chip)
			next = add_erase(s, i);
		for (size_t k = i; k < next; k++)
			add_pages(s, k);
	}
}

/* The header from its end on: IVT before FCB, without which the ROM does not look for the rest. */
static void add_header(struct nor_stream *s)
{
	const struct flexspi_nor *f = s->bank->priv;
	uint32_t page = f->nor.page_bytes;

	for (size_t i = s->count; i-- > 0;) {
		const struct flash_step *step = &s->steps[i];
		size_t end = step->bytes;

		while (waits(s, i) && end > 0) {
			uint32_t last = (step->offset + (uint32_t)end - 1) / page * page;
			uint32_t offset = MAX(last, step->offset);
			size_t at = offset - step->offset;

			if (is_header(s, offset))
				add_page(s, i, offset, end - at);
			end = at;
		}
	}
}

/* The whole chip in one go, where that is not slower than unit by unit. */
static bool is_worth_chip_erase(const struct nor_stream *s)
{
	const struct flexspi_nor *f = s->bank->priv;
	const struct nor_erase *unit = serial_nor_erase_unit(&f->nor, 0, f->nor.bytes);
	uint64_t by_units = (uint64_t)unit->typical_us * (f->nor.bytes / unit->bytes);
	size_t erased = 0;

	for (size_t i = 0; i < s->count; i++)
		erased += waits(s, i) && s->steps[i].erase;
	return erased == s->bank->sector_count && s->bank->size == f->nor.bytes &&
	       f->nor.chip_typical_us <= by_units + by_units / 10;
}

void nor_stream_build(struct nor_stream *s, struct flash_bank *bank, struct flash_step *steps,
		      size_t count)
{
	*s = (struct nor_stream){ .bank = bank, .steps = steps, .count = count };
	s->spans = xcalloc(count, sizeof(*s->spans));
	for (size_t i = 0; i < count; i++)
		s->spans[i] = (struct nor_span){ NONE, NONE, NONE, false };
	s->erase_chip = is_worth_chip_erase(s);
	add_body(s);
	add_header(s);
}

void nor_stream_free(struct nor_stream *s)
{
	free(s->operations);
	free(s->spans);
}

enum err flexspi_nor_plan(struct flash_bank *bank, const struct flash_step *steps, size_t count,
			  struct buf *how, struct flash_time *time)
{
	const struct flexspi_nor *f = bank->priv;
	struct flash_step *copy = xcalloc(count, sizeof(*copy));
	size_t erases[ARRAY_SIZE(f->nor.erase)] = { 0 };
	struct nor_stream s;

	memcpy(copy, steps, count * sizeof(*copy));
	nor_stream_build(&s, bank, copy, count);
	*time = (struct flash_time){ .apart_us = s.erase_chip ? f->nor.chip_typical_us : 0 };
	for (size_t i = 0; i < s.operation_count; i++) {
		const struct nor_operation *op = &s.operations[i];

		if (op->unit == NULL) {
			time->total_us += f->nor.page_typical_us;
			continue;
		}
		time->apart_us += op->unit->typical_us;
		erases[op->unit - f->nor.erase]++;
	}
	time->total_us += time->apart_us;
	if (s.erase_chip)
		buf_printf(how, "the whole chip");
	for (size_t i = ARRAY_SIZE(erases); i-- > 0;)
		if (erases[i] > 0)
			buf_printf(how, "%s%zu times %u KiB", how->len > 0 ? ", " : "", erases[i],
				   f->nor.erase[i].bytes >> 10);
	nor_stream_free(&s);
	free(copy);
	return OK;
}

static bool is_over(const struct nor_stream *s, size_t i, size_t done)
{
	return s->spans[i].last == NONE || s->spans[i].last < done;
}

void nor_stream_progress(struct nor_stream *s, size_t done)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct flash_step *step = &s->steps[i];

		if (s->spans[i].is_told || step->state != STEP_WAITS || !is_over(s, i, done))
			continue;
		s->spans[i].is_told = true;
		flash_progress(s->bank, step->bytes + (step->erase ? sector_of(s, i)->size : 0));
	}
}

void nor_stream_set_states(struct nor_stream *s, size_t done, bool next_began)
{
	size_t begun = done + (next_began ? 1 : 0);

	for (size_t i = 0; i < s->count; i++) {
		const struct nor_span *span = &s->spans[i];
		struct flash_step *step = &s->steps[i];
		bool erased = (s->erase_chip && step->erase) || (span->erase != NONE && span->erase < done);
		bool touched = (span->erase != NONE && span->erase < begun) ||
			       (span->program != NONE && span->program < begun);

		if (step->state == STEP_DONE)
			continue;
		if (s->erase_chip && !s->chip_is_erased) {
			step->state = next_began ? STEP_UNKNOWN : STEP_WAITS;
			continue;
		}
		if (is_over(s, i, done))
			step->state = STEP_DONE;
		else if (erased && span->program >= begun)
			step->state = STEP_ERASED;
		else if (touched)
			step->state = STEP_UNKNOWN;
	}
}
