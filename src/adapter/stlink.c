/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "config.h"

#include "adapter/stlink_run.h"
#include "base/log.h"

#define LOW_MILLIVOLTS 1500
#define RESET_SECONDS  1	/* until the probe is back on the bus */

static void *new_settings(void)
{
	struct stlink_settings *settings = xcalloc(1, sizeof(*settings));

	settings->tcp_port = 7184;
	return settings;
}

static void free_settings(void *p)
{
	struct stlink_settings *settings = p;

	free(settings->layout);
	free(settings);
}

/* ---- What the probe says about itself. ---- */

static enum err read_version(struct stlink *s)
{
	const uint8_t command = ST_GET_VERSION, extended = ST_GET_VERSION_EX;
	uint8_t reply[12];

	TRY(stlink_command(s, &command, 1, reply, 6));
	stlink_parse_version(&s->version, reply);
	if (s->version.stlink >= 3) {
		TRY(stlink_command(s, &extended, 1, reply, 12));
		stlink_parse_version_ex(&s->version, reply);
	}
	s->features = stlink_features(&s->version) & ~s->lacks;
	return OK;
}

static enum err read_mode(struct stlink *s, unsigned *mode)
{
	const uint8_t command = ST_GET_MODE;
	uint8_t reply[2];

	TRY(stlink_command(s, &command, 1, reply, sizeof(reply)));
	*mode = reply[0];
	return OK;
}

/* Whatever the probe was used for last: debug mode is entered from idle. */
static enum err leave_mode(struct stlink *s)
{
	static const uint8_t exits[][2] = {
		[ST_MODE_DFU] = { ST_DFU, 0x07 },
		[ST_MODE_DEBUG] = { ST_DEBUG, ST_EXIT },
		[ST_MODE_SWIM] = { ST_SWIM, 0x01 },
		[ST_MODE_BOOTLOADER] = { 0 },
	};
	unsigned mode = ST_MODE_MASS;

	TRY(read_mode(s, &mode));
	if (mode >= ARRAY_SIZE(exits) || exits[mode][0] == 0)
		return OK;
	log_debug("st-link: leaving mode %u", mode);
	TRY(stlink_command(s, exits[mode], 2, NULL, 0));
	if (mode != ST_MODE_DFU)
		return OK;
	TRY(read_mode(s, &mode));
	if (mode == ST_MODE_DFU) {
		error_why(ERR_ADAPTER_FIRMWARE, "the ST-LINK stays in its firmware loader (DFU mode)");
		return error_next(ERR_ADAPTER_FIRMWARE,
				  "plug it in again, or load its firmware with ST's STSW-LINK007");
	}
	return read_version(s);
}

static enum err read_voltage(struct stlink *s, int *mv)
{
	const uint8_t command = ST_GET_VOLTAGE;
	uint8_t reply[8];

	*mv = -1;
	if (!(s->features & ST_HAS_VOLTAGE))
		return OK;
	TRY(stlink_command(s, &command, 1, reply, sizeof(reply)));
	*mv = stlink_millivolts(get_le32(reply), get_le32(reply + 4));
	return OK;
}

static enum err stlink_read_voltage(struct adapter *adapter, int *mv)
{
	return read_voltage(adapter->priv, mv);
}

static enum err tell_voltage(struct stlink *s)
{
	int mv = -1;

	TRY(read_voltage(s, &mv));
	if (mv < 0)
		return OK;
	log_info("Target voltage: %d.%06d", mv / 1000, mv % 1000 * 1000);
	adapter_check_voltage(mv, LOW_MILLIVOLTS);
	return OK;
}

enum err stlink_start(struct stlink *s)
{
	char text[32];

	TRY(read_version(s));
	stlink_version_text(&s->version, text, sizeof(text));
	log_info("STLINK %s (API v%u) VID:PID %04X:%04X", text, s->version.api, s->version.vid,
		 s->version.pid);
	TRY(leave_mode(s));
	TRY(stlink_check_version(&s->version, s->adapter->transport));
	TRY(tell_voltage(s));
	s->is_started = true;
	return OK;
}

