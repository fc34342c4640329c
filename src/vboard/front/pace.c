/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/front/pace.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "base/clock.h"

#define TICK_MS	    5u
#define SLICE_NS    200000u	/* virtual time per look at the wall clock */
#define BUDGET_NS   2500000u	/* wall time one step may take: half a tick */
#define LONGEST_NS  50000000u	/* after a long stop (a debugger, a suspend) time does not race */

struct vb_pace {
	struct loop *loop;
	struct vb_clock *clock;
	struct loop_timer *timer;
	uint64_t wall_ns;	/* up to here the board's clock has followed */
};

void vb_pace_catch_up(struct vb_pace *pace)
{
	uint64_t start_ns, behind_ns;

	if (pace == NULL)
		return;
	start_ns = clock_now_ns();
	behind_ns = MIN(start_ns - pace->wall_ns, LONGEST_NS);
	while (behind_ns > 0 && clock_now_ns() - start_ns < BUDGET_NS) {
		uint64_t step_ns = MIN(behind_ns, SLICE_NS);

		vb_clock_advance(pace->clock, step_ns);
		behind_ns -= step_ns;
	}
	pace->wall_ns = start_ns;
}

void vb_pace_mark(struct vb_pace *pace)
{
	if (pace != NULL)
		pace->wall_ns = clock_now_ns();
}

static void on_tick(void *ctx)
{
	vb_pace_catch_up(ctx);
}

struct vb_pace *vb_pace_new(struct loop *loop, struct vb_clock *clock)
{
	struct vb_pace *pace = xcalloc(1, sizeof(*pace));

	pace->loop = loop;
	pace->clock = clock;
	pace->wall_ns = clock_now_ns();
	pace->timer = loop_add_timer(loop, TICK_MS, TICK_MS, on_tick, pace);
	return pace;
}

void vb_pace_free(struct vb_pace *pace)
{
	if (pace == NULL)
		return;
	loop_remove_timer(pace->loop, pace->timer);
	free(pace);
}
