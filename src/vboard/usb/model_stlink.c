/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Emulated ST-LINK: options, life, command dispatch; versions, modes, voltage and clocks. */
#include "vboard/usb/model_stlink.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "vboard/core/dp_link.h"

#define STLINK_VID 0x0483u

/* First byte of a command. */
enum {
	GET_VERSION = 0xf1,
	DEBUG_FAMILY = 0xf2,
	DFU_FAMILY = 0xf3,
	SWIM_FAMILY = 0xf4,
	GET_MODE = 0xf5,
	GET_VOLTAGE = 0xf7,
	GET_VERSION_EX = 0xfb,
};

#define DFU_EXIT 0x07u

#define SWIM_ENTER	 0x00u
#define SWIM_EXIT	 0x01u
#define SWIM_READ_CAP	 0x02u
#define SWIM_STATUS	 0x09u
#define SWIM_NO_RESPONSE 0x04u	/* no STM8 is wired to this board */

/* The converter's reading of its 1.2 V reference at a supply of 3.3 V. */
#define ADC_REFERENCE 1489u

#define ALWAYS { 0, 0 }
#define V3_ONLY { STL_NEVER, 0 }

static const char board_id[] = "0765";	/* NUCLEO-L476RG */

/* The version 3 list of clocks in kHz: highest first, none of them above 10. unconfirmed: JTAG. */
static const uint32_t v3_swd_khz[] = { 24000, 8000, 3300, 1000, 200, 50, 5 };
static const uint32_t v3_jtag_khz[] = { 21333, 16000, 12000, 8000, 4000, 2000, 1000, 750, 500, 285 };

/* --- Firmware versions --- */

bool stl_is_v3(const struct stl *s)
{
	return s->version.stlink >= 3;
}

bool stl_has(const struct stl *s, struct stl_since since)
{
	if (s->version.stlink >= 4)	/* V3PWR: everything from its first firmware on */
		return since.v3 != STL_NEVER;
	if (stl_is_v3(s))
		return since.v3 != STL_NEVER && s->version.jtag >= since.v3;
	return since.v2 != STL_NEVER && s->version.jtag >= since.v2;
}

/* "V2J17S4", "J17": letters with a number each; what is not named stays as the kind has it. */
static bool parse_version(const char *text, struct stl_version *v)
{
	while (*text != '\0') {
		char letter = *text++, *end;
		unsigned long number = strtoul(text, &end, 10);

		if (end == text || *text < '0' || *text > '9' || number > 63)
			return false;
		text = end;
		switch (letter) {
		case 'V': v->stlink = (uint8_t)number; break;
		case 'J': v->jtag = (uint8_t)number; break;
		case 'S': v->swim = (uint8_t)number; break;
		case 'M': v->msd = (uint8_t)number; break;
		case 'B': v->bridge = (uint8_t)number; break;
		case 'P': v->power = (uint8_t)number; break;
		default: return false;
		}
	}
	return true;
}

/* --- Life --- */

const char *const stl_options[] = { "fw", "start", "serial_format", NULL };

static const char *const mode_names[] = { "dfu", "mass", "debug", "swim", "bootloader" };

bool stl_set_option(void *priv, const char *key, const char *value)
{
	struct stl *s = priv;
	struct stl_version probe = { 0 };

	if (strcmp(key, "fw") == 0) {
		if (*value == '\0' || strlen(value) >= sizeof(s->data) ||
		    !parse_version(value, &probe))
			return false;
		strcpy((char *)s->data, value);	/* until create() knows the kind */
		s->has_version = true;
		return true;
	}
	if (strcmp(key, "serial_format") == 0) {
		s->has_binary_serial = strcmp(value, "binary") == 0;
		return s->has_binary_serial || strcmp(value, "hex") == 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(mode_names); i++)
		if (strcmp(key, "start") == 0 && strcmp(value, mode_names[i]) == 0) {
			s->has_mode = true;
			s->start_mode = (enum stl_mode)i;
			return true;
		}
	return false;
}

/* Old V2 firmware sends the 12 bytes of its id as 12 characters, text or not. */
static void make_binary_serial(struct stl *s)
{
	const char *hex = vb_usb_serial(s->device);
	size_t n = hex != NULL ? MIN(strlen(hex) / 2, 12u) : 0;

	if (n == 0 || !hex_decode((uint8_t *)s->serial, hex, 2 * n))
		return;
	for (size_t i = 0; i < n; i++)
		if (s->serial[i] == '\0')
			s->serial[i] = ' ';	/* no string goes through a NUL */
	s->serial[n] = '\0';
}

