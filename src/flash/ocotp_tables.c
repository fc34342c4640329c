/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ocotp: every fuse word and field of the families (IMXRT1010RM, IMXRT1020RM, IMXRT1024RM, IMXRT1050RM,
 * IMXRT1060RM, IMXRT1064RM "Fusemap"). Where the manuals of NXP's tools contradict each other the help
 * says so.
 */
#include "flash/ocotp_priv.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const on_off[] = { "off", "on", NULL };
static const char *const disable[] = { "possible", "disabled for ever", NULL };
static const char *const lock_values[] = { "open", "write-protected", "override-protected",
					   "write- and override-protected", NULL };
static const char *const sec_config_0[] = { "FAB", "open", NULL };
static const char *const sec_config_1[] = { "open", "closed (HAB)", NULL };
static const char *const boot_frequency[] = { "396/132 MHz", "528/132 MHz", NULL };
static const char *const bt_fuse_sel[] = { "boot configuration from the pins",
					   "boot configuration from the fuses", NULL };
static const char *const force_internal[] = { "the BOOT_MODE pins decide",
					      "the BOOT_MODE pins are not looked at", NULL };
static const char *const swd_sel[] = { "SWD", "JTAG", NULL };
static const char *const smode[] = { "debug is open", "secure JTAG: challenge and response",
				     "reserved", "no debug", NULL };
static const char *const stable_cycle[] = { "5 ms", "2.5 ms", NULL };
static const char *const sd_cycle[] = { "20 ms", "10 ms", "5 ms", "2.5 ms", NULL };
static const char *const bee_106x[] = { "register", "GP4", "reserved", "SW_GP2", NULL };
static const char *const bee_105x[] = { "register", "reserved", "OTPMK[255:128]", "SW_GP2", NULL };
static const char *const device_1064[] = { "FlexSPI NOR (in package)", "reserved", "reserved",
	"reserved", "SD", "SD", "SD", "SD", "eMMC", "eMMC", "eMMC", "eMMC", NULL };
static const char *const device_1060[] = { "FlexSPI NOR", "SEMC NOR", "SEMC NAND", "SEMC NAND", "SD",
	"SD", "SD", "SD", "eMMC", "eMMC", "eMMC", "eMMC", "FlexSPI NAND", "FlexSPI NAND",
	"FlexSPI NAND", "FlexSPI NAND", NULL };
static const char *const device_102x[] = { "FlexSPI NOR", "SEMC NOR", "SD", "SD", "SEMC NAND",
	"SEMC NAND", "SEMC NAND", "SEMC NAND", "eMMC", "eMMC", "eMMC", "eMMC", NULL };
static const char *const device_1015[] = { "FlexSPI NOR", NULL };
static const char *const probe_type[] = { "QSPI", "Macronix octal", "Micron octal", "Adesto octal",
					  NULL };
static const char *const flash_type[] = { "3-byte QSPI", "4-byte QSPI", "HyperFlash 1.8 V",
	"HyperFlash 3.3 V", "Macronix octal DDR", "Micron octal DDR", "reserved",
	"QSPI on the second pads", NULL };
static const char *const hold_time[] = { "500 us", "1 ms", "3 ms", "10 ms", NULL };
static const char *const wdog_time[] = { "64 s", "32 s", "16 s", "8 s", "4 s", NULL };
static const char *const spi_speed[] = { "20 MHz", "10 MHz", "5 MHz", "2 MHz", NULL };
static const char *const lpspi[] = { "LPSPI1", "LPSPI2", "LPSPI3", "LPSPI4", NULL };
static const char *const nor_speed[] = { "100 MHz", "120 MHz", "133 MHz", "166 MHz", "reserved",
					 "80 MHz", "60 MHz", NULL };

#define NO_TAKING_BACK "the lock itself cannot be taken back: what these words hold stays"
#define FLD(w, m, l, n, h, v)	      { w, m, l, n, h, v, FUSE_HARMLESS, NULL }
#define BAD(w, m, l, n, h, v, lost)   { w, m, l, n, h, v, FUSE_DANGEROUS, lost }
#define WORST(w, m, l, n, h, v, lost) { w, m, l, n, h, v, FUSE_LOCKS_OUT, lost }
#define LCK(m, l, n, h, v)	      BAD(0x00, m, l, n, h, v, NO_TAKING_BACK)

