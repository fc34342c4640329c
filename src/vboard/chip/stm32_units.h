/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For the tables of units in the boards' files: where a device sits in struct stm32_chip. */
#ifndef VB_CHIP_STM32_UNITS_H
#define VB_CHIP_STM32_UNITS_H

#include "vboard/chip/stm32_chip.h"

#define UNIT_BYTES 0x400u
#define UNIT_AT(field) offsetof(struct stm32_chip, field)
/* A device behind a register table, one with its own bus operations, one that is not modelled. */
#define UNIT_REGS(field, reset) &vb_regs_ops, UNIT_AT(field.regs), UNIT_AT(field), reset
#define UNIT_DEV(ops, field, reset) ops, UNIT_AT(field), UNIT_AT(field), reset
#define UNIT_EMPTY NULL, 0, 0, NULL

/* The reset line of one peripheral. */
void stm32_unit_reset_tim(void *dev);
void stm32_unit_reset_gpio(void *dev);
void stm32_unit_reset_usart(void *dev);
void stm32_unit_reset_crc(void *dev);
void stm32_unit_reset_rng(void *dev);
void stm32_unit_reset_pwr(void *dev);
void stm32_unit_reset_exti(void *dev);

/* One row of a table of units; `enr` 0: always clocked. */
#define TIM_UNIT(name, base, enr, bit, i) \
	{ name, base, UNIT_BYTES, enr, bit, UNIT_REGS(tim[i], stm32_unit_reset_tim) }
#define USART_UNIT(name, base, enr, bit, i) \
	{ name, base, UNIT_BYTES, enr, bit, UNIT_REGS(usart[i], stm32_unit_reset_usart) }
#define GPIO_UNIT(name, base, enr, bit, i) \
	{ name, base, UNIT_BYTES, enr, bit, UNIT_REGS(gpio[i], stm32_unit_reset_gpio) }
#define EMPTY_UNIT(name, base, enr, bit) { name, base, UNIT_BYTES, enr, bit, UNIT_EMPTY }
#define RTC_UNIT(base, enr, bit) \
	{ "RTC", base, UNIT_BYTES, enr, bit, UNIT_DEV(&stm32_rtc_ops, rtc, NULL) }
#define TAMP_UNIT(base, enr, bit) \
	{ "TAMP", base, UNIT_BYTES, enr, bit, UNIT_DEV(&stm32_tamp_ops, rtc, NULL) }
#define WWDG_UNIT(base, enr, bit) { "WWDG", base, UNIT_BYTES, enr, bit, UNIT_REGS(wwdg, NULL) }
#define IWDG_UNIT(base) { "IWDG", base, UNIT_BYTES, 0, 0, UNIT_REGS(iwdg, NULL) }
#define PWR_UNIT(base, enr, bit) \
	{ "PWR", base, UNIT_BYTES, enr, bit, UNIT_REGS(pwr, stm32_unit_reset_pwr) }
#define SYSCFG_UNIT(base, enr, bit) \
	{ "SYSCFG", base, UNIT_BYTES, enr, bit, UNIT_REGS(syscfg, NULL) }
#define EXTI_UNIT(base) { "EXTI", base, UNIT_BYTES, 0, 0, UNIT_REGS(exti, stm32_unit_reset_exti) }
#define RCC_UNIT(base) { "RCC", base, UNIT_BYTES, 0, 0, UNIT_DEV(&stm32_rcc_ops, rcc, NULL) }
#define FLASH_UNIT(base, enr, bit) \
	{ "FLASH", base, UNIT_BYTES, enr, bit, UNIT_DEV(&stm32l4_flash_ops, flash, NULL) }
#define CRC_UNIT(base, enr, bit) \
	{ "CRC", base, UNIT_BYTES, enr, bit, UNIT_DEV(&stm32_crc_ops, crc, stm32_unit_reset_crc) }
#define RNG_UNIT(base, enr, bit) \
	{ "RNG", base, UNIT_BYTES, enr, bit, UNIT_REGS(rng, stm32_unit_reset_rng) }
#define DBGMCU_UNIT(base) \
	{ "DBGMCU", base, UNIT_BYTES, 0, 0, UNIT_DEV(&stm32_dbgmcu_ops, dbgmcu, NULL) }

#endif
