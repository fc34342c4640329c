/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vboard/device/crc32.h"

uint32_t vb_crc32_more(uint32_t crc, const uint8_t *data, size_t n)
{
	static const uint32_t nibble[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
		0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
		0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c
	};

	crc = ~crc;
	for (size_t i = 0; i < n; i++) {
		crc = nibble[(crc ^ data[i]) & 0xf] ^ crc >> 4;
		crc = nibble[(crc ^ data[i] >> 4) & 0xf] ^ crc >> 4;
	}
	return ~crc;
}

uint32_t vb_crc32(const uint8_t *data, size_t n)
{
	return vb_crc32_more(0, data, n);
}
