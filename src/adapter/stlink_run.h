/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One run of the ST-LINK's port: stlink_port.c walks the queue and does registers, stlink_memory.c
 * does what is memory. Words of memory collect and are flushed before anything else is done, so the
 * order of the queue holds.
 */
#ifndef ADAPTER_STLINK_RUN_H
#define ADAPTER_STLINK_RUN_H

#include "adapter/stlink_priv.h"

/* One 32-bit access at a known address. */
struct stlink_word {
	struct port_pos pos;
	uint32_t addr;
	uint8_t ap;
	bool is_read, is_drw;
};

#define AP_DRW 0x0cu
#define STLINK_MAX_WORDS 1227u

struct stlink_run {
	struct stlink *s;
	struct dap_port *port;
	struct port_pos pos;		/* the next transfer to be taken */
	struct port_pos noted;		/* the flight recorder has all before */
	struct stlink_word words[STLINK_MAX_WORDS];
	size_t word_count;
	/* A raw AP access whose outcome is not known yet, and which. */
	bool write_is_open, read_is_open;
	struct port_pos open_at;
	struct buf data;		/* of the command in progress */
	/* One RW_MISC: what goes out, and what comes back. */
	uint8_t opcodes[STLINK_MAX_WORDS], statuses[STLINK_MAX_WORDS];
	uint32_t values[STLINK_MAX_WORDS];
};

/* stlink_port.c */
uint32_t *stlink_place(const struct stlink_run *run, struct port_pos pos);
/* What a status of the probe means for the transfer at `pos`: the error of the run. */
enum err stlink_fail(struct stlink_run *run, struct port_pos pos, unsigned status);
/* A DP or AP register. Waits out WAIT; *status is for the caller to judge. */
enum err stlink_raw(struct stlink_run *run, unsigned ap, unsigned addr, bool is_read,
		    uint32_t *value, unsigned *status);
/* A command that is harmless to repeat, while its status is WAIT. */
enum err stlink_patient(struct stlink_run *run, const uint8_t *bytes, size_t n, uint8_t *reply,
			size_t size, unsigned *status);
/* Finds out what became of raw AP accesses before. */
enum err stlink_settle(struct stlink_run *run);
/* All before run->pos has succeeded. */
void stlink_note(struct stlink_run *run, struct port_pos end);
/* The sticky flags, where they would stand in the way of the driver's own next try. */
enum err stlink_clear_sticky(struct stlink_run *run);

/* stlink_memory.c */
/* Memory access at run->pos through DRW or BD0..3 of this access port; false: not in the probe's
 * commands, do it raw. */
bool stlink_is_memory(const struct stlink_run *run, unsigned ap, unsigned offset);
/* Takes the whole item at run->pos. */
enum err stlink_take_memory(struct stlink_run *run, unsigned ap, unsigned offset);
enum err stlink_flush_words(struct stlink_run *run);
/* How many of these words go into one RW_MISC of `max` items. */
size_t stlink_plan_misc(const struct stlink_word *words, size_t count, size_t max);

#endif
