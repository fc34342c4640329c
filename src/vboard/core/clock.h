/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vb_clock: the virtual board's own time, in nanoseconds since power-on of the program.
 *
 * Nothing on the board looks at wall time. Time moves only in vb_clock_advance(), which runs the
 * CPU and fires due events in order on the way, so two runs with the same requests see the same
 * numbers. A front end calls it with what the request would have cost on hardware (wire bits, USB
 * transactions); in real-time mode main.c adds what the wall clock moved between requests.
 *
 * Events are one-shot. A callback may schedule and cancel events and may change the CPU, but must
 * not call vb_clock_advance(). Cancelling an event that has fired is harmless.
 */
#ifndef VB_CORE_CLOCK_H
#define VB_CORE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct vb_clock;
struct vb_event;

typedef void (*vb_event_fn)(void *ctx);
/*
 * Runs the CPU from clock->now to at most `until_ns` and returns the time it really reached
 * (never less than now). It returns early when an instruction changed something that the event
 * list must see first (a peripheral scheduled an event).
 */
typedef uint64_t (*vb_runner_fn)(void *ctx, uint64_t now_ns, uint64_t until_ns);

struct vb_clock *vb_clock_new(void);
void vb_clock_free(struct vb_clock *clock);
/*
 * The CPU that time follows. A second one runs after it, in short slices, up to the time that the first
 * has reached: the clock then stands at the end of the slice already. NULL takes a runner away.
 */
void vb_clock_set_runner(struct vb_clock *clock, vb_runner_fn run, void *ctx);
void vb_clock_set_second(struct vb_clock *clock, vb_runner_fn run, void *ctx);

uint64_t vb_clock_now(const struct vb_clock *clock);
/* While the CPU runs, `now` follows it: the runner reports progress here before each MMIO access. */
void vb_clock_note(struct vb_clock *clock, uint64_t now_ns);
void vb_clock_advance(struct vb_clock *clock, uint64_t ns);

/* `name` is for the trace only and must outlive the event. Delay 0 fires at the next advance. */
struct vb_event *vb_clock_after(struct vb_clock *clock, uint64_t delay_ns, vb_event_fn fn, void *ctx,
				const char *name);
void vb_clock_cancel(struct vb_clock *clock, struct vb_event *event);
/* Time of the earliest event, UINT64_MAX if none. */
uint64_t vb_clock_next(const struct vb_clock *clock);

#endif
