/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Verbs about banks: declare, list, probe, describe, protect. */
#include <stdlib.h>
#include <string.h>

#include "flash/room.h"

enum { BANK_NAME = 1, BANK_DRIVER, BANK_BASE, BANK_SIZE, BANK_CHIP_WIDTH, BANK_BUS_WIDTH,
       BANK_TARGET, BANK_OPTIONS };

static struct flash_room *room_of(struct call *c)
{
	return c->user;
}

static enum err check_new_name(struct call *c, const char *name)
{
	for (struct flash_bank *b = room_of(c)->banks; b != NULL; b = b->next)
		if (strcmp(b->name, name) == 0)
			return error_why(ERR_ARGUMENT, "flash bank name '%s' already exists", name);
	return OK;
}

static enum err parse_bank(struct call *c, struct flash_bank *bank)
{
	uint32_t chip_width, bus_width;

	TRY(check_new_name(c, c->argv[BANK_NAME]));
	TRY(arg_u32(c, BANK_BASE, &bank->base));
	TRY(arg_u32(c, BANK_SIZE, &bank->given_size));
	TRY(arg_u32(c, BANK_CHIP_WIDTH, &chip_width));
	TRY(arg_u32(c, BANK_BUS_WIDTH, &bus_width));
	bank->chip_width = chip_width;
	bank->bus_width = bus_width;
	bank->size = bank->given_size;
	bank->target = target_find(bank->room->targets, c->argv[BANK_TARGET]);
	if (bank->target == NULL)
		return error_next(
			error_why(ERR_ARGUMENT, "target '%s' not defined", c->argv[BANK_TARGET]),
			"create it with \"target create\" first");
	bank->driver = flash_find_driver(c->argv[BANK_DRIVER]);
	if (bank->driver == NULL) {
		log_warning("flash driver '%s' not found: bank %s cannot be used",
			    c->argv[BANK_DRIVER], c->argv[BANK_NAME]);
		bank->driver = &absent_driver;
	}
	if (bank->driver->create == NULL)
		return OK;
	return bank->driver->create(bank, c->argc - BANK_OPTIONS, c->argv + BANK_OPTIONS);
}

static enum err cmd_bank(struct call *c)
{
	struct flash_room *room = room_of(c);
	struct flash_bank *bank = xcalloc(1, sizeof(*bank)), **end = &room->banks;
	enum err rc;

	bank->room = room;
	bank->erased_value = bank->pad_value = 0xff;
	rc = parse_bank(c, bank);
	if (rc != OK) {
		free(bank);
		return rc;
	}
	bank->name = xstrdup(c->argv[BANK_NAME]);
	bank->driver_name = xstrdup(c->argv[BANK_DRIVER]);
	for (; *end != NULL; end = &(*end)->next)
		bank->number++;
	*end = bank;
	return OK;
}

static enum err cmd_banks(struct call *c)
{
	if (room_of(c)->banks == NULL)
		log_warning("no flash bank is declared");
	for (struct flash_bank *b = room_of(c)->banks; b != NULL; b = b->next)
		result_printf(c,
			      "#%u : %s (%s) at 0x%08x, size 0x%08x, buswidth %u, chipwidth %u\n",
			      b->number, b->name, b->driver_name, b->base, b->size, b->bus_width,
			      b->chip_width);
	return OK;
}

/* In the order of 0.11, where tools take the base as the fourth word; the same dict later. */
static enum err cmd_list(struct call *c)
{
	for (struct flash_bank *b = room_of(c)->banks; b != NULL; b = b->next) {
		struct buf text = { 0 };

		buf_printf(&text,
			   "name %s base %u size %u bus_width %u chip_width %u driver %s target %s",
			   b->name, b->base, b->size, b->bus_width, b->chip_width, b->driver_name,
			   b->target->name);
		result_append(c, (const char *)text.data);
		buf_free(&text);
	}
	return OK;
}

static enum err cmd_init(struct call *c)
{
	(void)c;
	return OK;
}

