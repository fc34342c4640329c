/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two watchdogs of STM32 (RM0351 chapters 32 and 33). They count in virtual time, stand still
 * while the core is halted if DBGMCU says so, and end in a reset request.
 */
#ifndef VB_DEVICE_STM32_WATCHDOG_H
#define VB_DEVICE_STM32_WATCHDOG_H

#include "vboard/device/stm32.h"

struct stm32_iwdg {
	struct stm32_env *env;
	struct vb_regs regs;
	uint32_t value[6];
	bool running, open;
	uint32_t max_pr;		/* larger ones divide as it does */
	uint32_t pr, rlr, winr;		/* in force, 5 LSI cycles after they were written */
	uint64_t busy_until_ns;
	uint32_t count;
	struct vb_rate rate;
	struct vb_event *event;
	bool runs_in_stop, runs_in_standby;	/* option bits IWDG_STOP, IWDG_STDBY */
	void (*on_start)(void *chip);		/* needs the LSI */
	void *chip;
};
/* has_ewcr: with the early wake-up of U5, and two prescalers more. */
void stm32_iwdg_init(struct stm32_iwdg *iwdg, struct stm32_env *env, bool has_ewcr);
/* `hardware`: option bit IWDG_SW is 0, so it starts with the reset. */
void stm32_iwdg_reset(struct stm32_iwdg *iwdg, bool hardware);

struct stm32_wwdg {
	struct stm32_env *env;
	struct vb_regs regs;
	uint32_t value[4];
	/* WDGTB is CFR 13:11 and goes to 128, not 8:7 (RM0444 27.5.2). Set after init. */
	bool has_wide_prescaler;
	struct vb_rate rate;
	struct vb_event *event;
};
void stm32_wwdg_init(struct stm32_wwdg *wwdg, struct stm32_env *env);
void stm32_wwdg_reset(struct stm32_wwdg *wwdg, bool hardware);

#endif
