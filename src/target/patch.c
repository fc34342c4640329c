/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The list of patches, and reads that do not show them. Which breakpoint stands where: patch_plan.c.
 */
#include "target/patch.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "target/patch_priv.h"

static struct patches *patches_of(struct target *t)
{
	if (t->own->patches == NULL)
		t->own->patches = xcalloc(1, sizeof(*t->own->patches));
	return t->own->patches;
}

static struct patch *find(const struct target *t, uint32_t addr)
{
	struct patch *p = t->own->patches != NULL ? t->own->patches->first : NULL;

	while (p != NULL && p->addr != addr)
		p = p->next;
	return p;
}

struct patch *patch_in_flash(const struct target *t, uint32_t addr)
{
	struct patch *p = find(t, addr & ~1u);

	return p != NULL && p->is_written ? p : NULL;
}

void target_set_patch_ops(struct target_list *list, const struct patch_ops *ops)
{
	list->own->patch_ops = ops;
}

void patches_enable(struct target_list *list, bool on)
{
	list->own->patches_enabled = on;
}

bool patches_are_enabled(const struct target_list *list)
{
	return list->own->patches_enabled;
}

void patches_free(struct target *t)
{
	struct patches *all = t->own->patches;

	while (all != NULL && all->first != NULL) {
		struct patch *p = all->first;

		all->first = p->next;
		free(p);
	}
	if (all != NULL)
		free(all->wear);
	free(all);
	t->own->patches = NULL;
}

static struct patch *add(struct target *t, uint32_t addr)
{
	struct patches *all = patches_of(t);
	struct patch *p = xcalloc(1, sizeof(*p));

	p->addr = addr;
	p->next = all->first;
	all->first = p;
	return p;
}

static void drop(struct target *t, struct patch *gone)
{
	for (struct patch **p = &t->own->patches->first; *p != NULL; p = &(*p)->next) {
		if (*p == gone) {
			*p = gone->next;
			free(gone);
			return;
		}
	}
}

/* Where it can be patched: in a sector of flash that a driver writes, an instruction that can be stepped
 * over elsewhere, and RAM to do so. */
static enum err check_place(struct target *t, uint32_t addr)
{
	const struct patch_ops *ops = t->list->own->patch_ops;
	uint32_t base, size;
	uint16_t lo, hi = 0;

	if (t->state != TARGET_HALTED)
		return error_why(ERR_REFUSED, "a breakpoint goes into flash only while the core is halted");
	TRY(ops->sector(ops->ctx, t, addr, &base, &size));
	if (t->work_area_size < 8)
		return error_why(ERR_NO_WORK_AREA, "%s has no work area to step over breakpoints in flash",
				 t->name);
	TRY(target_read_u16(t, addr, &lo));
	if (thumb_length(lo) == 4)
		TRY(target_read_u16(t, addr + 2, &hi));
	return displace_check(addr, lo, hi);
}

enum err patch_add(struct target *t, struct breakpoint *b)
{
	struct patch *p = find(t, b->addr);

	if (p == NULL) {
		if (!t->list->own->patches_enabled || t->list->own->patch_ops == NULL)
			return error_why(ERR_NO_BREAKPOINT, "breakpoints in flash are not enabled");
		TRY(check_place(t, b->addr));
		p = add(t, b->addr);
		TRY(target_read_bytes(t, b->addr, p->original, 2, NULL));
	}
	p->is_wanted = true;
	memcpy(b->saved, p->original, sizeof(p->original));
	b->kind = BREAK_FLASH;
	b->comparator = -1;
	b->is_set = true;
	return OK;
}

void patch_remove(struct target *t, struct breakpoint *b)
{
	struct patch *p = find(t, b->addr);

	b->is_set = false;
	if (p == NULL)
		return;
	p->is_wanted = false;
	if (!p->is_written)
		drop(t, p);
}

void patches_adopt(struct target *t, uint32_t addr, const uint8_t original[2])
{
	struct patch *p = find(t, addr);

	if (p != NULL)
		return;
	p = add(t, addr);
	p->is_written = true;
	memcpy(p->original, original, sizeof(p->original));
}

void patches_overwritten(struct target *t, uint32_t addr, uint32_t n)
{
	struct patches *all = t->own->patches;

	if (all == NULL || all->is_writing)
		return;
	for (struct patch *p = all->first, *next; p != NULL; p = next) {
		next = p->next;
		if (p->addr - addr >= n)
			continue;
		p->is_written = false;
		if (!p->is_wanted)
			drop(t, p);
	}
}

void patches_hide(const struct target *t, uint32_t addr, uint8_t *data, size_t n)
{
	if (t->own->patches == NULL)
		return;
	for (const struct patch *p = t->own->patches->first; p != NULL; p = p->next) {
		for (unsigned i = 0; p->is_written && i < 2; i++) {
			uint64_t at = (uint64_t)p->addr + i;

			if (at >= addr && at < (uint64_t)addr + n)
				data[at - addr] = p->original[i];
		}
	}
}

bool target_is_patched(const struct target *t, uint32_t addr, size_t n)
{
	if (t->own->patches == NULL)
		return false;
	for (const struct patch *p = t->own->patches->first; p != NULL; p = p->next) {
		if (p->is_written && p->addr + 2ull > addr && p->addr < (uint64_t)addr + n)
			return true;
	}
	return false;
}

bool patches_are_writing(const struct target *t)
{
	return t->own->patches != NULL && t->own->patches->is_writing;
}

void patches_describe(struct target *t, struct buf *out)
{
	const struct patches *all = t->own->patches;

	buf_printf(out, "breakpoints in flash: %s\n",
		   patches_are_enabled(t->list) ? "enabled" : "disabled");
	for (size_t i = 0; all != NULL && i < all->wear_count; i++)
		buf_printf(out, "  sector at 0x%08x: erased %lu time%s for them since the start\n",
			   all->wear[i].base, all->wear[i].erases, all->wear[i].erases == 1 ? "" : "s");
	for (const struct patch *p = all != NULL ? all->first : NULL; p != NULL; p = p->next)
		buf_printf(out, "  0x%08x: %s, instruction 0x%04x\n", p->addr,
			   !p->is_written  ? "goes into flash at the next resume"
			   : p->is_wanted  ? "in flash"
					   : "in flash, removed: passed without a stop",
			   get_le16(p->original));
}
