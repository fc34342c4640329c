/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The boot ROM stand-in: code for the virtual chip itself, cross-compiled; `make imxrt-rom` turns it
 * into imxrt_rom_bytes.h. Registers as the reference manuals of the i.MX RT10xx name them (chapters
 * "System Boot", "SRC", "CCM", "FlexSPI Controller", "OCOTP", "RTWDOG", "WDOG").
 *
 * All it remembers is one struct rom at the start of OCRAM; the stack grows down from 0x20208000.
 * What a chip needs of this RAM the application may use again once it runs.
 */
#ifndef IMXRT_ROM_H
#define IMXRT_ROM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REG(addr)   (*(volatile uint32_t *)(addr))
#define REG16(addr) (*(volatile uint16_t *)(addr))

/* FAMILY on the command line: the parts that share a mask. */
#define RT1020 1020		/* RT1015, RT1020, RT1021, RT1024 */
#define RT1050 1050
#define RT1060 1060		/* RT1060, RT1061, RT1062, RT1064 */

#define SRC_SBMR1	REG(0x400f8004)
#define SRC_SBMR2	REG(0x400f801c)
#define   SBMR2_CLOSED	  2u
#define   SBMR2_FUSE_SEL  0x10u
#define   SBMR2_BMOD(v)	  ((v) >> 24 & 3)
#define SRC_GPR10	REG(0x400f8044)
#define   GPR10_SECONDARY 0x40000000u

/* Shadow registers of the fuses, by their address in the fuse map. */
#define FUSE(addr)	REG(0x401f4000 + (addr))
#define   F440_SIP	    0x100000u	/* flash in the package */
#define   F460_FAST	    0x4u
#define   F460_FORCE_INT    0x10000u	/* FORCE_INTERNAL_BOOT */
#define   F460_SDP_DISABLE  0x20000u
#define   F460_SDP_NO_READ  0x40000u
#define   F460_WDOG_ENABLE  0x200000u
#define   F470_NO_MPU	    0x2u
#define   F470_NO_ICACHE    0x4u
#define   F470_NO_SD	    0x8u
#define   F470_NO_UART	    0x10u
#define   F6D0_WDOG(v)	    ((v) >> 13 & 7)
#define   F6D0_EEPROM	    0x1000000u
#define   F6E0_JEDEC_RESET  0x40u
#define   F6E0_SECOND(v)    (((v) >> 16 & 0xff) << 18)

/* Where a boot has got to; a fault goes on with the next. */
enum stage { STAGE_PRIMARY, STAGE_SECONDARY, STAGE_EEPROM, STAGE_SD, STAGE_DOWNLOADER };

/* flexspi_nor_config_t, the "FCB". */
struct fcb {
	uint32_t tag, version, reserved0;
	uint8_t sample_clk, cs_hold, cs_setup, column_bits;
	uint8_t mode_enable, mode_type;
	uint16_t wait_100us;
	uint8_t mode_seq_num, mode_seq_id, mode_seq_reserved[2];
	uint32_t mode_arg;
	uint8_t config_enable, config_type[3];
	struct { uint8_t num, id, reserved[2]; } config_seq[3];
	uint32_t reserved1;
	uint32_t config_arg[3];
	uint32_t reserved2;
	uint32_t misc;
	uint8_t device_type, pads, freq, custom_seq;
	uint32_t reserved3[2];
	uint32_t size[4];		/* A1, A2, B1, B2 */
	uint32_t pad_cs, pad_sclk, pad_data, pad_dqs;
	uint32_t timeout_ms, interval_ns;
	uint16_t data_valid[2];
	uint16_t busy_offset, busy_polarity;
	uint32_t lut[64];
	uint32_t custom[12], reserved4[4];
	uint32_t page, sector;
	uint8_t ip_freq, uniform, swapped, reserved5;
	uint8_t nor_type, exit_no_cmd, half_clock, restore_no_cmd;
	uint32_t block;
	uint32_t reserved6[11];
};
_Static_assert(sizeof(struct fcb) == 512, "the FCB has 512 bytes");
_Static_assert(offsetof(struct fcb, misc) == 0x40 && offsetof(struct fcb, lut) == 0x80 &&
	       offsetof(struct fcb, page) == 0x1c0, "the fields of the FCB");

#define FCB_TAG		 0x42464346u
#define MISC_DIFF_CLK	 0x01u
#define MISC_WORD_ADDR	 0x08u
#define MISC_SAFE_FREQ	 0x10u
#define MISC_PAD_SETTING 0x20u
#define MISC_DDR	 0x40u
#define MISC_VALID_TIME	 0x80u

struct rom {
	uint32_t stage;
	bool probing;			/* a fault now is a failed boot, not ours */
	uint32_t sbmr1, sbmr2;
	uint32_t f440, f460, f470, f6d0, f6e0;
	uint32_t flexspi, window;	/* of the boot flash */
	bool hyper;			/* by BOOT_CFG: HyperFlash, else SPI */
	struct fcb fcb;
};

/* start.S */
void jump(uint32_t entry, uint32_t sp, uint32_t vtor) __attribute__((noreturn));

/* system.c */
void watchdogs_quiet(const struct rom *rom);
void mpu_and_caches(const struct rom *rom);
void clocks_up(const struct rom *rom);
void delay_us(uint32_t us);

/* flexspi.c: false if the flash or the controller did not do it. */
void flexspi_pads(const struct rom *rom, bool eight);
void flexspi_clock(const struct rom *rom, uint32_t mhz);
void flexspi_probe_setup(const struct rom *rom);
bool flexspi_read(const struct rom *rom, uint32_t offset, void *to, size_t bytes);
bool flexspi_apply(const struct rom *rom);
void flexspi_jedec_reset(const struct rom *rom);

/* image.c: starts the image whose first byte is at `offset` of the window, or returns. */
void image_start(const struct rom *rom, uint32_t offset);
bool dcd_run(const uint8_t *dcd, size_t room);
/* Starts what an IVT at `ivt` in memory names (serial downloader). */
bool image_jump(uint32_t ivt);

/* sdp.c */
void serial_downloader(const struct rom *rom) __attribute__((noreturn));

#endif
