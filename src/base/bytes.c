/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

void hex_encode(char *dst, const uint8_t *src, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		*dst++ = digits[src[i] >> 4];
		*dst++ = digits[src[i] & 15];
	}
	*dst = '\0';
}

bool hex_decode(uint8_t *dst, const char *src, size_t digits)
{
	if (digits % 2)
		return false;
	for (size_t i = 0; i < digits; i += 2) {
		int high = hex_digit(src[i]), low = hex_digit(src[i + 1]);

		if (high < 0 || low < 0)
			return false;
		dst[i / 2] = (uint8_t)(high << 4 | low);
	}
	return true;
}

size_t hex_u32(const char *src, size_t n, uint32_t *value)
{
	size_t used = 0;

	*value = 0;
	while (used < n && used < 8 && hex_digit(src[used]) >= 0)
		*value = *value << 4 | (uint32_t)hex_digit(src[used++]);
	return used;
}

static void out_of_memory(void)
{
	fputs("Error: out of memory\n", stderr);
	abort();
}

void *xcalloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	if (p == NULL)
		out_of_memory();
	return p;
}

void *xrealloc(void *p, size_t size)
{
	p = realloc(p, size ? size : 1);
	if (p == NULL)
		out_of_memory();
	return p;
}

char *xstrdup(const char *s)
{
	char *copy = strdup(s);

	if (copy == NULL)
		out_of_memory();
	return copy;
}

char *xvasprintf(const char *fmt, va_list ap)
{
	char *text;

	if (vasprintf(&text, fmt, ap) < 0)
		out_of_memory();
	return text;
}

char *xasprintf(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	char *text = xvasprintf(fmt, ap);

	va_end(ap);
	return text;
}

uint8_t *buf_reserve(struct buf *b, size_t n)
{
	if (b->len + n + 1 > b->cap) {
		b->cap = MAX(b->cap * 2, b->len + n + 64);
		b->data = xrealloc(b->data, b->cap);
	}
	return b->data + b->len;
}

void buf_append(struct buf *b, const void *src, size_t n)
{
	uint8_t *dst = buf_reserve(b, n);

	if (n > 0)
		memcpy(dst, src, n);
	b->len += n;
	b->data[b->len] = '\0';
}

void buf_putc(struct buf *b, char c)
{
	buf_append(b, &c, 1);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap, again;

	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);

	va_end(ap);
	if (n > 0) {
		vsnprintf((char *)buf_reserve(b, (size_t)n), (size_t)n + 1, fmt, again);
		b->len += (size_t)n;
	}
	va_end(again);
}

void buf_consume(struct buf *b, size_t n)
{
	if (n == 0)
		return;
	memmove(b->data, b->data + n, b->len - n + 1);	/* with the NUL */
	b->len -= n;
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	if (b->data != NULL)
		b->data[0] = '\0';
}

void buf_free(struct buf *b)
{
	free(b->data);
	memset(b, 0, sizeof(*b));
}

/* Length of the UTF-8 sequence of 2 to 4 bytes at s, 0 if it is none (RFC 3629). */
static size_t utf8_bytes(const unsigned char *s)
{
	static const struct {
		uint8_t first, last;		/* first byte */
		uint8_t low, high;		/* second byte; all others are 80..bf */
		uint8_t bytes;
	} forms[] = {
		{ 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 },
		{ 0xee, 0xef, 0x80, 0xbf, 3 }, { 0xf0, 0xf0, 0x90, 0xbf, 4 },
		{ 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		size_t n = 2;

		if (s[0] < forms[i].first || s[0] > forms[i].last)
			continue;
		if (s[1] < forms[i].low || s[1] > forms[i].high)
			return 0;
		while (n < forms[i].bytes && (s[n] & 0xc0) == 0x80)
			n++;
		return n == forms[i].bytes ? n : 0;
	}
	return 0;
}

void buf_json_string(struct buf *b, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t n;

	buf_putc(b, '"');
	for (; *s != '\0'; s += n) {
		n = 1;
		if (*s == '"' || *s == '\\') {
			buf_printf(b, "\\%c", *s);
		} else if (*s < 0x20 || *s == 0x7f) {
			buf_printf(b, "\\u%04x", *s);
		} else if (*s < 0x80) {
			buf_putc(b, (char)*s);
		} else if ((n = utf8_bytes(s)) > 0) {
			buf_append(b, s, n);
		} else {
			buf_printf(b, "\\ufffd");
			n = 1;
		}
	}
	buf_putc(b, '"');
}
