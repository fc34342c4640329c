/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Firmware that a preset finds in the flash: vectors, the start-up program (stm32_chip_program.S) and
 * its table of register accesses, written for the part. It ends in a blinking LED unless it ends
 * otherwise.
 */
#ifndef VB_CHIP_STM32_CHIP_FIRMWARE_H
#define VB_CHIP_STM32_CHIP_FIRMWARE_H

#include "vboard/chip/stm32_chip_tool.h"

enum stm32_firmware {
	FW_NONE,
	FW_GOOD,		/* blinks */
	FW_OTHER_STACK,		/* the same with its stack in the RAM at 0x10000000 */
	FW_STRAY_WRITE,		/* clears a structure that a null pointer points to */
	FW_LEAVES_PG,		/* unlocks the flash, sets PG and never comes back to it */
	FW_STARTS_IWDG,		/* and never feeds it */
	FW_STOPS,		/* enters the deepest Stop mode at once */
	FW_TAKES_SWD,		/* PA13 and PA14 become analog inputs */
	FW_LOW_POWER_RUN,	/* 1 MHz, PWR_CR1.LPR */
	FW_SLOW,		/* HCLK 1 MHz */
	FW_BUSY,		/* voltage range 2, low-power run, PG */
	FW_RANGE_2,
	FW_POWERS_FLASH_DOWN,	/* ACR.RUN_PD, running on in SRAM1 */
	FW_READS_BAD_CELL,	/* reads what a power cut left */
	FW_COUNT
};

#define STM32_BAD_CELL 0x4000u	/* offset that FW_READS_BAD_CELL reads */

struct stm32_image {
	uint8_t bytes[1024];
	size_t length;
};
/* Makes the image for the flash at 0x08000000; false: this part has no such thing. */
bool stm32_chip_firmware(struct stm32_chip *chip, enum stm32_firmware which, struct stm32_image *image);

#endif
