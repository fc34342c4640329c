/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What differs between the lines that share the flash controller of STM32L4, all of it data: where
 * the registers are, which option words exist, how the banks lie, what a page, a programming unit
 * and a row are, how long each step takes. stm32l4_flash.h is the machine that walks these tables.
 */
#ifndef VB_DEVICE_STM32L4_FAMILY_H
#define VB_DEVICE_STM32L4_FAMILY_H

#include "base/bytes.h"
#include "vboard/core/bus.h"

/* The option words of all lines. A family has some of them; the first nine are those of STM32L476,
 * in the order of its registers. PCROP1SR stands for PCROP1ASR where a bank has two areas. */
enum flash_option {
	OPT_USER, OPT_PCROP1SR, OPT_PCROP1ER, OPT_WRP1AR, OPT_WRP1BR, OPT_PCROP2SR, OPT_PCROP2ER,
	OPT_WRP2AR, OPT_WRP2BR,
	OPT_PCROP1BSR, OPT_PCROP1BER, OPT_PCROP2BSR, OPT_PCROP2BER, OPT_SEC1R, OPT_SEC2R,
	OPT_IPCCBR, OPT_SFR, OPT_SRRVR,
	OPT_NSBOOTADD0R, OPT_NSBOOTADD1R, OPT_SECBOOTADD0R, OPT_SECWM1R1, OPT_SECWM1R2, OPT_SECWM2R1,
	OPT_SECWM2R2,
	OPT_COUNT
};

enum flash_option_kind {
	OPTION_PLAIN,
	OPTION_UNLOCKED,	/* bit 31 is UNLOCK: loaded as 0 the word never changes again */
	OPTION_SECURE,		/* with TZEN = 1 only secure accesses see it */
	OPTION_CPU2,		/* only the second core writes it */
};

struct flash_option_row {
	const char *name;
	enum flash_option id;
	uint32_t offset;	/* of the register */
	uint32_t writable, ones;	/* `ones`: reserved bits that read 1 */
	uint32_t factory, mismatch;
	uint32_t info_addr;	/* where the word and its complement can be read; 0: nowhere */
	uint32_t set_only;
	enum flash_option_kind kind;
};

enum flash_swap { SWAP_NEVER, SWAP_BY_SYSCFG, SWAP_IF_SET, SWAP_IF_CLEAR };	/* the latter: OPTR.20 */
enum flash_empty { EMPTY_NONE, EMPTY_IN_SR, EMPTY_IN_ACR };	/* PEMPTY SR.17; EMPTY ACR.16 */

struct flash_area { const char *name; uint32_t base, bytes; };

#define FLASH_INFO_AREAS 3

struct stm32l4_flash_family {
	const char *name;
	unsigned max_kb;

	/* Registers: all but the option words, and where the important ones are. 0: no such register. */
	const struct vb_reg *regs;
	uint32_t acr, keyr, optkeyr, sr, cr, eccr, ecc2r, seckeyr, secsr, seccr;
	uint32_t cr_plain;		/* bits of CR without a side effect */
	uint32_t cr_bker;		/* 0: one bank */
	unsigned pnb_bits;
	uint32_t cr_sec_prot[2];	/* shuts the bank's securable area until reset */
	uint32_t sr_optverr, sr_optwerr, sr_cfgbsy, sr_bsy2, sr_wdw, sr_pesd, acr_pes;
	uint32_t acr_icen, acr_dcen, acr_run_pd, acr_run_pd2;	/* _pd2: of bank 2 alone (U5) */
	enum flash_empty empty;
	uint32_t ecc_addr, ecc_bank, ecc_sysf;
	unsigned ecc_shift;		/* ADDR_ECC counts 1 << shift bytes */
	int irq, sec_irq;

	/* Option words, ends with a NULL name. */
	const struct flash_option_row *options;
	bool reads_loaded;		/* option registers show what is loaded, not what was written */
	bool optverr_always;		/* erratum: OPTVERR is set after every reset */
	uint32_t tzen, ese;		/* OPTR bits, or 0 */

	/* Banks (1.3): dual if the OPTR bit is set; two_banks with a bit of 0: always. */
	bool two_banks;
	uint32_t dual_bit, dual_bit_small;	/* at the line's largest size; below it */
	uint32_t bank2_start;		/* where bank 2 starts whatever the size; 0: at the half */
	enum flash_swap swap;
	unsigned page_bytes, page_bytes_single;
	uint32_t page_bit;		/* OPTR bit of the page size; 0: it follows the bank mode */
	bool needs_both_mer;		/* mass erase of the single bank takes MER1 and MER2 */
	bool mode_loses_contents;	/* another bank mode has another ECC layout */
	bool wrp_all_when_single;	/* in single bank mode bank 2's WRP areas count as well */
	unsigned pcrop_bytes, pcrop_bytes_single;
	unsigned bank_pages;		/* of SECBBxRy: pages of a bank; 0: none */

	/* Programming. */
	unsigned unit_bytes;		/* 8: double word, 16: quad word */
	unsigned row_dwords;		/* fast row; 0: no fast mode */
	unsigned burst_bytes;		/* BWR; 0: none */
	uint32_t program_ns, fast_ns, burst_ns, page_erase_ns, mass_erase_ns;
	uint32_t fast_min_hz;

	/* The address map. */
	bool has_alias;			/* MEM_MODE shows something at address 0 */
	uint32_t secure_base;		/* a second window over main flash, or 0 */
	struct flash_area info[FLASH_INFO_AREAS];	/* ends with bytes 0 */
	uint32_t otp_base, otp_dwords, size_addr, uid_addr, package_addr;
};

/* One row a line; RM0351, RM0432, RM0394, RM0444, RM0440, RM0438, RM0456, RM0434. */
extern const struct stm32l4_flash_family stm32l476_flash, stm32l4r5_flash, stm32l432_flash,
	stm32g0b1_flash, stm32g474_flash, stm32l552_flash, stm32u575_flash, stm32wb55_flash;

#endif
