/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "vboard/core/cpu_priv.h"

#define LINE_OF(addr)	((addr) & ~(CACHE_LINE - 1))
#define CACR_SIWT	BIT(0)
#define CACR_FORCEWT	BIT(2)

/* Life */

uint32_t cache_ccsidr(const struct vb_cpu *cpu, bool instruction)
{
	const struct vb_cpu_config *c = &cpu->config;

	if (instruction)
		return c->ccsidr_i ? c->ccsidr_i : cpu->traits->ccsidr_i;
	return c->ccsidr_d ? c->ccsidr_d : cpu->traits->ccsidr_d;
}

static void array_new(struct cache *c, uint32_t ccsidr)
{
	c->ways = bits_get(ccsidr, 12, 3) + 1;
	c->sets = bits_get(ccsidr, 27, 13) + 1;
	c->lines = xcalloc((size_t)c->ways * c->sets, sizeof(*c->lines));
	c->victim = xcalloc(c->sets, 1);
}

static bool dap_is_blocked(void *ctx, const struct vb_access *a);
static bool dap_read(void *ctx, const struct vb_region *r, struct vb_access *a, uint32_t *value);
static bool dap_write(void *ctx, const struct vb_region *r, struct vb_access *a, uint32_t value);

void caches_new(struct vb_cpu *cpu)
{
	const struct vb_bus_cache front = { dap_is_blocked, dap_read, dap_write, cpu };

	if (cpu->traits->clidr == 0)
		return;
	array_new(&cpu->caches.d, cache_ccsidr(cpu, false));
	array_new(&cpu->caches.i, cache_ccsidr(cpu, true));
	vb_bus_set_cache(cpu->bus, &front);
}

static void array_free(struct cache *c)
{
	free(c->lines);
	free(c->victim);
}

void caches_free(struct vb_cpu *cpu)
{
	if (cpu->caches.d.ways)
		vb_bus_set_cache(cpu->bus, NULL);
	array_free(&cpu->caches.d);
	array_free(&cpu->caches.i);
}

void vb_cpu_cache_stats(const struct vb_cpu *cpu, struct vb_cache_stats *out)
{
	*out = cpu->caches.stats;
}

/* Lines */

static void drop(struct cache *c, struct cache_line *line)
{
	c->valid -= line->is_valid;
	c->generation++;
	line->is_valid = line->is_dirty = false;
}

static void drop_all(struct cache *c)
{
	for (size_t n = 0; n < (size_t)c->ways * c->sets; n++)
		drop(c, &c->lines[n]);
}

void caches_invalidate(struct vb_cpu *cpu)
{
	drop_all(&cpu->caches.d);
	drop_all(&cpu->caches.i);
}

static unsigned set_of(const struct cache *c, uint32_t addr)
{
	return addr / CACHE_LINE % c->sets;
}

static struct cache_line *find(const struct cache *c, uint32_t addr)
{
	struct cache_line *line = &c->lines[(size_t)set_of(c, addr) * c->ways];

	for (unsigned way = 0; way < c->ways; way++, line++) {
		if (line->is_valid && line->addr == LINE_OF(addr))
			return line;
	}
	return NULL;
}

static void clean(struct vb_cpu *cpu, struct cache_line *line)
{
	if (!line->is_valid || !line->is_dirty)
		return;
	line->is_dirty = false;
	cpu->caches.stats.writebacks++;
	/* Memory that is no longer there (FlexRAM was divided anew) takes nothing. */
	vb_bus_poke(cpu->bus, line->addr, line->data, sizeof(line->data));
}

/* A line of the right set to be filled, empty or emptied. */
static struct cache_line *vacate(struct vb_cpu *cpu, struct cache *c, uint32_t addr)
{
	unsigned set = set_of(c, addr);
	struct cache_line *lines = &c->lines[(size_t)set * c->ways];

	for (unsigned way = 0; way < c->ways; way++) {
		if (!lines[way].is_valid)
			return &lines[way];
	}

	struct cache_line *line = &lines[c->victim[set]];

