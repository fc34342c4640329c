/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verbs around the choice of a probe, and the list of those on this machine. */
#include "config.h"

#include <inttypes.h>
#include <jim.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "adapter/commands.h"
#include "adapter/probe_priv.h"
#include "base/log.h"

static enum err need_closed(const struct call *c)
{
	const struct adapter *adapter = c->user;

	if (!adapter->is_open)
		return OK;
	return error_why(ERR_STAGE, "the adapter is already open: \"%s\" cannot choose another now",
			 c->row->name);
}

/* A text that can be asked for and set; the empty one takes the wish back. */
static enum err choose_text(struct call *c, char **place)
{
	if (c->argc > 1) {
		TRY(need_closed(c));
		free(*place);
		*place = c->argv[1][0] != '\0' ? xstrdup(c->argv[1]) : NULL;
	}
	return OK;
}

enum err cmd_adapter_serial(struct call *c)
{
	struct adapter *adapter = c->user;

	TRY(choose_text(c, &adapter->serial));
	result_printf(c, "%s", adapter->serial ? adapter->serial : "");
	return OK;
}

enum err cmd_adapter_usb_location(struct call *c)
{
	struct adapter *adapter = c->user;

	TRY(choose_text(c, &adapter->usb_location));
	result_printf(c, "adapter usb location: %s",
		      adapter->usb_location ? adapter->usb_location : "");
	return OK;
}

enum err cmd_adapter_usb_product(struct call *c)
{
	struct adapter *adapter = c->user;

	return choose_text(c, &adapter->usb_product);
}

enum err cmd_adapter_usb_ids(struct call *c)
{
	struct adapter *adapter = c->user;
	struct usb_id ids[ARRAY_SIZE(adapter->usb_ids)];
	unsigned count = 0;

	TRY(need_closed(c));
	if (c->argc % 2 == 0)
		return error_why(ERR_ARGUMENT, "\"%s\": the ids come in pairs, vid and pid",
				 c->row->name);
	for (int i = 1; i < c->argc; i += 2) {
		uint32_t vid, pid;

		TRY(arg_u32(c, i, &vid));
		TRY(arg_u32(c, i + 1, &pid));
		if (vid > 0xffff || pid > 0xffff)
			return error_why(ERR_ARGUMENT, "%s %s is no USB id: both have 16 bits",
					 c->argv[i], c->argv[i + 1]);
		if (count == ARRAY_SIZE(ids))
			return error_why(ERR_ARGUMENT, "more than %zu USB ids", ARRAY_SIZE(ids));
		ids[count++] = (struct usb_id){ (uint16_t)vid, (uint16_t)pid };
	}
	memcpy(adapter->usb_ids, ids, count * sizeof(ids[0]));
	adapter->usb_id_count = count;
	return OK;
}

static enum err cmd_use(struct call *c)
{
	struct adapter *adapter = c->user;

	TRY(choose_text(c, &adapter->use));
	result_printf(c, "%s", adapter->use ? adapter->use : "");
	return OK;
}

static void set_alias(struct adapter *adapter, const char *name, const char *serial)
{
	struct probe_alias **p = &adapter->aliases;

	while (*p != NULL && strcasecmp((*p)->name, name) != 0)
		p = &(*p)->next;
	if (*p == NULL) {
		*p = xcalloc(1, sizeof(**p));
		(*p)->name = xstrdup(name);
	}
	free((*p)->serial);
	(*p)->serial = xstrdup(serial);
}

static enum err cmd_alias(struct call *c)
{
	struct adapter *adapter = c->user;
	const char *serial;

	if (c->argc == 1) {
		for (const struct probe_alias *a = adapter->aliases; a != NULL; a = a->next)
			result_dict(c, a->name, a->serial);
		return OK;
	}
	if (c->argc == 3) {
		if (c->argv[1][0] == '\0' || c->argv[2][0] == '\0')
			return arg_usage(c);
		set_alias(adapter, c->argv[1], c->argv[2]);
	}
	serial = probe_resolve_alias(adapter, c->argv[1]);
	if (serial == c->argv[1]) {
		error_why(ERR_ARGUMENT, "there is no probe alias \"%s\"", c->argv[1]);
		return error_next(ERR_ARGUMENT, "\"adapter alias\" lists them");
	}
	result_printf(c, "%s", serial);
	return OK;
}

