/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `target ...`, `targets`, and what every target's own command can do. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "target/target_list.h"

struct target_list *call_list(struct call *c)
{
	const struct verb_scope *scope = c->user;

	return scope->list;
}

enum err call_target(struct call *c, struct target **t)
{
	const struct verb_scope *scope = c->user;

	if (scope->target != NULL) {
		*t = scope->target;
		return OK;
	}
	return target_current(scope->list, t);
}

enum err call_examined_target(struct call *c, struct target **t)
{
	TRY(call_target(c, t));
	return target_check_examined(*t);
}

enum err call_halted_target(struct call *c, struct target **t)
{
	TRY(call_target(c, t));
	return target_check_halted(*t, c->row->name);
}

/* Below a target's name stand its own verbs and all that act on the current target. */
enum err target_object_register(struct target *t)
{
	static const struct command *const tables[] = {
		object_commands, configure_commands, run_shared_commands, memory_commands,
		register_commands, arm_commands, semihosting_commands, debug_bits_commands,
	};
	struct script *script = t->list->script;

	t->own->scope = xcalloc(1, sizeof(*t->own->scope));
	*t->own->scope = (struct verb_scope){ t->list, t };
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		TRY(script_register_object(script, t->name, "target", tables[i], t->own->scope));
	if (t->type->commands != NULL)
		TRY(script_register_object(script, t->name, "target", t->type->commands,
					   t->own->scope));
	return room_verbs_register(t);
}

void command_rows_register(struct target_list *list)
{
	static const struct command *const tables[] = {
		target_commands, run_commands, run_shared_commands, memory_commands, image_commands,
		register_commands, breakpoint_commands, arm_commands, profile_commands,
		semihosting_commands, debug_bits_commands, symbol_commands,
	};

	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		script_register(list->script, tables[i], &list->own->scope);
	script_register(list->script, cortex_m_type.commands, &list->own->scope);
}

/* Scripts of OpenOCD 0.10 and for hla name the TAP only: a DAP is made for it. */
static enum err dap_for_chain(struct target *t)
{
	char *command, *name;
	enum err rc;

	if (t->dap != NULL)
		return OK;
	if (t->own->chain_position == NULL) {
		error_why(ERR_ARGUMENT, "target %s has no -dap", t->name);
		return error_next(ERR_ARGUMENT, "add -dap NAME; \"dap names\" lists them");
	}
	if (strcmp(t->own->type_name, "hla_target") != 0)
		log_warning("%s: -chain-position without -dap: a DAP is created for %s", t->name,
			    t->own->chain_position);
	name = xasprintf("%s.dap", t->own->chain_position);
	t->dap = dap_find(t->list->daps, name);
	if (t->dap == NULL) {
		command = xasprintf("dap create {%s} -chain-position {%s}", name,
				    t->own->chain_position);
		rc = script_eval(t->list->script, script_origin(t->list->script), command, NULL, 0,
				 NULL);
		free(command);
		t->dap = rc == OK ? dap_find(t->list->daps, name) : NULL;
	} else {
		rc = OK;
	}
	free(name);
	return rc;
}

static enum err cmd_create(struct call *c)
{
	struct target_list *list = call_list(c);
	struct target *before = list->current, *t;

	TRY(target_create(list, c->argv[1], c->argv[2], &t));
	enum err rc = target_configure(c, t, 3);

	if (rc == OK)
		rc = dap_for_chain(t);
	if (rc == OK)
		rc = target_object_register(t);
	if (rc != OK) {
		target_discard(t);
		list->current = before;
		return rc;
	}
	result_printf(c, "%s", t->name);
	return OK;
}

static enum err cmd_names(struct call *c)
{
	for (struct target *t = call_list(c)->first; t != NULL; t = t->next)
		result_append(c, t->name);
	return OK;
}

static enum err cmd_types(struct call *c)
{
	result_append(c, "cortex_m");
	result_append(c, "hla_target");
	result_append(c, "mem_ap");
	return OK;
}

static enum err cmd_current(struct call *c)
{
	struct target *t;

	TRY(target_current(call_list(c), &t));
	result_printf(c, "%s", t->name);
	return OK;
}

static enum err cmd_nothing(struct call *c)
{
	(void)c;
	return OK;
}

static enum err cmd_smp(struct call *c)
{
	return group_set(call_list(c), c->argc - 1, c->argv + 1);
}

/* Of the target's group, without forgetting who is in it. */
static enum err cmd_smp_switch(struct call *c)
{
	struct target *t;
	bool on;

	TRY(call_target(c, &t));
	if (t->own->group == 0) {
		error_why(ERR_STAGE, "%s is in no group", t->name);
		return error_next(ERR_STAGE, "name its members with \"target smp\" first");
	}
	if (c->argc > 1) {
		TRY(arg_bool(c, 1, &on));
		group_switch(t, on);
	}
	result_printf(c, "%s", t->own->group_is_off ? "off" : "on");
	return OK;
}

