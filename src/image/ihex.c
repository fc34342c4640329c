/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Intel HEX: "Hexadecimal Object File Format Specification", Intel, revision A, 1988. */
#include "image/reader.h"

enum { IHEX_DATA, IHEX_END, IHEX_SEGMENT, IHEX_START_SEGMENT, IHEX_LINEAR, IHEX_START_LINEAR };

struct ihex {
	struct reader *r;
	uint32_t upper;			/* of the last type 02 or 04 record */
	bool is_segmented;		/* type 02: the offset wraps inside 64 KiB */
	bool ended;
};

struct record {
	unsigned line;
	uint8_t bytes[5 + 255];		/* count, address, type, data, checksum */
	uint8_t count, type;
	uint16_t offset;
	const uint8_t *data;
};

static enum err bad(const struct record *rec, const char *fault)
{
	return error_why(ERR_IMAGE_FORMAT, "line %u: %s", rec->line, fault);
}

static enum err decode(const struct text_line *line, struct record *rec)
{
	size_t digits = line->len - 1;
	uint8_t sum = 0;

	rec->line = line->number;
	if (line->text[0] != ':')
		return bad(rec, "does not start with ':'");
	if (digits < 10)
		return bad(rec, "the record is cut short");
	if (digits > 2 * sizeof(rec->bytes))
		return bad(rec, "the record is longer than its format allows");
	if (!hex_decode(rec->bytes, line->text + 1, digits))
		return bad(rec, "not a hex digit, or half a byte");
	rec->count = rec->bytes[0];
	if (digits / 2 != rec->count + 5u)
		return error_why(ERR_IMAGE_FORMAT, "line %u: says %u data bytes, holds %d",
				 rec->line, rec->count, (int)(digits / 2) - 5);
	for (size_t i = 0; i < digits / 2; i++)
		sum = (uint8_t)(sum + rec->bytes[i]);
	if (sum != 0)
		return error_why(ERR_IMAGE_FORMAT, "line %u: checksum is 0x%02x, should be 0x%02x",
				 rec->line, rec->bytes[rec->count + 4],
				 (uint8_t)(rec->bytes[rec->count + 4] - sum));
	rec->offset = (uint16_t)(rec->bytes[1] << 8 | rec->bytes[2]);
	rec->type = rec->bytes[3];
	rec->data = rec->bytes + 4;
	return OK;
}

static enum err add_data(struct ihex *h, const struct record *rec)
{
	size_t n = rec->count;
	/* Segmented addresses wrap inside their 64 KiB, linear ones go on. */
	size_t first = h->is_segmented ? MIN(n, 0x10000u - rec->offset) : n;

	TRY(reader_add(h->r, rec->line, h->upper + rec->offset, rec->data, first));
	return reader_add(h->r, rec->line, h->upper, rec->data + first, n - first);
}

static enum err expect_count(const struct record *rec, unsigned count)
{
	if (rec->count == count)
		return OK;
	return error_why(ERR_IMAGE_FORMAT, "line %u: a record of type %02u holds %u bytes, not %u",
			 rec->line, rec->type, count, rec->count);
}

static enum err take(struct ihex *h, const struct record *rec)
{
	struct reader *r = h->r;

	switch (rec->type) {
	case IHEX_DATA:
		return add_data(h, rec);
	case IHEX_END:
		h->ended = true;
		return expect_count(rec, 0);
	case IHEX_SEGMENT:
	case IHEX_LINEAR:
		TRY(expect_count(rec, 2));
		h->is_segmented = rec->type == IHEX_SEGMENT;
		h->upper = (uint32_t)(rec->data[0] << 8 | rec->data[1])
			   << (h->is_segmented ? 4 : 16);
		return OK;
	case IHEX_START_SEGMENT:	/* CS:IP means nothing on Arm */
		return expect_count(rec, 4);
	case IHEX_START_LINEAR:
		TRY(expect_count(rec, 4));
		r->has_entry = true;
		r->entry = get_be32(rec->data);
		return OK;
	default:
		return error_why(ERR_IMAGE_FORMAT, "line %u: unknown record type %02x", rec->line,
				 rec->type);
	}
}

static enum err take_line(void *ctx, const struct text_line *line)
{
	struct record rec;

	TRY(decode(line, &rec));
	return take(ctx, &rec);
}

enum err ihex_read(struct reader *r, const uint8_t *data, size_t n)
{
	struct ihex h = { .r = r };

	r->place_word = "line";
	return reader_each_record(data, n, &h.ended, ":00000001FF", take_line, &h);
}
