/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CMSIS-DAP products: descriptors and what DAP_Info tells. */
#include "base/bytes.h"
#include "vboard/usb/model_cmsis_dap.h"

/* Interfaces that come again and again. n: first interface number. */
#define IAD_CDC(n, string)	0x08, 0x0b, (n), 0x02, 0x02, 0x02, 0x01, (string)
#define CDC_FUNCTIONS(n, cm)                                                                       \
	0x05, 0x24, 0x00, 0x10, 0x01, 0x05, 0x24, 0x01, (cm), (n) + 1, 0x04, 0x24, 0x02, 0x06,     \
	0x05, 0x24, 0x06, (n), (n) + 1
#define INTERFACE(n, endpoints, class, subclass, protocol, string)                                 \
	0x09, 0x04, (n), 0x00, (endpoints), (class), (subclass), (protocol), (string)
#define ENDPOINT(address, type, size, interval)                                                    \
	0x07, 0x05, (address), (type), (size) & 0xff, (size) >> 8, (interval)
#define BULK(address, size) ENDPOINT(address, 0x02, size, 0)
#define HID(report_size)    0x09, 0x21, 0x00, 0x01, 0x00, 0x01, 0x22, (report_size), 0x00

#define ALL_DAP_CAPS (DAP_CAP_SWD | DAP_CAP_JTAG | DAP_CAP_ATOMIC | DAP_CAP_TIMER)

/* What the rows of one model share; `kind` is the name of its struct vb_dap_product. */
#define DAP_MODEL(kind)                                                                            \
	.priv_size = sizeof(struct vb_dap_probe), .options = vb_dap_options,                       \
	.set_option = vb_dap_set_option, .string = vb_dap_string, .create = kind##_create,         \
	.destroy = vb_dap_destroy, .reset = vb_dap_reset, .control = vb_dap_control,               \
	.out = vb_dap_out, .taken = vb_dap_taken, .stats = vb_dap_stats,                           \
	.descriptors = kind##_descriptors, .descriptors_size = sizeof(kind##_descriptors),         \
	.strings = kind##_strings

#define CREATE(kind)                                                                               \
	static bool kind##_create(struct vb_usb_device *device, void *priv)                        \
	{                                                                                          \
		return vb_dap_create(device, priv, &kind);                                         \
	}

/* Reports of 64 bytes as Arm's firmware and DAPLink declare them. */
static const uint8_t report_64[] = {
	0x06, 0x00, 0xff, 0x09, 0x01, 0xa1, 0x01, 0x15, 0x00, 0x26, 0xff, 0x00, 0x75, 0x08, 0x95, 0x40,
	0x09, 0x01, 0x81, 0x02, 0x95, 0x40, 0x09, 0x01, 0x91, 0x02, 0x95, 0x01, 0x09, 0x01, 0xb1, 0x02,
	0xc0,
};

/* --- MCU-Link class with Arm's reference firmware, high speed --- */

static const uint8_t mcu_link_descriptors[] = {
	0x12, 0x01, 0x00, 0x02, 0xef, 0x02, 0x01, 0x40, 0x51, 0xc2, 0x0b, 0xf0, 0x00, 0x01,
	0x01, 0x02, 0x03, 0x01,
	0x09, 0x02, 0x69, 0x00, 0x03, 0x01, 0x00, 0x80, 0xfa,
	INTERFACE(0, 3, 0xff, 0x00, 0x00, 4), BULK(0x01, 512), BULK(0x81, 512), BULK(0x82, 512),
	IAD_CDC(1, 5), INTERFACE(1, 1, 0x02, 0x02, 0x01, 5), CDC_FUNCTIONS(1, 3),
	ENDPOINT(0x83, 3, 16, 2),
	INTERFACE(2, 2, 0x0a, 0x00, 0x00, 6), BULK(0x04, 512), BULK(0x84, 512),
};

