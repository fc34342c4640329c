/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who gets a comparator, and what is written into flash when the core is let go. Each erase wears the flash
 * and takes tens of milliseconds, so: nothing is written as long as comparators do; if something must be, a
 * few more go in with it, so that the breakpoints of the next `next` and `finish` find free comparators.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "target/cortex_m.h"
#include "target/patch_priv.h"

#define BKPT_OPCODE 0xbe00u
#define SPARE	    2u		/* comparators to be free afterwards */
#define CHOICE_MAX  64u

/* A breakpoint that may stand in flash. */
struct choice {
	struct breakpoint *b;
	unsigned age, order;
};

static struct patch_age *age_of(struct target *t, uint32_t addr)
{
	struct patches *all = t->own->patches;

	for (unsigned i = 0; i < PATCH_AGES; i++) {
		if (all->ages[i].resumes > 0 && all->ages[i].addr == addr)
			return &all->ages[i];
	}
	return NULL;
}

static struct patch_age *youngest(struct patches *all)
{
	struct patch_age *best = &all->ages[0];

	for (unsigned i = 1; i < PATCH_AGES; i++) {
		if (all->ages[i].resumes < best->resumes)
			best = &all->ages[i];
	}
	return best;
}

/* Who stands now has stood for one resume more; who does not, begins anew. */
static void grow_older(struct target *t)
{
	struct patches *all = t->own->patches;

	for (unsigned i = 0; i < PATCH_AGES; i++)
		all->ages[i].is_set = false;
	for (const struct breakpoint *b = t->breakpoints; b != NULL; b = b->next) {
		struct patch_age *age = age_of(t, b->addr);

		if (age == NULL) {
			age = youngest(all);
			*age = (struct patch_age){ .addr = b->addr };
		}
		age->resumes++;
		age->is_set = true;
	}
	for (unsigned i = 0; i < PATCH_AGES; i++) {
		if (!all->ages[i].is_set)
			all->ages[i].resumes = 0;
	}
}

static bool is_unwritten(const struct target *t, const struct breakpoint *b)
{
	return b->kind == BREAK_FLASH && b->is_set && patch_in_flash(t, b->addr) == NULL;
}

/* Oldest first; of the same age, those that were set first. */
static int by_age(const void *a, const void *b)
{
	const struct choice *x = a, *y = b;

	if (x->age != y->age)
		return x->age > y->age ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

/* What stands in comparators and what waits, as far as it can stand in flash at all. */
static size_t collect(struct target *t, struct choice *choices, size_t *waiting)
{
	size_t n = 0;

	*waiting = 0;
	for (struct breakpoint *b = t->breakpoints; b != NULL && n < CHOICE_MAX; b = b->next) {
		const struct patch_age *age = age_of(t, b->addr);
		bool waits = is_unwritten(t, b);

		if (!waits && (b->kind != BREAK_HARD || !b->is_set))
			continue;
		*waiting += waits;
		choices[n] = (struct choice){ .b = b, .order = (unsigned)n,
					      .age = age != NULL ? age->resumes : 0 };
		n++;
	}
	qsort(choices, n, sizeof(*choices), by_age);
	return n;
}

static bool move_to_flash(struct target *t, struct breakpoint *b)
{
	struct breakpoint moved = *b;

	if (b->kind == BREAK_FLASH)
		return true;
	if (patch_add(t, &moved) != OK) {
		error_clear();
		return false;
	}
	fpb_remove(&cortex_m(t)->fpb, b->comparator, b->addr);
	moved.next = b->next;
	*b = moved;
	return true;
}

static void move_to_comparator(struct target *t, struct breakpoint *b)
{
	int comparator = fpb_add(&cortex_m(t)->fpb, b->addr);

	if (comparator < 0)
		return;
	patch_remove(t, b);
	b->kind = BREAK_HARD;
	b->comparator = comparator;
	b->is_set = true;
}

bool patch_make_room(struct target *t)
{
	for (struct breakpoint *b = t->breakpoints; b != NULL; b = b->next) {
		if (b->kind == BREAK_HARD && b->is_set && move_to_flash(t, b))
			return true;
	}
	return false;
}

/* The oldest go into flash, as many as have no comparator and a few more. */
static bool choose(struct target *t)
{
	struct choice choices[CHOICE_MAX];
	size_t waiting, n = collect(t, choices, &waiting), moved = 0;

	if (waiting == 0)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (moved < waiting + SPARE)
			moved += move_to_flash(t, choices[i].b);
		else if (choices[i].b->kind == BREAK_FLASH)
			move_to_comparator(t, choices[i].b);
	}
	return true;
}

