/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CRC calculation unit with programmable polynomial (RM0351 chapter 15). */
#ifndef VB_DEVICE_STM32_CRC_H
#define VB_DEVICE_STM32_CRC_H

#include "vboard/device/stm32.h"

struct stm32_crc {
	struct vb_regs regs;
	uint32_t value[5];
	uint32_t remainder;
};
extern const struct vb_device_ops stm32_crc_ops;
void stm32_crc_init(struct stm32_crc *crc);
void stm32_crc_reset(struct stm32_crc *crc);

#endif
