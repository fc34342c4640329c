/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * agent: GDB's agent expressions (GDB manual, "The GDB Agent Expression Mechanism"): a small stack
 * machine on 64-bit integers, in which GDB sends the condition of a breakpoint.
 *
 * Pure: memory and registers come through the callbacks. Hostile bytes end in a verdict: the stack is
 * bounded, and so are the steps (a loop must end), and every operand is looked for inside the code. What
 * cannot be evaluated (memory that cannot be read, a register GDB alone knows, a division by zero,
 * tracing and floating point) is AGENT_FAILED: the caller stops the program, for a condition that is
 * not known to be false is not false.
 */
#ifndef SERVER_GDB_AGENT_H
#define SERVER_GDB_AGENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AGENT_STACK 64u
#define AGENT_STEPS 10000u

struct agent_world {
	/* n bytes of memory, as many as there are or none. */
	bool (*read)(void *ctx, uint32_t addr, uint8_t *dst, size_t n);
	/* By its number in target.xml. */
	bool (*reg)(void *ctx, unsigned number, uint64_t *value);
	void *ctx;
};

enum agent_verdict { AGENT_OK, AGENT_FAILED };

struct agent_result {
	enum agent_verdict verdict;
	int64_t value;			/* what was on top of the stack at `end` */
	const char *why;		/* of a failure, in words */
};

struct agent_result agent_run(const uint8_t *code, size_t n, const struct agent_world *world);

#endif