/* LOCK: fields all families have. */
#define LOCK_COMMON                                                                                \
	LCK(1, 0, "LOCK_TESTER", "protects 0x410 to 0x440", lock_values),                          \
	LCK(3, 2, "LOCK_BOOT_CFG", "protects 0x450 to 0x470", lock_values),                        \
	LCK(5, 4, "LOCK_MEM_TRIM", "protects the memory trims", lock_values),                      \
	LCK(6, 6, "LOCK_SJC_RESP", "hides and protects the secure JTAG response", on_off),         \
	LCK(9, 8, "LOCK_MAC_ADDR", "protects the MAC addresses", lock_values),                     \
	LCK(11, 10, "LOCK_GP1", "protects GP1", lock_values),                                      \
	LCK(13, 12, "LOCK_GP2", "protects GP2", lock_values),                                      \
	LCK(16, 16, "LOCK_SW_GP1", "protects SW_GP1", on_off),                                     \
	LCK(19, 18, "LOCK_ANALOG", "protects the analog trims", lock_values),                      \
	LCK(21, 21, "LOCK_SW_GP2", "protects SW_GP2", on_off),                                     \
	LCK(22, 22, "LOCK_MISC_CONF", "protects 0x6d0 and 0x6e0", on_off),                         \
	LCK(23, 23, "LOCK_SW_GP2_READ", "hides SW_GP2", on_off),                                   \
	LCK(27, 26, "LOCK_GP3", "protects GP3", lock_values),                                      \
	LCK(31, 31, "FIELD_RETURN", "field return", on_off)
#define LOCK_106X                                                                                  \
	LCK(7, 7, "LOCK_GP4_READ", "hides GP4", on_off),                                           \
	LCK(15, 15, "LOCK_ROM_PATCH", "protects the ROM patch", on_off),                           \
	LCK(17, 17, "LOCK_OTPMK", "protects the master key", on_off),                              \
	LCK(20, 20, "LOCK_OTPMK_CRC", "protects the master key's check sum", on_off),              \
	LCK(25, 24, "LOCK_GP4", "protects GP4", lock_values)
#define LOCK_OTHERS                                                                                \
	LCK(14, 14, "LOCK_SRK", "protects and hides the SRK hash", on_off),                        \
	LCK(15, 15, "LOCK_OTPMK_MSB", "protects the master key", on_off)

/* Who the part is. */
#define IDENTITY                                                                                   \
	FLD(0x01, 31, 0, "UID_LOW", "unique id, low word: lot [42:11]", NULL),                     \
	FLD(0x02, 31, 24, "DIE_X", "place on the wafer", NULL),                                    \
	FLD(0x02, 23, 16, "DIE_Y", "place on the wafer", NULL),                                    \
	FLD(0x02, 15, 11, "WAFER", "wafer number", NULL),                                          \
	FLD(0x02, 10, 0, "LOT", "lot number [10:0]", NULL),                                        \
	FLD(0x03, 19, 16, "SI_REV", "silicon revision", NULL),                                     \
	FLD(0x04, 1, 1, "SEC_CONFIG0", "set in the factory", sec_config_0),                        \
	FLD(0x04, 17, 16, "SPEED_GRADING", "speed grade", NULL),                                   \
	FLD(0x04, 19, 18, "PKGINFO", "package", NULL),                                             \
	FLD(0x04, 20, 20, "SIP", "a flash in the package", on_off)

#define BOOT_CFG0_UPPER                                                                            \
	FLD(0x05, 15, 8, "BOOT_CFG2_BYTE", "boot configuration, second byte", NULL),                    \
	FLD(0x05, 23, 16, "BOOT_CFG3_BYTE", "boot configuration, third byte", NULL),                    \
	FLD(0x05, 31, 24, "BOOT_CFG4_BYTE", "boot configuration, fourth byte", NULL)

