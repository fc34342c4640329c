/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * patch: breakpoints in flash beyond the FPB's comparators ("flash breakpoints"): BKPT instructions
 * programmed over the original ones. Only where the user has asked for it: each costs an erase.
 *
 * target/ owns the policy, flash/ the means. What stands in a comparator and what in flash is decided
 * when the core is let go: the breakpoints that have stood longest go into flash, new ones (those of
 * `next` and `finish` come and go) get comparators. All changes of a sector are one erase and one
 * program; if nothing new must go into flash, nothing is written. A breakpoint that is removed leaves its
 * BKPT where it is until its sector is written anyway or all are taken out (patches_restore): the core
 * passes it without a stop, and if it comes back it costs nothing.
 *
 * Reads of target memory show the original instructions. A sector that somebody else writes or erases
 * loses its patches (patches_overwritten); those still wanted go in again at the next resume.
 */
#ifndef TARGET_PATCH_H
#define TARGET_PATCH_H

#include "target/target.h"

struct patch_sector {
	uint32_t base, size;
	uint8_t *data;			/* its contents as they shall be */
	uint8_t *original;		/* the same without any BKPT of ours */
	unsigned patches;		/* BKPTs in `data`; 0: restored */
};

/* What flash/ registers. */
struct patch_ops {
	/* The sector that holds addr; an error says why nothing may be patched there. The core may run. */
	enum err (*sector)(void *ctx, struct target *t, uint32_t addr, uint32_t *base, uint32_t *size);
	/* Erases and programs each sector, one after the other; core halted. Writes down what is needed to
	 * restore them before it begins. */
	enum err (*program)(void *ctx, struct target *t, const struct patch_sector *sectors, size_t count);
	void *ctx;
};

void target_set_patch_ops(struct target_list *list, const struct patch_ops *ops);

/* Off at first. Off: what is in flash stays until patches_restore(). */
void patches_enable(struct target_list *list, bool on);
bool patches_are_enabled(const struct target_list *list);

/* Something else erased or programmed [addr, addr + n). */
void patches_overwritten(struct target *t, uint32_t addr, uint32_t n);
/* One of an earlier run of the daemon, found in flash: treated like one that was removed. */
void patches_adopt(struct target *t, uint32_t addr, const uint8_t original[2]);
/* True: flash holds a BKPT of ours in the range, so what the chip itself reads there differs. */
bool target_is_patched(const struct target *t, uint32_t addr, size_t n);
/* All out of flash, one erase per sector. A running core is halted for it and goes on. */
enum err patches_restore(struct target *t);
/* Flash is being written for patches: to break off would leave a sector erased, so nothing does: no Ctrl-C,
 * no client that leaves, no end of the daemon. */
bool patches_are_writing(const struct target *t);
/* For people: one line for each, wear since the daemon began. */
void patches_describe(struct target *t, struct buf *out);

#endif
