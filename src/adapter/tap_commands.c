/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "adapter/chain.h"
#include "adapter/commands.h"
#include "base/log.h"

enum tap_event { TAP_ENABLE, TAP_DISABLE, TAP_POST_RESET, TAP_SETUP };

static const char *const tap_event_names[] = { "tap-enable", "tap-disable", "post-reset", "setup",
					       NULL };

static enum err add_expected_id(struct call *c, int index, struct tap *tap)
{
	if (tap->expected_id_count == ARRAY_SIZE(tap->expected_ids))
		return error_why(ERR_ARGUMENT, "more than %zu expected ids",
				 ARRAY_SIZE(tap->expected_ids));
	return arg_u32(c, index, &tap->expected_ids[tap->expected_id_count++]);
}

static enum err tap_option(struct call *c, int *i, struct tap *tap)
{
	static const char *const options[] = {
		"-irlen",  "-ircapture", "-irmask",	    "-expected-id",   "-ir-bypass",
		"-enable", "-disable",	 "-ignore-version", "-ignore-bypass", NULL
	};
	uint32_t ignored;
	int which;

	TRY(arg_word(c, *i, options, &which));
	if (which <= 4 && *i + 1 >= c->argc)
		return arg_usage(c);
	switch (which) {
	case 0:
		TRY(arg_u32(c, ++*i, &tap->ir_bits));
		if (tap->ir_bits < 2 || tap->ir_bits > 64)
			return error_why(ERR_ARGUMENT,
					 "-irlen %u: an instruction register has 2 to 64 bits",
					 tap->ir_bits);
		return OK;
	case 1: return arg_u32(c, ++*i, &tap->ir_capture);
	case 2: return arg_u32(c, ++*i, &tap->ir_mask);
	case 3: return add_expected_id(c, ++*i, tap);
	case 4: return arg_u32(c, ++*i, &ignored);
	case 5: tap->is_enabled = true; return OK;
	case 6: tap->is_enabled = false; return OK;
	case 7: tap->ignore_version = true; return OK;
	default: return OK;
	}
}

static void drop_tap(struct adapter *adapter, struct tap *dead)
{
	for (struct tap **p = &adapter->taps; *p != NULL; p = &(*p)->next) {
		if (*p != dead)
			continue;
		*p = dead->next;
		dead->next = NULL;
		struct adapter holder = { .taps = dead };

		adapter_free_taps(&holder);
		return;
	}
}

static enum err parse_tap(struct call *c, struct tap *tap)
{
	struct adapter *adapter = c->user;

	for (int i = 3; i < c->argc; i++)
		TRY(tap_option(c, &i, tap));
	if (tap->ir_bits == 0 && adapter->transport == TRANSPORT_JTAG) {
		error_why(ERR_ARGUMENT, "newtap: %s: -irlen is missing", tap->name);
		return error_next(
			ERR_ARGUMENT,
			"the chip's manual tells the length of each instruction register");
	}
	return OK;
}

static enum err check_room(const struct adapter *adapter)
{
	unsigned count = 0;

	for (const struct tap *tap = adapter->taps; tap != NULL; tap = tap->next)
		count++;
	if (count < JTAG_MAX_TAPS)
		return OK;
	error_why(ERR_ARGUMENT, "a scan chain has at most %u TAPs here", JTAG_MAX_TAPS);
	return error_next(ERR_ARGUMENT, "declare the chain of one board only");
}

/* jtag newtap, swd newdap, swj_newdap, hla newtap */
static enum err cmd_newtap(struct call *c)
{
	struct adapter *adapter = c->user;
	char *name = xasprintf("%s.%s", c->argv[1], c->argv[2]);
	bool is_there = adapter_find_tap(adapter, name) != NULL;

	free(name);
	if (is_there)
		return error_why(ERR_ARGUMENT, "TAP %s.%s exists already", c->argv[1], c->argv[2]);
	TRY(check_room(adapter));
	if (adapter->driver != NULL)
		TRY(adapter_select_transport(adapter));
	if (strcmp(c->row->name, "jtag newtap") == 0 && adapter->transport == TRANSPORT_SWD)
		log_debug("TAP %s.%s on SWD: its instruction register does not matter", c->argv[1],
			  c->argv[2]);
	struct tap *tap = adapter_add_tap(adapter, c->argv[1], c->argv[2]);
	enum err rc = parse_tap(c, tap);