static const char *const mcu_link_strings[] = {
	"KEIL - Tools By ARM", "MCU-LINK CMSIS-DAP", "%s", "MCU-LINK CMSIS-DAP", "USB_CDC0_0",
	"USB_CDC0_1", NULL
};

static const struct vb_dap_product mcu_link = {
	.dap = {
		.packet_size = 512,
		.packet_count = 8,
		.max_hz = 50000000,
		.vendor = "KEIL - Tools By ARM",
		.product = "MCU-LINK CMSIS-DAP",
		.capabilities = ALL_DAP_CAPS | DAP_CAP_SWO_UART | DAP_CAP_SWO_STREAM | DAP_CAP_UART |
				DAP_CAP_UART_USB,
		.timer_hz = 150000000,
		.swo_buffer = 8192,
		.swo_max_baud = 9000000,
		.uart_buffer = 1024,
	},
	.out = 0x01, .in = 0x81, .swo = 0x82,
	.endpoint_size = 512,
	.ms_os = 1,
};

CREATE(mcu_link)

const struct vb_usb_model vb_usb_mcu_link = {
	.name = "mcu-link",
	.help = "MCU-Link with Arm's firmware: CMSIS-DAP v2, high speed, 512 bytes x 8, SWO stream",
	DAP_MODEL(mcu_link),
	.is_high_speed = true,
	.default_serial = "00A1B2C3D4E5",
	.ms_vendor_code = DAP_MS_VENDOR_CODE,
	.out_buffer = 8 * 512,
};

/* --- The smallest CMSIS-DAP v2, full speed --- */

static const uint8_t v2_fs_descriptors[] = {
	0x12, 0x01, 0x00, 0x02, 0x00, 0x00, 0x00, 0x40, 0x51, 0xc2, 0x0b, 0xf0, 0x00, 0x01,
	0x01, 0x02, 0x03, 0x01,
	0x09, 0x02, 0x20, 0x00, 0x01, 0x01, 0x00, 0x80, 0xfa,
	INTERFACE(0, 2, 0xff, 0x00, 0x00, 4), BULK(0x01, 64), BULK(0x81, 64),
};

static const char *const v2_fs_strings[] = { "KEIL - Tools By ARM", "CMSIS-DAP v2", "%s",
					     "CMSIS-DAP v2", NULL };

static const struct vb_dap_product v2_fs = {
	.dap = {
		.packet_size = 64,
		.packet_count = 8,
		.max_hz = 24000000,
		.vendor = "KEIL - Tools By ARM",
		.product = "CMSIS-DAP v2",
		.capabilities = ALL_DAP_CAPS | DAP_CAP_SWO_UART | DAP_CAP_SWO_MANCHESTER,
	},
	.out = 0x01, .in = 0x81,
	.endpoint_size = 64,
	.ms_os = 1,
};

CREATE(v2_fs)

const struct vb_usb_model vb_usb_cmsis_dap_v2_fs = {
	.name = "cmsis-dap-v2-fs",
	.help = "the smallest CMSIS-DAP v2: full speed, 64 bytes x 8",
	DAP_MODEL(v2_fs),
	.default_serial = "00A1F5000001",
	.ms_vendor_code = DAP_MS_VENDOR_CODE,
	.out_buffer = 8 * 64,
};

/* --- Raspberry Pi Debug Probe --- */

static const uint8_t debugprobe_descriptors[] = {
	0x12, 0x01, 0x10, 0x02, 0x00, 0x00, 0x00, 0x40, 0x8a, 0x2e, 0x0c, 0x00, 0x31, 0x02,
	0x01, 0x02, 0x03, 0x01,
	0x09, 0x02, 0x62, 0x00, 0x03, 0x01, 0x00, 0x80, 0x32,
	INTERFACE(0, 2, 0xff, 0x00, 0x00, 5), BULK(0x04, 64), BULK(0x85, 64),
	IAD_CDC(1, 6), INTERFACE(1, 1, 0x02, 0x02, 0x01, 6), CDC_FUNCTIONS(1, 0),
	ENDPOINT(0x81, 3, 64, 16),
	INTERFACE(2, 2, 0x0a, 0x00, 0x00, 0), BULK(0x02, 64), BULK(0x83, 64),
};

