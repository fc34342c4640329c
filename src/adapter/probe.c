/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "adapter/probe.h"

#include "config.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "adapter/probe_priv.h"
#include "base/log.h"

#define ST_VID	    0x0483
#define SEGGER_VID  0x1366
#define DAPLINK_VID 0x0d28

static struct probe *new_probe(const struct adapter_driver *driver, const struct probe_match *match,
			       const struct usb_device *device)
{
	struct probe *probe = xcalloc(1, sizeof(*probe));
	const char *loader = probe_loader_name(device);

	probe->driver = driver;
	probe->kind = loader != NULL ? loader : match->kind != NULL ? match->kind : driver->name;
	probe->config = match->config;
	probe->quality = match->quality;
	probe->is_loader = loader != NULL;
	probe->usb = usb_copy_device(device);
	probe->serial = device->serial != NULL && device->serial[0] != '\0'
				? xstrdup(device->serial) : NULL;
	probe->millivolts = -1;
	return probe;
}

void probes_free(struct probe *list)
{
	while (list != NULL) {
		struct probe *probe = list;

		list = probe->next;
		usb_free_list(probe->usb);
		free(probe->serial);
		free(probe->firmware);
		free(probe->why);
		free(probe->cure);
		free(probe);
	}
}

static const struct adapter_driver *best_driver(const struct adapter_driver *const *drivers,
						const struct usb_device *device,
						struct probe_match *best)
{
	const struct adapter_driver *winner = NULL;

	*best = (struct probe_match){ 0 };
	for (; *drivers != NULL; drivers++) {
		struct probe_match match = { 0 };

		if ((*drivers)->recognise == NULL)
			continue;
		(*drivers)->recognise(device, &match);
		if (match.quality <= best->quality)
			continue;
		*best = match;
		winner = *drivers;
	}
	return winner;
}

struct probe *probe_recognise_all(const struct adapter_driver *const *drivers,
				  const struct usb_device *devices)
{
	struct probe *list = NULL, **end = &list;

	for (; devices != NULL; devices = devices->next) {
		struct probe_match match;
		const struct adapter_driver *driver = best_driver(drivers, devices, &match);

		if (driver == NULL && probe_loader_name(devices) == NULL)
			continue;
		*end = new_probe(driver, &match, devices);
		end = &(*end)->next;
	}
	return list;
}

/* "J-Link/EDU" and "jlinkedu" are the same word to a person. */
static bool is_same_word(const char *a, const char *b)
{
	for (;; a++, b++) {
		while (*a != '\0' && !isalnum((unsigned char)*a))
			a++;
		while (*b != '\0' && !isalnum((unsigned char)*b))
			b++;
		if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
			return false;
		if (*a == '\0')
			return true;
	}
}

static bool is_decimal(const char *text)
{
	return text[0] != '\0' && strspn(text, "0123456789") == strlen(text);
}

/* Old tools give each unit id byte as a character, those above 0x7f as '?'. */
static bool is_st_bytes(const char *serial, const char *text)
{
	uint8_t bytes[12];

	if (strlen(serial) != 24 || strlen(text) != 12 || !hex_decode(bytes, serial, 24))
		return false;
	for (size_t i = 0; i < sizeof(bytes); i++)
		if ((uint8_t)text[i] != bytes[i] && (bytes[i] < 0x80 || text[i] != '?'))
			return false;
	return true;
}

bool probe_serial_is(const struct probe *probe, const char *text)
{
	const char *own = probe->serial;
	uint16_t vid = probe->usb != NULL ? probe->usb->vid : 0;

	if (own == NULL)
		return false;
	if (strcasecmp(own, text) == 0)
		return true;
	/* A J-Link's label leaves out the leading zeros of the descriptor. */
	if (vid == SEGGER_VID && is_decimal(own) && is_decimal(text))
		return strcmp(own + strspn(own, "0"), text + strspn(text, "0")) == 0;
	/* DAPLink: board and family id in front and interface id behind change with the settings,
	 * the 32 characters in the middle are the probe's own. */
	if (vid == DAPLINK_VID && strlen(own) == 48 && strlen(text) == 48)
		return strncasecmp(own + 8, text + 8, 32) == 0;
	return vid == ST_VID && is_st_bytes(own, text);
}

const char *probe_resolve_alias(const struct adapter *adapter, const char *name)
{
	for (const struct probe_alias *a = adapter->aliases; a != NULL; a = a->next)
		if (strcasecmp(a->name, name) == 0)
			return a->serial;
	return name;
}

void probe_free_aliases(struct adapter *adapter)
{
	while (adapter->aliases != NULL) {
		struct probe_alias *a = adapter->aliases;

		adapter->aliases = a->next;
		free(a->name);
		free(a->serial);
		free(a);
	}
}

