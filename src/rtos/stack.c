/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How much of a thread's stack is left. What is free now follows from its SP. What was never used is the
 * kernel's fill pattern, counted from the far end: exactly when a thread is seen first, and again when one
 * of a few places in what was unused at the last stop has lost the pattern. All threads' places are read
 * in one trip.
 */
#include <stdlib.h>
#include <string.h>

#include "rtos/rtos_priv.h"

#define STACK_MAX 0x40000u		/* of one thread; more is a wrong pointer */
#define PROBES	  8u			/* places that are looked at, the last one at the end */

struct rtos_stack {
	uint32_t id, base;
	uint32_t unused;		/* bytes; 0: no pattern, or nothing left */
	uint32_t seen;			/* the epoch of the look */
	uint8_t words[PROBES][4];
};

void rtos_stacks_free(struct rtos *os)
{
	free(os->stacks);
	os->stacks = NULL;
	os->stack_count = 0;
}

/* How far the fill pattern goes in what was read. */
static uint32_t count_fill(const uint8_t *data, uint32_t n, uint8_t fill)
{
	uint32_t i = 0;

	while (i < n && data[i] == fill)
		i++;
	return i;
}

static uint32_t limit_of(const struct rtos_thread *thread)
{
	uint32_t limit = thread->stack_size != 0 ? thread->stack_size : STACK_MAX;

	if (thread->saved_sp > thread->stack_base)
		limit = MIN(limit, thread->saved_sp - thread->stack_base);
	return MIN(limit, STACK_MAX);
}

static bool has_pattern(const struct rtos *os, const struct rtos_thread *thread)
{
	return os->type != NULL && os->type->fill != 0 && rtos_is_object(thread->stack_base);
}

bool rtos_headroom(struct rtos *os, const struct rtos_thread *thread, uint32_t *bytes)
{
	uint32_t n = 0, part, filled, limit = limit_of(thread);
	uint8_t data[512];

	*bytes = 0;
	if (!has_pattern(os, thread))
		return false;
	while (n < limit) {
		part = MIN(limit - n, (uint32_t)sizeof(data));
		if (target_read_bytes(os->target, thread->stack_base + n, data, part, NULL) != OK)
			break;
		filled = count_fill(data, part, os->type->fill);
		n += filled;
		if (filled < part)
			break;
	}
	error_clear();
	*bytes = n;
	return n >= 4;
}

static struct rtos_stack *find(struct rtos *os, const struct rtos_thread *thread)
{
	for (size_t i = 0; i < os->stack_count; i++) {
		if (os->stacks[i].id == thread->id && os->stacks[i].base == thread->stack_base)
			return &os->stacks[i];
	}
	return NULL;
}

static void look_again(struct rtos *os, const struct rtos_thread *thread, struct rtos_stack *stack)
{
	if (!rtos_headroom(os, thread, &stack->unused))
		stack->unused = 0;
	stack->seen = os->epoch;
}

/* Evenly spread from the far end to the last unused word. */
static uint32_t probe_at(const struct rtos_stack *stack, uint32_t i)
{
	uint32_t last = (stack->unused - 4) & ~3u;

	return stack->base + (uint32_t)((uint64_t)last * i / (PROBES - 1)) / 4 * 4;
}

static bool is_unchanged(const struct rtos *os, const struct rtos_stack *stack)
{
	for (uint32_t i = 0; i < PROBES; i++) {
		if (count_fill(stack->words[i], 4, os->type->fill) < 4)
			return false;
	}
	return true;
}

/* One trip for all that were known before. */
static void probe_all(struct rtos *os)
{
	struct read_span *spans = xcalloc(os->count * PROBES + 1, sizeof(*spans));
	struct rtos_stack *stack;
	size_t n = 0;

	for (size_t i = 0; i < os->count; i++) {
		stack = find(os, &os->threads[i]);
		if (stack == NULL || stack->seen == os->epoch || stack->unused < 4)
			continue;
		for (uint32_t k = 0; k < PROBES; k++)
			spans[n++] = (struct read_span){ probe_at(stack, k), 4, stack->words[k] };
	}
	bool is_read = n == 0 || target_read_spans(os->target, spans, n) == OK;

	error_clear();
	free(spans);
	for (size_t i = 0; i < os->count; i++) {
		stack = find(os, &os->threads[i]);
		if (stack == NULL || stack->seen == os->epoch || stack->unused < 4)
			continue;
		if (is_read && is_unchanged(os, stack))
			stack->seen = os->epoch;
		else
			look_again(os, &os->threads[i], stack);
	}
}

