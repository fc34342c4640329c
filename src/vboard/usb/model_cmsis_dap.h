/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The CMSIS-DAP models: what all products share (model_cmsis_dap.c) and what makes one differ from
 * another (model_cmsis_dap_kinds.c).
 *
 * Options of all: packets=N the packet count it claims, buffers=N what it really has (more commands
 * than that in flight: HID and `lossy` probes lose them without a sign, bulk ones say NAK), size=N
 * the packet size, product=TEXT, firmware=TEXT.
 */
#ifndef VB_USB_MODEL_CMSIS_DAP_H
#define VB_USB_MODEL_CMSIS_DAP_H

#include "vboard/front/cmsis_dap.h"
#include "vboard/usb/models.h"

#define DAP_MAX_PACKET	1024u
#define DAP_MAX_COUNT	255u
#define DAP_MS_VENDOR_CODE 1u

struct vb_dap_product {
	struct vb_cmsis_dap_config dap;	/* the serial is the device's */
	uint8_t out, in, swo;		/* endpoints; swo 0: none */
	uint16_t endpoint_size;
	bool is_hid;			/* reports of endpoint_size bytes, always full ones to the host */
	unsigned ms_os;			/* 1, 2: Microsoft OS descriptors of this version; 0: none */
	bool is_patient;		/* no command is looked at before endpoint_size bytes came */
};

struct vb_dap_probe {
	const struct vb_dap_product *product;
	struct vb_usb_device *device;
	struct vb_cmsis_dap_config config;
	struct vb_cmsis_dap *dap;
	char *product_string, *firmware;	/* options; NULL: the product's */
	unsigned packets, buffers, size;	/* options; 0: the product's */
	bool is_lossy;
	uint8_t command[DAP_MAX_PACKET];
	size_t length;
	uint8_t report[DAP_MAX_PACKET];		/* the last one: its tail goes out again */
	/* Commands that were accepted: when their answer left, UINT64_MAX: not yet. */
	uint64_t left_ns[DAP_MAX_COUNT + 1];
	unsigned in_flight;
	uint64_t lost;
};

extern const char *const vb_dap_options[];
bool vb_dap_set_option(void *priv, const char *key, const char *value);
const char *vb_dap_string(void *priv, unsigned index);
bool vb_dap_create(struct vb_usb_device *device, void *priv, const struct vb_dap_product *product);
void vb_dap_destroy(void *priv);
void vb_dap_reset(void *priv);
int vb_dap_control(void *priv, const struct vb_usb_setup *setup, uint8_t *data);
bool vb_dap_out(void *priv, uint8_t endpoint, const uint8_t *data, size_t n);
void vb_dap_taken(void *priv, uint8_t endpoint);
void vb_dap_stats(void *priv, FILE *out);

#endif