static const char *tap_name(const struct target *t)
{
	if (t->own->chain_position != NULL)
		return t->own->chain_position;
	return t->dap != NULL && t->dap->tap != NULL ? t->dap->tap->name : t->name;
}

static enum err cmd_targets(struct call *c)
{
	struct target_list *list = call_list(c);
	struct target *current = NULL;
	int number = 0;

	if (c->argc == 2) {
		struct target *t = target_find(list, c->argv[1]);

		if (t == NULL) {
			error_why(ERR_NOT_FOUND, "Target: %s is unknown", c->argv[1]);
			return error_next(ERR_NOT_FOUND,
					  "try one of the names in \"target names\"");
		}
		target_select(list, t);
		return OK;
	}
	if (list->first != NULL)
		TRY(target_current(list, &current));
	result_printf(c,
		      "    TargetName         Type       Endian TapName            State       \n"
		      "--  ------------------ ---------- ------ ------------------ ------------\n");
	for (struct target *t = list->first; t != NULL; t = t->next)
		result_printf(c, "%2d%c %-18s %-10s %-6s %-18s %s\n", number++,
			      t == current ? '*' : ' ', t->name, t->type->name, "little",
			      tap_name(t), target_state_name(t));
	return OK;
}

static enum err cmd_curstate(struct call *c)
{
	struct target *t;

	TRY(call_target(c, &t));
	result_printf(c, "%s", target_state_name(t));
	return OK;
}

static enum err cmd_was_examined(struct call *c)
{
	struct target *t;

	TRY(call_target(c, &t));
	result_bool(c, t->examined);
	return OK;
}

static enum err cmd_examine_deferred(struct call *c)
{
	struct target *t;

	TRY(call_target(c, &t));
	result_bool(c, t->defer_examine);
	return OK;
}

static enum err cmd_eventlist(struct call *c)
{
	struct target *t;
	int number = 0;

	TRY(call_target(c, &t));
	for (struct target *i = t->list->first; i != t; i = i->next)
		number++;
	result_printf(c, "Event actions for target (%d) %s\n\n%-25s | Body\n", number, t->name,
		      "Event");
	result_printf(c, "------------------------- | ----------------------------------------\n");
	for (unsigned i = 0; i < EVENT_COUNT; i++) {
		if (t->own->handlers[i] != NULL)
			result_printf(c, "%-25s | %s\n", target_event_name((enum target_event)i),
				      t->own->handlers[i]);
	}
	result_printf(c, "***END***\n");
	return OK;
}

static enum err cmd_debug_reason(struct call *c)
{
	struct target *t;

	TRY(call_target(c, &t));
	result_printf(c, "%s", t->state == TARGET_HALTED ? target_reason_name(t->reason)
							 : "target-not-halted");
	return OK;
}

static enum err cmd_arp_examine(struct call *c)
{
	struct target *t;

	TRY(call_target(c, &t));
	if (c->argc == 2) {
		if (strcmp(c->argv[1], "allow-defer") != 0)
			return arg_usage(c);
		if (t->defer_examine && !t->was_examined)
			return OK;
	}
	return target_examine(t);
}

static enum err cmd_arp_poll(struct call *c)
{
	struct target *t;

	TRY(call_target(c, &t));
	return target_poll(t);
}

static enum err cmd_arp_halt(struct call *c)
{
	struct target *t;

	TRY(call_target(c, &t));
	return target_halt(t);
}

static enum err cmd_arp_halt_gdb(struct call *c)
{
	struct target *t;

	TRY(call_target(c, &t));
	target_call_event(t, EVENT_GDB_HALT);
	return OK;
}

static enum err cmd_arp_reset(struct call *c)
{
	static const char *const words[] = { "assert", "deassert", NULL };
	struct target *t;
	bool halt;
	int which;

	TRY(call_target(c, &t));
	TRY(arg_word(c, 1, words, &which));
	TRY(arg_bool(c, 2, &halt));
	TRY(target_check_free(t, "reset"));
	t->memory_epoch++;
	return which == 0 ? t->type->assert_reset(t, halt ? RESET_HALT : RESET_RUN)
			  : t->type->deassert_reset(t, halt ? RESET_HALT : RESET_RUN);
}

static enum err cmd_arp_waitstate(struct call *c)
{
	static const char *const words[] = { "unknown",	      "running",     "halted", "reset",
					     "debug-running", "unavailable", NULL };
	struct target *t;
	uint32_t timeout;
	int which;

	TRY(call_target(c, &t));
	TRY(arg_word(c, 1, words, &which));
	TRY(arg_u32(c, 2, &timeout));
	return target_wait_state(t, (enum target_state)which, timeout);
}

static enum err cmd_invoke_event(struct call *c)
{
	enum target_event event;
	struct target *t;

