/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CMSIS-DAP probes on USB: bulk (v2) and HID (v1). The protocol is front/cmsis_dap.c. */
#include "vboard/usb/model_cmsis_dap.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#define TRANSFER_ABORT 0x07u
#define PRODUCT_STRING 2u

/* --- Options --- */

const char *const vb_dap_options[] = { "packets", "buffers", "lossy", "size", "product", "firmware",
				       NULL };

static bool parse(const char *value, unsigned min, unsigned max, unsigned *number)
{
	char *end;
	unsigned long v = strtoul(value, &end, 10);

	*number = (unsigned)v;
	return *end == 0 && *value >= '0' && *value <= '9' && v >= min && v <= max;
}

static bool keep_text(char **text, const char *value)
{
	free(*text);
	*text = xstrdup(value);
	return true;
}

bool vb_dap_set_option(void *priv, const char *key, const char *value)
{
	struct vb_dap_probe *p = priv;
	unsigned yes;

	if (strcmp(key, "packets") == 0)
		return parse(value, 1, DAP_MAX_COUNT, &p->packets);
	if (strcmp(key, "buffers") == 0)
		return parse(value, 1, DAP_MAX_COUNT, &p->buffers);
	if (strcmp(key, "size") == 0)
		return parse(value, 64, DAP_MAX_PACKET, &p->size);
	if (strcmp(key, "product") == 0)
		return keep_text(&p->product_string, value);
	if (strcmp(key, "firmware") == 0)
		return keep_text(&p->firmware, value);
	if (!parse(value, 0, 1, &yes))
		return false;
	p->is_lossy = yes;
	return true;
}

const char *vb_dap_string(void *priv, unsigned index)
{
	const struct vb_dap_probe *p = priv;

	return index == PRODUCT_STRING ? p->product_string : NULL;
}

/* --- Commands in flight --- */

/* How many commands the probe still had, by the time the one that comes in now arrived. */
static unsigned count_in_flight(struct vb_dap_probe *p)
{
	uint64_t now_ns = vb_usb_arrival_ns(p->device);
	unsigned kept = 0;

	for (unsigned i = 0; i < p->in_flight; i++)
		if (p->left_ns[i] > now_ns)
			p->left_ns[kept++] = p->left_ns[i];
	p->in_flight = kept;
	return kept;
}

static void note_answered(struct vb_dap_probe *p)
{
	for (unsigned i = 0; i < p->in_flight; i++) {
		if (p->left_ns[i] == UINT64_MAX) {
			p->left_ns[i] = vb_usb_taken_ns(p->device);
			return;
		}
	}
}

/* --- Answers --- */

/*
 * A bulk answer that is a multiple of the endpoint size and shorter than a packet has no end that the
 * host could see without an empty packet. A report is always full: behind the answer comes what the
 * buffer held before.
 */
static void respond(void *ctx, const uint8_t *response, size_t n)
{
	struct vb_dap_probe *p = ctx;
	uint16_t size = p->product->endpoint_size;

	if (p->product->is_hid) {
		/* The tail is what earlier answers left in the firmware's buffer. */
		memcpy(p->report, response, MIN(p->config.packet_size, size));
		vb_usb_send(p->device, p->product->in, p->report, size);
		return;
	}
	vb_usb_send(p->device, p->product->in, response, n);
	if (n > 0 && n % size == 0 && n < p->config.packet_size)
		vb_usb_send(p->device, p->product->in, NULL, 0);
}

static void on_swo(void *ctx, const uint8_t *data, size_t n)
{
	struct vb_dap_probe *p = ctx;

	if (n == 0)
		vb_usb_drop_queued(p->device, p->product->swo);
	else
		vb_usb_send(p->device, p->product->swo, data, n);
}

void vb_dap_taken(void *priv, uint8_t endpoint)
{
	struct vb_dap_probe *p = priv;

	if (endpoint == p->product->in)
		note_answered(p);
	else if (endpoint == p->product->swo && vb_usb_queued(p->device, endpoint) == 0)
		vb_cmsis_dap_swo_taken(p->dap);
}

/* --- Commands --- */

/* false: no room, ask again. */
static bool run_command(struct vb_dap_probe *p, const uint8_t *command, size_t n)
{
	unsigned room = p->buffers ? p->buffers : p->config.packet_count;

	if (n > 0 && command[0] == TRANSFER_ABORT) {
		vb_cmsis_dap_packet(p->dap, command, n, respond, p);
		return true;
	}
	if (count_in_flight(p) >= room) {
		if (!p->product->is_hid && !p->is_lossy)
			return false;
		p->lost++;
		return true;
	}
	p->left_ns[p->in_flight++] = UINT64_MAX;
	vb_cmsis_dap_packet(p->dap, command, n, respond, p);
	return true;
}

/* Bytes of a command: bulk ones end with a short packet or when P bytes are in. */
static bool take_bytes(struct vb_dap_probe *p, const uint8_t *data, size_t n)
{
	size_t size = p->product->endpoint_size;
	size_t whole = p->product->is_hid ? size : p->config.packet_size;
	size_t fits = MIN(n, sizeof(p->command) - p->length);
	bool is_over = p->product->is_patient ? p->length + fits >= whole
		       : p->product->is_hid   ? true
					      : n < size || p->length + fits >= whole;

	if (fits > 0)
		memcpy(p->command + p->length, data, fits);
	if (is_over && p->length + fits > 0 && !run_command(p, p->command, p->length + fits))
		return false;
	p->length = is_over ? 0 : p->length + fits;
	return true;
}

