/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state file of an STM32 board: what survives without power. One line of text with the board's
 * name and the version, a body in little endian, and the CRC-32 of the body:
 *
 *   u32  bytes of main flash, bytes of OTP
 *   u16  option words that follow, flags that SR has after each reset (of engineering words)
 *   u16  the size of the part in KiB, and what its size register says
 *   each option word: u32 offset of its register, u64 as stored (value and complement)
 *   OTP, the state of each of its double words; main flash, the state of each double word
 *
 * Version 1 knew the NUCLEO-L476RG only: no sizes, and the option words without offsets, in the order
 * of their registers. It is read still. A file that is too short, too long, damaged, or another
 * board's is refused and changes nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "vboard/chip/stm32_chip_verbs.h"
#include "vboard/device/crc32.h"
#include "vboard/device/stm32l4_flash_parts.h"

#define HEAD_BYTES   16u	/* of the body, version 2 */
#define HEAD_1_BYTES 4u
#define WORD_BYTES   12u	/* an option word */

static const uint16_t words_of_version_1[] = { 0x20, 0x24, 0x28, 0x2c, 0x30, 0x44, 0x48, 0x4c, 0x50 };

struct layout {
	bool is_version_1;
	uint32_t main_bytes, otp_bytes, words;
	size_t words_at, otp_at, otp_states_at, main_at, states_at, bytes;
};

static struct layout layout_of(const struct stm32_chip *chip, bool is_version_1)
{
	struct layout l = { .is_version_1 = is_version_1 };

	l.main_bytes = chip->flash.family->max_kb * 1024u;
	l.otp_bytes = 8 * chip->flash.family->otp_dwords;
	while (chip->flash.family->options[l.words].name != NULL)
		l.words++;
	l.words = is_version_1 ? ARRAY_SIZE(words_of_version_1) : l.words;
	l.words_at = is_version_1 ? HEAD_1_BYTES : HEAD_BYTES;
	l.otp_at = l.words_at + l.words * (is_version_1 ? 8u : WORD_BYTES);
	l.otp_states_at = l.otp_at + l.otp_bytes;
	l.main_at = l.otp_states_at + l.otp_bytes / 8;
	l.states_at = l.main_at + l.main_bytes;
	l.bytes = l.states_at + l.main_bytes / 8;
	return l;
}

static size_t write_header(const struct stm32_chip *chip, char *text, size_t size, unsigned version)
{
	return (size_t)snprintf(text, size, "probed-vboard %s state %u\n",
				chip->board->chip->board_name, version);
}

static void put_le64(uint8_t *p, uint64_t value)
{
	put_le32(p, (uint32_t)value);
	put_le32(p + 4, (uint32_t)(value >> 32));
}

static uint64_t get_le64(const uint8_t *p)
{
	return get_le32(p) | (uint64_t)get_le32(p + 4) << 32;
}

static void fill_body(struct stm32_chip *chip, const struct layout *l, uint8_t *body)
{
	struct stm32l4_flash *flash = &chip->flash;

	put_le32(body, l->main_bytes);
	put_le32(body + 4, l->otp_bytes);
	put_le16(body + 8, (uint16_t)l->words);
	put_le16(body + 10, (uint16_t)flash->sticky_sr);
	put_le16(body + 12, (uint16_t)flash->size_kb);
	put_le16(body + 14, flash->size_register);
	for (unsigned i = 0; i < l->words; i++) {
		const struct flash_option_row *row = &flash->family->options[i];

		put_le32(body + l->words_at + WORD_BYTES * i, row->offset);
		put_le64(body + l->words_at + WORD_BYTES * i + 4, flash->stored[row->id]);
	}
	memcpy(body + l->otp_at, stm32l4_info_at(flash, flash->family->otp_base), l->otp_bytes);
	memcpy(body + l->otp_states_at, flash->otp_state, l->otp_bytes / 8);
	memcpy(body + l->main_at, flash->cells, l->main_bytes);
	memcpy(body + l->states_at, flash->state, l->main_bytes / 8);
	put_le32(body + l->bytes, vb_crc32(body, l->bytes));
}

