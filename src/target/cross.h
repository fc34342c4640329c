/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Halts and restarts that pass between the cores of a group by hardware: one core's part. For group.c. */
#ifndef TARGET_CROSS_H
#define TARGET_CROSS_H

#include "target/target_priv.h"

/* It has a cross trigger interface (-cti) behind its own access port that did not fail before. */
bool cross_is_usable(const struct target *t);
/* Its halt halts the others, theirs halt it; with `restarts` cross_pulse_run() of any lets it go. */
enum err cross_link(struct target *t, bool restarts);
/* The registers become what they were before the first link, and nothing asks the core to halt. */
enum err cross_unlink(struct target *t);
enum err cross_pulse_run(struct target *t);
/* After it: does the core run, or did it at least until it was halted anew? */
enum err cross_is_out(struct target *t, bool *is_out);
/* What halted it was only another core. */
bool cross_is_follower(struct target *t);

#endif
