/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The small system devices of STM32L4: PWR (RM0351 chapter 5), SYSCFG and EXTI (9, 14), DBGMCU
 * (48.6), RTC backup registers and RNG. Each is a register table; what reaches beyond the device
 * goes through the callback beside it.
 */
#ifndef VB_DEVICE_STM32_SYSTEM_H
#define VB_DEVICE_STM32_SYSTEM_H

#include "vboard/device/stm32.h"

struct stm32l4_pwr {
	struct stm32_env *env;
	struct vb_regs regs;
	uint32_t value[26];
	uint64_t settled_at;		/* the regulator follows VOS and LPR until then */
};
void stm32l4_pwr_init(struct stm32l4_pwr *pwr, struct stm32_env *env);
void stm32l4_pwr_reset(struct stm32l4_pwr *pwr, enum vb_reset kind);
/* What a deep sleep would enter now. */
enum stm32_power stm32l4_pwr_deep(const struct stm32l4_pwr *pwr);
void stm32l4_pwr_note_standby(struct stm32l4_pwr *pwr);		/* SBF */

struct stm32_syscfg {
	struct stm32_env *env;
	struct vb_regs regs;
	uint32_t value[16];
	unsigned key_step;
	void (*on_remap)(void *chip, unsigned mem_mode, bool fb_mode);
	void (*on_erase_sram2)(void *chip);
	void *chip;
};
void stm32_syscfg_init(struct stm32_syscfg *syscfg, struct stm32_env *env);
/* mem_mode: what the boot selection maps at 0. */
void stm32_syscfg_reset(struct stm32_syscfg *syscfg, unsigned mem_mode);
/* Which port (0 = A) drives EXTI line 0..15. */
unsigned stm32_syscfg_exti_port(struct stm32_syscfg *syscfg, unsigned line);

struct stm32_exti {
	struct stm32_env *env;
	struct vb_regs regs;
	uint32_t value[13];
	void (*on_wake)(void *chip);	/* before the interrupt: leaves Stop */
	void *chip;
};
void stm32_exti_init(struct stm32_exti *exti, struct stm32_env *env);
void stm32_exti_reset(struct stm32_exti *exti);
void stm32_exti_edge(struct stm32_exti *exti, unsigned line, bool rising);

struct stm32_dbgmcu {
	struct stm32_env *env;
	uint32_t idcode;
	void (*on_change)(void *chip);	/* CR changed: low-power debug */
	void *chip;
};
extern const struct vb_device_ops stm32_dbgmcu_ops;

struct stm32_rtc {
	struct stm32_env *env;
	struct vb_regs regs;
	uint32_t value[12];
	uint32_t backup[32];
	bool (*is_shut)(void *chip, const struct vb_access *a);
	void *chip;
};
extern const struct vb_device_ops stm32_rtc_ops;
void stm32_rtc_init(struct stm32_rtc *rtc, struct stm32_env *env);
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
