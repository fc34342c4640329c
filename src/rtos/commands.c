/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verbs: rtos threads, rtos info, rtos symbols; ps is `rtos threads` for people. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "rtos/rtos_priv.h"

#define STATE_WIDTH   36		/* columns of the table, at least */
#define LEAST_STACK   64u		/* bytes: what `rtos check` wants to be left */

struct rtos_room {
	struct target_list *targets;
};

/* ERR_ARGUMENT with what to configure. */
static enum err call_rtos(struct call *c, struct rtos **os)
{
	struct rtos_room *room = c->user;
	struct target *t;

	TRY(target_current(room->targets, &t));
	*os = rtos_of(t);
	if (*os != NULL)
		return OK;
	error_why(ERR_RTOS, "%s is configured without an RTOS that is known (-rtos %s)", t->name,
		  t->rtos != NULL ? t->rtos : "none");
	return error_next(ERR_RTOS, "run \"%s configure -rtos auto\"", t->name);
}

static enum err call_kernel(struct call *c, struct rtos **os)
{
	TRY(call_rtos(c, os));
	TRY(rtos_update(*os));
	if ((*os)->type != NULL)
		return OK;
	error_why(ERR_RTOS, "no kernel is found on %s: its variables' addresses are not known",
		  (*os)->target->name);
	return error_next(ERR_RTOS, "connect a GDB that has the program's ELF file, or run \"rtos symbols "
			  "FILE.elf\"");
}

/* Where it is, and of what stack: of the running one only if the core stands. */
static void say_place(struct rtos *os, const struct rtos_thread *thread, char *pc, size_t size)
{
	struct rtos_context context;
	uint32_t value;

	snprintf(pc, size, "-");
	if (thread->is_current) {
		if (os->target->state == TARGET_HALTED && target_get_reg32(os->target, "pc", &value) == OK)
			snprintf(pc, size, "0x%08x", value);
	} else if (rtos_context(os, thread, &context) == OK) {
		snprintf(pc, size, "0x%08x", context.places[RTOS_PC].value & ~1u);
	}
	error_clear();
}

static void say_thread(struct call *c, struct rtos *os, const struct rtos_thread *thread, int width)
{
	char id[16], pc[16], priority[16] = "-", unused[16] = "-", place[80] = "";
	uint32_t bytes;

	snprintf(id, sizeof(id), "0x%08x", thread->id);
	say_place(os, thread, pc, sizeof(pc));
	if (thread->has_priority)
		snprintf(priority, sizeof(priority), "%d", thread->priority);
	if (rtos_headroom(os, thread, &bytes))
		snprintf(unused, sizeof(unused), "%u", bytes);
	if (pc[0] != '-')
		symbols_describe(os->target->symbols, (uint32_t)strtoul(pc, NULL, 16), place,
				 sizeof(place));
	result_printf(c, "%c %-10s %-20s %-*s %4s %8s %s%s%s\n", thread->is_current ? '*' : ' ', id,
		      thread->name, width, thread->state, priority, unused, pc,
		      place[0] != '\0' ? " " : "", place);
}

static void say_table(struct call *c, struct rtos *os)
{
	int width = STATE_WIDTH;

	for (size_t i = 0; i < os->count; i++)
		width = MAX(width, (int)strlen(os->threads[i].state));
	result_printf(c, "  %-10s %-20s %-*s %4s %8s %s\n", "id", "name", width, "state", "prio", "unused",
		      "pc");
	for (size_t i = 0; i < os->count; i++)
		say_thread(c, os, &os->threads[i], width);
	if (os->damage[0] != '\0')
		result_printf(c, "not all could be read: %s\n", os->damage);
}

static enum err cmd_threads(struct call *c)
{
	struct rtos *os;

	TRY(call_kernel(c, &os));
	say_table(c, os);
	return OK;
}

/* For people: text on the console, not a result. */
static enum err cmd_ps(struct call *c)
{
	struct rtos_room *room = c->user;
	struct target *t;
	struct rtos *os;

