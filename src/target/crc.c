/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CRC-32 of target memory: by helper code where that pays, else the bytes are read back. */
#include <stdlib.h>

#include "base/log.h"
#include "target/crc32_loader.h"
#include "target/target_priv.h"

#define TABLE_BYTES  1024u
#define START	     0xffffffffu
#define READ_CHUNK   4096u
#define HELPER_FROM  2048u	/* below, reading is quicker than the helper's set-up */
#define CHUNK_BYTES  0x40000u	/* the event loop has a turn in between in any case */

static uint32_t crc_add(uint32_t crc, const uint8_t *data, size_t n)
{
	/* Of the sixteen half bytes, polynomial 0x04c11db7. */
	static const uint32_t table[16] = {
		0x00000000, 0x04c11db7, 0x09823b6e, 0x0d4326d9, 0x130476dc, 0x17c56b6b, 0x1a864db2,
		0x1e475005, 0x2608edb8, 0x22c9f00f, 0x2f8ad6d6, 0x2b4bcb61, 0x350c9b64, 0x31cd86d3,
		0x3c8ea00a, 0x384fbdbd,
	};

	for (size_t i = 0; i < n; i++) {
		crc ^= (uint32_t)data[i] << 24;
		crc = crc << 4 ^ table[crc >> 28];
		crc = crc << 4 ^ table[crc >> 28];
	}
	return crc;
}

uint32_t target_crc32_bytes(const uint8_t *data, size_t n)
{
	return crc_add(START, data, n);
}

static enum err crc_by_reading(struct target *t, uint32_t addr, size_t n, uint32_t *crc)
{
	uint8_t chunk[READ_CHUNK];

	*crc = START;
	while (n > 0) {
		size_t k = MIN(n, sizeof(chunk));

		TRY(target_read_bytes(t, addr, chunk, k, NULL));
		*crc = crc_add(*crc, chunk, k);
		addr += (uint32_t)k;
		n -= k;
		if (target_is_cancelled(t) || script_cancel_requested(t->list->script))
			return error_why(ERR_CANCELLED, "checksum interrupted with %zu bytes to go",
					 n);
		loop_service(t->list->loop);
	}
	return OK;
}

static enum err run_helper(struct target *t, const struct work_area *area, uint32_t addr, size_t n,
			   uint32_t *crc)
{
	TRY(target_write(t, area->addr, 4, sizeof(crc32_loader) / 4, crc32_loader));
	*crc = START;
	while (n > 0) {
		size_t k = MIN(n, CHUNK_BYTES);
		struct algorithm a = {
			.entry = area->addr + CRC32_LOADER_ENTRY,
			.exit_pc = area->addr + CRC32_LOADER_EXIT,
			.r = { addr, (uint32_t)k, *crc, 0,
			       area->addr + (uint32_t)sizeof(crc32_loader) },
			/* A core may crawl at 100 kHz, 10 cycles a byte. */
			.timeout_ms = 2000 + (unsigned)k / 10,
		};

		TRY(algorithm_run(t, &a));
		*crc = a.result[0];
		addr += (uint32_t)k;
		n -= k;
	}
	return OK;
}

static bool is_inside(const struct work_area *area, uint32_t addr, size_t n)
{
	return addr < (uint64_t)area->addr + area->size && area->addr < (uint64_t)addr + n;
}

static enum err crc_by_helper(struct target *t, uint32_t addr, size_t n, uint32_t *crc)
{
	struct work_area *area;
	enum err rc;

	TRY(work_area_alloc(t, (uint32_t)sizeof(crc32_loader) + TABLE_BYTES, &area));
	if (is_inside(area, addr, n))
		rc = error_why(ERR_NO_WORK_AREA, "the range covers the work area");
	else
		rc = run_helper(t, area, addr, n, crc);
	work_area_free(t, area);
	return rc;
}

enum err target_crc32(struct target *t, uint32_t addr, size_t n, uint32_t *crc)
{
	TRY(target_check_examined(t));
	if (t->state != TARGET_HALTED || n < HELPER_FROM || breakpoint_overlaps(t, addr, n))
		return crc_by_reading(t, addr, n, crc);
	enum err rc = crc_by_helper(t, addr, n, crc);

	if (rc == OK || rc == ERR_CANCELLED || rc == ERR_BUSY)
		return rc;
	if (rc != ERR_NO_WORK_AREA)
		log_warning("%s: no checksum by helper code: %s", t->name,
			    error_text(error_current()));
	error_clear();
	return crc_by_reading(t, addr, n, crc);
}
