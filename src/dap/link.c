/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IHI 0031 B2.2 (DP registers), B2.4 (power control), B4.2 (SWD connection), B3.3 (JTAG-DP). */
#include "dap/link.h"

#include <inttypes.h>
#include <time.h>

#include "adapter/chain.h"
#include "adapter/flight.h"
#include "base/clock.h"
#include "base/log.h"
#include "dap/contact.h"
#include "dap/pattern.h"

#define CSYSPWRUPACK	BIT(31)
#define CSYSPWRUPREQ	BIT(30)
#define CDBGPWRUPACK	BIT(29)
#define CDBGPWRUPREQ	BIT(28)
#define WDATAERR	BIT(7)
#define ORUNDETECT	BIT(0)
#define STICKY_W1C	0x32u	/* STICKYERR, STICKYCMP, STICKYORUN: cleared here on a JTAG-DP */

#define ABORT_DAPABORT	0x01u
#define ABORT_CLEAR	0x1eu	/* every sticky flag, on an SW-DP */

#define CONNECT_MS	500
#define RETRY_PAUSE_MS	10
#define POWER_UP_MS	250
#define RECOVERY_WAIT_MS 100u
#define FLIGHT_LINES	32
#define GARBLED_ATTEMPTS 3u

static bool is_jtag(const struct dap *dap)
{
	return dap->port->transport == TRANSPORT_JTAG;
}

void dap_pause_ms(unsigned ms)
{
	nanosleep(&(struct timespec){ .tv_nsec = (long)ms * 1000000 }, NULL);
}

int dap_hush(void)
{
	int level = log_get_level();

	if (level < LOG_DEBUG)
		log_set_level(LOG_ERROR);
	return level;
}

void dap_link_own(struct dap *dap)
{
	int index = is_jtag(dap) ? jtag_tap_index(dap->adapter, dap->tap) : 0;

	dap->port->owner = dap;
	dap->port->tap_index = index > 0 ? (unsigned)index : 0;
	dap->port->idle_cycles = dap->idle_cycles;
	dap->port->overrun_detect = dap->is_connected && (dap->ctrl & ORUNDETECT);
}

static void queue_write(struct dap *dap, uint8_t reg, uint32_t value)
{
	dap->port->ops->write(dap->port, PORT_DP(reg), value);
}

static void queue_read(struct dap *dap, uint8_t reg, uint32_t *dst)
{
	dap->port->ops->read(dap->port, PORT_DP(reg), dst);
}

/* SELECT to a known value; the cache follows. */
static void queue_select_0(struct dap *dap)
{
	queue_write(dap, DP_SELECT, 0);
	dap->select = 0;
	dap->select_valid = true;
}

static void queue_ctrl(struct dap *dap, uint32_t ctrl)
{
	dap->ctrl = ctrl;
	queue_write(dap, DP_CTRL_STAT, ctrl | (is_jtag(dap) ? STICKY_W1C : 0));
}

static uint32_t wanted_acks(const struct dap *dap)
{
	return dap->ignore_syspwrupack ? CDBGPWRUPACK : CDBGPWRUPACK | CSYSPWRUPACK;
}

static enum err run(struct dap *dap)
{
	return dap->port->ops->run(dap->port);
}

static enum err select_multidrop(struct dap *dap, uint32_t *dpidr)
{
	uint32_t target = (dap->dp_id & 0x0fffffff) | dap->instance_id << 28;

	TRY(dap->port->ops->connect(dap->port, LINK_LINE_RESET));
	TRY(dap->port->ops->select_target(dap->port, target));
	queue_read(dap, DP_DPIDR, dpidr);	/* the acknowledge of a selection */
	return run(dap);
}

enum err dap_link_reselect(struct dap *dap)
{
	uint32_t dpidr;

	dap_link_own(dap);
	dap_invalidate(dap);
	TRY(select_multidrop(dap, &dpidr));
	/* A line reset with ORUNDETECT leaves STICKYORUN set. */
	queue_write(dap, DP_ABORT, ABORT_CLEAR);
	queue_select_0(dap);
	return run(dap);
}

