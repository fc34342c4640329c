/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A trace stream of hostile bytes: plain, and as frames of the formatter. `make check` links replay.c
 * and runs the seeds; a libFuzzer build is
 *   clang -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -Isrc testing/fuzz/fuzz_itm.c \
 *         src/trace/itm.c src/trace/tpiu_frames.c
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "trace/itm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Each byte is in one packet or counted as skipped, at most once; a sync at the end ends everything. */
static void decode(const uint8_t *data, size_t n)
{
	static const uint8_t end[] = { 0, 0, 0, 0, 0, 0x80 };
	struct itm_decoder d = { 0 };
	struct itm_packet p = { 0 };
	uint64_t skipped = 0;

	for (size_t i = 0; i < n + sizeof(end); i++) {
		if (!itm_byte(&d, i < n ? data[i] : end[i - n], &p))
			continue;
		skipped += p.skipped;
		assert(p.kind <= ITM_HARDWARE && p.size <= 4 && p.number < 512);
		assert(p.kind != ITM_SOFTWARE || (p.number < 256 && p.size != 3 && p.size != 0));
	}
	assert(p.kind == ITM_SYNC && skipped <= n);
	assert(d.header == 0 && d.held_zeros == 0 && d.skipped == 0);
}

static void deframe(const uint8_t *data, size_t n)
{
	struct tpiu_data out[TPIU_FRAME_DATA];
	struct tpiu_frames f = { .is_synced = true };
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned got = tpiu_frame_byte(&f, data[i], out);

		assert(got <= TPIU_FRAME_DATA && f.used < TPIU_FRAME_BYTES);
		for (unsigned k = 0; k < got; k++)
			assert(out[k].id != 0 && out[k].id < 0x80);
		count += got;
	}
	assert(count <= n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	decode(data, n);
	deframe(data, n);
	return 0;
}
