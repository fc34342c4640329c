/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What Tcl connections hear of the targets. Clients count on the exact stream, so events that a reset
 * brings with it are left out but for the halt, and a step tells no state but the one it ends in.
 */
#include "server/service.h"
#include "server/tcl_rpc.h"
#include "target/target.h"

static bool is_of_reset(enum target_event event)
{
	return (event >= EVENT_RESET_START && event <= EVENT_RESET_END) ||
	       (event >= EVENT_EXAMINE_START && event <= EVENT_EXAMINE_END);
}

static void on_reset(struct server *server, struct target *t, enum target_event event)
{
	static const char *const modes[] = { [RESET_RUN] = "run", [RESET_HALT] = "halt",
					     [RESET_INIT] = "init" };

	if (event == EVENT_RESET_START && t == server->targets->first) {
		server->is_resetting = true;
		tcl_rpc_notify(server->rpc, "type target_reset mode %s",
			       modes[server->targets->reset_mode]);
	} else if (event == EVENT_RESET_END) {
		server->is_resetting = false;
		tcl_rpc_event(server->rpc, NULL, target_state_name(t));
	}
}

static void on_event(void *ctx, struct target *t, enum target_event event)
{
	struct server *server = ctx;

	on_reset(server, t, event);
	if (event >= EVENT_RESET_START && event <= EVENT_RESET_END)
		return;
	if (server->is_resetting && is_of_reset(event))
		return;
	if (event == EVENT_STEP_START)
		server->is_stepping = true;
	if (event == EVENT_STEP_END)
		server->is_stepping = false;
	tcl_rpc_event(server->rpc, target_event_name(event),
		      server->is_stepping ? NULL : target_state_name(t));
}

void server_watch_targets(struct server *server, struct target_list *targets)
{
	server->targets = targets;
	target_add_listener(targets, on_event, server);
}

void server_raw_trace(void *ctx, const uint8_t *data, size_t n)
{
	struct server *server = ctx;

	tcl_rpc_trace(server->rpc, data, n);
}

void notify_stop(struct server *server)
{
	if (server->targets != NULL)
		target_remove_listener(server->targets, on_event, server);
	server->targets = NULL;
}
