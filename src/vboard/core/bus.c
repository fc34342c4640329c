/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/core/bus.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

struct vb_bus {
	struct vb_region **regions;	/* by address; each allocated alone, so handles stay valid */
	size_t count;
	struct vb_bus_listener *listeners;
	size_t listener_count;
	struct vb_bus_cache cache;
	struct vb_bus *peer;		/* the branch of a trunk, the trunk of a branch; NULL: alone */
	bool is_branch;
	const struct vb_region **last;	/* found last; behind a pointer, for to look is const */
};

struct vb_bus *vb_bus_new(void)
{
	struct vb_bus *bus = xcalloc(1, sizeof(*bus));

	bus->last = xcalloc(1, sizeof(const struct vb_region *));
	return bus;
}

struct vb_bus *vb_bus_branch(struct vb_bus *trunk)
{
	struct vb_bus *bus = vb_bus_new();

	assert(trunk->peer == NULL);
	bus->regions = xcalloc(trunk->count, sizeof(*bus->regions));
	memcpy(bus->regions, trunk->regions, trunk->count * sizeof(*bus->regions));
	bus->count = trunk->count;
	bus->is_branch = true;
	bus->peer = trunk;
	trunk->peer = bus;
	return bus;
}

static bool has_region(const struct vb_bus *bus, const struct vb_region *region)
{
	for (size_t i = 0; i < bus->count; i++) {
		if (bus->regions[i] == region)
			return true;
	}
	return false;
}

void vb_bus_free(struct vb_bus *bus)
{
	if (bus == NULL)
		return;
	assert(bus->is_branch || bus->peer == NULL);
	for (size_t i = 0; i < bus->count; i++) {
		if (!bus->is_branch || !has_region(bus->peer, bus->regions[i]))
			free(bus->regions[i]);
	}
	if (bus->is_branch)
		bus->peer->peer = NULL;
	free(bus->regions);
	free(bus->listeners);
	free(bus->last);
	free(bus);
}

static bool overlaps(const struct vb_region *a, const struct vb_region *b)
{
	return a->size && b->size && a->base <= b->base + (b->size - 1) &&
	       b->base <= a->base + (a->size - 1);
}

struct vb_region *vb_bus_add(struct vb_bus *bus, const struct vb_region *region)
{
	struct vb_region *copy = xcalloc(1, sizeof(*copy));
	size_t i = bus->count;

	for (size_t j = 0; j < bus->count; j++)
		assert(!overlaps(region, bus->regions[j]));
	*copy = *region;
	bus->regions = xrealloc(bus->regions, (bus->count + 1) * sizeof(*bus->regions));
	for (; i > 0 && bus->regions[i - 1]->base > region->base; i--)
		bus->regions[i] = bus->regions[i - 1];
	bus->regions[i] = copy;
	bus->count++;
	for (size_t j = 0; j < bus->listener_count; j++)
		bus->listeners[j].remapped(bus->listeners[j].ctx);
	return copy;
}

void vb_bus_listen(struct vb_bus *bus, const struct vb_bus_listener *listener)
{
	bus->listeners = xrealloc(bus->listeners,
				  (bus->listener_count + 1) * sizeof(*bus->listeners));
	bus->listeners[bus->listener_count++] = *listener;
}

static void tell_remapped(struct vb_bus *bus)
{
	for (size_t i = 0; i < bus->listener_count; i++)
		bus->listeners[i].remapped(bus->listeners[i].ctx);
}

/* The same bytes may be seen at several addresses: each of them may have been translated. */
static void tell_changed_here(struct vb_bus *bus, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < bus->count; i++) {
		const struct vb_region *r = bus->regions[i];

		if (r->ram == NULL || bytes + n <= r->ram || r->ram + r->size <= bytes)
			continue;

		const uint8_t *first = MAX(bytes, (const uint8_t *)r->ram);
		const uint8_t *end = MIN(bytes + n, (const uint8_t *)r->ram + r->size);
		uint32_t addr = r->base + (uint32_t)(first - r->ram);

		for (size_t j = 0; j < bus->listener_count; j++)
			bus->listeners[j].changed(bus->listeners[j].ctx, addr,
						  (size_t)(end - first));
	}
}

static void tell_changed(struct vb_bus *bus, const uint8_t *bytes, size_t n)
{
	tell_changed_here(bus, bytes, n);
	if (bus->peer != NULL)
		tell_changed_here(bus->peer, bytes, n);
}

static void tell_guarded(struct vb_bus *bus)
{
	for (size_t i = 0; i < bus->listener_count; i++) {
		const struct vb_bus_listener *l = &bus->listeners[i];

		(l->guarded ? l->guarded : l->remapped)(l->ctx);
	}
}

