/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dap/doctor.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "adapter/jep106.h"
#include "base/log.h"
#include "dap/doctor_priv.h"
#include "dap/identity.h"
#include "dap/link.h"
#include "dap/mem_ap.h"
#include "dap/pattern.h"
#include "dap/rom_table.h"

#define BLOCK_WORDS	1024u
#define FIRST_STEP_KHZ	500u
#define BAD_STEPS	2u	/* in a row: faster ones will not do */
#define DHCSR		0xe000edf0u
#define S_RESET_ST	BIT(25)
#define RESET_MS	20

struct doctor {
	struct dap_list *list;
	struct adapter *adapter;
	struct dap *dap, own;		/* own: nobody has declared one */
	const struct doctor_orders *orders;
	struct doctor_report *report;
	struct pattern_test test;
	int millivolts;
	bool has_link;
	uint32_t asked_khz, set_khz;	/* the clock that was in use, and what was asked for it */
	uint32_t best_khz, bad_khz;	/* actual ones; 0: none */
	bool all_as_asked;		/* the probe took every clock by its word */
	unsigned good_transfers;
	char good[256];			/* the good steps since the last bad one, for people */
};

/* --- The probe --- */

/* The driver's `name: value` lines; an upgrade hint is something to do. */
static void tell_lines(struct doctor *d, char *text)
{
	for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
		char *colon = strstr(line, ": ");

		if (colon == NULL) {
			doctor_found(d->report, "note", line, "%s", line);
			continue;
		}
		*colon = '\0';
		doctor_found_named(d->report, line, colon + 2);
		if (strncmp(line, "upgrade", 7) == 0 || strncmp(line, "hint", 4) == 0)
			doctor_advise(d->report, ADVICE_NOTE, "the probe's firmware", "%s", colon + 2);
	}
}

static void look_at_voltage(struct doctor *d)
{
	const struct adapter_driver *driver = d->adapter->driver;

	d->millivolts = -1;
	if (driver->read_voltage != NULL &&
	    driver->read_voltage(d->adapter, &d->millivolts) != OK) {
		doctor_found(d->report, "voltage_error", error_current()->why,
			     "target voltage: not readable: %s", error_current()->why);
		error_clear();
		d->millivolts = -1;
		return;
	}
	if (d->millivolts < 0)
		doctor_found_number(d->report, "millivolts", -1,
				    "target voltage: this probe does not measure it");
	else
		doctor_found_number(d->report, "millivolts", d->millivolts,
				    "target voltage: %d.%02d V", d->millivolts / 1000,
				    d->millivolts % 1000 / 10);
}

static void look_at_probe(struct doctor *d)
{
	const struct adapter_driver *driver = d->adapter->driver;
	struct buf text = { 0 };

	doctor_heading(d->report, "Probe");
	doctor_found(d->report, "driver", driver->name, "driver: %s", driver->name);
	doctor_found(d->report, "transport", transport_name(d->adapter->transport),
		     "transport: %s at %" PRIu32 " kHz", transport_name(d->adapter->transport),
		     d->adapter->actual_khz);
	if (driver->describe != NULL)
		driver->describe(d->adapter, &text);
	if (text.len > 0)
		tell_lines(d, (char *)text.data);
	buf_free(&text);
	look_at_voltage(d);
}

/* --- The pins --- */

static const char *high_low(const struct pin_levels *levels, unsigned pin)
{
	return levels->high & pin ? "high" : "low";
}

static void look_at_reset_line(struct doctor *d, const struct pin_levels *levels)
{
	bool is_low = (levels->known & PIN_NRESET) && !(levels->high & PIN_NRESET);

	if (!(levels->known & PIN_NRESET)) {
		doctor_found(d->report, "nreset", "unknown", "nRST: this probe cannot read it");
		return;
	}
	doctor_found(d->report, "nreset", high_low(levels, PIN_NRESET), "nRST: %s%s",
		     high_low(levels, PIN_NRESET),
		     d->adapter->srst ? ", pulled by this probe" : "");
	if (is_low && !d->adapter->srst)
		doctor_advise(d->report, ADVICE_FAULT, "nRST is low and this probe does not pull it",
			      "check target power, then look for a button, a supervisor or another probe");
}

