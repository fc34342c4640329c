/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Breakpoints and watchpoints in the core's comparators and, in RAM, as BKPT instructions.
 *
 * Comparators are chosen when a breakpoint is added, so that "none left" is said at once; they are
 * written when the core is about to run (cortex_m_queue_sync) in the same batch that lets it go. On
 * a running core they are written immediately.
 */
#include <string.h>

#include "base/log.h"
#include "target/cortex_m.h"
#include "target/patch_priv.h"

#define BKPT_OPCODE 0xbe00u

/*
 * Off first: a new COMP must not match with an old FUNCTION. On last: a comparator that is linked to
 * another one must not match before that one is complete.
 */
static void queue_dwt(struct cortex_m *cm)
{
	struct dwt *dwt = &cm->dwt;

	for (int i = dwt_next_change(dwt, 0); i >= 0; i = dwt_next_change(dwt, (unsigned)i + 1)) {
		unsigned n = (unsigned)i;

		mem_ap_queue_write32(cm->ap, DWT_FUNCTION(n), 0);
		if (dwt->owner[n] == 0)
			continue;
		mem_ap_queue_write32(cm->ap, DWT_COMP(n), dwt->wanted[n].comp);
		if (!dwt->is_v8)
			mem_ap_queue_write32(cm->ap, DWT_MASK(n), dwt->wanted[n].mask);
	}
	for (int i = dwt_next_change(dwt, 0); i >= 0; i = dwt_next_change(dwt, (unsigned)i + 1)) {
		if (dwt->wanted[i].function != 0)
			mem_ap_queue_write32(cm->ap, DWT_FUNCTION((unsigned)i), dwt->wanted[i].function);
	}
}

void cortex_m_queue_sync(struct cortex_m *cm)
{
	struct fpb *fpb = &cm->fpb;

	if (fpb->version != 0 && !fpb->is_enabled && fpb_is_used(fpb))
		mem_ap_queue_write32(cm->ap, FP_CTRL, FP_CTRL_KEY | FP_CTRL_ENABLE);
	for (int i = fpb_next_change(fpb, 0); i >= 0; i = fpb_next_change(fpb, (unsigned)i + 1))
		mem_ap_queue_write32(cm->ap, FP_COMP((unsigned)i), fpb->wanted[i]);
	queue_dwt(cm);
}

/* The batch with the writes went through. */
void cortex_m_sync_done(struct cortex_m *cm)
{
	struct fpb *fpb = &cm->fpb;
	struct dwt *dwt = &cm->dwt;

	if (fpb->version != 0 && fpb_is_used(fpb))
		fpb->is_enabled = true;
	for (unsigned i = 0; i < fpb->count; i++) {
		fpb->actual[i] = fpb->wanted[i];
		fpb->known[i] = true;
	}
	for (unsigned i = 0; i < dwt->count; i++) {
		dwt->actual[i] = dwt->wanted[i];
		dwt->known[i] = true;
	}
}

enum err cortex_m_sync(struct target *t)
{
	struct cortex_m *cm = cortex_m(t);

	cortex_m_queue_sync(cm);
	TRY(mem_ap_run(cm->ap));
	cortex_m_sync_done(cm);
	return OK;
}

/* A halted core gets its comparators with the next resume. */
static enum err sync_if_running(struct target *t)
{
	return t->state == TARGET_HALTED ? OK : cortex_m_sync(t);
}

/* Which breakpoints hold the comparators. */
static void list_holders(const struct target *t, struct buf *out)
{
	for (const struct breakpoint *b = t->breakpoints; b != NULL; b = b->next) {
		if (b->kind == BREAK_HARD && b->is_set)
			buf_printf(out, "%s0x%08x", out->len > 0 ? ", " : "", b->addr);
	}
}

static enum err no_comparator(struct target *t)
{
	struct buf holders = { 0 };

	list_holders(t, &holders);
	error_why(ERR_NO_BREAKPOINT, "all %u hardware breakpoint comparators are in use (%.150s)",
		  cortex_m(t)->fpb.count, holders.len > 0 ? (const char *)holders.data : "no breakpoint");
	buf_free(&holders);
	if (!patches_are_enabled(t->list))
		error_next(ERR_NO_BREAKPOINT, "delete one, or let further ones go into flash: \"gdb "
					      "breakpoint_flash enable\"");
	return ERR_NO_BREAKPOINT;
}

