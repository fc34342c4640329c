/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Image readers on hostile bytes. `make check` links replay.c and runs the seeds; a libFuzzer build
 * is
 *   clang -fsanitize=fuzzer,address,undefined -Isrc testing/fuzz/fuzz_image.c src/image/?*.c \
 *         src/base/?*.c -lelf
 */
#include <assert.h>
#include <stdint.h>

#include "image/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_sections(const struct image *image)
{
	assert(image->count > 0);
	for (size_t i = 0; i < image->count; i++) {
		const struct image_section *s = &image->sections[i];

		assert(s->bytes > 0 && (uint64_t)s->addr + s->bytes <= 0x100000000u);
		if (i > 0)	/* a gap in between, else they would be one */
			assert(s[-1].addr + (uint64_t)s[-1].bytes < s->addr);
	}
}

static void try_type(const uint8_t *data, size_t n, enum image_type type, uint32_t base)
{
	struct image *image;
	enum err rc;

	error_clear();
	rc = image_parse(data, n, type, base, &image);
	assert((rc == OK) == (image != NULL));
	assert((rc == OK) == (error_current()->code == OK));
	if (rc == OK)
		check_sections(image);
	else
		assert(error_current()->why[0] != '\0');
	image_close(image);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const enum image_type types[] = { IMAGE_AUTO, IMAGE_IHEX, IMAGE_S19, IMAGE_ELF,
						 IMAGE_BIN };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		try_type(data, n, types[i], i % 2 ? 0xfffff000 : 0);
	return 0;
}