/* 0x460, besides the keys of the decryption engine. */
#define BOOT_CFG1_FIELDS                                                                           \
	WORST(0x06, 1, 1, "SEC_CONFIG1", "HAB: closed parts start signed images only",             \
	      sec_config_1, "unsigned images, for ever; without an SRK hash every image"),         \
	FLD(0x06, 2, 2, "BOOT_FREQ", "core and bus clock in the ROM", boot_frequency),             \
	BAD(0x06, 4, 4, "BT_FUSE_SEL", "where the boot configuration comes from", bt_fuse_sel,     \
	    "choosing the boot device by the BOOT_CFG pins; with BOOT_MODE 00 also the serial "    \
	    "downloader"),                                                                         \
	FLD(0x06, 5, 5, "FORCE_COLD_BOOT", "no warm boot", on_off),                                \
	FLD(0x06, 11, 8, "SDRAM_CONFIG", "SDRAM settings", NULL),                                  \
	BAD(0x06, 16, 16, "FORCE_INTERNAL_BOOT", "boot as with BOOT_MODE 10", force_internal,      \
	    "choosing the serial downloader by the BOOT_MODE pins or the boot switch"),            \
	BAD(0x06, 17, 17, "SDP_DISABLE", "the serial downloader", disable,                         \
	    "the serial downloader (USB, UART)"),                                                  \
	BAD(0x06, 18, 18, "SDP_READ_DISABLE", "READ_REGISTER of the serial downloader", disable,   \
	    "reading memory through the serial downloader"),                                       \
	WORST(0x06, 19, 19, "DAP_SJC_SWD_SEL", "the debug port's protocol", swd_sel,               \
	      "SWD: only JTAG reaches the core afterwards"),                                       \
	WORST(0x06, 20, 20, "SJC_DISABLE", "the JTAG controller", disable,                         \
	      "all debugging, for ever"),                                                          \
	FLD(0x06, 21, 21, "WDOG_ENABLE", "the ROM starts WDOG1", on_off),                          \
	WORST(0x06, 23, 22, "JTAG_SMODE", "who may debug", smode,                                  \
	      "debugging: with 01 without the secret, with 11 for ever"),                          \
	FLD(0x06, 24, 24, "DLL_ENABLE", "SD/eMMC delay line", on_off),                             \
	FLD(0x06, 25, 25, "NAND_ECC_DISABLE", "NAND without ECC", on_off),                         \
	BAD(0x06, 26, 26, "KTE", "kill trace enable", on_off, "trace (ETM, ITM)"),                 \
	BAD(0x06, 27, 27, "JTAG_HEO", "HAB may not open JTAG again", on_off,                       \
	    "opening JTAG by a signed image"),                                                     \
	FLD(0x06, 29, 29, "PWR_STABLE_CYCLE", "wait for SD power", stable_cycle),                  \
	FLD(0x06, 31, 30, "SD_POWER_CYCLE", "SD power cycle", sd_cycle)

#define BOOT_CFG2_FIELDS                                                                           \
	FLD(0x07, 0, 0, "SD_PAD_OVERRIDE", "SD pad settings of the fuses", on_off),                \
	FLD(0x07, 1, 1, "BT_MPU_DISABLE", "the ROM leaves the MPU off", on_off),                   \
	FLD(0x07, 2, 2, "L1_I_CACHE_DISABLE", "the ROM leaves the I-cache off", on_off),           \
	FLD(0x07, 3, 3, "SDMMC_MFG_DISABLE", "no SD/MMC manufacture mode after a failed boot",     \
	    on_off),                                                                               \
	BAD(0x07, 4, 4, "UART_SDP_DISABLE", "no serial downloader on the UART", on_off,            \
	    "the serial downloader on the UART"),                                                  \
	FLD(0x07, 5, 5, "SD2_VOLTAGE", "SD2 voltage", NULL),                                       \
	FLD(0x07, 6, 6, "SD1_RST_POLARITY", "SD1 reset polarity", NULL),                           \
	FLD(0x07, 7, 7, "DLL_OVERRIDE", "delay line override", on_off),                            \
	FLD(0x07, 8, 8, "SD_SRE", "SD pads: slew rate", NULL),                                     \
	FLD(0x07, 9, 9, "SD_SION", "SD pads: SION", on_off),                                       \
	FLD(0x07, 10, 10, "BOOT_FAIL_PIN4", "pin that tells a failed boot, bit 4", NULL),          \
	FLD(0x07, 11, 11, "SD_PULL_UP_22K", "SD pads: 22K pull-up", on_off),                       \
	FLD(0x07, 12, 12, "SD_PULL_DOWN", "SD pads: pull-down", on_off),                           \
	FLD(0x07, 13, 13, "SD_HYS", "SD pads: hysteresis", on_off),                                \
	FLD(0x07, 14, 14, "EMMC_PRE_IDLE", "eMMC pre-idle", on_off),                               \
	FLD(0x07, 15, 15, "SD2_RST_POLARITY", "SD2 reset polarity", NULL),                         \
	FLD(0x07, 19, 16, "BOOT_FAIL_PIN", "pin that tells a failed boot, bits 3..0", NULL),       \
	FLD(0x07, 20, 20, "LPB_POLARITY", "low-power boot polarity", NULL),                        \
	FLD(0x07, 22, 21, "LPB_DIVIDE", "low-power boot divider", NULL),                           \
	FLD(0x07, 30, 24, "MMC_DLL_DELAY", "MMC delay line", NULL),                                \
	FLD(0x07, 31, 31, "NAND_PAD_OVERRIDE", "NAND pad settings of the fuses", on_off)

