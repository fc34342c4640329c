/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stm32l4: erasing and programming.
 *
 * All steps of an operation become one stream for contrib/loaders/stm32l4.S: an erase header for
 * each page (or one mass erase for a whole bank), then the runs of double words that are not all
 * ones. The loader erases and programs at the flash's own pace while the next data is on the wire,
 * so the wire only counts where it is slower than the flash. Without a work area the host does the
 * same steps by itself.
 */
#include "flash/stm32l4.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "flash/stm32l4_loader.h"

#define UNIT		8u		/* of the stream */
#define STREAM_END	0xffffffffu
/* Parameters in front of the ring; offsets as in the loader's source. */
#define PARAM_BYTES	24u
#define RING_MIN	256u
#define RING_MAX	16384u
#define STALL_MS	3000u		/* the longest single operation takes 25 ms */
#define ERASE_MS	1000u
#define DIRECT_BYTES	256u		/* without loader: between two looks at SR */

struct stream {
	struct flash_bank *bank;
	struct flash_step *steps;
	size_t count;
	struct buf bytes;
	size_t *ends;			/* of each step, in bytes */
	size_t start;			/* of the first step: behind a mass erase */
	bool mass[2];			/* physical banks erased as a whole */
	/* progress */
	size_t taken, step;
};

static void put_unit(struct buf *b, uint32_t first, uint32_t second)
{
	uint8_t unit[UNIT];

	put_le32(unit, first);
	put_le32(unit + 4, second);
	buf_append(b, unit, sizeof(unit));
}

/* Addresses and pages */

static bool in_upper_half(const struct stm32l4 *f, uint32_t offset)
{
	return f->g.dual && offset >= f->g.bank2_offset;
}

static unsigned physical_bank(const struct stm32l4 *f, uint32_t offset)
{
	return f->g.dual ? in_upper_half(f, offset) != f->is_swapped : 0;
}

