/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "adapter/jlink_priv.h"
#include "base/log.h"

#define LOW_MILLIVOLTS	 1000
#define RELEASE_LOOKS	 8u	/* round trips until nRESET must be high */
#define JTAG_V3_HARDWARE 5u	/* from this major version on */

static void *new_settings(void)
{
	return xcalloc(1, sizeof(struct jlink_settings));
}

static void free_settings(void *p)
{
	struct jlink_settings *settings = p;

	free(settings->tcp_address);
	free(settings);
}

struct jlink_settings *jlink_settings_of(struct adapter *adapter)
{
	return adapter_settings(adapter, &jlink_driver);
}

bool jlink_can(const struct jlink *j, enum jaylink_device_capability capability)
{
	return jaylink_has_cap(j->caps, capability);
}

enum err jlink_needs(const struct jlink *j, enum jaylink_device_capability capability,
		     const char *missing)
{
	if (jlink_can(j, capability))
		return OK;
	error_why(ERR_UNSUPPORTED, "this J-Link %s (capability %d is missing)", missing,
		  (int)capability);
	return error_next(ERR_UNSUPPORTED, "update its firmware, or use another model");
}

/* libjaylink tells all failures of USB alike; the device itself says more. */
static enum err fail_link(struct jlink *j, const char *what, const char *how)
{
	bool is_there = j->probe == NULL || jlink_is_there(j->probe);

	jlink_settings_of(j->adapter)->is_stuck = is_there;
	adapter_lost(j->adapter);
	if (!is_there)
		return error_why(ERR_ADAPTER_LOST, "the J-Link did not %s: it was unplugged", what);
	error_why(ERR_ADAPTER_LOST, "the J-Link did not %s: %s", what, how);
	return error_next(ERR_ADAPTER_LOST,
			  "run \"adapter reconnect\"; if that fails, plug it in again");
}

enum err jlink_check(struct jlink *j, int rc, const char *what)
{
	switch (rc) {
	case JAYLINK_OK:
		return OK;
	case JAYLINK_ERR_TIMEOUT:
		return fail_link(j, what, "no answer for 2 s");
	case JAYLINK_ERR:
	case JAYLINK_ERR_IO:
		return fail_link(j, what, "a USB transfer failed");
	case JAYLINK_ERR_DEV_NOT_SUPPORTED:
	case JAYLINK_ERR_NOT_SUPPORTED:
		error_why(ERR_UNSUPPORTED, "this J-Link cannot %s", what);
		return error_next(ERR_UNSUPPORTED, "update its firmware, or use another model");
	default:
		return error_why(ERR_ADAPTER_PROTOCOL, "the J-Link did not %s: %s", what,
				 jaylink_strerror(rc));
	}
}

enum err jlink_of(struct adapter *adapter, struct jlink **j)
{
	*j = NULL;
	TRY(adapter_need_open(adapter, &jlink_driver));
	*j = adapter->priv;
	return OK;
}

/* --- Opening, in the order that all firmware is known to take --- */

static enum err open_link(struct jlink *j)
{
	struct jlink_settings *settings = jlink_settings_of(j->adapter);
	enum err rc;

	TRY(jlink_library_open(&j->library));
	if (settings->use_tcp)
		return jlink_open_tcp(j->library, settings->tcp_address, j->adapter->serial,
				      &j->handle);
	rc = probe_select(j->adapter, &j->probe);
	if (rc == ERR_ADAPTER_NOT_FOUND)
		return error_what(rc, "No J-Link device found");
	TRY(rc);
	if (settings->is_stuck)
		jlink_unstick(j->probe, j->is_second_try);
	settings->is_stuck = false;
	return jlink_open_usb(j->library, j->probe, &j->handle);
}

static enum err read_identity(struct jlink *j)
{
	char *text = NULL;
	size_t length = 0;

	TRY(jlink_check(j, jaylink_get_firmware_version(j->handle, &text, &length),
			"tell its firmware version"));
	j->firmware = xstrdup(length > 0 ? text : "J-Link with unknown firmware");
	if (length > 0)
		free(text);
	log_info("%s", j->firmware);
	TRY(jlink_check(j, jaylink_get_caps(j->handle, j->caps), "tell its capabilities"));
	if (jlink_can(j, JAYLINK_DEV_CAP_GET_EXT_CAPS))
		TRY(jlink_check(j, jaylink_get_extended_caps(j->handle, j->caps),
				"tell its extended capabilities"));
	if (!jlink_can(j, JAYLINK_DEV_CAP_GET_HW_VERSION))
		return OK;
	TRY(jlink_check(j, jaylink_get_hardware_version(j->handle, &j->hardware),
			"tell its hardware version"));
	j->has_hardware = true;
	log_info("Hardware version: %u.%02u", j->hardware.major, j->hardware.minor);
	return OK;
}

