/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Comparing an image with memory: checksums on the target first, bytes only where they disagree. */
#include <stdlib.h>
#include <string.h>

#include "flash/room.h"

/* Small enough to find a difference without reading much, large enough to be few. */
#define BLOCK 4096u

struct verify {
	struct target *target;
	struct flash_room *room;
	uint32_t keepalive;
	unsigned differences;
	bool told;			/* that bytes are compared, not checksums */
	uint32_t addr;			/* of the first */
	uint8_t is, should_be;
};

/* A bank that holds all of it and reads in its own way; NULL: the bus shows it. */
static struct flash_bank *bank_with_reader(const struct verify *v, uint32_t addr, size_t n)
{
	for (struct flash_bank *b = v->room->banks; b != NULL; b = b->next)
		if (b->target == v->target && b->is_probed && b->driver->read != NULL &&
		    addr >= b->base && addr - b->base < b->size && n <= b->size - (addr - b->base))
			return b;
	return NULL;
}

/* The same, for checksums in the driver's own way. */
static struct flash_bank *bank_with_crcs(const struct verify *v, uint32_t addr, size_t n)
{
	for (struct flash_bank *b = v->room->banks; b != NULL; b = b->next)
		if (b->target == v->target && b->is_probed && b->driver->crcs != NULL &&
		    addr >= b->base && addr - b->base < b->size && n <= b->size - (addr - b->base))
			return b;
	return NULL;
}

static enum err compare_bytes(struct verify *v, uint32_t addr, const uint8_t *data, size_t n)
{
	struct flash_bank *bank = bank_with_reader(v, addr, n);
	uint8_t *now = xcalloc(1, n);
	enum err rc = bank != NULL ? flash_read(bank, addr - bank->base, now, n)
				   : target_read_bytes(v->target, addr, now, n, NULL);

	for (size_t i = 0; rc == OK && i < n; i++) {
		if (now[i] == data[i])
			continue;
		if (v->differences++ == 0) {
			v->addr = (uint32_t)(addr + i);
			v->is = now[i];
			v->should_be = data[i];
		}
	}
	free(now);
	return rc == OK ? check_cancelled(v->target) : rc;
}

/* `count` whole blocks of `block` bytes, word aligned. */
static enum err compare_blocks(struct verify *v, uint32_t addr, const uint8_t *data, uint32_t block,
			       unsigned count)
{
	struct flash_bank *bank = bank_with_crcs(v, addr, (size_t)block * count);
	uint32_t *crcs = xcalloc(count, sizeof(*crcs));
	enum err rc = bank != NULL
			      ? bank_crcs(bank, addr - bank->base, block, count, crcs)
			      : block_crcs(v->target, v->keepalive, addr, block, count, crcs);
	bool by_reading = rc == ERR_NO_WORK_AREA || rc == ERR_NOT_HALTED;

	if (by_reading)
		error_clear();
	else if (rc != OK)
		goto out;
	rc = OK;
	for (unsigned i = 0; rc == OK && i < count; i++) {
		const uint8_t *part = data + (size_t)i * block;

		if (!by_reading && crcs[i] == crc_bytes(0xffffffff, part, block))
			continue;
		if (!by_reading && !v->told) {
			log_error("checksum mismatch - attempting binary compare");
			v->told = true;
		}
		rc = compare_bytes(v, addr + i * block, part, block);
	}
out:
	free(crcs);
	return rc;
}

static enum err compare_section(struct verify *v, uint32_t addr, const uint8_t *data, size_t n)
{
	size_t head = MIN(n, (4 - addr % 4) % 4), blocks, tail;

	if (head > 0)
		TRY(compare_bytes(v, addr, data, head));
	addr += (uint32_t)head;
	data += head;
	n -= head;
	blocks = n / BLOCK;
	if (blocks > 0)
		TRY(compare_blocks(v, addr, data, BLOCK, (unsigned)blocks));
	addr += (uint32_t)(blocks * BLOCK);
	data += blocks * BLOCK;
	n -= blocks * BLOCK;
	tail = n % 4;
	if (n > tail)
		TRY(compare_blocks(v, addr, data, (uint32_t)(n - tail), 1));
	return tail > 0 ? compare_bytes(v, addr + (uint32_t)(n - tail), data + n - tail, tail) : OK;
}

static bool touches(const struct flash_bank *bank, const struct image *image)
{
	for (size_t i = 0; i < image->count; i++)
		if (image->sections[i].addr < (uint64_t)bank->base + bank->size &&
		    bank->base < (uint64_t)image->sections[i].addr + image->sections[i].bytes)
			return true;
	return false;
}

