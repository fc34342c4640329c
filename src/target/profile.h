/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * profile: PC samples become a histogram in gprof's file format. Whoever captures a trace with PC
 * samples lends them to `profile` as a source, which then need not read DWT_PCSR.
 */
#ifndef TARGET_PROFILE_H
#define TARGET_PROFILE_H

#include "target/target.h"

struct profile_data {
	uint32_t *pcs;
	size_t count;
	uint32_t low, high;		/* addresses the histogram covers: [low, high) */
	uint64_t sampled_ns;
};

/* The smallest range that holds all samples. */
void profile_find_range(struct profile_data *p);
/* ERR_IO */
enum err profile_save(const char *path, const struct profile_data *p);

struct profile_source {
	/* False: no samples of this core come. */
	bool (*begin)(void *ctx, struct target *t);
	/* What came since begin; returns how many. */
	size_t (*end)(void *ctx, uint32_t *pcs, size_t most);
};
/* One per list; source NULL: none. */
void profile_set_source(struct target_list *list, const struct profile_source *source, void *ctx);

#endif
