/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Agent expressions from a hostile client. `make check` links replay.c and runs the seeds. Input: the
 * code; memory and registers answer with bytes of it, or not at all.
 */
#include <assert.h>
#include <string.h>

#include "server/gdb/agent.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct input {
	const uint8_t *data;
	size_t n;
	unsigned asked;
};

static bool read_memory(void *ctx, uint32_t addr, uint8_t *dst, size_t n)
{
	struct input *in = ctx;

	in->asked++;
	memset(dst, (int)(addr & 0xff), n);
	return in->n == 0 || in->data[addr % in->n] != 0;
}

static bool read_reg(void *ctx, unsigned number, uint64_t *value)
{
	struct input *in = ctx;

	in->asked++;
	*value = number * 0x0101010101010101ull;
	return number < 128;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct input in = { data, n, 0 };
	const struct agent_world world = { read_memory, read_reg, &in };
	struct agent_result r = agent_run(data, n, &world);

	assert((r.verdict == AGENT_FAILED) == (r.why != NULL));
	assert(in.asked <= AGENT_STEPS);
	assert(n != 0 || r.verdict == AGENT_FAILED);
	return 0;
}
