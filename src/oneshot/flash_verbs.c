/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flash, erase, verify: what changes the chip or compares it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "oneshot/verbs.h"

/* One newline at its end. */
static void print_text(const struct buf *text)
{
	int n = (int)strlen((const char *)text->data);

	while (n > 0 && text->data[n - 1] == '\n')
		n--;
	printf("%.*s\n", n, (const char *)text->data);
}

static enum preview_format plan_format(const struct oneshot *o)
{
	return o->request->json ? PREVIEW_JSON : PREVIEW_TEXT;
}

/* Takes the plan, and the result of making it. */
static enum err show_plan(struct oneshot *o, enum err rc, struct buf *plan)
{
	if (rc == OK && o->request->json)
		put_json(o, "plan", (const char *)plan->data);
	else if (rc == OK)
		print_text(plan);
	buf_free(plan);
	return rc;
}

static enum err dry_run(struct oneshot *o, const struct image *image,
			const struct flash_write_options *options)
{
	struct buf plan = { 0 };
	enum err rc = flash_preview(o->rooms->flash, o->target, image, options, plan_format(o), &plan);

	return show_plan(o, rc, &plan);
}

static bool touches(const struct image *image, const struct flash_bank *bank)
{
	for (size_t i = 0; i < image->count; i++) {
		if (image->sections[i].addr - bank->base < bank->size)
			return true;
	}
	return false;
}

/* --erase-all: every bank the file goes to. */
static enum err erase_touched_banks(struct oneshot *o, const struct image *image)
{
	for (struct flash_bank *b = o->rooms->flash->banks; b != NULL; b = b->next) {
		if (b->target != o->target || b->is_once_only)
			continue;
		if (flash_probe(b) != OK) {
			drop_error("--erase-all");
			continue;
		}
		if (touches(image, b)) {
			TRY(flash_erase_sectors(b, 0, b->sector_count - 1));
			say(o, "erased all %u sectors of %s", b->sector_count, b->name);
		}
	}
	return OK;
}

/* That whole sectors are erased is not news to whoever asked to flash a file. */
static void show_warnings(const struct buf *warnings)
{
	const char *line = warnings->len > 0 ? (const char *)warnings->data : "";

	while (*line != '\0') {
		size_t n = strcspn(line, "\n");

		if (strstr(line, "extra erase range") == NULL ||
		    strstr(line, "extra erase range") > line + n)
			log_warning("%.*s", (int)n, line);
		line += n + (line[n] == '\n');
	}
}

/* A part that no flash takes would be missing in the chip, and nobody notices: refused before
 * anything is erased or reset. To compare, a part may lie elsewhere, but not go beyond the flash. */
static enum err check_fits(struct oneshot *o, const struct image_section *s, bool is_for_writing)
{
	struct flash_bank *bank;
	uint64_t at = s->addr, end = (uint64_t)s->addr + s->bytes;

	while (at < end) {
		if (flash_bank_at(o->rooms->flash, o->target, (uint32_t)at, &bank) != OK) {
			error_clear();
			if (!is_for_writing && at == s->addr)
				return OK;
			error_why(ERR_NO_BANK,
				  "no flash takes the %" PRIu64 " bytes from 0x%08" PRIx64 " on%s",
				  end - at, at, is_for_writing ? "; nothing was written" : "");
			return error_next(ERR_NO_BANK, at == s->addr
						  ? "check that the file is for this chip; --force "
						    "leaves that part out"
					    : is_for_writing
						  ? "the file is larger than the flash: check that "
						    "it is for this chip; --force leaves the rest "
						    "out"
						  : "the file is larger than the flash: check that "
						    "it is for this chip");
		}
		at = (uint64_t)bank->base + bank->size;
	}
	return OK;
}

enum err check_image_fits(struct oneshot *o, const struct image *image, bool is_for_writing)
{
	bool is_any_inside = false;

	for (struct flash_bank *b = o->rooms->flash->banks; b != NULL; b = b->next) {
		if (b->target == o->target && flash_probe(b) != OK)
			drop_error(b->name); /* it may not be the one the file is for */
		is_any_inside = is_any_inside || (b->is_probed && touches(image, b));
	}
	/* All of it outside has a better message. */
	for (size_t i = 0; is_any_inside && !o->request->force && i < image->count; i++)
		TRY(check_fits(o, &image->sections[i], is_for_writing));
	return OK;
}

enum err write_flash(struct oneshot *o, const struct image *image,
		     struct flash_write_options *options, struct flash_report *report)
{
	struct progress progress;
	struct buf warnings = { 0 };
	enum err rc = OK;