	TRY(target_current(room->targets, &t));
	if (rtos_of(t) == NULL) {
		log_user("%s: no RTOS is configured, there is one thread", t->name);
		return OK;
	}
	TRY(call_kernel(c, &os));
	say_table(c, os);
	log_user("%.*s", (int)c->out->len - 1, (const char *)c->out->data);
	buf_clear(c->out);
	return OK;
}

static enum err cmd_info(struct call *c)
{
	struct rtos *os;
	const struct rtos_thread *current;
	char text[24];

	TRY(call_kernel(c, &os));
	current = rtos_current(os);
	result_dict(c, "rtos", os->type->name);
	snprintf(text, sizeof(text), "%zu", os->count);
	result_dict(c, "threads", text);
	snprintf(text, sizeof(text), "0x%08x", current != NULL ? current->id : 0);
	result_dict(c, "current", text);
	result_dict(c, "name", current != NULL ? current->name : "");
	result_dict(c, "damage", os->damage);
	for (size_t i = 0; i < os->origin_count; i++)
		result_dict(c, os->origins[i].what, os->origins[i].from);
	return OK;
}

static enum err cmd_check(struct call *c)
{
	uint32_t limit = LEAST_STACK;
	struct rtos *os;

	if (c->argc > 1)
		TRY(arg_u32(c, 1, &limit));
	TRY(call_kernel(c, &os));
	rtos_check(os, limit, c->out);
	return OK;
}

static enum err cmd_symbols(struct call *c)
{
	struct rtos *os;
	uint32_t addr;
	const struct rtos_type *type;
	size_t found;

	TRY(call_rtos(c, &os));
	if (c->argc > 1) {
		char *path = script_find(c->script, c->argv[1]);

		if (path == NULL)
			return error_current()->code;
		enum err rc = rtos_read_symbols(os, path, &found);

		free(path);
		TRY(rc);
	}
	for (size_t i = 0; (type = rtos_candidate(os, i)) != NULL; i++) {
		for (const struct rtos_symbol *s = type->symbols; s->name != NULL; s++) {
			char text[16];

			if (!rtos_symbol(os, s->name, &addr))
				continue;
			snprintf(text, sizeof(text), "0x%08x", addr);
			result_dict(c, s->name, text);
		}
	}
	return OK;
}

static const struct command rtos_commands[] = {
	{ "rtos threads", STAGE_EXEC, 0, 0, "", cmd_threads,
	  "The threads of the kernel on the current target: control block, name, state, priority as the "
	  "kernel counts, bytes of stack that were never used, PC. * marks the one that runs." },
	{ "rtos info", STAGE_EXEC, 0, 0, "", cmd_info,
	  "The kernel that was found, how many threads it has and which one runs, as a dict; damage says "
	  "what is wrong with its lists, if anything; lists, tcb and priorities where those numbers come "
	  "from." },
	{ "rtos check", STAGE_EXEC, 0, 1, "?bytes?", cmd_check,
	  "Looks for stacks that have overflowed or of which less than so many bytes (64) were never used, "
	  "for damaged lists, and for threads that wait for each other's mutexes. A sentence for each." },
	{ "rtos symbols", STAGE_EXEC, 0, 1, "?file?", cmd_symbols,
	  "Reads the addresses of the kernel's variables from the symbol table of an ELF file, for work "
	  "without GDB. Returns what is known, as a dict." },
	{ "ps", STAGE_EXEC, 0, 0, "", cmd_ps,
	  "The threads of the RTOS as a table; without one a line that says so." },
	{ NULL, STAGE_ANY, 0, 0, NULL, NULL, NULL }
};

struct rtos_room *rtos_room_new(struct target_list *targets)
{
	struct rtos_room *room = xcalloc(1, sizeof(*room));

	room->targets = targets;
	script_register(targets->script, rtos_commands, room);
	return room;
}

void rtos_room_free(struct rtos_room *room)
{
	for (struct target *t = room->targets->first; t != NULL; t = t->next)
		rtos_free(t);
	free(room);
}
