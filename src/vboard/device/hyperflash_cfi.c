/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What S26KS512S shows instead of its array after 90h or 98h (001-99198, "Device ID and CFI"). */
#include "vboard/device/hyperflash.h"

#include "base/bytes.h"

/* unconfirmed: the extended query from 0x45 on is not modelled. */
static const uint16_t map[] = {
	[0x00] = 0x0001,	/* manufacturer */
	[0x01] = 0x007e,	/* device, extended by 0E and 0F */
	[0x0e] = 0x0070, [0x0f] = 0x0000,
	[0x10] = 'Q', [0x11] = 'R', [0x12] = 'Y',
	[0x13] = 0x0002,	/* AMD/Fujitsu command set */
	[0x15] = 0x0040,
	[0x1b] = 0x0017, [0x1c] = 0x0019,	/* 1.7 to 1.95 V */
	[0x1f] = 0x0009, [0x20] = 0x0009,	/* 512 us: word, buffer */
	[0x21] = 0x000a, [0x22] = 0x0012,	/* 1 s a sector, 262 s the chip */
	[0x23] = 0x0002, [0x24] = 0x0002, [0x25] = 0x0002, [0x26] = 0x0002,
	[0x27] = 0x001a,	/* 2^26 bytes */
	[0x2a] = 0x0009,	/* buffer of 2^9 bytes */
	[0x2c] = 0x0001,	/* one region of 256 sectors of 256 KiB */
	[0x2d] = 0x00ff, [0x2e] = 0x0000, [0x2f] = 0x0000, [0x30] = 0x0004,
	[0x40] = 'P', [0x41] = 'R', [0x42] = 'I', [0x43] = '1', [0x44] = '5',
};

uint16_t hyperflash_id(uint32_t at)
{
	at &= 0x1ff;
	return at < ARRAY_SIZE(map) ? map[at] : 0xffff;
}
