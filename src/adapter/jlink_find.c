/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "adapter/jlink_priv.h"
#include "base/log.h"

#define CONFIG	    "interface/jlink.cfg"
#define DRAIN_BYTES 2048u
#define DRAIN_MS    50
#define MAX_DRAINS  64u

static bool is_library_interface(const struct usb_interface *interface)
{
	return interface->class == 0xff && interface->subclass == 0xff &&
	       interface->endpoint_count >= 2;
}

static bool has_library_interface(const struct usb_device *device)
{
	for (unsigned i = 0; i < device->interface_count; i++)
		if (is_library_interface(&device->interfaces[i]))
			return true;
	return false;
}

void jlink_recognise(const struct usb_device *device, struct probe_match *match)
{
	struct jlink_identity id = jlink_identify(device->pid);

	if (device->vid != JLINK_VID || (!id.is_jlink && !has_library_interface(device)))
		return;
	*match = (struct probe_match){ .quality = MATCH_IDS, .kind = id.kind, .config = CONFIG };
}

/* libjaylink's own words are for the debug log. */
static int log_library(const struct jaylink_context *library, enum jaylink_log_level level,
		       const char *format, va_list args, void *ctx)
{
	char *text;

	(void)library;
	(void)ctx;
	if (!log_enabled(level >= JAYLINK_LOG_LEVEL_DEBUG_IO ? LOG_TRACE : LOG_DEBUG))
		return 0;
	text = xvasprintf(format, args);
	log_line(level >= JAYLINK_LOG_LEVEL_DEBUG_IO ? LOG_TRACE : LOG_DEBUG, "jaylink: %s", text);
	free(text);
	return 0;
}

enum err jlink_library_open(struct jaylink_context **library)
{
	int rc = jaylink_init(library);

	if (rc != JAYLINK_OK) {
		*library = NULL;
		return error_why(ERR_ADAPTER_NOT_FOUND, "libjaylink does not start: %s",
				 jaylink_strerror(rc));
	}
	jaylink_log_set_callback(*library, log_library, NULL);
	jaylink_log_set_level(*library, log_enabled(LOG_TRACE)	 ? JAYLINK_LOG_LEVEL_DEBUG_IO :
					log_enabled(LOG_DEBUG) ? JAYLINK_LOG_LEVEL_DEBUG :
								 JAYLINK_LOG_LEVEL_WARNING);
	return OK;
}

/* "1-2.3", as usb_device.location. */
static bool is_at(struct jaylink_device *device, const char *location)
{
	uint8_t bus = 0, *ports = NULL;
	size_t count = 0;
	struct buf text = { 0 };
	bool is_it;

	if (jaylink_device_get_usb_bus_ports(device, &bus, &ports, &count) != JAYLINK_OK)
		return false;
	buf_printf(&text, "%u", bus);
	for (size_t i = 0; i < count; i++)
		buf_printf(&text, "%c%u", i ? '.' : '-', ports[i]);
	free(ports);
	is_it = strcmp((const char *)text.data, location) == 0;
	buf_free(&text);
	return is_it;
}

static enum err fail_gone(const struct probe *probe)
{
	return error_why(ERR_ADAPTER_LOST, "the J-Link at USB %s was unplugged",
			 probe->usb->location);
}

/* Why libjaylink did not offer a device that was plugged in a moment ago. */
static enum err fail_unknown(const struct probe *probe)
{
	if (!jlink_is_there(probe))
		return fail_gone(probe);
	if (!jlink_identify(probe->usb->pid).is_known) {
		error_why(ERR_UNSUPPORTED, "libjaylink %s does not know product id %04x",
			  jaylink_version_package_get_string(), probe->usb->pid);
		return error_next(ERR_UNSUPPORTED, "install a newer libjaylink, or give the probe "
						   "another USB identity with SEGGER's J-Link "
						   "Configurator");
	}
	error_why(ERR_ADAPTER_NOT_FOUND, "libjaylink does not find the J-Link at USB %s",
		  probe->usb->location);
	return error_next(ERR_ADAPTER_NOT_FOUND,
			  "its serial number must be decimal; plug it in again");
}

static enum err fail_open(const struct probe *probe, int rc)
{
	char *who;

	if (!jlink_is_there(probe))
		return fail_gone(probe);
	if (!has_library_interface(probe->usb)) {
		error_why(ERR_UNSUPPORTED, "this J-Link is in WinUSB mode, which libjaylink cannot open");
		return error_next(ERR_UNSUPPORTED, "switch it back to the SEGGER driver with the "
						   "J-Link Configurator");
	}
	who = usb_who_has(probe->usb, NULL);
	if (who != NULL) {
		free(who);
		return usb_fail_busy(probe->usb, NULL);
	}
	return error_why(ERR_ADAPTER_BUSY, "the J-Link at USB %s cannot be opened: %s",
			 probe->usb->location, jaylink_strerror(rc));
}

static enum err scan(struct jaylink_context *library, enum jaylink_host_interface interface,
		     struct jaylink_device ***devices)
{
	int rc = jaylink_discovery_scan(library, interface);

	if (rc == JAYLINK_OK)
		rc = jaylink_get_devices(library, devices, NULL);
	if (rc == JAYLINK_OK)
		return OK;
	error_why(ERR_ADAPTER_NOT_FOUND, "the search for J-Links failed: %s", jaylink_strerror(rc));
	if (interface == JAYLINK_HIF_TCP)
		error_next(ERR_ADAPTER_NOT_FOUND, "it is a broadcast: check that there is a network");
	return ERR_ADAPTER_NOT_FOUND;
}

enum err jlink_open_usb(struct jaylink_context *library, const struct probe *probe,
			struct jaylink_device_handle **handle)
{
	struct jaylink_device **devices = NULL;
	enum err result = OK;
	size_t i = 0;

