/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "adapter/commands.h"
#include "base/clock.h"
#include "base/log.h"

/* Every name configurations use, and what it means here. */
static const struct {
	const char *name;
	enum transport transport;
} transport_words[] = {
	{ "swd", TRANSPORT_SWD }, { "jtag", TRANSPORT_JTAG }, { "hla_swd", TRANSPORT_SWD },
	{ "hla_jtag", TRANSPORT_JTAG }, { "dapdirect_swd", TRANSPORT_SWD },
	{ "dapdirect_jtag", TRANSPORT_JTAG },
};

enum transport transport_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(transport_words); i++)
		if (strcmp(transport_words[i].name, name) == 0)
			return transport_words[i].transport;
	return TRANSPORT_NONE;
}

static bool driver_has(const struct adapter *adapter, enum transport transport)
{
	for (const enum transport *t = adapter->driver->transports; *t != TRANSPORT_NONE; t++)
		if (*t == transport)
			return true;
	return false;
}

/* Scripts catch the error of this and go on or end: the reason must be seen anyway. */
static enum err need_driver(struct adapter *adapter)
{
	enum err rc = probe_select_driver(adapter);

	if (rc == OK)
		return OK;
	log_info("no adapter driver yet: %s", error_text(error_current()));
	return error_what(rc, "Debug adapter does not support any transports? Check config file "
			      "order.");
}

/* For verbs that have an answer without a driver too. */
static enum err try_driver(struct adapter *adapter)
{
	if (adapter->driver == NULL && !adapter->is_auto_tried &&
	    probe_select_driver(adapter) != OK)
		error_clear();
	return adapter->driver != NULL ? adapter_select_transport(adapter) : OK;
}

static enum err cmd_transport_select(struct call *c)
{
	struct adapter *adapter = c->user;

	TRY(need_driver(adapter));
	if (c->argc == 1) {
		TRY(adapter_select_transport(adapter));
		result_printf(c, "%s", transport_name(adapter->transport));
		return OK;
	}
	enum transport wanted = transport_by_name(c->argv[1]);

	if (wanted == TRANSPORT_NONE || !driver_has(adapter, wanted)) {
		error_why(ERR_UNSUPPORTED, "Debug adapter doesn't support '%s' transport",
			  c->argv[1]);
		return error_next(ERR_UNSUPPORTED, "run \"transport list\"");
	}
	if (adapter->transport != TRANSPORT_NONE && adapter->transport != wanted) {
		error_why(ERR_ADAPTER_CONFIG,
			  "Can't change session's transport after the initial selection was "
			  "made");
		return error_next(ERR_ADAPTER_CONFIG,
				  "select \"%s\" once, before the target is configured",
				  c->argv[1]);
	}
	if (adapter->transport == wanted)
		log_warning("Transport \"%s\" was already selected", c->argv[1]);
	adapter->transport = wanted;
	result_printf(c, "%s", transport_name(wanted));
	return OK;
}

static enum err cmd_transport_list(struct call *c)
{
	struct adapter *adapter = c->user;

	TRY(need_driver(adapter));
	result_printf(c, "The following transports are available:");
	for (const enum transport *t = adapter->driver->transports; *t != TRANSPORT_NONE; t++)
		result_printf(c, "\n\t%s", transport_name(*t));
	return OK;
}

/* Opens the link by hand; `init` does it too. */
static enum err cmd_transport_init(struct call *c)
{
	return adapter_open(c->user);
}

static enum err cmd_using(struct call *c)
{
	struct adapter *adapter = c->user;

	TRY(try_driver(adapter));
	if (strcmp(c->row->name, "using_jtag") == 0)
		result_int(c, adapter->transport == TRANSPORT_JTAG);
	else if (strcmp(c->row->name, "using_swd") == 0)
		result_int(c, adapter->transport == TRANSPORT_SWD);
	else
		result_int(c, 0);	/* using_hla: every probe gives full DAP access here */
	return OK;
}

static enum err cmd_default_to_jtag(struct call *c)
{
	struct adapter *adapter = c->user;

