/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stm32l4: the flash controller of STM32L4 and of the lines that share it (L4+, L5, G0, G4, C0, U0,
 * U3, U5, WB, WL, WBA). What the files of this driver share.
 *
 * RM0351 chapter 3 (L47/L48/L49), RM0394 (L41..L46), RM0432 (L4+), RM0440 (G4), RM0444 (G0),
 * RM0434 (WB), RM0453/RM0461 (WL), RM0438 (L5), RM0456 (U5).
 *
 * Two numberings meet here. A sector is what the user sees: counted by address from the bank's
 * base. A page is what CR, WRP and PCROP count: inside a physical bank. Which physical bank stands
 * at the lower addresses can change at run time (SYSCFG_MEMRMP.FB_MODE) or by option (SWAP_BANK),
 * so it is read at the start of every operation and never kept.
 */
#ifndef FLASH_STM32L4_H
#define FLASH_STM32L4_H

#include "flash/room.h"
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
	bool has_pempty;		/* SR.PEMPTY; the lines without has_l4_rcc: ACR.EMPTY */
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

/* The driver's copy of a geometry: sectors[]. */
void stm32l4_fill_sectors(struct flash_bank *bank, const struct stm32l4_geometry *geometry);

struct stm32l4_wait {
	uint32_t addr, mask, value;	/* mask 0: nothing to wait for */
};
/* What was changed around the flash, to be put back. */
struct stm32l4_note {
	uint32_t addr, value;
	struct stm32l4_wait wait;
};
enum { STM32L4_NOTES = 16 };

struct stm32l4 {
	const struct stm32l4_line *line;
	uint32_t idcode, optr, dbgmcu;
	uint32_t regs;			/* of this access: secure or not */
	const struct stm32l4_layout *layout;
	struct stm32l4_geometry g;
	bool is_otp, otp_enabled;
	bool is_swapped;		/* as of the last begin */
	bool is_tz;
	/* What begin changed and end puts back. */
	uint32_t saved_acr, saved_freeze, reset_flags;
	bool has_saved_acr, has_saved_freeze, is_opened;
	/* For the diagnosis of a failure: reset_flags are those of the last begin; the errors of the last
	 * operation, and where; verify found the image in the other bank. */
	bool has_reset_flags, twin_matches;
	uint32_t failed_sr, fresh_resets;
	int failed_sector;
	uint32_t saved_winr;
	bool has_saved_winr;
	struct stm32l4_note notes[STM32L4_NOTES];
	unsigned note_count, clock_mark;	/* the clock's notes: from the mark on */
	bool is_fast_clock;		/* HCLK is known to be 8 MHz or more */
	bool fast_off;			/* `stm32l4x fast off` */
	bool fast_failed;		/* this chip does not take it */
};

/* Register access by offset of the layout. */
enum err stm32l4_read(struct flash_bank *bank, uint8_t reg, uint32_t *value);
enum err stm32l4_write(struct flash_bank *bank, uint8_t reg, uint32_t value);
/* Polls SR until nothing is busy; *sr is the last value. ERR_FLASH_BUSY. (services) */
enum err stm32l4_wait(struct flash_bank *bank, unsigned timeout_ms, uint32_t *sr);
enum err stm32l4_still_busy(uint32_t sr, unsigned waited_ms);
/* Opens CR, and the option registers too. ERR_FLASH_LOCKED. */
enum err stm32l4_unlock(struct flash_bank *bank, bool options_too);
enum err stm32l4_lock(struct flash_bank *bank);
enum err stm32l4_check_swap(struct flash_bank *bank);
/* ERR_PROTECTED: a step touches pages of the second core (WB, WL). */
enum err stm32l4_check_second_core(struct flash_bank *bank, const struct flash_step *steps,
				   size_t count);
enum err stm32l4_begin(struct flash_bank *bank);
enum err stm32l4_end(struct flash_bank *bank);
enum err stm32l4_readable(struct flash_bank *bank);
/* stm32l4_doctor_fix.c: the driver's hooks of the same names. */
enum err stm32l4_explain(struct flash_bank *bank, enum err rc, bool twin_matches);
enum err stm32l4_refresh(struct flash_bank *bank, bool *changed);
uint32_t stm32l4_twin(struct flash_bank *bank, uint32_t addr);
/* Flash clock, power and voltage as an option write needs them, at any RDP level. */
enum err stm32l4_prepare_options(struct flash_bank *bank);

