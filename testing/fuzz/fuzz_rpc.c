/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Tcl port's framing and the guard on hostile bytes: the caller's loop with its asserts. `make
 * check` links replay.c and runs the seeds; `make fuzz` builds it with libFuzzer.
 */
#include <assert.h>
#include <string.h>

#include "base/bytes.h"
#include "server/guard.h"
#include "server/tcl_rpc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char *const services[] = { "gdb", "telnet", "tcl" };
	const char *name = NULL;
	long length;

	while ((length = rpc_request_length(data, n)) >= 0) {
		assert((size_t)length < n && data[length] == RPC_END);
		assert(memchr(data, RPC_END, (size_t)length) == NULL);
		data += length + 1;
		n -= (size_t)length + 1;
	}
	/* Once foreign, more bytes do not make it one's own. */
	for (size_t i = 0; i < ARRAY_SIZE(services); i++) {
		for (size_t k = 0; k <= MIN(n, GUARD_BYTES); k++) {
			const char *now = guard_foreign(services[i], data, k);

			assert(name == NULL || k == 0 || now != NULL);
			name = now;
		}
		name = NULL;
	}
	return 0;
}
