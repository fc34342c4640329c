/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `swo doctor`: why does nothing come, or garbage? It follows the trace from the core to the clients and
 * tells the first thing that is wrong, with the next step. A wrong -traceclk is the usual reason; the
 * core's clock is measured, with CYCCNT against the host's clock.
 *
 * A receiver at a wrong rate sees bytes that are packets by chance: of ports nobody switched on, of
 * sources that do not exist. A good stream has none of them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "trace/swo_priv.h"

#define DWT_CYCCNT	0xe0001004u
#define GARBAGE_PERCENT 15u
#define ITEMS_MIN	40u
#define WATCH_MS	500u
#define TRUSTED_PACKETS 1000u		/* a stream that was good so long will stay so */
#define MEASURE_MS	100u

bool swo_is_garbage(const struct swo_counts *n, unsigned skipped, uint32_t enabled, unsigned *percent)
{
	uint64_t bad = n->strange + n->skipped + skipped, all = n->packets + n->skipped + skipped;

	for (unsigned i = 0; i < ARRAY_SIZE(n->ports); i++) {
		if (!(enabled >> i & 1))
			bad += n->ports[i];
	}
	*percent = all > 0 ? (unsigned)(bad * 100 / all) : 0;
	return all >= ITEMS_MIN && *percent >= GARBAGE_PERCENT;
}

/* MHz that oscillators and PLLs of Cortex-M boards are set to, and what RC oscillators have. */
uint32_t swo_nice_clock(uint32_t hz)
{
	static const uint16_t usual[] = {
		1, 2, 4, 8, 12, 16, 20, 24, 25, 32, 36, 40, 48, 50, 60, 64, 72, 80, 84, 96, 100, 108,
		110, 120, 125, 132, 133, 144, 150, 160, 168, 170, 180, 200, 216, 240, 250, 264, 280, 300,
		400, 480, 500, 528, 550, 600,
	};
	uint32_t best = (hz + 50000) / 100000 * 100000, least = UINT32_MAX;

	for (size_t i = 0; i < ARRAY_SIZE(usual); i++) {
		uint32_t mhz = usual[i] * 1000000u, off = hz > mhz ? hz - mhz : mhz - hz;

		if (off > mhz / 100 || off >= least)
			continue;
		least = off;
		best = mhz;
	}
	return best;
}

/* 0: it cannot be measured now. (services) */
static uint32_t measure_clock(struct target *t)
{
	uint32_t ctrl = 0, first = 0, last = 0;
	uint64_t begin, end;

	if (t == NULL || !t->examined || t->state != TARGET_RUNNING)
		return 0;
	if (target_read_u32(t, DWT_CTRL, &ctrl) != OK || !(ctrl & CTRL_CYCCNTENA) ||
	    target_read_u32(t, DWT_CYCCNT, &first) != OK)
		goto failed;
	begin = clock_now_ns();
	loop_sleep(t->list->loop, MEASURE_MS);
	if (t->state != TARGET_RUNNING || target_read_u32(t, DWT_CYCCNT, &last) != OK)
		goto failed;
	end = clock_now_ns();
	/* It stands still while the core sleeps. */
	return (uint32_t)((uint64_t)(last - first) * 1000000000 / (end - begin));
failed:
	error_clear();
	return 0;
}

/* False: it is right, or not known. */
static bool clock_is_wrong(const struct tpiu *tpiu, uint32_t hz)
{
	uint32_t off = hz > tpiu->traceclk ? hz - tpiu->traceclk : tpiu->traceclk - hz;

	return hz != 0 && !tpiu->has_own_clock && (uint64_t)off * 100 > (uint64_t)tpiu->traceclk * 5;
}

static void advise_clock(struct buf *text, const struct tpiu *tpiu, uint32_t hz)
{
	if (clock_is_wrong(tpiu, hz))
		buf_printf(text, "the core counts about %" PRIu32 " cycles a second, -traceclk says %"
			   PRIu32 ": try \"%s configure -traceclk %" PRIu32 "\" and \"%s enable\"", hz,
			   tpiu->traceclk, tpiu->name, swo_nice_clock(hz), tpiu->name);
	else
		buf_printf(text, "-traceclk (%" PRIu32 ") must be %s clock as the program sets it, and "
			   "-pin-freq (%" PRIu32 ") what the receiver takes", tpiu->traceclk,
			   tpiu->has_own_clock ? "the trace" : "the core's", tpiu->pin_freq);
}

