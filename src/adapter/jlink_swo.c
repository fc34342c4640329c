/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The probe collects trace bytes in its memory and gives them when asked, between other commands. */
#include <inttypes.h>
#include <string.h>

#include "adapter/jlink_priv.h"
#include "base/log.h"

#define READ_BYTES   4096u
#define BUFFER_BYTES (32u * 1024)
#define MAX_READS    16u	/* in one poll: other work must go on */

static enum err read_range(struct jlink *j, struct jlink_swo_range *range)
{
	struct jaylink_swo_speed speed;

	TRY(jlink_check(j, jaylink_swo_get_speeds(j->handle, JAYLINK_SWO_MODE_UART, &speed),
			"tell its SWO rates"));
	*range = (struct jlink_swo_range){ speed.freq, speed.min_div, speed.max_div };
	return OK;
}

static enum err choose_baud(struct jlink *j, uint32_t *baud)
{
	struct jlink_swo_range range = { 0 };
	uint32_t real;

	TRY(read_range(j, &range));
	real = jlink_swo_baud(&range, *baud);
	if (real == 0)
		return error_why(ERR_ADAPTER_PROTOCOL, "the J-Link's SWO rates make no sense");
	TRY(swo_check_baud(*baud, real, jlink_swo_baud(&range, 0)));
	*baud = real;
	return OK;
}

static void give(struct jlink *j, const uint8_t *data, size_t n, bool lost)
{
	if (j->swo.sink != NULL && (n > 0 || lost))
		j->swo.sink(j->swo.ctx, data, n, lost);
}

static enum err drain(struct jlink *j)
{
	uint8_t data[READ_BYTES];

	for (unsigned i = 0; i < MAX_READS && j->swo.is_on; i++) {
		uint32_t n = sizeof(data);
		int rc = jaylink_swo_read(j->handle, data, &n);

		/* An overrun comes as a device error, with the bytes that were kept. */
		if (rc != JAYLINK_OK && rc != JAYLINK_ERR_DEV)
			return jlink_check(j, rc, "give its trace");
		give(j, data, MIN(n, sizeof(data)), rc == JAYLINK_ERR_DEV);
		if (n < sizeof(data))
			break;
	}
	return OK;
}

static enum err jlink_swo_start(struct adapter *adapter, enum swo_mode mode, uint32_t *baud,
				swo_sink_fn sink, void *ctx)
{
	struct jlink *j = NULL;

	TRY(jlink_of(adapter, &j));
	TRY(jlink_needs(j, JAYLINK_DEV_CAP_SWO, "cannot capture SWO"));
	if (mode != SWO_UART) {
		error_why(ERR_UNSUPPORTED, "a J-Link receives SWO as UART only, not Manchester");
		return error_next(ERR_UNSUPPORTED, "use the protocol \"uart\"");
	}
	jlink_swo_end(j);
	TRY(choose_baud(j, baud));
	j->swo.buffer_bytes = j->free_memory > 0 ? MIN(BUFFER_BYTES, j->free_memory / 4)
						 : READ_BYTES;
	TRY(jlink_check(j, jaylink_swo_start(j->handle, JAYLINK_SWO_MODE_UART, *baud,
					     j->swo.buffer_bytes), "start the capture of SWO"));
	j->swo.is_on = true;
	j->swo.baud = *baud;
	j->swo.sink = sink;
	j->swo.ctx = ctx;
	return OK;
}

/* Without a word: closing, or starting anew. */
void jlink_swo_end(struct jlink *j)
{
	if (j->swo.is_on && !j->adapter->is_lost)
		jaylink_swo_stop(j->handle);
	j->swo.is_on = false;
	j->swo.sink = NULL;
}

static enum err jlink_swo_stop(struct adapter *adapter)
{
	struct jlink *j = NULL;
	enum err rc;

	TRY(jlink_of(adapter, &j));
	if (!j->swo.is_on)
		return OK;
	rc = drain(j);
	j->swo.is_on = false;
	j->swo.sink = NULL;
	return error_first(rc, jlink_check(j, jaylink_swo_stop(j->handle), "stop the capture of SWO"));
}

static enum err jlink_swo_poll(struct adapter *adapter)
{
	struct jlink *j = NULL;

	TRY(jlink_of(adapter, &j));
	return j->swo.is_on ? drain(j) : OK;
}

const struct swo_ops jlink_swo_ops = {
	.start = jlink_swo_start,
	.stop = jlink_swo_stop,
	.poll = jlink_swo_poll,
};
