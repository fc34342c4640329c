/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the register tables of the STM32 flash families name as side effects; all in stm32l4_flash.c. */
#ifndef VB_DEVICE_STM32L4_HOOKS_H
#define VB_DEVICE_STM32L4_HOOKS_H

#include "vboard/core/bus.h"

#define FLASH_HOOK(name) \
	enum vb_result stm32l4_##name(struct vb_regs *regs, uint32_t value, uint32_t old)
FLASH_HOOK(acr_written);
FLASH_HOOK(pdkeyr_written);
FLASH_HOOK(keyr_written);
FLASH_HOOK(seckeyr_written);
FLASH_HOOK(optkeyr_written);
FLASH_HOOK(cr_written);
FLASH_HOOK(seccr_written);
FLASH_HOOK(flags_written);
void stm32l4_sr_reading(struct vb_regs *regs, uint32_t *sr);
void stm32l4_secsr_reading(struct vb_regs *regs, uint32_t *sr);
void stm32l4_acr_reading(struct vb_regs *regs, uint32_t *acr);

#endif
