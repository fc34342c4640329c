/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The driver's commands. What OpenOCD calls the hla driver is this driver: raw access to the debug
 * port, which is told once.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "adapter/commands.h"
#include "adapter/stlink_priv.h"
#include "base/log.h"

static struct stlink_settings *settings_of(struct call *c)
{
	return adapter_settings(c->user, &stlink_driver);
}

static enum err cmd_layout(struct call *c)
{
	struct stlink_settings *settings = settings_of(c);

	free(settings->layout);
	settings->layout = xstrdup(c->argv[1]);
	/* Others are refused by init, not by the script that is being read. */
	if (strcmp(c->argv[1], "stlink") == 0)
		log_info("hla is the st-link driver here, with full access to the debug port: "
			 "\"adapter driver st-link\" says the same");
	return OK;
}

static enum err cmd_ignore(struct call *c)
{
	log_debug("\"%s\" has no meaning for the st-link driver", c->row->name);
	return OK;
}

/* The serials of old firmware are shown, and compared, as hex digits. */
static enum err cmd_serial(struct call *c)
{
	char *serial = c->argc > 1 ? stlink_serial(c->argv[1]) : NULL;
	const char *const argv[] = { c->argv[0], serial };
	struct call shown = *c;
	enum err rc;

	shown.argv = argv;
	rc = cmd_adapter_serial(&shown);
	free(serial);
	return rc;
}

static enum err cmd_backend(struct call *c)
{
	static const char *const words[] = { "usb", "tcp", NULL };
	struct stlink_settings *settings = settings_of(c);
	int which;
	uint32_t port = settings->tcp_port;

	TRY(arg_word(c, 1, words, &which));
	if (c->argc > 2)
		TRY(arg_u32(c, 2, &port));
	if (port == 0 || port > 65535)
		return error_why(ERR_ARGUMENT, "%" PRIu32 " is no TCP port (1..65535)", port);
	settings->is_tcp = which == 1;
	settings->tcp_port = port;
	return OK;
}

static enum err opened(struct call *c, struct stlink **s)
{
	struct adapter *adapter = c->user;

	TRY(adapter_need_open(adapter, &stlink_driver));
	*s = adapter->priv;
	return OK;
}

static enum err cmd_raw(struct call *c)
{
	struct stlink *s = NULL;
	uint8_t command[ST_COMMAND_SIZE], reply[256];
	uint32_t size, byte;

	TRY(opened(c, &s));
	TRY(arg_u32(c, 1, &size));
	if (size > sizeof(reply))
		return error_why(ERR_ARGUMENT, "an answer has at most %zu bytes", sizeof(reply));
	for (int i = 2; i < c->argc; i++) {
		TRY(arg_u32(c, i, &byte));
		if (byte > 0xff)
			return error_why(ERR_ARGUMENT, "0x%" PRIx32 " is no byte", byte);
		command[i - 2] = (uint8_t)byte;
	}
	TRY(stlink_command(s, command, (size_t)c->argc - 2, reply, size));
	for (uint32_t i = 0; i < size; i++)
		result_printf(c, "%s0x%02x", i ? " " : "", reply[i]);
	return OK;
}

#define IDS "(vid pid)+"
#define OLD "Old name of \"st-link "

const struct command stlink_commands[] = {
	{ "st-link serial", STAGE_ANY, 0, 1, "?string?", cmd_serial,
	  "Same as \"adapter serial\"; also takes the 12 raw bytes of old firmware." },
	{ "st-link vid_pid", STAGE_CONFIG, 2, -1, IDS, cmd_adapter_usb_ids,
	  "Take only probes with these USB ids; not needed, the driver knows ST's." },
	{ "st-link backend", STAGE_CONFIG, 1, 2, "usb|tcp ?port?", cmd_backend,
	  "How the probe is reached: tcp is ST's stlink-server." },
	{ "st-link cmd", STAGE_EXEC, 2, 17, "answer_size byte ...", cmd_raw,
	  "Send one raw command of up to 16 bytes; returns the bytes of the answer." },
	{ "hla layout", STAGE_CONFIG, 1, 1, "stlink", cmd_layout,
	  "Of configurations for the hla driver, which is the st-link driver here." },
	{ "hla_layout", STAGE_CONFIG, 1, 1, "stlink", cmd_layout, "Same as \"hla layout\"." },
	{ "hla device_desc", STAGE_CONFIG, 1, 1, "text", cmd_ignore, "Accepted, has no meaning." },
	{ "hla_device_desc", STAGE_CONFIG, 1, 1, "text", cmd_ignore, "Accepted, has no meaning." },
	{ "hla vid_pid", STAGE_CONFIG, 2, -1, IDS, cmd_adapter_usb_ids, OLD "vid_pid\"." },
	{ "hla_vid_pid", STAGE_CONFIG, 2, -1, IDS, cmd_adapter_usb_ids, OLD "vid_pid\"." },
	{ "hla serial", STAGE_ANY, 0, 1, "?string?", cmd_serial, OLD "serial\"." },
	{ "hla_serial", STAGE_ANY, 0, 1, "?string?", cmd_serial, OLD "serial\"." },
	{ "hla command", STAGE_ANY, 1, -1, "text", cmd_ignore, "Accepted, has no meaning." },
	{ "hla_command", STAGE_ANY, 1, -1, "text", cmd_ignore, "Accepted, has no meaning." },
	{ "hla stlink_backend", STAGE_CONFIG, 1, 2, "usb|tcp ?port?", cmd_backend,
	  OLD "backend\"." },
	{ "hla_stlink_backend", STAGE_CONFIG, 1, 2, "usb|tcp ?port?", cmd_backend,
	  OLD "backend\"." },
	{ 0 }
};