	if (rc != OK)
		drop_tap(adapter, tap);
	return rc;
}

static enum err arg_tap(struct call *c, int index, struct tap **tap)
{
	*tap = adapter_find_tap(c->user, c->argv[index]);
	if (*tap != NULL)
		return OK;
	error_why(ERR_ARGUMENT, "Tap '%s' could not be found", c->argv[index]);
	return error_next(ERR_ARGUMENT, "run \"jtag names\"");
}

static enum err cmd_names(struct call *c)
{
	const struct adapter *adapter = c->user;

	for (const struct tap *tap = adapter->taps; tap != NULL; tap = tap->next)
		result_append(c, tap->name);
	return OK;
}

static enum err run_tap_event(struct call *c, const struct tap *tap, enum tap_event event)
{
	if (tap->events[event] == NULL)
		return OK;
	return script_eval(c->script, script_origin(c->script), tap->events[event], "tap event", 1,
			   NULL);
}

static enum err cmd_tapisenabled(struct call *c)
{
	struct tap *tap;

	TRY(arg_tap(c, 1, &tap));
	result_int(c, tap->is_enabled);
	return OK;
}

static enum err cmd_tapenable(struct call *c)
{
	bool enable = strcmp(c->row->name, "jtag tapenable") == 0;
	struct tap *tap;

	TRY(arg_tap(c, 1, &tap));
	if (tap->is_enabled != enable) {
		TRY(run_tap_event(c, tap, enable ? TAP_ENABLE : TAP_DISABLE));
		tap->is_enabled = enable;
	}
	result_int(c, tap->is_enabled);
	return OK;
}

/* jtag configure TAP -event NAME BODY, jtag cget TAP -event NAME */
static enum err cmd_configure(struct call *c)
{
	static const char *const options[] = { "-event", "-idcode", NULL };
	struct tap *tap;
	int which, event;

	TRY(arg_tap(c, 1, &tap));
	TRY(arg_word(c, 2, options, &which));
	if (which == 1) {
		result_printf(c, "0x%08" PRIx32, tap->idcode);
		return OK;
	}
	if (c->argc < 4)
		return arg_usage(c);
	TRY(arg_word(c, 3, tap_event_names, &event));
	if (c->argc == 5) {
		free(tap->events[event]);
		tap->events[event] = c->argv[4][0] != '\0' ? xstrdup(c->argv[4]) : NULL;
	} else if (tap->events[event] != NULL) {
		result_printf(c, "%s", tap->events[event]);
	}
	return OK;
}

static enum err connect_chain(struct adapter *adapter)
{
	struct dap_port *port = &adapter->port;

	port_reset_queue(port);
	return port->ops->connect(port, LINK_SWD_TO_JTAG);
}

static enum err run_events(struct call *c, enum tap_event event)
{
	const struct adapter *adapter = c->user;

	for (const struct tap *tap = adapter->taps; tap != NULL; tap = tap->next)
		if (tap->is_enabled || event == TAP_SETUP)
			TRY(run_tap_event(c, tap, event));
	return OK;
}

static enum err cmd_arp_init(struct call *c)
{
	struct adapter *adapter = c->user;

	TRY(adapter_open(adapter));
	if (adapter->transport != TRANSPORT_JTAG)
		return OK;
	TRY(connect_chain(adapter));
	TRY(run_events(c, TAP_POST_RESET));
	return run_events(c, TAP_SETUP);
}

/* Pulses what is wired, then looks at the chain. */
static enum err cmd_arp_init_reset(struct call *c)
{
	struct adapter *adapter = c->user;
	bool srst = adapter->reset_config & RESET_HAS_SRST,
	     trst = adapter->reset_config & RESET_HAS_TRST;

