/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The link through ST's stlink-server, which shares one probe between programs: `st-link backend
 * tcp`. Each request has its answer; all numbers are little-endian. The server is on this host.
 *
 * What an old server cannot: before API 3 nobody else is kept out between the two halves of
 * RW_MISC, before API 2 a block above 1428 bytes ends the server.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <poll.h>
#include <string.h>
#include <strings.h>

#include "adapter/stlink_priv.h"
#include "adapter/stream.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/sock.h"

#define CONNECT_MS     3000
#define CLIENT_API     1u
#define BUSY_PAUSE_MS  2	/* the server serves somebody else: a command takes about as long */
#define SMALL_BLOCK    1024u

enum request { REFRESH = 0, COUNT = 1, DEVICE_INFO = 2, OPEN = 3, CLOSE = 4, COMMAND = 5, VERSION = 6 };
enum direction { WRITE = 0, READ = 1, READ_TRACE = 3 };

#define SERVER_OK   1u
#define SERVER_BUSY 0x2004u

static const struct {
	uint32_t status;
	const char *words;
} server_words[] = {
	{ 0x1000, "out of memory" },
	{ 0x1001, "the probe did not answer in time" },
	{ 0x1002, "bad parameter" },
	{ 0x1003, "the probe cannot be opened" },
	{ 0x1052, "the answer was cut" },
	{ 0x1053, "command unavailable" },
	{ 0x2001, "TCP error" },
	{ 0x2002, "cannot connect" },
	{ 0x2003, "close error" },
	{ 0x2004, "busy" },
	{ 0x10000, "error of the operating system" },
};

struct stlink_tcp {
	struct stream stream;
	uint32_t api, connection;
};

struct device {
	uint32_t id;
	char serial[33];
	uint16_t vid, pid;
	bool is_used;
};

static enum err ask(struct stlink_tcp *tcp, const uint8_t *request, size_t n, uint8_t *answer,
		    size_t size, int timeout_ms)
{
	const uint8_t *data;

	if (request != NULL)
		TRY(stream_write(&tcp->stream, request, n, timeout_ms));
	if (size == 0)
		return OK;
	TRY(stream_peek(&tcp->stream, size, &data, timeout_ms));
	memcpy(answer, data, size);
	stream_consume(&tcp->stream, size);
	return OK;
}

static enum err check(uint32_t status)
{
	const char *words = "unknown status";

	if (status == SERVER_OK)
		return OK;
	for (size_t i = 0; i < ARRAY_SIZE(server_words); i++)
		if (server_words[i].status == status)
			words = server_words[i].words;
	return error_why(status == 0x1001 ? ERR_TIMEOUT : ERR_ADAPTER_PROTOCOL,
			 "the stlink-server refused: %s (status 0x%04" PRIx32 ")", words, status);
}

/* ---- Commands. ---- */

static enum err send_command(struct stlink_tcp *tcp, const struct stlink_transfer *t,
			     enum direction direction, size_t size, int timeout_ms)
{
	uint8_t request[32] = { COMMAND };

	put_le32(request + 4, tcp->connection);
	if (t->command != NULL)
		memcpy(request + 8, t->command, ST_COMMAND_SIZE);
	request[24] = (uint8_t)direction;
	put_le32(request + 28, (uint32_t)size);
	TRY(stream_write(&tcp->stream, request, sizeof(request), timeout_ms));
	return t->out_size > 0 ? stream_write(&tcp->stream, t->out, t->out_size, timeout_ms) : OK;
}

static enum err one_transfer(struct stlink_tcp *tcp, const struct stlink_transfer *t,
			     enum direction direction, int timeout_ms)
{
	uint64_t end_ms = clock_now_ms() + (uint64_t)timeout_ms;
	uint8_t status[4];

	for (;;) {
		TRY(send_command(tcp, t, direction, t->in_size + t->out_size, timeout_ms));
		TRY(ask(tcp, NULL, 0, status, sizeof(status), timeout_ms));
		if (get_le32(status) != SERVER_BUSY || clock_now_ms() >= end_ms)
			break;
		poll(NULL, 0, BUSY_PAUSE_MS);
	}
	TRY(check(get_le32(status)));
	TRY(ask(tcp, NULL, 0, t->in, t->in_size, timeout_ms));
	if (t->got != NULL)
		*t->got = t->in_size;
	return OK;
}

static enum err tcp_exchange(void *link, const struct stlink_transfer *transfers, size_t count,
			     int timeout_ms)
{
	for (size_t i = 0; i < count; i++)
		TRY(one_transfer(link, &transfers[i], transfers[i].in_size > 0 ? READ : WRITE,
				 timeout_ms));
	return OK;
}

static enum err tcp_read_trace(void *link, uint8_t *data, size_t size, size_t *got)
{
	const struct stlink_transfer t = { .in = data, .in_size = size, .got = got };

	return one_transfer(link, &t, READ_TRACE, ST_TIMEOUT_MS);
}

static void tcp_close(void *link)
{
	struct stlink_tcp *tcp = link;
	uint8_t request[8] = { CLOSE }, status[4];

	put_le32(request + 4, tcp->connection);
	if (tcp->connection != 0 && tcp->stream.fd >= 0 &&
	    ask(tcp, request, sizeof(request), status, sizeof(status), ST_TIMEOUT_MS) != OK)
		error_clear();
	stream_close(&tcp->stream);
	free(tcp);
}

static const struct stlink_link_ops tcp_link_ops = {
	.exchange = tcp_exchange,
	.read_trace = tcp_read_trace,
	.close = tcp_close,
};

/* ---- Which probe. ---- */

static enum err read_device(struct stlink_tcp *tcp, uint8_t index, struct device *device)
{
	uint8_t request[8] = { DEVICE_INFO, index }, answer[45];

	put_le32(request + 4, sizeof(answer) - 4);
	TRY(ask(tcp, request, sizeof(request), answer, sizeof(answer), ST_TIMEOUT_MS));
	TRY(check(get_le32(answer)));
	*device = (struct device){ .id = get_le32(answer + 4), .vid = get_le16(answer + 40),
				   .pid = get_le16(answer + 42), .is_used = answer[44] };
	memcpy(device->serial, answer + 8, 32);
	return OK;
}

static bool is_wanted(const struct adapter *adapter, const struct device *device)
{
	bool has_id = adapter->usb_id_count == 0;

	for (unsigned i = 0; i < adapter->usb_id_count; i++)
		has_id |= adapter->usb_ids[i].vid == device->vid &&
			  adapter->usb_ids[i].pid == device->pid;
	return has_id &&
	       (adapter->serial == NULL || strcasecmp(adapter->serial, device->serial) == 0);
}

static enum err fail_ambiguous(const char *names)
{
	error_why(ERR_ADAPTER_AMBIGUOUS, "the stlink-server has several probes: %s", names);
	return error_next(ERR_ADAPTER_AMBIGUOUS, "add \"adapter serial\" for the one you mean");
}

static enum err choose(struct stlink_tcp *tcp, const struct adapter *adapter, uint32_t *id)
{
	const uint8_t refresh[] = { REFRESH, 0 }, count[] = { COUNT };
	uint8_t answer[4];
	struct buf names = { 0 };
	unsigned fitting = 0;
	enum err rc;

	TRY(ask(tcp, refresh, sizeof(refresh), answer, sizeof(answer), ST_TIMEOUT_MS));
	TRY(check(get_le32(answer)));
	TRY(ask(tcp, count, sizeof(count), answer, sizeof(answer), ST_TIMEOUT_MS));
	uint32_t n = MIN(get_le32(answer), 255u);

	rc = OK;
	for (uint32_t i = 0; i < n && rc == OK; i++) {
		struct device device;

		rc = read_device(tcp, (uint8_t)i, &device);
		if (rc != OK || !is_wanted(adapter, &device))
			continue;
		buf_printf(&names, "%s%s", fitting++ ? ", " : "", device.serial);
		*id = device.id;
	}
	if (rc == OK && fitting > 1)
		rc = fail_ambiguous((const char *)names.data);
	if (rc == OK && fitting == 0)
		rc = error_why(ERR_ADAPTER_NOT_FOUND,
			       "none of the %" PRIu32 " probes of the stlink-server fits", n);
	buf_free(&names);
	return rc;
}

static enum err connect_probe(struct stlink_tcp *tcp, const struct adapter *adapter)
{
	const uint8_t version[] = { VERSION, CLIENT_API, 0, 0 };
	uint8_t open[8] = { OPEN }, answer[16];
	uint32_t id = 0;

	TRY(ask(tcp, version, sizeof(version), answer, 16, ST_TIMEOUT_MS));
	tcp->api = get_le32(answer);
	log_info("stlink-server API v%" PRIu32 ", version %" PRIu32 ".%" PRIu32 ".%" PRIu32, tcp->api,
		 get_le32(answer + 4), get_le32(answer + 8), get_le32(answer + 12));
	TRY(choose(tcp, adapter, &id));
	put_le32(open + 4, id);
	TRY(ask(tcp, open, sizeof(open), answer, 8, ST_TIMEOUT_MS));
	TRY(check(get_le32(answer)));
	tcp->connection = get_le32(answer + 4);
	return OK;
}

enum err stlink_tcp_open(struct adapter *adapter, unsigned port, struct stlink **result)
{
	struct stlink_tcp *tcp = xcalloc(1, sizeof(*tcp));
	int fd = -1;
	enum err rc = sock_connect_tcp("localhost", (uint16_t)port, CONNECT_MS, &fd);

	tcp->stream.fd = fd;
	if (rc != OK) {
		struct error reason;

		error_take(&reason);
		error_why(ERR_ADAPTER_NOT_FOUND, "no stlink-server: %s", reason.why);
		rc = error_next(ERR_ADAPTER_NOT_FOUND,
				"start ST's stlink-server, or use \"st-link backend usb\"");
	} else {
		rc = connect_probe(tcp, adapter);
	}
	if (rc != OK) {
		tcp_close(tcp);
		return rc;
	}
	*result = stlink_new(adapter, &tcp_link_ops, tcp);
	if (tcp->api < 3)
		(*result)->lacks |= ST_HAS_MISC;
	if (tcp->api < 2)
		(*result)->most_bytes = SMALL_BLOCK;
	return OK;
}
