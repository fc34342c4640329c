/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Patches as the files of target/ see them; the rules are in patch.h. */
#ifndef TARGET_PATCH_PRIV_H
#define TARGET_PATCH_PRIV_H

#include "target/patch.h"
#include "target/target_priv.h"

struct patch {
	uint32_t addr;
	uint8_t original[2];
	bool is_wanted;			/* a breakpoint stands here, and shall be in flash */
	bool is_written;		/* flash holds the BKPT */
	struct patch *next;
};

/* How many resumes an address has had its breakpoint for. */
#define PATCH_AGES 64u
struct patch_age {
	uint32_t addr;
	unsigned resumes;
	bool is_set;			/* at the last resume */
};

struct patches {
	struct patch *first;
	struct patch_age ages[PATCH_AGES];
	bool is_writing;		/* our own program(): not "overwritten" */
	struct patch_wear {
		uint32_t base;
		unsigned long erases;	/* for patches, since the daemon began */
	} *wear;
	size_t wear_count;
};

void patches_free(struct target *t);
/* The BKPT in flash at addr, wanted or not; NULL: none. */
struct patch *patch_in_flash(const struct target *t, uint32_t addr);
/* A breakpoint for which no comparator is free; it becomes BREAK_FLASH, or the error says why not. */
enum err patch_add(struct target *t, struct breakpoint *b);
void patch_remove(struct target *t, struct breakpoint *b);
/* A comparator is needed for what cannot stand in flash: one that holds it goes there. False: none can. */
bool patch_make_room(struct target *t);
/* Before the program is let go: chooses who stands where, and writes what must be written. */
enum err patches_prepare(struct target *t);
/* Original instructions over BKPTs in what was read. */
void patches_hide(const struct target *t, uint32_t addr, uint8_t *data, size_t n);

/* displace.c: the instruction that stands under a BKPT in flash. */

/* ERR_REFUSED: it cannot be executed from elsewhere (it looks at its own address). */
enum err displace_check(uint32_t addr, uint16_t lo, uint16_t hi);
/* The effect of an instruction that would need its place: branches, literal loads. False: execute it. */
struct displaced_core {
	uint32_t r[16];			/* r[15]: its address; behind it after it */
	uint32_t xpsr;
	bool has_load;			/* then r[load_reg] is to be read from load_addr */
	unsigned load_reg;
	uint32_t load_addr;
};
bool displace_emulate(uint16_t lo, uint16_t hi, struct displaced_core *core);
static inline unsigned thumb_length(uint16_t lo)
{
	return (lo & 0xf800) >= 0xe800 ? 4 : 2;	/* DDI 0403 A5.1 */
}

#endif
