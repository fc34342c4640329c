/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SWO of any probe: who captures, the timer of probes that must be asked, and the verbs. */
#include "adapter/swo.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapter/commands.h"
#include "base/log.h"

/* The smallest buffer of a probe (ST-LINK/V2: 4 KiB) is full after 20 ms at its 2 Mbit/s. */
#define POLL_MS	     5u
#define MAX_FAILURES 3u

struct swo {
	bool is_on;
	bool is_waiting;		/* the probe is away: capture begins again when it is back */
	enum swo_mode mode;
	uint32_t baud;
	swo_sink_fn sink;
	void *ctx;
	struct loop_timer *timer;
	unsigned failures;		/* polls that failed, without one between that did not */
	uint64_t bytes, losses;
	FILE *file;			/* of `adapter swo start`; NULL: to the log */
	char *name;
};

static struct swo *get(struct adapter *adapter)
{
	if (adapter->swo == NULL)
		adapter->swo = xcalloc(1, sizeof(*adapter->swo));
	return adapter->swo;
}

static void arrived(void *ctx, const uint8_t *data, size_t n, bool lost)
{
	struct swo *swo = ctx;

	swo->bytes += n;
	swo->losses += lost;
	if (swo->sink != NULL)
		swo->sink(swo->ctx, data, n, lost);
}

static const struct swo_ops *ops_of(const struct adapter *adapter)
{
	return adapter->driver != NULL ? adapter->driver->swo : NULL;
}

static enum err check(const struct adapter *adapter)
{
	if (!adapter->is_open)
		return error_why(ERR_ADAPTER_CONFIG, "the adapter is not open");
	if (adapter->is_lost)
		return adapter_fail_lost(adapter);
	if (ops_of(adapter) == NULL) {
		error_why(ERR_UNSUPPORTED, "the %s driver cannot capture SWO",
			  adapter->driver->name);
		return error_next(ERR_UNSUPPORTED, "use a CMSIS-DAP, ST-LINK or J-Link with SWO");
	}
	return OK;
}

static void stop_timer(struct adapter *adapter)
{
	struct swo *swo = adapter->swo;

	if (swo->timer != NULL)
		loop_remove_timer(adapter->loop, swo->timer);
	swo->timer = NULL;
}

static void on_timer(void *ctx)
{
	struct adapter *adapter = ctx;
	struct swo *swo = adapter->swo;

	if (!swo->is_on || adapter->is_lost)
		return;
	if (swo_poll(adapter) == OK) {
		swo->failures = 0;
		return;
	}
	/* A lost probe is told of by the adapter; what was captured goes on when it is back. */
	if (adapter->is_lost) {
		error_clear();
		return;
	}
	swo->losses++;
	if (++swo->failures < MAX_FAILURES) {
		log_warning("SWO: %s; going on", error_text(error_current()));
		error_clear();
		return;
	}
	stop_timer(adapter);
	swo->is_on = false;
	error_what(error_current()->code, "SWO capture has ended");
	log_failure();
}

static enum err begin(struct adapter *adapter)
{
	struct swo *swo = adapter->swo;
	const struct swo_ops *ops = ops_of(adapter);

	TRY(ops->start(adapter, swo->mode, &swo->baud, arrived, swo));
	swo->is_on = true;
	swo->failures = 0;
	if (ops->poll != NULL && adapter->loop != NULL)
		swo->timer = loop_add_timer(adapter->loop, POLL_MS, POLL_MS, on_timer, adapter);
	return OK;
}

enum err swo_check_baud(uint32_t wanted, uint32_t nearest, uint32_t fastest)
{
	uint64_t off = wanted > nearest ? wanted - nearest : nearest - wanted;
	char limit[40] = "";

	if (wanted == 0 || off * 100 <= (uint64_t)wanted * 3)
		return OK;
	if (fastest != 0)
		snprintf(limit, sizeof(limit), ", the fastest %" PRIu32, fastest);
	error_why(ERR_UNSUPPORTED, "the probe cannot capture SWO at %" PRIu32
		  " baud: its nearest rate is %" PRIu32 "%s", wanted, nearest, limit);
	return error_next(ERR_UNSUPPORTED, "set the target's TPIU to %" PRIu32 " baud", nearest);
}

enum err swo_start(struct adapter *adapter, enum swo_mode mode, uint32_t *baud, swo_sink_fn sink,
		   void *ctx)
{
	struct swo *swo = get(adapter);

	TRY(check(adapter));
	if (swo->is_on) {
		error_why(ERR_BUSY, "SWO is captured already, at %" PRIu32 " baud", swo->baud);
		return error_next(ERR_BUSY, "run \"adapter swo stop\" first");
	}
	swo->mode = mode;
	swo->baud = *baud;
	swo->sink = sink;
	swo->ctx = ctx;
	swo->bytes = swo->losses = 0;
	swo->is_waiting = false;
	TRY(begin(adapter));
	*baud = swo->baud;
	return OK;
}

static void forget_file(struct swo *swo)
{
	if (swo->file != NULL)
		fclose(swo->file);
	swo->file = NULL;
	free(swo->name);
	swo->name = NULL;
}

enum err swo_stop(struct adapter *adapter)
{
	struct swo *swo = get(adapter);
	enum err rc = OK;

	swo->is_waiting = false;
	if (!swo->is_on)
		return OK;
	stop_timer(adapter);
	if (adapter->is_open && !adapter->is_lost) {
		/* What the probe still holds belongs to the capture. */
		if (ops_of(adapter)->poll != NULL)
			rc = ops_of(adapter)->poll(adapter);
		rc = error_first(rc, ops_of(adapter)->stop(adapter));
	}
	swo->is_on = false;
	swo->sink = NULL;
	return rc;
}

