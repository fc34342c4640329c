/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lines with the register layout of STM32L4: registers and option words, banks, times.
 *
 * Bit positions: CMSIS device headers of each line. unconfirmed: what reserved bits of the option
 * registers read, and PCROP1ER bits 30:28 (0 here).
 */
#include "vboard/device/stm32l4_flash_parts.h"
#include "vboard/device/stm32l4_hooks.h"

#define CR_MODES  (CR_PG | CR_PER | CR_MER1 | CR_FSTPG | CR_EOPIE | CR_ERRIE | CR_RDERRIE)
#define PNB(bits) (((1u << (bits)) - 1) << 3)

#define SR_ROW { "SR", FLASH_SR, 0, 0, 0xc3fb, stm32l4_flags_written, stm32l4_sr_reading }
#define CR_ROW { "CR", FLASH_CR, 0xc0000000, 0, 0, stm32l4_cr_written, NULL }
#define ECCR_ROW(name, offset) \
	{ name, offset, 0, ECCR_ECCIE, ECCR_ECCC | ECCR_ECCD, stm32l4_flags_written, NULL }
#define KEY_ROWS \
	{ "KEYR", FLASH_KEYR, 0, 0, 0, stm32l4_keyr_written, NULL }, \
	{ "OPTKEYR", FLASH_OPTKEYR, 0, 0, 0, stm32l4_optkeyr_written, NULL }
#define PDKEYR_ROW { "PDKEYR", FLASH_PDKEYR, 0, 0, 0, stm32l4_pdkeyr_written, NULL }
#define ACR_ROW(reset, writable) \
	{ "ACR", FLASH_ACR, reset, writable, 0, stm32l4_acr_written, stm32l4_acr_reading }

/* RM0351 3.7, RM0394 3.7. Offsets 0x1c, 0x34..0x40 are reserved. */
static const struct vb_reg l4_regs[] = {
	ACR_ROW(0x600, 0x7f07), PDKEYR_ROW, KEY_ROWS, SR_ROW, CR_ROW, ECCR_ROW("ECCR", FLASH_ECCR),
	{ .name = NULL }
};

/* RM0432 3.7: four bits of LATENCY, CFGR.LVEN; no ECCR2 of the second half of a 128-bit word. */
static const struct vb_reg l4plus_regs[] = {
	ACR_ROW(0x600, 0x7f0f), PDKEYR_ROW, KEY_ROWS, SR_ROW, CR_ROW, ECCR_ROW("ECCR", FLASH_ECCR),
	{ "CFGR", 0x130, 0, 1, 0, NULL, NULL },
	{ .name = NULL }
};

/* RM0444 3.7. No data cache, no power-down; EMPTY and DBG_SWEN in ACR. */
static const struct vb_reg g0_regs[] = {
	ACR_ROW(0x40600, 0x50b07), KEY_ROWS, SR_ROW, CR_ROW, ECCR_ROW("ECCR", FLASH_ECCR),
	ECCR_ROW("ECC2R", 0x1c),
	{ .name = NULL }
};

/* RM0440 3.7. */
static const struct vb_reg g4_regs[] = {
	ACR_ROW(0x40600, 0x47f0f), PDKEYR_ROW, KEY_ROWS, SR_ROW, CR_ROW, ECCR_ROW("ECCR", FLASH_ECCR),
	{ .name = NULL }
};

/* RM0434 3.10: PES and EMPTY in ACR; the second core has its own ACR, SR and CR. */
static const struct vb_reg wb_regs[] = {
	ACR_ROW(0x600, 0x19f07), KEY_ROWS, SR_ROW, CR_ROW, ECCR_ROW("ECCR", FLASH_ECCR),
	{ "C2ACR", 0x5c, 0x600, 0x8f00, 0, NULL, NULL },
	{ "C2SR", 0x60, 0, 0, 0xc3fb, NULL, NULL },
	{ "C2CR", 0x64, 0, 0, 0, NULL, NULL },
	{ .name = NULL }
};

/* Option words. A macro where a word is the same on several lines. */

#define WRP_ROW(name, id, offset, info, bits) \
	{ name, id, offset, (bits) * 0x10001u, ~((bits) * 0x10001u), \
	  ~((bits) * 0x10001u) | (bits), ~((bits) * 0x10001u) | (bits), info, 0, OPTION_PLAIN }
