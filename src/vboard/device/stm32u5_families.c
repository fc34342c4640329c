/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lines with TrustZone and a second set of KEYR, SR and CR: STM32L5 (RM0438 6.9) and STM32U5
 * (RM0456 7.9). No RDERR and no OPTVERR: OPTWERR tells of an option write that is not allowed.
 *
 * unconfirmed: what reserved bits of the option registers read, and the mismatch values.
 */
#include "vboard/device/stm32l4_flash_parts.h"
#include "vboard/device/stm32l4_hooks.h"

#define CR_MODES (CR_PG | CR_PER | CR_MER1 | 0x3f8u | CR_BKER | CR_MER2 | CR_EOPIE | CR_ERRIE)

#define KEY_ROWS \
	{ "NSKEYR", 0x08, 0, 0, 0, stm32l4_keyr_written, NULL }, \
	{ "SECKEYR", 0x0c, 0, 0, 0, stm32l4_seckeyr_written, NULL }, \
	{ "OPTKEYR", 0x10, 0, 0, 0, stm32l4_optkeyr_written, NULL }
#define STATUS_ROWS \
	{ "NSSR", 0x20, 0, 0, 0x20fb, stm32l4_flags_written, stm32l4_sr_reading }, \
	{ "SECSR", 0x24, 0, 0, 0xfb, stm32l4_flags_written, stm32l4_secsr_reading }, \
	{ "NSCR", 0x28, 0xc0000000, 0, 0, stm32l4_cr_written, NULL }, \
	{ "SECCR", 0x2c, 0x80000000, 0, 0, stm32l4_seccr_written, NULL }, \
	{ "ECCR", 0x30, 0, ECCR_ECCIE, ECCR_ECCC | ECCR_ECCD, stm32l4_flags_written, NULL }
/* One bit a page: secure whatever the watermark says. */
#define BLOCK_ROWS \
	{ "SECBB1R1", 0x80, 0, UINT32_MAX, 0, NULL, NULL }, \
	{ "SECBB1R2", 0x84, 0, UINT32_MAX, 0, NULL, NULL }, \
	{ "SECBB1R3", 0x88, 0, UINT32_MAX, 0, NULL, NULL }, \
	{ "SECBB1R4", 0x8c, 0, UINT32_MAX, 0, NULL, NULL }, \
	{ "SECBB2R1", 0xa0, 0, UINT32_MAX, 0, NULL, NULL }, \
	{ "SECBB2R2", 0xa4, 0, UINT32_MAX, 0, NULL, NULL }, \
	{ "SECBB2R3", 0xa8, 0, UINT32_MAX, 0, NULL, NULL }, \
	{ "SECBB2R4", 0xac, 0, UINT32_MAX, 0, NULL, NULL }, \
	{ "SECHDPCR", 0xc0, 0, 3, 0, NULL, NULL }, \
	{ "PRIVCFGR", 0xc4, 0, 3, 0, NULL, NULL }

/* unconfirmed: LVEKEYR takes any value here, ACR.LVEN (15) any write. */
static const struct vb_reg l5_regs[] = {
	{ "ACR", 0x00, 0, 0xe00f, 0, stm32l4_acr_written, NULL },
	{ "PDKEYR", 0x04, 0, 0, 0, stm32l4_pdkeyr_written, NULL },
	KEY_ROWS,
	{ "LVEKEYR", 0x14, 0, 0, 0, NULL, NULL },
	STATUS_ROWS, BLOCK_ROWS,
	{ .name = NULL }
};