/* Asks for power, clears what is left from before and reads what came of it: one round trip. What
 * was there before tells whether the debug domain had lost its power meanwhile. */
static enum err ask_for_power(struct dap *dap, uint32_t *ctrl_stat)
{
	if (!is_jtag(dap))
		queue_write(dap, DP_ABORT, ABORT_CLEAR);
	queue_select_0(dap);
	dap->ctrl_found = 0;
	queue_read(dap, DP_CTRL_STAT, &dap->ctrl_found);
	queue_ctrl(dap, CSYSPWRUPREQ | CDBGPWRUPREQ);
	queue_read(dap, DP_CTRL_STAT, ctrl_stat);
	return run(dap);
}

static enum err power_up(struct dap *dap, uint32_t ctrl_stat)
{
	uint64_t start = clock_now_ms();

	while ((ctrl_stat & wanted_acks(dap)) != wanted_acks(dap)) {
		if (clock_now_ms() - start > POWER_UP_MS) {
			error_why(ERR_DAP_POWER,
				  "debug power-up was not acknowledged within %d ms%s", POWER_UP_MS,
				  ctrl_stat & CDBGPWRUPACK
					  ? " (system power: \"dap create -ignore-syspwrupack\" "
					    "goes on without)"
					  : "");
			return error_evidence(ERR_DAP_POWER, "CTRL/STAT = 0x%08" PRIx32, ctrl_stat);
		}
		dap_pause_ms(1);
		queue_read(dap, DP_CTRL_STAT, &ctrl_stat);
		TRY(run(dap));
	}
	if (dap->port->wants_overrun_detect) {
		queue_ctrl(dap, CSYSPWRUPREQ | CDBGPWRUPREQ | ORUNDETECT);
		TRY(run(dap));
		dap->port->overrun_detect = true;
	}
	return OK;
}

enum err dap_check_dpidr(uint32_t dpidr)
{
	if ((dpidr & 1) && dpidr != 0xffffffff && (dpidr & 0xffe))
		return OK;
	return error_why(ERR_DAP_NO_ACK, "DPIDR reads 0x%08" PRIx32 ", which is no identity",
			 dpidr);
}

static enum err try_swd(struct dap *dap, enum link_connect how, uint32_t *ctrl_stat)
{
	uint32_t dpidr = 0;

	TRY(dap->port->ops->connect(dap->port, how));
	if (dap->has_multidrop) {
		TRY(select_multidrop(dap, &dpidr));
	} else {
		queue_read(dap, DP_DPIDR, &dpidr);
	}
	TRY(ask_for_power(dap, ctrl_stat));
	TRY(dap_check_dpidr(dpidr));
	dap->dpidr = dpidr;
	return OK;
}

static enum err try_jtag(struct dap *dap, uint32_t *ctrl_stat)
{
	uint32_t dpidr = 0;

	TRY(dap->port->ops->connect(dap->port, LINK_SWD_TO_JTAG));
	dap_link_own(dap);
	TRY(ask_for_power(dap, ctrl_stat));
	queue_read(dap, DP_DPIDR, &dpidr);	/* UNPREDICTABLE on a DPv0 */
	TRY(run(dap));
	/* In BYPASS a TAP's acknowledge can look like that of a DPv3; all the rest is ones. */
	if (*ctrl_stat == 0xffffffff)
		return error_why(ERR_DAP_NO_ACK, "CTRL/STAT reads 0xffffffff, which cannot be");
	dap->dpidr = dpidr;
	return OK;
}

enum err dap_link_try(struct dap *dap, unsigned attempt)
{
	bool first_dormant = dap->has_multidrop;
	uint32_t ctrl_stat = 0;