static struct patch_sector *find_sector(struct patch_sector *sectors, size_t n, uint32_t addr)
{
	for (size_t i = 0; i < n; i++) {
		if (addr - sectors[i].base < sectors[i].size)
			return &sectors[i];
	}
	return NULL;
}

/* Original contents and, over them, the BKPTs that are wanted. */
static enum err fill(struct target *t, struct patch_sector *s)
{
	s->data = xcalloc(1, s->size);
	s->original = xcalloc(1, s->size);
	TRY(target_read_bytes(t, s->base, s->original, s->size, NULL));
	memcpy(s->data, s->original, s->size);
	for (const struct patch *p = t->own->patches->first; p != NULL; p = p->next) {
		if (!p->is_wanted || p->addr - s->base >= s->size)
			continue;
		put_le16(s->data + (p->addr - s->base), BKPT_OPCODE);
		s->patches++;
	}
	return OK;
}

struct sectors {
	struct patch_sector *list;
	size_t count;
};

static enum err add_sector(struct target *t, struct sectors *all, uint32_t addr)
{
	const struct patch_ops *ops = t->list->own->patch_ops;
	struct patch_sector s = { 0 };

	if (find_sector(all->list, all->count, addr) != NULL)
		return OK;
	TRY(ops->sector(ops->ctx, t, addr, &s.base, &s.size));
	all->list = xrealloc(all->list, (all->count + 1) * sizeof(s));
	all->list[all->count++] = s;
	return fill(t, &all->list[all->count - 1]);
}

static void free_sectors(struct sectors *all)
{
	for (size_t i = 0; i < all->count; i++) {
		free(all->list[i].data);
		free(all->list[i].original);
	}
	free(all->list);
}

/* The sectors hold what is wanted and nothing else of ours. */
static void take_over(struct target *t, const struct sectors *all)
{
	for (struct patch *p = t->own->patches->first, *next; p != NULL; p = next) {
		next = p->next;
		if (find_sector(all->list, all->count, p->addr) == NULL)
			continue;
		p->is_written = p->is_wanted;
		if (!p->is_wanted)
			patches_overwritten(t, p->addr, 1);
	}
}

static void note_wear(struct patches *patches, uint32_t base)
{
	size_t i = 0;

	while (i < patches->wear_count && patches->wear[i].base != base)
		i++;
	if (i == patches->wear_count) {
		patches->wear = xrealloc(patches->wear, (i + 1) * sizeof(*patches->wear));
		patches->wear[patches->wear_count++] = (struct patch_wear){ base, 0 };
	}
	patches->wear[i].erases++;
}

/* The user's RAM and the reason of his halt are not to suffer from the helper code that writes. */
static enum err program(struct target *t, struct sectors *all)
{
	const struct patch_ops *ops = t->list->own->patch_ops;
	struct patches *patches = t->own->patches;
	bool backup = t->work_area_backup;
	enum halt_reason reason = t->reason;

	for (size_t i = 0; i < all->count; i++)
		log_debug("[%s] flash sector at 0x%08x is written with %u breakpoints", t->name,
			  all->list[i].base, all->list[i].patches);
	t->work_area_backup = true;
	patches->is_writing = true;
	enum err rc = ops->program(ops->ctx, t, all->list, all->count);

