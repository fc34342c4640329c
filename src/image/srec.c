/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Motorola S-records: M68000PM/AD appendix C. */
#include "image/reader.h"

static const struct srec_kind {
	unsigned address_bytes;		/* 0: the kind does not exist */
	enum { SREC_HEADER, SREC_DATA, SREC_COUNT, SREC_START } role;
} kinds[10] = {
	[0] = { 2, SREC_HEADER }, [1] = { 2, SREC_DATA },  [2] = { 3, SREC_DATA },
	[3] = { 4, SREC_DATA },	  [5] = { 2, SREC_COUNT }, [6] = { 3, SREC_COUNT },
	[7] = { 4, SREC_START },  [8] = { 3, SREC_START }, [9] = { 2, SREC_START },
};

struct srec {
	struct reader *r;
	uint32_t data_records;
	bool ended;
};

struct record {
	unsigned line;
	const struct srec_kind *kind;
	uint8_t bytes[1 + 255];		/* count, address, data, checksum */
	uint32_t addr;
	const uint8_t *data;
	size_t data_bytes;
};

static enum err bad(const struct record *rec, const char *fault)
{
	return error_why(ERR_IMAGE_FORMAT, "line %u: %s", rec->line, fault);
}

static enum err check_sum(const struct record *rec, size_t n)
{
	uint8_t sum = 0;

	for (size_t i = 0; i + 1 < n; i++)
		sum = (uint8_t)(sum + rec->bytes[i]);
	sum ^= 0xff;
	if (sum == rec->bytes[n - 1])
		return OK;
	return error_why(ERR_IMAGE_FORMAT, "line %u: checksum is 0x%02x, should be 0x%02x",
			 rec->line, rec->bytes[n - 1], sum);
}

static enum err decode(const struct text_line *line, struct record *rec)
{
	size_t n;

	rec->line = line->number;
	if (line->len < 4 || line->text[0] != 'S')
		return bad(rec, "does not start with 'S', a digit and a length");
	if (line->text[1] < '0' || line->text[1] > '9' ||
	    kinds[line->text[1] - '0'].address_bytes == 0)
		return bad(rec, "unknown record type");
	rec->kind = &kinds[line->text[1] - '0'];
	if (line->len - 2 > 2 * sizeof(rec->bytes))
		return bad(rec, "the record is longer than its format allows");
	if (!hex_decode(rec->bytes, line->text + 2, line->len - 2))
		return bad(rec, "not a hex digit, or half a byte");
	n = (line->len - 2) / 2;
	if (rec->bytes[0] != n - 1)
		return error_why(ERR_IMAGE_FORMAT, "line %u: says %u bytes, holds %zu", rec->line,
				 rec->bytes[0], n - 1);
	if (n < rec->kind->address_bytes + 2)
		return bad(rec, "the record is too short for its address");
	TRY(check_sum(rec, n));
	rec->addr = 0;
	for (size_t i = 1; i <= rec->kind->address_bytes; i++)
		rec->addr = rec->addr << 8 | rec->bytes[i];
	rec->data = rec->bytes + 1 + rec->kind->address_bytes;
	rec->data_bytes = n - 2 - rec->kind->address_bytes;
	return OK;
}

static enum err take(struct srec *s, const struct record *rec)
{
	uint32_t mask = rec->kind->address_bytes == 2 ? 0xffff : 0xffffff;

	switch (rec->kind->role) {
	case SREC_HEADER:
		return OK;
	case SREC_DATA:
		s->data_records++;
		return reader_add(s->r, rec->line, rec->addr, rec->data, rec->data_bytes);
	case SREC_COUNT:
		if (rec->addr == (s->data_records & mask))
			return OK;
		return error_why(ERR_IMAGE_FORMAT,
				 "line %u: counts %u data records, the file holds %u", rec->line,
				 rec->addr, s->data_records);
	case SREC_START:
		s->ended = true;
		/* Linkers write 0 when there is no entry point. */
		s->r->has_entry = rec->addr != 0;
		s->r->entry = rec->addr;
		return OK;
	}
	return OK;
}

static enum err take_line(void *ctx, const struct text_line *line)
{
	struct record rec;

	TRY(decode(line, &rec));
	return take(ctx, &rec);
}

enum err srec_read(struct reader *r, const uint8_t *data, size_t n)
{
	struct srec s = { .r = r };

	r->place_word = "line";
	return reader_each_record(data, n, &s.ended, "S7, S8 or S9", take_line, &s);
}