	TRY(need_driver(adapter));
	if (adapter->transport == TRANSPORT_NONE && driver_has(adapter, TRANSPORT_JTAG))
		adapter->transport = TRANSPORT_JTAG;
	return OK;
}

/* One word sets the bits of its class and leaves the other classes alone. */
static const struct reset_word {
	const char *word;
	unsigned class_mask, bits;
} reset_words[] = {
#define SIGNALS (RESET_HAS_TRST | RESET_HAS_SRST)
#define COMBINATION (RESET_TRST_PULLS_SRST | RESET_SRST_PULLS_TRST)
	{ "none", SIGNALS, 0 },
	{ "trst_only", SIGNALS, RESET_HAS_TRST },
	{ "srst_only", SIGNALS, RESET_HAS_SRST },
	{ "trst_and_srst", SIGNALS, SIGNALS },
	{ "separate", COMBINATION, 0 },
	{ "srst_pulls_trst", COMBINATION, RESET_SRST_PULLS_TRST },
	{ "trst_pulls_srst", COMBINATION, RESET_TRST_PULLS_SRST },
	{ "combined", COMBINATION, COMBINATION },
	{ "srst_gates_jtag", RESET_SRST_NOGATE, 0 },
	{ "srst_nogate", RESET_SRST_NOGATE, RESET_SRST_NOGATE },
	{ "trst_push_pull", RESET_TRST_OPEN_DRAIN, 0 },
	{ "trst_open_drain", RESET_TRST_OPEN_DRAIN, RESET_TRST_OPEN_DRAIN },
	{ "srst_open_drain", RESET_SRST_PUSH_PULL, 0 },
	{ "srst_push_pull", RESET_SRST_PUSH_PULL, RESET_SRST_PUSH_PULL },
	{ "connect_deassert_srst", RESET_CONNECT_UNDER_SRST, 0 },
	{ "connect_assert_srst", RESET_CONNECT_UNDER_SRST, RESET_CONNECT_UNDER_SRST },
};

static const char *reset_word(unsigned config, unsigned class_mask)
{
	for (size_t i = 0; i < ARRAY_SIZE(reset_words); i++)
		if (reset_words[i].class_mask == class_mask &&
		    reset_words[i].bits == (config & class_mask))
			return reset_words[i].word;
	return "";
}

static void print_reset_config(struct call *c, unsigned config)
{
	result_printf(c, "%s %s", reset_word(config, SIGNALS), reset_word(config, COMBINATION));
	if (config & RESET_HAS_SRST)
		result_printf(c, " %s", reset_word(config, RESET_SRST_NOGATE));
	if (config & RESET_HAS_TRST)
		result_printf(c, " %s", reset_word(config, RESET_TRST_OPEN_DRAIN));
	if (config & RESET_HAS_SRST)
		result_printf(c, " %s %s", reset_word(config, RESET_SRST_PUSH_PULL),
			      reset_word(config, RESET_CONNECT_UNDER_SRST));
}

static enum err cmd_reset_config(struct call *c)
{
	struct adapter *adapter = c->user;
	unsigned config = adapter->reset_config, seen = 0;

	for (int i = 1; i < c->argc; i++) {
		const struct reset_word *word = NULL;

		for (size_t j = 0; j < ARRAY_SIZE(reset_words); j++)
			if (strcmp(reset_words[j].word, c->argv[i]) == 0)
				word = &reset_words[j];
		if (word == NULL) {
			error_why(ERR_ARGUMENT, "unknown reset_config flag (%s)", c->argv[i]);
			return error_next(ERR_ARGUMENT, "run \"help reset_config\" for the words");
		}
		if (seen & word->class_mask)
			return error_why(ERR_ARGUMENT, "extra reset_config %s spec (%s)",
					 reset_word(config, word->class_mask), c->argv[i]);
		seen |= word->class_mask;
		config = (config & ~word->class_mask) | word->bits;
	}
	adapter->reset_config = config;
	print_reset_config(c, config);
	return OK;
}