/* CR value that selects a sector for erase, without STRT. */
uint32_t stm32l4_erase_value(const struct stm32l4 *f, const struct flash_sector *sector);
/* Page numbers of a physical bank (0 or 1) to sectors: the first sector of that bank. */
unsigned stm32l4_bank_first_sector(const struct stm32l4 *f, unsigned physical);

/* stm32l4_loader.c: everything between begin and end. Sets the steps' states. (services) */
enum err stm32l4_run(struct flash_bank *bank, struct flash_step *steps, size_t count);

/* stm32l4_status.c */
enum { NO_ADDRESS = -1 };
/* Turns a failed operation into an error: what, why, which area, what next. `sector` NO_ADDRESS:
 * all. */
enum err stm32l4_failed(struct flash_bank *bank, uint32_t sr, int sector);
void stm32l4_describe_sr(uint32_t sr, struct buf *out);
enum err stm32l4_describe_ecc(struct flash_bank *bank, struct buf *out);
/* ERR_FLASH_OPERATION if a double error was met since the last reset. */
enum err stm32l4_check_ecc(struct flash_bank *bank);
/* The address of RCC_CSR; 0: not known. */
uint32_t stm32l4_reset_csr(const struct stm32l4_line *line);
/* Flags of RCC_CSR that came since begin. */
uint32_t stm32l4_fresh_resets(const struct stm32l4 *f, uint32_t csr);
/* The chip was reset in the middle of things? Adds the reason to the current error. */
enum err stm32l4_explain_loss(struct flash_bank *bank, enum err rc);

/* stm32l4_option.c */
struct stm32l4_area {
	char name[8];			/* "WRP1A", "PCROP2" */
	bool is_pcrop;
	uint8_t reg;			/* of the start */
	uint32_t value;
	bool is_active;
	unsigned physical;		/* bank, 0 or 1 */
	unsigned first, last;		/* sectors */
	uint32_t first_addr, last_addr;
};
void stm32l4_decode_wrp(const struct flash_bank *bank, unsigned index, uint32_t value,
			struct stm32l4_area *area);
void stm32l4_decode_pcrop(const struct flash_bank *bank, unsigned index, uint32_t start,
			  uint32_t end, struct stm32l4_area *area);
/* The protected pages of one physical bank as at most `max` ranges; false if that is not enough. */
struct stm32l4_range { uint32_t first, last; };
bool stm32l4_collect_ranges(const bool *is_protected, unsigned pages, struct stm32l4_range *ranges,
			    size_t max, size_t *count);
enum err stm32l4_read_areas(struct flash_bank *bank, struct stm32l4_area *areas, size_t *count);
/* The protection that stands in the way of a step; OK if none does. */
enum err stm32l4_check_protection(struct flash_bank *bank, const struct flash_step *steps,
				  size_t count);
enum err stm32l4_protect(struct flash_bank *bank, bool set, unsigned first, unsigned last);
enum err stm32l4_protect_check(struct flash_bank *bank);
/* Writes option registers (pairs of offset and value) and starts the option program. */
struct stm32l4_option { uint8_t reg; uint32_t value; };
enum err stm32l4_write_options(struct flash_bank *bank, const struct stm32l4_option *options,
			       size_t count);
/* OBL_LAUNCH: the chip resets; the target is found again and halted. */
enum err stm32l4_load_options(struct flash_bank *bank);
/* A warning if an option write on this chip was cut off. */
void stm32l4_tell_interrupted(struct flash_bank *bank);
/* The same as a line of a report; nothing if there is nothing to say. */
void stm32l4_show_interrupted(struct flash_bank *bank, struct buf *out);
enum err stm32l4_describe_options(struct flash_bank *bank, struct buf *out);
enum err stm32l4_info(struct flash_bank *bank, struct buf *out);
unsigned stm32l4_rdp_level(uint32_t optr);

extern const struct command stm32l4_commands[];

#endif