/* PDREQ1 12, PDREQ2 13 and their keys; OPSR tells what a reset interrupted. */
static const struct vb_reg u5_regs[] = {
	{ "ACR", 0x00, 1, 0x790f, 0, stm32l4_acr_written, NULL },
	KEY_ROWS,
	{ "PDKEY1R", 0x18, 0, 0, 0, stm32l4_pdkeyr_written, NULL },
	{ "PDKEY2R", 0x1c, 0, 0, 0, stm32l4_pdkeyr_written, NULL },
	STATUS_ROWS,
	{ "OPSR", 0x34, 0, 0, 0, NULL, NULL },
	{ "OEM1KEYR1", 0x70, 0, 0, 0, NULL, NULL },
	{ "OEM1KEYR2", 0x74, 0, 0, 0, NULL, NULL },
	{ "OEM2KEYR1", 0x78, 0, 0, 0, NULL, NULL },
	{ "OEM2KEYR2", 0x7c, 0, 0, 0, NULL, NULL },
	BLOCK_ROWS,
	{ "PRIVBB1R1", 0xd0, 0, UINT32_MAX, 0, NULL, NULL },
	{ "PRIVBB1R2", 0xd4, 0, UINT32_MAX, 0, NULL, NULL },
	{ "PRIVBB1R3", 0xd8, 0, UINT32_MAX, 0, NULL, NULL },
	{ "PRIVBB1R4", 0xdc, 0, UINT32_MAX, 0, NULL, NULL },
	{ "PRIVBB2R1", 0xf0, 0, UINT32_MAX, 0, NULL, NULL },
	{ "PRIVBB2R2", 0xf4, 0, UINT32_MAX, 0, NULL, NULL },
	{ "PRIVBB2R3", 0xf8, 0, UINT32_MAX, 0, NULL, NULL },
	{ "PRIVBB2R4", 0xfc, 0, UINT32_MAX, 0, NULL, NULL },
	{ .name = NULL }
};

/* Boot addresses count 128 bytes. The watermark covers the whole bank until it is changed. */
#define BOOT_ROWS \
	{ "NSBOOTADD0R", OPT_NSBOOTADD0R, 0x44, 0xffffff80, 0x7f, 0x0800007f, 0x0800007f, 0, 0, \
	  OPTION_PLAIN }, \
	{ "NSBOOTADD1R", OPT_NSBOOTADD1R, 0x48, 0xffffff80, 0x7f, 0x0bf9007f, 0x0bf9007f, 0, 0, \
	  OPTION_PLAIN }, \
	{ "SECBOOTADD0R", OPT_SECBOOTADD0R, 0x4c, 0xffffff81, 0x7c, 0x0c00007c, 0x0c00007c, 0, 0x1, \
	  OPTION_SECURE }
#define WATERMARK(name, id, offset) \
	{ name, id, offset, 0x007f007f, 0xff80ff80, 0xffffff80, 0xffffff80, 0, 0, OPTION_SECURE }
#define L5_WRP(name, id, offset) \
	{ name, id, offset, 0x007f007f, 0xff80ff80, 0xff80ffff, 0xff80ffff, 0, 0, OPTION_PLAIN }
#define U5_WRP(name, id, offset) \
	{ name, id, offset, 0x807f007f, 0x7f80ff80, 0xff80ffff, 0xff80ffff, 0, 0, OPTION_UNLOCKED }
#define SECWM2(name, id, offset, bits) \
	{ name, id, offset, bits, 0x0f000f00, 0x0f000f00, 0x0f000f00, 0, 0, OPTION_SECURE }

/* SWAP_BANK 20, DB256K 21, DBANK 22, SRAM2 24/25, boot 26/27, PA15_PUPEN 28, TZEN 31. */
static const struct flash_option_row l552_options[] = {
	{ "OPTR", OPT_USER, 0x40, 0x9f7f77ff, 0x60808800, 0x7feff8aa, 0x7feff8ff, 0, 0,
	  OPTION_PLAIN },
	BOOT_ROWS,
	WATERMARK("SECWM1R1", OPT_SECWM1R1, 0x50),
	SECWM2("SECWM1R2", OPT_SECWM1R2, 0x54, 0x807f807f),
	L5_WRP("WRP1AR", OPT_WRP1AR, 0x58),
	L5_WRP("WRP1BR", OPT_WRP1BR, 0x5c),
	WATERMARK("SECWM2R1", OPT_SECWM2R1, 0x60),
	SECWM2("SECWM2R2", OPT_SECWM2R2, 0x64, 0x807f807f),
	L5_WRP("WRP2AR", OPT_WRP2AR, 0x68),
	L5_WRP("WRP2BR", OPT_WRP2BR, 0x6c),
	{ .name = NULL }
};