#define PCROP_SR(name, id, offset, info, bits, ones) \
	{ name, id, offset, bits, ones, (ones) | (bits), ones, info, 0, OPTION_PLAIN }
#define PCROP_ER(name, id, offset, info, bits, ones, rdp) \
	{ name, id, offset, (bits) | (rdp), ones, ones, (ones) | (bits) | (rdp), info, rdp, \
	  OPTION_PLAIN }

/* RM0351 3.7.8 to 3.7.16, addresses 3.4.1. */
#define L4_BANK1(page, optr, ones, factory, mismatch) \
	{ "OPTR", OPT_USER, 0x20, optr, ones, factory, mismatch, page, 0, OPTION_PLAIN }, \
	PCROP_SR("PCROP1SR", OPT_PCROP1SR, 0x24, page + 8, 0xffffu, 0xffff0000u), \
	PCROP_ER("PCROP1ER", OPT_PCROP1ER, 0x28, page + 0x10, 0xffffu, 0x0fff0000u, PCROP_RDP), \
	WRP_ROW("WRP1AR", OPT_WRP1AR, 0x2c, page + 0x18, 0xffu), \
	WRP_ROW("WRP1BR", OPT_WRP1BR, 0x30, page + 0x20, 0xffu)
#define L4_BANK2(page) \
	PCROP_SR("PCROP2SR", OPT_PCROP2SR, 0x44, page + 8, 0xffffu, 0xffff0000u), \
	PCROP_ER("PCROP2ER", OPT_PCROP2ER, 0x48, page + 0x10, 0xffffu, 0xffff0000u, 0u), \
	WRP_ROW("WRP2AR", OPT_WRP2AR, 0x4c, page + 0x18, 0xffu), \
	WRP_ROW("WRP2BR", OPT_WRP2BR, 0x50, page + 0x20, 0xffu)

static const struct flash_option_row l476_options[] = {
	L4_BANK1(0x1fff7800u, 0x03bf77ff, 0xfc408800, 0xffeff8aa, 0xfffff8ff),
	L4_BANK2(0x1ffff800u),
	{ .name = NULL }
};

/* RM0432 3.7.8: DB1M 21, DBANK 22, nSWBOOT0 26, nBOOT0 27. */
static const struct flash_option_row l4r5_options[] = {
	L4_BANK1(0x1ff00000u, 0x0fff77ff, 0xf0008800, 0xffeff8aa, 0xfffff8ff),
	L4_BANK2(0x1ff01000u),
	{ .name = NULL }
};

/* RM0394 3.7.8: no BFB2, no DUALBANK; nSWBOOT0 26, nBOOT0 27. */
static const struct flash_option_row l432_options[] = {
	L4_BANK1(0x1fff7800u, 0x0f8f77ff, 0xf0608800, 0xffeff8aa, 0xfffff8ff),
	{ .name = NULL }
};

/* RM0440 3.7.8 ff.: PCROP counts 15 bits, WRP 7; SEC1R and SEC2R. Mismatch: nothing securable. */
#define SEC_ROW(name, id, offset, info, more) \
	{ name, id, offset, 0xffu | (more), 0xff00ff00u, 0xff00ff00u, 0xff00ff00u, info, 0, \
	  OPTION_PLAIN }

static const struct flash_option_row g474_options[] = {
	{ "OPTR", OPT_USER, 0x20, 0x7fdf77ff, 0x80208800, 0xffeff8aa, 0xfffff8ff, 0x1fff7800, 0,
	  OPTION_PLAIN },
	PCROP_SR("PCROP1SR", OPT_PCROP1SR, 0x24, 0x1fff7808, 0x7fffu, 0xffff0000u),
	PCROP_ER("PCROP1ER", OPT_PCROP1ER, 0x28, 0x1fff7810, 0x7fffu, 0x0fff0000u, PCROP_RDP),
	WRP_ROW("WRP1AR", OPT_WRP1AR, 0x2c, 0x1fff7818, 0x7fu),
	WRP_ROW("WRP1BR", OPT_WRP1BR, 0x30, 0x1fff7820, 0x7fu),
	PCROP_SR("PCROP2SR", OPT_PCROP2SR, 0x44, 0x1ffff808, 0x7fffu, 0xffff0000u),
	PCROP_ER("PCROP2ER", OPT_PCROP2ER, 0x48, 0x1ffff810, 0x7fffu, 0xffff0000u, 0u),
	WRP_ROW("WRP2AR", OPT_WRP2AR, 0x4c, 0x1ffff818, 0x7fu),
	WRP_ROW("WRP2BR", OPT_WRP2BR, 0x50, 0x1ffff820, 0x7fu),
	SEC_ROW("SEC1R", OPT_SEC1R, 0x70, 0x1fff7828, BIT(16)),
	SEC_ROW("SEC2R", OPT_SEC2R, 0x74, 0x1ffff828, 0u),
	{ .name = NULL }
};

