/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The CMSIS-DAP driver: finding and opening a probe, its pins, what it tells about itself. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "adapter/cmsis_dap.h"
#include "base/log.h"

#define FIRST_QUIET_MS 10	/* silence: nothing stale is left from another program */
#define FALL_US	       1000u	/* for the reset line to follow; the probe returns at once if it did */
#define RISE_US	       20000u	/* ... against the capacitor of a reset button */

static const char *const capability_names[] = {
	"SWD", "JTAG", "SWO-UART", "SWO-Manchester", "Atomic commands", "Test domain timer",
	"SWO streaming trace", "UART communication port", "UART via USB COM port",
};

/* In the order `auto` tries them. */
static const struct cmsis_transport *const transports[] = {
#ifdef HAVE_LIBUSB
	&cmsis_dap_usb,
#ifdef HAVE_HIDAPI
	&cmsis_dap_hid,
#endif
#endif
	&cmsis_dap_tcp,
	NULL
};

const struct cmsis_transport *cmsis_transport(const char *name)
{
	for (size_t i = 0; transports[i] != NULL; i++)
		if (strcmp(transports[i]->name, name) == 0)
			return transports[i];
	return NULL;
}

static void *new_settings(void)
{
	struct cmsis_settings *settings = xcalloc(1, sizeof(*settings));

	settings->tcp_port = 4441;
	settings->tcp_min_timeout_ms = 150;
	settings->usb_interface = -1;
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

/* --- Opening --- */

static const struct usb_interface *interface_for(const struct cmsis_transport *transport,
						 const struct cmsis_usb *usb)
{
	if (strcmp(transport->name, "tcp") == 0)
		return NULL;
	return strcmp(transport->name, "hid") == 0 ? usb->hid : usb->bulk;
}

static enum err no_interface(const struct usb_device *device, const struct cmsis_settings *settings)
{
	const char *name = device->product != NULL ? device->product : "the USB device";

	if (settings->backend != NULL) {
		error_why(ERR_ADAPTER_NOT_FOUND, "%s has no interface for \"cmsis-dap backend %s\"",
			  name, settings->backend->name);
		return error_next(ERR_ADAPTER_NOT_FOUND, "use \"cmsis-dap backend auto\"");
	}
	error_why(ERR_ADAPTER_NOT_FOUND, "%s at USB %s has no CMSIS-DAP interface%s", name,
		  device->location, transports[1] == NULL ? " (and this build has no USB)" : "");
	return error_next(ERR_ADAPTER_NOT_FOUND,
			  "name its number with \"cmsis-dap usb interface\" if you know it has");
}

/* v2 first: it is faster. A v2 interface that may not be opened leaves v1 a chance: they have rules
 * of their own. One that somebody else has open does not: it is the same probe. */
static enum err open_usb(struct cmsis_dap *dap, const struct cmsis_settings *settings,
			 const struct usb_device *device)
{
	struct cmsis_usb usb;
	enum err rc = OK;
	bool is_tried = false;

	cmsis_find(device, settings->usb_interface, &usb);
	for (size_t i = 0; transports[i] != NULL; i++) {
		const struct cmsis_transport *t = transports[i];
		const struct usb_interface *interface = interface_for(t, &usb);

		if (interface == NULL || (settings->backend != NULL && settings->backend != t))
			continue;
		if (is_tried)
			log_debug("CMSIS-DAP: %s; trying the HID interface",
				  error_text(error_current()));
		error_clear();
		is_tried = true;
		dap->transport = t;
		rc = t->open(dap->adapter, device, &usb, &dap->link);
		if (rc == OK) {
			dap->quirk = cmsis_find_kind(device);
			dap->swo_endpoint = t->usb != NULL ? usb.swo : 0;
			log_info("Using CMSIS-DAPv%d interface with VID:PID=0x%04x:0x%04x, serial=%s",
				 interface == usb.bulk ? 2 : 1, device->vid, device->pid,
				 device->serial != NULL ? device->serial : "");
			return OK;
		}
		if (rc != ERR_ADAPTER_PERMISSION && rc != ERR_IO)
			return rc;
	}
	return is_tried ? rc : no_interface(device, settings);
}

static enum err open_link(struct cmsis_dap *dap, const struct cmsis_settings *settings)
{
	struct probe *probe = NULL;
	struct error reason;

	if (settings->backend == &cmsis_dap_tcp) {
		dap->transport = &cmsis_dap_tcp;
		return dap->transport->open(dap->adapter, NULL, NULL, &dap->link);
	}
	enum err rc = probe_select(dap->adapter, &probe);

	if (rc == OK) {
		rc = open_usb(dap, settings, probe->usb);
		probes_free(probe);
		return rc;
	}
	if (rc != ERR_ADAPTER_NOT_FOUND || settings->backend != NULL || settings->tcp_host == NULL)
		return rc;
	error_take(&reason);
	log_debug("CMSIS-DAP: %s; trying %s", error_text(&reason), settings->tcp_host);
	dap->transport = &cmsis_dap_tcp;
	return dap->transport->open(dap->adapter, NULL, NULL, &dap->link);
}

enum err cmsis_read_string(struct cmsis_dap *dap, uint8_t id, char *text, size_t size)
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
	TRY(cmsis_read_string(dap, INFO_PROTOCOL, dap->protocol, sizeof(dap->protocol)));
	if (dap->protocol[0] != '\0')
		log_info("CMSIS-DAP: FW Version = %s", dap->protocol);
	TRY(cmsis_read_string(dap, INFO_SERIAL, text, sizeof(text)));
	if (text[0] != '\0')
		log_info("CMSIS-DAP: Serial# = %s", text);
	return OK;
}