static enum err cmd_drivers(struct call *c)
{
	for (size_t i = 0; flash_drivers[i] != NULL; i++)
		result_append(c, flash_drivers[i]->name);
	return OK;
}

static enum err cmd_probe(struct call *c)
{
	struct flash_bank *bank;

	TRY(arg_flash_bank(c, 1, NULL, &bank));
	TRY(flash_probe(bank));
	result_printf(c, "flash '%s' found at 0x%08x\n", bank->driver_name, bank->base);
	return OK;
}

static const char *protection_word(int is_protected)
{
	if (is_protected < 0)
		return "protection state unknown";
	return is_protected ? "protected" : "not protected";
}

static enum err cmd_info(struct call *c)
{
	static const char *const words[] = { "sectors", NULL };
	struct flash_bank *bank;
	int word;

	TRY(arg_flash_bank(c, 1, NULL, &bank));
	if (c->argc > 2)
		TRY(arg_word(c, 2, words, &word));
	TRY(flash_probe(bank));
	if (bank->driver->protect_check != NULL)
		TRY(bank->driver->protect_check(bank));
	result_printf(c, "#%u : %s at 0x%08x, size 0x%08x, buswidth %u, chipwidth %u\n",
		      bank->number, bank->driver_name, bank->base, bank->size, bank->bus_width,
		      bank->chip_width);
	for (unsigned i = 0; i < bank->sector_count; i++)
		result_printf(c, "\t#%3u: 0x%08x (0x%x %ukB) %s\n", i, bank->sectors[i].offset,
			      bank->sectors[i].size, bank->sectors[i].size >> 10,
			      protection_word(bank->sectors[i].is_protected));
	if (bank->driver->info == NULL)
		return OK;
	return bank->driver->info(bank, c->out);
}

static enum err arg_sector(struct call *c, int index, const struct flash_bank *bank,
			   unsigned *sector)
{
	uint32_t value;

	if (strcmp(c->argv[index], "last") == 0 && bank->sector_count > 0) {
		*sector = bank->sector_count - 1;
		return OK;
	}
	TRY(arg_u32(c, index, &value));
	if (value >= bank->sector_count)
		return error_why(ERR_ARGUMENT, "sector %u: bank %s has sectors 0..%d", value,
				 bank->name, (int)bank->sector_count - 1);
	*sector = value;
	return OK;
}

enum err arg_sector_range(struct call *c, int index, struct flash_bank *bank, unsigned *first,
			  unsigned *last)
{
	TRY(flash_probe(bank));
	TRY(arg_sector(c, index, bank, first));
	TRY(arg_sector(c, index + 1, bank, last));
	if (*first > *last)
		return error_why(ERR_ARGUMENT, "the first sector %u lies behind the last, %u",
				 *first, *last);
	return OK;
}

/* What would change; a range that does not fit the chip's areas shows when it is written only. */
static enum err preview_protect(struct call *c, struct flash_bank *bank, bool set, unsigned first,
				unsigned last)
{
	unsigned changes = 0;

	if (bank->driver->protect == NULL)
		return flash_protect(bank, set, first, last);	/* says that it cannot */
	if (bank->driver->protect_check != NULL)
		TRY(bank->driver->protect_check(bank));
	for (unsigned i = first; i <= last; i++)
		changes += bank->sectors[i].is_protected != set;
	result_printf(c, "sectors %u through %u on flash bank %u: %u of %u would become %s\n", first, last,
		      bank->number, changes, last - first + 1, set ? "protected" : "unprotected");
	if (changes > 0)
		result_printf(c, "the chip may be reset for it; nothing was touched\n");
	return OK;
}

static enum err protect_dry(struct call *c, const struct dry_run *dry)
{
	struct flash_bank *bank;
	unsigned first, last;
	bool set;

	TRY(arg_flash_bank(c, 1, NULL, &bank));
	TRY(arg_sector_range(c, 2, bank, &first, &last));
	TRY(arg_bool(c, 4, &set));
	if (dry->is_set)
		return preview_protect(c, bank, set, first, last);
	TRY(flash_protect(bank, set, first, last));
	result_printf(c, "%s protection for sectors %u through %u on flash bank %u\n",
		      set ? "set" : "cleared", first, last, bank->number);
	return OK;
}

