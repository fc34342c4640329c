/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapter/stlink_priv.h"
#include "adapter/usb_text.h"

#define NEVER 0xffu

/* First (and last, 0: none) JTAG version of the firmware; V3PWR (V4) has what V3 ever got. */
static const struct {
	unsigned feature;
	uint8_t v2_first, v2_last, v3_first;
} features[] = {
	{ ST_HAS_VOLTAGE, 13, 0, 0 },
	{ ST_HAS_TRACE, 13, 0, 0 },
	{ ST_HAS_SWD_FREQ, 22, 0, NEVER },
	{ ST_HAS_JTAG_FREQ, 24, 0, NEVER },
	{ ST_HAS_DAP_REG, 24, 0, 0 },
	{ ST_LATE_DP_READ, 24, 31, NEVER },	/* JTAG: a DP read brings the one before */
	{ ST_HAS_MEM_16, 26, 0, 0 },
	{ ST_HAS_FIFO_WRITE, 26, 0, 1 },
	{ ST_HAS_INIT_AP, 28, 0, 0 },
	{ ST_HAS_DP_BANK, 32, 0, 2 },
	{ ST_HAS_CSW, 32, 0, 2 },
	{ ST_HAS_FIFO_READ, 32, 0, 2 },
	{ ST_HAS_MISC, 32, 0, 2 },
	{ ST_HAS_BYTES_512, NEVER, 0, 6 },
	{ ST_HAS_COM_FREQ, NEVER, 0, 0 },
};

static const struct {
	uint16_t pid;
	const char *kind;
} probes[] = {
	{ 0x3744, "ST-LINK/V1" },
	{ 0x3748, "ST-LINK/V2" },
	{ 0x374a, "ST-LINK/V2-1" },	/* with audio */
	{ 0x374b, "ST-LINK/V2-1" },
	{ 0x3742, "ST-LINK/V2-1" },	/* without mass storage */
	{ 0x3752, "ST-LINK/V2-1" },
	{ 0x374d, "STLINK-V3 (USB loader)" },
	{ 0x374e, "STLINK-V3" },
	{ 0x374f, "STLINK-V3SET" },
	{ 0x3753, "STLINK-V3" },		/* two serial ports */
	{ 0x3754, "STLINK-V3E" },		/* V3MINIE, too */
	{ 0x3755, "STLINK-V3PWR (USB loader)" },
	{ 0x3757, "STLINK-V3PWR" },
};

const char *stlink_kind(uint16_t vid, uint16_t pid)
{
	for (size_t i = 0; i < ARRAY_SIZE(probes); i++)
		if (vid == 0x0483 && probes[i].pid == pid)
			return probes[i].kind;
	return NULL;
}

bool stlink_is_v1(uint16_t pid)
{
	return pid == 0x3744;
}

static bool is_v2_1(uint16_t pid)
{
	return pid == 0x374a || pid == 0x374b || pid == 0x3742 || pid == 0x3752;
}

static unsigned api_of(const struct stlink_version *v)
{
	if (v->stlink >= 3)
		return 3;
	return v->stlink == 2 || v->jtag >= 11 ? 2 : 1;
}

void stlink_parse_version(struct stlink_version *v, const uint8_t reply[6])
{
	unsigned packed = (unsigned)reply[0] << 8 | reply[1], y = packed & 0x3f;

	*v = (struct stlink_version){ .stlink = packed >> 12, .jtag = packed >> 6 & 0x3f };
	v->vid = get_le16(reply + 2);
	v->pid = get_le16(reply + 4);
	v->api = api_of(v);
	if (v->stlink >= 3)
		return;		/* the rest is in GET_VERSION_EX */
	/* A V2-1 tells its mass-storage version here, except in these firmwares. */
	if (is_v2_1(v->pid) &&
	    !((v->jtag <= 22 && y == 7) || (v->jtag >= 25 && y >= 7 && y <= 12)))
		v->msd = y;
	else
		v->swim = y;
}

