/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dap/contact.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "adapter/chain.h"
#include "base/log.h"
#include "dap/link.h"
#include "dap/pattern.h"

#define SCAN_BITS	256
#define SLOW_KHZ	100u
#define GARBLED		1u	/* `ack` of an answer that is none of high and low */
#define NOT_TOLD	9u	/* `ack` of a probe whose firmware says no more than "no answer" */
#define RESET_SETTLE_MS 20

static bool is_jtag(const struct dap *dap)
{
	return dap->port->transport == TRANSPORT_JTAG;
}

/* --- What is seen --- */

static int level_of(const struct pin_levels *levels, unsigned pin)
{
	return levels->known & pin ? (levels->high & pin) != 0 : -1;
}

/* A driver that cannot look is no news. */
static bool look_at_pins(struct dap *dap, enum pin_drive drive, struct pin_levels *levels)
{
	struct adapter *adapter = dap->adapter;

	*levels = (struct pin_levels){ 0 };
	if (adapter->driver == NULL || adapter->driver->read_pins == NULL)
		return false;
	if (adapter->driver->read_pins(adapter, drive, levels) == OK)
		return true;
	error_clear();
	*levels = (struct pin_levels){ 0 };
	return false;
}

static void look(struct dap *dap, struct dap_contact *c)
{
	struct adapter *adapter = dap->adapter;
	struct pin_levels levels;

	c->millivolts = c->driven_low = c->driven_high = c->nreset = -1;
	if (adapter->driver != NULL && adapter->driver->read_voltage != NULL &&
	    adapter->driver->read_voltage(adapter, &c->millivolts) != OK) {
		error_clear();
		c->millivolts = -1;
	}
	if (look_at_pins(dap, PIN_AS_IT_IS, &levels) && !adapter->srst)
		c->nreset = level_of(&levels, PIN_NRESET);
	if (is_jtag(dap))
		return;
	if (look_at_pins(dap, PIN_DRIVE_LOW, &levels))
		c->driven_low = level_of(&levels, PIN_SWDIO);
	if (look_at_pins(dap, PIN_DRIVE_HIGH, &levels))
		c->driven_high = level_of(&levels, PIN_SWDIO);
}

/* A firmware that does the protocol by itself tells errors, not levels. */
static bool tells_levels(const struct dap *dap)
{
	const struct adapter_driver *driver = dap->adapter->driver;

	return driver == NULL || driver->bits != NULL || driver->read_pins != NULL;
}

/* What comes out of TDO: *first is the first IDCODE, 0 if there is none; *level 0 or 1 if it is one
 * and the same all the time, else -1. */
static enum err scan_ids(struct adapter *adapter, uint32_t *first, int *level)
{
	struct jtag_bits bits = { 0 };
	uint8_t ids_bits[SCAN_BITS / 8] = { 0 };
	uint32_t ids[JTAG_MAX_TAPS] = { 0 };
	bool stuck_low = false;

	*first = 0;
	*level = -1;
	jtag_put_reset(&bits);
	size_t at = jtag_put_dr(&bits, NULL, SCAN_BITS);

	jtag_put_reset(&bits);
	uint8_t *tdo = xcalloc(1, bits.count / 8 + 1);
	enum err rc = jtag_exchange(adapter, &bits, tdo);

	for (size_t i = 0; i < SCAN_BITS; i++)
		bit_set(ids_bits, i, bit_get(tdo, at + i));
	free(tdo);
	jtag_bits_free(&bits);
	TRY(rc);
	if (jtag_parse_ids(ids_bits, SCAN_BITS, ids, JTAG_MAX_TAPS, &stuck_low) > 0)
		*first = ids[0];
	else
		*level = !stuck_low;
	return OK;
}

static void look_at_chain(struct dap *dap, struct dap_contact *c)
{
	uint32_t id = 0, again = 0;
	int level = -1, level_again = -1;

	c->ack = NOT_TOLD;
	c->chain_is_good = false;
	if (dap->adapter->driver == NULL || dap->adapter->driver->bits == NULL)
		return;
	c->ack = GARBLED;
	c->chain_is_good = c->rc != ERR_DAP_JTAG_CHAIN;
	if (scan_ids(dap->adapter, &id, &level) != OK ||
	    scan_ids(dap->adapter, &again, &level_again) != OK) {
		error_clear();
		return;
	}
	if (level >= 0 && level == level_again)
		c->ack = level ? 7 : 0;
	c->is_unstable = id != again || level != level_again;
	c->chain_is_good = c->chain_is_good && level < 0 && !c->is_unstable;
}