static enum err cmd_protect(struct call *c)
{
	return with_dry_run(c, protect_dry);
}

static enum err cmd_erase_check(struct call *c)
{
	struct flash_bank *bank;
	bool all_blank = true;

	TRY(arg_flash_bank(c, 1, NULL, &bank));
	TRY(flash_probe(bank));
	TRY(flash_erase_check(bank));
	result_printf(c, "successfully checked erase state\n");
	for (unsigned i = 0; i < bank->sector_count; i++)
		all_blank &= bank->sectors[i].is_erased == 1;
	if (all_blank) {
		result_printf(c, "\tBank is erased\n");
		return OK;
	}
	for (unsigned i = 0; i < bank->sector_count; i++)
		if (bank->sectors[i].is_erased != 1)
			result_printf(c, "\t#%3u: 0x%08x (0x%x %ukB) not erased\n", i,
				      bank->sectors[i].offset, bank->sectors[i].size,
				      bank->sectors[i].size >> 10);
	return OK;
}

static enum err cmd_padded_value(struct call *c)
{
	struct flash_bank *bank;
	uint32_t value;

	TRY(arg_flash_bank(c, 1, NULL, &bank));
	TRY(arg_u32(c, 2, &value));
	if (value > 0xff)
		return error_why(ERR_ARGUMENT, "the padding value 0x%x is more than a byte", value);
	bank->pad_value = (uint8_t)value;
	bank->has_pad_value = true;
	result_printf(c, "Default padded value set to 0x%02x for flash bank %u\n", value,
		      bank->number);
	return OK;
}

static enum err cmd_skip_same(struct call *c)
{
	if (c->argc > 1)
		TRY(arg_bool(c, 1, &room_of(c)->skip_same));
	result_bool(c, room_of(c)->skip_same);
	return OK;
}

const struct command flash_bank_commands[] = {
	{ "flash bank", STAGE_CONFIG, 7, -1,
	  "name driver base size chip_width bus_width target ?option ...?", cmd_bank,
	  "Declare a flash bank. Size 0: what the chip says. A driver that this program does not "
	  "have gives a warning; the bank then fails when it is used." },
	{ "flash banks", STAGE_ANY, 0, 0, "", cmd_banks, "List the flash banks, one on a line." },
	{ "flash list", STAGE_ANY, 0, 0, "", cmd_list,
	  "Return the flash banks as a list of dicts." },
	{ "flash init", STAGE_ANY, 0, 0, "", cmd_init,
	  "Accepted for old scripts: banks are probed when used." },
	{ "flash drivers", STAGE_ANY, 0, 0, "", cmd_drivers,
	  "Return the names of the flash drivers." },
	{ "flash probe", STAGE_EXEC, 1, 1, "bank", cmd_probe,
	  "Identify the flash of a bank: size, sectors, protection." },
	{ "flash info", STAGE_EXEC, 1, 2, "bank ?sectors?", cmd_info,
	  "Describe a bank: its sectors with their protection, the chip, its option bytes." },
	{ "flash protect", STAGE_EXEC, 4, 5, "?--dry-run? bank first last|\"last\" on|off",
	  cmd_protect,
	  "Set or remove the write protection of sectors. The chip may be reset; it is halted "
	  "afterwards. --dry-run: only say how many sectors would change." },
	{ "flash erase_check", STAGE_EXEC, 1, 1, "bank", cmd_erase_check,
	  "List the sectors that do not read as erased." },
	{ "flash padded_value", STAGE_ANY, 2, 2, "bank value", cmd_padded_value,
	  "Set the byte that fills gaps and ragged ends of what is written." },
	{ "flash skip_same", STAGE_ANY, 0, 1, "?on|off?", cmd_skip_same,
	  "Whether write_image and program leave alone the sectors that already hold the data. "
	  "Default off." },
	{ 0 }
};
