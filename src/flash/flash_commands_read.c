/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Verbs that read the flash: dump, compare, save to a file. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "flash/room.h"

#define LINE_BYTES 32u
#define MAX_READ   65536u
#define DIFFS_MAX  128

static struct flash_room *room_of(struct call *c)
{
	return c->user;
}

static void rate_since(char *text, size_t size, uint64_t start_ns, size_t bytes)
{
	format_rate(text, size, (clock_now_ns() - start_ns) / 1000, bytes);
}

/* Whole files of bytes */

static enum err save_file(const char *path, const uint8_t *data, size_t n)
{
	FILE *f = fopen(path, "wb");
	bool ok;

	if (f == NULL)
		return error_why(ERR_IO, "couldn't open %s: %s", path, strerror(errno));
	ok = fwrite(data, 1, n, f) == n;
	if (fclose(f) != 0 || !ok)
		return error_why(ERR_IO, "couldn't write %s: %s", path, strerror(errno));
	return OK;
}

static enum err read_pieces(struct flash_bank *bank, uint32_t offset, uint8_t *dst, size_t n)
{
	while (n > 0) {
		size_t piece = MIN(n, 16384u);

		TRY(flash_read(bank, offset, dst, piece));
		TRY(operation_step(bank));
		offset += (uint32_t)piece;
		dst += piece;
		n -= piece;
	}
	return OK;
}

static enum err arg_piece(struct call *c, struct flash_bank *bank, uint32_t *offset, uint32_t *n)
{
	*offset = 0;
	if (c->argc > 3)
		TRY(arg_u32(c, 3, offset));
	if (*offset > bank->size)
		return error_why(ERR_ARGUMENT,
				 "offset 0x%x is past the end of bank %s (0x%x bytes)", *offset,
				 bank->name, bank->size);
	*n = bank->size - *offset;
	if (c->argc > 4)
		TRY(arg_u32(c, 4, n));
	if (*n > bank->size - *offset)
		return error_why(ERR_ARGUMENT,
				 "0x%x bytes at offset 0x%x pass the end of bank %s (0x%x bytes)",
				 *n, *offset, bank->name, bank->size);
	return OK;
}

static enum err cmd_read_bank(struct call *c)
{
	uint64_t start = clock_now_ns();
	struct flash_bank *bank;
	uint32_t offset, n;
	uint8_t *data;
	char rate[64];
	enum err rc;

	TRY(arg_flash_bank(c, 1, NULL, &bank));
	TRY(flash_probe(bank));
	TRY(arg_piece(c, bank, &offset, &n));
	data = xcalloc(1, n);
	rc = read_pieces(bank, offset, data, n);
	if (rc == OK)
		rc = save_file(c->argv[2], data, n);
	free(data);
	TRY(rc);
	rate_since(rate, sizeof(rate), start, n);
	result_printf(c, "wrote %u bytes to file %s from flash bank %u at offset 0x%08x %s\n", n,
		      c->argv[2], bank->number, offset, rate);
	return OK;
}

/* One line per byte that differs, DIFFS_MAX of them, at their places in the bank. */
static enum err list_differences(struct flash_bank *bank, const struct image_section *s)
{
	uint32_t offset = s->addr - bank->base;
	uint8_t *now = xcalloc(1, s->bytes);
	enum err rc = read_pieces(bank, offset, now, s->bytes);
	unsigned count = 0;

	for (size_t i = 0; rc == OK && i < s->bytes && count <= DIFFS_MAX; i++) {
		if (now[i] == s->data[i])
			continue;
		if (count++ == DIFFS_MAX)
			log_user("More than %d errors, the rest are not printed.", DIFFS_MAX);
		else
			log_user("diff %u address 0x%08x. Was 0x%02x instead of 0x%02x", count - 1,
				 offset + (uint32_t)i, now[i], s->data[i]);
	}
	free(now);
	return rc;
}

static enum err contents_differ(struct flash_bank *bank, const struct image *image)
{
	struct error error;

	error_take(&error);
	log_user("contents differ");
	for (size_t i = 0; i < image->count; i++)
		TRY(list_differences(bank, &image->sections[i]));
	error_put(&error);
	return error_what(ERR_VERIFY, "contents differ");
}

static enum err compare_bank(struct call *c, struct flash_bank *bank, const struct image *image,
			     uint32_t offset)
{
	size_t n = image_bytes(image);
	uint64_t start = clock_now_ns();
	char rate[64];
	enum err rc;

	if (offset > bank->size || n > bank->size - offset)
		return error_why(ERR_ARGUMENT,
				 "%zu bytes at offset 0x%x pass the end of bank %s (0x%x bytes)", n,
				 offset, bank->name, bank->size);
	rc = flash_verify_image(room_of(c), bank->target, image, NULL);
	if (rc != OK)
		return rc == ERR_VERIFY ? contents_differ(bank, image) : rc;
	rate_since(rate, sizeof(rate), start, n);
	result_printf(c, "read %zu bytes from file %s and flash bank %u at offset 0x%08x %s\n", n,
		      c->argv[2], bank->number, offset, rate);
	result_printf(c, "contents match\n");
	return OK;
}

static enum err cmd_verify_bank(struct call *c)
{
	struct flash_bank *bank;
	struct image *image;
	uint32_t offset = 0;
	enum err rc;

