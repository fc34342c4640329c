/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "adapter/commands.h"
#include "adapter/jlink_priv.h"
#include "base/log.h"

#define MAX_EMUCOM_BYTES 4096u

/* Addresses 1 to 3 have product ids of their own; all the others are 0. */
static enum err cmd_usb(struct call *c)
{
	struct adapter *adapter = c->user;
	uint32_t address;

	TRY(arg_u32(c, 1, &address));
	if (address > 3)
		return error_why(ERR_ARGUMENT, "a USB address is 0 to 3, not %" PRIu32, address);
	adapter->usb_id_count = 0;
	if (address > 0)
		adapter->usb_ids[adapter->usb_id_count++] =
			(struct usb_id){ JLINK_VID, (uint16_t)(0x0101 + address) };
	return OK;
}

static enum err cmd_tcp(struct call *c)
{
	struct jlink_settings *settings = jlink_settings_of(c->user);

	settings->use_tcp = true;
	free(settings->tcp_address);
	settings->tcp_address = c->argc > 1 ? xstrdup(c->argv[1]) : NULL;
	return OK;
}

static enum err cmd_jtag(struct call *c)
{
	struct adapter *adapter = c->user;
	struct jlink_settings *settings = jlink_settings_of(adapter);
	struct jlink *j = NULL;
	uint32_t version;

	if (c->argc > 1) {
		TRY(arg_u32(c, 1, &version));
		if (version != 2 && version != 3)
			return error_why(ERR_ARGUMENT,
					 "a J-Link's JTAG command has version 2 or 3, not %" PRIu32,
					 version);
		settings->jtag_version = version;
	}
	version = settings->jtag_version;
	if (adapter->is_open && adapter->driver == &jlink_driver) {
		TRY(jlink_of(adapter, &j));
		if (c->argc > 1)
			j->jtag_version = version == 3 ? JAYLINK_JTAG_VERSION_3
						       : JAYLINK_JTAG_VERSION_2;
		version = j->jtag_version == JAYLINK_JTAG_VERSION_3 ? 3 : 2;
	}
	if (version == 0)
		result_printf(c, "JTAG command version: by the probe's hardware");
	else
		result_printf(c, "JTAG command version: %" PRIu32, version);
	return OK;
}

static enum err cmd_targetpower(struct call *c)
{
	struct jlink *j = NULL;
	bool on;

	TRY(arg_bool(c, 1, &on));
	TRY(jlink_of(c->user, &j));
	TRY(jlink_needs(j, JAYLINK_DEV_CAP_SET_TARGET_POWER, "cannot power a target by pin 19"));
	return jlink_check(j, jaylink_set_target_power(j->handle, on), "switch the target power");
}

static enum err show_supply(struct call *c, struct jlink *j)
{
	uint32_t info[3] = { 0 };

	if (!jlink_can(j, JAYLINK_DEV_CAP_GET_HW_INFO))
		return OK;
	TRY(jlink_check(j, jaylink_get_hardware_info(j->handle, JAYLINK_HW_INFO_TARGET_POWER |
						     JAYLINK_HW_INFO_ITARGET |
						     JAYLINK_HW_INFO_ITARGET_PEAK, info),
			"tell the target's supply"));
	result_printf(c, "\nTarget power supply: %s", info[0] ? "on" : "off");
	if (info[0])
		result_printf(c, "\nITarget = %" PRIu32 " mA (peak %" PRIu32 " mA)", info[1],
			      info[2]);
	return OK;
}

static enum err cmd_hwstatus(struct call *c)
{
	struct jlink *j = NULL;
	struct jaylink_hardware_status s;

	TRY(jlink_of(c->user, &j));
	TRY(jlink_check(j, jaylink_get_hardware_status(j->handle, &s), "tell its pins"));
	result_printf(c, "VTarget = %u.%03u V\n", s.target_voltage / 1000u,
		      s.target_voltage % 1000u);
	result_printf(c, "TCK = %u TDI = %u TDO = %u TMS = %u SRST = %u TRST = %u", s.tck, s.tdi,
		      s.tdo, s.tms, s.tres, s.trst);
	return show_supply(c, j);
}

static enum err cmd_freemem(struct call *c)
{
	struct jlink *j = NULL;
	uint32_t bytes;

	TRY(jlink_of(c->user, &j));
	TRY(jlink_needs(j, JAYLINK_DEV_CAP_GET_FREE_MEMORY, "does not tell its free memory"));
	TRY(jlink_check(j, jaylink_get_free_memory(j->handle, &bytes), "tell its free memory"));
	result_printf(c, "Device has %" PRIu32 " bytes of free memory", bytes);
	return OK;
}

/* --- EMUCOM: byte channels into the probe --- */

static enum err emucom_check(struct jlink *j, int rc, uint32_t channel, uint32_t available)
{
	switch (rc) {
	case JAYLINK_ERR_DEV_NOT_SUPPORTED:
		return error_why(ERR_UNSUPPORTED, "the J-Link has no EMUCOM channel %" PRIu32,
				 channel);
	case JAYLINK_ERR_DEV_NOT_AVAILABLE:
		return error_why(ERR_ARGUMENT,
				 "channel %" PRIu32 " has not so much now: %" PRIu32 " bytes", channel,
				 available);
	default:
		return jlink_check(j, rc, "use the EMUCOM channel");
	}
}

