/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stm32l4: every field of every option register, line by line, with what its values mean. RM0351
 * 3.7.8 to 3.7.16 (L47, L49), RM0394 3.7 (L41..L46), RM0432 3.7 (L4+), RM0440 3.7 (G4), RM0444 3.7 (G0),
 * RM0490 4.7 (C0), RM0503 3.7 (U0), RM0434 3.10 (WB), RM0453 4.10 (WL), RM0438 6.9 (L5), RM0456 7.9 (U5),
 * RM0487 7.9 (U3), RM0493 7.9 (WBA).
 */
#include <string.h>
#include <strings.h>

#include "flash/stm32l4_option.h"

#define WORDS_0_1(name, if_0, if_1)                                                                \
	static const struct stm32l4_value name[] = { { 0, if_0 }, { 1, if_1 }, { 0, NULL } }

#define RDP_OPEN   { 0xaa, "level 0: open" }
#define RDP_CLOSED { 0xbb, "level 1: flash closed to debuggers; going back to 0 erases it" }
#define RDP_DEAD   { 0xcc, "level 2: debug port closed for ever" }
static const struct stm32l4_value rdp[] = { RDP_OPEN, RDP_CLOSED, RDP_DEAD, { 0, NULL } };
static const struct stm32l4_value rdp_tz[] = {
	RDP_OPEN, { 0x55, "level 0.5: the secure part is closed to debuggers" }, RDP_CLOSED, RDP_DEAD,
	{ 0, NULL }
};
/* RM0351 5.1.2: thresholds of the brown-out reset. */
static const struct stm32l4_value bor[] = {
	{ 0, "about 1.7 V" }, { 1, "about 2.0 V" }, { 2, "about 2.2 V" }, { 3, "about 2.5 V" },
	{ 4, "about 2.8 V" }, { 0, NULL }
};
/* RM0444 4.1.2 */
static const struct stm32l4_value bor_rising[] = {
	{ 0, "about 2.1 V, rising" }, { 1, "about 2.3 V, rising" }, { 2, "about 2.6 V, rising" },
	{ 3, "about 2.9 V, rising" }, { 0, NULL }
};
static const struct stm32l4_value bor_falling[] = {
	{ 0, "about 2.0 V, falling" }, { 1, "about 2.2 V, falling" }, { 2, "about 2.5 V, falling" },
	{ 3, "about 2.8 V, falling" }, { 0, NULL }
};
WORDS_0_1(bor_en, "brown-out level fixed: power-on reset only", "brown-out level as configured");
WORDS_0_1(rst_stop, "reset on entering Stop", "no reset on entering Stop");
WORDS_0_1(rst_stdby, "reset on entering Standby", "no reset on entering Standby");
WORDS_0_1(rst_shdw, "reset on entering Shutdown", "no reset on entering Shutdown");
WORDS_0_1(iwdg_sw, "hardware: IWDG starts at every reset", "software start");
WORDS_0_1(iwdg_stop, "IWDG frozen in Stop", "IWDG runs in Stop");
WORDS_0_1(iwdg_stdby, "IWDG frozen in Standby", "IWDG runs in Standby");
WORDS_0_1(wwdg_sw, "hardware: WWDG starts at every reset", "software start");
WORDS_0_1(bfb2, "normal boot", "boot from bank 2 by way of system memory");
WORDS_0_1(dual_small, "single bank (512K and 256K parts)", "dual bank");
WORDS_0_1(dual_below, "single bank (parts below the maximum)", "dual bank");
WORDS_0_1(dual_wide, "single bank, 128-bit wide", "dual bank, 64-bit wide");
WORDS_0_1(dual, "single bank", "dual bank");
WORDS_0_1(nboot1, "with BOOT0 high: boot from SRAM1", "with BOOT0 high: boot from system memory");
WORDS_0_1(parity, "parity check on", "parity check off");
WORDS_0_1(ecc, "ECC on", "ECC off");
WORDS_0_1(sram2_rst, "SRAM2 erased at reset", "SRAM2 kept at reset");
WORDS_0_1(sram_rst, "SRAM erased at reset", "SRAM kept at reset");
WORDS_0_1(ccm_rst, "CCM SRAM erased at reset", "CCM SRAM kept at reset");
WORDS_0_1(nswboot0, "boot by nBOOT0", "boot by the BOOT0 pin");
WORDS_0_1(nboot0, "counts as BOOT0 high", "counts as BOOT0 low: main flash");
WORDS_0_1(nboot_sel, "boot by the PA14-BOOT0 pin", "boot by nBOOT0");
static const struct stm32l4_value nrst_mode[] = {
	{ 0, "reserved" }, { 1, "reset input only" }, { 2, "GPIO: no reset pin" },
	{ 3, "reset input and output" }, { 0, NULL }
};
WORDS_0_1(irhen, "internal resets drive the pin as a short pulse",
	  "internal resets hold the pin low until it is seen low");
