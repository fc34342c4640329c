/* SPDX-License-Identifier: GPL-2.0-or-later */
/* J-Link firmware: the commands of RM08001, one row each, and the stream they come in. */
#include <string.h>

#include "vboard/usb/model_jlink.h"

#define VERSION_BYTES	112u
#define USB_MV		5000u
#define IO_HEADER	4u
#define CONFIG_COMMAND	(1 + JLINK_CONFIG)

static void get_version(struct vb_jlink *jl, const uint8_t *cmd, size_t n)
{
	static const char copyright[] = "Copyright 2003-2023 SEGGER: www.SEGGER.com";
	uint8_t length[2], text[VERSION_BYTES] = { 0 };
	size_t first = strlen(jl->kind->firmware) + 1;

	(void)cmd;
	(void)n;
	put_le16(length, VERSION_BYTES);
	memcpy(text, jl->kind->firmware, first);
	memcpy(text + first, copyright, MIN(sizeof(copyright), VERSION_BYTES - first - 1));
	jlink_reply(jl, length, sizeof(length));
	jlink_reply(jl, text, sizeof(text));
}

static void pulse(struct vb_jlink *jl, const uint8_t *cmd, size_t n)
{
	(void)n;
	jlink_pulse(jl, cmd[0]);
}

static void set_speed(struct vb_jlink *jl, const uint8_t *cmd, size_t n)
{
	uint16_t khz = get_le16(cmd + 1);

	(void)n;
	if (khz == 0 || (khz == JLINK_ADAPTIVE && !jlink_can(jl, CAP_ADAPTIVE_CLOCKING)))
		return;
	jl->khz = khz;
}

static void get_status(struct vb_jlink *jl, const uint8_t *cmd, size_t n)
{
	(void)cmd;
	(void)n;
	jlink_status(jl);
}

static void set_power(struct vb_jlink *jl, const uint8_t *cmd, size_t n)
{
	(void)n;
	jl->is_power_on = cmd[1] != 0;
}

static void registration(struct vb_jlink *jl, const uint8_t *cmd, size_t n)
{
	(void)n;
	jlink_register(jl, cmd);
}

static void get_speeds(struct vb_jlink *jl, const uint8_t *cmd, size_t n)
{
	const struct jlink_speed *speed = &jl->kind->speed[jl->interface];
	uint8_t data[6];

	(void)cmd;
	(void)n;
	put_le32(data, speed->base_hz);
	put_le16(data + 4, speed->min_div);
	jlink_reply(jl, data, sizeof(data));
}

static uint32_t hw_info(const struct vb_jlink *jl, unsigned bit)
{
	switch (bit) {
	case 0: return jl->is_power_on;
	case 23: return USB_MV;
	default: return 0;		/* no current drawn, no network */
	}
}

static uint32_t counter(const struct vb_jlink *jl, unsigned bit)
{
	switch (bit) {
	case 0: return (uint32_t)((vb_clock_now(jl->board->clock) - jl->connected_ns) / 1000000);
	case 1: return jl->connects;
	default: return 0;
	}
}

/* C1 and C2: a mask, and one word for each of its bits. */
static void get_words(struct vb_jlink *jl, const uint8_t *cmd, size_t n)
{
	uint32_t mask = get_le32(cmd + 1);
	uint8_t data[4 * 32];
	size_t size = 0;

	(void)n;
	for (unsigned bit = 0; bit < 32; bit++) {
		if (!(mask & BIT(bit)))
			continue;
		put_le32(data + size, cmd[0] == 0xc1 ? hw_info(jl, bit) : counter(jl, bit));
		size += 4;
	}
	if (size > 0)
		jlink_reply(jl, data, size);
}

static void select_interface(struct vb_jlink *jl, const uint8_t *cmd, size_t n)
{
	uint32_t answer = cmd[1] == 0xff ? jl->kind->interfaces : jl->interface;

	(void)n;
	if (!jlink_can(jl, CAP_SELECT_IF)) {
		jl->is_hung = true;
		return;
	}
	if (cmd[1] < 0xfe)
		jlink_select(jl, cmd[1]);
	jlink_reply_u32(jl, answer);
}