/* Threads that are gone are forgotten, new ones are counted. */
static void follow_threads(struct rtos *os)
{
	struct rtos_stack *now = xcalloc(os->count + 1, sizeof(*now)), *old;
	size_t n = 0;

	for (size_t i = 0; i < os->count; i++) {
		if (!has_pattern(os, &os->threads[i]))
			continue;
		old = find(os, &os->threads[i]);
		now[n] = (struct rtos_stack){ .id = os->threads[i].id, .base = os->threads[i].stack_base };
		if (old != NULL)
			now[n] = *old;
		else
			look_again(os, &os->threads[i], &now[n]);
		n++;
	}
	free(os->stacks);
	os->stacks = now;
	os->stack_count = n;
}

void rtos_look_at_stacks(struct rtos *os)
{
	if (os->type == NULL || os->stacks_epoch_is_seen)
		return;
	probe_all(os);
	follow_threads(os);
	os->stacks_epoch_is_seen = os->is_fresh;
}

bool rtos_never_used(struct rtos *os, const struct rtos_thread *thread, uint32_t *bytes)
{
	const struct rtos_stack *stack;

	rtos_look_at_stacks(os);
	stack = find(os, thread);
	*bytes = stack != NULL ? stack->unused : 0;
	return *bytes >= 4;
}

/* Of the thread that runs the core has it: PSP, or SP where a kernel has all on one stack. */
static bool stack_pointer(const struct rtos *os, const struct rtos_thread *thread, uint32_t *sp)
{
	struct target *t = os->target;

	*sp = thread->saved_sp;
	if (!thread->is_current)
		return true;
	if (t->state != TARGET_HALTED)
		return false;
	if (target_get_reg32(t, os->type->is_on_psp ? "psp" : "sp", sp) == OK)
		return true;
	error_clear();
	return false;
}

bool rtos_stack_left(const struct rtos *os, const struct rtos_thread *thread, int64_t *bytes)
{
	uint32_t sp;

	if (os->type == NULL || thread->stack_base == 0 || !stack_pointer(os, thread, &sp) ||
	    !rtos_is_object(sp & ~3u))
		return false;
	*bytes = (int64_t)sp - thread->stack_base;
	return *bytes < STACK_MAX && *bytes > -(int64_t)STACK_MAX;
}

/* A stack that is a variable: as long as that one, if no other thread's lies in it. */
void rtos_find_stack_sizes(struct rtos *os)
{
	struct symbol symbol;

	for (size_t i = 0; i < os->count; i++) {
		struct rtos_thread *thread = &os->threads[i];

		if (thread->stack_size != 0 || thread->stack_base == 0 ||
		    !symbols_at(os->target->symbols, thread->stack_base, &symbol) || symbol.is_function ||
		    symbol.addr != thread->stack_base || symbol.size > STACK_MAX)
			continue;
		thread->stack_size = symbol.size;
		for (size_t k = 0; k < os->count; k++) {
			if (k != i && os->threads[k].stack_base - symbol.addr < symbol.size)
				thread->stack_size = 0;
		}
	}
}

void rtos_describe(struct rtos *os, const struct rtos_thread *thread, struct buf *out)
{
	uint32_t unused;
	int64_t left;

	buf_printf(out, "%s", thread->state);
	if (thread->has_priority)
		buf_printf(out, ", priority %d", thread->priority);
	if (thread->has_base_priority && thread->base_priority != thread->priority)
		buf_printf(out, ", by inheritance, its own is %d", thread->base_priority);
	if (rtos_stack_left(os, thread, &left)) {
		if (left < 0)
			buf_printf(out, ", STACK OVERFLOW by %d bytes", (int)-left);
		else if (thread->stack_size != 0)
			buf_printf(out, ", %d of %u bytes of stack free", (int)left, thread->stack_size);
		else
			buf_printf(out, ", %d bytes of stack free", (int)left);
	}
	if (rtos_never_used(os, thread, &unused))
		buf_printf(out, ", %u never used", unused);
}
