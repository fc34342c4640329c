/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Verbs that change the flash, and the plan of what they would do. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "flash/room.h"

static struct flash_room *room_of(struct call *c)
{
	return c->user;
}

/* FILE [OFFSET [TYPE]] */

/* OFFSET may be negative: it is added to every address, and addresses wrap. */
static enum err parse_offset(const char *text, uint32_t *offset)
{
	if (text[0] != '-')
		return parse_u32(text, "offset", offset);
	TRY(parse_u32(text + 1, "offset", offset));
	*offset = 0u - *offset;
	return OK;
}

enum err arg_image(struct call *c, int index, struct image_args *a)
{
	*a = (struct image_args){ .type = IMAGE_AUTO };
	if (index >= c->argc)
		return arg_usage(c);
	a->path = arg_path(c, index);
	if (index + 1 < c->argc) {
		TRY(parse_offset(c->argv[index + 1], &a->offset));
		a->has_offset = true;
	}
	if (index + 2 < c->argc && !image_type_parse(c->argv[index + 2], &a->type))
		return error_next(
			error_why(ERR_ARGUMENT, "'%s' is no image type", c->argv[index + 2]),
			"use bin, ihex, elf or s19");
	return index + 3 < c->argc ? arg_usage(c) : OK;
}

enum err open_image(struct flash_room *room, struct target *t, const struct image_args *a,
		    struct image **image)
{
	struct flash_bank *bank = room->banks;
	struct image *opened;
	enum err rc;

	TRY(image_open(a->path, a->type, a->offset, &opened));
	*image = opened;
	if (opened->type != IMAGE_BIN || a->has_offset)
		return OK;
	while (bank != NULL && (bank->target != t || bank->driver == &virtual_driver))
		bank = bank->next;
	if (bank == NULL)
		return OK;
	rc = flash_probe(bank);
	if (rc != OK) {
		image_close(opened);
		return rc;
	}
	log_info("%s has no addresses: taking 0x%08x, the start of flash bank %s", a->path,
		 bank->base, bank->name);
	opened->sections[0].addr = bank->base;
	return OK;
}

/* Writing images */

struct write_args {
	struct flash_write_options options;
	struct dry_run dry;
	struct image_args image;
};

static void take_dry_run(const struct call *c, struct call *copy, const char **words, struct dry_run *dry)
{
	static const struct {
		const char *word;
		enum preview_format format;
	} flags[] = { { "--dry-run", PREVIEW_TEXT }, { "-dry-run", PREVIEW_TEXT },
		      { "-dict", PREVIEW_DICT }, { "-json", PREVIEW_JSON } };

	*dry = (struct dry_run){ 0 };
	*copy = *c;
	copy->argv = words;
	copy->argc = 0;
	for (int i = 0; i < c->argc; i++) {
		size_t k = 0;

		while (k < ARRAY_SIZE(flags) && strcmp(c->argv[i], flags[k].word) != 0)
			k++;
		if (i == 0 || k == ARRAY_SIZE(flags)) {
			words[copy->argc++] = c->argv[i];
			continue;
		}
		dry->is_set = true;
		dry->format = MAX(dry->format, flags[k].format);
	}
}

enum err with_dry_run(struct call *c, enum err (*run)(struct call *c, const struct dry_run *dry))
{
	const char **words = xcalloc((size_t)c->argc, sizeof(*words));
	struct dry_run dry;
	struct call copy;
	enum err rc;

	take_dry_run(c, &copy, words, &dry);
	if (copy.argc - 1 < c->row->min_args)
		rc = arg_usage(c);
	else
		rc = run(&copy, &dry);
	c->result = copy.result;
	free(words);
	return rc;
}

static bool take_option(const char *word, struct write_args *w)
{
	const struct {
		const char *name;
		bool *flag;
	} flags[] = {
		{ "erase", &w->options.erase }, { "unlock", &w->options.unlock },
		{ "--keep", &w->options.keep_rest }, { "--skip-same", &w->options.skip_same },
		{ "--verify", &w->options.verify },
	};

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		if (strcmp(word, flags[i].name) == 0) {
			*flags[i].flag = true;
			return true;
		}
	}
	return false;
}

static enum err parse_write(struct call *c, struct write_args *w)
{
	int i = 1;