WORDS_0_1(pb4_pupen, "PB4 pull-up by USB power delivery", "PB4 pull-up by JTAG");
WORDS_0_1(pa15_pupen, "USB power delivery dead-battery pull-down on PA15", "JTAG pull-up on PA15");
WORDS_0_1(swapped_if_1, "banks not swapped", "banks swapped");
WORDS_0_1(swapped_if_0, "banks swapped", "banks not swapped");
WORDS_0_1(boot_lock, "boot as selected", "boot locked to main flash");
WORDS_0_1(boot_lock_cpu2, "CPU2 boots as selected", "CPU2 boot locked");
WORDS_0_1(boot_lock_tz, "secure boot address can be changed", "secure boot locked to SECBOOTADD0");
WORDS_0_1(tzen, "TrustZone off", "TrustZone on");
WORDS_0_1(hslv, "high-speed IO at low voltage not allowed", "high-speed IO at low voltage allowed");
WORDS_0_1(pcrop_rdp, "PCROP pages survive RDP 1 to 0", "PCROP pages are erased by RDP 1 to 0");
WORDS_0_1(wrp_unlock, "locked for ever", "can be changed");
WORDS_0_1(ese, "CPU2 security off", "CPU2 security on");
WORDS_0_1(fsd, "secure flash area in force", "no secure flash area");
WORDS_0_1(dds, "CPU2 debug allowed", "CPU2 debug disabled");
WORDS_0_1(brsd, "SRAM2a security in force", "no SRAM2a security");
WORDS_0_1(nbrsd, "SRAM2b security in force", "no SRAM2b security");
WORDS_0_1(c2opt, "CPU2 boots from SRAM2", "CPU2 boots from flash");
WORDS_0_1(bdrst_por, "backup domain kept at a brown-out", "backup domain reset at a brown-out");
WORDS_0_1(bdrst, "backup domain reset enabled", "backup domain reset disabled");
WORDS_0_1(bkp_erase, "backup SRAM erased on tamper", "backup SRAM kept on tamper");
WORDS_0_1(hse_remap, "HSE pins remapped", "HSE pins not remapped");
WORDS_0_1(muxing, "several dies' pins free to collide", "secure muxing of bonded pins");
WORDS_0_1(area_on, "off", "on");

#define END { .name = NULL }
#define AT(reg, msb, lsb, name, words) { name, reg, msb, lsb, words, SAFE }
#define BIT_OF(reg, bit, name, words) { name, reg, bit, bit, words, SAFE }
#define SHAPE(reg, bit, name, words) { name, reg, bit, bit, words, CHANGES_GEOMETRY }
#define LASTS(reg, bit, name, words) { name, reg, bit, bit, words, FOR_EVER }
#define FIXED(reg, msb, lsb, name, words) { name, reg, msb, lsb, words, READ_ONLY }

#define RDP_AT(reg) { "RDP", reg, 7, 0, rdp, ERASES_FLASH }
#define RDP_TZ_AT(reg) { "RDP", reg, 7, 0, rdp_tz, ERASES_FLASH }
#define RESETS(reg, lsb)                                                                           \
	BIT_OF(reg, lsb, "nRST_STOP", rst_stop), BIT_OF(reg, lsb + 1, "nRST_STDBY", rst_stdby),     \
	BIT_OF(reg, lsb + 2, "nRST_SHDW", rst_shdw)
#define WATCHDOGS(reg)                                                                             \
	BIT_OF(reg, 16, "IWDG_SW", iwdg_sw), BIT_OF(reg, 17, "IWDG_STOP", iwdg_stop),               \
	BIT_OF(reg, 18, "IWDG_STDBY", iwdg_stdby), BIT_OF(reg, 19, "WWDG_SW", wwdg_sw)
#define SRAM2_BITS(reg)                                                                            \
	BIT_OF(reg, 24, "SRAM2_PE", parity), BIT_OF(reg, 25, "SRAM2_RST", sram2_rst)
