/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `rtos check`: what is wrong with the threads, or will be soon, in sentences with the next step. Stacks
 * that overflow first, for they are what spoils the rest.
 */
#include <inttypes.h>
#include <stdio.h>

#include "rtos/rtos_priv.h"

struct check {
	struct rtos *os;
	struct buf *out;
	uint32_t limit;			/* bytes of stack that should never be used */
	unsigned findings, unknown;
	const struct rtos_thread *least;	/* with the least stack never used */
	uint32_t least_bytes;
};

static const char *name_of(const struct rtos_thread *thread)
{
	return thread->name[0] != '\0' ? thread->name : "(no name)";
}

static void find(struct check *k, const struct rtos_thread *thread)
{
	buf_printf(k->out, "%s (0x%08x): ", name_of(thread), thread->id);
	k->findings++;
}

/* Some thread has the pattern: then one that has none has used its stack to the end. */
static bool any_pattern(struct rtos *os)
{
	uint32_t bytes;

	for (size_t i = 0; i < os->count; i++) {
		if (rtos_never_used(os, &os->threads[i], &bytes))
			return true;
	}
	return false;
}

static void check_stack(struct check *k, const struct rtos_thread *thread, bool has_pattern)
{
	uint32_t unused = 0;
	int64_t left = 0;
	bool knows_left = rtos_stack_left(k->os, thread, &left);

	if (thread->id == RTOS_CORE || thread->stack_base == 0)
		return;
	if (knows_left && left < 0) {
		find(k, thread);
		buf_printf(k->out, "its stack has overflowed: SP is %" PRId64 " bytes below the stack's "
			   "end at 0x%08x; what lies there is spoilt: give it a larger stack\n", -left,
			   thread->stack_base);
		return;
	}
	if (!rtos_headroom(k->os, thread, &unused)) {
		k->unknown += !has_pattern;
		if (!has_pattern)
			return;
		find(k, thread);
		buf_printf(k->out, "its stack was used to the last byte, or beyond: look at what lies "
			   "below 0x%08x, and give it a larger stack\n", thread->stack_base);
		return;
	}
	if (k->least == NULL || unused < k->least_bytes) {
		k->least = thread;
		k->least_bytes = unused;
	}
	if (unused >= k->limit)
		return;
	find(k, thread);
	buf_printf(k->out, "only %u bytes of its stack were never used, less than %u: give it a larger "
		   "stack\n", unused, k->limit);
}

static const struct rtos_thread *next_of(const struct rtos *os, const struct rtos_thread *thread)
{
	return thread->holder != 0 && thread->holder != thread->id ? rtos_find(os, thread->holder) : NULL;
}

/* Does the chain of who waits for whom come back to `first`? Told once, at its lowest id. */
static bool is_deadlock(const struct rtos *os, const struct rtos_thread *first)
{
	const struct rtos_thread *at = next_of(os, first);

	for (size_t i = 0; at != NULL && i < os->count; i++) {
		if (at == first)
			return true;
		if (at->id < first->id)
			return false;
		at = next_of(os, at);
	}
	return false;
}

static void check_waits(struct check *k, const struct rtos_thread *thread)
{
	const struct rtos_thread *holder = next_of(k->os, thread), *at = holder;

	if (thread->holder != 0 && thread->holder == thread->id && !thread->is_current) {
		find(k, thread);
		buf_printf(k->out, "waits for what it holds itself (0x%08x): a mutex that is no recursive "
			   "one was taken twice\n", thread->waits_for);
		return;
	}
	if (holder == NULL)
		return;
	if (is_deadlock(k->os, thread)) {
		find(k, thread);
		buf_printf(k->out, "deadlock: it waits for 0x%08x, which %s holds", thread->waits_for,
			   name_of(holder));
		for (; at != thread; at = next_of(k->os, at))
			buf_printf(k->out, "; %s waits for 0x%08x, which %s holds", name_of(at),
				   at->waits_for, name_of(next_of(k->os, at)));
		buf_printf(k->out, ": take the two in the same order everywhere\n");
	}
}

static void check_lists(struct check *k)
{
	if (k->os->damage[0] == '\0')
		return;
	k->findings++;
	buf_printf(k->out, "the kernel's data are damaged: %s: look for an overflowed stack, a wild "
		   "pointer, or an ELF file of another program\n", k->os->damage);
}

unsigned rtos_check(struct rtos *os, uint32_t limit, struct buf *out)
{
	struct check k = { .os = os, .out = out, .limit = limit };
	bool has_pattern = any_pattern(os);

	check_lists(&k);
	for (size_t i = 0; i < os->count; i++)
		check_stack(&k, &os->threads[i], has_pattern);
	for (size_t i = 0; i < os->count; i++)
		check_waits(&k, &os->threads[i]);
	if (k.findings == 0)
		buf_printf(out, "nothing wrong with %zu threads", os->count);
	if (k.findings == 0 && k.least != NULL)
		buf_printf(out, "; the least stack is left to %s: %u bytes were never used",
			   name_of(k.least), k.least_bytes);
	if (k.findings == 0)
		buf_printf(out, "\n");
	if (k.unknown > 0)
		buf_printf(out, "of %u threads the use of the stack is not known: the kernel does not fill "
			   "stacks with a pattern in this program\n", k.unknown);
	return k.findings;
}
