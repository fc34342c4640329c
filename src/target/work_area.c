/* SPDX-License-Identifier: GPL-2.0-or-later */
/* First fit in the RAM that was set aside; the list is in address order. */
#include <stdlib.h>

#include "base/log.h"
#include "target/target_priv.h"

#define ALIGN 8u	/* AAPCS stacks, double words */

static uint32_t area_end(const struct target *t)
{
	return t->work_area + t->work_area_size;
}

/* What must be put back may be in use by another core that runs: it would find helper code there. */
static bool is_lent_out(const struct target *t)
{
	return t->work_area_backup && target_has_running_peer(t);
}

uint32_t work_area_available(const struct target *t)
{
	uint32_t best = 0, at = (t->work_area + ALIGN - 1) & ~(ALIGN - 1);

	if (t->work_area_size == 0 || is_lent_out(t))
		return 0;
	for (const struct work_area *a = t->work_areas; a != NULL; a = a->next) {
		best = MAX(best, a->addr - at);
		at = a->addr + a->size;
	}
	return MAX(best, area_end(t) > at ? area_end(t) - at : 0) & ~(ALIGN - 1);
}

static enum err no_room(const struct target *t, uint32_t size)
{
	if (t->work_area_size == 0)
		return error_why(ERR_NO_WORK_AREA,
				 "not enough working area available(requested %u): "
				 "%s has none",
				 size, t->name);
	if (is_lent_out(t))
		return error_why(ERR_NO_WORK_AREA,
				 "not enough working area available(requested %u): another core runs "
				 "and may use that RAM",
				 size);
	return error_why(ERR_NO_WORK_AREA,
			 "not enough working area available(requested %u): the largest "
			 "free piece has %u bytes",
			 size, work_area_available(t));
}

static enum err keep_contents(struct target *t, struct work_area *a)
{
	if (!t->work_area_backup)
		return OK;
	a->backup = xcalloc(1, a->size);
	return target_read_bytes(t, a->addr, a->backup, a->size, NULL);
}

enum err work_area_alloc(struct target *t, uint32_t size, struct work_area **area)
{
	struct work_area **p = &t->work_areas;
	uint32_t at = (t->work_area + ALIGN - 1) & ~(ALIGN - 1),
		 wanted = (size + ALIGN - 1) & ~(ALIGN - 1);

	*area = NULL;
	if (size == 0 || wanted < size || t->work_area_size == 0 || is_lent_out(t))
		return no_room(t, size);
	for (; *p != NULL && (*p)->addr - at < wanted; p = &(*p)->next)
		at = (*p)->addr + (*p)->size;
	if (*p == NULL && (area_end(t) < at || area_end(t) - at < wanted))
		return no_room(t, size);
	struct work_area *a = xcalloc(1, sizeof(*a));

	*a = (struct work_area){ .addr = at, .size = wanted, .next = *p };
	enum err rc = keep_contents(t, a);

	if (rc != OK) {
		free(a->backup);
		free(a);
		return error_what(rc, "working area not saved");
	}
	*p = a;
	*area = a;
	return OK;
}

static void drop(struct target *t, struct work_area *area)
{
	for (struct work_area **p = &t->work_areas; *p != NULL; p = &(*p)->next) {
		if (*p == area) {
			*p = area->next;
			free(area->backup);
			free(area);
			return;
		}
	}
}

/* Keeps the error of the work that used the area, if there was one. */
void work_area_free(struct target *t, struct work_area *area)
{
	struct error kept;
	enum err rc;

	if (area == NULL)
		return;
	error_take(&kept);
	rc = area->backup != NULL ? target_write_bytes(t, area->addr, area->backup, area->size) : OK;
	/* That the probe is gone is told by whoever noticed it. */
	if (rc != OK)
		log_warning("%s: working area at 0x%08x not restored: %s", t->name, area->addr,
			    rc == ERR_ADAPTER_LOST ? "the probe is gone"
						   : error_text(error_current()));
	error_clear();
	drop(t, area);
	error_put(&kept);
}

void work_areas_forget(struct target *t)
{
	while (t->work_areas != NULL)
		drop(t, t->work_areas);
}
