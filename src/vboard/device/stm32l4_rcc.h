/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reset and clock control of STM32L47x/L48x (RM0351 chapter 6): oscillators with their start-up
 * times, the system clock switch, bus prescalers, clock enables and reset flags.
 *
 * Every change of a clock reaches the CPU and the devices through the environment.
 */
#ifndef VB_DEVICE_STM32L4_RCC_H
#define VB_DEVICE_STM32L4_RCC_H

#include "vboard/device/stm32.h"

#define RCC_CR	     0x00u
#define RCC_ICSCR    0x04u
#define RCC_CFGR     0x08u
#define RCC_PLLCFGR  0x0cu
#define RCC_AHB1RSTR 0x28u
#define RCC_AHB1ENR  0x48u
#define RCC_AHB2ENR  0x4cu
#define RCC_AHB3ENR  0x50u
#define RCC_APB1ENR1 0x58u
#define RCC_APB1ENR2 0x5cu
#define RCC_APB2ENR  0x60u
#define RCC_CCIPR    0x88u
#define RCC_BDCR     0x90u
#define RCC_CSR	     0x94u
/* A reset register sits this far below the enable register with the same bits. */
#define RCC_ENR_TO_RSTR 0x20u

#define RCC_REGS 40
enum rcc_osc { OSC_MSI, OSC_HSI, OSC_HSE, OSC_PLL, OSC_SAI1, OSC_SAI2, OSC_LSI, OSC_LSE, OSC_COUNT };

struct stm32l4_rcc {
	struct stm32_env *env;
	struct vb_regs regs;
	uint32_t value[RCC_REGS];
	uint64_t ready_at[OSC_COUNT];	/* UINT64_MAX: off, or never */
	struct vb_event *event;
	/* A bit of an xxxRSTR register rose: the chip resets those peripherals. */
	void (*on_peripheral_reset)(void *chip, uint32_t enr, uint32_t bits);
	void *chip;
};

extern const struct vb_device_ops stm32l4_rcc_ops;

void stm32l4_rcc_init(struct stm32l4_rcc *rcc, struct stm32_env *env);
void stm32l4_rcc_reset(struct stm32l4_rcc *rcc, enum vb_reset kind);
/* Wake-up from Stop: MSI or HSI16, as CFGR.STOPWUCK says. */
void stm32l4_rcc_wake(struct stm32l4_rcc *rcc);
/* The LSI is forced on by the independent watchdog. */
void stm32l4_rcc_force_lsi(struct stm32l4_rcc *rcc);
/* The register behind a clock enable, for struct stm32_slave. */
const uint32_t *stm32l4_rcc_enable(struct stm32l4_rcc *rcc, uint32_t enr);
uint32_t stm32l4_rcc_hz(struct stm32l4_rcc *rcc, enum rcc_osc osc);

#endif
