/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `jlink config`: the 256 bytes that the probe keeps over power-off (RM08001, U_CONFIG). The verbs
 * change a copy; only `jlink config write confirm` stores it.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "adapter/jlink_priv.h"
#include "base/log.h"

#define CONFIG_USB_ADDRESS 0	/* 0..3, 0xff: not set */
#define CONFIG_POWER	   4	/* u32: pin 19 at start */
#define CONFIG_IP	   32	/* highest byte first in what people write */
#define CONFIG_NETMASK	   36
#define CONFIG_MAC	   48
#define MAC_BYTES	   6

static enum err config_of(struct call *c, struct jlink **j)
{
	TRY(jlink_of(c->user, j));
	return jlink_needs(*j, JAYLINK_DEV_CAP_READ_CONFIG, "does not tell its configuration");
}

static bool is_unset(const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (bytes[i] != 0xff)
			return false;
	return true;
}

static void show_usb(struct call *c, const struct jlink *j)
{
	uint8_t address = j->config[CONFIG_USB_ADDRESS];

	if (address == 0xff)
		result_printf(c, "USB-Address: [not configured]");
	else
		result_printf(c, "USB-Address: %u", address);
}

static void show_power(struct call *c, const struct jlink *j)
{
	uint32_t power = get_le32(j->config + CONFIG_POWER);

	result_printf(c, "Target power: %s", power == UINT32_MAX ? "[not configured]" :
					     power != 0		 ? "on" : "off");
}

static void show_ip(struct call *c, const struct jlink *j)
{
	const uint8_t *ip = j->config + CONFIG_IP, *mask = j->config + CONFIG_NETMASK;

	if (is_unset(ip, 4))
		result_printf(c, "IP address: [not configured]");
	else
		result_printf(c, "IP address: %u.%u.%u.%u\nSubnet mask: %u.%u.%u.%u", ip[3], ip[2],
			      ip[1], ip[0], mask[3], mask[2], mask[1], mask[0]);
}

static void show_mac(struct call *c, const struct jlink *j)
{
	const uint8_t *mac = j->config + CONFIG_MAC;

	if (is_unset(mac, MAC_BYTES))
		result_printf(c, "MAC address: [not configured]");
	else
		result_printf(c, "MAC address: %02x:%02x:%02x:%02x:%02x:%02x", mac[5], mac[4],
			      mac[3], mac[2], mac[1], mac[0]);
}

enum err jlink_cmd_config_show(struct call *c)
{
	struct jlink *j = NULL;

	TRY(config_of(c, &j));
	result_printf(c, "J-Link device configuration:%s\n",
		      j->config_changed ? " (changed, not written)" : "");
	show_usb(c, j);
	result_printf(c, "\n");
	show_power(c, j);
	if (!jlink_can(j, JAYLINK_DEV_CAP_ETHERNET))
		return OK;
	result_printf(c, "\n");
	show_ip(c, j);
	result_printf(c, "\n");
	show_mac(c, j);
	return OK;
}

enum err jlink_cmd_config_targetpower(struct call *c)
{
	struct jlink *j = NULL;
	bool on;

	TRY(config_of(c, &j));
	if (c->argc > 1) {
		TRY(arg_bool(c, 1, &on));
		put_le32(j->config + CONFIG_POWER, on);
		j->config_changed = true;
	}
	show_power(c, j);
	return OK;
}

enum err jlink_cmd_config_usb(struct call *c)
{
	struct jlink *j = NULL;
	uint32_t address;

	TRY(config_of(c, &j));
	if (c->argc > 1) {
		TRY(arg_u32(c, 1, &address));
		if (address > 3)
			return error_why(ERR_ARGUMENT, "a USB address is 0 to 3, not %" PRIu32,
					 address);
		j->config[CONFIG_USB_ADDRESS] = (uint8_t)address;
		j->config_changed = true;
	}
	show_usb(c, j);
	return OK;
}

static enum err needs_ethernet(const struct jlink *j)
{
	return jlink_needs(j, JAYLINK_DEV_CAP_ETHERNET, "has no Ethernet");
}

enum err jlink_cmd_config_mac(struct call *c)
{
	struct jlink *j = NULL;
	unsigned m[MAC_BYTES];
	int used = 0;

	TRY(config_of(c, &j));
	TRY(needs_ethernet(j));
	if (c->argc > 1) {
		if (sscanf(c->argv[1], "%2x:%2x:%2x:%2x:%2x:%2x%n", &m[5], &m[4], &m[3], &m[2],
			   &m[1], &m[0], &used) != MAC_BYTES || c->argv[1][used] != '\0')
			return error_why(ERR_ARGUMENT, "\"%s\" is no MAC address "
						       "(00:1a:2b:3c:4d:5e)", c->argv[1]);
		if (m[5] & 1)
			return error_why(ERR_ARGUMENT, "%s is a multicast address", c->argv[1]);
		for (size_t i = 0; i < MAC_BYTES; i++)
			j->config[CONFIG_MAC + i] = (uint8_t)m[i];
		j->config_changed = true;
	}
	show_mac(c, j);
	return OK;
}

static enum err parse_ip(const char *text, uint8_t *bytes)
{
	struct in_addr address;

	if (inet_pton(AF_INET, text, &address) != 1)
		return error_why(ERR_ARGUMENT, "\"%s\" is no IPv4 address", text);
	put_le32(bytes, ntohl(address.s_addr));
	return OK;
}

enum err jlink_cmd_config_ip(struct call *c)
{
	struct jlink *j = NULL;
	uint8_t ip[4], mask[4];

	TRY(config_of(c, &j));
	TRY(needs_ethernet(j));
	if (c->argc > 1) {
		TRY(parse_ip(c->argv[1], ip));
		TRY(parse_ip(c->argc > 2 ? c->argv[2] : "255.255.255.0", mask));
		memcpy(j->config + CONFIG_IP, ip, sizeof(ip));
		memcpy(j->config + CONFIG_NETMASK, mask, sizeof(mask));
		j->config_changed = true;
	}
	show_ip(c, j);
	return OK;
}

enum err jlink_cmd_config_reset(struct call *c)
{
	struct jlink *j = NULL;

	TRY(config_of(c, &j));
	memset(j->config, 0xff, sizeof(j->config));
	j->config_changed = true;
	return OK;
}

enum err jlink_cmd_config_write(struct call *c)
{
	uint8_t stored[JAYLINK_DEV_CONFIG_SIZE];
	struct jlink *j = NULL;

	TRY(config_of(c, &j));
	TRY(jlink_needs(j, JAYLINK_DEV_CAP_WRITE_CONFIG, "does not let its configuration be written"));
	if (c->argc < 2 || strcmp(c->argv[1], "confirm") != 0) {
		error_why(ERR_ARGUMENT, "the J-Link would keep the new configuration for good");
		return error_next(ERR_ARGUMENT, "look at \"jlink config\", then say \"jlink config "
						"write confirm\"");
	}
	TRY(jlink_check(j, jaylink_write_raw_config(j->handle, j->config),
			"write its configuration"));
	TRY(jlink_check(j, jaylink_read_raw_config(j->handle, stored), "tell its configuration"));
	if (memcmp(stored, j->config, sizeof(stored)) != 0)
		return error_why(ERR_ADAPTER_PROTOCOL,
				 "the J-Link did not store the configuration as it was given");
	j->config_changed = false;
	log_info("J-Link: the new configuration counts after the next power-up of the probe");
	return OK;
}
