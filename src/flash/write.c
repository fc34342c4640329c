/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Carrying out plans: claim, protection, begin, steps, end, verify; what to tell on failure. */
#include <stdlib.h>

#include "adapter/adapter.h"
#include "base/clock.h"
#include "flash/flash_patch.h"
#include "flash/room.h"
#include "target/patch.h"

#define PROGRESS_MS 2000u

/* Progress */

void flash_progress_start(struct flash_room *room, struct flash_progress *progress,
			  const char *what, size_t total)
{
	*progress = (struct flash_progress){
		.what = what, .total = total, .start_ms = clock_now_ms(),
		.next_ms = clock_now_ms() + PROGRESS_MS, .outer = room->running,
	};
	room->running = progress;
}

void flash_progress_end(struct flash_room *room)
{
	room->running = room->running->outer;
}

void flash_progress(struct flash_bank *bank, size_t bytes)
{
	struct flash_room *room = bank->room;
	struct flash_progress *p = room->running;

	if (p == NULL)
		return;
	p->done = MIN(p->done + bytes, p->total);
	if (room->progress != NULL)
		room->progress(room->progress_ctx, p->what, p->done, p->total);
	if (clock_now_ms() < p->next_ms)
		return;
	p->next_ms = clock_now_ms() + PROGRESS_MS;
	log_info("%s: %zu of %zu KiB (%zu %%)", p->what, p->done >> 10, p->total >> 10,
		 (size_t)((uint64_t)p->done * 100 / MAX(p->total, 1u)));
}

enum err check_cancelled(struct target *t)
{
	bool stopped = !loop_service(t->list->loop) && !patches_are_writing(t);

	if (stopped || target_is_cancelled(t))
		return error_why(ERR_CANCELLED, "interrupted");
	return OK;
}

enum err operation_step(struct flash_bank *bank)
{
	return check_cancelled(bank->target);
}

/* Timing */

static const struct dap_port_stats *port_stats(const struct flash_room *room)
{
	return &room->targets->adapter->port.stats;
}

void timer_start(struct flash_room *room, struct flash_timer *timer)
{
	*timer = (struct flash_timer){ room, clock_now_ns(), port_stats(room)->wire_bits };
}

void timer_report(const struct flash_timer *timer, uint64_t flash_us, struct flash_report *report)
{
	const struct adapter *adapter = timer->room->targets->adapter;
	uint32_t khz = adapter->actual_khz != 0 ? adapter->actual_khz : adapter->speed_khz;
	uint64_t bits = port_stats(timer->room)->wire_bits - timer->start_bits;

	report->wall_us = (clock_now_ns() - timer->start_ns) / 1000;
	report->flash_us = flash_us;
	report->wire_us = khz != 0 ? bits * 1000 / khz : 0;
	/* What neither the flash nor the wire explains went into waiting for the probe. */
	report->usb_us =
		report->wall_us - MIN(report->wall_us, MAX(report->flash_us, report->wire_us));
	report->held_back_by = "USB";
	if (report->flash_us >= report->wire_us && report->flash_us >= report->usb_us)
		report->held_back_by = "flash";
	else if (report->wire_us >= report->usb_us)
		report->held_back_by = "wire";
}

void format_rate(char *text, size_t size, uint64_t wall_us, size_t bytes)
{
	double seconds = (double)MAX(wall_us, 1u) / 1e6;

	snprintf(text, size, "in %fs (%0.3f KiB/s)", seconds, (double)bytes / 1024 / seconds);
}

static unsigned percent(uint64_t part, uint64_t whole)
{
	return (unsigned)(MIN(part, whole) * 100 / MAX(whole, 1u));
}