/* ---- Opening. ---- */

static void free_stlink(struct stlink *s)
{
	stlink_trace_free(s);
	if (s->link != NULL)
		s->ops->close(s->link);
	if (s->run != NULL)
		buf_free(&s->run->data);
	free(s->run);
	free(s);
}

struct stlink *stlink_new(struct adapter *adapter, const struct stlink_link_ops *ops, void *link)
{
	struct stlink *s = xcalloc(1, sizeof(*s));

	s->run = xcalloc(1, sizeof(*s->run));
	s->adapter = adapter;
	s->ops = ops;
	s->link = link;
	return s;
}

static enum err refuse_layout(const char *layout)
{
	error_why(ERR_UNSUPPORTED, "the hla layout \"%s\" is not supported: \"stlink\" is the only one",
		  layout);
	return error_next(ERR_UNSUPPORTED, "use the driver of the probe: ti-icdi probes have none, a "
			  "Nu-Link2 speaks cmsis-dap");
}

#ifdef HAVE_LIBUSB
static enum err open_usb(struct adapter *adapter, const struct usb_device *device, bool watch,
			 struct stlink **result)
{
	const struct stlink_link_ops *ops;
	void *link;

	if (stlink_is_v1(device->pid)) {
		error_why(ERR_ADAPTER_FIRMWARE, "the ST-LINK/V1 is a mass-storage device without raw "
			  "access to the debug port");
		return error_next(ERR_ADAPTER_FIRMWARE, "use an ST-LINK/V2 or newer");
	}
	TRY(stlink_usb_open(adapter, device, watch, &ops, &link));
	*result = stlink_new(adapter, ops, link);
	return OK;
}

static enum err open_link(struct adapter *adapter, struct stlink **s)
{
	struct probe *probe;

	TRY(probe_select(adapter, &probe));
	enum err rc = open_usb(adapter, probe->usb, true, s);

	probes_free(probe);
	return rc;
}

static void stlink_inspect(struct adapter *adapter, struct probe *probe)
{
	struct stlink *s = NULL;
	struct adapter quiet = { .actual_khz = 1000, .transport = TRANSPORT_SWD };
	unsigned mode = ST_MODE_DFU;
	char text[32];
	enum err rc = open_usb(adapter, probe->usb, false, &s);

	if (rc == OK) {
		/* What happens here is not what happens to the probe that is in use. */
		s->adapter = &quiet;
		rc = read_version(s);
	}
	if (rc == OK)
		rc = read_mode(s, &mode);
	/* A V2 wakes up in DFU mode, where it measures nothing; other modes are left as they are. */
	if (rc == OK && mode == ST_MODE_DFU)
		rc = leave_mode(s);
	if (s != NULL && s->version.stlink != 0) {
		stlink_version_text(&s->version, text, sizeof(text));
		probe->firmware = xstrdup(text);
	}
	if (rc == OK)
		rc = read_voltage(s, &probe->millivolts);
	if (rc == OK)
		rc = stlink_check_version(&s->version, TRANSPORT_SWD);
	if (rc != OK)
		probe_set_problem(probe, rc);
	if (s != NULL)
		free_stlink(s);
}
#else
static enum err open_link(struct adapter *adapter, struct stlink **s)
{
	(void)adapter;
	(void)s;
	error_why(ERR_UNSUPPORTED, "this build of probed has no USB: it was configured without libusb");
	return error_next(ERR_UNSUPPORTED, "install libusb-1.0 and build again");
}
#define stlink_inspect NULL
#endif

/* Firmware that hung in an earlier session: a reset brings it back. The serial port of a board goes
 * with it for a moment, so this is done only when nothing else helps. */
static enum err start_after_reset(struct adapter *adapter, struct stlink **s)
{
	log_warning("the ST-LINK does not answer: it is reset over USB, its serial port and drive too");
	error_clear();
	(*s)->ops->reset((*s)->link);
	free_stlink(*s);
	*s = NULL;
	nanosleep(&(struct timespec){ .tv_sec = RESET_SECONDS }, NULL);
	adapter->is_lost = false;
	TRY(open_link(adapter, s));
	return stlink_start(*s);
}

