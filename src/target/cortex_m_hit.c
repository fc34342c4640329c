/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which watchpoint stopped the core, at which address: DWT tells the comparator that matched, not the
 * address, and the core stops behind the access. The instruction before PC tells the rest.
 */
#include <string.h>

#include "target/cortex_m.h"
#include "target/lsu.h"
#include "target/thumb.h"

#define LOOK_BACK_BYTES 16u

enum finding { FOUND_NOTHING, FOUND_INSIDE, FOUND_BESIDE };

static struct watchpoint *owner_of(struct target *t, uint8_t owner)
{
	for (struct watchpoint *w = t->watchpoints; w != NULL; w = w->next) {
		if (w->comparator == owner)
			return w;
	}
	return NULL;
}

static bool meets(uint32_t addr, uint64_t length, const struct lsu_access *a)
{
	return a->addr < addr + length && addr < (uint64_t)a->addr + a->bytes;
}

static bool is_kind(const struct watchpoint *w, const struct lsu_access *a)
{
	return w->kind == WATCH_ACCESS || (w->kind == WATCH_WRITE) == a->is_store;
}

/* What the comparator watches may be more than was asked for. */
static enum finding compare(const struct watchpoint *w, const struct dwt_comparator *c,
			    const struct lsu_access *a)
{
	if (!is_kind(w, a))
		return FOUND_NOTHING;
	if (meets(w->addr, w->length, a))
		return FOUND_INSIDE;
	return w->is_rounded && meets(c->comp, (uint64_t)1 << c->mask, a) ? FOUND_BESIDE
									   : FOUND_NOTHING;
}

/*
 * Looks at the instructions before PC, nearest first, for a load or store whose address, with the
 * registers as they are now, meets what was watched.
 */
static enum finding find_access(struct target *t, const struct watchpoint *w,
				const struct dwt_comparator *c, uint32_t *addr, uint32_t *at_pc,
				bool *is_store)
{
	uint8_t code[LOOK_BACK_BYTES];
	struct lsu_regs regs;
	uint32_t pc;

	if (target_get_reg32(t, "pc", &pc) != OK || pc < sizeof(code) ||
	    target_read_bytes(t, pc - LOOK_BACK_BYTES, code, sizeof(code), NULL) != OK) {
		error_clear();
		return FOUND_NOTHING;
	}
	for (unsigned i = 0; i < 16; i++)
		regs.r[i] = (uint32_t)t->values[i].value;
	for (uint32_t back = 2; back <= 8; back += 2) {
		size_t at = sizeof(code) - back;
		struct lsu_access a;

		regs.r[15] = pc - back;
		if (!lsu_decode(get_le16(code + at), back >= 4 ? get_le16(code + at + 2) : 0, &regs, &a))
			continue;
		enum finding found = compare(w, c, &a);

		if (found == FOUND_NOTHING)
			continue;
		*addr = MAX(a.addr, w->addr);
		*at_pc = regs.r[15];
		*is_store = a.is_store;
		return found;
	}
	return FOUND_NOTHING;
}

/* Of what comparator i looks at, as far as it was asked for. */
static uint32_t first_watched(const struct cortex_m *cm, const struct watchpoint *w, unsigned i)
{
	return watchpoint_has_value(w) ? w->addr : MAX(w->addr, cm->dwt.wanted[i].comp);
}

/* MATCHED goes away with the read. The best proven match wins; without proof, the first. */
static void determine(struct cortex_m *cm)
{
	struct target *t = cm->target;
	uint32_t function[DWT_MAX] = { 0 };
	bool all_false = true;

	cm->hit = NULL;
	cm->hit_is_false = false;
	cm->hit_known = true;
	cm->hit_pc = 0;
	for (unsigned i = 0; i < cm->dwt.count; i++)
		mem_ap_queue_read32(cm->ap, DWT_FUNCTION(i), &function[i]);
	if (mem_ap_run(cm->ap) != OK) {
		error_clear();
		return;
	}
	for (unsigned i = 0; i < cm->dwt.count; i++) {
		struct watchpoint *w = owner_of(t, cm->dwt.owner[i]);
		uint32_t addr, pc = 0;
		bool is_store = false;

		if (!(function[i] & DWT_MATCHED) || w == NULL || !dwt_halts(&cm->dwt, i))
			continue;
		enum finding found = find_access(t, w, &cm->dwt.wanted[i], &addr, &pc, &is_store);

		all_false = all_false && found == FOUND_BESIDE;
		if (found == FOUND_INSIDE || cm->hit == NULL) {
			cm->hit = w;
			cm->hit_pc = found == FOUND_INSIDE ? pc : 0;
			cm->hit_is_store = is_store;
			cm->hit_addr = found == FOUND_INSIDE ? addr : first_watched(cm, w, i);
		}
		if (found == FOUND_INSIDE)
			break;
	}
	cm->hit_is_false = cm->hit != NULL && all_false;
}