const char *stl_string(void *priv, unsigned index)
{
	struct stl *s = priv;

	return index == 3 && s->has_binary_serial && s->serial[0] != '\0' ? s->serial : NULL;
}

bool stl_create(struct vb_usb_device *device, void *priv, const struct stl_kind *kind)
{
	struct stl *s = priv;

	s->device = device;
	s->kind = kind;
	s->board = vb_usb_board(device);
	s->link = s->board->link;
	s->version = kind->version;
	if (s->has_version)
		parse_version((const char *)s->data, &s->version);
	if (!s->has_mode)
		s->start_mode = kind->start_mode;
	if (s->has_binary_serial)
		make_binary_serial(s);
	stl_reset(s);
	return true;
}

void stl_destroy(void *priv)
{
	struct stl *s = priv;

	if (s->trace.is_on)
		stl_trace_stop(s);
}

void stl_reset(void *priv)
{
	struct stl *s = priv;

	stl_leave(s);
	s->mode = s->start_mode;
	s->is_hung = s->is_jtag = s->is_swallowing = false;
	s->wanted = s->received = 0;
	s->misc_items = 0;
	s->rw_status = STL_OK;
	s->rw_address = 0;
	s->swd_hz = stl_is_v3(s) ? 1000000 : 1800000;
	s->jtag_hz = stl_is_v3(s) ? 1000000 : 1125000;
}

/* --- Answers --- */

void stl_reply(struct stl *s, const uint8_t *data, size_t n)
{
	vb_link_sync(s->link);
	vb_usb_send(s->device, s->kind->in, data, n);
}

void stl_reply_status(struct stl *s, enum stl_status status)
{
	const uint8_t reply[2] = { (uint8_t)status };

	stl_reply(s, reply, sizeof(reply));
}

void stl_reply_value(struct stl *s, enum stl_status status, uint32_t value)
{
	uint8_t reply[8] = { (uint8_t)status };

	put_le32(reply + 4, value);
	stl_reply(s, reply, sizeof(reply));
}

/* --- Top level --- */

static void get_version(struct stl *s)
{
	const struct stl_version *v = &s->version;
	/* V3: the fields are too small, see GET_VERSION_EX. A V2 has SWIM or mass storage. */
	unsigned x = stl_is_v3(s) ? 0 : v->jtag,
		 y = stl_is_v3(s) ? 0 : s->kind->has_mass_storage ? v->msd : v->swim;
	unsigned word = (unsigned)v->stlink << 12 | x << 6 | y;
	uint8_t reply[6] = { (uint8_t)(word >> 8), (uint8_t)word };

	put_le16(reply + 2, STLINK_VID);
	put_le16(reply + 4, s->kind->pid);
	stl_reply(s, reply, sizeof(reply));
}

static void get_version_ex(struct stl *s)
{
	const struct stl_version *v = &s->version;
	uint8_t reply[12] = { v->stlink, v->swim, v->jtag, v->msd, v->bridge, v->power };

	put_le16(reply + 8, STLINK_VID);
	put_le16(reply + 10, s->kind->pid);
	stl_reply(s, reply, sizeof(reply));
}

static void get_voltage(struct stl *s)
{
	uint8_t reply[8] = { 0 };

	if (s->mode != STL_DFU) {	/* V = 2 * a1 * 1.2 / a0 */
		put_le32(reply, ADC_REFERENCE);
		put_le32(reply + 4, (vb_board_millivolts(s->board) * ADC_REFERENCE + 1200) / 2400);
	}
	stl_reply(s, reply, sizeof(reply));
}

static void run_swim(struct stl *s, uint8_t code)
{
	static const uint8_t capabilities[8] = { 0 }, status[4] = { SWIM_NO_RESPONSE };

	if (code == SWIM_ENTER && s->mode != STL_DFU && s->mode != STL_DEBUG)
		s->mode = STL_SWIM;
	else if (code == SWIM_EXIT && s->mode == STL_SWIM)
		s->mode = STL_MASS;
	else if (code == SWIM_READ_CAP)
		stl_reply(s, capabilities, sizeof(capabilities));
	else if (code == SWIM_STATUS)
		stl_reply(s, status, sizeof(status));
}

static void unknown(struct stl *s)
{
	s->unknown++;
	stl_reply_status(s, STL_UNKNOWN_COMMAND);
}

/* --- Clocks --- */

/* 72 MHz through a divider; nominal 4000, 1800, 1200, 950 ... 5 kHz for 0, 1, 2, 3 ... 798. */
static void set_swd_divisor(struct stl *s, const uint8_t *command)
{
	s->swd_hz = 72000000 / 20 / (get_le16(command + 2) + 1u);
	stl_reply_status(s, STL_OK);
}

