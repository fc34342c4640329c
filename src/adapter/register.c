/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The room's verbs and its part of `init`. */
#include "adapter/commands.h"

static enum err open_step(void *ctx)
{
	return adapter_open(ctx);
}

static enum err link_step(void *ctx)
{
	struct adapter *adapter = ctx;

	if (adapter->transport != TRANSPORT_JTAG)
		return OK;
	enum err rc = script_eval(adapter->script, script_origin(adapter->script), "jtag_init",
				  "init", 1, NULL);

	if (rc != OK && adapter->hooks.explain_link != NULL)
		return adapter->hooks.explain_link(adapter->hooks.ctx, rc);
	return rc;
}

void adapter_register_commands(struct adapter *adapter)
{
	script_register(adapter->script, adapter_commands, adapter);
	script_register(adapter->script, probe_commands, adapter);
	script_register(adapter->script, transport_commands, adapter);
	script_register(adapter->script, link_commands, adapter);
	script_register(adapter->script, tap_commands, adapter);
	script_register(adapter->script, scan_commands, adapter);
	script_register(adapter->script, flight_commands, adapter);
	script_register(adapter->script, swo_commands, adapter);
	script_add_init(adapter->script, INIT_ADAPTER, open_step, adapter);
	script_add_init(adapter->script, INIT_LINK, link_step, adapter);
}
