/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `imxrt rescue`: the ladder. Each rung is a way to get the core halted when the program in the flash
 * prevents it: it took the debug pads, sleeps with the clock off, resets all the time, or left RAM that
 * the ROM cannot live with. The first rung that works ends the climb; each says what came of it.
 *
 * A rung succeeds if the core is halted and says so. Nothing here needs an examined target.
 */
#include "flash/imxrt_rescue.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "dap/link.h"

#define HOLD_MS		100u
#define RACE_MS		300u
#define PERSIST_MS	2500u		/* a watchdog comes by within a second or two */
#define CATCH_MS	500u
#define RESET_SETTLE_MS 20u
#define TRY_BUDGET_MS	50u		/* for WAIT: many short tries, not one long one */
#define WAIT_SECONDS	60u
#define DORMANT_TRIES	4u

struct rung {
	const char *name;
	enum err (*climb)(struct rescue *r);
	/* Why it cannot help here; NULL: it may. */
	const char *(*pointless)(const struct rescue *r);
};

static struct mem_ap *port_of(struct rescue *r)
{
	struct target *t = r->t;

	if (t->ap == NULL)
		t->ap = mem_ap_get(r->dap, t->ap_num >= 0 ? (uint8_t)t->ap_num : 0);
	return t->ap;
}

/* Halt now, and at the next reset. */
static enum err arm(struct rescue *r)
{
	struct mem_ap *ap = port_of(r);

	mem_ap_queue_write32(ap, SCB_DHCSR, DHCSR_WRITE | DHCSR_DEBUGEN | DHCSR_C_HALT);
	mem_ap_queue_write32(ap, SCB_DEMCR, DEMCR_TRC | DEMCR_CORERESET | DEMCR_HARDERR);
	return mem_ap_run(ap);
}

static enum err link_up(struct rescue *r, unsigned attempt)
{
	TRY(dap_link_try(r->dap, attempt));
	r->dp_answered = true;
	mem_ap_invalidate(port_of(r));
	return mem_ap_probe(port_of(r));
}

static enum err is_halted(struct rescue *r, bool *halted)
{
	uint32_t dhcsr = 0;

	TRY(mem_ap_read32(port_of(r), SCB_DHCSR, &dhcsr));
	*halted = dhcsr & DHCSR_S_HALT;
	return OK;
}

/* Once the link is up: halt, and see that it holds. */
static enum err take_hold(struct rescue *r)
{
	uint64_t end = clock_now_ms() + HOLD_MS;
	bool halted = false;

	TRY(arm(r));
	for (;;) {
		bool is_late = clock_now_ms() > end;

		TRY(is_halted(r, &halted));
		if (halted)
			return OK;
		if (is_late)
			return error_why(ERR_HALT_TIMEOUT, "the core does not halt within %u ms", HOLD_MS);
	}
}

/* Over and over, whatever fails: the link, the access port, the halt. The last reason stays. */
static enum err persist(struct rescue *r, uint64_t ms)
{
	uint64_t end = clock_now_ms() + ms;
	enum err rc;

	for (unsigned attempt = 0;; attempt++) {
		rc = r->dap->is_connected ? OK : link_up(r, attempt % 4 == 3);
		if (rc == OK)
			rc = take_hold(r);
		if (rc == OK || rc == ERR_ADAPTER_LOST || clock_now_ms() > end)
			return rc;
		if (rc == ERR_DAP_NO_ACK || rc == ERR_DAP_PARITY)
			r->dap->is_connected = false;
		error_clear();
		TRY(check_cancelled(r->t));
	}
}

/* --- Rungs --- */

static enum err attach(struct rescue *r)
{
	enum err rc = link_up(r, 0);

	if (rc != OK && rc != ERR_ADAPTER_LOST) {
		error_clear();
		rc = link_up(r, 0);
	}
	TRY(rc);
	return take_hold(r);
}

static enum err attach_slowly(struct rescue *r)
{
	static const uint32_t slow_khz[] = { 1000, 100 };
	uint32_t khz = r->adapter->speed_khz;
	enum err rc = OK;

	for (size_t i = 0; i < ARRAY_SIZE(slow_khz); i++) {
		if (slow_khz[i] >= khz)
			continue;
		TRY(adapter_set_speed(r->adapter, slow_khz[i]));
		error_clear();
		rc = attach(r);
		if (rc == OK)
			return OK;
	}
	if (rc == OK)
		rc = error_why(ERR_DAP_NO_ACK, "the clock is as slow as it gets already");
	return error_first(rc, adapter_set_speed(r->adapter, khz));
}