/* Breakpoints come and go without a word. */
static void log_report(const struct target *t, const struct flash_report *r)
{
	if (patches_are_writing(t))
		return;
	log_info("flash: %zu bytes written, %zu skipped, %zu sectors erased in %.2f s (%.1f "
		 "KiB/s); flash %u %%, wire %u %%, USB %u %%: the %s held it back",
		 r->bytes_written, r->bytes_skipped, r->sectors_erased, (double)r->wall_us / 1e6,
		 (double)r->bytes_written / 1024 / ((double)MAX(r->wall_us, 1u) / 1e6),
		 percent(r->flash_us, r->wall_us), percent(r->wire_us, r->wall_us),
		 percent(r->usb_us, r->wall_us), r->held_back_by);
}

/* What a failure left behind: runs of sectors in the same state. */

static const char *const state_words[] = {
	[STEP_WAITS] = "not touched", [STEP_UNKNOWN] = "in an unknown state",
	[STEP_ERASED] = "erased but not written",
};

static const char *state_word(const struct flash_step *s)
{
	if (s->state != STEP_DONE)
		return state_words[s->state];
	return s->bytes > 0 ? "written" : "erased";
}

static void tell_state(const struct flash_plan *plan)
{
	struct buf text = { 0 };
	bool touched = false;
	size_t end;

	for (size_t i = 0; i < plan->count; i = end) {
		const struct flash_step *a = &plan->steps[i];

		touched |= a->state != STEP_WAITS;

		for (end = i + 1;
		     end < plan->count && state_word(&plan->steps[end]) == state_word(a);)
			end++;
		buf_printf(&text, "%s%u", i > 0 ? ", " : "", a->sector);
		if (end - i > 1)
			buf_printf(&text, "..%u", plan->steps[end - 1].sector);
		buf_printf(&text, " %s", state_word(a));
	}
	if (touched)
		log_warning("flash bank %s: sector%s %s", plan->bank->name,
			    plan->count > 1 ? "s" : "", (const char *)text.data);
	else
		log_info("flash bank %s: nothing was erased or written", plan->bank->name);
	buf_free(&text);
}

/* Steps */

static enum err run_step(struct flash_bank *bank, struct flash_step *step)
{
	if (step->erase) {
		step->state = STEP_UNKNOWN;
		TRY(bank->driver->erase(bank, step->sector, step->sector));
		step->state = STEP_ERASED;
		flash_progress(bank, bank->sectors[step->sector].size);
		TRY(operation_step(bank));
	}
	if (step->bytes > 0) {
		step->state = STEP_UNKNOWN;
		TRY(bank->driver->write(bank, step->data, step->offset, step->bytes));
		flash_progress(bank, step->bytes);
	}
	step->state = STEP_DONE;
	return operation_step(bank);
}

static enum err run_steps(struct flash_bank *bank, struct flash_step *steps, size_t count)
{
	if (bank->driver->run != NULL)
		return bank->driver->run(bank, steps, count);
	for (size_t i = 0; i < count; i++)
		if (steps[i].state != STEP_DONE)
			TRY(run_step(bank, &steps[i]));
	return OK;
}

static enum err run_bracketed(struct flash_plan *plan)
{
	struct flash_bank *bank = plan->bank;
	enum err rc;

	TRY(target_halt_peers(bank->target, "flash programming"));
	rc = bank->driver->begin != NULL ? bank->driver->begin(bank) : OK;
	if (rc != OK)
		return rc;
	rc = run_steps(bank, plan->steps, plan->count);
	return bank->driver->end != NULL ? error_first(rc, bank->driver->end(bank)) : rc;
}

/* Sectors that read as erased may yet hold programmed all-ones units: erase them after all. */
static bool erase_blank_lookalikes(struct flash_plan *plan)
{
	bool any = false;

	for (size_t i = 0; i < plan->count; i++) {
		struct flash_step *s = &plan->steps[i];

		if (s->state == STEP_DONE)
			continue;
		any |= s->looked_blank;
		s->erase |= s->looked_blank;
		s->looked_blank = false;
	}
	for (size_t i = 0; any && i < plan->count; i++)
		if (plan->steps[i].state != STEP_DONE)
			plan->steps[i].state = STEP_WAITS;
	return any;
}

