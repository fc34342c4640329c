/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of the control port's own verbs. */
#ifndef VB_CONTROL_VERBS_H
#define VB_CONTROL_VERBS_H

#include "vboard/control.h"

/*
 * argv[0] is the verb, argc counts it. Success: `,"key":value` pairs (or nothing) were appended to
 * `out`. Failure: an error with its reason; `out` is dropped.
 */
struct vb_verb {
	const char *name;
	int min_args, max_args;		/* without the verb */
	const char *usage, *help;
	enum err (*run)(struct vb_control *control, int argc, char **argv, struct buf *out);
};

/* wire_verbs.c */
enum err vb_run_wire(struct vb_control *control, int argc, char **argv, struct buf *out);

extern const struct vb_verb vb_verbs[];		/* ends with a NULL name */

#endif
