/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bus as Unicorn sees it: RAM mapped directly, all else as MMIO in whole pages. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "vboard/core/cpu_engine.h"

static bool is_mappable(const struct vb_region *r)
{
	return r->ram != NULL && !(r->base % PAGE) && !(r->size % PAGE);
}

static uint32_t perms_of(const struct vb_region *r)
{
	return UC_PROT_READ | (r->writable ? UC_PROT_WRITE : 0) |
	       (r->executable ? UC_PROT_EXEC : 0);
}

/* Appends a region; small devices that share or adjoin pages become one MMIO range. */
static size_t append(struct map **maps, size_t count, const struct vb_region *r)
{
	struct map m = { .base = r->base & ~(PAGE - 1) };
	uint32_t last = (r->base + (r->size - 1)) | (PAGE - 1);
	struct map *before = count ? &(*maps)[count - 1] : NULL;

	m.size = last - m.base + 1;
	if (is_mappable(r)) {
		m.ram = r->ram;
		m.perms = perms_of(r);
	} else if (before && before->ram == NULL && m.base - before->base <= before->size) {
		before->size = MAX(before->size, last - before->base + 1);
		return count;
	}
	assert(before == NULL || m.base - before->base >= before->size);
	*maps = xrealloc(*maps, (count + 1) * sizeof(**maps));
	(*maps)[count] = m;
	return count + 1;
}

static bool same(const struct map *a, const struct map *b)
{
	return a->base == b->base && a->size == b->size && a->ram == b->ram && a->perms == b->perms;
}

static struct map *find_same(struct map *maps, size_t count, const struct map *wanted)
{
	for (size_t i = 0; i < count; i++) {
		if (same(&maps[i], wanted))
			return &maps[i];
	}
	return NULL;
}

static void map_one(struct engine *e, struct map *m)
{
	uc_err rc;

	if (m->ram) {
		rc = uc_mem_map_ptr(e->uc, m->base, m->size, m->perms, m->ram);
		/* Or a store that the hook took care of would reach the memory as well. */
		if (rc == UC_ERR_OK && !(m->perms & UC_PROT_WRITE))
			rc = uc_mem_protect(e->uc, m->base, m->size, m->perms);
	} else {
		m->mmio = xcalloc(1, sizeof(*m->mmio));
		*m->mmio = (struct mmio){ e, m->base };
		rc = uc_mmio_map(e->uc, m->base, m->size, engine_mmio_read, m->mmio,
				 engine_mmio_write, m->mmio);
	}
	if (rc != UC_ERR_OK)
		log_error("cpu: 0x%08x (%u bytes) cannot be mapped: %s", m->base, m->size,
			  uc_strerror(rc));
}

static void unmap_one(struct engine *e, struct map *m)
{
	uc_mem_unmap(e->uc, m->base, m->size);
	free(m->mmio);
}

static void rebuild(struct engine *e)
{
	const struct vb_region *r;
	struct map *wanted = NULL;
	size_t count = 0;

	for (size_t i = 0; (r = vb_bus_region(e->cpu->bus, i)) != NULL; i++) {
		if (r->size)
			count = append(&wanted, count, r);
	}
	for (size_t i = 0; i < e->map_count; i++) {
		if (!find_same(wanted, count, &e->maps[i]))
			unmap_one(e, &e->maps[i]);
	}
	for (size_t i = 0; i < count; i++) {
		struct map *have = find_same(e->maps, e->map_count, &wanted[i]);

		if (have)
			wanted[i].mmio = have->mmio;
		else
			map_one(e, &wanted[i]);
	}
	free(e->maps);
	e->maps = wanted;
	e->map_count = count;
	e->page_addr = NO_PAGE;
}

/* Applied between runs: Unicorn must not lose the block it is in. */
void engine_sync_maps(struct engine *e)
{
	if (e->maps_are_old) {
		e->maps_are_old = false;
		rebuild(e);
	}
	if (e->page_is_old)
		e->page_addr = NO_PAGE;
	e->page_is_old = false;
	for (size_t i = 0; i < e->dirty_count; i++)
		uc_ctl_remove_cache(e->uc, (uint64_t)e->dirty[i].first,
				    (uint64_t)e->dirty[i].last + 1);
	e->dirty_count = 0;
}

static bool was_executed(struct engine *e, uint32_t first, uint32_t last)
{
	for (uint32_t page = first / PAGE; page <= last / PAGE; page++) {
		if (e->executed[page / 8] >> page % 8 & 1)
			return true;
	}
	return false;
}

void engine_forget(struct engine *e, uint32_t addr, size_t bytes)
{
	uint32_t last = addr + (uint32_t)bytes - 1;
	size_t i = MIN(e->dirty_count, ARRAY_SIZE(e->dirty) - 1);

	if (bytes == 0 || !was_executed(e, addr, last))
		return;
	if (e->dirty_count && addr == e->dirty[e->dirty_count - 1].last + 1) {
		e->dirty[e->dirty_count - 1].last = last;
	} else if (e->dirty_count == ARRAY_SIZE(e->dirty)) {
		e->dirty[i].first = MIN(e->dirty[i].first, addr);
		e->dirty[i].last = MAX(e->dirty[i].last, last);
	} else {
		e->dirty[i].first = addr;
		e->dirty[i].last = last;
		e->dirty_count++;
	}
	e->cpu->attention = true;
}

void engine_forget_ram(struct vb_cpu *cpu)
{
	struct engine *e = cpu->engine;

	for (size_t i = 0; i < e->map_count; i++) {
		const struct map *m = &e->maps[i];

		for (uint32_t at = 0; m->ram && (m->perms & UC_PROT_WRITE) && at < m->size; at += PAGE)
			engine_forget(e, m->base + at, PAGE);
	}
}

static void on_changed(void *ctx, uint32_t addr, size_t bytes)
{
	engine_forget(ctx, addr, bytes);
}

/* Serial flash controllers do this all the time: no map is touched. */
static void on_guarded(void *ctx)
{
	struct engine *e = ctx;
	const struct vb_region *r;

	e->has_guards = false;
	for (size_t i = 0; (r = vb_bus_region(e->cpu->bus, i)) != NULL; i++)
		e->has_guards |= r->guarded && r->ram;
	e->cpu->attention = true;
	engine_update_caution(e->cpu);
}

static void on_remapped(void *ctx)
{
	struct engine *e = ctx;

	e->maps_are_old = true;
	on_guarded(e);
}

void engine_listen(struct engine *e)
{
	struct vb_bus_listener listener = { on_changed, on_remapped, e, on_guarded };

	on_remapped(e);		/* what was there before us */
	vb_bus_listen(e->cpu->bus, &listener);
}

void engine_drop_maps(struct engine *e)
{
	for (size_t i = 0; i < e->map_count; i++)
		free(e->maps[i].mmio);
	free(e->maps);
}