static enum err disconnect_port(struct cmsis_dap *dap)
{
	const uint8_t disconnect[] = { DAP_DISCONNECT };

	return cmsis_command(dap, disconnect, sizeof(disconnect), 1, NULL);
}

static enum err connect_port(struct cmsis_dap *dap)
{
	bool is_jtag = dap->adapter->transport == TRANSPORT_JTAG;
	const char *name = is_jtag ? "JTAG" : "SWD";
	const uint8_t request[] = { DAP_CONNECT, is_jtag ? 2 : 1 };

	if (!(dap->capabilities & (is_jtag ? CAP_JTAG : CAP_SWD))) {
		error_why(ERR_UNSUPPORTED, "CMSIS-DAP: %s not supported by this probe", name);
		return error_next(ERR_UNSUPPORTED, "choose another \"transport select\"");
	}
	if (dap->quirk != NULL && (dap->quirk->flags & QUIRK_RECONNECT))
		TRY(disconnect_port(dap));
	TRY(cmsis_command(dap, request, sizeof(request), 2, NULL));
	if (dap->response[1] != request[1])
		return error_why(ERR_ADAPTER_PROTOCOL, "the probe failed to connect its %s pins",
				 name);
	log_info("CMSIS-DAP: Interface Initialised (%s)", name);
	return OK;
}

/* Returns the levels in *pins. */
static enum err swj_pins(struct cmsis_dap *dap, unsigned output, unsigned select, uint32_t wait_us,
			 unsigned *pins)
{
	uint8_t request[7] = { DAP_SWJ_PINS, (uint8_t)output, (uint8_t)select };

	put_le32(request + 3, wait_us);
	TRY(cmsis_command(dap, request, sizeof(request), 2, NULL));
	*pins = dap->response[1];
	return OK;
}

static enum err show_pins(struct cmsis_dap *dap)
{
	unsigned pins;
	enum err rc = swj_pins(dap, 0, 0, 0, &pins);

	if (rc == ERR_ADAPTER_PROTOCOL && dap->is_unknown) {	/* no pins to be seen, and no reset line */
		error_clear();
		return OK;
	}
	TRY(rc);
	log_info("SWCLK/TCK = %u SWDIO/TMS = %u TDI = %u TDO = %u nTRST = %u nRESET = %u", pins & 1,
		 pins >> 1 & 1, pins >> 2 & 1, pins >> 3 & 1, pins >> 5 & 1, pins >> 7 & 1);
	return OK;
}

static enum err set_led(struct cmsis_dap *dap, uint8_t which, bool on)
{
	const uint8_t request[] = { DAP_HOST_STATUS, which, on };

	return cmsis_command(dap, request, sizeof(request), 1, NULL);
}

static void tell_workaround(const struct cmsis_quirk *quirk)
{
	if (quirk == NULL || quirk->workaround == NULL)
		return;
	log_info("CMSIS-DAP: known probe %s: %s%s%s", quirk->kind, quirk->workaround,
		 quirk->hint ? "; " : "", quirk->hint ? quirk->hint : "");
}

static enum err start(struct cmsis_dap *dap)
{
	const uint8_t swd_configure[] = { DAP_SWD_CONFIGURE, 0 }; /* 1 turnaround, no data phase */
	const uint8_t led_connected[] = { DAP_HOST_STATUS, 0, 1 };
	const uint8_t led_running[] = { DAP_HOST_STATUS, 1, 1 };

