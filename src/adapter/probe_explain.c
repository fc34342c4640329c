/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why no probe was chosen, in words that name what is plugged in and what to write instead. */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "adapter/probe_priv.h"

/* Devices that show up instead of a probe when its firmware does not run. */
static const struct {
	uint16_t vid, pid;
	const char *name;
} loaders[] = {
	{ 0x0483, 0x374d, "ST-LINK/V3 boot loader" },
	{ 0x0483, 0x3755, "STLINK-V3PWR boot loader" },
	{ 0x1fc9, 0x000c, "LPC-Link2 boot loader (DFU)" },
	{ 0x1fc9, 0x0021, "MCU-Link boot loader (ISP)" },
	{ 0x1cbe, 0x00ff, "Stellaris ICDI boot loader (DFU)" },
};

const char *probe_loader_name(const struct usb_device *device)
{
	for (size_t i = 0; i < ARRAY_SIZE(loaders); i++)
		if (loaders[i].vid == device->vid && loaders[i].pid == device->pid)
			return loaders[i].name;
	return NULL;
}

void probe_describe(const struct probe *probe, struct buf *out)
{
	buf_printf(out, "%s (", probe->kind);
	if (probe->serial != NULL)
		buf_printf(out, "serial %s, ", probe->serial);
	buf_printf(out, "at USB %s)", probe->usb->location);
}

void probe_pick_line(const struct probe *probe, const struct probe *among, struct buf *out)
{
	unsigned same = 0;

	for (const struct probe *p = among; p != NULL && probe->serial != NULL; p = p->next)
		same += p->serial != NULL && strcasecmp(p->serial, probe->serial) == 0;
	/* Copies of a probe often all have the same serial number. */
	if (probe->serial == NULL || same > 1)
		buf_printf(out, "adapter usb location %s", probe->usb->location);
	else
		buf_printf(out, "adapter serial %s", probe->serial);
}

static const char *text_of(const struct buf *b)
{
	return b->data != NULL ? (const char *)b->data : "";
}

enum err probe_fail_ambiguous(const struct adapter *adapter, const struct probe *fitting)
{
	struct buf text = { 0 }, one = { 0 };
	unsigned count = 0, left_out = 0;

	for (const struct probe *p = fitting; p != NULL; p = p->next) {
		count++;
		buf_clear(&one);
		buf_printf(&one, "%s at USB %s: \"", p->kind, p->usb->location);
		probe_pick_line(p, fitting, &one);
		buf_printf(&one, "\"");
		if (text.len + one.len > 420)	/* what fits an error's text */
			left_out++;
		else
			buf_printf(&text, "%s%s", text.len > 0 ? "; " : "", text_of(&one));
	}
	if (left_out > 0)
		buf_printf(&text, "; and %u more", left_out);
	error_why(ERR_ADAPTER_AMBIGUOUS, "%u probes fit the configuration%s%s: %s", count,
		  adapter->driver != NULL ? " for " : "",
		  adapter->driver != NULL ? adapter->driver->name : "", text_of(&text));
	error_next(ERR_ADAPTER_AMBIGUOUS, "add the line of the one you mean, or unplug the others");
	buf_free(&one);
	buf_free(&text);
	return ERR_ADAPTER_AMBIGUOUS;
}

static void list_serials(const struct probe *all, struct buf *out)
{
	for (const struct probe *p = all; p != NULL && out->len < 300; p = p->next)
		if (p->serial != NULL)
			buf_printf(out, "%s%s (%s)", out->len > 0 ? ", " : "", p->serial, p->kind);
}

static void list_locations(const struct probe *all, struct buf *out)
{
	for (const struct probe *p = all; p != NULL && out->len < 300; p = p->next)
		buf_printf(out, "%s%s (%s)", out->len > 0 ? ", " : "", p->usb->location, p->kind);
}

static void list_all(const struct probe *all, struct buf *out)
{
	for (const struct probe *p = all; p != NULL && out->len < 300; p = p->next) {
		buf_printf(out, "%s", out->len > 0 ? ", " : "");
		probe_describe(p, out);
	}
}

static enum err fail_none_at_all(const char *driver)
{
#ifdef HAVE_LIBUSB
	error_why(ERR_ADAPTER_NOT_FOUND, "no %s%sis plugged in", driver,
		  driver[0] != '\0' ? " probe " : "debug probe ");
	return error_next(ERR_ADAPTER_NOT_FOUND,
			  "check the cable (some carry only power), the hub, and in a virtual machine "
			  "that the USB device is passed through; \"adapter list\" shows what is seen");
#else
	error_why(ERR_ADAPTER_NOT_FOUND, "this build was made without libusb and finds no%s%s "
		  "probe on USB", driver[0] != '\0' ? " " : "", driver);
	return error_next(ERR_ADAPTER_NOT_FOUND,
			  "install libusb-1.0 and build again, or name a network probe with \"adapter "
			  "driver\"");
#endif
}

