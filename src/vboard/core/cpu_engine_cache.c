/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the core sees where memory holds something else: a line of a cache, or the answer of a
 * region's `read` hook. Unicorn only knows the bytes of the region, so they are exchanged for the
 * time of one access (data: from its hook to the next hook) or one instruction (code: cpu_step()).
 */
#include <string.h>

#include "vboard/core/cpu_engine.h"

/* Data */

static uint8_t *bytes_at(const struct vb_region *r, uint32_t addr)
{
	return r->ram + (addr - r->base);
}

/* Whatever Unicorn does to these bytes is taken back by engine_settle(). */
void engine_hide(struct engine *e, const struct vb_region *r, uint32_t addr, unsigned size)
{
	e->shown.at = bytes_at(r, addr);
	e->shown.addr = addr;
	e->shown.pc = e->hook_pc;
	e->shown.size = MIN(size, (unsigned)sizeof(e->shown.old));
	memcpy(e->shown.old, e->shown.at, e->shown.size);
	e->is_careful = true;
}

void engine_show(struct engine *e, const struct vb_region *r, uint32_t addr, const uint8_t *view,
		 unsigned size)
{
	if (memcmp(bytes_at(r, addr), view, size) == 0)
		return;
	engine_hide(e, r, addr, size);
	memcpy(e->shown.at, view, e->shown.size);
}

/* May the block that holds the exchanged bytes have been translated just now, on the way to `pc`? Not
 * if pc follows the access in the same block: that is older. */
static bool was_translated(struct engine *e, uint32_t pc)
{
	uint32_t from = e->shown.pc, addr = e->shown.addr;
	uint16_t op;

	if (addr + e->shown.size <= pc || addr - (pc & ~(PAGE - 1)) >= PAGE + 4)
		return false;
	if ((from ^ pc) & ~(PAGE - 1) || !cpu_fetch16(e->cpu, from, &op))
		return true;
	return pc != from && pc != from + op_bytes(op);
}

/* The access is over; the instruction at `pc` is next. */
void engine_settle(struct engine *e, uint32_t pc)
{
	bool differs;

	if (e->shown.size == 0)
		return;
	differs = memcmp(e->shown.at, e->shown.old, e->shown.size) != 0;
	memcpy(e->shown.at, e->shown.old, e->shown.size);
	if (differs && was_translated(e, pc))
		engine_forget(e, e->shown.addr, e->shown.size);
	e->shown.size = 0;
	e->is_careful = e->cpu->caution & CAUTION_CODE;
}

/* Code */

struct fetch {
	struct engine *e;
	struct vb_access access;
	const struct vb_region *r;
	uint8_t data[4];
	unsigned bytes;
};

static enum vb_result fetch_half(struct fetch *f, uint32_t addr, uint8_t *out)
{
	struct vb_cpu *cpu = f->e->cpu;
	const struct vb_region *r = vb_bus_find(cpu->bus, addr);
	struct vb_access *a = &f->access;
	const uint8_t *line;
	enum vb_result rc;
	uint32_t value = 0;

	if (r == NULL || r->ram == NULL || r->size - (addr - r->base) < 2)
		return VB_FAULT;
	a->addr = addr;
	f->r = r;
	if (icache_serves(cpu, r, addr)) {
		rc = icache_line(cpu, a, &line);
		if (rc == VB_OK)
			memcpy(out, line + addr % CACHE_LINE, 2);
		return rc;
	}
	rc = vb_bus_read(cpu->bus, a, &value);
	put_le16(out, (uint16_t)value);
	return rc;
}

static enum vb_result fetch(struct fetch *f, uint32_t pc)
{
	enum vb_result rc = fetch_half(f, pc, f->data);

	f->bytes = 2;
	if (rc != VB_OK || !op_is_wide(get_le16(f->data)))
		return rc;
	rc = fetch_half(f, pc + 2, f->data + 2);
	f->bytes = 4;
	return rc;
}

static bool same_as_memory(const struct fetch *f, uint32_t pc)
{
	uint8_t memory[4];

	return vb_bus_peek(f->e->cpu->bus, pc, memory, f->bytes) &&
	       memcmp(memory, f->data, f->bytes) == 0;
}

/* The common case of a cache that agrees with memory, without a look at tags and regions. */
static bool line_agrees(struct engine *e, uint32_t pc)
{
	if ((pc ^ e->line_addr) & ~(CACHE_LINE - 1) || pc % CACHE_LINE > CACHE_LINE - 4 ||
	    e->line_generation != e->cpu->caches.i.generation ||
	    ((pc ^ e->page_addr) & ~(uint64_t)(PAGE - 1)))
		return false;
	return memcmp(e->line + pc % CACHE_LINE, e->page + (pc & (PAGE - 1)), 4) == 0;
}

static void remember_line(struct engine *e, const struct vb_access *a, const uint8_t *line)
{
	e->line = line;
	e->line_addr = a->addr & ~(CACHE_LINE - 1);
	e->line_generation = e->cpu->caches.i.generation;
}

bool engine_fetch_agrees(struct engine *e, uint32_t pc)
{
	struct fetch f = { .e = e, .access = { .master = VB_CPU_CODE, .size = 2 } };

	if (e->agreed == pc)
		return true;
	f.access.is_privileged = engine_is_privileged(e);
	/* A refusal is for engine_may_execute() to find. */
	return fetch(&f, pc) != VB_OK || same_as_memory(&f, pc);
}

/* The fetch at `pc` from a region that is guarded or cached: may it be refused? */
enum vb_result engine_ask_fetch(struct engine *e, struct vb_access *a)
{
	struct vb_cpu *cpu = e->cpu;
	const struct vb_region *r;
	const uint8_t *line;
	enum vb_result rc;

	e->agreed = NO_PAGE;
	if (line_agrees(e, a->addr)) {
		e->agreed = a->addr;
		return VB_OK;
	}
	a->is_privileged = engine_is_privileged(e);
	r = vb_bus_find(cpu->bus, a->addr);
	if (icache_serves(cpu, r, a->addr)) {
		rc = icache_line(cpu, a, &line);
		if (rc == VB_OK)
			remember_line(e, a, line);
		return rc;
	}
	if (r == NULL || r->ram == NULL || !r->guarded || !r->ram_ops || !r->ram_ops->check)
		return VB_OK;
	return r->ram_ops->check(r->ctx, a, a->addr - r->base);
}

/* Puts what the core fetches where Unicorn reads. Not while it runs. */
void engine_patch(struct engine *e, uint32_t pc, struct patch *p)
{
	struct fetch f = { .e = e, .access = { .master = VB_CPU_CODE, .size = 2 } };

	p->bytes = 0;
	if (!(e->cpu->caution & (CAUTION_GUARD | CAUTION_ICACHE)))
		return;
	f.access.is_privileged = engine_is_privileged(e);
	if (fetch(&f, pc) != VB_OK || same_as_memory(&f, pc))
		return;
	if (f.r != vb_bus_find(e->cpu->bus, pc))
		return;			/* an instruction across two regions */
	p->at = bytes_at(f.r, pc);
	p->bytes = f.bytes;
	p->pc = pc;
	memcpy(p->old, p->at, p->bytes);
	memcpy(p->at, f.data, p->bytes);
	engine_forget(e, pc, p->bytes);
}

void engine_unpatch(struct engine *e, const struct patch *p)
{
	if (p->bytes == 0)
		return;
	memcpy(p->at, p->old, p->bytes);
	engine_forget(e, p->pc, p->bytes);
}