bool stm32_chip_save(struct vb_board *board, void *priv, FILE *f)
{
	struct stm32_chip *chip = priv;
	struct layout l = layout_of(chip, false);
	uint8_t *body = xcalloc(1, l.bytes + 4);
	char header[64];
	bool ok;

	(void)board;
	write_header(chip, header, sizeof(header), 2);
	fill_body(chip, &l, body);
	ok = fputs(header, f) >= 0 && fwrite(body, 1, l.bytes + 4, f) == l.bytes + 4 &&
	     fflush(f) == 0;
	if (!ok)
		fprintf(stderr, "state file: cannot write: the disk may be full\n");
	free(body);
	return ok;
}

static bool has_impossible_state(const uint8_t *states, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (states[i] > CELL_BAD)
			return true;
	}
	return false;
}

static const char *body_problem(const struct layout *l, const uint8_t *body, size_t n)
{
	unsigned kb;

	if (n != l->bytes + 4)
		return n < l->bytes + 4 ? "it is cut short" : "it is too long";
	if (vb_crc32(body, l->bytes) != get_le32(body + l->bytes))
		return "its checksum is wrong";
	if (!l->is_version_1 && (get_le32(body) != l->main_bytes || get_le32(body + 4) != l->otp_bytes ||
				 get_le16(body + 8) != l->words))
		return "its memories are not those of this board";
	kb = get_le16(l->is_version_1 ? body : body + 12);
	if (kb != l->main_bytes / 1024 && kb != l->main_bytes / 2048 && kb != l->main_bytes / 4096)
		return "it names an impossible flash size";
	if (has_impossible_state(body + l->otp_states_at, l->otp_bytes / 8) ||
	    has_impossible_state(body + l->states_at, l->main_bytes / 8))
		return "it names an impossible cell state";
	return NULL;
}

static void take_word(struct stm32l4_flash *flash, uint32_t offset, uint64_t stored)
{
	const struct flash_option_row *row = stm32l4_options_at(flash, offset);

	if (row != NULL)
		flash->stored[row->id] = stored;
}

static void take_body(struct stm32_chip *chip, const struct layout *l, const uint8_t *body)
{
	struct stm32l4_flash *flash = &chip->flash;
	const uint8_t *sizes = l->is_version_1 ? body : body + 12, *word = body + l->words_at;

	/* First, for to poke there makes the controller look at its option pages. */
	stm32_chip_set_size_register(chip, get_le16(sizes + 2));
	flash->size_kb = get_le16(sizes);
	flash->sticky_sr = l->is_version_1 ? 0 : get_le16(body + 10) & 0xc3fb;
	for (unsigned i = 0; i < l->words; i++) {
		if (l->is_version_1)
			take_word(flash, words_of_version_1[i], get_le64(word + 8 * i));
		else
			take_word(flash, get_le32(word + WORD_BYTES * i),
				  get_le64(word + WORD_BYTES * i + 4));
	}
	memcpy(stm32l4_info_at(flash, flash->family->otp_base), body + l->otp_at, l->otp_bytes);
	memcpy(flash->otp_state, body + l->otp_states_at, l->otp_bytes / 8);
	memcpy(flash->cells, body + l->main_at, l->main_bytes);
	for (uint32_t dw = 0; dw < l->main_bytes / 8; dw++)
		stm32l4_array_set_state(flash, dw * 8, body[l->states_at + dw]);
	stm32l4_options_show(flash);
}

static bool has_header(const struct stm32_chip *chip, unsigned version, const uint8_t *file, size_t n,
		       size_t *length)
{
	char header[64];

	*length = write_header(chip, header, sizeof(header), version);
	return n >= *length && memcmp(file, header, *length) == 0;
}

bool stm32_chip_load(struct vb_board *board, void *priv, FILE *f)
{
	struct stm32_chip *chip = priv;
	struct layout l = layout_of(chip, false);
	size_t size = 64 + l.bytes + 5, n, header;
	uint8_t *file = xcalloc(1, size);
	const char *problem;

	n = fread(file, 1, size, f);
	if (has_header(chip, 2, file, n, &header)) {
		problem = body_problem(&l, file + header, n - header);
	} else if (board->chip == &stm32l476_chip && has_header(chip, 1, file, n, &header)) {
		l = layout_of(chip, true);
		problem = body_problem(&l, file + header, n - header);
	} else {
		problem = "it is not a state file of this board and version";
	}
	if (problem != NULL) {
		fprintf(stderr, "state file refused: %s: delete it to start with a blank board\n",
			problem);
	} else {
		take_body(chip, &l, file + header);
		/* The board comes up with it: options load at power-on only. */
		vb_board_reset(board, VB_RESET_POWER_ON);
	}
	free(file);
	return problem == NULL;
}
