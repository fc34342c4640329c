/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Emulated J-Links: what each product is, and its USB side. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "vboard/usb/model_jlink.h"
#include "vboard/usb/models.h"

/* --- Descriptors --- */

#define DEVICE(pid_low, pid_high, class, subclass, protocol)                                       \
	0x12, 0x01, 0x00, 0x02, class, subclass, protocol, 64, 0x66, 0x13, pid_low, pid_high,      \
		0x00, 0x01, 1, 2, 3, 1
#define BULK(address, size_low, size_high) 0x07, 0x05, address, 0x02, size_low, size_high, 0x01
#define VENDOR_INTERFACE(number, string)   0x09, 0x04, number, 0x00, 0x02, 0xff, 0xff, 0xff, string

static const uint8_t hs_descriptors[] = {
	DEVICE(0x01, 0x01, 0, 0, 0),
	0x09, 0x02, 32, 0x00, 1, 1, 4, 0x80, 0x32,
	VENDOR_INTERFACE(0, 5), BULK(0x81, 0x00, 0x02), BULK(0x01, 0x00, 0x02),
};

static const uint8_t fs_descriptors[] = {
	DEVICE(0x01, 0x01, 0, 0, 0),
	0x09, 0x02, 32, 0x00, 1, 1, 4, 0x80, 0x32,
	VENDOR_INTERFACE(0, 5), BULK(0x81, 0x40, 0x00), BULK(0x02, 0x40, 0x00),
};

/* With a serial port (CDC) in front: 98 bytes, three interfaces. */
static const uint8_t ob_descriptors[] = {
	DEVICE(0x05, 0x01, 0xef, 0x02, 0x01),
	0x09, 0x02, 98, 0x00, 3, 1, 4, 0x80, 0x32,
	0x08, 0x0b, 0x00, 0x02, 0x02, 0x02, 0x00, 0x05,
	0x09, 0x04, 0x00, 0x00, 0x01, 0x02, 0x02, 0x01, 0x05,
	0x05, 0x24, 0x00, 0x10, 0x01,
	0x05, 0x24, 0x01, 0x00, 0x01,
	0x04, 0x24, 0x02, 0x02,
	0x05, 0x24, 0x06, 0x00, 0x01,
	0x07, 0x05, 0x81, 0x03, 0x40, 0x00, 0x02,
	0x09, 0x04, 0x01, 0x00, 0x02, 0x0a, 0x00, 0x00, 0x06,
	BULK(0x82, 0x40, 0x00), BULK(0x02, 0x40, 0x00),
	VENDOR_INTERFACE(2, 7), BULK(0x83, 0x40, 0x00), BULK(0x03, 0x40, 0x00),
};

static const char *const strings[] = {
	"SEGGER", "J-Link", "%s", "Configuration", "BULK interface", NULL
};
static const char *const ob_strings[] = {
	"SEGGER", "J-Link", "%s", "Configuration", "CDC communication interface",
	"CDC data interface", "BULK interface", NULL
};

/* --- Products --- */

/* V9/V10 class; capabilities as a V9 tells them (0xb9ff7bbf). */
static const struct jlink_kind kind_hs = {
	.caps = { 0xbf, 0x7b, 0xff, 0xb9 },
	.firmware = "J-Link V10 compiled Oct  5 2020 14:56:16",
	.hardware = 101000,
	.memory = 69096,
	.interfaces = 3,
	.speed = { { 60000000, 4 }, { 60000000, 4 } },
	.swo = { 60000000, 8 },
	.in = 0x81, .out = 0x01, .max_packet = 512,
};

/* On a development kit; capabilities as an nRF5340-DK tells them (0xb8ea5a33). */
static const struct jlink_kind kind_ob = {
	.caps = { 0x33, 0x5a, 0xea, 0xb8, 0x1c, 0x7c, 0xb1, 0x42, 0xa1 },
	.firmware = "J-Link OB-K22-NordicSemi compiled Oct 30 2023 12:13:06",
	.hardware = 10000,
	.memory = 11288,
	.interfaces = 3,
	.speed = { { 48000000, 8 }, { 48000000, 6 } },
	.swo = { 48000000, 12 },
	.in = 0x83, .out = 0x03, .max_packet = 64,
};

