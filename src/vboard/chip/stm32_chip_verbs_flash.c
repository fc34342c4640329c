/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Control port: flash and option bytes as they are, and as another programmer leaves them. */
#include <stdlib.h>
#include <string.h>

#include "vboard/chip/stm32_chip_verbs.h"
#include "vboard/device/stm32l4_flash_parts.h"

#define MAIN_BASE 0x08000000u

static struct stm32l4_flash *flash_of(struct vb_board *board)
{
	return &((struct stm32_chip *)board->priv)->flash;
}

/* The window may have a hole (G4): what the bus does not show is not there. */
bool stm32_chip_phys(struct stm32_chip *chip, uint32_t offset, uint32_t *phys)
{
	uint8_t byte;

	if (offset >= 0x01000000u || !vb_bus_peek(chip->board->bus, MAIN_BASE + offset, &byte, 1))
		return false;
	*phys = stm32l4_array_phys(&chip->flash, offset);
	return true;
}

bool stm32_chip_flash_address(struct stm32_chip *chip, const char *text, uint32_t *phys,
			      char *error, size_t error_size)
{
	uint32_t addr;

	if (!vb_number(text, &addr, error, error_size))
		return false;
	if (!stm32_chip_phys(chip, addr >= MAIN_BASE ? addr - MAIN_BASE : addr, phys)) {
		snprintf(error, error_size, "%s is not in main flash", text);
		return false;
	}
	return true;
}

/* Options */

/* NAME=VALUE, NAME=FIRST..LAST. */
static bool set_pair(struct stm32_chip *chip, char *text, char *error, size_t error_size)
{
	char *value = strchr(text, '='), *end;
	uint32_t first, last;

	*value++ = '\0';
	end = strstr(value, "..");
	if (end != NULL)
		*end = '\0';
	if (!vb_number(value, &first, error, error_size) ||
	    (end != NULL && !vb_number(end + 2, &last, error, error_size)))
		return false;
	return stm32_chip_set_option(chip, text, &first, end ? &last : NULL, error, error_size);
}

/* The same as words. */
static bool set_words(struct stm32_chip *chip, int argc, char **argv, char *error,
		      size_t error_size)
{
	uint32_t first, last;

	if (argc < 3 || argc > 4)
		return vb_refuse(error, error_size, "usage: options [NAME VALUE [LAST]]");
	if (!vb_number(argv[2], &first, error, error_size) ||
	    (argc == 4 && !vb_number(argv[3], &last, error, error_size)))
		return false;
	return stm32_chip_set_option(chip, argv[1], &first, argc == 4 ? &last : NULL, error, error_size);
}

static bool set_options(struct stm32_chip *chip, int argc, char **argv, char *error,
			size_t error_size)
{
	int i = 1;

	if (argc > 1 && strcmp(argv[1], "factory") == 0) {
		stm32l4_options_factory(&chip->flash);
		i++;
	} else if (argc > 1 && strchr(argv[1], '=') == NULL) {
		return set_words(chip, argc, argv, error, error_size);
	}
	for (; i < argc; i++) {
		if (strchr(argv[i], '=') == NULL)
			return vb_refuse(error, error_size, "expected NAME=VALUE");
		if (!set_pair(chip, argv[i], error, error_size))
			return false;
	}
	return true;
}

bool stm32_chip_options(VERB_ARGS)
{
	struct stm32l4_flash *f = flash_of(board);
	bool is_pending = argc > 1 && strcmp(argv[argc - 1], "pending") == 0;
	uint64_t before[OPT_COUNT];

	(void)ctx;
	argc -= is_pending;
	memcpy(before, f->stored, sizeof(before));
	if (!set_options(board->priv, argc, argv, error, error_size)) {
		memcpy(f->stored, before, sizeof(before));	/* all of them or none */
		stm32l4_options_show(f);
		return false;
	}
	if (argc > 1 && !is_pending)
		stm32l4_options_load(f);
	stm32l4_array_guard(f);
	stm32_chip_show_options(board->priv, out);
	return true;
}

bool stm32_chip_corrupt_options(VERB_ARGS)
{
	struct stm32l4_flash *f = flash_of(board);
	bool found = argc < 2;

	(void)ctx;
	for (const struct flash_option_row *row = f->family->options; row->name != NULL; row++) {
		if (argc >= 2 && strcmp(argv[1], row->name) != 0)
			continue;
		f->stored[row->id] ^= 1ull << 40;	/* one bit of the complement */
		found = true;
	}
	if (!found)
		return vb_refuse(error, error_size, "there is no such option register");
	stm32l4_options_show(f);
	fprintf(out, "{\"note\":\"takes effect at power-on or OBL_LAUNCH\"}");
	return true;
}