static const struct flash_option_row u575_options[] = {
	{ "OPTR", OPT_USER, 0x40, 0xfffff7ff, 0x00000800, 0x1feff8aa, 0x1feff8ff, 0, 0,
	  OPTION_PLAIN },
	BOOT_ROWS,
	WATERMARK("SECWM1R1", OPT_SECWM1R1, 0x50),
	SECWM2("SECWM1R2", OPT_SECWM1R2, 0x54, 0x807f0000),
	U5_WRP("WRP1AR", OPT_WRP1AR, 0x58),
	U5_WRP("WRP1BR", OPT_WRP1BR, 0x5c),
	WATERMARK("SECWM2R1", OPT_SECWM2R1, 0x60),
	SECWM2("SECWM2R2", OPT_SECWM2R2, 0x64, 0x807f0000),
	U5_WRP("WRP2AR", OPT_WRP2AR, 0x68),
	U5_WRP("WRP2BR", OPT_WRP2BR, 0x6c),
	{ .name = NULL }
};

#define TZ_LAYOUT \
	.acr = 0x00, .keyr = 0x08, .optkeyr = 0x10, .sr = 0x20, .cr = 0x28, .eccr = 0x30, \
	.seckeyr = 0x0c, .secsr = 0x24, .seccr = 0x2c, .sr_optwerr = SR_OPTWERR, \
	.tzen = BIT(31), .secure_base = 0x0c000000, .irq = 6, .sec_irq = 7, \
	.cr_bker = CR_BKER, .pnb_bits = 7, .two_banks = true, .swap = SWAP_IF_SET, \
	.bank_pages = 128, .otp_base = 0x0bfa0000, .otp_dwords = 64, .package_addr = 0x0bfa0500, \
	.info = { { "system memory", 0x0bf90000, 0x10000 }, { "OTP and UID", 0x0bfa0000, 0x1000 } }

/* DS12736: as STM32L4. The page follows DBANK alone, on a 256 KiB part too. */
const struct stm32l4_flash_family stm32l552_flash = {
	TZ_LAYOUT,
	.name = "STM32L55x/L56x",
	.max_kb = 512,
	.regs = l5_regs, .options = l552_options,
	.cr_plain = CR_MODES,
	.acr_run_pd = BIT(13),
	.ecc_addr = 0x7ffff, .ecc_bank = BIT(21), .ecc_sysf = BIT(22),
	.dual_bit = BIT(22), .dual_bit_small = BIT(21), .page_bit = BIT(22),
	.page_bytes = 2048, .page_bytes_single = 4096,
	.needs_both_mer = true, .mode_loses_contents = true, .wrp_all_when_single = true,
	.unit_bytes = 8,
	.program_ns = 81700, .page_erase_ns = 22020000, .mass_erase_ns = 22130000,
	.size_addr = 0x0bfa05e0, .uid_addr = 0x0bfa0590,
};

/* DS13737: 118 us a quad word, 48 us each in a burst of eight. WDW 17. */
const struct stm32l4_flash_family stm32u575_flash = {
	TZ_LAYOUT,
	.name = "STM32U575/U585",
	.max_kb = 2048,
	.regs = u5_regs, .options = u575_options,
	.cr_plain = CR_MODES | CR_BWR, .sr_wdw = BIT(17),
	.acr_run_pd = BIT(12), .acr_run_pd2 = BIT(13),
	.ecc_addr = 0x1fffff, .ecc_bank = BIT(21), .ecc_sysf = BIT(22),
	.dual_bit_small = BIT(21),
	.page_bytes = 8192, .page_bytes_single = 8192,
	.unit_bytes = 16, .burst_bytes = 128,
	.program_ns = 118000, .burst_ns = 48000, .page_erase_ns = 1500000, .mass_erase_ns = 195000000,
	.size_addr = 0x0bfa07a0, .uid_addr = 0x0bfa0700,
};