	w->options.skip_same = room_of(c)->skip_same;
	w->options.allow_outside = script_compat(c->script)->silent_errors;
	while (i < c->argc && take_option(c->argv[i], w))
		i++;
	return arg_image(c, i, &w->image);
}

static enum err write_file(struct call *c, struct target *t, struct write_args *w,
			   const struct image *image)
{
	struct flash_report report;
	char rate[64];

	if (w->dry.is_set)
		return flash_preview(room_of(c), t, image, &w->options, w->dry.format, c->out);
	TRY(flash_write_image(room_of(c), t, image, &w->options, &report));
	if (image->type == IMAGE_ELF && w->image.offset == 0)
		symbols_note_file(t->symbols, image->path);
	if (w->options.erase)
		result_printf(c, "auto erase enabled\n");
	if (w->options.unlock)
		result_printf(c, "auto unlock enabled\n");
	format_rate(rate, sizeof(rate), report.wall_us, report.bytes_written);
	result_printf(c, "wrote %zu bytes from file %s %s\n", report.bytes_written, w->image.path,
		      rate);
	return OK;
}

static enum err open_and_write(struct call *c, struct write_args *w)
{
	struct image *image;
	struct target *t;
	enum err rc;

	TRY(target_current(room_of(c)->targets, &t));
	if (!w->dry.is_set)
		TRY(check_room_halted(room_of(c), t));
	TRY(open_image(room_of(c), t, &w->image, &image));
	rc = write_file(c, t, w, image);
	image_close(image);
	return rc;
}

static enum err write_image_dry(struct call *c, const struct dry_run *dry)
{
	struct write_args w = { .dry = *dry };

	TRY(parse_write(c, &w));
	return open_and_write(c, &w);
}

static enum err cmd_write_image(struct call *c)
{
	return with_dry_run(c, write_image_dry);
}

static enum err plan_dry(struct call *c, const struct dry_run *dry)
{
	struct write_args w = { .options.erase = true, .dry = { true, dry->format } };

	TRY(parse_write(c, &w));
	return open_and_write(c, &w);
}

static enum err cmd_plan(struct call *c)
{
	return with_dry_run(c, plan_dry);
}

static enum err write_bank(struct call *c, struct flash_bank *bank, uint32_t offset,
			   const struct dry_run *dry, struct flash_report *report)
{
	const struct flash_write_options options = { 0 };
	struct image *image;
	enum err rc;

	TRY(flash_probe(bank));
	TRY(image_open(arg_path(c, 2), IMAGE_BIN, bank->base + offset, &image));
	if (offset > bank->size || image_bytes(image) > bank->size - offset)
		rc = error_why(ERR_ARGUMENT,
			       "%zu bytes at offset 0x%x pass the end of bank %s (0x%x bytes)",
			       image_bytes(image), offset, bank->name, bank->size);
	else if (dry->is_set)
		rc = flash_preview(bank->room, bank->target, image, &options, dry->format, c->out);
	else
		rc = flash_write_image(bank->room, bank->target, image, &options, report);
	image_close(image);
	return rc;
}

static enum err write_bank_dry(struct call *c, const struct dry_run *dry)
{
	struct flash_report report;
	struct flash_bank *bank;
	uint32_t offset = 0;
	char rate[64];

	TRY(arg_flash_bank(c, 1, NULL, &bank));
	if (c->argc > 3)
		TRY(arg_u32(c, 3, &offset));
	if (!dry->is_set)
		TRY(check_bank_halted(bank));
	TRY(write_bank(c, bank, offset, dry, &report));
	if (dry->is_set)
		return OK;
	format_rate(rate, sizeof(rate), report.wall_us, report.bytes_written);
	result_printf(c, "wrote %zu bytes from file %s to flash bank %u at offset 0x%08x %s\n",
		      report.bytes_written, c->argv[2], bank->number, offset, rate);
	return OK;
}

static enum err cmd_write_bank(struct call *c)
{
	return with_dry_run(c, write_bank_dry);
}

/* Filling: the width is the last letter of the verb. */

static unsigned width_of(const struct call *c)
{
	switch (c->row->name[strlen(c->row->name) - 1]) {
	case 'd': return 8;
	case 'w': return 4;
	case 'h': return 2;
	default:  return 1;
	}
}