/* Without a comparator: into flash, or somebody else goes there. */
static enum err set_without(struct target *t, struct breakpoint *b)
{
	struct cortex_m *cm = cortex_m(t);
	struct error why;

	if (!patches_are_enabled(t->list))
		return no_comparator(t);
	if (patch_add(t, b) == OK)
		return OK;
	error_take(&why);
	if (patch_make_room(t))
		b->comparator = fpb_add(&cm->fpb, b->addr);
	b->is_set = b->comparator >= 0;
	if (b->is_set)
		return OK;
	no_comparator(t);
	return error_what(ERR_NO_BREAKPOINT, "%.200s", why.why);
}

static enum err set_hard(struct target *t, struct breakpoint *b)
{
	struct cortex_m *cm = cortex_m(t);

	if (patch_in_flash(t, b->addr) != NULL)
		return patch_add(t, b);		/* it has been there all the time */
	b->comparator = fpb_add(&cm->fpb, b->addr);
	if (b->comparator >= 0) {
		b->is_set = true;
		return sync_if_running(t);
	}
	if (cm->fpb.version == 1 && b->addr >= FPB_V1_LIMIT) {
		error_why(ERR_NO_BREAKPOINT,
			  "the breakpoint unit of this %s compares addresses below "
			  "0x20000000 only, 0x%08x is above",
			  cm->core->name, b->addr);
		return error_next(ERR_NO_BREAKPOINT,
				  "use a software breakpoint there, if it is RAM");
	}
	return set_without(t, b);
}

/* The other halfword access size matters: RAM behind some buses takes only what it is given. */
static enum err write_halfword(struct cortex_m *cm, uint32_t addr, const uint8_t bytes[2])
{
	uint8_t check[2];

	TRY(cache_flush_data(cm, addr, 2));
	TRY(mem_ap_write(cm->ap, addr, 2, 1, bytes, NULL));
	TRY(cache_after_code_write(cm, addr, 2));
	TRY(mem_ap_read(cm->ap, addr, 2, 1, check, NULL));
	if (memcmp(check, bytes, 2) == 0)
		return OK;
	error_why(ERR_BUS, "memory at 0x%08x did not take a BKPT instruction", addr);
	return error_next(ERR_BUS, "use a hardware breakpoint there");
}

static enum err set_soft(struct target *t, struct breakpoint *b)
{
	struct cortex_m *cm = cortex_m(t);
	const struct breakpoint *twin = group_soft_at(t, b->addr);
	uint8_t bkpt[2];

	if (twin != NULL) {		/* of the other core, in the same memory */
		memcpy(b->saved, twin->saved, sizeof(b->saved));
		b->is_set = true;
		return OK;
	}
	put_le16(bkpt, BKPT_OPCODE);
	TRY(cache_flush_data(cm, b->addr, 2));
	TRY(mem_ap_read(cm->ap, b->addr, 2, 1, b->saved, NULL));
	TRY(write_halfword(cm, b->addr, bkpt));
	b->is_set = true;
	return OK;
}

enum err cortex_m_set_breakpoint(struct target *t, struct breakpoint *b)
{
	return b->kind == BREAK_SOFT ? set_soft(t, b) : set_hard(t, b);
}

static enum err clear_soft(struct cortex_m *cm, struct breakpoint *b)
{
	uint8_t now[2];

	b->is_set = false;
	if (group_soft_at(cm->target, b->addr) != NULL)
		return OK;
	TRY(cache_flush_data(cm, b->addr, 2));
	TRY(mem_ap_read(cm->ap, b->addr, 2, 1, now, NULL));
	if (get_le16(now) != BKPT_OPCODE) {
		log_warning("[%s] the program overwrote the breakpoint at 0x%08x: left as it is",
			    cm->target->name, b->addr);
		return OK;
	}
	return write_halfword(cm, b->addr, b->saved);
}

enum err cortex_m_clear_breakpoint(struct target *t, struct breakpoint *b)
{
	struct cortex_m *cm = cortex_m(t);