/* Version 3 came with hardware 5; on-board probes say 1.0 and have it as well. */
static void choose_jtag_version(struct jlink *j)
{
	unsigned asked = jlink_settings_of(j->adapter)->jtag_version;
	bool has_v3 = (j->has_hardware && j->hardware.major >= JTAG_V3_HARDWARE) ||
		      jlink_can(j, JAYLINK_DEV_CAP_SELECT_TIF);

	if (asked != 0)
		has_v3 = asked == 3;
	j->jtag_version = has_v3 ? JAYLINK_JTAG_VERSION_3 : JAYLINK_JTAG_VERSION_2;
}

static enum err read_memory(struct jlink *j)
{
	if (jlink_can(j, JAYLINK_DEV_CAP_GET_FREE_MEMORY))
		TRY(jlink_check(j, jaylink_get_free_memory(j->handle, &j->free_memory),
				"tell its free memory"));
	jlink_set_limits(j);
	if (!jlink_can(j, JAYLINK_DEV_CAP_READ_CONFIG))
		return OK;
	return jlink_check(j, jaylink_read_raw_config(j->handle, j->config),
			   "tell its configuration");
}

static enum err read_status(struct jlink *j)
{
	struct jaylink_hardware_status status;

	TRY(jlink_check(j, jaylink_get_hardware_status(j->handle, &status), "tell its pins"));
	log_info("VTarget = %u.%03u V", status.target_voltage / 1000u,
		 status.target_voltage % 1000u);
	adapter_check_voltage(status.target_voltage, LOW_MILLIVOLTS);
	return OK;
}

static enum err fail_registration(const struct jaylink_connection *connections, size_t count)
{
	struct buf list = { 0 };

	for (size_t i = 0; i < count; i++)
		buf_printf(&list, "%s%s (process %" PRIu32 ")", i ? ", " : "", connections[i].hid,
			   connections[i].pid);
	error_why(ERR_ADAPTER_BUSY, "the J-Link's table of connections is full: %s",
		  list.len > 0 ? (const char *)list.data : "it names none");
	buf_free(&list);
	return error_next(ERR_ADAPTER_BUSY, "end the programs that use it, or plug it in again");
}

static enum err register_connection(struct jlink *j)
{
	struct jaylink_connection connections[JAYLINK_MAX_CONNECTIONS];
	size_t count = 0;
	int rc;

	if (!jlink_can(j, JAYLINK_DEV_CAP_REGISTER))
		return OK;
	j->connection = (struct jaylink_connection){ .hid = "0.0.0.0" };
	rc = jaylink_register(j->handle, &j->connection, connections, &count);
	if (rc == JAYLINK_ERR_PROTO)	/* handle 0: it gave none */
		return fail_registration(connections, 0);
	TRY(jlink_check(j, rc, "register the connection"));
	for (size_t i = 0; i < count; i++)
		j->is_registered |= connections[i].handle == j->connection.handle;
	return j->is_registered ? OK : fail_registration(connections, count);
}

static enum err choose_interface(struct jlink *j)
{
	bool is_swd = j->adapter->transport == TRANSPORT_SWD;
	enum jaylink_target_interface interface = is_swd ? JAYLINK_TIF_SWD : JAYLINK_TIF_JTAG;
	uint32_t available = BIT(JAYLINK_TIF_JTAG) | BIT(JAYLINK_TIF_SWD);

	/* Hardware that cannot select hangs when it is asked what there is. */
	if (jlink_can(j, JAYLINK_DEV_CAP_SELECT_TIF))
		TRY(jlink_check(j, jaylink_get_available_interfaces(j->handle, &available),
				"tell its interfaces"));
	if (!(available & BIT(interface))) {
		error_why(ERR_UNSUPPORTED, "this J-Link has no %s", is_swd ? "SWD" : "JTAG");
		return error_next(ERR_UNSUPPORTED, "use \"transport select %s\"",
				  is_swd ? "jtag" : "swd");
	}
	/* It remembers another program's choice. */
	return jlink_select(j, interface);
}

