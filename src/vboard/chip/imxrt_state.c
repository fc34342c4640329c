/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state file of an i.MX RT board: what survives without power. One line of text with the board's
 * name and the version, the boot switches, the fuses, then each flash. A file of another board or a
 * damaged one is refused; the checksum at its end is looked at before anything changes.
 */
#include <stdlib.h>
#include <string.h>

#include "vboard/chip/imxrt.h"
#include "vboard/device/crc32.h"

static bool write_body(struct imxrt *chip, FILE *f)
{
	uint8_t switches[8];
	bool ok;

	put_le32(switches, chip->boot_mode);
	put_le32(switches + 4, chip->boot_cfg);
	ok = fprintf(f, "probed-vboard %s state 1\n", chip->board->chip->board_name) > 0 &&
	     fwrite(switches, sizeof(switches), 1, f) == 1 && imxrt_ocotp_save(chip->ocotp, f);
	for (size_t i = 0; i < FLEXSPIS; i++)
		ok = ok && (chip->nor[i] == NULL || nor_save(chip->nor[i], f));
	return ok;
}

bool imxrt_save(struct vb_board *board, void *priv, FILE *f)
{
	struct imxrt *chip = priv;
	char *body = NULL;
	size_t bytes = 0;
	uint8_t sum[4];
	FILE *memory = open_memstream(&body, &bytes);
	bool ok = memory != NULL && write_body(chip, memory);

	(void)board;
	if (memory != NULL)
		ok = fclose(memory) == 0 && ok;
	if (ok) {
		put_le32(sum, vb_crc32((uint8_t *)body, bytes));
		ok = fwrite(body, 1, bytes, f) == bytes && fwrite(sum, 4, 1, f) == 1 && fflush(f) == 0;
	}
	if (!ok)
		fprintf(stderr, "state file: cannot write: the disk may be full\n");
	free(body);
	return ok;
}

static bool read_body(struct imxrt *chip, FILE *f)
{
	uint8_t switches[8];
	bool ok = fread(switches, sizeof(switches), 1, f) == 1 && get_le32(switches) <= BOOT_RESERVED &&
		  imxrt_ocotp_restore(chip->ocotp, f);

	for (size_t i = 0; i < FLEXSPIS; i++)
		ok = ok && (chip->nor[i] == NULL || nor_restore(chip->nor[i], f));
	if (ok) {
		chip->boot_mode = get_le32(switches);
		chip->boot_cfg = get_le32(switches + 4);
	}
	return ok;
}

static uint8_t *read_all(FILE *f, size_t *bytes)
{
	size_t room = 1u << 20;
	uint8_t *data = xcalloc(1, room);

	*bytes = 0;
	for (;;) {
		size_t n = fread(data + *bytes, 1, room - *bytes, f);

		*bytes += n;
		if (n == 0 || room > 256u << 20)
			return data;
		if (*bytes == room)
			data = xrealloc(data, room *= 2);
	}
}

/* After the line with the name the body is left to those it belongs to. */
static const char *take(struct imxrt *chip, uint8_t *data, size_t bytes)
{
	char header[80];
	size_t head = (size_t)snprintf(header, sizeof(header), "probed-vboard %s state 1\n",
				       chip->board->chip->board_name);
	FILE *body;
	bool ok;

	if (bytes < head + 4 || memcmp(data, header, head) != 0)
		return "it is not a state file of this board and version";
	if (vb_crc32(data, bytes - 4) != get_le32(data + bytes - 4))
		return "its checksum is wrong";
	body = fmemopen(data + head, bytes - 4 - head, "rb");
	ok = body != NULL && read_body(chip, body);
	if (body != NULL)
		fclose(body);
	return ok ? NULL : "it does not fit this board's parts";
}

bool imxrt_load(struct vb_board *board, void *priv, FILE *f)
{
	size_t bytes;
	uint8_t *data = read_all(f, &bytes);
	const char *problem = take(priv, data, bytes);

	if (problem != NULL)
		fprintf(stderr, "state file refused: %s: delete it to start with a blank board\n",
			problem);
	else
		vb_board_reset(board, VB_RESET_POWER_ON);	/* fuses and switches count now */
	free(data);
	return problem == NULL;
}