/* Page numbers start again in bank 2; one that is too large erases a wrong page without a sign. */
uint32_t stm32l4_erase_value(const struct stm32l4 *f, const struct flash_sector *sector)
{
	uint32_t base = in_upper_half(f, sector->offset) ? f->g.bank2_offset : 0;
	uint32_t page = (sector->offset - base) / f->g.page_bytes;

	return CR_PER | CR_PNB(page) | (physical_bank(f, sector->offset) ? BIT(f->line->bker) : 0);
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

/* Building the stream */

static bool whole_bank(const struct stream *s, unsigned physical)
{
	const struct stm32l4 *f = s->bank->priv;
	unsigned erased = 0;

	for (size_t i = 0; i < s->count; i++)
		if (s->steps[i].erase && s->steps[i].state == STEP_WAITS &&
		    physical_bank(f, s->bank->sectors[s->steps[i].sector].offset) == physical)
			erased++;
	return erased == f->g.bank_pages;
}

static size_t erased_units(const uint8_t *data, size_t n, uint8_t value)
{
	size_t i = 0;

	while (i + UNIT <= n && is_filled(data + i, UNIT, value))
		i += UNIT;
	return i;
}

static size_t data_units(const struct stm32l4 *f, const uint8_t *data, size_t n, uint8_t value)
{
	size_t i = 0;

	/* Lines that program 16 bytes at once skip only whole such units. */
	while (i < n && !is_filled(data + i, f->line->unit, value))
		i += f->line->unit;
	return i;
}

/* All-ones double words are left out: written, they read blank and yet refuse the next write. */
static void put_data(struct stream *s, const struct flash_step *step)
{
	const struct stm32l4 *f = s->bank->priv;
	size_t at = 0, n;

	while (at < step->bytes) {
		n = data_units(f, step->data + at, step->bytes - at, s->bank->erased_value);
		if (n == 0) {
			n = erased_units(step->data + at, f->line->unit, s->bank->erased_value);
			at += n;
			continue;
		}
		put_unit(&s->bytes, s->bank->base + step->offset + (uint32_t)at,
			 (uint32_t)(n / UNIT));
		buf_append(&s->bytes, step->data + at, n);
		at += n;
	}
}

static void build(struct stream *s)
{
	const struct stm32l4 *f = s->bank->priv;

	if (!f->is_otp) {
		s->mass[0] = whole_bank(s, 0);
		s->mass[1] = f->g.dual && whole_bank(s, 1);
	}
	if (s->mass[0] || s->mass[1])
		put_unit(&s->bytes, mass_value(f, s->mass), 0);
	s->start = s->bytes.len;
	s->ends = xcalloc(s->count, sizeof(*s->ends));
	for (size_t i = 0; i < s->count; i++) {
		const struct flash_step *step = &s->steps[i];
		const struct flash_sector *sector = &s->bank->sectors[step->sector];

		if (step->state == STEP_WAITS) {
			if (step->erase && !s->mass[physical_bank(f, sector->offset)])
				put_unit(&s->bytes, stm32l4_erase_value(f, sector), 0);
			put_data(s, step);
		}
		s->ends[i] = s->bytes.len;
	}
	put_unit(&s->bytes, 0, STREAM_END);
}

/* How far it got */

static size_t step_bytes(const struct stream *s, size_t i)
{
	const struct flash_step *step = &s->steps[i];

	return step->bytes + (step->erase ? s->bank->sectors[step->sector].size : 0);
}

/* The loader fetches one unit ahead: a step is over when two units behind it are taken. */
static void note_taken(void *ctx, size_t taken)
{
	struct stream *s = ctx;

	s->taken = taken;
	for (; s->step < s->count && s->ends[s->step] + UNIT < taken; s->step++)
		flash_progress(s->bank, step_bytes(s, s->step));
}

static void set_states(struct stream *s, size_t stopped_at)
{
	const struct stm32l4 *f = s->bank->priv;
	bool erased_all = s->start > 0 && s->taken > s->start;

	for (size_t i = 0; i < s->count; i++) {
		struct flash_step *step = &s->steps[i];

		if (step->state == STEP_DONE)
			continue;
		if (i < stopped_at)
			step->state = STEP_DONE;
		else if (i == stopped_at)
			step->state = STEP_UNKNOWN;
		else if (erased_all && step->erase &&
			 s->mass[physical_bank(f, s->bank->sectors[step->sector].offset)])
			step->state = STEP_ERASED;
	}
}

static size_t step_of_sector(const struct stream *s, unsigned sector)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->steps[i].sector == sector)
			return i;
	return s->step;
}

/* The loader says which double word, or with which CR value, it failed. */
static int failed_sector(const struct stream *s, uint32_t behind, uint32_t header)
{
	const struct stm32l4 *f = s->bank->priv;

	if (behind != 0)
		return (int)flash_sector_at(s->bank, behind - UNIT - s->bank->base);
	for (unsigned i = 0; i < s->bank->sector_count; i++)
		if (stm32l4_erase_value(f, &s->bank->sectors[i]) == header)
			return (int)i;
	return NO_ADDRESS;
}

static enum err judge(struct stream *s, const struct algorithm *a)
{
	int sector;

	if (a->result[0] == 0) {
		note_taken(s, s->bytes.len + UNIT);
		set_states(s, s->count);
		return OK;
	}
	sector = failed_sector(s, a->result[1], a->result[2]);
	if (sector == (int)s->bank->sector_count)
		sector = NO_ADDRESS;
	set_states(s, sector == NO_ADDRESS ? s->step : step_of_sector(s, (unsigned)sector));
	return stm32l4_failed(s->bank, a->result[0], sector);
}

/* Running the loader */

