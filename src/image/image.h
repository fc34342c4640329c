/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * image: firmware files behind one reader: ELF (by physical address), Intel HEX, Motorola S-record,
 * raw binary, and a buffer built in memory. The whole file is read at open; sections are sorted by
 * address and do not overlap; adjacent ones are merged. A file that gives a byte twice is accepted
 * only if both values agree. Readers are strict: a wrong checksum, a missing end record or a cut
 * segment is ERR_IMAGE_FORMAT with the line or segment, and nothing is loaded.
 */
#ifndef IMAGE_IMAGE_H
#define IMAGE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum image_type { IMAGE_AUTO, IMAGE_BIN, IMAGE_IHEX, IMAGE_ELF, IMAGE_S19, IMAGE_MEM };

struct image_section {
	uint32_t addr;
	uint8_t *data;
	size_t bytes;
};

struct image {
	enum image_type type;
	struct image_section *sections;
	size_t count;
	bool has_entry;
	uint32_t entry;
	char *path;
};

/* `base` is added to every address (bin starts at 0). AUTO looks at the contents, then the name.
 * ERR_NOT_FOUND, ERR_IMAGE_FORMAT (with line number), ERR_IMAGE_EMPTY. */
enum err image_open(const char *path, enum image_type type, uint32_t base, struct image **image);
/* Parses bytes instead of a file: for tests and fuzzing. */
enum err image_parse(const uint8_t *data, size_t n, enum image_type type, uint32_t base,
		     struct image **image);
struct image *image_new(void);
/* Adds bytes to a memory image; later data wins where it overlaps. */
void image_add(struct image *image, uint32_t addr, const uint8_t *data, size_t n);
void image_close(struct image *image);
size_t image_bytes(const struct image *image);
/* "bin", "ihex", "elf", "s19", "mem"; false if it is none of them. */
bool image_type_parse(const char *word, enum image_type *type);
const char *image_type_name(enum image_type type);

#endif