	if (dap->transport->resync != NULL)
		TRY(dap->transport->resync(dap->link, FIRST_QUIET_MS, false));
	tell_workaround(dap->quirk);
	TRY(identify(dap));
	TRY(connect_port(dap));
	TRY(cmsis_read_limits(dap));
	if (settings_of(dap->adapter)->quirk)
		dap->packet_count = 1;
	TRY(cmsis_prove_depth(dap));
	TRY(show_pins(dap));
	if (dap->adapter->transport == TRANSPORT_SWD)
		cmsis_queue(dap, swd_configure, sizeof(swd_configure));
	cmsis_queue(dap, led_connected, sizeof(led_connected));
	cmsis_queue(dap, led_running, sizeof(led_running));
	TRY(cmsis_run_queued(dap, "take its settings"));
	log_info("CMSIS-DAP: Interface ready");
	return OK;
}

static struct cmsis_dap *new_dap(struct adapter *adapter)
{
	struct cmsis_dap *dap = xcalloc(1, sizeof(*dap));

	dap->adapter = adapter;
	dap->packet_count = 1;
	dap->response = xcalloc(1, 1024);	/* until the probe told its size */
	dap->packet_size = 1024;
	dap->usable = CMSIS_MIN_PACKET;
	dap->wait_retries = ~0u;		/* not configured yet */
	return dap;
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
	struct cmsis_dap *dap = new_dap(adapter);
	enum err rc = open_link(dap, settings_of(adapter));

	if (rc == ERR_ADAPTER_NOT_FOUND)
		probe_fail_open(rc, "unable to find a matching CMSIS-DAP device");
	if (rc == OK)
		rc = start(dap);
	if (rc != OK) {
		free_dap(dap);
		return rc;
	}
	adapter->priv = dap;
	adapter->bits_priv = dap;
	return OK;
}

static void cmsis_close(struct adapter *adapter)
{
	struct cmsis_dap *dap = adapter->priv;

	cmsis_swo_end(dap);
	if (!adapter->is_lost && (disconnect_port(dap) != OK || set_led(dap, 1, false) != OK ||
				  set_led(dap, 0, false) != OK)) {
		log_debug("CMSIS-DAP: closing: %s", error_text(error_current()));
		error_clear();
	}
	free_dap(dap);
	adapter->priv = NULL;
	adapter->bits_priv = NULL;
}

/* --- A look at a probe that is not open: only questions that change nothing --- */

#ifdef HAVE_LIBUSB
static enum err ask(struct cmsis_dap *dap, struct probe *probe)
{
	char text[64];

	if (dap->transport->resync != NULL)
		TRY(dap->transport->resync(dap->link, FIRST_QUIET_MS, false));
	TRY(cmsis_read_string(dap, INFO_FIRMWARE, text, sizeof(text)));
	if (text[0] == '\0')
		TRY(cmsis_read_string(dap, INFO_PROTOCOL, text, sizeof(text)));
	if (text[0] != '\0')
		probe->firmware = xstrdup(text);
	return OK;
}

static void cmsis_inspect(struct adapter *adapter, struct probe *probe)
{
	struct cmsis_dap *dap = new_dap(adapter);

	dap->is_inspecting = true;
	enum err rc = open_usb(dap, settings_of(adapter), probe->usb);

	if (rc == OK)
		rc = ask(dap, probe);
	if (rc != OK)
		probe_set_problem(probe, rc);
	free_dap(dap);
}
#endif

/* --- Clock and pins --- */

static enum err cmsis_set_speed(struct adapter *adapter, uint32_t khz, uint32_t *actual)
{
	TRY(cmsis_set_clock(adapter->priv, khz));
	*actual = khz;		/* the probe does not tell what it made of it */
	return OK;
}

/* Some probes have no line of their own but know how to reset what they are soldered to. */
static enum err reset_by_command(struct cmsis_dap *dap)
{
	const uint8_t request[] = { DAP_RESET_TARGET };
	size_t got;

	if (!dap->is_pin_reset_dead)
		log_warning("CMSIS-DAP: nRESET stays high though it is driven low: check the reset "
			    "wire; trying the probe's own DAP_ResetTarget");
	dap->is_pin_reset_dead = true;
	TRY(cmsis_command(dap, request, sizeof(request), 2, &got));
	if (got < 3 || dap->response[2] == 0)
		log_warning("CMSIS-DAP: this probe has no reset of its own: the target was not "
			    "reset");
	return OK;
}

