/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a file format's reader fills: pieces in file order. image.c sorts them, refuses pieces that
 * contradict each other, and joins neighbours. A reader is a pure function over bytes: no file, no
 * log. Its errors name the line (text formats) or the segment (ELF).
 */
#ifndef IMAGE_READER_H
#define IMAGE_READER_H

#include "base/bytes.h"
#include "image/image.h"

struct image_piece {
	uint32_t addr;			/* base already added */
	unsigned place;			/* line, or segment number */
	size_t offset, bytes;		/* in reader->bytes */
};

struct reader {
	uint32_t base;
	const char *place_word;		/* "line" or "segment" */
	struct image_piece *pieces;
	size_t count, cap;
	struct buf bytes;
	bool has_entry;
	uint32_t entry;
};

/* One line of a text format, without its end; blanks at its end are dropped. */
struct text_line {
	const char *text;
	size_t len;
	unsigned number;		/* from 1 */
};
/*
 * Hands each line that is neither empty nor a comment to `take`, which sets *ended at the end record.
 * ERR_IMAGE_FORMAT if text follows it, or if the file ends without it (`end_record` names it).
 */
enum err reader_each_record(const uint8_t *data, size_t n, const bool *ended, const char *end_record,
			    enum err (*take)(void *ctx, const struct text_line *line), void *ctx);
/* ERR_IMAGE_FORMAT if the piece passes the top of the 32-bit address space. */
enum err reader_add(struct reader *r, unsigned place, uint32_t addr, const uint8_t *data, size_t n);

enum err ihex_read(struct reader *r, const uint8_t *data, size_t n);
enum err srec_read(struct reader *r, const uint8_t *data, size_t n);
enum err elf_read(struct reader *r, const uint8_t *data, size_t n);

#endif
