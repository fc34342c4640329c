/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verbs of RTT, in OpenOCD's words where it has them. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jim.h>

#include "base/log.h"
#include "target/room_verbs.h"
#include "trace/rtt.h"

#define NAME_MAX_BYTES 64u

static enum err cmd_setup(struct call *c)
{
	const char *id = c->argc > 3 ? c->argv[3] : RTT_DEFAULT_ID;
	uint32_t addr, size;
	struct rtt *r;

	TRY(arg_u32(c, 1, &addr));
	TRY(arg_u32(c, 2, &size));
	if (id[0] == '\0' || strlen(id) > RTT_ID_BYTES)
		return error_why(ERR_ARGUMENT, "rtt: the ID has 1 to %u characters, \"%s\" has %zu",
				 RTT_ID_BYTES, id, strlen(id));
	TRY(rtt_of_call(c, &r));
	if (r->is_started) {
		rtt_stop(r);
		log_info("rtt: stopped for the new setup: run \"rtt start\" again");
	}
	snprintf(r->id, sizeof(r->id), "%s", id);
	/* An id that begins before the end of the range may stand there. */
	r->ranges[0] = (struct rtt_range){ addr & ~3u, MAX(size, RTT_ID_BYTES), false };
	r->range_count = 1;
	r->is_set_up = true;
	return OK;
}

static enum err cmd_symbols(struct call *c)
{
	struct rtt *r;
	char text[16];

	TRY(rtt_of_call(c, &r));
	char *path = script_find(c->script, c->argv[1]);

	if (path == NULL)
		return ERR_NOT_FOUND;
	enum err rc = rtt_read_symbol(r, path);

	free(path);
	TRY(rc);
	snprintf(text, sizeof(text), "0x%08" PRIx32, r->symbol);
	result_printf(c, "%s", text);
	return OK;
}

static enum err cmd_start(struct call *c)
{
	struct rtt *r;

	TRY(rtt_of_call(c, &r));
	if (r->target == NULL)
		return error_why(ERR_NOT_EXAMINED, "rtt: there is no target");
	return rtt_start(r);
}

static enum err cmd_stop(struct call *c)
{
	struct rtt *r;

	TRY(rtt_of_call(c, &r));
	rtt_stop(r);
	return OK;
}

static enum err cmd_polling_interval(struct call *c)
{
	struct rtt_room *room = ((struct trace_room *)room_verb_user(c))->rtt;
	uint32_t ms;

	if (c->argc == 1) {
		result_printf(c, "%u ms\n", room->polling_ms);
		return OK;
	}
	TRY(arg_u32(c, 1, &ms));
	if (ms == 0 || ms > 60000)
		return error_why(ERR_ARGUMENT, "rtt: the polling interval is 1 to 60000 ms, not %" PRIu32,
				 ms);
	room->polling_ms = ms;
	return OK;
}

static enum err call_block(struct call *c, struct rtt **r)
{
	TRY(rtt_of_call(c, r));
	if ((*r)->is_found)
		return OK;
	error_why(ERR_RTT, "rtt: Control block not available");
	if (!(*r)->is_started)
		return error_next(ERR_RTT, "run \"rtt start\"");
	return error_next(ERR_RTT, "let the program run: it sets the block up at its start");
}

/* "" if there is none, or it cannot be read: a name is decoration. */
static void read_name(struct rtt *r, const struct rtt_channel *ch, char name[NAME_MAX_BYTES + 1])
{
	size_t got = 0;

	memset(name, 0, NAME_MAX_BYTES + 1);
	if (ch->name == 0)
		return;
	if (target_read_bytes(r->target, ch->name, (uint8_t *)name, NAME_MAX_BYTES, &got) != OK)
		error_clear();
	for (char *p = name; *p != '\0'; p++) {
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '\0';
	}
}

static void print_channels(struct call *c, struct rtt *r, unsigned first, unsigned count)
{
	char name[NAME_MAX_BYTES + 1];

	for (unsigned i = 0; i < count; i++) {
		const struct rtt_channel *ch = &r->block.channels[first + i];

		if (ch->size == 0)
			continue;
		read_name(r, ch, name);
		result_printf(c, "%u: %s %u %u\n", i, name, ch->size, ch->flags);
	}
}

static enum err cmd_channels(struct call *c)
{
	struct rtt *r;

	TRY(call_block(c, &r));
	result_printf(c, "Channels: up=%u, down=%u\nUp-channels:\n", r->block.up_count,
		      r->block.down_count);
	print_channels(c, r, 0, r->block.up_count);
	result_printf(c, "Down-channels:\n");
	print_channels(c, r, r->block.up_count, r->block.down_count);
	return OK;
}