/* Microsoft OS 2.0: a set of 0xb2 bytes, vendor code 1. */
static const uint8_t debugprobe_bos[] = {
	0x05, 0x0f, 0x21, 0x00, 0x01,
	0x1c, 0x10, 0x05, 0x00, 0xdf, 0x60, 0xdd, 0xd8, 0x89, 0x45, 0xc7, 0x4c, 0x9c, 0xd2, 0x65, 0x9d,
	0x9e, 0x64, 0x8a, 0x9f, 0x00, 0x00, 0x03, 0x06, 0xb2, 0x00, DAP_MS_VENDOR_CODE, 0x00,
};

static const char *const debugprobe_strings[] = {
	"Raspberry Pi", "Debug Probe (CMSIS-DAP)", "%s", "CMSIS-DAP v1 Interface",
	"CMSIS-DAP v2 Interface", "CDC-ACM UART Interface", NULL
};

static const struct vb_dap_product debugprobe = {
	.dap = {
		.packet_size = 64,
		.packet_count = 8,
		.max_hz = 24000000,
		.vendor = "Raspberry Pi",
		.product = "Debug Probe (CMSIS-DAP)",
		.capabilities = DAP_CAP_SWD | DAP_CAP_ATOMIC | DAP_CAP_TIMER,
		.timer_hz = 1000000,
	},
	.out = 0x04, .in = 0x85,
	.endpoint_size = 64,
	.ms_os = 2,
};

CREATE(debugprobe)

const struct vb_usb_model vb_usb_debugprobe = {
	.name = "debugprobe",
	.help = "Raspberry Pi Debug Probe: CMSIS-DAP v2, full speed, SWD only, 64 bytes x 8",
	DAP_MODEL(debugprobe),
	.default_serial = "E6614864D3738A2C",
	.bos = debugprobe_bos,
	.bos_size = sizeof(debugprobe_bos),
	.out_buffer = 8 * 64,
};

/* --- DAPLink: HID beside a mass storage device and a COM port --- */

static const uint8_t daplink_descriptors[] = {
	0x12, 0x01, 0x00, 0x02, 0xef, 0x02, 0x01, 0x40, 0x28, 0x0d, 0x04, 0x02, 0x00, 0x10,
	0x01, 0x02, 0x03, 0x01,
	0x09, 0x02, 0x82, 0x00, 0x04, 0x01, 0x00, 0x80, 0xfa,
	INTERFACE(0, 2, 0x08, 0x06, 0x50, 7), BULK(0x82, 64), BULK(0x02, 64),
	INTERFACE(3, 2, 0x03, 0x00, 0x00, 6), HID(0x21), ENDPOINT(0x81, 3, 64, 1),
	ENDPOINT(0x01, 3, 64, 1),
	IAD_CDC(1, 4), INTERFACE(1, 1, 0x02, 0x02, 0x01, 4), CDC_FUNCTIONS(1, 3),
	ENDPOINT(0x83, 3, 16, 32),
	INTERFACE(2, 2, 0x0a, 0x00, 0x00, 5), BULK(0x04, 64), BULK(0x84, 64),
};

static const char *const daplink_strings[] = {
	"ARM", "DAPLink CMSIS-DAP", "%s", "mbed Serial Port", "mbed Serial Port", "CMSIS-DAP",
	"USB_MSC", NULL
};

static const struct vb_dap_product daplink = {
	.dap = {
		.packet_size = 64,
		.packet_count = 4,
		.max_hz = 10000000,
		.vendor = "ARM",
		.product = "DAPLink CMSIS-DAP",
		.capabilities = ALL_DAP_CAPS,
		.quirks = DAP_QUIRK_NO_QUEUE,
	},
	.out = 0x01, .in = 0x81,
	.endpoint_size = 64,
	.is_hid = true,
};