static const char *speed_name(enum usb_speed speed)
{
	static const char *const names[] = { "unknown", "low", "full", "high", "super" };

	return names[speed];
}

/* What to write to get this probe, as on the command line. */
static void put_config(const struct probe *probe, const struct probe *all, struct buf *out)
{
	if (probe->is_loader || probe->driver == NULL)
		return;
	if (probe->config != NULL)
		buf_printf(out, "-f %s", probe->config);
	else if (probe->driver->wiring_scripts != NULL)
		buf_printf(out, "-f %sWIRING.cfg", probe->driver->wiring_scripts);
	else
		buf_printf(out, "-c \"adapter driver %s\"", probe->driver->name);
	buf_printf(out, " -c \"");
	probe_pick_line(probe, all, out);
	buf_printf(out, "\"");
}

static const char *state_of(const struct probe *probe)
{
	return probe->is_ours ? "open" : probe->problem != OK ? "problem" : "ready";
}

static void put(struct Jim_Interp *interp, struct Jim_Obj *dict, const char *key, const char *value)
{
	Jim_ListAppendElement(interp, dict, Jim_NewStringObj(interp, key, -1));
	Jim_ListAppendElement(interp, dict, Jim_NewStringObj(interp, value ? value : "", -1));
}

static void put_numbers(struct Jim_Interp *interp, struct Jim_Obj *dict, const struct probe *probe)
{
	char text[16];

	snprintf(text, sizeof(text), "0x%04x", probe->usb->vid);
	put(interp, dict, "vid", text);
	snprintf(text, sizeof(text), "0x%04x", probe->usb->pid);
	put(interp, dict, "pid", text);
	text[0] = '\0';
	if (probe->millivolts >= 0)
		snprintf(text, sizeof(text), "%d.%03d", probe->millivolts / 1000,
			 probe->millivolts % 1000);
	put(interp, dict, "voltage", text);
}

static struct Jim_Obj *as_dict(struct Jim_Interp *interp, const struct probe *probe,
			       const struct probe *all)
{
	struct Jim_Obj *dict = Jim_NewListObj(interp, NULL, 0);
	struct buf config = { 0 };

	put_config(probe, all, &config);
	put(interp, dict, "kind", probe->kind);
	put(interp, dict, "driver", probe->driver ? probe->driver->name : "");
	put(interp, dict, "serial", probe->serial);
	put(interp, dict, "firmware", probe->firmware);
	put(interp, dict, "location", probe->usb->location);
	put(interp, dict, "speed", speed_name(probe->usb->speed));
	put(interp, dict, "manufacturer", probe->usb->manufacturer);
	put(interp, dict, "product", probe->usb->product);
	put_numbers(interp, dict, probe);
	put(interp, dict, "config", (const char *)config.data);
	put(interp, dict, "state", state_of(probe));
	put(interp, dict, "problem", probe->problem != OK ? error_id(probe->problem) : "");
	put(interp, dict, "why", probe->why);
	put(interp, dict, "cure", probe->cure);
	buf_free(&config);
	return dict;
}

static enum err cmd_probes(struct call *c)
{
	struct Jim_Interp *interp = script_interp(c->script);
	struct probe *all;

	TRY(probes_find(c->user, true, &all));
	for (const struct probe *p = all; p != NULL; p = p->next)
		result_append_obj(c, as_dict(interp, p, all));
	probes_free(all);
	return OK;
}

