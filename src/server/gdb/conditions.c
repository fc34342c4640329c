/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Conditions of breakpoints, evaluated here (GDB manual, "Packets", Z0: cond_list). A breakpoint whose
 * conditions are all false is passed without a word to GDB: its packets and its round trip to the
 * person's machine are what makes `break f if n == 1000` slow. GDB looks at the condition once more when it
 * is told of a stop, so a stop too many does no harm; one too few would. Hence: what cannot be evaluated
 * stops, and so does a breakpoint that anybody else wants without a condition.
 */
#include <stdlib.h>

#include "server/gdb/agent.h"
#include "server/gdb/packets.h"

void conditions_free(struct gdb_point *p)
{
	while (p->conditions != NULL) {
		struct gdb_condition *c = p->conditions;

		p->conditions = c->next;
		free(c->code);
		free(c);
	}
}

/* "len,expr": bytes in hex. */
static bool take_one(struct rsp_args *args, struct gdb_condition **last)
{
	uint32_t n;

	if (!rsp_take_hex(args, &n) || !rsp_take_char(args, ',') || n > rsp_left(args) / 2)
		return false;
	struct gdb_condition *c = xcalloc(1, sizeof(*c));

	c->code = xcalloc(1, MAX(n, 1u));
	c->n = n;
	*last = c;
	if (!hex_decode(c->code, args->at, 2 * (size_t)n))
		return false;
	args->at += 2 * (size_t)n;
	return true;
}

/* GDB writes one ';' before the first, the manual one before each. */
bool conditions_take(struct rsp_args *args, struct gdb_point *p)
{
	struct gdb_condition **last = &p->conditions;
	bool has_more = rsp_take_char(args, ';');

	while (has_more && rsp_take_char(args, 'X')) {
		if (!take_one(args, last))
			return false;
		last = &(*last)->next;
		rsp_take_char(args, ';');
	}
	return rsp_at_end(args);
}

static bool read_memory(void *ctx, uint32_t addr, uint8_t *dst, size_t n)
{
	if (target_read_bytes(ctx, addr, dst, n, NULL) == OK)
		return true;
	error_clear();
	return false;
}

static bool read_register(void *ctx, unsigned number, uint64_t *value)
{
	struct target *t = ctx;

	for (size_t i = 0; i < t->reg_count; i++) {
		if (t->regs[i].number != number || t->regs[i].feature == NULL)
			continue;
		if (target_get_reg(t, &t->regs[i], value) == OK)
			return true;
		error_clear();
	}
	return false;
}

/* Told once: the next hit fails for the same reason. */
static void tell_failure(struct gdb_session *s, struct gdb_condition *c, uint32_t addr, const char *why)
{
	s->server->conditions.failed++;
	if (!c->is_failure_told)
		log_info("gdb: the condition of the breakpoint at 0x%08x cannot be evaluated (%s): "
			 "the program stops there",
			 addr, why);
	c->is_failure_told = true;
}

/* Several conditions: one that holds is enough. */
static bool wants_stop(struct gdb_session *s, const struct gdb_point *p)
{
	const struct agent_world world = { read_memory, read_register, s->target };

	if (p->conditions == NULL)
		return true;
	for (struct gdb_condition *c = p->conditions; c != NULL; c = c->next) {
		struct agent_result r = agent_run(c->code, c->n, &world);

		s->server->conditions.evaluated++;
		if (r.verdict == AGENT_FAILED)
			tell_failure(s, c, p->addr, r.why);
		if (r.verdict == AGENT_FAILED || r.value != 0)
			return true;
	}
	return false;
}

bool conditions_all_false(struct gdb_server *server, struct target *t, uint32_t pc)
{
	bool is_known = false, is_wanted = false, is_gdbs = false;

	for (struct gdb_session *s = server->sessions; s != NULL && !is_wanted; s = s->next) {
		for (struct gdb_point *p = s->target == t ? s->points : NULL;
		     p != NULL && !is_wanted; p = p->next) {
			if (p->addr != pc || !point_is_break(p))
				continue;
			is_known = true;
			is_gdbs |= p->is_ours;
			is_wanted = wants_stop(s, p);
		}
	}
	/* One that no GDB has put into the target is the console's, and has no condition. */
	return is_known && is_gdbs && !is_wanted;
}

bool conditions_let_pass(void *ctx, struct target *t)
{
	struct gdb_server *server = ctx;
	uint32_t pc;

	if (t->reason != HALT_BREAKPOINT || server->sessions == NULL)
		return false;
	if (target_get_reg32(t, "pc", &pc) != OK) {
		error_clear();
		return false;
	}
	if (!conditions_all_false(server, t, pc))
		return false;
	server->conditions.passed++;
	return true;
}
