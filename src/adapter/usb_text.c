/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "adapter/usb_text.h"

#include <string.h>

#include "adapter/usb.h"
#include "base/bytes.h"

#define ST_VID	     0x0483
#define ST_PID_V3PWR 0x3757	/* has 12 characters of its own */
#define ST_UNITS     12

static void put_utf8(struct buf *out, uint32_t code)
{
	if (code < 0x80) {
		buf_putc(out, (char)code);
	} else if (code < 0x800) {
		buf_putc(out, (char)(0xc0 | code >> 6));
		buf_putc(out, (char)(0x80 | (code & 0x3f)));
	} else {
		buf_putc(out, (char)(0xe0 | code >> 12));
		buf_putc(out, (char)(0x80 | (code >> 6 & 0x3f)));
		buf_putc(out, (char)(0x80 | (code & 0x3f)));
	}
}

/* How many UTF-16 units the descriptor holds; 0 if it is none. */
static size_t count_units(const uint8_t *raw, size_t n)
{
	if (n < 2 || raw[1] != 0x03)
		return 0;
	return (MIN((size_t)raw[0], n) - MIN((size_t)raw[0], (size_t)2)) / 2;
}

char *usb_text_of_descriptor(const uint8_t *raw, size_t n)
{
	size_t units = count_units(raw, n);
	struct buf out = { 0 };

	for (size_t i = 0; i < units; i++) {
		uint16_t unit = get_le16(raw + 2 + 2 * i);

		/* Control characters would spoil lists and logs; half a surrogate pair is no text. */
		put_utf8(&out, unit < 0x20 || unit == 0x7f || (unit & 0xf800) == 0xd800 ? '?' : unit);
	}
	return (char *)out.data;
}

static bool may_be_binary(const struct usb_device *device)
{
	return device->vid == ST_VID && (device->pid & 0xff00) == 0x3700 &&
	       device->pid != ST_PID_V3PWR;
}

static char *hex_of(const uint8_t *bytes, size_t n)
{
	struct buf out = { 0 };

	for (size_t i = 0; i < n; i++)
		buf_printf(&out, "%02X", bytes[i]);
	return (char *)out.data;
}

char *usb_serial_of_descriptor(const struct usb_device *device, const uint8_t *raw, size_t n)
{
	uint8_t bytes[ST_UNITS];

	if (!may_be_binary(device) || count_units(raw, n) != ST_UNITS)
		return usb_text_of_descriptor(raw, n);
	for (size_t i = 0; i < ST_UNITS; i++)
		bytes[i] = raw[2 + 2 * i];
	return hex_of(bytes, ST_UNITS);
}

bool usb_serial_is_binary(const struct usb_device *device, const char *text)
{
	return may_be_binary(device) &&
	       (strlen(text) != 24 || strspn(text, "0123456789abcdefABCDEF") != 24);
}

char *usb_hex_of_text(const char *text)
{
	uint8_t bytes[ST_UNITS];
	size_t n = 0;
	const uint8_t *p = (const uint8_t *)text;

	for (; *p != 0 && n < ST_UNITS; n++) {
		if ((*p & 0xe0) == 0xc0 && (p[1] & 0xc0) == 0x80) {
			bytes[n] = (uint8_t)(*p << 6 | (p[1] & 0x3f));
			p += 2;
		} else {
			bytes[n] = *p++;
		}
	}
	return n == ST_UNITS && *p == 0 ? hex_of(bytes, ST_UNITS) : NULL;
}

/* The kernel stops at a zero unit: then this is not the whole. */
char *usb_serial_of_text(const struct usb_device *device, const char *text)
{
	char *hex = may_be_binary(device) ? usb_hex_of_text(text) : NULL;

	return hex != NULL ? hex : xstrdup(text);
}