bool vb_dap_out(void *priv, uint8_t endpoint, const uint8_t *data, size_t n)
{
	struct vb_dap_probe *p = priv;

	/* COM ports, mass storage, another vendor's protocol: nobody there who would answer. */
	return endpoint != p->product->out || take_bytes(p, data, n);
}

/* --- Endpoint 0 --- */

#define INTERFACE_GUID "{CDB3B5AD-293B-4663-AA36-1AAE46463776}"

static void put_utf16(uint8_t *out, const char *text)
{
	for (; *text != 0; text++, out += 2)
		put_le16(out, (uint8_t)*text);
}

/* Microsoft OS 1.0: the compatible id (index 4) and the properties (index 5) of interface 0. */
static size_t ms_os_1(unsigned index, uint8_t *out)
{
	if (index == 4) {
		put_le32(out, 40);
		put_le16(out + 4, 0x0100);
		put_le16(out + 6, 4);
		out[8] = 1;
		out[17] = 1;
		memcpy(out + 18, "WINUSB", 6);
		return 40;
	}
	put_le32(out, 142);
	put_le16(out + 4, 0x0100);
	put_le16(out + 6, 5);
	put_le16(out + 8, 1);
	put_le32(out + 10, 132);
	put_le32(out + 14, 1);		/* REG_SZ */
	put_le16(out + 18, 40);
	put_utf16(out + 20, "DeviceInterfaceGUID");
	put_le32(out + 60, 78);
	put_utf16(out + 64, INTERFACE_GUID);
	return 142;
}

/* Microsoft OS 2.0: set, configuration 0, function at interface 0, compatible id, property. */
static size_t ms_os_2(uint8_t *out)
{
	static const uint8_t heads[] = {
		10, 0, 0, 0, 0x00, 0x00, 0x03, 0x06, 0xb2, 0x00,
		8, 0, 1, 0, 0, 0, 0xa8, 0x00,
		8, 0, 2, 0, 0, 0, 0xa0, 0x00,
		20, 0, 3, 0, 'W', 'I', 'N', 'U', 'S', 'B', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		132, 0, 4, 0, 7, 0, 42, 0,	/* REG_MULTI_SZ */
	};

	memcpy(out, heads, sizeof(heads));
	put_utf16(out + 54, "DeviceInterfaceGUIDs");
	put_le16(out + 96, 80);
	put_utf16(out + 98, INTERFACE_GUID);
	return 0xb2;
}

static int ms_os(const struct vb_dap_probe *p, const struct vb_usb_setup *setup, uint8_t *data)
{
	bool is_1 = p->product->ms_os == 1 && (setup->index == 4 || setup->index == 5);
	bool is_2 = p->product->ms_os == 2 && setup->index == 7;
	uint8_t answer[256] = { 0 };
	size_t n;

	if (setup->request != DAP_MS_VENDOR_CODE || (!is_1 && !is_2))
		return -1;
	n = MIN(is_1 ? ms_os_1(setup->index, answer) : ms_os_2(answer), setup->length);
	memcpy(data, answer, n);
	return (int)n;
}

/* HID 1.11, 7.2: reports, idle rate, protocol. CDC PSTN 1.2, 6.3: line coding, lines, break. */
int vb_dap_control(void *priv, const struct vb_usb_setup *setup, uint8_t *data)
{
	static const uint8_t coding[7] = { 0x00, 0xc2, 0x01, 0x00, 0, 0, 8 };
	struct vb_dap_probe *p = priv;

	if ((setup->type & 0xfe) == 0xc0)
		return ms_os(p, setup, data);
	switch (setup->type << 8 | setup->request) {
	case 0xa121:
		memcpy(data, coding, MIN(sizeof(coding), setup->length));
		return (int)MIN(sizeof(coding), setup->length);
	case 0x2109:	/* SET_REPORT: a command that comes over endpoint 0 */
		if (!p->product->is_hid)
			return -1;
		if (setup->value >> 8 == 2)
			take_bytes(p, data, setup->length);
		return setup->length;
	case 0x210a:
	case 0x210b:
		return p->product->is_hid ? setup->length : -1;
	case 0x2120:
	case 0x2122:
	case 0x2123:
		return setup->length;
	default:
		return -1;
	}
}

/* --- Life --- */

bool vb_dap_create(struct vb_usb_device *device, void *priv, const struct vb_dap_product *product)
{
	struct vb_dap_probe *p = priv;

	p->product = product;
	p->device = device;
	p->config = product->dap;
	p->config.serial = vb_usb_serial(device) ? vb_usb_serial(device) : "";
	if (p->product_string != NULL)
		p->config.product = p->product_string;
	if (p->firmware != NULL)
		p->config.firmware = p->firmware;
	if (p->packets != 0)
		p->config.packet_count = (uint8_t)p->packets;
	if (p->size != 0)
		p->config.packet_size = (uint16_t)p->size;
	p->dap = vb_cmsis_dap_new(&p->config, vb_usb_board(device));
	if (product->swo != 0)
		vb_cmsis_dap_stream_swo(p->dap, on_swo, p);
	return true;
}

void vb_dap_destroy(void *priv)
{
	struct vb_dap_probe *p = priv;

	vb_cmsis_dap_free(p->dap);
	free(p->product_string);
	free(p->firmware);
}

void vb_dap_reset(void *priv)
{
	struct vb_dap_probe *p = priv;

	p->length = 0;
	p->in_flight = 0;
	vb_cmsis_dap_power_on(p->dap);
}

void vb_dap_stats(void *priv, FILE *out)
{
	const struct vb_dap_probe *p = priv;

	fprintf(out, ",\"dap_lost\":%" PRIu64, p->lost);
}
