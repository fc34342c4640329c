/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lists of breakpoints and watchpoints. A removed hardware breakpoint leaves its comparator's
 * value in place until the core runs (see cortex_m_break.c), a removed software one is put back in
 * memory at once.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "target/patch_priv.h"

struct breakpoint *breakpoint_at(struct target *t, uint32_t addr)
{
	for (struct breakpoint *b = t->breakpoints; b != NULL; b = b->next) {
		if (b->addr == addr && b->is_set)
			return b;
	}
	return NULL;
}

static bool overlaps_one(const struct target *t, uint32_t addr, size_t n)
{
	for (const struct breakpoint *b = t->breakpoints; b != NULL; b = b->next) {
		if (b->kind == BREAK_SOFT && b->is_set && b->addr < (uint64_t)addr + n &&
		    addr < (uint64_t)b->addr + 2)
			return true;
	}
	return target_is_patched(t, addr, n);
}

/* Those of the other cores, too, which see the same memory. */
bool breakpoint_overlaps(const struct target *t, uint32_t addr, size_t n)
{
	if (overlaps_one(t, addr, n))
		return true;
	for (struct target *o = target_next_peer(t, NULL); o != NULL; o = target_next_peer(t, o)) {
		if (overlaps_one(o, addr, n))
			return true;
	}
	return false;
}

/* For each byte of each software breakpoint inside the range: the saved one, or `under` becomes it. */
static void each_byte_of(struct target *t, uint32_t addr, uint8_t *data, size_t n, const uint8_t *under)
{
	static const uint8_t bkpt[2] = { 0x00, 0xbe };

	for (struct breakpoint *b = t->breakpoints; b != NULL; b = b->next) {
		if (b->kind != BREAK_SOFT || !b->is_set)
			continue;
		for (unsigned i = 0; i < 2; i++) {
			uint64_t at = (uint64_t)b->addr + i;

			if (at < addr || at >= (uint64_t)addr + n)
				continue;
			if (under != NULL) {
				b->saved[i] = under[at - addr];
				data[at - addr] = bkpt[i];
			} else {
				data[at - addr] = b->saved[i];
			}
		}
	}
}

static void each_byte(struct target *t, uint32_t addr, uint8_t *data, size_t n, const uint8_t *under)
{
	each_byte_of(t, addr, data, n, under);
	for (struct target *o = target_next_peer(t, NULL); o != NULL; o = target_next_peer(t, o))
		each_byte_of(o, addr, data, n, under);
}

void breakpoint_hide(struct target *t, uint32_t addr, uint8_t *data, size_t n)
{
	each_byte(t, addr, data, n, NULL);
	patches_hide(t, addr, data, n);
	for (struct target *o = target_next_peer(t, NULL); o != NULL; o = target_next_peer(t, o))
		patches_hide(o, addr, data, n);
}

void breakpoint_write_under(struct target *t, uint32_t addr, uint8_t *data, size_t n)
{
	uint8_t *under = xcalloc(1, n);

	memcpy(under, data, n);
	each_byte(t, addr, data, n, under);
	free(under);
}

/* v7-M memory map (DDI 0403 B3.1): SRAM and external RAM; code memory is flash unless it takes BKPT. */
static bool may_be_ram(const struct target *t, uint32_t addr)
{
	if (addr >= t->work_area && addr - t->work_area < t->work_area_size)
		return true;
	return (addr >= 0x20000000 && addr < 0x40000000) ||
	       (addr >= 0x60000000 && addr < 0xa0000000);
}

static enum err try_kind(struct target *t, struct breakpoint *b, enum breakpoint_kind kind)
{
	b->kind = kind;
	return t->type->set_breakpoint(t, b);
}

static enum err set_best(struct target *t, struct breakpoint *b, enum breakpoint_kind kind)
{
	if (kind != BREAK_AUTO)
		return try_kind(t, b, kind);
	if (!may_be_ram(t, b->addr)) {
		enum err rc = try_kind(t, b, BREAK_HARD);

		/* Out of comparators, but code memory may be RAM after all (ITCM). */
		if (rc != ERR_NO_BREAKPOINT)
			return rc;
		struct error no_comparator;

		error_take(&no_comparator);
		rc = try_kind(t, b, BREAK_SOFT);
		if (rc != OK) {
			b->kind = BREAK_HARD;
			error_put(&no_comparator);
			return no_comparator.code;
		}
		return OK;
	}
	if (try_kind(t, b, BREAK_SOFT) == OK)
		return OK;
	error_clear();
	return try_kind(t, b, BREAK_HARD);
}

