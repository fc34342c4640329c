/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An STM32 on its board: the whole chip as one struct, for the files stm32_chip*.c. Which chip it is
 * and what the board around it has is in chip->part (stm32_part.h), one const table in each board's
 * file.
 *
 * stm32_chip.c wires the devices; _boot.c is boot selection and resets; _ram.c the RAMs; _map.c puts
 * the part's units on the buses; _power.c sleep and Stop; _state.c the state file; _verbs*.c what the
 * control port can do to it.
 */
#ifndef VB_CHIP_STM32_CHIP_H
#define VB_CHIP_STM32_CHIP_H

#include "vboard/board.h"
#include "vboard/chip/stm32_part.h"
#include "vboard/device/stm32.h"
#include "vboard/device/stm32_crc.h"
#include "vboard/device/stm32_gpio.h"
#include "vboard/device/stm32_system.h"
#include "vboard/device/stm32_tim.h"
#include "vboard/device/stm32_usart.h"
#include "vboard/device/stm32_watchdog.h"
#include "vboard/device/stm32l4_flash.h"

#define GPIO_PORTS  9
#define TIM_COUNT   11
#define USART_COUNT 6
#define SLAVES_MAX  400
#define RAM_COUNT   5

enum stm32_usart_index { STM32_USART1, STM32_USART2, STM32_USART3, STM32_UART4, STM32_UART5,
			 STM32_LPUART1 };

#define RAM_SECURE  (1 + STM32_ALIASES)
#define RAM_REGIONS (2 * RAM_SECURE)

struct stm32_chip_ram {
	struct stm32_chip *chip;
	const struct stm32_ram *row;
	uint8_t *bytes;
	struct vb_region *region[RAM_REGIONS];	/* itself, its aliases; RAM_SECURE: those of them */
};

struct stm32_chip {
	struct vb_board *board;
	const struct stm32_part *part;
	struct stm32_env env;
	struct stm32l4_flash flash;
	struct stm32_rcc rcc;
	struct stm32_pwr pwr;
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
	struct stm32_usart usart[USART_COUNT];
	struct stm32_usart *console;	/* the one behind the board's virtual COM port */
	struct stm32_chip_ram ram[RAM_COUNT];
	struct stm32_slave slaves[SLAVES_MAX];
	size_t slave_count;
	FILE *swo_capture;		/* the control port's; NULL: off */
	uint64_t swo_captured;
	bool boot0;			/* the BOOT0 pin */
	enum stm32_power wakes_from;	/* Standby or Shutdown: the reset under way is their end */
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

/* _ram.c */
void stm32_chip_add_ram(struct stm32_chip *chip);
void stm32_chip_free_ram(struct stm32_chip *chip);
void stm32_chip_forget_ram(struct stm32_chip *chip);	/* what power-on leaves in SRAM */
void stm32_chip_erase_sram2(void *chip);
void stm32_chip_reset_ram(struct stm32_chip *chip);	/* SRAM2_RST and its like */
void stm32_chip_guard_ram(struct stm32_chip *chip);	/* RDP or TZEN has changed */

/* _boot.c */
void stm32_chip_fill_system_memory(struct stm32_chip *chip);
void stm32_chip_reset(struct vb_board *board, void *priv, enum vb_reset kind);
uint32_t stm32_chip_optr(const struct stm32_chip *chip);	/* as loaded */
bool stm32_chip_boot_lock(struct stm32_chip *chip);
bool stm32_chip_has_trustzone(const struct stm32_chip *chip);	/* TZEN = 1 */

/* _swo.c */
void stm32_chip_add_swo(struct stm32_chip *chip);
void stm32_chip_stop_capture(struct stm32_chip *chip);

/* _state.c */
bool stm32_chip_save(struct vb_board *board, void *priv, FILE *f);
bool stm32_chip_load(struct vb_board *board, void *priv, FILE *f);

/* stm32_chip.c: what every board's struct vb_chip shares. */
bool stm32_chip_create(struct vb_board *board, void *priv);
void stm32_chip_destroy(struct vb_board *board, void *priv);
void stm32_chip_stats(struct vb_board *board, void *priv, FILE *out);
void stm32_chip_set_unit(struct vb_board *board, void *priv, unsigned unit);
#define STM32_CHIP_OPS                                                                             \
	.priv_size = sizeof(struct stm32_chip), .create = stm32_chip_create,                       \
	.destroy = stm32_chip_destroy, .reset = stm32_chip_reset, .save = stm32_chip_save,         \
	.load = stm32_chip_load, .verbs = stm32_chip_verbs, .stats = stm32_chip_stats,             \
	.presets = stm32_chip_presets, .set_unit = stm32_chip_set_unit

extern const struct vb_control_verb stm32_chip_verbs[];	/* _verbs.c */
extern const struct vb_preset stm32_chip_presets[];	/* _preset.c */
extern const struct vb_chip stm32l476_chip, stm32l4r5_chip, stm32l432_chip, stm32g0b1_chip,
	stm32g474_chip, stm32u575_chip, stm32l552_chip, stm32wb55_chip, dual_m4_chip,
	dual_m4_held_chip;

#endif