#define USB_ID                                                                                     \
	FLD(0x0f, 15, 0, "USB_VID", "USB vendor id of the serial downloader", NULL),               \
	FLD(0x0f, 31, 16, "USB_PID", "USB product id of the serial downloader", NULL)
#define MISC_CONF0_FIELDS                                                                          \
	FLD(0x2d, 5, 0, "PAD_SETTINGS", "pad settings", NULL),                                     \
	FLD(0x2d, 6, 6, "USB_VBUS", "VBUS detection", NULL),                                       \
	FLD(0x2d, 7, 7, "BOOT_FAIL_ENABLE", "tells a failed boot on a pin", on_off),               \
	FLD(0x2d, 11, 8, "NAND_READ_RETRY", "NAND read retries", NULL),                            \
	FLD(0x2d, 15, 13, "WDOG_TIMEOUT", "of WDOG_ENABLE", wdog_time),                            \
	BAD(0x2d, 19, 16, "FLEXRAM_PARTITION", "default partition of the FlexRAM (code)", NULL,    \
	    "the default sizes of ITCM, DTCM and OCRAM; with no OCRAM the ROM hangs"),             \
	FLD(0x2d, 20, 20, "SPI_EN", "of one patched ROM of the RT1060", on_off),                   \
	FLD(0x2d, 24, 24, "EEPROM_RECOVERY", "recovery boot from an LPSPI EEPROM", on_off),        \
	FLD(0x2d, 26, 25, "EEPROM_LPSPI", "where that EEPROM is", lpspi),                          \
	FLD(0x2d, 27, 27, "EEPROM_ADDRESS", "2 or 3 address bytes (NXP's tools disagree which)",   \
	    NULL),                                                                                 \
	FLD(0x2d, 29, 28, "EEPROM_SPEED", "LPSPI clock", spi_speed),                               \
	FLD(0x2d, 31, 30, "SD_CALIBRATION", "SD calibration", NULL)
#define MISC_CONF1_FIELDS                                                                          \
	FLD(0x2e, 0, 0, "SIP_TEST", "test of the flash in the package", on_off),                   \
	FLD(0x2e, 3, 1, "FLEXSPI_FREQ", "FlexSPI clock while booting", nor_speed),                 \
	FLD(0x2e, 5, 4, "FLEXSPI_HOLD", "wait before the first access", hold_time),                \
	FLD(0x2e, 6, 6, "JEDEC_HW_RST", "the ROM resets the flash by the JEDEC sequence", on_off), \
	FLD(0x2e, 11, 8, "FLEXSPI_DUMMY", "dummy clocks of the first read", NULL),                 \
	FLD(0x2e, 15, 12, "IMAGE_SIZE", "size of the image", NULL),                                \
	FLD(0x2e, 23, 16, "SECOND_IMAGE", "offset of the second image, in 256 KiB", NULL),         \
	FLD(0x2e, 31, 24, "FLEXSPI_RESET_PIN", "pin that resets the flash", NULL)

