/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the boot ROM wants to see before it starts us: FCB, IVT, boot data (RM "System Boot"). */
#include "board.h"

extern const void *const vectors[];
extern uint32_t _image_start[], _image_bytes[];

#ifndef RAW
#ifndef RAM_IMAGE
const uint32_t fcb[128] __attribute__((section(".fcb"), used)) = {
	[0] = 0x42464346,			/* "FCFB" */
	[0x004 / 4] = 0x56010400,
#if IMXRT == 10500
	[0x00c / 4] = 0x03030303,		/* strobe of the flash; CS hold, setup; 3 column bits */
	[0x040 / 4] = 0x59,			/* differential clock, word address, safe clock, DDR */
	[0x044 / 4] = 7 << 16 | 8 << 8 | 1,	/* 133 MHz, 8 pads, NOR */
	[0x050 / 4] = 0x4000000,
	[0x078 / 4] = 15 << 16 | 15,
	[0x07c / 4] = 1 << 16 | 15,
	[0x080 / 4] = 0x8b1887a0, 0xb3068f10, 0x0000a704,
	[0x1c0 / 4] = 512, 0x40000, 1 << 8,
	[0x1d0 / 4] = 0x40000,
#else
#if IMXRT == 1024
	[0x00c / 4] = 0x00030300,		/* internal loopback */
	[0x044 / 4] = 3 << 16 | 4 << 8 | 1,	/* 60 MHz, 4 pads, NOR */
#elif IMXRT == 1050
	[0x00c / 4] = 0x00030301,
	[0x044 / 4] = 6 << 16 | 4 << 8 | 1,	/* 100 MHz */
#else
	[0x00c / 4] = 0x00030301,		/* loopback from the DQS pad */
	[0x044 / 4] = 7 << 16 | 4 << 8 | 1,	/* 120 MHz */
#endif
#if IMXRT == 1050 || IMXRT == 1060
	[0x010 / 4] = 0x00000101,		/* quad enable: 01h 40h, sequence 6 */
	[0x014 / 4] = 0x00000601, 0x40,
	[0x050 / 4] = 0x800000,
	[0x0e0 / 4] = 0x20010401,
#else
	[0x050 / 4] = 0x400000,
#endif
	[0x080 / 4] = 0x0a1804eb, 0x26043206,	/* EBh, mode bits left 1 */
	[0x090 / 4] = 0x24040405,
	[0x0b0 / 4] = 0x00000406,
	[0x0d0 / 4] = 0x08180420,
	[0x100 / 4] = 0x081804d8,
	[0x110 / 4] = 0x08180402, 0x00002004,
	[0x130 / 4] = 0x00000460,
	[0x1c0 / 4] = 256, 4096,
	[0x1d0 / 4] = 0x10000,
#endif
};
#endif

struct boot_data {
	const void *start;
	const void *bytes;
	uint32_t plugin, pad;
};

const struct boot_data boot_data __attribute__((section(".boot_data"), used)) = {
	_image_start, _image_bytes, 0, 0xffffffff
};

const struct ivt {
	uint32_t header;
	const void *entry;
	uint32_t reserved;
	const void *dcd, *boot_data, *self, *csf;
	uint32_t reserved2;
} ivt __attribute__((section(".ivt"), used)) = {
	0x412000d1, vectors, 0, 0, &boot_data, &ivt, 0, 0
};
#endif