/* --- What is tried --- */

static enum err ask_dpidr(struct dap_port *port, enum link_connect how, uint32_t *dpidr)
{
	TRY(port->ops->connect(port, how));
	port->ops->read(port, PORT_DP(DP_DPIDR), dpidr);
	TRY(port->ops->run(port));
	return dap_check_dpidr(*dpidr);
}

/* The identity on the protocol the probe speaks now; 0: nobody answers. */
static uint32_t ask_identity(struct dap *dap)
{
	struct adapter *adapter = dap->adapter;
	bool has_scans = is_jtag(dap) && adapter->driver->bits != NULL;
	uint32_t id = 0;
	enum err rc;
	int level;

	rc = ask_dpidr(dap->port, is_jtag(dap) ? LINK_SWD_TO_JTAG : LINK_JTAG_TO_SWD, &id);
	if (has_scans) {		/* whatever is declared: a look will do */
		error_clear();
		rc = scan_ids(adapter, &id, &level);
	}
	error_clear();
	return rc == OK ? id : 0;
}

static bool has_transport(const struct adapter *adapter, enum transport wanted)
{
	const enum transport *t = adapter->driver ? adapter->driver->transports : NULL;

	while (t != NULL && *t != TRANSPORT_NONE && *t != wanted)
		t++;
	return t != NULL && *t != TRANSPORT_NONE;
}

/* Who else is there? At a slow clock, and twice: noise is nobody. The probe goes back to the protocol and
 * the clock it had, the link is down then. */
static enum err try_other_transport(struct dap *dap, struct dap_contact *c)
{
	struct adapter *adapter = dap->adapter;
	enum transport mine = adapter->transport;
	enum transport other = mine == TRANSPORT_SWD ? TRANSPORT_JTAG : TRANSPORT_SWD;
	uint32_t khz = adapter->speed_khz;

	if (!has_transport(adapter, other))
		return OK;
	enum err rc = adapter_set_speed(adapter, MIN(khz, SLOW_KHZ));

	if (rc == OK)
		rc = adapter_switch_transport(adapter, other);
	if (rc == OK) {
		c->other_id = ask_identity(dap);
		if (c->other_id != ask_identity(dap))
			c->other_id = 0;
	}
	error_clear();
	dap->port->owner = NULL;
	TRY(adapter_switch_transport(adapter, mine));
	return adapter_set_speed(adapter, khz);
}

/* Without the pulse widths of `reset`: they service the loop, and only the link is looked at. */
static enum err try_under_reset(struct dap *dap, struct dap_contact *c)
{
	struct adapter *adapter = dap->adapter;

	if (adapter->driver == NULL || adapter->driver->set_reset == NULL || adapter->srst ||
	    !(adapter->reset_config & RESET_HAS_SRST))
		return OK;
	TRY(adapter->driver->set_reset(adapter, true, false));
	dap_pause_ms(RESET_SETTLE_MS);
	c->answers_under_reset = dap_link_try(dap, 0) == OK;
	dap->is_connected = false;
	error_clear();
	enum err rc = adapter->driver->set_reset(adapter, false, false);

	dap_pause_ms(RESET_SETTLE_MS);
	return rc;
}

/* A short or a dead board is no matter of the clock. */
static bool can_be_the_clock(const struct dap_contact *c)
{
	bool is_shorted = (c->ack == 7 && c->driven_low == 1) || (c->ack == 0 && c->driven_high == 0);

	return !is_shorted && (c->millivolts < 0 || c->millivolts >= NO_POWER_MV);
}

static enum err try_others(struct dap *dap, struct dap_contact *c)
{
	int level = dap_hush();
	enum err rc = OK;

	/* Who answers garbage is spoken to in the right protocol. */
	if (c->ack != GARBLED || c->chain_is_good)
		rc = try_other_transport(dap, c);
	if (rc == OK && c->other_id == 0)
		rc = try_under_reset(dap, c);
	log_set_level(level);
	return rc;
}