static enum err stlink_open(struct adapter *adapter)
{
	const struct stlink_settings *settings = adapter_settings(adapter, &stlink_driver);
	struct stlink *s = NULL;

	if (settings->layout != NULL && strcmp(settings->layout, "stlink") != 0)
		return refuse_layout(settings->layout);
	enum err rc = settings->is_tcp ? stlink_tcp_open(adapter, settings->tcp_port, &s)
				       : open_link(adapter, &s);

	if (rc != OK)
		return probe_fail_open(rc, "open failed");
	rc = stlink_start(s);

	if (rc == ERR_ADAPTER_LOST && s->is_silent && s->ops->reset != NULL)
		rc = start_after_reset(adapter, &s);
	if (rc != OK) {
		if (s != NULL)
			free_stlink(s);
		return rc;
	}
	adapter->priv = s;
	return OK;
}

static enum err say_goodbye(struct stlink *s)
{
	const uint8_t release[] = { ST_DEBUG, ST_DRIVE_NRST, 1 };
	uint8_t reply[2];
	unsigned status;

	if (s->nrst_low)
		TRY(stlink_debug(s, release, sizeof(release), reply, sizeof(reply), &status));
	TRY(stlink_close_aps(s));
	return stlink_leave(s);
}

static void stlink_close(struct adapter *adapter)
{
	struct stlink *s = adapter->priv;

	if (!adapter->is_lost && say_goodbye(s) != OK) {
		log_debug("st-link: closing: %s", error_text(error_current()));
		error_clear();
	}
	free_stlink(s);
	adapter->priv = NULL;
}

/* ---- Clock and reset. ---- */

/* V3 has a list of clocks of its own, in kHz. */
static enum err set_listed_khz(struct stlink *s, uint8_t is_jtag, uint32_t khz, uint32_t *actual)
{
	const uint8_t ask[] = { ST_DEBUG, ST_GET_COM_FREQ, is_jtag };
	uint8_t set[8] = { ST_DEBUG, ST_SET_COM_FREQ, is_jtag }, reply[52];
	uint32_t list[10];

	TRY(stlink_do(s, ask, sizeof(ask), reply, sizeof(reply)));
	size_t count = MIN(get_le32(reply + 8), (uint32_t)ARRAY_SIZE(list));

	for (size_t i = 0; i < count; i++)
		list[i] = get_le32(reply + 12 + 4 * i);
	uint32_t pick = stlink_pick_khz(list, count, khz);

	if (pick == 0)
		return error_why(ERR_ADAPTER_SPEED, "the ST-LINK lists no clock for this transport");
	put_le32(set + 4, pick);
	TRY(stlink_do(s, set, sizeof(set), reply, 8));
	*actual = get_le32(reply + 4) ? get_le32(reply + 4) : pick;
	return OK;
}

static enum err stlink_set_speed(struct adapter *adapter, uint32_t khz, uint32_t *actual)
{
	struct stlink *s = adapter->priv;
	bool is_jtag = adapter->transport == TRANSPORT_JTAG;

	if (s->features & ST_HAS_COM_FREQ) {
		TRY(set_listed_khz(s, is_jtag, khz, actual));
	} else {
		const struct stlink_divisor *row = stlink_divisor(adapter->transport, khz);
		uint8_t command[4] = { ST_DEBUG, is_jtag ? ST_JTAG_FREQ : ST_SWD_FREQ }, reply[2];

		put_le16(command + 2, row->divisor);
		TRY(stlink_do(s, command, sizeof(command), reply, sizeof(reply)));
		*actual = row->khz;
	}
	if (*actual != khz)
		log_info("Unable to match requested speed %" PRIu32 " kHz, using %" PRIu32 " kHz", khz,
			 *actual);
	return OK;
}

