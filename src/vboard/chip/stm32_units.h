/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For the tables in the boards' files: where a device sits in struct stm32_chip, and rows that several
 * boards share because their manuals do.
 */
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

/* TIM2 to 7; TIM1, 8, 15, 16, 17: RM0351 table 57, RM0432 table 77, RM0440 table 97. */
#define TIMERS_M4                                                                                  \
	{ 32, 28, false, BIT(0) }, { 16, 29, false, BIT(1) }, { 16, 30, false, BIT(2) },           \
	{ 32, 50, false, BIT(3) }, { 16, 54, false, BIT(4) }, { 16, 55, false, BIT(5) },           \
	{ 16, 25, true, BIT(11) }, { 16, 44, true, BIT(13) }, { 16, 24, true, BIT(16) },           \
	{ 16, 25, true, BIT(17) }, { 16, 26, true, BIT(18) }
/* The same ones: RM0438 table 112, RM0456 table 156. */
#define TIMERS_M33                                                                                 \
	{ 32, 45, false, BIT(0) }, { 16, 46, false, BIT(1) }, { 16, 47, false, BIT(2) },           \
	{ 32, 48, false, BIT(3) }, { 16, 49, false, BIT(4) }, { 16, 50, false, BIT(5) },           \
	{ 16, 42, true, BIT(11) }, { 16, 52, true, BIT(13) }, { 16, 69, true, BIT(16) },           \
	{ 16, 70, true, BIT(17) }, { 16, 71, true, BIT(18) }

/* The debug port of a line, by its DEV_ID. DDI 0439, RM0351 48, RM0394 47, RM0432 57, RM0440 47: SW-DPv1
 * with one AHB-AP; JTAG chain TDI, boundary scan, CPU, TDO. */
#define PORT_M4(dev_id)                                                                            \
	{ .dpidr = 0x2ba01477, .jtag_idcode = 0x4ba00477,                                          \
	  .ap = { { .idr = 0x24770011, .base = 0xe00ff003, .csw_reset = 0x23000040,                \
		    .tar_wrap = 0x1000, .has_packed = true, .has_byte = true } },                  \
	  .tap = { { .idcode = 0x4ba00477, .ir_bits = 4, .is_dp = true },                          \
		   { .idcode = 0x06000041 | (dev_id) << 12, .ir_bits = 5 } } }
/* RM0438 52, RM0456 75: SW-DPv2, one AHB5-AP; the chip's ROM table at 0xe00fe000 points to the core's. */
#define PORT_M33(dev_id)                                                                           \
	{ .dpidr = 0x0be12477, .targetid = 0x00000041 | (dev_id) << 16, .has_dormant = true,       \
	  .jtag_idcode = 0x0ba04477,                                                               \
	  .ap = { { .idr = 0x14770015, .base = 0xe00fe003, .csw_reset = 0x43000040,                \
		    .tar_wrap = 0x400, .has_byte = true } },                                       \
	  .tap = { { .idcode = 0x0ba04477, .ir_bits = 4, .is_dp = true },                          \
		   { .idcode = 0x06000041 | (dev_id) << 12, .ir_bits = 5 } } }

#endif