static void print_probe(struct call *c, const struct probe *probe, const struct probe *all)
{
	struct buf config = { 0 };

	result_printf(c, "\n  %s", probe->kind);
	if (probe->serial != NULL)
		result_printf(c, ", serial %s", probe->serial);
	if (probe->firmware != NULL)
		result_printf(c, ", firmware %s", probe->firmware);
	if (probe->millivolts >= 0)
		result_printf(c, ", target %d.%02d V", probe->millivolts / 1000,
			      probe->millivolts % 1000 / 10);
	result_printf(c, ", at USB %s (%s speed)%s", probe->usb->location,
		      speed_name(probe->usb->speed), probe->is_ours ? ", open here" : "");
	put_config(probe, all, &config);
	if (config.data != NULL)
		result_printf(c, "\n      use it:  %s", (const char *)config.data);
	if (probe->why != NULL)
		result_printf(c, "\n      problem: %s", probe->why);
	if (probe->cure != NULL && probe->cure[0] != '\0')
		result_printf(c, "\n      cure:    %s", probe->cure);
	buf_free(&config);
}

static enum err print_probes(struct call *c)
{
	struct probe *all;

	TRY(probes_find(c->user, true, &all));
	if (all == NULL) {
#ifdef HAVE_LIBUSB
		result_printf(c, "No debug probe is plugged in. Check the cable (some carry only "
				 "power), the hub, and in a virtual machine that the USB device is "
				 "passed through.");
#else
		result_printf(c, "This build was made without libusb: it cannot see probes on USB.");
#endif
		return OK;
	}
	result_printf(c, "Debug probes on this machine:");
	for (const struct probe *p = all; p != NULL; p = p->next)
		print_probe(c, p, all);
	probes_free(all);
	return OK;
}

/* A program that reads the drivers finds them where they always were: first. */
enum err cmd_adapter_list(struct call *c)
{
	static const char *const words[] = { "drivers", "probes", NULL };
	int which = -1;

	if (c->argc > 1)
		TRY(arg_word(c, 1, words, &which));
	if (which != 1) {
		result_printf(c, "The following debug adapters are available:");
		for (size_t i = 0, n = 0; adapter_drivers[i] != NULL; i++)
			if (adapter_drivers[i]->close != NULL)
				result_printf(c, "\n%zu: %s", ++n, adapter_drivers[i]->name);
	}
	if (which < 0)
		result_printf(c, "\n\n");
	return which != 0 ? print_probes(c) : OK;
}

const struct command probe_commands[] = {
	{ "adapter list", STAGE_ANY, 0, 1, "?drivers|probes?", cmd_adapter_list,
	  "The drivers of this build, then every debug probe on this machine: kind, serial, "
	  "firmware, target voltage, place, the options that select it, and what is in the way of "
	  "using it. Needs no configuration." },
	{ "adapter probes", STAGE_ANY, 0, 0, "", cmd_probes,
	  "The probes of \"adapter list\" as a list of dicts: kind driver serial firmware location "
	  "speed manufacturer product vid pid voltage config state (ready, open, problem) problem "
	  "why cure. Empty: not known." },
	{ "adapter serial", STAGE_ANY, 0, 1, "?string?", cmd_adapter_serial,
	  "Use only the probe with this serial number, or the one of this alias. Case does not "
	  "matter." },
	{ "adapter use", STAGE_ANY, 0, 1, "?serial|location|alias|kind?", cmd_use,
	  "Use only this probe, by whatever names it: serial number, USB location, alias, kind "
	  "(ST-LINK/V2-1) or driver. \"\" takes the wish back." },
	{ "adapter alias", STAGE_ANY, 0, 2, "?name ?serial??", cmd_alias,
	  "Give a serial number a name that \"adapter serial\" and \"adapter use\" understand; "
	  "without arguments: a dict of all." },
	{ "adapter usb location", STAGE_ANY, 0, 1, "?bus-port[.port]...?", cmd_adapter_usb_location,
	  "Use only the probe at this place of the USB tree." },
	{ "adapter usb vid_pid", STAGE_CONFIG, 2, -1, "(vid pid)+", cmd_adapter_usb_ids,
	  "Use only probes with these USB ids; 0 stands for any. The selected driver then takes a "
	  "device with one of them even if it does not know it." },
	{ "adapter usb product_name", STAGE_CONFIG, 1, 1, "name", cmd_adapter_usb_product,
	  "Use only probes with this USB product string." },
	{ 0 }
};