static bool is_id_asked_for(const struct adapter *adapter, const struct usb_device *device)
{
	for (unsigned i = 0; i < adapter->usb_id_count; i++) {
		const struct usb_id *id = &adapter->usb_ids[i];

		if ((id->vid == 0 || id->vid == device->vid) &&
		    (id->pid == 0 || id->pid == device->pid))
			return true;
	}
	return false;
}

/* Whole ids of the configuration: the user vouches for a device that the driver does not know. */
static bool is_id_vouched_for(const struct adapter *adapter, const struct usb_device *device)
{
	for (unsigned i = 0; i < adapter->usb_id_count; i++)
		if (adapter->usb_ids[i].vid == device->vid && adapter->usb_ids[i].pid == device->pid)
			return true;
	return false;
}

static bool fits_config(const struct adapter *adapter, const struct probe *probe)
{
	if (adapter->usb_id_count > 0 && !is_id_asked_for(adapter, probe->usb))
		return false;
	if (adapter->serial != NULL &&
	    !probe_serial_is(probe, probe_resolve_alias(adapter, adapter->serial)))
		return false;
	if (adapter->usb_location != NULL &&
	    strcmp(adapter->usb_location, probe->usb->location) != 0)
		return false;
	if (adapter->usb_product != NULL &&
	    (probe->usb->product == NULL ||
	     strcasecmp(adapter->usb_product, probe->usb->product) != 0))
		return false;
	if (!adapter->only_last)
		return true;
	if (adapter->last_serial != NULL)
		return probe_serial_is(probe, adapter->last_serial);
	return adapter->last_location != NULL &&
	       strcmp(adapter->last_location, probe->usb->location) == 0;
}

/* The ways `adapter use WORD` can mean a probe, the most exact first. */
static bool is_used_serial(const struct adapter *adapter, const struct probe *probe)
{
	return probe_serial_is(probe, probe_resolve_alias(adapter, adapter->use));
}

static bool is_used_location(const struct adapter *adapter, const struct probe *probe)
{
	return strcmp(adapter->use, probe->usb->location) == 0;
}

static bool is_used_kind(const struct adapter *adapter, const struct probe *probe)
{
	return is_same_word(adapter->use, probe->kind) ||
	       (probe->usb->product != NULL && is_same_word(adapter->use, probe->usb->product));
}

static bool is_used_driver(const struct adapter *adapter, const struct probe *probe)
{
	const char *const *alias = probe->driver->aliases;

	if (is_same_word(adapter->use, probe->driver->name))
		return true;
	for (; alias != NULL && *alias != NULL; alias++)
		if (is_same_word(adapter->use, *alias))
			return true;
	return false;
}

static struct probe *keep(const struct adapter *adapter, struct probe *list,
			  bool (*is_kept)(const struct adapter *adapter, const struct probe *probe))
{
	struct probe *kept = NULL, **end = &kept;

	while (list != NULL) {
		struct probe *probe = list;

		list = probe->next;
		probe->next = NULL;
		if (is_kept(adapter, probe)) {
			*end = probe;
			end = &probe->next;
		} else {
			probes_free(probe);
		}
	}
	return kept;
}

static struct probe *keep_used(const struct adapter *adapter, struct probe *list)
{
	static bool (*const ways[])(const struct adapter *, const struct probe *) = {
		is_used_serial, is_used_location, is_used_kind, is_used_driver,
	};

	if (adapter->use == NULL)
		return list;
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++)
		for (const struct probe *probe = list; probe != NULL; probe = probe->next)
			if (ways[i](adapter, probe))
				return keep(adapter, list, ways[i]);
	probes_free(list);
	return NULL;
}

/* What the device is to the driver of the configuration; quality -1: nothing. */
static struct probe_match match_for(const struct adapter *adapter,
				    const struct adapter_driver *const *drivers,
				    const struct usb_device *device)
{
	bool is_vouched_for = is_id_vouched_for(adapter, device);
	bool is_named = adapter->serial != NULL || adapter->usb_location != NULL;
	struct probe_match match = { 0 }, best;

	if (adapter->driver->recognise != NULL)
		adapter->driver->recognise(device, &match);
	best_driver(drivers, device, &best);
	if (match.quality < best.quality && !is_vouched_for && !is_named)
		match.quality = MATCH_NONE;	/* another driver knows it better */
	if (match.quality == MATCH_NONE)
		match = (struct probe_match){ .quality = is_vouched_for ? MATCH_NONE : -1 };
	return match;
}