	TRY(arg_flash_bank(c, 1, NULL, &bank));
	TRY(flash_probe(bank));
	if (c->argc > 3)
		TRY(arg_u32(c, 3, &offset));
	TRY(image_open(arg_path(c, 2), IMAGE_BIN, bank->base + offset, &image));
	rc = compare_bank(c, bank, image, offset);
	image_close(image);
	return rc;
}

static enum err cmd_verify_image(struct call *c)
{
	uint64_t start = clock_now_ns();
	struct image_args args;
	struct image *image;
	struct target *t;
	char rate[64];
	enum err rc;

	TRY(arg_image(c, 1, &args));
	TRY(target_current(room_of(c)->targets, &t));
	TRY(open_image(room_of(c), t, &args, &image));
	rc = flash_verify_image(room_of(c), t, image, NULL);
	if (rc == OK && image->type == IMAGE_ELF && args.offset == 0)
		symbols_note_file(t->symbols, image->path);
	rate_since(rate, sizeof(rate), start, image_bytes(image));
	if (rc == OK)
		result_printf(c, "verified %zu bytes from file %s %s\n", image_bytes(image),
			      args.path, rate);
	image_close(image);
	return rc;
}

/* Dumps */

static uint64_t element(const uint8_t *p, unsigned width)
{
	uint64_t value = 0;

	for (unsigned i = width; i-- > 0; )
		value = value << 8 | p[i];
	return value;
}

static enum err read_at(struct call *c, uint32_t addr, unsigned width, uint32_t count,
			uint8_t **data)
{
	struct flash_bank *bank;
	struct target *t;
	enum err rc;

	if (count == 0 || count > MAX_READ)
		return error_why(ERR_ARGUMENT, "a count of %u: 1..%u is possible", count, MAX_READ);
	if (addr % width != 0)
		return error_why(ERR_UNALIGNED, "address 0x%08x is not a multiple of %u", addr,
				 width);
	TRY(target_current(room_of(c)->targets, &t));
	TRY(flash_bank_at(room_of(c), t, addr, &bank));
	*data = xcalloc(count, width);
	rc = flash_read(bank, addr - bank->base, *data, (size_t)count * width);
	if (rc != OK)
		free(*data);
	return rc;
}

static enum err cmd_dump(struct call *c)
{
	const char *name = c->row->name;
	unsigned width = name[strlen(name) - 1] == 'w' ? 4 : name[strlen(name) - 1] == 'h' ? 2 : 1;
	uint32_t addr, count = 1;
	uint8_t *data;

	TRY(arg_u32(c, 1, &addr));
	if (c->argc > 2)
		TRY(arg_u32(c, 2, &count));
	TRY(read_at(c, addr, width, count, &data));
	for (size_t i = 0; i < (size_t)count * width; i += width) {
		if (i % LINE_BYTES == 0)
			result_printf(c, "%s0x%08x: ", i > 0 ? "\n" : "", (uint32_t)(addr + i));
		result_printf(c, "%0*llx ", (int)(2 * width),
			      (unsigned long long)element(data + i, width));
	}
	result_printf(c, "\n");
	free(data);
	return OK;
}

static enum err cmd_read_memory(struct call *c)
{
	uint32_t addr, bits, count;
	uint8_t *data;
	char text[24];

	TRY(arg_u32(c, 1, &addr));
	TRY(arg_u32(c, 2, &bits));
	TRY(arg_u32(c, 3, &count));
	if (bits != 8 && bits != 16 && bits != 32 && bits != 64)
		return error_why(ERR_ARGUMENT, "a width of %u bits: 8, 16, 32 and 64 are possible",
				 bits);
	TRY(read_at(c, addr, bits / 8, count, &data));
	for (uint32_t i = 0; i < count; i++) {
		snprintf(text, sizeof(text), "0x%llx",
			 (unsigned long long)element(data + (size_t)i * bits / 8, bits / 8));
		result_append(c, text);
	}
	free(data);
	return OK;
}

const struct command flash_read_commands[] = {
	{ "flash read_bank", STAGE_EXEC, 2, 4, "bank file ?offset ?length??", cmd_read_bank,
	  "Save the contents of a bank, or a piece of it, to a file." },
	{ "flash verify_bank", STAGE_EXEC, 2, 3, "bank file ?offset?", cmd_verify_bank,
	  "Compare the bytes of a file with a bank's contents. Fails if they differ." },
	{ "flash verify_image", STAGE_EXEC, 1, 3, "file ?offset ?bin|ihex|elf|s19??",
	  cmd_verify_image,
	  "Compare a file with memory: checksums on the target, then bytes where they disagree." },
	{ "flash mdw", STAGE_EXEC, 1, 2, "address ?count?", cmd_dump, "Show words of the flash." },
	{ "flash mdh", STAGE_EXEC, 1, 2, "address ?count?", cmd_dump,
	  "Show half-words of the flash." },
	{ "flash mdb", STAGE_EXEC, 1, 2, "address ?count?", cmd_dump, "Show bytes of the flash." },
	{ "flash read_memory", STAGE_EXEC, 3, 3, "address width count", cmd_read_memory,
	  "Return count values of 8, 16, 32 or 64 bits as a list." },
	{ 0 }
};
