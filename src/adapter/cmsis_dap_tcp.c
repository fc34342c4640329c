/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CMSIS-DAP over TCP: each command and each response is one frame: the signature "DAP\0", the
 * payload's length (16 bits), a type (1 request, 2 response) and a zero, then the payload,
 * unpadded.
 */
#include <stdlib.h>
#include <string.h>

#include "adapter/cmsis_dap.h"
#include "adapter/stream.h"
#include "base/log.h"
#include "base/sock.h"

#define SIGNATURE	0x00504144u
#define HEADER_BYTES	8u
#define TYPE_REQUEST	1u
#define TYPE_RESPONSE	2u
#define CONNECT_MS	5000

struct tcp_link {
	struct stream stream;
	struct buf out;
	int min_timeout_ms;
};

static enum err tcp_open(struct adapter *adapter, const struct usb_device *device,
			 const struct cmsis_usb *usb, void **link)
{
	const struct cmsis_settings *settings = adapter_settings(adapter, &cmsis_dap_driver);
	const char *host = settings->tcp_host;
	int fd;

	(void)device;
	(void)usb;
	if (host == NULL) {
		error_why(ERR_ADAPTER_CONFIG, "the tcp backend of CMSIS-DAP has no host");
		return error_next(ERR_ADAPTER_CONFIG,
				  "add \"cmsis-dap tcp host NAME\" to the configuration");
	}
	log_info("CMSIS-DAP: connecting to %s:%u", host, settings->tcp_port);
	enum err rc = sock_connect_tcp(host, settings->tcp_port, CONNECT_MS, &fd);

	if (rc != OK) {
		struct error reason;

		error_take(&reason);
		error_why(ERR_ADAPTER_NOT_FOUND, "%s", reason.why);
		return error_next(ERR_ADAPTER_NOT_FOUND,
				  "start the probe's server, check \"cmsis-dap tcp host\" "
				  "and \"cmsis-dap tcp port\"");
	}
	struct tcp_link *tcp = xcalloc(1, sizeof(*tcp));

	tcp->stream.fd = fd;
	tcp->min_timeout_ms = (int)settings->tcp_min_timeout_ms;
	*link = tcp;
	return OK;
}

static void tcp_close(void *link)
{
	struct tcp_link *tcp = link;

	stream_close(&tcp->stream);
	buf_free(&tcp->out);
	free(tcp);
}

static enum err tcp_send(void *link, const uint8_t *batch, const struct cmsis_packet *packets,
			 size_t n)
{
	struct tcp_link *tcp = link;

	buf_clear(&tcp->out);
	for (size_t i = 0; i < n; i++) {
		uint8_t header[HEADER_BYTES] = { 0 };

		put_le32(header, SIGNATURE);
		put_le16(header + 4, (uint16_t)packets[i].size);
		header[6] = TYPE_REQUEST;
		buf_append(&tcp->out, header, sizeof(header));
		buf_append(&tcp->out, batch + packets[i].at, packets[i].size);
	}
	return stream_write(&tcp->stream, tcp->out.data, tcp->out.len, CMSIS_TIMEOUT_MS);
}

/* A peer that sends something else is not a probe, and what follows cannot be trusted. */
static enum err not_a_probe(struct tcp_link *tcp, const char *what)
{
	stream_close(&tcp->stream);
	error_why(ERR_ADAPTER_LOST, "the other side does not speak CMSIS-DAP over TCP: %s", what);
	return error_next(ERR_ADAPTER_LOST, "check \"cmsis-dap tcp port\"");
}

static enum err tcp_receive(void *link, uint8_t *response, size_t size, size_t *got, int timeout_ms)
{
	struct tcp_link *tcp = link;
	const uint8_t *frame;
	int patience = MAX(timeout_ms, tcp->min_timeout_ms);

	TRY(stream_peek(&tcp->stream, HEADER_BYTES, &frame, patience));
	size_t length = get_le16(frame + 4);

	if (get_le32(frame) != SIGNATURE)
		return not_a_probe(tcp, "wrong signature");
	if (frame[6] != TYPE_RESPONSE)
		return not_a_probe(tcp, "not a response");
	if (length > size)
		return not_a_probe(tcp, "a response larger than the announced packet size");
	TRY(stream_peek(&tcp->stream, HEADER_BYTES + length, &frame, patience));
	memcpy(response, frame + HEADER_BYTES, length);
	stream_consume(&tcp->stream, HEADER_BYTES + length);
	*got = length;
	return OK;
}

static bool tcp_is_ready(void *link)
{
	struct tcp_link *tcp = link;
	const uint8_t *frame;
	size_t ready = stream_ready(&tcp->stream);

	if (ready < HEADER_BYTES || stream_peek(&tcp->stream, HEADER_BYTES, &frame, 0) != OK)
		return false;
	return ready >= HEADER_BYTES + get_le16(frame + 4);
}

static size_t tcp_usable(size_t packet_size)
{
	return packet_size;
}

const struct cmsis_transport cmsis_dap_tcp = {
	.name = "tcp",
	.likes_batches = true,
	.open = tcp_open,
	.close = tcp_close,
	.send = tcp_send,
	.receive = tcp_receive,
	.is_ready = tcp_is_ready,
	.usable = tcp_usable,
};
