/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Trace: the probe collects into a buffer, asked for every few milliseconds. It has no overflow
 * flag; a full buffer means that bytes were lost.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "adapter/stlink_priv.h"
#include "base/log.h"

#define POLL_MS	    5
#define MAX_BAUD_V2 2250000u	/* UM1075 promises 2 Mbit/s */
#define MAX_BAUD_V3 24000000u
#define DEFAULT_V2  2000000u

struct stlink_trace {
	struct stlink *s;
	struct loop_timer *timer;
	swo_sink_fn sink;
	void *ctx;
	bool is_polling;
};

static enum err stop_capture(struct stlink *s)
{
	const uint8_t command[] = { ST_DEBUG, ST_STOP_TRACE };
	uint8_t reply[2];
	unsigned status;

	return stlink_debug(s, command, sizeof(command), reply, sizeof(reply), &status);
}

static enum err fetch(struct stlink_trace *trace)
{
	const uint8_t command[] = { ST_DEBUG, ST_TRACE_COUNT };
	uint8_t reply[2], data[ST_TRACE_BYTES];
	size_t got;

	TRY(stlink_command(trace->s, command, sizeof(command), reply, sizeof(reply)));
	size_t n = MIN((size_t)get_le16(reply), sizeof(data));

	if (n == 0)
		return OK;
	TRY(trace->s->ops->read_trace(trace->s->link, data, n, &got));
	trace->s->adapter->port.stats.round_trips++;
	trace->sink(trace->ctx, data, got, n == sizeof(data));
	return OK;
}

static void on_timer(void *ctx)
{
	struct stlink_trace *trace = ctx;

	if (trace->is_polling || trace->s->adapter->is_lost)
		return;
	trace->is_polling = true;
	if (fetch(trace) != OK) {
		log_failure();
		loop_remove_timer(trace->s->adapter->loop, trace->timer);
		trace->timer = NULL;
	}
	trace->is_polling = false;
}

void stlink_trace_free(struct stlink *s)
{
	if (s->trace == NULL)
		return;
	if (s->trace->timer != NULL)
		loop_remove_timer(s->adapter->loop, s->trace->timer);
	free(s->trace);
	s->trace = NULL;
}

static enum err stlink_swo_start(struct adapter *adapter, enum swo_mode mode, uint32_t *baud,
				 swo_sink_fn sink, void *ctx)
{
	struct stlink *s = adapter->priv;
	uint32_t most = s->version.api >= 3 ? MAX_BAUD_V3 : MAX_BAUD_V2;
	uint8_t command[8] = { ST_DEBUG, ST_START_TRACE }, reply[2];

	if (mode != SWO_UART) {
		error_why(ERR_UNSUPPORTED, "an ST-LINK captures SWO in UART (NRZ) coding only");
		return error_next(ERR_UNSUPPORTED, "choose the protocol \"uart\"");
	}
	if (*baud > most) {
		error_why(ERR_UNSUPPORTED, "this ST-LINK captures SWO with at most %" PRIu32
			  " bits per second, not %" PRIu32, most, *baud);
		return error_next(ERR_UNSUPPORTED, "choose %" PRIu32 " or less", most);
	}
	if (*baud == 0)
		*baud = s->version.api >= 3 ? MAX_BAUD_V3 : DEFAULT_V2;
	put_le16(command + 2, ST_TRACE_BYTES);
	put_le32(command + 4, *baud);
	stlink_trace_free(s);
	TRY(stop_capture(s));
	TRY(stlink_do(s, command, sizeof(command), reply, sizeof(reply)));
	s->trace = xcalloc(1, sizeof(*s->trace));
	*s->trace = (struct stlink_trace){ .s = s, .sink = sink, .ctx = ctx };
	if (adapter->loop != NULL)
		s->trace->timer = loop_add_timer(adapter->loop, POLL_MS, POLL_MS, on_timer, s->trace);
	return OK;
}

static enum err stlink_swo_stop(struct adapter *adapter)
{
	struct stlink *s = adapter->priv;

	if (s->trace == NULL)
		return OK;
	enum err rc = fetch(s->trace);

	stlink_trace_free(s);
	return error_first(rc, stop_capture(s));
}

static enum err stlink_swo_poll(struct adapter *adapter)
{
	struct stlink *s = adapter->priv;

	return s->trace != NULL ? fetch(s->trace) : OK;
}

const struct swo_ops stlink_swo_ops = {
	.start = stlink_swo_start,
	.stop = stlink_swo_stop,
	.poll = stlink_swo_poll,
};
