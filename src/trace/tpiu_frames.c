/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames of the TPIU's formatter (IHI 0029 D4.2, D4.3). */
#include <string.h>

#include "base/bytes.h"
#include "trace/itm.h"

#define FULL_SYNC 0x7fffffffu	/* as it is sent: ff ff ff 7f */
#define HALF_SYNC 0x7fffu	/* between frames' half words, where nothing else is to be sent */

/* Even bytes are an ID or data without its bit 0; byte 15 has those bits, or when the ID holds from. */
static unsigned unpack(struct tpiu_frames *f, struct tpiu_data out[TPIU_FRAME_DATA])
{
	unsigned n = 0;
	uint8_t extra = f->frame[15];

	for (unsigned i = 0; i < 15; i += 2) {
		uint8_t even = f->frame[i], next = even >> 1;
		bool bit = extra >> i / 2 & 1, is_id = even & 1;

		if (!is_id)
			out[n++] = (struct tpiu_data){ f->id, (uint8_t)(even | bit) };
		else if (!bit)
			f->id = next;
		if (i < 14)
			out[n++] = (struct tpiu_data){ f->id, f->frame[i + 1] };
		if (is_id)
			f->id = next;
	}
	return n;
}

unsigned tpiu_frame_byte(struct tpiu_frames *f, uint8_t byte, struct tpiu_data out[TPIU_FRAME_DATA])
{
	unsigned n = 0, kept = 0;

	f->last = f->last >> 8 | (uint32_t)byte << 24;
	if (f->last == FULL_SYNC) {
		f->is_synced = true;
		f->used = 0;
		return 0;
	}
	if (!f->is_synced) {
		f->skipped++;
		return 0;
	}
	f->frame[f->used++] = byte;
	/* 0x7f is no source's ID, so this is no ID byte. */
	if (f->used % 2 == 0 && get_le16(&f->frame[f->used - 2]) == HALF_SYNC && f->used < 16) {
		f->used -= 2;
		return 0;
	}
	if (f->used < TPIU_FRAME_BYTES)
		return 0;
	f->used = 0;
	n = unpack(f, out);
	for (unsigned i = 0; i < n; i++) {
		if (out[i].id != 0)	/* padding */
			out[kept++] = out[i];
	}
	return kept;
}

void tpiu_frame_gap(struct tpiu_frames *f)
{
	*f = (struct tpiu_frames){ .id = f->id, .skipped = f->skipped };
}
