/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "adapter/adapter.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "adapter/chain.h"
#include "adapter/commands.h"
#include "adapter/flight.h"
#include "adapter/probe_priv.h"
#include "adapter/reconnect.h"
#include "base/clock.h"
#include "base/log.h"
#include "wire/bit_port.h"

#define AUTO_KHZ 4000u	/* when nobody chose a speed, nor the driver */

void *adapter_settings(struct adapter *adapter, const struct adapter_driver *driver)
{
	for (size_t i = 0; adapter_drivers[i] != NULL; i++)
		if (adapter_drivers[i] == driver)
			return adapter->settings[i];
	return NULL;
}

struct adapter *adapter_new(struct loop *loop, struct script *script)
{
	struct adapter *adapter = xcalloc(1, sizeof(*adapter));

	adapter->loop = loop;
	adapter->script = script;
	adapter->port.flight = flight_new();
	adapter->port.wait_budget_ms = 500;
	adapter->port.ops = &closed_port_ops;
	for (size_t i = 0; adapter_drivers[i] != NULL; i++) {
		const struct adapter_driver *driver = adapter_drivers[i];

		if (driver->new_settings != NULL)
			adapter->settings[i] = driver->new_settings();
		if (driver->commands != NULL && script != NULL)
			script_register(script, driver->commands, adapter);
	}
	if (script != NULL)
		adapter_register_commands(adapter);
	return adapter;
}

void adapter_free(struct adapter *adapter)
{
	if (adapter == NULL)
		return;
	reconnect_free(adapter);
	adapter_close(adapter);
	swo_free(adapter);
	for (size_t i = 0; adapter_drivers[i] != NULL; i++)
		if (adapter_drivers[i]->free_settings != NULL)
			adapter_drivers[i]->free_settings(adapter->settings[i]);
	adapter_free_taps(adapter);
	flight_free(adapter->port.flight);
	free(adapter->port.items);
	free(adapter->serial);
	free(adapter->usb_location);
	free(adapter->usb_product);
	free(adapter->use);
	free(adapter->last_serial);
	free(adapter->last_location);
	probe_free_aliases(adapter);
	free(adapter->target_uid);
	free(adapter->transport_place);
	free(adapter);
}

const char *transport_name(enum transport transport)
{
	static const char *const names[] = { "none", "swd", "jtag" };

	return names[transport];
}

/* The driver's first, as scripts that name a driver expect. Where nobody did, SWD: every Cortex-M has
 * it. Scripts of FTDI probes know their wiring. */
static enum transport default_transport(const struct adapter *adapter)
{
	const struct adapter_driver *driver = adapter->driver;

	if (adapter->is_auto_driver && driver->wiring_scripts == NULL)
		for (const enum transport *t = driver->transports; *t != TRANSPORT_NONE; t++)
			if (*t == TRANSPORT_SWD)
				return TRANSPORT_SWD;
	return driver->transports[0];
}

bool adapter_has_transport(const struct adapter *adapter, enum transport transport)
{
	for (const enum transport *t = adapter->driver->transports; *t != TRANSPORT_NONE; t++)
		if (*t == transport)
			return true;
	return false;
}

/* It may have been chosen before the driver was. */
static enum err check_transport(const struct adapter *adapter)
{
	const char *name = transport_name(adapter->transport);

	if (adapter_has_transport(adapter, adapter->transport))
		return OK;
	error_why(ERR_ADAPTER_CONFIG, "Debug adapter doesn't support '%s' transport: "
		  "the driver %s does not have what %s asks for", name, adapter->driver->name,
		  adapter->transport_place ? adapter->transport_place : "the configuration");
	return error_next(ERR_ADAPTER_CONFIG, "run \"transport list\"");
}

enum err adapter_select_transport(struct adapter *adapter)
{
	enum err rc = probe_select_driver(adapter);

	if (rc != OK)
		return error_what(rc, "Debug Adapter has to be specified, see \"adapter driver\" "
				      "command");
	if (adapter->transport != TRANSPORT_NONE)
		return check_transport(adapter);
	adapter->transport = default_transport(adapter);
	log_info("auto-selecting first available session transport \"%s\". To override use "
		 "'transport select <transport>'.", transport_name(adapter->transport));
	return OK;
}

static void attach_port(struct adapter *adapter)
{
	struct dap_port *port = &adapter->port;

	port->transport = adapter->transport;
	port->overrun_detect = false;
	port_reset_queue(port);
	if (adapter->driver->dap != NULL) {
		port->ops = adapter->driver->dap;
		port->priv = adapter->priv;
		port->wants_overrun_detect = false;
	} else if (adapter->transport == TRANSPORT_SWD) {
		swd_port_attach(adapter);
	} else {
		jtag_port_attach(adapter);
	}
}

