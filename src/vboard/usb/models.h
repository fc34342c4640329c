/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The models of models.c. */
#ifndef VB_USB_MODELS_H
#define VB_USB_MODELS_H

#include "vboard/usb/model.h"

extern const struct vb_usb_model vb_usb_mcu_link, vb_usb_cmsis_dap_v2_fs, vb_usb_debugprobe,
	vb_usb_daplink, vb_usb_cmsis_dap_hid, vb_usb_edbg, vb_usb_xds110;
extern const struct vb_usb_model vb_usb_stlink_v2, vb_usb_stlink_v2_1, vb_usb_stlink_v3,
	vb_usb_stlink_v3_set, vb_usb_stlink_v3pwr, vb_usb_stlink_v3_minie;
extern const struct vb_usb_model vb_usb_jlink, vb_usb_jlink_ob, vb_usb_jlink_v8, vb_usb_jlink_old;
extern const struct vb_usb_model vb_usb_ft2232h, vb_usb_ft232h, vb_usb_ft4232h, vb_usb_ft2232d,
	vb_usb_ft232h_fs,
	vb_usb_kt_link;

#endif