void vb_bus_remap(struct vb_bus *bus, struct vb_region *alias, uint8_t *ram, uint32_t size)
{
	if (alias->ram == ram && alias->size == size)
		return;
	alias->ram = ram;
	alias->size = size;
	tell_remapped(bus);
	if (bus->peer != NULL)
		tell_remapped(bus->peer);
}

void vb_bus_guard(struct vb_bus *bus, struct vb_region *region, bool on)
{
	if (region->guarded == on)
		return;
	region->guarded = on;
	tell_guarded(bus);
	if (bus->peer != NULL)
		tell_guarded(bus->peer);
}

void vb_bus_set_cache(struct vb_bus *bus, const struct vb_bus_cache *cache)
{
	bus->cache = cache ? *cache : (struct vb_bus_cache){ 0 };
}

const struct vb_region *vb_bus_find(const struct vb_bus *bus, uint32_t addr)
{
	size_t lo = 0, hi = bus->count;

	if (*bus->last && addr - (*bus->last)->base < (*bus->last)->size)
		return *bus->last;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		const struct vb_region *r = bus->regions[mid];

		if (addr < r->base)
			hi = mid;
		else if (addr - r->base >= r->size)
			lo = mid + 1;
		else
			return *bus->last = r;
	}
	return NULL;
}

const struct vb_region *vb_bus_region(const struct vb_bus *bus, size_t i)
{
	return i < bus->count ? bus->regions[i] : NULL;
}

static bool is_blocked(const struct vb_bus *bus, const struct vb_access *a)
{
	return a->master == VB_DAP && bus->cache.blocks && bus->cache.blocks(bus->cache.ctx, a);
}

/* The region that serves the whole access, or NULL. Devices take naturally aligned ones only. */
static const struct vb_region *region_of(struct vb_bus *bus, const struct vb_access *a)
{
	const struct vb_region *r = vb_bus_find(bus, a->addr);

	if (r == NULL || r->size - (a->addr - r->base) < a->size)
		return NULL;
	if (r->ram == NULL && (r->dev_ops == NULL || (a->addr & (a->size - 1))))
		return NULL;
	return r;
}

static bool is_guarded(const struct vb_region *r, const struct vb_access *a)
{
	return r->ram_ops && (r->guarded || (r->dap_guarded && a->master == VB_DAP));
}

static enum vb_result ask_guard(const struct vb_region *r, struct vb_access *a)
{
	if (!is_guarded(r, a) || r->ram_ops->check == NULL)
		return VB_OK;
	return r->ram_ops->check(r->ctx, a, a->addr - r->base);
}

static bool is_cached(const struct vb_bus *bus, const struct vb_region *r,
		      const struct vb_access *a)
{
	return r->cacheable && a->master == VB_DAP && bus->cache.read;
}

static uint32_t load_le(const uint8_t *p, unsigned size)
{
	return size == 4 ? get_le32(p) : size == 2 ? get_le16(p) : p[0];
}

static void store_le(uint8_t *p, unsigned size, uint32_t value)
{
	for (unsigned i = 0; i < size; i++)
		p[i] = (uint8_t)(value >> 8 * i);
}

enum vb_result vb_bus_read(struct vb_bus *bus, struct vb_access *a, uint32_t *value)
{
	const struct vb_region *r;
	enum vb_result rc;

	a->is_write = false;
	*value = 0;
	r = region_of(bus, a);
	if (r == NULL || is_blocked(bus, a))
		return VB_FAULT;
	if (r->ram == NULL)
		return r->dev_ops->read(r->ctx, a, a->addr - r->base, value);
	rc = ask_guard(r, a);
	if (rc != VB_OK)
		return rc;
	if (is_cached(bus, r, a) && bus->cache.read(bus->cache.ctx, r, a, value))
		return VB_OK;
	if (is_guarded(r, a) && r->ram_ops->read)
		return r->ram_ops->read(r->ctx, a, a->addr - r->base, value);
	*value = load_le(r->ram + (a->addr - r->base), a->size);
	return VB_OK;
}

enum vb_result vb_bus_write(struct vb_bus *bus, struct vb_access *a, uint32_t value)
{
	const struct vb_region *r;
	uint32_t offset;
	enum vb_result rc;

	a->is_write = true;
	r = region_of(bus, a);
	if (r == NULL || is_blocked(bus, a))
		return VB_FAULT;
	offset = a->addr - r->base;
	if (r->ram == NULL)
		return r->dev_ops->write(r->ctx, a, offset, value);
	rc = ask_guard(r, a);
	if (rc != VB_OK)
		return rc;
	if (is_cached(bus, r, a) && bus->cache.write(bus->cache.ctx, r, a, value))
		return VB_OK;
	if (!r->writable) {
		if (r->ram_ops == NULL || r->ram_ops->write == NULL)
			return VB_FAULT;
		return r->ram_ops->write(r->ctx, a, offset, value);
	}
	store_le(r->ram + offset, a->size, value);
	tell_changed(bus, r->ram + offset, a->size);
	return VB_OK;
}

