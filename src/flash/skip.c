/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Leaving alone what is already right. Sectors that a step fills from end to end are compared in
 * one run of checksums on the target, and found blank the same way; the ragged ones at the ends are
 * read.
 */
#include <stdlib.h>
#include <string.h>

#include "flash/room.h"

/* Fills its sector from end to end, in memory that helper code can read. */
static bool is_whole(const struct flash_plan *plan, const struct flash_step *step)
{
	if (plan->bank->driver->read != NULL && plan->bank->driver->crcs == NULL)
		return false;
	return step->bytes == 0 || step->bytes == plan->bank->sectors[step->sector].size;
}

static bool adjoins(const struct flash_plan *plan, const struct flash_step *a,
		    const struct flash_step *b)
{
	const struct flash_sector *sa = &plan->bank->sectors[a->sector],
				  *sb = &plan->bank->sectors[b->sector];

	return sb->offset == sa->offset + sa->size && sb->size == sa->size;
}

/* One past the last step from `first` that fills its sector and adjoins the one before. */
static size_t whole_run(const struct flash_plan *plan, size_t first)
{
	size_t i = first + 1;

	while (i < plan->count && is_whole(plan, &plan->steps[i]) &&
	       adjoins(plan, &plan->steps[i - 1], &plan->steps[i]))
		i++;
	return i;
}

void plan_drop_step(struct flash_plan *plan, struct flash_step *step)
{
	plan->skipped_bytes += step->bytes;
	plan->sectors_skipped++;
	step->state = STEP_DONE;
}

/* A sector that lost power on the way differs from anything: to write it is the cure. */
static enum err tolerate_spoiled(enum err rc)
{
	if (rc != ERR_FLASH_OPERATION)
		return rc;
	log_warning("%s", error_current()->why);
	error_clear();
	return OK;
}

static enum err compare_whole(struct flash_plan *plan, size_t first, size_t end)
{
	struct flash_bank *bank = plan->bank;
	const struct flash_sector *s = &bank->sectors[plan->steps[first].sector];
	uint32_t *crcs = xcalloc(end - first, sizeof(*crcs));
	uint32_t blank = crc_of_fill(bank->erased_value, s->size);
	enum err rc;

	rc = tolerate_spoiled(bank_crcs(bank, s->offset, s->size, (unsigned)(end - first), crcs));
	for (size_t i = first; rc == OK && i < end; i++) {
		struct flash_step *step = &plan->steps[i];
		bool is_blank = crcs[i - first] == blank;

		if (step->bytes == 0 ? is_blank :
		    crcs[i - first] == crc_bytes(0xffffffff, step->data, step->bytes)) {
			plan_drop_step(plan, step);
		} else if (is_blank && step->erase) {
			step->erase = false;
			step->looked_blank = true;
		}
	}
	free(crcs);
	return rc;
}

static enum err compare_part(struct flash_plan *plan, struct flash_step *step)
{
	uint8_t *now;
	enum err rc;

	if (step->bytes == 0)
		return OK;
	now = xcalloc(1, step->bytes);
	rc = flash_read(plan->bank, step->offset, now, step->bytes);
	if (rc == OK && memcmp(now, step->data, step->bytes) == 0)
		plan_drop_step(plan, step);
	free(now);
	return rc;
}

void plan_remove_dropped(struct flash_plan *plan)
{
	size_t kept = 0;

	for (size_t i = 0; i < plan->count; i++) {
		if (plan->steps[i].state == STEP_DONE)
			free(plan->steps[i].data);
		else
			plan->steps[kept++] = plan->steps[i];
	}
	plan->count = kept;
}

enum err plan_skip_same(struct flash_plan *plan)
{
	size_t next;

	TRY(tolerate_spoiled(flash_check_readable(plan->bank)));
	for (size_t i = 0; i < plan->count; i = next) {
		next = i + 1;
		if (!is_whole(plan, &plan->steps[i])) {
			TRY(compare_part(plan, &plan->steps[i]));
			continue;
		}
		next = whole_run(plan, i);
		TRY(compare_whole(plan, i, next));
	}
	plan_remove_dropped(plan);
	return OK;
}
