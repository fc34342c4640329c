/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "adapter/cmsis_dap.h"
#include "base/log.h"

/* In the order `auto` tries them. */
static const struct cmsis_transport *const transports[] = { &cmsis_dap_tcp, NULL };

static const char *const capability_names[] = {
	"SWD", "JTAG", "SWO-UART", "SWO-Manchester", "Atomic commands", "Test domain timer",
	"SWO streaming trace", "UART via DAP commands", "UART via USB COM port",
};

static void *new_settings(void)
{
	struct cmsis_settings *settings = xcalloc(1, sizeof(*settings));

	settings->tcp_port = 4441;
	settings->tcp_min_timeout_ms = 150;
	return settings;
}

static void free_settings(void *p)
{
	struct cmsis_settings *settings = p;

	free(settings->tcp_host);
	free(settings);
}

static struct cmsis_settings *settings_of(struct adapter *adapter)
{
	return adapter_settings(adapter, &cmsis_dap_driver);
}

static enum err open_link(struct cmsis_dap *dap, const struct cmsis_settings *settings)
{
	if (settings->backend != NULL) {
		dap->transport = settings->backend;
		return dap->transport->open(dap->adapter, &dap->link);
	}
	if (settings->tcp_host != NULL) {
		dap->transport = &cmsis_dap_tcp;
		return dap->transport->open(dap->adapter, &dap->link);
	}
	error_why(ERR_ADAPTER_NOT_FOUND, "unable to find a matching CMSIS-DAP device");
	return error_next(ERR_ADAPTER_NOT_FOUND,
			  "plug the probe in, or name a \"cmsis-dap tcp host\"");
}

static enum err read_string(struct cmsis_dap *dap, uint8_t id, char *text, size_t size)
{
	size_t got;

	TRY(cmsis_info(dap, id, (uint8_t *)text, size - 1, &got));
	text[got] = '\0';	/* the NUL inside the data may be missing */
	return OK;
}

static enum err read_capabilities(struct cmsis_dap *dap)
{
	uint8_t data[2] = { 0 };
	size_t got;

	TRY(cmsis_info(dap, INFO_CAPABILITIES, data, sizeof(data), &got));
	dap->capabilities = data[0] | (got > 1 ? (unsigned)data[1] << 8 : 0);
	for (size_t i = 0; i < ARRAY_SIZE(capability_names); i++)
		if (dap->capabilities & BIT(i))
			log_info("CMSIS-DAP: %s supported", capability_names[i]);
	return OK;
}

static enum err identify(struct cmsis_dap *dap)
{
	char text[256];

	TRY(read_capabilities(dap));
	TRY(read_string(dap, INFO_PROTOCOL, text, sizeof(text)));
	if (text[0] != '\0')
		log_info("CMSIS-DAP: FW Version = %s", text);
	TRY(read_string(dap, INFO_SERIAL, text, sizeof(text)));
	if (text[0] != '\0')
		log_info("CMSIS-DAP: Serial# = %s", text);
	return OK;
}

static enum err connect_port(struct cmsis_dap *dap)
{
	bool is_jtag = dap->adapter->transport == TRANSPORT_JTAG;
	const char *name = is_jtag ? "JTAG" : "SWD";
	const uint8_t request[] = { DAP_CONNECT, is_jtag ? 2 : 1 };

	if (!(dap->capabilities & (is_jtag ? BIT(1) : BIT(0)))) {
		error_why(ERR_UNSUPPORTED, "CMSIS-DAP: %s not supported by this probe", name);
		return error_next(ERR_UNSUPPORTED, "choose another \"transport select\"");
	}
	TRY(cmsis_command(dap, request, sizeof(request), 2, NULL));
	if (dap->response[1] != request[1])
		return error_why(ERR_ADAPTER_PROTOCOL, "the probe failed to connect its %s pins",
				 name);
	log_info("CMSIS-DAP: Interface Initialised (%s)", name);
	return OK;
}

static enum err read_pins(struct cmsis_dap *dap)
{
	const uint8_t request[7] = { DAP_SWJ_PINS };

	TRY(cmsis_command(dap, request, sizeof(request), 2, NULL));
	unsigned pins = dap->response[1];

	log_info("SWCLK/TCK = %u SWDIO/TMS = %u TDI = %u TDO = %u nTRST = %u nRESET = %u", pins & 1,
		 pins >> 1 & 1, pins >> 2 & 1, pins >> 3 & 1, pins >> 5 & 1, pins >> 7 & 1);
	return OK;
}

static enum err set_led(struct cmsis_dap *dap, uint8_t which, bool on)
{
	const uint8_t request[] = { DAP_HOST_STATUS, which, on };

