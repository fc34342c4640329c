/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * contact: why nothing answers. Private to dap/.
 *
 * When a link does not come up, this looks at what the probe can see (target voltage, levels of the
 * pins, the reset line), tries what a person would (a slower clock, the other protocol, connecting
 * under reset), and puts the most likely cause and the next step into one message. The causes are
 * rows of a table, the likeliest first; the first that fits what was seen is told.
 *
 * It costs nothing as long as links come up. Things are tried once per silence: later failures that
 * look the same are told in the same words.
 */
#ifndef DAP_CONTACT_H
#define DAP_CONTACT_H

#include "dap/dap.h"

/* A session that loses its link may get a slower clock; the other protocol and the reset line are tried
 * at the first contact only. */
enum contact_effort { CONTACT_TRY_CLOCK, CONTACT_TRY_ALL };

/* Returns OK if a slower clock mended it: the link is up then. Else the error to report; those that are
 * not about the wire (the probe is lost, the bus hangs) come back as they are. */
enum err dap_contact_failed(struct dap *dap, enum err rc, enum contact_effort effort);

/* After such a failure: not a word came, by no protocol. Something else than declared is not mute. */
bool dap_contact_is_mute(const struct dap *dap);

#endif