static enum err fill_image(struct call *c, struct image *image, uint32_t *addr)
{
	unsigned width = width_of(c);
	uint64_t value;
	uint32_t count;
	uint8_t *data;

	TRY(arg_u32(c, 1, addr));
	TRY(arg_data(c, 2, &value));
	TRY(arg_u32(c, 3, &count));
	if (width < 8 && value >> (8 * width) != 0 && (int64_t)value >> (8 * width - 1) != -1)
		return error_why(ERR_ARGUMENT, "0x%llx does not fit into %u bytes",
				 (unsigned long long)value, width);
	if (count == 0 || (uint64_t)count * width > 0x100000000u - *addr)
		return error_why(ERR_ARGUMENT, "%u times %u bytes do not fit at 0x%08x", count,
				 width, *addr);
	data = xcalloc(count, width);
	for (size_t i = 0; i < (size_t)count * width; i++)
		data[i] = (uint8_t)(value >> (8 * (i % width)));
	image_add(image, *addr, data, (size_t)count * width);
	free(data);
	return OK;
}

static enum err fill_dry(struct call *c, const struct dry_run *dry)
{
	const struct flash_write_options options = { .verify = true };
	struct flash_report report = { 0 };
	struct image *image = image_new();
	struct target *t;
	uint32_t addr;
	char rate[64];
	enum err rc;

	rc = fill_image(c, image, &addr);
	if (rc == OK)
		rc = target_current(room_of(c)->targets, &t);
	if (rc == OK && dry->is_set)
		rc = flash_preview(room_of(c), t, image, &options, dry->format, c->out);
	else if (rc == OK)
		rc = flash_write_image(room_of(c), t, image, &options, &report);
	format_rate(rate, sizeof(rate), report.wall_us, image_bytes(image));
	if (rc == OK && !dry->is_set)
		result_printf(c, "wrote %zu bytes to 0x%08x %s\n", image_bytes(image), addr, rate);
	image_close(image);
	return rc;
}

static enum err cmd_fill(struct call *c)
{
	return with_dry_run(c, fill_dry);
}

/* Erasing */

static enum err erase_sector_dry(struct call *c, const struct dry_run *dry)
{
	struct flash_bank *bank;
	unsigned first, last;
	uint64_t start;

	TRY(arg_flash_bank(c, 1, NULL, &bank));
	if (!dry->is_set)
		TRY(check_bank_halted(bank));
	TRY(arg_sector_range(c, 2, bank, &first, &last));
	if (dry->is_set)
		return flash_preview_erase(bank, first, last, false, dry->format, c->out);
	start = clock_now_ns();
	TRY(flash_erase_sectors(bank, first, last));
	result_printf(c, "erased sectors %u through %u on flash bank %u in %fs\n", first, last,
		      bank->number, (double)(clock_now_ns() - start) / 1e9);
	return OK;
}

static enum err cmd_erase_sector(struct call *c)
{
	return with_dry_run(c, erase_sector_dry);
}

static enum err unlock_range(struct call *c, struct target *t, uint32_t addr, uint32_t length)
{
	struct flash_bank *bank;
	unsigned first, last;

	TRY(flash_bank_at(room_of(c), t, addr, &bank));
	first = flash_sector_at(bank, addr - bank->base);
	last = flash_sector_at(bank, MIN(addr - bank->base + length - 1, bank->size - 1));
	if (first == bank->sector_count || last == bank->sector_count)
		return error_why(ERR_NO_BANK, "no flash sectors at 0x%08x, length 0x%x", addr,
				 length);
	return flash_protect(bank, false, first, last);
}

struct flash_erase_args {
	struct target *target;
	uint32_t addr, length;
	bool pad, unlock;
};

/* The same checks as flash_erase_range(), for each bank that the range is in. */
static enum err preview_range(struct call *c, const struct flash_erase_args *a, const struct dry_run *dry)
{
	uint32_t addr = a->addr, length = a->length;

	while (length > 0) {
		struct flash_bank *bank;
		unsigned first, last;
		uint32_t n;

		TRY(flash_bank_at(room_of(c), a->target, addr, &bank));
		n = MIN(length, bank->size - (addr - bank->base));
		TRY(flash_erase_sectors_of(bank, addr, n, a->pad, &first, &last));
		TRY(flash_preview_erase(bank, first, last, a->unlock, dry->format, c->out));
		addr += n;
		length -= n;
	}
	return OK;
}

