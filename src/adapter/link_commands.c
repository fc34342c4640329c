/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "adapter/commands.h"
#include "base/clock.h"
#include "base/log.h"

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

static const char *reset_class(const struct reset_word *word)
{
	switch (word->class_mask) {
	case SIGNALS:			return "signal";
	case COMBINATION:		return "combination";
	case RESET_SRST_NOGATE:		return "gates";
	case RESET_TRST_OPEN_DRAIN:	return "trst_type";
	case RESET_SRST_PUSH_PULL:	return "srst_type";
	default:			return "connect_type";
	}
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
			return error_why(ERR_ARGUMENT, "extra reset_config %s spec (%s): "
					 "\"%s\" is of the same kind", reset_class(word),
					 c->argv[i], reset_word(config, word->class_mask));
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

	TRY(transport_settle(adapter));
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

const struct command link_commands[] = {
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
	{ "interface", STAGE_CONFIG, 1, 1, "name", cmd_adapter_driver,
	  "Old name of \"adapter driver\"." },
	{ "interface_list", STAGE_ANY, 0, 0, "", cmd_adapter_list, "Old name of \"adapter list\"." },
	{ "interface_transports", STAGE_CONFIG, 1, -1, "name ...", cmd_accept_and_ignore,
	  "Old name of \"adapter transports\"." },
	{ "adapter_khz", STAGE_ANY, 0, 1, "?khz?", cmd_adapter_speed, "Old name of \"adapter speed\"." },
	{ "jtag_khz", STAGE_ANY, 0, 1, "?khz?", cmd_adapter_speed, "Old name of \"adapter speed\"." },
	{ "adapter_name", STAGE_ANY, 0, 0, "", cmd_adapter_name, "Old name of \"adapter name\"." },
	{ "adapter_nsrst_delay", STAGE_ANY, 0, 1, "?ms?", cmd_adapter_srst_delay,
	  "Old name of \"adapter srst delay\"." },
	{ "jtag_nsrst_delay", STAGE_ANY, 0, 1, "?ms?", cmd_adapter_srst_delay,
	  "Old name of \"adapter srst delay\"." },
	{ "adapter_nsrst_assert_width", STAGE_ANY, 0, 1, "?ms?", cmd_adapter_srst_pulse_width,
	  "Old name of \"adapter srst pulse_width\"." },
	{ "jtag_nsrst_assert_width", STAGE_ANY, 0, 1, "?ms?", cmd_adapter_srst_pulse_width,
	  "Old name of \"adapter srst pulse_width\"." },
	{ "jtag_reset", STAGE_ANY, 2, 2, "trst srst", cmd_jtag_reset,
	  "Old form of \"adapter assert\": 1 asserts, 0 releases." },
	{ 0 }
};
