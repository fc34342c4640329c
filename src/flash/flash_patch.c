/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flash/flash_patch.h"

#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "dap/identity.h"
#include "flash/journal.h"
#include "flash/room.h"

#define BKPT_OPCODE 0xbe00u
#define SECTOR_MAX  0x20000u
#define PATH_BYTES  512
#define KEY_BYTES   96

/* A sector of the journal that was not restored. */
struct entry {
	char *key;			/* whose: key_of() */
	uint32_t base, size;
	uint8_t *original;
	bool is_done;			/* the BKPTs went in; else the write may have been cut off */
	bool is_cut;			/* it was, and the sector shows it */
	struct entry *next;
};

struct flash_patch_room {
	struct flash_room *room;
	struct patch_ops ops;
	struct entry *open;		/* found when targets were examined */
	const struct target *keyed;	/* whose key is at hand */
	char key[KEY_BYTES];
};

/* "NAME/UNIQUE-ID": another chip on the same bench must not get this one's program. One that has no
 * unique id goes by its name alone. */
static const char *key_of(struct flash_patch_room *patches, const struct target *t)
{
	struct identity identity = { .uid = "" };

	if (patches->keyed == t)
		return patches->key;
	enum err rc = identity_read(t->dap, &identity);

	error_clear();
	snprintf(patches->key, sizeof(patches->key), "%.60s/%s", t->name, identity.uid);
	patches->keyed = rc == OK || rc == ERR_UNSUPPORTED ? t : NULL;
	return patches->key;
}

/* The journal */

static const char *path_of(unsigned place, char path[PATH_BYTES])
{
	const char *home = getenv("HOME");

	if (place == 0)
		snprintf(path, PATH_BYTES, "%s/.probed-breakpoints.log",
			 home != NULL ? home : "/nonexistent");
	else
		snprintf(path, PATH_BYTES, "/tmp/probed-breakpoints-%u.log", (unsigned)geteuid());
	return path;
}

static FILE *open_journal(bool append, char path[PATH_BYTES])
{
	FILE *file = journal_open_own(path_of(0, path), append);

	if (file == NULL)
		file = journal_open_own(path_of(1, path), append);
	if (file != NULL)
		flock(fileno(file), LOCK_EX);	/* several daemons may share it */
	return file;
}

static void put_line(FILE *file, const char *what, const char *key, uint32_t base)
{
	journal_put_time(file);
	fprintf(file, " %s %s 0x%08x", what, key, base);
}

static enum err no_journal(const char *path)
{
	return error_why(ERR_IO, "the journal of breakpoints in flash, %s, cannot be written", path);
}

static enum err write_journal(const char *key, const char *what, const struct patch_sector *sectors,
			      size_t count)
{
	char path[PATH_BYTES];
	FILE *file = open_journal(true, path);
	bool is_begin = strcmp(what, "begin") == 0;

	if (file == NULL)
		return no_journal(path);
	for (size_t i = 0; i < count; i++) {
		const struct patch_sector *s = &sectors[i];

		put_line(file, is_begin || s->patches > 0 ? what : "restored", key, s->base);
		if (is_begin)
			fprintf(file, " %u ", s->size);
		for (uint32_t k = 0; is_begin && k < s->size; k++)
			fprintf(file, "%02x", s->original[k]);
		fputc('\n', file);
	}
	if (!journal_close(file))
		return no_journal(path);
	return OK;
}

static void free_entry(struct entry *e)
{
	free(e->key);
	free(e->original);
	free(e);
}

static void free_entries(struct entry *e)
{
	while (e != NULL) {
		struct entry *next = e->next;

		free_entry(e);
		e = next;
	}
}

static struct entry **find_entry(struct entry **list, const char *key, uint32_t base)
{
	while (*list != NULL && ((*list)->base != base || strcmp((*list)->key, key) != 0))
		list = &(*list)->next;
	return list;
}

static void forget_entry(struct entry **list, const char *key, uint32_t base)
{
	struct entry **e = find_entry(list, key, base), *gone = *e;

	if (gone == NULL)
		return;
	*e = gone->next;
	free_entry(gone);
}

/* "SIZE HEX" of a begin line. A line that was cut off says nothing that is needed: nothing was begun. */
static void take_begin(struct entry **list, const char *key, uint32_t base, char **rest)
{
	const char *size_text = strtok_r(NULL, " \n", rest), *hex = strtok_r(NULL, " \n", rest);
	unsigned long size = size_text != NULL ? strtoul(size_text, NULL, 10) : 0;

	if (hex == NULL || size == 0 || size > SECTOR_MAX || strlen(hex) != 2 * size)
		return;
	uint8_t *original = xcalloc(1, size);

	/* The older one of two is the original: the later sector was written over patches of the first. */
	if (!hex_decode(original, hex, 2 * size) || *find_entry(list, key, base) != NULL) {
		free(original);
		if (*find_entry(list, key, base) != NULL)
			(*find_entry(list, key, base))->is_done = false;
		return;
	}
	struct entry *e = xcalloc(1, sizeof(*e));

	*e = (struct entry){ .key = xstrdup(key), .base = base, .size = (uint32_t)size,
			     .original = original, .next = *list };
	*list = e;
}

