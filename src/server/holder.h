/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who has a port: for the message that says it is taken. */
#ifndef SERVER_HOLDER_H
#define SERVER_HOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "probed (pid 1234)"; false if it cannot be seen. Other users' processes cannot. */
bool holder_of_port(uint16_t port, char *text, size_t size);

#endif