/* Lets the target go, and gives its nRESET a moment to rise: some have a capacitor there. */
static enum err release_resets(struct jlink *j)
{
	struct jaylink_hardware_status status = { 0 };

	/* "set" lets the line go high, "clear" pulls it low. */
	TRY(jlink_check(j, jaylink_set_reset(j->handle), "release nRESET"));
	TRY(jlink_check(j, jaylink_jtag_set_trst(j->handle), "release nTRST"));
	for (unsigned i = 0; i < RELEASE_LOOKS && !status.tres; i++)
		TRY(jlink_check(j, jaylink_get_hardware_status(j->handle, &status),
				"tell its pins"));
	if (!status.tres)
		log_debug("J-Link: nRESET reads low after it was released");
	return OK;
}

static enum err start(struct jlink *j)
{
	TRY(open_link(j));
	TRY(read_identity(j));
	choose_jtag_version(j);
	TRY(read_memory(j));
	TRY(read_status(j));
	TRY(register_connection(j));
	TRY(choose_interface(j));
	return release_resets(j);
}

/* libjaylink is asked nothing while the daemon waits: a second look at the device tells. */
static void watch(struct jlink *j)
{
	if (j->probe == NULL || j->adapter->loop == NULL)
		return;
	if (usb_open(j->adapter->loop, j->probe->usb, &j->watch) != OK) {
		log_debug("J-Link: unplugging will be noticed at the next transfer only: %s",
			  error_text(error_current()));
		error_clear();
		j->watch = NULL;
		return;
	}
	usb_on_lost(j->watch, adapter_unplugged, j->adapter);
}

/* The answers do not matter any more. */
static void jlink_free(struct jlink *j)
{
	struct jaylink_connection connections[JAYLINK_MAX_CONNECTIONS];
	size_t count;

	usb_close(j->watch);
	if (j->handle != NULL) {
		if (j->is_registered && !j->adapter->is_lost)
			jaylink_unregister(j->handle, &j->connection, connections, &count);
		jaylink_close(j->handle);
	}
	if (j->library != NULL)
		jaylink_exit(j->library);
	probes_free(j->probe);
	jlink_queue_free(&j->queue);
	free(j->first);
	free(j->second);
	free(j->captured);
	free(j->firmware);
	free(j);
}

static enum err try_open(struct adapter *adapter, bool is_second_try)
{
	struct jlink *j = xcalloc(1, sizeof(*j));
	struct error error;
	enum err rc;

	j->adapter = adapter;
	j->is_second_try = is_second_try;
	rc = start(j);
	if (rc != OK) {
		error_take(&error);
		jlink_free(j);
		error_put(&error);
		return rc;
	}
	watch(j);
	adapter->priv = j;
	adapter->bits_priv = j;
	return OK;
}

/* A firmware that still waits for the rest of a long command takes the next ones for its data: only a
 * reset gets it out. Its serial port and drive go with it for a moment. */
static enum err jlink_open(struct adapter *adapter)
{
	struct jlink_settings *settings = jlink_settings_of(adapter);
	enum err rc = try_open(adapter, false);

	if (rc != ERR_ADAPTER_LOST || !settings->is_stuck || settings->use_tcp)
		return rc;
	log_warning("the J-Link does not answer: it is reset over USB");
	error_clear();
	adapter->is_lost = false;
	return try_open(adapter, true);
}

static void jlink_close(struct adapter *adapter)
{
	struct jlink *j = adapter->priv;

	jlink_swo_end(j);
	jlink_free(j);
	adapter->priv = NULL;
	adapter->bits_priv = NULL;
}

/* --- The open probe --- */

static enum err jlink_set_speed(struct adapter *adapter, uint32_t khz, uint32_t *actual)
{
	struct jlink *j = adapter->priv;
	uint32_t max_khz;

	TRY(jlink_set_clock(j, khz, actual));
	max_khz = jlink_max_khz(j->speed.freq, j->speed.div);
	if (max_khz != 0 && khz > max_khz)
		log_info("Reduced speed from %" PRIu32 " kHz to %" PRIu32 " kHz (maximum)", khz,
			 *actual);
	return OK;
}

