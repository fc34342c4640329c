/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Banks: finding, probing, reading, erase state, protection. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "flash/flash_patch.h"
#include "flash/ocotp.h"
#include "flash/room.h"

struct flash_room *flash_room_new(struct target_list *targets)
{
	struct flash_room *room = xcalloc(1, sizeof(*room));

	room->targets = targets;
	target_add_listener(targets, ocotp_guard_examined, room);
	room->patches = flash_patch_new(room);
	script_register(targets->script, flash_bank_commands, room);
	script_register(targets->script, flash_write_commands, room);
	script_register(targets->script, flash_read_commands, room);
	for (size_t i = 0; flash_drivers[i] != NULL; i++)
		if (flash_drivers[i]->commands != NULL)
			script_register(targets->script, flash_drivers[i]->commands, room);
	for (size_t i = 0; flash_chip_commands[i] != NULL; i++)
		script_register(targets->script, flash_chip_commands[i], room);
	return room;
}

void flash_room_free(struct flash_room *room)
{
	if (room == NULL)
		return;
	while (room->banks != NULL) {
		struct flash_bank *bank = room->banks;

		room->banks = bank->next;
		if (bank->driver->destroy != NULL)
			bank->driver->destroy(bank);
		free(bank->sectors);
		free(bank->name);
		free(bank->driver_name);
		free(bank);
	}
	target_remove_listener(room->targets, ocotp_guard_examined, room);
	flash_patch_free(room->patches);
	free(room->fuse_log);
	free(room->option_log);
	free(room);
}

const struct flash_driver *flash_find_driver(const char *name)
{
	for (size_t i = 0; flash_drivers[i] != NULL; i++) {
		const struct flash_driver *driver = flash_drivers[i];

		if (strcmp(driver->name, name) == 0)
			return driver;
		for (size_t k = 0; driver->aliases != NULL && driver->aliases[k] != NULL; k++)
			if (strcmp(driver->aliases[k], name) == 0)
				return driver;
	}
	return NULL;
}

static enum err no_such_bank(struct flash_room *room, const char *word)
{
	struct buf names = { 0 };
	char *end;

	strtoul(word, &end, 0);
	if (*word != '\0' && *end == '\0')
		error_why(ERR_NO_BANK, "flash bank '#%s' is out of bounds", word);
	else
		error_why(ERR_NO_BANK, "there is no flash bank named '%s'", word);
	for (struct flash_bank *b = room->banks; b != NULL; b = b->next)
		buf_printf(&names, "%s#%u %s", b == room->banks ? "" : ", ", b->number, b->name);
	if (room->banks != NULL)
		error_next(ERR_NO_BANK, "use one of: %.200s", (const char *)names.data);
	else
		error_next(ERR_NO_BANK, "declare one with \"flash bank\" before init");
	buf_free(&names);
	return ERR_NO_BANK;
}

static struct flash_bank *unique_prefix(struct flash_room *room, const char *word)
{
	struct flash_bank *found = NULL;

	for (struct flash_bank *b = room->banks; b != NULL; b = b->next) {
		if (strncmp(b->name, word, strlen(word)) != 0)
			continue;
		if (found != NULL)
			return NULL;
		found = b;
	}
	return *word != '\0' ? found : NULL;
}

enum err flash_find_bank(struct flash_room *room, const char *word, struct flash_bank **bank)
{
	unsigned long number;
	char *end;

	for (struct flash_bank *b = room->banks; b != NULL; b = b->next) {
		if (strcmp(b->name, word) == 0) {
			*bank = b;
			return OK;
		}
	}
	number = strtoul(word, &end, 0);
	for (struct flash_bank *b = room->banks; b != NULL && *word != '\0' && *end == '\0';
	     b = b->next) {
		if (b->number == number) {
			*bank = b;
			return OK;
		}
	}
	*bank = unique_prefix(room, word);
	return *bank != NULL ? OK : no_such_bank(room, word);
}

enum err arg_flash_bank(struct call *c, int index, const struct flash_driver *driver,
			struct flash_bank **bank)
{
	TRY(flash_find_bank(c->user, c->argv[index], bank));
	if (driver == NULL || (*bank)->driver == driver)
		return OK;
	return error_why(ERR_ARGUMENT, "bank #%u %s is driven by %s, not %s", (*bank)->number,
			 (*bank)->name, (*bank)->driver_name, driver->name);
}

enum err flash_probe(struct flash_bank *bank)
{
	enum err rc = target_check_examined(bank->target);