static enum err erase_address_dry(struct call *c, const struct dry_run *dry)
{
	bool pad = false, unlock = false;
	uint32_t addr, length;
	struct target *t;
	uint64_t start;
	char rate[64];
	int i = 1;

	for (; i < c->argc; i++) {
		if (strcmp(c->argv[i], "pad") == 0)
			pad = true;
		else if (strcmp(c->argv[i], "unlock") == 0)
			unlock = true;
		else
			break;
	}
	if (c->argc - i != 2)
		return arg_usage(c);
	TRY(arg_u32(c, i, &addr));
	TRY(arg_u32(c, i + 1, &length));
	if (length == 0)
		return error_why(ERR_ARGUMENT, "the length must be greater than 0");
	TRY(target_current(room_of(c)->targets, &t));
	if (dry->is_set)
		return preview_range(c, &(struct flash_erase_args){ t, addr, length, pad, unlock }, dry);
	TRY(check_room_halted(room_of(c), t));
	start = clock_now_ns();
	if (unlock)
		TRY(unlock_range(c, t, addr, length));
	TRY(flash_erase_range(room_of(c), t, addr, length, pad));
	format_rate(rate, sizeof(rate), (clock_now_ns() - start) / 1000, length);
	result_printf(c, "erased address 0x%08x (length %u) %s\n", addr, length, rate);
	return OK;
}

static enum err cmd_erase_address(struct call *c)
{
	return with_dry_run(c, erase_address_dry);
}

#define FILL_HELP \
	"Program count copies of value from address on. Nothing is erased before. --dry-run: only " \
	"return the plan."

const struct command flash_write_commands[] = {
	{ "flash write_image", STAGE_EXEC, 1, -1,
	  "?erase? ?unlock? ?--keep? ?--skip-same? ?--verify? ?--dry-run? file ?offset "
	  "?bin|ihex|elf|s19??",
	  cmd_write_image,
	  "Program a file. erase: erase the sectors it touches first, and with --keep put back "
	  "what else they held. unlock: remove write protection first. --skip-same: leave sectors "
	  "alone that already hold the data. --dry-run: only return the plan. offset is added to "
	  "the file's addresses." },
	{ "flash plan", STAGE_EXEC, 1, -1,
	  "?unlock? ?--keep? ?--skip-same? ?-dict|-json? file ?offset ?bin|ihex|elf|s19??", cmd_plan,
	  "Return what \"flash write_image erase\" would do with the file, and do nothing: sectors to "
	  "erase and how, bytes to program, to keep and to skip, sectors that are blank or right already, "
	  "what would refuse it, and the time it takes at this adapter speed. The core may run. -dict, "
	  "-json: for programs." },
	{ "flash write_bank", STAGE_EXEC, 2, 4, "?--dry-run? bank file ?offset?", cmd_write_bank,
	  "Program the bytes of a file from the bank's start or an offset on. Nothing is erased "
	  "before. --dry-run: only return the plan." },
	{ "flash fillb", STAGE_EXEC, 3, 4, "?--dry-run? address value count", cmd_fill, FILL_HELP },
	{ "flash fillh", STAGE_EXEC, 3, 4, "?--dry-run? address value count", cmd_fill, FILL_HELP },
	{ "flash fillw", STAGE_EXEC, 3, 4, "?--dry-run? address value count", cmd_fill, FILL_HELP },
	{ "flash filld", STAGE_EXEC, 3, 4, "?--dry-run? address value count", cmd_fill, FILL_HELP },
	{ "flash erase_sector", STAGE_EXEC, 3, 4, "?--dry-run? bank first last|\"last\"", cmd_erase_sector,
	  "Erase the sectors first to last of a bank. --dry-run: only return the plan." },
	{ "flash erase_address", STAGE_EXEC, 2, 5, "?pad? ?unlock? ?--dry-run? address length",
	  cmd_erase_address,
	  "Erase an address range. pad: widen it to whole sectors. unlock: remove write protection "
	  "first. --dry-run: only return the plan." },
	{ 0 }
};