static enum err place_loader(struct stream *s, const struct work_area *area,
			     const struct ring_feed *feed)
{
	struct stm32l4 *f = s->bank->priv;
	uint32_t scratch = feed->base + 8 + feed->size;
	uint8_t code[sizeof(stm32l4_loader) + PARAM_BYTES];
	uint8_t *p = code + sizeof(stm32l4_loader);

	memcpy(code, stm32l4_loader, sizeof(stm32l4_loader));
	put_le32(p, f->regs + f->layout->sr);
	put_le32(p + 4, f->regs + f->layout->cr);
	put_le32(p + 8, f->line->banks == TWO_G0B ? SR_BSY | SR_BSY2 : SR_BSY);
	put_le32(p + 12, SR_FAILED);
	put_le32(p + 16, CR_PG);
	put_le32(p + 20, s->bank->keepalive != 0 ? s->bank->keepalive : scratch);
	TRY(target_write(s->bank->target, area->addr, 4, sizeof(code) / 4, code));
	return ring_feed_init(s->bank->target, feed);
}

/* Asks the loader to end between two double words: half of one would block the controller. */
static void stop_gently(struct stream *s, struct algorithm *a, const struct ring_feed *feed)
{
	uint64_t deadline = clock_now_ms() + 200;
	bool running = true;
	struct error saved;

	error_take(&saved);
	if (target_write_u32(s->bank->target, feed->base, 0) == OK)
		while (running && clock_now_ms() < deadline)
			if (algorithm_poll(s->bank->target, a, &running) != OK)
				break;
	error_clear();
	error_put(&saved);
}

static enum err wait_end(struct stream *s, struct algorithm *a)
{
	uint64_t deadline = clock_now_ms() + STALL_MS;
	bool running = true;

	for (;;) {
		TRY(algorithm_poll(s->bank->target, a, &running));
		if (!running)
			return OK;
		if (clock_now_ms() >= deadline)
			return error_why(ERR_TIMEOUT, "the flash loader did not end within %u ms",
					 STALL_MS);
		loop_service(s->bank->target->list->loop);
	}
}

static enum err explain_stall(struct stream *s, enum err rc)
{
	struct stm32l4 *f = s->bank->priv;
	struct error saved;
	uint32_t sr;

	if (rc != ERR_TIMEOUT)
		return stm32l4_explain_loss(s->bank, rc);
	error_take(&saved);
	/* Was it the controller that did not come back? */
	if (stm32l4_read(s->bank, f->layout->sr, &sr) == OK && (sr & SR_BSY))
		return stm32l4_still_busy(sr, STALL_MS);
	error_clear();
	error_put(&saved);
	return stm32l4_explain_loss(s->bank, rc);
}

static enum err run_loader(struct stream *s, const struct work_area *area)
{
	uint32_t head = (uint32_t)sizeof(stm32l4_loader) + PARAM_BYTES;
	struct ring_feed feed = {
		.base = area->addr + head,
		.size = (area->size - head - 8 - UNIT) / UNIT * UNIT,
		.unit = UNIT,
		.data = s->bytes.data,
		.bytes = s->bytes.len,
		.progress = note_taken,
		.ctx = s,
	};
	struct algorithm a = {
		.entry = area->addr + STM32L4_LOADER_ENTRY,
		.exit_pc = area->addr + STM32L4_LOADER_EXIT,
		.r = { feed.base - PARAM_BYTES, feed.base + 8 + feed.size },
		.timeout_ms = STALL_MS,
	};
	enum err rc;

	TRY(place_loader(s, area, &feed));
	TRY(algorithm_start(s->bank->target, &a));
	rc = algorithm_feed(s->bank->target, &a, &feed);
	if (rc == OK)
		rc = wait_end(s, &a);
	else if (rc == ERR_CANCELLED)
		stop_gently(s, &a, &feed);
	rc = error_first(rc, algorithm_finish(s->bank->target, &a));
	if (rc == OK)
		return judge(s, &a);
	set_states(s, s->step);
	return explain_stall(s, rc);
}

/* The slow path: the host writes CR and the double words, the bus makes it wait. */

static enum err check_sr(struct flash_bank *bank, int sector)
{
	uint32_t sr;

	TRY(stm32l4_wait(bank, ERASE_MS, &sr));
	return sr & SR_FAILED ? stm32l4_failed(bank, sr, sector) : OK;
}

static enum err direct_erase(struct flash_bank *bank, uint32_t value, int sector)
{
	struct stm32l4 *f = bank->priv;

