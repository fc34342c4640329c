/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Option bytes of stm32l4_flash.h, for the chip and the control port. */
#ifndef VB_DEVICE_STM32L4_OPTIONS_H
#define VB_DEVICE_STM32L4_OPTIONS_H

#include "vboard/device/stm32l4_flash.h"

/* NULL: this family has no such word. */
const struct flash_option_row *stm32l4_options_row(const struct stm32l4_flash *f,
						   enum flash_option option);
const struct flash_option_row *stm32l4_options_at(const struct stm32l4_flash *f, uint32_t offset);
void stm32l4_options_factory(struct stm32l4_flash *f);
/* Stores a word with its complement; stm32l4_options_load() makes it active. */
void stm32l4_options_provision(struct stm32l4_flash *f, enum flash_option option, uint32_t value);
/* What an option write that lost its supply leaves: no word matches its complement. */
void stm32l4_options_torn(struct stm32l4_flash *f);
void stm32l4_options_load(struct stm32l4_flash *f);
unsigned stm32l4_options_rdp(const struct stm32l4_flash *f);	/* level 0, 1, 2; 0.5 is 0 */
bool stm32l4_options_is_half(const struct stm32l4_flash *f);	/* level 0.5: TZEN = 1, RDP 0x55 */
bool stm32l4_options_has_tz(const struct stm32l4_flash *f);	/* TZEN is loaded as 1 */
/* After the cells or words in the information block changed. */
void stm32l4_options_show(struct stm32l4_flash *f);

#endif