	patches->is_writing = false;
	t->work_area_backup = backup;
	t->reason = reason;
	for (size_t i = 0; i < all->count; i++)
		note_wear(patches, all->list[i].base);
	if (rc == OK)
		take_over(t, all);
	return rc;
}

enum err patches_prepare(struct target *t)
{
	struct sectors all = { 0 };
	enum err rc = OK;

	if (t->own->patches == NULL)
		return OK;
	bool must_write = choose(t);

	grow_older(t);
	for (const struct breakpoint *b = must_write ? t->breakpoints : NULL; b != NULL && rc == OK;
	     b = b->next) {
		if (is_unwritten(t, b))
			rc = add_sector(t, &all, b->addr);
	}
	if (rc == OK && all.count > 0)
		rc = program(t, &all);
	free_sectors(&all);
	return rc == OK ? OK : error_what(rc, "breakpoints in flash not set");
}

/* A patch whose BKPT is no longer there was overwritten by something that we did not see. */
static enum err forget_lost(struct target *t)
{
	for (struct patch *p = t->own->patches->first, *next; p != NULL; p = next) {
		uint8_t now[2];

		next = p->next;
		if (!p->is_written)
			continue;
		TRY(mem_ap_read(t->ap, p->addr, 2, 1, now, NULL));
		if (get_le16(now) == BKPT_OPCODE)
			continue;
		log_warning("[%s] the breakpoint in flash at 0x%08x was overwritten: left as it is",
			    t->name, p->addr);
		patches_overwritten(t, p->addr, 1);
	}
	return OK;
}

static enum err restore_halted(struct target *t)
{
	struct sectors all = { 0 };
	enum err rc = forget_lost(t);

	for (const struct patch *p = t->own->patches->first; p != NULL && rc == OK; p = p->next) {
		if (p->is_written)
			rc = add_sector(t, &all, p->addr);
	}
	for (size_t i = 0; i < all.count && rc == OK; i++) {
		memcpy(all.list[i].data, all.list[i].original, all.list[i].size);
		all.list[i].patches = 0;
	}
	if (rc == OK && all.count > 0) {
		log_info("[%s] %zu flash sector%s restored to the original instructions", t->name,
			 all.count, all.count == 1 ? " is" : "s are");
		for (struct patch *p = t->own->patches->first; p != NULL; p = p->next)
			p->is_wanted = false;
		rc = program(t, &all);
	}
	free_sectors(&all);
	for (struct breakpoint *b = t->breakpoints; b != NULL && rc == OK; b = b->next) {
		if (b->kind != BREAK_FLASH || !b->is_set || patch_add(t, b) == OK)
			continue;	/* it goes in again at the next resume */
		log_warning("[%s] the breakpoint at 0x%08x is out: %s", t->name, b->addr,
			    error_text(error_current()));
		error_clear();
		b->is_set = false;
	}
	return rc;
}

enum err patches_restore(struct target *t)
{
	bool was_running = t->state == TARGET_RUNNING;
	struct patches *all = t->own->patches;
	bool any = false;

	if (loop_is_stopped(t->list->loop) && !t->list->is_leaving)
		return OK;	/* target_leave_all() does it, when nobody waits for the loop any more */

	for (const struct patch *p = all != NULL ? all->first : NULL; p != NULL; p = p->next)
		any |= p->is_written;
	if (!any)
		return OK;
	if (was_running) {
		t->quiet_halt = true;
		TRY(target_halt(t));
	}
	enum err rc = restore_halted(t);

	if (was_running && t->state == TARGET_HALTED)
		rc = error_first(rc, target_resume(t, NULL, true, false));
	t->quiet_halt = false;
	return rc == OK ? OK : error_what(rc, "breakpoints in flash not restored");
}