static void take_line(struct entry **list, char *line)
{
	char *rest = NULL;

	strtok_r(line, " \n", &rest);
	const char *what = strtok_r(NULL, " \n", &rest), *key = strtok_r(NULL, " \n", &rest);
	const char *base_text = strtok_r(NULL, " \n", &rest);

	if (base_text == NULL)
		return;
	uint32_t base = (uint32_t)strtoul(base_text, NULL, 16);

	if (strcmp(what, "begin") == 0)
		take_begin(list, key, base, &rest);
	else if (strcmp(what, "restored") == 0)
		forget_entry(list, key, base);
	else if (strcmp(what, "done") == 0 && *find_entry(list, key, base) != NULL)
		(*find_entry(list, key, base))->is_done = true;
}

/* The sectors that nobody has restored. A journal with none is deleted. */
static struct entry *read_journal(void)
{
	struct entry *list = NULL;
	char path[PATH_BYTES], *line = NULL;
	FILE *file = open_journal(false, path);
	size_t size = 0;

	if (file == NULL)
		return NULL;
	while (getline(&line, &size, file) >= 0)
		take_line(&list, line);
	free(line);
	if (list == NULL)
		unlink(path);
	fclose(file);
	return list;
}

/* What target/ asks for */

static enum err check_bank(struct flash_bank *bank, uint32_t addr)
{
	unsigned sector = flash_sector_at(bank, addr - bank->base);

	if (!bank->driver->takes_breakpoints || bank->is_once_only)
		return error_why(ERR_REFUSED,
				 "0x%08x is in flash bank %s, whose driver (%s) takes no breakpoints", addr,
				 bank->name, bank->driver->name);
	if (sector == bank->sector_count || bank->sectors[sector].size > SECTOR_MAX)
		return error_why(ERR_REFUSED, "0x%08x is in no sector that can be written as a whole",
				 addr);
	if (bank->driver->protect_check != NULL && bank->sectors[sector].is_protected != 0)
		TRY(bank->driver->protect_check(bank));
	if (bank->sectors[sector].is_protected == 1)
		return error_why(ERR_PROTECTED, "sector %u of flash bank %s (0x%08x) is write-protected",
				 sector, bank->name, addr);
	return OK;
}

static enum err find_sector(void *ctx, struct target *t, uint32_t addr, uint32_t *base, uint32_t *size)
{
	struct flash_patch_room *patches = ctx;
	struct flash_bank *bank;

	TRY(flash_bank_at(patches->room, t, addr, &bank));
	TRY(check_bank(bank, addr));
	unsigned sector = flash_sector_at(bank, addr - bank->base);

	*base = bank->base + bank->sectors[sector].offset;
	*size = bank->sectors[sector].size;
	return OK;
}

static enum err write_sectors(struct flash_patch_room *patches, struct target *t,
			      const struct patch_sector *sectors, size_t count)
{
	const struct flash_write_options options = { .erase = true };
	struct image *image = image_new();

	for (size_t i = 0; i < count; i++)
		image_add(image, sectors[i].base, sectors[i].data, sectors[i].size);
	enum err rc = flash_write_image(patches->room, t, image, &options, NULL);

	image_close(image);
	return rc;
}

/* A sector may be erased now: what it held is in the journal, and the verb knows. */
static enum err failed(struct flash_patch_room *patches, struct target *t, enum err rc)
{
	free_entries(patches->open);
	patches->open = read_journal();
	for (struct entry *e = patches->open; e != NULL; e = e->next)
		e->is_cut = !e->is_done && strcmp(e->key, key_of(patches, t)) == 0;
	return error_next(rc, "\"gdb breakpoint_flash restore\" writes back what the sectors held before");
}

static enum err program(void *ctx, struct target *t, const struct patch_sector *sectors, size_t count)
{
	struct flash_patch_room *patches = ctx;
	const char *key = key_of(patches, t);

	TRY(write_journal(key, "begin", sectors, count));
	enum err rc = write_sectors(patches, t, sectors, count);

	if (rc != OK)
		return failed(patches, t, rc);
	TRY(write_journal(key, "done", sectors, count));
	for (size_t i = 0; i < count; i++) {
		if (sectors[i].patches == 0)
			forget_entry(&patches->open, key, sectors[i].base);
	}
	free_entries(read_journal());	/* deletes it, if that was the last */
	return OK;
}