	c->victim[set] = (uint8_t)((c->victim[set] + 1) % c->ways);
	clean(cpu, line);
	drop(c, line);
	return line;
}

static enum vb_result read_memory(struct vb_cpu *cpu, struct vb_access *a, uint8_t *data)
{
	const struct vb_region *r = vb_bus_find(cpu->bus, a->addr);
	struct vb_access word = { .master = a->master, .size = 4,
				  .is_privileged = a->is_privileged, .is_cacheable = true };

	if (!r->guarded) {
		memcpy(data, r->ram + (LINE_OF(a->addr) - r->base), CACHE_LINE);
		return VB_OK;
	}
	for (unsigned at = 0; at < CACHE_LINE; at += 4) {
		uint32_t value = 0;
		enum vb_result rc;

		word.addr = LINE_OF(a->addr) + at;
		rc = vb_bus_read(cpu->bus, &word, &value);
		a->stall_until_ns = word.stall_until_ns;
		if (rc != VB_OK)
			return rc;
		put_le32(data + at, value);
	}
	return VB_OK;
}

/* Finds the line of `a` or fills one from memory. */
static enum vb_result get_line(struct vb_cpu *cpu, struct cache *c, struct vb_access *a,
			       struct cache_line **out)
{
	uint8_t data[CACHE_LINE];
	struct cache_line *line = find(c, a->addr);
	enum vb_result rc;

	*out = line;
	if (line)
		return VB_OK;
	rc = read_memory(cpu, a, data);
	if (rc != VB_OK)
		return rc;
	line = vacate(cpu, c, a->addr);
	line->addr = LINE_OF(a->addr);
	line->is_valid = true;
	memcpy(line->data, data, sizeof(data));
	c->valid++;
	c->generation++;
	cpu->caches.stats.fills++;
	*out = line;
	return VB_OK;
}

/* Which accesses */

enum cache_policy { CACHE_NONE, CACHE_THROUGH, CACHE_BACK, CACHE_BACK_ALLOCATE };

/* Inner attributes of normal memory count (DDI 0403 B3.5.7, DDI 0489 5.5.2). */
static enum cache_policy policy_of(struct vb_cpu *cpu, const struct vb_region *r, uint32_t addr)
{
	static const enum cache_policy by_cb[4] = {	/* TEX = 0: C, B */
		CACHE_NONE, CACHE_NONE, CACHE_THROUGH, CACHE_BACK,
	}, inner[4] = {					/* TEX = 1xx: inner policy in C, B */
		CACHE_NONE, CACHE_BACK_ALLOCATE, CACHE_THROUGH, CACHE_BACK,
	};
	enum cache_policy policy = CACHE_NONE;
	uint32_t rasr;
	unsigned tex, cb;

	if (r == NULL || r->ram == NULL || !r->cacheable || ((r->base | r->size) & 0xfff))
		return CACHE_NONE;
	rasr = mpu_attributes(cpu, addr);
	tex = bits_get(rasr, 21, 19);
	cb = bits_get(rasr, 17, 16);
	if (tex == 0)
		policy = by_cb[cb];
	else if (tex & 4)
		policy = inner[cb];
	else if (tex == 1 && cb == 3)
		policy = CACHE_BACK_ALLOCATE;
	if (policy == CACHE_NONE)
		return CACHE_NONE;
	if (rasr & BIT(18))		/* shareable: not cached, or never dirty (CACR.SIWT) */
		return cpu->scs.tcm[3] & CACR_SIWT ? CACHE_THROUGH : CACHE_NONE;
	if (!r->writable || (cpu->scs.tcm[3] & CACR_FORCEWT))
		return CACHE_THROUGH;
	return policy;
}

static const struct vb_region *region_of(struct vb_cpu *cpu, const struct vb_access *a)
{
	const struct vb_region *r = vb_bus_find(cpu->bus, a->addr);

	if (r == NULL || r->size - (a->addr - r->base) < a->size)
		return NULL;
	return r;
}

