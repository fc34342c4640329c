/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The embedded flash of STM32L4 and its controller (RM0351 chapter 3), and of the lines that share
 * them; what differs is stm32l4_family.h.
 *
 * _flash.c has the registers and keys, _erase.c the operations in time, _array.c the memory as the
 * bus sees it (bank mapping, stalls, read protection), _cells.c what it holds (ECC, the data cache),
 * _icache.c the instruction cache, _program.c and _fast.c judge words written into it, _options.c
 * owns the option bytes, _protect.c what they protect.
 *
 * Addresses inside are physical: offset 0 is the first byte of bank 1 whatever FB_MODE says, bank 2
 * starts at stm32l4_array_bank_span(). "Erased" is a state of a double word, not a value: 0xff..ff
 * that was programmed has its ECC written and cannot be programmed again.
 */
#ifndef VB_DEVICE_STM32L4_FLASH_H
#define VB_DEVICE_STM32L4_FLASH_H

#include "vboard/device/stm32.h"
#include "vboard/device/stm32l4_family.h"

enum flash_cell { CELL_ERASED, CELL_PROGRAMMED, CELL_ECC1, CELL_BAD };
enum flash_op { FLASH_IDLE, FLASH_PROGRAM, FLASH_FAST, FLASH_PAGE_ERASE, FLASH_MASS_ERASE,
		FLASH_OPTIONS };
enum flash_key { KEY_CLOSED, KEY_HALF, KEY_OPEN, KEY_LOCKED_OUT };
enum flash_fast { FAST_IDLE, FAST_ROW, FAST_DEAD };
enum flash_fail { FAIL_NONE, FAIL_RESET, FAIL_POWER, FAIL_BROWNOUT, FAIL_UNPLUG };

#define FLASH_WINDOWS	  8
#define FLASH_REGS	  80
#define FLASH_OTP_DWORDS  128u		/* the most of any line */
#define FLASH_CACHE_LINES 8		/* of data; */
#define FLASH_ICACHE_LINES 32		/* of code */
#define FLASH_LINE_BYTES  32u
#define FLASH_UNIT_WORDS  32u		/* the largest programming unit: a burst */

struct stm32l4_flash;

struct flash_window {		/* a piece of the address space that shows flash */
	struct stm32l4_flash *f;
	struct vb_region *region;
	uint32_t start, bytes;	/* from the first byte of main flash, as the bus sees it */
	bool is_alias;		/* at address 0: shows what MEM_MODE selects */
	bool is_secure;		/* there with TrustZone only */
};

struct flash_info { struct stm32l4_flash *f; struct vb_region *region; uint8_t *bytes; };

struct flash_side {		/* one set of SR, CR and KEYR: the lines with TrustZone have two */
	uint32_t *sr, *cr;
	enum flash_key *key;
};

struct flash_line { bool valid; uint32_t phys; uint8_t data[FLASH_LINE_BYTES]; };
struct stm32l4_flash {
	struct stm32_env *env;
	const struct stm32l4_flash_family *family;
	struct vb_regs regs;
	struct vb_reg table[FLASH_REGS + 1];	/* the family's registers and its option words */
	uint32_t value[FLASH_REGS];
	uint32_t *sr, *cr, *acr, *eccr, *ecc2r;	/* SR and CR: the non-secure ones */
	struct flash_side side[2];	/* 1: secure; the same as 0 without TrustZone */
	struct vb_access *access;	/* the register access being served */
	enum flash_key keyr, seckeyr, optkeyr, pdkeyr;
	bool is_empty, is_suspended;	/* when options were loaded; by WB's second core */

	/* The array: what the cells hold, what the bus shows (caches on top), each cell's state. */
	uint8_t *cells, *view, *state;
	unsigned size_kb;
	uint16_t size_register;
	bool fb_mode;
	unsigned mem_mode;
	uint8_t *sram1;
	uint32_t sram1_bytes;
	struct flash_window window[FLASH_WINDOWS], alias[FLASH_WINDOWS], secure[FLASH_WINDOWS];
	struct flash_info info[FLASH_INFO_AREAS];
	uint8_t otp_state[FLASH_OTP_DWORDS];
	unsigned bad_cells;
	bool is_showing;		/* `view` is being brought up to date */
	struct flash_line line[FLASH_CACHE_LINES], icache[FLASH_ICACHE_LINES];
	unsigned next_line, next_icache;
	bool code_is_stale;		/* an instruction line is older than its cells */

	/* The operation in progress. */
	enum flash_op op;
	unsigned op_banks, op_side, op_words;	/* bit 0: bank 1, bit 1: bank 2 */
	uint32_t op_phys;		/* of OTP: from its start */
	uint32_t op_data[FLASH_UNIT_WORDS];
	bool op_otp;
	uint64_t op_until_ns, op_waits_ns;	/* how long it takes once it may start; 0: it runs */
	struct vb_event *op_event;

	/* The words of a programming unit that is not complete. */
	unsigned latched, latch_side;
	bool latched_otp;
	uint32_t latch_phys, latch_word[FLASH_UNIT_WORDS];

	/* Fast row programming. */
	enum flash_fast fast;
	bool bank_is_fresh[2];		/* mass-erased, nothing done to it since */
	uint32_t fast_row, fast_next, fast_words[2];
	uint64_t fast_since_ns;
	bool fast_half, fast_full;

	/* Option bytes as stored (value and complement) and as loaded. */
	const struct flash_option_row *row[OPT_COUNT];	/* NULL: not in this family */
	uint64_t stored[OPT_COUNT];
	uint32_t loaded[OPT_COUNT];
	bool optverr;
	bool mode_changes;		/* the next loading changes the bank mode: contents are lost */
	bool intruded;			/* a debugger touched level 1 memory: shut until power-on */
	bool booted_elsewhere;		/* from RAM or system memory */
	/* What the chip does when options were loaded and when RDP goes from 1 to 0. */
	void (*on_options)(void *chip);
	void (*on_regression)(void *chip);
	bool (*voltage_ok)(void *chip);	/* may flash be written now? NULL: yes */
	void *chip;

	/* Fault injection. */
	bool stuck_bsy;
	uint32_t sticky_sr;
	unsigned fail_after, fail_after_bytes;	/* operations, bytes programmed; 0: never */
	enum flash_fail fail_kind;

	struct {
		uint64_t programs, fast_rows, page_erases, mass_erases, option_writes, double_writes,
			rejected_writes, aborted, key_errors, ecc_corrected, ecc_detected;
	} stats;
};

extern const struct vb_device_ops stm32l4_flash_ops;	/* the register window */

void stm32l4_flash_init(struct stm32l4_flash *f, struct stm32_env *env,
			const struct stm32l4_flash_family *family);
void stm32l4_flash_free(struct stm32l4_flash *f);
void stm32l4_flash_reset(struct stm32l4_flash *f, enum vb_reset kind);
/* A register past all rules, by its offset in this family; NULL if there is none. */
uint32_t *stm32l4_flash_reg(struct stm32l4_flash *f, uint32_t offset);
/* Errors as if an operation had raised them. */
void stm32l4_flash_flag(struct stm32l4_flash *f, uint32_t error_bits);
bool stm32l4_flash_is_busy(const struct stm32l4_flash *f);
/* The second core lets no program or erase start (WB: its PES), until it is called with false. */
void stm32l4_flash_suspend(struct stm32l4_flash *f, bool on);
uint64_t stm32l4_flash_busy_until(const struct stm32l4_flash *f);

#include "vboard/device/stm32l4_array.h"
#include "vboard/device/stm32l4_options.h"

#endif