	return cmsis_command(dap, request, sizeof(request), 1, NULL);
}

static enum err start(struct cmsis_dap *dap)
{
	const uint8_t swd_configure[] = { DAP_SWD_CONFIGURE, 0 }; /* 1 turnaround, no data phase */

	TRY(identify(dap));
	TRY(connect_port(dap));
	TRY(cmsis_read_limits(dap));
	TRY(read_pins(dap));
	if (dap->adapter->transport == TRANSPORT_SWD)
		TRY(cmsis_status_command(dap, swd_configure, sizeof(swd_configure),
					 "configure SWD"));
	TRY(set_led(dap, 0, true));
	TRY(set_led(dap, 1, true));
	log_info("CMSIS-DAP: Interface ready");
	return OK;
}

static void free_dap(struct cmsis_dap *dap)
{
	if (dap->link != NULL)
		dap->transport->close(dap->link);
	buf_free(&dap->batch);
	free(dap->packets);
	free(dap->response);
	free(dap);
}

static enum err cmsis_open(struct adapter *adapter)
{
	struct cmsis_settings *settings = settings_of(adapter);
	struct cmsis_dap *dap = xcalloc(1, sizeof(*dap));

	dap->adapter = adapter;
	dap->packet_count = 1;
	dap->response = xcalloc(1, 1024);	/* until the probe told its size */
	dap->packet_size = 1024;
	dap->wait_retries = ~0u;		/* not configured yet */
	enum err rc = open_link(dap, settings);

	if (rc == OK) {
		dap->usable = CMSIS_MIN_PACKET;
		rc = start(dap);
	}
	if (rc != OK) {
		free_dap(dap);
		return rc;
	}
	if (settings->quirk)
		dap->packet_count = 1;
	adapter->priv = dap;
	adapter->bits_priv = dap;
	return OK;
}

static void cmsis_close(struct adapter *adapter)
{
	struct cmsis_dap *dap = adapter->priv;
	const uint8_t disconnect[] = { DAP_DISCONNECT };

	if (!adapter->is_lost &&
	    (cmsis_command(dap, disconnect, sizeof(disconnect), 1, NULL) != OK ||
	     set_led(dap, 1, false) != OK || set_led(dap, 0, false) != OK)) {
		log_debug("CMSIS-DAP: closing: %s", error_text(error_current()));
		error_clear();
	}
	free_dap(dap);
	adapter->priv = NULL;
	adapter->bits_priv = NULL;
}

static enum err cmsis_set_speed(struct adapter *adapter, uint32_t khz, uint32_t *actual)
{
	TRY(cmsis_set_clock(adapter->priv, khz));
	*actual = khz;		/* the probe does not tell what it made of it */
	return OK;
}

static enum err cmsis_set_reset(struct adapter *adapter, bool srst, bool trst)
{
	struct cmsis_dap *dap = adapter->priv;
	uint8_t request[7] = { DAP_SWJ_PINS };

	request[1] = (uint8_t)((srst ? 0 : CMSIS_PIN_NRESET) | (trst ? 0 : CMSIS_PIN_NTRST));
	request[2] = (uint8_t)((adapter->reset_config & RESET_HAS_SRST ? CMSIS_PIN_NRESET : 0) |
			       (adapter->reset_config & RESET_HAS_TRST ? CMSIS_PIN_NTRST : 0));
	return cmsis_command(dap, request, sizeof(request), 2, NULL);
}

static enum err cmsis_read_pins(struct adapter *adapter, enum pin_drive swdio,
				struct pin_levels *levels)
{
	struct cmsis_dap *dap = adapter->priv;
	uint8_t request[7] = { DAP_SWJ_PINS };

	if (swdio != PIN_AS_IT_IS) {
		request[1] = swdio == PIN_DRIVE_HIGH ? PIN_SWDIO : 0;
		request[2] = PIN_SWDIO;
		put_le32(request + 3, 10);	/* microseconds for a slow line */
	}
	TRY(cmsis_command(dap, request, sizeof(request), 2, NULL));
	levels->known = PIN_SWCLK | PIN_SWDIO | PIN_TDI | PIN_TDO | PIN_NTRST | PIN_NRESET;
	levels->high = dap->response[1] & levels->known;
	return OK;
}

static enum err cmd_backend(struct call *c)
{
	static const char *const words[] = { "auto", "usb_bulk", "hid", "tcp", NULL };
	struct cmsis_settings *settings = settings_of(c->user);
	int which;

