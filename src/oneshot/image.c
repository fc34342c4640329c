/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file of `probed flash` and `probed verify`: what it is, and where it goes. */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "oneshot/verbs.h"

/* Where a file without addresses goes: the first bank that is not once-only. */
static struct flash_bank *main_bank(const struct oneshot *o)
{
	for (struct flash_bank *b = o->rooms->flash->banks; b != NULL; b = b->next) {
		if (b->target == o->target && !b->is_once_only &&
		    strcmp(b->driver->name, "virtual") != 0)
			return b;
	}
	return NULL;
}

static bool has_ending(const char *path, const char *ending)
{
	size_t n = strlen(path), m = strlen(ending);

	return n >= m && strcmp(path + n - m, ending) == 0;
}

/* A raw file has no checks of its own; its first two words often tell that it is meant for
 * elsewhere. */
static void look_at_vectors(const struct image_section *s)
{
	uint32_t sp, pc;

	if (s->bytes < 8)
		return;
	sp = get_le32(s->data);
	pc = get_le32(s->data + 4);
	if (sp >> 28 == 2 && sp % 4 == 0 && pc % 2 == 1 && pc - s->addr >= s->bytes &&
	    pc >> 28 != 1)
		log_warning(
			"the file begins with a vector table whose reset handler is at 0x%08" PRIx32
			", outside of where it goes (0x%08" PRIx32 "): was it linked for another "
			"address? --at tells where it belongs",
			pc & ~1u, s->addr);
}

static enum err place(struct oneshot *o, struct image *image)
{
	const char *path = o->request->argv[0];
	struct flash_bank *bank = main_bank(o);
	uint32_t addr;

	if (o->request->at != NULL) {
		TRY(parse_u32(o->request->at, "--at", &addr));
	} else {
		if (bank == NULL) {
			error_why(ERR_ARGUMENT,
				  "%s is a raw binary without addresses, and there is no flash "
				  "bank to put it at the start of",
				  path);
			return error_next(ERR_ARGUMENT, "say where with --at ADDRESS");
		}
		TRY(flash_probe(bank));
		addr = bank->base;
		say(o,
		    "%s is a raw binary without addresses: taking 0x%08" PRIx32
		    ", the start of %s (--at ADDRESS for elsewhere)",
		    path, addr, bank->name);
	}
	image->sections[0].addr = addr;
	look_at_vectors(&image->sections[0]);
	return OK;
}

static enum err settle(struct oneshot *o, struct image *image)
{
	const char *path = o->request->argv[0];

	if (image->type == IMAGE_BIN)
		return place(o, image);
	if (o->request->at != NULL) {
		error_why(ERR_ARGUMENT,
			  "--at is for raw binaries, and %s is %s with addresses of its own", path,
			  image_type_name(image->type));
		return error_next(ERR_ARGUMENT, "leave --at out");
	}
	if (has_ending(path, ".bin"))
		log_warning("%s is named .bin but is %s: its own addresses count", path,
			    image_type_name(image->type));
	return OK;
}

static bool is_text(const struct image_section *s)
{
	for (size_t i = 0; i < s->bytes; i++)
		if (s->data[i] >= 0x7f || (s->data[i] < ' ' && !isspace(s->data[i])))
			return false;
	return true;
}

/* What is no program goes where --at says, as data; else a newcomer has taken the wrong file. */
static enum err refuse_other(const struct oneshot *o, const struct image_section *s)
{
	static const struct {
		const char *magic, *what;
	} others[] = { { "UF2\n", "a UF2 file for a bootloader that shows a disk" },
		       { "\x1f\x8b\x08", "a compressed file (gzip)" },
		       { "PK\x03\x04", "an archive (zip)" } };
	const char *what = is_text(s) ? "text" : NULL;

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (s->bytes > 4 && memcmp(s->data, others[i].magic, strlen(others[i].magic)) == 0)
			what = others[i].what;
	if (what == NULL || o->request->force || o->request->at != NULL)
		return OK;
	error_why(ERR_IMAGE_FORMAT, "this is %s, not a program", what);
	error_what(ERR_IMAGE_FORMAT, "%s", o->request->argv[0]);
	return error_next(ERR_IMAGE_FORMAT, "take the ELF, HEX or raw binary file of the program; "
					    "data goes where --at ADDRESS says");
}

enum err read_file(struct oneshot *o)
{
	if (!(o->request->verb->traits & TAKES_IMAGE))
		return OK;
	TRY(image_open(o->request->argv[0], IMAGE_AUTO, 0, &o->image));
	return o->image->type == IMAGE_BIN ? refuse_other(o, &o->image->sections[0]) : OK;
}

enum err open_file(struct oneshot *o, struct image **image)
{
	*image = NULL;
	TRY(settle(o, o->image));
	put_text(o, "file", o->request->argv[0]);
	put_text(o, "format", image_type_name(o->image->type));
	*image = o->image;
	o->image = NULL;
	return OK;
}