static enum err cmsis_set_reset(struct adapter *adapter, bool srst, bool trst)
{
	struct cmsis_dap *dap = adapter->priv;
	unsigned output = (srst ? 0 : CMSIS_PIN_NRESET) | (trst ? 0 : CMSIS_PIN_NTRST);
	unsigned select = (adapter->reset_config & RESET_HAS_SRST ? CMSIS_PIN_NRESET : 0) |
			  (adapter->reset_config & RESET_HAS_TRST ? CMSIS_PIN_NTRST : 0);
	unsigned pins;

	TRY(swj_pins(dap, output, select, srst ? FALL_US : RISE_US, &pins));
	if (!(select & CMSIS_PIN_NRESET))
		return OK;
	if (srst && (pins & CMSIS_PIN_NRESET))
		return reset_by_command(dap);
	if (!srst && !(pins & CMSIS_PIN_NRESET))
		log_warning("CMSIS-DAP: nRESET stays low though it is released: something else "
			    "holds the target in reset");
	return OK;
}

static enum err cmsis_read_pins(struct adapter *adapter, enum pin_drive swdio,
				struct pin_levels *levels)
{
	struct cmsis_dap *dap = adapter->priv;
	unsigned pins, select = swdio == PIN_AS_IT_IS ? 0 : PIN_SWDIO;

	TRY(swj_pins(dap, swdio == PIN_DRIVE_HIGH ? PIN_SWDIO : 0, select, select ? 10 : 0, &pins));
	levels->known = PIN_SWCLK | PIN_SWDIO | PIN_NRESET;
	if (dap->capabilities & CAP_JTAG)
		levels->known |= PIN_TDI | PIN_TDO | PIN_NTRST;
	levels->high = pins & levels->known;
	return OK;
}

/* --- For `probe doctor` --- */

static void cmsis_describe(struct adapter *adapter, struct buf *out)
{
	struct cmsis_dap *dap = adapter->priv;
	const struct cmsis_quirk *quirk = dap->quirk;
	char firmware[64];

	buf_printf(out, "backend: %s\nprotocol: %s\n", dap->transport->name, dap->protocol);
	if (cmsis_read_string(dap, INFO_FIRMWARE, firmware, sizeof(firmware)) != OK)
		error_clear();
	else if (firmware[0] != '\0')
		buf_printf(out, "firmware: %s\n", firmware);
	buf_printf(out, "packet size: %zu\npacket count: %zu", dap->packet_size, dap->packet_count);
	if (dap->packet_count != dap->announced_count)
		buf_printf(out, " (announced: %zu)", dap->announced_count);
	buf_printf(out, "\ncapabilities:");
	for (size_t i = 0, n = 0; i < ARRAY_SIZE(capability_names); i++)
		if (dap->capabilities & BIT(i))
			buf_printf(out, "%s %s", n++ ? "," : "", capability_names[i]);
	buf_printf(out, "\n");
	if (quirk != NULL)
		buf_printf(out, "product: %s\n", quirk->kind);
	if (quirk != NULL && quirk->workaround != NULL)
		buf_printf(out, "workaround: %s\n", quirk->workaround);
	if (quirk != NULL && quirk->hint != NULL)
		buf_printf(out, "upgrade: %s\n", quirk->hint);
	if (dap->is_pin_reset_dead)
		buf_printf(out, "reset line: does not follow DAP_SWJ_Pins\n");
}

static const enum transport supported[] = { TRANSPORT_SWD, TRANSPORT_JTAG, TRANSPORT_NONE };

const struct adapter_driver cmsis_dap_driver = {
	.name = "cmsis-dap",
	.help = "CMSIS-DAP probes: v2 (bulk), v1 (HID), over TCP",
	.transports = supported,
	.commands = cmsis_commands,
	.new_settings = new_settings,
	.free_settings = free_settings,
	.open = cmsis_open,
	.close = cmsis_close,
	.set_speed = cmsis_set_speed,
	.set_reset = cmsis_set_reset,
#ifdef HAVE_LIBUSB
	.recognise = cmsis_recognise,
	.inspect = cmsis_inspect,
#endif
	.read_pins = cmsis_read_pins,
	.describe = cmsis_describe,
	.swo = &cmsis_swo_ops,
	.dap = &cmsis_port_ops,
	.bits = &cmsis_bit_ops,
};