/* Without a clock the target takes no notice of the level. */
static void look_at_swdio(struct doctor *d)
{
	const struct adapter_driver *driver = d->adapter->driver;
	struct pin_levels low = { 0 }, high = { 0 };

	if (driver->read_pins(d->adapter, PIN_DRIVE_LOW, &low) != OK ||
	    driver->read_pins(d->adapter, PIN_DRIVE_HIGH, &high) != OK)
		error_clear();
	if (!(low.known & high.known & PIN_SWDIO))
		doctor_found(d->report, "swdio", "unknown", "SWDIO: this probe cannot read it");
	else if ((low.high ^ high.high) & PIN_SWDIO)
		doctor_found(d->report, "swdio", "follows", "SWDIO: follows the probe, low and high");
	else
		doctor_found(d->report, "swdio", high.high & PIN_SWDIO ? "stuck high" : "stuck low",
			     "SWDIO: stays %s, whatever the probe drives", high_low(&high, PIN_SWDIO));
}

static void look_at_pins(struct doctor *d)
{
	const struct adapter_driver *driver = d->adapter->driver;
	bool is_swd = d->adapter->transport == TRANSPORT_SWD;
	struct pin_levels levels = { 0 };

	doctor_heading(d->report, "Pins");
	if (driver->read_pins == NULL ||
	    driver->read_pins(d->adapter, PIN_AS_IT_IS, &levels) != OK) {
		error_clear();
		doctor_found(d->report, is_swd ? "swdio" : "tdo", "unknown",
			     "this probe cannot read its pins");
		return;
	}
	if (is_swd)
		look_at_swdio(d);
	else if (levels.known & PIN_TDO)
		doctor_found(d->report, "tdo", high_low(&levels, PIN_TDO), "TDO at rest: %s",
			     high_low(&levels, PIN_TDO));
	look_at_reset_line(d, &levels);
}

/* --- The link --- */

/* DPIDRs of parts people meet. */
static const struct {
	uint32_t dpidr;
	const char *words;
} known_dps[] = {
	{ 0x1ba01477, "Cortex-M3 as in STM32F1" },
	{ 0x2ba01477, "Cortex-M3 or M4 as in STM32F2, F3, F4, L1, L4, nRF52" },
	{ 0x5ba02477, "Cortex-M7 as in STM32F7" },
	{ 0x6ba02477, "CoreSight SoC-400 as in STM32H7 and i.MX RT11xx" },
	{ 0x0bb11477, "Cortex-M0" },
	{ 0x0bc11477, "Cortex-M0+" },
	{ 0x0bd11477, "Cortex-M7 as in i.MX RT10xx" },
	{ 0x0be12477, "Cortex-M33 as in STM32L5 and U5" },
};

static void tell_dpidr(struct doctor *d)
{
	uint32_t dpidr = d->dap->dpidr;
	const char *words = "no part of the table";
	char hex[16];

	for (size_t i = 0; i < ARRAY_SIZE(known_dps); i++)
		if (known_dps[i].dpidr == dpidr)
			words = known_dps[i].words;
	snprintf(hex, sizeof(hex), "0x%08" PRIx32, dpidr);
	doctor_found(d->report, "dpidr", hex, "DPIDR %s: designer %s, DPv%u: %s", hex,
		     jep106_name(bits_get(dpidr, 11, 1)), bits_get(dpidr, 15, 12), words);
}

/* DPv2 and later (IHI 0031 B2.2.9). */
static void tell_targetid(struct doctor *d)
{
	struct dap *dap = d->dap;
	uint32_t id = 0;
	char hex[16];

	if (bits_get(dap->dpidr, 15, 12) < 2)
		return;
	dap_read_dp(dap, DP_TARGETID, &id);
	if (dap_run(dap) != OK) {
		error_clear();
		return;
	}
	snprintf(hex, sizeof(hex), "0x%08" PRIx32, id);
	doctor_found(d->report, "targetid", hex, "TARGETID %s: designer %s, part 0x%04x, revision %u",
		     hex, jep106_name(bits_get(id, 11, 1)), bits_get(id, 27, 12), id >> 28);
}

