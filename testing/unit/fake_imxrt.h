/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake_imxrt: the registers of an i.MX RT as a sparse memory behind mem_ap.h, with the few side effects
 * the code under flash/imxrt*.c and flexspi*.c must live with: SET and CLR aliases, a soft reset that ends,
 * FIFOs whose data registers only move by INTR, a flash of scripted answers. Made from
 * IMXRT1064RM, apart from the virtual board.
 */
#ifndef FAKE_IMXRT_H
#define FAKE_IMXRT_H

#include "flash/flexspi_regs.h"

#define FAKE_WORDS 1024u

struct fake_imxrt {
	struct { uint32_t addr, value; } words[FAKE_WORDS];
	size_t count;
	struct { uint32_t addr, value; } writes[20000];	/* in order */
	size_t write_count;
	unsigned runs;
	uint32_t dead_from, dead_to;	/* accesses there fail */
	uint32_t flexspi;		/* base of the controller that works */
	/* one IP command at a time */
	uint8_t answer[8192], sent[8192];
	size_t answer_bytes, read_at, sent_bytes, command_bytes;
	uint32_t lut[4], address, error_code;
	unsigned commands, looks_until_ready, looks;
	uint8_t rx[128], tx[128];
	bool never_done;
};

extern struct fake_imxrt fake;

void fake_reset(void);
uint32_t fake_peek(uint32_t addr);
void fake_poke(uint32_t addr, uint32_t value);
/* Was it written, and what last? */
bool fake_written(uint32_t addr, uint32_t *value);

/* A target on it, halted. Freed by fake_target_free(). */
struct target *fake_target(void);
void fake_target_free(struct target *t);

#endif
