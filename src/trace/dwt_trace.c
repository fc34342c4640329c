/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `dwt trace`: variables that tell the trace when they are touched. */
#include "target/data_trace.h"
#include "target/room_verbs.h"
#include "trace/swo_priv.h"

static enum err cmd_trace(struct call *c)
{
	static const char *const accesses[] = { [WATCH_READ] = "r", [WATCH_WRITE] = "w",
						[WATCH_ACCESS] = "rw", NULL };
	static const char *const whats[] = {
		[DATA_TRACE_VALUE] = "value", [DATA_TRACE_PC] = "pc", [DATA_TRACE_PC_VALUE] = "pc_value",
		[DATA_TRACE_ADDRESS] = "address", NULL
	};
	struct swo_room *room = room_verb_user(c);
	struct data_trace trace = { .size = 4 };
	int access = WATCH_ACCESS, what = DATA_TRACE_VALUE;
	unsigned comparator = 0;
	struct itm_setup *s;
	struct target *t;

	TRY(arg_u32(c, 1, &trace.addr));
	if (c->argc > 2)
		TRY(arg_u32(c, 2, &trace.size));
	if (c->argc > 3)
		TRY(arg_word(c, 3, accesses, &access));
	if (c->argc > 4)
		TRY(arg_word(c, 4, whats, &what));
	trace.access = (enum watch_kind)access;
	trace.what = (enum data_trace_what)what;
	TRY(room_verb_target(c, &t));
	TRY(target_add_data_trace(t, &trace, &comparator));
	/* The packets go through the ITM. */
	s = itm_setup_of(room, t);
	s->is_used = true;
	if (comparator < SWO_COMPARATORS)
		s->traced[comparator] = trace.addr;
	TRY(itm_setup_write(s));
	result_int(c, comparator);
	return OK;
}

uint32_t dwt_traced_address(const struct swo_stream *s, unsigned comparator)
{
	const struct itm_setup *i = s->room->itms;

	while (i != NULL && i->target != s->target)
		i = i->next;
	return i != NULL && comparator < SWO_COMPARATORS ? i->traced[comparator] : 0;
}

static enum err cmd_untrace(struct call *c)
{
	struct target *t;
	uint32_t addr = 0;

	TRY(room_verb_target(c, &t));
	if (c->argc > 1)
		TRY(arg_u32(c, 1, &addr));
	return target_remove_data_trace(t, c->argc > 1 ? &addr : NULL);
}

const struct command dwt_commands[] = {
	{ "dwt trace", STAGE_EXEC, 1, 4, "address ?size? ?r|w|rw? ?value|pc|pc_value|address?", cmd_trace,
	  "Trace accesses to a variable (4 bytes, rw and value unless told) with a comparator of "
	  "the DWT, without halting. Returns the comparator's number, which its packets carry." },
	{ "dwt untrace", STAGE_EXEC, 0, 1, "?address?", cmd_untrace,
	  "End the trace of this variable, or of all." },
	{ 0 }
};