/* As the V9 without SWO; 12 MHz. */
static const struct jlink_kind kind_v8 = {
	.caps = { 0xbf, 0x7b, 0x7f, 0xb9 },
	.firmware = "J-Link ARM V8 compiled Nov 28 2014 13:44:46",
	.hardware = 80000,
	.memory = 11288,
	.interfaces = 3,
	.speed = { { 48000000, 4 }, { 48000000, 4 } },
	.in = 0x81, .out = 0x02, .max_packet = 64,
};

/* JTAG and nothing else: no SELECT_IF (the firmware hangs on it), no registration, no second set of
 * capabilities. */
static const struct jlink_kind kind_old = {
	.caps = { 0x3b, 0x2a },
	.firmware = "J-Link ARM V5 compiled Mar 14 2008 17:41:26",
	.hardware = 54000,
	.memory = 7936,
	.interfaces = 1,
	.speed = { { 48000000, 4 } },
	.in = 0x81, .out = 0x02, .max_packet = 64,
};

bool jlink_can(const struct vb_jlink *jl, enum jlink_cap cap)
{
	return cap == CAP_NONE || bit_get(jl->caps, (size_t)cap);
}

uint32_t jlink_now_ms(const struct vb_jlink *jl)
{
	return (uint32_t)(vb_clock_now(jl->board->clock) / 1000000);
}

void jlink_reply(struct vb_jlink *jl, const void *data, size_t n)
{
	vb_usb_send(jl->device, jl->kind->in, data, n);
	if (n % jl->kind->max_packet == 0)
		vb_usb_send(jl->device, jl->kind->in, NULL, 0);
}

void jlink_reply_u32(struct vb_jlink *jl, uint32_t value)
{
	uint8_t data[4];

	put_le32(data, value);
	jlink_reply(jl, data, sizeof(data));
}

/* --- The model --- */

static bool create(struct vb_usb_device *device, struct vb_jlink *jl, const struct jlink_kind *kind)
{
	bool has_own_caps = false;

	jl->device = device;
	jl->board = vb_usb_board(device);
	jl->kind = kind;
	for (size_t i = 0; i < JLINK_CAPS_BYTES; i++)
		has_own_caps |= jl->caps[i] != 0;
	if (!has_own_caps)
		memcpy(jl->caps, kind->caps, sizeof(jl->caps));
	if (jl->hardware == 0)
		jl->hardware = kind->hardware;
	if (jl->memory == 0)
		jl->memory = kind->memory;
	memset(jl->config, 0xff, sizeof(jl->config));
	return true;
}

static bool create_hs(struct vb_usb_device *device, void *priv)
{
	return create(device, priv, &kind_hs);
}

static bool create_ob(struct vb_usb_device *device, void *priv)
{
	return create(device, priv, &kind_ob);
}

static bool create_v8(struct vb_usb_device *device, void *priv)
{
	return create(device, priv, &kind_v8);
}

static bool create_old(struct vb_usb_device *device, void *priv)
{
	return create(device, priv, &kind_old);
}

static void destroy(void *priv)
{
	struct vb_jlink *jl = priv;

	if (jl->board != NULL)
		jlink_swo_stop(jl);
	buf_free(&jl->in);
	buf_free(&jl->swo);
	buf_free(&jl->channel);
	for (size_t i = 0; i < ARRAY_SIZE(jl->files); i++)
		buf_free(&jl->files[i].data);
}

static void reset(void *priv)
{
	struct vb_jlink *jl = priv;

	buf_clear(&jl->in);
	buf_clear(&jl->channel);
	jl->is_hung = false;
	jl->hw_jtag_status = 0;
	memset(jl->connections, 0, sizeof(jl->connections));
	jl->last_handle = 0;
	jl->connected_ns = vb_clock_now(jl->board->clock);
	jl->connects++;
	jlink_swo_stop(jl);
	jlink_power_up(jl);
}