	TRY(adapter_open(adapter));
	if (adapter->transport != TRANSPORT_JTAG)
		return OK;
	if (srst || trst) {
		TRY(adapter_set_reset(adapter, srst, trst));
		TRY(adapter_set_reset(adapter, false, false));
	}
	return cmd_arp_init(c);
}

static enum err cmd_jtag_init(struct call *c)
{
	return script_eval(c->script, script_origin(c->script), "jtag_init", "init", 1, NULL);
}

static enum err cmd_scan_chain(struct call *c)
{
	const struct adapter *adapter = c->user;
	unsigned number = 0;

	result_printf(c,
		      "   TapName             Enabled  IdCode     Expected   IrLen IrCap IrMask\n"
		      "-- ------------------- -------- ---------- ---------- ----- ----- ------");
	for (const struct tap *tap = adapter->taps; tap != NULL; tap = tap->next) {
		result_printf(c,
			      "\n%2u %-18s     %c     0x%08" PRIx32 " 0x%08" PRIx32
			      " %5u 0x%02" PRIx32 "  0x%02" PRIx32,
			      number++, tap->name, tap->is_enabled ? 'Y' : 'n', tap->idcode,
			      tap->expected_id_count ? tap->expected_ids[0] : 0, tap->ir_bits,
			      tap->ir_capture, tap->ir_mask);
		for (unsigned i = 1; i < tap->expected_id_count; i++)
			result_printf(c, "\n%43s0x%08" PRIx32, "", tap->expected_ids[i]);
	}
	return OK;
}

#define TAP_USAGE                                                                                  \
	"chip tap -irlen count ?-expected-id id? ... ?-ircapture value? ?-irmask value? "          \
	"?-enable|-disable? ?-ignore-version? ?-ignore-bypass? ?-ir-bypass value?"

const struct command tap_commands[] = {
	{ "jtag newtap", STAGE_CONFIG, 2, -1, TAP_USAGE, cmd_newtap,
	  "Declare a TAP of the scan chain; the first one is nearest TDO." },
	{ "swd newdap", STAGE_CONFIG, 2, -1, TAP_USAGE, cmd_newtap,
	  "Declare the debug port on SWD." },
	{ "hla newtap", STAGE_CONFIG, 2, -1, TAP_USAGE, cmd_newtap, "Same as \"swj_newdap\"." },
	{ "swj_newdap", STAGE_CONFIG, 2, -1, TAP_USAGE, cmd_newtap,
	  "Declare a debug port that is on SWD and JTAG, whichever the transport is." },
	{ "jtag names", STAGE_ANY, 0, 0, "", cmd_names, "The declared TAPs." },
	{ "jtag tapisenabled", STAGE_ANY, 1, 1, "tap", cmd_tapisenabled,
	  "1 if the TAP is in the chain." },
	{ "jtag tapenable", STAGE_ANY, 1, 1, "tap", cmd_tapenable,
	  "Run the TAP's tap-enable handler and take it into the chain." },
	{ "jtag tapdisable", STAGE_ANY, 1, 1, "tap", cmd_tapenable,
	  "Run the TAP's tap-disable handler and take it out of the chain." },
	{ "jtag configure", STAGE_ANY, 3, 4, "tap -event name body", cmd_configure,
	  "Set a handler: tap-enable, tap-disable, post-reset or setup." },
	{ "jtag cget", STAGE_ANY, 2, 3, "tap -event name | tap -idcode", cmd_configure,
	  "The handler of an event, or the identity that was read." },
	{ "jtag arp_init", STAGE_ANY, 0, 0, "", cmd_arp_init,
	  "Reset the TAPs and compare the chain with what is declared." },
	{ "jtag arp_init-reset", STAGE_ANY, 0, 0, "", cmd_arp_init_reset,
	  "The same after a pulse on the reset lines." },
	{ "jtag init", STAGE_ANY, 0, 0, "", cmd_jtag_init,
	  "Run the proc jtag_init, as \"init\" does." },
	{ "scan_chain", STAGE_ANY, 0, 0, "", cmd_scan_chain,
	  "A table of the declared TAPs and what was found." },
	{ 0 }
};