static enum err jlink_set_reset(struct adapter *adapter, bool srst, bool trst)
{
	struct jlink *j = adapter->priv;

	TRY(jlink_bits.flush(j));
	TRY(jlink_check(j, srst ? jaylink_clear_reset(j->handle) : jaylink_set_reset(j->handle),
			srst ? "assert nRESET" : "release nRESET"));
	return jlink_check(j,
			   trst ? jaylink_jtag_clear_trst(j->handle)
				: jaylink_jtag_set_trst(j->handle),
			   trst ? "assert nTRST" : "release nTRST");
}

static enum err jlink_read_voltage(struct adapter *adapter, int *mv)
{
	struct jlink *j = adapter->priv;
	struct jaylink_hardware_status status;

	*mv = -1;
	TRY(jlink_check(j, jaylink_get_hardware_status(j->handle, &status), "tell its pins"));
	*mv = status.target_voltage;
	return OK;
}

static enum err jlink_read_pins(struct adapter *adapter, enum pin_drive swdio,
				struct pin_levels *levels)
{
	struct jlink *j = adapter->priv;
	struct jaylink_hardware_status s;

	if (swdio == PIN_DRIVE_HIGH)
		TRY(jlink_check(j, jaylink_jtag_set_tms(j->handle), "drive TMS"));
	else if (swdio == PIN_DRIVE_LOW)
		TRY(jlink_check(j, jaylink_jtag_clear_tms(j->handle), "drive TMS"));
	TRY(jlink_check(j, jaylink_get_hardware_status(j->handle, &s), "tell its pins"));
	levels->known = PIN_SWCLK | PIN_SWDIO | PIN_TDI | PIN_TDO | PIN_NTRST | PIN_NRESET;
	levels->high = (s.tck ? PIN_SWCLK : 0) | (s.tms ? PIN_SWDIO : 0) | (s.tdi ? PIN_TDI : 0) |
		       (s.tdo ? PIN_TDO : 0) | (s.trst ? PIN_NTRST : 0) | (s.tres ? PIN_NRESET : 0);
	return OK;
}

static void jlink_describe(struct adapter *adapter, struct buf *out)
{
	struct jlink *j = adapter->priv;

	if (j == NULL)
		return;
	buf_printf(out, "firmware: %s\n", j->firmware);
	if (j->has_hardware)
		buf_printf(out, "hardware: %s %u.%02u\n",
			   jaylink_hardware_type_string(j->hardware.type) != NULL
				   ? jaylink_hardware_type_string(j->hardware.type) : "type unknown",
			   j->hardware.major, j->hardware.minor);
	if (j->free_memory > 0)
		buf_printf(out, "memory: %" PRIu32 " bytes\n", j->free_memory);
	else
		buf_printf(out, "memory: not told by the firmware, so calls are short\n");
	buf_printf(out, "call: up to %zu bits on SWD, %zu on JTAG%s\n", j->swd_bits, j->jtag_bits,
		   j->shrunk ? " (halved: the firmware refused longer ones)" : "");
	if (j->speed.freq > 0)
		buf_printf(out, "clock: %" PRIu32 " kHz divided by %u or more\n",
			   j->speed.freq / 1000, j->speed.div);
	buf_printf(out, "JTAG command: version %d\n",
		   j->jtag_version == JAYLINK_JTAG_VERSION_3 ? 3 : 2);
	buf_printf(out, "SWO: %s\n", jlink_can(j, JAYLINK_DEV_CAP_SWO) ? "yes" : "no");
}

static const enum transport supported[] = { TRANSPORT_JTAG, TRANSPORT_SWD, TRANSPORT_NONE };

const struct adapter_driver jlink_driver = {
	.name = "jlink",
	.help = "SEGGER J-Link, also on evaluation boards",
	.transports = supported,
	.commands = jlink_commands,
	.new_settings = new_settings,
	.free_settings = free_settings,
	.open = jlink_open,
	.close = jlink_close,
	.set_speed = jlink_set_speed,
	.set_reset = jlink_set_reset,
	.recognise = jlink_recognise,
	.inspect = jlink_inspect,
	.read_voltage = jlink_read_voltage,
	.read_pins = jlink_read_pins,
	.any_transport = true,
	.describe = jlink_describe,
	.swo = &jlink_swo_ops,
	.bits = &jlink_bits,
};