static enum err need_jtag(struct call *c)
{
	struct adapter *adapter = c->user;

	TRY(try_driver(adapter));
	if (adapter->transport != TRANSPORT_SWD)
		return OK;
	error_why(ERR_UNSUPPORTED, "session transport is \"swd\" but your config requires JTAG");
	return error_next(ERR_UNSUPPORTED, "guard \"%s\" with \"if {[using_jtag]} {...}\"",
			  c->row->name);
}

static enum err ntrst_time(struct call *c, unsigned *ms)
{
	uint32_t value;

	TRY(need_jtag(c));
	if (c->argc > 1) {
		TRY(arg_u32(c, 1, &value));
		*ms = MIN(value, 60000u);
	}
	result_printf(c, "%s: %u", c->row->name, *ms);
	return OK;
}

static enum err cmd_ntrst_delay(struct call *c)
{
	struct adapter *adapter = c->user;

	return ntrst_time(c, &adapter->trst_delay_ms);
}

static enum err cmd_ntrst_assert_width(struct call *c)
{
	struct adapter *adapter = c->user;

	return ntrst_time(c, &adapter->trst_pulse_ms);
}

static enum err cmd_rclk(struct call *c)
{
	TRY(need_jtag(c));
	return cmd_adapter_speed(c);	/* the fallback speed: RTCK does not exist here */
}

static enum err cmd_wait_srst_deassert(struct call *c)
{
	struct adapter *adapter = c->user;
	uint32_t ms;

	TRY(arg_u32(c, 1, &ms));
	uint64_t end = clock_now_ms() + ms;

	while (adapter->srst) {
		if (clock_now_ms() >= end)
			return error_why(ERR_TIMEOUT, "srst is still asserted after %" PRIu32 " ms",
					 ms);
		TRY(script_sleep(c->script, 10));
	}
	return OK;
}

static enum err cmd_jtag_reset(struct call *c)
{
	bool trst, srst;

	TRY(arg_bool(c, 1, &trst));
	TRY(arg_bool(c, 2, &srst));
	return adapter_set_reset(c->user, srst, trst);
}

/* Names of 2010 to 2020. Each is told of once. */
static const struct old_name {
	const char *old, *now;
	enum err (*run)(struct call *c);
} old_names[] = {
	{ "interface", "adapter driver", cmd_adapter_driver },
	{ "interface_list", "adapter list", cmd_adapter_list },
	{ "interface_transports", "adapter transports", cmd_accept_and_ignore },
	{ "adapter_khz", "adapter speed", cmd_adapter_speed },
	{ "jtag_khz", "adapter speed", cmd_adapter_speed },
	{ "adapter_name", "adapter name", cmd_adapter_name },
	{ "adapter_nsrst_delay", "adapter srst delay", cmd_adapter_srst_delay },
	{ "jtag_nsrst_delay", "adapter srst delay", cmd_adapter_srst_delay },
	{ "adapter_nsrst_assert_width", "adapter srst pulse_width", cmd_adapter_srst_pulse_width },
	{ "jtag_nsrst_assert_width", "adapter srst pulse_width", cmd_adapter_srst_pulse_width },
	{ "jtag_reset", "adapter assert", cmd_jtag_reset },
};

static enum err cmd_old_name(struct call *c)
{
	struct adapter *adapter = c->user;

	for (size_t i = 0; i < ARRAY_SIZE(old_names); i++) {
		if (strcmp(old_names[i].old, c->row->name) != 0)
			continue;
		if (!(adapter->old_names_told & BIT(i)))
			log_warning("DEPRECATED! use '%s' not '%s'", old_names[i].now,
				    old_names[i].old);
		adapter->old_names_told |= BIT(i);
		return old_names[i].run(c);
	}
	return error_why(ERR_INTERNAL, "no new name for \"%s\"", c->row->name);
}