	if (b->kind == BREAK_SOFT)
		return clear_soft(cm, b);
	if (b->kind == BREAK_FLASH) {
		patch_remove(t, b);
		return OK;
	}
	fpb_remove(&cm->fpb, b->comparator, b->addr);
	b->is_set = false;
	return sync_if_running(t);
}

void cortex_m_count_comparators(struct target *t, unsigned *breaks, unsigned *breaks_free,
				unsigned *watches, unsigned *watches_free)
{
	const struct cortex_m *cm = cortex_m(t);

	*breaks = cm->fpb.count;
	*breaks_free = fpb_free_count(&cm->fpb);
	*watches = cm->dwt.count;
	*watches_free = dwt_free_count(&cm->dwt);
}

static const enum dwt_access dwt_access[] = {
	[WATCH_READ] = DWT_READ, [WATCH_WRITE] = DWT_WRITE, [WATCH_ACCESS] = DWT_ACCESS
};

static enum err take_for_value(struct cortex_m *cm, struct watchpoint *w)
{
	struct dwt_value wanted = { w->addr, w->length, w->value, dwt_access[w->kind] };

	if (!cm->dwt.has_values) {
		error_why(ERR_UNSUPPORTED, "%s watchpoints compare addresses, not data values",
			  cm->core->name);
		return error_next(ERR_UNSUPPORTED,
				  "leave value and mask out, or make the condition one "
				  "of GDB's");
	}
	if ((w->length != 1 && w->length != 2 && w->length != 4) || w->addr % w->length != 0)
		return error_why(ERR_UNSUPPORTED,
				 "a data value is compared in 1, 2 or 4 bytes at a multiple of their "
				 "number, not in %u at 0x%08x",
				 w->length, w->addr);
	if ((w->mask & watchpoint_value_bits(w)) != 0) {
		error_why(ERR_UNSUPPORTED,
			  "mask 0x%08x leaves a part of the %u bytes out: the DWT compares whole ones",
			  w->mask, w->length);
		return error_next(ERR_UNSUPPORTED, "watch the byte or halfword alone");
	}
	if (dwt_add_value(&cm->dwt, (uint8_t)w->comparator, &wanted))
		return OK;
	error_why(ERR_NO_BREAKPOINT,
		  "a data value takes 2 of the %u comparators, %s, %u are free", cm->dwt.count,
		  cm->dwt.is_v8 ? "an even one and the one after it" : "one of them comparator 1",
		  dwt_free_count(&cm->dwt));
	return error_next(ERR_NO_BREAKPOINT, "remove a watchpoint, or run \"dwt untrace\"");
}

static enum err take_for_range(struct cortex_m *cm, struct watchpoint *w)
{
	unsigned needed;

	if (dwt_add(&cm->dwt, (uint8_t)w->comparator, w->addr, w->length,
		    dwt_access[w->kind], &needed,
		    &w->is_rounded) == 0) {
		if (needed == 0)
			return error_why(ERR_NO_BREAKPOINT,
					 "%u bytes at 0x%08x cannot be watched with "
					 "%u comparators",
					 w->length, w->addr, cm->dwt.count);
		return error_why(ERR_NO_BREAKPOINT,
				 "watching %u bytes at 0x%08x takes %u of the %u "
				 "comparators, %u are free",
				 w->length, w->addr, needed, cm->dwt.count,
				 dwt_free_count(&cm->dwt));
	}
	if (w->is_rounded)
		log_info("[%s] watching %u bytes at 0x%08x with one larger comparator: other hits "
			 "are "
			 "sorted out",
			 cm->target->name, w->length, w->addr);
	return OK;
}

enum err cortex_m_set_watchpoint(struct target *t, struct watchpoint *w)
{
	struct cortex_m *cm = cortex_m(t);

	w->comparator = (int)(w->id % (DWT_OWNER_TRACE - 1) + 1);
	TRY(watchpoint_has_value(w) ? take_for_value(cm, w) : take_for_range(cm, w));
	w->is_set = true;
	return sync_if_running(t);
}

enum err cortex_m_clear_watchpoint(struct target *t, struct watchpoint *w)
{
	struct cortex_m *cm = cortex_m(t);

	dwt_remove(&cm->dwt, (uint8_t)w->comparator);
	if (cm->hit == w)
		cm->hit = NULL;
	w->is_set = false;
	return sync_if_running(t);
}