#define KEY_LOSS "leaving it open: a wrong value cannot be corrected"
#define SECRETS                                                                                    \
	BAD(0x18, 31, 0, "SRK_HASH_255_224", "hash of the super root keys, first word", NULL,      \
	    KEY_LOSS),                                                                             \
	BAD(0x19, 31, 0, "SRK_HASH_223_192", "hash of the super root keys", NULL, KEY_LOSS),       \
	BAD(0x1a, 31, 0, "SRK_HASH_191_160", "hash of the super root keys", NULL, KEY_LOSS),       \
	BAD(0x1b, 31, 0, "SRK_HASH_159_128", "hash of the super root keys", NULL, KEY_LOSS),       \
	BAD(0x1c, 31, 0, "SRK_HASH_127_96", "hash of the super root keys", NULL, KEY_LOSS),        \
	BAD(0x1d, 31, 0, "SRK_HASH_95_64", "hash of the super root keys", NULL, KEY_LOSS),         \
	BAD(0x1e, 31, 0, "SRK_HASH_63_32", "hash of the super root keys", NULL, KEY_LOSS),         \
	BAD(0x1f, 31, 0, "SRK_HASH_31_0", "hash of the super root keys, last word", NULL,          \
	    KEY_LOSS),                                                                             \
	BAD(0x20, 31, 0, "SJC_RESP_31_0", "response of secure JTAG", NULL, KEY_LOSS),              \
	BAD(0x21, 23, 0, "SJC_RESP_55_32", "response of secure JTAG", NULL, KEY_LOSS),             \
	BAD(0x2f, 3, 0, "SRK_REVOKE", "super root keys that are revoked", NULL,                    \
	    "images signed with those keys")

static const struct fuse_field fields_1064[] = {
	LOCK_COMMON, LOCK_106X, IDENTITY,
	FLD(0x05, 0, 0, "FLASH_AUTO_PROBE_EN", "the ROM finds out the flash by itself", on_off),
	FLD(0x05, 1, 1, "ENCRYPTED_XIP", "BEE decrypts the flash", on_off),
	FLD(0x05, 3, 2, "FLASH_PROBE_TYPE", "kind of flash to look for", probe_type),
	BAD(0x05, 7, 4, "BOOT_DEVICE", "where to boot from", device_1064,
	    "booting from the flash in the package, once BT_FUSE_SEL is burnt"),
	BOOT_CFG0_UPPER, BOOT_CFG1_FIELDS,
	FLD(0x06, 13, 12, "BEE_KEY0_SEL", "key of BEE region 0", bee_106x),
	FLD(0x06, 15, 14, "BEE_KEY1_SEL", "key of BEE region 1", bee_106x),
	BOOT_CFG2_FIELDS, USB_ID, SECRETS, MISC_CONF0_FIELDS, MISC_CONF1_FIELDS,
	{ 0 }
};

static const struct fuse_field fields_1060[] = {
	LOCK_COMMON, LOCK_106X, IDENTITY,
	FLD(0x05, 0, 0, "FLASH_AUTO_PROBE_EN", "the ROM finds out the flash by itself", on_off),
	FLD(0x05, 1, 1, "ENCRYPTED_XIP", "BEE decrypts the flash", on_off),
	FLD(0x05, 3, 2, "FLASH_PROBE_TYPE", "kind of flash to look for", probe_type),
	BAD(0x05, 7, 4, "BOOT_DEVICE", "where to boot from", device_1060,
	    "booting from FlexSPI NOR, once BT_FUSE_SEL is burnt"),
	BOOT_CFG0_UPPER, BOOT_CFG1_FIELDS,
	FLD(0x06, 13, 12, "BEE_KEY0_SEL", "key of BEE region 0", bee_106x),
	FLD(0x06, 15, 14, "BEE_KEY1_SEL", "key of BEE region 1", bee_106x),
	BOOT_CFG2_FIELDS, USB_ID, SECRETS, MISC_CONF0_FIELDS, MISC_CONF1_FIELDS,
	{ 0 }
};

static const struct fuse_field fields_102x[] = {
	LOCK_COMMON, LOCK_OTHERS, IDENTITY,
	FLD(0x05, 0, 0, "ENCRYPTED_XIP", "BEE decrypts the flash", on_off),
	FLD(0x05, 3, 1, "FLASH_TYPE", "kind of flash", flash_type),
	BAD(0x05, 7, 4, "BOOT_DEVICE", "where to boot from (NXP's tools disagree about 2 to 7)",
	    device_102x, "booting from FlexSPI NOR, once BT_FUSE_SEL is burnt"),
	BOOT_CFG0_UPPER, BOOT_CFG1_FIELDS,
	FLD(0x06, 13, 12, "BEE_KEY0_SEL", "key of BEE region 0", bee_105x),
	FLD(0x06, 15, 14, "BEE_KEY1_SEL", "key of BEE region 1", bee_105x),
	BOOT_CFG2_FIELDS, USB_ID, SECRETS, MISC_CONF0_FIELDS,
	{ 0 }
};