static enum err connect_under_reset(struct adapter *adapter)
{
	if (!(adapter->reset_config & RESET_CONNECT_UNDER_SRST) || adapter->keeps_target)
		return OK;
	if (!(adapter->reset_config & RESET_SRST_NOGATE)) {
		log_warning("'srst_nogate' reset_config option is required");
		return OK;
	}
	log_info("Connecting under reset");
	return adapter_set_reset(adapter, true, false);
}

static enum err start(struct adapter *adapter)
{
	if (adapter->speed_khz == 0) {
		adapter->speed_khz = adapter->driver->default_khz ? adapter->driver->default_khz
								  : AUTO_KHZ;
		adapter->is_speed_guessed = adapter->driver->set_speed != NULL;
		log_info("no \"adapter speed\" was given: %u kHz if the wire passes a test of it",
			 adapter->speed_khz);
	}
	TRY(adapter_set_speed(adapter, adapter->speed_khz));
	log_info("clock speed %u kHz", adapter->actual_khz);
	return connect_under_reset(adapter);
}

static void forget_loss(struct adapter *adapter)
{
	if (adapter->lost_timer != NULL)
		loop_remove_timer(adapter->loop, adapter->lost_timer);
	adapter->lost_timer = NULL;
}

enum err adapter_open(struct adapter *adapter)
{
	if (adapter->is_open)
		return OK;
	TRY(adapter_select_transport(adapter));
	adapter->is_lost = false;
	adapter->srst = adapter->trst = false;
	enum err rc = adapter->driver->open(adapter);

	if (rc != OK) {
		forget_loss(adapter);	/* the caller hears of it by rc */
		return rc;
	}
	if (!adapter->is_lost)
		forget_loss(adapter);	/* of a first try, which the driver got over */
	adapter->is_open = true;
	attach_port(adapter);
	rc = start(adapter);
	if (rc != OK) {
		struct error error;

		error_take(&error);
		adapter_close(adapter);
		error_put(&error);
	}
	return rc;
}

void adapter_close(struct adapter *adapter)
{
	forget_loss(adapter);
	if (!adapter->is_open)
		return;
	swo_adapter_closes(adapter);
	if (adapter->driver->dap == NULL)
		bit_port_detach(adapter);
	adapter->driver->close(adapter);
	forget_loss(adapter);		/* a farewell that nobody answered is no news */
	adapter->port.ops = &closed_port_ops;
	adapter->port.priv = NULL;
	adapter->is_open = false;
}

enum err adapter_set_speed(struct adapter *adapter, uint32_t khz)
{
	uint32_t actual = khz;

	/* A lost probe gets it when it is opened again. */
	if (adapter->is_open && !adapter->is_lost && adapter->driver->set_speed != NULL && khz > 0)
		TRY(adapter->driver->set_speed(adapter, khz, &actual));
	adapter->speed_khz = khz;
	adapter->actual_khz = actual;
	return OK;
}

static void wait_ms(struct adapter *adapter, uint64_t ms)
{
	struct timespec pause = { .tv_sec = (time_t)(ms / 1000),
				  .tv_nsec = (long)(ms % 1000) * 1000000 };

	if (ms == 0)
		return;
	if (adapter->loop != NULL)
		loop_sleep(adapter->loop, ms);
	else
		nanosleep(&pause, NULL);
}

/* A pulse must last: waits for what is left of its width before a line is released. */
static void finish_pulses(struct adapter *adapter, bool srst, bool trst)
{
	uint64_t age = clock_now_ms() - adapter->asserted_ms, width = 0;

	if (adapter->srst && !srst)
		width = adapter->srst_pulse_ms;
	if (adapter->trst && !trst)
		width = MAX(width, (uint64_t)adapter->trst_pulse_ms);
	if (width > age)
		wait_ms(adapter, width - age);
}

/* nTRST holds the TAPs in Test-Logic-Reset, where every scan would go wrong: walk them out of it. */
static enum err leave_tap_reset(struct adapter *adapter)
{
	struct jtag_bits bits = { 0 };

	if (adapter->transport != TRANSPORT_JTAG || adapter->driver->bits == NULL)
		return OK;
	jtag_put_reset(&bits);
	enum err rc = jtag_exchange(adapter, &bits, NULL);

	jtag_bits_free(&bits);
	return rc;
}

enum err adapter_set_reset(struct adapter *adapter, bool srst, bool trst)
{
	bool releases_srst = adapter->srst && !srst, releases_trst = adapter->trst && !trst;
	bool pulls_trst = adapter->reset_config & RESET_SRST_PULLS_TRST;