	dap_invalidate(dap);
	dap->is_connected = false;
	dap->ctrl = 0;
	dap_link_own(dap);
	if (is_jtag(dap))
		TRY(try_jtag(dap, &ctrl_stat));
	else
		TRY(try_swd(dap,
			    (attempt + first_dormant) % 2 ? LINK_DORMANT_TO_SWD : LINK_JTAG_TO_SWD,
			    &ctrl_stat));
	TRY(power_up(dap, ctrl_stat));
	dap->is_connected = true;
	return OK;
}

static bool is_adapter_error(enum err rc)
{
	return rc == ERR_ADAPTER_LOST || rc == ERR_ADAPTER_PROTOCOL || rc == ERR_ADAPTER_CONFIG ||
	       rc == ERR_UNSUPPORTED;
}

/* One sentence for the person with the cable in the hand; OK if a slower clock mended it. */
static enum err diagnose(struct dap *dap, enum err rc, enum contact_effort effort)
{
	if (is_adapter_error(rc))
		return rc;
	if (rc == ERR_DAP_WAIT) {
		error_next(rc, "an access hangs on the target's bus: reset or power-cycle the target");
		return error_what(rc, "Error connecting DP");
	}
	return dap_contact_failed(dap, rc, effort);
}

static void log_identity(const struct dap *dap, uint32_t dlpidr)
{
	if (is_jtag(dap))
		log_debug("JTAG-DP DPIDR 0x%08" PRIx32, dap->dpidr);
	else if (dap->has_multidrop)
		log_info("SWD DPIDR 0x%08" PRIx32 ", DLPIDR 0x%08" PRIx32, dap->dpidr, dlpidr);
	else
		log_info("SWD DPIDR 0x%08" PRIx32, dap->dpidr);
}

static enum err check_multidrop(struct dap *dap, uint32_t *dlpidr)
{
	dap_read_dp(dap, DP_TARGETID, &dap->targetid);
	dap_read_dp(dap, DP_DLPIDR, dlpidr);
	TRY(run(dap));
	if ((dap->targetid & 0x0fffffff) == (dap->dp_id & 0x0fffffff) &&
	    *dlpidr >> 28 == dap->instance_id)
		return OK;
	dap->is_connected = false;
	error_why(ERR_DAP_NO_ACK, "the debug port that answers is another one");
	return error_evidence(ERR_DAP_NO_ACK, "TARGETID = 0x%08" PRIx32 ", DLPIDR = 0x%08" PRIx32,
			      dap->targetid, *dlpidr);
}

bool dap_is_garbled(const struct dap *dap, enum err rc)
{
	unsigned ack = dap->port->failed_ack;

	return rc == ERR_DAP_PARITY || rc == ERR_DAP_FAULT ||
	       (rc == ERR_DAP_NO_ACK && ack != 0 && ack != 7);
}

static enum err try_for_a_while(struct dap *dap)
{
	uint64_t start = clock_now_ms();
	unsigned garbled = 0;

	for (unsigned attempt = 0;; attempt++) {
		enum err rc = dap_link_try(dap, attempt);

		/* A link that came up by chance does not stay, nor one at a clock nobody chose. */
		if (rc == OK && (garbled > 0 || dap->adapter->is_speed_guessed) &&
		    !dap_link_is_clean(dap))
			rc = error_why(ERR_DAP_PARITY, "bits are misread");
		if (rc == OK)
			dap->adapter->is_speed_guessed = false;
		if (rc == OK || is_adapter_error(rc) || rc == ERR_DAP_POWER)
			return rc;
		garbled += dap_is_garbled(dap, rc);
		/* Whoever was silent for half a second already is not worth another one. */
		if (clock_now_ms() - start > CONNECT_MS || (dap->is_silent && attempt >= 3) ||
		    garbled >= GARBLED_ATTEMPTS)
			return rc;
		/* A hung access outlives the line reset and keeps SELECT waiting: give it up. */
		if (rc == ERR_DAP_WAIT)
			TRY(dap->port->ops->abort(dap->port, ABORT_DAPABORT));
		dap_pause_ms(RETRY_PAUSE_MS);
	}
}

