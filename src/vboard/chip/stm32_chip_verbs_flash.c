/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Control port: flash, option bytes, and the faults that can be put into them. */
#include <stdlib.h>
#include <string.h>

#include "vboard/chip/stm32_chip_verbs.h"
#include "vboard/device/stm32l4_flash_parts.h"

#define MAIN_BASE 0x08000000u

static struct stm32l4_flash *flash_of(struct vb_board *board)
{
	return &((struct stm32_chip *)board->priv)->flash;
}

/* An address in main flash (at 0x08000000, or an offset) to the physical offset behind it. */
static bool flash_address(struct stm32l4_flash *f, const char *text, uint32_t *phys, char *error,
			  size_t error_size)
{
	uint32_t addr;

	if (!vb_number(text, &addr, error, error_size))
		return false;
	if (addr >= MAIN_BASE)
		addr -= MAIN_BASE;
	if (addr >= f->size_kb * 1024u) {
		snprintf(error, error_size, "%s is not in main flash", text);
		return false;
	}
	*phys = stm32l4_array_phys(f, addr);
	return true;
}

/* Options */

static const struct option_field {
	const char *name;
	enum flash_option option;
	uint8_t msb, lsb;
	enum flash_option last_option;	/* areas: where the last index is */
	uint8_t last_msb, last_lsb;
} fields[] = {
	{ "RDP", OPT_USER, 7, 0, OPT_COUNT, 0, 0 },
	{ "BOR_LEV", OPT_USER, 10, 8, OPT_COUNT, 0, 0 },
	{ "nRST_STOP", OPT_USER, 12, 12, OPT_COUNT, 0, 0 },
	{ "nRST_STDBY", OPT_USER, 13, 13, OPT_COUNT, 0, 0 },
	{ "nRST_SHDW", OPT_USER, 14, 14, OPT_COUNT, 0, 0 },
	{ "IWDG_SW", OPT_USER, 16, 16, OPT_COUNT, 0, 0 },
	{ "IWDG_STOP", OPT_USER, 17, 17, OPT_COUNT, 0, 0 },
	{ "IWDG_STDBY", OPT_USER, 18, 18, OPT_COUNT, 0, 0 },
	{ "WWDG_SW", OPT_USER, 19, 19, OPT_COUNT, 0, 0 },
	{ "BFB2", OPT_USER, 20, 20, OPT_COUNT, 0, 0 },
	{ "DUALBANK", OPT_USER, 21, 21, OPT_COUNT, 0, 0 },
	{ "nBOOT1", OPT_USER, 23, 23, OPT_COUNT, 0, 0 },
	{ "SRAM2_PE", OPT_USER, 24, 24, OPT_COUNT, 0, 0 },
	{ "SRAM2_RST", OPT_USER, 25, 25, OPT_COUNT, 0, 0 },
	{ "PCROP_RDP", OPT_PCROP1ER, 31, 31, OPT_COUNT, 0, 0 },
	{ "PCROP1", OPT_PCROP1SR, 15, 0, OPT_PCROP1ER, 15, 0 },
	{ "PCROP2", OPT_PCROP2SR, 15, 0, OPT_PCROP2ER, 15, 0 },
	{ "WRP1A", OPT_WRP1AR, 7, 0, OPT_WRP1AR, 23, 16 },
	{ "WRP1B", OPT_WRP1BR, 7, 0, OPT_WRP1BR, 23, 16 },
	{ "WRP2A", OPT_WRP2AR, 7, 0, OPT_WRP2AR, 23, 16 },
	{ "WRP2B", OPT_WRP2BR, 7, 0, OPT_WRP2BR, 23, 16 },
};

static void show_options(const struct stm32l4_flash *f, const uint32_t *words, FILE *out)
{
	(void)f;
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		const struct option_field *d = &fields[i];
		uint32_t first = bits_get(words[d->option], d->msb, d->lsb);

		fprintf(out, "%s\"%s\":", i ? "," : "", d->name);
		if (d->last_option == OPT_COUNT)
			fprintf(out, "%u", first);
		else
			fprintf(out, "[%u,%u]", first,
				bits_get(words[d->last_option], d->last_msb, d->last_lsb));
	}
}

static void print_options(struct stm32l4_flash *f, FILE *out)
{
	uint32_t stored[OPT_COUNT];

	fprintf(out, "{\"level\":%u,\"optverr\":%s,\"active\":{", stm32l4_options_rdp(f),
		vb_truth(f->optverr));
	show_options(f, f->loaded, out);
	fprintf(out, "},\"stored\":{");
	for (unsigned i = 0; i < OPT_COUNT; i++)
		stored[i] = (uint32_t)f->stored[i];
	show_options(f, stored, out);
	fprintf(out, "},\"registers\":{");
	for (unsigned i = 0; i < OPT_COUNT; i++)
		fprintf(out, "%s\"%s\":%u", i ? "," : "", stm32l4_options[i].name,
			*stm32l4_flash_reg(f, stm32l4_options[i].offset));
	fprintf(out, "}}");
}

