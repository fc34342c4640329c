/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CMSIS-DAP firmware: SWO capture (DAP_SWO_*). One ring takes the bytes of the pin. They leave by
 * DAP_SWO_Data, or in blocks that end at 512-byte boundaries of the ring by an endpoint of their
 * own; a partial block goes when no 64 bytes came for 50 ms.
 */
#include <string.h>

#include "base/bytes.h"
#include "vboard/core/swo.h"
#include "vboard/front/cmsis_dap_priv.h"

enum { TRANSPORT_NONE, TRANSPORT_DATA, TRANSPORT_ENDPOINT };
enum { MODE_OFF, MODE_UART, MODE_MANCHESTER };

#define STATUS_ACTIVE  BIT(0)
#define STATUS_PAUSED  BIT(1)
#define STATUS_ERROR   BIT(6)
#define STATUS_OVERRUN BIT(7)

#define CAPTURE_BLOCK  64u
#define STREAM_BLOCK   512u
#define STREAM_IDLE_NS 50000000u

static uint32_t count(const struct dap_swo *swo)
{
	return swo->in - swo->out;
}

/* --- The endpoint --- */

/* What may go now: to the next boundary, or all if nothing more is coming. */
static uint32_t stream_bytes(const struct dap_swo *swo, bool is_all)
{
	uint32_t at = swo->out & (swo->size - 1), n = MIN(count(swo), swo->size - at);
	uint32_t into = at & (STREAM_BLOCK - 1);

	if (is_all)
		return n;
	if (into == 0)
		return n & ~(STREAM_BLOCK - 1);
	return n >= STREAM_BLOCK - into ? STREAM_BLOCK - into : 0;
}

static void stream(struct dap_swo *swo, bool is_all)
{
	uint32_t n;

	if (swo->transport != TRANSPORT_ENDPOINT || swo->fn == NULL || swo->in_flight > 0)
		return;
	n = stream_bytes(swo, is_all);
	if (n == 0)
		return;
	swo->in_flight = n;
	swo->fn(swo->ctx, swo->buffer + (swo->out & (swo->size - 1)), n);
}

static void nothing_came(void *ctx);

static void wait_for_more(struct vb_cmsis_dap *dap)
{
	struct vb_clock *clock = dap->board->clock;

	vb_clock_cancel(clock, dap->swo.timer);
	dap->swo.timer = NULL;
	if (dap->swo.is_active && dap->swo.transport == TRANSPORT_ENDPOINT)
		dap->swo.timer = vb_clock_after(clock, STREAM_IDLE_NS, nothing_came, dap,
						"SWO block");
}

static void nothing_came(void *ctx)
{
	struct vb_cmsis_dap *dap = ctx;

	dap->swo.timer = NULL;
	if (dap->board->swo != NULL)
		vb_swo_sync(dap->board->swo);
	wait_for_more(dap);
	stream(&dap->swo, true);
}

static void resume(struct dap_swo *swo)
{
	swo->is_paused = swo->is_paused && count(swo) == swo->size;
}

void vb_cmsis_dap_stream_swo(struct vb_cmsis_dap *dap, vb_cmsis_dap_swo_fn fn, void *ctx)
{
	dap->swo.fn = fn;
	dap->swo.ctx = ctx;
}

void vb_cmsis_dap_swo_taken(struct vb_cmsis_dap *dap)
{
	struct dap_swo *swo = &dap->swo;

	swo->out += swo->in_flight;
	swo->in_flight = 0;
	resume(swo);
	stream(swo, !swo->is_active);
}

/* --- Capture --- */

static void on_byte(void *ctx, uint64_t ns, uint8_t byte)
{
	struct vb_cmsis_dap *dap = ctx;
	struct dap_swo *swo = &dap->swo;

	if (swo->is_paused) {
		swo->has_overrun = true;
		return;
	}
	swo->buffer[swo->in++ & (swo->size - 1)] = byte;
	swo->timestamp = dap_timer(dap, ns * 1000);
	swo->is_paused = count(swo) == swo->size;
	if (swo->in % CAPTURE_BLOCK != 0)
		return;
	wait_for_more(dap);
	stream(swo, false);
}

static void sync_pin(struct vb_cmsis_dap *dap)
{
	if (dap->board->swo == NULL || !dap->swo.is_active)
		return;
	vb_swo_sync(dap->board->swo);
	if (vb_swo_take_errors(dap->board->swo) > 0)
		dap->swo.has_stream_error = true;
}

static void listen_to_pin(struct vb_cmsis_dap *dap)
{
	struct dap_swo *swo = &dap->swo;

	if (dap->board->swo != NULL)
		vb_swo_listen(dap->board->swo, swo->mode == MODE_MANCHESTER, swo->baud,
			      swo->is_active ? on_byte : NULL, dap);
}

static void stop(struct vb_cmsis_dap *dap)
{
	if (!dap->swo.is_active)
		return;
	sync_pin(dap);
	dap->swo.is_active = dap->swo.is_paused = false;
	listen_to_pin(dap);
	wait_for_more(dap);
	stream(&dap->swo, true);
}

static void clear(struct dap_swo *swo)
{
	if (swo->in_flight > 0 && swo->fn != NULL)
		swo->fn(swo->ctx, NULL, 0);
	swo->in = swo->out = swo->in_flight = 0;
	swo->timestamp = 0;
	swo->has_overrun = swo->has_stream_error = swo->is_paused = false;
}