static void pins(struct vb_jlink *jl, const uint8_t *cmd, size_t n)
{
	(void)n;
	jlink_pins(jl, cmd[0]);
}

static void io(struct vb_jlink *jl, const uint8_t *cmd, size_t n)
{
	(void)n;
	jlink_io(jl, cmd);
}

static size_t io_length(const uint8_t *cmd, size_t have)
{
	return have < IO_HEADER ? IO_HEADER
				: IO_HEADER + 2 * (((size_t)get_le16(cmd + 2) + 7) / 8);
}

static void get_jtag_result(struct vb_jlink *jl, const uint8_t *cmd, size_t n)
{
	(void)cmd;
	(void)n;
	jlink_reply(jl, &jl->hw_jtag_status, 1);
	jl->hw_jtag_status = 0;
}

static void get_memory(struct vb_jlink *jl, const uint8_t *cmd, size_t n)
{
	(void)cmd;
	(void)n;
	jlink_reply_u32(jl, jl->memory);
}

static void get_caps(struct vb_jlink *jl, const uint8_t *cmd, size_t n)
{
	(void)n;
	jlink_reply(jl, jl->caps, cmd[0] == 0xed ? JLINK_CAPS_BYTES : 4);
}

static void get_hw_version(struct vb_jlink *jl, const uint8_t *cmd, size_t n)
{
	(void)cmd;
	(void)n;
	jlink_reply_u32(jl, jl->hardware);
}

static void read_config(struct vb_jlink *jl, const uint8_t *cmd, size_t n)
{
	(void)cmd;
	(void)n;
	jlink_reply(jl, jl->config, JLINK_CONFIG);
}

static void write_config(struct vb_jlink *jl, const uint8_t *cmd, size_t n)
{
	(void)n;
	memcpy(jl->config, cmd + 1, JLINK_CONFIG);
}

/* 15 01 00 00, MOSI bytes + 8, MISO bytes + 4, bits, flags, MOSI. Nothing is wired to these pins. */
#define SPI_HEADER 20u
#define SPI_MAX	   65536u

static size_t spi_length(const uint8_t *cmd, size_t have)
{
	if (have < SPI_HEADER)
		return SPI_HEADER;
	return SPI_HEADER + MIN(MAX(get_le32(cmd + 4), 8u) - 8, SPI_MAX);
}

static void spi(struct vb_jlink *jl, const uint8_t *cmd, size_t n)
{
	size_t miso = MIN(MAX(get_le32(cmd + 8), 4u) - 4, SPI_MAX);
	struct buf reply = { 0 };

	(void)n;
	memset(buf_reserve(&reply, miso + 4), 0xff, miso);
	put_le32(reply.data + miso, (uint32_t)MAX(miso, get_le32(cmd + 4) - 8));
	jlink_reply(jl, reply.data, miso + 4);
	buf_free(&reply);
}

/* 17 op: 0 and 2 read (length behind a 0), 1 and 3 write (length, 0, data). No C2 target here. */
#define C2_HEADER 5u
#define C2_NOBODY 1u	/* unconfirmed: any status but 0 is a failure */

static size_t c2_length(const uint8_t *cmd, size_t have)
{
	if (have < C2_HEADER)
		return C2_HEADER;
	return C2_HEADER + (cmd[1] & 1 ? get_le16(cmd + 2) : 0u);
}

static void c2(struct vb_jlink *jl, const uint8_t *cmd, size_t n)
{
	uint8_t reply[64 + 4] = { 0 };
	size_t size = cmd[1] & 1 ? 0 : MIN(get_le16(cmd + 3), 64u);

	(void)n;
	put_le32(reply + size, C2_NOBODY);
	jlink_reply(jl, reply, size + 4);
}

static size_t swo_length(const uint8_t *cmd, size_t have)
{
	return jlink_params_length(cmd, have, 2);
}