static void note_sector_state(struct flash_plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		struct flash_sector *s = &plan->bank->sectors[plan->steps[i].sector];

		if (plan->steps[i].state == STEP_WAITS)
			continue;
		s->is_erased = plan->steps[i].state == STEP_DONE ? plan->steps[i].bytes == 0 : -1;
		flash_patch_overwritten(plan->bank, s);
	}
}

enum err plan_run(struct flash_plan *plan, const char *what)
{
	struct flash_progress progress;
	enum err rc;

	if (plan->count == 0)
		return OK;
	flash_progress_start(plan->bank->room, &progress, what,
			     plan->erase_bytes + plan->program_bytes);
	rc = run_bracketed(plan);
	if (rc == ERR_FLASH_OPERATION && erase_blank_lookalikes(plan)) {
		log_warning("%s: a sector looked blank but was not: erasing it",
			    error_text(error_current()));
		error_clear();
		rc = run_bracketed(plan);
	}
	flash_progress_end(plan->bank->room);
	note_sector_state(plan);
	if (rc == OK)
		return OK;
	rc = flash_explain(plan->bank, rc);
	tell_state(plan);
	return rc == ERR_NOT_HALTED ? rc : error_what(rc, "%s failed", what);
}

/* Protection that stands in the way, taken off first if asked for. */
static enum err unlock_sectors(struct flash_plan *plan)
{
	struct flash_bank *bank = plan->bank;
	unsigned first = plan->steps[0].sector, last = plan->steps[plan->count - 1].sector;

	if (bank->driver->protect_check == NULL || bank->driver->protect == NULL)
		return OK;
	TRY(bank->driver->protect_check(bank));
	for (unsigned i = first; i <= last; i++)
		if (bank->sectors[i].is_protected == 1)
			return flash_protect(bank, false, first, last);
	return OK;
}

static enum err run_plans(struct flash_plan *plans, size_t count,
			  const struct flash_write_options *options)
{
	for (size_t i = 0; i < count; i++) {
		if (plans[i].count > 0 && options->unlock)
			TRY(unlock_sectors(&plans[i]));
		TRY(plan_run(&plans[i], "flash write"));
	}
	return OK;
}

enum err check_halted(struct target *t)
{
	TRY(target_check_examined(t));
	if (t->state != TARGET_HALTED)
		return error_why(ERR_NOT_HALTED, "Target not halted");
	return OK;
}

enum err check_bank_halted(struct flash_bank *bank)
{
	enum err rc = check_halted(bank->target);

	return rc == ERR_NOT_EXAMINED ? flash_explain(bank, rc) : rc;
}

enum err check_room_halted(struct flash_room *room, struct target *t)
{
	for (struct flash_bank *bank = room->banks; bank != NULL; bank = bank->next)
		if (bank->target == t)
			return check_bank_halted(bank);
	return check_halted(t);
}

/* The part of the image that was written: what lies in banks. */
static enum err verify_written(struct flash_room *room, struct target *t, const struct image *image)
{
	struct image *inside = image_new();
	enum err rc;

	for (size_t i = 0; i < image->count; i++) {
		const struct image_section *s = &image->sections[i];

		for (struct flash_bank *b = room->banks; b != NULL; b = b->next) {
			uint64_t low = MAX(s->addr, b->base);
			uint64_t high =
				MIN((uint64_t)s->addr + s->bytes, (uint64_t)b->base + b->size);

			if (b->target == t && b->is_probed && low < high)
				image_add(inside, (uint32_t)low, s->data + (low - s->addr),
					  (size_t)(high - low));
		}
	}
	rc = flash_verify_image(room, t, inside, NULL);
	image_close(inside);
	return rc;
}

static enum err write_claimed(struct flash_room *room, struct target *t, const struct image *image,
			      const struct flash_write_options *options,
			      struct flash_report *report)
{
	struct flash_timer timer;
	struct flash_plan *plans;
	uint64_t flash_us = 0;
	size_t count;
	enum err rc;