/* The SPI unit's prescaler. */
static void set_jtag_divisor(struct stl *s, const uint8_t *command)
{
	unsigned divisor = get_le16(command + 2);
	bool is_power = divisor >= 2 && divisor <= 256 && (divisor & (divisor - 1)) == 0;

	if (is_power)
		s->jtag_hz = 36000000 / divisor;
	stl_reply_status(s, is_power ? STL_OK : STL_BAD_FREQUENCY);
}

static const uint32_t *clock_list(bool is_jtag, size_t *count)
{
	*count = is_jtag ? ARRAY_SIZE(v3_jtag_khz) : ARRAY_SIZE(v3_swd_khz);
	return is_jtag ? v3_jtag_khz : v3_swd_khz;
}

static void set_clock(struct stl *s, const uint8_t *command)
{
	bool is_jtag = command[2] == 1;
	uint32_t khz = get_le32(command + 4);
	size_t count, i = 0;
	const uint32_t *list = clock_list(is_jtag, &count);

	if (command[2] > 1) {
		stl_reply_value(s, STL_COMMAND_ERROR, 0);
		return;
	}
	while (i + 1 < count && list[i] > khz)
		i++;
	*(is_jtag ? &s->jtag_hz : &s->swd_hz) = list[i] * 1000;
	stl_reply_value(s, STL_OK, list[i]);
}

static void get_clocks(struct stl *s, const uint8_t *command)
{
	bool is_jtag = command[2] == 1;
	uint8_t reply[52] = { STL_OK };
	size_t count;
	const uint32_t *list = clock_list(is_jtag, &count);

	put_le32(reply + 4, (is_jtag ? s->jtag_hz : s->swd_hz) / 1000);
	put_le32(reply + 8, (uint32_t)count);
	for (size_t i = 0; i < count; i++)
		put_le32(reply + 12 + 4 * i, list[i]);
	stl_reply(s, reply, sizeof(reply));
}

/* Another internal clock; the lists stay. unconfirmed: which others a real one would then show. */
static void switch_clock(struct stl *s, const uint8_t *command)
{
	bool is_known = command[2] == 1 || command[2] == 2 || command[2] == 4;

	stl_reply_value(s, is_known ? STL_CONFIGURATION_CHANGED : STL_COMMAND_ERROR, 0);
}

static void do_nothing(struct stl *s, const uint8_t *command)
{
	(void)command;
	stl_reply_status(s, STL_OK);
}

static void get_board_identifiers(struct stl *s, const uint8_t *command)
{
	uint8_t reply[128] = { STL_OK };

	(void)command;
	memcpy(reply + 2, board_id, 4);
	stl_reply(s, reply, sizeof(reply));
}

static const struct stl_command probe_commands[] = {
	{ 0x43, { 22, STL_NEVER }, false, NULL, set_swd_divisor },
	{ 0x44, { 24, STL_NEVER }, false, NULL, set_jtag_divisor },
	{ 0x49, ALWAYS, false, NULL, do_nothing },	/* BLINK_LED */
	{ 0x55, { 35, 5 }, true, NULL, do_nothing },	/* WRITE_DFTREG */
	{ 0x56, { 36, 6 }, false, NULL, get_board_identifiers },
	{ 0x61, V3_ONLY, false, NULL, set_clock },
	{ 0x62, V3_ONLY, false, NULL, get_clocks },
	{ 0x63, V3_ONLY, false, NULL, switch_clock },
	{ 0 }
};

/* --- Dispatch --- */

static const struct stl_command *find(uint8_t code)
{
	static const struct stl_command *const tables[] = { probe_commands, stl_dap_commands,
							    stl_mem_commands, stl_misc_commands,
							    stl_core_commands, stl_trace_commands };

	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		for (const struct stl_command *c = tables[i]; c->run != NULL; c++)
			if (c->code == code)
				return c;
	return NULL;
}

static void execute(struct stl *s, const struct stl_command *c, const uint8_t *command)
{
	vb_link_delay(s->link, s->kind->command_ns);
	vb_link_set_hz(s->link, s->is_jtag ? s->jtag_hz : s->swd_hz);
	c->run(s, command);
	if (s->mode == STL_DEBUG)
		stl_idle(s);
	vb_link_sync(s->link);
}

/* A host that does not know it is talking to old firmware sends the data all the same. */
static void refuse(struct stl *s, const struct stl_command *c, const uint8_t *command,
		   enum stl_status status)
{
	if (c->out_bytes != NULL) {
		s->rw_status = (uint8_t)status;
		s->wanted = c->out_bytes(s, command);
		s->received = 0;
		s->is_swallowing = s->wanted > 0;
	}
	stl_reply_status(s, status);
}

