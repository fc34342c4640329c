/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SWO through a CMSIS-DAP probe: by a bulk endpoint of its own where it has one (transport 2), else
 * asked for with DAP_SWO_Data from a timer (transport 1). The order is that of the specification:
 * transport, mode, baud rate, control.
 */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>

#include "adapter/cmsis_dap.h"
#include "base/clock.h"
#include "base/log.h"

#define STREAM_DEPTH	8
#define STATUS_MS	250	/* how often a stream is asked whether it lost something */
#define MAX_READS	16u	/* in one poll: other work must go on */
#define FLUSH_MS	200	/* for a probe that never says it is empty */
#define REST_MS		1000	/* 16 KiB through HID reports at full speed take half of it */
#define HEADER_BYTES	4u	/* of the answer to DAP_SWO_Data */
#define STATUS_ERROR	BIT(6)
#define STATUS_OVERRUN	BIT(7)

enum { TRANSPORT_OFF, TRANSPORT_COMMANDS, TRANSPORT_STREAM };
enum { MODE_OFF, MODE_UART, MODE_MANCHESTER };

struct cmsis_swo {
	swo_sink_fn sink;
	void *ctx;
	bool is_stream;
	uint64_t status_ms;		/* when a stream is asked next */
};

/* The fastest first, for a caller who has no wish. */
static const uint32_t common_rates[] = { 24000000, 12000000, 10000000, 8000000, 6000000, 4000000,
					 2000000,  1000000,  500000,   115200 };

static enum err command_1(struct cmsis_dap *dap, uint8_t id, uint8_t value, const char *what)
{
	const uint8_t request[] = { id, value };

	return cmsis_status_command(dap, request, sizeof(request), what);
}

static enum err try_rate(struct cmsis_dap *dap, uint32_t baud, uint32_t *actual)
{
	uint8_t request[5] = { DAP_SWO_BAUDRATE };

	put_le32(request + 1, baud);
	TRY(cmsis_command(dap, request, sizeof(request), 5, NULL));
	*actual = get_le32(dap->response + 1);
	return OK;
}

static enum err set_rate(struct cmsis_dap *dap, uint32_t *baud)
{
	uint32_t actual = 0, wanted = *baud;

	for (size_t i = 0; wanted == 0 && actual == 0 && i < ARRAY_SIZE(common_rates); i++)
		TRY(try_rate(dap, common_rates[i], &actual));
	if (wanted != 0)
		TRY(try_rate(dap, wanted, &actual));
	if (actual == 0)
		return error_why(ERR_UNSUPPORTED, "the probe cannot capture SWO at %" PRIu32 " baud",
				 wanted);
	TRY(swo_check_baud(wanted, actual, 0));
	*baud = actual;
	return OK;
}

/* --- The two ways bytes come --- */

#ifdef HAVE_LIBUSB
static void streamed(void *ctx, const uint8_t *data, size_t n)
{
	struct cmsis_dap *dap = ctx;

	if (data == NULL)
		log_warning("CMSIS-DAP: the SWO stream ended: the probe's endpoint failed");
	else if (dap->swo != NULL)
		dap->swo->sink(dap->swo->ctx, data, n, false);
}

/* One packet each: a block that ends on a packet's edge has no other end. */
static enum err start_stream(struct cmsis_dap *dap)
{
	struct usb *usb = dap->transport->usb(dap->link);
	size_t n = usb_device_of(usb)->speed == USB_SPEED_HIGH ? 512 : 64;

	return usb_stream_in(usb, dap->swo_endpoint, n, STREAM_DEPTH, streamed, dap);
}

static void stop_stream(struct cmsis_dap *dap)
{
	usb_cancel(dap->transport->usb(dap->link), dap->swo_endpoint);
}
#else	/* without libusb no probe has an endpoint */
static enum err start_stream(struct cmsis_dap *dap)
{
	(void)dap;
	return OK;
}

static void stop_stream(struct cmsis_dap *dap)
{
	(void)dap;
}
#endif

static enum err fetch(struct cmsis_dap *dap, size_t *count)
{
	uint8_t request[3] = { DAP_SWO_DATA };
	size_t got, room = MIN(dap->packet_size - HEADER_BYTES, (size_t)65535);
	bool is_lossy;

	put_le16(request + 1, (uint16_t)room);
	TRY(cmsis_command(dap, request, sizeof(request), HEADER_BYTES, &got));
	*count = MIN((size_t)get_le16(dap->response + 2), got - HEADER_BYTES);
	is_lossy = dap->response[1] & (STATUS_ERROR | STATUS_OVERRUN);
	if (*count > 0 || is_lossy)
		dap->swo->sink(dap->swo->ctx, dap->response + HEADER_BYTES, *count, is_lossy);
	return OK;
}

/* *waiting: bytes that the probe has captured and nobody has taken yet. */
static enum err read_status(struct cmsis_dap *dap, uint32_t *waiting)
{
	const uint8_t request[] = { DAP_SWO_STATUS };

	TRY(cmsis_command(dap, request, sizeof(request), 6, NULL));
	*waiting = get_le32(dap->response + 2);
	if (dap->response[1] & (STATUS_ERROR | STATUS_OVERRUN))
		dap->swo->sink(dap->swo->ctx, NULL, 0, true);
	return OK;
}

