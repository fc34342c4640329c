/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/tcl_rpc.h"

#include <string.h>

long rpc_request_length(const uint8_t *in, size_t n)
{
	const uint8_t *end = n > 0 ? memchr(in, RPC_END, n) : NULL;

	return end ? (long)(end - in) : -1;
}