/* System memory does not answer: is the chip in reset? The sign clears on read unless it is; only here
 * is it worth taking it from whoever polls. */
static void look_for_reset(struct doctor *d, struct mem_ap *ap)
{
	uint32_t first = 0, second = 0;

	mem_ap_queue_read32(ap, DHCSR, &first);
	mem_ap_queue_read32(ap, DHCSR, &second);
	if (mem_ap_run(ap) != OK) {
		error_clear();
		return;
	}
	if (!(second & S_RESET_ST) || d->adapter->srst)
		return;
	doctor_found(d->report, "core", "reset", "core: held in reset");
	doctor_advise(d->report, ADVICE_FAULT, "something else holds the target in reset",
		      "look who pulls nRST low (a button, a supervisor, another probe)");
}

/* Again, if it failed because the wire was too slow for the clock, which is lowered now. */
static enum err find_core(struct doctor *d, struct mem_ap **ap)
{
	unsigned slowdowns = d->dap->slowdowns;
	enum err rc = mem_ap_find_core(d->dap, ap);

	if (rc == OK || d->dap->slowdowns == slowdowns)
		return rc;
	error_clear();
	return mem_ap_find_core(d->dap, ap);
}

static void tell_ap(struct doctor *d)
{
	struct mem_ap *ap = NULL;
	struct identity identity;

	if (find_core(d, &ap) != OK) {
		doctor_found(d->report, "ap_error", error_current()->why, "access port: %s",
			     error_current()->why);
		doctor_advise(d->report, ADVICE_FAULT, "the debug port answers but shows no memory",
			      "the chip may be locked (read-out protection), or its debug domain asleep");
		error_clear();
		return;
	}
	doctor_found_number(d->report, "ap", ap->apsel, "access port %u: IDR 0x%08" PRIx32 ", %s",
			    ap->apsel, ap->idr, rom_ap_type_name(ap->idr));
	if (identity_read(d->dap, &identity) == OK) {
		doctor_found(d->report, "chip", identity.chip, "chip: %s", identity.chip);
		doctor_found(d->report, "uid", identity.uid, "unique id: %s", identity.uid);
		return;
	}
	bool is_bus_error = error_current()->code == ERR_BUS;

	doctor_found(d->report, "uid_error", error_current()->why, "unique id: %s",
		     error_current()->why);
	error_clear();
	if (is_bus_error)
		look_for_reset(d, ap);
}

/* The caller's debug port as it is; a dead link is a finding, not a failure. */
static enum err look_at_link(struct doctor *d)
{
	enum err rc = OK;

	doctor_heading(d->report, "Target");
	if (!d->dap->is_connected)
		rc = dap_connect(d->dap);
	if (d->adapter->is_lost)
		return rc;
	d->has_link = rc == OK;
	doctor_found(d->report, "link", rc == OK ? "up" : error_id(rc), NULL);
	if (rc != OK) {
		const char *next = error_current()->next[0] ? error_current()->next : error_step(rc);

		doctor_found(d->report, "link_error", error_current()->why, "no link: %s",
			     error_current()->why);
		doctor_advise_next(d->report, error_current()->why, next);
		error_clear();
		return OK;
	}
	tell_dpidr(d);
	tell_targetid(d);
	tell_ap(d);
	if (d->millivolts >= 0 && d->millivolts < NO_POWER_MV)
		doctor_advise(d->report, ADVICE_FAULT, "the target answers, but VTref is not connected",
			      "connect it, the probe drives its pins at that level");
	return OK;
}

/* --- What the probe carries --- */

/* The 4 KiB page of the ROM table: memory whose reading does nothing (IHI 0031 D2). */
static enum err read_block(struct doctor *d, uint8_t *bytes, size_t words)
{
	struct mem_ap *ap = mem_ap_get(d->dap, (uint8_t)d->test.apsel);