struct watchpoint *cortex_m_hit_watchpoint(struct target *t, uint32_t *addr)
{
	struct cortex_m *cm = cortex_m(t);

	if (!cm->hit_known)
		determine(cm);
	*addr = cm->hit_addr;
	return cm->hit;
}

static void put_value(struct buf *out, const uint8_t *bytes, uint32_t n)
{
	buf_printf(out, "0x");
	while (n-- > 0)
		buf_printf(out, "%02x", bytes[n]);
}

static void put_instruction(struct target *t, uint32_t pc, struct buf *out)
{
	uint16_t lo, hi = 0;
	struct buf text = { 0 };

	if (target_read_u16(t, pc, &lo) != OK ||
	    ((lo & 0xf800) >= 0xe800 && target_read_u16(t, pc + 2, &hi) != OK)) {
		error_clear();
		return;
	}
	thumb_disassemble(pc, lo, hi, &text);
	for (size_t i = 0; i < text.len; i++)
		buf_putc(out, text.data[i] == '\t' ? ' ' : (char)text.data[i]);
	buf_free(&text);
}

/* "watchpoint: store to 0x20000004 by "str r0, [r3, #0]" at 0x080001f6, 0x00000001 -> 0x00000002". */
void cortex_m_describe_watch(struct target *t, struct buf *out)
{
	static const char *const kinds[] = { [WATCH_READ] = "load from", [WATCH_WRITE] = "store to",
					     [WATCH_ACCESS] = "access to" };
	struct cortex_m *cm = cortex_m(t);
	uint32_t addr = 0;
	struct watchpoint *w = cortex_m_hit_watchpoint(t, &addr);
	uint8_t old[sizeof(w->last)];

	if (w == NULL)
		return;
	bool had_old = w->has_last;

	memcpy(old, w->last, sizeof(old));
	watchpoint_look(t, w);
	buf_printf(out, "watchpoint: %s 0x%08x",
		   cm->hit_pc == 0 ? kinds[w->kind] : kinds[cm->hit_is_store ? WATCH_WRITE : WATCH_READ],
		   addr);
	if (cm->hit_pc != 0) {
		buf_printf(out, " by \"");
		put_instruction(t, cm->hit_pc, out);
		buf_printf(out, "\" at 0x%08x (the core stops behind it)", cm->hit_pc);
	}
	if (!w->has_last)
		return;
	buf_printf(out, had_old && memcmp(old, w->last, w->length) != 0 ? ", value " : ", value still ");
	if (had_old && memcmp(old, w->last, w->length) != 0) {
		put_value(out, old, w->length);
		buf_printf(out, " -> ");
	}
	put_value(out, w->last, w->length);
}

/* Cortex-M7 erratum 3092511: a breakpoint hit together with an exception entry halts the core in the
 * handler, where no breakpoint is. */
static bool is_m7_false_halt(struct cortex_m *cm)
{
	uint32_t pc, xpsr;
	uint16_t opcode;

	if (cm->core->part != 0xc27 ||
	    (cm->dfsr & (DFSR_BKPT | DFSR_HALTED)) != (DFSR_BKPT | DFSR_HALTED))
		return false;
	if (target_get_reg32(cm->target, "pc", &pc) != OK ||
	    target_get_reg32(cm->target, "xPSR", &xpsr) != OK ||
	    target_read_u16(cm->target, pc, &opcode) != OK) {
		error_clear();
		return false;
	}
	return (xpsr & 0x1ff) != 0 && breakpoint_at(cm->target, pc) == NULL &&
	       (opcode & 0xff00) != 0xbe00;
}

bool cortex_m_is_false_stop(struct target *t)
{
	struct cortex_m *cm = cortex_m(t);
	bool any_rounded = false;
	uint32_t addr;

	for (const struct watchpoint *w = t->watchpoints; w != NULL; w = w->next)
		any_rounded |= w->is_rounded;
	if (t->reason == HALT_WATCHPOINT && any_rounded) {
		cortex_m_hit_watchpoint(t, &addr);
		return cm->hit_is_false;
	}
	return t->reason == HALT_BREAKPOINT && is_m7_false_halt(cm);
}
