/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Serial Flash Discoverable Parameters (JESD216) as the parts answer to 5Ah. Bytes that the table
 * of the part does not use are FF.
 */
#include "vboard/device/nor_parts.h"

#define DW(x) (uint8_t)(x), (uint8_t)((x) >> 8), (uint8_t)((x) >> 16), (uint8_t)((x) >> 24)
#define FF4   0xff, 0xff, 0xff, 0xff
#define FF16  FF4, FF4, FF4, FF4
#define FF64  FF16, FF16, FF16, FF16
#define SIGNATURE 'S', 'F', 'D', 'P'

/* Revision 1.5, one table of 16 double words at 0x80. It promises 4-4-4 even for parts without QPI.
 * unconfirmed: double words 10 to 16, from parts of the same family. */
const uint8_t nor_sfdp_w25q32jv[256] = {
	SIGNATURE, 0x05, 0x01, 0x00, 0xff,
	0x00, 0x05, 0x01, 0x10, 0x80, 0x00, 0x00, 0xff,
	FF16, FF16, FF16, FF16, FF16, FF16, FF16,
	DW(0xfff920e5u), DW(0x01ffffffu), DW(0x6b08eb44u), DW(0xbb423b08u),
	DW(0xfffffffeu), DW(0x0000ffffu), DW(0xeb40ffffu), DW(0x520f200cu),
	DW(0x0000d810u), DW(0x00a60236u), DW(0xc214ea82u), DW(0x337663e9u),
	DW(0x757a757au), DW(0x5cd5a2f7u), DW(0xff4df719u), DW(0x80f830e9u),
	FF64,
};

/*
 * Revision 1.5, 16 double words at 0x30. EBh 2 mode + 4 dummy clocks, 6Bh 8; 4K 80 ms, 32K 112 ms,
 * 64K 160 ms typical, times 8; page 200 us times 4, chip 16 s; suspend 75h, resume 7Ah; QER 2: bit 6
 * of SR1; 35h enters and F5h leaves QPI; 66h-99h; no 4-byte addresses.
 */
const uint8_t nor_sfdp_is25p064a[256] = {
	SIGNATURE, 0x05, 0x01, 0x00, 0xff,
	0x00, 0x05, 0x01, 0x10, 0x30, 0x00, 0x00, 0xff,
	FF16, FF16,
	DW(0xfff120e5u), DW(0x03ffffffu), DW(0x6b08eb44u), DW(0xbb803b08u),
	DW(0xfffffffeu), DW(0xff00ffffu), DW(0xeb44ffffu), DW(0x520f200cu),
	DW(0xff00d810u), DW(0x00a53243u), DW(0xc3041881u), DW(0x4668cdccu),
	DW(0x757a757au), DW(0x5cd5aef7u), DW(0xff2c424au), DW(0x80f830f0u),
	FF64, FF64, FF16,
};

/* Revision 1.0, 9 double words at 0x30: neither page size nor quad enable are in it. */
const uint8_t nor_sfdp_at25sf128a[256] = {
	SIGNATURE, 0x00, 0x01, 0x00, 0xff,
	0x00, 0x00, 0x01, 0x09, 0x30, 0x00, 0x00, 0xff,
	FF16, FF16,
	DW(0xfff120e5u), DW(0x07ffffffu), DW(0x6b08eb44u), DW(0xbb803b08u),
	DW(0xffffffeeu), DW(0xff00ffffu), DW(0xff00ffffu), DW(0x520f200cu),
	DW(0xff00d810u), FF4, FF4, FF4,
	FF64, FF64, FF16, FF16,
};