static const struct fuse_field fields_1015[] = {
	LOCK_COMMON, LOCK_OTHERS, IDENTITY,
	FLD(0x05, 0, 0, "ENCRYPTED_XIP", "BEE decrypts the flash", on_off),
	FLD(0x05, 3, 1, "FLASH_TYPE", "kind of flash", flash_type),
	BAD(0x05, 7, 4, "BOOT_DEVICE", "where to boot from: only 0 exists", device_1015,
	    "booting at all, once BT_FUSE_SEL is burnt"),
	BOOT_CFG0_UPPER, BOOT_CFG1_FIELDS,
	FLD(0x06, 13, 12, "BEE_KEY0_SEL", "key of BEE region 0", bee_105x),
	FLD(0x06, 15, 14, "BEE_KEY1_SEL", "key of BEE region 1", bee_105x),
	BOOT_CFG2_FIELDS, USB_ID, SECRETS, MISC_CONF0_FIELDS,
	{ 0 }
};

static const struct fuse_field fields_1050[] = {
	LOCK_COMMON, LOCK_OTHERS, IDENTITY,
	FLD(0x05, 1, 1, "ENCRYPTED_XIP", "BEE decrypts the flash", on_off),
	FLD(0x05, 3, 2, "FLASH_HOLD_TIME", "wait before the first access", hold_time),
	BAD(0x05, 7, 4, "BOOT_DEVICE", "where to boot from", device_1060,
	    "booting from FlexSPI NOR, once BT_FUSE_SEL is burnt"),
	BOOT_CFG0_UPPER, BOOT_CFG1_FIELDS,
	FLD(0x06, 3, 3, "DIR_BT_DIS", "no direct external boot", on_off),
	FLD(0x06, 13, 12, "BEE_KEY0_SEL", "key of BEE region 0", bee_105x),
	FLD(0x06, 15, 14, "BEE_KEY1_SEL", "key of BEE region 1", bee_105x),
	BOOT_CFG2_FIELDS, USB_ID, SECRETS, MISC_CONF0_FIELDS,
	{ 0 }
};

static const struct fuse_field fields_1010[] = {
	LOCK_COMMON, LOCK_OTHERS, IDENTITY, BOOT_CFG0_UPPER,
	FLD(0x05, 7, 0, "BOOT_CFG1_BYTE", "boot configuration, first byte", NULL),
	BOOT_CFG1_FIELDS,
	FLD(0x06, 12, 12, "OTFAD_KEY_SEL0", "key of OTFAD", NULL),
	FLD(0x06, 13, 13, "OTFAD_KEY_SEL1", "key of OTFAD", NULL),
	BOOT_CFG2_FIELDS, USB_ID, SECRETS,
	BAD(0x22, 31, 0, "OTFAD_KEY_SCRAMBLE", "scrambles the OTFAD key", NULL, KEY_LOSS),
	FLD(0x23, 7, 0, "OTFAD_SCRAMBLE_ALIGN", "alignment of the scrambling", NULL),
	BAD(0x23, 8, 8, "OTFAD_ENABLE", "OTFAD decrypts the flash", on_off,
	    "starting images that are not encrypted"),
	FLD(0x23, 9, 9, "OTFAD_KEYBLOB_ENABLE", "key blobs", on_off),
	FLD(0x23, 10, 10, "OTFAD_SCRAMBLE_ENABLE", "key scrambling", on_off),
	FLD(0x23, 12, 12, "OTFAD_KEYBLOB_CRC", "check sums of key blobs", on_off),
	MISC_CONF0_FIELDS,
	{ 0 }
};

static const struct {
	const char *part;
	const struct fuse_field *fields;
} families[] = {
	{ "RT1010", fields_1010 }, { "RT1015", fields_1015 }, { "RT1020", fields_102x },
	{ "RT1024", fields_102x }, { "RT1050", fields_1050 }, { "RT1060", fields_1060 },
	{ "RT1064", fields_1064 },
};

const struct fuse_field *ocotp_fields(const struct imxrt_part *part)
{
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		if (strcmp(part->name, families[i].part) == 0)
			return families[i].fields;
	return part->is_106x ? fields_1060 : fields_102x;
}

/* words */