static void put_bits(struct stm32l4_flash *f, enum flash_option option, unsigned msb, unsigned lsb,
		     uint32_t value)
{
	uint32_t mask = (0xffffffffu >> (31 - (msb - lsb))) << lsb;
	uint32_t word = (uint32_t)f->stored[option];

	if ((uint32_t)(f->stored[option] >> 32) != ~word)
		word = f->loaded[option];	/* it was corrupted: start from what is active */
	stm32l4_options_provision(f, option, (word & ~mask) | (value << lsb & mask));
}

static bool set_field(struct stm32l4_flash *f, const char *name, const char *first, const char *last,
		      char *error, size_t error_size)
{
	uint32_t a, b = 0;

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		const struct option_field *d = &fields[i];

		if (strcmp(name, d->name) != 0)
			continue;
		if ((last != NULL) != (d->last_option != OPT_COUNT)) {
			snprintf(error, error_size, last ? "%s takes one value" :
				 "%s takes its first and last index, as in %s=0..15", name, name);
			return false;
		}
		if (!vb_number(first, &a, error, error_size) ||
		    (last && !vb_number(last, &b, error, error_size)))
			return false;
		put_bits(f, d->option, d->msb, d->lsb, a);
		if (last)
			put_bits(f, d->last_option, d->last_msb, d->last_lsb, b);
		return true;
	}
	snprintf(error, error_size, "there is no option %s", name);
	return false;
}

/* NAME=VALUE, NAME=FIRST..LAST, or the parts as words. */
static bool set_pair(struct stm32l4_flash *f, char *text, char *error, size_t error_size)
{
	char *value = strchr(text, '='), *last;

	*value++ = '\0';
	last = strstr(value, "..");
	if (last) {
		*last = '\0';
		last += 2;
	}
	return set_field(f, text, value, last, error, error_size);
}

static bool set_options(struct stm32l4_flash *f, int argc, char **argv, char *error,
			size_t error_size)
{
	if (argc == 2 && strcmp(argv[1], "factory") == 0) {
		stm32l4_options_factory(f);
		return true;
	}
	if (argc > 1 && strchr(argv[1], '=') == NULL) {
		if (argc < 3 || argc > 4)
			return vb_refuse(error, error_size, "usage: options [NAME VALUE [LAST]]");
		return set_field(f, argv[1], argv[2], argc == 4 ? argv[3] : NULL, error, error_size);
	}
	for (int i = 1; i < argc; i++) {
		if (strchr(argv[i], '=') == NULL)
			return vb_refuse(error, error_size, "expected NAME=VALUE");
		if (!set_pair(f, argv[i], error, error_size))
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
	if (!set_options(f, argc, argv, error, error_size)) {
		memcpy(f->stored, before, sizeof(before));	/* all of them or none */
		stm32l4_options_show(f);
		return false;
	}
	if (argc > 1 && !is_pending)
		stm32l4_options_load(f);
	stm32l4_array_guard(f);
	print_options(f, out);
	return true;
}

bool stm32_chip_corrupt_options(VERB_ARGS)
{
	struct stm32l4_flash *f = flash_of(board);
	bool found = argc < 2;

	(void)ctx;
	for (unsigned i = 0; i < OPT_COUNT; i++) {
		if (argc >= 2 && strcmp(argv[1], stm32l4_options[i].name) != 0)
			continue;
		f->stored[i] ^= 1ull << 40;	/* one bit of the complement */
		found = true;
	}
	if (!found)
		return vb_refuse(error, error_size, "there is no such option register");
	stm32l4_options_show(f);
	fprintf(out, "{\"note\":\"takes effect at power-on or OBL_LAUNCH\"}");
	return true;
}

/* Registers and faults */

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
	for (uint32_t dw = 0; dw < f->size_kb * 128u; dw++)
		counts[f->state[dw]]++;
	fprintf(out,
		"{\"size_kb\":%u,\"size_register\":%u,\"dual_bank\":%s,\"bank_bytes\":%u,"
		"\"page_bytes\":%u,\"fb_mode\":%s,\"mem_mode\":%u,\"operation\":\"%s\","
		"\"erased\":%u,\"programmed\":%u,\"ecc_single\":%u,\"ecc_bad\":%u,\"intruded\":%s}",
		f->size_kb, f->size_register, vb_truth(stm32l4_array_is_dual(f)),
		stm32l4_array_bank_bytes(f), f->family->page_bytes, vb_truth(f->fb_mode),
		f->mem_mode, ops[f->op], counts[0], counts[1], counts[2], counts[3],
		vb_truth(f->intruded));
	return true;
}

