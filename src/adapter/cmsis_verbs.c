/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands of the CMSIS-DAP driver. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "adapter/cmsis_dap.h"
#include "adapter/commands.h"

static struct cmsis_settings *settings_of(struct adapter *adapter)
{
	return adapter_settings(adapter, &cmsis_dap_driver);
}

static enum err cmd_backend(struct call *c)
{
	static const char *const words[] = { "auto", "usb_bulk", "hid", "tcp", NULL };
	struct cmsis_settings *settings = settings_of(c->user);
	int which;

	TRY(arg_word(c, 1, words, &which));
	settings->backend = which > 0 ? cmsis_transport(words[which]) : NULL;
	if (which > 0 && settings->backend == NULL) {
		error_why(ERR_UNSUPPORTED, "this build has no \"%s\" backend for CMSIS-DAP",
			  words[which]);
		return error_next(ERR_UNSUPPORTED,
				  "use \"cmsis-dap backend tcp\", or build with libusb and hidapi");
	}
	return OK;
}

static enum err cmd_tcp_host(struct call *c)
{
	struct cmsis_settings *settings = settings_of(c->user);

	if (c->argc > 1) {
		free(settings->tcp_host);
		settings->tcp_host = xstrdup(c->argv[1]);
	}
	result_printf(c, "%s", settings->tcp_host ? settings->tcp_host : "");
	return OK;
}

static enum err cmd_tcp_port(struct call *c)
{
	struct cmsis_settings *settings = settings_of(c->user);
	uint32_t port = settings->tcp_port;

	if (c->argc > 1)
		TRY(arg_u32(c, 1, &port));
	if (port == 0 || port > 65535)
		return error_why(ERR_ARGUMENT, "%" PRIu32 " is no TCP port (1..65535)", port);
	settings->tcp_port = (uint16_t)port;
	result_int(c, port);
	return OK;
}

static enum err cmd_tcp_min_timeout(struct call *c)
{
	struct cmsis_settings *settings = settings_of(c->user);
	uint32_t ms = settings->tcp_min_timeout_ms;

	if (c->argc > 1)
		TRY(arg_u32(c, 1, &ms));
	settings->tcp_min_timeout_ms = MIN(ms, 60000u);
	result_int(c, settings->tcp_min_timeout_ms);
	return OK;
}

static enum err cmd_usb_interface(struct call *c)
{
	uint32_t number;

	TRY(arg_u32(c, 1, &number));
	if (number > 255)
		return error_why(ERR_ARGUMENT, "%" PRIu32 " is no USB interface number", number);
	settings_of(c->user)->usb_interface = (int)number;
	return OK;
}

static enum err cmd_quirk(struct call *c)
{
	struct adapter *adapter = c->user;
	struct cmsis_settings *settings = settings_of(adapter);

	if (c->argc > 1)
		TRY(arg_bool(c, 1, &settings->quirk));
	if (adapter->is_open && adapter->driver == &cmsis_dap_driver && settings->quirk)
		((struct cmsis_dap *)adapter->priv)->packet_count = 1;
	result_printf(c, "CMSIS-DAP quirk workarounds %s",
		      settings->quirk ? "enabled" : "disabled");
	return OK;
}

static enum err opened(struct adapter *adapter, struct cmsis_dap **dap)
{
	TRY(adapter_need_open(adapter, &cmsis_dap_driver));
	*dap = adapter->priv;
	return OK;
}

static enum err cmd_info(struct call *c)
{
	static const struct {
		uint8_t id;
		const char *name;
	} strings[] = {
		{ INFO_VENDOR, "vendor" },
		{ INFO_PRODUCT, "product" },
		{ INFO_SERIAL, "serial" },
		{ INFO_PROTOCOL, "protocol" },
		{ INFO_FIRMWARE, "firmware" },
		{ INFO_DEVICE_VENDOR, "device vendor" },
		{ INFO_DEVICE, "device" },
		{ INFO_BOARD_VENDOR, "board vendor" },
		{ INFO_BOARD, "board" },
	};
	struct cmsis_dap *dap = NULL;
	char text[256];

