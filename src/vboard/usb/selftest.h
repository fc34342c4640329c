/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * selftest: is umockdev's preload library there, and does it speak the protocol that preload.c
 * knows? It is private to the library, so a new version may change it.
 */
#ifndef VB_USB_SELFTEST_H
#define VB_USB_SELFTEST_H

#include "base/err.h"
#include "base/loop.h"

/* What check.c asks for and what it must get. */
#define CHECK_IOCTL  0x5601u
#define CHECK_RESULT 42

/* Runs `program` (check.c) as a client of `root` with these libraries. Takes a few ms. */
enum err vb_usb_self_test(struct loop *loop, const char *root, const char *preload,
			  const char *program);

#endif
