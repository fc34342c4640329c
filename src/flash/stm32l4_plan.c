/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stm32l4: what carrying out steps would do, for `flash plan`: the same stream, built and counted.
 */
#include "flash/stm32l4_work.h"

#include <stdlib.h>
#include <string.h>

#define SCAN_BYTES_PER_US 15u	/* helper code that looks at the flash, at 16 MHz */
#define ROW_LOAD_US	  55u	/* a row from RAM to registers, at 16 MHz */
#define LEAST_FAST_ROOM	  4096u /* of the work area, as for the write itself */

struct count {
	unsigned pages, units; /* erased one by one; programmed */
	size_t fast_bytes, scanned;
};

static bool is_mass_erased(const struct stm32l4_stream *s, const struct flash_step *step)
{
	const struct stm32l4 *f = s->bank->priv;

	return s->mass[stm32l4_physical_bank(f, s->bank->sectors[step->sector].offset)];
}

static void count_step(const struct stm32l4_stream *s, const struct flash_step *step,
		       struct count *n)
{
	n->pages += step->erase && !is_mass_erased(s, step);
	for (size_t at = 0; at < step->bytes; at += s->unit)
		n->units += !is_filled(step->data + at, s->unit, s->bank->erased_value);
	if (s->fast_rows > 0 && step->erase)
		n->fast_bytes += s->bank->sectors[step->sector].size;
}

static void describe(const struct stm32l4_stream *s, const struct count *n, struct buf *how)
{
	const struct stm32l4 *f = s->bank->priv;

	if (s->mass[0] || s->mass[1])
		buf_printf(how, "mass erase of %s",
			   !f->g.dual		      ? "the bank"
			   : s->mass[0] && s->mass[1] ? "both banks"
			   : s->mass[0]		      ? "bank 1"
						      : "bank 2");
	if (n->pages > 0)
		buf_printf(how, "%s%u page%s one by one", how->len > 0 ? ", " : "", n->pages,
			   n->pages == 1 ? "" : "s");
	if (s->fast_rows > 0)
		buf_printf(how, "%s%u rows programmed fast", how->len > 0 ? "; " : "",
			   s->fast_rows);
}

static struct flash_time time_of(const struct stm32l4_stream *s, const struct count *n)
{
	const struct stm32l4 *f = s->bank->priv;
	const struct stm32l4_timing *timing = f->line->timing;
	unsigned fast_units = MIN(s->fast_rows * timing->row_units, n->units);
	uint64_t us = (uint64_t)n->pages * timing->page_erase +
		      (uint64_t)s->fast_rows * (timing->row + ROW_LOAD_US) +
		      (uint64_t)(n->units - fast_units) * timing->unit;

	if (s->mass[0] || s->mass[1])
		us += timing->mass_erase != 0 ? timing->mass_erase
					      : (uint64_t)f->g.bank_pages * timing->page_erase;
	/* Looking, before and afterwards, is done by helper code of its own. */
	uint64_t apart = ((n->fast_bytes > 0) + (n->scanned > 0)) * plan_setup_us(s->bank) / 2 +
			 (n->fast_bytes + n->scanned) / SCAN_BYTES_PER_US;

	return (struct flash_time){ apart, apart + us };
}

enum err stm32l4_plan(struct flash_bank *bank, const struct flash_step *steps, size_t count,
		      struct buf *how, struct flash_time *time)
{
	const struct stm32l4 *f = bank->priv;
	struct stm32l4_stream s = { .bank = bank, .count = count, .is_preview = true };
	struct count n = { 0 };
	enum err rc;

	if (f->is_otp) /* has no pages: stays with what the room has counted */
		return OK;
	s.steps = xcalloc(count, sizeof(*s.steps));
	memcpy(s.steps, steps, count * sizeof(*s.steps));
	/* begin raises the clock as far as fast rows want it, where it knows how. */
	rc = stm32l4_stream_build(&s, f->line->around != NULL && !f->fast_off && !f->fast_failed &&
					      work_area_available(bank->target) > LEAST_FAST_ROOM);
	if (rc == OK) {
		for (size_t i = 0; i < count; i++)
			count_step(&s, &steps[i], &n);
		n.scanned = s.looked_at;
		describe(&s, &n, how);
		*time = time_of(&s, &n);
	}
	stm32l4_stream_free(&s);
	free(s.steps);
	return rc;
}