/* *mended: a slower clock did it. An error is the probe's. */
static enum err try_things(struct dap *dap, struct dap_contact *c, enum contact_effort effort,
			   bool *mended)
{
	*mended = false;
	if (!can_be_the_clock(c))
		return OK;
	enum err rc = dap_slow_down(dap);

	*mended = rc == OK;
	c->is_garbled_when_slow = rc == ERR_DAP_PARITY;
	error_clear();
	if (*mended)
		return OK;
	if (dap->adapter->is_lost)
		return adapter_fail_lost(dap->adapter);
	if (c->is_garbled_when_slow && !c->chain_is_good)
		return OK;
	return effort == CONTACT_TRY_ALL ? try_others(dap, c) : OK;
}

/* --- What it means --- */

static bool no_power(const struct dap_contact *c, bool jtag)
{
	(void)jtag;
	return c->millivolts >= 0 && c->millivolts < NO_POWER_MV;
}

static bool shorted_low(const struct dap_contact *c, bool jtag)
{
	return !jtag && c->ack == 0 && c->driven_high == 0;
}

static bool shorted_high(const struct dap_contact *c, bool jtag)
{
	return !jtag && c->ack == 7 && c->driven_low == 1;
}

static bool on_jtag(const struct dap_contact *c, bool jtag)
{
	return !jtag && c->other_id != 0;
}

static bool on_swd(const struct dap_contact *c, bool jtag)
{
	return jtag && c->other_id != 0 && !c->chain_is_good;
}

static bool debug_pins_off(const struct dap_contact *c, bool jtag)
{
	(void)jtag;
	return c->answers_under_reset;
}

static bool no_tdi_but_swd(const struct dap_contact *c, bool jtag)
{
	return jtag && c->chain_is_good && c->other_id != 0;
}

static bool no_tdi(const struct dap_contact *c, bool jtag)
{
	return jtag && c->chain_is_good;
}

static bool held_in_reset(const struct dap_contact *c, bool jtag)
{
	(void)jtag;
	return c->nreset == 0 && c->millivolts >= NO_POWER_MV;
}

static bool reset_is_low(const struct dap_contact *c, bool jtag)
{
	(void)jtag;
	return c->nreset == 0;
}

static bool garbage(const struct dap_contact *c, bool jtag)
{
	(void)jtag;
	return c->rc == ERR_DAP_PARITY || c->is_garbled_when_slow || c->ack == GARBLED;
}

static bool swapped(const struct dap_contact *c, bool jtag)
{
	return !jtag && c->ack == 0 && c->driven_high == 1;
}

static bool low(const struct dap_contact *c, bool jtag)
{
	return !jtag && c->ack == 0;
}

static bool jtag_low(const struct dap_contact *c, bool jtag)
{
	return jtag && c->ack == 0;
}

static bool powered_blind(const struct dap_contact *c, bool jtag)
{
	return !jtag && c->ack == NOT_TOLD && c->millivolts >= NO_POWER_MV;
}

static bool blind(const struct dap_contact *c, bool jtag)
{
	return !jtag && c->ack == NOT_TOLD;
}

static bool powered(const struct dap_contact *c, bool jtag)
{
	return !jtag && c->millivolts >= NO_POWER_MV;
}

static bool jtag_powered(const struct dap_contact *c, bool jtag)
{
	return jtag && c->millivolts >= NO_POWER_MV;
}

static bool any_jtag(const struct dap_contact *c, bool jtag)
{
	(void)c;
	return jtag;
}

static bool any(const struct dap_contact *c, bool jtag)
{
	(void)c;
	(void)jtag;
	return true;
}

#define UNDER_RESET "connect under reset (\"reset_config srst_only srst_nogate connect_assert_srst\")"