#define BOOT_BITS(reg)                                                                             \
	BIT_OF(reg, 26, "nSWBOOT0", nswboot0), BIT_OF(reg, 27, "nBOOT0", nboot0)
#define L4_FIRST                                                                                   \
	RDP_AT(0x20), AT(0x20, 10, 8, "BOR_LEV", bor), RESETS(0x20, 12), WATCHDOGS(0x20)
#define NBOOT1 BIT_OF(0x20, 23, "nBOOT1", nboot1)
#define BFB2 BIT_OF(0x20, 20, "BFB2", bfb2)

/* Areas: first and last. The width is the register's; a smaller part uses less of it. */
#define WRP(reg, name, bits)                                                                       \
	AT(reg, bits - 1, 0, name "_STRT", NULL), AT(reg, 15 + bits, 16, name "_END", NULL)
#define PCROP(start, end, name, bits)                                                              \
	AT(start, bits - 1, 0, name "_STRT", NULL), AT(end, bits - 1, 0, name "_END", NULL)
#define PCROP_1(name, bits)                                                                        \
	PCROP(0x24, 0x28, name, bits), BIT_OF(0x28, 31, "PCROP_RDP", pcrop_rdp)
#define WRP_1(bits) WRP(0x2c, "WRP1A", bits), WRP(0x30, "WRP1B", bits)
#define WRP_2(bits) WRP(0x4c, "WRP2A", bits), WRP(0x50, "WRP2B", bits)

static const struct stm32l4_field l47[] = {
	L4_FIRST, BFB2, SHAPE(0x20, 21, "DUALBANK", dual_small), NBOOT1, SRAM2_BITS(0x20),
	PCROP_1("PCROP1", 16), WRP_1(8), PCROP(0x44, 0x48, "PCROP2", 16), WRP_2(8), END
};
static const struct stm32l4_field l49[] = {
	L4_FIRST, BFB2, SHAPE(0x20, 21, "DUALBANK", dual_small), NBOOT1, SRAM2_BITS(0x20),
	BOOT_BITS(0x20), PCROP_1("PCROP1", 16), WRP_1(8), PCROP(0x44, 0x48, "PCROP2", 16), WRP_2(8), END
};
static const struct stm32l4_field l43[] = {
	L4_FIRST, NBOOT1, SRAM2_BITS(0x20), BOOT_BITS(0x20), PCROP_1("PCROP1", 16), WRP_1(8), END
};
static const struct stm32l4_field l4r[] = {
	L4_FIRST, BFB2, SHAPE(0x20, 21, "DB1M", dual_below), SHAPE(0x20, 22, "DBANK", dual_wide),
	NBOOT1, SRAM2_BITS(0x20), BOOT_BITS(0x20), PCROP_1("PCROP1", 17), WRP_1(8),
	PCROP(0x44, 0x48, "PCROP2", 17), WRP_2(8), END
};
static const struct stm32l4_field l4p[] = {
	L4_FIRST, BFB2, SHAPE(0x20, 21, "DB512K", dual_below), SHAPE(0x20, 22, "DBANK", dual_wide),
	NBOOT1, SRAM2_BITS(0x20), BOOT_BITS(0x20), PCROP_1("PCROP1", 17), WRP_1(8),
	PCROP(0x44, 0x48, "PCROP2", 17), WRP_2(8), END
};

#define G4_LAST                                                                                    \
	NBOOT1, BIT_OF(0x20, 24, "SRAM_PE", parity), BIT_OF(0x20, 25, "CCMSRAM_RST", ccm_rst),      \
	BOOT_BITS(0x20), AT(0x20, 29, 28, "NRST_MODE", nrst_mode), BIT_OF(0x20, 30, "IRHEN", irhen)
#define G4_SEC1                                                                                    \
	AT(0x70, 7, 0, "SEC_SIZE1", NULL), LASTS(0x70, 16, "BOOT_LOCK", boot_lock)