bool stm32_chip_preset_sr(VERB_ARGS)
{
	struct stm32l4_flash *f = flash_of(board);
	uint32_t value;

	(void)ctx;
	if (argc < 2)
		return vb_refuse(error, error_size, "usage: preset-sr VALUE [sticky]");
	if (!vb_number(argv[1], &value, error, error_size))
		return false;
	*stm32l4_flash_reg(f, FLASH_SR) = value & 0xc3fb;
	f->sticky_sr = argc > 2 && strcmp(argv[2], "sticky") == 0 ? value & 0xc3fb : 0;
	fprintf(out, "{\"SR\":%u}", *stm32l4_flash_reg(f, FLASH_SR));
	return true;
}

/* As an application leaves it that was stopped in the middle: unlocked, its mode bits set. */
bool stm32_chip_preset_cr(VERB_ARGS)
{
	struct stm32l4_flash *f = flash_of(board);
	uint32_t value;

	(void)ctx;
	if (argc < 2)
		return vb_refuse(error, error_size, "usage: preset-cr VALUE");
	if (!vb_number(argv[1], &value, error, error_size))
		return false;
	*stm32l4_flash_reg(f, FLASH_CR) = value & ~(CR_STRT | CR_OPTSTRT | CR_OBL_LAUNCH);
	f->keyr = value & CR_LOCK ? KEY_CLOSED : KEY_OPEN;
	f->optkeyr = value & CR_OPTLOCK ? KEY_CLOSED : KEY_OPEN;
	stm32l4_array_guard(f);
	fprintf(out, "{\"CR\":%u}", *stm32l4_flash_reg(f, FLASH_CR));
	return true;
}

bool stm32_chip_lock_keys(VERB_ARGS)
{
	struct stm32l4_flash *f = flash_of(board);

	(void)argc, (void)argv, (void)error, (void)error_size;
	(void)ctx;
	f->keyr = f->optkeyr = KEY_LOCKED_OUT;
	*stm32l4_flash_reg(f, FLASH_CR) |= CR_LOCK | CR_OPTLOCK;
	stm32l4_array_guard(f);
	fprintf(out, "{\"note\":\"until the next system reset\"}");
	return true;
}

bool stm32_chip_stuck_bsy(VERB_ARGS)
{
	struct stm32l4_flash *f = flash_of(board);

	(void)ctx;
	if (argc != 2 || (strcmp(argv[1], "on") != 0 && strcmp(argv[1], "off") != 0))
		return vb_refuse(error, error_size, "usage: stuck-bsy on|off");
	f->stuck_bsy = strcmp(argv[1], "on") == 0;
	stm32l4_array_guard(f);
	fprintf(out, "{\"stuck_bsy\":%s}", vb_truth(f->stuck_bsy));
	return true;
}

/* 256, 512 and 1024 make a part of that size; any other value only changes what the register says. */
bool stm32_chip_flash_size(VERB_ARGS)
{
	struct stm32l4_flash *f = flash_of(board);
	uint32_t kb;

	(void)ctx;
	if (argc != 2)
		return vb_refuse(error, error_size, "usage: flash-size KIB");
	if (!vb_number(argv[1], &kb, error, error_size))
		return false;
	if (kb == 256 || kb == 512 || kb == 1024)
		f->size_kb = kb;
	f->size_register = (uint16_t)kb;
	put_le16(f->info[0].bytes + 0x75e0, f->size_register);
	stm32l4_array_remap(f);
	fprintf(out, "{\"size_kb\":%u,\"size_register\":%u}", f->size_kb, f->size_register);
	return true;
}

/* One wrong bit is corrected and flagged, two are detected: the data stays wrong (RM0351 3.3.2). */
static void flip(struct stm32l4_flash *f, uint32_t phys, uint64_t mask, bool is_raw)
{
	uint32_t data[2];
	uint32_t dw = phys & ~7u;
	int bits = __builtin_popcountll(mask);
	enum flash_cell state = bits == 1 ? CELL_ECC1 : CELL_BAD;

	data[0] = get_le32(&f->cells[dw]);
	data[1] = get_le32(&f->cells[dw + 4]);
	if (is_raw || bits > 1) {
		data[0] ^= (uint32_t)mask;
		data[1] ^= (uint32_t)(mask >> 32);
	}
	stm32l4_array_store(f, dw, data, is_raw ? CELL_PROGRAMMED : state);
	stm32l4_array_guard(f);
}

