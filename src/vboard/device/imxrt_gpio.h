/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GPIO of the i.MX RT10xx (IMXRT1064RM 12), what a program needs to drive a LED and read a button: DR,
 * GDIR, PSR and the SET, CLEAR and TOGGLE aliases of DR. Interrupt registers keep what is written.
 */
#ifndef VB_DEVICE_IMXRT_GPIO_H
#define VB_DEVICE_IMXRT_GPIO_H

#include "vboard/device/imxrt.h"

struct imxrt_gpio {
	struct imxrt_env *env;
	struct vb_regs regs;
	uint32_t value[12];
	uint32_t driven, driven_level;	/* from outside; else the pads' keepers hold 0 */
	uint32_t level;
	/* Outputs changed: `changed` pins have their new level. Optional. */
	void (*on_edge)(void *chip, struct imxrt_gpio *gpio, uint32_t changed);
	void *chip;
};
void imxrt_gpio_init(struct imxrt_gpio *gpio, struct imxrt_env *env);
void imxrt_gpio_reset(struct imxrt_gpio *gpio);
bool imxrt_gpio_is_output(struct imxrt_gpio *gpio, unsigned pin);
/* level -1: nobody drives it any more. */
void imxrt_gpio_drive(struct imxrt_gpio *gpio, unsigned pin, int level);

#endif