void flash_patch_overwritten(struct flash_bank *bank, const struct flash_sector *sector)
{
	struct flash_patch_room *patches = bank->room->patches;
	struct target *t = bank->target;
	const struct patch_sector s = { .base = bank->base + sector->offset, .size = sector->size };

	if (patches == NULL || patches_are_writing(t))
		return;
	bool is_patched = target_is_patched(t, s.base, s.size);

	if (!is_patched && patches->open == NULL)
		return;
	const char *key = key_of(patches, t);
	bool known = is_patched || *find_entry(&patches->open, key, s.base) != NULL;

	patches_overwritten(t, s.base, s.size);
	if (!known)
		return;
	forget_entry(&patches->open, key, s.base);
	if (write_journal(key, "restored", &s, 1) != OK)
		log_failure();
	free_entries(read_journal());
}

/* What an earlier run of the daemon has left */

/* How many BKPTs of ours `now` has; -1: something else differs too. */
static int count_patches(const struct entry *e, const uint8_t *now)
{
	int n = 0;

	for (uint32_t at = 0; at + 1 < e->size; at += 2) {
		if (memcmp(now + at, e->original + at, 2) == 0)
			continue;
		if (get_le16(now + at) != BKPT_OPCODE)
			return -1;
		n++;
	}
	return n;
}

static void adopt(struct target *t, const struct entry *e, const uint8_t *now)
{
	for (uint32_t at = 0; at + 1 < e->size; at += 2) {
		if (memcmp(now + at, e->original + at, 2) != 0)
			patches_adopt(t, e->base + at, e->original + at);
	}
}

static void judge(struct target *t, struct entry *e)
{
	uint8_t *now = xcalloc(1, e->size);
	enum err rc = target_read_bytes(t, e->base, now, e->size, NULL);
	int n = rc == OK ? count_patches(e, now) : -1;

	error_clear();
	if (n > 0) {
		adopt(t, e, now);
		log_warning("[%s] %d breakpoint%s of an earlier session %s still in flash (sector at "
			    "0x%08x): passed without a stop; \"gdb breakpoint_flash restore\" takes %s out",
			    t->name, n, n == 1 ? "" : "s", n == 1 ? "is" : "are", e->base,
			    n == 1 ? "it" : "them");
	} else if (rc == OK && n < 0 && !e->is_done) {
		e->is_cut = true;
		log_warning("[%s] writing breakpoints into the flash sector at 0x%08x was cut off: \"gdb "
			    "breakpoint_flash restore\" writes back what it held before",
			    t->name, e->base);
	} else {
		log_debug("[%s] journal of breakpoints: sector at 0x%08x holds another program now",
			  t->name, e->base);
	}
	free(now);
}

static void on_event(void *ctx, struct target *t, enum target_event event)
{
	struct flash_patch_room *patches = ctx;
	struct entry *list;

	if (event != EVENT_EXAMINE_END)
		return;
	if (patches->keyed == t)
		patches->keyed = NULL;	/* perhaps another chip */
	list = read_journal();
	for (struct entry *e = list; e != NULL; e = e->next) {
		const struct entry *told = *find_entry(&patches->open, e->key, e->base);

		if (told != NULL)
			e->is_cut = told->is_cut;
		else if (strcmp(e->key, key_of(patches, t)) == 0 && !target_is_patched(t, e->base, e->size))
			judge(t, e);
	}
	free_entries(patches->open);
	patches->open = list;
}

static enum err write_back(struct flash_patch_room *patches, struct target *t, const struct entry *e)
{
	const struct patch_sector s = { .base = e->base, .size = e->size, .data = e->original,
					.original = e->original };

	TRY(check_halted(t));
	TRY(write_sectors(patches, t, &s, 1));
	return write_journal(key_of(patches, t), "restored", &s, 1);
}

static struct entry **find_cut(struct entry **list, const char *key)
{
	while (*list != NULL && (!(*list)->is_cut || strcmp((*list)->key, key) != 0))
		list = &(*list)->next;
	return list;
}

enum err flash_patch_restore(struct flash_room *room, struct target *t)
{
	struct flash_patch_room *patches = room->patches;
	struct entry **place;

	while (*(place = find_cut(&patches->open, key_of(patches, t))) != NULL) {
		struct entry *e = *place;

		/* Out of the list first: a write forgets the entries of the sectors it erases. */
		*place = e->next;
		enum err rc = write_back(patches, t, e);

		if (rc != OK) {
			e->next = patches->open;
			patches->open = e;
			return rc;
		}
		free_entry(e);
	}
	TRY(patches_restore(t));
	free_entries(read_journal());
	return OK;
}

struct flash_patch_room *flash_patch_new(struct flash_room *room)
{
	struct flash_patch_room *patches = xcalloc(1, sizeof(*patches));

	patches->room = room;
	patches->ops = (struct patch_ops){ .sector = find_sector, .program = program, .ctx = patches };
	target_set_patch_ops(room->targets, &patches->ops);
	target_add_listener(room->targets, on_event, patches);
	return patches;
}

void flash_patch_free(struct flash_patch_room *patches)
{
	target_set_patch_ops(patches->room->targets, NULL);
	target_remove_listener(patches->room->targets, on_event, patches);
	free_entries(patches->open);
	free(patches);
}