const struct vb_region *dcache_serves(struct vb_cpu *cpu, const struct vb_access *a)
{
	const struct vb_region *r;

	if (!(cpu->caution & CAUTION_DCACHE))
		return NULL;
	r = region_of(cpu, a);
	return policy_of(cpu, r, a->addr) == CACHE_NONE ? NULL : r;
}

bool icache_serves(struct vb_cpu *cpu, const struct vb_region *r, uint32_t addr)
{
	return (cpu->caution & CAUTION_ICACHE) && policy_of(cpu, r, addr) != CACHE_NONE;
}

/* Data */

/* How many of the access's bytes from `addr` on are in the same line. */
static unsigned part(const struct vb_access *a, uint32_t addr)
{
	return MIN(a->addr + a->size - addr, CACHE_LINE - addr % CACHE_LINE);
}

static bool is_stale(const struct vb_region *r, const struct cache_line *line, uint32_t addr,
		     unsigned bytes)
{
	return memcmp(r->ram + (addr - r->base), line->data + addr % CACHE_LINE, bytes) != 0;
}

enum vb_result dcache_read(struct vb_cpu *cpu, const struct vb_region *r, struct vb_access *a,
			   uint8_t *out)
{
	struct vb_access at = *a;
	uint32_t end = a->addr + a->size;

	for (unsigned n; at.addr < end; at.addr += n, out += n) {
		struct cache_line *line;
		enum vb_result rc = get_line(cpu, &cpu->caches.d, &at, &line);

		a->stall_until_ns = at.stall_until_ns;
		if (rc != VB_OK)
			return rc;
		n = part(a, at.addr);
		memcpy(out, line->data + at.addr % CACHE_LINE, n);
		if (!line->is_dirty && is_stale(r, line, at.addr, n))
			cpu->caches.stats.stale_cpu_reads++;
	}
	return VB_OK;
}

enum vb_result dcache_write(struct vb_cpu *cpu, const struct vb_region *r, struct vb_access *a,
			    const uint8_t *in, bool *is_through)
{
	struct cache *d = &cpu->caches.d;
	enum cache_policy policy = policy_of(cpu, r, a->addr);
	struct vb_access at = *a;
	uint32_t end = a->addr + a->size;
	bool hits = find(d, a->addr) || find(d, end - 1);

	*is_through = policy == CACHE_THROUGH || (policy == CACHE_BACK && !hits);
	for (unsigned n; at.addr < end; at.addr += n, in += n) {
		struct cache_line *line = find(d, at.addr);

		n = part(a, at.addr);
		if (line == NULL && *is_through)
			continue;
		if (line == NULL) {
			enum vb_result rc = get_line(cpu, d, &at, &line);

			a->stall_until_ns = at.stall_until_ns;
			if (rc != VB_OK)
				return rc;
		}
		memcpy(line->data + at.addr % CACHE_LINE, in, n);
		line->is_dirty |= !*is_through;
	}
	return VB_OK;
}

enum vb_result icache_line(struct vb_cpu *cpu, struct vb_access *a, const uint8_t **data)
{
	struct cache_line *line;
	enum vb_result rc = get_line(cpu, &cpu->caches.i, a, &line);

	*data = line ? line->data : NULL;
	return rc;
}

enum vb_result cpu_load(struct vb_cpu *cpu, struct vb_access *a, uint32_t *value)
{
	const struct vb_region *r = dcache_serves(cpu, a);
	uint8_t bytes[4] = { 0 };
	enum vb_result rc;

	if (r == NULL)
		return vb_bus_read(cpu->bus, a, value);
	a->is_write = false;
	rc = dcache_read(cpu, r, a, bytes);
	*value = get_le32(bytes);
	return rc;
}

enum vb_result cpu_store(struct vb_cpu *cpu, struct vb_access *a, uint32_t value)
{
	const struct vb_region *r = dcache_serves(cpu, a);
	uint8_t bytes[4];
	bool is_through = true;
	enum vb_result rc;

	if (r == NULL)
		return vb_bus_write(cpu->bus, a, value);
	a->is_write = true;
	put_le32(bytes, value);
	rc = dcache_write(cpu, r, a, bytes, &is_through);
	if (rc != VB_OK || !is_through)
		return rc;
	return vb_bus_write(cpu->bus, a, value);
}