const struct command link_commands[] = {
	{ "transport select", STAGE_ANY, 0, 1, "?swd|jtag?", cmd_transport_select,
	  "Choose how the probe talks to the target, once; without an argument: the choice." },
	{ "transport list", STAGE_ANY, 0, 0, "", cmd_transport_list,
	  "The transports of the selected driver." },
	{ "transport init", STAGE_ANY, 0, 0, "", cmd_transport_init,
	  "Open the probe; \"init\" does it too." },
	{ "using_jtag", STAGE_ANY, 0, 0, "", cmd_using, "1 if the transport is JTAG." },
	{ "using_swd", STAGE_ANY, 0, 0, "", cmd_using, "1 if the transport is SWD." },
	{ "using_hla", STAGE_ANY, 0, 0, "", cmd_using,
	  "Always 0: ST-LINK too gives access to the DAP." },
	{ "default_to_jtag", STAGE_ANY, 0, 0, "", cmd_default_to_jtag,
	  "JTAG, if nothing was selected yet." },
	{ "reset_config", STAGE_ANY, 0, -1,
	  "?none|trst_only|srst_only|trst_and_srst? "
	  "?separate|srst_pulls_trst|trst_pulls_srst|combined? "
	  "?srst_gates_jtag|srst_nogate? ?trst_push_pull|trst_open_drain? "
	  "?srst_open_drain|srst_push_pull? "
	  "?connect_deassert_srst|connect_assert_srst?",
	  cmd_reset_config,
	  "Which reset lines are wired and how they act. Classes not named keep their value." },
	{ "jtag_ntrst_delay", STAGE_ANY, 0, 1, "?ms?", cmd_ntrst_delay,
	  "Wait this long after the release of trst." },
	{ "jtag_ntrst_assert_width", STAGE_ANY, 0, 1, "?ms?", cmd_ntrst_assert_width,
	  "Keep trst asserted at least this long." },
	{ "jtag_rclk", STAGE_ANY, 0, 1, "?khz?", cmd_rclk,
	  "Adaptive clocking with this fallback; the fallback is used." },
	{ "jtag_flush_queue_sleep", STAGE_ANY, 0, 1, "?ms?", cmd_accept_and_ignore,
	  "Accepted for old configurations." },
	{ "wait_srst_deassert", STAGE_ANY, 1, 1, "ms", cmd_wait_srst_deassert,
	  "Wait until srst is released, at most this long." },
	{ "interface", STAGE_CONFIG, 1, 1, "name", cmd_old_name,
	  "Old name of \"adapter driver\"." },
	{ "interface_list", STAGE_ANY, 0, 0, "", cmd_old_name, "Old name of \"adapter list\"." },
	{ "interface_transports", STAGE_CONFIG, 1, -1, "name ...", cmd_old_name,
	  "Old name of \"adapter transports\"." },
	{ "adapter_khz", STAGE_ANY, 0, 1, "?khz?", cmd_old_name, "Old name of \"adapter speed\"." },
	{ "jtag_khz", STAGE_ANY, 0, 1, "?khz?", cmd_old_name, "Old name of \"adapter speed\"." },
	{ "adapter_name", STAGE_ANY, 0, 0, "", cmd_old_name, "Old name of \"adapter name\"." },
	{ "adapter_nsrst_delay", STAGE_ANY, 0, 1, "?ms?", cmd_old_name,
	  "Old name of \"adapter srst delay\"." },
	{ "jtag_nsrst_delay", STAGE_ANY, 0, 1, "?ms?", cmd_old_name,
	  "Old name of \"adapter srst delay\"." },
	{ "adapter_nsrst_assert_width", STAGE_ANY, 0, 1, "?ms?", cmd_old_name,
	  "Old name of \"adapter srst pulse_width\"." },
	{ "jtag_nsrst_assert_width", STAGE_ANY, 0, 1, "?ms?", cmd_old_name,
	  "Old name of \"adapter srst pulse_width\"." },
	{ "jtag_reset", STAGE_ANY, 2, 2, "trst srst", cmd_old_name,
	  "Old form of \"adapter assert\": 1 asserts, 0 releases." },
	{ 0 }
};