	TRY(opened(c->user, &dap));
	for (size_t i = 0; i < ARRAY_SIZE(strings); i++) {
		TRY(cmsis_read_string(dap, strings[i].id, text, sizeof(text)));
		if (text[0] != '\0')
			result_printf(c, "%s: %s\n", strings[i].name, text);
	}
	result_printf(c, "capabilities: 0x%02x\npackets: %zu of %zu bytes", dap->capabilities,
		      dap->packet_count, dap->packet_size);
	return OK;
}

static enum err cmd_raw(struct call *c)
{
	struct cmsis_dap *dap = NULL;
	uint8_t request[CMSIS_MIN_PACKET];
	size_t got;

	TRY(opened(c->user, &dap));
	for (int i = 1; i < c->argc; i++) {
		uint32_t byte;

		TRY(arg_u32(c, i, &byte));
		if (byte > 0xff)
			return error_why(ERR_ARGUMENT, "0x%" PRIx32 " is no byte", byte);
		request[i - 1] = (uint8_t)byte;
	}
	TRY(cmsis_command(dap, request, (size_t)c->argc - 1, 1, &got));
	for (size_t i = 0; i < got; i++)
		result_printf(c, "%s%02x", i ? " " : "", dap->response[i]);
	return OK;
}

const struct command cmsis_commands[] = {
	{ "cmsis-dap backend", STAGE_CONFIG, 1, 1, "auto|usb_bulk|hid|tcp", cmd_backend,
	  "How the probe is connected; auto: v2 (bulk) before v1 (HID) before tcp, if it has a host." },
	{ "cmsis_dap_backend", STAGE_CONFIG, 1, 1, "auto|usb_bulk|hid|tcp", cmd_backend,
	  "Old name of \"cmsis-dap backend\"." },
	{ "cmsis-dap tcp host", STAGE_CONFIG, 0, 1, "?name?", cmd_tcp_host,
	  "Host of a probe that speaks CMSIS-DAP over TCP." },
	{ "cmsis-dap tcp port", STAGE_CONFIG, 0, 1, "?number?", cmd_tcp_port,
	  "Its port, 4441 if not given." },
	{ "cmsis-dap tcp min_timeout", STAGE_CONFIG, 0, 1, "?ms?", cmd_tcp_min_timeout,
	  "Wait at least this long for each answer (150 ms)." },
	{ "cmsis-dap vid_pid", STAGE_CONFIG, 2, -1, "(vid pid)+", cmd_adapter_usb_ids,
	  "Same as \"adapter usb vid_pid\"." },
	{ "cmsis_dap_vid_pid", STAGE_CONFIG, 2, -1, "(vid pid)+", cmd_adapter_usb_ids,
	  "Old name of \"cmsis-dap vid_pid\"." },
	{ "cmsis-dap serial", STAGE_CONFIG, 1, 1, "string", cmd_adapter_serial,
	  "Same as \"adapter serial\"." },
	{ "cmsis_dap_serial", STAGE_CONFIG, 1, 1, "string", cmd_adapter_serial,
	  "Same as \"adapter serial\"." },
	{ "cmsis-dap usb interface", STAGE_CONFIG, 1, 1, "number", cmd_usb_interface,
	  "USB interface number to use when the probe's strings do not tell." },
	{ "cmsis_dap_usb interface", STAGE_CONFIG, 1, 1, "number", cmd_usb_interface,
	  "Old name of \"cmsis-dap usb interface\"." },
	{ "cmsis-dap quirk", STAGE_ANY, 0, 1, "?enable|disable?", cmd_quirk,
	  "For probes with poor firmware: one packet under way at a time." },
	{ "cmsis-dap info", STAGE_EXEC, 0, 0, "", cmd_info, "What the probe tells about itself." },
	{ "cmsis-dap cmd", STAGE_EXEC, 1, 63, "byte ...", cmd_raw,
	  "Send one raw command; returns the bytes of the response in hex." },
	{ 0 }
};