/* The first that fits is told. doc/manual.md, "When the target does not answer", has the same rows. */
static const struct cause {
	bool (*fits)(const struct dap_contact *c, bool jtag);
	const char *why, *next;
} causes[] = {
	{ no_power, "the target has no power, or VTref is not connected",
	  "power the target, check the VTref wire" },
	{ on_swd, "the target answers on SWD, not on JTAG", "use \"transport select swd\"" },
	{ on_jtag, "the target answers on JTAG, not on SWD", "use \"transport select jtag\"" },
	{ shorted_low, "SWDIO is shorted to ground, or the application drives it low",
	  "look for the short; if it is the application, " UNDER_RESET },
	{ shorted_high, "SWDIO is shorted to the supply, or the application drives it high",
	  "look for the short; if it is the application, " UNDER_RESET },
	{ debug_pins_off, "the target answers only while nRST is low: its firmware turns the debug pins "
	  "off or sleeps",
	  UNDER_RESET },
	{ held_in_reset, "something else holds the target in reset",
	  "look who pulls nRST low: a button, a supervisor, another probe" },
	{ reset_is_low, "the target has no power, or something else holds it in reset",
	  "check target power, then who pulls nRST low" },
	{ swapped, "SWDIO and SWCLK are swapped, or the application drives SWDIO low",
	  "exchange the two wires; if they are right, " UNDER_RESET },
	{ no_tdi_but_swd, "the TAPs answer but take no instruction: TDI is not connected",
	  "check the TDI wire, or use \"transport select swd\"" },
	{ no_tdi, "the TAPs answer but take no instruction: TDI is not connected",
	  "check the TDI wire" },
	{ garbage, "something answers, but bits are wrong: wiring, ground, or a clock too fast",
	  "check GND, shorten the wires, lower \"adapter speed\"" },
	{ low, "SWDIO is shorted, driven by the application or swapped with SWCLK, or the target has no "
	  "power",
	  "check target power and SWDIO/SWCLK, then try to " UNDER_RESET },
	{ jtag_low, "TDO is shorted to ground, or the target has no power",
	  "check target power and TDO" },
	{ jtag_powered, "TDO, TCK or TMS is not connected, or JTAG is disabled",
	  "check the wires" },
	{ any_jtag, "no target power, TDO, TCK or TMS not connected, or JTAG disabled",
	  "check target power and wires" },
	{ powered_blind, "SWDIO and SWCLK are not connected or swapped, or debug is disabled by firmware "
	  "or by protection",
	  "check SWDIO, SWCLK and GND, then try to " UNDER_RESET },
	{ blind, "no target power, SWDIO and SWCLK not connected or swapped, or debug disabled",
	  "check target power and SWDIO/SWCLK, then try to " UNDER_RESET },
	{ powered, "SWDIO or SWCLK is not connected, or debug is disabled by firmware or by protection",
	  "check SWDIO, SWCLK and GND, then try to " UNDER_RESET },
	{ any, "no target power, SWDIO or SWCLK not connected, or debug disabled",
	  "check target power and SWDIO/SWCLK, then try to " UNDER_RESET },
};

static void describe(const struct dap *dap, const struct dap_contact *c, char *text, size_t size)
{
	const char *line = is_jtag(dap) ? "TDO" : "SWDIO";
	size_t n;

	if (c->is_unstable)
		n = (size_t)snprintf(text, size, "the chain reads different each time at %" PRIu32 " kHz",
				     dap->adapter->actual_khz);
	else if (is_jtag(dap) && c->chain_is_good)
		n = (size_t)snprintf(text, size, "the JTAG-DP's acknowledge is invalid");
	else if (c->rc == ERR_DAP_PARITY)
		n = (size_t)snprintf(text, size, "the parity of the answer is wrong");
	else if (c->ack == NOT_TOLD)
		n = (size_t)snprintf(text, size, "nothing answers");
	else if (c->ack == 7 || c->ack == 0)
		n = (size_t)snprintf(text, size, "%s stays %s", line, c->ack ? "high" : "low");
	else
		n = (size_t)snprintf(text, size, "the answer is garbled at %" PRIu32 " kHz",
				     dap->adapter->actual_khz);
	if (!is_jtag(dap) && shorted_low(c, false))
		n += (size_t)snprintf(text + n, size - n, ", even when the probe drives it high");
	if (!is_jtag(dap) && shorted_high(c, false))
		n += (size_t)snprintf(text + n, size - n, ", even when the probe drives it low");
	if (c->nreset == 0)
		n += (size_t)snprintf(text + n, size - n, ", nRST is low");
	if (c->millivolts >= 0)
		n += (size_t)snprintf(text + n, size - n, ", VTref is %d.%02d V",
				      c->millivolts / 1000, c->millivolts % 1000 / 10);
	if (c->other_id != 0)
		snprintf(text + n, size - n, ", %s brings 0x%08" PRIx32, is_jtag(dap) ? "SWD" : "JTAG",
			 c->other_id);
}