enum err dap_link_at(struct dap *dap, uint32_t khz)
{
	TRY(adapter_set_speed(dap->adapter, khz));
	if (dap_link_try(dap, 0) == OK)
		return OK;
	return dap_link_try(dap, 1);
}

enum err dap_connect(struct dap *dap)
{
	unsigned budget = dap->port->wait_budget_ms;
	uint32_t dlpidr = 0;
	enum err rc;

	dap->port->wait_budget_ms = MIN(budget, RECOVERY_WAIT_MS);
	rc = try_for_a_while(dap);
	if (rc != OK) {
		flight_log(dap->port->flight, FLIGHT_LINES);
		rc = diagnose(dap, rc, CONTACT_TRY_ALL);
	}
	dap->port->wait_budget_ms = budget;
	dap->is_silent = rc != OK;
	if (rc != OK) {
		dap->is_connected = false;
		return rc;
	}
	if (dap->has_multidrop)
		TRY(check_multidrop(dap, &dlpidr));
	error_clear();		/* of attempts that did not count */
	dap->contact = (struct dap_contact){ 0 };
	log_identity(dap, dlpidr);
	return OK;
}

enum err dap_disconnect(struct dap *dap)
{
	if (!dap->is_connected)
		return OK;
	dap->is_connected = false;
	dap_write_dp(dap, DP_CTRL_STAT, CDBGPWRUPREQ);	/* system power goes first */
	dap_write_dp(dap, DP_CTRL_STAT, 0);
	dap->ctrl = 0;
	enum err rc = run(dap);

	dap->port->overrun_detect = false;
	dap_invalidate(dap);
	return rc;
}

/* Reads and clears the sticky flags over a link that still works. */
static enum err clear_flags(struct dap *dap, uint32_t *ctrl_stat)
{
	if (is_jtag(dap)) {
		queue_select_0(dap);
		queue_read(dap, DP_CTRL_STAT, ctrl_stat);
		queue_write(dap, DP_CTRL_STAT, dap->ctrl | STICKY_W1C);
	} else {
		queue_read(dap, DP_CTRL_STAT, ctrl_stat);
		queue_write(dap, DP_ABORT, ABORT_CLEAR);
	}
	return run(dap);
}

/* A hung access is given up; the AP may stay busy until the system is reset (IHI 0031 B2.2.1). */
static enum err abort_access(struct dap *dap, uint32_t *ctrl_stat)
{
	TRY(dap->port->ops->abort(dap->port, ABORT_DAPABORT));
	return clear_flags(dap, ctrl_stat);
}

/* The wire was misread: back in step by a line reset, without giving up power or AP state. */
static enum err reset_line(struct dap *dap, uint32_t *ctrl_stat)
{
	uint32_t dpidr = 0;

	if (is_jtag(dap)) {
		TRY(dap_link_try(dap, 0));
		*ctrl_stat = dap->ctrl_found;
		return OK;
	}
	if (dap->has_multidrop) {
		TRY(select_multidrop(dap, &dpidr));
	} else {
		TRY(dap->port->ops->connect(dap->port, LINK_LINE_RESET));
		queue_read(dap, DP_DPIDR, &dpidr);
		TRY(run(dap));
	}
	TRY(dap_check_dpidr(dpidr));
	return clear_flags(dap, ctrl_stat);
}

static enum err reword(enum err rc, uint32_t ctrl_stat, bool power_lost)
{
	char words[160];

	if (power_lost) {
		error_why(ERR_DAP_POWER,
			  "debug power was lost (target power cycle, reset of the debug domain or "
			  "deep sleep)");
		rc = error_next(ERR_DAP_POWER, "it was switched on again: repeat the command");
	} else if (rc == ERR_DAP_FAULT && (ctrl_stat & WDATAERR)) {
		rc = error_why(ERR_DAP_PARITY, "the target received a write with wrong parity");
	}
	dap_describe_ctrl_stat(ctrl_stat, words, sizeof(words));
	return error_evidence(rc, "CTRL/STAT = 0x%08" PRIx32 " (%s)", ctrl_stat, words);
}