enum err target_add_breakpoint(struct target *t, uint32_t addr, unsigned length,
			       enum breakpoint_kind kind)
{
	TRY(target_check_examined(t));
	TRY(target_check_free(t, "breakpoint"));
	if (t->type->set_breakpoint == NULL)
		return error_why(ERR_UNSUPPORTED, "%s has no breakpoints", t->name);
	addr &= ~1u;
	for (struct breakpoint *b = t->breakpoints; b != NULL; b = b->next) {
		if (b->addr == addr) {
			error_why(ERR_BREAKPOINT_EXISTS,
				  "Duplicate Breakpoint address: 0x%08x (BP %u)", addr, b->id);
			return ERR_BREAKPOINT_EXISTS;
		}
	}
	struct breakpoint *b = xcalloc(1, sizeof(*b));

	*b = (struct breakpoint){ .addr = addr, .length = length == 3 ? 4 : length, .comparator = -1,
				  .id = t->own->next_break_id };
	enum err rc = set_best(t, b, kind);

	if (rc != OK) {
		free(b);
		return error_what(rc, "breakpoint at 0x%08x not set", addr);
	}
	t->own->next_break_id++;
	struct breakpoint **end = &t->breakpoints;

	while (*end != NULL)
		end = &(*end)->next;
	*end = b;
	log_debug("%s: %s breakpoint %u at 0x%08x", t->name,
		  b->kind == BREAK_SOFT ? "software" : b->kind == BREAK_HARD ? "hardware" : "flash", b->id,
		  addr);
	return OK;
}

enum err target_remove_breakpoint(struct target *t, uint32_t addr)
{
	TRY(target_check_free(t, "breakpoint"));
	for (struct breakpoint **p = &t->breakpoints; *p != NULL; p = &(*p)->next) {
		struct breakpoint *b = *p;

		if (b->addr != (addr & ~1u))
			continue;
		enum err rc = b->is_set ? t->type->clear_breakpoint(t, b) : OK;

		*p = b->next;
		free(b);
		return rc;
	}
	error_why(ERR_NOT_FOUND, "no breakpoint at address 0x%08x found", addr);
	return error_next(ERR_NOT_FOUND, "list them with \"bp\"");
}

uint32_t watchpoint_value_bits(const struct watchpoint *w)
{
	return w->length < 4 ? ((uint32_t)1 << 8 * w->length) - 1 : 0xffffffff;
}

bool watchpoint_has_value(const struct watchpoint *w)
{
	uint32_t bits = watchpoint_value_bits(w);

	return (w->mask & bits) != bits;
}

void watchpoint_look(struct target *t, struct watchpoint *w)
{
	bool is_ram = (w->addr >= 0x10000000 && w->addr < 0x1fff0000) || w->addr >> 29 == 1 ||
		      (w->addr >= 0x60000000 && w->addr < 0xa0000000);

	w->has_last = is_ram && w->length <= sizeof(w->last) &&
		      target_read_bytes(t, w->addr, w->last, w->length, NULL) == OK;
	if (is_ram && !w->has_last)
		error_clear();
}

enum err target_add_watchpoint(struct target *t, uint32_t addr, uint32_t length,
			       enum watch_kind kind, uint32_t value, uint32_t mask)
{
	TRY(target_check_examined(t));
	TRY(target_check_free(t, "watchpoint"));
	if (t->type->set_watchpoint == NULL)
		return error_why(ERR_UNSUPPORTED, "%s has no watchpoints", t->name);
	if (length == 0)
		return error_why(ERR_ARGUMENT, "a watchpoint needs a length of at least 1");
	if (length - 1 > UINT32_MAX - addr)
		return error_why(ERR_ARGUMENT, "a watchpoint of %u bytes at 0x%08x runs past the end of "
				 "memory", length, addr);
	struct watchpoint **end = &t->watchpoints, *w;

	for (; *end != NULL; end = &(*end)->next) {
		w = *end;
		if (w->addr == addr && w->length == length && w->kind == kind &&
		    w->value == value && w->mask == mask)
			return OK;
	}
	w = xcalloc(1, sizeof(*w));
	*w = (struct watchpoint){ .addr = addr, .length = length, .kind = kind, .value = value,
				  .mask = mask, .comparator = -1, .id = t->own->next_watch_id };
	*end = w;	/* the driver looks for an owner among all */
	enum err rc = t->type->set_watchpoint(t, w);

