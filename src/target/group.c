/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Several cores. Those behind one debug port see the same memory: what one client writes through one
 * core is seen through the other, and a software breakpoint of one stands in the code of both. Those
 * of a group (`target smp`) also halt and run together: by their cross trigger interfaces if every one
 * has its own (-cti), else by software, one after the other, when the first of them is found halted or is
 * let go.
 *
 * The hardware couples them only while all run. As soon as one is found halted they are apart again, so
 * that steps, helper code and resets are each core's own; the CTIs are then as they were found.
 */
#include "base/log.h"
#include "target/cross.h"

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

/* --- By hardware --- */

/* t and the others of its group, whatever their state. */
static struct target *next_of_group(const struct target *t, const struct target *last)
{
	struct target *o = last != NULL ? last->next : t->list->first;

	while (o != NULL && (o->own->group != t->own->group || !is_core(o)))
		o = o->next;
	return o;
}

/* Every member has a cross trigger interface, and is in `state` and nobody's. */
static bool can_cross(const struct target *t, enum target_state state)
{
	if (is_alone(t))
		return false;
	for (struct target *o = next_of_group(t, NULL); o != NULL; o = next_of_group(t, o)) {
		if (!o->examined || o->state != state || o->own->claim != NULL || o->own->cross.is_held ||
		    o->dap != t->dap || !cross_is_usable(o) || semihosting_waits(o))
			return false;
	}
	return true;
}

static void give_up_cross(struct target *t, struct target *culprit)
{
	log_warning("[%s] its cross trigger interface cannot be used, the group halts by software: %s",
		    culprit->name, error_text(error_current()));
	error_clear();
	culprit->own->cross.is_bad = true;
	for (struct target *o = next_of_group(t, NULL); o != NULL; o = next_of_group(t, o)) {
		if (cross_unlink(o) != OK)
			error_clear();
	}
}

/* A handler of the resume may have halted it again. */
static bool is_to_go(const struct target *t)
{
	return t->own->cross.is_prepared && t->state == TARGET_RUNNING;
}

static bool link_members(struct target *t)
{
	for (struct target *o = next_of_group(t, NULL); o != NULL; o = next_of_group(t, o)) {
		if (cross_link(o, is_to_go(o)) != OK) {
			give_up_cross(t, o);
			return false;
		}
	}
	return true;
}

void group_link(struct target *t)
{
	if (t->own->cross.is_linked || !can_cross(t, TARGET_RUNNING))
		return;
	for (struct target *o = next_of_group(t, NULL); o != NULL; o = next_of_group(t, o))
		o->own->cross.is_prepared = false;
	link_members(t);
}

static void unlink_one(struct target *t)
{
	if (cross_unlink(t) == OK)
		return;
	log_warning("[%s] could not be taken off the cross triggers: %s", t->name,
		    error_text(error_current()));
	error_clear();
}

static void unlink_members(struct target *t)
{
	for (struct target *o = next_of_group(t, NULL); o != NULL; o = next_of_group(t, o))
		unlink_one(o);
}

void group_unlink_all(struct target_list *list)
{
	for (struct target *t = list->first; t != NULL; t = t->next) {
		if (t->own->cross.is_linked)
			unlink_members(t);
	}
}

void group_examined(struct target *t)
{
	t->own->cross.is_bad = t->own->cross.is_prepared = false;
	unlink_one(t);
}

bool group_hold(struct target *t)
{
	if (!can_cross(t, TARGET_HALTED))
		return false;
	for (struct target *o = next_of_group(t, NULL); o != NULL; o = next_of_group(t, o)) {
		o->own->cross.is_held = true;
		o->own->cross.is_prepared = false;
	}
	return true;
}

/* Who the channel did not let go, goes by software. */
static void check_out(struct target *t, struct target *o)
{
	bool is_out = false;

	if (!is_to_go(o))
		return;
	if (cross_is_out(o, &is_out) != OK) {
		error_clear();		/* the next poll says it */
		return;
	}
	if (is_out)
		return;
	error_why(ERR_UNSUPPORTED, "a pulse on its restart channel did not let the core go");
	give_up_cross(t, o);
	if (o->type->resume(o, false, false) != OK)
		tell_straggler(o, "resumed", t);
}

void group_release(struct target *t, bool goes)
{
	bool pulsed = false, all_run = true;

	for (struct target *o = next_of_group(t, NULL); o != NULL; o = next_of_group(t, o))
		o->own->cross.is_held = false;
	if (!goes)
		return;
	if (link_members(t)) {
		pulsed = cross_pulse_run(t) == OK;
		if (!pulsed)
			give_up_cross(t, t);
	}
	for (struct target *o = next_of_group(t, NULL); o != NULL; o = next_of_group(t, o)) {
		if (pulsed)
			check_out(t, o);
		else if (is_to_go(o) && o->type->resume(o, false, false) != OK)
			tell_straggler(o, "resumed", t);
		all_run = all_run && o->state != TARGET_HALTED;
	}
	if (!all_run)
		unlink_members(t);
}

/* Those that stopped by themselves: a breakpoint, a halt that was asked for. */
static enum err serve_causes(struct target *t, bool *has_cause, bool *is_stop)
{
	enum err rc = OK;

	for (struct target *o = next_of_group(t, NULL); o != NULL; o = next_of_group(t, o)) {
		if (o->state != TARGET_HALTED || cross_is_follower(o))
			continue;
		*has_cause = true;
		rc = error_first(rc, target_stopped(o, TARGET_RUNNING));
		*is_stop = *is_stop || (o->state == TARGET_HALTED && !semihosting_waits(o));
	}
	return rc;
}

enum err group_stopped(struct target *t)
{
	bool has_cause = false, is_stop = false;

	unlink_members(t);
	for (struct target *o = next_member(t, NULL); o != NULL; o = next_member(t, o)) {
		if (o->state == TARGET_RUNNING && o->type->poll(o) != OK)
			tell_straggler(o, "looked at", t);
	}
	enum err rc = serve_causes(t, &has_cause, &is_stop);

	for (struct target *o = next_of_group(t, NULL); o != NULL; o = next_of_group(t, o)) {
		if (o->state != TARGET_HALTED || !cross_is_follower(o))
			continue;
		if (is_stop || !has_cause || rc != OK) {
			rc = error_first(rc, target_stopped(o, TARGET_RUNNING));
		} else {
			/* A condition was false, a semihosting call was served. */
			rc = error_first(rc, o->type->resume(o, false, false));
			poll_soon(o);
		}
	}
	group_link(t);
	return rc;
}

enum err group_set(struct target_list *list, int count, const char *const *names)
{
	unsigned group = 1;

	for (int i = 0; i < count; i++) {
		if (target_find(list, names[i]) == NULL)
			return error_why(ERR_NOT_FOUND, "there is no target named %s", names[i]);
	}
	group_unlink_all(list);
	for (const struct target *t = list->first; t != NULL; t = t->next)
		group = MAX(group, t->own->group + 1);
	for (int i = 0; i < count; i++)
		target_find(list, names[i])->own->group = count > 1 ? group : 0;
	return OK;
}

void group_switch(struct target *t, bool on)
{
	group_unlink_all(t->list);
	for (struct target *o = t->list->first; o != NULL; o = o->next) {
		if (o->own->group == t->own->group)
			o->own->group_is_off = !on;
	}
}