/* RM0444 3.7.8 ff.: two PCROP areas a bank, of 512-byte steps; reserved bits read 0. SECR has
 * SEC_SIZE 7:0, BOOT_LOCK 16, SEC_SIZE2 27:20. */
#define G0_WRP(name, id, offset, info) \
	{ name, id, offset, 0x007f007fu, 0, 0x7fu, 0x7fu, info, 0, OPTION_PLAIN }

static const struct flash_option_row g0b1_options[] = {
	{ "OPTR", OPT_USER, 0x20, 0x3f7fffff, 0xc0800000, 0xfffffeaa, 0xfffffeff, 0x1fff7800, 0,
	  OPTION_PLAIN },
	PCROP_SR("PCROP1ASR", OPT_PCROP1SR, 0x24, 0x1fff7808, 0x1ffu, 0u),
	PCROP_ER("PCROP1AER", OPT_PCROP1ER, 0x28, 0x1fff7810, 0x1ffu, 0u, PCROP_RDP),
	G0_WRP("WRP1AR", OPT_WRP1AR, 0x2c, 0x1fff7818),
	G0_WRP("WRP1BR", OPT_WRP1BR, 0x30, 0x1fff7820),
	PCROP_SR("PCROP1BSR", OPT_PCROP1BSR, 0x34, 0x1fff7828, 0x1ffu, 0u),
	PCROP_ER("PCROP1BER", OPT_PCROP1BER, 0x38, 0x1fff7830, 0x1ffu, 0u, 0u),
	PCROP_SR("PCROP2ASR", OPT_PCROP2SR, 0x44, 0x1fff7838, 0x1ffu, 0u),
	PCROP_ER("PCROP2AER", OPT_PCROP2ER, 0x48, 0x1fff7840, 0x1ffu, 0u, 0u),
	G0_WRP("WRP2AR", OPT_WRP2AR, 0x4c, 0x1fff7848),
	G0_WRP("WRP2BR", OPT_WRP2BR, 0x50, 0x1fff7850),
	PCROP_SR("PCROP2BSR", OPT_PCROP2BSR, 0x54, 0x1fff7858, 0x1ffu, 0u),
	PCROP_ER("PCROP2BER", OPT_PCROP2BER, 0x58, 0x1fff7860, 0x1ffu, 0u, 0u),
	{ "SECR", OPT_SEC1R, 0x80, 0x0ff100ff, 0, 0, 0, 0x1fff7870, 0, OPTION_PLAIN },
	{ .name = NULL }
};

/* RM0434 3.10.8 ff.: PCROP counts 2 KiB. The radio's part of the flash starts at SFR.SFSA; SFR and
 * SRRVR belong to the second core. */
static const struct flash_option_row wb55_options[] = {
	{ "OPTR", OPT_USER, 0x20, 0xef8f7fff, 0, 0x2d8f71aa, 0xef8f71ff,
	  0x1fff8000, 0, OPTION_PLAIN },
	PCROP_SR("PCROP1ASR", OPT_PCROP1SR, 0x24, 0x1fff8008, 0x1ffu, 0xfffffe00u),
	PCROP_ER("PCROP1AER", OPT_PCROP1ER, 0x28, 0x1fff8010, 0x1ffu, 0x7ffffe00u, PCROP_RDP),
	WRP_ROW("WRP1AR", OPT_WRP1AR, 0x2c, 0x1fff8018, 0xffu),
	WRP_ROW("WRP1BR", OPT_WRP1BR, 0x30, 0x1fff8020, 0xffu),
	PCROP_SR("PCROP1BSR", OPT_PCROP1BSR, 0x34, 0x1fff8028, 0x1ffu, 0xfffffe00u),
	PCROP_ER("PCROP1BER", OPT_PCROP1BER, 0x38, 0x1fff8030, 0x1ffu, 0xfffffe00u, 0u),
	{ "IPCCBR", OPT_IPCCBR, 0x3c, 0x3fff, 0xffffc000, 0xffffc000, 0xffffffff, 0x1fff8068, 0,
	  OPTION_PLAIN },
	{ "SFR", OPT_SFR, 0x80, 0x11ff, 0xffffee00, 0xfffffef4, 0xffffee00, 0x1fff8070, 0,
	  OPTION_CPU2 },
	{ "SRRVR", OPT_SRRVR, 0x84, 0xfeffffff, 0x01000000, 0x9f2bd000, 0x01000000, 0x1fff8078, 0,
	  OPTION_CPU2 },
	{ .name = NULL }
};