	*handle = NULL;
	/* Only USB: a search of the network fails where there is none. */
	TRY(scan(library, JAYLINK_HIF_USB, &devices));
	while (devices[i] != NULL && !is_at(devices[i], probe->usb->location))
		i++;
	if (devices[i] == NULL) {
		result = fail_unknown(probe);
	} else {
		int rc = jaylink_open(devices[i], handle);

		if (rc != JAYLINK_OK)
			result = fail_open(probe, rc);
	}
	jaylink_free_devices(devices, true);
	return result;
}

bool jlink_is_there(const struct probe *probe)
{
	struct usb_device *devices = NULL;
	bool is_there = false;

	if (usb_scan(&devices) != OK) {
		error_clear();
		return false;
	}
	for (const struct usb_device *d = devices; d != NULL; d = d->next)
		is_there |= d->bus == probe->usb->bus && d->address == probe->usb->address;
	usb_free_list(devices);
	return is_there;
}

static const struct usb_interface *library_interface(const struct usb_device *device)
{
	for (unsigned i = 0; i < device->interface_count; i++)
		if (is_library_interface(&device->interfaces[i]))
			return &device->interfaces[i];
	return NULL;
}

/* Throws away what comes, until nothing comes for a moment. */
static void drain(struct usb *usb, const struct usb_endpoint *endpoint)
{
	uint8_t data[DRAIN_BYTES];
	size_t got;

	for (unsigned i = 0; i < MAX_DRAINS; i++)
		if (usb_post_in(usb, endpoint->address, sizeof(data)) != OK ||
		    usb_take_in(usb, endpoint->address, data, sizeof(data), &got, DRAIN_MS) != OK)
			break;
	usb_cancel(usb, endpoint->address);
}

void jlink_unstick(const struct probe *probe, bool by_reset)
{
	const struct usb_interface *interface = library_interface(probe->usb);
	struct usb *usb = NULL;

	if (interface == NULL)
		return;
	if (usb_open(NULL, probe->usb, &usb) == OK && usb_claim(usb, interface->number) == OK) {
		for (unsigned i = 0; i < interface->endpoint_count; i++)
			usb_clear_halt(usb, interface->endpoints[i].address);
		for (unsigned i = 0; i < interface->endpoint_count; i++)
			if (interface->endpoints[i].address & 0x80)
				drain(usb, &interface->endpoints[i]);
		if (by_reset)
			usb_reset(usb);
	}
	usb_close(usb);
	error_clear();		/* what is wrong will show when it is opened */
}

static bool fits_tcp(struct jaylink_device *device, const char *address, const char *serial)
{
	enum jaylink_host_interface interface;
	char own[INET_ADDRSTRLEN] = "";
	uint32_t wanted, number;

	if (jaylink_device_get_host_interface(device, &interface) != JAYLINK_OK ||
	    interface != JAYLINK_HIF_TCP)
		return false;
	if (address != NULL && (jaylink_device_get_ipv4_address(device, own) != JAYLINK_OK ||
				strcmp(own, address) != 0))
		return false;
	return serial == NULL ||
	       (jaylink_parse_serial_number(serial, &wanted) == JAYLINK_OK &&
		jaylink_device_get_serial_number(device, &number) == JAYLINK_OK &&
		number == wanted);
}

enum err jlink_open_tcp(struct jaylink_context *library, const char *address, const char *serial,
			struct jaylink_device_handle **handle)
{
	struct jaylink_device **devices = NULL, *found = NULL;
	enum err result = OK;
	unsigned fitting = 0;

	*handle = NULL;
	TRY(scan(library, JAYLINK_HIF_TCP, &devices));
	for (size_t i = 0; devices[i] != NULL; i++) {
		if (!fits_tcp(devices[i], address, serial))
			continue;
		found = devices[i];
		fitting++;
	}
	if (fitting == 0) {
		result = error_why(ERR_ADAPTER_NOT_FOUND, "no J-Link on the network answered");
		error_next(result, "check its power and address; it must be in this subnet");
	} else if (fitting > 1) {
		result = error_why(ERR_ADAPTER_AMBIGUOUS, "%u J-Links on the network answered", fitting);
		error_next(result, "name one with \"jlink tcp ADDRESS\" or \"adapter serial\"");
	} else {
		int rc = jaylink_open(found, handle);

		if (rc != JAYLINK_OK)
			result = error_why(ERR_ADAPTER_BUSY, "the J-Link does not take the "
							     "connection: %s", jaylink_strerror(rc));
	}
	jaylink_free_devices(devices, true);
	return result;
}

/* --- A short look --- */

static void ask(struct jaylink_device_handle *handle, struct probe *probe)
{
	struct jaylink_hardware_status status;
	char *text = NULL;
	size_t length = 0;

	if (jaylink_get_firmware_version(handle, &text, &length) == JAYLINK_OK && length > 0) {
		free(probe->firmware);
		probe->firmware = xstrdup(text);
		free(text);
	}
	if (jaylink_get_hardware_status(handle, &status) == JAYLINK_OK)
		probe->millivolts = status.target_voltage;
}

void jlink_inspect(struct adapter *adapter, struct probe *probe)
{
	struct jaylink_context *library = NULL;
	struct jaylink_device_handle *handle = NULL;
	enum err rc = jlink_library_open(&library);

	(void)adapter;
	if (rc == OK)
		rc = jlink_open_usb(library, probe, &handle);
	probe_set_problem(probe, rc);
	if (rc == OK) {
		ask(handle, probe);
		jaylink_close(handle);
	}
	if (library != NULL)
		jaylink_exit(library);
}
