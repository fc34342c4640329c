/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The embedded flash of STM32L4 and its controller (RM0351 chapter 3).
 *
 * Three files make it: _array.c is the memory as the bus sees it (bank mapping, stalls, read
 * protection, ECC, the data cache), _program.c judges words written into it, _options.c owns the
 * option bytes, and _flash.c the registers, erase operations, time and interrupts.
 *
 * Addresses inside are physical: offset 0 is the first byte of bank 1 whatever FB_MODE says.
 * "Erased" is a state of a double word, not a value: 0xff..ff that was programmed has its ECC
 * written and cannot be programmed again.
 */
#ifndef VB_DEVICE_STM32L4_FLASH_H
#define VB_DEVICE_STM32L4_FLASH_H

#include "vboard/device/stm32.h"

/* What differs between the lines that share this controller. */
struct stm32l4_flash_family {
	const char *name;
	unsigned max_kb, page_bytes, row_dwords;
	uint32_t program_ns, fast_ns, page_erase_ns, mass_erase_ns;
	uint32_t fast_min_hz;
	int irq;
};

enum flash_cell { CELL_ERASED, CELL_PROGRAMMED, CELL_ECC1, CELL_BAD };
enum flash_op { FLASH_IDLE, FLASH_PROGRAM, FLASH_FAST, FLASH_PAGE_ERASE, FLASH_MASS_ERASE,
		FLASH_OPTIONS };
enum flash_key { KEY_CLOSED, KEY_HALF, KEY_OPEN, KEY_LOCKED_OUT };
enum flash_fast { FAST_IDLE, FAST_ROW, FAST_DEAD };
enum flash_fail { FAIL_NONE, FAIL_RESET, FAIL_POWER, FAIL_BROWNOUT, FAIL_UNPLUG };

/* The option words, in the order of their registers. */
enum flash_option { OPT_USER, OPT_PCROP1SR, OPT_PCROP1ER, OPT_WRP1AR, OPT_WRP1BR, OPT_PCROP2SR,
		    OPT_PCROP2ER, OPT_WRP2AR, OPT_WRP2BR, OPT_COUNT };

#define FLASH_WINDOWS	  4
#define FLASH_REGS	  17
#define FLASH_INFO_BYTES  0x8000u	/* one bank's half of the information block */
#define FLASH_OTP_OFFSET  0x7000u
#define FLASH_OTP_DWORDS  128u
#define FLASH_OPT_OFFSET  0x7800u
#define FLASH_CACHE_LINES 8
#define FLASH_LINE_BYTES  32u

struct stm32l4_flash;

struct flash_window {		/* a piece of the address space that shows flash */
	struct stm32l4_flash *f;
	struct vb_region *region;
	uint32_t start, bytes;	/* from the first byte of main flash, as the bus sees it */
	bool is_alias;		/* at address 0: shows what MEM_MODE selects */
};

struct flash_info {		/* one bank's half of the information block */
	struct stm32l4_flash *f;
	struct vb_region *region;
	uint8_t *bytes;
	unsigned bank;
};

struct stm32l4_flash {
	struct stm32_env *env;
	const struct stm32l4_flash_family *family;
	struct vb_regs regs;
	uint32_t value[FLASH_REGS];
	struct vb_access *access;	/* the register access being served */
	enum flash_key keyr, optkeyr, pdkeyr;

	/* The array: what the cells hold, what the bus shows (caches on top), each cell's state. */
	uint8_t *cells, *view, *state;
	unsigned size_kb;
	uint16_t size_register;
	bool fb_mode;
	unsigned mem_mode;
	uint8_t *sram1;
	uint32_t sram1_bytes;
	struct flash_window window[FLASH_WINDOWS], alias[FLASH_WINDOWS];
	struct flash_info info[2];
	uint8_t otp_state[FLASH_OTP_DWORDS];
	unsigned bad_cells;
	bool is_showing;		/* `view` is being brought up to date */
	struct flash_line { bool valid; uint32_t phys; uint8_t data[FLASH_LINE_BYTES]; }
		line[FLASH_CACHE_LINES];
	unsigned next_line;

	/* The operation in progress. */
	enum flash_op op;
	unsigned op_banks;		/* bit 0: bank 1, bit 1: bank 2 */
	uint32_t op_phys;
	uint32_t op_data[2];
	bool op_otp;
	uint64_t op_until_ns;
	struct vb_event *op_event;

