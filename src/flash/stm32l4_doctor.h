/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stm32l4 doctor: why does this chip not program?
 *
 * Three steps, so that the middle one can be tested without a chip: read the facts (every register that
 * can be read, nothing is changed), diagnose them (pure; a table of causes with the evidence each needs),
 * print or cure. The same diagnosis is attached to every failed flash operation: the error names the
 * leading cause, its register values in words, and the command that cures it.
 *
 * A cure is harmless if nothing is lost by it and nothing stays different: clearing flags and modes, a
 * reset, wake-up. `--fix` does those. Cures that lose data or change option bytes are only named, unless
 * `confirm` follows.
 */
#ifndef FLASH_STM32L4_DOCTOR_H
#define FLASH_STM32L4_DOCTOR_H

#include "flash/stm32l4.h"

struct stm32l4_facts {
	const struct stm32l4_line *line;
	uint32_t idcode, acr, sr, cr, eccr, optr, rcc_csr, memrmp, pwr_cr1, dbgmcu_cr, apb1fzr1, iwdg_winr;
	uint32_t pc, vtor, ipsr, hclk_hz, vtarget_mv;
	uint16_t size_register;
	uint8_t has[40 / 8 + 3];	/* which of the above were read: bit per field */
	bool is_halted, flash_reads, is_otp;
	enum err flash_error;		/* of reading the first word */
	uint32_t first_words[2];	/* SP and reset vector */
	struct stm32l4_area areas[2 * MAX_AREAS];
	size_t area_count;
};

struct stm32l4_finding {
	const char *id;			/* short, for scripts: "rdp1", "stale-errors" */
	unsigned rank;			/* 1: surely the cause; 2: likely; 3: worth knowing */
	bool is_harmless;		/* the cure */
	char why[240], evidence[240], cure[240];
	enum err (*fix)(struct flash_bank *bank);	/* NULL: told only */
};

enum err stm32l4_read_facts(struct flash_bank *bank, struct stm32l4_facts *facts);
/* Most important first. */
size_t stm32l4_diagnose(const struct stm32l4_facts *facts, struct stm32l4_finding *findings, size_t max);
/* After a failed operation: replaces or adds cause, evidence and next step of the current error. */
enum err stm32l4_attach_diagnosis(struct flash_bank *bank, enum err rc);

extern const struct command stm32l4_doctor_commands[];

#endif