	if (adapter->is_lost)
		return adapter_fail_lost(adapter);
	if (!adapter->is_open)
		return error_why(ERR_ADAPTER_CONFIG, "the adapter is not open");
	if ((srst && !(adapter->reset_config & RESET_HAS_SRST)) ||
	    (trst && !(adapter->reset_config & RESET_HAS_TRST))) {
		error_why(ERR_UNSUPPORTED, "adapter has no %s signal", srst ? "srst" : "trst");
		return error_next(ERR_UNSUPPORTED,
				  "if the line is wired, say so with \"reset_config\"");
	}
	if (adapter->driver->set_reset == NULL)
		return error_why(ERR_UNSUPPORTED, "the %s driver has no reset lines",
				 adapter->driver->name);
	finish_pulses(adapter, srst, trst);
	if (!adapter->is_open || adapter->is_lost)	/* while the pulse was waited for */
		return error_why(ERR_ADAPTER_LOST, "the probe was lost or closed meanwhile");
	TRY(adapter->driver->set_reset(adapter, srst, trst));
	flight_note(adapter->port.flight, FLIGHT_RESET, (uint32_t)srst | (uint32_t)trst << 1);
	if ((srst && !adapter->srst) || (trst && !adapter->trst))
		adapter->asserted_ms = clock_now_ms();
	adapter->srst = srst;
	adapter->trst = trst;
	wait_ms(adapter, MAX(releases_srst ? adapter->srst_delay_ms : 0,
			     releases_trst ? adapter->trst_delay_ms : 0));
	return releases_trst || (releases_srst && pulls_trst) ? leave_tap_reset(adapter) : OK;
}

enum err adapter_fail_lost(const struct adapter *adapter)
{
	error_why(ERR_ADAPTER_LOST, "the %s probe%s%s is gone: targets are out of reach",
		  adapter->driver->name, adapter->last_serial ? " " : "",
		  adapter->last_serial ? adapter->last_serial : "");
	if (reconnect_is_on(adapter))
		error_next(ERR_ADAPTER_LOST, "when it is back it is opened again by itself");
	return ERR_ADAPTER_LOST;
}

enum err adapter_need_open(const struct adapter *adapter, const struct adapter_driver *driver)
{
	if (!adapter->is_open || adapter->driver != driver) {
		error_why(ERR_ADAPTER_CONFIG, "no %s probe is open", driver->name);
		return error_next(ERR_ADAPTER_CONFIG, "use \"adapter driver %s\" and \"init\"",
				  driver->name);
	}
	return adapter->is_lost ? adapter_fail_lost(adapter) : OK;
}

void adapter_check_voltage(int millivolts, int lowest)
{
	if (millivolts < lowest)
		log_warning("target voltage may be too low for reliable debugging: is the target "
			    "powered, and VTref connected?");
}

static void tell_lost(void *ctx)
{
	struct adapter *adapter = ctx;

	adapter->lost_timer = NULL;
	adapter_fail_lost(adapter);
	log_failure();
	if (adapter->on_lost != NULL)
		adapter->on_lost(adapter->on_lost_ctx);
	reconnect_begin(adapter);
}

void adapter_lost(struct adapter *adapter)
{
	if (adapter->is_lost)
		return;
	adapter->is_lost = true;
	if (adapter->loop != NULL)
		adapter->lost_timer = loop_add_timer(adapter->loop, 0, 0, tell_lost, adapter);
}

void adapter_unplugged(void *adapter)
{
	adapter_lost(adapter);
}

enum err adapter_switch_transport(struct adapter *adapter, enum transport transport)
{
	if (adapter->transport == transport)
		return OK;
	if (!adapter->driver->any_transport) {
		adapter_close(adapter);
		adapter->transport = transport;
		return adapter_open(adapter);
	}
	bit_port_detach(adapter);
	adapter->transport = transport;
	attach_port(adapter);
	return OK;
}

static enum err restore(struct adapter *adapter)
{
	if (adapter->on_reopened != NULL)
		TRY(adapter->on_reopened(adapter->on_reopened_ctx));
	if (adapter->on_restored != NULL)
		TRY(adapter->on_restored(adapter->targets_ctx));
	return swo_adapter_is_back(adapter);
}

enum err adapter_reopen(struct adapter *adapter)
{
	bool was_lost = adapter->is_lost;
	bool is_news = adapter->lost_timer != NULL || (adapter->is_open && !was_lost);
	enum err rc;

	adapter_close(adapter);
	adapter->keeps_target = was_lost;
	rc = adapter_open(adapter);
	adapter->keeps_target = false;
	if (rc != OK) {
		/* If it left only now, the clients hear of it; else nothing has changed for them. */
		adapter->is_lost = was_lost && !is_news;
		if (is_news)
			adapter_lost(adapter);
		return rc;
	}
	reconnect_end(adapter);
	rc = restore(adapter);
	if (rc == OK && was_lost)
		log_info("the %s probe%s%s is back and open again", adapter->driver->name,
			 adapter->last_serial ? " " : "",
			 adapter->last_serial ? adapter->last_serial : "");
	return rc;
}