	/* First word of a double word that waits for its second one. */
	bool latched, latched_otp;
	uint32_t latch_phys, latch_word;

	/* Fast row programming. */
	enum flash_fast fast;
	bool bank_is_fresh[2];		/* mass-erased, nothing done to it since */
	uint32_t fast_row, fast_next, fast_words[2];
	bool fast_half, fast_full;

	/* Option bytes as stored (value and complement) and as loaded. */
	uint64_t stored[OPT_COUNT];
	uint32_t loaded[OPT_COUNT];
	bool optverr;
	bool intruded;			/* a debugger touched level 1 memory: shut until power-on */
	bool booted_elsewhere;		/* from RAM or system memory */
	/* What the chip does when options were loaded and when RDP goes from 1 to 0. */
	void (*on_options)(void *chip);
	void (*on_regression)(void *chip);
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

/* One row a line; RM0351, RM0432, RM0394, RM0444, RM0440, RM0438, RM0456, RM0434. */
extern const struct stm32l4_flash_family stm32l476_flash, stm32l4r5_flash, stm32l432_flash,
	stm32g0b1_flash, stm32g474_flash, stm32l552_flash, stm32u575_flash, stm32wb55_flash;
extern const struct vb_device_ops stm32l4_flash_ops;	/* the register window */

void stm32l4_flash_init(struct stm32l4_flash *f, struct stm32_env *env,
			const struct stm32l4_flash_family *family);
void stm32l4_flash_free(struct stm32l4_flash *f);
void stm32l4_flash_reset(struct stm32l4_flash *f, enum vb_reset kind);
/* A register, past all rules; and its errors as if an operation had raised them. */
uint32_t *stm32l4_flash_reg(struct stm32l4_flash *f, uint32_t offset);
void stm32l4_flash_flag(struct stm32l4_flash *f, uint32_t error_bits);
bool stm32l4_flash_is_busy(const struct stm32l4_flash *f);
uint64_t stm32l4_flash_busy_until(const struct stm32l4_flash *f);

/* Adds main flash, its alias at 0 and the information block to the bus. */
void stm32l4_array_map(struct stm32l4_flash *f, uint8_t *sram1, uint32_t sram1_bytes);
/* A byte of the information block (system memory, OTP, UID, size) by its bus address, for the chip to
 * fill in; NULL outside. */
uint8_t *stm32l4_info_at(struct stm32l4_flash *f, uint32_t addr);
/* FB_MODE, MEM_MODE, DUALBANK or the size changed. */
void stm32l4_array_remap(struct stm32l4_flash *f);
/* Contents as a programmer would have left them, in no time; false if outside. */
bool stm32l4_array_load(struct stm32l4_flash *f, uint32_t phys, const uint8_t *data, size_t bytes);
void stm32l4_array_set_state(struct stm32l4_flash *f, uint32_t phys, enum flash_cell state);
bool stm32l4_array_is_dual(const struct stm32l4_flash *f);
uint32_t stm32l4_array_bank_bytes(const struct stm32l4_flash *f);
/* Offset on the bus <-> physical offset: the swap is its own inverse. */
uint32_t stm32l4_array_phys(const struct stm32l4_flash *f, uint32_t bus_offset);
/* RDP level 1 and the access comes from a debugger, RAM code, or a foreign boot. */
bool stm32l4_array_is_shut(struct stm32l4_flash *f, const struct vb_access *a);

struct flash_option_row {
	const char *name;
	uint32_t offset;	/* of the register */
	uint32_t writable, ones;
	uint32_t factory, mismatch;
	unsigned info_bank;
	uint32_t info_offset;
};
extern const struct flash_option_row stm32l4_options[OPT_COUNT];
void stm32l4_options_factory(struct stm32l4_flash *f);
/* Stores a word with its complement; stm32l4_options_load() makes it active. */
void stm32l4_options_provision(struct stm32l4_flash *f, enum flash_option option, uint32_t value);
void stm32l4_options_load(struct stm32l4_flash *f);
unsigned stm32l4_options_rdp(const struct stm32l4_flash *f);	/* level 0, 1, 2 */

#endif
