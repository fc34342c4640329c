/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `flash plan` and --dry-run: what a write or an erase would do. The target is read and nothing
 * else: it is not halted, no helper code is loaded. A driver that cannot read in passing (a serial
 * flash behind its controller) says so in its objections.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "adapter/adapter.h"
#include "flash/room.h"

#define WORD_BITS 46u /* SWD: a word written through DRW, turnarounds and parity included */
#define PIECE	  16384u
/* Opening the controller and loading helper code: some dozens of round trips, and what they carry. */
#define SETUP_US   15000u
#define SETUP_BITS 60000u
#define FEED_SHARE 13u /* one part in so many of the wire's time: how far was the ring read? */
#define RING_BYTES 16384u /* of the work area that is put back afterwards */

void preview_warn(const struct flash_write_options *options, const char *fmt, ...)
{
	char line[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	if (options->warnings != NULL)
		buf_printf(options->warnings, "%s\n", line);
	else
		log_warning("%s", line);
}

/* What the sectors hold now */

static enum err read_sector(const struct flash_plan *plan, unsigned sector, uint8_t *data)
{
	const struct flash_sector *s = &plan->bank->sectors[sector];

	for (uint32_t at = 0; at < s->size; at += PIECE) {
		TRY(flash_read(plan->bank, s->offset + at, data + at, MIN(PIECE, s->size - at)));
		TRY(operation_step(plan->bank));
	}
	return OK;
}

static void judge_step(struct flash_plan *plan, struct flash_step *step, const uint8_t *now,
		       bool skip)
{
	const struct flash_sector *s = &plan->bank->sectors[step->sector];
	bool is_blank = is_filled(now, s->size, plan->bank->erased_value);
	bool is_same = step->bytes == 0 ? is_blank
					: memcmp(now + (step->offset - s->offset), step->data,
						 step->bytes) == 0;

	if (is_same && skip) {
		plan_drop_step(plan, step);
		return;
	}
	plan->same_bytes += is_same ? step->bytes : 0;
	plan->same_sectors += is_same;
	plan->blank_sectors += is_blank;
	if (is_blank && skip && step->erase) {
		step->erase = false;
		step->looked_blank = true;
	}
}

static enum err inspect(struct flash_plan *plan, bool skip)
{
	uint32_t largest = 1;
	enum err rc = OK;
	uint8_t *now;

	for (unsigned i = 0; i < plan->bank->sector_count; i++)
		largest = MAX(largest, plan->bank->sectors[i].size);
	now = xcalloc(1, largest);
	for (size_t i = 0; rc == OK && i < plan->count; i++) {
		rc = read_sector(plan, plan->steps[i].sector, now);
		if (rc == OK)
			judge_step(plan, &plan->steps[i], now, skip);
	}
	free(now);
	plan_remove_dropped(plan);
	return rc;
}

/* What is said of a whole plan */

struct account {
	struct flash_plan *plan;
	struct buf how, warnings;
	uint64_t flash_us, wire_us, total_us;
};

static void warn_failure(struct account *a)
{
	buf_printf(&a->warnings, "%s\n", error_text(error_current()));
	error_clear();
}

/* A run of protected sectors in the way. */
static void warn_protected(struct account *a, bool unlock)
{
	const struct flash_bank *bank = a->plan->bank;
	size_t end;

	for (size_t i = 0; i < a->plan->count; i = end) {
		const struct flash_step *first = &a->plan->steps[i];

		end = i + 1;
		if (bank->sectors[first->sector].is_protected != 1)
			continue;
		while (end < a->plan->count &&
		       a->plan->steps[end].sector == a->plan->steps[end - 1].sector + 1 &&
		       bank->sectors[a->plan->steps[end].sector].is_protected == 1)
			end++;
		if (end == i + 1)
			buf_printf(&a->warnings, "sector %u is", first->sector);
		else
			buf_printf(&a->warnings, "sectors %u..%u are", first->sector,
				   a->plan->steps[end - 1].sector);
		buf_printf(
			&a->warnings, " write-protected: %s\n",
			unlock ? "the protection is taken off first, the chip may be reset for it"
			       : "the write is refused, nothing is touched; \"unlock\" takes the "
				 "protection off");
	}
}

static void collect_warnings(struct account *a, const struct flash_write_options *options)
{
	struct flash_bank *bank = a->plan->bank;

	if (bank->driver->protect_check != NULL && !bank->is_once_only) {
		if (bank->driver->protect_check(bank) != OK)
			warn_failure(a);
		else
			warn_protected(a, options->unlock);
	}
	if (bank->driver->objections != NULL &&
	    bank->driver->objections(bank, a->plan->steps, a->plan->count, &a->warnings) != OK)
		warn_failure(a);
	if (options->erase || a->plan->count == 0)
		return;
	if (a->plan->same_sectors + a->plan->blank_sectors < a->plan->count &&
	    a->plan->is_inspected)
		buf_printf(&a->warnings,
			   "%zu of %zu sectors are not blank, and nothing is erased before: "
			   "programming fails where a unit is not erased\n",
			   a->plan->count - a->plan->blank_sectors, a->plan->count);
}

static uint32_t speed_khz(const struct flash_bank *bank)
{
	const struct adapter *adapter = bank->room->targets->adapter;

	return adapter->actual_khz != 0 ? adapter->actual_khz : adapter->speed_khz;
}

uint64_t plan_setup_us(const struct flash_bank *bank)
{
	uint32_t khz = speed_khz(bank);

	return SETUP_US + (khz != 0 ? SETUP_BITS * 1000u / khz : 0);
}

uint64_t plan_wire_us(const struct flash_bank *bank, size_t bytes)
{
	uint32_t khz = speed_khz(bank);

	return khz != 0 ? (uint64_t)bytes / 4 * WORD_BITS * 1000 / khz : 0;
}

/* RAM under helper code that is read before and put back afterwards. */
static size_t backup_bytes(const struct flash_plan *plan)
{
	const struct target *t = plan->bank->target;
	uint32_t worth = plan->bank->driver->backup_worth;

	if (!t->work_area_backup || plan->program_bytes == 0)
		return 0;
	if (worth == 0)
		return MIN(t->work_area_size, RING_BYTES);
	return plan->program_bytes <= worth ? MIN(t->work_area_size, plan->program_bytes + 512) : 0;
}

static void estimate(struct account *a)
{
	const struct flash_bank *bank = a->plan->bank;
	struct flash_time time = { a->plan->estimate_us - a->plan->program_us,
				   a->plan->estimate_us };

	if (bank->driver->plan != NULL && a->plan->count > 0 &&
	    bank->driver->plan(a->plan->bank, a->plan->steps, a->plan->count, &a->how, &time) != OK)
		warn_failure(a);
	a->flash_us = time.total_us;
	a->wire_us = plan_wire_us(bank, a->plan->program_bytes);
	a->wire_us += a->wire_us / FEED_SHARE;
	if (a->plan->count > 0)
		a->total_us = plan_setup_us(bank) + time.apart_us +
			      MAX(time.total_us - time.apart_us, a->wire_us) +
			      2 * plan_wire_us(bank, backup_bytes(a->plan));
}

/* As text */

static void describe_run(const struct flash_plan *plan, size_t first, size_t end, struct buf *out)
{
	const struct flash_step *a = &plan->steps[first], *z = &plan->steps[end - 1];
	const struct flash_bank *bank = plan->bank;
	size_t bytes = 0;

	for (size_t i = first; i < end; i++)
		bytes += plan->steps[i].bytes;
	buf_printf(out, "  sector%s %u", a == z ? "" : "s", a->sector);
	if (a != z)
		buf_printf(out, "..%u", z->sector);
	buf_printf(out, " at 0x%08x: %s", bank->base + bank->sectors[a->sector].offset,
		   a->erase	     ? "erase"
		   : a->looked_blank ? "blank, not erased"
				     : "not erased");
	if (bytes > 0)
		buf_printf(out, ", program %zu bytes from 0x%08x", bytes, bank->base + a->offset);
	buf_putc(out, '\n');
}

static bool continues(const struct flash_plan *plan, size_t i)
{
	const struct flash_step *a = &plan->steps[i - 1], *b = &plan->steps[i];

	return b->sector == a->sector + 1 && a->erase == b->erase &&
	       a->looked_blank == b->looked_blank && (a->bytes > 0) == (b->bytes > 0) &&
	       (a->bytes == 0 || a->offset + a->bytes == b->offset);
}

/* Lines, each with a text before it. */
static void put_lines(struct buf *out, const char *before, const struct buf *lines)
{
	const char *at = lines->len > 0 ? (const char *)lines->data : "";

	while (*at != '\0') {
		size_t n = strcspn(at, "\n");

		buf_printf(out, "%s%.*s\n", before, (int)n, at);
		at += n + (at[n] == '\n');
	}
}

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

static void describe_steps(const struct flash_plan *p, struct buf *out)
{
	size_t end;

	buf_printf(out, "flash bank #%u %s at 0x%08x\n", p->bank->number, p->bank->name,
		   p->bank->base);
	for (size_t k = 0; k < p->count; k = end) {
		for (end = k + 1; end < p->count && continues(p, end);)
			end++;
		describe_run(p, k, end, out);
	}
	buf_printf(out,
		   "  image %zu bytes, erase %u sector%s (%zu bytes), program %zu bytes, "
		   "keep %zu bytes, skip %zu bytes in %u sector%s\n",
		   p->image_bytes, p->sectors_erased, plural(p->sectors_erased), p->erase_bytes,
		   p->program_bytes,
		   p->kept_bytes, p->skipped_bytes, p->sectors_skipped,
		   plural(p->sectors_skipped));
}

static void describe(const struct account *a, struct buf *out)
{
	const struct flash_plan *p = a->plan;

	describe_steps(p, out);
	if (p->same_sectors > 0)
		buf_printf(out,
			   "  %u sector%s (%zu bytes) hold%s the data already: \"--skip-same\" "
			   "leaves %s alone\n",
			   p->same_sectors, plural(p->same_sectors), p->same_bytes,
			   p->same_sectors == 1 ? "s" : "", p->same_sectors == 1 ? "it" : "them");
	if (p->blank_sectors > 0)
		buf_printf(out, "  blank: %u sector%s\n", p->blank_sectors, plural(p->blank_sectors));
	if (a->how.len > 0)
		buf_printf(out, "  erase: %s\n", (const char *)a->how.data);
	if (a->flash_us != 0)
		buf_printf(out, "  the flash needs about %.2f s, the wire %.2f s\n",
			   (double)a->flash_us / 1e6, (double)a->wire_us / 1e6);
	put_lines(out, "  warning: ", &a->warnings);
}

/* As data: a Tcl dict or JSON */

struct emit {
	struct buf *out;
	bool is_json;
	bool is_first;
};

static void key(struct emit *e, const char *name)
{
	if (!e->is_first)
		buf_printf(e->out, e->is_json ? ", " : " ");
	e->is_first = false;
	buf_printf(e->out, e->is_json ? "\"%s\": " : "%s ", name);
}

static void emit_number(struct emit *e, const char *name, uint64_t value)
{
	key(e, name);
	buf_printf(e->out, "%llu", (unsigned long long)value);
}

/* In a Tcl list braces would need quoting: our own words have none. */
static void put_text(struct emit *e, const char *text)
{
	if (e->is_json) {
		buf_json_string(e->out, text);
		return;
	}
	buf_putc(e->out, '{');
	for (; *text != '\0'; text++)
		buf_putc(e->out, *text == '{'	 ? '('
				 : *text == '}'	 ? ')'
				 : *text == '\\' ? '/'
						 : *text);
	buf_putc(e->out, '}');
}

static void emit_text(struct emit *e, const char *name, const char *text)
{
	key(e, name);
	put_text(e, text);
}

static void emit_lines(struct emit *e, const char *name, const struct buf *lines)
{
	const char *at = lines->len > 0 ? (const char *)lines->data : "";
	bool first = true;

	key(e, name);
	buf_putc(e->out, e->is_json ? '[' : '{');
	while (*at != '\0') {
		size_t n = strcspn(at, "\n");
		char *line = xasprintf("%.*s", (int)n, at);

		buf_printf(e->out, "%s", first ? "" : e->is_json ? ", " : " ");
		put_text(e, line);
		free(line);
		first = false;
		at += n + (at[n] == '\n');
	}
	buf_putc(e->out, e->is_json ? ']' : '}');
}

static void emit_runs(struct emit *e, const struct flash_plan *p)
{
	bool first = true;
	size_t end;

	key(e, "erase");
	buf_putc(e->out, e->is_json ? '[' : '{');
	for (size_t i = 0; i < p->count; i = end) {
		end = i + 1;
		if (!p->steps[i].erase)
			continue;
		while (end < p->count && p->steps[end].erase &&
		       p->steps[end].sector == p->steps[end - 1].sector + 1)
			end++;
		buf_printf(e->out, e->is_json ? "%s[%u, %u]" : "%s{%u %u}",
			   first	? ""
			   : e->is_json ? ", "
					: " ",
			   p->steps[i].sector, p->steps[end - 1].sector);
		first = false;
	}
	buf_putc(e->out, e->is_json ? ']' : '}');
}

static void emit_account(struct emit *outer, const struct account *a)
{
	const struct flash_plan *p = a->plan;
	struct emit e = { outer->out, outer->is_json, true };

	buf_putc(e.out, '{');
	emit_text(&e, "bank", p->bank->name);
	emit_number(&e, "number", p->bank->number);
	emit_number(&e, "base", p->bank->base);
	emit_runs(&e, p);
	emit_number(&e, "sectors_erased", p->sectors_erased);
	emit_number(&e, "erase_bytes", p->erase_bytes);
	emit_number(&e, "image_bytes", p->image_bytes);
	emit_number(&e, "program_bytes", p->program_bytes);
	emit_number(&e, "kept_bytes", p->kept_bytes);
	emit_number(&e, "skipped_bytes", p->skipped_bytes);
	emit_number(&e, "sectors_skipped", p->sectors_skipped);
	emit_number(&e, "same_bytes", p->same_bytes);
	emit_number(&e, "same_sectors", p->same_sectors);
	emit_number(&e, "blank_sectors", p->blank_sectors);
	emit_text(&e, "how", a->how.len > 0 ? (const char *)a->how.data : "");
	emit_number(&e, "flash_us", a->flash_us);
	emit_number(&e, "wire_us", a->wire_us);
	emit_number(&e, "estimate_us", a->total_us);
	emit_lines(&e, "warnings", &a->warnings);
	buf_putc(e.out, '}');
}

static void emit_all(struct account *accounts, size_t count, const struct buf *warnings,
		     enum preview_format format, struct buf *out)
{
	struct emit e = { out, format == PREVIEW_JSON, true };
	uint64_t total = 0;

	buf_printf(out, e.is_json ? "{" : "");
	key(&e, "banks");
	buf_putc(out, e.is_json ? '[' : '{');
	for (size_t i = 0; i < count; i++) {
		buf_printf(out, "%s", i == 0 ? "" : e.is_json ? ", " : " ");
		emit_account(&e, &accounts[i]);
		total += accounts[i].total_us;
	}
	buf_putc(out, e.is_json ? ']' : '}');
	emit_number(&e, "estimate_us", total);
	emit_lines(&e, "warnings", warnings);
	buf_printf(out, e.is_json ? "}" : "");
}

static void describe_all(struct account *accounts, size_t count, const struct buf *warnings,
			 struct buf *out)
{
	uint64_t total = 0;

	for (size_t i = 0; i < count; i++) {
		describe(&accounts[i], out);
		total += accounts[i].total_us;
	}
	put_lines(out, "warning: ", warnings);
	buf_printf(out, "about %.2f s; nothing was erased or written\n", (double)total / 1e6);
}

void preview_plans(struct flash_plan *plans, size_t count,
		   const struct flash_write_options *options, enum preview_format format,
		   struct buf *out)
{
	struct account *accounts = xcalloc(count + 1, sizeof(*accounts));
	static const struct buf none = { 0 };
	const struct buf *warnings = options->warnings != NULL ? options->warnings : &none;

	for (size_t i = 0; i < count; i++) {
		accounts[i].plan = &plans[i];
		collect_warnings(&accounts[i], options);
		estimate(&accounts[i]);
	}
	if (format == PREVIEW_TEXT)
		describe_all(accounts, count, warnings, out);
	else
		emit_all(accounts, count, warnings, format, out);
	for (size_t i = 0; i < count; i++) {
		buf_free(&accounts[i].how);
		buf_free(&accounts[i].warnings);
	}
	free(accounts);
}

/* A flash that cannot be read is not compared; that is a warning, and the plan goes on without. */
static enum err inspect_bank(struct flash_plan *plan, const struct flash_write_options *options)
{
	struct flash_bank *bank = plan->bank;
	enum err rc = flash_check_readable(bank);

	/* Through a controller a look is no small thing: only if it is asked for. */
	if (rc == OK && bank->driver->read != NULL && !options->skip_same)
		return OK;
	if (rc == OK)
		rc = flash_explain_read(bank, inspect(plan, options->skip_same));
	if (rc == ERR_CANCELLED)
		return rc;
	plan->is_inspected = rc == OK;
	if (rc != OK) {
		preview_warn(options, "%s", error_text(error_current()));
		error_clear();
	}
	plan_total(plan);
	return OK;
}

static enum err inspect_all(struct flash_plan *plans, size_t count,
			    const struct flash_write_options *options)
{
	for (size_t i = 0; i < count; i++) {
		TRY(inspect_bank(&plans[i], options));
		plan_warn_extra_erase(&plans[i], options);
	}
	return OK;
}

enum err flash_preview(struct flash_room *room, struct target *t, const struct image *image,
		       const struct flash_write_options *asked, enum preview_format format,
		       struct buf *out)
{
	struct flash_write_options options = *asked;
	struct flash_plan *plans = NULL;
	struct buf warnings = { 0 };
	size_t count = 0;
	enum err rc;

	options.is_preview = true;
	options.warnings = &warnings;
	rc = flash_plan_build(room, t, image, &options, &plans, &count);
	if (rc == OK)
		rc = inspect_all(plans, count, &options);
	if (rc == OK)
		preview_plans(plans, count, &options, format, out);
	flash_plan_free(plans, count);
	buf_free(&warnings);
	return rc;
}

enum err flash_preview_erase(struct flash_bank *bank, unsigned first, unsigned last, bool unlock,
			     enum preview_format format, struct buf *out)
{
	struct flash_write_options options = { .erase = true,
					       .unlock = unlock,
					       .is_preview = true };
	struct flash_plan plan = { 0 };

	TRY(flash_probe(bank));
	TRY(plan_erase(bank, first, last, &plan));
	preview_plans(&plan, 1, &options, format, out);
	free(plan.steps);
	return OK;
}
