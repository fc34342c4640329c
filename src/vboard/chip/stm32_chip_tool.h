/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What somebody's tool does to the chip: word accesses through the bus as its debugger makes them, so
 * that a preset or a knob finds every rule of the hardware in its way. Each function returns false
 * when the bus did; a slave that stalls is waited for in virtual time.
 */
#ifndef VB_CHIP_STM32_CHIP_TOOL_H
#define VB_CHIP_STM32_CHIP_TOOL_H

#include "vboard/chip/stm32_chip.h"

/* The lines the boards are of; bits, for tables of what only some of them have. */
#define LINE_L47 BIT(0)
#define LINE_L4R BIT(1)
#define LINE_L43 BIT(2)
#define LINE_G0	 BIT(3)
#define LINE_G4	 BIT(4)
#define LINE_L5	 BIT(5)
#define LINE_U5	 BIT(6)
#define LINE_WB	 BIT(7)
#define LINE_L4	 (LINE_L47 | LINE_L4R | LINE_L43)
#define LINE_ALL (LINE_L4 | LINE_G0 | LINE_G4 | LINE_L5 | LINE_U5 | LINE_WB)
unsigned stm32_chip_line(const struct stm32_chip *chip);

/* The unit of that name in the part's table; NULL: it has none. */
const struct stm32_unit *stm32_chip_unit(const struct stm32_chip *chip, const char *name);
/* The address of a register of the flash controller by the name of its non-secure view ("CR"); 0. */
uint32_t stm32_tool_flash_reg(struct stm32_chip *chip, const char *name);
/* What one programming operation takes. */
uint32_t stm32_tool_unit_bytes(const struct stm32_chip *chip);

bool stm32_tool_read(struct stm32_chip *chip, uint32_t addr, uint32_t *value);
bool stm32_tool_write(struct stm32_chip *chip, uint32_t addr, uint32_t value);
/* Gives a unit its clock. unlock() also gives L5 the voltage that its flash wants. */
bool stm32_tool_clock(struct stm32_chip *chip, const char *unit);
/* PWR_CR1.VOS, for the lines that have it there. */
bool stm32_tool_range(struct stm32_chip *chip, unsigned vos);
bool stm32_tool_unlock(struct stm32_chip *chip, bool options);
/* Waits until the controller is idle. */
bool stm32_tool_settle(struct stm32_chip *chip);
/* One programming operation: as many equal words as the controller takes at a time. */
bool stm32_tool_program(struct stm32_chip *chip, uint32_t addr, uint32_t word, unsigned words);
bool stm32_tool_erase_page(struct stm32_chip *chip, uint32_t phys);
bool stm32_tool_lock(struct stm32_chip *chip);

/* HPRE, so that HCLK is SYSCLK / divider; false: there is no such divider, or the bus refused. */
bool stm32_tool_divide_hclk(struct stm32_chip *chip, unsigned divider);

#endif
