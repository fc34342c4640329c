/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CMSIS-DAP firmware: DAP_Info, what the probe says about itself. */
#include <string.h>

#include "base/bytes.h"
#include "vboard/front/cmsis_dap_priv.h"

static const char *or_else(const char *s, const char *otherwise)
{
	return s != NULL ? s : otherwise;
}

/* The string of this id; NULL or empty: not available. */
static const char *text(const struct vb_cmsis_dap *dap, uint8_t id)
{
	const struct vb_cmsis_dap_config *c = dap->config;

	switch (id) {
	case 0x01: return or_else(c->vendor, "probed");
	case 0x02: return c->product;
	case 0x03: return c->serial;
	case 0x04: return or_else(c->protocol, "2.1.1");
	case 0x05: return c->target_vendor;
	case 0x06: return c->target_name;
	case 0x07: return c->board_vendor;
	case 0x08: return or_else(c->board_name, dap->board->chip->board_name);
	case 0x09: return or_else(c->firmware, "0.1.0");
	default: return NULL;
	}
}

static void put_text(struct vb_cmsis_dap *dap, const char *s, struct response *out)
{
	/* The NUL counts, unless the firmware forgets it. */
	size_t n = s != NULL && *s != 0 ? strlen(s) + !has_quirk(dap, DAP_QUIRK_NO_NUL) : 0;

	if (out->len + 1 + n > out->cap || n > 255)
		n = 0;
	response_u8(out, (uint8_t)n);
	if (n > 0)
		memcpy(out->data + out->len, s, n);
	out->len += n;
}

/* One byte until there was a UART to tell of. */
static void put_capabilities(struct vb_cmsis_dap *dap, struct response *out)
{
	bool has_second = (dap->capabilities & (DAP_CAP_UART | DAP_CAP_UART_USB)) &&
			  !has_quirk(dap, DAP_QUIRK_ONE_CAPABILITY_BYTE);

	response_u8(out, has_second ? 2 : 1);
	response_u8(out, (uint8_t)dap->capabilities);
	if (has_second)
		response_u8(out, (uint8_t)(dap->capabilities >> 8));
}

static void put_number(bool is_there, uint32_t value, struct response *out)
{
	response_u8(out, is_there ? 4 : 0);
	if (is_there)
		response_u32(out, value);
}

static void put_timer(struct vb_cmsis_dap *dap, struct response *out)
{
	if (!(dap->capabilities & DAP_CAP_TIMER) || !has_quirk(dap, DAP_QUIRK_TIMER_8)) {
		put_number(dap->capabilities & DAP_CAP_TIMER, dap->timer_hz, out);
		return;
	}
	response_u8(out, 8);
	response_u32(out, dap->timer_hz);
	response_u32(out, 0);
}

void dap_info(struct vb_cmsis_dap *dap, const uint8_t *request, struct response *out)
{
	uint16_t has = dap->capabilities;

	switch (request[1]) {
	case 0xf0: put_capabilities(dap, out); break;
	case 0xf1: put_timer(dap, out); break;
	case 0xfb:
	case 0xfc: put_number(has & DAP_CAP_UART, dap->uart.size, out); break;
	case 0xfd:
		put_number(has & (DAP_CAP_SWO_UART | DAP_CAP_SWO_MANCHESTER), dap->swo.size, out);
		break;
	case 0xfe:
		response_u8(out, 1);
		response_u8(out, dap->config->packet_count);
		break;
	case 0xff:
		response_u8(out, 2);
		response_u16(out, dap->config->packet_size);
		break;
	default: put_text(dap, text(dap, request[1]), out); break;
	}
}
