/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * General-purpose and basic timers of STM32 as far as firmware uses them for time: up-counting
 * with prescaler, auto-reload and update interrupt (RM0351 chapters 31 and 32). Capture, compare
 * outputs, down-counting and synchronisation are not modelled; their registers hold what is written.
 */
#ifndef VB_DEVICE_STM32_TIM_H
#define VB_DEVICE_STM32_TIM_H

#include "vboard/device/stm32.h"

struct stm32_tim {
	struct stm32_env *env;
	struct vb_regs regs;
	uint32_t value[20];
	unsigned width;			/* bits of the counter */
	int irq;
	bool on_apb2;
	uint32_t freeze_bit;		/* in APB1FZR1, or APB2FZ if on_apb2 */
	uint32_t psc, arr;		/* in force: preloaded values wait for the update */
	struct vb_rate rate;
	struct vb_event *event;
};
void stm32_tim_init(struct stm32_tim *tim, struct stm32_env *env, unsigned width, int irq,
		    uint32_t freeze_bit);
void stm32_tim_reset(struct stm32_tim *tim);

#endif