CREATE(daplink)

const struct vb_usb_model vb_usb_daplink = {
	.name = "daplink",
	.help = "DAPLink (OpenSDA): CMSIS-DAP v1, HID of a composite device, full speed, 64 bytes x 4",
	DAP_MODEL(daplink),
	.default_serial = "0240000031754e45002f00199485002b6461000097969900",
	.report = report_64,
	.report_size = sizeof(report_64),
	.hid_interface = 3,
	.out_buffer = 4 * 64,
};

/* --- The smallest CMSIS-DAP v1 --- */

static const uint8_t hid_descriptors[] = {
	0x12, 0x01, 0x00, 0x02, 0x00, 0x00, 0x00, 0x40, 0x51, 0xc2, 0x01, 0xf0, 0x00, 0x01,
	0x01, 0x02, 0x03, 0x01,
	0x09, 0x02, 0x29, 0x00, 0x01, 0x01, 0x00, 0x80, 0xfa,
	INTERFACE(0, 2, 0x03, 0x00, 0x00, 4), HID(0x21), ENDPOINT(0x81, 3, 64, 1),
	ENDPOINT(0x01, 3, 64, 1),
};

static const char *const hid_strings[] = { "KEIL - Tools By ARM", "CMSIS-DAP", "%s", "CMSIS-DAP",
					   NULL };

static const struct vb_dap_product hid = {
	.dap = {
		.packet_size = 64,
		.packet_count = 4,
		.max_hz = 10000000,
		.vendor = "KEIL - Tools By ARM",
		.product = "CMSIS-DAP",
		.capabilities = ALL_DAP_CAPS | DAP_CAP_SWO_UART,
		.quirks = DAP_QUIRK_QUEUE_DROPS,
	},
	.out = 0x01, .in = 0x81,
	.endpoint_size = 64,
	.is_hid = true,
};

CREATE(hid)

const struct vb_usb_model vb_usb_cmsis_dap_hid = {
	.name = "cmsis-dap-hid",
	.help = "the smallest CMSIS-DAP v1: HID, full speed, 64 bytes x 4",
	DAP_MODEL(hid),
	.default_serial = "0001A0000000",
	.report = report_64,
	.report_size = sizeof(report_64),
	.out_buffer = 4 * 64,
};

/* --- Atmel EDBG: reports of 512 bytes, and nothing happens before a whole one is there --- */

static const uint8_t edbg_descriptors[] = {
	0x12, 0x01, 0x00, 0x02, 0x00, 0x00, 0x00, 0x40, 0xeb, 0x03, 0x11, 0x21, 0x01, 0x01,
	0x01, 0x02, 0x03, 0x01,
	0x09, 0x02, 0x29, 0x00, 0x01, 0x01, 0x00, 0x80, 0xfa,
	INTERFACE(0, 2, 0x03, 0x00, 0x00, 4), HID(0x23), ENDPOINT(0x81, 3, 512, 1),
	ENDPOINT(0x02, 3, 512, 1),
};

static const uint8_t report_512[] = {
	0x06, 0x00, 0xff, 0x09, 0x01, 0xa1, 0x01, 0x15, 0x00, 0x26, 0xff, 0x00, 0x75, 0x08,
	0x96, 0x00, 0x02, 0x09, 0x01, 0x81, 0x02, 0x96, 0x00, 0x02, 0x09, 0x01, 0x91, 0x02,
	0x95, 0x01, 0x09, 0x01, 0xb1, 0x02, 0xc0,
};

static const char *const edbg_strings[] = { "Atmel Corp.", "EDBG CMSIS-DAP", "%s",
					    "EDBG CMSIS-DAP", NULL };

