/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/core/clock.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/log.h"

/*
 * An event handle is a ticket number in the clothes of a pointer: `struct vb_event` is never
 * defined. So a handle that was kept after its event fired can never name a newer event.
 */
struct slot {
	uint64_t when_ns;
	uint64_t ticket;
	vb_event_fn fn;
	void *ctx;
	const char *name;
};

struct vb_clock {
	uint64_t now_ns;
	uint64_t last_ticket;
	struct slot *queue;	/* latest first: the next one to fire is the last element */
	size_t count, cap;
	vb_runner_fn run, run_second;
	void *run_ctx, *second_ctx;
};

/* How far apart two cores may be: a few dozen instructions at the clock after reset. */
#define SLICE_NS 5000u

struct vb_clock *vb_clock_new(void)
{
	return xcalloc(1, sizeof(struct vb_clock));
}

void vb_clock_free(struct vb_clock *clock)
{
	if (clock == NULL)
		return;
	free(clock->queue);
	free(clock);
}

void vb_clock_set_runner(struct vb_clock *clock, vb_runner_fn run, void *ctx)
{
	clock->run = run;
	clock->run_ctx = ctx;
}

void vb_clock_set_second(struct vb_clock *clock, vb_runner_fn run, void *ctx)
{
	clock->run_second = run;
	clock->second_ctx = ctx;
}

uint64_t vb_clock_now(const struct vb_clock *clock)
{
	return clock->now_ns;
}

void vb_clock_note(struct vb_clock *clock, uint64_t now_ns)
{
	if (now_ns > clock->now_ns)
		clock->now_ns = now_ns;
}

uint64_t vb_clock_next(const struct vb_clock *clock)
{
	return clock->count ? clock->queue[clock->count - 1].when_ns : UINT64_MAX;
}

struct vb_event *vb_clock_after(struct vb_clock *clock, uint64_t delay_ns, vb_event_fn fn, void *ctx,
				const char *name)
{
	struct slot s = { .fn = fn, .ctx = ctx, .name = name, .ticket = ++clock->last_ticket };
	size_t i = clock->count;

	s.when_ns = delay_ns > UINT64_MAX - 1 - clock->now_ns ? UINT64_MAX - 1
							      : clock->now_ns + delay_ns;
	if (clock->count == clock->cap) {
		clock->cap = clock->cap ? clock->cap * 2 : 16;
		clock->queue = xrealloc(clock->queue, clock->cap * sizeof(*clock->queue));
	}
	/* Events of the same instant fire in the order in which they were scheduled. */
	while (i > 0 && clock->queue[i - 1].when_ns <= s.when_ns)
		i--;
	memmove(&clock->queue[i + 1], &clock->queue[i], (clock->count - i) * sizeof(s));
	clock->queue[i] = s;
	clock->count++;
	return (struct vb_event *)(uintptr_t)s.ticket;
}

void vb_clock_cancel(struct vb_clock *clock, struct vb_event *event)
{
	for (size_t i = 0; event != NULL && i < clock->count; i++) {
		if (clock->queue[i].ticket != (uintptr_t)event)
			continue;
		memmove(&clock->queue[i], &clock->queue[i + 1],
			(clock->count - i - 1) * sizeof(clock->queue[0]));
		clock->count--;
		return;
	}
}

static bool fire_due(struct vb_clock *clock)
{
	bool fired = false;

	while (vb_clock_next(clock) <= clock->now_ns) {
		struct slot s = clock->queue[--clock->count];

		log_trace("clock: %llu ns: %s", (unsigned long long)clock->now_ns, s.name);
		s.fn(s.ctx);
		fired = true;
	}
	return fired;
}

void vb_clock_advance(struct vb_clock *clock, uint64_t ns)
{
	uint64_t target = clock->now_ns + ns;

	for (;;) {
		fire_due(clock);
		if (clock->now_ns >= target)
			return;

		uint64_t before = clock->now_ns;
		uint64_t until = MIN(target, vb_clock_next(clock));

		if (clock->run_second)
			until = MIN(until, before + SLICE_NS);

		uint64_t reached = clock->run ? clock->run(clock->run_ctx, before, until) : until;

		vb_clock_note(clock, reached);
		/* A runner that neither moved nor scheduled anything on the way has nothing to run. */
		if (clock->now_ns == before && vb_clock_next(clock) >= until)
			clock->now_ns = until;
		if (clock->run_second)
			clock->run_second(clock->second_ctx, before, clock->now_ns);
	}
}