	TRY(stm32l4_write(bank, f->layout->cr, value));
	TRY(stm32l4_write(bank, f->layout->cr, value | CR_STRT));
	TRY(check_sr(bank, sector));
	return stm32l4_write(bank, f->layout->cr, 0);
}

static enum err direct_program(struct flash_bank *bank, uint32_t addr, const uint8_t *data,
			       size_t n, int sector)
{
	struct stm32l4 *f = bank->priv;

	TRY(stm32l4_write(bank, f->layout->cr, CR_PG));
	while (n > 0) {
		size_t part = MIN(n, DIRECT_BYTES);
		enum err rc = target_write(bank->target, addr, 4, part / 4, data);

		/* A refused write: SR knows why. */
		if (rc == ERR_BUS || rc == ERR_DAP_FAULT)
			TRY(check_sr(bank, sector));
		TRY(rc);
		TRY(check_sr(bank, sector));
		TRY(operation_step(bank));
		addr += (uint32_t)part;
		data += part;
		n -= part;
	}
	return stm32l4_write(bank, f->layout->cr, 0);
}

/* Walks the same stream the loader would get. */
static enum err direct_unit(struct stream *s, size_t *at, int sector)
{
	const uint8_t *p = s->bytes.data + *at;
	uint32_t first = get_le32(p), count = get_le32(p + 4);

	*at += UNIT;
	if (count == 0)
		return direct_erase(s->bank, first, sector);
	p += UNIT;
	*at += (size_t)count * UNIT;
	return direct_program(s->bank, first, p, (size_t)count * UNIT, sector);
}

static enum err run_directly(struct stream *s)
{
	size_t at = 0;
	enum err rc = OK;

	if (s->start > 0)
		rc = direct_unit(s, &at, NO_ADDRESS);
	for (size_t i = 0; rc == OK && i < s->count; i++) {
		while (rc == OK && at < s->ends[i])
			rc = direct_unit(s, &at, (int)s->steps[i].sector);
		if (rc == OK)
			note_taken(s, at + 2 * UNIT);
		if (rc == OK)
			rc = operation_step(s->bank);
	}
	set_states(s, s->step);
	return rc;
}

static enum err run_stream(struct stream *s)
{
	struct target *t = s->bank->target;
	uint32_t head = (uint32_t)sizeof(stm32l4_loader) + PARAM_BYTES + 8 + UNIT;
	uint32_t want = MIN(work_area_available(t), head + RING_MAX);
	struct work_area *area;
	enum err rc;

	if (want < head + RING_MIN || work_area_alloc(t, want & ~7u, &area) != OK) {
		error_clear();
		log_warning("not enough working area available(requested %u)", head + RING_MIN);
		log_warning("flash bank %s: writing without a loader, which is slower: set "
			    "-work-area-phys and "
			    "-work-area-size",
			    s->bank->name);
		return run_directly(s);
	}
	rc = run_loader(s, area);
	return error_first(rc, (work_area_free(t, area), OK));
}

static enum err check_steps(struct flash_bank *bank, const struct flash_step *steps, size_t count)
{
	const struct stm32l4 *f = bank->priv;

	if (!f->is_otp)
		return stm32l4_check_protection(bank, steps, count);
	for (size_t i = 0; i < count; i++)
		if (steps[i].erase)
			return error_why(ERR_UNSUPPORTED, "OTP cannot be erased");
	if (f->otp_enabled)
		return OK;
	return error_next(
		error_why(ERR_REFUSED, "OTP memory bank #%u is disabled for write commands",
			  bank->number),
		"each double word can be written once: \"stm32l4x otp %u enable\"", bank->number);
}

enum err stm32l4_run(struct flash_bank *bank, struct flash_step *steps, size_t count)
{
	struct stream s = { .bank = bank, .steps = steps, .count = count };
	enum err rc;

	TRY(check_steps(bank, steps, count));
	build(&s);
	rc = run_stream(&s);
	buf_free(&s.bytes);
	free(s.ends);
	return rc;
}
