/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CMSIS-DAP probes on USB: bulk (v2) and HID (v1). The protocol is front/cmsis_dap.c. */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "vboard/front/cmsis_dap.h"
#include "vboard/usb/models.h"

#define MAX_PACKET 1024u

/* What makes one product differ from another. */
struct product {
	struct vb_cmsis_dap_config dap;		/* serial is the device's */
	uint8_t out, in, swo;			/* endpoint addresses; swo 0: none */
	uint16_t endpoint_size;
};

struct probe {
	const struct product *product;
	struct vb_usb_device *device;
	struct vb_cmsis_dap_config config;
	struct vb_cmsis_dap *dap;
	uint8_t command[MAX_PACKET];
	size_t length;
};

/* --- Bulk --- */

/* A response that is a multiple of the endpoint size and shorter than a packet has no end that the
 * host could see without an empty packet. */
static void respond_bulk(void *ctx, const uint8_t *response, size_t n)
{
	struct probe *p = ctx;

	vb_usb_send(p->device, p->product->in, response, n);
	if (n > 0 && n % p->product->endpoint_size == 0 && n < p->config.packet_size)
		vb_usb_send(p->device, p->product->in, NULL, 0);
}

/* A command ends with a short packet or when P bytes are in. */
static bool bulk_out(void *priv, uint8_t endpoint, const uint8_t *data, size_t n)
{
	struct probe *p = priv;

	if (endpoint != p->product->out)
		return true;	/* the COM port: nobody listens */
	if (vb_usb_queued(p->device, p->product->in) >=
	    (size_t)p->config.packet_count * p->config.packet_size)
		return false;
	n = MIN(n, sizeof(p->command) - p->length);
	if (n > 0)
		memcpy(p->command + p->length, data, n);
	p->length += n;
	if (n == p->product->endpoint_size && p->length < p->config.packet_size)
		return true;
	if (p->length > 0)
		vb_cmsis_dap_packet(p->dap, p->command, p->length, respond_bulk, p);
	p->length = 0;
	return true;
}

/* --- SWO --- */

static void on_swo(void *ctx, const uint8_t *data, size_t n)
{
	struct probe *p = ctx;

	if (n == 0)
		vb_usb_drop_queued(p->device, p->product->swo);
	else
		vb_usb_send(p->device, p->product->swo, data, n);
}

static void taken(void *priv, uint8_t endpoint)
{
	struct probe *p = priv;

	if (p->product->swo != 0 && endpoint == p->product->swo &&
	    vb_usb_queued(p->device, endpoint) == 0)
		vb_cmsis_dap_swo_taken(p->dap);
}

/* --- Life --- */

static bool create(struct vb_usb_device *device, void *priv, const struct product *product)
{
	struct probe *p = priv;

	p->product = product;
	p->device = device;
	p->config = product->dap;
	p->config.serial = vb_usb_serial(device) ? vb_usb_serial(device) : "";
	p->dap = vb_cmsis_dap_new(&p->config, vb_usb_board(device));
	if (product->swo != 0)
		vb_cmsis_dap_stream_swo(p->dap, on_swo, p);
	return true;
}

static void destroy(void *priv)
{
	struct probe *p = priv;

	vb_cmsis_dap_free(p->dap);
}

static void reset(void *priv)
{
	struct probe *p = priv;

	p->length = 0;
	vb_cmsis_dap_power_on(p->dap);
}

/* --- MCU-Link with Arm's reference firmware --- */

static const uint8_t mcu_link_descriptors[] = {
	0x12, 0x01, 0x00, 0x02, 0xef, 0x02, 0x01, 0x40, 0x51, 0xc2, 0x0b, 0xf0, 0x00, 0x01, 0x01,
	0x02, 0x03, 0x01,
	0x09, 0x02, 0x69, 0x00, 0x03, 0x01, 0x00, 0x80, 0xfa,
	0x09, 0x04, 0x00, 0x00, 0x03, 0xff, 0x00, 0x00, 0x04,
	0x07, 0x05, 0x01, 0x02, 0x00, 0x02, 0x00,
	0x07, 0x05, 0x81, 0x02, 0x00, 0x02, 0x00,
	0x07, 0x05, 0x82, 0x02, 0x00, 0x02, 0x00,
	0x08, 0x0b, 0x01, 0x02, 0x02, 0x02, 0x01, 0x05,
	0x09, 0x04, 0x01, 0x00, 0x01, 0x02, 0x02, 0x01, 0x05,
	0x05, 0x24, 0x00, 0x10, 0x01, 0x05, 0x24, 0x01, 0x03, 0x02, 0x04, 0x24, 0x02, 0x06,
	0x05, 0x24, 0x06, 0x01, 0x02,
	0x07, 0x05, 0x83, 0x03, 0x10, 0x00, 0x02,
	0x09, 0x04, 0x02, 0x00, 0x02, 0x0a, 0x00, 0x00, 0x06,
	0x07, 0x05, 0x04, 0x02, 0x00, 0x02, 0x00,
	0x07, 0x05, 0x84, 0x02, 0x00, 0x02, 0x00,
};

static const char *const mcu_link_strings[] = {
	"KEIL - Tools By ARM", "MCU-LINK CMSIS-DAP", "%s", "MCU-LINK CMSIS-DAP", "USB_CDC0_0",
	"USB_CDC0_1", NULL
};

static const struct product mcu_link = {
	.dap = {
		.packet_size = 512,
		.packet_count = 8,
		.max_hz = 50000000,
		.vendor = "KEIL - Tools By ARM",
		.product = "MCU-LINK CMSIS-DAP",
		.timer_hz = 150000000,
		.capabilities = DAP_CAP_SWD | DAP_CAP_JTAG | DAP_CAP_SWO_UART | DAP_CAP_ATOMIC |
				DAP_CAP_TIMER | DAP_CAP_SWO_STREAM | DAP_CAP_UART | DAP_CAP_UART_USB,
		.swo_buffer = 8192,
		.swo_max_baud = 9000000,
		.uart_buffer = 1024,
	},
	.out = 0x01, .in = 0x81, .swo = 0x82,
	.endpoint_size = 512,
};

static bool mcu_link_create(struct vb_usb_device *device, void *priv)
{
	return create(device, priv, &mcu_link);
}

const struct vb_usb_model vb_usb_mcu_link = {
	.name = "mcu-link",
	.help = "MCU-Link with Arm's firmware: CMSIS-DAP v2, high speed, 512 x 8",
	.descriptors = mcu_link_descriptors,
	.descriptors_size = sizeof(mcu_link_descriptors),
	.is_high_speed = true,
	.strings = mcu_link_strings,
	.default_serial = "00A1B2C3D4E5",
	.ms_vendor_code = 1,
	.priv_size = sizeof(struct probe),
	.create = mcu_link_create,
	.destroy = destroy,
	.reset = reset,
	.out = bulk_out,
	.taken = taken,
	.out_buffer = 8 * 512,
};
