/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guard: what a client's first bytes say about its protocol. A web page can make a browser send to
 * local ports, so the bytes of other protocols must never reach a command interpreter.
 */
#ifndef SERVER_GUARD_H
#define SERVER_GUARD_H

#include <stddef.h>
#include <stdint.h>

/* Enough to recognise every protocol of the table. */
#define GUARD_BYTES 16

/* The name of the foreign protocol that in[0..n) begins with, NULL if it is none (or not yet: ask
 * again with more until GUARD_BYTES are there). Always decided before the first line ends. `service`
 * is who listens: GDB's packets are foreign to all but "gdb". */
const char *guard_foreign(const char *service, const uint8_t *in, size_t n);

#endif
