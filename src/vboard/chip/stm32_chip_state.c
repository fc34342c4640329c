/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state file of the NUCLEO-L476RG: what survives without power. One line of text with the
 * version, a body of fixed size in little endian, and the CRC-32 of the body. A file that is too
 * short, too long or damaged is refused and changes nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "vboard/chip/stm32_chip.h"
#include "vboard/device/crc32.h"

static const char header[] = "probed-vboard nucleo-l476rg state 1\n";

#define MAIN_BYTES  0x100000u
#define HEAD_BYTES  (4 + 8 * OPT_COUNT)
#define OTP_BYTES   (8 * FLASH_OTP_DWORDS)
#define BODY_BYTES  (HEAD_BYTES + OTP_BYTES + FLASH_OTP_DWORDS + MAIN_BYTES + MAIN_BYTES / 8)

bool stm32_chip_save(struct vb_board *board, void *priv, FILE *f)
{
	struct stm32l4_flash *flash = &((struct stm32_chip *)priv)->flash;
	uint8_t *body = xcalloc(1, BODY_BYTES + 4), *p = body;
	bool ok;

	(void)board;
	put_le16(p, (uint16_t)flash->size_kb);
	put_le16(p + 2, flash->size_register);
	for (unsigned i = 0; i < OPT_COUNT; i++) {
		put_le32(p + 4 + 8 * i, (uint32_t)flash->stored[i]);
		put_le32(p + 8 + 8 * i, (uint32_t)(flash->stored[i] >> 32));
	}
	p += HEAD_BYTES;
	memcpy(p, flash->info[0].bytes + FLASH_OTP_OFFSET, OTP_BYTES);
	p += OTP_BYTES;
	memcpy(p, flash->otp_state, FLASH_OTP_DWORDS);
	p += FLASH_OTP_DWORDS;
	memcpy(p, flash->cells, MAIN_BYTES);
	p += MAIN_BYTES;
	memcpy(p, flash->state, MAIN_BYTES / 8);
	put_le32(body + BODY_BYTES, vb_crc32(body, BODY_BYTES));
	ok = fputs(header, f) >= 0 && fwrite(body, 1, BODY_BYTES + 4, f) == BODY_BYTES + 4 &&
	     fflush(f) == 0;
	if (!ok)
		fprintf(stderr, "state file: cannot write: the disk may be full\n");
	free(body);
	return ok;
}

static const char *body_problem(const uint8_t *body, size_t n)
{
	const uint8_t *states = body + HEAD_BYTES + OTP_BYTES;
	unsigned kb;

	if (n != BODY_BYTES + 4)
		return n < BODY_BYTES + 4 ? "it is cut short" : "it is too long";
	if (vb_crc32(body, BODY_BYTES) != get_le32(body + BODY_BYTES))
		return "its checksum is wrong";
	kb = get_le16(body);
	if (kb != 256 && kb != 512 && kb != 1024)
		return "it names an impossible flash size";
	for (size_t i = 0; i < FLASH_OTP_DWORDS; i++) {
		if (states[i] > CELL_BAD)
			return "it names an impossible cell state";
	}
	states += FLASH_OTP_DWORDS + MAIN_BYTES;
	for (size_t i = 0; i < MAIN_BYTES / 8; i++) {
		if (states[i] > CELL_BAD)
			return "it names an impossible cell state";
	}
	return NULL;
}

static void take_body(struct stm32_chip *chip, const uint8_t *body)
{
	struct stm32l4_flash *flash = &chip->flash;
	const uint8_t *p = body;

	flash->size_kb = get_le16(p);
	flash->size_register = get_le16(p + 2);
	put_le16(flash->info[0].bytes + 0x75e0, flash->size_register);
	for (unsigned i = 0; i < OPT_COUNT; i++)
		flash->stored[i] = get_le32(p + 4 + 8 * i) |
				   (uint64_t)get_le32(p + 8 + 8 * i) << 32;
	p += HEAD_BYTES;
	memcpy(flash->info[0].bytes + FLASH_OTP_OFFSET, p, OTP_BYTES);
	p += OTP_BYTES;
	memcpy(flash->otp_state, p, FLASH_OTP_DWORDS);
	p += FLASH_OTP_DWORDS;
	memcpy(flash->cells, p, MAIN_BYTES);
	p += MAIN_BYTES;
	for (uint32_t dw = 0; dw < MAIN_BYTES / 8; dw++)
		stm32l4_array_set_state(flash, dw * 8, p[dw]);
}

bool stm32_chip_load(struct vb_board *board, void *priv, FILE *f)
{
	size_t size = sizeof(header) - 1 + BODY_BYTES + 5, n;
	uint8_t *file = xcalloc(1, size);
	const char *problem;

	n = fread(file, 1, size, f);
	if (n < sizeof(header) - 1 || memcmp(file, header, sizeof(header) - 1) != 0)
		problem = "it is not a state file of this board and version";
	else
		problem = body_problem(file + sizeof(header) - 1, n - (sizeof(header) - 1));
	if (problem != NULL) {
		fprintf(stderr, "state file refused: %s: delete it to start with a blank board\n",
			problem);
	} else {
		take_body(priv, file + sizeof(header) - 1);
		/* The board comes up with it: options load at power-on only. */
		vb_board_reset(board, VB_RESET_POWER_ON);
	}
	free(file);
	return problem == NULL;
}
