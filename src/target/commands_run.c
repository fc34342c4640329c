/* SPDX-License-Identifier: GPL-2.0-or-later */
/* halt, resume, step, reset, polling. */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "target/target_priv.h"

#define HALT_WAIT_MS 5000u

static enum err wait_halted(struct target *t, uint32_t ms)
{
	enum err rc = target_wait_state(t, TARGET_HALTED, ms);

	return rc == ERR_TIMEOUT ? error_why(ERR_HALT_TIMEOUT,
					     "timed out while waiting for target halted")
				 : rc;
}

/* With connect_assert_srst `init` leaves the chip held in reset, where no core halts and GDB, which would
 * be told of no flash then, halts first. */
static bool held_since_connect(const struct target *t)
{
	const struct adapter *adapter = t->list->adapter;

	return adapter->srst && (adapter->reset_config & RESET_CONNECT_UNDER_SRST);
}

static enum err cmd_halt(struct call *c)
{
	uint32_t ms = HALT_WAIT_MS;
	struct target *t;

	TRY(call_examined_target(c, &t));
	if (c->argc == 2)
		TRY(arg_u32(c, 1, &ms));
	if (held_since_connect(t)) {
		log_info("[%s] was held in reset (connect_assert_srst): "
			 "released, to halt at its first instruction", t->name);
		return target_reset(t->list, RESET_HALT);
	}
	if (t->state != TARGET_RUNNING)	/* it may be old news */
		TRY(target_poll(t));
	TRY(target_halt(t));
	return ms > 0 && t->state != TARGET_HALTED ? wait_halted(t, ms) : OK;
}

static enum err cmd_wait_halt(struct call *c)
{
	uint32_t ms = HALT_WAIT_MS;
	struct target *t;

	TRY(call_examined_target(c, &t));
	if (c->argc == 2)
		TRY(arg_u32(c, 1, &ms));
	return wait_halted(t, ms);
}

/* Some tools print addresses with 16 digits. */
static enum err optional_address(struct call *c, uint32_t *addr, const uint32_t **pc)
{
	uint64_t value;

	*pc = NULL;
	if (c->argc < 2)
		return OK;
	TRY(arg_u64(c, 1, &value));
	if (value > UINT32_MAX)
		return error_why(ERR_ARGUMENT, "address %s is above 4 GiB", c->argv[1]);
	*addr = (uint32_t)value;
	*pc = addr;
	return OK;
}

static enum err cmd_resume(struct call *c)
{
	const uint32_t *pc;
	struct target *t;
	uint32_t addr;

	TRY(call_examined_target(c, &t));
	TRY(optional_address(c, &addr, &pc));
	return target_resume(t, pc, true, false);
}

static enum err cmd_step(struct call *c)
{
	const uint32_t *pc;
	struct target *t;
	uint32_t addr;

	TRY(call_examined_target(c, &t));
	TRY(optional_address(c, &addr, &pc));
	return target_step(t, pc, true);
}

static enum err mode_argument(struct call *c, enum reset_mode *mode)
{
	static const char *const words[] = { [RESET_RUN] = "run", [RESET_HALT] = "halt",
					     [RESET_INIT] = "init", NULL };
	int which = RESET_RUN;

	if (c->argc == 2)
		TRY(arg_word(c, 1, words, &which));
	*mode = (enum reset_mode)which;
	return OK;
}

static enum err cmd_reset(struct call *c)
{
	enum reset_mode mode;

	TRY(mode_argument(c, &mode));
	return target_reset(call_list(c), mode);
}

static enum err cmd_process_reset_inner(struct call *c)
{
	enum reset_mode mode;

	TRY(mode_argument(c, &mode));
	return target_reset_steps(call_list(c), mode);
}

static enum err cmd_poll(struct call *c)
{
	struct target_list *list = call_list(c);
	bool on;

	if (c->argc == 2) {
		TRY(arg_bool(c, 1, &on));
		if (on)
			poll_start(list);
		else
			poll_stop(list);
		return OK;
	}
	result_printf(c, "background polling: %s\n", list->is_polling ? "on" : "off");
	for (struct target *t = list->first; t != NULL; t = t->next) {
		result_printf(c, "TAP: %s (enabled)\n",
			      t->dap != NULL && t->dap->tap != NULL ? t->dap->tap->name : t->name);
		if (t->examined)
			TRY(target_poll(t));
	}
	return OK;
}

static enum err cmd_poll_interval(struct call *c)
{
	struct target_list *list = call_list(c);
	uint32_t ms;

	if (c->argc == 2) {
		TRY(arg_u32(c, 1, &ms));
		if (ms == 0 || ms > 60000)
			return error_why(ERR_ARGUMENT, "the poll interval is 1 to 60000 ms");
		list->own->poll_interval_ms = ms;
		for (struct target *t = list->first; t != NULL; t = t->next)
			poll_soon(t);
		return OK;
	}
	result_printf(c, "%u\n", list->own->poll_interval_ms);
	return OK;
}

const struct command run_commands[] = {
	{ "reset", STAGE_EXEC, 0, 1, "?run|halt|init?", cmd_reset,
	  "Resets all targets: run (the default) lets them go, halt stops them at their first "
	  "instruction, init then runs the reset-init handlers." },
	{ "ocd_process_reset_inner", STAGE_EXEC, 1, 1, "run|halt|init", cmd_process_reset_inner,
	  "The steps of \"reset\"." },
	{ "poll", STAGE_EXEC, 0, 1, "?on|off?", cmd_poll,
	  "Looks at all targets, or switches polling." },
	{ "poll_interval", STAGE_ANY, 0, 1, "?ms?", cmd_poll_interval,
	  "How often each target is looked at." },
	{ 0 }
};

const struct command run_shared_commands[] = {
	{ "halt", STAGE_EXEC, 0, 1, "?ms?", cmd_halt,
	  "Halts the core and waits for it (5000 ms; 0: does not wait)." },
	{ "wait_halt", STAGE_EXEC, 0, 1, "?ms?", cmd_wait_halt, "Waits until the core is halted." },
	{ "resume", STAGE_EXEC, 0, 1, "?address?", cmd_resume, "Lets the core run." },
	{ "step", STAGE_EXEC, 0, 1, "?address?", cmd_step, "Executes one instruction." },
	{ 0 }
};
