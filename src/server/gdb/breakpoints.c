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

bool point_is_break(const struct gdb_point *p)
{
	return !is_watch(p->type);
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

/* "t,addr,kind" and conditions. Commands, which were not offered, are an error. */
static enum err take_point(struct rsp_args *args, struct gdb_point *p)
{
	uint32_t type;

	if (!rsp_take_hex(args, &type) || !rsp_take_char(args, ',') ||
	    !rsp_take_pair(args, &p->addr, ',', &p->kind))
		return gdb_malformed("Z");
	p->type = type;
	if (conditions_take(args, p))
		return OK;
	conditions_free(p);
	return gdb_malformed("Z");
}

/* A breakpoint is known by its place alone: LLDB sets with kind 2 and removes with kind 4. */
static bool is_same(const struct gdb_point *a, const struct gdb_point *b)
{
	return a->type == b->type && a->addr == b->addr && (!is_watch(a->type) || a->kind == b->kind);
}

static struct gdb_point *find_point(struct gdb_session *s, const struct gdb_point *wanted)
{
	for (struct gdb_point *p = s->points; p != NULL; p = p->next) {
		if (is_same(p, wanted))
			return p;
	}
	return NULL;
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
	else if (rc == ERR_NO_BREAKPOINT)	/* GDB says only that there may be too many */
		console_note(s, "%s", error_text(error_current()));
	return rc;
}

/* One that is there already gets the conditions of the packet: none, if it names none. */
static enum err insert_or_change(struct gdb_session *s, struct gdb_point *p)
{
	struct gdb_point *there = find_point(s, p);
	enum err rc = OK;

	if (there == NULL) {
		rc = insert(s, p);
		if (rc != OK)
			conditions_free(p);
		return rc;
	}
	conditions_free(there);
	there->conditions = p->conditions;
	return OK;
}

static enum err packet_Z(struct gdb_session *s, struct rsp_args *args)
{
	struct gdb_point p = { 0 };

	TRY(take_point(args, &p));
	if (p.type >= POINT_TYPES) {
		conditions_free(&p);
		gdb_reply(s, "", 0);
		return OK;
	}
	if (is_watch(p.type) && (p.kind == 0 || p.conditions != NULL)) {
		conditions_free(&p);
		return gdb_malformed("Z");	/* empty would take the whole type from GDB */
	}
	TRY(insert_or_change(s, &p));
	gdb_reply_ok(s);
	return OK;
}

static enum err forget(struct gdb_session *s, struct gdb_point **link)
{
	struct gdb_point *p = *link;

	*link = p->next;
	enum err rc = remove_from_target(s, p);

	conditions_free(p);
	free(p);
	return rc;
}

static enum err packet_z(struct gdb_session *s, struct rsp_args *args)
{
	struct gdb_point wanted = { 0 };

	TRY(take_point(args, &wanted));
	conditions_free(&wanted);
	if (wanted.type >= POINT_TYPES) {
		gdb_reply(s, "", 0);
		return OK;
	}
	for (struct gdb_point **link = &s->points; *link != NULL; link = &(*link)->next) {
		if (is_same(*link, &wanted)) {
			TRY(forget(s, link));
			break;
		}
	}
	gdb_reply_ok(s);
	return OK;
}

void points_describe(const struct gdb_session *s, const struct target *t, struct buf *out)
{
	static const char *const words[POINT_TYPES] = { "break", "hbreak", "watch", "rwatch", "awatch" };

	for (const struct gdb_point *p = s->target == t ? s->points : NULL; p != NULL; p = p->next) {
		unsigned conditions = 0;

		for (const struct gdb_condition *c = p->conditions; c != NULL; c = c->next)
			conditions++;
		buf_printf(out, "gdb on port %u: %s 0x%08x", s->port, words[p->type], p->addr);
		if (is_watch(p->type))
			buf_printf(out, ", %u bytes", p->kind);
		if (conditions > 0)
			buf_printf(out, ", %u condition%s", conditions, conditions == 1 ? "" : "s");
		buf_putc(out, '\n');
	}
}

void points_remove_all(struct gdb_session *s)
{
	while (s->points != NULL) {
		if (forget(s, &s->points) != OK)
			gdb_log_failure(s);
	}
}

const struct gdb_packet point_packets[] = {
	{ "Z", MATCH_PREFIX, packet_Z },
	{ "z", MATCH_PREFIX, packet_z },
	{ NULL, MATCH_WHOLE, NULL }
};
