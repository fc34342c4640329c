/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the probe talks to the target. Configurations choose it in any place and more than once: the last
 * choice before the probe is opened holds, and it may come before the driver is known.
 */
#include <stdlib.h>
#include <string.h>

#include "adapter/commands.h"
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

enum err transport_settle(struct adapter *adapter)
{
	if (adapter->driver == NULL && adapter->transport == TRANSPORT_NONE &&
	    !adapter->is_auto_tried && probe_select_driver(adapter) != OK)
		error_clear();
	return adapter->driver != NULL ? adapter_select_transport(adapter) : OK;
}

static enum err query(struct call *c, struct adapter *adapter)
{
	if (adapter->transport == TRANSPORT_NONE || adapter->driver != NULL) {
		TRY(need_driver(adapter));
		TRY(adapter_select_transport(adapter));
	}
	result_printf(c, "%s", transport_name(adapter->transport));
	return OK;
}

static const char *chosen_at(const struct adapter *adapter)
{
	return adapter->transport_place ? adapter->transport_place : "the driver's first";
}

static enum err refuse_change(const struct adapter *adapter, const char *wanted, const char *place)
{
	error_why(ERR_ADAPTER_CONFIG,
		  "Can't change session's transport after the initial selection was made: the probe is "
		  "open with \"%s\" (%s), \"%s\" is asked for at %s",
		  transport_name(adapter->transport),
		  chosen_at(adapter), wanted, place);
	return error_next(ERR_ADAPTER_CONFIG, "put \"transport select %s\" before \"init\"", wanted);
}

static enum err cmd_transport_select(struct call *c)
{
	struct adapter *adapter = c->user;
	char place[256];

	if (c->argc == 1)
		return query(c, adapter);
	enum transport wanted = transport_by_name(c->argv[1]);

	if (wanted == TRANSPORT_NONE ||
	    (adapter->driver != NULL && !adapter_has_transport(adapter, wanted))) {
		error_why(ERR_UNSUPPORTED, "Debug adapter doesn't support '%s' transport",
			  c->argv[1]);
		return error_next(ERR_UNSUPPORTED, "run \"transport list\"");
	}
	script_place(c, place, sizeof(place));
	if (adapter->transport != wanted && adapter->is_open)
		return refuse_change(adapter, c->argv[1], place);
	if (adapter->transport != TRANSPORT_NONE && adapter->transport != wanted)
		log_info("transport \"%s\" (%s) takes the place of \"%s\" (%s)", transport_name(wanted),
			 place, transport_name(adapter->transport),
			 chosen_at(adapter));
	adapter->transport = wanted;
	free(adapter->transport_place);
	adapter->transport_place = xstrdup(place);
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

	TRY(transport_settle(adapter));
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

	if (adapter->transport != TRANSPORT_NONE)
		return OK;
	TRY(need_driver(adapter));
	if (adapter_has_transport(adapter, TRANSPORT_JTAG))
		adapter->transport = TRANSPORT_JTAG;
	return OK;
}

const struct command transport_commands[] = {
	{ "transport select", STAGE_ANY, 0, 1, "?swd|jtag?", cmd_transport_select,
	  "Choose how the probe talks to the target; the last choice before the probe is opened holds. "
	  "Without an argument: the choice." },
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
	{ 0 }
};
