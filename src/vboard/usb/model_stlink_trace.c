/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Emulated ST-LINK: SWO capture, UART only. The host asks how many bytes there are and takes just
 * those from the trace endpoint. A full buffer loses what comes, without a sign.
 */
#include <string.h>

#include "base/bytes.h"
#include "vboard/core/swo.h"
#include "vboard/usb/model_stlink.h"

#define TRACE { 13, 0 }

static void received(void *ctx, uint64_t ns, uint8_t byte)
{
	struct stl *s = ctx;

	(void)ns;
	if (s->trace.len < s->trace.size)
		s->trace.data[s->trace.len++] = byte;
	else
		s->trace.lost++;
}

void stl_trace_stop(struct stl *s)
{
	if (s->trace.is_on && s->board->swo != NULL)
		vb_swo_listen(s->board->swo, false, 0, NULL, NULL);
	s->trace.is_on = false;
	s->trace.len = 0;
	vb_usb_drop_queued(s->device, s->kind->trace);
}

static void start_trace(struct stl *s, const uint8_t *command)
{
	size_t size = get_le16(command + 2);
	uint32_t baud = get_le32(command + 4);

	if (baud == 0 || baud > s->kind->trace_hz || size == 0 || size > s->kind->trace_bytes) {
		stl_reply_status(s, STL_NO_SWV);
		return;
	}
	stl_trace_stop(s);
	s->trace.is_on = true;
	s->trace.size = size;
	if (s->board->swo != NULL)
		vb_swo_listen(s->board->swo, false, baud, received, s);
	stl_reply_status(s, STL_OK);
}

static void stop_trace(struct stl *s, const uint8_t *command)
{
	(void)command;
	stl_trace_stop(s);
	stl_reply_status(s, STL_OK);
}

/* What was announced before and not taken yet is announced again. */
static void get_trace_count(struct stl *s, const uint8_t *command)
{
	uint8_t reply[2];
	size_t queued = vb_usb_queued(s->device, s->kind->trace);

	(void)command;
	if (s->trace.is_on && s->board->swo != NULL)
		vb_swo_sync(s->board->swo);
	if (queued == 0 && s->trace.len > 0) {
		vb_usb_send(s->device, s->kind->trace, s->trace.data, s->trace.len);
		queued = s->trace.len;
		s->trace.len = 0;
	}
	put_le16(reply, (uint16_t)queued);
	stl_reply(s, reply, sizeof(reply));
}

const struct stl_command stl_trace_commands[] = {
	{ 0x40, TRACE, true, NULL, start_trace },
	{ 0x41, TRACE, false, NULL, stop_trace },
	{ 0x42, TRACE, false, NULL, get_trace_count },
	{ 0 }
};
