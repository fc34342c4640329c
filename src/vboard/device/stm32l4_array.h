/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Main flash and the information block of stm32l4_flash.h, for the chip and the control port. */
#ifndef VB_DEVICE_STM32L4_ARRAY_H
#define VB_DEVICE_STM32L4_ARRAY_H

#include "vboard/device/stm32l4_flash.h"

/* Adds main flash, its aliases and the information block to the bus. */
void stm32l4_array_map(struct stm32l4_flash *f, uint8_t *sram1, uint32_t sram1_bytes);
/* A byte of the information block (system memory, OTP, UID, size) by its bus address, for the chip to
 * fill in; NULL outside. */
uint8_t *stm32l4_info_at(struct stm32l4_flash *f, uint32_t addr);
/* FB_MODE, MEM_MODE, the bank mode or the size changed. */
void stm32l4_array_remap(struct stm32l4_flash *f);
/* Contents as a programmer would have left them, in no time; false if outside. */
bool stm32l4_array_load(struct stm32l4_flash *f, uint32_t phys, const uint8_t *data, size_t bytes);
void stm32l4_array_set_state(struct stm32l4_flash *f, uint32_t phys, enum flash_cell state);
bool stm32l4_array_is_dual(const struct stm32l4_flash *f);
bool stm32l4_array_is_swapped(const struct stm32l4_flash *f);
uint32_t stm32l4_array_page_bytes(const struct stm32l4_flash *f);	/* in this bank mode */
/* Would another OPTR mean another bank mode or page? */
bool stm32l4_array_mode_differs(const struct stm32l4_flash *f, uint32_t optr);
uint32_t stm32l4_array_bank_bytes(const struct stm32l4_flash *f);
/* From the start of bank 1 to that of bank 2: more than a bank where the part has a hole. */
uint32_t stm32l4_array_bank_span(const struct stm32l4_flash *f);
/* One behind the last byte, from the start; a hole counts. */
uint32_t stm32l4_array_end(const struct stm32l4_flash *f);
/* Is there flash at this physical offset (or, with no swap, bus offset)? */
bool stm32l4_array_has(const struct stm32l4_flash *f, uint32_t phys);
/* Offset on the bus <-> physical offset: the swap is its own inverse. */
uint32_t stm32l4_array_phys(const struct stm32l4_flash *f, uint32_t bus_offset);
unsigned stm32l4_array_bank_of(const struct stm32l4_flash *f, uint32_t phys);	/* 0 or 1 */
/* RDP level 1 and the access comes from a debugger, RAM code, or a foreign boot. */
bool stm32l4_array_is_shut(struct stm32l4_flash *f, const struct vb_access *a);
/* Call when a reason to refuse reads changed. */
void stm32l4_array_guard(struct stm32l4_flash *f);

#endif