static void run_debug(struct stl *s, const uint8_t *command)
{
	const struct stl_command *c = find(command[1]);

	if (c == NULL) {
		unknown(s);
	} else if (!stl_has(s, c->since)) {
		s->unknown++;
		refuse(s, c, command, STL_UNKNOWN_COMMAND);
	} else if (c->needs_debug && s->mode != STL_DEBUG) {
		refuse(s, c, command, STL_NO_DEVICE);
	} else if (c->out_bytes != NULL && c->out_bytes(s, command) > 0) {
		memcpy(s->command, command, sizeof(s->command));
		s->wanted = c->out_bytes(s, command);
		s->received = 0;
		s->is_swallowing = false;
	} else {
		execute(s, c, command);
	}
}

static void run_command(struct stl *s, const uint8_t *command)
{
	s->commands++;
	/* An answer nobody took gives way. */
	vb_usb_drop_queued(s->device, s->kind->in);
	switch (command[0]) {
	case GET_VERSION:
		get_version(s);
		break;
	case DEBUG_FAMILY:
		run_debug(s, command);
		break;
	case DFU_FAMILY:
		if (command[1] != DFU_EXIT)
			unknown(s);
		else if (s->mode == STL_DFU)
			s->mode = STL_MASS;
		break;
	case SWIM_FAMILY:
		if (s->version.swim > 0)
			run_swim(s, command[1]);
		else
			unknown(s);
		break;
	case GET_MODE: {
		const uint8_t reply[2] = { (uint8_t)s->mode };

		stl_reply(s, reply, sizeof(reply));
		break;
	}
	case GET_VOLTAGE:
		if (stl_has(s, (struct stl_since){ 13, 0 }))
			get_voltage(s);
		else
			unknown(s);
		break;
	case GET_VERSION_EX:
		if (stl_is_v3(s))
			get_version_ex(s);
		else
			unknown(s);
		break;
	default:
		unknown(s);
	}
}

/* Data of the command before. Bytes beyond what it asked for are dropped. */
static void take_data(struct stl *s, const uint8_t *data, size_t n)
{
	size_t room = s->wanted - s->received, fits = MIN(n, room);

	if (s->received + fits <= sizeof(s->data))
		memcpy(s->data + s->received, data, fits);
	s->received += fits;
	if (s->received < s->wanted)
		return;
	s->wanted = 0;
	if (!s->is_swallowing)
		execute(s, find(s->command[1]), s->command);
	s->is_swallowing = false;
}

bool stl_out(void *priv, uint8_t endpoint, const uint8_t *data, size_t n)
{
	struct stl *s = priv;

	if (endpoint != s->kind->out)	/* mass storage, COM port, bridge: nobody is behind them */
		return true;
	if (s->is_hung)
		return false;
	/* The refusal was read, so the host knows: what comes now is a command. */
	if (s->is_swallowing && vb_usb_queued(s->device, s->kind->in) == 0)
		s->wanted = 0;
	if (s->wanted > 0)
		take_data(s, data, n);
	else if (n == STL_COMMAND_BYTES)
		run_command(s, data);
	return true;
}

/* Class requests of the companions: GET_MAX_LUN; the COM port's line coding and its lines. */
int stl_control(void *priv, const struct vb_usb_setup *setup, uint8_t *data)
{
	static const uint8_t coding[7] = { 0x00, 0xc2, 0x01, 0x00, 0, 0, 8 };	/* 115200 8N1 */
	struct stl *s = priv;

	if (setup->type == 0xa1 && setup->request == 0xfe && s->kind->has_mass_storage) {
		data[0] = 0;
		return 1;
	}
	if (setup->type == 0xa1 && setup->request == 0x21) {
		memcpy(data, coding, MIN(sizeof(coding), (size_t)setup->length));
		return (int)MIN(sizeof(coding), (size_t)setup->length);
	}
	if (setup->type == 0x21 && setup->request >= 0x20 && setup->request <= 0x23)
		return setup->length;
	return -1;
}

void stl_stats(void *priv, FILE *out)
{
	const struct stl *s = priv;

	fprintf(out,
		",\"stlink_mode\":\"%s\",\"stlink_commands\":%llu,\"stlink_unknown\":%llu,"
		"\"stlink_open_aps\":%u,\"stlink_hz\":%lu,\"stlink_trace_lost\":%llu",
		mode_names[s->mode], (unsigned long long)s->commands,
		(unsigned long long)s->unknown, s->open_count,
		(unsigned long)(s->is_jtag ? s->jtag_hz : s->swd_hz),
		(unsigned long long)s->trace.lost);
}
