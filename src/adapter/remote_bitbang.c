/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "adapter/remote_bitbang.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "adapter/stream.h"
#include "base/log.h"
#include "base/sock.h"

#define CONNECT_MS	5000
#define ANSWER_MS	10000
#define SEND_BYTES                                                                                 \
	(64u * 1024) /* goes out when so much is waiting, to overlap with the probe's work */

struct settings {
	char *host;		/* or the path of a unix socket */
	uint16_t port;		/* 0: unix socket */
	bool remote_sleep;
};

/* Bits to be read back: `count` answers, from bit 0 of dst on. */
struct wanted {
	uint8_t *dst;
	size_t count;
};

struct bitbang {
	struct adapter *adapter;
	struct stream stream;
	struct buf out;
	struct wanted *wanted;
	size_t wanted_count, wanted_capacity;
	bool drives_swdio, swclk_is_high;
	enum err rc;		/* the first failure since the last flush */
};

static void *new_settings(void)
{
	struct settings *settings = xcalloc(1, sizeof(*settings));

	settings->host = xstrdup("localhost");
	return settings;
}

static void free_settings(void *p)
{
	struct settings *settings = p;

	free(settings->host);
	free(settings);
}

static enum err note_failure(struct bitbang *bb, enum err rc)
{
	if (rc == ERR_TIMEOUT)
		rc = error_why(ERR_ADAPTER_LOST, "the remote_bitbang server does not answer");
	if (rc == ERR_ADAPTER_LOST)
		adapter_lost(bb->adapter);
	bb->rc = error_first(bb->rc, rc);
	return rc;
}

static void send_out(struct bitbang *bb)
{
	if (bb->rc == OK && bb->out.len > 0)
		note_failure(bb, stream_write(&bb->stream, bb->out.data, bb->out.len, ANSWER_MS));
	buf_clear(&bb->out);
}

static void want(struct bitbang *bb, uint8_t *dst, size_t count)
{
	if (bb->wanted_count == bb->wanted_capacity) {
		bb->wanted_capacity = bb->wanted_capacity ? 2 * bb->wanted_capacity : 256;
		bb->wanted = xrealloc(bb->wanted, bb->wanted_capacity * sizeof(*bb->wanted));
	}
	bb->wanted[bb->wanted_count++] = (struct wanted){ dst, count };
	if (bb->out.len > SEND_BYTES)
		send_out(bb);
}

static void put_jtag(void *priv, const uint8_t *tms, const uint8_t *tdi, uint8_t *tdo, size_t bits)
{
	struct bitbang *bb = priv;
	char *out = (char *)buf_reserve(&bb->out, 3 * bits + 1);
	size_t n = 0, pins = 0;

	for (size_t i = 0; i < bits; i++) {
		pins = (size_t)bit_get(tms, i) << 1 | (tdi == NULL || bit_get(tdi, i));
		out[n++] = (char)('0' + pins);		/* TCK low: TDO has settled */
		if (tdo != NULL)
			out[n++] = 'R';
		out[n++] = (char)('4' + pins);
	}
	out[n++] = (char)('0' + pins);			/* parked low */
	bb->out.len += n;
	if (tdo != NULL)
		want(bb, tdo, bits);
	else if (bb->out.len > SEND_BYTES)
		send_out(bb);
}

static void drive_swdio(struct bitbang *bb, bool on)
{
	if (bb->drives_swdio == on)
		return;
	buf_putc(&bb->out, on ? 'O' : 'o');
	bb->drives_swdio = on;
}

static void put_swd(void *priv, const uint8_t *swdio, uint8_t *in, size_t bits)
{
	struct bitbang *bb = priv;
	size_t n = 0;

	/* The first bit stands on the line before anyone drives it, so it never glitches. */
	if (swdio != NULL && !bb->drives_swdio && bits > 0)
		buf_putc(&bb->out, bit_get(swdio, 0) ? 'e' : 'd');
	drive_swdio(bb, swdio != NULL);
	char *out = (char *)buf_reserve(&bb->out, 3 * bits + 1);

	for (size_t i = 0; i < bits; i++) {
		bool high = swdio != NULL && bit_get(swdio, i);

		out[n++] = high ? 'e' : 'd';
		if (in != NULL)
			out[n++] = 'c';
		out[n++] = high ? 'g' : 'f';
	}
	bb->out.len += n;
	bb->swclk_is_high = true;
	if (in != NULL)
		want(bb, in, bits);
	else if (bb->out.len > SEND_BYTES)
		send_out(bb);
}

static enum err read_answers(struct bitbang *bb, const struct wanted *wanted)
{
	const uint8_t *answers;

	TRY(stream_peek(&bb->stream, wanted->count, &answers, ANSWER_MS));
	for (size_t i = 0; i < wanted->count; i++) {
		if (answers[i] != '0' && answers[i] != '1') {
			error_why(ERR_ADAPTER_LOST,
				  "the remote_bitbang server answered 0x%02x, not '0' or '1'",
				  answers[i]);
			return error_next(ERR_ADAPTER_LOST, "check \"remote_bitbang port\"");
		}
		bit_set(wanted->dst, i, answers[i] == '1');
	}
	stream_consume(&bb->stream, wanted->count);
	return OK;
}

static enum err flush_bits(void *priv)
{
	struct bitbang *bb = priv;

	if (bb->swclk_is_high)		/* parked low: an edge without a bit */
		buf_putc(&bb->out, 'd');
	bb->swclk_is_high = false;
	send_out(bb);
	for (size_t i = 0; i < bb->wanted_count && bb->rc == OK; i++)
		note_failure(bb, read_answers(bb, &bb->wanted[i]));
	bb->wanted_count = 0;
	enum err rc = bb->rc;