	if (rc != OK) {
		*end = NULL;
		free(w);
		return error_what(rc, "watchpoint at 0x%08x not set", addr);
	}
	t->own->next_watch_id++;
	watchpoint_look(t, w);
	return OK;
}

static enum err remove_watchpoint(struct target *t, struct watchpoint **p)
{
	struct watchpoint *w = *p;
	enum err rc = w->is_set ? t->type->clear_watchpoint(t, w) : OK;

	*p = w->next;
	free(w);
	return rc;
}

enum err target_remove_watchpoint(struct target *t, uint32_t addr)
{
	TRY(target_check_free(t, "watchpoint"));
	for (struct watchpoint **p = &t->watchpoints; *p != NULL; p = &(*p)->next) {
		if ((*p)->addr == addr)
			return remove_watchpoint(t, p);
	}
	error_why(ERR_NOT_FOUND, "no watchpoint at address 0x%08x found", addr);
	return error_next(ERR_NOT_FOUND, "list them with \"wp\"");
}

enum err target_remove_watchpoint_like(struct target *t, uint32_t addr, uint32_t length,
				       enum watch_kind kind)
{
	TRY(target_check_free(t, "watchpoint"));
	for (struct watchpoint **p = &t->watchpoints; *p != NULL; p = &(*p)->next) {
		if ((*p)->addr == addr && (*p)->length == length && (*p)->kind == kind &&
		    !watchpoint_has_value(*p))
			return remove_watchpoint(t, p);
	}
	return error_why(ERR_NOT_FOUND, "no such watchpoint at address 0x%08x", addr);
}

enum err target_remove_all_breakpoints(struct target *t)
{
	enum err rc = OK;

	while (t->breakpoints != NULL)
		rc = error_first(rc, target_remove_breakpoint(t, t->breakpoints->addr));
	while (t->watchpoints != NULL)
		rc = error_first(rc, target_remove_watchpoint(t, t->watchpoints->addr));
	return rc;
}

static void describe_watchpoint(const struct watchpoint *w, struct buf *out)
{
	static const char *const how[] = { [WATCH_READ] = "read", [WATCH_WRITE] = "write",
					   [WATCH_ACCESS] = "access" };

	buf_printf(out, "watchpoint %u: %u bytes at 0x%08x, %s", w->id, w->length, w->addr, how[w->kind]);
	if (watchpoint_has_value(w))
		buf_printf(out, " of 0x%0*x", 2 * (int)w->length, w->value & watchpoint_value_bits(w));
	buf_printf(out, "%s\n", w->is_rounded ? ", a larger range is compared" : "");
}

void breakpoints_describe(const struct target *t, struct buf *out)
{
	static const char *const where[] = { [BREAK_HARD] = "comparator", [BREAK_SOFT] = "RAM",
					     [BREAK_AUTO] = "", [BREAK_FLASH] = "flash" };
	unsigned breaks = 0, breaks_free = 0, watches = 0, watches_free = 0;

	if (t->type->count_comparators != NULL)
		t->type->count_comparators((struct target *)t, &breaks, &breaks_free, &watches,
					   &watches_free);
	buf_printf(out, "comparators: %u of %u for breakpoints in use, %u of %u for watchpoints\n",
		   breaks - breaks_free, breaks, watches - watches_free, watches);
	for (const struct breakpoint *b = t->breakpoints; b != NULL; b = b->next)
		buf_printf(out, "breakpoint %u: 0x%08x in %s\n", b->id, b->addr, where[b->kind]);
	/* GDB steps once after a watchpoint, so the stop that matters is not the last. */
	if (t->own->told_text[0] != '\0')
		buf_printf(out, "last told: %s\n", t->own->told_text);
	for (const struct watchpoint *w = t->watchpoints; w != NULL; w = w->next)
		describe_watchpoint(w, out);
}

void breakpoints_free(struct target *t)
{
	while (t->breakpoints != NULL) {
		struct breakpoint *b = t->breakpoints;

		t->breakpoints = b->next;
		free(b);
	}
	while (t->watchpoints != NULL) {
		struct watchpoint *w = t->watchpoints;

		t->watchpoints = w->next;
		free(w);
	}
}
