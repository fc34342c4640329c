/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * imxrt_image: the FCB (flexspi_nor_config_t; IMXRT1064RM "Serial NOR Flash Boot via FlexSPI"), and its
 * LUT against the flash that is really there.
 */
#include "flash/imxrt_image_priv.h"

#include <string.h>

/* Offsets in the FCB. */
#define FCB_VERSION	 0x004
#define FCB_SAMPLE_CLOCK 0x00c
#define FCB_COLUMN	 0x00f
#define FCB_MODE_ENABLE	 0x010
#define FCB_CONFIG_CMD	 0x01c
#define FCB_MISC	 0x040
#define FCB_DEVICE_TYPE	 0x044
#define FCB_PAD_TYPE	 0x045
#define FCB_CLOCK	 0x046
#define FCB_SIZE_A1	 0x050
#define FCB_LUT		 0x080
#define FCB_PAGE_SIZE	 0x1c0
#define FCB_SECTOR_SIZE	 0x1c4

#define LOOPBACK_MHZ	 60u	/* IMXRT1064RM "FlexSPI": RXCLKSRC 0 */

/* serialClkFreq in MHz by code, per ROM. */
static const struct fcb_clocks {
	uint8_t digprog;
	uint8_t mhz[10];		/* 0: no such code */
} clocks[] = {
	{ 0x6a, { 0, 30, 50, 60, 75, 80, 100, 133, 166, 0 } },
	{ 0x6b, { 0, 30, 50, 60, 75, 80, 100, 133, 0, 0 } },
	{ 0x6c, { 0, 30, 50, 60, 75, 80, 100, 120, 133, 166 } },
	{ 0x6d, { 0, 30, 50, 60, 75, 80, 100, 120, 133, 0 } },
};

/* Read commands of serial NOR: pads of command, address and data, and address bits. */
static const struct read_opcode {
	uint8_t opcode, command, address, data, bits;
} read_opcodes[] = {
	{ 0x03, 1, 1, 1, 24 }, { 0x0b, 1, 1, 1, 24 }, { 0x3b, 1, 1, 2, 24 }, { 0xbb, 1, 2, 2, 24 },
	{ 0x6b, 1, 1, 4, 24 }, { 0xeb, 1, 4, 4, 24 }, { 0x13, 1, 1, 1, 32 }, { 0x0c, 1, 1, 1, 32 },
	{ 0x3c, 1, 1, 2, 32 }, { 0xbc, 1, 2, 2, 32 }, { 0x6c, 1, 1, 4, 32 }, { 0xec, 1, 4, 4, 32 },
};

/* The read sequence of the LUT, taken apart. */
struct read_sequence {
	bool has_command, has_address, has_read, is_ddr, has_mode;
	uint8_t opcode, command_pads, address_pads, address_bits, mode_pads, mode_value, read_pads;
	unsigned mode_clocks, dummy_clocks;
};

static void take_apart(const uint8_t *lut, struct read_sequence *s)
{
	memset(s, 0, sizeof(*s));
	for (unsigned i = 0; i < 8; i++) {
		uint16_t instr = get_le16(lut + 2 * i);
		unsigned opcode = instr >> 10, operand = instr & 0xff, pads = 1u << (instr >> 8 & 3);

		if (opcode == LUT_STOP || opcode == LUT_JMP_ON_CS)
			return;
		s->is_ddr |= (opcode & LUT_DDR) != 0 && opcode != LUT_JMP_ON_CS;
		switch (opcode & ~(unsigned)LUT_DDR) {
		case LUT_CMD:
			if (!s->has_command) {
				s->opcode = (uint8_t)operand;
				s->command_pads = (uint8_t)pads;
			}
			s->has_command = true;
			break;
		case LUT_RADDR:
			s->has_address = true;
			s->address_bits = (uint8_t)operand;
			s->address_pads = (uint8_t)pads;
			break;
		case 0x04: case 0x05: case LUT_MODE4: case LUT_MODE8:
			s->has_mode = true;
			s->mode_pads = (uint8_t)pads;
			s->mode_value = (uint8_t)operand;
			s->mode_clocks += (1u << ((opcode & 0x1f) - 4)) / pads;
			break;
		case LUT_DUMMY: case LUT_DUMMY_RWDS:
			s->dummy_clocks += operand;
			break;
		case LUT_READ:
			s->has_read = true;
			s->read_pads = (uint8_t)pads;
			return;
		default:
			break;
		}
	}
}

static const struct read_opcode *find_opcode(uint8_t opcode)
{
	for (size_t i = 0; i < ARRAY_SIZE(read_opcodes); i++)
		if (read_opcodes[i].opcode == opcode)
			return &read_opcodes[i];
	return NULL;
}

