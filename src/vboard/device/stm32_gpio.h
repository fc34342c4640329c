/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GPIO ports of STM32 (RM0351 chapter 8): one IP on all these lines. A pin's level is what drives it
 * hardest: its own output, then what the board puts on it (stm32_gpio_drive), then its pull resistor.
 */
#ifndef VB_DEVICE_STM32_GPIO_H
#define VB_DEVICE_STM32_GPIO_H

#include "vboard/device/stm32.h"

enum stm32_pin_mode { PIN_INPUT, PIN_OUTPUT, PIN_ALTERNATE, PIN_ANALOG };

struct stm32_gpio {
	struct stm32_env *env;
	char port;			/* 'A'..'I' */
	bool has_jtag;			/* the reset state of port A and B */
	struct vb_regs regs;
	uint32_t value[13];
	uint16_t driven, driven_level;	/* by the board */
	uint16_t level;
	uint64_t toggles[16];
	void (*on_edge)(void *chip, struct stm32_gpio *gpio, unsigned pin, bool level);
	void (*on_mode)(void *chip, struct stm32_gpio *gpio);	/* MODER or AFR changed */
	void *chip;
};

/* has_jtag: PA15, PB3, PB4 are debug pins after reset too (all lines but G0). */
void stm32_gpio_init(struct stm32_gpio *gpio, struct stm32_env *env, char port, bool has_jtag);
void stm32_gpio_reset(struct stm32_gpio *gpio);
enum stm32_pin_mode stm32_gpio_mode(struct stm32_gpio *gpio, unsigned pin);
unsigned stm32_gpio_alternate(struct stm32_gpio *gpio, unsigned pin);
/* level -1: the board lets go of the pin. */
void stm32_gpio_drive(struct stm32_gpio *gpio, unsigned pin, int level);

#endif