/* Of the serial port of a composite probe (PSTN 1.2, 6.3): line coding and control lines. */
static int control(void *priv, const struct vb_usb_setup *setup, uint8_t *data)
{
	static const uint8_t line_coding[7] = { 0x00, 0xc2, 0x01, 0x00, 0, 0, 8 };
	const struct vb_jlink *jl = priv;

	if (jl->kind != &kind_ob || setup->index != 0)
		return -1;
	switch (setup->type << 8 | setup->request) {
	case 0x2120: case 0x2122: case 0x2123:
		return 0;
	case 0xa121:
		memcpy(data, line_coding, MIN(sizeof(line_coding), setup->length));
		return (int)MIN(sizeof(line_coding), setup->length);
	default:
		return -1;
	}
}

static bool out(void *priv, uint8_t endpoint, const uint8_t *data, size_t n)
{
	struct vb_jlink *jl = priv;

	if (endpoint != jl->kind->out)
		return true;		/* the serial port: nothing is wired to it */
	if (jl->is_hung)
		return false;
	buf_append(&jl->in, data, n);
	jlink_run(jl);
	return true;
}

/* Capabilities as GET_CAPS and GET_CAPS_EX send them: bytes in hex, the rest zeros. */
static bool set_caps(struct vb_jlink *jl, const char *value)
{
	size_t digits = strlen(value);

	return digits > 0 && digits <= 2 * JLINK_CAPS_BYTES && hex_decode(jl->caps, value, digits);
}

static bool set_option(void *priv, const char *key, const char *value)
{
	struct vb_jlink *jl = priv;
	unsigned long number;
	char *end;

	if (strcmp(key, "caps") == 0)
		return set_caps(jl, value);
	number = strtoul(value, &end, 0);
	if (end == value || *end != '\0' || number == 0 || number > UINT32_MAX)
		return false;
	if (strcmp(key, "hw") == 0)
		jl->hardware = (uint32_t)number;
	else
		jl->memory = (uint32_t)number;
	return true;
}

static void stats(void *priv, FILE *file)
{
	const struct vb_jlink *jl = priv;

	fprintf(file,
		",\"commands\":%" PRIu64 ",\"unknown_commands\":%" PRIu64 ",\"io_bits\":%" PRIu64
		",\"interface\":%u,\"khz\":%u,\"target_power\":%s",
		jl->commands, jl->unknown, jl->wire_bits, jl->interface, jl->khz,
		jl->is_power_on ? "true" : "false");
}

static const char *const options[] = { "caps", "hw", "memory", NULL };

#define JLINK_MODEL                                                                                \
	.priv_size = sizeof(struct vb_jlink), .options = options, .set_option = set_option,        \
	.destroy = destroy, .reset = reset, .control = control, .out = out, .stats = stats

const struct vb_usb_model vb_usb_jlink = {
	.name = "jlink",
	.help = "J-Link V10 (high speed), JTAG and SWD to 15 MHz, SWO",
	.descriptors = hs_descriptors, .descriptors_size = sizeof(hs_descriptors),
	.is_high_speed = true,
	.strings = strings, .default_serial = "000600104321",
	.create = create_hs,
	JLINK_MODEL,
};

const struct vb_usb_model vb_usb_jlink_ob = {
	.name = "jlink-ob",
	.help = "J-Link on a development kit, with a serial port (full speed)",
	.descriptors = ob_descriptors, .descriptors_size = sizeof(ob_descriptors),
	.strings = ob_strings, .default_serial = "001050012345",
	.create = create_ob,
	JLINK_MODEL,
};

const struct vb_usb_model vb_usb_jlink_v8 = {
	.name = "jlink-v8",
	.help = "J-Link V8 (full speed), no SWO",
	.descriptors = fs_descriptors, .descriptors_size = sizeof(fs_descriptors),
	.strings = strings, .default_serial = "000058001234",
	.create = create_v8,
	JLINK_MODEL,
};

const struct vb_usb_model vb_usb_jlink_old = {
	.name = "jlink-old",
	.help = "J-Link V5 (full speed): JTAG only",
	.descriptors = fs_descriptors, .descriptors_size = sizeof(fs_descriptors),
	.strings = strings, .default_serial = "000005100042",
	.create = create_old,
	JLINK_MODEL,
};
