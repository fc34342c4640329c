/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reset and clock control of the STM32 lines: oscillators with their start-up times, the system
 * clock switch, bus prescalers, clock enables and reset flags. One engine, and one const table for
 * each line (stm32_rcc_l4.c, stm32_rcc_g.c, stm32_rcc_u5.c).
 *
 * Every change of a clock reaches the CPU and the devices through the environment. Where the block
 * sits on the bus is the chip's business. Not modelled: the ready interrupts (CIER, CIFR).
 */
#ifndef VB_DEVICE_STM32_RCC_H
#define VB_DEVICE_STM32_RCC_H

#include "vboard/device/stm32.h"

/* The offsets of L4, L4+, G4, L5 and WB (RM0351 6.4). G0 and U5 have their own (RM0444 5.4, RM0456
 * 11.8): whoever serves all lines takes them from the line. */
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
#define RCC_CRRCR    0x98u
#define RCC_G0_IOPENR	0x34u
#define RCC_G0_AHBENR	0x38u
#define RCC_G0_APBENR1	0x3cu
#define RCC_G0_APBENR2	0x40u
#define RCC_G0_CCIPR	0x54u
#define RCC_U5_AHB1ENR	0x88u
#define RCC_U5_AHB2ENR1 0x8cu
#define RCC_U5_AHB2ENR2 0x90u
#define RCC_U5_AHB3ENR	0x94u
#define RCC_U5_APB1ENR1 0x9cu
#define RCC_U5_APB1ENR2 0xa0u
#define RCC_U5_APB2ENR	0xa4u
#define RCC_U5_APB3ENR	0xa8u
#define RCC_U5_CCIPR1	0xe0u

#define RCC_REGS 64
#define RCC_NONE 0xffffu		/* a register or field that the line lacks */

enum rcc_osc { OSC_NONE, OSC_MSI, OSC_HSI, OSC_HSE, OSC_PLL, OSC_PLL2, OSC_PLL3, OSC_HSI48, OSC_MSIK,
	       OSC_LSI, OSC_LSI2, OSC_LSE, OSC_COUNT };

struct stm32_rcc;

struct stm32_rcc_field {
	uint16_t reg;			/* RCC_NONE: absent */
	uint8_t shift, bits;
};

struct stm32_rcc_line {
	const char *name;
	/* Reset values and masks only: what a write causes is told by the fields below. */
	const struct vb_reg *regs;
	struct {
		uint16_t reg;
		uint8_t on, ready;
		uint64_t start_ns;	/* 0: the line has no such oscillator */
	} osc[OSC_COUNT];
	enum rcc_osc boot;		/* runs after reset and, but for `stopwuck`, after Stop */
	struct stm32_rcc_field sw, sws, hpre, ppre1, ppre2, stopwuck;
	enum rcc_osc sources[8];	/* by the code of SW */
	uint16_t pllcfgr, bdcr, csr;
	uint32_t csr_flags;		/* reset flags this line has */
	uint32_t pll_locked;		/* bits of PLLCFGR that hold while the PLL is on */
	uint16_t rstr_first, rstr_last, rstr_to_enr;	/* reset registers, and how far to the enable */
	uint16_t wwdg_enr;		/* bit 11 there ends with a reset only */
	/* The frequency of a running oscillator whose rate is a setting; 0: it is not a clock now. */
	uint32_t (*msi_hz)(struct stm32_rcc *rcc);
	uint32_t (*pll_hz)(struct stm32_rcc *rcc);
	uint32_t (*hsisys_hz)(struct stm32_rcc *rcc);	/* NULL: 16 MHz */
	/* After a store, before it has effects: what the line refuses to take. Optional. */
	void (*rule)(struct stm32_rcc *rcc, uint32_t offset, uint32_t old);
};

extern const struct stm32_rcc_line stm32l4_rcc_line, stm32l4r_rcc_line, stm32l43_rcc_line,
	stm32g0_rcc_line, stm32g4_rcc_line, stm32l5_rcc_line, stm32u5_rcc_line, stm32wb_rcc_line;

struct stm32_rcc {
	struct stm32_env *env;
	const struct stm32_rcc_line *line;
	struct vb_regs regs;
	uint32_t value[RCC_REGS];
	uint32_t start_csr;		/* CSR as the last start found it: its MSISRANGE counts */
	uint32_t hse_hz;		/* the crystal on the board; 0: none is fitted. Set after init */
	uint64_t ready_at[OSC_COUNT];	/* UINT64_MAX: off, or never */
	struct vb_event *event;
	/* A bit of an xxxRSTR register rose: the chip resets those peripherals. */
	void (*on_peripheral_reset)(void *chip, uint32_t enr, uint32_t bits);
	void *chip;
};

extern const struct vb_device_ops stm32_rcc_ops;	/* its dev is the struct stm32_rcc */

void stm32_rcc_init(struct stm32_rcc *rcc, struct stm32_env *env, const struct stm32_rcc_line *line);
void stm32_rcc_reset(struct stm32_rcc *rcc, enum vb_reset kind);
/* Wake-up from Stop, on the oscillator that the line (or STOPWUCK) names. */
void stm32_rcc_wake(struct stm32_rcc *rcc);
/* The end of Standby, after a reset: CSR is as it was, the MSI starts with its MSISRANGE. */
void stm32_rcc_end_standby(struct stm32_rcc *rcc, uint32_t csr);
/* The LSI is forced on by the independent watchdog. */
void stm32_rcc_force_lsi(struct stm32_rcc *rcc);
/* The register behind a clock enable, for struct stm32_slave. NULL: the line has none there. */
const uint32_t *stm32_rcc_enable(struct stm32_rcc *rcc, uint32_t enr);
/* 0 while it does not run. */
uint32_t stm32_rcc_hz(struct stm32_rcc *rcc, enum rcc_osc osc);
uint32_t stm32_rcc_csr(struct stm32_rcc *rcc);	/* reset flags in bits 31:24, as every line has them */

/* For the lines' tables. */
uint32_t stm32_rcc_get(struct stm32_rcc *rcc, uint32_t offset);
void stm32_rcc_put(struct stm32_rcc *rcc, uint32_t offset, uint32_t value);

#endif