static const struct stm32l4_field g43[] = {
	L4_FIRST, G4_LAST, PCROP_1("PCROP1", 15), WRP_1(7), G4_SEC1, END
};
static const struct stm32l4_field g49[] = {
	L4_FIRST, BIT_OF(0x20, 22, "PB4_PUPEN", pb4_pupen), G4_LAST, PCROP_1("PCROP1", 16), WRP_1(8),
	AT(0x70, 8, 0, "SEC_SIZE1", NULL), LASTS(0x70, 16, "BOOT_LOCK", boot_lock), END
};
static const struct stm32l4_field g47[] = {
	L4_FIRST, BFB2, SHAPE(0x20, 22, "DBANK", dual), G4_LAST, PCROP_1("PCROP1", 15), WRP_1(7),
	PCROP(0x44, 0x48, "PCROP2", 15), WRP_2(7), G4_SEC1, AT(0x74, 7, 0, "SEC_SIZE2", NULL), END
};

#define G0_FIRST                                                                                   \
	RDP_AT(0x20), BIT_OF(0x20, 8, "BOR_EN", bor_en),                                           \
	AT(0x20, 10, 9, "BORR_LEV", bor_rising), AT(0x20, 12, 11, "BORF_LEV", bor_falling),         \
	RESETS(0x20, 13), WATCHDOGS(0x20)
#define G0_LAST                                                                                    \
	BIT_OF(0x20, 24, "nBOOT_SEL", nboot_sel), BIT_OF(0x20, 25, "nBOOT1", nboot1),               \
	BIT_OF(0x20, 26, "nBOOT0", nboot0), AT(0x20, 28, 27, "NRST_MODE", nrst_mode),               \
	BIT_OF(0x20, 29, "IRHEN", irhen)
#define G0_PARITY BIT_OF(0x20, 22, "RAM_PARITY_CHECK", parity)
#define G0_LOCK LASTS(0x80, 16, "BOOT_LOCK", boot_lock)
static const struct stm32l4_field g0[] = {
	G0_FIRST, G0_PARITY, G0_LAST, PCROP_1("PCROP1A", 8), WRP_1(6),
	PCROP(0x34, 0x38, "PCROP1B", 8), AT(0x80, 6, 0, "SEC_SIZE", NULL), G0_LOCK, END
};
static const struct stm32l4_field g0b[] = {
	G0_FIRST, BIT_OF(0x20, 20, "nSWAP_BANK", swapped_if_0), SHAPE(0x20, 21, "DUAL_BANK", dual),
	G0_PARITY, G0_LAST, PCROP_1("PCROP1A", 9), WRP_1(7), PCROP(0x34, 0x38, "PCROP1B", 9),
	PCROP(0x44, 0x48, "PCROP2A", 9), WRP_2(7), PCROP(0x54, 0x58, "PCROP2B", 9),
	AT(0x80, 7, 0, "SEC_SIZE", NULL), G0_LOCK, AT(0x80, 27, 20, "SEC_SIZE2", NULL), END
};
static const struct stm32l4_field c0[] = {
	G0_FIRST, BIT_OF(0x20, 21, "HSE_NOT_REMAPPED", hse_remap), G0_PARITY,
	BIT_OF(0x20, 23, "SECURE_MUXING_EN", muxing), G0_LAST, PCROP_1("PCROP1A", 9), WRP_1(7),
	PCROP(0x34, 0x38, "PCROP1B", 9), AT(0x80, 7, 0, "SEC_SIZE", NULL), G0_LOCK, END
};
static const struct stm32l4_field u0[] = {
	RDP_AT(0x20), AT(0x20, 10, 8, "BOR_LEV", bor), RESETS(0x20, 13), WATCHDOGS(0x20),
	BIT_OF(0x20, 21, "BDRST", bdrst), G0_PARITY,
	BIT_OF(0x20, 23, "BKPSRAM_HW_ERASE_DISABLE", bkp_erase), G0_LAST, WRP_1(7),
	AT(0x80, 6, 0, "HDP1_PEND", NULL), G0_LOCK, AT(0x80, 31, 24, "HDP1EN", NULL), END
};

#define WB_FIRST                                                                                   \
	RDP_AT(0x20), FIXED(0x20, 8, 8, "ESE", ese), AT(0x20, 11, 9, "BOR_LEV", bor),               \
	RESETS(0x20, 12), WATCHDOGS(0x20), NBOOT1, SRAM2_BITS(0x20), BOOT_BITS(0x20)
