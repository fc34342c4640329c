/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CRC-32 on the host, and of many blocks on the target in one run. */
#include <stdlib.h>

#include "flash/block_crc_loader.h"
#include "flash/room.h"
#include "target/patch.h"

#define TABLE_BYTES	1024u
/* Results are fetched after each run; more blocks than this make several runs. */
#define MAX_BLOCKS	512u

uint32_t crc_bytes(uint32_t crc, const uint8_t *data, size_t n)
{
	/* CRCs of the sixteen half bytes. */
	static const uint32_t table[16] = {
		0x00000000, 0x04c11db7, 0x09823b6e, 0x0d4326d9, 0x130476dc, 0x17c56b6b,
		0x1a864db2, 0x1e475005, 0x2608edb8, 0x22c9f00f, 0x2f8ad6d6, 0x2b4bcb61,
		0x350c9b64, 0x31cd86d3, 0x3c8ea00a, 0x384fbdbd,
	};

	for (size_t i = 0; i < n; i++) {
		crc ^= (uint32_t)data[i] << 24;
		crc = crc << 4 ^ table[crc >> 28];
		crc = crc << 4 ^ table[crc >> 28];
	}
	return crc;
}

uint32_t crc_of_fill(uint8_t value, size_t n)
{
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < n; i++)
		crc = crc_bytes(crc, &value, 1);
	return crc;
}

/* The helper in the work area: code, table, results, and a word for it to write to. */
static enum err run_helper(struct target *t, uint32_t keepalive, const struct work_area *area,
			   uint32_t addr, uint32_t block, unsigned count)
{
	uint32_t table = area->addr + (uint32_t)sizeof(block_crc_loader);
	uint32_t results = table + TABLE_BYTES, scratch = results + 4 * count;
	/* Some 8 cycles a byte; a core may crawl at 100 kHz. */
	struct algorithm a = {
		.entry = area->addr + BLOCK_CRC_LOADER_ENTRY,
		.exit_pc = area->addr + BLOCK_CRC_LOADER_EXIT,
		.r = { addr, block, count, results, table, keepalive != 0 ? keepalive : scratch },
		.timeout_ms = 5000 + (unsigned)((uint64_t)block * count / 10),
	};

	TRY(target_write(t, area->addr, 4, sizeof(block_crc_loader) / 4, block_crc_loader));
	return algorithm_run(t, &a);
}

static enum err fetch_results(struct target *t, const struct work_area *area, unsigned count,
			      uint32_t *crcs)
{
	uint8_t raw[4 * MAX_BLOCKS];

	TRY(target_read(t, area->addr + (uint32_t)sizeof(block_crc_loader) + TABLE_BYTES, 4, count,
			raw));
	for (unsigned i = 0; i < count; i++)
		crcs[i] = get_le32(raw + 4 * i);
	return OK;
}

enum err block_crcs(struct target *t, uint32_t keepalive, uint32_t addr, uint32_t block,
		    unsigned count, uint32_t *crcs)
{
	struct work_area *area;
	enum err rc = OK;

	if (t->state != TARGET_HALTED)
		return error_why(ERR_NOT_HALTED, "Target not halted");
	TRY(work_area_alloc(
		t, (uint32_t)sizeof(block_crc_loader) + TABLE_BYTES + 4 * MIN(count, MAX_BLOCKS) + 4,
		&area));
	while (rc == OK && count > 0) {
		unsigned n = MIN(count, MAX_BLOCKS);

		rc = run_helper(t, keepalive, area, addr, block, n);
		if (rc == OK)
			rc = fetch_results(t, area, n, crcs);
		addr += n * block;
		crcs += n;
		count -= n;
	}
	return error_first(rc, (work_area_free(t, area), OK));
}

enum err crcs_by_reading(struct target *t, uint32_t addr, uint32_t block, unsigned count,
			 uint32_t *crcs)
{
	uint8_t *data = xcalloc(1, block);
	enum err rc = OK;

	for (unsigned i = 0; rc == OK && i < count; i++) {
		rc = target_read(t, addr + i * block, 4, block / 4, data);
		if (rc == OK)
			crcs[i] = crc_bytes(0xffffffff, data, block);
		if (rc == OK)
			rc = check_cancelled(t);
	}
	free(data);
	return rc;
}

enum err block_crcs_anyhow(struct target *t, uint32_t keepalive, uint32_t addr, uint32_t block,
			   unsigned count, uint32_t *crcs)
{
	enum err rc = block_crcs(t, keepalive, addr, block, count, crcs);

	if (rc != ERR_NO_WORK_AREA && rc != ERR_NOT_HALTED)
		return rc;
	error_clear();
	return crcs_by_reading(t, addr, block, count, crcs);
}

enum err bank_crcs(struct flash_bank *bank, uint32_t offset, uint32_t block, unsigned count,
		   uint32_t *crcs)
{
	/* The chip sees the BKPTs in it, who asks shall not. */
	if (target_is_patched(bank->target, bank->base + offset, (size_t)block * count))
		return crcs_by_reading(bank->target, bank->base + offset, block, count, crcs);
	if (bank->driver->crcs != NULL)
		return bank->driver->crcs(bank, offset, block, count, crcs);
	return block_crcs_anyhow(bank->target, bank->keepalive, bank->base + offset, block, count,
				 crcs);
}

enum err check_blank(struct flash_bank *bank, unsigned first, unsigned count)
{
	const struct flash_sector *s = &bank->sectors[first];
	uint32_t *crcs = xcalloc(count, sizeof(*crcs));
	uint32_t blank = crc_of_fill(bank->erased_value, s->size);
	enum err rc;

	rc = bank_crcs(bank, s->offset, s->size, count, crcs);
	/* One that lost power on the way is not blank, and that is all there is to tell. */
	if (rc == ERR_FLASH_OPERATION) {
		log_warning("%s", error_current()->why);
		error_clear();
		rc = OK;
	}
	for (unsigned i = 0; rc == OK && i < count; i++)
		bank->sectors[first + i].is_erased = crcs[i] == blank;
	free(crcs);
	return rc;
}
