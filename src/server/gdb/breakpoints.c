/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Z0..Z4 and z. The session keeps what GDB believes to be inserted: a second Z of the same is OK and
 * takes no second comparator, a z of something unknown is OK. Where another GDB or the console had
 * set one already, it is shared: whoever leaves last removes it. The target writes comparators when the
 * core resumes, so the z and Z pairs GDB sends around each stop cost nothing.
 */
#include <stdlib.h>

#include "server/gdb/packets.h"

/* Types of Z packets. */
enum { POINT_SOFT, POINT_HARD, POINT_WRITE, POINT_READ, POINT_ACCESS, POINT_TYPES };

static bool is_watch(unsigned type)
{
	return type >= POINT_WRITE;
}

struct gdb_point *points_at(struct gdb_session *s, uint32_t addr)
{
	for (struct gdb_point *p = s->points; p != NULL; p = p->next) {
		if (p->addr == addr && !is_watch(p->type))
			return p;
	}
	return NULL;
}

/* A place has one breakpoint, but a watchpoint for each way to look at it. */
static bool rests_on_same(const struct gdb_point *a, const struct gdb_point *b)
{
	if (a->addr != b->addr || is_watch(a->type) != is_watch(b->type))
		return false;
	return !is_watch(a->type) || (a->type == b->type && a->kind == b->kind);
}

/* What else GDBs have inserted at the place of `not_this` that rests on the same thing in the target. */
static struct gdb_point *find_twin(struct gdb_server *server, const struct target *t,
				   const struct gdb_point *not_this)
{
	for (struct gdb_session *s = server->sessions; s != NULL; s = s->next) {
		for (struct gdb_point *p = s->target == t ? s->points : NULL; p != NULL; p = p->next) {
			if (p != not_this && rests_on_same(p, not_this))
				return p;
		}
	}
	return NULL;
}

static enum breakpoint_kind kind_for(const struct gdb_session *s, unsigned type)
{
	switch (s->server->options.breakpoint_override) {
	case OVERRIDE_HARD: return BREAK_HARD;
	case OVERRIDE_SOFT: return BREAK_SOFT;
	default:	    return type == POINT_HARD ? BREAK_HARD : BREAK_AUTO;
	}
}

static const enum watch_kind watch_kinds[] = {
	[POINT_WRITE] = WATCH_WRITE, [POINT_READ] = WATCH_READ, [POINT_ACCESS] = WATCH_ACCESS,
};

struct gdb_point *points_watching(struct gdb_session *s, const struct watchpoint *w)
{
	for (struct gdb_point *p = s->points; p != NULL; p = p->next) {
		if (is_watch(p->type) && p->addr == w->addr && p->kind == w->length &&
		    watch_kinds[p->type] == w->kind)
			return p;
	}
	return NULL;
}

static enum err add_to_target(struct gdb_session *s, const struct gdb_point *p)
{
	if (is_watch(p->type))
		return target_add_watchpoint(s->target, p->addr, p->kind, watch_kinds[p->type], 0,
					     0xffffffff);
	/* Kind 3 is a 32-bit Thumb instruction, not three bytes; a BKPT in its first half will do. */
	return target_add_breakpoint(s->target, p->addr, p->kind == 2 ? 2 : 4, kind_for(s, p->type));
}

static enum err remove_from_target(struct gdb_session *s, struct gdb_point *p)
{
	struct gdb_point *twin = find_twin(s->server, s->target, p);

	if (!p->is_ours)
		return OK;
	if (twin != NULL) {
		twin->is_ours = true;
		return OK;
	}
	if (is_watch(p->type))
		return target_remove_watchpoint_like(s->target, p->addr, p->kind, watch_kinds[p->type]);
	return target_remove_breakpoint(s->target, p->addr);
}

/* "t,addr,kind". What follows a ';' are conditions and commands, which were not offered. */
static enum err take_point(struct rsp_args *args, struct gdb_point *p)
{
	uint32_t type;

	if (!rsp_take_hex(args, &type) || !rsp_take_char(args, ',') ||
	    !rsp_take_pair(args, &p->addr, ',', &p->kind) || !rsp_at_end(args))
		return gdb_malformed("Z");
	p->type = type;
	return OK;
}

static bool is_inserted(struct gdb_session *s, const struct gdb_point *wanted)
{
	for (struct gdb_point *p = s->points; p != NULL; p = p->next) {
		if (p->type == wanted->type && p->addr == wanted->addr && p->kind == wanted->kind)
			return true;
	}
	return false;
}

static void remember(struct gdb_session *s, const struct gdb_point *p)
{
	struct gdb_point *copy = xcalloc(1, sizeof(*copy));

	*copy = *p;
	copy->next = s->points;
	s->points = copy;
}

static enum err insert(struct gdb_session *s, struct gdb_point *p)
{
	enum err rc = add_to_target(s, p);

	p->is_ours = rc == OK;
	if (rc == ERR_BREAKPOINT_EXISTS) {
		error_clear();
		rc = OK;
	}
	if (rc == OK)
		remember(s, p);
	return rc;
}

static enum err packet_Z(struct gdb_session *s, struct rsp_args *args)
{
	struct gdb_point p = { 0 };

	TRY(take_point(args, &p));
	if (p.type >= POINT_TYPES) {
		gdb_reply(s, "", 0);
		return OK;
	}
	if (is_watch(p.type) && p.kind == 0)
		return gdb_malformed("Z");	/* empty would take the whole type from GDB */
	if (!is_inserted(s, &p))
		TRY(insert(s, &p));
	gdb_reply_ok(s);
	return OK;
}

static enum err forget(struct gdb_session *s, struct gdb_point **link)
{
	struct gdb_point *p = *link;

	*link = p->next;
	enum err rc = remove_from_target(s, p);

	free(p);
	return rc;
}

static enum err packet_z(struct gdb_session *s, struct rsp_args *args)
{
	struct gdb_point wanted = { 0 };

	TRY(take_point(args, &wanted));
	for (struct gdb_point **link = &s->points; *link != NULL; link = &(*link)->next) {
		if ((*link)->type == wanted.type && (*link)->addr == wanted.addr &&
		    (*link)->kind == wanted.kind) {
			TRY(forget(s, link));
			break;
		}
	}
	gdb_reply_ok(s);
	return OK;
}

void points_remove_all(struct gdb_session *s)
{
	while (s->points != NULL) {
		if (forget(s, &s->points) != OK)
			log_failure();
	}
}

const struct gdb_packet point_packets[] = {
	{ "Z", MATCH_PREFIX, packet_Z },
	{ "z", MATCH_PREFIX, packet_z },
	{ NULL, MATCH_WHOLE, NULL }
};
