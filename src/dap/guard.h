/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guard: addresses behind a debug port that must not be written by accident. Whoever knows what lies
 * there sets the guard and says why; every write through a MEM-AP of this debug port, and a raw one
 * to an AP's data registers, is then refused before anything is sent. A range costs two comparisons
 * a write and no transfer.
 *
 * dap_guard_open() lets its caller's own writes through until dap_guard_close(); the two nest and
 * nobody services the loop in between.
 */
#ifndef DAP_GUARD_H
#define DAP_GUARD_H

#include "dap/dap.h"

struct dap_guard {
	uint32_t first, last;		/* addresses, both guarded */
	char *what;			/* "the fuse controller (OCOTP)" */
	char *next;			/* what to do instead */
	bool is_off;			/* by the user's explicit wish */
	unsigned open;
	struct dap_guard *below;
};

/* The guard of exactly this range; made if there is none. It lives as long as the DAP. */
struct dap_guard *dap_guard_set(struct dap *dap, uint32_t first, uint32_t last, const char *what,
				const char *next);
void dap_guard_open(struct dap_guard *guard);
void dap_guard_close(struct dap_guard *guard);
void dap_guard_free_all(struct dap *dap);

/* The one that forbids a write to [addr, addr + n); NULL: none. */
const struct dap_guard *dap_guard_find(const struct dap *dap, uint32_t addr, size_t n);
/* ERR_REFUSED if there is one. */
enum err dap_guard_refuse(const struct dap *dap, uint32_t addr, size_t n);

static inline enum err dap_guard_check(const struct dap *dap, uint32_t addr, size_t n)
{
	return dap->guards == NULL ? OK : dap_guard_refuse(dap, addr, n);
}

#endif
