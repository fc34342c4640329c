/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A flash in the state file: a line with the model, registers, unique id, security registers, then
 * those rows of the array that are not blank, and a CRC-32 of all of it. What is under way is saved
 * as the supply would leave it if it went now.
 */
#include "vboard/device/nor.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "vboard/device/crc32.h"
#include "vboard/device/nor_parts.h"

#define HEAD_BYTES (sizeof(((struct nor *)0)->nv) + sizeof(((struct nor *)0)->unique) + \
		    sizeof(((struct nor *)0)->security) + 4)
#define ROW_BYTES  (4 + NOR_PAGE)

static bool put(FILE *f, uint32_t *crc, const uint8_t *data, size_t n)
{
	*crc = vb_crc32_more(*crc, data, n);
	return fwrite(data, 1, n, f) == n;
}

/* Fills `row` behind its offset; false: blank. */
static bool make_row(const struct nor *nor, uint32_t at, uint8_t row[ROW_BYTES])
{
	bool busy = nor->work.kind != WORK_NONE, blank = true;

	put_le32(row, at);
	memcpy(row + 4, nor->array + at, NOR_PAGE);
	for (uint32_t i = 0; i < NOR_PAGE; i++) {
		if (busy)
			row[4 + i] = nor_half_done(nor, at + i);
		blank = blank && row[4 + i] == 0xff;
	}
	return !blank;
}

bool nor_save(const struct nor *nor, FILE *f)
{
	uint8_t head[HEAD_BYTES], row[ROW_BYTES], *p = head;
	uint32_t rows = 0, crc = 0;
	bool ok;

	for (uint32_t at = 0; at < nor->model->bytes; at += NOR_PAGE)
		rows += make_row(nor, at, row);
	memcpy(p, nor->nv, sizeof(nor->nv));
	p += sizeof(nor->nv);
	memcpy(p, nor->unique, sizeof(nor->unique));
	p += sizeof(nor->unique);
	memcpy(p, nor->security, sizeof(nor->security));
	put_le32(p + sizeof(nor->security), rows);
	ok = fprintf(f, "nor %s\n", nor->model->name) > 0 && put(f, &crc, head, sizeof(head));
	for (uint32_t at = 0; ok && at < nor->model->bytes; at += NOR_PAGE) {
		if (make_row(nor, at, row))
			ok = put(f, &crc, row, sizeof(row));
	}
	put_le32(row, crc);
	return ok && fwrite(row, 1, 4, f) == 4;
}

/* The model of the file, "" if that is no header. */
static void read_header(FILE *f, char model[40])
{
	char line[40];

	model[0] = '\0';
	if (fgets(line, sizeof(line), f) != NULL && strncmp(line, "nor ", 4) == 0)
		snprintf(model, 40, "%.*s", (int)strcspn(line + 4, "\n"), line + 4);
}

/* Rows go up in the array and do not overlap. */
static bool are_rows_sound(const struct nor *nor, const uint8_t *rows, uint32_t n)
{
	uint64_t next = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t at = get_le32(rows + (size_t)i * ROW_BYTES);

		if (at % NOR_PAGE || at < next || at >= nor->model->bytes)
			return false;
		next = (uint64_t)at + NOR_PAGE;
	}
	return true;
}

/* Another order code was fitted when the file was written. */
static bool fit(struct nor *nor, const char *model)
{
	char error[120];

	return strcmp(nor->model->name, model) == 0 ||
	       nor_refit(nor, model, error, sizeof(error));
}

static void take(struct nor *nor, const uint8_t *head, const uint8_t *rows, uint32_t n)
{
	bool powered = nor->powered;

	nor_power(nor, false);
	memcpy(nor->nv, head, sizeof(nor->nv));
	head += sizeof(nor->nv);
	memcpy(nor->unique, head, sizeof(nor->unique));
	head += sizeof(nor->unique);
	memcpy(nor->security, head, sizeof(nor->security));
	memset(nor->array, 0xff, nor->model->bytes);
	for (uint32_t i = 0; i < n; i++)
		memcpy(nor->array + get_le32(rows + (size_t)i * ROW_BYTES),
		       rows + (size_t)i * ROW_BYTES + 4, NOR_PAGE);
	nor_power(nor, powered);
	nor->ready_at = nor->writable_at = 0;
	nor_tell(nor, 0, nor->model->bytes);
}

/* Nothing changes unless all of it is sound. */
bool nor_restore(struct nor *nor, FILE *f)
{
	uint8_t head[HEAD_BYTES], end[4], *rows;
	char model[40];
	uint32_t n, crc;
	size_t bytes;
	bool ok;

	read_header(f, model);
	if (model[0] == '\0' || fread(head, 1, sizeof(head), f) != sizeof(head))
		return false;
	n = get_le32(head + sizeof(head) - 4);
	if (n > nor->model->bytes / NOR_PAGE)
		return false;
	bytes = (size_t)n * ROW_BYTES;
	rows = xcalloc(1, bytes + 1);
	ok = fread(rows, 1, bytes, f) == bytes && fread(end, 1, 4, f) == 4;
	crc = vb_crc32_more(vb_crc32(head, sizeof(head)), rows, bytes);
	ok = ok && crc == get_le32(end) && are_rows_sound(nor, rows, n) && fit(nor, model);
	if (ok)
		take(nor, head, rows, n);
	free(rows);
	return ok;
}