	options->warnings = &warnings;
	progress_begin(&progress, o);
	if (o->request->erase_all)
		rc = erase_touched_banks(o, image);
	if (rc == OK)
		rc = flash_write_image(o->rooms->flash, o->target, image, options, report);
	options->warnings = NULL;
	progress_end(&progress);
	show_warnings(&warnings);
	buf_free(&warnings);
	if (rc == ERR_NO_BANK && image->count > 0 && image->sections[0].addr >> 28 == 2)
		error_next(rc, "a program for RAM is started with \"probed run\"");
	if (rc == ERR_PROTECTED)
		error_next(rc, "add --unlock to take the protection off");
	return rc;
}

static enum err write_image(struct oneshot *o, const struct image *image,
			    struct flash_write_options *options)
{
	struct flash_report report = { 0 };

	TRY(write_flash(o, image, options, &report));
	put_number(o, "bytes_written", report.bytes_written);
	put_number(o, "bytes_skipped", report.bytes_skipped);
	put_number(o, "sectors_erased", report.sectors_erased);
	put_bool(o, "verified", options->verify);
	put_number(o, "milliseconds", report.wall_us / 1000);
	say(o, "wrote %zu bytes, %zu were there already, %zu sector%s erased, %.2f s%s",
	    report.bytes_written, report.bytes_skipped, report.sectors_erased,
	    plural(report.sectors_erased), (double)report.wall_us / 1e6,
	    options->verify ? "; verified" : "");
	return OK;
}

static enum err flash_image(struct oneshot *o, const struct image *image)
{
	const struct oneshot_request *r = o->request;
	struct flash_write_options options = { .erase = true,
					       .verify = !r->no_verify,
					       .skip_same = r->skip_same,
					       .unlock = r->unlock,
					       .is_preview = r->dry_run };
	bool will_boot;

	if (r->dry_run)
		return dry_run(o, image, &options);
	TRY(check_image_fits(o, image, true));
	TRY(tcl(o, NULL, "reset init"));
	TRY(write_image(o, image, &options));
	will_boot = !was_warned("the ROM will not boot");
	if (r->no_reset) {
		put_text(o, "state", "halted");
		say(o, "the core is halted (--no-reset)");
		return OK;
	}
	TRY(tcl(o, NULL, "reset run"));
	put_text(o, "state", will_boot ? "running" : "not started");
	say(o, will_boot ? "the program is running"
			 : "the chip was reset, but its boot ROM does not start this: see the "
			   "warning above");
	return OK;
}

enum err verb_flash(struct oneshot *o)
{
	struct image *image;
	enum err rc;

	if (o->request->verify && o->request->no_verify)
		return error_why(ERR_ARGUMENT, "--verify and --no-verify exclude each other");
	TRY(open_file(o, &image));
	rc = flash_image(o, image);
	image_close(image);
	return rc == OK ? OK : error_what(rc, "%s", o->request->argv[0]);
}

enum err verb_verify(struct oneshot *o)
{
	unsigned differences = 0;
	struct image *image;
	size_t bytes;
	enum err rc;

	TRY(open_file(o, &image));
	bytes = image_bytes(image);
	rc = check_image_fits(o, image, false);
	if (rc == OK)
		rc = flash_verify_image(o->rooms->flash, o->target, image, &differences);
	image_close(image);
	put_number(o, "bytes", bytes);
	put_number(o, "differences", differences);
	TRY(rc);
	say(o, "the same: %zu bytes", bytes);
	return OK;
}

/* Much is lost: --yes, or a person says so. */
static enum err confirm(const struct oneshot *o, const struct flash_bank *bank)
{
	char answer[8] = "";

	if (o->request->yes)
		return OK;
	if (isatty(STDIN_FILENO) && isatty(STDERR_FILENO) && !o->request->json) {
		fprintf(stderr, "erase all %" PRIu32 " KiB of %s? [y/N] ", bank->size / 1024,
			bank->name);
		if (fgets(answer, sizeof(answer), stdin) != NULL &&
		    (answer[0] == 'y' || answer[0] == 'Y'))
			return OK;
	}
	error_why(ERR_REFUSED, "erasing all %" PRIu32 " KiB of %s was not confirmed",
		  bank->size / 1024, bank->name);
	return error_next(ERR_REFUSED, "add --yes");
}