static void append_channels(struct call *c, struct rtt *r, unsigned first, unsigned count)
{
	struct Jim_Interp *interp = script_interp(c->script);
	Jim_Obj *list = Jim_NewListObj(interp, NULL, 0);
	char name[NAME_MAX_BYTES + 1];

	for (unsigned i = 0; i < count; i++) {
		const struct rtt_channel *ch = &r->block.channels[first + i];
		Jim_Obj *one = Jim_NewListObj(interp, NULL, 0);

		read_name(r, ch, name);
		Jim_ListAppendElement(interp, one, Jim_NewStringObj(interp, "name", -1));
		Jim_ListAppendElement(interp, one, Jim_NewStringObj(interp, name, -1));
		Jim_ListAppendElement(interp, one, Jim_NewStringObj(interp, "size", -1));
		Jim_ListAppendElement(interp, one, Jim_NewIntObj(interp, ch->size));
		Jim_ListAppendElement(interp, one, Jim_NewStringObj(interp, "flags", -1));
		Jim_ListAppendElement(interp, one, Jim_NewIntObj(interp, ch->flags));
		Jim_ListAppendElement(interp, list, one);
	}
	result_append_obj(c, list);
}

static enum err cmd_channellist(struct call *c)
{
	struct rtt *r;

	TRY(call_block(c, &r));
	append_channels(c, r, 0, r->block.up_count);
	append_channels(c, r, r->block.up_count, r->block.down_count);
	return OK;
}

static enum err cmd_server_start(struct call *c)
{
	uint32_t channel;
	struct rtt *r;

	TRY(arg_u32(c, 2, &channel));
	if (channel >= RTT_CHANNELS_MAX)
		return error_why(ERR_ARGUMENT, "rtt: there is no channel %" PRIu32, channel);
	TRY(rtt_of_call(c, &r));
	return rtt_port_start(r, c->argv[1], channel, c->argc > 3 ? c->argv[3] : NULL);
}

static enum err cmd_server_stop(struct call *c)
{
	return rtt_port_stop(((struct trace_room *)room_verb_user(c))->rtt, c->argv[1]);
}

static enum err cmd_log(struct call *c)
{
	struct rtt_room *room = ((struct trace_room *)room_verb_user(c))->rtt;
	uint32_t channel = 0;
	struct rtt *r;

	if (strcmp(c->argv[1], "stop") == 0)
		return rtt_log_stop(room, c->argc > 2 ? c->argv[2] : NULL);
	if (c->argc > 2) {
		TRY(arg_u32(c, 2, &channel));
		if (channel >= RTT_CHANNELS_MAX)
			return error_why(ERR_ARGUMENT, "rtt: there is no channel %" PRIu32, channel);
	}
	TRY(rtt_of_call(c, &r));
	return rtt_log_start(r, c->argv[1], c->argc > 2 ? (int)channel : -1);
}

static enum err cmd_status(struct call *c)
{
	char text[32];
	struct rtt *r;

	TRY(rtt_of_call(c, &r));
	result_dict(c, "state", !r->is_started ? "stopped" : r->is_found ? "found" : "searching");
	if (r->is_found) {
		snprintf(text, sizeof(text), "0x%08" PRIx32, r->block.addr);
		result_dict(c, "address", text);
	}
	return OK;
}

const struct command rtt_commands[] = {
	{ "rtt setup", STAGE_ANY, 2, 3, "address size ?ID?", cmd_setup,
	  "Where the control block is searched, and its ID (\"SEGGER RTT\"). Without it \"rtt start\" "
	  "searches the chip's RAM." },
	{ "rtt symbols", STAGE_ANY, 1, 1, "file", cmd_symbols,
	  "Take the control block's address, _SEGGER_RTT, from an ELF file, so that it is found at once. "
	  "Returns it." },
	{ "rtt start", STAGE_EXEC, 0, 0, "", cmd_start,
	  "Search the control block, and go on searching until the program has set it up, also after "
	  "each reset; then read all up channels while the core runs." },
	{ "rtt stop", STAGE_EXEC, 0, 0, "", cmd_stop, "Stop reading and searching." },
	{ "rtt polling_interval", STAGE_EXEC, 0, 1, "?milliseconds?", cmd_polling_interval,
	  "Show or set how often the channels are looked at while nothing comes. While data flows they "
	  "are read without a pause." },
	{ "rtt channels", STAGE_EXEC, 0, 0, "", cmd_channels,
	  "List the channels in use: number, name, size, flags." },
	{ "rtt channellist", STAGE_EXEC, 0, 0, "", cmd_channellist,
	  "Return two lists, up and down, of the channels as dicts of name, size and flags." },
	{ "rtt server start", STAGE_ANY, 2, 3, "port channel ?message?", cmd_server_start,
	  "Put a channel on a TCP port, raw both ways; the message is sent to each client first. The "
	  "first client also gets what came before it." },
	{ "rtt server stop", STAGE_ANY, 1, 1, "port", cmd_server_stop,
	  "Close a channel's TCP port and its clients." },
	{ "rtt log", STAGE_ANY, 1, 2, "file ?channel? | stop ?file?", cmd_log,
	  "Append the lines of all up channels, or of one, to a file, each with the time of day. The "
	  "virtual terminals of channel 0 are kept apart." },
	{ "rtt status", STAGE_ANY, 0, 0, "", cmd_status,
	  "Return a dict: state (stopped, searching, found), address." },
	{ 0 }
};
