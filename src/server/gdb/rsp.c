/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/gdb/rsp.h"

#include <string.h>

#define ESCAPE	   0x7d
#define ESCAPE_XOR 0x20
/* "c*n": n - 29 more copies. n is printable and never '#' or '$' (GDB manual, Overview). */
#define RUN_BIAS   29
#define RUN_MAX	   (126 - RUN_BIAS)
#define RUN_MIN	   3	/* shorter ones save nothing */

static uint8_t sum_of(const uint8_t *data, size_t n)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum = (uint8_t)(sum + data[i]);
	return sum;
}

static struct rsp_item packet(const uint8_t *in, size_t len)
{
	const char *digits = (const char *)in + 1 + len + 1;
	int high = hex_digit(digits[0]), low = hex_digit(digits[1]);
	bool good = high >= 0 && low >= 0 && sum_of(in + 1, len) == (high << 4 | low);

	return (struct rsp_item){ .kind = good ? RSP_PACKET : RSP_BAD_SUM, .used = len + 4,
				  .body = in + 1, .len = len };
}

struct rsp_item rsp_next(const uint8_t *in, size_t n)
{
	if (n == 0)
		return (struct rsp_item){ .kind = RSP_MORE };
	switch (in[0]) {
	case '+':  return (struct rsp_item){ .kind = RSP_ACK, .used = 1 };
	case '-':  return (struct rsp_item){ .kind = RSP_NAK, .used = 1 };
	case 0x03: return (struct rsp_item){ .kind = RSP_INTERRUPT, .used = 1 };
	case '$':  break;
	default:   return (struct rsp_item){ .kind = RSP_NOISE, .used = 1 };
	}

	/* Binary data carries '#' as "}\x03", so the first bare '#' ends the packet. */
	const uint8_t *hash = memchr(in + 1, '#', n - 1);
	size_t len = (hash ? (size_t)(hash - in) : n) - 1;
	/* And '$' as "}\x04": a bare one means that the sender started over. */
	const uint8_t *restart = memchr(in + 1, '$', len);

	if (restart != NULL)
		return (struct rsp_item){ .kind = RSP_NOISE, .used = (size_t)(restart - in) };
	if (hash == NULL || n < len + 4)
		return (struct rsp_item){ .kind = RSP_MORE };
	return packet(in, len);
}

size_t rsp_unescape(uint8_t *dst, const uint8_t *src, size_t n)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		if (src[i] != ESCAPE)
			dst[len++] = src[i];
		else if (++i < n)
			dst[len++] = src[i] ^ ESCAPE_XOR;
	}
	return len;
}

static bool needs_escape(uint8_t c)
{
	return c == '#' || c == '$' || c == '*' || c == ESCAPE;
}

void rsp_escape(struct buf *out, const void *data, size_t n)
{
	const uint8_t *src = data;
	uint8_t *dst = buf_reserve(out, 2 * n), *start = dst;

	for (size_t i = 0; i < n; i++) {
		if (needs_escape(src[i])) {
			*dst++ = ESCAPE;
			*dst++ = src[i] ^ ESCAPE_XOR;
		} else {
			*dst++ = src[i];
		}
	}
	*dst = '\0';
	out->len += (size_t)(dst - start);
}

size_t rsp_escape_fits(const uint8_t *data, size_t n, size_t room)
{
	size_t i;

	for (i = 0; i < n; i++) {
		size_t cost = needs_escape(data[i]) ? 2 : 1;

		if (cost > room)
			break;
		room -= cost;
	}
	return i;
}

/* How many more copies of body[0] follow, at most what one run can say. */
static size_t run_length(const uint8_t *body, size_t n)
{
	size_t more = 0;

	while (more < RUN_MAX && more + 1 < n && body[more + 1] == body[0])
		more++;
	if (more + RUN_BIAS == '#' || more + RUN_BIAS == '$')
		more = '"' - RUN_BIAS;
	return more < RUN_MIN ? 0 : more;
}

static void append_with_runs(struct buf *out, const uint8_t *body, size_t n)
{
	for (size_t i = 0; i < n;) {
		size_t more = run_length(body + i, n - i);

		buf_putc(out, (char)body[i]);
		if (more > 0) {
			buf_putc(out, '*');
			buf_putc(out, (char)(more + RUN_BIAS));
		}
		i += 1 + more;
	}
}

static void close_frame(struct buf *out, size_t start)
{
	buf_printf(out, "#%02x", sum_of(out->data + start, out->len - start));
}

void rsp_frame(struct buf *out, const void *body, size_t n, bool runs)
{
	buf_putc(out, '$');
	size_t start = out->len;

	if (runs)
		append_with_runs(out, body, n);
	else
		buf_append(out, body, n);
	close_frame(out, start);
}

void rsp_notify(struct buf *out, const char *body)
{
	buf_putc(out, '%');
	size_t start = out->len;

	buf_append(out, body, strlen(body));
	close_frame(out, start);
}

bool rsp_take_hex(struct rsp_args *args, uint32_t *value)
{
	const char *p = args->at;
	uint64_t v = 0;

	for (; p < args->end && hex_digit(*p) >= 0; p++) {
		v = v << 4 | (uint64_t)hex_digit(*p);
		if (v > UINT32_MAX)
			return false;
	}
	if (p == args->at)
		return false;
	args->at = p;
	*value = (uint32_t)v;
	return true;
}

bool rsp_take_char(struct rsp_args *args, char c)
{
	if (args->at == args->end || *args->at != c)
		return false;
	args->at++;
	return true;
}

bool rsp_take_word(struct rsp_args *args, const char *word)
{
	size_t n = strlen(word);

	if (rsp_left(args) < n || memcmp(args->at, word, n) != 0)
		return false;
	args->at += n;
	return true;
}

bool rsp_take_pair(struct rsp_args *args, uint32_t *first, char between, uint32_t *second)
{
	struct rsp_args walk = *args;

	if (!rsp_take_hex(&walk, first) || !rsp_take_char(&walk, between) ||
	    !rsp_take_hex(&walk, second))
		return false;
	*args = walk;
	return true;
}

bool rsp_at_end(const struct rsp_args *args)
{
	return args->at == args->end;
}

size_t rsp_left(const struct rsp_args *args)
{
	return (size_t)(args->end - args->at);
}