	bb->rc = OK;
	return rc;
}

static const struct bit_ops bit_ops = {
	.swd = put_swd,
	.jtag = put_jtag,
	.flush = flush_bits,
};

static enum err bitbang_open(struct adapter *adapter)
{
	const struct settings *settings = adapter_settings(adapter, &remote_bitbang_driver);
	struct error reason;
	enum err rc;
	int fd;

	log_info("Initializing remote_bitbang driver");
	if (settings->port == 0) {
		log_info("Connecting to unix socket %s", settings->host);
		rc = sock_connect_unix(settings->host, &fd);
	} else {
		log_info("Connecting to %s:%u", settings->host, settings->port);
		rc = sock_connect_tcp(settings->host, settings->port, CONNECT_MS, &fd);
	}
	if (rc != OK) {
		error_take(&reason);
		error_why(ERR_ADAPTER_NOT_FOUND, "%s", reason.why);
		return error_next(ERR_ADAPTER_NOT_FOUND, "start the server, check \"remote_bitbang "
							 "host\" and \"remote_bitbang port\"");
	}
	struct bitbang *bb = xcalloc(1, sizeof(*bb));

	bb->adapter = adapter;
	bb->stream.fd = fd;
	adapter->priv = bb;
	adapter->bits_priv = bb;
	log_info("remote_bitbang driver initialized");
	return OK;
}

static void bitbang_close(struct adapter *adapter)
{
	struct bitbang *bb = adapter->priv;

	if (!adapter->is_lost) {
		buf_putc(&bb->out, 'Q');
		send_out(bb);
		if (bb->rc != OK)
			error_clear();
		log_info("remote_bitbang interface quit");
	}
	stream_close(&bb->stream);
	buf_free(&bb->out);
	free(bb->wanted);
	free(bb);
	adapter->priv = NULL;
	adapter->bits_priv = NULL;
}

static enum err bitbang_set_reset(struct adapter *adapter, bool srst, bool trst)
{
	struct bitbang *bb = adapter->priv;

	buf_putc(&bb->out, (char)('r' + 2 * trst + srst));
	return flush_bits(bb);
}

/* SWDIO or TDO; the reset lines cannot be read back. */
static enum err bitbang_read_pins(struct adapter *adapter, enum pin_drive swdio,
				  struct pin_levels *levels)
{
	struct bitbang *bb = adapter->priv;
	bool is_jtag = adapter->transport == TRANSPORT_JTAG;
	uint8_t level = 0;

	if (!is_jtag && swdio != PIN_AS_IT_IS) {
		drive_swdio(bb, true);
		buf_putc(&bb->out, swdio == PIN_DRIVE_HIGH ? 'e' : 'd');
	}
	buf_putc(&bb->out, is_jtag ? 'R' : 'c');
	want(bb, &level, 1);
	TRY(flush_bits(bb));
	levels->known = is_jtag ? PIN_TDO : PIN_SWDIO;
	levels->high = level ? levels->known : 0;
	return OK;
}

static enum err cmd_host(struct call *c)
{
	struct settings *settings = adapter_settings(c->user, &remote_bitbang_driver);

	free(settings->host);
	settings->host = xstrdup(c->argv[1]);
	return OK;
}

static enum err cmd_port(struct call *c)
{
	struct settings *settings = adapter_settings(c->user, &remote_bitbang_driver);
	uint32_t port;

	TRY(arg_u32(c, 1, &port));
	if (port > 65535)
		return error_why(ERR_ARGUMENT,
				 "%" PRIu32 " is no TCP port (0 for a unix socket, or 1..65535)",
				 port);
	settings->port = (uint16_t)port;
	return OK;
}

static enum err cmd_remote_sleep(struct call *c)
{
	struct settings *settings = adapter_settings(c->user, &remote_bitbang_driver);

	return arg_bool(c, 1, &settings->remote_sleep);
}

static const struct command commands[] = {
	{ "remote_bitbang host", STAGE_CONFIG, 1, 1, "name|path", cmd_host,
	  "Host of the server, or the path of its unix socket when the port is 0." },
	{ "remote_bitbang port", STAGE_CONFIG, 1, 1, "number", cmd_port,
	  "TCP port of the server; 0 (or none given): a unix socket." },
	{ "remote_bitbang use_remote_sleep", STAGE_CONFIG, 1, 1, "on|off", cmd_remote_sleep,
	  "Accepted for other servers' configurations; pauses are made here." },
	{ "remote_bitbang_host", STAGE_CONFIG, 1, 1, "name|path", cmd_host,
	  "Old name of \"remote_bitbang host\"." },
	{ "remote_bitbang_port", STAGE_CONFIG, 1, 1, "number", cmd_port,
	  "Old name of \"remote_bitbang port\"." },
	{ 0 }
};

static const enum transport supported[] = { TRANSPORT_JTAG, TRANSPORT_SWD, TRANSPORT_NONE };

const struct adapter_driver remote_bitbang_driver = {
	.name = "remote_bitbang",
	.help = "A simulator or a bit-banging probe behind a socket",
	.transports = supported,
	.commands = commands,
	.new_settings = new_settings,
	.free_settings = free_settings,
	.open = bitbang_open,
	.close = bitbang_close,
	.set_reset = bitbang_set_reset,
	.read_pins = bitbang_read_pins,
	.any_transport = true,
	.bits = &bit_ops,
};
