/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Several cores. Those behind one debug port see the same memory: what one client writes through one
 * core is seen through the other, and a software breakpoint of one stands in the code of both. Those
 * of a group (`target smp`) also halt and run together: by software, one after the other, when the
 * first of them is found halted or is let go.
 */
#include "base/log.h"
#include "target/target_priv.h"

static bool is_peer(const struct target *t, const struct target *o)
{
	return o != t && t->dap != NULL && o->dap == t->dap;
}

/* One that executes: not a bare access port (mem_ap). */
static bool is_core(const struct target *t)
{
	return t->type->set_breakpoint != NULL;
}

uint32_t target_shared_epoch(const struct target *t)
{
	uint32_t sum = t->memory_epoch;

	for (const struct target *o = t->list->first; o != NULL; o = o->next)
		sum += is_peer(t, o) ? o->memory_epoch : 0;
	return sum;
}

bool target_has_running_peer(const struct target *t)
{
	for (const struct target *o = t->list->first; o != NULL; o = o->next) {
		if (is_peer(t, o) && is_core(o) && o->examined &&
		    (o->state == TARGET_RUNNING || o->state == TARGET_DEBUG_RUNNING))
			return true;
	}
	return false;
}

struct target *target_next_peer(const struct target *t, const struct target *last)
{
	struct target *o = last != NULL ? last->next : t->list->first;

	while (o != NULL && !(is_peer(t, o) && is_core(o)))
		o = o->next;
	return o;
}

#define HALT_MS 1000u

enum err target_halt_peers(struct target *t, const char *why)
{
	for (struct target *o = target_next_peer(t, NULL); o != NULL; o = target_next_peer(t, o)) {
		if (!o->examined || o->state == TARGET_HALTED)
			continue;
		enum err rc = target_halt(o);

		if (rc == OK)
			rc = target_wait_state(o, TARGET_HALTED, HALT_MS);
		if (rc != OK)
			return error_what(rc, "%s shares memory with %s and must be halted for %s",
					  o->name, t->name, why);
		log_info("[%s] halted for %s by %s, with which it shares memory; it stays so until "
			 "it is resumed or reset", o->name, why, t->name);
	}
	return OK;
}

struct breakpoint *group_soft_at(struct target *t, uint32_t addr)
{
	for (struct target *o = target_next_peer(t, NULL); o != NULL; o = target_next_peer(t, o)) {
		struct breakpoint *b = breakpoint_at(o, addr);

		if (b != NULL && b->kind == BREAK_SOFT)
			return b;
	}
	return NULL;
}

/* The next member after `last` that can follow. */
static struct target *next_member(const struct target *t, const struct target *last)
{
	struct target *o = last != NULL ? last->next : t->list->first;

	for (; o != NULL; o = o->next) {
		if (o != t && o->own->group == t->own->group && is_core(o) && o->examined &&
		    o->own->claim == NULL)
			return o;
	}
	return NULL;
}

static bool is_alone(const struct target *t)
{
	return t->own->group == 0 || t->own->group_is_off || t->list->own->is_resetting ||
	       t->list->is_leaving;
}

static void tell_straggler(const struct target *o, const char *what, const struct target *t)
{
	log_warning("[%s] could not be %s with %s, the other of its group: %s", o->name, what,
		    t->name, error_text(error_current()));
	error_clear();
}

void group_halt(struct target *t)
{
	if (is_alone(t))
		return;
	for (struct target *o = next_member(t, NULL); o != NULL; o = next_member(t, o)) {
		if (o->state == TARGET_RUNNING && target_halt(o) != OK)
			tell_straggler(o, "halted", t);
	}
}

void group_resume(struct target *t)
{
	if (is_alone(t))
		return;
	for (struct target *o = next_member(t, NULL); o != NULL; o = next_member(t, o)) {
		if (o->state == TARGET_HALTED && !semihosting_waits(o) &&
		    target_resume(o, NULL, true, false) != OK)
			tell_straggler(o, "resumed", t);
	}
}

enum err group_set(struct target_list *list, int count, const char *const *names)
{
	unsigned group = 1;

	for (int i = 0; i < count; i++) {
		if (target_find(list, names[i]) == NULL)
			return error_why(ERR_NOT_FOUND, "there is no target named %s", names[i]);
	}
	for (const struct target *t = list->first; t != NULL; t = t->next)
		group = MAX(group, t->own->group + 1);
	for (int i = 0; i < count; i++)
		target_find(list, names[i])->own->group = count > 1 ? group : 0;
	return OK;
}

void group_switch(struct target *t, bool on)
{
	for (struct target *o = t->list->first; o != NULL; o = o->next) {
		if (o->own->group == t->own->group)
			o->own->group_is_off = !on;
	}
}