/* The serial is there, but the probe is another driver's. */
static enum err fail_other_driver(const struct adapter *adapter, const struct probe *other)
{
	error_why(ERR_ADAPTER_NOT_FOUND, "serial %s is a %s: the driver for that is %s, not %s",
		  other->serial, other->kind, other->driver->name, adapter->driver->name);
	return error_next(ERR_ADAPTER_NOT_FOUND, "use \"-f %s\"",
			  other->config != NULL ? other->config : other->driver->name);
}

static enum err fail_serial(const struct adapter *adapter, const char *driver,
			    const struct probe *all, const char *wanted)
{
	struct buf seen = { 0 };

	for (const struct probe *p = all; p != NULL; p = p->next)
		if (adapter->driver != NULL && p->driver != adapter->driver && !p->is_loader &&
		    probe_serial_is(p, wanted))
			return fail_other_driver(adapter, p);
	list_serials(all, &seen);
	error_why(ERR_ADAPTER_NOT_FOUND, "no %s%sprobe with serial %s is plugged in; %s%s", driver,
		  driver[0] ? " " : "", wanted,
		  seen.len > 0 ? "probes with these serials are plugged in: "
			       : "the probes that are plugged in tell no serial",
		  text_of(&seen));
	error_next(ERR_ADAPTER_NOT_FOUND, "correct \"adapter serial\", or leave it out");
	buf_free(&seen);
	return ERR_ADAPTER_NOT_FOUND;
}

static enum err fail_location(const struct adapter *adapter, const char *driver,
			      const struct probe *all)
{
	struct buf seen = { 0 };

	list_locations(all, &seen);
	error_why(ERR_ADAPTER_NOT_FOUND, "no %s%sprobe is at USB location %s; probes are at: %s",
		  driver, driver[0] ? " " : "", adapter->usb_location, text_of(&seen));
	error_next(ERR_ADAPTER_NOT_FOUND, "correct \"adapter usb location\", or leave it out");
	buf_free(&seen);
	return ERR_ADAPTER_NOT_FOUND;
}

static void list_ids(const struct adapter *adapter, struct buf *out)
{
	for (unsigned i = 0; i < adapter->usb_id_count && i < 4; i++)
		buf_printf(out, "%s%04x:%04x", i > 0 ? ", " : "", adapter->usb_ids[i].vid,
			   adapter->usb_ids[i].pid);
	if (adapter->usb_id_count > 4)
		buf_printf(out, " ...");
}

/* The rest of the wishes: each is named, then what is plugged in. */
static enum err fail_others(const struct adapter *adapter, const char *driver,
			    const struct probe *all)
{
	struct buf wishes = { 0 }, seen = { 0 };

	if (adapter->usb_id_count > 0) {
		buf_printf(&wishes, " with id ");
		list_ids(adapter, &wishes);
	}
	if (adapter->usb_product != NULL)
		buf_printf(&wishes, " named \"%s\"", adapter->usb_product);
	if (adapter->use != NULL)
		buf_printf(&wishes, " that is \"%s\"", adapter->use);
	list_all(all, &seen);
	bool is_bare = adapter->driver == NULL && all->driver != NULL &&
		       all->driver->wiring_scripts != NULL;

	error_why(ERR_ADAPTER_NOT_FOUND, "no %s%sprobe%s is plugged in%s; seen instead: %s", driver,
		  driver[0] ? " " : "", text_of(&wishes),
		  is_bare ? " that is known by its id" : "", text_of(&seen));
	if (is_bare)
		error_next(ERR_ADAPTER_NOT_FOUND,
			   "its chip can be wired in many ways: name the one with \"-f %sWIRING.cfg\"",
			   all->driver->wiring_scripts);
	else if (all->driver != adapter->driver && all->config != NULL && !all->is_loader)
		error_next(ERR_ADAPTER_NOT_FOUND, "for that one use \"-f %s\"", all->config);
	else
		error_next(ERR_ADAPTER_NOT_FOUND, "run \"adapter list\"");
	buf_free(&wishes);
	buf_free(&seen);
	return ERR_ADAPTER_NOT_FOUND;
}

/* Nothing but a probe in its boot loader is there. */
static enum err fail_loader(const struct probe *loader)
{
	error_why(ERR_ADAPTER_NOT_FOUND, "the probe at USB %s is in its boot loader: %s (%04x:%04x)",
		  loader->usb->location, loader->kind, loader->usb->vid, loader->usb->pid);
	return error_next(ERR_ADAPTER_NOT_FOUND,
			  "plug it in again; if it stays so, load its firmware with the vendor's tool");
}

enum err probe_fail_not_found(const struct adapter *adapter, const struct probe *all)
{
	const char *driver = adapter->driver != NULL ? adapter->driver->name : "";
	bool has_wish = adapter->serial || adapter->usb_location || adapter->use ||
			adapter->usb_product || adapter->usb_id_count > 0;

	if (all == NULL)
		return fail_none_at_all(driver);
	if (!has_wish && all->is_loader && all->next == NULL)
		return fail_loader(all);
	if (adapter->serial != NULL)
		return fail_serial(adapter, driver, all,
				   probe_resolve_alias(adapter, adapter->serial));
	if (adapter->usb_location != NULL)
		return fail_location(adapter, driver, all);
	return fail_others(adapter, driver, all);
}