/* What the error calls for; *ctrl_stat as it was found, 0 if it could not be read. */
static enum err repair(struct dap *dap, enum err rc, uint32_t *ctrl_stat, bool *power_lost)
{
	bool was_connected = dap->is_connected;
	uint32_t found;
	enum err repaired;

	if (rc == ERR_DAP_FAULT)
		repaired = clear_flags(dap, ctrl_stat);
	else if (rc == ERR_DAP_WAIT)
		repaired = abort_access(dap, ctrl_stat);
	else
		repaired = reset_line(dap, ctrl_stat);
	if (repaired == OK && (*ctrl_stat & wanted_acks(dap)) != wanted_acks(dap)) {
		*power_lost = was_connected;
		TRY(ask_for_power(dap, &found));
		TRY(power_up(dap, found));
	}
	if (repaired != OK && !is_adapter_error(repaired)) {
		repaired = dap_link_try(dap, 0);
		/* Only a link that came up again tells what became of the power. */
		*power_lost = repaired == OK && was_connected && !(dap->ctrl_found & CDBGPWRUPACK);
		*ctrl_stat = *power_lost ? dap->ctrl_found : *ctrl_stat;
	}
	return repaired;
}

/* A glitch, or a clock the wire does not hold? The latter is lowered. */
static void heed_noise(struct dap *dap)
{
	struct error original;

	error_take(&original);
	if (!dap_link_is_clean(dap) && dap_slow_down(dap) != OK)
		error_clear();
	error_put(&original);
}

static bool is_noise(enum err rc)
{
	return rc == ERR_DAP_PARITY || rc == ERR_DAP_NO_ACK;
}

enum err dap_link_recover(struct dap *dap, enum err rc)
{
	struct error original;
	struct dap_port *port = dap->port;
	uint32_t ctrl_stat = 0;
	bool power_lost = false;
	unsigned budget = port->wait_budget_ms;
	size_t failed_at = port->failed_at, failed_word = port->failed_word;
	unsigned slowdowns = dap->slowdowns;
	uint32_t khz = dap->adapter->actual_khz;

	dap_invalidate(dap);
	if (is_adapter_error(rc)) {
		dap->is_connected = false;
		return rc;
	}
	error_take(&original);
	/* Whoever waited for its budget already is not waited for as long again. */
	port->wait_budget_ms = MIN(budget, RECOVERY_WAIT_MS);
	enum err repaired = repair(dap, rc, &ctrl_stat, &power_lost);

	port->wait_budget_ms = budget;
	dap_invalidate(dap);
	dap->is_connected = repaired == OK;
	if (repaired != OK || rc != ERR_DAP_FAULT)
		flight_log(port->flight, FLIGHT_LINES);
	if (is_adapter_error(repaired))
		return repaired;
	if (repaired == OK)
		dap->contact = (struct dap_contact){ 0 };
	if (repaired != OK && is_noise(rc))
		repaired = diagnose(dap, repaired, CONTACT_TRY_CLOCK);
	port->failed_at = failed_at;
	port->failed_word = failed_word;
	if (repaired != OK && rc == ERR_DAP_NO_ACK)
		return repaired;
	error_put(&original);
	dap->last_ctrl_stat = ctrl_stat;
	if (ctrl_stat != 0 || power_lost)
		rc = reword(rc, ctrl_stat, power_lost);
	if (repaired == OK && is_noise(rc) && dap->slowdowns == slowdowns)
		heed_noise(dap);
	port->failed_at = failed_at;
	port->failed_word = failed_word;
	if (dap->slowdowns != slowdowns)
		error_next(rc, "the clock was lowered from %" PRIu32 " to %" PRIu32
			   " kHz: repeat the command", khz, dap->adapter->actual_khz);
	return rc;
}