#define IPCC FIXED(0x3c, 13, 0, "IPCCDBA", NULL)
/* SFR and SRRVR are the wireless stack's: its firmware update service writes them. */
#define SRRVR(bits)                                                                                \
	FIXED(0x84, bits - 1, 0, "SBRV", NULL), FIXED(0x84, 22, 18, "SBRSA", NULL),                 \
	FIXED(0x84, 23, 23, "BRSD", brsd), FIXED(0x84, 29, 25, "SNBRSA", NULL),                     \
	FIXED(0x84, 30, 30, "NBRSD", nbrsd), FIXED(0x84, 31, 31, "C2OPT", c2opt)
static const struct stm32l4_field wb[] = {
	WB_FIRST, FIXED(0x20, 31, 29, "AGC_TRIM", NULL), PCROP_1("PCROP1A", 9), WRP_1(8),
	PCROP(0x34, 0x38, "PCROP1B", 9), IPCC, FIXED(0x80, 7, 0, "SFSA", NULL),
	FIXED(0x80, 8, 8, "FSD", fsd), FIXED(0x80, 12, 12, "DDS", dds), SRRVR(18), END
};
static const struct stm32l4_field wl[] = {
	WB_FIRST, LASTS(0x20, 30, "BOOT_LOCK", boot_lock),
	LASTS(0x20, 31, "C2BOOT_LOCK", boot_lock_cpu2), PCROP_1("PCROP1A", 8), WRP_1(7),
	PCROP(0x34, 0x38, "PCROP1B", 8), IPCC, FIXED(0x80, 6, 0, "SFSA", NULL),
	FIXED(0x80, 7, 7, "FSD", fsd), FIXED(0x80, 12, 12, "DDS", dds), SRRVR(16), END
};

/* The lines with TrustZone. */
#define TZ_FIRST RDP_TZ_AT(0x40), AT(0x40, 10, 8, "BOR_LEV", bor)
#define TZEN BIT_OF(0x40, 31, "TZEN", tzen)
#define BOOT_ADDRESSES                                                                             \
	AT(0x44, 31, 7, "NSBOOTADD0", NULL), AT(0x48, 31, 7, "NSBOOTADD1", NULL),                   \
	LASTS(0x4c, 0, "BOOT_LOCK", boot_lock_tz), AT(0x4c, 31, 7, "SECBOOTADD0", NULL)
#define PAGES(reg, name, bits)                                                                     \
	AT(reg, bits - 1, 0, name "_PSTRT", NULL), AT(reg, 15 + bits, 16, name "_PEND", NULL)
#define HDP(reg, name, bits)                                                                       \
	AT(reg, 15 + bits, 16, name "_PEND", NULL), BIT_OF(reg, 31, name "EN", area_on)
#define WRP_LOCKABLE(reg, name, bits)                                                              \
	PAGES(reg, "WRP" name, bits), LASTS(reg, 31, "UNLOCK_" name, wrp_unlock)
static const struct stm32l4_field l5[] = {
	TZ_FIRST, RESETS(0x40, 12), WATCHDOGS(0x40), BIT_OF(0x40, 20, "SWAP_BANK", swapped_if_1),
	SHAPE(0x40, 21, "DB256K", dual_below), SHAPE(0x40, 22, "DBANK", dual), SRAM2_BITS(0x40),
	BOOT_BITS(0x40), BIT_OF(0x40, 28, "PA15_PUPEN", pa15_pupen), TZEN, BOOT_ADDRESSES,
	PAGES(0x50, "SECWM1", 7), AT(0x54, 6, 0, "PCROP1_PSTRT", NULL),
	BIT_OF(0x54, 15, "PCROP1EN", area_on), HDP(0x54, "HDP1", 7), PAGES(0x58, "WRP1A", 7),
	PAGES(0x5c, "WRP1B", 7), PAGES(0x60, "SECWM2", 7), AT(0x64, 6, 0, "PCROP2_PSTRT", NULL),
	BIT_OF(0x64, 15, "PCROP2EN", area_on), HDP(0x64, "HDP2", 7), PAGES(0x68, "WRP2A", 7),
	PAGES(0x6c, "WRP2B", 7), END
};
#define U5_AREAS_1                                                                                 \
	PAGES(0x50, "SECWM1", 8), HDP(0x54, "HDP1", 8), WRP_LOCKABLE(0x58, "1A", 8),                \
	WRP_LOCKABLE(0x5c, "1B", 8)
#define U5_AREAS_2                                                                                 \
	PAGES(0x60, "SECWM2", 8), HDP(0x64, "HDP2", 8), WRP_LOCKABLE(0x68, "2A", 8),                \
	WRP_LOCKABLE(0x6c, "2B", 8)
