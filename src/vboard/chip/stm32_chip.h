/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * STM32L476RG on a NUCLEO-L476RG: the whole chip as one struct, for the files stm32_chip*.c.
 *
 * stm32_chip.c wires devices, buses and resets; _map.c is the table of what sits where on the buses;
 * _power.c sleep and Stop; _state.c the state file; _verbs*.c what the control port can do to it.
 */
#ifndef VB_CHIP_STM32_CHIP_H
#define VB_CHIP_STM32_CHIP_H

#include "vboard/board.h"
#include "vboard/device/stm32.h"
#include "vboard/device/stm32_crc.h"
#include "vboard/device/stm32_gpio.h"
#include "vboard/device/stm32_system.h"
#include "vboard/device/stm32_tim.h"
#include "vboard/device/stm32_usart.h"
#include "vboard/device/stm32_watchdog.h"
#include "vboard/device/stm32l4_flash.h"
#include "vboard/device/stm32l4_rcc.h"

#define SRAM1_BASE  0x20000000u
#define SRAM1_BYTES 0x18000u
#define SRAM2_BASE  0x10000000u
#define SRAM2_BYTES 0x8000u
#define GPIO_PORTS  8
#define TIM_COUNT   11
#define SLAVES_MAX  160

struct stm32_chip {
	struct vb_board *board;
	struct stm32_env env;
	struct stm32l4_flash flash;
	struct stm32l4_rcc rcc;
	struct stm32l4_pwr pwr;
	struct stm32_syscfg syscfg;
	struct stm32_exti exti;
	struct stm32_dbgmcu dbgmcu;
	struct stm32_rtc rtc;
	struct stm32_rng rng;
	struct stm32_crc crc;
	struct stm32_iwdg iwdg;
	struct stm32_wwdg wwdg;
	struct stm32_gpio gpio[GPIO_PORTS];
	struct stm32_tim tim[TIM_COUNT];
	struct stm32_usart usart1, usart2, usart3, uart4, uart5;
	uint8_t *sram1, *sram2;
	struct vb_region *sram2_region;
	struct stm32_slave slaves[SLAVES_MAX];
	size_t slave_count;
	FILE *swo_capture;		/* the control port's; NULL: off */
	uint64_t swo_captured;
	bool boot0;			/* the BOOT0 pin */
	bool pins_are_dead;		/* firmware took the SWD pins away */
	uint64_t resets[VB_RESET_LOW_POWER + 1];
};

/* _map.c */
void stm32_chip_map(struct stm32_chip *chip);
void stm32_chip_reset_peripherals(struct stm32_chip *chip);
void stm32_chip_reset_lines(void *chip, uint32_t enr, uint32_t bits);

/* _power.c */
void stm32_chip_sleep(void *chip, bool sleeping, bool deep);
void stm32_chip_halt(void *chip, bool halted);
void stm32_chip_wake(void *chip);
void stm32_chip_debug_clocks(void *chip);	/* DBGMCU_CR changed */
void stm32_chip_enter(struct stm32_chip *chip, enum stm32_power power);
void stm32_chip_forget_ram(struct stm32_chip *chip);	/* what power-on leaves in SRAM */

/* _swo.c */
void stm32_chip_add_swo(struct stm32_chip *chip);
void stm32_chip_stop_capture(struct stm32_chip *chip);

/* _state.c */
bool stm32_chip_save(struct vb_board *board, void *priv, FILE *f);
bool stm32_chip_load(struct vb_board *board, void *priv, FILE *f);

extern const struct vb_control_verb stm32_chip_verbs[];	/* _verbs.c */
extern const struct vb_chip stm32l476_chip;

#endif