void stlink_parse_version_ex(struct stlink_version *v, const uint8_t reply[12])
{
	*v = (struct stlink_version){ .stlink = reply[0], .swim = reply[1], .jtag = reply[2],
				      .msd = reply[3], .bridge = reply[4], .power = reply[5] };
	v->vid = get_le16(reply + 8);
	v->pid = get_le16(reply + 10);
	v->api = api_of(v);
}

void stlink_version_text(const struct stlink_version *v, char *text, size_t size)
{
	const struct {
		char letter;
		unsigned number;
	} parts[] = { { 'M', v->msd }, { 'B', v->bridge }, { 'P', v->power }, { 'S', v->swim } };
	size_t n = (size_t)snprintf(text, size, "V%uJ%u", v->stlink, v->jtag);

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (parts[i].number != 0 && n < size)
			n += (size_t)snprintf(text + n, size - n, "%c%u", parts[i].letter,
					      parts[i].number);
}

unsigned stlink_features(const struct stlink_version *v)
{
	unsigned found = 0;

	for (size_t i = 0; i < ARRAY_SIZE(features); i++) {
		unsigned first = v->stlink >= 3 ? features[i].v3_first : features[i].v2_first;
		unsigned last = v->stlink >= 3 ? 0 : features[i].v2_last;

		if (v->stlink < 2 || first == NEVER)
			continue;
		if (v->stlink >= 4 || (v->jtag >= first && (last == 0 || v->jtag <= last)))
			found |= features[i].feature;
	}
	return found;
}

#define UPDATE "update the firmware with ST's STSW-LINK007 (or STM32CubeProgrammer)"

enum err stlink_check_version(const struct stlink_version *v, enum transport transport)
{
	char text[32];

	stlink_version_text(v, text, sizeof(text));
	if (v->stlink < 2) {
		error_why(ERR_ADAPTER_FIRMWARE,
			  "the ST-LINK/V1 (%s) has no raw access to the debug port, in no firmware "
			  "version", text);
		return error_next(ERR_ADAPTER_FIRMWARE, "use an ST-LINK/V2 or newer");
	}
	if (!(stlink_features(v) & ST_HAS_DAP_REG)) {
		error_why(ERR_ADAPTER_FIRMWARE,
			  "firmware %s of the ST-LINK is too old: %s needs raw DAP access "
			  "(READ_DAP_REG 0x45, WRITE_DAP_REG 0x46%s), which exists since V2J24",
			  text, transport_name(transport),
			  transport == TRANSPORT_JTAG ? ", JTAG_SET_FREQ 0x44" : "");
		return error_next(ERR_ADAPTER_FIRMWARE, UPDATE);
	}
	return OK;
}

/*
 * SWD of V2: 72 MHz / 20 / (divisor + 1). ST and its tools call the divisors 4000, 1800, 1200, 950,
 * 650, 480, 400, 360, 240, 150, 125, 100, 50, 25, 15 and 5 kHz; these are the true ones.
 */
static const struct stlink_divisor swd_divisors[] = {
	{ 0, 3600 }, { 1, 1800 }, { 2, 1200 }, { 3, 900 },  { 5, 600 },	 { 7, 450 },
	{ 9, 360 },  { 10, 327 }, { 15, 225 }, { 25, 138 }, { 31, 112 }, { 40, 87 },
	{ 79, 45 },  { 158, 22 }, { 265, 13 }, { 798, 4 },  { 0, 0 },
};

/* JTAG of V2. Divisor 2, 18 MHz, exists but is not stable. */
static const struct stlink_divisor jtag_divisors[] = {
	{ 4, 9000 }, { 8, 4500 }, { 16, 2250 }, { 32, 1125 },
	{ 64, 562 }, { 128, 281 }, { 256, 140 }, { 0, 0 },
};

const struct stlink_divisor *stlink_divisor(enum transport transport, uint32_t khz)
{
	const struct stlink_divisor *table =
		transport == TRANSPORT_JTAG ? jtag_divisors : swd_divisors;

	while (table->khz > khz && table[1].khz != 0)
		table++;
	return table;
}

