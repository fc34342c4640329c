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
#include "flash/stm32l4_line.h"

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
	bool has_new_start;		/* since then the first sector was programmed */
	bool is_tz;
	/* What begin changed and end puts back. */
	uint32_t saved_acr, saved_freeze, saved_winr;
	bool has_saved_acr, has_saved_freeze, has_saved_winr, is_opened;
	struct stm32l4_note notes[STM32L4_NOTES];
	unsigned note_count, clock_mark;	/* the clock's notes: from the mark on */
	/* For the diagnosis of a failure: reset_flags are those of the last begin; the errors of the last
	 * operation, and where; verify found the image in the other bank. */
	uint32_t reset_flags, failed_sr, fresh_resets;
	bool has_reset_flags, twin_matches;
	bool has_wwdg;			/* the window watchdog runs: no helper code in this session */
	int failed_sector;
	uint32_t busy_sr;		/* SR when it was waited for in vain; 0: it came back */
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
/* FLASH_SFR of WB and WL: from which page on all belong to the second core; false: it has none. */
bool stm32l4_second_core_page(const struct stm32l4_line *line, uint32_t sfr, uint32_t *first);
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
/* Turns a failed operation into an error: what, why, which area, what next. NO_ADDRESS: all sectors. */
enum err stm32l4_failed(struct flash_bank *bank, uint32_t sr, int sector);
void stm32l4_describe_sr(uint32_t sr, struct buf *out);
/* Where ECCR points: physical bank and bytes from its start. False: system memory. */
bool stm32l4_ecc_place(const struct stm32l4_line *line, uint32_t eccr, unsigned *physical,
		       uint32_t *offset);
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
