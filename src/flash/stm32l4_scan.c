/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stm32l4: helper code in its frame, and looking through flash that may hold spoiled double words. */
#include "flash/stm32l4_work.h"

#include <stdlib.h>
#include <string.h>

#include "flash/stm32l4_scan_loader.h"

#define VTOR		0xe000ed08u
#define VTOR_ALIGN	256u		/* of ARMv6-M; ARMv7-M takes 128 */
#define VECTORS		8u		/* up to the system handlers that C_MASKINTS does not mask */
#define STACK_BYTES	64u		/* one exception */
#define TABLE_BYTES	1024u
#define PARAM_BYTES	32u
#define MAX_BLOCKS	512u
/* Raising the clock costs some round trips: below this it is not worth it. */
#define WORTH_RAISING	16384u

/* Handlers: NMI is the code's first instruction, the faults its second. */
static enum err place(struct flash_bank *bank, const uint8_t *code, uint32_t bytes,
		      const struct stm32l4_helper *h)
{
	uint8_t *image = xcalloc(1, 4 * VECTORS + bytes);
	enum err rc;

	put_le32(image, h->stack);
	for (unsigned i = 1; i < VECTORS; i++)
		put_le32(image + 4 * i, (h->code + (i == 2 ? 0 : 2)) | 1);
	memcpy(image + 4 * VECTORS, code, bytes);
	rc = target_write(bank->target, h->code - 4 * VECTORS, 4, VECTORS + bytes / 4, image);
	free(image);
	return rc;
}

enum err stm32l4_helper_open(struct flash_bank *bank, const uint8_t *code, uint32_t bytes, uint32_t least,
			     uint32_t most, struct stm32l4_helper *h)
{
	struct target *t = bank->target;
	uint32_t head = 4 * VECTORS + bytes, frame = VTOR_ALIGN + head + STACK_BYTES, vectors, end;
	uint32_t size = MIN(work_area_available(t), (frame + most + 7) & ~7u);
	enum err rc;

	*h = (struct stm32l4_helper){ 0 };
	if (size < frame + least)
		return error_why(ERR_NO_WORK_AREA, "not enough working area available(requested %u)",
				 frame + least);
	TRY(work_area_alloc(t, size, &h->area));
	vectors = (h->area->addr + VTOR_ALIGN - 1) / VTOR_ALIGN * VTOR_ALIGN;
	end = (h->area->addr + h->area->size) & ~7u;
	h->code = vectors + 4 * VECTORS;
	h->data = h->code + bytes;
	h->stack = end;
	h->room = end - STACK_BYTES - h->data;
	rc = place(bank, code, bytes, h);
	if (rc == OK)
		rc = target_read_u32(t, VTOR, &h->saved_vtor);
	if (rc == OK)
		rc = target_write_u32(t, VTOR, vectors);
	h->has_vtor = rc == OK;
	if (rc != OK)
		stm32l4_helper_close(bank, h);
	return rc;
}

void stm32l4_helper_close(struct flash_bank *bank, struct stm32l4_helper *h)
{
	struct error kept;

	error_take(&kept);
	/* After a reset in between this is what the reset left, or the boot will set it. */
	if (h->has_vtor && target_write_u32(bank->target, VTOR, h->saved_vtor) != OK)
		log_debug("VTOR was not restored: %s", error_text(error_current()));
	if (h->area != NULL)
		work_area_free(bank->target, h->area);
	error_clear();
	if (kept.code != OK)
		error_put(&kept);
}

static enum err run_scan(struct flash_bank *bank, const struct stm32l4_helper *h, uint32_t offset,
			 uint32_t block, unsigned count, bool is_blank_check)
{
	const struct stm32l4 *f = bank->priv;
	uint32_t scratch = h->data + PARAM_BYTES, results = scratch + 8;
	uint8_t p[PARAM_BYTES + 8] = { 0 };
	struct algorithm a = {
		.entry = h->code + STM32L4_SCAN_LOADER_ENTRY,
		.exit_pc = h->code + STM32L4_SCAN_LOADER_EXIT,
		.stack = h->stack,
		.r = { h->data },
		/* Some 8 cycles a byte; a core may crawl at 100 kHz. */
		.timeout_ms = 5000 + (unsigned)((uint64_t)block * count / 10),
	};

	put_le32(p, f->line->eccr != 0 ? f->regs + f->line->eccr : scratch);
	put_le32(p + 4, f->line->eccr2 != 0 ? f->regs + f->line->eccr2 : scratch);
	put_le32(p + 8, bank->keepalive != 0 ? bank->keepalive : scratch + 4);
	put_le32(p + 12, results);
	put_le32(p + 16, bank->base + offset);
	put_le32(p + 20, block);
	put_le32(p + 24, count);
	put_le32(p + 28, is_blank_check ? 0 : results + 8 * count);
	TRY(target_write(bank->target, h->data, 4, sizeof(p) / 4, p));
	return algorithm_run(bank->target, &a);
}