#define U5_IO                                                                                      \
	BIT_OF(0x40, 29, "IO_VDD_HSLV", hslv), BIT_OF(0x40, 30, "IO_VDDIO2_HSLV", hslv)
static const struct stm32l4_field u5[] = {
	TZ_FIRST, RESETS(0x40, 12), BIT_OF(0x40, 15, "SRAM_RST", sram_rst), WATCHDOGS(0x40),
	BIT_OF(0x40, 20, "SWAP_BANK", swapped_if_1), SHAPE(0x40, 21, "DUALBANK", dual_below),
	BIT_OF(0x40, 22, "BKPRAM_ECC", ecc), BIT_OF(0x40, 23, "SRAM3_ECC", ecc),
	BIT_OF(0x40, 24, "SRAM2_ECC", ecc), BIT_OF(0x40, 25, "SRAM2_RST", sram2_rst),
	BOOT_BITS(0x40), BIT_OF(0x40, 28, "PA15_PUPEN", pa15_pupen), U5_IO, TZEN, BOOT_ADDRESSES,
	U5_AREAS_1, U5_AREAS_2, END
};
static const struct stm32l4_field u3[] = {
	TZ_FIRST, BIT_OF(0x40, 11, "BDRST_POR", bdrst_por), RESETS(0x40, 12),
	BIT_OF(0x40, 15, "SRAM1_RST", sram_rst), WATCHDOGS(0x40),
	BIT_OF(0x40, 20, "SWAP_BANK", swapped_if_1), SHAPE(0x40, 21, "DUALBANK", dual_below),
	SRAM2_BITS(0x40), BOOT_BITS(0x40), U5_IO, TZEN, BOOT_ADDRESSES, U5_AREAS_1, U5_AREAS_2, END
};
#define WBA_FIRST                                                                                  \
	TZ_FIRST, BIT_OF(0x40, 12, "nRST_STOP", rst_stop),                                         \
	BIT_OF(0x40, 13, "nRST_STDBY", rst_stdby), BIT_OF(0x40, 15, "SRAM1_RST", sram_rst),         \
	WATCHDOGS(0x40)
static const struct stm32l4_field wba[] = {
	WBA_FIRST, SRAM2_BITS(0x40), BOOT_BITS(0x40), TZEN, BOOT_ADDRESSES, U5_AREAS_1, END
};
static const struct stm32l4_field wba6[] = {
	WBA_FIRST, BIT_OF(0x40, 20, "SWAP_BANK", swapped_if_1), SHAPE(0x40, 21, "DUAL_BANK", dual),
	SRAM2_BITS(0x40), BOOT_BITS(0x40), U5_IO, TZEN, BOOT_ADDRESSES, U5_AREAS_1, U5_AREAS_2, END
};

static const struct {
	uint16_t dev_ids[6];
	const struct stm32l4_field *fields;
} tables[] = {
	{ { 0x415 }, l47 },
	{ { 0x461 }, l49 },
	{ { 0x435, 0x462, 0x464 }, l43 },
	{ { 0x470 }, l4r },
	{ { 0x471 }, l4p },
	{ { 0x468 }, g43 },
	{ { 0x469 }, g47 },
	{ { 0x479 }, g49 },
	{ { 0x466, 0x456, 0x460 }, g0 },
	{ { 0x467 }, g0b },
	{ { 0x443, 0x453, 0x44c, 0x493, 0x44d }, c0 },
	{ { 0x459, 0x489 }, u0 },
	{ { 0x495, 0x496, 0x494 }, wb },
	{ { 0x497 }, wl },
	{ { 0x472 }, l5 },
	{ { 0x455, 0x482, 0x481, 0x476 }, u5 },
	{ { 0x454, 0x42a }, u3 },
	{ { 0x492, 0x4b2 }, wba },
	{ { 0x4b0 }, wba6 },
};

const struct stm32l4_field *stm32l4_fields(const struct stm32l4_line *line)
{
	static const struct stm32l4_field none[] = { END };

	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		for (size_t k = 0; k < ARRAY_SIZE(tables[i].dev_ids); k++)
			if (tables[i].dev_ids[k] == line->dev_id)
				return tables[i].fields;
	return none;
}