	TRY(arg_word(c, 1, words, &which));
	settings->backend = NULL;
	for (size_t i = 0; transports[i] != NULL && which > 0; i++)
		if (strcmp(transports[i]->name, words[which]) == 0)
			settings->backend = transports[i];
	if (which > 0 && settings->backend == NULL) {
		error_why(ERR_UNSUPPORTED, "this build has no \"%s\" backend for CMSIS-DAP",
			  words[which]);
		return error_next(ERR_UNSUPPORTED, "use \"cmsis-dap backend tcp\"");
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

static enum err cmd_serial(struct call *c)
{
	struct adapter *adapter = c->user;

	free(adapter->serial);
	adapter->serial = xstrdup(c->argv[1]);
	return OK;
}

static enum err cmd_vid_pid(struct call *c)
{
	uint32_t id;

	if (c->argc % 2 == 0)
		return arg_usage(c);
	for (int i = 1; i < c->argc; i++) {
		TRY(arg_u32(c, i, &id));
		if (id > 0xffff)
			return error_why(ERR_ARGUMENT, "0x%" PRIx32 " is no 16-bit USB id", id);
	}
	return OK;
}

static enum err cmd_usb_interface(struct call *c)
{
	uint32_t number;

	return arg_u32(c, 1, &number);
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
	if (!adapter->is_open || adapter->driver != &cmsis_dap_driver) {
		error_why(ERR_ADAPTER_CONFIG, "no CMSIS-DAP probe is open");
		return error_next(ERR_ADAPTER_CONFIG,
				  "use \"adapter driver cmsis-dap\" and \"init\"");
	}
	if (adapter->is_lost)
		return error_why(ERR_ADAPTER_LOST, "the connection to the probe is closed");
	*dap = adapter->priv;
	return OK;
}

static enum err cmd_info(struct call *c)
{
	static const struct {
		uint8_t id;
		const char *name;
	} strings[] = { { 1, "vendor" },   { 2, "product" },	  { 3, "serial" },
			{ 4, "protocol" }, { 9, "firmware" },	  { 5, "device vendor" },
			{ 6, "device" },   { 7, "board vendor" }, { 8, "board" } };
	struct cmsis_dap *dap = NULL;
	char text[256];

	TRY(opened(c->user, &dap));
	for (size_t i = 0; i < ARRAY_SIZE(strings); i++) {
		TRY(read_string(dap, strings[i].id, text, sizeof(text)));
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

static const struct command commands[] = {
	{ "cmsis-dap backend", STAGE_CONFIG, 1, 1, "auto|usb_bulk|hid|tcp", cmd_backend,
	  "How the probe is connected." },
	{ "cmsis_dap_backend", STAGE_CONFIG, 1, 1, "auto|usb_bulk|hid|tcp", cmd_backend,
	  "Old name of \"cmsis-dap backend\"." },
	{ "cmsis-dap tcp host", STAGE_CONFIG, 0, 1, "?name?", cmd_tcp_host,
	  "Host of a probe that speaks CMSIS-DAP over TCP." },
	{ "cmsis-dap tcp port", STAGE_CONFIG, 0, 1, "?number?", cmd_tcp_port,
	  "Its port, 4441 if not given." },
	{ "cmsis-dap tcp min_timeout", STAGE_CONFIG, 0, 1, "?ms?", cmd_tcp_min_timeout,
	  "Wait at least this long for each answer (150 ms)." },
	{ "cmsis-dap vid_pid", STAGE_CONFIG, 2, -1, "(vid pid)+", cmd_vid_pid,
	  "USB ids to look for; a network probe has none." },
	{ "cmsis_dap_vid_pid", STAGE_CONFIG, 2, -1, "(vid pid)+", cmd_vid_pid,
	  "Old name of \"cmsis-dap vid_pid\"." },
	{ "cmsis-dap serial", STAGE_CONFIG, 1, 1, "string", cmd_serial,
	  "Same as \"adapter serial\"." },
	{ "cmsis_dap_serial", STAGE_CONFIG, 1, 1, "string", cmd_serial,
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

static const enum transport supported[] = { TRANSPORT_SWD, TRANSPORT_JTAG, TRANSPORT_NONE };

const struct adapter_driver cmsis_dap_driver = {
	.name = "cmsis-dap",
	.help = "CMSIS-DAP v2 probes, over TCP",
	.transports = supported,
	.commands = commands,
	.new_settings = new_settings,
	.free_settings = free_settings,
	.open = cmsis_open,
	.close = cmsis_close,
	.set_speed = cmsis_set_speed,
	.set_reset = cmsis_set_reset,
	.read_pins = cmsis_read_pins,
	.dap = &cmsis_port_ops,
	.bits = &cmsis_bit_ops,
};