static enum err find_main_bank(const struct oneshot *o, struct flash_bank **bank)
{
	for (struct flash_bank *b = o->rooms->flash->banks; b != NULL; b = b->next) {
		if (b->target == o->target && !b->is_once_only) {
			*bank = b;
			return flash_probe(b);
		}
	}
	error_why(ERR_NO_BANK, "no flash is configured for %s", o->target->name);
	return error_next(ERR_NO_BANK, "name the chip with --chip; \"probed --chips\" lists all");
}

static enum err erase_sectors(struct oneshot *o, struct flash_bank *bank, unsigned first,
			      unsigned last)
{
	struct progress progress;
	enum err rc;

	if (o->request->dry_run) {
		struct buf plan = { 0 };

		rc = flash_preview_erase(bank, first, last, false, plan_format(o), &plan);
		return show_plan(o, rc, &plan);
	}
	if (first == 0 && last == bank->sector_count - 1)
		TRY(confirm(o, bank));
	TRY(tcl(o, NULL, "reset init"));
	progress_begin(&progress, o);
	rc = flash_erase_sectors(bank, first, last);
	progress_end(&progress);
	TRY(rc);
	put_text(o, "bank", bank->name);
	put_number(o, "sectors_erased", last - first + 1);
	say(o, "erased %u sector%s of %s (0x%08" PRIx32 "..0x%08" PRIx32 "); the core is halted",
	    last - first + 1, plural(last - first + 1), bank->name,
	    bank->base + bank->sectors[first].offset,
	    bank->base + bank->sectors[last].offset + bank->sectors[last].size - 1);
	return OK;
}

static enum err erase_all(struct oneshot *o)
{
	struct flash_bank *bank;

	TRY(find_main_bank(o, &bank));
	return erase_sectors(o, bank, 0, bank->sector_count - 1);
}

/* --sector N or N-M */
static enum err erase_numbered(struct oneshot *o)
{
	struct flash_bank *bank;
	uint32_t first, last;
	char *text = xstrdup(o->request->sector), *dash = strchr(text, '-');
	enum err rc;

	if (dash != NULL)
		*dash++ = '\0';
	rc = parse_u32(text, "--sector", &first);
	last = first;
	if (rc == OK && dash != NULL)
		rc = parse_u32(dash, "--sector", &last);
	free(text);
	TRY(rc);
	TRY(find_main_bank(o, &bank));
	if (first > last || last >= bank->sector_count) {
		error_why(ERR_ARGUMENT, "--sector %s: %s has sectors 0 to %u", o->request->sector,
			  bank->name, bank->sector_count - 1);
		return error_next(ERR_ARGUMENT, "write one, or first-last");
	}
	return erase_sectors(o, bank, first, last);
}

static enum err erase_addresses(struct oneshot *o)
{
	struct flash_bank *bank;
	uint32_t addr, length;
	unsigned first, last;

	TRY(parse_u32(o->request->argv[0], "the address", &addr));
	TRY(parse_u32(o->request->argv[1], "the length", &length));
	if (length == 0)
		return error_why(ERR_ARGUMENT, "a length of 0 erases nothing");
	TRY(flash_bank_at(o->rooms->flash, o->target, addr, &bank));
	first = flash_sector_at(bank, addr - bank->base);
	if (length > bank->size - (addr - bank->base))
		return error_why(ERR_ARGUMENT, "0x%08" PRIx32 " and %" PRIu32 " bytes go beyond %s",
				 addr, length, bank->name);
	last = flash_sector_at(bank, addr - bank->base + length - 1);
	if (bank->sectors[first].offset != addr - bank->base ||
	    bank->sectors[last].offset + bank->sectors[last].size != addr - bank->base + length) {
		error_why(ERR_ARGUMENT,
			  "only whole sectors can be erased: these would be 0x%08" PRIx32
			  " and %" PRIu32 " bytes",
			  bank->base + bank->sectors[first].offset,
			  bank->sectors[last].offset + bank->sectors[last].size -
				  bank->sectors[first].offset);
		return error_next(ERR_ARGUMENT, "give these numbers");
	}
	return erase_sectors(o, bank, first, last);
}

enum err verb_erase(struct oneshot *o)
{
	const struct oneshot_request *r = o->request;
	int ways = (r->all ? 1 : 0) + (r->sector != NULL ? 1 : 0) + (r->argc > 0 ? 1 : 0);

	if (ways != 1 || r->argc == 1) {
		error_why(ERR_ARGUMENT, "nothing says what is to be erased, or two things do");
		return error_next(ERR_ARGUMENT,
				  "give one of --all, --sector N, --sector N-M, or ADDRESS LENGTH");
	}
	if (r->all)
		return erase_all(o);
	return r->sector != NULL ? erase_numbered(o) : erase_addresses(o);
}