/* The lines */

#define L4_LAYOUT \
	.acr = FLASH_ACR, .keyr = FLASH_KEYR, .optkeyr = FLASH_OPTKEYR, .sr = FLASH_SR, \
	.cr = FLASH_CR, .eccr = FLASH_ECCR, .sr_optverr = SR_OPTVERR, .unit_bytes = 8, \
	.acr_icen = ACR_ICEN, \
	.fast_min_hz = 8000000, .has_alias = true, .otp_base = 0x1fff7000, .otp_dwords = 128, \
	.size_addr = 0x1fff75e0, .uid_addr = 0x1fff7590, .package_addr = 0x1fff7500
#define INFO_L4	\
	{ { "system memory", 0x1fff0000, 0x8000 }, { "system memory 2", 0x1fff8000, 0x8000 } }
/* DS10198 6.3.10, typical values. */
#define TIMES_L4 \
	.row_dwords = 32, .program_ns = 81690, .fast_ns = 1910000 / 32, \
	.page_erase_ns = 22020000, .mass_erase_ns = 22130000

const struct stm32l4_flash_family stm32l476_flash = {
	L4_LAYOUT, TIMES_L4,
	.name = "STM32L47x/L48x",
	.max_kb = 1024,
	.regs = l4_regs, .options = l476_options,
	.cr_plain = CR_MODES | PNB(8) | CR_BKER | CR_MER2, .cr_bker = CR_BKER, .pnb_bits = 8,
	.acr_dcen = ACR_DCEN, .acr_run_pd = ACR_RUN_PD,
	.ecc_addr = 0x7ffff, .ecc_bank = BIT(19), .ecc_sysf = BIT(20),
	.irq = 4,
	.two_banks = true, .dual_bit_small = BIT(21), .swap = SWAP_BY_SYSCFG,
	.page_bytes = 2048, .page_bytes_single = 2048,
	.pcrop_bytes = 8, .pcrop_bytes_single = 8,
	.info = INFO_L4,
};

/* DS12023: a row has 64 double words. ADDR_ECC 20:0, BK_ECC 21, SYSF_ECC 22. */
const struct stm32l4_flash_family stm32l4r5_flash = {
	L4_LAYOUT,
	.name = "STM32L4Rx/L4Sx",
	.max_kb = 2048,
	.regs = l4plus_regs, .options = l4r5_options,
	.cr_plain = CR_MODES | PNB(8) | CR_BKER | CR_MER2, .cr_bker = CR_BKER, .pnb_bits = 8,
	.acr_dcen = ACR_DCEN, .acr_run_pd = ACR_RUN_PD, .empty = EMPTY_IN_SR,
	.ecc_addr = 0x1fffff, .ecc_bank = BIT(21), .ecc_sysf = BIT(22),
	.irq = 4,
	.two_banks = true, .dual_bit = BIT(22), .dual_bit_small = BIT(21), .swap = SWAP_BY_SYSCFG,
	.page_bytes = 4096, .page_bytes_single = 8192,
	.needs_both_mer = true, .mode_loses_contents = true, .wrp_all_when_single = true,
	.pcrop_bytes = 8, .pcrop_bytes_single = 16,
	.row_dwords = 64, .program_ns = 81700, .fast_ns = 3800000 / 64,
	.page_erase_ns = 22000000, .mass_erase_ns = 22130000,
	.info = { { "system memory", 0x1fff0000, 0x8000 }, { "system memory 2", 0x1fff8000, 0x8000 },
		  { "option bytes", 0x1ff00000, 0x2000 } },
};

