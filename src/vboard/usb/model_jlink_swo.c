/* SPDX-License-Identifier: GPL-2.0-or-later */
/* J-Link firmware: SWO capture into a buffer that the host empties. */
#include <string.h>

#include "vboard/usb/model_jlink.h"

enum { SWO_START = 0x64, SWO_STOP = 0x65, SWO_READ = 0x66, SWO_GET_SPEEDS = 0x6e };
enum { PARAMS = 2, PARAM_MODE = 1, PARAM_BAUD = 2, PARAM_MAX = 3, PARAM_SIZE = 4 };
#define SWO_OVERRUN  1u
#define SWO_REFUSED  0x80000000u
#define MODE_UART    0u
#define SPEEDS_BYTES 28u
#define MAX_DIV	     65535u

static void captured(void *ctx, uint64_t ns, uint8_t byte)
{
	struct vb_jlink *jl = ctx;

	(void)ns;
	if (jl->swo.len < jl->swo_size)
		buf_append(&jl->swo, &byte, 1);
	else
		jl->swo_overrun = true;
}

static void listen(struct vb_jlink *jl, uint32_t baud)
{
	if (jl->board->swo != NULL)
		vb_swo_listen(jl->board->swo, false, baud, baud ? captured : NULL, jl);
}

void jlink_swo_stop(struct vb_jlink *jl)
{
	if (jl->swo_is_on)
		listen(jl, 0);
	jl->swo_is_on = jl->swo_overrun = false;
	buf_clear(&jl->swo);
}

/* The divider nearest to the wanted rate; 0 if there is none. */
static uint32_t real_baud(const struct vb_jlink *jl, uint32_t baud)
{
	uint32_t hz = jl->kind->swo.base_hz, div = baud ? (hz + baud / 2) / baud : 0;

	return div == 0 ? 0 : hz / MIN(MAX(div, jl->kind->swo.min_div), MAX_DIV);
}

static uint32_t start(struct vb_jlink *jl, const uint8_t *cmd, size_t n)
{
	uint32_t baud = real_baud(jl, jlink_param_u32(cmd, n, PARAMS, PARAM_BAUD));
	uint32_t size = jlink_param_u32(cmd, n, PARAMS, PARAM_SIZE);

	if (jlink_param_u32(cmd, n, PARAMS, PARAM_MODE) != MODE_UART || baud == 0 || size == 0 ||
	    size > jl->memory)
		return SWO_REFUSED;
	jlink_swo_stop(jl);
	jl->swo_size = size;
	jl->swo_is_on = true;
	listen(jl, baud);
	return 0;
}

static void read_captured(struct vb_jlink *jl, size_t max)
{
	struct buf reply = { 0 };
	uint8_t head[8];
	size_t n;

	if (jl->board->swo != NULL)
		vb_swo_sync(jl->board->swo);
	n = MIN(max, jl->swo.len);
	put_le32(head, jl->swo_overrun ? SWO_OVERRUN : 0);
	put_le32(head + 4, (uint32_t)n);
	buf_append(&reply, head, sizeof(head));
	if (n > 0)
		buf_append(&reply, jl->swo.data, n);
	jlink_reply(jl, reply.data, reply.len);
	buf_consume(&jl->swo, n);
	buf_free(&reply);
	jl->swo_overrun = false;
}

/* Length, a reserved word, base frequency, dividers, prescalers. */
static void send_speeds(struct vb_jlink *jl, uint32_t mode)
{
	const uint32_t words[] = { SPEEDS_BYTES, 0, jl->kind->swo.base_hz, jl->kind->swo.min_div,
				   MAX_DIV, 1, 1 };
	uint8_t reply[SPEEDS_BYTES];

	if (mode != MODE_UART) {
		jlink_reply_u32(jl, SWO_REFUSED);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		put_le32(reply + 4 * i, words[i]);
	jlink_reply(jl, reply, sizeof(reply));
}

void jlink_swo(struct vb_jlink *jl, const uint8_t *cmd, size_t n)
{
	switch (cmd[1]) {
	case SWO_START:
		jlink_reply_u32(jl, start(jl, cmd, n));
		break;
	case SWO_STOP:
		jlink_swo_stop(jl);
		jlink_reply_u32(jl, 0);
		break;
	case SWO_READ:
		read_captured(jl, jlink_param_u32(cmd, n, PARAMS, PARAM_MAX));
		break;
	case SWO_GET_SPEEDS:
		send_speeds(jl, jlink_param_u32(cmd, n, PARAMS, PARAM_MODE));
		break;
	default:
		break;
	}
}