bool stm32_chip_ecc(VERB_ARGS)
{
	struct stm32l4_flash *f = flash_of(board);
	uint32_t phys;
	bool single;

	(void)ctx;
	if (argc != 3 || (strcmp(argv[2], "single") != 0 && strcmp(argv[2], "double") != 0))
		return vb_refuse(error, error_size, "usage: ecc ADDR single|double");
	if (!flash_address(f, argv[1], &phys, error, error_size))
		return false;
	single = strcmp(argv[2], "single") == 0;
	flip(f, phys, single ? 1 : 3, false);
	fprintf(out, "{\"bank\":%u,\"offset\":%u}", stm32l4_array_bank_of(f, phys) + 1,
		(phys & ~7u) % stm32l4_array_bank_bytes(f));
	return true;
}

bool stm32_chip_flip_bits(VERB_ARGS)
{
	struct stm32l4_flash *f = flash_of(board);
	uint32_t phys, mask;
	bool is_raw = argc == 4 && strcmp(argv[3], "raw") == 0;

	(void)ctx;
	if (argc != 3 && !is_raw)
		return vb_refuse(error, error_size, "usage: flip-bits ADDR MASK [raw]");
	if (!flash_address(f, argv[1], &phys, error, error_size) ||
	    !vb_number(argv[2], &mask, error, error_size))
		return false;
	if (mask == 0)
		return vb_refuse(error, error_size, "a mask of 0 flips nothing");
	flip(f, phys, (uint64_t)mask << ((phys & 4) * 8), is_raw);
	fprintf(out, "{\"flipped\":%d,\"ecc\":\"%s\"}", __builtin_popcount(mask),
		is_raw ? "matches" : __builtin_popcount(mask) == 1 ? "corrects" : "detects");
	return true;
}

/* A double word of all ones that was programmed, or one that a power cut left half-way. */
bool stm32_chip_cell_state(VERB_ARGS)
{
	static const char *const names[] = { "erased", "programmed", "single", "bad" };
	struct stm32l4_flash *f = flash_of(board);
	uint32_t phys;

	(void)ctx;
	if (argc < 2)
		return vb_refuse(error, error_size,
			      "usage: cell-state ADDR [erased|programmed|single|bad]");
	if (!flash_address(f, argv[1], &phys, error, error_size))
		return false;
	for (unsigned i = 0; argc > 2 && i < ARRAY_SIZE(names); i++) {
		if (strcmp(argv[2], names[i]) == 0)
			stm32l4_array_set_state(f, phys, i);
	}
	fprintf(out, "{\"state\":\"%s\"}", names[f->state[phys / 8]]);
	return true;
}

bool stm32_chip_fail_after(VERB_ARGS)
{
	static const struct { const char *name; enum flash_fail kind; } kinds[] = {
		{ "reset", FAIL_RESET }, { "power", FAIL_POWER }, { "brownout", FAIL_BROWNOUT }
	};
	struct stm32l4_flash *f = flash_of(board);
	uint32_t n;

	(void)ctx;
	if (argc == 2 && strcmp(argv[1], "off") == 0) {
		f->fail_after = 0;
		fprintf(out, "{\"fail_after\":0}");
		return true;
	}
	if (argc != 3 || !vb_number(argv[1], &n, error, error_size) || n == 0)
		return vb_refuse(error, error_size, "usage: fail-after N reset|power|brownout");
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strcmp(argv[2], kinds[i].name) != 0)
			continue;
		f->fail_after = n;
		f->fail_kind = kinds[i].kind;
		fprintf(out, "{\"fail_after\":%u}", n);
		return true;
	}
	return vb_refuse(error, error_size, "the failure is one of reset, power, brownout");
}

bool stm32_chip_fb_mode(VERB_ARGS)
{
	struct stm32_chip *chip = board->priv;
	uint32_t *memrmp = vb_regs_at(&chip->syscfg.regs, 0);

	(void)ctx;
	if (argc != 2)
		return vb_refuse(error, error_size, "usage: fb-mode on|off");
	*memrmp = (*memrmp & 7) | (strcmp(argv[1], "on") == 0 ? BIT(8) : 0);
	chip->syscfg.on_remap(chip, *memrmp & 7, *memrmp & BIT(8));
	fprintf(out, "{\"MEMRMP\":%u}", *memrmp);
	return true;
}