static enum err fetch(struct flash_bank *bank, const struct stm32l4_helper *h, unsigned count,
		      struct stm32l4_block *blocks)
{
	uint8_t *raw = xcalloc(count, 8);
	enum err rc = target_read(bank->target, h->data + PARAM_BYTES + 8, 4, 2 * (size_t)count, raw);

	for (unsigned i = 0; rc == OK && i < count; i++)
		blocks[i] = (struct stm32l4_block){ get_le32(raw + 8 * i), get_le32(raw + 8 * i + 4) };
	free(raw);
	return rc;
}

enum err stm32l4_scan(struct flash_bank *bank, uint32_t offset, uint32_t block, unsigned count,
		      bool is_blank_check, struct stm32l4_block *blocks)
{
	uint32_t fixed = PARAM_BYTES + 8 + (is_blank_check ? 0 : TABLE_BYTES);
	struct stm32l4_helper h;
	unsigned n;
	enum err rc = OK;

	if (bank->target->state != TARGET_HALTED)
		return error_why(ERR_NOT_HALTED, "Target not halted");
	TRY(stm32l4_helper_open(bank, stm32l4_scan_loader, sizeof(stm32l4_scan_loader),
				fixed + 8 * MIN(count, 4u), fixed + 8 * MIN(count, MAX_BLOCKS), &h));
	n = MIN((h.room - fixed) / 8, MAX_BLOCKS);
	for (unsigned at = 0; rc == OK && at < count; at += n) {
		unsigned part = MIN(n, count - at);

		rc = run_scan(bank, &h, offset + at * block, block, part, is_blank_check);
		if (rc == OK)
			rc = fetch(bank, &h, part, blocks + at);
	}
	stm32l4_helper_close(bank, &h);
	return rc;
}

static enum err spoiled(const struct flash_bank *bank, uint32_t offset, uint32_t bytes)
{
	error_why(ERR_FLASH_OPERATION, "0x%08x..0x%08x holds a double word with two wrong bits: it lost "
		  "power while it was written or erased, or aged", bank->base + offset,
		  bank->base + offset + bytes - 1);
	return error_next(ERR_FLASH_OPERATION, "erase that page and program it again");
}

/* All are computed before the first that is spoiled makes it an error. */
static enum err scan_crcs(struct flash_bank *bank, uint32_t offset, uint32_t block, unsigned count,
			  uint32_t *crcs)
{
	struct stm32l4_block *blocks = xcalloc(count, sizeof(*blocks));
	enum err rc = stm32l4_scan(bank, offset, block, count, false, blocks);
	enum err bad = OK;

	for (unsigned i = 0; rc == OK && i < count; i++) {
		crcs[i] = blocks[i].bad ? ~blocks[i].value : blocks[i].value;
		if (blocks[i].bad && bad == OK)
			bad = spoiled(bank, offset + i * block, block);
	}
	free(blocks);
	return rc == OK ? bad : rc;
}

/* What counts is what the cells hold, not what a cache keeps of what they held (RM0351 3.3.3). */
static enum err bypass_caches(struct flash_bank *bank)
{
	struct stm32l4 *f = bank->priv;
	uint32_t acr;

	if (f->line->layout->sr != 0x10)
		return OK;
	TRY(stm32l4_change(bank, f->regs + f->layout->acr, 0, ACR_ICEN | ACR_DCEN));
	TRY(stm32l4_read(bank, f->layout->acr, &acr));
	TRY(stm32l4_write(bank, f->layout->acr, acr | ACR_ICRST | ACR_DCRST));
	return stm32l4_write(bank, f->layout->acr, acr);
}

enum err stm32l4_crcs(struct flash_bank *bank, uint32_t offset, uint32_t block, unsigned count,
		      uint32_t *crcs)
{
	struct stm32l4 *f = bank->priv;
	unsigned mark = f->note_count;
	enum err rc = OK;

	if (f->is_otp || bank->target->state != TARGET_HALTED)
		return block_crcs_anyhow(bank->target, bank->keepalive, bank->base + offset, block,
					 count, crcs);
	rc = bypass_caches(bank);
	if (rc == OK && block * count >= WORTH_RAISING)
		rc = stm32l4_raise_clock(bank);
	if (rc == OK)
		rc = scan_crcs(bank, offset, block, count, crcs);
	rc = error_first(rc, stm32l4_undo(bank, mark));
	if (rc != ERR_NO_WORK_AREA)
		return rc;
	error_clear();
	return block_crcs_anyhow(bank->target, bank->keepalive, bank->base + offset, block, count, crcs);
}