/* With power requested, some sleeping cores get their clock back; a watchdog may do the rest. */
static enum err retry_powered(struct rescue *r)
{
	return persist(r, PERSIST_MS);
}

static enum err set_line(struct rescue *r, bool asserted)
{
	TRY(r->adapter->driver->set_reset(r->adapter, asserted, false));
	r->adapter->srst = asserted;
	return OK;
}

/* The debug port may sleep as long as nRST is low: then it is a race with the ROM and the program. */
static enum err under_reset(struct rescue *r)
{
	bool is_armed;
	enum err rc;

	TRY(set_line(r, true));
	dap_pause_ms(RESET_SETTLE_MS);
	is_armed = link_up(r, 0) == OK && arm(r) == OK;
	error_clear();
	if (!is_armed)
		r->dap->is_connected = false;
	TRY(set_line(r, false));
	rc = persist(r, RACE_MS);
	if (rc != OK)
		return error_what(rc, is_armed ? "armed while nRST was low"
					       : "nothing answers while nRST is low, and after it");
	return OK;
}

static enum err wake_dormant(struct rescue *r)
{
	enum err rc = OK;

	for (unsigned i = 0; i < DORMANT_TRIES; i++) {
		error_clear();
		rc = link_up(r, 1);
		if (rc == OK)
			return take_hold(r);
	}
	return rc;
}

static enum err catch_rom(struct rescue *r, enum imxrt_catch how)
{
	if (!r->dap->is_connected)
		TRY(link_up(r, 0));
	TRY(imxrt_reset_core(r->t, how, 0));
	return imxrt_wait_halt(r->t, CATCH_MS);
}

static enum err catch_by_vector(struct rescue *r)
{
	return catch_rom(r, CATCH_VECTOR);
}

static enum err catch_by_watchpoint(struct rescue *r)
{
	return catch_rom(r, CATCH_WATCHPOINT);
}

/* The debug port of a chip that was just switched on answers at once, the program a while later. */
static enum err wait_for_power(struct rescue *r)
{
	uint64_t end = clock_now_ms() + 1000ull * r->wait_s;
	enum err rc = OK;

	log_user("imxrt rescue: switch the board off and on now (if it has boot switches, with "
		 "BOOT_MODE=01): I am waiting (%u s)", r->wait_s);
	while (clock_now_ms() <= end) {
		rc = r->dap->is_connected ? OK : link_up(r, 0);
		if (rc == OK)
			rc = take_hold(r);
		if (rc == OK || rc == ERR_ADAPTER_LOST)
			return rc;
		r->dap->is_connected = false;
		error_clear();
		TRY(check_cancelled(r->t));
	}
	error_why(ERR_TIMEOUT, "nothing that could be halted came within %u s", r->wait_s);
	return error_next(ERR_TIMEOUT, "was the board really without power for a moment?");
}

static const char *no_port_yet(const struct rescue *r)
{
	return r->dp_answered ? NULL : "no debug port answers";
}

static const char *port_answers(const struct rescue *r)
{
	return r->dp_answered ? "the debug port answers, so it is not the link" : NULL;
}

static const char *no_reset_line(const struct rescue *r)
{
	if (r->adapter->driver == NULL || r->adapter->driver->set_reset == NULL)
		return "the probe has no nRST line";
	return r->adapter->reset_config & RESET_HAS_SRST
		       ? NULL
		       : "no nRST is configured (\"reset_config srst_only\" if it is wired)";
}

static const char *not_asked(const struct rescue *r)
{
	return r->wait_s > 0 ? NULL : "needs you: run \"imxrt rescue wait\"";
}

static const struct rung rungs[] = {
	{ "normal attach", attach, NULL },
	{ "slower clock", attach_slowly, port_answers },
	{ "WAIT retry with power-up held", retry_powered, no_port_yet },
	{ "under reset (nRST)", under_reset, no_reset_line },
	{ "dormant wake-up", wake_dormant, port_answers },
	{ "catching the boot ROM by vector catch", catch_by_vector, no_port_yet },
	{ "catching the boot ROM by a watchpoint on SBMR1", catch_by_watchpoint, no_port_yet },
	{ "waiting for power-on", wait_for_power, not_asked },
};

/* --- The climb --- */

static void tell_place(struct rescue *r, unsigned number, const char *name)
{
	const struct imxrt_chip *chip = NULL;
	uint32_t pc = 0;

	if (imxrt_read_pc(r->t, &pc) != OK || imxrt_chip_of(r->t, &chip) != OK) {
		error_clear();
		log_user("imxrt rescue: %u. %s: worked, the core is halted", number, name);
		return;
	}
	log_user("imxrt rescue: %u. %s: worked, the core of the %s is halted at 0x%08x, %s", number, name,
		 chip->part->name, pc, imxrt_where(chip, pc));
}