/* ---- while it runs ---- */

static bool look(struct tpiu *tpiu, unsigned *percent)
{
	struct target *t = tpiu_target(tpiu);
	uint32_t ter = 0;

	if (tpiu->stream.counts.bytes == 0)
		return false;
	if (t == NULL || !t->examined || target_read_u32(t, ITM_TER, &ter) != OK) {
		error_clear();
		ter = UINT32_MAX;
	}
	return swo_is_garbage(&tpiu->stream.counts, tpiu->stream.itm.skipped, ter, percent);
}

static void on_watch(void *ctx)
{
	struct tpiu *tpiu = ctx;
	struct target *t = tpiu_target(tpiu);
	struct buf text = { 0 };
	unsigned percent;

	if ((t != NULL && target_claimed_by(t) != NULL) ||
	    tpiu->stream.counts.packets + tpiu->stream.counts.skipped < ITEMS_MIN)
		return;
	if (!look(tpiu, &percent)) {
		if (tpiu->stream.counts.packets >= TRUSTED_PACKETS)
			swo_watch_stop(tpiu);
		return;
	}
	swo_watch_stop(tpiu);
	advise_clock(&text, tpiu, measure_clock(t));
	log_warning("%s: %u %% of the trace means nothing, the rate is wrong: %s", tpiu->name, percent,
		    (const char *)text.data);
	buf_free(&text);
}

void swo_watch_start(struct tpiu *tpiu)
{
	swo_watch_stop(tpiu);
	tpiu->watch = loop_add_timer(tpiu->room->loop, WATCH_MS, WATCH_MS, on_watch, tpiu);
}

void swo_watch_stop(struct tpiu *tpiu)
{
	if (tpiu->watch != NULL)
		loop_remove_timer(tpiu->room->loop, tpiu->watch);
	tpiu->watch = NULL;
}

/* ---- when asked ---- */

struct findings {
	struct call *c;
	unsigned problems;
};