	if (rc == OK)
		rc = bank->driver->probe(bank);
	if (rc == ERR_NOT_EXAMINED)
		rc = flash_explain(bank, rc);
	if (rc != OK)
		return error_what(rc, "flash bank %s cannot be probed", bank->name);
	bank->is_probed = true;
	if (!bank->has_pad_value)
		bank->pad_value = bank->erased_value;
	return OK;
}

unsigned flash_sector_at(const struct flash_bank *bank, uint32_t offset)
{
	unsigned low = 0, high = bank->sector_count;

	while (low < high) {
		unsigned mid = low + (high - low) / 2;
		const struct flash_sector *s = &bank->sectors[mid];

		if (offset < s->offset)
			high = mid;
		else if (offset - s->offset >= s->size)
			low = mid + 1;
		else
			return mid;
	}
	return bank->sector_count;
}

enum err flash_bank_at(struct flash_room *room, struct target *target, uint32_t addr,
		       struct flash_bank **bank)
{
	bool failed = false;

	*bank = NULL;
	for (struct flash_bank *b = room->banks; b != NULL; b = b->next) {
		if ((target != NULL && b->target != target) || b->driver == &absent_driver ||
		    addr < b->base)
			continue;
		/* A bank that cannot be probed may still not be the one that is looked for. */
		if (flash_probe(b) != OK) {
			failed = true;
			continue;
		}
		if (addr - b->base < b->size) {
			error_clear();
			*bank = b;
			return OK;
		}
	}
	if (failed)
		return error_current()->code;	/* it may well be that one */
	return error_why(ERR_NO_BANK, "no flash bank found for address 0x%08x", addr);
}

enum err flash_check_readable(struct flash_bank *bank)
{
	return bank->driver->readable != NULL ? bank->driver->readable(bank) : OK;
}

/* A read that failed: the driver may know why. */
enum err flash_explain_read(struct flash_bank *bank, enum err rc)
{
	struct error saved;
	enum err why;

	if (rc != ERR_BUS && rc != ERR_DAP_FAULT && rc != ERR_ALGORITHM)
		return rc;
	error_take(&saved);
	why = flash_check_readable(bank);
	if (why == OK)
		error_put(&saved);
	return why == OK ? rc : why;
}

enum err flash_explain(struct flash_bank *bank, enum err rc)
{
	if (rc == OK || bank->driver->explain == NULL)
		return rc;
	return bank->driver->explain(bank, rc, false);
}

enum err flash_read(struct flash_bank *bank, uint32_t offset, uint8_t *dst, size_t n)
{
	if (offset > bank->size || n > bank->size - offset)
		return error_why(ERR_ARGUMENT,
				 "offset 0x%x and %zu bytes pass the end of bank %s (0x%x bytes)",
				 offset, n, bank->name, bank->size);
	if (bank->driver->read != NULL)
		return bank->driver->read(bank, dst, offset, n);
	return flash_explain_read(bank, target_read_bytes(bank->target, bank->base + offset, dst, n,
							  NULL));
}

static enum err erase_check_by_reading(struct flash_bank *bank, struct flash_sector *sector)
{
	uint8_t *data = xcalloc(1, sector->size);
	enum err rc = flash_read(bank, sector->offset, data, sector->size);

	if (rc == OK)
		sector->is_erased = is_filled(data, sector->size, bank->erased_value);
	free(data);
	return rc;
}

enum err flash_erase_check(struct flash_bank *bank)
{
	unsigned next = 0;

	TRY(flash_check_readable(bank));
	for (unsigned i = 0; i < bank->sector_count; i = next) {
		next = flash_same_size_run(bank, i, bank->sector_count);
		if (bank->driver->read == NULL || bank->driver->crcs != NULL) {
			TRY(flash_explain_read(bank, check_blank(bank, i, next - i)));
			continue;
		}
		for (unsigned k = i; k < next; k++) {
			TRY(erase_check_by_reading(bank, &bank->sectors[k]));
			TRY(operation_step(bank));
		}
	}
	return OK;
}

enum err flash_protect(struct flash_bank *bank, bool set, unsigned first, unsigned last)
{
	enum err rc;

	if (bank->driver->protect == NULL)
		return error_why(ERR_UNSUPPORTED, "the %s driver cannot change protection",
				 bank->driver_name);
	TRY(target_claim(bank->target, "flash protect"));
	rc = flash_explain(bank, bank->driver->protect(bank, set, first, last));
	target_release(bank->target);
	return rc;
}
