/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PWR of the STM32 lines: voltage ranges with the time they take, low-power modes, the standby flag,
 * and DBP, which opens the backup domain. It tells the flash controller through the environment from
 * when on the core voltage lets it program.
 */
#ifndef VB_DEVICE_STM32_PWR_H
#define VB_DEVICE_STM32_PWR_H

#include "vboard/device/stm32.h"

#define STM32_PWR_REGS 48
struct stm32_pwr;
struct stm32_pwr_line {
	const char *name;
	const struct vb_reg *regs;
	uint16_t sbf_reg;		/* the standby flag: lives through all but a power-on */
	uint32_t sbf, kept;		/* its bit, and all bits of that register that do */
	enum stm32_power deep[8];	/* by CR1.LPMS */
	/* VOS 2, the reset state, is too low to erase and program flash (RM0438 6.3.3). */
	bool range_2_only_reads;
};
extern const struct stm32_pwr_line stm32l4_pwr_line, stm32l4_dual_pwr_line,
	stm32l4r_pwr_line, stm32g0_pwr_line, stm32g4_pwr_line, stm32l5_pwr_line, stm32u5_pwr_line,
	stm32wb_pwr_line;

struct stm32_pwr {
	struct stm32_env *env;
	const struct stm32_pwr_line *line;
	struct vb_regs regs;
	uint32_t value[STM32_PWR_REGS];
	uint64_t settled_at;		/* the regulator follows VOS and LPR until then */
};
void stm32_pwr_init(struct stm32_pwr *pwr, struct stm32_env *env, const struct stm32_pwr_line *line);
void stm32_pwr_reset(struct stm32_pwr *pwr, enum vb_reset kind);
/* What a deep sleep would enter now. */
enum stm32_power stm32_pwr_deep(const struct stm32_pwr *pwr);
void stm32_pwr_note_standby(struct stm32_pwr *pwr);		/* SBF */

#endif
