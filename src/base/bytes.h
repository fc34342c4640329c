/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes: little-endian access, hex, a growable byte buffer, and bit helpers. Header-only where a
 * function is one line. Sizes are in bytes unless the name says bits.
 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BIT(n)		 (1u << (n))
#define ARRAY_SIZE(a)	 (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b)	 ((a) < (b) ? (a) : (b))
#define MAX(a, b)	 ((a) > (b) ? (a) : (b))

static inline uint32_t bits_get(uint32_t value, unsigned msb, unsigned lsb)
{
	return (value >> lsb) & (0xffffffffu >> (31 - (msb - lsb)));
}

static inline uint16_t get_le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t get_le32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline void put_le16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static inline void put_le32(uint8_t *p, uint32_t v)
{
	put_le16(p, (uint16_t)v);
	put_le16(p + 2, (uint16_t)(v >> 16));
}

static inline uint32_t get_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline void put_be32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

/* Bit i of a bit string stored LSB first, as SWD and JTAG send it. */
static inline bool bit_get(const uint8_t *bits, size_t i)
{
	return (bits[i / 8] >> (i % 8)) & 1;
}

static inline void bit_set(uint8_t *bits, size_t i, bool v)
{
	if (v)
		bits[i / 8] |= (uint8_t)BIT(i % 8);
	else
		bits[i / 8] &= (uint8_t)~BIT(i % 8);
}

static inline bool parity_even(uint32_t v)
{
	return __builtin_parity(v);
}

/* Hex digit to 0..15, -1 if it is none. */
int hex_digit(char c);
/* Writes 2 * n lower-case digits and a NUL. */
void hex_encode(char *dst, const uint8_t *src, size_t n);
/* Reads digits/2 bytes; false if `digits` is odd or one of them is no hex digit. */
bool hex_decode(uint8_t *dst, const char *src, size_t digits);
/* Reads up to 8 hex digits; returns how many were used, 0 if none. */
size_t hex_u32(const char *src, size_t n, uint32_t *value);

/*
 * A growable byte buffer. Zero-initialise; free with buf_free. Appending never fails: running out
 * of memory ends the process (a debug server has nothing better to do). data is always followed by
 * a NUL that does not count in len.
 */
struct buf {
	uint8_t *data;
	size_t len, cap;
};
void buf_append(struct buf *b, const void *src, size_t n);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_putc(struct buf *b, char c);
/* Makes room for n more bytes and returns where they go; the caller adds to len. */
uint8_t *buf_reserve(struct buf *b, size_t n);
void buf_consume(struct buf *b, size_t n);	/* drops n bytes from the front */
void buf_clear(struct buf *b);
void buf_free(struct buf *b);
/* A JSON string with quotes; bytes above 0x7f pass as they are if they are valid UTF-8, else each
 * becomes U+FFFD. */
void buf_json_string(struct buf *b, const char *text);

/* Allocation that ends the process with a message instead of returning NULL. */
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t size);
char *xstrdup(const char *s);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *xvasprintf(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0)));

#endif