const struct stm32l4_flash_family stm32l432_flash = {
	L4_LAYOUT, TIMES_L4,
	.name = "STM32L43x/L44x",
	.max_kb = 256,
	.regs = l4_regs, .options = l432_options,
	.cr_plain = CR_MODES | PNB(7), .pnb_bits = 7,
	.acr_dcen = ACR_DCEN, .acr_run_pd = ACR_RUN_PD, .empty = EMPTY_IN_SR,
	.ecc_addr = 0x7ffff, .ecc_sysf = BIT(20),
	.irq = 4,
	.page_bytes = 2048, .page_bytes_single = 2048,
	.pcrop_bytes = 8, .pcrop_bytes_single = 8,
	.info = INFO_L4,
};

/* DS13560: slower than L4. BSY2 17, CFGBSY 18; ADDR_ECC counts double words, each bank has its own. */
const struct stm32l4_flash_family stm32g0b1_flash = {
	L4_LAYOUT,
	.name = "STM32G0Bx/G0Cx",
	.max_kb = 512,
	.regs = g0_regs, .options = g0b1_options, .reads_loaded = true,
	.ecc2r = 0x1c,
	.cr_plain = CR_MODES | PNB(10) | BIT(13) | CR_MER2 | BIT(28) | BIT(29), .cr_bker = BIT(13),
	.pnb_bits = 10, .cr_sec_prot = { BIT(28), BIT(29) },
	.sr_bsy2 = BIT(17), .sr_cfgbsy = BIT(18), .empty = EMPTY_IN_ACR,
	.ecc_addr = 0x7fff, .ecc_sysf = BIT(20), .ecc_shift = 3,
	.irq = 3,
	.two_banks = true, .dual_bit = BIT(21), .dual_bit_small = BIT(21), .swap = SWAP_IF_CLEAR,
	.page_bytes = 2048, .page_bytes_single = 2048,
	.pcrop_bytes = 512, .pcrop_bytes_single = 512,
	.row_dwords = 32, .program_ns = 85000, .fast_ns = 1700000 / 32,
	.page_erase_ns = 22000000, .mass_erase_ns = 22100000,
	.info = INFO_L4,
};

/* Bank 2 starts at 0x08040000 on every size: the bank decoder knows the full map only. */
const struct stm32l4_flash_family stm32g474_flash = {
	L4_LAYOUT, TIMES_L4,
	.name = "STM32G47x/G48x",
	.max_kb = 512,
	.regs = g4_regs, .options = g474_options,
	.cr_plain = CR_MODES | PNB(7) | CR_BKER | CR_MER2 | BIT(28) | BIT(29), .cr_bker = CR_BKER,
	.pnb_bits = 7, .cr_sec_prot = { BIT(28), BIT(29) },
	.acr_dcen = ACR_DCEN, .acr_run_pd = ACR_RUN_PD,
	.ecc_addr = 0x7ffff, .ecc_bank = BIT(21), .ecc_sysf = BIT(22),
	.irq = 4,
	.two_banks = true, .dual_bit = BIT(22), .dual_bit_small = BIT(22),
	.bank2_start = 0x40000, .swap = SWAP_BY_SYSCFG,
	.page_bytes = 2048, .page_bytes_single = 4096,
	.needs_both_mer = true, .mode_loses_contents = true, .wrp_all_when_single = true,
	.pcrop_bytes = 8, .pcrop_bytes_single = 16,
	.info = INFO_L4,
};

/* CFGBSY 18, PESD 19. Erratum: OPTVERR is set after every reset. */
const struct stm32l4_flash_family stm32wb55_flash = {
	L4_LAYOUT, TIMES_L4,
	.name = "STM32WB55",
	.max_kb = 1024,
	.regs = wb_regs, .options = wb55_options, .optverr_always = true, .ese = BIT(8),
	.cr_plain = CR_MODES | PNB(8), .pnb_bits = 8,
	.sr_cfgbsy = BIT(18), .sr_pesd = BIT(19), .acr_pes = BIT(15), .acr_dcen = ACR_DCEN,
	.empty = EMPTY_IN_ACR,
	.ecc_addr = 0x1ffff, .ecc_sysf = BIT(20), .ecc_shift = 3,
	.irq = 4,
	.page_bytes = 4096, .page_bytes_single = 4096,
	.pcrop_bytes = 2048, .pcrop_bytes_single = 2048,
	.info = { { "system memory", 0x1fff0000, 0x8000 }, { "option bytes", 0x1fff8000, 0x1000 } },
};