static void good(struct findings *f, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void bad(struct findings *f, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void line(struct findings *f, const char *mark, const char *format, va_list args)
{
	char text[400];

	vsnprintf(text, sizeof(text), format, args);
	result_printf(f->c, "%s  %s\n", mark, text);
}

static void good(struct findings *f, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	line(f, "ok", format, args);
	va_end(args);
}

static void bad(struct findings *f, const char *format, ...)
{
	va_list args;

	f->problems++;
	va_start(args, format);
	line(f, "!!", format, args);
	va_end(args);
}

static void look_at_port(struct findings *f, const struct tpiu *tpiu)
{
	bool is_external = strcmp(tpiu->output, "external") == 0;

	if (!tpiu->is_enabled) {
		bad(f, "%s is not enabled: run \"%s configure -protocol uart -output - -traceclk "
		    "HZ\" and \"%s enable\"", tpiu->name, tpiu->name, tpiu->name);
		return;
	}
	good(f, "%s is enabled: %s at %" PRIu32 " Hz, trace clock %" PRIu32 " Hz", tpiu->name,
	     tpiu_protocols[tpiu->protocol], tpiu->baud, tpiu->traceclk);
	if (tpiu->is_captured)
		good(f, "the probe captures");
	else if (tpiu->room->uart != NULL)
		good(f, "a serial port captures");
	else if (is_external)
		bad(f, "-output is external: nobody here captures; run \"swo capture uart DEVICE "
		    "BAUD\", or choose another -output");
	if (tpiu->is_captured && tpiu->dap->adapter->transport == TRANSPORT_JTAG)
		bad(f, "the SWO pin is TDO while JTAG is used: use \"transport select swd\"");
}

static void look_at_core(struct findings *f, struct target *t)
{
	uint32_t demcr = 0, ter = 0, tcr = 0, ctrl = 0;

	mem_ap_queue_read32(t->ap, DEMCR, &demcr);
	mem_ap_queue_read32(t->ap, ITM_TER, &ter);
	mem_ap_queue_read32(t->ap, ITM_TCR, &tcr);
	mem_ap_queue_read32(t->ap, DWT_CTRL, &ctrl);
	if (mem_ap_run(t->ap) != OK) {
		bad(f, "the registers of the trace cannot be read: %s", error_text(error_current()));
		error_clear();
		return;
	}
	bool has_dwt = ctrl & (CTRL_PCSAMPLENA | CTRL_EXCTRCENA | 0x1fu << 17);

	if (t->state != TARGET_RUNNING)
		bad(f, "the core is %s: only a running one traces", target_state_name(t));
	if (!(demcr & DEMCR_TRCENA))
		bad(f, "DEMCR.TRCENA is 0: ITM and DWT are off; run \"itm port 0 on\"");
	else if (!(tcr & TCR_ITMENA))
		bad(f, "ITM_TCR.ITMENA is 0: nothing is sent; run \"itm port 0 on\"");
	else if (ter == 0 && !has_dwt)
		bad(f, "no stimulus port and nothing of the DWT is on: run \"itm port 0 on\" or "
		    "\"dwt pc_sampling 1024\"");
	else
		good(f, "ITM is on: ports 0x%08" PRIx32 "%s", ter, has_dwt ? ", and the DWT" : "");
	if (has_dwt && !(tcr & TCR_TXENA))
		bad(f, "ITM_TCR.TXENA is 0: packets of the DWT do not get through");
}

static void look_at_stream(struct findings *f, struct tpiu *tpiu)
{
	const struct swo_counts *n = &tpiu->stream.counts;
	uint32_t hz = measure_clock(tpiu_target(tpiu));
	struct buf text = { 0 };
	unsigned percent = 0;

	advise_clock(&text, tpiu, hz);
	bool is_garbage = look(tpiu, &percent);

	if (is_garbage) {
		bad(f, "%u %% of %" PRIu64 " bytes means nothing, the rate is wrong: %s", percent,
		    n->bytes, (const char *)text.data);
	} else if (n->bytes == 0) {
		bad(f, "no byte has come: is the SWO pin wired and its function chosen, and does the "
		    "program print? %s", (const char *)text.data);
	} else {
		good(f, "%" PRIu64 " bytes, %" PRIu64 " packets, %u %% of them strange", n->bytes,
		     n->packets, percent);
		if (clock_is_wrong(tpiu, hz))
			good(f, "the core counts about %" PRIu32 " cycles a second: it sleeps in "
			     "between, or its trace clock is another", hz);
	}
	/* At a wrong rate these are made of garbage too. */
	if (n->overflows > 0 && !is_garbage)
		bad(f, "%" PRIu64 " overflows: the chip traces more than the pin carries; raise "
		    "-pin-freq or trace less", n->overflows);
	if (n->gaps > 0 && !is_garbage)
		bad(f, "%" PRIu64 " gaps: the probe had to drop bytes; lower -pin-freq or trace less",
		    n->gaps);
	buf_free(&text);
}

static enum err cmd_doctor(struct call *c)
{
	struct swo_room *room = c->user;
	struct findings f = { .c = c };
	struct tpiu *tpiu = NULL;

	TRY(tpiu_default(room, &tpiu));
	look_at_port(&f, tpiu);
	struct target *t = tpiu_target(tpiu);

	if (t == NULL || !t->examined || t->ap == NULL)
		bad(&f, "there is no core to look at: run \"init\"");
	else
		look_at_core(&f, t);
	if (tpiu->is_enabled || tpiu->stream.counts.bytes > 0)
		look_at_stream(&f, tpiu);
	result_printf(c, "%u problem%s\n", f.problems, f.problems == 1 ? "" : "s");
	return OK;
}

const struct command swo_doctor_commands[] = {
	{ "swo doctor", STAGE_EXEC, 0, 0, "", cmd_doctor,
	  "Follow the trace from the core to the receiver and tell what is wrong and what to do: what is "
	  "off, a rate that does not fit (the core's clock is measured), losses." },
	{ 0 }
};
