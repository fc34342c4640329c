/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SRC of the i.MX RT10xx (IMXRT1064RM 21): reset causes, boot mode as sampled when reset is released,
 * masks of the watchdogs' resets, general purpose registers that survive a warm reset.
 */
#ifndef VB_DEVICE_IMXRT_SRC_H
#define VB_DEVICE_IMXRT_SRC_H

#include "vboard/device/imxrt.h"

#define SRC_SRSR  0x08u
#define	  SRSR_IPP_RESET  BIT(0)
#define	  SRSR_LOCKUP	  BIT(1)	/* or SYSRESETREQ */
#define	  SRSR_WDOG	  BIT(4)
#define	  SRSR_WDOG3	  BIT(7)
#define SRC_SBMR1 0x04u
#define SRC_SBMR2 0x1cu
#define	  SBMR2_BT_FUSE_SEL BIT(4)

struct imxrt_src {
	struct imxrt_env *env;
	struct vb_regs regs;
	uint32_t value[16];
	void (*scr_changed)(void *chip);
	void *chip;
};

void imxrt_src_init(struct imxrt_src *src, struct imxrt_env *env);
/* sbmr1, sbmr2: what the pins and fuses say now. */
void imxrt_src_reset(struct imxrt_src *src, enum vb_reset kind, uint32_t sbmr1, uint32_t sbmr2);
/* SCR.LOCKUP_RST: a core in lockup resets the chip. */
bool imxrt_src_resets_lockup(const struct imxrt_src *src);
uint32_t imxrt_src_reg(const struct imxrt_src *src, uint32_t offset);

#endif