static enum err climb(struct rescue *r, bool only_wait)
{
	size_t last = ARRAY_SIZE(rungs) - 1;

	for (size_t i = only_wait ? last : 0; i <= last; i++) {
		const struct rung *rung = &rungs[i];
		const char *why = rung->pointless != NULL ? rung->pointless(r) : NULL;
		unsigned number = (unsigned)i + 1;

		if (why != NULL) {
			log_user("imxrt rescue: %u. %s: not tried, %s", number, rung->name, why);
			continue;
		}
		int level = dap_hush();
		enum err rc = rung->climb(r);

		log_set_level(level);
		if (rc == OK) {
			r->worked = rung->name;
			tell_place(r, number, rung->name);
			return OK;
		}
		if (rc == ERR_ADAPTER_LOST || rc == ERR_CANCELLED)
			return rc;
		log_user("imxrt rescue: %u. %s: failed, %s", number, rung->name,
			 error_text(error_current()));
		error_clear();
	}
	if (only_wait)
		return error_next(error_why(ERR_TIMEOUT, "nothing could be halted at power-on"),
				  "set the boot switches to serial downloader (BOOT_MODE=01), then run it "
				  "again and power-cycle");
	return error_next(error_why(ERR_DAP_NO_ACK, "no rung of the ladder reached the core"),
			  "run \"imxrt rescue wait\" and power-cycle the board, with BOOT_MODE=01 if it "
			  "has the switches");
}

static enum err climb_and_mend(struct rescue *r, struct call *c, bool only_wait)
{
	unsigned budget = r->dap->port->wait_budget_ms;
	enum err rc;

	if (!r->adapter->is_open)
		TRY(adapter_open(r->adapter));
	r->dap->port->wait_budget_ms = MIN(budget, TRY_BUDGET_MS);
	rc = climb(r, only_wait);
	r->dap->port->wait_budget_ms = budget;
	if (rc == OK)
		rc = rescue_flash(r, c);
	return rc;
}

static enum err run_rescue(struct call *c, bool only_wait, unsigned wait_s, bool erase_chip)
{
	struct rescue r = { .erase_chip = erase_chip, .wait_s = wait_s };
	enum err rc;

	TRY(arg_imxrt_target(c, &r.t));
	if (r.t->dap == NULL)
		return error_why(ERR_UNSUPPORTED, "%s has no debug port", r.t->name);
	r.dap = r.t->dap;
	r.adapter = r.dap->adapter;
	TRY(target_claim(r.t, "imxrt rescue"));
	rc = climb_and_mend(&r, c, only_wait);
	target_release(r.t);
	if (rc != OK)
		return error_what(rc, "imxrt rescue failed");
	/* A clean start for whatever comes: in the ROM, nothing of the old program in force. */
	TRY(script_eval(c->script, script_origin(c->script), "imxrt reset rom", NULL, 0, NULL));
	log_user("imxrt rescue: done by \"%s\": program the flash now, or power-cycle the board: with no "
		 "image the boot ROM waits in its serial downloader", r.worked);
	return OK;
}

static enum err arg_erase_chip(struct call *c, int index, bool *erase_chip)
{
	if (c->argc <= index)
		return OK;
	if (strcmp(c->argv[index], "erase_chip") != 0) {
		arg_usage(c);
		return error_next(ERR_ARGUMENT, "imxrt rescue ?erase_chip?, or imxrt rescue wait ?seconds? "
				  "?erase_chip?");
	}
	*erase_chip = true;
	return OK;
}

enum err cmd_imxrt_rescue(struct call *c)
{
	bool erase_chip = false;

	TRY(arg_erase_chip(c, 1, &erase_chip));
	return run_rescue(c, false, 0, erase_chip);
}

enum err cmd_imxrt_rescue_wait(struct call *c)
{
	uint32_t seconds = WAIT_SECONDS;
	bool erase_chip = false;
	int next = 1;

	if (c->argc > 1 && strcmp(c->argv[1], "erase_chip") != 0)
		TRY(arg_u32(c, next++, &seconds));
	TRY(arg_erase_chip(c, next, &erase_chip));
	if (seconds == 0 || seconds > 3600)
		return error_why(ERR_ARGUMENT, "wait between 1 and 3600 seconds, not %u", seconds);
	return run_rescue(c, true, seconds, erase_chip);
}