struct probe *probe_filter(const struct adapter *adapter,
			   const struct adapter_driver *const *drivers,
			   const struct usb_device *devices)
{
	struct probe *list = NULL, **end = &list;

	for (; devices != NULL; devices = devices->next) {
		const struct adapter_driver *driver = adapter->driver;
		struct probe_match match;

		if (driver != NULL)
			match = match_for(adapter, drivers, devices);
		else
			driver = best_driver(drivers, devices, &match);
		if (driver == NULL || match.quality < 0 || probe_loader_name(devices) != NULL ||
		    (adapter->driver == NULL && match.quality <= MATCH_GENERIC))
			continue;
		*end = new_probe(driver, &match, devices);
		end = &(*end)->next;
	}
	return keep_used(adapter, keep(adapter, list, fits_config));
}

enum err probe_choose(const struct adapter *adapter, const struct adapter_driver *const *drivers,
		      const struct usb_device *devices, struct probe **result)
{
	struct probe *fitting = probe_filter(adapter, drivers, devices), *all;
	enum err rc;

	*result = NULL;
	if (fitting == NULL) {
		all = probe_recognise_all(drivers, devices);
		rc = probe_fail_not_found(adapter, all);
		probes_free(all);
		return rc;
	}
	if (fitting->next != NULL) {
		rc = probe_fail_ambiguous(adapter, fitting);
		probes_free(fitting);
		return rc;
	}
	*result = fitting;
	return OK;
}

#ifdef HAVE_LIBUSB
static enum err scan(struct usb_device **devices)
{
	return usb_scan(devices);
}
#else
static enum err scan(struct usb_device **devices)
{
	*devices = NULL;
	return OK;
}
#endif

void probe_set_problem(struct probe *probe, enum err problem)
{
	struct error error;

	error_take(&error);
	free(probe->why);
	free(probe->cure);
	probe->problem = problem;
	probe->why = NULL;
	probe->cure = NULL;
	if (problem == OK)
		return;
	probe->why = xstrdup(error.why[0] != '\0' ? error.why : error_cause(problem));
	probe->cure = xstrdup(error.next[0] != '\0' ? error.next : error_step(problem));
}

static bool is_open_here(const struct adapter *adapter, const struct probe *probe)
{
	return adapter->is_open && !adapter->is_lost && probe->driver == adapter->driver &&
	       adapter->last_location != NULL &&
	       strcmp(adapter->last_location, probe->usb->location) == 0;
}

static void look_at(struct adapter *adapter, struct probe *probe, bool inspect)
{
	if (probe->is_loader) {
		error_why(ERR_ADAPTER_FIRMWARE, "it is in its boot loader and waits for firmware");
		error_next(ERR_ADAPTER_FIRMWARE,
			   "plug it in again; if it stays, load its firmware with the vendor's tool");
		probe_set_problem(probe, ERR_ADAPTER_FIRMWARE);
	} else if (is_open_here(adapter, probe)) {
		probe->is_ours = true;
	} else if (probe->usb->access == ERR_ADAPTER_PERMISSION && !usb_has_hid(probe->usb)) {
		probe_set_problem(probe, usb_fail_permission(probe->usb, NULL));
	} else if (inspect && probe->driver->inspect != NULL) {
		probe->driver->inspect(adapter, probe);
		error_clear();
	}
}

enum err probes_find(struct adapter *adapter, bool inspect, struct probe **list)
{
	struct usb_device *devices;

	*list = NULL;
	TRY(scan(&devices));
	*list = probe_recognise_all(adapter_drivers, devices);
	usb_free_list(devices);
	for (struct probe *probe = *list; probe != NULL; probe = probe->next)
		look_at(adapter, probe, inspect);
	return OK;
}

enum err probes_fitting(struct adapter *adapter, struct probe **list)
{
	struct usb_device *devices;

	*list = NULL;
	TRY(scan(&devices));
	*list = probe_filter(adapter, adapter_drivers, devices);
	usb_free_list(devices);
	return OK;
}

/* Several fit, and only their targets can tell them apart. */
static enum err choose_by_target(struct adapter *adapter, struct probe *fitting,
				 struct probe **result)
{
	struct probe *chosen = NULL;
	enum err rc = adapter->hooks.choose_by_target(adapter->hooks.ctx, fitting, &chosen);

	adapter->is_lost = false;	/* that was a candidate, which did not answer its farewell */
	while (fitting != NULL) {
		struct probe *probe = fitting;

		fitting = probe->next;
		probe->next = NULL;
		if (rc == OK && probe == chosen)
			*result = probe;
		else
			probes_free(probe);
	}
	return rc;
}

static enum err choose(struct adapter *adapter, struct probe **probe)
{
	struct usb_device *devices;
	struct probe *fitting = NULL;
	enum err rc;

	*probe = NULL;
	TRY(scan(&devices));
	if (adapter->target_uid != NULL && adapter->driver != NULL &&
	    adapter->hooks.choose_by_target != NULL)
		fitting = probe_filter(adapter, adapter_drivers, devices);
	if (fitting != NULL && fitting->next != NULL) {
		usb_free_list(devices);
		return choose_by_target(adapter, fitting, probe);
	}
	probes_free(fitting);
	rc = probe_choose(adapter, adapter_drivers, devices, probe);
	usb_free_list(devices);
	return rc;
}

