/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stm32l4: what differs between the lines of chips (stm32l4_lines.c), and how a part of one is cut into
 * pages. Facts only: nothing here talks to a chip.
 */
#ifndef FLASH_STM32L4_LINE_H
#define FLASH_STM32L4_LINE_H

#include <stdbool.h>

#include "flash/stm32l4_regs.h"

struct stm32l4_layout {
	uint8_t acr, keyr, optkeyr, sr, cr, lock_cr, optr;
	uint8_t wrp[MAX_AREAS];		/* 1A, 1B, 2A, 2B; 0: none */
	uint8_t pcrop[MAX_AREAS][2];	/* 1A, 1B, 2A, 2B: start, end; 0: none */
};

/* When a chip has two banks. */
enum bank_rule { ONE_BANK, TWO_L47, TWO_L4R, TWO_G47, TWO_G0B, TWO_L5, TWO_U5, TWO_WBA6 };
/* What can swap them. */
enum swap_rule { NO_SWAP, SWAP_FB_MODE, SWAP_OPT_SET, SWAP_OPT_CLEAR };

struct stm32l4_revision {
	uint16_t id;
	const char *name;
};

/* Typical times in us, and the rows of fast programming. 0: not known, no such mode. */
struct stm32l4_timing {
	uint32_t unit, page_erase, mass_erase;	/* mass erase: of one bank or of all alike */
	uint32_t row, row_units;	/* of a fast row; how many units it has */
	/* CR bits of fast programming, and if only a bank fresh from a mass erase takes it. */
	uint32_t fast_cr;
	bool fast_needs_mass_erase;
};

/*
 * RCC, PWR and SYSCFG as far as flash work touches them. Addresses; 0: the line has none, or it needs
 * no attention.
 */
struct stm32l4_around {
	uint32_t flash_enr, flash_en, pwr_enr, pwr_en, syscfg_enr, syscfg_en;
	uint32_t reset_csr;		/* reset flags in bits 31..25 */
	uint32_t memrmp;		/* SYSCFG_MEMRMP with FB_MODE */
	uint32_t pwr_cr1, pwr_sr2;	/* LPR and VOS; REGLPF and VOSF */
	uint32_t c2boot_reg, c2boot;	/* set: the second core runs */
	/* Clock: SW in bits from 0 on, SWS above it. */
	uint32_t rcc_cr, cfgr, sw_mask, sw_hsi, sw_msi, sw_pll, hpre_reg, hpre_mask;
	unsigned sws_shift, hsi_mhz;
	uint32_t hsi_div;		/* mask in rcc_cr */
	uint32_t msi_csr;		/* MSIRANGE in rcc_cr 7:4, MSISRANGE in bits 11:8 here */
};

struct stm32l4_line {
	uint16_t dev_id;		/* DBGMCU_IDCODE[11:0] */
	const char *name;
	const struct stm32l4_revision *revisions;	/* ends with name NULL */
	const struct stm32l4_layout *layout;
	uint32_t regs, size_reg, otp_base;
	uint32_t uid, package;		/* 0: not known */
	const struct stm32l4_timing *timing;
	const struct stm32l4_around *around;	/* NULL: not known */
	uint8_t eccr, eccr2;		/* offsets; 0: none */
	uint16_t otp_bytes, max_kib;
	uint16_t page_bytes, single_page_bytes;		/* with two banks, with one */
	enum bank_rule banks;
	enum swap_rule swap;
	uint8_t unit;			/* bytes programmed at once */
	uint8_t bker;			/* bit of CR */
	uint16_t pcrop_unit;		/* bytes; 0: no PCROP */
	bool has_wrp_unlock;
	bool has_trustzone;
	/* RM0351-style surroundings at the usual addresses: RCC, PWR, SYSCFG. */
	bool has_l4_rcc;
	bool starts_in_range_2;		/* voltage scaling must be raised to write */
	bool has_pempty;		/* SR.PEMPTY; those like G0: ACR.EMPTY */
	uint32_t factory_optr;		/* 0: not known */
};

extern const struct stm32l4_around stm32l4_around_l4, stm32l4_around_g4, stm32l4_around_g0,
	stm32l4_around_c0, stm32l4_around_wb, stm32l4_around_l5, stm32l4_around_u5;

/* NULL if unknown. */
const struct stm32l4_line *stm32l4_find_line(uint16_t dev_id);
extern const struct stm32l4_line stm32l4_lines[];	/* ends with dev_id 0 */
/* The second core of WL5x has SR and CR of its own. */
extern const struct stm32l4_layout stm32l4_layout_wl_cpu2;
/* TrustZone lines with TZEN: the secure registers. */
extern const struct stm32l4_layout stm32l4_layout_secure;
const char *stm32l4_revision_name(const struct stm32l4_line *line, uint16_t rev_id);

/* How the flash of one chip is cut: from the line, the size and the options alone. */
struct stm32l4_geometry {
	bool dual;
	uint32_t page_bytes;
	uint32_t bank_bytes;		/* of a physical bank; of all if there is one */
	uint32_t bank2_offset;		/* of the upper half; 0 if there is one bank */
	uint32_t span;			/* bytes from first to last, holes included */
	unsigned bank_pages, pages;
};
void stm32l4_geometry(const struct stm32l4_line *line, uint32_t kib, uint32_t optr,
		      struct stm32l4_geometry *geometry);

/* G0, C0, U0, WB, WL: SR.CFGBSY, ACR.EMPTY, and option registers that read as loaded. */
bool stm32l4_is_like_g0(const struct stm32l4_line *line);
/* WB, WL: another core has pages of its own. */
bool stm32l4_has_second_core(const struct stm32l4_line *line);
/* Was the flash blank when the option bytes were loaded? Every reset enters the boot loader then. */
bool stm32l4_counts_as_empty(const struct stm32l4_line *line, uint32_t sr, uint32_t acr);
/* DBGMCU_APB1FZR1 of the first core, from IDCODE on. */
uint32_t stm32l4_freeze_reg(const struct stm32l4_line *line);

#endif