	TRY(mem_ap_probe(ap));
	if (ap->base == 0xffffffff || (ap->base & 3) == 2)
		return error_why(ERR_UNSUPPORTED, "there is no ROM table");
	return mem_ap_read(ap, ap->base & 0xfffff000, 4, words, bytes, NULL);
}

/* A block that fills several packets must not cost a wait for each. */
static void look_at_pipeline(struct doctor *d)
{
	const struct dap_port_stats *stats = &d->dap->port->stats;
	uint64_t before;
	uint8_t *bytes;
	unsigned trips;

	if (d->test.apsel < 0)
		return;
	bytes = xcalloc(BLOCK_WORDS, 4);
	enum err rc = read_block(d, bytes, 1);	/* what comes once only */

	before = stats->round_trips;
	if (rc == OK)
		rc = read_block(d, bytes, BLOCK_WORDS);
	free(bytes);
	if (rc != OK) {
		error_clear();
		return;
	}
	trips = (unsigned)(stats->round_trips - before);
	doctor_found_number(d->report, "block_words", BLOCK_WORDS, NULL);
	if (trips <= 1)
		doctor_found_number(d->report, "block_round_trips", trips,
				    "a block of %u words takes one round trip: nothing waits in between",
				    BLOCK_WORDS);
	else
		doctor_found_number(d->report, "block_round_trips", trips,
				    "a block of %u words takes %u round trips, %u words each",
				    BLOCK_WORDS, trips, (BLOCK_WORDS + trips - 1) / trips);
}

static void tell_good_steps(struct doctor *d)
{
	if (d->good[0] != '\0')
		doctor_found(d->report, "step", "", "good, %u transfers each: %s kHz",
			     d->good_transfers, d->good);
	d->good[0] = '\0';
}

static void tell_step(struct doctor *d, struct buf *steps, uint32_t asked, bool is_good)
{
	const struct pattern_test *test = &d->test;
	uint32_t actual = d->adapter->actual_khz;
	size_t n = strlen(d->good);

	buf_printf(steps, "%s%" PRIu32 " %s", steps->len ? " " : "", actual, is_good ? "good" : "bad");
	d->all_as_asked = d->all_as_asked && actual == asked;
	if (is_good) {
		d->good_transfers = test->transfers;
		snprintf(d->good + n, sizeof(d->good) - n, "%s%" PRIu32, n ? ", " : "", actual);
		return;
	}
	tell_good_steps(d);
	if (test->rc != OK || test->transfers == 0)
		doctor_found(d->report, "step", "", "%" PRIu32 " kHz: bad, the link fails (%s)", actual,
			     error_id(test->rc != OK ? test->rc : ERR_DAP_NO_ACK));
	else
		doctor_found(d->report, "step", "",
			     "%" PRIu32 " kHz: bad, %u of %u transfers wrong (0x%08" PRIx32
			     " came back as 0x%08" PRIx32 ")",
			     actual, test->errors, test->transfers, test->written, test->read);
}

/* One step of the ladder. */
static enum err prove(struct doctor *d, uint32_t khz, struct buf *steps, unsigned *bad)
{
	bool is_good;

	d->test.transfers = d->test.errors = 0;
	d->test.rc = dap_link_at(d->dap, khz);
	is_good = d->test.rc == OK && pattern_run(&d->test);
	if (d->adapter->is_lost)
		return adapter_fail_lost(d->adapter);
	error_clear();
	tell_step(d, steps, khz, is_good);
	*bad = is_good ? 0 : *bad + 1;
	if (is_good && d->bad_khz == 0)
		d->best_khz = d->adapter->actual_khz;
	if (!is_good && d->bad_khz == 0)
		d->bad_khz = d->adapter->actual_khz;
	return OK;
}

static enum err climb(struct doctor *d, struct buf *steps)
{
	uint32_t khz = MIN(MIN(FIRST_STEP_KHZ, d->asked_khz), d->orders->max_khz), last = 0;
	unsigned bad = 0;