/* Maintenance */

static void maintain_line(struct vb_cpu *cpu, struct cache_line *line, bool cleans, bool drops)
{
	if (line == NULL || !line->is_valid)
		return;
	if (cleans)
		clean(cpu, line);
	if (drops)
		drop(&cpu->caches.d, line);
}

/* The way is in the topmost bits, the set from bit 5 on (DDI 0403 B3.2.2). */
static struct cache_line *line_by_set_way(const struct cache *d, uint32_t value)
{
	unsigned way_bits = 0;

	while (1u << way_bits < d->ways)
		way_bits++;

	unsigned way = way_bits ? value >> (32 - way_bits) : 0, set = value / CACHE_LINE % d->sets;

	return way < d->ways ? &d->lines[(size_t)set * d->ways + way] : NULL;
}

void cache_maintain(struct vb_cpu *cpu, unsigned word, uint32_t value)
{
	/* From ICIALLU at 0xE000EF50 to BPIALL at 0xE000EF78, which has nothing to do. */
	static const struct { bool is_d, by_set_way, cleans, drops; } ops[] = {
		[3] = { true, false, false, true },	/* DCIMVAC */
		[4] = { true, true, false, true },	/* DCISW */
		[5] = { true, false, true, false },	/* DCCMVAU */
		[6] = { true, false, true, false },	/* DCCMVAC */
		[7] = { true, true, true, false },	/* DCCSW */
		[8] = { true, false, true, true },	/* DCCIMVAC */
		[9] = { true, true, true, true },	/* DCCISW */
	};
	struct cache *d = &cpu->caches.d, *i = &cpu->caches.i;
	struct cache_line *line;

	if (d->ways == 0)
		return;
	if (word == 0)				/* ICIALLU */
		drop_all(i);
	if (word == 2) {			/* ICIMVAU */
		line = find(i, value);
		if (line)
			drop(i, line);
	}
	if (word >= ARRAY_SIZE(ops) || !ops[word].is_d)
		return;
	line = ops[word].by_set_way ? line_by_set_way(d, value) : find(d, value);
	maintain_line(cpu, line, ops[word].cleans, ops[word].drops);
}

/* The debugger: HPROT[3] and CCR.DC decide if the D-cache is looked up (DDI 0489 9.3). */

static bool dap_is_blocked(void *ctx, const struct vb_access *a)
{
	const struct vb_cpu *cpu = ctx;

	return cpu->held && !ppb_answers_in_reset(a->addr);
}

static bool looks_up(const struct vb_cpu *cpu, const struct vb_access *a)
{
	return a->is_cacheable && (cpu->scs.ccr & CCR_DC);
}

static bool dap_read(void *ctx, const struct vb_region *r, struct vb_access *a, uint32_t *value)
{
	struct vb_cpu *cpu = ctx;
	struct cache_line *line = cpu->caches.d.valid ? find(&cpu->caches.d, a->addr) : NULL;

	if (line == NULL || part(a, a->addr) != a->size)
		return false;
	if (!looks_up(cpu, a)) {
		cpu->caches.stats.stale_dap_reads +=
			line->is_dirty && is_stale(r, line, a->addr, a->size);
		return false;
	}
	*value = 0;
	for (unsigned n = 0; n < a->size; n++)
		*value |= (uint32_t)line->data[a->addr % CACHE_LINE + n] << 8 * n;
	return true;
}

/* A hit stays in the cache, as a store of the core would; a miss goes to memory. */
static bool dap_write(void *ctx, const struct vb_region *r, struct vb_access *a, uint32_t value)
{
	struct vb_cpu *cpu = ctx;
	struct cache_line *line = cpu->caches.d.valid ? find(&cpu->caches.d, a->addr) : NULL;
	bool is_through = true;
	uint8_t bytes[4];

	if (line == NULL || part(a, a->addr) != a->size || !looks_up(cpu, a))
		return false;
	put_le32(bytes, value);
	return dcache_write(cpu, r, a, bytes, &is_through) == VB_OK && !is_through;
}
