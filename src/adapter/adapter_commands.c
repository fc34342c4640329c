/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "adapter/commands.h"
#include "adapter/probe_priv.h"
#include "adapter/reconnect.h"
#include "base/log.h"

static const struct adapter_driver *find_driver(const char *name)
{
	for (size_t i = 0; adapter_drivers[i] != NULL; i++) {
		const struct adapter_driver *driver = adapter_drivers[i];

		if (strcmp(driver->name, name) == 0)
			return driver;
		for (size_t j = 0; driver->aliases != NULL && driver->aliases[j] != NULL; j++)
			if (strcmp(driver->aliases[j], name) == 0)
				return driver;
	}
	return NULL;
}

static void list_drivers(struct buf *out)
{
	for (size_t i = 0; adapter_drivers[i] != NULL; i++)
		if (adapter_drivers[i]->close != NULL)
			buf_printf(out, "%s%s", out->len ? ", " : "", adapter_drivers[i]->name);
}

/* What the user says takes the place of a driver that was chosen for him. */
static void take_driver(struct adapter *adapter, const struct adapter_driver *driver)
{
	if (adapter->is_auto_driver && adapter->driver != driver)
		log_info("\"adapter driver %s\" comes after the choice of %s: put it first", driver->name,
			 adapter->driver->name);
	if (adapter->is_auto_driver)
		probe_forget_choice(adapter);
	adapter->driver = driver;
}

enum err cmd_adapter_driver(struct call *c)
{
	struct adapter *adapter = c->user;
	const struct adapter_driver *driver = find_driver(c->argv[1]);
	struct buf names = { 0 };

	if (adapter->driver != NULL && (!adapter->is_auto_driver || adapter->is_open)) {
		log_warning("Interface already configured, ignoring");
		return OK;
	}
	if (driver == NULL) {
		list_drivers(&names);
		error_why(ERR_ADAPTER_CONFIG, "The specified debug interface was not found (%s)",
			  c->argv[1]);
		error_next(ERR_ADAPTER_CONFIG, "this build has: %s", (const char *)names.data);
		buf_free(&names);
		return ERR_ADAPTER_CONFIG;
	}
	take_driver(adapter, driver);
	return OK;
}

enum err cmd_adapter_name(struct call *c)
{
	const struct adapter *adapter = c->user;

	result_printf(c, "%s", adapter->driver ? adapter->driver->name : "undefined");
	return OK;
}

/* A chip's script raises the clock for its reset-init; it does not know the wire. Who asks in person may
 * try again. */
static uint32_t within_limit(struct call *c, uint32_t khz)
{
	struct adapter *adapter = c->user;

	if (script_origin(c->script)->kind != ORIGIN_EVENT) {
		adapter->proven_khz = 0;
		return khz;
	}
	if (adapter->proven_khz == 0 || khz <= adapter->proven_khz)
		return khz;
	log_info("adapter speed %" PRIu32 ": the wire holds %" PRIu32 " kHz, it stays there", khz,
		 adapter->proven_khz);
	return adapter->proven_khz;
}

enum err cmd_adapter_speed(struct call *c)
{
	struct adapter *adapter = c->user;
	uint32_t khz;

	if (c->argc > 1) {
		TRY(arg_u32(c, 1, &khz));
		if (khz > 1000000)
			return error_why(ERR_ADAPTER_SPEED,
					 "%" PRIu32 " kHz is above anything a probe can do", khz);
		if (khz == 0) {
			log_warning("adaptive clocking needs RTCK, which no Cortex-M target has: "
				    "the speed stays "
				    "as it is");
		} else {
			TRY(adapter_set_speed(adapter, within_limit(c, khz)));
			adapter->is_speed_guessed = false;
		}
	}
	result_printf(c, "adapter speed: %" PRIu32 " kHz",
		      adapter->is_open ? adapter->actual_khz : adapter->speed_khz);
	return OK;
}

enum err cmd_accept_and_ignore(struct call *c)
{
	log_debug("\"%s\" has no meaning for this adapter", c->row->name);
	return OK;
}

/* A number of milliseconds that can be asked for and set. */
static enum err milliseconds(struct call *c, unsigned *ms, const char *name)
{
	uint32_t value;

	if (c->argc > 1) {
		TRY(arg_u32(c, 1, &value));
		if (value > 60000)
			return error_why(ERR_ARGUMENT, "%" PRIu32 " ms is longer than a minute",
					 value);
		*ms = value;
	}
	result_printf(c, "%s: %u", name, *ms);
	return OK;
}

enum err cmd_adapter_srst_delay(struct call *c)
{
	struct adapter *adapter = c->user;

	return milliseconds(c, &adapter->srst_delay_ms, "adapter srst delay");
}

enum err cmd_adapter_srst_pulse_width(struct call *c)
{
	struct adapter *adapter = c->user;

	return milliseconds(c, &adapter->srst_pulse_ms, "adapter srst pulse_width");
}