static enum err stlink_set_reset(struct adapter *adapter, bool srst, bool trst)
{
	struct stlink *s = adapter->priv;
	const uint8_t command[] = { ST_DEBUG, ST_DRIVE_NRST, srst ? 0 : 1 };
	uint8_t reply[2];

	if (trst) {
		error_why(ERR_UNSUPPORTED, "an ST-LINK has no command that drives nTRST");
		return error_next(ERR_UNSUPPORTED, "leave trst out of \"reset_config\"");
	}
	s->nrst_low = srst;
	return stlink_do(s, command, sizeof(command), reply, sizeof(reply));
}

/* The firmware walks the chain by itself; it knows an Arm DP, alone or with one more TAP. */
static enum err stlink_read_tap_ids(struct adapter *adapter, uint32_t *ids, size_t max, size_t *found)
{
	struct stlink *s = adapter->priv;
	const uint8_t command[] = { ST_DEBUG, ST_READ_IDCODES };
	uint8_t reply[12];

	if (!s->is_entered)
		TRY(stlink_enter(s));
	TRY(stlink_do(s, command, sizeof(command), reply, sizeof(reply)));
	*found = 0;
	for (size_t i = 0; i < 2 && *found < max; i++) {
		uint32_t id = get_le32(reply + 4 + 4 * i);

		if (id != 0 && id != 0xffffffff)
			ids[(*found)++] = id;
	}
	return OK;
}

/* ---- For `adapter list` and `probe doctor`. ---- */

static void stlink_recognise(const struct usb_device *device, struct probe_match *match)
{
	match->kind = stlink_kind(device->vid, device->pid);
	match->config = "interface/stlink.cfg";
	match->quality = match->kind != NULL ? MATCH_IDS : MATCH_NONE;
}

static void stlink_describe(struct adapter *adapter, struct buf *out)
{
	static const struct {
		unsigned feature;
		const char *without;
	} lacks[] = {
		{ ST_HAS_MISC, "batches of words (V2J32, V3J2): several round trips instead of one" },
		{ ST_HAS_CSW, "memory commands on access ports other than 0 (V2J32, V3J2)" },
		{ ST_HAS_MEM_16, "16-bit memory commands (V2J26)" },
	};
	const struct stlink *s = adapter->priv;
	char text[32];

	stlink_version_text(&s->version, text, sizeof(text));
	buf_printf(out, "firmware: %s\napi: v%u\n", text, s->version.api);
	buf_printf(out, "largest block: %u bytes, bytes %s at a time\n", ST_BLOCK_BYTES,
		   s->features & ST_HAS_BYTES_512 ? "512" : "64");
	buf_printf(out, "words per round trip: %u\n",
		   !(s->features & ST_HAS_MISC) ? 1u : s->version.api >= 3 ? STLINK_MAX_WORDS - 1
									   : 63u);
	for (size_t i = 0; i < ARRAY_SIZE(lacks); i++)
		if (!(s->features & lacks[i].feature))
			buf_printf(out, "upgrade hint: this firmware lacks %s\n", lacks[i].without);
}

static const enum transport transports[] = { TRANSPORT_SWD, TRANSPORT_JTAG, TRANSPORT_NONE };
static const char *const aliases[] = { "hla", "stlink", "dapdirect", NULL };

const struct adapter_driver stlink_driver = {
	.name = "st-link",
	.aliases = aliases,
	.help = "ST-LINK/V2, V2-1 and V3, firmware V2J24 or newer",
	.transports = transports,
	.commands = stlink_commands,
	.new_settings = new_settings,
	.free_settings = free_settings,
	.open = stlink_open,
	.close = stlink_close,
	.set_speed = stlink_set_speed,
	.set_reset = stlink_set_reset,
	.read_tap_ids = stlink_read_tap_ids,
	.recognise = stlink_recognise,
	.inspect = stlink_inspect,
	.read_voltage = stlink_read_voltage,
	.describe = stlink_describe,
	.swo = &stlink_swo_ops,
	.dap = &stlink_port_ops,
	.default_khz = 4000,
};
