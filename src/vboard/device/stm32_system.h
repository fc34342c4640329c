/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The small system devices of the STM32 lines: SYSCFG, EXTI and DBGMCU here, PWR, the RTC's backup
 * registers and RNG in headers of their own. Each is a register table; what differs between lines is
 * a const table named after the line, what reaches beyond the device goes through the callback
 * beside it. struct stm32_line is all of one line's tables.
 */
#ifndef VB_DEVICE_STM32_SYSTEM_H
#define VB_DEVICE_STM32_SYSTEM_H

#include "vboard/device/stm32.h"
#include "vboard/device/stm32_pwr.h"
#include "vboard/device/stm32_rcc.h"
#include "vboard/device/stm32_rtc.h"

struct stm32_syscfg_line {
	const char *name;
	const struct vb_reg *regs;
	bool has_memrmp;		/* what is at 0 can be changed: MEMRMP, CFGR1 on G0, at 0x00 */
	uint32_t mem_mode, fb_mode;	/* masks in it; fb_mode 0: the line has none */
	uint16_t exticr;		/* RCC_NONE: EXTI has it */
};
extern const struct stm32_syscfg_line stm32l4_syscfg_line, stm32l4r_syscfg_line,
	stm32l43_syscfg_line, stm32g0_syscfg_line, stm32g4_syscfg_line, stm32l5_syscfg_line,
	stm32u5_syscfg_line, stm32wb_syscfg_line;

struct stm32_syscfg {
	struct stm32_env *env;
	const struct stm32_syscfg_line *line;
	struct vb_regs regs;
	uint32_t value[24];
	unsigned key_step;
	void (*on_remap)(void *chip, unsigned mem_mode, bool fb_mode);
	void (*on_erase_sram2)(void *chip);
	void *chip;
};
void stm32_syscfg_init(struct stm32_syscfg *syscfg, struct stm32_env *env,
		       const struct stm32_syscfg_line *line);
/* mem_mode: what the boot selection maps at 0. */
void stm32_syscfg_reset(struct stm32_syscfg *syscfg, unsigned mem_mode);

/* EXTI: either one pending register and the port selection in SYSCFG, or both edges apart and the
 * selection in EXTI itself (G0, L5, U5). */
struct stm32_exti_line {
	const char *name;
	const struct vb_reg *regs;
	uint16_t imr, rtsr, ftsr, swier, rpr, fpr;	/* rpr == fpr: one register for both edges */
	uint16_t exticr;		/* RCC_NONE: SYSCFG has it */
	uint32_t lines;			/* configurable ones of the first group */
	const struct stm32_exti_irq {
		uint32_t lines;		/* 0 ends the list */
		int irq;
	} *irqs;
};
extern const struct stm32_exti_line stm32l4_exti_line, stm32g0_exti_line, stm32g4_exti_line,
	stm32l5_exti_line, stm32u5_exti_line, stm32wb_exti_line;

struct stm32_exti {
	struct stm32_env *env;
	const struct stm32_exti_line *line;
	struct vb_regs regs;
	uint32_t value[28];
	void (*on_wake)(void *chip);	/* before the interrupt: leaves Stop */
	void *chip;
};
void stm32_exti_init(struct stm32_exti *exti, struct stm32_env *env,
		     const struct stm32_exti_line *line);
void stm32_exti_reset(struct stm32_exti *exti);
void stm32_exti_edge(struct stm32_exti *exti, unsigned line, bool rising);
/* Which port (0 = A) drives EXTI line 0..15. */
unsigned stm32_exti_port(struct stm32_exti *exti, struct stm32_syscfg *syscfg, unsigned line);

/*
 * DBGMCU. On the PPB it needs no clock and answers while the system is in reset; on the APB (G0) it
 * is a slave like others, and without its clock in RCC it drops writes. Its bits live in the
 * environment and die at power-on reset only: stm32_dbgmcu_power_on().
 */
struct stm32_dbgmcu_line {
	const char *name;
	bool is_on_apb;
	uint32_t enr, enr_bit;		/* the clock, if it is on the APB */
	const struct stm32_dbgmcu_reg {
		uint16_t offset;
		uint32_t writable;
		size_t field;		/* in struct stm32_env */
	} *regs;			/* ends with offset 0: IDCODE needs no row */
};
extern const struct stm32_dbgmcu_line stm32l4_dbgmcu_line, stm32g0_dbgmcu_line,
	stm32g4_dbgmcu_line, stm32l5_dbgmcu_line, stm32u5_dbgmcu_line, stm32wb_dbgmcu_line;

struct stm32_dbgmcu {
	struct stm32_env *env;
	const struct stm32_dbgmcu_line *line;
	const uint32_t *enable;		/* NULL: always clocked */
	uint32_t idcode;
	void (*on_change)(void *chip);	/* CR changed: low-power debug */
	void *chip;
};
extern const struct vb_device_ops stm32_dbgmcu_ops;
void stm32_dbgmcu_init(struct stm32_dbgmcu *dbg, struct stm32_env *env,
		       const struct stm32_dbgmcu_line *line, struct stm32_rcc *rcc, uint32_t idcode);
void stm32_dbgmcu_power_on(struct stm32_dbgmcu *dbg);

/* A line's tables together, for the table of a part. */
struct stm32_line {
	const char *name;
	const struct stm32_rcc_line *rcc;
	const struct stm32_pwr_line *pwr;
	const struct stm32_syscfg_line *syscfg;
	const struct stm32_exti_line *exti;
	const struct stm32_dbgmcu_line *dbgmcu;
	bool has_jtag, has_iwdg_ewcr, has_wide_wwdg, has_usart_fifo;
	bool has_tamp;			/* with the backup registers, and the RTC has another map */
	unsigned backup_words;
};
extern const struct stm32_line stm32l4_line, stm32l4_dual_line, stm32l4r_line, stm32l43_line, stm32g0_line,
	stm32g4_line, stm32l5_line, stm32u5_line, stm32wb_line;

#endif