/* Registers and geometry */

bool stm32_chip_flash_regs(VERB_ARGS)
{
	struct stm32l4_flash *f = flash_of(board);
	const char *comma = "";

	(void)argc, (void)argv, (void)error, (void)error_size;
	(void)ctx;
	fprintf(out, "{");
	for (const struct vb_reg *r = f->regs.table; r->name != NULL; r++) {
		uint32_t *value = stm32l4_flash_reg(f, r->offset);

		if (r->reading)
			r->reading(&f->regs, value);
		fprintf(out, "%s\"%s\":%u", comma, r->name, *value);
		comma = ",";
	}
	fprintf(out, "}");
	return true;
}

bool stm32_chip_flash_info(VERB_ARGS)
{
	static const char *const ops[] = { "idle", "program", "fast program", "page erase",
					   "mass erase", "options" };
	struct stm32l4_flash *f = flash_of(board);
	unsigned counts[4] = { 0 };

	(void)argc, (void)argv, (void)error, (void)error_size;
	(void)ctx;
	for (uint32_t at = 0; at < stm32l4_array_end(f); at += 8)
		counts[f->state[at / 8]] += stm32l4_array_has(f, at);
	fprintf(out,
		"{\"size_kb\":%u,\"size_register\":%u,\"dual_bank\":%s,\"bank_bytes\":%u,"
		"\"page_bytes\":%u,\"fb_mode\":%s,\"mem_mode\":%u,\"operation\":\"%s\","
		"\"erased\":%u,\"programmed\":%u,\"ecc_single\":%u,\"ecc_bad\":%u,\"intruded\":%s}",
		f->size_kb, f->size_register, vb_truth(stm32l4_array_is_dual(f)),
		stm32l4_array_bank_bytes(f), stm32l4_array_page_bytes(f), vb_truth(f->fb_mode),
		f->mem_mode, ops[f->op], counts[0], counts[1], counts[2], counts[3],
		vb_truth(f->intruded));
	return true;
}

/* Half of the largest part's flash, or a quarter, makes a part of that size. */
static bool is_part_size(const struct stm32l4_flash *f, uint32_t kb)
{
	return kb == f->family->max_kb || kb == f->family->max_kb / 2 || kb == f->family->max_kb / 4;
}

void stm32_chip_set_size_register(struct stm32_chip *chip, unsigned value)
{
	uint8_t bytes[2];

	chip->flash.size_register = (uint16_t)value;
	put_le16(bytes, (uint16_t)value);
	vb_bus_poke(chip->board->bus, chip->part->size_reg, bytes, sizeof(bytes));
}

void stm32_chip_set_size(struct stm32_chip *chip, unsigned kb)
{
	chip->flash.size_kb = kb;
	stm32_chip_set_size_register(chip, kb);
	stm32l4_array_remap(&chip->flash);
}

bool stm32_chip_flash_size(VERB_ARGS)
{
	struct stm32_chip *chip = board->priv;
	uint32_t kb;

	(void)ctx;
	if (argc != 2)
		return vb_refuse(error, error_size, "usage: flash-size KIB");
	if (!vb_number(argv[1], &kb, error, error_size))
		return false;
	if (kb > 0xffff)
		return vb_refuse(error, error_size, "the size register has 16 bits");
	if (is_part_size(&chip->flash, kb))
		stm32_chip_set_size(chip, kb);
	else
		stm32_chip_set_size_register(chip, kb);
	fprintf(out, "{\"size_kb\":%u,\"size_register\":%u}", chip->flash.size_kb,
		chip->flash.size_register);
	return true;
}

/* Contents, by the addresses of the bus. */

#define CHUNK 2048u	/* no page of any line is smaller, so no bank ends inside */

/* How far the flash goes without a hole or a bank's end from `offset`; 0: there is none. */
static uint32_t chunk_at(struct stm32_chip *chip, uint32_t offset, uint32_t *phys)
{
	return stm32_chip_phys(chip, offset, phys) ? CHUNK - offset % CHUNK : 0;
}

static bool bus_offset(struct stm32_chip *chip, const char *text, uint32_t *offset, char *error,
		       size_t error_size)
{
	uint32_t phys;

	if (!stm32_chip_flash_address(chip, text, &phys, error, error_size))
		return false;
	*offset = stm32l4_array_phys(&chip->flash, phys);	/* the swap is its own inverse */
	return true;
}

