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

/* Code: e->fetched is what the core fetched last, where that is not just memory. */

static unsigned line_slot(const struct engine *e, uint32_t addr)
{
	return addr / CACHE_LINE % ARRAY_SIZE(e->lines);
}

/* Both count up only, so a sum that was seen does not come back. */
static unsigned line_generation(const struct engine *e)
{
	return e->cpu->caches.i.generation + e->line_epoch;
}

static void remember_line(struct engine *e, uint32_t addr, const uint8_t *data)
{
	unsigned n = line_slot(e, addr);

	e->lines[n].data = data;
	e->lines[n].addr = addr & ~(CACHE_LINE - 1);
	e->lines[n].generation = line_generation(e);
}

static enum vb_result fetch_half(struct engine *e, struct vb_access *a, uint8_t *out)
{
	struct vb_cpu *cpu = e->cpu;
	const struct vb_region *r = vb_bus_find(cpu->bus, a->addr);
	const uint8_t *line;
	enum vb_result rc;
	uint32_t value = 0;

	if (r == NULL || r->ram == NULL || r->size - (a->addr - r->base) < 2) {
		e->fetched.is_elsewhere = true;	/* Unicorn finds the reason itself */
		return VB_OK;
	}
	e->fetched.differs |= r != e->fetched.region;
	if (r->guarded)
		cpu_note_time(cpu);
	if (!icache_serves(cpu, r, a->addr)) {
		rc = vb_bus_read(cpu->bus, a, &value);
		put_le16(out, (uint16_t)value);
		return rc;
	}
	rc = icache_line(cpu, a, &line);
	if (rc != VB_OK)
		return rc;
	memcpy(out, line + a->addr % CACHE_LINE, 2);
	remember_line(e, a->addr, line);
	return VB_OK;
}

/* The line that holds `addr`, if it was met before and addr is in the opcode page. */
static const uint8_t *known_line(const struct engine *e, uint32_t addr)
{
	unsigned n = line_slot(e, addr);

	if (((addr ^ e->lines[n].addr) & ~(CACHE_LINE - 1)) ||
	    e->lines[n].generation != line_generation(e) ||
	    ((addr ^ e->page_addr) & ~(uint64_t)(PAGE - 1)))
		return NULL;
	return e->lines[n].data + addr % CACHE_LINE;
}

static bool half_agrees(const struct engine *e, uint32_t addr)
{
	const uint8_t *half = known_line(e, addr);

	return half && get_le16(half) == get_le16(e->page + (addr & (PAGE - 1)));
}

/* A cache that agrees with memory, as most do, without a look at tags and regions. */
static bool line_agrees(const struct engine *e, uint32_t pc)
{
	const uint8_t *code = known_line(e, pc);

	if (code == NULL)
		return false;
	if (pc % CACHE_LINE <= CACHE_LINE - 4)
		return get_le32(code) == get_le32(e->page + (pc & (PAGE - 1)));
	return half_agrees(e, pc) && (!op_is_wide(get_le16(code)) || half_agrees(e, pc + 2));
}

/*
 * Fetches the instruction at a->addr as the core would, through a cache or a guard: may it? Then
 * e->fetched.differs tells if Unicorn would execute another one.
 */
enum vb_result engine_fetch(struct engine *e, struct vb_access *a)
{
	struct fetched *f = &e->fetched;
	uint32_t pc = a->addr;
	enum vb_result rc;

	if (f->is_fresh && f->pc == pc) {
		f->is_fresh = false;	/* the same instruction, on its way to cpu_step() */
		return VB_OK;
	}
	*f = (struct fetched){ .pc = pc, .bytes = 2 };
	if (line_agrees(e, pc))
		return VB_OK;
	a->is_privileged = engine_is_privileged(e);
	f->region = vb_bus_find(e->cpu->bus, pc);
	rc = fetch_half(e, a, f->data);
	if (rc == VB_OK && !f->is_elsewhere && op_is_wide(get_le16(f->data))) {
		a->addr = pc + 2;
		f->bytes = 4;
		rc = fetch_half(e, a, f->data + 2);
		a->addr = pc;
	}
	if (rc == VB_OK)	/* an instruction across two regions is taken as memory has it */
		f->differs = !f->is_elsewhere && !f->differs &&
			     memcmp(bytes_at(f->region, pc), f->data, f->bytes) != 0;
	return rc;
}

/* Puts what was fetched where Unicorn reads. Not while it runs. */
void engine_patch(struct engine *e, uint32_t pc, struct patch *p)
{
	const struct fetched *f = &e->fetched;

	p->bytes = 0;
	if (!(e->cpu->caution & (CAUTION_GUARD | CAUTION_ICACHE)) || f->pc != pc || !f->differs)
		return;
	p->at = bytes_at(f->region, pc);
	p->bytes = f->bytes;
	p->pc = pc;
	memcpy(p->old, p->at, p->bytes);
	memcpy(p->at, f->data, p->bytes);
	engine_forget(e, pc, p->bytes);
}

void engine_unpatch(struct engine *e, const struct patch *p)
{
	if (p->bytes == 0)
		return;
	memcpy(p->at, p->old, p->bytes);
	engine_forget(e, p->pc, p->bytes);
}
