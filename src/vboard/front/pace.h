/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vb_pace: lets the board's clock follow wall time between requests.
 *
 * A request has its own cost in virtual time; the wall time it took to compute that does not count.
 * So a front end calls catch_up() before it works on a request (the board lived until now) and
 * mark() after. A timer calls catch_up() in between. If the CPU model is slower than the real one,
 * time lags: the rest of a step is dropped, so that sockets stay served.
 */
#ifndef VB_FRONT_PACE_H
#define VB_FRONT_PACE_H

#include "base/loop.h"
#include "vboard/core/clock.h"

struct vb_pace;

struct vb_pace *vb_pace_new(struct loop *loop, struct vb_clock *clock);
void vb_pace_free(struct vb_pace *pace);
/* NULL (deterministic mode): these do nothing. */
void vb_pace_catch_up(struct vb_pace *pace);
void vb_pace_mark(struct vb_pace *pace);

#endif