static const struct {
	uint8_t word;
	const char *name;
} word_names[] = {
	{ 0x00, "LOCK" }, { 0x01, "UID0" }, { 0x02, "UID1" }, { 0x03, "SI_REVISION" },
	{ 0x04, "TESTER_CFG" }, { 0x05, "BOOT_CFG0" }, { 0x06, "BOOT_CFG1" }, { 0x07, "BOOT_CFG2" },
	{ 0x08, "MEM0" }, { 0x09, "MEM1" }, { 0x0a, "MEM2" }, { 0x0b, "MEM3" }, { 0x0c, "MEM4" },
	{ 0x0d, "ANA0" }, { 0x0e, "ANA1" }, { 0x0f, "ANA2" }, { 0x10, "OTPMK0" }, { 0x11, "OTPMK1" },
	{ 0x12, "OTPMK2" }, { 0x13, "OTPMK3" }, { 0x14, "OTPMK4" }, { 0x15, "OTPMK5" },
	{ 0x16, "OTPMK6" }, { 0x17, "OTPMK7" }, { 0x18, "SRK0" }, { 0x19, "SRK1" }, { 0x1a, "SRK2" },
	{ 0x1b, "SRK3" }, { 0x1c, "SRK4" }, { 0x1d, "SRK5" }, { 0x1e, "SRK6" }, { 0x1f, "SRK7" },
	{ 0x20, "SJC_RESP0" }, { 0x21, "SJC_RESP1" }, { 0x22, "MAC0" }, { 0x23, "MAC1" },
	{ 0x25, "OTPMK_CRC32" }, { 0x26, "GP1" }, { 0x27, "GP2" }, { 0x28, "SW_GP1" },
	{ 0x29, "SW_GP2_0" }, { 0x2a, "SW_GP2_1" }, { 0x2b, "SW_GP2_2" }, { 0x2c, "SW_GP2_3" },
	{ 0x2d, "MISC_CONF0" }, { 0x2e, "MISC_CONF1" }, { 0x2f, "SRK_REVOKE_WORD" },
	{ 0x30, "ROM_PATCH0" }, { 0x31, "ROM_PATCH1" }, { 0x32, "ROM_PATCH2" }, { 0x33, "ROM_PATCH3" },
	{ 0x34, "ROM_PATCH4" }, { 0x35, "ROM_PATCH5" }, { 0x36, "ROM_PATCH6" }, { 0x37, "ROM_PATCH7" },
	{ 0x38, "GP3_0" }, { 0x39, "GP3_1" }, { 0x3a, "GP3_2" }, { 0x3b, "GP3_3" }, { 0x3c, "GP4_0" },
	{ 0x3d, "GP4_1" }, { 0x3e, "GP4_2" }, { 0x3f, "GP4_3" },
};

bool ocotp_has_word(const struct imxrt_part *part, unsigned word)
{
	return word < part->ocotp_words;
}

const char *ocotp_word_name(const struct imxrt_part *part, unsigned word)
{
	if (word == 0x24)
		return part->is_106x ? "MAC2" : "GP3";
	if (part->digprog == 0x6d && (word == 0x22 || word == 0x23))
		return word == 0x22 ? "OTFAD_SCRAMBLE" : "OTFAD_CFG";
	for (size_t i = 0; i < ARRAY_SIZE(word_names); i++)
		if (word_names[i].word == word)
			return word_names[i].name;
	return "reserved";
}

void ocotp_format_word(const struct imxrt_part *part, unsigned word, char *text, size_t size)
{
	snprintf(text, size, "word %u (0x%03x %s)", word, ocotp_fuse_address(word),
		 ocotp_word_name(part, word));
}

static int word_of_address(uint32_t addr)
{
	if (addr % 0x10 != 0)
		return -1;
	if (addr >= 0x400 && addr < 0x700)
		return (int)(addr - 0x400) / 0x10;
	if (addr >= 0x800 && addr < 0x900)
		return (int)(addr - 0x800) / 0x10 + 0x30;
	return -1;
}

