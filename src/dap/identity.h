/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * identity: the number a chip was born with, to tell two boards of one kind apart.
 *
 * It is read through the MEM-AP of the core, which may run on: the words lie in system memory or in
 * fuse shadow registers. Written as hex digits, two per byte, in the order of the bytes in memory:
 * the first two digits are the byte at the lowest address. STM32: 12 bytes; i.MX RT: CFG0 and CFG1,
 * 8 bytes.
 */
#ifndef DAP_IDENTITY_H
#define DAP_IDENTITY_H

#include "dap/dap.h"

#define IDENTITY_DIGITS 32u

struct identity {
	const char *chip;		/* "STM32L47x/L48x"; static text */
	char uid[IDENTITY_DIGITS + 1];
};

/* ERR_UNSUPPORTED: the table does not know this chip; the message says what it is. */
enum err identity_read(struct dap *dap, struct identity *identity);
/* The chip behind the probe, before anything is configured for it: opens the probe and closes it again.
 * ERR_ADAPTER_*, ERR_DAP_* with a diagnosis; ERR_UNSUPPORTED as identity_read(). */
enum err identity_detect(struct dap_list *list, struct identity *identity);
/* The digits of `text` in lower case, without 0x and without blanks, colons and hyphens between.
 * ERR_ARGUMENT. `digits` has room for IDENTITY_DIGITS and the end. */
enum err identity_parse(const char *text, char *digits);
/* OK, or ERR_ADAPTER_NOT_FOUND if adapter->target_uid is set and this target's is another. */
enum err identity_check(struct dap *dap);
/* adapter_hooks.choose_by_target; ctx is the struct dap_list. */
enum err identity_choose(void *ctx, struct probe *list, struct probe **chosen);

#endif