/* Where `addr` lives and how many of the `bytes` from there on are in the same region. */
static uint8_t *ram_span(struct vb_bus *bus, uint32_t addr, size_t bytes, size_t *span)
{
	const struct vb_region *r = vb_bus_find(bus, addr);

	if (r == NULL || r->ram == NULL)
		return NULL;
	*span = MIN(bytes, (size_t)(r->size - (addr - r->base)));
	return r->ram + (addr - r->base);
}

static bool all_ram(struct vb_bus *bus, uint32_t addr, size_t bytes)
{
	size_t span = 0;

	for (; bytes > 0; addr += (uint32_t)span, bytes -= span) {
		if (ram_span(bus, addr, bytes, &span) == NULL)
			return false;
	}
	return true;
}

bool vb_bus_peek(struct vb_bus *bus, uint32_t addr, void *dst, size_t bytes)
{
	uint8_t *to = dst;
	size_t span = 0;

	if (!all_ram(bus, addr, bytes))
		return false;
	for (; bytes > 0; addr += (uint32_t)span, to += span, bytes -= span) {
		const uint8_t *from = ram_span(bus, addr, bytes, &span);

		memcpy(to, from, span);
	}
	return true;
}

bool vb_bus_poke(struct vb_bus *bus, uint32_t addr, const void *src, size_t bytes)
{
	const uint8_t *from = src;
	size_t span = 0;

	if (!all_ram(bus, addr, bytes))
		return false;
	for (; bytes > 0; addr += (uint32_t)span, from += span, bytes -= span) {
		uint8_t *to = ram_span(bus, addr, bytes, &span);
		const struct vb_region *r = vb_bus_find(bus, addr);

		memcpy(to, from, span);
		tell_changed(bus, to, span);
		if (r->ram_ops && r->ram_ops->poked)
			r->ram_ops->poked(r->ctx, addr - r->base, span);
	}
	return true;
}

/* Register tables */

static const struct vb_reg *find_row(const struct vb_regs *regs, uint32_t offset)
{
	for (const struct vb_reg *row = regs->table; row->name != NULL; row++) {
		if (row->offset == (offset & ~3u))
			return row;
	}
	return NULL;
}

static uint32_t lanes(uint32_t offset, unsigned size)
{
	return (0xffffffffu >> (32 - 8 * size)) << 8 * (offset & 3);
}

static bool answers(struct vb_regs *regs)
{
	return regs->is_clocked == NULL || regs->is_clocked(regs);
}

static enum vb_result regs_read(void *dev, struct vb_access *a, uint32_t offset, uint32_t *value)
{
	struct vb_regs *regs = dev;
	const struct vb_reg *row = find_row(regs, offset);

	*value = 0;
	if (!answers(regs))
		return VB_OK;
	if (regs->word_only && a->size != 4)
		return VB_FAULT;
	if (row == NULL)
		return VB_OK;

	uint32_t *word = &regs->value[row - regs->table];

	if (row->reading)
		row->reading(regs, word);
	*value = (*word & lanes(offset, a->size)) >> 8 * (offset & 3);
	return VB_OK;
}

static enum vb_result regs_write(void *dev, struct vb_access *a, uint32_t offset, uint32_t value)
{
	struct vb_regs *regs = dev;
	const struct vb_reg *row = find_row(regs, offset);

	if (!answers(regs))
		return VB_OK;
	if (regs->word_only && a->size != 4)
		return VB_FAULT;
	if (row == NULL)
		return VB_OK;

	uint32_t *word = &regs->value[row - regs->table];
	uint32_t old = *word, mask = lanes(offset, a->size);
	uint32_t written = (value << 8 * (offset & 3)) & mask;

	*word = (old & ~(row->writable & mask)) | (written & row->writable);
	*word &= ~(written & row->w1c);
	if (row->written == NULL)
		return VB_OK;
	return row->written(regs, written | (old & ~mask), old);
}

const struct vb_device_ops vb_regs_ops = { .read = regs_read, .write = regs_write };

void vb_regs_reset(struct vb_regs *regs)
{
	for (const struct vb_reg *row = regs->table; row->name != NULL; row++)
		regs->value[row - regs->table] = row->reset;
}

uint32_t *vb_regs_at(struct vb_regs *regs, uint32_t offset)
{
	const struct vb_reg *row = find_row(regs, offset);

	return row ? &regs->value[row - regs->table] : NULL;
}