bool stm32_chip_run_pd(VERB_ARGS)
{
	struct stm32l4_flash *f = flash_of(board);
	uint32_t *acr = stm32l4_flash_reg(f, FLASH_ACR);

	(void)ctx;
	if (argc != 2)
		return vb_refuse(error, error_size, "usage: run-pd on|off");
	*acr = (*acr & ~ACR_RUN_PD) | (strcmp(argv[1], "on") == 0 ? ACR_RUN_PD : 0);
	stm32l4_array_guard(f);
	fprintf(out, "{\"ACR\":%u}", *acr);
	return true;
}

/* The state after a debugger looked into a level 1 part. */
bool stm32_chip_intrude(VERB_ARGS)
{
	(void)argc, (void)argv, (void)error, (void)error_size;
	(void)ctx;
	flash_of(board)->intruded = true;
	fprintf(out, "{\"intruded\":true}");
	return true;
}

/* Contents */

bool stm32_chip_flash_read(VERB_ARGS)
{
	struct stm32l4_flash *f = flash_of(board);
	uint32_t phys, n;

	(void)ctx;
	if (argc != 3)
		return vb_refuse(error, error_size, "usage: flash-read ADDR BYTES");
	if (!flash_address(f, argv[1], &phys, error, error_size) ||
	    !vb_number(argv[2], &n, error, error_size))
		return false;
	if (n > f->size_kb * 1024u - phys)
		return vb_refuse(error, error_size, "that is more than there is");
	fprintf(out, "\"");
	for (uint32_t i = 0; i < n; i++)
		fprintf(out, "%02x", f->cells[phys + i]);
	fprintf(out, "\"");
	return true;
}

bool stm32_chip_flash_dump(VERB_ARGS)
{
	struct stm32l4_flash *f = flash_of(board);
	uint32_t bytes = f->size_kb * 1024u;
	FILE *file;
	bool ok = true;

	(void)ctx;
	if (argc != 2)
		return vb_refuse(error, error_size, "usage: flash-dump FILE");
	file = fopen(argv[1], "wb");
	if (file == NULL)
		return vb_refuse(error, error_size, "cannot create the file");
	for (uint32_t at = 0; ok && at < bytes; at += f->family->page_bytes)
		ok = fwrite(f->cells + stm32l4_array_phys(f, at), f->family->page_bytes, 1,
			    file) == 1;
	ok = fclose(file) == 0 && ok;
	if (!ok)
		return vb_refuse(error, error_size, "cannot write the file: the disk may be full");
	fprintf(out, "{\"bytes\":%u}", bytes);
	return true;
}

/* The whole file or nothing of it. */
static bool load_pages(struct stm32l4_flash *f, FILE *file, uint32_t addr, size_t *total)
{
	uint8_t page[2048];
	size_t n;

	if (fseek(file, 0, SEEK_END) != 0 || ftell(file) < 0 ||
	    (unsigned long)ftell(file) > f->size_kb * 1024ul - addr)
		return false;
	rewind(file);
	for (*total = 0;; *total += n) {
		n = fread(page, 1, sizeof(page) - (addr + *total) % sizeof(page), file);
		if (n == 0)
			return true;
		stm32l4_array_load(f, stm32l4_array_phys(f, addr + (uint32_t)*total), page, n);
	}
}

bool stm32_chip_flash_load(VERB_ARGS)
{
	struct stm32l4_flash *f = flash_of(board);
	uint32_t phys = 0;
	size_t total;
	FILE *file;
	bool ok;

	(void)ctx;
	if (argc < 2 || argc > 3)
		return vb_refuse(error, error_size, "usage: flash-load FILE [ADDR]");
	if (argc == 3 && !flash_address(f, argv[2], &phys, error, error_size))
		return false;
	file = fopen(argv[1], "rb");
	if (file == NULL)
		return vb_refuse(error, error_size, "cannot open the file");
	ok = load_pages(f, file, stm32l4_array_phys(f, phys), &total);
	fclose(file);
	if (!ok)
		return vb_refuse(error, error_size, "the file is larger than the flash behind it");
	fprintf(out, "{\"bytes\":%zu}", total);
	return true;
}

bool stm32_chip_flash_erase(VERB_ARGS)
{
	struct stm32l4_flash *f = flash_of(board);

	(void)argc, (void)argv, (void)error, (void)error_size;
	(void)ctx;
	stm32l4_array_erase(f, 0, f->size_kb * 1024u);
	memset(f->line, 0, sizeof(f->line));
	stm32l4_array_show(f, 0, f->size_kb * 1024u);
	stm32l4_array_guard(f);
	fprintf(out, "{\"bytes\":%u}", f->size_kb * 1024u);
	return true;
}