/* Stops when the probe has no more. A target may send faster than a slow probe gives it away. */
static enum err fetch_all(struct cmsis_dap *dap, unsigned max_reads)
{
	size_t count = 1;

	for (unsigned i = 0; i < max_reads && count > 0 && dap->swo != NULL; i++)
		TRY(fetch(dap, &count));
	return OK;
}

static enum err swo_fetch_all(struct adapter *adapter)
{
	struct cmsis_dap *dap = adapter->priv;
	uint32_t waiting;

	if (dap == NULL || dap->swo == NULL)
		return OK;
	if (!dap->swo->is_stream)
		return fetch_all(dap, MAX_READS);
	/* The bytes come by themselves; only losses are asked for. */
	if (clock_now_ms() < dap->swo->status_ms)
		return OK;
	dap->swo->status_ms = clock_now_ms() + STATUS_MS;
	return read_status(dap, &waiting);
}

/* The capture has ended and the endpoint gives the rest: each look at the status lets it arrive. */
static enum err await_stream(struct cmsis_dap *dap)
{
	uint64_t end_ms = clock_now_ms() + FLUSH_MS;
	uint32_t waiting = 1;

	while (waiting > 0 && clock_now_ms() < end_ms)
		TRY(read_status(dap, &waiting));
	return OK;
}

static enum err swo_begin(struct cmsis_dap *dap, enum swo_mode mode, uint32_t *baud)
{
	struct cmsis_swo *swo = dap->swo;

	TRY(command_1(dap, DAP_SWO_CONTROL, 0, "stop SWO"));
	TRY(command_1(dap, DAP_SWO_TRANSPORT,
		      swo->is_stream ? TRANSPORT_STREAM : TRANSPORT_COMMANDS,
		      "choose where SWO data go"));
	TRY(command_1(dap, DAP_SWO_MODE, mode == SWO_UART ? MODE_UART : MODE_MANCHESTER,
		      "set the SWO mode"));
	TRY(set_rate(dap, baud));
	if (swo->is_stream)
		TRY(start_stream(dap));
	return command_1(dap, DAP_SWO_CONTROL, 1, "start SWO");
}

static enum err cmsis_swo_start(struct adapter *adapter, enum swo_mode mode, uint32_t *baud,
				swo_sink_fn sink, void *ctx)
{
	struct cmsis_dap *dap = adapter->priv;
	unsigned needed = mode == SWO_UART ? CAP_SWO_UART : CAP_SWO_MANCHESTER;

	if (!(dap->capabilities & needed)) {
		bool has_other = dap->capabilities & (CAP_SWO_UART | CAP_SWO_MANCHESTER);

		error_why(ERR_UNSUPPORTED, "this probe cannot capture SWO in %s mode",
			  mode == SWO_UART ? "UART" : "Manchester");
		return error_next(ERR_UNSUPPORTED, "use %s",
				  !has_other ? "a probe with SWO" :
				  mode == SWO_UART ? "manchester" : "uart");
	}
	cmsis_swo_end(dap);
	dap->swo = xcalloc(1, sizeof(*dap->swo));
	dap->swo->sink = sink;
	dap->swo->ctx = ctx;
	dap->swo->is_stream = (dap->capabilities & CAP_SWO_STREAM) && dap->swo_endpoint != 0;
	enum err rc = swo_begin(dap, mode, baud);

	if (rc != OK) {
		struct error error;

		error_take(&error);
		cmsis_swo_end(dap);
		error_put(&error);
		return rc;
	}
	return OK;
}

static enum err fetch_rest(struct cmsis_dap *dap)
{
	uint64_t end_ms = clock_now_ms() + REST_MS;
	size_t count = 1;

	while (count > 0 && dap->swo != NULL && clock_now_ms() < end_ms)
		TRY(fetch(dap, &count));
	return OK;
}

static enum err quiet_down(struct cmsis_dap *dap)
{
	TRY(command_1(dap, DAP_SWO_CONTROL, 0, "stop SWO"));
	if (dap->swo->is_stream)
		TRY(await_stream(dap));
	else
		TRY(fetch_rest(dap));
	return command_1(dap, DAP_SWO_MODE, MODE_OFF, "switch SWO off");
}

/* Also at close, and after a start that failed: never an error of its own. */
void cmsis_swo_end(struct cmsis_dap *dap)
{
	if (dap->swo == NULL)
		return;
	if (!dap->adapter->is_lost && quiet_down(dap) != OK) {
		log_debug("CMSIS-DAP: stopping SWO: %s", error_text(error_current()));
		error_clear();
	}
	if (dap->swo->is_stream)
		stop_stream(dap);
	free(dap->swo);
	dap->swo = NULL;
}

static enum err cmsis_swo_stop(struct adapter *adapter)
{
	cmsis_swo_end(adapter->priv);
	return OK;
}

const struct swo_ops cmsis_swo_ops = {
	.start = cmsis_swo_start,
	.stop = cmsis_swo_stop,
	.poll = swo_fetch_all,
};