static enum err tell(const struct dap *dap, const struct dap_contact *c)
{
	const struct cause *cause = causes;
	bool is_chain = c->rc == ERR_DAP_JTAG_CHAIN;
	enum err code = is_chain ? ERR_DAP_JTAG_CHAIN : ERR_DAP_NO_ACK;
	char seen[200];

	while (!cause->fits(c, is_jtag(dap)))
		cause++;
	describe(dap, c, seen, sizeof(seen));
	error_why(code, "%s: %s", seen, cause->why);
	error_next(code, "%s", cause->next);
	if (!is_chain)
		return error_what(code, "Error connecting DP: cannot read IDR");
	if (c->ack == 7 || c->ack == 0)
		return error_what(code, "JTAG scan chain interrogation failed: all %s",
				  c->ack ? "ones" : "zeroes");
	return error_what(code, "JTAG scan chain interrogation failed");
}

/* --- */

/* A probe that does the handshake by itself may blame the power where bits were wrong. */
static enum err power_failed(struct dap *dap)
{
	struct error original;
	bool is_new = dap->contact.rc != ERR_DAP_POWER;

	error_take(&original);
	dap->contact = (struct dap_contact){ .rc = ERR_DAP_POWER };
	if (is_new && dap_slow_down(dap) == OK)
		return OK;
	error_put(&original);
	return ERR_DAP_POWER;
}

static bool is_about_the_wire(enum err rc)
{
	return rc == ERR_DAP_NO_ACK || rc == ERR_DAP_PARITY || rc == ERR_DAP_FAULT ||
	       rc == ERR_DAP_JTAG_CHAIN;
}

static bool is_new(const struct dap_contact *before, const struct dap_contact *c)
{
	/* Volts wander; whether there are any does not. */
	return before->rc != c->rc || before->ack != c->ack ||
	       no_power(before, false) != no_power(c, false);
}

/* A chain that answers with other TAPs than declared has its message already; a bad clock can look
 * the same. */
static bool is_other_chain(const struct dap_contact *c)
{
	return c->rc == ERR_DAP_JTAG_CHAIN && c->ack == GARBLED && !c->is_unstable;
}

enum err dap_contact_failed(struct dap *dap, enum err rc, enum contact_effort effort)
{
	struct dap_contact *old = &dap->contact, now = { .rc = rc, .ack = dap->port->failed_ack };
	struct error original;
	bool mended = false;

	if (rc == ERR_DAP_POWER && !dap->adapter->is_lost)
		return power_failed(dap);
	if (!is_about_the_wire(rc) || dap->adapter->is_lost)
		return rc;
	error_take(&original);
	if (now.ack != 0 && now.ack != 7)
		now.ack = GARBLED;
	if (!tells_levels(dap) && rc == ERR_DAP_NO_ACK)
		now.ack = NOT_TOLD;
	if (rc == ERR_DAP_FAULT)
		now.ack = GARBLED;
	if (is_jtag(dap))
		look_at_chain(dap, &now);
	look(dap, &now);
	if (!is_new(old, &now)) {
		now.other_id = old->other_id;
		now.answers_under_reset = old->answers_under_reset;
		now.is_garbled_when_slow = old->is_garbled_when_slow;
	} else {
		enum err tried = try_things(dap, &now, effort, &mended);

		if (tried != OK)
			return tried;
	}
	if (mended) {
		*old = (struct dap_contact){ 0 };
		return OK;
	}
	*old = now;
	if (is_other_chain(&now)) {
		error_put(&original);
		return rc;
	}
	return tell(dap, &now);
}

bool dap_contact_is_mute(const struct dap *dap)
{
	const struct dap_contact *c = &dap->contact;

	return is_about_the_wire(c->rc) && c->other_id == 0 &&
	       (c->ack == 0 || c->ack == 7 || c->ack == NOT_TOLD);
}