static void remember(struct adapter *adapter, const struct probe *probe)
{
	free(adapter->last_serial);
	free(adapter->last_location);
	adapter->last_serial = probe->serial != NULL ? xstrdup(probe->serial) : NULL;
	adapter->last_location = xstrdup(probe->usb->location);
}

enum err probe_select(struct adapter *adapter, struct probe **result)
{
	struct probe *probe;
	enum err rc = OK;

	*result = NULL;
	TRY(choose(adapter, &probe));
	if (probe->usb->access == ERR_ADAPTER_PERMISSION && !usb_has_hid(probe->usb))
		rc = usb_fail_permission(probe->usb, NULL);
	if (rc != OK) {
		probes_free(probe);
		return rc;
	}
	remember(adapter, probe);
	*result = probe;
	return OK;
}

enum err probe_fail_open(enum err rc, const char *words)
{
	if (rc == ERR_ADAPTER_PERMISSION)
		error_what(rc, "libusb_open() failed with LIBUSB_ERROR_ACCESS");
	if (rc == ERR_ADAPTER_NOT_FOUND || rc == ERR_ADAPTER_PERMISSION || rc == ERR_ADAPTER_BUSY)
		error_what(rc, "%s", words);
	return rc;
}

/* The script says `adapter driver` itself, and everything else its user would have to know. */
static enum err take_driver(struct adapter *adapter, const struct probe *probe)
{
	if (probe->driver->wiring_scripts == NULL || probe->config == NULL) {
		adapter->driver = probe->driver;
		return OK;
	}
	TRY(script_run_file(adapter->script, script_origin(adapter->script), probe->config,
			    NULL));
	if (adapter->driver == probe->driver)
		return OK;
	return error_why(ERR_ADAPTER_CONFIG, "%s does not choose the driver %s", probe->config,
			 probe->driver->name);
}

static void tell_choice(const struct adapter *adapter, const struct probe *probe)
{
	struct buf text = { 0 };

	probe_describe(probe, &text);
	buf_printf(&text, "; to make it so for good add ");
	if (adapter->driver->wiring_scripts != NULL)
		buf_printf(&text, "\"source [find %s]\"", probe->config);
	else
		buf_printf(&text, "\"adapter driver %s\"", adapter->driver->name);
	log_info("no adapter driver was chosen: using the one probe that fits, %s",
		 (const char *)text.data);
	buf_free(&text);
}

/* With `adapter target_uid` the driver is enough for now, if all that fit have the same. */
static bool take_common_driver(struct adapter *adapter)
{
	const struct adapter_driver *driver = NULL;
	struct probe *list;
	bool is_common = true;

	if (adapter->target_uid == NULL)
		return false;
	if (probes_fitting(adapter, &list) != OK) {
		error_clear();
		return false;
	}
	for (const struct probe *p = list; p != NULL; p = p->next) {
		is_common = is_common && (driver == NULL || driver == p->driver);
		driver = p->driver;
	}
	probes_free(list);
	if (driver == NULL || !is_common || driver->wiring_scripts != NULL)
		return false;
	adapter->driver = driver;
	adapter->is_auto_driver = true;
	return true;
}

/* What is missing is a line of the configuration, or a probe that would do without it. */
static enum err as_config_error(enum err rc)
{
	struct error error;

	if (rc != ERR_ADAPTER_NOT_FOUND)
		return rc;
	error_take(&error);
	error.code = ERR_ADAPTER_CONFIG;
	error_put(&error);
	return ERR_ADAPTER_CONFIG;
}

enum err probe_select_driver(struct adapter *adapter)
{
	struct probe *probe;
	enum err rc;

	if (adapter->driver != NULL)
		return OK;
	adapter->is_auto_tried = true;
	if (take_common_driver(adapter))
		return OK;
	rc = choose(adapter, &probe);
	if (rc != OK)
		return as_config_error(rc);
	rc = take_driver(adapter, probe);
	if (rc != OK) {
		adapter->driver = NULL;
		probes_free(probe);
		return rc;
	}
	adapter->is_auto_driver = true;
	tell_choice(adapter, probe);
	/* Another one may be plugged in before the probe is opened: this one was meant. */
	if (adapter->use == NULL) {
		adapter->use = xstrdup(probe->serial != NULL ? probe->serial
							     : probe->usb->location);
		adapter->is_auto_use = true;
	}
	probes_free(probe);
	return OK;
}

void probe_forget_choice(struct adapter *adapter)
{
	if (adapter->is_auto_use) {
		free(adapter->use);
		adapter->use = NULL;
	}
	adapter->is_auto_use = false;
	adapter->is_auto_driver = false;
	adapter->driver = NULL;
}