	d->all_as_asked = true;
	while (khz != 0 && khz <= d->orders->max_khz && bad < BAD_STEPS) {
		uint32_t next = clock_above(khz);

		TRY(adapter_set_speed(d->adapter, khz));
		if (d->adapter->actual_khz > last) {
			last = d->adapter->actual_khz;
			TRY(prove(d, khz, steps, &bad));
		}
		/* The clock in use is a step of its own. */
		if (khz < d->asked_khz && (next == 0 || next > d->asked_khz))
			next = d->asked_khz;
		khz = next;
	}
	tell_good_steps(d);
	if (d->all_as_asked)
		doctor_found(d->report, "note", "", "clocks as asked: this probe does not tell what it "
			     "makes of them");
	return OK;
}

static void judge_clock(struct doctor *d)
{
	struct doctor_report *report = d->report;
	char what[64];

	doctor_found_number(report, "best_khz", d->best_khz, NULL);
	if (d->best_khz == 0) {
		doctor_advise(report, ADVICE_FAULT, "no clock is good",
			      "check GND and the wires, keep them short");
		return;
	}
	if (d->bad_khz == 0)
		doctor_found(report, "margin", "", "highest good clock: %" PRIu32
			     " kHz, and nothing faster was tried or is possible", d->best_khz);
	else
		doctor_found(report, "margin", "",
			     "highest good clock: %" PRIu32 " kHz; %" PRIu32 " kHz is bad", d->best_khz,
			     d->bad_khz);
	if (d->bad_khz != 0 && d->asked_khz >= d->bad_khz) {
		snprintf(what, sizeof(what), "the wire does not hold %" PRIu32 " kHz", d->asked_khz);
		doctor_advise(report, ADVICE_FAULT, what, "put \"adapter speed %" PRIu32
			      "\" into the configuration", clock_below(d->best_khz));
	} else if (d->bad_khz != 0 && d->asked_khz * 5 > d->best_khz * 4) {
		snprintf(what, sizeof(what), "%" PRIu32 " kHz is close to the limit", d->asked_khz);
		doctor_advise(report, ADVICE_NOTE, what, "\"adapter speed %" PRIu32
			      "\" leaves a margin", clock_below(d->best_khz));
	} else if (d->best_khz >= 2 * d->asked_khz) {
		doctor_advise(report, ADVICE_NOTE, "a faster clock is good",
			      "\"adapter speed %" PRIu32 "\" passes too and leaves a margin",
			      clock_below(d->best_khz));
	}
}

/* The clock that was in use, or the best one. */
static enum err put_clock_back(struct doctor *d)
{
	bool is_bad = d->bad_khz != 0 && d->asked_khz >= d->bad_khz && d->best_khz != 0;
	enum err rc = dap_link_at(d->dap, is_bad ? d->best_khz : d->set_khz);

	if (rc != OK && !d->adapter->is_lost)
		error_clear();
	return d->adapter->is_lost ? rc : OK;
}

static enum err look_at_clocks(struct doctor *d)
{
	struct buf steps = { 0 };

	doctor_heading(d->report, "Clock");
	if (d->adapter->driver->set_speed == NULL) {
		bool is_good = pattern_run(&d->test);

		error_clear();
		tell_step(d, &steps, d->asked_khz, is_good);
		tell_good_steps(d);
		doctor_found(d->report, "clocks", (const char *)steps.data,
			     "this probe has one clock only");
		buf_free(&steps);
		return OK;
	}
	int level = dap_hush();		/* what the driver makes of each step is in the report */
	enum err rc = climb(d, &steps);

	doctor_found(d->report, "clocks", steps.data ? (const char *)steps.data : "", NULL);
	buf_free(&steps);
	rc = error_first(rc, put_clock_back(d));
	log_set_level(level);
	if (rc == OK)
		judge_clock(d);
	return rc;
}

/* --- The reset line, if it was asked for --- */

static enum err pull_reset(struct doctor *d)
{
	struct adapter *adapter = d->adapter;
	struct pin_levels levels = { 0 };
	struct mem_ap *ap = NULL;
	uint32_t before = 0, dhcsr = 0;
	bool has_core;

