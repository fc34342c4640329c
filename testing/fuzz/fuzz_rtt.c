/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RTT control blocks out of hostile RAM. `make check` links replay.c and runs the seeds. Input: the bytes
 * where an id was found.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "trace/rtt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(const struct rtt_channel *c)
{
	if (c->size == 0)
		return;
	assert(c->wr < c->size && c->rd < c->size && rtt_is_ram(c->buffer, c->size));
	assert(rtt_used(c) < c->size && rtt_used(c) + rtt_free(c) == c->size - 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct rtt_stale *list = NULL;
	struct rtt_block block;
	const char *why;
	size_t at;

	at = rtt_find_id(data, n, 0x20000000, 0, RTT_DEFAULT_ID);
	assert(at <= n && (at == n || at % 4 == 0));
	if (rtt_block_parse(&block, 0x20000000, data, n, &why)) {
		size_t bytes = rtt_block_bytes(data);

		assert(why == NULL && bytes <= n && block.up_count > 0);
		for (unsigned i = 0; i < block.up_count + block.down_count; i++)
			check(&block.channels[i]);
		rtt_remember(&list, block.addr, data, bytes, false);
		assert(rtt_judge(&list, block.addr, data, bytes) != RTT_UNKNOWN);
		rtt_forget(&list, UINT32_MAX);
		rtt_block_free(&block);
	}
	assert(block.channels == NULL);
	return 0;
}
