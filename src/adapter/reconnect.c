/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "adapter/reconnect.h"

#include "config.h"

#include <stdlib.h>

#include "adapter/adapter.h"
#include "base/log.h"

#define TRY_MS	  1000u
#define ARRIVE_MS 100u		/* from the hot-plug message to the first try: udev sets the rights */

struct reconnect {
	bool is_on, is_trying;
	bool is_trouble_told;		/* it is there but does not open: said once */
	struct loop_timer *timer;	/* NULL: not waiting for it */
	struct usb_watch *watch;
	struct loop_timer *soon;
};

static struct reconnect *get(struct adapter *adapter)
{
	if (adapter->reconnect == NULL)
		adapter->reconnect = xcalloc(1, sizeof(*adapter->reconnect));
	return adapter->reconnect;
}

bool reconnect_is_on(const struct adapter *adapter)
{
	return adapter->reconnect != NULL && adapter->reconnect->is_on;
}

static bool is_on_usb(const struct adapter *adapter)
{
	return adapter->driver->recognise != NULL && adapter->last_location != NULL;
}

/* Nothing is opened for this look. */
static bool is_back(struct adapter *adapter)
{
	struct probe *list = NULL;
	bool is_there;

	if (!is_on_usb(adapter))
		return true;		/* a socket: opening it is the look */
	if (probes_fitting(adapter, &list) != OK)
		error_clear();
	is_there = list != NULL && list->next == NULL;
	probes_free(list);
	return is_there;
}

static void tell_trouble(struct adapter *adapter)
{
	struct reconnect *r = adapter->reconnect;

	if (adapter->is_open)		/* the targets are polled again anyway */
		log_warning("the probe is back and open again, but: %s",
			    error_text(error_current()));
	else if (r->is_trouble_told || !is_on_usb(adapter))
		log_debug("still no connection to the probe: %s", error_text(error_current()));
	else
		log_warning("the probe is plugged in again, but: %s; trying on",
			    error_text(error_current()));
	r->is_trouble_told = r->is_trouble_told || !adapter->is_open;
	error_clear();
}

static void try_once(struct adapter *adapter)
{
	struct reconnect *r = adapter->reconnect;

	if (r->timer == NULL || r->is_trying)
		return;
	if (adapter->is_claimed != NULL && adapter->is_claimed(adapter->targets_ctx))
		return;
	r->is_trying = true;
	adapter->only_last = true;
	if (is_back(adapter) && adapter_reopen(adapter) != OK)
		tell_trouble(adapter);
	adapter->only_last = false;
	r->is_trying = false;
}

static void on_timer(void *ctx)
{
	try_once(ctx);
}

static void on_soon(void *ctx)
{
	struct adapter *adapter = ctx;

	adapter->reconnect->soon = NULL;
	try_once(adapter);
}

#ifdef HAVE_LIBUSB
static void on_arrival(void *ctx)
{
	struct adapter *adapter = ctx;
	struct reconnect *r = adapter->reconnect;

	if (r->soon == NULL)
		r->soon = loop_add_timer(adapter->loop, ARRIVE_MS, 0, on_soon, adapter);
}

static void watch_usb(struct adapter *adapter)
{
	if (is_on_usb(adapter))
		adapter->reconnect->watch = usb_watch_new(adapter->loop, on_arrival, adapter);
}

static void unwatch_usb(struct reconnect *r)
{
	usb_watch_free(r->watch);
	r->watch = NULL;
}
#else
static void watch_usb(struct adapter *adapter)
{
	(void)adapter;
	(void)on_soon;
}

static void unwatch_usb(struct reconnect *r)
{
	(void)r;
}
#endif

void reconnect_begin(struct adapter *adapter)
{
	struct reconnect *r = adapter->reconnect;

	if (!reconnect_is_on(adapter) || adapter->loop == NULL || r->timer != NULL)
		return;
	r->is_trouble_told = false;
	r->timer = loop_add_timer(adapter->loop, TRY_MS, TRY_MS, on_timer, adapter);
	watch_usb(adapter);
}

void reconnect_end(struct adapter *adapter)
{
	struct reconnect *r = adapter->reconnect;

	if (r == NULL || r->timer == NULL)
		return;
	loop_remove_timer(adapter->loop, r->timer);
	r->timer = NULL;
	loop_remove_timer(adapter->loop, r->soon);
	r->soon = NULL;
	unwatch_usb(r);
}

void reconnect_free(struct adapter *adapter)
{
	reconnect_end(adapter);
	free(adapter->reconnect);
	adapter->reconnect = NULL;
}

enum err cmd_auto_reconnect(struct call *c)
{
	struct adapter *adapter = c->user;
	bool on;

	if (c->argc > 1) {
		TRY(arg_bool(c, 1, &on));
		get(adapter)->is_on = on;
		if (!on)
			reconnect_end(adapter);
		else if (adapter->is_lost)
			reconnect_begin(adapter);
	}
	result_printf(c, "%s", reconnect_is_on(adapter) ? "on" : "off");
	return OK;
}