static void print_line_state(struct call *c, const char *name, bool has, bool asserted,
			     const char *end)
{
	result_printf(c, "%s %s%s", name,
		      !has	 ? "not present"
		      : asserted ? "asserted"
				 : "deasserted",
		      end);
}

/* adapter assert|deassert [srst|trst [assert|deassert srst|trst]] */
static enum err cmd_assert(struct call *c)
{
	static const char *const lines[] = { "srst", "trst", NULL };
	static const char *const verbs[] = { "deassert", "assert", NULL };
	struct adapter *adapter = c->user;
	bool wanted[2] = { adapter->srst, adapter->trst };
	int verb = strcmp(c->row->name, "adapter assert") == 0, line;

	if (c->argc == 1) {
		print_line_state(c, "trst", adapter->reset_config & RESET_HAS_TRST, adapter->trst,
				 "\n");
		print_line_state(c, "srst", adapter->reset_config & RESET_HAS_SRST, adapter->srst,
				 "");
		return OK;
	}
	if (c->argc == 3)
		return arg_usage(c);
	TRY(arg_word(c, 1, lines, &line));
	wanted[line] = verb;
	if (c->argc == 4) {
		TRY(arg_word(c, 2, verbs, &verb));
		TRY(arg_word(c, 3, lines, &line));
		wanted[line] = verb;
	}
	if (!verb && !adapter->srst && !adapter->trst)
		return OK;		/* nothing is asserted: released it is */
	if (!(adapter->reset_config & (line ? RESET_HAS_TRST : RESET_HAS_SRST))) {
		error_why(ERR_UNSUPPORTED, "adapter has no %s signal", lines[line]);
		return error_next(ERR_UNSUPPORTED,
				  "if the line is wired, say so with \"reset_config\"");
	}
	return adapter_set_reset(adapter, wanted[0], wanted[1]);
}

static enum err cmd_reconnect(struct call *c)
{
	return adapter_reopen(c->user);
}

static void dict_u64(struct call *c, const char *key, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	result_dict(c, key, text);
}

static enum err cmd_stats(struct call *c)
{
	static const char *const words[] = { "reset", NULL };
	struct adapter *adapter = c->user;
	struct dap_port_stats *stats = &adapter->port.stats;
	int which;

	if (c->argc > 1) {
		TRY(arg_word(c, 1, words, &which));
		*stats = (struct dap_port_stats){ 0 };
		return OK;
	}
	dict_u64(c, "runs", stats->runs);
	dict_u64(c, "round_trips", stats->round_trips);
	dict_u64(c, "transfers", stats->transfers);
	dict_u64(c, "waits", stats->waits);
	dict_u64(c, "wire_bits", stats->wire_bits);
	return OK;
}

const struct command adapter_commands[] = {
	{ "adapter driver", STAGE_CONFIG, 1, 1, "name", cmd_adapter_driver,
	  "Select the kind of debug probe; \"adapter list\" shows which there are." },
	{ "adapter name", STAGE_ANY, 0, 0, "", cmd_adapter_name, "The selected driver." },
	{ "adapter speed", STAGE_ANY, 0, 1, "?khz?", cmd_adapter_speed,
	  "Clock of SWD or JTAG in kHz; returns the one in effect." },
	{ "adapter srst delay", STAGE_ANY, 0, 1, "?ms?", cmd_adapter_srst_delay,
	  "Wait this long after the release of srst before the target is touched." },
	{ "adapter srst pulse_width", STAGE_ANY, 0, 1, "?ms?", cmd_adapter_srst_pulse_width,
	  "Keep srst asserted at least this long." },
	{ "adapter assert", STAGE_ANY, 0, 3, "?srst|trst ?assert|deassert srst|trst??", cmd_assert,
	  "Pull a reset line low, nothing else: no events, no examination. Without arguments: "
	  "their state." },
	{ "adapter deassert", STAGE_ANY, 0, 3, "?srst|trst ?assert|deassert srst|trst??",
	  cmd_assert, "Release a reset line." },
	{ "adapter transports", STAGE_CONFIG, 1, -1, "name ...", cmd_accept_and_ignore,
	  "Accepted for old configurations: the driver knows its transports." },
	{ "adapter gpio", STAGE_ANY, 0, -1, "?signal ?number? ?option ...??", cmd_accept_and_ignore,
	  "Accepted for configurations of GPIO adapters." },
	{ "adapter reconnect", STAGE_EXEC, 0, 0, "", cmd_reconnect,
	  "Open the probe again after it was unplugged, connect the debug ports, examine the targets "
	  "and set their breakpoints and watchpoints." },
	{ "adapter auto_reconnect", STAGE_ANY, 0, 1, "?on|off?", cmd_auto_reconnect,
	  "When the probe was lost, open the same one again as soon as it is back, with its speed, "
	  "transport and debug ports, examine the targets and set their breakpoints and "
	  "watchpoints. Off by default." },
	{ "adapter stats", STAGE_ANY, 0, 1, "?reset?", cmd_stats,
	  "What the wire has seen: a dict of runs, round_trips, transfers, waits and wire_bits." },
	{ 0 }
};