static enum err compare_image(struct verify *v, struct flash_room *room, const struct image *image)
{
	struct flash_bank *flash = NULL;
	enum err rc = OK;

	for (struct flash_bank *b = room->banks; b != NULL; b = b->next) {
		if (b->target != v->target || !b->is_probed || !touches(b, image))
			continue;
		TRY(flash_check_readable(b));
		v->keepalive = b->keepalive;
		flash = b;
	}
	for (size_t i = 0; rc == OK && i < image->count; i++)
		rc = compare_section(v, image->sections[i].addr, image->sections[i].data,
				     image->sections[i].bytes);
	if (flash == NULL)
		return rc;
	rc = flash_explain_read(flash, rc);
	/* What was read may have been spoiled, and right by chance. */
	return rc == OK ? flash_check_readable(flash) : rc;
}

/* The bank that holds the first difference; NULL: it is no flash. */
static struct flash_bank *bank_of_difference(const struct verify *v)
{
	struct flash_bank *bank = NULL;

	if (flash_bank_at(v->room, v->target, v->addr, &bank) != OK)
		error_clear();
	return bank;
}

/* Erasing leaves stale lines in a cache: read again without them. True: it was that. */
static bool was_stale(struct verify *v, struct flash_bank *bank, const struct image *image)
{
	struct verify again = { .target = v->target, .room = v->room, .told = v->told };
	bool changed = false;

	if (bank->driver->refresh == NULL || bank->driver->refresh(bank, &changed) != OK || !changed ||
	    compare_image(&again, v->room, image) != OK) {
		error_clear();
		return false;
	}
	if (again.differences == 0) {
		log_warning("%u bytes from 0x%08x on were read wrong the first time and are right: a cache "
			    "held what was there before the erase; the caches are reset now",
			    v->differences, v->addr);
		return true;
	}
	*v = again;
	return false;
}

/* Is all of the image where it would be with the banks swapped? */
static bool is_in_twin(const struct verify *v, struct flash_bank *bank, const struct image *image)
{
	struct verify there = { .target = v->target, .room = v->room, .keepalive = v->keepalive,
				.told = v->told };
	enum err rc = OK;

	if (bank->driver->twin == NULL || bank->driver->twin(bank, v->addr) == v->addr)
		return false;
	for (size_t i = 0; rc == OK && i < image->count; i++) {
		const struct image_section *s = &image->sections[i];
		uint32_t addr = bank->driver->twin(bank, s->addr);

		if (s->bytes > 0 && bank->driver->twin(bank, (uint32_t)(s->addr + s->bytes - 1)) !=
					    (uint32_t)(addr + s->bytes - 1))
			return false;
		rc = compare_section(&there, addr, s->data, s->bytes);
	}
	error_clear();
	return rc == OK && there.differences == 0;
}

static enum err explain_difference(const struct verify *v, struct flash_bank *bank,
				   const struct image *image)
{
	bool is_swapped = bank != NULL && is_in_twin(v, bank, image);

	error_why(ERR_VERIFY, "0x%08x holds 0x%02x, should be 0x%02x (%u bytes differ)", v->addr, v->is,
		  v->should_be, v->differences);
	if (bank == NULL || bank->driver->explain == NULL)
		return ERR_VERIFY;
	return bank->driver->explain(bank, ERR_VERIFY, is_swapped);
}

/* It could not be read: the driver of the bank that the image is for has the last word. */
static enum err explain_read_failure(const struct verify *v, enum err rc, const struct image *image)
{
	for (struct flash_bank *b = v->room->banks; b != NULL; b = b->next)
		if (b->target == v->target && b->is_probed && touches(b, image))
			return flash_explain(b, rc);
	return rc;
}

enum err flash_verify_image(struct flash_room *room, struct target *target,
			    const struct image *image, unsigned *differences)
{
	struct verify v = { .target = target, .room = room };
	struct flash_bank *bank;

	enum err rc = compare_image(&v, room, image);

	if (rc != OK)
		return explain_read_failure(&v, rc, image);
	bank = v.differences > 0 ? bank_of_difference(&v) : NULL;
	if (bank != NULL && was_stale(&v, bank, image))
		v.differences = 0;
	if (differences != NULL)
		*differences = v.differences;
	return v.differences == 0 ? OK : explain_difference(&v, bank, image);
}