	TRY(adapter->driver->set_reset(adapter, true, adapter->trst));
	dap_pause_ms(RESET_MS);
	if (adapter->driver->read_pins != NULL &&
	    adapter->driver->read_pins(adapter, PIN_AS_IT_IS, &levels) != OK)
		error_clear();
	/* While it is held: the first read may show an older reset, and the sign of this one stays for
	 * whoever polls. */
	has_core = d->has_link && mem_ap_find_core(d->dap, &ap) == OK &&
		   mem_ap_read32(ap, DHCSR, &before) == OK &&
		   mem_ap_read32(ap, DHCSR, &dhcsr) == OK;
	error_clear();
	TRY(adapter->driver->set_reset(adapter, adapter->srst, adapter->trst));
	dap_pause_ms(RESET_MS);
	dap_invalidate(d->dap);
	if (levels.known & PIN_NRESET)
		doctor_found(d->report, "reset_reads_back", levels.high & PIN_NRESET ? "no" : "yes",
			     "nRST %s", levels.high & PIN_NRESET ? "stays high when it is pulled"
								 : "goes low when it is pulled");
	if (has_core)
		doctor_found(d->report, "reset_reaches_core", dhcsr & S_RESET_ST ? "yes" : "no",
			     "the core %s", dhcsr & S_RESET_ST ? "is reset by it"
							       : "does not notice");
	if (has_core && !(dhcsr & S_RESET_ST))
		doctor_advise(d->report, ADVICE_FAULT, "nRST does not reach the chip", "check the wire");
	return OK;
}

static enum err look_at_reset(struct doctor *d)
{
	struct adapter *adapter = d->adapter;

	if (!d->orders->has_reset)
		return OK;
	doctor_heading(d->report, "Reset");
	if (adapter->driver->set_reset == NULL || !(adapter->reset_config & RESET_HAS_SRST)) {
		doctor_found(d->report, "reset", "none", "the configuration has no nRST line");
		doctor_advise(d->report, ADVICE_NOTE, "the configuration has no nRST line",
			      "if it is wired, add \"reset_config srst_only\" to the configuration");
		return OK;
	}
	return pull_reset(d);
}

/* --- */

static enum err examine(struct doctor *d)
{
	uint64_t waits;

	/* Before anything can lower it. */
	d->asked_khz = d->adapter->actual_khz;
	d->set_khz = d->adapter->speed_khz;

	look_at_probe(d);
	look_at_pins(d);
	waits = d->dap->port->stats.waits;
	TRY(look_at_link(d));
	if (d->has_link && pattern_prepare(d->dap, &d->test) == OK) {
		look_at_pipeline(d);
		TRY(look_at_clocks(d));
		doctor_found_number(d->report, "waits", (long)(d->dap->port->stats.waits - waits),
				    "WAIT answers: %u",
				    (unsigned)(d->dap->port->stats.waits - waits));
	}
	return look_at_reset(d);
}

enum err doctor_examine(struct dap_list *list, const struct doctor_orders *orders,
			struct doctor_report *report)
{
	struct adapter *adapter = list->adapter;
	struct doctor d = { .list = list, .adapter = adapter, .orders = orders, .report = report };
	bool was_open = adapter->is_open;

	doctor_report_begin(report);
	if (adapter->is_lost)
		return adapter_fail_lost(adapter);
	TRY(adapter_open(adapter));
	d.own = (struct dap){ .name = (char *)"probe", .adapter = adapter, .port = &adapter->port };
	d.dap = list->first != NULL ? list->first : &d.own;
	enum err rc = examine(&d);

	if (d.dap == &d.own) {
		if (d.own.is_connected && !adapter->is_lost)
			rc = error_first(rc, dap_disconnect(&d.own));
		mem_ap_free_all(&d.own);
		adapter->port.owner = NULL;
	}
	if (!was_open) {
		if (d.dap != &d.own) {
			d.dap->is_connected = false;
			dap_invalidate(d.dap);
		}
		error_hold(rc);
		adapter_close(adapter);
		rc = error_settle(rc, OK);
	}
	return rc;
}