/* A fixed length, or a function that tells it from what has come in so far. */
static const struct command {
	uint8_t opcode;
	int cap;
	size_t length;
	size_t (*measure)(const uint8_t *cmd, size_t have);
	void (*run)(struct vb_jlink *jl, const uint8_t *cmd, size_t n);
} commands[] = {
	{ 0x01, CAP_NONE, 1, NULL, get_version },
	{ 0x02, CAP_NONE, 1, NULL, pulse },			/* RESET_TRST */
	{ 0x03, CAP_NONE, 1, NULL, pulse },			/* RESET_TARGET */
	{ 0x05, CAP_NONE, 3, NULL, set_speed },
	{ 0x07, CAP_NONE, 1, NULL, get_status },
	{ 0x08, CAP_KS_POWER, 2, NULL, set_power },
	{ 0x09, CAP_REGISTER, 14, NULL, registration },
	{ 0x15, CAP_SPI, 0, spi_length, spi },
	{ 0x17, CAP_NONE, 0, c2_length, c2 },
	{ 0x1e, CAP_FILE_IO, 0, jlink_file_length, jlink_file },
	{ 0xc0, CAP_SPEED_INFO, 1, NULL, get_speeds },
	{ 0xc1, CAP_HW_INFO, 5, NULL, get_words },
	{ 0xc2, CAP_COUNTERS, 5, NULL, get_words },
	{ 0xc7, CAP_NONE, 2, NULL, select_interface },		/* hangs without its capability */
	{ 0xc9, CAP_NONE, 1, NULL, pins },			/* TMS low, high */
	{ 0xca, CAP_NONE, 1, NULL, pins },
	{ 0xce, CAP_NONE, 0, io_length, io },
	{ 0xcf, CAP_NONE, 0, io_length, io },
	{ 0xd4, CAP_FREE_MEMORY, 1, NULL, get_memory },
	{ 0xd5, CAP_HW_JTAG_WRITE, 0, io_length, io },
	{ 0xd6, CAP_HW_JTAG_WRITE, 1, NULL, get_jtag_result },
	{ 0xda, CAP_NONE, 1, NULL, pins },			/* TCK low, high */
	{ 0xdb, CAP_NONE, 1, NULL, pins },
	{ 0xdc, CAP_NONE, 1, NULL, pins },			/* nRESET low, released */
	{ 0xdd, CAP_NONE, 1, NULL, pins },
	{ 0xde, CAP_NONE, 1, NULL, pins },			/* nTRST low, high */
	{ 0xdf, CAP_NONE, 1, NULL, pins },
	{ 0xe8, CAP_NONE, 1, NULL, get_caps },
	{ 0xeb, CAP_SWO, 0, swo_length, jlink_swo },
	{ 0xed, CAP_CAPS_EX, 1, NULL, get_caps },
	{ 0xee, CAP_EMUCOM, 0, jlink_emucom_length, jlink_emucom },
	{ 0xf0, CAP_HW_VERSION, 1, NULL, get_hw_version },
	{ 0xf2, CAP_READ_CONFIG, 1, NULL, read_config },
	{ 0xf3, CAP_WRITE_CONFIG, CONFIG_COMMAND, NULL, write_config },
};

/* Hardware before V5 has only the shift without a status. */
static bool knows(const struct vb_jlink *jl, const struct command *command)
{
	if (command->opcode == 0xcf && jl->hardware % 1000000 < 50000)
		return jlink_can(jl, CAP_SELECT_IF);
	return jlink_can(jl, (enum jlink_cap)command->cap);
}

static const struct command *find(const struct vb_jlink *jl, uint8_t opcode)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (commands[i].opcode == opcode)
			return knows(jl, &commands[i]) ? &commands[i] : NULL;
	return NULL;
}

void jlink_run(struct vb_jlink *jl)
{
	while (jl->in.len > 0 && !jl->is_hung) {
		const struct command *command = find(jl, jl->in.data[0]);
		size_t need;

		if (command == NULL) {		/* its length is not known either */
			jl->unknown++;
			buf_clear(&jl->in);
			return;
		}
		need = command->measure == NULL ? command->length
						: command->measure(jl->in.data, jl->in.len);
		if (need > jl->in.len)
			return;
		jl->commands++;
		command->run(jl, jl->in.data, need);
		buf_consume(&jl->in, need);
	}
}