static bool start(struct vb_cmsis_dap *dap)
{
	struct dap_swo *swo = &dap->swo;

	if (swo->mode == MODE_OFF || swo->baud == 0)
		return false;
	clear(swo);
	swo->is_active = true;
	listen_to_pin(dap);
	wait_for_more(dap);
	return true;
}

void dap_swo_power_on(struct vb_cmsis_dap *dap)
{
	struct dap_swo *swo = &dap->swo;
	bool was_active = swo->is_active;

	swo->is_active = false;
	if (was_active)
		listen_to_pin(dap);
	wait_for_more(dap);
	swo->in_flight = 0;	/* the endpoint starts empty too */
	clear(swo);
	swo->transport = TRANSPORT_NONE;
	swo->mode = MODE_OFF;
	swo->baud = 0;
}

/* --- Commands --- */

static void answer(struct response *out, bool ok)
{
	response_u8(out, ok ? DAP_OK : DAP_ERROR);
}

void dap_swo_transport(struct vb_cmsis_dap *dap, const uint8_t *request, struct response *out)
{
	bool has_endpoint = (dap->capabilities & DAP_CAP_SWO_STREAM) && dap->swo.fn != NULL;
	bool ok = !dap->swo.is_active &&
		  request[1] <= (has_endpoint ? TRANSPORT_ENDPOINT : TRANSPORT_DATA);

	if (ok)
		dap->swo.transport = request[1];
	answer(out, ok);
}

void dap_swo_mode(struct vb_cmsis_dap *dap, const uint8_t *request, struct response *out)
{
	static const unsigned needed[] = { ~0u, DAP_CAP_SWO_UART, DAP_CAP_SWO_MANCHESTER };
	bool ok = request[1] < ARRAY_SIZE(needed) && (dap->capabilities & needed[request[1]]);

	stop(dap);
	dap->swo.mode = ok ? request[1] : MODE_OFF;
	dap->swo.baud = 0;
	answer(out, ok);
}

/* The capture UART divides a clock of 16 times its highest rate; above that it takes the highest. */
static uint32_t nearest_baud(const struct dap_swo *swo, uint32_t wanted)
{
	uint32_t max = swo->mode == MODE_MANCHESTER ? swo->max_baud / 2 : swo->max_baud;
	uint64_t clock = 16ull * max, divider;

	if (wanted == 0 || swo->mode == MODE_OFF)
		return 0;
	divider = (clock + MIN(wanted, max) / 2) / MIN(wanted, max);
	return (uint32_t)(clock / divider);
}

void dap_swo_baudrate(struct vb_cmsis_dap *dap, const uint8_t *request, struct response *out)
{
	struct dap_swo *swo = &dap->swo;

	sync_pin(dap);
	swo->baud = nearest_baud(swo, get_le32(request + 1));
	if (swo->baud == 0)
		stop(dap);
	else if (swo->is_active)
		listen_to_pin(dap);
	response_u32(out, swo->baud);
}

void dap_swo_control(struct vb_cmsis_dap *dap, const uint8_t *request, struct response *out)
{
	bool wants_active = request[1] & 1, ok = true;

	if (wants_active && !dap->swo.is_active)
		ok = start(dap);
	else if (!wants_active)
		stop(dap);
	answer(out, ok);
}

/* The error bits are cleared by the look at them. */
static uint8_t take_status(struct vb_cmsis_dap *dap)
{
	struct dap_swo *swo = &dap->swo;
	unsigned status;

	sync_pin(dap);
	status = (swo->is_active ? STATUS_ACTIVE : 0) | (swo->is_paused ? STATUS_PAUSED : 0) |
		 (swo->has_stream_error ? STATUS_ERROR : 0) | (swo->has_overrun ? STATUS_OVERRUN : 0);
	swo->has_stream_error = swo->has_overrun = false;
	return (uint8_t)status;
}

void dap_swo_status(struct vb_cmsis_dap *dap, const uint8_t *request, struct response *out)
{
	(void)request;
	response_u8(out, take_status(dap));
	response_u32(out, count(&dap->swo));
}

void dap_swo_data(struct vb_cmsis_dap *dap, const uint8_t *request, struct response *out)
{
	struct dap_swo *swo = &dap->swo;
	uint8_t status = take_status(dap);
	uint32_t n = 0;

	if (swo->transport == TRANSPORT_DATA)
		n = (uint32_t)MIN(MIN(get_le16(request + 1), count(swo)), out->cap - 4);
	response_u8(out, status);
	response_u16(out, (uint16_t)n);
	for (uint32_t i = 0; i < n; i++)
		response_u8(out, swo->buffer[swo->out++ & (swo->size - 1)]);
	resume(swo);
}

void dap_swo_extended_status(struct vb_cmsis_dap *dap, const uint8_t *request,
			     struct response *out)
{
	if (request[1] & BIT(0))
		response_u8(out, take_status(dap));
	else
		sync_pin(dap);
	if (request[1] & BIT(1))
		response_u32(out, count(&dap->swo));
	if (!(request[1] & BIT(2)) || !(dap->capabilities & DAP_CAP_TIMER))
		return;
	response_u32(out, dap->swo.in);
	response_u32(out, dap->swo.timestamp);
	/* The reference writes both words and counts one: on bulk the timestamp is never sent. */
	if (!has_quirk(dap, DAP_QUIRK_WHOLE_SWO_STATUS))
		out->len -= 4;
}
