/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The trace port on and off: scripts of the chip around it (pins and trace clock are the chip's), the
 * registers of the TPIU (DDI 0403 C1.10), the probe's capture.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "trace/swo_priv.h"

/* FFCR (C1.10.6): TrigIn always; EnFCont is the formatter, FOnMan sends what it holds. */
#define FFCR_TRIGIN	BIT(8)
#define FFCR_FONMAN	BIT(6)
#define FFCR_ENFCONT	BIT(1)
#define ACPR_MAX	0xffffu	/* Cortex-M3 and M4; 13 bits on others: read back */
#define TOLERANCE	30u	/* per mille, what a UART's receiver takes */

static const struct {
	uint32_t offset;
	const char *name;
} regs[TPIU_REGS] = {
	[REG_CSPSR] = { 0x004, "TPIU_CSPSR" },
	[REG_ACPR] = { 0x010, "TPIU_ACPR" },
	[REG_SPPR] = { 0x0f0, "TPIU_SPPR" },
	[REG_FFCR] = { 0x304, "TPIU_FFCR" },
};

static struct mem_ap *ap_of(const struct tpiu *tpiu)
{
	const struct target *t = tpiu_target(tpiu);

	if (tpiu->ap_num < 0 && t != NULL && t->ap != NULL)
		return t->ap;
	return mem_ap_get(tpiu->dap, (uint8_t)MAX(tpiu->ap_num, 0));
}

static void run_event(struct tpiu *tpiu, enum tpiu_event event)
{
	struct target *t = tpiu_target(tpiu);
	struct origin origin = { .kind = ORIGIN_EVENT, .target = t };

	if (event == TPIU_PRE_ENABLE && t != NULL)
		target_call_event(t, EVENT_TRACE_CONFIG);
	if (tpiu->handlers[event] == NULL)
		return;
	char *kept = xstrdup(tpiu->handlers[event]);	/* the handler may replace itself */

	log_debug("%s: running handler of %s", tpiu->name, tpiu_event_names[event]);
	if (script_eval(tpiu->room->script, &origin, kept, NULL, 0, NULL) != OK) {
		log_user("Error executing event %s on TPIU/SWO %s:", tpiu_event_names[event],
			 tpiu->name);
		log_failure();
	}
	free(kept);
}

/* --- Rates --- */

enum err tpiu_divide(uint32_t traceclk, uint32_t wanted, uint32_t *acpr, uint32_t *real)
{
	uint64_t divider = wanted ? ((uint64_t)traceclk + wanted / 2) / wanted : 1;

	if (divider < 1)
		divider = 1;
	if (divider > ACPR_MAX + 1) {
		error_why(ERR_ARGUMENT, "%" PRIu32 " Hz at the pin needs TRACECLKIN (%" PRIu32
			  " Hz) divided by %" PRIu64, wanted, traceclk, divider);
		return error_next(ERR_ARGUMENT,
				  "the largest divider is %u: ask for at least %" PRIu32 " Hz",
				  ACPR_MAX + 1, traceclk / (ACPR_MAX + 1) + 1);
	}
	*acpr = (uint32_t)divider - 1;
	*real = (uint32_t)(traceclk / divider);
	return OK;
}

static void tell_rate(const struct tpiu *tpiu)
{
	uint32_t want = tpiu->protocol == TPIU_SYNC ? 0 : tpiu->pin_freq;
	uint32_t real = tpiu->baud, off = want > real ? want - real : real - want;

	if (want == 0 || off == 0) {
		log_info("%s: %s at %" PRIu32 " Hz", tpiu->name, tpiu_protocols[tpiu->protocol],
			 real);
		return;
	}
	uint64_t per_mille = ((uint64_t)off * 1000 + want / 2) / want;

	if (per_mille > TOLERANCE)
		log_warning("%s: %s at %" PRIu32 " Hz, %" PRIu64 ".%" PRIu64 " %% off %" PRIu32
			    ": TRACECLKIN (%" PRIu32 " Hz) has no nearer divider than %" PRIu32,
			    tpiu->name, tpiu_protocols[tpiu->protocol], real, per_mille / 10,
			    per_mille % 10, want, tpiu->traceclk, tpiu->regs[REG_ACPR] + 1);
	else
		log_info("%s: %s at %" PRIu32 " Hz, %" PRIu64 ".%" PRIu64 " %% off %" PRIu32,
			 tpiu->name, tpiu_protocols[tpiu->protocol], real, per_mille / 10,
			 per_mille % 10, want);
}

static enum err check(const struct tpiu *tpiu)
{
	bool is_external = strcmp(tpiu->output, "external") == 0;

	if (tpiu->traceclk == 0) {
		error_why(ERR_ARGUMENT, "Trace clock-in frequency not set");
		return error_next(ERR_ARGUMENT, "run \"%s configure -traceclk HZ\" with the "
				  "core's clock",
				  tpiu->name);
	}
	if (is_external && tpiu->protocol != TPIU_SYNC && tpiu->pin_freq == 0) {
		error_why(ERR_ARGUMENT, "SWO pin frequency not set, and nobody but you knows what "
			  "the external receiver takes");
		return error_next(ERR_ARGUMENT, "run \"%s configure -pin-freq HZ\"", tpiu->name);
	}
	if (!is_external && tpiu->protocol == TPIU_SYNC) {
		error_why(ERR_UNSUPPORTED, "Synchronous protocol is available only with external "
			  "capture");
		return error_next(ERR_UNSUPPORTED, "run \"%s configure -protocol uart\"",
				  tpiu->name);
	}
	if (tpiu->is_swo && tpiu->protocol == TPIU_SYNC)
		return error_why(ERR_UNSUPPORTED, "an SWO has no parallel port: -protocol is uart "
				 "or manchester");
	return OK;
}

/* --- The probe --- */

static void on_bytes(void *ctx, const uint8_t *data, size_t n, bool lost)
{
	swo_arrived(ctx, data, n, lost);
}

static enum err capture_at(struct tpiu *tpiu, uint32_t *baud)
{
	return swo_start(tpiu->dap->adapter,
			 tpiu->protocol == TPIU_UART ? SWO_UART : SWO_MANCHESTER, baud, on_bytes, tpiu);
}

/* -pin-freq 0: the fastest that probe and divider can both. */
static enum err capture_fastest(struct tpiu *tpiu)
{
	uint32_t fastest = 0, baud, acpr;

	TRY(capture_at(tpiu, &fastest));
	TRY(swo_stop(tpiu->dap->adapter));
	for (acpr = fastest ? (tpiu->traceclk - 1) / fastest : 0; acpr <= ACPR_MAX; acpr++) {
		baud = tpiu->traceclk / (acpr + 1);
		if (capture_at(tpiu, &baud) == OK) {
			tpiu->regs[REG_ACPR] = acpr;
			tpiu->baud = tpiu->traceclk / (acpr + 1);
			return OK;
		}
		if (error_current()->code != ERR_UNSUPPORTED || acpr > 64)
			return error_current()->code;
		error_clear();
	}
	return error_why(ERR_UNSUPPORTED, "no rate suits both the probe and TRACECLKIN");
}

static enum err start_capture(struct tpiu *tpiu)
{
	if (tpiu->protocol == TPIU_SYNC) {
		tpiu->regs[REG_ACPR] = 0;
		tpiu->baud = tpiu->traceclk;
		return OK;
	}
	if (tpiu->pin_freq != 0)
		TRY(tpiu_divide(tpiu->traceclk, tpiu->pin_freq, &tpiu->regs[REG_ACPR],
				&tpiu->baud));
	if (strcmp(tpiu->output, "external") == 0 || tpiu->room->uart != NULL)
		return OK;
	if (tpiu->pin_freq != 0) {
		uint32_t baud = tpiu->baud;

		TRY(capture_at(tpiu, &baud));
	} else {
		TRY(capture_fastest(tpiu));
	}
	tpiu->is_captured = true;
	return OK;
}

/* --- The registers --- */

static enum err read_regs(struct tpiu *tpiu, uint32_t values[TPIU_REGS])
{
	struct mem_ap *ap = ap_of(tpiu);
	uint32_t demcr = 0;

	/* Nothing of the trace may be touched before TRCENA is set (C1.6.5). */
	TRY(mem_ap_read32(ap, DEMCR, &demcr));
	if (!(demcr & DEMCR_TRCENA))
		TRY(mem_ap_write32(ap, DEMCR, demcr | DEMCR_TRCENA));
	for (unsigned i = 0; i < TPIU_REGS; i++)
		mem_ap_queue_read32(ap, tpiu->base + regs[i].offset, &values[i]);
	return mem_ap_run(ap);
}

static enum err write_regs(struct tpiu *tpiu, const uint32_t values[TPIU_REGS])
{
	struct mem_ap *ap = ap_of(tpiu);

	for (unsigned i = 0; i < TPIU_REGS; i++) {
		if (i != REG_CSPSR || tpiu->protocol == TPIU_SYNC)
			mem_ap_queue_write32(ap, tpiu->base + regs[i].offset, values[i]);
	}
	return mem_ap_run(ap);
}

/* Writes and reads back: a divider may have fewer bits, a protocol may be missing. */
static enum err program(struct tpiu *tpiu)
{
	uint32_t back[TPIU_REGS] = { 0 };
	static const enum tpiu_reg checked[] = { REG_ACPR, REG_SPPR };

	TRY(write_regs(tpiu, tpiu->regs));
	TRY(read_regs(tpiu, back));
	for (unsigned i = 0; i < ARRAY_SIZE(checked); i++) {
		enum tpiu_reg r = checked[i];

		if (back[r] == tpiu->regs[r])
			continue;
		error_why(ERR_UNSUPPORTED, "%s reads 0x%" PRIx32 " after 0x%" PRIx32 " was written",
			  regs[r].name, back[r], tpiu->regs[r]);
		return error_next(ERR_UNSUPPORTED, r == REG_ACPR ? "ask for a higher -pin-freq"
				  : "the chip does not have this protocol, or its trace clock is "
					  "off");
	}
	return OK;
}

static enum err program_all(struct tpiu *tpiu)
{
	struct target *t = tpiu_target(tpiu);

	TRY(program(tpiu));
	if (t != NULL && t->examined)
		TRY(itm_setup_write(itm_setup_of(tpiu->room, t)));
	return OK;
}

static void stop_capture(struct tpiu *tpiu)
{
	if (tpiu->is_captured && swo_stop(tpiu->dap->adapter) != OK)
		log_failure();
	tpiu->is_captured = false;
	swo_watch_stop(tpiu);
	swo_stream_end(&tpiu->stream);
	swo_out_close(&tpiu->out);
}

static enum err enable_now(struct tpiu *tpiu)
{
	struct target *t = tpiu_target(tpiu);

	tpiu->regs[REG_CSPSR] = 1u << (tpiu->port_width - 1);
	tpiu->regs[REG_SPPR] = tpiu->protocol == TPIU_SYNC ? 0 : tpiu->protocol == TPIU_UART ? 2 : 1;
	/* A parallel port always formats (C1.10.6). */
	tpiu->regs[REG_FFCR] = FFCR_TRIGIN |
			       (tpiu->has_formatter || tpiu->protocol == TPIU_SYNC ? FFCR_ENFCONT : 0);
	tpiu->is_programmed = false;
	TRY(read_regs(tpiu, tpiu->found));
	TRY(swo_out_open(tpiu->room, &tpiu->out, tpiu->output, tpiu->name, t));
	tpiu->stream = (struct swo_stream){
		.room = tpiu->room, .target = t, .is_framed = tpiu->regs[REG_FFCR] & FFCR_ENFCONT,
		.tick_scale = 1,
	};
	TRY(start_capture(tpiu));
	tpiu->is_programmed = true;
	TRY(program_all(tpiu));
	itm_learn_time(tpiu);
	if (tpiu->is_captured)
		swo_watch_start(tpiu);
	return OK;
}

enum err tpiu_enable(struct tpiu *tpiu)
{
	if (script_stage(tpiu->room->script) != STAGE_EXEC || !tpiu->room->is_initialised) {
		log_debug("%s: enable waits for init", tpiu->name);
		tpiu->is_deferred = true;
		return OK;
	}
	TRY(check(tpiu));
	if (tpiu->is_enabled && !tpiu->is_changed) {
		log_info("%s: already enabled", tpiu->name);
		tpiu_rearm(tpiu);
		return OK;
	}
	if (tpiu->is_enabled)
		TRY(tpiu_disable(tpiu));
	run_event(tpiu, TPIU_PRE_ENABLE);
	enum err rc = enable_now(tpiu);

	if (rc != OK) {
		struct error kept;

		error_take(&kept);
		stop_capture(tpiu);
		if (tpiu->is_programmed && write_regs(tpiu, tpiu->found) != OK)
			error_clear();	/* what failed first is what matters */
		error_put(&kept);
		return error_what(rc, "%s cannot be enabled", tpiu->name);
	}
	tpiu->is_enabled = true;
	tpiu->is_changed = false;
	tell_rate(tpiu);
	if (tpiu->is_captured && tpiu->dap->adapter->transport == TRANSPORT_JTAG)
		log_warning("%s: the SWO pin is TDO while JTAG is used: nothing will come; use "
			    "\"transport select swd\"", tpiu->name);
	run_event(tpiu, TPIU_POST_ENABLE);
	return OK;
}

enum err tpiu_disable(struct tpiu *tpiu)
{
	struct mem_ap *ap;
	bool has_link;
	enum err rc;

	tpiu->is_deferred = false;
	if (!tpiu->is_enabled)
		return OK;
	tpiu->is_enabled = false;
	run_event(tpiu, TPIU_PRE_DISABLE);
	ap = ap_of(tpiu);
	rc = OK;
	has_link = tpiu->dap->adapter->is_open && !tpiu->dap->adapter->is_lost;
	/* What the formatter holds is part of the trace. */
	if (has_link && (tpiu->regs[REG_FFCR] & FFCR_ENFCONT))
		rc = mem_ap_write32(ap, tpiu->base + regs[REG_FFCR].offset,
				    tpiu->regs[REG_FFCR] | FFCR_FONMAN);
	stop_capture(tpiu);
	if (rc == OK && has_link)
		rc = write_regs(tpiu, tpiu->found);
	run_event(tpiu, TPIU_POST_DISABLE);
	return rc == OK ? OK : error_what(rc, "%s: the registers could not be put back",
					  tpiu->name);
}

/* A reset keeps the TPIU, a power loss does not, and a few chips lose it in low-power modes. */
void tpiu_rearm(struct tpiu *tpiu)
{
	uint32_t now[TPIU_REGS] = { 0 };
	enum err rc = read_regs(tpiu, now);

	if (rc == OK && now[REG_ACPR] == tpiu->regs[REG_ACPR] && now[REG_SPPR] == tpiu->regs[REG_SPPR] &&
	    ((now[REG_FFCR] ^ tpiu->regs[REG_FFCR]) & FFCR_ENFCONT) == 0)
		return;
	if (rc == OK) {
		run_event(tpiu, TPIU_PRE_ENABLE);
		rc = program_all(tpiu);
	}
	if (rc != OK) {
		log_warning("%s: the trace port could not be set up again: %s", tpiu->name,
			    error_text(error_current()));
		error_clear();
		return;
	}
	run_event(tpiu, TPIU_POST_ENABLE);
	log_info("%s: the trace port was lost and is set up again", tpiu->name);
}