const struct stm32l4_field *stm32l4_find_field(const struct stm32l4_line *line, const char *name)
{
	for (const struct stm32l4_field *f = stm32l4_fields(line); f->name != NULL; f++)
		if (strcasecmp(f->name, name) == 0)
			return f;
	return NULL;
}

uint32_t stm32l4_field_mask(const struct stm32l4_field *field)
{
	return (0xffffffffu >> (31 - (field->msb - field->lsb))) << field->lsb;
}

size_t stm32l4_option_registers(const struct stm32l4_line *line, uint8_t *regs)
{
	size_t count = 0;

	for (const struct stm32l4_field *f = stm32l4_fields(line); f->name != NULL; f++)
		if ((count == 0 || regs[count - 1] != f->reg) && count < STM32L4_OPTION_REGS)
			regs[count++] = f->reg;
	return count;
}

static const struct {
	uint8_t reg;
	const char *l4, *g0, *wb;
} names_l4[] = {
	{ 0x20, "OPTR", NULL, NULL },
	{ 0x24, "PCROP1SR", "PCROP1ASR", NULL },
	{ 0x28, "PCROP1ER", "PCROP1AER", NULL },
	{ 0x2c, "WRP1AR", NULL, NULL },
	{ 0x30, "WRP1BR", NULL, NULL },
	{ 0x34, "PCROP1BSR", NULL, NULL },
	{ 0x38, "PCROP1BER", NULL, NULL },
	{ 0x3c, "IPCCBR", NULL, NULL },
	{ 0x44, "PCROP2SR", "PCROP2ASR", NULL },
	{ 0x48, "PCROP2ER", "PCROP2AER", NULL },
	{ 0x4c, "WRP2AR", NULL, NULL },
	{ 0x50, "WRP2BR", NULL, NULL },
	{ 0x54, "PCROP2BSR", NULL, NULL },
	{ 0x58, "PCROP2BER", NULL, NULL },
	{ 0x70, "SEC1R", NULL, NULL },
	{ 0x74, "SEC2R", NULL, NULL },
	{ 0x80, "SECR", NULL, "SFR" },
	{ 0x84, "SRRVR", NULL, NULL },
};
static const struct {
	uint8_t reg;
	const char *name;
} names_l5[] = {
	{ 0x40, "OPTR" }, { 0x44, "NSBOOTADD0R" }, { 0x48, "NSBOOTADD1R" }, { 0x4c, "SECBOOTADD0R" },
	{ 0x50, "SECWM1R1" }, { 0x54, "SECWM1R2" }, { 0x58, "WRP1AR" }, { 0x5c, "WRP1BR" },
	{ 0x60, "SECWM2R1" }, { 0x64, "SECWM2R2" }, { 0x68, "WRP2AR" }, { 0x6c, "WRP2BR" },
};

const char *stm32l4_option_register_name(const struct stm32l4_line *line, uint8_t reg)
{
	if (line->has_trustzone) {
		for (size_t i = 0; i < ARRAY_SIZE(names_l5); i++)
			if (names_l5[i].reg == reg)
				return names_l5[i].name;
		return NULL;
	}
	for (size_t i = 0; i < ARRAY_SIZE(names_l4); i++) {
		if (names_l4[i].reg != reg)
			continue;
		if (line->layout->pcrop[1][0] != 0 && names_l4[i].g0 != NULL)
			return names_l4[i].g0;
		if (line->regs == 0x58004000 && names_l4[i].wb != NULL)
			return names_l4[i].wb;
		return names_l4[i].l4;
	}
	return NULL;
}

const char *stm32l4_value_words(const struct stm32l4_field *field, uint32_t value)
{
	bool is_rdp = field->values == rdp || field->values == rdp_tz;

	for (const struct stm32l4_value *v = field->values; v != NULL && v->words != NULL; v++)
		if (v->value == value)
			return v->words;
	if (!is_rdp)
		return field->values != NULL ? "reserved" : NULL;
	/* Every byte without a meaning of its own is level 1. */
	return stm32l4_value_words(field, 0xbb);
}

void stm32l4_describe_value(const struct stm32l4_field *field, uint32_t value, struct buf *out)
{
	const char *words = stm32l4_value_words(field, value);

	if (field->msb == 31 && field->lsb == 7)	/* a boot address */
		buf_printf(out, "0x%08x", value << 7);
	else
		buf_printf(out, field->msb - field->lsb > 2 ? "0x%02X" : "%u", value);
	if (words != NULL)
		buf_printf(out, ": %s", words);
}