	TRY(call_target(c, &t));
	if (!target_event_parse(c->argv[1], &event))
		return error_why(ERR_ARGUMENT, "unknown event \"%s\"", c->argv[1]);
	target_call_event(t, event);
	return OK;
}

static enum err cmd_request(struct call *c)
{
	static const char *const words[] = { "disable", "enable", "charmsg", NULL };
	int word = 0;

	if (c->argc > 1)
		TRY(arg_word(c, 1, words, &word));
	if (word != 0)
		log_warning("messages through DCRDR are not received: let the program print by RTT, SWO "
			    "or semihosting");
	result_printf(c, "receiving debug messages from current target disabled\n");
	return OK;
}

const struct command target_commands[] = {
	{ "target create", STAGE_CONFIG, 2, -1, "name type (-option value)*", cmd_create,
	  "Declares a core (cortex_m, hla_target) or a bare access port (mem_ap) and makes it "
	  "current. Options: -dap -ap-num -event -work-area-phys -work-area-virt -work-area-size "
	  "-work-area-backup -endian -coreid -chain-position -dbgbase -rtos -defer-examine "
	  "-gdb-port -gdb-max-connections -on-exit (run, halt or leave: how the core stands when "
	  "the daemon ends) -debug-bits (the policy of \"debug_bits policy\"). Returns the name, "
	  "which is also the target's own command." },
	{ "target names", STAGE_ANY, 0, 0, "", cmd_names, "All targets, as a list." },
	{ "target types", STAGE_ANY, 0, 0, "", cmd_types, "The types \"target create\" knows." },
	{ "target current", STAGE_ANY, 0, 0, "", cmd_current, "The target commands act on." },
	{ "target init", STAGE_ANY, 0, 0, "", cmd_nothing, "Part of \"init\"." },
	{ "target smp", STAGE_ANY, 0, -1, "name ...", cmd_smp,
	  "Makes the cores a group: halted and resumed together. Each keeps its own GDB port." },
	{ "smp", STAGE_ANY, 0, 1, "?on|off?", cmd_smp_switch,
	  "Whether the current target halts and runs with the others of its group." },
	{ "targets", STAGE_ANY, 0, 1, "?name?", cmd_targets,
	  "Shows all targets with their state, or makes one current." },
	{ "target_request debugmsgs", STAGE_EXEC, 0, 1, "?enable|charmsg|disable?", cmd_request,
	  "Messages through DCRDR are not supported." },
	{ 0 }
};

const struct command object_commands[] = {
	{ "curstate", STAGE_EXEC, 0, 0, "", cmd_curstate, "running, halted, reset, unknown, ..." },
	{ "was_examined", STAGE_ANY, 0, 0, "", cmd_was_examined, "1 if the core was identified." },
	{ "examine_deferred", STAGE_ANY, 0, 0, "", cmd_examine_deferred, "1 with -defer-examine." },
	{ "eventlist", STAGE_ANY, 0, 0, "", cmd_eventlist, "The handlers set with -event." },
	{ "smp", STAGE_ANY, 0, 1, "?on|off?", cmd_smp_switch,
	  "Whether it halts and runs with the others of its group." },
	{ "debug_reason", STAGE_EXEC, 0, 0, "", cmd_debug_reason, "Why the core is halted." },
	{ "arp_examine", STAGE_EXEC, 0, 1, "?allow-defer?", cmd_arp_examine,
	  "Identifies the core." },
	{ "arp_poll", STAGE_EXEC, 0, 0, "", cmd_arp_poll, "Looks at the core once." },
	{ "arp_halt", STAGE_EXEC, 0, 0, "", cmd_arp_halt, "Halts the core." },
	{ "arp_halt_gdb", STAGE_EXEC, 0, 0, "", cmd_arp_halt_gdb, "Runs the gdb-halt handler." },
	{ "arp_reset", STAGE_EXEC, 2, 2, "assert|deassert halt", cmd_arp_reset,
	  "One half of a reset of this core, without events." },
	{ "arp_waitstate", STAGE_EXEC, 2, 2, "state ms", cmd_arp_waitstate, "Waits for a state." },
	{ "invoke-event", STAGE_EXEC, 1, 1, "event", cmd_invoke_event,
	  "Runs an event's handlers: gdb-start, gdb-end, gdb-attach, gdb-detach, gdb-halt, halted, "
	  "resumed, resume-start, resume-end, step-start, step-end, reset-start, reset-assert-pre, "
	  "reset-assert, reset-assert-post, reset-deassert-pre, reset-deassert-post, reset-init, "
	  "reset-end, examine-start, examine-end, examine-fail, debug-halted, debug-resumed, "
	  "gdb-flash-erase-start, gdb-flash-erase-end, gdb-flash-write-start, gdb-flash-write-end, "
	  "trace-config, semihosting-user-cmd-0x100 to 0x107." },
	{ 0 }
};
