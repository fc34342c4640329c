/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * link: bringing a Debug Port up and getting it back after a failure. Private to dap/.
 *
 * dap_link_recover() is given the error a run ended with and its chain. It reads and clears the
 * sticky flags, aborts a hung access, resets the line, or repeats the power-up handshake, whatever
 * the error calls for; drops every cache; and returns the error to report, put into words.
 */
#ifndef DAP_LINK_H
#define DAP_LINK_H

#include "dap/dap.h"

enum err dap_link_recover(struct dap *dap, enum err rc);
/* One attempt: line sequence (every second one wakes a dormant target), DPIDR, power-up. */
enum err dap_link_try(struct dap *dap, unsigned attempt);
/* At this clock. A line sequence each: the second also wakes a dormant target. */
enum err dap_link_at(struct dap *dap, uint32_t khz);
/* An SW-DP's first answer. Anything that cannot be a DPIDR is noise on an open line. */
enum err dap_check_dpidr(uint32_t dpidr);
/* Something answered, but not what a debug port says. */
bool dap_is_garbled(const struct dap *dap, enum err rc);
/* SWD multidrop: line reset and TARGETSEL, for a DP that is connected but not the selected one. */
enum err dap_link_reselect(struct dap *dap);
/* From now on the port's parameters are this DP's. */
void dap_link_own(struct dap *dap);

#define NO_POWER_MV 1000	/* below the lowest supply of any Cortex-M, above what leaks in */
void dap_pause_ms(unsigned ms);		/* below a second; the loop stands still */
/* For trials whose milestones are not for the reader, who gets one message: only errors are logged
 * from now on, if nobody debugs. Returns the level for log_set_level() afterwards. */
int dap_hush(void);

struct dap *dap_add(struct dap_list *list, const char *name, struct tap *tap);
void dap_remove(struct dap_list *list, struct dap *dap);
void dap_register_commands(struct dap_list *list);

#endif