static const struct vb_dap_product edbg = {
	.dap = {
		.packet_size = 512,
		.packet_count = 1,
		.max_hz = 10000000,
		.vendor = "Atmel Corp.",
		.product = "EDBG CMSIS-DAP",
		.quirks = DAP_QUIRK_CLOCK_AFTER_SEQUENCE | DAP_QUIRK_DISCONNECT_FIRST,
	},
	.out = 0x02, .in = 0x81,
	.endpoint_size = 512,
	.is_hid = true,
	.is_patient = true,
};

CREATE(edbg)

const struct vb_usb_model vb_usb_edbg = {
	.name = "edbg",
	.help = "Atmel EDBG: CMSIS-DAP v1, HID, high speed, 512 bytes x 1, forgetful",
	DAP_MODEL(edbg),
	.is_high_speed = true,
	.default_serial = "ATML2130021800001234",
	.report = report_512,
	.report_size = sizeof(report_512),
	.out_buffer = 512,
};

/* --- TI XDS110: HID, and two vendor interfaces that look like CMSIS-DAP v2 and are not --- */

static const uint8_t xds110_descriptors[] = {
	0x12, 0x01, 0x10, 0x01, 0xef, 0x02, 0x01, 0x40, 0x51, 0x04, 0xf3, 0xbe, 0x00, 0x02,
	0x01, 0x02, 0x03, 0x01,
	0x09, 0x02, 0xdb, 0x00, 0x07, 0x01, 0x00, 0x80, 0xfa,
	IAD_CDC(0, 4), INTERFACE(0, 1, 0x02, 0x02, 0x01, 4), CDC_FUNCTIONS(0, 1),
	ENDPOINT(0x81, 3, 16, 1),
	INTERFACE(1, 2, 0x0a, 0x00, 0x00, 0), BULK(0x82, 64), BULK(0x01, 64),
	INTERFACE(2, 2, 0xff, 0x00, 0x00, 0), BULK(0x02, 64), BULK(0x83, 64),
	IAD_CDC(3, 5), INTERFACE(3, 1, 0x02, 0x02, 0x01, 5), CDC_FUNCTIONS(3, 1),
	ENDPOINT(0x84, 3, 16, 1),
	INTERFACE(4, 2, 0x0a, 0x00, 0x00, 0), BULK(0x85, 64), BULK(0x03, 64),
	INTERFACE(5, 2, 0x03, 0x00, 0x00, 6), HID(0x18), ENDPOINT(0x86, 3, 64, 1),
	ENDPOINT(0x04, 3, 64, 1),
	INTERFACE(6, 2, 0xff, 0x00, 0x00, 0), BULK(0x05, 64), BULK(0x87, 64),
};

static const uint8_t report_xds110[] = {
	0x06, 0x00, 0xff, 0x09, 0x01, 0xa1, 0x01, 0x75, 0x08, 0x95, 0x40, 0x09, 0x03, 0x81, 0x02,
	0x75, 0x08, 0x95, 0x40, 0x09, 0x04, 0x91, 0x02, 0xc0,
};

static const char *const xds110_strings[] = {
	"Texas Instruments", "XDS110 (03.00.00.13) Embed with CMSIS-DAP", "%s",
	"XDS110 Class Application/User UART", "XDS110 Class Auxiliary Data Port",
	"XDS110 CMSIS-DAP", NULL
};

static const struct vb_dap_product xds110 = {
	.dap = {
		.packet_size = 64,
		.packet_count = 1,
		.max_hz = 10000000,
		.vendor = "Texas Instruments",
		.product = "XDS110 Embed with CMSIS-DAP",
	},
	.out = 0x04, .in = 0x86,
	.endpoint_size = 64,
	.is_hid = true,
};

CREATE(xds110)

const struct vb_usb_model vb_usb_xds110 = {
	.name = "xds110",
	.help = "TI XDS110: CMSIS-DAP v1, and vendor interfaces that only look like v2",
	DAP_MODEL(xds110),
	.default_serial = "L1002566",
	.report = report_xds110,
	.report_size = sizeof(report_xds110),
	.hid_interface = 5,
};
