/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reconnect: what happens when a probe is gone, and when it comes back.
 *
 * `adapter auto_reconnect on`: once the probe is lost, the same one (by its serial, else by its
 * place; for a probe on the network: the same address) is opened again as soon as USB tells of it,
 * or at the next of one try a second. It waits while a target is claimed: a flash operation in the
 * middle of its work must fail, not go on over another link.
 */
#ifndef ADAPTER_RECONNECT_H
#define ADAPTER_RECONNECT_H

#include <stdbool.h>

#include "base/err.h"

struct adapter;
struct call;

bool reconnect_is_on(const struct adapter *adapter);
/* The probe was lost: begins to look out for it, if that is wanted. */
void reconnect_begin(struct adapter *adapter);
/* It is open again, or nobody wants it any more. */
void reconnect_end(struct adapter *adapter);
void reconnect_free(struct adapter *adapter);

enum err cmd_auto_reconnect(struct call *c);

#endif