static bool is_all_flash(struct stm32_chip *chip, uint32_t offset, uint64_t bytes)
{
	uint32_t phys, n;

	for (uint64_t at = offset; at < offset + bytes; at += n) {
		n = at > UINT32_MAX ? 0 : chunk_at(chip, (uint32_t)at, &phys);
		if (n == 0)
			return false;
	}
	return true;
}

bool stm32_chip_flash_read(VERB_ARGS)
{
	struct stm32_chip *chip = board->priv;
	uint32_t offset, phys = 0, n;

	(void)ctx;
	if (argc != 3)
		return vb_refuse(error, error_size, "usage: flash-read ADDR BYTES");
	if (!bus_offset(chip, argv[1], &offset, error, error_size) ||
	    !vb_number(argv[2], &n, error, error_size))
		return false;
	if (!is_all_flash(chip, offset, n))
		return vb_refuse(error, error_size, "that is more than there is");
	fprintf(out, "\"");
	for (uint32_t i = 0; i < n; i++) {
		stm32_chip_phys(chip, offset + i, &phys);
		fprintf(out, "%02x", chip->flash.cells[phys]);
	}
	fprintf(out, "\"");
	return true;
}

/* A hole in the window is written as erased bytes: the file is what sits at its addresses. */
static bool dump(struct stm32_chip *chip, FILE *file, uint32_t *total)
{
	uint32_t left = chip->flash.size_kb * 1024u, phys = 0;
	uint8_t hole[CHUNK];

	memset(hole, 0xff, sizeof(hole));
	for (*total = 0; left > 0; *total += CHUNK) {
		const uint8_t *from = hole;

		if (chunk_at(chip, *total, &phys) != 0) {
			from = chip->flash.cells + phys;
			left -= CHUNK;
		}
		if (fwrite(from, CHUNK, 1, file) != 1)
			return false;
	}
	return true;
}

bool stm32_chip_flash_dump(VERB_ARGS)
{
	uint32_t bytes;
	FILE *file;
	bool ok;

	(void)ctx;
	if (argc != 2)
		return vb_refuse(error, error_size, "usage: flash-dump FILE");
	file = fopen(argv[1], "wb");
	if (file == NULL)
		return vb_refuse(error, error_size, "cannot create the file");
	ok = dump(board->priv, file, &bytes);
	ok = fclose(file) == 0 && ok;
	if (!ok)
		return vb_refuse(error, error_size, "cannot write the file: the disk may be full");
	fprintf(out, "{\"bytes\":%u}", bytes);
	return true;
}

/* The whole file or nothing of it. */
static bool load(struct stm32_chip *chip, FILE *file, uint32_t offset, size_t *total)
{
	uint8_t chunk[CHUNK];
	uint32_t phys = 0;
	size_t n;

	if (fseek(file, 0, SEEK_END) != 0 || ftell(file) < 0 ||
	    !is_all_flash(chip, offset, (uint64_t)ftell(file)))
		return false;
	rewind(file);
	for (*total = 0;; *total += n) {
		n = fread(chunk, 1, CHUNK - (offset + *total) % CHUNK, file);
		if (n == 0)
			return true;
		stm32_chip_phys(chip, offset + (uint32_t)*total, &phys);
		stm32l4_array_load(&chip->flash, phys, chunk, n);
	}
}

bool stm32_chip_flash_load(VERB_ARGS)
{
	uint32_t offset = 0;
	size_t total = 0;
	FILE *file;
	bool ok;

	(void)ctx;
	if (argc < 2 || argc > 3)
		return vb_refuse(error, error_size, "usage: flash-load FILE [ADDR]");
	if (argc == 3 && !bus_offset(board->priv, argv[2], &offset, error, error_size))
		return false;
	file = fopen(argv[1], "rb");
	if (file == NULL)
		return vb_refuse(error, error_size, "cannot open the file");
	ok = load(board->priv, file, offset, &total);
	fclose(file);
	if (!ok)
		return vb_refuse(error, error_size, "the file is larger than the flash behind it");
	fprintf(out, "{\"bytes\":%zu}", total);
	return true;
}

bool stm32_chip_flash_erase(VERB_ARGS)
{
	struct stm32l4_flash *f = flash_of(board);

	(void)ctx, (void)argc, (void)argv, (void)error, (void)error_size;
	stm32l4_array_erase(f, 0, f->size_kb * 1024u);
	memset(f->line, 0, sizeof(f->line));
	stm32l4_array_show(f, 0, f->size_kb * 1024u);
	stm32l4_array_guard(f);
	fprintf(out, "{\"bytes\":%u}", f->size_kb * 1024u);
	return true;
}