static void check_address_bits(struct boot_view *b, const struct read_sequence *s,
			       const struct read_opcode *known)
{
	if (s->address_bits == 0 || s->address_bits > 32)
		boot_block(b, "fcb-lut-address", "RADDR takes 0x18 or 0x20",
			   "the read sequence sends %u address bits", s->address_bits);
	else if (known != NULL && s->address_bits != known->bits && !s->is_ddr &&
		 !(b->nor != NULL && b->nor->has_4_byte))
		boot_block(b, "fcb-lut-address", "RADDR takes 0x18 for 3-byte, 0x20 for 4-byte commands",
			   "the read sequence sends %u address bits with command %02Xh, which takes %u",
			   s->address_bits, s->opcode, known->bits);
	else if (s->address_bits == 24 && b->nor != NULL && !b->nor->is_hyperflash &&
		 b->nor->bytes > 0x1000000u)
		boot_warn(b, "fcb-lut-address", "use a 4-byte read command with RADDR 0x20",
			  "24 address bits reach the first 16 of the flash's %u MiB",
			  b->nor->bytes >> 20);
}

static void check_pads(struct boot_view *b, const struct read_sequence *s, unsigned pads,
		       const struct read_opcode *known)
{
	unsigned most = MAX(s->read_pads, MAX(s->address_pads, s->command_pads));

	if (most > pads)
		boot_block(b, "fcb-lut-pads", "set sflashPadType (offset 0x45) to the pads of the LUT",
			   "the read sequence uses %u pads, but sflashPadType is %u: the ROM connects "
			   "only those", most, pads);
	if (known == NULL || s->is_ddr || s->command_pads != 1)
		return;
	if (s->read_pads != known->data || s->address_pads != known->address)
		boot_block(b, "fcb-lut-pads", "give each instruction the pads of its command",
			   "the read command %02Xh is 1-%u-%u, the LUT drives it as 1-%u-%u", s->opcode,
			   known->address, known->data, s->address_pads, s->read_pads);
}

/* The flash may be told other dummy clocks by a command of the FCB. */
static bool configures_flash(const uint8_t *fcb)
{
	return fcb[FCB_CONFIG_CMD] != 0 || fcb[FCB_MODE_ENABLE] != 0;
}

static void check_against_flash(struct boot_view *b, const uint8_t *fcb,
				const struct read_sequence *s)
{
	const struct serial_nor *nor = b->nor;
	const struct nor_read *read = s->opcode == 0xeb ? &nor->read_1_4_4 :
				      s->opcode == 0x6b ? &nor->read_1_1_4 : NULL;
	unsigned clocks_given = s->mode_clocks + s->dummy_clocks;
	const char *name = nor->name != NULL ? nor->name : "the flash";

	if (nor->is_hyperflash != (fcb[FCB_COLUMN] != 0)) {
		boot_block(b, "fcb-flash-type", "use the FCB for the flash that is fitted",
			   "the FCB is for %s, the board has %s",
			   nor->is_hyperflash ? "SPI flash" : "HyperFlash",
			   nor->is_hyperflash ? "HyperFlash" : "SPI flash");
		return;
	}
	if (read == NULL || s->is_ddr)
		return;
	if (read->opcode == 0) {
		boot_warn(b, "fcb-lut-opcode", "read with 03h or 0Bh on one pad",
			  "the read sequence uses %02Xh, which %s does not list", s->opcode, name);
		return;
	}
	if (clocks_given != (unsigned)read->mode_clocks + read->dummy_clocks &&
	    !configures_flash(fcb))
		boot_block(b, "fcb-lut-dummy", "correct the DUMMY operand of LUT sequence 0",
			   "command %02Xh of %s needs %u clocks between address and data, the LUT "
			   "sends %u: every byte is read shifted", s->opcode, name,
			   (unsigned)read->mode_clocks + read->dummy_clocks, clocks_given);
}

static void check_lut(struct boot_view *b, const uint8_t *fcb)
{
	struct read_sequence s;
	const struct read_opcode *known;
	bool is_hyper = fcb[FCB_COLUMN] != 0;

	take_apart(fcb + FCB_LUT, &s);
	if (!s.has_command || !s.has_address || !s.has_read) {
		boot_block(b, "fcb-lut", "fill in LUT sequence 0 (offset 0x80): CMD, RADDR, READ",
			   "the LUT has no read sequence: %s is missing",
			   !s.has_command ? "CMD" : !s.has_address ? "RADDR" : "READ");
		return;
	}
	known = is_hyper || s.command_pads == 8 ? NULL : find_opcode(s.opcode);
	check_address_bits(b, &s, known);
	check_pads(b, &s, fcb[FCB_PAD_TYPE], known);
	if (known == NULL && !is_hyper && s.command_pads == 1 && !s.is_ddr)
		boot_warn(b, "fcb-lut-opcode", "see the flash's data sheet for its read commands",
			  "the read sequence sends %02Xh, which is no read command of serial NOR",
			  s.opcode);
	if (s.has_mode && (s.mode_value & 0x30) == 0x20 && s.opcode == 0xeb)
		boot_warn(b, "fcb-continuous-read", "send mode bits 00h",
			  "the mode bits %02Xh keep the flash in continuous read: after a reset without "
			  "a power cycle the ROM cannot read it", s.mode_value);
	if (b->nor != NULL)
		check_against_flash(b, fcb, &s);
}