enum err ocotp_find(const struct imxrt_part *part, const char *text, unsigned *word,
		    const struct fuse_field **field)
{
	uint32_t number = 0;
	int found = -1;

	*field = NULL;
	for (const struct fuse_field *f = ocotp_fields(part); f->name != NULL; f++)
		if (strcasecmp(f->name, text) == 0) {
			*field = f;
			*word = f->word;
			return OK;
		}
	for (unsigned i = 0; i < part->ocotp_words; i++)
		if (strcasecmp(ocotp_word_name(part, i), text) == 0 && strcmp(text, "reserved") != 0) {
			*word = i;
			return OK;
		}
	if (isdigit((unsigned char)text[0])) {
		TRY(parse_u32(text, "fuse word", &number));
		if (number >= OCOTP_BASE && number - OCOTP_BASE < 0x1000)
			number -= OCOTP_BASE;
		found = number < MAX_WORDS ? (int)number : word_of_address(number);
	}
	if (found < 0 || !ocotp_has_word(part, (unsigned)found)) {
		error_why(ERR_ARGUMENT, "the %s has no fuse field or word \"%s\"", part->name, text);
		return error_next(ERR_ARGUMENT, "run \"ocotp list\" for those it has; words are 0 to "
				  "0x%x or addresses like 0x460", part->ocotp_words - 1u);
	}
	*word = (unsigned)found;
	return OK;
}

/* locks */

#define LOCKS_COMMON                                                                               \
	{ 0x01, 0x04, 0, 2, false, "LOCK_TESTER" }, { 0x05, 0x07, 2, 2, false, "LOCK_BOOT_CFG" },  \
	{ 0x08, 0x0c, 4, 2, false, "LOCK_MEM_TRIM" }, { 0x0d, 0x0f, 18, 2, false, "LOCK_ANALOG" }, \
	{ 0x20, 0x21, 6, 1, true, "LOCK_SJC_RESP" }, { 0x26, 0x26, 10, 2, false, "LOCK_GP1" },     \
	{ 0x27, 0x27, 12, 2, false, "LOCK_GP2" }, { 0x28, 0x28, 16, 1, false, "LOCK_SW_GP1" },     \
	{ 0x29, 0x2c, 21, 1, false, "LOCK_SW_GP2" }, { 0x2d, 0x2e, 22, 1, true, "LOCK_MISC_CONF" }

static const struct fuse_lock locks_106x[] = {
	LOCKS_COMMON,
	{ 0x10, 0x17, 17, 1, false, "LOCK_OTPMK" },
	{ 0x22, 0x24, 8, 2, false, "LOCK_MAC_ADDR" },
	{ 0x25, 0x25, 20, 1, false, "LOCK_OTPMK_CRC" },
	{ 0x30, 0x37, 15, 1, false, "LOCK_ROM_PATCH" },
	{ 0x38, 0x3b, 26, 2, false, "LOCK_GP3" },
	{ 0x3c, 0x3f, 24, 2, false, "LOCK_GP4" },
	{ 0 }
};
static const struct fuse_lock locks_others[] = {
	LOCKS_COMMON,
	{ 0x10, 0x17, 15, 1, false, "LOCK_OTPMK_MSB" },
	{ 0x18, 0x1f, 14, 1, true, "LOCK_SRK" },
	{ 0x22, 0x23, 8, 2, false, "LOCK_MAC_ADDR" },
	{ 0x24, 0x24, 26, 2, false, "LOCK_GP3" },
	{ 0 }
};

const struct fuse_lock *ocotp_locks(const struct imxrt_part *part)
{
	return part->is_106x ? locks_106x : locks_others;
}

/* Locks of their own for reading: 0x290..0x2c0 by bit 23, GP4 of the RT106x by bit 7. The master key
 * never reads. */
static bool is_read_locked(const struct imxrt_part *part, uint32_t lock, unsigned word)
{
	if (ocotp_is_secret(word))
		return true;
	if (word >= 0x29 && word <= 0x2c)
		return lock & BIT(23);
	return part->is_106x && word >= 0x3c && word <= 0x3f && (lock & BIT(7));
}

void ocotp_lock_state(const struct imxrt_part *part, uint32_t lock, unsigned word,
		      struct lock_state *state)
{
	*state = (struct lock_state){ .read = is_read_locked(part, lock, word) };
	for (const struct fuse_lock *l = ocotp_locks(part); l->name != NULL; l++) {
		if (word < l->first || word > l->last)
			continue;
		state->name = l->name;
		state->value = bits_get(lock, l->lsb + l->bits - 1u, l->lsb);
		state->write = state->value & 1;
		state->override = l->bits == 2 ? state->value & 2 : state->value & 1;
		state->read |= l->locks_read && state->value != 0;
		return;
	}
}
