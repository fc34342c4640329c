/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * usb_text: string descriptors as text. Serial numbers of old ST-LINK firmware (V2, and V2-1 in its
 * loader) are no text: 12 UTF-16 units whose low bytes are the chip's unique id. Everybody shows
 * them as 24 hex digits, so we do. All results are malloc'ed, or NULL.
 */
#ifndef ADAPTER_USB_TEXT_H
#define ADAPTER_USB_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct usb_device;

/* `raw`: a whole descriptor, bLength first. UTF-8. */
char *usb_text_of_descriptor(const uint8_t *raw, size_t n);
char *usb_serial_of_descriptor(const struct usb_device *device, const uint8_t *raw, size_t n);
/* Whether this text, as the kernel made it of the descriptor, stands for such bytes. */
bool usb_serial_is_binary(const struct usb_device *device, const char *text);
/* The low bytes of 12 characters of UTF-8, as hex digits; NULL if there are not 12. */
char *usb_hex_of_text(const char *text);
char *usb_serial_of_text(const struct usb_device *device, const char *text);

#endif