static void check_clock(struct boot_view *b, const uint8_t *fcb)
{
	const struct imxrt_part *part = b->chip->part;
	unsigned code = fcb[FCB_CLOCK], mhz = 0, last = 0;

	for (size_t i = 0; i < ARRAY_SIZE(clocks); i++) {
		if (clocks[i].digprog != part->digprog)
			continue;
		mhz = code < ARRAY_SIZE(clocks[i].mhz) ? clocks[i].mhz[code] : 0;
		for (unsigned j = 0; j < ARRAY_SIZE(clocks[i].mhz); j++)
			last = clocks[i].mhz[j] != 0 ? j : last;
	}
	if (last == 0)
		return;
	if (mhz > LOOPBACK_MHZ && fcb[FCB_SAMPLE_CLOCK] == 0)
		boot_warn(b, "fcb-sample-clock-fast", "write 1 (loop over the DQS pad) at offset 0x0C, or "
			  "choose a lower serialClkFreq (offset 0x46)",
			  "serialClkFreq asks for %u MHz, the internal loop (readSampleClkSrc 0) samples "
			  "up to %u MHz", mhz, LOOPBACK_MHZ);
	if (mhz == 0)
		boot_warn(b, "fcb-clock", "use a code of this part (offset 0x46)",
			  "serialClkFreq is %u, the ROM of the %s knows 1 to %u", code, part->name, last);
	else if (b->nor != NULL && b->nor->max_hz != 0 && !b->nor->is_hyperflash &&
		 mhz * 1000000u > b->nor->max_hz)
		boot_warn(b, "fcb-clock-fast", "choose a lower serialClkFreq (offset 0x46)",
			  "serialClkFreq asks for %u MHz, the flash allows %u", mhz,
			  b->nor->max_hz / 1000000);
}

static void check_size(struct boot_view *b, const uint8_t *fcb)
{
	uint32_t bytes = get_le32(fcb + FCB_SIZE_A1);

	if (bytes == 0 || bytes == 0xffffffff || bytes % 1024 != 0) {
		boot_block(b, "fcb-size", "write the flash's size in bytes at offset 0x50",
			   "sflashA1Size is 0x%x: the ROM cannot map the flash", bytes);
		return;
	}
	if (bytes < HEADER_BYTES)
		boot_block(b, "fcb-size", "write the flash's size in bytes at offset 0x50",
			   "sflashA1Size is %u bytes: the application lies behind that", bytes);
	else if (b->nor != NULL && b->nor->bytes != 0 && bytes != b->nor->bytes)
		boot_warn(b, "fcb-size-differs", "write the flash's size in bytes at offset 0x50",
			  "sflashA1Size is %u KiB, the flash has %u KiB", bytes / 1024,
			  b->nor->bytes / 1024);
}

void boot_check_fcb(struct boot_view *b, const uint8_t *fcb)
{
	uint32_t version = get_le32(fcb + FCB_VERSION);
	unsigned pads = fcb[FCB_PAD_TYPE], sample = fcb[FCB_SAMPLE_CLOCK];

	if (version >> 24 != 'V' || (version >> 16 & 0xff) != 1)
		boot_warn(b, "fcb-version", "write 0x56010400",
			  "the FCB's version is 0x%08x, 0x5601xxxx was expected", version);
	if (pads != 1 && pads != 2 && pads != 4 && pads != 8)
		boot_block(b, "fcb-pads", "write 1, 2, 4 or 8 at offset 0x45",
			   "sflashPadType is %u", pads);
	if (fcb[FCB_DEVICE_TYPE] != 1)
		boot_warn(b, "fcb-device-type", "write 1 at offset 0x44",
			  "deviceType is %u, serial NOR is 1", fcb[FCB_DEVICE_TYPE]);
	if (sample != 0 && sample != 1 && sample != 3)
		boot_warn(b, "fcb-sample-clock", "write 0, 1 or 3 at offset 0x0C",
			  "readSampleClkSrc is %u, which the controller does not have", sample);
	check_clock(b, fcb);
	check_size(b, fcb);
	check_lut(b, fcb);
}
