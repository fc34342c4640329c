/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RTC and TAMP of the STM32 lines: the calendar does not run, what matters to a debugger are the
 * backup registers. And RNG, whose numbers are the same in every run.
 */
#ifndef VB_DEVICE_STM32_RTC_H
#define VB_DEVICE_STM32_RTC_H

#include "vboard/device/stm32.h"

struct stm32_line;

struct stm32_rtc {
	struct stm32_env *env;
	struct vb_regs regs;
	uint32_t value[12];
	uint32_t backup[32];
	unsigned backup_words;		/* as many as the line has */
	bool has_tamp;
	bool (*is_shut)(void *chip, const struct vb_access *a);
	void *chip;
};
extern const struct vb_device_ops stm32_rtc_ops;	/* with the backup registers at 0x50 */
extern const struct vb_device_ops stm32_tamp_ops;	/* TAMP of G0, G4, L5, U5: they are at 0x100 */
void stm32_rtc_init(struct stm32_rtc *rtc, struct stm32_env *env);	/* as on L4 */
void stm32_rtc_set_line(struct stm32_rtc *rtc, const struct stm32_line *line);	/* after init */
void stm32_rtc_power_on(struct stm32_rtc *rtc);

struct stm32_rng {
	struct stm32_env *env;
	struct vb_regs regs;
	uint32_t value[3];
	uint32_t noise;
};
void stm32_rng_init(struct stm32_rng *rng, struct stm32_env *env);
void stm32_rng_reset(struct stm32_rng *rng);

#endif
