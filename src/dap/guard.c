/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dap/guard.h"

#include <assert.h>
#include <stdlib.h>

struct dap_guard *dap_guard_set(struct dap *dap, uint32_t first, uint32_t last, const char *what,
				const char *next)
{
	struct dap_guard *g = dap->guards;

	while (g != NULL && (g->first != first || g->last != last))
		g = g->below;
	if (g != NULL)
		return g;
	g = xcalloc(1, sizeof(*g));
	g->first = first;
	g->last = last;
	g->what = xstrdup(what);
	g->next = xstrdup(next);
	g->below = dap->guards;
	dap->guards = g;
	return g;
}

void dap_guard_open(struct dap_guard *guard)
{
	guard->open++;
}

void dap_guard_close(struct dap_guard *guard)
{
	assert(guard->open > 0);
	guard->open--;
}

void dap_guard_free_all(struct dap *dap)
{
	for (struct dap_guard *g = dap->guards, *below; g != NULL; g = below) {
		below = g->below;
		free(g->what);
		free(g->next);
		free(g);
	}
	dap->guards = NULL;
}

const struct dap_guard *dap_guard_find(const struct dap *dap, uint32_t addr, size_t n)
{
	uint64_t end = (uint64_t)addr + n;

	for (const struct dap_guard *g = dap->guards; g != NULL; g = g->below)
		if (!g->is_off && g->open == 0 && addr <= g->last && end > g->first)
			return g;
	return NULL;
}

enum err dap_guard_refuse(const struct dap *dap, uint32_t addr, size_t n)
{
	const struct dap_guard *g = dap_guard_find(dap, addr, n);

	if (g == NULL)
		return OK;
	error_why(ERR_REFUSED, "nothing was written: 0x%08x belongs to %s",
		  addr < g->first ? g->first : addr, g->what);
	return error_next(ERR_REFUSED, "%s", g->next);
}