static enum err emucom_of(struct call *c, struct jlink **j, uint32_t *channel)
{
	TRY(jlink_of(c->user, j));
	TRY(jlink_needs(*j, JAYLINK_DEV_CAP_EMUCOM, "has no EMUCOM"));
	return arg_u32(c, 1, channel);
}

static enum err cmd_emucom_read(struct call *c)
{
	uint8_t data[MAX_EMUCOM_BYTES];
	char text[2 * MAX_EMUCOM_BYTES + 1];
	uint32_t channel, length;
	struct jlink *j = NULL;

	TRY(emucom_of(c, &j, &channel));
	TRY(arg_u32(c, 2, &length));
	if (length == 0 || length > sizeof(data))
		return error_why(ERR_ARGUMENT, "1 to %zu bytes can be read at a time", sizeof(data));
	TRY(emucom_check(j, jaylink_emucom_read(j->handle, channel, data, &length), channel,
			 length));
	hex_encode(text, data, MIN(length, sizeof(data)));
	result_printf(c, "%s", text);
	return OK;
}

static enum err cmd_emucom_write(struct call *c)
{
	uint8_t data[MAX_EMUCOM_BYTES];
	size_t digits = strlen(c->argv[2]);
	uint32_t channel, length = (uint32_t)(digits / 2);
	struct jlink *j = NULL;

	TRY(emucom_of(c, &j, &channel));
	if (digits == 0 || digits > 2 * sizeof(data) || !hex_decode(data, c->argv[2], digits))
		return error_why(ERR_ARGUMENT, "the data must be 1 to %zu bytes as hex digits",
				 sizeof(data));
	TRY(emucom_check(j, jaylink_emucom_write(j->handle, channel, data, &length), channel,
			 length));
	if (length < digits / 2)
		return error_why(ERR_ADAPTER_PROTOCOL, "only %" PRIu32 " of %zu bytes were written",
				 length, digits / 2);
	return OK;
}

const struct command jlink_commands[] = {
	{ "jlink serial", STAGE_CONFIG, 1, 1, "number", cmd_adapter_serial,
	  "Use the J-Link with this serial number. Same as \"adapter serial\"." },
	{ "jlink_serial", STAGE_CONFIG, 1, 1, "number", cmd_adapter_serial,
	  "Old name of \"adapter serial\"." },
	{ "jlink usb", STAGE_CONFIG, 1, 1, "0-3", cmd_usb,
	  "Use the J-Link with this USB address, an obsolete way to tell several apart." },
	{ "jlink tcp", STAGE_CONFIG, 0, 1, "?address?", cmd_tcp,
	  "Look for the J-Link on the network instead of USB: the one with this IPv4 address, or "
	  "the only one that answers." },
	{ "jlink jtag", STAGE_ANY, 0, 1, "?2|3?", cmd_jtag,
	  "Version of the probe's JTAG command, if its hardware version misleads." },
	{ "jlink targetpower", STAGE_EXEC, 1, 1, "on|off", cmd_targetpower,
	  "Switch the 5 V supply on pin 19 of the connector." },
	{ "jlink hwstatus", STAGE_EXEC, 0, 0, "", cmd_hwstatus,
	  "Target voltage, levels of the pins, and what pin 19 supplies." },
	{ "jlink freemem", STAGE_EXEC, 0, 0, "", cmd_freemem, "Free memory of the probe." },
	{ "jlink config", STAGE_EXEC, 0, 0, "", jlink_cmd_config_show,
	  "What the probe keeps over power-off." },
	{ "jlink config targetpower", STAGE_EXEC, 0, 1, "?on|off?", jlink_cmd_config_targetpower,
	  "Whether pin 19 is on when the probe starts." },
	{ "jlink config usb", STAGE_EXEC, 0, 1, "?0-3?", jlink_cmd_config_usb,
	  "The probe's USB address." },
	{ "jlink config mac", STAGE_EXEC, 0, 1, "?address?", jlink_cmd_config_mac,
	  "The MAC address of a probe with Ethernet." },
	{ "jlink config ip", STAGE_EXEC, 0, 2, "?address? ?netmask?", jlink_cmd_config_ip,
	  "The IP address of a probe with Ethernet." },
	{ "jlink config reset", STAGE_EXEC, 0, 0, "", jlink_cmd_config_reset,
	  "Everything as from the factory. Takes effect with \"jlink config write\"." },
	{ "jlink config write", STAGE_EXEC, 0, 1, "?confirm?", jlink_cmd_config_write,
	  "Store the changed configuration in the probe for good; it needs the word confirm." },
	{ "jlink emucom read", STAGE_EXEC, 2, 2, "channel length", cmd_emucom_read,
	  "Read bytes from an EMUCOM channel, as hex digits." },
	{ "jlink emucom write", STAGE_EXEC, 2, 2, "channel hexdata", cmd_emucom_write,
	  "Write bytes to an EMUCOM channel." },
	{ 0 }
};
