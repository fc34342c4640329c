/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Trace: the probe collects into a buffer, which swo.c asks for every few milliseconds. It has no
 * overflow flag; a full buffer means that bytes were lost.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "adapter/stlink_priv.h"
#include "base/log.h"

#define MAX_READS   8u		/* in one poll: other work must go on */
#define BYTES_V2    4096u
#define BYTES_V3    16384u	/* 7 ms at its 24 Mbit/s */
#define MAX_BAUD_V2 2250000u	/* UM1075 promises 2 Mbit/s */
#define MAX_BAUD_V3 24000000u
#define DEFAULT_V2  2000000u

struct stlink_trace {
	struct stlink *s;
	size_t size;			/* of the probe's buffer */
	swo_sink_fn sink;
	void *ctx;
};

static enum err stop_capture(struct stlink *s)
{
	const uint8_t command[] = { ST_DEBUG, ST_STOP_TRACE };
	uint8_t reply[2];
	unsigned status;

	return stlink_debug(s, command, sizeof(command), reply, sizeof(reply), &status);
}

static enum err fetch_once(struct stlink_trace *trace, size_t *n)
{
	const uint8_t command[] = { ST_DEBUG, ST_TRACE_COUNT };
	uint8_t reply[2], data[BYTES_V3];
	size_t got;

	TRY(stlink_command(trace->s, command, sizeof(command), reply, sizeof(reply)));
	*n = MIN((size_t)get_le16(reply), trace->size);
	if (*n == 0)
		return OK;
	TRY(trace->s->ops->read_trace(trace->s->link, data, *n, &got));
	trace->s->adapter->port.stats.round_trips++;
	trace->sink(trace->ctx, data, got, *n == trace->size);
	return OK;
}

/* Until the probe has no more: at a high rate its buffer is full long before the next poll. */
static enum err fetch(struct stlink_trace *trace)
{
	size_t n = 1;

	for (unsigned i = 0; i < MAX_READS && n > 0; i++)
		TRY(fetch_once(trace, &n));
	return OK;
}

void stlink_trace_free(struct stlink *s)
{
	free(s->trace);
	s->trace = NULL;
}

static enum err start_capture(struct stlink *s, uint32_t baud, size_t size)
{
	uint8_t command[8] = { ST_DEBUG, ST_START_TRACE }, reply[2];

	put_le16(command + 2, (uint16_t)size);
	put_le32(command + 4, baud);
	TRY(stop_capture(s));
	return stlink_do(s, command, sizeof(command), reply, sizeof(reply));
}

static enum err stlink_swo_start(struct adapter *adapter, enum swo_mode mode, uint32_t *baud,
				 swo_sink_fn sink, void *ctx)
{
	struct stlink *s = adapter->priv;
	uint32_t most = s->version.api >= 3 ? MAX_BAUD_V3 : MAX_BAUD_V2;
	size_t size = s->version.api >= 3 ? BYTES_V3 : BYTES_V2;

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
	stlink_trace_free(s);
	enum err rc = start_capture(s, *baud, size);

	if (rc == ERR_UNSUPPORTED && size > BYTES_V2) {	/* status 0x20: not of this size */
		error_clear();
		size = BYTES_V2;
		rc = start_capture(s, *baud, size);
	}
	TRY(rc);
	s->trace = xcalloc(1, sizeof(*s->trace));
	*s->trace = (struct stlink_trace){ .s = s, .size = size, .sink = sink, .ctx = ctx };
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
