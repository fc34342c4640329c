/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the linker has put the control block, _SEGGER_RTT by its usual name. */
#include "trace/rtt.h"

#define BLOCK_SYMBOL "_SEGGER_RTT"

/* `rtt symbols`: may be given before there is a target. */
enum err rtt_read_symbol(struct rtt *r, const char *path)
{
	struct symbols *file = symbols_new();
	struct symbol found = { 0 };
	enum err rc = symbols_add_file(file, path);

	if (rc == OK && !symbols_find(file, BLOCK_SYMBOL, &found)) {
		rc = error_why(ERR_RTT, "%s has no symbol " BLOCK_SYMBOL, path);
		error_next(rc, "run \"rtt start\" alone: it searches the RAM");
	}
	symbols_free(file);
	if (rc != OK)
		return rc;
	r->symbol = found.addr;
	r->has_symbol = true;
	if (r->target != NULL) {
		symbols_note_file(r->target->symbols, path);
		r->symbols_version = symbols_version(r->target->symbols);
	}
	return OK;
}

void rtt_want_symbol(struct target *t)
{
	symbols_want(t->symbols, BLOCK_SYMBOL);
}

void rtt_follow_symbols(struct rtt *r)
{
	uint32_t version = r->target != NULL ? symbols_version(r->target->symbols) : 0;
	struct symbol found;

	if (version == r->symbols_version)
		return;
	r->symbols_version = version;
	if (!symbols_find(r->target->symbols, BLOCK_SYMBOL, &found))
		return;
	r->symbol = found.addr;
	r->has_symbol = true;
}