uint32_t stlink_pick_khz(const uint32_t *list, size_t count, uint32_t khz)
{
	uint32_t best = 0, slowest = 0;

	for (size_t i = 0; i < count; i++) {
		if (list[i] != 0 && (slowest == 0 || list[i] < slowest))
			slowest = list[i];
		if (list[i] <= khz && list[i] > best)
			best = list[i];
	}
	return best != 0 ? best : slowest;
}

int stlink_millivolts(uint32_t reference, uint32_t divided)
{
	if (reference == 0)
		return 0;
	return (int)MIN(((uint64_t)2 * 1200 * divided + reference / 2) / reference, 100000u);
}

static const struct stlink_status statuses[] = {
	{ 0x80, OK, "OK" },
	{ 0x81, ERR_DAP_FAULT, "fault" },
	{ 0x01, ERR_ADAPTER_PROTOCOL, "unknown error" },
	{ 0x02, ERR_ADAPTER_PROTOCOL, "SPI error inside the probe" },
	{ 0x03, ERR_ADAPTER_PROTOCOL, "DMA error inside the probe" },
	{ 0x04, ERR_DAP_JTAG_CHAIN, "unknown JTAG chain" },
	{ 0x05, ERR_DAP_NO_ACK, "no device connected" },
	{ 0x06, ERR_ADAPTER_PROTOCOL, "internal error" },
	{ 0x07, ERR_DAP_WAIT, "command wait" },
	{ 0x08, ERR_ADAPTER_PROTOCOL, "command error" },
	{ 0x09, ERR_DAP_NO_ACK, "IDCODE cannot be read: no target answers" },
	{ 0x0a, ERR_UNALIGNED, "alignment error" },
	{ 0x0b, ERR_DAP_POWER, "debug power error" },
	{ 0x0c, ERR_DAP_FAULT, "write error" },
	{ 0x0d, OK, "write verify error" },		/* OpenOCD's experience: harmless */
	{ 0x0e, ERR_ADAPTER_BUSY, "already open in another mode" },
	{ 0x10, ERR_DAP_WAIT, "SWD AP WAIT" },
	{ 0x11, ERR_DAP_FAULT, "SWD AP FAULT" },
	{ 0x12, ERR_DAP_NO_ACK, "SWD AP error: no acknowledge, or a garbled one" },
	{ 0x13, ERR_DAP_PARITY, "SWD AP parity error" },
	{ 0x14, ERR_DAP_WAIT, "SWD DP WAIT" },
	{ 0x15, ERR_DAP_FAULT, "SWD DP FAULT" },
	{ 0x16, ERR_DAP_NO_ACK, "SWD DP error: no acknowledge, or a garbled one" },
	{ 0x17, ERR_DAP_PARITY, "SWD DP parity error" },
	{ 0x18, ERR_DAP_FAULT, "AP WDATAERR" },
	{ 0x19, ERR_DAP_FAULT, "AP sticky error" },
	{ 0x1a, ERR_DAP_FAULT, "AP sticky overrun" },
	{ 0x1d, ERR_UNSUPPORTED, "bad access port" },
	{ 0x20, ERR_UNSUPPORTED, "trace size or feature not available" },
	{ 0x29, ERR_UNSUPPORTED, "too many access ports are open" },
	{ 0x40, OK, "configuration changed" },
	{ 0x41, ERR_ADAPTER_SPEED, "frequency not supported" },
	{ 0x42, ERR_ADAPTER_FIRMWARE, "unknown command" },
};

const struct stlink_status *stlink_status(unsigned code)
{
	static const struct stlink_status unknown = { 0, ERR_ADAPTER_PROTOCOL, "unknown status" };

	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++)
		if (statuses[i].code == code)
			return &statuses[i];
	return &unknown;
}

char *stlink_serial(const char *text)
{
	char *hex = usb_hex_of_text(text);

	return hex != NULL ? hex : xstrdup(text);
}