	TRY(check_halted(t));
	/* The other core of a chip with two: its code changes, and helper code takes RAM. */
	TRY(target_halt_peers(t, "flash programming"));
	timer_start(room, &timer);
	TRY(flash_plan_build(room, t, image, options, &plans, &count));
	rc = run_plans(plans, count, options);
	for (size_t i = 0; rc == OK && i < count; i++) {
		flash_us += plans[i].estimate_us;
		report->bytes_written += plans[i].program_bytes;
		report->bytes_skipped += plans[i].skipped_bytes;
		report->sectors_erased += plans[i].sectors_erased;
	}
	flash_plan_free(plans, count);
	timer_report(&timer, flash_us, report);
	TRY(rc);
	log_report(t, report);
	if (options->verify)
		TRY(verify_written(room, t, image));
	report->verify_us = (clock_now_ns() - timer.start_ns) / 1000 - report->wall_us;
	return OK;
}

enum err flash_write_image(struct flash_room *room, struct target *target,
			   const struct image *image, const struct flash_write_options *options,
			   struct flash_report *report)
{
	struct flash_report own = { 0 };
	enum err rc;

	TRY(target_claim(target, "flash write"));
	rc = write_claimed(room, target, image, options, &own);
	target_release(target);
	if (report != NULL)
		*report = own;
	return rc;
}

/* Erasing */

enum err flash_erase_sectors(struct flash_bank *bank, unsigned first, unsigned last)
{
	struct flash_plan plan = { 0 };
	enum err rc;

	TRY(target_claim(bank->target, "flash erase"));
	rc = check_halted(bank->target);
	if (rc == OK)
		rc = flash_probe(bank);
	if (rc == OK)
		rc = plan_erase(bank, first, last, &plan);
	if (rc == OK)
		rc = plan_run(&plan, "flash erase");
	target_release(bank->target);
	free(plan.steps);
	return rc;
}

static enum err check_aligned(const struct flash_bank *bank, uint32_t addr, uint32_t length,
			      unsigned first, unsigned last, bool pad)
{
	uint32_t low = bank->base + bank->sectors[first].offset;
	uint32_t high = bank->base + bank->sectors[last].offset + bank->sectors[last].size - 1;
	uint32_t end = addr + length - 1;

	if (low == addr && high == end)
		return OK;
	if (!pad) {
		error_why(ERR_ARGUMENT, "address range 0x%08x .. 0x%08x is not sector-aligned",
			  addr, end);
		return error_next(ERR_ARGUMENT, "use 0x%08x .. 0x%08x, or \"pad\"", low, high);
	}
	if (low != addr)
		log_warning("Adding extra erase range, 0x%08x .. 0x%08x", low, addr - 1);
	if (high != end)
		log_warning("Adding extra erase range, 0x%08x .. 0x%08x", end + 1, high);
	return OK;
}

enum err flash_erase_sectors_of(struct flash_bank *bank, uint32_t addr, uint32_t length, bool pad,
				unsigned *first, unsigned *last)
{
	*first = flash_sector_at(bank, addr - bank->base);
	*last = flash_sector_at(bank, addr - bank->base + length - 1);
	if (*first == bank->sector_count || *last == bank->sector_count)
		return error_why(ERR_NO_BANK, "no flash sectors at 0x%08x, length 0x%x", addr, length);
	return check_aligned(bank, addr, length, *first, *last, pad);
}

enum err flash_erase_range(struct flash_room *room, struct target *target, uint32_t addr,
			   uint32_t length, bool pad)
{
	while (length > 0) {
		struct flash_bank *bank;
		unsigned first, last;
		uint32_t n;

		TRY(flash_bank_at(room, target, addr, &bank));
		/* A range may go on in the next bank. */
		n = MIN(length, bank->size - (addr - bank->base));
		TRY(flash_erase_sectors_of(bank, addr, n, pad, &first, &last));
		TRY(flash_erase_sectors(bank, first, last));
		addr += n;
		length -= n;
	}
	return OK;
}