enum err swo_poll(struct adapter *adapter)
{
	TRY(check(adapter));
	return ops_of(adapter)->poll != NULL ? ops_of(adapter)->poll(adapter) : OK;
}

void swo_adapter_closes(struct adapter *adapter)
{
	struct swo *swo = adapter->swo;

	if (swo == NULL || !swo->is_on)
		return;
	stop_timer(adapter);
	if (!adapter->is_lost && ops_of(adapter)->stop(adapter) != OK)
		error_clear();		/* it is closed anyway */
	swo->is_on = false;
	swo->is_waiting = true;
}

enum err swo_adapter_is_back(struct adapter *adapter)
{
	struct swo *swo = adapter->swo;

	if (swo == NULL || !swo->is_waiting || swo->is_on)
		return OK;
	swo->is_waiting = false;
	swo->losses++;			/* whatever was sent meanwhile */
	TRY(begin(adapter));
	log_info("SWO is captured again at %" PRIu32 " baud", swo->baud);
	return OK;
}

void swo_free(struct adapter *adapter)
{
	if (adapter->swo == NULL)
		return;
	stop_timer(adapter);
	forget_file(adapter->swo);
	free(adapter->swo);
	adapter->swo = NULL;
}

/* To the log: 16 bytes a line, as hex and as text. */
static void show(const uint8_t *data, size_t n)
{
	for (size_t at = 0; at < n; at += 16) {
		size_t count = MIN(n - at, (size_t)16);
		char hex[16 * 3 + 1] = "", text[17] = "";

		for (size_t i = 0; i < count; i++) {
			uint8_t byte = data[at + i];

			snprintf(hex + 3 * i, 4, "%02x ", byte);
			text[i] = byte >= 0x20 && byte < 0x7f ? (char)byte : '.';
		}
		log_user("swo: %-48s%s", hex, text);
	}
}

static void to_file(void *ctx, const uint8_t *data, size_t n, bool lost)
{
	struct swo *swo = ctx;

	if (lost)
		log_debug("SWO: the probe dropped bytes before byte %" PRIu64, swo->bytes);
	if (n == 0)
		return;		/* a stream tells a loss by itself, without bytes */
	if (swo->file == NULL) {
		show(data, n);
		return;
	}
	if (fwrite(data, 1, n, swo->file) == n && fflush(swo->file) == 0)
		return;
	log_error("SWO: %s cannot be written: %s; the rest goes to the log", swo->name,
		  strerror(errno));
	fclose(swo->file);
	swo->file = NULL;
}

static enum err cmd_start(struct call *c)
{
	static const char *const modes[] = { "uart", "manchester", NULL };
	struct adapter *adapter = c->user;
	struct swo *swo = get(adapter);
	int mode = SWO_UART;
	uint32_t baud;
	FILE *file = NULL;
	enum err rc;

	TRY(arg_u32(c, 2, &baud));
	if (c->argc > 3)
		TRY(arg_word(c, 3, modes, &mode));
	TRY(check(adapter));
	if (!swo->is_on && strcmp(c->argv[1], "-") != 0) {
		file = fopen(c->argv[1], "wbe");
		if (file == NULL)
			return error_why(ERR_IO, "%s cannot be written: %s", c->argv[1],
					 strerror(errno));
	}
	rc = swo_start(adapter, (enum swo_mode)mode, &baud, to_file, swo);
	if (rc != OK) {
		if (file != NULL)
			fclose(file);
		return rc;
	}
	forget_file(swo);
	swo->file = file;
	swo->name = xstrdup(c->argv[1]);
	result_int(c, baud);
	return OK;
}

static enum err cmd_status(struct call *c)
{
	struct adapter *adapter = c->user;
	const struct swo *swo = get(adapter);
	char text[24];

	result_dict(c, "state", swo->is_on ? "on" : swo->is_waiting ? "waiting" : "off");
	result_dict(c, "mode", swo->mode == SWO_UART ? "uart" : "manchester");
	snprintf(text, sizeof(text), "%" PRIu32, swo->baud);
	result_dict(c, "baud", text);
	snprintf(text, sizeof(text), "%" PRIu64, swo->bytes);
	result_dict(c, "bytes", text);
	snprintf(text, sizeof(text), "%" PRIu64, swo->losses);
	result_dict(c, "losses", text);
	result_dict(c, "file", swo->name ? swo->name : "");
	return OK;
}

static enum err cmd_stop(struct call *c)
{
	struct adapter *adapter = c->user;

	TRY(swo_stop(adapter));
	TRY(cmd_status(c));
	forget_file(get(adapter));
	return OK;
}

const struct command swo_commands[] = {
	{ "adapter swo start", STAGE_EXEC, 2, 3, "file|- baud ?uart|manchester?", cmd_start,
	  "Write what comes from the SWO pin to a file, raw; \"-\" shows it in the log. baud 0: the "
	  "fastest the probe can. Returns the real rate. The target must be told the same rate." },
	{ "adapter swo stop", STAGE_ANY, 0, 0, "", cmd_stop,
	  "End the capture; returns the last status." },
	{ "adapter swo status", STAGE_ANY, 0, 0, "", cmd_status,
	  "A dict: state (on, off, waiting for the probe), mode, baud, bytes, losses (how often the "
	  "probe dropped bytes), file." },
	{ 0 }
};
